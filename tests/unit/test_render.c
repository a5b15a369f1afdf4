/* Tables, bars and pictures: widths, alignment, colours, what is said in words. */
#include "given.h"
#include "grammar/text.h"
#include "interp/render/bar.h"
#include "interp/render/number.h"
#include "interp/render/pictures.h"
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

/* ---- a canvas in memory ------------------------------------------------------------------------------------------ */

typedef struct Paper {
    Canvas canvas;
    char *text;
    size_t size;
} Paper;

static void open_paper(Paper *paper, int width, bool color) {
    paper->canvas = (Canvas){open_memstream(&paper->text, &paper->size), width, color, true};
    assert_non_null(paper->canvas.out);
}

static const char *read_paper(Paper *paper) {
    fflush(paper->canvas.out);
    return paper->text;
}

static void close_paper(Paper *paper) {
    fclose(paper->canvas.out);
    free(paper->text);
}

static void assert_fits(const char *text, int width) {
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, "\n");
        if (utf8_count(at, length) > (size_t)width) {
            fail_msg("at width %d a line has %zu columns: %.*s", width, utf8_count(at, length), (int)length, at);
        }
        if (length && at[length - 1] == ' ') {
            fail_msg("a line ends with a space: \"%.*s\"", (int)length, at);
        }
        at += length + (at[length] == '\n');
    }
}

static void assert_contains(const char *text, const char *part) {
    if (!strstr(text, part)) {
        fail_msg("expected \"%s\" in:\n%s", part, text);
    }
}

/* ---- grids ------------------------------------------------------------------------------------------------------- */

static const Column three[] = {
    {.title = "name", .align = ALIGN_LEFT},
    {.title = "value", .align = ALIGN_DECIMAL},
    {.over = "less", .title = "important", .align = ALIGN_RIGHT, .rank = 1},
};

static void print_three(Paper *paper) {
    static const char *const cell[][3] = {
        {"a", "12.5", "1"}, {"gr\xC3\xBC\xC3\x9F", "0.236", "20"}, {"c", "1.2e-09", "300"}, {"d", "n/a", "4"}};
    Grid *grid = grid_new(three, 3);
    assert_non_null(grid);
    for (size_t i = 0; i < sizeof cell / sizeof *cell; i++) {
        grid_row(grid);
        for (int j = 0; j < 3; j++) {
            grid_cell(grid, i == 0 ? STATE_BROKEN : STATE_PLAIN, "%s", cell[i][j]);
        }
    }
    grid_print(grid, &paper->canvas);
    grid_free(grid);
}

static void columns_align_on_the_point_and_count_characters(void **state) {
    (void)state;
    Paper paper;
    open_paper(&paper, 80, false);
    print_three(&paper);
    assert_string_equal(read_paper(&paper), "                       less\n"
                                            " name      value  important\n"
                                            " a      12.5              1\n"
                                            " gr\xC3\xBC\xC3\x9F    0.236           20\n"
                                            " c       1.2e-09        300\n"
                                            " d     n/a                4\n");
    close_paper(&paper);
}

static void a_short_width_drops_the_least_important_column(void **state) {
    (void)state;
    Paper paper;
    open_paper(&paper, 20, false);
    print_three(&paper);
    assert_null(strstr(read_paper(&paper), "important"));
    assert_contains(read_paper(&paper), "1.2e-09");
    close_paper(&paper);
}

static void a_grid_is_never_wider_than_its_canvas(void **state) {
    (void)state;
    for (int width = 3; width < 60; width++) {
        Paper paper;
        open_paper(&paper, width, false);
        print_three(&paper);
        assert_fits(read_paper(&paper), width);
        close_paper(&paper);
    }
}

static void colours_are_written_only_where_wanted(void **state) {
    (void)state;
    Paper plain, colored;
    open_paper(&plain, 80, false);
    open_paper(&colored, 80, true);
    print_three(&plain);
    print_three(&colored);
    assert_null(strchr(read_paper(&plain), '\033'));
    assert_contains(read_paper(&colored), "\033[31m12.5\033[0m");
    close_paper(&plain);
    close_paper(&colored);
}

static void a_column_of_nothing_is_left_out(void **state) {
    (void)state;
    Paper paper;
    Grid *grid = grid_new(three, 3);
    open_paper(&paper, 80, false);
    grid_row(grid);
    grid_cell(grid, STATE_PLAIN, "a");
    grid_cell(grid, STATE_PLAIN, "1");
    grid_cell(grid, STATE_PLAIN, "-");
    grid_print(grid, &paper.canvas);
    assert_string_equal(read_paper(&paper), " name  value\n a         1\n");
    grid_free(grid);
    close_paper(&paper);
}

static void a_name_from_a_file_cannot_break_the_table(void **state) {
    (void)state;
    static const Column one[] = {{.title = "class\x1b[2J", .align = ALIGN_LEFT}};
    Paper paper;
    open_paper(&paper, 60, false);
    Grid *grid = grid_new(one, 1);
    grid_row(grid);
    grid_cell(grid, STATE_PLAIN, "%s", "\n");
    grid_row(grid);
    grid_cell(grid, STATE_PLAIN, "%s",
              "a\tb\xc2\x85"
              "c\xc2\xb5");
    grid_print(grid, &paper.canvas);
    assert_string_equal(read_paper(&paper), " class\\x1b[2J\n \\n\n a\\tb\\u{85}c\xc2\xb5\n");
    grid_free(grid);
    close_paper(&paper);
}

/* ---- bars -------------------------------------------------------------------------------------------------------- */

static void log_bars_show_decades(void **state) {
    (void)state;
    char text[BAR_MAX + 1];
    assert_string_equal(bar_log(1e-5, -10, 0, 20, text), "##########");
    assert_string_equal(bar_log(1e-30, -10, 0, 20, text), "#");
    assert_string_equal(bar_log(1e30, -10, 0, 4, text), "####");
    assert_string_equal(bar_log(0, -10, 0, 20, text), "");
    assert_string_equal(bar_log(NAN, -10, 0, 20, text), "");
}

static void progress_bars_are_full_only_at_the_end(void **state) {
    (void)state;
    char text[BAR_MAX + 1];
    assert_string_equal(bar_progress(0, 6, text), "[....]");
    assert_string_equal(bar_progress(0.99, 6, text), "[###.]");
    assert_string_equal(bar_progress(1, 6, text), "[####]");
}

static void curves_fall_and_mark_what_is_not_finite(void **state) {
    (void)state;
    char text[CURVE_BYTES];
    const double loss[] = {8, 4, 0, NAN};
    assert_string_equal(bar_curve(loss, 4, 0, 8, 10, true, text), "\xE2\x96\x88\xE2\x96\x85\xE2\x96\x81!");
    assert_string_equal(bar_curve(loss, 2, 0, 8, 1, true, text), "\xE2\x96\x87");
    assert_string_equal(bar_curve(loss, 4, 0, 8, 10, false, text), "@+.!");
}

/* ---- pictures of a net ------------------------------------------------------------------------------------------- */

typedef struct Bench {
    PlumbArena *arena;
    PlumbNet *net;
    PlumbProbe *probe;
} Bench;

static void add(Bench *bench, const char *name, const PlumbGiven *given, int count) {
    PlumbError error;
    int last = plumb_net_size(bench->net) - 1;
    PlumbCall *call = plumb_call(bench->arena, plumb_entry_find(name), given, count, &error);
    assert_non_null(call);
    assert_true(plumb_net_add(bench->net, call, &last, last >= 0, "", NULL, -1, (PlumbPlace){0}, &error) >= 0);
}

/* input(4) -> `depth` times dense(4) -> tanh; each layer's gradient is `fall` times that of the one behind it. */
static void open_bench(Bench *bench, int depth, double fall) {
    PlumbError error;
    bench->arena = plumb_arena_new();
    bench->net = plumb_net_new("n", &error);
    add(bench, "input", GIVEN(NUMBER(NULL, 4)));
    for (int i = 0; i < depth; i++) {
        add(bench, "dense", GIVEN(NUMBER(NULL, 4)));
        add(bench, "tanh", NULL, 0);
    }
    int size = plumb_net_size(bench->net);
    bench->probe = calloc((size_t)size, sizeof *bench->probe);
    for (int i = 0; i < size; i++) {
        bench->probe[i] = (PlumbProbe){.grad_norm = 1,
                                       .weight_norm = 2,
                                       .update_ratio = 1e-3,
                                       .signal = 0.5,
                                       .std = 0.5,
                                       .saturated = 0.1,
                                       .dead = NAN,
                                       .output_grad = pow(fall, (size - i) / 2)};
    }
}

static void close_bench(Bench *bench) {
    free(bench->probe);
    plumb_net_free(bench->net);
    plumb_arena_free(bench->arena);
}

static void the_fall_of_the_gradient_is_said_in_decades(void **state) {
    (void)state;
    static const struct {
        double fall;
        const char *said;
    } cases[] = {
        {1e-2, "the gradient falls 8.0 decades from dense5 back to dense1, 2.00 a layer"},
        {10, "the gradient grows 4.0 decades from dense5 back to dense1, 1.00 a layer"},
        {1, "the gradient keeps its size from dense5 back to dense1: +0.0 decades"},
        {1e-300, "nothing of the gradient arrives at dense1: it is exactly 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Bench bench;
        Paper paper;
        open_bench(&bench, 5, cases[i].fall);
        open_paper(&paper, 80, false);
        picture_gradients(&paper.canvas, bench.net, bench.probe, NULL);
        assert_contains(read_paper(&paper), cases[i].said);
        close_paper(&paper);
        close_bench(&bench);
    }
}

static void what_is_not_finite_comes_first(void **state) {
    (void)state;
    Bench bench;
    Paper paper;
    open_bench(&bench, 3, 0.1);
    open_paper(&paper, 80, false);
    bench.probe[2].nonfinite = 1234;
    bench.probe[2].output_grad = NAN;
    picture_gradients(&paper.canvas, bench.net, bench.probe, NULL);
    const char *first = "1,234 values are nan or inf, from tanh1 on\n";
    assert_memory_equal(read_paper(&paper), first, strlen(first));
    close_paper(&paper);
    close_bench(&bench);
}

static void a_deep_net_does_not_scroll_away_and_keeps_its_ends(void **state) {
    (void)state;
    Bench bench;
    Paper paper;
    int lines = 0;
    open_bench(&bench, 400, 0.99);
    open_paper(&paper, 80, false);
    picture_gradients(&paper.canvas, bench.net, bench.probe, NULL);
    for (const char *at = read_paper(&paper); *at; at++) {
        lines += *at == '\n';
    }
    assert_in_range(lines, 20, 60);
    assert_contains(read_paper(&paper), " dense1 ");
    assert_contains(read_paper(&paper), " dense400 ");
    assert_contains(read_paper(&paper), "one of 8 layers with weights is shown");
    close_paper(&paper);
    close_bench(&bench);
}

static void pictures_fit_every_width(void **state) {
    (void)state;
    static const char *const names[] = {"cat", "dog", "mouse"};
    int64_t confusion[9] = {5, 1, 0, 0, 6, 0, 2, 0, 4};
    PlumbData data = {.name = (char *)"xor()",
                      .x_shape = {1, {4}},
                      .classify = true,
                      .classes = 3,
                      .label_count = 1,
                      .class_name = (char **)names,
                      .test = {.rows = 1, .label = (int32_t[]){1}}};
    PlumbScore score = {.classes = 3, .confusion = confusion};
    PlumbEpoch epoch = {1, 5, 1e-5, 1e5, 1, 0.5, 1e-13, 1e-3, 1e-3, 12.5};
    Bench bench;
    open_bench(&bench, 6, 0.1);
    Run run[] = {{"plain", bench.net, bench.probe, &epoch, 1, 1},
                 {"a net of a long name, longer than the others", bench.net, NULL, &epoch, 1, 1}};
    for (int width = 20; width <= 140; width += 5) {
        Paper paper;
        open_paper(&paper, width, false);
        Grid *grid = picture_epochs(&data, width);
        picture_epoch(grid, &epoch, &data);
        grid_print_head(grid, &paper.canvas);
        grid_print_row(grid, &paper.canvas, 0);
        grid_free(grid);
        picture_net(&paper.canvas, bench.net);
        picture_data(&paper.canvas, &data);
        picture_gradients(&paper.canvas, bench.net, bench.probe, NULL);
        picture_confusion(&paper.canvas, &data, &score);
        picture_comparison(&paper.canvas, &data, run, 2);
        picture_recipe(&paper.canvas, "r", plumb_call_default(bench.arena, "recipe", NULL));
        assert_fits(read_paper(&paper), width);
        close_paper(&paper);
    }
    close_bench(&bench);
}

static void at_most_thirty_epochs_are_shown(void **state) {
    (void)state;
    static const int wanted[][2] = {{1, 1}, {30, 1}, {31, 2}, {60, 2}, {61, 5}, {150, 5}, {151, 10}, {1000, 50}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        assert_int_equal(picture_epoch_every(wanted[i][0]), wanted[i][1]);
    }
}

static void figures_say_their_unit_and_what_is_missing(void **state) {
    (void)state;
    char text[32];
    assert_string_equal(number_exponent(0.22, text), "2.2e-01");
    assert_string_equal(number_exponent(NAN, text), "nan");
    assert_string_equal(number_exponent(-INFINITY, text), "-inf");
    assert_string_equal(number_seconds(0.12, text), "0.1 s");
    assert_string_equal(number_seconds(123.4, text), "123 s");
    assert_string_equal(number_seconds(1200, text), "20 min");
    assert_string_equal(number_seconds(7200, text), "2.0 h");
    assert_string_equal(number_seconds(NAN, text), "n/a");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_align_on_the_point_and_count_characters),
        cmocka_unit_test(a_short_width_drops_the_least_important_column),
        cmocka_unit_test(a_grid_is_never_wider_than_its_canvas),
        cmocka_unit_test(colours_are_written_only_where_wanted),
        cmocka_unit_test(a_column_of_nothing_is_left_out),
        cmocka_unit_test(a_name_from_a_file_cannot_break_the_table),
        cmocka_unit_test(log_bars_show_decades),
        cmocka_unit_test(progress_bars_are_full_only_at_the_end),
        cmocka_unit_test(curves_fall_and_mark_what_is_not_finite),
        cmocka_unit_test(the_fall_of_the_gradient_is_said_in_decades),
        cmocka_unit_test(what_is_not_finite_comes_first),
        cmocka_unit_test(a_deep_net_does_not_scroll_away_and_keeps_its_ends),
        cmocka_unit_test(pictures_fit_every_width),
        cmocka_unit_test(at_most_thirty_epochs_are_shown),
        cmocka_unit_test(figures_say_their_unit_and_what_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
