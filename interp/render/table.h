/* Tables: columns aligned by type, a head of one or two lines, never wider than the canvas. */
#ifndef PLUMB_RENDER_TABLE_H
#define PLUMB_RENDER_TABLE_H
#include "canvas.h"

typedef enum { ALIGN_LEFT, ALIGN_RIGHT, ALIGN_DECIMAL /* on the point, or behind the last digit before a letter */ } Align;

typedef struct Column {
    const char *title;
    const char *over;  /* a line above the title, or NULL */
    int span;          /* columns that `over` stands above; 0 counts as 1 */
    Align align;
    int rank;          /* 0: stays; where the width is short, the highest go first */
    int before, after; /* least width; for ALIGN_DECIMAL that up to the point, and from it on */
} Column;

typedef struct Table Table;
Table *table_new(const Column *column, int count); /* copies; NULL when memory is short */
void table_drop(Table *table);
void table_row(Table *table); /* begins a row */
/* Fills the next cell of the row. What memory is too short for is left out. */
void table_cell(Table *table, State state, const char *format, ...) __attribute__((format(printf, 3, 4)));
int table_rows(const Table *table);

/* Widths from all rows. A column without anything but "" and "-" is left out. */
void table_layout(Table *table, int width);
/* How many columns of text the layout leaves free: for a bar that takes what is left. */
int table_free_width(const Table *table, int width);
void table_print_head(const Table *table, const Canvas *canvas);
void table_print_row(const Table *table, const Canvas *canvas, int row);
void table_print(Table *table, const Canvas *canvas); /* layout, head, all rows */
#endif
