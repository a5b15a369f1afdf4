/* The backward pass in stages: behind each all threads meet, and the weights whose gradients are whole by then are
 * updated while they, their layers' inputs and gradients are still in the caches. Only memory and time depend on the
 * stages, so they may depend on the number of threads. */
#include "draft.h"

/* Values that one shard passes over in a stage: alone a thread keeps to half its second-level cache. Several lose at
 * each meeting, as the weights of few layers are never shared out evenly: they keep to the third one. */
enum { STAGE_ALONE = 1 << 16, STAGE_SHARED = 1 << 20, WEIGHTS_PART = 16 /* so little of it is weights at least */ };

static int64_t weights_of(const Plan *plan, int op) {
    const PlumbNode *about = &node_at(plan, plan->op[op].node)->about;
    int64_t count = 0;
    for (int w = about->first_weight; w < about->first_weight + about->weight_count; w++) {
        count += plan->net->weight[w].size;
    }
    return count;
}

/* What one shard's backward pass of an op and its part of the update pass over: inputs, output and its gradient, W, its
 * transposed copy and dW. */
static int64_t values_of(const Plan *plan, int op) {
    int node = plan->op[op].node;
    const PlumbNode *about = &node_at(plan, node)->about;
    int64_t count = 2 * node_values(plan, node) + 3 * weights_of(plan, op) / plan->shards;
    for (int i = 0; i < about->input_count; i++) {
        count += node_values(plan, about->input[i]);
    }
    return count;
}

void stages_find(Plan *plan) {
    int64_t most = pool_size(plan->pool) == 1 ? STAGE_ALONE : STAGE_SHARED, taken = 0, weights = 0;
    int stage = 0;
    for (int op = plan->op_count - 1; op >= 0; op--) {
        if (taken >= most && weights >= most / WEIGHTS_PART) {
            stage++;
            taken = weights = 0;
        }
        if (plan->wants[plan->op[op].node]) {
            taken += values_of(plan, op);
            weights += weights_of(plan, op);
        }
        plan->stage[op] = stage;
        plan->stage_end[stage] = op;
    }
    plan->stage_count = stage + 1;
}

void stages_begin(Plan *plan) {
    int at = plan->forward_count;
    for (int stage = 0; stage < plan->stage_count; stage++) {
        plan->stage_step[stage] = at;
        while (at < plan->step_count && plan->stage[plan->step[at].op] == stage) {
            at++;
        }
    }
    plan->stage_step[plan->stage_count] = plan->step_count;
}
