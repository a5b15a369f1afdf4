/* Stochastic depth: while training, a whole row is zeroed with probability p and the others grow by 1 / (1 - p). */
#include "../core/number.h"
#include "../export/onnx.h"
#include "../export/torch.h"
#include "common.h"

static const PlumbArg args[] = {{.name = "p",
                                 .accepts = PLUMB_A_NUMBER,
                                 .fallback = "0.2",
                                 .min = 0,
                                 .max = 0.999,
                                 .help = "probability that a row's branch is left out"},
                                {.name = NULL}};

static real factor_of(const Pass *pass, int row) {
    double p = plumb_call_number(pass->site->call, "p");
    Draw draw = {pass->seed, DRAW_DROPOUT, (uint32_t)pass->node};
    uint64_t index = (uint64_t)pass->step << 32 | (uint64_t)(pass->first_row + row);
    return (real)(draw_uniform(draw, index) < p ? 0 : 1 / (1 - p));
}

/* Forward and backward are the same map, with the same draws. */
static void apply(const Pass *pass, const real *x, real *y) {
    int64_t size = plumb_shape_size(pass->site->shape);
    for (int row = 0; row < pass->rows; row++) {
        pass->k->scale(size, pass->training ? factor_of(pass, row) : 1, x + row * size, y + row * size);
    }
}

static void forward(const Pass *pass) {
    apply(pass, pass->in[0], pass->out);
}

static void backward(const Pass *pass) {
    if (pass->d_in[0]) {
        apply(pass, pass->d_out, pass->d_in[0]);
    }
}

static void moments(Moments *m) {
    moments_mask(m, 1 / (1 - plumb_call_number(m->site->call, "p")), PLUMB_BY_DROPOUT);
}

/* One factor a row. */
static void torch(Torch *t) {
    char p[32];
    number_text(plumb_call_number(t->site->call, "p"), p);
    fprintf(t->value, "%s * F.dropout(torch.ones(len(%s)", t->in[0], t->in[0]);
    for (int i = 0; i < t->site->shape.rank; i++) {
        fputs(", 1", t->value);
    }
    fprintf(t->value, ", device=%s.device), %s, self.training)", t->in[0], p);
}

const Layer layer_stochastic_depth = {
    .entry = {.name = "stochastic_depth",
              .kind = PLUMB_LAYER,
              .family = "regularisation",
              .args = args,
              .summary = "while training, leaves a whole row out: the branch of a residual block",
              .formula = "y = x m / (1 - p), m = 0 with probability p for the row, else 1",
              .source = "Huang et al. 2016, eq. 2",
              .example = "residual { dense(64) -> relu -> stochastic_depth(0.2) }"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = same_shape,
    .blocked = BLOCKS_ALIKE,
    .forward = forward,
    .backward = backward,
    .moments = moments,
    .random = true,
    .torch = torch,
    .onnx = onnx_unchanged,
};
