/* The backward pass in stages: behind each all threads meet, and the weights whose gradients are whole by then are
 * updated while they, their layers' inputs and gradients are still in the caches. A stage of little memory is not worth
 * its meeting. */
#include "draft.h"

/* A quarter of the second-level caches of today's processors, where floats are concerned. */
enum { STAGE_VALUES = 1 << 16 };

/* What one shard's backward pass of an op and its part of the update pass over. */
static int64_t values_of(const Plan *plan, int op) {
    int node = plan->op[op].node;
    const PlumbNode *about = &node_at(plan, node)->about;
    int64_t count = 2 * node_values(plan, node), weights = 0; /* output and gradient */
    for (int i = 0; i < about->input_count; i++) {
        count += node_values(plan, about->input[i]);
    }
    for (int w = about->first_weight; w < about->first_weight + about->weight_count; w++) {
        weights += plan->net->weight[w].size;
    }
    return count + 3 * weights / plan->shards; /* W, its transposed copy, dW */
}

void stages_find(Plan *plan) {
    int stage = 0;
    int64_t taken = 0;
    bool learns = false;
    for (int op = plan->op_count - 1; op >= 0; op--) {
        int node = plan->op[op].node;
        if (taken >= STAGE_VALUES && learns) {
            stage++;
            taken = 0;
            learns = false;
        }
        taken += plan->wants[node] ? values_of(plan, op) : 0;
        learns |= plan->wants[node] && node_at(plan, node)->about.weight_count > 0;
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
