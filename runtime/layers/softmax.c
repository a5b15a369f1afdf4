/* Softmax and its logarithm over the last axis. */
#include "../diagnose/moments.h"
#include "../export/onnx.h"
#include "../export/torch.h"
#include "common.h"

static void rows_of(const Pass *pass, int *rows, int *n) {
    *n = last_axis(pass->site->shape);
    *rows = pass->rows * vectors(pass->site->shape);
}

static void softmax_forward(const Pass *pass) {
    int rows, n;
    rows_of(pass, &rows, &n);
    pass->k->softmax(rows, n, pass->in[0], pass->out, false);
}

static void log_softmax_forward(const Pass *pass) {
    int rows, n;
    rows_of(pass, &rows, &n);
    pass->k->softmax(rows, n, pass->in[0], pass->out, true);
}

static void softmax_backward(const Pass *pass) {
    int rows, n;
    rows_of(pass, &rows, &n);
    if (pass->d_in[0]) {
        pass->k->softmax_back(rows, n, pass->out, pass->d_out, pass->d_in[0]);
    }
}

/* dx = dy - exp(y) sum(dy) */
static void log_softmax_backward(const Pass *pass) {
    int rows, n;
    rows_of(pass, &rows, &n);
    for (int r = 0; pass->d_in[0] && r < rows; r++) {
        const real *y = pass->out + (size_t)r * (size_t)n, *dy = pass->d_out + (size_t)r * (size_t)n;
        real *dx = pass->d_in[0] + (size_t)r * (size_t)n, sum = 0;
        pass->k->softmax(1, n, y, dx, false); /* exp(y): y is normalised */
        for (int i = 0; i < n; i++) {
            sum += dy[i];
        }
        for (int i = 0; i < n; i++) {
            dx[i] = dy[i] - dx[i] * sum;
        }
    }
}

/* ---- for other programs ----------------------------------------------------------------------------------------- */

static void softmax_torch(Torch *t) {
    fprintf(t->value, "F.softmax(%s, -1)", t->in[0]);
}
static void log_softmax_torch(Torch *t) {
    fprintf(t->value, "F.log_softmax(%s, -1)", t->in[0]);
}
static const char *softmax_onnx(Onnx *o) { /* its axis is the last */
    return onnx_op(o, "Softmax", o->in[0]);
}
static const char *log_softmax_onnx(Onnx *o) {
    return onnx_op(o, "LogSoftmax", o->in[0]);
}

static void softmax_moments(Moments *m) {
    moments_softmax(m, last_axis(m->site->shape));
}

const Layer layer_softmax = {
    .entry = {.name = "softmax",
              .kind = PLUMB_LAYER,
              .family = "activations",
              .summary = "probabilities over the last axis",
              .formula = "y_i = exp(x_i) / sum_j exp(x_j)",
              .source = "Bridle 1990",
              .example = "dense(10) -> softmax"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = same_shape,
    .forward = softmax_forward,
    .backward = softmax_backward,
    .needs_output = true,
    .probabilities = true,
    .torch = softmax_torch,
    .onnx = softmax_onnx,
    .moments = softmax_moments,
};

const Layer layer_log_softmax = {
    .entry = {.name = "log_softmax",
              .kind = PLUMB_LAYER,
              .family = "activations",
              .summary = "logarithm of the softmax over the last axis",
              .formula = "y_i = x_i - ln sum_j exp(x_j)",
              .source = "Goodfellow, Bengio & Courville 2016, eq. 6.30",
              .example = "dense(10) -> log_softmax"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = same_shape,
    .forward = log_softmax_forward,
    .backward = log_softmax_backward,
    .needs_output = true,
    .probabilities = true,
    .torch = log_softmax_torch,
    .onnx = log_softmax_onnx,
};
