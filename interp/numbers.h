/* The numbers in a value: a number, a tensor, or a list of these, flattened in order (last index fastest). */
#ifndef PLUMB_NUMBERS_H
#define PLUMB_NUMBERS_H
#include "value.h"

typedef struct Numbers {
    double *item;
    int64_t count;
} Numbers;

/* False: something in it is no number ("item 3 is a string"), or memory is short. */
bool numbers_of(const Value *value, Numbers *numbers, PlumbError *error);
void numbers_free(Numbers *numbers);
/* error->expected, and false. */
bool numbers_expected(PlumbError *error, const char *text);
Value *value_or_memory(Value *value, PlumbError *error); /* the value; NULL fills `error` */
#endif
