/* How a plan's work is shared out: most layers by rows of the batch, wide dense layers by outputs; and the steps and
 * meetings that follow.
 *
 * By rows every thread reads all weights, and those that another thread has just updated come from its core, line by
 * line. By outputs a thread reads, differentiates and updates one part of W, and what comes from other cores is
 * activations: forward the input of the others' rows; back the gradient of the output, and the sums over the others'
 * outputs that dL/dx = dz W is made of. */
#include "../layers/common.h"
#include "plan.h"

enum {
    WEIGHTS_LEAST = 1 << 16, /* of a layer: with fewer, its meetings cost more than the weights */
    PART_MOST = 1 << 18,     /* weights of a part: 1 MB, which stays in a core's cache from shard to shard */
    ROWS_FEW = 64,           /* with so few a larger part pays too: weights are all that takes time */
    OUTPUTS_TOGETHER = 16    /* of a part, at least: whole lines of the transposed copy */
};

static const NetNode *node_at(const Plan *plan, int i) {
    return &plan->net->node[i];
}

/* ---- which way --------------------------------------------------------------------------------------------------- */

/* Does less cross between cores by outputs? Counted in values, the share 1 - 1 / shards of them left out. */
static bool crosses_less(int64_t n, int64_t k, int64_t rows, int64_t uses) {
    return n * k * uses > rows * (k * uses + n);
}

static bool is_wide(const Plan *plan, int node) {
    const LayerSite *site = &node_at(plan, node)->site;
    int64_t n = last_axis(site->shape), k = last_axis(site->input[0]);
    int64_t rows = (int64_t)plan->batch * vectors(site->shape);
    return n >= OUTPUTS_TOGETHER * plan->shards && n * k >= WEIGHTS_LEAST &&
           (n * k <= (int64_t)PART_MOST * plan->shards || rows <= ROWS_FEW) &&
           crosses_less(n, k, rows, 1 + plan_wants_input(plan, node));
}

Outputs split_part(const Plan *plan, int node, int s) {
    int n = last_axis(node_at(plan, node)->about.shape), unit = OUTPUTS_TOGETHER;
    int first = (int)((int64_t)n * s / plan->shards / unit * unit);
    int end = s + 1 == plan->shards ? n : (int)((int64_t)n * (s + 1) / plan->shards / unit * unit);
    return (Outputs){first, end - first};
}

/* The node whose memory holds the output of an op. */
static int output_of(const Plan *plan, int op) {
    return plan->op[op].act >= 0 ? plan->op[op].act : plan->op[op].node;
}

bool split_passes_parts(const Plan *plan, int op) {
    int node = plan->op[op].node;
    if (op == 0 || !plan->by_outputs[plan->op[op - 1].node] || plan->input_run[plan->first_input[node]].adds) {
        return false;
    }
    int before = output_of(plan, op - 1), inputs = last_axis(node_at(plan, node)->site.input[0]);
    return plan->root[node_at(plan, node)->about.input[0]] == before &&
           last_axis(node_at(plan, before)->about.shape) == inputs;
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

/* By outputs an op needs all rows of its input, and the op behind it the outputs of all. */
static bool meets_forward(const Plan *plan, int op) {
    return plan->by_outputs[plan->op[op].node] || (op > 0 && plan->by_outputs[plan->op[op - 1].node]);
}

/* What the op behind left in parts is taken on as it is. */
static bool meets_back(const Plan *plan, int op) {
    bool passed =
        op + 1 < plan->op_count && plan->by_outputs[plan->op[op + 1].node] && split_passes_parts(plan, op + 1);
    return plan->by_outputs[plan->op[op].node] && !passed;
}

/* By outputs a gradient of the input is summed up in a phase of its own. */
static int phases_of(const Plan *plan, int node, bool back) {
    const Layer *layer = node_at(plan, node)->layer;
    int declared = back ? layer->backward_phases : layer->forward_phases;
    if (back && plan->by_outputs[node]) {
        return 1 + plan_wants_input(plan, node);
    }
    return declared > 1 ? declared : 1;
}

static void add_steps(Plan *plan, int op, bool back) {
    int phases = phases_of(plan, plan->op[op].node, back);
    for (int phase = 0; phase < phases; phase++) {
        bool meet = phase > 0 || (back ? meets_back(plan, op) : meets_forward(plan, op));
        plan->step[plan->step_count++] = (Step){op, phase, back, meet};
    }
}

void split_find(Plan *plan) {
    for (int op = 0; op < plan->op_count && plan->shards > 1; op++) {
        int node = plan->op[op].node;
        plan->by_outputs[node] = node_at(plan, node)->layer->in_parts && plan->late[node] && is_wide(plan, node);
    }
    for (int op = 0; op < plan->op_count; op++) {
        add_steps(plan, op, false);
    }
    plan->forward_count = plan->step_count;
    for (int op = plan->op_count - 1; plan->training && op >= 0; op--) {
        if (plan->wants[plan->op[op].node]) {
            add_steps(plan, op, true);
        }
    }
}

/* ---- partial sums ------------------------------------------------------------------------------------------------ */

/* Two buffers are enough: between an op's summing up and the next but one's partial sums all threads meet. */
bool split_make(Plan *plan) {
    int64_t rows = (plan->batch + plan->shards - 1) / plan->shards;
    for (int i = 0; i < plan->net->node_count; i++) {
        int64_t size = plan->by_outputs[i] ? padded(rows * plumb_shape_size(node_at(plan, i)->site.input[0])) : 0;
        plan->partial = size > plan->partial ? size : plan->partial;
    }
    if (!plan->partial) {
        return true;
    }
    plan->partials = aligned_zeroed((size_t)(2 * plan->shards * plan->shards * plan->partial) * sizeof(real));
    return plan->partials;
}

real *split_partial(const Plan *plan, int op, int p, int s) {
    return plan->partials + ((op % 2 * plan->shards + p) * plan->shards + s) * plan->partial;
}
