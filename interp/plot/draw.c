/* A plot on a surface: title, legend, axes, and what its kind draws. Light background, colours that the colour-blind
 * can tell apart (Okabe & Ito 2008). */
#include "surface.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_HEIGHT = 20, BAR_HEIGHT = 10, MARGIN = 16, TOP = 40, LEGEND = 20, BOTTOM = 52, LANE = 18 };
enum { DOTS = 40 /* points that are shown as such */, SHADES = 12, SHADE_WIDTH = 12 };
enum { INK = 0x222222, PALE = 0x666666, RULE = 0xdddddd, PAPER = 0xffffff };
static const unsigned colors[] = {0x0072b2, 0xd55e00, 0x009e73, 0xcc79a7, 0xe69f00, 0x56b4e9,
                                  0x000000, 0x8c510a, 0x5e3c99, 0x7f7f7f, 0x1b9e77, 0xb2182b};
_Static_assert(sizeof colors / sizeof *colors >= PLOT_SERIES_MOST, "a colour for each series");

typedef struct Frame { /* where the values go */
    Surface *on;
    double left, right, top, bottom;
} Frame;

/* ---- sizes ------------------------------------------------------------------------------------------------------- */

enum { TEXT_BYTES = 4 * PLOT_WIDTH / CHARACTER_WIDTH };

/* Characters of a text across the picture, and of a name in it. */
static int text_most(const Plot *plot) {
    return (plot->width - 2 * MARGIN) / CHARACTER_WIDTH;
}
static int name_most(const Plot *plot) {
    return plot->width / 20;
}

/* Cut to `most` characters: nets without a name are called by their source. What tells names apart stands at the end.
 */
static const char *cut(const char *text, int most, char out[TEXT_BYTES]) {
    int length = (int)utf8_count(text, strlen(text)), tail = most / 3;
    if (length <= most) {
        return text;
    }
    int from = (int)utf8_offset(text, most - 3 - tail), to = (int)utf8_offset(text, length - tail);
    snprintf(out, TEXT_BYTES, "%.*s...%s", from, text, text + to);
    return out;
}

static double text_width(const char *text) {
    return (double)utf8_count(text, strlen(text)) * CHARACTER_WIDTH;
}

static double name_width(const Plot *plot, const char *name) {
    char text[TEXT_BYTES];
    return text_width(cut(name, name_most(plot), text));
}

static double widest(const Plot *plot, const char *const *text) {
    double width = 0;
    for (int i = 0; i < plot->rows; i++) {
        width = fmax(width, name_width(plot, text[i]));
    }
    return width;
}

static bool has_legend(const Plot *plot) {
    return plot->series_count > 1;
}

enum { ROWS_MOST = 100, HEAT_HEIGHT = 640 };

static int rows_shown(const Plot *plot) {
    return plot_rows_shown(plot, ROWS_MOST);
}

/* Many rows share one height. */
static double row_height(const Plot *plot) {
    if (plot->kind == PLOT_HEAT) {
        return fmin(ROW_HEIGHT, (double)HEAT_HEIGHT / rows_shown(plot));
    }
    int bars = plot->kind == PLOT_ROWS && plot->series_count > 1 ? plot->series_count : 1;
    return fmax(ROW_HEIGHT, bars * BAR_HEIGHT + 6);
}

/* Series' names in a line, as many lines as they need. */
static int legend_lines(const Plot *plot) {
    double x = MARGIN;
    int lines = has_legend(plot);
    for (int s = 0; lines && s < plot->series_count; s++) {
        double width = name_width(plot, plot->series[s].name) + 40;
        lines += x + width > plot->width - MARGIN && x > MARGIN;
        x = x + width > plot->width - MARGIN ? MARGIN + width : x + width;
    }
    return lines;
}

static double head_height(const Plot *plot) {
    return TOP + legend_lines(plot) * LEGEND + (plot->missing ? LEGEND : 0) + (plot->value ? 2 * LEGEND : 0);
}

/* Without a legend and notes. */
static double curves_height(const Plot *plot) {
    return 0.55 * plot->width;
}

/* Of the boxes. */
static double graph_width(const Plot *plot) {
    return widest(plot, plot->row) + widest(plot, plot->detail) + 40;
}

void plot_size(const Plot *plot, double *width, double *height) {
    double head = head_height(plot);
    *width = plot->width;
    if (plot->kind == PLOT_CURVES) {
        *height = curves_height(plot) + head - TOP;
    } else if (plot->kind == PLOT_GRAPH) {
        double drawn = graph_width(plot) + (plot->lanes + 1) * LANE;
        *width = 2 * MARGIN + fmax(drawn, fmin(text_width(plot->title), plot->width - 2 * MARGIN));
        *height = head + (2 * plot->rows - 1) * ROW_HEIGHT + MARGIN;
    } else {
        *height = head + rows_shown(plot) * row_height(plot) + BOTTOM;
    }
}

/* ---- head and axes ----------------------------------------------------------------------------------------------- */

static void straight(Surface *on, double x1, double y1, double x2, double y2, double thickness, unsigned color) {
    on->line(on, (const Point[]){{x1, y1}, {x2, y2}}, 2, thickness, color);
}

static void draw_head(const Plot *plot, Surface *on) {
    char note[128], text[TEXT_BYTES];
    double x = MARGIN, y = TOP + 2;
    on->box(on, 0, 0, on->width, on->height, PAPER);
    on->text(on, MARGIN, 24, AT_START, INK, cut(plot->title, text_most(plot), text));
    for (int s = 0; has_legend(plot) && s < plot->series_count; s++) {
        double width = name_width(plot, plot->series[s].name) + 40;
        if (x + width > plot->width - MARGIN && x > MARGIN) {
            x = MARGIN;
            y += LEGEND;
        }
        on->box(on, x, y - 6, 16, 4, colors[s]);
        on->text(on, x + 22, y, AT_START, INK, cut(plot->series[s].name, name_most(plot), text));
        x += width;
    }
    if (plot_note(plot, note)) {
        double below = plot->value ? 3 * LEGEND : LEGEND;
        on->text(on, MARGIN, head_height(plot) - below + 2, AT_START, colors[1], note);
    }
}

static void x_axis(const Frame *frame, const Scale *scale, const char *label) {
    char text[32];
    for (int i = 0; i < scale->ticks; i++) {
        double x = frame->left + scale_place(scale, scale->tick[i]) * (frame->right - frame->left);
        straight(frame->on, x, frame->top, x, frame->bottom, 1, RULE);
        frame->on->text(frame->on, x, frame->bottom + 16, AT_MIDDLE, PALE, scale_text(scale, scale->tick[i], text));
    }
    frame->on->text(frame->on, (frame->left + frame->right) / 2, frame->bottom + 36, AT_MIDDLE, INK, label);
}

static void y_axis(const Frame *frame, const Scale *scale, const char *label) {
    char text[32];
    for (int i = 0; i < scale->ticks; i++) {
        double y = frame->bottom - scale_place(scale, scale->tick[i]) * (frame->bottom - frame->top);
        straight(frame->on, frame->left, y, frame->right, y, 1, RULE);
        frame->on->text(frame->on, frame->left - 6, y + 4, AT_END, PALE, scale_text(scale, scale->tick[i], text));
    }
    frame->on->text(frame->on, MARGIN, frame->top - 14, AT_START, INK, label);
}

/* `shown` of them; where rows are low only so many as have room. */
static void row_names(const Plot *plot, const Frame *frame, double height, int shown) {
    char text[TEXT_BYTES];
    int every = (int)ceil((FONT_SIZE + 2) / height);
    for (int i = 0; i < shown; i += every) {
        double y = frame->top + (i + 0.5) * height + 4;
        const char *name = plot->row[plot_row_at(plot, shown, i)];
        frame->on->text(frame->on, frame->left - 8, y, AT_END, INK, cut(name, name_most(plot), text));
    }
}

/* ---- curves ------------------------------------------------------------------------------------------------------ */

static double ticks_width(const Scale *scale) {
    char text[32];
    double width = 0;
    for (int i = 0; i < scale->ticks; i++) {
        width = fmax(width, text_width(scale_text(scale, scale->tick[i], text)));
    }
    return width;
}

static void draw_curve(const Frame *frame, const Series *series, const Scale *x, const Scale *y, double thickness,
                       unsigned color, int dots, Point *point) {
    int count = 0;
    for (int i = 0; i <= series->count; i++) {
        bool drawn = i < series->count && scale_shows(y, series->y[i]);
        if (drawn) {
            point[count++] = (Point){frame->left + scale_place(x, series->x[i]) * (frame->right - frame->left),
                                     frame->bottom - scale_place(y, series->y[i]) * (frame->bottom - frame->top)};
        } else if (count > 1) {
            frame->on->line(frame->on, point, count, thickness, color);
        }
        if (drawn && series->count <= dots) { /* few points are shown as such; one alone has no line */
            frame->on->box(frame->on, point[count - 1].x - 2.5, point[count - 1].y - 2.5, 5, 5, color);
        }
        count = drawn ? count : 0;
    }
}

/* One of several moments, each apart; the last is what is seen where moments are not told apart. */
static void draw_moments(const Frame *frame, const Series *series, const Scale *x, const Scale *y, unsigned color,
                         Point *point) {
    Surface *on = frame->on;
    for (int i = on->frame ? 0 : series->frames - 1; i < series->frames; i++) {
        Series moment = {
            .x = series->x, .y = series->frame + (size_t)i * (size_t)series->count, .count = series->count};
        if (on->frame) {
            on->frame(on, i, i == series->frames - 1);
        }
        draw_curve(frame, &moment, x, y, 2, color, 1, point);
        if (on->frame) {
            on->frame(on, -1, false);
        }
    }
}

/* Its ends as thin lines. */
static void draw_band(const Frame *frame, const Series *series, const Scale *x, const Scale *y, unsigned color,
                      Point *point) {
    for (int side = 0; series->low && side < 2; side++) {
        const Series end = {.x = series->x, .y = side ? series->high : series->low, .count = series->count};
        draw_curve(frame, &end, x, y, 1, color, 0, point);
    }
}

static bool draw_curves(const Plot *plot, Surface *on) {
    Scale x = plot_x_scale(plot), y = plot_value_scale(plot);
    Frame frame = {on, MARGIN + ticks_width(&y) + 8, on->width - 2 * MARGIN, head_height(plot) + 26,
                   on->height - BOTTOM};
    x_axis(&frame, &x, plot->x_label);
    y_axis(&frame, &y, plot->y_label);
    for (int s = 0; s < plot->series_count; s++) {
        const Series *series = &plot->series[s];
        Point *point = malloc(((size_t)series->count + 1) * sizeof *point);
        if (!point) {
            return false;
        }
        draw_band(&frame, series, &x, &y, colors[s], point);
        if (series->frame) {
            draw_moments(&frame, series, &x, &y, colors[s], point);
        } else {
            draw_curve(&frame, series, &x, &y, 2, colors[s], DOTS, point);
        }
        free(point);
    }
    return true;
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static double along(const Frame *frame, const Scale *scale, double value) {
    return frame->left + scale_place(scale, value) * (frame->right - frame->left);
}

/* A bar from 0, or on a log scale from its low end. */
static void draw_bar(const Frame *frame, const Scale *scale, double value, double y, double height, unsigned color) {
    double from = scale->log ? frame->left : along(frame, scale, 0), to = along(frame, scale, value);
    frame->on->box(frame->on, fmin(from, to), y, fmax(fabs(to - from), 1), height, color);
}

static void draw_range(const Frame *frame, const Scale *scale, const Series *series, int i, double y, unsigned color) {
    double low = along(frame, scale, series->low[i]), high = along(frame, scale, series->high[i]);
    double middle = along(frame, scale, series->y[i]);
    straight(frame->on, low, y, high, y, 2, color);
    straight(frame->on, low, y - 3, low, y + 3, 2, color);
    straight(frame->on, high, y - 3, high, y + 3, 2, color);
    frame->on->box(frame->on, middle - 3, y - 3, 6, 6, color);
}

static bool draw_rows(const Plot *plot, Surface *on) {
    Scale scale = plot_value_scale(plot);
    double height = row_height(plot), top = head_height(plot);
    int shown = rows_shown(plot);
    Frame frame = {on, MARGIN + widest(plot, plot->row) + 8, on->width - 2 * MARGIN, top, top + shown * height};
    x_axis(&frame, &scale, plot->x_label);
    row_names(plot, &frame, height, shown);
    double bar = (height - 6) / plot->series_count;
    for (int at = 0; at < shown; at++) {
        int i = plot_row_at(plot, shown, at);
        for (int s = 0; s < plot->series_count; s++) {
            const Series *series = &plot->series[s];
            double y = frame.top + at * height + 3 + s * bar;
            if (i >= series->count || !scale_shows(&scale, series->y[i])) {
                continue;
            }
            if (series->low) {
                draw_range(&frame, &scale, series, i, y + bar / 2, colors[s]);
            } else {
                draw_bar(&frame, &scale, series->y[i], y, bar - 1, colors[s]);
            }
        }
    }
    return true;
}

/* ---- heat maps --------------------------------------------------------------------------------------------------- */

/* White to dark blue, so that print keeps the order. */
static unsigned heat_color(double share) {
    static const double from[3] = {255, 255, 255}, to[3] = {8, 48, 107};
    unsigned color = 0;
    for (int i = 0; i < 3; i++) {
        color = color << 8 | (unsigned)rint(from[i] + (to[i] - from[i]) * fmin(fmax(share, 0), 1));
    }
    return color;
}

/* Few enough that neighbours often have the same: they are one box. What is not finite stands out. */
static unsigned cell_color(double share) {
    return isnan(share) ? colors[1] : share > 0 ? heat_color(0.1 + 0.9 * rint(share * 30) / 30) : PAPER;
}

static void draw_cells(const double *cell, int columns, const Frame *frame, double y, double height) {
    double width = (frame->right - frame->left) / columns;
    for (int from = 0, to; from < columns; from = to) {
        unsigned color = cell_color(cell[from]);
        for (to = from + 1; to < columns && cell_color(cell[to]) == color; to++) {
        }
        if (color != PAPER) {
            frame->on->box(frame->on, frame->left + from * width, y, (to - from) * width + 0.2, height, color);
        }
    }
}

/* What the shades of figures stand for, and what the rows are. */
static void draw_shades(const Plot *plot, Surface *on, double top) {
    char text[32];
    double x = MARGIN, y = top - 2 * LEGEND + 2;
    on->text(on, x, y, AT_START, PALE, plot_shade_text(plot, plot->least, text));
    x += text_width(text) + 8;
    for (int i = 0; i < SHADES; i++) {
        on->box(on, x + i * SHADE_WIDTH, y - 10, SHADE_WIDTH + 0.2, 12, cell_color((i + 0.5) / SHADES));
    }
    x += SHADES * SHADE_WIDTH + 8;
    on->text(on, x, y, AT_START, PALE, plot_shade_text(plot, plot->most, text));
    on->text(on, MARGIN, top - 6, AT_START, INK, plot->y_label);
}

static bool draw_heat(const Plot *plot, Surface *on) {
    Scale x = plot_x_scale(plot);
    int shown = rows_shown(plot);
    double height = row_height(plot), top = head_height(plot), gap = height > 12 ? 1 : 0;
    Frame frame = {on, MARGIN + widest(plot, plot->row) + 8, on->width - 2 * MARGIN, top, top + shown * height};
    x_axis(&frame, &x, plot->x_label);
    row_names(plot, &frame, height, shown);
    for (int i = 0; i < shown; i++) {
        const double *cell = plot->cell + (size_t)plot_row_at(plot, shown, i) * (size_t)plot->columns;
        draw_cells(cell, plot->columns, &frame, top + i * height + gap, height - 2 * gap + (gap ? 0 : 0.2));
    }
    if (plot->value) {
        draw_shades(plot, on, top);
    }
    return true;
}

/* ---- graphs ------------------------------------------------------------------------------------------------------ */

static void arrow_down(Surface *on, double x, double from, double to) {
    straight(on, x, from, x, to, 1.5, PALE);
    on->line(on, (const Point[]){{x - 4, to - 5}, {x, to}, {x + 4, to - 5}}, 3, 1.5, PALE);
}

static void draw_link(const Plot *plot, Surface *on, int i, double right, double top) {
    Link link = plot->link[i];
    unsigned color = colors[link.lane % 6];
    double x = right + 14 + link.lane * LANE;
    double from = top + (link.from * 2 + 0.5) * ROW_HEIGHT + 4, to = top + (link.to * 2 + 0.5) * ROW_HEIGHT - 4;
    on->line(on, (const Point[]){{right, from}, {x, from}, {x, to}, {right + 2, to}}, 4, 1.5, color);
    on->line(on, (const Point[]){{right + 7, to - 4}, {right + 2, to}, {right + 7, to + 4}}, 3, 1.5, color);
}

static bool draw_graph(const Plot *plot, Surface *on) {
    char text[TEXT_BYTES];
    double left = MARGIN, right = left + graph_width(plot), top = head_height(plot);
    for (int i = 0; i < plot->rows; i++) {
        double y = top + i * 2 * ROW_HEIGHT;
        on->box(on, left, y, right - left, ROW_HEIGHT, RULE);
        on->box(on, left + 1, y + 1, right - left - 2, ROW_HEIGHT - 2, 0xf4f8fb);
        on->text(on, left + 10, y + 14, AT_START, INK, cut(plot->row[i], name_most(plot), text));
        on->text(on, right - 10, y + 14, AT_END, PALE, plot->detail[i]);
        if (i + 1 < plot->rows && !plot->apart[i]) {
            arrow_down(on, left + 30, y + ROW_HEIGHT, y + 2 * ROW_HEIGHT - 1);
        }
    }
    for (int i = 0; i < plot->links; i++) {
        draw_link(plot, on, i, right, top);
    }
    return true;
}

bool plot_draw(const Plot *plot, Surface *surface) {
    static bool (*const draw[])(const Plot *, Surface *) = {
        [PLOT_CURVES] = draw_curves, [PLOT_ROWS] = draw_rows, [PLOT_HEAT] = draw_heat, [PLOT_GRAPH] = draw_graph};
    draw_head(plot, surface);
    return draw[plot->kind](plot, surface);
}
