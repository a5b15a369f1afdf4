/* Limits of layers and units, see limits.h. Each factor is found by one thread, whole: the same bits for any number. */
#include "limits.h"
#include <math.h>
#include <stdlib.h>

static ClipScope scope_of(const Limits *limits) {
    return limits->clip ? ((const Clip *)limits->clip->entry)->scope : CLIP_NUMBER;
}

/* Brock et al. 2021: a unit is a row of a matrix or filter; what has a single axis is one. */
static int64_t unit_length(const NetWeight *weight) {
    int axes = 0;
    for (int i = 0; i < weight->spec.shape.rank; i++) {
        axes += weight->spec.shape.dim[i] > 1;
    }
    return axes > 1 ? weight->size / weight->spec.shape.dim[0] : weight->size;
}

/* The last layer that learns: adaptive clipping leaves it alone unless told otherwise. */
static int last_learning(const PlumbNet *net) {
    int last = -1;
    for (int i = 0; i < net->node_count; i++) {
        last = net->node[i].about.parameters > 0 ? i : last;
    }
    return last;
}

static void fill_spans(Limits *limits, const PlumbNet *net) {
    bool units = scope_of(limits) == CLIP_UNIT, spares = units && !plumb_call_bool(limits->clip, "last");
    int last = last_learning(net);
    for (int n = 0; n < net->node_count; n++) {
        const PlumbNode *about = &net->node[n].about;
        for (int i = about->first_weight; about->parameters > 0 && i < about->first_weight + about->weight_count; i++) {
            const NetWeight *weight = &net->weight[i];
            limits->span[i] = (Span){.first = about->first_weight,
                                     .count = about->weight_count,
                                     .factor = limits->factor_count,
                                     .length = units ? unit_length(weight) : weight->size,
                                     .spared = spares && n == last};
            limits->factor_count += (int)(weight->size / limits->span[i].length);
        }
    }
}

bool limits_init(Limits *limits, const PlumbNet *net, const PlumbCall *clip, const PlumbCall *optimizer) {
    *limits = (Limits){.clip = clip, .optimizer = optimizer};
    bool trusts = optimizer && ((const Optimizer *)optimizer->entry)->trust;
    if (!trusts && scope_of(limits) < CLIP_LAYER) {
        return true;
    }
    size_t weights = (size_t)net->weight_count + 1;
    limits->span = calloc(weights, sizeof *limits->span);
    limits->trust = calloc(weights, sizeof *limits->trust);
    limits->squares = calloc(weights, sizeof *limits->squares);
    if (!limits->span || !limits->trust || !limits->squares) {
        return false;
    }
    fill_spans(limits, net);
    limits->factor = calloc((size_t)limits->factor_count + 1, sizeof *limits->factor);
    return limits->factor;
}

void limits_clear(Limits *limits) {
    free(limits->span);
    free(limits->factor);
    free(limits->trust);
    free(limits->squares);
    *limits = (Limits){0};
}

bool limits_wait(const Limits *limits) {
    return limits->span || scope_of(limits) != CLIP_NUMBER;
}

/* ---- finding -------------------------------------------------------------------------------------------------- */

static double factor_for(const Limits *limits, double grad_norm, double weight_norm) {
    Update update = {.scale = 1};
    if (limits->clip) {
        ((const Clip *)limits->clip->entry)->apply(limits->clip, grad_norm, weight_norm, &update);
    }
    return update.scale;
}

static double layer_norm(const Limits *limits, const Span *span) {
    double squares = 0;
    for (int i = span->first; i < span->first + span->count; i++) {
        squares += limits->squares[i];
    }
    return sqrt(squares);
}

/* Fills the factors of units; returns the squared norm of the gradient that they leave. */
static double find_units(Limits *limits, const PlumbNet *net, const Kernels *k, int i) {
    const Span *span = &limits->span[i];
    const NetWeight *weight = &net->weight[i];
    double left = 0;
    for (int64_t at = 0, unit = 0; at < weight->size; at += span->length, unit++) {
        const real *g = net->gradients + weight->offset + at, *w = net->parameters + weight->offset + at;
        double squares = k->dot(span->length, g, g);
        double factor = span->spared ? 1 : factor_for(limits, sqrt(squares), sqrt(k->dot(span->length, w, w)));
        limits->factor[span->factor + unit] = factor;
        left += factor * factor * squares;
    }
    return left;
}

/* Clipping by number is not seen by the trust ratio: its norm is that of the whole numbers. */
void limits_find(Limits *limits, const PlumbNet *net, const Kernels *k, int i, double norm) {
    const Span *span = &limits->span[i];
    const NetWeight *weight = &net->weight[i];
    double left;
    if (!weight->spec.learned) {
        return;
    }
    if (scope_of(limits) == CLIP_UNIT) {
        left = find_units(limits, net, k, i);
    } else {
        double factor = factor_for(limits, scope_of(limits) == CLIP_LAYER ? layer_norm(limits, span) : norm, 0);
        limits->factor[span->factor] = factor;
        left = factor * factor * limits->squares[i];
    }
    const Optimizer *optimizer = limits->optimizer ? (const Optimizer *)limits->optimizer->entry : NULL;
    const real *w = net->parameters + weight->offset;
    limits->trust[i] = optimizer && optimizer->trust
                           ? optimizer->trust(limits->optimizer, sqrt(left), sqrt(k->dot(weight->size, w, w)))
                           : 1;
}

/* ---- applying --------------------------------------------------------------------------------------------------- */

int64_t limits_apply(const Limits *limits, int i, int64_t offset, double norm, Update *update) {
    if (limits->clip && scope_of(limits) < CLIP_LAYER) {
        ((const Clip *)limits->clip->entry)->apply(limits->clip, norm, 0, update);
    }
    if (!limits->span) {
        return INT64_MAX;
    }
    const Span *span = &limits->span[i];
    if (scope_of(limits) >= CLIP_LAYER) {
        update->scale = limits->factor[span->factor + offset / span->length];
    }
    update->trust = limits->trust[i];
    return span->length - offset % span->length;
}

double limits_least(const Limits *limits, double norm) {
    if (scope_of(limits) < CLIP_LAYER) {
        return factor_for(limits, norm, 0);
    }
    double least = 1;
    for (int i = 0; i < limits->factor_count; i++) {
        least = limits->factor[i] < least ? limits->factor[i] : least;
    }
    return least;
}
