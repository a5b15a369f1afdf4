/* Which loops and which library's product: by the processor and by the shape. */
#include "native.h"

#if defined(PLUMB_DOUBLE) || defined(PLUMB_NO_NATIVE)
const Kernels *kernels_native(void) {
    return NULL;
}
#else
#include <oneapi/dnnl/dnnl.h>
#include <string.h>
#ifndef PLUMB_NO_XSMM
#include <libxsmm.h>

/* libxsmm's compiled kernels hold 95 % of the machine's limit up to about this many multiplications. */
enum { SMALL_PRODUCT = 128 * 128 * 128, COLUMNS = 32 /* at once, at least */, PAGE = 1024 /* values */ };

/* Row-major C = A B is column-major C' = B' A': the operands change places. There is no kernel with the first of them
 * (our B) transposed. NULL: not a shape for it. */
static libxsmm_smmfunction small_product(bool ta, bool tb, int m, int n, int k, int lda, int ldb, int ldc, real beta) {
    if (tb || (int64_t)m * n * k > SMALL_PRODUCT) {
        return NULL;
    }
    const float one = 1;
    const int flags = ta ? LIBXSMM_GEMM_FLAG_TRANS_B : LIBXSMM_GEMM_FLAG_NONE;
    return libxsmm_smmdispatch(n, m, k, &ldb, &lda, &ldc, &one, &beta, &flags, NULL);
}

/* A large one of few rows, by columns of B and C. False: not a shape for it. dnnl_sgemm takes 100 us and more longer
 * for the first product of a step than for the same again, whatever its operands. Rows a multiple of 4 KB apart meet in
 * few sets of the cache: oneDNN copies them together, libxsmm does not. */
static bool product_by_columns(bool ta, bool tb, int m, int n, int k, const real *a, int lda, const real *b, int ldb,
                               real beta, real *c, int ldc) {
    int columns = (int)(SMALL_PRODUCT / ((int64_t)m * k)) / COLUMNS * COLUMNS;
    while (columns > 0 && n % columns) {
        columns -= COLUMNS;
    }
    if ((int64_t)m * n * k < 4 * SMALL_PRODUCT || columns == 0 || lda % PAGE == 0 || ldb % PAGE == 0) {
        return false;
    }
    libxsmm_smmfunction product = small_product(ta, tb, m, columns, k, lda, ldb, ldc, beta);
    for (int i = 0; product && i < n; i += columns) {
        product(b + i, a, c + i);
    }
    return product;
}
#endif

/* A shard without rows: the product is 0. The libraries leave C as it was for some operands. */
static void empty_product(int m, int n, real beta, real *c, int ldc) {
    for (int i = 0; beta == 0 && i < m; i++) {
        memset(c + (size_t)i * (size_t)ldc, 0, (size_t)n * sizeof *c);
    }
}

void native_gemm(bool ta, bool tb, int m, int n, int k, const real *a, int lda, const real *b, int ldb, real beta,
                 real *c, int ldc) {
    if (m == 0 || n == 0 || k == 0) {
        empty_product(m, n, beta, c, ldc);
        return;
    }
#ifndef PLUMB_NO_XSMM
    libxsmm_smmfunction product = small_product(ta, tb, m, n, k, lda, ldb, ldc, beta);
    if (product) {
        product(b, a, c);
        return;
    }
    if (product_by_columns(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc)) {
        return;
    }
#endif
    dnnl_sgemm(ta ? 'T' : 'N', tb ? 'T' : 'N', m, n, k, 1, a, lda, b, ldb, beta, c, ldc);
}

#ifdef __x86_64__
/* May instructions be used that oneDNN knows as `isa`? ONEDNN_MAX_CPU_ISA holds for our loops as for its products. */
static bool allowed(dnnl_cpu_isa_t isa) {
    return (dnnl_get_effective_cpu_isa() & isa) == isa;
}

const Kernels *kernels_native(void) {
    if (allowed(dnnl_cpu_isa_avx512_core) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
        return loops_v4();
    }
    if (allowed(dnnl_cpu_isa_avx2) && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return loops_v3();
    }
    return loops_baseline();
}
#else
const Kernels *kernels_native(void) {
    return loops_baseline();
}
#endif
#endif
