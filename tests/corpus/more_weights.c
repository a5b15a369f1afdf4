/* More families that rules are tuned on: first weights, activations, norms. */
#include "cases.h"
#include <stdio.h>

static const Task circles = {"circles(samples=400, noise=0.08, factor=0.5, test=0.25)", "2", 2, 0.85},
                  xor =
                      {
                          "xor(samples=400, noise=0.3, test=0.25)", "2", 2, 0.9},
                  arms = {"spirals(classes=5, samples=500, turns=0.2, test=0.25)", "2", 5, 0.8},
                  parity = {"parity(5, samples=320, test=0.25)", "5", 2, 0.9},
                  wine = {WINE(", scale=standard"), "13", 3, 0.8}, digits = {DIGITS("scale=16"), "64", 10, 0.7};

#define ADAMW "epochs = 30; optimizer = adamw(lr=0.003)"
#define NESTEROV "epochs = 30; optimizer = sgd(lr=0.03, momentum=0.9, nesterov=true)"
#define RMSPROP "epochs = 40; optimizer = rmsprop(lr=0.002)"
#define PLAIN_SGD "epochs = 40; optimizer = sgd(lr=0.1)"

/* ---- A: depth ---------------------------------------------------------------------------------------------------- */

typedef struct Form { /* of every layer of a net */
    const char *act, *init;
    uint32_t causes;
} Form;

/* Widths that fall from about 60 to about 12. */
static void funnels(Corpus *corpus, int family) {
    static const struct {
        int depth;
        const char *width;
    } shapes[] = {{3, "64 - 16 * i"}, {9, "64 - 6 * i"}, {18, "63 - 3 * i"}};
    static const Form forms[] = {{"gelu", "xavier", BIT(VANISHING_GRADIENT)},
                                 {"silu", "lecun", BIT(VANISHING_GRADIENT)},
                                 {"mish", "normal(std=0.03)", SMALL_WEIGHTS},
                                 {"gelu", "normal(std=0.5)", LARGE_WEIGHTS}};
    for (size_t s = 0; s < COUNT(shapes); s++) {
        for (size_t f = 0; f < COUNT(forms); f++) {
            const char *layer = "repeat(%d) { dense(%s, init=%s) -> %s }";
            bool adam = (s + f) % 2;
            add_pair(
                corpus, family,
                (Pair){.name = text_of(corpus, "funnel of %d %s, init %s, %s", shapes[s].depth, forms[f].act,
                                       forms[f].init, adam ? "adamw" : "nesterov"),
                       .task = f % 2 ? &circles : &digits,
                       .body = text_of(corpus, layer, shapes[s].depth, shapes[s].width, forms[f].init, forms[f].act),
                       .twin_body = text_of(corpus, layer, shapes[s].depth, shapes[s].width, "he", "leaky_relu(0.1)"),
                       .settings = adam ? ADAMW : NESTEROV,
                       .twin_settings = ADAMW,
                       .trouble = BY_WEIGHTS,
                       .causes = forms[f].causes,
                       .layer = LAYER_LOWER});
        }
    }
}

static void add_forms(Corpus *corpus, int family, const Form *forms, int count, const int *depths, int several,
                      const Task *const tasks[2]) {
    for (int d = 0; d < several; d++) {
        for (int f = 0; f < count; f++) {
            const char *layer = "repeat(%d) { dense(20, init=%s) -> %s }";
            bool adaptive = (d + f) % 2;
            add_pair(corpus, family,
                     (Pair){.name = text_of(corpus, "%d %s, init %s, %s", depths[d], forms[f].act, forms[f].init,
                                            adaptive ? "rmsprop" : "sgd"),
                            .task = tasks[f % 2],
                            .body = text_of(corpus, layer, depths[d], forms[f].init, forms[f].act),
                            .twin_body = text_of(corpus, layer, depths[d], "he", "leaky_relu(0.1)"),
                            .settings = adaptive ? RMSPROP : PLAIN_SGD,
                            .twin_settings = RMSPROP,
                            .trouble = BY_WEIGHTS,
                            .causes = forms[f].causes,
                            .layer = LAYER_LOWER});
        }
    }
}

static void gains(Corpus *corpus, int family) {
    static const Form forms[] = {{"leaky_relu(0.2)", "he(gain=0.25)", SMALL_WEIGHTS},
                                 {"leaky_relu(0.2)", "he", 0},
                                 {"leaky_relu(0.2)", "he(gain=4)", LARGE_WEIGHTS},
                                 {"hard_tanh", "orthogonal", 0},
                                 {"hard_tanh", "xavier(gain=0.25)", SMALL_WEIGHTS},
                                 {"hard_tanh", "xavier(gain=12)", LARGE_WEIGHTS | BIT(SATURATED_ACTIVATION)}};
    static const int depths[] = {6, 18};
    add_forms(corpus, family, forms, COUNT(forms), depths, COUNT(depths), (const Task *const[]){&wine, &arms});
}

static void by_default(Corpus *corpus, int family) {
    static const Form forms[] = {{"softplus", "auto", BIT(VANISHING_GRADIENT)},
                                 {"prelu", "auto", 0},
                                 {"relu6", "auto", BIT(DEAD_UNITS)},
                                 {"hard_sigmoid", "auto", BIT(VANISHING_GRADIENT)}};
    static const int depths[] = {4, 12, 20};
    add_forms(corpus, family, forms, COUNT(forms), depths, COUNT(depths), (const Task *const[]){&xor, &parity});
}

#define STEM "reshape(1, 8, 8) -> conv(8, 3, stride=2) -> leaky_relu(0.1)\n    "

static void deep_convs(Corpus *corpus, int family) {
    static const Form forms[] = {{"tanh", "xavier", 0},
                                 {"relu", "normal(std=0.03)", SMALL_WEIGHTS},
                                 {"sigmoid", "xavier", BIT(VANISHING_GRADIENT)},
                                 {"elu", "he_normal", BIT(EXPLODING_GRADIENT)}};
    static const int depths[] = {2, 6, 12};
    for (size_t d = 0; d < COUNT(depths); d++) {
        for (size_t f = 0; f < COUNT(forms); f++) {
            const char *body = STEM "repeat(%d) { conv(8, 3, init=%s) -> %s }\n    flatten";
            bool adam = (d + f) % 2;
            add_pair(corpus, family,
                     (Pair){.name = text_of(corpus, "%d convs, %s, init %s, %s", depths[d], forms[f].act, forms[f].init,
                                            adam ? "adamw" : "nesterov"),
                            .task = &digits,
                            .body = text_of(corpus, body, depths[d], forms[f].init, forms[f].act),
                            .twin_body = text_of(corpus, body, depths[d], "he", "leaky_relu(0.1)"),
                            .settings = adam ? "epochs = 12; optimizer = adamw(lr=0.003)"
                                             : "epochs = 12; optimizer = sgd(lr=0.03, momentum=0.9, nesterov=true)",
                            .twin_settings = "epochs = 12; optimizer = adamw(lr=0.003)",
                            .trouble = BY_WEIGHTS,
                            .causes = forms[f].causes,
                            .layer = LAYER_LOWER});
        }
    }
}

/* ---- B: one bad layer -------------------------------------------------------------------------------------------- */

static void off_scale(Corpus *corpus, int family) {
    static const char *const good = "dense(20, init=he) -> leaky_relu(0.1)";
    const Bad bad[] = {{"dense(20, init=xavier(gain=0.003)) -> leaky_relu(0.1)", good, SMALL_WEIGHTS},
                       {"dense(20, init=normal(std=1e-7)) -> leaky_relu(0.1)", good, SMALL_WEIGHTS},
                       {"dense(20, init=xavier(gain=2000)) -> leaky_relu(0.1)", good, LARGE_WEIGHTS},
                       {"dense(20, init=orthogonal(gain=100)) -> leaky_relu(0.1)", good, LARGE_WEIGHTS}};
    for (size_t b = 0; b < COUNT(bad); b++) {
        for (int k = 1; k <= 7; k += 3) {
            const Task *task = b % 2 ? &wine : &circles;
            add_bad(corpus, family, &bad[b], &(Place){k, 7, "", ""}, task,
                    (b / 2 + (size_t)k / 3) % 2 ? ADAMW : PLAIN_SGD);
        }
    }
}

static void out_of_range(Corpus *corpus, int family) {
    static const Bad bad[] = {
        {"dense(20, bias_init=constant(12)) -> hard_sigmoid", "dense(20) -> elu", BIT(SATURATED_ACTIVATION)},
        {"dense(20, bias_init=constant(25)) -> relu6", "dense(20) -> relu6",
         BIT(SATURATED_ACTIVATION) | BIT(DEAD_UNITS)},
        {"dense(20, bias_init=constant(-4)) -> hard_tanh", "dense(20) -> hard_tanh", BIT(SATURATED_ACTIVATION)},
        {"dense(20, bias_init=constant(-0.5)) -> relu6", "dense(20) -> relu6", BIT(DEAD_UNITS)},
        {"dense(20, bias_init=constant(0.7)) -> hard_tanh", "dense(20) -> hard_tanh", BIT(SATURATED_ACTIVATION)},
        {"dense(20, bias_init=constant(1)) -> hard_sigmoid", "dense(20) -> elu", BIT(SATURATED_ACTIVATION)}};
    for (size_t b = 0; b < COUNT(bad); b++) {
        for (int k = 1; k <= 3; k += 2) {
            add_bad(corpus, family, &bad[b], &(Place){k, 3, "", ""}, b % 2 ? &digits : &arms,
                    (b / 2 + (size_t)k / 2) % 2 ? RMSPROP : NESTEROV);
        }
    }
}

static void bad_convs(Corpus *corpus, int family) {
    static const char *const good = "conv(8, 3, init=he) -> relu";
    const Bad bad[] = {{"conv(8, 3, init=he, bias_init=constant(-0.2)) -> relu", good, BIT(DEAD_UNITS)},
                       {"conv(8, 3, init=he, bias_init=constant(-40)) -> relu", good, BIT(DEAD_UNITS)},
                       {"conv(8, 3, init=normal(std=100)) -> relu", good, LARGE_WEIGHTS | BIT(DEAD_UNITS)},
                       {"conv(8, 3, init=normal(std=1e-7)) -> relu", good, SMALL_WEIGHTS}};
    for (size_t b = 0; b < COUNT(bad); b++) {
        for (int k = 1; k <= 3; k++) {
            add_bad(corpus, family, &bad[b], &(Place){k, 3, STEM, "\n    flatten"}, &digits,
                    k % 2 ? "epochs = 12; optimizer = sgd(lr=0.03, momentum=0.9, nesterov=true)"
                          : "epochs = 12; optimizer = adamw(lr=0.003)");
        }
    }
}

/* ---- B: weights that are alike ----------------------------------------------------------------------------------- */

static void symmetric(Corpus *corpus, int family) {
    static const struct {
        const char *what, *first, *rest; /* the activation stands between them */
        uint32_t causes;
        int layer;
    } kinds[] = {
        {"weights of one", "repeat(3) { dense(20, init=ones)", " }", LARGE_WEIGHTS | BIT(SATURATED_ACTIVATION), 1},
        {"weights of -0.2", "repeat(3) { dense(20, init=constant(-0.2))", " }", BIT(POOR_INITIALIZATION), 1},
        {"a first layer of zeros", "dense(20, init=zeros)", "\n    repeat(2) { dense(20, init=he) -> elu }",
         BIT(POOR_INITIALIZATION), 1},
        {"identities", "repeat(3) { dense(20, init=eye)", " }", BIT(POOR_INITIALIZATION), 1},
        {"alike above the first", "dense(20)", "\n    repeat(3) { dense(20, init=constant(0.3)) -> elu }",
         BIT(POOR_INITIALIZATION), 2},
        {"branches of zeros", "dense(20)", "\n    repeat(3) { residual { dense(20, init=zeros) -> elu } }",
         BIT(POOR_INITIALIZATION), 2}};
    static const char *const acts[] = {"elu", "hard_tanh"};
    for (size_t k = 0; k < COUNT(kinds); k++) {
        for (size_t a = 0; a < COUNT(acts); a++) {
            const char *settings = (k + a) % 2 ? ADAMW : NESTEROV;
            add_pair(corpus, family,
                     (Pair){.name = text_of(corpus, "%s, %s", kinds[k].what, acts[a]),
                            .task = a ? &arms : &digits,
                            .body = text_of(corpus, "%s -> %s%s", kinds[k].first, acts[a], kinds[k].rest),
                            .twin_body = text_of(corpus, "repeat(3) { dense(20, init=he) -> %s }", acts[a]),
                            .settings = settings,
                            .trouble = BY_WEIGHTS,
                            .causes = kinds[k].causes,
                            .layer = kinds[k].layer});
        }
    }
}

/* ---- C: norms ---------------------------------------------------------------------------------------------------- */

static void add_normed(Corpus *corpus, int family, const char *block, int depth, const Task *task, bool adam,
                       uint32_t causes) {
    add_pair(corpus, family,
             (Pair){.name = text_of(corpus, "%d x %s, %s", depth, block, adam ? "adamw" : "nesterov"),
                    .task = task,
                    .body = text_of(corpus, "dense(20)\n    repeat(%d) { %s }", depth, block),
                    .twin_body = text_of(
                        corpus, "dense(20)\n    repeat(%d) { residual(scale=0.3) { dense(20) -> gelu } }", depth),
                    .settings = adam ? ADAMW : NESTEROV,
                    .twin_settings = ADAMW,
                    .trouble = BY_WEIGHTS,
                    .causes = causes,
                    .layer = LAYER_LOWER});
}

static void norms_of_rows(Corpus *corpus, int family) {
    static const char *const blocks[] = {"dense(20) -> hard_tanh -> rmsnorm", "dense(20) -> rmsnorm -> relu",
                                         "dense(20, init=normal(std=1)) -> layernorm -> softsign",
                                         "dense(20, init=normal(std=0.01)) -> layernorm -> elu"};
    static const int depths[] = {4, 14, 40};
    for (size_t b = 0; b < COUNT(blocks); b++) {
        for (size_t d = 0; d < COUNT(depths); d++) {
            add_normed(corpus, family, blocks[b], depths[d], b % 2 ? &digits : &circles, (b + d) % 2,
                       BIT(EXPLODING_GRADIENT) | BIT(VANISHING_GRADIENT));
        }
    }
}

static void norms_of_batches(Corpus *corpus, int family) {
    static const char *const blocks[] = {"dense(20) -> leaky_relu(0.2) -> batchnorm", "dense(20) -> batchnorm -> mish",
                                         "dense(20, init=normal(std=2)) -> batchnorm -> hard_tanh"};
    static const int depths[] = {5, 20, 40}, convs[] = {3, 7, 14};
    uint32_t causes = BIT(NORM_EXPLOSION) | BIT(EXPLODING_GRADIENT);
    for (size_t b = 0; b < COUNT(blocks); b++) {
        for (size_t d = 0; d < COUNT(depths); d++) {
            add_normed(corpus, family, blocks[b], depths[d], b % 2 ? &arms : &wine, (b + d) % 2, causes);
        }
    }
    for (size_t d = 0; d < COUNT(convs); d++) {
        const char *body = STEM "repeat(%d) { %s }\n    flatten";
        add_pair(corpus, family,
                 (Pair){.name = text_of(corpus, "%d x conv -> batchnorm -> relu", convs[d]),
                        .task = &digits,
                        .body = text_of(corpus, body, convs[d], "conv(8, 3) -> batchnorm -> relu"),
                        .twin_body = text_of(corpus, body, convs[d], "residual(scale=0.3) { conv(8, 3) -> relu }"),
                        .settings = "epochs = 12; optimizer = adamw(lr=0.003)",
                        .trouble = BY_WEIGHTS,
                        .causes = causes,
                        .layer = LAYER_LOWER});
    }
}

const Family more_weight_families[MORE_WEIGHT_FAMILIES] = {
    {'A', "funnels, gelu, silu, mish", funnels},
    {'A', "gains of initialisers", gains},
    {'A', "first weights by default", by_default},
    {'A', "deep convs", deep_convs},
    {'B', "a layer off the scale", off_scale},
    {'B', "a layer out of range", out_of_range},
    {'B', "a bad conv", bad_convs},
    {'B', "symmetric weights", symmetric},
    {'C', "norms of rows", norms_of_rows},
    {'C', "norms of batches", norms_of_batches},
};
