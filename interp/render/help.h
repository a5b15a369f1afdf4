/* Pages of `help`: the overview, and one for each kind of name. They fit the width they are given. */
#ifndef PLUMB_RENDER_HELP_H
#define PLUMB_RENDER_HELP_H
#include "../fields.h"
#include "../verb.h"

typedef struct Keyword { /* a reserved word */
    const char *name, *form, *summary, *example;
} Keyword;
const Keyword *keyword_at(int index); /* NULL ends */

void help_overview(FILE *out, int width);
void help_entry(FILE *out, int width, const PlumbEntry *entry);
void help_verb(FILE *out, int width, const Verb *verb);
void help_field(FILE *out, int width, FieldHelp field);
void help_keyword(FILE *out, int width, const Keyword *keyword);
/* A bound name: `about` says what it is. */
void help_bound(FILE *out, int width, const char *name, const char *about, const Value *value);
/* dense(units, bias=true, init=auto); malloc'd, NULL when memory is short. */
char *help_signature(const PlumbEntry *entry);
/* What an argument takes: "a whole number of at least 1". malloc'd. */
char *help_takes(const PlumbArg *arg);
#endif
