/* Shapes: sizes, equality and their text. */
#include "../plumb.h"
#include <stdio.h>

int64_t plumb_shape_size(PlumbShape shape) {
    int64_t size = 1;
    for (int i = 0; i < shape.rank; i++) {
        if (__builtin_mul_overflow(size, (int64_t)shape.dim[i], &size)) {
            return INT64_MAX; /* too large for any memory: whoever allocates it fails */
        }
    }
    return size;
}

bool plumb_shape_equal(PlumbShape a, PlumbShape b) {
    if (a.rank != b.rank) {
        return false;
    }
    for (int i = 0; i < a.rank; i++) {
        if (a.dim[i] != b.dim[i]) {
            return false;
        }
    }
    return true;
}

char *plumb_shape_text(PlumbShape shape, char text[64]) {
    snprintf(text, 64, "%s", shape.rank < 0 ? "unknown" : "1"); /* rank 0: a single value */
    for (int i = 0, used = 0; i < shape.rank; i++) {
        used += snprintf(text + used, 64 - (size_t)used, "%s%d", i ? " x " : "", shape.dim[i]);
    }
    return text;
}
