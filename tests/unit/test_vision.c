/* Convolution, pooling and their norms: against PyTorch (reference/generate_vision.py), native against portable over
 * odd sizes, the same bits for any number of threads, nothing allocated in a step, dead channels, and what is refused.
 */
#include "nets.h"
#include "runtime/files/array.h"
#include "runtime/train/step.h"
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>

/* ---- allocations are counted: those that this program's own code asks for ----------------------------------------
 *
 * oneDNN makes a small map of its arguments in every call, which cannot be helped. */

static atomic_long allocations;
static long failing = -1; /* allocations until one fails; negative: none does */

#ifndef __has_feature /* clang's way of asking */
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) ||               \
    __has_feature(thread_sanitizer) /* they have their own malloc */
enum { COUNTS = false };
#else
enum { COUNTS = true };
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
extern const char __executable_start[], etext[];

/* Counts a call from this program; true where it is to fail. */
static bool fails(const void *from) {
    uintptr_t at = (uintptr_t)from;
    if (at < (uintptr_t)__executable_start || at >= (uintptr_t)etext) {
        return false;
    }
    allocations++;
    return failing >= 0 && failing-- == 0;
}

__attribute__((noinline)) void *malloc(size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

__attribute__((noinline)) void *calloc(size_t count, size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

__attribute__((noinline)) void *realloc(void *memory, size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(memory, size);
}

__attribute__((noinline)) void *aligned_alloc(size_t alignment, size_t size) {
    return fails(__builtin_return_address(0)) ? NULL : __libc_memalign(alignment, size);
}
#endif

/* ---- one batch, measured ----------------------------------------------------------------------------------------- */

typedef struct Measured {
    double loss;
    PlumbProbe *probe;
} Measured;

static Measured measure(Kit *kit, PlumbNet *net, const PlumbData *data, const char *recipe, PlumbConfig config) {
    Measured seen = {.probe = kit_alloc(kit, (size_t)plumb_net_size(net) * sizeof *seen.probe)};
    if (!plumb_measure(net, data, call_of(kit, recipe), &config, seen.probe, &seen.loss, &kit->error)) {
        fail_msg("%s: %s", recipe, kit->error.what);
    }
    return seen;
}

static PlumbShape output_of(const PlumbNet *net) {
    return plumb_net_node(net, plumb_net_size(net) - 1)->shape;
}

/* Largest absolute value of `a`, and largest difference to `b`. */
typedef struct Distance {
    double size, difference;
} Distance;

static Distance distance(int64_t n, const plumb_real *a, const plumb_real *b) {
    Distance d = {0, 0};
    for (int64_t i = 0; i < n; i++) {
        d.size = fmax(d.size, fabs((double)a[i]));
        d.difference = a[i] == a[i] && b[i] == b[i] ? fmax(d.difference, fabs((double)a[i] - (double)b[i])) : INFINITY;
    }
    return d;
}

/* ---- PyTorch ----------------------------------------------------------------------------------------------------- */

#define FOLDER "tests/reference/vision/"

/* The numbers CASE.WHAT of the reference. */
static plumb_real *expected(const char *name, const char *what, int64_t count) {
    char path[160];
    PlumbError error = {0};
    Array array;
    snprintf(path, sizeof path, "%s.%s", name, what);
    if (!safetensors_read(&array, FOLDER "expected.safetensors", path, NULL, &error)) {
        fail_msg("%s: %s", path, error.what);
    }
    if (array.count != count) {
        fail_msg("%s: %lld numbers, expected %lld", path, (long long)array.count, (long long)count);
    }
    plumb_real *numbers = calloc((size_t)count, sizeof *numbers);
    array_reals(&array, numbers);
    array_free(&array);
    return numbers;
}

static void compare_output(const char *name, PlumbNet *net, const PlumbData *data, const PlumbConfig *config) {
    int64_t count = data->train.rows * plumb_shape_size(output_of(net));
    plumb_real *out = calloc((size_t)count, sizeof *out), *wanted = expected(name, "output", count);
    assert_true(plumb_predict(net, data->train.x, data->train.rows, out, config, NULL));
    Distance d = distance(count, wanted, out);
    if (!(d.difference <= 1e-5 * fmax(1, d.size))) {
        fail_msg("%s on %s: the output differs by %g (largest %g)", name, config->backend, d.difference, d.size);
    }
    free(out);
    free(wanted);
}

static void compare_gradients(const char *name, const PlumbNet *net, const char *backend) {
    for (int i = 0; i < plumb_net_weight_total(net); i++) {
        const PlumbWeight *weight = plumb_net_weight(net, i);
        char what[96];
        snprintf(what, sizeof what, "grad.%s", weight->name);
        if (!weight->learned) {
            continue;
        }
        plumb_real *wanted = expected(name, what, plumb_shape_size(weight->shape));
        Distance d = distance(plumb_shape_size(weight->shape), wanted, weight->grad);
        if (!(d.difference <= 1e-4 * d.size + 1e-7)) {
            fail_msg("%s on %s: the gradient of %s differs by %g (largest %g)", name, backend, weight->name,
                     d.difference, d.size);
        }
        free(wanted);
    }
}

static void compare_case(Kit *kit, const char *name, const char *text, const char *backend, int shards) {
    PlumbNet *net = net_of(kit, text);
    PlumbData *data = data_for(kit, net, TARGET_CLASSES, 6, 1);
    PlumbConfig config = {.threads = 1, .shards = shards, .seed = 1, .backend = backend};
    char path[160];
    snprintf(path, sizeof path, FOLDER "%s.safetensors", name);
    assert_true(plumb_net_make(net, 1, &kit->error));
    if (!plumb_net_load(net, path, NULL, &kit->error)) {
        fail_msg("%s: %s (found %s, expected %s)", path, kit->error.what, kit->error.found, kit->error.expected);
    }
    data->train.x = expected(name, "x", 6 * plumb_shape_size(data->x_shape));
    for (int i = 0; i < 6; i++) {
        data->train.label[i] = i % 4;
    }
    compare_output(name, net, data, &config);
    double loss = measure(kit, net, data, "recipe(batch=6)", config).loss;
    plumb_real *wanted = expected(name, "loss", 1);
    if (!(fabs(loss - (double)wanted[0]) <= 1e-5 * fabs(loss))) {
        fail_msg("%s on %s: the loss is %.7f, PyTorch's %.7f", name, backend, loss, (double)wanted[0]);
    }
    compare_gradients(name, net, backend);
    free(wanted);
    free(data->train.x);
    plumb_net_free(net);
}

static void outputs_losses_and_gradients_are_pytorchs(void **state) {
    FILE *file = fopen(FOLDER "cases.txt", "r");
    char line[512];
    int count = 0;
    assert_non_null(file);
    for (; fgets(line, sizeof line, file); count++) {
        char *bar = strstr(line, " | ");
        assert_non_null(bar);
        *bar = '\0';
        bar[strcspn(bar + 1, "\n") + 1] = '\0';
        compare_case(*state, line, bar + 3, "portable", 1);
        if (kernels_native()) {
            compare_case(*state, line, bar + 3, "native", 1);
            compare_case(*state, line, bar + 3, "native", 2);
        }
    }
    fclose(file);
    assert_true(count >= 44);
}

/* ---- native against portable ------------------------------------------------------------------------------------- */

static void compare_weights(const char *text, const PlumbNet *native_net, const PlumbNet *portable_net) {
    for (int w = 0; w < plumb_net_weight_total(native_net); w++) {
        const PlumbWeight *native = plumb_net_weight(native_net, w), *portable = plumb_net_weight(portable_net, w);
        if (native->learned) {
            Distance d = distance(plumb_shape_size(native->shape), portable->grad, native->grad);
            if (!(d.difference <= 1e-4 * d.size + 1e-7)) {
                fail_msg("%s: the gradient of %s differs by %g (largest %g)", text, native->name, d.difference, d.size);
            }
        }
    }
}

static void compare_tables(Kit *kit, const char *text, int rows) {
    PlumbNet *net[2];
    Measured seen[2];
    char recipe[64];
    snprintf(recipe, sizeof recipe, "recipe(loss=mse, batch=%d)", rows);
    for (int i = 0; i < 2; i++) {
        PlumbConfig config = {.threads = 1, .shards = 2, .seed = 1, .backend = i ? "portable" : "native"};
        net[i] = net_of(kit, text);
        seen[i] = measure(kit, net[i], data_for(kit, net[i], TARGET_VALUES, rows, 1), recipe, config);
    }
    if (!(fabs(seen[0].loss - seen[1].loss) <= 1e-5 * seen[1].loss)) {
        fail_msg("%s, %d rows: loss %.8f natively, %.8f portably", text, rows, seen[0].loss, seen[1].loss);
    }
    compare_weights(text, net[0], net[1]);
    for (int i = 0; i < plumb_net_size(net[0]); i++) {
        double a = seen[0].probe[i].output_grad, b = seen[1].probe[i].output_grad;
        assert_true((isnan(a) && isnan(b)) || fabs(a - b) <= 1e-4 * b);
    }
    plumb_net_free(net[0]);
    plumb_net_free(net[1]);
}

/* Channels of 1 to 40, kernels of 1 to 5, every stride, padding and dilation in turn; a second convolution asks the
 * first for the gradient of its input. */
static void native_and_portable_agree_over_odd_sizes(void **state) {
    static const int channels[] = {1, 2, 3, 5, 8, 15, 16, 17, 31, 33, 40};
    static const char *const pads[] = {"same", "valid", "1", "2"};
    if (!kernels_native()) {
        skip();
    }
    for (int i = 0; i < 66; i++) {
        int in = channels[i % 11], out = channels[(i * 7 + 3) % 11], kernel = 1 + i % 5, stride = 1 + i / 3 % 3;
        int dilation = 1 + i / 7 % 2, side = 9 + i % 6;
        char text[256];
        if (i % 3) {
            snprintf(text, sizeof text,
                     "input(%d, %d, %d) -> conv(%d, 1) -> tanh -> conv(%d, [%d, %d], stride=%d, pad=%s, dilation=%d)",
                     in, side, side + 1, in, out, kernel, 1 + (kernel + i) % 4, stride, pads[i % 4], dilation);
        } else {
            snprintf(text, sizeof text,
                     "input(%d, %d) -> conv(%d, 3) -> tanh -> conv(%d, %d, stride=%d, pad=%s, dilation=%d)", side, in,
                     in, out, kernel, stride, pads[i % 4], dilation);
        }
        compare_tables(*state, text, 1 + i % 7);
    }
    compare_tables(
        *state, "input(32, 9, 9) -> conv(32, 3) -> relu -> conv(32, 3, groups=32) -> relu -> conv(48, 3, groups=2)", 5);
    compare_tables(*state, "input(64, 5, 5) -> conv(128, 3) -> batchnorm -> relu -> conv(64, 3) -> maxpool(2)", 19);
}

/* Channels in multiples of 16 lie in blocks where the native convolutions like it; each net has a layer that does not.
 */
static void native_and_portable_agree_over_channels_in_blocks(void **state) {
    static const char *const nets[] = {
        "input(16, 7, 6) -> conv(32, 3) -> batchnorm -> relu -> conv(16, 1) -> maxpool(2) -> flatten",
        "input(3, 9, 8) -> conv(16, 3) -> a: relu -> conv(16, 3) -> b: batchnorm -> add & a -> c: tanh -> conv(48, 3, "
        "stride=2)"
        " -> groupnorm(6) -> gelu -> avgpool(3, stride=1, pad=1) -> globalavgpool",
        "input(1, 9, 9) -> conv(16, 3) -> a: relu -> conv(32, 3) -> concat & a -> conv(16, 1) -> multiply & a -> "
        "scale(0.5) -> instancenorm -> conv(32, 3, dilation=2)",
        "input(2, 8, 8) -> conv(32, 5) -> relu -> prelu -> conv(32, 3) -> maxpool(3, stride=2, pad=1) -> conv(20, 3) "
        "-> relu",
        "input(16, 6, 6) -> conv(16, 3) -> relu -> reshape(4, 12, 12) -> conv(16, 3) -> relu -> reshape(96, 24) -> "
        "relu",
        "input(4, 6, 6) -> conv(32, 3) -> relu -> conv(32, 3, groups=4, bias=false) -> batchnorm -> relu -> conv(16, "
        "2, stride=2) "
        "-> "
        "dropout(0.5) -> conv(16, 3) -> relu -> flatten -> dense(5)",
        "input(16, 5, 5) -> a: conv(16, 3) -> relu -> conv(16, 3) = a -> globalavgpool < a -> dense(3)",
    };
    if (!kernels_native()) {
        skip();
    }
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        compare_tables(*state, nets[i], 1 + (int)i * 5);
    }
}

/* ---- bits -------------------------------------------------------------------------------------------------------- */

static const char lenet[] = "input(3, 11, 9) -> conv(20, 3) -> batchnorm -> relu -> maxpool(2) -> conv(17, 3) -> "
                            "groupnorm(17) -> tanh -> conv(8, [2, 3], stride=2) -> relu -> avgpool(2, stride=1) -> "
                            "globalavgpool -> dense(4)";
/* Channels in blocks of 16. */
static const char blocks[] =
    "input(3, 11, 9) -> conv(16, 3) -> batchnorm -> a: relu -> conv(16, 3) -> batchnorm -> "
    "add & a -> relu -> maxpool(2) -> conv(32, 3) -> groupnorm(8) -> tanh -> flatten -> dense(4)";

/* The weights after some steps; batches of 10 rows out of 37, so that the last ones are short. */
static plumb_real *trained(Kit *kit, const char *text, const char *backend, int threads, int64_t *count,
                           long *allocated) {
    PlumbNet *net = net_of(kit, text);
    PlumbData *data = data_for(kit, net, TARGET_CLASSES, 37, 1);
    PlumbConfig config = {.threads = threads, .shards = 3, .seed = 2, .backend = backend};
    PlumbTrainer *trainer =
        plumb_trainer_new(net, data, call_of(kit, "recipe(batch=10, steps=15)"), &config, &kit->error);
    if (!trainer) {
        fail_msg("%s", kit->error.what);
    }
    assert_int_equal(plumb_trainer_run(trainer, 1, &kit->error), PLUMB_PAUSED);
    long before = allocations;
    assert_int_equal(plumb_trainer_run(trainer, 2, &kit->error), PLUMB_PAUSED);
    *allocated = allocations - before;
    assert_int_equal(plumb_trainer_run(trainer, 0, &kit->error), PLUMB_DONE);
    plumb_real *all = kit_alloc(kit, (size_t)net->parameter_count * sizeof *all);
    memcpy(all, net->parameters, (size_t)net->parameter_count * sizeof *all);
    *count = net->parameter_count;
    plumb_trainer_free(trainer);
    plumb_net_free(net);
    return all;
}

static void compare_threads(Kit *kit, const char *text, const char *backend) {
    int64_t count;
    long allocated;
    const plumb_real *one = trained(kit, text, backend, 1, &count, &allocated);
    for (int64_t i = 0; i < count; i++) {
        assert_true(isfinite(one[i]));
    }
    for (int threads = 2; threads <= 3; threads++) {
        const plumb_real *other = trained(kit, text, backend, threads, &count, &allocated);
        assert_memory_equal(one, other, (size_t)count * sizeof *one);
    }
}

static void bits_do_not_depend_on_threads(void **state) {
    static const char *const backends[] = {"portable", "native"};
    for (int b = 0; b < 1 + !!kernels_native(); b++) {
        compare_threads(*state, lenet, backends[b]);
        compare_threads(*state, blocks, backends[b]);
    }
}

static void a_step_allocates_nothing(void **state) {
    static const char *const backends[] = {"portable", "native"};
    if (!COUNTS) {
        skip();
    }
    long before = allocations;
    void *volatile one = calloc(1, 1);
    assert_true(one && allocations == before + 1);
    free(one);
    for (int b = 0; b < 1 + !!kernels_native(); b++) {
        int64_t count;
        long allocated;
        for (int i = 0; i < 2; i++) {
            trained(*state, i ? blocks : lenet, backends[b], 2, &count, &allocated);
            if (allocated) {
                fail_msg("two steps on %s allocate %ld times", backends[b], allocated);
            }
        }
    }
}

/* One thread, and no dense layer: libxsmm's own allocations would count as ours. */
static void every_failing_allocation_of_a_plan_is_an_error(void **state) {
    static const char *const backends[] = {"portable", "native"};
    Kit *kit = *state;
    if (!COUNTS) {
        skip();
    }
    PlumbNet *net = net_of(kit, "input(2, 5, 5) -> conv(16, 3) -> batchnorm -> relu -> maxpool(2) -> groupnorm(2) -> "
                                "conv(3, 3) -> avgpool(2) -> globalavgpool");
    const PlumbData *data = data_for(kit, net, TARGET_CLASSES, 4, 1);
    const PlumbCall *recipe = call_of(kit, "recipe(batch=4)");
    PlumbProbe *probe = kit_alloc(kit, 16 * sizeof *probe);
    assert_true(plumb_net_make(net, 1, &kit->error));
    for (int b = 0; b < 1 + !!kernels_native(); b++) {
        PlumbConfig config = {.threads = 1, .shards = 2, .backend = backends[b]};
        bool done = false;
        for (long nth = 0; !done; nth++) {
            double loss;
            assert_true(nth < 10000);
            kit->error = (PlumbError){0};
            failing = nth;
            bool ran = plumb_measure(net, data, recipe, &config, probe, &loss, &kit->error);
            done = failing >= 0;
            failing = -1;
            if (!ran && !kit->error.what[0]) {
                fail_msg("allocation %ld on %s failed without a word", nth, backends[b]);
            }
            assert_true(ran || !done);
        }
    }
    plumb_net_free(net);
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static void a_dead_channel_is_a_dead_unit(void **state) {
    Kit *kit = *state;
    PlumbNet *net = net_of(kit, "input(1, 6, 5) -> conv(8, 3) -> relu -> flatten -> dense(2)");
    PlumbData *data = data_for(kit, net, TARGET_CLASSES, 12, 1);
    PlumbConfig config = {.threads = 1, .shards = 2, .seed = 1};
    assert_true(plumb_net_make(net, 1, &kit->error));
    const PlumbWeight *bias = plumb_net_weight(net, 1);
    assert_string_equal(bias->name, "conv1.bias");
    for (int c = 0; c < 6; c++) { /* two channels never speak, the others always do */
        bias->value[c] = 50;
    }
    bias->value[6] = bias->value[7] = -50;
    Measured seen = measure(kit, net, data, "recipe(batch=12)", config);
    assert_true(seen.probe[2].dead == 0.25);
    assert_true(isnan(seen.probe[1].dead));
    plumb_net_free(net);
}

/* Also where channels lie in blocks: 10 of 32 never speak. */
static void dead_channels_of_blocks_are_dead_units(void **state) {
    Kit *kit = *state;
    PlumbNet *net = net_of(kit, "input(1, 6, 5) -> conv(32, 3) -> relu -> conv(16, 3) -> globalavgpool -> dense(2)");
    PlumbData *data = data_for(kit, net, TARGET_CLASSES, 12, 1);
    PlumbConfig config = {.threads = 1, .shards = 2, .seed = 1};
    assert_true(plumb_net_make(net, 1, &kit->error));
    for (int c = 0; c < 32; c++) {
        plumb_net_weight(net, 1)->value[c] = c % 3 == 2 ? -50 : 50;
    }
    Measured seen = measure(kit, net, data, "recipe(batch=12)", config);
    assert_true(seen.probe[2].dead == 10.0 / 32);
    plumb_net_free(net);
}

static void figures_of_an_image_count_every_value(void **state) {
    Kit *kit = *state;
    PlumbNet *net =
        net_of(kit, "input(2, 7, 5) -> conv(5, 3) -> batchnorm -> sigmoid -> maxpool(2) -> flatten -> dense(2)");
    PlumbData *data = data_for(kit, net, TARGET_CLASSES, 12, 1);
    PlumbConfig config = {.threads = 1, .shards = 2, .seed = 1};
    plumb_real *out = calloc(12 * 5 * 35, sizeof *out);
    Measured seen = measure(kit, net, data, "recipe(batch=12)", config);
    assert_true(plumb_node_output(net, data->train.x, 12, 1, out, &config, &kit->error));
    double sum = 0, squares = 0;
    for (int i = 0; i < 12 * 5 * 35; i++) {
        sum += (double)out[i];
        squares += (double)out[i] * (double)out[i];
    }
    assert_true(fabs(seen.probe[1].mean - sum / (12 * 5 * 35)) < 1e-6);
    assert_true(fabs(seen.probe[1].signal - sqrt(squares / (12 * 5 * 35))) < 1e-5);
    assert_true(fabs(seen.probe[2].mean) < 1e-6 && fabs(seen.probe[2].std - 1) < 1e-3); /* normalised */
    assert_true(seen.probe[3].saturated >= 0 && seen.probe[3].saturated < 0.05);
    assert_true(isnan(seen.probe[4].saturated) && seen.probe[4].signal > seen.probe[3].signal);
    assert_int_equal(seen.probe[1].nonfinite, 0);
    free(out);
    plumb_net_free(net);
}

static void init_auto_knows_the_activation_behind_pooling(void **state) {
    Kit *kit = *state;
    PlumbNet *net =
        net_of(kit, "input(4, 8, 8) -> conv(8, 3, groups=2) -> batchnorm -> maxpool(2) -> relu -> conv(8, 3) -> tanh");
    assert_string_equal(plumb_net_node(net, 1)->init, "he");
    assert_string_equal(plumb_net_node(net, 5)->init, "xavier");
    assert_true(plumb_net_make(net, 1, &kit->error));
    const PlumbWeight *weight = plumb_net_weight(net, 0);
    double limit = sqrt(6.0 / (2 * 9)), largest = 0; /* fan_in = inputs / groups x kernel */
    for (int64_t i = 0; i < plumb_shape_size(weight->shape); i++) {
        largest = fmax(largest, fabs((double)weight->value[i]));
    }
    assert_true(largest <= limit && largest > 0.9 * limit);
    assert_true(plumb_net_node(net, 1)->flops == 2.0 * 8 * 64 * 18);
    plumb_net_free(net);
}

/* ---- refusals ---------------------------------------------------------------------------------------------------- */

/* False: a stage is refused, and the kit's error says why. */
static bool builds(Kit *kit, PlumbNet *net, const char *text) {
    for (const char *at = text; *at;) {
        Stage stage;
        at = read_stage(at, &stage);
        if (!try_call(kit, stage.call) || add_stage(kit, net, &stage) < 0) {
            return false;
        }
    }
    return true;
}

static void what_does_not_fit_is_refused_with_both_sides(void **state) {
    Kit *kit = *state;
    static const struct {
        const char *net, *says[3];
    } wrong[] = {
        {"input(3, 4, 9) -> conv(4, 5, pad=valid)", {"longer than the image's height", "over 5", "at most 4"}},
        {"input(3, 9, 4) -> conv(4, 3, pad=valid, dilation=2)", {"image's width", "over 5", "pad=1"}},
        {"input(4, 3) -> conv(4, 7, pad=1)", {"longer than the sequence", "over 7, 6 with padding", "pad=2"}},
        {"input(3, 8, 8) -> conv(4, 3, groups=2)", {"input channels", "2 groups of 3 channels", "groups=1"}},
        {"input(4, 8, 8) -> conv(6, 3, groups=4)", {"output channels", "4 groups of 6 channels", "groups=3"}},
        {"input(64) -> conv(4, 3)", {"takes an image or a sequence", "64", "reshape"}},
        {"input(8, 3) -> conv(4, [3, 3])", {"wrong number of sizes", "2", "the input is a sequence"}},
        {"input(1, 8, 8) -> conv(4, [3])", {"wrong number of sizes", "1", "[height, width]"}},
        {"input(1, 8, 8) -> conv(4, 3, pad=[same, same])", {"list of numbers", "pad", "conv"}},
        {"input(1, 4, 4) -> maxpool(5)", {"longer than the image", "5", "4"}},
        {"input(1, 8, 8) -> maxpool(2, pad=2)", {"wider than half", "pad 2, window 2", "at most 1"}},
        {"input(16) -> globalavgpool", {"takes an image or a sequence", "16", "channels x height x width"}},
        {"input(16) -> upsample(2)", {"takes an image or a sequence", "16", "time x features"}},
        {"input(6, 4, 4) -> groupnorm(4)", {"do not divide", "4 groups of 6 channels", "a divisor of 6"}},
        {"input(16) -> instancenorm", {"more than one place", "16", "layernorm"}},
        {"input(12) -> reshape(5, -1)", {"number of values", "12", "-1"}},
        {"input(12) -> reshape(3, 5)", {"number of values", "12", "product is 12"}},
        {"input(12) -> reshape(-1, -1)", {"one of them -1", "size 2", "reshape"}},
        {"input(12) -> reshape(0, 12)", {"at least 1", "0 as size 1", "reshape"}},
        {"input(1, 8, 8) -> conv(0, 3)", {"channels", "0", "whole number from 1"}},
        {"input(1, 8, 8) -> conv(4, 1000000, dilation=1000000)", {"too large", "conv", "kernel"}},
        {"input(1, 30000, 30000) -> upsample(1000000)", {"upsample", "too large", "image"}},
        {"input(1, 30000, 30000) -> conv(1, 1000, groups=1, pad=valid) -> conv(1000000000, 1000000, pad=1000000)",
         {"holds more than", "conv", "kernel"}},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        kit->error = (PlumbError){0};
        PlumbNet *net = plumb_net_new("net", &kit->error);
        if (builds(kit, net, wrong[i].net)) {
            fail_msg("%s is taken", wrong[i].net);
        }
        for (int j = 0; j < 3; j++) {
            assert_says(&kit->error, wrong[i].says[j]);
        }
        plumb_net_free(net);
    }
}

static void shapes_follow_from_stride_and_padding(void **state) {
    Kit *kit = *state;
    static const char *const shapes[][2] = {
        {"input(3, 9, 8) -> conv(4, 3)", "4 x 9 x 8"},
        {"input(3, 9, 8) -> conv(4, 3, stride=2)", "4 x 5 x 4"},
        {"input(3, 9, 8) -> conv(4, [3, 2], pad=valid)", "4 x 7 x 7"},
        {"input(3, 9, 8) -> conv(4, 3, stride=[3, 1], pad=[0, 2])", "4 x 3 x 10"},
        {"input(3, 9, 8) -> conv(4, 3, dilation=4, pad=valid)", ""},
        {"input(100, 2) -> conv(16, 5, stride=2)", "50 x 16"},
        {"input(3, 9, 8) -> maxpool(2)", "3 x 4 x 4"},
        {"input(3, 9, 8) -> maxpool(2, pad=same)", "3 x 5 x 4"},
        {"input(3, 9, 8) -> avgpool(3, stride=1)", "3 x 7 x 6"},
        {"input(100, 2) -> maxpool(4)", "25 x 2"},
        {"input(3, 9, 8) -> globalavgpool", "3"},
        {"input(3, 9, 8) -> upsample([2, 3])", "3 x 18 x 24"},
        {"input(10, 8) -> upsample(2)", "20 x 8"},
        {"input(64) -> reshape(4, -1, 2)", "4 x 8 x 2"},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        char text[64] = "";
        PlumbNet *net = plumb_net_new("net", &kit->error);
        if (builds(kit, net, shapes[i][0])) {
            plumb_shape_text(output_of(net), text);
        }
        if (strcmp(text, shapes[i][1]) != 0) {
            fail_msg("%s is %s, not %s", shapes[i][0], text, shapes[i][1]);
        }
        plumb_net_free(net);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(outputs_losses_and_gradients_are_pytorchs),
        kit_test(native_and_portable_agree_over_odd_sizes),
        kit_test(native_and_portable_agree_over_channels_in_blocks),
        kit_test(bits_do_not_depend_on_threads),
        kit_test(a_step_allocates_nothing),
        kit_test(every_failing_allocation_of_a_plan_is_an_error),
        kit_test(a_dead_channel_is_a_dead_unit),
        kit_test(dead_channels_of_blocks_are_dead_units),
        kit_test(figures_of_an_image_count_every_value),
        kit_test(init_auto_knows_the_activation_behind_pooling),
        kit_test(what_does_not_fit_is_refused_with_both_sides),
        kit_test(shapes_follow_from_stride_and_padding),
    };
    return cmocka_run_group_tests_name("vision", tests, NULL, NULL);
}
