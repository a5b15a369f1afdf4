/* Moments of recurrent layers. */
#ifndef PLUMB_DIAGNOSE_RECURRENT_H
#define PLUMB_DIAGNOSE_RECURRENT_H
#include "moments.h"

typedef struct CellTheory {
    enum { CELL_RNN, CELL_LSTM, CELL_GRU } kind;
    Act act;                 /* rnn's, and its slope */
    double slope, bias;      /* bias of the forget or update gate */
    int steps;
    bool last;               /* only the last state is given out */
    bool normalised;         /* the products with weights, and an lstm's c on its way out, have mean 0 and variance 1 */
    double units;
    double input, state;     /* inputs x Var(weight_ih), units x Var(weight_hh) */
    double input_back, state_back; /* units x Var(weight_ih), units x Var(weight_hh): for each gate, on the way back */
} CellTheory;
/* dropout: share of the output that is dropped. */
void moments_recurrent(Moments *m, const CellTheory *cell, double dropout);
/* One layer behind another: `all` of them down to x, and the next. */
void back_chain(Back *all, const Back *next, const Signal *x);
#endif
