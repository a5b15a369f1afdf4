/* Layer and root-mean-square normalisation: each vector (last axis) by its own statistics. */
#include "../core/number.h"
#include "../export/onnx.h"
#include "../export/torch.h"
#include "common.h"
#include <math.h>

static const PlumbArg args[] = {{.name = "eps",
                                 .accepts = PLUMB_A_NUMBER,
                                 .fallback = "1e-5",
                                 .min = 1e-12,
                                 .max = 1,
                                 .help = "added under the root"},
                                {.name = NULL}};

static int weights(const LayerSite *site, WeightSpec spec[LAYER_WEIGHTS_MAX], int count) {
    static const char *const name[] = {"weight", "bias"};
    int n = last_axis(site->input[0]);
    for (int i = 0; i < count; i++) {
        spec[i] = (WeightSpec){
            .name = name[i], .shape = {1, {n}}, .fan_in = n, .fan_out = n, .fill = i == 0, .learned = true};
    }
    return count;
}

static int layernorm_weights(const LayerSite *site, WeightSpec spec[LAYER_WEIGHTS_MAX]) {
    return weights(site, spec, 2);
}
static int rmsnorm_weights(const LayerSite *site, WeightSpec spec[LAYER_WEIGHTS_MAX]) {
    return weights(site, spec, 1);
}

/* save: for each vector its mean and 1 / sqrt(... + eps) */
static size_t save_bytes(const LayerSite *site, int rows) {
    return (size_t)rows * (size_t)vectors(site->shape) * 2 * sizeof(real);
}

static void forward(const Pass *pass, bool centred) {
    int n = last_axis(pass->site->shape), count = pass->rows * vectors(pass->site->shape);
    double eps = plumb_call_number(pass->site->call, "eps");
    real *save = pass->save;
    for (int v = 0; v < count; v++) {
        const real *x = pass->in[0] + (size_t)v * (size_t)n;
        real *y = pass->out + (size_t)v * (size_t)n;
        double mean = 0, squares = 0;
        for (int i = 0; centred && i < n; i++) {
            mean += (double)x[i] / n;
        }
        for (int i = 0; i < n; i++) {
            squares += ((double)x[i] - mean) * ((double)x[i] - mean);
        }
        save[2 * v] = (real)mean;
        save[2 * v + 1] = (real)(1 / sqrt(squares / n + eps));
        for (int i = 0; i < n; i++) {
            y[i] = (x[i] - save[2 * v]) * save[2 * v + 1] * pass->w[0][i] + (centred ? pass->w[1][i] : 0);
        }
    }
}

/* dx = inverse (g - mean(g) - xhat mean(g xhat)) with g = weight dy; without mean(g) where nothing was centred. */
static void vector_gradient(const Pass *pass, int v, int n, bool centred) {
    const real *x = pass->in[0] + (size_t)v * (size_t)n, *dy = pass->d_out + (size_t)v * (size_t)n;
    const real *save = pass->save, *w = pass->w[0];
    real mean = save[2 * v], inverse = save[2 * v + 1];
    double sum = 0, product = 0;
    for (int i = 0; i < n; i++) {
        real hat = (x[i] - mean) * inverse;
        pass->dw[0][i] += dy[i] * hat;
        if (centred) {
            pass->dw[1][i] += dy[i];
        }
        sum += (double)(w[i] * dy[i]);
        product += (double)(w[i] * dy[i] * hat);
    }
    real *dx = pass->d_in[0] ? pass->d_in[0] + (size_t)v * (size_t)n : NULL;
    real m = centred ? (real)(sum / n) : 0, p = (real)(product / n);
    for (int i = 0; dx && i < n; i++) {
        dx[i] = inverse * (w[i] * dy[i] - m - (x[i] - mean) * inverse * p);
    }
}

static void backward(const Pass *pass, bool centred) {
    int n = last_axis(pass->site->shape), count = pass->rows * vectors(pass->site->shape);
    for (int i = 0; !pass->adds && i < 1 + centred; i++) {
        memset(pass->dw[i], 0, (size_t)n * sizeof(real));
    }
    for (int v = 0; v < count; v++) {
        vector_gradient(pass, v, n, centred);
    }
}

static void layernorm_forward(const Pass *pass) {
    forward(pass, true);
}
static void layernorm_backward(const Pass *pass) {
    backward(pass, true);
}
static void rmsnorm_forward(const Pass *pass) {
    forward(pass, false);
}
static void rmsnorm_backward(const Pass *pass) {
    backward(pass, false);
}

/* ---- for other programs ----------------------------------------------------------------------------------------- */

static void layernorm_torch(Torch *t) {
    char eps[32];
    number_text(plumb_call_number(t->site->call, "eps"), eps);
    fprintf(t->module, "nn.LayerNorm(%d, eps=%s)", last_axis(t->site->shape), eps);
}

static const char *layernorm_onnx(Onnx *o) {
    const char *y = onnx_op(o, "LayerNormalization", o->in[0], onnx_weight(o, "weight"), onnx_weight(o, "bias"));
    onnx_float(o, "epsilon", plumb_call_number(o->site->call, "eps"));
    return y;
}

static void rmsnorm_torch(Torch *t) {
    char eps[32];
    number_text(plumb_call_number(t->site->call, "eps"), eps);
    torch_needs(t, "class RMSNorm(nn.Module):\n"
                   "    def __init__(self, features, eps):\n"
                   "        super().__init__()\n"
                   "        self.eps = eps\n"
                   "        self.weight = nn.Parameter(torch.ones(features))\n"
                   "\n"
                   "    def forward(self, x):\n"
                   "        return self.weight * x * torch.rsqrt(x.square().mean(-1, keepdim=True) + self.eps)\n");
    fprintf(t->module, "RMSNorm(%d, eps=%s)", last_axis(t->site->shape), eps);
}

static const char *rmsnorm_onnx(Onnx *o) {
    const char *mean = onnx_op(o, "ReduceMean", onnx_op(o, "Mul", o->in[0], o->in[0]));
    onnx_ints(o, "axes", 1, &(int64_t){-1});
    const char *square = onnx_op(o, "Add", mean, onnx_number(o, plumb_call_number(o->site->call, "eps")));
    const char *hat = onnx_op(o, "Div", o->in[0], onnx_op(o, "Sqrt", square));
    return onnx_op(o, "Mul", hat, onnx_weight(o, "weight"));
}

static void layernorm_moments(Moments *m) {
    moments_row_norm(m, last_axis(m->site->shape), plumb_call_number(m->site->call, "eps"), true);
}
static void rmsnorm_moments(Moments *m) {
    moments_row_norm(m, last_axis(m->site->shape), plumb_call_number(m->site->call, "eps"), false);
}

const Layer layer_layernorm = {
    .entry = {.name = "layernorm",
              .aliases = "layer_norm",
              .kind = PLUMB_LAYER,
              .family = "norms",
              .args = args,
              .summary = "each row to mean 0 and variance 1 over its features, then scaled and shifted",
              .formula = "y = weight (x - mean) / sqrt(var + eps) + bias",
              .source = "Ba, Kiros & Hinton 2016, eq. 3",
              .example = "dense(64) -> layernorm -> relu"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = same_shape,
    .weights = layernorm_weights,
    .save_bytes = save_bytes,
    .forward = layernorm_forward,
    .backward = layernorm_backward,
    .moments = layernorm_moments,
    .needs_input = true,
    .torch = layernorm_torch,
    .onnx = layernorm_onnx,
};

const Layer layer_rmsnorm = {
    .entry = {.name = "rmsnorm",
              .aliases = "rms_norm",
              .kind = PLUMB_LAYER,
              .family = "norms",
              .args = args,
              .summary = "each row by the root mean square of its features, then scaled",
              .formula = "y = weight x / sqrt(mean(x^2) + eps)",
              .source = "Zhang & Sennrich 2019, eq. 4",
              .example = "dense(64) -> rmsnorm -> relu"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = same_shape,
    .weights = rmsnorm_weights,
    .save_bytes = save_bytes,
    .forward = rmsnorm_forward,
    .backward = rmsnorm_backward,
    .moments = rmsnorm_moments,
    .needs_input = true,
    .torch = rmsnorm_torch,
    .onnx = rmsnorm_onnx,
};
