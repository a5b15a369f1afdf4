/* Moments of softmax and of attention.
 *
 * As in Dong et al. 2021 and Noci et al. 2022: what a step gives out is a mean over steps, so steps come to be alike,
 * and what steps have in common passes whole, what sets them apart shrinks. Scores are N(0, v) over the steps, and E
 * share^2 = e^v / n^2 of n steps, as if the sum of e^score were its mean. */
#include "moments.h"
#include <math.h>

double coherence(const Signal *x) {
    double variance = x->q - x->mean * x->mean;
    return variance > 0 ? fmin(fmax(1 - x->apart / variance, 0), 1) : 0;
}

/* n^2 E share^2 of n steps; all on one step at most */
static double sharpness(double v, double n) {
    return fmin(1 + expm1(v) * (1 - 1 / n), n);
}

void moments_softmax(Moments *m, double count) {
    const Signal *x = &m->in[0];
    double variance = fmax(x->q - x->mean * x->mean, 0), even = 1 / (count * count);
    double square = even * sharpness(variance, count);
    m->caution = "a softmax is taken over many Gaussian values";
    m->out = (Signal){.q = square,
                      .mean = 1 / count,
                      .difference = fmax(square - even * sharpness(variance - x->difference, count), 0),
                      .apart = fmax(square - even * sharpness(variance - x->apart, count), 0),
                      .log_tangent = x->log_tangent + log(square)};
    m->back[0] = (Back){.gain = square, .cross = square, .aligned = square * x->q};
    m->back[0].decades[PLUMB_BY_ACTIVATION] = 0.5 * log10(square);
}

typedef struct Shares { /* of attention, a row for each step that looks, a column for each that is seen */
    double own;         /* sum of squares in a row, their mean over the rows */
    double column;      /* square of the sum of a column */
    double even;        /* as own, were the shares of a row even */
    double pair;        /* sum over the columns of the product of two rows */
} Shares;

/* Shares are even but for the scores' variance, of which two rows have `common`. */
static Shares shares_of(const AttentionTheory *a, double v, double common) {
    Shares s = {0};
    double seen = 0, time = a->time;
    for (int t = a->time; t >= 1; t--) { /* the t-th step is seen by those from it on, or by all */
        double n = a->causal ? t : time;
        s.own += sharpness(v, n) / n / time;
        s.even += 1 / n / time;
        seen = a->causal ? seen + 1 / n : 1;
        s.column += seen * seen / time;
    }
    s.pair = a->time > 1 ? fmin((s.column - s.even) / (time - 1) * exp(common), s.own) : s.own;
    return s;
}

/* The way back: by the values, v; by the queries, q, which see what sets keys and values apart; by the keys, k. */
static void attention_back(Moments *m, const AttentionTheory *a, const Shares *s, double q, double apart) {
    double others = s->column - s->even, time = a->time;
    double values = s->own, queries = s->own * apart * apart, keys = s->own * apart * q;
    double own = values + queries + keys, shared = others * (1 + apart * (q - apart));
    double gain = a->out * own * a->in;
    m->back[0] = (Back){.gain = gain,
                        .cross = gain,
                        .aligned = gain * m->in[0].q,
                        .aligned_cross = gain * (m->in[0].q - m->in[0].difference),
                        .spread = 5.0 / a->features, /* of the values' weights and of those that project them; scores */
                        .parted = 1,
                        .shared = shared / own,
                        .shared_by = PLUMB_BY_GATES,
                        .mingled = a->time > 1 ? (1 - s->own) / (time - 1) / own : 1};
    m->back[0].decades[PLUMB_BY_INIT] = 0.5 * log10(a->out * a->in);
    m->back[0].decades[PLUMB_BY_GATES] = 0.5 * log10(own);
}

void moments_attention(Moments *m, const AttentionTheory *a) {
    const Signal *x = &m->in[0];
    double q = a->in * x->q, apart = a->in * x->apart, alike = q - apart, rows = a->in * (x->q - x->difference);
    Shares s = shares_of(a, q * apart, alike * apart);
    double square = alike + s.own * apart, both = s.pair * rows + (1 - s.pair) * fmin(rows, alike);
    double tangent = s.own + (1 - s.own) * coherence(x) + s.own * apart * (apart + q);
    m->mixes = true;
    m->caution = "its steps are taken as alike in how they differ";
    m->out = (Signal){.q = a->out * square,
                      .difference = a->out * (square - both),
                      .apart = a->out * (s.own - s.pair) * apart,
                      .log_tangent = x->log_tangent + log(a->out * a->in * tangent),
                      .normal = true};
    attention_back(m, a, &s, q, apart);
}
