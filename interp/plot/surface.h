/* What pictures are drawn on: filled boxes, lines and text, in units of about a pixel; y grows downwards. */
#ifndef PLUMB_PLOT_SURFACE_H
#define PLUMB_PLOT_SURFACE_H
#include "plot.h"

typedef struct Point { double x, y; } Point;
typedef enum { AT_START, AT_MIDDLE, AT_END } Anchor;

typedef struct Surface Surface;
struct Surface {
    double width, height;
    void (*box)(Surface *surface, double x, double y, double width, double height, unsigned color);
    void (*line)(Surface *surface, const Point *point, int count, double thickness, unsigned color);
    /* What follows, up to index -1, is moment `index` of several, of which the last is shown. NULL: only the last is drawn. */
    void (*frame)(Surface *surface, int index, bool shown);
    void (*text)(Surface *surface, double x, double y, Anchor anchor, unsigned color, const char *text); /* y: the base line */
};

enum { CHARACTER_WIDTH = 7, FONT_SIZE = 12 };
void plot_size(const Plot *plot, double *width, double *height);
bool plot_draw(const Plot *plot, Surface *surface); /* all of it; false: memory is short */
#endif
