/* The moments of the signal carried forward through the net, those of the gradient backward. */
#include "walk.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

void walk_clear(Walk *walk) {
    free(walk->signal);
    free(walk->gradient);
    free(walk->back);
    free(walk->backs);
    free(walk->edges);
    free(walk->share);
    free(walk->first_edge);
    free(walk->roots);
    free(walk->rank);
    free(walk->mixes);
}

/* Edges by where they come from: counted, then placed. */
static void list_edges(Walk *walk) {
    int *first = walk->first_edge, count = walk->net->node_count;
    for (int to = 0; to < count; to++) {
        const PlumbNode *node = &walk->net->node[to].about;
        for (int i = 0; i < node->input_count; i++) {
            first[node->input[i] + 1]++;
        }
    }
    for (int i = 0; i < count; i++) {
        first[i + 1] += first[i];
    }
    for (int to = 0; to < count; to++) {
        const PlumbNode *node = &walk->net->node[to].about;
        for (int i = 0; i < node->input_count; i++) {
            walk->edges[first[node->input[i]]++] = (Edge){to, i};
        }
    }
    memmove(first + 1, first, (size_t)count * sizeof *first);
    first[0] = 0;
}

bool walk_init(Walk *walk, const PlumbNet *net, PlumbForecastNode *told) {
    size_t count = (size_t)net->node_count, inputs = 0;
    for (int i = 0; i < net->node_count; i++) {
        inputs += (size_t)net->node[i].about.input_count;
    }
    *walk = (Walk){.net = net, .told = told, .words = (net->node_count + 63) / 64};
    walk->signal = calloc(count, sizeof *walk->signal);
    walk->gradient = calloc(count, sizeof *walk->gradient);
    walk->back = calloc(count, sizeof *walk->back);
    walk->backs = calloc(inputs + 1, sizeof *walk->backs);
    walk->edges = calloc(inputs + 1, sizeof *walk->edges);
    walk->share = calloc(inputs + 1, sizeof *walk->share);
    walk->first_edge = calloc(count + 1, sizeof *walk->first_edge);
    walk->roots = calloc(count * (size_t)walk->words, sizeof *walk->roots);
    walk->rank = calloc(count, sizeof *walk->rank);
    walk->mixes = calloc(count, sizeof *walk->mixes);
    bool done = walk->signal && walk->gradient && walk->back && walk->backs && walk->edges && walk->share &&
                walk->first_edge && walk->roots && walk->rank && walk->mixes;
    if (done) {
        list_edges(walk);
    }
    return done;
}

/* ---- what comes in ----------------------------------------------------------------------------------------------- */

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
    double difference = (squares - common) / count; /* what rows have in common, their mean, places are taken to have */
    return (Signal){.q = squares / count, .mean = sum / count, .difference = difference, .apart = difference};
}

static Signal signal_of_input(const PlumbData *data) {
    return data && data->train.rows > 0 ? signal_of_data(data)
                                        : (Signal){.q = 1, .difference = 1, .apart = 1, .normal = true};
}

/* ---- forward ----------------------------------------------------------------------------------------------------- */

static const Signal unknown = {.q = NAN, .mean = NAN, .difference = NAN, .apart = NAN, .log_tangent = NAN};

/* The inputs of a node; false where one of them is not known. */
static bool take_signals(Walk *walk, int at, Signal in[LAYER_INPUTS_MAX]) {
    const PlumbNode *node = &walk->net->node[at].about;
    bool known = true;
    for (int i = 0; i < node->input_count; i++) {
        int rank = walk->rank[node->input[i]];
        in[i] = walk->signal[node->input[i]];
        known = known && !isnan(in[i].q);
        walk->rank[at] = walk->rank[at] < rank ? rank : walk->rank[at];
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
    PlumbForecastNode *told = &walk->told[at];
    Signal in[LAYER_INPUTS_MAX];
    WeightSpec weight[LAYER_WEIGHTS_MAX];
    Moments m = {.site = &node->site, .weight = weight, .batch = walk->batch, .in = in, .back = back};
    walk->signal[at] = unknown;
    told->time_gain = NAN;
    m.independent = roots_join(walk, at);
    if (!take_signals(walk, at, in)) {
        return;
    }
    m.joint = joint_inputs(walk, at);
    m.weights = node->layer->weights ? node->layer->weights(&node->site, weight) : 0;
    m.refused = "there is no theory for it here";
    if (isnan(m.joint.square)) {
        m.refused = "its inputs depend on each other in too many ways";
    } else if (node->layer->moments) {
        m.refused = NULL;
        node->layer->moments(&m);
    }
    told->refused = m.refused;
    if (m.refused) {
        return;
    }
    told->caution =
        is_shared(walk->net, at) ? "its weights are shared, and taken as drawn anew for each use" : m.caution;
    told->time_gain = m.time_gain > 0 ? m.time_gain : NAN;
    walk->signal[at] = m.out;
    walk->back[at] = back;
    if (m.mixes) {
        roots_set(walk, at);
        walk->rank[at]++;
        walk->mixes[at] = true;
    }
}

void walk_forward(Walk *walk, const PlumbData *data) {
    Back *back = walk->backs;
    for (int i = 0; i < walk->net->node_count; i++) {
        int inputs = walk->net->node[i].about.input_count;
        if (inputs) {
            step_forward(walk, i, back);
        } else {
            walk->signal[i] = signal_of_input(data);
            walk->told[i].time_gain = NAN;
            roots_set(walk, i);
        }
        back += inputs;
    }
}

/* ---- backward ---------------------------------------------------------------------------------------------------- */

/* log10 of the root of what is left of d^2 where its mean over the batch and its part along y are taken away. Of all
 * pairs of its rows some are places of one row. */
static double centring(const Gradient *d, const Back *back) {
    double rows = back->centred, few = 1 / rows, within = isinf(rows) ? 0 : (back->centred_places - 1) / (rows - 1);
    double cross = within * d->places + (1 - within) * d->cross;
    return 0.5 * log10(1 - (few + (1 - few) * cross) - (few * d->aligned + (1 - few) * d->aligned_cross));
}

/* The same of a norm of rows, whose features are independent: only places have something in common. */
static void norm_row(const Gradient *d, const Back *back, Gradient *g) {
    double few = 1 / back->normed.places, features = back->normed.features;
    double mean = back->normed.centres ? (few + (1 - few) * d->places) / features : 0;
    double along = (few * d->aligned + (1 - few) * d->aligned_places) / features;
    double left = fmax(1 - mean - along, 0), lost = 0.5 * log10(left);
    g->decades += lost;
    g->cause[PLUMB_BY_NORM] += lost;
    if (back->normed.places > 1) {
        g->places = left > 0 ? fmax(d->places - mean - back->normed.alike * along, 0) / left : 0;
    }
}

/* What the gradients of two places have in common, and what attention or upsampling adds up of both. */
static void share_places(const Gradient *d, const Back *back, Gradient *g) {
    double more = 1 + back->shared * d->places, lost = 0.5 * log10(more);
    g->places = back->joined ? 1 : (back->mingled + (1 - back->parted + back->shared) * d->places) / more;
    g->decades += lost;
    g->cause[back->shared_by] += lost;
}

static Gradient through(const Gradient *d, const Back *back, const Signal *x) {
    Gradient g = *d;
    double scale = back->gain > 0 ? 1 / back->gain : 0;
    for (int i = 0; i < PLUMB_CAUSES; i++) {
        g.cause[i] += back->decades[i];
        g.decades += back->decades[i];
    }
    if (back->focused && d->focus > 0) {
        g.decades += 0.5 * log10(d->focus);
        g.cause[PLUMB_BY_ACTIVATION] += 0.5 * log10(d->focus);
    }
    g.focus = back->keeps ? d->focus : back->focus;
    g.spread += back->spread;
    g.cross = d->cross * back->cross * scale;
    g.kin = d->kin * back->cross * scale;
    share_places(d, back, &g);
    if (back->normed.places > 0) {
        norm_row(d, back, &g);
    }
    if (!back->keeps) {
        g.aligned = back->aligned * scale;
        g.aligned_cross = d->cross * back->aligned_cross * scale;
        g.aligned_places = back->focused ? d->places * back->aligned_places * scale : g.places * (x->q - x->apart);
    }
    if (back->centred > 0) {
        double lost = centring(d, back);
        g.decades += lost;
        g.cause[PLUMB_BY_NORM] += lost;
        g.cross = g.kin = -1 / (back->centred - 1);
        g.aligned_cross = g.cross * (x->q - x->difference);
    }
    return g;
}

/* ---- where several readers send their gradients ------------------------------------------------------------------ */

/* The gradient along one edge; false: none. */
static bool arrives(const Walk *walk, int at, const Edge *edge, Gradient *g) {
    const Gradient *d = &walk->gradient[edge->to];
    if (!d->reached) {
        return false;
    }
    *g = (Gradient){.reached = true, .decades = NAN};
    if (walk->back[edge->to] && !isnan(d->decades)) {
        *g = through(d, &walk->back[edge->to][edge->slot], &walk->signal[at]);
    }
    return true;
}

/* Adds one of several gradients, of `share` of their squares' sum. The sum's decades are the mean of all by their
 * shares, plus -share log10(share) / 2 each, which is the skip's doing. */
static void gather(Gradient *into, const Gradient *g, double share) {
    double entropy = -0.5 * log10(share);
    into->decades += share * (g->decades + entropy);
    for (int i = 0; i < PLUMB_CAUSES; i++) {
        into->cause[i] += share * g->cause[i];
    }
    into->cause[PLUMB_BY_SKIP] += share * entropy;
    into->focus += share * (g->focus > 0 ? g->focus : 1);
    into->cross += share * g->cross;
    into->kin += share * g->kin;
    into->places += share * g->places;
    into->aligned += share * g->aligned;
    into->aligned_cross += share * g->aligned_cross;
    into->aligned_places += share * g->aligned_places;
    into->spread += share * share * g->spread;
}

/* Draws of the branches' common top, taken as the least of their spreads, move all alike; what a branch has beyond it
 * counts by the square of its share. */
static double common_spread(const Walk *walk, int at) {
    double least = INFINITY, own = 0;
    Gradient g;
    for (int i = walk->first_edge[at]; i < walk->first_edge[at + 1]; i++) {
        if (walk->share[i] > 0 && arrives(walk, at, &walk->edges[i], &g)) {
            least = fmin(least, g.spread);
            own += walk->share[i] * walk->share[i];
        }
    }
    return own > 0 ? least * (1 - own) : 0;
}

/* What gradients that stem from the same one add to, or take from, the sum of squares 1; and 4 share share / n of the
 * spread for each pair that points anywhere, n values each. */
static void tie(const Walk *walk, int at, Gradient *sum) {
    double n = (double)plumb_shape_size(walk->net->node[at].about.shape), total = 1, free = common_spread(walk, at);
    for (int i = walk->first_edge[at]; i < walk->first_edge[at + 1]; i++) {
        for (int j = walk->first_edge[at]; j < i; j++) {
            double both = walk->share[i] * walk->share[j];
            if (both > 0) {
                total += 2 * sqrt(both) * edges_correlate(walk, &walk->edges[i], &walk->edges[j]);
                free += 4 * both / n;
            }
        }
    }
    double change = 0.5 * log10(isnan(total) ? NAN : fmax(total, 0));
    sum->decades += change;
    sum->cause[PLUMB_BY_SKIP] += change;
    sum->spread += free;
}

/* Shares of the sum of squares that arrives along the edges. Returns whether it is neither 0 nor unknown; else
 * `decades` says. */
static bool share_out(const Walk *walk, int at, Gradient *sum) {
    double total = 0;
    Gradient g;
    sum->decades = -INFINITY;
    for (int i = walk->first_edge[at]; i < walk->first_edge[at + 1]; i++) {
        if (arrives(walk, at, &walk->edges[i], &g)) {
            sum->reached = true;
            sum->decades = isnan(g.decades) || isnan(sum->decades) ? NAN : fmax(sum->decades, g.decades);
        }
    }
    for (int i = walk->first_edge[at]; i < walk->first_edge[at + 1] && isfinite(sum->decades); i++) {
        walk->share[i] = arrives(walk, at, &walk->edges[i], &g) ? pow(10, 2 * (g.decades - sum->decades)) : 0;
        total += walk->share[i];
    }
    for (int i = walk->first_edge[at]; i < walk->first_edge[at + 1]; i++) {
        walk->share[i] /= total > 0 ? total : 1;
    }
    return isfinite(sum->decades);
}

static void step_back(Walk *walk, int at) {
    Gradient g, sum = {.reached = false};
    if (share_out(walk, at, &sum)) {
        sum.decades = 0;
        for (int i = walk->first_edge[at]; i < walk->first_edge[at + 1]; i++) {
            if (walk->share[i] > 0 && arrives(walk, at, &walk->edges[i], &g)) {
                gather(&sum, &g, walk->share[i]);
            }
        }
        tie(walk, at, &sum);
    }
    walk->gradient[at] = sum;
}

/* The last node, or the last before a softmax and what theory does not cover. */
static int start_of(const Walk *walk) {
    int at = walk->net->node_count - 1;
    while (at > 0 && (!walk->back[at] || walk->net->node[at].layer->probabilities) &&
           !walk->net->node[at].about.weight_count && walk->net->node[at].about.input_count == 1) {
        at = walk->net->node[at].about.input[0];
    }
    return at;
}

void walk_back(Walk *walk) {
    walk->start = start_of(walk);
    walk->gradient[walk->start] = (Gradient){.reached = true, .kin = 1, .aligned = walk->signal[walk->start].q};
    for (int i = walk->net->node_count - 1; i > walk->start; i--) {
        walk->told[i].caution = walk->told[i].refused = NULL; /* no matter: it is the loss's */
    }
    for (int i = walk->start - 1; i >= 0; i--) {
        step_back(walk, i);
    }
}
