/* Flattening numbers, lists and tensors. */
#include "numbers.h"
#include <stdio.h>
#include <stdlib.h>

bool numbers_expected(PlumbError *error, const char *text) {
    if (error) {
        snprintf(error->expected, sizeof error->expected, "%s", text);
    }
    return false;
}

Value *value_or_memory(Value *value, PlumbError *error) {
    if (!value) {
        plumb_fail(error, PLUMB_MEMORY_ERROR, "not enough memory");
    }
    return value;
}

/* Counts into `count`. False at the first that is no number: `wrong`, after `count` numbers. */
static bool count_numbers(const Value *value, int64_t *count, const Value **wrong) {
    switch (value->type) {
    case VALUE_NUMBER:
        *count += 1;
        return true;
    case VALUE_TENSOR:
        *count += plumb_shape_size(value->tensor.shape);
        return true;
    case VALUE_LIST:
        for (int i = 0; i < value->list.count; i++) {
            if (!count_numbers(value->list.item[i], count, wrong)) {
                return false;
            }
        }
        return true;
    default:
        *wrong = value;
        return false;
    }
}

static void copy_numbers(const Value *value, Numbers *numbers) {
    if (value->type == VALUE_NUMBER) {
        numbers->item[numbers->count++] = value->number;
    } else if (value->type == VALUE_TENSOR) {
        int64_t size = plumb_shape_size(value->tensor.shape);
        for (int64_t i = 0; i < size; i++) {
            numbers->item[numbers->count++] = (double)value->tensor.value[i];
        }
    } else {
        for (int i = 0; i < value->list.count; i++) {
            copy_numbers(value->list.item[i], numbers);
        }
    }
}

bool numbers_of(const Value *value, Numbers *numbers, PlumbError *error) {
    int64_t count = 0;
    const Value *wrong = NULL;
    *numbers = (Numbers){0};
    if (!count_numbers(value, &count, &wrong)) {
        if (value->type == VALUE_LIST) {
            return plumb_fail(error, PLUMB_ARGUMENT_ERROR, "the list has to hold numbers only: item %lld is %s",
                              (long long)count, value_type_name(wrong));
        }
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "this is %s", value_type_name(wrong));
        return numbers_expected(error, "a number, a list of numbers or a tensor");
    }
    numbers->item = malloc((size_t)count * sizeof *numbers->item + 1);
    if (!numbers->item) {
        return value_or_memory(NULL, error) != NULL;
    }
    copy_numbers(value, numbers);
    return true;
}

void numbers_free(Numbers *numbers) {
    free(numbers->item);
}
