/* Dense (fully connected) layer on the last axis. */
#include "dense.h"
#include "../export/onnx.h"
#include "../export/torch.h"
#include "../train/inits.h"
#include "common.h"
#include "weightnorm.h"

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
    {.name = "weight",
     .accepts = PLUMB_A_WORD,
     .words = "plain weightnorm",
     .fallback = "plain",
     .help = "weightnorm: as weight_g weight_v / |weight_v|, length and direction of each output's weights apart"},
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

enum { NORMED = 1, BIASED = 2 };
static int form(const PlumbCall *call) {
    bool norm = !strcmp(plumb_call_string(call, "weight"), "weightnorm");
    return (norm ? NORMED : 0) | (plumb_call_bool(call, "bias") ? BIASED : 0);
}

static bool normed(const LayerSite *site) {
    return site->form & NORMED;
}

/* Which weight is the bias: weight, bias; or weight_v, weight_g, bias. -1: there is none. */
static int bias_index(const LayerSite *site) {
    return !(site->form & BIASED) ? -1 : normed(site) ? 2 : 1;
}

static int weights(const LayerSite *site, WeightSpec spec[LAYER_WEIGHTS_MAX]) {
    int in = last_axis(site->input[0]), out = last_axis(site->shape), bias = bias_index(site);
    const PlumbCall *init = plumb_call_call(site->call, "init");
    spec[0] = (WeightSpec){.name = normed(site) ? "weight_v" : "weight",
                           .shape = {2, {out, in}},
                           .fan_in = in,
                           .fan_out = out,
                           .init = init ? init : init_auto(site->next_act),
                           .learned = true,
                           .transposed = !normed(site),
                           .late = !normed(site)};
    if (normed(site)) { /* its first values are settled below */
        spec[1] = (WeightSpec){
            .name = "weight_g", .shape = {2, {out, 1}}, .fan_in = in, .fan_out = out, .fill = 1, .learned = true};
    }
    if (bias < 0) {
        return normed(site) ? 2 : 1;
    }
    spec[bias] = (WeightSpec){.name = "bias",
                              .shape = {1, {out}},
                              .fan_in = in,
                              .fan_out = out,
                              .init = plumb_call_call(site->call, "bias_init"),
                              .learned = true};
    return bias + 1;
}

/* As PyTorch: the first weights are those that were drawn. */
static void settle(const LayerSite *site, real *const *w) {
    if (normed(site)) {
        weightnorm_settle(last_axis(site->shape), last_axis(site->input[0]), w[0], w[1]);
    }
}

/* save, with weightnorm: W (n, k), then 1 / |v| (n). scratch: dW (n, k). */
static size_t save_bytes(const LayerSite *site, int rows) {
    (void)rows;
    size_t n = (size_t)last_axis(site->shape), k = (size_t)last_axis(site->input[0]);
    return normed(site) ? n * (k + 1) * sizeof(real) : 0;
}
static size_t scratch_bytes(const LayerSite *site, int rows) {
    (void)rows;
    size_t n = (size_t)last_axis(site->shape), k = (size_t)last_axis(site->input[0]);
    return normed(site) ? n * k * sizeof(real) : 0;
}

/* Of the pass's outputs: out(rows, n) = in(rows, k) W^T, by the transposed copy or by a matrix made for this pass. */
static void product(const Pass *pass, int rows, int n, int k) {
    Outputs of = pass->outputs;
    if (!normed(pass->site)) {
        pass->k->gemm(false, false, rows, of.count, k, pass->in[0], k, pass->wt[0] + of.first, n, 0,
                      pass->out + of.first, n);
        return;
    }
    real *w = pass->save;
    weightnorm_matrix(pass->k, n, k, pass->w[0], pass->w[1], w, w + (size_t)n * (size_t)k);
    pass->k->gemm(false, true, rows, n, k, pass->in[0], k, w, k, 0, pass->out, n);
}

/* How many rows lie one behind the other: of some of the outputs none do. */
static int rows_at_once(const Pass *pass, int rows, int n) {
    return pass->outputs.count == n ? rows : 1;
}

static void add_bias(const Pass *pass, const DenseAct *act, int rows, int64_t at, const real *bias) {
    int count = pass->outputs.count;
    real *z = pass->out + at;
    if (act) {
        pass->k->bias_act(act->act, act->a, rows, count, z, bias, act->y + at, pass->tally_out, act->tally_y);
    } else if (bias || pass->tally_out) {
        pass->k->bias_act(ACT_IDENTITY, 0, rows, count, z, bias, z, pass->tally_out, NULL);
    }
}

/* out(rows, n) = in(rows, k) W^T + b; with `act`, then y = phi(out). */
void dense_forward(const Pass *pass, const DenseAct *act) {
    int n = last_axis(pass->site->shape), k = last_axis(pass->site->input[0]);
    int rows = pass->rows * vectors(pass->site->shape), at = bias_index(pass->site);
    int taken = rows_at_once(pass, rows, n), first = pass->outputs.first;
    product(pass, rows, n, k);
    for (int row = 0; row < rows; row += taken) {
        add_bias(pass, act, taken, (int64_t)row * n + first, at < 0 ? NULL : pass->w[at] + first);
    }
}

/* dW(n, k) = dz^T in, and from it the gradients of what W is made of. */
static void weight_gradient(const Pass *pass, int rows, int n, int k, const real *dz) {
    if (!normed(pass->site)) {
        pass->k->gemm(true, false, n, k, rows, dz, n, pass->in[0], k, pass->adds ? 1 : 0, pass->dw[0], k);
        return;
    }
    const real *inverse = (real *)pass->save + (size_t)n * (size_t)k;
    real *dw = pass->scratch;
    pass->k->gemm(true, false, n, k, rows, dz, n, pass->in[0], k, 0, dw, k);
    weightnorm_gradient(pass->k, n, k, pass->w[0], pass->w[1], inverse, dw, pass->adds, pass->dw[1], pass->dw[0]);
}

/* dz = dy phi'; without activation it is dy, and only counted. */
static void through_act(const Pass *pass, const DenseAct *act, int rows, int n, real *db) {
    int taken = rows_at_once(pass, rows, n), first = pass->outputs.first;
    for (int row = 0; row < rows; row += taken) {
        int64_t at = (int64_t)row * n + first;
        if (act) {
            pass->k->act_back(act->act, act->a, taken, pass->outputs.count, pass->out + at, act->y + at, act->dy + at,
                              act->dz + at, db, act->tally_dy, pass->tally_d_out);
        } else if (pass->tally_d_out) {
            pass->k->tally((int64_t)taken * pass->outputs.count, pass->d_out + at, pass->tally_d_out);
        }
    }
}

static void bias_gradient(const Pass *pass, int rows, int n, const real *dz, real *db) {
    if (!pass->adds) {
        memset(db, 0, (size_t)pass->outputs.count * sizeof *db);
    }
    for (int row = 0; row < rows; row++) {
        pass->k->add(pass->outputs.count, dz + (int64_t)row * n, db);
    }
}

/* Of the pass's outputs: db = column sums of dz, d_in = dz W; with `act`, first dz = dy phi'. */
void dense_backward(const Pass *pass, const DenseAct *act) {
    Outputs of = pass->outputs;
    int n = last_axis(pass->site->shape), k = last_axis(pass->site->input[0]);
    int rows = pass->rows * vectors(pass->site->shape), at = bias_index(pass->site);
    real *db = at < 0 ? NULL : pass->dw[at] + of.first;
    const real *dz = (act ? act->dz : pass->d_out) + of.first, *w = normed(pass->site) ? pass->save : pass->w[0];
    bool fused_db = act && !pass->adds && rows_at_once(pass, rows, n) > 1;
    through_act(pass, act, rows, n, fused_db ? db : NULL);
    if (db && !fused_db) {
        bias_gradient(pass, rows, n, dz, db);
    }
    if (!pass->late) {
        weight_gradient(pass, rows, n, k, dz);
    }
    if (pass->d_in[0]) {
        pass->k->gemm(false, false, rows, k, of.count, dz, n, w + (size_t)of.first * (size_t)k, k, 0, pass->d_in[0], k);
    }
}

static void forward(const Pass *pass) {
    dense_forward(pass, NULL);
}

static void backward(const Pass *pass) {
    dense_backward(pass, NULL);
}

/* Rows of dW(n, k) = dz^T in. */
static void late_gradient(const Pass *pass, int first, int count, bool adds, real *dw) {
    int n = last_axis(pass->site->shape), k = last_axis(pass->site->input[0]);
    int rows = pass->rows * vectors(pass->site->shape);
    pass->k->gemm(true, false, count, k, rows, pass->d_out + first, n, pass->in[0], k, adds ? 1 : 0, dw, k);
}

static double flops(const LayerSite *site) {
    return 2.0 * (double)plumb_shape_size(site->shape) * last_axis(site->input[0]);
}

/* ---- for other programs ----------------------------------------------------------------------------------------- */

static void torch(Torch *t) {
    int in = last_axis(t->site->input[0]), out = last_axis(t->site->shape);
    const char *bias = plumb_call_bool(t->site->call, "bias") ? "" : ", bias=False";
    fprintf(t->module, normed(t->site) ? "nn.utils.weight_norm(nn.Linear(%d, %d%s))" : "nn.Linear(%d, %d%s)", in, out,
            bias);
}

/* W, [n, k]; with weightnorm made of its length and direction. */
static const char *onnx_matrix(Onnx *o) {
    if (!normed(o->site)) {
        return onnx_weight(o, "weight");
    }
    const char *length = onnx_op(o, "ReduceL2", onnx_weight(o, "weight_v"));
    onnx_ints(o, "axes", 1, &(int64_t){1});
    return onnx_op(o, "Mul", onnx_weight(o, "weight_g"), onnx_op(o, "Div", onnx_weight(o, "weight_v"), length));
}

static const char *onnx(Onnx *o) {
    const char *y = onnx_op(o, "MatMul", o->in[0], onnx_turned(o, onnx_matrix(o), 2, (const int64_t[]){1, 0}));
    const char *bias = onnx_weight(o, "bias");
    return bias ? onnx_op(o, "Add", y, bias) : y;
}

static void moments(Moments *m) {
    int in = last_axis(m->site->input[0]), bias = bias_index(m->site);
    moments_linear(m, &m->weight[0], bias < 0 ? NULL : &m->weight[bias], in, last_axis(m->site->shape), in);
}

const Layer layer_dense = {
    .entry = {.name = "dense",
              .aliases = "linear fc",
              .kind = PLUMB_LAYER,
              .family = "linear",
              .args = args,
              .summary = "every output is a weighted sum of all inputs",
              .formula = "y = x W^T + b, W [units, inputs]",
              .source = "Goodfellow, Bengio & Courville 2016, section 6.1; weightnorm: Salimans & Kingma 2016, eq. 2",
              .example = "dense(64, init=he) -> relu"},
    .inputs_min = 1,
    .inputs_max = 1,
    .form = form,
    .shape = shape,
    .weights = weights,
    .settle = settle,
    .save_bytes = save_bytes,
    .scratch_bytes = scratch_bytes,
    .forward = forward,
    .backward = backward,
    .late_gradient = late_gradient,
    .in_parts = true,
    .needs_input = true,
    .tallies_out = true,
    .tallies_d_out = true,
    .flops = flops,
    .torch = torch,
    .onnx = onnx,
    .moments = moments,
};
