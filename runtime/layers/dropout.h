/* Dropping values: also done between the layers of a recurrent stack. */
#ifndef PLUMB_DROPOUT_H
#define PLUMB_DROPOUT_H
#include "../core/layer.h"

/* y = x m / (1 - p) for the n values whose place in the whole batch's array begins at `first`; the draws depend on that place,
 * the step and the node, so that shards do not matter and backward repeats them. y may be x. */
void dropout_values(const Pass *pass, real p, int64_t first, int64_t n, const real *x, real *y);
#endif
