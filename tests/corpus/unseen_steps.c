/* Families that were held out until rules were tuned on them too: steps, trouble that is not the gradient's, and nets
 * that only look broken. */
#include "cases.h"

static const Task pair = {"spirals(classes=2, samples=450, turns=0.6, noise=0.03, test=0.2)", "2", 2, 0.8},
                  clouds = {"blobs(classes=6, features=12, spread=6, samples=480, test=0.25, scale=standard)", "12", 6,
                            0.75},
                  ripple = {"sine(samples=500, noise=0.05, periods=1.5, test=0.2)", "1", 1, 0.8},
                  petal = {IRIS_WIDTH(", scale=standard"), "3", 1, 0.8},
                  wine = {WINE(", scale=standard"), "13", 3, 0.85}, pixels = {DIGITS("scale=minmax"), "64", 10, 0.75},
                  tides = {SUNSPOTS("window=24, scale=standard"), "24", 1, 0.2};

#define ADAM "epochs = 30; batch = 32; optimizer = adam(lr=0.005)"
#define LONG "epochs = 100; batch = 16; optimizer = adam(lr=0.02)"

static const char *plain(Corpus *corpus, int depth, const char *act) {
    return text_of(corpus, "repeat(%d) { dense(28) -> %s }", depth, act);
}

/* ---- F: steps ---------------------------------------------------------------------------------------------------- */

typedef struct Step {
    const char *settings, *act;
    int depth;
    const Task *task;
} Step;

static void add_steps(Corpus *corpus, int family, const Step *steps, int count, uint32_t causes) {
    for (int s = 0; s < count; s++) {
        add_pair(corpus, family,
                 (Pair){.name = text_of(corpus, "%d %s, %s", steps[s].depth, steps[s].act, steps[s].settings),
                        .task = steps[s].task,
                        .body = plain(corpus, steps[s].depth, steps[s].act),
                        .settings = text_of(corpus, "epochs = 30; %s", steps[s].settings),
                        .twin_settings = ADAM,
                        .trouble = BY_STEPS,
                        .causes = causes,
                        .layer = LAYER_NONE});
    }
}

static void batches_and_rates(Corpus *corpus, int family) {
    static const Step steps[] = {
        {"batch = 8; optimizer = sgd(lr=0.01, momentum=0.9)", "silu", 3, &clouds},
        {"batch = 8; optimizer = sgd(lr=1, momentum=0.95)", "silu", 3, &clouds},
        {"batch = 128; optimizer = sgd(lr=0.3, momentum=0.9)", "elu", 2, &pixels},
        {"batch = 16; accumulate = 2; optimizer = adam(lr=0.3)", "mish", 3, &pixels},
        {"batch = 16; accumulate = 2; optimizer = adam(lr=0.003)", "mish", 3, &pixels},
        {"batch = 16; optimizer = adagrad(lr=5)", "tanh", 4, &pair},
        {"batch = 16; optimizer = adam(lr=1, beta1=0.5)", "selu", 3, &ripple},
        {"batch = 16; optimizer = adam(lr=0.01, beta1=0.5)", "selu", 3, &ripple},
        {"batch = 16; optimizer = adam(lr=0.3); schedule = onecycle", "relu", 4, &clouds},
        {"batch = 16; optimizer = sgd(lr=0.1, momentum=0.9); schedule = onecycle", "relu", 2, &clouds},
        {"batch = 16; optimizer = sgd(lr=0.1); loss = hinge", "tanh", 3, &pixels},
        {"batch = 16; optimizer = sgd(lr=0.2, momentum=0.9); clip = by_norm(1)", "relu", 3, &pair},
        {"batch = 16; optimizer = sgd(lr=5, momentum=0.9); clip = by_norm(1)", "relu", 4, &pair},
        {"batch = 16; optimizer = rmsprop(lr=0.2); schedule = linear_decay(warmup=30)", "gelu", 4, &pixels}};
    add_steps(corpus, family, steps, COUNT(steps),
              BIT(LEARNING_RATE_TOO_HIGH) | BIT(DIVERGING) | BIT(DEAD_UNITS) | BIT(SATURATED_ACTIVATION));
}

static void starved(Corpus *corpus, int family) {
    static const Step steps[] = {
        {"batch = 16; optimizer = lars(lr=0.001)", "relu", 3, &pixels},
        {"batch = 16; optimizer = lars(lr=3)", "relu", 3, &pixels},
        {"batch = 16; optimizer = sgd(lr=0.02, momentum=0.9); schedule = step_decay(1, factor=0.1)", "elu", 3, &pair},
        {"batch = 16; optimizer = sgd(lr=0.05, momentum=0.9); schedule = step_decay(12, factor=0.3)", "elu", 3,
         &pixels},
        {"batch = 32; optimizer = adam(lr=0.003); schedule = exponential(0.2)", "tanh", 3, &pixels},
        {"batch = 240; optimizer = adam(lr=0.00005)", "silu", 2, &clouds},
        {"batch = 240; optimizer = adam(lr=0.02)", "silu", 2, &clouds},
        {"batch = 32; optimizer = sgd(lr=0.0001, momentum=0.9)", "gelu", 3, &wine},
        {"batch = 32; optimizer = sgd(lr=0.05); clip = by_norm(0.001)", "relu", 3, &petal},
        {"batch = 32; optimizer = sgd(lr=0.05, momentum=0.9); clip = by_norm(0.5)", "relu", 3, &petal},
        {"batch = 32; optimizer = sgd(lr=0.05); clip = by_value(0.00003)", "softsign", 2, &clouds},
        {"batch = 32; optimizer = sgd(lr=0.05, momentum=0.9); schedule = plateau(8)", "softsign", 2, &wine},
        {"batch = 32; optimizer = adagrad(lr=0.0001)", "tanh", 3, &pair}};
    add_steps(corpus, family, steps, COUNT(steps),
              BIT(LEARNING_RATE_TOO_LOW) | BIT(CLIP_TOO_TIGHT) | BIT(STAGNANT_UPDATE));
}

/* ---- G: broken, but not by the gradient -------------------------------------------------------------------------- */

typedef struct Choice {
    const char *what;
    const Task *task, *right;          /* right: NULL: as task */
    const char *body, *end, *settings; /* end: behind the last layer; settings: NULL: ADAM */
    uint32_t causes;                   /* none: any alarm is false */
} Choice;

static void add_choices(Corpus *corpus, int family, const Choice *choices, int count) {
    for (int c = 0; c < count; c++) {
        const Choice *choice = &choices[c];
        const Task *task = choice->task, *right = choice->right ? choice->right : task;
        const char *end = choice->end ? choice->end : "identity";
        add_case(corpus,
                 (Case){.family = family,
                        .name = text_of(corpus, "%s: %s", choice->what, choice->body),
                        .own = {text_of(corpus, "net n {\n    input(%s)\n    %s\n    dense(%d) -> %s\n}", task->input,
                                        choice->body, task->outputs, end),
                                task->data, choice->settings ? choice->settings : ADAM},
                        .twin = {net_of_body(corpus, right, "repeat(2) { dense(28) -> elu }"), right->data, ADAM},
                        .trouble = BY_OTHER,
                        .causes = choice->causes,
                        .layer = LAYER_NONE,
                        .target = right->target});
    }
}

static void other_troubles(Corpus *corpus, int family) {
    static const Task three_pixels = {DIGITS("scale=16, features=[1, 20, 62]"), "3", 10, 0},
                      fog = {"blobs(classes=6, features=12, spread=400, samples=480, test=0.25, scale=standard)", "12",
                             6, 0},
                      far = {SUNSPOTS("window=24, horizon=9, scale=standard"), "24", 1, 0},
                      near = {SUNSPOTS("window=24, horizon=2, scale=standard"), "24", 1, 0},
                      huge = {"blobs(classes=6, features=12, spread=6, samples=480, test=0.25, scale=0.0001)", "12", 6,
                              0},
                      tiny = {DIGITS("scale=1000000"), "64", 10, 0},
                      petal_large = {IRIS_WIDTH(", scale=0.0001"), "3", 1, 0};
    static const Choice choices[] = {
        {"digits by three pixels", &three_pixels, &pixels, "repeat(2) { dense(28) -> silu }", NULL, NULL, 0},
        {"clouds of chance", &fog, &clouds, "repeat(3) { dense(28) -> relu }", NULL, NULL, 0},
        {"sunspots in nine years", &far, &tides, "repeat(2) { dense(28) -> elu }", NULL, LONG, 0},
        {"sunspots in two years", &near, &tides, "dense(28) -> tanh", NULL, LONG, 0},
        {"clouds multiplied", &huge, &clouds, "repeat(2) { dense(28) -> tanh }", NULL, NULL, BIT(BAD_DATA)},
        {"digits by a millionth", &tiny, &pixels, "repeat(2) { dense(28) -> relu }", NULL, NULL, BIT(BAD_DATA)},
        {"petals multiplied", &petal_large, &petal, "repeat(2) { dense(28) -> tanh }", NULL, NULL, BIT(BAD_DATA)},
        {"relu6 behind numbers below zero", &ripple, NULL, "repeat(2) { dense(28) -> tanh }", "relu6", NULL,
         BIT(WRONG_OUTPUT)},
        {"softmax behind one number", &petal, NULL, "repeat(2) { dense(28) -> elu }", "softmax", NULL,
         BIT(WRONG_OUTPUT)},
        {"tanh behind a wave", &ripple, NULL, "repeat(2) { dense(28) -> elu }", "tanh", NULL, BIT(WRONG_OUTPUT)},
        {"hard_tanh behind classes", &clouds, NULL, "repeat(2) { dense(28) -> elu }", "hard_tanh", NULL,
         BIT(WRONG_OUTPUT)},
        {"two units", &pixels, NULL, "dense(2) -> relu", NULL, NULL, 0},
        {"no activation", &ripple, NULL, "repeat(2) { dense(28) }", NULL, NULL, 0},
        {"dropout of most", &clouds, NULL, "repeat(3) { dense(28) -> relu -> dropout(0.9) }", NULL, NULL, 0},
        {"dropout of a quarter", &clouds, NULL, "dense(28) -> relu -> dropout(0.25)", NULL, NULL, 0},
        {"one epoch", &pair, NULL, "repeat(2) { dense(28) -> elu }", NULL,
         "epochs = 1; batch = 32; optimizer = adam(lr=0.003)", 0},
        {"ten epochs", &pixels, NULL, "repeat(2) { dense(28) -> elu }", NULL,
         "epochs = 10; batch = 32; optimizer = adam(lr=0.005)", 0}};
    add_choices(corpus, family, choices, COUNT(choices));
}

/* ---- H: healthy, and looks ill ----------------------------------------------------------------------------------- */

static void odd_but_healthy(Corpus *corpus, int family) {
    static const struct {
        const char *what;
        const Task *task;
        const char *body, *settings;
    } list[] = {
        {"a line would do", &petal, "repeat(3) { dense(28) -> tanh }", "epochs = 60; optimizer = adam(lr=0.01)"},
        {"solved, decayed", &wine, "repeat(3) { dense(28) -> relu }",
         "epochs = 80; optimizer = adamw(lr=0.005, decay=0.1)"},
        {"zeros first", &clouds, "dense(28, init=zeros) -> tanh", ADAM},
        {"zeros last", &wine, "dense(28) -> relu -> dense(28, init=zeros)", ADAM},
        {"one sigmoid layer", &pixels, "dense(40) -> sigmoid", ADAM},
        {"two sigmoid layers", &clouds, "repeat(2) { dense(28) -> sigmoid }", ADAM},
        {"trained long", &pixels, "repeat(2) { dense(64) -> elu }", "epochs = 60; optimizer = adam(lr=0.003)"},
        {"pooled", &pixels, "reshape(1, 8, 8) -> conv(12, 3) -> relu -> maxpool(2) -> conv(12, 3) -> relu -> flatten",
         "epochs = 15; batch = 16; optimizer = adam(lr=0.005)"},
        {"a gate mostly shut", &pair, "dense(28) -> repeat(8) { highway(bias=-4) { dense(28) -> relu } }",
         "epochs = 60; batch = 16; optimizer = adam(lr=0.01)"},
        {"deep, scaled by data", &clouds, "repeat(10) { dense(28, init=lsuv) -> elu }", ADAM},
        {"deep, selu", &wine, "repeat(14) { dense(28, init=lecun) -> selu }", ADAM},
        {"stochastic depth", &pixels, "dense(28) -> repeat(12) { residual(scale=0.3, drop=0.2) { dense(28) -> relu } }",
         ADAM},
        {"clipped and warmed up", &pixels, "repeat(3) { dense(28) -> gelu }",
         "epochs = 30; batch = 32; optimizer = adam(lr=0.01); clip = by_norm(0.1); schedule = cosine(warmup=60)"}};
    for (size_t i = 0; i < COUNT(list); i++) {
        add_pair(corpus, family,
                 (Pair){.name = text_of(corpus, "%s: %s", list[i].what, list[i].body),
                        .task = list[i].task,
                        .body = list[i].body,
                        .settings = list[i].settings,
                        .trouble = BY_NOTHING,
                        .layer = LAYER_NONE});
    }
}

const Family unseen_step_families[UNSEEN_STEP_FAMILIES] = {
    {'F', "batches and rates", batches_and_rates},
    {'F', "starved of steps", starved},
    {'G', "other data, outputs, sizes", other_troubles},
    {'H', "odd and healthy", odd_but_healthy},
};
