/* The forecast's verdict: where a slope, a lost difference, units that are alike, or steps are taken to fail. */
#include "../train/inits.h"
#include "../train/parts.h"
#include "walk.h"
#include <math.h>
#include <string.h>

/* In decades (but for stride), for plain descent and for an optimizer that rescales the gradient of each weight
 * (adaptive).
 *
 * A training fails that cannot get there: all its steps together move what tells rows apart by too little (reach), or
 * one moves the net further than its curvature stands (curvature). So one layer of tiny weights among good ones is not
 * the end, nor is a signal whose size a norm or the optimizer makes up for: what counts is what the steps can do. An
 * adaptive optimizer makes its steps as large at any gradient, until its epsilon counts: 1e-8, where outputs that say
 * nothing get 1e-2 (strongest). What it does not undo is a gradient that grows against the signal: how sensitive the
 * output is to the first layer's. Where there is no training to forecast the slope speaks: vanishing, exploding.
 *
 * And where single draws of the weights differ by a decade to either side, the depth is more than the width carries
 * (Hanin & Nica 2020). Over time steps a gradient is a sum of one weight's, whatever the optimizer. */
static const PlumbLimits limits[] = {
    {.vanishing = -3,
     .exploding = 1.5,
     .signal = 1.5,
     .time = 1.5,
     .time_sensitivity = 1,
     .sensitivity = INFINITY,
     .stride = 0.9,
     .spread = 1,
     .strongest = -INFINITY,
     .forgetting = -3.75,
     .difference = -2,
     .reach = -0.25,
     .curvature = 0.1},
    {.vanishing = -5,
     .exploding = 4.5,
     .signal = INFINITY,
     .time = 1.5,
     .time_sensitivity = 1,
     .sensitivity = 2.5,
     .stride = INFINITY,
     .spread = 1,
     .strongest = -6,
     .forgetting = -3.75,
     .difference = -3.5,
     .reach = -2,
     .curvature = 2.5},
};

const PlumbLimits *forecast_limits(bool adaptive) {
    return &limits[adaptive];
}

/* ---- units that are alike ---------------------------------------------------------------------------------------- */

/* Are all values of its matrix the same? */
static bool is_constant(const PlumbNet *net, int at) {
    const NetNode *node = &net->node[at];
    WeightSpec spec[LAYER_WEIGHTS_MAX];
    int count = *node->about.init && node->layer->weights ? node->layer->weights(&node->site, spec) : 0;
    return count && spec[0].init && spec[0].shape.rank >= 2 && init_variance(&spec[0]) == 0;
}

static bool is_drawn(const PlumbNet *net, int at) {
    return *net->node[at].about.init && net->node[at].about.parameters > 0;
}

/* The layer with weights whose units this node reads, and nothing else; -1: there is none, or a link joins them. */
static int read_by(const PlumbNet *net, int at) {
    do {
        at = net->node[at].about.input_count == 1 ? net->node[at].about.input[0] : -1;
    } while (at >= 0 && !is_drawn(net, at));
    return at;
}

/* Units with the same weights in front of and behind them get the same gradient for ever. Goodfellow et al. 2016,
 * section 8.4. */
static int first_alike(const PlumbNet *net) {
    for (int i = 0; i < net->node_count; i++) {
        int below = is_drawn(net, i) && is_constant(net, i) ? read_by(net, i) : -1;
        if (below >= 0 && is_constant(net, below) && plumb_shape_size(net->node[below].about.shape) > 1) {
            return below;
        }
    }
    return -1;
}

/* ---- the strongest gradient, and how it differs between draws ---------------------------------------------------- */

/* Plain descent: a layer's outputs together, whatever their number; else each weight's by itself. */
static double outputs_of(const Walk *walk, int at, bool adaptive) {
    return adaptive ? 1 : sqrt((double)plumb_shape_size(walk->net->node[at].about.shape));
}

static double strongest_gradient(const Walk *walk, const PlumbForecast *forecast) {
    double most = NAN, inputs = fmin(1, sqrt(walk->signal[0].q));
    for (int i = 0; i <= forecast->start; i++) {
        if (is_drawn(walk->net, i) && walk->gradient[i].reached) {
            most = fmax(most, walk->told[i].weight_grad * outputs_of(walk, i, forecast->adaptive));
        }
    }
    return log10(most / (inputs * outputs_of(walk, forecast->start, forecast->adaptive)));
}

/* ln d^2 differs by as much as this a layer, at most, in nets that an adaptive optimizer does not draw straight. */
static const double spread_of_a_layer = 0.35;

/* Links let a gradient pass by what layers do to it. */
static double spread_of(const Walk *walk, const PlumbForecast *forecast) {
    double spread = 0.5 * (forecast->high - forecast->low);
    for (int i = 0; i < walk->net->node_count; i++) {
        if (walk->net->node[i].about.skip) {
            return NAN;
        }
    }
    return forecast->adaptive ? fmin(spread, sqrt(spread_of_a_layer * (forecast->depth + 1)) / M_LN10) : spread;
}

/* ---- time -------------------------------------------------------------------------------------------------------- */

/* Gates learn to open, and from the nearest steps first. What is shut is not told to while next to nothing comes
 * through. */
bool gates_may_open(const char *layer, double decades) {
    static const double shut = -10;
    return strcmp(layer, "rnn") != 0 && decades > shut;
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
    forecast->time_slope = forecast->time_sensitivity = 0;
    for (int i = 0; i < forecast->count; i++) {
        const NetNode *node = &walk->net->node[i];
        /* What is read at every step is told of at every step; what grows does so wherever it is read. */
        if (!(walk->told[i].time_gain > 0) || (walk->told[i].time_gain < 1 && !read_at_the_end(walk, i))) {
            continue;
        }
        int steps = node->layer->time_steps(&node->site);
        double slope = log10(walk->told[i].time_gain) * (steps - 1);
        bool opens = slope < 0 && gates_may_open(node->layer->entry.name, slope);
        bool counts = forecast->time_slope == 0 || opens < forecast->opens;
        if (counts || (opens == forecast->opens && fabs(slope) > fabs(forecast->time_slope))) {
            forecast->time_slope = slope;
            forecast->opens = opens;
            forecast->time_sensitivity = slope - fmax(0, 0.5 * log10(walk->told[i].q));
        }
    }
}

/* ---- the recipe's doing -------------------------------------------------------------------------------------------
 */

/* By so many decades a net has to be worse than a usual one with which the recipe fails as well. */
static const double much_worse = 1;

bool falls_short_with_any(const PlumbForecast *f) {
    return f->reach < f->limits.reach && f->reach_usual < f->limits.reach && f->reach > f->reach_usual - much_worse;
}
bool leaps_with_any(const PlumbForecast *f) {
    return f->curvature > f->limits.curvature && f->curvature_usual > f->limits.curvature &&
           f->curvature < f->curvature_usual + much_worse;
}

/* ---- the verdict ------------------------------------------------------------------------------------------------- */

/* Of plain descent the curvature tells what a steep gradient does, where a training is known. */
static bool is_steep(const PlumbForecast *f) {
    bool curves = f->curvature > f->limits.curvature, slope_speaks = f->adaptive || isnan(f->reach) || curves;
    return slope_speaks && (f->slope > f->limits.exploding || f->slope - f->signal_slope > f->limits.sensitivity);
}

static bool grows_through_time(const PlumbForecast *f) {
    return f->time_slope > f->limits.time || f->time_sensitivity > f->limits.time_sensitivity;
}

static PlumbReason growth(const PlumbForecast *f) {
    return is_steep(f)                          ? PLUMB_OF_GRADIENT
           : grows_through_time(f)              ? PLUMB_OF_TIME
           : f->curvature > f->limits.curvature ? PLUMB_OF_CURVATURE
           : f->stride > f->limits.stride       ? PLUMB_OF_STEPS
                                                : PLUMB_OF_NOTHING;
}

/* Why so little of what tells rows apart is within reach. */
static PlumbReason faintness(const PlumbForecast *f) {
    return f->slope < f->limits.vanishing                      ? PLUMB_OF_GRADIENT
           : log10(f->difference) < 0.5 * f->limits.difference ? PLUMB_OF_DIFFERENCES
                                                               : PLUMB_OF_REACH;
}

/* Draws so different do harm where in some of them a step goes too far: the curvature is a square of what they differ
 * by. An adaptive optimizer's steps do as far as its number of layers accounts for. */
static bool is_gamble(const PlumbForecast *f) {
    bool near = f->adaptive || !(f->curvature + 2 * f->spread < f->limits.curvature);
    return f->spread > f->limits.spread && near;
}

static PlumbReason decay(const PlumbForecast *f) {
    bool faint = isnan(f->reach) ? f->slope < f->limits.vanishing : f->reach < f->limits.reach;
    return faint                                               ? faintness(f)
           : f->strongest < f->limits.strongest                ? PLUMB_OF_GRADIENT
           : f->time_slope < f->limits.forgetting && !f->opens ? PLUMB_OF_TIME
           : is_gamble(f)                                      ? PLUMB_OF_DRAWS
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
    bool settled = decays != PLUMB_OF_NOTHING && decays != PLUMB_OF_DRAWS;
    bool exploding = grows != PLUMB_OF_NOTHING && !(grows == PLUMB_OF_STEPS && settled);
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
    forecast->strongest = forecast->first < 0 ? NAN : strongest_gradient(walk, forecast);
    forecast->spread = forecast->first < 0 ? NAN : spread_of(walk, forecast);
    forecast->stride = forecast_stride(walk, data, recipe);
    forecast_movement(walk, data, recipe, forecast);
    forecast->alike = first_alike(walk->net);
    forecast->verdict = forecast_verdict(forecast, &forecast->reason);
}
