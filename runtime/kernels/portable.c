/* The reference: plain C, no library, also in double precision. */
#include "loops.inc"

/* Element (row, column) of op(X): X as stored, or its transpose. */
static inline real element(const real *x, int ld, bool transposed, int row, int column) {
    return transposed ? x[(size_t)column * (size_t)ld + (size_t)row] : x[(size_t)row * (size_t)ld + (size_t)column];
}

/* A row of C at a time: C[i,:] += op(A)[i,p] op(B)[p,:]. */
static void gemm(bool ta, bool tb, int m, int n, int k, const real *a, int lda, const real *b, int ldb, real beta,
                 real *c, int ldc) {
    for (int i = 0; i < m; i++) {
        real *row = c + (size_t)i * (size_t)ldc;
        for (int j = 0; beta == 0 && j < n; j++) {
            row[j] = 0;
        }
        for (int p = 0; p < k; p++) {
            real left = element(a, lda, ta, i, p);
            for (int j = 0; j < n; j++) {
                row[j] += left * element(b, ldb, tb, p, j);
            }
        }
    }
}

const Kernels *kernels_portable(void) {
    static const Kernels table = LOOPS_TABLE("portable", gemm, products_conv, products_conv_blocks);
    return &table;
}
