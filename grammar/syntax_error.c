/* What is said about a syntax error: "found X, expected Y", a label for a mistake that people are likely to make, and
 * the bracket that is still open. What each parser state expects is written in messages.inc, beside an example that
 * leads there: the state is found by parsing the example, so a grammar change can not set the two apart. */
#include "plumb.tab.h"
#include "scan.h"
#include "text.h"
#include <stdlib.h>
#include <string.h>

/* ---- messages.inc: the example's state picks the message ---------------------------------------------------- */

static const struct Message {
    const char *example; /* a program whose first syntax error is in the state */
    const char *expected;
} messages[] = {
#define MESSAGE(example, expected) {example, expected},
#include "messages.inc"
#undef MESSAGE
};
enum { MESSAGE_COUNT = sizeof messages / sizeof *messages };

/* The examples' verbs: the grammar knows none, so any word will do. */
static bool is_example_verb(void *self, const char *word) {
    (void)self;
    return strcmp(word, "verb") == 0;
}

int syntax_error_state(const char *example) {
    static const Words words = {is_example_verb, NULL, NULL};
    int state = -1;
    Source *source = source_new("example", example, strlen(example));
    Parser *parser = source ? parser_new(source, &words, NULL) : NULL;
    if (parser && parser_run(parser, NULL, NULL))
        state = parser->error_state;
    parser_free(parser);
    source_free(source);
    return state;
}

const char *syntax_error_example(int index) {
    return index < MESSAGE_COUNT ? messages[index].example : NULL;
}

/* NULL when memory is short, or for a state without an example (which the tests refuse). */
static const char *expected_in(Parser *parser, int state) {
    if (!parser->state_of_message) {
        parser->state_of_message = calloc(MESSAGE_COUNT, sizeof *parser->state_of_message);
        for (int i = 0; i < MESSAGE_COUNT && parser->state_of_message; i++)
            parser->state_of_message[i] = syntax_error_state(messages[i].example);
    }
    for (int i = 0; i < MESSAGE_COUNT && parser->state_of_message; i++)
        if (parser->state_of_message[i] == state)
            return messages[i].expected;
    return NULL;
}

/* ---- what was found, what may follow ------------------------------------------------------------------------ */

typedef struct Problem {
    Parser *parser;
    Lexeme found, before;
    const char *const *expected; /* names of tokens */
    int count;
} Problem;

static const char *text_of(Span span) {
    return source_text(span.source) + span.begin;
}

static bool is_written(Span span, const char *text) {
    return span.source && span.end - span.begin == strlen(text) && memcmp(text_of(span), text, strlen(text)) == 0;
}

static bool is_expected(const Problem *problem, const char *name) {
    for (int i = 0; i < problem->count; i++)
        if (strcmp(problem->expected[i], name) == 0)
            return true;
    return false;
}

static void describe_found(Text *text, Lexeme found) {
    enum { LONGEST = 40 };
    size_t length = found.span.end - found.span.begin;
    switch (found.token) {
    case T_END:
        text_printf(text, "end of input");
        break;
    case T_NEWLINE:
        text_printf(text, "end of line");
        break;
    case T_STRING:
        text_printf(text, "a string");
        break;
    default:
        text_printf(text, length > LONGEST ? "`%.*s...`" : "`%.*s`", length > LONGEST ? LONGEST : (int)length,
                    text_of(found.span));
    }
}

static const struct Phrase { /* tokens that are named together, or not at all where others say enough */
    const char *token, *phrase;
} phrases[] = {
    {"name", "a name"},
    {"number", "an expression"},
    {"string", ""},
    {"true", ""},
    {"false", ""},
    {"none", ""},
    {"not", ""},
    {"(", ""},
    {"[", ""},
    {"{", ""},
    {".", ""},
    {"->", "an operator"},
    {"or", ""},
    {"and", ""},
    {"<", ""},
    {">", ""},
    {"<=", ""},
    {">=", ""},
    {"==", ""},
    {"!=", ""},
    {"+", ""},
    {"-", ""},
    {"*", ""},
    {"/", ""},
    {"%", ""},
    {"^", ""},
    {"on", "a clause (on, with, to, from, as)"},
    {"with", ""},
    {"to", ""},
    {"from", ""},
    {"as", ""},
    {"end of line", "end of line"},
    {"end of input", ""},
    {";", ""},
    {"verb", "a verb"},
    {"net", ""},
    {"recipe", ""},
    {"for", ""},
    {"if", ""},
};

/* NULL: the token shows as it is written. */
static const char *phrase_of(const Problem *problem, const char *token) {
    if (strcmp(token, "name") == 0 && is_expected(problem, "number"))
        return "";
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (strcmp(phrases[i].token, token) == 0)
            return phrases[i].phrase;
    return NULL;
}

/* "`,`, `)` or an operator": the expected tokens as a phrase. */
static void describe_expected(Text *text, const Problem *problem) {
    const char *item[EXPECTED_MAX], *phrase;
    int count = 0;
    for (int i = 0; i < problem->count; i++)
        if (!(phrase = phrase_of(problem, problem->expected[i])) || *phrase)
            item[count++] = problem->expected[i];
    for (int i = 0; i < count; i++) {
        text_printf(text, "%s", i == 0 ? "" : i == count - 1 ? " or " : ", ");
        phrase = phrase_of(problem, item[i]);
        text_printf(text, phrase ? "%s" : "`%s`", phrase ? phrase : item[i]);
    }
}

/* ---- advice: a label for likely mistakes; the first that applies is given ------------------------------------ */

static const struct KnownMistake { /* NULL: any token */
    const char *before, *found, *advice;
} known_mistakes[] = {
    {NULL, "elif", "write `else { if (...) { } }`"},
    {"else", "if", "write `else { if (...) { } }`"},
    {NULL, "else", "`else` follows the `}` of an `if`"},
    {"def", NULL, "a net is declared by  net NAME(...) { }"},
    {"class", NULL, "a net is declared by  net NAME(...) { }"},
    {"function", NULL, "a net is declared by  net NAME(...) { }"},
    {"model", NULL, "a net is declared by  net NAME(...) { }"},
    {"let", NULL, "a value is bound by  NAME = value"},
    {"var", NULL, "a value is bound by  NAME = value"},
    {"const", NULL, "a value is bound by  NAME = value"},
    {"import", NULL, "another file is read by  use \"file.plumb\""},
    {"include", NULL, "another file is read by  use \"file.plumb\""},
    {"while", NULL, "there are `for (x in list) { }` and `repeat(n) { }`"},
    {"+", "=", "write  NAME = NAME + value"},
    {"-", "=", "write  NAME = NAME - value"},
    {"+", "+", "write  NAME = NAME + 1"},
    {":", "=", "write  NAME = value"},
    {NULL, "=", "`=` binds the name that a statement begins with; `==` compares"},
};

static bool is_reserved(int token) {
    return token == T_VERB || (token >= T_NET && token <= T_NOT);
}

static bool begins_statement(Span span) {
    const char *text = source_text(span.source);
    size_t at = span.begin;
    while (at > 0 && strchr(" \t", text[at - 1]))
        at--;
    return at == 0 || strchr("\n;{", text[at - 1]);
}

static bool advise_reserved_name(const Problem *problem, Diag *diag) {
    const Lexeme before = problem->before;
    bool applies = problem->found.token == T_ASSIGN && is_reserved(before.token) && begins_statement(before.span);
    if (applies)
        diag_label(diag, "`%.*s` is a reserved word: another name", (int)(before.span.end - before.span.begin),
                   text_of(before.span));
    return applies;
}

static bool advise_known(const Problem *problem, Diag *diag) {
    for (size_t i = 0; i < sizeof known_mistakes / sizeof *known_mistakes; i++) {
        const struct KnownMistake *known = &known_mistakes[i];
        if ((known->before && !is_written(problem->before.span, known->before)) ||
            (known->found && !is_written(problem->found.span, known->found)))
            continue;
        diag_label(diag, "%s", known->advice);
        return true;
    }
    return false;
}

static bool advise_comparison(const Problem *problem, Diag *diag) {
    bool applies = problem->found.token >= T_LESS && problem->found.token <= T_UNEQUAL && is_expected(problem, "and");
    if (applies)
        diag_label(diag, "comparisons do not chain: write `a < b and b < c`");
    return applies;
}

static bool advise_body_below(const Problem *problem, Diag *diag) {
    const Span found = problem->found.span;
    bool is_below = problem->found.token == T_NEWLINE && is_expected(problem, "{") &&
                    source_text(found.source)[scan_skip_blank(problem->parser, found.begin)] == '{';
    if (is_below)
        diag_label(diag, "a body's `{` stands on the line where its call ends");
    return is_below;
}

static bool advise_line_goes_on(const Problem *problem, Diag *diag) {
    bool is_first = problem->before.token == T_NEWLINE || !problem->before.span.source;
    bool applies = is_first && scan_goes_on_after(problem->found.token);
    if (applies)
        diag_label(diag, "a statement ends with its line; it goes on after `->`, `,`, `=` and operators");
    return applies;
}

static bool advise_reserved(const Problem *problem, Diag *diag) {
    bool applies = is_expected(problem, "name") && !is_expected(problem, "number") && is_reserved(problem->found.token);
    if (applies)
        diag_label(diag, "this is a reserved word");
    return applies;
}

/* The words that a misspelt one may stand for. */
typedef struct Candidates {
    const Problem *problem;
    const Words *words; /* NULL: only what is expected */
} Candidates;

static const char *candidate_at(void *self, int index) {
    static const char *const openers[] = {"net", "recipe", "for", "if"};
    const int opener_count = sizeof openers / sizeof *openers;
    const Candidates *candidates = self;
    if (!candidates->words)
        return index < candidates->problem->count ? candidates->problem->expected[index] : NULL;
    if (index < opener_count)
        return openers[index];
    const Words *words = candidates->words;
    return words->verb_at ? words->verb_at(words->self, index - opener_count) : NULL;
}

static bool suggest(const Problem *problem, const Words *words, Lexeme word, Diag *diag) {
    Candidates candidates = {problem, words};
    const char *nearest = word.token == T_NAME ? nearest_name(word.text, candidate_at, &candidates) : NULL;
    if (nearest)
        diag_label(diag, "did you mean `%s`?", nearest);
    return nearest != NULL;
}

static bool advise_spelling(const Problem *problem, Diag *diag) {
    if (suggest(problem, NULL, problem->found, diag))
        return true;
    const Lexeme before = problem->before;
    if (before.token != T_NAME || !problem->parser->words || !begins_statement(before.span))
        return false;
    const char *word = before.text;
    Candidates candidates = {problem, problem->parser->words};
    const char *nearest = nearest_name(word, candidate_at, &candidates);
    if (nearest)
        diag_place(diag, before.span, "did you mean `%s`?", nearest);
    return nearest != NULL;
}

/* `plot gradients plain`, `compare plain fixed` */
static bool advise_two_operands(const Problem *problem, Diag *diag) {
    const Lexeme before = problem->before, found = problem->found;
    bool applies = before.token == T_NAME && found.token == T_NAME && is_expected(problem, "on") &&
                   is_expected(problem, ",") && !begins_statement(before.span);
    if (applies)
        diag_label(diag, "did you mean `%s(%s)`, or `%s, %s`?", before.text, found.text, before.text, found.text);
    return applies;
}

static bool is_value(int token) {
    return token == T_NUMBER || token == T_STRING;
}

static bool advise_comma(const Problem *problem, Diag *diag) {
    static const int starters[] = {T_NUMBER, T_STRING, T_NAME, T_TRUE, T_FALSE, T_NONE, T_NOT};
    for (size_t i = 0; i < sizeof starters / sizeof *starters && is_expected(problem, ","); i++)
        if (problem->found.token == starters[i] && (problem->parser->depth || is_value(problem->before.token))) {
            diag_label(diag, "is a `,` missing before this?");
            return true;
        }
    return false;
}

static bool advise_closer(const Problem *problem, Diag *diag) {
    if (problem->parser->closes_nothing)
        diag_label(diag, "no bracket is open here that this closes");
    return problem->parser->closes_nothing;
}

static bool (*const advices[])(const Problem *, Diag *) = {
    advise_reserved_name, advise_known,    advise_comparison, advise_body_below,   advise_closer,
    advise_line_goes_on,  advise_reserved, advise_spelling,   advise_two_operands, advise_comma,
};

/* The parenthesis that the grammar wants closed: one that is open, or one that never is. */
static void show_open_bracket(const Problem *problem, Diag *diag) {
    const Parser *parser = problem->parser;
    size_t offset;
    bool ends = problem->found.token == T_NEWLINE || problem->found.token == T_END;
    if (!ends && !is_expected(problem, ")") && !is_expected(problem, "]"))
        return;
    const Opening *inner = parser->depth ? &parser->open[parser->depth - 1] : NULL;
    if (brackets_last_unclosed(&parser->brackets, problem->found.span.begin, &offset) && offset >= parser->statement)
        diag_place(diag, (Span){parser->source, offset, offset + 1}, "opened here");
    else if (inner && inner->kind != '{' && inner->span.begin != problem->found.span.begin)
        diag_place(diag, inner->span, "opened here");
}

/* ---- the report --------------------------------------------------------------------------------------------- */

static void report(const Problem *problem, int state) {
    Text found = {0}, follows = {0}, expected = {0};
    describe_found(&found, problem->found);
    describe_expected(&follows, problem);
    const char *phrase = expected_in(problem->parser, state);
    text_printf(&expected, phrase ? phrase : "%s", follows.at ? follows.at : "something else");
    char *found_text = text_take(&found), *expected_text = text_take(&expected);
    text_clear(&follows);
    Diag *diag = parser_error(problem->parser, problem->found.span, "found %s, expected %s",
                              found_text ? found_text : "", expected_text ? expected_text : "");
    free(found_text);
    free(expected_text);
    for (size_t i = 0; i < sizeof advices / sizeof *advices; i++)
        if (advices[i](problem, diag))
            break;
    show_open_bracket(problem, diag);
}

void report_syntax_error(Parser *parser, int state, const char *const *expected, int count) {
    if (parser->error_state < 0)
        parser->error_state = state;
    const Problem problem = {parser, parser->last, parser->previous, expected, count};
    if (parser->diags)
        report(&problem, state);
    else
        parser->errors++;
    parser_recover(parser);
}
