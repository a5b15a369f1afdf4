/* Fields of layers: weights, gradients, output, and the figures of a probe. */
#include "parts.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Site { /* a layer, with what its fields need */
    const Path *path;
    Value *net_value;
    const NetValue *owner;
    PlumbNet *net;
    int index;
    const PlumbNode *node;
} Site;

/* ---- weights and their gradients ------------------------------------------------------------------------------- */

/* What follows the layer's name in "res3.dense1.weight". */
static const char *own_name(const PlumbWeight *weight) {
    const char *dot = strrchr(weight->name, '.');
    return dot ? dot + 1 : weight->name;
}

static const PlumbWeight *weight_at(const Site *site, int index) {
    return index < site->node->weight_count ? plumb_net_weight(site->net, site->node->first_weight + index) : NULL;
}

static const PlumbWeight *find_weight(const Site *site, const char *name) {
    const PlumbWeight *weight;
    int i = 0;
    while ((weight = weight_at(site, i)) && strcmp(own_name(weight), name) != 0) {
        i++;
    }
    return weight;
}

/* Named plain.dense1.weight. */
static Found tensor_found(const Site *site, const char *what, PlumbShape shape, const plumb_real *value, int used) {
    char name[300];
    snprintf(name, sizeof name, "%.100s.%.100s.%.90s", site->owner->name, site->node->name, what);
    return found(site->path, value_tensor(name, shape, value), VALUE_TENSOR, used);
}

static Found measure_first(const Site *site, int used) {
    PlumbError error = {.argument = -1};
    not_measured(site->owner, "measured", "gradients", &error);
    return found_error(site->path, used, &error);
}

static Found not_learned(const Site *site, const PlumbWeight *weight) {
    PlumbError error = {.argument = -1};
    plumb_fail(&error, PLUMB_ARGUMENT_ERROR, "`%s` is not learned: it has no gradient", weight->name);
    return found_error(site->path, 2, &error);
}

static Found field_of_weight(const Site *site, const PlumbWeight *weight) {
    const Path *path = site->path;
    bool grad = path->count > 1 && !strcmp(path->node[1]->text, "grad");
    char what[100];
    if (grad && !weight->learned) {
        return not_learned(site, weight);
    }
    if (session_checking(path->session)) {
        return found_later(path, VALUE_TENSOR, 1 + grad);
    }
    if (grad && !site->owner->probe) {
        return measure_first(site, 2);
    }
    snprintf(what, sizeof what, "%.80s%s", own_name(weight), grad ? ".grad" : "");
    return tensor_found(site, what, weight->shape, grad ? weight->grad : weight->value, 1 + grad);
}

/* All its gradients one after the other, so that .grad.norm is the layer's grad_norm. */
static Found all_gradients(const Site *site) {
    int size = 0;
    const PlumbWeight *weight;
    if (!site->owner->probe) {
        return measure_first(site, 1);
    }
    for (int i = 0; (weight = weight_at(site, i)); i++) {
        size += weight->learned ? (int)plumb_shape_size(weight->shape) : 0;
    }
    plumb_real *all = malloc((size_t)size * sizeof *all + 1);
    if (!all) {
        return found(site->path, NULL, VALUE_TENSOR, 1);
    }
    for (int i = 0, at = 0; (weight = weight_at(site, i)); i++) {
        if (weight->learned) {
            int count = (int)plumb_shape_size(weight->shape);
            memcpy(all + at, weight->grad, (size_t)count * sizeof *all);
            at += count;
        }
    }
    Found result = tensor_found(site, "grad", (PlumbShape){1, {size}}, all, 1);
    free(all);
    return result;
}

/* ---- output ---------------------------------------------------------------------------------------------------- */

/* rows x the layer's shape; a layer's shape of rank 4 leaves no room for the rows and becomes flat. */
static PlumbShape with_rows(PlumbShape shape, int64_t rows) {
    PlumbShape all = {2, {(int)rows, (int)plumb_shape_size(shape)}};
    if (shape.rank < PLUMB_RANK_MAX) {
        all.rank = shape.rank + 1;
        memcpy(all.dim + 1, shape.dim, (size_t)shape.rank * sizeof *shape.dim);
    }
    return all;
}

static bool run_output(const Site *site, const PlumbPart *part, int64_t rows, plumb_real *out, PlumbError *error) {
    PlumbConfig config = session_config(site->path->session);
    return plumb_node_output(site->net, part->x, rows, site->index, out, &config, error);
}

/* Of the batch that is measured: the first rows of the train part. */
static Found output(const Site *site) {
    PlumbError error = {.argument = -1};
    const Value *data = site->owner->trained_on;
    const PlumbCall *recipe = session_recipe(site->path->session, NULL, site->net_value);
    if (!data || data->type != VALUE_DATA) {
        return measure_first(site, 1);
    }
    if (!recipe) {
        return found(site->path, NULL, VALUE_TENSOR, 1);
    }
    const PlumbPart *part = &data->data.data->train;
    int64_t batch = (int64_t)plumb_call_number(recipe, "batch"), rows = part->rows < batch ? part->rows : batch;
    plumb_real *out = malloc((size_t)(rows * plumb_shape_size(site->node->shape)) * sizeof *out + 1);
    if (!out) {
        return found(site->path, NULL, VALUE_TENSOR, 1);
    }
    Found result = run_output(site, part, rows, out, &error)
                       ? tensor_found(site, "output", with_rows(site->node->shape, rows), out, 1)
                       : found_error(site->path, 1, &error);
    free(out);
    return result;
}

/* ---- figures --------------------------------------------------------------------------------------------------- */

typedef enum {
    OF_ALL,
    OF_WEIGHTS,
    OF_ACTIVATIONS,
    OF_RECTIFIERS,
    OF_RECURRENT
} Bearer; /* which layers have the figure */

#define FIGURE(name, bearer, help)                                                                                     \
    { #name, offsetof(PlumbProbe, name), bearer, help }
static const struct {
    const char *name;
    size_t offset; /* of a double */
    Bearer bearer;
    const char *help;
} figures[] = {
    FIGURE(grad_norm, OF_WEIGHTS, "norm of the gradient of all its weights"),
    FIGURE(weight_norm, OF_WEIGHTS, "norm of all its weights"),
    FIGURE(update_ratio, OF_WEIGHTS, "how far the last step moved its weights, relative to their norm"),
    FIGURE(output_grad, OF_ALL, "rms of dL/d(output), the gradient that arrives: delta"),
    FIGURE(signal, OF_ALL, "rms of its output"),
    FIGURE(mean, OF_ALL, "mean of its output"),
    FIGURE(std, OF_ALL, "standard deviation of its output"),
    FIGURE(saturated, OF_ACTIVATIONS,
           "share of the values where the slope of the activation is under 5 % of its maximum"),
    {"saturation", offsetof(PlumbProbe, saturated), OF_ACTIVATIONS, "as saturated"},
    FIGURE(dead, OF_RECTIFIERS, "share of the units without output on all of the last 1,000 rows or more"),
};
enum { FIGURES = sizeof figures / sizeof *figures };

static bool bears(const Site *site, Bearer bearer) {
    switch (bearer) {
    case OF_ALL:
        return true;
    case OF_WEIGHTS:
        return site->node->parameters > 0;
    case OF_RECURRENT:
        return plumb_net_time_steps(site->net, site->index) > 0;
    default:
        return site->node->call->entry->kind == PLUMB_ACTIVATION;
    }
}

static Found has_none(const Site *site, const char *field, Bearer bearer) {
    static const char *const why[] = {
        [OF_ALL] = "it was not measured",
        [OF_WEIGHTS] = "it has no parameters",
        [OF_ACTIVATIONS] = "only activations have it",
        [OF_RECTIFIERS] = "only activations of the relu family have it",
        [OF_RECURRENT] = "only recurrent layers have it",
    };
    PlumbError error = {.argument = -1};
    plumb_fail(&error, PLUMB_ARGUMENT_ERROR, "%.100s has no `%s`: %s", site->node->name, field, why[bearer]);
    return found_error(site->path, 1, &error);
}

static Found no_figure(const Site *site, int figure) {
    return has_none(site, figures[figure].name, figures[figure].bearer);
}

static Found figure(const Site *site, int figure) {
    double value;
    if (!bears(site, figures[figure].bearer)) {
        return no_figure(site, figure);
    }
    if (session_checking(site->path->session)) {
        return found_later(site->path, VALUE_NUMBER, 1);
    }
    if (!site->owner->probe) {
        return measure_first(site, 1);
    }
    memcpy(&value, (const char *)&site->owner->probe[site->index] + figures[figure].offset, sizeof value);
    return isnan(value) && figures[figure].bearer >= OF_ACTIVATIONS
               ? no_figure(site, figure)
               : found(site->path, value_number(value), VALUE_NUMBER, 1);
}

/* ---- the others ------------------------------------------------------------------------------------------------ */

static Found nonfinite(const Site *site) {
    return site->owner->probe
               ? found(site->path, value_number((double)site->owner->probe[site->index].nonfinite), VALUE_NUMBER, 1)
               : measure_first(site, 1);
}
/* Of the last measured pass. */
static Found half_life(const Site *site) {
    const double *norms;
    int steps = plumb_net_through_time(site->net, site->index, &norms);
    return steps ? found(site->path, value_number(plumb_half_life(norms, steps)), VALUE_NUMBER, 1)
                 : measure_first(site, 1);
}
static Found shape(const Site *site) {
    return found(site->path, shape_value(site->node->shape), VALUE_LIST, 1);
}
static Found parameters(const Site *site) {
    return found(site->path, value_number((double)site->node->parameters), VALUE_NUMBER, 1);
}
static Found name(const Site *site) {
    return found(site->path, value_string(site->node->name), VALUE_STRING, 1);
}
static Found kind(const Site *site) {
    return found(site->path, value_string(site->node->call->entry->name), VALUE_STRING, 1);
}
static Found init(const Site *site) {
    const char *taken = site->node->init;
    return found(site->path, taken && taken[0] ? value_string(taken) : value_none(), VALUE_STRING, 1);
}

static const struct {
    const char *name;
    Found (*get)(const Site *site);
    bool later; /* only running tells */
    ValueType type;
    Bearer bearer;
    const char *help;
} others[] = {
    {"grad", all_gradients, true, VALUE_TENSOR, OF_WEIGHTS, "the gradients of all its weights, one after the other"},
    {"output", output, true, VALUE_TENSOR, OF_ALL,
     "what it gives for the first rows of the train part, as many as a batch has"},
    {"nonfinite", nonfinite, true, VALUE_NUMBER, OF_ALL,
     "how many values of its output, and of the gradient there, were nan or inf"},
    {"half_life", half_life, true, VALUE_NUMBER, OF_RECURRENT,
     "time steps back over which the gradient of a recurrent layer halves, on the average; inf where it does not "
     "shrink"},
    {"shape", shape, false, VALUE_LIST, OF_ALL, "of its output"},
    {"parameters", parameters, false, VALUE_NUMBER, OF_ALL, "how many numbers it learns"},
    {"name", name, false, VALUE_STRING, OF_ALL, "its name"},
    {"kind", kind, false, VALUE_STRING, OF_ALL, "what it is: \"dense\""},
    {"init", init, false, VALUE_STRING, OF_ALL, "the initialiser that its weights were drawn by"},
};
enum { OTHERS = sizeof others / sizeof *others };

static Found other(const Site *site, int field) {
    if (!bears(site, others[field].bearer)) {
        return has_none(site, others[field].name, others[field].bearer);
    }
    return others[field].later && session_checking(site->path->session) ? found_later(site->path, others[field].type, 1)
                                                                        : others[field].get(site);
}

const char *layer_field_at(int index) {
    return index < OTHERS ? others[index].name : index - OTHERS < FIGURES ? figures[index - OTHERS].name : NULL;
}

const char *layer_field_help(int index) {
    return index < OTHERS ? others[index].help : index - OTHERS < FIGURES ? figures[index - OTHERS].help : NULL;
}

static const char *name_at(void *self, int index) {
    const Site *site = self;
    const PlumbWeight *weight = weight_at(site, index);
    return weight ? own_name(weight) : layer_field_at(index - site->node->weight_count);
}

Found field_of_layer(const Path *path, Value *layer) {
    Value *owner = layer->layer.net;
    PlumbNet *net = session_net(path->session, owner, path->node[0]->span);
    const PlumbNode *node = net ? plumb_net_node(net, layer->layer.node) : NULL;
    if (!node || !node->call) {
        return session_checking(path->session) ? found_later(path, VALUE_UNKNOWN, path->count)
                                               : (Found){NULL, VALUE_UNKNOWN, 1};
    }
    Site site = {path, owner, owner->net, net, layer->layer.node, node};
    const char *field = path->node[0]->text;
    const PlumbWeight *weight = find_weight(&site, field);
    if (weight) {
        return field_of_weight(&site, weight);
    }
    for (int i = 0; i < OTHERS; i++) {
        if (!strcmp(others[i].name, field)) {
            return other(&site, i);
        }
    }
    for (int i = 0; i < FIGURES; i++) {
        if (!strcmp(figures[i].name, field)) {
            return figure(&site, i);
        }
    }
    return found_nothing(path, 0, site.node->name, name_at, &site);
}
