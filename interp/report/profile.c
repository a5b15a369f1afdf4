/* Signal and gradient over the depth, as forecast for first weights and as measured. */
#include "../render/number.h"
#include "../render/pictures.h"
#include "report.h"
#include <inttypes.h>
#include <math.h>

/* ---- pictures ---------------------------------------------------------------------------------------------------- */

static int weighted_layers(const PlumbNet *net) {
    int count = 0;
    for (int i = 0; i < plumb_net_size(net); i++) {
        count += plumb_net_node(net, i)->parameters > 0;
    }
    return count;
}

/* What the forecast's 1 at its start stands for: the gradient measured there, or itself. */
static double unit_of(const About *about) {
    return about->value->probe ? about->value->probe[about->forecast->start].output_grad : 1;
}

static void fill_gradient(const About *about, Series *forecast, Series *measured) {
    double unit = unit_of(about);
    for (int i = 0, at = 0; i < plumb_net_size(about->net); i++) {
        const PlumbForecastNode *told = &about->forecast->node[i];
        if (plumb_net_node(about->net, i)->parameters > 0) {
            forecast->x[at] = at + 1;
            forecast->y[at] = told->output_grad * unit;
            forecast->low[at] = pow(10, told->low) * unit;
            forecast->high[at] = pow(10, told->high) * unit;
            if (measured) {
                measured->x[at] = at + 1;
                measured->y[at] = about->value->probe[i].output_grad;
            }
            at++;
        }
    }
}

static void fill_signal(const About *about, Series *forecast, Series *measured) {
    for (int i = 0, at = 0; i < plumb_net_size(about->net); i++) {
        if (plumb_net_node(about->net, i)->parameters > 0) {
            forecast->x[at] = at + 1;
            forecast->y[at] = sqrt(about->forecast->node[i].q);
            if (measured) {
                measured->x[at] = at + 1;
                measured->y[at] = about->value->probe[i].signal;
            }
            at++;
        }
    }
}

typedef void Fill(const About *about, Series *forecast, Series *measured);

static Plot *make(const About *about, const char *title, const char *label, bool band, Fill *fill) {
    Plot *plot = plot_new(PLOT_CURVES, 0);
    int layers = weighted_layers(about->net);
    Series *forecast = plot ? plot_series(plot, "forecast", layers, band) : NULL;
    Series *measured = forecast && about->value->probe ? plot_series(plot, "measured", layers, false) : NULL;
    if (!forecast || (about->value->probe && !measured)) {
        plot_free(plot);
        return NULL;
    }
    fill(about, forecast, measured);
    plot->log = true;
    plot->title = title;
    plot->x_label = "layer with weights, from the input on";
    plot->y_label = label;
    return plot_whole(plot, true);
}

static void add_pictures(Page *page, const About *about) {
    bool probed = about->value->probe;
    page_figures_begin(page);
    page_figure(page, make(about, "signal", "rms of the output", false, fill_signal),
                "x-profile: how large the outputs of the layers are.");
    page_figure(
        page,
        make(about, "gradient", probed ? "rms of dL/d(output)" : "dL/d(output), the net's output being 1", true,
             fill_gradient),
        "delta-profile: the gradient that arrives at the layers' outputs. Thin lines: 95 %% of draws of the first "
        "weights lie between, by theory.");
    page_figures_end(page);
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static void figure_cell(Grid *grid, State state, double value, char *(*text_of)(double, char *)) {
    char text[32];
    grid_cell(grid, state, "%s", isnan(value) ? "-" : text_of(value, text));
}

static void add_measured(Grid *grid, const About *about, int at, const Profile *profile) {
    const PlumbProbe *probe = about->value->probe ? &about->value->probe[at] : NULL;
    double end = probe && profile->last >= 0 ? about->value->probe[profile->last].output_grad : NAN;
    if (!probe) {
        return;
    }
    State state = state_of_decades(log10(probe->output_grad / end));
    bool weights = plumb_net_node(about->net, at)->parameters > 0;
    char count[32];
    figure_cell(grid, probe->nonfinite ? STATE_BROKEN : STATE_PLAIN, probe->signal, number_figure);
    figure_cell(grid, probe->nonfinite ? STATE_BROKEN : state, probe->output_grad, number_exponent);
    figure_cell(grid, STATE_PLAIN, weights ? probe->grad_norm : NAN, number_exponent);
    figure_cell(grid, STATE_PLAIN, weights ? probe->weight_norm : NAN, number_figure);
    figure_cell(grid, state_of_update(probe->update_ratio), probe->update_ratio, number_exponent);
    figure_cell(grid, isnan(probe->dead) ? state_of_share(probe->saturated) : STATE_PLAIN, probe->saturated,
                number_percent);
    figure_cell(grid, state_of_share(probe->dead), probe->dead, number_percent);
    grid_cell(grid, STATE_BROKEN, "%s", probe->nonfinite ? number_grouped(probe->nonfinite, count) : "");
}

static void add_layer(Grid *grid, const About *about, int at, const Profile *profile) {
    const PlumbForecastNode *told = &about->forecast->node[at];
    grid_row(grid);
    grid_cell(grid, STATE_PLAIN, "%s", plumb_net_node(about->net, at)->name);
    figure_cell(grid, STATE_PLAIN, sqrt(told->q), number_figure);
    figure_cell(grid, STATE_PLAIN, told->decades, decades_text);
    figure_cell(grid, STATE_PLAIN, told->low, decades_text);
    figure_cell(grid, STATE_PLAIN, told->high, decades_text);
    add_measured(grid, about, at, profile);
}

static Grid *grid_of_layers(const About *about, const Profile *profile) {
    static const Column column[] = {
        {.title = "layer", .align = ALIGN_LEFT},
        {.over = "forecast", .span = 4, .title = "signal", .align = ALIGN_RIGHT, .rank = 1},
        {.title = "decades", .align = ALIGN_RIGHT, .rank = 1},
        {.title = "low", .align = ALIGN_RIGHT, .rank = 1},
        {.title = "high", .align = ALIGN_RIGHT, .rank = 1},
        {.over = "measured", .span = 8, .title = "signal", .align = ALIGN_RIGHT, .rank = 1},
        {.title = "gradient", .align = ALIGN_RIGHT, .rank = 1},
        {.title = "weights' gradient", .align = ALIGN_RIGHT, .rank = 1},
        {.title = "weight norm", .align = ALIGN_RIGHT, .rank = 1},
        {.title = "update / norm", .align = ALIGN_RIGHT, .rank = 1},
        {.title = "saturated", .align = ALIGN_RIGHT, .rank = 1},
        {.title = "dead", .align = ALIGN_RIGHT, .rank = 1},
        {.title = "nan or inf", .align = ALIGN_RIGHT, .rank = 1},
    };
    Grid *grid = grid_new(column, sizeof column / sizeof *column);
    for (int i = 0; grid && i < plumb_net_size(about->net); i++) {
        if (plumb_net_node(about->net, i)->input_count > 0) {
            add_layer(grid, about, i, profile);
        }
    }
    return grid;
}

/* ---- the section ------------------------------------------------------------------------------------------------- */

static void add_words(Page *page, const About *about, const Profile *profile) {
    char text[PROFILE_BYTES], count[32];
    if (!about->value->probe) {
        page_paragraph(page, STATE_PLAIN, "Nothing was measured yet: this is the forecast alone.");
        return;
    }
    if (profile->nonfinite) {
        page_paragraph(page, STATE_BROKEN, "%s values are nan or inf.", number_grouped(profile->nonfinite, count));
    }
    State state = profile_text(about->net, about->value->probe, profile, text);
    if (*text) {
        page_paragraph(page, state, "As last measured, after %" PRId64 " steps, %s.", net_value_steps(about->value),
                       text);
    }
    page_paragraph(page, STATE_PLAIN,
                   "The forecast is for first weights; what was measured after training differs from it by what "
                   "the net has learned.");
}

static void write(Page *page, const About *about) {
    Profile profile = about->value->probe ? profile_of(about->net, about->value->probe) : (Profile){.last = -1};
    add_words(page, about, &profile);
    if (weighted_layers(about->net)) {
        add_pictures(page, about);
    }
    page_fold_begin(page, plumb_net_size(about->net) <= ROWS_OPEN, "Figures of every layer");
    page_table(page, grid_of_layers(about, &profile),
               "Layers: decades are to the gradient at the net's output; 95 % of draws lie from low to high");
    page_fold_end(page);
    if (about->value->probe) {
        page_fold_begin(page, false, "Outputs and weights");
        page_figures_begin(page);
        page_figure(page, picture_of("activations", about, 1),
                    "Mean of the outputs, and one standard deviation on each side.");
        page_figure(page, picture_of("weights", about, 1), "How the weights are spread, now.");
        page_figures_end(page);
        page_fold_end(page);
    }
}

const Section section_profile = {.id = "profile", .heading = "Signal and gradient over the depth", .write = write};
