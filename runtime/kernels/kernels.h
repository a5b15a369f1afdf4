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
    double correction1, correction2; /* adam: 1 - beta^step */
    double scale;       /* on the gradient: clipping */
    double trust;       /* sgd: on gradient and decay, the trust ratio of lars */
    double value_limit; /* clip by value before all else; 0: none */
} Update;
enum { UPDATE_SGD, UPDATE_ADAM, UPDATE_ADAMW, UPDATE_RMSPROP, UPDATE_ADAGRAD, UPDATE_LION };

/* Images may lie in blocks of channels: rows x channels / 16 x height x width x 16, as oneDNN's convolutions like them best. */
enum { CHANNEL_BLOCK = 16 };

/* The array as rows x channels x inner: features have inner 1, an image its height times width. */
typedef struct Grid {
    int64_t rows;
    int channels, inner;
    bool blocked; /* rows x channels / 16 x inner x 16 */
} Grid;

/* Rows of n values, `ld` apart, each normalised by its own mean and deviation. */
typedef struct NormRows {
    int count, n, ld;
    real eps; /* under the root */
} NormRows;

/* Where rows go, times a gain for each column. */
typedef struct Scaled {
    const real *gain;
    bool adds; /* to what is there */
    int ld;    /* between rows of y */
    real *y;
} Scaled;

/* How a kernel passes over an image [height, width]; a sequence is an image of height 1 with its channels last. */
typedef struct Window {
    int channels;                               /* of the input */
    int in[2], out[2], kernel[2], stride[2], dilation[2];
    int before[2], after[2];                    /* padding */
    bool last;                                  /* arrays are (time, channels); else (channels, height, width) */
} Window;

typedef struct Dropping { /* where dropout's random bits come from: random.h, indices high << 32 | block of four values */
    uint64_t seed;
    uint32_t purpose, stream, high;
} Dropping;

typedef struct Prepared Prepared;
struct Prepared { /* what is made once for one shard of a plan: begins so, whatever follows */
    size_t scratch_bytes;
    void (*release)(Prepared *self);
};

typedef struct ConvShape {
    Window window;
    int out, groups; /* output channels */
    bool blocked_in, blocked_out; /* how x and y lie */
} ConvShape;

/* A convolution made for one shape: by products (im2col) or by a library's primitives. w: [out, in/groups, kh, kw]. */
typedef struct Conv Conv;
struct Conv {
    Prepared base;
    /* y = w * x + bias (NULL: none); tally (NULL: none) counts y. */
    void (*forward)(Conv *self, int rows, const real *x, const real *w, const real *bias, real *y, void *scratch, Tally *tally);
    void (*back_input)(Conv *self, int rows, const real *w, const real *dy, real *dx, void *scratch);
    /* dw = beta dw + ..., db (NULL: none) likewise; beta is 0 or 1; tally (NULL: none) counts dy */
    void (*back_weights)(Conv *self, int rows, const real *x, const real *dy, real beta, real *dw, real *db, void *scratch, Tally *tally);
};

typedef struct Kernels Kernels;
struct Kernels {
    const char *name;
    /* C[m,n] = op(A) op(B) + beta C; op is the transpose where ta, tb. ld*: distance between rows as stored. beta is 0 or 1. */
    void (*gemm)(bool ta, bool tb, int m, int n, int k, const real *a, int lda, const real *b, int ldb, real beta, real *c, int ldc);
    /* z[rows,n] += bias[n] (NULL: none), then y = phi(z). y may be z where the derivative needs the output only. Tallies may be NULL. */
    void (*bias_act)(Act act, real a, int rows, int n, real *z, const real *bias, real *y, Tally *tally_z, Tally *tally_y);
    /* dz = dy phi'(z): from y where act_from_output(act), else from z. dz may be dy or z. Tallies count dy and dz. db (NULL: none): column sums of dz, overwritten. */
    void (*act_back)(Act act, real a, int rows, int n, const real *z, const real *y, const real *dy, real *dz, real *db,
                     Tally *tally_dy, Tally *tally_dz);
    void (*tally)(int64_t n, const real *x, Tally *tally);
    void (*column_sum)(int rows, int n, const real *x, real beta, real *sum); /* sum[n] = beta sum + column sums */
    /* y = x + y, y = a x, y *= x and the like */
    void (*add)(int64_t n, const real *x, real *y);
    void (*scale)(int64_t n, real a, const real *x, real *y);
    void (*multiply)(int64_t n, const real *a, const real *b, real beta, real *y); /* y = a b + beta y */
    double (*dot)(int64_t n, const real *a, const real *b);
    void (*transpose)(int rows, int columns, const real *x, real *y, int ld); /* y[columns,rows], its rows ld apart */
    /* Sums over shards: g[n] = sum of gs[s][n] in order of s; returns the sum of squares, counts non-finite ones. */
    double (*reduce)(int shards, int64_t n, const real *const *gs, real *g, double *nonfinite);
    /* w, g and the two state arrays (NULL where unused); weight and update sums of squares are added to norms[0], norms[1]. */
    void (*update)(const Update *update, int64_t n, real *w, const real *g, real *s1, real *s2, double norms[2]);
    /* softmax rows, in place allowed; log: their logarithm */
    void (*softmax)(int rows, int n, const real *x, real *y, bool log);
    void (*softmax_back)(int rows, int n, const real *y, const real *dy, real *dx); /* dx = y (dy - sum(y dy)), dx may be dy */
    void (*blend)(int64_t n, real keep, const real *x, real *y);                    /* y = keep y + (1 - keep) x */
    /* For at most `rows` rows; training: with gradients, d_in: of the input too. NULL: no memory. */
    Conv *(*conv)(const Kernels *k, const ConvShape *shape, int rows, bool training, bool d_in);
    /* Is it done on arrays in blocks of channels? If so, each of them may lie in blocks or not. */
    bool (*conv_blocks)(const Kernels *k, const ConvShape *shape, int rows, bool training, bool d_in);
    /* Norms, channel by channel: mean and sum of squared deviations; y = factor x + offset; sums of dy and of dy (x - mean) inverse; dx = a dy + b x + c. */
    void (*moments)(Grid g, const real *x, double *mean, double *deviations);
    /* Of all parts in their order, each as: count, means, sums of squared deviations. Returns the whole count. */
    double (*moments_join)(int parts, int channels, const double *const *part, double *mean, double *deviations);
    void (*affine)(Grid g, const real *x, const real *factor, const real *offset, real *y, Tally *tally);
    void (*moments_back)(Grid g, const real *x, const real *mean, const real *inverse, const real *dy, double *sum, double *product,
                         Tally *tally_dy);
    void (*affine_back)(Grid g, const real *x, const real *dy, const real *a, const real *b, const real *c, real *dx);
    /* Pooling: the largest and its place within its plane (an image's channel, or a sequence), or the mean, padding counted. */
    void (*pool_max)(const Window *w, int rows, const real *x, real *y, int32_t *place);
    void (*pool_max_back)(const Window *w, int rows, const real *dy, const int32_t *place, real *dx);
    void (*pool_mean)(const Window *w, int rows, const real *x, real *y);
    void (*pool_mean_back)(const Window *w, int rows, const real *dy, real *dx);
    /* hat = (x - mean) inverse, inverse[rows] = 1 / sqrt(var + eps), over the n values of each row; hat may be x. to (NULL: none): y = gain hat. */
    void (*normalise)(NormRows rows, const real *x, real *hat, real *inverse, const Scaled *to);
    /* Of y = gain hat: dx (may be hat) from dy (ld_dy apart, may be dx); dgain[n] += column sums of dy hat. */
    void (*normalise_back)(NormRows rows, const real *hat, const real *inverse, const real *gain, int ld_dy, const real *dy, real *dx,
                           real *dgain);
    /* y = weight (x - mean) / sqrt(var + eps) + bias (NULL: none) over the n values of each row; mean is 0 unless centred. save: of each row
     * its mean and factor. Back: dx NULL where nobody asks; dweight, dbias (NULL: none) are added to. */
    void (*row_norm)(int rows, int n, bool centred, real eps, const real *x, const real *weight, const real *bias, real *save, real *y);
    void (*row_norm_back)(int rows, int n, bool centred, const real *x, const real *save, const real *weight, const real *dy, real *dx,
                          real *dweight, real *dbias);
    double (*slope_back)(int64_t n, real a, const real *x, const real *dy, real *dx); /* of y = x > 0 ? x : a x; returns dL/da */
    /* y = x m / (1 - p) for the n values from place `first` of a whole; y may be x. A place's draw depends on nothing else. */
    void (*dropout)(const Dropping *drop, real p, int64_t first, int64_t n, const real *x, real *y);
    void (*mark_alive)(int64_t rows, int n, const real *y, unsigned char *alive); /* sets the flags of columns that are not all 0 */
    /* Recurrent cells, one time step of n units. z[rows, 4 n] holds the gates before activation and is activated in place; going
     * back it holds the activated gates and becomes dL/d(before activation).
     * lstm: i, f, g, o; c = f before + i g, then h = o tanh(u), u = c or its normalised form. */
    void (*lstm)(int rows, int n, real *z, const real *bias, const real *before, real *c);
    void (*lstm_out)(int rows, int n, const real *z, const real *u, real *h);
    void (*lstm_out_back)(int rows, int n, real *z, const real *h, const real *dh, real *du); /* o of z; du is added to */
    void (*lstm_back)(int rows, int n, real *z, const real *before, real *dc); /* i, f, g of z; dc: of c, becomes that of before */
    /* gru: r, z, h' (the state's part of the candidate, with its bias), n; h = (1 - z) n + z before, n = tanh(z4 + bias4 + r h') */
    void (*gru)(int rows, int n, real *z, const real *bias, const real *before, real *h);
    void (*gru_back)(int rows, int n, real *z, const real *before, const real *dh, real *dbefore); /* dbefore is added to: dh z only */
};

/* By one product an image: works for every shape. */
Conv *products_conv(const Kernels *k, const ConvShape *shape, int rows, bool training, bool d_in);
bool products_conv_blocks(const Kernels *k, const ConvShape *shape, int rows, bool training, bool d_in); /* false */

const Kernels *kernels_native(void);   /* NULL where not built, and in the double build */
const Kernels *kernels_portable(void);
const Kernels *kernels_find(const char *name, PlumbError *error); /* NULL name: the best there is */
bool act_from_output(Act act);         /* phi' can be computed from the output alone */
double act_value(Act act, double a, double x);  /* scalar, in double: theory and tests */
double act_slope(Act act, double a, double x);
double act_saturation(Act act, double a);       /* |phi'| below which a unit counts as saturated */
#endif
