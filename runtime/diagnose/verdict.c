/* The forecast's verdict: where a slope, a lost difference, units that are alike, or steps are taken to fail. */
#include "../train/inits.h"
#include "../train/parts.h"
#include "walk.h"
#include <math.h>
#include <string.h>

/* In decades (but for stride), for plain descent and for an optimizer that rescales the gradient of each weight
 * (adaptive).
 *
 * Plain descent feels the size of the gradient, and of the signal, whose square is in the curvature. What tells rows
 * apart is the square of their difference against the signal in the kernel that it descends on, whose condition is the
 * steps it needs (Xiao, Pennington & Schoenholz 2020). An adaptive one makes its steps as large at any layer, until its
 * epsilon counts; not at any time step: there they are sums over the steps of one weight's gradient. What no scale of
 * layers undoes is a gradient that grows against the signal: how sensitive the output is to the first layer's. */
static const PlumbLimits limits[] = {
    {.vanishing = -3,
     .exploding = 1.5,
     .signal = 1.5,
     .time = 1.5,
     .sensitivity = INFINITY,
     .stride = 2.4,
     .difference = -2},
    {.vanishing = -5,
     .exploding = 5,
     .signal = INFINITY,
     .time = 3,
     .sensitivity = 2.5,
     .stride = INFINITY,
     .difference = -3.5},
};

const PlumbLimits *forecast_limits(bool adaptive) {
    return &limits[adaptive];
}

/* ---- units that are alike -----------------------------------------------------------------------------------------
 */

/* Are all values of its matrix the same? */
static bool is_constant(const PlumbNet *net, int at) {
    const NetNode *node = &net->node[at];
    WeightSpec spec[LAYER_WEIGHTS_MAX];
    int count = *node->about.init && node->layer->weights ? node->layer->weights(&node->site, spec) : 0;
    return count && spec[0].init && spec[0].shape.rank >= 2 && init_variance(&spec[0]) == 0;
}

/* Units with the same weights in front of and behind them get the same gradient for ever. Goodfellow et al. 2016,
 * section 8.4. */
static int first_alike(const PlumbNet *net) {
    int before = -1;
    for (int i = 0; i < net->node_count; i++) {
        if (!*net->node[i].about.init || !net->node[i].about.parameters) {
            continue;
        }
        bool constant = is_constant(net, i);
        if (constant && before >= 0) {
            return before;
        }
        before = constant && plumb_shape_size(net->node[i].about.shape) > 1 ? i : -1;
    }
    return -1;
}

/* ---- time ---------------------------------------------------------------------------------------------------------
 */

/* Gates learn to open, and from the nearest steps first: one that begins at least half open will. What is shut is not
 * told to while next to nothing comes through. */
bool gates_may_open(const char *layer, double decades, int steps) {
    static const double shut = -10;
    return strcmp(layer, "rnn") != 0 && (decades > shut || decades > log10(0.5) * (steps - 1));
}

/* Is the last time step all that is read of this node? */
static bool read_at_the_end(const Walk *walk, int at) {
    if (walk->net->node[at].about.shape.rank == 1) {
        return true;
    }
    const Edge *edge = &walk->edges[walk->first_edge[at]], *end = &walk->edges[walk->first_edge[at + 1]];
    while (edge < end && !strcmp(walk->net->node[edge->to].layer->entry.name, "last")) {
        edge++;
    }
    return edge == end;
}

void tell_time(const Walk *walk, PlumbForecast *forecast) {
    forecast->time_slope = 0;
    for (int i = 0; i < forecast->count; i++) {
        const NetNode *node = &walk->net->node[i];
        if (!(walk->told[i].time_gain > 0) || !read_at_the_end(walk, i)) {
            continue;
        }
        int steps = node->layer->time_steps(&node->site);
        double slope = log10(walk->told[i].time_gain) * (steps - 1);
        bool opens = slope < 0 && gates_may_open(node->layer->entry.name, slope, steps);
        bool counts = forecast->time_slope == 0 || opens < forecast->opens;
        if (counts || (opens == forecast->opens && fabs(slope) > fabs(forecast->time_slope))) {
            forecast->time_slope = slope;
            forecast->opens = opens;
        }
    }
}

/* ---- the verdict --------------------------------------------------------------------------------------------------
 */

static PlumbReason growth(const PlumbForecast *f) {
    return f->slope > f->limits.exploding || f->slope - f->signal_slope > f->limits.sensitivity ? PLUMB_OF_GRADIENT
           : f->signal_slope > f->limits.signal                                                 ? PLUMB_OF_SIGNAL
           : f->time_slope > f->limits.time                                                     ? PLUMB_OF_TIME
           : f->stride > f->limits.stride                                                       ? PLUMB_OF_STEPS
                                                                                                : PLUMB_OF_NOTHING;
}

static PlumbReason decay(const PlumbForecast *f) {
    return f->slope < f->limits.vanishing                     ? PLUMB_OF_GRADIENT
           : f->signal_slope < f->limits.vanishing            ? PLUMB_OF_SIGNAL
           : f->time_slope < f->limits.vanishing && !f->opens ? PLUMB_OF_TIME
           : log10(f->difference) < f->limits.difference      ? PLUMB_OF_DIFFERENCES
                                                              : PLUMB_OF_NOTHING;
}

PlumbVerdict forecast_verdict(const PlumbForecast *f, PlumbReason *reason) {
    *reason = f->alike >= 0 ? PLUMB_OF_UNITS : PLUMB_OF_NOTHING;
    if (f->alike >= 0) {
        return PLUMB_VANISHING;
    }
    if (f->first < 0 || isnan(f->slope) || (isnan(f->signal_slope) && isfinite(f->slope))) {
        return PLUMB_UNFORESEEN;
    }
    PlumbReason grows = growth(f), decays = decay(f);
    bool exploding = grows != PLUMB_OF_NOTHING && (grows != PLUMB_OF_STEPS || decays == PLUMB_OF_NOTHING);
    *reason = exploding ? grows : decays;
    return exploding ? PLUMB_EXPLODING : decays == PLUMB_OF_NOTHING ? PLUMB_HEALTHY : PLUMB_VANISHING;
}

bool is_adaptive(const PlumbCall *recipe) {
    const PlumbCall *optimizer = recipe ? plumb_call_call(recipe, "optimizer") : NULL;
    return optimizer && ((const Optimizer *)optimizer->entry)->kind != UPDATE_SGD;
}

void judge_forecast(const Walk *walk, const PlumbData *data, const PlumbCall *recipe, PlumbForecast *forecast) {
    forecast->adaptive = is_adaptive(recipe);
    forecast->limits = *forecast_limits(forecast->adaptive);
    forecast->stride = forecast_stride(walk, data, recipe);
    forecast->alike = first_alike(walk->net);
    forecast->verdict = forecast_verdict(forecast, &forecast->reason);
}
