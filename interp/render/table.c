/* Tables, see table.h. A cell is its text and its state; the layout is made from all cells at once. */
#include "table.h"
#include "../../grammar/text.h"
#include <stdlib.h>
#include <string.h>

enum { INDENT = 1, GAP = 2, LEFT_LEAST = 8 /* a text is not cut below this */ };

typedef struct Cell {
    char *text; /* NULL: empty */
    State state;
} Cell;

typedef struct Lane { /* a column as laid out */
    int width, before;
    bool hidden;
} Lane;

struct Table {
    Column *column;
    Lane *lane;
    int columns, rows, space, next; /* next: the cell to fill */
    Cell *cell;                     /* rows x columns */
};

Table *table_new(const Column *column, int count) {
    Table *table = calloc(1, sizeof *table);
    if (!table) {
        return NULL;
    }
    table->columns = count;
    table->column = calloc((size_t)count, sizeof *table->column);
    table->lane = calloc((size_t)count, sizeof *table->lane);
    if (!table->column || !table->lane) {
        grid_free(table);
        return NULL;
    }
    memcpy(table->column, column, (size_t)count * sizeof *column);
    return table;
}

void grid_free(Table *table) {
    if (!table) {
        return;
    }
    for (int i = 0; i < table->rows * table->columns; i++) {
        free(table->cell[i].text);
    }
    free(table->cell);
    free(table->column);
    free(table->lane);
    free(table);
}

void table_row(Table *table) {
    table->next = table->columns;
    if (table->rows == table->space) {
        int space = table->space ? 2 * table->space : 32;
        Cell *grown = realloc(table->cell, (size_t)space * (size_t)table->columns * sizeof *grown);
        if (!grown) {
            return;
        }
        table->cell = grown;
        table->space = space;
    }
    memset(table->cell + table->rows * table->columns, 0, (size_t)table->columns * sizeof *table->cell);
    table->rows++;
    table->next = 0;
}

void table_cell(Table *table, State state, const char *format, ...) {
    if (table->next == table->columns) {
        return;
    }
    Text text = {0};
    va_list arguments;
    va_start(arguments, format);
    text_vprintf(&text, format, arguments);
    va_end(arguments);
    table->cell[(table->rows - 1) * table->columns + table->next++] = (Cell){text_take(&text), state};
}

int table_rows(const Table *table) {
    return table->rows;
}

static const char *cell_text(const Table *table, int row, int column) {
    const char *text = table->cell[row * table->columns + column].text;
    return text ? text : "";
}

/* ---- layout ------------------------------------------------------------------------------------------------- */

static int columns_of(const char *text) {
    return (int)utf8_count(text, strlen(text));
}

/* Columns up to the point: of "12.5 %" 2, of "3e-09" 1, of what has no digit all. */
static int point_of(const char *text) {
    size_t length = strspn(text, "+-0123456789,");
    return strcspn(text, "0123456789") < length ? (int)length : columns_of(text);
}

static int larger(int a, int b) {
    return a > b ? a : b;
}

static bool says_something(const char *text) {
    return *text && strcmp(text, "-") != 0;
}

static void measure_column(Table *table, int at) {
    const Column *column = &table->column[at];
    int before = column->before, after = column->after;
    bool filled = table->rows == 0 || column->rank == 0;
    for (int row = 0; row < table->rows; row++) {
        const char *text = cell_text(table, row, at);
        int width = columns_of(text), point = column->align == ALIGN_DECIMAL ? point_of(text) : width;
        before = larger(before, point);
        after = larger(after, width - point);
        filled = filled || says_something(text);
    }
    int title = larger(columns_of(column->title), column->over && column->span < 2 ? columns_of(column->over) : 0);
    table->lane[at] = (Lane){.width = larger(before + after, title), .hidden = !filled};
    table->lane[at].before = table->lane[at].width - after;
}

static int total_width(const Table *table) {
    int total = INDENT, shown = 0;
    for (int i = 0; i < table->columns; i++) {
        total += table->lane[i].hidden ? 0 : table->lane[i].width + (shown++ ? GAP : 0);
    }
    return total;
}

/* The least important column still shown: the highest rank, of equals the last. `least`: only ranks above. -1: none. */
static int least_column(const Table *table, int least) {
    int found = -1;
    for (int i = 0; i < table->columns; i++) {
        if (!table->lane[i].hidden && table->column[i].rank > least) {
            found = found < 0 || table->column[i].rank >= table->column[found].rank ? i : found;
        }
    }
    return found;
}

static int widest_text(const Table *table) {
    int found = -1;
    for (int i = 0; i < table->columns; i++) {
        const Lane *lane = &table->lane[i];
        if (!lane->hidden && table->column[i].align == ALIGN_LEFT && lane->width > LEFT_LEAST) {
            found = found < 0 || lane->width > table->lane[found].width ? i : found;
        }
    }
    return found;
}

static int shown_columns(const Table *table) {
    int shown = 0;
    for (int i = 0; i < table->columns; i++) {
        shown += !table->lane[i].hidden;
    }
    return shown;
}

void table_layout(Table *table, int width) {
    for (int i = 0; i < table->columns; i++) {
        measure_column(table, i);
    }
    for (int at; total_width(table) > width && (at = least_column(table, 0)) >= 0;) {
        table->lane[at].hidden = true;
    }
    for (int at; total_width(table) > width && (at = widest_text(table)) >= 0;) {
        table->lane[at].width--;
    }
    while (total_width(table) > width && shown_columns(table) > 1) {
        table->lane[least_column(table, -1)].hidden = true;
    }
    if (total_width(table) > width) {
        table->lane[least_column(table, -1)].width = larger(width - INDENT, 1);
    }
}

int table_free_width(const Table *table, int width) {
    return larger(width - total_width(table), 0);
}

/* ---- printing ------------------------------------------------------------------------------------------------- */

/* Bytes of the first `columns` characters. */
static int bytes_of(const char *text, int columns) {
    int at = 0;
    for (; columns > 0 && text[at]; columns--) {
        int length = utf8_length(text + at, strlen(text + at));
        at += length ? length : 1;
    }
    return at;
}

/* A text that is too wide keeps its two ends: "encoder..dense1". */
static void print_cut(const Canvas *canvas, State state, const char *text, int width) {
    int columns = columns_of(text), head = width > 4 ? (width - 2) / 2 : width, tail = width > 4 ? width - 2 - head : 0;
    canvas_text(canvas, state, text, bytes_of(text, head));
    if (tail) {
        const char *end = text + bytes_of(text, columns - tail);
        canvas_text(canvas, state, "..", 2);
        canvas_text(canvas, state, end, (int)strlen(end));
    }
}

/* `column`: where the line stands. Returns where it stands then. Spaces are written only before text. */
static int print_at(const Canvas *canvas, int column, int start, int width, State state, const char *text) {
    if (!*text) {
        return column;
    }
    int columns = columns_of(text);
    fprintf(canvas->out, "%*s", larger(start - column, 0), "");
    if (columns > width) {
        print_cut(canvas, state, text, width);
        columns = width;
    } else {
        canvas_text(canvas, state, text, (int)strlen(text));
    }
    return start + columns;
}

/* Where in its lane a text starts. */
static int offset_of(const Table *table, int at, const char *text) {
    const Lane *lane = &table->lane[at];
    int width = columns_of(text), offset = 0;
    if (table->column[at].align == ALIGN_RIGHT) {
        offset = lane->width - width;
    } else if (table->column[at].align == ALIGN_DECIMAL) {
        offset = lane->before - point_of(text);
        offset = offset + width > lane->width ? lane->width - width : offset;
    }
    return larger(offset, 0);
}

/* Titles stand where the figures end. */
static int title_offset(const Table *table, int at, const char *text) {
    return table->column[at].align == ALIGN_LEFT ? 0 : larger(table->lane[at].width - columns_of(text), 0);
}

static int span_width(const Table *table, int at) {
    int width = -GAP, last = at + larger(table->column[at].span, 1);
    for (int i = at; i < last && i < table->columns; i++) {
        width += table->lane[i].hidden ? 0 : table->lane[i].width + GAP;
    }
    return width;
}

static void print_over(const Table *table, const Canvas *canvas) {
    int column = 0, start = INDENT;
    bool any = false;
    for (int i = 0; i < table->columns; i++) {
        const Column *about = &table->column[i];
        if (table->lane[i].hidden) {
            continue;
        }
        if (about->over) {
            int offset = about->span > 1 ? 0 : title_offset(table, i, about->over);
            column = print_at(canvas, column, start + offset, span_width(table, i), STATE_PLAIN, about->over);
            any = any || *about->over;
        }
        start += table->lane[i].width + GAP;
    }
    if (any) {
        fputc('\n', canvas->out);
    }
}

void table_print_head(const Table *table, const Canvas *canvas) {
    print_over(table, canvas);
    int column = 0, start = INDENT;
    for (int i = 0; i < table->columns; i++) {
        if (!table->lane[i].hidden) {
            const char *title = table->column[i].title;
            column = print_at(canvas, column, start + title_offset(table, i, title), table->lane[i].width, STATE_PLAIN,
                              title);
            start += table->lane[i].width + GAP;
        }
    }
    fputc('\n', canvas->out);
}

void table_print_row(const Table *table, const Canvas *canvas, int row) {
    int column = 0, start = INDENT;
    for (int i = 0; i < table->columns; i++) {
        if (!table->lane[i].hidden) {
            const char *text = cell_text(table, row, i);
            column = print_at(canvas, column, start + offset_of(table, i, text), table->lane[i].width,
                              table->cell[row * table->columns + i].state, text);
            start += table->lane[i].width + GAP;
        }
    }
    fputc('\n', canvas->out);
}

void table_print(Table *table, const Canvas *canvas) {
    table_layout(table, canvas->width);
    table_print_head(table, canvas);
    for (int row = 0; row < table->rows; row++) {
        table_print_row(table, canvas, row);
    }
}
