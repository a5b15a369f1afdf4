/* The trainer: epochs of shuffled batches, observers, pause and continue. It knows none of its observers. */
#include "trainer.h"
#include "../core/error.h"
#include "lsuv.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WINDOW_ROWS = 1000, MANY_NODES = 500 };
static const double SUGGESTED_SHARE = 0.9;

/* ---- making ------------------------------------------------------------------------------------------------------ */

int machine_cores(void) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores > 0 ? (int)cores : 1;
}

Pool *pool_for(const PlumbConfig *config, PlumbError *error) {
    Pool *pool = pool_new(config->threads > 0 ? config->threads : machine_cores());
    if (!pool) {
        plumb_fail(error, PLUMB_MEMORY_ERROR, "cannot start %d threads", config->threads);
    }
    return pool;
}

static bool read_recipe(PlumbTrainer *trainer, const PlumbCall *recipe, PlumbError *error) {
    trainer->recipe = plumb_call_copy(trainer->arena, recipe);
    if (!trainer->recipe) {
        return error_memory(error);
    }
    recipe = trainer->recipe;
    trainer->loss = loss_of(trainer->data, plumb_call_call(recipe, "loss"), trainer->arena, error);
    trainer->schedule = plumb_call_call(recipe, "schedule");
    trainer->stop = plumb_call_call(recipe, "stop");
    const PlumbCall *every = plumb_call_call(recipe, "diagnostics");
    trainer->measure_every = every ? (int)plumb_call_number(every, "n") : 0;
    const PlumbValue *seed = plumb_call_value(recipe, "seed");
    trainer->seed = seed->type == PLUMB_V_NUMBER ? (uint64_t)seed->number : trainer->config.seed;
    return trainer->loss;
}

/* batch, steps, epochs: from the recipe and the number of rows. */
static bool count_steps(PlumbTrainer *trainer, PlumbError *error) {
    int64_t rows = trainer->data->train.rows;
    double batch = plumb_call_number(trainer->recipe, "batch");
    if (batch > (double)rows) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "the batch is larger than the train part");
        error_found(error, "batch = %.0f, %lld rows", batch, (long long)rows);
        return error_hint(error, "batch = %lld", (long long)rows);
    }
    trainer->batch = (int)batch;
    trainer->accumulate = (int)plumb_call_number(trainer->recipe, "accumulate");
    int64_t a_step = (int64_t)trainer->batch * trainer->accumulate;
    trainer->steps_an_epoch = (rows + a_step - 1) / a_step;
    const PlumbValue *steps = plumb_call_value(trainer->recipe, "steps");
    const PlumbValue *epochs = plumb_call_value(trainer->recipe, "epochs");
    trainer->steps =
        steps->type == PLUMB_V_NUMBER ? (int64_t)steps->number : (int64_t)epochs->number * trainer->steps_an_epoch;
    trainer->epochs = (int)((trainer->steps + trainer->steps_an_epoch - 1) / trainer->steps_an_epoch);
    return true;
}

/* The running mean begins with the weights as they are. */
static bool make_average(PlumbTrainer *trainer, PlumbError *error) {
    const PlumbValue *ema = plumb_call_value(trainer->recipe, "ema");
    size_t bytes = (size_t)trainer->net->parameter_count * sizeof(real);
    if (ema->type != PLUMB_V_NUMBER) {
        return true;
    }
    trainer->stepper.keep = ema->number;
    trainer->stepper.average = flat_new(trainer->net->parameter_count, FLAT_AVERAGE);
    if (!trainer->stepper.average) {
        return error_memory(error);
    }
    memcpy(trainer->stepper.average, trainer->net->parameters, bytes);
    return true;
}

static void find_ends(PlumbTrainer *trainer) {
    trainer->first_node = trainer->last_node = -1;
    for (int i = 0; i < trainer->net->node_count; i++) {
        const PlumbNode *node = &trainer->net->node[i].about;
        if (node->parameters > 0) {
            trainer->first_node = trainer->first_node < 0 ? i : trainer->first_node;
            trainer->last_node = i;
        }
    }
}

static bool make_parts(PlumbTrainer *trainer, PlumbError *error) {
    int shards = trainer->config.shards > 0 ? trainer->config.shards : machine_cores();
    const Kernels *k = kernels_find(trainer->config.backend, error);
    trainer->pool = k ? pool_for(&trainer->config, error) : NULL;
    if (!trainer->pool) {
        return false;
    }
    size_t nodes = (size_t)trainer->net->node_count;
    trainer->order = calloc((size_t)trainer->data->train.rows, sizeof *trainer->order);
    trainer->probe = calloc(nodes, sizeof *trainer->probe);
    trainer->dead = calloc(nodes, sizeof *trainer->dead);
    if (!trainer->order || !trainer->probe || !trainer->dead || !record_init(&trainer->record, trainer->net)) {
        return error_memory(error);
    }
    for (size_t i = 0; i < nodes; i++) {
        trainer->dead[i] = NAN;
    }
    const PlumbCall *optimizer = plumb_call_call(trainer->recipe, "optimizer");
    if (!stepper_init(&trainer->stepper, trainer->net, trainer->data, k, trainer->pool, trainer->batch, shards,
                      trainer->loss, optimizer, plumb_call_call(trainer->recipe, "clip"), error)) {
        return false;
    }
    stepper_truncate(&trainer->stepper, trainer->recipe);
    team_init(&trainer->team, trainer->pool);
    trainer->lr = trainer->stepper.update.lr;
    net_refresh(trainer->net, k); /* a file may have been loaded */
    return make_average(trainer, error);
}

PlumbTrainer *plumb_trainer_new(PlumbNet *net, const PlumbData *data, const PlumbCall *recipe,
                                const PlumbConfig *config, PlumbError *error) {
    PlumbTrainer *trainer = calloc(1, sizeof *trainer);
    if (!trainer) {
        error_memory(error);
        return NULL;
    }
    *trainer = (PlumbTrainer){.net = net, .data = data, .config = *config, .arena = plumb_arena_new()};
    bool done = trainer->arena ? read_recipe(trainer, recipe, error) : error_memory(error);
    if (!done || !plumb_recipe_check(trainer->recipe, error) || !plumb_net_fits(net, data, trainer->loss, error) ||
        !count_steps(trainer, error) || !plumb_net_make(net, config->seed, error) ||
        !lsuv_scale(net, data, trainer->batch, config, error) || !make_parts(trainer, error)) {
        plumb_trainer_free(trainer);
        return NULL;
    }
    find_ends(trainer);
    return trainer;
}

void plumb_trainer_free(PlumbTrainer *trainer) {
    if (!trainer) {
        return;
    }
    evaluation_free(trainer->evaluation);
    stepper_clear(&trainer->stepper);
    pool_free(trainer->pool);
    plumb_arena_free(trainer->arena);
    free(trainer->order);
    free(trainer->probe);
    free(trainer->dead);
    free(trainer->buffers);
    record_clear(&trainer->record);
    free(trainer->history);
    free(trainer);
}

bool plumb_trainer_observe(PlumbTrainer *trainer, PlumbObserver observer) {
    if (trainer->observer_count == OBSERVERS_MAX) {
        return false;
    }
    trainer->observer[trainer->observer_count++] = observer;
    return true;
}

void plumb_trainer_unobserve(PlumbTrainer *trainer, const void *self) {
    int kept = 0;
    for (int i = 0; i < trainer->observer_count; i++) {
        if (trainer->observer[i].self != self) {
            trainer->observer[kept++] = trainer->observer[i];
        }
    }
    trainer->observer_count = kept;
}

/* ---- a step ------------------------------------------------------------------------------------------------------ */

void trainer_shuffle(PlumbTrainer *trainer) {
    uint32_t rows = (uint32_t)trainer->data->train.rows;
    for (uint32_t i = 0; i < rows; i++) {
        trainer->order[i] = i;
    }
    draw_shuffle((Draw){trainer->seed, DRAW_SHUFFLE, (uint32_t)(trainer->step / trainer->steps_an_epoch)},
                 trainer->order, rows);
}

static void clear_window(PlumbTrainer *trainer) {
    for (int i = 0; i < trainer->net->node_count; i++) {
        trainer->dead[i] = trainer->probe[i].dead;
    }
    for (int s = 0; s < trainer->stepper.plan->shards; s++) {
        Shard *shard = &trainer->stepper.plan->shard[s];
        memset(shard->alive, 0, shard->alive_bytes);
    }
    trainer->window = 0;
}

static void probe_share(void *arg, int thread) {
    PlumbTrainer *trainer = arg;
    int64_t nodes = trainer->net->node_count;
    int threads = pool_threads(trainer->pool), end = (int)(nodes * (thread + 1) / threads);
    for (int i = (int)(nodes * thread / threads); i < end; i++) {
        stepper_probe(&trainer->stepper, i, &trainer->probe[i]);
    }
}

/* Where it takes longer than bringing the threads together. */
static void take_probes(PlumbTrainer *trainer) {
    int threads = pool_threads(trainer->pool);
    pool_use(trainer->pool, trainer->net->node_count < MANY_NODES ? 1 : threads);
    pool_run(trainer->pool, probe_share, trainer);
    pool_use(trainer->pool, threads);
}

/* Once there is one. */
static void use_full_window(PlumbTrainer *trainer) {
    for (int i = 0; i < trainer->net->node_count; i++) {
        if (!isnan(trainer->dead[i])) {
            trainer->probe[i].dead = trainer->dead[i];
        }
    }
}

static void measure(PlumbTrainer *trainer) {
    trainer->window += trainer->stepper.batch;
    take_probes(trainer);
    if (trainer->window >= WINDOW_ROWS) {
        clear_window(trainer);
    }
    use_full_window(trainer);
    if (trainer->first_node >= 0) {
        trainer->sum.first += trainer->probe[trainer->first_node].output_grad;
        trainer->sum.last += trainer->probe[trainer->last_node].output_grad;
        trainer->sum.ratio += stepper_update_ratio(&trainer->stepper);
        trainer->sum.measured++;
    }
    record_take(&trainer->record, trainer->step + 1, trainer->probe);
}

static bool measures(const PlumbTrainer *trainer) {
    return trainer->measure_every && trainer->step % trainer->measure_every == 0;
}

static double rate(const PlumbTrainer *trainer) {
    if (!trainer->schedule) {
        return trainer->lr;
    }
    Progress at = {.step = trainer->step,
                   .steps = trainer->steps,
                   .steps_an_epoch = trainer->steps_an_epoch,
                   .history = trainer->history,
                   .epochs = trainer->history_count};
    return trainer->lr * ((const Schedule *)trainer->schedule->entry)->factor(trainer->schedule, &at);
}

/* What is not finite is looked for where that was not asked for, too: the same step again, measured. Running statistics
 * are as they were before it; nothing else has changed. */
static void hold_step(PlumbTrainer *trainer, int64_t rows, bool measured) {
    Stepper *stepper = &trainer->stepper;
    memcpy(trainer->net->buffers, trainer->buffers, (size_t)trainer->net->buffer_count * sizeof(real));
    if (!measured) {
        stepper->plan->measuring = true;
        stepper_run(stepper, rows, trainer->seed, trainer->step * trainer->accumulate, true, false);
        memcpy(trainer->net->buffers, trainer->buffers, (size_t)trainer->net->buffer_count * sizeof(real));
    }
    take_probes(trainer);
    use_full_window(trainer);
    for (int i = 0; i < trainer->net->node_count; i++) {
        trainer->probe[i].update_ratio = NAN; /* nothing has moved */
    }
}

/* False: it is held. */
static bool take_step(PlumbTrainer *trainer) {
    Stepper *stepper = &trainer->stepper;
    int64_t in_epoch = trainer->step % trainer->steps_an_epoch;
    int64_t a_step = (int64_t)trainer->batch * trainer->accumulate, begin = in_epoch * a_step;
    int64_t left = trainer->data->train.rows - begin, rows = left < a_step ? left : a_step;
    bool measured = measures(trainer);
    if (in_epoch == 0) {
        trainer_shuffle(trainer);
    }
    stepper->index = trainer->order + begin;
    stepper->augments = trainer->data->augment_count > 0;
    stepper->epoch = (uint32_t)(trainer->step / trainer->steps_an_epoch);
    stepper->plan->measuring = measured;
    optimizer_at(&stepper->update, trainer->step + 1);
    stepper->update.lr = rate(trainer);
    if (stepper->holds) {
        memcpy(trainer->buffers, trainer->net->buffers, (size_t)trainer->net->buffer_count * sizeof(real));
    }
    stepper_run(stepper, rows, trainer->seed, trainer->step * trainer->accumulate, true, false);
    if (stepper->held) {
        hold_step(trainer, rows, measured);
        return false;
    }
    trainer->sum.loss += stepper->loss * stepper->rows.total;
    trainer->sum.total += stepper->rows.total;
    trainer->sum.score += stepper->score * (double)rows;
    trainer->sum.rows += rows;
    if (measured) {
        measure(trainer);
    }
    meter_add(&trainer->meter, sqrt(stepper->grad_squares), stepper->scale);
    trainer->step++;
    return true;
}

/* ---- the running mean of the weights ----------------------------------------------------------------------------- */

/* The net's weights and their mean change places. */
static void exchange(PlumbTrainer *trainer) {
    real *w = trainer->net->parameters, *average = trainer->stepper.average;
    for (int64_t i = 0; i < trainer->net->parameter_count; i++) {
        real kept = w[i];
        w[i] = average[i];
        average[i] = kept;
    }
    net_refresh(trainer->net, trainer->stepper.k);
    trainer->averaged = !trainer->averaged;
}

static void use_average(PlumbTrainer *trainer, bool wanted) {
    if (trainer->stepper.average && trainer->averaged != wanted) {
        exchange(trainer);
    }
}

/* ---- epochs and history ------------------------------------------------------------------------------------------ */

static bool remember(PlumbTrainer *trainer, const PlumbEpoch *epoch) {
    if (trainer->history_count == trainer->history_space) {
        int space = trainer->history_space ? 2 * trainer->history_space : 64;
        PlumbEpoch *grown = realloc(trainer->history, (size_t)space * sizeof *grown);
        if (!grown) {
            return false;
        }
        trainer->history = grown;
        trainer->history_space = space;
    }
    trainer->history[trainer->history_count++] = *epoch;
    return true;
}

static double mean(double sum, double count) {
    return count > 0 ? sum / count : NAN;
}

/* Loss and metric on the test part. */
static bool test(PlumbTrainer *trainer, PlumbEpoch *epoch, PlumbError *error) {
    const PlumbData *data = trainer->data;
    if (!trainer->evaluation) {
        trainer->evaluation =
            evaluation_new(trainer->net, &data->test, data, trainer->loss, &trainer->config, trainer->pool, error);
    }
    if (!trainer->evaluation) {
        return false;
    }
    use_average(trainer, true);
    PlumbScore score = evaluation_run(trainer->evaluation);
    use_average(trainer, false);
    epoch->test_loss = score.loss;
    epoch->test_metric = data->classify ? score.accuracy : score.mae;
    return true;
}

static bool end_epoch(PlumbTrainer *trainer, double seconds, PlumbError *error) {
    PlumbEpoch epoch = {
        .epoch = trainer->history_count + 1,
        .step = trainer->step,
        .loss = mean(trainer->sum.loss, trainer->sum.total),
        .metric = mean(trainer->sum.score, (double)trainer->sum.rows),
        .test_loss = NAN,
        .test_metric = NAN,
        .grad_first = mean(trainer->sum.first, (double)trainer->sum.measured),
        .grad_last = mean(trainer->sum.last, (double)trainer->sum.measured),
        .update_ratio = mean(trainer->sum.ratio, (double)trainer->sum.measured),
        .seconds = seconds,
    };
    memset(&trainer->sum, 0, sizeof trainer->sum);
    if (trainer->data->test.rows && !test(trainer, &epoch, error)) {
        return false;
    }
    if (!remember(trainer, &epoch)) {
        return error_memory(error);
    }
    for (int i = 0; i < trainer->observer_count; i++) {
        if (trainer->observer[i].epoch) {
            trainer->observer[i].epoch(trainer->observer[i].self, &epoch);
        }
    }
    return true;
}

/* Prechelt 1998: no better loss in the last n epochs. */
static bool out_of_patience(const PlumbTrainer *trainer) {
    if (!trainer->stop) {
        return false;
    }
    int patience = (int)plumb_call_number(trainer->stop, "n"), best = 0;
    for (int i = 1; i < trainer->history_count; i++) {
        const PlumbEpoch *old = &trainer->history[best], *now = &trainer->history[i];
        bool test = !isnan(now->test_loss);
        best = (test ? now->test_loss < old->test_loss : now->loss < old->loss) ? i : best;
    }
    return trainer->history_count - 1 - best >= patience;
}

static bool tell_step(const PlumbTrainer *trainer, bool measured) {
    bool held = trainer->stepper.held;
    int64_t at = trainer->step + held;
    PlumbStep step = {.step = at,
                      .steps = trainer->steps,
                      .epoch = (int)((at - 1) / trainer->steps_an_epoch) + 1,
                      .epochs = trainer->epochs,
                      .loss = trainer->stepper.loss,
                      .grad_norm = sqrt(trainer->stepper.grad_squares),
                      .clip_factor = held ? 1 : trainer->stepper.scale,
                      .probe = measured || held ? trainer->probe : NULL,
                      .held = held};
    bool go = true;
    for (int i = 0; i < trainer->observer_count; i++) {
        if (trainer->observer[i].step && !trainer->observer[i].step(trainer->observer[i].self, &step)) {
            go = false;
        }
    }
    return go;
}

static double clock_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* An epoch's steps are done and its row of the history is not written yet: also where a checkpoint was taken in
 * between. */
static bool epoch_is_due(const PlumbTrainer *trainer) {
    int64_t told = trainer->history_count ? trainer->history[trainer->history_count - 1].step : 0;
    bool whole = trainer->step % trainer->steps_an_epoch == 0 || trainer->step == trainer->steps;
    return whole && trainer->step > told;
}

static bool between_epochs(const PlumbTrainer *trainer) {
    return trainer->history_count && trainer->history[trainer->history_count - 1].step == trainer->step;
}

static PlumbOutcome train(PlumbTrainer *trainer, int64_t until, double start, PlumbError *error) {
    for (bool go = true;;) {
        if (epoch_is_due(trainer) && !end_epoch(trainer, clock_seconds() - start, error)) {
            return PLUMB_FAILED;
        }
        if (between_epochs(trainer) && out_of_patience(trainer)) {
            return PLUMB_STOPPED;
        }
        if (trainer->step >= until || !go) {
            return trainer->step < trainer->steps ? PLUMB_PAUSED : PLUMB_DONE;
        }
        bool measured = measures(trainer);
        double begun = clock_seconds();
        bool taken = take_step(trainer);
        team_note(&trainer->team, trainer->pool, clock_seconds() - begun);
        trainer->seconds = clock_seconds() - start;
        go = tell_step(trainer, measured) && !atomic_exchange(&trainer->pause, false);
        if (!taken) {
            atomic_store(&trainer->pause, false);
            return PLUMB_PAUSED;
        }
    }
}

PlumbOutcome plumb_trainer_run(PlumbTrainer *trainer, int64_t most, PlumbError *error) {
    int64_t until = most > 0 && most < trainer->steps - trainer->step ? trainer->step + most : trainer->steps;
    double start = clock_seconds() - trainer->seconds;
    use_average(trainer, false);
    PlumbOutcome outcome = train(trainer, until, start, error);
    use_average(trainer, outcome == PLUMB_DONE || outcome == PLUMB_STOPPED);
    trainer->seconds = clock_seconds() - start;
    for (int i = 0; i < trainer->observer_count && (outcome == PLUMB_DONE || outcome == PLUMB_STOPPED); i++) {
        if (trainer->observer[i].end && trainer->history_count) {
            trainer->observer[i].end(trainer->observer[i].self, &trainer->history[trainer->history_count - 1]);
        }
    }
    return outcome;
}

/* ---- looking ----------------------------------------------------------------------------------------------------- */

void plumb_trainer_pause(PlumbTrainer *trainer) {
    atomic_store(&trainer->pause, true);
}
bool plumb_trainer_hold(PlumbTrainer *trainer, bool hold) {
    if (hold && !trainer->buffers) {
        trainer->buffers = calloc((size_t)trainer->net->buffer_count + 1, sizeof *trainer->buffers);
    }
    trainer->stepper.holds = hold && trainer->buffers;
    return !hold || trainer->buffers;
}
const PlumbRecord *plumb_trainer_record(const PlumbTrainer *trainer) {
    return &trainer->record;
}
int plumb_trainer_shards(const PlumbTrainer *trainer) {
    return trainer->stepper.plan->shards;
}
uint64_t plumb_trainer_seed(const PlumbTrainer *trainer) {
    return trainer->seed;
}
int64_t plumb_trainer_steps(const PlumbTrainer *trainer, int64_t *of) {
    *of = trainer->steps;
    return trainer->step;
}
int plumb_trainer_history(const PlumbTrainer *trainer, const PlumbEpoch **epochs) {
    *epochs = trainer->history;
    return trainer->history_count;
}
PlumbClipping plumb_trainer_clipping(const PlumbTrainer *trainer) {
    const Meter *meter = &trainer->meter;
    const PlumbCall *clip = plumb_call_call(trainer->recipe, "clip");
    bool counted = clip && ((const Clip *)clip->entry)->scope != CLIP_NUMBER && meter->steps;
    return (PlumbClipping){.share = counted ? (double)meter->engaged / (double)meter->steps : NAN,
                           .factor = mean(meter->factors, meter->engaged),
                           .suggested = meter_quantile(meter, SUGGESTED_SHARE)};
}
const PlumbProbe *plumb_trainer_probes(const PlumbTrainer *trainer) {
    return trainer->probe;
}
