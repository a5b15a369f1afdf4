/* Values of calls: copying, checking against an argument, defaults, text. Shared by call.c, value.c and fallback.c. */
#ifndef PLUMB_CORE_VALUE_H
#define PLUMB_CORE_VALUE_H
#include "error.h"
#include <stdio.h>

/* A deep copy into the arena. */
bool plumb_value_copy(PlumbArena *arena, const PlumbValue *from, PlumbValue *to, PlumbError *error);
/* Checks a value against what `arg` of `entry` takes and turns the name of a registry entry into its call. The value
 * becomes a copy in `arena`. */
bool plumb_value_fit(PlumbArena *arena, const PlumbEntry *entry, const PlumbArg *arg, PlumbValue *value,
                     PlumbError *error);
/* A default as written in PlumbArg.fallback: 0.5, true, none, same, "text", xavier, every(1), [1, 2]. */
bool plumb_value_parse(PlumbArena *arena, const PlumbArg *arg, const char *text, PlumbValue *value, PlumbError *error);
/* What the argument takes, for a person: "a whole number of at least 1 or none". */
char *plumb_arg_text(const PlumbArg *arg, char *text, size_t size);
bool plumb_words_contain(const char *words, const char *word);
void plumb_value_write(FILE *out, const PlumbValue *value);
void plumb_call_write(FILE *out, const PlumbCall *call);
#endif
