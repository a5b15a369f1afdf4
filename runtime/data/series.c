/* The data source series: one column of a CSV file as windows, each to be continued. */
#include "csv.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Windows { /* row r: values r ... r + window - 1; target: value r + window - 1 + horizon */
    int64_t window, horizon, rows, test; /* test: the last rows */
} Windows;

static bool count_rows(const PlumbCall *call, int64_t values, Windows *w, PlumbError *error) {
    w->window = (int64_t)plumb_call_number(call, "window");
    w->horizon = (int64_t)plumb_call_number(call, "horizon");
    w->rows = values - w->window - w->horizon + 1;
    if (w->rows < 1) {
        plumb_fail(error, PLUMB_FORMAT_ERROR, "\"%.120s\" is too short", plumb_call_string(call, "path"));
        error_found(error, "%lld values", (long long)values);
        return error_expected(error, "at least %lld, window and horizon", (long long)(w->window + w->horizon));
    }
    w->test = llround((double)w->rows * plumb_call_number(call, "test"));
    w->test = w->test < w->rows ? w->test : w->rows - 1;
    return true;
}

/* value = (value - shift) / divisor, for inputs and targets alike: by the values that the train part knows. */
static void rescale(const PlumbCall *call, const Windows *w, double *value, int64_t values) {
    const PlumbValue *scale = plumb_call_value(call, "scale");
    int64_t known = w->rows - w->test + w->window + w->horizon - 1;
    double shift = 0, divisor = scale->type == PLUMB_V_NUMBER ? scale->number : 1;
    if (scale->type == PLUMB_V_WORD && !strcmp(scale->string, "standard")) {
        double squares = 0;
        for (int64_t i = 0; i < known; i++) {
            shift += value[i] / (double)known;
        }
        for (int64_t i = 0; i < known; i++) {
            squares += (value[i] - shift) * (value[i] - shift) / (double)known;
        }
        divisor = sqrt(squares);
    } else if (scale->type == PLUMB_V_WORD) {
        double high = value[0];
        shift = value[0];
        for (int64_t i = 1; i < known; i++) {
            shift = fmin(shift, value[i]);
            high = fmax(high, value[i]);
        }
        divisor = high - shift;
    }
    divisor = divisor <= 1e-12 * fabs(shift) ? 1 : divisor; /* a constant column becomes 0 */
    for (int64_t i = 0; i < values; i++) {
        value[i] = (value[i] - shift) / divisor;
    }
}

static bool cut_windows(const double *value, const Windows *w, Table *table, PlumbError *error) {
    *table = (Table){.x_shape = {2, {(int)w->window, 1}}, .y_shape = {1, {1}}, .scaled = true};
    if (!table_grow(table, w->rows, error)) {
        return false;
    }
    for (int64_t r = 0; r < w->rows; r++) {
        for (int64_t i = 0; i < w->window; i++) {
            table->x[r * w->window + i] = (plumb_real)value[r + i];
        }
        table->y[r] = value[r + w->window - 1 + w->horizon];
    }
    table->rows = w->rows;
    table->given_test = w->test;
    return true;
}

static PlumbData *load(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error) {
    Table column = {0}, table = {0};
    Windows windows = {0};
    bool done = csv_column(&column, call, "column", files, error) && count_rows(call, column.rows, &windows, error);
    if (done) {
        rescale(call, &windows, column.y, column.rows);
        done = cut_windows(column.y, &windows, &table, error);
    }
    table_free(&column);
    if (!done) {
        table_free(&table);
        return NULL;
    }
    return table_finish(&table, call, seed, error);
}

/* No shuffle and no limit: what is tested on comes later than what was learned, always. */
static const PlumbArg args[] = {
    {.name = "path", .accepts = PLUMB_A_STRING, .help = "the CSV file, one row a time; .gz is unpacked on the way"},
    {.name = "column",
     .accepts = PLUMB_A_STRING | PLUMB_A_INT,
     .fallback = "-1",
     .help = "the column to predict: its name, or its number from 0; -1 is the last"},
    {.name = "window", .accepts = PLUMB_A_INT, .fallback = "16", .min = 1, .max = 1e6, .help = "values that are seen"},
    {.name = "horizon",
     .accepts = PLUMB_A_INT,
     .fallback = "1",
     .min = 1,
     .max = 1e6,
     .help = "how far ahead the value to tell lies; 1: the next"},
    CSV_ARGS,
    {.name = "test",
     .accepts = PLUMB_A_NUMBER,
     .fallback = "0.2",
     .max = 0.9,
     .help = "share of the rows, the last in time"},
    {.name = "scale",
     .accepts = PLUMB_A_NUMBER | PLUMB_A_WORD | PLUMB_A_NONE,
     .words = "minmax standard",
     .fallback = "none",
     .min = 1e-30,
     .max = 1e30,
     .help = "divide all values by a number; or scale them by range, or mean and deviation, of the train part"},
    {.name = NULL}};

const Source source_series = {
    .entry = {.name = "series",
              .kind = PLUMB_DATA,
              .family = "files",
              .args = args,
              .summary =
                  "a CSV column as windows, each with a value further on to tell; tested on the last share in time",
              .formula = "x = v[r] ... v[r + window - 1] as (window, 1), y = v[r + window - 1 + horizon]",
              .source = "Box & Jenkins 1970",
              .example = "d = series(\"sunspots.csv\", column=\"count\", window=24, scale=standard)"},
    .load = load,
};
