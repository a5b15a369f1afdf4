/* Activations of every table of kernels: values, slopes, counts, against act_value and act_slope in double; and the
 * errors that fastmath.h states. */
#include "kernel_tables.h"
#include "runtime/kernels/fastmath.h"
#include <stdio.h>

#define EPS ((double)FLT_EPSILON)

/* ---- fastmath: units in the last place --------------------------------------------------------------------------- */

/* Distance in units of the last place of `exact` as a float. */
static double ulps(float seen, double exact) {
    int exponent;
    frexp(exact, &exponent);
    return fabs((double)seen - exact) / ldexp(1, (exponent < -125 ? -125 : exponent) - FLT_MANT_DIG);
}

static double logistic(double x) {
    return 1 / (1 + exp(-x));
}

static const struct {
    const char *name;
    float (*fast)(float x);
    double (*exact)(double x);
    double low, high, ulps; /* as fastmath.h says */
} functions[] = {
    {"exp", fast_exp, exp, -87.2, 88.7, 2},
    {"tanh", fast_tanh, tanh, -20, 20, 3},
    {"expm1", fast_expm1, expm1, -80, 0, 3},
    {"erf", fast_erf, erf, -3.9, 3.9, 7},
    {"log1p", fast_log1p, log1p, 0, 1, 3},
    {"sigmoid", fast_sigmoid, logistic, -40, 40, 5},
    {"tanh near 0", fast_tanh, tanh, -1e-3, 1e-3, 3},
    {"expm1 near 0", fast_expm1, expm1, -1e-3, 0, 3},
};

static void fast_functions_keep_their_errors(void **state) {
    (void)state;
    enum { POINTS = 200000 };
    for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) {
        double worst = 0, at = 0;
        for (int i = 0; i <= POINTS; i++) {
            float x = (float)(functions[f].low + (functions[f].high - functions[f].low) * i / POINTS);
            double error = ulps(functions[f].fast(x), functions[f].exact((double)x));
            if (!(error <= worst)) {
                worst = error;
                at = (double)x;
            }
        }
        if (!(worst <= functions[f].ulps)) {
            fail_msg("%s(%.9g) is off by %.2f ulp, stated are %g", functions[f].name, at, worst, functions[f].ulps);
        }
    }
}

static void fast_functions_meet_their_limits(void **state) {
    (void)state;
    assert_true(fast_exp(0) == 1 && fast_exp(-1000) == 0 && isinf(fast_exp(1000)) && isnan(fast_exp(NAN)));
    assert_true(fast_exp(-INFINITY) == 0 && isinf(fast_exp(INFINITY)));
    assert_true(fast_tanh(0) == 0 && fast_tanh(INFINITY) == 1 && fast_tanh(-INFINITY) == -1 && isnan(fast_tanh(NAN)));
    assert_true(fast_erf(0) == 0 && fabsf(fast_erf(50) - 1) < 2e-7f && isnan(fast_erf(NAN)));
    assert_true(fast_sigmoid(1000) == 1 && fast_sigmoid(-1000) == 0 && isnan(fast_sigmoid(NAN)));
    assert_true(fast_expm1(0) == 0 && fast_expm1(-1000) == -1 && isnan(fast_expm1(NAN)));
    assert_true(fast_softplus(1000) == 1000 && fast_softplus(-1000) == 0 && isnan(fast_softplus(NAN)));
}

/* ---- what the scalar functions say: the slope is the derivative -------------------------------------------------- */

/* Every activation, with parameters that it takes; 0 where it takes none. */
static const struct Row {
    Act act;
    double a, kink[2]; /* where the slope jumps; NaN: nowhere */
} rows[] = {
    {ACT_IDENTITY, 0, {NAN, NAN}}, {ACT_SIGMOID, 0, {NAN, NAN}},     {ACT_TANH, 0, {NAN, NAN}},
    {ACT_RELU, 0, {0, NAN}},       {ACT_LEAKY_RELU, 0.01, {0, NAN}}, {ACT_LEAKY_RELU, 0.3, {0, NAN}},
    {ACT_LEAKY_RELU, 0, {0, NAN}}, {ACT_LEAKY_RELU, 2, {0, NAN}},    {ACT_ELU, 1, {0, NAN}},
    {ACT_ELU, 0.4, {0, NAN}},      {ACT_ELU, 2, {0, NAN}},           {ACT_SELU, 0, {0, NAN}},
    {ACT_GELU, 0, {NAN, NAN}},     {ACT_SILU, 0, {NAN, NAN}},        {ACT_MISH, 0, {NAN, NAN}},
    {ACT_SOFTPLUS, 0, {NAN, NAN}}, {ACT_SOFTSIGN, 0, {NAN, NAN}},    {ACT_HARD_SIGMOID, 0, {-3, 3}},
    {ACT_HARD_TANH, 0, {-1, 1}},   {ACT_RELU6, 0, {0, 6}},
};
enum { ROWS = sizeof rows / sizeof *rows };

static void every_activation_has_a_row(void **state) {
    (void)state;
    for (int act = 0; act < ACT_COUNT; act++) {
        bool found = false;
        for (int i = 0; i < ROWS; i++) {
            found |= (int)rows[i].act == act;
        }
        if (!found) {
            fail_msg("activation %d has no row", act);
        }
    }
}

static void slopes_are_derivatives(void **state) {
    (void)state;
    const double h = 1e-5;
    for (int i = 0; i < ROWS; i++) {
        for (double x = -8.0123; x < 8; x += 0.0371) {
            bool kink = fabs(x - rows[i].kink[0]) < 2 * h || fabs(x - rows[i].kink[1]) < 2 * h;
            double by_difference =
                (act_value(rows[i].act, rows[i].a, x + h) - act_value(rows[i].act, rows[i].a, x - h)) / (2 * h);
            double slope = act_slope(rows[i].act, rows[i].a, x);
            if (!kink && !agree(slope, by_difference, 1e-8)) {
                fail_msg("activation %d, slope at %g is %.10g, by differences %.10g", (int)rows[i].act, x, slope,
                         by_difference);
            }
        }
    }
}

/* Saturated: below 5 % of the largest slope. */
static void saturation_is_a_twentieth_of_the_largest_slope(void **state) {
    (void)state;
    for (int i = 0; i < ROWS; i++) {
        double largest = 0;
        for (double x = -12; x < 12; x += 1e-3) {
            largest = fmax(largest, fabs(act_slope(rows[i].act, rows[i].a, x)));
        }
        if (!agree(act_saturation(rows[i].act, rows[i].a), largest / 20, 1e-4 * largest)) {
            fail_msg("activation %d: %g, the largest slope is %g", (int)rows[i].act,
                     act_saturation(rows[i].act, rows[i].a), largest);
        }
    }
}

/* ---- arrays ------------------------------------------------------------------------------------------------------ */

static const int sizes[][2] = {{1, 1}, {1, 3}, {3, 1}, {17, 3}, {3, 17}, {1, 64}, {16, 64}, {17, 65}, {3, 1025}};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* x weighted by something in (0, 1): what that is off by, x multiplies. */
static bool weighs(Act act) {
    return act == ACT_GELU || act == ACT_SILU || act == ACT_MISH;
}

/* Some ulp of the value, and where it is a product or a difference, of what it is made from. */
static double value_error(const struct Row *row, double x, double y) {
    return EPS * (6 * fabs(y) + (weighs(row->act) ? 3 * fabs(x) : 0) + (row->act == ACT_HARD_SIGMOID ? 1 : 0)) +
           (double)FLT_MIN;
}

typedef struct Bounds {
    double low, high;
} Bounds;

/* How many may count as saturated: those near the limit may or may not. */
static Bounds saturated_bounds(const struct Row *row, const real *z, int count) {
    double limit = act_saturation(row->act, row->a), slack = 8 * EPS * (1 + fabs(row->a));
    Bounds bounds = {0, 0};
    for (int i = 0; i < count; i++) {
        double slope = fabs(act_slope(row->act, row->a, (double)z[i]));
        bounds.low += slope < limit - slack;
        bounds.high += slope < limit + slack;
    }
    return bounds;
}

static void assert_tally(const Table *table, const char *what, const Tally *tally, const real *x, int count) {
    double sum = 0, squares = 0, size = 0;
    for (int i = 0; i < count; i++) {
        sum += (double)x[i];
        size += fabs((double)x[i]);
        squares += (double)x[i] * (double)x[i];
    }
    assert_agree(table->name, what, count, tally->sum, sum, 1024 * EPS * size + 1e-30);
    assert_agree(table->name, what, count, tally->sum_squares, squares, 1024 * EPS * squares + 1e-30);
    assert_agree(table->name, what, count, tally->count, count, 0);
    assert_agree(table->name, what, count, tally->nonfinite, 0, 0);
}

/* z spread over the curve's bends. */
static real *array_spread(int count, uint32_t stream) {
    real *z = array_random(count, stream);
    for (int i = 0; i < count; i++) {
        z[i] *= i % 3 == 0 ? 1 : i % 3 == 1 ? 4 : 0.1f;
    }
    return z;
}

static void forward_of(const Table *table, const struct Row *row, int rows_of, int n, bool biased, bool in_place) {
    int count = rows_of * n;
    real *z = array_spread(count, 1), *before = array_copy(z, count), *bias = array_random(n, 2), *y = array_new(count);
    Tally tally_z = {0}, tally_y = {0};
    char what[64];
    snprintf(what, sizeof what, "activation %d(%g) forward", (int)row->act, row->a);
    real *out = in_place ? z : y, *kept = array_new(count);
    for (int i = 0; i < count; i++) {
        kept[i] = biased ? before[i] + bias[i % n] : before[i];
    }
    table->k->bias_act(row->act, (real)row->a, rows_of, n, z, biased ? bias : NULL, out, &tally_z, &tally_y);
    for (int i = 0; i < count; i++) {
        double exact = act_value(row->act, (double)(real)row->a, (double)kept[i]);
        assert_agree(table->name, what, i, (double)out[i], exact, value_error(row, (double)kept[i], exact));
        assert_true(in_place || z[i] == kept[i]);
    }
    Bounds bounds = saturated_bounds(row, kept, count);
    if (tally_y.saturated < bounds.low || tally_y.saturated > bounds.high) {
        fail_msg("%s %s: %g saturated, expected %g to %g of %d", table->name, what, tally_y.saturated, bounds.low,
                 bounds.high, count);
    }
    assert_tally(table, what, &tally_z, kept, count);
    assert_tally(table, what, &tally_y, out, count);
    array_free(z, count);
    array_free(before, count);
    array_free(bias, n);
    array_free(y, count);
    array_free(kept, count);
}

static void for_every_table_and_row(void (*check)(const Table *table, const struct Row *row, int rows_of, int n)) {
    Table table[TABLES_MAX];
    for (int t = 0, count = all_tables(table); t < count; t++) {
        for (int i = 0; i < ROWS; i++) {
            for (int s = 0; s < SIZES; s++) {
                check(&table[t], &rows[i], sizes[s][0], sizes[s][1]);
            }
        }
    }
}

static void forwards_of(const Table *table, const struct Row *row, int rows_of, int n) {
    forward_of(table, row, rows_of, n, false, false);
    forward_of(table, row, rows_of, n, true, false);
    forward_of(table, row, rows_of, n, true, act_from_output(row->act));
}

static void values_and_their_counts(void **state) {
    (void)state;
    for_every_table_and_row(forwards_of);
}

/* dz = dy phi'(z): from y the slope is off by what y's rounding does to it, some eps of the largest slope. */
static void backward_of(const Table *table, const struct Row *row, int rows_of, int n) {
    int count = rows_of * n;
    real *z = array_spread(count, 1), *y = array_new(count), *dy = array_random(count, 3), *dz = array_copy(dy, count);
    real *db = array_filled(n, NAN);
    Tally tally_dy = {0}, tally_dz = {0};
    char what[64];
    snprintf(what, sizeof what, "activation %d(%g) backward", (int)row->act, row->a);
    for (int i = 0; i < count; i++) {
        y[i] = (real)act_value(row->act, row->a, (double)z[i]);
    }
    bool from_output = act_from_output(row->act);
    table->k->act_back(row->act, (real)row->a, rows_of, n, from_output ? y : z, y, dz, dz, db, &tally_dy, &tally_dz);
    for (int i = 0; i < count; i++) {
        double slope = act_slope(row->act, row->a, (double)z[i]);
        double allowed = EPS * (4 + 4 * fabs(row->a) + (weighs(row->act) ? 4 * fabs((double)z[i]) : 0));
        assert_agree(table->name, what, i, (double)dz[i], (double)dy[i] * slope, fabs((double)dy[i]) * allowed);
    }
    for (int j = 0; j < n; j++) {
        double sum = 0, size = 0;
        for (int i = 0; i < rows_of; i++) {
            sum += (double)dz[i * n + j];
            size += fabs((double)dz[i * n + j]);
        }
        assert_agree(table->name, what, j, (double)db[j], sum, rows_of * EPS * size);
    }
    assert_tally(table, what, &tally_dy, dy, count);
    assert_tally(table, what, &tally_dz, dz, count);
    array_free(z, count);
    array_free(y, count);
    array_free(dy, count);
    array_free(dz, count);
    array_free(db, n);
}

static void slopes_times_what_comes(void **state) {
    (void)state;
    for_every_table_and_row(backward_of);
}

/* NaN goes through, zeros and denormals give what zero does, infinities what the formula does: gelu, silu and mish of
 * -inf are 0 times inf. */
static void special_values(void **state) {
    (void)state;
    Table table[TABLES_MAX];
    static const float special[] = {NAN, 0.0f, -0.0f, 1e-40f, -1e-40f, INFINITY, -INFINITY, 1e30f, -1e30f};
    enum { SPECIAL = sizeof special / sizeof *special };
    for (int t = 0, count = all_tables(table); t < count; t++) {
        for (int i = 0; i < ROWS; i++) {
            real z[SPECIAL], y[SPECIAL];
            Tally tally = {0};
            memcpy(z, special, sizeof z);
            table[t].k->bias_act(rows[i].act, (real)rows[i].a, 1, SPECIAL, z, NULL, y, NULL, &tally);
            double nonfinite = 0;
            for (int j = 0; j < SPECIAL; j++) {
                double exact = act_value(rows[i].act, rows[i].a, (double)special[j]);
                char what[64];
                snprintf(what, sizeof what, "activation %d(%g) of %g", (int)rows[i].act, rows[i].a, (double)special[j]);
                assert_agree(table[t].name, what, j, (double)y[j], exact, 4 * EPS * fabs(exact) + (double)FLT_MIN);
                nonfinite += !isfinite(y[j]);
            }
            assert_true(tally.nonfinite == nonfinite);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fast_functions_keep_their_errors),
        cmocka_unit_test(fast_functions_meet_their_limits),
        cmocka_unit_test(every_activation_has_a_row),
        cmocka_unit_test(slopes_are_derivatives),
        cmocka_unit_test(saturation_is_a_twentieth_of_the_largest_slope),
        cmocka_unit_test(values_and_their_counts),
        cmocka_unit_test(slopes_times_what_comes),
        cmocka_unit_test(special_values),
    };
    return cmocka_run_group_tests_name("activations", tests, NULL, NULL);
}
