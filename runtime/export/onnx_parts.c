/* What layers often need of ONNX: axes turned and cut, other layers within, a body that runs over time. */
#include "../layers/common.h"
#include "onnx_graph.h"
#include <string.h>

/* ---- axes ------------------------------------------------------------------------------------------------------ */

const char *onnx_turned(Onnx *o, const char *x, int rank, const int64_t *order) {
    const char *y = onnx_op(o, "Transpose", x);
    onnx_ints(o, "perm", rank, order);
    return y;
}

const char *onnx_channels_first(Onnx *o, const char *x) {
    return o->site->input[0].rank == 2 ? onnx_turned(o, x, 3, (const int64_t[]){0, 2, 1}) : x;
}

const char *onnx_channels_last(Onnx *o, const char *y) {
    return onnx_channels_first(o, y); /* the same turn back */
}

/* A size of 0 stands for the one that arrives: N. */
const char *onnx_shaped(Onnx *o, const char *x, PlumbShape shape) {
    int64_t size[1 + PLUMB_RANK_MAX] = {0};
    for (int i = 0; i < shape.rank; i++) {
        size[1 + i] = shape.dim[i];
    }
    return onnx_op(o, "Reshape", x, onnx_list(o, 1 + shape.rank, size));
}

const char *onnx_mean(Onnx *o, const char *x, int count, const int64_t *axes) {
    const char *y = onnx_op(o, "ReduceMean", x);
    onnx_ints(o, "axes", count, axes);
    onnx_int(o, "keepdims", 0);
    return y;
}

static const char *one(Onnx *o, int64_t value) {
    return onnx_list(o, 1, &value);
}

const char *onnx_sliced(Onnx *o, const char *x, int axis, int begin, int end) {
    return onnx_op(o, "Slice", x, one(o, begin), one(o, end), one(o, axis));
}

/* ---- a layer within a layer ------------------------------------------------------------------------------------ */

const char *onnx_inner(Onnx *o, const PlumbCall *call, const char *x) {
    LayerSite site = *o->site;
    site.call = call;
    Onnx inner = {.site = &site, .in = &x, .graph = o->graph};
    const Layer *layer = layer_of(call);
    return layer->onnx ? layer->onnx(&inner) : onnx_cannot(o, "its activation has no form there");
}

const char *onnx_unchanged(Onnx *o) {
    return o->in[0];
}

const char *onnx_cannot(Onnx *o, const char *why) {
    o->graph->why = why;
    return "";
}

/* ---- bodies ---------------------------------------------------------------------------------------------------- */

void onnx_body(Onnx *o, int count, const char **input) {
    OnnxGraph *g = o->graph;
    NEW(g, Onnx__GraphProto, body, ONNX__GRAPH_PROTO__INIT)
    for (int i = 0; i < count; i++) {
        input[i] = graph_name(g);
        if (body) {
            APPEND(g, body, input, graph_value(g, input[i], NULL));
        }
    }
    if (!g->failed) {
        body->name = graph_name(g);
        g->outer = g->graph;
        g->graph = body;
    }
}

static void body_attribute(Onnx *o, Onnx__GraphProto *body) {
    OnnxGraph *g = o->graph;
    NEW(g, Onnx__AttributeProto, attribute, ONNX__ATTRIBUTE_PROTO__INIT)
    if (g->failed) {
        return;
    }
    attribute->name = "body";
    attribute->has_type = true;
    attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH;
    attribute->g = body;
    APPEND(g, g->graph->node[g->graph->n_node - 1], attribute, attribute);
}

/* A body's output is the output of one of its own operators: what only passes through it gets one. */
const char *onnx_scan(Onnx *o, int outputs, const char *const *output, int inputs, const char *const *input) {
    OnnxGraph *g = o->graph;
    Onnx__GraphProto *body = g->graph;
    for (int i = 0; !g->failed && i < outputs; i++) {
        APPEND(g, body, output, graph_value(g, onnx_op(o, "Identity", output[i]), NULL));
    }
    if (g->failed) {
        return "";
    }
    g->graph = g->outer;
    g->outer = NULL;
    onnx_operator(o, "Scan", input, (size_t)inputs);
    onnx_int(o, "num_scan_inputs", 1);
    body_attribute(o, body);
    return onnx_behind(o, outputs - 1);
}
