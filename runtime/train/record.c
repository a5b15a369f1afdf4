/* Figures of layers kept over a training, see record.h; and what is said of a gradient by time step. */
#include "record.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name; /* as the field of a layer */
    size_t offset;
} figures[PLUMB_FIGURES] = {
    [PLUMB_OUTPUT_GRAD] = {"output_grad", offsetof(PlumbProbe, output_grad)},
    [PLUMB_SIGNAL] = {"signal", offsetof(PlumbProbe, signal)},
    [PLUMB_GRAD_NORM] = {"grad_norm", offsetof(PlumbProbe, grad_norm)},
    [PLUMB_UPDATE_RATIO] = {"update_ratio", offsetof(PlumbProbe, update_ratio)},
    [PLUMB_SATURATED] = {"saturated", offsetof(PlumbProbe, saturated)},
    [PLUMB_DEAD] = {"dead", offsetof(PlumbProbe, dead)},
};

const char *plumb_figure_name(PlumbFigure figure) {
    return figures[figure].name;
}

/* ---- making ------------------------------------------------------------------------------------------------------ */

bool record_init(PlumbRecord *record, const PlumbNet *net) {
    size_t nodes = (size_t)net->node_count;
    *record = (PlumbRecord){.net = net, .stride = 1};
    record->first_time = calloc(nodes + 1, sizeof *record->first_time);
    if (!record->first_time) {
        return false;
    }
    for (size_t i = 0; i < nodes; i++) {
        record->first_time[i + 1] = record->first_time[i] + net->node[i].time_steps;
    }
    size_t times = (size_t)record->first_time[nodes];
    record->figure = calloc(PLUMB_MOMENTS_MAX * nodes * PLUMB_FIGURES, sizeof *record->figure);
    record->through = calloc(PLUMB_MOMENTS_MAX * times + 1, sizeof *record->through);
    return record->figure && record->through;
}

void record_clear(PlumbRecord *record) {
    free(record->first_time);
    free(record->figure);
    free(record->through);
    *record = (PlumbRecord){0};
}

/* ---- taking ------------------------------------------------------------------------------------------------------ */

static size_t figures_of_moment(const PlumbRecord *record) {
    return (size_t)record->net->node_count * PLUMB_FIGURES;
}
static size_t times_of_moment(const PlumbRecord *record) {
    return (size_t)record->first_time[record->net->node_count];
}

/* The even ones stay, in the first half of the room. */
static void drop_every_second(PlumbRecord *record) {
    size_t each = figures_of_moment(record), times = times_of_moment(record);
    record->count = PLUMB_MOMENTS_MAX / 2;
    record->stride *= 2;
    for (int i = 1; i < record->count; i++) {
        size_t to = (size_t)i, from = 2 * to;
        record->step[to] = record->step[from];
        memcpy(record->figure + to * each, record->figure + from * each, each * sizeof *record->figure);
        memcpy(record->through + to * times, record->through + from * times, times * sizeof *record->through);
    }
}

void record_take(PlumbRecord *record, int64_t step, const PlumbProbe *probe) {
    if (record->measured++ % record->stride) {
        return;
    }
    if (record->count == PLUMB_MOMENTS_MAX) { /* the step is a multiple of the doubled stride too */
        drop_every_second(record);
    }
    double *figure = record->figure + (size_t)record->count * figures_of_moment(record);
    double *through = record->through + (size_t)record->count * times_of_moment(record);
    record->step[record->count++] = step;
    for (int i = 0; i < record->net->node_count; i++) {
        const NetNode *node = &record->net->node[i];
        for (int f = 0; f < PLUMB_FIGURES; f++) {
            memcpy(figure++, (const char *)&probe[i] + figures[f].offset, sizeof *figure);
        }
        for (int t = 0; t < node->time_steps; t++) {
            *through++ = node->measured ? node->through_time[t] : NAN;
        }
    }
}

/* ---- looking ----------------------------------------------------------------------------------------------------- */

int plumb_record_size(const PlumbRecord *record, const int64_t **step) {
    *step = record->step;
    return record->count;
}

double plumb_record_figure(const PlumbRecord *record, int moment, int node, PlumbFigure figure) {
    return record->figure[(size_t)moment * figures_of_moment(record) + (size_t)node * PLUMB_FIGURES + figure];
}

int plumb_record_through_time(const PlumbRecord *record, int moment, int node, const double **norms) {
    *norms = record->through + (size_t)moment * times_of_moment(record) + record->first_time[node];
    return record->net->node[node].time_steps;
}

/* Behind the first steps that nothing reaches: below what a float holds a norm is 0. */
double plumb_half_life(const double *norms, int steps) {
    int first = 0;
    while (first < steps - 1 && norms[first] == 0) {
        first++;
    }
    double halvings = steps > 1 ? log2(norms[steps - 1] / norms[first]) : NAN;
    return steps > 1 && first == steps - 1 && norms[first] > 0 ? 0
           : isfinite(halvings) ? (halvings > 0 ? (steps - 1 - first) / halvings : INFINITY)
                                : NAN;
}
