/* A net: nodes in topological order, their weights in one buffer. */
#ifndef PLUMB_NET_H
#define PLUMB_NET_H
#include "layer.h"

typedef struct NetNode {
    PlumbNode about;     /* what the outside sees */
    const Layer *layer;  /* NULL: unknown, after an error */
    LayerSite site;
    double *through_time; /* recurrent: rms of dL/dh of each time step in the last measured pass */
    int time_steps;       /* of them */
    double gate_mean[LAYER_GATES_MAX];
    bool measured;        /* these figures are there */
} NetNode;

typedef struct NetWeight {
    PlumbWeight about;
    WeightSpec spec;
    int64_t offset, size; /* in `parameters` or, where not learned, in `buffers`; size without padding */
    real *transposed;     /* a second copy in `transposes`, or NULL */
} NetWeight;

struct PlumbNet {
    char *name;
    PlumbArena *arena;   /* calls, names, shapes */
    NetNode *node;
    int node_count, node_space;
    NetWeight *weight;
    int weight_count, weight_space;
    struct NameIndex *index; /* by name: nodes, and how many of a kind */
    bool unknown;            /* holds a node of unknown shape: cannot be run */
    bool made;
    bool unscaled;           /* the weights are as drawn: init=lsuv still waits for data */
    uint64_t seed;
    int64_t parameter_count, buffer_count; /* padded so that every weight starts on 64 bytes */
    real *parameters, *buffers, *transposes, *gradients;
};

enum { ALIGN_BYTES = 64, ALIGN_REALS = ALIGN_BYTES / sizeof(real) };
static inline int64_t padded(int64_t count) {
    return (count + ALIGN_REALS - 1) / ALIGN_REALS * ALIGN_REALS;
}
/* Zeroed memory on 64 bytes; NULL when short. Release with free. */
void *aligned_zeroed(size_t bytes);
/* The arrays that hold something for every weight, which a step passes over side by side. Each begins at another place within 4 KiB:
 * where addresses differ in upper bits only, processors let loads wait for stores to the others. */
typedef enum Flat { FLAT_PARAMETERS, FLAT_GRADIENTS, FLAT_STATE, FLAT_SECOND_STATE, FLAT_TRANSPOSES, FLAT_AVERAGE } Flat;
real *flat_new(int64_t count, Flat which); /* as aligned_zeroed */
void flat_free(real *flat, Flat which);    /* NULL is allowed */
/* Writes the transposed copy of one weight. */
void net_transpose(const Kernels *k, NetWeight *weight, int first, int count); /* of its rows, from `first` on */
/* All copies anew, after weights were changed from outside. */
void net_refresh(PlumbNet *net, const Kernels *k);
#endif
