/* How numbers are distributed: histogram, quantile, argmax, isnan. */
#include "../render/number.h"
#include "parts.h"
#include <math.h>
#include <stdlib.h>

/* The numbers of argument 0, at least one. */
static bool some_numbers(const Function *self, const Value *value, Numbers *numbers, PlumbError *error) {
    if (!numbers_of(value, numbers, error)) {
        return function_wrong(error, 0) != NULL;
    }
    if (numbers->count > 0) {
        return true;
    }
    plumb_fail(error, PLUMB_ARGUMENT_ERROR, "there is no %s of no numbers: the list is empty", self->entry.name);
    numbers_free(numbers);
    return function_wrong(error, 0) != NULL;
}

static Value *run_isnan(const Function *self, Value *const *argument, int count, PlumbError *error) {
    (void)self, (void)count;
    Numbers numbers;
    if (!numbers_of(argument[0], &numbers, error)) {
        return function_wrong(error, 0);
    }
    bool any = false;
    for (int64_t i = 0; i < numbers.count; i++) {
        any |= isnan(numbers.item[i]) != 0;
    }
    numbers_free(&numbers);
    return value_or_memory(value_bool(any), error);
}

/* The first of the largest; a NaN counts as larger than all. */
static Value *run_argmax(const Function *self, Value *const *argument, int count, PlumbError *error) {
    (void)count;
    Numbers numbers;
    if (!some_numbers(self, argument[0], &numbers, error)) {
        return NULL;
    }
    int64_t at = 0;
    for (int64_t i = 1; i < numbers.count && !isnan(numbers.item[at]); i++) {
        at = numbers.item[i] <= numbers.item[at] ? at : i;
    }
    numbers_free(&numbers);
    return value_or_memory(value_number((double)at), error);
}

static int compare_numbers(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Between the two numbers at either side of place q (n - 1) of the sorted ones. */
static double quantile(Numbers *numbers, double q) {
    for (int64_t i = 0; i < numbers->count; i++) {
        if (isnan(numbers->item[i])) {
            return NAN;
        }
    }
    qsort(numbers->item, (size_t)numbers->count, sizeof *numbers->item, compare_numbers);
    double place = q * (double)(numbers->count - 1), share = place - floor(place);
    double low = numbers->item[(int64_t)floor(place)], high = numbers->item[(int64_t)ceil(place)];
    return share == 0 || low == high ? low : low + (high - low) * share;
}

static Value *run_quantile(const Function *self, Value *const *argument, int count, PlumbError *error) {
    (void)count;
    const Value *q = argument[1];
    Numbers numbers;
    if (q->type != VALUE_NUMBER || !(q->number >= 0 && q->number <= 1)) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "q says which share of the numbers lies below");
        numbers_expected(error, "a number from 0 to 1");
        return function_wrong(error, 1);
    }
    if (!some_numbers(self, argument[0], &numbers, error)) {
        return NULL;
    }
    double found = quantile(&numbers, q->number);
    numbers_free(&numbers);
    return value_or_memory(value_number(found), error);
}

/* ---- histogram ------------------------------------------------------------------------------------------------- */

/* Bins of one width from the smallest to the largest, the last one closed; all numbers alike: half to either side. */
static void count_into(const Numbers *numbers, double low, double high, double *bin, int bins) {
    if (low == high) {
        low -= 0.5;
        high += 0.5;
    }
    for (int64_t i = 0; i < numbers->count; i++) {
        int at = (int)((numbers->item[i] - low) / (high - low) * bins);
        bin[at < bins ? at : bins - 1]++;
    }
}

static Value *histogram(const Function *self, const Numbers *numbers, int bins, PlumbError *error) {
    const double low = function_min.reduce(numbers->item, numbers->count);
    const double high = function_max.reduce(numbers->item, numbers->count);
    if (!isfinite(high - low)) {
        char from[32], to[32];
        plumb_fail(error, PLUMB_NUMBER_ERROR, "%s needs finite numbers; these go from %s to %s", self->entry.name,
                   number_show(low, from), number_show(high, to));
        return function_wrong(error, 0);
    }
    double *bin = calloc((size_t)bins, sizeof *bin);
    if (!bin) {
        return value_or_memory(NULL, error);
    }
    count_into(numbers, low, high, bin, bins);
    Value *list = value_or_memory(value_numbers(bin, bins), error);
    free(bin);
    return list;
}

static Value *run_histogram(const Function *self, Value *const *argument, int count, PlumbError *error) {
    double bins = 10;
    Numbers numbers;
    if (count > 1 && !function_whole(argument[1], "the number of bins", 1, FUNCTION_ITEMS_MAX, &bins, error)) {
        return function_wrong(error, 1);
    }
    if (!some_numbers(self, argument[0], &numbers, error)) {
        return NULL;
    }
    Value *list = histogram(self, &numbers, (int)bins, error);
    numbers_free(&numbers);
    return list;
}

/* ---- rows ------------------------------------------------------------------------------------------------------ */

#define NUMBERS_ARG                                                                                                    \
    { .name = "x", .accepts = PLUMB_A_NUMBER | PLUMB_A_LIST, .help = "a number, a list of numbers or a tensor" }
static const PlumbArg one_arg[] = {NUMBERS_ARG, {.name = NULL}};
static const PlumbArg quantile_args[] = {
    NUMBERS_ARG,
    {.name = "q", .accepts = PLUMB_A_NUMBER, .min = 0, .max = 1, .help = "which share lies below: 0.5 is the median"},
    {.name = NULL}};
static const PlumbArg histogram_args[] = {NUMBERS_ARG,
                                          {.name = "bins",
                                           .accepts = PLUMB_A_INT,
                                           .fallback = "10",
                                           .min = 1,
                                           .max = FUNCTION_ITEMS_MAX,
                                           .help = "how many, all of one width"},
                                          {.name = NULL}};

const Function function_isnan = {.entry = {.name = "isnan",
                                           .kind = PLUMB_FUNCTION,
                                           .family = "functions",
                                           .args = one_arg,
                                           .summary = "true if the number, or any one in it, is not a number (nan)",
                                           .formula = "any x_i != x_i",
                                           .source = "IEEE 754",
                                           .example = "print isnan(0 / 0)"},
                                 .arguments_min = 1,
                                 .arguments_max = 1,
                                 .run = run_isnan};
const Function function_argmax = {.entry = {.name = "argmax",
                                            .kind = PLUMB_FUNCTION,
                                            .family = "functions",
                                            .args = one_arg,
                                            .summary = "where the largest number is, counted from 0 over all of them",
                                            .formula = "the first i with x_i = max x",
                                            .source = "as numpy.argmax",
                                            .example = "print argmax([1, 5, 2])"},
                                  .arguments_min = 1,
                                  .arguments_max = 1,
                                  .run = run_argmax};
const Function function_quantile = {
    .entry = {.name = "quantile",
              .kind = PLUMB_FUNCTION,
              .family = "functions",
              .args = quantile_args,
              .summary = "the number below which a share q of the numbers lies, interpolated",
              .formula = "x_(k) + (x_(k+1) - x_(k)) (q (n - 1) - k), k = floor(q (n - 1)), x sorted",
              .source = "Hyndman & Fan 1996, type 7; as numpy.quantile",
              .example = "print quantile([1, 2, 3, 4], 0.5)"},
    .arguments_min = 2,
    .arguments_max = 2,
    .run = run_quantile};
const Function function_histogram = {
    .entry = {.name = "histogram",
              .kind = PLUMB_FUNCTION,
              .family = "functions",
              .args = histogram_args,
              .summary =
                  "a list: how many numbers fall into each of `bins` equal ranges from the smallest to the largest",
              .formula = "n_k = how many lie in [min + k w, min + (k + 1) w), w = (max - min) / bins",
              .source = "as numpy.histogram",
              .example = "print histogram([1, 2, 2, 5], 4)"},
    .arguments_min = 1,
    .arguments_max = 2,
    .run = run_histogram};
