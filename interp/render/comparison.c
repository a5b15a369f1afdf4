/* Several nets side by side: figures, loss curves, gradient profiles. */
#include "bar.h"
#include "number.h"
#include "pictures.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { CURVE_WIDTH = 40, PROFILE_ROWS = 24, PROFILE_BAR = 12, PROFILES_MOST = 16 };

static const PlumbEpoch *last_of(const Run *run) {
    static const PlumbEpoch none = {.loss = NAN,
                                    .test_loss = NAN,
                                    .metric = NAN,
                                    .test_metric = NAN,
                                    .grad_first = NAN,
                                    .grad_last = NAN,
                                    .update_ratio = NAN,
                                    .seconds = NAN};
    return run->epochs ? &run->epoch[run->epochs - 1] : &none;
}

static State state_of_number(double value) {
    return isfinite(value) ? STATE_PLAIN : STATE_BROKEN;
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static void add_run(Grid *grid, const PlumbData *data, const Run *run) {
    const PlumbEpoch *last = last_of(run);
    double ratio = last->grad_first / last->grad_last;
    State state = last->grad_last > 0 ? state_of_decades(log10(ratio)) : STATE_PLAIN;
    char text[32];
    grid_row(grid);
    grid_cell(grid, STATE_PLAIN, "%s", run->name);
    grid_cell(grid, state_of_number(last->loss), "%s", number_figure(last->loss, text));
    grid_cell(grid, STATE_PLAIN, "%s", data->test.rows ? number_figure(last->test_loss, text) : "-");
    grid_cell(grid, STATE_PLAIN, "%s", metric_text(epoch_metric(last, data), data, text));
    grid_cell(grid, state, "%s", number_exponent(last->grad_first, text));
    grid_cell(grid, STATE_PLAIN, "%s", number_exponent(last->grad_last, text));
    grid_cell(grid, state, "%s", number_exponent(ratio, text));
    grid_cell(grid, state_of_update(last->update_ratio), "%s", number_exponent(last->update_ratio, text));
    grid_cell(grid, STATE_PLAIN, "%s", number_seconds(run->seconds, text));
}

static void print_figures(const Canvas *canvas, const PlumbData *data, const Run *run, int count) {
    const Column column[] = {
        {.title = "net", .align = ALIGN_LEFT, .most = 20},
        {.title = "loss", .align = ALIGN_DECIMAL},
        {.title = "test", .align = ALIGN_DECIMAL, .rank = 2},
        {.title = metric_name(data), .align = ALIGN_DECIMAL, .rank = 1},
        {.over = "gradient", .span = 2, .title = "first", .align = ALIGN_RIGHT, .before = 7, .rank = 4},
        {.title = ".. last", .align = ALIGN_RIGHT, .before = 7, .rank = 5},
        {.title = "ratio", .align = ALIGN_RIGHT, .rank = 3},
        {.title = "update", .align = ALIGN_RIGHT, .rank = 6},
        {.title = "time", .align = ALIGN_RIGHT, .rank = 7},
    };
    Grid *grid = grid_new(column, sizeof column / sizeof *column);
    if (!grid) {
        return;
    }
    for (int i = 0; i < count; i++) {
        add_run(grid, data, &run[i]);
    }
    grid_print(grid, canvas);
    grid_free(grid);
}

/* ---- loss curves: one scale for all ------------------------------------------------------------------------------ */

/* Only finite losses have a place on the scale. */
static void loss_range(const Run *run, int count, double *low, double *high) {
    *low = INFINITY;
    *high = -INFINITY;
    for (int i = 0; i < count; i++) {
        for (int e = 0; e < run[i].epochs; e++) {
            double loss = run[i].epoch[e].loss;
            *low = isfinite(loss) ? fmin(*low, loss) : *low;
            *high = isfinite(loss) ? fmax(*high, loss) : *high;
        }
    }
}

static void add_curve(Grid *grid, const Run *run, double low, double high, bool unicode) {
    double *loss = calloc((size_t)run->epochs + 1, sizeof *loss);
    char curve[CURVE_BYTES], text[32];
    for (int e = 0; loss && e < run->epochs; e++) {
        loss[e] = run->epoch[e].loss;
    }
    grid_row(grid);
    grid_cell(grid, STATE_PLAIN, "%s", run->name);
    grid_cell(grid, STATE_PLAIN, "%s", run->epochs ? number_figure(run->epoch[0].loss, text) : "-");
    grid_cell(grid, STATE_PLAIN, "%s",
              loss ? bar_curve(loss, run->epochs, low, high, CURVE_WIDTH, unicode, curve) : "");
    grid_cell(grid, STATE_PLAIN, "%s", number_figure(last_of(run)->loss, text));
    free(loss);
}

static void print_curves(const Canvas *canvas, const Run *run, int count) {
    static const Column column[] = {
        {.title = "loss by epoch", .align = ALIGN_LEFT, .most = 20},
        {.title = "from", .align = ALIGN_DECIMAL, .rank = 2},
        {.title = "", .align = ALIGN_LEFT, .rank = 3},
        {.title = "to", .align = ALIGN_DECIMAL, .rank = 1},
    };
    double low, high;
    Grid *grid = grid_new(column, sizeof column / sizeof *column);
    if (!grid) {
        return;
    }
    loss_range(run, count, &low, &high);
    for (int i = 0; i < count; i++) {
        add_curve(grid, &run[i], low, high, canvas->unicode);
    }
    fputc('\n', canvas->out);
    grid_print(grid, canvas);
    grid_free(grid);
}

/* ---- gradient profiles: a column a net, one scale for all -------------------------------------------------------- */

/* Which of `layers` stands in this row: deep nets are sampled, those of fewer layers than rows leave rows empty (-1),
 * so that nets of different depth are lined up at both ends. */
static int layer_in_row(int layers, int row, int rows) {
    if (layers < 2 || rows < 2) {
        return row < layers ? row : -1;
    }
    double step = (double)(layers - 1) / (rows - 1);
    int layer = (int)lround(row * step);
    return layers > rows || lround(layer / step) == row ? layer : -1;
}

/* The node of the `at`-th layer with weights. */
static int weighted_node(const PlumbNet *net, int at) {
    for (int i = 0; i < plumb_net_size(net); i++) {
        if (plumb_net_node(net, i)->parameters > 0 && at-- == 0) {
            return i;
        }
    }
    return -1;
}

static void add_profile_cells(Grid *grid, const Run *run, const Profile *profile, int row, int rows, double low,
                              double high) {
    char bar[BAR_MAX + 1], text[32];
    int layer = layer_in_row(profile->layers, row, rows);
    int node = run->probe && layer >= 0 ? weighted_node(run->net, layer) : -1;
    if (node < 0) {
        for (int i = 0; i < 3; i++) {
            grid_cell(grid, STATE_PLAIN, "%s", run->probe ? "" : i == 1 ? "" : "-");
        }
        return;
    }
    double gradient = run->probe[node].output_grad;
    State state = state_of_decades(log10(gradient / run->probe[profile->last].output_grad));
    grid_cell(grid, STATE_PLAIN, "%s", plumb_net_node(run->net, node)->name);
    grid_cell(grid, state, "%s", bar_log(gradient, floor(low), ceil(high), PROFILE_BAR, bar));
    grid_cell(grid, state, "%s", number_exponent(gradient, text));
}

/* As many nets as fit the width. Returns how many. */
static int profiles_that_fit(int count, int width) {
    int used = 1, fit = 0;
    for (; fit < count && fit < PROFILES_MOST; fit++) {
        used += 10 + 2 + PROFILE_BAR + 2 + 7 + (fit ? 2 : 0);
        if (used > width && fit > 0) {
            break;
        }
    }
    return fit;
}

static void print_profile_block(const Canvas *canvas, const Run *run, const Profile *profile, int count, double low,
                                double high) {
    Column column[3 * PROFILES_MOST];
    int rows = 0;
    for (int i = 0; i < count; i++) {
        column[3 * i] = (Column){.over = run[i].name, .span = 3, .title = "layer", .align = ALIGN_LEFT, .before = 10};
        column[3 * i + 1] = (Column){.title = "", .align = ALIGN_LEFT, .before = PROFILE_BAR};
        column[3 * i + 2] = (Column){.title = "", .align = ALIGN_RIGHT, .before = 7};
        rows = profile[i].layers > rows ? profile[i].layers : rows;
    }
    rows = rows < PROFILE_ROWS ? rows : PROFILE_ROWS;
    Grid *grid = rows ? grid_new(column, 3 * count) : NULL;
    for (int row = 0; grid && row < rows; row++) {
        grid_row(grid);
        for (int i = 0; i < count; i++) {
            add_profile_cells(grid, &run[i], &profile[i], row, rows, low, high);
        }
    }
    if (grid) {
        fputc('\n', canvas->out);
        grid_print(grid, canvas);
    }
    grid_free(grid);
}

static void print_profiles(const Canvas *canvas, const Run *run, int count) {
    Profile *profile = calloc((size_t)count, sizeof *profile);
    double low = INFINITY, high = -INFINITY;
    bool measured = false;
    for (int i = 0; profile && i < count; i++) {
        if (run[i].probe) {
            profile[i] = profile_of(run[i].net, run[i].probe);
            low = fmin(low, profile[i].low);
            high = fmax(high, profile[i].high);
            measured = true;
        }
    }
    if (measured) {
        fputc('\n', canvas->out);
        canvas_wrap(canvas, STATE_PLAIN, 1, " gradient at the layers' outputs, one log scale for all");
    }
    for (int i = 0, fit; measured && i < count; i += fit) {
        fit = profiles_that_fit(count - i, canvas->width);
        print_profile_block(canvas, run + i, profile + i, fit, low, high);
    }
    free(profile);
}

void picture_comparison(const Canvas *canvas, const PlumbData *data, const Run *run, int count) {
    print_figures(canvas, data, run, count);
    print_curves(canvas, run, count);
    print_profiles(canvas, run, count);
}
