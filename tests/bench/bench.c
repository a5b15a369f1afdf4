/* bench [--seconds N] [--threads LIST] [--rounds N] [--json FILE] [--smoke] [NAME...]: milliseconds of a training step,
 * for each workload with diagnostics on and off, timed in turn, against what the processor and the products alone would
 * take. It waits for a quiet machine for a while, and tells how busy others kept it. --smoke: one step of each,
 * untimed. */
#include "bench.h"
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Each is the script of this name in this folder. */
static const char *const workloads[] = {"mlp_deep_narrow", "mlp_deep_narrow_adam", "mlp_mnist", "mlp_wide",
                                        "rnn_tanh",        "lstm_adding",          "lstm_char", "resnet20_cifar"};
enum { WORKLOADS = sizeof workloads / sizeof *workloads, THREADS_MOST = 64, BATCHES = 8, STEPS_LEAST = 2 };
static const double BUSY =
    0.08; /* cores that others use: two threads that wait for each other lose whole time slices */

typedef struct Wish {
    double seconds; /* of timing, for each row of the table */
    int rounds;     /* on, off, on, off ... */
    const char *threads, *json;
    bool smoke;
    char *const *names;
    int count; /* 0: all */
} Wish;

/* ---- a workload ------------------------------------------------------------------------------------------------- */

enum { ON, OFF, VARIANTS };
typedef struct Pair { /* the same training with diagnostics and without */
    const char *name;
    char path[200];
    int threads, batch;
    double flops, limit, floor; /* of a step; GFLOP/s of the processor; ms of the products alone */
    PlumbData *data;
    Timed timed[VARIANTS];
    Samples samples[VARIANTS];
    double others; /* cores that others used meanwhile */
} Pair;

static Setting setting_of(const Pair *pair, int variant) {
    return (Setting){.path = pair->path, .threads = pair->threads, .diagnostics = variant == ON};
}

static bool take_limits(Pair *pair, const Product *product, int count) {
    Pool *pool = pool_new(pair->threads);
    if (!pool) {
        return false;
    }
    pair->limit = fma_limit(pool);
    pair->floor = products_floor(product, count, pool);
    pool_free(pool);
    return true;
}

/* What is known of the net before it is trained. */
static bool prepare(Pair *pair, bool limits) {
    const Setting setting = setting_of(pair, ON);
    Product product[PRODUCTS_MAX];
    Timed timed;
    if (!timed_open(&timed, &setting)) {
        return false;
    }
    pair->batch = timed_batch(&timed);
    pair->data = rows_for(timed.net, (int64_t)pair->batch * BATCHES);
    int count = products_of(timed.net, pair->batch, product);
    for (int i = 0; i < count; i++) {
        pair->flops += product_flops(&product[i]);
    }
    timed_close(&timed);
    return pair->data && (!limits || take_limits(pair, product, count));
}

static bool open_variant(Pair *pair, int variant) {
    const Setting setting = setting_of(pair, variant);
    pair->samples[variant].ms = calloc(SAMPLES_MAX, sizeof(double));
    return pair->samples[variant].ms && timed_open(&pair->timed[variant], &setting) &&
           timed_begin(&pair->timed[variant], pair->data, &setting);
}

/* In turn, so that what drifts meanwhile drifts for both. */
static bool time_once(Pair *pair, const Wish *wish) {
    Load before = load_now();
    for (int i = 0; i < VARIANTS; i++) {
        pair->samples[i].count = 0;
        pair->samples[i].own = pair->samples[i].libraries = 0;
    }
    for (int i = 0; i < wish->rounds * VARIANTS; i++) {
        int variant = i % VARIANTS;
        double ms = wish->seconds * 1e3 / wish->rounds;
        if (!timed_steps(&pair->timed[variant], ms, STEPS_LEAST, &pair->samples[variant])) {
            return false;
        }
    }
    pair->others = load_others(before);
    return true;
}

/* Again where others used the machine meanwhile. */
static bool time_pair(Pair *pair, const Wish *wish) {
    enum { TRIES = 3 };
    bool done = false;
    for (int i = 0; i < TRIES && (i == 0 || (done && pair->others > BUSY)); i++) {
        done = time_once(pair, wish);
    }
    for (int i = 0; i < VARIANTS; i++) {
        sort_numbers(pair->samples[i].ms, pair->samples[i].count);
    }
    return done;
}

static void close_pair(Pair *pair) {
    for (int i = 0; i < VARIANTS; i++) {
        timed_close(&pair->timed[i]);
        free(pair->samples[i].ms);
    }
    if (pair->data) {
        plumb_data_free(pair->data);
    }
}

/* ---- the table -------------------------------------------------------------------------------------------------- */

typedef struct Row {
    double median, least, samples_a_second, gflops, of_limit, of_floor, ratio;
} Row;

static double median(const Pair *pair, int variant) {
    return median_of(pair->samples[variant].ms, pair->samples[variant].count);
}

static Row row_of(const Pair *pair, int variant) {
    Row row = {.median = median(pair, variant), .least = pair->samples[variant].ms[0]};
    row.samples_a_second = pair->batch / row.median * 1e3;
    row.gflops = pair->flops / row.median * 1e-6;
    row.of_limit = row.gflops / pair->limit;
    row.of_floor = pair->floor / row.median;
    row.ratio = row.median / median(pair, OFF);
    return row;
}

static void print_head(void) {
    printf("%-20s %2s %-4s %9s %9s %10s %8s %7s %9s %7s %7s %8s %7s %6s\n", "a training step", "t", "diag", "ms median",
           "minimum", "samples/s", "GFLOP/s", "of FMA", "floor ms", "of it", "on/off", "peak MB", "allocs", "others");
}

static void print_row(const Pair *pair, int variant) {
    Row row = row_of(pair, variant);
    printf("%-20s %2d %-4s %9.3f %9.3f %10.0f %8.1f %6.1f%% %9.3f %6.1f%% %7.3f %8.1f %7ld %6.2f%s\n", pair->name,
           pair->threads, variant == ON ? "on" : "off", row.median, row.least, row.samples_a_second, row.gflops,
           row.of_limit * 100, pair->floor, row.of_floor * 100, row.ratio, (double)pair->timed[variant].peak / 1e6,
           pair->samples[variant].own, pair->others, pair->others > BUSY ? " BUSY" : "");
    fflush(stdout);
}

static json_t *number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static bool write_row(const Pair *pair, int variant, FILE *file) {
    Row row = row_of(pair, variant);
    const Samples *samples = &pair->samples[variant];
    json_t *line = json_pack(
        "{s:s, s:i, s:b, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o, s:o}", "workload",
        pair->name, "threads", pair->threads, "diagnostics", variant == ON, "batch", pair->batch, "steps",
        samples->count, "ms_median", number(row.median), "ms_min", number(row.least), "samples_per_s",
        number(row.samples_a_second), "flops_per_step", number(pair->flops), "gflops", number(row.gflops), "fma_gflops",
        number(pair->limit), "share_of_fma", number(row.of_limit), "floor_ms", number(pair->floor), "share_of_floor",
        number(row.of_floor), "on_over_off", number(row.ratio), "peak_bytes", (json_int_t)pair->timed[variant].peak,
        "allocations", (json_int_t)samples->own, "library_allocations_per_step",
        number((double)samples->libraries / samples->count), "other_cores_busy", number(pair->others));
    bool written = line && json_dumpf(line, file, JSON_REAL_PRECISION(6)) == 0 && fputc('\n', file) != EOF;
    json_decref(line);
    return written && fflush(file) == 0;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static bool show_pair(const Pair *pair, FILE *json) {
    for (int i = 0; i < VARIANTS; i++) {
        print_row(pair, i);
        if (json && !write_row(pair, i, json)) {
            return false;
        }
    }
    return true;
}

static bool run_pair(const char *name, int threads, const Wish *wish, double *patience, FILE *json) {
    Pair pair = {.name = name, .threads = threads, .limit = NAN, .floor = NAN};
    snprintf(pair.path, sizeof pair.path, "tests/bench/%s.plumb", name);
    if (!wish->smoke && !machine_wait(patience)) {
        printf("    the machine did not get quiet within %d s\n", QUIET_SECONDS);
    }
    bool done = prepare(&pair, !wish->smoke) && open_variant(&pair, ON) && open_variant(&pair, OFF);
    if (done && !wish->smoke) {
        done = time_pair(&pair, wish) && show_pair(&pair, json);
    }
    close_pair(&pair);
    return done;
}

/* "1,2". */
static bool run_workload(const char *name, const Wish *wish, double *patience, FILE *json) {
    bool done = true;
    for (const char *at = wish->threads; at && done; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        int threads = atoi(at);
        done = threads > 0 && threads <= THREADS_MOST && run_pair(name, threads, wish, patience, json);
    }
    if (wish->smoke) {
        printf("%s %s\n", done ? "ok" : "not ok", name);
    }
    return done;
}

static bool read_arguments(int argc, char **argv, Wish *wish) {
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (!strcmp(argv[i], "--smoke")) {
            wish->smoke = true;
        } else if (!strcmp(argv[i], "--seconds") && more) {
            wish->seconds = strtod(argv[++i], NULL);
        } else if (!strcmp(argv[i], "--rounds") && more) {
            wish->rounds = atoi(argv[++i]);
        } else if (!strcmp(argv[i], "--threads") && more) {
            wish->threads = argv[++i];
        } else if (!strcmp(argv[i], "--json") && more) {
            wish->json = argv[++i];
        } else {
            wish->names = argv + i;
            wish->count = argc - i;
            return *argv[i] != '-';
        }
    }
    return wish->seconds > 0 && wish->rounds > 0;
}

static bool is_wanted(const Wish *wish, const char *name) {
    for (int i = 0; i < wish->count; i++) {
        if (!strcmp(wish->names[i], name)) {
            return true;
        }
    }
    return !wish->count;
}

int main(int argc, char **argv) {
    Wish wish = {.seconds = 1, .rounds = 4, .threads = "1,2"};
    double patience = QUIET_SECONDS;
    if (!read_arguments(argc, argv, &wish)) {
        fprintf(stderr, "bench [--seconds N] [--rounds N] [--threads LIST] [--json FILE] [--smoke] [NAME...]\n");
        return 2;
    }
    FILE *json = wish.json ? fopen(wish.json, "a") : NULL;
    if (wish.json && !json) {
        perror(wish.json);
        return 1;
    }
    if (!wish.smoke) {
        print_head();
    }
    bool done = true;
    for (int i = 0; i < WORKLOADS; i++) {
        done = (!is_wanted(&wish, workloads[i]) || run_workload(workloads[i], &wish, &patience, json)) && done;
    }
    return (!json || fclose(json) == 0) && done ? 0 : 1;
}
