/* Kernels over channels and images, every table against plain formulas in double: statistics of channels, their way
 * back, pooling over odd windows, NaN and infinity, and that nothing is written behind an array's end. */
#include "kernel_tables.h"

static const Grid grids[] = {{1, 1, 2, false},    {3, 5, 1, false},    {7, 17, 1, false},  {2, 3, 15, false},
                             {4, 1, 16, false},   {3, 2, 33, false},   {1, 64, 1, false},  {5, 4, 100, false},
                             {2, 2, 1025, false}, {1, 1, 2500, false}, {0, 3, 4, false},   {6, 33, 7, false},
                             {3, 16, 5, true},    {2, 32, 1, true},    {1, 48, 130, true}, {0, 16, 4, true},
                             {5, 64, 64, true}};
enum { GRIDS = sizeof grids / sizeof *grids };

static int64_t size_of(Grid g) {
    return g.rows * g.channels * g.inner;
}

static double at(const real *x, Grid g, int64_t row, int channel, int i) {
    int width = g.blocked ? CHANNEL_BLOCK : 1;
    return (double)x[(row * g.channels + channel / width * width) * g.inner + (int64_t)i * width + channel % width];
}

static int channel_of(Grid g, int64_t index) {
    int width = g.blocked ? CHANNEL_BLOCK : 1;
    return (int)(index / width / g.inner * width % g.channels + index % width);
}

static void assert_near(double seen, double expected, double bound, const char *what, const char *table, Grid g) {
    if (!(fabs(seen - expected) <= bound)) {
        fail_msg("%s of %s on %lld x %d x %d: %.9g, expected %.9g", what, table, (long long)g.rows, g.channels, g.inner,
                 seen, expected);
    }
}

/* ---- norms ------------------------------------------------------------------------------------------------------- */

static void check_moments(const Table *table, Grid g, double shift) {
    int64_t n = size_of(g), count = g.rows * g.inner;
    real *x = array_random(n, 1);
    double mean[64], deviations[64];
    for (int64_t i = 0; i < n; i++) {
        x[i] += (real)shift;
    }
    table->k->moments(g, x, mean, deviations);
    for (int c = 0; c < g.channels; c++) {
        double sum = 0, squares = 0;
        for (int64_t i = 0; i < count; i++) {
            sum += at(x, g, i / g.inner, c, (int)(i % g.inner)) / (double)count;
        }
        for (int64_t i = 0; i < count; i++) {
            double d = at(x, g, i / g.inner, c, (int)(i % g.inner)) - sum;
            squares += d * d;
        }
        assert_near(mean[c], sum, 1e-6 * (1 + fabs(shift)), "mean", table->name, g);
        assert_near(deviations[c], squares, 1e-5 * squares + 1e-9 * shift * shift * (double)count, "deviations",
                    table->name, g);
    }
    array_free(x, n);
}

/* Also far from zero, where a sum of squares would lose every digit. */
static void moments_are_means_and_deviations(void **state) {
    (void)state;
    Table table[TABLES_MAX];
    for (int t = 0, tables = all_tables(table); t < tables; t++) {
        for (int i = 0; i < GRIDS; i++) {
            check_moments(&table[t], grids[i], 0);
            check_moments(&table[t], grids[i], 1000);
        }
    }
}

static void check_affine(const Table *table, Grid g) {
    int64_t n = size_of(g);
    real *x = array_random(n, 1), *y = array_new(n), *a = array_random(g.channels, 2), *b = array_random(g.channels, 3);
    Tally tally = {0};
    double sum = 0;
    table->k->affine(g, x, a, b, y, &tally);
    for (int64_t i = 0; i < n; i++) {
        int c = channel_of(g, i);
        double expected = (double)a[c] * (double)x[i] + (double)b[c];
        assert_near((double)y[i], expected, 1e-5, "affine", table->name, g);
        sum += (double)y[i];
    }
    assert_true(tally.count == (double)n && tally.nonfinite == 0);
    assert_near(tally.sum, sum, 1e-4 * (1 + sqrt((double)n)), "tally", table->name, g);
    table->k->affine(g, x, a, b, x, NULL); /* in place */
    assert_memory_equal(x, y, (size_t)n * sizeof *x);
    array_free(x, n);
    array_free(y, n);
    array_free(a, g.channels);
    array_free(b, g.channels);
}

static void check_back(const Table *table, Grid g) {
    int64_t n = size_of(g);
    real *x = array_random(n, 1), *dy = array_random(n, 2), *dx = array_new(n), *mean = array_random(g.channels, 3);
    real *inverse = array_random(g.channels, 4), *c = array_random(g.channels, 5);
    double sum[64], product[64], wanted[2][64] = {{0}}, size[2][64] = {{0}}, all = 0;
    Tally tally = {0};
    table->k->moments_back(g, x, mean, inverse, dy, sum, product, &tally);
    table->k->affine_back(g, x, dy, mean, inverse, c, dx);
    for (int64_t i = 0; i < n; i++) {
        int channel = channel_of(g, i);
        double d = (double)dy[i], v = (double)x[i], hat = (v - (double)mean[channel]) * (double)inverse[channel];
        all += d;
        wanted[0][channel] += d;
        wanted[1][channel] += d * hat;
        size[0][channel] += fabs(d);
        size[1][channel] += fabs(d * hat);
        assert_near((double)dx[i], (double)mean[channel] * d + (double)inverse[channel] * v + (double)c[channel], 1e-5,
                    "affine_back", table->name, g);
    }
    assert_true(tally.count == (double)n && tally.nonfinite == 0);
    assert_near(tally.sum, all, 1e-4 * (1 + sqrt((double)n)), "tally of dy", table->name, g);
    for (int i = 0; i < g.channels; i++) {
        assert_near(sum[i], wanted[0][i], 1e-6 * size[0][i], "sum of dy", table->name, g);
        assert_near(product[i], wanted[1][i], 1e-6 * size[1][i] + 1e-6, "sum of dy xhat", table->name, g);
    }
    real *arrays[] = {x, dy, dx};
    real *channels[] = {mean, inverse, c};
    for (int i = 0; i < 3; i++) {
        array_free(arrays[i], n);
        array_free(channels[i], g.channels);
    }
}

static void channels_are_scaled_and_lead_back(void **state) {
    (void)state;
    Table table[TABLES_MAX];
    for (int t = 0, tables = all_tables(table); t < tables; t++) {
        for (int i = 0; i < GRIDS; i++) {
            check_affine(&table[t], grids[i]);
            check_back(&table[t], grids[i]);
        }
    }
}

/* ---- pooling ----------------------------------------------------------------------------------------------------- */

enum { POOL_ROWS = 2 };

static int64_t index_in(const Window *w, int row, int channel, int h, int i) {
    return w->last ? ((int64_t)row * w->in[1] + i) * w->channels + channel
                   : (((int64_t)row * w->channels + channel) * w->in[0] + h) * w->in[1] + i;
}

static int64_t index_out(const Window *w, int row, int channel, int h, int o) {
    return w->last ? ((int64_t)row * w->out[1] + o) * w->channels + channel
                   : (((int64_t)row * w->channels + channel) * w->out[0] + h) * w->out[1] + o;
}

/* One output by its definition: the largest and where it is, or the mean with padding as zeros. */
typedef struct Pooled {
    double largest, mean;
    int64_t place;
} Pooled;

static Pooled pooled(const Window *w, const real *x, int row, int channel, int h, int o) {
    Pooled p = {-INFINITY, 0, -1};
    for (int k = 0; k < w->kernel[0] * w->kernel[1]; k++) {
        int y = h * w->stride[0] + k / w->kernel[1] - w->before[0];
        int i = o * w->stride[1] + k % w->kernel[1] - w->before[1];
        if (y < 0 || i < 0 || y >= w->in[0] || i >= w->in[1]) {
            continue;
        }
        int64_t from = index_in(w, row, channel, y, i);
        p.mean += (double)x[from] / (w->kernel[0] * w->kernel[1]);
        if ((double)x[from] > p.largest) {
            p.largest = (double)x[from];
            p.place = from;
        }
    }
    return p;
}

static void check_pool(const Table *table, const Window *w) {
    int64_t in = (int64_t)POOL_ROWS * w->channels * w->in[0] * w->in[1];
    int64_t out = (int64_t)POOL_ROWS * w->channels * w->out[0] * w->out[1];
    real *x = array_random(in, 1), *dy = array_random(out, 2), *y = array_new(out), *mean = array_new(out);
    real *dx = array_new(in), *dmean = array_new(in);
    double *wanted = calloc((size_t)in, sizeof *wanted), *wanted_mean = calloc((size_t)in, sizeof *wanted_mean);
    int32_t *place = calloc((size_t)out, sizeof *place);
    table->k->pool_max(w, POOL_ROWS, x, y, place);
    table->k->pool_mean(w, POOL_ROWS, x, mean);
    table->k->pool_max_back(w, POOL_ROWS, dy, place, dx);
    table->k->pool_mean_back(w, POOL_ROWS, dy, dmean);
    for (int64_t i = 0; i < out; i++) {
        int spread = w->out[0] * w->out[1], row = (int)(i / spread / w->channels);
        int channel = (int)(i / spread % w->channels), h = (int)(i % spread / w->out[1]), o = (int)(i % w->out[1]);
        int64_t to = index_out(w, row, channel, h, o);
        Pooled p = pooled(w, x, row, channel, h, o);
        if ((double)y[to] != p.largest || !(fabs((double)mean[to] - p.mean) < 1e-5)) {
            fail_msg("%s, window %d x %d, stride %d, output %lld: largest %g, mean %g; expected %g, %g", table->name,
                     w->kernel[0], w->kernel[1], w->stride[1], (long long)i, (double)y[to], (double)mean[to], p.largest,
                     p.mean);
        }
        wanted[p.place] += (double)dy[to];
        for (int k = 0; k < w->kernel[0] * w->kernel[1]; k++) {
            int v = h * w->stride[0] + k / w->kernel[1] - w->before[0];
            int u = o * w->stride[1] + k % w->kernel[1] - w->before[1];
            if (v >= 0 && u >= 0 && v < w->in[0] && u < w->in[1]) {
                wanted_mean[index_in(w, row, channel, v, u)] += (double)dy[to] / (w->kernel[0] * w->kernel[1]);
            }
        }
    }
    for (int64_t i = 0; i < in; i++) {
        assert_true(fabs((double)dx[i] - wanted[i]) < 1e-5 && fabs((double)dmean[i] - wanted_mean[i]) < 1e-5);
    }
    array_free(x, in);
    array_free(dy, out);
    array_free(y, out);
    array_free(mean, out);
    array_free(dx, in);
    array_free(dmean, in);
    free(wanted);
    free(wanted_mean);
    free(place);
}

/* Sizes, windows, strides and paddings in turn; every third is a sequence. */
static void pooling_is_the_largest_and_the_mean_of_each_window(void **state) {
    (void)state;
    Table table[TABLES_MAX];
    for (int t = 0, tables = all_tables(table); t < tables; t++) {
        for (int i = 0; i < 240; i++) {
            Window w = {.channels = 1 + i % 11, .last = i % 3 == 0};
            for (int axis = w.last; axis < 2; axis++) {
                w.in[axis] = 4 + (i * (3 + axis)) % 29;
                w.kernel[axis] = 1 + (i / 2 + axis) % 4;
                w.stride[axis] = 1 + (i / 5 + axis) % 3;
                w.before[axis] = i / 7 % (w.kernel[axis] / 2 + 1);
                w.after[axis] = w.before[axis];
                w.out[axis] = (w.in[axis] + 2 * w.before[axis] - w.kernel[axis]) / w.stride[axis] + 1;
            }
            if (w.last) {
                w.in[0] = w.out[0] = w.kernel[0] = w.stride[0] = 1;
            }
            check_pool(&table[t], &w);
        }
    }
}

static void the_largest_is_nan_where_one_is_and_nowhere_among_minus_infinity(void **state) {
    (void)state;
    Table table[TABLES_MAX];
    const Window w = {.channels = 1, .in = {2, 18}, .out = {1, 9}, .kernel = {2, 2}, .stride = {2, 2}};
    for (int t = 0, tables = all_tables(table); t < tables; t++) {
        real *x = array_random(36, 1), *y = array_new(9), *dx = array_new(36);
        real dy[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
        int32_t place[9];
        x[3] = NAN;                                      /* of output 1 */
        x[10] = x[11] = x[28] = x[29] = -(real)INFINITY; /* all of output 5 */
        x[16] = (real)INFINITY;                          /* of output 8 */
        table[t].k->pool_max(&w, 1, x, y, place);
        table[t].k->pool_max_back(&w, 1, dy, place, dx);
        assert_true(isnan(y[1]) && place[1] == 3);
        assert_true(y[5] == -(real)INFINITY && place[5] == -1);
        assert_true(y[8] == (real)INFINITY && place[8] == 16);
        assert_true(dx[3] == 1 && dx[16] == 1 && dx[10] == 0 && dx[29] == 0);
        array_free(x, 36);
        array_free(y, 9);
        array_free(dx, 36);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_means_and_deviations),
        cmocka_unit_test(channels_are_scaled_and_lead_back),
        cmocka_unit_test(pooling_is_the_largest_and_the_mean_of_each_window),
        cmocka_unit_test(the_largest_is_nan_where_one_is_and_nowhere_among_minus_infinity),
    };
    return cmocka_run_group_tests_name("planes", tests, NULL, NULL);
}
