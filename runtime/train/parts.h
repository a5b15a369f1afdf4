/* Descriptors of what a recipe is made of. Each is one const object in a file of its family and one line of registry.inc. */
#ifndef PLUMB_PARTS_H
#define PLUMB_PARTS_H
#include "../core/layer.h"

typedef struct Init {
    PlumbEntry entry;
    /* Fills value[size of spec->shape]. gain (an argument) multiplies the standard deviation. */
    bool (*fill)(const PlumbCall *call, const WeightSpec *spec, Draw draw, real *value, PlumbError *error);
    double (*variance)(const PlumbCall *call, const WeightSpec *spec); /* of one weight, for the forecast */
} Init;

typedef struct Loss {
    PlumbEntry entry;
    bool classify;   /* reads labels; else values */
    /* Does an output of `n` values fit `classes` (classify) or a target of `n` values? */
    bool (*fits)(int n, int classes, PlumbError *error);
    /* Returns the sum of the rows' losses; writes d_out (NULL: not wanted), the gradient of that sum / batch. */
    double (*run)(const Kernels *k, const PlumbCall *call, int rows, int n, const real *out, const int32_t *label, const real *y,
                  int64_t batch, real *d_out);
} Loss;

typedef struct Optimizer {
    PlumbEntry entry;
    int states;                                              /* arrays as large as the weights: 0, 1 or 2 */
    void (*setup)(const PlumbCall *call, Update *update);    /* all but lr's schedule, step and scale */
} Optimizer;

typedef struct Schedule { /* factor on the learning rate at `step` (from 0) of `steps`; `epoch` from 0 */
    PlumbEntry entry;
    double (*factor)(const PlumbCall *call, int64_t step, int64_t steps, int64_t steps_an_epoch);
} Schedule;

typedef struct Clip {
    PlumbEntry entry;
    /* norm: global norm of the mean gradient. Sets update->scale, update->value_limit. */
    void (*apply)(const PlumbCall *call, double norm, Update *update);
} Clip;

typedef struct Source {   /* of data */
    PlumbEntry entry;
    PlumbData *(*load)(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error);
} Source;
#endif
