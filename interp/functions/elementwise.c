/* Each number by itself: abs, sqrt, log, exp. */
#include "parts.h"
#include <math.h>
#include <stdlib.h>

static Value *map(const Elementwise *self, const Value *value, PlumbError *error);

static Value *map_tensor(const Elementwise *self, const PlumbTensor *tensor, PlumbError *error) {
    Value *result = value_or_memory(value_tensor(self->function.entry.name, tensor->shape, tensor->value), error);
    int64_t size = result ? plumb_shape_size(tensor->shape) : 0;
    for (int64_t i = 0; i < size; i++) {
        result->tensor.value[i] = (plumb_real)self->of((double)tensor->value[i]);
    }
    return result;
}

static Value *map_list(const Elementwise *self, const Value *list, PlumbError *error) {
    Value **item = calloc((size_t)list->list.count + 1, sizeof *item), *result = NULL;
    int done = 0;
    if (!item) {
        return value_or_memory(NULL, error);
    }
    while (done < list->list.count && (item[done] = map(self, list->list.item[done], error))) {
        done++;
    }
    if (done == list->list.count) {
        result = value_or_memory(value_list(item, done), error);
    }
    while (done > 0) {
        value_drop(item[--done]);
    }
    free(item);
    return result;
}

static Value *map(const Elementwise *self, const Value *value, PlumbError *error) {
    switch (value->type) {
    case VALUE_NUMBER:
        return value_or_memory(value_number(self->of(value->number)), error);
    case VALUE_LIST:
        return map_list(self, value, error);
    case VALUE_TENSOR:
        return map_tensor(self, &value->tensor, error);
    default:
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "%s takes numbers; this is %s", self->function.entry.name,
                   value_type_name(value));
        numbers_expected(error, "a number, a list of numbers or a tensor");
        return function_wrong(error, 0);
    }
}

static Value *run(const Function *self, Value *const *argument, int count, PlumbError *error) {
    (void)count;
    return map((const Elementwise *)self, argument[0], error);
}

static const PlumbArg args[] = {
    {.name = "x", .accepts = PLUMB_A_NUMBER | PLUMB_A_LIST, .help = "a number, a list of numbers or a tensor"},
    {.name = NULL}};

#define ELEMENTWISE(title, function_of, text, expression, sample)                                                      \
    const Elementwise function_##title = {.function = {.entry = {.name = #title,                                       \
                                                                 .kind = PLUMB_FUNCTION,                               \
                                                                 .family = "functions",                                \
                                                                 .args = args,                                         \
                                                                 .summary = text,                                      \
                                                                 .formula = expression,                                \
                                                                 .source = "IEEE 754, as the C library has it",        \
                                                                 .example = sample},                                   \
                                                       .arguments_min = 1,                                             \
                                                       .arguments_max = 1,                                             \
                                                       .run = run},                                                    \
                                          .of = function_of};
ELEMENTWISE(abs, fabs, "the size without its sign, of each number", "|x|", "print abs([-1, 2])")
ELEMENTWISE(sqrt, sqrt, "the square root of each number; nan below 0", "sqrt(x)", "print sqrt(2)")
ELEMENTWISE(log, log, "the natural logarithm of each number; -inf at 0, nan below", "ln(x)", "print log(10)")
ELEMENTWISE(exp, exp, "e to the power of each number", "e^x", "print exp([0, 1])")
