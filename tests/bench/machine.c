/* Time, the processor's limit, and who else uses the machine. */
#include "bench.h"
#include <math.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double seconds_of(clockid_t id) {
    struct timespec time;
    clock_gettime(id, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

double clock_ms(void) {
    return seconds_of(CLOCK_MONOTONIC) * 1e3;
}

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

void sort_numbers(double *number, int count) {
    qsort(number, (size_t)count, sizeof *number, ascending);
}

double median_of(const double *sorted, int count) {
    return count ? sorted[count / 2] : NAN;
}

/* ---- others ------------------------------------------------------------------------------------------------------ */

/* The first line of /proc/stat, in ticks: user nice system idle iowait irq softirq steal. */
Load load_now(void) {
    enum { IDLE = 3, IOWAIT = 4, FIELDS = 8 };
    double all = 0;
    FILE *file = fopen("/proc/stat", "r");
    long long ticks;
    bool tells = file && fscanf(file, "cpu") == 0;
    for (int i = 0; tells && i < FIELDS && fscanf(file, "%lld", &ticks) == 1; i++) {
        all += i == IDLE || i == IOWAIT ? 0 : (double)ticks;
    }
    if (file) {
        fclose(file);
    }
    return (Load){all / (double)sysconf(_SC_CLK_TCK), seconds_of(CLOCK_PROCESS_CPUTIME_ID),
                  seconds_of(CLOCK_MONOTONIC)};
}

double load_others(Load since) {
    Load now = load_now();
    double wall = now.at - since.at;
    return wall > 0 ? fmax(0, ((now.all - since.all) - (now.own - since.own)) / wall) : 0;
}

bool machine_wait(double *patience) {
    const double quiet = 0.25, look = 0.5; /* cores, seconds */
    for (;;) {
        Load before = load_now();
        usleep((useconds_t)(look * 1e6));
        if (load_others(before) < quiet) {
            return true;
        }
        if (*patience < look) {
            return false;
        }
        *patience -= look;
    }
}

/* ---- the limit --------------------------------------------------------------------------------------------------- */

#ifdef __x86_64__
/* Twelve sums: four cycles of latency on two units, with room. Named ones, since an array would be spilled. */
#define SUMS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
enum { SUMS = 12 };
#define BEGIN(i) Vector s##i = x * (float)i;
#define STEP(i) __asm__ volatile("vfmadd213ps %2, %1, %0" : "+v"(s##i) : "v"(x), "v"(y));
#define ROUNDS(NAME, ISA, LANES)                                                                                       \
    __attribute__((target(ISA))) static void NAME(long rounds) {                                                       \
        typedef float Vector __attribute__((vector_size(4 * LANES)));                                                  \
        const Vector x = (Vector){0} + 0.999f, y = (Vector){0} + 1e-3f;                                                \
        SUMS(BEGIN)                                                                                                    \
        for (long i = 0; i < rounds; i++) {                                                                            \
            SUMS(STEP)                                                                                                 \
        }                                                                                                              \
    }
ROUNDS(rounds_256, "avx2,fma", 8)
ROUNDS(rounds_512, "avx512f", 16)

typedef struct Race {
    void (*run)(long rounds);
    int lanes; /* 0: no such processor */
    long rounds;
} Race;

static Race race_here(void) {
    const long rounds = 2000000;
    return __builtin_cpu_supports("avx512f")                                 ? (Race){rounds_512, 16, rounds}
           : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? (Race){rounds_256, 8, rounds}
                                                                             : (Race){0};
}

static void run_race(void *arg, int thread) {
    (void)thread;
    const Race *race = arg;
    race->run(race->rounds);
}

double fma_limit(Pool *pool) {
    enum { TRIES = 5 };
    Race race = race_here();
    double best = INFINITY;
    for (int i = 0; i < TRIES && race.lanes; i++) {
        double begin = clock_ms();
        pool_run(pool, run_race, &race);
        best = fmin(best, clock_ms() - begin);
    }
    double flops = 2.0 * SUMS * race.lanes * (double)race.rounds * pool_threads(pool);
    return race.lanes ? flops / best * 1e-6 : NAN;
}
#else
double fma_limit(Pool *pool) {
    (void)pool;
    return NAN;
}
#endif
