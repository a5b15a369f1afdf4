/* Every rule on a net, a data set or a history where it fires, and on the nearest one where it must not. */
#include "nets.h"
#include <math.h>

/* ---- asking ------------------------------------------------------------------------------------------------------ */

/* `head`, then `body` so many times, then `tail`: stages as in nets.h. */
static PlumbNet *deep(Kit *kit, const char *head, const char *body, int times, const char *tail) {
    size_t size = strlen(head) + (size_t)times * (strlen(body) + strlen(" -> ")) + strlen(tail) + 16;
    char *text = kit_alloc(kit, size);
    strcpy(text, head);
    for (int i = 0; i < times; i++) {
        strcat(strcat(text, " -> "), body);
    }
    return net_of(kit, strcat(strcat(text, " -> "), tail));
}

static PlumbData *load(Kit *kit, const char *source) {
    PlumbData *data = plumb_data_load(call_of(kit, source), NULL, 1, &kit->error);
    if (!data) {
        fail_msg("%s: %s", source, kit->error.what);
    }
    return data;
}

static const PlumbFinding *find(const PlumbDiagnosis *diagnosis, const char *rule) {
    for (int i = 0; i < plumb_diagnosis_size(diagnosis); i++) {
        if (!strcmp(plumb_rule_name(plumb_diagnosis_at(diagnosis, i)->rule), rule)) {
            return plumb_diagnosis_at(diagnosis, i);
        }
    }
    return NULL;
}

static PlumbDiagnosis *diagnose(const PlumbCase *about) {
    PlumbError error = {.argument = -1};
    PlumbDiagnosis *diagnosis = plumb_diagnose(about, &error);
    if (!diagnosis) {
        fail_msg("%s", error.what);
    }
    return diagnosis;
}

/* A finding says what it saw, why, and about which layers; nothing of the others that fire. */
static void assert_judged(const PlumbCase *about, const char *what, const char *rule, bool fires) {
    PlumbDiagnosis *diagnosis = diagnose(about);
    const PlumbFinding *finding = find(diagnosis, rule);
    if (fires != (finding != NULL)) {
        const PlumbFinding *first = plumb_diagnosis_size(diagnosis) ? plumb_diagnosis_at(diagnosis, 0) : NULL;
        fail_msg("%s: %s %s; the first of %d findings: %s (%s)", what, rule, fires ? "is not found" : finding->evidence,
                 plumb_diagnosis_size(diagnosis), first ? plumb_rule_name(first->rule) : "none",
                 first ? first->evidence : "");
    }
    if (finding && (!*finding->evidence || !*finding->cause)) {
        fail_msg("%s: %s gives no evidence or no cause", what, rule);
    }
    plumb_diagnosis_free(diagnosis);
}

static void assert_only_known_roots(const PlumbDiagnosis *diagnosis) {
    for (int i = 0; i < plumb_diagnosis_size(diagnosis); i++) {
        if (plumb_diagnosis_at(diagnosis, i)->follows >= i) {
            fail_msg("finding %d follows from %d, which comes later", i, plumb_diagnosis_at(diagnosis, i)->follows);
        }
    }
}

/* ---- nets that are measured and trained -------------------------------------------------------------------------- */

typedef struct Trial {
    const char *rule, *head, *body;
    int times;
    const char *tail, *data, *recipe;
    bool trained, fires;
} Trial;

#define DOTS "blobs(classes=2, samples=120)"
#define ARMS "spirals(classes=2, samples=120)"
#define SUMS(length) "adding(length=" #length ", samples=64)"
#define SLOW "recipe(epochs=4, batch=20, optimizer=sgd(lr=0.05))"
#define FAST(n) "recipe(epochs=" #n ", batch=20, optimizer=sgd(lr=0.1, momentum=0.9))"
#define CLIPPED(limit) "recipe(epochs=4, batch=20, optimizer=sgd(lr=0.05), clip=by_norm(" #limit "))"
#define QUICK "recipe(epochs=4, batch=20, optimizer=adam(lr=0.01))"

static const Trial trials[] = {
    {"vanishing_gradient", "input(2)", "dense(16) -> sigmoid", 12, "dense(2)", DOTS, SLOW, true, true},
    {"vanishing_gradient", "input(2)", "dense(16) -> sigmoid", 2, "dense(2)", DOTS, SLOW, true, false},
    {"vanishing_gradient", "input(2)", "dense(16) -> sigmoid", 12, "dense(2)", DOTS, SLOW, false, true},
    {"vanishing_gradient", "input(2)", "dense(16) -> tanh", 12, "dense(2)", DOTS, SLOW, false, false},
    /* The gradient is as steep, and Adam rescales it: the net learns. */
    {"vanishing_gradient", "input(2)", "dense(32, init=normal(0.1)) -> tanh", 4, "dense(2)", DOTS,
     "recipe(epochs=30, batch=20, optimizer=adam(lr=0.01))", true, false},
    {"exploding_gradient", "input(2)", "dense(32, init=normal(1)) -> relu", 8, "dense(2)", DOTS, SLOW, false, true},
    {"exploding_gradient", "input(2)", "dense(32, init=he) -> relu", 8, "dense(2)", DOTS, SLOW, false, false},
    {"exploding_gradient", "input(2)", "dense(32, init=normal(1)) -> relu", 8, "dense(2)", DOTS, SLOW, true, true},
    {"exploding_gradient", "input(2)", "dense(32, init=he) -> relu", 8, "dense(2)", DOTS, SLOW, true, false},
    {"poor_initialization", "input(2)", "dense(32, init=normal(1)) -> relu", 8, "dense(2)", DOTS, SLOW, false, true},
    {"poor_initialization", "input(2)", "dense(32, init=he) -> relu", 8, "dense(2)", DOTS, SLOW, false, false},
    {"poor_initialization", "input(2)", "dense(8, init=zeros) -> tanh", 2, "dense(2)", DOTS, SLOW, true, true},
    /* Zeros in front of what is drawn: the units are told apart by what is behind them. */
    {"poor_initialization", "input(2)", "dense(8) -> tanh", 2, "dense(2, init=zeros)", DOTS, SLOW, true, false},
    {"norm_explosion", "input(2)", "dense(32) -> batchnorm -> relu", 50, "dense(2)", DOTS, SLOW, false, true},
    {"norm_explosion", "input(2)", "dense(32) -> batchnorm -> relu", 10, "dense(2)", DOTS, SLOW, false, false},
    {"norm_explosion", "input(2) -> dense(32)", "dense(32) -> layernorm -> relu", 50, "dense(2)", DOTS, SLOW, false,
     false},
    {"saturated_activation", "input(2)", "dense(8, init=normal(200)) -> tanh", 1, "dense(2)", ARMS, SLOW, false, true},
    {"saturated_activation", "input(2)", "dense(8) -> tanh", 1, "dense(2)", ARMS, SLOW, false, false},
    /* Pushed against its ceiling; a relu is flat on half of its inputs by design. */
    {"saturated_activation", "input(2)", "dense(8, bias_init=constant(30)) -> relu6", 1, "dense(2)", ARMS, SLOW, false,
     true},
    {"saturated_activation", "input(2)", "dense(8) -> relu6", 1, "dense(2)", ARMS, SLOW, false, false},
    {"saturated_activation", "input(2)", "dense(8, init=normal(200)) -> relu", 1, "dense(2)", ARMS, SLOW, false, false},
    {"dead_units", "input(2)", "dense(8, bias_init=constant(-100)) -> relu", 1, "dense(2)", DOTS, SLOW, true, true},
    {"dead_units", "input(2)", "dense(8) -> relu", 1, "dense(2)", DOTS, SLOW, true, false},
    /* Shut by its biases, though never quite 0. */
    {"dead_units", "input(2)", "dense(8, bias_init=constant(-30)) -> gelu", 1, "dense(2)", DOTS, SLOW, true, true},
    {"dead_units", "input(2)", "dense(8) -> gelu", 1, "dense(2)", DOTS, SLOW, true, false},
    {"vanishing_through_time", "input(40, 2)", "rnn(8, return=last)", 1, "dense(1)", SUMS(40), SLOW, true, true},
    {"vanishing_through_time", "input(4, 2)", "rnn(8, return=last)", 1, "dense(1)", SUMS(4), SLOW, true, false},
    /* Gates learn to open. */
    {"vanishing_through_time", "input(40, 2)", "gru(8, return=last)", 1, "dense(1)", SUMS(40), SLOW, false, false},
    {"exploding_through_time", "input(30, 2)", "rnn(8, act=relu, recurrent_init=orthogonal(3), return=last)", 1,
     "dense(1)", SUMS(30), SLOW, false, true},
    {"exploding_through_time", "input(30, 2)", "rnn(8, return=last)", 1, "dense(1)", SUMS(30), SLOW, false, false},
    {"wrong_output", "input(2)", "dense(8) -> tanh", 1, "dense(2) -> softmax", DOTS, SLOW, false, true},
    {"wrong_output", "input(2)", "dense(8) -> tanh", 1, "dense(2) -> relu", DOTS, SLOW, false, true},
    {"wrong_output", "input(2)", "dense(8) -> tanh", 1, "dense(2)", DOTS, SLOW, false, false},
    {"wrong_output", "input(2)", "dense(8) -> tanh", 1, "dense(2) -> log_softmax", DOTS, SLOW, false, false},
    {"wrong_output", "input(4, 2) -> flatten", "dense(8) -> tanh", 1, "dense(1) -> tanh", SUMS(4), SLOW, false, true},
    {"wrong_output", "input(4, 2) -> flatten", "dense(8) -> tanh", 1, "dense(1) -> relu", SUMS(4), SLOW, false, false},
    {"learning_rate_too_low", "input(2)", "dense(8) -> tanh", 1, "dense(2)", DOTS,
     "recipe(epochs=4, batch=20, optimizer=sgd(lr=1e-6))", true, true},
    {"learning_rate_too_low", "input(2)", "dense(8) -> tanh", 1, "dense(2)", DOTS, QUICK, true, false},
    /* What fails with any net is the rate's doing. */
    {"vanishing_gradient", "input(2)", "dense(8) -> tanh", 1, "dense(2)", DOTS,
     "recipe(epochs=4, batch=20, optimizer=sgd(lr=1e-6))", true, false},
    {"exploding_gradient", "input(2)", "dense(16) -> relu", 2, "dense(2)", ARMS,
     "recipe(epochs=4, batch=20, optimizer=sgd(lr=1e9))", true, false},
    {"learning_rate_too_high", "input(2)", "dense(16) -> relu", 2, "dense(2)", ARMS,
     "recipe(epochs=4, batch=20, optimizer=sgd(lr=1e9))", true, true},
    {"stagnant_update", "input(2)", "dense(8) -> tanh", 1, "dense(2)", DOTS,
     "recipe(epochs=4, batch=20, optimizer=sgd(lr=1e-6))", true, true},
    {"stagnant_update", "input(2)", "dense(8) -> tanh", 1, "dense(2)", DOTS, QUICK, true, false},
    {"learning_rate_too_high", "input(2)", "dense(16) -> relu", 2, "dense(2)", ARMS,
     "recipe(epochs=4, batch=20, optimizer=adam(lr=30))", true, true},
    {"learning_rate_too_high", "input(2)", "dense(16) -> relu", 2, "dense(2)", ARMS, QUICK, true, false},
    /* Steps that three layers stand and 20 at once do not, unless links lead past them. */
    {"learning_rate_too_high", "input(2)", "dense(16) -> relu", 20, "dense(2)", ARMS, FAST(2), true, true},
    {"learning_rate_too_high", "input(2)", "dense(16) -> relu", 3, "dense(2)", ARMS, FAST(2), true, false},
    /* Gates that are half open may learn to open; shut ones are not told to. */
    {"vanishing_through_time", "input(40, 2)", "lstm(8, forget_bias=-3, return=last)", 1, "dense(1)", SUMS(40), SLOW,
     false, true},
    {"vanishing_through_time", "input(40, 2)", "lstm(8, return=last)", 1, "dense(1)", SUMS(40), SLOW, false, false},
    {"clip_too_tight", "input(2)", "dense(8) -> tanh", 1, "dense(2)", ARMS, CLIPPED(0.001), true, true},
    {"clip_too_tight", "input(2)", "dense(8) -> tanh", 1, "dense(2)", ARMS, CLIPPED(100), true, false},
    {"clip_too_tight", "input(2)", "dense(8) -> tanh", 1, "dense(2)", ARMS, FAST(2), true, false},
    {"clip_idle", "input(2)", "dense(8) -> tanh", 1, "dense(2)", ARMS, CLIPPED(100), true, true},
    {"clip_idle", "input(2)", "dense(8) -> tanh", 1, "dense(2)", ARMS, CLIPPED(0.001), true, false},
    {"clip_idle", "input(2)", "dense(8) -> tanh", 1, "dense(2)", ARMS, FAST(2), true, false}, /* nothing clips */
};

static void judge_trial(Kit *kit, const Trial *trial) {
    PlumbNet *net = deep(kit, trial->head, trial->body, trial->times, trial->tail);
    PlumbData *data = load(kit, trial->data);
    const PlumbCall *recipe = call_of(kit, trial->recipe);
    PlumbConfig config = {.threads = 1, .shards = 1, .seed = 1};
    PlumbCase about = {.net = net, .data = data, .recipe = recipe, .loss = NAN};
    PlumbProbe *probe = kit_alloc(kit, (size_t)plumb_net_size(net) * sizeof *probe);
    PlumbTrainer *trainer = NULL;
    PlumbClipping clipping;
    assert_true(plumb_net_make(net, 1, &kit->error));
    if (trial->trained) {
        trainer = plumb_trainer_new(net, data, recipe, &config, &kit->error);
        assert_non_null(trainer);
        assert_int_equal(plumb_trainer_run(trainer, 0, &kit->error), PLUMB_DONE);
        about.probe = plumb_trainer_probes(trainer);
        about.epochs = plumb_trainer_history(trainer, &about.epoch);
        clipping = plumb_trainer_clipping(trainer);
        about.clipping = &clipping;
    } else {
        assert_true(plumb_measure(net, data, recipe, &config, probe, &about.loss, &kit->error));
        about.probe = probe;
    }
    PlumbForecast *forecast = plumb_forecast(net, data, recipe, &kit->error);
    about.forecast = forecast;
    char what[256];
    snprintf(what, sizeof what, "%s -> %d x (%s) -> %s, %s", trial->head, trial->times, trial->body, trial->tail,
             trial->trained ? "trained" : "measured");
    assert_judged(&about, what, trial->rule, trial->fires);
    plumb_forecast_free(forecast);
    plumb_trainer_free(trainer);
    plumb_data_free(data);
    plumb_net_free(net);
}

static void rules_fire_on_sick_nets_and_not_on_the_nearest_healthy_ones(void **state) {
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
        judge_trial(*state, &trials[i]);
    }
}

/* ---- histories --------------------------------------------------------------------------------------------------- */

enum { HISTORY_MOST = 12 };

/* Chance is ln 2 = 0.69. test: NULL: no test part. */
static const struct {
    const char *rule;
    double loss[HISTORY_MOST], test[HISTORY_MOST];
    int epochs;
    double update;
    bool fires;
} histories[] = {
    {"plateau", {0.7, 0.694, 0.694, 0.693, 0.694, 0.694, 0.693, 0.694, 0.693}, {0}, 9, 1e-3, true},
    {"plateau", {0.7, 0.694, 0.66, 0.61}, {0}, 4, 1e-3, false},
    {"plateau", {0.2, 0.01, 0.01, 0.01}, {0}, 4, 1e-3, false}, /* solved */
    {"slow_convergence", {0.70, 0.699, 0.698, 0.694, 0.69, 0.686}, {0}, 6, 1e-3, true},
    {"slow_convergence", {0.70, 0.66, 0.61, 0.55, 0.50, 0.45}, {0}, 6, 1e-3, false},
    {"oscillating_loss", {0.7, 0.5, 0.7, 0.5, 0.7, 0.6, 0.8, 0.7, 0.5, 0.7, 0.5, 0.7}, {0}, 12, 5e-2, true},
    {"oscillating_loss",
     {0.7, 0.55, 0.62, 0.5, 0.56, 0.45, 0.5, 0.4, 0.45, 0.3, 0.34, 0.25},
     {0},
     12,
     5e-2,
     false}, /* on its way down */
    {"learning_rate_too_high", {0.7, 0.5, 0.7, 0.5, 0.7, 0.6, 0.8, 0.7, 0.5, 0.7, 0.5, 0.7}, {0}, 12, 5e-2, true},
    {"diverging", {0.7, 0.5, 2, 9, 80, 700}, {0}, 6, 0.3, true},
    {"diverging", {0.7, 0.5, INFINITY}, {0}, 3, 0.3, true},
    {"diverging", {9, 2, 0.7, 0.5, 0.6, 0.5}, {0}, 6, 0.3, false},
    {"diverging", {9e4, 5e4, 2e4, 1e4, 3e3, 1e3}, {0}, 6, 0.3, false}, /* thrown up at once, and on its way down */
    {"diverging", {9e4, 9e4, 9e4, 9e4, 9e4, 9e4}, {0}, 6, 0.3, true},
    {"learning_rate_too_high", {0.7, 0.5, 2, 9, 80, 700}, {0}, 6, 0.3, true},
    {"learning_rate_too_high", {0.7, 0.5, 0.4, 0.35, 0.3, 0.28}, {0}, 6, 1e-2, false},
    {"learning_rate_too_high", {0.7, 0.71, 0.70, 0.72, 0.71, 0.70}, {0}, 6, 0.15, true},
    {"learning_rate_too_high", {0.7, 0.71, 0.70, 0.72, 0.71, 0.70}, {0}, 6, 0.05, false},
    {"learning_rate_too_high", {6, 5, 4, 3, 2, 1.2}, {0}, 6, 0.12, false}, /* it recovers from where it began */
    {"overfit", {0.6, 0.4, 0.2, 0.1, 0.05, 0.02}, {0.6, 0.5, 0.55, 0.7, 0.9, 1.2}, 6, 1e-3, true},
    {"overfit", {0.6, 0.4, 0.2, 0.1, 0.05, 0.02}, {0.6, 0.5, 0.3, 0.2, 0.2, 0.25}, 6, 1e-3, false},
    {"overfit", {0.09, 0.04, 0.02, 0.01, 0.01, 0.01}, {0.06, 0.05, 0.05, 0.06, 0.07, 0.08}, 6, 1e-3, false}, /* solved
                                                                                                              */
    {"overfit", {0.6, 0.6, 0.6, 0.6, 0.6, 0.6}, {0.6, 0.5, 0.55, 0.7, 0.9, 1.2}, 6, 1e-3, false}, /* no rows by heart */
};

static void judge_history(Kit *kit, size_t row) {
    PlumbNet *net = net_of(kit, "input(2) -> dense(8) -> tanh -> dense(2)");
    PlumbData *data = load(kit, DOTS);
    const PlumbCall *recipe = call_of(kit, SLOW);
    PlumbEpoch epoch[HISTORY_MOST];
    for (int i = 0; i < histories[row].epochs; i++) {
        double test = histories[row].test[0] > 0 ? histories[row].test[i] : NAN;
        epoch[i] = (PlumbEpoch){.epoch = i + 1,
                                .step = 100 * (i + 1),
                                .loss = histories[row].loss[i],
                                .metric = 0.5,
                                .test_loss = test,
                                .test_metric = 1 - test / 2,
                                .grad_first = 0.1,
                                .grad_last = 0.1,
                                .update_ratio = histories[row].update};
    }
    PlumbCase about = {
        .net = net, .data = data, .recipe = recipe, .epoch = epoch, .epochs = histories[row].epochs, .loss = NAN};
    char what[64];
    snprintf(what, sizeof what, "history %zu", row);
    assert_judged(&about, what, histories[row].rule, histories[row].fires);
    about.training = true;
    /* Before the end it may yet come, or settle. */
    bool at_the_end = !strcmp(histories[row].rule, "slow_convergence") || !strcmp(histories[row].rule, "overfit");
    assert_judged(&about, "the same while training", histories[row].rule, histories[row].fires && !at_the_end);
    for (int i = 0; plumb_rule_name(i); i++) {
        about.told |= (uint32_t)1 << i;
    }
    assert_judged(&about, "all was told before", histories[row].rule, false);
    plumb_data_free(data);
    plumb_net_free(net);
}

static void rules_of_the_loss_read_its_history(void **state) {
    for (size_t i = 0; i < sizeof histories / sizeof *histories; i++) {
        judge_history(*state, i);
    }
}

/* ---- data -------------------------------------------------------------------------------------------------------- */

static void scale_by_1000(PlumbData *data) {
    for (int64_t i = 0; i < 2 * data->train.rows; i++) {
        data->train.x[i] *= 1000;
    }
}
static void second_by_1e5(PlumbData *data) {
    for (int64_t i = 0; i < 2 * data->train.rows; i += 2) {
        data->train.x[i] *= (plumb_real)1e-5;
    }
}
static void one_nan(PlumbData *data) {
    data->train.x[3] = NAN;
}
static void one_class(PlumbData *data) {
    for (int64_t i = 0; i < data->train.rows; i++) {
        data->train.label[i] = 1;
    }
}
static void label_outside(PlumbData *data) {
    data->train.label[5] = 2;
}
static void all_alike(PlumbData *data) {
    for (int64_t i = 0; i < 2 * data->train.rows; i++) {
        data->train.x[i] = 1;
    }
}
static void one_alike(PlumbData *data) {
    for (int64_t i = 0; i < 2 * data->train.rows; i += 2) {
        data->train.x[i] = 1;
    }
}
static void nothing(PlumbData *data) {
    (void)data;
}

static void bad_data_is_found_before_training(void **state) {
    static const struct {
        const char *what, *net;
        void (*spoil)(PlumbData *data);
        bool fires;
    } rows[] = {
        {"as it is", "input(2) -> dense(2)", nothing, false},
        {"a thousand times as large", "input(2) -> dense(2)", scale_by_1000, true},
        {"a thousand times as large, and a norm reads it", "input(2) -> batchnorm -> dense(2)", scale_by_1000, false},
        {"one feature far smaller", "input(2) -> dense(2)", second_by_1e5, true},
        {"a NaN", "input(2) -> dense(2)", one_nan, true},
        {"one class", "input(2) -> dense(2)", one_class, true},
        {"a label outside", "input(2) -> dense(2)", label_outside, true},
        {"all features constant", "input(2) -> dense(2)", all_alike, true},
        {"one feature constant", "input(2) -> dense(2)", one_alike, false},
    };
    Kit *kit = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        PlumbNet *net = net_of(kit, rows[i].net);
        PlumbData *data = load(kit, DOTS);
        rows[i].spoil(data);
        PlumbCase about = {.net = net, .data = data, .recipe = call_of(kit, SLOW), .loss = NAN};
        assert_judged(&about, rows[i].what, "bad_data", rows[i].fires);
        plumb_data_free(data);
        plumb_net_free(net);
    }
}

/* ---- findings ---------------------------------------------------------------------------------------------------- */

static void a_finding_names_layers_cause_and_a_remedy_that_the_forecast_calls_healthy(void **state) {
    Kit *kit = *state;
    PlumbNet *net = deep(kit, "input(2)", "dense(64) -> sigmoid", 12, "dense(2)");
    PlumbForecast *forecast = plumb_forecast(net, NULL, NULL, &kit->error);
    PlumbCase about = {.net = net, .forecast = forecast, .loss = NAN};
    PlumbDiagnosis *diagnosis = diagnose(&about);
    const PlumbFinding *finding = find(diagnosis, "vanishing_gradient");
    assert_non_null(finding);
    assert_int_equal(finding->severity, PLUMB_SEVERE);
    assert_string_equal(plumb_net_node(net, finding->layer[0])->name, "dense1");
    assert_true(finding->layers < 12);
    assert_non_null(strstr(finding->cause, "sigmoid"));
    assert_non_null(strstr(finding->remedy, "relu"));
    assert_true(fabs(finding->promise) < 2);
    assert_int_equal(finding->follows, -1);
    plumb_diagnosis_free(diagnosis);
    plumb_forecast_free(forecast);
    plumb_net_free(net);
}

/* One layer that its biases shut, among good ones. */
static void a_gradient_lost_at_one_layer_is_told_of_that_layer(void **state) {
    Kit *kit = *state;
    PlumbNet *net = net_of(kit, "input(2) -> dense(24) -> tanh -> dense(24) -> tanh -> dense(24, "
                                "bias_init=constant(-25)) -> softplus -> dense(24) -> tanh -> dense(2)");
    PlumbForecast *forecast = plumb_forecast(net, NULL, NULL, &kit->error);
    PlumbCase about = {.net = net, .forecast = forecast, .loss = NAN};
    PlumbDiagnosis *diagnosis = diagnose(&about);
    const PlumbFinding *finding = find(diagnosis, "vanishing_gradient");
    assert_non_null(finding);
    assert_int_equal(finding->layers, 1);
    assert_string_equal(plumb_net_node(net, finding->layer[0])->name, "dense3");
    plumb_diagnosis_free(diagnosis);
    plumb_forecast_free(forecast);
    plumb_net_free(net);
}

static PlumbSeverity severity_of_saturation(Kit *kit, const char *text) {
    PlumbNet *net = net_of(kit, text);
    PlumbData *data = load(kit, ARMS);
    PlumbConfig config = {.threads = 1, .shards = 1, .seed = 1};
    PlumbProbe *probe = kit_alloc(kit, (size_t)plumb_net_size(net) * sizeof *probe);
    PlumbCase about = {.net = net, .data = data, .recipe = call_of(kit, SLOW), .probe = probe, .loss = NAN};
    assert_true(plumb_net_make(net, 1, &kit->error));
    assert_true(plumb_measure(net, data, about.recipe, &config, probe, &about.loss, &kit->error));
    PlumbDiagnosis *diagnosis = diagnose(&about);
    const PlumbFinding *finding = find(diagnosis, "saturated_activation");
    assert_non_null(finding);
    PlumbSeverity severity = finding->severity;
    plumb_diagnosis_free(diagnosis);
    plumb_data_free(data);
    plumb_net_free(net);
    return severity;
}

static void saturation_beside_a_link_is_mild_and_in_a_gate_is_not(void **state) {
    Kit *kit = *state;
#define FLAT "dense(8, init=normal(200)) -> tanh"
    assert_int_equal(severity_of_saturation(kit, "input(2) -> " FLAT " -> dense(2)"), PLUMB_SEVERE);
    assert_int_equal(severity_of_saturation(kit, "input(2) -> a: dense(8) -> " FLAT " -> add & a -> dense(2)"),
                     PLUMB_MILD);
    assert_int_equal(severity_of_saturation(kit, "input(2) -> a: dense(8) -> " FLAT " -> multiply & a -> dense(2)"),
                     PLUMB_SEVERE);
#undef FLAT
}

/* Two epochs of thirty, after which little or much of the schedule is left. */
static void a_schedule_that_dies_out_is_a_rate_too_low(void **state) {
    static const struct {
        const char *recipe;
        bool fires;
    } rows[] = {{"recipe(epochs=30, schedule=exponential(0.2))", true},
                {"recipe(epochs=30, schedule=exponential(0.95))", false},
                {"recipe(epochs=2, schedule=exponential(0.2))", false}}; /* it is over */
    Kit *kit = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        PlumbNet *net = net_of(kit, "input(2) -> dense(8) -> tanh -> dense(2)");
        PlumbData *data = load(kit, DOTS);
        PlumbEpoch epoch[2];
        for (int e = 0; e < 2; e++) {
            epoch[e] = (PlumbEpoch){
                .epoch = e + 1, .step = 100 * (e + 1), .loss = 0.68 - 0.05 * e, .metric = 0.5, .update_ratio = 1e-2};
        }
        PlumbCase about = {
            .net = net, .data = data, .recipe = call_of(kit, rows[i].recipe), .epoch = epoch, .epochs = 2, .loss = NAN};
        assert_judged(&about, rows[i].recipe, "learning_rate_too_low", rows[i].fires);
        plumb_data_free(data);
        plumb_net_free(net);
    }
}

static void what_follows_names_the_finding_it_comes_from(void **state) {
    Kit *kit = *state;
    PlumbNet *net = deep(kit, "input(2)", "dense(32, init=normal(1)) -> relu", 8, "dense(2)");
    PlumbForecast *forecast = plumb_forecast(net, NULL, NULL, &kit->error);
    PlumbCase about = {.net = net, .forecast = forecast, .loss = NAN};
    PlumbDiagnosis *diagnosis = diagnose(&about);
    assert_only_known_roots(diagnosis);
    const PlumbFinding *finding = find(diagnosis, "exploding_gradient");
    assert_non_null(finding);
    assert_true(finding->follows >= 0);
    assert_string_equal(plumb_rule_name(plumb_diagnosis_at(diagnosis, finding->follows)->rule), "poor_initialization");
    plumb_diagnosis_free(diagnosis);
    plumb_forecast_free(forecast);
    plumb_net_free(net);
}

static void the_loss_at_chance_is_that_of_the_best_constant(void **state) {
    static const struct {
        const char *data, *net, *recipe;
        double chance, within;
    } rows[] = {
        {"blobs(classes=3, samples=300)", "input(2) -> dense(3)", "recipe()", 1.0986, 1e-3},
        {"blobs(classes=2, samples=300)", "input(2) -> dense(1)", "recipe(loss=binary_cross_entropy)", 0.6931, 1e-3},
        {"adding(length=4, samples=4000)", "input(4, 2) -> flatten -> dense(1)", "recipe()", 1. / 6, 0.01},
    };
    Kit *kit = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        PlumbNet *net = net_of(kit, rows[i].net);
        PlumbData *data = load(kit, rows[i].data);
        double seen = plumb_loss_at_chance(net, data, call_of(kit, rows[i].recipe));
        if (!(fabs(seen - rows[i].chance) <= rows[i].within)) {
            fail_msg("%s: seen %.5f, expected %.5f", rows[i].data, seen, rows[i].chance);
        }
        plumb_data_free(data);
        plumb_net_free(net);
    }
}

/* ---- the curvature probe ------------------------------------------------------------------------------------------
 */

static const struct Probed {
    const char *what, *recipe, *rule, *remedy;
    double limit, ratio, loss, update; /* limit: the learning rate that the curvature stands; of the last epoch */
} probed[] = {
    {"beyond the limit", "recipe(epochs=4, optimizer=sgd(lr=2))", "learning_rate_too_high", "optimizer = sgd(lr=0.04)",
     0.2, 10, 30, 0.9},
    {"beyond it, rescaled", "recipe(epochs=4, optimizer=adam(lr=2))", "learning_rate_too_high",
     "optimizer = adam(lr=0.002)", 0.01, 200, 30, 0.9},
    {"adagrad's steps shrink", "recipe(epochs=4, optimizer=adagrad(lr=5))", "learning_rate_too_high",
     "optimizer = adagrad(lr=0.02)", 0.01, 500, 30, 0.9},
    {"far below it", "recipe(epochs=4, optimizer=sgd(lr=1e-5))", "learning_rate_too_low", "optimizer = sgd(lr=0.04)",
     0.2, 5e-5, 0.69, 1e-6},
    {"not below it, clipped", "recipe(epochs=4, optimizer=sgd(lr=0.02), clip=by_value(1e-6))", "learning_rate_too_low",
     "clip = none", 0.2, 0.1, 0.69, 1e-6},
    {"not below it, by a schedule", "recipe(epochs=4, optimizer=sgd(lr=0.02), schedule=cosine(warmup=100000))",
     "learning_rate_too_low", "schedule = none", 0.2, 0.1, 0.69, 1e-6},
};

/* Two classes; the loss is as at chance, or thrown far above it. */
static void rates_follow_from_what_the_curvature_stands(void **state) {
    for (size_t i = 0; i < sizeof probed / sizeof *probed; i++) {
        PlumbNet *net = net_of(*state, "input(2) -> dense(8) -> tanh -> dense(2)");
        PlumbData *data = load(*state, DOTS);
        PlumbCurvature curvature = {.along = 1, .sharpness = 1, .limit = probed[i].limit, .ratio = probed[i].ratio};
        PlumbEpoch epoch[4];
        for (int e = 0; e < 4; e++) {
            epoch[e] = (PlumbEpoch){.epoch = e + 1,
                                    .step = 60 * (e + 1),
                                    .loss = probed[i].loss,
                                    .metric = 0.5,
                                    .test_loss = NAN,
                                    .test_metric = NAN,
                                    .update_ratio = probed[i].update};
        }
        PlumbCase about = {.net = net,
                           .data = data,
                           .recipe = call_of(*state, probed[i].recipe),
                           .epoch = epoch,
                           .epochs = 4,
                           .loss = NAN,
                           .curvature = &curvature};
        PlumbDiagnosis *diagnosis = diagnose(&about);
        const PlumbFinding *finding = find(diagnosis, probed[i].rule);
        if (!finding || strcmp(finding->remedy, probed[i].remedy) != 0 || !strstr(finding->evidence, "curvature")) {
            fail_msg("%s: %s, %s; expected %s", probed[i].what, finding ? finding->remedy : "no finding",
                     finding ? finding->evidence : "", probed[i].remedy);
        }
        plumb_diagnosis_free(diagnosis);
        plumb_data_free(data);
        plumb_net_free(net);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(rates_follow_from_what_the_curvature_stands),
        kit_test(rules_fire_on_sick_nets_and_not_on_the_nearest_healthy_ones),
        kit_test(rules_of_the_loss_read_its_history),
        kit_test(bad_data_is_found_before_training),
        kit_test(a_finding_names_layers_cause_and_a_remedy_that_the_forecast_calls_healthy),
        kit_test(a_gradient_lost_at_one_layer_is_told_of_that_layer),
        kit_test(saturation_beside_a_link_is_mild_and_in_a_gate_is_not),
        kit_test(a_schedule_that_dies_out_is_a_rate_too_low),
        kit_test(what_follows_names_the_finding_it_comes_from),
        kit_test(the_loss_at_chance_is_that_of_the_best_constant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
