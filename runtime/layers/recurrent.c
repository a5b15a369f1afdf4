/* Recurrent layers: descriptors of rnn, lstm and gru: arguments, shape, weights. */
#include "recurrent.h"
#include "../diagnose/recurrent.h"
#include "../train/inits.h"
#include "common.h"

/* ---- arguments --------------------------------------------------------------------------------------------------- */

#define UNITS                                                                                                          \
    { .name = "units", .accepts = PLUMB_A_INT, .min = 1, .max = 1e6, .help = "values of the state h" }
#define BIAS(title, standard, text)                                                                                    \
    { .name = title, .accepts = PLUMB_A_NUMBER, .fallback = standard, .min = -1e3, .max = 1e3, .help = text }
#define SHARED                                                                                                         \
    {.name = "layers",                                                                                                 \
     .accepts = PLUMB_A_INT,                                                                                           \
     .fallback = "1",                                                                                                  \
     .min = 1,                                                                                                         \
     .max = LEVELS_MAX,                                                                                                \
     .help = "how many stand on each other, each fed by the states of the one below"},                                 \
        {.name = "norm",                                                                                               \
         .accepts = PLUMB_A_WORD | PLUMB_A_NONE,                                                                       \
         .words = "layernorm",                                                                                         \
         .fallback = "none",                                                                                           \
         .help = "layernorm: products (and c) are normalised inside the cell, Ba, Kiros & Hinton 2016"},               \
        {.name = "return",                                                                                             \
         .accepts = PLUMB_A_WORD,                                                                                      \
         .words = "sequence last",                                                                                     \
         .fallback = "sequence",                                                                                       \
         .help =                                                                                                       \
             "the state at every time step, as the next recurrent layer takes it, or only the last to be computed"},   \
        {.name = "init",                                                                                               \
         .accepts = PLUMB_A_CALL | PLUMB_A_WORD,                                                                       \
         .kinds = PLUMB_INIT,                                                                                          \
         .words = "auto",                                                                                              \
         .fallback = "auto",                                                                                           \
         .help = "initial weights on the input; auto: he where act is of the relu family, else xavier"},               \
        {.name = "recurrent_init",                                                                                     \
         .accepts = PLUMB_A_CALL,                                                                                      \
         .kinds = PLUMB_INIT,                                                                                          \
         .fallback = "orthogonal",                                                                                     \
         .help = "initial weights on the state, all gates as one matrix"},                                             \
        {.name = "dropout",                                                                                            \
         .accepts = PLUMB_A_NUMBER,                                                                                    \
         .fallback = "0",                                                                                              \
         .min = 0,                                                                                                     \
         .max = 0.999,                                                                                                 \
         .help = "share that is dropped between the layers of layers=; with one layer nothing is"},                    \
        {.name = "reverse",                                                                                            \
         .accepts = PLUMB_A_BOOL,                                                                                      \
         .fallback = "false",                                                                                          \
         .help = "runs from the last time step to the first; outputs stay at the time of their input"},                \
    {                                                                                                                  \
        .name = NULL                                                                                                   \
    }

static const PlumbArg rnn_args[] = {UNITS,
                                    {.name = "act",
                                     .accepts = PLUMB_A_CALL | PLUMB_A_NONE,
                                     .kinds = PLUMB_ACTIVATION,
                                     .fallback = "tanh",
                                     .help = "activation of the state"},
                                    SHARED};
static const PlumbArg lstm_args[] = {
    UNITS, BIAS("forget_bias", "1", "initial bias of the forget gate: above 0 it starts open"), SHARED};
static const PlumbArg gru_args[] = {
    UNITS, BIAS("update_bias", "0", "initial bias of the update gate: above 0 it starts by keeping the state"), SHARED};

/* ---- shape ------------------------------------------------------------------------------------------------------- */

static bool shape(const LayerSite *site, PlumbShape *out, PlumbError *error) {
    PlumbShape in = site->input[0];
    if (in.rank != 2) {
        char text[64];
        plumb_fail(error, PLUMB_SHAPE_ERROR, "%s takes a sequence", site->call->entry->name);
        error_found(error, "%s", plumb_shape_text(in, text));
        error_expected(error, "time x features");
        return error_hint(error, "reshape(%d, %d) -> %s(%d)", in.rank == 3 ? in.dim[0] * in.dim[1] : in.dim[0],
                          in.rank == 3 ? in.dim[2] : 1, site->call->entry->name,
                          (int)plumb_call_number(site->call, "units"));
    }
    int units = (int)plumb_call_number(site->call, "units");
    *out = recurrent_gives_last(site) ? (PlumbShape){1, {units}} : (PlumbShape){2, {in.dim[0], units}};
    return true;
}

/* ---- weights ----------------------------------------------------------------------------------------------------- */

/* Those of the first level have PyTorch's names without its _l0; of the others with it. */
#define NAMES(suffix)                                                                                                  \
    {                                                                                                                  \
        "weight_ih" suffix, "weight_hh" suffix, "bias_ih" suffix, "bias_hh" suffix, "norm_hh_weight" suffix,           \
            "norm_ih_weight" suffix, "norm_c_weight" suffix, "norm_c_bias" suffix                                      \
    }
static const char *const weight_names[LEVELS_MAX][LEVEL_WEIGHTS] = {
    NAMES(""), NAMES("_l1"), NAMES("_l2"), NAMES("_l3"), NAMES("_l4"), NAMES("_l5"), NAMES("_l6"), NAMES("_l7")};

const char *recurrent_weight_name(int level, int weight) {
    return weight_names[level][weight];
}

static const PlumbCall *input_init(const LayerSite *site) {
    const PlumbCall *init = plumb_call_call(site->call, "init"), *act = plumb_call_call(site->call, "act");
    return init ? init : init_auto(act ? act->entry->name : NULL);
}

static WeightSpec matrix(const char *name, const PlumbCall *init, int rows, int columns) {
    return (WeightSpec){.name = name,
                        .shape = {2, {rows, columns}},
                        .fan_in = columns,
                        .fan_out = rows,
                        .init = init,
                        .learned = true,
                        .transposed = true};
}

static WeightSpec vector(const char *name, double fill, int n, int in) {
    return (WeightSpec){.name = name, .shape = {1, {n}}, .fan_in = in, .fan_out = n, .fill = fill, .learned = true};
}

/* forget_bias and update_bias: the second gate of both cells, in bias_ih alone. */
static void open_gate(const PlumbCall *call, int units, WeightSpec *bias) {
    bias->stretch.begin = units;
    bias->stretch.end = bias->shape.dim[0] > units ? 2 * units : 0;
    bias->stretch.fill = plumb_call_number(call, "forget_bias") + plumb_call_number(call, "update_bias");
}

static int weights(const LayerSite *site, WeightSpec spec[LAYER_WEIGHTS_MAX]) {
    const Cell *cell = ((const Recurrent *)site->call->entry)->cell;
    int units = (int)plumb_call_number(site->call, "units"), rows = cell->gates * units;
    int levels = (int)plumb_call_number(site->call, "layers");
    int count = recurrent_normalised(site) ? cell->weights : NORM_HH;
    for (int i = 0; i < levels; i++, spec += count) {
        const char *const *name = weight_names[i];
        int in = i ? units : site->input[0].dim[1];
        spec[WEIGHT_IH] = matrix(name[WEIGHT_IH], input_init(site), rows, in);
        spec[WEIGHT_HH] = matrix(name[WEIGHT_HH], plumb_call_call(site->call, "recurrent_init"), rows, units);
        spec[BIAS_IH] = vector(name[BIAS_IH], 0, rows, in);
        spec[BIAS_HH] = vector(name[BIAS_HH], 0, rows, units);
        open_gate(site->call, units, &spec[BIAS_IH]);
        for (int w = NORM_HH; w < count; w++) {
            spec[w] = vector(name[w], w != NORM_C_BIAS, w < NORM_C ? rows : units, units);
        }
    }
    return levels * count;
}

static double flops(const LayerSite *site) {
    const Cell *cell = ((const Recurrent *)site->call->entry)->cell;
    double units = plumb_call_number(site->call, "units"), levels = plumb_call_number(site->call, "layers");
    double columns = site->input[0].dim[1] + (2 * levels - 1) * units;
    return 2.0 * recurrent_steps(site) * cell->gates * units * columns;
}

/* ---- forecast ------------------------------------------------------------------------------------------------ */

/* n Var(w), for n inputs or n readers of one gate. */
static double gain_of(const WeightSpec *spec, double n) {
    return n * init_variance(spec);
}

static CellTheory theory_of(const LayerSite *site, const WeightSpec *spec, int level) {
    const Cell *cell = ((const Recurrent *)site->call->entry)->cell;
    const PlumbCall *act = plumb_call_call(site->call, "act");
    const WeightSpec *ih = &spec[WEIGHT_IH], *hh = &spec[WEIGHT_HH];
    int units = hh->shape.dim[1], top = (int)plumb_call_number(site->call, "layers") - 1;
    return (CellTheory){.kind = cell == &lstm_cell  ? CELL_LSTM
                                : cell == &gru_cell ? CELL_GRU
                                                    : CELL_RNN,
                        .act = act ? layer_of(act)->act : ACT_IDENTITY,
                        .slope = act && act->count ? act->arg[0].number : 0,
                        .bias = spec[BIAS_IH].stretch.fill,
                        .steps = recurrent_steps(site),
                        .last = level == top && !strcmp(plumb_call_string(site->call, "return"), "last"),
                        .normalised = recurrent_normalised(site),
                        .units = units,
                        .input = gain_of(ih, ih->shape.dim[1]),
                        .state = gain_of(hh, units),
                        .input_back = gain_of(ih, units),
                        .state_back = gain_of(hh, units)};
}

/* Level upon level, dropout between them. */
static void moments(Moments *m) {
    int levels = (int)plumb_call_number(m->site->call, "layers"), count = m->weights / levels;
    Signal x = m->in[0];
    Back all = {.gain = 1};
    if (m->weight[WEIGHT_IH].init->entry == &init_lsuv.entry || m->weight[WEIGHT_HH].init->entry == &init_lsuv.entry) {
        m->refused = "lsuv scales its weights by the data";
        return;
    }
    for (int i = 0; i < levels && !m->refused; i++) {
        Moments level = *m;
        Back back = {0};
        CellTheory cell = theory_of(m->site, m->weight + i * count, i);
        level.in = &x;
        level.back = &back;
        moments_recurrent(&level, &cell, i < levels - 1 ? plumb_call_number(m->site->call, "dropout") : 0);
        x = level.out;
        back_chain(&all, &back, &m->in[0]);
        level.back = m->back;
        level.in = m->in;
        *m = level;
    }
    m->back[0] = all;
}

/* ---- descriptors ------------------------------------------------------------------------------------------------- */

static const char *const lstm_gates[] = {"input", "forget", "output", NULL};
static const char *const gru_gates[] = {"reset", "update", NULL};

#define RECURRENT(identifier, gate_names, text, expression, paper, sample)                                             \
    const Recurrent layer_##identifier = {.layer = {.entry = {.name = #identifier,                                     \
                                                              .kind = PLUMB_LAYER,                                     \
                                                              .family = "recurrent",                                   \
                                                              .args = identifier##_args,                               \
                                                              .summary = text,                                         \
                                                              .formula = expression,                                   \
                                                              .source = paper,                                         \
                                                              .example = sample},                                      \
                                                    .inputs_min = 1,                                                   \
                                                    .inputs_max = 1,                                                   \
                                                    .shape = shape,                                                    \
                                                    .weights = weights,                                                \
                                                    .save_bytes = recurrent_save,                                      \
                                                    .scratch_bytes = recurrent_scratch,                                \
                                                    .forward = recurrent_forward,                                      \
                                                    .backward = recurrent_backward,                                    \
                                                    .moments = moments,                                                \
                                                    .needs_input = true,                                               \
                                                    .random = true,                                                    \
                                                    .time_steps = recurrent_steps,                                     \
                                                    .gates = gate_names,                                               \
                                                    .torch = recurrent_torch,                                          \
                                                    .onnx = recurrent_onnx,                                            \
                                                    .flops = flops},                                                   \
                                          .cell = &identifier##_cell,                                                  \
                                          .export = &identifier##_export};
RECURRENT(rnn, NULL, "a state fed back at every time step; its gradient shrinks or grows by the same factor each step",
          "h_t = act(x_t W_ih^T + b_ih + h_{t-1} W_hh^T + b_hh)", "Elman 1990",
          "input(100, 2) -> rnn(128) -> last -> dense(1)")
RECURRENT(lstm, lstm_gates,
          "a memory that gates write, keep and read: the gradient passes where the forget gate is open",
          "c_t = f c_{t-1} + i g; h_t = o tanh(c_t); i, f, o = sigmoid(z), g = tanh(z), z = x_t W_ih^T + b_ih + "
          "h_{t-1} W_hh^T + b_hh",
          "Hochreiter & Schmidhuber 1997; forget gate: Gers, Schmidhuber & Cummins 2000; forget_bias: Jozefowicz 2015",
          "input(200, 2) -> lstm(128, forget_bias=1) -> last -> dense(1)")
RECURRENT(gru, gru_gates, "a state that gates keep or overwrite: two gates, no memory apart",
          "h_t = (1 - z) n + z h_{t-1}; n = tanh(x_t W_in^T + b_in + r (h_{t-1} W_hn^T + b_hn)); r, z = sigmoid(...)",
          "Cho et al. 2014, eq. 5-8; reset after the product as PyTorch",
          "input(100, 2) -> gru(64) -> gru(64, return=last)")
