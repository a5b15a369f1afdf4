/* A net called with lists for arguments: one variant for each combination of their items. And a recipe likewise. */
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

/* The item that the combination `index` takes of dimension `which`: the last one changes fastest. Borrowed. */
Value *dimensions_item(const Dimension *dimension, int dimensions, int index, int which);
/* Of a call such as mlp(depth=[5, 10], act=relu), or of a net's name alone. False: reported. */
bool variants_open(Session *session, const Tree *call, Variants *variants);
void variants_close(Variants *variants);
/* A new net, `index` from 0; named by its arguments, and `suffix` behind them. NULL after an error. */
Value *variants_net(Session *session, const Variants *variants, int index, const char *suffix);
/* "mlp(depth=5, act=relu)". malloc'd; NULL: no memory. */
char *variants_name(const Variants *variants, int index);
/* The item that a variant takes of a dimension. Borrowed. */
Value *variants_item(const Variants *variants, int index, int dimension);

/* ---- recipe_variants.c -------------------------------------------------------------------------------------- */
typedef struct RecipeVariants {
    Dimension *dimension;  /* a key of the recipe, or `lr`, which is the optimizer's */
    int dimensions, count; /* count: 1 where nothing varies */
    Value **recipe;        /* one a combination; NULL where nothing varies, or while checking not all is known */
} RecipeVariants;

/* Of operands such as lr=[0.1, 0.01], batch=[16, 64], over `base` (NULL: the default recipe). False: reported. */
bool recipe_variants_open(Session *session, const Tree *const *operand, int operands, Value *base, RecipeVariants *variants);
void recipe_variants_close(RecipeVariants *variants);
#endif
