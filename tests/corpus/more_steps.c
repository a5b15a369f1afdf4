/* More families that rules are tuned on: steps, trouble that is not the gradient's, and nets that only look broken. */
#include "cases.h"

static const Task circles = {"circles(samples=400, noise=0.08, factor=0.5, test=0.25)", "2", 2, 0.85},
                  xor =
                      {
                          "xor(samples=400, noise=0.3, test=0.25)", "2", 2, 0.9},
                  parity = {"parity(5, samples=320, test=0.25)", "5", 2, 0.9},
                  wave = {"sine(samples=400, noise=0.1, periods=2, test=0.25)", "1", 1, 0.8},
                  wine = {WINE(", scale=standard"), "13", 3, 0.85}, iris = {IRIS(", scale=standard"), "4", 3, 0.85},
                  digits = {DIGITS("scale=16"), "64", 10, 0.7},
                  sunspots = {SUNSPOTS("window=12, scale=standard"), "12", 1, 0.4};

#define ADAMW "epochs = 30; optimizer = adamw(lr=0.005)"

/* ---- F: steps ---------------------------------------------------------------------------------------------------- */

static void other_optimizers(Corpus *corpus, int family) {
    static const char *const optimizers[] = {"lion(lr=0.002)",
                                             "lion(lr=1)",
                                             "adamw(lr=0.01)",
                                             "adamw(lr=2)",
                                             "sgd(lr=0.05, momentum=0.9, nesterov=true)",
                                             "sgd(lr=4, momentum=0.9, nesterov=true)",
                                             "adagrad(lr=0.1)",
                                             "adagrad(lr=20)",
                                             "rmsprop(lr=0.003)",
                                             "rmsprop(lr=3)"};
    for (size_t o = 0; o < COUNT(optimizers); o++) {
        for (size_t i = o % 2 ? 0 : o / 2 % 2; i <= (o % 2 ? 1 : o / 2 % 2); i++) {
            const Step step = {text_of(corpus, "optimizer = %s", optimizers[o]), i ? "gelu" : "leaky_relu(0.1)",
                               i ? 2 : 4, i ? &digits : &circles};
            add_step(corpus, family, &step, 20, ADAMW,
                     BIT(LEARNING_RATE_TOO_HIGH) | BIT(DIVERGING) | BIT(DEAD_UNITS) | BIT(SATURATED_ACTIVATION));
        }
    }
}

/* Broken ones and healthy ones in turn. */
static void small_and_clipped(Corpus *corpus, int family) {
    static const char *const settings[] = {"optimizer = lion(lr=1e-6)",
                                           "optimizer = lion(lr=0.001)",
                                           "optimizer = adagrad(lr=1e-5)",
                                           "optimizer = adagrad(lr=0.05)",
                                           "optimizer = rmsprop(lr=1e-6)",
                                           "optimizer = rmsprop(lr=0.001)",
                                           "optimizer = sgd(lr=0.1, momentum=0.9); clip = by_value(1e-6)",
                                           "optimizer = sgd(lr=0.1, momentum=0.9); clip = by_value(0.5)",
                                           "optimizer = sgd(lr=0.1, momentum=0.9); clip = by_layer(1e-5)",
                                           "optimizer = sgd(lr=0.1, momentum=0.9); clip = by_layer(0.3)",
                                           "optimizer = sgd(lr=0.1, momentum=0.9); clip = adaptive(0.00001)",
                                           "optimizer = sgd(lr=0.1, momentum=0.9); clip = adaptive(0.05)",
                                           "optimizer = sgd(lr=0.1, momentum=0.9); schedule = cosine(warmup=1000000)",
                                           "optimizer = sgd(lr=0.1, momentum=0.9); schedule = cosine(warmup=20)"};
    static const Task *const tasks[] = {&wine, &iris, &digits};
    static const char *const acts[] = {"silu", "prelu", "tanh"};
    for (size_t s = 0; s < COUNT(settings); s++) {
        const Step step = {settings[s], acts[s % COUNT(acts)], 2, tasks[(s / 2 + s) % COUNT(tasks)]};
        add_step(corpus, family, &step, 20, ADAMW,
                 BIT(LEARNING_RATE_TOO_LOW) | BIT(CLIP_TOO_TIGHT) | BIT(STAGNANT_UPDATE));
    }
}

/* ---- G: broken, but not by the gradient -------------------------------------------------------------------------- */

static void bad_data(Corpus *corpus, int family) {
    static const Task no_squares = {"xor(samples=400, noise=8, test=0.25)", "2", 2, 0},
                      no_circles = {"circles(samples=400, noise=5, factor=0.5, test=0.25)", "2", 2, 0},
                      noise = {"sine(samples=400, noise=30, periods=2, test=0.25)", "1", 1, 0},
                      fast = {"sine(samples=400, noise=0.1, periods=400, test=0.25)", "1", 1, 0},
                      many_bits = {"parity(16, samples=320, test=0.25)", "16", 2, 0},
                      edge = {DIGITS("scale=16, features=[0, 8, 16, 24, 31, 32, 39, 40]"), "8", 10, 0},
                      middle = {DIGITS("scale=16, features=[10, 19, 21, 26, 36, 42, 44, 60]"), "8", 10, 0.5},
                      wine_raw = {WINE(""), "13", 3, 0}, iris_small = {IRIS(", scale=100000"), "4", 3, 0},
                      iris_raw = {IRIS(""), "4", 3, 0}, iris_range = {IRIS(", scale=minmax"), "4", 3, 0},
                      wine_range = {WINE(", scale=minmax"), "13", 3, 0},
                      digits_twice = {DIGITS("scale=8"), "64", 10, 0},
                      blurred = {"circles(samples=400, noise=0.12, factor=0.5, test=0.25)", "2", 2, 0},
                      rough = {"sine(samples=400, noise=0.2, periods=2, test=0.25)", "1", 1, 0},
                      digits_small = {DIGITS("scale=100000"), "64", 10, 0},
                      digits_large = {DIGITS("scale=0.0001"), "64", 10, 0},
                      digits_raw = {DIGITS("scale=1"), "64", 10, 0},
                      sunspots_raw = {SUNSPOTS("window=12, scale=1"), "12", 1, 0};
    static const struct {
        const char *what, *act;
        const Task *wrong, *right;
        uint32_t causes; /* none: any alarm is false */
    } kinds[] = {{"squares of chance", "gelu", &no_squares, &xor, 0},
                 {"circles of chance", "tanh", &no_circles, &circles, 0},
                 {"a wave under noise", "tanh", &noise, &wave, 0},
                 {"a wave too fast", "tanh", &fast, &wave, 0},
                 {"parity of too many bits", "gelu", &many_bits, &parity, 0},
                 {"digits by their edge", "leaky_relu(0.1)", &edge, &middle, BIT(BAD_DATA)},
                 {"wine as it comes", "relu", &wine_raw, &wine, BIT(BAD_DATA)},
                 {"wine as it comes", "tanh", &wine_raw, &wine, BIT(BAD_DATA)},
                 {"iris divided", "elu", &iris_small, &iris, BIT(BAD_DATA)},
                 {"iris as it comes", "tanh", &iris_raw, &iris, 0},
                 {"iris by range", "elu", &iris_range, &iris, 0},
                 {"wine by range", "relu", &wine_range, &wine, 0},
                 {"circles less sharp", "tanh", &blurred, &circles, 0},
                 {"a wave less sharp", "tanh", &rough, &wave, 0},
                 {"digits twice as large", "tanh", &digits_twice, &digits, 0},
                 {"digits divided", "tanh", &digits_small, &digits, BIT(BAD_DATA)},
                 {"digits multiplied", "relu", &digits_large, &digits, BIT(BAD_DATA)},
                 {"digits as they come", "silu", &digits_raw, &digits, BIT(BAD_DATA)},
                 {"sunspots as they come", "tanh", &sunspots_raw, &sunspots, BIT(BAD_DATA)}};
    for (size_t k = 0; k < COUNT(kinds); k++) {
        add_pair(corpus, family,
                 (Pair){.name = text_of(corpus, "%s, %s", kinds[k].what, kinds[k].act),
                        .task = kinds[k].wrong,
                        .body = layers_alike(corpus, 2, 20, kinds[k].act),
                        .settings = "epochs = 40; optimizer = sgd(lr=0.05, momentum=0.9)",
                        .twin_task = kinds[k].right,
                        .trouble = BY_OTHER,
                        .causes = kinds[k].causes,
                        .layer = LAYER_NONE});
    }
}

static void add_ends(Corpus *corpus, int family) {
    static const struct {
        const char *end;
        const Task *task;
    } ends[] = {{"relu", &wave},       {"sigmoid", &wave},        {"softplus", &wave},
                {"softsign", &digits}, {"hard_sigmoid", &digits}, {"log_softmax", &digits}};
    for (size_t e = 0; e < COUNT(ends); e++) {
        add_pair(corpus, family,
                 (Pair){.name = text_of(corpus, "%s behind the last layer", ends[e].end),
                        .task = ends[e].task,
                        .body = layers_alike(corpus, 2, 20, "gelu"),
                        .end = ends[e].end,
                        .settings = ADAMW,
                        .trouble = BY_OTHER,
                        .causes = BIT(WRONG_OUTPUT),
                        .layer = LAYER_NONE});
    }
}

static void bad_choices(Corpus *corpus, int family) {
    static const Lookalike kinds[] = {
        {"one epoch", &digits, "repeat(2) { dense(20) -> gelu }", "epochs = 1; optimizer = adamw(lr=0.001)"},
        {"two epochs", &circles, "repeat(4) { dense(20) -> elu }", "epochs = 2; optimizer = adamw(lr=0.0005)"},
        {"twelve epochs", &wine, "repeat(3) { dense(20) -> silu }", "epochs = 12; optimizer = adamw(lr=0.005)"},
        {"one unit", &circles, "dense(1) -> tanh", ADAMW},
        {"four units", &circles, "dense(4) -> tanh", "epochs = 60; optimizer = adamw(lr=0.02)"},
        {"one unit between", &digits, "dense(20) -> gelu -> dense(1) -> dense(20) -> gelu", ADAMW},
        {"no activation", &xor, "repeat(3) { dense(20) }", ADAMW},
        {"dropout of nearly all", &digits, "repeat(2) { dense(20) -> gelu -> dropout(0.95) }", ADAMW},
        {"dropout of a third", &digits, "repeat(2) { dense(20) -> gelu -> dropout(0.33) }", ADAMW},
        {"noise over all", &circles, "noise(20) -> repeat(2) { dense(20) -> gelu }", ADAMW},
        {"noise", &wine, "noise(0.5) -> repeat(2) { dense(20) -> gelu }", ADAMW}};
    for (size_t k = 0; k < COUNT(kinds); k++) {
        add_pair(corpus, family,
                 (Pair){.name = kinds[k].what,
                        .task = kinds[k].task,
                        .body = kinds[k].body,
                        .twin_body = layers_alike(corpus, 2, 20, "gelu"),
                        .settings = kinds[k].settings,
                        .twin_settings = ADAMW,
                        .trouble = BY_OTHER,
                        .layer = LAYER_NONE});
    }
    add_ends(corpus, family);
}

/* ---- H: healthy, and looks ill ----------------------------------------------------------------------------------- */

static void solved_and_slow(Corpus *corpus, int family) {
    static const Lookalike list[] = {
        {"solved", &wine, "repeat(2) { dense(32) -> gelu }", "epochs = 80; optimizer = adamw(lr=0.01)"},
        {"solved", &wine, "repeat(6) { dense(20) -> leaky_relu(0.1) }", "epochs = 80; optimizer = rmsprop(lr=0.003)"},

        {"solved", &xor, "repeat(3) { dense(20) -> mish }", "epochs = 80; optimizer = lion(lr=0.001)"},
        {"solved", &circles, "repeat(5) { dense(20) -> prelu }", "epochs = 80; optimizer = adamw(lr=0.01)"},
        {"solved", &digits, "repeat(3) { dense(48) -> silu }", "epochs = 60; optimizer = adamw(lr=0.005)"},
        {"solved, squares", &wave, "repeat(3) { dense(24) -> tanh }", "epochs = 80; optimizer = adamw(lr=0.01)"},
        {"slow", &wine, "repeat(2) { dense(20) -> elu }", "epochs = 60; optimizer = adamw(lr=0.0005)"},
        {"slow", &digits, "repeat(2) { dense(32) -> gelu }", "epochs = 40; optimizer = adamw(lr=0.0005)"},
        {"slow", &iris, "dense(32) -> tanh", "epochs = 60; optimizer = sgd(lr=0.01)"},

        {"slow, squares", &sunspots, "dense(24) -> softplus", "epochs = 60; optimizer = sgd(lr=0.003, momentum=0.9)"}};
    add_lookalikes(corpus, family, list, COUNT(list));
}

static void sparse_and_deep(Corpus *corpus, int family) {
    static const Lookalike list[] = {
        {"sparse", &digits, "dense(64, bias_init=constant(-0.4)) -> relu", "epochs = 30; optimizer = adamw(lr=0.003)"},
        {"sparse", &digits, "dense(96) -> relu6 -> dropout(0.5) -> dense(32) -> relu6", ADAMW},
        {"small, rescued", &circles, "repeat(3) { dense(20, init=normal(std=0.1)) -> gelu }", ADAMW},
        {"small, rescued", &wine, "repeat(4) { dense(20, init=xavier(gain=0.4)) -> tanh }", ADAMW},
        {"small, rescued", &xor, "repeat(3) { dense(20, init=uniform(0.15)) -> relu }",
         "epochs = 40; optimizer = rmsprop(lr=0.003)"},
        {"saturated in part", &digits, "dense(32, init=normal(std=0.5)) -> hard_tanh", ADAMW},
        {"heavy dropout", &wine, "repeat(2) { dense(48) -> elu -> dropout(0.6) }",
         "epochs = 40; optimizer = adamw(lr=0.01)"},
        {"deep and linked", &digits,
         "dense(20) -> repeat(30) { residual(scale=0.2) { layernorm -> dense(20) -> gelu } }",
         "epochs = 20; optimizer = adamw(lr=0.003)"},
        {"deep and linked", &circles, "dense(20) -> repeat(40) { residual(scale=learned(0)) { dense(20) -> elu } }",
         ADAMW},
        {"deep, isometric", &wine, "repeat(12) { dense(20, init=orthogonal) -> hard_tanh }", ADAMW},
        {"scaled by data", &digits, "repeat(8) { dense(24, init=lsuv) -> tanh }", ADAMW},
        {"clipped at every step", &digits, "repeat(2) { dense(32) -> gelu }",
         "epochs = 30; optimizer = adamw(lr=0.005); clip = by_norm(0.05)"},
        {"gated", &wave, "repeat(2) { dense(32) -> glu }", "epochs = 60; optimizer = adamw(lr=0.01)"}};
    add_lookalikes(corpus, family, list, COUNT(list));
}

const Family more_step_families[MORE_STEP_FAMILIES] = {
    {'F', "other optimizers", other_optimizers},      {'F', "small steps, clips, schedules", small_and_clipped},
    {'G', "data of chance, off the scale", bad_data}, {'G', "few epochs, narrow, wrong ends", bad_choices},
    {'H', "solved, slow", solved_and_slow},           {'H', "sparse, rescued, deep", sparse_and_deep},
};
