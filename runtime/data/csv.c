/* The data source csv: rows of numbers and one label, straight into a table. */
#include "csv.h"
#include "../core/number.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MIXED_MOST = 100 /* classes among which numbers and text may be mixed */ };

typedef struct Rows { /* one pass over the file */
    const PlumbCall *call;
    const char *alone; /* the argument that names the only column wanted; NULL: label and inputs */
    CsvColumns columns;
    Table *table;
    int64_t room;     /* rows there is memory for */
    int column;       /* the next field's */
    bool started;     /* the first row has been read */
    bool text_labels; /* labels are text: code them */
    bool wants_text;  /* one is: read again with text_labels */
    Label *labels;
    char odd[160]; /* the first label that is no number, and its place */
    PlumbError *error;
} Rows;

/* ---- fields ----------------------------------------------------------------------------------------------- */

/* What spreadsheets and R write where nothing is known. */
static bool is_missing(const char *text, size_t length) {
    static const char *const words[] = {"", "NA", "N/A", "?", "null", "NULL", "None", "-"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i]) == length && !memcmp(words[i], text, length)) {
            return true;
        }
    }
    return false;
}

/* `row 12, column "age"`; rows count from 1, without the header. */
static const char *place_text(const Rows *rows, char place[128]) {
    char column[80];
    snprintf(place, 128, "row %lld, %s", (long long)rows->table->rows + 1,
             csv_column_text(&rows->columns, rows->column, column));
    return place;
}

/* One of three mistakes: nothing there, no finite number, no number at all. */
static bool bad_number(Rows *rows, const char *text, size_t length, double value) {
    char place[128], brief[CSV_BRIEF];
    place_text(rows, place);
    if (is_missing(text, length)) {
        plumb_fail(rows->error, PLUMB_FORMAT_ERROR, "%s: a value is missing", place);
        error_hint(rows->error, "fill it or delete the row in the file");
    } else if (!isfinite((plumb_real)value)) {
        plumb_fail(rows->error, PLUMB_NUMBER_ERROR, "%s: the value is not finite", place);
    } else {
        plumb_fail(rows->error, PLUMB_FORMAT_ERROR, "%s is text where a number is needed", place);
        error_hint(rows->error, "%s names the column%s to use", rows->alone ? rows->alone : "features=[...]",
                   rows->alone ? "" : "s");
    }
    error_found(rows->error, "\"%s\"", csv_brief(text, length, brief));
    return error_expected(rows->error, "a number");
}

/* The whole field must be a number, and finite as a plumb_real. */
static bool read_number(const char *text, size_t length, double *value) {
    *value = 0;
    return length && number_parse(text, length, value) == length && isfinite((plumb_real)*value);
}

static bool input_field(Rows *rows, int input, const char *text, size_t length) {
    double value;
    if (!read_number(text, length, &value)) {
        return bad_number(rows, text, length, value);
    }
    rows->table->x[rows->table->rows * rows->columns.inputs + input] = (plumb_real)value;
    return true;
}

/* Notes the first label that is no number, and stops the pass to begin again with text labels. */
static bool label_is_text(Rows *rows, const char *text, size_t length) {
    char place[128], brief[CSV_BRIEF];
    rows->wants_text = true;
    snprintf(rows->odd, sizeof rows->odd, "\"%s\" at %s", csv_brief(text, length, brief), place_text(rows, place));
    return false;
}

/* In a pass for text labels every label is a name, numbers too. */
static bool label_field(Rows *rows, const char *text, size_t length) {
    double value = 0;
    if (rows->text_labels && !is_missing(text, length)) {
        int code = labels_code(&rows->labels, text, length);
        rows->table->y[rows->table->rows] = code;
        return code >= 0 || error_memory(rows->error);
    }
    if (read_number(text, length, &value)) {
        rows->table->y[rows->table->rows] = value;
        return true;
    }
    bool regress = rows->alone || !strcmp(plumb_call_string(rows->call, "task"), "regress");
    bool text_label = !regress && isfinite((plumb_real)value) && !is_missing(text, length);
    return text_label ? label_is_text(rows, text, length) : bad_number(rows, text, length, value);
}

/* Doubles the room for inputs and labels. */
static bool reserve_row(Rows *rows) {
    Table *table = rows->table;
    if (table->rows < rows->room) {
        return true;
    }
    rows->room = rows->room ? 2 * rows->room : 1024;
    size_t inputs = rows->columns.inputs ? (size_t)rows->columns.inputs : 1;
    plumb_real *x = realloc(table->x, (size_t)rows->room * inputs * sizeof *x);
    table->x = x ? x : table->x;
    double *y = realloc(table->y, (size_t)rows->room * sizeof *y);
    table->y = y ? y : table->y;
    return (x && y) || error_memory(rows->error);
}

/* The first row is kept as it is until all of it is known. */
static bool on_field(void *self, const char *text, size_t length) {
    Rows *rows = self;
    if (!rows->started) {
        return csv_columns_add(&rows->columns, text, length) || error_memory(rows->error);
    }
    if (rows->column >= rows->columns.count) {
        rows->column++; /* counted for the message at the row's end */
        return true;
    }
    if (rows->column == 0 && !reserve_row(rows)) {
        return false;
    }
    int role = rows->columns.role[rows->column];
    bool done = role == CSV_SKIP    ? true
                : role == CSV_LABEL ? label_field(rows, text, length)
                                    : input_field(rows, role, text, length);
    rows->column++;
    return done;
}

static bool on_row(void *self);

/* The first row decides about the columns; without a header it is data as well. */
static bool first_row(Rows *rows) {
    CsvColumns *columns = &rows->columns;
    if (!(rows->alone ? csv_columns_pick(columns, rows->call, rows->alone, rows->error)
                      : csv_columns_assign(columns, rows->call, rows->error))) {
        return false;
    }
    rows->started = true;
    for (int i = 0; !columns->header && i < columns->count; i++) {
        if (!on_field(rows, columns->name[i], strlen(columns->name[i]))) {
            return false;
        }
    }
    return columns->header || on_row(rows);
}

/* Every row must have as many fields as the first. */
static bool on_row(void *self) {
    Rows *rows = self;
    if (!rows->started) {
        return first_row(rows);
    }
    if (rows->column != rows->columns.count) {
        plumb_fail(rows->error, PLUMB_FORMAT_ERROR, "row %lld has %s fields", (long long)rows->table->rows + 1,
                   rows->column < rows->columns.count ? "too few" : "too many");
        error_found(rows->error, "%d", rows->column);
        return error_expected(rows->error, "%d, as in the first row", rows->columns.count);
    }
    rows->column = 0;
    rows->table->rows++;
    return true;
}

/* ---- the source ------------------------------------------------------------------------------------------- */

/* NUL: look at the file. */
static bool separator_of(const PlumbCall *call, char *separator, PlumbError *error) {
    const PlumbValue *value = plumb_call_value(call, "sep");
    *separator = '\0';
    if (value->type == PLUMB_V_WORD) {
        return true;
    }
    *separator = value->string[0];
    if (strlen(value->string) != 1 || strchr("\"\r\n", *separator)) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "sep of %s must be one character", call->entry->name);
        return error_expected(error, "\",\", \";\", \"\\t\", \"|\" or another character");
    }
    return true;
}

/* Numbers with one odd label among them are a mistake in the file rather than classes. */
static bool check_labels(const Rows *rows, const char *odd) {
    bool mixed = !strstr(odd, " at row 1,");
    if (!mixed || (rows->table->classes <= MIXED_MOST && rows->table->classes * 2 <= rows->table->rows)) {
        return true;
    }
    plumb_fail(rows->error, PLUMB_FORMAT_ERROR, "the labels are numbers up to %s", odd);
    return error_expected(rows->error, "numbers only, or the names of a few classes");
}

/* One pass over the file into the table. */
static bool read_rows(Rows *rows, const PlumbFiles *files, char separator) {
    CsvReader reader = {rows, on_field, on_row};
    bool done = csv_records(plumb_call_string(rows->call, "path"), separator, &reader, files, rows->error);
    if (done && rows->table->rows == 0) {
        done = plumb_fail(rows->error, PLUMB_FORMAT_ERROR, "\"%.120s\" has no rows of data",
                          plumb_call_string(rows->call, "path"));
    }
    if (done && rows->text_labels) {
        done = labels_finish(&rows->labels, rows->table) || error_memory(rows->error);
    }
    rows->table->x_shape = rows->table->y_shape = (PlumbShape){1, {1}};
    rows->table->x_shape.dim[0] = rows->columns.inputs;
    labels_free(&rows->labels);
    csv_columns_free(&rows->columns);
    return done;
}

bool csv_column(Table *table, const PlumbCall *call, const char *arg, const PlumbFiles *files, PlumbError *error) {
    Rows rows = {.call = call, .alone = arg, .table = table, .error = error};
    char separator;
    return separator_of(call, &separator, error) && read_rows(&rows, files, separator);
}

/* Labels are taken for numbers until one is not: then the file is read again, as names. */
static PlumbData *load(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error) {
    Table table = {0};
    Rows rows = {.call = call, .table = &table, .error = error};
    char separator;
    bool done = separator_of(call, &separator, error) && read_rows(&rows, files, separator);
    if (rows.wants_text) {
        table_free(&table);
        Rows again = {.call = call, .table = &table, .text_labels = true, .error = error};
        done = read_rows(&again, files, separator) && check_labels(&again, rows.odd);
    }
    if (!done) {
        table_free(&table);
        return NULL;
    }
    return table_finish(&table, call, seed, error);
}

static const PlumbArg args[] = {
    {.name = "path", .accepts = PLUMB_A_STRING, .help = "the file; .gz is unpacked on the way"},
    {.name = "label",
     .accepts = PLUMB_A_STRING | PLUMB_A_INT,
     .fallback = "-1",
     .help = "the column to predict: its name, or its number from 0; -1 is the last"},
    {.name = "features",
     .accepts = PLUMB_A_LIST | PLUMB_A_STRING | PLUMB_A_INT | PLUMB_A_NONE,
     .fallback = "none",
     .help = "the columns to use as inputs; none: all but the label"},
    CSV_ARGS,
    TABLE_ARGS};

const Source source_csv = {
    .entry = {.name = "csv",
              .kind = PLUMB_DATA,
              .family = "files",
              .args = args,
              .summary = "rows of a CSV file, one column of them the label; text labels become classes",
              .formula = "one row a record: inputs x, label y",
              .source = "RFC 4180",
              .example = "digits = csv(\"digits.csv\", label=\"digit\", scale=16, test=0.2)"},
    .load = load,
};
