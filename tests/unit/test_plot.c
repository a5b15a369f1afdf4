/* Plots: whatever is in them, terminals keep their width, pictures hold all that is drawn, files can be read again. */
#include "given.h"
#include "interp/plot/plot.h"
#include "interp/plot/surface.h"
#include <math.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- plots to draw ----------------------------------------------------------------------------------------------- */

static void fill(Series *series, double from, double factor) {
    for (int i = 0; i < series->count; i++) {
        series->x[i] = i + 1;
        series->y[i] = from * pow(factor, i);
        if (series->low) {
            series->low[i] = series->y[i] - 1;
            series->high[i] = series->y[i] + 1;
        }
    }
}

static void name_rows(Plot *plot) {
    for (int i = 0; i < plot->rows; i++) {
        plot->row[i] =
            plot_text(plot, i == 1 ? "a layer with a name that is \"longer\" than any, < & > %d" : "dense%d", i);
        plot->detail[i] = "64 x 8";
    }
}

static Plot *curves(int points, bool log) {
    Plot *plot = plot_new(PLOT_CURVES, 0);
    plot->log = log;
    plot->title = "loss of a net<b> & another";
    plot->x_label = "epoch";
    plot->y_label = "loss";
    fill(plot_series(plot, "train", points, false), 2.3, 0.7);
    fill(plot_series(plot, "mlp(act=tanh, init=xavier, depth=20, width=64, norm=none) \"test\"", points, false), 1e-7,
         1.5);
    return plot;
}

static Plot *rows(int count, bool log, bool ranges) {
    Plot *plot = plot_new(PLOT_ROWS, count);
    plot->log = log;
    plot->title = "rows";
    plot->x_label = "value";
    name_rows(plot);
    fill(plot_series(plot, "one", count, ranges), log ? 1e-12 : -3, 1.3);
    fill(plot_series(plot, "shorter", count / 2, ranges), 1e-3, 2);
    return plot;
}

static Plot *heat(int count, int columns) {
    Plot *plot = plot_new(PLOT_HEAT, count);
    plot->title = "heat";
    plot->x_label = "weight";
    name_rows(plot);
    plot->columns = columns;
    plot->low = -2;
    plot->high = 2;
    plot->cell = plumb_arena_alloc(plot->arena, (size_t)(count * columns) * sizeof(double));
    for (int i = 0; i < count * columns; i++) {
        plot->cell[i] = (double)(i % columns) / columns;
    }
    return plot;
}

/* Of figures: row i, column j is 10^(j - i); the last cell of the first row is not finite, the first of the last is 0.
 */
static Plot *figures(int count, int columns) {
    Plot *plot = heat(count, columns);
    plot->x_label = "training step";
    plot->y_label = "time step";
    plot->log = true;
    plot->value = plumb_arena_alloc(plot->arena, (size_t)(count * columns) * sizeof(double));
    plot->column = plumb_arena_alloc(plot->arena, (size_t)columns * sizeof(double));
    for (int i = 0; i < count * columns; i++) {
        plot->value[i] = pow(10, i % columns - i / columns);
        plot->column[i % columns] = 1 + 8 * (i % columns);
    }
    plot->value[columns - 1] = NAN;
    plot->value[(count - 1) * columns] = 0;
    plot->low = 1;
    plot->high = 1 + 8 * columns;
    plot_shade(plot);
    plot_count_missing(plot);
    return plot;
}

/* Curves at `count` moments. */
static Plot *moments(int count) {
    Plot *plot = curves(6, true);
    Series *series = &plot->series[1];
    series->frames = count;
    series->frame = plumb_arena_alloc(plot->arena, (size_t)(count * 6) * sizeof(double));
    for (int i = 0; i < count * 6; i++) {
        series->frame[i] = pow(10, -i);
    }
    return plot;
}

static Plot *graph(void) {
    static const Link links[] = {{0, 2, 0}, {2, 4, 0}, {1, 5, 0}, {3, 5, 0}};
    Plot *plot = plot_new(PLOT_GRAPH, 6);
    plot->title = "graph";
    name_rows(plot);
    plot->links = sizeof links / sizeof *links;
    plot->link = plumb_arena_alloc(plot->arena, sizeof links);
    memcpy(plot->link, links, sizeof links);
    plot_set_lanes(plot);
    return plot;
}

enum { PLOTS = 14 };
static Plot *plot_at(int index) {
    Plot *plot;
    switch (index) {
    case 0:
        return curves(20, false);
    case 1:
        return curves(200, true);
    case 2:
        return curves(1, false);
    case 3: /* nothing can be drawn */
        plot = curves(3, true);
        for (int i = 0; i < 3; i++) {
            plot->series[0].y[i] = NAN;
            plot->series[1].y[i] = i ? INFINITY : 0;
        }
        plot_count_missing(plot);
        return plot;
    case 4:
        plot = curves(5, false);
        plot->series[0].y[2] = NAN; /* a gap */
        plot_count_missing(plot);
        return plot;
    case 5:
        return rows(12, true, false);
    case 6:
        return rows(5, false, false);
    case 7:
        return rows(7, false, true);
    case 8:
        return heat(4, 60);
    case 9:
        return heat(2, 7);
    case 10:
        return figures(5, 6);
    case 11: /* more rows than are shown, more columns than have room */
        return figures(150, 64);
    case 12:
        return moments(3);
    default:
        return graph();
    }
}

static char *printed(const Plot *plot, int width, bool unicode) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    plot_print(plot, &(Canvas){out, width, false, unicode});
    fclose(out);
    return text;
}

/* ---- the terminal ------------------------------------------------------------------------------------------------ */

static void terminals_keep_their_width(void **state) {
    (void)state;
    for (int i = 0; i < PLOTS; i++) {
        for (int width = 60; width <= 200; width += 35) {
            for (int unicode = 0; unicode < 2; unicode++) {
                Plot *plot = plot_at(i);
                char *text = printed(plot, width, unicode);
                for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
                    if (utf8_count(line, strlen(line)) > (size_t)width) {
                        fail_msg("plot %d, width %d: [%s]", i, width, line);
                    }
                    for (const char *at = line; !unicode && *at; at++) {
                        assert_in_range((unsigned char)*at, ' ', '~');
                    }
                }
                free(text);
                plot_free(plot);
            }
        }
    }
}

static void what_cannot_be_drawn_is_told(void **state) {
    (void)state;
    Plot *plot = plot_at(3);
    char *text = printed(plot, 80, false);
    assert_non_null(strstr(text, "6 values are not finite, or 0: not drawn"));
    free(text);
    plot_free(plot);
    plot = plot_at(4);
    text = printed(plot, 80, false);
    assert_non_null(strstr(text, "1 value is not finite: not drawn"));
    free(text);
    plot_free(plot);
}

/* A bar is as long as its value's place on the axis. */
static void bars_are_as_long_as_their_values(void **state) {
    (void)state;
    Plot *plot = plot_new(PLOT_ROWS, 3);
    plot->title = plot->x_label = "value";
    for (int i = 0; i < 3; i++) {
        plot->row[i] = "d";
    }
    Series *series = plot_series(plot, "one", 3, false);
    series->y[0] = 10;
    series->y[1] = 5;
    series->y[2] = 0;
    char *text = printed(plot, 53, false); /* 40 columns of bar */
    int length[3] = {0}, line = -1;
    for (const char *at = text; *at && line < 3; at++) {
        line += *at == '\n';
        if (*at == '#') {
            length[line]++;
        }
    }
    assert_int_equal(length[0], 40);
    assert_int_equal(length[1], 20);
    assert_int_equal(length[2], 0);
    free(text);
    plot_free(plot);
}

/* Eight levels from the least to the most decade, blank for 0, a mark for what is not finite; so says the legend. */
static void figures_have_levels(void **state) {
    (void)state;
    Plot *plot = figures(2, 9);
    plot->row[1] = "dense1";
    char *text = printed(plot, 21, false); /* a cell a column */
    static const char *const parts[] = {"1 value is not\n", "\n time step\n", "\n dense0    .:-=+*#@!\n",
                                        "\n dense1     .:-=+*#@\n", "\n           1e+00 .:-=+*#@ 1e+07, log scale\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!strstr(text, parts[i])) {
            fail_msg("there is no [%s] in\n%s", parts[i], text);
        }
    }
    free(text);
    plot_free(plot);
}

/* ---- SVG --------------------------------------------------------------------------------------------------------- */

/* Every attribute NAME="number" lies within 0..most. */
static void assert_within(const char *svg, const char *name, double most, int plot) {
    char pattern[32];
    snprintf(pattern, sizeof pattern, " %s=\"", name);
    for (const char *at = svg; (at = strstr(at, pattern)); at++) {
        double value = strtod(at + strlen(pattern), NULL);
        if (!(value >= 0 && value <= most)) {
            fail_msg("plot %d: %s is %g, of %g", plot, name, value, most);
        }
    }
}

/* Texts with about 7 units a character. */
static void assert_texts_fit(const char *svg, double width, int plot) {
    for (const char *at = svg; (at = strstr(at, "<text x=\"")); at++) {
        double x = strtod(at + strlen("<text x=\""), NULL);
        const char *anchor = strstr(at, "text-anchor=\"") + strlen("text-anchor=\""), *text = strchr(at, '>') + 1;
        double length = 7.0 * (double)(strstr(text, "</text>") - text);
        double left = *anchor == 's' ? x : *anchor == 'm' ? x - length / 2 : x - length;
        if (strchr(text, '&') > strstr(text, "</text>") && (left < -8 || left + length > width + 8)) {
            fail_msg("plot %d: text from %g to %g of %g: %.40s", plot, left, left + length, width, text);
        }
    }
}

/* Tags are closed, and names cannot break out of them. */
static void assert_well_formed(const char *svg) {
    int depth = 0;
    for (const char *at = svg; (at = strchr(at, '<')); at++) {
        const char *end = strchr(at, '>');
        assert_non_null(end);
        depth += at[1] == '/' ? -1 : end[-1] == '/' ? 0 : 1;
        for (const char *inside = at + 1; inside < end; inside++) {
            assert_int_not_equal(*inside, '<');
        }
    }
    assert_int_equal(depth, 0);
    assert_null(strstr(svg, "<b>"));
    assert_null(strstr(svg, "& "));
    assert_null(strstr(svg, "nan"));
}

static void pictures_hold_all_that_is_drawn(void **state) {
    (void)state;
    for (int i = 0; i < PLOTS; i++) {
        Plot *plot = plot_at(i);
        Text out = {0};
        double width, height;
        plot_size(plot, &width, &height);
        assert_true(plot_svg(plot, &out));
        assert_well_formed(out.at);
        assert_within(out.at, "x", width, i);
        assert_within(out.at, "y", height, i);
        assert_within(out.at, "width", width, i);
        assert_within(out.at, "height", height, i);
        assert_texts_fit(out.at, width, i);
        text_clear(&out);
        plot_free(plot);
    }
}

static int count_of(const char *text, const char *word) {
    int count = 0;
    for (; (text = strstr(text, word)); text += strlen(word)) {
        count++;
    }
    return count;
}

static void moments_are_frames_of_which_the_last_is_shown(void **state) {
    (void)state;
    Plot *plot = moments(3);
    Text out = {0};
    assert_true(plot_svg(plot, &out));
    assert_int_equal(count_of(out.at, "<g data-frame=\""), 3);
    assert_int_equal(count_of(out.at, " hidden>"), 2);
    assert_non_null(strstr(out.at, "<g data-frame=\"2\">"));
    Scale scale = plot_value_scale(plot);
    assert_true(scale.low <= -17); /* all of them are in reach */
    text_clear(&out);
    plot_free(plot);
}

/* ---- PNG --------------------------------------------------------------------------------------------------------- */

static void png_files_can_be_read_again(void **state) {
    (void)state;
    for (int i = 0; i < PLOTS; i++) {
        Plot *plot = plot_at(i);
        Text out = {0};
        double width, height;
        plot_size(plot, &width, &height);
        assert_true(plot_png(plot, &out));
        png_image image = {.version = PNG_IMAGE_VERSION};
        assert_true(png_image_begin_read_from_memory(&image, out.at, out.length));
        assert_int_equal(image.width, 2 * (int)width);
        assert_int_equal(image.height, 2 * (int)height);
        image.format = PNG_FORMAT_RGB;
        unsigned char *bytes = malloc(PNG_IMAGE_SIZE(image));
        assert_true(png_image_finish_read(&image, NULL, bytes, 0, NULL));
        size_t dark = 0, count = (size_t)image.width * image.height;
        for (size_t j = 0; j < count; j++) {
            dark += bytes[3 * j] < 128;
        }
        assert_int_equal(bytes[0], 255); /* light ground */
        assert_true(dark > 100 && dark < count / 2);
        free(bytes);
        text_clear(&out);
        plot_free(plot);
    }
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

static void tables_hold_the_numbers(void **state) {
    (void)state;
    Plot *plot = rows(3, false, true);
    Text out = {0};
    plot->series[0].y[0] = NAN;
    assert_true(plot_csv(plot, &out));
    assert_string_equal(out.at, "layer,series,value,low,high\n"
                                "dense0,one,nan,-4,-2\n"
                                "dense0,shorter,0.001,-0.999,1.001\n"
                                "\"a layer with a name that is \"\"longer\"\" than any, < & > 1\",one,-3.9,-4.9,-2.9\n"
                                "dense2,one,-5.07,-6.07,-4.07\n");
    text_clear(&out);
    plot_free(plot);
}

static void a_map_is_a_table_of_its_figures(void **state) {
    (void)state;
    Plot *plot = figures(1, 3);
    Text out = {0};
    plot->value[0] = 0.25;
    assert_true(plot_csv(plot, &out));
    assert_string_equal(out.at, "time step,training step,value\ndense0,1,0.25\ndense0,9,10\ndense0,17,nan\n");
    text_clear(&out);
    plot_free(plot);
}

static void links_that_cross_have_lanes_of_their_own(void **state) {
    (void)state;
    Plot *plot = graph();
    for (int i = 0; i < plot->links; i++) {
        for (int j = 0; j < i; j++) {
            const Link *a = &plot->link[i], *b = &plot->link[j];
            assert_false(a->lane == b->lane && a->from < b->to && b->from < a->to);
        }
    }
    assert_int_equal(plot->lanes, 3);
    Text out = {0};
    assert_true(plot_csv(plot, &out));
    assert_non_null(strstr(out.at, "dense3,dense5\n"));
    text_clear(&out);
    plot_free(plot);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terminals_keep_their_width),
        cmocka_unit_test(what_cannot_be_drawn_is_told),
        cmocka_unit_test(bars_are_as_long_as_their_values),
        cmocka_unit_test(figures_have_levels),
        cmocka_unit_test(moments_are_frames_of_which_the_last_is_shown),
        cmocka_unit_test(pictures_hold_all_that_is_drawn),
        cmocka_unit_test(png_files_can_be_read_again),
        cmocka_unit_test(tables_hold_the_numbers),
        cmocka_unit_test(a_map_is_a_table_of_its_figures),
        cmocka_unit_test(links_that_cross_have_lanes_of_their_own),
    };
    return cmocka_run_group_tests_name("plot", tests, NULL, NULL);
}
