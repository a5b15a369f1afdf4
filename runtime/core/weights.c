/* Making, dropping and copying the weights of a net. */
#include "../train/inits.h"
#include "error.h"
#include "net.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 1 << 21 };

/* Large blocks ask for large pages: a step walks over all of a plan's memory, and a core knows but a few thousand
 * pages. */
void *aligned_zeroed(size_t bytes) {
    size_t unit = bytes >= HUGE_PAGE ? HUGE_PAGE : ALIGN_BYTES, size = (bytes + unit - 1) / unit * unit;
    void *memory = size < bytes ? NULL : aligned_alloc(unit, size ? size : unit);
#ifdef MADV_HUGEPAGE
    if (memory && unit == HUGE_PAGE) {
        madvise(memory, size, MADV_HUGEPAGE); /* refused: small pages do */
    }
#endif
    return memory ? memset(memory, 0, size) : NULL;
}

enum { STAGGER = 13 * ALIGN_REALS }; /* 6 of them are all apart by a kilobyte or so within 4 KiB */

real *flat_new(int64_t count, Flat which) {
    real *memory = aligned_zeroed((size_t)(count + which * STAGGER) * sizeof(real));
    return memory ? memory + which * STAGGER : NULL;
}

void flat_free(real *flat, Flat which) {
    free(flat ? flat - which * STAGGER : NULL);
}

/* FNV-1a of the name: a layer added elsewhere does not change this one's first weights. */
static uint32_t stream_of(const char *name) {
    uint32_t hash = 2166136261u;
    for (; *name; name++) {
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    }
    return hash;
}

static void place_weights(PlumbNet *net) {
    real *transposed = net->transposes;
    for (int i = 0; i < net->weight_count; i++) {
        NetWeight *weight = &net->weight[i];
        weight->about.value = (weight->spec.learned ? net->parameters : net->buffers) + weight->offset;
        weight->about.grad = weight->spec.learned ? net->gradients + weight->offset : NULL;
        if (weight->spec.transposed) {
            weight->transposed = transposed;
            transposed += padded(weight->size);
        }
    }
}

static void settle_weights(PlumbNet *net) {
    for (int i = 0; i < net->node_count; i++) {
        const NetNode *node = &net->node[i];
        real *w[LAYER_WEIGHTS_MAX];
        for (int j = 0; j < node->about.weight_count; j++) {
            w[j] = net->weight[node->about.first_weight + j].about.value;
        }
        if (node->layer->settle) {
            node->layer->settle(&node->site, w);
        }
    }
}

bool plumb_net_make(PlumbNet *net, uint64_t seed, PlumbError *error) {
    if (net->made) {
        return true;
    }
    if (net->unknown) {
        return plumb_fail(error, PLUMB_SHAPE_ERROR, "net %s has errors", net->name);
    }
    net->parameters = flat_new(net->parameter_count, FLAT_PARAMETERS);
    net->gradients = flat_new(net->parameter_count, FLAT_GRADIENTS);
    net->transposes = flat_new(net->parameter_count, FLAT_TRANSPOSES);
    net->buffers = aligned_zeroed((size_t)net->buffer_count * sizeof(real));
    net->made = net->parameters && net->gradients && net->transposes && net->buffers;
    if (!net->made) {
        plumb_net_reset(net);
        plumb_fail(error, PLUMB_MEMORY_ERROR, "not enough memory for the %lld weights of %s",
                   (long long)net->parameter_count, net->name);
        return false;
    }
    net->seed = seed;
    place_weights(net);
    for (int i = 0; i < net->weight_count; i++) {
        NetWeight *weight = &net->weight[i];
        Draw draw = {seed, DRAW_INIT, stream_of(weight->about.name)};
        if (!init_fill(&weight->spec, draw, weight->about.value, error)) {
            plumb_net_reset(net);
            return false;
        }
    }
    settle_weights(net);
    net->unscaled = true;
    net_refresh(net, kernels_portable());
    return true;
}

void plumb_net_reset(PlumbNet *net) {
    flat_free(net->parameters, FLAT_PARAMETERS);
    flat_free(net->gradients, FLAT_GRADIENTS);
    flat_free(net->transposes, FLAT_TRANSPOSES);
    free(net->buffers);
    net->parameters = net->gradients = net->transposes = net->buffers = NULL;
    for (int i = 0; i < net->weight_count; i++) {
        net->weight[i].about.value = NULL;
        net->weight[i].about.grad = NULL;
        net->weight[i].transposed = NULL;
    }
    for (int i = 0; i < net->node_count; i++) {
        net->node[i].measured = false;
    }
    net->made = false;
}

void net_transpose(const Kernels *k, NetWeight *weight, int first, int count) {
    int rows = weight->spec.shape.dim[0];
    int64_t columns = weight->size / rows;
    k->transpose(count, (int)columns, weight->about.value + first * columns, weight->transposed + first, rows);
}

void net_refresh(PlumbNet *net, const Kernels *k) {
    for (int i = 0; i < net->weight_count; i++) {
        if (net->weight[i].transposed) {
            net_transpose(k, &net->weight[i], 0, net->weight[i].spec.shape.dim[0]);
        }
    }
}
