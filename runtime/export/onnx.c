/* A net as an ONNX file: weights inside, input "input" [N, ...], output "output". For ONNX Runtime 1.12 and later. */
#include "export.h"
#include "onnx_graph.h"
#include <string.h>

enum { IR_VERSION = 8, OPERATOR_SET = 17 };

/* ---- shapes ---------------------------------------------------------------------------------------------------- */

static Onnx__TensorShapeProto *shape_message(OnnxGraph *g, const PlumbShape *shape) {
    NEW(g, Onnx__TensorShapeProto, message, ONNX__TENSOR_SHAPE_PROTO__INIT)
    for (int i = -1; message && i < shape->rank; i++) {
        NEW(g, Onnx__TensorShapeProto__Dimension, dim, ONNX__TENSOR_SHAPE_PROTO__DIMENSION__INIT)
        if (!dim) {
            return NULL;
        }
        if (i < 0) {
            dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
            dim->dim_param = "N";
        } else {
            dim->value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
            dim->dim_value = shape->dim[i];
        }
        APPEND(g, message, dim, dim);
    }
    return message;
}

Onnx__ValueInfoProto *graph_value(OnnxGraph *g, const char *name, const PlumbShape *shape) {
    NEW(g, Onnx__ValueInfoProto, value, ONNX__VALUE_INFO_PROTO__INIT)
    NEW(g, Onnx__TypeProto, type, ONNX__TYPE_PROTO__INIT)
    NEW(g, Onnx__TypeProto__Tensor, tensor, ONNX__TYPE_PROTO__TENSOR__INIT)
    if (g->failed) {
        return NULL;
    }
    tensor->has_elem_type = true;
    tensor->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
    tensor->shape = shape ? shape_message(g, shape) : NULL;
    type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    type->tensor_type = tensor;
    value->name = (char *)name;
    value->type = type;
    return value;
}

/* ---- layers ---------------------------------------------------------------------------------------------------- */

/* The name of its output; NULL: it cannot be said. */
static const char *write_layer(OnnxGraph *g, const NetNode *node, const char **value) {
    const char **in = plumb_arena_alloc(g->arena, (size_t)(node->about.input_count + 1) * sizeof *in);
    if (!in) {
        g->failed = true;
        return NULL;
    }
    for (int i = 0; i < node->about.input_count; i++) {
        in[i] = value[node->about.input[i]];
    }
    in[node->about.input_count] = NULL;
    g->node = node;
    Onnx onnx = {.site = &node->site, .in = in, .graph = g};
    if (node->about.input_count == 0) {
        return "input";
    }
    if (!node->layer->onnx) {
        return onnx_cannot(&onnx, "");
    }
    return node->layer->onnx(&onnx);
}

static bool write_layers(OnnxGraph *g, int *node, PlumbError *error) {
    int count = g->net->node_count;
    const char **value = plumb_arena_alloc(g->arena, (size_t)count * sizeof *value);
    g->weight = plumb_arena_alloc(g->arena, (size_t)(g->net->weight_count + 1) * sizeof *g->weight);
    if (!value || !g->weight) {
        return error_memory(error);
    }
    for (int i = 0; i < count && !g->failed; i++) {
        value[i] = write_layer(g, &g->net->node[i], value);
        if (g->why) {
            *node = i;
            return export_fail(&g->net->node[i], "ONNX", g->why, error);
        }
    }
    Onnx last = {.graph = g};
    g->node = NULL;
    onnx_op(&last, "Identity", value[count - 1]);
    if (g->failed) {
        return error_memory(error);
    }
    g->graph->node[g->graph->n_node - 1]->output[0] = "output";
    return true;
}

/* ---- the file -------------------------------------------------------------------------------------------------- */

typedef struct Sink { /* where protobuf-c puts the bytes */
    ProtobufCBuffer base;
    FILE *out;
} Sink;

static void sink_append(ProtobufCBuffer *buffer, size_t length, const uint8_t *data) {
    fwrite(data, 1, length, ((Sink *)buffer)->out); /* the stream remembers an error */
}

static bool write_model(OnnxGraph *g, FILE *out, PlumbError *error) {
    Onnx__ModelProto model = ONNX__MODEL_PROTO__INIT;
    Onnx__OperatorSetIdProto set = ONNX__OPERATOR_SET_ID_PROTO__INIT;
    Onnx__OperatorSetIdProto *sets[] = {&set};
    set.domain = "";
    set.has_version = model.has_ir_version = true;
    set.version = OPERATOR_SET;
    model.ir_version = IR_VERSION;
    model.producer_name = "plumb";
    model.producer_version = (char *)plumb_version();
    model.graph = g->graph;
    model.n_opset_import = 1;
    model.opset_import = sets;
    if (onnx__model_proto__get_packed_size(&model) > INT32_MAX) { /* a limit of protocol buffers */
        return plumb_fail(error, PLUMB_UNSUPPORTED, "net %.60s is larger than an ONNX file can be, 2 GiB",
                          g->net->name);
    }
    Sink sink = {{sink_append}, out};
    onnx__model_proto__pack_to_buffer(&model, &sink.base);
    return true;
}

static bool write_graph(OnnxGraph *g, FILE *out, int *node, PlumbError *error) {
    const PlumbNet *net = g->net;
    NEW(g, Onnx__GraphProto, graph, ONNX__GRAPH_PROTO__INIT)
    if (!graph) {
        return error_memory(error);
    }
    graph->name = net->name;
    g->graph = graph;
    APPEND(g, graph, input, graph_value(g, "input", &net->node[0].about.shape));
    APPEND(g, graph, output, graph_value(g, "output", &net->node[net->node_count - 1].about.shape));
    return write_layers(g, node, error) && write_model(g, out, error);
}

bool export_onnx(const PlumbNet *net, FILE *out, int *node, PlumbError *error) {
    OnnxGraph g = {.arena = plumb_arena_new(), .net = net};
    if (!net->made) {
        plumb_arena_free(g.arena);
        return plumb_fail(error, PLUMB_ARGUMENT_ERROR, "net %.60s has no weights yet", net->name);
    }
    bool done = g.arena ? write_graph(&g, out, node, error) : error_memory(error);
    plumb_arena_free(g.arena);
    return done;
}
