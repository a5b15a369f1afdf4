/* One builder a grammar rule. Without memory they return NULL (and pass a NULL child on); the driver then stops.
 * Lists under construction live outside the arena and are consumed by the builder they are given to. */
#ifndef PLUMB_TREE_BUILD_H
#define PLUMB_TREE_BUILD_H
#include "parser.h"

typedef struct TreeList {
    Tree **item;
    int count, capacity;
} TreeList;

TreeList list_none(void); /* can not fail */
TreeList list_one(Parser *parser, Tree *tree);
TreeList list_add(Parser *parser, TreeList list, Tree *tree);
/* The same for statements: no tree (an empty line) adds nothing, and a body on a line of its own is warned of. */
TreeList list_add_statement(Parser *parser, TreeList list, Tree *tree);
void list_clear(TreeList *list);

Tree *tree_leaf(Parser *parser, TreeKind kind, Span span, const char *text);
Tree *tree_number(Parser *parser, Span span, const char *text);
/* `text` and its span may be NULL and empty; children that are NULL are an error unless `count` leaves them out. */
Tree *tree_one(Parser *parser, TreeKind kind, Span span, const char *text, Span text_span, Tree *child);
Tree *tree_two(Parser *parser, TreeKind kind, Span span, const char *text, Span text_span, Tree *first, Tree *second);
Tree *tree_many(Parser *parser, TreeKind kind, Span span, const char *text, Span text_span, TreeList children);
Tree *tree_if(Parser *parser, Span span, Tree *condition, Tree *block, Tree *otherwise);
Tree *tree_net(Parser *parser, Span span, const char *name, Span name_span, TreeList params, Tree *body);
Tree *tree_verb(Parser *parser, Span span, const char *verb, Span verb_span, TreeList operands, TreeList clauses);
Tree *tree_call(Parser *parser, Span span, Tree *callee, TreeList arguments);
Tree *tree_bodies(Parser *parser, Span span, Tree *callee, TreeList blocks);
Tree *tree_parentheses(Span span, Tree *inner);
Tree *tree_block(Parser *parser, Span span, Span brace, TreeList statements, Tree *last);
void program_set_root(Parser *parser, Span span, TreeList statements, Tree *last);
#endif
