/* For tests of the grammar: a text is parsed, its tree and its diagnostics are text again. */
#ifndef TEST_PARSING_H
#define TEST_PARSING_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "grammar/format.h"
#include "grammar/parse.h"
#include "grammar/text.h"
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static const char *const verbs[] = {"train",  "show",    "print", "expect", "set",
                                    "report", "compare", "save",  "step",   NULL};

static inline const char *verb_at(void *self, int index) {
    (void)self;
    return verbs[index];
}

static inline bool is_verb(void *self, const char *word) {
    (void)self;
    for (int i = 0; verbs[i]; i++)
        if (strcmp(verbs[i], word) == 0)
            return true;
    return false;
}

static const Words test_words = {is_verb, verb_at, NULL};

typedef struct Parsed {
    Source *source;
    Diags *diags;
    Program *program;
} Parsed;

static inline Parsed parse_bytes(const char *text, size_t length) {
    Parsed parsed = {source_new("t", text, length), diags_new(), NULL};
    assert_non_null(parsed.source);
    assert_non_null(parsed.diags);
    parsed.program = parse(parsed.source, &test_words, parsed.diags);
    assert_non_null(parsed.program);
    return parsed;
}

static inline Parsed parse_text(const char *text) {
    return parse_bytes(text, strlen(text));
}

static inline void parsed_free(Parsed parsed) {
    program_free(parsed.program);
    diags_free(parsed.diags);
    source_free(parsed.source);
}

static inline char *printed(const Diags *diags, bool color) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    assert_non_null(out);
    diags_print(diags, out, color);
    fclose(out);
    return text;
}

static inline Parsed parse_correct(const char *text) {
    Parsed parsed = parse_text(text);
    if (diags_total(parsed.diags)) {
        char *said = printed(parsed.diags, false);
        fail_msg("%s\nis refused:\n%s", text, said);
    }
    return parsed;
}

/* A tree in one line: (-> a (call dense 64 units=3)). */
static inline void add_shape(Text *to, const Tree *tree) {
    bool is_leaf = tree->count == 0 && tree->text;
    if (!is_leaf)
        text_printf(to, "(%s",
                    tree->kind == TREE_BINARY || tree->kind == TREE_UNARY || tree->kind == TREE_CLAUSE
                        ? tree->text
                        : tree_kind_name(tree->kind));
    if (is_leaf)
        text_printf(to, tree->kind == TREE_STRING ? "\"%s\"" : "%s", tree->text);
    else if (tree->text && tree->kind != TREE_BINARY && tree->kind != TREE_UNARY && tree->kind != TREE_CLAUSE)
        text_printf(to, " %s", tree->text);
    for (int i = 0; i < tree->count; i++) {
        text_char(to, ' ');
        add_shape(to, tree->child[i]);
    }
    text_add(to, ")", !is_leaf);
}

/* The statements of a program, joined by "; ". */
static inline char *shape_of(const Program *program) {
    Text text = {0};
    for (int i = 0; i < program->root->count; i++) {
        text_printf(&text, "%s", i ? "; " : "");
        add_shape(&text, program->root->child[i]);
    }
    return text_take(&text);
}
#endif
