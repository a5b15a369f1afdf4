/* Gaussian noise: while training, every value is moved by a draw of its own. */
#include "../core/number.h"
#include "../export/onnx.h"
#include "../export/torch.h"
#include "common.h"

static const PlumbArg args[] = {{.name = "std",
                                 .accepts = PLUMB_A_NUMBER,
                                 .fallback = "0.1",
                                 .min = 0,
                                 .max = 1e9,
                                 .help = "standard deviation of the noise"},
                                {.name = NULL}};

/* The index counts values of the whole batch, so that shards do not matter; two values share one block of Philox. */
static void forward(const Pass *pass) {
    double std = pass->training ? plumb_call_number(pass->site->call, "std") : 0;
    int64_t n = values(pass), first = pass->first_row * plumb_shape_size(pass->site->shape);
    Draw draw = {pass->seed, DRAW_NOISE, (uint32_t)pass->node};
    memcpy(pass->out, pass->in[0], (size_t)n * sizeof(real));
    for (int64_t i = 0; std > 0 && i < n; i++) {
        pass->out[i] += (real)(std * draw_normal(draw, (uint64_t)pass->step << 33 | (uint64_t)(first + i)));
    }
}

static void backward(const Pass *pass) {
    if (pass->d_in[0]) {
        memcpy(pass->d_in[0], pass->d_out, (size_t)values(pass) * sizeof(real));
    }
}

static void moments(Moments *m) {
    double std = plumb_call_number(m->site->call, "std");
    moments_offset(m, std * std, false);
}

static void torch(Torch *t) {
    char std[32];
    number_text(plumb_call_number(t->site->call, "std"), std);
    fprintf(t->value, "%s + %s * torch.randn_like(%s) if self.training else %s", t->in[0], std, t->in[0], t->in[0]);
}

const Layer layer_noise = {
    .entry = {.name = "noise",
              .kind = PLUMB_LAYER,
              .family = "regularisation",
              .args = args,
              .summary = "while training, adds Gaussian noise",
              .formula = "y = x + std z, z ~ N(0, 1)",
              .source = "Bishop 1995",
              .example = "input(64) -> noise(0.1) -> dense(64)"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = same_shape,
    .forward = forward,
    .backward = backward,
    .moments = moments,
    .random = true,
    .torch = torch,
    .onnx = onnx_unchanged,
};
