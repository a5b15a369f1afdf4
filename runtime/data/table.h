/* A table: what a source read or generated, before it is limited, shuffled, split and scaled. Every source fills one
 * and hands it to table_finish, so that the common arguments mean the same everywhere. */
#ifndef PLUMB_TABLE_H
#define PLUMB_TABLE_H
#include "../core/error.h"
#include "../files/array.h"
#include "../train/parts.h"

typedef struct Table {
    PlumbShape x_shape, y_shape; /* of one row */
    int64_t rows, given_test;    /* given_test: the last rows are a test part of their own */
    plumb_real *x;               /* rows x size of x_shape */
    double *y;                   /* rows x size of y_shape: targets, or codes of classes */
    char **class_name;           /* text labels: what the codes 0, 1 ... stand for; NULL: y is what was read */
    int classes;
    bool scaled;                 /* the source has done what `scale` asks for */
} Table;

/* Room for so many more rows of the table's shapes. */
bool table_grow(Table *table, int64_t rows, PlumbError *error);
/* What the codes 0, 1 ... stand for: copies. */
bool table_name_classes(Table *table, const char *const *name, int count, PlumbError *error);
/* Adds the rows of two arrays, checked against each other and against what the table holds. */
bool table_append(Table *table, const Array *x, const Array *y, const char *path, PlumbError *error);
/* The data set by the call's common arguments; frees what the table holds in any case. */
PlumbData *table_finish(Table *table, const PlumbCall *call, uint64_t seed, PlumbError *error);
void table_free(Table *table);

/* split.c: which rows go where. order: `rows` row numbers, the train part first; returns the rows of the train part,
 * -1 without memory. */
int64_t split_rows(const Table *table, const PlumbCall *call, uint64_t seed, uint32_t *order, int64_t *rows);
/* classes.c: decides between classes and regression, and turns labels into codes. */
bool classes_find(Table *table, const PlumbCall *call, bool *classify, PlumbError *error);

/* The arguments that every source takes; they end its list. */
#define TABLE_ARGS                                                                                                     \
    {"test", PLUMB_A_NUMBER, 0, NULL, "0.2", 0, 0.9, "share of the rows to test on"},                                  \
    {"shuffle", PLUMB_A_BOOL, 0, NULL, "true", 0, 0, "mix the rows before they are split"},                            \
    {"scale", PLUMB_A_NUMBER | PLUMB_A_WORD | PLUMB_A_NONE, 0, "minmax standard", "none", 1e-30, 1e30,                 \
     "divide the inputs by a number; or scale each by its range, or by its mean and deviation, in the train part"},    \
    {"limit", PLUMB_A_INT | PLUMB_A_NONE, 0, NULL, "none", 1, 1e9, "use at most so many rows"},                        \
    {"task", PLUMB_A_WORD, 0, "auto classify regress", "auto", 0, 0,                                                   \
     "auto: classes if the labels are text, or whole numbers, at most 100 different ones, two of each on average"},    \
    {"augment", PLUMB_A_CALL | PLUMB_A_LIST | PLUMB_A_NONE, PLUMB_AUGMENT, NULL, "none", 0, 0,                         \
     "what train images go through, anew in every epoch: one, or a list"},                                             \
    {0}
#endif
