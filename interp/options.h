/* The command line: one table of options, which parsing, suggestions and --help read. */
#ifndef PLUMB_OPTIONS_H
#define PLUMB_OPTIONS_H
#include "session.h"

typedef enum { MODE_RUN, MODE_CHECK, MODE_FORMAT, MODE_HELP, MODE_VERSION } Mode;

typedef struct CommandLine {
    Mode mode;
    Options options;          /* points into this object */
    const char *const *files; /* of MODE_RUN at most one; "-" is standard input; NULL ends */
    char *code;               /* all of -e, a line each; NULL: none */
    bool prompts;             /* -i */
    bool skips_startup;       /* -n */
    bool writes, only_checks; /* fmt -w, fmt --check */
    /* Owned: */
    const char **read_roots, **write_roots, **define;
    char *folder;
} CommandLine;

/* False with a diagnostic when it is not understood; options.json then holds already. Either way command_line_free. */
bool command_line_read(CommandLine *line, int argc, char **argv, Diags *diags);
/* A script may read below its own folder too. False: no memory. */
bool command_line_enter(CommandLine *line, const char *path);
void command_line_free(CommandLine *line);
void command_line_help(FILE *out);
/* Columns of the terminal that standard output is: COLUMNS, else what it says itself, else 80. */
int terminal_width(void);
#endif
