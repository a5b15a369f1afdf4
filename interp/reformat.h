/* plumb fmt: files in the one canonical layout. */
#ifndef PLUMB_REFORMAT_H
#define PLUMB_REFORMAT_H
#include "options.h"

typedef enum {
    REFORMAT_DONE,
    REFORMAT_DIFFERS, /* --check: it is laid out otherwise */
    REFORMAT_FAILED,  /* cannot be written */
    REFORMAT_REFUSED  /* cannot be read, or has syntax errors: never touched */
} Reformatted;
/* The layout goes to `out`, with -w back to the file, with --check nowhere. `path` "-": standard input. */
Reformatted reformat(const CommandLine *line, const char *path, const Words *words, FILE *out, FILE *err);
#endif
