/* Several nets at a glance. */
#include "../render/number.h"
#include "../render/pictures.h"
#include "report.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static State state_of_diagnosis(const PlumbDiagnosis *diagnosis) {
    State state = STATE_PLAIN;
    for (int i = 0; i < plumb_diagnosis_size(diagnosis); i++) {
        bool severe = plumb_diagnosis_at(diagnosis, i)->severity == PLUMB_SEVERE;
        state = severe || state == STATE_BROKEN ? STATE_BROKEN : STATE_DOUBTFUL;
    }
    return state;
}

static void decades_cell(Grid *grid, State state, double decades) {
    char text[32];
    if (isinf(decades)) {
        grid_cell(grid, STATE_BROKEN, "none arrives");
    } else {
        grid_cell(grid, state, "%s", isnan(decades) ? "-" : decades_text(decades, text));
    }
}

static void add_net(Grid *grid, const About *about) {
    const PlumbEpoch *last = was_trained(about) ? &about->epoch[about->epochs - 1] : NULL;
    const PlumbProbe *probe = about->value->probe;
    Profile profile = probe ? profile_of(about->net, probe) : (Profile){.decades = NAN};
    int64_t parameters = 0;
    char text[32];
    for (int i = 0; i < plumb_net_size(about->net); i++) {
        parameters += plumb_net_node(about->net, i)->parameters;
    }
    grid_row(grid);
    grid_cell(grid, STATE_PLAIN, "%s", about->value->name);
    grid_cell(grid, STATE_PLAIN, "%s", number_grouped(parameters, text));
    grid_cell(grid, STATE_PLAIN, "%s", number_grouped(net_value_steps(about->value), text));
    grid_cell(grid, last && !isfinite(last->loss) ? STATE_BROKEN : STATE_PLAIN, "%s",
              last ? number_figure(last->loss, text) : "-");
    grid_cell(grid, STATE_PLAIN, "%s", last && !isnan(last->test_loss) ? number_figure(last->test_loss, text) : "-");
    bool known = last && about->data;
    grid_cell(grid, STATE_PLAIN, "%s", known ? metric_name(about->data) : "-");
    grid_cell(grid, STATE_PLAIN, "%s", known ? metric_text(epoch_metric(last, about->data), about->data, text) : "-");
    decades_cell(grid, STATE_PLAIN, about->forecast->slope);
    decades_cell(grid, state_of_decades(profile.decades), profile.decades);
    grid_cell(grid, state_of_diagnosis(about->diagnosis), "%s", diagnosis_word(about->diagnosis));
}

static Grid *grid_of_nets(const About *about, int count) {
    static const Column column[] = {
        {.title = "net", .align = ALIGN_LEFT},
        {.title = "parameters", .align = ALIGN_RIGHT},
        {.title = "steps", .align = ALIGN_RIGHT},
        {.title = "loss", .align = ALIGN_DECIMAL, .rank = 1},
        {.title = "test loss", .align = ALIGN_DECIMAL, .rank = 1},
        {.over = "metric", .span = 2, .title = "name", .align = ALIGN_LEFT, .rank = 1},
        {.title = "value", .align = ALIGN_RIGHT, .rank = 1},
        {.over = "gradient, decades", .span = 2, .title = "forecast", .align = ALIGN_RIGHT, .rank = 1},
        {.title = "measured", .align = ALIGN_RIGHT, .rank = 1},
        {.title = "diagnosis", .align = ALIGN_LEFT},
    };
    Grid *grid = grid_new(column, sizeof column / sizeof *column);
    for (int i = 0; grid && i < count; i++) {
        add_net(grid, &about[i]);
    }
    return grid;
}

static bool was_measured(const About *about) {
    return about->value->probe;
}

/* A picture of those nets that can be shown so, the first `most` of them. */
static void add_picture(Page *page, const char *theme, const About *about, int count, int most,
                        bool (*shown)(const About *about)) {
    About taken[PLOT_SERIES_MOST];
    int nets = 0;
    for (int i = 0; i < count && nets < most; i++) {
        if (shown(&about[i])) {
            taken[nets++] = about[i];
        }
    }
    if (nets > 1) {
        page_figure(page, picture_of(theme, taken, nets), "%s of %d nets, on one scale", theme, nets);
    }
}

void overview_write(Page *page, const About *about, int count) {
    page_markup(page, "<section aria-labelledby=\"overview\">\n<h2 id=\"overview\">Side by side</h2>\n");
    page_table(page, grid_of_nets(about, count),
               "The nets: figures of the last epoch, and the gradient from the last "
               "layer with weights back to the first");
    page_figures_begin(page);
    add_picture(page, "loss", about, count, PLOT_SERIES_MOST / 2, was_trained);
    add_picture(page, "gradients", about, count, PLOT_SERIES_MOST, was_measured);
    page_figures_end(page);
    page_markup(page, "</section>\n");
}
