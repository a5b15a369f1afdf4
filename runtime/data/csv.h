/* CSV in three steps: records from a file (csv_read.c), what each column is for (csv_columns.c), rows (csv.c). */
#ifndef PLUMB_CSV_H
#define PLUMB_CSV_H
#include "table.h"

/* Called for every field and at the end of every row; false stops the reading. The text is valid during the call. */
typedef struct CsvReader {
    void *self;
    bool (*field)(void *self, const char *text, size_t length);
    bool (*row)(void *self);
} CsvReader;
/* separator '\0': the likeliest of , ; tab | in the first line. On false from a function its own error stands. */
bool csv_records(const char *path, char separator, const CsvReader *reader, const PlumbFiles *files, PlumbError *error);
/* The text for a message: cut at 40 bytes, nothing unprintable. */
enum { CSV_BRIEF = 48 };
char *csv_brief(const char *text, size_t length, char brief[CSV_BRIEF]);

enum { CSV_SKIP = -1, CSV_LABEL = -2 };
typedef struct CsvColumns {
    char **name; /* the first row of the file */
    int count, room;
    bool header; /* that row names the columns */
    int *role;   /* of each column: CSV_SKIP, CSV_LABEL or the number of an input */
    int inputs;
} CsvColumns;
bool csv_columns_add(CsvColumns *columns, const char *name, size_t length); /* false: no memory */
/* Looks at the first row and the arguments label, features, header, and gives each column its role. */
bool csv_columns_assign(CsvColumns *columns, const PlumbCall *call, PlumbError *error);
/* The column that argument `arg` names becomes the label; all others are skipped. */
bool csv_columns_pick(CsvColumns *columns, const PlumbCall *call, const char *arg, PlumbError *error);
const char *csv_column_text(const CsvColumns *columns, int column, char text[80]); /* column "age" / column 3 */
void csv_columns_free(CsvColumns *columns);

/* Reads the numbers of the one column that argument `arg` names into table->y. */
bool csv_column(Table *table, const PlumbCall *call, const char *arg, const PlumbFiles *files, PlumbError *error);
/* What every source that reads CSV takes. */
#define CSV_ARGS                                                                                                               \
    {.name = "header",                                                                                                         \
     .accepts = PLUMB_A_BOOL | PLUMB_A_WORD,                                                                                   \
     .words = "auto",                                                                                                          \
     .fallback = "auto",                                                                                                       \
     .help = "does the first row name the columns? auto: if no number stands in it"},                                          \
    {                                                                                                                          \
        .name = "sep", .accepts = PLUMB_A_STRING | PLUMB_A_WORD, .words = "auto", .fallback = "auto",                          \
        .help = "the character between fields; auto: , ; tab or |, the likeliest"                                              \
    }

/* Text labels and their codes, in the order of appearance until they are sorted. */
typedef struct Label Label;
int labels_code(Label **labels, const char *text, size_t length); /* -1: no memory */
/* Sorts by text: moves the names into the table and recodes its labels. Frees the labels. */
bool labels_finish(Label **labels, Table *table);
void labels_free(Label **labels);
#endif
