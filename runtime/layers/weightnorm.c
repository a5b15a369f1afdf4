/* Salimans & Kingma 2016: W = g v / |v|, its length apart from its direction. */
#include "weightnorm.h"
#include <math.h>

static double length_of(const Kernels *k, int n, const real *v) {
    return sqrt(k->dot(n, v, v));
}

/* A row of zeros has no direction: it stays zero, and so does its gradient. */
void weightnorm_matrix(const Kernels *k, int n, int columns, const real *v, const real *g, real *w, real *inverse) {
    for (int row = 0; row < n; row++, v += columns, w += columns) {
        double length = length_of(k, columns, v);
        inverse[row] = length > 0 ? (real)(1 / length) : 0;
        k->scale(columns, g[row] * inverse[row], v, w);
    }
}

/* Eq. 3: dg = dW.v / |v|, dv = g / |v| (dW - dg v / |v|) */
void weightnorm_gradient(const Kernels *k, int n, int columns, const real *v, const real *g, const real *inverse,
                         const real *dw, bool adds, real *dg, real *dv) {
    for (int row = 0; row < n; row++, v += columns, dw += columns, dv += columns) {
        real slope = (real)k->dot(columns, dw, v) * inverse[row], factor = g[row] * inverse[row];
        real along = slope * inverse[row];
        dg[row] = (adds ? dg[row] : 0) + slope;
        for (int i = 0; i < columns; i++) {
            real d = factor * (dw[i] - along * v[i]);
            dv[i] = adds ? dv[i] + d : d;
        }
    }
}

void weightnorm_settle(int n, int columns, const real *v, real *g) {
    for (int row = 0; row < n; row++, v += columns) {
        g[row] = (real)length_of(kernels_portable(), columns, v);
    }
}
