/* Families that no rule was tuned on, of nets as courses, tutorials and questions in forums have them: residual links,
 * transformers, recurrent nets. */
#include "cases.h"

static const Task images = {MANY_DIGITS("scale=16"), "1, 8, 8", 10, 0.8},
                  rows = {MANY_DIGITS("scale=16"), "64", 10, 0.8},
                  moons = {"moons(samples=500, noise=0.15, test=0.2)", "2", 2, 0.92},
                  letters = {SAWYER("length=24, limit=160"), "24", 64, 0.25};

/* ---- D: residual links ------------------------------------------------------------------------------------------- */

#define IMAGES_SGD "epochs = 10; batch = 16; optimizer = sgd(lr=0.005, momentum=0.9)"
#define IMAGES_ADAM "epochs = 10; batch = 16; optimizer = adam"
#define MOMENTUM "epochs = 30; batch = 16; optimizer = sgd(lr=0.02, momentum=0.9)"
#define ADAM "epochs = 30; batch = 16; optimizer = adam"
#define BASIC_BLOCK "residual { conv(8, 3) -> batchnorm -> relu -> conv(8, 3) -> batchnorm } -> relu"

static void residual_or_plain(Corpus *corpus, int family) {
    static const Usual list[] = {
        {&images, "conv(8, 3) -> batchnorm -> relu -> repeat(4) { " BASIC_BLOCK " } -> globalavgpool", IMAGES_SGD, NULL,
         NULL, 0},
        {&images, "conv(8, 3) -> batchnorm -> relu -> repeat(6) { " BASIC_BLOCK " } -> flatten", IMAGES_SGD, NULL, NULL,
         0},
        {&images, "conv(8, 3) -> relu -> repeat(20) { conv(8, 3) -> relu } -> flatten",
         "epochs = 10; batch = 16; optimizer = sgd(lr=0.003)",
         "conv(8, 3) -> relu -> repeat(4) { " BASIC_BLOCK " } -> flatten", IMAGES_SGD,
         BIT(VANISHING_GRADIENT) | BIT(POOR_INITIALIZATION)},
        {&images,
         "conv(8, 3) -> relu -> repeat(4) { residual { conv(8, 3) -> relu -> conv(8, 3) } -> relu } -> flatten",
         IMAGES_ADAM, NULL, NULL, GROWTH},
        {&rows, "dense(48) -> repeat(24) { residual { dense(48) -> relu } }", MOMENTUM,
         "dense(48) -> repeat(24) { residual(scale=0.2) { dense(48) -> relu } }", MOMENTUM, GROWTH},
        {&rows, "dense(48) -> repeat(24) { residual { batchnorm -> relu -> dense(48) } }", MOMENTUM, NULL, NULL, 0},
        {&moons, "dense(32) -> repeat(40) { dense(32) -> tanh }", MOMENTUM,
         "dense(32) -> repeat(40) { residual(scale=0.2) { dense(32) -> tanh } }", MOMENTUM, BIT(VANISHING_GRADIENT)},
        {&moons, "dense(32) -> repeat(10) { residual { dense(32) -> tanh } }", MOMENTUM, NULL, NULL, 0},
        {&rows, "dense(48) -> repeat(12) { residual { dense(48) -> sigmoid } }", ADAM, NULL, NULL,
         GROWTH | BIT(VANISHING_GRADIENT)},
        {&rows, "dense(48) -> repeat(12) { residual { dense(48) -> relu } -> sigmoid }", MOMENTUM,
         "dense(48) -> repeat(12) { residual(scale=0.3) { dense(48) -> relu } }", MOMENTUM, BIT(VANISHING_GRADIENT)}};
    static const Usual fast[] = {
        {&images,
         "conv(8, 3) -> relu -> repeat(8) { residual { conv(8, 3) -> relu -> conv(8, 3) } -> relu } -> flatten",
         "epochs = 10; batch = 16; optimizer = sgd(lr=0.05, momentum=0.9)", NULL, IMAGES_SGD,
         GROWTH | BIT(DIVERGING) | BIT(DEAD_UNITS)}};
    add_usual(corpus, family, list, COUNT(list), BY_WEIGHTS);
    add_usual(corpus, family, fast, COUNT(fast), BY_STEPS);
}

/* ---- D: transformers --------------------------------------------------------------------------------------------- */

#define SLOW (BIT(LEARNING_RATE_TOO_LOW) | BIT(STAGNANT_UPDATE))
#define FEED "dense(64) -> relu -> dense(16)"
#define NORM_BEHIND "residual { attention(2) } -> layernorm -> residual { " FEED " } -> layernorm"
#define NORM_BEFORE "residual { layernorm -> attention(2) } -> residual { layernorm -> " FEED " }"
#define NO_NORM "residual { attention(2) } -> residual { " FEED " }"
#define NO_LINK "layernorm -> attention(2) -> layernorm -> " FEED

static void transformers(Corpus *corpus, int family) {
    static const struct {
        const char *what, *block, *recipe;
        int layers;
        Trouble trouble;
        uint32_t causes;
    } kinds[] = {
        {"norm behind", NORM_BEHIND, "optimizer = adam", 1, BY_WEIGHTS, 0},
        {"norm behind", NORM_BEHIND, "optimizer = adam", 6, BY_WEIGHTS, BIT(VANISHING_GRADIENT)},
        {"norm behind, no warm-up", NORM_BEHIND, "optimizer = adam(lr=0.01)", 6, BY_STEPS,
         BIT(VANISHING_GRADIENT) | BIT(LEARNING_RATE_TOO_HIGH)},
        {"norm behind, warm-up", NORM_BEHIND, "optimizer = adam(lr=0.003); schedule = cosine(warmup=60)", 6, BY_STEPS,
         0},
        {"norm behind, sgd", NORM_BEHIND, "optimizer = sgd(lr=0.003)", 6, BY_STEPS, SLOW | BIT(VANISHING_GRADIENT)},
        {"norm before", NORM_BEFORE, "optimizer = adam", 2, BY_WEIGHTS, 0},
        {"norm before", NORM_BEFORE, "optimizer = adamw(lr=0.003)", 6, BY_WEIGHTS, 0},
        {"norm before, far too fast", NORM_BEFORE, "optimizer = adam(lr=0.1)", 3, BY_STEPS,
         BIT(LEARNING_RATE_TOO_HIGH)},
        {"no norm", NO_NORM, "optimizer = adam(lr=0.003)", 4, BY_WEIGHTS, GROWTH},
        {"no norm", NO_NORM, "optimizer = sgd(lr=0.1, momentum=0.9)", 6, BY_STEPS, GROWTH | BIT(DIVERGING)},
        {"no links", NO_LINK, "optimizer = adam(lr=0.003)", 1, BY_WEIGHTS, 0},
        {"no links", NO_LINK, "optimizer = adam(lr=0.003)", 6, BY_WEIGHTS, BIT(VANISHING_GRADIENT)}};
    for (size_t k = 0; k < COUNT(kinds); k++) {
        const char *form =
            "reshape(8, 8) -> dense(16) -> positional(sinusoidal) -> repeat(%d) { %s } -> mean_over_time";
        add_pair(corpus, family,
                 (Pair){.name = text_of(corpus, "%d layers, %s, %s", kinds[k].layers, kinds[k].what, kinds[k].recipe),
                        .task = &rows,
                        .body = text_of(corpus, form, kinds[k].layers, kinds[k].block),
                        .settings = text_of(corpus, "epochs = 20; batch = 16; %s", kinds[k].recipe),
                        .twin_body = text_of(corpus, form, kinds[k].layers, NORM_BEFORE),
                        .twin_settings = "epochs = 20; batch = 16; optimizer = adam(lr=0.003)",
                        .trouble = kinds[k].trouble,
                        .causes = kinds[k].causes,
                        .layer = kinds[k].trouble == BY_WEIGHTS ? LAYER_LOWER : LAYER_NONE});
    }
}

/* ---- E: recurrent ------------------------------------------------------------------------------------------------ */

static const Task sum = {"adding(40, samples=400, test=0.2)", "40, 2", 1, 0.5},
                  short_sum = {"adding(10, samples=400, test=0.2)", "10, 2", 1, 0.5},
                  order = {"temporal_order(30, samples=400, test=0.2)", "30, 6", 4, 0.8},
                  long_order = {"temporal_order(60, samples=500, test=0.2)", "60, 6", 4, 0.8},
                  spots = {SUNSPOTS("window=20, scale=minmax"), "20, 1", 1, 0.5};

#define LONG_ADAM "epochs = 40; batch = 16; optimizer = adam(lr=0.005)"
#define CLIPPED LONG_ADAM "; clip = by_norm(1)"
#define SPOTS_SGD "epochs = 30; batch = 16; optimizer = sgd(lr=0.01)"
#define SPOTS_ADAM "epochs = 30; batch = 16; optimizer = adam(lr=0.005)"
#define OPEN_LSTM "lstm(24, forget_bias=2, return=last)"
#define GRU "gru(24, return=last)"

static void simple_cells(Corpus *corpus, int family) {
    static const Usual list[] = {
        {&spots, "rnn(24, return=last)", "epochs = 30; batch = 16; optimizer = adam(lr=0.003)", NULL, NULL, 0},
        {&spots, "rnn(24, act=relu, return=last)", "epochs = 30; batch = 16; optimizer = adam", NULL, NULL, GROWING},
        {&short_sum, "rnn(24, return=last)", LONG_ADAM, NULL, NULL, FADING},
        {&sum, "rnn(24, return=last)", LONG_ADAM, GRU, CLIPPED, FADING},
        {&short_sum, "rnn(24, act=relu, recurrent_init=eye, return=last)", CLIPPED, GRU, CLIPPED, 0},
        {&order, "rnn(24, return=last)", CLIPPED, OPEN_LSTM, CLIPPED, FADING},
        {&long_order, "rnn(24, recurrent_init=normal(std=0.05), return=last)", CLIPPED, GRU, CLIPPED, FADING},
        {&long_order, "rnn(24, recurrent_init=normal(std=1), return=last)", LONG_ADAM, GRU, CLIPPED,
         GROWING | FADING | BIT(SATURATED_ACTIVATION)},
        {&order, "rnn(24, act=relu, recurrent_init=normal(std=0.5), return=last)", LONG_ADAM, GRU, CLIPPED, GROWING},
        {&letters, "embedding(64, 16) -> rnn(32)", "epochs = 30; batch = 16; optimizer = adam(lr=0.003)", NULL, NULL,
         0},
        {&letters, "embedding(64, 16) -> rnn(32, layers=3, act=sigmoid)", "epochs = 30; batch = 16; optimizer = adam",
         "embedding(64, 16) -> gru(32)", "epochs = 30; batch = 16; optimizer = adam(lr=0.005)",
         FADING | BIT(VANISHING_GRADIENT)}};
    static const Usual slow[] = {{&spots, "rnn(24, return=last)", SPOTS_SGD, NULL, SPOTS_ADAM, SLOW | FADING}};
    add_usual(corpus, family, list, COUNT(list), BY_WEIGHTS);
    add_usual(corpus, family, slow, COUNT(slow), BY_STEPS);
}

static void gated_cells(Corpus *corpus, int family) {
    static const Usual list[] = {
        {&spots, "lstm(24, return=last)", SPOTS_ADAM, NULL, NULL, 0},
        {&spots, "lstm(24) -> dropout(0.2) -> lstm(24) -> dropout(0.2) -> lstm(24, return=last)",
         "epochs = 60; batch = 16; optimizer = adam(lr=0.005)", NULL, NULL, FADING | BIT(VANISHING_GRADIENT)},
        {&sum, "lstm(24, return=last)", LONG_ADAM, GRU, CLIPPED, FADING},
        {&short_sum, "lstm(24, return=last)", LONG_ADAM, GRU, LONG_ADAM, FADING},
        {&sum, "gru(24, return=last)", LONG_ADAM, GRU, CLIPPED, FADING},
        {&order, "gru(24, recurrent_init=normal(std=1), return=last)", CLIPPED, GRU, CLIPPED, FADING},
        {&sum, "lstm(24, forget_bias=0, return=last)", CLIPPED, GRU, CLIPPED, FADING},
        {&order, "lstm(24, return=last)", CLIPPED, OPEN_LSTM, CLIPPED, FADING},
        {&long_order, "lstm(24, forget_bias=0, return=last)", CLIPPED, GRU, CLIPPED, FADING},
        {&long_order, "lstm(24, layers=2, return=last)", CLIPPED, GRU, CLIPPED, FADING | BIT(VANISHING_GRADIENT)},
        {&letters, "embedding(64, 16) -> lstm(32)", "epochs = 30; batch = 16; optimizer = adam(lr=0.005)", NULL, NULL,
         0}};
    static const Usual slow[] = {
        {&spots, "lstm(24, return=last)", SPOTS_SGD, NULL, SPOTS_ADAM, SLOW | FADING},
        {&spots, "lstm(24, layers=3, return=last)", "epochs = 30; batch = 16; optimizer = adam(lr=0.0001)", NULL,
         SPOTS_ADAM, SLOW | FADING},
        {&order, "lstm(24, return=last)", "epochs = 40; batch = 16; optimizer = sgd(lr=0.01)", NULL, CLIPPED,
         SLOW | FADING},
        {&letters, "embedding(64, 16) -> lstm(32, layers=3)", "epochs = 30; batch = 16; optimizer = sgd(lr=0.1)", NULL,
         "epochs = 30; batch = 16; optimizer = adam(lr=0.01)", SLOW | FADING | BIT(VANISHING_GRADIENT)}};
    add_usual(corpus, family, list, COUNT(list), BY_WEIGHTS);
    add_usual(corpus, family, slow, COUNT(slow), BY_STEPS);
}

const Family common_link_families[COMMON_LINK_FAMILIES] = {
    {'D', "residual or plain", residual_or_plain},
    {'D', "transformers", transformers},
    {'E', "simple cells", simple_cells},
    {'E', "lstm, gru", gated_cells},
};
