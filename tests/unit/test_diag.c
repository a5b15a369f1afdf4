/* The printed form of diagnostics, and the nearest name. */
#include "grammar/arena.h"
#include "parsing.h"

static Span place(const Source *source, const char *part) {
    const char *at = strstr(source_text(source), part);
    assert_non_null(at);
    size_t begin = (size_t)(at - source_text(source));
    return (Span){source, begin, begin + strlen(part)};
}

static void assert_printed(Diags *diags, const char *expected) {
    char *text = printed(diags, false);
    if (strcmp(text, expected) != 0)
        fail_msg("seen:\n%sand not:\n%s", text, expected);
    free(text);
    diags_free(diags);
}

static Source *source_of(const char *name, const char *text) {
    return source_new(name, text, strlen(text));
}

static void places_are_shown_in_order_of_line(void **state) {
    (void)state;
    Source *source = source_of("deep.plumb", "net a {\n\n\n\n    h: dense(64)\n    dense(32) -> relu\n    add(h)\n"
                                             "}\n    dense(10, activtion=relu)\n");
    Diags *diags = diags_new();
    Diag *diag = diags_add(diags, DIAG_ERROR, place(source, "add(h)"), "this skip joins two different widths");
    diag_label(diag, "joined here: %d features arrive", 32);
    diag_place(diag, place(source, "dense(64)"), "tapped here: 64 features");
    diag_note(diag, "in repetition 1 of repeat(20) at 4:5");
    diag = diags_add(diags, DIAG_ERROR, place(source, "activtion"), "dense has no argument `activtion`");
    diag_label(diag, "did you mean to write  dense(10) -> relu ?");
    assert_printed(diags, "deep.plumb:7:5: error: this skip joins two different widths\n"
                          "  5 |     h: dense(64)\n"
                          "    |        ^^^^^^^^^ tapped here: 64 features\n"
                          "  6 |     dense(32) -> relu\n"
                          "  7 |     add(h)\n"
                          "    |     ^^^^^^ joined here: 32 features arrive\n"
                          "    = in repetition 1 of repeat(20) at 4:5\n"
                          "deep.plumb:9:15: error: dense has no argument `activtion`\n"
                          "  9 |     dense(10, activtion=relu)\n"
                          "    |               ^^^^^^^^^ did you mean to write  dense(10) -> relu ?\n"
                          "2 errors\n");
    source_free(source);
}

static void columns_count_characters_and_tabs_are_kept(void **state) {
    (void)state;
    Source *source = source_of("t", "\tx = \"\xc3\xa9\xe2\x82\xac\" + y\r\n");
    Diags *diags = diags_new();
    diags_add(diags, DIAG_WARNING, place(source, "y"), "here");
    assert_printed(diags, "t:1:13: warning: here\n"
                          "  1 | \tx = \"\xc3\xa9\xe2\x82\xac\" + y\n"
                          "    | \t           ^\n");
    source_free(source);
}

static void a_long_line_is_cut_around_the_place(void **state) {
    (void)state;
    Text text = {0};
    text_repeat(&text, 'a', 500);
    text_printf(&text, " here ");
    text_repeat(&text, 'b', 500);
    Source *source = source_of("t", text.at);
    Diags *diags = diags_new();
    diags_add(diags, DIAG_ERROR, place(source, "here"), "long");
    Text expected = {0};
    text_printf(&expected, "t:1:502: error: long\n  1 | ...%.39s here %.75s...\n    |    %40s^^^^\n", text.at,
                text.at + 506, "");
    assert_printed(diags, expected.at);
    text_clear(&text);
    text_clear(&expected);
    source_free(source);
}

static void a_script_does_not_steer_the_terminal(void **state) {
    (void)state;
    Source *source = source_of("t", "a \x1b[31m \xff b");
    Diags *diags = diags_new();
    diags_add(diags, DIAG_ERROR, place(source, "b"), "here");
    assert_printed(diags, "t:1:11: error: here\n  1 | a ?[31m ? b\n    |           ^\n");
    source_free(source);
}

static void other_files_and_spans_over_lines_are_shown(void **state) {
    (void)state;
    Source *source = source_of("t", "use \"u\"\nx = f(1,\n  2)"), *other = source_of("u", "net f {\n}\n");
    Diags *diags = diags_new();
    Diag *diag = diags_add(diags, DIAG_ERROR, place(source, "f(1,\n  2)"), "wrong");
    diag_place(diag, place(other, "net f"), "declared here");
    diag_place(diag, place(source, "use"), "used here");
    assert_printed(diags, "t:2:5: error: wrong\n"
                          "  1 | use \"u\"\n    | ^^^ used here\n"
                          "  2 | x = f(1,\n    |     ^^^^\n"
                          "u:1:1:\n  1 | net f {\n    | ^^^^^ declared here\n");
    source_free(source);
    source_free(other);
}

static void the_end_of_a_text_has_a_place(void **state) {
    (void)state;
    Source *source = source_of("t", "a\n");
    Diags *diags = diags_new();
    diags_add(diags, DIAG_ERROR, (Span){source, 2, 2}, "end");
    diags_add(diags, DIAG_ERROR, (Span){NULL, 0, 0}, "no such option");
    assert_printed(diags, "t:2:1: error: end\n  2 | \n    | ^\nerror: no such option\n2 errors\n");
    source_free(source);
}

static void a_diagnostic_is_kept_once(void **state) {
    (void)state;
    Source *source = source_of("t", "a b");
    Diags *diags = diags_new();
    diag_label(diags_add(diags, DIAG_ERROR, place(source, "a"), "one"), "first");
    diag_label(diags_add(diags, DIAG_ERROR, place(source, "a"), "one"), "second");
    diags_add(diags, DIAG_ERROR, place(source, "b"), "one");
    assert_int_equal(diags_count(diags, DIAG_ERROR), 2);
    assert_string_equal(diags_at(diags, 0)->label, "first");
    diags_clear(diags);
    assert_int_equal(diags_total(diags), 0);
    diags_free(diags);
    source_free(source);
}

static void colour_is_given_only_when_asked_for(void **state) {
    (void)state;
    Source *source = source_of("t", "a b");
    Diags *diags = diags_new();
    diags_add(diags, DIAG_ERROR, place(source, "a"), "one");
    char *text = printed(diags, true);
    assert_non_null(strstr(text, "\033[1;31merror:\033[0m"));
    free(text);
    diags_free(diags);
    source_free(source);
}

static const char *name_at(void *self, int index) {
    return ((const char *const *)self)[index];
}

static void the_nearest_name_is_at_most_two_edits_away(void **state) {
    (void)state;
    const char *names[] = {"sigmoid", "relu", "tanh", "dense", "residual", NULL};
    assert_string_equal(nearest_name("sigmod", name_at, names), "sigmoid");
    assert_string_equal(nearest_name("ReLU", name_at, names), "relu");
    assert_string_equal(nearest_name("desne", name_at, names), "dense");
    assert_string_equal(nearest_name("resdual", name_at, names), "residual");
    assert_null(nearest_name("signed", name_at, names));
    assert_null(nearest_name("re", name_at, names));
    assert_null(nearest_name("dense", name_at, names));
}

static void arenas_give_zeroed_memory_of_any_size(void **state) {
    (void)state;
    Arena *arena = arena_new();
    for (size_t size = 1; size < 3000000; size *= 3) {
        char *memory = arena_alloc(arena, size);
        assert_true(memory[0] == 0 && memory[size - 1] == 0);
        memset(memory, 1, size);
    }
    assert_string_equal(arena_text(arena, "abcdef", 3), "abc");
    assert_null(arena_alloc(arena, (size_t)-1));
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_shown_in_order_of_line),
        cmocka_unit_test(columns_count_characters_and_tabs_are_kept),
        cmocka_unit_test(a_long_line_is_cut_around_the_place),
        cmocka_unit_test(a_script_does_not_steer_the_terminal),
        cmocka_unit_test(other_files_and_spans_over_lines_are_shown),
        cmocka_unit_test(the_end_of_a_text_has_a_place),
        cmocka_unit_test(a_diagnostic_is_kept_once),
        cmocka_unit_test(colour_is_given_only_when_asked_for),
        cmocka_unit_test(the_nearest_name_is_at_most_two_edits_away),
        cmocka_unit_test(arenas_give_zeroed_memory_of_any_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
