/* The curvature probe against quadratics whose curvature is known, and against power iteration. */
#include "nets.h"
#include <math.h>

static const PlumbConfig config = {.threads = 1, .shards = 1, .seed = 3};

static const PlumbCall *recipe_of(Kit *kit, const char *optimizer, int batch) {
    PlumbGiven given[] = {{"optimizer", {.type = PLUMB_V_CALL, .call = call_of(kit, optimizer)}},
                          NUMBER("batch", batch),
                          NUMBER("epochs", 1)};
    const PlumbCall *recipe = plumb_call(kit->arena, plumb_entry_find("recipe"), given, 3, &kit->error);
    assert_non_null(recipe);
    return recipe;
}

static PlumbCurvature curvature_of(Kit *kit, PlumbNet *net, const PlumbData *data, const char *optimizer) {
    PlumbCurvature found;
    if (!plumb_curvature(net, data, recipe_of(kit, optimizer, (int)data->train.rows), &config, &found, &kit->error)) {
        fail_msg("%s", kit->error.what);
    }
    return found;
}

static void assert_near(const char *what, double seen, double expected, double relative) {
    if (!(fabs(seen - expected) <= relative * fabs(expected))) {
        fail_msg("%s is %.9g, expected %.9g", what, seen, expected);
    }
}

/* ---- a quadratic ------------------------------------------------------------------------------------------------- */

/* One input x, one weight: the mean squared error (w x - y)^2 curves by 2 mean x^2 whatever w. */
static double line_curvature(const PlumbData *data) {
    double sum = 0;
    for (int64_t i = 0; i < data->train.rows; i++) {
        sum += (double)data->train.x[i] * (double)data->train.x[i];
    }
    return 2 * sum / (double)data->train.rows;
}

static const struct Limit {
    const char *optimizer;
    double by; /* limit x curvature */
} limits[] = {
    {"sgd(lr=0.1)", 2},
    {"sgd(lr=0.1, momentum=0.9)", 3.8},
    {"sgd(lr=0.1, momentum=0.9, nesterov=true)", 3.8 / 2.8},
};

static void of_a_line_it_is_the_mean_square_of_its_input(void **state) {
    PlumbNet *net = net_of(*state, "input(1) -> dense(1, bias=false)");
    PlumbData *data = data_for(*state, net, TARGET_VALUES, 40, 5);
    double expected = line_curvature(data);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        PlumbCurvature found = curvature_of(*state, net, data, limits[i].optimizer);
        assert_near(limits[i].optimizer, found.along, expected, 1e-6);
        assert_near("the sharpness", found.sharpness, expected, 1e-6);
        assert_near("the limit", found.limit, limits[i].by / expected, 1e-6);
        assert_near("the ratio", found.ratio, 0.1 / found.limit, 1e-12);
    }
    plumb_net_free(net);
}

/* Of one weight the step is sign(g): d.Hd / g.d = h / |g|. */
static void what_rescales_gradients_is_measured_in_its_own_steps(void **state) {
    PlumbNet *net = net_of(*state, "input(1) -> dense(1, bias=false)");
    PlumbData *data = data_for(*state, net, TARGET_VALUES, 40, 5);
    PlumbCurvature found = curvature_of(*state, net, data, "adam(lr=0.1)");
    double expected = line_curvature(data) / fabs((double)plumb_net_weight(net, 0)->grad[0]);
    assert_near("along the step", found.along, expected, 1e-4); /* the gradient kept is that behind the small step */
    assert_near("the sharpness", found.sharpness, found.along, 1e-9);
    assert_near("the limit", found.limit, 2 / found.along, 1e-9);
    plumb_net_free(net);
}

/* Gradient descent on a quadratic goes up beyond the limit and down below it, also with momentum. */
static double loss_after(Kit *kit, const PlumbData *data, double momentum, double lr) {
    char optimizer[64];
    PlumbNet *net = net_of(kit, "input(1) -> dense(1, bias=false)");
    snprintf(optimizer, sizeof optimizer, "sgd(lr=%.9g, momentum=%g)", lr, momentum);
    PlumbGiven given[] = {{"optimizer", {.type = PLUMB_V_CALL, .call = call_of(kit, optimizer)}},
                          NUMBER("batch", (double)data->train.rows),
                          NUMBER("epochs", 300)};
    const PlumbCall *recipe = plumb_call(kit->arena, plumb_entry_find("recipe"), given, 3, &kit->error);
    PlumbTrainer *trainer = plumb_trainer_new(net, data, recipe, &config, &kit->error);
    const PlumbEpoch *epoch;
    assert_non_null(trainer);
    plumb_trainer_run(trainer, 0, &kit->error);
    int epochs = plumb_trainer_history(trainer, &epoch);
    double loss = epoch[epochs - 1].loss;
    plumb_trainer_free(trainer);
    plumb_net_free(net);
    return loss;
}

static void steps_settle_below_the_limit_and_not_beyond_it(void **state) {
    static const char *const optimizer[] = {"sgd(lr=0.1)", "sgd(lr=0.1, momentum=0.9)"};
    static const double momentum[] = {0, 0.9};
    PlumbNet *net = net_of(*state, "input(1) -> dense(1, bias=false)");
    PlumbData *data = data_for(*state, net, TARGET_VALUES, 40, 5);
    for (int i = 0; i < 2; i++) {
        double limit = curvature_of(*state, net, data, optimizer[i]).limit;
        double below = loss_after(*state, data, momentum[i], 0.9 * limit),
               beyond = loss_after(*state, data, momentum[i], 1.1 * limit);
        if (!(below < 10) || beyond < 1e6) {
            fail_msg("%s: loss %g below the limit, %g beyond it", optimizer[i], below, beyond);
        }
    }
    plumb_net_free(net);
}

/* ---- a net ------------------------------------------------------------------------------------------------------- */

enum { FEATURES = 5, ROWS = 30 };

/* The gradient, flat, behind a move of the weights. */
static void gradient_at(Kit *kit, PlumbNet *net, const PlumbData *data, const double *move, double eps, double *g) {
    PlumbProbe probe[16];
    double loss;
    int64_t at = 0;
    for (int i = 0; i < plumb_net_weight_total(net); i++) {
        const PlumbWeight *weight = plumb_net_weight(net, i);
        for (int64_t j = 0; j < plumb_shape_size(weight->shape); j++) {
            weight->value[j] += (plumb_real)(eps * move[at + j]);
        }
        at += plumb_shape_size(weight->shape);
    }
    assert_true(plumb_measure(net, data, recipe_of(kit, "sgd(lr=0.1)", ROWS), &config, probe, &loss, &kit->error));
    at = 0;
    for (int i = 0; i < plumb_net_weight_total(net); i++) {
        const PlumbWeight *weight = plumb_net_weight(net, i);
        for (int64_t j = 0; j < plumb_shape_size(weight->shape); j++) {
            g[at + j] = (double)weight->grad[j];
            weight->value[j] -= (plumb_real)(eps * move[at + j]);
        }
        at += plumb_shape_size(weight->shape);
    }
}

static double scale_to_one(double *v, int n) {
    double sum = 0;
    for (int i = 0; i < n; i++) {
        sum += v[i] * v[i];
    }
    for (int i = 0; i < n; i++) {
        v[i] /= sqrt(sum);
    }
    return sqrt(sum);
}

/* Hv, by a central difference. */
static void hessian_times(Kit *kit, PlumbNet *net, const PlumbData *data, const double *v, double *out, int n) {
    double up[256], down[256];
    gradient_at(kit, net, data, v, 1e-5, up);
    gradient_at(kit, net, data, v, -1e-5, down);
    for (int i = 0; i < n; i++) {
        out[i] = (up[i] - down[i]) / 2e-5;
    }
}

/* lambda: the largest eigenvalue, from the gradient's direction on; quotient: what that direction has itself. */
static void power_iteration(Kit *kit, PlumbNet *net, const PlumbData *data, int n, double *lambda, double *quotient) {
    double v[256], next[256], none[256] = {0};
    gradient_at(kit, net, data, none, 0, v);
    scale_to_one(v, n);
    for (int k = 0; k < 300; k++) {
        hessian_times(kit, net, data, v, next, n);
        *lambda = 0;
        for (int i = 0; i < n; i++) {
            *lambda += v[i] * next[i];
        }
        *quotient = k ? *quotient : *lambda;
        memcpy(v, next, sizeof v);
        scale_to_one(v, n);
    }
}

static void of_a_net_it_lies_below_the_largest_eigenvalue(void **state) {
    PlumbNet *net = net_of(*state, "input(5) -> dense(8) -> tanh -> dense(6) -> tanh -> dense(3)");
    PlumbData *data = data_for(*state, net, TARGET_CLASSES, ROWS, 7);
    assert_true(plumb_net_make(net, config.seed, &((Kit *)*state)->error));
    int n = 0;
    for (int i = 0; i < plumb_net_weight_total(net); i++) {
        n += (int)plumb_shape_size(plumb_net_weight(net, i)->shape);
    }
    assert_true(n <= 256);
    double lambda, quotient;
    power_iteration(*state, net, data, n, &lambda, &quotient);
    PlumbCurvature found = curvature_of(*state, net, data, "sgd(lr=0.1)");
    assert_near("along the gradient", found.along, quotient, 1e-3);
    if (!(found.along <= found.sharpness) || !(found.sharpness <= 1.001 * lambda) || !(found.along > 0.2 * lambda)) {
        fail_msg("along the gradient %g, by its turn %g, the largest eigenvalue %g", found.along, found.sharpness,
                 lambda);
    }
    plumb_net_free(net);
}

/* ---- what it leaves behind --------------------------------------------------------------------------------------- */

static void weights_and_buffers_are_as_they_were(void **state) {
    PlumbNet *net = net_of(*state, "input(5) -> dense(8) -> batchnorm -> relu -> dropout(0.5) -> dense(3)");
    PlumbData *data = data_for(*state, net, TARGET_CLASSES, ROWS, 7);
    assert_true(plumb_net_make(net, config.seed, &((Kit *)*state)->error));
    plumb_real before[256];
    int64_t at = 0;
    for (int i = 0; i < plumb_net_weight_total(net); i++) {
        const PlumbWeight *weight = plumb_net_weight(net, i);
        memcpy(before + at, weight->value, (size_t)plumb_shape_size(weight->shape) * sizeof *before);
        at += plumb_shape_size(weight->shape);
    }
    PlumbCurvature first = curvature_of(*state, net, data, "adam(lr=0.1)"),
                   again = curvature_of(*state, net, data, "adam(lr=0.1)");
    at = 0;
    for (int i = 0; i < plumb_net_weight_total(net); i++) {
        const PlumbWeight *weight = plumb_net_weight(net, i);
        assert_memory_equal(before + at, weight->value, (size_t)plumb_shape_size(weight->shape) * sizeof *before);
        at += plumb_shape_size(weight->shape);
    }
    assert_memory_equal(&first, &again, sizeof first);
    plumb_net_free(net);
}

static void at_the_start_it_is_that_of_a_net_that_was_not_trained(void **state) {
    Kit *kit = *state;
    PlumbNet *net = net_of(kit, "input(5) -> dense(8) -> tanh -> dense(3)");
    PlumbData *data = data_for(kit, net, TARGET_CLASSES, ROWS, 7);
    PlumbCurvature fresh = curvature_of(kit, net, data, "sgd(lr=0.1)"), start;
    stir(net, 1, 9);
    double moved = curvature_of(kit, net, data, "sgd(lr=0.1)").along;
    assert_true(plumb_curvature_at_start(net, data, recipe_of(kit, "sgd(lr=0.1)", ROWS), &config, &start, &kit->error));
    assert_near("at the start", start.along, fresh.along, 1e-12);
    assert_near("at the present weights", curvature_of(kit, net, data, "sgd(lr=0.1)").along, moved, 1e-12);
    assert_true(fabs(moved - fresh.along) > 1e-3 * fresh.along);
    plumb_net_free(net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(of_a_line_it_is_the_mean_square_of_its_input),
        kit_test(what_rescales_gradients_is_measured_in_its_own_steps),
        kit_test(steps_settle_below_the_limit_and_not_beyond_it),
        kit_test(of_a_net_it_lies_below_the_largest_eigenvalue),
        kit_test(weights_and_buffers_are_as_they_were),
        kit_test(at_the_start_it_is_that_of_a_net_that_was_not_trained),
    };
    return cmocka_run_group_tests_name("curvature", tests, NULL, NULL);
}
