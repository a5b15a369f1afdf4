/* Running a plan: each thread takes its shards through the steps, and all meet where a step says so. */
#include "../layers/common.h"
#include "../layers/dense.h"
#include "plan.h"
#include <math.h>
#include <string.h>

static bool is_set(const RunOf *a, const RunOf *b) {
    return a->rows == b->rows && a->truncate == b->truncate && a->seed == b->seed && a->training == b->training &&
           a->still == b->still && a->measuring == b->measuring;
}

static void set_passes(Plan *plan, Shard *shard) {
    const RunOf *set = &plan->set;
    for (int i = 0; i < plan->net->node_count; i++) {
        Pass *pass = &shard->pass[i];
        NodeRun *run = &shard->run[i];
        pass->rows = shard->rows;
        pass->first_row = shard->first_row;
        pass->batch = set->rows;
        pass->seed = set->seed;
        pass->training = set->training;
        pass->still = set->still;
        pass->tally_out = set->measuring ? &run->tally_out : NULL;
        pass->tally_d_out = set->measuring ? &run->tally_d_out : NULL;
        pass->truncate = set->truncate;
        pass->through = set->measuring && plan->net->node[i].time_steps ? &run->through : NULL;
    }
}

void plan_set(Plan *plan, int rows, uint64_t seed, int64_t step, bool training, bool still) {
    RunOf set = {rows, plan->truncate, seed, training, still, plan->measuring};
    bool as_before = is_set(&plan->set, &set);
    plan->set = set;
    for (int s = 0; s < plan->shards; s++) {
        Shard *shard = &plan->shard[s];
        shard->first_row = (int64_t)rows * s / plan->shards;
        shard->rows = (int)((int64_t)rows * (s + 1) / plan->shards - shard->first_row);
        if (!as_before) {
            set_passes(plan, shard);
        }
        for (int i = 0; plan->random && i < plan->net->node_count; i++) {
            shard->pass[i].step = step;
        }
    }
}

void plan_gather(Plan *plan, int s, const real *x, const uint32_t *index) {
    Shard *shard = &plan->shard[s];
    int64_t size = plumb_shape_size(plan->net->node[0].about.shape);
    real *out = shard->run[0].out;
    if (!index) {
        memcpy(out, x + shard->first_row * size, (size_t)(shard->rows * size) * sizeof *out);
        return;
    }
    for (int i = 0; i < shard->rows; i++) {
        memcpy(out + i * size, x + index[shard->first_row + i] * size, (size_t)size * sizeof *out);
    }
}

/* ---- one step of one shard -------------------------------------------------------------------------------------- */

static DenseAct fused(const Shard *shard, const Op *op) {
    const Pass *act = &shard->pass[op->act];
    NodeRun *run = &shard->run[op->act];
    return (DenseAct){.act = op->phi,
                      .a = op->a,
                      .y = run->out,
                      .dy = run->d_out,
                      .dz = shard->run[op->node].d_out,
                      .tally_y = act->tally_out,
                      .tally_dy = act->tally_d_out};
}

/* In blocks of channels; those that are alive anyway are passed over as a block. */
static void mark_blocks(const Pass *pass, int channels, int64_t places, unsigned char *alive) {
    const real *y = pass->out;
    for (int64_t at = 0; at < (int64_t)pass->rows * channels; at += CHANNEL_BLOCK, y += places * CHANNEL_BLOCK) {
        unsigned char *unit = &alive[at % channels];
        if (!memchr(unit, 0, CHANNEL_BLOCK)) {
            continue;
        }
        for (int64_t i = 0; i < places * CHANNEL_BLOCK; i++) {
            unit[i % CHANNEL_BLOCK] |= y[i] != 0;
        }
    }
}

/* A channel of an image is a unit: alive where any of its places is. */
static void mark_channels(const Pass *pass, unsigned char *alive) {
    int channels = channels_of(pass->site->shape);
    int64_t places = plumb_shape_size(pass->site->shape) / channels;
    const real *y = pass->out;
    if (pass->blocked) {
        mark_blocks(pass, channels, places, alive);
        return;
    }
    for (int64_t plane = 0; plane < (int64_t)pass->rows * channels; plane++, y += places) {
        unsigned char *unit = &alive[plane % channels];
        for (int64_t i = 0; i < places && !*unit; i++) {
            *unit = y[i] != 0;
        }
    }
}

/* What is alive stays so until the window ends: most steps find no unit left to look for. */
static bool all_alive(const unsigned char *alive, int units) {
    return !memchr(alive, 0, (size_t)units);
}

static void find_alive(const Pass *pass, unsigned char *alive) {
    int units = channels_of(pass->site->shape);
    if (all_alive(alive, units)) {
        return;
    }
    if (pass->site->shape.rank == 3) {
        mark_channels(pass, alive);
    } else {
        pass->k->mark_alive(values(pass) / units, units, pass->out, alive);
    }
}

static void measure_output(const Plan *plan, const Shard *shard, int node) {
    const Pass *pass = &shard->pass[node];
    if (!pass->layer->tallies_out) {
        plan->k->tally(values(pass), pass->out, pass->tally_out);
    }
    if (shard->run[node].alive) {
        find_alive(pass, shard->run[node].alive);
    }
}

static void run_forward(const Plan *plan, const Shard *shard, const Step *step) {
    const Op *op = &plan->op[step->op];
    Pass *pass = &shard->pass[op->node];
    const Layer *layer = pass->layer;
    pass->phase = step->phase;
    pass->joint = plan->joints ? &plan->joints[2 * plan->shards * op->node] : NULL;
    if (op->act >= 0) {
        DenseAct act = fused(shard, op);
        dense_forward(pass, &act);
    } else {
        layer->forward(pass);
    }
    bool last = step->phase + 1 >= layer->forward_phases;
    if (plan->measuring && last) {
        measure_output(plan, shard, op->act >= 0 ? op->act : op->node);
    }
}

/* Inputs that another consumer wrote before: what came to `spare` is added. */
static void add_spares(const Plan *plan, const Shard *shard, int node) {
    const NetNode *about = &plan->net->node[node];
    for (int i = 0; i < about->about.input_count; i++) {
        int root = plan->root[about->about.input[i]];
        if (plan->input_run[plan->first_input[node] + i].adds && shard->pass[node].d_in[i]) {
            plan->k->add(shard->rows * plumb_shape_size(about->site.input[i]), shard->pass[node].d_in[i],
                         shard->run[root].d_out);
        }
    }
}

static void run_backward(const Plan *plan, const Shard *shard, const Step *step) {
    const Op *op = &plan->op[step->op];
    Pass *pass = &shard->pass[op->node];
    const Layer *layer = pass->layer;
    pass->phase = step->phase;
    pass->joint = plan->joints ? &plan->joints[2 * plan->shards * op->node + plan->shards] : NULL;
    if (op->act >= 0) {
        DenseAct act = fused(shard, op);
        dense_backward(pass, &act);
    } else {
        if (plan->measuring && step->phase == 0 && !layer->tallies_d_out) {
            plan->k->tally(pass->rows * plumb_shape_size(pass->site->shape), pass->d_out, pass->tally_d_out);
        }
        layer->backward(pass);
    }
    if (op->adds && step->phase + 1 >= layer->backward_phases) {
        add_spares(plan, shard, op->node);
    }
}

/* ---- by outputs -------------------------------------------------------------------------------------------------- */

/* One shard's part of the outputs for another's rows; what is counted goes to the former. */
static void run_part(const Plan *plan, const Shard *part, const Shard *rows, const Step *step) {
    const Op *op = &plan->op[step->op];
    const Layer *layer = plan->net->node[op->node].layer;
    Pass pass = rows->pass[op->node];
    const Pass *mine = &part->pass[op->node];
    real *d_in = pass.d_in[0] ? split_partial(plan, step->op, mine->shard, pass.shard) : NULL;
    pass.outputs = split_part(plan, op->node, mine->shard);
    pass.tally_out = mine->tally_out;
    pass.tally_d_out = mine->tally_d_out;
    pass.d_in = &d_in;
    if (op->act < 0) {
        (step->back ? layer->backward : layer->forward)(&pass);
        return;
    }
    DenseAct act = fused(rows, op);
    act.tally_y = part->pass[op->act].tally_out;
    act.tally_dy = part->pass[op->act].tally_d_out;
    (step->back ? dense_backward : dense_forward)(&pass, &act);
}

static void mark_part(const Plan *plan, const Shard *part, int node) {
    unsigned char *alive = part->run[node].alive;
    Outputs of = split_part(plan, node, part->pass[node].shard);
    if (!alive || all_alive(alive + of.first, of.count)) {
        return;
    }
    for (int s = 0; s < plan->shards; s++) {
        const Pass *rows = &plan->shard[s].pass[node];
        int n = last_axis(rows->site->shape);
        for (int64_t at = of.first; at < values(rows); at += n) {
            plan->k->mark_alive(1, of.count, rows->out + at, alive + of.first);
        }
    }
}

/* dL/dx, `of` its values, for the rows of one shard: the sum of all parts, in their order. */
static void sum_partials(const Plan *plan, int op, const Shard *shard, Outputs of) {
    const Pass *pass = &shard->pass[plan->op[op].node];
    int k = last_axis(pass->site->input[0]);
    int64_t size = pass->rows * plumb_shape_size(pass->site->input[0]), length = of.count < k ? of.count : size;
    for (int64_t at = of.first; at < size; at += of.count < k ? k : size) {
        plan->k->scale(length, 1, split_partial(plan, op, 0, pass->shard) + at, pass->d_in[0] + at);
        for (int p = 1; p < plan->shards; p++) {
            plan->k->add(length, split_partial(plan, op, p, pass->shard) + at, pass->d_in[0] + at);
        }
    }
}

/* All values of this shard's rows, or its part of them for the rows of all. */
static void sum_input_gradient(const Plan *plan, int op, const Shard *shard) {
    const Pass *pass = &shard->pass[plan->op[op].node];
    if (!split_passes_parts(plan, op)) {
        sum_partials(plan, op, shard, (Outputs){0, last_axis(pass->site->input[0])});
        add_spares(plan, shard, pass->node);
        return;
    }
    for (int s = 0; s < plan->shards; s++) {
        sum_partials(plan, op, &plan->shard[s], split_part(plan, plan->op[op - 1].node, pass->shard));
    }
}

static void run_by_outputs(const Plan *plan, const Shard *shard, const Step *step) {
    const Op *op = &plan->op[step->op];
    if (step->phase == 1) {
        sum_input_gradient(plan, step->op, shard);
        return;
    }
    for (int s = 0; s < plan->shards; s++) {
        run_part(plan, shard, &plan->shard[s], step);
    }
    if (plan->measuring && !step->back) {
        mark_part(plan, shard, op->act >= 0 ? op->act : op->node);
    }
}

static void run_step(const Plan *plan, const Shard *shard, const Step *step) {
    if (plan->by_outputs[plan->op[step->op].node]) {
        run_by_outputs(plan, shard, step);
    } else {
        (step->back ? run_backward : run_forward)(plan, shard, step);
    }
}

/* ---- all steps ------------------------------------------------------------------------------------------------- */

/* Steps from `begin` to the next meeting, or `end`. */
static int segment_end(const Plan *plan, int begin, int end) {
    int at = begin + 1;
    while (at < end && !plan->step[at].meet) {
        at++;
    }
    return at;
}

static void run_steps(Plan *plan, int thread, int begin, int end) {
    int threads = pool_threads(plan->pool);
    for (int next; begin < end; begin = next) {
        next = segment_end(plan, begin, end);
        if (plan->step[begin].meet) {
            pool_barrier(plan->pool, thread);
        }
        for (int s = thread; s < plan->shards; s += threads) {
            for (int i = begin; i < next; i++) {
                run_step(plan, &plan->shard[s], &plan->step[i]);
            }
        }
    }
}

static void clear_figures(const Plan *plan, Shard *shard) {
    for (int i = 0; i < plan->net->node_count; i++) {
        NodeRun *run = &shard->run[i];
        run->tally_out = run->tally_d_out = (Tally){0};
        if (shard->pass[i].through) {
            memset(run->through.squares, 0, (size_t)plan->net->node[i].time_steps * sizeof *run->through.squares);
            run->through = (ThroughTime){.squares = run->through.squares};
        }
    }
}

void plan_forward(Plan *plan, int thread) {
    for (int s = thread; plan->measuring && s < plan->shards; s += pool_threads(plan->pool)) {
        clear_figures(plan, &plan->shard[s]);
    }
    run_steps(plan, thread, 0, plan->forward_count);
    if (plan->op_count && plan->by_outputs[plan->op[plan->op_count - 1].node]) {
        pool_barrier(plan->pool, thread); /* each shard's output is everybody's work */
    }
}

void plan_backward(Plan *plan, int thread, int stage) {
    run_steps(plan, thread, plan->stage_step[stage], plan->stage_step[stage + 1]);
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static void join(const Tally *from, Tally *to) {
    to->sum += from->sum;
    to->sum_squares += from->sum_squares;
    to->saturated += from->saturated;
    to->nonfinite += from->nonfinite;
    to->count += from->count;
}

static void sum_tallies(const Plan *plan, int node, Tally *out, Tally *d_out) {
    *out = plan->shard[0].run[node].tally_out;
    *d_out = plan->shard[0].run[node].tally_d_out;
    for (int s = 1; s < plan->shards; s++) { /* in order: the same bits whatever the threads */
        join(&plan->shard[s].run[node].tally_out, out);
        join(&plan->shard[s].run[node].tally_d_out, d_out);
    }
}

static double dead_share(const Plan *plan, int node) {
    if (!plan->shard[0].run[node].alive) {
        return NAN;
    }
    int units = channels_of(plan->net->node[node].about.shape), dead = 0;
    if (all_alive(plan->shard[0].run[node].alive, units)) {
        return 0;
    }
    for (int u = 0; u < units; u++) {
        bool alive = false;
        for (int s = 0; s < plan->shards; s++) {
            alive |= plan->shard[s].run[node].alive[u];
        }
        dead += !alive;
    }
    return (double)dead / units;
}

/* A tally of a view is that of the memory it looks at. */
void plan_probe(const Plan *plan, int node, PlumbProbe *probe) {
    Tally out, d_out;
    sum_tallies(plan, plan->root[node], &out, &d_out);
    bool activation = plan->net->node[node].layer->entry.kind == PLUMB_ACTIVATION;
    /* The figures of the finite values alone would look healthy, or like 0. */
    bool measured = out.count && !out.nonfinite, back = d_out.count && !d_out.nonfinite;
    double mean = measured ? out.sum / out.count : NAN;
    *probe = (PlumbProbe){
        .grad_norm = NAN,
        .weight_norm = NAN,
        .update_ratio = NAN,
        .output_grad = back ? sqrt(d_out.sum_squares / d_out.count) : NAN,
        .signal = measured ? sqrt(out.sum_squares / out.count) : NAN,
        .mean = mean,
        .std = measured ? sqrt(fmax(out.sum_squares / out.count - mean * mean, 0)) : NAN,
        .saturated = activation && out.count ? out.saturated / out.count : NAN,
        .dead = activation ? dead_share(plan, node) : NAN,
        .nonfinite = (int64_t)(out.nonfinite + d_out.nonfinite),
    };
}

void plan_tell_through_time(const Plan *plan, int node) {
    NetNode *about = &plan->net->node[node];
    if (!about->time_steps) {
        return;
    }
    double values = 0, gate[LAYER_GATES_MAX] = {0};
    for (int s = 0; s < plan->shards; s++) { /* in order, as the tallies */
        const ThroughTime *through = &plan->shard[s].run[node].through;
        values += through->values;
        for (int g = 0; g < LAYER_GATES_MAX; g++) {
            gate[g] += through->gate[g];
        }
    }
    if (values == 0) { /* nothing depends on it */
        return;
    }
    for (int t = 0; t < about->time_steps; t++) {
        double squares = 0;
        for (int s = 0; s < plan->shards; s++) {
            squares += plan->shard[s].run[node].through.squares[t];
        }
        about->through_time[t] = sqrt(squares / values);
    }
    for (int g = 0; g < LAYER_GATES_MAX; g++) {
        about->gate_mean[g] = gate[g] / (values * about->time_steps);
    }
    about->measured = true;
}
