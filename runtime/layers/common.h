/* What the layer files share: sizes of a pass and reading shapes. */
#ifndef PLUMB_LAYERS_COMMON_H
#define PLUMB_LAYERS_COMMON_H
#include "../core/error.h"
#include "../core/layer.h"
#include "../diagnose/moments.h"
#include <string.h>

/* Features: the size of the last axis. */
static inline int last_axis(PlumbShape shape) {
    return shape.rank > 0 ? shape.dim[shape.rank - 1] : 1;
}
/* Channels: the first axis of an image; of a sequence, as of plain features, the last. */
static inline int channels_of(PlumbShape shape) {
    return shape.rank == 3 ? shape.dim[0] : last_axis(shape);
}
/* Vectors of one row: all axes but the last. */
static inline int vectors(PlumbShape shape) {
    return (int)(plumb_shape_size(shape) / last_axis(shape));
}
static inline int64_t values(const Pass *pass) {
    return pass->rows * plumb_shape_size(pass->site->shape);
}
/* Output of the shape of the first input. */
bool same_shape(const LayerSite *site, PlumbShape *out, PlumbError *error);
#endif
