/* Kernels over rows, every table against the formula in double: row normalisation, dropout, the learned slope, live
 * units. */
#include "kernel_tables.h"

static const int widths[] = {1, 3, 15, 16, 17, 64, 100};
enum { WIDTHS = sizeof widths / sizeof *widths, ROWS = 5 };

static void for_every_table_and_width(void (*check)(const Table *table, int n)) {
    Table table[TABLES_MAX];
    for (int t = 0, count = all_tables(table); t < count; t++) {
        for (int i = 0; i < WIDTHS; i++) {
            check(&table[t], widths[i]);
        }
    }
}

/* ---- row normalisation ------------------------------------------------------------------------------------------- */

typedef struct Rows {
    int n;
    bool centred;
    real *x, *dy, *weight, *bias, *save, *y, *dx, *dweight, *dbias;
} Rows;

static Rows rows_new(int n, bool centred) {
    Rows r = {n,
              centred,
              array_random(ROWS * n, 1),
              array_random(ROWS * n, 2),
              array_random(n, 3),
              array_random(n, 4),
              array_new(2 * ROWS),
              array_new(ROWS * n),
              array_new(ROWS * n),
              array_filled(n, 7),
              array_filled(n, 7)};
    for (int i = 0; i < ROWS * n; i++) {
        r.x[i] = 3 + 2 * r.x[i];
    }
    return r;
}

static void rows_free(Rows *r) {
    real *wide[] = {r->x, r->dy, r->y, r->dx}, *narrow[] = {r->weight, r->bias, r->dweight, r->dbias};
    for (int i = 0; i < 4; i++) {
        array_free(wide[i], ROWS * r->n);
        array_free(narrow[i], r->n);
    }
    array_free(r->save, 2 * ROWS);
}

static const double eps = 1e-3;

static void expected_statistics(const Rows *r, int row, double *mean, double *inverse) {
    double squares = 0;
    *mean = 0;
    for (int i = 0; r->centred && i < r->n; i++) {
        *mean += (double)r->x[row * r->n + i] / r->n;
    }
    for (int i = 0; i < r->n; i++) {
        squares += pow((double)r->x[row * r->n + i] - *mean, 2) / r->n;
    }
    *inverse = 1 / sqrt(squares + eps);
}

/* Checks a row of y and dx, and adds to what its weights should get. */
static void check_row(const Table *table, const Rows *r, int row, double *dweight, double *dbias) {
    const real *x = r->x + row * r->n, *dy = r->dy + row * r->n;
    double mean, inverse, sum = 0, product = 0, rounding = 1e-4 * (r->n == 1 ? 1 / sqrt(eps) : 4);
    expected_statistics(r, row, &mean, &inverse);
    for (int i = 0; i < r->n; i++) {
        double hat = ((double)x[i] - mean) * inverse, g = (double)r->weight[i] * (double)dy[i];
        double y = hat * (double)r->weight[i] + (r->centred ? (double)r->bias[i] : 0);
        assert_agree(table->name, "row norm", i, (double)r->y[row * r->n + i], y, rounding);
        dweight[i] += (double)dy[i] * hat;
        dbias[i] += (double)dy[i];
        sum += g / r->n;
        product += g * hat / r->n;
    }
    for (int i = 0; i < r->n; i++) {
        double hat = ((double)x[i] - mean) * inverse, g = (double)r->weight[i] * (double)dy[i];
        double dx = inverse * (g - (r->centred ? sum : 0) - hat * product);
        assert_agree(table->name, "row norm's dx", i, (double)r->dx[row * r->n + i], dx, rounding);
    }
}

static void check_row_norm(const Table *table, int n, bool centred) {
    Rows r = rows_new(n, centred);
    double dweight[128] = {0}, dbias[128] = {0};
    table->k->row_norm(ROWS, n, centred, (real)eps, r.x, r.weight, centred ? r.bias : NULL, r.save, r.y);
    table->k->row_norm_back(ROWS, n, centred, r.x, r.save, r.weight, r.dy, r.dx, r.dweight, centred ? r.dbias : NULL);
    for (int row = 0; row < ROWS; row++) {
        check_row(table, &r, row, dweight, dbias);
    }
    for (int i = 0; i < n; i++) { /* 7 lay there */
        assert_agree(table->name, "row norm's dweight", i, (double)r.dweight[i], 7 + dweight[i], 1e-3);
        assert_agree(table->name, "row norm's dbias", i, (double)r.dbias[i], centred ? 7 + dbias[i] : 7, 1e-4);
    }
    table->k->row_norm_back(ROWS, n, centred, r.x, r.save, r.weight, r.dy, NULL, r.dweight,
                            NULL); /* dx not asked for */
    rows_free(&r);
}

static void row_norm_of(const Table *table, int n) {
    check_row_norm(table, n, true);
    check_row_norm(table, n, false);
}

static void rows_are_normalised_and_their_gradients_follow(void **state) {
    (void)state;
    for_every_table_and_width(row_norm_of);
}

/* ---- dropout ----------------------------------------------------------------------------------------------------- */

/* Value by value as the generator draws. */
static real kept(const Dropping *drop, real p, int64_t place) {
    uint32_t word[4];
    draw4((Draw){drop->seed, drop->purpose, drop->stream}, (uint64_t)drop->high << 32 | (uint64_t)(place / 4), word);
    return (real)word[place % 4] * (real)0x1p-32 < p ? 0 : 1 / (1 - p);
}

static void dropout_of(const Table *table, int n) {
    static const int64_t firsts[] = {0, 1, 7, 62, 1000003};
    const Dropping drop = {0x123456789abcdefULL, DRAW_DROPOUT, 17, 3};
    const real p = (real)0.3;
    for (int f = 0; f < 5; f++) {
        real *x = array_random(n, 1), *y = array_new(n), *same = array_copy(x, n);
        table->k->dropout(&drop, p, firsts[f], n, x, y);
        table->k->dropout(&drop, p, firsts[f], n, same, same);
        for (int i = 0; i < n; i++) {
            real expected = x[i] * kept(&drop, p, firsts[f] + i);
            assert_agree(table->name, "dropout", i, (double)y[i], (double)expected, 0);
            assert_agree(table->name, "dropout in place", i, (double)same[i], (double)expected, 0);
        }
        array_free(x, n);
        array_free(y, n);
        array_free(same, n);
    }
}

static void dropout_drops_what_the_generator_says(void **state) {
    (void)state;
    for_every_table_and_width(dropout_of);
}

/* ---- the learned slope, live units ------------------------------------------------------------------------------- */

static void slope_of(const Table *table, int n) {
    real *x = array_random(n, 1), *dy = array_random(n, 2), *dx = array_new(n);
    double expected = 0, seen = table->k->slope_back(n, (real)-0.5, x, dy, dx);
    for (int i = 0; i < n; i++) {
        expected += x[i] > 0 ? 0 : (double)x[i] * (double)dy[i];
        assert_agree(table->name, "slope's dx", i, (double)dx[i], (double)dy[i] * (x[i] > 0 ? 1 : -0.5), 1e-6);
    }
    assert_agree(table->name, "slope's gradient", 0, seen, expected, 1e-5 * n);
    array_free(x, n);
    array_free(dy, n);
    array_free(dx, n);
}

static void slopes_have_their_gradient(void **state) {
    (void)state;
    for_every_table_and_width(slope_of);
}

/* Column c is alive by one row, by none, by a NaN; a flag that is set stays. */
static void alive_of(const Table *table, int n) {
    real *y = array_filled(ROWS * n, 0);
    unsigned char alive[129] = {0};
    for (int c = 0; c < n; c++) {
        y[c % ROWS * n + c] = c % 4 == 0 ? (real)-1e-20 : c % 4 == 1 ? NAN : 0;
        alive[c] = c % 4 == 2;
    }
    alive[n] = 9;
    table->k->mark_alive(ROWS, n, y, alive);
    for (int c = 0; c < n; c++) {
        if (alive[c] != (c % 4 != 3)) {
            fail_msg("%s: column %d of %d has the flag %d", table->name, c, n, alive[c]);
        }
    }
    assert_int_equal(alive[n], 9);
    array_free(y, ROWS * n);
}

static void units_that_give_output_are_marked(void **state) {
    (void)state;
    for_every_table_and_width(alive_of);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_normalised_and_their_gradients_follow),
        cmocka_unit_test(dropout_drops_what_the_generator_says),
        cmocka_unit_test(slopes_have_their_gradient),
        cmocka_unit_test(units_that_give_output_are_marked),
    };
    return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
