/* Whole nets built through the library: they learn, their bits do not depend on threads, a pause changes nothing. */
#include "runtime/plumb.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct Bench {
    PlumbArena *arena;
    PlumbError error;
} Bench;

static PlumbCall *call(Bench *bench, const char *name, int count, const PlumbGiven *given) {
    PlumbCall *made = plumb_call(bench->arena, plumb_entry_find(name), given, count, &bench->error);
    if (!made) {
        print_message("%s: %s (%s)\n", name, bench->error.what, bench->error.hint);
    }
    assert_non_null(made);
    return made;
}

static PlumbGiven number(const char *name, double value) {
    return (PlumbGiven){name, {.type = PLUMB_V_NUMBER, .number = value}};
}

static int add(Bench *bench, PlumbNet *net, const PlumbCall *layer, int count, const int *input) {
    int node = plumb_net_add(net, layer, input, count, "", NULL, -1, (PlumbPlace){0}, &bench->error);
    if (node < 0) {
        print_message("%s\n", bench->error.what);
    }
    assert_true(node >= 0);
    return node;
}

static int chain(Bench *bench, PlumbNet *net, const char *name, int count, const PlumbGiven *given) {
    int last = plumb_net_size(net) - 1;
    return add(bench, net, call(bench, name, count, given), last >= 0, &last);
}

/* input(2) -> dense(16) -> batchnorm -> tanh -> [dense(16) -> gelu] + skip -> dropout -> dense(2) */
static PlumbNet *make_net(Bench *bench) {
    PlumbNet *net = plumb_net_new("n", &bench->error);
    PlumbGiven two[] = {number(NULL, 2)}, wide[] = {number(NULL, 16)}, little[] = {number("p", 0.05)};
    chain(bench, net, "input", 1, two);
    chain(bench, net, "dense", 1, wide);
    chain(bench, net, "batchnorm", 0, NULL);
    int tap = chain(bench, net, "tanh", 0, NULL);
    chain(bench, net, "dense", 1, wide);
    int end = chain(bench, net, "gelu", 0, NULL);
    add(bench, net, call(bench, "add", 0, NULL), 2, (int[]){end, tap});
    chain(bench, net, "dropout", 1, little);
    chain(bench, net, "dense", 1, two);
    return net;
}

static PlumbCall *make_recipe(Bench *bench, double epochs) {
    PlumbGiven lr[] = {number("lr", 0.01)};
    PlumbGiven given[] = {number("epochs", epochs),
                          number("batch", 30),
                          {"optimizer", {.type = PLUMB_V_CALL, .call = call(bench, "adam", 1, lr)}}};
    return call(bench, "recipe", 3, given);
}

static PlumbData *make_data(Bench *bench) {
    PlumbData *data = plumb_data_load(call(bench, "moons", 0, NULL), NULL, 1, &bench->error);
    if (!data) {
        print_message("%s\n", bench->error.what);
    }
    assert_non_null(data);
    return data;
}

/* Trains a fresh net, `most` steps at a time (0: at once), and returns its weights as one copy. */
static double *train(Bench *bench, const PlumbData *data, int threads, int64_t most, const char *backend,
                     PlumbEpoch *last) {
    PlumbNet *net = make_net(bench);
    PlumbConfig config = {.threads = threads, .shards = 3, .seed = 7, .backend = backend};
    PlumbTrainer *trainer = plumb_trainer_new(net, data, make_recipe(bench, 12), &config, &bench->error);
    if (!trainer) {
        print_message("%s %s\n", bench->error.what, bench->error.found);
    }
    assert_non_null(trainer);
    PlumbOutcome outcome;
    do {
        outcome = plumb_trainer_run(trainer, most, &bench->error);
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
    Bench *bench = *state;
    PlumbData *data = make_data(bench);
    PlumbEpoch last;
    free(train(bench, data, 1, 0, NULL, &last));
    print_message("# test accuracy %.3f loss %.3f\n", last.test_metric, last.test_loss);
    assert_true(last.test_metric > 0.95);
    plumb_data_free(data);
}

static void bits_do_not_depend_on_threads_or_pauses(void **state) {
    Bench *bench = *state;
    PlumbData *data = make_data(bench);
    PlumbEpoch last;
    double *one = train(bench, data, 1, 0, NULL, &last);
    for (int threads = 1; threads <= 4; threads++) {
        double *other = train(bench, data, threads, threads == 1 ? 5 : threads == 2 ? 0 : 17, NULL, &last);
        assert_memory_equal(one, other, 4096 * sizeof *one);
        free(other);
    }
    free(one);
    plumb_data_free(data);
}

static void native_and_portable_agree(void **state) {
    Bench *bench = *state;
    PlumbData *data = make_data(bench);
    PlumbEpoch native, portable;
    free(train(bench, data, 2, 0, "portable", &portable));
    free(train(bench, data, 2, 0, NULL, &native));
    assert_true(fabs(native.loss - portable.loss) < 1e-3 * portable.loss);
    plumb_data_free(data);
}

static int setup(void **state) {
    Bench *bench = calloc(1, sizeof *bench);
    bench->arena = plumb_arena_new();
    *state = bench;
    return !bench->arena;
}

static int teardown(void **state) {
    plumb_arena_free(((Bench *)*state)->arena);
    free(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_small_net_learns_moons, setup, teardown),
        cmocka_unit_test_setup_teardown(bits_do_not_depend_on_threads_or_pauses, setup, teardown),
        cmocka_unit_test_setup_teardown(native_and_portable_agree, setup, teardown),
    };
    return cmocka_run_group_tests_name("train", tests, NULL, NULL);
}
