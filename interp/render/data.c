/* What a data set holds. */
#include "number.h"
#include "pictures.h"
#include <math.h>
#include <string.h>

enum { CLASSES_SHOWN = 30 };

DataRange data_range(const plumb_real *value, int64_t count) {
    DataRange range = {.min = NAN, .max = NAN, .mean = NAN, .std = NAN};
    double sum = 0, squares = 0;
    int64_t finite = 0;
    for (int64_t i = 0; i < count; i++) {
        if (isfinite(value[i])) {
            range.min = fmin(range.min, (double)value[i]); /* of a number and NaN it is the number */
            range.max = fmax(range.max, (double)value[i]);
            sum += (double)value[i];
            finite++;
        }
    }
    range.nonfinite = count - finite;
    if (!finite) {
        return range;
    }
    range.mean = sum / (double)finite;
    for (int64_t i = 0; i < count; i++) {
        double distance = isfinite(value[i]) ? (double)value[i] - range.mean : 0;
        squares += distance * distance;
    }
    range.std = sqrt(squares / (double)finite);
    return range;
}

int64_t data_class_rows(const PlumbPart *part, int label, int label_count) {
    int64_t rows = 0;
    for (int64_t i = 0; i < part->rows; i++) {
        rows += part->label[i * label_count] == label;
    }
    return rows;
}

static void add_range(Grid *grid, const char *what, const plumb_real *value, int64_t count) {
    DataRange range = data_range(value, count);
    char text[32];
    grid_row(grid);
    grid_cell(grid, STATE_PLAIN, "%s", what);
    const double figure[] = {range.min, range.max, range.mean, range.std};
    for (int i = 0; i < 4; i++) {
        grid_cell(grid, STATE_PLAIN, "%s", number_or_na(figure[i], text));
    }
    if (range.nonfinite) {
        grid_cell(grid, STATE_BROKEN, "%s", number_grouped(range.nonfinite, text));
    }
}

Grid *grid_of_ranges(const PlumbData *data) {
    static const Column column[] = {
        {.title = "train part", .align = ALIGN_LEFT}, {.title = "min", .align = ALIGN_DECIMAL},
        {.title = "max", .align = ALIGN_DECIMAL},     {.title = "mean", .align = ALIGN_DECIMAL},
        {.title = "std", .align = ALIGN_DECIMAL},     {.title = "nan or inf", .align = ALIGN_RIGHT, .rank = 1},
    };
    Grid *grid = grid_new(column, sizeof column / sizeof *column);
    if (grid) {
        add_range(grid, "x", data->train.x, data->train.rows * plumb_shape_size(data->x_shape));
    }
    if (grid && data->train.y) {
        add_range(grid, "y", data->train.y, data->train.rows * plumb_shape_size(data->y_shape));
    }
    return grid;
}

const char *class_shown(const PlumbData *data, int label) {
    return strcmp(data->class_name[label], " ") == 0 ? "\" \"" : data->class_name[label];
}

static void print_grid(const Canvas *canvas, Grid *grid) {
    if (grid) {
        grid_print(grid, canvas);
    }
    grid_free(grid);
}

Grid *grid_of_classes(const PlumbData *data) {
    static const Column column[] = {
        {.title = "class", .align = ALIGN_LEFT},
        {.title = "train", .align = ALIGN_RIGHT},
        {.title = "test", .align = ALIGN_RIGHT},
    };
    Grid *grid = grid_new(column, sizeof column / sizeof *column);
    char text[32];
    for (int i = 0; grid && i < data->classes && i < CLASSES_SHOWN; i++) {
        grid_row(grid);
        grid_cell(grid, STATE_PLAIN, "%s", class_shown(data, i));
        grid_cell(grid, STATE_PLAIN, "%s", number_grouped(data_class_rows(&data->train, i, data->label_count), text));
        grid_cell(grid, STATE_PLAIN, "%s", number_grouped(data_class_rows(&data->test, i, data->label_count), text));
    }
    return grid;
}

static void print_classes(const Canvas *canvas, const PlumbData *data) {
    print_grid(canvas, grid_of_classes(data));
    if (data->classes > CLASSES_SHOWN) {
        canvas_wrap(canvas, STATE_PLAIN, 1, " ... and %d more classes", data->classes - CLASSES_SHOWN);
    }
}

void picture_data(const Canvas *canvas, const PlumbData *data) {
    char shape[64], train[32], test[32];
    canvas_wrap(canvas, STATE_PLAIN, 4, "%s", data->name);
    canvas_wrap(canvas, STATE_PLAIN, 8, " input  %s", plumb_shape_text(data->x_shape, shape));
    if (!data->classify) {
        canvas_wrap(canvas, STATE_PLAIN, 8, " task   regress, target %s", plumb_shape_text(data->y_shape, shape));
    } else if (data->label_count > 1) {
        canvas_wrap(canvas, STATE_PLAIN, 8, " task   classify, %d classes, %d labels a row", data->classes,
                    data->label_count);
    } else {
        canvas_wrap(canvas, STATE_PLAIN, 8, " task   classify, %d classes", data->classes);
    }
    canvas_wrap(canvas, STATE_PLAIN, 8, " rows   %s train, %s test", number_grouped(data->train.rows, train),
                number_grouped(data->test.rows, test));
    fputc('\n', canvas->out);
    print_grid(canvas, grid_of_ranges(data));
    if (data->classify && data->label_count == 1) {
        fputc('\n', canvas->out);
        print_classes(canvas, data);
    }
}
