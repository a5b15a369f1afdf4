/* Scores of an evaluation against the outputs of the same net: loss, accuracy, confusion, errors, for more rows than
 * one batch holds, each backend and number of shards. */
#include "nets.h"
#include <math.h>

enum { ROWS = 1111, CLASSES = 4 }; /* batches of 512 and a rest */

typedef struct Evaluated {
    PlumbNet *net;
    PlumbData *data;
    PlumbScore score;
    plumb_real *out;
    int n;
} Evaluated;

static Evaluated evaluated(Kit *kit, const char *text, const char *loss, Target target, const char *backend,
                           int shards) {
    Evaluated e = {.net = net_of(kit, text)};
    PlumbConfig config = {.threads = 1 + shards % 2, .shards = shards, .seed = 3, .backend = backend};
    e.data = data_for(kit, e.net, target, ROWS, 5);
    e.n = (int)plumb_shape_size(plumb_net_node(e.net, plumb_net_size(e.net) - 1)->shape);
    e.out = kit_alloc(kit, (size_t)ROWS * (size_t)e.n * sizeof *e.out);
    if (!plumb_evaluate(e.net, &e.data->train, e.data, call_of(kit, loss), &config, &e.score, &kit->error) ||
        !plumb_predict(e.net, e.data->train.x, ROWS, e.out, &config, &kit->error)) {
        fail_msg("%s: %s", text, kit->error.what);
    }
    return e;
}

static void release(Evaluated *e) {
    free(e->score.confusion);
    plumb_net_free(e->net);
}

static void assert_near(const char *what, double seen, double expected) {
    if (!(fabs(seen - expected) <= 1e-5 * (1 + fabs(expected)))) {
        fail_msg("%s is %.8g, expected %.8g", what, seen, expected);
    }
}

static void for_every_backend_and_split(Kit *kit, void (*check)(Kit *kit, const char *backend, int shards)) {
    for (int shards = 1; shards <= 7; shards += 3) {
        check(kit, "portable", shards);
        if (kernels_native()) {
            check(kit, "native", shards);
        }
    }
}

/* The confusion's rows are the classes there are, its columns those that were found. */
static void assert_hits(const Evaluated *e, const int *found) {
    int64_t confusion[CLASSES * CLASSES] = {0}, hits = 0;
    for (int i = 0; i < ROWS; i++) {
        confusion[e->data->train.label[i] * e->score.classes + found[i]]++;
        hits += e->data->train.label[i] == found[i];
    }
    assert_memory_equal(e->score.confusion, confusion,
                        (size_t)(e->score.classes * e->score.classes) * sizeof *confusion);
    assert_near("accuracy", e->score.accuracy, (double)hits / ROWS);
    assert_true(isnan(e->score.mae) && isnan(e->score.rmse) && isnan(e->score.r2));
    assert_true(hits > ROWS / 10 && hits < ROWS);
}

static void check_classes(Kit *kit, const char *backend, int shards) {
    Evaluated e =
        evaluated(kit, "input(5) -> dense(9) -> tanh -> dense(4)", "cross_entropy", TARGET_CLASSES, backend, shards);
    int *found = kit_alloc(kit, ROWS * sizeof *found);
    double loss = 0;
    assert_int_equal(e.score.classes, CLASSES);
    for (int i = 0; i < ROWS; i++) {
        const plumb_real *out = e.out + i * CLASSES;
        double sum = 0;
        for (int c = 0; c < CLASSES; c++) {
            found[i] = out[c] > out[found[i]] ? c : found[i];
            sum += exp((double)out[c]);
        }
        loss += log(sum) - (double)out[e.data->train.label[i]];
    }
    assert_hits(&e, found);
    assert_near("cross_entropy", e.score.loss, loss / ROWS);
    release(&e);
}

static void classes_are_counted(void **state) {
    for_every_backend_and_split(*state, check_classes);
}

static void check_binary(Kit *kit, const char *backend, int shards) {
    Evaluated e = evaluated(kit, "input(5) -> dense(9) -> tanh -> dense(1)", "binary_cross_entropy", TARGET_YES_NO,
                            backend, shards);
    int *found = kit_alloc(kit, ROWS * sizeof *found);
    double loss = 0;
    assert_int_equal(e.score.classes, 2);
    for (int i = 0; i < ROWS; i++) {
        double z = (double)e.out[i];
        found[i] = z > 0;
        loss += log(1 + exp(e.data->train.label[i] ? -z : z));
    }
    assert_hits(&e, found);
    assert_near("binary_cross_entropy", e.score.loss, loss / ROWS);
    release(&e);
}

static void one_logit_says_yes_or_no(void **state) {
    for_every_backend_and_split(*state, check_binary);
}

/* r2 = 1 - sum (out - y)^2 / sum (y - mean y)^2 */
static void check_values(Kit *kit, const char *backend, int shards) {
    Evaluated e = evaluated(kit, "input(5) -> dense(9) -> batchnorm -> tanh -> dropout -> dense(3)", "huber",
                            TARGET_VALUES, backend, shards);
    double count = (double)ROWS * e.n, absolute = 0, squares = 0, mean = 0, spread = 0, huber = 0;
    for (int i = 0; i < ROWS * e.n; i++) {
        double error = fabs((double)e.out[i] - (double)e.data->train.y[i]);
        absolute += error / count;
        squares += error * error;
        huber += (error <= 1 ? error * error / 2 : error - 0.5) / count;
        mean += (double)e.data->train.y[i] / count;
    }
    for (int i = 0; i < ROWS * e.n; i++) {
        spread += pow((double)e.data->train.y[i] - mean, 2);
    }
    assert_near("huber", e.score.loss, huber);
    assert_near("mae", e.score.mae, absolute);
    assert_near("rmse", e.score.rmse, sqrt(squares / count));
    assert_near("r2", e.score.r2, 1 - squares / spread);
    assert_true(isnan(e.score.accuracy) && !e.score.confusion && e.score.classes == 0);
    release(&e);
}

static void values_have_their_errors(void **state) {
    for_every_backend_and_split(*state, check_values);
}

/* What does not fit is refused, in words, and leaves nothing to release. */
static void what_does_not_fit_is_refused(void **state) {
    static const struct {
        const char *net, *loss, *says;
        Target target;
    } rows[] = {{"input(5) -> dense(3)", "cross_entropy", "classes", TARGET_YES_NO},
                {"input(5) -> dense(3)", "cross_entropy", "does not fit", TARGET_VALUES},
                {"input(5) -> dense(4)", "mse", "does not fit", TARGET_CLASSES},
                {"input(5)", "mse", "no layer", TARGET_VALUES}};
    Kit *kit = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        PlumbNet *net = net_of(kit, rows[i].net);
        PlumbData *data = data_for(kit, net, rows[i].target, 8, 1);
        PlumbConfig config = {.threads = 1, .shards = 1};
        PlumbScore score;
        kit->error = (PlumbError){0};
        assert_false(plumb_evaluate(net, &data->train, data, call_of(kit, rows[i].loss), &config, &score, &kit->error));
        assert_says(&kit->error, rows[i].says);
        assert_null(score.confusion);
        plumb_net_free(net);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(classes_are_counted),
        kit_test(one_logit_says_yes_or_no),
        kit_test(values_have_their_errors),
        kit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests_name("scores", tests, NULL, NULL);
}
