/* Parametric ReLU: the slope below zero is learned, one for the layer. */
#include "../export/onnx.h"
#include "../export/torch.h"
#include "common.h"

static const PlumbArg args[] = {
    {.name = "init", .accepts = PLUMB_A_NUMBER, .fallback = "0.25", .help = "first value of the slope"},
    {.name = NULL}};

static int weights(const LayerSite *site, WeightSpec spec[LAYER_WEIGHTS_MAX]) {
    spec[0] = (WeightSpec){.name = "weight",
                           .shape = {1, {1}},
                           .fan_in = 1,
                           .fan_out = 1,
                           .fill = plumb_call_number(site->call, "init"),
                           .learned = true};
    return 1;
}

static void forward(const Pass *pass) {
    real *z = (real *)pass->in[0]; /* not written: no bias */
    pass->k->bias_act(ACT_LEAKY_RELU, pass->w[0][0], pass->rows, (int)plumb_shape_size(pass->site->shape), z, NULL,
                      pass->out, NULL, pass->tally_out);
}

/* scratch: dL/dx where nobody asks for it */
static size_t scratch_bytes(const LayerSite *site, int rows) {
    return (size_t)rows * (size_t)plumb_shape_size(site->shape) * sizeof(real);
}

static void backward(const Pass *pass) {
    real *dx = pass->d_in[0] ? pass->d_in[0] : pass->scratch;
    double da = pass->k->slope_back(values(pass), pass->w[0][0], pass->in[0], pass->d_out, dx);
    pass->dw[0][0] = (real)(pass->adds ? (double)pass->dw[0][0] + da : da);
}

static void torch(Torch *t) {
    fprintf(t->module, "nn.PReLU()");
}

static const char *onnx(Onnx *o) {
    return onnx_op(o, "PRelu", o->in[0], onnx_weight(o, "weight"));
}

static void moments(Moments *m) {
    moments_activation(m, ACT_LEAKY_RELU, plumb_call_number(m->site->call, "init"));
}

const Layer layer_prelu = {
    .entry = {.name = "prelu",
              .kind = PLUMB_LAYER,
              .family = "activations",
              .args = args,
              .summary = "leaky relu whose slope is learned",
              .formula = "y = x if x > 0 else a x, a learned",
              .source = "He et al. 2015, eq. 1",
              .example = "dense(64) -> prelu"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = same_shape,
    .weights = weights,
    .scratch_bytes = scratch_bytes,
    .tallies_out = true,
    .forward = forward,
    .backward = backward,
    .moments = moments,
    .needs_input = true,
    .torch = torch,
    .onnx = onnx,
};
