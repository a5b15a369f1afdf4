/* Families that were held out until rules were tuned on them too: links of other forms, recurrent nets on other
 * sequences. */
#include "cases.h"

static const Task pair = {"spirals(classes=2, samples=450, turns=0.6, noise=0.03, test=0.2)", "2", 2, 0.8},
                  petal = {IRIS_WIDTH(", scale=standard"), "3", 1, 0.8},
                  pixels = {DIGITS("scale=minmax"), "64", 10, 0.75},
                  tides = {SUNSPOTS("window=24, scale=standard"), "24", 1, 0.5},
                  product = {"multiplication(20, samples=400, test=0.25)", "20, 2", 1, 0.6},
                  odd = {"parity(6, sequence=true, samples=320, test=0.25)", "6, 1", 2, 0.9},
                  letters = {SAWYER("length=16, limit=160"), "16", 64, 0.25},
                  copied = {"copying(2, 4, samples=400, test=0.25)", "8, 10", 9, 0.9};

/* ---- D: links ---------------------------------------------------------------------------------------------------- */

#define GROWTH (LARGE_WEIGHTS | BIT(LEARNING_RATE_TOO_HIGH))

static void named_links(Corpus *corpus, int family) {
    static const Part parts[] = {
        {"h: dense(20) -> relu; dense(20) -> relu -> add(h)", GROWTH},
        {"residual { residual { dense(20) -> relu -> dense(20) } -> elu }", GROWTH},
        {"residual(drop=0.3) { dense(20) -> relu -> dense(20, init=normal(std=0.02)) }", 0},
        {"residual(scale=0.01) { dense(20) -> tanh }", 0},
        {"share { dense(20) -> tanh }", BIT(VANISHING_GRADIENT)},
        {"residual(shortcut=dense(20)) { dense(20) -> sigmoid }", GROWTH | BIT(VANISHING_GRADIENT)}};
    add_stack(corpus, family,
              &(Stack){"dense(20)\n    repeat(%d) { %s }",
                       "residual(scale=0.2) { dense(20) -> elu }",
                       parts,
                       COUNT(parts),
                       {3, 45},
                       {&pair, &petal},
                       {{"momentum", "epochs = 30; batch = 32; optimizer = sgd(lr=0.02, momentum=0.9)"},
                        {"rmsprop", "epochs = 30; batch = 32; optimizer = rmsprop(lr=0.002)"}}});
}

static void linked_convs(Corpus *corpus, int family) {
    static const Part parts[] = {{"residual { conv(8, 3) -> relu -> conv(8, 3) }", GROWTH},
                                 {"residual { batchnorm -> relu -> conv(8, 3) }", GROWTH},
                                 {"highway(bias=-2) { conv(8, 3) -> tanh }", BIT(VANISHING_GRADIENT)},
                                 {"concat { conv(4, 3) -> relu } { conv(4, 1) -> sigmoid }", BIT(VANISHING_GRADIENT)},
                                 {"residual(scale=8) { conv(8, 3) -> softsign }", GROWTH}};
    add_stack(corpus, family,
              &(Stack){"reshape(1, 8, 8) -> conv(8, 3, stride=2) -> relu\n    repeat(%d) { %s }\n    flatten",
                       "residual(scale=0.3) { conv(8, 3) -> relu }",
                       parts,
                       COUNT(parts),
                       {2, 14},
                       {&pixels, &pixels},
                       {{"momentum", "epochs = 10; batch = 16; optimizer = sgd(lr=0.05, momentum=0.9)"},
                        {"adam", "epochs = 10; batch = 16; optimizer = adam(lr=0.003)"}}});
}

/* ---- E: recurrent ------------------------------------------------------------------------------------------------ */

#define FADING BIT(VANISHING_THROUGH_TIME)
#define GROWING BIT(EXPLODING_THROUGH_TIME)

typedef struct Sequence { /* a task, what makes a sequence of its input, and a cell that learns it */
    const char *what;
    const Task *task;
    const char *stem, *best, *settings;
} Sequence;

static void add_cell(Corpus *corpus, int family, const Part *cell, const Sequence *sequence) {
    add_pair(corpus, family,
             (Pair){.name = text_of(corpus, "%s on %s", cell->text, sequence->what),
                    .task = sequence->task,
                    .body = text_of(corpus, "%s%s", sequence->stem, cell->text),
                    .twin_body = text_of(corpus, "%s%s", sequence->stem, sequence->best),
                    .settings = sequence->settings,
                    .trouble = BY_WEIGHTS,
                    .causes = cell->causes,
                    .layer = LAYER_LOWER});
}

static void last_of_sequence(Corpus *corpus, int family) {
    static const Part cells[] = {
        {"rnn(14, return=last)", FADING},
        {"rnn(14, act=relu, return=last)", GROWING},
        {"rnn(14, recurrent_init=uniform(2), return=last)", GROWING | FADING | BIT(SATURATED_ACTIVATION)},
        {"gru(14, return=last)", FADING},
        {"lstm(14, forget_bias=-2, return=last)", FADING}};
    static const Sequence sequences[] = {
        {"products", &product, "", "gru(14, update_bias=1, return=last)", "epochs = 30; optimizer = adam(lr=0.01)"},
        {"sunspots", &tides, "reshape(24, 1)\n    ", "gru(14, return=last)",
         "epochs = 20; optimizer = rmsprop(lr=0.005)"},
        {"parity", &odd, "", "rnn(14, act=relu, return=last)", "epochs = 60; batch = 16; optimizer = adam(lr=0.01)"}};
    for (size_t c = 0; c < COUNT(cells); c++) {
        for (size_t s = 0; s < 2; s++) {
            add_cell(corpus, family, &cells[c], &sequences[(c + s) % COUNT(sequences)]);
        }
    }
}

static void every_step(Corpus *corpus, int family) {
    static const Part cells[] = {{"rnn(20)", FADING},
                                 {"lstm(20, forget_bias=-5)", FADING},
                                 {"gru(20)", FADING},
                                 {"rnn(20, act=relu, recurrent_init=eye(gain=3))", GROWING},
                                 {"rnn(20, layers=4, act=sigmoid)", FADING | BIT(VANISHING_GRADIENT)}};
    static const Sequence sequences[] = {
        {"letters", &letters, "embedding(64, 8)\n    ", "gru(20)", "epochs = 30; optimizer = adam(lr=0.01)"},
        {"copies", &copied, "", "gru(20)", "epochs = 40; batch = 16; optimizer = adam(lr=0.02)"}};
    for (size_t c = 0; c < COUNT(cells); c++) {
        for (size_t s = 0; s < COUNT(sequences); s++) {
            add_cell(corpus, family, &cells[c], &sequences[s]);
        }
    }
}

const Family unseen_link_families[UNSEEN_LINK_FAMILIES] = {
    {'D', "named, nested, shared links", named_links},
    {'D', "linked convs", linked_convs},
    {'E', "the last of a sequence", last_of_sequence},
    {'E', "every step of a sequence", every_step},
};
