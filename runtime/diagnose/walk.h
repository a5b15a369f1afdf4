/* The forecast's walk: moments of the signal carried forward through a net, those of the gradient backward. */
#ifndef PLUMB_WALK_H
#define PLUMB_WALK_H
#include "../core/net.h"
#include "moments.h"

typedef struct Gradient {       /* of the loss by a node's output, relative to that at the start */
    bool reached;               /* false: no path leads here */
    double decades;             /* log10 of its rms, in the mean over draws; NaN: unknown */
    double cross;               /* E d(a) d(b) / E d^2 */
    double kin;                 /* the same, were the gradient at the start the same for both rows */
    double places;              /* E d(t) d(u) / E d^2, two places of a row */
    double aligned, aligned_cross; /* E (x d)^2 / E d^2; E x(a) d(a) x(b) d(b) / E d^2 */
    double aligned_places;      /* the same of two places */
    double focus;               /* as Back.focus */
    double spread;              /* variance of ln d^2 over draws */
    double cause[PLUMB_CAUSES]; /* their sum is `decades` */
} Gradient;

typedef struct Edge {           /* into input `slot` of node `to` */
    int to, slot;
} Edge;

typedef struct Walk {
    const PlumbNet *net;
    double batch;
    Signal *signal;             /* of each node's output; q NaN: unknown */
    Gradient *gradient;
    Back **back;                /* one an input; NULL: the net's input, or refused */
    Back *backs;                /* where they live */
    Edge *edges;                /* those out of node i: edges[first_edge[i]] up to that of i + 1 */
    int *first_edge;
    double *share;              /* of each edge in the sum of squares that its node gets back */
    uint64_t *roots;            /* bit sets of `words` each: the mixing nodes and inputs that a node's values stem from, value by value */
    int words;
    int *rank;                  /* mixing nodes on the longest path up to this one, itself included */
    bool *mixes;
    int start;                  /* the node whose gradient is 1 */
    PlumbForecastNode *told;    /* refused, caution */
} Walk;

bool walk_init(Walk *walk, const PlumbNet *net, PlumbForecastNode *told); /* false: no memory; clear it all the same */
void walk_clear(Walk *walk);
void walk_forward(Walk *walk, const PlumbData *data);
void walk_back(Walk *walk);

/* ---- verdict.c ---------------------------------------------------------------------------------------------------- */
bool is_adaptive(const PlumbCall *recipe); /* does it divide a gradient by its own size? All but plain descent do */
const PlumbLimits *forecast_limits(bool adaptive);
void tell_time(const Walk *walk, PlumbForecast *forecast);
void judge_forecast(const Walk *walk, const PlumbData *data, const PlumbCall *recipe, PlumbForecast *forecast);
PlumbVerdict forecast_verdict(const PlumbForecast *forecast, PlumbReason *reason); /* by what it says and its limits */
/* Is it the recipe's doing that all steps are too small, or one too large? A usual net fails with it too, by about as much. */
bool falls_short_with_any(const PlumbForecast *forecast);
bool leaps_with_any(const PlumbForecast *forecast);
/* Of a recurrent layer over whose steps the gradient falls by so many (negative) decades. */
bool gates_may_open(const char *layer, double decades);

/* ---- reach.c ------------------------------------------------------------------------------------------------------ */
/* reach, curvature, and what they usually are */
void forecast_movement(const Walk *walk, const PlumbData *data, const PlumbCall *recipe, PlumbForecast *forecast);

/* ---- stride.c ----------------------------------------------------------------------------------------------------- */
double forecast_stride(const Walk *walk, const PlumbData *data, const PlumbCall *recipe);
bool reads_any_scale(const PlumbNet *net); /* a norm, or numbers of things: the inputs' size is no matter */
double input_square(const Walk *walk); /* E x^2 of the inputs, where their size matters; else 1 */
bool is_plain(const PlumbNet *net);  /* no links, no batch norms */
double drawn_std(const PlumbNet *net, int at); /* of the first weight of a node; NaN: it has none */
double depth_factor(int layers);     /* by which an update ratio counts in a plain net of so many */

/* ---- dependence.c: values that stem from the same draws --------------------------------------------------------- */
/* Gathers the roots of a node's inputs; false where two inputs have some in common. */
bool roots_join(const Walk *walk, int node);
void roots_set(const Walk *walk, int node); /* itself */
/* Sums over all pairs of inputs i < j of E x_i x_j for one row, for two rows, and of their tangents (relative to e^log). */
Joint joint_inputs(const Walk *walk, int node);
/* How the gradients that reach a node along two of its edges correlate. */
double edges_correlate(const Walk *walk, const Edge *a, const Edge *b);
#endif
