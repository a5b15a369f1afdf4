/* The error record, and the suggestion for a misspelt name. */
#include "error.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The other parts of an error are cleared: a caller that reports on top of another's error starts afresh. */
bool plumb_fail(PlumbError *error, PlumbStatus status, const char *format, ...) {
    if (!error) {
        return false;
    }
    char what[sizeof error->what]; /* aside first: an argument may point into `error` itself */
    va_list list;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    *error = (PlumbError){.status = status, .argument = -1};
    memcpy(error->what, what, sizeof what);
    return false;
}

bool error_found(PlumbError *error, const char *format, ...) {
    if (error) {
        va_list list;
        va_start(list, format);
        vsnprintf(error->found, sizeof error->found, format, list);
        va_end(list);
    }
    return false;
}

bool error_expected(PlumbError *error, const char *format, ...) {
    if (error) {
        va_list list;
        va_start(list, format);
        vsnprintf(error->expected, sizeof error->expected, format, list);
        va_end(list);
    }
    return false;
}

bool error_hint(PlumbError *error, const char *format, ...) {
    if (error) {
        va_list list;
        va_start(list, format);
        vsnprintf(error->hint, sizeof error->hint, format, list);
        va_end(list);
    }
    return false;
}

bool error_memory(PlumbError *error) {
    return plumb_fail(error, PLUMB_MEMORY_ERROR, "not enough memory");
}

static int smaller(int a, int b) {
    return a < b ? a : b;
}

/* Levenshtein's distance with neighbours swapped at a cost of 1, three rows of the table at a time. */
static int edit_distance(const char *a, const char *b) {
    int rows[3][ERROR_WORD], length = (int)strlen(b), i = 0;
    for (int j = 0; j <= length; j++) {
        rows[0][j] = j;
    }
    for (; a[i]; i++) {
        int *before = rows[(i + 2) % 3], *above = rows[i % 3], *row = rows[(i + 1) % 3];
        row[0] = i + 1;
        for (int j = 0; j < length; j++) {
            row[j + 1] = smaller(smaller(above[j + 1], row[j]) + 1, above[j] + (a[i] != b[j]));
            if (i && j && a[i] == b[j - 1] && a[i - 1] == b[j]) {
                row[j + 1] = smaller(row[j + 1], before[j - 1] + 1);
            }
        }
    }
    return rows[i % 3][length];
}

/* A third of the letters may be wrong, but no more than two; of two names as near the first wins. */
bool error_nearest(const char *word, ErrorNameAt at, const void *self, char nearest[ERROR_WORD]) {
    size_t length = strlen(word);
    char name[ERROR_WORD];
    bool found = false;
    if (length >= ERROR_WORD) {
        return false;
    }
    int least = length < 3 ? 0 : length < 6 ? 1 : 2;
    for (int i = 0; at(self, i, name); i++) {
        int distance = edit_distance(word, name);
        if (distance <= least) {
            memcpy(nearest, name, ERROR_WORD);
            least = distance - 1;
            found = true;
        }
    }
    return found;
}
