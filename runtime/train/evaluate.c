/* Running a trained net: scores, outputs, and one batch measured without an update. */
#include "../core/error.h"
#include "step.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EVALUATION_BATCH = 512, EVALUATION_VALUES = 1 << 24 /* of one node, what it saves included: 64 MiB */ };

/* ---- a net run forward over many rows -------------------------------------------------------------------------------
 */

typedef struct Runner {
    Pool *pool;
    Plan *plan;
    const real *x;          /* of the batch under way */
    const LossRows *losses; /* NULL: outputs only */
    double *loss_of, *score_of;
} Runner;

/* Rows at once: many, but long sequences not so many that their states fill the memory. */
static int evaluation_batch(const PlumbNet *net, int64_t rows) {
    int64_t most = rows < EVALUATION_BATCH ? rows : EVALUATION_BATCH;
    for (int i = 0; i < net->node_count; i++) {
        const NetNode *node = &net->node[i];
        size_t saved = node->layer->save_bytes ? node->layer->save_bytes(&node->site, 1) / sizeof(real) : 0;
        int64_t fit = EVALUATION_VALUES / (plumb_shape_size(node->about.shape) + (int64_t)saved);
        most = fit < most ? fit : most;
    }
    return most < 1 ? 1 : (int)most;
}

static bool runner_open(Runner *runner, PlumbNet *net, int64_t rows, const PlumbConfig *config, PlumbError *error) {
    int shards = config->shards > 0 ? config->shards : machine_cores();
    const Kernels *k = kernels_find(config->backend, error);
    *runner = (Runner){0};
    if (!k || !plumb_net_make(net, config->seed, error)) {
        return false;
    }
    net_refresh(net, k);
    int batch = evaluation_batch(net, rows);
    runner->pool = pool_for(config, error);
    runner->plan = runner->pool ? plan_new(net, k, runner->pool, batch, shards, false, error) : NULL;
    runner->loss_of = calloc((size_t)shards, sizeof *runner->loss_of);
    runner->score_of = calloc((size_t)shards, sizeof *runner->score_of);
    return runner->plan && (runner->loss_of && runner->score_of ? true : error_memory(error));
}

static void runner_close(Runner *runner) {
    plan_free(runner->plan);
    pool_free(runner->pool);
    free(runner->loss_of);
    free(runner->score_of);
}

static void run_thread(void *arg, int thread) {
    Runner *runner = arg;
    int threads = pool_threads(runner->pool);
    for (int s = thread; s < runner->plan->shards; s += threads) {
        plan_gather(runner->plan, s, runner->x, NULL);
    }
    plan_forward(runner->plan, thread);
    for (int s = thread; runner->losses && s < runner->plan->shards; s += threads) {
        runner->score_of[s] = 0;
        runner->loss_of[s] =
            loss_of_shard(runner->plan->k, runner->losses, runner->plan, s, NULL, &runner->score_of[s]);
    }
}

static void run_batch(Runner *runner, const real *x, int rows) {
    runner->x = x;
    plan_set(runner->plan, rows, 0, 0, false, true);
    pool_run(runner->pool, run_thread, runner);
}

/* The outputs of the last batch, rows in order. */
static void copy_outputs(const Plan *plan, int64_t size, real *out) {
    for (int s = 0; s < plan->shards; s++) {
        const Shard *shard = &plan->shard[s];
        memcpy(out + shard->first_row * size, plan_output(plan, s), (size_t)(shard->rows * size) * sizeof *out);
    }
}

bool plumb_predict(PlumbNet *net, const plumb_real *x, int64_t rows, plumb_real *out, const PlumbConfig *config,
                   PlumbError *error) {
    return plumb_node_output(net, x, rows, net->node_count - 1, out, config, error);
}

bool plumb_node_output(PlumbNet *net, const plumb_real *x, int64_t rows, int node, plumb_real *out,
                       const PlumbConfig *config, PlumbError *error) {
    Runner runner;
    int all = net->node_count;
    net->node_count = node + 1; /* a net that ends there: nothing behind is run */
    bool done = runner_open(&runner, net, rows, config, error);
    int64_t in = plumb_shape_size(net->node[0].about.shape), size = plumb_shape_size(net->node[node].about.shape);
    for (int64_t begin = 0; done && begin < rows; begin += runner.plan->batch) {
        int taken = rows - begin < runner.plan->batch ? (int)(rows - begin) : runner.plan->batch;
        run_batch(&runner, x + begin * in, taken);
        copy_outputs(runner.plan, size, out + begin * size);
    }
    runner_close(&runner);
    net->node_count = all;
    return done;
}

/* The loss's call, in an arena of its own. */
static const PlumbCall *loss_in(PlumbArena **arena, const PlumbData *data, const PlumbCall *loss, PlumbError *error) {
    *arena = plumb_arena_new();
    if (!*arena) {
        error_memory(error);
        return NULL;
    }
    return loss_of(data, loss, *arena, error);
}

/* ---- scores
 * ------------------------------------------------------------------------------------------------------------ */

static void confuse(const Plan *plan, const LossRows *batch, int rows, int64_t *confusion) {
    for (int s = 0; s < plan->shards; s++) {
        const Shard *shard = &plan->shard[s];
        const real *out = plan_output(plan, s);
        const int32_t *label = batch->label + shard->first_row * batch->labels;
        for (int64_t i = 0; i < (int64_t)shard->rows * batch->labels; i++) {
            int best = 0;
            for (int c = 1; batch->n > 1 && c < batch->classes; c++) {
                best = out[i * batch->classes + c] > out[i * batch->classes + best] ? c : best;
            }
            best = batch->n == 1 ? out[i] > 0 : best;
            confusion[(int64_t)label[i] * batch->classes + best]++;
        }
    }
    (void)rows;
}

typedef struct Squares { /* for rmse and r2 */
    double error, sum, squares;
    int64_t count;
} Squares;

static void add_squares(const Plan *plan, const LossRows *batch, Squares *squares) {
    for (int s = 0; s < plan->shards; s++) {
        const Shard *shard = &plan->shard[s];
        const real *out = plan_output(plan, s), *y = batch->y + shard->first_row * batch->n;
        for (int64_t i = 0; i < (int64_t)shard->rows * batch->n; i++) {
            double e = (double)out[i] - (double)y[i];
            squares->error += e * e;
            squares->sum += (double)y[i];
            squares->squares += (double)y[i] * (double)y[i];
            squares->count++;
        }
    }
}

static void finish(PlumbScore *score, const Squares *squares, double loss, double hits, int64_t rows, bool classify) {
    double n = (double)squares->count, variance = n > 0 ? squares->squares - squares->sum * squares->sum / n : 0;
    score->loss = loss / (double)rows;
    score->accuracy = classify ? hits / (double)rows : NAN;
    score->mae = classify ? NAN : hits / (double)rows;
    score->rmse = classify ? NAN : sqrt(squares->error / n);
    score->r2 = classify || variance <= 0 ? NAN : 1 - squares->error / variance;
}

static bool make_confusion(PlumbScore *score, const PlumbData *data, PlumbError *error) {
    *score = (PlumbScore){.classes = data->classify ? data->classes : 0};
    if (!data->classify) {
        return true;
    }
    score->confusion = calloc((size_t)data->classes * (size_t)data->classes, sizeof *score->confusion);
    return score->confusion ? true : error_memory(error);
}

static void evaluate_part(Runner *runner, const PlumbPart *part, LossRows *rows, PlumbScore *score) {
    int64_t size = plumb_shape_size(runner->plan->net->node[0].about.shape);
    double loss = 0, hits = 0;
    Squares squares = {0};
    for (int64_t begin = 0; begin < part->rows; begin += runner->plan->batch) {
        int taken = part->rows - begin < runner->plan->batch ? (int)(part->rows - begin) : runner->plan->batch;
        rows->batch = taken;
        rows->label = part->label ? part->label + begin * rows->labels : NULL;
        rows->y = part->label ? NULL : part->y + begin * rows->n;
        runner->losses = rows;
        run_batch(runner, part->x + begin * size, taken);
        for (int s = 0; s < runner->plan->shards; s++) {
            loss += runner->loss_of[s];
            hits += runner->score_of[s];
        }
        if (part->label) {
            confuse(runner->plan, rows, taken, score->confusion);
        } else {
            add_squares(runner->plan, rows, &squares);
        }
    }
    finish(score, &squares, loss, hits, part->rows, part->label);
}

bool plumb_evaluate(PlumbNet *net, const PlumbPart *part, const PlumbData *data, const PlumbCall *loss,
                    const PlumbConfig *config, PlumbScore *score, PlumbError *error) {
    PlumbArena *arena;
    const PlumbCall *call = loss_in(&arena, data, loss, error);
    LossRows rows;
    Runner runner = {0};
    *score = (PlumbScore){0};
    bool done = call && plumb_net_fits(net, data, call, error) && loss_rows(net, data, call, &rows, error) &&
                (part->rows > 0 || plumb_fail(error, PLUMB_ARGUMENT_ERROR, "there are no rows to evaluate on")) &&
                make_confusion(score, data, error) && runner_open(&runner, net, part->rows, config, error);
    if (done) {
        evaluate_part(&runner, part, &rows, score);
    } else {
        free(score->confusion);
        score->confusion = NULL;
    }
    runner_close(&runner);
    plumb_arena_free(arena);
    return done;
}

/* ---- does the net fit the data?
 * ------------------------------------------------------------------------------------------ */

static bool input_fits(const PlumbNet *net, const PlumbData *data, PlumbError *error) {
    PlumbShape in = net->node[0].about.shape;
    if (plumb_shape_size(in) == plumb_shape_size(data->x_shape)) {
        return true;
    }
    char text[64];
    plumb_fail(error, PLUMB_SHAPE_ERROR, "the rows of the data do not fit the input of %s", net->name);
    error_found(error, "rows of %s", plumb_shape_text(data->x_shape, text));
    error_expected(error, "%s", plumb_shape_text(in, text));
    return error_hint(error, "input(%s)", plumb_shape_text(data->x_shape, text));
}

bool plumb_net_fits(const PlumbNet *net, const PlumbData *data, const PlumbCall *loss, PlumbError *error) {
    if (net->unknown || net->node_count < 1 || strcmp(net->node[0].layer->entry.name, "input")) {
        return plumb_fail(error, PLUMB_SHAPE_ERROR, "net %s has no input and cannot be run by itself", net->name);
    }
    if (net->node_count < 2) {
        return plumb_fail(error, PLUMB_SHAPE_ERROR, "net %s has no layer behind its input", net->name);
    }
    PlumbArena *arena;
    const PlumbCall *call = loss_in(&arena, data, loss, error);
    LossRows rows;
    bool fits = call && input_fits(net, data, error) && loss_rows(net, data, call, &rows, error);
    plumb_arena_free(arena);
    return fits;
}

/* ---- one batch, forward and backward
 * ---------------------------------------------------------------------------------------- */

static bool measure_batch(PlumbNet *net, const PlumbData *data, const PlumbCall *recipe, const PlumbCall *loss,
                          Pool *pool, const PlumbConfig *config, PlumbProbe *probe, double *mean_loss,
                          PlumbError *error) {
    int shards = config->shards > 0 ? config->shards : machine_cores();
    const Kernels *k = kernels_find(config->backend, error);
    double wanted = plumb_call_number(recipe, "batch");
    int batch = wanted > (double)data->train.rows ? (int)data->train.rows : (int)wanted;
    Stepper stepper;
    if (!k || !stepper_init(&stepper, net, data, k, pool, batch, shards, loss, NULL, error)) {
        return false;
    }
    net_refresh(net, k);
    stepper_truncate(&stepper, recipe);
    stepper.plan->measuring = true;
    plan_set(stepper.plan, batch, config->seed, 0, true, true);
    stepper_run(&stepper);
    for (int i = 0; i < net->node_count; i++) {
        stepper_probe(&stepper, i, &probe[i]);
    }
    *mean_loss = stepper.loss;
    stepper_clear(&stepper);
    return true;
}

bool plumb_measure(PlumbNet *net, const PlumbData *data, const PlumbCall *recipe, const PlumbConfig *config,
                   PlumbProbe *probe, double *loss, PlumbError *error) {
    PlumbArena *arena;
    const PlumbCall *call = loss_in(&arena, data, plumb_call_call(recipe, "loss"), error);
    Pool *pool = NULL;
    bool done = call && plumb_net_fits(net, data, call, error) && plumb_net_make(net, config->seed, error) &&
                (pool = pool_for(config, error)) &&
                measure_batch(net, data, recipe, call, pool, config, probe, loss, error);
    pool_free(pool);
    plumb_arena_free(arena);
    return done;
}
