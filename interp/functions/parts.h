/* Functions by family; functions.c is their table. */
#ifndef PLUMB_FUNCTIONS_PARTS_H
#define PLUMB_FUNCTIONS_PARTS_H
#include "../functions.h"
#include "../numbers.h"

enum { FUNCTION_ITEMS_MAX = 1000000 }; /* of a list that a function makes */

/* A function that makes one number of many. */
typedef struct Reduction {
    Function function;
    double (*reduce)(const double *x, int64_t count);
    bool empty; /* has a value where there are no numbers: sum, norm */
} Reduction;
extern const Reduction function_norm, function_mean, function_std, function_min, function_max, function_sum;

/* A function of each number by itself; lists stay lists, tensors stay tensors. */
typedef struct Elementwise {
    Function function;
    double (*of)(double x);
} Elementwise;
extern const Elementwise function_abs, function_sqrt, function_log, function_exp;

extern const Function function_isnan, function_histogram, function_quantile, function_argmax; /* statistics.c */
extern const Function function_len, function_range, function_shape;                           /* sequence.c */

/* A whole number of at least `least` and at most `most`, else `error` with `argument` and false. */
bool function_whole(const Value *value, const char *name, double least, double most, double *number, PlumbError *error);
/* Sets error->argument; returns NULL. */
Value *function_wrong(PlumbError *error, int argument);
#endif
