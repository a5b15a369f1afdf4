/* Data sources: what is read, how it is split and scaled, and what is said about bad files. */
#include "loading.h"
#include <math.h>
#include <zlib.h>

/* ---- csv -------------------------------------------------------------------------------------------------- */

/* All rows of a CSV text in their order, label in the last column unless said otherwise. */
static PlumbData *load_csv(const char *text) {
    put_text("t.csv", text);
    return load("csv", GIVEN(TEXT(NULL, "t.csv"), BOOL("shuffle", false), NUMBER("test", 0)));
}

static void csv_reads_text_labels(void **state) {
    (void)state;
    PlumbData *data = load_csv("a,b,kind\n1,2,red\n3,4,blue\n5,6,red\n");
    assert_true(data->classify);
    assert_int_equal(data->classes, 2);
    assert_string_equal(data->class_name[0], "blue"); /* in order */
    assert_int_equal(data->train.rows, 3);
    assert_int_equal(data->train.label[0], 1);
    assert_int_equal(data->train.label[1], 0);
    assert_true(data->train.x[5] == 6);
    assert_int_equal(data->test.rows, 0);
    assert_string_equal(data->name, "csv(\"t.csv\", test=0, shuffle=false)");
    plumb_data_free(data);
}

static void csv_orders_number_labels_by_value(void **state) {
    (void)state;
    PlumbData *data = load_csv("1,10\n2,9\n3,10\n4,9\n");
    assert_true(data->classify);
    assert_string_equal(data->class_name[0], "9");
    assert_string_equal(data->class_name[1], "10");
    assert_int_equal(data->train.label[0], 1);
    plumb_data_free(data);
}

static void csv_takes_fractions_as_targets(void **state) {
    (void)state;
    PlumbData *data = load_csv("1,0.5\n2,1.5\n");
    assert_false(data->classify);
    assert_null(data->train.label);
    assert_true(data->train.y[1] == 1.5);
    assert_int_equal(plumb_shape_size(data->y_shape), 1);
    plumb_data_free(data);
}

/* Byte order mark, CRLF, quotes with separators, quotes and newlines inside, no newline at the end, blank lines. */
static void csv_follows_rfc_4180(void **state) {
    (void)state;
    static const char *const same[] = {"x,y\n1,a\n2,b\n",
                                       "\xEF\xBB\xBFx,y\r\n1,a\r\n2,b\r\n",
                                       "x,y\n1,a\n2,b",
                                       "\"x\",\"y\"\n\"1\",\"a\"\n2,b\n",
                                       "x;y\n1;a\n2;b\n",
                                       "x\ty\n1\ta\n2\tb\n",
                                       "x|y\n1|a\n2|b\n",
                                       "x,y\n\n1,a\n\n\n2,b\n\n",
                                       "x,y\n 1 , a \n+2e0,\"b\"\n"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        PlumbData *data = load_csv(same[i]);
        assert_int_equal(data->train.rows, 2);
        assert_int_equal(plumb_shape_size(data->x_shape), 1);
        assert_true(data->train.x[0] == 1 && data->train.x[1] == 2);
        assert_string_equal(data->class_name[1], "b");
        plumb_data_free(data);
    }
    PlumbData *data = load_csv("x,y\n1,\"say \"\"no, no\"\"\nor\"\n2,b\n");
    assert_string_equal(data->class_name[1], "say \"no, no\"\nor");
    plumb_data_free(data);
}

static void csv_takes_columns_by_name_and_number(void **state) {
    (void)state;
    const char *text = "id,a,b,c\n7,1,2,x\n8,3,4,y\n";
    put_text("t.csv", text);
    const PlumbValue columns[] = {{.type = PLUMB_V_STRING, .string = "b"}, {.type = PLUMB_V_NUMBER, .number = 1}};
    PlumbData *data =
        load("csv", GIVEN(TEXT(NULL, "t.csv"), {"features", {.type = PLUMB_V_LIST, .count = 2, .item = columns}},
                          BOOL("shuffle", false)));
    assert_int_equal(plumb_shape_size(data->x_shape), 2);
    assert_true(data->train.x[0] == 2 && data->train.x[1] == 1); /* in the order of the list */
    plumb_data_free(data);
    data = load("csv", GIVEN(TEXT(NULL, "t.csv"), TEXT("label", "id"), TEXT("features", "a"), WORD("task", "regress"),
                             BOOL("shuffle", false)));
    assert_true(data->train.y[0] == 7);
    plumb_data_free(data);
}

static void csv_without_header_has_numbers_first(void **state) {
    (void)state;
    PlumbData *data = load_csv("1,2,red\n3,4,blue\n");
    assert_int_equal(data->train.rows, 2);
    plumb_data_free(data);
    data = load_csv("1,2,3\n3,4,blue\n5,6,blue\n7,8,3\n"); /* numbers and text among the labels */
    assert_int_equal(data->classes, 2);
    assert_string_equal(data->class_name[0], "3");
    plumb_data_free(data);
}

static void csv_unpacks_gzip(void **state) {
    (void)state;
    gzFile packed = gzopen("t.csv.gz", "wb");
    for (int i = 0; i < 100000; i++) {
        gzprintf(packed, "%d,%d.5,%s\n", i, i % 7, i % 2 ? "odd" : "even");
    }
    gzclose(packed);
    PlumbData *data = load("csv", GIVEN(TEXT(NULL, "t.csv.gz"), BOOL("shuffle", false), NUMBER("test", 0)));
    assert_int_equal(data->train.rows, 100000);
    assert_true(data->train.x[2 * 99999] == 99999 && data->train.x[2 * 99999 + 1] == 99999 % 7 + 0.5);
    assert_int_equal(data->train.label[99999], 1);
    plumb_data_free(data);
}

static void bad_csv_is_refused_with_its_place(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "no rows of data"},
        {"\n\n", "no rows of data"},
        {"a,b\n", "no rows of data"},
        {"a,b\n1,x\n2\n", "row 2 has too few fields"},
        {"a,b\n1,x\n2,y,z\n", "row 2 has too many fields"},
        {"a,b\n1,x\n,y\n", "row 2, column \"a\": a value is missing"},
        {"a,b\n1,x\nNA,y\n", "row 2, column \"a\": a value is missing"},
        {"a,b\n1,x\n2,\n", "row 2, column \"b\": a value is missing"},
        {"a,b\n1,x\nnan,y\n", "row 2, column \"a\": the value is not finite"},
        {"a,b\n1,x\n1e99,y\n", "row 2, column \"a\": the value is not finite"},
        {"1,0\n2,1\n3,inf\n", "row 3, column 1: the value is not finite"},
        {"a,city,b\n1,Paris,x\n", "row 1, column \"city\" is text"},
        {"a,b\n1,x\n2,x\n", "all rows are of one class"},
        {"1,0.5\n2,1.5\n3,oops\n4,2.5\n5,3.5\n", "\"oops\" at row 3, column 1"},
        {"a,b\n1,\"x\n", "quotes do not match"},
        {"a,b\n1,\"x\"y\n", "quotes do not match"},
        {"only\n1\n2\n", "no column besides the label"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        PlumbError error = {0};
        put_text("t.csv", bad[i].text);
        assert_null(load_seeded("csv", GIVEN(TEXT(NULL, "t.csv")), 1, &error));
        assert_says(&error, bad[i].says);
    }
    PlumbError error = {0};
    put("t.csv", "a,b\n1,\0\n", 8);
    assert_null(load_seeded("csv", GIVEN(TEXT(NULL, "t.csv")), 1, &error));
    assert_says(&error, "is no text file");
    assert_null(load_seeded("csv", GIVEN(TEXT(NULL, "none.csv")), 1, &error));
    assert_says(&error, "No such file");
}

static void wrong_csv_arguments_are_refused(void **state) {
    (void)state;
    const char *text = "alpha,beta\n1,x\n2,y\n";
    PlumbError error = {0};
    put_text("t.csv", text);
    assert_null(load_seeded("csv", GIVEN(TEXT(NULL, "t.csv"), TEXT("label", "bata")), 1, &error));
    assert_says(&error, "did you mean \"beta\"?");
    assert_null(load_seeded("csv", GIVEN(TEXT(NULL, "t.csv"), NUMBER("label", 2)), 1, &error));
    assert_says(&error, "a number from 0 to 1");
    assert_null(load_seeded("csv", GIVEN(TEXT(NULL, "t.csv"), TEXT("features", "beta")), 1, &error));
    assert_says(&error, "asked for twice");
    assert_null(load_seeded("csv", GIVEN(TEXT(NULL, "t.csv"), TEXT("sep", ", ")), 1, &error));
    assert_says(&error, "one character");
    assert_null(load_seeded("csv", GIVEN(TEXT(NULL, "t.csv"), WORD("task", "regress")), 1, &error));
    assert_says(&error, "row 1, column \"beta\" is text");
}

/* ---- the common arguments --------------------------------------------------------------------------------- */

static int64_t rows_of(const PlumbPart *part, int label) {
    int64_t count = 0;
    for (int64_t i = 0; i < part->rows; i++) {
        count += part->label[i] == label;
    }
    return count;
}

static void split_keeps_the_share_of_each_class(void **state) {
    (void)state;
    FILE *file = fopen("s.csv", "w");
    for (int i = 0; i < 1000; i++) {
        fprintf(file, "%d,%s\n", i, i < 900 ? "many" : "few");
    }
    fclose(file);
    PlumbData *data = load("csv", GIVEN(TEXT(NULL, "s.csv"), NUMBER("test", 0.25)));
    assert_int_equal(data->train.rows, 750);
    assert_int_equal(rows_of(&data->test, 0), 25);
    assert_int_equal(rows_of(&data->test, 1), 225);
    char seen[1000] = {0}; /* every row once, in one part */
    for (int64_t i = 0; i < 1000; i++) {
        const PlumbPart *part = i < 750 ? &data->train : &data->test;
        seen[(int)part->x[i < 750 ? i : i - 750]]++;
    }
    assert_null(memchr(seen, 0, sizeof seen));
    plumb_data_free(data);
}

static void same_seed_same_rows(void **state) {
    (void)state;
    PlumbData *a = load_seeded("moons", NULL, 0, 7, NULL), *b = load_seeded("moons", NULL, 0, 7, NULL);
    PlumbData *other = load_seeded("moons", NULL, 0, 8, NULL);
    size_t size = (size_t)a->train.rows * 2 * sizeof(plumb_real);
    assert_memory_equal(a->train.x, b->train.x, size);
    assert_memory_equal(a->test.label, b->test.label, (size_t)a->test.rows * sizeof(int32_t));
    assert_memory_not_equal(a->train.x, other->train.x, size);
    plumb_data_free(a);
    plumb_data_free(b);
    plumb_data_free(other);
}

static void without_shuffle_the_end_is_the_test_part(void **state) {
    (void)state;
    put_text("o.csv", "1,.5\n2,.6\n3,.7\n4,.8\n5,.9\n");
    PlumbData *data = load("csv", GIVEN(TEXT(NULL, "o.csv"), BOOL("shuffle", false)));
    assert_int_equal(data->train.rows, 4);
    assert_true(data->train.x[0] == 1 && data->train.x[3] == 4 && data->test.x[0] == 5);
    plumb_data_free(data);
}

static void limit_counts_rows_of_both_parts(void **state) {
    (void)state;
    PlumbData *data = load("moons", GIVEN(NUMBER("samples", 400), NUMBER("limit", 100)));
    assert_int_equal(data->train.rows + data->test.rows, 100);
    plumb_data_free(data);
}

static void scale_divides_or_uses_the_train_part(void **state) {
    (void)state;
    put_text("o.csv", "1,5,.5\n2,5,.6\n3,5,.7\n4,5,.8\n9,5,.9\n");
    PlumbData *data = load("csv", GIVEN(TEXT(NULL, "o.csv"), BOOL("shuffle", false), NUMBER("scale", 2)));
    assert_true(data->train.x[0] == 0.5 && data->test.x[0] == 4.5);
    plumb_data_free(data);
    data = load("csv", GIVEN(TEXT(NULL, "o.csv"), BOOL("shuffle", false), WORD("scale", "minmax")));
    assert_true(data->train.x[0] == 0 && data->train.x[6] == 1); /* 1..4, without the test row's 9 */
    assert_true(data->train.x[1] == 0);                          /* a constant column */
    assert_true(fabs(data->test.x[0] - 8.0 / 3) < 1e-6);
    plumb_data_free(data);
    data = load("csv", GIVEN(TEXT(NULL, "o.csv"), BOOL("shuffle", false), WORD("scale", "standard")));
    assert_true(fabs(data->train.x[0] - (1 - 2.5) / sqrt(1.25)) < 1e-6);
    assert_true(data->train.x[1] == 0);
    plumb_data_free(data);
}

static void task_decides_what_labels_are(void **state) {
    (void)state;
    put_text("n.csv", "1,0\n2,1\n3,0\n4,1\n");
    PlumbData *data = load("csv", GIVEN(TEXT(NULL, "n.csv"), WORD("task", "regress")));
    assert_false(data->classify);
    plumb_data_free(data);
    put_text("n.csv", "1,10\n2,11\n3,12\n4,13\n"); /* all different: numbers, unless said otherwise */
    data = load("csv", GIVEN(TEXT(NULL, "n.csv")));
    assert_false(data->classify);
    plumb_data_free(data);
    data = load("csv", GIVEN(TEXT(NULL, "n.csv"), WORD("task", "classify")));
    assert_int_equal(data->classes, 4);
    plumb_data_free(data);
    PlumbError error = {0};
    put_text("n.csv", "1,0\n2,0.5\n");
    assert_null(load_seeded("csv", GIVEN(TEXT(NULL, "n.csv"), WORD("task", "classify")), 1, &error));
    assert_says(&error, "the label of row 2 is no class");
}

/* ---- arrays ----------------------------------------------------------------------------------------------- */

static void idx_reads_images_with_a_test_part(void **state) {
    (void)state;
    put("xi", "\0\0\x08\3\0\0\0\3\0\0\0\1\0\0\0\2\1\2\3\4\5\6", 22);
    put("yi", "\0\0\x08\1\0\0\0\3\7\x8\7", 11);
    put("xt", "\0\0\x08\3\0\0\0\1\0\0\0\1\0\0\0\2\x9\x9", 18);
    put("yt", "\0\0\x08\1\0\0\0\1\x8", 9);
    PlumbData *data = load("idx", GIVEN(TEXT("images", "xi"), TEXT("labels", "yi"), TEXT("test_images", "xt"),
                                        TEXT("test_labels", "yt"), BOOL("shuffle", false)));
    char text[64];
    assert_string_equal(plumb_shape_text(data->x_shape, text), "1 x 1 x 2");
    assert_int_equal(data->train.rows, 3);
    assert_int_equal(data->test.rows, 1);
    assert_string_equal(data->class_name[0], "7");
    assert_int_equal(data->test.label[0], 1);
    assert_true(data->train.x[5] == 6 && data->test.x[0] == 9);
    plumb_data_free(data);
    PlumbError error = {0};
    assert_null(load_seeded("idx", GIVEN(TEXT("images", "xi"), TEXT("labels", "yt")), 1, &error));
    assert_says(&error, "3 inputs, 1 labels");
    assert_null(
        load_seeded("idx", GIVEN(TEXT("images", "xi"), TEXT("labels", "yi"), TEXT("test_images", "xt")), 1, &error));
    assert_says(&error, "together");
    assert_null(load_seeded(
        "idx", GIVEN(TEXT("images", "xi"), TEXT("labels", "yi"), TEXT("test_images", "yt"), TEXT("test_labels", "yt")),
        1, &error));
    assert_says(&error, "do not fit those of the train part");
    put("x0", "\0\0\x08\2\0\0\0\0\0\0\0\2", 12);
    put("y0", "\0\0\x08\1\0\0\0\0", 8);
    assert_null(load_seeded("idx", GIVEN(TEXT("images", "x0"), TEXT("labels", "y0")), 1, &error));
    assert_says(&error, "has no rows");
}

static void npy_and_safetensors_read_the_same(void **state) {
    (void)state;
    plumb_real x[12], y[4] = {0, 1, 0, 1};
    for (int i = 0; i < 12; i++) {
        x[i] = (plumb_real)i;
    }
    PlumbTensor tensor[] = {{"in", {2, {4, 3}}, x}, {"out", {1, {4}}, y}};
    assert_true(plumb_npy_save("x.npy", (PlumbShape){1, {3}}, 4, x, NULL, NULL));
    assert_true(plumb_npy_save("y.npy", (PlumbShape){0}, 4, y, NULL, NULL));
    assert_true(plumb_safetensors_save("d.safetensors", tensor, 2, NULL, NULL));
    PlumbData *a = load("npy", GIVEN(TEXT("x", "x.npy"), TEXT("y", "y.npy")));
    PlumbData *b = load("safetensors", GIVEN(TEXT(NULL, "d.safetensors"), TEXT("x", "in"), TEXT("y", "out")));
    assert_int_equal(a->train.rows, b->train.rows);
    assert_memory_equal(a->train.x, b->train.x, (size_t)a->train.rows * 3 * sizeof *x);
    assert_memory_equal(a->train.label, b->train.label, (size_t)a->train.rows * sizeof(int32_t));
    plumb_data_free(a);
    plumb_data_free(b);
}

static void non_finite_arrays_are_refused(void **state) {
    (void)state;
    plumb_real x[4] = {1, 2, 3, NAN}, y[2] = {0, 1};
    PlumbError error = {0};
    assert_true(plumb_npy_save("x.npy", (PlumbShape){1, {2}}, 2, x, NULL, NULL));
    assert_true(plumb_npy_save("y.npy", (PlumbShape){0}, 2, y, NULL, NULL));
    assert_null(load_seeded("npy", GIVEN(TEXT("x", "x.npy"), TEXT("y", "y.npy")), 1, &error));
    assert_int_equal(error.status, PLUMB_NUMBER_ERROR);
    assert_says(&error, "input 2 of row 2 is not finite");
}

/* ---- generated -------------------------------------------------------------------------------------------- */

static void generated_data_follows_its_formula(void **state) {
    (void)state;
    PlumbData *data = load("xor", GIVEN(NUMBER("samples", 40), NUMBER("noise", 0)));
    for (int64_t i = 0; i < data->train.rows; i++) {
        assert_int_equal(data->train.label[i], data->train.x[2 * i] * data->train.x[2 * i + 1] < 0);
    }
    plumb_data_free(data);
    data = load("circles", GIVEN(NUMBER("noise", 0), NUMBER("factor", 0.25)));
    for (int64_t i = 0; i < data->train.rows; i++) {
        double radius = hypot(data->train.x[2 * i], data->train.x[2 * i + 1]);
        assert_true(fabs(radius - (data->train.label[i] ? 0.25 : 1)) < 1e-6);
    }
    plumb_data_free(data);
}

static void generated_classes_are_balanced(void **state) {
    (void)state;
    PlumbData *data = load("spirals", GIVEN(NUMBER("classes", 4), NUMBER("samples", 400)));
    assert_int_equal(data->classes, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(rows_of(&data->train, i), 80);
        assert_int_equal(rows_of(&data->test, i), 20);
    }
    plumb_data_free(data);
    data = load("blobs", GIVEN(NUMBER("features", 5), NUMBER("spread", 0.5)));
    assert_int_equal(plumb_shape_size(data->x_shape), 5);
    plumb_data_free(data);
    plumb_data_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_reads_text_labels),
        cmocka_unit_test(csv_orders_number_labels_by_value),
        cmocka_unit_test(csv_takes_fractions_as_targets),
        cmocka_unit_test(csv_follows_rfc_4180),
        cmocka_unit_test(csv_takes_columns_by_name_and_number),
        cmocka_unit_test(csv_without_header_has_numbers_first),
        cmocka_unit_test(csv_unpacks_gzip),
        cmocka_unit_test(bad_csv_is_refused_with_its_place),
        cmocka_unit_test(wrong_csv_arguments_are_refused),
        cmocka_unit_test(split_keeps_the_share_of_each_class),
        cmocka_unit_test(same_seed_same_rows),
        cmocka_unit_test(without_shuffle_the_end_is_the_test_part),
        cmocka_unit_test(limit_counts_rows_of_both_parts),
        cmocka_unit_test(scale_divides_or_uses_the_train_part),
        cmocka_unit_test(task_decides_what_labels_are),
        cmocka_unit_test(idx_reads_images_with_a_test_part),
        cmocka_unit_test(npy_and_safetensors_read_the_same),
        cmocka_unit_test(non_finite_arrays_are_refused),
        cmocka_unit_test(generated_data_follows_its_formula),
        cmocka_unit_test(generated_classes_are_balanced),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
