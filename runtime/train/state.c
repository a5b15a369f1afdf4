/* The state of a training, see state.h. */
#include "state.h"
#include "../core/error.h"
#include "../core/number.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { PROBE_FIGURES = 10, NAME_MOST = 512 };

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

typedef enum FigureType { FIGURE_FLAG, FIGURE_COUNT /* int64_t, not negative */, FIGURE_NUMBER } FigureType;

#define FIGURE(title, type, field)                                                                                     \
    { title, type, offsetof(PlumbTrainer, field) }
static const struct {
    const char *name;
    FigureType type;
    size_t offset;
} figures[] = {
    FIGURE("step", FIGURE_COUNT, step),
    FIGURE("seconds", FIGURE_NUMBER, seconds),
    FIGURE("averaged", FIGURE_FLAG, averaged),
    FIGURE("window", FIGURE_COUNT, window),
    FIGURE("epoch.loss", FIGURE_NUMBER, sum.loss),
    FIGURE("epoch.total", FIGURE_NUMBER, sum.total),
    FIGURE("epoch.score", FIGURE_NUMBER, sum.score),
    FIGURE("epoch.grad_first", FIGURE_NUMBER, sum.first),
    FIGURE("epoch.grad_last", FIGURE_NUMBER, sum.last),
    FIGURE("epoch.update_ratio", FIGURE_NUMBER, sum.ratio),
    FIGURE("epoch.rows", FIGURE_COUNT, sum.rows),
    FIGURE("epoch.measured", FIGURE_COUNT, sum.measured),
};
enum { FIGURES = sizeof figures / sizeof *figures };

const char *state_figure(int i) {
    return i < FIGURES ? figures[i].name : NULL;
}

void state_figure_text(const PlumbTrainer *trainer, int i, char text[32]) {
    const void *at = (const char *)trainer + figures[i].offset;
    switch (figures[i].type) {
    case FIGURE_FLAG:
        strcpy(text, *(const bool *)at ? "1" : "0");
        break;
    case FIGURE_COUNT:
        snprintf(text, 32, "%" PRId64, *(const int64_t *)at);
        break;
    case FIGURE_NUMBER:
        number_text(*(const double *)at, text);
        break;
    }
}

bool state_count(const char *text, int64_t *count) {
    size_t digits = text ? strspn(text, "0123456789") : 0;
    *count = digits && digits < 19 && !text[digits] ? strtoll(text, NULL, 10) : -1;
    return *count >= 0;
}

bool state_take_figure(PlumbTrainer *trainer, int i, const char *text) {
    void *at = (char *)trainer + figures[i].offset;
    int64_t count = 0;
    if (figures[i].type == FIGURE_NUMBER) {
        size_t length = text ? strlen(text) : 0;
        return length && number_parse(text, length, at) == length;
    }
    if (!state_count(text, &count)) {
        return false;
    }
    if (figures[i].type == FIGURE_COUNT) {
        *(int64_t *)at = count;
    } else {
        *(bool *)at = count != 0;
    }
    return true;
}

/* ---- arrays ------------------------------------------------------------------------------------------------------ */

void state_add(State *state, const char *type, int rank, const int64_t *dim, void *value, const char *format, ...) {
    char *name = plumb_arena_alloc(state->arena, NAME_MOST);
    if (state->count == state->space) {
        int space = 2 * state->space + 64;
        Stored *grown = realloc(state->stored, (size_t)space * sizeof *grown);
        state->stored = grown ? grown : state->stored;
        state->space = grown ? space : state->space;
    }
    if (!name || state->count == state->space) {
        state->failed = true;
        return;
    }
    va_list list;
    va_start(list, format);
    vsnprintf(name, NAME_MOST, format, list);
    va_end(list);
    Stored *stored = &state->stored[state->count++];
    *stored = (Stored){.name = name, .type = type, .rank = rank, .value = value};
    memcpy(stored->dim, dim, (size_t)rank * sizeof *dim);
}

/* One array in the layout of the net's parameters, a part a learned weight. `group` NULL: the weights and buffers. */
static void add_weights(State *state, const PlumbNet *net, const char *group, real *base) {
    for (int i = 0; i < net->weight_count; i++) {
        const NetWeight *weight = &net->weight[i];
        const PlumbShape *shape = &weight->about.shape;
        int64_t dim[PLUMB_RANK_MAX];
        for (int axis = 0; axis < shape->rank; axis++) {
            dim[axis] = shape->dim[axis];
        }
        if (!group) {
            state_add(state, "F32", shape->rank, dim, weight->about.value, "%s", weight->about.name);
        } else if (base && weight->about.learned) {
            state_add(state, "F32", shape->rank, dim, base + weight->offset, "%s/%s", group, weight->about.name);
        }
    }
}

static void list_state(State *state, PlumbTrainer *trainer) {
    const Stepper *stepper = &trainer->stepper;
    const int64_t nodes[] = {trainer->net->node_count, PROBE_FIGURES};
    add_weights(state, trainer->net, NULL, NULL);
    state->weights = state->count;
    add_weights(state, trainer->net, "optimizer/first", stepper->state[0]);
    add_weights(state, trainer->net, "optimizer/second", stepper->state[1]);
    add_weights(state, trainer->net, "average", stepper->average);
    for (int s = 0; s < stepper->plan->shards; s++) {
        const Shard *shard = &stepper->plan->shard[s];
        state_add(state, "U8", 1, (const int64_t[]){(int64_t)shard->alive_bytes}, shard->alive, "training/alive/%d", s);
    }
    state_add(state, "F64", 1, nodes, trainer->dead, "training/dead");
    state_add(state, "F64", 2, nodes, state->probes, "training/probes");
}

bool state_open(State *state, PlumbTrainer *trainer, PlumbError *error) {
    *state = (State){.arena = plumb_arena_new()};
    state->probes = calloc((size_t)trainer->net->node_count * PROBE_FIGURES, sizeof *state->probes);
    if (state->arena && state->probes) {
        list_state(state, trainer);
    }
    return (state->arena && state->probes && !state->failed) || error_memory(error);
}

void state_close(State *state) {
    plumb_arena_free(state->arena);
    free(state->stored);
    free(state->probes);
}

static void probe_to_figures(const PlumbProbe *probe, double figure[PROBE_FIGURES]) {
    const double all[] = {
        probe->grad_norm, probe->weight_norm, probe->update_ratio, probe->output_grad, probe->signal,
        probe->mean,      probe->std,         probe->saturated,    probe->dead,        (double)probe->nonfinite};
    _Static_assert(sizeof all == PROBE_FIGURES * sizeof *all, "one a field of PlumbProbe");
    memcpy(figure, all, sizeof all);
}

static void probe_from_figures(PlumbProbe *probe, const double figure[PROBE_FIGURES]) {
    bool counted = figure[9] >= 0 && figure[9] < 0x1p53;
    *probe = (PlumbProbe){figure[0], figure[1], figure[2], figure[3], figure[4],
                          figure[5], figure[6], figure[7], figure[8], counted ? (int64_t)figure[9] : 0};
}

void state_put_probes(State *state, const PlumbTrainer *trainer) {
    for (int i = 0; i < trainer->net->node_count; i++) {
        probe_to_figures(&trainer->probe[i], state->probes + (size_t)i * PROBE_FIGURES);
    }
}

void state_take_probes(const State *state, PlumbTrainer *trainer) {
    for (int i = 0; i < trainer->net->node_count; i++) {
        probe_from_figures(&trainer->probe[i], state->probes + (size_t)i * PROBE_FIGURES);
    }
}
