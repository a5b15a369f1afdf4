/* A recurrent layer's levels: where the arrays of each lie in what the plan gives. */
#include "common.h"
#include "recurrent.h"

typedef struct Room { /* memory handed out in order; without a base it is only counted */
    real *base;
    size_t used;
} Room;

static real *take(Room *room, size_t rows, int width) {
    enum { LINE = 64 / sizeof(real) };
    real *taken = room->base ? room->base + room->used : NULL;
    room->used += (rows * (size_t)width + LINE - 1) / LINE * LINE;
    return taken;
}

enum { NARROW = 16 /* features, fewer than a vector has */ };

static int levels_of(const LayerSite *site) {
    return (int)plumb_call_number(site->call, "layers");
}

int recurrent_steps(const LayerSite *site) {
    return site->input[0].dim[0];
}

bool recurrent_normalised(const LayerSite *site) {
    return plumb_call_string(site->call, "norm");
}

bool recurrent_gives_last(const LayerSite *site) {
    return !strcmp(plumb_call_string(site->call, "return"), "last");
}

bool recurrent_drops(const LayerSite *site, int index) {
    return index > 0 && plumb_call_number(site->call, "dropout") > 0;
}

static Level level_of(const LayerSite *site, int index, int rows) {
    int units = (int)plumb_call_number(site->call, "units");
    return (Level){.cell = ((const Recurrent *)site->call->entry)->cell,
                   .index = index,
                   .rows = rows,
                   .steps = recurrent_steps(site),
                   .in = index ? units : site->input[0].dim[1],
                   .units = units,
                   .reverse = plumb_call_bool(site->call, "reverse")};
}

static void take_norms(Level *l, Room *save) {
    size_t rows = (size_t)l->steps * (size_t)l->rows;
    int gates = l->cell->gates * l->units, groups = l->cell->gates > l->cell->together ? 2 : 1;
    l->hat_hh = take(save, rows, gates);
    l->inverse_hh = take(save, rows, groups);
    if (l->cell->weights > NORM_IH) {
        l->hat_ih = take(save, rows, gates);
        l->inverse_ih = take(save, rows, groups);
    }
    if (l->cell->weights > NORM_C) {
        l->hat_c = take(save, rows, l->units);
        l->inverse_c = take(save, rows, 1);
    }
}

/* What forward leaves for backward. `x` of a level above the first is only taken where values are dropped. */
static void take_save(const LayerSite *site, Level *l, Room *save) {
    size_t rows = (size_t)l->steps * (size_t)l->rows, states = rows + (size_t)l->rows;
    l->x = recurrent_drops(site, l->index) ? take(save, rows, l->in) : NULL;
    l->z = take(save, rows, l->cell->slots * l->units);
    l->h = take(save, states, l->units);
    l->c = l->cell->memory ? take(save, states, l->units) : NULL;
    if (recurrent_normalised(site)) {
        take_norms(l, save);
    }
}

/* All levels use the same scratch, but dh: that of the level below is written while this one's is read. */
static void take_scratch(const LayerSite *site, Level level[], int count, Room *scratch) {
    Level *first = &level[0];
    size_t all = (size_t)first->steps * (size_t)first->rows, rows = (size_t)first->rows;
    bool all_fed = count > 1 || !recurrent_gives_last(site);
    int units = first->units, slots = first->cell->slots * units;
    first->x = take(scratch, all, first->in);
    first->narrow = first->in < NARROW ? take(scratch, (size_t)first->in, first->cell->gates * units) : NULL;
    real *dh[2] = {take(scratch, all_fed ? all : 2 * rows, units), count > 1 ? take(scratch, all, units) : NULL};
    real *bias = take(scratch, 1, slots), *sums = take(scratch, 1, slots);
    real *dc = take(scratch, rows, units), *u = take(scratch, rows, units), *du = take(scratch, rows, units);
    for (int i = 0; i < count; i++) {
        level[i].dh = dh[i % 2];
        level[i].fed = i < count - 1 || !recurrent_gives_last(site);
        level[i].bias = bias;
        level[i].sums = sums;
        level[i].dc = dc;
        level[i].u = u;
        level[i].du = du;
    }
}

static int take_all(const LayerSite *site, int rows, Level level[LEVELS_MAX], Room *save, Room *scratch) {
    int count = levels_of(site);
    for (int i = 0; i < count; i++) {
        level[i] = level_of(site, i, rows);
        take_save(site, &level[i], save);
    }
    take_scratch(site, level, count, scratch);
    return count;
}

size_t recurrent_save(const LayerSite *site, int rows) {
    Level level[LEVELS_MAX];
    Room save = {0}, scratch = {0};
    take_all(site, rows, level, &save, &scratch);
    return save.used * sizeof(real);
}

size_t recurrent_scratch(const LayerSite *site, int rows) {
    Level level[LEVELS_MAX];
    Room save = {0}, scratch = {0};
    take_all(site, rows, level, &save, &scratch);
    return scratch.used * sizeof(real);
}

int recurrent_open(const Pass *pass, Level level[LEVELS_MAX]) {
    Room save = {pass->save, 0}, scratch = {pass->scratch, 0};
    int count = take_all(pass->site, pass->rows, level, &save, &scratch);
    const PlumbCall *act = plumb_call_call(pass->site->call, "act");
    for (int i = 0; i < count; i++) {
        Level *l = &level[i];
        int first = i * (recurrent_normalised(pass->site) ? l->cell->weights : NORM_HH);
        l->pass = pass;
        l->act = act ? layer_of(act)->act : ACT_IDENTITY;
        l->slope = act && act->count ? (real)act->arg[0].number : 0;
        l->w = pass->w + first;
        l->wt = pass->wt + first;
        l->dw = pass->dw + first;
        if (i > 0 && !(l->x && pass->training)) {
            l->x = block_at(&level[i - 1], level[i - 1].h, 1);
        }
    }
    return count;
}
