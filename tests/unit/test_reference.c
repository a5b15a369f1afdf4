/* The language and the runtime against PyTorch: the nets of tests/reference/cases.plumb, run as any script, give the
 * outputs, losses, gradients and, under every optimizer, the ten losses of expected.safetensors (generate.py wrote
 * both).
 *
 * The expected values were computed in double. Bounds are for float: 1e-5 of an output or a loss, 1e-4 of a gradient's
 * norm. */
#include "given.h"
#include "interp/session.h"
#include "interp/value.h"
#include "interp/verb.h"
#include "runtime/files/array.h"
#include "runtime/kernels/kernels.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define FOLDER "tests/reference/"
enum { LOSSES = 10 };

typedef struct Reference {
    Session *session;
    FILE *nowhere;
    PlumbConfig config;
    Array *expected;
    int expected_count;
    const char *name; /* of the case under way */
} Reference;

/* ---- what is expected -------------------------------------------------------------------------------------------- */

static double *numbers_of(const Array *array) {
    double *number = calloc((size_t)array->count + 1, sizeof *number);
    assert_non_null(number);
    array_numbers(array, 0, array->count, number);
    return number;
}

/* CASE.what; NULL where there is none. */
static const Array *find_expected(const Reference *reference, const char *what) {
    char name[256];
    snprintf(name, sizeof name, "%s.%s", reference->name, what);
    for (int i = 0; i < reference->expected_count; i++) {
        if (!strcmp(reference->expected[i].name, name)) {
            return &reference->expected[i];
        }
    }
    return NULL;
}

static const Array *expected(const Reference *reference, const char *what) {
    const Array *found = find_expected(reference, what);
    if (!found) {
        fail_msg("%s.%s is not among the expected", reference->name, what);
    }
    return found;
}

/* ---- the session's values ---------------------------------------------------------------------------------------- */

static Value *bound(const Reference *reference, const char *prefix, ValueType type) {
    char name[256];
    snprintf(name, sizeof name, "%s%s", prefix, reference->name);
    Value *value = session_lookup(reference->session, name);
    if (!value || value->type != type) {
        fail_msg("the script leaves no %s", name);
    }
    return value;
}

static PlumbNet *net_of(const Reference *reference) {
    PlumbNet *net = bound(reference, "", VALUE_NET)->net->net;
    assert_non_null(net);
    return net;
}

static const PlumbData *data_of_case(const Reference *reference) {
    return bound(reference, "d_", VALUE_DATA)->data.data;
}

static const PlumbCall *recipe_of(const Reference *reference) {
    return bound(reference, "r_", VALUE_RECIPE)->call.call;
}

/* ---- comparing --------------------------------------------------------------------------------------------------- */

static void assert_number(const Reference *reference, const char *what, int64_t i, double seen, double wanted,
                          double relative) {
    if (!(fabs(seen - wanted) <= relative * (1 + fabs(wanted)))) {
        fail_msg("%s, %s, %d shards: %s %lld is %.8g, PyTorch has %.8g", reference->name, reference->config.backend,
                 reference->config.shards, what, (long long)i, seen, wanted);
    }
}

static void compare_outputs(const Reference *reference) {
    PlumbNet *net = net_of(reference);
    const PlumbData *data = data_of_case(reference);
    const Array *array = expected(reference, "output");
    double *wanted = numbers_of(array);
    plumb_real *seen = calloc((size_t)array->count, sizeof *seen);
    PlumbError error = {0};
    assert_int_equal(array->count,
                     data->train.rows * plumb_shape_size(plumb_net_node(net, plumb_net_size(net) - 1)->shape));
    assert_true(plumb_predict(net, data->train.x, data->train.rows, seen, &reference->config, &error));
    for (int64_t i = 0; i < array->count; i++) {
        assert_number(reference, "output", i, (double)seen[i], wanted[i], 1e-5);
    }
    free(wanted);
    free(seen);
}

/* Relative to the norm of the gradient; a bias before a batchnorm has none but rounding. */
static void compare_gradient(const Reference *reference, const PlumbWeight *weight) {
    char what[256];
    snprintf(what, sizeof what, "grad.%s", weight->name);
    const Array *array = expected(reference, what);
    double *wanted = numbers_of(array), off = 0, norm = 0;
    assert_int_equal(array->count, plumb_shape_size(weight->shape));
    for (int64_t i = 0; i < array->count; i++) {
        off += ((double)weight->grad[i] - wanted[i]) * ((double)weight->grad[i] - wanted[i]);
        norm += wanted[i] * wanted[i];
    }
    if (!(sqrt(off) <= 1e-4 * sqrt(norm) + 1e-6)) {
        fail_msg("%s, %s, %d shards: %s is off by %g, its norm is %g", reference->name, reference->config.backend,
                 reference->config.shards, what, sqrt(off), sqrt(norm));
    }
    free(wanted);
}

static int count_gradients(const Reference *reference) {
    char prefix[256];
    int count = 0, length = snprintf(prefix, sizeof prefix, "%s.grad.", reference->name);
    for (int i = 0; i < reference->expected_count; i++) {
        count += !strncmp(reference->expected[i].name, prefix, (size_t)length);
    }
    return count;
}

static void compare_gradients(const Reference *reference) {
    PlumbNet *net = net_of(reference);
    PlumbProbe *probe = calloc((size_t)plumb_net_size(net), sizeof *probe);
    PlumbError error = {0};
    double loss = NAN, *wanted = numbers_of(expected(reference, "loss"));
    int compared = 0;
    if (!plumb_measure(net, data_of_case(reference), recipe_of(reference), &reference->config, probe, &loss, &error)) {
        fail_msg("%s: %s", reference->name, error.what);
    }
    assert_number(reference, "loss", 0, loss, wanted[0], 1e-5);
    for (int i = 0; i < plumb_net_weight_total(net); i++) {
        if (plumb_net_weight(net, i)->learned) {
            compare_gradient(reference, plumb_net_weight(net, i));
            compared++;
        }
    }
    assert_int_equal(compared, count_gradients(reference));
    free(wanted);
    free(probe);
}

typedef struct Losses {
    double loss[LOSSES];
    int count;
} Losses;

static bool note_loss(void *self, const PlumbStep *step) {
    Losses *losses = self;
    assert_true(losses->count < LOSSES);
    losses->loss[losses->count++] = step->loss;
    return true;
}

static void compare_steps(const Reference *reference) {
    const Array *array = find_expected(reference, "losses");
    if (!array) {
        return;
    }
    PlumbError error = {0};
    Losses losses = {.count = 0};
    double *wanted = numbers_of(array);
    PlumbTrainer *trainer =
        plumb_trainer_new(net_of(reference), data_of_case(reference), recipe_of(reference), &reference->config, &error);
    assert_non_null(trainer);
    plumb_trainer_observe(trainer, (PlumbObserver){.self = &losses, .step = note_loss});
    assert_int_equal(plumb_trainer_run(trainer, 0, &error), PLUMB_DONE);
    assert_int_equal(losses.count, array->count);
    for (int i = 0; i < losses.count; i++) {
        assert_number(reference, "loss of step", i + 1, losses.loss[i], wanted[i], 1e-4);
    }
    plumb_trainer_free(trainer);
    free(wanted);
}

/* ---- the script -------------------------------------------------------------------------------------------------- */

static char *read_script(size_t *length) {
    FILE *file = fopen(FOLDER "cases.plumb", "rb");
    if (!file) {
        fail_msg("%scases.plumb is missing: run this from the top folder", FOLDER);
    }
    char *text = calloc(1, 1 << 17);
    *length = fread(text, 1, 1 << 17, file);
    assert_true(*length < 1 << 17);
    fclose(file);
    return text;
}

static void open_reference(Reference *reference, const char *backend, int shards) {
    static const char *const roots[] = {FOLDER, NULL};
    const Options options = {.quiet = true,
                             .threads = 1,
                             .shards = shards,
                             .width = 80,
                             .backend = backend,
                             .read_roots = roots,
                             .write_roots = roots};
    PlumbError error = {0};
    size_t length;
    char *text = read_script(&length);
    *reference = (Reference){.nowhere = tmpfile(), .config = {.threads = 1, .shards = shards, .backend = backend}};
    if (!safetensors_read_all(&reference->expected, &reference->expected_count, FOLDER "expected.safetensors", NULL,
                              &error)) {
        fail_msg("%s", error.what);
    }
    reference->session = session_new(&options, reference->nowhere, stderr);
    assert_int_equal(session_run(reference->session, FOLDER "cases.plumb", text, length), 0);
    free(text);
}

static void close_reference(Reference *reference) {
    for (int i = 0; i < reference->expected_count; i++) {
        array_free(&reference->expected[i]);
    }
    free(reference->expected);
    session_free(reference->session);
    fclose(reference->nowhere);
}

/* Every case is one that has an output. Steps come last: they move the weights. */
static int for_every_case(Reference *reference, void (*compare)(const Reference *reference)) {
    int count = 0;
    for (int i = 0; i < reference->expected_count; i++) {
        char name[256];
        snprintf(name, sizeof name, "%s", reference->expected[i].name);
        char *end = strrchr(name, '.');
        if (end && !strcmp(end, ".output")) {
            *end = '\0';
            reference->name = name;
            compare(reference);
            count++;
        }
    }
    return count;
}

static void compare_all(const char *backend, int shards) {
    Reference reference;
    open_reference(&reference, backend, shards);
    assert_int_equal(for_every_case(&reference, compare_outputs), 54);
    for_every_case(&reference, compare_gradients);
    for_every_case(&reference, compare_steps);
    close_reference(&reference);
}

static void the_portable_backend_agrees_with_pytorch(void **state) {
    (void)state;
    compare_all("portable", 1);
    compare_all("portable", 3);
}

static void the_native_backend_agrees_with_pytorch(void **state) {
    (void)state;
    if (!kernels_native()) {
        skip();
    }
    compare_all("native", 1);
    compare_all("native", 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_portable_backend_agrees_with_pytorch),
        cmocka_unit_test(the_native_backend_agrees_with_pytorch),
    };
    return cmocka_run_group_tests_name("reference", tests, NULL, NULL);
}
