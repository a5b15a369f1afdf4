/* Pages: text is shown as that text, tables are whole, and where memory was short a page has failed.
 */
#include "given.h"
#include "interp/markup.h"
#include "interp/report/report.h"
#include "interp/session.h"
#include "interp/verb.h"
#include <jansson.h>
#include <string.h>

static void text_is_shown_as_itself(void **state) {
    (void)state;
    static const struct {
        const char *text, *markup;
    } cases[] = {{"dense1", "dense1"},
                 {"<b a=\"c\">'&amp;", "&lt;b a=&quot;c&quot;&gt;&#39;&amp;amp;"},
                 {"a\nb\x01\x1b[31m", "a\nb[31m"},
                 {"\xc3\xa9\xff\xc3", "\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd"},
                 {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
                 {"", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        Text out = {0};
        markup_text(&out, cases[i].text);
        assert_string_equal(out.at ? out.at : "", cases[i].markup);
        text_clear(&out);
    }
}

static int count_of(const char *text, const char *word) {
    int count = 0;
    for (; (text = strstr(text, word)); text += strlen(word)) {
        count++;
    }
    return count;
}

/* A column of nothing is left out; what stands over columns spans those that are shown. */
static void tables_have_a_head_for_every_cell(void **state) {
    (void)state;
    static const Column column[] = {
        {.title = "net", .align = ALIGN_LEFT},
        {.over = "above", .span = 3, .title = "a", .align = ALIGN_RIGHT, .rank = 1},
        {.title = "empty", .align = ALIGN_RIGHT, .rank = 1},
        {.title = "c", .align = ALIGN_RIGHT, .rank = 1},
        {.over = "one", .title = "d", .align = ALIGN_RIGHT, .rank = 1},
    };
    Grid *grid = grid_new(column, sizeof column / sizeof *column);
    assert_non_null(grid);
    grid_row(grid);
    grid_cell(grid, STATE_PLAIN, "<plain>");
    grid_cell(grid, STATE_BROKEN, "1");
    grid_cell(grid, STATE_PLAIN, "-");
    grid_cell(grid, STATE_PLAIN, "3");
    grid_cell(grid, STATE_PLAIN, "4");
    Text out = {0};
    Page page = {.out = &out};
    page_table(&page, grid, "a & b");
    assert_false(out.failed);
    assert_non_null(strstr(out.at, "a &amp; b</caption>"));
    assert_non_null(strstr(out.at, "<th scope=\"colgroup\" colspan=\"2\">above</th><th>one</th></tr>"));
    assert_int_equal(count_of(out.at, "rowspan=\"2\""), 1);
    assert_null(strstr(out.at, "empty"));
    assert_int_equal(count_of(out.at, "<td"), 3);
    assert_non_null(strstr(out.at, "<th scope=\"row\">&lt;plain&gt;</th>"));
    assert_non_null(strstr(out.at, "<span class=\"broken\">1</span><span class=\"said\"> broken</span>"));
    text_clear(&out);
}

/* ---- whole pages ---------------------------------------------------------------------------------------------- */

static const char script[] = "dots = blobs(classes=2, samples=20, test=0.5)\n"
                             "net n {\n"
                             "    input(2)\n"
                             "    h: dense(2) -> sigmoid\n"
                             "    dense(2) -> add(h)\n"
                             "}\n"
                             "net m = n\n"
                             "train n on dots with { epochs = 2; batch = 5; clip = by_norm(1) }\n";

static void gather(Session *session, const char *name, About *about) {
    PlumbError error = {0};
    Value *value = session_lookup(session, name);
    assert_non_null(value);
    *about = (About){.value = value->net, .net = session_net(session, value, (Span){0})};
    about->data = value->net->trained_on ? value->net->trained_on->data.data : NULL;
    about->epochs = net_value_history(value->net, &about->epoch);
    about->recipe = session_recipe(session, NULL, value);
    about->forecast = plumb_forecast(about->net, about->data, about->recipe, &error);
    PlumbCase sick = {.net = about->net,
                      .data = about->data,
                      .recipe = about->recipe,
                      .forecast = about->forecast,
                      .probe = value->net->probe,
                      .epoch = about->epoch,
                      .epochs = about->epochs};
    about->diagnosis = plumb_diagnose(&sick, &error);
    assert_true(about->forecast && about->diagnosis);
}

/* As Text, what is written keeps what it has: the caller looks once, at the end. */
static void what_cannot_be_made_fails_the_page(void **state) {
    (void)state;
    for (int figure = 0; figure < 2; figure++) {
        Text out = {0};
        Page page = {.out = &out};
        if (figure) {
            page_figure(&page, NULL, "nothing");
        } else {
            page_table(&page, NULL, "nothing");
        }
        assert_true(out.failed);
        text_clear(&out);
    }
}

static void a_page_shows_what_is_known_of_each_net(void **state) {
    (void)state;
    About nets[2];
    Text out = {0};
    Options options = {.quiet = true, .seed = 1, .threads = 1, .shards = 1};
    Session *session = session_new(&options, stdout, stderr);
    assert_non_null(session);
    assert_int_equal(session_run(session, "script", script, strlen(script)), 0);
    gather(session, "n", &nets[0]);
    gather(session, "m", &nets[1]);
    report_write(&out, nets, 2);
    assert_false(out.failed);
    assert_non_null(strstr(out.at, "</html>"));
    assert_int_equal(count_of(out.at, "<article"), 2);
    assert_int_equal(count_of(out.at, "id=\"net1-curves\""), 1);
    assert_int_equal(count_of(out.at, "id=\"net2-curves\""), 0);
    assert_non_null(strstr(out.at, "It has not been trained."));
    for (int i = 0; i < 2; i++) {
        plumb_forecast_free(nets[i].forecast);
        plumb_diagnosis_free(nets[i].diagnosis);
    }
    text_clear(&out);
    session_free(session);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_shown_as_itself), cmocka_unit_test(tables_have_a_head_for_every_cell),
        cmocka_unit_test(what_cannot_be_made_fails_the_page), cmocka_unit_test(a_page_shows_what_is_known_of_each_net)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
