/* Milliseconds a training step of two convolutional nets, on 1 and 2 threads, two shards, diagnostics off and at every
 * step: median and minimum. The peers' figures stand in shared/design/performance.md (resnet20_cifar). */
#include "runtime/core/value.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BATCH = 64, STEPS = 30 };

static const PlumbCall *call_of(PlumbArena *arena, const char *text, PlumbError *error) {
    static const PlumbArg any = {.name = "layer", .accepts = PLUMB_A_CALL | PLUMB_A_WORD, .words = "same valid auto"};
    PlumbValue value;
    return plumb_value_parse(arena, &any, text, &value, error) ? value.call : NULL;
}

/* Adds one layer behind `from` (and `other`, where it is not negative). */
static int stage(PlumbNet *net, PlumbArena *arena, const char *text, int from, int other) {
    PlumbError error = {0};
    int input[2] = {from, other};
    const PlumbCall *call = call_of(arena, text, &error);
    int node =
        call ? plumb_net_add(net, call, input, (from >= 0) + (other >= 0), "", NULL, -1, (PlumbPlace){0}, &error) : -1;
    if (node < 0) {
        fprintf(stderr, "%s: %s\n", text, error.what);
        exit(1);
    }
    return node;
}

static void small(PlumbNet *net, PlumbArena *arena) {
    static const char *const stages[] = {"input(1, 28, 28)", "conv(16, 3)", "relu",
                                         "maxpool(2)",       "conv(32, 3)", "relu",
                                         "maxpool(2)",       "flatten",     "dense(10)"};
    for (int i = 0; i < 9; i++) {
        stage(net, arena, stages[i], i - 1, -1);
    }
}

/* He et al. 2016, section 4.2, with projections (option B) where the size changes. */
static void resnet20(PlumbNet *net, PlumbArena *arena) {
    int at = stage(net, arena, "input(3, 32, 32)", -1, -1);
    at = stage(net, arena, "conv(16, 3, bias=false)", at, -1);
    at = stage(net, arena, "relu", stage(net, arena, "batchnorm", at, -1), -1);
    for (int block = 0; block < 9; block++) {
        int channels = 16 << block / 3, stride = block && block % 3 == 0 ? 2 : 1, skip = at;
        char text[80];
        snprintf(text, sizeof text, "conv(%d, 3, stride=%d, pad=1, bias=false)", channels, stride);
        at = stage(net, arena, text, at, -1);
        at = stage(net, arena, "relu", stage(net, arena, "batchnorm", at, -1), -1);
        snprintf(text, sizeof text, "conv(%d, 3, bias=false)", channels);
        at = stage(net, arena, text, at, -1);
        at = stage(net, arena, "batchnorm", at, -1);
        if (stride == 2) {
            snprintf(text, sizeof text, "conv(%d, 1, stride=2, pad=0, bias=false)", channels);
            skip = stage(net, arena, text, skip, -1);
        }
        at = stage(net, arena, "relu", stage(net, arena, "add", at, skip), -1);
    }
    stage(net, arena, "dense(10)", stage(net, arena, "globalavgpool", at, -1), -1);
}

static PlumbData *noise(const PlumbNet *net) {
    PlumbData *data = calloc(1, sizeof *data);
    PlumbShape in = plumb_net_node(net, 0)->shape;
    size_t count = BATCH * (size_t)plumb_shape_size(in);
    *data = (PlumbData){.x_shape = in, .classify = true, .classes = 10, .label_count = 1};
    data->train =
        (PlumbPart){.rows = BATCH, .x = calloc(count, sizeof(plumb_real)), .label = calloc(BATCH, sizeof(int32_t))};
    for (size_t i = 0; i < count; i++) {
        data->train.x[i] = (plumb_real)rand() / (plumb_real)RAND_MAX - (plumb_real)0.5;
    }
    for (int i = 0; i < BATCH; i++) {
        data->train.label[i] = i % 10;
    }
    return data;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void time_net(const char *name, void (*build)(PlumbNet *net, PlumbArena *arena), const char *backend,
                     int threads, bool measured) {
    PlumbError error = {0};
    PlumbArena *arena = plumb_arena_new();
    PlumbNet *net = plumb_net_new(name, &error);
    build(net, arena);
    PlumbData *data = noise(net);
    PlumbConfig config = {.threads = threads, .shards = 2, .seed = 1, .backend = backend};
    char text[120];
    snprintf(text, sizeof text,
             "recipe(batch=%d, steps=100000, optimizer=sgd(lr=0.1, momentum=0.9, decay=1e-4), diagnostics=%s)", BATCH,
             measured ? "every(1)" : "off");
    const PlumbArg words = {.name = "recipe", .accepts = PLUMB_A_CALL | PLUMB_A_WORD, .words = "off"};
    PlumbValue value;
    bool made = plumb_value_parse(arena, &words, text, &value, &error);
    PlumbTrainer *trainer = made ? plumb_trainer_new(net, data, value.call, &config, &error) : NULL;
    if (!trainer) {
        fprintf(stderr, "%s: %s\n", name, error.what);
        exit(1);
    }
    double ms[STEPS];
    plumb_trainer_run(trainer, 3, &error);
    for (int i = 0; i < STEPS; i++) {
        double begin = now();
        plumb_trainer_run(trainer, 1, &error);
        ms[i] = now() - begin;
    }
    qsort(ms, STEPS, sizeof *ms, by_size);
    printf("%-16s %-8s %d threads, diagnostics %-3s  median %8.2f ms  minimum %8.2f ms\n", name, backend, threads,
           measured ? "on" : "off", ms[STEPS / 2], ms[0]);
    plumb_trainer_free(trainer);
    plumb_data_free(data);
    plumb_net_free(net);
    plumb_arena_free(arena);
}

int main(void) {
    for (int threads = 1; threads <= 2; threads++) {
        for (int measured = 0; measured < 2; measured++) {
            time_net("small_mnist", small, "native", threads, measured);
            time_net("resnet20_cifar", resnet20, "native", threads, measured);
        }
    }
    time_net("small_mnist", small, "portable", 2, true);
    return 0;
}
