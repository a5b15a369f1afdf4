/* Places for buffers that live for a while: two may share memory when their lives do not overlap. */
#ifndef PLUMB_LAYOUT_H
#define PLUMB_LAYOUT_H
#include <stdbool.h>
#include <stdint.h>

typedef struct Life {
    int first, last; /* times, both inclusive */
    int64_t size, offset; /* offset: set by layout */
} Life;
/* Sets every offset, first fit, in the order given: `life` must be sorted by `first`. Total size; -1: no memory. */
int64_t layout(Life *life, int count);
#endif
