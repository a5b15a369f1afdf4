/* Dense (fully connected) layer on the last axis. */
#include "dense.h"
#include "../train/inits.h"
#include "common.h"

static const PlumbArg args[] = {
    {.name = "units", .accepts = PLUMB_A_INT, .min = 1, .max = 1e9, .help = "outputs"},
    {.name = "bias", .accepts = PLUMB_A_BOOL, .fallback = "true", .help = "adds a learned bias"},
    {.name = "init",
     .accepts = PLUMB_A_CALL | PLUMB_A_WORD,
     .kinds = PLUMB_INIT,
     .words = "auto",
     .fallback = "auto",
     .help = "initial weights; auto: he before the relu family, lecun before selu, else xavier"},
    {.name = "bias_init", .accepts = PLUMB_A_CALL, .kinds = PLUMB_INIT, .fallback = "zeros", .help = "initial bias"},
    {.name = NULL}};

static bool shape(const LayerSite *site, PlumbShape *out, PlumbError *error) {
    if (site->input[0].rank > 2) {
        char text[64];
        plumb_fail(error, PLUMB_SHAPE_ERROR, "dense takes features, not an image");
        error_found(error, "%s", plumb_shape_text(site->input[0], text));
        error_expected(error, "features, or time x features");
        return error_hint(error, "flatten -> dense(%d)", (int)plumb_call_number(site->call, "units"));
    }
    *out = site->input[0];
    out->dim[out->rank - 1] = (int)plumb_call_number(site->call, "units");
    return true;
}

static int weights(const LayerSite *site, WeightSpec spec[LAYER_WEIGHTS_MAX]) {
    int in = last_axis(site->input[0]), out = last_axis(site->shape);
    const PlumbCall *init = plumb_call_call(site->call, "init");
    spec[0] = (WeightSpec){.name = "weight",
                           .shape = {2, {out, in}},
                           .fan_in = in,
                           .fan_out = out,
                           .init = init ? init : init_auto(site->next_act),
                           .learned = true,
                           .transposed = true};
    if (!plumb_call_bool(site->call, "bias")) {
        return 1;
    }
    spec[1] = (WeightSpec){.name = "bias",
                           .shape = {1, {out}},
                           .fan_in = in,
                           .fan_out = out,
                           .init = plumb_call_call(site->call, "bias_init"),
                           .learned = true};
    return 2;
}

/* out(rows, n) = in(rows, k) W^T + b; with `act`, then y = phi(out). */
void dense_forward(const Pass *pass, const DenseAct *act) {
    int n = last_axis(pass->site->shape), k = last_axis(pass->site->input[0]);
    int rows = pass->rows * vectors(pass->site->shape);
    const real *bias = plumb_call_bool(pass->site->call, "bias") ? pass->w[1] : NULL;
    pass->k->gemm(false, false, rows, n, k, pass->in[0], k, pass->wt[0], n, 0, pass->out, n);
    if (act) {
        pass->k->bias_act(act->act, act->a, rows, n, pass->out, bias, act->y, pass->tally_out, act->tally_y);
    } else if (bias || pass->tally_out) {
        pass->k->bias_act(ACT_IDENTITY, 0, rows, n, pass->out, bias, pass->out, pass->tally_out, NULL);
    }
}

/* dW(n, k) = dz^T in, db = column sums of dz, d_in = dz W; with `act`, first dz = dy phi'. */
void dense_backward(const Pass *pass, const DenseAct *act) {
    int n = last_axis(pass->site->shape), k = last_axis(pass->site->input[0]);
    int rows = pass->rows * vectors(pass->site->shape);
    real *db = plumb_call_bool(pass->site->call, "bias") ? pass->dw[1] : NULL;
    const real *dz = pass->d_out;
    bool fused_db = act && !pass->adds;
    if (act) {
        pass->k->act_back(act->act, act->a, rows, n, pass->out, act->y, act->dy, act->dz, fused_db ? db : NULL,
                          act->tally_dy, pass->tally_d_out);
        dz = act->dz;
    }
    if (db && !fused_db) {
        pass->k->column_sum(rows, n, dz, pass->adds ? 1 : 0, db);
    }
    pass->k->gemm(true, false, n, k, rows, dz, n, pass->in[0], k, pass->adds ? 1 : 0, pass->dw[0], k);
    if (pass->d_in[0]) {
        pass->k->gemm(false, false, rows, k, n, dz, n, pass->w[0], k, 0, pass->d_in[0], k);
    }
}

static void forward(const Pass *pass) {
    dense_forward(pass, NULL);
}

static void backward(const Pass *pass) {
    dense_backward(pass, NULL);
}

static double flops(const LayerSite *site) {
    return 2.0 * (double)plumb_shape_size(site->shape) * last_axis(site->input[0]);
}

static void moments(Moments *m) {
    int in = last_axis(m->site->input[0]);
    moments_linear(m, in, last_axis(m->site->shape), in);
}

const Layer layer_dense = {
    .entry = {.name = "dense",
              .aliases = "linear fc",
              .kind = PLUMB_LAYER,
              .family = "linear",
              .args = args,
              .summary = "every output is a weighted sum of all inputs",
              .formula = "y = x W^T + b, W [units, inputs]",
              .source = "Goodfellow, Bengio & Courville 2016, section 6.1",
              .example = "dense(64, init=he) -> relu"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = shape,
    .weights = weights,
    .forward = forward,
    .backward = backward,
    .needs_input = true,
    .tallies_out = true,
    .flops = flops,
    .moments = moments,
};
