/* Dense with the activation behind it in one pass over the data: what the plan fuses. */
#ifndef PLUMB_DENSE_H
#define PLUMB_DENSE_H
#include "../core/layer.h"

typedef struct DenseAct {
    Act act;
    real a;         /* its slope, alpha ... */
    real *y;        /* forward: the activation's output (rows, units); pass->out holds z and may be y */
    const real *dy; /* backward: dL/dy */
    real *dz;       /* dL/dz, may be dy */
    Tally *tally_y, *tally_dy;
} DenseAct;
void dense_forward(const Pass *pass, const DenseAct *act); /* NULL: no activation */
void dense_backward(const Pass *pass, const DenseAct *act);
extern const Layer layer_dense;
#endif
