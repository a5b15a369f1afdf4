/* The forecast: what the walk found. */
#include "../core/error.h"
#include "walk.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>

/* ln d^2 ~ N(-spread / 2, spread), Hanin & Nica 2020: as decades of d, the median below the mean, and two standard
 * deviations. */
static double below_mean(const Gradient *d) {
    return d->spread / (4 * M_LN10);
}
static double half_band(const Gradient *d) {
    return sqrt(d->spread) / M_LN10;
}

static void tell_node(const Walk *walk, int at) {
    const NetNode *node = &walk->net->node[at];
    const Signal *x = &walk->signal[at];
    const Gradient *d = &walk->gradient[at];
    PlumbForecastNode *told = &walk->told[at];
    double decades = d->reached ? d->decades - below_mean(d) : at > walk->start ? NAN : -INFINITY;
    told->q = x->q;
    told->mean = x->mean;
    told->correlation = 1 - x->difference / x->q;
    told->decades = decades;
    told->output_grad = pow(10, decades);
    told->low = decades - half_band(d);
    told->high = decades + half_band(d);
    told->weight_grad = node->about.weight_count && node->about.input_count
                            ? sqrt(walk->signal[node->about.input[0]].q) * told->output_grad
                            : NAN;
}

/* Against the next layer with weights, or where there is none the output. */
static void tell_gains(const Walk *walk) {
    double next = 0;
    for (int i = walk->net->node_count - 1; i >= 0; i--) {
        PlumbForecastNode *told = &walk->told[i];
        told->gain = isinf(told->decades) ? 0 : pow(10, told->decades - next);
        next = walk->mixes[i] && isfinite(told->decades) ? told->decades : next;
    }
}

static void find_ends(const Walk *walk, PlumbForecast *forecast) {
    forecast->first = forecast->last = -1;
    for (int i = 0; i <= forecast->start; i++) {
        const Gradient *d = &walk->gradient[i];
        if (walk->net->node[i].about.parameters > 0 && walk->net->node[i].layer->moments && walk->mixes[i]) {
            bool nothing = d->decades == -INFINITY && walk->gradient[0].decades != -INFINITY;
            forecast->first = forecast->first < 0 && d->reached && !nothing ? i : forecast->first;
            forecast->last = d->reached ? i : forecast->last;
        }
    }
}

/* Places of an image, or time steps, that share their weights: 1 of features. */
static double places_of(const Walk *walk, int at) {
    PlumbShape shape = walk->net->node[at].about.shape;
    return (double)plumb_shape_size(shape) / (shape.rank == 2 ? shape.dim[1] : shape.rank > 0 ? shape.dim[0] : 1);
}

static void tell_slope(const Walk *walk, PlumbForecast *forecast) {
    const Gradient *first = &walk->gradient[forecast->first], *last = &walk->gradient[forecast->last];
    const Signal *bottom = &walk->signal[forecast->first], *top = &walk->signal[forecast->last];
    double spread = first->spread - last->spread;
    Gradient between = {.spread = spread > 0 ? spread : 0};
    forecast->depth = walk->rank[forecast->last] - walk->rank[forecast->first];
    double shared = 0.5 * log10(places_of(walk, forecast->first) / places_of(walk, forecast->last));
    forecast->slope = first->decades - last->decades + shared - below_mean(&between);
    forecast->low = forecast->slope - half_band(&between);
    forecast->high = forecast->slope + half_band(&between);
    for (int i = 0; i < PLUMB_CAUSES; i++) {
        forecast->cause[i] = first->cause[i] - last->cause[i];
    }
    forecast->cause[PLUMB_BY_WIDTH] += shared - below_mean(&between);
    forecast->signal_slope = 0.5 * log10(top->q / bottom->q);
    forecast->difference = sqrt(top->difference / top->q);
    double shrinking = (bottom->log_tangent - log(bottom->q)) - (top->log_tangent - log(top->q));
    forecast->depth_scale = shrinking > 1e-9 * forecast->depth ? forecast->depth / shrinking : INFINITY;
    double each = forecast->depth > 0 && isfinite(forecast->slope) ? -forecast->slope / forecast->depth : 0;
    forecast->underflow_depth = each > 1e-6 ? ceil(-log10(FLT_MIN) / each) : INFINITY;
}

static void tell(const Walk *walk, PlumbForecast *forecast) {
    forecast->start = walk->start;
    for (int i = 0; i < forecast->count; i++) {
        tell_node(walk, i);
    }
    tell_gains(walk);
    tell_time(walk, forecast);
    find_ends(walk, forecast);
    if (forecast->first >= 0) {
        tell_slope(walk, forecast);
    } else {
        forecast->slope = forecast->signal_slope = forecast->depth_scale = forecast->difference = NAN;
        forecast->underflow_depth = INFINITY;
    }
}

static PlumbForecast *forecast_new(int count) {
    PlumbForecast *forecast = calloc(1, sizeof *forecast);
    PlumbForecastNode *node = calloc((size_t)count, sizeof *node);
    if (!forecast || !node) {
        free(forecast);
        free(node);
        return NULL;
    }
    forecast->node = node;
    forecast->count = count;
    return forecast;
}

PlumbForecast *plumb_forecast(const PlumbNet *net, const PlumbData *data, const PlumbCall *recipe, PlumbError *error) {
    Walk walk = {0};
    if (net->unknown || net->node_count < 1 || net->node[0].about.input_count > 0) {
        plumb_fail(error, PLUMB_SHAPE_ERROR, "net %s has no input of a known shape to forecast from", net->name);
        return NULL;
    }
    if (net->weight_count == 0) {
        plumb_fail(error, PLUMB_SHAPE_ERROR, "net %s has no weights: there is nothing to forecast", net->name);
        return NULL;
    }
    PlumbForecast *forecast = forecast_new(net->node_count);
    if (!forecast || !walk_init(&walk, net, forecast->node)) {
        error_memory(error);
        walk_clear(&walk);
        plumb_forecast_free(forecast);
        return NULL;
    }
    walk.batch = recipe ? plumb_call_number(recipe, "batch") : INFINITY;
    if (data && walk.batch > (double)data->train.rows) {
        walk.batch = (double)data->train.rows;
    }
    walk_forward(&walk, data);
    walk_back(&walk);
    tell(&walk, forecast);
    judge_forecast(&walk, data, recipe, forecast);
    walk_clear(&walk);
    return forecast;
}

void plumb_forecast_free(PlumbForecast *forecast) {
    if (forecast) {
        free(forecast->node);
        free(forecast);
    }
}

const char *plumb_cause_name(PlumbCause cause) {
    static const char *const name[PLUMB_CAUSES] = {"activation", "init", "norm", "skip", "width", "dropout", "gates"};
    return cause < PLUMB_CAUSES ? name[cause] : "";
}
