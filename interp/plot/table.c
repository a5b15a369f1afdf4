/* The numbers behind a plot, one a line, and the graph as DOT. */
#include "plot.h"
#include <math.h>
#include <string.h>

/* RFC 4180: what holds commas or quotes stands in quotes. */
static void csv_text(Text *out, const char *text) {
    if (!strpbrk(text, ",\"\n")) {
        text_printf(out, "%s", text);
        return;
    }
    text_char(out, '"');
    for (; *text; text++) {
        text_printf(out, *text == '"' ? "\"\"" : "%c", *text);
    }
    text_char(out, '"');
}

static void csv_number(Text *out, double value) {
    if (isfinite(value)) {
        text_printf(out, ",%.9g", value);
    } else {
        text_printf(out, ",%s", isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
    }
}

static void csv_curves(const Plot *plot, Text *out) {
    text_printf(out, "series,%s,value\n", plot->x_label);
    for (int s = 0; s < plot->series_count; s++) {
        for (int i = 0; i < plot->series[s].count; i++) {
            csv_text(out, plot->series[s].name);
            csv_number(out, plot->series[s].x[i]);
            csv_number(out, plot->series[s].y[i]);
            text_char(out, '\n');
        }
    }
}

static void csv_rows(const Plot *plot, Text *out) {
    bool ranges = plot->series_count && plot->series[0].low;
    text_printf(out, "layer,series,value%s\n", ranges ? ",low,high" : "");
    for (int i = 0; i < plot->rows; i++) {
        for (int s = 0; s < plot->series_count; s++) {
            const Series *series = &plot->series[s];
            if (i >= series->count) {
                continue;
            }
            csv_text(out, plot->row[i]);
            text_char(out, ',');
            csv_text(out, series->name);
            csv_number(out, series->y[i]);
            if (ranges) {
                csv_number(out, series->low[i]);
                csv_number(out, series->high[i]);
            }
            text_char(out, '\n');
        }
    }
}

static void csv_figures(const Plot *plot, Text *out) {
    text_printf(out, "%s,%s,value\n", plot->y_label, plot->x_label);
    for (int i = 0; i < plot->rows * plot->columns; i++) {
        csv_text(out, plot->row[i / plot->columns]);
        csv_number(out, plot->column[i % plot->columns]);
        csv_number(out, plot->value[i]);
        text_char(out, '\n');
    }
}

static void csv_heat(const Plot *plot, Text *out) {
    double width = (plot->high - plot->low) / plot->columns;
    text_printf(out, "layer,from,to,share\n");
    for (int i = 0; i < plot->rows; i++) {
        for (int j = 0; j < plot->columns; j++) {
            csv_text(out, plot->row[i]);
            csv_number(out, plot->low + j * width);
            csv_number(out, plot->low + (j + 1) * width);
            csv_number(out, plot->cell[i * plot->columns + j]);
            text_char(out, '\n');
        }
    }
}

/* Every edge, those from row to row first. */
static void each_edge(const Plot *plot, Text *out, void (*write)(Text *out, const char *from, const char *to)) {
    for (int i = 0; i + 1 < plot->rows; i++) {
        if (!plot->apart[i]) {
            write(out, plot->row[i], plot->row[i + 1]);
        }
    }
    for (int i = 0; i < plot->links; i++) {
        write(out, plot->row[plot->link[i].from], plot->row[plot->link[i].to]);
    }
}

static void csv_edge(Text *out, const char *from, const char *to) {
    csv_text(out, from);
    text_char(out, ',');
    csv_text(out, to);
    text_char(out, '\n');
}

bool plot_csv(const Plot *plot, Text *out) {
    switch (plot->kind) {
    case PLOT_CURVES:
        csv_curves(plot, out);
        break;
    case PLOT_ROWS:
        csv_rows(plot, out);
        break;
    case PLOT_HEAT:
        (plot->value ? csv_figures : csv_heat)(plot, out);
        break;
    case PLOT_GRAPH:
        text_printf(out, "from,to\n");
        each_edge(plot, out, csv_edge);
        break;
    }
    return !out->failed;
}

static void dot_edge(Text *out, const char *from, const char *to) {
    text_printf(out, "    \"%s\" -> \"%s\";\n", from, to);
}

bool plot_dot(const Plot *plot, Text *out) {
    text_printf(out, "digraph net {\n    node [shape=box, fontname=\"Helvetica\"];\n");
    for (int i = 0; i < plot->rows; i++) {
        text_printf(out, "    \"%s\" [label=\"%s\\n%s\"];\n", plot->row[i], plot->row[i], plot->detail[i]);
    }
    each_edge(plot, out, dot_edge);
    text_printf(out, "}\n");
    return !out->failed;
}
