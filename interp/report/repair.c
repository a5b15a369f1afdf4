/* What `fix` did to a net: the lines that differ, what was tried, what it did. */
#include "../render/number.h"
#include "../render/pictures.h"
#include "report.h"
#include <math.h>

static bool applies(const About *about) {
    return about->value->repair;
}

static void add_line(void *self, char sign, const char *line, int length) {
    Page *page = self;
    const char *tag = sign == '+' ? "ins" : sign == '-' ? "del" : "span";
    page_markup(page, "<%s>", tag);
    page_text(page, "%c %.*s\n", sign, length, line);
    page_markup(page, "</%s>", tag);
}

static double figure_of(const json_t *object, const char *name) {
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static char *metric_of(const About *about, const json_t *object, char text[32]) {
    double metric = figure_of(object, "metric");
    return about->data ? metric_text(metric, about->data, text) : number_or_na(metric, text);
}

static void add_attempts(Grid *grid, const About *about, const json_t *list, const char *verdict) {
    const json_t *attempt;
    size_t i;
    char text[32];
    json_array_foreach(list, i, attempt) {
        const char *edit = json_string_value(json_object_get(attempt, "edit"));
        grid_row(grid);
        grid_cell(grid, STATE_PLAIN, "%s", edit ? edit : "");
        grid_cell(grid, STATE_PLAIN, "%s", metric_of(about, attempt, text));
        grid_cell(grid, STATE_PLAIN, "%s", verdict);
    }
}

static Grid *grid_of_attempts(const About *about) {
    const json_t *repair = about->value->repair;
    const Column column[] = {{.title = "edit", .align = ALIGN_LEFT},
                             {.title = about->data ? metric_name(about->data) : "metric", .align = ALIGN_RIGHT},
                             {.title = "", .align = ALIGN_LEFT}};
    Grid *grid = grid_new(column, sizeof column / sizeof *column);
    if (grid) {
        add_attempts(grid, about, json_object_get(repair, "applied"), "kept");
        add_attempts(grid, about, json_object_get(repair, "rejected"), "not better, left out");
    }
    return grid;
}

static void add_state(Grid *grid, const About *about, const char *when, const json_t *state) {
    char text[32];
    double slope = figure_of(state, "slope");
    grid_row(grid);
    grid_cell(grid, STATE_PLAIN, "%s", when);
    grid_cell(grid, STATE_PLAIN, "%s", number_or_na(figure_of(state, "loss"), text));
    grid_cell(grid, STATE_PLAIN, "%s", number_or_na(figure_of(state, "test_loss"), text));
    grid_cell(grid, STATE_PLAIN, "%s", metric_of(about, state, text));
    grid_cell(grid, STATE_PLAIN, "%s", isnan(slope) ? "n/a" : decades_text(slope, text));
    grid_cell(grid, STATE_PLAIN, "%.0f", figure_of(state, "findings"));
}

static Grid *grid_of_states(const About *about) {
    const json_t *repair = about->value->repair;
    const Column column[] = {{.title = "", .align = ALIGN_LEFT},
                             {.title = "loss", .align = ALIGN_DECIMAL},
                             {.title = "test loss", .align = ALIGN_DECIMAL},
                             {.title = about->data ? metric_name(about->data) : "metric", .align = ALIGN_RIGHT},
                             {.over = "gradient", .title = "decades", .align = ALIGN_RIGHT},
                             {.title = "findings", .align = ALIGN_RIGHT}};
    Grid *grid = grid_new(column, sizeof column / sizeof *column);
    if (grid) {
        add_state(grid, about, "before", json_object_get(repair, "before"));
        add_state(grid, about, "after", json_object_get(repair, "after"));
    }
    return grid;
}

static void write(Page *page, const About *about) {
    const json_t *repair = about->value->repair;
    const char *from = json_string_value(json_object_get(repair, "net"));
    const char *before = json_string_value(json_object_get(repair, "was"));
    const char *after = json_string_value(json_object_get(repair, "source"));
    page_paragraph(page, STATE_PLAIN,
                   "Made by fix from %s; every edit was proved by a twin with the same seed and batches.",
                   from ? from : "a net");
    if (before && after) {
        page_markup(page, "<pre tabindex=\"0\" aria-label=\"source before (-) and after (+)\"><code>");
        if (!difference_lines(before, after, add_line, page)) {
            page->out->failed = true;
        }
        page_markup(page, "</code></pre>\n");
    }
    if (json_array_size(json_object_get(repair, "applied")) + json_array_size(json_object_get(repair, "rejected"))) {
        page_table(page, grid_of_attempts(about), "Edits that were tried: those that were kept first");
    }
    page_table(page, grid_of_states(about), "Trained as it was, and as it is");
}

const Section section_repair = {.id = "repair", .heading = "Repair", .applies = applies, .write = write};
