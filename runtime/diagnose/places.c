/* Layers.moments of pooling: values of neighbouring places, taken as independent. */
#include "moments.h"
#include "quadrature.h"
#include <math.h>

static const char *const independent_places = "neighbouring places are taken as independent";

/* A relu's output of what was N(0, s^2) before: mean^2 / q = (s^2 / (2 pi)) / (s^2 / 2). */
static bool is_rectified(const Signal *x) {
    return x->mean > 0 && fabs(M_PI * x->mean * x->mean / x->q - 1) < 1e-6;
}

/* Mean and mean square of the largest of `count`: E f(max) = E count Phi(z)^(count - 1) f(u). */
static void largest(const Signal *x, double count, double *mean, double *square) {
    bool rectified = is_rectified(x);
    double centre = rectified ? 0 : x->mean, variance = rectified ? 2 * x->q : x->q - x->mean * x->mean;
    Rule rule;
    rule_make(&rule, centre, sqrt(fmax(variance, 0)));
    *mean = *square = 0;
    for (int i = 0; i < rule.count; i++) {
        double u = rectified ? fmax(rule.u[i], 0) : rule.u[i];
        double weight = rule.weight[i] * count * pow(0.5 * erfc(-rule.z[i] * M_SQRT1_2), count - 1);
        *mean += weight * u;
        *square += weight * u * u;
    }
    if (rule.count == 1) { /* all alike */
        *mean = x->mean;
        *square = x->q;
    }
}

/* Every output sends its gradient to one input: of a relu's outputs to one that is above 0 unless all are 0. */
void moments_pool_max(Moments *m, double count, double reads) {
    const Signal *x = &m->in[0];
    double variance = x->q - x->mean * x->mean, mean, square;
    largest(x, count, &mean, &square);
    m->caution = independent_places;
    m->out = (Signal){.q = square, .mean = mean, .log_tangent = x->log_tangent};
    m->out.difference = variance > 0 ? x->difference / variance * (square - mean * mean) : 0;
    m->out.apart = m->out.difference;
    m->back[0] = (Back){.gain = reads / count, .cross = reads / count};
    m->back[0].aligned = m->back[0].gain * square;
    m->back[0].focus = is_rectified(x) ? 2 * (1 - pow(0.5, count)) : 1;
    m->back[0].decades[PLUMB_BY_WIDTH] = 0.5 * log10(m->back[0].gain);
}

void moments_pool_mean(Moments *m, double count, double reads) {
    const Signal *x = &m->in[0];
    double rows = x->q - x->difference, places = x->q - x->apart;
    m->caution = independent_places;
    m->out = (Signal){.q = places + x->apart / count, .mean = x->mean, .normal = x->normal};
    m->out.difference = m->out.apart = m->out.q - rows / count - fmin(rows, places) * (1 - 1 / count);
    m->out.log_tangent = x->log_tangent + log(1 / count + coherence(x) * (1 - 1 / count));
    double gain = reads / (count * count);
    m->back[0] = (Back){.gain = gain, .cross = gain, .aligned = gain * x->q};
    m->back[0].decades[PLUMB_BY_WIDTH] = 0.5 * log10(gain);
}

void moments_repeat(Moments *m, double times) {
    moments_keep(m);
    m->caution = times > 1 ? independent_places : NULL;
    m->back[0].gain = m->back[0].cross = times;
    m->back[0].shared = times - 1;
    m->back[0].shared_by = PLUMB_BY_WIDTH;
    m->back[0].decades[PLUMB_BY_WIDTH] = 0.5 * log10(times);
}
