/* The loops for processors with AVX2 and FMA. */
#include "native.h"
#if defined(__x86_64__) && !defined(PLUMB_DOUBLE) && !defined(PLUMB_NO_NATIVE)
#include "loops.inc"

const Kernels *loops_v3(void) {
    static const Kernels table = LOOPS_TABLE("native", native_gemm, native_conv, products_conv_blocks);
    return &table;
}
#endif
