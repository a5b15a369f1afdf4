/* Backward against finite differences: every layer in every place, every loss, links, shared weights, dropout, shards.
 */
#include "gradients.h"
#include "layer_cases.h"

/* ---- layers ------------------------------------------------------------------------------------------------------ */

/* What a layer stands in: alone behind the weights that make its input, or in a small net. A row's input has as many
 * features as the batch has rows, so that no error of an input's gradient can hide from the weights before it. */
static const struct Place {
    const char *name, *before, *after;
    int where;
} places[] = {
    {"alone, behind a dense layer", "input(7) -> a: dense(6) -> b: dense(6) -> ", "", ON_ROWS},
    {"alone, nothing fused", "input(7) -> a: dense(6) -> b: rmsnorm -> ", "", ON_ROWS},
    {"between dense layers", "input(7) -> a: dense(6) -> b: tanh -> dense(6) -> ", " -> dense(3)", ON_ROWS},
    {"read twice", "input(7) -> a: dense(6) -> b: tanh -> c: ", " -> d: tanh -> concat & c & c -> dense(3)", ON_ROWS},
    {"over time", "input(3, 4) -> a: dense(6) -> b: tanh -> dense(6) -> ", " -> flatten -> dense(3)", ON_TIME},
    {"on images", "input(4, 3, 2) -> a: prelu -> b: batchnorm -> ", " -> flatten -> dense(3)", ON_IMAGES},
    {"twice, with one set of weights", "input(6) -> a: dense(6) -> b: tanh -> s: ", " -> %s = s -> dense(3)", ON_ROWS},
    {"of indices, all 0", "input(6) -> a: identity -> b: scale(0, learned=false) -> ", " -> flatten -> dense(3)",
     ON_INDICES},
    {"behind the input", "input(6) -> a: identity -> b: scale -> ", " -> flatten -> dense(3)", ON_ROWS},
};

static const char *text_of(Kit *kit, const struct Place *place, const char *stage) {
    char *text = kit_alloc(kit, 512), after[256];
    snprintf(after, sizeof after, place->after, stage);
    snprintf(text, 512, "%s%s%s", place->before, stage, after);
    return text;
}

/* The second use must fit the first's weights: a layer that changes the width does not. */
static bool keeps_shape(const char *stage) {
    return strncmp(stage, "concat", 6) && strncmp(stage, "flatten", 7) && strcmp(stage, "glu") &&
           strncmp(stage, "reshape", 7);
}

static void compare_case(Kit *kit, const LayerCase *row) {
    static const int shards[] = {1, 3};
    Compared compared = {0};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (!(row->where & places[i].where) || (strchr(places[i].after, '%') && !keeps_shape(row->stage))) {
            continue;
        }
        for (size_t s = 0; s < sizeof shards / sizeof *shards; s++) {
            Trial trial = {
                .net = text_of(kit, &places[i], row->stage), .loss = "mse", .shards = shards[s], .seed = 1 + s};
            assert_gradients(kit, trial, &compared);
        }
    }
    if (!row->where) {
        Trial trial = {.net = text_of(kit, &(struct Place){"", "", " -> dense(3)", 0}, row->stage), .loss = "mse"};
        assert_gradients(kit, trial, &compared);
    }
    if (compared.kinks * (row->kinks ? 200 : 1000) > compared.weights || !compared.weights) {
        fail_msg("%s: of %lld weights %lld stand at a kink", row->stage, (long long)compared.weights,
                 (long long)compared.kinks);
    }
}

static void backward_of_every_layer_is_the_slope_of_the_loss(void **state) {
    for (int i = 0; i < LAYER_CASES; i++) {
        compare_case(*state, &layer_cases[i]);
    }
}

/* ---- is everything of the registry in the tables? ---------------------------------------------------------------- */

static const PlumbCall *case_call(Kit *kit, const char *text) {
    Stage stage;
    read_stage(text, &stage);
    return call_of(kit, stage.call);
}

/* Is there a row of `entry`, and one that gives its argument `arg` (negative: none is asked for)? */
static bool has_case(Kit *kit, const PlumbEntry *entry, int arg) {
    for (int i = 0; i < LAYER_CASES; i++) {
        const PlumbCall *call = case_call(kit, layer_cases[i].stage);
        if (call->entry == entry && (arg < 0 || call->given[arg])) {
            return true;
        }
    }
    return false;
}

/* First values change no formula. */
static bool changes_mathematics(const PlumbArg *arg) {
    return !(arg->accepts & PLUMB_A_CALL && arg->kinds == PLUMB_INIT);
}

static void every_layer_and_argument_has_a_case(void **state) {
    const PlumbEntry *entry;
    for (int i = 0; (entry = plumb_entry_at(i)); i++) {
        if (!(entry->kind & (PLUMB_LAYER | PLUMB_ACTIVATION))) {
            continue;
        }
        if (!has_case(*state, entry, -1)) {
            fail_msg("%s has no row in layer_cases.h", entry->name);
        }
        for (int a = 0; entry->args && entry->args[a].name; a++) {
            if (changes_mathematics(&entry->args[a]) && !has_case(*state, entry, a)) {
                fail_msg("no row of %s in layer_cases.h gives %s", entry->name, entry->args[a].name);
            }
        }
    }
}

/* ---- losses ------------------------------------------------------------------------------------------------------ */

static const struct LossCase {
    const char *loss;
    Target target;
    int outputs;
} loss_cases[] = {
    {"cross_entropy", TARGET_CLASSES, 4},
    {"cross_entropy(smoothing=0.2)", TARGET_CLASSES, 4},
    {"cross_entropy(weights=[2, 0, 0.5, 1])", TARGET_CLASSES, 4},
    {"cross_entropy(smoothing=0.2, weights=[2, 0, 0.5, 1])", TARGET_CLASSES, 4},
    {"hinge", TARGET_CLASSES, 4},
    {"hinge(margin=0.7)", TARGET_YES_NO, 1},
    {"binary_cross_entropy", TARGET_YES_NO, 1},
    {"binary_cross_entropy", TARGET_SHARES, 3},
    {"mse", TARGET_VALUES, 3},
    {"mae", TARGET_VALUES, 3},
    {"huber", TARGET_VALUES, 3},
    {"huber(delta=0.4)", TARGET_VALUES, 3},
};
enum { LOSS_CASES = sizeof loss_cases / sizeof *loss_cases };

static void every_loss_has_its_gradient(void **state) {
    Kit *kit = *state;
    Compared compared = {0};
    for (int i = 0; i < LOSS_CASES; i++) {
        const struct LossCase *row = &loss_cases[i];
        char text[128];
        snprintf(text, sizeof text, "input(7) -> dense(5) -> tanh -> dense(%d)", row->outputs);
        for (int shards = 1; shards <= 4; shards++) {
            Trial trial = {.net = text, .loss = row->loss, .target = row->target, .shards = shards, .rows = 9};
            assert_gradients(kit, trial, &compared);
        }
    }
    assert_true(compared.kinks * 100 <= compared.weights);
}

static void every_loss_has_a_case(void **state) {
    Kit *kit = *state;
    const PlumbEntry *entry;
    for (int i = 0; (entry = plumb_entry_at(i)); i++) {
        bool found = entry->kind != PLUMB_LOSS, given = !entry->args;
        for (int j = 0; j < LOSS_CASES; j++) {
            const PlumbCall *call = call_of(kit, loss_cases[j].loss);
            found |= call->entry == entry;
            given |= call->entry == entry && call->given[0];
        }
        if (!found || (entry->kind == PLUMB_LOSS && !given)) {
            fail_msg("%s: a loss or its argument without a row", entry->name);
        }
    }
}

/* ---- links, shared weights, dropout, batches --------------------------------------------------------------------- */

static const char *const nets[] = {
    /* a node read by two, three, and twice by one */
    "input(7) -> a: dense(6) -> tanh -> dense(6) -> add & a -> dense(3)",
    "input(7) -> a: dense(6) -> tanh -> b: dense(6) -> sigmoid -> add & a & b & a -> dense(3)",
    "input(7) -> a: dense(6) -> add & a -> multiply & a -> dense(3)",
    "input(7) -> a: dense(4) -> multiply & a & a -> tanh -> concat & a & a -> dense(3)",
    /* branches, and a branch that leads nowhere */
    "input(7) -> a: dense(6) -> b: tanh -> dense(6) -> sigmoid < a -> c: multiply & b -> gelu < b -> concat & c -> "
    "dense(3)",
    "input(7) -> a: dense(6) -> tanh -> dense(5) -> relu -> silu < a -> dense(3)",
    "input(7) -> a: dense(6) -> b: dense(6) -> gelu -> mish < b -> add & b -> dense(3)",
    /* a flattened node read with and without its axes; a flattened end */
    "input(3, 4) -> a: dense(5) -> b: flatten -> tanh -> c: dense(4) -> layernorm < a -> flatten -> concat & c & b -> "
    "dense(3)",
    "input(3, 4) -> a: dense(2) -> tanh -> flatten",
    "input(3, 4) -> flatten -> flatten -> a: dense(5) -> flatten -> softsign -> add & a -> dense(3)",
    /* joins over time and on images */
    "input(3, 4) -> a: dense(5) -> b: tanh -> dense(3) -> concat & a & b -> dense(2) -> flatten -> dense(3)",
    "input(2, 3, 2) -> a: prelu -> tanh -> b: batchnorm -> concat & a & a -> flatten -> dense(3)",
    /* one set of weights for several layers, neighbours and not, with and without bias, fused and not */
    "input(6) -> w: dense(6) -> tanh -> dense(6) = w -> tanh -> dense(6) = w -> dense(3)",
    "input(6) -> w: dense(6, bias=false) -> dense(6, bias=false) = w -> relu -> dense(3)",
    "input(6) -> w: dense(6) -> n: layernorm -> r: rmsnorm -> p: prelu -> s: scale -> dense(6) = w -> layernorm = n"
    " -> rmsnorm = r -> prelu = p -> scale = s -> dense(3)",
    "input(6) -> b: batchnorm -> dense(6) -> batchnorm = b -> tanh -> batchnorm = b -> dense(3)",
    "input(6) -> w: dense(6) -> a: tanh -> dense(6) = w < a -> add & a -> dense(6) = w -> dense(3)",
    /* dropout: the same draws in every pass */
    "input(7) -> dense(6) -> dropout(0.3) -> tanh -> dropout(0.5) -> dense(3)",
    "input(7) -> a: dense(6) -> dropout(0.5) -> add & a -> batchnorm -> dense(3)",
    /* batch statistics in a row, linked, last */
    "input(7) -> dense(6) -> batchnorm -> relu -> batchnorm -> dense(5) -> batchnorm",
    "input(7) -> a: dense(6) -> b: batchnorm -> tanh -> dense(6) -> batchnorm -> add & a & b -> dense(3)",
};

static void links_shared_weights_dropout_and_batches(void **state) {
    Compared compared = {0};
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        for (int shards = 1; shards <= 4; shards++) {
            Trial trial = {.net = nets[i], .loss = "mse", .rows = 10, .shards = shards, .seed = 5};
            assert_gradients(*state, trial, &compared);
        }
    }
    assert_true(compared.kinks * 100 <= compared.weights);
}

static void threads_change_nothing(void **state) {
    Compared compared = {0};
    for (int threads = 2; threads <= 3; threads++) {
        Trial trial = {.net = "input(7) -> a: dense(6) -> batchnorm -> tanh -> dropout(0.3) -> add & a -> dense(3)",
                       .loss = "mse",
                       .shards = 4,
                       .threads = threads};
        assert_gradients(*state, trial, &compared);
    }
    assert_int_equal(compared.kinks, 0);
}

/* Layers with many weights for few rows, which shards split by outputs: one behind the other, apart, at the end, over
 * time, and with links. */
static void wide_layers_split_by_outputs(void **state) {
    static const char *const wide[] = {
        "input(300) -> dense(272) -> tanh -> dense(260) -> sigmoid -> dense(3)",
        "input(5) -> a: dense(270) -> layernorm -> b: dense(270) -> tanh -> add & a -> dense(270) -> add & b",
        "input(2, 272) -> dense(256) -> tanh -> flatten -> dense(256, bias=false) -> dense(300) -> tanh -> dense(3)",
    };
    Compared compared = {0};
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        for (int shards = 2; shards <= 4; shards++) {
            Trial trial = {.net = wide[i], .loss = "mse", .shards = shards, .threads = shards - 1, .every = 2003};
            assert_gradients(*state, trial, &compared);
        }
    }
    assert_int_equal(compared.kinks, 0);
}

static void fixed_statistics_have_their_own_gradient(void **state) {
    Compared compared = {0};
    Trial trial = {.net = "input(7) -> dense(6) -> batchnorm -> tanh -> dropout(0.5) -> dense(3)",
                   .loss = "mse",
                   .evaluating = true};
    assert_gradients(*state, trial, &compared);
    assert_int_equal(compared.kinks, 0);
}

/* Weights are shared among equals only. */
static void weights_of_another_layer_are_refused(void **state) {
    static const char *const wrong[] = {"dense(6, bias=false) = w", "dense(5) = w", "layernorm = w", "w: tanh = w",
                                        "dense(6) = n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Kit *kit = *state;
        PlumbNet *net = net_of(kit, "input(6) -> w: dense(6) -> n: layernorm -> tanh");
        Stage stage;
        read_stage(wrong[i], &stage);
        *stage.label = '\0';
        if (add_stage(kit, net, &stage) >= 0) {
            fail_msg("%s is taken", wrong[i]);
        }
        plumb_net_free(net);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(every_layer_and_argument_has_a_case),
        kit_test(backward_of_every_layer_is_the_slope_of_the_loss),
        kit_test(every_loss_has_a_case),
        kit_test(every_loss_has_its_gradient),
        kit_test(links_shared_weights_dropout_and_batches),
        kit_test(threads_change_nothing),
        kit_test(wide_layers_split_by_outputs),
        kit_test(fixed_statistics_have_their_own_gradient),
        kit_test(weights_of_another_layer_are_refused),
    };
    return cmocka_run_group_tests_name("gradients", tests, NULL, NULL);
}
