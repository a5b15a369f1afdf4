/* Units that no longer pass a gradient: saturated or dead. */
#include "rules.h"
#include <math.h>
#include <string.h>

static const double most_units = 0.5;
/* Of one batch through first weights, whose rows are much alike: not yet a window of a thousand rows. */
static const double most_units_of_a_batch = 0.9;

static const double nothing_passes = 0.99;

static Act act_of(const Patient *patient, int node) {
    const PlumbCall *call = plumb_net_node(patient->about->net, node)->call;
    return call->entry->kind == PLUMB_ACTIVATION ? layer_of(call)->act : ACT_IDENTITY;
}

static bool is_output(const Patient *patient, int node) {
    return node == plumb_net_size(patient->about->net) - 1;
}

/* Bounded on both sides: only there the share tells that a unit is stuck. A relu is flat on half of its inputs by
 * design. */
static bool is_bounded(Act act) {
    return act == ACT_SIGMOID || act == ACT_TANH || act == ACT_SOFTSIGN || act == ACT_HARD_SIGMOID ||
           act == ACT_HARD_TANH;
}

static double limit_of(const Patient *patient) {
    return patient->trained ? most_units : most_units_of_a_batch;
}

/* A relu with a ceiling is bounded too, but flat on half of its inputs by design: only where nothing passes. */
static bool is_saturated(const Patient *patient, int node) {
    Act act = act_of(patient, node);
    double limit = is_bounded(act) ? limit_of(patient) : act == ACT_RELU6 ? nothing_passes : INFINITY;
    return !is_output(patient, node) && patient->about->probe[node].saturated > limit;
}

/* Smooth, and flat on one side: there it gives next to nothing, and has next to no slope. */
static bool is_one_sided(Act act) {
    return act == ACT_SOFTPLUS || act == ACT_GELU || act == ACT_SILU || act == ACT_MISH;
}

static bool is_shut(const Patient *patient, int node) {
    return is_one_sided(act_of(patient, node)) && patient->about->probe[node].saturated > nothing_passes;
}

static bool is_dead(const Patient *patient, int node) {
    bool dead = patient->about->probe[node].dead > limit_of(patient);
    return !is_output(patient, node) && (dead || is_shut(patient, node));
}

/* Does a link lead round it? Then the signal and the gradient pass without it; but a gate opens and shuts what is
 * beside it. */
static bool is_bypassed(const PlumbNet *net, int node) {
    bool bypassed = false;
    for (int to = node + 1; to < plumb_net_size(net); to++) {
        const PlumbNode *reader = plumb_net_node(net, to);
        for (int i = 0; i < reader->input_count; i++) {
            if (reader->input[i] == node && !strcmp(reader->call->entry->name, "multiply")) {
                return false;
            }
            bypassed = bypassed || reader->input[i] < node;
        }
    }
    return bypassed;
}

static double largest(const Patient *patient, const PlumbFinding *finding, bool dead, int *node) {
    double most = -1;
    for (int i = 0; i < finding->layers; i++) {
        const PlumbProbe *probe = &patient->about->probe[finding->layer[i]];
        double share = dead && !is_shut(patient, finding->layer[i]) ? probe->dead : probe->saturated;
        *node = share > most ? finding->layer[i] : *node;
        most = fmax(most, share);
    }
    return most;
}

/* Too few steps yet, or the net learns all the same. */
static bool is_no_matter(const Patient *patient) {
    return is_early(patient) || !is_unsolved(patient) || (patient->about->training && !is_stuck(patient));
}

/* A net that has learnt much with such units, or just recovers, gets on without them, mostly; and in time an optimizer
 * that rescales gradients brings all back that have any. */
static PlumbSeverity severity_of(const Patient *patient, double share) {
    bool may_learn = patient->level < 0.75 || recovers(patient) || (patient->adaptive && is_fresh(patient));
    return may_learn && share < nothing_passes ? PLUMB_MILD : PLUMB_SEVERE;
}

/* No fault of the net's: the first units that the inputs drive there. */
static bool is_of_inputs(Patient *patient, PlumbFinding *finding) {
    double inputs = finding->layer[0] <= 2 ? input_rms(patient->about->data) : NAN;
    if (inputs > 3) {
        finding->severity = PLUMB_MILD;
        finding->cause = say(patient, "the inputs are large: rms %.3g", inputs);
        finding->remedy = "scale=standard";
    }
    return inputs > 3;
}

bool judge_saturated_activation(Patient *patient, PlumbFinding *finding) {
    if (!patient->about->probe || is_no_matter(patient) || !take_layers(patient, finding, is_saturated)) {
        return false;
    }
    int node = -1, before;
    double share = largest(patient, finding, false, &node);
    before = plumb_net_node(patient->about->net, node)->input[0];
    finding->severity = is_bypassed(patient->about->net, node) ? PLUMB_MILD : severity_of(patient, share);
    finding->evidence = say(patient, "%.0f %% of the values of %s are where its slope is under 5 %% of its largest%s",
                            100 * share, name_of(patient, node), standing(patient));
    if (is_of_inputs(patient, finding)) {
        return true;
    }
    finding->cause =
        say(patient, "%s gives it %.3g rms: %s", name_of(patient, before), patient->about->probe[before].signal,
            patient->trained ? "its weights have grown" : "its weights are drawn too large");
    take_remedy(patient, finding, "norm=batchnorm");
    return true;
}

bool judge_dead_units(Patient *patient, PlumbFinding *finding) {
    if (!patient->about->probe || is_no_matter(patient) || !take_layers(patient, finding, is_dead)) {
        return false;
    }
    int node = -1;
    double share = largest(patient, finding, true, &node);
    finding->severity = severity_of(patient, share);
    finding->evidence = say(patient, "%.0f %% of the units of %s give %s for every row%s", 100 * share,
                            name_of(patient, node), is_shut(patient, node) ? "next to 0" : "0", standing(patient));
    if (is_of_inputs(patient, finding)) {
        return true;
    }
    finding->cause = patient->trained ? "a step pushed them where their slope is 0, and nothing brings them back"
                                      : "the first weights and biases leave them below 0";
    finding->remedy = "act=leaky_relu, init=he";
    return true;
}
