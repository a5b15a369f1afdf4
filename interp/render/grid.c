/* A table to print, see grid.h. A cell is its text and its state; the layout is made from all cells at once. */
#include "grid.h"
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

struct Grid {
    Column *column; /* with copies of its texts */
    Lane *lane;
    int columns, rows, space, next; /* next: the cell to fill */
    Cell *cell;                     /* rows x columns */
};

/* Adds one character as a script would write it: a name out of a file must not break the table nor steer the terminal.
 */
static const char *add_printable(Text *shown, const char *at) {
    unsigned char byte = (unsigned char)at[0], next = (unsigned char)at[1];
    if (byte == '\n' || byte == '\t') {
        text_printf(shown, "\\%c", byte == '\n' ? 'n' : 't');
    } else if (byte < ' ' || byte == 0x7f) {
        text_printf(shown, "\\x%02x", byte);
    } else if (byte == 0xc2 && next >= 0x80 && next < 0xa0) { /* U+0080 to U+009F */
        text_printf(shown, "\\u{%x}", next);
        return at + 2;
    } else {
        text_char(shown, at[0]);
    }
    return at + 1;
}

static char *printable(const char *text) {
    Text shown = {0};
    while (*text) {
        text = add_printable(&shown, text);
    }
    return text_take(&shown);
}

Grid *grid_new(const Column *column, int count) {
    Grid *grid = calloc(1, sizeof *grid);
    if (!grid) {
        return NULL;
    }
    grid->columns = count;
    grid->column = calloc((size_t)count, sizeof *grid->column);
    grid->lane = calloc((size_t)count, sizeof *grid->lane);
    if (!grid->column || !grid->lane) {
        grid_free(grid);
        return NULL;
    }
    for (int i = 0; i < count; i++) {
        grid->column[i] = column[i];
        grid->column[i].title = printable(column[i].title);
        grid->column[i].over = column[i].over ? printable(column[i].over) : NULL;
    }
    for (int i = 0; i < count; i++) {
        if (!grid->column[i].title) {
            grid_free(grid);
            return NULL;
        }
    }
    return grid;
}

void grid_free(Grid *grid) {
    if (!grid) {
        return;
    }
    for (int i = 0; i < grid->rows * grid->columns; i++) {
        free(grid->cell[i].text);
    }
    for (int i = 0; grid->column && i < grid->columns; i++) {
        free((char *)grid->column[i].title);
        free((char *)grid->column[i].over);
    }
    free(grid->cell);
    free(grid->column);
    free(grid->lane);
    free(grid);
}

void grid_row(Grid *grid) {
    grid->next = grid->columns;
    if (grid->rows == grid->space) {
        int space = grid->space ? 2 * grid->space : 32;
        Cell *grown = realloc(grid->cell, (size_t)space * (size_t)grid->columns * sizeof *grown);
        if (!grown) {
            return;
        }
        grid->cell = grown;
        grid->space = space;
    }
    memset(grid->cell + grid->rows * grid->columns, 0, (size_t)grid->columns * sizeof *grid->cell);
    grid->rows++;
    grid->next = 0;
}

void grid_cell(Grid *grid, State state, const char *format, ...) {
    if (grid->next == grid->columns) {
        return;
    }
    Text text = {0};
    va_list arguments;
    va_start(arguments, format);
    text_vprintf(&text, format, arguments);
    va_end(arguments);
    char *shown = printable(text.at ? text.at : "");
    text_clear(&text);
    grid->cell[(grid->rows - 1) * grid->columns + grid->next++] = (Cell){shown, state};
}

int grid_rows(const Grid *grid) {
    return grid->rows;
}

static const char *cell_text(const Grid *grid, int row, int column) {
    const char *text = grid->cell[row * grid->columns + column].text;
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

static void measure_column(Grid *grid, int at) {
    const Column *column = &grid->column[at];
    int before = column->before, after = column->after;
    bool filled = grid->rows == 0 || column->rank == 0;
    for (int row = 0; row < grid->rows; row++) {
        const char *text = cell_text(grid, row, at);
        int width = columns_of(text), point = column->align == ALIGN_DECIMAL ? point_of(text) : width;
        before = larger(before, point);
        after = larger(after, width - point);
        filled = filled || says_something(text);
    }
    int title = larger(columns_of(column->title), column->over && column->span < 2 ? columns_of(column->over) : 0);
    grid->lane[at] = (Lane){.width = larger(before + after, title), .hidden = !filled};
    grid->lane[at].before = grid->lane[at].width - after;
    if (column->most && grid->lane[at].width > column->most) {
        grid->lane[at].width = column->most;
    }
}

int grid_width(const Grid *grid) {
    int total = INDENT, shown = 0;
    for (int i = 0; i < grid->columns; i++) {
        total += grid->lane[i].hidden ? 0 : grid->lane[i].width + (shown++ ? GAP : 0);
    }
    return total;
}

/* The least important column still shown: the highest rank, of equals the last. `least`: only ranks above. -1: none. */
static int least_column(const Grid *grid, int least) {
    int found = -1;
    for (int i = 0; i < grid->columns; i++) {
        if (!grid->lane[i].hidden && grid->column[i].rank > least) {
            found = found < 0 || grid->column[i].rank >= grid->column[found].rank ? i : found;
        }
    }
    return found;
}

static int widest_text(const Grid *grid) {
    int found = -1;
    for (int i = 0; i < grid->columns; i++) {
        const Lane *lane = &grid->lane[i];
        if (!lane->hidden && grid->column[i].align == ALIGN_LEFT && lane->width > LEFT_LEAST) {
            found = found < 0 || lane->width > grid->lane[found].width ? i : found;
        }
    }
    return found;
}

static int shown_columns(const Grid *grid) {
    int shown = 0;
    for (int i = 0; i < grid->columns; i++) {
        shown += !grid->lane[i].hidden;
    }
    return shown;
}

void grid_layout(Grid *grid, int width) {
    for (int i = 0; i < grid->columns; i++) {
        measure_column(grid, i);
    }
    for (int at; grid_width(grid) > width && (at = least_column(grid, 0)) >= 0;) {
        grid->lane[at].hidden = true;
    }
    for (int at; grid_width(grid) > width && (at = widest_text(grid)) >= 0;) {
        grid->lane[at].width--;
    }
    while (grid_width(grid) > width && shown_columns(grid) > 1) {
        grid->lane[least_column(grid, -1)].hidden = true;
    }
    if (grid_width(grid) > width) {
        grid->lane[least_column(grid, -1)].width = larger(width - INDENT, 1);
    }
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
static int offset_of(const Grid *grid, int at, const char *text) {
    const Lane *lane = &grid->lane[at];
    int width = columns_of(text), offset = 0;
    if (grid->column[at].align == ALIGN_RIGHT) {
        offset = lane->width - width;
    } else if (grid->column[at].align == ALIGN_DECIMAL) {
        offset = lane->before - point_of(text);
        offset = offset + width > lane->width ? lane->width - width : offset;
    }
    return larger(offset, 0);
}

/* Titles stand where the figures end. */
static int title_offset(const Grid *grid, int at, const char *text) {
    return grid->column[at].align == ALIGN_LEFT ? 0 : larger(grid->lane[at].width - columns_of(text), 0);
}

static int span_width(const Grid *grid, int at) {
    int width = -GAP, last = at + larger(grid->column[at].span, 1);
    for (int i = at; i < last && i < grid->columns; i++) {
        width += grid->lane[i].hidden ? 0 : grid->lane[i].width + GAP;
    }
    return width;
}

static void print_over(const Grid *grid, const Canvas *canvas) {
    int column = 0, start = INDENT;
    bool any = false;
    for (int i = 0; i < grid->columns; i++) {
        const Column *about = &grid->column[i];
        if (grid->lane[i].hidden) {
            continue;
        }
        if (about->over) {
            int offset = about->span > 1 ? 0 : title_offset(grid, i, about->over);
            column = print_at(canvas, column, start + offset, span_width(grid, i), STATE_PLAIN, about->over);
            any = any || *about->over;
        }
        start += grid->lane[i].width + GAP;
    }
    if (any) {
        fputc('\n', canvas->out);
    }
}

void grid_print_head(const Grid *grid, const Canvas *canvas) {
    print_over(grid, canvas);
    int column = 0, start = INDENT;
    for (int i = 0; i < grid->columns; i++) {
        if (!grid->lane[i].hidden) {
            const char *title = grid->column[i].title;
            column =
                print_at(canvas, column, start + title_offset(grid, i, title), grid->lane[i].width, STATE_PLAIN, title);
            start += grid->lane[i].width + GAP;
        }
    }
    fputc('\n', canvas->out);
}

void grid_print_row(const Grid *grid, const Canvas *canvas, int row) {
    int column = 0, start = INDENT;
    for (int i = 0; i < grid->columns; i++) {
        if (!grid->lane[i].hidden) {
            const char *text = cell_text(grid, row, i);
            column = print_at(canvas, column, start + offset_of(grid, i, text), grid->lane[i].width,
                              grid->cell[row * grid->columns + i].state, text);
            start += grid->lane[i].width + GAP;
        }
    }
    fputc('\n', canvas->out);
}

void grid_print(Grid *grid, const Canvas *canvas) {
    grid_layout(grid, canvas->width);
    grid_print_head(grid, canvas);
    for (int row = 0; row < grid->rows; row++) {
        grid_print_row(grid, canvas, row);
    }
}

/* ---- for others ----------------------------------------------------------------------------------------------- */

const Column *grid_column(const Grid *grid, int column) {
    return column < grid->columns ? &grid->column[column] : NULL;
}

bool grid_hides(const Grid *grid, int column) {
    return grid->lane[column].hidden;
}

const char *grid_text(const Grid *grid, int row, int column, State *state) {
    *state = grid->cell[row * grid->columns + column].state;
    return cell_text(grid, row, column);
}
