/* Remedies by forecast: which edits of the table help a built net, alone or together, and what an edit makes of it. */
#include "nets.h"

static PlumbNet *with_edit(Kit *kit, const PlumbNet *net, PlumbEditName name) {
    PlumbNet *variant = plumb_net_variant(net, plumb_edit(name), &kit->error);
    if (!variant) {
        fail_msg("%s: %s", plumb_edit(name)->text, kit->error.what);
    }
    return variant;
}

static void assert_call(const PlumbNet *net, const char *node, const char *expected) {
    int at = plumb_net_find(net, node);
    char *text = at < 0 ? NULL : plumb_call_text(plumb_net_node(net, at)->call);
    if (!text || strcmp(text, expected) != 0) {
        fail_msg("%s is %s, expected %s", node, text ? text : "nowhere", expected);
    }
    free(text);
}

static const struct Change {
    const char *net;
    PlumbEditName edit;
    const char *node, *expected;
} changes[] = {
    {"input(4) -> a: dense(5, bias_init=constant(-9)) -> relu -> dense(2)", PLUMB_EDIT_BIAS, "a",
     "dense(5, bias_init=zeros)"},
    {"input(4) -> a: dense(5) -> relu -> dense(2)", PLUMB_EDIT_BIAS, "a", "dense(5)"},
    {"input(4) -> a: dense(5, init=normal(0.3)) -> relu -> dense(2)", PLUMB_EDIT_INIT_AUTO, "a", "dense(5, init=auto)"},
    {"input(4) -> a: dense(5) -> b: sigmoid -> dense(2)", PLUMB_EDIT_RELU, "b", "relu"},
    {"input(6, 4) -> a: lstm(5, forget_bias=-2) -> last -> dense(2)", PLUMB_EDIT_FORGET, "a", "lstm(5, forget_bias=3)"},
    {"input(6, 4) -> a: gru(5) -> last -> dense(2)", PLUMB_EDIT_UPDATE, "a", "gru(5, update_bias=3)"},
    {"input(6, 4) -> a: gru(5) -> last -> dense(2)", PLUMB_EDIT_FORGET, "a", "gru(5)"},
    {"input(4) -> dense(5) -> a: dropout(0.9) -> dense(2)", PLUMB_EDIT_DROPOUT, "a", "dropout(p=0.1)"},
    {"input(4) -> dense(5) -> a: dropout(0.4) -> dense(2)", PLUMB_EDIT_DROPOUT, "a", "dropout(p=0.4)"},
    {"input(4) -> dense(5) -> dense(2)", PLUMB_EDIT_INPUTS, "input.norm", "batchnorm"},
};

static void an_edit_changes_what_it_is_about(void **state) {
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        PlumbNet *net = net_of(*state, changes[i].net), *variant = with_edit(*state, net, changes[i].edit);
        assert_call(variant, changes[i].node, changes[i].expected);
        plumb_net_free(variant);
        plumb_net_free(net);
    }
}

static void what_only_the_source_can_say_is_refused(void **state) {
    static const PlumbEditName names[] = {PLUMB_EDIT_LINK, PLUMB_EDIT_CARRY, PLUMB_EDIT_GRU, PLUMB_EDIT_OUTPUT};
    PlumbNet *net = net_of(*state, "input(4) -> dense(5) -> dense(2)");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        PlumbError error = {0};
        assert_null(plumb_net_variant(net, plumb_edit(names[i]), &error));
        assert_says(&error, plumb_edit(names[i])->text);
    }
    plumb_net_free(net);
}

static char *repeated(Kit *kit, const char *stages, int times) {
    size_t size = strlen(stages) * (size_t)times + 64;
    char *text = kit_alloc(kit, size);
    strcpy(text, "input(64)");
    for (int i = 0; i < times; i++) {
        strcat(text, stages);
    }
    return strcat(text, " -> dense(10)");
}

/* Of each kind one: an activation, a norm. */
static void single_edits_of_several_kinds_come_first(void **state) {
    PlumbNet *net = net_of(*state, repeated(*state, " -> dense(64) -> sigmoid", 16));
    PlumbRemedy remedy[PLUMB_REMEDIES_MAX];
    int count = plumb_remedies(net, NULL, NULL, remedy);
    assert_true(count >= 2);
    assert_string_equal(remedy[0].text, "act=relu, init=he");
    assert_true(!strncmp(remedy[1].text, "norm=", 5));
    plumb_net_free(net);
}

/* Biases that shut every unit, and weights that are far too small: each alone leaves the other. */
static void where_no_single_edit_helps_two_may(void **state) {
    PlumbNet *net =
        net_of(*state, repeated(*state, " -> dense(64, init=normal(0.001), bias_init=constant(-8)) -> relu", 10));
    PlumbRemedy remedy[PLUMB_REMEDIES_MAX];
    int count = plumb_remedies(net, NULL, NULL, remedy);
    assert_int_equal(count, 1);
    if (strcmp(remedy[0].text, "bias_init=zeros, init=he") != 0) {
        fail_msg("%s", remedy[0].text);
    }
    plumb_net_free(net);
}

/* A healthy net with any edit that changes nothing is as healthy: that is no remedy. */
static void what_changes_nothing_is_no_remedy(void **state) {
    PlumbNet *net =
        net_of(*state, "input(64) -> dense(64, init=he) -> relu -> dense(64, init=he) -> relu -> dense(9, init=he)");
    PlumbRemedy remedy[PLUMB_REMEDIES_MAX];
    int count = plumb_remedies(net, NULL, NULL, remedy);
    for (int i = 0; i < count; i++) {
        if (!strcmp(remedy[i].text, "bias_init=zeros") || !strcmp(remedy[i].text, "init=he") ||
            !strcmp(remedy[i].text, "layers=1")) {
            fail_msg("%s changes nothing", remedy[i].text);
        }
    }
    plumb_net_free(net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(an_edit_changes_what_it_is_about),         kit_test(what_only_the_source_can_say_is_refused),
        kit_test(single_edits_of_several_kinds_come_first), kit_test(where_no_single_edit_helps_two_may),
        kit_test(what_changes_nothing_is_no_remedy),
    };
    return cmocka_run_group_tests_name("remedies", tests, NULL, NULL);
}
