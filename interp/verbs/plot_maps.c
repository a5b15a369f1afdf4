/* Heat maps over a training: what was kept of the layers, and by time step of recurrent ones; a column a moment. */
#include "plot_parts.h"
#include <math.h>
#include <string.h>

typedef struct Map { /* of a figure by layer */
    const char *theme, *title;
    PlumbFigure figure;
    bool log;
    bool (*shown)(const PlumbNode *node);
} Map;

static bool is_activation(const PlumbNode *node) {
    return node->call->entry->kind == PLUMB_ACTIVATION;
}

static const Map maps[] = {
    {"delta", "gradient by layer of %s: rms of dL/d(output)", PLUMB_OUTPUT_GRAD, true, has_weights},
    {"signal", "signal of the layers of %s: rms of the output", PLUMB_SIGNAL, true, has_weights},
    {"grad_norm", "gradient of the weights of %s: norm a layer", PLUMB_GRAD_NORM, true, has_weights},
    {"update_ratio", "updates of %s: norm of a step over the weights' norm", PLUMB_UPDATE_RATIO, true, has_weights},
    {"saturated", "saturated share of the activations of %s", PLUMB_SATURATED, false, is_activation},
    {"dead", "dead share of the units of %s", PLUMB_DEAD, false, is_activation},
};

const PlumbRecord *record_of(const NetValue *net) {
    const int64_t *step;
    const PlumbRecord *record = net->trainer ? plumb_trainer_record(net->trainer) : NULL;
    return record && plumb_record_size(record, &step) ? record : NULL;
}

/* ---- a map without its figures ----------------------------------------------------------------------------------- */

/* The last column lasts as long as the others. */
static bool set_columns(Plot *plot, const PlumbRecord *record) {
    const int64_t *step;
    int moments = plumb_record_size(record, &step);
    size_t cells = (size_t)plot->rows * (size_t)moments + 1;
    plot->columns = moments;
    plot->column = plumb_arena_alloc(plot->arena, (size_t)moments * sizeof *plot->column);
    plot->cell = plumb_arena_alloc(plot->arena, cells * sizeof *plot->cell);
    plot->value = plumb_arena_alloc(plot->arena, cells * sizeof *plot->value);
    for (int i = 0; plot->column && i < moments; i++) {
        plot->column[i] = (double)step[i];
    }
    plot->low = (double)step[0];
    plot->high = (double)(moments > 1 ? 2 * step[moments - 1] - step[moments - 2] : step[0] + 1);
    plot->x_label = "training step";
    return plot->column && plot->cell && plot->value;
}

static Plot *map_new(const PlumbRecord *record, int rows, const char *row_label, bool log) {
    Plot *plot = plot_new(PLOT_HEAT, rows);
    if (plot && !set_columns(plot, record)) {
        plot_free(plot);
        return NULL;
    }
    if (plot) {
        plot->y_label = row_label;
        plot->log = log;
    }
    return plot;
}

static Plot *map_whole(Plot *plot) {
    plot_shade(plot);
    return plot_whole(plot, true);
}

/* ---- by layer ---------------------------------------------------------------------------------------------------- */

/* Activations that can saturate, or units that can die: known by a figure that is one. */
static bool has_row(const PlumbRecord *record, const PlumbNet *net, int node, const Map *map) {
    const PlumbNode *about = plumb_net_node(net, node);
    const int64_t *step;
    bool any = about->input_count > 0 && map->shown(about) && map->shown == has_weights;
    for (int i = 0; !any && map->shown(about) && i < plumb_record_size(record, &step); i++) {
        any = !isnan(plumb_record_figure(record, i, node, map->figure));
    }
    return any;
}

static Plot *map_of_layers(const Subject *subject, const Map *map) {
    const PlumbRecord *record = record_of(subject->value);
    int rows = 0, nodes = plumb_net_size(subject->net), row = 0;
    for (int i = 0; i < nodes; i++) {
        rows += has_row(record, subject->net, i, map);
    }
    Plot *plot = map_new(record, rows, "layer", map->log);
    for (int i = 0; plot && i < nodes; i++) {
        if (!has_row(record, subject->net, i, map)) {
            continue;
        }
        for (int j = 0; j < plot->columns; j++) {
            plot->value[row * plot->columns + j] = plumb_record_figure(record, j, i, map->figure);
        }
        plot->row[row++] = plot_text(plot, "%s", plumb_net_node(subject->net, i)->name);
    }
    if (plot) {
        plot->title = plot_text(plot, map->title, subject->name);
    }
    return plot ? map_whole(plot) : NULL;
}

Plot *map_of(const char *theme, const Subject *subject) {
    const Map *map = maps;
    while (strcmp(map->theme, theme) != 0) {
        map++;
    }
    return map_of_layers(subject, map);
}

/* ---- by time step ------------------------------------------------------------------------------------------------ */

int next_recurrent(const PlumbNet *net, int from) {
    while (from < plumb_net_size(net) && !plumb_net_time_steps(net, from)) {
        from++;
    }
    return from < plumb_net_size(net) ? from : -1;
}

static int rows_of_time(const PlumbNet *net, int node, int most) {
    int times = plumb_net_time_steps(net, node);
    return times < most ? times : most;
}

/* Rows of one layer from `at` on: all its time steps, or `rows` of them evenly apart. `layer` NULL: it is the only one.
 */
static void fill_time(Plot *plot, const PlumbRecord *record, int node, int at, int rows, const char *layer) {
    for (int i = 0; i < rows; i++) {
        const double *norms;
        int time = 0;
        for (int j = 0; j < plot->columns; j++) {
            int times = plumb_record_through_time(record, j, node, &norms);
            time = rows > 1 ? (int)((int64_t)i * (times - 1) / (rows - 1)) : 0;
            plot->value[(at + i) * plot->columns + j] = norms[time];
        }
        plot->row[at + i] = plot_text(plot, "%s%s%d", layer ? layer : "", layer ? " " : "", time + 1);
    }
}

Plot *map_of_time(const Subject *subject, int node, int most) {
    const PlumbNet *net = subject->net;
    int first = node < 0 ? next_recurrent(net, 0) : node, rows = 0, layers = 0;
    for (int i = first; i >= 0; i = node < 0 ? next_recurrent(net, i + 1) : -1, layers++) {
        rows += rows_of_time(net, i, most);
    }
    Plot *plot = map_new(record_of(subject->value), rows, layers > 1 ? "layer, time step" : "time step", true);
    for (int i = first, at = 0; plot && i >= 0; i = node < 0 ? next_recurrent(net, i + 1) : -1) {
        const char *name = plumb_net_node(net, i)->name;
        fill_time(plot, record_of(subject->value), i, at, rows_of_time(net, i, most), layers > 1 ? name : NULL);
        at += rows_of_time(net, i, most);
    }
    if (plot) {
        const char *of = layers == 1 ? plot_text(plot, "%s.%s", subject->name, plumb_net_node(net, first)->name) : "";
        plot->title =
            plot_text(plot, "gradient at each time step of %s: rms of dL/dh", layers > 1 ? subject->name : of);
    }
    return plot ? map_whole(plot) : NULL;
}
