/* A table to print: columns aligned by type, a head of one or two lines, never wider than the canvas. */
#ifndef PLUMB_RENDER_GRID_H
#define PLUMB_RENDER_GRID_H
#include "canvas.h"

typedef enum { ALIGN_LEFT, ALIGN_RIGHT, ALIGN_DECIMAL /* on the point, or behind the last digit before a letter */ } Align;

typedef struct Column {
    const char *title;
    const char *over;  /* a line above the title, or NULL */
    int span;          /* columns that `over` stands above; 0 counts as 1 */
    Align align;
    int rank;          /* 0: stays; where the width is short, the highest go first */
    int most;          /* wider cells are cut in the middle; 0: no limit */
    int before, after; /* least width; for ALIGN_DECIMAL that up to the point, and from it on */
} Column;

typedef struct Grid Grid;
Grid *grid_new(const Column *column, int count); /* copies, texts too; NULL when memory is short */
void grid_free(Grid *grid);
void grid_row(Grid *grid); /* begins a row */
/* Fills the next cell of the row. What memory is too short for is left out. */
void grid_cell(Grid *grid, State state, const char *format, ...) __attribute__((format(printf, 3, 4)));
int grid_rows(const Grid *grid);

/* Widths from all rows. A column without anything but "" and "-" is left out. */
void grid_layout(Grid *grid, int width);
int grid_width(const Grid *grid); /* of the layout */
void grid_print_head(const Grid *grid, const Canvas *canvas);
void grid_print_row(const Grid *grid, const Canvas *canvas, int row);
void grid_print(Grid *grid, const Canvas *canvas); /* layout, head, all rows */

/* To show it otherwise: after grid_layout. */
const Column *grid_column(const Grid *grid, int column); /* NULL ends */
bool grid_hides(const Grid *grid, int column);
const char *grid_text(const Grid *grid, int row, int column, State *state); /* "": empty */
#endif
