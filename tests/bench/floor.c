/* What the products of a step take alone: each by the fastest of oneDNN's and libxsmm's ways, on every thread's share
 * of the batch, with operands in the cache. */
#include "bench.h"
#include <math.h>

#ifdef PLUMB_NO_NATIVE
double products_floor(const Product *product, int count, Pool *pool) {
    (void)product, (void)count, (void)pool;
    return NAN;
}
#else
#include <oneapi/dnnl/dnnl.h>
#include <stdlib.h>
#include <string.h>
#ifndef PLUMB_NO_XSMM
#include <libxsmm.h>
#endif

enum { THREADS_MAX = 64, ARRAYS = 3, ROUNDS = 5 };
static const double ROUND_MS = 2;

/* ---- one way of one product on one thread ------------------------------------------------------------------------ */

typedef struct Work { /* of a thread: c = a b, or a primitive */
    int m, n, k;
    float *a, *b, *c;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t array[ARRAYS];
    void (*small)(const float *a, const float *b, float *c, ...); /* compiled by libxsmm */
} Work;

typedef struct Way {
    bool (*make)(Work *work, const Product *product, int rows); /* false: not for this product */
    void (*run)(Work *work);
} Way;

static float *numbers(size_t count) {
    float *number = aligned_alloc(64, (count * sizeof *number + 63) / 64 * 64);
    for (size_t i = 0; number && i < count; i++) {
        number[i] = 0.01f * (float)(i % 13) - 0.05f;
    }
    return number;
}

/* The share of the batch is the number of rows, for dL/dW of what is summed over. */
static bool make_plain(Work *work, const Product *product, int rows) {
    bool weights = product->of == PRODUCT_WEIGHTS;
    if (product->kernel[0]) {
        return false;
    }
    *work = (Work){.m = weights ? product->m : rows, .n = product->n, .k = weights ? rows : product->k};
    size_t m = (size_t)work->m, n = (size_t)work->n, k = (size_t)work->k;
    work->a = numbers(m * k);
    work->b = numbers(k * n);
    work->c = numbers(m * n);
    return work->a && work->b && work->c;
}

static void run_nn(Work *w) {
    dnnl_sgemm('N', 'N', w->m, w->n, w->k, 1, w->a, w->k, w->b, w->n, 0, w->c, w->n);
}

static void run_nt(Work *w) {
    dnnl_sgemm('N', 'T', w->m, w->n, w->k, 1, w->a, w->k, w->b, w->k, 0, w->c, w->n);
}

static void run_tn(Work *w) {
    dnnl_sgemm('T', 'N', w->m, w->n, w->k, 1, w->a, w->m, w->b, w->n, 0, w->c, w->n);
}

static bool make_rows(Work *work, const Product *product, int rows) {
    return product->of != PRODUCT_WEIGHTS && make_plain(work, product, rows);
}

static bool make_weights(Work *work, const Product *product, int rows) {
    return product->of == PRODUCT_WEIGHTS && make_plain(work, product, rows);
}

#ifndef PLUMB_NO_XSMM
/* Row-major C = A B is column-major C' = B' A'. */
static bool make_small(Work *work, const Product *product, int rows) {
    const int64_t largest = 256 * 256 * 256;
    if (!make_plain(work, product, rows) || (int64_t)work->m * work->n * work->k > largest) {
        return false;
    }
    const float one = 1, zero = 0;
    bool weights = product->of == PRODUCT_WEIGHTS;
    const int flags = weights ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE;
    int lda = weights ? work->m : work->k, ldb = work->n, ldc = work->n;
    work->small = libxsmm_smmdispatch(work->n, work->m, work->k, &ldb, &lda, &ldc, &one, &zero, &flags, NULL);
    return work->small;
}

static void run_small(Work *w) {
    w->small(w->b, w->a, w->c);
}
#endif

/* ---- primitives, in the layouts that they like ------------------------------------------------------------------- */

static bool add_array(Work *work, const_dnnl_primitive_desc_t about, int i, int argument, dnnl_query_t layout) {
    const dnnl_memory_desc_t *wanted = dnnl_primitive_desc_query_md(about, layout, 0);
    void *data;
    work->array[i].arg = argument;
    if (dnnl_memory_create(&work->array[i].memory, wanted, work->engine, DNNL_MEMORY_ALLOCATE) != dnnl_success) {
        return false;
    }
    dnnl_memory_get_data_handle(work->array[i].memory, &data);
    float *number = data;
    for (size_t j = 0; j < dnnl_memory_desc_get_size(wanted) / sizeof *number; j++) {
        number[j] = 0.01f * (float)(j % 13) - 0.05f;
    }
    return true;
}

static bool start(Work *work) {
    *work = (Work){0};
    return dnnl_engine_create(&work->engine, dnnl_cpu, 0) == dnnl_success &&
           dnnl_stream_create(&work->stream, work->engine, dnnl_stream_default_flags) == dnnl_success;
}

static bool make_matmul(Work *work, const Product *product, int rows) {
    bool weights = product->of == PRODUCT_WEIGHTS;
    int m = weights ? product->m : rows, k = weights ? rows : product->k;
    dnnl_memory_desc_t a, b, c;
    dnnl_matmul_desc_t operation;
    dnnl_primitive_desc_t about = NULL;
    if (product->kernel[0] || !start(work)) {
        return false;
    }
    dnnl_memory_desc_init_by_tag(&a, 2, (dnnl_dims_t){m, k}, dnnl_f32, weights ? dnnl_ba : dnnl_ab);
    dnnl_memory_desc_init_by_tag(&b, 2, (dnnl_dims_t){k, product->n}, dnnl_f32,
                                 weights ? dnnl_ab : dnnl_format_tag_any);
    dnnl_memory_desc_init_by_tag(&c, 2, (dnnl_dims_t){m, product->n}, dnnl_f32, dnnl_ab);
    dnnl_matmul_desc_init(&operation, &a, &b, NULL, &c);
    bool made = dnnl_primitive_desc_create(&about, &operation, NULL, work->engine, NULL) == dnnl_success &&
                dnnl_primitive_create(&work->primitive, about) == dnnl_success &&
                add_array(work, about, 0, DNNL_ARG_SRC, dnnl_query_src_md) &&
                add_array(work, about, 1, DNNL_ARG_WEIGHTS, dnnl_query_weights_md) &&
                add_array(work, about, 2, DNNL_ARG_DST, dnnl_query_dst_md);
    dnnl_primitive_desc_destroy(about);
    return made;
}

typedef struct Convolution {
    dnnl_memory_desc_t x, w, y;
    dnnl_dims_t stride, before, after;
} Convolution;

/* As "same": what the sizes need, the odd zero behind. */
static Convolution describe(const Product *p, int images) {
    Convolution c = {0};
    for (int i = 0; i < 2; i++) {
        int pad = (p->out[1 + i] - 1) * p->stride[i] + p->kernel[i] - p->in[1 + i];
        c.stride[i] = p->stride[i];
        c.before[i] = pad > 0 ? pad / 2 : 0;
        c.after[i] = pad - c.before[i];
    }
    dnnl_dims_t x = {images, p->in[0], p->in[1], p->in[2]}, y = {images, p->out[0], p->out[1], p->out[2]};
    dnnl_dims_t w = {p->out[0], p->in[0], p->kernel[0], p->kernel[1]};
    dnnl_memory_desc_init_by_tag(&c.x, 4, x, dnnl_f32, dnnl_format_tag_any);
    dnnl_memory_desc_init_by_tag(&c.w, 4, w, dnnl_f32, dnnl_format_tag_any);
    dnnl_memory_desc_init_by_tag(&c.y, 4, y, dnnl_f32, dnnl_format_tag_any);
    return c;
}

/* What the direction computes comes last. */
static bool make_arrays(Work *work, ProductOf of, const_dnnl_primitive_desc_t about) {
    static const struct {
        int argument;
        dnnl_query_t layout;
    } arrays[][ARRAYS] = {[PRODUCT_FORWARD] = {{DNNL_ARG_SRC, dnnl_query_src_md},
                                               {DNNL_ARG_WEIGHTS, dnnl_query_weights_md},
                                               {DNNL_ARG_DST, dnnl_query_dst_md}},
                          [PRODUCT_INPUT] = {{DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md},
                                             {DNNL_ARG_WEIGHTS, dnnl_query_weights_md},
                                             {DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md}},
                          [PRODUCT_WEIGHTS] = {{DNNL_ARG_SRC, dnnl_query_src_md},
                                               {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md},
                                               {DNNL_ARG_DIFF_WEIGHTS, dnnl_query_diff_weights_md}}};
    for (int i = 0; i < ARRAYS; i++) {
        if (!add_array(work, about, i, arrays[of][i].argument, arrays[of][i].layout)) {
            return false;
        }
    }
    return true;
}

static bool make_conv(Work *work, const Product *product, int rows) {
    dnnl_convolution_desc_t forward, operation;
    dnnl_primitive_desc_t hint = NULL, about = NULL;
    int images = rows / (product->kernel[0] ? product->out[1] * product->out[2] : 1);
    if (!product->kernel[0] || !images || !start(work)) {
        return false;
    }
    Convolution c = describe(product, images);
    dnnl_convolution_forward_desc_init(&forward, dnnl_forward_training, dnnl_convolution_direct, &c.x, &c.w, NULL, &c.y,
                                       c.stride, c.before, c.after);
    operation = forward;
    if (product->of == PRODUCT_INPUT) {
        dnnl_convolution_backward_data_desc_init(&operation, dnnl_convolution_direct, &c.x, &c.w, &c.y, c.stride,
                                                 c.before, c.after);
    } else if (product->of == PRODUCT_WEIGHTS) {
        dnnl_convolution_backward_weights_desc_init(&operation, dnnl_convolution_direct, &c.x, &c.w, NULL, &c.y,
                                                    c.stride, c.before, c.after);
    }
    bool made = dnnl_primitive_desc_create(&hint, &forward, NULL, work->engine, NULL) == dnnl_success &&
                dnnl_primitive_desc_create(&about, &operation, NULL, work->engine, hint) == dnnl_success &&
                dnnl_primitive_create(&work->primitive, about) == dnnl_success && make_arrays(work, product->of, about);
    dnnl_primitive_desc_destroy(about);
    dnnl_primitive_desc_destroy(hint);
    return made;
}

static void run_primitive(Work *work) {
    dnnl_primitive_execute(work->primitive, work->stream, ARRAYS, work->array);
}

static void clear(Work *work) {
    free(work->a);
    free(work->b);
    free(work->c);
    for (int i = 0; i < ARRAYS; i++) {
        dnnl_memory_destroy(work->array[i].memory);
    }
    dnnl_primitive_destroy(work->primitive);
    dnnl_stream_destroy(work->stream);
    dnnl_engine_destroy(work->engine);
    *work = (Work){0};
}

static const Way ways[] = {
#ifndef PLUMB_NO_XSMM
    {make_small, run_small},
#endif
    {make_rows, run_nn},          {make_rows, run_nt},        {make_weights, run_tn},
    {make_matmul, run_primitive}, {make_conv, run_primitive},
};

/* ---- all threads ------------------------------------------------------------------------------------------------- */

typedef struct Team {
    const Product *product;
    const Way *way;
    int rows; /* of the whole batch */
    Pool *pool;
    Work work[THREADS_MAX];
    bool made[THREADS_MAX];
    long calls;
} Team;

static void make_share(void *arg, int thread) {
    Team *team = arg;
    int threads = pool_threads(team->pool), share = team->rows / threads;
    team->made[thread] = share > 0 && team->way->make(&team->work[thread], team->product, share);
}

static void run_share(void *arg, int thread) {
    Team *team = arg;
    for (long i = 0; i < team->calls; i++) {
        team->way->run(&team->work[thread]);
    }
}

static void clear_share(void *arg, int thread) {
    clear(&((Team *)arg)->work[thread]);
}

static double time_calls(Team *team, long calls) {
    team->calls = calls;
    double begin = clock_ms();
    pool_run(team->pool, run_share, team);
    return (clock_ms() - begin) / (double)calls;
}

/* The least time of one call. */
static double time_way(Team *team) {
    time_calls(team, 1); /* compiles, and brings the operands in */
    long calls = 1 + (long)(ROUND_MS / fmax(time_calls(team, 2), 1e-6));
    double best = INFINITY;
    for (int i = 0; i < ROUNDS; i++) {
        best = fmin(best, time_calls(team, calls));
    }
    return best;
}

static bool made_all(const Team *team) {
    for (int i = 0; i < pool_threads(team->pool); i++) {
        if (!team->made[i]) {
            return false;
        }
    }
    return true;
}

static double time_product(const Product *product, Pool *pool) {
    double best = INFINITY;
    int rows = product->of == PRODUCT_WEIGHTS && !product->kernel[0] ? product->k : product->m;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        Team team = {.product = product, .way = &ways[i], .rows = rows, .pool = pool};
        pool_run(pool, make_share, &team);
        if (made_all(&team)) {
            best = fmin(best, time_way(&team));
        }
        pool_run(pool, clear_share, &team);
    }
    return best;
}

double products_floor(const Product *product, int count, Pool *pool) {
    double ms = 0;
    for (int i = 0; i < count; i++) {
        ms += product[i].count * time_product(&product[i], pool);
    }
    return pool_threads(pool) <= THREADS_MAX && count ? ms : NAN;
}
#endif
