/* Embedding and positions: what turns a row of indices into a sequence of vectors. */
#include "../export/onnx.h"
#include "../export/torch.h"
#include "../train/inits.h"
#include "common.h"
#include <math.h>

/* ---- embedding: row x[t] of a table ------------------------------------------------------------------------- */

enum { VOCABULARY_MOST = 1 << 24 /* float32 holds every whole number up to here */ };

static const PlumbArg embedding_args[] = {
    {.name = "vocab",
     .accepts = PLUMB_A_INT,
     .min = 1,
     .max = VOCABULARY_MOST,
     .help = "how many indices: 0 ... vocab - 1"},
    {.name = "dim", .accepts = PLUMB_A_INT, .min = 1, .max = 1e9, .help = "features of each"},
    {.name = "init", .accepts = PLUMB_A_CALL, .kinds = PLUMB_INIT, .fallback = "normal", .help = "initial vectors"},
    {.name = NULL}};

static int vocabulary(const LayerSite *site) {
    return (int)plumb_call_number(site->call, "vocab");
}

static bool embedding_shape(const LayerSite *site, PlumbShape *out, PlumbError *error) {
    PlumbShape in = site->input[0];
    int dim = (int)plumb_call_number(site->call, "dim");
    if (in.rank != 1) {
        char text[64];
        plumb_fail(error, PLUMB_SHAPE_ERROR, "embedding takes a sequence of indices, one number a step");
        error_found(error, "%s", plumb_shape_text(in, text));
        error_expected(error, "(time)");
        return error_hint(error, "dense(%d) takes vectors", dim);
    }
    *out = (PlumbShape){.rank = 2, .dim = {in.dim[0], dim}};
    return true;
}

static int embedding_weights(const LayerSite *site, WeightSpec spec[LAYER_WEIGHTS_MAX]) {
    int dim = last_axis(site->shape);
    spec[0] = (WeightSpec){.name = "weight",
                           .shape = {2, {vocabulary(site), dim}},
                           .fan_in = dim, /* as PyTorch counts for a matrix [vocab, dim] */
                           .fan_out = vocabulary(site),
                           .init = plumb_call_call(site->call, "init"),
                           .learned = true};
    return 1;
}

/* The row that a value names; -1: none. NaN names none. */
static int64_t row_of(real x, int vocab) {
    return x >= 0 && x < (real)vocab && x == (real)(int64_t)x ? (int64_t)x : -1;
}

/* The values of a data set that come here straight from the input are checked before training. */
static bool embedding_accepts(const LayerSite *site, const real *x, int64_t rows, PlumbError *error) {
    int64_t size = plumb_shape_size(site->input[0]);
    for (int64_t i = 0; i < rows * size; i++) {
        if (row_of(x[i], vocabulary(site)) < 0) {
            plumb_fail(error, PLUMB_NUMBER_ERROR, "value %lld of row %lld is no index for embedding",
                       (long long)(i % size + 1), (long long)(i / size + 1));
            error_found(error, "%g", (double)x[i]);
            return error_expected(error, "a whole number from 0 to %d", vocabulary(site) - 1);
        }
    }
    return true;
}

/* out(rows, time, dim) from in(rows, time). What is no index, where nothing could check it before, gives NaN: seen, not
 * silently another vector. */
static void embedding_forward(const Pass *pass) {
    int dim = last_axis(pass->site->shape), vocab = vocabulary(pass->site);
    int64_t steps = pass->rows * plumb_shape_size(pass->site->input[0]);
    for (int64_t t = 0; t < steps; t++) {
        int64_t row = row_of(pass->in[0][t], vocab);
        real *y = pass->out + t * dim;
        for (int i = 0; row < 0 && i < dim; i++) {
            y[i] = (real)NAN;
        }
        if (row >= 0) {
            memcpy(y, pass->w[0] + row * dim, (size_t)dim * sizeof *y);
        }
    }
}

/* dW[x[t]] += dy[t]; an index has no gradient. */
static void embedding_backward(const Pass *pass) {
    int dim = last_axis(pass->site->shape), vocab = vocabulary(pass->site);
    int64_t steps = pass->rows * plumb_shape_size(pass->site->input[0]);
    if (!pass->adds) {
        memset(pass->dw[0], 0, (size_t)vocab * (size_t)dim * sizeof(real));
    }
    for (int64_t t = 0; t < steps; t++) {
        int64_t row = row_of(pass->in[0][t], vocab);
        if (row >= 0) {
            pass->k->add(dim, pass->d_out + t * dim, pass->dw[0] + row * dim);
        }
    }
    if (pass->d_in[0]) {
        memset(pass->d_in[0], 0, (size_t)steps * sizeof(real));
    }
}

/* Rows of a drawn table, whatever arrives. No gradient goes to indices. */
static void embedding_moments(Moments *m) {
    double variance = init_variance(&m->weight[0]);
    if (m->weight[0].init && m->weight[0].init->entry == &init_lsuv.entry) {
        m->refused = "lsuv scales its weights by the data";
        return;
    }
    m->mixes = true;
    m->out = (Signal){.q = variance, .difference = variance, .apart = variance, .normal = true};
    m->caution = "all indices are taken as different";
    m->back[0].decades[PLUMB_BY_INIT] = -INFINITY;
}

static void embedding_torch(Torch *t) {
    fprintf(t->module, "nn.Embedding(%d, %d)", vocabulary(t->site), last_axis(t->site->shape));
    fprintf(t->value, "%s(%s.long())", t->self, t->in[0]);
}

static const char *embedding_onnx(Onnx *o) {
    const char *index = onnx_op(o, "Cast", o->in[0]);
    onnx_int(o, "to", ONNX_INT64);
    return onnx_op(o, "Gather", onnx_weight(o, "weight"), index);
}

const Layer layer_embedding = {
    .entry = {.name = "embedding",
              .kind = PLUMB_LAYER,
              .family = "linear",
              .args = embedding_args,
              .summary = "a learned vector for each index: (time) becomes (time, dim)",
              .formula = "y[t] = weight[x[t]], weight [vocab, dim]",
              .source = "Bengio et al. 2003, section 2",
              .example = "input(64) -> embedding(96, 32)"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = embedding_shape,
    .weights = embedding_weights,
    .accepts = embedding_accepts,
    .forward = embedding_forward,
    .backward = embedding_backward,
    .moments = embedding_moments,
    .needs_input = true,
    .torch = embedding_torch,
    .onnx = embedding_onnx,
};

/* ---- positional: a vector for each place -------------------------------------------------------------------- */

static const PlumbArg positional_args[] = {{.name = "kind",
                                            .accepts = PLUMB_A_WORD,
                                            .words = "sinusoidal learned",
                                            .fallback = "sinusoidal",
                                            .help = "fixed waves, or vectors that are learned"},
                                           {.name = "init",
                                            .accepts = PLUMB_A_CALL,
                                            .kinds = PLUMB_INIT,
                                            .fallback = "normal(0.02)",
                                            .help = "initial vectors, where they are learned"},
                                           {.name = NULL}};

static bool learned(const LayerSite *site) {
    return !strcmp(plumb_call_string(site->call, "kind"), "learned");
}

static bool positional_shape(const LayerSite *site, PlumbShape *out, PlumbError *error) {
    *out = site->input[0];
    if (out->rank == 2) {
        return true;
    }
    char text[64];
    plumb_fail(error, PLUMB_SHAPE_ERROR, "positional takes a sequence of vectors");
    error_found(error, "%s", plumb_shape_text(*out, text));
    error_expected(error, "(time, features)");
    return out->rank == 1 ? error_hint(error, "embedding(VOCAB, DIM) -> positional") : false;
}

static int positional_weights(const LayerSite *site, WeightSpec spec[LAYER_WEIGHTS_MAX]) {
    PlumbShape shape = site->input[0];
    if (!learned(site)) {
        return 0;
    }
    spec[0] = (WeightSpec){.name = "weight",
                           .shape = shape,
                           .fan_in = shape.dim[1],
                           .fan_out = shape.dim[0],
                           .init = plumb_call_call(site->call, "init"),
                           .learned = true};
    return 1;
}

/* save, for the fixed waves: one number that is 1 once the table behind it, (time, features), is made. It is kept from
 * step to step. */
static size_t positional_save(const LayerSite *site, int rows) {
    (void)rows;
    return learned(site) ? 0 : (1 + (size_t)plumb_shape_size(site->shape)) * sizeof(real);
}

/* Vaswani et al. 2017, section 3.5. */
static void make_waves(PlumbShape shape, real *table) {
    int features = shape.dim[1];
    for (int64_t t = 0; t < shape.dim[0]; t++) {
        for (int i = 0; i < features; i++) {
            double angle = (double)t * pow(10000, -(double)(i - i % 2) / features);
            table[t * features + i] = (real)(i % 2 ? cos(angle) : sin(angle));
        }
    }
}

static const real *places(const Pass *pass) {
    if (learned(pass->site)) {
        return pass->w[0];
    }
    real *made = pass->save;
    if (*made == 0) {
        make_waves(pass->site->shape, made + 1);
        *made = 1;
    }
    return made + 1;
}

/* out, in: (rows, time, features) */
static void positional_forward(const Pass *pass) {
    const real *table = places(pass);
    int64_t size = plumb_shape_size(pass->site->shape);
    memcpy(pass->out, pass->in[0], (size_t)values(pass) * sizeof(real));
    for (int64_t row = 0; row < pass->rows; row++) {
        pass->k->add(size, table, pass->out + row * size);
    }
}

static void positional_backward(const Pass *pass) {
    if (learned(pass->site)) {
        pass->k->column_sum(pass->rows, (int)plumb_shape_size(pass->site->shape), pass->d_out, pass->adds ? 1 : 0,
                            pass->dw[0]);
    }
    if (pass->d_in[0]) {
        memcpy(pass->d_in[0], pass->d_out, (size_t)values(pass) * sizeof(real));
    }
}

/* Squares of sine and cosine are 1/2 in the mean. */
static void positional_moments(Moments *m) {
    moments_offset(m, learned(m->site) ? init_variance(&m->weight[0]) : 0.5, true);
}

static void positional_torch(Torch *t) {
    PlumbShape shape = t->site->shape;
    if (learned(t->site)) {
        torch_needs(t, "class Positional(nn.Module):\n"
                       "    def __init__(self, time, features):\n"
                       "        super().__init__()\n"
                       "        self.weight = nn.Parameter(torch.zeros(time, features))\n"
                       "\n"
                       "    def forward(self, x):\n"
                       "        return x + self.weight\n");
    } else {
        torch_needs(t, "class Waves(nn.Module):\n"
                       "    \"\"\"Vaswani et al. 2017, section 3.5.\"\"\"\n"
                       "\n"
                       "    def __init__(self, time, features):\n"
                       "        super().__init__()\n"
                       "        i = torch.arange(features, dtype=torch.float64)\n"
                       "        angle = torch.arange(time).double()[:, None] * 10000 ** -((i - i % 2) / features)\n"
                       "        table = torch.where(i % 2 == 1, angle.cos(), angle.sin()).float()\n"
                       "        self.register_buffer(\"table\", table, persistent=False)\n"
                       "\n"
                       "    def forward(self, x):\n"
                       "        return x + self.table\n");
    }
    fprintf(t->module, "%s(%d, %d)", learned(t->site) ? "Positional" : "Waves", shape.dim[0], shape.dim[1]);
}

static const char *positional_onnx(Onnx *o) {
    PlumbShape shape = o->site->shape;
    if (learned(o->site)) {
        return onnx_op(o, "Add", o->in[0], onnx_weight(o, "weight"));
    }
    real *table = onnx_memory(o, (size_t)plumb_shape_size(shape) * sizeof *table);
    if (!table) {
        return "";
    }
    make_waves(shape, table);
    return onnx_op(o, "Add", o->in[0], onnx_reals(o, shape, table));
}

const Layer layer_positional = {
    .entry = {.name = "positional",
              .kind = PLUMB_LAYER,
              .family = "attention",
              .args = positional_args,
              .summary = "adds to each step a vector that tells its place",
              .formula = "y[t,2i] = x + sin(t / 10000^(2i/features)), y[t,2i+1] = x + cos(the same); or x + weight[t]",
              .source = "Vaswani et al. 2017, section 3.5",
              .example = "embedding(96, 32) -> positional(sinusoidal) -> attention(4)"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = positional_shape,
    .weights = positional_weights,
    .save_bytes = positional_save,
    .forward = positional_forward,
    .backward = positional_backward,
    .moments = positional_moments,
    .torch = positional_torch,
    .onnx = positional_onnx,
};
