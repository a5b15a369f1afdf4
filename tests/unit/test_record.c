/* What is kept of a training's layers, against what its observers saw; and the first step whose values are not finite:
 * it is tried as often as one likes, and leaves nothing behind. */
#include "training.h"
#include <math.h>

enum { STEPS_MOST = 400, NODES_MOST = 8, TIMES = 9 };

static const Case recurrent = {"input(9,2) -> rnn(4) -> lstm(3) -> last -> dense(1)",
                               "adding(length=9, samples=60, test=0)",
                               "recipe(steps=400, batch=10, diagnostics=every(1))"};
static const Case broken = {
    "input(2) -> dense(16) -> relu -> batchnorm -> dropout(0.2) -> dense(16) -> relu -> dense(3)",
    "blobs(classes=3, samples=90, test=0)", "recipe(steps=40, batch=8, optimizer=sgd(lr=1e6))"};

/* ---- the record -------------------------------------------------------------------------------------------------- */

typedef struct Seen { /* by an observer: all probes of all steps */
    const PlumbNet *net;
    PlumbProbe probe[STEPS_MOST + 1][NODES_MOST];
    double through[STEPS_MOST + 1][NODES_MOST][TIMES];
} Seen;

static bool see(void *self, const PlumbStep *step) {
    Seen *seen = self;
    for (int i = 0; step->probe && i < plumb_net_size(seen->net); i++) {
        const double *norms;
        int times = plumb_net_through_time(seen->net, i, &norms);
        seen->probe[step->step][i] = step->probe[i];
        for (int t = 0; t < times; t++) {
            seen->through[step->step][i][t] = norms[t];
        }
    }
    return true;
}

static void assert_kept(const Seen *seen, const PlumbRecord *record, int moment, int64_t step) {
    for (int i = 0; i < plumb_net_size(seen->net); i++) {
        const PlumbProbe *probe = &seen->probe[step][i];
        const double expected[PLUMB_FIGURES] = {probe->output_grad,  probe->signal,    probe->grad_norm,
                                                probe->update_ratio, probe->saturated, probe->dead};
        for (int f = 0; f < PLUMB_FIGURES; f++) {
            double kept = plumb_record_figure(record, moment, i, f);
            if (memcmp(&kept, &expected[f], sizeof kept) != 0) {
                fail_msg("moment %d, step %d, node %d: %s is %.9g, not %.9g", moment, (int)step, i,
                         plumb_figure_name(f), kept, expected[f]);
            }
        }
        const double *norms;
        int times = plumb_record_through_time(record, moment, i, &norms);
        assert_int_equal(times, plumb_net_time_steps(seen->net, i));
        assert_memory_equal(norms, seen->through[step][i], (size_t)times * sizeof *norms);
    }
}

/* `every`: of the recipe; runs to `steps` and looks at what is kept, at every moment. */
static void keeps_what_was_seen(Kit *kit, int every, int steps, int expected_count, int distance) {
    char recipe[128];
    Case one = recurrent;
    snprintf(recipe, sizeof recipe, "recipe(steps=%d, batch=10, diagnostics=every(%d))", steps, every);
    one.recipe = recipe;
    PlumbData *data = data_of_case(kit, &one);
    Training training = training_open(kit, &one, data);
    Seen *seen = kit_alloc(kit, sizeof *seen);
    seen->net = training.net;
    assert_true(plumb_net_size(training.net) <= NODES_MOST);
    plumb_trainer_observe(training.trainer, (PlumbObserver){.self = seen, .step = see});
    assert_int_equal(plumb_trainer_run(training.trainer, 0, &kit->error), PLUMB_DONE);
    const int64_t *step;
    const PlumbRecord *record = plumb_trainer_record(training.trainer);
    int count = plumb_record_size(record, &step);
    if (count != expected_count) {
        fail_msg("%d steps, every %d: %d moments are kept, not %d", steps, every, count, expected_count);
    }
    for (int i = 0; i < count; i++) {
        assert_int_equal(step[i], 1 + (int64_t)i * distance);
        assert_kept(seen, record, i, step[i]);
    }
    training_close(&training);
    plumb_data_free(data);
}

static void every_step_is_kept_while_there_is_room(void **state) {
    keeps_what_was_seen(*state, 1, 1, 1, 1);
    keeps_what_was_seen(*state, 1, 64, 64, 1);
}

static void the_distance_doubles_when_all_room_is_taken(void **state) {
    keeps_what_was_seen(*state, 1, 65, 33, 2);
    keeps_what_was_seen(*state, 1, 128, 64, 2);
    keeps_what_was_seen(*state, 1, 129, 33, 4);
    keeps_what_was_seen(*state, 1, 400, 50, 8);
}

static void only_measured_steps_are_kept(void **state) {
    keeps_what_was_seen(*state, 3, 100, 34, 3);
    keeps_what_was_seen(*state, 3, 200, 34, 6);
    keeps_what_was_seen(*state, 7, 5, 1, 7);
}

static void nothing_is_kept_without_diagnostics(void **state) {
    Kit *kit = *state;
    Case one = recurrent;
    one.recipe = "recipe(steps=5, batch=10, diagnostics=off)";
    PlumbData *data = data_of_case(kit, &one);
    Training training = training_open(kit, &one, data);
    const int64_t *step;
    assert_int_equal(plumb_trainer_run(training.trainer, 0, &kit->error), PLUMB_DONE);
    assert_int_equal(plumb_record_size(plumb_trainer_record(training.trainer), &step), 0);
    training_close(&training);
    plumb_data_free(data);
}

/* ---- half-life --------------------------------------------------------------------------------------------------- */

static void half_life_is_the_mean_over_the_steps_that_are_reached(void **state) {
    (void)state;
    static const struct {
        double norms[6];
        int steps;
        double expected;
    } cases[] = {
        {{1, 2, 4, 8, 16, 32}, 6, 1},
        {{1, 1, 1, 2, 2, 2}, 6, 5},
        {{0, 0, 0, 1, 2, 4}, 6, 1},
        {{0, 0, 0, 0, 0, 3}, 6, 0},
        {{4, 3, 3, 3, 3, 4}, 6, INFINITY},
        {{9, 1, 1, 1, 1, 1}, 6, INFINITY},
        {{0, 0, 0, 0, 0, 0}, 6, NAN},
        {{1, 2, 4, 8, 16, NAN}, 6, NAN},
        {{INFINITY, 1, 1, 1, 1, 1}, 6, NAN},
        {{7}, 1, NAN},
        {{1e-40, 0, 0, 0, 0, 1e-10}, 6, 5 / (30 * 3.321928094887362)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double seen = plumb_half_life(cases[i].norms, cases[i].steps), expected = cases[i].expected;
        bool same = isnan(expected) ? isnan(seen) : seen == expected || fabs(seen - expected) < 1e-9 * expected;
        if (!same) {
            fail_msg("case %d: the half-life is %.9g, not %.9g", (int)i, seen, expected);
        }
    }
}

/* ---- a step that is held ----------------------------------------------------------------------------------------- */

typedef struct Last { /* step that an observer saw */
    PlumbStep step;
    PlumbProbe probe[NODES_MOST];
} Last;

static bool see_last(void *self, const PlumbStep *step) {
    Last *last = self;
    last->step = *step;
    if (step->probe) {
        memcpy(last->probe, step->probe, NODES_MOST * sizeof *last->probe);
    }
    return true;
}

static bool is_sound(const Last *last) {
    return isfinite(last->step.loss) && isfinite(last->step.grad_norm);
}

/* Up to the step before the first one that is not finite; its number. */
static int64_t run_to_the_brink(Kit *kit, Training *free_run) {
    Last last = {0};
    int64_t step = 0;
    plumb_trainer_observe(free_run->trainer, (PlumbObserver){.self = &last, .step = see_last});
    do {
        assert_true(++step < 40);
        plumb_trainer_run(free_run->trainer, 1, &kit->error);
    } while (is_sound(&last));
    plumb_trainer_unobserve(free_run->trainer, &last);
    return step;
}

static void assert_held(Kit *kit, Training *training, int64_t step, Last *last) {
    int64_t of;
    assert_int_equal(plumb_trainer_run(training->trainer, 0, &kit->error), PLUMB_PAUSED);
    assert_true(last->step.held && !is_sound(last) && last->step.probe);
    assert_int_equal(last->step.step, step);
    assert_int_equal(plumb_trainer_steps(training->trainer, &of), step - 1);
}

/* One training runs through, one is held; `diagnostics`: of the held one. */
static void is_tried_again(Kit *kit, const char *diagnostics) {
    char recipe[160];
    Case held_case = broken;
    snprintf(recipe, sizeof recipe, "recipe(steps=40, batch=8, optimizer=sgd(lr=1e6), diagnostics=%s)", diagnostics);
    held_case.recipe = recipe;
    PlumbData *data = data_of_case(kit, &broken);
    Training through = training_open(kit, &broken, data), before = training_open(kit, &broken, data);
    Training held = training_open(kit, &held_case, data);
    int64_t step = run_to_the_brink(kit, &through);
    assert_true(step > 1);
    plumb_trainer_run(before.trainer, step - 1, &kit->error);
    Last first = {0}, again = {0};
    assert_int_equal(plumb_net_size(held.net), NODES_MOST);
    assert_true(plumb_trainer_hold(held.trainer, true));
    plumb_trainer_observe(held.trainer, (PlumbObserver){.self = &first, .step = see_last});
    assert_held(kit, &held, step, &first);
    assert_same_weights(before.net, held.net);
    plumb_trainer_unobserve(held.trainer, &first);
    plumb_trainer_observe(held.trainer, (PlumbObserver){.self = &again, .step = see_last});
    for (int i = 0; i < 3; i++) {
        assert_held(kit, &held, step, &again);
        assert_same_weights(before.net, held.net);
        assert_memory_equal(&again.step.loss, &first.step.loss, sizeof first.step.loss);
        assert_memory_equal(again.probe, first.probe, sizeof first.probe);
    }
    assert_true(plumb_trainer_hold(held.trainer, false));
    assert_int_equal(plumb_trainer_run(held.trainer, 0, &kit->error), PLUMB_DONE);
    assert_int_equal(plumb_trainer_run(through.trainer, 0, &kit->error), PLUMB_DONE);
    assert_same_weights(through.net, held.net);
    training_close(&through);
    training_close(&before);
    training_close(&held);
    plumb_data_free(data);
}

static void a_held_step_leaves_nothing_behind(void **state) {
    is_tried_again(*state, "every(1)");
    is_tried_again(*state, "off");
}

static void holding_changes_no_bit_of_a_sound_training(void **state) {
    Kit *kit = *state;
    Case one = broken;
    one.recipe = "recipe(steps=40, batch=8, optimizer=adam(lr=0.01))";
    PlumbData *data = data_of_case(kit, &one);
    Training plain = training_open(kit, &one, data), holding = training_open(kit, &one, data);
    assert_true(plumb_trainer_hold(holding.trainer, true));
    assert_int_equal(plumb_trainer_run(plain.trainer, 0, &kit->error), PLUMB_DONE);
    assert_int_equal(plumb_trainer_run(holding.trainer, 0, &kit->error), PLUMB_DONE);
    assert_same_weights(plain.net, holding.net);
    assert_same_history(plain.trainer, holding.trainer);
    training_close(&plain);
    training_close(&holding);
    plumb_data_free(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(every_step_is_kept_while_there_is_room),
        kit_test(the_distance_doubles_when_all_room_is_taken),
        kit_test(only_measured_steps_are_kept),
        kit_test(nothing_is_kept_without_diagnostics),
        kit_test(half_life_is_the_mean_over_the_steps_that_are_reached),
        kit_test(a_held_step_leaves_nothing_behind),
        kit_test(holding_changes_no_bit_of_a_sound_training),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
