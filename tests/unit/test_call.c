/* Binding of arguments: what is taken, what is refused and in which words. */
#include "given.h"
#include "runtime/core/error.h"
#include "runtime/core/number.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const PlumbArg dense_args[] = {
    {"units", PLUMB_A_INT, 0, NULL, NULL, 1, 1e9, "number of units"},
    {"bias", PLUMB_A_BOOL, 0, NULL, "true", 0, 0, "add a bias"},
    {"pad", PLUMB_A_WORD | PLUMB_A_INT, 0, "same valid", "same", 0, 99, "padding"},
    {"p", PLUMB_A_NUMBER | PLUMB_A_NONE, 0, NULL, "none", 0, 1, "share"},
    {"data", PLUMB_A_CALL, PLUMB_DATA, NULL, "xor(noise=0.5)", 0, 0, "a source"},
    {"names", PLUMB_A_LIST | PLUMB_A_STRING, 0, NULL, "[\"a\", \"b\"]", 0, 0, "names"},
    {0},
};
static const PlumbEntry dense = {.name = "dense", .kind = PLUMB_LAYER, .args = dense_args};

static const PlumbArg input_args[] = {
    {"shape", PLUMB_A_INT | PLUMB_A_REST, 0, NULL, NULL, 1, 0, "its sizes"},
    {"name", PLUMB_A_STRING | PLUMB_A_NONE, 0, NULL, "none", 0, 0, "a name"},
    {0},
};
static const PlumbEntry input = {.name = "input", .kind = PLUMB_LAYER, .args = input_args};

/* Binds and compares the text of the call. */
static void assert_text(const PlumbEntry *entry, const PlumbGiven *given, int count, const char *expected) {
    PlumbArena *arena = plumb_arena_new();
    PlumbError error = {0};
    PlumbCall *call = plumb_call(arena, entry, given, count, &error);
    if (!call) {
        fail_msg("%s", error.what);
    }
    char *text = plumb_call_text(plumb_call_copy(arena, call));
    assert_string_equal(text, expected);
    free(text);
    plumb_arena_free(arena);
}

static void assert_refused(const PlumbEntry *entry, const PlumbGiven *given, int count, int argument,
                           const char *part) {
    PlumbArena *arena = plumb_arena_new();
    PlumbError error = {0};
    assert_null(plumb_call(arena, entry, given, count, &error));
    assert_int_equal(error.status, PLUMB_ARGUMENT_ERROR);
    assert_int_equal(error.argument, argument);
    assert_says(&error, part);
    plumb_arena_free(arena);
}

static void text_leaves_defaults_out(void **state) {
    (void)state;
    assert_text(&dense, GIVEN(NUMBER(NULL, 64)), "dense(64)");
    assert_text(&dense, GIVEN(NUMBER("units", 64), WORD("pad", "valid")), "dense(64, pad=valid)");
    assert_text(&dense, GIVEN(NUMBER(NULL, 1), BOOL(NULL, false)), "dense(1, bias=false)");
    assert_text(&dense, GIVEN(NUMBER(NULL, 1), TEXT("names", "a\"\n")), "dense(1, names=\"a\\\"\\n\")");
    assert_text(&dense, GIVEN(NUMBER(NULL, 1), NUMBER("p", 0.1)), "dense(1, p=0.1)");
}

static void further_positional_values_become_a_list(void **state) {
    (void)state;
    assert_text(&input, GIVEN(NUMBER(NULL, 1), NUMBER(NULL, 28), NUMBER(NULL, 28)), "input(1, 28, 28)");
    assert_text(&input, GIVEN(NUMBER(NULL, 4), TEXT("name", "x")), "input(4, name=\"x\")");
    assert_refused(&input, GIVEN(NUMBER(NULL, 4), NUMBER(NULL, 0)), 1, "a whole number of at least 1");
    assert_refused(&input, NULL, 0, -1, "input needs \"shape\"");
}

static void a_bare_name_is_a_call_with_defaults(void **state) {
    (void)state;
    assert_text(&dense, GIVEN(NUMBER(NULL, 1), WORD("data", "moons")), "dense(1, data=moons)");
    assert_refused(&dense, GIVEN(NUMBER(NULL, 1), WORD("data", "mons")), 1, "did you mean \"moons\"?");
}

static void defaults_are_read_from_their_text(void **state) {
    (void)state;
    PlumbArena *arena = plumb_arena_new();
    PlumbCall *call = plumb_call(arena, &dense, GIVEN(NUMBER(NULL, 3)), NULL);
    assert_non_null(call);
    assert_true(plumb_call_bool(call, "bias"));
    assert_string_equal(plumb_call_string(call, "pad"), "same");
    assert_int_equal(plumb_call_value(call, "p")->type, PLUMB_V_NONE);
    assert_true(plumb_call_number(plumb_call_call(call, "data"), "noise") == 0.5);
    assert_int_equal(plumb_call_value(call, "names")->count, 2);
    assert_string_equal(plumb_call_value(call, "names")->item[1].string, "b");
    assert_null(plumb_call_value(call, "nothing"));
    assert_true(plumb_call_number(call, "bias") == 0);
    plumb_arena_free(arena);
}

static void wrong_arguments_are_named(void **state) {
    (void)state;
    assert_refused(&dense, GIVEN(NUMBER(NULL, 64), BOOL("bais", true)), 1, "dense has no argument \"bais\"");
    assert_refused(&dense, GIVEN(NUMBER(NULL, 64), BOOL("bais", true)), 1, "did you mean \"bias\"?");
    assert_refused(&dense, GIVEN(NUMBER(NULL, 64), NUMBER("units", 1)), 1, "dense is given \"units\" twice");
    assert_refused(&dense, GIVEN(NUMBER("units", 64), BOOL(NULL, true)), 1, "follows a named one");
    assert_refused(&dense, NULL, 0, -1, "dense needs \"units\"");
    const PlumbEntry bare = {.name = "relu", .kind = PLUMB_ACTIVATION};
    assert_refused(&bare, GIVEN(NUMBER(NULL, 1)), 0, "relu takes no arguments");
}

static void wrong_values_are_named(void **state) {
    (void)state;
    assert_refused(&dense, GIVEN(NUMBER(NULL, 0)), 0, "units of dense cannot be 0");
    assert_refused(&dense, GIVEN(NUMBER(NULL, 2.5)), 0, "a whole number");
    assert_refused(&dense, GIVEN(NUMBER(NULL, 1e300)), 0, "a whole number");
    assert_refused(&dense, GIVEN(NUMBER(NULL, NAN)), 0, "a whole number");
    assert_refused(&dense, GIVEN(TEXT(NULL, "64")), 0, "a string");
    assert_refused(&dense, GIVEN(NUMBER(NULL, 1), WORD("pad", "vaild")), 1, "did you mean \"valid\"?");
    assert_refused(&dense, GIVEN(NUMBER(NULL, 1), TEXT("pad", "valid")), 1, "write valid without quotes");
    assert_refused(&dense, GIVEN(NUMBER(NULL, 1), NUMBER("p", 1.5)), 1, "a number from 0 to 1 or none");
}

/* Every default in the registry must be readable, and every entry complete for help. */
static void registry_is_complete(void **state) {
    (void)state;
    const PlumbEntry *entry;
    PlumbArena *arena = plumb_arena_new();
    for (int i = 0; (entry = plumb_entry_at(i)); i++) {
        assert_ptr_equal(plumb_entry_find(entry->name), entry);
        if (!entry->summary || !entry->family || !entry->formula || !entry->source || !entry->example) {
            fail_msg("%s lacks help", entry->name);
        }
        PlumbError error = {0};
        if (!plumb_call(arena, entry, NULL, 0, &error) && !strstr(error.what, " needs \"")) {
            fail_msg("%s: %s", entry->name, error.what);
        }
    }
    assert_null(plumb_entry_at(-1));
    assert_null(plumb_entry_find(""));
    assert_null(plumb_entry_find("no such name"));
    plumb_arena_free(arena);
}

static void numbers_are_read_exactly(void **state) {
    (void)state;
    static const char *const texts[] = {"0",
                                        "-0.1",
                                        "3.14159",
                                        "1e22",
                                        "123456789012345678901234567890",
                                        "1e-320",
                                        "2.5e-45",
                                        "1e308",
                                        ".5",
                                        "5.",
                                        "1e400",
                                        "0.3",
                                        "1E+3",
                                        "9007199254740993"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double value;
        assert_int_equal(number_parse(texts[i], strlen(texts[i]), &value), strlen(texts[i]));
        assert_true(value == strtod(texts[i], NULL));
    }
    double value;
    assert_int_equal(number_parse("1e", 2, &value), 1);
    assert_int_equal(number_parse("abc", 3, &value), 0);
    assert_int_equal(number_parse("", 0, &value), 0);
    assert_int_equal(number_parse("-inf", 4, &value), 4);
    assert_true(value == -INFINITY);
}

static void number_text_reads_back(void **state) {
    (void)state;
    static const double values[] = {0, 1000000, 0.1, 1.0 / 3, 1e-7, -2.5, 1e300, 16777217};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char text[32];
        double back;
        number_text(values[i], text);
        assert_int_equal(number_parse(text, strlen(text), &back), strlen(text));
        assert_true(back == values[i]);
    }
}

static void errors_may_quote_themselves(void **state) {
    (void)state;
    PlumbError error = {0};
    assert_false(plumb_fail(&error, PLUMB_FILE_ERROR, "inner"));
    assert_false(plumb_fail(&error, PLUMB_FILE_ERROR, "outer: %s", error.what));
    assert_string_equal(error.what, "outer: inner");
    assert_int_equal(error.argument, -1);
    assert_false(plumb_fail(NULL, PLUMB_FILE_ERROR, "nobody listens"));
}

static void shapes_have_size_and_text(void **state) {
    (void)state;
    char text[64];
    PlumbShape image = {3, {1, 28, 28}}, huge = {4, {2147483647, 2147483647, 2147483647, 2147483647}};
    assert_int_equal(plumb_shape_size(image), 784);
    assert_string_equal(plumb_shape_text(image, text), "1 x 28 x 28");
    assert_int_equal(plumb_shape_size(huge), INT64_MAX);
    assert_string_equal(plumb_shape_text((PlumbShape){.rank = -1}, text), "unknown");
    assert_false(plumb_shape_equal(image, huge));
}

static void arenas_give_zeroed_memory(void **state) {
    (void)state;
    PlumbArena *arena = plumb_arena_new();
    for (size_t size = 0; size < 20000; size += 997) {
        unsigned char *memory = plumb_arena_alloc(arena, size);
        assert_non_null(memory);
        assert_int_equal((uintptr_t)memory % 16, 0);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(memory[i], 0);
        }
        memset(memory, 255, size);
    }
    assert_null(plumb_arena_alloc(arena, SIZE_MAX));
    plumb_arena_free(arena);
    plumb_arena_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_leaves_defaults_out),
        cmocka_unit_test(further_positional_values_become_a_list),
        cmocka_unit_test(a_bare_name_is_a_call_with_defaults),
        cmocka_unit_test(defaults_are_read_from_their_text),
        cmocka_unit_test(wrong_arguments_are_named),
        cmocka_unit_test(wrong_values_are_named),
        cmocka_unit_test(registry_is_complete),
        cmocka_unit_test(numbers_are_read_exactly),
        cmocka_unit_test(number_text_reads_back),
        cmocka_unit_test(errors_may_quote_themselves),
        cmocka_unit_test(shapes_have_size_and_text),
        cmocka_unit_test(arenas_give_zeroed_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
