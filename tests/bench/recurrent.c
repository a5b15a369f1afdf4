/* Milliseconds a training step of recurrent nets, diagnostics on, on one and two threads: the workloads of
 * performance.md. recurrent [SECONDS]: of each measurement, 2 where not given. */
#include "runtime/core/random.h"
#include "runtime/core/value.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct Workload {
    const char *name, *net[4], *recipe;
    int classes; /* 0: regression */
} Workload;

#define SGD "recipe(steps=1000000, batch=64, optimizer=sgd(lr=0.01), clip=by_norm(1)"
#define ADAM "recipe(steps=1000000, batch=64, optimizer=adam(lr=0.001), clip=by_norm(1)"
static const Workload workloads[] = {
    {"rnn_tanh", {"input(100, 2)", "rnn(128, return=last)", "dense(1)"}, SGD ")", 0},
    {"lstm_adding", {"input(200, 2)", "lstm(128, return=last)", "dense(1)"}, ADAM ")", 0},
    {"lstm_adding, not measured",
     {"input(200, 2)", "lstm(128, return=last)", "dense(1)"},
     ADAM ", diagnostics=every(1000000000))",
     0},
    {"lstm_adding, sequence and last", {"input(200, 2)", "lstm(128)", "last", "dense(1)"}, ADAM ")", 0},
    {"lstm_adding, layernorm", {"input(200, 2)", "lstm(128, norm=layernorm, return=last)", "dense(1)"}, ADAM ")", 0},
    {"gru_adding", {"input(200, 2)", "gru(128, return=last)", "dense(1)"}, ADAM ")", 0},
    {"lstm_char without its embedding",
     {"input(64, 64)", "lstm(256, layers=2)", "dense(96)"},
     "recipe(steps=1000000, batch=32, optimizer=adam(lr=0.001))",
     96},
};

typedef struct Setting {
    PlumbArena *arena;
    PlumbNet *net;
    PlumbData data;
    const PlumbCall *recipe;
} Setting;

static const PlumbCall *call_of(PlumbArena *arena, const char *source, PlumbError *error) {
    static const PlumbArg any = {.name = "call", .accepts = PLUMB_A_CALL};
    PlumbValue value;
    return plumb_value_parse(arena, &any, source, &value, error) ? value.call : NULL;
}

static void make_data(PlumbArena *arena, const PlumbNet *net, int classes, PlumbData *data) {
    PlumbShape out = plumb_net_node(net, plumb_net_size(net) - 1)->shape;
    int64_t rows = 256, n = plumb_shape_size(out);
    *data = (PlumbData){.x_shape = plumb_net_node(net, 0)->shape, .y_shape = out, .train = {.rows = rows}};
    int64_t values = rows * plumb_shape_size(data->x_shape);
    data->classify = classes;
    data->classes = classes;
    data->label_count = classes ? (int)n / classes : 0;
    data->train.x = plumb_arena_alloc(arena, (size_t)values * sizeof *data->train.x);
    data->train.y = classes ? NULL : plumb_arena_alloc(arena, (size_t)(rows * n) * sizeof *data->train.y);
    data->train.label =
        classes ? plumb_arena_alloc(arena, (size_t)(rows * data->label_count) * sizeof *data->train.label) : NULL;
    for (int64_t i = 0; i < values; i++) {
        data->train.x[i] = (plumb_real)draw_normal((Draw){1, DRAW_DATA, 0}, (uint64_t)i);
    }
    for (int64_t i = 0; i < rows * n && !classes; i++) {
        data->train.y[i] = (plumb_real)draw_normal((Draw){1, DRAW_DATA, 1}, (uint64_t)i);
    }
    for (int64_t i = 0; i < rows * data->label_count; i++) {
        data->train.label[i] = (int32_t)draw_below((Draw){1, DRAW_DATA, 1}, (uint64_t)i, (uint64_t)classes);
    }
}

static bool make_setting(const Workload *workload, Setting *setting, PlumbError *error) {
    *setting = (Setting){.arena = plumb_arena_new(), .net = plumb_net_new(workload->name, error)};
    for (int i = 0; i < 4 && workload->net[i]; i++) {
        int last = i - 1;
        const PlumbCall *call = call_of(setting->arena, workload->net[i], error);
        if (!call || plumb_net_add(setting->net, call, &last, i > 0, "", NULL, -1, (PlumbPlace){0}, error) < 0) {
            return false;
        }
    }
    make_data(setting->arena, setting->net, workload->classes, &setting->data);
    setting->recipe = call_of(setting->arena, workload->recipe, error);
    return setting->recipe;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec * 1e-6;
}

static int by_size(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

enum { STEPS_MAX = 4096 };

static void measure(PlumbTrainer *trainer, const char *name, int threads, double seconds) {
    static double step[STEPS_MAX];
    PlumbError error = {0};
    int count = 0;
    plumb_trainer_run(trainer, 5, &error);
    for (double end = now() + seconds * 1e3; count < STEPS_MAX && (count < 10 || now() < end); count++) {
        double begin = now();
        plumb_trainer_run(trainer, 1, &error);
        step[count] = now() - begin;
    }
    qsort(step, (size_t)count, sizeof *step, by_size);
    printf("%-32s %d threads: %8.3f ms a step (median), %8.3f (least)\n", name, threads, step[count / 2], step[0]);
    fflush(stdout);
}

int main(int argc, char **argv) {
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 2;
    int from = argc > 3 ? atoi(argv[3]) : 1, to = argc > 3 ? from : 2;
    for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
        for (int threads = from; threads <= to; threads++) {
            PlumbError error = {0};
            Setting setting;
            if (argc > 2 && strcmp(argv[2], workloads[i].name) != 0) {
                continue;
            }
            PlumbConfig config = {.threads = threads, .shards = threads, .seed = 1};
            PlumbTrainer *trainer = make_setting(&workloads[i], &setting, &error)
                                        ? plumb_trainer_new(setting.net, &setting.data, setting.recipe, &config, &error)
                                        : NULL;
            if (!trainer) {
                fprintf(stderr, "%s: %s\n", workloads[i].name, error.what);
                return 1;
            }
            measure(trainer, workloads[i].name, threads, seconds);
            plumb_trainer_free(trainer);
            plumb_net_free(setting.net);
            plumb_arena_free(setting.arena);
        }
    }
    return 0;
}
