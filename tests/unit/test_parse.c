/* Text to tree: every form of the language, where a line ends, what is a verb, literals, places. */
#include "parsing.h"
#include <locale.h>

typedef struct Case {
    const char *text, *shape;
} Case;

static void assert_shapes(const Case *cases, size_t count) {
    for (size_t i = 0; i < count; i++) {
        Parsed parsed = parse_correct(cases[i].text);
        char *shape = shape_of(parsed.program);
        if (strcmp(shape, cases[i].shape) != 0)
            fail_msg("%s\nis     %s\nand not %s", cases[i].text, shape, cases[i].shape);
        free(shape);
        parsed_free(parsed);
    }
}

#define ASSERT_SHAPES(cases) assert_shapes(cases, sizeof(cases) / sizeof *(cases))

static void every_form_of_statement_is_read(void **state) {
    (void)state;
    static const Case cases[] = {
        {"", ""},
        {"\n;;\n # only a comment", ""},
        {"x = 3", "(binding x 3)"},
        {"h: dense(64)", "(label h (call dense 64))"},
        {"net f { a }", "(net f (block a))"},
        {"net f() { a }", "(net f (block a))"},
        {"net f(a, b=2) { }", "(net f a (param b 2) (block))"},
        {"net g = f(a=1)", "(net g (call f (argument a 1)))"},
        {"recipe r { epochs = 3; watch: x }", "(recipe r (block (binding epochs 3) (label watch x)))"},
        {"recipe r = q { a = 1 }", "(recipe r (call q (block (binding a 1))))"},
        {"for (i in [1, 2]) { a }", "(for i (list 1 2) (block a))"},
        {"if (a) { b }", "(if a (block b))"},
        {"if (a) { b } else { c }", "(if a (block b) (block c))"},
        {"show", "show"},
        {"show a, b", "(verb show a b)"},
        {"train a on b with c to d from e as f", "(verb train a (on b) (with c) (to d) (from e) (as f))"},
        {"train a with c { x = 1 }", "(verb train a (with (call c (block (binding x 1)))))"},
        {"train a with { x = 1 }", "(verb train a (with (block (binding x 1))))"},
        {"set seed = 3", "(verb set (argument seed 3))"},
        {"a; b\nc", "a; b; c"},
    };
    ASSERT_SHAPES(cases);
}

static void every_form_of_expression_is_read(void **state) {
    (void)state;
    static const Case cases[] = {
        {"f(1, \"s\", x, true, false, none)", "(call f 1 \"s\" x (true) (false) (none))"},
        {"f()", "(call f)"},
        {"f { } { a }", "(call f (block) (block a))"},
        {"f(1) { a } { b }", "(call f 1 (block a) (block b))"},
        {"f({ a })", "(call f (block a))"},
        {"f(1)(2)", "(call (call f 1) 2)"},
        {"(f(1)) { a }", "(call (call f 1) (block a))"},
        {"a.b.c[1].d", "(field d (index (field c (field b a)) 1))"},
        {"[]", "(list)"},
        {"[[1], 2]", "(list (list 1) 2)"},
        {"{ a; b }", "(block a b)"},
        {"a -> b -> c", "(-> a (-> b c))"},
        {"a or b and not c == d", "(or a (and b (not (== c d))))"},
        {"a < b + c * d ^ e", "(< a (+ b (* c (^ d e))))"},
        {"a - b - c", "(- (- a b) c)"},
        {"a / b % c * d", "(* (% (/ a b) c) d)"},
        {"2 ^ 3 ^ 4", "(^ 2 (^ 3 4))"},
        {"-2 ^ 2", "(- (^ 2 2))"},
        {"2 ^ -1", "(^ 2 (- 1))"},
        {"--a", "(- (- a))"},
        {"(a -> b) -> c", "(-> (-> a b) c)"},
        {"a <= b", "(<= a b)"},
        {"a >= b", "(>= a b)"},
        {"a != b", "(!= a b)"},
    };
    ASSERT_SHAPES(cases);
}

static void a_line_ends_where_the_language_says(void **state) {
    (void)state;
    static const Case cases[] = {
        {"x = f(1,\n  2\n  )\ny", "(binding x (call f 1 2)); y"},
        {"x = [1\n, 2]\ny", "(binding x (list 1 2)); y"},
        {"a ->\n b", "(-> a b)"},
        {"x =\n\n # comment\n 3", "(binding x 3)"},
        {"a +\n b\n-c", "(+ a b); (- c)"},
        {"show a,\n b", "(verb show a b)"},
        {"f({\n a\n b\n}, 2)", "(call f (block a b) 2)"},
        {"if (a) {\n b\n}\n\n # why\nelse {\n c\n}\nd", "(if a (block b) (block c)); d"},
        {"if (a) { b }\nelsewhere", "(if a (block b)); elsewhere"},
        {"a\r\nb\r\n", "a; b"},
        {"train a on\n b", "(verb train a (on b))"},
        {"\xef\xbb\xbf"
         "a",
         "a"},
    };
    ASSERT_SHAPES(cases);
}

static void a_verb_is_one_only_where_a_statement_goes_on(void **state) {
    (void)state;
    static const Case cases[] = {
        {"report = 3", "(binding report 3)"},
        {"report : 3", "(label report 3)"},
        {"report.x", "(field x report)"},
        {"report .5", "(verb report .5)"},
        {"plain.report", "(field report plain)"},
        {"x = report", "(binding x report)"},
        {"report a", "(verb report a)"},
        {"net train { show }", "(net train (block show))"},
        {"show show", "(verb show show)"},
        {"show net", "(verb show net)"},
        {"show in, for", "(verb show in for)"},
        {"(show)", "show"},
        {"reporter", "reporter"},
    };
    ASSERT_SHAPES(cases);
    Parsed parsed = parse_correct("report\n(report)");
    assert_int_equal(parsed.program->root->child[0]->kind, TREE_VERB);
    assert_int_equal(parsed.program->root->child[1]->kind, TREE_NAME);
    parsed_free(parsed);
}

static double number_of(const char *text) {
    Parsed parsed = parse_correct(text);
    const Tree *tree = parsed.program->root->child[0];
    assert_int_equal(tree->kind, TREE_NUMBER);
    assert_string_equal(tree->text, text);
    double number = tree->number;
    parsed_free(parsed);
    return number;
}

static void numbers_are_read_in_any_locale(void **state) {
    (void)state;
    static const char *const locales[] = {"C", "de_DE.UTF-8"};
    for (int i = 0; i < 2; i++) {
        setlocale(LC_ALL, locales[i]);
        assert_true(number_of("64") == 64);
        assert_true(number_of("0.5") == 0.5);
        assert_true(number_of(".5") == 0.5);
        assert_true(number_of("1e-3") == 1e-3);
        assert_true(number_of("1_000.2_5e1_0") == 1000.25e10);
        assert_true(number_of("3.") == 3);
    }
    setlocale(LC_ALL, "C");
}

static void strings_are_unescaped(void **state) {
    (void)state;
    Parsed parsed = parse_correct("\"a\\\"b\\\\c\\n\\t\\x41\\u{e9}\\u{1F600}\xc3\xa9 # no comment\"");
    assert_string_equal(parsed.program->root->child[0]->text,
                        "a\"b\\c\n\tA\xc3\xa9\xf0\x9f\x98\x80\xc3\xa9 # no comment");
    parsed_free(parsed);
}

static void assert_written(Span span, const char *text) {
    assert_int_equal(span.end - span.begin, strlen(text));
    assert_memory_equal(source_text(span.source) + span.begin, text, strlen(text));
}

static void places_cover_what_was_written(void **state) {
    (void)state;
    Parsed parsed = parse_correct("net f(a=1) {\n\th: dense(64, bias=true) -> (relu)\n}\ntrain f on d");
    const Tree *net = parsed.program->root->child[0], *label = net->child[1]->child[0];
    assert_written(net->text_span, "f");
    assert_written(net->child[0]->span, "a=1");
    assert_written(label->span, "h: dense(64, bias=true) -> (relu)");
    assert_written(label->child[0]->text_span, "->");
    assert_written(label->child[0]->child[0]->child[2]->span, "bias=true");
    assert_written(label->child[0]->child[1]->span, "(relu)");
    assert_int_equal(span_line(label->span), 2);
    assert_int_equal(span_column(label->span), 2);
    assert_written(parsed.program->root->child[1]->child[1]->text_span, "on");
    parsed_free(parsed);
}

static void comments_are_kept_with_their_place(void **state) {
    (void)state;
    Parsed parsed = parse_correct("# one  \na = 3 # two\n  # three");
    assert_int_equal(parsed.program->comment_count, 3);
    assert_written(parsed.program->comments[0].span, "# one");
    assert_true(parsed.program->comments[0].own_line);
    assert_written(parsed.program->comments[1].span, "# two");
    assert_false(parsed.program->comments[1].own_line);
    assert_true(parsed.program->comments[2].own_line);
    parsed_free(parsed);
}

static void a_copy_equals_its_tree(void **state) {
    (void)state;
    Parsed parsed = parse_correct("net f(a) { a -> dense(3) { b } }"),
           other = parse_correct("net f(a) { a -> dense(4) }");
    Arena *arena = arena_new();
    const Tree *copy = tree_copy(arena, parsed.program->root);
    assert_true(tree_equal(copy, parsed.program->root));
    assert_false(tree_equal(copy, other.program->root));
    arena_free(arena);
    parsed_free(parsed);
    parsed_free(other);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_of_statement_is_read),
        cmocka_unit_test(every_form_of_expression_is_read),
        cmocka_unit_test(a_line_ends_where_the_language_says),
        cmocka_unit_test(a_verb_is_one_only_where_a_statement_goes_on),
        cmocka_unit_test(numbers_are_read_in_any_locale),
        cmocka_unit_test(strings_are_unescaped),
        cmocka_unit_test(places_cover_what_was_written),
        cmocka_unit_test(comments_are_kept_with_their_place),
        cmocka_unit_test(a_copy_equals_its_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
