/* The builder: lays a net's tree out as layers. Internal to build.c, place.c, combinators.c and shape_errors.c. */
#ifndef PLUMB_BUILDER_H
#define PLUMB_BUILDER_H
#include "interpreter.h"

enum { NODES_MAX = 100000, PLACE_DEPTH_MAX = 2000, NETS_DEPTH_MAX = 64 };

typedef struct Label {       /* of a stage, to link back to */
    const char *name;
    int node;
    Span span;
    struct Label *next;      /* the one made before; a new name hides an old one */
} Label;

typedef struct Counter {     /* how many of a name there are on this level */
    const char *name;
    int count;
    struct Counter *next;
} Counter;

typedef struct Level {       /* the net itself, or a net used inside it: a path and a set of labels of its own */
    const char *prefix;      /* "res3." */
    Label *labels;
    Counter *used, *labelled;
    const NetValue *net;     /* that is laid out here */
    struct Level *up;
    int depth;
} Level;

typedef struct Trail {       /* how the builder came here, innermost first: for errors inside repeated and used bodies */
    const char *what;        /* "repeat", "res1" */
    int turn, turns;         /* of a repetition, from 1; 0: none */
    Span span;
    const struct Trail *up;
} Trail;

typedef struct Shared {      /* a `share` of a repetition: where its nodes begin in the first turn */
    const Tree *tree;
    int first, count;
    struct Shared *next;
} Shared;

typedef struct Turns {       /* the innermost repetition */
    Shared *shared;
    struct Turns *up;
} Turns;

typedef struct Builder {
    Session *session;
    PlumbNet *net;
    int at;                  /* the node whose output flows on; -1 before the first */
    const char *label;       /* what no node bears yet, of the labelled stage that is being placed; or NULL */
    Level *level;
    const Trail *trail;
    int repeats;             /* repetitions around: labels are numbered there */
    Turns *turns;            /* NULL: none */
    int share_from, share_to; /* nodes whose weights the next ones use, in turn; none where equal */
    bool reversing;          /* recurrent layers run from the last time step to the first */
    int reversed;            /* recurrent layers placed while reversing */
    int depth;               /* of places within places */
    PlumbArena *arena;       /* labels, counters, names: until the net is built */
    bool failed;             /* fatal: no memory, or far too large */
} Builder;

/* Each places what its tree says behind `builder->at`. Errors are added and stand as an unknown node; false only when
 * going on makes no sense. `name`: of the last node, or NULL. */
bool place(Builder *builder, const Tree *tree, Scope *scope, const char *name);
bool place_block(Builder *builder, const Tree *block, Scope *scope, const char *name); /* in a frame of its own */
bool place_call(Builder *builder, const PlumbCall *call, const Tree *tree, const char *name);
/* The same for a layer with several inputs. */
bool place_join(Builder *builder, const PlumbCall *call, const int *input, int count, const Tree *tree, const char *name);
bool place_unknown(Builder *builder, const Tree *tree);
/* The net's body, in the frame of its parameters, on the builder's level. */
bool place_net_body(Builder *builder, const NetValue *net, const Tree *tree, const char *name);
/* A name numbered on this level, as labels in repetitions are: gate1, gate2. NULL: no memory. */
const char *counted_name(Builder *builder, const char *name);
const Label *label_find(const Builder *builder, const char *name);
bool builder_memory(Builder *builder, Span span); /* reports it; false */

/* ---- shape_errors.c ---- */
PlumbShape shape_at(const Builder *builder, int node);
Span span_of_node(const Builder *builder, int node);
/* "64 features", "3 x 8 x 8" */
char *shape_words(PlumbShape shape, char text[96]);
/* A layer does not take what arrives: both ends, the chain of shapes, the way through repeated and used bodies. */
Diag *report_shape(Builder *builder, const Tree *tree, const int *input, int count, const PlumbError *error);
/* A link joins what differs. `body`: the block that ends unequal (residual), or NULL for a label. */
void report_skip(Builder *builder, const Tree *tree, int from, int to, const char *projected);
Diag *report_in_net(const Builder *builder, Span span, const char *format, ...) __attribute__((format(printf, 3, 4)));
void add_trail(const Builder *builder, Diag *diag);
#endif
