/* A net with an edit made throughout: what can be changed layer by layer, or in front of one. */
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
    const PlumbCall *act, *init, *norm, *bias; /* the edit's, as calls */
    int *node;                                 /* where each node of `from` stands in `to` */
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

/* ---- arguments of a layer ---------------------------------------------------------------------------------------- */

static bool takes_init(const PlumbArg *arg, const char *name) {
    return !strcmp(arg->name, name) && arg->kinds & PLUMB_INIT;
}

/* What the edit gives an argument of a layer. False: nothing. */
static bool gives(const Copying *copying, const PlumbCall *call, int index, PlumbValue *value) {
    const PlumbArg *arg = &call->entry->args[index];
    const PlumbEdit *edit = copying->edit;
    bool open = edit->open && !strcmp(edit->open, call->entry->name);
    double p = call->arg[index].type == PLUMB_V_NUMBER ? call->arg[index].number : 0;
    if (edit->init && takes_init(arg, "init")) {
        *value = copying->init ? (PlumbValue){.type = PLUMB_V_CALL, .call = copying->init}
                               : (PlumbValue){.type = PLUMB_V_WORD, .string = "auto"};
    } else if (copying->bias && call->given[index] && takes_init(arg, "bias_init")) {
        *value = (PlumbValue){.type = PLUMB_V_CALL, .call = copying->bias};
    } else if (open && (!strcmp(arg->name, "forget_bias") || !strcmp(arg->name, "update_bias"))) {
        *value = (PlumbValue){.type = PLUMB_V_NUMBER, .number = PLUMB_OPEN_GATE};
    } else if (edit->single && !strcmp(arg->name, "layers")) {
        *value = (PlumbValue){.type = PLUMB_V_NUMBER, .number = 1};
    } else if (edit->dropout > 0 && !strcmp(call->entry->name, "dropout") && index == 0 && p > 0.5) {
        *value = (PlumbValue){.type = PLUMB_V_NUMBER, .number = edit->dropout};
    } else {
        return false;
    }
    return true;
}

/* The call with what the edit gives its arguments. NULL: no memory. */
static const PlumbCall *edited(Copying *copying, const PlumbCall *call) {
    PlumbCall *copy = NULL;
    for (int i = 0; i < call->count; i++) {
        PlumbValue value;
        if (gives(copying, call, i, &value)) {
            copy = copy ? copy : plumb_call_copy(copying->arena, call);
            if (!copy) {
                return NULL;
            }
            copy->arg[i] = value;
            copy->given[i] = true;
        }
    }
    return copy ? copy : call;
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

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
    int input[LAYER_INPUTS_MAX], share = shares_with(net, at);
    bool activation = is_hidden_activation(net, at);
    for (int i = 0; i < node->input_count; i++) {
        input[i] = copying->node[node->input[i]];
    }
    if (activation && copying->norm && strcmp(net->node[node->input[0]].layer->entry.family, "norms")) {
        char name[256];
        snprintf(name, sizeof name, "%.240s.norm", node->name);
        input[0] = add(copying, copying->norm, input, 1, name, -1, node->place, error);
    }
    if (node->input_count && input[0] < 0) {
        return false;
    }
    const PlumbCall *call = activation && copying->act ? copying->act : edited(copying, node->call);
    copying->node[at] = add(copying, call, input, node->input_count, node->name, share < 0 ? -1 : copying->node[share],
                            node->place, error);
    if (at == 0 && copying->edit->inputs && copying->node[0] >= 0) {
        copying->node[0] = add(copying, plumb_call_default(copying->arena, "batchnorm", NULL), &copying->node[0], 1,
                               "input.norm", -1, node->place, error);
    }
    return copying->node[at] >= 0;
}

static bool find_calls(Copying *copying) {
    const PlumbEdit *edit = copying->edit;
    bool drawn = edit->init && strcmp(edit->init, "auto") != 0;
    copying->act = edit->act ? plumb_call_default(copying->arena, edit->act, NULL) : NULL;
    copying->init = drawn ? plumb_call_default(copying->arena, edit->init, NULL) : NULL;
    copying->norm = edit->norm ? plumb_call_default(copying->arena, edit->norm, NULL) : NULL;
    copying->bias = edit->bias ? plumb_call_default(copying->arena, edit->bias, NULL) : NULL;
    return !edit->act == !copying->act && drawn == (copying->init != NULL) && !edit->norm == !copying->norm &&
           !edit->bias == !copying->bias;
}

PlumbNet *plumb_net_variant(const PlumbNet *net, const PlumbEdit *edit, PlumbError *error) {
    Copying copying = {.from = net, .edit = edit, .arena = plumb_arena_new()};
    copying.node = calloc((size_t)net->node_count + 1, sizeof *copying.node);
    copying.to = plumb_net_new(net->name, error);
    bool done = copying.arena && copying.node && copying.to && find_calls(&copying);
    if (!done) {
        error_memory(error);
    }
    if (done && (edit->link || edit->carry || edit->cell || edit->output)) {
        done = plumb_fail(error, PLUMB_ARGUMENT_ERROR, "%s is an edit of the source", edit->text ? edit->text : "this");
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
