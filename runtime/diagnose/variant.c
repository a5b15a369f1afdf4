/* A net with another activation, initialiser or norm throughout. */
#include "../core/error.h"
#include "../core/net.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Copying {
    const PlumbNet *from;
    PlumbNet *to;
    const PlumbEdit *edit;
    PlumbArena *arena;
    int *node; /* where each node of `from` stands in `to` */
} Copying;

/* A product takes its inputs as gates: another activation would make another layer of it. */
static bool is_gate(const PlumbNet *net, int at) {
    for (int i = at + 1; i < net->node_count; i++) {
        const NetNode *node = &net->node[i];
        for (int j = 0; j < node->about.input_count; j++) {
            if (node->about.input[j] == at && !strcmp(node->layer->entry.name, "multiply")) {
                return true;
            }
        }
    }
    return false;
}

static bool is_hidden_activation(const PlumbNet *net, int at) {
    const Layer *layer = net->node[at].layer;
    return !strcmp(layer->entry.family, "activations") && layer->act != ACT_IDENTITY && at < net->node_count - 1 &&
           !is_gate(net, at);
}

/* The node whose weights this one shares, or -1. */
static int shares_with(const PlumbNet *net, int at) {
    const PlumbNode *node = &net->node[at].about;
    for (int i = 0; i < at && node->weight_count; i++) {
        if (net->node[i].about.weight_count && net->node[i].about.first_weight == node->first_weight) {
            return i;
        }
    }
    return -1;
}

/* The call with the edit's initialiser for its weights. */
static const PlumbCall *with_init(Copying *copying, const PlumbCall *call) {
    const PlumbArg *arg = call->entry->args;
    for (int i = 0; copying->edit->init && arg && arg[i].name; i++) {
        if (!strcmp(arg[i].name, "init") && arg[i].kinds & PLUMB_INIT) {
            PlumbCall *copy = plumb_call_copy(copying->arena, call);
            if (copy) {
                copy->arg[i] = (PlumbValue){.type = PLUMB_V_CALL, .call = copying->edit->init};
            }
            return copy;
        }
    }
    return call;
}

static int add(Copying *copying, const PlumbCall *call, const int *input, int count, const char *name, int share,
               PlumbPlace place, PlumbError *error) {
    if (!call) {
        error_memory(error);
        return -1;
    }
    return plumb_net_add(copying->to, call, input, count, "", name, share, place, error);
}

static bool copy_node(Copying *copying, int at, PlumbError *error) {
    const PlumbNet *net = copying->from;
    const PlumbNode *node = &net->node[at].about;
    const PlumbEdit *edit = copying->edit;
    int input[LAYER_INPUTS_MAX], share = shares_with(net, at);
    bool activation = is_hidden_activation(net, at);
    for (int i = 0; i < node->input_count; i++) {
        input[i] = copying->node[node->input[i]];
    }
    if (activation && edit->norm && strcmp(net->node[node->input[0]].layer->entry.family, "norms")) {
        char name[256];
        snprintf(name, sizeof name, "%.240s.norm", node->name);
        input[0] = add(copying, edit->norm, input, 1, name, -1, node->place, error);
    }
    if (node->input_count && input[0] < 0) {
        return false;
    }
    const PlumbCall *call = activation && edit->act ? edit->act : with_init(copying, node->call);
    copying->node[at] = add(copying, call, input, node->input_count, node->name, share < 0 ? -1 : copying->node[share],
                            node->place, error);
    return copying->node[at] >= 0;
}

PlumbNet *plumb_net_variant(const PlumbNet *net, const PlumbEdit *edit, PlumbError *error) {
    Copying copying = {.from = net, .edit = edit, .arena = plumb_arena_new()};
    copying.node = calloc((size_t)net->node_count + 1, sizeof *copying.node);
    copying.to = plumb_net_new(net->name, error);
    bool done = copying.arena && copying.node && copying.to;
    if (!done) {
        error_memory(error);
    }
    if (net->unknown) {
        done = plumb_fail(error, PLUMB_SHAPE_ERROR, "net %s has errors", net->name);
    }
    for (int i = 0; done && i < net->node_count; i++) {
        done = copy_node(&copying, i, error);
    }
    plumb_arena_free(copying.arena);
    free(copying.node);
    if (!done) {
        plumb_net_free(copying.to);
        return NULL;
    }
    return copying.to;
}
