/* Whole nets built through the library: they learn, their bits do not depend on threads, a pause changes nothing. */
#include "nets.h"
#include <math.h>

static const char *const text = "input(2) -> dense(16) -> batchnorm -> a: tanh -> dense(16) -> gelu -> add & a"
                                " -> dropout(0.05) -> dense(2)";
static const char *const recipe = "recipe(epochs=12, batch=30, optimizer=adam(lr=0.01))";

static PlumbData *make_data(Kit *kit) {
    PlumbData *data = plumb_data_load(call_of(kit, "moons"), NULL, 1, &kit->error);
    assert_non_null(data);
    return data;
}

/* Trains a fresh net, `most` steps at a time (0: at once), and returns its weights as one copy. */
static double *train(Kit *kit, const PlumbData *data, int threads, int64_t most, const char *backend,
                     PlumbEpoch *last) {
    PlumbNet *net = net_of(kit, text);
    PlumbConfig config = {.threads = threads, .shards = 3, .seed = 7, .backend = backend};
    PlumbTrainer *trainer = plumb_trainer_new(net, data, call_of(kit, recipe), &config, &kit->error);
    if (!trainer) {
        fail_msg("%s %s", kit->error.what, kit->error.found);
    }
    PlumbOutcome outcome;
    do {
        outcome = plumb_trainer_run(trainer, most, &kit->error);
    } while (outcome == PLUMB_PAUSED);
    assert_int_equal(outcome, PLUMB_DONE);
    const PlumbEpoch *epochs;
    int done = plumb_trainer_history(trainer, &epochs);
    *last = epochs[done - 1];
    size_t count = 0;
    double *copy = calloc(4096, sizeof *copy);
    for (int i = 0; i < plumb_net_weight_total(net); i++) {
        const PlumbWeight *weight = plumb_net_weight(net, i);
        for (int64_t j = 0; j < plumb_shape_size(weight->shape); j++) {
            copy[count++] = (double)weight->value[j];
        }
    }
    plumb_trainer_free(trainer);
    plumb_net_free(net);
    return copy;
}

static void a_small_net_learns_moons(void **state) {
    Kit *kit = *state;
    PlumbData *data = make_data(kit);
    PlumbEpoch last;
    free(train(kit, data, 1, 0, NULL, &last));
    print_message("# test accuracy %.3f loss %.3f\n", last.test_metric, last.test_loss);
    assert_true(last.test_metric > 0.95);
    plumb_data_free(data);
}

static void bits_do_not_depend_on_threads_or_pauses(void **state) {
    Kit *kit = *state;
    PlumbData *data = make_data(kit);
    PlumbEpoch last;
    double *one = train(kit, data, 1, 0, NULL, &last);
    for (int threads = 1; threads <= 4; threads++) {
        double *other = train(kit, data, threads, threads == 1 ? 5 : threads == 2 ? 0 : 17, NULL, &last);
        assert_memory_equal(one, other, 4096 * sizeof *one);
        free(other);
    }
    free(one);
    plumb_data_free(data);
}

static void native_and_portable_agree(void **state) {
    Kit *kit = *state;
    PlumbData *data = make_data(kit);
    PlumbEpoch native, portable;
    free(train(kit, data, 2, 0, "portable", &portable));
    free(train(kit, data, 2, 0, NULL, &native));
    assert_true(fabs(native.loss - portable.loss) < 1e-3 * portable.loss);
    plumb_data_free(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(a_small_net_learns_moons),
        kit_test(bits_do_not_depend_on_threads_or_pauses),
        kit_test(native_and_portable_agree),
    };
    return cmocka_run_group_tests_name("train", tests, NULL, NULL);
}
