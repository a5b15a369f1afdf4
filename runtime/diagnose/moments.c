/* The building blocks of Layer.moments. */
#include "moments.h"
#include "../train/inits.h"
#include <math.h>

/* Half a decade of the square is one of the root. */
static double decades(double square) {
    return 0.5 * log10(square);
}

/* E x(a) x(b), of two rows; E x(t) x(u), of two places */
static double common_of(const Signal *x) {
    return x->q - x->difference;
}
static double places_of(const Signal *x) {
    return x->q - x->apart;
}

/* dx is dy times something that does not depend on x: so x and dx are independent. */
static Back back_independent(const Signal *x, double gain, double cross) {
    return (Back){.gain = gain, .cross = cross, .aligned = gain * x->q, .aligned_cross = cross * common_of(x)};
}

void moments_keep(Moments *m) {
    moments_scale(m, 1, PLUMB_BY_WIDTH);
}

void moments_scale(Moments *m, double factor, PlumbCause cause) {
    double square = factor * factor;
    const Signal *x = &m->in[0];
    m->out = (Signal){.q = square * x->q,
                      .mean = factor * x->mean,
                      .difference = square * x->difference,
                      .apart = square * x->apart,
                      .log_tangent = x->log_tangent + log(square),
                      .normal = x->normal};
    m->back[0] = (Back){.gain = square, .slope = factor, .cross = square, .keeps = true};
    m->back[0].decades[cause] = decades(square);
}

/* The masks of two rows are independent: what two rows have in common stays. */
void moments_mask(Moments *m, double power, PlumbCause cause) {
    const Signal *x = &m->in[0];
    m->out = (Signal){.q = power * x->q,
                      .mean = x->mean,
                      .difference = power * x->q - common_of(x),
                      .apart = power * x->q - places_of(x),
                      .log_tangent = x->log_tangent + log(power),
                      .normal = x->normal && power == 1};
    m->back[0] = (Back){.gain = power, .slope = 1, .cross = 1, .keeps = true};
    m->back[0].decades[cause] = decades(power);
}

/* ---- joins ------------------------------------------------------------------------------------------------------ */

static double log_sum(double a, double b) {
    double most = fmax(a, b);
    return isinf(most) ? most : most + log(exp(a - most) + exp(b - most));
}

/* E (sum x_i)^2 = sum E x_i^2 + 2 sum over pairs E x_i x_j, for one row, for two, and for small differences. */
void moments_add(Moments *m) {
    double tangent = 2 * m->joint.tangent;
    m->out = (Signal){.q = 2 * m->joint.square,
                      .difference = 2 * (m->joint.square - m->joint.common),
                      .apart = 2 * (m->joint.square - m->joint.places),
                      .normal = true};
    for (int i = 0; i < m->site->input_count; i++) {
        const Signal *x = &m->in[i];
        m->out.q += x->q;
        m->out.mean += x->mean;
        m->out.difference += x->difference;
        m->out.apart += x->apart;
        m->out.normal = m->out.normal && x->normal;
        tangent += exp(x->log_tangent - m->joint.log);
        m->back[i] = back_independent(x, 1, 1);
        m->back[i].slope = 1;
    }
    m->out.log_tangent = m->joint.log + log(fmax(tangent, 0));
}

/* d(x1 x2) = x2 dx1 + x1 dx2 */
static Signal product(const Signal *a, const Signal *b) {
    return (Signal){.q = a->q * b->q,
                    .mean = a->mean * b->mean,
                    .difference = a->q * b->difference + common_of(b) * a->difference,
                    .apart = a->q * b->apart + places_of(b) * a->apart,
                    .log_tangent = log_sum(a->log_tangent + log(b->q), b->log_tangent + log(a->q))};
}

void moments_multiply(Moments *m) {
    if (!m->independent) {
        m->refused = "its inputs are not independent of each other";
        return;
    }
    m->out = m->in[0];
    for (int i = 1; i < m->site->input_count; i++) {
        m->out = product(&m->out, &m->in[i]);
    }
    for (int i = 0; i < m->site->input_count; i++) {
        double gain = 1, cross = 1, slope = 1;
        for (int j = 0; j < m->site->input_count; j++) {
            gain *= j == i ? 1 : m->in[j].q;
            cross *= j == i ? 1 : common_of(&m->in[j]);
            slope *= j == i ? 1 : m->in[j].mean;
        }
        m->back[i] = back_independent(&m->in[i], gain, cross);
        m->back[i].slope = slope;
        m->back[i].decades[PLUMB_BY_GATES] = decades(gain);
    }
}

void moments_concat(Moments *m) {
    double whole = (double)plumb_shape_size(m->site->shape);
    m->out = (Signal){.log_tangent = -INFINITY, .normal = true};
    for (int i = 0; i < m->site->input_count; i++) {
        const Signal *x = &m->in[i];
        double share = (double)plumb_shape_size(m->site->input[i]) / whole;
        m->out.q += share * x->q;
        m->out.mean += share * x->mean;
        m->out.difference += share * x->difference;
        m->out.apart += share * x->apart;
        m->out.log_tangent = log_sum(m->out.log_tangent, x->log_tangent + log(share));
        m->out.normal = m->out.normal && x->normal && fabs(x->q - m->in[0].q) <= 1e-9 * x->q;
        m->back[i] = back_independent(x, 1, 1);
    }
}

/* ---- activations ------------------------------------------------------------------------------------------------- */

static const char *const not_normal = "what it reads is taken as Gaussian";

/* Straight on both sides of 0: moments of any symmetric distribution are those of the normal one. */
static bool scale_free(Act act) {
    return act == ACT_RELU || act == ACT_LEAKY_RELU || act == ACT_IDENTITY;
}

void moments_activation(Moments *m, Act act, double a) {
    const Signal *x = &m->in[0];
    double variance = fmax(x->q - x->mean * x->mean, 0), safe = variance > 0 ? variance : 1;
    if (act == ACT_IDENTITY) {
        moments_keep(m);
        return;
    }
    if (!x->normal && !(scale_free(act) && fabs(x->mean) < 1e-9 * sqrt(x->q))) {
        m->caution = not_normal;
    }
    Response r = response_of(act, a, x->mean, variance, x->difference / safe);
    Response places = x->apart == x->difference ? r : response_of(act, a, x->mean, variance, x->apart / safe);
    double tail = r.slope_square > 0 ? r.slope_fourth / (r.slope_square * r.slope_square) : 1;
    m->out = (Signal){.q = r.square,
                      .mean = r.mean,
                      .difference = r.difference,
                      .apart = places.difference,
                      .log_tangent = x->log_tangent + log(r.slope_square)};
    m->back[0] = (Back){.gain = r.slope_square,
                        .slope = r.slope,
                        .focused = true,
                        .cross = r.slope_cross,
                        .aligned = r.aligned,
                        .aligned_cross = r.aligned_cross,
                        .aligned_places = places.aligned_cross,
                        .parted = r.slope_square > 0 ? 1 - places.slope_cross / r.slope_square : 0,
                        .spread = 3 * (tail - 1) / (double)plumb_shape_size(m->site->shape)};
    m->back[0].decades[PLUMB_BY_ACTIVATION] = decades(r.slope_square);
}

void moments_offset(Moments *m, double variance, bool common) {
    moments_keep(m);
    m->out.q += variance;
    m->out.difference += common ? 0 : variance;
    m->out.apart += variance;
    m->out.normal = m->out.normal && !common;
}

/* a and b are halves of what one layer gives: alike, and independent. dx: of both halves together. */
void moments_glu(Moments *m) {
    const Signal *x = &m->in[0];
    double variance = fmax(x->q - x->mean * x->mean, 0);
    Response r = response_of(ACT_SIGMOID, 0, x->mean, variance, variance > 0 ? x->difference / variance : 0);
    Signal gate = {.q = r.square,
                   .mean = r.mean,
                   .difference = r.difference,
                   .apart = x->difference > 0 ? r.difference * x->apart / x->difference : 0,
                   .log_tangent = x->log_tangent + log(r.slope_square)};
    m->caution = x->normal ? NULL : not_normal;
    m->out = product(x, &gate);
    double gain = 0.5 * (r.square + x->q * r.slope_square);
    m->back[0] = back_independent(x, gain, 0.5 * ((r.square - r.difference) + common_of(x) * r.slope_cross));
    m->back[0].decades[PLUMB_BY_GATES] = decades(gain);
}

/* ---- layers with weights ----------------------------------------------------------------------------------------- */

/* n Var(w) that the initialiser made for this activation sets: 2 by he, 1 by xavier and lecun. An initialiser answers
 * for what it deviates from there, the activation for the rest: so neither is blamed for what the other makes good. */
static double variance_assumed(const char *act) {
    WeightSpec spec = {.fan_in = 1, .fan_out = 1, .init = init_auto(act)};
    return init_variance(&spec);
}

/* A sum of squares of n independent normal numbers fluctuates by 2 / n; rotations keep it. With the activation's share
 * above: (3 E phi'^4 / (E phi'^2)^2 - 1) / n, for relu the 5 / n of Hanin & Nica 2020, theorem 1. */
static double linear_spread(const Init *init, double units) {
    return init->rotates ? 0 : 2 / units;
}

/* Of one weight; `squares`: the sum of squares that reaches an output. lsuv scales until the output's variance is
 * gain^2. */
static double drawn_variance(const WeightSpec *weight, double squares) {
    double variance = init_variance(weight);
    if (weight->init->entry == &init_lsuv.entry && squares > 0) {
        double gain = plumb_call_number(weight->init, "gain");
        variance = gain * gain / squares;
    }
    return variance;
}

void moments_linear(Moments *m, const WeightSpec *weight, const WeightSpec *bias, double terms, double uses,
                    double units) {
    const Signal *x = &m->in[0];
    double variance = drawn_variance(weight, terms * x->q), gain = terms * variance,
           assumed = variance_assumed(m->site->next_act);
    double offset = bias ? init_mean(bias) : 0, common = bias ? init_variance(bias) + offset * offset : 0;
    if (init_mean(weight) != 0) {
        m->refused = "its weights are not drawn";
        return;
    }
    m->mixes = true;
    m->out = (Signal){.q = gain * x->q + common,
                      .mean = offset,
                      .difference = gain * x->difference,
                      .apart = gain * x->apart,
                      .log_tangent = x->log_tangent + log(gain),
                      .normal = true};
    m->back[0] = back_independent(x, uses * variance, uses * variance);
    m->back[0].spread = linear_spread((const Init *)weight->init->entry, units);
    m->back[0].decades[PLUMB_BY_INIT] = decades(gain / assumed);
    m->back[0].decades[PLUMB_BY_ACTIVATION] = decades(assumed);
    m->back[0].decades[PLUMB_BY_WIDTH] = decades(uses / terms);
}

/* ---- norms ------------------------------------------------------------------------------------------------------- */

/* What places of a row have in common besides the mean of all units goes with the mean of few features. */
static Signal centred_signal(const Signal *x, double features, double places) {
    double common = places > 1 ? fmax(places_of(x) - x->mean * x->mean, 0) : 0;
    double rows = fmax(common_of(x) - x->mean * x->mean, 0);
    Signal y = {.q = fmax(x->q - x->mean * x->mean, 0) - common / features, .apart = x->apart, .normal = x->normal};
    y.difference = y.q - (rows - fmin(common, rows) / features);
    y.log_tangent = x->log_tangent;
    return y;
}

/* Taking away the mean and the part along y leaves count - 2 of count independent values (without the mean, count - 1):
 * walk.c. The mean of 1 / variance of count normal numbers is count / (count - 3) of its wide limit (count / (count -
 * 2)). */
void moments_row_norm(Moments *m, double features, double places, double eps, bool centred) {
    const Signal *x = &m->in[0];
    double count = features * places, lost = centred ? 2 : 1;
    m->out = centred ? centred_signal(x, features, places) : *x;
    double variance = m->out.q + eps, slope = 1 / sqrt(variance), gain = count / (count - lost - 1) / variance;
    if (count <= lost + 1) {
        m->refused = "it norms too few values";
        return;
    }
    m->back[0] = back_independent(x, gain, gain);
    m->back[0].slope = slope;
    m->back[0].normed.features = features;
    m->back[0].normed.places = places;
    m->back[0].normed.alike = m->out.q > 0 ? places_of(&m->out) / m->out.q : 0;
    m->back[0].normed.centres = centred;
    m->back[0].decades[PLUMB_BY_NORM] = decades(gain);
    m->out.q /= variance;
    m->out.mean *= slope;
    m->out.difference /= variance;
    m->out.apart /= variance;
    m->out.log_tangent -= log(variance);
}

/* Yang et al. 2019: x is |G x| = sqrt(rows) on the sphere of zero mean, and two rows correlate by -1 / (rows - 1). */
void moments_batch_norm(Moments *m, double rows, double places, double eps) {
    const Signal *x = &m->in[0];
    double few = 1 / rows; /* 0 for a wide batch */
    if (rows <= 3) {
        m->refused = "a batch norm over 3 rows or fewer has a gradient of infinite variance";
        return;
    }
    double variance = x->difference * (1 - few), gain = 1 / (x->difference * (1 - 3 * few) + eps);
    m->out = *x;
    m->out.q = variance / (variance + eps);
    m->out.mean = 0;
    m->out.difference = m->out.q / (1 - few);
    m->out.apart = x->apart / (variance + eps);
    m->out.log_tangent -= log(variance + eps);
    m->back[0] = back_independent(x, gain, gain);
    m->back[0].slope = 1 / sqrt(variance + eps);
    m->back[0].centred = rows;
    m->back[0].centred_places = places;
    m->back[0].decades[PLUMB_BY_NORM] = decades(gain);
}
