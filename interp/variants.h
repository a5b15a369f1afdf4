/* A net called with lists for arguments: one variant for each combination of their items. */
#ifndef PLUMB_VARIANTS_H
#define PLUMB_VARIANTS_H
#include "session.h"
#include "value.h"

enum { VARIANTS_MOST = 1000 };
typedef struct Dimension { /* an argument that has a list */
    const char *name;
    Value *list;
} Dimension;
typedef struct Variants {
    Value *net;            /* that is called */
    const Tree *call;
    Value **argument;      /* as written, evaluated */
    Dimension *dimension;  /* of those with lists, in their order; the last one changes fastest */
    int arguments, dimensions, count;
    bool unknown;          /* while checking: only running tells which there are */
} Variants;

/* Of a call such as mlp(depth=[5, 10], act=relu). False: reported. */
bool variants_open(Session *session, const Tree *call, Variants *variants);
void variants_close(Variants *variants);
/* A new net, `index` from 0; named by its arguments, and `suffix` behind them. NULL after an error. */
Value *variants_net(Session *session, const Variants *variants, int index, const char *suffix);
/* "mlp(depth=5, act=relu)". malloc'd; NULL: no memory. */
char *variants_name(const Variants *variants, int index);
/* The item that a variant takes of a dimension. Borrowed. */
Value *variants_item(const Variants *variants, int index, int dimension);
#endif
