/* HTML: text, tables, figures. */
#include "page.h"
#include "../markup.h"
#include "script.h"
#include "style.h"
#include <limits.h>
#include <string.h>

/* ---- text -------------------------------------------------------------------------------------------------------- */

void page_markup(Page *page, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    text_vprintf(page->out, format, arguments);
    va_end(arguments);
}

static void add_escaped(Page *page, const char *format, va_list arguments) {
    Text text = {0};
    text_vprintf(&text, format, arguments);
    markup_text(page->out, text.at ? text.at : "");
    page->out->failed = page->out->failed || text.failed;
    text_clear(&text);
}

void page_text(Page *page, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    add_escaped(page, format, arguments);
    va_end(arguments);
}

static const char *class_of(State state) {
    return state == STATE_BROKEN ? " class=\"broken\"" : state == STATE_DOUBTFUL ? " class=\"doubtful\"" : "";
}

void page_paragraph(Page *page, State state, const char *format, ...) {
    va_list arguments;
    page_markup(page, "<p%s>", class_of(state));
    va_start(arguments, format);
    add_escaped(page, format, arguments);
    va_end(arguments);
    page_markup(page, "</p>\n");
}

void page_source(Page *page, const char *text) {
    page_markup(page, "<pre tabindex=\"0\"><code>");
    page_text(page, "%s", text);
    page_markup(page, "</code></pre>\n");
}

void page_fold_begin(Page *page, bool open, const char *summary) {
    page_markup(page, "<details%s><summary>", open ? " open" : "");
    page_text(page, "%s", summary);
    page_markup(page, "</summary>\n");
}

void page_fold_end(Page *page) {
    page_markup(page, "</details>\n");
}

void page_terms_begin(Page *page) {
    page_markup(page, "<dl>\n");
}

void page_term(Page *page, const char *term, const char *format, ...) {
    va_list arguments;
    page_markup(page, "<div><dt>");
    page_text(page, "%s", term);
    page_markup(page, "</dt><dd>");
    va_start(arguments, format);
    add_escaped(page, format, arguments);
    va_end(arguments);
    page_markup(page, "</dd></div>\n");
}

void page_terms_end(Page *page) {
    page_markup(page, "</dl>\n");
}

/* ---- the page ---------------------------------------------------------------------------------------------------- */

/* The policy forbids whatever the page does not hold itself, and every script but the one of sliders. */
void page_begin(Page *page, const char *title) {
    page_markup(page,
                "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                "<meta name=\"color-scheme\" content=\"light dark\">\n"
                "<meta http-equiv=\"Content-Security-Policy\" "
                "content=\"default-src 'none'; style-src 'unsafe-inline'; script-src '%s'\">\n<title>",
                report_script_hash);
    page_text(page, "%s", title);
    page_markup(page, "</title>\n<style>\n");
    for (int i = 0; report_style[i]; i++) {
        page_markup(page, "%s\n", report_style[i]);
    }
    page_markup(page, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the nets</a>\n");
}

void page_end(Page *page) {
    page_markup(page, page->sliders ? "<script>%s</script>\n" : "%.0s", report_script);
    page_markup(page, "</body>\n</html>\n");
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

enum { WIDE = 40 /* characters; longer texts are broken */ };

static const char *cell_class(const Column *column) {
    return column->align == ALIGN_LEFT ? "" : " class=\"n\"";
}

/* Columns of the span that begins at `at` and are shown. */
static int shown_span(const Grid *grid, int at) {
    int shown = 0, span = grid_column(grid, at)->span;
    for (int i = at; i < at + (span > 1 ? span : 1) && grid_column(grid, i); i++) {
        shown += !grid_hides(grid, i);
    }
    return shown;
}

static bool has_two_lines(const Grid *grid) {
    const Column *column;
    bool any = false;
    for (int i = 0; (column = grid_column(grid, i)); i++) {
        any = any || (column->over && !grid_hides(grid, i));
    }
    return any;
}

/* The first line: titles that stand over others, and those that stand alone. */
static void add_upper_head(Page *page, const Grid *grid, bool two) {
    const Column *column;
    int covered = 0;
    page_markup(page, "<thead>\n<tr>");
    for (int i = 0; (column = grid_column(grid, i)); i++) {
        bool under = covered > 0;
        covered -= under;
        if (column->over) {
            covered = (column->span > 1 ? column->span : 1) - 1;
        }
        if (grid_hides(grid, i) || under) {
            continue;
        }
        if (column->over) {
            int span = shown_span(grid, i);
            page_markup(page, span > 1 ? "<th scope=\"colgroup\" colspan=\"%d\">" : "<th>", span);
            page_text(page, "%s", column->over);
        } else {
            page_markup(page, "<th scope=\"col\"%s%s>", two ? " rowspan=\"2\"" : "", cell_class(column));
            page_text(page, "%s", column->title);
        }
        page_markup(page, "</th>");
    }
    page_markup(page, "</tr>\n");
}

static void add_lower_head(Page *page, const Grid *grid) {
    const Column *column;
    int covered = 0;
    page_markup(page, "<tr>");
    for (int i = 0; (column = grid_column(grid, i)); i++) {
        covered = column->over ? (column->span > 1 ? column->span : 1) : covered;
        if (covered > 0 && !grid_hides(grid, i)) {
            page_markup(page, "<th scope=\"col\"%s>", cell_class(column));
            page_text(page, "%s", column->title);
            page_markup(page, "</th>");
        }
        covered -= covered > 0;
    }
    page_markup(page, "</tr>\n");
}

/* What colour says is said in words, too. */
static void add_cell(Page *page, const Grid *grid, int row, int at, bool first) {
    const Column *column = grid_column(grid, at);
    State state;
    const char *text = grid_text(grid, row, at, &state);
    page_markup(page, first ? "<th scope=\"row\"%s>" : "<td%s>",
                strlen(text) > WIDE ? " class=\"wide\"" : cell_class(column));
    bool marked = *text && (state == STATE_BROKEN || state == STATE_DOUBTFUL);
    page_markup(page, marked ? "<span%s>" : "%.0s", class_of(state));
    page_text(page, "%s", text);
    page_markup(page, marked ? "</span><span class=\"said\"> %s</span>" : "%.0s",
                state == STATE_BROKEN ? "broken" : "doubtful");
    page_markup(page, first ? "</th>" : "</td>");
}

static void add_rows(Page *page, const Grid *grid) {
    page_markup(page, "</thead>\n<tbody>\n");
    for (int row = 0; row < grid_rows(grid); row++) {
        bool first = true;
        page_markup(page, "<tr>");
        for (int i = 0; grid_column(grid, i); i++) {
            if (!grid_hides(grid, i)) {
                add_cell(page, grid, row, i, first);
                first = false;
            }
        }
        page_markup(page, "</tr>\n");
    }
}

void page_table(Page *page, Grid *grid, const char *caption) {
    if (!grid) {
        page->out->failed = true;
        return;
    }
    grid_layout(grid, INT_MAX);
    page->captions++;
    bool two = has_two_lines(grid);
    page_markup(page,
                "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"table%d\">\n<table>\n"
                "<caption id=\"table%d\">",
                page->captions, page->captions);
    page_text(page, "%s", caption);
    page_markup(page, "</caption>\n");
    add_upper_head(page, grid, two);
    if (two) {
        add_lower_head(page, grid);
    }
    add_rows(page, grid);
    page_markup(page, "</tbody>\n</table>\n</div>\n");
    grid_free(grid);
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

void page_figures_begin(Page *page) {
    page_markup(page, "<div class=\"figures\">\n");
}

void page_figures_end(Page *page) {
    page_markup(page, "</div>\n");
}

void page_figure(Page *page, Plot *plot, const char *format, ...) {
    if (!plot) {
        page->out->failed = true;
        return;
    }
    if (plot->rows || plot->series_count) {
        va_list arguments;
        plot->width = FIGURE_WIDTH;
        page_markup(page, "<figure>\n");
        if (!plot_svg_inside(plot, page->out)) {
            page->out->failed = true;
        }
        page_markup(page, "<figcaption>");
        va_start(arguments, format);
        add_escaped(page, format, arguments);
        va_end(arguments);
        page_markup(page, "</figcaption>\n</figure>\n");
    }
    plot_free(plot);
}
