/* Recurrent layers against PyTorch, native kernels against portable ones, and what a user sees of the layers. */
#include "runtime/files/array.h"
#include "sequences.h"

#define FOLDER "tests/reference/recurrent_"

/* ---- PyTorch: see tests/reference/generate_recurrent.py ---------------------------------------------------------- */

typedef struct Case {
    const char *name, *stage[4];
    int truncate;
} Case;

#define CELL(kind)                                                                                                     \
    {#kind, {#kind "(4)"}, 0}, {#kind "_layers", {#kind "(4, layers=3)"}, 0},                                          \
        {#kind "_last", {#kind "(4, layers=2, return=last)"}, 0},                                                      \
        {#kind "_reverse", {#kind "(4, layers=2, reverse=true)"}, 0},                                                  \
        {#kind "_reverse_last", {#kind "(4, reverse=true, return=last)"}, 0},                                          \
        {#kind "_truncate", {#kind "(4, layers=2)"}, 3}, {#kind "_truncate_last", {#kind "(4)", "last"}, 3},           \
        {#kind "_truncate_reverse", {#kind "(4, reverse=true)"}, 2},                                                   \
        {#kind "_norm", {#kind "(4, norm=layernorm)"}, 0},                                                             \
        {#kind "_norm_all", {#kind "(4, norm=layernorm, layers=2, reverse=true, return=last)"}, 0},                    \
        {#kind "_wide", {"dense(33)", #kind "(37)", "dense(2)"}, 0}, {                                                 \
#kind "_wide_norm", {"dense(33)", #kind "(37, norm=layernorm)", "dense(2)" }, 0                                \
    }
static const Case cases[] = {
    CELL(rnn),
    CELL(lstm),
    CELL(gru),
    {"rnn_relu", {"rnn(4, act=relu)"}, 0},
    {"mean", {"gru(4)", "mean_over_time"}, 0},
    {"stacked", {"lstm(4)", "gru(4, reverse=true)", "rnn(4, return=last)"}, 0},
};

typedef struct Expected {
    Array *array;
    int count;
} Expected;

/* Values of NAME.WHAT in float; the caller frees them. */
static float *expected_values(const Expected *expected, const char *name, const char *what, int64_t count) {
    char full[128];
    snprintf(full, sizeof full, "%s.%s", name, what);
    for (int i = 0; i < expected->count; i++) {
        if (!strcmp(expected->array[i].name, full)) {
            assert_int_equal(expected->array[i].count, count);
            float *value = calloc((size_t)count, sizeof *value);
            array_reals(&expected->array[i], value);
            return value;
        }
    }
    fail_msg("PyTorch says nothing of %s", full);
    return NULL;
}

/* Differences as a share of the largest value. */
static void assert_close(const Expected *expected, const char *name, const char *what, const plumb_real *seen,
                         int64_t count, double tolerance) {
    float *value = expected_values(expected, name, what, count);
    double largest = 1e-3;
    for (int64_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs((double)value[i]));
    }
    for (int64_t i = 0; i < count; i++) {
        if (!(fabs((double)seen[i] - (double)value[i]) <= tolerance * largest)) {
            fail_msg("%s %s[%d]: %.7g, not %.7g", name, what, (int)i, (double)seen[i], (double)value[i]);
        }
    }
    free(value);
}

static PlumbNet *case_net(Kit *kit, const Case *c) {
    const char *source[6] = {"input(7, 3)"};
    char path[128];
    memcpy(source + 1, c->stage, sizeof c->stage);
    PlumbNet *net = kit_net(kit, source);
    snprintf(path, sizeof path, FOLDER "%s.safetensors", c->name);
    if (!plumb_net_make(net, 1, &kit->error) || !plumb_net_load(net, path, NULL, &kit->error)) {
        fail_msg("%s: %s %s", c->name, kit->error.what, kit->error.found);
    }
    return net;
}

static PlumbData *case_data(Kit *kit, const PlumbNet *net) {
    PlumbData *data = data_for(kit, net, TARGET_VALUES, 6, 3);
    Array x = {0}, y = {0};
    plumb_real targets[6 * 64];
    int n = data->y_shape.dim[0];
    assert_true(safetensors_read(&x, FOLDER "data.safetensors", "x", NULL, &kit->error) &&
                safetensors_read(&y, FOLDER "data.safetensors", "y", NULL, &kit->error));
    assert_true(x.count == 6 * 7 * 3 && y.count == 6 * 64);
    array_reals(&x, data->train.x);
    array_reals(&y, targets);
    for (int row = 0; row < 6; row++) {
        memcpy(data->train.y + row * n, targets + row * 64, (size_t)n * sizeof *targets);
    }
    array_free(&x);
    array_free(&y);
    return data;
}

static void check_case(Kit *kit, const Case *c, const Expected *expected, PlumbConfig config) {
    PlumbNet *net = case_net(kit, c);
    PlumbData *data = case_data(kit, net);
    plumb_real out[6 * 64];
    char recipe[64], what[128];
    assert_true(plumb_predict(net, data->train.x, 6, out, &config, &kit->error));
    assert_close(expected, c->name, "output", out, 6 * data->y_shape.dim[0], 1e-5);
    snprintf(recipe, sizeof recipe, c->truncate ? "recipe(batch=6, truncate=%d)" : "recipe(batch=6)", c->truncate);
    plumb_real loss = (plumb_real)kit_measure(kit, net, data, recipe, config);
    assert_close(expected, c->name, "loss", &loss, 1, 1e-5);
    for (int i = 0; i < plumb_net_weight_total(net); i++) {
        const PlumbWeight *weight = plumb_net_weight(net, i);
        snprintf(what, sizeof what, "grad.%s", weight->name);
        assert_close(expected, c->name, what, weight->grad, plumb_shape_size(weight->shape), 1e-4);
    }
    plumb_net_free(net);
}

static void outputs_losses_and_gradients_are_those_of_pytorch(void **state) {
    Kit *kit = *state;
    Expected expected;
    assert_true(
        safetensors_read_all(&expected.array, &expected.count, FOLDER "expected.safetensors", NULL, &kit->error));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_case(kit, &cases[i], &expected, (PlumbConfig){.threads = 2, .shards = 2, .seed = 1});
        check_case(kit, &cases[i], &expected, (PlumbConfig){.threads = 1, .shards = 7, .backend = "portable"});
    }
    for (int i = 0; i < expected.count; i++) {
        array_free(&expected.array[i]);
    }
    free(expected.array);
}

/* ---- kernels ----------------------------------------------------------------------------------------------------- */

enum { ROWS = 3, UNITS = 37, STATE = ROWS * UNITS, GATES = 4 * STATE };

typedef struct Arrays { /* what the kernels of cells read and write */
    real z[GATES], bias[4 * UNITS], before[STATE], c[STATE], h[STATE], dh[STATE], du[STATE], dc[STATE];
    real hat[STATE], inverse[ROWS], dx[STATE], dgain[UNITS];
} Arrays;

static void draw_arrays(Arrays *arrays) {
    real *value = (real *)arrays;
    for (size_t i = 0; i < sizeof *arrays / sizeof *value; i++) {
        value[i] = (real)(3 * draw_normal((Draw){1, DRAW_DATA, 0}, i));
    }
}

static void run_cells(const Kernels *k, Arrays *lstm, Arrays *gru, Arrays *norm) {
    draw_arrays(lstm);
    k->lstm(ROWS, UNITS, lstm->z, lstm->bias, lstm->before, lstm->c);
    k->lstm_out(ROWS, UNITS, lstm->z, lstm->c, lstm->h);
    k->lstm_out_back(ROWS, UNITS, lstm->z, lstm->h, lstm->dh, lstm->dc);
    k->lstm_back(ROWS, UNITS, lstm->z, lstm->before, lstm->dc);
    draw_arrays(gru);
    k->gru(ROWS, UNITS, gru->z, gru->bias, gru->before, gru->h);
    k->gru_back(ROWS, UNITS, gru->z, gru->before, gru->dh, gru->du);
    draw_arrays(norm);
    for (int adds = 0; adds < 2; adds++) {
        NormRows rows = {ROWS, UNITS - 5, UNITS, (real)1e-5};
        Scaled to = {norm->bias, adds, UNITS, norm->h};
        k->normalise(rows, norm->c, norm->hat, norm->inverse, &to);
        k->normalise_back(rows, norm->hat, norm->inverse, norm->bias, UNITS, norm->dh, norm->dx, norm->dgain);
    }
}

static void native_cells_compute_what_portable_ones_do(void **state) {
    (void)state;
    static Arrays native[3], portable[3];
    if (!kernels_native()) {
        skip();
    }
    run_cells(kernels_native(), &native[0], &native[1], &native[2]);
    run_cells(kernels_portable(), &portable[0], &portable[1], &portable[2]);
    for (int a = 0; a < 3; a++) {
        const real *seen = (const real *)&native[a], *expected = (const real *)&portable[a];
        for (size_t i = 0; i < sizeof(Arrays) / sizeof *seen; i++) {
            double tolerance = 2e-6 * (1 + fabs((double)expected[i]));
            if (!(fabs((double)seen[i] - (double)expected[i]) <= tolerance)) {
                fail_msg("array %d, value %zu: %.8g, not %.8g", a, i, (double)seen[i], (double)expected[i]);
            }
        }
    }
}

/* ---- training ---------------------------------------------------------------------------------------------------- */

static const char *const deep[] = {"input(9, 2)", "lstm(8, layers=2, dropout=0.3, norm=layernorm)",
                                   "gru(6, reverse=true)", "rnn(5, return=last)", NULL};

static PlumbTrainer *trainer_of(Kit *kit, PlumbNet *net, int threads) {
    PlumbConfig config = {.threads = threads, .shards = 4, .seed = 2};
    PlumbTrainer *trainer =
        plumb_trainer_new(net, data_for(kit, net, TARGET_VALUES, 90, 3),
                          call_of(kit, "recipe(batch=6, epochs=2, truncate=4)"), &config, &kit->error);
    if (!trainer) {
        fail_msg("%s", kit->error.what);
    }
    return trainer;
}

static void bits_do_not_depend_on_threads(void **state) {
    Kit *kit = *state;
    PlumbNet *net[3];
    const double *norms[3];
    for (int threads = 1; threads <= 3; threads++) {
        PlumbNet *made = net[threads - 1] = kit_net(kit, deep);
        PlumbTrainer *trainer = trainer_of(kit, made, threads);
        assert_int_equal(plumb_trainer_run(trainer, 0, &kit->error), PLUMB_DONE);
        assert_int_equal(plumb_net_through_time(made, 1, &norms[threads - 1]), 9);
        plumb_trainer_free(trainer);
    }
    for (int i = 0; i < plumb_net_weight_total(net[0]); i++) {
        const PlumbWeight *weight = plumb_net_weight(net[0], i);
        size_t size = (size_t)plumb_shape_size(weight->shape) * sizeof *weight->value;
        assert_memory_equal(weight->value, plumb_net_weight(net[1], i)->value, size);
        assert_memory_equal(weight->value, plumb_net_weight(net[2], i)->value, size);
    }
    assert_memory_equal(norms[0], norms[1], 9 * sizeof(double));
    assert_memory_equal(norms[0], norms[2], 9 * sizeof(double));
    for (int i = 0; i < 3; i++) {
        plumb_net_free(net[i]);
    }
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) && defined(__GLIBC__)
#define COUNTS_ALLOCATIONS /* the sanitizers have an allocator of their own */
static long allocations;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) {
    allocations++;
    return __libc_malloc(size);
}
void *calloc(size_t count, size_t size) {
    allocations++;
    return __libc_calloc(count, size);
}
void *realloc(void *memory, size_t size) {
    allocations++;
    return __libc_realloc(memory, size);
}
void *aligned_alloc(size_t alignment, size_t size) {
    allocations++;
    return __libc_memalign(alignment, size);
}
#endif

static void a_step_allocates_nothing(void **state) {
#ifdef COUNTS_ALLOCATIONS
    Kit *kit = *state;
    PlumbNet *net = kit_net(kit, deep);
    PlumbTrainer *trainer = trainer_of(kit, net, 1);
    plumb_trainer_run(trainer, 2, &kit->error); /* products are compiled at first use */
    long before = allocations;
    assert_true(before > 0);
    assert_int_equal(plumb_trainer_run(trainer, 10, &kit->error), PLUMB_PAUSED);
    assert_int_equal(allocations, before);
    plumb_trainer_free(trainer);
    plumb_net_free(net);
#else
    (void)state;
    skip();
#endif
}

/* Rows of long sequences are evaluated some at a time: the same outputs as one by one. */
static void many_long_sequences_are_evaluated_in_parts(void **state) {
    enum { MANY = 40, STEPS = 1000, SIZE = 64 };
    Kit *kit = *state;
    PlumbConfig config = {.threads = 1, .shards = 1, .seed = 1};
    PlumbNet *net = kit_net(kit, (const char *[]){"input(1000, 1)", "lstm(64, return=last)", NULL});
    plumb_real *x = random_values(kit, MANY * STEPS, 3, 0), all[MANY * SIZE], one[SIZE];
    assert_true(plumb_predict(net, x, MANY, all, &config, &kit->error));
    for (int row = 0; row < MANY; row += MANY - 1) {
        assert_true(plumb_predict(net, x + row * STEPS, 1, one, &config, &kit->error));
        for (int i = 0; i < SIZE; i++) {
            assert_true(fabs((double)one[i] - (double)all[row * SIZE + i]) < 1e-5);
        }
    }
    plumb_net_free(net);
}

/* ---- what a user sees -------------------------------------------------------------------------------------------- */

static void weights_have_pytorchs_names_and_shapes(void **state) {
    Kit *kit = *state;
    static const char *const names[] = {"lstm1.weight_ih",  "lstm1.weight_hh",    "lstm1.bias_ih",
                                        "lstm1.bias_hh",    "lstm1.weight_ih_l1", "lstm1.weight_hh_l1",
                                        "lstm1.bias_ih_l1", "lstm1.bias_hh_l1"};
    PlumbNet *net = kit_net(kit, (const char *[]){"input(7, 3)", "lstm(5, layers=2)", NULL});
    assert_int_equal(plumb_net_weight_total(net), 8);
    for (int i = 0; i < 8; i++) {
        const PlumbWeight *weight = plumb_net_weight(net, i);
        assert_string_equal(weight->name, names[i]);
        assert_int_equal(weight->shape.dim[0], 20);
        assert_int_equal(weight->shape.dim[1], i % 4 > 1 ? 0 : i == 0 ? 3 : 5);
    }
    assert_int_equal(plumb_net_node(net, 1)->parameters, 20 * (3 + 5 + 2) + 20 * (5 + 5 + 2));
    assert_true(plumb_net_node(net, 1)->flops == 2.0 * 7 * 20 * (3 + 5 + 5 + 5));
    plumb_net_free(net);
}

static void gates_begin_where_the_arguments_say(void **state) {
    Kit *kit = *state;
    static const struct {
        const char *layer, *gate[3];
        double mean[3];
        int count;
    } rows[] = {
        {"lstm(5, init=zeros, recurrent_init=zeros)", {"input", "forget", "output"}, {0.5, 0.7310586, 0.5}, 3},
        {"lstm(5, forget_bias=-2, init=zeros, recurrent_init=zeros, layers=2)",
         {"input", "forget", "output"},
         {0.5, 0.1192029, 0.5},
         3},
        {"gru(5, update_bias=3, init=zeros, recurrent_init=zeros)", {"reset", "update"}, {0.5, 0.9525741}, 2},
        {"rnn(5)", {NULL}, {0}, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        PlumbNet *net = kit_net(kit, (const char *[]){"input(7, 3)", rows[i].layer, NULL});
        const char *const *names;
        const double *means;
        assert_int_equal(plumb_net_gates(net, 1, &names, &means), 0);
        kit_measure(kit, net, data_for(kit, net, TARGET_VALUES, 6, 3), "recipe(batch=6)",
                    (PlumbConfig){.shards = 2, .seed = 1});
        assert_int_equal(plumb_net_gates(net, 1, &names, &means), rows[i].count);
        for (int g = 0; g < rows[i].count; g++) {
            assert_string_equal(names[g], rows[i].gate[g]);
            if (!(fabs(means[g] - rows[i].mean[g]) < 1e-6)) {
                fail_msg("%s: %s gate at %.7f, not %.7f", rows[i].layer, names[g], means[g], rows[i].mean[g]);
            }
        }
        plumb_net_reset(net);
        assert_int_equal(plumb_net_gates(net, 1, &names, &means), 0);
        plumb_net_free(net);
    }
}

static void recurrent_weights_are_orthogonal_and_biases_zero(void **state) {
    Kit *kit = *state;
    PlumbNet *net = kit_net(kit, (const char *[]){"input(7, 3)", "rnn(6)", NULL});
    assert_true(plumb_net_make(net, 1, &kit->error));
    const plumb_real *w = plumb_net_weight(net, 1)->value;
    for (int i = 0; i < 6; i++) {
        for (int j = 0; j < 6; j++) {
            double dot = 0;
            for (int k = 0; k < 6; k++) {
                dot += (double)w[i * 6 + k] * (double)w[j * 6 + k];
            }
            assert_true(fabs(dot - (i == j)) < 1e-5);
        }
        assert_true(plumb_net_weight(net, 2)->value[i] == 0 && plumb_net_weight(net, 3)->value[i] == 0);
    }
    plumb_net_free(net);
}

static void other_shapes_are_refused_with_a_way_out(void **state) {
    Kit *kit = *state;
    static const struct {
        const char *input, *layer, *says;
    } rows[] = {
        {"input(64)", "lstm(5)", "lstm takes a sequence"},
        {"input(64)", "gru(5)", "reshape(64, 1) -> gru(5)"},
        {"input(64)", "rnn(5)", "time x features"},
        {"input(2, 8, 9)", "lstm(5)", "2 x 8 x 9"},
        {"input(2, 8, 9)", "lstm(5)", "reshape(16, 9) -> lstm(5)"},
        {"input(64)", "last", "last takes a sequence"},
        {"input(1, 8, 8)", "mean_over_time", "time x features"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        PlumbNet *net = kit_net(kit, (const char *[]){rows[i].input, NULL});
        assert_int_equal(kit_add(kit, net, rows[i].layer), -1);
        assert_int_equal(kit->error.status, PLUMB_SHAPE_ERROR);
        assert_says(&kit->error, rows[i].says);
        plumb_net_free(net);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(outputs_losses_and_gradients_are_those_of_pytorch, kit_setup, kit_teardown),
        cmocka_unit_test(native_cells_compute_what_portable_ones_do),
        cmocka_unit_test_setup_teardown(bits_do_not_depend_on_threads, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(a_step_allocates_nothing, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(many_long_sequences_are_evaluated_in_parts, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(weights_have_pytorchs_names_and_shapes, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(gates_begin_where_the_arguments_say, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(recurrent_weights_are_orthogonal_and_biases_zero, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(other_shapes_are_refused_with_a_way_out, kit_setup, kit_teardown),
    };
    return cmocka_run_group_tests_name("recurrent", tests, NULL, NULL);
}
