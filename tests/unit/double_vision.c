/* Convolution, pooling and their norms in double precision: every gradient against finite differences, the input's too
 * (the dense layer before them learns from it), whatever the number of shards. */
#include "gradients.h"

enum { ROWS = 3 };

static const char *const cases[] = {
    "input(2) -> dense(54) -> reshape(3, 3, 6) -> conv(4, 3)",
    "input(2) -> dense(40) -> reshape(2, 5, 4) -> conv(3, [3, 2], pad=valid)",
    "input(2) -> dense(40) -> reshape(2, 5, 4) -> conv(3, 3, pad=[2, 1], bias=false)",
    "input(2) -> dense(60) -> reshape(2, 6, 5) -> conv(3, 3, stride=2)",
    "input(2) -> dense(60) -> reshape(2, 6, 5) -> conv(3, [2, 3], stride=[1, 2], pad=1)",
    "input(2) -> dense(60) -> reshape(2, 6, 5) -> conv(2, 3, dilation=[2, 1])",
    "input(2) -> dense(80) -> reshape(4, 5, 4) -> conv(6, 3, groups=2)",
    "input(2) -> dense(60) -> reshape(3, 5, 4) -> conv(6, 3, groups=3, stride=2)",
    "input(2) -> dense(60) -> reshape(3, 5, 4) -> conv(4, 1)",
    "input(2) -> dense(60) -> reshape(4, 3, 5) -> conv(2, 1, groups=2, stride=2)",
    "input(2) -> dense(24) -> reshape(8, 3) -> conv(4, 3)",
    "input(2) -> dense(24) -> reshape(8, 3) -> conv(4, 4, pad=valid, bias=false)",
    "input(2) -> dense(24) -> reshape(8, 3) -> conv(4, 3, stride=2, pad=2, dilation=2)",
    "input(2) -> dense(32) -> reshape(8, 4) -> conv(6, 3, groups=2)",
    "input(2) -> dense(24) -> reshape(6, 4) -> conv(4, 1)",
    "input(2) -> dense(24) -> reshape(6, 4) -> conv(6, 1, groups=2)",
    "input(2) -> dense(60) -> reshape(2, 5, 6) -> maxpool(2)",
    "input(2) -> dense(60) -> reshape(2, 5, 6) -> maxpool(3, stride=2, pad=1)",
    "input(2) -> dense(60) -> reshape(2, 5, 6) -> maxpool([2, 3], stride=1, pad=same)",
    "input(2) -> dense(27) -> reshape(9, 3) -> maxpool(3, stride=2)",
    "input(2) -> dense(60) -> reshape(2, 5, 6) -> avgpool(2)",
    "input(2) -> dense(60) -> reshape(2, 5, 6) -> avgpool([3, 2], stride=2, pad=1)",
    "input(2) -> dense(27) -> reshape(9, 3) -> avgpool(2, pad=same, stride=1)",
    "input(2) -> dense(60) -> reshape(3, 5, 4) -> globalavgpool",
    "input(2) -> dense(27) -> reshape(9, 3) -> globalavgpool",
    "input(2) -> dense(24) -> reshape(2, 3, 4) -> upsample(2)",
    "input(2) -> dense(24) -> reshape(2, 3, 4) -> upsample([1, 3])",
    "input(2) -> dense(12) -> reshape(4, 3) -> upsample(2)",
    "input(2) -> dense(60) -> reshape(3, 5, 4) -> batchnorm",
    "input(2) -> dense(2) -> batchnorm",
    "input(2) -> dense(24) -> reshape(6, 4) -> batchnorm",
    "input(2) -> dense(80) -> reshape(4, 5, 4) -> groupnorm(2)",
    "input(2) -> dense(6) -> groupnorm(2)",
    "input(2) -> dense(24) -> reshape(6, 4) -> groupnorm(2, eps=1e-3)",
    "input(2) -> dense(60) -> reshape(3, 5, 4) -> instancenorm",
    "input(2) -> dense(24) -> reshape(6, 4) -> instancenorm(affine=true)",
    "input(2) -> dense(60) -> reshape(3, 5, 4) -> layernorm",
    "input(2) -> dense(60) -> reshape(3, 5, 4) -> rmsnorm",
};

static void gradients_are_those_of_finite_differences(void **state) {
    Compared compared = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int shards = 1; shards <= 4; shards += 3) { /* the last has no row */
            Trial trial = {.net = cases[i], .loss = "mse", .rows = ROWS, .shards = shards, .seed = 1 + i};
            assert_gradients(*state, trial, &compared);
        }
    }
    assert_true(compared.kinks * 100 <= compared.weights && compared.weights > 10000);
}

/* The gradients of one batch for a number of shards. */
static double *gradients_for(Kit *kit, const char *text, int shards, int64_t *count) {
    PlumbNet *net = net_of(kit, text);
    PlumbConfig config = {.threads = 1, .shards = shards, .seed = 5};
    PlumbProbe *probe = kit_alloc(kit, (size_t)plumb_net_size(net) * sizeof *probe);
    PlumbData *data = data_for(kit, net, TARGET_VALUES, 7, 1);
    double loss, rms;
    assert_true(
        plumb_measure(net, data, call_of(kit, "recipe(loss=mse, batch=7)"), &config, probe, &loss, &kit->error));
    double *copy = copy_gradients(kit, net, &rms);
    *count = net->parameter_count;
    plumb_net_free(net);
    return copy;
}

static void shards_change_nothing_but_rounding(void **state) {
    static const char text[] = "input(2, 6, 6) -> conv(4, 3) -> batchnorm -> relu -> conv(6, 3, stride=2, groups=2) -> "
                               "groupnorm(3) -> tanh -> "
                               "maxpool(2, stride=1) -> upsample(2) -> avgpool(2) -> globalavgpool";
    int64_t count = 0;
    const double *one = gradients_for(*state, text, 1, &count);
    for (int shards = 2; shards <= 9; shards++) { /* the last have shards without rows */
        const double *other = gradients_for(*state, text, shards, &count);
        for (int64_t i = 0; i < count; i++) {
            if (!(fabs(one[i] - other[i]) <= 1e-12)) {
                fail_msg("%d shards: gradient %lld is %.17g, with one shard %.17g", shards, (long long)i, other[i],
                         one[i]);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(gradients_are_those_of_finite_differences),
        kit_test(shards_change_nothing_but_rounding),
    };
    return cmocka_run_group_tests_name("vision in double", tests, NULL, NULL);
}
