/* Moments of recurrent layers: the cells' recursions in the mean, a time step after the other.
 *
 * As for layers (Schoenholz et al. 2017), with the products of h taken as if weight_hh were drawn anew at every step:
 * Chen, Pennington & Schoenholz 2018, Gilboa et al. 2019. Pre-activations of all gates are N(gate's bias, q). */
#include "recurrent.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct State {             /* of one value of h and of c, before a step and after it */
    double h, h_common, h_tangent; /* E h^2; the same for two rows; of small differences */
    double c, c_common, c_tangent;
} State;

typedef struct Drive { /* what comes to a pre-activation: from x and from h */
    double x, x_common, x_tangent;
    double h, h_common, h_tangent;
} Drive;

enum { H, C };
typedef struct StepBack {        /* of squared gradients of the state after a step */
    double keep[2][2];           /* to [h, c] before it, other than by weight_hh, from [h, c] */
    double sent_x[2], sent_h[2]; /* summed over the gates: of what multiplies weight_ih, weight_hh, from [h, c] */
    double steady_keep,
        steady_sent; /* means of factors themselves: on what is kept, and on what goes round by weight_hh */
} StepBack;

typedef struct Gate { /* an activation of a pre-activation */
    double square, common, mean, slope, slope_square;
} Gate;

static Gate gate_of(Act act, double a, double bias, double q, double common) {
    Response r = response_of(act, a, bias, q, q > 0 ? 1 - common / q : 0);
    return (Gate){r.square, r.square - r.difference, r.mean, r.slope, r.slope_square};
}

/* h = phi(z). A mean of h (relu) is the same for all units, and goes into q as E h^2 does. */
static void rnn_step(const CellTheory *cell, const Drive *z, State *s, StepBack *back) {
    Gate h = gate_of(cell->act, cell->slope, 0, z->x + z->h, z->x_common + z->h_common);
    *s = (State){.h = h.square, .h_common = h.common, .h_tangent = h.slope_square * (z->x_tangent + z->h_tangent)};
    *back = (StepBack){.sent_x = {h.slope_square}, .sent_h = {h.slope_square}};
}

/* c = f c + i g, h = o tanh(c); c taken as Gaussian. */
static void lstm_step(const CellTheory *cell, const Drive *z, State *s, StepBack *back) {
    double q = z->x + z->h, common = z->x_common + z->h_common, moved = z->x_tangent + z->h_tangent;
    Gate i = gate_of(ACT_SIGMOID, 0, 0, q, common), f = gate_of(ACT_SIGMOID, 0, cell->bias, q, common);
    Gate g = gate_of(ACT_TANH, 0, 0, q, common);
    double gates = g.square * i.slope_square + s->c * f.slope_square + i.square * g.slope_square;
    double c = f.square * s->c + i.square * g.square, c_common = f.common * s->c_common + i.common * g.common;
    double c_tangent = f.square * s->c_tangent + moved * gates;
    Gate seen = gate_of(ACT_TANH, 0, 0, c, c_common);
    double through = i.square * seen.slope_square; /* o is distributed as i */
    *s = (State){.h = i.square * seen.square,
                 .h_common = i.common * seen.common,
                 .h_tangent = through * c_tangent + moved * i.slope_square * seen.square,
                 .c = c,
                 .c_common = c_common,
                 .c_tangent = c_tangent};
    *back = (StepBack){.keep = {{0, 0}, {f.square * through, f.square}},
                       .sent_x = {seen.square * i.slope_square + gates * through, gates},
                       .steady_keep = f.mean,
                       .steady_sent = i.mean * g.slope * i.mean * seen.slope};
    memcpy(back->sent_h, back->sent_x, sizeof back->sent_h);
}

/* h = (1 - z) n + z h, n = tanh(x + r h) */
static void gru_step(const CellTheory *cell, const Drive *d, State *s, StepBack *back) {
    double q = d->x + d->h, common = d->x_common + d->h_common, moved = d->x_tangent + d->h_tangent;
    Gate r = gate_of(ACT_SIGMOID, 0, 0, q, common), z = gate_of(ACT_SIGMOID, 0, cell->bias, q, common);
    Gate n = gate_of(ACT_TANH, 0, 0, d->x + r.square * d->h, d->x_common + r.common * d->h_common);
    double fresh = 1 - 2 * z.mean + z.square, fresh_common = 1 - 2 * z.mean + z.common; /* of 1 - z */
    double overwritten = z.slope_square * (n.square + s->h), reset = d->h * r.slope_square;
    double n_tangent = n.slope_square * (d->x_tangent + r.square * d->h_tangent + reset * moved);
    double sent = fresh * n.slope_square;
    State old = *s;
    *s = (State){.h = fresh * n.square + z.square * old.h,
                 .h_common = fresh_common * n.common + z.common * old.h_common,
                 .h_tangent = fresh * n_tangent + z.square * old.h_tangent + overwritten * moved};
    *back = (StepBack){.keep = {{z.square, 0}, {0, 0}},
                       .sent_x = {overwritten + sent * (1 + reset), 0},
                       .sent_h = {overwritten + sent * (r.square + reset), 0},
                       .steady_keep = z.mean,
                       .steady_sent = (1 - z.mean) * n.slope * r.mean};
}

/* ---- over all time steps --------------------------------------------------------------------------------------------
 */

static Drive drive_of(const CellTheory *cell, const Signal *x, const State *s) {
    return (Drive){.x = cell->input * x->q,
                   .x_common = cell->input * (x->q - x->difference),
                   .x_tangent = cell->input,
                   .h = cell->state * s->h,
                   .h_common = cell->state * s->h_common,
                   .h_tangent = cell->state * s->h_tangent};
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
static State run(const CellTheory *cell, const Signal *x, StepBack *back) {
    static void (*const step[])(const CellTheory *, const Drive *, State *,
                                StepBack *) = {[CELL_RNN] = rnn_step, [CELL_LSTM] = lstm_step, [CELL_GRU] = gru_step};
    State s = {0}, before = {.h = -1}, mean = {0};
    for (int t = 0; t < cell->steps; t++) {
        if (t && settled(&s, &before)) {
            back[t] = back[t - 1];
        } else {
            Drive drive = drive_of(cell, x, &s);
            before = s;
            step[cell->kind](cell, &drive, &s, &back[t]);
        }
        mean.h += s.h / cell->steps;
        mean.h_common += s.h_common / cell->steps;
        mean.h_tangent += s.h_tangent / cell->steps;
    }
    return cell->last ? s : mean;
}

/* One step back: G of [h, c] after it becomes that before it. */
static void step_back(const CellTheory *cell, const StepBack *back, double g[2]) {
    double h = back->keep[H][H] * g[H] + back->keep[H][C] * g[C];
    double c = back->keep[C][H] * g[H] + back->keep[C][C] * g[C];
    g[H] = h + cell->state_back * (back->sent_h[H] * g[H] + back->sent_h[C] * g[C]);
    g[C] = c;
}

/* What reaches weight_ih's products, summed over the steps, where a gradient of square 1 comes to h at each (last: at
 * the last). */
static double sent_back(const CellTheory *cell, const StepBack *back) {
    double g[2] = {0, 0}, sent = 0;
    for (int t = cell->steps - 1; t >= 0; t--) {
        g[H] += !cell->last || t == cell->steps - 1;
        sent += back[t].sent_x[H] * g[H] + back[t].sent_x[C] * g[C];
        step_back(cell, &back[t], g);
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

/* The weights are the same at each step, so paths that go by weight_hh equally often, at whatever steps, end up as one
 * and the same vector, and add: (k + s)^t = sum of binomial(t, j) k^(t-j) s^j for what is kept, k, and what goes round,
 * s, both steady in time. For two such paths let d be by how many turns they differ. A step takes d to d with k^2 +
 * s^2, to d +- 1 with k s, and where d = 0, the factors being the same draws, with their mean squares: fresh_gain. The
 * largest eigenvalue of this chain with one other link is k^2 + s^2 + sqrt(e^2 + (2 k s)^2), e what fresh_gain has over
 * k^2 + s^2. Without a kept part it is fresh_gain. */
static double gain_per_step(const CellTheory *cell, const StepBack *back) {
    double fresh = fresh_gain(cell, back), kept = back->steady_keep * back->steady_keep;
    double round = cell->state_back * back->steady_sent * back->steady_sent;
    double extra = fmax(fresh - kept - round, 0);
    return sqrt(kept > 0 ? kept + round + sqrt(extra * extra + 4 * kept * round) : fresh);
}

void back_chain(Back *all, const Back *next, const Signal *x) {
    all->gain *= next->gain;
    all->cross = all->gain;
    all->aligned = all->gain * x->q;
    all->spread += next->spread;
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
    State s = run(cell, x, back);
    double sent = sent_back(cell, back) / cell->steps, gain = cell->input_back * sent / kept;
    m->time_gain = gain_per_step(cell, &back[cell->steps - 1]);
    free(back);
    m->mixes = true;
    m->caution = "its inputs are taken as independent in time";
    m->out = (Signal){.q = s.h / kept, .difference = s.h / kept - s.h_common};
    m->out.log_tangent = x->log_tangent + log(s.h_tangent / kept);
    m->back[0] = (Back){.gain = gain, .cross = gain * kept, .aligned = gain * x->q, .spread = 5 / cell->units};
    m->back[0].decades[PLUMB_BY_WIDTH] = 0.5 * log10(cell->input_back / cell->input);
    m->back[0].decades[PLUMB_BY_INIT] = 0.5 * log10(cell->input);
    m->back[0].decades[PLUMB_BY_GATES] = 0.5 * log10(sent);
    m->back[0].decades[PLUMB_BY_DROPOUT] = -0.5 * log10(kept);
}
