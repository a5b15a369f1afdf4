/* Names in reach: a chain of frames, innermost first. Reference-counted: nets keep the frame they were declared in. */
#ifndef PLUMB_SCOPE_H
#define PLUMB_SCOPE_H
#include "value.h"

Scope *scope_new(Scope *parent); /* keeps the parent; NULL when memory is short */
Scope *scope_keep(Scope *scope);
void scope_drop(Scope *scope); /* NULL is allowed */
/* Binds in this frame, replacing what was there; keeps the value. False: no memory. */
bool scope_bind(Scope *scope, const char *name, Value *value);
Value *scope_find(const Scope *scope, const char *name); /* borrowed, through all frames; NULL: not bound */
/* Names of all frames in turn, for suggestions and completion; NULL ends. */
const char *scope_name_at(const Scope *scope, int index, Value **value);
/* Moves every binding of `from` into `to`. */
bool scope_merge(Scope *to, Scope *from);
#endif
