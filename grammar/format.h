/* The one canonical layout. format_program(parse(format_program(p))) is the same text, and the same tree. */
#ifndef PLUMB_FORMAT_H
#define PLUMB_FORMAT_H
#include "tree.h"

/* Canonical text of a program, comments and single blank lines kept. malloc'd; NULL when memory is short. */
char *format_program(const Program *program);
/* Canonical text of one tree (a statement at indentation 0, or an expression). malloc'd. */
char *format_tree(const Tree *tree);
#endif
