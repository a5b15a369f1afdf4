/* Optimizers, clipping, accumulation, running means and schedules against PyTorch, ten losses of each; first weights
 * that wait for data; scores of classes. */
#include "runtime/train/parts.h"
#include "sequence.h"

/* ---- ten steps ---------------------------------------------------------------------------------------------- */

typedef struct Losses {
    plumb_real loss[16];
    int count;
} Losses;

static bool note_loss(void *self, const PlumbStep *step) {
    Losses *losses = self;
    losses->loss[losses->count++] = (plumb_real)step->loss;
    return true;
}

/* The same losses at every step, and the same loss with the weights that the net has at the end. */
static void check_steps(Bench *bench, const char *name, const PlumbGiven *extra, int count) {
    PlumbGiven given[8] = {NUMBER("steps", 10), NUMBER("batch", ROWS)};
    int used = count && !strcmp(extra[0].name, "batch") ? 1 : 2; /* its own batch takes the place of ours */
    memcpy(given + used, extra, (size_t)count * sizeof *given);
    begin(bench, "flat");
    add(bench, "dense", GIVEN(NUMBER(NULL, 8)));
    add(bench, "tanh", NULL, 0);
    add(bench, "dense", GIVEN(NUMBER(NULL, 4)));
    aim(bench, "classes", 4);
    load_weights(bench, "steps");
    PlumbTrainer *trainer =
        plumb_trainer_new(bench->net, &bench->data, call(bench, "recipe", given, used + count), &config, &bench->error);
    if (!trainer) {
        fail_msg("%s: %s", name, bench->error.what);
    }
    Losses losses = {.count = 0};
    plumb_trainer_observe(trainer, (PlumbObserver){.self = &losses, .step = note_loss});
    assert_int_equal(plumb_trainer_run(trainer, 0, &bench->error), PLUMB_DONE);
    assert_int_equal(losses.count, 10);
    agrees(name, "losses", losses.loss, find(bench, "%s.%s", name, "losses"), 1e-5);
    PlumbScore score;
    assert_true(plumb_evaluate(bench->net, &bench->data.train, &bench->data, NULL, &config, &score, &bench->error));
    agrees(name, "last loss", &(plumb_real){(plumb_real)score.loss}, find(bench, "%s.%s", name, "test"), 1e-5);
    free(score.confusion);
    plumb_trainer_free(trainer);
}

static void optimizers_agree(void **state) {
    Bench *bench = *state;
    PlumbGiven lr = NUMBER("lr", 0.1), decay = NUMBER("decay", 0.1);
    PlumbGiven fine = NUMBER("eps", 0.01), trust = NUMBER("trust", 0.01);
    check_steps(bench, "adagrad", GIVEN(part(bench, "optimizer", "adagrad", GIVEN(lr))));
    check_steps(bench, "adagrad_decay", GIVEN(part(bench, "optimizer", "adagrad", GIVEN(lr, decay, fine))));
    check_steps(bench, "lion", GIVEN(part(bench, "optimizer", "lion", GIVEN(NUMBER("lr", 0.02)))));
    check_steps(bench, "lion_decay",
                GIVEN(part(bench, "optimizer", "lion", GIVEN(NUMBER("lr", 0.02), NUMBER("decay", 0.5)))));
    check_steps(bench, "lars", GIVEN(part(bench, "optimizer", "lars", GIVEN(trust))));
    check_steps(bench, "lars_decay",
                GIVEN(part(bench, "optimizer", "lars",
                           GIVEN(NUMBER("lr", 2), NUMBER("momentum", 0), NUMBER("trust", 0.02), decay))));
    check_steps(bench, "lars_adaptive",
                GIVEN(part(bench, "optimizer", "lars", GIVEN(trust)),
                      part(bench, "clip", "adaptive", GIVEN(NUMBER(NULL, 0.05), BOOL("last", true)))));
}

static void clipping_agrees(void **state) {
    Bench *bench = *state;
    PlumbGiven sgd = part(bench, "optimizer", "sgd", GIVEN(NUMBER("lr", 0.5)));
    check_steps(bench, "by_layer", GIVEN(sgd, part(bench, "clip", "by_layer", GIVEN(NUMBER(NULL, 0.1)))));
    check_steps(bench, "adaptive", GIVEN(sgd, part(bench, "clip", "adaptive", GIVEN(NUMBER(NULL, 0.02)))));
    check_steps(bench, "adaptive_last",
                GIVEN(sgd, part(bench, "clip", "adaptive", GIVEN(NUMBER(NULL, 0.02), BOOL("last", true)))));
}

/* Batches of five, five and two rows make one step of twelve. */
static void accumulated_batches_are_one(void **state) {
    Bench *bench = *state;
    PlumbGiven sgd = part(bench, "optimizer", "sgd", GIVEN(NUMBER("lr", 0.5)));
    check_steps(bench, "accumulate", GIVEN(NUMBER("batch", 5), NUMBER("accumulate", 3), sgd));
    check_steps(bench, "accumulate", GIVEN(NUMBER("batch", 4), NUMBER("accumulate", 100), sgd));
}

static void the_running_mean_is_what_remains(void **state) {
    Bench *bench = *state;
    PlumbGiven sgd = part(bench, "optimizer", "sgd", GIVEN(NUMBER("lr", 0.5)));
    check_steps(bench, "ema", GIVEN(sgd, NUMBER("ema", 0.8)));
}

/* ---- schedules ---------------------------------------------------------------------------------------------- */

static void check_schedule(Bench *bench, const char *reference, const PlumbCall *made) {
    plumb_real seen[20];
    for (int step = 0; step < 20; step++) {
        Progress at = {.step = step, .steps = 20, .steps_an_epoch = 4};
        seen[step] = (plumb_real)((const Schedule *)made->entry)->factor(made, &at);
    }
    agrees("schedule", reference, seen, find(bench, "schedule.%s%s", reference, ""), 1e-6);
}

static void schedules_agree(void **state) {
    Bench *bench = *state;
    check_schedule(bench, "onecycle", call(bench, "onecycle", NULL, 0));
    check_schedule(bench, "exponential", call(bench, "exponential", GIVEN(NUMBER(NULL, 0.9))));
    check_schedule(bench, "linear_decay", call(bench, "linear_decay", GIVEN(NUMBER("warmup", 5))));
    for (int step = 0; step < 20; step++) { /* the formulas, as help states them */
        Progress at = {.step = step, .steps = 20, .steps_an_epoch = 4};
        const PlumbCall *cosine = call(bench, "cosine", NULL, 0);
        const PlumbCall *decay = call(bench, "step_decay", GIVEN(NUMBER(NULL, 2), NUMBER("factor", 0.5)));
        double wave = ((const Schedule *)cosine->entry)->factor(cosine, &at);
        double fall = ((const Schedule *)decay->entry)->factor(decay, &at);
        assert_true(fabs(wave - (1 + cos(M_PI * step / 20)) / 2) < 1e-12);
        assert_true(fabs(fall - pow(0.5, step / 8)) < 1e-12);
    }
}

static void plateau_follows_the_test_loss(void **state) {
    Bench *bench = *state;
    const Array *losses = find(bench, "schedule.%s%s", "epochs", "");
    const PlumbCall *made = call(bench, "plateau", GIVEN(NUMBER("patience", 2), NUMBER("factor", 0.5)));
    plumb_real *loss = values(losses), seen[16];
    PlumbEpoch history[16] = {{0}};
    for (int i = 0; i < (int)losses->count; i++) {
        history[i] =
            (PlumbEpoch){.loss = 100 - i, .test_loss = (double)loss[i]}; /* the train loss falls all the time */
        Progress at = {.step = i, .steps = 100, .steps_an_epoch = 1, .history = history, .epochs = i + 1};
        seen[i] = (plumb_real)((const Schedule *)made->entry)->factor(made, &at);
    }
    agrees("schedule", "plateau", seen, find(bench, "schedule.%s%s", "plateau", ""), 1e-6);
    assert_true(seen[losses->count - 1] < 1);
    for (int i = 0; i < (int)losses->count; i++) {
        history[i].test_loss = NAN; /* without a test part the train loss decides */
    }
    Progress at = {.step = 1, .steps = 100, .steps_an_epoch = 1, .history = history, .epochs = (int)losses->count};
    assert_true(((const Schedule *)made->entry)->factor(made, &at) == 1);
    free(loss);
}

/* ---- data-dependent weights, scores -------------------------------------------------------------------------- */

static double variance_at(Bench *bench, int node) {
    int64_t count = ROWS * plumb_shape_size(plumb_net_node(bench->net, node)->shape);
    plumb_real *out = calloc((size_t)count, sizeof *out);
    assert_true(plumb_node_output(bench->net, bench->data.train.x, ROWS, node, out, &config, &bench->error));
    double sum = 0, squares = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += (double)out[i];
        squares += (double)out[i] * (double)out[i];
    }
    free(out);
    return squares / (double)count - sum / (double)count * (sum / (double)count);
}

/* relu halves the signal at each layer: not any more. Weights from elsewhere stay. */
static void lsuv_gives_every_layer_its_variance(void **state) {
    Bench *bench = *state;
    PlumbGiven lsuv = part(bench, "init", "lsuv", NULL, 0);
    PlumbGiven twice = part(bench, "init", "lsuv", GIVEN(NUMBER("gain", 2)));
    begin(bench, "flat");
    for (int i = 0; i < 8; i++) {
        add(bench, "dense", GIVEN(NUMBER(NULL, 64), i == 5 ? twice : lsuv));
        add(bench, "relu", NULL, 0);
    }
    add(bench, "dense", GIVEN(NUMBER(NULL, 4), WORD("weight", "weightnorm"), lsuv));
    aim(bench, "classes", 4);
    PlumbProbe probe[32];
    double loss;
    assert_true(plumb_net_make(bench->net, 1, &bench->error));
    assert_true(variance_at(bench, 17) < 0.1);
    assert_true(plumb_measure(bench->net, &bench->data, recipe(bench, NULL), &config, probe, &loss, &bench->error));
    for (int node = 1; node <= 17; node += 2) {
        double wanted = node == 11 ? 4 : 1, seen = variance_at(bench, node);
        if (fabs(seen / wanted - 1) > 0.1) {
            fail_msg("variance of layer %d: %g, expected %g", node, seen, wanted);
        }
    }
    plumb_real kept = plumb_net_weight(bench->net, 0)->value[0];
    plumb_net_weight(bench->net, 0)->value[0] = kept * 8; /* done once: what comes later stays */
    assert_true(plumb_measure(bench->net, &bench->data, recipe(bench, NULL), &config, probe, &loss, &bench->error));
    assert_true(plumb_net_weight(bench->net, 0)->value[0] == kept * 8);
}

/* Confusion by hand: rows are true classes. */
static void classes_have_scores(void **state) {
    (void)state;
    int64_t confusion[] = {3, 1, 0, /**/ 2, 4, 0, /**/ 0, 0, 0};
    PlumbScore score = {.classes = 3, .confusion = confusion};
    PlumbClassScore of;
    plumb_class_score(&score, 0, &of);
    assert_true(fabs(of.precision - 0.6) < 1e-12 && fabs(of.recall - 0.75) < 1e-12);
    assert_true(fabs(of.f1 - 2 * 0.6 * 0.75 / (0.6 + 0.75)) < 1e-12);
    assert_int_equal(of.rows, 4);
    plumb_class_score(&score, 2, &of);
    assert_true(isnan(of.precision) && isnan(of.recall) && isnan(of.f1));
}

/* dense(7) whose outputs are the weights: the label is the k-th largest in turn. */
static void top_five_counts_the_five_largest(void **state) {
    Bench *bench = *state;
    begin(bench, "flat");
    add(bench, "dense", GIVEN(NUMBER(NULL, 7)));
    aim(bench, "seven", 7); /* labels 0 ... 6, 0 ... 4 */
    assert_true(plumb_net_make(bench->net, 1, &bench->error));
    memset(plumb_net_weight(bench->net, 0)->value, 0, 42 * sizeof(plumb_real));
    for (int i = 0; i < 7; i++) {
        plumb_net_weight(bench->net, 1)->value[i] = (plumb_real)-i; /* class i is the (i + 1)-th largest */
    }
    PlumbScore score;
    assert_true(plumb_evaluate(bench->net, &bench->data.train, &bench->data, NULL, &config, &score, &bench->error));
    assert_true(fabs(score.top5 - 10 / 12.0) < 1e-12);
    assert_true(fabs(score.accuracy - 2 / 12.0) < 1e-12);
    free(score.confusion);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(optimizers_agree),
        cmocka_unit_test(clipping_agrees),
        cmocka_unit_test(accumulated_batches_are_one),
        cmocka_unit_test(the_running_mean_is_what_remains),
        cmocka_unit_test(schedules_agree),
        cmocka_unit_test(plateau_follows_the_test_loss),
        cmocka_unit_test(lsuv_gives_every_layer_its_variance),
        cmocka_unit_test(classes_have_scores),
        cmocka_unit_test(top_five_counts_the_five_largest),
    };
    return cmocka_run_group_tests_name("steps", tests, setup, teardown);
}
