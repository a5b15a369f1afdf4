/* For tests of recurrent layers: nets written as a list of calls, and random sequences for them. */
#ifndef TEST_SEQUENCES_H
#define TEST_SEQUENCES_H
#include "given.h"
#include "runtime/core/net.h"
#include "runtime/core/value.h"
#include <math.h>
#include <stdlib.h>

typedef struct Kit {
    PlumbArena *arena;
    PlumbError error;
} Kit;

static inline int kit_setup(void **state) {
    Kit *kit = calloc(1, sizeof *kit);
    *state = kit;
    return kit && (kit->arena = plumb_arena_new()) ? 0 : -1;
}

static inline int kit_teardown(void **state) {
    plumb_arena_free(((Kit *)*state)->arena);
    free(*state);
    return 0;
}

/* A call as in a script: "lstm(5, layers=2)". */
static inline const PlumbCall *kit_call(Kit *kit, const char *source) {
    static const PlumbArg any = {.name = "call", .accepts = PLUMB_A_CALL | PLUMB_A_WORD, .words = "auto off"};
    PlumbValue value;
    if (!plumb_value_parse(kit->arena, &any, source, &value, &kit->error)) {
        fail_msg("%s: %s %s", source, kit->error.what, kit->error.hint);
    }
    return value.call;
}

/* -1: the error is filled. */
static inline int kit_add(Kit *kit, PlumbNet *net, const char *source) {
    int last = plumb_net_size(net) - 1;
    return plumb_net_add(net, kit_call(kit, source), &last, last >= 0, "", NULL, -1, (PlumbPlace){0}, &kit->error);
}

/* A pipeline; `source` ends with NULL. */
static inline PlumbNet *kit_net(Kit *kit, const char *const *source) {
    PlumbNet *net = plumb_net_new("n", &kit->error);
    for (; *source; source++) {
        if (kit_add(kit, net, *source) < 0) {
            fail_msg("%s: %s, found %s", *source, kit->error.what, kit->error.found);
        }
    }
    return net;
}

static inline plumb_real *kit_numbers(Kit *kit, int64_t count, uint32_t stream) {
    plumb_real *value = plumb_arena_alloc(kit->arena, (size_t)count * sizeof *value);
    for (int64_t i = 0; i < count; i++) {
        value[i] = (plumb_real)draw_normal((Draw){3, DRAW_DATA, stream}, (uint64_t)i);
    }
    return value;
}

/* Random rows and targets that fit the net. */
static inline PlumbData *kit_data(Kit *kit, const PlumbNet *net, int64_t rows) {
    PlumbData *data = plumb_arena_alloc(kit->arena, sizeof *data);
    int n = (int)plumb_shape_size(plumb_net_node(net, plumb_net_size(net) - 1)->shape);
    *data = (PlumbData){.x_shape = plumb_net_node(net, 0)->shape, .y_shape = {1, {n}}, .train = {.rows = rows}};
    data->train.x = kit_numbers(kit, rows * plumb_shape_size(data->x_shape), 0);
    data->train.y = kit_numbers(kit, rows * n, 1);
    return data;
}

/* Biases begin at 0: moved, so that a wrong one is seen. */
static inline void kit_stir(PlumbNet *net) {
    for (int i = 0; i < plumb_net_weight_total(net); i++) {
        const PlumbWeight *weight = plumb_net_weight(net, i);
        for (int64_t j = 0; j < plumb_shape_size(weight->shape); j++) {
            weight->value[j] += (plumb_real)(0.2 * draw_normal((Draw){5, DRAW_NOISE, (uint32_t)i}, (uint64_t)j));
        }
    }
}

static inline double kit_measure(Kit *kit, PlumbNet *net, const PlumbData *data, const char *recipe, PlumbConfig config) {
    PlumbProbe *probe = calloc((size_t)plumb_net_size(net), sizeof *probe);
    double loss = NAN;
    if (!plumb_measure(net, data, kit_call(kit, recipe), &config, probe, &loss, &kit->error)) {
        fail_msg("%s: %s", recipe, kit->error.what);
    }
    free(probe);
    return loss;
}
#endif
