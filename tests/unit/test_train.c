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

typedef struct Order { /* losses of single rows, in the order they were taken: the weights stand still */
    double loss[64];
    int count;
} Order;

static bool note_loss(void *self, const PlumbStep *step) {
    Order *order = self;
    order->loss[order->count++] = step->loss;
    return true;
}

static Order train_still(Kit *kit, const PlumbData *data, uint64_t seed) {
    Order order = {.count = 0};
    PlumbNet *net = net_of(kit, "input(2) -> dense(3)");
    PlumbConfig config = {.threads = 1, .shards = 1, .seed = seed};
    const PlumbCall *still = call_of(kit, "recipe(epochs=2, batch=1, optimizer=sgd(lr=0))");
    assert_true(plumb_net_make(net, 1, &kit->error));
    PlumbTrainer *trainer = plumb_trainer_new(net, data, still, &config, &kit->error);
    plumb_trainer_observe(trainer, (PlumbObserver){.self = &order, .step = note_loss});
    assert_int_equal(plumb_trainer_run(trainer, 0, &kit->error), PLUMB_DONE);
    plumb_trainer_free(trainer);
    plumb_net_free(net);
    return order;
}

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Every row once an epoch, in an order that seed and epoch decide. */
static void each_epoch_takes_every_row_in_an_order_of_its_own(void **state) {
    enum { ROWS = 20 };
    Kit *kit = *state;
    PlumbNet *net = net_of(kit, "input(2) -> dense(3)");
    PlumbData *data = data_for(kit, net, TARGET_VALUES, ROWS, 1);
    Order order = train_still(kit, data, 7), again = train_still(kit, data, 7), other = train_still(kit, data, 8);
    assert_int_equal(order.count, 2 * ROWS);
    assert_memory_equal(order.loss, again.loss, 2 * ROWS * sizeof *order.loss);
    assert_memory_not_equal(order.loss, other.loss, ROWS * sizeof *order.loss);
    assert_memory_not_equal(order.loss, order.loss + ROWS, ROWS * sizeof *order.loss);
    qsort(order.loss, ROWS, sizeof *order.loss, ascending);
    qsort(order.loss + ROWS, ROWS, sizeof *order.loss, ascending);
    assert_memory_equal(order.loss, order.loss + ROWS, ROWS * sizeof *order.loss);
    for (int i = 1; i < ROWS; i++) {
        assert_true(order.loss[i] > order.loss[i - 1]);
    }
    plumb_net_free(net);
}

enum { CLIPPED_STEPS = 50 };
typedef struct Clipped { /* what an observer saw */
    double norm[CLIPPED_STEPS], factors;
    int steps, engaged;
} Clipped;

static bool see_clipping(void *self, const PlumbStep *step) {
    Clipped *seen = self;
    seen->norm[seen->steps++] = step->grad_norm;
    seen->engaged += step->clip_factor < 1;
    seen->factors += step->clip_factor < 1 ? step->clip_factor : 0;
    return true;
}

static PlumbClipping train_clipped(Kit *kit, const PlumbData *data, const char *with, Clipped *seen) {
    PlumbNet *net = net_of(kit, text);
    PlumbConfig config = {.threads = 1, .shards = 2, .seed = 7};
    PlumbTrainer *trainer = plumb_trainer_new(net, data, call_of(kit, with), &config, &kit->error);
    assert_non_null(trainer);
    assert_true(plumb_trainer_observe(trainer, (PlumbObserver){seen, see_clipping, NULL, NULL}));
    assert_int_equal(plumb_trainer_run(trainer, 0, &kit->error), PLUMB_DONE);
    PlumbClipping clipping = plumb_trainer_clipping(trainer);
    plumb_trainer_free(trainer);
    plumb_net_free(net);
    return clipping;
}

static void the_clip_meter_tells_what_the_steps_showed(void **state) {
    Kit *kit = *state;
    PlumbData *data = make_data(kit);
    Clipped seen = {0}, idle = {0};
    PlumbClipping clipping = train_clipped(kit, data, "recipe(steps=50, batch=30, clip=by_norm(1))", &seen);
    print_message("# engaged at %d of %d steps, suggested %g\n", seen.engaged, seen.steps, clipping.suggested);
    assert_in_range(seen.engaged, 1, CLIPPED_STEPS - 1);
    assert_true(fabs(clipping.share - (double)seen.engaged / CLIPPED_STEPS) < 1e-12);
    assert_true(fabs(clipping.factor - seen.factors / seen.engaged) < 1e-12);
    qsort(seen.norm, CLIPPED_STEPS, sizeof *seen.norm, ascending);
    assert_true(fabs(log10(clipping.suggested / seen.norm[CLIPPED_STEPS * 9 / 10 - 1])) <
                0.011); /* a bin is 1/100 decade */
    clipping = train_clipped(kit, data, "recipe(steps=50, batch=30)", &idle);
    assert_true(isnan(clipping.share) && isnan(clipping.factor) && clipping.suggested > 0);
    plumb_data_free(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(a_small_net_learns_moons),
        kit_test(bits_do_not_depend_on_threads_or_pauses),
        kit_test(native_and_portable_agree),
        kit_test(each_epoch_takes_every_row_in_an_order_of_its_own),
        kit_test(the_clip_meter_tells_what_the_steps_showed),
    };
    return cmocka_run_group_tests_name("train", tests, NULL, NULL);
}
