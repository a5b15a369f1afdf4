/* Families that no rule was tuned on, of nets as courses, tutorials and questions in forums have them: learning rates,
 * clipping, schedules, decay. */
#include "cases.h"

static const Task digits = {MANY_DIGITS("scale=16"), "64", 10, 0.8},
                  images = {MANY_DIGITS("scale=16"), "1, 8, 8", 10, 0.8},
                  rings = {"circles(samples=500, noise=0.1, factor=0.5, test=0.2)", "2", 2, 0.85},
                  heaps = {"blobs(classes=3, features=2, spread=2, samples=500, test=0.2)", "2", 3, 0.8},
                  wines = {WINE(", scale=standard"), "13", 3, 0.88}, irises = {IRIS(", scale=standard"), "4", 3, 0.85},
                  spots = {SUNSPOTS("window=20, scale=minmax"), "20, 1", 1, 0.5},
                  wave = {"sine(samples=500, noise=0.1, periods=1, test=0.2)", "1", 1, 0.8},
                  dollars = {
                      "csv(\"examples/data/wine.csv\", label=\"proline\", task=regress, test=0.25, scale=standard)",
                      "13", 1, 0.4};

#define EPOCHS "epochs = 30; batch = 16; "
#define ADAM EPOCHS "optimizer = adam(lr=0.003)"
#define TWO_LAYERS "repeat(2) { dense(64) -> relu }"
#define THREE_LAYERS "repeat(3) { dense(32) -> relu }"
#define CONVS "repeat(2) { conv(8, 3) -> relu -> maxpool(2) } -> flatten -> dense(32) -> relu"
#define FAST (BIT(LEARNING_RATE_TOO_HIGH) | BIT(DIVERGING) | BIT(DEAD_UNITS) | BIT(SATURATED_ACTIVATION))
#define SLOW (BIT(LEARNING_RATE_TOO_LOW) | BIT(STAGNANT_UPDATE))
#define TIGHT (SLOW | BIT(CLIP_TOO_TIGHT))
#define SHRUNK (BIT(STAGNANT_UPDATE) | BIT(VANISHING_GRADIENT))

static void rates(Corpus *corpus, int family) {
    static const Usual list[] = {
        {&digits, TWO_LAYERS, EPOCHS "optimizer = adam(lr=0.1)", NULL, ADAM, FAST},
        {&digits, TWO_LAYERS, EPOCHS "optimizer = adam(lr=0.01)", NULL, ADAM, FAST},
        {&digits, TWO_LAYERS, EPOCHS "optimizer = adam(lr=1)", NULL, ADAM, FAST},
        {&wines, THREE_LAYERS, EPOCHS "optimizer = adam(lr=0.1)", NULL, ADAM, FAST},
        {&images, CONVS, "epochs = 8; batch = 16; optimizer = adam(lr=0.1)", NULL,
         "epochs = 8; batch = 16; optimizer = adam(lr=0.003)", FAST},
        {&images, CONVS, "epochs = 8; batch = 16; optimizer = sgd(lr=0.01, momentum=0.9)", NULL,
         "epochs = 8; batch = 16; optimizer = adam(lr=0.003)", 0},
        {&heaps, "dense(50) -> relu", EPOCHS "optimizer = sgd(lr=1)", NULL, ADAM, FAST},
        {&heaps, "dense(50) -> relu", EPOCHS "optimizer = sgd(lr=0.01)", NULL, ADAM, FAST},
        {&rings, THREE_LAYERS, EPOCHS "optimizer = sgd(lr=0.5, momentum=0.9)", NULL, ADAM, FAST},
        {&wave, "repeat(2) { dense(32) -> tanh }", EPOCHS "optimizer = sgd(lr=0.1)", NULL, ADAM, FAST},
        {&wave, "repeat(2) { dense(32) -> relu }", EPOCHS "optimizer = sgd(lr=1)", NULL, ADAM, FAST},
        {&dollars, "dense(25) -> relu", EPOCHS "optimizer = sgd(lr=0.01, momentum=0.9)", NULL,
         EPOCHS "optimizer = adam(lr=0.1)", FAST | BIT(EXPLODING_GRADIENT) | BIT(BAD_DATA)},
        {&dollars, "dense(25) -> relu", EPOCHS "optimizer = adam", NULL, EPOCHS "optimizer = adam(lr=0.1)",
         SLOW | BIT(BAD_DATA)},
        {&spots, "lstm(24, return=last)", EPOCHS "optimizer = adam(lr=0.3)", NULL, ADAM, FAST},
        {&digits, TWO_LAYERS, EPOCHS "optimizer = sgd(lr=0.001)", NULL, ADAM, SLOW},
        {&digits, TWO_LAYERS, EPOCHS "optimizer = adam(lr=0.00001)", NULL, ADAM, SLOW},
        {&wines, THREE_LAYERS, EPOCHS "optimizer = sgd(lr=0.0001)", NULL, ADAM, SLOW}};
    add_usual(corpus, family, list, COUNT(list), BY_STEPS);
}

static void clips_schedules_decay(Corpus *corpus, int family) {
    static const Usual list[] = {
        {&digits, TWO_LAYERS, EPOCHS "optimizer = sgd(lr=0.05); clip = by_norm(0.01)", NULL, ADAM, TIGHT},
        {&digits, TWO_LAYERS, EPOCHS "optimizer = sgd(lr=0.05); clip = by_norm(1)", NULL, ADAM, TIGHT},
        {&wines, THREE_LAYERS, EPOCHS "optimizer = sgd(lr=0.01, momentum=0.9); clip = by_value(0.0001)", NULL, ADAM,
         TIGHT},
        {&spots, "rnn(24, return=last)", EPOCHS "optimizer = sgd(lr=0.05, momentum=0.9); clip = by_norm(0.001)", NULL,
         ADAM, TIGHT},
        {&spots, "rnn(24, return=last)", EPOCHS "optimizer = adam(lr=0.003); clip = by_norm(0.5)", NULL, ADAM, TIGHT},
        {&digits, TWO_LAYERS, EPOCHS "optimizer = sgd(lr=0.01, momentum=0.9); schedule = step_decay(1, factor=0.1)",
         NULL, ADAM, SLOW},
        {&digits, TWO_LAYERS, EPOCHS "optimizer = sgd(lr=0.1); schedule = step_decay(10, factor=0.5)", NULL, ADAM,
         SLOW},
        {&rings, THREE_LAYERS, EPOCHS "optimizer = adam; schedule = exponential(0.5)", NULL, ADAM, SLOW},
        {&wines, THREE_LAYERS, EPOCHS "optimizer = adam; schedule = linear_decay(warmup=4000)", NULL, ADAM, SLOW},
        {&digits, TWO_LAYERS, EPOCHS "optimizer = adam(lr=0.003); schedule = cosine(warmup=50)", NULL, ADAM, SLOW},
        {&digits, TWO_LAYERS, EPOCHS "optimizer = adam(lr=0.003, decay=0.1)", NULL, ADAM, SHRUNK},
        {&digits, TWO_LAYERS, EPOCHS "optimizer = adam(lr=0.003, decay=0.0001)", NULL, ADAM, SHRUNK},
        {&wines, THREE_LAYERS, EPOCHS "optimizer = sgd(lr=0.05, momentum=0.9, decay=0.5)", NULL, ADAM, SHRUNK},
        {&irises, THREE_LAYERS, EPOCHS "optimizer = adamw(lr=0.003, decay=0.1)", NULL, ADAM, SHRUNK}};
    add_usual(corpus, family, list, COUNT(list), BY_STEPS);
}

const Family common_step_families[COMMON_STEP_FAMILIES] = {
    {'F', "rates too high, too low", rates},
    {'F', "clips, schedules, decay", clips_schedules_decay},
};
