/* Text labels: a hash table from text to code. */
#define HASH_NONFATAL_OOM 1
#include "csv.h"
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct Label {
    char *text;
    int code;
    UT_hash_handle hh;
};

/* uthash tells by the missing table that it had no memory to add. */
int labels_code(Label **labels, const char *text, size_t length) {
    Label *label;
    HASH_FIND(hh, *labels, text, length, label);
    if (label) {
        return label->code;
    }
    label = calloc(1, sizeof *label);
    char *copy = label ? strndup(text, length) : NULL;
    if (copy) {
        *label = (Label){.text = copy, .code = (int)HASH_COUNT(*labels)};
        HASH_ADD_KEYPTR(hh, *labels, label->text, length, label);
        if (label->hh.tbl) {
            return label->code;
        }
    }
    free(copy);
    free(label);
    return -1;
}

void labels_free(Label **labels) {
    Label *label, *next;
    HASH_ITER(hh, *labels, label, next) {
        HASH_DEL(*labels, label);
        free(label->text);
        free(label);
    }
}

static int compare_labels(const Label *a, const Label *b) {
    return strcmp(a->text, b->text);
}

/* Texts move instead of being copied. */
bool labels_finish(Label **labels, Table *table) {
    size_t count = HASH_COUNT(*labels);
    int *code = calloc(count + 1, sizeof *code), next = 0; /* from order of appearance to order of text */
    table->class_name = calloc(count + 1, sizeof *table->class_name);
    bool done = code && table->class_name;
    HASH_SORT(*labels, compare_labels);
    for (Label *label = *labels; done && label; label = label->hh.next) {
        code[label->code] = next;
        table->class_name[next++] = label->text;
        label->text = NULL; /* the table's from now on */
    }
    table->classes = next;
    for (int64_t i = 0; done && i < table->rows; i++) {
        table->y[i] = code[(int)table->y[i]];
    }
    free(code);
    labels_free(labels);
    return done;
}
