/* One number of many: norm, mean, std, min, max, sum. */
#include "parts.h"
#include <limits.h>
#include <math.h>

static double sum(const double *x, int64_t count) {
    double total = 0;
    for (int64_t i = 0; i < count; i++) {
        total += x[i];
    }
    return total;
}

static double mean(const double *x, int64_t count) {
    return sum(x, count) / (double)count;
}

static double std(const double *x, int64_t count) {
    double centre = mean(x, count), squares = 0;
    for (int64_t i = 0; i < count; i++) {
        squares += (x[i] - centre) * (x[i] - centre);
    }
    return sqrt(squares / (double)count);
}

/* Smallest and largest; NaN as soon as there is one, as numpy.min and max. */
static double smallest(const double *x, int64_t count) {
    double least = x[0];
    for (int64_t i = 1; i < count && !isnan(least); i++) {
        least = x[i] >= least ? least : x[i];
    }
    return least;
}

static double largest(const double *x, int64_t count) {
    double most = x[0];
    for (int64_t i = 1; i < count && !isnan(most); i++) {
        most = x[i] <= most ? most : x[i];
    }
    return most;
}

static double sum_of_squares(const double *x, int64_t count, double scale) {
    double squares = 0;
    for (int64_t i = 0; i < count; i++) {
        squares += x[i] / scale * (x[i] / scale);
    }
    return squares;
}

/* Scaled only where the squares would leave the range of a double: Blue 1978. */
static double norm(const double *x, int64_t count) {
    double squares = sum_of_squares(x, count, 1), most = 0;
    if (isnan(squares) || (squares > 1e-280 && squares < INFINITY)) {
        return sqrt(squares);
    }
    for (int64_t i = 0; i < count; i++) {
        most = fmax(most, fabs(x[i]));
    }
    return most > 0 && most < INFINITY ? most * sqrt(sum_of_squares(x, count, most)) : most;
}

/* min(a, b) takes several values too: a list of them all. */
static Value *reduce(const Function *self, Value *const *argument, int count, PlumbError *error) {
    const Reduction *reduction = (const Reduction *)self;
    Value *list = count == 1 ? value_keep(argument[0]) : value_list((Value **)argument, count);
    Numbers numbers;
    if (!value_or_memory(list, error)) {
        return NULL;
    }
    Value *result = NULL;
    if (!numbers_of(list, &numbers, error)) {
        function_wrong(error, count == 1 ? 0 : -1);
    } else if (numbers.count == 0 && !reduction->empty) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "there is no %s of no numbers: the list is empty", self->entry.name);
        function_wrong(error, 0);
    } else {
        result = value_or_memory(value_number(reduction->reduce(numbers.item, numbers.count)), error);
    }
    numbers_free(&numbers);
    value_drop(list);
    return result;
}

static const PlumbArg args[] = {
    {.name = "x", .accepts = PLUMB_A_NUMBER | PLUMB_A_LIST, .help = "a number, a list of numbers or a tensor"},
    {.name = NULL}};

#define REDUCTION(title, of, most, has_empty, text, expression, like, sample)                                          \
    const Reduction function_##title = {.function = {.entry = {.name = #title,                                         \
                                                               .kind = PLUMB_FUNCTION,                                 \
                                                               .family = "functions",                                  \
                                                               .args = args,                                           \
                                                               .summary = text,                                        \
                                                               .formula = expression,                                  \
                                                               .source = like,                                         \
                                                               .example = sample},                                     \
                                                     .arguments_min = 1,                                               \
                                                     .arguments_max = most,                                            \
                                                     .run = reduce},                                                   \
                                        .reduce = of,                                                                  \
                                        .empty = has_empty};
REDUCTION(norm, norm, 1, true, "the Euclidean (L2) norm", "sqrt(sum x_i^2)", "as numpy.linalg.norm",
          "print norm([3, 4])")
REDUCTION(mean, mean, 1, false, "the mean", "sum x_i / n", "as numpy.mean", "print mean([1, 2, 6])")
REDUCTION(std, std, 1, false, "the standard deviation of all of them (population)", "sqrt(sum (x_i - mean)^2 / n)",
          "as numpy.std", "print std([1, 3])")
REDUCTION(min, smallest, INT_MAX, false, "the smallest, of a list, a tensor or several values", "min x_i",
          "as numpy.min", "print min(3, 1, 2)")
REDUCTION(max, largest, INT_MAX, false, "the largest, of a list, a tensor or several values", "max x_i", "as numpy.max",
          "print max([1, 5, 2])")
REDUCTION(sum, sum, 1, true, "the sum", "sum x_i", "as numpy.sum", "print sum([1, 2, 3])")
