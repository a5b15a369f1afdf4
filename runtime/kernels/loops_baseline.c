/* The loops for any processor. */
#include "native.h"
#if !defined(PLUMB_DOUBLE) && !defined(PLUMB_NO_NATIVE)
#include "loops.inc"

const Kernels *loops_baseline(void) {
    static const Kernels table = LOOPS_TABLE("native", native_gemm, native_conv, products_conv_blocks);
    return &table;
}
#endif
