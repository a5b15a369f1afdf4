/* Which classes are taken for which: a matrix, or the commonest confusions where there are too many classes for one. */
#include "number.h"
#include "pictures.h"
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CONFUSIONS_SHOWN = 10, MATRIX_CLASSES = 40 };

static int64_t cell_of(const PlumbScore *score, int is, int taken) {
    return score->confusion[(int64_t)is * score->classes + taken];
}

static void share_cell(Grid *grid, double share) {
    char text[32];
    grid_cell(grid, STATE_PLAIN, "%s", isnan(share) ? "-" : number_percent(share, text));
}

/* Recall, and where there is room precision and F1 of the class. */
enum { RECALL_ONLY = 1, ALL_SCORES = 3 };

static void score_cells(Grid *grid, const PlumbScore *score, int is, int scores) {
    PlumbClassScore of;
    plumb_class_score(score, is, &of);
    const double share[ALL_SCORES] = {of.recall, of.precision, of.f1};
    for (int i = 0; i < scores; i++) {
        share_cell(grid, share[i]);
    }
}

/* Rows: what it is; columns: what it is taken for. NULL when memory is short. */
static Grid *make_matrix(const PlumbData *data, const PlumbScore *score, int scores) {
    static const char *const title[ALL_SCORES] = {"recall", "precision", "f1"};
    int classes = score->classes;
    Column *column = calloc((size_t)(1 + classes + scores), sizeof *column);
    if (!column) {
        return NULL;
    }
    column[0] = (Column){.over = "", .title = "is", .align = ALIGN_LEFT};
    for (int i = 0; i < classes; i++) {
        column[1 + i] = (Column){.title = class_shown(data, i), .align = ALIGN_RIGHT};
    }
    column[1].over = "taken for";
    column[1].span = classes + scores;
    for (int i = 0; i < scores; i++) {
        column[1 + classes + i] = (Column){.title = title[i], .align = ALIGN_DECIMAL};
    }
    Grid *grid = grid_new(column, 1 + classes + scores);
    free(column);
    for (int is = 0; grid && is < classes; is++) {
        grid_row(grid);
        grid_cell(grid, STATE_PLAIN, "%s", class_shown(data, is));
        for (int taken = 0; taken < classes; taken++) {
            int64_t rows = cell_of(score, is, taken);
            State state = is == taken ? STATE_PLAIN : rows ? STATE_DOUBTFUL : STATE_HEALTHY;
            grid_cell(grid, state, rows || is == taken ? "%" PRId64 : ".", rows);
        }
        score_cells(grid, score, is, scores);
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

static bool print_matrix(const Canvas *canvas, const PlumbData *data, const PlumbScore *score, int scores) {
    Grid *grid = make_matrix(data, score, scores);
    if (grid) {
        grid_layout(grid, INT_MAX);
    }
    bool fits = grid && grid_width(grid) <= canvas->width;
    if (fits) {
        grid_print(grid, canvas);
    }
    grid_free(grid);
    return fits;
}

void picture_confusion(const Canvas *canvas, const PlumbData *data, const PlumbScore *score) {
    bool matrix = score->classes <= MATRIX_CLASSES &&
                  (print_matrix(canvas, data, score, ALL_SCORES) || print_matrix(canvas, data, score, RECALL_ONLY));
    if (!matrix) {
        print_commonest(canvas, data, score);
    }
}
