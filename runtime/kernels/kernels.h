/* The only door to arithmetic on arrays: one table of functions, two implementations.
 * `native` takes products from libxsmm and oneDNN and compiles the loops once per instruction set; `portable` is plain C,
 * also built in double precision. All arrays are dense and row-major. A kernel works on the calling thread only. */
#ifndef PLUMB_KERNELS_H
#define PLUMB_KERNELS_H
#include "../plumb.h"

typedef plumb_real real;

typedef enum { /* elementwise activations; `a` is the slope, alpha ... of those that have one */
    ACT_IDENTITY, ACT_SIGMOID, ACT_TANH, ACT_RELU, ACT_LEAKY_RELU, ACT_ELU, ACT_SELU, ACT_GELU, ACT_SILU, ACT_MISH, ACT_SOFTPLUS,
    ACT_SOFTSIGN, ACT_HARD_SIGMOID, ACT_HARD_TANH, ACT_RELU6, ACT_COUNT
} Act;

/* What a pass over an array counts on the way. Sums are added to, so that shards and rows can share one. */
typedef struct Tally {
    double sum, sum_squares; /* of finite values */
    double saturated;        /* |phi'| under 5 % of its maximum */
    double nonfinite;
    double count;            /* values seen */
} Tally;

typedef struct Update { /* one optimizer step over a stretch of the flat buffers; formulas as PyTorch's */
    int kind;           /* UPDATE_SGD ... */
    double lr, momentum, beta1, beta2, eps, decay, alpha; /* alpha: rmsprop's smoothing */
    bool nesterov;
    int64_t step;       /* from 1 */
    double scale;       /* on the gradient: clipping */
    double trust;       /* sgd: on gradient and decay, the trust ratio of lars */
    double value_limit; /* clip by value before all else; 0: none */
} Update;
enum { UPDATE_SGD, UPDATE_ADAM, UPDATE_ADAMW, UPDATE_RMSPROP, UPDATE_ADAGRAD, UPDATE_LION };

typedef struct Kernels {
    const char *name;
    /* C[m,n] = op(A) op(B) + beta C; op is the transpose where ta, tb. ld*: distance between rows as stored. beta is 0 or 1. */
    void (*gemm)(bool ta, bool tb, int m, int n, int k, const real *a, int lda, const real *b, int ldb, real beta, real *c, int ldc);
    /* z[rows,n] += bias[n] (NULL: none), then y = phi(z). y may be z where the derivative needs the output only. Tallies may be NULL. */
    void (*bias_act)(Act act, real a, int rows, int n, real *z, const real *bias, real *y, Tally *tally_z, Tally *tally_y);
    /* dz = dy phi'(z): from y where act_from_output(act), else from z. dz may be dy. Tallies count dy and dz. db (NULL: none): column sums of dz, overwritten. */
    void (*act_back)(Act act, real a, int rows, int n, const real *z, const real *y, const real *dy, real *dz, real *db,
                     Tally *tally_dy, Tally *tally_dz);
    void (*tally)(int64_t n, const real *x, Tally *tally);
    void (*column_sum)(int rows, int n, const real *x, real beta, real *sum); /* sum[n] = beta sum + column sums */
    /* y = x + y, y = a x, y *= x and the like */
    void (*add)(int64_t n, const real *x, real *y);
    void (*scale)(int64_t n, real a, const real *x, real *y);
    void (*multiply)(int64_t n, const real *a, const real *b, real beta, real *y); /* y = a b + beta y */
    double (*dot)(int64_t n, const real *a, const real *b);
    void (*transpose)(int rows, int columns, const real *x, real *y); /* y[columns,rows] */
    /* Sums over shards: g[n] = sum of gs[s][n] in order of s; returns the sum of squares, counts non-finite ones. */
    double (*reduce)(int shards, int64_t n, const real *const *gs, real *g, double *nonfinite);
    /* w, g and the two state arrays (NULL where unused); weight and update sums of squares are added to norms[0], norms[1]. */
    void (*update)(const Update *update, int64_t n, real *w, const real *g, real *s1, real *s2, double norms[2]);
    /* softmax rows, in place allowed; log: their logarithm */
    void (*softmax)(int rows, int n, const real *x, real *y, bool log);
    void (*softmax_back)(int rows, int n, const real *y, const real *dy, real *dx); /* dx = y (dy - sum(y dy)), dx may be dy */
    void (*blend)(int64_t n, real keep, const real *x, real *y);                    /* y = keep y + (1 - keep) x */
} Kernels;

const Kernels *kernels_native(void);   /* NULL where not built, and in the double build */
const Kernels *kernels_portable(void);
const Kernels *kernels_find(const char *name, PlumbError *error); /* NULL name: the best there is */
bool act_from_output(Act act);         /* phi' can be computed from the output alone */
double act_value(Act act, double a, double x);  /* scalar, in double: theory and tests */
double act_slope(Act act, double a, double x);
double act_saturation(Act act, double a);       /* |phi'| below which a unit counts as saturated */
#endif
