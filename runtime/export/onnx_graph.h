/* An ONNX graph while it is built. Internal to runtime/export/. All of it lives in an arena until the file is written. */
#ifndef PLUMB_ONNX_GRAPH_H
#define PLUMB_ONNX_GRAPH_H
#include "../core/net.h"
#include "onnx.h"
#include "onnx.pb-c.h"

struct OnnxGraph {
    PlumbArena *arena;
    const PlumbNet *net;
    const NetNode *node;             /* being written */
    Onnx__GraphProto *graph, *outer; /* outer: around a body, else NULL */
    int values;                      /* so many were named */
    const char **weight;             /* name of each of the net's weights that is in the graph already */
    const char *why;                 /* a layer cannot be said */
    bool failed;                     /* memory was short */
};

/* Appends to a list of pointers of a message. */
void graph_append(OnnxGraph *g, size_t *count, void ***list, void *item);
#define APPEND(g, message, field, item) graph_append(g, &(message)->n_##field, (void ***)&(message)->field, item)
/* A message in the arena. */
#define NEW(g, Type, variable, init)                                                                                   \
    Type *variable = plumb_arena_alloc((g)->arena, sizeof *variable);                                                  \
    if (variable) {                                                                                                    \
        *variable = (Type)init;                                                                                        \
    } else {                                                                                                           \
        (g)->failed = true;                                                                                            \
    }
/* "dense1.3": the layer and a number. */
char *graph_name(OnnxGraph *g);
/* A value of float32: of unknown shape where `shape` is NULL, else [N, shape]. */
Onnx__ValueInfoProto *graph_value(OnnxGraph *g, const char *name, const PlumbShape *shape);
#endif
