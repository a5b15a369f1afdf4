/* More families that rules are tuned on: links of other forms, recurrent nets on other sequences. */
#include "cases.h"

static const Task circles = {"circles(samples=400, noise=0.08, factor=0.5, test=0.25)", "2", 2, 0.85},
                  wave = {"sine(samples=400, noise=0.1, periods=2, test=0.25)", "1", 1, 0.8},
                  digits = {DIGITS("scale=16"), "64", 10, 0.7}, pixels = {DIGITS("scale=16"), "64", 10, 0.55},
                  sum = {"adding(30, samples=400, test=0.25)", "30, 2", 1, 0.6},
                  order = {"temporal_order(40, samples=400, test=0.25)", "40, 6", 4, 0.8};

#define ADAMW "epochs = 40; optimizer = adamw(lr=0.005)"
#define MOMENTUM "epochs = 30; optimizer = sgd(lr=0.02, momentum=0.9)"

/* ---- D: links ---------------------------------------------------------------------------------------------------- */

static void add_blocks(Corpus *corpus, int family, const Part *blocks, int count, const int depths[2],
                       const Task *const tasks[2]) {
    for (int b = 0; b < count; b++) {
        for (int d = 0; d < 2; d++) {
            bool adam = (b + d) % 2;
            const char *body = "dense(16)\n    repeat(%d) { %s }";
            add_pair(
                corpus, family,
                (Pair){.name = text_of(corpus, "%d x %s, %s", depths[d], blocks[b].text, adam ? "adamw" : "momentum"),
                       .task = tasks[b % 2],
                       .body = text_of(corpus, body, depths[d], blocks[b].text),
                       .twin_body = text_of(corpus, body, depths[d],
                                            "residual(scale=0.2) { dense(16) -> leaky_relu(0.1) -> dense(16) }"),
                       .settings = adam ? ADAMW : MOMENTUM,
                       .twin_settings = ADAMW,
                       .trouble = BY_WEIGHTS,
                       .causes = blocks[b].causes,
                       .layer = LAYER_LOWER});
        }
    }
}

static void residual_forms(Corpus *corpus, int family) {
    static const Part blocks[] = {
        {"residual { layernorm -> relu -> dense(16) }", GROWTH},
        {"residual { dense(16) -> gelu } -> hard_sigmoid", BIT(VANISHING_GRADIENT) | BIT(SATURATED_ACTIVATION)},
        {"residual { dense(16) -> relu -> dense(16) } -> tanh", BIT(VANISHING_GRADIENT) | BIT(SATURATED_ACTIVATION)},
        {"residual { rmsnorm -> dense(16) -> silu -> dense(16, init=zeros) }", GROWTH},
        {"residual(scale=3) { dense(16) -> elu }", GROWTH},
        {"residual { dense(16) -> relu } -> layernorm", BIT(EXPLODING_GRADIENT) | BIT(VANISHING_GRADIENT)}};
    add_blocks(corpus, family, blocks, COUNT(blocks), (const int[]){5, 24}, (const Task *const[]){&circles, &wave});
}

static void other_joins(Corpus *corpus, int family) {
    static const Part blocks[] = {{"highway { dense(16) -> relu }", BIT(VANISHING_GRADIENT)},
                                  {"highway(bias=8) { dense(16) -> sigmoid }", BIT(VANISHING_GRADIENT)},
                                  {"add { dense(16) -> tanh } { dense(16) -> relu }", GROWTH},
                                  {"multiply { dense(16) } { dense(16) -> hard_sigmoid }", BIT(VANISHING_GRADIENT)},
                                  {"concat { dense(4) -> relu } { identity }", GROWTH},
                                  {"concat { dense(8) -> sigmoid } { dense(8) -> tanh }", BIT(VANISHING_GRADIENT)}};
    add_blocks(corpus, family, blocks, COUNT(blocks), (const int[]){4, 18}, (const Task *const[]){&circles, &digits});
    static const Part stacks[] = {
        {"residual { layernorm -> attention(2) }\n    residual { layernorm -> dense(16) -> gelu -> dense(16) }", 0},
        {"residual { attention(2) } -> layernorm\n    residual { dense(16) -> gelu -> dense(16) } -> layernorm",
         BIT(VANISHING_GRADIENT)},
        {"attention(2) -> dense(16) -> relu", BIT(VANISHING_GRADIENT)}};
    static const char *const names[] = {"norm before", "norm behind", "neither norm nor link"};
    for (size_t s = 0; s < COUNT(stacks); s++) {
        for (int layers = 1; layers <= 4; layers += 3) {
            const char *body = "reshape(8, 8) -> dense(16) -> positional(learned)\n    repeat(%d) { %s }\n    "
                               "mean_over_time";
            add_pair(corpus, family,
                     (Pair){.name = text_of(corpus, "%d x attention, %s", layers, names[s]),
                            .task = &digits,
                            .body = text_of(corpus, body, layers, stacks[s].text),
                            .twin_body = text_of(corpus, body, layers, stacks[0].text),
                            .settings = layers > 1 ? "epochs = 24; optimizer = adamw(lr=0.005)" : MOMENTUM,
                            .twin_settings = "epochs = 24; optimizer = adamw(lr=0.005)",
                            .trouble = BY_WEIGHTS,
                            .causes = stacks[s].causes,
                            .layer = LAYER_LOWER});
        }
    }
}

/* ---- E: recurrent ------------------------------------------------------------------------------------------------ */

#define RMSPROP "epochs = 40; optimizer = rmsprop(lr=0.005)"
#define GATED "epochs = 30; optimizer = adamw(lr=0.01)"
static const Sequence by_pixels[] = {{"digits by rows", &digits, "reshape(8, 8)\n    ", "gru(16, return=last)",
                                      RMSPROP},
                                     {"digits by pairs of pixels", &pixels, "reshape(32, 2)\n    ",
                                      "lstm(16, forget_bias=2, return=last)", RMSPROP}},
                      long_ones[] = {{"adding", &sum, "", "gru(16, update_bias=1, return=last)", GATED},
                                     {"temporal order", &order, "", "gru(16, update_bias=1, return=last)", GATED}};

static void add_cells(Corpus *corpus, int family, const Part *cells, int count, const Sequence two[2]) {
    for (int c = 0; c < count; c++) {
        for (int s = 0; s < 2; s++) {
            add_cell(corpus, family, &cells[c], &two[s]);
        }
    }
}

static void plain_cells(Corpus *corpus, int family) {
    static const Part cells[] = {
        {"rnn(16, return=last)", FADING},
        {"rnn(16, recurrent_init=normal(std=0.02), return=last)", FADING},
        {"rnn(16, act=relu, recurrent_init=eye, init=normal(std=0.1), return=last)", GROWING},
        {"rnn(16, act=relu, recurrent_init=eye(gain=2.5), return=last)", GROWING},
        {"rnn(16, recurrent_init=orthogonal(gain=4), return=last)", GROWING | FADING | BIT(SATURATED_ACTIVATION)},
        {"rnn(16, act=sigmoid, return=last)", FADING},
        {"rnn(16, norm=layernorm, return=last)", FADING}};
    add_cells(corpus, family, cells, COUNT(cells), by_pixels);
}

static void gates_and_stacks(Corpus *corpus, int family) {
    static const Part cells[] = {{"lstm(12, forget_bias=-4, return=last)", FADING},
                                 {"lstm(12, layers=3, return=last)", FADING | BIT(VANISHING_GRADIENT)},
                                 {"gru(12, update_bias=-5, return=last)", FADING},
                                 {"gru(12, update_bias=2, return=last)", FADING},
                                 {"lstm(12, norm=layernorm, return=last)", FADING},
                                 {"bidirectional { gru(8) } -> mean_over_time", FADING}};
    add_cells(corpus, family, cells, COUNT(cells), long_ones);
}

const Family more_link_families[MORE_LINK_FAMILIES] = {
    {'D', "residual links of other forms", residual_forms},
    {'D', "highways, joins, attention", other_joins},
    {'E', "rnn, other tasks", plain_cells},
    {'E', "gates and stacks", gates_and_stacks},
};
