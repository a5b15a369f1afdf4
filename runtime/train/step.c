/* One optimizer step, see step.h. */
#include "step.h"
#include "../core/error.h"
#include "../data/augment.h"
#include "blocks.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- losses over shards ------------------------------------------------------------------------------------------ */

const PlumbCall *loss_of(const PlumbData *data, const PlumbCall *loss, PlumbArena *arena, PlumbError *error) {
    return loss ? loss : plumb_call_default(arena, data->classify ? "cross_entropy" : "mse", error);
}

static bool takes_task(const Loss *loss, const PlumbData *data, PlumbError *error) {
    if (data->classify ? loss->takes_labels : loss->takes_values) {
        return true;
    }
    plumb_fail(error, PLUMB_SHAPE_ERROR, "%s does not fit a task of %s", loss->entry.name,
               data->classify ? "classes" : "numbers");
    return error_hint(error, "loss = %s", data->classify ? "cross_entropy" : "mse");
}

bool loss_rows(const PlumbNet *net, const PlumbData *data, const PlumbCall *call, LossRows *rows, PlumbError *error) {
    const Loss *loss = (const Loss *)call->entry;
    int64_t n = plumb_shape_size(net->node[net->node_count - 1].about.shape);
    if (!takes_task(loss, data, error)) {
        return false;
    }
    *rows = (LossRows){.call = call, .n = (int)n, .classes = data->classes, .labels = 1};
    if (!data->classify) {
        return loss->fits_values((int)n, (int)plumb_shape_size(data->y_shape), error);
    }
    rows->labels = data->label_count;
    if (n % data->label_count) {
        plumb_fail(error, PLUMB_SHAPE_ERROR, "the net's outputs do not match the labels of a row");
        error_found(error, "%lld outputs", (long long)n);
        return error_expected(error, "%d labels", data->label_count);
    }
    return loss->fits_labels(call, (int)(n / data->label_count), data->classes, error);
}

double loss_total(const LossRows *batch, const int32_t *label, const uint32_t *index, int64_t rows) {
    const Loss *loss = (const Loss *)batch->call->entry;
    if (!loss->weight || !label) {
        return (double)rows;
    }
    double total = 0;
    for (int64_t i = 0; i < rows * batch->labels; i++) {
        int64_t row = index ? index[i / batch->labels] : i / batch->labels;
        total += loss->weight(batch->call, label[row * batch->labels + i % batch->labels]);
    }
    return total / batch->labels;
}

static int64_t hits(const LossRows *rows) {
    int64_t found = 0;
    for (int64_t i = 0; i < (int64_t)rows->rows * rows->labels; i++) {
        const real *out = rows->out + i * rows->classes;
        int best = 0;
        for (int c = 1; c < rows->classes; c++) {
            best = out[c] > out[best] ? c : best;
        }
        found += best == rows->label[i];
    }
    return found;
}

/* One logit: yes where it is above 0. */
static int64_t binary_hits(const LossRows *rows) {
    int64_t found = 0;
    for (int i = 0; i < rows->rows; i++) {
        found += (rows->out[i] > 0) == (rows->label[i] == 1);
    }
    return found;
}

static double absolute_errors(const LossRows *rows) {
    double sum = 0;
    for (int64_t i = 0; i < (int64_t)rows->rows * rows->n; i++) {
        sum += fabs((double)rows->out[i] - (double)rows->y[i]) / rows->n;
    }
    return sum;
}

double loss_of_shard(const Kernels *k, const LossRows *batch, const Plan *plan, int s, real *d_out, double *score) {
    const Shard *shard = &plan->shard[s];
    LossRows rows = *batch;
    rows.rows = shard->rows;
    rows.out = plan_output(plan, s);
    if (rows.label) {
        rows.label += shard->first_row * rows.labels;
        *score += (double)(rows.n == 1 ? binary_hits(&rows) : hits(&rows)) / rows.labels;
    } else {
        rows.y += shard->first_row * rows.n;
        *score += absolute_errors(&rows);
    }
    return ((const Loss *)batch->call->entry)->run(k, &rows, d_out);
}

/* ---- making ------------------------------------------------------------------------------------------------------ */

static bool make_buffers(Stepper *stepper, int batch, int states) {
    const LossRows *rows = &stepper->rows;
    int shards = stepper->plan->shards;
    size_t targets = (size_t)batch * (size_t)(rows->labels > rows->n ? rows->labels : rows->n);
    stepper->label = calloc(targets, sizeof *stepper->label);
    stepper->y = calloc(targets, sizeof *stepper->y);
    stepper->loss_of = calloc((size_t)shards, sizeof *stepper->loss_of);
    stepper->score_of = calloc((size_t)shards, sizeof *stepper->score_of);
    stepper->sources = calloc((size_t)((shards + 1) * pool_threads(stepper->pool)), sizeof *stepper->sources);
    bool done = stepper->label && stepper->y && stepper->loss_of && stepper->score_of && stepper->sources;
    for (int i = 0; i < states; i++) {
        stepper->state[i] = flat_new(stepper->net->parameter_count, FLAT_STATE + i);
        done = done && stepper->state[i];
    }
    return done;
}

bool stepper_init(Stepper *stepper, PlumbNet *net, const PlumbData *data, const Kernels *k, Pool *pool, int batch,
                  int shards, const PlumbCall *loss, const PlumbCall *optimizer, const PlumbCall *clip,
                  PlumbError *error) {
    *stepper = (Stepper){.net = net, .data = data, .k = k, .pool = pool, .most = batch, .updates = optimizer};
    if (!loss_rows(net, data, loss, &stepper->rows, error)) {
        return false;
    }
    stepper->plan = plan_new(net, k, pool, batch, shards, true, error);
    if (!stepper->plan) {
        return false;
    }
    int states = 0;
    if (optimizer) {
        states = ((const Optimizer *)optimizer->entry)->states(optimizer);
        optimizer_setup(optimizer, &stepper->update);
    }
    if (!blocks_make(stepper) || !make_buffers(stepper, batch, states) ||
        !limits_init(&stepper->limits, net, clip, optimizer)) {
        stepper_clear(stepper);
        return error_memory(error);
    }
    return true;
}

void stepper_truncate(Stepper *stepper, const PlumbCall *recipe) {
    double steps = plumb_call_number(recipe, "truncate");
    stepper->plan->truncate = steps < INT32_MAX ? (int)steps : 0; /* no sequence is longer */
}

void stepper_clear(Stepper *stepper) {
    plan_free(stepper->plan);
    free(stepper->block);
    free(stepper->first_block);
    free(stepper->share);
    free(stepper->first_share);
    free(stepper->label);
    free(stepper->y);
    free(stepper->loss_of);
    free(stepper->score_of);
    free(stepper->sources);
    flat_free(stepper->state[0], FLAT_STATE);
    flat_free(stepper->state[1], FLAT_SECOND_STATE);
    flat_free(stepper->average, FLAT_AVERAGE);
    limits_clear(&stepper->limits);
    *stepper = (Stepper){0};
}

/* ---- a step, on every thread ------------------------------------------------------------------------------------- */

static void gather_inputs(Stepper *stepper, const Shard *shard, int s, const uint32_t *index) {
    const PlumbData *data = stepper->data;
    int64_t size = plumb_shape_size(data->x_shape);
    if (!stepper->augments) {
        plan_gather(stepper->plan, s, data->train.x, index);
        return;
    }
    for (int64_t i = 0; i < shard->rows; i++) {
        int64_t row = index ? index[shard->first_row + i] : shard->first_row + i;
        augment_row(data, stepper->seed, stepper->epoch, (uint32_t)row, data->train.x + row * size,
                    shard->run[0].out + i * size);
    }
}

static void gather(Stepper *stepper, int s) {
    const PlumbPart *part = &stepper->data->train;
    const Shard *shard = &stepper->plan->shard[s];
    const uint32_t *index = stepper->index ? stepper->index + stepper->rows_taken : NULL;
    gather_inputs(stepper, shard, s, index);
    int labels = stepper->rows.labels, n = stepper->rows.n;
    for (int64_t i = shard->first_row; i < shard->first_row + shard->rows; i++) {
        int64_t row = index ? index[i] : i;
        if (part->label) {
            memcpy(stepper->label + i * labels, part->label + row * labels, (size_t)labels * sizeof *stepper->label);
        } else {
            memcpy(stepper->y + i * n, part->y + row * n, (size_t)n * sizeof *stepper->y);
        }
    }
}

static void losses(Stepper *stepper, int thread) {
    for (int s = thread; s < stepper->plan->shards; s += pool_threads(stepper->pool)) {
        stepper->score_of[s] = 0;
        stepper->loss_of[s] = loss_of_shard(stepper->k, &stepper->rows, stepper->plan, s,
                                            plan_output_gradient(stepper->plan, s), &stepper->score_of[s]);
    }
}

static void step_thread(void *arg, int thread) {
    Stepper *stepper = arg;
    for (int s = thread; s < stepper->plan->shards; s += pool_threads(stepper->pool)) {
        gather(stepper, s);
    }
    plan_forward(stepper->plan, thread);
    losses(stepper, thread);
    for (int stage = 0; stage < stepper->plan->stage_count; stage++) {
        plan_backward(stepper->plan, thread, stage);
        pool_barrier(stepper->pool, thread);
        blocks_run(stepper, thread, stage);
    }
    blocks_end(stepper, thread);
}

/* One batch forward and backward: its share of the step's loss and gradient. */
static void run_batch(Stepper *stepper) {
    pool_run(stepper->pool, step_thread, stepper);
    for (int s = 0; s < stepper->plan->shards; s++) {
        stepper->loss += stepper->loss_of[s];
        stepper->score += stepper->score_of[s];
    }
}

void stepper_run(Stepper *stepper, int64_t rows, uint64_t seed, int64_t step, bool training, bool still) {
    const PlumbPart *part = &stepper->data->train;
    bool measuring = stepper->plan->measuring;
    stepper->rows.total = loss_total(&stepper->rows, part->label, stepper->index, rows);
    stepper->rows.label = part->label ? stepper->label : NULL;
    stepper->rows.y = part->label ? NULL : stepper->y;
    stepper->loss = stepper->score = 0;
    stepper->held = false;
    stepper->seed = seed;
    for (stepper->rows_taken = 0; stepper->rows_taken < rows; stepper->rows_taken += stepper->batch) {
        int64_t left = rows - stepper->rows_taken;
        stepper->batch = left < stepper->most ? (int)left : stepper->most;
        stepper->last = stepper->batch == left;
        stepper->plan->measuring = measuring && stepper->last; /* layers' figures are of the last batch */
        plan_set(stepper->plan, stepper->batch, seed, step + stepper->rows_taken / stepper->most, training, still);
        run_batch(stepper);
    }
    stepper->loss = stepper->rows.total > 0 ? stepper->loss / stepper->rows.total : 0;
    stepper->score /= (double)rows;
    stepper->grad_squares = blocks_squared_norm(stepper);
    stepper->scale = stepper->updates ? limits_least(&stepper->limits, sqrt(stepper->grad_squares)) : stepper->scale;
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

typedef struct Norms {
    double grad, weight, update, nonfinite; /* sums of squares, and a count */
    bool any;
} Norms;

/* Of the weights first..first+count. Without an update the weights' own norms are taken afresh. */
static Norms norms_of(const Stepper *stepper, int first, int count) {
    Norms norms = {0};
    for (int i = stepper->first_block[first]; i < stepper->first_block[first + count]; i++) {
        const Block *block = &stepper->block[i];
        const real *w = stepper->net->parameters + block->offset;
        norms.any = true;
        norms.grad += block->grad_squares;
        norms.nonfinite += block->nonfinite;
        norms.weight += stepper->updates ? block->norms[0] : stepper->k->dot(block->length, w, w);
        norms.update += block->norms[1];
    }
    return norms;
}

static double ratio(const Norms *norms) {
    return norms->weight > 0 ? sqrt(norms->update / norms->weight) : NAN;
}

void stepper_probe(const Stepper *stepper, int node, PlumbProbe *probe) {
    const PlumbNode *about = &stepper->net->node[node].about;
    plan_probe(stepper->plan, node, probe);
    plan_tell_through_time(stepper->plan, node);
    if (!about->weight_count) {
        return;
    }
    Norms norms = norms_of(stepper, about->first_weight, about->weight_count);
    if (norms.any) {
        probe->grad_norm = norms.nonfinite ? NAN : sqrt(norms.grad);
        probe->weight_norm = sqrt(norms.weight);
        probe->update_ratio = stepper->updates ? ratio(&norms) : NAN;
        probe->nonfinite += (int64_t)norms.nonfinite;
    }
}

double stepper_update_ratio(const Stepper *stepper) {
    Norms norms = norms_of(stepper, 0, stepper->net->weight_count);
    return ratio(&norms);
}
