/* The training table: a row an epoch. */
#include "number.h"
#include "pictures.h"
#include <math.h>
#include <string.h>

enum { ROWS_MOST = 30 };

double epoch_metric(const PlumbEpoch *epoch, const PlumbData *data) {
    return data->test.rows ? epoch->test_metric : epoch->metric;
}

const char *metric_name(const PlumbData *data) {
    return data->classify ? "accuracy" : "mae";
}

char *metric_text(double metric, const PlumbData *data, char text[32]) {
    return data->classify ? number_percent(metric, text) : number_or_na(metric, text);
}

int picture_epoch_every(int epochs) {
    int every = 1;
    for (int i = 0; (epochs + every - 1) / every > ROWS_MOST; i++) {
        every = i % 3 == 1 ? every / 2 * 5 : every * 2;
    }
    return every;
}

/* Loss and test loss take "12.3" as well as "1.2e-04"; the others are always of the form 1.2e-04. */
Grid *picture_epochs(const PlumbData *data, int width) {
    Column column[] = {
        {.title = "epoch", .align = ALIGN_RIGHT, .before = 5},
        {.title = "loss", .align = ALIGN_DECIMAL, .before = 2, .after = 6},
        {.title = "test", .align = ALIGN_DECIMAL, .before = 2, .after = 6, .rank = 2},
        {.title = metric_name(data), .align = ALIGN_DECIMAL, .before = 2, .after = 6, .rank = 1},
        {.over = "gradient", .span = 2, .title = "first", .align = ALIGN_RIGHT, .before = 7, .rank = 3},
        {.title = ".. last", .align = ALIGN_RIGHT, .before = 7, .rank = 4},
        {.title = "ratio", .align = ALIGN_RIGHT, .before = 7, .rank = 3},
        {.title = "update", .align = ALIGN_RIGHT, .before = 7, .rank = 5},
        {.title = "time", .align = ALIGN_RIGHT, .before = 6, .rank = 6},
    };
    int count = sizeof column / sizeof *column;
    if (!data->test.rows) {
        memmove(&column[2], &column[3], (size_t)(count - 3) * sizeof *column);
        count--;
    }
    Grid *grid = grid_new(column, count);
    if (grid) {
        grid_layout(grid, width);
    }
    return grid;
}

static State state_of_number(double value) {
    return isfinite(value) ? STATE_PLAIN : STATE_BROKEN;
}

/* While the loss is finite, NaN means that nothing was measured. */
static void exponent_cell(Grid *grid, State state, double value, const PlumbEpoch *epoch) {
    char text[32];
    bool none = isnan(value) && isfinite(epoch->loss);
    grid_cell(grid, state, "%s", none ? "n/a" : number_exponent(value, text));
}

void picture_epoch(Grid *grid, const PlumbEpoch *epoch, const PlumbData *data) {
    char text[32];
    double ratio = epoch->grad_first / epoch->grad_last, metric = epoch_metric(epoch, data);
    State state = epoch->grad_last > 0 ? state_of_decades(log10(ratio)) : STATE_PLAIN;
    grid_row(grid);
    grid_cell(grid, STATE_PLAIN, "%d", epoch->epoch);
    grid_cell(grid, state_of_number(epoch->loss), "%s", number_figure(epoch->loss, text));
    if (data->test.rows) {
        grid_cell(grid, state_of_number(epoch->test_loss), "%s", number_figure(epoch->test_loss, text));
    }
    grid_cell(grid, STATE_PLAIN, "%s", metric_text(metric, data, text));
    exponent_cell(grid, state, epoch->grad_first, epoch);
    exponent_cell(grid, STATE_PLAIN, epoch->grad_last, epoch);
    exponent_cell(grid, state, ratio, epoch);
    exponent_cell(grid, state_of_update(epoch->update_ratio), epoch->update_ratio, epoch);
    grid_cell(grid, STATE_PLAIN, "%s", number_seconds(epoch->seconds, text));
}
