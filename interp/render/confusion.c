/* Which classes are taken for which: a matrix, or the commonest confusions where there are too many classes for one. */
#include "number.h"
#include "pictures.h"
#include <inttypes.h>
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

static void right_cell(Table *table, const PlumbScore *score, int is) {
    char text[32];
    int64_t rows = rows_of(score, is);
    table_cell(table, STATE_PLAIN, "%s",
               rows ? number_percent((double)cell_of(score, is, is) / (double)rows, text) : "-");
}

/* Rows: what it is; columns: what it is taken for. NULL when memory is short. */
static Table *make_matrix(const PlumbData *data, const PlumbScore *score) {
    Column *column = calloc((size_t)score->classes + 2, sizeof *column);
    if (!column) {
        return NULL;
    }
    column[0] = (Column){.over = "", .title = "is", .align = ALIGN_LEFT};
    for (int i = 0; i < score->classes; i++) {
        column[1 + i] = (Column){.title = data->class_name[i], .align = ALIGN_RIGHT};
    }
    column[1].over = "taken for";
    column[1].span = score->classes > 1 ? score->classes : 2;
    column[1 + score->classes] = (Column){.title = "right", .align = ALIGN_DECIMAL};
    Table *table = table_new(column, score->classes + 2);
    free(column);
    for (int is = 0; table && is < score->classes; is++) {
        table_row(table);
        table_cell(table, STATE_PLAIN, "%s", data->class_name[is]);
        for (int taken = 0; taken < score->classes; taken++) {
            int64_t rows = cell_of(score, is, taken);
            State state = is == taken ? STATE_PLAIN : rows ? STATE_DOUBTFUL : STATE_HEALTHY;
            table_cell(table, state, rows || is == taken ? "%" PRId64 : ".", rows);
        }
        right_cell(table, score, is);
    }
    return table;
}

/* ---- the commonest ------------------------------------------------------------------------------------------------
 */

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
    Table *table = count ? table_new(column, sizeof column / sizeof *column) : NULL;
    for (int i = 0; table && i < count; i++) {
        table_row(table);
        table_cell(table, STATE_PLAIN, "%s", data->class_name[list[i].is]);
        table_cell(table, STATE_PLAIN, "%s", data->class_name[list[i].taken]);
        table_cell(table, STATE_PLAIN, "%" PRId64, list[i].rows);
    }
    if (table) {
        canvas_wrap(canvas, STATE_PLAIN, 2, "the commonest confusions of %d classes:", score->classes);
        table_print(table, canvas);
    }
    table_drop(table);
}

void picture_confusion(const Canvas *canvas, const PlumbData *data, const PlumbScore *score) {
    Table *table = score->classes <= MATRIX_CLASSES ? make_matrix(data, score) : NULL;
    bool fits = false;
    if (table) {
        Canvas wide = *canvas;
        table_layout(table, 1 << 20);
        fits = table_free_width(table, canvas->width + 1) > 0;
        if (fits) {
            table_print(table, &wide);
        }
    }
    if (!fits) {
        print_commonest(canvas, data, score);
    }
    table_drop(table);
}
