/* Which images of a plan lie in blocks of channels: then convolutions need not reorder them, and norms run along
 * channels. Layers that want their arrays alike hold together; one array that has to be plain makes all of them plain.
 */
#include "plan.h"

static const NetNode *node_at(const Plan *plan, int i) {
    return &plan->net->node[i];
}

/* The net's input and output are seen by others. */
static bool may_lie_in_blocks(const Plan *plan, int i) {
    const NetNode *node = node_at(plan, i);
    PlumbShape shape = node->about.shape;
    bool inside = i > 0 && i < plan->net->node_count - 1;
    return inside && shape.rank == 3 && shape.dim[0] % CHANNEL_BLOCK == 0 &&
           (node->layer->blocked == BLOCKS_ALIKE || node->layer->blocked == BLOCKS_EACH);
}

static bool does_blocks(const Plan *plan, int i, int rows) {
    const NetNode *node = node_at(plan, i);
    Use use = {.rows = rows, .training = plan->training, .d_in = plan->training && plan->wants[node->about.input[0]]};
    return node->layer->blocks(&node->site, plan->k, &use);
}

/* Makes an array plain. Did it lie in blocks? */
static bool flatten(Plan *plan, int i) {
    bool was = plan->blocked[i];
    plan->blocked[i] = false;
    return was;
}

/* What node `i` asks of its arrays; true where one became plain. `plain`: it takes nothing else. */
static bool settle(Plan *plan, int i, bool plain) {
    const PlumbNode *about = &node_at(plan, i)->about;
    bool alike = node_at(plan, i)->layer->blocked == BLOCKS_ALIKE, changed = false;
    for (int j = 0; alike && j < about->input_count; j++) {
        plain |= !plan->blocked[about->input[j]];
    }
    plain |= alike && !plan->blocked[i];
    for (int j = 0; plain && j < about->input_count; j++) {
        changed |= flatten(plan, about->input[j]);
    }
    return (plain && flatten(plan, i)) || changed;
}

static bool takes_plain_only(const Plan *plan, int i, int rows) {
    Blocks kind = node_at(plan, i)->layer->blocked;
    return kind == BLOCKS_NONE || (kind == BLOCKS_EACH && !does_blocks(plan, i, rows));
}

void blocks_find(Plan *plan, const bool *live, int rows) {
    int count = plan->net->node_count;
    for (int i = 0; i < count; i++) {
        plan->blocked[i] = live[i] && may_lie_in_blocks(plan, i);
    }
    for (int i = 1; i < count; i++) {
        if (live[i]) {
            settle(plan, i, takes_plain_only(plan, i, rows));
        }
    }
    for (bool changed = true; changed;) {
        changed = false;
        for (int i = 1; i < count; i++) {
            changed |= live[i] && settle(plan, i, false);
        }
    }
}
