/* Milliseconds a training step: the workloads of performance.md that need dense layers only, with and without
 * diagnostics, on one and two threads. Median and minimum: others use the machine too. */
#include "runtime/plumb.h"
#include "tests/unit/nets.h"
#include <time.h>

enum { WARM_STEPS = 10, STEPS_MIN = 20, SAMPLES_MAX = 4000, BATCHES = 4 };
#define SECONDS 1.0 /* a measurement */

typedef struct Workload {
    const char *name;
    const char *input, *layer, *output; /* `layer` is repeated */
    int layers, batch;
    const char *optimizer;
} Workload;

/* As shared/peer's torch_bench.py builds them: Gaussian weights of gain / sqrt(inputs). */
static const Workload workloads[] = {
    {"mlp_deep_narrow", "input(64)", "dense(64, init=lecun(gain=1.25)) -> tanh", "dense(10, init=lecun)", 50, 64,
     "sgd(lr=0.01, momentum=0.9)"},
    {"mlp_deep_narrow_adam", "input(64)", "dense(64, init=he_normal) -> batchnorm -> relu", "dense(10, init=lecun)", 50,
     64, "adam(lr=0.001)"},
    {"mlp_mnist", "input(784)", "dense(512, init=he_normal) -> relu", "dense(10, init=lecun)", 2, 128,
     "adam(lr=0.001)"},
    {"mlp_wide", "input(1024)", "dense(1024, init=he_normal) -> relu", "dense(10, init=lecun)", 8, 256, "sgd(lr=0.01)"},
};

static const char *net_text(Kit *kit, const Workload *w) {
    size_t size = strlen(w->input) + (strlen(w->layer) + 4) * (size_t)w->layers + strlen(w->output) + 8;
    char *text = kit_alloc(kit, size);
    int at = snprintf(text, size, "%s", w->input);
    for (int i = 0; i < w->layers; i++) {
        at += snprintf(text + at, size - (size_t)at, " -> %s", w->layer);
    }
    snprintf(text + at, size - (size_t)at, " -> %s", w->output);
    return text;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec * 1e-6;
}

typedef struct Clock { /* an observer: the time of every step */
    double last, sample[SAMPLES_MAX];
    int count;
} Clock;

static bool tick(void *self, const PlumbStep *step) {
    Clock *clock = self;
    double time = now();
    if (step->step > WARM_STEPS && step->step % BATCHES != 1 && clock->count < SAMPLES_MAX) { /* no end of an epoch */
        clock->sample[clock->count++] = time - clock->last;
    }
    clock->last = time;
    return true;
}

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void measure(Kit *kit, const Workload *w, int threads, bool diagnostics, Clock *clock) {
    char recipe[256];
    PlumbNet *net = net_of(kit, net_text(kit, w));
    PlumbData *data = data_for(kit, net, TARGET_CLASSES, (int64_t)w->batch * BATCHES, 1);
    PlumbConfig config = {.threads = threads, .shards = threads, .seed = 1};
    snprintf(recipe, sizeof recipe, "recipe(steps=1e9, batch=%d, optimizer=%s%s)", w->batch, w->optimizer,
             diagnostics ? "" : ", diagnostics=off");
    PlumbTrainer *trainer = plumb_trainer_new(net, data, call_of(kit, recipe), &config, &kit->error);
    if (!trainer) {
        fail_msg("%s: %s %s", w->name, kit->error.what, kit->error.found);
    }
    plumb_trainer_observe(trainer, (PlumbObserver){.self = clock, .step = tick});
    plumb_trainer_run(trainer, WARM_STEPS, &kit->error);
    for (double start = now(); now() - start < SECONDS * 1e3 || clock->count < STEPS_MIN;) {
        plumb_trainer_run(trainer, BATCHES, &kit->error);
    }
    qsort(clock->sample, (size_t)clock->count, sizeof *clock->sample, ascending);
    plumb_trainer_free(trainer);
    plumb_net_free(net);
}

int main(int count, char **names) {
    printf("%-22s %7s  %-11s %9s %9s  %s\n", "ms a step", "threads", "diagnostics", "median", "min", "steps");
    for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
        for (int variant = 0; variant < 4 && (count < 2 || !strcmp(names[1], workloads[i].name)); variant++) {
            Kit kit = {.arena = plumb_arena_new()};
            Clock clock = {0};
            measure(&kit, &workloads[i], 1 + variant / 2, variant % 2 == 0, &clock);
            printf("%-22s %7d  %-11s %9.3f %9.3f  %d\n", workloads[i].name, 1 + variant / 2, variant % 2 ? "off" : "on",
                   clock.sample[clock.count / 2], clock.sample[0], clock.count);
            fflush(stdout);
            plumb_arena_free(kit.arena);
        }
    }
    return 0;
}
