/* Recurrent layers through time: the products, forward and backward.
 *
 * The state's product is one GEMM a step; the input's, and the gradients of both weights, are one over several steps:
 * enough rows for a fast product, few enough that z is still in the core's cache when the next to read it comes. */
#include "common.h"
#include "dropout.h"
#include "recurrent.h"
#include <math.h>

enum { PRODUCT_ROWS = 256 };

typedef struct Span { /* of steps, for one product */
    int first, count;
} Span;

static int steps_at_once(const Level *l) {
    int steps = l->rows ? PRODUCT_ROWS / l->rows : l->steps;
    return steps < 1 ? 1 : steps > l->steps ? l->steps : steps;
}

/* ---- gates that lie together ------------------------------------------------------------------------------------- */

typedef struct Run { /* of gates: as blocks of a weight, and as slots of z */
    int gate, slot, count;
} Run;

static int runs_of(const Cell *cell, Run run[2]) {
    run[0] = (Run){0, 0, cell->together};
    run[1] = (Run){cell->together, cell->last_slot, cell->gates - cell->together};
    return run[1].count ? 2 : 1;
}

/* As they lie in hat_ih and hat_hh: by the gate's number. */
static int groups_of(const Cell *cell, Run run[2]) {
    int count = runs_of(cell, run);
    run[1].slot = run[1].gate;
    return count;
}

/* The products h W_hh^T and x W_ih^T from step t on, and going back their gradients: in z, or where they are normalised
 * apart in arrays of their own. */
static real *state_side(const Level *l, int t, int *ld) {
    *ld = (l->hat_ih ? l->cell->gates : l->cell->slots) * l->units;
    return (l->hat_ih ? l->hat_hh : l->z) + (size_t)t * (size_t)l->rows * (size_t)*ld;
}
static real *input_side(const Level *l, int t, Run run[2], int *runs, int *ld) {
    *runs = l->hat_ih ? groups_of(l->cell, run) : runs_of(l->cell, run);
    *ld = (l->hat_ih ? l->cell->gates : l->cell->slots) * l->units;
    return (l->hat_ih ? l->hat_ih : l->z) + (size_t)t * (size_t)l->rows * (size_t)*ld;
}

/* ---- time-major and back ----------------------------------------------------------------------------------------- */

/* Where step t of a row lies in an array (rows, steps, width). */
static size_t place(const Level *l, int row, int t, int width) {
    int time = l->reverse ? l->steps - 1 - t : t;
    return ((size_t)row * (size_t)l->steps + (size_t)time) * (size_t)width;
}

static void take_in(const Level *l, const real *from, int width, real *to) {
    for (int t = 0; t < l->steps; t++) {
        for (int row = 0; row < l->rows; row++, to += width) {
            memcpy(to, from + place(l, row, t, width), (size_t)width * sizeof *to);
        }
    }
}

static void give_out(const Level *l, const real *from, int width, real *to) {
    for (int t = 0; t < l->steps; t++) {
        for (int row = 0; row < l->rows; row++, from += width) {
            memcpy(to + place(l, row, t, width), from, (size_t)width * sizeof *to);
        }
    }
}

/* Between two levels, (steps, rows, units): y = x m / (1 - p), as dropout on an array (levels, batch rows, steps,
 * units). */
static void drop(const Level *l, const real *x, real *y) {
    real p = (real)plumb_call_number(l->pass->site->call, "dropout");
    for (int t = 0; t < l->steps; t++) {
        for (int row = 0; row < l->rows; row++, x += l->in, y += l->in) {
            int64_t vector = ((l->index - 1) * l->pass->batch + l->pass->first_row + row) * l->steps + t;
            dropout_values(l->pass, p, vector * l->in, l->in, x, y);
        }
    }
}

/* ---- forward ----------------------------------------------------------------------------------------------------- */

static void add_biases(const Level *l) {
    Run run[2];
    int runs = runs_of(l->cell, run), units = l->units;
    memset(l->bias, 0, (size_t)(l->cell->slots * units) * sizeof *l->bias);
    l->pass->k->add(l->cell->gates * units, l->w[BIAS_HH], l->bias);
    for (int r = 0; r < runs; r++) {
        l->pass->k->add(run[r].count * units, l->w[BIAS_IH] + run[r].gate * units, l->bias + run[r].slot * units);
    }
}

static NormRows norm_rows(int count, int n, int ld) {
    return (NormRows){.count = count, .n = n, .ld = ld, .eps = LAYERNORM_EPS};
}

/* x W_ih^T into z; with norm=layernorm into hat_ih, normalised, and then times its gain into z: the first half of Ba,
 * Kiros & Hinton 2016, equation 20. */
static void input_product(const Level *l, Span span) {
    const Kernels *k = l->pass->k;
    Run run[2];
    int rows = span.count * l->rows, gates = l->cell->gates * l->units, slots = l->cell->slots * l->units, runs, ld;
    real *product = input_side(l, span.first, run, &runs, &ld), *z = z_at(l, span.first);
    const real *x = l->x + (size_t)span.first * (size_t)l->rows * (size_t)l->in;
    runs_of(l->cell, run);
    for (int r = 0; r < runs; r++) {
        int n = run[r].count * l->units, gate = run[r].gate * l->units, slot = run[r].slot * l->units;
        real *mine = product + (l->hat_ih ? gate : slot);
        k->gemm(false, false, rows, n, l->in, x, l->in, l->wt[WEIGHT_IH] + gate, gates, 0, mine, ld);
        if (l->hat_ih) {
            Scaled to = {l->w[NORM_IH] + gate, false, slots, z + slot};
            k->normalise(norm_rows(rows, n, ld), mine, mine,
                         l->inverse_ih + (size_t)(r * l->steps + span.first) * (size_t)l->rows, &to);
        }
    }
}

/* The slot that only the state's product goes to (gru). */
static void clear_slot(const Level *l, real *z) {
    int slots = l->cell->slots * l->units;
    for (int row = 0; l->cell->last_slot && row < l->rows; row++) {
        memset(z + (size_t)row * (size_t)slots + l->cell->together * l->units, 0, (size_t)l->units * sizeof *z);
    }
}

/* z += gain_hh hat(h W_hh^T): the second half. */
static void normalised_product(const Level *l, int t) {
    const Kernels *k = l->pass->k;
    Run run[2];
    int gates = l->cell->gates * l->units, groups = groups_of(l->cell, run);
    real *hat = l->hat_hh + (size_t)t * (size_t)l->rows * (size_t)gates, *z = z_at(l, t);
    k->gemm(false, false, l->rows, gates, l->units, block_at(l, l->h, t), l->units, l->wt[WEIGHT_HH], gates, 0, hat,
            gates);
    for (int g = 0; g < groups; g++) {
        int gate = run[g].gate * l->units;
        Scaled to = {l->w[NORM_HH] + gate, true, l->cell->slots * l->units, z + gate};
        k->normalise(norm_rows(l->rows, run[g].count * l->units, gates), hat + gate, hat + gate,
                     l->inverse_hh + (size_t)(g * l->steps + t) * (size_t)l->rows, &to);
    }
}

/* z = gain hat(z): the sum of both products as one, equation 4. */
static void normalised_sum(const Level *l, int t) {
    Scaled to = {l->w[NORM_HH], false, l->units, z_at(l, t)};
    l->pass->k->normalise(norm_rows(l->rows, l->units, l->units), z_at(l, t), block_at(l, l->hat_hh, t),
                          l->inverse_hh + (size_t)t * (size_t)l->rows, &to);
}

/* z of step t, but for the biases. */
static void state_product(const Level *l, int t) {
    int gates = l->cell->gates * l->units;
    clear_slot(l, z_at(l, t));
    if (l->hat_ih) {
        normalised_product(l, t);
        return;
    }
    l->pass->k->gemm(false, false, l->rows, gates, l->units, block_at(l, l->h, t), l->units, l->wt[WEIGHT_HH], gates, 1,
                     z_at(l, t), l->cell->slots * l->units);
    if (l->hat_hh) {
        normalised_sum(l, t);
    }
}

static void tell_gates(const Level *l) {
    const char *const *names = layer_of(l->pass->site->call)->gates;
    for (int g = 0; names && names[g]; g++) {
        for (int u = 0; u < l->units; u++) {
            l->pass->through->gate[g] += (double)l->sums[l->cell->measured[g] * l->units + u];
        }
    }
}

static void forward_level(const Level *l) {
    size_t state = (size_t)l->rows * (size_t)l->units * sizeof(real);
    bool counts = l->pass->through && layer_of(l->pass->site->call)->gates;
    add_biases(l);
    memset(l->h, 0, state);
    if (l->c) {
        memset(l->c, 0, state);
    }
    for (int t = 0, n = steps_at_once(l); t < l->steps; t++) {
        if (t % n == 0) {
            input_product(l, (Span){t, l->steps - t < n ? l->steps - t : n});
        }
        state_product(l, t);
        l->cell->forward(l, t);
        if (counts) {
            l->pass->k->column_sum(l->rows, l->cell->slots * l->units, z_at(l, t), t > 0, l->sums);
        }
    }
    if (counts) {
        tell_gates(l);
    }
}

void recurrent_forward(const Pass *pass) {
    Level level[LEVELS_MAX];
    int count = recurrent_open(pass, level);
    const Level *top = &level[count - 1];
    take_in(&level[0], pass->in[0], level[0].in, level[0].x);
    for (int i = 0; i < count; i++) {
        if (recurrent_drops(pass->site, i) && pass->training) {
            drop(&level[i], block_at(&level[i - 1], level[i - 1].h, 1), level[i].x);
        }
        forward_level(&level[i]);
    }
    if (recurrent_gives_last(pass->site)) {
        memcpy(pass->out, block_at(top, top->h, top->steps), (size_t)values(pass) * sizeof(real));
    } else {
        give_out(top, block_at(top, top->h, 1), top->units, pass->out);
    }
}

/* ---- backward ---------------------------------------------------------------------------------------------------- */

/* From z, dL/d(before activation), to the state's product: hat_hh becomes its gradient (rnn: z does). */
static void norm_backward(const Level *l, int t) {
    Run run[2];
    int gates = l->cell->gates * l->units, slots = l->cell->slots * l->units, groups = groups_of(l->cell, run);
    real *hat = l->hat_hh + (size_t)t * (size_t)l->rows * (size_t)gates, *z = z_at(l, t);
    for (int g = 0; g < groups; g++) {
        int at = run[g].gate * l->units;
        l->pass->k->normalise_back(norm_rows(l->rows, run[g].count * l->units, gates), hat + at,
                                   l->inverse_hh + (size_t)(g * l->steps + t) * (size_t)l->rows, l->w[NORM_HH] + at,
                                   slots, z + at, (l->hat_ih ? hat : z) + at, l->dw[NORM_HH] + at);
    }
}

/* The same for the input's products. */
static void input_norm_backward(const Level *l, Span span) {
    Run run[2], group[2];
    int gates = l->cell->gates * l->units, slots = l->cell->slots * l->units, groups = groups_of(l->cell, group);
    real *hat = l->hat_ih + (size_t)span.first * (size_t)l->rows * (size_t)gates;
    runs_of(l->cell, run);
    for (int g = 0; g < groups; g++) {
        int at = group[g].gate * l->units;
        l->pass->k->normalise_back(norm_rows(span.count * l->rows, group[g].count * l->units, gates), hat + at,
                                   l->inverse_ih + (size_t)(g * l->steps + span.first) * (size_t)l->rows,
                                   l->w[NORM_IH] + at, slots, z_at(l, span.first) + run[g].slot * l->units, hat + at,
                                   l->dw[NORM_IH] + at);
    }
}

static void count_gradient(const Level *l, int t) {
    ThroughTime *through = l->pass->through;
    if (through) {
        Tally tally = {0};
        l->pass->k->tally((int64_t)l->rows * l->units, dh_at(l, t), &tally);
        through->squares[l->reverse ? l->steps - 1 - t : t] += tally.nonfinite ? NAN : tally.sum_squares;
    }
}

/* Is the gradient kept from the step before t? */
static bool cut_before(const Level *l, int t) {
    int every = l->pass->truncate;
    return t == 0 || (every && (l->steps - t) % every == 0);
}

static void step_backward(const Level *l, int t) {
    bool cut = cut_before(l, t);
    size_t state = (size_t)l->rows * (size_t)l->units * sizeof(real);
    count_gradient(l, t);
    if (!l->fed && t > 0) {
        memset(dh_at(l, t - 1), 0, state);
    }
    l->cell->backward(l, t, cut ? l->du : dh_at(l, t - 1));
    l->pass->k->column_sum(l->rows, l->cell->slots * l->units, z_at(l, t), 1, l->sums);
    if (l->hat_hh) {
        norm_backward(l, t);
    }
    if (cut) {
        memset(l->dc, 0, state);
        return;
    }
    int ld;
    const real *dz = state_side(l, t, &ld);
    l->pass->k->gemm(false, false, l->rows, l->units, l->cell->gates * l->units, dz, ld, l->w[WEIGHT_HH], l->units, 1,
                     dh_at(l, t - 1), l->units);
}

/* dW_hh = dz^T h, dW_ih = dz^T x. Of few features the transposed product is the fast one: into `narrow`. */
static void weight_gradients(const Level *l, Span span, real beta) {
    const Kernels *k = l->pass->k;
    Run run[2];
    int rows = span.count * l->rows, gates = l->cell->gates * l->units, in = l->in, ld, runs;
    const real *dz = state_side(l, span.first, &ld), *h = block_at(l, l->h, span.first);
    const real *x = l->x + (size_t)span.first * (size_t)l->rows * (size_t)in;
    k->gemm(true, false, gates, l->units, rows, dz, ld, h, l->units, beta, l->dw[WEIGHT_HH], l->units);
    dz = input_side(l, span.first, run, &runs, &ld);
    for (int r = 0; r < runs; r++) {
        int n = run[r].count * l->units, gate = run[r].gate * l->units;
        const real *mine = dz + run[r].slot * l->units;
        if (l->narrow) {
            k->gemm(true, false, in, n, rows, x, in, mine, ld, 1, l->narrow + gate, gates);
        } else {
            real *dw = l->dw[WEIGHT_IH] + (size_t)gate * (size_t)in;
            k->gemm(true, false, n, in, rows, mine, ld, x, in, beta, dw, in);
        }
    }
}

/* dx = dz W_ih. */
static void input_gradient(const Level *l, Span span, real *dx) {
    Run run[2];
    int runs, ld;
    const real *dz = input_side(l, span.first, run, &runs, &ld);
    for (int r = 0; r < runs; r++) {
        const real *w = l->w[WEIGHT_IH] + (size_t)(run[r].gate * l->units) * (size_t)l->in;
        l->pass->k->gemm(false, false, span.count * l->rows, l->in, run[r].count * l->units,
                         dz + run[r].slot * l->units, ld, w, l->in, r > 0,
                         dx + (size_t)span.first * (size_t)l->rows * (size_t)l->in, l->in);
    }
}

/* What was summed over all steps: the biases' gradients, and that of a narrow weight_ih. */
static void tell_sums(const Level *l) {
    const Kernels *k = l->pass->k;
    Run run[2];
    int gates = l->cell->gates * l->units, runs = runs_of(l->cell, run);
    real beta = l->pass->adds ? 1 : 0;
    k->column_sum(1, gates, l->sums, beta, l->dw[BIAS_HH]);
    for (int r = 0; r < runs; r++) {
        k->column_sum(1, run[r].count * l->units, l->sums + run[r].slot * l->units, beta,
                      l->dw[BIAS_IH] + run[r].gate * l->units);
    }
    real *dw = l->dw[WEIGHT_IH];
    for (int i = 0; l->narrow && i < gates * l->in; i++) {
        real sum = l->narrow[i % l->in * gates + i / l->in];
        dw[i] = l->pass->adds ? dw[i] + sum : sum;
    }
}

static void clear_sums(const Level *l) {
    int widths[] = {[NORM_HH] = l->cell->gates, [NORM_IH] = l->cell->gates, [NORM_C] = 1, [NORM_C_BIAS] = 1};
    memset(l->dc, 0, (size_t)l->rows * (size_t)l->units * sizeof *l->dc);
    memset(l->sums, 0, (size_t)(l->cell->slots * l->units) * sizeof *l->sums);
    if (l->narrow) {
        memset(l->narrow, 0, (size_t)(l->cell->gates * l->units * l->in) * sizeof *l->narrow);
    }
    for (int i = NORM_HH; l->hat_hh && !l->pass->adds && i < l->cell->weights; i++) {
        memset(l->dw[i], 0, (size_t)(widths[i] * l->units) * sizeof(real));
    }
}

/* dx (NULL: not wanted): of the level's input, time-major; may be x. */
static void backward_level(const Level *l, real *dx) {
    clear_sums(l);
    for (int end = l->steps, n = steps_at_once(l); end > 0; end -= n) {
        Span span = {end > n ? end - n : 0, end > n ? n : end};
        for (int t = end - 1; t >= span.first; t--) {
            step_backward(l, t);
        }
        if (l->hat_ih) {
            input_norm_backward(l, span);
        }
        weight_gradients(l, span, end < l->steps || l->pass->adds);
        if (dx) {
            input_gradient(l, span, dx);
        }
    }
    tell_sums(l);
    if (l->pass->through) {
        l->pass->through->values += (double)l->rows * l->units;
    }
}

static void take_output_gradient(const Pass *pass, const Level *top) {
    if (top->fed) {
        take_in(top, pass->d_out, top->units, top->dh);
    } else {
        memcpy(dh_at(top, top->steps - 1), pass->d_out, (size_t)values(pass) * sizeof(real));
    }
}

void recurrent_backward(const Pass *pass) {
    Level level[LEVELS_MAX];
    int count = recurrent_open(pass, level);
    take_in(&level[0], pass->in[0], level[0].in, level[0].x);
    take_output_gradient(pass, &level[count - 1]);
    for (int i = count - 1; i > 0; i--) {
        backward_level(&level[i], level[i - 1].dh);
        if (recurrent_drops(pass->site, i) && pass->training) {
            drop(&level[i], level[i - 1].dh, level[i - 1].dh);
        }
    }
    backward_level(&level[0], pass->d_in[0] ? level[0].x : NULL);
    if (pass->d_in[0]) {
        give_out(&level[0], level[0].x, level[0].in, pass->d_in[0]);
    }
}
