/* Names in reach: a chain of frames, innermost first. Reference-counted: nets keep the frame they were declared in. */
#ifndef PLUMB_SCOPE_H
#define PLUMB_SCOPE_H
#include "value.h"

Scope *scope_new(Scope *parent); /* keeps the parent; NULL when memory is short */
/* The same for a net's body: what is bound in it is also the default of the layer argument of that name. */
Scope *scope_new_body(Scope *parent);
Scope *scope_keep(Scope *scope);
/* Drops all bindings: nets keep the scope they were declared in, which holds them; this opens the circle. */
void scope_clear(Scope *scope);
void scope_drop(Scope *scope); /* NULL is allowed */
/* Binds in this frame, replacing what was there; keeps the value. False: no memory. */
bool scope_bind(Scope *scope, const char *name, Value *value);
Value *scope_find(const Scope *scope, const char *name); /* borrowed, through all frames; NULL: not bound */
Value *scope_find_default(const Scope *scope, const char *name); /* the same, only in the frames of bodies */
/* Names of all frames in turn, for suggestions and completion; NULL ends. */
const char *scope_name_at(const Scope *scope, int index, Value **value);
/* Moves every binding of `from` into `to`. */
bool scope_merge(Scope *to, Scope *from);
#endif
