/* Operators on values: + - * / % ^ < > <= >= == != and, with right NULL, - and not. `and` and `or` are the evaluator's. */
#ifndef PLUMB_OPERATORS_H
#define PLUMB_OPERATORS_H
#include "value.h"

/* A new value, or NULL with `error` filled: both kinds are named ("cannot add a net and a number"). VALUE_UNKNOWN
 * of what is not known. */
Value *operate(const char *op, const Value *left, const Value *right, PlumbError *error);
bool value_equal(const Value *a, const Value *b); /* what == says: lists by their items, calls by their text, nets by identity */
bool value_known(const Value *value); /* neither VALUE_UNKNOWN nor a list that holds one */
/* "a number", "the activation relu", "none": as messages name a value. Returns text. */
char *value_described(const Value *value, char text[64]);
#endif
