/* What is only needed while a plan is made, shared by the files that make it. */
#ifndef PLUMB_DRAFT_H
#define PLUMB_DRAFT_H
#include "plan.h"

typedef struct Draft {
    bool *live;       /* the last node depends on it */
    int *op_of;       /* the op that runs a node; -1: none */
    int *consumers;   /* how many inputs read a root */
    int *last_reader; /* the last op that reads a root */
    bool *adds;       /* a node whose weights another node's backward has written */
    int64_t out_total, gradient_total, spare, save_total, joint_total, scratch;
    int pointer_count;
    int64_t *out_at, *gradient_at; /* offsets of each root, in values */
} Draft;

static inline const NetNode *node_at(const Plan *plan, int i) {
    return &plan->net->node[i];
}
static inline int64_t most_rows(const Plan *plan) {
    return (plan->batch + plan->shards - 1) / plan->shards;
}
static inline int64_t node_values(const Plan *plan, int i) {
    return padded(most_rows(plan) * plumb_shape_size(node_at(plan, i)->about.shape));
}

/* The node whose output memory node `i` uses. */
int out_home(const Plan *plan, const Draft *draft, int i);
/* Offsets of outputs and, with training, of gradients. Stages, `late`, `wants` must be known. False: memory is short. */
bool places_find(const Plan *plan, Draft *draft);
#endif
