/* Units that no longer pass a gradient: saturated or dead. */
#include "rules.h"
#include <math.h>

static const double most_units = 0.5;
/* Of one batch through first weights, whose rows are much alike: not yet a window of a thousand rows. */
static const double most_units_of_a_batch = 0.8;

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

static bool is_saturated(const Patient *patient, int node) {
    return is_bounded(act_of(patient, node)) && !is_output(patient, node) &&
           patient->about->probe[node].saturated > most_units;
}

static bool is_dead(const Patient *patient, int node) {
    double limit = patient->trained ? most_units : most_units_of_a_batch;
    return !is_output(patient, node) && patient->about->probe[node].dead > limit;
}

static double largest(const Patient *patient, const PlumbFinding *finding, bool dead, int *node) {
    double most = -1;
    for (int i = 0; i < finding->layers; i++) {
        const PlumbProbe *probe = &patient->about->probe[finding->layer[i]];
        double share = dead ? probe->dead : probe->saturated;
        *node = share > most ? finding->layer[i] : *node;
        most = fmax(most, share);
    }
    return most;
}

/* Of what goes into the first layer: rms. */
static double input_size(const Patient *patient) {
    return patient->about->probe[0].signal;
}

bool judge_saturated_activation(Patient *patient, PlumbFinding *finding) {
    if (!patient->about->probe || !is_unsolved(patient) || !take_layers(patient, finding, is_saturated)) {
        return false;
    }
    int node = -1, before;
    double share = largest(patient, finding, false, &node);
    before = plumb_net_node(patient->about->net, node)->input[0];
    finding->severity = PLUMB_SEVERE;
    finding->evidence = say(patient, "%.0f %% of the values of %s are where its slope is under 5 %% of its largest%s",
                            100 * share, name_of(patient, node), standing(patient));
    if (finding->layer[0] <= 2 && input_size(patient) > 3) {
        finding->cause = say(patient, "the inputs are large: rms %.3g", input_size(patient));
        finding->remedy = "scale=standard";
        return true;
    }
    finding->cause =
        say(patient, "%s gives it %.3g rms: %s", name_of(patient, before), patient->about->probe[before].signal,
            patient->trained ? "its weights have grown" : "its weights are drawn too large");
    take_remedy(patient, finding, "norm=batchnorm");
    return true;
}

bool judge_dead_units(Patient *patient, PlumbFinding *finding) {
    if (!patient->about->probe || !is_unsolved(patient) || !take_layers(patient, finding, is_dead)) {
        return false;
    }
    int node = -1;
    double share = largest(patient, finding, true, &node);
    finding->severity = PLUMB_SEVERE;
    finding->evidence = say(patient, "%.0f %% of the units of %s give 0 for every row%s", 100 * share,
                            name_of(patient, node), standing(patient));
    finding->cause = patient->trained ? "a step pushed them where their slope is 0, and nothing brings them back"
                                      : "the first weights and biases leave them below 0";
    finding->remedy = "act=leaky_relu, init=he";
    return true;
}
