/* Combinators: calls with bodies, laid out by the builder. A combinator is one row of the table in combinators.c. */
#ifndef PLUMB_COMBINATORS_H
#define PLUMB_COMBINATORS_H
#include "builder.h"

typedef struct Site {        /* a combinator's call where it stands in a net */
    const Tree *tree;
    const PlumbCall *call;   /* its arguments; a pipeline or a label is a PLUMB_V_REF to its tree */
    Tree *const *body;       /* its blocks */
    int bodies;
    Scope *scope;
    const char *name;        /* a label for its last node, or NULL */
} Site;

typedef struct Combinator {
    PlumbEntry entry;        /* kind PLUMB_COMBINATOR */
    int bodies_min, bodies_max;
    bool (*place)(Builder *builder, const Site *site); /* NULL: not a stage, only a value (learned) */
} Combinator;

const Combinator *combinator_find(const char *name); /* NULL: no such one */
const Combinator *combinator_at(int index);          /* NULL ends */
#endif
