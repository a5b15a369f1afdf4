/* Recurrent layers: what the descriptors (recurrent.c), the levels (levels.c), the passes through time (through_time.c) and the
 * cells (cells.c) share.
 *
 * A layer is a stack of levels (`layers=`). Inside it arrays are time-major, (steps, rows, width), in the order in which the cell
 * runs: `reverse` only changes how the input is taken in and the output given out. */
#ifndef PLUMB_RECURRENT_H
#define PLUMB_RECURRENT_H
#include "../core/layer.h"

enum { LEVELS_MAX = 8 };
/* A level's weights: the first four always, the others with norm=layernorm, as many as the cell has. */
enum { WEIGHT_IH, WEIGHT_HH, BIAS_IH, BIAS_HH, NORM_HH, NORM_IH, NORM_C, NORM_C_BIAS, LEVEL_WEIGHTS };

typedef struct Level Level;
typedef struct Cell {
    int gates;       /* units-wide blocks of weight_ih and weight_hh, in PyTorch's order */
    int slots;       /* units-wide stretches of a row of z */
    int together;    /* gates whose products with the input lie as one in z, and are normalised as one; the rest apart */
    int last_slot;   /* where the input's product of the rest goes; what comes from h goes by the gate's number */
    int weights;     /* of a level with norm=layernorm */
    bool memory;     /* keeps c beside h */
    int measured[LAYER_GATES_MAX]; /* slots of the gates in Layer.gates */
    void (*forward)(const Level *level, int t);  /* h (and c) of step t from z, which is activated in place */
    /* z becomes dL/d(before activation), from dh (and dc, which becomes that of the step before). Adds to dh_before what reaches
     * the h before other than by z. */
    void (*backward)(const Level *level, int t, real *dh_before);
} Cell;

typedef struct Written { /* a level as operators of ONNX */
    Onnx *o;
    int level, units;
    const char *bias;    /* the sum of both, of an rnn */
} Written;

typedef struct RecurrentExport { /* the cell for other programs (recurrent_export.c) */
    const char *native;          /* what both call it: "LSTM" */
    int order[4];                /* of its gates in ONNX: which of ours */
    bool reset_last;             /* ONNX is told that the reset gate comes after the product */
    const char *norms;           /* names of the norms' weights, as a Python tuple */
    const char *plain_text, *normed_text; /* class of the cell written out in Python; NULL: is never needed */
    const char *(*before)(Written *w, const char *z); /* what is done to the input's products of all steps, [N, T, gates units] */
    /* One step: products z of the input, zh of the state; states h (and c), [N, units], become those after it. */
    void (*step)(const Written *w, const char *z, const char *zh, const char **state);
} RecurrentExport;
extern const RecurrentExport rnn_export, lstm_export, gru_export;

typedef struct Recurrent { /* a descriptor */
    Layer layer;
    const Cell *cell;
    const RecurrentExport *export;
} Recurrent;

struct Level {          /* one level in one pass */
    const Pass *pass;
    const Cell *cell;
    int index, rows, steps, in, units;
    bool reverse;       /* time runs backwards */
    Act act;            /* rnn's, and its slope */
    real slope;
    real *const *w, *const *wt, *const *dw;
    real *x;            /* (steps, rows, in) */
    real *z;            /* (steps, rows, slots x units) */
    real *h, *c;        /* (1 + steps, rows, units): first what is before the first step, zero */
    /* With norm=layernorm, else NULL: normalised products, (steps, rows, gates x units), backward their gradients; 1 / std of each,
     * (groups, steps, rows). hat_ih and hat_c are NULL for a cell without. */
    real *hat_hh, *hat_ih, *hat_c, *inverse_hh, *inverse_ih, *inverse_c;
    real *bias, *sums;  /* (slots x units): both biases; column sums of z */
    real *narrow;       /* (in, gates x units): the gradient of weight_ih transposed, of a first level with few features; else NULL */
    bool fed;           /* a gradient comes from above at every step, not at the last alone */
    real *dh;           /* (steps, rows, units); where not fed two steps in turn, (2, rows, units) */
    real *dc, *u, *du;  /* (rows, units): of c; the normalised c; its gradient, or what is not wanted */
};

static inline real *z_at(const Level *level, int t) {
    return level->z + (size_t)t * (size_t)level->rows * (size_t)(level->cell->slots * level->units);
}
/* Block t of (rows, units) of h, c and the like. The state that step t leaves is block t + 1 of h and c. */
static inline real *block_at(const Level *level, real *array, int t) {
    return array + (size_t)t * (size_t)level->rows * (size_t)level->units;
}

static inline real *dh_at(const Level *level, int t) {
    return block_at(level, level->dh, level->fed ? t : t % 2);
}

extern const Cell rnn_cell, lstm_cell, gru_cell;
#define LAYERNORM_EPS ((real)1e-5) /* under the root, as layernorm's */

/* What the arguments say: norm=layernorm, return=last, and whether values are dropped before level `index`. */
bool recurrent_normalised(const LayerSite *site);
bool recurrent_gives_last(const LayerSite *site);
bool recurrent_drops(const LayerSite *site, int index);
int recurrent_steps(const LayerSite *site);
size_t recurrent_save(const LayerSite *site, int rows);
size_t recurrent_scratch(const LayerSite *site, int rows);
/* The levels of a pass, lowest first; their count. x of the first is to be filled. */
int recurrent_open(const Pass *pass, Level level[LEVELS_MAX]);
void recurrent_forward(const Pass *pass);
void recurrent_backward(const Pass *pass);
void recurrent_torch(Torch *t);
const char *recurrent_onnx(Onnx *o);
const char *recurrent_weight_name(int level, int weight); /* "weight_ih", "weight_ih_l1" */
#endif
