/* The numbers of each picture but the maps over a training, which plot_maps.c makes. */
#include "plot_parts.h"
#include "../render/pictures.h"
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BINS = 60 };

/* "plain, fixed" */
static const char *names_of(Plot *plot, const Subject *subject, int count) {
    const char *names = count ? plot_text(plot, "%s", subject[0].name) : "";
    for (int i = 1; names && i < count; i++) {
        names = plot_text(plot, "%s, %s", names, subject[i].name);
    }
    return names ? names : "";
}

/* ---- loss -------------------------------------------------------------------------------------------------------- */

static bool add_history(Plot *plot, const char *name, const PlumbEpoch *epoch, int epochs, bool test) {
    Series *series = plot_series(plot, name, epochs, false);
    for (int i = 0; series && i < epochs; i++) {
        series->x[i] = epoch[i].epoch;
        series->y[i] = test ? epoch[i].test_loss : epoch[i].loss;
    }
    return series;
}

static bool has_test(const PlumbEpoch *epoch, int epochs) {
    bool test = false;
    for (int i = 0; i < epochs; i++) {
        test = test || !isnan(epoch[i].test_loss);
    }
    return test;
}

static Plot *make_loss(const Subject *subject, int count) {
    Plot *plot = plot_new(PLOT_CURVES, 0);
    bool done = plot;
    for (int i = 0; done && i < count; i++) {
        const PlumbEpoch *epoch;
        int epochs = net_value_history(subject[i].value, &epoch);
        const char *train = count > 1 ? plot_text(plot, "%s train", subject[i].name) : "train";
        const char *test = count > 1 ? plot_text(plot, "%s test", subject[i].name) : "test";
        done = train && test && add_history(plot, train, epoch, epochs, false) &&
               (!has_test(epoch, epochs) || add_history(plot, test, epoch, epochs, true));
    }
    if (plot) {
        plot->title = plot_text(plot, "loss of %s", names_of(plot, subject, count));
        plot->x_label = "epoch";
        plot->y_label = "loss";
    }
    return plot_whole(plot, done);
}

/* ---- rows of layers ---------------------------------------------------------------------------------------------- */

typedef bool Shown(const PlumbNode *node);

bool has_weights(const PlumbNode *node) {
    return node->parameters > 0;
}
/* Of nets side by side: a net's norms and scales would shift its rows against those of the others. */
static bool with_matrix(const PlumbNode *node) {
    const char *family = has_weights(node) ? node->call->entry->family : "";
    return has_weights(node) && strcmp(family, "norms") != 0 && strcmp(family, "joins") != 0;
}
static bool behind_input(const PlumbNode *node) {
    return node->input_count > 0;
}

static int count_shown(const PlumbNet *net, Shown *shown) {
    int count = 0;
    for (int i = 0; i < plumb_net_size(net); i++) {
        count += shown(plumb_net_node(net, i));
    }
    return count;
}

static int most_shown(const Subject *subject, int count, Shown *shown) {
    int most = 0;
    for (int i = 0; i < count; i++) {
        int rows = count_shown(subject[i].net, shown);
        most = rows > most ? rows : most;
    }
    return most;
}

enum { NAME_MOST = 24 };

/* "relu1 / tanh1" where nets have other layers there, or the row's number. */
static const char *joined_name(Plot *plot, int row, const char *name) {
    const char *before = plot->row[row];
    if (!before) {
        return plot_text(plot, "%s", name);
    }
    if (strstr(before, name) || !strncmp(before, "layer ", strlen("layer "))) {
        return before;
    }
    bool fits = strlen(before) + strlen(name) + strlen(" / ") <= NAME_MOST;
    return fits ? plot_text(plot, "%s / %s", before, name) : plot_text(plot, "layer %d", row + 1);
}

/* One row a layer, by order. */
static void name_rows(Plot *plot, const Subject *subject, int count, Shown *shown) {
    for (int s = 0; s < count; s++) {
        int row = 0;
        for (int i = 0; i < plumb_net_size(subject[s].net); i++) {
            const PlumbNode *node = plumb_net_node(subject[s].net, i);
            if (shown(node)) {
                plot->row[row] = joined_name(plot, row, node->name);
                row++;
            }
        }
    }
}

/* ---- gradients --------------------------------------------------------------------------------------------------- */

static Plot *make_gradients(const Subject *subject, int count) {
    Shown *shown = count > 1 && most_shown(subject, count, with_matrix) ? with_matrix : has_weights;
    Plot *plot = plot_new(PLOT_ROWS, most_shown(subject, count, shown));
    bool done = plot;
    for (int s = 0, row = 0; done && s < count; s++, row = 0) {
        Series *series = plot_series(plot, subject[s].name, count_shown(subject[s].net, shown), false);
        done = series;
        for (int i = 0; done && i < plumb_net_size(subject[s].net); i++) {
            if (shown(plumb_net_node(subject[s].net, i))) {
                series->y[row++] = subject[s].value->probe[i].output_grad;
            }
        }
    }
    if (plot) {
        name_rows(plot, subject, count, shown);
        plot->log = true;
        plot->title = plot_text(plot, "gradient at the layers' outputs of %s", names_of(plot, subject, count));
        plot->x_label = "rms of dL/d(output), log scale";
    }
    return plot_whole(plot, done);
}

/* ---- activations ------------------------------------------------------------------------------------------------- */

static Plot *make_activations(const Subject *subject, int count) {
    Plot *plot = plot_new(PLOT_ROWS, most_shown(subject, count, behind_input));
    bool done = plot;
    for (int s = 0, row = 0; done && s < count; s++, row = 0) {
        Series *series = plot_series(plot, subject[s].name, count_shown(subject[s].net, behind_input), true);
        done = series;
        for (int i = 0; done && i < plumb_net_size(subject[s].net); i++) {
            const PlumbProbe *probe = &subject[s].value->probe[i];
            if (behind_input(plumb_net_node(subject[s].net, i))) {
                series->y[row] = probe->mean;
                series->low[row] = probe->mean - probe->std;
                series->high[row++] = probe->mean + probe->std;
            }
        }
    }
    if (plot) {
        name_rows(plot, subject, count, behind_input);
        plot->title = plot_text(plot, "outputs of the layers of %s", names_of(plot, subject, count));
        plot->x_label = "mean, and one standard deviation on each side";
    }
    return plot_whole(plot, done);
}

/* ---- weights ----------------------------------------------------------------------------------------------------- */

static bool is_learned(const PlumbNet *net, const PlumbNode *node, int index, const PlumbWeight **weight) {
    *weight = plumb_net_weight(net, node->first_weight + index);
    return (*weight)->learned;
}

/* The largest absolute value of all; not-a-numbers do not count. */
static double weight_range(const PlumbNet *net) {
    double range = 0;
    for (int w = 0; w < plumb_net_weight_total(net); w++) {
        const PlumbWeight *weight = plumb_net_weight(net, w);
        for (int64_t i = 0; weight->learned && i < plumb_shape_size(weight->shape); i++) {
            double size = fabs((double)weight->value[i]);
            range = isfinite(size) ? fmax(range, size) : range;
        }
    }
    return range > 0 ? range : 1;
}

/* Shares of the layer's fullest bin. */
static void fill_bins(const PlumbNet *net, const PlumbNode *node, double range, double *bin, int *missing) {
    const PlumbWeight *weight;
    double most = 0;
    for (int w = 0; w < node->weight_count; w++) {
        bool learned = is_learned(net, node, w, &weight);
        for (int64_t i = 0; learned && i < plumb_shape_size(weight->shape); i++) {
            double place = ((double)weight->value[i] / range + 1) / 2 * BINS;
            *missing += !isfinite(place);
            if (isfinite(place)) {
                int at = (int)fmin(fmax(place, 0), BINS - 1);
                most = fmax(most, ++bin[at]);
            }
        }
    }
    for (int i = 0; i < BINS && most > 0; i++) {
        bin[i] /= most;
    }
}

static Plot *make_weights(const Subject *subject, int count) {
    const PlumbNet *net = subject->net;
    Plot *plot = plot_new(PLOT_HEAT, count_shown(net, has_weights));
    bool done = plot;
    int missing = 0;
    if (done) {
        plot->columns = BINS;
        plot->high = weight_range(net);
        plot->low = -plot->high;
        plot->cell = plumb_arena_alloc(plot->arena, ((size_t)plot->rows * BINS + 1) * sizeof *plot->cell);
        done = plot->cell;
        plot->title = plot_text(plot, "weights of %s, layer by layer", subject->name);
        plot->x_label = "value; strong: the fullest of the layer's bins";
        name_rows(plot, subject, count, has_weights);
    }
    for (int i = 0, row = 0; done && i < plumb_net_size(net); i++) {
        const PlumbNode *node = plumb_net_node(net, i);
        if (has_weights(node)) {
            fill_bins(net, node, plot->high, plot->cell + (row++) * BINS, &missing);
        }
    }
    plot = plot_whole(plot, done);
    if (plot) {
        plot->missing = missing;
    }
    return plot;
}

/* ---- through_time ------------------------------------------------------------------------------------------------ */

static Plot *make_through_time(const Subject *subject, int count) {
    Plot *plot = plot_new(PLOT_CURVES, 0);
    bool done = plot;
    const double *norms;
    for (int s = 0; done && s < count; s++) {
        for (int i = 0; done && i < plumb_net_size(subject[s].net); i++) {
            int steps = plumb_net_through_time(subject[s].net, i, &norms);
            const char *node = plumb_net_node(subject[s].net, i)->name;
            const char *name = count > 1 ? plot_text(plot, "%s.%s", subject[s].name, node) : node;
            Series *series = steps && name ? plot_series(plot, name, steps, false) : NULL;
            for (int t = 0; series && t < steps; t++) {
                series->x[t] = t + 1;
                series->y[t] = norms[t];
            }
            done = !steps || series || plot->series_count == PLOT_SERIES_MOST;
        }
    }
    if (plot) {
        plot->log = true;
        plot->title = plot_text(plot, "gradient through time of %s", names_of(plot, subject, count));
        plot->x_label = "time step";
        plot->y_label = "rms of dL/dh";
    }
    return plot_whole(plot, done);
}

/* ---- graph ------------------------------------------------------------------------------------------------------- */

static bool add_links(Plot *plot, const PlumbNet *net) {
    int most = 0;
    for (int i = 0; i < plot->rows; i++) {
        most += plumb_net_node(net, i)->input_count;
        plot->apart[i] = true;
    }
    plot->link = plumb_arena_alloc(plot->arena, ((size_t)most + 1) * sizeof *plot->link);
    for (int i = 0; plot->link && i < plot->rows; i++) {
        const PlumbNode *node = plumb_net_node(net, i);
        for (int j = 0; j < node->input_count; j++) {
            if (node->input[j] == i - 1 && plot->apart[i - 1]) {
                plot->apart[i - 1] = false;
            } else {
                plot->link[plot->links++] = (Link){node->input[j], i, 0};
            }
        }
    }
    return plot->link;
}

static Plot *make_graph(const Subject *subject, int count) {
    (void)count;
    Plot *plot = plot_new(PLOT_GRAPH, plumb_net_size(subject->net));
    bool done = plot && add_links(plot, subject->net);
    for (int i = 0; done && i < plot->rows; i++) {
        char shape[64];
        const PlumbNode *node = plumb_net_node(subject->net, i);
        plot->row[i] = plot_text(plot, "%s", node->name);
        plot->detail[i] = plot_text(plot, "%s", plumb_shape_text(node->shape, shape));
        done = plot->detail[i];
    }
    if (done) {
        plot_set_lanes(plot);
    }
    if (plot) {
        plot->title = plot_text(plot, "layers of %s", subject->name);
    }
    return plot_whole(plot, done);
}

static Plot *make_delta_through_time(const Subject *subject, int count) {
    (void)count;
    return map_of_time(subject, -1, INT_MAX);
}

/* ---- curves ------------------------------------------------------------------------------------------------------ */

/* Where all numbers are above 0 and lie over more than two decades, small ones are only seen on a log scale. */
static bool spreads(const Plot *plot) {
    double low = INFINITY, high = 0;
    for (int s = 0; s < plot->series_count; s++) {
        for (int i = 0; i < plot->series[s].count; i++) {
            double value = plot->series[s].y[i];
            low = isnan(value) ? low : fmin(low, value);
            high = isnan(value) ? high : fmax(high, value);
        }
    }
    return low > 0 && isfinite(high) && high > 100 * low;
}

static bool add_list(Plot *plot, const Subject *subject) {
    const Value *list = subject->list;
    Series *series = plot_series(plot, subject->name, list->list.count, false);
    for (int i = 0; series && i < list->list.count; i++) {
        series->x[i] = i + 1;
        series->y[i] = list->list.item[i]->number;
    }
    return series;
}

static Plot *make_curves(const Subject *subject, int count) {
    Plot *plot = plot_new(PLOT_CURVES, 0);
    bool done = plot, titled = count && subject->list->type == VALUE_STRING;
    for (int i = titled; done && i < count; i++) {
        done = add_list(plot, &subject[i]);
    }
    if (plot) {
        plot->title = plot_text(plot, "%s", titled ? subject->list->string : names_of(plot, subject, count));
        plot->x_label = "place in the list";
        plot->y_label = "value";
        plot->log = spreads(plot);
    }
    return plot_whole(plot, done);
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static const Theme themes[] = {
    {"loss", NEEDS_TRAINING, PLOT_SERIES_MOST / 2, make_loss, "no epoch has ended yet"},
    {"gradients", NEEDS_PROBES, PLOT_SERIES_MOST, make_gradients, "no layer has weights"},
    {"activations", NEEDS_PROBES, PLOT_SERIES_MOST, make_activations, "there are no layers"},
    {"weights", NEEDS_NOTHING, 1, make_weights, "no layer has weights"},
    {"through_time", NEEDS_PROBES, PLOT_SERIES_MOST, make_through_time, "no layer is recurrent"},
    {"delta", NEEDS_RECORD, 1, NULL, "no layer has weights"},
    {"signal", NEEDS_RECORD, 1, NULL, "no layer has weights"},
    {"grad_norm", NEEDS_RECORD, 1, NULL, "no layer has weights"},
    {"update_ratio", NEEDS_RECORD, 1, NULL, "no layer has weights"},
    {"saturated", NEEDS_RECORD, 1, NULL, "no layer is an activation that saturates"},
    {"dead", NEEDS_RECORD, 1, NULL, "no layer is of the relu family"},
    {"delta_through_time", NEEDS_RECORD, 1, make_delta_through_time, "no layer is recurrent"},
    {"graph", NEEDS_NOTHING, 1, make_graph, "there are no layers"},
    {"curves", NEEDS_LISTS, PLOT_SERIES_MOST, make_curves, "there are no numbers"},
};
enum { THEMES = sizeof themes / sizeof *themes };

Plot *theme_make(const Theme *theme, const Subject *subject, int count) {
    return theme->make ? theme->make(subject, count) : map_of(theme->name, subject);
}

const Theme *theme_at(int index) {
    return index < THEMES ? &themes[index] : NULL;
}

const Theme *theme_find(const char *name) {
    const Theme *theme;
    for (int i = 0; (theme = theme_at(i)); i++) {
        if (!strcmp(theme->name, name)) {
            return theme;
        }
    }
    return NULL;
}
