/* What values that stem from the same draws have in common: a branch that joins what it left. Elementwise functions of
 * jointly normal numbers covary by their mean slopes (Stein's lemma: Cov(f(u), v) = E f'(u) Cov(u, v)), weights drawn
 * anew break every tie. */
#include "walk.h"
#include <math.h>
#include <string.h>

static uint64_t *roots_of(const Walk *walk, int node) {
    return walk->roots + (size_t)node * (size_t)walk->words;
}

static bool roots_meet(const Walk *walk, int a, int b) {
    const uint64_t *first = roots_of(walk, a), *second = roots_of(walk, b);
    uint64_t common = 0;
    for (int i = 0; i < walk->words; i++) {
        common |= first[i] & second[i];
    }
    return common;
}

bool roots_join(const Walk *walk, int node) {
    const PlumbNode *about = &walk->net->node[node].about;
    bool independent = true;
    for (int i = 0; i < about->input_count; i++) {
        independent = independent && !roots_meet(walk, node, about->input[i]);
        for (int j = 0; j < walk->words; j++) {
            roots_of(walk, node)[j] |= roots_of(walk, about->input[i])[j];
        }
    }
    return independent;
}

void roots_set(const Walk *walk, int node) {
    uint64_t *mine = roots_of(walk, node);
    memset(mine, 0, (size_t)walk->words * sizeof *mine);
    mine[node / 64] |= (uint64_t)1 << node % 64;
}

/* ---- forward ----------------------------------------------------------------------------------------------------- */

enum { PATHS_MAX = 1 << 14 /* that two nodes may be tied by: more, and theory is given up */ };

/* Covariances of two nodes' values: what the later one takes from its inputs, by its slopes. NaN: too many paths. */
static Joint covariance(const Walk *walk, int a, int b, double log, int *paths) {
    Joint sum = {.log = log, .square = ++*paths > PATHS_MAX ? NAN : 0};
    const Signal *x = &walk->signal[a];
    if (a == b) {
        double mean = x->mean * x->mean;
        return (Joint){.square = x->q - mean,
                       .common = x->q - x->difference - mean,
                       .places = x->q - x->apart - mean,
                       .tangent = exp(x->log_tangent - log),
                       .log = log};
    }
    if (isnan(sum.square) || !roots_meet(walk, a, b)) {
        return sum;
    }
    int later = a > b ? a : b, other = a > b ? b : a;
    const PlumbNode *node = &walk->net->node[later].about;
    for (int i = 0; walk->back[later] && i < node->input_count; i++) {
        double slope = walk->back[later][i].slope;
        if (slope != 0) {
            Joint part = covariance(walk, node->input[i], other, log, paths);
            sum.square += slope * part.square;
            sum.common += slope * part.common;
            sum.places += slope * part.places;
            sum.tangent += slope * part.tangent;
        }
    }
    return sum;
}

Joint joint_inputs(const Walk *walk, int node) {
    const PlumbNode *about = &walk->net->node[node].about;
    Joint sum = {.log = -INFINITY};
    int paths = 0;
    for (int i = 0; i < about->input_count; i++) {
        sum.log = fmax(sum.log, walk->signal[about->input[i]].log_tangent);
    }
    for (int i = 0; i < about->input_count; i++) {
        for (int j = 0; j < i; j++) {
            Joint pair = covariance(walk, about->input[i], about->input[j], sum.log, &paths);
            double means = walk->signal[about->input[i]].mean * walk->signal[about->input[j]].mean;
            sum.square += pair.square + means;
            sum.common += pair.common + means;
            sum.places += pair.places + means;
            sum.tangent += pair.tangent;
        }
    }
    return sum;
}

/* ---- backward ---------------------------------------------------------------------------------------------------- */

/* Correlation of what a node's gradient sends along an edge with that gradient itself. */
static double along(const Walk *walk, const Edge *edge) {
    const Back *back = walk->back[edge->to] ? &walk->back[edge->to][edge->slot] : NULL;
    return back && back->gain > 0 ? back->slope / sqrt(back->gain) : 0;
}

/* Of the gradients of two nodes' outputs: what the earlier one gets from its readers. */
static double gradients_correlate(const Walk *walk, int a, int b, int *paths) {
    if (a == b || ++*paths > PATHS_MAX) {
        return a == b ? 1 : NAN;
    }
    int earlier = a < b ? a : b, other = a < b ? b : a;
    double sum = 0;
    for (int i = walk->first_edge[earlier]; i < walk->first_edge[earlier + 1]; i++) {
        const Edge *edge = &walk->edges[i];
        double slope = along(walk, edge);
        if (slope != 0 && edge->to <= other && walk->gradient[edge->to].reached) {
            double size = walk->gradient[edge->to].decades - walk->gradient[earlier].decades;
            size += 0.5 * log10(walk->back[edge->to][edge->slot].gain);
            sum += slope * pow(10, size) * gradients_correlate(walk, edge->to, other, paths);
        }
    }
    return sum;
}

double edges_correlate(const Walk *walk, const Edge *a, const Edge *b) {
    double slope = along(walk, a) * along(walk, b);
    int paths = 0;
    return slope == 0 ? 0 : slope * gradients_correlate(walk, a->to, b->to, &paths);
}
