/* Layer-sequential unit variance: Mishkin & Matas 2016, algorithm 1. */
#include "lsuv.h"
#include "../core/error.h"
#include "inits.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS_MOST = 10 };
static const double TOLERANCE = 0.1; /* of the variance; both are the paper's */

static bool waits(const NetWeight *weight) {
    return weight->spec.init && weight->spec.init->entry == &init_lsuv.entry;
}

/* Weights of the node that wait; where several share the work, each takes a root of the factor. */
static int waiting(const PlumbNet *net, const PlumbNode *about) {
    int count = 0;
    for (int i = 0; i < about->weight_count; i++) {
        count += waits(&net->weight[about->first_weight + i]);
    }
    return count;
}

static double variance_of(const real *value, int64_t count) {
    double mean = 0, squares = 0;
    for (int64_t i = 0; i < count; i++) {
        mean += (double)value[i] / (double)count;
    }
    for (int64_t i = 0; i < count; i++) {
        squares += ((double)value[i] - mean) * ((double)value[i] - mean);
    }
    return squares / (double)count;
}

static void scale_weights(PlumbNet *net, const NetNode *node, double variance) {
    real *w[LAYER_WEIGHTS_MAX];
    double share = 0.5 / waiting(net, &node->about);
    for (int i = 0; i < node->about.weight_count; i++) {
        NetWeight *weight = &net->weight[node->about.first_weight + i];
        w[i] = weight->about.value;
        if (waits(weight)) {
            double gain = plumb_call_number(weight->spec.init, "gain");
            kernels_portable()->scale(weight->size, (real)pow(gain * gain / variance, share), w[i], w[i]);
        }
    }
    if (node->layer->settle) {
        node->layer->settle(&node->site, w);
    }
}

/* Dropout is off, and batch norms are as they begin. A layer without variance is left as it was drawn. */
static bool scale_node(PlumbNet *net, int index, const real *x, int rows, real *out, const PlumbConfig *config,
                       PlumbError *error) {
    const NetNode *node = &net->node[index];
    const PlumbCall *init = NULL;
    for (int i = 0; i < node->about.weight_count && !init; i++) {
        const NetWeight *weight = &net->weight[node->about.first_weight + i];
        init = waits(weight) ? weight->spec.init : NULL;
    }
    double gain = plumb_call_number(init, "gain");
    for (int round = 0; round < ROUNDS_MOST; round++) {
        if (!plumb_node_output(net, x, rows, index, out, config, error)) {
            return false;
        }
        double variance = variance_of(out, rows * plumb_shape_size(node->about.shape));
        if (!(variance > 0) || !isfinite(variance) || gain == 0 || fabs(variance / (gain * gain) - 1) < TOLERANCE) {
            return true;
        }
        scale_weights(net, node, variance);
    }
    return true;
}

static bool scale_nodes(PlumbNet *net, const real *x, int rows, const PlumbConfig *config, PlumbError *error) {
    int64_t largest = 0;
    for (int i = 0; i < net->node_count; i++) {
        int64_t size = plumb_shape_size(net->node[i].about.shape);
        largest = size > largest ? size : largest;
    }
    real *out = calloc((size_t)largest * (size_t)rows, sizeof *out);
    bool done = out ? true : error_memory(error);
    for (int i = 1; done && i < net->node_count; i++) {
        bool owns = net->node[i].about.parameters > 0; /* shared weights are scaled where they stand first */
        done = !owns || !waiting(net, &net->node[i].about) || scale_node(net, i, x, rows, out, config, error);
    }
    free(out);
    return done;
}

bool lsuv_scale(PlumbNet *net, const PlumbData *data, int batch, const PlumbConfig *config, PlumbError *error) {
    if (!net->unscaled) {
        return true;
    }
    bool any = false;
    for (int i = 0; i < net->weight_count; i++) {
        any |= waits(&net->weight[i]);
    }
    bool done = !any || scale_nodes(net, data->train.x, batch, config, error);
    net->unscaled = !done;
    return done;
}
