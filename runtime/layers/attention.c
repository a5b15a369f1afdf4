/* Multi-head self-attention (Vaswani et al. 2017, section 3.2) over one row's steps. T: time, E: features, H: heads,
 * D = E / H: features of a head. Weights have PyTorch's shapes, and its MultiheadAttention's names but for the dots:
 * in_proj_weight [3E, E] (queries, keys, values one below the other), in_proj_bias [3E], out_weight [E, E] (there
 * out_proj.weight), out_bias [E]. */
#include "../diagnose/moments.h"
#include "../export/onnx.h"
#include "../export/torch.h"
#include "../train/inits.h"
#include "common.h"
#include <math.h>

static const PlumbArg args[] = {
    {.name = "heads",
     .accepts = PLUMB_A_INT,
     .min = 1,
     .max = 1e6,
     .help = "attentions side by side; divides the features"},
    {.name = "causal", .accepts = PLUMB_A_BOOL, .fallback = "false", .help = "a step sees itself and what came before"},
    {.name = "bias", .accepts = PLUMB_A_BOOL, .fallback = "true", .help = "both projections add a learned bias"},
    {.name = "init",
     .accepts = PLUMB_A_CALL | PLUMB_A_WORD,
     .kinds = PLUMB_INIT,
     .words = "auto",
     .fallback = "auto",
     .help = "initial weights of both projections; auto: xavier"},
    {.name = NULL}};

enum { IN_WEIGHT, OUT_WEIGHT, IN_BIAS, OUT_BIAS };

typedef struct Sizes {
    int time, features, heads, head; /* head: features of one */
    int64_t steps;                   /* of all rows */
    int rows;
    bool causal, bias;
} Sizes;

static Sizes sizes_of(const LayerSite *site, int rows) {
    int time = site->input[0].dim[0], features = site->input[0].dim[1];
    int heads = (int)plumb_call_number(site->call, "heads");
    return (Sizes){.time = time,
                   .features = features,
                   .heads = heads,
                   .head = features / heads,
                   .steps = (int64_t)rows * time,
                   .rows = rows,
                   .causal = plumb_call_bool(site->call, "causal"),
                   .bias = plumb_call_bool(site->call, "bias")};
}

static bool no_sequence(PlumbShape in, PlumbError *error) {
    char text[64];
    plumb_fail(error, PLUMB_SHAPE_ERROR, "attention takes a sequence of vectors");
    error_found(error, "%s", plumb_shape_text(in, text));
    error_expected(error, "(time, features)");
    return in.rank == 1 ? error_hint(error, "embedding(VOCAB, DIM) -> positional -> attention(...)") : false;
}

static bool shape(const LayerSite *site, PlumbShape *out, PlumbError *error) {
    *out = site->input[0];
    if (out->rank != 2) {
        return no_sequence(*out, error);
    }
    Sizes s = sizes_of(site, 1);
    if (s.features % s.heads) {
        int fit = s.heads < s.features ? s.heads : s.features;
        while (s.features % fit) {
            fit--;
        }
        plumb_fail(error, PLUMB_SHAPE_ERROR, "%d features cannot be shared out evenly to %d heads", s.features,
                   s.heads);
        error_expected(error, "a number of heads that divides %d", s.features);
        return error_hint(error, "attention(%d), or dense(%d) before it", fit, s.heads * (s.features / s.heads + 1));
    }
    if ((double)s.heads * s.time * s.time > INT32_MAX || (double)s.time * s.features * 3 > INT32_MAX) {
        return plumb_fail(error, PLUMB_SHAPE_ERROR, "attention over %d steps with %d heads takes too much memory",
                          s.time, s.heads);
    }
    return true;
}

static int weights(const LayerSite *site, WeightSpec spec[LAYER_WEIGHTS_MAX]) {
    int e = last_axis(site->input[0]);
    const PlumbCall *init = plumb_call_call(site->call, "init");
    WeightSpec matrix = {.fan_in = e, .init = init ? init : init_auto(NULL), .learned = true, .transposed = true};
    WeightSpec bias = {.fan_in = e, .learned = true};
    spec[IN_WEIGHT] = spec[OUT_WEIGHT] = matrix;
    spec[IN_BIAS] = spec[OUT_BIAS] = bias;
    spec[IN_WEIGHT].name = "in_proj_weight";
    spec[IN_BIAS].name = "in_proj_bias";
    spec[OUT_WEIGHT].name = "out_weight";
    spec[OUT_BIAS].name = "out_bias";
    spec[IN_WEIGHT].shape = (PlumbShape){2, {3 * e, e}};
    spec[IN_BIAS].shape = (PlumbShape){1, {3 * e}};
    spec[OUT_WEIGHT].shape = (PlumbShape){2, {e, e}};
    spec[OUT_BIAS].shape = (PlumbShape){1, {e}};
    spec[IN_WEIGHT].fan_out = spec[IN_BIAS].fan_out = 3 * e;
    spec[OUT_WEIGHT].fan_out = spec[OUT_BIAS].fan_out = e;
    return plumb_call_bool(site->call, "bias") ? 4 : 2;
}

/* ---- memory --------------------------------------------------------------------------------------------------- */

/* save: qkv (steps, 3E), queries scaled by 1 / sqrt(D); shares (rows, H, T, T), the softmax; mixed (steps, E), the
 * heads' outputs side by side */
typedef struct Saved {
    real *qkv, *shares, *mixed;
} Saved;

static int64_t square(const Sizes *s) {
    return (int64_t)s->time * s->time;
}

static Saved saved(const Pass *pass, const Sizes *s) {
    real *qkv = pass->save, *shares = qkv + s->steps * 3 * s->features;
    return (Saved){qkv, shares, shares + s->rows * s->heads * square(s)};
}

static size_t save_bytes(const LayerSite *site, int rows) {
    Sizes s = sizes_of(site, rows);
    return (size_t)(s.steps * 4 * s.features + rows * s.heads * square(&s)) * sizeof(real);
}

/* scratch of backward: d_mixed (steps, E), d_qkv (steps, 3E), d_scores (T, T) */
static size_t scratch_bytes(const LayerSite *site, int rows) {
    Sizes s = sizes_of(site, rows);
    return (size_t)(s.steps * 4 * s.features + square(&s)) * sizeof(real);
}

/* ---- forward -------------------------------------------------------------------------------------------------- */

/* y(steps, n) = x(steps, E) W^T + b */
static void project(const Pass *pass, const Sizes *s, int weight, int n, const real *x, real *y) {
    int steps = (int)s->steps, e = s->features;
    pass->k->gemm(false, false, steps, n, e, x, e, pass->wt[weight], n, 0, y, n);
    if (s->bias) {
        pass->k->bias_act(ACT_IDENTITY, 0, steps, n, y, pass->w[weight + IN_BIAS], y, NULL, NULL);
    }
}

/* Row t of the scores (T, T) becomes shares of the steps it may see. */
static void share_out(const Pass *pass, const Sizes *s, real *scores) {
    if (!s->causal) {
        pass->k->softmax(s->time, s->time, scores, scores, false);
        return;
    }
    for (int t = 0; t < s->time; t++) {
        real *row = scores + (int64_t)t * s->time;
        pass->k->softmax(1, t + 1, row, row, false);
        memset(row + t + 1, 0, (size_t)(s->time - t - 1) * sizeof *row);
    }
}

static void forward(const Pass *pass) {
    Sizes s = sizes_of(pass->site, pass->rows);
    Saved save = saved(pass, &s);
    int e = s.features, wide = 3 * e;
    project(pass, &s, IN_WEIGHT, wide, pass->in[0], save.qkv);
    for (int64_t t = 0; t < s.steps; t++) {
        pass->k->scale(e, (real)(1 / sqrt(s.head)), save.qkv + t * wide, save.qkv + t * wide);
    }
    for (int64_t i = 0; i < (int64_t)s.rows * s.heads; i++) {
        int64_t row = i / s.heads * s.time, at = i % s.heads * s.head;
        const real *q = save.qkv + row * wide + at, *k = q + e, *v = k + e;
        real *scores = save.shares + i * square(&s);
        pass->k->gemm(false, true, s.time, s.time, s.head, q, wide, k, wide, 0, scores, s.time);
        share_out(pass, &s, scores);
        pass->k->gemm(false, false, s.time, s.head, s.time, scores, s.time, v, wide, 0, save.mixed + row * e + at, e);
    }
    project(pass, &s, OUT_WEIGHT, e, save.mixed, pass->out);
}

/* ---- backward ------------------------------------------------------------------------------------------------- */

/* Of y = x W^T + b: dW, db, and dx where it is wanted. */
static void project_back(const Pass *pass, const Sizes *s, int weight, int n, const real *x, const real *dy, real *dx) {
    int steps = (int)s->steps, e = s->features;
    real beta = pass->adds ? 1 : 0;
    pass->k->gemm(true, false, n, e, steps, dy, n, x, e, beta, pass->dw[weight], e);
    if (s->bias) {
        pass->k->column_sum(steps, n, dy, beta, pass->dw[weight + IN_BIAS]);
    }
    if (dx) {
        pass->k->gemm(false, false, steps, e, n, dy, n, pass->w[weight], e, 0, dx, e);
    }
}

/* Of one head of one row: shares P, output P V with P = softmax(Q K^T) and Q the scaled queries. */
static void head_back(const Pass *pass, const Sizes *s, const real *qkv, const real *shares, const real *d_mixed,
                      real *d_qkv, real *d_scores) {
    int e = s->features, wide = 3 * e, t = s->time, d = s->head;
    const Kernels *k = pass->k;
    k->gemm(true, false, t, d, t, shares, t, d_mixed, e, 0, d_qkv + 2 * e, wide);
    k->gemm(false, true, t, t, d, d_mixed, e, qkv + 2 * e, wide, 0, d_scores, t);
    k->softmax_back(t, t, shares, d_scores, d_scores); /* a share of 0 has no gradient: the future of a causal one */
    k->gemm(false, false, t, d, t, d_scores, t, qkv + e, wide, 0, d_qkv, wide);
    k->gemm(true, false, t, d, t, d_scores, t, qkv, wide, 0, d_qkv + e, wide);
}

static void backward(const Pass *pass) {
    Sizes s = sizes_of(pass->site, pass->rows);
    Saved save = saved(pass, &s);
    int e = s.features, wide = 3 * e;
    real *d_mixed = pass->scratch, *d_qkv = d_mixed + s.steps * e, *d_scores = d_qkv + s.steps * wide;
    project_back(pass, &s, OUT_WEIGHT, e, save.mixed, pass->d_out, d_mixed);
    for (int64_t i = 0; i < (int64_t)s.rows * s.heads; i++) {
        int64_t row = i / s.heads * s.time, at = i % s.heads * s.head;
        head_back(pass, &s, save.qkv + row * wide + at, save.shares + i * square(&s), d_mixed + row * e + at,
                  d_qkv + row * wide + at, d_scores);
    }
    for (int64_t t = 0; t < s.steps; t++) {
        pass->k->scale(e, (real)(1 / sqrt(s.head)), d_qkv + t * wide, d_qkv + t * wide);
    }
    project_back(pass, &s, IN_WEIGHT, wide, pass->in[0], d_qkv, pass->d_in[0]);
}

static double flops(const LayerSite *site) {
    double t = site->input[0].dim[0], e = site->input[0].dim[1];
    return 2 * t * e * 3 * e + 2 * 2 * t * t * e + 2 * t * e * e;
}

/* ---- for other programs ----------------------------------------------------------------------------------------- */

static void torch(Torch *t) {
    torch_needs(t, "class Attention(nn.Module):\n"
                   "    def __init__(self, features, heads, causal, bias):\n"
                   "        super().__init__()\n"
                   "        self.heads, self.causal = heads, causal\n"
                   "        self.in_proj_weight = nn.Parameter(torch.zeros(3 * features, features))\n"
                   "        self.out_weight = nn.Parameter(torch.zeros(features, features))\n"
                   "        self.in_proj_bias = nn.Parameter(torch.zeros(3 * features)) if bias else None\n"
                   "        self.out_bias = nn.Parameter(torch.zeros(features)) if bias else None\n"
                   "\n"
                   "    def forward(self, x):\n"
                   "        rows, time, features = x.shape\n"
                   "        qkv = F.linear(x, self.in_proj_weight, self.in_proj_bias)\n"
                   "        q, k, v = qkv.view(rows, time, 3, self.heads, -1).permute(2, 0, 3, 1, 4)\n"
                   "        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5\n"
                   "        if self.causal:\n"
                   "            later = torch.ones(time, time, dtype=torch.bool, device=x.device).triu(1)\n"
                   "            scores = scores.masked_fill(later, -torch.inf)\n"
                   "        mixed = (F.softmax(scores, -1) @ v).transpose(1, 2).reshape(x.shape)\n"
                   "        return F.linear(mixed, self.out_weight, self.out_bias)\n");
    Sizes s = sizes_of(t->site, 1);
    fprintf(t->module, "Attention(%d, heads=%d, causal=%s, bias=%s)", s.features, s.heads, torch_bool(s.causal),
            torch_bool(s.bias));
}

/* y = x W^T + b */
static const char *onnx_project(Onnx *o, const char *x, const char *weight, const char *bias) {
    const char *w = onnx_turned(o, onnx_weight(o, weight), 2, (const int64_t[]){1, 0});
    const char *y = onnx_op(o, "MatMul", x, w), *b = onnx_weight(o, bias);
    return b ? onnx_op(o, "Add", y, b) : y;
}

/* Part `which` of the projection, [N, T, 3E], as [N, H, T, D], or [N, H, D, T] where `order` says so. */
static const char *onnx_heads(Onnx *o, const Sizes *s, const char *qkv, int which, const int64_t order[4]) {
    const char *part = onnx_sliced(o, qkv, 2, which * s->features, (which + 1) * s->features);
    return onnx_turned(o, onnx_shaped(o, part, (PlumbShape){3, {s->time, s->heads, s->head}}), 4, order);
}

/* [T, T]: nothing for what a step sees, minus infinity for what comes later */
static const char *onnx_mask(Onnx *o, int time) {
    real *mask = onnx_memory(o, (size_t)time * (size_t)time * sizeof *mask);
    for (int t = 0; mask && t < time; t++) {
        for (int later = t + 1; later < time; later++) {
            mask[(size_t)t * (size_t)time + (size_t)later] = (real)-INFINITY;
        }
    }
    return mask ? onnx_reals(o, (PlumbShape){2, {time, time}}, mask) : "";
}

static const char *onnx(Onnx *o) {
    static const int64_t forth[] = {0, 2, 1, 3}, across[] = {0, 2, 3, 1};
    Sizes s = sizes_of(o->site, 1);
    const char *qkv = onnx_project(o, o->in[0], "in_proj_weight", "in_proj_bias");
    const char *q = onnx_op(o, "Mul", onnx_heads(o, &s, qkv, 0, forth), onnx_number(o, 1 / sqrt(s.head)));
    const char *scores = onnx_op(o, "MatMul", q, onnx_heads(o, &s, qkv, 1, across));
    scores = s.causal ? onnx_op(o, "Add", scores, onnx_mask(o, s.time)) : scores;
    const char *mixed = onnx_op(o, "MatMul", onnx_op(o, "Softmax", scores), onnx_heads(o, &s, qkv, 2, forth));
    mixed = onnx_shaped(o, onnx_turned(o, mixed, 4, forth), o->site->shape);
    return onnx_project(o, mixed, "out_weight", "out_bias");
}

static void moments(Moments *m) {
    Sizes s = sizes_of(m->site, 1);
    double in = init_variance(&m->weight[IN_WEIGHT]), out = init_variance(&m->weight[OUT_WEIGHT]);
    AttentionTheory theory = {s.time, s.features, s.causal, s.features * in, s.features * out};
    if (m->weight[IN_WEIGHT].init->entry == &init_lsuv.entry) {
        m->refused = "lsuv scales its weights by the data";
        return;
    }
    moments_attention(m, &theory);
}

const Layer layer_attention = {
    .entry = {.name = "attention",
              .kind = PLUMB_LAYER,
              .family = "attention",
              .args = args,
              .summary = "self-attention: every step takes from all steps, by how well its query fits their keys",
              .formula = "y = concat_h(softmax(Q_h K_h^T / sqrt(D)) V_h) out_weight^T + out_bias, "
                         "[Q K V] = x in_proj_weight^T + in_proj_bias, D = features / heads",
              .source = "Vaswani et al. 2017, section 3.2",
              .example = "residual { layernorm -> attention(4, causal=true) }"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = shape,
    .weights = weights,
    .save_bytes = save_bytes,
    .scratch_bytes = scratch_bytes,
    .forward = forward,
    .backward = backward,
    .needs_input = true,
    .flops = flops,
    .torch = torch,
    .onnx = onnx,
    .moments = moments,
};
