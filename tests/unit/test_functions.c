/* Functions of expressions: values as NumPy gives them, and what is refused in which words. */
#include "given.h"
#include "interp/functions.h"
#include "interp/value.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(list) (int)(sizeof(list) / sizeof *(list))
#define LIST(...) list_of((const double[]){__VA_ARGS__}, COUNT(((const double[]){__VA_ARGS__})))

static Value *list_of(const double *number, int count) {
    Value *item[16];
    for (int i = 0; i < count; i++) {
        item[i] = value_number(number[i]);
    }
    Value *list = value_list(item, count);
    for (int i = 0; i < count; i++) {
        value_drop(item[i]);
    }
    return list;
}

static Value *pair_of(Value *first, Value *second) {
    Value *list = value_list((Value *[]){first, second}, 2);
    value_drop(first);
    value_drop(second);
    return list;
}

static Value *tensor_of(PlumbShape shape, const plumb_real *value) {
    return value_tensor("t", shape, value);
}

/* Takes the arguments over. */
static Value *call(const char *name, Value *first, Value *second, PlumbError *error) {
    const Function *function = function_find(name);
    assert_non_null(function);
    Value *argument[] = {first, second};
    *error = (PlumbError){.argument = -1};
    Value *result = function->run(function, argument, second ? 2 : 1, error);
    value_drop(first);
    value_drop(second);
    return result;
}

static void assert_gives(const char *name, Value *first, Value *second, const char *expected) {
    PlumbError error;
    Value *result = call(name, first, second, &error);
    if (!result) {
        fail_msg("%s: %s", name, error.what);
    }
    char *text = value_text(result);
    if (strcmp(text, expected) != 0) {
        fail_msg("%s gives %s, expected %s", name, text, expected);
    }
    free(text);
    value_drop(result);
}

static void assert_refuses(const char *name, Value *first, Value *second, int argument, const char *part) {
    PlumbError error;
    Value *result = call(name, first, second, &error);
    if (result) {
        fail_msg("%s takes what it should refuse", name);
    }
    assert_says(&error, part);
    assert_int_equal(error.argument, argument);
}

static void every_row_is_documented(void **state) {
    (void)state;
    const Function *function;
    int count = 0;
    for (; (function = function_at(count)); count++) {
        const PlumbEntry *entry = &function->entry;
        if (!entry->summary || !entry->formula || !entry->source || !entry->example || !entry->args ||
            entry->kind != PLUMB_FUNCTION || function->arguments_min > function->arguments_max) {
            fail_msg("%s lacks something", entry->name);
        }
        assert_ptr_equal(function_find(entry->name), function);
    }
    assert_int_equal(count, 17);
    assert_null(function_find("nomr"));
    assert_non_null(function_as_field("norm"));
    assert_null(function_as_field("log"));
}

static void reductions_of_lists(void **state) {
    (void)state;
    assert_gives("norm", LIST(3, 4), NULL, "5");
    assert_gives("norm", value_number(-2), NULL, "2");
    assert_gives("mean", LIST(1, 2, 6), NULL, "3");
    assert_gives("std", LIST(1, 3), NULL, "1");
    assert_gives("min", LIST(3, 1, 2), NULL, "1");
    assert_gives("max", LIST(3, 1, 2), NULL, "3");
    assert_gives("max", value_number(3), value_number(7), "7");
    assert_gives("sum", pair_of(LIST(1, 2), value_number(3)), NULL, "6");
}

static void reductions_of_tensors(void **state) {
    (void)state;
    const plumb_real x[] = {1, -2, 2, 4};
    PlumbShape shape = {2, {2, 2}};
    assert_gives("norm", tensor_of(shape, x), NULL, "5");
    assert_gives("sum", tensor_of(shape, x), NULL, "5");
    assert_gives("min", tensor_of(shape, x), NULL, "-2");
    assert_gives("argmax", tensor_of(shape, x), NULL, "3");
    assert_gives("len", tensor_of(shape, x), NULL, "2");
    assert_gives("shape", tensor_of(shape, x), NULL, "[2, 2]");
}

static void norms_beyond_the_range_of_squares(void **state) {
    (void)state;
    assert_gives("norm", LIST(3e200, 4e200), NULL, "5e+200");
    assert_gives("norm", LIST(3e-200, 4e-200), NULL, "5e-200");
    assert_gives("norm", LIST(INFINITY, 1), NULL, "inf");
    assert_gives("norm", LIST(NAN, 1), NULL, "nan");
    assert_gives("norm", LIST(0, 0), NULL, "0");
}

static void no_numbers_have_a_sum_but_no_mean(void **state) {
    (void)state;
    assert_gives("sum", list_of(NULL, 0), NULL, "0");
    assert_gives("norm", list_of(NULL, 0), NULL, "0");
    assert_refuses("mean", list_of(NULL, 0), NULL, 0, "the list is empty");
    assert_refuses("max", list_of(NULL, 0), NULL, 0, "the list is empty");
    assert_refuses("argmax", list_of(NULL, 0), NULL, 0, "the list is empty");
}

static void nan_spreads(void **state) {
    (void)state;
    assert_gives("min", LIST(1, NAN, 0), NULL, "nan");
    assert_gives("max", LIST(NAN, 5), NULL, "nan");
    assert_gives("argmax", LIST(1, NAN, 9), NULL, "1");
    assert_gives("isnan", LIST(1, NAN), NULL, "true");
    assert_gives("isnan", LIST(1, INFINITY), NULL, "false");
    assert_gives("isnan", list_of(NULL, 0), NULL, "false");
    assert_gives("quantile", LIST(1, NAN), value_number(0.5), "nan");
}

static void elementwise_keeps_the_kind(void **state) {
    (void)state;
    const plumb_real x[] = {4, 9};
    assert_gives("sqrt", value_number(16), NULL, "4");
    assert_gives("sqrt", value_number(-1), NULL, "nan");
    assert_gives("log", value_number(0), NULL, "-inf");
    assert_gives("abs", pair_of(LIST(-1, 2), value_number(-3)), NULL, "[[1, 2], 3]");
    assert_gives("exp", LIST(0), NULL, "[1]");
    assert_gives("sqrt", tensor_of((PlumbShape){1, {2}}, x), NULL, "sqrt: 2, mean 2.5, std 0.5 [2, 3]");
}

static void quantiles_interpolate(void **state) {
    (void)state;
    assert_gives("quantile", LIST(4, 1, 3, 2), value_number(0.5), "2.5");
    assert_gives("quantile", LIST(4, 1, 3, 2), value_number(0), "1");
    assert_gives("quantile", LIST(4, 1, 3, 2), value_number(1), "4");
    assert_gives("quantile", LIST(4, 1, 3, 2), value_number(0.9), "3.7");
    assert_gives("quantile", value_number(7), value_number(0.3), "7");
    assert_refuses("quantile", LIST(1), value_number(1.5), 1, "a number from 0 to 1");
    assert_refuses("quantile", LIST(1), value_number(NAN), 1, "a number from 0 to 1");
    assert_refuses("quantile", LIST(1), value_string("x"), 1, "a number from 0 to 1");
}

static void histograms_count_as_numpy(void **state) {
    (void)state;
    assert_gives("histogram", LIST(1, 2, 2, 5), value_number(4), "[1, 2, 0, 1]");
    assert_gives("histogram", LIST(3, 3), value_number(2), "[0, 2]");
    assert_gives("histogram", LIST(0, 1), NULL, "[1, 0, 0, 0, 0, 0, 0, 0, 0, 1]");
    assert_refuses("histogram", LIST(1, NAN), NULL, 0, "finite");
    assert_refuses("histogram", LIST(-1e308, 1e308), NULL, 0, "finite");
    assert_refuses("histogram", LIST(1), value_number(0), 1, "a whole number from 1 to 1000000");
    assert_refuses("histogram", LIST(1), value_number(2.5), 1, "a whole number");
}

static void ranges_end_before_their_end(void **state) {
    (void)state;
    assert_gives("range", value_number(3), NULL, "[0, 1, 2]");
    assert_gives("range", value_number(2), value_number(4), "[2, 3]");
    assert_gives("range", value_number(2), value_number(2), "[]");
    assert_gives("range", value_number(-3), NULL, "[]");
    assert_refuses("range", value_number(1000001), NULL, 0, "at most 1,000,000");
    assert_refuses("range", value_number(1.5), NULL, 0, "the end cannot be 1.5");
    assert_refuses("range", value_number(INFINITY), NULL, 0, "the end cannot be inf");
    assert_refuses("range", value_number(0), value_string("x"), 1, "the end is a string");
}

static void ranges_step_either_way(void **state) {
    (void)state;
    const Function *range = function_find("range");
    const double steps[] = {2, -2, 0};
    const char *const expected[] = {"[5, 7, 9]", "[]", NULL};
    for (int i = 0; i < 3; i++) {
        Value *argument[] = {value_number(5), value_number(10), value_number(steps[i])};
        PlumbError error = {.argument = -1};
        Value *list = range->run(range, argument, 3, &error);
        char *text = list ? value_text(list) : NULL;
        if (expected[i]) {
            assert_string_equal(text, expected[i]);
        } else {
            assert_null(list);
            assert_int_equal(error.argument, 2);
        }
        free(text);
        value_drop(list);
        for (int k = 0; k < 3; k++) {
            value_drop(argument[k]);
        }
    }
}

static void lengths_and_shapes(void **state) {
    (void)state;
    assert_gives("len", LIST(1, 2), NULL, "2");
    assert_gives("len", value_string("na\xc3\xafve"), NULL, "5");
    assert_refuses("len", value_number(1), NULL, 0, "a number has no length");
    assert_gives("shape", pair_of(LIST(1, 2, 3), LIST(4, 5, 6)), NULL, "[2, 3]");
    assert_gives("shape", value_number(1), NULL, "[]");
    assert_refuses("shape", pair_of(LIST(1), LIST(1, 2)), NULL, 0, "this list has no shape");
    assert_refuses("shape", value_string("x"), NULL, 0, "a string has no shape");
}

static void other_kinds_are_named(void **state) {
    (void)state;
    assert_refuses("norm", value_string("x"), NULL, 0, "this is a string");
    assert_refuses("sum", pair_of(value_number(1), value_string("x")), NULL, 0, "item 1 is a string");
    assert_refuses("max", value_number(1), value_string("x"), -1, "item 1 is a string");
    assert_refuses("sqrt", value_none(), NULL, 0, "sqrt takes numbers; this is none");
    assert_refuses("exp", pair_of(value_number(1), value_bool(true)), NULL, 0, "this is true or false");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_documented),
        cmocka_unit_test(reductions_of_lists),
        cmocka_unit_test(reductions_of_tensors),
        cmocka_unit_test(norms_beyond_the_range_of_squares),
        cmocka_unit_test(no_numbers_have_a_sum_but_no_mean),
        cmocka_unit_test(nan_spreads),
        cmocka_unit_test(elementwise_keeps_the_kind),
        cmocka_unit_test(quantiles_interpolate),
        cmocka_unit_test(histograms_count_as_numpy),
        cmocka_unit_test(ranges_end_before_their_end),
        cmocka_unit_test(ranges_step_either_way),
        cmocka_unit_test(lengths_and_shapes),
        cmocka_unit_test(other_kinds_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
