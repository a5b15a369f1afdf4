/* The name a user may have meant: optimal string alignment distance (a transposition counts as one edit). */
#include "diag.h"
#include <ctype.h>
#include <string.h>

enum { LONGEST = 64 }; /* names beyond this get no suggestion: nobody misspells them by two letters */

static int least(int a, int b) {
    return a < b ? a : b;
}

static bool same(char a, char b) {
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Letter case costs nothing, so that `ReLU` finds `relu`. Three rows of the distance table are kept. */
static int edit_distance(const char *a, int a_length, const char *b, int b_length) {
    int rows[3][LONGEST + 1], *before = rows[0], *last = rows[1], *row = rows[2];
    for (int j = 0; j <= b_length; j++)
        last[j] = j;
    for (int i = 1; i <= a_length; i++) {
        row[0] = i;
        for (int j = 1; j <= b_length; j++) {
            row[j] = least(least(last[j], row[j - 1]) + 1, last[j - 1] + !same(a[i - 1], b[j - 1]));
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
        int *free_row = before;
        before = last;
        last = row;
        row = free_row;
    }
    return last[b_length];
}

const char *nearest_name(const char *word, NameAt at, void *self) {
    size_t length = strlen(word);
    if (length > LONGEST)
        return NULL;
    int limit = least(2, (int)length / 3);
    const char *nearest = NULL, *name;
    for (int i = 0; (name = at(self, i)); i++) {
        size_t name_length = strlen(name);
        if (name_length > LONGEST || strcmp(word, name) == 0)
            continue;
        int distance = edit_distance(word, (int)length, name, (int)name_length);
        if (distance > limit || (nearest && distance == limit))
            continue;
        nearest = name;
        limit = distance;
    }
    return nearest;
}
