/* How the batch is split changes nothing but rounding: loss and gradients of every number of shards in double. What
 * dropout draws belongs to the value, not to the shard that holds it. */
#include "gradients.h"
#include "layer_cases.h"

enum { ROWS = 7 };

/* Loss and gradients, in the kit. */
static double *gradients_with(Kit *kit, const char *text, int shards, int64_t *count) {
    PlumbNet *net = net_of(kit, text);
    const PlumbData *data = data_for(kit, net, TARGET_VALUES, ROWS, 3);
    Pool *pool = pool_new(1);
    Stepper stepper;
    assert_true(plumb_net_make(net, 1, &kit->error));
    stir(net, 0.3, 1);
    net_refresh(net, kernels_portable());
    assert_true(stepper_init(&stepper, net, data, kernels_portable(), pool, ROWS, shards, call_of(kit, "mse"), NULL,
                             NULL, &kit->error));
    stepper_run(&stepper, ROWS, 9, 4, true, true);
    *count = 1 + net->parameter_count;
    double *all = kit_alloc(kit, (size_t)*count * sizeof *all);
    all[0] = stepper.loss;
    for (int64_t i = 1; i < *count; i++) {
        all[i] = (double)net->gradients[i - 1];
    }
    stepper_clear(&stepper);
    pool_free(pool);
    plumb_net_free(net);
    return all;
}

static void assert_same(Kit *kit, const char *text) {
    int64_t count;
    const double *one = gradients_with(kit, text, 1, &count);
    double size = norm_of(one, count);
    for (int shards = 2; shards <= ROWS + 2; shards++) { /* the last leave shards without rows */
        const double *other = gradients_with(kit, text, shards, &count);
        for (int64_t i = 0; i < count; i++) {
            if (!(fabs(other[i] - one[i]) <= 1e-13 * (1 + size))) {
                fail_msg("%s: with %d shards number %lld is %.17g, with one %.17g", text, shards, (long long)i,
                         other[i], one[i]);
            }
        }
    }
}

static void shards_change_nothing_but_rounding(void **state) {
    static const char *const before[] = {"input(6) -> a: dense(6) -> b: tanh -> dense(6) -> ",
                                         "input(3, 4) -> a: dense(6) -> b: tanh -> dense(6) -> ",
                                         "input(4, 3, 2) -> a: prelu -> b: batchnorm -> "};
    for (int i = 0; i < LAYER_CASES; i++) {
        for (int place = 0; place < 3; place++) {
            char text[512];
            snprintf(text, sizeof text, "%s%s -> flatten -> dense(3)", before[place], layer_cases[i].stage);
            if (layer_cases[i].where & 1 << place) { /* ON_ROWS, ON_TIME, ON_IMAGES */
                assert_same(*state, text);
            }
        }
    }
}

/* By rows with one shard, by outputs with more while all get some. */
static void wide_layers_are_those_of_one_shard(void **state) {
    static const char *const wide[] = {
        "input(300) -> dense(256) -> relu -> dense(260) -> gelu -> dense(256)",
        "input(260) -> a: dense(260) -> tanh -> dense(260) -> b: tanh -> add & a -> dense(260) -> add & b -> dense(3)",
        "input(3, 270) -> dense(264, bias=false) -> dense(256) -> flatten -> dropout(0.3) -> dense(100) -> dense(800)",
        "input(4) -> dense(9000) -> tanh -> dense(9) -> tanh -> dense(9000) -> dense(9, weight=weightnorm)",
    };
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        assert_same(*state, wide[i]);
    }
}

/* ---- dropout ----------------------------------------------------------------------------------------------------- */

enum { VALUES = 1001, MANY = 40 };

/* What dropout makes of ones: MANY rows of VALUES values. The factor of each. */
static real *masks(Kit *kit, const char *text, int shards, uint64_t seed, int64_t step, bool training) {
    PlumbNet *net = net_of(kit, text);
    Pool *pool = pool_new(1);
    real *ones = kit_alloc(kit, MANY * VALUES * sizeof *ones), *mask = kit_alloc(kit, MANY * VALUES * sizeof *mask);
    for (int i = 0; i < MANY * VALUES; i++) {
        ones[i] = 1;
    }
    assert_true(plumb_net_make(net, 1, &kit->error));
    Plan *plan = plan_new(net, kernels_portable(), pool, MANY, shards, false, &kit->error);
    assert_non_null(plan);
    plan_set(plan, MANY, seed, step, training, true);
    for (int s = 0; s < shards; s++) {
        plan_gather(plan, s, ones, NULL);
    }
    plan_forward(plan, 0);
    for (int s = 0; s < shards; s++) {
        memcpy(mask + plan->shard[s].first_row * VALUES, plan_output(plan, s),
               (size_t)plan->shard[s].rows * VALUES * sizeof *mask);
    }
    plan_free(plan);
    pool_free(pool);
    plumb_net_free(net);
    return mask;
}

/* Each value is dropped with probability p, the others grow by 1 / (1 - p): the share is within five standard errors.
 */
static void dropout_keeps_the_mean(void **state) {
    static const struct {
        const char *net;
        double p;
    } rows[] = {{"input(1001) -> dropout", 0.5},
                {"input(1001) -> dropout(0.1)", 0.1},
                {"input(1001) -> dropout(0.95)", 0.95},
                {"input(1001) -> dropout(0)", 0}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        const real *mask = masks(*state, rows[r].net, 3, 1, 0, true);
        double dropped = 0, n = MANY * VALUES;
        for (int i = 0; i < MANY * VALUES; i++) {
            dropped += mask[i] == 0;
            assert_true(mask[i] == 0 || fabs(mask[i] * (1 - rows[r].p) - 1) < 1e-12);
        }
        if (!(fabs(dropped / n - rows[r].p) <= 5 * sqrt(rows[r].p * (1 - rows[r].p) / n))) {
            fail_msg("%s drops %g", rows[r].net, dropped / n);
        }
    }
}

static void dropout_draws_by_seed_step_and_layer(void **state) {
    static const char text[] = "input(1001) -> dropout(0.3)";
    const size_t bytes = MANY * VALUES * sizeof(real);
    const real *mask = masks(*state, text, 1, 1, 5, true);
    for (int shards = 2; shards <= 7; shards++) {
        assert_memory_equal(mask, masks(*state, text, shards, 1, 5, true), bytes);
    }
    assert_memory_not_equal(mask, masks(*state, text, 1, 2, 5, true), bytes);
    assert_memory_not_equal(mask, masks(*state, text, 1, 1, 6, true), bytes);
    assert_memory_not_equal(mask, masks(*state, "input(1001) -> identity -> dropout(0.3)", 1, 1, 5, true), bytes);
    for (int row = 1; row < MANY; row++) { /* no row repeats another's draws */
        assert_memory_not_equal(mask, mask + row * VALUES, VALUES * sizeof *mask);
    }
    const real *still = masks(*state, text, 3, 1, 5, false);
    for (int i = 0; i < MANY * VALUES; i++) {
        assert_true(still[i] == 1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(shards_change_nothing_but_rounding),
        kit_test(wide_layers_are_those_of_one_shard),
        kit_test(dropout_keeps_the_mean),
        kit_test(dropout_draws_by_seed_step_and_layer),
    };
    return cmocka_run_group_tests_name("shards", tests, NULL, NULL);
}
