/* Operators: numbers as IEEE 754 has them, what goes together, equality of every kind. */
#include "given.h"
#include "interp/operators.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static Value *number(double value) {
    return value_number(value);
}

static Value *pair_of(Value *first, Value *second) {
    Value *list = value_list((Value *[]){first, second}, 2);
    value_drop(first);
    value_drop(second);
    return list;
}

static Value *tensor_of(int count, const plumb_real *value) {
    return value_tensor("t", (PlumbShape){1, {count}}, value);
}

static Value *call_of(const char *name) {
    PlumbArena *arena = plumb_arena_new();
    Value *call = value_call(plumb_call_default(arena, name, NULL));
    plumb_arena_free(arena);
    return call;
}

/* Takes the operands over. */
static void assert_gives(Value *left, const char *op, Value *right, const char *expected) {
    PlumbError error = {0};
    Value *result = operate(op, left, right, &error);
    if (!result) {
        fail_msg("%s: %s", op, error.what);
    }
    char *text = value_text(result);
    if (strcmp(text, expected) != 0) {
        fail_msg("%s gives %s, expected %s", op, text, expected);
    }
    free(text);
    value_drop(result);
    value_drop(left);
    value_drop(right);
}

static void assert_refuses(Value *left, const char *op, Value *right, const char *expected) {
    PlumbError error = {0};
    assert_null(operate(op, left, right, &error));
    assert_string_equal(error.what, expected);
    value_drop(left);
    value_drop(right);
}

static void numbers_are_ieee(void **state) {
    (void)state;
    assert_gives(number(2), "+", number(3), "5");
    assert_gives(number(2), "-", number(3), "-1");
    assert_gives(number(2), "*", number(3), "6");
    assert_gives(number(1), "/", number(4), "0.25");
    assert_gives(number(2), "^", number(10), "1024");
    assert_gives(number(1), "/", number(0), "inf");
    assert_gives(number(-1), "/", number(0), "-inf");
    assert_gives(number(0), "/", number(0), "nan");
    assert_gives(number(2), "-", NULL, "-2");
}

static void the_remainder_has_the_sign_of_the_divisor(void **state) {
    (void)state;
    assert_gives(number(7), "%", number(3), "1");
    assert_gives(number(-7), "%", number(3), "2");
    assert_gives(number(7), "%", number(-3), "-2");
    assert_gives(number(-6), "%", number(3), "0");
    assert_gives(number(5.5), "%", number(2), "1.5");
    assert_gives(number(1), "%", number(0), "nan");
    assert_gives(number(-5), "%", number(INFINITY), "inf");
}

static void comparisons_of_numbers(void **state) {
    (void)state;
    assert_gives(number(1), "<", number(2), "true");
    assert_gives(number(2), "<=", number(2), "true");
    assert_gives(number(2), ">", number(2), "false");
    assert_gives(number(2), ">=", number(2), "true");
    assert_gives(number(NAN), ">=", number(NAN), "false");
    assert_gives(number(NAN), "==", number(NAN), "false");
    assert_gives(number(NAN), "!=", number(NAN), "true");
    assert_gives(value_bool(true), "not", NULL, "false");
}

static void plus_joins_strings_and_lists(void **state) {
    (void)state;
    assert_gives(value_string("ab"), "+", value_string("c"), "abc");
    assert_gives(pair_of(number(1), number(2)), "+", pair_of(number(3), number(4)), "[1, 2, 3, 4]");
}

static void tensors_go_element_by_element(void **state) {
    (void)state;
    const plumb_real a[] = {1, 2}, b[] = {10, 30};
    assert_gives(tensor_of(2, a), "+", tensor_of(2, b), "tensor: 2, mean 21.5, std 10.5 [11, 32]");
    assert_gives(tensor_of(2, b), "/", number(10), "tensor: 2, mean 2, std 1 [1, 3]");
    assert_gives(number(1), "-", tensor_of(2, a), "tensor: 2, mean -0.5, std 0.5 [0, -1]");
    assert_gives(tensor_of(2, a), "-", NULL, "tensor: 2, mean -1.5, std 0.5 [-1, -2]");
    assert_refuses(tensor_of(2, a), "*", tensor_of(1, b), "cannot multiply a tensor of shape 2 by one of shape 1");
}

static void equality_of_every_kind(void **state) {
    (void)state;
    const plumb_real a[] = {1, 2}, b[] = {1, 3};
    assert_gives(value_none(), "==", value_none(), "true");
    assert_gives(value_string("x"), "==", value_word("x"), "true");
    assert_gives(value_string("x"), "==", number(1), "false");
    assert_gives(pair_of(number(1), value_string("x")), "==", pair_of(number(1), value_string("x")), "true");
    assert_gives(pair_of(number(1), number(2)), "!=", pair_of(number(1), number(3)), "true");
    assert_gives(tensor_of(2, a), "==", tensor_of(2, a), "true");
    assert_gives(tensor_of(2, a), "==", tensor_of(2, b), "false");
    assert_gives(call_of("relu"), "==", call_of("relu"), "true");
    assert_gives(call_of("relu"), "==", call_of("tanh"), "false");
}

static void what_does_not_go_is_named(void **state) {
    (void)state;
    assert_refuses(value_none(), "+", number(1), "cannot add none and a number");
    assert_refuses(number(1), "-", value_string("x"), "cannot subtract a string from a number");
    assert_refuses(call_of("relu"), "*", number(2), "cannot multiply the activation relu by a number");
    assert_refuses(value_string("a"), "<", value_string("b"), "cannot compare a string with a string");
    assert_refuses(number(1), "not", NULL, "`not` takes true or false, not a number");
    assert_refuses(value_string("a"), "-", NULL, "a string has no negative");
}

static void the_unknown_stays_unknown(void **state) {
    (void)state;
    assert_gives(value_unknown(), "+", value_string("x"), "unknown");
    assert_gives(pair_of(number(1), value_unknown()), "==", pair_of(number(1), number(2)), "unknown");
    assert_gives(value_unknown(), "not", NULL, "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_ieee),
        cmocka_unit_test(the_remainder_has_the_sign_of_the_divisor),
        cmocka_unit_test(comparisons_of_numbers),
        cmocka_unit_test(plus_joins_strings_and_lists),
        cmocka_unit_test(tensors_go_element_by_element),
        cmocka_unit_test(equality_of_every_kind),
        cmocka_unit_test(what_does_not_go_is_named),
        cmocka_unit_test(the_unknown_stays_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
