/* Moments of recurrent layers: the cells' recursions in the mean, a time step after the other.
 *
 * As for layers (Schoenholz et al. 2017), with the products of h taken as if weight_hh were drawn anew at every step:
 * Chen, Pennington & Schoenholz 2018, Gilboa et al. 2019. Pre-activations of all gates are N(gate's bias, q). */
#include "recurrent.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a value has in common: of the same row, of two rows, of the same row one step apart (taken for all distances),
 * and of small differences. */
typedef struct Moment {
    double square, rows, times, tangent;
} Moment;

typedef struct State { /* of one value of h and of c, and of what c (gru: h) was with what is written next */
    Moment h, c, written;
} State;

typedef struct Drive { /* what comes to a pre-activation: from x and from h */
    Moment x, h;
} Drive;

enum { H, C };
typedef struct StepBack {        /* of squared gradients of the state after a step */
    double keep[2][2];           /* to [h, c] before it, other than by weight_hh, from [h, c] */
    double sent_x[2], sent_h[2]; /* summed over the gates: of what multiplies weight_ih, weight_hh, from [h, c] */
    double steady_keep,
        steady_sent; /* means of factors themselves: on what is kept, and on what goes round by weight_hh */
    double to_c;     /* as these: from h to c */
} StepBack;

typedef struct Gate { /* an activation of a pre-activation; `tangent` is not used */
    Moment of;
    double mean, slope, slope_square;
} Gate;

static Gate gate_of(Act act, double a, double bias, Moment z) {
    double safe = z.square > 0 ? z.square : 1;
    Response r = response_of(act, a, bias, z.square, 1 - z.rows / safe);
    Response later = z.times == z.rows ? r : response_of(act, a, bias, z.square, 1 - z.times / safe);
    return (Gate){
        {r.square, r.square - r.difference, later.square - later.difference, 0}, r.mean, r.slope, r.slope_square};
}

static Moment sum(Moment a, Moment b) {
    return (Moment){a.square + b.square, a.rows + b.rows, a.times + b.times, a.tangent + b.tangent};
}
static Moment product(Moment a, Moment b) {
    return (Moment){a.square * b.square, a.rows * b.rows, a.times * b.times, 0};
}
static Moment scaled(double factor, Moment a) {
    return (Moment){factor * a.square, factor * a.rows, factor * a.times, factor * a.tangent};
}
/* What a norm multiplies squares with; of nothing it makes nothing. */
static double norm_of(const CellTheory *cell, double square) {
    return cell->normalised && square > 0 ? 1 / square : 1;
}

/* h = phi(z). A mean of h (relu) is the same for all units, and goes into q as E h^2 does. */
static void rnn_step(const CellTheory *cell, const Drive *drive, State *s, StepBack *back) {
    Moment z = sum(drive->x, drive->h);
    Gate h = gate_of(cell->act, cell->slope, 0, z);
    *s = (State){.h = h.of};
    s->h.tangent = h.slope_square * z.tangent;
    *back = (StepBack){.sent_x = {h.slope_square}, .sent_h = {h.slope_square}};
}

/* m' = k m + w n, k (kept) and w (write) independent gates: squares, and twice the mean of k m w n, by what m has in
 * common with what is written after it: `written`, itself kept and added to alike. */
static Moment remember(Moment *m, Moment *written, const Gate *k, Moment kept, Moment write, double write_mean,
                       Moment n) {
    Moment old = *m, next = sum(product(kept, old), product(write, n));
    double both = 2 * k->mean * write_mean;
    next.square += both * written->times;
    next.rows += both * written->rows;
    next.times = k->mean * old.square + write_mean * written->times;
    *written =
        (Moment){0, k->mean * written->rows + write_mean * n.rows, k->mean * written->times + write_mean * n.times, 0};
    return next;
}

/* c = f c + i g, h = o tanh(c); c taken as Gaussian. */
static void lstm_step(const CellTheory *cell, const Drive *drive, State *s, StepBack *back) {
    Moment z = sum(drive->x, drive->h), old = s->c;
    Gate i = gate_of(ACT_SIGMOID, 0, 0, z), f = gate_of(ACT_SIGMOID, 0, cell->bias, z), g = gate_of(ACT_TANH, 0, 0, z);
    double gates = g.of.square * i.slope_square + old.square * f.slope_square + i.of.square * g.slope_square;
    s->c = remember(&s->c, &s->written, &f, f.of, i.of, i.mean, g.of);
    s->c.tangent = f.of.square * old.tangent + z.tangent * gates;
    double norm = norm_of(cell, s->c.square);
    Gate seen = gate_of(ACT_TANH, 0, 0, scaled(norm, s->c));
    double through = i.of.square * seen.slope_square * norm; /* o is distributed as i */
    s->h = product(i.of, seen.of);
    s->h.tangent = through * s->c.tangent + z.tangent * i.slope_square * seen.of.square;
    *back = (StepBack){.keep = {{0, 0}, {f.of.square * through, f.of.square}},
                       .sent_x = {seen.of.square * i.slope_square + gates * through, gates},
                       .steady_keep = f.mean,
                       .steady_sent = i.mean * g.slope * i.mean * seen.slope * sqrt(norm),
                       .to_c = i.mean * seen.slope * sqrt(norm)};
    memcpy(back->sent_h, back->sent_x, sizeof back->sent_h);
}

/* h = (1 - z) n + z h, n = tanh(x + r h). 1 - z and z are not independent: E z (1 - z) = E z - E z^2. */
static void gru_step(const CellTheory *cell, const Drive *drive, State *s, StepBack *back) {
    Moment q = sum(drive->x, drive->h), old = s->h;
    Gate r = gate_of(ACT_SIGMOID, 0, 0, q), z = gate_of(ACT_SIGMOID, 0, cell->bias, q);
    Gate n = gate_of(ACT_TANH, 0, 0, sum(drive->x, product(r.of, drive->h)));
    double open = 1 - 2 * z.mean;
    Moment fresh = {open + z.of.square, open + z.of.rows, open + z.of.times, 0}; /* of 1 - z */
    double overwritten = z.slope_square * (n.of.square + old.square), reset = drive->h.square * r.slope_square;
    double sent = fresh.square * n.slope_square;
    s->h = remember(&s->h, &s->written, &z, z.of, fresh, z.mean > 0 ? (z.mean - z.of.square) / z.mean : 1, n.of);
    s->h.tangent = z.of.square * old.tangent + overwritten * q.tangent;
    s->h.tangent += sent * (drive->x.tangent + r.of.square * drive->h.tangent + reset * q.tangent);
    *back = (StepBack){.keep = {{z.of.square, 0}, {0, 0}},
                       .sent_x = {overwritten + sent * (1 + reset), 0},
                       .sent_h = {overwritten + sent * (r.of.square + reset), 0},
                       .steady_keep = z.mean,
                       .steady_sent = (1 - z.mean) * n.slope * r.mean};
}

/* ---- over all time steps ----------------------------------------------------------------------------------------- */

/* What rows of the input have in common, their mean, its time steps have too. */
static Drive drive_of(const CellTheory *cell, const Signal *x, const State *s) {
    double common = x->q - x->difference;
    return (Drive){scaled(cell->input, (Moment){x->q, common, common, 1}), scaled(cell->state, s->h)};
}

/* A step, and the norms on its way back: the rnn's is of both products' sum, the gated cells' are apart. */
static void step(const CellTheory *cell, const Signal *x, State *s, StepBack *back) {
    static void (*const steps[])(const CellTheory *, const Drive *, State *,
                                 StepBack *) = {[CELL_RNN] = rnn_step, [CELL_LSTM] = lstm_step, [CELL_GRU] = gru_step};
    Drive drive = drive_of(cell, x, s);
    double both = cell->kind == CELL_RNN ? drive.x.square + drive.h.square : 0;
    double norm_x = norm_of(cell, fmax(both, drive.x.square)), norm_h = norm_of(cell, fmax(both, drive.h.square));
    drive = (Drive){scaled(norm_x, drive.x), scaled(norm_h, drive.h)};
    steps[cell->kind](cell, &drive, s, back);
    for (int i = H; i <= C; i++) {
        back->sent_x[i] *= norm_x;
        back->sent_h[i] *= norm_h;
    }
    back->steady_sent *= sqrt(norm_h);
}

static bool settled(const State *a, const State *b) {
    const double *x = (const double *)a, *y = (const double *)b;
    for (size_t i = 0; i < sizeof *a / sizeof *x; i++) {
        if (fabs(x[i] - y[i]) > 1e-9 * fabs(x[i])) {
            return false;
        }
    }
    return true;
}

/* The state at the last step, or its mean over all; one StepBack a step. */
static Moment run(const CellTheory *cell, const Signal *x, StepBack *back) {
    State s = {0}, before = {.h = {.square = -1}};
    Moment mean = {0};
    for (int t = 0; t < cell->steps; t++) {
        if (t && settled(&s, &before)) {
            back[t] = back[t - 1];
        } else {
            before = s;
            step(cell, x, &s, &back[t]);
        }
        mean = sum(mean, scaled(1.0 / cell->steps, s.h));
    }
    return cell->last ? s.h : mean;
}

/* One step back: G of [h, c] after it becomes that before it. */
static void step_back(const CellTheory *cell, const StepBack *back, double g[2]) {
    double h = back->keep[H][H] * g[H] + back->keep[H][C] * g[C];
    double c = back->keep[C][H] * g[H] + back->keep[C][C] * g[C];
    g[H] = h + cell->state_back * (back->sent_h[H] * g[H] + back->sent_h[C] * g[C]);
    g[C] = c;
}

/* What reaches weight_ih's products, summed over the steps, where a gradient of square 1 comes to h at each (last: at
 * the last), any two of which have `alike` in common. What is kept of later ones, of an lstm in c, else in h, comes to
 * lie beside it: `beside` is the mean of their product. What goes by weight_hh points anywhere. */
static double sent_back(const CellTheory *cell, const StepBack *back, double alike) {
    double g[2] = {0, 0}, sent = 0, beside = 0;
    for (int t = cell->steps - 1; t >= 0; t--) {
        double comes = !cell->last || t == cell->steps - 1, enters = cell->kind == CELL_LSTM ? back[t].to_c : 1;
        double both = 2 * comes * enters * beside;
        g[H] += comes + (cell->kind == CELL_LSTM ? 0 : both);
        sent += back[t].sent_x[H] * g[H] + back[t].sent_x[C] * (g[C] + both);
        step_back(cell, &back[t], g);
        g[C] += back[t].keep[C][C] * both;
        beside = back[t].steady_keep * (beside + comes * enters * alike);
    }
    return sent;
}

/* The factor on the square in the end, the direction of [h, c] having settled, with weights drawn anew at each step. */
static double fresh_gain(const CellTheory *cell, const StepBack *back) {
    enum { SETTLING = 64 };
    double g[2] = {0.5, 0.5}, gain = 0;
    for (int i = 0; i < SETTLING; i++) {
        step_back(cell, back, g);
        gain = g[H] + g[C];
        g[H] /= gain > 0 ? gain : 1;
        g[C] /= gain > 0 ? gain : 1;
    }
    return gain;
}

enum { TURNS = 256 /* more difference than that plays no part */ };

/* The weights are the same at each step, so paths that go by weight_hh equally often, at whatever steps, end up as one
 * and the same vector, and add: (k + s)^t = sum of binomial(t, j) k^(t-j) s^j for what is kept, k, and what goes round,
 * s, both steady in time. For two such paths let d be by how many turns they differ. A step takes d to d with k^2 +
 * s^2, to d +- 1 with k s, and where d = 0, the factors being the same draws, with their mean squares: fresh_gain.
 * Pairs that end with d = 0 make up the square of the gradient: pair[d], d >= 0, is symmetric. */
static void turn(const CellTheory *cell, const StepBack *back, double fresh, double pair[TURNS + 1]) {
    double k = back->steady_keep, s = sqrt(cell->state_back) * back->steady_sent, before = pair[1];
    for (int d = 0; d < TURNS; d++) {
        double here = pair[d];
        pair[d] = (d ? k * k + s * s : fmax(fresh, k * k + s * s)) * here + k * s * (before + pair[d + 1]);
        before = here;
    }
}

/* Decades of the gradient's rms from the last step back to the first. */
static double decades_through_time(const CellTheory *cell, const StepBack *back) {
    double pair[TURNS + 1] = {1}, decades = 0, fresh = 0;
    for (int t = cell->steps - 1; t > 0; t--) {
        if (t == cell->steps - 1 || memcmp(&back[t], &back[t + 1], sizeof back[t])) {
            fresh = fresh_gain(cell, &back[t]);
        }
        turn(cell, &back[t], fresh, pair);
        double size = pair[0];
        for (int d = 0; d <= TURNS; d++) {
            pair[d] /= size > 0 ? size : 1;
        }
        decades += 0.5 * log10(size);
    }
    return decades;
}

void back_chain(Back *all, const Back *next, const Signal *x) {
    all->gain *= next->gain;
    all->cross = all->gain;
    all->aligned = all->gain * x->q;
    all->spread += next->spread;
    all->shared = (1 + all->shared) * (1 + next->shared) - 1;
    all->shared_by = next->shared_by;
    for (int i = 0; i < PLUMB_CAUSES; i++) {
        all->decades[i] += next->decades[i];
    }
}

void moments_recurrent(Moments *m, const CellTheory *cell, double dropout) {
    const Signal *x = &m->in[0];
    double kept = 1 - dropout;
    StepBack *back = calloc((size_t)cell->steps, sizeof *back);
    if (!back) {
        m->refused = "there was not enough memory";
        return;
    }
    Moment h = run(cell, x, back);
    double sent = sent_back(cell, back, 0) / cell->steps, gain = cell->input_back * sent / kept;
    double alike = sent_back(cell, back, 1) / cell->steps;
    m->time_gain = cell->steps > 1 ? pow(10, decades_through_time(cell, back) / (cell->steps - 1)) : 1;
    free(back);
    m->mixes = true;
    m->caution = "its inputs are taken as independent in time, but for their mean";
    m->out = (Signal){.q = h.square / kept, .difference = h.square / kept - h.rows, .apart = h.square / kept - h.times};
    m->out.log_tangent = x->log_tangent + log(h.tangent / kept);
    m->back[0] = (Back){.gain = gain, .cross = gain * kept, .aligned = gain * x->q, .spread = 5 / cell->units};
    m->back[0].shared = sent > 0 ? alike / sent - 1 : 0;
    m->back[0].shared_by = PLUMB_BY_GATES;
    m->back[0].decades[PLUMB_BY_WIDTH] = 0.5 * log10(cell->input_back / cell->input);
    m->back[0].decades[PLUMB_BY_INIT] = 0.5 * log10(cell->input);
    double norm = norm_of(cell, cell->input * x->q);
    m->back[0].decades[PLUMB_BY_NORM] = 0.5 * log10(norm);
    m->back[0].decades[PLUMB_BY_GATES] = 0.5 * log10(sent / norm);
    m->back[0].decades[PLUMB_BY_DROPOUT] = -0.5 * log10(kept);
}
