/* Source text and places in it. A Source owns a copy of its text; a Span is a half-open byte range of one.
 * Lines and columns are computed on demand: both count from 1, columns count characters (UTF-8), a tab is one. */
#ifndef PLUMB_SOURCE_H
#define PLUMB_SOURCE_H
#include <stddef.h>

typedef struct Source Source;
typedef struct Span {
    const Source *source;
    size_t begin, end;
} Span;

/* Copies `text` (need not be terminated, may hold any byte). NULL when memory is short. */
Source *source_new(const char *name, const char *text, size_t length);
void source_free(Source *source);
const char *source_name(const Source *source);
const char *source_text(const Source *source); /* terminated by '\0' */
size_t source_length(const Source *source);

int span_line(Span span);   /* line of its first byte */
int span_column(Span span); /* column of its first byte */
/* The text of line `line` (from 1), without its newline; not terminated. */
const char *source_line(const Source *source, int line, size_t *length);
int source_line_count(const Source *source);
Span span_join(Span first, Span last); /* from the start of one to the end of the other */
#endif
