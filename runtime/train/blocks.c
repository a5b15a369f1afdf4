/* Blocks of weights, see blocks.h. All sums over them are in their order: the same bits for any number of threads. */
#include "blocks.h"
#include <math.h>
#include <stdlib.h>

enum { BLOCK_LENGTH = 8192, ROWS = 16 /* of a transposed block: a tile of the kernel */ };

/* ---- making ------------------------------------------------------------------------------------------------------ */

/* Values of one block. Where a weight has a transposed copy, or its gradient is taken here, a block is whole rows. */
static int64_t block_length(const NetWeight *weight) {
    int64_t columns = weight->size / weight->spec.shape.dim[0], rows = BLOCK_LENGTH / columns / ROWS * ROWS;
    return !weight->spec.transposed && !weight->spec.late ? BLOCK_LENGTH : (rows > ROWS ? rows : ROWS) * columns;
}

static int blocks_of(const NetWeight *weight) {
    int64_t length = block_length(weight);
    return weight->spec.learned ? (int)((weight->size + length - 1) / length) : 0;
}

/* Gradients that wait are taken by node. */
static void find_nodes(Stepper *stepper) {
    for (int n = 0; n < stepper->net->node_count; n++) {
        int weight = stepper->net->node[n].about.first_weight;
        for (int i = stepper->first_block[weight]; stepper->plan->late[n] && i < stepper->first_block[weight + 1];
             i++) {
            stepper->block[i].node = n;
        }
    }
}

/* The stage behind which a weight's gradient is whole: that of the last of the layers that share it. Where nothing goes
 * back the last one. */
static int stage_of(const Plan *plan, int weight, const int *last_op) {
    return last_op[weight] < 0 ? plan->stage_count - 1 : plan->stage[last_op[weight]];
}

static void find_last_ops(const Plan *plan, int *last_op) {
    for (int w = 0; w < plan->net->weight_count; w++) {
        last_op[w] = -1;
    }
    for (int op = plan->op_count - 1; op >= 0; op--) {
        const PlumbNode *node = &plan->net->node[plan->op[op].node].about;
        for (int j = 0; plan->wants[plan->op[op].node] && j < node->weight_count; j++) {
            last_op[node->first_weight + j] = op;
        }
    }
}

/* Where a block lies in its weight: rows first..first+count-1 of a matrix. */
static int64_t begin_of(const Stepper *stepper, const Block *block) {
    return block->offset - stepper->net->weight[block->weight].offset;
}

static void rows_of(const Stepper *stepper, const Block *block, int *first, int *count) {
    const NetWeight *weight = &stepper->net->weight[block->weight];
    int64_t columns = weight->size / weight->spec.shape.dim[0];
    *first = (int)(begin_of(stepper, block) / columns);
    *count = (int)(block->length / columns);
}

/* How long a block takes, in passes over its values: the update, and where its gradient waits the product. */
static double cost_of(const Stepper *stepper, const Block *block) {
    const double row = 0.03; /* of the product */
    const NetWeight *weight = &stepper->net->weight[block->weight];
    int64_t rows = 0;
    if (block->node >= 0) {
        rows =
            stepper->most * plumb_shape_size(stepper->net->node[block->node].about.shape) / weight->spec.shape.dim[0];
    }
    return (double)block->length * (1 + row * (double)rows);
}

/* The shard that a block of a layer split by outputs belongs to; -1: any. */
static int shard_of(const Stepper *stepper, const Block *block) {
    int first, count, s = 0;
    if (block->node < 0 || !stepper->plan->by_outputs[block->node]) {
        return -1;
    }
    rows_of(stepper, block, &first, &count);
    for (Outputs part; part = split_part(stepper->plan, block->node, s), first >= part.first + part.count; s++) {
    }
    return s;
}

/* The blocks of a stage: each shard gets those of its outputs, and of the others, in their order, as many as take a
 * like time. */
static void find_owners(const Stepper *stepper, const int *stage, int now, int *owner) {
    double all = 0, taken = 0;
    for (int i = 0; i < stepper->block_count; i++) {
        if (stage[i] == now) {
            owner[i] = shard_of(stepper, &stepper->block[i]);
            all += owner[i] < 0 ? cost_of(stepper, &stepper->block[i]) : 0;
        }
    }
    for (int i = 0; i < stepper->block_count; i++) {
        if (stage[i] == now && owner[i] < 0) {
            double cost = cost_of(stepper, &stepper->block[i]);
            owner[i] = (int)((taken + cost / 2) / all * stepper->plan->shards); /* by its middle */
            taken += cost;
        }
    }
}

static void order_shares(Stepper *stepper, const int *stage, const int *owner) {
    int shards = stepper->plan->shards, count = 0;
    for (int at = 0; at < stepper->plan->stage_count * shards; at++) {
        for (int i = 0; i < stepper->block_count; i++) {
            if (stage[i] == at / shards && owner[i] == at % shards) {
                stepper->share[count++] = i;
            }
        }
        stepper->first_share[at + 1] = count;
    }
}

static bool share_out(Stepper *stepper) {
    const Plan *plan = stepper->plan;
    size_t blocks = (size_t)stepper->block_count + 1;
    int *owner = calloc(blocks, sizeof *owner), *stage = calloc(blocks, sizeof *stage);
    int *last_op = calloc((size_t)stepper->net->weight_count + 1, sizeof *last_op);
    stepper->share = calloc(blocks, sizeof *stepper->share);
    stepper->first_share = calloc((size_t)(plan->stage_count * plan->shards) + 1, sizeof *stepper->first_share);
    bool done = owner && stage && last_op && stepper->share && stepper->first_share;
    if (done) {
        find_last_ops(plan, last_op);
        for (int i = 0; i < stepper->block_count; i++) {
            stage[i] = stage_of(plan, stepper->block[i].weight, last_op);
        }
        for (int now = 0; now < plan->stage_count; now++) {
            find_owners(stepper, stage, now, owner);
        }
        order_shares(stepper, stage, owner);
    }
    free(owner);
    free(stage);
    free(last_op);
    return done;
}

bool blocks_make(Stepper *stepper) {
    const PlumbNet *net = stepper->net;
    int count = 0;
    for (int i = 0; i < net->weight_count; i++) {
        count += blocks_of(&net->weight[i]);
    }
    stepper->block = calloc((size_t)count + 1, sizeof *stepper->block);
    stepper->first_block = calloc((size_t)net->weight_count + 1, sizeof *stepper->first_block);
    if (!stepper->block || !stepper->first_block) {
        return false;
    }
    for (int i = 0; i < net->weight_count; i++) {
        const NetWeight *weight = &net->weight[i];
        int64_t length = block_length(weight);
        for (int b = 0; b < blocks_of(weight); b++) {
            int64_t begin = b * length, left = weight->size - begin;
            stepper->block[stepper->block_count++] = (Block){
                .weight = i, .node = -1, .offset = weight->offset + begin, .length = left < length ? left : length};
        }
        stepper->first_block[i + 1] = stepper->block_count;
    }
    find_nodes(stepper);
    return share_out(stepper);
}

/* ---- a block ----------------------------------------------------------------------------------------------------- */

static void late_gradient(Stepper *stepper, Block *block) {
    real *g = stepper->net->gradients + block->offset;
    Tally tally = {0};
    int first, count;
    rows_of(stepper, block, &first, &count);
    for (int s = 0; s < stepper->plan->shards; s++) {
        const Pass *pass = &stepper->plan->shard[s].pass[block->node];
        pass->layer->late_gradient(pass, first, count, stepper->rows_taken > 0 || s > 0, g);
    }
    stepper->k->tally(block->length, g, &tally);
    block->grad_squares = tally.sum_squares;
    block->nonfinite = tally.nonfinite;
}

/* The sum over the shards. Behind the first batch of a step what the others left is the first of the sources. */
static void reduce(Stepper *stepper, int thread, Block *block) {
    int shards = stepper->plan->shards, adds = stepper->rows_taken > 0;
    const real **sources = stepper->sources + thread * (shards + 1);
    sources[0] = stepper->net->gradients + block->offset;
    int64_t at = stepper->plan->gradient[block->weight] + begin_of(stepper, block);
    for (int s = 0; s < shards; s++) {
        sources[s + adds] = stepper->plan->shard[s].gradients + at;
    }
    block->nonfinite = 0;
    block->grad_squares = stepper->k->reduce(shards + adds, block->length, sources,
                                             stepper->net->gradients + block->offset, &block->nonfinite);
}

/* Goes to the kernel whole, or unit by unit where each has its own factor. norm: of the whole gradient, where limits
 * wait for it. */
static void update(Stepper *stepper, Block *block, double norm) {
    real *s1 = stepper->state[0] ? stepper->state[0] + block->offset : NULL;
    real *s2 = stepper->state[1] ? stepper->state[1] + block->offset : NULL;
    real *w = stepper->net->parameters + block->offset, *g = stepper->net->gradients + block->offset;
    block->norms[0] = block->norms[1] = 0;
    for (int64_t at = 0, length; at < block->length; at += length) {
        Update mine = stepper->update;
        int64_t left = block->length - at;
        length = limits_apply(&stepper->limits, block->weight, begin_of(stepper, block) + at, norm, &mine);
        length = length < left ? length : left;
        stepper->k->update(&mine, length, w + at, g + at, s1 ? s1 + at : NULL, s2 ? s2 + at : NULL, block->norms);
    }
    if (stepper->average) {
        stepper->k->blend(block->length, (real)stepper->keep, w, stepper->average + block->offset);
    }
    NetWeight *weight = &stepper->net->weight[block->weight];
    if (weight->transposed) {
        int first, count;
        rows_of(stepper, block, &first, &count);
        net_transpose(stepper->k, weight, first, count);
    }
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

double blocks_squared_norm(const Stepper *stepper) {
    double sum = 0, nonfinite = 0;
    for (int i = 0; i < stepper->block_count; i++) {
        sum += stepper->block[i].grad_squares;
        nonfinite += stepper->block[i].nonfinite;
    }
    return nonfinite ? NAN : sum;
}

/* What layers, units and trust ratios ask for, weight by weight. */
static void find_limits(Stepper *stepper, int thread, double norm) {
    Limits *limits = &stepper->limits;
    int threads = pool_threads(stepper->pool);
    for (int i = 0; thread == 0 && i < stepper->net->weight_count; i++) {
        limits->squares[i] = 0;
        for (int b = stepper->first_block[i]; b < stepper->first_block[i + 1]; b++) {
            limits->squares[i] += stepper->block[b].nonfinite ? NAN : stepper->block[b].grad_squares;
        }
    }
    pool_barrier(stepper->pool, thread);
    for (int i = thread; i < stepper->net->weight_count; i += threads) {
        limits_find(limits, stepper->net, stepper->k, i, norm);
    }
    pool_barrier(stepper->pool, thread);
}

/* This thread's share of a stage, the blocks of its shards: their gradients, their updates, or both. */
static void run_share(Stepper *stepper, int thread, int stage, bool gradients, bool updates, double norm) {
    for (int s = thread; s < stepper->plan->shards; s += pool_threads(stepper->pool)) {
        const int *first = &stepper->first_share[stage * stepper->plan->shards + s];
        for (int i = first[0]; i < first[1]; i++) {
            Block *block = &stepper->block[stepper->share[i]];
            if (gradients && block->node >= 0) {
                late_gradient(stepper, block);
            } else if (gradients) {
                reduce(stepper, thread, block);
            }
            if (updates) {
                update(stepper, block, norm);
            }
        }
    }
}

static bool is_finite(const Stepper *stepper, double squares) {
    double loss = stepper->loss;
    for (int s = 0; s < stepper->plan->shards; s++) {
        loss += stepper->loss_of[s];
    }
    return isfinite(loss) && isfinite(squares);
}

/* Once the whole gradient is known; where the step is to be held if it is not finite, and it is not, nothing changes.
 * The same on every thread: losses and sums stand since the barrier. */
static void update_all(Stepper *stepper, int thread) {
    pool_barrier(stepper->pool, thread);
    double squares = blocks_squared_norm(stepper), norm = sqrt(squares);
    bool held = stepper->holds && !is_finite(stepper, squares);
    if (thread == 0) {
        stepper->held = held;
    }
    if (held) {
        return;
    }
    if (stepper->limits.span) {
        find_limits(stepper, thread, norm);
    }
    for (int stage = 0; stage < stepper->plan->stage_count; stage++) {
        run_share(stepper, thread, stage, false, true, norm);
    }
}

static bool waits(const Stepper *stepper) {
    return stepper->holds || limits_wait(&stepper->limits);
}

static bool updates(const Stepper *stepper) {
    return stepper->last && stepper->updates;
}

void blocks_run(Stepper *stepper, int thread, int stage) {
    run_share(stepper, thread, stage, true, updates(stepper) && !waits(stepper), 0);
}

void blocks_end(Stepper *stepper, int thread) {
    if (updates(stepper) && waits(stepper)) {
        update_all(stepper, thread);
    }
}
