/* Pooling and upsampling over images (channels, height, width) and sequences (time, features). */
#include "../export/onnx.h"
#include "../export/torch.h"
#include "window.h"
#include <stdlib.h>

#define KERNEL(text)                                                                                                   \
    { .name = "kernel", .accepts = PLUMB_A_INT | PLUMB_A_LIST, .min = 1, .max = 1e6, .help = text }
#define SIDES ": a number, or [height, width]"

static const PlumbArg args[] = {KERNEL("size of the window" SIDES),
                                {.name = "stride",
                                 .accepts = PLUMB_A_INT | PLUMB_A_LIST | PLUMB_A_NONE,
                                 .min = 1,
                                 .max = 1e6,
                                 .fallback = "none",
                                 .help = "step from one window to the next" SIDES "; none: the window's size"},
                                {.name = "pad",
                                 .accepts = PLUMB_A_INT | PLUMB_A_LIST | PLUMB_A_WORD,
                                 .words = "same valid",
                                 .max = 1e6,
                                 .fallback = "0",
                                 .help =
                                     "places added on each side, at most half a window: never the largest, counted as "
                                     "zeros in a mean; same: outputs = inputs / stride, rounded up"},
                                {.name = NULL}};

/* More would let a window see nothing but padding. */
static bool fit_pad(const LayerSite *site, const Window *w, PlumbError *error) {
    for (int i = 0; i < 2; i++) {
        if (2 * w->before[i] > w->kernel[i] || w->after[i] >= w->kernel[i]) {
            plumb_fail(error, PLUMB_SHAPE_ERROR, "the padding of %s is wider than half its window",
                       site->call->entry->name);
            error_found(error, "pad %d, window %d", w->before[i], w->kernel[i]);
            return error_expected(error, "at most %d", w->kernel[i] / 2);
        }
    }
    return true;
}

static bool pool_shape(const LayerSite *site, PlumbShape *out, PlumbError *error) {
    Window w;
    if (!window_read(site, &w, error) || !fit_pad(site, &w, error)) {
        return false;
    }
    *out = window_shape(&w, w.channels);
    return true;
}

/* The window, read from the call once. Of an image in blocks of channels each block is an array of its own, channels
 * last. */
typedef struct Pooling {
    Prepared base;
    Window window;
    int parts; /* of a row */
} Pooling;

static void release(Prepared *self) {
    free(self);
}

static Prepared *prepare(const LayerSite *site, const Kernels *k, const Use *use) {
    (void)k;
    Pooling *pool = calloc(1, sizeof *pool);
    if (!pool) {
        return NULL;
    }
    pool->base.release = release;
    pool->parts = 1;
    window_read(site, &pool->window, NULL);
    if (use->blocked_in) {
        pool->parts = pool->window.channels / CHANNEL_BLOCK;
        pool->window.channels = CHANNEL_BLOCK;
        pool->window.last = true;
    }
    return &pool->base;
}

static const Window *window_of(const Pass *pass) {
    return &((const Pooling *)pass->plan)->window;
}

static int parts_of(const Pass *pass) {
    return pass->rows * ((const Pooling *)pass->plan)->parts;
}

static double pool_flops(const LayerSite *site) {
    Window w;
    window_read(site, &w, NULL);
    return (double)plumb_shape_size(site->shape) * w.kernel[0] * w.kernel[1];
}

/* ---- maxpool ------------------------------------------------------------------------------------------------ */

/* save: where in its plane each output was found */
static size_t max_save(const LayerSite *site, int rows) {
    return (size_t)rows * (size_t)plumb_shape_size(site->shape) * sizeof(int32_t);
}

static void max_forward(const Pass *pass) {
    pass->k->pool_max(window_of(pass), parts_of(pass), pass->in[0], pass->out, pass->save);
}

static void max_backward(const Pass *pass) {
    if (pass->d_in[0]) {
        pass->k->pool_max_back(window_of(pass), parts_of(pass), pass->d_out, pass->save, pass->d_in[0]);
    }
}

static void max_moments(Moments *m) {
    Window w;
    window_read(m->site, &w, NULL);
    moments_pool_max(m, (double)w.kernel[0] * w.kernel[1], window_reads(&w) / ((double)w.in[0] * w.in[1]));
}

static void max_torch(Torch *t) {
    Window w;
    window_read(t->site, &w, NULL);
    fprintf(t->module, "nn.MaxPool%dd(", w.last ? 1 : 2);
    window_torch(t, &w, ", value=-torch.inf");
    fputs(")", t->module);
}

static const char *max_onnx(Onnx *o) {
    Window w;
    window_read(o->site, &w, NULL);
    const char *y = onnx_op(o, "MaxPool", onnx_channels_first(o, o->in[0]));
    window_onnx(o, &w);
    return onnx_channels_last(o, y);
}

const Layer layer_maxpool = {
    .entry = {.name = "maxpool",
              .aliases = "max_pool",
              .kind = PLUMB_LAYER,
              .family = "convolution",
              .args = args,
              .summary = "the largest value of each window, channel by channel",
              .formula = "y[c, p] = max_t x[c, stride p + t - pad]",
              .source = "Riesenhuber & Poggio 1999; Scherer, Müller & Behnke 2010",
              .example = "conv(16, 3) -> relu -> maxpool(2)"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = pool_shape,
    .save_bytes = max_save,
    .prepare = prepare,
    .blocked = BLOCKS_ALIKE,
    .forward = max_forward,
    .backward = max_backward,
    .moments = max_moments,
    .flops = pool_flops,
    .torch = max_torch,
    .onnx = max_onnx,
};

/* ---- avgpool ------------------------------------------------------------------------------------------------ */

static void mean_forward(const Pass *pass) {
    pass->k->pool_mean(window_of(pass), parts_of(pass), pass->in[0], pass->out);
}

static void mean_backward(const Pass *pass) {
    if (pass->d_in[0]) {
        pass->k->pool_mean_back(window_of(pass), parts_of(pass), pass->d_out, pass->d_in[0]);
    }
}

static void mean_moments(Moments *m) {
    Window w;
    window_read(m->site, &w, NULL);
    moments_pool_mean(m, (double)w.kernel[0] * w.kernel[1], window_reads(&w) / ((double)w.in[0] * w.in[1]));
}

static void mean_torch(Torch *t) {
    Window w;
    window_read(t->site, &w, NULL);
    fprintf(t->module, "nn.AvgPool%dd(", w.last ? 1 : 2);
    window_torch(t, &w, "");
    fputs(")", t->module);
}

static const char *mean_onnx(Onnx *o) {
    Window w;
    window_read(o->site, &w, NULL);
    const char *y = onnx_op(o, "AveragePool", onnx_channels_first(o, o->in[0]));
    window_onnx(o, &w);
    onnx_int(o, "count_include_pad", 1);
    return onnx_channels_last(o, y);
}

const Layer layer_avgpool = {
    .entry = {.name = "avgpool",
              .aliases = "avg_pool",
              .kind = PLUMB_LAYER,
              .family = "convolution",
              .args = args,
              .summary = "the mean of each window, channel by channel",
              .formula = "y[c, p] = mean_t x[c, stride p + t - pad]",
              .source = "LeCun et al. 1989",
              .example = "conv(16, 3) -> relu -> avgpool(2)"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = pool_shape,
    .prepare = prepare,
    .blocked = BLOCKS_ALIKE,
    .forward = mean_forward,
    .backward = mean_backward,
    .moments = mean_moments,
    .flops = pool_flops,
    .torch = mean_torch,
    .onnx = mean_onnx,
};

/* ---- globalavgpool --------------------------------------------------------------------------------------------- */

static bool global_shape(const LayerSite *site, PlumbShape *out, PlumbError *error) {
    if (!takes_space(site, error)) {
        return false;
    }
    *out = (PlumbShape){1, {channels_of(site->input[0])}};
    return true;
}

/* x: (planes, places, channels) */
typedef struct Planes {
    int64_t count;
    int places, channels;
} Planes;

/* Of a sequence its rows; of an image each channel, or block of channels. */
static Planes planes_of(const Pass *pass) {
    PlumbShape in = pass->site->input[0];
    int all = channels_of(in), together = in.rank == 2 ? all : pass->blocked ? CHANNEL_BLOCK : 1;
    return (Planes){(int64_t)pass->rows * (all / together), (int)(plumb_shape_size(in) / all), together};
}

static void global_forward(const Pass *pass) {
    Planes p = planes_of(pass);
    const real *x = pass->in[0];
    real *y = pass->out;
    for (int64_t plane = 0; plane < p.count; plane++, x += (size_t)p.places * (size_t)p.channels, y += p.channels) {
        if (p.channels > 1) {
            pass->k->column_sum(p.places, p.channels, x, 0, y);
            continue;
        }
        real sum = 0;
#pragma omp simd reduction(+ : sum)
        for (int i = 0; i < p.places; i++) {
            sum += x[i];
        }
        *y = sum;
    }
    pass->k->scale(values(pass), 1 / (real)p.places, pass->out, pass->out);
}

static void global_backward(const Pass *pass) {
    Planes p = planes_of(pass);
    const real *dy = pass->d_out, share = 1 / (real)p.places;
    real *dx = pass->d_in[0];
    for (int64_t plane = 0; dx && plane < p.count; plane++, dy += p.channels) {
        for (int i = 0; i < p.places && p.channels == 1; i++) {
            *dx++ = *dy * share;
        }
        for (int i = 0; i < p.places && p.channels > 1; i++, dx += p.channels) {
            pass->k->scale(p.channels, share, dy, dx);
        }
    }
}

static double global_flops(const LayerSite *site) {
    return (double)plumb_shape_size(site->input[0]);
}

static void global_moments(Moments *m) {
    PlumbShape in = m->site->input[0];
    moments_pool_mean(m, (double)plumb_shape_size(in) / channels_of(in), 1);
    m->back[0].joined = true;
}

static void global_torch(Torch *t) {
    fprintf(t->value, t->site->input[0].rank == 3 ? "%s.mean((2, 3))" : "%s.mean(1)", t->in[0]);
}

static const char *global_onnx(Onnx *o) {
    return o->site->input[0].rank == 3 ? onnx_mean(o, o->in[0], 2, (const int64_t[]){2, 3})
                                       : onnx_mean(o, o->in[0], 1, &(int64_t){1});
}

const Layer layer_globalavgpool = {
    .entry = {.name = "globalavgpool",
              .aliases = "global_avg_pool",
              .kind = PLUMB_LAYER,
              .family = "convolution",
              .summary = "the mean of each channel over the whole image or sequence: features",
              .formula = "y[c] = mean_p x[c, p]",
              .source = "Lin, Chen & Yan 2014, section 3.2",
              .example = "conv(64, 3) -> relu -> globalavgpool -> dense(10)"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = global_shape,
    .blocked = BLOCKS_END,
    .forward = global_forward,
    .backward = global_backward,
    .moments = global_moments,
    .flops = global_flops,
    .torch = global_torch,
    .onnx = global_onnx,
};

/* ---- upsample ------------------------------------------------------------------------------------------------- */

static const PlumbArg upsample_args[] = {{.name = "factor",
                                          .accepts = PLUMB_A_INT | PLUMB_A_LIST,
                                          .min = 1,
                                          .max = 1e6,
                                          .help = "how often each value is repeated" SIDES},
                                         {.name = NULL}};

/* Planes of height x width x inner values: an image has inner 1; a sequence is one row, its channels inside. */
typedef struct Repeat {
    int planes, height, width, inner, by[2];
} Repeat;

static bool repeat_of(const LayerSite *site, Repeat *r, PlumbError *error) {
    PlumbShape in = site->input[0];
    if (!takes_space(site, error)) {
        return false;
    }
    *r = in.rank == 3 ? (Repeat){in.dim[0], in.dim[1], in.dim[2], 1, {1, 1}}
                      : (Repeat){1, 1, in.dim[0], in.dim[1], {1, 1}};
    if (!read_pair(site, "factor", r->by, error)) {
        return false;
    }
    r->by[0] = in.rank == 3 ? r->by[0] : 1;
    return ((int64_t)r->height * r->by[0] <= INT32_MAX && (int64_t)r->width * r->by[1] <= INT32_MAX) ||
           plumb_fail(error, PLUMB_SHAPE_ERROR, "upsample makes the image too large");
}

static bool upsample_shape(const LayerSite *site, PlumbShape *out, PlumbError *error) {
    Repeat r;
    if (!repeat_of(site, &r, error)) {
        return false;
    }
    *out = site->input[0];
    out->dim[out->rank == 3 ? 1 : 0] = out->rank == 3 ? r.height * r.by[0] : r.width * r.by[1];
    if (out->rank == 3) {
        out->dim[2] = r.width * r.by[1];
    }
    return true;
}

/* Every output looks at the input it repeats: copied from there, or its gradient added there. */
static void upsample_row(const Repeat *r, real *row, real *out, bool back) {
    for (int w = 0; w < r->width * r->by[1]; w++, out += r->inner) {
        real *in = row + (size_t)(w / r->by[1]) * (size_t)r->inner;
        for (int i = 0; i < r->inner; i++) {
            if (back) {
                in[i] += out[i];
            } else {
                out[i] = in[i];
            }
        }
    }
}

static void upsample_run(const Pass *pass, real *in, real *out, bool back) {
    Repeat r;
    repeat_of(pass->site, &r, NULL);
    size_t row = (size_t)r.width * (size_t)r.inner, out_row = row * (size_t)r.by[1];
    for (int64_t plane = 0; plane < (int64_t)pass->rows * r.planes; plane++) {
        for (int h = 0; h < r.height * r.by[0]; h++, out += out_row) {
            upsample_row(&r, in + (size_t)(h / r.by[0]) * row, out, back);
        }
        in += (size_t)r.height * row;
    }
}

static void upsample_forward(const Pass *pass) {
    upsample_run(pass, (real *)pass->in[0], pass->out, false);
}

static void upsample_backward(const Pass *pass) {
    if (pass->d_in[0]) {
        memset(pass->d_in[0], 0, (size_t)pass->rows * (size_t)plumb_shape_size(pass->site->input[0]) * sizeof(real));
        upsample_run(pass, pass->d_in[0], (real *)pass->d_out, true);
    }
}

static void upsample_moments(Moments *m) {
    moments_repeat(m, (double)plumb_shape_size(m->site->shape) / (double)plumb_shape_size(m->site->input[0]));
}

static void upsample_torch(Torch *t) {
    Repeat r;
    repeat_of(t->site, &r, NULL);
    if (t->site->shape.rank == 3) {
        fprintf(t->value, "%s.repeat_interleave(%d, 2).repeat_interleave(%d, 3)", t->in[0], r.by[0], r.by[1]);
    } else {
        fprintf(t->value, "%s.repeat_interleave(%d, 1)", t->in[0], r.by[1]);
    }
}

static const char *upsample_onnx(Onnx *o) {
    Repeat r;
    repeat_of(o->site, &r, NULL);
    bool image = o->site->shape.rank == 3;
    real by[] = {1, image ? 1 : (real)r.by[1], image ? (real)r.by[0] : 1, (real)r.by[1]};
    const char *y = onnx_op(o, "Resize", o->in[0], "", onnx_reals(o, (PlumbShape){1, {image ? 4 : 3}}, by));
    onnx_text(o, "mode", "nearest");
    onnx_text(o, "nearest_mode", "floor");
    onnx_text(o, "coordinate_transformation_mode", "asymmetric");
    return y;
}

const Layer layer_upsample = {
    .entry = {.name = "upsample",
              .kind = PLUMB_LAYER,
              .family = "convolution",
              .args = upsample_args,
              .summary = "a larger image or longer sequence: each value repeated (nearest neighbour)",
              .formula = "y[c, p] = x[c, floor(p / factor)]",
              .source = "Odena, Dumoulin & Olah 2016",
              .example = "conv(16, 3) -> upsample(2) -> conv(8, 3)"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = upsample_shape,
    .forward = upsample_forward,
    .backward = upsample_backward,
    .moments = upsample_moments,
    .torch = upsample_torch,
    .onnx = upsample_onnx,
};
