/* The columns of a CSV file: has it a header, which column is the label, which are inputs? */
#include "../core/number.h"
#include "csv.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

void csv_columns_free(CsvColumns *columns) {
    for (int i = 0; i < columns->count; i++) {
        free(columns->name[i]);
    }
    free(columns->name);
    free(columns->role);
    *columns = (CsvColumns){0};
}

/* A copy; the parser reuses its buffer. */
bool csv_columns_add(CsvColumns *columns, const char *name, size_t length) {
    if (columns->count == columns->room) {
        int room = columns->room ? 2 * columns->room : 64;
        char **more = realloc(columns->name, (size_t)room * sizeof *more);
        if (!more) {
            return false;
        }
        columns->name = more;
        columns->room = room;
    }
    char *copy = strndup(name ? name : "", length);
    columns->name[columns->count] = copy;
    columns->count += copy != NULL;
    return copy;
}

const char *csv_column_text(const CsvColumns *columns, int column, char text[80]) {
    char brief[CSV_BRIEF];
    if (columns->header) {
        snprintf(text, 80, "column \"%s\"", csv_brief(columns->name[column], strlen(columns->name[column]), brief));
    } else {
        snprintf(text, 80, "column %d", column);
    }
    return text;
}

static int find_name(const CsvColumns *columns, const char *name) {
    for (int i = 0; i < columns->count; i++) {
        if (!strcmp(columns->name[i], name)) {
            return i;
        }
    }
    return -1;
}

/* header=auto: a first row without a single number, or one that holds the label's name. */
static bool has_header(const CsvColumns *columns, const PlumbValue *header, const PlumbValue *label) {
    if (header->type == PLUMB_V_BOOL) {
        return header->boolean;
    }
    if (label->type == PLUMB_V_STRING && find_name(columns, label->string) >= 0) {
        return true;
    }
    for (int i = 0; i < columns->count; i++) {
        double number;
        size_t length = strlen(columns->name[i]);
        if (length && number_parse(columns->name[i], length, &number) == length) {
            return false;
        }
    }
    return true;
}

static bool column_name_at(const void *self, int index, char name[ERROR_WORD]) {
    const CsvColumns *columns = self;
    if (index >= columns->count) {
        return false;
    }
    snprintf(name, ERROR_WORD, "%s", columns->name[index]);
    return true;
}

/* With the names there are, or the numbers where the file has none. */
static bool no_column(const CsvColumns *columns, const PlumbValue *wanted, PlumbError *error) {
    char names[sizeof error->expected] = "", text[32], brief[CSV_BRIEF], nearest[ERROR_WORD];
    bool named = wanted->type == PLUMB_V_STRING;
    if (named) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "the file has no column \"%.60s\"", wanted->string);
    } else {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "the file has no column %s", number_text(wanted->number, text));
    }
    if (!named || !columns->header) {
        error_expected(error, "a number from 0 to %d", columns->count - 1);
        return named ? error_hint(error, "its first row is data, not names; header=true takes it as names") : false;
    }
    for (int i = 0, used = 0; i < columns->count && used < (int)sizeof names; i++) {
        used += snprintf(names + used, sizeof names - (size_t)used, "%s%s", i ? ", " : "",
                         csv_brief(columns->name[i], strlen(columns->name[i]), brief));
    }
    error_expected(error, "%s", names);
    if (error_nearest(wanted->string, column_name_at, columns, nearest)) {
        error_hint(error, "did you mean \"%s\"?", csv_brief(nearest, strlen(nearest), brief));
    }
    return false;
}

/* By name, or by number from 0; negative numbers count from the end. */
static int find_column(const CsvColumns *columns, const PlumbValue *wanted, PlumbError *error) {
    int index = -1;
    if (wanted->type == PLUMB_V_STRING) {
        index = columns->header ? find_name(columns, wanted->string) : -1;
    } else if (fabs(wanted->number) <= columns->count) {
        index = (int)wanted->number + (wanted->number < 0 ? columns->count : 0);
    }
    if (index < 0 || index >= columns->count) {
        no_column(columns, wanted, error);
        return -1;
    }
    return index;
}

/* A column has one role: twice the same input or a label as input is a mistake. */
static bool assign_input(CsvColumns *columns, const PlumbValue *wanted, PlumbError *error) {
    char text[80];
    int column = find_column(columns, wanted, error);
    if (column < 0) {
        return false;
    }
    if (columns->role[column] != CSV_SKIP) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "%s is asked for twice", csv_column_text(columns, column, text));
        return error_expected(error, "each column once, as label or as feature");
    }
    columns->role[column] = columns->inputs++;
    return true;
}

/* The features as listed, or all columns but the label. */
static bool assign_inputs(CsvColumns *columns, const PlumbValue *features, PlumbError *error) {
    if (features->type == PLUMB_V_LIST) {
        for (int i = 0; i < features->count; i++) {
            if (!assign_input(columns, &features->item[i], error)) {
                return false;
            }
        }
    } else if (features->type != PLUMB_V_NONE) {
        return assign_input(columns, features, error);
    } else {
        for (int i = 0; i < columns->count; i++) {
            columns->role[i] = columns->role[i] == CSV_SKIP ? columns->inputs++ : columns->role[i];
        }
    }
    return columns->inputs || plumb_fail(error, PLUMB_FORMAT_ERROR, "there is no column besides the label");
}

bool csv_columns_pick(CsvColumns *columns, const PlumbCall *call, const char *arg, PlumbError *error) {
    const PlumbValue *wanted = plumb_call_value(call, arg);
    columns->header = has_header(columns, plumb_call_value(call, "header"), wanted);
    columns->role = malloc(((size_t)columns->count + 1) * sizeof *columns->role);
    if (!columns->role) {
        return error_memory(error);
    }
    for (int i = 0; i < columns->count; i++) {
        columns->role[i] = CSV_SKIP;
    }
    int label = find_column(columns, wanted, error);
    if (label >= 0) {
        columns->role[label] = CSV_LABEL;
    }
    return label >= 0;
}

/* The label first: features=none means all that is left. */
bool csv_columns_assign(CsvColumns *columns, const PlumbCall *call, PlumbError *error) {
    return csv_columns_pick(columns, call, "label", error) &&
           assign_inputs(columns, plumb_call_value(call, "features"), error);
}
