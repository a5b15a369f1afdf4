/* The canonical layout: what it looks like, and on thousands of generated programs that it keeps the tree and the
 * comments and is its own canonical layout. */
#include "parsing.h"
#include <stdint.h>

static char *formatted(const char *text) {
    Parsed parsed = parse_correct(text);
    char *result = format_program(parsed.program);
    assert_non_null(result);
    parsed_free(parsed);
    return result;
}

static void assert_format(const char *text, const char *expected) {
    char *seen = formatted(text), *again = formatted(seen);
    if (strcmp(seen, expected) != 0)
        fail_msg("seen:\n%sand not:\n%s", seen, expected);
    assert_string_equal(seen, again);
    free(seen);
    free(again);
}

static void spaces_are_canonical(void **state) {
    (void)state;
    assert_format("", "");
    assert_format("x=f( a ,b = 3 )[ 1 ] . c", "x = f(a, b=3)[1].c\n");
    assert_format("a->b->( c->d )", "a -> b -> c -> d\n");
    assert_format("(a->b)->c", "(a -> b) -> c\n");
    assert_format("x=-a^-b*(c+d)-(e-f)", "x = -a ^ -b * (c + d) - (e - f)\n");
    assert_format("not  (a  and b)==c", "not (a and b) == c\n");
    assert_format("a==(not b)", "a == (not b)\n");
    assert_format("set  seed=3", "set seed = 3\n");
    assert_format("train a,b on c with{x=1;y=2}to \"f\"", "train a, b on c with { x = 1; y = 2 } to \"f\"\n");
    assert_format("if(a){b}\n\nelse{c}", "if (a) { b } else { c }\n");
    assert_format("for(i in[1,2]){a}", "for (i in [1, 2]) { a }\n");
    assert_format("net f(){ }", "net f { }\n");
    assert_format("f(){}{}", "f() { } { }\n");
    assert_format("f({a}){b};(f(1)){a}", "f({ a }) { b }\n(f(1)) { a }\n");
    assert_format("(3).x", "(3).x\n");
    assert_format("x = \"\\x41\\u{e9}\\x01\\\"\"", "x = \"A\xc3\xa9\\x01\\\"\"\n");
}

static void parentheses_that_hide_a_verb_stay(void **state) {
    (void)state;
    assert_format("(show)", "(show)\n");
    assert_format("(show) + 1", "(show) + 1\n");
    assert_format("(show(1)).x", "(show(1)).x\n");
    assert_format("x = (show)", "x = show\n");
    assert_format("f { (show) }", "f { (show) }\n");
}

static void bodies_keep_their_lines(void **state) {
    (void)state;
    assert_format("net f { a -> b }", "net f { a -> b }\n");
    assert_format("net f {\na -> b }", "net f {\n    a -> b\n}\n");
    assert_format("recipe r { epochs = 1\nlr = 2; optimizer = 3 }",
                  "recipe r {\n    epochs    = 1\n    lr        = 2\n    optimizer = 3\n}\n");
    assert_format("recipe r {\n  epochs = 1\n\n  lr = 2\n a\n}",
                  "recipe r {\n    epochs = 1\n\n    lr = 2\n    a\n}\n");
}

static void long_lines_are_broken(void **state) {
    (void)state;
    assert_format("residual(shortcut=conv(64, 1, stride=2) -> batchnorm) { aaaaaaaaaaaaaaaaaaaaaaaaaaaaa -> "
                  "bbbbbbbbbbbbbbbbbbbbbb }",
                  "residual(shortcut=conv(64, 1, stride=2) -> batchnorm) {\n    aaaaaaaaaaaaaaaaaaaaaaaaaaaaa -> "
                  "bbbbbbbbbbbbbbbbbbbbbb\n}\n");
    assert_format("x = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa -> bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb(1, 2) -> "
                  "ccccccccccccccccccccc",
                  "x = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa ->\n    bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb(1, 2) "
                  "->\n    ccccccccccccccccccccc\n");
    assert_format("x = f(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb=[1, 2], "
                  "ccccccccccccccccccccc=3)",
                  "x = f(\n    aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1,\n    bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb="
                  "[1, 2],\n    ccccccccccccccccccccc=3\n)\n");
    assert_format(
        "x = [1000000001, 1000000002, 1000000003, 1000000004, 1000000005, 1000000006, 1000000007, 1000000008, "
        "-1]",
        "x = [\n    1000000001, 1000000002, 1000000003, 1000000004, 1000000005, 1000000006, 1000000007, "
        "1000000008,\n    -1\n]\n");
}

static void an_index_stays_on_the_line(void **state) {
    (void)state;
    const char *text = "print \"a very long text that says something about numbers\", values[0] + values[1]"
                       " + values[2] + values[-1]\n";
    assert_format(text, text);
}

static void comments_and_single_blank_lines_stay(void **state) {
    (void)state;
    assert_format("#!/usr/bin/env plumb\n\n\n\n# about\na # b  \n\n\n  # c\n\nd\n# e\n",
                  "#!/usr/bin/env plumb\n\n# about\na  # b\n\n# c\n\nd\n# e\n");
    assert_format("net f { # one\n\n  # two\n  a # three\n  # four\n\n}\n",
                  "net f {  # one\n    # two\n    a  # three\n    # four\n}\n");
    assert_format("x = f(a, # one\n  # two\n  b # three\n)", "x = f(\n    a,  # one\n    # two\n    b  # three\n)\n");
    assert_format("a -> # one\n b", "a ->  # one\n    b\n");
    assert_format("x = # one\n 3", "# one\nx = 3\n");
    assert_format("if (a) { b } # one\nelse { c }", "# one\nif (a) {\n    b\n} else {\n    c\n}\n");
}

static void one_tree_is_printed_by_itself(void **state) {
    (void)state;
    Parsed parsed = parse_correct("net f {\n h: dense( 64 )\n}\nx = 1");
    char *net = format_tree(parsed.program->root->child[0]);
    char *call = format_tree(parsed.program->root->child[0]->child[0]->child[0]->child[0]);
    assert_string_equal(net, "net f {\n    h: dense(64)\n}");
    assert_string_equal(call, "dense(64)");
    free(net);
    free(call);
    parsed_free(parsed);
}

/* ---- generated programs ------------------------------------------------------------------------------------- */

typedef struct Writer { /* writes random programs: forms, line ends, comments, blank lines */
    Text text;
    uint64_t seed;
    int open; /* brackets in which a line end means nothing */
} Writer;

/* xorshift64* (Vigna 2016), so that a failure can be repeated. */
static unsigned pick(Writer *writer, unsigned count) {
    writer->seed ^= writer->seed >> 12;
    writer->seed ^= writer->seed << 25;
    writer->seed ^= writer->seed >> 27;
    return (unsigned)((writer->seed * 2685821657736338717u) >> 33) % count;
}

static void write_text(Writer *writer, const char *text) {
    text_add(&writer->text, text, strlen(text));
}

static void write_one_of(Writer *writer, const char *const *texts, unsigned count) {
    write_text(writer, texts[pick(writer, count)]);
}

#define WRITE_ONE_OF(writer, ...)                                                                                      \
    write_one_of(writer, (const char *const[]){__VA_ARGS__}, sizeof(const char *const[]){__VA_ARGS__} / sizeof(char *))

static void write_name(Writer *writer) {
    WRITE_ONE_OF(writer, "a", "b", "dense", "relu", "show", "train", "act", "a_rather_long_name_of_something", "x1");
}

static void write_line_end(Writer *writer) {
    WRITE_ONE_OF(writer, "\n", "\n", "\n\n", "  # note\n", "\n\n\n# on its own\n", "\n    # on its own\n\n");
}

/* Where a line may go on. */
static void write_gap(Writer *writer) {
    if (pick(writer, 12) == 0)
        write_line_end(writer);
    else
        WRITE_ONE_OF(writer, "", " ", "  ");
}

static void write_inner_gap(Writer *writer) {
    if (writer->open > 0)
        write_gap(writer);
    else
        write_text(writer, " ");
}

static void write_expression(Writer *writer, int depth);
static void write_block(Writer *writer, int depth);

static void write_arguments(Writer *writer, int depth, const char *brackets, bool is_list) {
    unsigned count = pick(writer, 4) + (is_list ? 1 : 0);
    text_char(&writer->text, brackets[0]);
    writer->open++;
    for (unsigned i = 0; i < count; i++) {
        write_text(writer, i ? "," : "");
        write_gap(writer);
        if (!is_list && pick(writer, 3) == 0) {
            write_name(writer);
            write_text(writer, "=");
        }
        write_expression(writer, depth - 1);
        write_inner_gap(writer);
    }
    writer->open--;
    text_char(&writer->text, brackets[1]);
}

static void write_primary(Writer *writer, int depth) {
    switch (pick(writer, depth > 0 ? 9 : 4)) {
    case 0:
        WRITE_ONE_OF(writer, "1", "0.5", "1e-3", "1_000");
        break;
    case 1:
        WRITE_ONE_OF(writer, "true", "false", "none", "\"text # \\\"\\n\"");
        break;
    case 4:
        write_arguments(writer, depth, "[]", true);
        break;
    case 5:
        write_block(writer, depth - 1);
        break;
    case 6:
    case 7:
        write_text(writer, "(");
        writer->open++;
        write_gap(writer);
        write_expression(writer, depth - 1);
        writer->open--;
        write_text(writer, ")");
        break;
    default:
        write_name(writer);
    }
}

static void write_postfix(Writer *writer, int depth) {
    write_primary(writer, depth);
    while (depth > 0 && pick(writer, 3) == 0) {
        switch (pick(writer, 4)) {
        case 0:
            write_arguments(writer, depth, "()", false);
            break;
        case 1:
            write_text(writer, " ");
            write_block(writer, depth - 1);
            break;
        case 2:
            write_text(writer, " .");
            write_name(writer);
            break;
        default:
            write_text(writer, "[");
            writer->open++;
            write_expression(writer, depth - 1);
            writer->open--;
            write_text(writer, "]");
        }
    }
}

/* Comparisons do not chain, so both sides of one are postfix. */
static void write_expression(Writer *writer, int depth) {
    unsigned form = depth > 0 ? pick(writer, 8) : 7;
    if (form == 0) {
        WRITE_ONE_OF(writer, "-", "not ");
        write_postfix(writer, depth - 1);
    } else if (form == 1) {
        write_text(writer, "(");
        write_postfix(writer, depth - 1);
        WRITE_ONE_OF(writer, "<", " >=", "==", " !=");
        write_gap(writer);
        write_postfix(writer, depth - 1);
        write_text(writer, ")");
    } else if (form < 4) {
        write_expression(writer, depth - 1);
        WRITE_ONE_OF(writer, " ->", " ->", " + ", " -", " *", "/ ", " % ", "^", " and", " or");
        write_text(writer, " ");
        write_gap(writer);
        write_expression(writer, depth - 1);
    } else {
        write_postfix(writer, depth);
    }
}

static void write_verb(Writer *writer, int depth) {
    WRITE_ONE_OF(writer, "show ", "train ", "print ");
    write_postfix(writer, depth - 1);
    for (unsigned i = pick(writer, 3); i > 0; i--) {
        write_text(writer, ",");
        write_gap(writer);
        write_expression(writer, depth - 1);
    }
    if (pick(writer, 2)) {
        write_text(writer, " on ");
        write_expression(writer, depth - 1);
    }
    if (pick(writer, 3) == 0)
        write_text(writer, " as a");
}

static void write_definition(Writer *writer, int depth) {
    if (pick(writer, 4)) {
        write_block(writer, depth - 1);
        return;
    }
    write_text(writer, "= ");
    write_expression(writer, depth - 1);
}

static void write_if(Writer *writer, int depth) {
    write_text(writer, "if (");
    write_expression(writer, depth - 1);
    write_text(writer, ") ");
    write_block(writer, depth - 1);
    if (pick(writer, 2)) {
        WRITE_ONE_OF(writer, " else ", "\nelse ", "  # why\n\nelse ");
        write_block(writer, depth - 1);
    }
}

static void write_statement(Writer *writer, int depth) {
    int open = writer->open;
    writer->open = 0;
    switch (pick(writer, depth > 0 ? 9 : 2)) {
    case 0:
    case 1:
        WRITE_ONE_OF(writer, "x = ", "setting=", "train = ", "h: ");
        write_expression(writer, depth - 1);
        break;
    case 2:
        WRITE_ONE_OF(writer, "net f ", "net g() ", "net h(a, b=1) ", "recipe r ");
        write_definition(writer, depth);
        break;
    case 3:
        write_if(writer, depth);
        break;
    case 4:
        write_text(writer, "for (i in ");
        write_expression(writer, depth - 1);
        write_text(writer, ") ");
        write_block(writer, depth - 1);
        break;
    case 5:
        write_verb(writer, depth);
        break;
    default:
        write_text(writer, "f ");
        write_block(writer, depth - 1);
        WRITE_ONE_OF(writer, "", " -> a", ".b");
    }
    writer->open = open;
}

static void write_block(Writer *writer, int depth) {
    bool is_over_lines = pick(writer, 2);
    write_text(writer, "{ ");
    if (is_over_lines)
        write_line_end(writer);
    for (unsigned i = pick(writer, 3); i > 0; i--) {
        write_statement(writer, depth - 1);
        if (is_over_lines)
            write_line_end(writer);
        else
            write_text(writer, i > 1 ? "; " : "");
    }
    write_text(writer, " }");
}

static char *write_program(uint64_t seed) {
    Writer writer = {.seed = seed * 2654435761u + 1};
    for (unsigned i = pick(&writer, 5) + 1; i > 0; i--) {
        write_statement(&writer, 5);
        write_line_end(&writer);
    }
    return text_take(&writer.text);
}

/* Letters of all comments: none is lost, none appears twice. */
static size_t comment_letters(const Program *program) {
    size_t sum = 0;
    for (int i = 0; i < program->comment_count; i++)
        for (size_t j = program->comments[i].span.begin; j < program->comments[i].span.end; j++)
            sum += source_text(program->source)[j] != ' ' && source_text(program->source)[j] != '#';
    return sum;
}

static void generated_programs_keep_tree_and_comments(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        char *text = write_program(seed);
        Parsed parsed = parse_correct(text);
        char *once = format_program(parsed.program), *twice = NULL;
        Parsed again = parse_correct(once);
        twice = format_program(again.program);
        if (!tree_equal(parsed.program->root, again.program->root))
            fail_msg("seed %d: another tree:\n%s\n---\n%s", (int)seed, text, once);
        if (strcmp(once, twice) != 0)
            fail_msg("seed %d: not canonical:\n%s\n---\n%s\n---\n%s", (int)seed, text, once, twice);
        assert_int_equal(comment_letters(parsed.program), comment_letters(again.program));
        free(text);
        free(once);
        free(twice);
        parsed_free(parsed);
        parsed_free(again);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spaces_are_canonical),          cmocka_unit_test(parentheses_that_hide_a_verb_stay),
        cmocka_unit_test(bodies_keep_their_lines),       cmocka_unit_test(long_lines_are_broken),
        cmocka_unit_test(an_index_stays_on_the_line),    cmocka_unit_test(comments_and_single_blank_lines_stay),
        cmocka_unit_test(one_tree_is_printed_by_itself), cmocka_unit_test(generated_programs_keep_tree_and_comments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
