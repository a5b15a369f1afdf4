/* Reading the text of a script. */
#ifndef PLUMB_TEXTFILE_H
#define PLUMB_TEXTFILE_H
#include "../grammar/diag.h"

/* All of a file ("-": standard input), whatever it holds; malloc'd. NULL with a diagnostic. */
char *textfile_read(const char *path, size_t *length, Diags *diags);
const char *textfile_name(const char *path); /* as diagnostics call it */
#endif
