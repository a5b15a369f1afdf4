/* Gradients of the recurrent layers against finite differences, in double precision. */
#include "sequences.h"

static const char *const cases[] = {
    "rnn(5)",
    "rnn(5, act=relu)",
    "rnn(5, act=gelu)",
    "rnn(5, act=leaky_relu(0.3), layers=2)",
    "rnn(5, act=none)",
    "rnn(5, norm=layernorm)",
    "rnn(5, layers=2, norm=layernorm, dropout=0.4)",
    "rnn(5, return=last)",
    "rnn(5, reverse=true)",
    "rnn(5, layers=3, return=last, reverse=true)",
    "lstm(5)",
    "lstm(5, norm=layernorm)",
    "lstm(5, return=last)",
    "lstm(5, return=last, norm=layernorm)",
    "lstm(5, reverse=true)",
    "lstm(5, layers=2, reverse=true, norm=layernorm)",
    "lstm(5, layers=3)",
    "lstm(5, layers=2, dropout=0.4)",
    "lstm(5, layers=3, dropout=0.4, return=last, reverse=true, norm=layernorm)",
    "gru(5)",
    "gru(5, norm=layernorm)",
    "gru(5, return=last)",
    "gru(5, return=last, norm=layernorm)",
    "gru(5, reverse=true)",
    "gru(5, layers=2, reverse=true, norm=layernorm)",
    "gru(5, layers=3)",
    "gru(5, layers=2, dropout=0.4)",
    "gru(5, layers=3, dropout=0.4, return=last, reverse=true, norm=layernorm)",
    "last",
    "mean_over_time",
};

static const PlumbConfig two_shards = {.threads = 1, .shards = 2, .seed = 11};

/* dL/dw by differences of fourth order. */
static double difference(Kit *kit, PlumbNet *net, const PlumbData *data, plumb_real *w) {
    static const double at[] = {-2, -1, 1, 2}, factor[] = {1, -8, 8, -1};
    const double step = 1e-4;
    plumb_real kept = *w;
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        *w = kept + at[i] * step;
        sum += factor[i] * kit_measure(kit, net, data, "recipe(batch=5)", two_shards);
    }
    *w = kept;
    return sum / (12 * step);
}

/* Largest error over all weights; those of the dense layer in front hold the gradient of the input. */
static double worst_error(Kit *kit, PlumbNet *net, const PlumbData *data, char worst[64]) {
    double largest = 0;
    for (int i = 0; i < plumb_net_weight_total(net); i++) {
        const PlumbWeight *weight = plumb_net_weight(net, i);
        for (int64_t j = 0; j < plumb_shape_size(weight->shape); j++) {
            kit_measure(kit, net, data, "recipe(batch=5)", two_shards);
            double gradient = weight->grad[j], found = difference(kit, net, data, &weight->value[j]);
            double error = fabs(found - gradient) / fmax(fabs(found) + fabs(gradient), 1e-3);
            if (!(error <= largest)) {
                largest = error;
                snprintf(worst, 64, "%s[%d]: %.3e, not %.3e", weight->name, (int)j, gradient, found);
            }
        }
    }
    return largest;
}

static void gradients_are_those_of_finite_differences(void **state) {
    Kit *kit = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        PlumbNet *net = kit_net(kit, (const char *[]){"input(4, 2)", "dense(3)", cases[i], "dense(2)", NULL});
        char worst[64] = "";
        assert_true(plumb_net_make(net, 1, &kit->error));
        stir(net, 0.2, 5);
        double error = worst_error(kit, net, data_for(kit, net, TARGET_VALUES, 5, 3), worst);
        if (!(error < 1e-6)) {
            fail_msg("%s: %s (relative error %.1e)", cases[i], worst, error);
        }
        plumb_net_free(net);
    }
}

/* The input alone in front: its layer wants no gradient below, and finds none to write. */
static void a_first_layer_needs_no_gradient_of_its_input(void **state) {
    Kit *kit = *state;
    static const char *const first[] = {"rnn(4)", "lstm(4, layers=2)", "gru(4, norm=layernorm)"};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        PlumbNet *net = kit_net(kit, (const char *[]){"input(3, 2)", first[i], "last", NULL});
        char worst[64] = "";
        assert_true(plumb_net_make(net, 1, &kit->error));
        stir(net, 0.2, 5);
        double error = worst_error(kit, net, data_for(kit, net, TARGET_VALUES, 5, 3), worst);
        if (!(error < 1e-6)) {
            fail_msg("%s: %s (relative error %.1e)", first[i], worst, error);
        }
        plumb_net_free(net);
    }
}

static void the_gradient_through_time_is_that_of_the_states(void **state) {
    Kit *kit = *state;
    PlumbNet *net = kit_net(kit, (const char *[]){"input(6, 2)", "rnn(3, act=none)", "last", NULL});
    assert_true(plumb_net_make(net, 1, &kit->error));
    const PlumbWeight *hh = plumb_net_weight(net, 1);
    for (int i = 0; i < 9; i++) { /* h_t = x W + h_{t-1} / 2: dL/dh halves with every step back */
        hh->value[i] = i % 4 == 0 ? 0.5 : 0;
    }
    const double *norms;
    assert_int_equal(plumb_net_through_time(net, 1, &norms), 0);
    kit_measure(kit, net, data_for(kit, net, TARGET_VALUES, 5, 3), "recipe(batch=5)", two_shards);
    assert_int_equal(plumb_net_through_time(net, 1, &norms), 6);
    for (int t = 0; t < 5; t++) {
        assert_true(norms[5] > 0 && fabs(norms[t] / norms[5] - pow(0.5, 5 - t)) < 1e-12);
    }
    kit_measure(kit, net, data_for(kit, net, TARGET_VALUES, 5, 3), "recipe(batch=5, truncate=2)", two_shards);
    assert_int_equal(plumb_net_through_time(net, 1, &norms), 6);
    assert_true(norms[4] > 0 && norms[3] == 0 && norms[0] == 0);
    assert_int_equal(plumb_net_through_time(net, 2, &norms), 0);
    plumb_net_free(net);
}

static void truncation_longer_than_the_sequence_changes_nothing(void **state) {
    Kit *kit = *state;
    PlumbNet *net = kit_net(kit, (const char *[]){"input(6, 2)", "gru(3, layers=2)", NULL});
    assert_true(plumb_net_make(net, 1, &kit->error));
    PlumbData *data = data_for(kit, net, TARGET_VALUES, 5, 3);
    double sum[3] = {0};
    const char *recipe[] = {"recipe(batch=5)", "recipe(batch=5, truncate=6)", "recipe(batch=5, truncate=5)"};
    for (int i = 0; i < 3; i++) {
        kit_measure(kit, net, data, recipe[i], two_shards);
        for (int j = 0; j < 18; j++) {
            sum[i] += plumb_net_weight(net, 0)->grad[j];
        }
    }
    assert_true(sum[0] == sum[1] && sum[0] != sum[2]);
    plumb_net_free(net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(gradients_are_those_of_finite_differences, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(a_first_layer_needs_no_gradient_of_its_input, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(the_gradient_through_time_is_that_of_the_states, kit_setup, kit_teardown),
        cmocka_unit_test_setup_teardown(truncation_longer_than_the_sequence_changes_nothing, kit_setup, kit_teardown),
    };
    return cmocka_run_group_tests_name("recurrent, in double", tests, NULL, NULL);
}
