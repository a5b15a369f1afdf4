/* Nets for tests from one line of text: "input(2, 6, 7) -> conv(3, [2, 4], pad=same) -> flatten". */
#ifndef TEST_NETLINE_H
#define TEST_NETLINE_H
#include "given.h"
#include "runtime/core/value.h"
#include <stdlib.h>

/* A call as a script writes it; NULL and an error where it is wrong. */
static inline const PlumbCall *line_call(PlumbArena *arena, const char *text, PlumbError *error) {
    static const PlumbArg any = {.name = "layer", .accepts = PLUMB_A_CALL | PLUMB_A_WORD, .words = "same valid auto"};
    PlumbValue value;
    return plumb_value_parse(arena, &any, text, &value, error) ? value.call : NULL;
}

/* Adds the stages of `text` behind the last node; the index of the last, or -1. */
static inline int line_chain(PlumbNet *net, PlumbArena *arena, const char *text, PlumbError *error) {
    char stage[256];
    int last = plumb_net_size(net) - 1;
    for (const char *next; text; text = next) {
        const char *arrow = strstr(text, " -> ");
        snprintf(stage, sizeof stage, "%.*s", arrow ? (int)(arrow - text) : 255, text);
        next = arrow ? arrow + 4 : NULL;
        const PlumbCall *call = line_call(arena, stage, error);
        last = call ? plumb_net_add(net, call, &last, last >= 0, "", NULL, -1, (PlumbPlace){0}, error) : -1;
        if (last < 0) {
            return -1;
        }
    }
    return last;
}

/* A net that must be right. */
static inline PlumbNet *line_net(PlumbArena *arena, const char *text) {
    PlumbError error = {0};
    PlumbNet *net = plumb_net_new("net", &error);
    if (!net || line_chain(net, arena, text, &error) < 0) {
        fail_msg("%s: %s (found %s, expected %s)", text, error.what, error.found, error.expected);
    }
    return net;
}

static inline PlumbShape line_output(const PlumbNet *net) {
    return plumb_net_node(net, plumb_net_size(net) - 1)->shape;
}

/* Numbers between -1 and 1, the same in every run: a linear congruential generator (Knuth 1997, section 3.3.4). */
static inline double line_noise(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / (double)(1ull << 52) - 1;
}

/* A train part of noise for the net, its targets noise too (classes 0: mse) or the labels 0 1 2 ... Release with plumb_data_free. */
static inline PlumbData *line_data(const PlumbNet *net, int64_t rows, int classes) {
    PlumbData *data = calloc(1, sizeof *data);
    PlumbShape in = plumb_net_node(net, 0)->shape, out = line_output(net);
    int64_t x = rows * plumb_shape_size(in), y = rows * plumb_shape_size(out);
    uint64_t state = 1;
    *data = (PlumbData){.x_shape = in, .classify = classes, .classes = classes, .label_count = 1, .y_shape = out};
    data->train = (PlumbPart){.rows = rows, .x = calloc((size_t)x, sizeof(plumb_real))};
    for (int64_t i = 0; i < x; i++) {
        data->train.x[i] = (plumb_real)line_noise(&state);
    }
    data->train.label = classes ? calloc((size_t)rows, sizeof(int32_t)) : NULL;
    data->train.y = classes ? NULL : calloc((size_t)y, sizeof(plumb_real));
    for (int64_t i = 0; i < (classes ? rows : y); i++) {
        if (classes) {
            data->train.label[i] = (int32_t)(i % classes);
        } else {
            data->train.y[i] = (plumb_real)line_noise(&state);
        }
    }
    return data;
}
#endif
