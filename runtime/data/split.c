/* Which rows train and which test: mixed by the seed, limited, and split with equal shares of every class. */
#include "table.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int64_t at_most(int64_t rows, const PlumbCall *call) {
    double limit = plumb_call_number(call, "limit");
    return limit > 0 && limit < (double)rows ? (int64_t)limit : rows;
}

/* Rows whose labels are one per row can be stratified; others count as one class. */
static int strata(const Table *table) {
    return table->classes && plumb_shape_size(table->y_shape) == 1 ? table->classes : 1;
}

/* Which share the row is counted in. */
static int stratum_of(const Table *table, uint32_t row) {
    return strata(table) > 1 ? (int)table->y[row] : 0;
}

/* Moves to the end, keeping the order on both sides, the last quota[c] rows of each class c. */
static bool stratify(const Table *table, uint32_t *order, int64_t rows, int64_t *quota) {
    uint32_t *scratch = malloc((size_t)rows * sizeof *scratch);
    int64_t train = rows, test = rows;
    for (int64_t i = rows - 1; scratch && i >= 0; i--) { /* both sides are filled from the end */
        int64_t *left = &quota[stratum_of(table, order[i])];
        if (*left > 0) {
            --*left;
            scratch[--test] = order[i];
        } else {
            order[--train] = order[i];
        }
    }
    if (scratch) {
        memmove(order, order + train, (size_t)(rows - train) * sizeof *order);
        memcpy(order + (rows - train), scratch + test, (size_t)(rows - test) * sizeof *order);
    }
    bool done = scratch;
    free(scratch);
    return done;
}

/* Test rows of each class; at least one row of a class stays to train on. Returns their sum. */
static int64_t quotas(const Table *table, const uint32_t *order, int64_t rows, double share, int64_t *quota) {
    int64_t total = 0;
    for (int64_t i = 0; i < rows; i++) {
        quota[stratum_of(table, order[i])]++;
    }
    for (int i = 0; i < strata(table); i++) {
        int64_t most = quota[i] > 0 ? quota[i] - 1 : 0, wanted = llround((double)quota[i] * share);
        quota[i] = wanted < most ? wanted : most;
        total += quota[i];
    }
    return total;
}

/* Row numbers from `first` on, mixed unless shuffle=false. `stream` keeps two given parts apart. */
static void order_rows(const PlumbCall *call, uint64_t seed, uint32_t stream, uint32_t *order, uint32_t first,
                       uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        order[i] = first + i;
    }
    if (plumb_call_bool(call, "shuffle")) {
        draw_shuffle((Draw){seed, DRAW_SPLIT, stream}, order, count);
    }
}

/* A given test part is kept apart; limit then holds for each part. */
int64_t split_rows(const Table *table, const PlumbCall *call, uint64_t seed, uint32_t *order, int64_t *rows) {
    int64_t train = table->rows - table->given_test;
    order_rows(call, seed, 0, order, 0, (uint32_t)train);
    int64_t used = at_most(train, call);
    if (table->given_test) {
        order_rows(call, seed, 1, order + used, (uint32_t)train, (uint32_t)table->given_test);
        *rows = used + at_most(table->given_test, call);
        return used;
    }
    *rows = used;
    int64_t *quota = calloc((size_t)strata(table), sizeof *quota);
    int64_t test = quota ? quotas(table, order, used, plumb_call_number(call, "test"), quota) : 0;
    bool done = quota && stratify(table, order, used, quota);
    free(quota);
    return done ? used - test : -1;
}
