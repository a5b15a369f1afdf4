/* The cells: one time step each, after the products and before them. */
#include "common.h"
#include "recurrent.h"

/* ---- rnn: Elman 1990. z: before activation ----------------------------------------------------------------------- */

static void rnn_forward(const Level *l, int t) {
    l->pass->k->bias_act(l->act, l->slope, l->rows, l->units, z_at(l, t), l->bias, block_at(l, l->h, t + 1), NULL,
                         NULL);
}

static void rnn_backward(const Level *l, int t, real *dh_before) {
    (void)dh_before;
    l->pass->k->act_back(l->act, l->slope, l->rows, l->units, z_at(l, t), block_at(l, l->h, t + 1), dh_at(l, t),
                         z_at(l, t), NULL, NULL, NULL);
}

const Cell rnn_cell = {
    .gates = 1, .slots = 1, .together = 1, .weights = NORM_HH + 1, .forward = rnn_forward, .backward = rnn_backward};

/* ---- lstm: Hochreiter & Schmidhuber 1997 with Gers 2000's forget gate. z: i, f, g, o ----------------------------- */

/* What goes into h's tanh: c, or with norm=layernorm gain hat(c) + bias (Ba, Kiros & Hinton 2016, equation 22). */
static const real *seen_memory(const Level *l, int t) {
    if (!l->hat_c) {
        return block_at(l, l->c, t + 1);
    }
    Grid all = {.rows = l->rows, .channels = l->units, .inner = 1};
    l->pass->k->affine(all, block_at(l, l->hat_c, t), l->w[NORM_C], l->w[NORM_C_BIAS], l->u, NULL);
    return l->u;
}

static NormRows memory_rows(const Level *l) {
    return (NormRows){.count = l->rows, .n = l->units, .ld = l->units, .eps = LAYERNORM_EPS};
}

static void lstm_forward(const Level *l, int t) {
    const Kernels *k = l->pass->k;
    real *c = block_at(l, l->c, t + 1);
    k->lstm(l->rows, l->units, z_at(l, t), l->bias, block_at(l, l->c, t), c);
    if (l->hat_c) {
        k->normalise(memory_rows(l), c, block_at(l, l->hat_c, t), l->inverse_c + (size_t)t * (size_t)l->rows, NULL);
    }
    k->lstm_out(l->rows, l->units, z_at(l, t), seen_memory(l, t), block_at(l, l->h, t + 1));
}

/* dc gets what comes through h. */
static void lstm_out_backward(const Level *l, int t) {
    const Kernels *k = l->pass->k;
    const real *h = block_at(l, l->h, t + 1), *dh = dh_at(l, t);
    if (!l->hat_c) {
        k->lstm_out_back(l->rows, l->units, z_at(l, t), h, dh, l->dc);
        return;
    }
    int64_t n = (int64_t)l->rows * l->units;
    memset(l->du, 0, (size_t)n * sizeof *l->du);
    k->lstm_out_back(l->rows, l->units, z_at(l, t), h, dh, l->du);
    k->column_sum(l->rows, l->units, l->du, 1, l->dw[NORM_C_BIAS]);
    k->normalise_back(memory_rows(l), block_at(l, l->hat_c, t), l->inverse_c + (size_t)t * (size_t)l->rows,
                      l->w[NORM_C], l->units, l->du, l->du, l->dw[NORM_C]);
    k->add(n, l->du, l->dc);
}

static void lstm_backward(const Level *l, int t, real *dh_before) {
    (void)dh_before;
    lstm_out_backward(l, t);
    l->pass->k->lstm_back(l->rows, l->units, z_at(l, t), block_at(l, l->c, t), l->dc);
}

const Cell lstm_cell = {.gates = 4,
                        .slots = 4,
                        .together = 4,
                        .weights = NORM_C_BIAS + 1,
                        .memory = true,
                        .measured = {0, 1, 3},
                        .forward = lstm_forward,
                        .backward = lstm_backward};

/* ---- gru, Cho et al. 2014, as PyTorch has it: the reset gate after the product; z: r, z, n's state part, n ------- */

static void gru_forward(const Level *l, int t) {
    l->pass->k->gru(l->rows, l->units, z_at(l, t), l->bias, block_at(l, l->h, t), block_at(l, l->h, t + 1));
}

static void gru_backward(const Level *l, int t, real *dh_before) {
    l->pass->k->gru_back(l->rows, l->units, z_at(l, t), block_at(l, l->h, t), dh_at(l, t), dh_before);
}

const Cell gru_cell = {.gates = 3,
                       .slots = 4,
                       .together = 2,
                       .last_slot = 3,
                       .weights = NORM_IH + 1,
                       .measured = {0, 1},
                       .forward = gru_forward,
                       .backward = gru_backward};
