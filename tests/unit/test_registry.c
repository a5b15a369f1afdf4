/* Every entry of the registry says what it is, and what it says holds: defaults bind, ranges contain them, names are
 * found, the sources of `help` are there. */
#include "nets.h"

typedef void (*Check)(Kit *kit, const PlumbEntry *entry);

static void for_every_entry(Kit *kit, Check check) {
    const PlumbEntry *entry;
    for (int i = 0; (entry = plumb_entry_at(i)); i++) {
        check(kit, entry);
    }
}

static bool said(const char *text) {
    return text && text[strspn(text, " ")];
}

static void assert_documented(Kit *kit, const PlumbEntry *entry) {
    (void)kit;
    const struct {
        const char *what, *text;
    } need[] = {{"name", entry->name},       {"family", entry->family}, {"summary", entry->summary},
                {"formula", entry->formula}, {"source", entry->source}, {"example", entry->example}};
    for (size_t i = 0; i < sizeof need / sizeof *need; i++) {
        if (!said(need[i].text)) {
            fail_msg("%s has no %s", entry->name ? entry->name : "an entry", need[i].what);
        }
    }
    if (!strstr(entry->example, entry->name)) {
        fail_msg("the example of %s does not show it: %s", entry->name, entry->example);
    }
    for (int a = 0; entry->args && entry->args[a].name; a++) {
        if (!said(entry->args[a].help)) {
            fail_msg("%s of %s has no help", entry->args[a].name, entry->name);
        }
    }
}

static void every_entry_is_documented(void **state) {
    for_every_entry(*state, assert_documented);
}

static void assert_kind(Kit *kit, const PlumbEntry *entry) {
    (void)kit;
    if (entry->kind & (entry->kind - 1) || !strcmp(plumb_kind_name(entry->kind), "name")) {
        fail_msg("%s is of the unnamed kind %d", entry->name, (int)entry->kind);
    }
}

static void every_entry_is_of_one_named_kind(void **state) {
    for_every_entry(*state, assert_kind);
}

/* ---- arguments --------------------------------------------------------------------------------------------------- */

static void assert_arguments(Kit *kit, const PlumbEntry *entry) {
    for (int a = 0; entry->args && entry->args[a].name; a++) {
        const PlumbArg *arg = &entry->args[a];
        char text[256];
        if (!(arg->accepts & ~(unsigned)(PLUMB_A_NONE | PLUMB_A_REST))) {
            fail_msg("%s of %s takes nothing", arg->name, entry->name);
        }
        if (!(arg->accepts & PLUMB_A_WORD) != !arg->words || !(arg->accepts & PLUMB_A_CALL) != !arg->kinds) {
            fail_msg("%s of %s: words and kinds go with what it accepts", arg->name, entry->name);
        }
        if (arg->min > arg->max || !said(plumb_arg_text(arg, text, sizeof text))) {
            fail_msg("%s of %s has an empty range", arg->name, entry->name);
        }
        for (int b = 0; b < a; b++) {
            if (!strcmp(entry->args[b].name, arg->name)) {
                fail_msg("%s has two arguments %s", entry->name, arg->name);
            }
        }
    }
    (void)kit;
}

static void every_argument_takes_something(void **state) {
    for_every_entry(*state, assert_arguments);
}

/* The default given in so many words is accepted, and is the default. */
static void assert_default(Kit *kit, const PlumbEntry *entry, const PlumbArg *arg) {
    PlumbValue value, fitted;
    if (!plumb_value_parse(kit->arena, arg, arg->fallback, &value, &kit->error)) {
        fail_msg("default %s of %s: %s", arg->name, entry->name, kit->error.what);
    }
    fitted = value;
    if (!plumb_value_fit(kit->arena, entry, arg, &fitted, &kit->error)) {
        fail_msg("default %s of %s: %s %s", arg->name, entry->name, kit->error.what, kit->error.expected);
    }
}

static void assert_defaults(Kit *kit, const PlumbEntry *entry) {
    bool complete = true;
    for (int a = 0; entry->args && entry->args[a].name; a++) {
        if (entry->args[a].fallback) {
            assert_default(kit, entry, &entry->args[a]);
        }
        complete = complete && entry->args[a].fallback;
    }
    PlumbCall *call = plumb_call(kit->arena, entry, NULL, 0, &kit->error);
    if (complete != (call != NULL)) {
        fail_msg("%s without arguments: %s", entry->name, call ? "taken, though one is required" : kit->error.what);
    }
}

static void defaults_are_values_that_the_argument_takes(void **state) {
    for_every_entry(*state, assert_defaults);
}

/* A call with all defaults is written as its bare name and reads back as itself. */
static void assert_text(Kit *kit, const PlumbEntry *entry) {
    PlumbCall *call = plumb_call(kit->arena, entry, NULL, 0, &kit->error);
    if (!call || !call->count || (entry->args && entry->args[0].accepts & PLUMB_A_REST)) {
        return;
    }
    char *text = plumb_call_text(call);
    const PlumbCall *again = try_call(kit, text);
    if (strncmp(text, entry->name, strlen(entry->name)) || strchr(text, '=') || !again || again->entry != entry) {
        fail_msg("%s with all defaults is written as %s", entry->name, text);
    }
    free(text);
}

static void a_call_of_defaults_is_written_as_its_name(void **state) {
    for_every_entry(*state, assert_text);
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

/* Every name and alias finds its own entry: no two entries share one. */
static void assert_found(Kit *kit, const PlumbEntry *entry) {
    (void)kit;
    char names[256], *next = names;
    snprintf(names, sizeof names, "%s %s", entry->name, entry->aliases ? entry->aliases : "");
    for (char *name; (name = strtok_r(next, " ", &next));) {
        if (plumb_entry_find(name) != entry) {
            fail_msg("%s is also %s", name, plumb_entry_find(name) ? plumb_entry_find(name)->name : "nothing");
        }
        if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen(name)) {
            fail_msg("%s is no name of the language", name);
        }
    }
}

static void every_name_and_alias_is_found_once(void **state) {
    for_every_entry(*state, assert_found);
    assert_null(plumb_entry_find("nosuch"));
    assert_null(plumb_entry_find(""));
    assert_null(plumb_entry_find("glorot xavier_uniform")); /* aliases are words */
    assert_null(plumb_entry_at(-1));
    assert_null(plumb_entry_at(1 << 20));
}

/* ---- layers ------------------------------------------------------------------------------------------------------ */

static void assert_complete(Kit *kit, const PlumbEntry *entry) {
    (void)kit;
    if (!(entry->kind & (PLUMB_LAYER | PLUMB_ACTIVATION))) {
        return;
    }
    const Layer *layer = (const Layer *)entry;
    if (!layer->shape || !layer->forward || !layer->backward || layer->inputs_min > layer->inputs_max ||
        layer->inputs_max > LAYER_INPUTS_MAX) {
        fail_msg("%s lacks a function or its inputs", entry->name);
    }
    if (layer->forward_phases > 4 || layer->backward_phases > 4 || (layer->view && layer->weights)) {
        fail_msg("%s has more phases than a plan takes, or is a view with weights", entry->name);
    }
    if (entry->kind == PLUMB_ACTIVATION && (layer->weights || layer->inputs_max != 1)) {
        fail_msg("%s is no function of one value", entry->name);
    }
}

static void layers_are_complete(void **state) {
    for_every_entry(*state, assert_complete);
}

/* A shape that a layer refuses, or its number of inputs: an error that says so, and a net as it was. */
static const struct {
    const char *net, *stage, *says;
} refused[] = {
    {"input(2, 3, 3)", "dense(4)", "flatten -> dense(4)"},
    {"input(4) -> a: dense(3) -> dense(5)", "add & a", "5 and 3"},
    {"input(4) -> a: dense(3) -> dense(5)", "multiply & a", "5 and 3"},
    {"input(3, 4) -> a: dense(3) -> flatten", "concat & a", "9 and 3 x 3"},
    {"input(4)", "add", "inputs"},
    {"input(4) -> a: dense(4)", "tanh & a", "inputs"},
    {"input(4)", "input(4)", "inputs"},
    {"input(40)", "dense(1000000000)", "larger than"},
    {"input(1000000000)", "dense(1000000000)", "larger than"},
};

static void a_refused_layer_leaves_the_net_as_it_was(void **state) {
    Kit *kit = *state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        PlumbNet *net = net_of(kit, refused[i].net);
        int size = plumb_net_size(net), weights = plumb_net_weight_total(net);
        int64_t parameters = net->parameter_count;
        Stage stage;
        read_stage(refused[i].stage, &stage);
        kit->error = (PlumbError){0};
        if (add_stage(kit, net, &stage) >= 0) {
            fail_msg("%s -> %s is taken", refused[i].net, refused[i].stage);
        }
        assert_says(&kit->error, refused[i].says);
        assert_int_equal(plumb_net_size(net), size);
        assert_int_equal(plumb_net_weight_total(net), weights);
        assert_int_equal(net->parameter_count, parameters);
        for (int k = 1; k < 10; k++) { /* no name of what was refused is left */
            char name[STAGE_WORD_MAX + 8];
            snprintf(name, sizeof name, "%.*s%d", (int)strcspn(stage.call, "("), stage.call, k);
            assert_true(plumb_net_find(net, name) < size);
        }
        plumb_net_free(net);
    }
}

/* Backward takes the sign of the input from the output: a falling branch would deceive it. */
static void activations_do_not_fall_below_zero(void **state) {
    assert_null(try_call(*state, "leaky_relu(slope=-0.1)"));
    assert_null(try_call(*state, "elu(alpha=-0.1)"));
    assert_non_null(try_call(*state, "leaky_relu(slope=0)"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(every_entry_is_documented),
        kit_test(every_entry_is_of_one_named_kind),
        kit_test(every_argument_takes_something),
        kit_test(defaults_are_values_that_the_argument_takes),
        kit_test(a_call_of_defaults_is_written_as_its_name),
        kit_test(every_name_and_alias_is_found_once),
        kit_test(layers_are_complete),
        kit_test(activations_do_not_fall_below_zero),
        kit_test(a_refused_layer_leaves_the_net_as_it_was),
    };
    return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
