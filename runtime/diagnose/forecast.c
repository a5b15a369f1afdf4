/* The forecast: the moments of the signal carried forward through the net, those of the gradient backward, and the
 * verdict. */
#include "../core/error.h"
#include "../core/net.h"
#include "../train/parts.h"
#include "moments.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Gradient {          /* of the loss by a node's output, relative to that at the start */
    bool reached;                  /* false: no path leads here */
    double decades;                /* log10 of its rms, in the mean over draws */
    double cross;                  /* E d(a) d(b) / E d^2 */
    double aligned, aligned_cross; /* E (x d)^2 / E d^2; E x(a) d(a) x(b) d(b) / E d^2 */
    double spread;                 /* variance of ln d^2 over draws */
    double cause[PLUMB_CAUSES];    /* their sum is `decades` */
} Gradient;

typedef struct Walk {
    const PlumbNet *net;
    double batch;
    Signal *signal; /* of each node's output */
    Gradient *gradient;
    Back **back; /* one an input; NULL: the input, or refused */
    Back *backs; /* where they live */
    uint64_t
        *roots; /* bit sets of `words` each: which mixing nodes and inputs a node's values stem from, elementwise */
    int words;
    int *rank; /* mixing nodes on the longest path up to this one, itself included */
    bool *mixes;
    PlumbForecast *forecast;
} Walk;

static void walk_clear(Walk *walk) {
    free(walk->signal);
    free(walk->gradient);
    free(walk->back);
    free(walk->backs);
    free(walk->roots);
    free(walk->rank);
    free(walk->mixes);
}

void plumb_forecast_free(PlumbForecast *forecast) {
    if (forecast) {
        free(forecast->node);
        free(forecast);
    }
}

static bool walk_init(Walk *walk, const PlumbNet *net) {
    size_t count = (size_t)net->node_count, inputs = 0;
    for (int i = 0; i < net->node_count; i++) {
        inputs += (size_t)net->node[i].about.input_count;
    }
    *walk = (Walk){.net = net, .words = (net->node_count + 63) / 64};
    walk->signal = calloc(count, sizeof *walk->signal);
    walk->gradient = calloc(count, sizeof *walk->gradient);
    walk->back = calloc(count, sizeof *walk->back);
    walk->backs = calloc(inputs + 1, sizeof *walk->backs);
    walk->roots = calloc(count * (size_t)walk->words, sizeof *walk->roots);
    walk->rank = calloc(count, sizeof *walk->rank);
    walk->mixes = calloc(count, sizeof *walk->mixes);
    walk->forecast = calloc(1, sizeof *walk->forecast);
    PlumbForecastNode *node = walk->forecast ? calloc(count, sizeof *node) : NULL;
    if (node) {
        walk->forecast->node = node;
        walk->forecast->count = net->node_count;
    }
    return walk->signal && walk->gradient && walk->back && walk->backs && walk->roots && walk->rank && walk->mixes &&
           node;
}

/* ---- what comes in ------------------------------------------------------------------------------------------------
 */

enum { ROWS_MAX = 4096 };

/* Two rows of the data have in common what its mean has: E x(a) x(b) = mean over the features of their mean^2. */
static Signal signal_of_data(const PlumbData *data) {
    int64_t size = plumb_shape_size(data->x_shape), rows = data->train.rows < ROWS_MAX ? data->train.rows : ROWS_MAX;
    double sum = 0, squares = 0, common = 0;
    for (int64_t feature = 0; feature < size; feature++) {
        double total = 0;
        for (int64_t row = 0; row < rows; row++) {
            double x = (double)data->train.x[row * size + feature];
            total += x;
            squares += x * x;
        }
        sum += total;
        common += total * total / (double)rows;
    }
    double count = (double)size * (double)rows;
    return (Signal){.q = squares / count, .mean = sum / count, .difference = (squares - common) / count};
}

static Signal signal_of_input(const PlumbData *data) {
    return data && data->train.rows > 0 ? signal_of_data(data) : (Signal){.q = 1, .difference = 1, .normal = true};
}

/* ---- forward --------------------------------------------------------------------------------------------------------
 */

static uint64_t *roots_of(const Walk *walk, int node) {
    return walk->roots + (size_t)node * (size_t)walk->words;
}

/* Takes the roots of an input into those of the node; false where they had some in common. */
static bool join_roots(const Walk *walk, int node, int input) {
    uint64_t *mine = roots_of(walk, node), common = 0;
    const uint64_t *other = roots_of(walk, input);
    for (int i = 0; i < walk->words; i++) {
        common |= mine[i] & other[i];
        mine[i] |= other[i];
    }
    return !common;
}

static void set_root(const Walk *walk, int node) {
    uint64_t *mine = roots_of(walk, node);
    memset(mine, 0, (size_t)walk->words * sizeof *mine);
    mine[node / 64] |= (uint64_t)1 << node % 64;
}

static const Signal unknown = {NAN, NAN, NAN, NAN, false};

/* The inputs of a node; false where one of them is not known. */
static bool take_signals(Walk *walk, int at, Signal in[LAYER_INPUTS_MAX], bool *independent) {
    const PlumbNode *node = &walk->net->node[at].about;
    bool known = true;
    *independent = true;
    for (int i = 0; i < node->input_count; i++) {
        in[i] = walk->signal[node->input[i]];
        known = known && !isnan(in[i].q);
        *independent = join_roots(walk, at, node->input[i]) && *independent;
        walk->rank[at] = walk->rank[at] < walk->rank[node->input[i]] ? walk->rank[node->input[i]] : walk->rank[at];
    }
    return known;
}

/* Weights of a node that shares them lie among those of the nodes before it. */
static bool is_shared(const PlumbNet *net, int at) {
    const PlumbNode *node = &net->node[at].about;
    for (int i = at - 1; i >= 0 && node->weight_count; i--) {
        if (net->node[i].about.weight_count) {
            return net->node[i].about.first_weight >= node->first_weight;
        }
    }
    return false;
}

/* Carries the signal through one node and keeps how the gradient will come back. */
static void step_forward(Walk *walk, int at, Back *back) {
    const NetNode *node = &walk->net->node[at];
    PlumbForecastNode *told = &walk->forecast->node[at];
    Signal in[LAYER_INPUTS_MAX];
    WeightSpec weight[LAYER_WEIGHTS_MAX];
    Moments m = {.site = &node->site, .weight = weight, .batch = walk->batch, .in = in, .back = back};
    walk->signal[at] = unknown;
    if (!take_signals(walk, at, in, &m.independent)) {
        return;
    }
    m.weights = node->layer->weights ? node->layer->weights(&node->site, weight) : 0;
    m.refused = "there is no theory for it here";
    if (node->layer->moments) {
        m.refused = NULL;
        node->layer->moments(&m);
    }
    told->refused = m.refused;
    if (m.refused) {
        return;
    }
    told->caution = m.caution;
    walk->signal[at] = m.out;
    walk->back[at] = back;
    if (is_shared(walk->net, at)) {
        told->caution = "its weights are shared, and taken as drawn anew for each use";
    }
    if (m.mixes) {
        set_root(walk, at);
        walk->rank[at]++;
        walk->mixes[at] = true;
    }
}

static void walk_forward(Walk *walk, const PlumbData *data) {
    Back *back = walk->backs;
    for (int i = 0; i < walk->net->node_count; i++) {
        int inputs = walk->net->node[i].about.input_count;
        if (inputs) {
            step_forward(walk, i, back);
        } else {
            walk->signal[i] = signal_of_input(data);
            set_root(walk, i);
        }
        back += inputs;
    }
}

/* ---- backward
 * ----------------------------------------------------------------------------------------------------------- */

/* log10 of the root of what is left of d^2 where its mean over the batch and its part along y are taken away. */
static double centring(const Gradient *d, double rows) {
    double few = 1 / rows;
    return 0.5 * log10(1 - (few + (1 - few) * d->cross) - (few * d->aligned + (1 - few) * d->aligned_cross));
}

static Gradient through(const Gradient *d, const Back *back, const Signal *x) {
    Gradient g = *d;
    double scale = back->gain > 0 ? 1 / back->gain : 0;
    for (int i = 0; i < PLUMB_CAUSES; i++) {
        g.cause[i] += back->decades[i];
        g.decades += back->decades[i];
    }
    g.spread += back->spread;
    g.cross = d->cross * back->cross * scale;
    if (!back->keeps) {
        g.aligned = back->aligned * scale;
        g.aligned_cross = d->cross * back->aligned_cross * scale;
    }
    if (back->centred > 0) {
        double lost = centring(d, back->centred);
        g.decades += lost;
        g.cause[PLUMB_BY_NORM] += lost;
        g.cross = -1 / (back->centred - 1);
        g.aligned_cross = g.cross * (x->q - x->difference);
    }
    return g;
}

/* Adds what arrives from two places. The sum's decades are the mean of both by their shares, plus what the sum has over
 * it: -share log10(share) / 2 each, which is the skip's doing. Where the two point, n values each, is drawn anew: 4
 * share share / n. */
static void gather(Gradient *into, const Gradient *g, double n) {
    if (!into->reached || into->decades == -INFINITY) {
        *into = *g;
        return;
    }
    if (g->decades == -INFINITY) {
        return;
    }
    double mine = 1 / (1 + pow(10, 2 * (g->decades - into->decades))), other = 1 - mine;
    double entropy = -0.5 * ((mine > 0 ? mine * log10(mine) : 0) + (other > 0 ? other * log10(other) : 0));
    double root = mine * sqrt(into->spread) + other * sqrt(g->spread);
    for (int i = 0; i < PLUMB_CAUSES; i++) {
        into->cause[i] = mine * into->cause[i] + other * g->cause[i];
    }
    into->cause[PLUMB_BY_SKIP] += entropy;
    into->decades = mine * into->decades + other * g->decades + entropy;
    into->cross = mine * into->cross + other * g->cross;
    into->aligned = mine * into->aligned + other * g->aligned;
    into->aligned_cross = mine * into->aligned_cross + other * g->aligned_cross;
    into->spread = root * root + 4 * mine * other / n;
}

static void step_back(Walk *walk, int at) {
    static const Gradient lost = {.reached = true, .decades = NAN};
    const PlumbNode *node = &walk->net->node[at].about;
    const Gradient *d = &walk->gradient[at];
    for (int i = 0; d->reached && i < node->input_count; i++) {
        int input = node->input[i];
        Gradient g = walk->back[at] ? through(d, &walk->back[at][i], &walk->signal[input]) : lost;
        g.decades = isnan(g.decades) ? NAN : g.decades;
        gather(&walk->gradient[input], &g, (double)plumb_shape_size(walk->net->node[input].about.shape));
    }
}

/* The last node, or the last before those that theory does not cover: a softmax at the end. */
static int start_of(const Walk *walk) {
    int at = walk->net->node_count - 1;
    while (at > 0 && !walk->back[at] && walk->net->node[at].about.input_count == 1) {
        at = walk->net->node[at].about.input[0];
    }
    return at;
}

static void walk_back(Walk *walk) {
    int start = walk->forecast->start = start_of(walk);
    walk->gradient[start] = (Gradient){.reached = true, .aligned = walk->signal[start].q};
    for (int i = start; i > 0; i--) {
        step_back(walk, i);
    }
}

/* ---- what is told
 * -------------------------------------------------------------------------------------------------------- */

/* ln d^2 ~ N(-spread / 2, spread), Hanin & Nica 2020: as decades of d, the median below the mean, and two standard
 * deviations. */
static double below_mean(const Gradient *d) {
    return d->spread / (4 * M_LN10);
}
static double half_band(const Gradient *d) {
    return sqrt(d->spread) / M_LN10;
}

static void tell_node(Walk *walk, int at) {
    const NetNode *node = &walk->net->node[at];
    const Signal *x = &walk->signal[at];
    Gradient *d = &walk->gradient[at];
    PlumbForecastNode *told = &walk->forecast->node[at];
    double decades = d->reached ? d->decades - below_mean(d) : at > walk->forecast->start ? NAN : -INFINITY;
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
static void tell_gains(Walk *walk) {
    double next = 0;
    for (int i = walk->net->node_count - 1; i >= 0; i--) {
        PlumbForecastNode *told = &walk->forecast->node[i];
        told->gain = isinf(told->decades) ? 0 : pow(10, told->decades - next);
        next = walk->mixes[i] ? told->decades : next;
    }
}

static void find_ends(Walk *walk) {
    PlumbForecast *forecast = walk->forecast;
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

static void tell_slope(Walk *walk) {
    PlumbForecast *forecast = walk->forecast;
    const Gradient *first = &walk->gradient[forecast->first], *last = &walk->gradient[forecast->last];
    const Signal *bottom = &walk->signal[forecast->first], *top = &walk->signal[forecast->last];
    double spread = first->spread - last->spread;
    Gradient between = {.spread = spread > 0 ? spread : 0};
    forecast->depth = walk->rank[forecast->last] - walk->rank[forecast->first];
    forecast->slope = first->decades - last->decades - below_mean(&between);
    forecast->low = forecast->slope - half_band(&between);
    forecast->high = forecast->slope + half_band(&between);
    for (int i = 0; i < PLUMB_CAUSES; i++) {
        forecast->cause[i] = first->cause[i] - last->cause[i];
    }
    forecast->cause[PLUMB_BY_WIDTH] -= below_mean(&between);
    forecast->signal_slope = 0.5 * log10(top->q / bottom->q);
    forecast->difference = sqrt(top->difference / top->q);
    double shrinking = (bottom->log_tangent - log(bottom->q)) - (top->log_tangent - log(top->q));
    forecast->depth_scale = shrinking > 1e-9 * forecast->depth ? forecast->depth / shrinking : INFINITY;
    double each = forecast->depth > 0 && isfinite(forecast->slope) ? -forecast->slope / forecast->depth : 0;
    forecast->underflow_depth = each > 1e-6 ? ceil(-log10(FLT_MIN) / each) : INFINITY;
}

/* In decades: where plain descent, and where an optimizer that rescales the gradient (adaptive), is taken to fail. */
static PlumbVerdict verdict_of(const PlumbForecast *f) {
    static const double vanishing[] = {-3.5, -5}, exploding[] = {1.5, 3}, difference = -3.5;
    if (f->first < 0 || isnan(f->slope) || (isnan(f->signal_slope) && isfinite(f->slope))) {
        return PLUMB_UNFORESEEN;
    }
    if (f->slope > exploding[f->adaptive] || f->signal_slope > exploding[f->adaptive]) {
        return PLUMB_EXPLODING;
    }
    return f->slope < vanishing[f->adaptive] || f->signal_slope < vanishing[f->adaptive] ||
                   log10(f->difference) < difference
               ? PLUMB_VANISHING
               : PLUMB_HEALTHY;
}

static void tell(Walk *walk) {
    PlumbForecast *forecast = walk->forecast;
    for (int i = 0; i < forecast->count; i++) {
        tell_node(walk, i);
    }
    tell_gains(walk);
    find_ends(walk);
    if (forecast->first >= 0) {
        tell_slope(walk);
    } else {
        forecast->slope = forecast->signal_slope = forecast->depth_scale = forecast->difference = NAN;
        forecast->underflow_depth = INFINITY;
    }
    forecast->verdict = verdict_of(forecast);
}

/* Does it divide a gradient by its own size? All but plain descent do. */
static bool is_adaptive(const PlumbCall *recipe) {
    const PlumbCall *optimizer = recipe ? plumb_call_call(recipe, "optimizer") : NULL;
    return optimizer && ((const Optimizer *)optimizer->entry)->kind != UPDATE_SGD;
}

PlumbForecast *plumb_forecast(const PlumbNet *net, const PlumbData *data, const PlumbCall *recipe, PlumbError *error) {
    Walk walk;
    if (net->unknown || net->node_count < 2 || net->node[0].about.input_count > 0) {
        plumb_fail(error, PLUMB_SHAPE_ERROR, "net %s has no input and layers behind it to forecast", net->name);
        return NULL;
    }
    if (!walk_init(&walk, net)) {
        error_memory(error);
        plumb_forecast_free(walk.forecast);
        walk_clear(&walk);
        return NULL;
    }
    walk.batch = recipe ? plumb_call_number(recipe, "batch") : INFINITY;
    if (data && walk.batch > (double)data->train.rows) {
        walk.batch = (double)data->train.rows;
    }
    walk.forecast->adaptive = is_adaptive(recipe);
    walk_forward(&walk, data);
    walk_back(&walk);
    tell(&walk);
    walk_clear(&walk);
    return walk.forecast;
}

const char *plumb_cause_name(PlumbCause cause) {
    static const char *const name[PLUMB_CAUSES] = {"activation", "init", "norm", "skip", "width", "dropout", "gates"};
    return cause < PLUMB_CAUSES ? name[cause] : "";
}
