/* Families that no rule was tuned on, of nets as courses, tutorials and questions in forums have them: trouble that is
 * not the gradient's, and nets that only look broken. */
#include "cases.h"

static const Task digits = {MANY_DIGITS("scale=16"), "64", 10, 0.8},
                  images = {MANY_DIGITS("scale=16"), "1, 8, 8", 10, 0.8},
                  rings = {"circles(samples=500, noise=0.1, factor=0.5, test=0.2)", "2", 2, 0.85},
                  moons = {"moons(samples=500, noise=0.15, test=0.2)", "2", 2, 0.92},
                  heaps = {"blobs(classes=3, features=2, spread=2, samples=500, test=0.2)", "2", 3, 0.8},
                  wines = {WINE(", scale=standard"), "13", 3, 0.88}, irises = {IRIS(", scale=standard"), "4", 3, 0.85},
                  spots = {SUNSPOTS("window=20, scale=minmax"), "20, 1", 1, 0.5},
                  wave = {"sine(samples=500, noise=0.1, periods=1, test=0.2)", "1", 1, 0.8},
                  petals = {IRIS_WIDTH(", scale=standard"), "3", 1, 0.8},
                  letters = {SAWYER("length=24, limit=160"), "24", 64, 0.25};

#define EPOCHS "epochs = 30; batch = 16; "
#define ADAM EPOCHS "optimizer = adam(lr=0.003)"
#define MOMENTUM EPOCHS "optimizer = sgd(lr=0.01, momentum=0.9)"
#define SHORT_ADAM "epochs = 8; batch = 16; optimizer = adam(lr=0.003)"
#define SGD EPOCHS "optimizer = sgd(lr=0.01)"
#define SGD_TENTH EPOCHS "optimizer = sgd(lr=0.1)"
#define TWO_LAYERS "repeat(2) { dense(64) -> relu }"
#define TANHS "repeat(2) { dense(32) -> tanh }"

/* ---- G: broken, but not by the gradient -------------------------------------------------------------------------- */

static void data_as_it_comes(Corpus *corpus, int family) {
    static const Task raw_digits = {MANY_DIGITS("scale=none"), "64", 10, 0},
                      bytes = {MANY_DIGITS("scale=0.063"), "64", 10, 0}, raw_wines = {WINE(""), "13", 3, 0},
                      raw_irises = {IRIS(""), "4", 3, 0}, raw_spots = {SUNSPOTS("window=20"), "20, 1", 1, 0},
                      few = {"csv(\"examples/data/digits.csv\", label=\"digit\", limit=40, test=0.5, scale=16)", "64",
                             10, 0},
                      mixed = {"blobs(classes=3, features=2, spread=12, samples=500, test=0.2)", "2", 3, 0},
                      smeared = {"moons(samples=500, noise=1, test=0.2)", "2", 2, 0},
                      rough = {"moons(samples=500, noise=0.2, test=0.2)", "2", 2, 0},
                      far = {SUNSPOTS("window=20, horizon=15, scale=minmax"), "20, 1", 1, 0};
    static const Choice list[] = {
        {"digits as they come", &raw_digits, &digits, TWO_LAYERS, NULL, ADAM, BIT(BAD_DATA)},
        {"digits as they come", &raw_digits, &digits, "repeat(2) { dense(64) -> sigmoid }", NULL, ADAM, BIT(BAD_DATA)},
        {"digits as they come, sgd", &raw_digits, &digits, TWO_LAYERS, NULL, SGD_TENTH, BIT(BAD_DATA)},
        {"pixels to 255, momentum", &bytes, &digits, TWO_LAYERS, NULL, MOMENTUM, BIT(BAD_DATA)},
        {"pixels to 255, sgd", &bytes, &digits, TANHS, NULL, SGD_TENTH, BIT(BAD_DATA)},
        {"wine as it comes, momentum", &raw_wines, &wines, TWO_LAYERS, NULL, MOMENTUM, BIT(BAD_DATA)},
        {"wine as it comes", &raw_wines, &wines, TANHS, NULL, ADAM, BIT(BAD_DATA)},
        {"iris as it comes", &raw_irises, &irises, TWO_LAYERS, NULL, ADAM, BIT(BAD_DATA)},
        {"sunspots as they come", &raw_spots, &spots, "lstm(24, return=last)", NULL, ADAM, BIT(BAD_DATA)},
        {"sunspots as they come", &raw_spots, &spots, "flatten -> dense(32) -> relu", NULL, ADAM, BIT(BAD_DATA)},
        {"twenty digits", &few, &digits, TWO_LAYERS, NULL, ADAM, 0},
        {"heaps over each other", &mixed, &heaps, TWO_LAYERS, NULL, ADAM, 0},
        {"moons under noise", &smeared, &moons, TWO_LAYERS, NULL, ADAM, 0},
        {"moons less sharp", &rough, &moons, TWO_LAYERS, NULL, ADAM, 0},
        {"sunspots in fifteen years", &far, &spots, "lstm(24, return=last)", NULL, ADAM, 0}};
    add_choices(corpus, family, list, COUNT(list), NULL, NULL);
}

static void wrong_choices(Corpus *corpus, int family) {
    static const Choice ends[] = {
        {"relu, softmax and the loss's own", &digits, NULL, TWO_LAYERS, "relu -> softmax", SGD, BIT(WRONG_OUTPUT)},
        {"softmax and the loss's own", &digits, NULL, TWO_LAYERS, "softmax", SGD, BIT(WRONG_OUTPUT)},
        {"relu before the loss", &images, NULL, "conv(8, 3) -> relu -> maxpool(2) -> flatten", "relu", SHORT_ADAM,
         BIT(WRONG_OUTPUT)},
        {"sigmoid before the loss", &irises, NULL, "dense(16) -> relu", "sigmoid", EPOCHS "optimizer = adam(lr=0.01)",
         BIT(WRONG_OUTPUT)},
        {"sigmoid behind a wave", &wave, NULL, TANHS, "sigmoid", NULL, BIT(WRONG_OUTPUT)},
        {"relu behind a wave", &wave, NULL, TANHS, "relu", NULL, BIT(WRONG_OUTPUT)},
        {"sigmoid behind centimetres", &petals, NULL, TANHS, "sigmoid", NULL, BIT(WRONG_OUTPUT)},
        {"relu behind centimetres", &petals, NULL, TANHS, "relu", NULL, BIT(WRONG_OUTPUT)},
        {"sigmoid behind what is within 1", &spots, NULL, "lstm(24, return=last)", "sigmoid",
         "epochs = 60; batch = 16; optimizer = adam(lr=0.01)", BIT(WRONG_OUTPUT)},
        {"softmax of one number", &spots, NULL, "lstm(24, return=last)", "softmax", NULL, BIT(WRONG_OUTPUT)}};
    static const Choice others[] = {
        {"two epochs", &digits, NULL, TWO_LAYERS, NULL, "epochs = 2; optimizer = adam", 0},
        {"five epochs", &moons, NULL, "repeat(3) { dense(16) -> tanh }", NULL, "epochs = 5; optimizer = adam", 0},
        {"no activation", &rings, NULL, "repeat(3) { dense(32) }", NULL, NULL, 0},
        {"two units", &rings, NULL, "dense(2) -> relu", NULL, NULL, 0},
        {"too much dropout", &digits, NULL, "repeat(3) { dense(32) -> relu -> dropout(0.8) }", NULL, NULL, 0},
        {"dropout of a half", &digits, NULL, "repeat(2) { dense(64) -> relu -> dropout(0.5) }", NULL, NULL, 0}};
    add_choices(corpus, family, ends, COUNT(ends), NULL, ADAM);
    add_choices(corpus, family, others, COUNT(others), TWO_LAYERS, ADAM);
}

/* ---- H: healthy, and looks ill ----------------------------------------------------------------------------------- */

static void solved_long_ago(Corpus *corpus, int family) {
    static const Lookalike list[] = {
        {"solved", &irises, "repeat(2) { dense(16) -> relu }", "epochs = 150; batch = 8; optimizer = adam"},
        {"solved", &wines, TANHS, "epochs = 100; batch = 16; optimizer = adam(lr=0.01)"},
        {"solved", &heaps, "dense(50) -> relu", "epochs = 100; batch = 16; optimizer = sgd(lr=0.1)"},
        {"solved", &moons, "repeat(3) { dense(32) -> relu }", "epochs = 100; batch = 16; optimizer = adam(lr=0.01)"},
        {"learnt by heart", &digits, TWO_LAYERS, "epochs = 80; batch = 16; optimizer = adam(lr=0.003)"},
        {"learnt by heart", &letters, "embedding(64, 16) -> gru(32)",
         "epochs = 30; batch = 16; optimizer = adam(lr=0.01)"},
        {"steps that fall to nothing", &digits, TWO_LAYERS,
         "epochs = 40; batch = 16; optimizer = sgd(lr=0.1, momentum=0.9); schedule = step_decay(10, factor=0.1)"},
        {"steps that fall to nothing", &rings, TANHS,
         "epochs = 80; batch = 16; optimizer = adam(lr=0.01); schedule = cosine"},
        {"stopped in time", &wines, TWO_LAYERS, "epochs = 100; batch = 16; optimizer = adam; stop = patience(10)"},
        {"decayed", &wines, TWO_LAYERS, "epochs = 60; batch = 16; optimizer = adamw(lr=0.01, decay=0.01)"},
        {"slow", &irises, "dense(16) -> tanh", "epochs = 100; batch = 16; optimizer = sgd(lr=0.01)"},
        {"slow", &digits, "dense(64) -> relu", "epochs = 40; batch = 16; optimizer = sgd(lr=0.02)"}};
    add_lookalikes(corpus, family, list, COUNT(list));
}

static void odd_and_well(Corpus *corpus, int family) {
    static const Lookalike list[] = {
        {"heavy dropout", &digits, "dropout(0.2) -> repeat(2) { dense(128) -> relu -> dropout(0.5) }", ADAM},
        {"heavy dropout", &wines, "repeat(2) { dense(64) -> relu -> dropout(0.7) }", ADAM},
        {"sparse", &images, "conv(16, 3) -> relu -> maxpool(2) -> conv(16, 3) -> relu -> flatten", SHORT_ADAM},
        {"sparse", &digits, "dense(256, init=normal(std=0.01), bias_init=constant(-0.05)) -> relu", ADAM},
        {"rescued", &digits, "repeat(3) { dense(64, init=normal(std=0.02)) -> relu }", ADAM},
        {"rescued", &digits, "repeat(4) { dense(64) -> sigmoid }",
         "epochs = 60; batch = 16; optimizer = adam(lr=0.003)"},
        {"rescued", &wines, "repeat(8) { dense(32) -> tanh }", EPOCHS "optimizer = rmsprop(lr=0.001)"},
        {"rescued by norms", &digits, "repeat(4) { dense(64) -> batchnorm -> sigmoid }", ADAM},
        {"saturated in part", &digits, "dense(64, init=normal(std=0.4)) -> tanh", MOMENTUM},
        {"clipped at every step", &digits, TWO_LAYERS, EPOCHS "optimizer = adam(lr=0.003); clip = by_norm(0.1)"},
        {"one batch", &wines, TWO_LAYERS, "epochs = 100; batch = 133; optimizer = adam(lr=0.01)"},
        {"branches of zeros", &digits,
         "dense(48) -> repeat(8) { residual { dense(48) -> relu -> dense(48, init=zeros) } }", ADAM},
        {"deep, linked", &moons, "dense(32) -> repeat(30) { residual { layernorm -> dense(32) -> relu -> dense(32) } }",
         "epochs = 20; batch = 16; optimizer = adam(lr=0.001)"}};
    add_lookalikes(corpus, family, list, COUNT(list));
}

const Family common_other_families[COMMON_OTHER_FAMILIES] = {
    {'G', "data as it comes", data_as_it_comes},
    {'G', "wrong ends, few epochs, no room", wrong_choices},
    {'H', "solved long ago", solved_long_ago},
    {'H', "odd and well", odd_and_well},
};
