/* Recurrent layers for other programs: PyTorch's and ONNX's own modules where the cell is theirs, else the cell written
 * out. */
#include "../core/number.h"
#include "../export/onnx.h"
#include "../export/torch.h"
#include "common.h"
#include "recurrent.h"

static int number_of(const LayerSite *site, const char *arg) {
    return (int)plumb_call_number(site->call, arg);
}

static const RecurrentExport *export_of(const LayerSite *site) {
    return ((const Recurrent *)site->call->entry)->export;
}

static int gates_of(const LayerSite *site) {
    return ((const Recurrent *)site->call->entry)->cell->gates;
}

static bool returns_last(const LayerSite *site) {
    return !strcmp(plumb_call_string(site->call, "return"), "last");
}

static const PlumbCall *act_of(const LayerSite *site) {
    return plumb_call_call(site->call, "act");
}

/* The activation of an rnn as both formats name it; NULL: they have only tanh and relu. */
static const char *native_act(const LayerSite *site) {
    const char *act = act_of(site) ? act_of(site)->entry->name : "identity";
    return !strcmp(act, "tanh") ? "Tanh" : !strcmp(act, "relu") ? "Relu" : NULL;
}

static bool has_act(const LayerSite *site) {
    return plumb_call_value(site->call, "act");
}

static bool is_native(const LayerSite *site) {
    return !recurrent_normalised(site) && (!has_act(site) || native_act(site));
}

/* ---- PyTorch --------------------------------------------------------------------------------------------------- */

static const char cells_text[] =
    "class Cells(nn.Module):\n"
    "    \"\"\"Recurrent layers on each other, a step written out. norm: Ba, Kiros & Hinton 2016.\"\"\"\n"
    "\n"
    "    def __init__(self, gates, features, units, layers=1, dropout=0.0, norm=(), act=torch.tanh):\n"
    "        super().__init__()\n"
    "        self.units, self.layers, self.dropout, self.act = units, layers, dropout, act\n"
    "        rows = gates * units\n"
    "        for level in range(layers):\n"
    "            shapes = dict(weight_ih=(rows, units if level else features), weight_hh=(rows, units))\n"
    "            shapes |= dict(bias_ih=(rows,), bias_hh=(rows,))\n"
    "            shapes |= {name: (units,) if name.startswith(\"norm_c\") else (rows,) for name in norm}\n"
    "            for name, shape in shapes.items():\n"
    "                self.register_parameter(self.name(name, level), nn.Parameter(torch.zeros(shape)))\n"
    "\n"
    "    @staticmethod\n"
    "    def name(name, level):\n"
    "        return f\"{name}_l{level}\" if level else name\n"
    "\n"
    "    def normed(self, x, weight, bias):\n"
    "        return F.layer_norm(x, (x.shape[-1],), weight, bias)\n"
    "\n"
    "    def forward(self, x):\n"
    "        for level in range(self.layers):\n"
    "            w = lambda name: getattr(self, self.name(name, level))\n"
    "            h = c = x.new_zeros(len(x), self.units)\n"
    "            states = []\n"
    "            for now in x.unbind(1):\n"
    "                h, c = self.step(w, now @ w(\"weight_ih\").T, h @ w(\"weight_hh\").T, h, c)\n"
    "                states.append(h)\n"
    "            x = torch.stack(states, 1)\n"
    "            if level < self.layers - 1:\n"
    "                x = F.dropout(x, self.dropout, self.training)\n"
    "        return x\n";

static void torch_native(Torch *t) {
    int layers = number_of(t->site, "layers");
    double dropout = plumb_call_number(t->site->call, "dropout");
    char text[32];
    fprintf(t->module, "nn.%s(%d, %d, batch_first=True", export_of(t->site)->native, t->site->input[0].dim[1],
            number_of(t->site, "units"));
    if (layers > 1) {
        fprintf(t->module, ", num_layers=%d", layers);
    }
    if (layers > 1 && dropout > 0) {
        fprintf(t->module, ", dropout=%s", number_text(dropout, text));
    }
    if (has_act(t->site) && !strcmp(native_act(t->site), "Relu")) {
        fputs(", nonlinearity=\"relu\"", t->module);
    }
    fputs(")", t->module);
}

/* The module's own activation is written where the module is, of its own x. */
static void torch_act(Torch *t) {
    Torch inner = *t;
    inner.value = t->module;
    fputs(", act=lambda x: ", t->module);
    if (act_of(t->site)) {
        torch_inner(&inner, act_of(t->site), "x");
        t->why = inner.why;
    } else {
        fputs("x", t->module);
    }
}

static void torch_written(Torch *t) {
    const RecurrentExport *export = export_of(t->site);
    char text[32];
    bool norm = recurrent_normalised(t->site);
    torch_needs(t, cells_text);
    torch_needs(t, norm ? export->normed_text : export->plain_text);
    fprintf(t->module, "%s%s(%d, %d, %d, layers=%d, dropout=%s", norm ? "Normed" : "Written", export->native,
            gates_of(t->site), t->site->input[0].dim[1], number_of(t->site, "units"), number_of(t->site, "layers"),
            number_text(plumb_call_number(t->site->call, "dropout"), text));
    if (norm) {
        fprintf(t->module, ", norm=(%s)", export->norms);
    }
    if (has_act(t->site)) {
        torch_act(t);
    }
    fputs(")", t->module);
}

/* PyTorch's modules return the states of all steps and the last one. */
void recurrent_torch(Torch *t) {
    bool native = is_native(t->site), reverse = plumb_call_bool(t->site->call, "reverse");
    if (native) {
        torch_native(t);
    } else {
        torch_written(t);
    }
    fprintf(t->value, "%s(%s%s)%s%s", t->self, t->in[0], reverse ? ".flip(1)" : "", native ? "[0]" : "",
            returns_last(t->site) ? "[:, -1]"
            : reverse             ? ".flip(1)"
                                  : "");
}

/* ---- ONNX, its own operators ----------------------------------------------------------------------------------- */

/* Blocks of `columns` x units values of a weight, in ONNX's order of gates. */
static void reorder(const LayerSite *site, const real *from, int columns, real *to) {
    size_t block = (size_t)number_of(site, "units") * (size_t)columns;
    for (int i = 0; from && to && i < gates_of(site); i++) {
        memcpy(to + (size_t)i * block, from + (size_t)export_of(site)->order[i] * block, block * sizeof *to);
    }
}

/* [1, gates units, columns] */
static const char *reordered_matrix(Onnx *o, int level, int weight, int columns) {
    int rows = gates_of(o->site) * number_of(o->site, "units");
    real *to = onnx_memory(o, (size_t)rows * (size_t)columns * sizeof *to);
    reorder(o->site, onnx_weight_values(o, recurrent_weight_name(level, weight)), columns, to);
    return to ? onnx_reals(o, (PlumbShape){3, {1, rows, columns}}, to) : "";
}

/* [1, 2 gates units]: both biases */
static const char *reordered_bias(Onnx *o, int level) {
    int rows = gates_of(o->site) * number_of(o->site, "units");
    real *to = onnx_memory(o, 2 * (size_t)rows * sizeof *to);
    if (!to) {
        return "";
    }
    reorder(o->site, onnx_weight_values(o, recurrent_weight_name(level, BIAS_IH)), 1, to);
    reorder(o->site, onnx_weight_values(o, recurrent_weight_name(level, BIAS_HH)), 1, to + rows);
    return onnx_reals(o, (PlumbShape){2, {1, 2 * rows}}, to);
}

/* One level, from [T, N, in] to [T, N, units]. */
static const char *native_level(Onnx *o, int level, const char *x, bool reverse) {
    int units = number_of(o->site, "units"), in = level ? units : o->site->input[0].dim[1];
    const char *y = onnx_op(o, export_of(o->site)->native, x, reordered_matrix(o, level, WEIGHT_IH, in),
                            reordered_matrix(o, level, WEIGHT_HH, units), reordered_bias(o, level));
    onnx_int(o, "hidden_size", units);
    onnx_text(o, "direction", reverse ? "reverse" : "forward");
    if (export_of(o->site)->reset_last) {
        onnx_int(o, "linear_before_reset", 1);
    }
    if (has_act(o->site)) {
        onnx_texts(o, "activations", 1, (const char *const[]){native_act(o->site)});
    }
    return onnx_op(o, "Squeeze", y, onnx_list(o, 1, &(int64_t){1})); /* one direction */
}

/* ---- ONNX, written out: a Scan over the steps ------------------------------------------------------------------ */

static const char *level_weight(const Written *w, int weight) {
    return onnx_weight(w->o, recurrent_weight_name(w->level, weight));
}

static const char *transposed(Onnx *o, const char *weight) {
    return onnx_turned(o, weight, 2, (const int64_t[]){1, 0});
}

static const char *part(Onnx *o, const char *x, int begin, int end) {
    return onnx_sliced(o, x, -1, begin, end);
}

static const char *normed(Onnx *o, const char *x, const char *weight, const char *bias) {
    const char *y = onnx_op(o, "LayerNormalization", x, weight, bias);
    onnx_float(o, "epsilon", (double)LAYERNORM_EPS);
    return y;
}

/* [N, units] */
static const char *zero_state(Onnx *o, const char *x, int units) {
    const char *rows = onnx_op(o, "Shape", x);
    onnx_int(o, "start", 0);
    onnx_int(o, "end", 1);
    const char *shape = onnx_op(o, "Concat", rows, onnx_list(o, 1, &(int64_t){units}));
    onnx_int(o, "axis", 0);
    return onnx_op(o, "ConstantOfShape", shape);
}

/* rnn: both biases after both products, and after the norm where there is one. */
static const char *rnn_before(Written *w, const char *z) {
    w->bias = onnx_op(w->o, "Add", level_weight(w, BIAS_IH), level_weight(w, BIAS_HH));
    return z;
}

static void rnn_step(const Written *w, const char *z, const char *zh, const char **state) {
    const char *sum = onnx_op(w->o, "Add", z, zh);
    sum = recurrent_normalised(w->o->site) ? normed(w->o, sum, level_weight(w, NORM_HH), w->bias)
                                           : onnx_op(w->o, "Add", sum, w->bias);
    state[0] = act_of(w->o->site) ? onnx_inner(w->o, act_of(w->o->site), sum) : sum;
}

static const char *lstm_before(Written *w, const char *z) {
    return normed(w->o, z, level_weight(w, NORM_IH), level_weight(w, BIAS_IH));
}

/* z: i, f, g, o */
static void lstm_step(const Written *w, const char *z, const char *zh, const char **state) {
    Onnx *o = w->o;
    int n = w->units;
    z = onnx_op(o, "Add", z, normed(o, zh, level_weight(w, NORM_HH), level_weight(w, BIAS_HH)));
    const char *kept = onnx_op(o, "Mul", onnx_op(o, "Sigmoid", part(o, z, n, 2 * n)), state[1]);
    const char *input = onnx_op(o, "Sigmoid", part(o, z, 0, n));
    const char *added = onnx_op(o, "Mul", input, onnx_op(o, "Tanh", part(o, z, 2 * n, 3 * n)));
    state[1] = onnx_op(o, "Add", kept, added);
    const char *seen = normed(o, state[1], level_weight(w, NORM_C), level_weight(w, NORM_C_BIAS));
    state[0] = onnx_op(o, "Mul", onnx_op(o, "Sigmoid", part(o, z, 3 * n, 4 * n)), onnx_op(o, "Tanh", seen));
}

/* Gates r and z are normalised as one, n by itself: values begin ... end - 1 of the products. */
static const char *gru_normed(const Written *w, const char *z, int norm, int bias, int begin, int end) {
    Onnx *o = w->o;
    return normed(o, part(o, z, begin, end), part(o, level_weight(w, norm), begin, end),
                  part(o, level_weight(w, bias), begin, end));
}

static const char *gru_before(Written *w, const char *z) {
    int n = w->units;
    const char *joined = onnx_op(w->o, "Concat", gru_normed(w, z, NORM_IH, BIAS_IH, 0, 2 * n),
                                 gru_normed(w, z, NORM_IH, BIAS_IH, 2 * n, 3 * n));
    onnx_int(w->o, "axis", -1);
    return joined;
}

/* h = n + z (h - n) */
static void gru_step(const Written *w, const char *z, const char *zh, const char **state) {
    Onnx *o = w->o;
    int n = w->units;
    const char *gates = onnx_op(o, "Add", part(o, z, 0, 2 * n), gru_normed(w, zh, NORM_HH, BIAS_HH, 0, 2 * n));
    gates = onnx_op(o, "Sigmoid", gates);
    const char *from_h = onnx_op(o, "Mul", part(o, gates, 0, n), gru_normed(w, zh, NORM_HH, BIAS_HH, 2 * n, 3 * n));
    const char *new = onnx_op(o, "Tanh", onnx_op(o, "Add", part(o, z, 2 * n, 3 * n), from_h));
    const char *kept = onnx_op(o, "Mul", part(o, gates, n, 2 * n), onnx_op(o, "Sub", state[0], new));
    state[0] = onnx_op(o, "Add", new, kept);
}

/* One level, from [N, T, in] to [T, N, units]. */
static const char *written_level(Onnx *o, int level, const char *x, bool reverse) {
    const Cell *cell = ((const Recurrent *)o->site->call->entry)->cell;
    const RecurrentExport *export = export_of(o->site);
    Written w = {o, level, number_of(o->site, "units"), NULL};
    int states = cell->memory ? 2 : 1;
    const char *inside[3], *zero = zero_state(o, x, w.units), *outside[] = {zero, zero, zero};
    const char *z = onnx_op(o, "MatMul", x, transposed(o, level_weight(&w, WEIGHT_IH)));
    outside[states] = onnx_turned(o, export->before(&w, z), 3, (const int64_t[]){1, 0, 2});
    const char *recurrent = transposed(o, level_weight(&w, WEIGHT_HH));
    onnx_body(o, states + 1, inside);
    const char *zh = onnx_op(o, "MatMul", inside[0], recurrent);
    export->step(&w, inside[states], zh, inside);
    inside[states] = inside[0];
    const char *y = onnx_scan(o, states + 1, inside, states + 1, outside);
    onnx_ints(o, "scan_input_directions", 1, &(int64_t){reverse});
    onnx_ints(o, "scan_output_directions", 1, &(int64_t){reverse});
    return y;
}

const char *recurrent_onnx(Onnx *o) {
    static const int64_t order[] = {1, 0, 2};
    bool native = is_native(o->site), reverse = plumb_call_bool(o->site->call, "reverse");
    const char *y = native ? onnx_turned(o, o->in[0], 3, order) : o->in[0];
    for (int level = 0, levels = number_of(o->site, "layers"); level < levels; level++) {
        if (native) {
            y = native_level(o, level, y, reverse);
        } else {
            y = onnx_turned(o, written_level(o, level, y, reverse), 3, order);
        }
    }
    y = native ? onnx_turned(o, y, 3, order) : y;
    int steps = o->site->input[0].dim[0], last = reverse ? 0 : steps - 1;
    return returns_last(o->site) ? onnx_shaped(o, onnx_sliced(o, y, 1, last, last + 1), o->site->shape) : y;
}

/* ---- the cells ------------------------------------------------------------------------------------------------- */

const RecurrentExport rnn_export = {
    .native = "RNN",
    .order = {0},
    .norms = "\"norm_hh_weight\",",
    .plain_text = "class WrittenRNN(Cells):\n"
                  "    def step(self, w, zx, zh, h, c):\n"
                  "        return self.act(zx + zh + w(\"bias_ih\") + w(\"bias_hh\")), c\n",
    .normed_text = "class NormedRNN(Cells):\n"
                   "    def step(self, w, zx, zh, h, c):\n"
                   "        bias = w(\"bias_ih\") + w(\"bias_hh\")\n"
                   "        return self.act(self.normed(zx + zh, w(\"norm_hh_weight\"), bias)), c\n",
    .before = rnn_before,
    .step = rnn_step};
const RecurrentExport lstm_export = {
    .native = "LSTM",
    .order = {0, 3, 1, 2},
    .norms = "\"norm_hh_weight\", \"norm_ih_weight\", \"norm_c_weight\", \"norm_c_bias\"",
    .normed_text = "class NormedLSTM(Cells):\n"
                   "    def step(self, w, zx, zh, h, c):\n"
                   "        zx = self.normed(zx, w(\"norm_ih_weight\"), w(\"bias_ih\"))\n"
                   "        zh = self.normed(zh, w(\"norm_hh_weight\"), w(\"bias_hh\"))\n"
                   "        i, f, g, o = (zx + zh).chunk(4, -1)\n"
                   "        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)\n"
                   "        seen = self.normed(c, w(\"norm_c_weight\"), w(\"norm_c_bias\"))\n"
                   "        return torch.sigmoid(o) * torch.tanh(seen), c\n",
    .before = lstm_before,
    .step = lstm_step};
const RecurrentExport gru_export = {
    .native = "GRU",
    .order = {1, 0, 2},
    .reset_last = true,
    .norms = "\"norm_hh_weight\", \"norm_ih_weight\"",
    .normed_text = "class NormedGRU(Cells):\n"
                   "    def parts(self, z, weight, bias):\n"
                   "        two = 2 * self.units\n"
                   "        gates = self.normed(z[:, :two], weight[:two], bias[:two])\n"
                   "        return gates, self.normed(z[:, two:], weight[two:], bias[two:])\n"
                   "\n"
                   "    def step(self, w, zx, zh, h, c):\n"
                   "        gates_x, new_x = self.parts(zx, w(\"norm_ih_weight\"), w(\"bias_ih\"))\n"
                   "        gates_h, new_h = self.parts(zh, w(\"norm_hh_weight\"), w(\"bias_hh\"))\n"
                   "        r, z = torch.sigmoid(gates_x + gates_h).chunk(2, -1)\n"
                   "        n = torch.tanh(new_x + r * new_h)\n"
                   "        return (1 - z) * n + z * h, c\n",
    .before = gru_before,
    .step = gru_step};
