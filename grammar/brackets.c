/* Matching is by kind alone; where a } must close over parentheses, those are the unclosed ones. */
#include "brackets.h"
#include <stdlib.h>
#include <string.h>

typedef struct Open {
    size_t offset, indent; /* indent of the line it stands on */
    char kind;
} Open;

typedef struct Matcher {
    Brackets *found;
    Open open[NESTING_MAX];
    int depth;
    size_t indent;      /* of the line being read */
    bool at_line_start; /* nothing but blanks before this byte */
    bool is_out_of_memory;
} Matcher;

static char opener_of(char closer) {
    return closer == ')' ? '(' : closer == ']' ? '[' : '{';
}

static void add_unclosed(Matcher *matcher, Open open) {
    Brackets *found = matcher->found;
    if (open.kind == '{')
        return; /* the end of the text tells of these */
    if (found->count == found->capacity) {
        int capacity = found->capacity ? found->capacity * 2 : 8;
        size_t *unclosed = realloc(found->unclosed, (size_t)capacity * sizeof *unclosed);
        if (!unclosed) {
            matcher->is_out_of_memory = true;
            return;
        }
        found->unclosed = unclosed;
        found->capacity = capacity;
    }
    found->unclosed[found->count++] = open.offset;
}

/* The opener that `closer` belongs to, or -1. A } closes over open parentheses, a ) never over an open brace. */
static int find_opener(const Matcher *matcher, char closer) {
    for (int i = matcher->depth - 1; i >= 0; i--) {
        if (matcher->open[i].kind == opener_of(closer))
            return i;
        if (matcher->open[i].kind == '{')
            return -1;
    }
    return -1;
}

/* A } that stands at the start of a line under an outer { rather than under its own betrays the one that is missing. */
static void suspect_by_indent(Matcher *matcher, int opener) {
    if (!matcher->at_line_start || matcher->found->has_suspect || matcher->open[opener].indent <= matcher->indent)
        return;
    matcher->found->has_suspect = true;
    matcher->found->suspect = matcher->open[opener].offset;
}

static void close_bracket(Matcher *matcher, char closer) {
    int opener = find_opener(matcher, closer);
    if (opener < 0)
        return;
    if (closer == '}')
        suspect_by_indent(matcher, opener);
    while (matcher->depth - 1 > opener)
        add_unclosed(matcher, matcher->open[--matcher->depth]);
    matcher->depth = opener;
}

/* Offset of the last byte of the string at `at`; it ends with its line if not before. */
static size_t skip_string(const char *text, size_t at, size_t length) {
    for (at++; at < length && text[at] != '\n'; at++) {
        if (text[at] == '"')
            return at;
        at += text[at] == '\\' && at + 1 < length && text[at + 1] != '\n';
    }
    return at - 1;
}

static size_t skip_comment(const char *text, size_t at, size_t length) {
    const char *end = memchr(text + at, '\n', length - at);
    return (end ? (size_t)(end - text) : length) - 1;
}

/* Reads what stands at `at`; returns the offset of its last byte. */
static size_t read_item(Matcher *matcher, const char *text, size_t at, size_t length) {
    switch (text[at]) {
    case '"':
        return skip_string(text, at, length);
    case '#':
        return skip_comment(text, at, length);
    case '(':
    case '[':
    case '{':
        matcher->open[matcher->depth++] = (Open){at, matcher->indent, text[at]};
        return at;
    case ')':
    case ']':
    case '}':
        close_bracket(matcher, text[at]);
        return at;
    default:
        return at;
    }
}

/* Stops where the nesting is too deep: the scanner refuses the text there. */
static void read_brackets(Matcher *matcher, const char *text, size_t length) {
    size_t line = 0;
    for (size_t i = 0; i < length && matcher->depth < NESTING_MAX; i++) {
        if (text[i] == '\n') {
            line = i + 1;
            matcher->at_line_start = true;
        }
        if (strchr(" \t\r\n", text[i]))
            continue;
        if (matcher->at_line_start)
            matcher->indent = i - line;
        i = read_item(matcher, text, i, length);
        matcher->at_line_start = false;
    }
}

static int by_offset(const void *a, const void *b) {
    size_t one = *(const size_t *)a, other = *(const size_t *)b;
    return (one > other) - (one < other);
}

bool brackets_find(Brackets *brackets, const char *text, size_t length, bool goes_on) {
    *brackets = (Brackets){0};
    Matcher *matcher = calloc(1, sizeof *matcher);
    if (!matcher)
        return false;
    matcher->found = brackets;
    matcher->at_line_start = true;
    read_brackets(matcher, text, length);
    while (!goes_on && matcher->depth > 0)
        add_unclosed(matcher, matcher->open[--matcher->depth]);
    if (brackets->count)
        qsort(brackets->unclosed, (size_t)brackets->count, sizeof *brackets->unclosed, by_offset);
    bool is_complete = !matcher->is_out_of_memory;
    free(matcher);
    return is_complete;
}

bool brackets_is_unclosed(const Brackets *brackets, size_t offset) {
    return brackets->count &&
           bsearch(&offset, brackets->unclosed, (size_t)brackets->count, sizeof offset, by_offset) != NULL;
}

bool brackets_last_unclosed(const Brackets *brackets, size_t offset, size_t *found) {
    int i = brackets->count;
    while (i > 0 && brackets->unclosed[i - 1] >= offset)
        i--;
    if (i > 0)
        *found = brackets->unclosed[i - 1];
    return i > 0;
}

void brackets_clear(Brackets *brackets) {
    free(brackets->unclosed);
    *brackets = (Brackets){0};
}
