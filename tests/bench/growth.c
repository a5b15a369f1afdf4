/* growth [--smoke]: is a step's cost proportional to depth, time steps and batch, and memory too? Exponents are fitted
 * by least squares through the logarithms, over the upper half of the sizes; and the first step of a deep net comes at
 * once. */
#include "bench.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIZES_MOST = 8, BATCHES = 4, STEPS_LEAST = 5 };
static const double POINT_MS = 300, EXPONENT_LIMIT = 1.1, FIRST_STEP_LIMIT_MS = 100;

typedef struct Growth {
    const char *what, *path, *unit;
    int size[SIZES_MOST]; /* 0 ends */
} Growth;

static const Growth growths[] = {
    {"depth", "tests/bench/growth_depth.plumb", "layer", {10, 20, 50, 100, 200, 500, 1000, 2000}},
    {"time steps", "tests/bench/growth_time.plumb", "step", {10, 20, 50, 100, 200, 500, 1000, 2000}},
    {"batch", "tests/bench/growth_batch.plumb", "row", {1, 4, 16, 64, 256, 1024, 2048, 4096}},
};

typedef struct Curve {
    double size[SIZES_MOST], ms[SIZES_MOST], bytes[SIZES_MOST];
    int count;
} Curve;

/* ---- points ----------------------------------------------------------------------------------------------------- */

static bool time_point(const PlumbData *data, const Setting *setting, double ms, double *median, double *bytes) {
    Samples samples = {.ms = calloc(SAMPLES_MAX, sizeof(double))};
    Timed timed;
    bool opened = timed_open(&timed, setting);
    bool done =
        opened && samples.ms && timed_begin(&timed, data, setting) && timed_steps(&timed, ms, STEPS_LEAST, &samples);
    if (done) {
        sort_numbers(samples.ms, samples.count);
        *median = median_of(samples.ms, samples.count);
        *bytes = (double)timed.peak;
    }
    if (opened) {
        timed_close(&timed);
    }
    free(samples.ms);
    return done;
}

static PlumbData *rows_at(const Setting *setting) {
    Timed timed;
    if (!timed_open(&timed, setting)) {
        return NULL;
    }
    PlumbData *data = rows_for(timed.net, (int64_t)timed_batch(&timed) * BATCHES);
    timed_close(&timed);
    return data;
}

static bool take_point(const Growth *growth, int size, double ms, Curve *curve) {
    char define[32];
    snprintf(define, sizeof define, "size=%d", size);
    const Setting setting = {.path = growth->path, .define = define, .threads = 1, .diagnostics = true};
    PlumbData *data = rows_at(&setting);
    int at = curve->count;
    bool done = data && time_point(data, &setting, ms, &curve->ms[at], &curve->bytes[at]);
    curve->size[at] = size;
    curve->count += done;
    if (data) {
        plumb_data_free(data);
    }
    return done;
}

/* ---- fits -------------------------------------------------------------------------------------------------------- */

/* The slope of the line through the upper half of the points. */
static double slope(const double *x, const double *y, int count, double (*of)(double)) {
    int from = count / 2, n = count - from;
    double mx = 0, my = 0, xy = 0, xx = 0;
    for (int i = from; i < count; i++) {
        mx += of(x[i]) / n;
        my += of(y[i]) / n;
    }
    for (int i = from; i < count; i++) {
        xy += (of(x[i]) - mx) * (of(y[i]) - my);
        xx += (of(x[i]) - mx) * (of(x[i]) - mx);
    }
    return xy / xx;
}

static double itself(double value) {
    return value;
}

static void print_curve(const Growth *growth, const Curve *curve) {
    double time = slope(curve->size, curve->ms, curve->count, log);
    double memory = slope(curve->size, curve->bytes, curve->count, log);
    for (int i = 0; i < curve->count; i++) {
        printf("%-10s %6.0f %10.3f ms a step %10.3f us a %-5s %9.2f MB\n", i ? "" : growth->what, curve->size[i],
               curve->ms[i], curve->ms[i] / curve->size[i] * 1e3, growth->unit, curve->bytes[i] / 1e6);
    }
    printf("%-10s time ~ size^%.3f, memory ~ size^%.3f, %.0f bytes a %s%s\n\n", "", time, memory,
           slope(curve->size, curve->bytes, curve->count, itself), growth->unit,
           fmax(time, memory) > EXPONENT_LIMIT ? "   MORE THAN PROPORTIONAL" : "");
    fflush(stdout);
}

static bool run_growth(const Growth *growth, bool smoke) {
    Curve curve = {0};
    for (int i = 0; i < (smoke ? 1 : SIZES_MOST) && growth->size[i]; i++) {
        if (!take_point(growth, growth->size[i], smoke ? 0 : POINT_MS, &curve)) {
            return false;
        }
    }
    if (!smoke) {
        print_curve(growth, &curve);
    }
    return true;
}

/* ---- the first step --------------------------------------------------------------------------------------------- */

/* From the statement `train` to the end of its only step, everything that the program does between them. */
static bool first_step(double *ms) {
    const char *script = "d = blobs(features=32, classes=10, samples=64, test=0)";
    const char *train = "train n on d with r { steps = 1 }";
    const Setting setting = {
        .path = "tests/bench/growth_depth.plumb", .define = "size=1000", .threads = 2, .diagnostics = true};
    Timed timed;
    if (!timed_open(&timed, &setting)) {
        return false;
    }
    bool done = session_run(timed.session, "bench", script, strlen(script)) == 0;
    double begin = clock_ms();
    done = done && session_run(timed.session, "bench", train, strlen(train)) == 0;
    *ms = clock_ms() - begin;
    timed_close(&timed);
    return done;
}

static bool run_first_step(void) {
    double ms;
    bool done = first_step(&ms);
    if (done) {
        printf("first step of 1,000 layers %8.1f ms after `train`, limit %.0f%s\n", ms, FIRST_STEP_LIMIT_MS,
               ms > FIRST_STEP_LIMIT_MS ? "   MISSED" : "");
    }
    return done;
}

int main(int argc, char **argv) {
    double patience = QUIET_SECONDS;
    bool smoke = argc > 1 && !strcmp(argv[1], "--smoke"), done = true;
    if (!smoke && !machine_wait(&patience)) {
        printf("the machine did not get quiet within %d s\n", QUIET_SECONDS);
    }
    for (size_t i = 0; i < sizeof growths / sizeof *growths; i++) {
        bool ran = run_growth(&growths[i], smoke);
        if (smoke) {
            printf("%s %s\n", ran ? "ok" : "not ok", growths[i].path);
        }
        done = done && ran;
    }
    return (smoke || run_first_step()) && done ? 0 : 1;
}
