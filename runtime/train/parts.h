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
    int64_t batch;           /* rows of the whole batch: what the mean is over */
} LossRows;

typedef struct Loss {
    PlumbEntry entry;
    bool takes_labels, takes_values;
    /* Does an output of `n` values fit one label of `classes`, or a target of `target` values? */
    bool (*fits_labels)(int n, int classes, PlumbError *error);
    bool (*fits_values)(int n, int target, PlumbError *error);
    /* Returns the sum of the rows' losses; writes d_out (NULL: not wanted), the gradient of that sum / batch. */
    double (*run)(const Kernels *k, const LossRows *rows, real *d_out);
} Loss;

typedef struct Optimizer {
    PlumbEntry entry;
    int kind;                              /* UPDATE_... */
    int (*states)(const PlumbCall *call);  /* arrays as large as the weights: 0, 1 or 2 */
} Optimizer;
/* All of an update but its step, the schedule's factor and clipping. */
void optimizer_setup(const PlumbCall *call, Update *update);

typedef struct Schedule { /* factor on the learning rate at `step` (from 0) of `steps`; `epoch` from 0 */
    PlumbEntry entry;
    double (*factor)(const PlumbCall *call, int64_t step, int64_t steps, int64_t steps_an_epoch);
} Schedule;

typedef struct Clip {
    PlumbEntry entry;
    bool needs_norm; /* the global norm must be known before any weight moves */
    /* norm: global norm of the mean gradient. Sets update->scale, update->value_limit. */
    void (*apply)(const PlumbCall *call, double norm, Update *update);
} Clip;

typedef struct Source {   /* of data */
    PlumbEntry entry;
    PlumbData *(*load)(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error);
} Source;
#endif
