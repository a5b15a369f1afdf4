/* Shared by the benches: timing on a machine that others use too, what it can do at most, memory, and trainings of a script's net. */
#ifndef TEST_BENCH_H
#define TEST_BENCH_H
#include "interp/verb.h"
#include "runtime/core/pool.h"

/* ---- machine.c ------------------------------------------------------------------------------------------------ */
double clock_ms(void); /* monotonic */
void sort_numbers(double *number, int count);
double median_of(const double *sorted, int count);

typedef struct Load {        /* of the whole machine and of this process, in core seconds, at a time */
    double all, own, at;
} Load;
Load load_now(void);
double load_others(Load since); /* cores that other processes kept busy; 0 where the machine does not tell */
enum { QUIET_SECONDS = 20 };
/* Waits until others use less than a quarter of a core, QUIET_SECONDS in all over the life of the program. False: they do not. */
bool machine_wait(double *patience);

/* GFLOP/s of fused multiplications and additions in registers, by all threads of the pool; NaN: not known how to measure here. */
double fma_limit(Pool *pool);

/* ---- counting.c: every allocation of the program -------------------------------------------------------------- */
typedef struct Counts {      /* all 0 under a sanitizer, which has the allocator to itself */
    long own, libraries;     /* calls of our code; of shared libraries */
    size_t live, peak;       /* bytes */
} Counts;
Counts counts_now(void);
void counts_reset_peak(void); /* to what is live */

/* ---- timed.c: a script's net `n` with its recipe `r`, on rows in memory ---------------------------------------- */
typedef struct Timed {       /* stays where it was opened */
    Session *session;
    FILE *nowhere;
    const char *define[2];   /* the session reads them as long as it lives */
    PlumbNet *net;
    const PlumbCall *recipe;
    PlumbTrainer *trainer;
    size_t peak;             /* bytes that net, weights and trainer took at most, data left out */
} Timed;
typedef struct Setting {
    const char *path, *define; /* "size=2000", or NULL */
    int threads;               /* and shards */
    bool diagnostics;
} Setting;
/* The script has run, the net is laid out. False after an error, which is printed. */
bool timed_open(Timed *timed, const Setting *setting);
/* Random rows for a net: Gaussian, or indices for an embedding; targets are classes, or numbers where it has one output. NULL: no memory. */
PlumbData *rows_for(const PlumbNet *net, int64_t rows);
/* The trainer, and its first step. */
bool timed_begin(Timed *timed, const PlumbData *data, const Setting *setting);
void timed_close(Timed *timed);
int timed_batch(const Timed *timed);

enum { SAMPLES_MAX = 1 << 16 };
typedef struct Samples {     /* milliseconds of steps; a step that ends an epoch is left out */
    double *ms;
    int count;
    long own, libraries;     /* allocations within them */
} Samples;
bool timed_steps(Timed *timed, double ms, int least, Samples *samples); /* further steps for so long, at least so many */

/* ---- products.c, floor.c -------------------------------------------------------------------------------------- */
typedef enum { PRODUCT_FORWARD, PRODUCT_INPUT, PRODUCT_WEIGHTS } ProductOf; /* the output, dL/dx, dL/dW */
typedef struct Product {     /* C[m, n] = A[m, k] B[k, n]. Over threads m is shared out, of dL/dW k; of a convolution always m, batch x places */
    ProductOf of;
    int count;               /* a step */
    int m, n, k;
    int in[3], out[3], kernel[2], stride[2]; /* of a convolution: channels, height, width; kernel[0] is 0 for a matrix product */
} Product;
enum { PRODUCTS_MAX = 256 };
/* The products of a training step; equal ones are counted. Dense, recurrent and convolutional layers: of others none. */
int products_of(const PlumbNet *net, int batch, Product product[PRODUCTS_MAX]);
double product_flops(const Product *product); /* of all `count` */
/* Milliseconds of all of them, each with operands in the cache and by the fastest of what oneDNN and libxsmm offer, every thread a share of
 * the batch: what no step can be faster than. NaN where the libraries are not there. */
double products_floor(const Product *product, int count, Pool *pool);
#endif
