/* Which classes are taken for which: a matrix, or the commonest confusions where there are too many classes for one. */
#include "number.h"
#include "pictures.h"
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { CONFUSIONS_SHOWN = 10, MATRIX_CLASSES = 40 };

static int64_t cell_of(const PlumbScore *score, int is, int taken) {
    return score->confusion[(int64_t)is * score->classes + taken];
}

static int64_t rows_of(const PlumbScore *score, int is) {
    int64_t rows = 0;
    for (int taken = 0; taken < score->classes; taken++) {
        rows += cell_of(score, is, taken);
    }
    return rows;
}

static void right_cell(Grid *grid, const PlumbScore *score, int is) {
    char text[32];
    int64_t rows = rows_of(score, is);
    grid_cell(grid, STATE_PLAIN, "%s",
              rows ? number_percent((double)cell_of(score, is, is) / (double)rows, text) : "-");
}

/* Rows: what it is; columns: what it is taken for. NULL when memory is short. */
static Grid *make_matrix(const PlumbData *data, const PlumbScore *score) {
    Column *column = calloc((size_t)score->classes + 2, sizeof *column);
    if (!column) {
        return NULL;
    }
    column[0] = (Column){.over = "", .title = "is", .align = ALIGN_LEFT};
    for (int i = 0; i < score->classes; i++) {
        column[1 + i] = (Column){.title = class_shown(data, i), .align = ALIGN_RIGHT};
    }
    column[1].over = "taken for";
    column[1].span = score->classes + 1;
    column[1 + score->classes] = (Column){.title = "right", .align = ALIGN_DECIMAL};
    Grid *grid = grid_new(column, score->classes + 2);
    free(column);
    for (int is = 0; grid && is < score->classes; is++) {
        grid_row(grid);
        grid_cell(grid, STATE_PLAIN, "%s", class_shown(data, is));
        for (int taken = 0; taken < score->classes; taken++) {
            int64_t rows = cell_of(score, is, taken);
            State state = is == taken ? STATE_PLAIN : rows ? STATE_DOUBTFUL : STATE_HEALTHY;
            grid_cell(grid, state, rows || is == taken ? "%" PRId64 : ".", rows);
        }
        right_cell(grid, score, is);
    }
    return grid;
}

/* ---- the commonest ----------------------------------------------------------------------------------------------- */

typedef struct Mistake {
    int64_t rows;
    int is, taken;
} Mistake;

/* Keeps the commonest, in order; of equals the first. */
static void insert_mistake(Mistake *list, int *count, Mistake mistake) {
    int at = *count;
    while (at > 0 && list[at - 1].rows < mistake.rows) {
        at--;
    }
    if (at == CONFUSIONS_SHOWN) {
        return;
    }
    *count += *count < CONFUSIONS_SHOWN;
    memmove(list + at + 1, list + at, (size_t)(*count - 1 - at) * sizeof *list);
    list[at] = mistake;
}

static void print_commonest(const Canvas *canvas, const PlumbData *data, const PlumbScore *score) {
    static const Column column[] = {
        {.title = "is", .align = ALIGN_LEFT},
        {.title = "taken for", .align = ALIGN_LEFT},
        {.title = "rows", .align = ALIGN_RIGHT},
    };
    Mistake list[CONFUSIONS_SHOWN];
    int count = 0;
    for (int is = 0; is < score->classes; is++) {
        for (int taken = 0; taken < score->classes; taken++) {
            int64_t rows = cell_of(score, is, taken);
            if (is != taken && rows) {
                insert_mistake(list, &count, (Mistake){rows, is, taken});
            }
        }
    }
    Grid *grid = count ? grid_new(column, sizeof column / sizeof *column) : NULL;
    for (int i = 0; grid && i < count; i++) {
        grid_row(grid);
        grid_cell(grid, STATE_PLAIN, "%s", class_shown(data, list[i].is));
        grid_cell(grid, STATE_PLAIN, "%s", class_shown(data, list[i].taken));
        grid_cell(grid, STATE_PLAIN, "%" PRId64, list[i].rows);
    }
    if (grid) {
        canvas_wrap(canvas, STATE_PLAIN, 2, "the commonest confusions of %d classes:", score->classes);
        grid_print(grid, canvas);
    }
    grid_free(grid);
}

void picture_confusion(const Canvas *canvas, const PlumbData *data, const PlumbScore *score) {
    Grid *grid = score->classes <= MATRIX_CLASSES ? make_matrix(data, score) : NULL;
    if (grid) {
        grid_layout(grid, INT_MAX);
    }
    if (grid && grid_width(grid) <= canvas->width) {
        grid_print(grid, canvas);
    } else {
        print_commonest(canvas, data, score);
    }
    grid_free(grid);
}
