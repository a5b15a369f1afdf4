/* The model of a plot, and its scales. */
#include "plot.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

Plot *plot_new(PlotKind kind, int rows) {
    PlumbArena *arena = plumb_arena_new();
    Plot *plot = arena ? plumb_arena_alloc(arena, sizeof *plot) : NULL;
    if (!plot) {
        plumb_arena_free(arena);
        return NULL;
    }
    size_t count = (size_t)rows + 1;
    *plot = (Plot){
        .arena = arena, .kind = kind, .rows = rows, .width = PLOT_WIDTH, .x_label = "", .y_label = "", .title = ""};
    plot->row = plumb_arena_alloc(arena, count * sizeof *plot->row);
    plot->detail = plumb_arena_alloc(arena, count * sizeof *plot->detail);
    plot->apart = plumb_arena_alloc(arena, count * sizeof *plot->apart);
    if (!plot->row || !plot->detail || !plot->apart) {
        plot_free(plot);
        return NULL;
    }
    return plot;
}

void plot_free(Plot *plot) {
    if (plot) {
        plumb_arena_free(plot->arena);
    }
}

const char *plot_text(Plot *plot, const char *format, ...) {
    Text text = {0};
    va_list arguments;
    va_start(arguments, format);
    text_vprintf(&text, format, arguments);
    va_end(arguments);
    char *copy = text.failed ? NULL : plumb_arena_alloc(plot->arena, text.length + 1);
    if (copy && text.at) {
        memcpy(copy, text.at, text.length);
    }
    text_clear(&text);
    return copy;
}

static double *nothing(Plot *plot, int count) {
    double *value = plumb_arena_alloc(plot->arena, ((size_t)count + 1) * sizeof *value);
    for (int i = 0; value && i < count; i++) {
        value[i] = NAN;
    }
    return value;
}

Series *plot_series(Plot *plot, const char *name, int count, bool ranges) {
    if (plot->series_count == PLOT_SERIES_MOST) {
        return NULL;
    }
    Series series = {.name = plot_text(plot, "%s", name), .count = count};
    series.x = nothing(plot, count);
    series.y = nothing(plot, count);
    series.low = ranges ? nothing(plot, count) : NULL;
    series.high = ranges ? nothing(plot, count) : NULL;
    if (!series.name || !series.x || !series.y || (ranges && !(series.low && series.high))) {
        return NULL;
    }
    plot->series[plot->series_count] = series;
    return &plot->series[plot->series_count++];
}

/* ---- ranges ------------------------------------------------------------------------------------------------------ */

static bool can_be_drawn(double value, bool log) {
    return isfinite(value) && (!log || value > 0);
}

/* In the units of the axis. */
static void widen(Scale *scale, double value) {
    if (can_be_drawn(value, scale->log)) {
        double at = scale->log ? log10(value) : value;
        scale->low = fmin(scale->low, at);
        scale->high = fmax(scale->high, at);
    }
}

/* 1, 2 or 5 times a power of ten, so that about `wanted` lie in the range. */
static double nice_step(double range, int wanted) {
    double raw = range / wanted, power = pow(10, floor(log10(raw))), share = raw / power;
    return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
}

static void add_ticks(Scale *scale, double step) {
    double first = ceil(scale->low / step - 1e-9);
    for (int i = 0; i < TICKS_MOST && (first + i) * step <= scale->high + 1e-9 * step; i++) {
        double at = (first + i) * step;
        scale->tick[scale->ticks++] = scale->log ? pow(10, at) : at;
    }
}

/* Ends on ticks; `whole`: ticks are whole numbers, as epochs are. */
static void finish(Scale *scale, bool whole, bool exact) {
    if (scale->low > scale->high) { /* nothing can be drawn */
        scale->low = 0;
        scale->high = 1;
    }
    if (scale->high - scale->low < 1e-12 * fmax(1, fabs(scale->high))) {
        scale->low -= whole || scale->log ? 1 : fmax(0.5, 0.1 * fabs(scale->low));
        scale->high += whole || scale->log ? 1 : fmax(0.5, 0.1 * fabs(scale->high));
    }
    if (scale->log) {
        scale->low = floor(scale->low + 1e-9);
        scale->high = ceil(scale->high - 1e-9);
    }
    double step = nice_step(scale->high - scale->low, 6);
    step = whole || scale->log ? fmax(1, step) : step;
    if (!scale->log && !exact) {
        scale->low = floor(scale->low / step + 1e-9) * step;
        scale->high = ceil(scale->high / step - 1e-9) * step;
    }
    add_ticks(scale, step);
}

Scale plot_value_scale(const Plot *plot) {
    Scale scale = {.log = plot->log, .low = INFINITY, .high = -INFINITY};
    for (int s = 0; s < plot->series_count; s++) {
        const Series *series = &plot->series[s];
        for (int i = 0; i < series->count; i++) {
            widen(&scale, series->y[i]);
            widen(&scale, series->low ? series->low[i] : NAN);
            widen(&scale, series->high ? series->high[i] : NAN);
        }
        for (int i = 0; i < series->frames * series->count; i++) {
            widen(&scale, series->frame[i]);
        }
    }
    if (plot->kind == PLOT_ROWS && !plot->log) {
        widen(&scale, 0);
    }
    finish(&scale, false, false);
    return scale;
}

Scale plot_x_scale(const Plot *plot) {
    Scale scale = {.low = INFINITY, .high = -INFINITY};
    for (int s = 0; s < plot->series_count; s++) {
        for (int i = 0; i < plot->series[s].count; i++) {
            widen(&scale, plot->series[s].x[i]);
        }
    }
    if (plot->kind == PLOT_HEAT) {
        scale.low = plot->low;
        scale.high = plot->high;
    }
    finish(&scale, plot->kind == PLOT_CURVES || plot->column, true);
    return scale;
}

bool scale_shows(const Scale *scale, double value) {
    return can_be_drawn(value, scale->log);
}

double scale_place(const Scale *scale, double value) {
    double at = scale->log ? log10(value) : value;
    return fmin(fmax((at - scale->low) / (scale->high - scale->low), 0), 1);
}

/* A tick next to 0 is 0. */
char *scale_text(const Scale *scale, double value, char text[32]) {
    bool zero = !scale->log && fabs(value) < 1e-9 * (scale->high - scale->low);
    snprintf(text, 32, scale->log && (value < 1e-3 || value > 1e4) ? "%.0e" : "%.6g", zero ? 0 : value);
    return text;
}

/* ---- what is missing --------------------------------------------------------------------------------------------- */

void plot_count_missing(Plot *plot) {
    plot->missing = 0;
    for (int i = 0; plot->value && i < plot->rows * plot->columns; i++) {
        plot->missing += !isfinite(plot->value[i]);
    }
    for (int s = 0; s < plot->series_count; s++) {
        for (int i = 0; i < plot->series[s].count; i++) {
            plot->missing += !can_be_drawn(plot->series[s].y[i], plot->log);
        }
    }
}

bool plot_note(const Plot *plot, char text[128]) {
    snprintf(text, 128, "%d value%s not finite%s: %s", plot->missing, plot->missing == 1 ? " is" : "s are",
             plot->log && !plot->value ? ", or 0" : "", plot->value ? "marked" : "not drawn");
    return plot->missing > 0;
}

/* ---- heat maps of figures ---------------------------------------------------------------------------------------- */

/* The smallest that is drawn has a shade of its own. */
void plot_shade(Plot *plot) {
    int cells = plot->rows * plot->columns;
    double low = INFINITY, high = -INFINITY;
    for (int i = 0; i < cells; i++) {
        if (can_be_drawn(plot->value[i], plot->log)) {
            low = fmin(low, log10(plot->value[i]));
            high = fmax(high, log10(plot->value[i]));
        }
    }
    plot->least = !plot->log ? 0 : low > high ? -1 : floor(low + 1e-9);
    plot->most = !plot->log ? 1 : low > high ? 0 : fmax(ceil(high - 1e-9), plot->least + 1);
    for (int i = 0; i < cells; i++) {
        double value = plot->value[i], at = plot->log ? log10(value) : value;
        bool drawn = can_be_drawn(value, plot->log) && (plot->log || value > 0);
        plot->cell[i] = drawn             ? fmin(fmax((at - plot->least) / (plot->most - plot->least), 1e-6), 1)
                        : isfinite(value) ? 0
                                          : NAN;
    }
}

int plot_rows_shown(const Plot *plot, int most) {
    return plot->rows < most ? plot->rows : most;
}

int plot_row_at(const Plot *plot, int shown, int index) {
    return shown > 1 ? (int)((int64_t)index * (plot->rows - 1) / (shown - 1)) : 0;
}

char *plot_shade_text(const Plot *plot, double end, char text[32]) {
    snprintf(text, 32, plot->log ? "1e%+03.0f" : "%g", end + 0.0); /* no -0 */
    return text;
}

Plot *plot_whole(Plot *plot, bool done) {
    done = done && plot->title && plot->x_label && plot->y_label;
    for (int i = 0; done && i < plot->rows; i++) {
        done = plot->row[i];
    }
    if (!done) {
        plot_free(plot);
        return NULL;
    }
    plot_count_missing(plot);
    return plot;
}

/* ---- lanes of links ---------------------------------------------------------------------------------------------- */

static bool overlap(Link a, Link b) {
    return a.from < b.to && b.from < a.to;
}

static int by_length(const void *a, const void *b) {
    const Link *one = a, *other = b;
    int difference = (one->to - one->from) - (other->to - other->from);
    return difference ? difference : one->from - other->from;
}

/* Each link takes the first lane that is free along its way: short links lie nearest. */
void plot_set_lanes(Plot *plot) {
    qsort(plot->link, (size_t)plot->links, sizeof *plot->link, by_length);
    for (int i = 0; i < plot->links; i++) {
        bool taken = true;
        for (int lane = 0; taken; lane++) {
            taken = false;
            for (int j = 0; j < i; j++) {
                taken = taken || (plot->link[j].lane == lane && overlap(plot->link[i], plot->link[j]));
            }
            plot->link[i].lane = lane;
        }
        plot->lanes = plot->link[i].lane + 1 > plot->lanes ? plot->link[i].lane + 1 : plot->lanes;
    }
}
