/* A diagnostic is an object: severity, place, message, label under the caret, further places, notes, hints.
 * Every stage adds to a Diags list; one printer (diag_print) shows them, and --json reads the same fields. */
#ifndef PLUMB_DIAG_H
#define PLUMB_DIAG_H
#include "source.h"
#include <stdbool.h>
#include <stdio.h>

typedef enum { DIAG_ERROR, DIAG_WARNING } DiagSeverity;

typedef struct DiagPlace { /* a further place: "tapped here: 64 features" */
    Span span;
    char *label;
} DiagPlace;

typedef struct Diag {
    DiagSeverity severity;
    Span span;     /* span.source may be NULL: no place (a command line) */
    char *message; /* what was found and what was expected, one line */
    char *label;   /* beside the caret, e.g. did you mean "sigmoid"?  May be NULL */
    DiagPlace *places;
    int place_count;
    char **notes; /* printed as "    = note" */
    int note_count;
} Diag;

typedef struct Diags Diags;
Diags *diags_new(void);
void diags_free(Diags *diags);
/* Adds one; a second with the same place and message is dropped. The returned object is valid until the next
 * diags_add and takes further places and notes. Never NULL: for one that was dropped, or without memory (then
 * diags_out_of_memory turns true), it is a spare one that nobody sees. */
Diag *diags_add(Diags *diags, DiagSeverity severity, Span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* A NULL diagnostic takes these and does nothing. */
void diag_label(Diag *diag, const char *format, ...) __attribute__((format(printf, 2, 3)));
void diag_place(Diag *diag, Span span, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_note(Diag *diag, const char *format, ...) __attribute__((format(printf, 2, 3)));
int diags_count(const Diags *diags, DiagSeverity severity);
int diags_total(const Diags *diags);
bool diags_out_of_memory(const Diags *diags); /* something was left out; count this as an error */
const Diag *diags_at(const Diags *diags, int index);
void diags_clear(Diags *diags);
/* "file:7:5: error: message", the source lines with carets under the whole span, places in order of line,
 * notes as "    = ...". Then, for more than one error, "2 errors". */
void diags_print(const Diags *diags, FILE *out, bool color);
/* The name nearest to `word` by edit distance (at most 2, and at most a third of the word), or NULL. */
typedef const char *(*NameAt)(void *self, int index); /* NULL ends the list */
const char *nearest_name(const char *word, NameAt at, void *self);
#endif
