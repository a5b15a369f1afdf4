/* Plots: what a picture shows, apart from how. One model, one renderer a format: the terminal, SVG, PNG, CSV, DOT. */
#ifndef PLUMB_PLOT_H
#define PLUMB_PLOT_H
#include "../../grammar/text.h"
#include "../../runtime/plumb.h"
#include "../render/canvas.h"

typedef enum {
    PLOT_CURVES, /* series over numbers */
    PLOT_ROWS,   /* a bar, or a range about a middle, for each row and series */
    PLOT_HEAT,   /* rows of cells */
    PLOT_GRAPH   /* the layers of a net and their links */
} PlotKind;

enum { PLOT_SERIES_MOST = 12, PLOT_WIDTH = 800 };
typedef struct Series {
    const char *name;
    double *x, *y;      /* x: curves only. y NaN: there is none */
    double *low, *high; /* ranges about y; NULL: none */
    int count;          /* of a PLOT_ROWS: one per row, the last rows may have none */
    double *frame;      /* frames x count: y at moments, of which a page shows one at a time; NULL: y alone */
    int frames;
} Series;

typedef struct Link { int from, to, lane; } Link; /* rows of a graph; lanes are drawn side by side */

typedef struct Plot {
    PlumbArena *arena;        /* owns all that follows */
    PlotKind kind;
    const char *title, *x_label, *y_label; /* the values of PLOT_ROWS lie along x */
    int width;                /* of the picture, at most PLOT_WIDTH; a graph is as wide as its boxes */
    bool log;                 /* the axis of values: y of curves, x of rows */
    Series series[PLOT_SERIES_MOST];
    int series_count;
    const char **row;         /* names of rows, top first */
    const char **detail;      /* graph: what is written behind the name */
    int rows;
    double *cell, low, high;  /* heat: rows x columns shares in 0..1, 0 is left blank; the columns lie evenly from low to high */
    int columns;
    double *value, *column;   /* heat of figures: what each cell and each column stands for; NULL: the columns are bins */
    double least, most;       /* of these: what the ends of the shades stand for */
    Link *link;               /* graph: those that skip rows; each row is linked to the next unless `apart` says so */
    int links, lanes;
    bool *apart;              /* graph: row i does not feed row i + 1 */
    int missing;              /* values that are not finite, or not above 0 on a log scale: they are told, not drawn */
} Plot;

Plot *plot_new(PlotKind kind, int rows); /* NULL when memory is short */
void plot_free(Plot *plot);
/* A text in the plot's arena; NULL when memory is short. */
const char *plot_text(Plot *plot, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds a series of `count` values, all NaN. NULL: no room or no memory. */
Series *plot_series(Plot *plot, const char *name, int count, bool ranges);

/* ---- scales ------------------------------------------------------------------------------------------------------- */
enum { TICKS_MOST = 16 };
typedef struct Scale {
    bool log;
    double low, high;    /* of the axis, in its own units: log10 where log */
    double tick[TICKS_MOST]; /* values */
    int ticks;
} Scale;
Scale plot_value_scale(const Plot *plot); /* y of curves, x of rows, of all that can be drawn */
Scale plot_x_scale(const Plot *plot);     /* x of curves and heat maps */
bool scale_shows(const Scale *scale, double value);
double scale_place(const Scale *scale, double value); /* 0: low end, 1: high end */
char *scale_text(const Scale *scale, double value, char text[32]);
/* Counts what cannot be drawn, in plot->missing. To be called when all is filled in. */
void plot_count_missing(Plot *plot);
/* What has a title, labels and all names, ready to be drawn. NULL: not `done`, or memory was short; the plot is freed. */
Plot *plot_whole(Plot *plot, bool done);
/* The note on what is missing; false: nothing is. */
bool plot_note(const Plot *plot, char text[128]);

/* A heat map of figures: fills the cells from plot->value, on a log scale (plot->log, whole decades) or from 0 to 1. What is not finite
 * becomes NaN, and is marked. */
void plot_shade(Plot *plot);
/* Heat maps of more rows than `most` show that many, evenly apart, the ends among them. */
int plot_rows_shown(const Plot *plot, int most);
int plot_row_at(const Plot *plot, int shown, int index);
char *plot_shade_text(const Plot *plot, double end, char text[32]); /* of an end of the shades */

/* Sorts the links, short ones first, and gives each a lane. */
void plot_set_lanes(Plot *plot);

/* ---- renderers ---------------------------------------------------------------------------------------------------- */
void plot_print(const Plot *plot, const Canvas *canvas);
typedef bool PlotWrite(const Plot *plot, Text *out); /* false: memory is short */
PlotWrite plot_svg, plot_png, plot_csv, plot_dot;
PlotWrite plot_svg_inside; /* of a page: as one picture with the title for its name */
#endif
