/* batchnorm's running statistics: what training adds to them, that measuring does not, and that outputs go by them. */
#include "nets.h"
#include <math.h>

enum { ROWS = 11, FEATURES = 3 };
static const char *const text = "input(3) -> n: batchnorm(momentum=0.3, eps=0.01)";

typedef struct Statistics {
    double mean[FEATURES], variance[FEATURES]; /* of all rows; the variance unbiased, as PyTorch runs it */
} Statistics;

static Statistics statistics_of(const PlumbData *data) {
    Statistics s = {{0}, {0}};
    for (int f = 0; f < FEATURES; f++) {
        for (int i = 0; i < ROWS; i++) {
            s.mean[f] += (double)data->train.x[i * FEATURES + f] / ROWS;
        }
        for (int i = 0; i < ROWS; i++) {
            double d = (double)data->train.x[i * FEATURES + f] - s.mean[f];
            s.variance[f] += d * d / (ROWS - 1);
        }
    }
    return s;
}

static const plumb_real *buffer(const PlumbNet *net, const char *name) {
    for (int i = 0; i < plumb_net_weight_total(net); i++) {
        if (!strcmp(plumb_net_weight(net, i)->name, name)) {
            assert_false(plumb_net_weight(net, i)->learned);
            return plumb_net_weight(net, i)->value;
        }
    }
    fail_msg("no %s", name);
    return NULL;
}

static void assert_near(double seen, double expected) {
    if (!(fabs(seen - expected) <= 1e-5 * (1 + fabs(expected)))) {
        fail_msg("%.8g, expected %.8g", seen, expected);
    }
}

/* Two steps on the whole data: start (1 - m)^2 + statistic (1 - (1 - m)^2), from mean 0 and variance 1. */
static void assert_running(const PlumbNet *net, const Statistics *s, int steps) {
    double kept = pow(0.7, steps);
    for (int f = 0; f < FEATURES; f++) {
        assert_near((double)buffer(net, "n.running_mean")[f], s->mean[f] * (1 - kept));
        assert_near((double)buffer(net, "n.running_var")[f], kept + s->variance[f] * (1 - kept));
    }
}

static void assert_outputs(Kit *kit, PlumbNet *net, const PlumbData *data, const PlumbConfig *config) {
    plumb_real out[ROWS * FEATURES];
    assert_true(plumb_predict(net, data->train.x, ROWS, out, config, &kit->error));
    for (int i = 0; i < ROWS * FEATURES; i++) {
        int f = i % FEATURES;
        double mean = (double)buffer(net, "n.running_mean")[f], variance = (double)buffer(net, "n.running_var")[f];
        assert_near((double)out[i], ((double)data->train.x[i] - mean) / sqrt(variance + 0.01));
    }
}

static void training_moves_them_and_outputs_go_by_them(void **state) {
    Kit *kit = *state;
    const PlumbCall *recipe = call_of(kit, "recipe(steps=2, batch=11, optimizer=sgd(lr=0))");
    for (int shards = 1; shards <= 12; shards += shards < 4 ? 1 : 4) {
        PlumbNet *net = net_of(kit, text);
        const PlumbData *data = data_for(kit, net, TARGET_VALUES, ROWS, 1);
        const Statistics s = statistics_of(data);
        PlumbConfig config = {.threads = 1, .shards = shards};
        PlumbProbe probe[2];
        double loss;
        PlumbTrainer *trainer = plumb_trainer_new(net, data, recipe, &config, &kit->error);
        assert_int_equal(plumb_trainer_run(trainer, 0, &kit->error), PLUMB_DONE);
        assert_running(net, &s, 2);
        assert_true(plumb_measure(net, data, recipe, &config, probe, &loss, &kit->error));
        assert_running(net, &s, 2);
        assert_outputs(kit, net, data, &config);
        assert_running(net, &s, 2);
        plumb_trainer_free(trainer);
        plumb_net_free(net);
    }
}

/* A batch of one row has no variance: the old one fades, nothing is NaN. */
static void a_batch_of_one_is_no_accident(void **state) {
    Kit *kit = *state;
    PlumbNet *net = net_of(kit, text);
    const PlumbData *data = data_for(kit, net, TARGET_VALUES, 1, 1);
    PlumbConfig config = {.threads = 1, .shards = 2};
    const PlumbCall *recipe = call_of(kit, "recipe(steps=1, batch=1, optimizer=sgd(lr=0))");
    PlumbTrainer *trainer = plumb_trainer_new(net, data, recipe, &config, &kit->error);
    assert_int_equal(plumb_trainer_run(trainer, 0, &kit->error), PLUMB_DONE);
    for (int f = 0; f < FEATURES; f++) {
        assert_near((double)buffer(net, "n.running_mean")[f], 0.3 * (double)data->train.x[f]);
        assert_near((double)buffer(net, "n.running_var")[f], 0.7);
    }
    plumb_trainer_free(trainer);
    plumb_net_free(net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(training_moves_them_and_outputs_go_by_them),
        kit_test(a_batch_of_one_is_no_accident),
    };
    return cmocka_run_group_tests_name("running statistics", tests, NULL, NULL);
}
