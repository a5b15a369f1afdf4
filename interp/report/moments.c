/* The layers over the training: what was kept at its moments. A slider moves the profiles; without scripts they are
 * those of the last moment, and the maps and the table say the rest. */
#include "../render/number.h"
#include "../render/pictures.h"
#include "../verbs/plot_parts.h"
#include "report.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

typedef struct Moments {
    const PlumbRecord *record;
    const int64_t *step;
    int count;
    int *layer, layers; /* nodes with weights */
} Moments;

static bool applies(const About *about) {
    return record_of(about->value);
}

/* False: no memory. */
static bool moments_open(Moments *moments, const About *about) {
    *moments = (Moments){.record = record_of(about->value)};
    moments->count = plumb_record_size(moments->record, &moments->step);
    moments->layer = calloc((size_t)plumb_net_size(about->net) + 1, sizeof *moments->layer);
    for (int i = 0; moments->layer && i < plumb_net_size(about->net); i++) {
        if (has_weights(plumb_net_node(about->net, i))) {
            moments->layer[moments->layers++] = i;
        }
    }
    return moments->layer;
}

static double figure_at(const Moments *moments, int moment, int layer, PlumbFigure figure) {
    return plumb_record_figure(moments->record, moment, moments->layer[layer], figure);
}

/* From the last layer with weights back to the first. */
static double decades_at(const Moments *moments, int moment) {
    return log10(figure_at(moments, moment, 0, PLUMB_OUTPUT_GRAD)) -
           log10(figure_at(moments, moment, moments->layers - 1, PLUMB_OUTPUT_GRAD));
}

/* ---- the slider -------------------------------------------------------------------------------------------------- */

/* "step 9: the gradient falls 2.1 decades from dense9 back to dense1": shown, and read out. */
static void add_words(Page *page, const About *about, const Moments *moments, int at) {
    double decades = decades_at(moments, at);
    const char *first = plumb_net_node(about->net, moments->layer[0])->name;
    const char *last = plumb_net_node(about->net, moments->layer[moments->layers - 1])->name;
    page_text(page, "%sstep %" PRId64, at ? "|" : "", moments->step[at]);
    if (moments->layers < 2) {
        return;
    }
    if (figure_at(moments, at, 0, PLUMB_OUTPUT_GRAD) == 0) {
        page_text(page, ": nothing of the gradient arrives at %s", first);
    } else if (!isfinite(decades)) {
        page_text(page, ": values are not finite");
    } else {
        page_text(page, ": the gradient %s %.1f decades from %s back to %s", decades < 0 ? "falls" : "grows",
                  fabs(decades), last, first);
    }
}

static void add_slider(Page *page, const About *about, const Moments *moments) {
    int number = ++page->sliders, last = moments->count - 1;
    page_markup(page,
                "<p class=\"moment\" hidden><label for=\"moment%d\">Training step</label> <input type=\"range\" "
                "id=\"moment%d\" "
                "autocomplete=\"off\" min=\"0\" max=\"%d\" value=\"%d\" data-moments=\"",
                number, number, last, last);
    for (int i = 0; i < moments->count; i++) {
        add_words(page, about, moments, i);
    }
    page_markup(page, "\"> <span aria-hidden=\"true\"></span></p>\n");
}

static void fill(const Moments *moments, Series *first, Series *chosen, PlumbFigure figure) {
    for (int i = 0; i < moments->layers; i++) {
        first->x[i] = chosen->x[i] = i + 1;
        first->y[i] = figure_at(moments, 0, i, figure);
        chosen->y[i] = figure_at(moments, moments->count - 1, i, figure);
        for (int at = 0; at < moments->count; at++) {
            chosen->frame[at * moments->layers + i] = figure_at(moments, at, i, figure);
        }
    }
}

/* NULL: no memory. */
static Plot *make(const Moments *moments, const char *title, const char *label, PlumbFigure figure) {
    Plot *plot = plot_new(PLOT_CURVES, 0);
    const char *name = plot ? plot_text(plot, "step %" PRId64, moments->step[0]) : NULL;
    Series *first = name ? plot_series(plot, name, moments->layers, false) : NULL;
    Series *chosen = first ? plot_series(plot, "the chosen step", moments->layers, false) : NULL;
    size_t values = (size_t)moments->count * (size_t)moments->layers;
    if (chosen) {
        chosen->frame = plumb_arena_alloc(plot->arena, values * sizeof *chosen->frame);
    }
    if (!chosen || !chosen->frame) {
        plot_free(plot);
        return NULL;
    }
    chosen->frames = moments->count;
    fill(moments, first, chosen, figure);
    plot->log = true;
    plot->title = title;
    plot->x_label = "layer with weights, from the input on";
    plot->y_label = label;
    return plot_whole(plot, true);
}

static void add_profiles(Page *page, const About *about, const Moments *moments) {
    int64_t last = moments->step[moments->count - 1];
    add_slider(page, about, moments);
    page_figures_begin(page);
    page_figure(page, make(moments, "signal by training step", "rms of the output", PLUMB_SIGNAL),
                "x-profile at the chosen training step (%" PRId64 " unless another is chosen), and at the first.",
                last);
    page_figure(page, make(moments, "gradient by training step", "rms of dL/d(output)", PLUMB_OUTPUT_GRAD),
                "delta-profile at the chosen training step (%" PRId64 " unless another is chosen), and at the first.",
                last);
    page_figures_end(page);
}

/* ---- maps and table ---------------------------------------------------------------------------------------------- */

static void add_maps(Page *page, const About *about) {
    page_figures_begin(page);
    page_figure(page, picture_of("delta", about, 1),
                "The gradient that arrives at each layer, over the steps of the training.");
    page_figure(page, picture_of("update_ratio", about, 1), "How far each step moved the weights of each layer.");
    page_figures_end(page);
    page_fold_begin(page, false, "Signal, saturated and dead units over the training");
    page_figures_begin(page);
    page_figure(page, picture_of("signal", about, 1), "How large the outputs of the layers are.");
    page_figure(page, picture_of("saturated", about, 1),
                "Share of the values where the slope of the activation is next to nothing.");
    page_figure(page, picture_of("dead", about, 1), "Share of the units that gave no output.");
    page_figures_end(page);
    page_fold_end(page);
}

static void figure_cell(Grid *grid, State state, double value, char *(*text_of)(double, char *)) {
    char text[32];
    grid_cell(grid, state, "%s", isnan(value) ? "nan" : text_of(value, text));
}

static Grid *grid_of_moments(const Moments *moments) {
    static const Column column[] = {
        {.title = "step", .align = ALIGN_RIGHT},
        {.over = "gradient", .span = 3, .title = "first layer", .align = ALIGN_RIGHT},
        {.title = "last layer", .align = ALIGN_RIGHT},
        {.title = "decades", .align = ALIGN_RIGHT},
        {.over = "update / norm", .span = 2, .title = "first layer", .align = ALIGN_RIGHT},
        {.title = "last layer", .align = ALIGN_RIGHT},
    };
    Grid *grid = grid_new(column, sizeof column / sizeof *column);
    for (int i = 0, last = moments->layers - 1; grid && i < moments->count; i++) {
        double decades = decades_at(moments, i);
        grid_row(grid);
        grid_cell(grid, STATE_PLAIN, "%" PRId64, moments->step[i]);
        figure_cell(grid, STATE_PLAIN, figure_at(moments, i, 0, PLUMB_OUTPUT_GRAD), number_exponent);
        figure_cell(grid, STATE_PLAIN, figure_at(moments, i, last, PLUMB_OUTPUT_GRAD), number_exponent);
        figure_cell(grid, state_of_decades(decades), decades, decades_text);
        figure_cell(grid, STATE_PLAIN, figure_at(moments, i, 0, PLUMB_UPDATE_RATIO), number_exponent);
        figure_cell(grid, STATE_PLAIN, figure_at(moments, i, last, PLUMB_UPDATE_RATIO), number_exponent);
    }
    return grid;
}

/* ---- the section ------------------------------------------------------------------------------------------------- */

static void write(Page *page, const About *about) {
    Moments moments;
    if (!moments_open(&moments, about)) {
        page->out->failed = true;
        return;
    }
    if (moments.layers) {
        page_paragraph(page, STATE_PLAIN,
                       "Kept at %d step%s of the training, from step %" PRId64 " to step %" PRId64 ".", moments.count,
                       moments.count == 1 ? "" : "s", moments.step[0], moments.step[moments.count - 1]);
        add_profiles(page, about, &moments);
        add_maps(page, about);
        page_fold_begin(page, false, "Figures of every step that was kept");
        page_table(page, grid_of_moments(&moments),
                   "Gradient and updates of the first and last layer with weights, by training step");
        page_fold_end(page);
    }
    free(moments.layer);
}

const Section section_moments = {
    .id = "moments", .heading = "Layers over the training", .applies = applies, .write = write};
