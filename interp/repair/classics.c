/* What trains nearly any net, whatever is wrong with it. */
#include "edits.h"
#include <string.h>

enum { EDITS_IN_ONE = 5 };

/* He et al. 2015 and 2016, Bachlechner et al. 2021 (branches that begin at nothing), Ba et al. 2016. */
enum { PLAIN, LINKED, FROM_NOTHING, NORMED };
/* Cho et al. 2014 (of two gates, over long sequences), Gers et al. 2000, Le et al. 2015. */
enum { TWO_GATES = NORMED + 1, MEMORY, RECTIFIED, ONE_LAYER, CLASSICS };

static const struct {
    int edit[EDITS_IN_ONE];
    int count;
} classics[CLASSICS] = {
    [PLAIN] = {{PLUMB_EDIT_RELU, PLUMB_EDIT_BIAS, PLUMB_EDIT_CARRY}, 3},
    [LINKED] = {{PLUMB_EDIT_RELU, PLUMB_EDIT_BIAS, PLUMB_EDIT_CARRY, PLUMB_EDIT_LINK}, 4},
    [FROM_NOTHING] = {{PLUMB_EDIT_RELU, PLUMB_EDIT_BIAS, PLUMB_EDIT_CARRY, PLUMB_EDIT_LINK_ZERO}, 4},
    [NORMED] = {{PLUMB_EDIT_RELU, PLUMB_EDIT_BIAS, PLUMB_EDIT_CARRY, PLUMB_EDIT_LAYERNORM, PLUMB_EDIT_LINK}, 5},
    [TWO_GATES] = {{PLUMB_EDIT_GRU, PLUMB_EDIT_UPDATE}, 2},
    [MEMORY] = {{PLUMB_EDIT_LSTM, PLUMB_EDIT_FORGET}, 2},
    [RECTIFIED] = {{PLUMB_EDIT_RECTIFIED, PLUMB_EDIT_SINGLE, PLUMB_EDIT_INIT_AUTO, PLUMB_EDIT_BIAS, PLUMB_EDIT_CLIP},
                   5},
    [ONE_LAYER] = {{PLUMB_EDIT_GRU, PLUMB_EDIT_UPDATE, PLUMB_EDIT_SINGLE, PLUMB_EDIT_INIT_AUTO}, 4}};

enum { KINDS = 5, TURNS = 4, SHORT = 12 /* time steps */ };
static const int turns[KINDS][TURNS] = {{PLAIN, LINKED, NORMED, FROM_NOTHING},
                                        {LINKED, FROM_NOTHING, PLAIN, NORMED}, /* very deep */
                                        {TWO_GATES, MEMORY, RECTIFIED, ONE_LAYER},
                                        {TWO_GATES, RECTIFIED, MEMORY, ONE_LAYER},  /* short */
                                        {TWO_GATES, ONE_LAYER, RECTIFIED, MEMORY}}; /* stacked */

/* Recurrent layers on top of each other, in one call or in several. */
static bool is_stacked(const PlumbNet *net) {
    int layers = 0;
    for (int i = 0; i < plumb_net_size(net); i++) {
        const PlumbNode *node = plumb_net_node(net, i);
        layers += strcmp(node->call->entry->family, "recurrent") || !*node->init
                      ? 0
                      : (int)plumb_call_number(node->call, "layers");
    }
    return layers > 1;
}

static const int *turns_of(const PlumbNet *net) {
    int steps = steps_of(net);
    return turns[!steps ? layers_of(net) >= VERY_DEEP : is_stacked(net) ? 4 : 2 + (steps < SHORT)];
}

/* Are the steps of a usual size? Those that small recurrent nets want are larger than what others stand. */
static bool has_usual_steps(const Sickness *sickness) {
    const PlumbCall *optimizer = plumb_call_call(sickness->recipe->call.call, "optimizer");
    bool small = steps_of(sickness->net->net->net) && plumb_call_number(optimizer, "lr") < 4e-3;
    return is_robust(sickness) && !small;
}

/* Kingma & Ba 2015. What gates nothing gets a clip, Pascanu et al. 2013. */
static bool classic(const Sickness *sickness, int which, Candidate *candidate) {
    Plan plan = {0};
    for (int i = 0; i < classics[which].count; i++) {
        plan_add(&plan, classics[which].edit[i], NULL);
    }
    plan_add(&plan, PLUMB_EDIT_DROPOUT, NULL);
    if (!has_usual_steps(sickness)) {
        plan_add(&plan, adam_for(sickness->net->net->net), NULL);
    }
    if (is_set(sickness, "schedule")) {
        plan_add(&plan, PLUMB_EDIT_NO_SCHEDULE, NULL);
    }
    if (candidate_make(sickness, &plan, candidate)) {
        if (candidate_is_new(sickness, candidate)) {
            return true;
        }
        candidate_clear(candidate);
    }
    return false;
}

bool classic_edits(const Sickness *sickness, Candidate *candidate) {
    const int *turn = turns_of(sickness->net->net->net);
    for (int i = 0; i < TURNS; i++) {
        if (classic(sickness, turn[i], candidate)) {
            return true;
        }
    }
    return false;
}
