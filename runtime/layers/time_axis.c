/* From a sequence to one vector: its last time step, or its mean. */
#include "../export/onnx.h"
#include "../export/torch.h"
#include "common.h"

static bool shape(const LayerSite *site, PlumbShape *out, PlumbError *error) {
    PlumbShape in = site->input[0];
    if (in.rank != 2) {
        char text[64];
        plumb_fail(error, PLUMB_SHAPE_ERROR, "%s takes a sequence", site->call->entry->name);
        error_found(error, "%s", plumb_shape_text(in, text));
        return error_expected(error, "time x features");
    }
    *out = (PlumbShape){.rank = 1, .dim = {in.dim[1]}};
    return true;
}

static int steps_of(const Pass *pass) {
    return pass->site->input[0].dim[0];
}

/* ---- last -------------------------------------------------------------------------------------------------------- */

static void last_forward(const Pass *pass) {
    int n = last_axis(pass->site->shape), steps = steps_of(pass);
    for (size_t row = 0; row < (size_t)pass->rows; row++) {
        memcpy(pass->out + row * (size_t)n, pass->in[0] + ((row + 1) * (size_t)steps - 1) * (size_t)n,
               (size_t)n * sizeof(real));
    }
}

static void last_backward(const Pass *pass) {
    size_t n = (size_t)last_axis(pass->site->shape), before = (size_t)(steps_of(pass) - 1) * n;
    real *dx = pass->d_in[0];
    for (size_t row = 0; dx && row < (size_t)pass->rows; row++, dx += before + n) {
        memset(dx, 0, before * sizeof *dx);
        memcpy(dx + before, pass->d_out + row * n, n * sizeof *dx);
    }
}

/* One step of them all gets the gradient. */
static void last_moments(Moments *m) {
    moments_repeat(m, 1.0 / m->site->input[0].dim[0]);
}

static void last_torch(Torch *t) {
    fprintf(t->value, "%s[:, -1]", t->in[0]);
}

static const char *last_onnx(Onnx *o) {
    int steps = o->site->input[0].dim[0];
    return onnx_shaped(o, onnx_sliced(o, o->in[0], 1, steps - 1, steps), o->site->shape);
}

const Layer layer_last = {
    .entry = {.name = "last",
              .kind = PLUMB_LAYER,
              .family = "recurrent",
              .summary = "the last time step of a sequence",
              .formula = "y = x_T",
              .source = "Sutskever, Vinyals & Le 2014, section 2",
              .example = "lstm(64) -> last -> dense(1)"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = shape,
    .forward = last_forward,
    .backward = last_backward,
    .moments = last_moments,
    .torch = last_torch,
    .onnx = last_onnx,
};

/* ---- mean_over_time ---------------------------------------------------------------------------------------------- */

static void mean_forward(const Pass *pass) {
    int n = last_axis(pass->site->shape), steps = steps_of(pass);
    const real *x = pass->in[0];
    real *y = pass->out;
    for (int row = 0; row < pass->rows; row++, x += (size_t)steps * (size_t)n, y += n) {
        pass->k->column_sum(steps, n, x, 0, y);
        pass->k->scale(n, 1 / (real)steps, y, y);
    }
}

static void mean_backward(const Pass *pass) {
    int n = last_axis(pass->site->shape), steps = steps_of(pass);
    real *dx = pass->d_in[0];
    for (int row = 0; dx && row < pass->rows; row++) {
        for (int t = 0; t < steps; t++, dx += n) {
            pass->k->scale(n, 1 / (real)steps, pass->d_out + (size_t)row * (size_t)n, dx);
        }
    }
}

static double mean_flops(const LayerSite *site) {
    return (double)plumb_shape_size(site->input[0]);
}

static void mean_moments(Moments *m) {
    moments_pool_mean(m, m->site->input[0].dim[0], 1);
    m->back[0].joined = true;
}

static void mean_torch(Torch *t) {
    fprintf(t->value, "%s.mean(1)", t->in[0]);
}

static const char *mean_onnx(Onnx *o) {
    return onnx_mean(o, o->in[0], 1, &(int64_t){1});
}

const Layer layer_mean_over_time = {
    .entry = {.name = "mean_over_time",
              .kind = PLUMB_LAYER,
              .family = "recurrent",
              .summary = "the mean of a sequence over its time steps",
              .formula = "y = (x_1 + ... + x_T) / T",
              .source = "Lin, Chen & Yan 2014, section 3.2: global average pooling",
              .example = "gru(64) -> mean_over_time -> dense(10)"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = shape,
    .forward = mean_forward,
    .backward = mean_backward,
    .moments = mean_moments,
    .flops = mean_flops,
    .torch = mean_torch,
    .onnx = mean_onnx,
};
