/* The state of a training: what is no function of (recipe, seed, step). The one place where it is listed: a number is a row of the
 * table in state.c, an array a line of its list_state. */
#ifndef PLUMB_STATE_H
#define PLUMB_STATE_H
#include "../files/safetensors.h"
#include "trainer.h"

/* ---- numbers, as text ---- */
const char *state_figure(int i); /* "step", "seconds" ...; NULL at the end */
void state_figure_text(const PlumbTrainer *trainer, int i, char text[32]);
bool state_take_figure(PlumbTrainer *trainer, int i, const char *text); /* NULL text, or what it cannot be: false */
bool state_count(const char *text, int64_t *count);                     /* a whole number, not negative */

/* ---- arrays ---- */
typedef struct State { /* written from here, read to here */
    PlumbArena *arena; /* names */
    Stored *stored;
    int count, space, weights; /* weights: they come first */
    double *probes;            /* of all nodes: a copy */
    bool failed;               /* memory was short */
} State;
bool state_open(State *state, PlumbTrainer *trainer, PlumbError *error);
void state_close(State *state);
/* One more array; its name as printf makes it. */
void state_add(State *state, const char *type, int rank, const int64_t *dim, void *value, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
void state_put_probes(State *state, const PlumbTrainer *trainer);
void state_take_probes(const State *state, PlumbTrainer *trainer);
#endif
