/* Building a net: nodes, names, shapes. */
#include "net.h"
#include "../train/inits.h"
#include "error.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(entry) ((entry)->lost = true)
#include <uthash.h>

/* More numbers than this in one net are refused: 32 GiB of weights. */
#define PARAMETERS_MAX ((int64_t)1 << 33)

typedef struct NameIndex {
    const char *key;
    int value; /* of a name: its node; of "prefix|kind": how many there are */
    bool lost; /* could not be added */
    UT_hash_handle hh;
} NameIndex;

static NameIndex *index_find(const PlumbNet *net, const char *key) {
    NameIndex *found;
    HASH_FIND_STR(net->index, key, found);
    return found;
}

static NameIndex *index_add(PlumbNet *net, const char *key, int value) {
    NameIndex *entry = plumb_arena_alloc(net->arena, sizeof *entry);
    if (!entry) {
        return NULL;
    }
    entry->key = key;
    entry->value = value;
    HASH_ADD_KEYPTR(hh, net->index, entry->key, strlen(entry->key), entry);
    return entry->lost ? NULL : entry;
}

PlumbNet *plumb_net_new(const char *name, PlumbError *error) {
    PlumbNet *net = calloc(1, sizeof *net);
    if (net) {
        net->name = strdup(name);
        net->arena = plumb_arena_new();
    }
    if (!net || !net->name || !net->arena) {
        error_memory(error);
        plumb_net_free(net);
        return NULL;
    }
    return net;
}

void plumb_net_free(PlumbNet *net) {
    if (!net) {
        return;
    }
    plumb_net_reset(net);
    HASH_CLEAR(hh, net->index);
    plumb_arena_free(net->arena);
    free(net->node);
    free(net->weight);
    free(net->name);
    free(net);
}

/* ---- names ------------------------------------------------------------------------------------------------ */

static char *joined(PlumbArena *arena, const char *a, const char *b, const char *c) {
    size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
    char *text = plumb_arena_alloc(arena, size);
    if (text) {
        snprintf(text, size, "%s%s%s", a, b, c);
    }
    return text;
}

/* "dense3" within its prefix: kind and order. */
static char *numbered(PlumbNet *net, const char *prefix, const char *kind) {
    char *key = joined(net->arena, prefix, "|", kind);
    NameIndex *counter = key ? index_find(net, key) : NULL;
    if (key && !counter) {
        counter = index_add(net, key, 0);
    }
    if (!counter) {
        return NULL;
    }
    char number[16];
    snprintf(number, sizeof number, "%d", ++counter->value);
    return joined(net->arena, prefix, kind, number);
}

static bool name_node(PlumbNet *net, const char *prefix, const char *name, NetNode *node, PlumbError *error) {
    const char *full =
        name ? joined(net->arena, prefix, name, "") : numbered(net, prefix, node->about.call->entry->name);
    if (full && index_find(net, full)) {
        return plumb_fail(error, PLUMB_ARGUMENT_ERROR, "this net has a \"%.80s\" already", full);
    }
    node->about.name = full;
    return full && index_add(net, full, net->node_count) ? true : error_memory(error);
}

int plumb_net_find(const PlumbNet *net, const char *name) {
    const NameIndex *found = strchr(name, '|') ? NULL : index_find(net, name);
    return found ? found->value : -1;
}

/* ---- weights of a node --------------------------------------------------------------------------------------- */

static bool grow(void **array, int count, int *space, size_t size) {
    if (count < *space) {
        return true;
    }
    int more = *space ? 2 * *space : 16;
    void *grown = realloc(*array, (size_t)more * size);
    if (!grown) {
        return false;
    }
    *array = grown;
    *space = more;
    return true;
}

static int specs_of(const NetNode *node, WeightSpec spec[LAYER_WEIGHTS_MAX]) {
    return node->layer->weights ? node->layer->weights(&node->site, spec) : 0;
}

/* Are these the weights of node `share`? */
static bool same_weights(const PlumbNet *net, int share, const WeightSpec *spec, int count) {
    const PlumbNode *owner = &net->node[share].about;
    for (int i = 0; count == owner->weight_count && i < count; i++) {
        const WeightSpec *other = &net->weight[owner->first_weight + i].spec;
        if (!plumb_shape_equal(other->shape, spec[i].shape) || other->learned != spec[i].learned) {
            return false;
        }
    }
    return count == owner->weight_count;
}

static bool unequal_weights(const PlumbNet *net, int share, const WeightSpec *spec, int count, PlumbError *error) {
    const PlumbNode *owner = &net->node[share].about;
    plumb_fail(error, PLUMB_SHAPE_ERROR, "weights can only be shared where they are the same");
    for (int i = 0; i < owner->weight_count && i < count; i++) {
        PlumbShape first = net->weight[owner->first_weight + i].spec.shape;
        char text[64];
        if (!plumb_shape_equal(first, spec[i].shape)) {
            error_found(error, "a %s of %s", spec[i].name, plumb_shape_text(spec[i].shape, text));
            return error_expected(error, "%s, as the first time", plumb_shape_text(first, text));
        }
    }
    return false;
}

/* All that can be wrong with a node's weights, before anything is changed. */
static bool weights_fit(const PlumbNet *net, const WeightSpec *spec, int count, int share, PlumbError *error) {
    if (share >= 0) {
        return same_weights(net, share, spec, count) || unequal_weights(net, share, spec, count, error);
    }
    int64_t total = net->parameter_count + net->buffer_count;
    for (int i = 0; i < count; i++) {
        int64_t size = plumb_shape_size(spec[i].shape);
        if (size <= 0 || size > PARAMETERS_MAX - total) {
            return plumb_fail(error, PLUMB_SHAPE_ERROR, "this layer makes the net larger than %lld numbers",
                              (long long)PARAMETERS_MAX);
        }
        total += padded(size);
    }
    return true;
}

static bool add_weight(PlumbNet *net, const WeightSpec *spec, const NetNode *node, PlumbError *error) {
    char *name = joined(net->arena, node->about.name, ".", spec->name);
    if (!name || !grow((void **)&net->weight, net->weight_count, &net->weight_space, sizeof *net->weight)) {
        return error_memory(error);
    }
    int64_t size = plumb_shape_size(spec->shape), *total = spec->learned ? &net->parameter_count : &net->buffer_count;
    net->weight[net->weight_count++] = (NetWeight){
        .about = {.name = name, .shape = spec->shape, .learned = spec->learned},
        .spec = *spec,
        .offset = *total,
        .size = size,
    };
    *total += padded(size);
    return true;
}

static const char *init_name(const WeightSpec *spec) {
    return spec->init ? spec->init->entry->name : "";
}

static bool add_weights(PlumbNet *net, NetNode *node, const WeightSpec *spec, int count, int share, PlumbError *error) {
    node->about.init = count ? init_name(&spec[0]) : "";
    node->about.weight_count = count;
    node->about.first_weight = share >= 0 ? net->node[share].about.first_weight : net->weight_count;
    for (int i = 0; share < 0 && i < count; i++) {
        if (!add_weight(net, &spec[i], node, error)) {
            return false;
        }
        node->about.parameters += spec[i].learned ? plumb_shape_size(spec[i].shape) : 0;
    }
    return true;
}

/* The identity, which stands where a label has no layer, is none. */
static bool is_activation(const Layer *layer) {
    return !strcmp(layer->entry.family, "activations") && strcmp(layer->entry.name, "identity");
}

/* Does what init=auto is for go through this layer to the one before it? Norms, and what has no weights: pooling,
 * dropout. */
static bool passes_activation(const NetNode *node) {
    return node->layer && node->about.input_count == 1 && !is_activation(node->layer) &&
           (!strcmp(node->layer->entry.family, "norms") || !node->about.weight_count);
}

/* An activation tells the layer with weights before it what init=auto is for. */
static void tell_activation(PlumbNet *net, const NetNode *act) {
    if (!is_activation(act->layer)) {
        return;
    }
    int at = act->about.input[0];
    while (passes_activation(&net->node[at])) {
        at = net->node[at].about.input[0];
    }
    NetNode *before = &net->node[at];
    if (!before->layer || !before->about.weight_count || before->site.next_act) {
        return;
    }
    before->site.next_act = act->layer->entry.name;
    WeightSpec spec[LAYER_WEIGHTS_MAX];
    int count = specs_of(before, spec);
    for (int i = 0; i < count; i++) {
        net->weight[before->about.first_weight + i].spec.init = spec[i].init;
    }
    before->about.init = init_name(&spec[0]);
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

static bool take_inputs(PlumbNet *net, NetNode *node, const int *input, int count, PlumbError *error) {
    int *index = plumb_arena_alloc(net->arena, (size_t)(count + 1) * sizeof *index);
    PlumbShape *shape = plumb_arena_alloc(net->arena, (size_t)(count + 1) * sizeof *shape);
    if (!index || !shape) {
        return error_memory(error);
    }
    for (int i = 0; i < count; i++) {
        index[i] = input[i];
        shape[i] = net->node[input[i]].about.shape;
    }
    node->about.input = index;
    node->about.input_count = node->site.input_count = count;
    node->site.input = shape;
    return true;
}

static bool inputs_known(const NetNode *node) {
    for (int i = 0; i < node->about.input_count; i++) {
        if (node->site.input[i].rank < 0) {
            return false;
        }
    }
    return true;
}

static bool count_inputs(const Layer *layer, int count, PlumbError *error) {
    if (count >= layer->inputs_min && count <= layer->inputs_max) {
        return true;
    }
    plumb_fail(error, PLUMB_SHAPE_ERROR, "%s takes another number of inputs", layer->entry.name);
    error_found(error, "%d", count);
    return error_expected(error, layer->inputs_min == layer->inputs_max ? "%d" : "%d to %d", layer->inputs_min,
                          layer->inputs_max);
}

static bool infer_shape(NetNode *node, PlumbError *error) {
    if (!node->layer->shape(&node->site, &node->about.shape, error)) {
        return false;
    }
    if (plumb_shape_size(node->about.shape) > INT32_MAX) {
        return plumb_fail(error, PLUMB_SHAPE_ERROR, "one row of this output has more than %d values", INT32_MAX);
    }
    node->site.shape = node->about.shape;
    node->about.flops = node->layer->flops                              ? node->layer->flops(&node->site)
                        : node->layer->view || !node->about.input_count ? 0
                                                                        : (double)plumb_shape_size(node->about.shape);
    return true;
}

static bool make_through_time(PlumbNet *net, NetNode *node, PlumbError *error) {
    if (node->layer->time_steps) {
        node->time_steps = node->layer->time_steps(&node->site);
        node->through_time = plumb_arena_alloc(net->arena, (size_t)node->time_steps * sizeof *node->through_time);
    }
    return node->through_time || !node->time_steps ? true : error_memory(error);
}

static int append(PlumbNet *net, const NetNode *node, PlumbError *error) {
    if (!grow((void **)&net->node, net->node_count, &net->node_space, sizeof *net->node)) {
        error_memory(error);
        return -1;
    }
    net->node[net->node_count] = *node;
    return net->node_count++;
}

int plumb_net_add_unknown(PlumbNet *net, PlumbPlace place, PlumbError *error) {
    static const PlumbShape unknown = {.rank = -1};
    net->unknown = true;
    return append(net, &(NetNode){.about = {.name = "", .shape = unknown, .init = "", .place = place}}, error);
}

int plumb_net_add(PlumbNet *net, const PlumbCall *call, const int *input, int count, const char *prefix,
                  const char *name, int share, PlumbPlace place, PlumbError *error) {
    const Layer *layer = layer_of(call);
    WeightSpec spec[LAYER_WEIGHTS_MAX];
    NetNode node = {.layer = layer, .about = {.place = place, .skip = count > 1}};
    node.about.call = node.site.call = plumb_call_copy(net->arena, call);
    if (!node.about.call) {
        error_memory(error);
        return -1;
    }
    node.site.form = layer->form ? layer->form(node.site.call) : 0;
    if (!count_inputs(layer, count, error) || !take_inputs(net, &node, input, count, error)) {
        return -1;
    }
    if (!inputs_known(&node)) {
        return plumb_net_add_unknown(net, place, error);
    }
    if (!infer_shape(&node, error) || !make_through_time(net, &node, error)) {
        return -1;
    }
    int weights = specs_of(&node, spec);
    if (!weights_fit(net, spec, weights, share, error) || !name_node(net, prefix, name, &node, error) ||
        !add_weights(net, &node, spec, weights, share, error)) {
        return -1;
    }
    if (count == 1) {
        tell_activation(net, &node);
    }
    return append(net, &node, error);
}

/* ---- looking ----------------------------------------------------------------------------------------------------- */

const char *plumb_net_name(const PlumbNet *net) {
    return net->name;
}
int plumb_net_size(const PlumbNet *net) {
    return net->node_count;
}
const PlumbNode *plumb_net_node(const PlumbNet *net, int index) {
    return &net->node[index].about;
}
int plumb_net_through_time(const PlumbNet *net, int node, const double **norms) {
    *norms = net->node[node].through_time;
    return net->node[node].measured ? net->node[node].time_steps : 0;
}
int plumb_net_time_steps(const PlumbNet *net, int node) {
    return net->node[node].time_steps;
}
int plumb_net_gates(const PlumbNet *net, int node, const char *const **names, const double **means) {
    const NetNode *about = &net->node[node];
    int count = 0;
    *names = about->layer ? about->layer->gates : NULL;
    *means = about->gate_mean;
    while (about->measured && *names && (*names)[count]) {
        count++;
    }
    return count;
}
int plumb_net_weight_total(const PlumbNet *net) {
    return net->weight_count;
}
const PlumbWeight *plumb_net_weight(const PlumbNet *net, int index) {
    return &net->weight[index].about;
}
bool plumb_net_made(const PlumbNet *net) {
    return net->made;
}
uint64_t plumb_net_seed(const PlumbNet *net) {
    return net->seed;
}
