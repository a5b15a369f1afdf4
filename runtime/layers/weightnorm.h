/* Weight normalisation: a matrix as the length and the direction of each of its rows. */
#ifndef PLUMB_WEIGHTNORM_H
#define PLUMB_WEIGHTNORM_H
#include "../core/layer.h"

/* W(n, k) = g v / |v| by row, from v(n, k) and g(n). inverse(n): 1 / |v|, for the gradient. */
void weightnorm_matrix(const Kernels *k, int n, int columns, const real *v, const real *g, real *w, real *inverse);
/* From dW(n, k): dg, and dv; both added to where `adds`. */
void weightnorm_gradient(const Kernels *k, int n, int columns, const real *v, const real *g, const real *inverse, const real *dw,
                         bool adds, real *dg, real *dv);
/* g as it must be for W to be v: what the weights begin with. */
void weightnorm_settle(int n, int columns, const real *v, real *g);
#endif
