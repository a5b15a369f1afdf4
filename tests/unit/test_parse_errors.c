/* What is said about wrong programs: every error once, with its place, and what is read in spite of it. */
#include "parsing.h"

typedef struct Wrong {
    const char *text, *said;
} Wrong;

static const Wrong wrong[] = {
    {"net { input(3) }", "t:1:5: error: found `{`, expected the name of the net\n"
                         "  1 | net { input(3) }\n"
                         "    |     ^\n"},
    {"net f\n{ }",
     "t:1:6: error: found end of line, expected its parameters in `( )`, its body in `{ }`, or `=` and a net\n"
     "  1 | net f\n"
     "    |      ^ a body's `{` stands on the line where its call ends\n"},
    {"net on { }", "t:1:5: error: found `on`, expected the name of the net\n"
                   "  1 | net on { }\n"
                   "    |     ^^ this is a reserved word\n"},
    {"def f(a) { }", "t:1:5: error: found `f`, expected end of line, `:`, `=` or an operator\n"
                     "  1 | def f(a) { }\n"
                     "    |     ^ a net is declared by  net NAME(...) { }\n"},
    {"x = dense(3 4)", "t:1:13: error: found `4`, expected `)`, `,` or an operator\n"
                       "  1 | x = dense(3 4)\n"
                       "    |          ^ opened here\n"
                       "    |             ^ is a `,` missing before this?\n"},
    {"x = dense(3,, 4)", "t:1:13: error: found `,`, expected an expression after `,`\n"
                         "  1 | x = dense(3,, 4)\n"
                         "    |             ^\n"},
    {"x = f(1\ny = 2", "t:1:8: error: found end of line, expected `)`, `,` or an operator\n"
                       "  1 | x = f(1\n"
                       "    |      ^ opened here\n"
                       "    |        ^\n"},
    {"net f {\n    repeat(3) {\n        a\n\n}\ny = 2",
     "t:2:15: error: a `}` is missing: found end of input, expected the end of this block\n"
     "  2 |     repeat(3) {\n"
     "    |               ^ opened here\n"
     " ...\n"
     "  6 | y = 2\n"
     "    |      ^ the text ends here\n"},
    {"net f { a", "t:1:7: error: a `}` is missing: found end of input, expected the end of this block\n"
                  "  1 | net f { a\n"
                  "    |       ^ opened here\n"
                  "    |          ^ the text ends here\n"},
    {"f(1))", "t:1:5: error: found `)`, expected end of line or an operator\n"
              "  1 | f(1))\n"
              "    |     ^ no bracket is open here that this closes\n"},
    {"}", "t:1:1: error: found `}`, expected a statement\n"
          "  1 | }\n"
          "    | ^ no bracket is open here that this closes\n"},
    {"if x { }", "t:1:4: error: found `x`, expected `(`, as in  if (condition) { }\n"
                 "  1 | if x { }\n"
                 "    |    ^\n"},
    {"if (x = 3) { }", "t:1:7: error: found `=`, expected `)` or an operator\n"
                       "  1 | if (x = 3) { }\n"
                       "    |    ^ opened here\n"
                       "    |       ^ `=` binds the name that a statement begins with; `==` compares\n"},
    {"x = y = 3", "t:1:7: error: found `=`, expected end of line or an operator\n"
                  "  1 | x = y = 3\n"
                  "    |       ^ `=` binds the name that a statement begins with; `==` compares\n"},
    {"if (a) { } elif (b) { }", "t:1:12: error: found `elif`, expected end of line or `else`\n"
                                "  1 | if (a) { } elif (b) { }\n"
                                "    |            ^^^^ write `else { if (...) { } }`\n"},
    {"if (a) { } else if (b) { }", "t:1:17: error: found `if`, expected what to do else, in `{ }`\n"
                                   "  1 | if (a) { } else if (b) { }\n"
                                   "    |                 ^^ write `else { if (...) { } }`\n"},
    {"else { }", "t:1:1: error: found `else`, expected a statement\n"
                 "  1 | else { }\n"
                 "    | ^^^^ `else` follows the `}` of an `if`\n"},
    {"for i in x { }", "t:1:5: error: found `i`, expected `(`, as in  for (x in list) { }\n"
                       "  1 | for i in x { }\n"
                       "    |     ^\n"},
    {"trian plain on digits", "t:1:7: error: found `plain`, expected end of line, `:`, `=` or an operator\n"
                              "  1 | trian plain on digits\n"
                              "    | ^^^^^ did you mean `train`?\n"
                              "    |       ^^^^^\n"},
    {"train plain onn digits",
     "t:1:13: error: found `onn`, expected end of line, a clause (on, with, to, from, as), `,`, `=` or an operator\n"
     "  1 | train plain onn digits\n"
     "    |             ^^^ did you mean `on`?\n"},
    {"show gradients plain on d",
     "t:1:16: error: found `plain`, expected end of line, a clause (on, with, to, from, as), `,`, `=` or an operator\n"
     "  1 | show gradients plain on d\n"
     "    |                ^^^^^ did you mean `gradients(plain)`, or `gradients, plain`?\n"},
    {"train a on b on c", "t:1:14: error: `on` is given twice\n"
                          "  1 | train a on b on c\n"
                          "    |         ^^ first here\n"
                          "    |              ^^\n"},
    {"train a\n  on b", "t:2:3: error: found `on`, expected a statement\n"
                        "  2 |   on b\n"
                        "    |   ^^ a statement ends with its line; it goes on after `->`, `,`, `=` and operators\n"},
    {"a\n  -> b", "t:2:3: error: found `->`, expected a statement\n"
                  "  2 |   -> b\n"
                  "    |   ^^ a statement ends with its line; it goes on after `->`, `,`, `=` and operators\n"},
    {"x += 1", "t:1:4: error: found `=`, expected an expression after `+`\n"
               "  1 | x += 1\n"
               "    |    ^ write  NAME = NAME + value\n"},
    {"// comment", "t:1:1: error: found `//`, which means nothing here\n"
                   "  1 | // comment\n"
                   "    | ^^ a comment starts with `#`\n"},
    {"let x = 3", "t:1:5: error: found `x`, expected end of line, `:`, `=` or an operator\n"
                  "  1 | let x = 3\n"
                  "    |     ^ a value is bound by  NAME = value\n"},
    {"x = 'abc'", "t:1:5: error: found `'abc'`, which means nothing here\n"
                  "  1 | x = 'abc'\n"
                  "    |     ^^^^^ write `\"...\"`\n"},
    {"a && b", "t:1:3: error: found `&&`, which means nothing here\n"
               "  1 | a && b\n"
               "    |   ^^ write `and`\n"},
    {"x = 8o", "t:1:5: error: `8o` is not a number\n"
               "  1 | x = 8o\n"
               "    |     ^^ numbers are written 64, 0.5, 1e-3 or 1_000\n"},
    {"x = 1e999", "t:1:5: error: this number is too large\n"
                  "  1 | x = 1e999\n"
                  "    |     ^^^^^ the largest is 1.79e308\n"},
    {"x = \"abc", "t:1:5: error: this string is not closed on its line\n"
                  "  1 | x = \"abc\n"
                  "    |     ^^^^ a `\"` is missing\n"},
    {"x = \"\\q\\x0\"", "t:1:6: error: wrong escape `\\q` in a string\n"
                        "  1 | x = \"\\q\\x0\"\n"
                        "    |      ^^ known are \\\" \\\\ \\n \\t \\xHH \\u{...}\n"
                        "t:1:8: error: wrong escape `\\x` in a string\n"
                        "  1 | x = \"\\q\\x0\"\n"
                        "    |        ^^ known are \\\" \\\\ \\n \\t \\xHH \\u{...}\n"
                        "2 errors\n"},
    {"a < b < c", "t:1:7: error: found `<`, expected end of line or an operator\n"
                  "  1 | a < b < c\n"
                  "    |       ^ comparisons do not chain: write `a < b and b < c`\n"},
    {"f(a; b)", "t:1:4: error: found `;` inside brackets\n"
                "  1 | f(a; b)\n"
                "    |  ^ opened here\n"
                "    |    ^\n"},
    {"plain.on", "t:1:7: error: found `on`, expected the name of a part after `.`\n"
                 "  1 | plain.on\n"
                 "    |       ^^ this is a reserved word\n"},
    {"repeat(3)\n{ a }", "t:2:1: warning: this block is a statement of its own\n"
                         "  2 | { a }\n"
                         "    | ^ a body's `{` stands on the line where its call ends\n"},
    {"net f(1) { }", "t:1:7: error: found `1`, expected the name of a parameter or `)`\n"
                     "  1 | net f(1) { }\n"
                     "    |      ^ opened here\n"
                     "    |       ^\n"},
    {"net f(a b) { }", "t:1:9: error: found `b`, expected `=`, `,` or `)` after the parameter\n"
                       "  1 | net f(a b) { }\n"
                       "    |      ^ opened here\n"
                       "    |         ^ is a `,` missing before this?\n"},
    {"a b; f(1 2\nx = )\n  c = = d", "t:1:3: error: found `b`, expected end of line, `:`, `=` or an operator\n"
                                     "  1 | a b; f(1 2\n"
                                     "    |   ^\n"
                                     "t:1:10: error: found `2`, expected `)`, `,` or an operator\n"
                                     "  1 | a b; f(1 2\n"
                                     "    |       ^ opened here\n"
                                     "    |          ^ is a `,` missing before this?\n"
                                     "t:3:7: error: found `=`, expected the value after `=`\n"
                                     "  3 |   c = = d\n"
                                     "    |       ^ `=` binds the name that a statement begins with; `==` compares\n"
                                     "3 errors\n"},
};

static void likely_mistakes_are_explained(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        Parsed parsed = parse_text(wrong[i].text);
        char *said = printed(parsed.diags, false);
        if (strcmp(said, wrong[i].said) != 0)
            fail_msg("seen:\n%sand not:\n%s", said, wrong[i].said);
        free(said);
        parsed_free(parsed);
    }
}

static void an_error_costs_no_statement_but_its_own(void **state) {
    (void)state;
    static const char *const texts[][2] = {
        {"a\nb c\nd", "a; (error); d"},
        {"a\nf(b c,\n  { d\n e },\n  g)\nh", "a; (error); h"},
        {"a\nx = f(\nb", "a; (error); b"},
        {"f {\n  a\n  b c\n  d\n}\ne", "(call f (block a (error) d)); e"},
        {"a\nnet f {\n b", "a; (net f (block b))"},
        {"a\nf {\n b )\n c }", "a; (call f (block (error) c))"},
        {"net { a\n b }\nc", "(error); c"},
        {"a }\nb", "(error); b"},
        {"a @ b; c", "(error); c"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Parsed parsed = parse_text(texts[i][0]);
        assert_int_equal(diags_count(parsed.diags, DIAG_ERROR), 1);
        char *shape = shape_of(parsed.program);
        assert_string_equal(shape, texts[i][1]);
        free(shape);
        parsed_free(parsed);
    }
}

/* ---- hostile texts ------------------------------------------------------------------------------------------ */

static char *repeated(const char *head, const char *part, int times, const char *tail) {
    Text text = {0};
    text_printf(&text, "%s", head);
    for (int i = 0; i < times; i++)
        text_add(&text, part, strlen(part));
    text_printf(&text, "%s", tail);
    return text_take(&text);
}

static void assert_first_error(const char *text, size_t length, const char *message) {
    Parsed parsed = parse_bytes(text, length);
    assert_true(diags_count(parsed.diags, DIAG_ERROR) > 0);
    assert_string_equal(diags_at(parsed.diags, 0)->message, message);
    free(printed(parsed.diags, false));
    free(format_program(parsed.program));
    parsed_free(parsed);
}

static void deep_nesting_is_refused(void **state) {
    (void)state;
    static const char *const deep[][3] = {
        {"", "{", ""},     {"x = ", "(", ""}, {"", "f({", ""}, {"", "[", ""},   {"x = ", "-", "1"},
        {"", "not ", "1"}, {"", "a->", "b"},  {"", "1+", "1"}, {"x", ".y", ""}, {"f", "(1)", ""},
        {"", "x = {", ""}, {"f", "[1]", ""},  {"", "2^", "2"},
    };
    for (size_t i = 0; i < sizeof deep / sizeof *deep; i++) {
        char *text = repeated(deep[i][0], deep[i][1], 10000, deep[i][2]);
        assert_first_error(text, strlen(text), "nested too deeply (more than 1000 levels)");
        free(text);
    }
}

static void what_is_no_text_is_refused(void **state) {
    (void)state;
    assert_first_error("a\0b", 3, "this is not a text: it holds a NUL byte");
    assert_first_error("x = \"\xff\"", 7, "byte 0xff is not UTF-8");
    assert_first_error("# \xc3", 3, "byte 0xc3 is not UTF-8");
    assert_first_error("a\x01", 2, "found a control character, byte 0x01");
}

static void long_texts_are_read(void **state) {
    (void)state;
    static const char *const wide[][3] = {
        {"x = [", "1, ", "2]"}, {"add ", "{ } ", ""}, {"", "a; ", ""}, {"x = \"", "\\n", "\""}, {"n", "ame", " = 3"},
    };
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        char *text = repeated(wide[i][0], wide[i][1], 50000, wide[i][2]);
        parsed_free(parse_correct(text));
        free(text);
    }
}

static void errors_are_counted_out_at_a_hundred(void **state) {
    (void)state;
    char *text = repeated("", "a b\n", 5000, "");
    Parsed parsed = parse_text(text);
    assert_int_equal(diags_total(parsed.diags), 101);
    assert_string_equal(diags_at(parsed.diags, 100)->message, "too many errors; what follows is not read");
    free(text);
    parsed_free(parsed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(likely_mistakes_are_explained), cmocka_unit_test(an_error_costs_no_statement_but_its_own),
        cmocka_unit_test(deep_nesting_is_refused),       cmocka_unit_test(what_is_no_text_is_refused),
        cmocka_unit_test(long_texts_are_read),           cmocka_unit_test(errors_are_counted_out_at_a_hundred),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
