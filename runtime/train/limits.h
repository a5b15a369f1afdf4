/* What clipping leaves of the gradient, and trust ratios: factors found between the gradients' sum and the update. */
#ifndef PLUMB_LIMITS_H
#define PLUMB_LIMITS_H
#include "../core/plan.h"

typedef struct Span { /* of a weight, in what it shares with others */
    int first, count; /* its layer's weights */
    int factor;       /* its first factor */
    int64_t length;   /* values that one factor is for: a unit's, or all */
    bool spared;      /* never clipped */
} Span;

typedef struct Limits {
    const PlumbCall *clip;      /* NULL: none */
    const PlumbCall *optimizer; /* NULL: none */
    Span *span;                 /* one a weight; NULL where neither a layer, a unit nor a trust ratio asks for it */
    double *factor;             /* on the gradients, of each unit */
    double *trust;              /* of each weight */
    double *squares;            /* of each weight's summed gradient: the caller's */
    int factor_count;
} Limits;

bool limits_init(Limits *limits, const PlumbNet *net, const PlumbCall *clip, const PlumbCall *optimizer);
void limits_clear(Limits *limits);
bool limits_wait(const Limits *limits); /* until the whole gradient is summed: factors depend on norms */
/* Finds the factors of weight `i`. norm: of the whole gradient; `squares` must be there for all weights. */
void limits_find(Limits *limits, const PlumbNet *net, const Kernels *k, int i, double norm);
/* update's scale, value_limit and trust for the values of weight `i` from `offset` on; returns for how many of them. */
int64_t limits_apply(const Limits *limits, int i, int64_t offset, double norm, Update *update);
double limits_least(const Limits *limits, double norm); /* the smallest factor taken */
#endif
