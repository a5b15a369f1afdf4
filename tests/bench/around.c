/* around [PLUMB]: what a user waits for besides training steps: the program's start, a long script, files of data. */
#include "bench.h"
#include "runtime/core/random.h"
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
enum { STARTS = 21, TRIES = 3, LINES = 100000, CSV_COLUMNS = 20, CSV_ROWS = 250000 };

/* ---- the program's start ---------------------------------------------------------------------------------------- */

/* Milliseconds; NaN: it could not be run. */
static double start_once(const char *program) {
    char *const argv[] = {"plumb", "-e", "print 1", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    double begin = clock_ms();
    int status = 1;
    pid_t child;
    bool started = posix_spawn(&child, program, &actions, NULL, argv, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    bool ended = started && waitpid(child, &status, 0) == child && status == 0;
    return ended ? clock_ms() - begin : NAN;
}

static double start_ms(const char *program) {
    double ms[STARTS];
    for (int i = 0; i < STARTS; i++) {
        ms[i] = start_once(program);
    }
    sort_numbers(ms, STARTS);
    return median_of(ms, STARTS);
}

/* ---- a long script ---------------------------------------------------------------------------------------------- */

/* Ten lines: bindings, a net with links and a loop, a recipe, a comment. */
static char *long_script(size_t *length) {
    static const char block[] = "# part %d\n"
                                "width%d = 64\n"
                                "net n%d(act=relu) {\n"
                                "    input(32)\n"
                                "    h: dense(width%d, init=he) -> act\n"
                                "    repeat(2) { dense(width%d) -> act }\n"
                                "    add(h)\n"
                                "    dense(10)\n"
                                "}\n"
                                "recipe r%d { epochs = 5; batch = 64; optimizer = adam(lr=0.001) }\n";
    enum { BLOCK_LINES = 10 };
    char *text = NULL;
    FILE *file = open_memstream(&text, length);
    for (int i = 0; file && i < LINES / BLOCK_LINES; i++) {
        fprintf(file, block, i, i, i, i, i, i);
    }
    return file && fclose(file) == 0 ? text : NULL;
}

/* Seconds that a session takes for a text; NaN: it failed. */
static double session_s(const char *text, size_t length, int (*treat)(Session *, const char *, const char *, size_t)) {
    static const char *const anywhere[] = {"/", NULL};
    const Options options = {.quiet = true, .width = 100, .read_roots = anywhere};
    Session *session = session_new(&options, stdout, stderr);
    double begin = clock_ms();
    bool done = session && treat(session, "bench", text, length) == 0;
    double took = clock_ms() - begin;
    session_free(session);
    return done ? took / 1e3 : NAN;
}

static double long_s(int (*treat)(Session *, const char *, const char *, size_t)) {
    size_t length;
    char *text = long_script(&length);
    double took = text ? session_s(text, length, treat) : NAN;
    free(text);
    return took;
}

/* Nothing in it takes time to run. */
static double run_s(const char *unused) {
    (void)unused;
    return long_s(session_run);
}

/* And a forecast of every net, which warns of those that will hardly train. */
static double check_s(const char *unused) {
    (void)unused;
    return long_s(session_check);
}

/* ---- data -------------------------------------------------------------------------------------------------------- */

/* The least of some tries: the first one fills the system's cache of files. */
static double least_s(const char *text) {
    double least = INFINITY;
    for (int i = 0; i < TRIES; i++) {
        least = fmin(least, session_s(text, strlen(text), session_run));
    }
    return isfinite(least) ? least : NAN;
}

/* Its size in MB; NaN: it could not be written. */
static double write_csv(FILE *file) {
    for (int row = 0; row <= CSV_ROWS; row++) {
        for (int column = 0; column < CSV_COLUMNS; column++) {
            const Draw draw = {1, DRAW_DATA, (uint32_t)column};
            if (row == 0) {
                fprintf(file, "column%d,", column);
            } else {
                fprintf(file, "%.7g,", draw_normal(draw, (uint64_t)row));
            }
        }
        fprintf(file, row == 0 ? "class\n" : "%d\n", row % 10);
    }
    double size = (double)ftell(file) / 1e6;
    return fflush(file) == 0 ? size : NAN;
}

static double csv_mb_a_second(const char *unused) {
    (void)unused;
    char path[] = "/tmp/plumb-bench-XXXXXX", text[120];
    int descriptor = mkstemp(path);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    double size = file ? write_csv(file) : NAN;
    snprintf(text, sizeof text, "d = csv(\"%s\", label=\"class\")", path);
    double took = file ? least_s(text) : NAN;
    if (file) {
        fclose(file);
        unlink(path);
    }
    return size / took;
}

static double mnist_s(const char *unused) {
    (void)unused;
    const char *text = "f = \"../shared/data/mnist/\"\n"
                       "d = idx(images=f + \"train-images-idx3-ubyte.gz\", labels=f + \"train-labels-idx1-ubyte.gz\",\n"
                       "test_images=f + \"t10k-images-idx3-ubyte.gz\", test_labels=f + \"t10k-labels-idx1-ubyte.gz\",\n"
                       "scale=255)";
    return access("../shared/data/mnist", R_OK) == 0 ? least_s(text) : NAN;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static const struct Row {
    const char *what, *unit;
    double limit; /* NAN: none is set */
    bool least;   /* the limit is the least that it may be, not the most */
    double (*measure)(const char *program);
} rows[] = {
    {"plumb -e 'print 1'", "ms", 15, false, start_ms},
    {"100,000 lines, parsed and checked", "s", 1, false, run_s},
    {"the same by plumb check, 10,000 forecasts", "s", NAN, false, check_s},
    {"csv, 20 columns of numbers and a class", "MB/s", 150, true, csv_mb_a_second},
    {"MNIST, four .gz files", "s", 0.4, false, mnist_s},
};

int main(int argc, char **argv) {
    double patience = QUIET_SECONDS;
    if (!machine_wait(&patience)) {
        printf("the machine did not get quiet within %d s\n", QUIET_SECONDS);
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        double seen = rows[i].measure(argc > 1 ? argv[1] : "build/plumb");
        bool missed = rows[i].least ? seen < rows[i].limit : seen > rows[i].limit;
        char limit[32] = "";
        if (!isnan(rows[i].limit)) {
            snprintf(limit, sizeof limit, "limit %.4g", rows[i].limit);
        }
        printf("%-41s %9.3f %-5s %s%s\n", rows[i].what, seen, rows[i].unit, limit,
               isnan(seen) ? "   not measured"
               : missed    ? "   MISSED"
                           : "");
        fflush(stdout);
    }
    return 0;
}
