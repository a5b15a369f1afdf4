/* One namespace: layers, initialisers, losses ... of the runtime, and the interpreter's combinators, functions, verbs and settings. */
#ifndef PLUMB_NAMES_H
#define PLUMB_NAMES_H
#include "../grammar/diag.h"
#include "session.h"
#include "value.h"

/* By name or alias; the interpreter's own first. NULL: no such name. */
const PlumbEntry *name_entry(const char *name);
/* All entries in turn, each name once; NULL ends. */
const PlumbEntry *name_entry_at(int index);
/* The nearest name among the entries whose kind is in `kinds` (0: none of them) and the bindings of `scope` (NULL: none); NULL: none
 * is near. */
const char *name_nearest(const char *word, unsigned kinds, const Scope *scope);
/* "a layer", "an activation": with its article. */
const char *name_kind_text(PlumbKind kind);
#endif
