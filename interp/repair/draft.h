/* A net as source that is being edited: its body and the values of its parameters as trees of its own. Nothing that it was taken
 * from changes. */
#ifndef PLUMB_REPAIR_DRAFT_H
#define PLUMB_REPAIR_DRAFT_H
#include "../interpreter.h"

typedef struct Draft {
    Session *session;
    Arena *arena;
    Scope *scope;             /* in which the net was declared */
    const Tree *declaration;
    Tree *body;
    Tree **value;             /* of each parameter; NULL: it has none */
    int parameters;
    bool rewritten;           /* the body differs from the declaration's */
    char *recipe;             /* settings over the recipe, "clip = by_norm(1); ..."; NULL: none */
    int depth;                /* of nets within nets */
    bool failed;              /* no memory, or what cannot be written */
} Draft;

Draft *draft_of(Session *session, const NetValue *net); /* NULL: no memory */
Draft *draft_copy(const Draft *draft);                  /* the same */
void draft_free(Draft *draft);                          /* NULL is allowed */

/* "net fixed = mlp(act=relu)"; with its body where that was rewritten, or `whole` is asked for. malloc'd; NULL: it cannot be
 * written, or no memory. */
char *draft_text(const Draft *draft, const char *name, bool whole);
/* Adds "clip = by_norm(1)" to the settings over the recipe, in place of another one for the key. */
bool draft_set(Draft *draft, const char *setting);
/* The recipe with such settings over `base`. NULL: they are none. */
Value *draft_recipe(Session *session, const char *settings, const PlumbCall *base);
/* An expression or a statement of the language, kept as long as the session. NULL, and the draft has failed: it is none. */
Tree *draft_parse(Draft *draft, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The parameter that the name stands for, or -1. */
int draft_parameter(const Draft *draft, const Tree *tree);
/* The entry of the registry that a name or a call means, also by a binding; NULL: none. */
const PlumbEntry *draft_entry(const Draft *draft, const Tree *tree);
/* Does the name mean a net, declared in the body or in reach? */
bool draft_net(const Draft *draft, const Tree *tree);
/* Is the name used in the tree, or in a net that it uses? */
bool draft_mentions(const Draft *draft, const Tree *tree, const char *name);
/* The body as a block: an expression becomes one of a single statement. NULL: no memory. */
Tree *draft_block(Draft *draft);
bool draft_insert(Draft *draft, int place, Tree *statement); /* into the body's block; false: no memory */
/* A declaration as a value. NULL: it is none; nothing is reported. */
Value *draft_declare(Session *session, const Tree *tree, Scope *scope);
/* Is it one of the words of the list, "dead_units plateau"? */
bool is_listed(const char *list, const char *word);
/* The net that the text declares, built. NULL: it cannot be; nothing is reported. */
Value *draft_build(Session *session, const char *text);

/* ---- rewrite.c: an edit, wherever it applies, also in the nets that it uses (nets.c), whose edited declarations go into its body.
 * False: it changes nothing ---- */
bool draft_rewrite(Draft *draft, const PlumbEdit *to);
/* Of a net that another one uses, `times` over (NULL: not repeated): its last layer is none of the output's. */
bool draft_rewrite_used(Draft *draft, const PlumbEdit *to, const Tree *times);
bool draft_rewrite_nets(Draft *draft, const PlumbEdit *to, const Tree *times);
#endif
