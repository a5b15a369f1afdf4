/* What a layer does to the moments of signal and gradient in the limit of wide layers: the pieces of the forecast.
 *
 * Poole et al. 2016 and Schoenholz et al. 2017: the weights are drawn independently with mean 0, so that what arrives at a unit is
 * normally distributed over the units, and second moments follow from second moments. `Layer.moments` fills `out` and one Back for
 * each input, or refuses. */
#ifndef PLUMB_MOMENTS_H
#define PLUMB_MOMENTS_H
#include "../core/layer.h"

typedef struct Signal {      /* of a node's values, over its units and over rows of data */
    double q;                /* E x^2 */
    double mean;             /* E x over the units of one row */
    double difference;       /* E (x(a) - x(b))^2 / 2 for two rows: q - E x(a) x(b) */
    double log_tangent;      /* ln of the same for two rows that hardly differ, relative to the net's input */
    bool normal;             /* Gaussian over the units */
    double apart;            /* as difference, for two places of one row: the steps of a sequence */
} Signal;

typedef struct Back {        /* how dL/dx of one input follows from dL/dy; E: over units, rows and draws of the weights */
    double gain;             /* E dx^2 = gain E dy^2 */
    double slope;            /* E dy/dx, value by value; 0 where dx mixes many dy */
    double cross;            /* E dx(a) dx(b) = cross E dy(a) dy(b), two rows of a batch */
    double aligned;          /* E (x dx)^2 = aligned E dy^2 */
    double aligned_cross;    /* E x(a) dx(a) x(b) dx(b) = aligned_cross E dy(a) dy(b) */
    double aligned_places;   /* the same of two places, of an activation; else x and dx are independent */
    bool keeps;              /* x dx = y dy: both as they arrive */
    double centred;          /* rows of a batch, each place one, over which the mean of dy, and its part along y, are taken away
                                first; 0: none */
    double centred_places;   /* of them are in one row */
    double focus;            /* share of dx^2 on values whose slope is not 0, over their share of the values; 0: 1, evenly spread */
    bool focused;            /* an activation: what arrives counts by its focus */
    double parted;           /* share of what the gradients of two places have in common that is lost; 1: all */
    bool joined;             /* all places get the same */
    double shared, mingled;  /* attention, upsampling: E dx^2 = gain (1 + shared c) E dy^2, where E dy(t) dy(u) = c E dy^2;
                                of dx it is mingled + (1 - parted + shared) c, over 1 + shared c */
    PlumbCause shared_by;
    struct {                 /* a norm of rows: the part of dy along y, and where it centres the mean, are taken away first */
        double features, places; /* of those that are normed together; 0: no such norm */
        double alike;        /* E y(t) y(u) / E y^2, two of these places */
        bool centres;
    } normed;
    double spread;           /* what the layer adds to the variance of ln E dx^2 over draws of the weights */
    double decades[PLUMB_CAUSES]; /* log10 sqrt(gain), by what it comes from: their sum */
} Back;

typedef struct Joint {       /* of the inputs of a node: sums over all pairs of them */
    double square, common;   /* E x1 x2 for one row, E x1(a) x2(b) for two */
    double places;           /* the same for two places of one row */
    double tangent, log;     /* of small differences: tangent e^log, as Signal.log_tangent counts */
} Joint;

typedef struct Moments {     /* one node of the forecast */
    const LayerSite *site;
    const WeightSpec *weight; /* what the layer asks for */
    int weights;
    double batch;            /* rows that a batch norm sees; INFINITY: wide */
    bool independent;        /* no two inputs stem from the same draws */
    Joint joint;             /* of its inputs, where there are several */
    const Signal *in;        /* one an input */
    Signal out;
    Back *back;              /* one an input, zeroed */
    bool mixes;              /* set: every output is a sum over many inputs with drawn weights */
    double time_gain;        /* set, by recurrent layers: factor on the gradient's rms at each time step back, their mean */
    const char *refused;     /* set: why theory says nothing here; out and back are not used */
    const char *caution;     /* set: what is approximate here */
} Moments;

/* ---- the layers' building blocks, moments.c ------------------------------------------------------------------ */
/* y = x, by another shape perhaps */
void moments_keep(Moments *m);
/* y = factor x, `power` = E factor^2 where it is drawn anew for each value (dropout), with E factor = 1. */
void moments_scale(Moments *m, double factor, PlumbCause cause);
void moments_mask(Moments *m, double power, PlumbCause cause);
/* y = x1 + x2 ..., y = x1 x2 ...: of independent inputs the product. y = [x1, x2 ...] */
void moments_add(Moments *m);
void moments_multiply(Moments *m);
void moments_concat(Moments *m);
/* y = phi(x), elementwise; a: slope, alpha */
void moments_activation(Moments *m, Act act, double a);
/* y = W x + b (b NULL: none): `terms` inputs in the sum of one output, `uses` outputs that read one input, on average.
 * units: of its input that fluctuate independently. */
void moments_linear(Moments *m, const WeightSpec *weight, const WeightSpec *bias, double terms, double uses, double units);
/* y = x + what all rows have in common, of this variance (positions), or what each draws for itself (noise) */
void moments_offset(Moments *m, double variance, bool common);
/* y = a sigmoid(b) with x = [a, b] */
void moments_glu(Moments *m);
/* y = (x - mean) / sqrt(variance + eps) over some features at some places of a row; centred false: nothing is subtracted,
 * variance is q. */
void moments_row_norm(Moments *m, double features, double places, double eps, bool centred);
/* The same for one unit over `rows` rows of the batch, at `places` of each: Yang et al. 2019, theorem 8. */
void moments_batch_norm(Moments *m, double rows, double places, double eps);

/* The largest, the mean of `count` places; `reads`: windows that one input lies in, on average. Each place `times` over. */
void moments_pool_max(Moments *m, double count, double reads);
void moments_pool_mean(Moments *m, double count, double reads);
void moments_repeat(Moments *m, double times);

/* ---- attention.c ------------------------------------------------------------------------------------------------- */
/* Of a value's variance the share that places have in common: taken to be that of small differences, too. */
double coherence(const Signal *x);
/* y = softmax(x) over `count` values. */
void moments_softmax(Moments *m, double count);
typedef struct AttentionTheory {
    int time, features;
    bool causal;
    double in, out;          /* features x Var of a weight: of the projection of what goes in, of what comes out */
} AttentionTheory;
/* y = softmax(q k^T / sqrt(features of a head)) v, projected. */
void moments_attention(Moments *m, const AttentionTheory *theory);

/* ---- expectations, response.c ---------------------------------------------------------------------------------- */
typedef struct Response {    /* of phi to u ~ N(mean, variance), and to a pair of them */
    double mean, square;     /* E phi, E phi^2 */
    double slope;            /* E phi' */
    double slope_square;     /* E phi'^2 */
    double slope_fourth;     /* E phi'^4 */
    double aligned;          /* E u^2 phi'^2 */
    double difference;       /* E (phi(u1) - phi(u2))^2 / 2 */
    double slope_cross;      /* E phi'(u1) phi'(u2) */
    double aligned_cross;    /* E u1 phi'(u1) u2 phi'(u2) */
} Response;
/* gap = 1 - correlation of the pair: handed over itself, since it may be far below 1e-16 */
Response response_of(Act act, double a, double mean, double variance, double gap);
#endif
