/* The history of a training: its figures by name, and as a file of numbers. */
#include "epochs.h"
#include "../core/error.h"
#include "../core/number.h"
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum ColumnType { COLUMN_INT, COLUMN_INT64, COLUMN_DOUBLE } ColumnType;

#define COLUMN(name, type)                                                                                             \
    { #name, type, offsetof(PlumbEpoch, name) }
static const struct {
    const char *name;
    ColumnType type;
    size_t offset;
} columns[] = {
    COLUMN(epoch, COLUMN_INT),         COLUMN(step, COLUMN_INT64),       COLUMN(loss, COLUMN_DOUBLE),
    COLUMN(test_loss, COLUMN_DOUBLE),  COLUMN(metric, COLUMN_DOUBLE),    COLUMN(test_metric, COLUMN_DOUBLE),
    COLUMN(grad_first, COLUMN_DOUBLE), COLUMN(grad_last, COLUMN_DOUBLE), COLUMN(update_ratio, COLUMN_DOUBLE),
    COLUMN(seconds, COLUMN_DOUBLE),
};
_Static_assert(sizeof columns / sizeof *columns == EPOCH_COLUMNS, "as many as epochs.h says");

const char *plumb_epoch_column(int column) {
    return column >= 0 && column < EPOCH_COLUMNS ? columns[column].name : NULL;
}

double plumb_epoch_figure(const PlumbEpoch *epoch, int column) {
    const void *at = (const char *)epoch + columns[column].offset;
    return columns[column].type == COLUMN_INT     ? *(const int *)at
           : columns[column].type == COLUMN_INT64 ? (double)*(const int64_t *)at
                                                  : *(const double *)at;
}

bool epoch_take(PlumbEpoch *epoch, int column, double figure) {
    void *at = (char *)epoch + columns[column].offset;
    bool whole = figure == floor(figure) && figure >= 0 && figure < 0x1p53;
    switch (columns[column].type) {
    case COLUMN_INT:
        *(int *)at = whole && figure < 0x1p31 ? (int)figure : 0;
        return whole && figure < 0x1p31;
    case COLUMN_INT64:
        *(int64_t *)at = whole ? (int64_t)figure : 0;
        return whole;
    default:
        *(double *)at = figure;
        return true;
    }
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

/* RFC 4180; what is not finite is left empty, as readers of tables take it. NULL: no memory. */
static char *csv_text(const PlumbEpoch *epochs, int count, size_t *size) {
    char *text = NULL, number[32];
    FILE *out = open_memstream(&text, size);
    if (!out) {
        return NULL;
    }
    for (int c = 0; c < EPOCH_COLUMNS; c++) {
        fprintf(out, "%s%s", c ? "," : "", columns[c].name);
    }
    for (int i = 0; i < count; i++) {
        fputs("\r\n", out);
        for (int c = 0; c < EPOCH_COLUMNS; c++) {
            double figure = plumb_epoch_figure(&epochs[i], c);
            fprintf(out, "%s%s", c ? "," : "", isfinite(figure) ? number_text(figure, number) : "");
        }
    }
    fputs("\r\n", out);
    bool done = !ferror(out);
    if (fclose(out) != 0 || !done) {
        free(text);
        return NULL;
    }
    return text;
}

static json_t *epoch_json(const PlumbEpoch *epoch) {
    json_t *object = json_object();
    for (int c = 0; object && c < EPOCH_COLUMNS; c++) {
        double figure = plumb_epoch_figure(epoch, c);
        json_t *value = !isfinite(figure)                  ? json_null()
                        : columns[c].type == COLUMN_DOUBLE ? json_real(figure)
                                                           : json_integer((json_int_t)figure);
        if (json_object_set_new(object, columns[c].name, value) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

/* A list of objects, one an epoch. NULL: no memory. */
static char *json_text(const PlumbEpoch *epochs, int count, size_t *size) {
    json_t *list = json_array();
    bool done = list;
    for (int i = 0; done && i < count; i++) {
        done = json_array_append_new(list, epoch_json(&epochs[i])) == 0;
    }
    char *text = done ? json_dumps(list, JSON_INDENT(2)) : NULL;
    json_decref(list);
    *size = text ? strlen(text) : 0;
    return text;
}

bool plumb_history_save(const PlumbEpoch *epochs, int count, const char *path, const PlumbFiles *files,
                        PlumbError *error) {
    size_t length = strlen(path), size = 0;
    bool json = length > 5 && !strcmp(path + length - 5, ".json");
    char *text = json ? json_text(epochs, count, &size) : csv_text(epochs, count, &size);
    bool done = text ? plumb_file_save(path, text, size, files, error) : error_memory(error);
    free(text);
    return done;
}
