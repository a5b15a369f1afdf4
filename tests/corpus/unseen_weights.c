/* Families that were held out until rules were tuned on them too: first weights, activations, norms. */
#include "cases.h"

static const Task pair = {"spirals(classes=2, samples=450, turns=0.6, noise=0.03, test=0.2)", "2", 2, 0.8},
                  clouds = {"blobs(classes=6, features=12, spread=6, samples=480, test=0.25, scale=standard)", "12", 6,
                            0.75},
                  ripple = {"sine(samples=500, noise=0.05, periods=1.5, test=0.2)", "1", 1, 0.8},
                  pixels = {DIGITS("scale=minmax"), "64", 10, 0.75},
                  tides = {SUNSPOTS("window=24, scale=standard"), "24", 1, 0.4};

#define ADAM "epochs = 40; batch = 32; optimizer = adam(lr=0.005)"
#define MOMENTUM "epochs = 40; batch = 32; optimizer = sgd(lr=0.02, momentum=0.9)"
#define ADAGRAD "epochs = 50; batch = 16; optimizer = adagrad(lr=0.05)"
#define SGD "epochs = 50; batch = 16; optimizer = sgd(lr=0.02)"
#define SHORT_ADAM "epochs = 15; batch = 32; optimizer = adam(lr=0.004)"
#define SHORT_MOMENTUM "epochs = 15; batch = 32; optimizer = sgd(lr=0.03, momentum=0.9)"

/* ---- A: depth ---------------------------------------------------------------------------------------------------- */

static void wide_and_narrow(Corpus *corpus, int family) {
    static const Part parts[] = {
        {"dense(40) -> tanh -> dense(6) -> tanh", BIT(VANISHING_GRADIENT)},
        {"dense(40) -> relu -> dense(6) -> relu", BIT(DEAD_UNITS) | BIT(VANISHING_GRADIENT)},
        {"dense(40, init=uniform(0.05)) -> elu -> dense(6, init=uniform(0.05)) -> elu", SMALL_WEIGHTS},
        {"dense(40, init=uniform(2)) -> softsign -> dense(6, init=uniform(2)) -> softsign",
         LARGE_WEIGHTS | BIT(SATURATED_ACTIVATION)},
        {"dense(40) -> dense(6) -> sigmoid", BIT(VANISHING_GRADIENT)}};
    add_stack(corpus, family,
              &(Stack){"repeat(%d) { %s }",
                       "dense(40, init=he) -> leaky_relu(0.2) -> dense(6, init=he) -> leaky_relu(0.2)",
                       parts,
                       COUNT(parts),
                       {2, 6},
                       {&pair, &clouds},
                       {{"momentum", MOMENTUM}, {"adam", ADAM}}});
}

static void mixed_activations(Corpus *corpus, int family) {
    static const Part parts[] = {{"dense(16) -> relu -> dense(16) -> sigmoid", BIT(VANISHING_GRADIENT)},
                                 {"dense(16) -> tanh -> dense(16) -> softplus", BIT(VANISHING_GRADIENT)},
                                 {"dense(16) -> mish -> dense(16) -> hard_tanh", BIT(VANISHING_GRADIENT)},
                                 {"dense(16) -> relu -> dense(16) -> tanh", BIT(VANISHING_GRADIENT)},
                                 {"dense(16) -> elu(0.5) -> dense(16) -> softmax", BIT(VANISHING_GRADIENT)}};
    add_stack(corpus, family,
              &(Stack){"dense(16)\n    repeat(%d) { %s }",
                       "residual(scale=0.3) { dense(16) -> elu -> dense(16) }",
                       parts,
                       COUNT(parts),
                       {1, 12},
                       {&ripple, &pair},
                       {{"sgd", SGD}, {"adagrad", ADAGRAD}}});
}

static void ranges(Corpus *corpus, int family) {
    static const Part parts[] = {{"dense(48, init=uniform(0.02)) -> selu", SMALL_WEIGHTS},
                                 {"dense(48, init=uniform(0.2)) -> relu", 0},
                                 {"dense(48, init=uniform(1)) -> elu", LARGE_WEIGHTS},
                                 {"dense(48, init=uniform(0.9)) -> tanh", LARGE_WEIGHTS | BIT(SATURATED_ACTIVATION)},
                                 {"dense(48, init=orthogonal) -> leaky_relu(0.5)", 0}};
    add_stack(corpus, family,
              &(Stack){"repeat(%d) { %s }",
                       "dense(48, init=he) -> leaky_relu(0.2)",
                       parts,
                       COUNT(parts),
                       {4, 13},
                       {&pixels, &pair},
                       {{"momentum", SHORT_MOMENTUM}, {"adam", SHORT_ADAM}}});
}

static void convs_over_time(Corpus *corpus, int family) {
    static const Part parts[] = {{"conv(6, 3) -> relu", 0},
                                 {"conv(6, 3) -> sigmoid", BIT(VANISHING_GRADIENT)},
                                 {"conv(6, 5, init=uniform(0.01)) -> tanh", SMALL_WEIGHTS},
                                 {"conv(6, 3, dilation=2) -> gelu", BIT(VANISHING_GRADIENT)},
                                 {"conv(6, 3, init=normal(std=1)) -> elu", LARGE_WEIGHTS}};
    add_stack(corpus, family,
              &(Stack){"reshape(24, 1)\n    repeat(%d) { %s }\n    flatten",
                       "conv(6, 3, init=he) -> leaky_relu(0.2)",
                       parts,
                       COUNT(parts),
                       {2, 9},
                       {&tides, &tides},
                       {{"momentum", "epochs = 20; batch = 16; optimizer = sgd(lr=0.01, momentum=0.9)"},
                        {"adam", "epochs = 20; batch = 16; optimizer = adam(lr=0.004)"}}});
}

/* ---- B: one bad layer -------------------------------------------------------------------------------------------- */

typedef struct Bad { /* a layer, and what it should be */
    const char *layer, *good;
    uint32_t causes;
} Bad;

static const char *with_bad(Corpus *corpus, const char *bad, const char *good, int k, int of) {
    const char *lower = k > 1 ? text_of(corpus, "repeat(%d) { %s }\n    ", k - 1, good) : "";
    const char *upper = k < of ? text_of(corpus, "\n    repeat(%d) { %s }", of - k, good) : "";
    return lower && upper ? text_of(corpus, "%s%s%s", lower, bad, upper) : NULL;
}

static void add_bad(Corpus *corpus, int family, const Bad *bad, int k, int of, const Task *task, const Steps *steps) {
    add_pair(corpus, family,
             (Pair){.name = text_of(corpus, "layer %d of %d is %s; %s", k, of, bad->layer, steps->name),
                    .task = task,
                    .body = with_bad(corpus, bad->layer, bad->good, k, of),
                    .twin_body = with_bad(corpus, bad->good, bad->good, k, of),
                    .settings = steps->settings,
                    .trouble = BY_WEIGHTS,
                    .causes = bad->causes,
                    .layer = k});
}

static void one_layer_shut(Corpus *corpus, int family) {
    static const Bad bad[] = {
        {"dense(24, bias_init=constant(-25)) -> softplus", "dense(24) -> softplus",
         BIT(DEAD_UNITS) | BIT(VANISHING_GRADIENT)},
        {"dense(24, bias_init=constant(-1)) -> leaky_relu(0.02)", "dense(24) -> leaky_relu(0.02)", 0},
        {"dense(24, bias_init=constant(-12)) -> gelu", "dense(24) -> gelu", BIT(DEAD_UNITS)},
        {"dense(24, bias_init=constant(9)) -> sigmoid", "dense(24) -> gelu", BIT(SATURATED_ACTIVATION)},
        {"dense(24, bias_init=constant(3)) -> tanh", "dense(24) -> elu", BIT(SATURATED_ACTIVATION)}};
    static const Steps steps[] = {{"momentum", MOMENTUM}, {"adam", ADAM}};
    for (size_t b = 0; b < COUNT(bad); b++) {
        for (int k = 2; k <= 4; k += 2) {
            add_bad(corpus, family, &bad[b], k, 4, b % 2 ? &clouds : &pair, &steps[(b / 2 + (size_t)k / 2) % 2]);
        }
    }
}

static void one_layer_of_other_weights(Corpus *corpus, int family) {
    static const Bad bad[] = {
        {"dense(24, init=uniform(60)) -> tanh", "dense(24) -> tanh", BIT(SATURATED_ACTIVATION)},
        {"dense(24, init=uniform(20)) -> tanh", "dense(24) -> tanh", BIT(SATURATED_ACTIVATION)},
        {"dense(24, init=normal(std=0.0001)) -> tanh", "dense(24) -> tanh", SMALL_WEIGHTS},
        {"dense(24, init=he(gain=100)) -> relu", "dense(24) -> relu", LARGE_WEIGHTS | BIT(DEAD_UNITS)},
        {"dense(24, init=normal(std=0.001)) -> relu", "dense(24) -> relu", SMALL_WEIGHTS}};
    static const Steps steps[] = {{"sgd", SGD}, {"adagrad", ADAGRAD}};
    for (size_t b = 0; b < COUNT(bad); b++) {
        for (int k = 1; k <= 5; k += 4) {
            add_bad(corpus, family, &bad[b], k, 5, b % 2 ? &pixels : &ripple, &steps[(b / 2 + (size_t)k / 4) % 2]);
        }
    }
}

/* ---- C: norms ---------------------------------------------------------------------------------------------------- */

static void other_norms(Corpus *corpus, int family) {
    static const Part parts[] = {
        {"dense(24) -> groupnorm(4) -> relu", BIT(EXPLODING_GRADIENT) | BIT(VANISHING_GRADIENT)},
        {"dense(24, weight=weightnorm) -> tanh", BIT(VANISHING_GRADIENT)},
        {"dense(24, weight=weightnorm) -> relu", BIT(VANISHING_GRADIENT) | BIT(DEAD_UNITS)},
        {"layernorm -> dense(24) -> dense(24) -> gelu", BIT(EXPLODING_GRADIENT) | BIT(VANISHING_GRADIENT)},
        {"dense(24) -> sigmoid -> layernorm", BIT(EXPLODING_GRADIENT) | BIT(VANISHING_GRADIENT)}};
    add_stack(corpus, family,
              &(Stack){"dense(24)\n    repeat(%d) { %s }",
                       "residual(scale=0.25) { layernorm -> dense(24) -> silu }",
                       parts,
                       COUNT(parts),
                       {3, 26},
                       {&clouds, &pair},
                       {{"momentum", "epochs = 20; batch = 32; optimizer = sgd(lr=0.02, momentum=0.9)"},
                        {"adam", "epochs = 20; batch = 32; optimizer = adam(lr=0.005)"}}});
}

static void norms_and_batches(Corpus *corpus, int family) {
    static const struct {
        int depth, batch;
        const char *block;
        uint32_t causes;
    } kinds[] = {{2, 4, "dense(24) -> batchnorm -> relu", 0},
                 {2, 2, "dense(24) -> batchnorm -> tanh", 0},
                 {16, 4, "dense(24) -> batchnorm -> gelu", 0},
                 {24, 4, "dense(24) -> batchnorm -> relu", 0},
                 {50, 64, "dense(24) -> batchnorm -> elu", 0},
                 {30, 16, "dense(24) -> batchnorm -> softsign", 0},
                 {30, 32, "residual { dense(24) -> batchnorm -> relu }", 0},
                 {30, 32, "residual(scale=0.3) { batchnorm -> relu -> dense(24) }", 0},
                 {6, 32, "dense(24) -> batchnorm(eps=1) -> tanh", BIT(VANISHING_GRADIENT)},
                 {5, 32, "dense(24) -> layernorm(eps=1) -> relu", BIT(VANISHING_GRADIENT)},
                 {3, 32, "dense(24) -> layernorm(eps=0.1) -> relu", 0}};
    for (size_t k = 0; k < COUNT(kinds); k++) {
        const char *settings = text_of(corpus, "epochs = 20; batch = %d; optimizer = adam(lr=0.003)", kinds[k].batch);
        const char *form = "dense(24)\n    repeat(%d) { %s }";
        add_pair(corpus, family,
                 (Pair){.name = text_of(corpus, "%d x %s, batch %d", kinds[k].depth, kinds[k].block, kinds[k].batch),
                        .task = k % 2 ? &pixels : &clouds,
                        .body = text_of(corpus, form, kinds[k].depth, kinds[k].block),
                        .twin_body = text_of(corpus, form, kinds[k].depth, "residual(scale=0.2) { dense(24) -> elu }"),
                        .settings = settings,
                        .trouble = BY_WEIGHTS,
                        .causes = kinds[k].causes | BIT(NORM_EXPLOSION) | BIT(EXPLODING_GRADIENT),
                        .layer = LAYER_LOWER});
    }
}

const Family unseen_weight_families[UNSEEN_WEIGHT_FAMILIES] = {
    {'A', "wide and narrow by turns", wide_and_narrow},
    {'A', "two activations by turns", mixed_activations},
    {'A', "ranges of weights", ranges},
    {'A', "convs over time", convs_over_time},
    {'B', "a layer shut by its biases", one_layer_shut},
    {'B', "a layer of other weights", one_layer_of_other_weights},
    {'C', "groups, weights, rows", other_norms},
    {'C', "batches small and large", norms_and_batches},
};
