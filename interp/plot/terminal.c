/* Plots in a terminal: curves in points of Braille characters (2 x 4 in a cell), bars, shades; or in ASCII. */
#include "plot.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CURVE_ROWS = 14, LABEL_MOST = 24, VALUE_WIDTH = 8, ROWS_MOST = 40, LEVELS = 8 };

/* ---- head -------------------------------------------------------------------------------------------------------- */

static int columns_of(const char *text) {
    return (int)utf8_count(text, strlen(text));
}

static void spaces(const Canvas *canvas, int count) {
    fprintf(canvas->out, "%*s", count > 0 ? count : 0, "");
}

static void print_head(const Plot *plot, const Canvas *canvas) {
    char note[128];
    canvas_wrap(canvas, STATE_PLAIN, 4, "%s", plot->title);
    if (plot_note(plot, note)) {
        canvas_wrap(canvas, STATE_BROKEN, 4, "%s", note);
    }
}

static int widest(const char *const *text, int count, int most) {
    int width = 0;
    for (int i = 0; i < count; i++) {
        int columns = columns_of(text[i]);
        width = columns > width ? columns : width;
    }
    return width < most ? width : most;
}

/* Cut where it is too long, but for its end, which tells names apart; filled up with spaces. */
static void print_cell(const Canvas *canvas, const char *text, int width) {
    int columns = columns_of(text), tail = width / 3;
    if (columns > width && width >= 8) {
        fprintf(canvas->out, "%.*s..%s", (int)utf8_offset(text, width - 2 - tail), text,
                text + utf8_offset(text, columns - tail));
    } else {
        fprintf(canvas->out, "%.*s%*s", (int)utf8_offset(text, columns < width ? columns : width), text,
                columns < width ? width - columns : 0, "");
    }
}

/* Of a plot of many rows. */
static void print_left_out(const Plot *plot, const Canvas *canvas, int shown) {
    if (shown < plot->rows) {
        canvas_wrap(canvas, STATE_PLAIN, 2, "%d of %d rows are shown; a .csv has all", shown, plot->rows);
    }
}

/* Ticks' values under an axis `width` wide, those that have room. */
static void print_ticks(const Canvas *canvas, const Scale *scale, int before, int width) {
    char text[32];
    int at = -1;
    spaces(canvas, before);
    int used = 0;
    for (int i = 0; i < scale->ticks; i++) {
        scale_text(scale, scale->tick[i], text);
        int length = (int)strlen(text), place = (int)rint(scale_place(scale, scale->tick[i]) * (width - 1));
        int begin = place - length / 2;
        begin = begin + length > width ? width - length : begin < 0 ? 0 : begin;
        if (begin > at) {
            spaces(canvas, begin - used);
            fputs(text, canvas->out);
            used = begin + length;
            at = used;
        }
    }
    fputc('\n', canvas->out);
}

/* ---- curves ------------------------------------------------------------------------------------------------------ */

typedef struct Cells {               /* of curves: points that are set */
    int rows, columns, across, down; /* cells; points of one */
    unsigned char *dots;             /* Braille's, or the number of the series + 1 */
    bool unicode;
} Cells;

static void set_point(Cells *cells, int x, int y, int series) {
    static const unsigned char bit[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    unsigned char *cell = &cells->dots[y / cells->down * cells->columns + x / cells->across];
    *cell = cells->unicode ? *cell | bit[y % 4][x % 2] : (unsigned char)(series + 1);
}

/* From one point to the next, without gaps. */
static void set_line(Cells *cells, int x1, int y1, int x2, int y2, int series) {
    int steps = abs(x2 - x1) > abs(y2 - y1) ? abs(x2 - x1) : abs(y2 - y1);
    for (int i = 0; i <= steps; i++) {
        double share = steps ? (double)i / steps : 0;
        set_point(cells, (int)rint(x1 + share * (x2 - x1)), (int)rint(y1 + share * (y2 - y1)), series);
    }
}

/* Returns the row of its last point, -1: none. */
static int set_curve(Cells *cells, const Series *series, int index, const Scale *x, const Scale *y) {
    int last_x = -1, last_y = 0, row = -1;
    for (int i = 0; i < series->count; i++) {
        if (!scale_shows(y, series->y[i])) {
            last_x = -1;
            continue;
        }
        int at_x = (int)rint(scale_place(x, series->x[i]) * (cells->columns * cells->across - 1));
        int at_y = (int)rint((1 - scale_place(y, series->y[i])) * (cells->rows * cells->down - 1));
        set_line(cells, last_x < 0 ? at_x : last_x, last_x < 0 ? at_y : last_y, at_x, at_y, index);
        last_x = at_x;
        last_y = at_y;
        row = at_y / cells->down;
    }
    return row;
}

static const char symbols[] = "*o+x#@%&$=~^";
_Static_assert(sizeof symbols > PLOT_SERIES_MOST, "a symbol for each series");

/* Beside the end of each curve its name, in the nearest row that is free. */
static void place_labels(const int *wanted, int count, int *label) {
    for (int i = 0; i < CURVE_ROWS; i++) {
        label[i] = -1;
    }
    for (int s = 0; s < count; s++) {
        for (int away = 0; wanted[s] >= 0 && away < CURVE_ROWS; away++) {
            int below = wanted[s] + away, above = wanted[s] - away;
            int row = below < CURVE_ROWS && label[below] < 0 ? below : above >= 0 && label[above] < 0 ? above : -1;
            if (row >= 0) {
                label[row] = s;
                break;
            }
        }
    }
}

static void print_points(const Cells *cells, const Canvas *canvas, int row) {
    for (int i = 0; i < cells->columns; i++) {
        unsigned char dots = cells->dots[row * cells->columns + i];
        char braille[5] = "";
        if (cells->unicode && dots) {
            utf8_write(braille, 0x2800ul + dots);
            fputs(braille, canvas->out);
        } else {
            fputc(dots ? symbols[dots - 1] : ' ', canvas->out);
        }
    }
}

/* The value of the tick that lies in this row, or "". */
static const char *tick_of_row(const Scale *scale, int row, char text[32]) {
    for (int i = 0; i < scale->ticks; i++) {
        if ((int)rint((1 - scale_place(scale, scale->tick[i])) * (CURVE_ROWS - 1)) == row) {
            return scale_text(scale, scale->tick[i], text);
        }
    }
    return "";
}

/* The row's tick, its points, and the name of the curve that ends beside it; s -1: none does. */
static void print_curve_row(const Cells *cells, const Canvas *canvas, const Scale *y, int row, const char *name,
                            int s) {
    char text[32];
    fprintf(canvas->out, "%*s %s", VALUE_WIDTH, tick_of_row(y, row, text), cells->unicode ? "│" : "|");
    print_points(cells, canvas, row);
    if (name) {
        fprintf(canvas->out, cells->unicode ? " " : " %c ", symbols[s]);
        print_cell(canvas, name, columns_of(name) < LABEL_MOST ? columns_of(name) : LABEL_MOST);
    }
    fputc('\n', canvas->out);
}

static void print_x_axis(const Plot *plot, const Canvas *canvas, const Cells *cells) {
    Scale x = plot_x_scale(plot);
    spaces(canvas, VALUE_WIDTH + 1);
    fputs(cells->unicode ? "└" : "+", canvas->out);
    for (int i = 0; i < cells->columns; i++) {
        fputs(cells->unicode ? "─" : "-", canvas->out);
    }
    fputc('\n', canvas->out);
    print_ticks(canvas, &x, VALUE_WIDTH + 2, cells->columns);
    spaces(canvas, VALUE_WIDTH + 2);
    fprintf(canvas->out, "%s by %s\n", plot->y_label, plot->x_label);
}

static void print_curves(const Plot *plot, const Canvas *canvas, bool unicode) {
    Scale x = plot_x_scale(plot), y = plot_value_scale(plot);
    const char *name[PLOT_SERIES_MOST];
    int label[CURVE_ROWS], wanted[PLOT_SERIES_MOST], count = plot->series_count;
    for (int s = 0; s < count; s++) {
        name[s] = plot->series[s].name;
    }
    int names = count > 1 ? widest(name, count, LABEL_MOST) + (unicode ? 1 : 3) : 0;
    Cells cells = {CURVE_ROWS, canvas->width - VALUE_WIDTH - 2 - names, unicode ? 2 : 1, unicode ? 4 : 1, NULL,
                   unicode};
    cells.columns = cells.columns < 8 ? 8 : cells.columns;
    cells.dots = calloc((size_t)(cells.rows * cells.columns), 1);
    if (!cells.dots) {
        return;
    }
    for (int s = 0; s < count; s++) {
        wanted[s] = set_curve(&cells, &plot->series[s], s, &x, &y);
    }
    place_labels(wanted, names ? count : 0, label);
    for (int row = 0; row < CURVE_ROWS; row++) {
        int s = label[row];
        print_curve_row(&cells, canvas, &y, row, s < 0 ? NULL : name[s], s);
    }
    print_x_axis(plot, canvas, &cells);
    free(cells.dots);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

/* A bar between two places of 0..1, in eighths of a cell where there are such characters. */
static void print_bar(const Canvas *canvas, double from, double to, int width, bool unicode) {
    int begin = (int)rint(from * width), eighths = (int)rint(to * width * 8),
        end = unicode ? eighths / 8 : (eighths + 4) / 8;
    end = end <= begin && to > from && eighths % 8 == 0 ? begin + 1 : end;
    spaces(canvas, begin);
    int used = begin;
    for (; used < end; used++) {
        fputs(unicode ? "█" : "#", canvas->out);
    }
    if (unicode && end < width && eighths % 8 && end >= begin) {
        char part[5] = "";
        utf8_write(part, 0x2590ul - (unsigned long)(eighths % 8));
        fputs(part, canvas->out);
        used++;
    }
    spaces(canvas, width - used);
}

static void print_range(const Canvas *canvas, const Scale *scale, const Series *series, int i, int width,
                        bool unicode) {
    int low = (int)rint(scale_place(scale, series->low[i]) * (width - 1));
    int high = (int)rint(scale_place(scale, series->high[i]) * (width - 1));
    int middle = (int)rint(scale_place(scale, series->y[i]) * (width - 1));
    for (int at = 0; at < width; at++) {
        fputs(at == middle              ? (unicode ? "●" : "o")
              : at < low || at > high   ? " "
              : at == low || at == high ? (unicode ? "┼" : "|")
                                        : (unicode ? "─" : "-"),
              canvas->out);
    }
}

typedef struct Row { /* of one series */
    const Scale *scale;
    int width;
    bool unicode;
} Row;

/* The bar or the range, and its value; nothing of a net that has no such row. */
static void print_value(const Canvas *canvas, const Row *row, const Series *series, int i) {
    double value = i < series->count ? series->y[i] : NAN;
    double zero = row->scale->log ? 0 : scale_place(row->scale, 0);
    char text[32];
    if (!scale_shows(row->scale, value)) {
        spaces(canvas, row->width);
    } else if (series->low) {
        print_range(canvas, row->scale, series, i, row->width, row->unicode);
    } else {
        double place = scale_place(row->scale, value);
        print_bar(canvas, fmin(zero, place), fmax(zero, place), row->width, row->unicode);
    }
    snprintf(text, sizeof text, i >= series->count ? "-" : row->scale->log ? "%.1e" : "%.3g", value);
    fprintf(canvas->out, " %*s\n", VALUE_WIDTH, text);
}

static void print_rows(const Plot *plot, const Canvas *canvas, bool unicode) {
    Scale scale = plot_value_scale(plot);
    const char *name[PLOT_SERIES_MOST];
    for (int s = 0; s < plot->series_count; s++) {
        name[s] = plot->series[s].name;
    }
    int rows = widest(plot->row, plot->rows, LABEL_MOST);
    int names = plot->series_count > 1 ? widest(name, plot->series_count, LABEL_MOST) + 1 : 0;
    int before = 1 + rows + 1 + names, width = canvas->width - before - VALUE_WIDTH - 2;
    Row row = {&scale, width < 8 ? 8 : width, unicode};
    int shown = plot_rows_shown(plot, ROWS_MOST);
    for (int at = 0; at < shown; at++) {
        int i = plot_row_at(plot, shown, at);
        for (int s = 0; s < plot->series_count; s++) {
            fputc(' ', canvas->out);
            print_cell(canvas, s ? "" : plot->row[i], rows + 1);
            print_cell(canvas, names ? name[s] : "", names);
            print_value(canvas, &row, &plot->series[s], i);
        }
    }
    print_ticks(canvas, &scale, before, row.width);
    spaces(canvas, before);
    fprintf(canvas->out, "%s\n", plot->x_label);
    print_left_out(plot, canvas, shown);
}

/* ---- heat maps --------------------------------------------------------------------------------------------------- */

static const char *shade(double share, bool unicode) {
    static const char *const blocks[] = {" ", "░", "▒", "▓", "█"}, *const ascii[] = {" ", ".", "+", "*", "#"};
    int level = share > 0 ? 1 + (int)fmin(share * 4, 3) : 0;
    return (unicode ? blocks : ascii)[level];
}

/* Of figures: eight levels, blank for 0, and a mark for what is not finite. */
static const char *level(double share, bool unicode) {
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const ascii[] = {".", ":", "-", "=", "+", "*", "#", "@"};
    return isnan(share) ? "!" : share > 0 ? (unicode ? blocks : ascii)[(int)fmin(share * LEVELS, LEVELS - 1)] : " ";
}

/* Where the terminal is narrow a cell shows the largest of several columns, and what is not finite before that. */
static void print_heat_row(const Plot *plot, const Canvas *canvas, int row, int width, bool unicode) {
    const double *cell = plot->cell + (size_t)row * (size_t)plot->columns;
    for (int j = 0; j < width; j++) {
        int begin = j * plot->columns / width, end = (j + 1) * plot->columns / width;
        double most = cell[begin];
        for (int k = begin + 1; k < end; k++) {
            most = isnan(most) || isnan(cell[k]) ? NAN : fmax(most, cell[k]);
        }
        fputs(plot->value ? level(most, unicode) : shade(most, unicode), canvas->out);
    }
    fputc('\n', canvas->out);
}

/* "1e-12 ▁▂▃▄▅▆▇█ 1e+00" */
static void print_levels(const Plot *plot, const Canvas *canvas, int before, bool unicode) {
    char text[32];
    spaces(canvas, before);
    fprintf(canvas->out, "%s ", plot_shade_text(plot, plot->least, text));
    for (int i = 0; i < LEVELS; i++) {
        fputs(level((i + 0.5) / LEVELS, unicode), canvas->out);
    }
    fprintf(canvas->out, " %s%s\n", plot_shade_text(plot, plot->most, text), plot->log ? ", log scale" : "");
}

static void print_heat(const Plot *plot, const Canvas *canvas, bool unicode) {
    Scale x = plot_x_scale(plot);
    int rows = widest(plot->row, plot->rows, LABEL_MOST), shown = plot_rows_shown(plot, ROWS_MOST);
    rows = plot->value && rows < columns_of(plot->y_label) ? columns_of(plot->y_label) : rows;
    int width = canvas->width - rows - 3;
    width = width > plot->columns ? width / plot->columns * plot->columns : width < 8 ? 8 : width;
    if (plot->value) {
        fprintf(canvas->out, " %s\n", plot->y_label);
    }
    for (int i = 0; i < shown; i++) {
        int row = plot_row_at(plot, shown, i);
        fputc(' ', canvas->out);
        print_cell(canvas, plot->row[row], rows + 1);
        print_heat_row(plot, canvas, row, width, unicode);
    }
    print_ticks(canvas, &x, rows + 2, width);
    spaces(canvas, rows + 2);
    fprintf(canvas->out, "%s\n", plot->x_label);
    if (plot->value) {
        print_levels(plot, canvas, rows + 2, unicode);
    }
    print_left_out(plot, canvas, shown);
}

/* ---- graphs ------------------------------------------------------------------------------------------------------ */

/* What stands in lane `at` beside row `row`: a link that begins, ends or passes. */
static const char *lane_mark(const Plot *plot, int at, int row, bool unicode) {
    for (int i = 0; i < plot->links; i++) {
        Link link = plot->link[i];
        if (link.lane == at && row >= link.from && row <= link.to) {
            return row == link.from ? (unicode ? "─╮" : "-.")
                   : row == link.to ? (unicode ? "─╯" : "-'")
                                    : (unicode ? " │" : " |");
        }
    }
    for (int i = 0; i < plot->links; i++) { /* on the way to a lane further out */
        if (plot->link[i].lane > at && (plot->link[i].from == row || plot->link[i].to == row)) {
            return unicode ? "──" : "--";
        }
    }
    return "  ";
}

static bool is_joined(const Plot *plot, int row) {
    for (int i = 0; i < plot->links; i++) {
        if (plot->link[i].to == row) {
            return true;
        }
    }
    return false;
}

static void print_graph(const Plot *plot, const Canvas *canvas, bool unicode) {
    int names = widest(plot->row, plot->rows, LABEL_MOST), details = widest(plot->detail, plot->rows, LABEL_MOST);
    for (int i = 0; i < plot->rows; i++) {
        fputs(i == 0 || plot->apart[i - 1] ? "   " : unicode ? " ↓ " : " | ", canvas->out);
        print_cell(canvas, plot->row[i], names + 1);
        print_cell(canvas, plot->detail[i], details + 1);
        fputs(is_joined(plot, i) ? (unicode ? "◂" : "<") : " ", canvas->out);
        for (int j = 0; j < plot->lanes; j++) {
            fputs(lane_mark(plot, j, i, unicode), canvas->out);
        }
        fputc('\n', canvas->out);
    }
}

void plot_print(const Plot *plot, const Canvas *canvas) {
    static void (*const print[])(const Plot *, const Canvas *, bool) = {
        [PLOT_CURVES] = print_curves, [PLOT_ROWS] = print_rows, [PLOT_HEAT] = print_heat, [PLOT_GRAPH] = print_graph};
    print_head(plot, canvas);
    print[plot->kind](plot, canvas, canvas->unicode);
}
