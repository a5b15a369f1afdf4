/* Edits of a net's source: each kind, wherever the language lets it stand, gives the text that is expected, which
 * builds. */
#include "given.h"
#include "interp/repair/draft.h"
#include <stdio.h>
#include <stdlib.h>

typedef struct Bench {
    Session *session;
    FILE *nowhere;
    Draft *draft;
} Bench;

/* Runs the script, whose net n is to be edited. */
static void open_bench(Bench *bench, const char *script) {
    static const Options options = {.quiet = true, .seed = 1, .threads = 1, .shards = 1, .width = 80};
    bench->nowhere = fopen("/dev/null", "w");
    assert_non_null(bench->nowhere);
    bench->session = session_new(&options, bench->nowhere, stderr);
    assert_non_null(bench->session);
    assert_int_equal(session_run(bench->session, "case", script, strlen(script)), 0);
    Value *net = scope_find(bench->session->global, "n");
    assert_non_null(net);
    bench->draft = draft_of(bench->session, net->net);
    assert_non_null(bench->draft);
}

static void close_bench(Bench *bench) {
    draft_free(bench->draft);
    session_free(bench->session);
    fclose(bench->nowhere);
}

static void assert_becomes(const char *script, const PlumbEdit *to, const char *expected) {
    Bench bench;
    open_bench(&bench, script);
    if (!draft_rewrite(bench.draft, to)) {
        fail_msg("nothing changes in\n%s\nexpected\n%s", script, expected);
    }
    char *text = draft_text(bench.draft, "m", false);
    if (!text || strcmp(text, expected) != 0) {
        fail_msg("\n%s\nbecomes\n%s\nexpected\n%s", script, text ? text : "no text", expected);
    }
    Value *built = draft_build(bench.session, text);
    assert_non_null(built);
    value_drop(built);
    free(text);
    close_bench(&bench);
}

static void assert_stays(const char *script, const PlumbEdit *to) {
    Bench bench;
    open_bench(&bench, script);
    if (draft_rewrite(bench.draft, to)) {
        char *text = draft_text(bench.draft, "m", true);
        fail_msg("\n%s\nbecomes\n%s\nand was to stay", script, text ? text : "no text");
    }
    close_bench(&bench);
}

/* ---- biases, dropout --------------------------------------------------------------------------------------------- */

static void first_biases_become_zeros_where_they_are_given(void **state) {
    (void)state;
    const PlumbEdit to = {.bias = "zeros"};
    assert_becomes("net n { input(2) -> dense(4, bias_init=constant(-5)) -> relu -> dense(2) }", &to,
                   "net m { input(2) -> dense(4, bias_init=zeros) -> relu -> dense(2) }");
    assert_becomes("net n {\ninput(2)\nbias_init = ones\ndense(4)\n}", &to,
                   "net m {\n    input(2)\n    bias_init = zeros\n    dense(4)\n}");
    assert_becomes("net n(b=constant(3)) { input(2) -> dense(4, bias_init=b) }", &to, "net m = n(b=zeros)");
    assert_stays("net n { input(2) -> dense(4, init=he) -> dense(2, bias_init=zeros) }", &to);
}

static void dropout_of_more_than_half_is_lowered(void **state) {
    (void)state;
    const PlumbEdit to = {.dropout = 0.1};
    assert_becomes("net n { input(2) -> dense(4) -> dropout(0.8) -> dense(4) -> dropout(0.3) -> dense(2) }", &to,
                   "net m { input(2) -> dense(4) -> dropout(0.1) -> dense(4) -> dropout(0.3) -> dense(2) }");
    assert_becomes("net n(p=0.9) { input(2) -> dense(4) -> dropout(p=p) -> dense(2) }", &to, "net m = n(p=0.1)");
    assert_stays("net n { input(2) -> dense(4) -> dropout(0.5) -> dense(2) }", &to);
}

/* ---- recurrent layers -------------------------------------------------------------------------------------------- */

static void gates_open_and_the_rest_of_the_call_stays(void **state) {
    (void)state;
    assert_becomes("net n { input(9, 2) -> lstm(4, -3, layers=2, return=last) }", &(PlumbEdit){.open = "lstm"},
                   "net m { input(9, 2) -> lstm(4, layers=2, return=last, forget_bias=3) }");
    assert_becomes("net n { input(9, 2) -> gru(4, update_bias=-3) }", &(PlumbEdit){.open = "gru"},
                   "net m { input(9, 2) -> gru(4, update_bias=3) }");
    assert_becomes("net n(cell=lstm(4)) { input(9, 2) -> cell -> last }", &(PlumbEdit){.open = "lstm"},
                   "net m = n(cell=lstm(4, forget_bias=3))");
    assert_stays("net n { input(9, 2) -> gru(4) }", &(PlumbEdit){.open = "lstm"});
    assert_stays("net n { input(9, 2) -> lstm(4, forget_bias=3) }", &(PlumbEdit){.open = "lstm"});
}

/* Weights and an activation that were drawn for a plain cell make no sense in one with gates. */
static void a_cell_is_replaced_without_what_belongs_to_the_old_one(void **state) {
    (void)state;
    assert_becomes("net n { input(9, 2) -> rnn(4, relu, recurrent_init=orthogonal(gain=2), return=last) }",
                   &(PlumbEdit){.cell = "lstm"}, "net m { input(9, 2) -> lstm(4, return=last, forget_bias=3) }");
    assert_becomes("net n { input(9, 2) -> bidirectional { rnn(4, layers=2) } -> last }", &(PlumbEdit){.cell = "gru"},
                   "net m { input(9, 2) -> bidirectional { gru(4, layers=2, update_bias=3) } -> last }");
    assert_becomes("net n { input(9, 2) -> gru(4, update_bias=-3) }", &(PlumbEdit){.cell = "lstm"},
                   "net m { input(9, 2) -> lstm(4, forget_bias=3) }");
    assert_becomes("net n { input(9, 2) -> lstm(4, -3, layers=2, return=last) }", &(PlumbEdit){.cell = "gru"},
                   "net m { input(9, 2) -> gru(4, layers=2, return=last, update_bias=3) }");
    assert_stays("net n { input(9, 2) -> gru(4) }", &(PlumbEdit){.cell = "gru"});
}

/* In place of gates, and of a cell of its own kind whose weights or activation were chosen otherwise. */
static void a_rectified_cell_draws_its_weights_anew(void **state) {
    (void)state;
    const PlumbEdit to = {.cell = "rnn"};
    assert_becomes("net n { input(9, 2) -> gru(4, update_bias=3, return=last) }", &to,
                   "net m { input(9, 2) -> rnn(4, return=last, act=relu) }");
    assert_becomes("net n { input(9, 2) -> rnn(4, recurrent_init=uniform(2)) }", &to,
                   "net m { input(9, 2) -> rnn(4, act=relu) }");
    assert_stays("net n { input(9, 2) -> rnn(4, act=relu) }", &to);
}

static void stacked_cells_become_one(void **state) {
    (void)state;
    const PlumbEdit to = {.single = true};
    assert_becomes("net n { input(9, 2) -> gru(4, layers=3, return=last) }", &to,
                   "net m { input(9, 2) -> gru(4, return=last) }");
    assert_stays("net n { input(9, 2) -> gru(4) -> last }", &to);
}

/* A default for all layers goes with its statement: `auto` is no value. */
static void initialisers_are_left_to_the_layers(void **state) {
    (void)state;
    const PlumbEdit to = {.init = "auto"};
    assert_becomes("net n { input(2); init = uniform(3); dense(4) -> relu; dense(2) }", &to,
                   "net m { input(2); dense(4) -> relu; dense(2) }");
    assert_becomes("net n { input(2) -> dense(4, init=uniform(3)) -> relu -> dense(2) }", &to,
                   "net m { input(2) -> dense(4, init=auto) -> relu -> dense(2) }");
    assert_stays("net n { input(2) -> dense(4) -> relu -> dense(2) }", &to);
}

/* ---- links ------------------------------------------------------------------------------------------------------- */

static void a_repeated_body_gets_a_link(void **state) {
    (void)state;
    assert_becomes(
        "net n(depth=9) { input(4) -> repeat(depth) { dense(4) -> tanh } -> dense(2) }", &(PlumbEdit){.link = true},
        "net m(depth=9) {\n"
        "    input(4) -> repeat(depth) { residual(scale=1 / sqrt(depth)) { dense(4) -> tanh } } -> dense(2)\n}");
    assert_becomes(
        "net n { input(2) -> repeat(3) { dense(4) -> tanh } }", &(PlumbEdit){.link = true, .project = true},
        "net m { input(2) -> repeat(3) { residual(scale=1 / sqrt(3), project=true) { dense(4) -> tanh } } }");
    assert_stays("net n { input(2) -> dense(4) -> tanh -> dense(2) }", &(PlumbEdit){.link = true});
    assert_stays("net n { input(4) -> repeat(3) { highway { dense(4) -> tanh } } }", &(PlumbEdit){.link = true});
}

static void links_that_are_there_are_scaled_by_their_number(void **state) {
    (void)state;
    const PlumbEdit to = {.link = true};
    assert_becomes("net n { input(4) -> repeat(16) { residual { dense(4) -> relu } } }", &to,
                   "net m { input(4) -> repeat(16) { residual(scale=1 / sqrt(16)) { dense(4) -> relu } } }");
    assert_becomes("net n { input(4) -> repeat(16) { residual(drop=0.1, scale=2) { dense(4) } } }", &to,
                   "net m { input(4) -> repeat(16) { residual(drop=0.1, scale=1 / sqrt(16)) { dense(4) } } }");
    assert_becomes("net n { input(4) -> residual { dense(4) } -> residual { dense(4) } }", &to,
                   "net m {\n    input(4) -> residual(scale=1 / sqrt(2)) { dense(4) } -> residual(scale=1 / sqrt(2)) {"
                   " dense(4) }\n}");
    assert_stays("net n { input(4) -> residual { dense(4) } -> dense(2) }", &to);
}

static void branches_may_begin_at_nothing(void **state) {
    (void)state;
    const PlumbEdit to = {.link = true, .scale = "learned(0)"};
    assert_becomes("net n { input(4) -> repeat(16) { residual(scale=8) { dense(4) -> relu } } }", &to,
                   "net m { input(4) -> repeat(16) { residual(scale=learned(0)) { dense(4) -> relu } } }");
    assert_becomes("net n { input(4) -> repeat(9) { dense(4) -> tanh } }", &to,
                   "net m { input(4) -> repeat(9) { residual(scale=learned(0)) { dense(4) -> tanh } } }");
}

/* Side by side is not back: only what joins a label is a link already. */
static void branches_side_by_side_are_no_link(void **state) {
    (void)state;
    const PlumbEdit to = {.link = true};
    assert_becomes(
        "net n { input(8) -> repeat(4) { concat { dense(4) -> relu } { dense(4) } } }", &to,
        "net m {\n    input(8) -> repeat(4) {\n        residual(scale=1 / sqrt(4)) { concat { dense(4) -> relu } {"
        " dense(4) } }\n    }\n}");
    assert_stays("net n { input(8) -> repeat(4) { h: dense(8); dense(8) -> relu -> add(h) } }", &to);
}

static void gates_get_a_link_around_them(void **state) {
    (void)state;
    assert_becomes("net n { input(4) -> repeat(3) { multiply { dense(4) } { dense(4) -> sigmoid } } }",
                   &(PlumbEdit){.link = true},
                   "net m {\n    input(4) -> repeat(3) {\n        residual(scale=1 / sqrt(3)) {"
                   " multiply { dense(4) } { dense(4) -> sigmoid } }\n    }\n}");
}

static void highways_carry_unless_they_do_already(void **state) {
    (void)state;
    const PlumbEdit to = {.carry = true};
    assert_becomes("net n { input(4) -> repeat(3) { highway(bias=8) { dense(4) -> tanh } } }", &to,
                   "net m { input(4) -> repeat(3) { highway(bias=-3) { dense(4) -> tanh } } }");
    assert_becomes("net n { input(4) -> highway { dense(4) } -> highway(2) { dense(4) } }", &to,
                   "net m { input(4) -> highway(bias=-3) { dense(4) } -> highway(bias=-3) { dense(4) } }");
    assert_becomes("net n(b=1) { input(4) -> highway(bias=b) { dense(4) } }", &to,
                   "net m { input(4) -> highway(bias=-3) { dense(4) } }");
    assert_stays("net n { input(4) -> highway(bias=-5) { dense(4) } -> dense(2) }", &to);
}

/* ---- nets that are used ------------------------------------------------------------------------------------------ */

#define BLOCK "net block(act=sigmoid, width=4) { dense(width) -> act }\n"

static void a_used_net_is_declared_again_where_it_is_used(void **state) {
    (void)state;
    const PlumbEdit to = {.act = "relu", .init = "he"};
    assert_becomes(BLOCK "net n { input(2) -> repeat(3) { block } -> dense(2) }", &to,
                   "net m {\n    net block(act=relu, width=4) { dense(width) -> act }\n"
                   "    input(2) -> repeat(3) { block } -> dense(2)\n}");
    assert_becomes(BLOCK "net n { input(2) -> block(act=tanh) -> dense(2) }", &to,
                   "net m {\n    net block(act=relu, width=4) { dense(width) -> act }\n"
                   "    input(2) -> block(act=relu) -> dense(2)\n}");
    assert_becomes(BLOCK "net two { block -> block }\nnet n { input(2) -> two -> dense(2) }", &to,
                   "net m {\n    net two { net block(act=relu, width=4) { dense(width) -> act }; block -> block }\n"
                   "    input(2) -> two -> dense(2)\n}");
    assert_becomes("net n {\nnet inner { dense(4) -> tanh }\ninput(2) -> inner -> dense(2)\n}", &to,
                   "net m {\n    net inner { dense(4) -> relu }\n    input(2) -> inner -> dense(2)\n}");
}

static void a_net_that_a_parameter_stands_for_is_used_by_its_name(void **state) {
    (void)state;
    assert_becomes("net unit { dense(4) -> tanh }\nnet n(body=unit, width=3) { input(width) -> body -> dense(2) }",
                   &(PlumbEdit){.act = "relu"},
                   "net m(width=3) { net unit { dense(4) -> relu }; input(width) -> unit -> dense(2) }");
    assert_stays("net unit { dense(4) }\nnet n(body=unit) { input(3) -> body -> dense(2) }",
                 &(PlumbEdit){.act = "relu"});
}

/* By argument where that is enough, else as the call of a net that is declared again. */
static void a_call_that_a_parameter_stands_for_is_edited(void **state) {
    (void)state;
    const char *const relu = "net unit(act=relu) { dense(4) -> act }\n"
                             "net n(body=unit(act=tanh), width=3) { input(width) -> body -> dense(2) }";
    assert_becomes(relu, &(PlumbEdit){.act = "relu"}, "net m = n(body=unit(act=relu))");
    assert_becomes(BLOCK "net n(body=block(act=tanh)) { input(3) -> body -> dense(2) }",
                   &(PlumbEdit){.norm = "layernorm"},
                   "net m {\n    net block(act=sigmoid, width=4) { dense(width) -> layernorm -> act }\n"
                   "    input(3) -> block(act=tanh) -> dense(2)\n}");
    assert_stays("net unit(n=4) { dense(n) }\nnet n(body=unit(n=5)) { input(3) -> body -> dense(2) }",
                 &(PlumbEdit){.act = "relu"});
}

static void a_link_in_a_used_net_is_scaled_by_how_often_it_is_used(void **state) {
    (void)state;
    assert_becomes("net unit { residual { dense(4) -> relu } }\nnet n { input(4) -> repeat(8) { unit } }",
                   &(PlumbEdit){.link = true},
                   "net m {\n    net unit { residual(scale=1 / sqrt(8)) { dense(4) -> relu } }\n"
                   "    input(4) -> repeat(8) { unit }\n}");
}

/* A second edit finds the declarations where the first has put them. */
static void edits_of_used_nets_add_up(void **state) {
    (void)state;
    Bench bench;
    open_bench(&bench, BLOCK "net end { dense(4) -> tanh }\nnet n { input(2) -> block -> end -> dense(2) }");
    assert_true(draft_rewrite(bench.draft, &(PlumbEdit){.act = "relu"}));
    assert_true(draft_rewrite(bench.draft, &(PlumbEdit){.norm = "layernorm"}));
    char *text = draft_text(bench.draft, "m", false);
    assert_string_equal(text, "net m {\n    net end { dense(4) -> layernorm -> relu }\n"
                              "    net block(act=relu, width=4) { dense(width) -> layernorm -> act }\n"
                              "    input(2) -> block -> end -> dense(2)\n}");
    free(text);
    close_bench(&bench);
}

/* A label hides a net of the same name; what has nothing to edit is not written again. */
static void what_is_no_used_net_is_left_alone(void **state) {
    (void)state;
    const PlumbEdit to = {.act = "relu"};
    assert_becomes("net h { dense(4) -> tanh }\nnet n {\ninput(4)\nh: dense(4) -> tanh\ndense(4)\nadd(h)\n}", &to,
                   "net m {\n    input(4)\n    h: dense(4) -> relu\n    dense(4)\n    add(h)\n}");
    assert_stays(BLOCK "net plain { dense(4) }\nnet n { input(2) -> plain -> dense(2) }", &to);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(first_biases_become_zeros_where_they_are_given),
                                       cmocka_unit_test(dropout_of_more_than_half_is_lowered),
                                       cmocka_unit_test(gates_open_and_the_rest_of_the_call_stays),
                                       cmocka_unit_test(a_cell_is_replaced_without_what_belongs_to_the_old_one),
                                       cmocka_unit_test(a_rectified_cell_draws_its_weights_anew),
                                       cmocka_unit_test(stacked_cells_become_one),
                                       cmocka_unit_test(initialisers_are_left_to_the_layers),
                                       cmocka_unit_test(branches_may_begin_at_nothing),
                                       cmocka_unit_test(branches_side_by_side_are_no_link),
                                       cmocka_unit_test(a_repeated_body_gets_a_link),
                                       cmocka_unit_test(links_that_are_there_are_scaled_by_their_number),
                                       cmocka_unit_test(gates_get_a_link_around_them),
                                       cmocka_unit_test(highways_carry_unless_they_do_already),
                                       cmocka_unit_test(a_used_net_is_declared_again_where_it_is_used),
                                       cmocka_unit_test(a_net_that_a_parameter_stands_for_is_used_by_its_name),
                                       cmocka_unit_test(a_call_that_a_parameter_stands_for_is_edited),
                                       cmocka_unit_test(a_link_in_a_used_net_is_scaled_by_how_often_it_is_used),
                                       cmocka_unit_test(edits_of_used_nets_add_up),
                                       cmocka_unit_test(what_is_no_used_net_is_left_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
