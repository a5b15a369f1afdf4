/* Generated problems: sequences whose answer depends on what came long before, parity, a noisy sine. All random numbers
 * of a row are draws at places that depend on its number alone, so that more samples only add rows. */
#include "table.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI 3.14159265358979323846
enum { STREAM_VALUE = 16, STREAM_FIRST, STREAM_SECOND, STREAM_NOISE }; /* apart from those of generated.c */

typedef struct Problem {
    const PlumbCall *call;
    int length, time; /* as asked for; steps of a row */
    int delay;
    uint64_t seed;
    Table table;
} Problem;

/* Writes row `row`: x, which is all 0, and its targets or codes y. */
typedef void (*RowAt)(const Problem *problem, int64_t row, plumb_real *x, double *y);

static uint64_t below(const Problem *problem, uint32_t stream, int64_t index, int bound) {
    return draw_below((Draw){problem->seed, DRAW_DATA, stream}, (uint64_t)index, (uint64_t)bound);
}

static double uniform(const Problem *problem, int64_t index) {
    return draw_uniform((Draw){problem->seed, DRAW_DATA, STREAM_VALUE}, (uint64_t)index);
}

static Problem problem_of(const PlumbCall *call, uint64_t seed, PlumbShape x, PlumbShape y) {
    return (Problem){.call = call,
                     .length = (int)plumb_call_number(call, "length"),
                     .delay = (int)plumb_call_number(call, "delay"),
                     .time = x.dim[0],
                     .seed = seed,
                     .table = {.x_shape = x, .y_shape = y}};
}

/* NULL `names`: targets are numbers. */
static PlumbData *generate(Problem problem, RowAt at, const char *const *names, int classes, PlumbError *error) {
    Table *table = &problem.table;
    int64_t samples = (int64_t)plumb_call_number(problem.call, "samples");
    size_t x_size = (size_t)plumb_shape_size(table->x_shape), y_size = (size_t)plumb_shape_size(table->y_shape);
    if (!table_grow(table, samples, error) || (names && !table_name_classes(table, names, classes, error))) {
        table_free(table);
        return NULL;
    }
    memset(table->x, 0, (size_t)samples * x_size * sizeof *table->x);
    for (; table->rows < samples; table->rows++) {
        at(&problem, table->rows, table->x + (size_t)table->rows * x_size, table->y + (size_t)table->rows * y_size);
    }
    return table_finish(table, problem.call, problem.seed, error);
}

#define SAMPLES                                                                                                        \
    { .name = "samples", .accepts = PLUMB_A_INT, .fallback = "1000", .min = 2, .max = 1e8, .help = "rows" }
#define LENGTH(low, standard, text)                                                                                    \
    { .name = "length", .accepts = PLUMB_A_INT, .fallback = standard, .min = low, .max = 1e6, .help = text }

static const PlumbShape one = {1, {1}};

/* ---- sine ------------------------------------------------------------------------------------------------------ */

static void sine_at(const Problem *problem, int64_t row, plumb_real *x, double *y) {
    double place = PI * (2 * uniform(problem, row) - 1);
    double noise = draw_normal((Draw){problem->seed, DRAW_DATA, STREAM_NOISE}, (uint64_t)row);
    x[0] = (plumb_real)place;
    y[0] = sin(plumb_call_number(problem->call, "periods") * place) + plumb_call_number(problem->call, "noise") * noise;
}

static PlumbData *load_sine(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error) {
    (void)files;
    return generate(problem_of(call, seed, one, one), sine_at, NULL, 0, error);
}

static const PlumbArg sine_args[] = {
    SAMPLES,
    {.name = "noise", .accepts = PLUMB_A_NUMBER, .fallback = "0.1", .max = 1e6, .help = "its standard deviation"},
    {.name = "periods", .accepts = PLUMB_A_NUMBER, .fallback = "1", .max = 1e6, .help = "waves between -pi and pi"},
    TABLE_ARGS};

const Source source_sine = {
    .entry = {.name = "sine",
              .kind = PLUMB_DATA,
              .family = "generated",
              .args = sine_args,
              .summary = "a noisy sine: one number from another",
              .formula = "y = sin(periods x) + noise z, x uniform in (-pi, pi), z ~ N(0, 1)",
              .source = "Bishop 2006, section 1.1",
              .example = "d = sine(samples=1000, noise=0.1)"},
    .load = load_sine,
};

/* ---- parity ---------------------------------------------------------------------------------------------------- */

/* All 2^n patterns in turn where the samples suffice for them, else as many drawn ones. */
static void parity_at(const Problem *problem, int64_t row, plumb_real *x, double *y) {
    bool all =
        problem->time < 40 && (int64_t)1 << problem->time <= (int64_t)plumb_call_number(problem->call, "samples");
    int ones = 0;
    for (int i = 0; i < problem->time; i++) {
        int bit = all ? (int)(row >> i & 1) : (int)below(problem, STREAM_VALUE, row * problem->time + i, 2);
        x[i] = (plumb_real)bit;
        ones += bit;
    }
    y[0] = ones % 2;
}

static PlumbData *load_parity(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error) {
    static const char *const names[] = {"even", "odd"};
    (void)files;
    int n = (int)plumb_call_number(call, "n");
    PlumbShape x = {plumb_call_bool(call, "sequence") ? 2 : 1, {n, 1}};
    return generate(problem_of(call, seed, x, one), parity_at, names, 2, error);
}

static const PlumbArg parity_args[] = {
    {.name = "n", .accepts = PLUMB_A_INT, .fallback = "8", .min = 2, .max = 1e6, .help = "bits"},
    {.name = "sequence",
     .accepts = PLUMB_A_BOOL,
     .fallback = "false",
     .help = "one bit a step: (n, 1), for recurrent nets"},
    SAMPLES,
    TABLE_ARGS};

const Source source_parity = {
    .entry = {.name = "parity",
              .kind = PLUMB_DATA,
              .family = "generated",
              .args = parity_args,
              .summary = "is the number of ones odd? Every bit changes the answer",
              .formula = "x in {0, 1}^n, class sum(x) mod 2; all 2^n patterns in turn where samples >= 2^n",
              .source = "Minsky & Papert 1969; Rumelhart, Hinton & Williams 1986",
              .example = "d = parity(8, samples=256)"},
    .load = load_parity,
};

/* ---- two marked values: adding, multiplication, long_xor --------------------------------------------------------- */

/* Marks one step of [from, until) in the second feature; returns it. */
static int mark(const Problem *problem, int64_t row, uint32_t stream, int from, int until, plumb_real *x) {
    int step = from + (int)below(problem, stream, row, until - from);
    x[2 * step + 1] = 1;
    return step;
}

/* Arjovsky, Shah & Bengio 2016, section 4.2: a mark in each half. */
static void adding_at(const Problem *problem, int64_t row, plumb_real *x, double *y) {
    int t = problem->time;
    for (int i = 0; i < t; i++) {
        x[2 * i] = (plumb_real)uniform(problem, row * t + i);
    }
    int first = mark(problem, row, STREAM_FIRST, 0, t / 2, x), second = mark(problem, row, STREAM_SECOND, t / 2, t, x);
    y[0] = (double)x[2 * first] + (double)x[2 * second];
}

/* Pascanu, Mikolov & Bengio 2013, as Martens & Sutskever 2011: in the first tenth, and from there to the middle. */
static void early_marks(const Problem *problem, int64_t row, plumb_real *x, int step[2]) {
    int t = problem->time;
    step[0] = mark(problem, row, STREAM_FIRST, 0, t / 10, x);
    step[1] = mark(problem, row, STREAM_SECOND, t / 10, t / 2, x);
}

static void multiplication_at(const Problem *problem, int64_t row, plumb_real *x, double *y) {
    int step[2];
    for (int i = 0; i < problem->time; i++) {
        x[2 * i] = (plumb_real)uniform(problem, row * problem->time + i);
    }
    early_marks(problem, row, x, step);
    y[0] = (double)x[2 * step[0]] * (double)x[2 * step[1]];
}

static void long_xor_at(const Problem *problem, int64_t row, plumb_real *x, double *y) {
    int step[2];
    for (int i = 0; i < problem->time; i++) {
        x[2 * i] = (plumb_real)below(problem, STREAM_VALUE, row * problem->time + i, 2);
    }
    early_marks(problem, row, x, step);
    y[0] = x[2 * step[0]] != x[2 * step[1]];
}

static PlumbData *load_marked(const PlumbCall *call, uint64_t seed, RowAt at, const char *const *names,
                              PlumbError *error) {
    PlumbShape x = {2, {(int)plumb_call_number(call, "length"), 2}};
    return generate(problem_of(call, seed, x, one), at, names, 2, error);
}
static PlumbData *load_adding(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error) {
    (void)files;
    return load_marked(call, seed, adding_at, NULL, error);
}
static PlumbData *load_multiplication(const PlumbCall *call, const PlumbFiles *files, uint64_t seed,
                                      PlumbError *error) {
    (void)files;
    return load_marked(call, seed, multiplication_at, NULL, error);
}
static PlumbData *load_long_xor(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error) {
    static const char *const names[] = {"0", "1"};
    (void)files;
    return load_marked(call, seed, long_xor_at, names, error);
}

static const PlumbArg adding_args[] = {LENGTH(2, "100", "steps"), SAMPLES, TABLE_ARGS};
static const PlumbArg early_args[] = {LENGTH(10, "100", "steps"), SAMPLES, TABLE_ARGS};

#define PROBLEM(title, table, text, expression, paper, sample)                                                         \
    const Source source_##title = {.entry = {.name = #title,                                                           \
                                             .kind = PLUMB_DATA,                                                       \
                                             .family = "long dependencies",                                            \
                                             .args = table,                                                            \
                                             .summary = text,                                                          \
                                             .formula = expression,                                                    \
                                             .source = paper,                                                          \
                                             .example = sample},                                                       \
                                   .load = load_##title};
PROBLEM(adding, adding_args, "the sum of the two numbers that are marked in a long sequence",
        "x[t] = (u, mark), u uniform in (0, 1), one mark in each half; y = the sum of the marked u; "
        "always saying 1 errs by 1/6 (mse)",
        "Hochreiter & Schmidhuber 1997, section 5.4; Arjovsky, Shah & Bengio 2016, section 4.2", "d = adding(200)")
PROBLEM(multiplication, early_args, "the product of the two numbers that are marked early in a long sequence",
        "x[t] = (u, mark), u uniform in (0, 1), marks in [0, T/10) and [T/10, T/2); y = the product of the marked u",
        "Hochreiter & Schmidhuber 1997, section 5.5; Pascanu, Mikolov & Bengio 2013, section 4",
        "d = multiplication(100)")
PROBLEM(long_xor, early_args, "do the two bits that are marked early in a long sequence differ?",
        "x[t] = (bit, mark), marks in [0, T/10) and [T/10, T/2); class = the marked bits' exclusive or",
        "Martens & Sutskever 2011, section 4; Pascanu, Mikolov & Bengio 2013, section 4", "d = long_xor(100)")

/* ---- temporal order ---------------------------------------------------------------------------------------------- */

enum { SYMBOLS = 6 /* X, Y, and four that mean nothing */ };

static void temporal_order_at(const Problem *problem, int64_t row, plumb_real *x, double *y) {
    int t = problem->time, tenth = t / 10;
    for (int i = 0; i < t; i++) {
        x[i * SYMBOLS + 2 + (int)below(problem, STREAM_VALUE, row * t + i, SYMBOLS - 2)] = 1;
    }
    y[0] = 0;
    for (int k = 0; k < 2; k++) {
        uint32_t stream = k ? STREAM_SECOND : STREAM_FIRST;
        int step = (k ? t / 2 : tenth) + (int)below(problem, stream, 2 * row, tenth);
        int symbol = (int)below(problem, stream, 2 * row + 1, 2);
        memset(x + step * SYMBOLS, 0, SYMBOLS * sizeof *x);
        x[step * SYMBOLS + symbol] = 1;
        y[0] = 2 * y[0] + symbol;
    }
}

static PlumbData *load_temporal_order(const PlumbCall *call, const PlumbFiles *files, uint64_t seed,
                                      PlumbError *error) {
    static const char *const names[] = {"XX", "XY", "YX", "YY"};
    (void)files;
    PlumbShape x = {2, {(int)plumb_call_number(call, "length"), SYMBOLS}};
    return generate(problem_of(call, seed, x, one), temporal_order_at, names, 4, error);
}

PROBLEM(temporal_order, early_args, "which two symbols came, and in which order, among many that mean nothing",
        "x[t] one of X Y a b c d as (T, 6) zeros and a one; X or Y at a step of [T/10, 2T/10) and of [T/2, 6T/10); "
        "class XX, XY, YX or YY",
        "Hochreiter & Schmidhuber 1997, section 5.6 (task 6a); Pascanu, Mikolov & Bengio 2013, section 4.1",
        "d = temporal_order(100)")

/* ---- copying ----------------------------------------------------------------------------------------------------- */

enum { LETTERS = 8, BLANK = LETTERS, START, CHARACTERS };

/* `length` letters, delay - 1 blanks, the sign to start, `length` blanks; wanted: blanks, then the letters again. */
static void copying_at(const Problem *problem, int64_t row, plumb_real *x, double *y) {
    int n = problem->length, t = problem->time;
    for (int i = 0; i < t; i++) {
        int letter = i < n ? (int)below(problem, STREAM_VALUE, row * n + i, LETTERS) : BLANK;
        x[i * CHARACTERS + (i == n + problem->delay - 1 ? START : letter)] = 1;
        y[i] = BLANK;
    }
    for (int i = 0; i < n; i++) {
        y[t - n + i] = (double)below(problem, STREAM_VALUE, row * n + i, LETTERS);
    }
}

static PlumbData *load_copying(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error) {
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "blank"};
    (void)files;
    int time = 2 * (int)plumb_call_number(call, "length") + (int)plumb_call_number(call, "delay");
    PlumbShape x = {2, {time, CHARACTERS}}, y = {1, {time}};
    return generate(problem_of(call, seed, x, y), copying_at, names, LETTERS + 1, error);
}

static const PlumbArg copying_args[] = {
    LENGTH(1, "10", "letters to remember"),
    {.name = "delay", .accepts = PLUMB_A_INT, .fallback = "100", .min = 1, .max = 1e6, .help = "steps to keep them"},
    SAMPLES,
    TABLE_ARGS};

PROBLEM(
    copying, copying_args, "letters, a long wait, then the same letters again: one class a step",
    "length of 8 letters, delay - 1 blanks, a start sign, length blanks, as (2 length + delay, 10) zeros and a one; "
    "wanted: length + delay blanks, then the letters",
    "Hochreiter & Schmidhuber 1997; Arjovsky, Shah & Bengio 2016, section 4.1", "d = copying(length=10, delay=100)")
