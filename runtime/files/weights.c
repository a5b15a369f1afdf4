/* A net's weights and gradients as safetensors files, under the names that PyTorch would give them. */
#include "weights.h"
#include "../core/net.h"
#include <stdlib.h>
#include <string.h>

/* The net's weights as tensors; gradients instead where `gradients`. NULL on error. */
static PlumbTensor *net_tensors(const PlumbNet *net, bool gradients, int *count, PlumbError *error) {
    int total = plumb_net_weight_total(net);
    PlumbTensor *tensor = calloc((size_t)total + 1, sizeof *tensor);
    *count = 0;
    if (!tensor) {
        error_memory(error);
        return NULL;
    }
    for (int i = 0; i < total; i++) {
        const PlumbWeight *weight = plumb_net_weight(net, i);
        if (gradients && !weight->learned) {
            continue; /* buffers have none */
        }
        plumb_real *value = gradients ? (plumb_real *)weight->grad : weight->value;
        if (!value) {
            plumb_fail(error, PLUMB_ARGUMENT_ERROR, "net %s has no %s yet", plumb_net_name(net),
                       gradients ? "gradients" : "weights");
            free(tensor);
            return NULL;
        }
        tensor[(*count)++] = (PlumbTensor){(char *)weight->name, weight->shape, value};
    }
    return tensor;
}

static bool save(const PlumbNet *net, bool gradients, const char *path, const PlumbFiles *files, PlumbError *error) {
    int count;
    PlumbTensor *tensor = net_tensors(net, gradients, &count, error);
    bool done = tensor && plumb_safetensors_save(path, tensor, count, files, error);
    free(tensor);
    return done;
}

bool plumb_net_save(const PlumbNet *net, const char *path, const PlumbFiles *files, PlumbError *error) {
    return save(net, false, path, files, error);
}

bool plumb_gradients_save(const PlumbNet *net, const char *path, const PlumbFiles *files, PlumbError *error) {
    return save(net, true, path, files, error);
}

/* ---- loading ---------------------------------------------------------------------------------------------- */

const Array *array_find(const Array *arrays, int count, const char *name) {
    for (int i = 0; i < count; i++) {
        if (!strcmp(arrays[i].name, name)) {
            return &arrays[i];
        }
    }
    return NULL;
}

/* A file's shape may have more axes, and larger ones, than ours. */
static bool same_shape(const Array *array, PlumbShape shape) {
    bool same = array->rank == shape.rank;
    for (int i = 0; same && i < shape.rank; i++) {
        same = array->dim[i] == shape.dim[i];
    }
    return same;
}

/* Says which weight, in which file, and both shapes. */
static bool check_weight(const PlumbWeight *weight, const Array *array, const char *path, PlumbError *error) {
    char dims[128], text[64];
    if (!array) {
        plumb_fail(error, PLUMB_SHAPE_ERROR, "\"%.100s\" has no \"%.100s\"", path, weight->name);
        return error_hint(error, "the file must come from a net of the same layers");
    }
    if (!array->type->floating) {
        plumb_fail(error, PLUMB_FORMAT_ERROR, "%.100s in \"%.100s\" has another type", weight->name, path);
        error_found(error, "%s", array->type->safetensors);
        return error_expected(error, "F32, or F64, F16, BF16");
    }
    if (!same_shape(array, weight->shape)) {
        plumb_fail(error, PLUMB_SHAPE_ERROR, "%.100s in \"%.100s\" has another shape", weight->name, path);
        error_found(error, "%s", array_shape_text(array, dims));
        return error_expected(error, "%s", plumb_shape_text(weight->shape, text));
    }
    return true;
}

/* PyTorch's batch norms count batches; nothing here reads that. */
static bool ignored(const char *name) {
    static const char counter[] = ".num_batches_tracked";
    size_t length = strlen(name), size = sizeof counter - 1;
    return length > size && !strcmp(name + length - size, counter);
}

static bool in_net(const PlumbNet *net, const char *name) {
    for (int i = 0, total = plumb_net_weight_total(net); i < total; i++) {
        if (!strcmp(plumb_net_weight(net, i)->name, name)) {
            return true;
        }
    }
    return false;
}

bool weights_fit(const PlumbNet *net, const Array *arrays, int count, const char *path, PlumbError *error) {
    for (int i = 0, total = plumb_net_weight_total(net); i < total; i++) {
        const PlumbWeight *weight = plumb_net_weight(net, i);
        if (!check_weight(weight, array_find(arrays, count, weight->name), path, error)) {
            return false;
        }
    }
    for (int i = 0; i < count; i++) {
        if (!ignored(arrays[i].name) && !in_net(net, arrays[i].name)) {
            plumb_fail(error, PLUMB_SHAPE_ERROR, "\"%.100s\" holds \"%.100s\", which net %.40s has not", path,
                       arrays[i].name, plumb_net_name(net));
            return error_hint(error, "the file must come from a net of the same layers");
        }
    }
    return true;
}

bool weights_take(PlumbNet *net, const Array *arrays, int count, PlumbError *error) {
    if (!plumb_net_made(net) && !plumb_net_make(net, plumb_net_seed(net), error)) {
        return false;
    }
    for (int i = 0, total = plumb_net_weight_total(net); i < total; i++) {
        const PlumbWeight *weight = plumb_net_weight(net, i);
        array_reals(array_find(arrays, count, weight->name), weight->value);
    }
    net->unscaled = false;
    return true;
}

bool plumb_net_load(PlumbNet *net, const char *path, const PlumbFiles *files, PlumbError *error) {
    Array *arrays = NULL;
    int count = 0;
    if (!safetensors_read_all(&arrays, &count, path, files, error)) {
        return false;
    }
    bool done = weights_fit(net, arrays, count, path, error) && weights_take(net, arrays, count, error);
    arrays_free(arrays, count);
    return done;
}
