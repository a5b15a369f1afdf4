/* A plan: for a net and a batch size everything is laid out once, so that running it allocates nothing.
 *
 * The batch is split over a fixed number of shards; each shard runs the whole net on its rows, in its own memory. Threads own
 * shards. They meet only where a layer needs the whole batch (its phases), so the bits depend on the shards, never on the threads.
 *
 * Of a wide dense layer each shard takes a part of the outputs, for the rows of all shards: its part of the weights is then read and
 * rewritten by one thread alone (split.c). */
#ifndef PLUMB_PLAN_H
#define PLUMB_PLAN_H
#include "../train/parts.h"
#include "net.h"
#include "pool.h"

typedef struct Op { /* a node, or a dense node and the activation behind it in one pass */
    int node, act;  /* act: -1 for a single node */
    Act phi;        /* which activation that is, and its slope, alpha ... */
    real a;
    bool adds;      /* the gradients of some inputs go through `spare` */
} Op;

typedef struct Step { /* one call of an op's forward or backward, in one phase */
    int op, phase;
    bool back, meet; /* meet: all threads wait for each other before it */
} Step;

typedef struct NodeRun {      /* one node in one shard */
    real *out, *d_out;        /* d_out NULL: no gradient is asked for */
    Tally tally_out, tally_d_out;
    unsigned char *alive;     /* relu family: one flag a unit, set when it gave output in the window */
    ThroughTime through;      /* recurrent layers */
} NodeRun;

typedef struct InputRun {     /* a node's input: where its gradient goes */
    bool adds;                /* another consumer wrote it before: through `spare`, then added */
} InputRun;

typedef struct Shard {
    void *memory;             /* one block for all of it */
    NodeRun *run;             /* one per node */
    Pass *pass;               /* one per node */
    real *gradients;          /* of the weights: see Plan.gradient */
    real *spare;              /* as large as the largest output */
    real **pointers;          /* what the passes point to */
    unsigned char *alive;     /* flags of all units that may be dead */
    size_t alive_bytes;
    double *squares;          /* of all recurrent nodes' time steps */
    int rows;
    int64_t first_row;
    double loss;
    int64_t correct;
} Shard;

typedef struct RunOf {        /* what all passes are told of a run, but for its step */
    int rows, truncate;
    uint64_t seed;
    bool training, still, measuring;
} RunOf;

typedef struct Plan {
    PlumbNet *net;
    const Kernels *k;
    Pool *pool;
    int batch, shards;        /* batch: the largest */
    bool training;            /* with gradients */
    bool measuring;           /* tallies are on */
    int truncate;             /* Pass.truncate of every pass */
    bool random;              /* some layers draw */
    RunOf set;                /* what the passes are set for */
    Op *op;
    int op_count;
    Step *step;
    int step_count, forward_count; /* forward steps come first */
    int *stage;               /* of each op's backward steps: first of them the one in which the pass begins */
    int *stage_step, *stage_end; /* of each stage: its first step, and of all their last; its last op */
    int stage_count;
    int *root;                /* of a view: the node whose memory it is; else the node itself */
    bool *wants;              /* a gradient: something learned lies before it */
    bool *blocked;            /* an image whose channels lie in blocks */
    bool *late;               /* the gradient of its weight is taken behind its stage, from all shards at once */
    int64_t *gradient;        /* of each weight in a shard's gradients; -1 where it is late */
    int64_t gradient_count;
    bool *by_outputs;         /* shards take parts of its outputs, not rows; always late */
    real *partials;           /* of dL/dx of such layers: the sums over each shard's outputs; two buffers in turn */
    int64_t partial;          /* values of one, for the rows of one shard */
    InputRun *input_run;      /* all nodes' inputs in turn */
    int *first_input;         /* of each node, in input_run */
    Prepared **prepared;      /* each shard's nodes in turn: what their layers made; NULL where nothing */
    Shard *shard;
    real *joint;              /* what shards tell each other */
    void **joints;            /* each node's, forward and backward, of every shard */
} Plan;

/* Fills `blocked`, for at most `rows` rows a shard; `wants` must be known. */
void blocks_find(Plan *plan, const bool *live, int rows);
/* `stage`, `stage_end`: ops and `wants` must be known; then `stage_step`, once steps are. */
void stages_find(Plan *plan);
void stages_begin(Plan *plan);
/* Does a node ask for the gradient of its first input? */
bool plan_wants_input(const Plan *plan, int node);
/* Which layers are split by outputs, and the steps. Ops, `late` and `input_run` must be known. */
void split_find(Plan *plan);
bool split_make(Plan *plan); /* the partial sums' memory; false: there is none */
Outputs split_part(const Plan *plan, int node, int s); /* shard s's part of the outputs */
/* Does this op, split by outputs, leave the gradient of its input in the parts in which the op before it, split like it, takes it? Else
 * each shard leaves its rows. */
bool split_passes_parts(const Plan *plan, int op);
/* Shard p's part of the sum, for the rows of shard s: rows x inputs of the op's node. */
real *split_partial(const Plan *plan, int op, int p, int s);

/* `pool` is borrowed. The net's weights must be made. */
Plan *plan_new(PlumbNet *net, const Kernels *k, Pool *pool, int batch, int shards, bool training, PlumbError *error);
void plan_free(Plan *plan); /* NULL is allowed */

/* Before a run: how many rows, and what the random layers draw from. still: buffers such as running means stay. */
void plan_set(Plan *plan, int rows, uint64_t seed, int64_t step, bool training, bool still);
/* Inside a parallel region, on every thread. All stages in turn, and behind each a meeting; what is late is as the stage left it until
 * the next one ends. */
void plan_forward(Plan *plan, int thread);
void plan_backward(Plan *plan, int thread, int stage);
/* Rows of x for shard `s`: row i of the batch is x + index[i] * size, or x + i * size where index is NULL. */
void plan_gather(Plan *plan, int s, const real *x, const uint32_t *index);
const real *plan_output(const Plan *plan, int s);
real *plan_output_gradient(const Plan *plan, int s);
/* Figures of the last run; its weight figures are the caller's. */
void plan_probe(const Plan *plan, int node, PlumbProbe *probe);
/* Those of a recurrent node through time, into the net; of others nothing. */
void plan_tell_through_time(const Plan *plan, int node);
#endif
