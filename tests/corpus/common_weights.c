/* Families that no rule was tuned on, of nets as courses, tutorials and questions in forums have them: depth, first
 * weights, units that die, norms. */
#include "cases.h"

static const Task digits = {MANY_DIGITS("scale=16"), "64", 10, 0.8},
                  rings = {"circles(samples=500, noise=0.1, factor=0.5, test=0.2)", "2", 2, 0.85},
                  moons = {"moons(samples=500, noise=0.15, test=0.2)", "2", 2, 0.92},
                  heaps = {"blobs(classes=4, features=10, spread=4, samples=500, test=0.2, scale=standard)", "10", 4,
                           0.8},
                  wines = {WINE(", scale=standard"), "13", 3, 0.88};

#define SGD "epochs = 40; batch = 16; optimizer = sgd(lr=0.01)"
#define SGD_TENTH "epochs = 40; batch = 16; optimizer = sgd(lr=0.1)"
#define MOMENTUM "epochs = 40; batch = 16; optimizer = sgd(lr=0.01, momentum=0.9)"
#define ADAM "epochs = 40; batch = 16; optimizer = adam"
#define RMSPROP "epochs = 40; batch = 16; optimizer = rmsprop(lr=0.001)"
#define NIELSEN "epochs = 30; batch = 10; optimizer = sgd(lr=0.5)"

/* ---- A: depth ---------------------------------------------------------------------------------------------------- */

static void deep_by_default(Corpus *corpus, int family) {
    static const Usual list[] = {
        {&digits, "dense(30) -> sigmoid", NIELSEN, NULL, NULL, 0},
        {&digits, "repeat(4) { dense(30) -> sigmoid }", NIELSEN, "repeat(4) { dense(30) -> relu }", MOMENTUM,
         BIT(VANISHING_GRADIENT)},
        {&digits, "repeat(3) { dense(64) -> sigmoid }", SGD, "repeat(3) { dense(64) -> relu }", MOMENTUM,
         BIT(VANISHING_GRADIENT)},
        {&digits, "repeat(3) { dense(64) -> sigmoid }", ADAM, NULL, NULL, BIT(VANISHING_GRADIENT)},
        {&rings, "repeat(5) { dense(32) -> sigmoid }", MOMENTUM, "repeat(5) { dense(32) -> relu }", MOMENTUM,
         BIT(VANISHING_GRADIENT)},
        {&digits, "repeat(10) { dense(32) -> sigmoid }", ADAM, "repeat(10) { dense(32) -> relu }", ADAM,
         BIT(VANISHING_GRADIENT)},
        {&moons, "repeat(30) { dense(16) -> sigmoid }", SGD_TENTH, "repeat(3) { dense(16) -> relu }", MOMENTUM,
         BIT(VANISHING_GRADIENT)},
        {&digits, "repeat(50) { dense(32) -> tanh }", SGD, "repeat(3) { dense(64) -> tanh }", MOMENTUM,
         BIT(VANISHING_GRADIENT)},
        {&digits, "repeat(3) { dense(64) -> tanh }", MOMENTUM, NULL, NULL, 0},
        {&wines, "repeat(2) { dense(32) -> sigmoid }", RMSPROP, NULL, NULL, 0},
        {&heaps, "repeat(8) { dense(32) -> sigmoid }", RMSPROP, "repeat(8) { dense(32) -> relu }", RMSPROP,
         BIT(VANISHING_GRADIENT)},
        {&rings, "repeat(8) { dense(32) -> tanh }", SGD, "repeat(8) { dense(32) -> relu }", MOMENTUM,
         BIT(VANISHING_GRADIENT)},
        {&wines, "repeat(15) { dense(32) -> tanh }", ADAM, NULL, NULL, BIT(VANISHING_GRADIENT)},
        {&moons, "repeat(20) { dense(32) -> relu }", ADAM, NULL, NULL, 0},
        {&heaps, "repeat(6) { dense(32) -> relu }", SGD, NULL, NULL, 0}};
    add_usual(corpus, family, list, COUNT(list), BY_WEIGHTS);
}

static void chosen_weights(Corpus *corpus, int family) {
    static const Usual list[] = {
        {&rings, "repeat(5) { dense(5, init=uniform(1)) -> tanh }", MOMENTUM,
         "repeat(5) { dense(16, init=he) -> relu }", MOMENTUM, LARGE_WEIGHTS | BIT(SATURATED_ACTIVATION)},
        {&digits, "repeat(2) { dense(128, init=normal(std=1)) -> tanh }", MOMENTUM, "repeat(2) { dense(128) -> tanh }",
         MOMENTUM, LARGE_WEIGHTS | BIT(SATURATED_ACTIVATION)},
        {&digits, "repeat(3) { dense(64, init=normal(std=1)) -> sigmoid }", ADAM, "repeat(2) { dense(64) -> sigmoid }",
         ADAM, LARGE_WEIGHTS | BIT(SATURATED_ACTIVATION)},
        {&heaps, "repeat(4) { dense(64, init=normal(std=1)) -> relu }", MOMENTUM, "repeat(4) { dense(64) -> relu }",
         MOMENTUM, LARGE_WEIGHTS | BIT(DEAD_UNITS)},
        {&digits, "repeat(2) { dense(64, init=normal(std=0.01)) -> relu }", ADAM, NULL, NULL, SMALL_WEIGHTS},
        {&digits, "repeat(5) { dense(64, init=normal(std=0.01)) -> relu }", MOMENTUM, "repeat(5) { dense(64) -> relu }",
         MOMENTUM, SMALL_WEIGHTS},
        {&heaps, "repeat(6) { dense(32, init=uniform(0.05)) -> relu }", ADAM, "repeat(6) { dense(32) -> relu }", ADAM,
         SMALL_WEIGHTS},
        {&wines, "repeat(3) { dense(32, init=uniform(0.05)) -> tanh }", MOMENTUM, "repeat(3) { dense(32) -> tanh }",
         MOMENTUM, SMALL_WEIGHTS},
        {&digits, "repeat(10) { dense(48, init=xavier) -> relu }", MOMENTUM,
         "repeat(10) { dense(48, init=he) -> relu }", MOMENTUM, SMALL_WEIGHTS},
        {&moons, "repeat(24) { dense(32, init=xavier) -> relu }", MOMENTUM, "repeat(24) { dense(32, init=he) -> relu }",
         ADAM, SMALL_WEIGHTS},
        {&wines, "repeat(20) { dense(32, init=lecun) -> selu }", SGD, NULL, NULL, 0},
        {&moons, "repeat(8) { dense(32, init=normal(std=0.05)) -> relu }", MOMENTUM, "repeat(8) { dense(32) -> relu }",
         MOMENTUM, SMALL_WEIGHTS},
        {&digits, "repeat(8) { dense(64, init=normal(std=1)) -> relu }", ADAM, "repeat(8) { dense(64) -> relu }", ADAM,
         LARGE_WEIGHTS},
        {&heaps, "repeat(5) { dense(64, init=uniform(1)) -> tanh }", SGD, "repeat(5) { dense(64) -> tanh }", SGD,
         LARGE_WEIGHTS | BIT(SATURATED_ACTIVATION)},
        {&digits, "repeat(2) { dense(64, init=zeros) -> relu }", ADAM, "repeat(2) { dense(64) -> relu }", ADAM,
         BIT(POOR_INITIALIZATION)},
        {&moons, "repeat(2) { dense(32, init=constant(0.5)) -> tanh }", MOMENTUM, "repeat(2) { dense(32) -> tanh }",
         MOMENTUM, BIT(POOR_INITIALIZATION)}};
    add_usual(corpus, family, list, COUNT(list), BY_WEIGHTS);
}

/* ---- B: units that are dead or saturated, one layer that is bad -------------------------------------------------- */

static void dead_and_stuck(Corpus *corpus, int family) {
    static const Usual list[] = {
        {&rings, "repeat(10) { dense(3) -> relu }", ADAM, "repeat(3) { dense(32) -> relu }", ADAM,
         BIT(DEAD_UNITS) | BIT(VANISHING_GRADIENT)},
        {&moons, "repeat(5) { dense(8) -> relu }", SGD_TENTH, "repeat(3) { dense(32) -> relu }", SGD_TENTH,
         BIT(DEAD_UNITS) | BIT(VANISHING_GRADIENT)},
        {&digits, "repeat(14) { dense(8) -> relu }", MOMENTUM, "repeat(3) { dense(32) -> relu }", MOMENTUM,
         BIT(DEAD_UNITS) | BIT(VANISHING_GRADIENT)},
        {&digits, "repeat(3) { dense(64, bias_init=constant(-3)) -> relu }", ADAM,
         "repeat(3) { dense(64, bias_init=constant(0.1)) -> relu }", ADAM, BIT(DEAD_UNITS)},
        {&digits, "repeat(3) { dense(64, bias_init=constant(0.1)) -> relu }", ADAM, NULL, NULL, BIT(DEAD_UNITS)},
        {&heaps, "repeat(2) { dense(64, bias_init=constant(-1)) -> relu }", MOMENTUM, "repeat(2) { dense(64) -> relu }",
         MOMENTUM, BIT(DEAD_UNITS)},
        {&digits, "dense(64) -> relu -> dense(64) -> softmax -> dense(32) -> relu", MOMENTUM,
         "dense(64) -> relu -> dense(64) -> relu -> dense(32) -> relu", MOMENTUM, BIT(VANISHING_GRADIENT)},
        {&heaps, "repeat(3) { dense(32) -> softmax }", MOMENTUM, "repeat(3) { dense(32) -> relu }", MOMENTUM,
         BIT(VANISHING_GRADIENT)},
        {&digits, "repeat(2) { dense(64) -> hard_sigmoid }", SGD_TENTH, "repeat(2) { dense(64) -> relu }", SGD_TENTH,
         BIT(VANISHING_GRADIENT)},
        {&rings, "repeat(4) { dense(32, init=normal(std=3)) -> tanh }", ADAM, "repeat(4) { dense(32) -> tanh }", ADAM,
         LARGE_WEIGHTS | BIT(SATURATED_ACTIVATION)},
        {&moons, "repeat(4) { dense(16) -> leaky_relu }", MOMENTUM, NULL, NULL, 0}};
    add_usual(corpus, family, list, COUNT(list), BY_WEIGHTS);
}

static void one_layer(Corpus *corpus, int family) {
    static const Bad bad[] = {
        {"dense(48, init=zeros) -> relu", "dense(48) -> relu", BIT(POOR_INITIALIZATION) | BIT(DEAD_UNITS)},
        {"dense(48, init=normal(std=1)) -> relu", "dense(48) -> relu", LARGE_WEIGHTS},
        {"dense(48, bias_init=constant(-10)) -> relu", "dense(48) -> relu", BIT(DEAD_UNITS)},
        {"dense(48, init=normal(std=5)) -> tanh", "dense(48) -> tanh", BIT(SATURATED_ACTIVATION)},
        {"dense(48, init=normal(std=0.00001)) -> relu", "dense(48) -> relu", SMALL_WEIGHTS},
        {"dense(48) -> softmax", "dense(48) -> relu", BIT(VANISHING_GRADIENT)},
        {"dense(48, init=normal(std=30)) -> relu", "dense(48) -> relu", LARGE_WEIGHTS}};
    for (size_t b = 0; b < COUNT(bad); b++) {
        for (int k = 1; k <= 3; k += 2) {
            add_bad(corpus, family, &bad[b], &(Place){k, 4, "", ""}, b % 2 ? &rings : &digits,
                    (b / 2 + (size_t)k / 2) % 2 ? ADAM : MOMENTUM);
        }
    }
}

/* ---- C: norms ---------------------------------------------------------------------------------------------------- */

static const Task images = {MANY_DIGITS("scale=16"), "1, 8, 8", 10, 0.8};

#define EPOCHS_OF_IMAGES "epochs = 8; batch = 16; "
#define IMAGES_SGD EPOCHS_OF_IMAGES "optimizer = sgd(lr=0.01, momentum=0.9)"
#define IMAGES_ADAM EPOCHS_OF_IMAGES "optimizer = adam"

static void convs_and_norms(Corpus *corpus, int family) {
    static const Usual list[] = {
        {&images,
         "conv(8, 3) -> relu -> maxpool(2) -> conv(16, 3) -> relu -> maxpool(2) -> flatten -> dense(32) -> relu",
         "epochs = 15; batch = 16; optimizer = adam", NULL, NULL, 0},
        {&images, "repeat(10) { conv(8, 3) -> relu } -> flatten", IMAGES_SGD,
         "repeat(10) { conv(8, 3) -> batchnorm -> relu } -> flatten", IMAGES_SGD, SMALL_WEIGHTS},
        {&images, "repeat(10) { conv(8, 3, init=xavier) -> relu } -> globalavgpool", IMAGES_SGD,
         "repeat(4) { conv(16, 3) -> batchnorm -> relu } -> flatten", IMAGES_SGD, SMALL_WEIGHTS},
        {&images, "repeat(5) { conv(8, 3) -> sigmoid } -> flatten", IMAGES_SGD,
         "repeat(5) { conv(8, 3) -> batchnorm -> relu } -> flatten", IMAGES_SGD, BIT(VANISHING_GRADIENT)},
        {&images, "repeat(3) { conv(8, 3) -> tanh -> avgpool(2) } -> flatten", IMAGES_SGD,
         "repeat(2) { conv(16, 3) -> relu -> maxpool(2) } -> flatten", IMAGES_ADAM, BIT(VANISHING_GRADIENT)},
        {&images, "repeat(6) { conv(8, 3) -> batchnorm -> relu } -> flatten", IMAGES_SGD, NULL, NULL, 0},
        {&images, "repeat(6) { conv(8, 3) -> relu -> batchnorm } -> flatten", IMAGES_SGD, NULL, NULL, 0},
        {&images, "repeat(6) { conv(8, 3, init=normal(std=0.02)) -> batchnorm -> relu } -> flatten", IMAGES_SGD, NULL,
         NULL, SMALL_WEIGHTS},
        {&images, "repeat(6) { conv(8, 3, init=normal(std=0.02)) -> relu } -> flatten", IMAGES_ADAM,
         "repeat(6) { conv(8, 3, init=he) -> relu } -> flatten", IMAGES_ADAM, SMALL_WEIGHTS},
        {&images, "repeat(4) { conv(8, 3, init=normal(std=1)) -> relu } -> flatten", IMAGES_SGD,
         "repeat(4) { conv(8, 3) -> relu } -> flatten", IMAGES_SGD, LARGE_WEIGHTS},
        {&images, "repeat(10) { conv(8, 3) -> batchnorm -> sigmoid } -> flatten", IMAGES_SGD,
         "repeat(5) { conv(8, 3) -> batchnorm -> relu } -> flatten", IMAGES_SGD,
         BIT(NORM_EXPLOSION) | BIT(EXPLODING_GRADIENT) | BIT(VANISHING_GRADIENT)}};
    add_usual(corpus, family, list, COUNT(list), BY_WEIGHTS);
}

static void norms_of_layers(Corpus *corpus, int family) {
    static const struct {
        int batch, depth;
        const char *block;
        uint32_t causes;
    } kinds[] = {{2, 3, "dense(48) -> batchnorm -> relu", 0},
                 {4, 3, "dense(48) -> batchnorm -> relu", 0},
                 {4, 8, "dense(48) -> batchnorm -> relu", 0},
                 {2, 3, "dense(48) -> layernorm -> relu", 0},
                 {32, 3, "dense(48) -> relu -> batchnorm -> dropout(0.3)", 0},
                 {32, 10, "dense(48) -> batchnorm -> sigmoid", BIT(VANISHING_GRADIENT)},
                 {32, 10, "dense(48) -> sigmoid -> batchnorm", BIT(VANISHING_GRADIENT)},
                 {32, 20, "dense(48) -> batchnorm -> relu", 0},
                 {32, 50, "dense(48) -> batchnorm -> tanh", 0},
                 {32, 30, "dense(48) -> layernorm -> tanh", BIT(VANISHING_GRADIENT)},
                 {32, 12, "dense(48) -> layernorm -> relu", 0}};
    for (size_t k = 0; k < COUNT(kinds); k++) {
        const char *form = "repeat(%d) { %s }";
        add_pair(corpus, family,
                 (Pair){.name = text_of(corpus, "%d x %s, batch %d", kinds[k].depth, kinds[k].block, kinds[k].batch),
                        .task = k % 2 ? &heaps : &digits,
                        .body = text_of(corpus, form, kinds[k].depth, kinds[k].block),
                        .settings = text_of(corpus, "epochs = 15; batch = %d; optimizer = sgd(lr=0.01, momentum=0.9)",
                                            kinds[k].batch),
                        .twin_body = "repeat(3) { dense(48) -> batchnorm -> relu }",
                        .twin_settings = "epochs = 15; batch = 32; optimizer = sgd(lr=0.01, momentum=0.9)",
                        .trouble = BY_WEIGHTS,
                        .causes = kinds[k].causes | BIT(NORM_EXPLOSION) | BIT(EXPLODING_GRADIENT),
                        .layer = LAYER_LOWER});
    }
}

const Family common_weight_families[COMMON_WEIGHT_FAMILIES] = {
    {'A', "deep by default", deep_by_default},
    {'A', "first weights by hand", chosen_weights},
    {'B', "dead, stuck, softmax within", dead_and_stuck},
    {'B', "one layer of a stack", one_layer},
    {'C', "convs with norms and without", convs_and_norms},
    {'C', "norms, depth, small batches", norms_of_layers},
};
