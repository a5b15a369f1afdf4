/* One optimizer step: forward, loss, backward, the shards' gradients summed in fixed order, update. One parallel region. */
#ifndef PLUMB_STEP_H
#define PLUMB_STEP_H
#include "limits.h"

typedef struct Block {       /* a stretch of one weight: the unit that threads share out */
    int weight, node;        /* node: whose rows it takes the gradient from, late; -1: the shards leave it */
    int64_t offset, length;
    double grad_squares, nonfinite, norms[2]; /* sums of squares of the weights and of the step taken */
} Block;

typedef struct Stepper {
    PlumbNet *net;
    const PlumbData *data;
    const Kernels *k;
    Pool *pool;
    Plan *plan;
    LossRows rows;           /* what the loss reads */
    Block *block;
    int block_count;
    int *first_block;        /* of each weight, and one past the last */
    int *share, *first_share; /* blocks in the order in which they are shared out; where each shard's begin, stage by stage, and one past the last */
    Limits limits;           /* of clipping, and trust ratios */
    Update update;           /* of the step under way */
    real *state[2];          /* the optimizer's arrays */
    real *average;           /* running mean of the weights, or NULL */
    double keep;             /* its memory */
    const uint32_t *index;   /* rows of this step in the train part, in the shuffled order; NULL: the first ones */
    int64_t rows_taken;      /* of these: by the batches before the one under way */
    int32_t *label;          /* targets of the batch */
    real *y;
    int batch, most;         /* rows of this batch, and of any */
    bool updates;            /* false: gradients only */
    bool holds, held;        /* no update where loss or gradient is not finite; this was so */
    bool augments;           /* rows go through the data's augmentations, as in `epoch` */
    uint32_t epoch;
    uint64_t seed;           /* of the step under way */
    bool last;               /* the batch under way is the step's last */
    double *loss_of, *score_of; /* sums of each shard */
    double scale;            /* what clipping took: the smallest factor */
    double loss, score, grad_squares; /* of the step: means, and the squared norm before clipping */
    const real **sources;    /* shards' gradients of a block: `shards` pointers a thread */
} Stepper;

/* Which loss: the recipe's, or the task's own. `arena` keeps the call. */
const PlumbCall *loss_of(const PlumbData *data, const PlumbCall *loss, PlumbArena *arena, PlumbError *error);
/* Fills what a loss reads of a net and a data set. False: they do not fit. */
bool loss_rows(const PlumbNet *net, const PlumbData *data, const PlumbCall *loss, LossRows *rows, PlumbError *error);
/* What the mean of the losses is over: the rows of a part that `index` names (NULL: the first), or their weights. */
double loss_total(const LossRows *batch, const int32_t *label, const uint32_t *index, int64_t rows);
/* Loss and gradient (d_out may be NULL) of shard `s`; `batch` holds the targets of the whole batch. Adds to *score the labels
 * hit, or the absolute errors. */
double loss_of_shard(const Kernels *k, const LossRows *batch, const Plan *plan, int s, real *d_out, double *score);

/* Everything but data order. `batch`: the most rows. `optimizer` NULL: never updates. */
bool stepper_init(Stepper *stepper, PlumbNet *net, const PlumbData *data, const Kernels *k, Pool *pool, int batch, int shards,
                  const PlumbCall *loss, const PlumbCall *optimizer, const PlumbCall *clip, PlumbError *error);
/* What the recipe says of gradients through time. */
void stepper_truncate(Stepper *stepper, const PlumbCall *recipe);
void stepper_clear(Stepper *stepper);
/* Runs one step on `rows` rows, a batch at a time: their gradients are summed, then the weights move once.
 * The others: as plan_set takes them for the first batch; the k-th behind it draws as step + k. */
void stepper_run(Stepper *stepper, int64_t rows, uint64_t seed, int64_t step, bool training, bool still);
/* Weight figures of a node after a step, into its probe. */
void stepper_probe(const Stepper *stepper, int node, PlumbProbe *probe);
double stepper_update_ratio(const Stepper *stepper); /* of the whole net */
int machine_cores(void);
/* The team that a configuration asks for. */
Pool *pool_for(const PlumbConfig *config, PlumbError *error);
#endif
