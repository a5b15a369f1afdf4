/* Generated problems as their papers define them; texts, series and folders of images, good and hostile. */
#include "loading.h"
#include <math.h>
#include <png.h>
#include <sys/stat.h>

/* Fails with the row and the step. */
static void holds(bool condition, const char *what, int64_t row, int64_t step) {
    if (!condition) {
        fail_msg("%s: row %lld, step %lld", what, (long long)row, (long long)step);
    }
}

static PlumbData *load_whole(const char *source, double length, double samples) {
    return load(source, GIVEN(NUMBER("length", length), NUMBER("samples", samples), NUMBER("test", 0)));
}

/* ---- marked values ------------------------------------------------------------------------------------------- */

typedef struct Marks {
    int step[2], count;
    double value[2];
} Marks;

static Marks marks_of(const plumb_real *x, int time) {
    Marks marks = {.count = 0};
    for (int t = 0; t < time; t++) {
        if (x[2 * t + 1] != 0 && marks.count < 2) {
            marks.step[marks.count] = t;
            marks.value[marks.count] = (double)x[2 * t];
        }
        marks.count += x[2 * t + 1] != 0;
        assert_true(x[2 * t + 1] == 0 || x[2 * t + 1] == 1);
    }
    return marks;
}

/* Arjovsky 2016, 4.2: uniform values, one mark in each half, their sum; both marks reach both ends. */
static void adding_is_the_papers(void **state) {
    (void)state;
    enum { T = 11, SAMPLES = 2000 };
    PlumbData *data = load_whole("adding", T, SAMPLES);
    int low[2] = {T, T}, high[2] = {0, 0};
    double sum = 0, squares = 0, error = 0;
    assert_false(data->classify);
    for (int64_t r = 0; r < SAMPLES; r++) {
        const plumb_real *x = data->train.x + r * T * 2;
        Marks marks = marks_of(x, T);
        holds(marks.count == 2 && marks.step[0] < T / 2 && marks.step[1] >= T / 2, "marks", r, marks.step[0]);
        holds(fabs((double)data->train.y[r] - marks.value[0] - marks.value[1]) < 1e-6, "sum", r, 0);
        for (int k = 0; k < 2; k++) {
            low[k] = marks.step[k] < low[k] ? marks.step[k] : low[k];
            high[k] = marks.step[k] > high[k] ? marks.step[k] : high[k];
        }
        for (int t = 0; t < T; t++) {
            holds(x[2 * t] > 0 && x[2 * t] < 1, "values in (0, 1)", r, t);
            sum += (double)x[2 * t];
            squares += (double)x[2 * t] * (double)x[2 * t];
        }
        error += ((double)data->train.y[r] - 1) * ((double)data->train.y[r] - 1);
    }
    assert_true(low[0] == 0 && high[0] == T / 2 - 1 && low[1] == T / 2 && high[1] == T - 1);
    assert_true(fabs(sum / (SAMPLES * T) - 0.5) < 0.01 && fabs(squares / (SAMPLES * T) - 1 / 3.0) < 0.01);
    assert_true(fabs(error / SAMPLES - 1 / 6.0) < 0.015); /* the paper's baseline */
    plumb_data_free(data);
}

/* Pascanu 2013: the first mark in the first tenth, the second from there to the middle. */
static void multiplication_and_xor_are_the_papers(void **state) {
    (void)state;
    enum { T = 40, SAMPLES = 600 };
    PlumbData *product = load_whole("multiplication", T, SAMPLES), *differ = load_whole("long_xor", T, SAMPLES);
    int ones = 0, latest = 0;
    assert_false(product->classify);
    assert_string_equal(differ->class_name[1], "1");
    for (int64_t r = 0; r < SAMPLES; r++) {
        Marks a = marks_of(product->train.x + r * T * 2, T), b = marks_of(differ->train.x + r * T * 2, T);
        holds(a.count == 2 && a.step[0] < T / 10 && a.step[1] >= T / 10 && a.step[1] < T / 2, "marks", r, a.step[1]);
        holds(b.count == 2 && b.step[0] < T / 10 && b.step[1] >= T / 10 && b.step[1] < T / 2, "marks", r, b.step[1]);
        holds(fabs((double)product->train.y[r] - a.value[0] * a.value[1]) < 1e-6, "product", r, 0);
        for (int t = 0; t < T; t++) {
            plumb_real bit = differ->train.x[(r * T + t) * 2];
            holds(bit == 0 || bit == 1, "bits", r, t);
        }
        holds(differ->train.label[r] == (b.value[0] != b.value[1]), "exclusive or", r, 0);
        ones += differ->train.label[r];
        latest = a.step[1] > latest ? a.step[1] : latest;
    }
    assert_true(ones > SAMPLES * 0.4 && ones < SAMPLES * 0.6);
    assert_int_equal(latest, T / 2 - 1);
    plumb_data_free(product);
    plumb_data_free(differ);
}

/* ---- symbols --------------------------------------------------------------------------------------------------- */

/* The one feature that is 1; all others are 0. */
static int symbol_at(const plumb_real *x, int symbols, int64_t row, int t) {
    int found = -1;
    for (int i = 0; i < symbols; i++) {
        holds(x[t * symbols + i] == 0 || (x[t * symbols + i] == 1 && found < 0), "one symbol", row, t);
        found = x[t * symbols + i] == 1 ? i : found;
    }
    holds(found >= 0, "one symbol", row, t);
    return found < 0 ? 0 : found; /* never below: holds ends the test */
}

/* Hochreiter & Schmidhuber 1997, task 6a: at T = 100 the steps 10 ... 19 and 50 ... 59. */
static void temporal_order_is_the_papers(void **state) {
    (void)state;
    enum { T = 100, SAMPLES = 400 };
    PlumbData *data = load_whole("temporal_order", T, SAMPLES);
    int64_t of_class[4] = {0}, nothing[6] = {0};
    assert_int_equal(data->classes, 4);
    for (int64_t r = 0; r < SAMPLES; r++) {
        int seen[2] = {-1, -1}, count = 0;
        for (int t = 0; t < T; t++) {
            int symbol = symbol_at(data->train.x + r * T * 6, 6, r, t);
            nothing[symbol]++;
            if (symbol < 2) {
                holds(count == 0 ? t >= 10 && t < 20 : count == 1 && t >= 50 && t < 60, "place", r, t);
                seen[count++] = symbol;
            }
        }
        int label = data->train.label[r];
        holds(count == 2, "two symbols", r, count);
        holds(data->class_name[label][0] == "XY"[seen[0]] && data->class_name[label][1] == "XY"[seen[1]], "class", r,
              label);
        of_class[label]++;
    }
    for (int i = 0; i < 4; i++) {
        assert_true(of_class[i] > SAMPLES / 8);
        assert_true(nothing[2 + i] > SAMPLES * T / 5);
    }
    plumb_data_free(data);
}

/* Arjovsky 2016, 4.1: 10 letters, T - 1 blanks, the sign, 10 blanks; T + 10 blanks are wanted, then the letters. */
static void copying_is_the_papers(void **state) {
    (void)state;
    enum { N = 10, DELAY = 15, T = DELAY + 2 * N, SAMPLES = 100 };
    PlumbData *data = load(
        "copying", GIVEN(NUMBER("length", N), NUMBER("delay", DELAY), NUMBER("samples", SAMPLES), NUMBER("test", 0)));
    int64_t letters[8] = {0};
    char text[64];
    assert_string_equal(plumb_shape_text(data->x_shape, text), "35 x 10");
    assert_int_equal(data->classes, 9);
    assert_int_equal(data->label_count, T);
    assert_string_equal(data->class_name[8], "blank");
    for (int64_t r = 0; r < SAMPLES; r++) {
        int symbol[T];
        for (int t = 0; t < T; t++) {
            symbol[t] = symbol_at(data->train.x + r * T * 10, 10, r, t);
            bool letter = t < N, start = t == N + DELAY - 1;
            holds(letter ? symbol[t] < 8 : start ? symbol[t] == 9 : symbol[t] == 8, "input", r, t);
            int wanted = t < T - N ? 8 : symbol[t - (T - N)];
            holds(data->train.label[r * T + t] == wanted, "wanted", r, t);
        }
        for (int t = 0; t < N; t++) {
            letters[symbol[t]]++;
        }
    }
    for (int i = 0; i < 8; i++) {
        assert_true(letters[i] > 80 && letters[i] < 170); /* 125 expected */
    }
    plumb_data_free(data);
}

static void parity_counts_ones(void **state) {
    (void)state;
    PlumbData *data = load("parity", GIVEN(NUMBER("n", 5), NUMBER("samples", 32), NUMBER("test", 0)));
    char seen[32] = {0}; /* all patterns once */
    assert_string_equal(data->class_name[1], "odd");
    for (int64_t r = 0; r < 32; r++) {
        int pattern = 0, ones = 0;
        for (int i = 0; i < 5; i++) {
            pattern |= (int)data->train.x[r * 5 + i] << i;
            ones += data->train.x[r * 5 + i] == 1;
        }
        seen[pattern]++;
        assert_int_equal(data->train.label[r], ones % 2);
    }
    for (int i = 0; i < 32; i++) {
        assert_int_equal(seen[i], 1);
    }
    plumb_data_free(data);
    data = load("parity", GIVEN(NUMBER("n", 50), NUMBER("samples", 200), BOOL("sequence", true)));
    char text[64];
    assert_string_equal(plumb_shape_text(data->x_shape, text), "50 x 1");
    int64_t odd = 0;
    for (int64_t r = 0; r < data->train.rows; r++) {
        int ones = 0;
        for (int i = 0; i < 50; i++) {
            ones += data->train.x[r * 50 + i] == 1;
        }
        assert_int_equal(data->train.label[r], ones % 2);
        odd += ones % 2;
    }
    assert_true(odd > 50 && odd < 110);
    plumb_data_free(data);
}

static void sine_follows_its_formula(void **state) {
    (void)state;
    PlumbData *clean = load("sine", GIVEN(NUMBER("samples", 500), NUMBER("noise", 0), NUMBER("periods", 2)));
    PlumbData *noisy = load("sine", GIVEN(NUMBER("samples", 500), NUMBER("noise", 0.3), NUMBER("periods", 2)));
    double squares = 0;
    assert_false(clean->classify);
    for (int64_t r = 0; r < clean->train.rows; r++) {
        double x = (double)clean->train.x[r];
        assert_true(fabs(x) < 3.1416 && fabs((double)clean->train.y[r] - sin(2 * x)) < 1e-6);
        assert_true(noisy->train.x[r] == clean->train.x[r]); /* noise moves no point */
        squares += pow((double)noisy->train.y[r] - sin(2 * x), 2) / (double)clean->train.rows;
    }
    assert_true(fabs(sqrt(squares) - 0.3) < 0.04);
    plumb_data_free(clean);
    plumb_data_free(noisy);
}

/* More samples only add rows, another seed draws others. */
static void rows_depend_on_their_number_alone(void **state) {
    (void)state;
    static const char *const sources[] = {"adding", "multiplication", "long_xor", "temporal_order", "copying"};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        PlumbGiven given[] = {NUMBER("length", 20), NUMBER("samples", 50), NUMBER("test", 0), BOOL("shuffle", false)};
        PlumbData *few = load_seeded(sources[i], given, 4, 7, NULL);
        given[1] = (PlumbGiven)NUMBER("samples", 80);
        PlumbData *many = load_seeded(sources[i], given, 4, 7, NULL),
                  *other = load_seeded(sources[i], given, 4, 8, NULL);
        size_t bytes = 50 * (size_t)plumb_shape_size(few->x_shape) * sizeof(plumb_real);
        assert_memory_equal(few->train.x, many->train.x, bytes);
        assert_memory_not_equal(many->train.x, other->train.x, bytes);
        plumb_data_free(few);
        plumb_data_free(many);
        plumb_data_free(other);
    }
}

static void impossible_problems_are_refused(void **state) {
    (void)state;
    PlumbError error = {0};
    assert_null(load_seeded("temporal_order", GIVEN(NUMBER("length", 9)), 1, &error));
    assert_says(&error, "from 10");
    assert_null(load_seeded("adding", GIVEN(NUMBER("length", 1e6), NUMBER("samples", 1e8)), 1, &error));
    assert_says(&error, "too large");
}

/* ---- text -------------------------------------------------------------------------------------------------------- */

static void text_gives_the_next_character(void **state) {
    (void)state;
    put_text("t.txt", "\xEF\xBB\xBF"
                      "abcab\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"
                      "cab"); /* a b c a b e-acute euro grin c a b */
    PlumbData *data =
        load("text", GIVEN(TEXT(NULL, "t.txt"), NUMBER("length", 5), NUMBER("test", 0), BOOL("shuffle", false)));
    assert_int_equal(data->train.rows, 2);
    assert_int_equal(data->classes, 6);
    assert_int_equal(data->label_count, 5);
    assert_string_equal(data->class_name[0], "a");
    assert_string_equal(data->class_name[3], "\xC3\xA9");
    assert_string_equal(data->class_name[5], "\xF0\x9F\x98\x80");
    static const int expected[] = {0, 1, 2, 0, 1, 3, 4, 5, 2, 0, 1};
    for (int i = 0; i < 10; i++) {
        assert_true(data->train.x[i] == expected[i]);
        assert_int_equal(data->train.label[i], expected[i + 1]);
    }
    plumb_data_free(data);
}

static void bad_texts_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t size;
        const char *says;
    } bad[] = {{"", 0, "too short"},
               {"abc", 3, "at least 4"},
               {"aaaaaaaa", 8, "one class"},
               {"abcd\0efgh", 9, "byte 0 at offset 4"},
               {"abcd\x80", 5, "byte 128 at offset 4"}, /* goes on what never began */
               {"abcd\xC0\xAF", 6, "offset 4"},         /* '/' in two bytes */
               {"abcd\xE0\x80\xAF", 7, "offset 4"},     /* and in three */
               {"abcd\xED\xA0\x80", 7, "offset 4"},     /* half of a pair */
               {"abcd\xF4\x90\x80\x80", 8, "offset 4"}, /* beyond Unicode */
               {"abcd\xF5\x80\x80\x80", 8, "offset 4"},
               {"abcd\xE2\x82", 6, "offset 4"}, /* cut short */
               {"abcd\xE2\x82z", 7, "offset 4"},
               {"\xFF\xFE\x61\x00", 4, "is no text in UTF-8"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        PlumbError error = {0};
        put("b.txt", bad[i].text, bad[i].size);
        assert_null(load_seeded("text", GIVEN(TEXT(NULL, "b.txt"), NUMBER("length", 3)), 1, &error));
        assert_says(&error, bad[i].says);
    }
    PlumbError error = {0};
    assert_null(load_seeded("text", GIVEN(TEXT(NULL, "none.txt")), 1, &error));
    assert_says(&error, "No such file");
}

/* ---- series ------------------------------------------------------------------------------------------------------ */

/* Values 0 ... 19 in the second column. */
static void put_series(void) {
    FILE *file = fopen("s.csv", "w");
    fprintf(file, "day,value,note\n");
    for (int i = 0; i < 20; i++) {
        fprintf(file, "%d,%d,x\n", 100 + i, i);
    }
    fclose(file);
}

static void series_keeps_time(void **state) {
    (void)state;
    put_series();
    PlumbData *data = load("series", GIVEN(TEXT(NULL, "s.csv"), TEXT("column", "value"), NUMBER("window", 4),
                                           NUMBER("horizon", 3), NUMBER("test", 0.3)));
    char text[64];
    assert_string_equal(plumb_shape_text(data->x_shape, text), "4 x 1");
    assert_false(data->classify); /* whole numbers, and yet no classes */
    assert_int_equal(data->train.rows, 10);
    assert_int_equal(data->test.rows, 4);
    for (int64_t r = 0; r < 14; r++) {
        const PlumbPart *part = r < 10 ? &data->train : &data->test;
        int64_t at = r < 10 ? r : r - 10;
        for (int i = 0; i < 4; i++) {
            holds(part->x[at * 4 + i] == r + i, "window", r, i);
        }
        holds(part->y[at] == r + 3 + 3, "target", r, 0);
    }
    plumb_data_free(data);
    data = load("series", GIVEN(TEXT(NULL, "s.csv"), NUMBER("column", 0), NUMBER("window", 2), NUMBER("test", 0)));
    assert_int_equal(data->train.rows, 18);
    assert_true(data->train.x[0] == 100 && data->train.y[17] == 119);
    plumb_data_free(data);
}

/* Inputs and targets by one scale, from what the train part knows: 0 ... 15 here. */
static void series_is_scaled_by_the_train_part(void **state) {
    (void)state;
    put_series();
    PlumbData *data = load("series", GIVEN(TEXT(NULL, "s.csv"), TEXT("column", "value"), NUMBER("window", 4),
                                           NUMBER("test", 0.25), WORD("scale", "minmax")));
    assert_int_equal(data->test.rows, 4);
    assert_true(data->train.x[0] == 0 && data->train.y[11] == 1);
    assert_true(fabs((double)data->test.y[3] - 19 / 15.0) < 1e-6);
    plumb_data_free(data);
    data = load("series", GIVEN(TEXT(NULL, "s.csv"), TEXT("column", "value"), NUMBER("window", 4), NUMBER("test", 0.25),
                                WORD("scale", "standard")));
    assert_true(fabs((double)data->train.x[0] + 7.5 / sqrt(255 / 12.0)) < 1e-6);
    assert_true(fabs((double)data->test.y[3] - 11.5 / sqrt(255 / 12.0)) < 1e-6);
    plumb_data_free(data);
    data = load("series", GIVEN(TEXT(NULL, "s.csv"), TEXT("column", "value"), NUMBER("window", 4), NUMBER("scale", 2)));
    assert_true(data->train.x[3] == 1.5 && data->train.y[0] == 2);
    plumb_data_free(data);
}

static void bad_series_are_refused(void **state) {
    (void)state;
    PlumbError error = {0};
    put_series();
    assert_null(load_seeded("series", GIVEN(TEXT(NULL, "s.csv"), TEXT("column", "vaule")), 1, &error));
    assert_says(&error, "did you mean \"value\"?");
    assert_null(load_seeded("series", GIVEN(TEXT(NULL, "s.csv"), TEXT("column", "note")), 1, &error));
    assert_says(&error, "row 1, column \"note\" is text where a number is needed");
    assert_null(
        load_seeded("series", GIVEN(TEXT(NULL, "s.csv"), TEXT("column", "value"), NUMBER("window", 20)), 1, &error));
    assert_says(&error, "at least 21");
    put_text("g.csv", "v\n1\n\"\"\n3\n");
    assert_null(load_seeded("series", GIVEN(TEXT(NULL, "g.csv"), NUMBER("window", 1)), 1, &error));
    assert_says(&error, "a value is missing");
    put_text("g.csv", "v,w\n1,2\n3\n");
    assert_null(load_seeded("series", GIVEN(TEXT(NULL, "g.csv"), NUMBER("window", 1)), 1, &error));
    assert_says(&error, "row 2 has too few fields");
    put_text("g.csv", "v\n1\n1e999\n3\n");
    assert_null(load_seeded("series", GIVEN(TEXT(NULL, "g.csv"), NUMBER("window", 1)), 1, &error));
    assert_says(&error, "not finite");
}

/* ---- images ------------------------------------------------------------------------------------------------------ */

static void put_png(const char *path, int width, int height, unsigned format, const unsigned char *pixel) {
    png_image image = {
        .version = PNG_IMAGE_VERSION, .width = (png_uint_32)width, .height = (png_uint_32)height, .format = format};
    assert_true(png_image_write_to_file(&image, path, 0, pixel, 0, NULL));
}

static void fresh_folders(void) {
    assert_int_equal(
        system("rm -rf img && mkdir -p img/cat img/dog img/.hidden && touch img/readme.txt img/cat/Thumbs.db"), 0);
}

static const unsigned char grey[6] = {0, 51, 102, 153, 204, 255};

static void images_are_read_by_folder(void **state) {
    (void)state;
    fresh_folders();
    put_png("img/dog/b.png", 3, 2, PNG_FORMAT_GRAY, grey);
    put_png("img/dog/a.PNG", 3, 2, PNG_FORMAT_GRAY, grey);
    put_png("img/cat/1.png", 3, 2, PNG_FORMAT_GRAY, grey);
    put_png("img/cat/2.png", 3, 2, PNG_FORMAT_GRAY, grey);
    PlumbData *data = load("images", GIVEN(TEXT(NULL, "img"), NUMBER("test", 0), BOOL("shuffle", false)));
    char text[64];
    assert_string_equal(plumb_shape_text(data->x_shape, text), "1 x 2 x 3");
    assert_int_equal(data->train.rows, 4);
    assert_string_equal(data->class_name[0], "cat");
    assert_int_equal(data->train.label[1], 0);
    assert_int_equal(data->train.label[2], 1);
    for (int i = 0; i < 6; i++) {
        assert_true(fabs((double)data->train.x[i] - i / 5.0) < 1e-6);
    }
    plumb_data_free(data);
}

static void colours_are_channels(void **state) {
    (void)state;
    static const unsigned char rgb[6] = {255, 0, 51, 0, 102, 255};
    static const unsigned char clear[4] = {255, 255, 255, 0}; /* white, and not to be seen */
    PlumbError error = {0};
    fresh_folders();
    put_png("img/cat/1.png", 2, 1, PNG_FORMAT_RGB, rgb);
    put_png("img/dog/1.png", 2, 1, PNG_FORMAT_RGB, rgb);
    PlumbData *data = load("images", GIVEN(TEXT(NULL, "img"), NUMBER("test", 0), BOOL("shuffle", false)));
    static const double expected[] = {1, 0, 0, 0.4, 0.2, 1};
    assert_int_equal(data->x_shape.dim[0], 3);
    for (int i = 0; i < 6; i++) {
        assert_true(fabs((double)data->train.x[i] - expected[i]) < 1e-6);
    }
    plumb_data_free(data);
    put_png("img/dog/2.png", 2, 1, PNG_FORMAT_GRAY, grey);
    assert_null(load_seeded("images", GIVEN(TEXT(NULL, "img")), 1, &error));
    assert_says(&error, "\"img/dog/2.png\" is grey");
    data = load("images", GIVEN(TEXT(NULL, "img"), WORD("color", "rgb"), NUMBER("test", 0), BOOL("shuffle", false)));
    assert_true(data->train.x[12] == 0 && fabs((double)data->train.x[13] - 0.2) < 1e-6);
    plumb_data_free(data);
    fresh_folders();
    put_png("img/cat/1.png", 1, 1, PNG_FORMAT_RGBA, clear);
    put_png("img/dog/1.png", 1, 1, PNG_FORMAT_RGBA, clear);
    data = load("images", GIVEN(TEXT(NULL, "img"), WORD("color", "grey"), NUMBER("test", 0)));
    assert_true(data->x_shape.dim[0] == 1 && data->train.x[0] == 0);
    plumb_data_free(data);
}

static void wrong_folders_are_refused(void **state) {
    (void)state;
    PlumbError error = {0};
    assert_null(load_seeded("images", GIVEN(TEXT(NULL, "nowhere")), 1, &error));
    assert_says(&error, "No such file");
    put_text("plain", "no folder");
    assert_null(load_seeded("images", GIVEN(TEXT(NULL, "plain")), 1, &error));
    assert_says(&error, "is no folder to read");
    assert_int_equal(system("rm -rf img && mkdir img"), 0);
    assert_null(load_seeded("images", GIVEN(TEXT(NULL, "img")), 1, &error));
    assert_says(&error, "one folder a class");
    fresh_folders();
    put_png("img/cat/1.png", 3, 2, PNG_FORMAT_GRAY, grey);
    assert_null(load_seeded("images", GIVEN(TEXT(NULL, "img")), 1, &error));
    assert_says(&error, "\"img/dog\" holds no PNG files");
    put_png("img/dog/1.png", 2, 3, PNG_FORMAT_GRAY, grey);
    assert_null(load_seeded("images", GIVEN(TEXT(NULL, "img")), 1, &error));
    assert_says(&error, "\"img/dog/1.png\" has another size");
    assert_says(&error, "2 x 3");
    assert_int_equal(system("rm img/dog/1.png && mkdir img/dog/1.png"), 0);
    assert_null(load_seeded("images", GIVEN(TEXT(NULL, "img")), 1, &error));
    assert_says(&error, "is a folder");
}

/* What a link or a root forbids is not read. */
static void images_stay_in_their_roots(void **state) {
    (void)state;
    PlumbError error = {0};
    fresh_folders();
    put_png("img/cat/1.png", 3, 2, PNG_FORMAT_GRAY, grey);
    put_png("outside.png", 3, 2, PNG_FORMAT_GRAY, grey);
    assert_int_equal(symlink("../../outside.png", "img/dog/1.png"), 0);
    const char *roots[] = {"img", NULL};
    PlumbFiles files = {.read_roots = roots, .write_roots = roots};
    PlumbArena *arena = plumb_arena_new();
    PlumbCall *call = plumb_call(arena, plumb_entry_find("images"), GIVEN(TEXT(NULL, "img")), &error);
    assert_null(plumb_data_load(call, &files, 1, &error));
    assert_says(&error, "outside the folders");
    plumb_arena_free(arena);
}

/* A file of a thousand small wounds: each byte changed, each length cut. Every one is read or refused, none crashes. */
static void hostile_pngs_are_errors(void **state) {
    (void)state;
    unsigned char pixel[64 * 4], bytes[4096];
    for (size_t i = 0; i < sizeof pixel; i++) {
        pixel[i] = (unsigned char)(i * 37);
    }
    fresh_folders();
    put_png("img/cat/1.png", 8, 8, PNG_FORMAT_RGBA, pixel);
    put_png("img/dog/1.png", 8, 8, PNG_FORMAT_RGBA, pixel);
    FILE *file = fopen("img/dog/1.png", "rb");
    size_t size = fread(bytes, 1, sizeof bytes, file);
    int refused = 0;
    fclose(file);
    assert_true(size > 60 && size < sizeof bytes);
    for (size_t i = 0; i < 2 * size; i++) {
        PlumbError error = {0};
        size_t at = i % size;
        bytes[at] ^= i < size ? 0xFF : 0;
        put("img/dog/1.png", (char *)bytes, i < size ? size : at);
        bytes[at] ^= i < size ? 0xFF : 0;
        PlumbData *data = load_seeded("images", GIVEN(TEXT(NULL, "img"), NUMBER("test", 0)), 1, &error);
        refused += !data;
        assert_true(data || error.what[0]);
        plumb_data_free(data);
    }
    assert_true(refused > (int)size); /* every cut but some at the very end, and most changes */
    static const char huge[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x7f\xff\xff\xff\x7f\xff\xff\xff\x08\2\0\0\0";
    static const char bomb[] =
        "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x40\0\0\0\x40\0\x08\2\0\0\0\x26\xaa\x87\xd3\0\0\0\0IDAT";
    PlumbError error = {0};
    put("img/dog/1.png", huge, sizeof huge - 1);
    assert_null(load_seeded("images", GIVEN(TEXT(NULL, "img")), 1, &error));
    assert_says(&error, "img/dog/1.png");
    put("img/dog/1.png", bomb, sizeof bomb - 1);
    assert_null(load_seeded("images", GIVEN(TEXT(NULL, "img")), 1, &error));
    assert_says(&error, "too large an image");
    assert_says(&error, "16384 x 16384");
    put("img/dog/1.png", "GIF89a", 6);
    assert_null(load_seeded("images", GIVEN(TEXT(NULL, "img")), 1, &error));
    assert_says(&error, "is no PNG that can be read");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adding_is_the_papers),
        cmocka_unit_test(multiplication_and_xor_are_the_papers),
        cmocka_unit_test(temporal_order_is_the_papers),
        cmocka_unit_test(copying_is_the_papers),
        cmocka_unit_test(parity_counts_ones),
        cmocka_unit_test(sine_follows_its_formula),
        cmocka_unit_test(rows_depend_on_their_number_alone),
        cmocka_unit_test(impossible_problems_are_refused),
        cmocka_unit_test(text_gives_the_next_character),
        cmocka_unit_test(bad_texts_are_refused),
        cmocka_unit_test(series_keeps_time),
        cmocka_unit_test(series_is_scaled_by_the_train_part),
        cmocka_unit_test(bad_series_are_refused),
        cmocka_unit_test(images_are_read_by_folder),
        cmocka_unit_test(colours_are_channels),
        cmocka_unit_test(wrong_folders_are_refused),
        cmocka_unit_test(images_stay_in_their_roots),
        cmocka_unit_test(hostile_pngs_are_errors),
    };
    return cmocka_run_group_tests_name("problems", tests, enter_folder, leave_folder);
}
