/* Convolution, pooling and their norms in double precision: every gradient against finite differences, the input's too
 * (the dense layer before them learns from it), whatever the number of shards. */
#include "netline.h"
#include <math.h>

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

typedef struct Check {
    PlumbNet *net;
    PlumbData *data;
    const PlumbCall *recipe;
    PlumbProbe *probe;
    PlumbConfig config;
    const char *text;
} Check;

static double loss_of(const Check *check) {
    PlumbError error = {0};
    double loss = NAN;
    if (!plumb_measure(check->net, check->data, check->recipe, &check->config, check->probe, &loss, &error)) {
        fail_msg("%s: %s", check->text, error.what);
    }
    return loss;
}

/* Central differences; the gradients of `weight` before them. */
static void check_weight(const Check *check, const PlumbWeight *weight) {
    const double step = 1e-5;
    size_t size = (size_t)plumb_shape_size(weight->shape);
    double *grad = calloc(size, sizeof *grad), largest = 1e-2;
    loss_of(check);
    memcpy(grad, weight->grad, size * sizeof *grad);
    for (size_t i = 0; i < size; i++) {
        largest = fmax(largest, fabs(grad[i]));
    }
    for (size_t i = 0; i < size; i++) {
        double value = weight->value[i];
        weight->value[i] = value + step;
        double above = loss_of(check);
        weight->value[i] = value - step;
        double below = loss_of(check);
        weight->value[i] = value;
        double seen = (above - below) / (2 * step);
        if (!(fabs(seen - grad[i]) <= 1e-6 * largest)) {
            fail_msg("%s, %d shards: %s[%zu] has gradient %.10g, differences give %.10g", check->text,
                     check->config.shards, weight->name, i, grad[i], seen);
        }
    }
    free(grad);
}

static void gradients_are_those_of_finite_differences(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        PlumbError error = {0};
        PlumbArena *arena = plumb_arena_new();
        Check check = {.net = line_net(arena, cases[i]),
                       .recipe = line_call(arena, "recipe(loss=mse, batch=3)", &error),
                       .config = {.threads = 1, .shards = 1 + (int)(i % 3), .seed = 5},
                       .text = cases[i]};
        assert_non_null(check.recipe);
        check.data = line_data(check.net, ROWS, 0);
        check.probe = calloc((size_t)plumb_net_size(check.net), sizeof *check.probe);
        loss_of(&check);
        for (int w = 0; w < plumb_net_weight_total(check.net); w++) {
            const PlumbWeight *weight = plumb_net_weight(check.net, w);
            if (weight->learned) {
                check_weight(&check, weight);
            }
        }
        free(check.probe);
        plumb_data_free(check.data);
        plumb_net_free(check.net);
        plumb_arena_free(arena);
    }
}

/* Loss and gradients of one net for a number of shards. */
static double *gradients_for(const char *text, int shards, size_t *count) {
    PlumbError error = {0};
    PlumbArena *arena = plumb_arena_new();
    Check check = {.net = line_net(arena, text),
                   .recipe = line_call(arena, "recipe(loss=mse, batch=7)", &error),
                   .config = {.threads = 1, .shards = shards, .seed = 5},
                   .text = text};
    check.data = line_data(check.net, 7, 0);
    check.probe = calloc((size_t)plumb_net_size(check.net), sizeof *check.probe);
    double *all = calloc(4096, sizeof *all);
    all[0] = loss_of(&check);
    *count = 1;
    for (int w = 0; w < plumb_net_weight_total(check.net); w++) {
        const PlumbWeight *weight = plumb_net_weight(check.net, w);
        for (int64_t i = 0; weight->learned && i < plumb_shape_size(weight->shape); i++) {
            all[(*count)++] = weight->grad[i];
        }
    }
    free(check.probe);
    plumb_data_free(check.data);
    plumb_net_free(check.net);
    plumb_arena_free(arena);
    return all;
}

static void shards_change_nothing_but_rounding(void **state) {
    (void)state;
    static const char text[] = "input(2, 6, 6) -> conv(4, 3) -> batchnorm -> relu -> conv(6, 3, stride=2, groups=2) -> "
                               "groupnorm(3) -> tanh -> maxpool(2, stride=1) -> upsample(2) -> avgpool(2) -> globalavgpool";
    size_t count = 0;
    double *one = gradients_for(text, 1, &count);
    for (int shards = 2; shards <= 9; shards++) { /* the last have shards without rows */
        double *other = gradients_for(text, shards, &count);
        for (size_t i = 0; i < count; i++) {
            if (!(fabs(one[i] - other[i]) <= 1e-12)) {
                fail_msg("%d shards: number %zu is %.17g, with one shard %.17g", shards, i, other[i], one[i]);
            }
        }
        free(other);
    }
    free(one);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_those_of_finite_differences),
        cmocka_unit_test(shards_change_nothing_but_rounding),
    };
    return cmocka_run_group_tests_name("vision in double", tests, NULL, NULL);
}
