/* The first families that rules are tuned on, each a few loops over what may break a net, and over how much of it. */
#include "cases.h"
#include <stdio.h>

#define SPIRALS "spirals(samples=480, turns=0.5, test=0.25)"
#define MOONS "moons(samples=400, test=0.25)"
#define BLOBS "blobs(classes=4, features=8, spread=4, samples=480, test=0.25, scale=standard)"
#define ADAM "epochs = 40; optimizer = adam(lr=0.003)"
#define SGD "epochs = 40; optimizer = sgd(lr=0.05, momentum=0.9)"

static const Task spirals = {SPIRALS, "2", 3, 0.75}, moons = {MOONS, "2", 2, 0.93}, blobs = {BLOBS, "8", 4, 0.75};

/* What every layer of a plain deep net is. */
static const char *deep_net(Corpus *corpus, const Task *task, int depth, const char *act, const char *init) {
    char body[160];
    snprintf(body, sizeof body, "repeat(%d) { dense(24, init=%s) -> %s }", depth, init, act);
    return net_of_body(corpus, task, body);
}

/* ---- A: depth x activation x initialiser x optimizer ------------------------------------------------------------- */

typedef struct Init {
    const char *name;
    uint32_t causes; /* of what it does to a deep net */
} Init;

static void add_deep(Corpus *corpus, int family, const char *act, const Init *init, int inits, uint32_t causes) {
    static const int depths[] = {3, 8, 14, 22};
    for (size_t d = 0; d < COUNT(depths); d++) {
        for (int i = 0; i < inits; i++) {
            for (int adam = 0; adam < 2; adam++) {
                const Task *task = (d + (size_t)i) % 2 ? &blobs : &spirals;
                add_case(corpus, (Case){.family = family,
                                        .name = text_of(corpus, "%d %s, init %s, %s", depths[d], act, init[i].name,
                                                        adam ? "adam" : "sgd"),
                                        .own = {deep_net(corpus, task, depths[d], act, init[i].name), task->data,
                                                adam ? ADAM : SGD},
                                        .twin = {deep_net(corpus, task, depths[d], "relu", "he"), task->data, ADAM},
                                        .trouble = BY_WEIGHTS,
                                        .causes = init[i].causes | causes,
                                        .layer = LAYER_LOWER,
                                        .target = task->target});
            }
        }
    }
}

static void deep_sigmoid(Corpus *corpus, int family) {
    static const Init inits[] = {
        {"xavier", 0}, {"he", 0}, {"normal(std=1.5)", BIT(SATURATED_ACTIVATION) | LARGE_WEIGHTS}};
    add_deep(corpus, family, "sigmoid", inits, COUNT(inits), BIT(VANISHING_GRADIENT));
}
static void deep_tanh(Corpus *corpus, int family) {
    static const Init inits[] = {{"xavier", 0},
                                 {"normal(std=0.03)", SMALL_WEIGHTS},
                                 {"normal(std=1)", BIT(SATURATED_ACTIVATION) | LARGE_WEIGHTS}};
    add_deep(corpus, family, "tanh", inits, COUNT(inits), 0);
}
static void deep_relu(Corpus *corpus, int family) {
    static const Init inits[] = {
        {"he", BIT(DEAD_UNITS)}, {"normal(std=0.1)", SMALL_WEIGHTS}, {"normal(std=0.6)", LARGE_WEIGHTS}};
    add_deep(corpus, family, "relu", inits, COUNT(inits), 0);
}
static void deep_others(Corpus *corpus, int family) {
    static const Init inits[] = {{"lecun", 0}, {"normal(std=0.05)", SMALL_WEIGHTS}};
    add_deep(corpus, family, "selu", inits, COUNT(inits), 0);
    add_deep(corpus, family, "softsign", inits, COUNT(inits), BIT(VANISHING_GRADIENT));
}

/* ---- B: one bad layer among good ones ---------------------------------------------------------------------------- */

static void add_bad_layer(Corpus *corpus, int family, const char *layer, const char *good, uint32_t causes) {
    const Bad bad = {layer, good, causes};
    for (int place = 0; place < 3; place++) {
        for (int adam = 0; adam < 2; adam++) {
            add_bad(corpus, family, &bad, &(Place){2 * place + 1, 6, "", ""}, place % 2 ? &moons : &spirals,
                    adam ? ADAM : SGD);
        }
    }
}

static void dead_layer(Corpus *corpus, int family) {
    static const char *const biases[] = {"-1", "-5", "-30"};
    for (size_t b = 0; b < COUNT(biases); b++) {
        char bad[96];
        snprintf(bad, sizeof bad, "dense(24, init=he, bias_init=constant(%s)) -> relu", biases[b]);
        add_bad_layer(corpus, family, bad, "dense(24, init=he) -> relu", BIT(DEAD_UNITS));
    }
}

static void saturated_layer(Corpus *corpus, int family) {
    static const char *const sizes[] = {"1", "5", "50"};
    for (size_t s = 0; s < COUNT(sizes); s++) {
        char bad[96];
        snprintf(bad, sizeof bad, "dense(24, init=normal(std=%s)) -> tanh", sizes[s]);
        add_bad_layer(corpus, family, bad, "dense(24, init=xavier) -> tanh", BIT(SATURATED_ACTIVATION));
    }
}

/* ---- B: weights that steps drive out of reach; weights that are alike -------------------------------------------- */

static void killed_by_steps(Corpus *corpus, int family) {
    static const char *const optimizers[] = {"sgd(lr=0.02, momentum=0.9)", "sgd(lr=1, momentum=0.9)", "sgd(lr=10)",
                                             "adam(lr=0.3)", "adam(lr=3)"};
    static const int depths[] = {2, 5, 8};
    for (size_t o = 0; o < COUNT(optimizers); o++) {
        for (size_t d = 0; d < COUNT(depths); d++) {
            const char *net = deep_net(corpus, &spirals, depths[d], "relu", "he");
            add_case(corpus,
                     (Case){.family = family,
                            .name = text_of(corpus, "%d relu, %s", depths[d], optimizers[o]),
                            .own = {net, SPIRALS, text_of(corpus, "epochs = 40; optimizer = %s", optimizers[o])},
                            .twin = {net, SPIRALS, ADAM},
                            .trouble = BY_STEPS,
                            .causes = BIT(LEARNING_RATE_TOO_HIGH) | BIT(DEAD_UNITS),
                            .layer = LAYER_NONE,
                            .target = spirals.target});
        }
    }
}

static void alike(Corpus *corpus, int family) {
    static const char *const inits[] = {"zeros", "constant(0.1)", "constant(1)", "normal(std=0.001)", "normal(std=10)"};
    static const char *const acts[] = {"relu", "tanh"};
    for (size_t i = 0; i < COUNT(inits); i++) {
        for (size_t a = 0; a < COUNT(acts); a++) {
            for (int adam = 0; adam < 2; adam++) {
                const Task *task = adam ? &spirals : &moons;
                add_case(corpus,
                         (Case){.family = family,
                                .name = text_of(corpus, "4 %s, init %s, %s", acts[a], inits[i], adam ? "adam" : "sgd"),
                                .own = {deep_net(corpus, task, 4, acts[a], inits[i]), task->data, adam ? ADAM : SGD},
                                .twin = {deep_net(corpus, task, 4, acts[a], "he"), task->data, adam ? ADAM : SGD},
                                .trouble = BY_WEIGHTS,
                                .causes = i < 3   ? BIT(POOR_INITIALIZATION)
                                          : i < 4 ? SMALL_WEIGHTS
                                          : a     ? BIT(SATURATED_ACTIVATION) | LARGE_WEIGHTS
                                                  : LARGE_WEIGHTS,
                                .layer = LAYER_LOWER,
                                .target = task->target});
            }
        }
    }
}

/* ---- C: norms ---------------------------------------------------------------------------------------------------- */

static void add_repeated(Corpus *corpus, int family, const char *bad, const char *good, const int *depths, int count,
                         uint32_t causes) {
    for (int d = 0; d < count; d++) {
        for (int adam = 0; adam < 2; adam++) {
            const Task *task = d % 2 ? &blobs : &spirals;
            const char *own = text_of(corpus, "dense(24)\n    repeat(%d) { %s }", depths[d], bad);
            const char *twin = text_of(corpus, "dense(24)\n    repeat(%d) { %s }", depths[d], good);
            if (own && twin) {
                add_case(corpus, (Case){.family = family,
                                        .name = text_of(corpus, "%d x %s, %s", depths[d], bad, adam ? "adam" : "sgd"),
                                        .own = {net_of_body(corpus, task, own), task->data, adam ? ADAM : SGD},
                                        .twin = {net_of_body(corpus, task, twin), task->data, ADAM},
                                        .trouble = BY_WEIGHTS,
                                        .causes = causes,
                                        .layer = LAYER_LOWER,
                                        .target = task->target});
            }
        }
    }
}

static const int norm_depths[] = {6, 16, 32, 48};
#define LINKED "residual(scale=0.2) { dense(24) -> relu }"

static void batch_norms(Corpus *corpus, int family) {
    static const char *const acts[] = {"relu", "tanh", "sigmoid"};
    for (size_t a = 0; a < COUNT(acts); a++) {
        char bad[80];
        snprintf(bad, sizeof bad, "dense(24) -> batchnorm -> %s", acts[a]);
        add_repeated(corpus, family, bad, LINKED, norm_depths, COUNT(norm_depths),
                     BIT(NORM_EXPLOSION) | BIT(EXPLODING_GRADIENT));
    }
}
static void layer_norms(Corpus *corpus, int family) {
    static const char *const acts[] = {"relu", "tanh", "sigmoid"};
    for (size_t a = 0; a < COUNT(acts); a++) {
        char bad[80];
        snprintf(bad, sizeof bad, "dense(24) -> layernorm -> %s", acts[a]);
        add_repeated(corpus, family, bad, LINKED, norm_depths, COUNT(norm_depths),
                     BIT(EXPLODING_GRADIENT) | BIT(VANISHING_GRADIENT));
    }
}

/* ---- D: links ---------------------------------------------------------------------------------------------------- */

static void links(Corpus *corpus, int family) {
    static const char *const blocks[] = {"residual { dense(24, init=he) -> relu }",
                                         "residual { dense(24, init=he) -> relu -> dense(24, init=he) }",
                                         "residual(scale=2) { dense(24) -> tanh }"};
    for (size_t b = 0; b < COUNT(blocks); b++) {
        add_repeated(corpus, family, blocks[b], LINKED, norm_depths, COUNT(norm_depths), GROWTH);
    }
}
static void mild_links(Corpus *corpus, int family) {
    static const char *const blocks[] = {
        "residual(scale=0.2) { dense(24) -> tanh }", "residual(scale=learned(0)) { dense(24) -> relu }",
        "residual { dense(24, init=normal(std=1)) -> relu }", "residual { sigmoid -> dense(24) }"};
    for (size_t b = 0; b < COUNT(blocks); b++) {
        add_repeated(corpus, family, blocks[b], LINKED, norm_depths, COUNT(norm_depths), GROWTH);
    }
}

/* ---- E: recurrent ------------------------------------------------------------------------------------------------ */

static void add_recurrent(Corpus *corpus, int family, const Part *cells, int count) {
    static const int lengths[] = {10, 30, 80};
    for (int c = 0; c < count; c++) {
        for (size_t l = 0; l < COUNT(lengths); l++) {
            const char *data = text_of(corpus, "temporal_order(%d, samples=600, test=0.25)", lengths[l]);
            const char *form = "net n {\n    input(%d, 6)\n    %s\n    dense(4)\n}";
            for (int clipped = 0; clipped < 2; clipped++) {
                const char *settings =
                    text_of(corpus, "epochs = 40; optimizer = adam(lr=0.01)%s", clipped ? "; clip = by_norm(1)" : "");
                const char *best = "epochs = 40; optimizer = adam(lr=0.01); clip = by_norm(1)";
                add_case(corpus,
                         (Case){.family = family,
                                .name = text_of(corpus, "%s over %d steps%s", cells[c].text, lengths[l],
                                                clipped ? ", clipped" : ""),
                                .own = {text_of(corpus, form, lengths[l], cells[c].text), data, settings},
                                .twin = {text_of(corpus, form, lengths[l], "lstm(16, forget_bias=3, return=last)"),
                                         data, best},
                                .trouble = BY_WEIGHTS,
                                .causes = cells[c].causes,
                                .layer = LAYER_LOWER,
                                .target = 0.8});
            }
        }
    }
}

static void recurrent_plain(Corpus *corpus, int family) {
    static const Part cells[] = {
        {"rnn(16, return=last)", FADING},
        {"rnn(16, recurrent_init=orthogonal(gain=0.5), return=last)", FADING},
        {"rnn(16, recurrent_init=orthogonal(gain=1.5), return=last)", GROWING | BIT(SATURATED_ACTIVATION) | FADING},
        {"rnn(16, act=relu, recurrent_init=orthogonal(gain=2), return=last)", GROWING}};
    add_recurrent(corpus, family, cells, COUNT(cells));
}
static void recurrent_gated(Corpus *corpus, int family) {
    static const Part cells[] = {{"lstm(16, forget_bias=-3, return=last)", FADING},
                                 {"lstm(16, return=last)", FADING},
                                 {"gru(16, return=last)", FADING},
                                 {"gru(16, update_bias=-3, return=last)", FADING}};
    add_recurrent(corpus, family, cells, COUNT(cells));
}

/* ---- F: steps ---------------------------------------------------------------------------------------------------- */

static void add_steps(Corpus *corpus, int family, const char *const *settings, int count, uint32_t causes) {
    static const char *const acts[] = {"relu", "tanh", "elu"};
    for (int s = 0; s < count; s++) {
        for (size_t a = 0; a < COUNT(acts); a++) {
            const Task *task = (s + (int)a) % 2 ? &moons : &spirals;
            const char *net = deep_net(corpus, task, 3, acts[a], "he");
            add_case(corpus, (Case){.family = family,
                                    .name = text_of(corpus, "3 %s, %s", acts[a], settings[s]),
                                    .own = {net, task->data, text_of(corpus, "epochs = 40; %s", settings[s])},
                                    .twin = {net, task->data, ADAM},
                                    .trouble = BY_STEPS,
                                    .causes = causes,
                                    .layer = LAYER_NONE,
                                    .target = task->target});
        }
    }
}

static void steps_too_large(Corpus *corpus, int family) {
    static const char *const settings[] = {"optimizer = sgd(lr=30)",    "optimizer = sgd(lr=3, momentum=0.9)",
                                           "optimizer = adam(lr=1)",    "optimizer = rmsprop(lr=0.5)",
                                           "optimizer = adam(lr=0.02)", "optimizer = sgd(lr=0.3)"};
    add_steps(corpus, family, settings, COUNT(settings),
              BIT(LEARNING_RATE_TOO_HIGH) | BIT(DIVERGING) | BIT(DEAD_UNITS));
}
static void steps_too_small(Corpus *corpus, int family) {
    static const char *const settings[] = {"optimizer = sgd(lr=1e-5)",
                                           "optimizer = adam(lr=1e-6)",
                                           "optimizer = sgd(lr=0.05, momentum=0.9); clip = by_norm(0.0001)",
                                           "optimizer = adam(lr=0.003); clip = by_norm(0.01)",
                                           "optimizer = adam(lr=0.0005)",
                                           "optimizer = sgd(lr=0.001)"};
    add_steps(corpus, family, settings, COUNT(settings),
              BIT(LEARNING_RATE_TOO_LOW) | BIT(CLIP_TOO_TIGHT) | BIT(STAGNANT_UPDATE));
}

/* ---- G: broken, but not by the gradient -------------------------------------------------------------------------- */

static void add_other(Corpus *corpus, int family, const char *why, Specimen own, Specimen twin, uint32_t causes,
                      double target) {
    add_case(corpus, (Case){.family = family,
                            .name = text_of(corpus, "%s", why),
                            .own = own,
                            .twin = twin,
                            .trouble = BY_OTHER,
                            .causes = causes,
                            .layer = LAYER_NONE,
                            .target = target});
}

/* Blobs so wide that they lie over each other are labels that nothing of the inputs tells. */
static void labels_and_epochs(Corpus *corpus, int family) {
    static const char *const acts[] = {"relu", "tanh", "elu", "silu"};
    static const int depths[] = {2, 5};
    for (size_t i = 0; i < COUNT(acts) * COUNT(depths); i++) {
        const char *act = acts[i / COUNT(depths)];
        const Specimen net = {deep_net(corpus, &blobs, depths[i % COUNT(depths)], act, "he"), BLOBS, ADAM};
        Specimen own = net;
        own.data = "blobs(classes=4, features=8, spread=3000, samples=480, test=0.25, scale=standard)";
        add_other(corpus, family, text_of(corpus, "%d %s, labels of chance", depths[i % COUNT(depths)], act), own, net,
                  0, blobs.target);
        const Specimen long_one = {deep_net(corpus, &spirals, depths[i % COUNT(depths)], act, "he"), SPIRALS, ADAM};
        own = long_one;
        own.settings = "epochs = 3; optimizer = adam(lr=0.001)";
        add_other(corpus, family, text_of(corpus, "%d %s, three epochs", depths[i % COUNT(depths)], act), own, long_one,
                  0, spirals.target);
    }
}

static void outputs_and_inputs(Corpus *corpus, int family) {
    static const char *const ends[] = {"softmax", "sigmoid", "relu", "tanh"};
    static const char *const scales[] = {"0.001", "0.01", "100", "1000"};
    for (size_t i = 0; i < COUNT(ends); i++) {
        for (int depth = 2; depth < 5; depth += 2) {
            const char *net = deep_net(corpus, &spirals, depth, "relu", "he");
            const char *own = text_of(
                corpus, "net n {\n    input(2)\n    repeat(%d) { dense(24, init=he) -> relu }\n    dense(3) -> %s\n}",
                depth, ends[i]);
            const Specimen twin = {net, SPIRALS, ADAM};
            add_other(corpus, family, text_of(corpus, "%d relu, %s behind the logits", depth, ends[i]),
                      (Specimen){own, SPIRALS, ADAM}, twin, BIT(WRONG_OUTPUT), spirals.target);
            const char *data = text_of(corpus, "spirals(samples=480, turns=0.5, test=0.25, scale=%s)", scales[i]);
            add_other(corpus, family, text_of(corpus, "%d relu, inputs divided by %s", depth, scales[i]),
                      (Specimen){net, data, SGD}, twin, BIT(BAD_DATA), spirals.target);
        }
    }
}

/* ---- H: healthy, and looks ill ----------------------------------------------------------------------------------- */

static void add_lookalike(Corpus *corpus, int family, char *name, Specimen own, double target) {
    add_case(corpus, (Case){.family = family,
                            .name = name,
                            .own = own,
                            .twin = own,
                            .trouble = BY_NOTHING,
                            .layer = LAYER_NONE,
                            .target = target});
}

/* Gradients that are small because there is nothing left to learn, units that are silent because few are asked. */
static void converged_and_sparse(Corpus *corpus, int family) {
    static const char *const easy = "blobs(classes=3, features=4, spread=0.3, samples=300, test=0.25, scale=standard)";
    static const char *const acts[] = {"relu", "tanh", "elu", "leaky_relu"};
    static const Task task = {.input = "4", .outputs = 3};
    for (size_t a = 0; a < COUNT(acts); a++) {
        for (int depth = 2; depth < 9; depth += 3) {
            const char *net = deep_net(corpus, &task, depth, acts[a], "he");
            add_lookalike(corpus, family, text_of(corpus, "%d %s, solved at once", depth, acts[a]),
                          (Specimen){net, easy, "epochs = 60; optimizer = adam(lr=0.01)"}, 0.9);
        }
        const char *body =
            text_of(corpus, "dense(64, init=he, bias_init=constant(-0.5)) -> %s\n    dense(32, init=he) -> %s", acts[a],
                    acts[a]);
        add_lookalike(corpus, family, text_of(corpus, "2 %s, sparse features", acts[a]),
                      (Specimen){body ? net_of_body(corpus, &spirals, body) : NULL, SPIRALS, ADAM}, 0.8);
    }
}

static void rescued_and_dropout(Corpus *corpus, int family) {
    static const char *const acts[] = {"relu", "tanh", "selu"};
    for (size_t a = 0; a < COUNT(acts); a++) {
        for (int depth = 4; depth < 11; depth += 3) {
            add_lookalike(corpus, family, text_of(corpus, "%d %s, small weights, rescued by adam", depth, acts[a]),
                          (Specimen){deep_net(corpus, &spirals, depth, acts[a], "normal(std=0.12)"), SPIRALS, ADAM},
                          spirals.target);
        }
        for (int tenths = 2; tenths < 8; tenths += 2) {
            char body[96];
            snprintf(body, sizeof body, "repeat(3) { dense(48, init=he) -> %s -> dropout(0.%d) }", acts[a], tenths);
            add_lookalike(corpus, family, text_of(corpus, "3 %s, dropout 0.%d", acts[a], tenths),
                          (Specimen){net_of_body(corpus, &blobs, body), BLOBS, ADAM}, 0.8);
        }
    }
}

const Family first_families[FIRST_FAMILIES] = {
    {'A', "deep, sigmoid", deep_sigmoid},
    {'A', "deep, tanh", deep_tanh},
    {'A', "deep, relu", deep_relu},
    {'A', "deep, selu and softsign", deep_others},
    {'B', "a dead layer", dead_layer},
    {'B', "a saturated layer", saturated_layer},
    {'B', "relu killed by steps", killed_by_steps},
    {'B', "alike, tiny, huge weights", alike},
    {'C', "batch norms", batch_norms},
    {'C', "layer norms", layer_norms},
    {'D', "links that add up", links},
    {'D', "links, scaled and not", mild_links},
    {'E', "rnn", recurrent_plain},
    {'E', "lstm and gru", recurrent_gated},
    {'F', "steps too large", steps_too_large},
    {'F', "steps too small, clipped", steps_too_small},
    {'G', "labels of chance, few epochs", labels_and_epochs},
    {'G', "wrong outputs, unscaled inputs", outputs_and_inputs},
    {'H', "converged, sparse", converged_and_sparse},
    {'H', "rescued by adam, dropout", rescued_and_dropout},
};
