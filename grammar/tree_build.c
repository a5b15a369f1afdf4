#include "tree_build.h"
#include "text.h"
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- lists -------------------------------------------------------------------------------------------------- */

TreeList list_none(void) {
    return (TreeList){0};
}

void list_clear(TreeList *list) {
    free(list->item);
    *list = (TreeList){0};
}

TreeList list_add(Parser *parser, TreeList list, Tree *tree) {
    if (!tree)
        return list;
    if (list.count == list.capacity) {
        int capacity = list.capacity ? list.capacity * 2 : 4;
        Tree **item = realloc(list.item, (size_t)capacity * sizeof(Tree *));
        if (!item) {
            parser->has_failed = true;
            return list;
        }
        list.item = item;
        list.capacity = capacity;
    }
    list.item[list.count++] = tree;
    return list;
}

TreeList list_one(Parser *parser, Tree *tree) {
    return list_add(parser, list_none(), tree);
}

/* `repeat(3)` with its `{` on the next line is two statements, hardly ever what was meant. */
static void warn_of_lone_block(Parser *parser, const Tree *before, const Tree *block) {
    if (block->kind != TREE_BLOCK || block->in_parentheses || before->kind == TREE_ERROR || !parser->diags ||
        diags_total(parser->diags) >= ERRORS_MAX)
        return;
    Span end = {parser->source, before->span.end, before->span.end};
    if (span_line(block->span) != span_line(end) + 1)
        return;
    Diag *diag = diags_add(parser->diags, DIAG_WARNING, block->text_span, "this block is a statement of its own");
    diag_label(diag, "a body's `{` stands on the line where its call ends");
}

TreeList list_add_statement(Parser *parser, TreeList list, Tree *tree) {
    if (tree && list.count)
        warn_of_lone_block(parser, list.item[list.count - 1], tree);
    return list_add(parser, list, tree);
}

static TreeList list_join(Parser *parser, TreeList first, TreeList rest) {
    for (int i = 0; i < rest.count; i++)
        first = list_add(parser, first, rest.item[i]);
    list_clear(&rest);
    return first;
}

/* ---- nodes -------------------------------------------------------------------------------------------------- */

static Tree *new_node(Parser *parser, TreeKind kind, Span span, int count) {
    Tree *tree = parser->has_failed ? NULL : arena_alloc(parser->arena, sizeof *tree);
    if (tree && count)
        tree->child = arena_alloc(parser->arena, (size_t)count * sizeof *tree->child);
    if (!tree || (count && !tree->child)) {
        parser->has_failed = true;
        return NULL;
    }
    tree->kind = kind;
    tree->span = span;
    tree->count = count;
    tree->height = 1;
    return tree;
}

/* A node over `count` children. One that would be too high becomes an error, so that walkers may recurse. */
static Tree *node(Parser *parser, TreeKind kind, Span span, const char *text, Span text_span, Tree *const *child,
                  int count) {
    Tree *tree = new_node(parser, kind, span, count);
    if (!tree)
        return NULL;
    tree->text = text;
    tree->text_span = text_span;
    for (int i = 0; i < count; i++) {
        if (child[i]->height >= TREE_HEIGHT_MAX) {
            diag_note(parser_too_deep(parser, text_span), "chains of operators count: a chain of layers goes on in a "
                                                          "new statement, or by repeat(n) { }");
            return new_node(parser, TREE_ERROR, span, 0);
        }
        tree->child[i] = child[i];
        if (tree->height <= child[i]->height)
            tree->height = child[i]->height + 1;
    }
    return tree;
}

Tree *tree_leaf(Parser *parser, TreeKind kind, Span span, const char *text) {
    return node(parser, kind, span, text, span, NULL, 0);
}

Tree *tree_one(Parser *parser, TreeKind kind, Span span, const char *text, Span text_span, Tree *child) {
    return child ? node(parser, kind, span, text, text_span, &child, 1) : NULL;
}

Tree *tree_two(Parser *parser, TreeKind kind, Span span, const char *text, Span text_span, Tree *first, Tree *second) {
    Tree *child[] = {first, second};
    return first && second ? node(parser, kind, span, text, text_span, child, 2) : NULL;
}

Tree *tree_many(Parser *parser, TreeKind kind, Span span, const char *text, Span text_span, TreeList children) {
    Tree *tree = node(parser, kind, span, text, text_span, children.item, children.count);
    list_clear(&children);
    return tree;
}

/* ---- numbers ------------------------------------------------------------------------------------------------ */

/* strtod reads the decimal point of the locale, the language has one. */
static double read_number(Parser *parser, const char *literal) {
    Text text = {0};
    for (; *literal; literal++)
        if (*literal == '.')
            text_printf(&text, "%s", localeconv()->decimal_point);
        else if (*literal != '_')
            text_char(&text, *literal);
    double number = 0;
    if (text.failed)
        parser->has_failed = true;
    else
        number = strtod(text.at, NULL);
    text_clear(&text);
    return number;
}

Tree *tree_number(Parser *parser, Span span, const char *text) {
    Tree *tree = text ? tree_leaf(parser, TREE_NUMBER, span, text) : NULL;
    if (!tree)
        return NULL;
    tree->number = read_number(parser, text);
    if (isinf(tree->number))
        diag_label(parser_error(parser, span, "this number is too large"), "the largest is 1.79e308");
    return tree;
}

/* ---- statements and calls ----------------------------------------------------------------------------------- */

Tree *tree_if(Parser *parser, Span span, Tree *condition, Tree *block, Tree *otherwise) {
    Tree *child[] = {condition, block, otherwise};
    Span keyword = {span.source, span.begin, span.begin + strlen("if")};
    return condition && block ? node(parser, TREE_IF, span, NULL, keyword, child, otherwise ? 3 : 2) : NULL;
}

Tree *tree_net(Parser *parser, Span span, const char *name, Span name_span, TreeList params, Tree *body) {
    return tree_many(parser, TREE_NET, span, name, name_span, list_add(parser, params, body));
}

static void check_clauses(Parser *parser, TreeList clauses) {
    for (int i = 1; i < clauses.count; i++)
        for (int j = 0; j < i; j++)
            if (strcmp(clauses.item[i]->text, clauses.item[j]->text) == 0) {
                Diag *diag =
                    parser_error(parser, clauses.item[i]->text_span, "`%s` is given twice", clauses.item[i]->text);
                diag_place(diag, clauses.item[j]->text_span, "first here");
                break;
            }
}

Tree *tree_verb(Parser *parser, Span span, const char *verb, Span verb_span, TreeList operands, TreeList clauses) {
    check_clauses(parser, clauses);
    return tree_many(parser, TREE_VERB, span, verb, verb_span, list_join(parser, operands, clauses));
}

/* The place of a call's own text is its callee. */
static Tree *call(Parser *parser, Span span, Tree *callee, TreeList rest) {
    if (callee)
        return tree_many(parser, TREE_CALL, span, NULL, callee->span,
                         list_join(parser, list_one(parser, callee), rest));
    list_clear(&rest);
    return NULL;
}

Tree *tree_call(Parser *parser, Span span, Tree *callee, TreeList arguments) {
    Tree *tree = call(parser, span, callee, arguments);
    if (tree)
        tree->had_parentheses = true;
    return tree;
}

/* Bodies behind `name(...)` belong to that call; behind anything else they make one. */
Tree *tree_bodies(Parser *parser, Span span, Tree *callee, TreeList blocks) {
    bool goes_on = callee && callee->kind == TREE_CALL && !callee->in_parentheses;
    int bodies = blocks.count;
    Tree *tree;
    if (goes_on) {
        TreeList parts = list_none();
        for (int i = 0; i < callee->count; i++)
            parts = list_add(parser, parts, callee->child[i]);
        tree = tree_many(parser, TREE_CALL, span, NULL, callee->text_span, list_join(parser, parts, blocks));
    } else {
        tree = call(parser, span, callee, blocks);
    }
    if (tree) {
        tree->had_parentheses = goes_on && callee->had_parentheses;
        tree->bodies = bodies;
    }
    return tree;
}

Tree *tree_parentheses(Span span, Tree *inner) {
    if (!inner)
        return NULL;
    inner->in_parentheses = true;
    inner->span = span;
    return inner;
}

Tree *tree_block(Parser *parser, Span span, Span brace, TreeList statements, Tree *last) {
    return tree_many(parser, TREE_BLOCK, span, NULL, brace, list_add_statement(parser, statements, last));
}

void program_set_root(Parser *parser, Span span, TreeList statements, Tree *last) {
    parser->root = tree_block(parser, span, span, statements, last);
}
