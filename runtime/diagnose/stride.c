/* How far the first steps of plain descent go, by forecast: what a learning rate is to a deep net.
 *
 * Jelassi et al. 2023, "Depth dependence of muP learning rates in ReLU MLPs": in a plain net of L layers all of which
 * move, what a step does to the output stays bounded while the steps are as L^(-3/2). */
#include "../train/inits.h"
#include "../train/parts.h"
#include "walk.h"
#include <math.h>
#include <string.h>

/* Layers on top of each other: links let a signal pass by the steps of most layers, and what a batch norm reads has no
 * size that steps could spoil. */
bool is_plain(const PlumbNet *net) {
    for (int i = 0; i < net->node_count; i++) {
        if (net->node[i].about.skip || !strcmp(net->node[i].layer->entry.name, "batchnorm")) {
            return false;
        }
    }
    return true;
}

/* Does a layer that reads the rows bring them to scale, or take them as numbers of things? */
bool reads_any_scale(const PlumbNet *net) {
    for (int i = 1; i < plumb_net_size(net); i++) {
        const PlumbNode *node = plumb_net_node(net, i);
        const char *name = node->call->entry->name;
        if (node->input[0] == 0 && (!strcmp(node->call->entry->family, "norms") || !strcmp(name, "embedding"))) {
            return true;
        }
    }
    return false;
}

double input_square(const Walk *walk) {
    return reads_any_scale(walk->net) ? 1 : walk->signal[0].q;
}

double depth_factor(int layers) {
    return pow(layers, 1.5);
}

/* Of one row, of the mean loss's dL/d(output) for outputs that say nothing yet: softmax less one label in `classes`,
 * root of (1 - 1/C) / C. Rows differ in label and sign: of the mean over a batch 1 / sqrt(rows) is left. NaN: it is not
 * known. */
static double output_gradient(const PlumbData *data, const PlumbCall *recipe, double batch) {
    const PlumbCall *loss = plumb_call_call(recipe, "loss");
    if (!data || !data->classify || (loss && strcmp(loss->entry->name, "cross_entropy"))) {
        return NAN;
    }
    double part = 1. / data->classes;
    return sqrt((1 - part) * part / batch);
}

/* The learning rate once momentum has gathered. NaN: something else sets the step's size. */
static double gathered_rate(const PlumbCall *recipe) {
    const PlumbCall *optimizer = plumb_call_call(recipe, "optimizer");
    if (strcmp(optimizer->entry->name, "sgd") || plumb_call_call(recipe, "clip") ||
        plumb_call_call(recipe, "schedule")) {
        return NAN;
    }
    return plumb_call_number(optimizer, "lr") / (1 - plumb_call_number(optimizer, "momentum"));
}

double drawn_std(const PlumbNet *net, int at) {
    const NetNode *node = &net->node[at];
    WeightSpec spec[LAYER_WEIGHTS_MAX];
    int count = node->layer->weights ? node->layer->weights(&node->site, spec) : 0;
    return count && spec[0].init ? sqrt(init_variance(&spec[0])) : NAN;
}

/* Rows of norms: what a layer norm reads keeps its size, and only the direction is left to be spoilt. Measured. */
static const double tamed_by_norms = 0.4;

static bool has_row_norms(const PlumbNet *net) {
    for (int i = 0; i < net->node_count; i++) {
        const char *name = net->node[i].layer->entry.name;
        if (!strcmp(name, "layernorm") || !strcmp(name, "rmsnorm")) {
            return true;
        }
    }
    return false;
}

/* The update ratio of the layers times L^(3/2): a geometric mean, so that one layer of tiny weights, which grows in a
 * step or two, is not taken for a net whose layers all move. NaN: not known, or nothing that this law is about. */
double forecast_stride(const Walk *walk, const PlumbData *data, const PlumbCall *recipe) {
    double sum = 0;
    int layers = 0;
    if (!recipe || !is_plain(walk->net)) {
        return NAN;
    }
    for (int i = 0; i < walk->net->node_count; i++) {
        if (*walk->net->node[i].about.init && walk->net->node[i].about.parameters > 0) {
            double ratio = walk->told[i].weight_grad / drawn_std(walk->net, i); /* rms of dL/dw over that of w */
            bool moves = ratio > 0 && isfinite(ratio);
            sum += moves ? log(ratio) : 0;
            layers += moves;
        }
    }
    /* What large inputs add is no matter of the depth. */
    double step =
        gathered_rate(recipe) * output_gradient(data, recipe, walk->batch) / fmax(1, sqrt(input_square(walk)));
    step *= has_row_norms(walk->net) ? tamed_by_norms : 1;
    return layers ? step * exp(sum / layers) * depth_factor(layers) : NAN;
}
