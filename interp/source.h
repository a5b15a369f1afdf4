/* Nets back to source text. */
#ifndef PLUMB_SOURCE_TEXT_H
#define PLUMB_SOURCE_TEXT_H
#include "interpreter.h"

/* A program that declares the net by itself: what it uses (nets, bound values) comes before it, and its parameters have the values
 * that they were given. In the canonical layout. malloc'd; NULL: reported at `span`. */
char *net_source(Session *session, const NetValue *net, Span span);
#endif
