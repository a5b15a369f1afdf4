/* Nets, data and the values that PyTorch gave for them: tests/reference/generate_sequence.py made the file. */
#ifndef TEST_SEQUENCE_H
#define TEST_SEQUENCE_H
#include "given.h"
#include "runtime/files/array.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char FILE_NAME[] = "tests/reference/sequence.safetensors";
enum { ROWS = 12 };

typedef struct Bench {
    PlumbArena *arena;
    Array *array;
    int count;
    PlumbNet *net;
    PlumbData data;
    PlumbError error;
} Bench;

/* ---- values of the file ---------------------------------------------------------------------------------- */

static const Array *find(const Bench *bench, const char *format, const char *a, const char *b) {
    char name[160];
    snprintf(name, sizeof name, format, a, b);
    for (int i = 0; i < bench->count; i++) {
        if (!strcmp(bench->array[i].name, name)) {
            return &bench->array[i];
        }
    }
    fail_msg("%s holds no \"%s\"", FILE_NAME, name);
    return NULL;
}

static inline plumb_real *values(const Array *array) {
    plumb_real *value = calloc((size_t)array->count, sizeof *value);
    array_reals(array, value);
    return value;
}

/* Every value within `limit` times the largest one expected. */
static inline void agrees(const char *what, const char *name, const plumb_real *seen, const Array *expected, double limit) {
    plumb_real *value = values(expected);
    double largest = 1e-3;
    for (int64_t i = 0; i < expected->count; i++) {
        largest = fmax(largest, fabs((double)value[i]));
    }
    for (int64_t i = 0; i < expected->count; i++) {
        if (!(fabs((double)seen[i] - (double)value[i]) <= limit * largest)) {
            fail_msg("%s %s [%lld]: %.8g, PyTorch %.8g", what, name, (long long)i, (double)seen[i], (double)value[i]);
        }
    }
    free(value);
}

/* ---- nets ------------------------------------------------------------------------------------------------- */

static inline PlumbCall *call(Bench *bench, const char *name, const PlumbGiven *given, int count) {
    PlumbCall *made = plumb_call(bench->arena, plumb_entry_find(name), given, count, &bench->error);
    if (!made) {
        fail_msg("%s: %s | %s", name, bench->error.what, bench->error.expected);
    }
    return made;
}

static inline PlumbGiven call_given(const char *name, const PlumbCall *value) {
    return (PlumbGiven){name, {.type = PLUMB_V_CALL, .call = value}};
}

static inline int add(Bench *bench, const char *name, const PlumbGiven *given, int count) {
    int last = plumb_net_size(bench->net) - 1;
    PlumbCall *made = call(bench, name, given, count);
    int node = plumb_net_add(bench->net, made, &last, last >= 0, "", NULL, -1, (PlumbPlace){0}, &bench->error);
    if (node < 0) {
        fail_msg("%s: %s | %s", name, bench->error.what, bench->error.found);
    }
    return node;
}

static inline void add_input(Bench *bench, PlumbShape shape) {
    PlumbGiven size[PLUMB_RANK_MAX];
    for (int i = 0; i < shape.rank; i++) {
        size[i] = (PlumbGiven)NUMBER(NULL, shape.dim[i]);
    }
    add(bench, "input", size, shape.rank);
}

static inline PlumbShape row_shape(const Array *array) {
    PlumbShape shape = {.rank = array->rank - 1};
    for (int i = 1; i < array->rank; i++) {
        shape.dim[i - 1] = (int)array->dim[i];
    }
    return shape;
}

static inline void clear(Bench *bench) {
    plumb_net_free(bench->net);
    free(bench->data.train.x);
    free(bench->data.train.y);
    free(bench->data.train.label);
    bench->net = NULL;
    bench->data = (PlumbData){0};
}

/* A net with one input, and its data. */
static inline void begin(Bench *bench, const char *x) {
    const Array *array = find(bench, "x.%s%s", x, "");
    clear(bench);
    bench->net = plumb_net_new("n", &bench->error);
    bench->data = (PlumbData){.x_shape = row_shape(array), .train = {.rows = ROWS, .x = values(array)}};
    add_input(bench, bench->data.x_shape);
}

/* Targets: labels by name, or zeros of the net's own shape. */
static inline void aim(Bench *bench, const char *y, int classes) {
    PlumbShape out = plumb_net_node(bench->net, plumb_net_size(bench->net) - 1)->shape;
    if (!y) {
        bench->data.y_shape = out;
        bench->data.train.y = calloc(ROWS * (size_t)plumb_shape_size(out), sizeof(plumb_real));
        return;
    }
    const Array *array = find(bench, "y.%s%s", y, "");
    plumb_real *value = values(array);
    bench->data.classify = true;
    bench->data.classes = classes;
    bench->data.label_count = (int)(array->count / ROWS);
    bench->data.train.label = calloc((size_t)array->count, sizeof(int32_t));
    for (int64_t i = 0; i < array->count; i++) {
        bench->data.train.label[i] = (int32_t)value[i];
    }
    free(value);
}

static inline void load_weights(Bench *bench, const char *from) {
    assert_true(plumb_net_make(bench->net, 1, &bench->error));
    for (int i = 0; i < plumb_net_weight_total(bench->net); i++) {
        const PlumbWeight *weight = plumb_net_weight(bench->net, i);
        const Array *array = find(bench, "%s.w.%s", from, weight->name);
        assert_int_equal(array->count, plumb_shape_size(weight->shape));
        array_reals(array, weight->value);
    }
}

static const PlumbConfig config = {.threads = 2, .shards = 3, .seed = 1};

static inline PlumbCall *recipe(Bench *bench, const PlumbCall *loss) {
    PlumbGiven given[] = {NUMBER("batch", ROWS), call_given("loss", loss)};
    return call(bench, "recipe", given, loss ? 2 : 1);
}

/* Output, loss and gradients of the net built last. */
static inline void check(Bench *bench, const char *name, const PlumbCall *loss) {
    PlumbProbe probe[16];
    double mean;
    int nodes = plumb_net_size(bench->net);
    int64_t size = plumb_shape_size(plumb_net_node(bench->net, nodes - 1)->shape);
    plumb_real *out = calloc(ROWS * (size_t)size, sizeof *out);
    load_weights(bench, name);
    assert_true(plumb_predict(bench->net, bench->data.train.x, ROWS, out, &config, &bench->error));
    agrees(name, "out", out, find(bench, "%s.%s", name, "out"), 1e-5);
    if (!plumb_measure(bench->net, &bench->data, recipe(bench, loss), &config, probe, &mean, &bench->error)) {
        fail_msg("%s: %s | %s", name, bench->error.what, bench->error.found);
    }
    agrees(name, "loss", &(plumb_real){(plumb_real)mean}, find(bench, "%s.%s", name, "loss"), 1e-5);
    for (int i = 0; i < plumb_net_weight_total(bench->net); i++) {
        const PlumbWeight *weight = plumb_net_weight(bench->net, i);
        agrees(name, weight->name, weight->grad, find(bench, "%s.g.%s", name, weight->name), 1e-4);
    }
    free(out);
}

static inline void check_values(Bench *bench, const char *name) {
    aim(bench, NULL, 0);
    check(bench, name, NULL);
}

static inline PlumbGiven part(Bench *bench, const char *key, const char *name, const PlumbGiven *given, int count) {
    return call_given(key, call(bench, name, given, count));
}

static inline int setup(void **state) {
    Bench *bench = calloc(1, sizeof *bench);
    bench->arena = plumb_arena_new();
    *state = bench;
    if (!safetensors_read_all(&bench->array, &bench->count, FILE_NAME, NULL, &bench->error)) {
        print_error("%s\n", bench->error.what);
        return -1;
    }
    return 0;
}

static inline int teardown(void **state) {
    Bench *bench = *state;
    clear(bench);
    for (int i = 0; i < bench->count; i++) {
        array_free(&bench->array[i]);
    }
    free(bench->array);
    plumb_arena_free(bench->arena);
    free(bench);
    return 0;
}
#endif
