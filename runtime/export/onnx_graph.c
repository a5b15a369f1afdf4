/* Building an ONNX graph: operators, their attributes, constants. */
#include "onnx_graph.h"
#include <endian.h>
#include <stdio.h>
#include <string.h>

/* ---- memory and names ------------------------------------------------------------------------------------------ */

void *onnx_memory(Onnx *o, size_t size) {
    void *memory = plumb_arena_alloc(o->graph->arena, size ? size : 1);
    o->graph->failed = o->graph->failed || !memory;
    return memory;
}

/* Lists grow by doubling: their size is full whenever the count is a power of two. */
void graph_append(OnnxGraph *g, size_t *count, void ***list, void *item) {
    if ((*count & (*count - 1)) == 0) {
        void **grown = plumb_arena_alloc(g->arena, (*count ? 2 * *count : 1) * sizeof *grown);
        if (!grown) {
            g->failed = true;
            return;
        }
        if (*count) {
            memcpy(grown, *list, *count * sizeof *grown);
        }
        *list = grown;
    }
    (*list)[(*count)++] = item;
}

/* A layer's name holds no slash: no other value is called so. */
char *graph_name(OnnxGraph *g) {
    const char *layer = g->node ? g->node->about.name : "";
    size_t size = strlen(layer) + 16;
    char *name = plumb_arena_alloc(g->arena, size);
    if (!name) {
        g->failed = true;
        return NULL;
    }
    snprintf(name, size, "%s/%d", layer, ++g->values);
    return name;
}

/* ---- operators ------------------------------------------------------------------------------------------------- */

static Onnx__NodeProto *last_node(OnnxGraph *g) {
    return g->failed ? NULL : g->graph->node[g->graph->n_node - 1];
}

const char *onnx_operator(Onnx *o, const char *kind, const char *const *input, size_t count) {
    OnnxGraph *g = o->graph;
    NEW(g, Onnx__NodeProto, node, ONNX__NODE_PROTO__INIT)
    char *name = graph_name(g);
    while (count && !input[count - 1]) {
        count--;
    }
    if (g->failed) {
        return "";
    }
    node->name = name;
    node->op_type = (char *)kind;
    for (size_t i = 0; i < count; i++) {
        APPEND(g, node, input, (char *)input[i]);
    }
    APPEND(g, node, output, name);
    APPEND(g, g->graph, node, node);
    return name;
}

const char *onnx_behind(Onnx *o, int more) {
    OnnxGraph *g = o->graph;
    Onnx__NodeProto *node = last_node(g);
    for (int i = 0; node && i < more; i++) {
        APPEND(g, node, output, graph_name(g));
    }
    return g->failed ? "" : node->output[node->n_output - 1];
}

/* ---- attributes ------------------------------------------------------------------------------------------------ */

/* NULL: memory is short. */
static Onnx__AttributeProto *add_attribute(OnnxGraph *g, const char *name, Onnx__AttributeProto__AttributeType type) {
    NEW(g, Onnx__AttributeProto, attribute, ONNX__ATTRIBUTE_PROTO__INIT)
    Onnx__NodeProto *node = last_node(g);
    if (!node) {
        return NULL;
    }
    attribute->name = (char *)name;
    attribute->has_type = true;
    attribute->type = type;
    APPEND(g, node, attribute, attribute);
    return g->failed ? NULL : attribute;
}

void onnx_int(Onnx *o, const char *name, int64_t value) {
    Onnx__AttributeProto *attribute = add_attribute(o->graph, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);
    if (attribute) {
        attribute->has_i = true;
        attribute->i = value;
    }
}

void onnx_ints(Onnx *o, const char *name, int count, const int64_t *value) {
    Onnx__AttributeProto *attribute = add_attribute(o->graph, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
    int64_t *copy = onnx_memory(o, (size_t)count * sizeof *copy);
    if (attribute && copy) {
        attribute->ints = memcpy(copy, value, (size_t)count * sizeof *copy);
        attribute->n_ints = (size_t)count;
    }
}

void onnx_float(Onnx *o, const char *name, double value) {
    Onnx__AttributeProto *attribute = add_attribute(o->graph, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
    if (attribute) {
        attribute->has_f = true;
        attribute->f = (float)value;
    }
}

static ProtobufCBinaryData bytes_of(const char *text) {
    return (ProtobufCBinaryData){strlen(text), (uint8_t *)text};
}

void onnx_text(Onnx *o, const char *name, const char *value) {
    Onnx__AttributeProto *attribute = add_attribute(o->graph, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    if (attribute) {
        attribute->has_s = true;
        attribute->s = bytes_of(value);
    }
}

void onnx_texts(Onnx *o, const char *name, int count, const char *const *value) {
    Onnx__AttributeProto *attribute = add_attribute(o->graph, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS);
    ProtobufCBinaryData *list = onnx_memory(o, (size_t)count * sizeof *list);
    for (int i = 0; attribute && list && i < count; i++) {
        list[i] = bytes_of(value[i]);
        attribute->strings = list;
        attribute->n_strings = (size_t)count;
    }
}

/* ---- constants ------------------------------------------------------------------------------------------------- */

/* Constants stand in the outermost graph, which every body sees. `bytes` are kept. */
static const char *add_tensor(Onnx *o, const char *name, int type, int rank, const int64_t *dim, void *bytes,
                              size_t size) {
    OnnxGraph *g = o->graph;
    NEW(g, Onnx__TensorProto, tensor, ONNX__TENSOR_PROTO__INIT)
    int64_t *dims = onnx_memory(o, (size_t)rank * sizeof *dims);
    if (g->failed || !name) {
        return "";
    }
    for (int i = 0; i < rank; i++) {
        dims[i] = dim[i];
    }
    tensor->name = (char *)name;
    tensor->dims = dims;
    tensor->n_dims = (size_t)rank;
    tensor->has_data_type = tensor->has_raw_data = true;
    tensor->data_type = type;
    tensor->raw_data = (ProtobufCBinaryData){size, bytes};
    Onnx__GraphProto *outermost = g->outer ? g->outer : g->graph;
    APPEND(g, outermost, initializer, tensor);
    return name;
}

/* Little-endian float32. */
static void *float_bytes(Onnx *o, int64_t count, const real *value) {
    uint32_t *bits = onnx_memory(o, (size_t)count * sizeof *bits);
    for (int64_t i = 0; bits && i < count; i++) {
        float number = (float)value[i];
        memcpy(&bits[i], &number, sizeof number);
        bits[i] = htole32(bits[i]);
    }
    return bits;
}

/* `lasts`: the values stay where they are until the file is written, and need no copy where they are float32 already.
 */
static const char *add_reals(Onnx *o, const char *name, PlumbShape shape, const real *value, bool lasts) {
    int64_t dim[PLUMB_RANK_MAX], count = plumb_shape_size(shape);
    for (int i = 0; i < shape.rank; i++) {
        dim[i] = shape.dim[i];
    }
    bool as_it_is = lasts && sizeof *value == sizeof(float) && htole32(1) == 1;
    void *bytes = as_it_is ? (void *)value : float_bytes(o, count, value);
    return add_tensor(o, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, shape.rank, dim, bytes,
                      (size_t)count * sizeof(float));
}

const char *onnx_reals(Onnx *o, PlumbShape shape, const real *value) {
    return add_reals(o, graph_name(o->graph), shape, value, false);
}

const char *onnx_number(Onnx *o, double value) {
    return onnx_reals(o, (PlumbShape){0}, &(real){(real)value});
}

const char *onnx_filled(Onnx *o, int count, double value) {
    real *values = onnx_memory(o, (size_t)count * sizeof *values);
    for (int i = 0; values && i < count; i++) {
        values[i] = (real)value;
    }
    return values ? onnx_reals(o, (PlumbShape){1, {count}}, values) : "";
}

const char *onnx_list(Onnx *o, int count, const int64_t *value) {
    uint64_t *bits = onnx_memory(o, (size_t)count * sizeof *bits);
    for (int i = 0; bits && i < count; i++) {
        bits[i] = htole64((uint64_t)value[i]);
    }
    return add_tensor(o, graph_name(o->graph), ONNX__TENSOR_PROTO__DATA_TYPE__INT64, 1, &(int64_t){count}, bits,
                      (size_t)count * sizeof *bits);
}

/* ---- weights --------------------------------------------------------------------------------------------------- */

/* Index among the net's weights; -1: the layer has none of that name. */
static int weight_index(const OnnxGraph *g, const char *name) {
    const PlumbNode *about = &g->node->about;
    for (int i = about->first_weight; i < about->first_weight + about->weight_count; i++) {
        if (!strcmp(g->net->weight[i].spec.name, name)) {
            return i;
        }
    }
    return -1;
}

const char *onnx_weight(Onnx *o, const char *name) {
    OnnxGraph *g = o->graph;
    int index = weight_index(g, name);
    if (index < 0) {
        return NULL;
    }
    const PlumbWeight *weight = &g->net->weight[index].about;
    if (!g->weight[index]) {
        g->weight[index] = add_reals(o, weight->name, weight->shape, weight->value, true);
    }
    return g->weight[index];
}

const real *onnx_weight_values(Onnx *o, const char *name) {
    int index = weight_index(o->graph, name);
    return index < 0 ? NULL : o->graph->net->weight[index].about.value;
}
