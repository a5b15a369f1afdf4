/* Recursion here is bounded: the builder lets no tree be higher than TREE_HEIGHT_MAX. */
#include "tree.h"
#include <stdlib.h>
#include <string.h>

const char *tree_kind_name(TreeKind kind) {
    static const char *const names[] = {
        [TREE_NUMBER] = "number", [TREE_STRING] = "string", [TREE_NAME] = "name",         [TREE_TRUE] = "true",
        [TREE_FALSE] = "false",   [TREE_NONE] = "none",     [TREE_LIST] = "list",         [TREE_CALL] = "call",
        [TREE_FIELD] = "field",   [TREE_INDEX] = "index",   [TREE_ARGUMENT] = "argument", [TREE_UNARY] = "unary",
        [TREE_BINARY] = "binary", [TREE_BLOCK] = "block",   [TREE_BIND] = "binding",      [TREE_LABEL] = "label",
        [TREE_NET] = "net",       [TREE_PARAM] = "param",   [TREE_RECIPE] = "recipe",     [TREE_FOR] = "for",
        [TREE_IF] = "if",         [TREE_VERB] = "verb",     [TREE_CLAUSE] = "clause",     [TREE_ERROR] = "error",
    };
    return names[kind];
}

static bool text_equal(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool tree_equal(const Tree *a, const Tree *b) {
    if (a->kind != b->kind || a->count != b->count || !text_equal(a->text, b->text) ||
        a->had_parentheses != b->had_parentheses || a->bodies != b->bodies)
        return false;
    for (int i = 0; i < a->count; i++)
        if (!tree_equal(a->child[i], b->child[i]))
            return false;
    return true;
}

Tree *tree_copy(Arena *arena, const Tree *tree) {
    Tree *copy = arena_alloc(arena, sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *tree;
    if (tree->text && !(copy->text = arena_text(arena, tree->text, strlen(tree->text))))
        return NULL;
    copy->child = tree->count ? arena_alloc(arena, (size_t)tree->count * sizeof *copy->child) : NULL;
    for (int i = 0; i < tree->count; i++)
        if (!copy->child || !(copy->child[i] = tree_copy(arena, tree->child[i])))
            return NULL;
    return copy;
}

void program_free(Program *program) {
    if (!program)
        return;
    free(program->comments);
    arena_free(program->arena);
    free(program);
}
