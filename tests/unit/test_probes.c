/* The figures of diagnostics against what they mean: computed here from outputs, gradients and weights, layer by layer,
 * for each backend and number of shards. */
#include "nets.h"
#include <math.h>

enum { ROWS = 7, NODES_MAX = 24 };

/* Rows of the unit matrix: the weights of a dense layer without bias are then its outputs, row by row. */
static PlumbData *unit_data(Kit *kit, const PlumbNet *net) {
    PlumbData *data = data_for(kit, net, TARGET_VALUES, ROWS, 1);
    for (int i = 0; i < ROWS * ROWS; i++) {
        data->train.x[i] = i % (ROWS + 1) == 0;
    }
    return data;
}

typedef struct Measured {
    PlumbNet *net;
    PlumbData *data;
    PlumbProbe probe[NODES_MAX];
    PlumbConfig config;
    double loss;
} Measured;

static Measured measured(Kit *kit, const char *text, const char *backend, int shards) {
    Measured m = {.net = net_of(kit, text), .config = {.threads = 1, .shards = shards, .seed = 2, .backend = backend}};
    m.data = unit_data(kit, m.net);
    assert_true(plumb_net_size(m.net) <= NODES_MAX && plumb_net_make(m.net, 1, &kit->error));
    for (int i = 0; i < plumb_net_weight_total(m.net); i++) { /* `zero` adds nothing */
        const PlumbWeight *weight = plumb_net_weight(m.net, i);
        for (int64_t j = 0; !strcmp(weight->name, "zero.weight") && j < plumb_shape_size(weight->shape); j++) {
            weight->value[j] = 0;
        }
    }
    assert_true(
        plumb_measure(m.net, m.data, call_of(kit, "recipe(batch=7)"), &m.config, m.probe, &m.loss, &kit->error));
    return m;
}

static void assert_figure(const char *text, const char *what, double seen, double expected) {
    if (!(isnan(expected) ? isnan(seen) : fabs(seen - expected) <= 2e-5 * fabs(expected) + 1e-7)) {
        fail_msg("%s: %s is %.8g, expected %.8g", text, what, seen, expected);
    }
}

/* ---- outputs: signal, mean, std, saturated, dead ----------------------------------------------------------------- */

static void compare_output(Kit *kit, Measured *m, const char *text, int node) {
    const PlumbNode *about = plumb_net_node(m->net, node);
    int64_t units = plumb_shape_size(about->shape), count = ROWS * units;
    const Layer *layer = layer_of(about->call);
    bool act = about->call->entry->kind == PLUMB_ACTIVATION;
    plumb_real *y = kit_alloc(kit, (size_t)count * sizeof *y);
    plumb_real *z = kit_alloc(kit, (size_t)count * sizeof *z);
    double sum = 0, squares = 0, saturated = 0, a = about->call->count ? about->call->arg[0].number : 0;
    assert_true(plumb_node_output(m->net, m->data->train.x, ROWS, node, y, &m->config, &kit->error));
    if (act) {
        assert_true(plumb_node_output(m->net, m->data->train.x, ROWS, about->input[0], z, &m->config, &kit->error));
    }
    for (int64_t i = 0; i < count; i++) {
        sum += (double)y[i];
        squares += (double)y[i] * (double)y[i];
        saturated += act && fabs(act_slope(layer->act, a, (double)z[i])) < act_saturation(layer->act, a);
    }
    double mean = sum / (double)count;
    assert_figure(text, "signal", m->probe[node].signal, sqrt(squares / (double)count));
    assert_figure(text, "mean", m->probe[node].mean, mean);
    assert_figure(text, "std", m->probe[node].std, sqrt(squares / (double)count - mean * mean));
    assert_figure(text, "saturated", m->probe[node].saturated, act ? saturated / (double)count : NAN);
    assert_int_equal(m->probe[node].nonfinite, 0);
}

static const char *const plain[] = {
    "input(7) -> dense(6) -> tanh -> dense(6, init=normal(2)) -> sigmoid -> dense(3)",
    "input(7) -> dense(6, init=normal(3)) -> relu -> dense(6) -> leaky_relu(slope=0.03) -> dense(6) -> relu6 -> "
    "dense(3)",
    "input(7) -> a: dense(6) -> gelu -> dense(6) -> silu -> add & a -> hard_tanh -> layernorm -> elu(alpha=0.3) -> "
    "dense(3)",
    "input(7) -> dense(6, init=normal(4)) -> hard_sigmoid -> rmsnorm -> prelu -> softsign -> softplus -> softmax -> "
    "dense(3)",
};

static void for_every_backend_and_split(Kit *kit, void (*check)(Kit *kit, const char *backend, int shards)) {
    for (int shards = 1; shards <= 9; shards += 2) {
        check(kit, "portable", shards);
        if (kernels_native()) {
            check(kit, "native", shards);
        }
    }
}

static void compare_outputs(Kit *kit, const char *backend, int shards) {
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        Measured m = measured(kit, plain[i], backend, shards);
        for (int node = 1; node < plumb_net_size(m.net); node++) {
            compare_output(kit, &m, plain[i], node);
        }
        plumb_net_free(m.net);
    }
}

static void outputs_have_their_moments(void **state) {
    for_every_backend_and_split(*state, compare_outputs);
}

/* ---- gradients --------------------------------------------------------------------------------------------------- */

/* `zero` adds nothing to stage `at`, and its weights' gradient is dL/d(output of `at`), row by row. */
static const struct {
    const char *plain, *probed, *at;
} traced[] = {
    {"input(7) -> a: dense(6, init=xavier) -> b: tanh -> dense(3)",
     "input(7) -> a: dense(6, init=xavier) -> b: tanh -> zero: dense(6, bias=false) < input1 -> add & b -> dense(3)",
     "b"},
    {"input(7) -> a: dense(6, init=xavier) -> b: tanh -> dense(3)",
     "input(7) -> a: dense(6, init=xavier) -> zero: dense(6, bias=false) < input1 -> add & a -> b: tanh -> dense(3)",
     "a"},
    {"input(7) -> a: dense(6, init=xavier) -> b: gelu -> dense(3)",
     "input(7) -> a: dense(6, init=xavier) -> zero: dense(6, bias=false) < input1 -> add & a -> b: gelu -> dense(3)",
     "a"},
    {"input(7) -> a: dense(6, init=xavier) -> b: tanh -> dense(6) -> add & b & a -> dense(3)",
     "input(7) -> a: dense(6, init=xavier) -> zero: dense(6, bias=false) < input1 -> c: add & a -> b: tanh -> dense(6) "
     "-> add & b & "
     "c"
     " -> dense(3)",
     "a"},
    {"input(7) -> dense(6, init=xavier) -> b: layernorm -> relu -> dense(3)",
     "input(7) -> dense(6, init=xavier) -> b: layernorm -> zero: dense(6, bias=false) < input1 -> add & b -> relu -> "
     "dense(3)",
     "b"},
};

static double rms_of(const plumb_real *value, int64_t count) {
    double squares = 0;
    for (int64_t i = 0; i < count; i++) {
        squares += (double)value[i] * (double)value[i];
    }
    return sqrt(squares / (double)count);
}

static const PlumbWeight *weight_named(const PlumbNet *net, const char *name) {
    for (int i = 0; i < plumb_net_weight_total(net); i++) {
        if (!strcmp(plumb_net_weight(net, i)->name, name)) {
            return plumb_net_weight(net, i);
        }
    }
    fail_msg("no %s", name);
    return NULL;
}

static void compare_traced(Kit *kit, const char *backend, int shards) {
    for (size_t i = 0; i < sizeof traced / sizeof *traced; i++) {
        Measured m = measured(kit, traced[i].plain, backend, shards);
        Measured other = measured(kit, traced[i].probed, backend, shards);
        const PlumbWeight *zero = weight_named(other.net, "zero.weight");
        assert_figure(traced[i].probed, "loss", other.loss, m.loss); /* the same first weights: they go by name */
        assert_figure(traced[i].plain, "output_grad", m.probe[plumb_net_find(m.net, traced[i].at)].output_grad,
                      rms_of(zero->grad, plumb_shape_size(zero->shape)));
        plumb_net_free(m.net);
        plumb_net_free(other.net);
    }
}

static void output_grad_is_the_gradient_of_the_output(void **state) {
    for_every_backend_and_split(*state, compare_traced);
}

static void compare_norms(Kit *kit, const char *backend, int shards) {
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        Measured m = measured(kit, plain[i], backend, shards);
        for (int node = 0; node < plumb_net_size(m.net); node++) {
            const PlumbNode *about = plumb_net_node(m.net, node);
            double grad = 0, weight = 0;
            for (int w = about->first_weight; w < about->first_weight + about->weight_count; w++) {
                const PlumbWeight *one = plumb_net_weight(m.net, w);
                double size = (double)plumb_shape_size(one->shape);
                grad += size * pow(rms_of(one->grad, (int64_t)size), 2);
                weight += size * pow(rms_of(one->value, (int64_t)size), 2);
            }
            bool any = about->weight_count;
            assert_figure(about->name, "grad_norm", m.probe[node].grad_norm, any ? sqrt(grad) : NAN);
            assert_figure(about->name, "weight_norm", m.probe[node].weight_norm, any ? sqrt(weight) : NAN);
            assert_figure(about->name, "update_ratio", m.probe[node].update_ratio, NAN); /* nothing moved */
        }
        plumb_net_free(m.net);
    }
}

static void norms_are_those_of_the_weights(void **state) {
    for_every_backend_and_split(*state, compare_norms);
}

/* ---- training ---------------------------------------------------------------------------------------------------- */

/* |step| / |weights after it|: gradient descent steps by lr times the gradient. */
static void update_ratio_is_step_over_weight(void **state) {
    Kit *kit = *state;
    PlumbNet *net = net_of(kit, "input(7) -> dense(6) -> tanh -> dense(3)");
    PlumbData *data = unit_data(kit, net);
    PlumbConfig config = {.threads = 1, .shards = 2};
    const PlumbCall *recipe = call_of(kit, "recipe(batch=7, steps=1, optimizer=sgd(lr=0.5))");
    PlumbTrainer *trainer = plumb_trainer_new(net, data, recipe, &config, &kit->error);
    assert_int_equal(plumb_trainer_run(trainer, 0, &kit->error), PLUMB_DONE);
    const PlumbProbe *probe = plumb_trainer_probes(trainer);
    for (int node = 1; node < plumb_net_size(net); node++) {
        bool any = plumb_net_node(net, node)->weight_count;
        double expected = any ? 0.5 * probe[node].grad_norm / probe[node].weight_norm : NAN;
        assert_figure("training", "update_ratio", probe[node].update_ratio, expected);
    }
    plumb_trainer_free(trainer);
    plumb_net_free(net);
}

/* Units that give nothing on any row: relu behind biases of -100 for two of five. */
static void dead_units_are_counted(void **state) {
    Kit *kit = *state;
    static const char *const acts[] = {"relu", "relu6", "identity -> relu"};
    for (size_t i = 0; i < 3; i++) {
        char text[96];
        snprintf(text, sizeof text, "input(7) -> d: dense(5, bias_init=ones) -> %s -> dense(3)", acts[i]);
        for (int shards = 1; shards <= 4; shards++) {
            Measured m = measured(kit, text, NULL, shards);
            int last = plumb_net_size(m.net) - 2;
            weight_named(m.net, "d.bias")->value[1] = weight_named(m.net, "d.bias")->value[4] = -100;
            assert_true(plumb_measure(m.net, m.data, call_of(kit, "recipe(batch=7)"), &m.config, m.probe, &m.loss,
                                      &kit->error));
            plumb_real y[ROWS * 5];
            assert_true(plumb_node_output(m.net, m.data->train.x, ROWS, last, y, &m.config, &kit->error));
            int dead = 0;
            for (int unit = 0; unit < 5; unit++) {
                bool alive = false;
                for (int row = 0; row < ROWS; row++) {
                    alive |= y[row * 5 + unit] != 0;
                }
                dead += !alive;
            }
            assert_true(dead >= 2);
            assert_figure(text, "dead", m.probe[last].dead, dead / 5.0);
            plumb_net_free(m.net);
        }
    }
}

/* What is not finite is counted where it stands and behind it; no figure hides it. */
static void values_that_are_not_finite_are_counted(void **state) {
    Kit *kit = *state;
    for (int shards = 1; shards <= 3; shards++) {
        Measured m = measured(kit, "input(7) -> dense(5) -> tanh -> dense(3)", NULL, shards);
        weight_named(m.net, "dense1.bias")->value[2] = NAN;
        assert_true(
            plumb_measure(m.net, m.data, call_of(kit, "recipe(batch=7)"), &m.config, m.probe, &m.loss, &kit->error));
        assert_true(isnan(m.loss));
        assert_true(m.probe[1].nonfinite >= ROWS && m.probe[2].nonfinite >= ROWS && m.probe[3].nonfinite >= 3 * ROWS);
        assert_true(isnan(m.probe[1].signal) && isnan(m.probe[1].output_grad) && isnan(m.probe[1].grad_norm));
        plumb_net_free(m.net);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(outputs_have_their_moments),     kit_test(output_grad_is_the_gradient_of_the_output),
        kit_test(norms_are_those_of_the_weights), kit_test(update_ratio_is_step_over_weight),
        kit_test(dead_units_are_counted),         kit_test(values_that_are_not_finite_are_counted),
    };
    return cmocka_run_group_tests_name("probes", tests, NULL, NULL);
}
