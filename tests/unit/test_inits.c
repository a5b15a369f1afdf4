/* Initialisers: moments and bounds by their formulas, orthogonality, streams by name, what init=auto takes. */
#include "nets.h"
#include "runtime/train/inits.h"
#include <math.h>

/* ---- a table of all: what each draws ----------------------------------------------------------------------------- */

typedef enum { CONSTANT, UNIFORM, NORMAL, ORTHOGONAL, EYE } Kind;

struct Row {
    const char *call;
    Kind kind;
    double gain;                               /* of ORTHOGONAL and EYE; the value of CONSTANT */
    double (*variance)(double in, double out); /* by the paper, gain included */
};

static double unit(double in, double out) {
    (void)in, (void)out;
    return 1;
}
static double quarter(double in, double out) {
    (void)in, (void)out;
    return 0.25;
}
static double third(double in, double out) {
    (void)in, (void)out;
    return 1 / 3.0;
}
static double twelfth_of_nine(double in, double out) {
    (void)in, (void)out;
    return 9 / 12.0; /* U(-1.5, 1.5) */
}
static double glorot(double in, double out) {
    return 2 / (in + out);
}
static double glorot_of_four(double in, double out) {
    return 4 * glorot(in, out);
}
static double he(double in, double out) {
    (void)out;
    return 2 / in;
}
static double he_of_four(double in, double out) {
    return 4 * he(in, out);
}
static double lecun(double in, double out) {
    (void)out;
    return 1 / in;
}
static double lecun_of_four(double in, double out) {
    return 4 * lecun(in, out);
}

static const struct Row rows[] = {
    {"zeros", CONSTANT, 0, NULL},
    {"ones", CONSTANT, 1, NULL},
    {"constant(-0.75)", CONSTANT, -0.75, NULL},
    {"normal", NORMAL, 1, unit},
    {"normal(std=0.25, gain=2)", NORMAL, 1, quarter},
    {"uniform", UNIFORM, 1, third},
    {"uniform(a=0.5, gain=3)", UNIFORM, 1, twelfth_of_nine},
    {"xavier", UNIFORM, 1, glorot},
    {"xavier(gain=2)", UNIFORM, 1, glorot_of_four},
    {"xavier_normal", NORMAL, 1, glorot},
    {"xavier_normal(gain=2)", NORMAL, 1, glorot_of_four},
    {"he", UNIFORM, 1, he},
    {"he(gain=2)", UNIFORM, 1, he_of_four},
    {"he_normal", NORMAL, 1, he},
    {"he_normal(gain=2)", NORMAL, 1, he_of_four},
    {"lecun", NORMAL, 1, lecun},
    {"lecun(gain=2)", NORMAL, 1, lecun_of_four},
    {"orthogonal", ORTHOGONAL, 1, NULL},
    {"orthogonal(gain=1.5)", ORTHOGONAL, 1.5, NULL},
    {"lsuv", ORTHOGONAL, 1, NULL}, /* as drawn, before it sees data */
    {"lsuv(gain=1.5)", ORTHOGONAL, 1.5, NULL},
    {"eye", EYE, 1, NULL},
    {"eye(gain=1.5)", EYE, 1.5, NULL},
};
enum { ROWS = sizeof rows / sizeof *rows };

static void every_initialiser_and_argument_has_a_row(void **state) {
    Kit *kit = *state;
    const PlumbEntry *entry;
    for (int i = 0; (entry = plumb_entry_at(i)); i++) {
        for (int a = -1; entry->kind == PLUMB_INIT && (a < 0 || (entry->args && entry->args[a].name)); a++) {
            bool found = false;
            for (int r = 0; r < ROWS; r++) {
                const PlumbCall *call = call_of(kit, rows[r].call);
                found |= call->entry == entry && (a < 0 || call->given[a]);
            }
            if (!found) {
                fail_msg("no row gives %s of %s", a < 0 ? "nothing" : entry->args[a].name, entry->name);
            }
        }
    }
}

/* ---- filling ----------------------------------------------------------------------------------------------------- */

static real *filled(Kit *kit, const WeightSpec *spec, uint64_t seed, uint32_t stream) {
    real *value = kit_alloc(kit, (size_t)plumb_shape_size(spec->shape) * sizeof *value);
    assert_true(init_fill(spec, (Draw){seed, DRAW_INIT, stream}, value, &kit->error));
    return value;
}

static WeightSpec matrix(const PlumbCall *init, int out, int in) {
    return (WeightSpec){.shape = {2, {out, in}}, .fan_in = in, .fan_out = out, .init = init};
}

typedef struct Moments {
    double mean, variance, kurtosis, largest;
} Moments;

static Moments moments_of(const real *value, int64_t count) {
    Moments m = {0};
    for (int64_t i = 0; i < count; i++) {
        m.mean += (double)value[i] / (double)count;
        m.largest = fmax(m.largest, fabs((double)value[i]));
    }
    double fourth = 0;
    for (int64_t i = 0; i < count; i++) {
        double d = (double)value[i] - m.mean;
        m.variance += d * d / (double)count;
        fourth += d * d * d * d / (double)count;
    }
    m.kurtosis = fourth / (m.variance * m.variance);
    return m;
}

static void assert_near(const char *call, const char *what, double seen, double expected, double allowed) {
    if (!(fabs(seen - expected) <= allowed)) {
        fail_msg("%s: the %s is %g, expected %g within %g", call, what, seen, expected, allowed);
    }
}

/* Of n draws: the mean is off by sigma / sqrt n, the variance by sigma^2 sqrt((k - 1) / n), k the kurtosis (9/5
 * uniform, 3 normal), the kurtosis by sqrt(24 / n) at most. Five standard errors of each. */
static void assert_drawn(Kit *kit, const struct Row *row, int out, int in) {
    WeightSpec spec = matrix(call_of(kit, row->call), out, in);
    double n = (double)out * in, variance = row->variance(in, out), kurtosis = row->kind == NORMAL ? 3 : 1.8;
    Moments m = moments_of(filled(kit, &spec, 7, 1), out * in);
    assert_near(row->call, "variance by formula", init_variance(&spec), variance, 1e-12 * variance);
    assert_near(row->call, "mean", m.mean, 0, 5 * sqrt(variance / n));
    assert_near(row->call, "variance", m.variance, variance, 5 * variance * sqrt((kurtosis - 1) / n));
    assert_near(row->call, "kurtosis", m.kurtosis, kurtosis, 5 * sqrt(24 / n));
    if (row->kind == UNIFORM) { /* nearly reached, never passed */
        double limit = sqrt(3 * variance);
        assert_near(row->call, "largest value", m.largest, limit * (1 - 10 / n), 11 * limit / n);
    }
}

static void moments_are_those_of_the_formulas(void **state) {
    for (int i = 0; i < ROWS; i++) {
        if (rows[i].variance) {
            assert_drawn(*state, &rows[i], 150, 100);
            assert_drawn(*state, &rows[i], 30, 1000);
        }
    }
}

static void constants_fill_with_their_value(void **state) {
    Kit *kit = *state;
    for (int i = 0; i < ROWS; i++) {
        WeightSpec spec = matrix(call_of(kit, rows[i].call), 7, 5);
        const real *value = filled(kit, &spec, 1, 1);
        for (int j = 0; rows[i].kind == CONSTANT && j < 35; j++) {
            assert_true((double)value[j] == rows[i].gain);
        }
        assert_true(rows[i].kind != CONSTANT || init_variance(&spec) == 0);
    }
}

/* The dot product of two rows, or of two columns, of a matrix. */
static double product(const real *w, int i, int j, int length, int across, int along) {
    double sum = 0;
    for (int k = 0; k < length; k++) {
        sum += (double)w[i * across + k * along] * (double)w[j * across + k * along];
    }
    return sum;
}

/* The shorter side's vectors: W W^T or W^T W = gain^2 I, to float's rounding. */
static void assert_orthogonal(Kit *kit, const struct Row *row, int out, int in) {
    WeightSpec spec = matrix(call_of(kit, row->call), out, in);
    const real *w = filled(kit, &spec, 3, 9);
    bool wide = out <= in;
    int count = wide ? out : in, length = wide ? in : out;
    double square = row->gain * row->gain, sum = 0;
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
            double dot = wide ? product(w, i, j, length, in, 1) : product(w, i, j, length, 1, in);
            assert_near(row->call, "product of two vectors", dot, i == j ? square : 0, 1e-5);
            sum += i == j ? dot : 0;
        }
    }
    assert_near(row->call, "variance by formula", init_variance(&spec), sum / ((double)out * in), 1e-6);
}

static void orthogonal_and_eye_keep_lengths(void **state) {
    static const int size[][2] = {{16, 16}, {5, 33}, {33, 5}, {1, 9}, {9, 1}, {1, 1}};
    for (int i = 0; i < ROWS; i++) {
        for (size_t s = 0; (rows[i].kind == ORTHOGONAL || rows[i].kind == EYE) && s < sizeof size / sizeof *size; s++) {
            assert_orthogonal(*state, &rows[i], size[s][0], size[s][1]);
        }
    }
}

/* Rotations, not permutations or reflections of a fixed one: entries spread with variance gain^2 / n around 0. */
static void orthogonal_is_random(void **state) {
    Kit *kit = *state;
    WeightSpec spec = matrix(call_of(kit, "orthogonal"), 64, 64);
    Moments m = moments_of(filled(kit, &spec, 5, 5), 64 * 64);
    assert_near("orthogonal", "mean", m.mean, 0, 5.0 / 64 / 8);
    assert_near("orthogonal", "kurtosis", m.kurtosis, 3, 0.4);
}

/* A weight without an initialiser takes its constant. */
static void a_constant_needs_no_initialiser(void **state) {
    WeightSpec spec = {.shape = {1, {6}}, .fill = 0.125};
    const real *value = filled(*state, &spec, 1, 1);
    for (int i = 0; i < 6; i++) {
        assert_true((double)value[i] == 0.125);
    }
    assert_true(init_variance(&spec) == 0);
}

/* ---- seeds and streams ------------------------------------------------------------------------------------------- */

static void a_seed_decides_the_bits(void **state) {
    Kit *kit = *state;
    for (int i = 0; i < ROWS; i++) {
        WeightSpec spec = matrix(call_of(kit, rows[i].call), 9, 6);
        size_t bytes = 54 * sizeof(real);
        const real *first = filled(kit, &spec, 7, 1);
        assert_memory_equal(first, filled(kit, &spec, 7, 1), bytes);
        if (rows[i].kind == UNIFORM || rows[i].kind == NORMAL || rows[i].kind == ORTHOGONAL) {
            assert_memory_not_equal(first, filled(kit, &spec, 8, 1), bytes);
            assert_memory_not_equal(first, filled(kit, &spec, 7, 2), bytes);
        }
    }
}

static const real *weight_named(const PlumbNet *net, const char *name, int64_t *size) {
    for (int i = 0; i < plumb_net_weight_total(net); i++) {
        const PlumbWeight *weight = plumb_net_weight(net, i);
        if (!strcmp(weight->name, name)) {
            *size = plumb_shape_size(weight->shape);
            return weight->value;
        }
    }
    fail_msg("no weight %s", name);
    return NULL;
}

/* A layer added elsewhere, and the seed's other users, leave this layer's first weights as they are. */
static void names_decide_streams(void **state) {
    Kit *kit = *state;
    PlumbNet *plain = net_of(kit, "input(6) -> dense(6) -> dense(6)");
    PlumbNet *more = net_of(kit, "input(6) -> prelu -> dense(6) -> batchnorm -> dense(6) -> extra: dense(6)");
    assert_true(plumb_net_make(plain, 11, &kit->error) && plumb_net_make(more, 11, &kit->error));
    int64_t size;
    static const char *const names[] = {"dense1.weight", "dense2.weight"};
    for (int i = 0; i < 2; i++) {
        const real *expected = weight_named(plain, names[i], &size);
        assert_memory_equal(weight_named(more, names[i], &size), expected, (size_t)size * sizeof(real));
    }
    const real *first = weight_named(plain, names[0], &size), *second = weight_named(plain, names[1], &size);
    assert_memory_not_equal(first, second, (size_t)size * sizeof(real));
    plumb_net_free(plain);
    plumb_net_free(more);
}

static void a_net_made_again_has_the_same_bits(void **state) {
    Kit *kit = *state;
    PlumbNet *net = net_of(kit, "input(6) -> a: dense(6, bias_init=normal) -> tanh -> dense(6) = a");
    int64_t size;
    assert_true(plumb_net_make(net, 3, &kit->error));
    real copy[36];
    memcpy(copy, weight_named(net, "a.weight", &size), sizeof copy);
    stir(net, 1, 1);
    assert_true(plumb_net_make(net, 4, &kit->error)); /* made already: nothing happens */
    assert_int_equal(plumb_net_seed(net), 3);
    assert_memory_not_equal(copy, weight_named(net, "a.weight", &size), sizeof copy);
    plumb_net_reset(net);
    assert_true(plumb_net_make(net, 3, &kit->error));
    assert_memory_equal(copy, weight_named(net, "a.weight", &size), sizeof copy);
    plumb_net_free(net);
}

/* ---- init=auto --------------------------------------------------------------------------------------------------- */

static const struct {
    const char *net, *init; /* what its first dense layer takes */
} automatic[] = {
    {"input(6) -> dense(6)", "xavier"},
    {"input(6) -> dense(6) -> tanh", "xavier"},
    {"input(6) -> dense(6) -> sigmoid", "xavier"},
    {"input(6) -> dense(6) -> hard_tanh", "xavier"},
    {"input(6) -> dense(6) -> softsign", "xavier"},
    {"input(6) -> dense(6) -> softmax", "xavier"},
    {"input(6) -> dense(6) -> dense(6) -> relu", "xavier"},
    {"input(6) -> dense(6) -> relu", "he"},
    {"input(6) -> dense(6) -> leaky_relu", "he"},
    {"input(6) -> dense(6) -> prelu", "he"},
    {"input(6) -> dense(6) -> elu", "he"},
    {"input(6) -> dense(6) -> gelu", "he"},
    {"input(6) -> dense(6) -> silu", "he"},
    {"input(6) -> dense(6) -> mish", "he"},
    {"input(6) -> dense(6) -> relu6", "he"},
    {"input(6) -> dense(6) -> softplus", "he"},
    {"input(6) -> dense(6) -> selu", "lecun"},
    {"input(6) -> dense(6) -> batchnorm -> relu", "he"},
    {"input(6) -> dense(6) -> layernorm -> dropout -> selu", "lecun"},
    {"input(6) -> dense(6, init=orthogonal) -> relu", "orthogonal"},
    {"input(6) -> dense(6, init=he_normal) -> tanh", "he_normal"},
};

static void auto_takes_what_the_activation_needs(void **state) {
    Kit *kit = *state;
    for (size_t i = 0; i < sizeof automatic / sizeof *automatic; i++) {
        PlumbNet *net = net_of(kit, automatic[i].net);
        const char *init = plumb_net_node(net, plumb_net_find(net, "dense1"))->init;
        const char *taken = net->weight[0].spec.init->entry->name;
        if (strcmp(init, automatic[i].init) || strcmp(taken, init)) {
            fail_msg("%s takes %s and says %s, expected %s", automatic[i].net, taken, init, automatic[i].init);
        }
        plumb_net_free(net);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(every_initialiser_and_argument_has_a_row),
        kit_test(moments_are_those_of_the_formulas),
        kit_test(constants_fill_with_their_value),
        kit_test(orthogonal_and_eye_keep_lengths),
        kit_test(orthogonal_is_random),
        kit_test(a_constant_needs_no_initialiser),
        kit_test(a_seed_decides_the_bits),
        kit_test(names_decide_streams),
        kit_test(a_net_made_again_has_the_same_bits),
        kit_test(auto_takes_what_the_activation_needs),
    };
    return cmocka_run_group_tests_name("inits", tests, NULL, NULL);
}
