/* What the prompt asks: may the text end here, and what may come next. Nothing is evaluated; the tree goes at once. */
#include "parser.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool is_among(const char *name, const char *const *names, int count) {
    for (int i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* ---- may it end here? --------------------------------------------------------------------------------------- */

static void ask_whether_it_may_end(void *self, Parser *parser, ParserStack *stack) {
    const char *names[EXPECTED_MAX] = {0};
    int count = stack_expected(stack, names);
    ParseState *state = self;
    *state = parser->errors ? PARSE_WRONG : is_among("end of input", names, count) ? PARSE_COMPLETE : PARSE_INCOMPLETE;
}

ParseState parse_state(const Source *source, const Words *words) {
    ParseState state = PARSE_WRONG;
    Parser *parser = parser_new(source, words, NULL);
    if (parser) {
        parser->goes_on = parser->drops_last_newline = true;
        parser_run(parser, ask_whether_it_may_end, &state);
    }
    parser_free(parser);
    return state;
}

/* ---- what may come next? ------------------------------------------------------------------------------------ */

/* Keeps a copy of `text`, one behind the other in `held`. */
static const char *hold(char **end, const char *text) {
    if (!text)
        return NULL;
    char *copy = *end;
    size_t size = strlen(text) + 1;
    memcpy(copy, text, size);
    *end += size;
    return copy;
}

static size_t size_of(const char *text) {
    return text ? strlen(text) + 1 : 0;
}

static const char *innermost_callee(const Parser *parser) {
    for (int i = parser->depth - 1; i >= 0 && parser->open[i].kind != '{'; i--)
        if (parser->open[i].kind == '(')
            return parser->open[i].callee;
    return NULL;
}

/* Does `word` end at `end`, but for blanks? */
static bool ends_with(const char *text, size_t end, const char *word) {
    size_t length = strlen(word);
    while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t'))
        end--;
    return end >= length && strncmp(text + end - length, word, length) == 0 &&
           (end == length || !isalnum((unsigned char)text[end - length - 1]));
}

static bool starts_with(const char *text, const char *word) {
    size_t length = strlen(word);
    return strncmp(text, word, length) == 0 && !isalnum((unsigned char)text[length]) && text[length] != '_';
}

/* A recipe's block follows `with`, or `with` and a name. */
static bool follows_with(const char *text, size_t end) {
    if (ends_with(text, end, "with"))
        return true;
    while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t'))
        end--;
    while (end > 0 && (isalnum((unsigned char)text[end - 1]) || text[end - 1] == '_'))
        end--;
    return ends_with(text, end, "with");
}

static const char *verb_of_block(const Parser *parser) {
    for (int i = parser->depth - 1; i >= 0; i--)
        if (parser->open[i].kind == '{')
            return parser->open[i].verb;
    return NULL;
}

static const char *innermost_body(const Parser *parser) {
    const char *text = source_text(parser->source);
    for (int i = parser->depth - 1; i >= 0; i--) {
        const char *statement = text + parser->open[i].statement;
        if (parser->open[i].kind != '{' || starts_with(statement, "for") || starts_with(statement, "if"))
            continue;
        bool is_recipe = starts_with(statement, "recipe") || follows_with(text, parser->open[i].span.begin);
        return is_recipe ? "recipe" : "net";
    }
    return NULL;
}

static void list_keywords(Expected *expected, const char *const *names, int count) {
    static const char *const not_words[] = {"end of input", "end of line", "number", "string", "name", "verb"};
    const int most = (int)(sizeof expected->keywords / sizeof *expected->keywords) - 1;
    int words = 0;
    for (int i = 0; i < count && words < most; i++) {
        bool is_word = names[i][0] >= 'a' && names[i][0] <= 'z';
        if (is_word && !is_among(names[i], not_words, sizeof not_words / sizeof *not_words))
            expected->keywords[words++] = names[i];
    }
}

static void ask_what_may_come(void *self, Parser *parser, ParserStack *stack) {
    static const char *const clauses[] = {"on", "with", "to", "from", "as"};
    Expected *expected = self;
    expected->string = parser->ends_in_string;
    const char *names[EXPECTED_MAX] = {0};
    int count = parser->is_recovering ? 0 : stack_expected(stack, names);
    expected->name = is_among("name", names, count);
    expected->statement = is_among("verb", names, count);
    list_keywords(expected, names, count);
    const Span last = parser->ends_in_string ? parser->previous.span : parser->last.span;
    for (size_t i = 0; i < sizeof clauses / sizeof *clauses && last.source; i++)
        if (last.end - last.begin == strlen(clauses[i]) &&
            strncmp(source_text(last.source) + last.begin, clauses[i], strlen(clauses[i])) == 0)
            expected->clause = clauses[i];
    const char *callee = innermost_callee(parser), *with = verb_of_block(parser);
    expected->body = innermost_body(parser);
    char *end = expected->held = malloc(size_of(parser->verb) + size_of(callee) + size_of(with) + 1);
    if (end) {
        expected->verb = hold(&end, parser->verb);
        expected->callee = hold(&end, callee);
        expected->with = hold(&end, with);
    }
}

void parse_expected(const Source *source, const Words *words, Expected *expected) {
    *expected = (Expected){0};
    Parser *parser = parser_new(source, words, NULL);
    if (parser) {
        parser->goes_on = true;
        parser_run(parser, ask_what_may_come, expected);
    }
    parser_free(parser);
}

void expected_clear(Expected *expected) {
    free(expected->held);
    *expected = (Expected){0};
}
