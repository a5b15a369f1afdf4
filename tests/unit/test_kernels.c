/* The kernels over arrays, of every table: against the same sums in double.
 *
 * Bounds: a sum of n products in float, in any order, is off by at most n eps sum |a b| (Higham 2002, eq. 3.5); what is
 * one operation a value must be right to a rounding, what moves values only must be exact. */
#include "kernel_tables.h"
#include <stdio.h>

#define EPS ((double)FLT_EPSILON)

static const int sizes[] = {1, 3, 17, 64, 65};
enum { SIZES = sizeof sizes / sizeof *sizes };
static const int64_t lengths[] = {0, 1, 3, 17, 64, 65, 1023, 1024, 1025, 4099};
enum { LENGTHS = sizeof lengths / sizeof *lengths };

/* ---- products ---------------------------------------------------------------------------------------------------- */

typedef struct Product {
    bool ta, tb;
    int m, n, k, lda, ldb, ldc;
    real beta;
} Product;

static double element(const real *x, int ld, bool transposed, int row, int column) {
    return (double)(transposed ? x[(size_t)column * (size_t)ld + (size_t)row]
                               : x[(size_t)row * (size_t)ld + (size_t)column]);
}

static void assert_product(const Table *table, const Product *p, const real *a, const real *b, const real *before,
                           const real *c) {
    char what[96];
    snprintf(what, sizeof what, "gemm(%d %d, %d x %d x %d, beta %g)", p->ta, p->tb, p->m, p->n, p->k, (double)p->beta);
    for (int i = 0; i < p->m; i++) {
        for (int j = 0; j < p->ldc; j++) {
            int64_t at = (int64_t)i * p->ldc + j;
            if (j >= p->n) { /* between the rows of C */
                assert_agree(table->name, what, at, (double)c[at], (double)before[at], 0);
                continue;
            }
            double sum = p->beta != 0 ? (double)before[at] : 0, size = fabs(sum);
            for (int l = 0; l < p->k; l++) {
                double product = element(a, p->lda, p->ta, i, l) * element(b, p->ldb, p->tb, l, j);
                sum += product;
                size += fabs(product);
            }
            assert_agree(table->name, what, at, (double)c[at], sum, (p->k + 1) * EPS * size);
        }
    }
}

/* beta 0: what C held, NaN here, does not matter. `slack`: how much longer the stored rows are than they need be. */
static void try_product(const Table *table, Product p, int slack) {
    p.lda = (p.ta ? p.m : p.k) + slack;
    p.ldb = (p.tb ? p.k : p.n) + slack;
    p.ldc = p.n + slack;
    p.lda += !p.lda, p.ldb += !p.ldb, p.ldc += !p.ldc; /* BLAS wants at least 1 */
    int64_t an = (int64_t)(p.ta ? p.k : p.m) * p.lda, bn = (int64_t)(p.tb ? p.n : p.k) * p.ldb,
            cn = (int64_t)p.m * p.ldc;
    real *a = array_random(an, 1), *b = array_random(bn, 2);
    real *before = p.beta != 0 ? array_random(cn, 3) : array_filled(cn, NAN), *c = array_copy(before, cn);
    table->k->gemm(p.ta, p.tb, p.m, p.n, p.k, a, p.lda, b, p.ldb, p.beta, c, p.ldc);
    assert_product(table, &p, a, b, before, c);
    array_free(a, an);
    array_free(b, bn);
    array_free(c, cn);
    array_free(before, cn);
}

/* The two products there are: the portable one, and that of all native tables. */
static int products(Table table[2]) {
    table[0] = (Table){"portable", kernels_portable()};
    table[1] = (Table){"native", kernels_native()};
    return table[1].k ? 2 : 1;
}

static void try_products(int m, int n, int k) {
    Table table[2];
    for (int t = 0, count = products(table); t < count; t++) {
        for (int bits = 0; bits < 8; bits++) {
            Product p = {.ta = bits & 1, .tb = bits & 2, .m = m, .n = n, .k = k, .beta = bits & 4 ? 1 : 0};
            try_product(&table[t], p, 0);
            try_product(&table[t], p, 3);
        }
    }
}

static void products_are_sums_of_products(void **state) {
    (void)state;
    for (int i = 0; i < SIZES * SIZES * SIZES; i++) {
        try_products(sizes[i % SIZES], sizes[i / SIZES % SIZES], sizes[i / SIZES / SIZES]);
    }
    try_products(33, 129, 257); /* beyond the small kernels */
    try_products(130, 131, 132);
}

/* A shard without rows: nothing is read, the product of nothing is 0. */
static void empty_products_are_zero(void **state) {
    (void)state;
    try_products(5, 7, 0);
    try_products(0, 7, 5);
    try_products(5, 0, 7);
    try_products(64, 64, 0);
    try_products(0, 64, 64);
    try_products(0, 0, 0);
}

/* What is not finite in A spoils its own row of C, in B its own column, whatever the zeros it meets. */
static void special_values_go_through_products(void **state) {
    (void)state;
    Table table[2];
    static const float special[] = {NAN, INFINITY, -INFINITY};
    enum { M = 19, N = 21, K = 18 };
    for (int t = 0, count = products(table); t < count; t++) {
        for (size_t s = 0; s < sizeof special / sizeof *special; s++) {
            real *a = array_filled(M * K, 0), *b = array_random(K * N, 2), *c = array_filled(M * N, 1);
            a[5 * K + 7] = special[s];
            b[7 * N + 3] = 0;
            table[t].k->gemm(false, false, M, N, K, a, K, b, N, 0, c, N);
            for (int i = 0; i < M * N; i++) {
                double expected = i / N != 5 ? 0 : i % N == 3 ? NAN : (double)(special[s] * b[7 * N + i % N]);
                assert_agree(table[t].name, "gemm of a special value", i, (double)c[i], expected, 0);
            }
            array_free(a, M * K);
            array_free(b, K * N);
            array_free(c, M * N);
        }
    }
}

/* ---- one value each ---------------------------------------------------------------------------------------------- */

static const float odd_values[] = {0.0f, -0.0f, 1e-40f, -1e-40f, FLT_MIN, FLT_MAX, -FLT_MAX, INFINITY, -INFINITY, NAN};
enum { ODD = sizeof odd_values / sizeof *odd_values };

/* Random, with special values strewn in. */
static real *array_mixed(int64_t count, uint32_t stream) {
    real *array = array_random(count, stream);
    for (int64_t i = 0; i < count; i += 7) {
        array[i] = odd_values[(i / 7 + stream) % ODD];
    }
    return array;
}

/* As float arithmetic gives it, but for a fused multiply-add's one rounding less. A sum or product below the normal
 * range may be flushed. */
static void assert_close(const Table *table, const char *what, int64_t i, real seen, double exact, double size) {
    double expected = fabs(exact) > (double)FLT_MAX ? (double)(float)exact : exact;
    assert_agree(table->name, what, i, (double)seen, expected, EPS * size + (double)FLT_MIN);
}

static void elementwise_of(const Table *table, int64_t n) {
    real *a = array_mixed(n, 1), *b = array_mixed(n, 2), *y = array_copy(b, n);
    table->k->add(n, a, y);
    for (int64_t i = 0; i < n; i++) {
        assert_close(table, "add", i, y[i], (double)a[i] + (double)b[i], fabs((double)y[i]));
    }
    table->k->scale(n, -1.5f, a, y);
    for (int64_t i = 0; i < n; i++) {
        assert_close(table, "scale", i, y[i], -1.5 * (double)a[i], fabs((double)y[i]));
    }
    for (int64_t i = 0; i < n; i++) {
        y[i] = NAN; /* beta 0 does not read it */
    }
    table->k->multiply(n, a, b, 0, y);
    for (int64_t i = 0; i < n; i++) {
        assert_close(table, "multiply", i, y[i], (double)a[i] * (double)b[i], fabs((double)y[i]));
    }
    array_free(a, n);
    array_free(b, n);
    array_free(y, n);
}

static void products_added_of(const Table *table, int64_t n) {
    real *a = array_random(n, 1), *b = array_random(n, 2), *c = array_random(n, 3), *y = array_copy(c, n);
    table->k->multiply(n, a, b, 1, y);
    for (int64_t i = 0; i < n; i++) {
        double product = (double)a[i] * (double)b[i];
        assert_close(table, "multiply and add", i, y[i], product + (double)c[i], fabs(product) + fabs((double)c[i]));
    }
    table->k->multiply(n, a, y, 0, y); /* y may be one of the factors */
    table->k->add(n, y, y);
    for (int64_t i = 0; i < n; i++) {
        double factor = (double)a[i] * (double)b[i] + (double)c[i],
               size = fabs((double)a[i] * (double)b[i]) + fabs((double)c[i]);
        assert_close(table, "in place", i, y[i], 2 * (double)a[i] * factor, 8 * fabs((double)a[i]) * size);
    }
    array_free(a, n);
    array_free(b, n);
    array_free(c, n);
    array_free(y, n);
}

static void for_every_table_and_length(void (*check)(const Table *table, int64_t n)) {
    Table table[TABLES_MAX];
    for (int t = 0, count = all_tables(table); t < count; t++) {
        for (int i = 0; i < LENGTHS; i++) {
            check(&table[t], lengths[i]);
        }
    }
}

static void values_one_by_one(void **state) {
    (void)state;
    for_every_table_and_length(elementwise_of);
    for_every_table_and_length(products_added_of);
}

static void transposing_moves_values_only(void **state) {
    (void)state;
    Table table[TABLES_MAX];
    for (int t = 0, count = all_tables(table); t < count; t++) {
        for (int i = 0; i < SIZES * SIZES; i++) {
            int rows = sizes[i % SIZES], columns = sizes[i / SIZES], n = rows * columns, apart = rows + i % 3;
            real *x = array_mixed(n, 1), *y = array_filled(apart * columns, 5);
            table[t].k->transpose(rows, columns, x, y, apart);
            for (int j = 0; j < apart * columns; j++) {
                real between = 5, *expected = j % apart < rows ? &x[j % apart * columns + j / apart] : &between;
                assert_memory_equal(&y[j], expected, sizeof *x);
            }
            array_free(x, n);
            array_free(y, apart * columns);
        }
    }
}

/* ---- sums -------------------------------------------------------------------------------------------------------- */

static void sums_of(const Table *table, int64_t n) {
    real *a = array_random(n, 1), *b = array_random(n, 2);
    double dot = 0, dot_size = 0, sum = 0, squares = 0, size = 0;
    for (int64_t i = 0; i < n; i++) {
        dot += (double)a[i] * (double)b[i];
        dot_size += fabs((double)a[i] * (double)b[i]);
        sum += (double)a[i];
        size += fabs((double)a[i]);
        squares += (double)a[i] * (double)a[i];
    }
    double terms = n < 1024 ? (double)n : 1024; /* then on in double */
    assert_agree(table->name, "dot", n, table->k->dot(n, a, b), dot, terms * EPS * dot_size);
    Tally tally = {.sum = 10, .sum_squares = 20, .nonfinite = 3, .count = 5, .saturated = 7};
    table->k->tally(n, a, &tally); /* adds to what is there */
    assert_agree(table->name, "tally sum", n, tally.sum, 10 + sum, terms * EPS * size + 1e-12);
    assert_agree(table->name, "tally squares", n, tally.sum_squares, 20 + squares, terms * EPS * squares + 1e-12);
    assert_agree(table->name, "tally count", n, tally.count, 5 + (double)n, 0);
    assert_agree(table->name, "tally non-finite", n, tally.nonfinite, 3, 0);
    assert_agree(table->name, "tally saturated", n, tally.saturated, 7, 0);
    array_free(a, n);
    array_free(b, n);
}

/* Special values are counted and left out of the sums. */
static void tally_of_special(const Table *table, int64_t n) {
    real *x = array_random(n, 1);
    double nonfinite = 0, sum = 0, size = 0;
    for (int64_t i = 0; i < n; i++) {
        x[i] = i % 5 == 0 ? odd_values[7 + i / 5 % 3] : x[i];
        nonfinite += !isfinite(x[i]);
        sum += isfinite(x[i]) ? (double)x[i] : 0;
        size += isfinite(x[i]) ? fabs((double)x[i]) : 0;
    }
    Tally tally = {0};
    table->k->tally(n, x, &tally);
    assert_agree(table->name, "tally non-finite", n, tally.nonfinite, nonfinite, 0);
    assert_agree(table->name, "tally of the finite", n, tally.sum, sum, 1024 * EPS * size);
    array_free(x, n);
}

/* Vanishing and exploding gradients keep their norms, though their squares leave the range of float. */
static void tally_of_extremes(const Table *table, int64_t n) {
    static const double scales[] = {1e-34, 1e-25, 1e-15, 1e18, 1e30};
    for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
        real *x = array_random(n, 1), *g = array_new(n);
        double squares = 0, nonfinite = 0;
        for (int64_t i = 0; i < n; i++) {
            x[i] *= (real)scales[s];
            squares += (double)x[i] * (double)x[i];
        }
        Tally tally = {0};
        table->k->tally(n, x, &tally);
        assert_agree(table->name, "extreme squares", n, tally.sum_squares, squares, 1024 * EPS * squares);
        const real *part[1] = {x};
        double seen = table->k->reduce(1, n, part, g, &nonfinite);
        assert_agree(table->name, "extreme norm", n, seen, squares, 1024 * EPS * squares);
        array_free(x, n);
        array_free(g, n);
    }
}

static void sums_and_tallies(void **state) {
    (void)state;
    for_every_table_and_length(sums_of);
    for_every_table_and_length(tally_of_special);
    for_every_table_and_length(tally_of_extremes);
}

static void column_sums_of(const Table *table, int rows, int n, real beta) {
    real *x = array_random((int64_t)rows * n, 1), *before = beta != 0 ? array_random(n, 2) : array_filled(n, NAN);
    real *sum = array_copy(before, n);
    table->k->column_sum(rows, n, x, beta, sum);
    for (int j = 0; j < n; j++) {
        double expected = beta != 0 ? (double)before[j] : 0, size = fabs(expected);
        for (int i = 0; i < rows; i++) {
            expected += (double)x[i * n + j];
            size += fabs((double)x[i * n + j]);
        }
        assert_agree(table->name, "column sum", j, (double)sum[j], expected, (rows + 1) * EPS * size);
    }
    array_free(x, (int64_t)rows * n);
    array_free(before, n);
    array_free(sum, n);
}

static void sums_of_columns(void **state) {
    (void)state;
    Table table[TABLES_MAX];
    for (int t = 0, count = all_tables(table); t < count; t++) {
        for (int i = 0; i < SIZES * SIZES; i++) {
            column_sums_of(&table[t], sizes[i % SIZES], sizes[i / SIZES], 0);
            column_sums_of(&table[t], sizes[i % SIZES], sizes[i / SIZES], 1);
        }
        column_sums_of(&table[t], 0, 17, 0);
    }
}

/* Shards in their order: the same bits as adding them one after another. */
static void reduced(const Table *table, int64_t n, int shards, bool spoilt) {
    real *part[4], *g = array_new(n), *expected = array_new(n);
    for (int s = 0; s < shards; s++) {
        part[s] = array_random(n, (uint32_t)s);
        if (spoilt && n) {
            part[s][n / 2] = s ? 1 : NAN;
        }
    }
    double squares = 0, nonfinite = 5;
    for (int64_t i = 0; i < n; i++) {
        expected[i] = part[0][i];
        for (int s = 1; s < shards; s++) {
            expected[i] += part[s][i];
        }
        squares += isfinite(expected[i]) ? (double)expected[i] * (double)expected[i] : 0;
    }
    double seen = table->k->reduce(shards, n, (const real *const *)part, g, &nonfinite);
    for (int64_t i = 0; i < n; i++) {
        assert_agree(table->name, "reduce", i, (double)g[i], (double)expected[i], 0);
    }
    assert_agree(table->name, "sum of squares", n, seen, squares, 1024 * EPS * squares);
    assert_agree(table->name, "non-finite", n, nonfinite, 5 + (spoilt && n), 0);
    for (int s = 0; s < shards; s++) {
        array_free(part[s], n);
    }
    array_free(g, n);
    array_free(expected, n);
}

static void shards_are_summed_in_order(void **state) {
    (void)state;
    Table table[TABLES_MAX];
    for (int t = 0, count = all_tables(table); t < count; t++) {
        for (int i = 0; i < LENGTHS; i++) {
            for (int shards = 1; shards <= 4; shards++) {
                reduced(&table[t], lengths[i], shards, false);
                reduced(&table[t], lengths[i], shards, true);
            }
        }
    }
}

/* ---- softmax ----------------------------------------------------------------------------------------------------- */

/* y_i = exp(x_i - largest) / sum: the exponential's 2 ulp, the sum's n / 2 at most, a product. For the logarithm the
 * error is that of x - largest - log(sum), each rounded at its own size. */
static void softmax_of(const Table *table, int n, double spread, bool log_wanted, bool in_place) {
    real *x = array_random(n, (uint32_t)n), *y = array_new(n);
    double largest = -INFINITY, sum = 0, size = 0;
    for (int i = 0; i < n; i++) {
        x[i] *= (real)spread;
        largest = fmax(largest, (double)x[i]);
        size = fmax(size, fabs((double)x[i]));
    }
    for (int i = 0; i < n; i++) {
        sum += exp((double)x[i] - largest);
    }
    if (in_place) {
        memcpy(y, x, (size_t)n * sizeof *x);
    }
    table->k->softmax(1, n, in_place ? y : x, y, log_wanted);
    for (int i = 0; i < n; i++) {
        double expected = log_wanted ? (double)x[i] - largest - log(sum) : exp((double)x[i] - largest) / sum;
        double rounding =
            log_wanted ? 4 * EPS * (1 + 2 * size) : (8 + 0.5 * n + size) * EPS * expected + (double)FLT_MIN;
        assert_agree(table->name, log_wanted ? "log softmax" : "softmax", i, (double)y[i], expected, rounding);
    }
    array_free(x, n);
    array_free(y, n);
}

static void softmax_is_normalised_and_never_overflows(void **state) {
    (void)state;
    Table table[TABLES_MAX];
    static const double spreads[] = {0, 1, 30, 1e4, 1e30};
    for (int t = 0, count = all_tables(table); t < count; t++) {
        for (int i = 0; i < SIZES * 5; i++) {
            for (int bits = 0; bits < 4; bits++) {
                softmax_of(&table[t], sizes[i % SIZES], spreads[i / SIZES], bits & 1, bits & 2);
            }
        }
    }
}

/* Each row by itself; a NaN spoils its row, and no other. */
static void softmax_rows_are_apart(void **state) {
    (void)state;
    Table table[TABLES_MAX];
    for (int t = 0, count = all_tables(table); t < count; t++) {
        real x[3][5] = {{1, 2, 3, 4, 5}, {1, NAN, 3, 4, 5}, {1, 2, 3, -INFINITY, 5}}, y[3][5], alone[5];
        table[t].k->softmax(3, 5, x[0], y[0], false);
        table[t].k->softmax(1, 5, x[0], alone, false);
        assert_memory_equal(y[0], alone, sizeof alone);
        for (int i = 0; i < 5; i++) {
            assert_true(isnan(y[1][i]));
            assert_true(isfinite(y[2][i]) && (i != 3 || y[2][i] == 0));
        }
    }
}

/* ---- which table ------------------------------------------------------------------------------------------------- */

static void native_where_it_is_built_else_portable(void **state) {
    PlumbError error = {.argument = -1};
    (void)state;
#ifdef PLUMB_NO_NATIVE
    assert_null(kernels_native());
    assert_null(kernels_find("native", &error));
    assert_int_equal(error.status, PLUMB_ARGUMENT_ERROR);
    assert_ptr_equal(kernels_find(NULL, &error), kernels_portable());
#else
    assert_ptr_equal(kernels_find(NULL, &error), kernels_native());
    assert_ptr_equal(kernels_find("native", &error), kernels_native());
#endif
    assert_ptr_equal(kernels_find("portable", &error), kernels_portable());
}

/* tests/isa.sh sets the limit. */
static void loops_keep_to_the_limit_of_instructions(void **state) {
    (void)state;
#if defined(PLUMB_NO_NATIVE) || !defined(__x86_64__)
    skip();
#else
    const char *limit = getenv("ONEDNN_MAX_CPU_ISA");
    if (!limit || strcmp(limit, "AVX2") != 0 || !__builtin_cpu_supports("avx2")) {
        skip();
    }
    assert_ptr_equal(kernels_native(), loops_v3());
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_are_sums_of_products),
        cmocka_unit_test(empty_products_are_zero),
        cmocka_unit_test(special_values_go_through_products),
        cmocka_unit_test(values_one_by_one),
        cmocka_unit_test(transposing_moves_values_only),
        cmocka_unit_test(sums_and_tallies),
        cmocka_unit_test(sums_of_columns),
        cmocka_unit_test(shards_are_summed_in_order),
        cmocka_unit_test(softmax_is_normalised_and_never_overflows),
        cmocka_unit_test(softmax_rows_are_apart),
        cmocka_unit_test(native_where_it_is_built_else_portable),
        cmocka_unit_test(loops_keep_to_the_limit_of_instructions),
    };
    return cmocka_run_group_tests_name("kernels", tests, NULL, NULL);
}
