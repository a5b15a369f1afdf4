/* Gated linear unit: half of the features gates the other half. */
#include "../export/onnx.h"
#include "../export/torch.h"
#include "common.h"

/* Features, or the channels of an image: what is halved. */
static int *halved(PlumbShape *shape) {
    return &shape->dim[shape->rank == 3 ? 0 : shape->rank - 1];
}

static bool shape(const LayerSite *site, PlumbShape *out, PlumbError *error) {
    *out = site->input[0];
    int *features = halved(out);
    if (*features % 2) {
        plumb_fail(error, PLUMB_SHAPE_ERROR, "glu halves the %s", out->rank == 3 ? "channels" : "features");
        error_found(error, "%d", *features);
        return error_expected(error, "an even number");
    }
    *features /= 2;
    return true;
}

/* Values of `a` that lie together in a row, and behind them as many of `b`. */
static int64_t run_length(const Pass *pass) {
    PlumbShape out = pass->site->shape;
    return out.rank == 3 ? plumb_shape_size(out) : last_axis(out);
}

/* save: s(b), as large as the output */
static size_t save_bytes(const LayerSite *site, int rows) {
    return (size_t)rows * (size_t)plumb_shape_size(site->shape) * sizeof(real);
}

/* in: runs of (a, b); out: runs of a s(b) */
static void forward(const Pass *pass) {
    int64_t run = run_length(pass);
    for (int64_t at = 0, end = values(pass); at < end; at += run) {
        real *a = (real *)pass->in[0] + 2 * at, *gate = (real *)pass->save + at; /* b is not written: no bias */
        pass->k->bias_act(ACT_SIGMOID, 0, 1, (int)run, a + run, NULL, gate, NULL, NULL);
        pass->k->multiply(run, a, gate, 0, pass->out + at);
    }
}

/* da = dy s, db = dy a s (1 - s) */
static void backward(const Pass *pass) {
    int64_t run = run_length(pass);
    for (int64_t at = 0, end = pass->d_in[0] ? values(pass) : 0; at < end; at += run) {
        const real *a = pass->in[0] + 2 * at, *gate = (real *)pass->save + at, *dy = pass->d_out + at;
        real *da = pass->d_in[0] + 2 * at, *db = da + run;
        pass->k->multiply(run, dy, a, 0, db);
        pass->k->act_back(ACT_SIGMOID, 0, 1, (int)run, gate, gate, db, db, NULL, NULL, NULL);
        pass->k->multiply(run, dy, gate, 0, da);
    }
}

static int axis_of(const LayerSite *site) {
    return site->shape.rank == 3 ? 1 : site->shape.rank;
}

static void torch(Torch *t) {
    fprintf(t->value, "F.glu(%s, %d)", t->in[0], axis_of(t->site));
}

static const char *onnx(Onnx *o) {
    PlumbShape out = o->site->shape;
    int axis = axis_of(o->site), half = *halved(&out);
    const char *gate = onnx_op(o, "Sigmoid", onnx_sliced(o, o->in[0], axis, half, 2 * half));
    return onnx_op(o, "Mul", onnx_sliced(o, o->in[0], axis, 0, half), gate);
}

const Layer layer_glu = {
    .entry = {.name = "glu",
              .kind = PLUMB_LAYER,
              .family = "activations",
              .summary = "one half of the features gates the other",
              .formula = "y = a / (1 + exp(-b)), x = [a, b]",
              .source = "Dauphin et al. 2017, eq. 1",
              .example = "dense(128) -> glu"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = shape,
    .save_bytes = save_bytes,
    .forward = forward,
    .backward = backward,
    .moments = moments_glu,
    .needs_input = true,
    .torch = torch,
    .onnx = onnx,
};
