/* native: products from libxsmm and oneDNN, loops compiled for the processor. */
#ifndef PLUMB_NATIVE_H
#define PLUMB_NATIVE_H
#include "kernels.h"

void native_gemm(bool ta, bool tb, int m, int n, int k, const real *a, int lda, const real *b, int ldb, real beta, real *c, int ldc);
/* By oneDNN's primitives, or by products where those are faster. */
Conv *native_conv(const Kernels *k, const ConvShape *shape, int rows, bool training, bool d_in);
/* With AVX-512; before it oneDNN has blocks of 8. */
bool native_conv_blocks(const Kernels *k, const ConvShape *shape, int rows, bool training, bool d_in);
const Kernels *loops_baseline(void);
const Kernels *loops_v3(void); /* AVX2 and FMA */
const Kernels *loops_v4(void); /* AVX-512 */
#endif
