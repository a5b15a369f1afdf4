/* From a table to a data set: limit, classes, split, scale. */
#include "table.h"
#include "augment.h"
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define VALUES_MOST ((int64_t)1 << 33) /* inputs and labels of a table: 32 GiB and more */

bool table_name_classes(Table *table, const char *const *name, int count, PlumbError *error) {
    table->class_name = calloc((size_t)count, sizeof *table->class_name);
    if (!table->class_name) {
        return error_memory(error);
    }
    while (table->classes < count) {
        table->class_name[table->classes] = strdup(name[table->classes]);
        if (!table->class_name[table->classes++]) {
            return error_memory(error);
        }
    }
    return true;
}

void table_free(Table *table) {
    for (int i = 0; table->class_name && i < table->classes; i++) {
        free(table->class_name[i]);
    }
    free(table->class_name);
    free(table->x);
    free(table->y);
    *table = (Table){0};
}

/* ---- arrays as rows --------------------------------------------------------------------------------------- */

/* The first axis counts rows; an array of one axis has one value a row. */
static bool row_shape(const Array *array, const char *path, PlumbShape *shape, PlumbError *error) {
    *shape = (PlumbShape){.rank = array->rank > 1 ? array->rank - 1 : 1, .dim = {1}};
    if (array->rank < 1 || shape->rank > PLUMB_RANK_MAX) {
        plumb_fail(error, PLUMB_SHAPE_ERROR, "an array of \"%.120s\" has %d axes", path, array->rank);
        return error_expected(error, "rows and 0 to %d axes more", PLUMB_RANK_MAX);
    }
    for (int i = 1; i < array->rank; i++) {
        if (array->dim[i] < 1 || array->dim[i] > INT_MAX) {
            return plumb_fail(error, PLUMB_SHAPE_ERROR, "an array of \"%.120s\" has an axis of size %lld", path,
                              (long long)array->dim[i]);
        }
        shape->dim[i - 1] = (int)array->dim[i];
    }
    return true;
}

/* The first rows decide; later ones must be alike. */
static bool same_rows(const Table *table, PlumbShape x, PlumbShape y, const char *path, PlumbError *error) {
    char found[64], expected[64];
    bool x_fits = plumb_shape_equal(x, table->x_shape);
    if (table->rows == 0 || (x_fits && plumb_shape_equal(y, table->y_shape))) {
        return true;
    }
    plumb_fail(error, PLUMB_SHAPE_ERROR, "the rows of \"%.120s\" do not fit those of the train part", path);
    error_found(error, "%s", plumb_shape_text(x_fits ? y : x, found));
    return error_expected(error, "%s", plumb_shape_text(x_fits ? table->y_shape : table->x_shape, expected));
}

/* A large array that is written once costs less in large pages; refused, small ones do. */
static void ask_large_pages(void *memory, size_t bytes) {
#ifdef MADV_HUGEPAGE
    const uintptr_t page = 1 << 21, begin = ((uintptr_t)memory + page - 1) / page * page,
                    end = (uintptr_t)memory + bytes;
    if (memory && begin < end) {
        madvise((void *)begin, end - begin, MADV_HUGEPAGE);
    }
#else
    (void)memory, (void)bytes;
#endif
}

/* Where one of the two fails the table is still whole: it only has more room. */
bool table_grow(Table *table, int64_t rows, PlumbError *error) {
    size_t total = (size_t)(table->rows + rows);
    int64_t row = plumb_shape_size(table->x_shape) + plumb_shape_size(table->y_shape);
    if (table->rows + rows > VALUES_MOST / row) {
        plumb_fail(error, PLUMB_UNSUPPORTED, "the data is too large");
        error_found(error, "%lld rows of %lld values", (long long)(table->rows + rows), (long long)row);
        return error_expected(error, "at most %lld values", (long long)VALUES_MOST);
    }
    size_t x_bytes = total * (size_t)plumb_shape_size(table->x_shape) * sizeof(plumb_real);
    plumb_real *x = realloc(table->x, x_bytes);
    ask_large_pages(x, x_bytes);
    table->x = x ? x : table->x;
    double *y = realloc(table->y, total * (size_t)plumb_shape_size(table->y_shape) * sizeof *y);
    table->y = y ? y : table->y;
    return (x && y) || error_memory(error);
}

bool table_append(Table *table, const Array *x, const Array *y, const char *path, PlumbError *error) {
    PlumbShape x_shape, y_shape;
    if (!row_shape(x, path, &x_shape, error) || !row_shape(y, path, &y_shape, error) ||
        !same_rows(table, x_shape, y_shape, path, error)) {
        return false;
    }
    int64_t rows = x->dim[0];
    if (rows != y->dim[0]) {
        plumb_fail(error, PLUMB_SHAPE_ERROR, "inputs and labels have different numbers of rows");
        error_found(error, "%lld inputs, %lld labels", (long long)rows, (long long)y->dim[0]);
        return error_expected(error, "one label for each input");
    }
    if (rows == 0) {
        return plumb_fail(error, PLUMB_FORMAT_ERROR, "\"%.120s\" has no rows", path);
    }
    table->x_shape = x_shape;
    table->y_shape = y_shape;
    if (!table_grow(table, rows, error)) {
        return false;
    }
    array_reals(x, table->x + table->rows * plumb_shape_size(x_shape));
    array_numbers(y, 0, y->count, table->y + table->rows * plumb_shape_size(y_shape));
    table->rows += rows;
    return true;
}

/* ---- checks ----------------------------------------------------------------------------------------------- */

/* A product with 0 is 0, or NaN. */
static bool all_finite(const plumb_real *x, int64_t count) {
    plumb_real sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int64_t i = 0; i < count; i++) {
        sum += x[i] * 0;
    }
    return sum == 0;
}

/* One NaN would spoil every weight in the first step. */
static bool check_finite(const Table *table, PlumbError *error) {
    int64_t x_size = plumb_shape_size(table->x_shape), y_size = plumb_shape_size(table->y_shape);
    int64_t inputs = all_finite(table->x, table->rows * x_size) ? 0 : table->rows * x_size;
    for (int64_t i = 0; i < inputs; i++) {
        if (!isfinite(table->x[i])) {
            plumb_fail(error, PLUMB_NUMBER_ERROR, "input %lld of row %lld is not finite", (long long)(i % x_size + 1),
                       (long long)(i / x_size + 1));
            return error_found(error, "%g", (double)table->x[i]);
        }
    }
    for (int64_t i = 0; i < table->rows * y_size; i++) {
        if (!isfinite((plumb_real)table->y[i])) {
            plumb_fail(error, PLUMB_NUMBER_ERROR, "the label of row %lld is not finite", (long long)(i / y_size + 1));
            return error_found(error, "%g", table->y[i]);
        }
    }
    return true;
}

/* Rows are numbered in 32 bits by the shuffle. */
static bool check_rows(const Table *table, PlumbError *error) {
    if (table->rows - table->given_test < 1) {
        return plumb_fail(error, PLUMB_FORMAT_ERROR, "the data has no rows");
    }
    if (table->rows > UINT32_MAX) {
        return plumb_fail(error, PLUMB_UNSUPPORTED, "more than %u rows cannot be used", UINT32_MAX);
    }
    return true;
}

/* ---- the parts -------------------------------------------------------------------------------------------- */

/* Copies the rows that order[0..rows) names. */
static bool gather(const Table *table, const PlumbData *data, const uint32_t *order, int64_t rows, PlumbPart *part) {
    size_t x_size = (size_t)plumb_shape_size(table->x_shape), y_size = (size_t)plumb_shape_size(table->y_shape);
    if (rows == 0) {
        return true;
    }
    part->rows = rows;
    part->x = malloc((size_t)rows * x_size * sizeof *part->x);
    ask_large_pages(part->x, (size_t)rows * x_size * sizeof *part->x);
    part->y = data->classify ? NULL : malloc((size_t)rows * y_size * sizeof *part->y);
    part->label = data->classify ? malloc((size_t)rows * y_size * sizeof *part->label) : NULL;
    if (!part->x || !(part->y || part->label)) {
        return false;
    }
    for (size_t row = 0; row < (size_t)rows; row++) {
        const double *y = table->y + order[row] * y_size;
        memcpy(part->x + row * x_size, table->x + order[row] * x_size, x_size * sizeof *part->x);
        for (size_t i = 0; i < y_size; i++) {
            if (part->label) {
                part->label[row * y_size + i] = (int32_t)y[i];
            } else {
                part->y[row * y_size + i] = (plumb_real)y[i];
            }
        }
    }
    return true;
}

/* x = (x - shift[i]) / divisor[i] for input i of every row. */
static void rescale(PlumbPart *part, size_t size, const double *shift, const double *divisor) {
    for (size_t row = 0; row < (size_t)part->rows; row++) {
        plumb_real *x = part->x + row * size;
#pragma omp simd
        for (size_t i = 0; i < size; i++) {
            x[i] = (plumb_real)((x[i] - shift[i]) / divisor[i]);
        }
    }
}

/* Mean and standard deviation of each input, in two passes. */
static void standard_scale(const PlumbPart *part, size_t size, double *shift, double *divisor) {
    double rows = (double)part->rows;
    const plumb_real *end = part->x + (size_t)part->rows * size;
    for (const plumb_real *x = part->x; x < end; x += size) {
        for (size_t i = 0; i < size; i++) {
            shift[i] += x[i] / rows;
        }
    }
    for (const plumb_real *x = part->x; x < end; x += size) {
        for (size_t i = 0; i < size; i++) {
            divisor[i] += (x[i] - shift[i]) * (x[i] - shift[i]) / rows;
        }
    }
    for (size_t i = 0; i < size; i++) {
        divisor[i] = sqrt(divisor[i]);
    }
}

static void minmax_scale(const PlumbPart *part, size_t size, double *shift, double *divisor) {
    for (size_t i = 0; i < size; i++) {
        double low = part->x[i], high = low;
        for (size_t row = 1; row < (size_t)part->rows; row++) {
            double x = part->x[row * size + i];
            low = fmin(low, x);
            high = fmax(high, x);
        }
        shift[i] = low;
        divisor[i] = high - low;
    }
}

/* The statistics are the train part's: nothing of the test part may leak into the inputs. */
static bool scale_parts(PlumbData *data, const Table *table, const PlumbCall *call) {
    const PlumbValue *scale = plumb_call_value(call, "scale");
    size_t size = (size_t)plumb_shape_size(data->x_shape);
    if (table->scaled || !scale || scale->type == PLUMB_V_NONE) {
        return true;
    }
    double *shift = calloc(2 * size, sizeof *shift), *divisor = shift + size;
    if (!shift) {
        return false;
    }
    if (scale->type == PLUMB_V_WORD && !strcmp(scale->string, "standard")) {
        standard_scale(&data->train, size, shift, divisor);
    } else if (scale->type == PLUMB_V_WORD) {
        minmax_scale(&data->train, size, shift, divisor);
    }
    for (size_t i = 0; i < size; i++) {
        bool constant = divisor[i] <= 1e-12 * fabs(shift[i]); /* becomes 0, whatever it was */
        divisor[i] = scale->type == PLUMB_V_NUMBER ? scale->number : constant ? 1 : divisor[i];
    }
    rescale(&data->train, size, shift, divisor);
    rescale(&data->test, size, shift, divisor);
    free(shift);
    return true;
}

/* Train rows first in `order`, test rows behind them. */
static bool make_parts(PlumbData *data, const Table *table, const PlumbCall *call, uint64_t seed) {
    uint32_t *order = malloc((size_t)table->rows * sizeof *order);
    if (!order) {
        return false;
    }
    int64_t rows, train = split_rows(table, call, seed, order, &rows);
    bool done = train > 0 && gather(table, data, order, train, &data->train) &&
                gather(table, data, order + train, rows - train, &data->test) && scale_parts(data, table, call);
    free(order);
    return done;
}

/* A data set of the table's description, without rows; takes over the names of classes. */
static PlumbData *data_new(Table *table, bool classify, const PlumbCall *call) {
    PlumbData *data = calloc(1, sizeof *data);
    if (!data) {
        return NULL;
    }
    *data = (PlumbData){.name = plumb_call_text(call), .x_shape = table->x_shape, .classify = classify};
    if (classify) {
        data->label_count = (int)plumb_shape_size(table->y_shape);
        data->classes = table->classes;
        data->class_name = table->class_name;
        table->class_name = NULL;
    } else {
        data->y_shape = table->y_shape;
    }
    return data;
}

/* The one way from a source to a data set. */
PlumbData *table_finish(Table *table, const PlumbCall *call, uint64_t seed, PlumbError *error) {
    bool classify = false;
    PlumbData *data = NULL;
    if (check_rows(table, error) && check_finite(table, error) && classes_find(table, call, &classify, error)) {
        data = data_new(table, classify, call);
        bool made = (data && data->name && make_parts(data, table, call, seed)) || error_memory(error);
        if (!made || !augment_read(data, call, error)) {
            plumb_data_free(data);
            data = NULL;
        }
    }
    table_free(table);
    return data;
}

/* ---- the data set ----------------------------------------------------------------------------------------- */

PlumbData *plumb_data_load(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error) {
    if (call->entry->kind != PLUMB_DATA) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "%s is no source of data", call->entry->name);
        return NULL;
    }
    return ((const Source *)call->entry)->load(call, files, seed, error);
}

static void part_free(PlumbPart *part) {
    free(part->x);
    free(part->y);
    free(part->label);
}

void plumb_data_free(PlumbData *data) {
    if (!data) {
        return;
    }
    for (int i = 0; data->class_name && i < data->classes; i++) {
        free(data->class_name[i]);
    }
    free(data->class_name);
    free(data->augment);
    free(data->name);
    part_free(&data->train);
    part_free(&data->test);
    free(data);
}
