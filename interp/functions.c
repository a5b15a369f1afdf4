/* The table of functions. */
#include "functions.h"
#include "functions/parts.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const Function *function;
    bool as_field; /* also written tensor.norm */
} table[] = {
    {&function_norm.function, true}, {&function_mean.function, true},  {&function_std.function, true},
    {&function_min.function, true},  {&function_max.function, true},   {&function_sum.function, true},
    {&function_abs.function, false}, {&function_sqrt.function, false}, {&function_log.function, false},
    {&function_exp.function, false}, {&function_isnan, false},         {&function_len, true},
    {&function_range, false},        {&function_histogram, false},     {&function_quantile, false},
    {&function_argmax, false},       {&function_shape, true},
};
enum { FUNCTIONS = sizeof table / sizeof *table };

const Function *function_at(int index) {
    return index < FUNCTIONS ? table[index].function : NULL;
}

static int find(const char *name) {
    int i = 0;
    while (i < FUNCTIONS && strcmp(table[i].function->entry.name, name) != 0) {
        i++;
    }
    return i;
}

const Function *function_find(const char *name) {
    return function_at(find(name));
}

const Function *function_as_field(const char *name) {
    int i = find(name);
    return i < FUNCTIONS && table[i].as_field ? table[i].function : NULL;
}

/* ---- what the families share ----------------------------------------------------------------------------------- */

Value *function_wrong(PlumbError *error, int argument) {
    if (error) {
        error->argument = argument;
    }
    return NULL;
}

bool function_whole(const Value *value, const char *name, double least, double most, double *number,
                    PlumbError *error) {
    char text[sizeof error->expected];
    if (value->type == VALUE_NUMBER && value->number == rint(value->number) && value->number >= least &&
        value->number <= most) {
        *number = value->number;
        return true;
    }
    if (value->type == VALUE_NUMBER) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "%s cannot be %.15g", name, value->number);
    } else {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "%s is %s", name, value_type_name(value));
    }
    if (least < -FUNCTION_ITEMS_MAX) {
        return numbers_expected(error, "a whole number");
    }
    snprintf(text, sizeof text, "a whole number from %.0f to %.0f", least, most);
    return numbers_expected(error, text);
}
