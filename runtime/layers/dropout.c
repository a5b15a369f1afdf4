/* Dropout: while training, each value is zeroed with probability p and the others grow by 1 / (1 - p). */
#include "dropout.h"
#include "../core/number.h"
#include "../export/onnx.h"
#include "../export/torch.h"
#include "common.h"

static const PlumbArg args[] = {{.name = "p",
                                 .accepts = PLUMB_A_NUMBER,
                                 .fallback = "0.5",
                                 .min = 0,
                                 .max = 0.999,
                                 .help = "share that is dropped"},
                                {.name = NULL}};

void dropout_values(const Pass *pass, real p, int64_t first, int64_t n, const real *x, real *y) {
    Dropping drop = {pass->seed, DRAW_DROPOUT, (uint32_t)pass->node, (uint32_t)pass->step};
    pass->k->dropout(&drop, p, first, n, x, y);
}

static void apply(const Pass *pass, const real *x, real *y) {
    int64_t first = pass->first_row * plumb_shape_size(pass->site->shape);
    dropout_values(pass, (real)plumb_call_number(pass->site->call, "p"), first, values(pass), x, y);
}

static void forward(const Pass *pass) {
    if (pass->training) {
        apply(pass, pass->in[0], pass->out);
    } else {
        memcpy(pass->out, pass->in[0], (size_t)values(pass) * sizeof(real));
    }
}

/* The same draws again: nothing is kept. */
static void backward(const Pass *pass) {
    if (!pass->d_in[0]) {
        return;
    }
    if (pass->training) {
        apply(pass, pass->d_out, pass->d_in[0]);
    } else {
        memcpy(pass->d_in[0], pass->d_out, (size_t)values(pass) * sizeof(real));
    }
}

static void torch(Torch *t) {
    char p[32];
    fprintf(t->module, "nn.Dropout(%s)", number_text(plumb_call_number(t->site->call, "p"), p));
}

static void moments(Moments *m) {
    moments_mask(m, 1 / (1 - plumb_call_number(m->site->call, "p")), PLUMB_BY_DROPOUT);
}

const Layer layer_dropout = {
    .entry = {.name = "dropout",
              .kind = PLUMB_LAYER,
              .family = "regularisation",
              .args = args,
              .summary = "while training, zeroes a random share of the values",
              .formula = "y = x m / (1 - p), m = 0 with probability p, else 1",
              .source = "Srivastava et al. 2014",
              .example = "dense(512) -> relu -> dropout(0.5)"},
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
