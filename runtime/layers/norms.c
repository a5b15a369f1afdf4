/* Layer and root-mean-square normalisation: each vector (last axis) by its own statistics. */
#include "../core/number.h"
#include "../export/onnx.h"
#include "../export/torch.h"
#include "common.h"

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
    real eps = (real)plumb_call_number(pass->site->call, "eps");
    pass->k->row_norm(count, n, centred, eps, pass->in[0], pass->w[0], centred ? pass->w[1] : NULL, pass->save,
                      pass->out);
}

static void backward(const Pass *pass, bool centred) {
    int n = last_axis(pass->site->shape), count = pass->rows * vectors(pass->site->shape);
    for (int i = 0; !pass->adds && i < 1 + centred; i++) {
        memset(pass->dw[i], 0, (size_t)n * sizeof(real));
    }
    pass->k->row_norm_back(count, n, centred, pass->in[0], pass->save, pass->w[0], pass->d_out, pass->d_in[0],
                           pass->dw[0], centred ? pass->dw[1] : NULL);
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

/* The last axis of an image is one of places. */
static void norm_moments(Moments *m, bool centred) {
    bool image = m->site->shape.rank == 3;
    double values = last_axis(m->site->shape);
    moments_row_norm(m, image ? 1 : values, image ? values : 1, plumb_call_number(m->site->call, "eps"), centred);
}
static void layernorm_moments(Moments *m) {
    norm_moments(m, true);
}
static void rmsnorm_moments(Moments *m) {
    norm_moments(m, false);
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
