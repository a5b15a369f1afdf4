/* All tables of kernels that this machine can run, and arrays whose ends are watched. */
#ifndef TEST_KERNEL_TABLES_H
#define TEST_KERNEL_TABLES_H
#include "given.h"
#include "runtime/core/random.h"
#include "runtime/kernels/native.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>

typedef struct Table {
    const char *name;
    const Kernels *k;
} Table;

enum { TABLES_MAX = 5, MARGIN = 16 };
#define CANARY 777.25f

/* Portable, and the loops of each processor generation. Returns how many. */
static inline int all_tables(Table table[TABLES_MAX]) {
    int count = 0;
    table[count++] = (Table){"portable", kernels_portable()};
#ifndef PLUMB_NO_NATIVE
    table[count++] = (Table){"baseline", loops_baseline()};
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        table[count++] = (Table){"v3", loops_v3()};
    }
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw")) {
        table[count++] = (Table){"v4", loops_v4()};
    }
#endif
#endif
    return count;
}

/* An array of `count` values and a margin that nobody may write. */
static inline real *array_new(int64_t count) {
    real *array = malloc((size_t)(count + MARGIN) * sizeof *array);
    assert_non_null(array);
    for (int i = 0; i < MARGIN; i++) {
        array[count + i] = CANARY;
    }
    return array;
}

/* Normal values. */
static inline real *array_random(int64_t count, uint32_t stream) {
    real *array = array_new(count);
    for (int64_t i = 0; i < count; i++) {
        array[i] = (real)draw_normal((Draw){1, DRAW_SAMPLE, stream}, (uint64_t)i);
    }
    return array;
}

static inline real *array_filled(int64_t count, real value) {
    real *array = array_new(count);
    for (int64_t i = 0; i < count; i++) {
        array[i] = value;
    }
    return array;
}

static inline real *array_copy(const real *from, int64_t count) {
    real *array = array_new(count);
    memcpy(array, from, (size_t)count * sizeof *array);
    return array;
}

/* Frees; fails where something was written behind the end. */
static inline void array_free(real *array, int64_t count) {
    for (int i = 0; i < MARGIN; i++) {
        if (array[count + i] != CANARY) {
            fail_msg("%d values behind an array of %lld were written", i + 1, (long long)count);
        }
    }
    free(array);
}

/* Equal within `allowed`; NaN equals NaN, infinities equal themselves. */
static inline bool agree(double seen, double expected, double allowed) {
    return isnan(expected) ? isnan(seen) : seen == expected || fabs(seen - expected) <= allowed;
}

static inline void assert_agree(const char *table, const char *what, int64_t i, double seen, double expected,
                                double allowed) {
    if (!agree(seen, expected, allowed)) {
        fail_msg("%s %s: value %lld is %.9g, expected %.9g within %.3g", table, what, (long long)i, seen, expected,
                 allowed);
    }
}
#endif
