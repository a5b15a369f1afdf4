/* Making a plan: which nodes run, in which steps, and where everything lies. */
#include "../layers/common.h"
#include "draft.h"
#include "error.h"
#include <stdlib.h>
#include <string.h>

/* A plan's memory is refused beyond this many bytes a shard: 256 GiB. */
#define SHARD_BYTES_MAX ((int64_t)1 << 38)

/* ---- which nodes run --------------------------------------------------------------------------------------------- */

static void find_live(const Plan *plan, Draft *draft) {
    int count = plan->net->node_count;
    draft->live[count - 1] = true;
    draft->live[0] = true;
    for (int i = count - 1; i >= 0; i--) {
        for (int j = 0; draft->live[i] && j < node_at(plan, i)->about.input_count; j++) {
            draft->live[node_at(plan, i)->about.input[j]] = true;
        }
    }
}

static bool learns(const Plan *plan, int i) {
    const PlumbNode *node = &node_at(plan, i)->about;
    for (int w = 0; w < node->weight_count; w++) {
        if (plan->net->weight[node->first_weight + w].spec.learned) {
            return true;
        }
    }
    return false;
}

static void find_wants(Plan *plan) {
    for (int i = 0; i < plan->net->node_count; i++) {
        plan->wants[i] = learns(plan, i);
        for (int j = 0; j < node_at(plan, i)->about.input_count; j++) {
            plan->wants[i] |= plan->wants[node_at(plan, i)->about.input[j]];
        }
    }
}

static bool is_view(const Plan *plan, int i) {
    return plan->root[i] != i;
}

/* What lies in blocks of channels is no array of another shape: a view of it is one of its own. */
static void find_roots(Plan *plan, Draft *draft) {
    for (int i = 0; i < plan->net->node_count; i++) {
        const NetNode *node = node_at(plan, i);
        bool view = node->layer->view && !plan->blocked[node->about.input[0]];
        plan->root[i] = view ? plan->root[node->about.input[0]] : i;
        for (int j = 0; j < node->about.input_count; j++) {
            draft->consumers[plan->root[node->about.input[j]]] += draft->live[i] && !view;
        }
    }
}

/* May `i`, the node behind the dense node `dense`, run in one pass with it? */
static bool fuses(const Plan *plan, const Draft *draft, int dense, int i) {
    return i < plan->net->node_count && draft->live[i] && !strcmp(node_at(plan, dense)->layer->entry.name, "dense") &&
           node_at(plan, i)->layer->entry.kind == PLUMB_ACTIVATION && node_at(plan, i)->about.input[0] == dense &&
           draft->consumers[dense] == 1;
}

static void find_ops(Plan *plan, Draft *draft) {
    for (int i = 0; i < plan->net->node_count; i++) {
        draft->op_of[i] = -1;
    }
    for (int i = 1; i < plan->net->node_count; i++) {
        if (!draft->live[i] || is_view(plan, i) || draft->op_of[i] >= 0) {
            continue;
        }
        bool pair = fuses(plan, draft, i, i + 1);
        draft->op_of[i] = plan->op_count;
        if (pair) {
            draft->op_of[i + 1] = plan->op_count;
        }
        plan->op[plan->op_count] = (Op){.node = i, .act = -1};
        if (pair) {
            const PlumbCall *act = node_at(plan, i + 1)->site.call;
            plan->op[plan->op_count] = (Op){
                .node = i, .act = i + 1, .phi = layer_of(act)->act, .a = act->count ? (real)act->arg[0].number : 0};
        }
        plan->random |= node_at(plan, i)->layer->random;
        plan->op_count++;
    }
    for (int i = 0; i < plan->net->node_count; i++) {
        for (int j = 0; j < node_at(plan, i)->about.input_count && draft->op_of[i] >= 0; j++) {
            draft->last_reader[plan->root[node_at(plan, i)->about.input[j]]] = draft->op_of[i];
        }
    }
}

/* Taken once from the rows of all shards, a gradient is written once, where it is needed, instead of once a shard and
 * then summed. For that the gradient of the layer's output must be kept: where it is no larger than what is saved. Not
 * for weights that nodes share. */
static void find_late(Plan *plan, int *users) {
    memset(users, 0, (size_t)plan->net->weight_count * sizeof *users);
    for (int i = 0; i < plan->net->node_count; i++) {
        users[node_at(plan, i)->about.first_weight] += node_at(plan, i)->about.weight_count > 0;
    }
    for (int op = 0; plan->training && op < plan->op_count; op++) {
        int node = plan->op[op].node, weight = node_at(plan, node)->about.first_weight;
        if (plan->wants[node] && node_at(plan, node)->about.weight_count && users[weight] == 1) {
            const NetWeight *first = &plan->net->weight[weight];
            plan->late[node] = first->spec.late && node_values(plan, node) <= padded(first->size);
        }
    }
}

/* Where each learned weight's gradient lies in a shard: those that are late are not there. */
static void find_gradients(Plan *plan) {
    for (int w = 0; w < plan->net->weight_count; w++) {
        const NetWeight *weight = &plan->net->weight[w];
        plan->gradient[w] = plan->training && weight->spec.learned ? 0 : -1;
    }
    for (int i = 0; i < plan->net->node_count; i++) {
        plan->gradient[node_at(plan, i)->about.first_weight] -= plan->late[i];
    }
    for (int w = 0; w < plan->net->weight_count; w++) {
        if (plan->gradient[w] == 0) {
            plan->gradient[w] = plan->gradient_count;
            plan->gradient_count += padded(plan->net->weight[w].size);
        }
    }
}

/* The first writer of a root's gradient writes it, the later ones (earlier ops) go through `spare`. */
static void place_spares(Plan *plan, Draft *draft, bool *written) {
    memset(written, 0, (size_t)plan->net->node_count * sizeof *written);
    for (int op = plan->op_count - 1; op >= 0; op--) {
        int node = plan->op[op].node;
        int64_t spare = 0;
        for (int j = 0; plan->wants[node] && j < node_at(plan, node)->about.input_count; j++) {
            int root = plan->root[node_at(plan, node)->about.input[j]];
            plan->input_run[plan->first_input[node] + j].adds = written[root];
            plan->op[op].adds |= written[root];
            spare += written[root] ? node_values(plan, root) : 0;
            written[root] = true;
        }
        draft->spare = spare > draft->spare ? spare : draft->spare;
    }
}

/* Shared weights: the first backward of the net's order writes their gradient, the later ones add to it. */
static void find_adds(const Plan *plan, Draft *draft, bool *written) {
    for (int op = plan->op_count - 1; op >= 0; op--) {
        int node = plan->op[op].node;
        const PlumbNode *about = &node_at(plan, node)->about;
        if (plan->wants[node] && about->weight_count) {
            draft->adds[node] = written[about->first_weight];
            written[about->first_weight] = true;
        }
    }
}

/* ---- what layers make for themselves ----------------------------------------------------------------------------- */

bool plan_wants_input(const Plan *plan, int i) {
    const PlumbNode *node = &node_at(plan, i)->about;
    return plan->training && node->input_count && plan->wants[plan->root[node->input[0]]];
}

static bool prepare(Plan *plan) {
    int nodes = plan->net->node_count;
    for (int op = 0; op < plan->op_count; op++) {
        int i = plan->op[op].node;
        const NetNode *node = node_at(plan, i);
        Use use = {(int)most_rows(plan), plan->training, plan_wants_input(plan, i), plan->blocked[node->about.input[0]],
                   plan->blocked[i]};
        for (int s = 0; node->layer->prepare && s < plan->shards; s++) {
            plan->prepared[s * nodes + i] = node->layer->prepare(&node->site, plan->k, &use);
            if (!plan->prepared[s * nodes + i]) {
                return false;
            }
        }
    }
    return true;
}

static void release(Plan *plan) {
    for (int i = 0; plan->prepared && i < plan->shards * plan->net->node_count; i++) {
        if (plan->prepared[i]) {
            plan->prepared[i]->release(plan->prepared[i]);
        }
    }
    free(plan->prepared);
}

static int64_t in_reals(size_t bytes) {
    return padded((int64_t)((bytes + sizeof(real) - 1) / sizeof(real)));
}

static void count_memory(const Plan *plan, Draft *draft) {
    int rows = (int)most_rows(plan);
    for (int op = 0; op < plan->op_count; op++) {
        const NetNode *node = node_at(plan, plan->op[op].node);
        draft->save_total += node->layer->save_bytes ? in_reals(node->layer->save_bytes(&node->site, rows)) : 0;
        draft->joint_total += node->layer->joint_bytes ? 2 * in_reals(node->layer->joint_bytes(&node->site)) : 0;
        int64_t scratch = node->layer->scratch_bytes ? in_reals(node->layer->scratch_bytes(&node->site, rows)) : 0;
        draft->scratch = scratch > draft->scratch ? scratch : draft->scratch;
        for (int s = 0; s < plan->shards; s++) {
            const Prepared *prepared = plan->prepared[s * plan->net->node_count + plan->op[op].node];
            scratch = prepared ? in_reals(prepared->scratch_bytes) : 0;
            draft->scratch = scratch > draft->scratch ? scratch : draft->scratch;
        }
    }
    for (int i = 0; i < plan->net->node_count; i++) {
        draft->pointer_count += 2 * node_at(plan, i)->about.input_count + 3 * node_at(plan, i)->about.weight_count;
    }
}

/* ---- shards ------------------------------------------------------------------------------------------------------ */

static bool counts_dead(const Layer *layer) {
    return layer->act == ACT_RELU || layer->act == ACT_LEAKY_RELU || layer->act == ACT_RELU6;
}

/* Cuts the shard's one block into its parts. */
typedef struct Cutter {
    real *next;
} Cutter;

static real *cut(Cutter *cutter, int64_t reals) {
    real *part = cutter->next;
    cutter->next += padded(reals);
    return part;
}

static void point_weights(const Plan *plan, Shard *shard, int i, real ***next) {
    const PlumbNode *node = &node_at(plan, i)->about;
    Pass *pass = &shard->pass[i];
    real **w = *next, **wt = w + node->weight_count, **dw = wt + node->weight_count;
    *next = dw + node->weight_count;
    for (int j = 0; j < node->weight_count; j++) {
        const NetWeight *weight = &plan->net->weight[node->first_weight + j];
        w[j] = weight->about.value;
        wt[j] = weight->transposed;
        int64_t gradient = plan->gradient[node->first_weight + j];
        dw[j] = gradient < 0 ? NULL : shard->gradients + gradient;
    }
    pass->w = w;
    pass->wt = wt;
    pass->dw = dw;
}

static void point_inputs(const Plan *plan, Shard *shard, int i, real ***next) {
    const NetNode *node = node_at(plan, i);
    Pass *pass = &shard->pass[i];
    real **in = *next, **d_in = in + node->about.input_count, *spare = shard->spare;
    *next = d_in + node->about.input_count;
    for (int j = 0; j < node->about.input_count; j++) {
        int root = plan->root[node->about.input[j]];
        bool adds = plan->training && plan->input_run[plan->first_input[i] + j].adds;
        in[j] = shard->run[root].out;
        d_in[j] = !plan->training || !plan->wants[root] || !shard->run[root].d_out ? NULL
                  : adds                                                           ? spare
                                                                                   : shard->run[root].d_out;
        spare += adds ? node_values(plan, root) : 0;
    }
    pass->in = (const real *const *)in;
    pass->d_in = d_in;
}

static void point_outputs(const Plan *plan, const Draft *draft, Shard *shard, real *outputs, real *gradients) {
    for (int i = 0; i < plan->net->node_count; i++) {
        if (!draft->live[i]) {
            continue;
        }
        int home = out_home(plan, draft, i), root = plan->root[i];
        shard->run[i].out = outputs + draft->out_at[home];
        int fused = draft->op_of[root] >= 0 ? plan->op[draft->op_of[root]].act : -1;
        int gradient = fused >= 0 ? fused : root; /* dz takes dy's place */
        shard->run[i].d_out =
            plan->training && draft->gradient_at[gradient] >= 0 ? gradients + draft->gradient_at[gradient] : NULL;
    }
}

static int64_t joint_reals(const NetNode *node) {
    return node->layer->joint_bytes ? in_reals(node->layer->joint_bytes(&node->site)) : 0;
}

static void point_passes(Plan *plan, const Draft *draft, Shard *shard, int s, Cutter *cutter, void *scratch) {
    real **next = shard->pointers;
    for (int i = 0; i < plan->net->node_count; i++) {
        const NetNode *node = node_at(plan, i);
        bool runs = draft->op_of[i] >= 0;
        size_t save = runs && node->layer->save_bytes ? node->layer->save_bytes(&node->site, (int)most_rows(plan)) : 0;
        shard->pass[i] = (Pass){.k = plan->k,
                                .layer = node->layer,
                                .site = &node->site,
                                .shard = s,
                                .shards = plan->shards,
                                .node = i,
                                .plan = plan->prepared[s * plan->net->node_count + i],
                                .blocked = node->about.input_count && plan->blocked[node->about.input[0]],
                                .adds = draft->adds[i],
                                .late = plan->late[i],
                                .outputs = {0, last_axis(node->about.shape)},
                                .out = shard->run[i].out,
                                .d_out = shard->run[i].d_out,
                                .save = save ? cut(cutter, in_reals(save)) : NULL,
                                .scratch = scratch};
        point_inputs(plan, shard, i, &next);
        point_weights(plan, shard, i, &next);
    }
}

/* Shares of `joint`: all shards see all. Forward and backward have their own, so that one cannot overtake the other. */
static bool point_joints(Plan *plan) {
    int shards = plan->shards, nodes = plan->net->node_count;
    int64_t total = 0;
    for (int i = 0; i < nodes; i++) {
        total += joint_reals(node_at(plan, i));
    }
    if (!total) {
        return true;
    }
    plan->joint = aligned_zeroed((size_t)(total * 2 * shards) * sizeof(real));
    plan->joints = calloc((size_t)(2 * nodes * shards), sizeof *plan->joints);
    if (!plan->joint || !plan->joints) {
        return false;
    }
    real *next = plan->joint;
    for (int i = 0; i < nodes; i++) {
        for (int s = 0; s < 2 * shards; s++) {
            plan->joints[2 * shards * i + s] = next;
            next += joint_reals(node_at(plan, i));
        }
    }
    return true;
}

static bool make_alive(Plan *plan, Shard *shard) {
    size_t total = 0;
    for (int i = 0; i < plan->net->node_count; i++) {
        total += counts_dead(node_at(plan, i)->layer) ? (size_t)channels_of(node_at(plan, i)->about.shape) : 0;
    }
    shard->alive = calloc(total + 1, 1);
    shard->alive_bytes = total;
    unsigned char *next = shard->alive;
    for (int i = 0; next && i < plan->net->node_count; i++) {
        if (counts_dead(node_at(plan, i)->layer)) {
            shard->run[i].alive = next;
            next += channels_of(node_at(plan, i)->about.shape);
        }
    }
    return shard->alive;
}

static bool make_squares(const Plan *plan, Shard *shard) {
    size_t total = 0;
    for (int i = 0; i < plan->net->node_count; i++) {
        total += (size_t)node_at(plan, i)->time_steps;
    }
    shard->squares = calloc(total + 1, sizeof *shard->squares);
    double *next = shard->squares;
    for (int i = 0; next && i < plan->net->node_count; i++) {
        shard->run[i].through.squares = next;
        next += node_at(plan, i)->time_steps;
    }
    return shard->squares;
}

static bool make_shard(Plan *plan, const Draft *draft, int s) {
    Shard *shard = &plan->shard[s];
    int nodes = plan->net->node_count;
    int64_t total = draft->out_total + draft->gradient_total + draft->spare + draft->save_total + draft->scratch +
                    plan->gradient_count + 16 * ALIGN_REALS;
    if (total > SHARD_BYTES_MAX / (int64_t)sizeof(real)) {
        return false;
    }
    shard->memory = aligned_zeroed((size_t)total * sizeof(real));
    shard->run = calloc((size_t)nodes, sizeof *shard->run);
    shard->pass = calloc((size_t)nodes, sizeof *shard->pass);
    shard->pointers = calloc((size_t)draft->pointer_count + 1, sizeof *shard->pointers);
    if (!shard->memory || !shard->run || !shard->pass || !shard->pointers || !make_alive(plan, shard) ||
        !make_squares(plan, shard)) {
        return false;
    }
    Cutter cutter = {shard->memory};
    shard->gradients = cut(&cutter, plan->gradient_count);
    real *outputs = cut(&cutter, draft->out_total), *gradients = cut(&cutter, draft->gradient_total);
    shard->spare = cut(&cutter, draft->spare);
    real *scratch = cut(&cutter, draft->scratch);
    point_outputs(plan, draft, shard, outputs, gradients);
    point_passes(plan, draft, shard, s, &cutter, scratch);
    return true;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static bool allocate(Plan *plan, Draft *draft) {
    size_t n = (size_t)plan->net->node_count, inputs = 0;
    for (size_t i = 0; i < n; i++) {
        inputs += (size_t)plan->net->node[i].about.input_count;
    }
    plan->op = calloc(n, sizeof *plan->op);
    plan->step = calloc(8 * n, sizeof *plan->step); /* at most four phases each way */
    plan->root = calloc(n, sizeof *plan->root);
    plan->wants = calloc(n, sizeof *plan->wants);
    plan->blocked = calloc(n, sizeof *plan->blocked);
    plan->late = calloc(n, sizeof *plan->late);
    plan->stage = calloc(n, sizeof *plan->stage);
    plan->stage_end = calloc(n, sizeof *plan->stage_end);
    plan->stage_step = calloc(n + 1, sizeof *plan->stage_step);
    plan->gradient = calloc((size_t)plan->net->weight_count + 1, sizeof *plan->gradient);
    plan->by_outputs = calloc(n, sizeof *plan->by_outputs);
    plan->first_input = calloc(n, sizeof *plan->first_input);
    plan->input_run = calloc(inputs + 1, sizeof *plan->input_run);
    plan->shard = calloc((size_t)plan->shards, sizeof *plan->shard);
    plan->prepared = calloc(n * (size_t)plan->shards, sizeof *plan->prepared);
    draft->live = calloc(n, sizeof *draft->live);
    draft->op_of = calloc(n, sizeof *draft->op_of);
    draft->consumers = calloc(n + 1, sizeof *draft->consumers);
    draft->last_reader = calloc(n, sizeof *draft->last_reader);
    draft->adds = calloc(n, sizeof *draft->adds);
    draft->out_at = calloc(n, sizeof *draft->out_at);
    draft->gradient_at = calloc(n, sizeof *draft->gradient_at);
    for (size_t i = 0; plan->first_input && draft->gradient_at && i < n; i++) {
        plan->first_input[i] = i ? plan->first_input[i - 1] + plan->net->node[i - 1].about.input_count : 0;
        draft->gradient_at[i] = -1;
    }
    return plan->op && plan->step && plan->root && plan->wants && plan->blocked && plan->late && plan->stage &&
           plan->stage_end && plan->stage_step && plan->gradient && plan->by_outputs && plan->first_input &&
           plan->input_run && plan->shard && plan->prepared && draft->live && draft->op_of && draft->consumers &&
           draft->last_reader && draft->adds && draft->out_at && draft->gradient_at;
}

static bool lay_out(Plan *plan, Draft *draft) {
    size_t n = (size_t)plan->net->node_count;
    bool *written = calloc(n + (size_t)plan->net->weight_count, sizeof *written);
    int *users = calloc((size_t)plan->net->weight_count + 1, sizeof *users);
    bool done = written && users;
    if (done) {
        find_live(plan, draft);
        find_wants(plan);
        blocks_find(plan, draft->live, (int)most_rows(plan));
        find_roots(plan, draft);
        find_ops(plan, draft);
        find_late(plan, users);
        stages_find(plan);
        find_gradients(plan);
        done = places_find(plan, draft);
        place_spares(plan, draft, written);
        split_find(plan);
        stages_begin(plan);
        find_adds(plan, draft, written + n);
        done = done && prepare(plan);
        count_memory(plan, draft);
    }
    free(written);
    free(users);
    for (int s = 0; done && s < plan->shards; s++) {
        done = make_shard(plan, draft, s);
    }
    return done && point_joints(plan) && split_make(plan);
}

static void draft_free(Draft *draft) {
    free(draft->live);
    free(draft->op_of);
    free(draft->consumers);
    free(draft->last_reader);
    free(draft->adds);
    free(draft->out_at);
    free(draft->gradient_at);
}

Plan *plan_new(PlumbNet *net, const Kernels *k, Pool *pool, int batch, int shards, bool training, PlumbError *error) {
    Plan *plan = calloc(1, sizeof *plan);
    Draft draft = {0};
    if (!plan) {
        error_memory(error);
        return NULL;
    }
    *plan = (Plan){.net = net, .k = k, .pool = pool, .batch = batch, .shards = shards, .training = training};
    bool done = allocate(plan, &draft) && lay_out(plan, &draft);
    draft_free(&draft);
    if (!done) {
        plan_free(plan);
        plumb_fail(error, PLUMB_MEMORY_ERROR, "not enough memory to run %s on batches of %d", net->name, batch);
        return NULL;
    }
    return plan;
}

void plan_free(Plan *plan) {
    if (!plan) {
        return;
    }
    for (int s = 0; plan->shard && s < plan->shards; s++) {
        Shard *shard = &plan->shard[s];
        free(shard->memory);
        free(shard->run);
        free(shard->pass);
        free(shard->pointers);
        free(shard->alive);
        free(shard->squares);
    }
    release(plan);
    free(plan->shard);
    free(plan->joint);
    free(plan->joints);
    free(plan->op);
    free(plan->step);
    free(plan->root);
    free(plan->wants);
    free(plan->blocked);
    free(plan->late);
    free(plan->stage);
    free(plan->stage_end);
    free(plan->stage_step);
    free(plan->gradient);
    free(plan->by_outputs);
    free(plan->partials);
    free(plan->first_input);
    free(plan->input_run);
    free(plan);
}

const real *plan_output(const Plan *plan, int s) {
    return plan->shard[s].run[plan->net->node_count - 1].out;
}

real *plan_output_gradient(const Plan *plan, int s) {
    return plan->shard[s].run[plan->net->node_count - 1].d_out;
}
