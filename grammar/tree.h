/* The tree of a program: one kind of node, so that walking, comparing and printing are each one function.
 * Everything lives in the program's arena and is never changed after parsing (repair copies). */
#ifndef PLUMB_TREE_H
#define PLUMB_TREE_H
#include "arena.h"
#include "source.h"
#include <stdbool.h>

/*   kind        text            number   children (in order)                     statement? */
typedef enum TreeKind {
    TREE_NUMBER, /* literal as written   value    -                                         */
    TREE_STRING, /* unescaped            -        -                                         */
    TREE_NAME,   /* name                 -        -                                         */
    TREE_TRUE,
    TREE_FALSE,
    TREE_NONE,
    TREE_LIST,     /* -                    -        items                                     */
    TREE_CALL,     /* -                    -        callee, ARGUMENTs or expressions, BLOCKs  */
    TREE_ARGUMENT, /* argument name        -        value            (name=value in a call)   */
    TREE_FIELD,    /* field name           -        object                                    */
    TREE_INDEX,    /* -                    -        object, index                             */
    TREE_UNARY,    /* "-" "not"            -        operand                                   */
    TREE_BINARY,   /* "->" "+" "and" ...   -        left, right                               */
    TREE_BLOCK,    /* -                    -        statements                                */
    TREE_BIND,     /* name                 -        value                           yes       */
    TREE_LABEL,    /* name                 -        value                           yes       */
    TREE_NET,      /* name                 -        PARAMs, then BLOCK or expression yes      */
    TREE_PARAM,    /* name                 -        default (or nothing)                      */
    TREE_RECIPE,   /* name                 -        BLOCK or expression             yes       */
    TREE_FOR,      /* loop variable        -        list, BLOCK                     yes       */
    TREE_IF,       /* -                    -        condition, BLOCK, BLOCK or nothing  yes   */
    TREE_VERB,     /* verb                 -        operands, then CLAUSEs          yes       */
    TREE_CLAUSE,   /* "on" "with" "to" "from" "as"  -  expression (for "as" a NAME)           */
    TREE_ERROR,    /* stands where parsing failed   -        -                      yes       */
} TreeKind;        /* an expression may stand as a statement by itself */

enum { TREE_HEIGHT_MAX = 1000 };

typedef struct Tree Tree;
struct Tree {
    TreeKind kind;
    bool in_parentheses;  /* written in ( ): the printer keeps what precedence needs */
    bool had_parentheses; /* TREE_CALL: written with ( ), even if empty */
    int bodies;           /* TREE_CALL: how many of the last children are bodies; a block before them is an argument */
    Span span;            /* the whole construct */
    Span text_span;       /* of `text` alone: a name, an operator, a verb */
    const char *text;
    double number;
    Tree **child;
    int count;
    int height; /* of the tree below and with this node; at most TREE_HEIGHT_MAX, so walkers may recurse */
};

typedef struct Comment { /* for the formatter: place and text, '#' included */
    Span span;
    bool own_line;
} Comment;

typedef struct Program {
    Arena *arena;
    const Source *source; /* borrowed: must outlive the program */
    Tree *root;           /* a TREE_BLOCK of the statements */
    Comment *comments;
    int comment_count;
} Program;

const char *tree_kind_name(TreeKind kind);
bool tree_equal(const Tree *a, const Tree *b); /* same shape and text; spans and parentheses do not count */
Tree *tree_copy(Arena *arena, const Tree *tree);
void program_free(Program *program);
#endif
