/* Where a shard's outputs and gradients lie: what is not needed any more makes room for what comes. */
#include "draft.h"
#include "layout.h"
#include <stdlib.h>

/* A fused dense node leaves its output in the activation's, where the activation's slope can be had from there. */
int out_home(const Plan *plan, const Draft *draft, int i) {
    int root = plan->root[i], op = draft->op_of[root];
    if (op >= 0 && plan->op[op].act == root + 1 && plan->op[op].node == root &&
        act_from_output(node_at(plan, root + 1)->layer->act)) {
        return root + 1;
    }
    return root;
}

/* ---- outputs ----------------------------------------------------------------------------------------------------- */

/* Marks the homes of what is read from outside or by the backward pass. */
static void find_kept(const Plan *plan, const Draft *draft, bool *kept) {
    int last = plan->net->node_count - 1;
    kept[0] = kept[out_home(plan, draft, last)] = true;
    for (int i = 1; plan->training && i <= last; i++) {
        const NetNode *node = node_at(plan, i);
        if (draft->op_of[i] < 0 || !plan->wants[i]) {
            continue;
        }
        kept[out_home(plan, draft, i)] |= node->layer->needs_output;
        for (int j = 0; j < node->about.input_count && node->layer->needs_input; j++) {
            kept[out_home(plan, draft, node->about.input[j])] = true;
        }
    }
}

/* Those that are kept one behind the other; behind them the others, each until its last reader has run. */
static bool place_outputs(const Plan *plan, Draft *draft, Life *life, bool *kept) {
    int count = 0, nodes = plan->net->node_count, *who = draft->consumers; /* done with counting */
    int64_t total = 0;
    find_kept(plan, draft, kept);
    for (int i = 0; i < nodes; i++) {
        if (!draft->live[i] || out_home(plan, draft, i) != i) {
            continue;
        }
        int born = draft->op_of[i], last = draft->last_reader[i];
        if (kept[i]) {
            draft->out_at[i] = total;
            total += node_values(plan, i);
        } else {
            who[count] = i;
            life[count++] = (Life){born, last > born ? last : born, node_values(plan, i), 0};
        }
    }
    int64_t others = layout(life, count);
    for (int i = 0; i < count; i++) {
        draft->out_at[who[i]] = total + life[i].offset;
    }
    draft->out_total = total + others;
    return others >= 0;
}

/* ---- gradients --------------------------------------------------------------------------------------------------- */

/* Going back, the time of an op is its distance from the end. A gradient that is read again behind its stage is there
 * until the threads have met once more: the end of the stage after it. */
static int last_time(const Plan *plan, int op) {
    int stage = plan->stage[op] + 1;
    return !plan->late[plan->op[op].node] ? plan->op_count - op
           : stage < plan->stage_count    ? plan->op_count - plan->stage_end[stage]
                                          : plan->op_count + 1;
}

/* From the last reader's backward step to the last of its own readers. */
static bool place_gradients(const Plan *plan, Draft *draft, Life *life) {
    int count = 0, nodes = plan->net->node_count, *who = draft->consumers;
    for (int op = plan->op_count; op >= 0; op--) { /* sorted by birth: op_count stands for the loss */
        int born = plan->op_count - op;
        int first = op == plan->op_count ? nodes - 1 : plan->op[op].node;
        const PlumbNode *reader = &node_at(plan, first)->about;
        int inputs = op == plan->op_count ? 1 : reader->input_count;
        for (int j = 0; j < inputs; j++) {
            int root = plan->root[op == plan->op_count ? nodes - 1 : reader->input[j]];
            if (!plan->wants[root] || draft->gradient_at[root] >= 0 || draft->op_of[root] < 0) {
                continue;
            }
            draft->gradient_at[root] = count;
            who[count] = root;
            life[count++] = (Life){born, last_time(plan, draft->op_of[root]), node_values(plan, root), 0};
        }
    }
    draft->gradient_total = layout(life, count);
    for (int i = 0; i < count; i++) {
        draft->gradient_at[who[i]] = life[i].offset;
    }
    return draft->gradient_total >= 0;
}

bool places_find(const Plan *plan, Draft *draft) {
    size_t n = (size_t)plan->net->node_count;
    Life *life = calloc(n + 1, sizeof *life);
    bool *kept = calloc(n, sizeof *kept);
    bool done = life && kept && place_outputs(plan, draft, life, kept) &&
                (!plan->training || place_gradients(plan, draft, life));
    free(life);
    free(kept);
    return done;
}
