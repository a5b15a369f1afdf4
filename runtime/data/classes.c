/* Classes or numbers? And the codes of classes: 0, 1 ... in the order of the labels. */
#include "../core/number.h"
#include "table.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { AUTO_MOST = 100 /* different whole numbers that still count as classes */, CLASSES_MOST = 1 << 20 };

static int compare_numbers(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The different labels in order, malloc'd; NULL: no memory. */
static double *distinct(const Table *table, int64_t *count) {
    int64_t total = table->rows * plumb_shape_size(table->y_shape);
    double *value = malloc((size_t)total * sizeof *value);
    if (!value) {
        return NULL;
    }
    memcpy(value, table->y, (size_t)total * sizeof *value);
    qsort(value, (size_t)total, sizeof *value, compare_numbers);
    *count = 0;
    for (int64_t i = 0; i < total; i++) {
        if (i == 0 || value[i] != value[*count - 1]) {
            value[(*count)++] = value[i];
        }
    }
    return value;
}

static bool all_whole(const double *value, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        if (value[i] != floor(value[i])) {
            return false;
        }
    }
    return true;
}

/* task=auto for numbers: the rule that the argument's help states. */
static bool look_like_classes(const Table *table, const double *value, int64_t count) {
    int64_t labels = table->rows * plumb_shape_size(table->y_shape);
    return all_whole(value, count) && count <= AUTO_MOST && (count <= 2 || count * 2 <= labels);
}

/* Names the first label that is not, and the way out. */
static bool not_whole(const Table *table, PlumbError *error) {
    int64_t i = 0, size = plumb_shape_size(table->y_shape);
    char text[32];
    while (table->y[i] == floor(table->y[i])) {
        i++;
    }
    plumb_fail(error, PLUMB_FORMAT_ERROR, "the label of row %lld is no class", (long long)(i / size + 1));
    error_found(error, "%s", number_text(table->y[i], text));
    error_expected(error, "whole numbers or text");
    return error_hint(error, "task=regress takes any numbers");
}

/* The classes are called as their numbers are written. */
static bool name_classes(Table *table, const double *value, int count) {
    char text[32];
    table->class_name = calloc((size_t)count, sizeof *table->class_name);
    table->classes = table->class_name ? count : 0;
    for (int i = 0; i < table->classes; i++) {
        table->class_name[i] = strdup(number_text(value[i], text));
        if (!table->class_name[i]) {
            return false;
        }
    }
    return table->class_name;
}

/* Codes are places in the ordered list of different labels. */
static bool code_numbers(Table *table, const double *value, int64_t count, PlumbError *error) {
    if (!all_whole(value, count)) {
        return not_whole(table, error);
    }
    if (count > CLASSES_MOST) {
        plumb_fail(error, PLUMB_FORMAT_ERROR, "the labels are too many classes");
        error_found(error, "%lld different labels", (long long)count);
        return error_expected(error, "at most %d", CLASSES_MOST);
    }
    if (!name_classes(table, value, (int)count)) {
        return error_memory(error);
    }
    for (int64_t i = 0; i < table->rows * plumb_shape_size(table->y_shape); i++) {
        const double *found = bsearch(&table->y[i], value, (size_t)count, sizeof *value, compare_numbers);
        table->y[i] = (double)(found - value);
    }
    return true;
}

/* With a single class every net is right at once: the wrong column, most likely. */
static bool at_least_two(const Table *table, PlumbError *error) {
    if (table->classes >= 2) {
        return true;
    }
    plumb_fail(error, PLUMB_FORMAT_ERROR, "all rows are of one class");
    error_found(error, "%.60s", table->class_name[0]);
    return error_expected(error, "at least two classes");
}

/* Text labels were coded while they were read. A source without the argument `task` has numbers. */
bool classes_find(Table *table, const PlumbCall *call, bool *classify, PlumbError *error) {
    const char *task = plumb_call_string(call, "task");
    bool regress = !task || !strcmp(task, "regress"), text = table->class_name;
    *classify = !regress;
    if (text || regress) {
        return regress || at_least_two(table, error);
    }
    int64_t count;
    double *value = distinct(table, &count);
    if (!value) {
        return error_memory(error);
    }
    *classify = !strcmp(task, "classify") || look_like_classes(table, value, count);
    bool done = !*classify || (code_numbers(table, value, count, error) && at_least_two(table, error));
    free(value);
    return done;
}
