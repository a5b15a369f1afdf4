/* Convolution by oneDNN's primitives. Outside, arrays are plain or lie in blocks of 16 channels; a primitive that wants
 * another layout gets it by a reorder in scratch, some images at a time, so that what is reordered stays in the cache.
 * A primitive is made for a fixed number of rows: each direction has one for a block of rows and one for a single row.
 */
#include "native.h"

#if !defined(PLUMB_DOUBLE) && !defined(PLUMB_NO_NATIVE)
#include <oneapi/dnnl/dnnl.h>
#include <stdlib.h>
#include <string.h>

int omp_get_max_threads(void); /* libgomp, under oneDNN */
void omp_set_num_threads(int count);

enum { FORWARD, BACK_INPUT, BACK_WEIGHTS, DIRECTIONS };
enum { X, Y, W, B, ARRAYS };
enum {
    BLOCK_BYTES = 1 << 19,
    LINE = 64
}; /* input and output of a block of rows: half of a core's second-level cache */

typedef struct Role { /* an array in a direction: oneDNN's names for it */
    int argument;     /* 0: none */
    dnnl_query_t layout;
    bool result;
} Role;

static const Role roles[DIRECTIONS][ARRAYS] = {
    [FORWARD] = {[X] = {DNNL_ARG_SRC, dnnl_query_src_md, false},
                 [Y] = {DNNL_ARG_DST, dnnl_query_dst_md, true},
                 [W] = {DNNL_ARG_WEIGHTS, dnnl_query_weights_md, false},
                 [B] = {DNNL_ARG_BIAS, dnnl_query_undef, false}},
    [BACK_INPUT] = {[X] = {DNNL_ARG_DIFF_SRC, dnnl_query_diff_src_md, true},
                    [Y] = {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, false},
                    [W] = {DNNL_ARG_WEIGHTS, dnnl_query_weights_md, false}},
    [BACK_WEIGHTS] = {[X] = {DNNL_ARG_SRC, dnnl_query_src_md, false},
                      [Y] = {DNNL_ARG_DIFF_DST, dnnl_query_diff_dst_md, false},
                      [W] = {DNNL_ARG_DIFF_WEIGHTS, dnnl_query_diff_weights_md, true},
                      [B] = {DNNL_ARG_DIFF_BIAS, dnnl_query_undef, true}},
};

typedef struct Array {
    dnnl_memory_desc_t given_layout, own_layout;
    dnnl_memory_t given, own; /* own: NULL where the layouts agree */
    dnnl_primitive_t reorder; /* to own, or from own for a result */
} Array;

typedef struct Run { /* a direction for a number of rows */
    int rows;        /* 0: not made */
    dnnl_primitive_t primitive;
    Array array[ARRAYS];
    dnnl_memory_t pad;
    size_t pad_bytes;
} Run;

typedef struct Direction {
    Run block, single;
    size_t at[ARRAYS], pad_at, sum_at; /* places in scratch; sum: of the blocks' weight gradients */
    size_t scratch_bytes;
    const void *bound; /* the scratch that the memories point to */
} Direction;

typedef struct Primitives {
    Conv conv;
    const Kernels *k;
    ConvShape shape;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    Direction direction[DIRECTIONS];
    dnnl_memory_t sum; /* weight gradients of all blocks, in the primitive's layout */
} Primitives;

/* ---- layouts --------------------------------------------------------------------------------------------------- */

static void given_layouts(const ConvShape *s, int rows, dnnl_memory_desc_t layout[ARRAYS]) {
    const Window *w = &s->window;
    int first = w->last, rank = 4 - first, grouped = s->groups > 1; /* sequences have no height */
    dnnl_dims_t x = {rows, w->channels}, y = {rows, s->out}, b = {s->out}, k = {s->groups};
    k[grouped] = s->out / s->groups;
    k[grouped + 1] = w->channels / s->groups;
    for (int i = first; i < 2; i++) {
        x[2 + i - first] = w->in[i];
        y[2 + i - first] = w->out[i];
        k[grouped + 2 + i - first] = w->kernel[i];
    }
    static const dnnl_format_tag_t by_rank[] = {[3] = dnnl_abc, [4] = dnnl_abcd, [5] = dnnl_abcde};
    dnnl_format_tag_t image = w->last ? dnnl_acb : dnnl_abcd;
    dnnl_memory_desc_init_by_tag(&layout[X], rank, x, dnnl_f32, s->blocked_in ? dnnl_aBcd16b : image);
    dnnl_memory_desc_init_by_tag(&layout[Y], rank, y, dnnl_f32, s->blocked_out ? dnnl_aBcd16b : image);
    dnnl_memory_desc_init_by_tag(&layout[W], rank + grouped, k, dnnl_f32, by_rank[rank + grouped]);
    dnnl_memory_desc_init_by_tag(&layout[B], 1, b, dnnl_f32, dnnl_a);
}

/* The same array in whatever layout the primitive likes. */
static dnnl_memory_desc_t any_layout(const dnnl_memory_desc_t *given) {
    dnnl_memory_desc_t any;
    dnnl_memory_desc_init_by_tag(&any, given->ndims, given->dims, dnnl_f32, dnnl_format_tag_any);
    return any;
}

/* ---- making ----------------------------------------------------------------------------------------------------- */

static dnnl_status_t describe(const ConvShape *s, int direction, const dnnl_memory_desc_t l[ARRAYS],
                              dnnl_convolution_desc_t *out) {
    const Window *w = &s->window;
    dnnl_dims_t stride, dilation, before, after;
    for (int i = w->last; i < 2; i++) {
        stride[i - w->last] = w->stride[i];
        dilation[i - w->last] = w->dilation[i] - 1; /* oneDNN counts what is left out */
        before[i - w->last] = w->before[i];
        after[i - w->last] = w->after[i];
    }
    switch (direction) {
    case FORWARD:
        return dnnl_dilated_convolution_forward_desc_init(out, dnnl_forward_training, dnnl_convolution_direct, &l[X],
                                                          &l[W], &l[B], &l[Y], stride, dilation, before, after);
    case BACK_INPUT:
        return dnnl_dilated_convolution_backward_data_desc_init(out, dnnl_convolution_direct, &l[X], &l[W], &l[Y],
                                                                stride, dilation, before, after);
    default:
        return dnnl_dilated_convolution_backward_weights_desc_init(out, dnnl_convolution_direct, &l[X], &l[W], &l[B],
                                                                   &l[Y], stride, dilation, before, after);
    }
}

/* NULL: oneDNN has none. */
static dnnl_primitive_desc_t primitive_for(const Primitives *p, int direction, const dnnl_memory_desc_t l[ARRAYS]) {
    dnnl_convolution_desc_t forward, wanted;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_primitive_desc_t hint = NULL, found = NULL;
    if (describe(&p->shape, FORWARD, l, &forward) == dnnl_success &&
        describe(&p->shape, direction, l, &wanted) == dnnl_success &&
        dnnl_primitive_attr_create(&attributes) == dnnl_success &&
        dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user) == dnnl_success &&
        dnnl_primitive_desc_create(&hint, &forward, NULL, p->engine, NULL) == dnnl_success) {
        dnnl_primitive_desc_create(&found, &wanted, attributes, p->engine, hint);
    }
    dnnl_primitive_attr_destroy(attributes);
    dnnl_primitive_desc_destroy(hint);
    return found;
}

/* Only its compiled kernels: the others are slower than products. */
static bool is_compiled(const_dnnl_primitive_desc_t found) {
    const char *name = "";
    dnnl_primitive_desc_query(found, dnnl_query_impl_info_str, 0, &name);
    return !strncmp(name, "jit", 3) || !strncmp(name, "brg", 3);
}

/* `given` but for the layouts that it may choose: sequences stay as they are, it has kernels for channels that come
 * last. */
static void free_layouts(const ConvShape *s, dnnl_memory_desc_t layout[ARRAYS]) {
    for (int i = X; i <= W; i++) {
        if (i == W || !s->window.last) {
            layout[i] = any_layout(&layout[i]);
        }
    }
}

static bool make_reorder(const Primitives *p, Array *a, bool result) {
    const dnnl_memory_desc_t *from = result ? &a->own_layout : &a->given_layout;
    const dnnl_memory_desc_t *to = result ? &a->given_layout : &a->own_layout;
    dnnl_primitive_desc_t found = NULL;
    bool done = dnnl_reorder_primitive_desc_create(&found, from, p->engine, to, p->engine, NULL) == dnnl_success &&
                dnnl_primitive_create(&a->reorder, found) == dnnl_success;
    dnnl_primitive_desc_destroy(found);
    return done;
}

static bool make_memory(const Primitives *p, const dnnl_memory_desc_t *layout, dnnl_memory_t *memory) {
    return dnnl_memory_create(memory, layout, p->engine, DNNL_MEMORY_NONE) == dnnl_success;
}

static bool make_arrays(const Primitives *p, int direction, const_dnnl_primitive_desc_t found, Run *run) {
    for (int i = 0; i < ARRAYS; i++) {
        Array *a = &run->array[i];
        const Role *role = &roles[direction][i];
        a->own_layout =
            role->layout == dnnl_query_undef ? a->given_layout : *dnnl_primitive_desc_query_md(found, role->layout, 0);
        bool same = dnnl_memory_desc_equal(&a->own_layout, &a->given_layout);
        if (role->argument &&
            (!make_memory(p, &a->given_layout, &a->given) ||
             (!same && (!make_memory(p, &a->own_layout, &a->own) || !make_reorder(p, a, role->result))))) {
            return false;
        }
    }
    const dnnl_memory_desc_t *pad = dnnl_primitive_desc_query_md(found, dnnl_query_scratchpad_md, 0);
    run->pad_bytes = dnnl_memory_desc_get_size(pad);
    return make_memory(p, pad, &run->pad);
}

/* `weights`: the layout they have already, or NULL. */
static bool make_run(const Primitives *p, int direction, int rows, const dnnl_memory_desc_t *weights, Run *run) {
    dnnl_memory_desc_t layout[ARRAYS];
    given_layouts(&p->shape, rows, layout);
    for (int i = 0; i < ARRAYS; i++) {
        run->array[i].given_layout = layout[i];
    }
    free_layouts(&p->shape, layout);
    layout[W] = weights ? *weights : layout[W];
    dnnl_primitive_desc_t found = primitive_for(p, direction, layout);
    bool done = found && is_compiled(found) && make_arrays(p, direction, found, run) &&
                dnnl_primitive_create(&run->primitive, found) == dnnl_success;
    dnnl_primitive_desc_destroy(found);
    run->rows = done ? rows : 0;
    return done;
}

static size_t lines(size_t bytes) {
    return (bytes + LINE - 1) / LINE * LINE;
}

static size_t own_bytes(const Run *run, int array) {
    return run->rows ? dnnl_memory_desc_get_size(&run->array[array].own_layout) : 0;
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

/* Places for the arrays in their own layouts, the scratchpad and the sum of weight gradients. */
static void place_scratch(Direction *d, bool sums) {
    size_t next = 0;
    for (int i = 0; i < ARRAYS; i++) {
        d->at[i] = next;
        next += lines(larger(own_bytes(&d->block, i), own_bytes(&d->single, i)));
    }
    d->pad_at = next;
    next += lines(larger(d->block.pad_bytes, d->single.pad_bytes));
    d->sum_at = next;
    d->scratch_bytes = next + (sums ? lines(own_bytes(&d->block, W)) : 0);
}

/* As many rows as fit into the cache; a divisor of all rows where one is near. Forward with one block of output
 * channels oneDNN 2.6 is fastest at single rows: 16 to 16 channels at 32 x 32, 104 GFLOP/s against 79 for 2 and more.
 */
static int block_rows(const ConvShape *s, int direction, int rows) {
    const Window *w = &s->window;
    if (direction == FORWARD && s->out / s->groups <= 16) {
        return 1;
    }
    int64_t row = (int64_t)w->channels * w->in[0] * w->in[1] + (int64_t)s->out * w->out[0] * w->out[1];
    int64_t fit = BLOCK_BYTES / (row * (int64_t)sizeof(real));
    int most = fit < 1 ? 1 : fit < rows ? (int)fit : rows;
    for (int n = most; 2 * n > most; n--) {
        if (rows % n == 0) {
            return n;
        }
    }
    return most;
}

static bool make_direction(Primitives *p, int direction, int rows) {
    Direction *d = &p->direction[direction];
    int block = block_rows(&p->shape, direction, rows);
    if (!make_run(p, direction, block, NULL, &d->block) ||
        (block > 1 && !make_run(p, direction, 1, &d->block.array[W].own_layout, &d->single))) {
        return false;
    }
    place_scratch(d, direction == BACK_WEIGHTS);
    p->conv.base.scratch_bytes = larger(p->conv.base.scratch_bytes, d->scratch_bytes);
    return direction != BACK_WEIGHTS || make_memory(p, &d->block.array[W].own_layout, &p->sum);
}

static void release_run(Run *run) {
    for (int i = 0; i < ARRAYS; i++) {
        dnnl_memory_destroy(run->array[i].given);
        dnnl_memory_destroy(run->array[i].own);
        dnnl_primitive_destroy(run->array[i].reorder);
    }
    dnnl_memory_destroy(run->pad);
    dnnl_primitive_destroy(run->primitive);
}

static void release(Prepared *self) {
    Primitives *p = (Primitives *)self;
    for (int i = 0; i < DIRECTIONS; i++) {
        release_run(&p->direction[i].block);
        release_run(&p->direction[i].single);
    }
    dnnl_memory_destroy(p->sum);
    dnnl_stream_destroy(p->stream);
    dnnl_engine_destroy(p->engine);
    free(p);
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

static void point(dnnl_memory_t memory, const void *to) {
    if (memory) {
        dnnl_memory_set_data_handle(memory, (void *)to);
    }
}

/* Scratch is the same in every step: memories that lie there are pointed to it once. */
static void bind(Direction *d, void *scratch) {
    if (d->bound == scratch) {
        return;
    }
    d->bound = scratch;
    Run *runs[] = {&d->block, &d->single};
    for (int r = 0; r < 2; r++) {
        for (int i = 0; i < ARRAYS; i++) {
            point(runs[r]->array[i].own, (char *)scratch + d->at[i]);
        }
        point(runs[r]->pad, (char *)scratch + d->pad_at);
    }
}

static void reorder(const Primitives *p, const Array *a, dnnl_memory_t from, dnnl_memory_t to) {
    dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}};
    dnnl_primitive_execute(a->reorder, p->stream, 2, args);
}

/* X and Y point to a block's rows; results other than weights end up there. */
static void execute(const Primitives *p, int direction, const Run *run) {
    dnnl_exec_arg_t args[ARRAYS + 1];
    int count = 0;
    for (int i = 0; i < ARRAYS; i++) {
        const Array *a = &run->array[i];
        const Role *role = &roles[direction][i];
        if (role->argument) {
            args[count++] = (dnnl_exec_arg_t){role->argument, a->own ? a->own : a->given};
        }
        if (i < W && a->own && !role->result) {
            reorder(p, a, a->given, a->own);
        }
    }
    args[count++] = (dnnl_exec_arg_t){DNNL_ARG_SCRATCHPAD, run->pad};
    dnnl_primitive_execute(run->primitive, p->stream, count, args);
    for (int i = 0; i < W; i++) {
        const Array *a = &run->array[i];
        if (a->own && roles[direction][i].result) {
            reorder(p, a, a->own, a->given);
        }
    }
}

/* The next rows: a block while there is one. */
static Run *next_run(Direction *d, int left) {
    return left >= d->block.rows ? &d->block : &d->single;
}

static int64_t values_in(const Window *w) {
    return (int64_t)w->channels * w->in[0] * w->in[1];
}

static int64_t values_out(const ConvShape *s) {
    return (int64_t)s->out * s->window.out[0] * s->window.out[1];
}

/* Weights that all blocks read: reordered once. */
static void point_weights(const Primitives *p, Direction *d, const real *w) {
    const Array *a = &d->block.array[W];
    point(a->given, w);
    point(d->single.array[W].given, w);
    if (a->own) {
        reorder(p, a, a->given, a->own);
    }
}

static void forward(Conv *self, int rows, const real *x, const real *w, const real *bias, real *y, void *scratch,
                    Tally *tally) {
    Primitives *p = (Primitives *)self;
    Direction *d = &p->direction[FORWARD];
    int64_t in = values_in(&p->shape.window), out = values_out(&p->shape);
    bind(d, scratch);
    point_weights(p, d, w);
    if (!bias) {
        bias = memset((char *)scratch + d->at[B], 0, (size_t)p->shape.out * sizeof *bias);
    }
    for (int r = 0; r < rows;) {
        Run *run = next_run(d, rows - r);
        point(run->array[X].given, x + r * in);
        point(run->array[Y].given, y + r * out);
        point(run->array[B].given, bias);
        execute(p, FORWARD, run);
        if (tally) {
            p->k->tally(run->rows * out, y + r * out, tally);
        }
        r += run->rows;
    }
}

static void back_input(Conv *self, int rows, const real *w, const real *dy, real *dx, void *scratch) {
    Primitives *p = (Primitives *)self;
    Direction *d = &p->direction[BACK_INPUT];
    int64_t in = values_in(&p->shape.window), out = values_out(&p->shape);
    bind(d, scratch);
    point_weights(p, d, w);
    for (int r = 0; r < rows;) {
        Run *run = next_run(d, rows - r);
        point(run->array[X].given, dx + r * in);
        point(run->array[Y].given, dy + r * out);
        execute(p, BACK_INPUT, run);
        r += run->rows;
    }
}

/* sum = part, or sum += part */
static void gather(const Primitives *p, bool first, int64_t n, const real *part, real *sum) {
    if (first) {
        memcpy(sum, part, (size_t)n * sizeof *sum);
    } else {
        p->k->add(n, part, sum);
    }
}

/* The sum over blocks, in the primitive's layout, to dw. */
static void finish_weights(const Primitives *p, Direction *d, real beta, real *dw, char *scratch) {
    const Array *a = &d->block.array[W];
    int64_t plain = (int64_t)(dnnl_memory_desc_get_size(&a->given_layout) / sizeof(real));
    real *part = (real *)(scratch + d->at[W]), *sum = (real *)(scratch + d->sum_at);
    if (!a->own) {
        gather(p, beta == 0, plain, sum, dw);
        return;
    }
    point(p->sum, sum);
    point(a->given, beta == 0 ? dw : part);
    reorder(p, a, p->sum, a->given);
    if (beta != 0) {
        p->k->add(plain, part, dw);
    }
}

static void back_weights(Conv *self, int rows, const real *x, const real *dy, real beta, real *dw, real *db,
                         void *scratch, Tally *tally) {
    Primitives *p = (Primitives *)self;
    Direction *d = &p->direction[BACK_WEIGHTS];
    int64_t in = values_in(&p->shape.window), out = values_out(&p->shape);
    real *part = (real *)((char *)scratch + d->at[W]), *bias = (real *)((char *)scratch + d->at[B]);
    real *sum = (real *)((char *)scratch + d->sum_at);
    int64_t own = (int64_t)(own_bytes(&d->block, W) / sizeof(real));
    bind(d, scratch);
    if (!rows) {
        memset(sum, 0, (size_t)own * sizeof *sum);
    }
    if (!rows && db && beta == 0) {
        memset(db, 0, (size_t)p->shape.out * sizeof *db);
    }
    for (int r = 0; r < rows;) {
        Run *run = next_run(d, rows - r);
        point(run->array[X].given, x + r * in);
        point(run->array[Y].given, dy + r * out);
        point(run->array[B].given, bias);
        if (!run->array[W].own) {
            point(run->array[W].given, part);
        }
        if (tally) {
            p->k->tally(run->rows * out, dy + r * out, tally);
        }
        execute(p, BACK_WEIGHTS, run);
        gather(p, r == 0, own, part, sum);
        if (db) {
            gather(p, r == 0 && beta == 0, p->shape.out, bias, db);
        }
        r += run->rows;
    }
    finish_weights(p, d, beta, dw, scratch);
}

/* ---- the door ---------------------------------------------------------------------------------------------------- */

/* Does oneDNN have a compiled kernel? */
static bool has_kernel(Primitives *p, int direction, int rows) {
    dnnl_memory_desc_t layout[ARRAYS];
    given_layouts(&p->shape, block_rows(&p->shape, direction, rows), layout);
    free_layouts(&p->shape, layout);
    dnnl_primitive_desc_t found = primitive_for(p, direction, layout);
    bool compiled = found && is_compiled(found);
    dnnl_primitive_desc_destroy(found);
    return compiled;
}

/* All directions that are wanted, each by `make`. NULL: not to be had. */
static Primitives *primitives_new(const Kernels *k, const ConvShape *shape, int rows, bool training, bool d_in,
                                  bool (*make)(Primitives *p, int direction, int rows)) {
    int threads = omp_get_max_threads();
    Primitives *p = calloc(1, sizeof *p);
    if (!p) {
        return NULL;
    }
    omp_set_num_threads(1); /* a primitive keeps the count it was made with */
    p->conv = (Conv){{0, release}, forward, back_input, back_weights};
    p->k = k;
    p->shape = *shape;
    bool wanted[DIRECTIONS] = {true, training && d_in, training};
    bool done = dnnl_engine_create(&p->engine, dnnl_cpu, 0) == dnnl_success &&
                dnnl_stream_create(&p->stream, p->engine, dnnl_stream_default_flags) == dnnl_success;
    for (int i = 0; done && i < DIRECTIONS; i++) {
        done = !wanted[i] || make(p, i, rows);
    }
    omp_set_num_threads(threads);
    if (!done) {
        release(&p->conv.base);
        return NULL;
    }
    return p;
}

/* 1 x 1 without stride or padding is one product an image: libxsmm's are faster. */
static bool is_product(const Window *w) {
    int taps = w->kernel[0] * w->kernel[1], stride = w->stride[0] * w->stride[1];
    return taps == 1 && stride == 1 && !(w->before[0] + w->before[1] + w->after[0] + w->after[1]);
}

/* Arrays in blocks are for primitives alone, see native_conv_blocks. */
Conv *native_conv(const Kernels *k, const ConvShape *shape, int rows, bool training, bool d_in) {
    bool blocked = shape->blocked_in || shape->blocked_out;
    Primitives *p = NULL;
    if (blocked || !is_product(&shape->window)) {
        p = primitives_new(k, shape, rows, training, d_in, make_direction);
    }
    return p ? &p->conv : blocked ? NULL : products_conv(k, shape, rows, training, d_in);
}

bool native_conv_blocks(const Kernels *k, const ConvShape *shape, int rows, bool training, bool d_in) {
    Primitives *p =
        shape->window.last || shape->groups > 1 ? NULL : primitives_new(k, shape, rows, training, d_in, has_kernel);
    if (p) {
        release(&p->conv.base);
    }
    return p;
}
#endif
