/* What a running interpreter holds: bindings, settings, trainers, output. One session, no globals. */
#ifndef PLUMB_SESSION_H
#define PLUMB_SESSION_H
#include "../grammar/diag.h"
#include "../grammar/parse.h"
#include "../runtime/plumb.h"
#include <jansson.h>
#include <stdio.h>

typedef struct Session Session;
typedef struct Value Value; /* value.h */

typedef struct Options { /* the command line */
    bool json, quiet, color, interactive;
    bool muted; /* by `set quiet`: -q cannot be undone */
    uint64_t seed;
    int threads, shards, width;
    const char *backend;
    const char *const *read_roots, *const *write_roots;
    const char *const *define; /* "name=value", NULL-terminated */
} Options;

Session *session_new(const Options *options, FILE *out, FILE *err);
void session_free(Session *session);
/* Parses, checks and runs a text. Diagnostics are printed. Returns the exit status: 0, 1 (run time, expect), 2 (syntax, checking), 130.
 * A failed statement ends the text; every value is then as it was before that statement. */
int session_run(Session *session, const char *name, const char *text, size_t length);
int session_check(Session *session, const char *name, const char *text, size_t length); /* plumb check FILE */
/* From a signal handler: ask what runs now to stop (training pauses). */
void session_interrupt(Session *session);
bool session_training(const Session *session);
void session_prompting(Session *session);      /* from now on statements come from the prompt */
bool session_has_quit(const Session *session); /* `quit` has run */
Diags *session_diags(Session *session);
void session_show_diags(Session *session);     /* prints what was added to them, and forgets it */
const Words *session_words(const Session *session);
/* For completion: names in scope and in the registry, in turn; kinds is a sum of PlumbKind and these. */
enum { NAME_NET = 1 << 20, NAME_DATA = 1 << 21, NAME_RECIPE = 1 << 22, NAME_VALUE = 1 << 23 };
const char *session_name_at(Session *session, int index, unsigned kinds);
#endif
