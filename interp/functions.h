/* Functions of expressions: one row of a table each (functions.c): norm, mean, log, range, ... */
#ifndef PLUMB_FUNCTIONS_H
#define PLUMB_FUNCTIONS_H
#include "value.h"

typedef struct Function {
    PlumbEntry entry; /* kind PLUMB_FUNCTION; args only name the parameters for help and completion */
    int arguments_min, arguments_max;
    /* NULL with `error` filled (error->argument: which argument is wrong, or -1). Arguments are never VALUE_UNKNOWN. */
    Value *(*run)(const struct Function *self, Value *const *argument, int count, PlumbError *error);
} Function;

const Function *function_find(const char *name); /* NULL: no such function */
const Function *function_at(int index);          /* NULL ends */
/* norm, mean, std, min, max, sum, len, shape of a tensor: also written tensor.norm. NULL: not such a one. */
const Function *function_as_field(const char *name);
#endif
