/* What the prompt asks the grammar: may the text end here, and what may come next. */
#include "parsing.h"

static void assert_state(const char *text, ParseState expected) {
    Source *source = source_new("t", text, strlen(text));
    ParseState state = parse_state(source, &test_words);
    if (state != expected)
        fail_msg("%s: state %d, not %d", text, state, expected);
    source_free(source);
}

static void a_text_is_complete_where_it_may_end(void **state) {
    (void)state;
    static const char *const complete[] = {"",     "a",   "a\n",           "net f { a }", "f(1,\n 2)\n\n",
                                           "show", "# a", "if (a) { b }\n"};
    static const char *const incomplete[] = {
        "net",        "net f",        "net f {", "net f {\n a\n", "x =",      "x = f(1,\n", "a ->",     "if (a)",
        "train a on", "train a on\n", "{ (\n",   "not",           "a\nb = [", "f({ a }",    "x = f(3\n"};
    static const char *const wrong[] = {"x = )", "net 3", "a b", "x = \"abc", "f(1 2", "}", "a @", "net f\n{"};
    for (size_t i = 0; i < sizeof complete / sizeof *complete; i++)
        assert_state(complete[i], PARSE_COMPLETE);
    for (size_t i = 0; i < sizeof incomplete / sizeof *incomplete; i++)
        assert_state(incomplete[i], PARSE_INCOMPLETE);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_state(wrong[i], PARSE_WRONG);
}

/* In one line: what is set, the keywords, verb, clause and callee. */
static void assert_expected(const char *text, const char *wanted) {
    Source *source = source_new("t", text, strlen(text));
    Expected expected;
    parse_expected(source, &test_words, &expected);
    Text line = {0};
    text_printf(&line, "%s%s%s|", expected.name ? "name " : "", expected.statement ? "statement " : "",
                expected.string ? "string " : "");
    for (int i = 0; expected.keywords[i]; i++)
        text_printf(&line, "%s ", expected.keywords[i]);
    text_printf(&line, "|%s|%s|%s", expected.verb ? expected.verb : "", expected.clause ? expected.clause : "",
                expected.callee ? expected.callee : "");
    if (strcmp(line.at, wanted) != 0)
        fail_msg("%s: %s and not %s", text, line.at, wanted);
    text_clear(&line);
    expected_clear(&expected);
    source_free(source);
}

static void completion_knows_what_may_come_next(void **state) {
    (void)state;
    static const char *const texts[][2] = {
        {"", "name statement |net recipe for if true false none not |||"},
        {"train plain ", "|on with to from as and or |train||"},
        {"train plain on ", "name |true false none not |train|on|"},
        {"train a with { ", "name statement |net recipe for if true false none not |||"},
        {"train a with { x = 1 } ", "|on with to from as and or |train||"},
        {"x = dense(", "name |true false none not |||dense"},
        {"x = dense(64, init=", "name |true false none not |||dense"},
        {"print f(g(1), ", "name |true false none not |print||f"},
        {"f(1) ", "|and or |||"},
        {"save x to \"a", "string |on with to from as and or |save|to|"},
        {"net f {\n a\n", "name statement |net recipe for if true false none not |||"},
        {"if (a) { b } ", "|else |||"},
        {"for (i ", "|in |||"},
        {"net ", "name ||||"},
        {"plain.", "name ||||"},
        {"a b ", "||||"},
        {"a b\n", "name statement |net recipe for if true false none not |||"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_expected(texts[i][0], texts[i][1]);
}

static void completion_knows_what_the_block_is(void **state) {
    (void)state;
    static const char *const texts[][2] = {
        {"a\n", ""},
        {"net f {\n", "net"},
        {"recipe r { epochs = 3; ", "recipe"},
        {"recipe r { } ", ""},
        {"net f { repeat(3) { ", "net"},
        {"train a on d with {", "recipe"},
        {"train a on d with quick { ", "recipe"},
        {"for (x in y) { ", ""},
        {"for (x in y) { net f { if (x) { ", "net"},
        {"recipe r { optimizer = adam(", "recipe"},
        {"x = residual { ", "net"},
        {"forth = { ", "net"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        Source *source = source_new("t", texts[i][0], strlen(texts[i][0]));
        Expected expected;
        parse_expected(source, &test_words, &expected);
        const char *body = expected.body ? expected.body : "";
        if (strcmp(body, texts[i][1]) != 0)
            fail_msg("%s: in `%s`, not `%s`", texts[i][0], body, texts[i][1]);
        expected_clear(&expected);
        source_free(source);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_text_is_complete_where_it_may_end),
                                       cmocka_unit_test(completion_knows_what_may_come_next),
                                       cmocka_unit_test(completion_knows_what_the_block_is)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
