/* Descriptors of what a recipe is made of. Each is one const object in a file of its family and one line of registry.inc. */
#ifndef PLUMB_PARTS_H
#define PLUMB_PARTS_H
#include "../core/layer.h"

typedef struct Init {
    PlumbEntry entry;
    /* Fills value[size of spec->shape]. gain (an argument) multiplies the standard deviation. */
    bool (*fill)(const PlumbCall *call, const WeightSpec *spec, Draw draw, real *value, PlumbError *error);
    double (*variance)(const PlumbCall *call, const WeightSpec *spec); /* of one weight, for the forecast */
    double (*mean)(const PlumbCall *call); /* of one weight; NULL: 0 */
    bool rotates;    /* the matrix keeps lengths: its draws do not make them fluctuate */
} Init;

typedef struct LossRows {   /* what a loss reads: the outputs of some rows, and what they should be */
    const PlumbCall *call;
    int rows, n;             /* n: values of one output row */
    int classes, labels;     /* labels of one row; each has `classes` outputs */
    const real *out;
    const int32_t *label;    /* rows x labels, or NULL */
    const real *y;           /* rows x n, or NULL */
    double total;            /* what the mean is over: rows of the whole batch, or their weights */
} LossRows;

typedef struct Loss {
    PlumbEntry entry;
    bool takes_labels, takes_values;
    /* Does an output of `n` values fit one label of `classes`, or a target of `target` values? */
    bool (*fits_labels)(const PlumbCall *call, int n, int classes, PlumbError *error);
    bool (*fits_values)(int n, int target, PlumbError *error);
    /* Returns the sum of the rows' losses; writes d_out (NULL: not wanted), the gradient of that sum / total. */
    double (*run)(const Kernels *k, const LossRows *rows, real *d_out);
    double (*weight)(const PlumbCall *call, int32_t label); /* of a label in the mean; NULL: all count the same */
} Loss;

typedef struct Optimizer {
    PlumbEntry entry;
    int kind;                              /* UPDATE_... */
    int (*states)(const PlumbCall *call);  /* arrays as large as the weights: 0, 1 or 2 */
    /* Factor on the step of one weight, by the norms of its clipped gradient and of itself. NULL: 1. */
    double (*trust)(const PlumbCall *call, double grad_norm, double weight_norm);
} Optimizer;
/* All of an update but its step, the schedule's factor and clipping. */
void optimizer_setup(const PlumbCall *call, Update *update);
void optimizer_at(Update *update, int64_t step); /* from 1 */

typedef struct Progress { /* of a training: what a schedule may go by */
    int64_t step, steps, steps_an_epoch; /* step: from 0, the one to come */
    const PlumbEpoch *history;           /* of the epochs done */
    int epochs;
} Progress;

typedef struct Schedule {
    PlumbEntry entry;
    double (*factor)(const PlumbCall *call, const Progress *at); /* on the learning rate: a function of the progress alone */
} Schedule;

/* What one limit is for. */
typedef enum { CLIP_NUMBER, CLIP_NET, CLIP_LAYER, CLIP_UNIT } ClipScope;
typedef struct Clip {
    PlumbEntry entry;
    ClipScope scope;
    /* Norms, over the scope, of the mean gradient and (units only) of the weights. Sets update->scale or value_limit. */
    void (*apply)(const PlumbCall *call, double grad_norm, double weight_norm, Update *update);
} Clip;

typedef struct View { /* of an image: (i, j) shows (i - down, j - right), counted from the right where mirrored */
    bool mirrored;
    int down, right;
} View;

typedef struct Augment {
    PlumbEntry entry;
    void (*apply)(int by, const uint32_t word[4], View *view); /* word: random bits of this row and epoch */
} Augment;

typedef struct Source {   /* of data */
    PlumbEntry entry;
    PlumbData *(*load)(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error);
} Source;
#endif
