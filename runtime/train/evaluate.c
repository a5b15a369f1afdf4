/* Running a trained net: scores, outputs, and one batch measured without an update. */
#include "evaluate.h"
#include "../core/error.h"
#include "lsuv.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EVALUATION_BATCH = 512, EVALUATION_VALUES = 1 << 24 /* of one node, what it saves included: 64 MiB */ };

/* ---- a net run forward over many rows ---------------------------------------------------------------------------- */

typedef struct Runner {
    Pool *pool, *own; /* own: NULL where the pool is borrowed */
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

/* A NULL pool: one of its own. */
static bool runner_open(Runner *runner, PlumbNet *net, int64_t rows, const PlumbConfig *config, Pool *pool,
                        PlumbError *error) {
    int shards = config->shards > 0 ? config->shards : machine_cores();
    const Kernels *k = kernels_find(config->backend, error);
    *runner = (Runner){0};
    if (!k || !plumb_net_make(net, config->seed, error)) {
        return false;
    }
    net_refresh(net, k);
    int batch = evaluation_batch(net, rows);
    runner->own = pool ? NULL : pool_for(config, error);
    runner->pool = pool ? pool : runner->own;
    runner->plan = runner->pool ? plan_new(net, k, runner->pool, batch, shards, false, error) : NULL;
    runner->loss_of = calloc((size_t)shards, sizeof *runner->loss_of);
    runner->score_of = calloc((size_t)shards, sizeof *runner->score_of);
    return runner->plan && (runner->loss_of && runner->score_of ? true : error_memory(error));
}

static void runner_close(Runner *runner) {
    plan_free(runner->plan);
    pool_free(runner->own);
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
    bool done = runner_open(&runner, net, rows, config, NULL, error);
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

/* ---- scores ------------------------------------------------------------------------------------------------------ */

enum { TOP = 5 };

typedef struct Count { /* over the rows seen so far */
    double loss, hits;
    int64_t labels, top; /* labels, and those among the TOP largest outputs */
    int64_t *confusion;
    double error, sum, squares; /* of values, for rmse and r2 */
    int64_t values;
} Count;

static int largest(const real *out, int classes) {
    int best = 0;
    for (int c = 1; c < classes; c++) {
        best = out[c] > out[best] ? c : best;
    }
    return best;
}

/* Fewer than TOP outputs are larger than that of the label. */
static bool in_top(const real *out, int classes, int32_t label) {
    int larger = 0;
    for (int c = 0; c < classes; c++) {
        larger += out[c] > out[label];
    }
    return larger < TOP && !isnan(out[label]);
}

static void count_labels(const Plan *plan, const LossRows *batch, Count *count) {
    int outputs = batch->n / batch->labels; /* 1: yes where it is above 0 */
    for (int s = 0; s < plan->shards; s++) {
        const Shard *shard = &plan->shard[s];
        const int32_t *label = batch->label + shard->first_row * batch->labels;
        for (int64_t i = 0; i < (int64_t)shard->rows * batch->labels; i++) {
            const real *out = plan_output(plan, s) + i * outputs;
            int said = outputs == 1 ? *out > 0 : largest(out, outputs);
            count->confusion[(int64_t)label[i] * batch->classes + said]++;
            count->top += batch->classes > TOP && in_top(out, outputs, label[i]);
            count->labels++;
        }
    }
}

static void count_values(const Plan *plan, const LossRows *batch, Count *count) {
    for (int s = 0; s < plan->shards; s++) {
        const Shard *shard = &plan->shard[s];
        const real *out = plan_output(plan, s), *y = batch->y + shard->first_row * batch->n;
        for (int64_t i = 0; i < (int64_t)shard->rows * batch->n; i++) {
            double e = (double)out[i] - (double)y[i];
            count->error += e * e;
            count->sum += (double)y[i];
            count->squares += (double)y[i] * (double)y[i];
            count->values++;
        }
    }
}

/* total: what the mean of the losses is over. */
static void finish(PlumbScore *score, const Count *count, double total, int64_t rows, bool classify) {
    double n = (double)count->values, variance = n > 0 ? count->squares - count->sum * count->sum / n : 0;
    score->loss = total > 0 ? count->loss / total : 0;
    score->accuracy = classify ? count->hits / (double)rows : NAN;
    score->top5 = classify && score->classes > TOP ? (double)count->top / (double)count->labels : NAN;
    score->mae = classify ? NAN : count->hits / (double)rows;
    score->rmse = classify ? NAN : sqrt(count->error / n);
    score->r2 = classify || variance <= 0 ? NAN : 1 - count->error / variance;
}

void plumb_class_score(const PlumbScore *score, int of_class, PlumbClassScore *of) {
    int64_t hits = score->confusion[(int64_t)of_class * score->classes + of_class], said = 0, rows = 0;
    for (int c = 0; c < score->classes; c++) {
        rows += score->confusion[(int64_t)of_class * score->classes + c];
        said += score->confusion[(int64_t)c * score->classes + of_class];
    }
    *of = (PlumbClassScore){.rows = rows,
                            .precision = said ? (double)hits / (double)said : NAN,
                            .recall = rows ? (double)hits / (double)rows : NAN,
                            .f1 = said + rows ? 2 * (double)hits / (double)(said + rows) : NAN};
}

static bool make_confusion(PlumbScore *score, const PlumbData *data, PlumbError *error) {
    *score = (PlumbScore){.classes = data->classify ? data->classes : 0};
    if (!data->classify) {
        return true;
    }
    score->confusion = calloc((size_t)data->classes * (size_t)data->classes, sizeof *score->confusion);
    return score->confusion ? true : error_memory(error);
}

struct Evaluation {
    Runner runner;
    LossRows rows;
    const PlumbPart *part;
    PlumbScore score; /* its confusion matrix */
};

Evaluation *evaluation_new(PlumbNet *net, const PlumbPart *part, const PlumbData *data, const PlumbCall *loss,
                           const PlumbConfig *config, Pool *pool, PlumbError *error) {
    Evaluation *evaluation = calloc(1, sizeof *evaluation);
    if (!evaluation) {
        error_memory(error);
        return NULL;
    }
    evaluation->part = part;
    if (!loss_rows(net, data, loss, &evaluation->rows, error) || !make_confusion(&evaluation->score, data, error) ||
        !runner_open(&evaluation->runner, net, part->rows, config, pool, error)) {
        evaluation_free(evaluation);
        return NULL;
    }
    evaluation->runner.losses = &evaluation->rows;
    return evaluation;
}

void evaluation_free(Evaluation *evaluation) {
    if (evaluation) {
        runner_close(&evaluation->runner);
        free(evaluation->score.confusion);
        free(evaluation);
    }
}

PlumbScore evaluation_run(Evaluation *evaluation) {
    Runner *runner = &evaluation->runner;
    const PlumbPart *part = evaluation->part;
    LossRows *rows = &evaluation->rows;
    PlumbScore score = evaluation->score;
    int64_t size = plumb_shape_size(runner->plan->net->node[0].about.shape);
    double total = loss_total(rows, part->label, NULL, part->rows);
    Count count = {.confusion = score.confusion};
    if (score.confusion) {
        memset(score.confusion, 0, (size_t)score.classes * (size_t)score.classes * sizeof *score.confusion);
    }
    for (int64_t begin = 0; begin < part->rows; begin += runner->plan->batch) {
        int taken = part->rows - begin < runner->plan->batch ? (int)(part->rows - begin) : runner->plan->batch;
        rows->total = taken; /* no gradient is asked for */
        rows->label = part->label ? part->label + begin * rows->labels : NULL;
        rows->y = part->label ? NULL : part->y + begin * rows->n;
        run_batch(runner, part->x + begin * size, taken);
        for (int s = 0; s < runner->plan->shards; s++) {
            count.loss += runner->loss_of[s];
            count.hits += runner->score_of[s];
        }
        (part->label ? count_labels : count_values)(runner->plan, rows, &count);
    }
    finish(&score, &count, total, part->rows, part->label);
    return score;
}

bool plumb_evaluate(PlumbNet *net, const PlumbPart *part, const PlumbData *data, const PlumbCall *loss,
                    const PlumbConfig *config, PlumbScore *score, PlumbError *error) {
    PlumbArena *arena;
    const PlumbCall *call = loss_in(&arena, data, loss, error);
    Evaluation *evaluation = NULL;
    *score = (PlumbScore){0};
    if (call && plumb_net_fits(net, data, call, error) &&
        (part->rows > 0 || plumb_fail(error, PLUMB_ARGUMENT_ERROR, "there are no rows to evaluate on"))) {
        evaluation = evaluation_new(net, part, data, call, config, NULL, error);
    }
    bool done = evaluation;
    if (done) {
        *score = evaluation_run(evaluation);
        evaluation->score.confusion = NULL; /* the caller's now */
    }
    evaluation_free(evaluation);
    plumb_arena_free(arena);
    return done;
}

/* ---- does the net fit the data? ---------------------------------------------------------------------------------- */

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

/* Does the layer read the data itself, or a view of it? */
static bool reads_input(const PlumbNet *net, const NetNode *node) {
    int at = node->about.input_count ? node->about.input[0] : -1;
    while (at > 0 && net->node[at].layer->view) {
        at = net->node[at].about.input[0];
    }
    return at == 0;
}

static bool values_fit(const PlumbNet *net, const PlumbData *data, PlumbError *error) {
    for (int i = 1; i < net->node_count; i++) {
        const NetNode *node = &net->node[i];
        if (node->layer->accepts && reads_input(net, node) &&
            (!node->layer->accepts(&node->site, data->train.x, data->train.rows, error) ||
             !node->layer->accepts(&node->site, data->test.x, data->test.rows, error))) {
            return false;
        }
    }
    return true;
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
    bool fits = call && input_fits(net, data, error) && loss_rows(net, data, call, &rows, error) &&
                values_fit(net, data, error);
    plumb_arena_free(arena);
    return fits;
}

/* ---- one batch, forward and backward ----------------------------------------------------------------------------- */

static int first_batch(const PlumbData *data, const PlumbCall *recipe) {
    double wanted = plumb_call_number(recipe, "batch");
    return wanted > (double)data->train.rows ? (int)data->train.rows : (int)wanted;
}

static bool measure_batch(PlumbNet *net, const PlumbData *data, const PlumbCall *recipe, const PlumbCall *loss,
                          Pool *pool, const PlumbConfig *config, PlumbProbe *probe, double *mean_loss,
                          PlumbError *error) {
    int shards = config->shards > 0 ? config->shards : machine_cores();
    const Kernels *k = kernels_find(config->backend, error);
    int batch = first_batch(data, recipe);
    Stepper stepper;
    if (!k || !stepper_init(&stepper, net, data, k, pool, batch, shards, loss, NULL, NULL, error)) {
        return false;
    }
    net_refresh(net, k);
    stepper_truncate(&stepper, recipe);
    stepper.plan->measuring = true;
    stepper_run(&stepper, batch, config->seed, 0, true, true);
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
                lsuv_scale(net, data, first_batch(data, recipe), config, error) && (pool = pool_for(config, error)) &&
                measure_batch(net, data, recipe, call, pool, config, probe, loss, error);
    pool_free(pool);
    plumb_arena_free(arena);
    return done;
}
