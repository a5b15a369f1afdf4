/* The gradient over the depth: vanishing and exploding. */
#include "rules.h"
#include <math.h>
#include <string.h>

/* A step of less than this share of a weight's size moves nothing. */
static const double idle_update = 1e-5;

/* ---- what carries the slope ------------------------------------------------------------------------------------ */

/* The name most nodes have: of their activation, or of their initialiser. */
static const char *usual_name(const PlumbNet *net, bool activation) {
    const char *usual = NULL;
    int most = 0;
    for (int i = 0; i < plumb_net_size(net); i++) {
        const PlumbNode *node = plumb_net_node(net, i);
        const char *name = !activation                                   ? node->init
                           : node->call->entry->kind == PLUMB_ACTIVATION ? node->call->entry->name
                                                                         : "";
        int count = 0;
        for (int j = i; *name && j < plumb_net_size(net); j++) {
            const PlumbNode *other = plumb_net_node(net, j);
            count += !strcmp(activation ? other->call->entry->name : other->init, name);
        }
        usual = count > most ? name : usual;
        most = count > most ? count : most;
    }
    return usual;
}

static PlumbCause largest_cause(const PlumbForecast *forecast) {
    double sign = forecast->slope < 0 ? -1 : 1;
    PlumbCause most = 0;
    for (PlumbCause i = 1; i < PLUMB_CAUSES; i++) {
        most = sign * forecast->cause[i] > sign * forecast->cause[most] ? i : most;
    }
    return most;
}

static bool slope_is_told(const PlumbForecast *forecast) {
    return forecast && forecast->verdict != PLUMB_UNFORESEEN && isfinite(forecast->slope);
}

static const char *cause_of(Patient *patient) {
    const PlumbForecast *forecast = patient->about->forecast;
    if (!slope_is_told(forecast)) {
        return "layer after layer has a gain on the same side of 1; theory does not reach all of them";
    }
    PlumbCause cause = largest_cause(forecast);
    const char *name = cause == PLUMB_BY_ACTIVATION || cause == PLUMB_BY_INIT
                           ? usual_name(patient->about->net, cause == PLUMB_BY_ACTIVATION)
                           : NULL;
    if (fabs(forecast->slope) < 1) {
        return say(patient, "not the first weights (forecast %+.1f decades): it came with training", forecast->slope);
    }
    return say(patient, "%s%s%s: %+.1f of the %+.1f decades that are forecast", plumb_cause_name(cause),
               name ? " " : "", name ? name : "", forecast->cause[cause], forecast->slope);
}

/* What is foreseen comes from the first weights and what they read; what is not, from how the training went. */
static void tell_roots(Patient *patient, uint32_t training) {
    PlumbVerdict verdict = foreseen(patient);
    if (verdict == PLUMB_VANISHING || verdict == PLUMB_EXPLODING) {
        patient->after = RULE_BIT(BAD_DATA) | RULE_BIT(POOR_INITIALIZATION) | RULE_BIT(NORM_EXPLOSION);
    } else {
        patient->after |= training;
    }
}

/* ---- vanishing ------------------------------------------------------------------------------------------------- */

/* More than three decades below the last layer with weights, or nothing at all. */
static bool is_faint(const Patient *patient, int node) {
    const PlumbCase *about = patient->about;
    int last = patient->layer[patient->layers - 1];
    if (!*plumb_net_node(about->net, node)->init || node == last) {
        return false;
    }
    if (about->probe) {
        return about->probe[node].output_grad < 1e-3 * about->probe[last].output_grad;
    }
    return about->forecast && about->forecast->node[node].decades < -3;
}

/* By forecast where that knows of it: a float that is 0 does not tell where it became so. */
static double decades_at(const Patient *patient, int k) {
    const PlumbCase *about = patient->about;
    bool foretold = !about->probe || foreseen(patient) == PLUMB_VANISHING;
    return !foretold         ? log10(about->probe[patient->layer[k]].output_grad)
           : about->forecast ? about->forecast->node[patient->layer[k]].decades
                             : NAN;
}

/* The layer at which alone most of the gradient is lost, as the k-th; -1: it fades over many. */
static int chasm_of(const Patient *patient) {
    int last = patient->layers - 1, deepest = -1;
    double most = 3, end = decades_at(patient, last);
    for (int k = last - 1; k >= 0; k--) {
        double lost = decades_at(patient, k + 1) - decades_at(patient, k);
        deepest = lost > most ? k : deepest;
        most = fmax(most, lost);
    }
    double total = end - decades_at(patient, 0);
    return isinf(most) || most > 0.75 * total ? deepest : -1;
}

static bool is_chasm(const Patient *patient, int node) {
    int k = chasm_of(patient);
    return k >= 0 && node == patient->layer[k];
}

static bool is_below_last(const Patient *patient, int node) {
    return *plumb_net_node(patient->about->net, node)->init && node != patient->layer[patient->layers - 1];
}

/* Do the lower layers stand still? */
static bool is_starved(const Patient *patient) {
    int low = (patient->layers + 2) / 3, idle = 0, measured = 0;
    for (int i = 0; patient->about->probe && i < low; i++) {
        double ratio = patient->about->probe[patient->layer[i]].update_ratio;
        measured += !isnan(ratio);
        idle += ratio < idle_update;
    }
    return measured && 2 * idle > measured;
}

/* What was learnt is being lost again. */
static bool has_risen(const Patient *patient) {
    const PlumbCase *about = patient->about;
    return about->epochs > 1 && about->epoch[about->epochs - 1].loss > 1.2 * about->epoch[about->epochs - 2].loss;
}

static bool is_steep(const Patient *patient) {
    double limit = patient->limits.vanishing;
    if (patient->about->probe && (patient->slope < limit || patient->signal_slope < limit)) {
        return true;
    }
    /* What the weights were, they are while nothing was learnt. */
    return foreseen(patient) == PLUMB_VANISHING && is_stuck(patient);
}

static const char *vanishing_evidence(Patient *patient) {
    const PlumbForecast *forecast = patient->about->forecast;
    int depth = patient->layers - 1;
    if (patient->slope == -INFINITY) {
        return say(patient, "nothing of the gradient arrives at %s%s", name_of(patient, patient->layer[0]),
                   standing(patient));
    }
    if (patient->slope < -1 && patient->slope <= patient->signal_slope) {
        return say(patient, "the gradient falls %.1f decades over %d layers (%.2f a layer)%s", -patient->slope, depth,
                   -patient->slope / depth, standing(patient));
    }
    if (patient->signal_slope < -1) {
        return say(patient, "the signal falls %.1f decades over %d layers%s", -patient->signal_slope, depth,
                   standing(patient));
    }
    if (forecast->reason == PLUMB_OF_DRAWS) {
        return say(patient, "between draws of the weights the gradient differs by +-%.1f decades, by forecast%s",
                   forecast->spread, standing(patient));
    }
    if (forecast->reason == PLUMB_OF_REACH) {
        return say(patient, "all steps together move what tells rows apart by %.1e of what is asked, by forecast%s",
                   pow(10, forecast->reach), standing(patient));
    }
    if (forecast->slope > -3 && forecast->difference < 3.2e-4) {
        return say(patient, "what two rows differ by is %.1e of the signal at %s, by forecast%s", forecast->difference,
                   name_of(patient, forecast->last), standing(patient));
    }
    return say(patient, "the gradient falls %.1f decades to %s, by forecast%s", -forecast->slope,
               name_of(patient, forecast->first), standing(patient));
}

bool judge_vanishing_gradient(Patient *patient, PlumbFinding *finding) {
    bool learns = !is_stuck(patient) && !has_risen(patient), moves = patient->trained && !is_starved(patient) && learns;
    if (patient->layers < 2 || !is_steep(patient) || !is_unsolved(patient) || moves || is_early(patient)) {
        return false;
    }
    finding->severity = PLUMB_SEVERE;
    finding->evidence = vanishing_evidence(patient);
    finding->cause = cause_of(patient);
    tell_roots(patient, RULE_BIT(DEAD_UNITS) | RULE_BIT(SATURATED_ACTIVATION) | RULE_BIT(LEARNING_RATE_TOO_HIGH));
    take_remedy(patient, finding, foreseen(patient) == PLUMB_HEALTHY ? "act=leaky_relu, init=he" : "norm=layernorm");
    bool placed = take_layers(patient, finding, is_chasm) ||
                  (take_layers(patient, finding, is_faint) && finding->layer[0] == patient->layer[0]);
    return placed || take_layers(patient, finding, is_below_last);
}

/* ---- exploding ------------------------------------------------------------------------------------------------- */

static bool is_strong(const Patient *patient, int node) {
    const PlumbCase *about = patient->about;
    int last = patient->layer[patient->layers - 1];
    if (!*plumb_net_node(about->net, node)->init || node == last) {
        return false;
    }
    return about->probe ? about->probe[node].nonfinite > 0 ||
                              !(about->probe[node].output_grad <= 10 * about->probe[last].output_grad)
                        : about->forecast && about->forecast->node[node].decades > 1;
}

static int64_t nonfinite_values(const PlumbCase *about) {
    int64_t total = 0;
    for (int i = 0; about->probe && i < plumb_net_size(about->net); i++) {
        total += about->probe[i].nonfinite;
    }
    return total;
}

/* A hundred times the gradient of the first epoch, and nothing gained by it. */
static bool grows_by_time(const PlumbCase *about) {
    const PlumbEpoch *first = about->epoch, *last = about->epochs ? &about->epoch[about->epochs - 1] : NULL;
    return about->epochs > 1 && last->grad_first > 100 * first->grad_first && last->loss > 2 * first->loss;
}

static bool is_exploding(const Patient *patient, int64_t nonfinite) {
    bool fails = !patient->trained || is_stuck(patient) || diverges(patient);
    if (foreseen(patient) == PLUMB_EXPLODING && (fails || nonfinite)) {
        return true;
    }
    bool steep = patient->slope > patient->limits.exploding || patient->signal_slope > patient->limits.signal ||
                 patient->slope - patient->signal_slope > patient->limits.sensitivity;
    return (steep && fails) || grows_by_time(patient->about);
}

static const char *exploding_evidence(Patient *patient, int64_t nonfinite) {
    int depth = patient->layers - 1;
    if (nonfinite) {
        return say(patient, "%lld values are not finite", (long long)nonfinite);
    }
    if (patient->slope > 1 && patient->slope >= patient->signal_slope) {
        return say(patient, "the gradient grows %.1f decades over %d layers (%.2f a layer)%s", patient->slope, depth,
                   patient->slope / depth, standing(patient));
    }
    if (patient->signal_slope > 1) {
        return say(patient, "the signal grows %.1f decades over %d layers%s", patient->signal_slope, depth,
                   standing(patient));
    }
    if (grows_by_time(patient->about)) {
        const PlumbCase *about = patient->about;
        return say(patient, "the gradient at the first layer grew from %.1e to %.1e in %d epochs%s",
                   about->epoch[0].grad_first, about->epoch[about->epochs - 1].grad_first, about->epochs,
                   standing(patient));
    }
    const PlumbForecast *forecast = patient->about->forecast;
    if (forecast->reason == PLUMB_OF_CURVATURE) {
        return say(patient, "a step goes %.2g times as far as the first weights stand, by forecast%s",
                   pow(10, forecast->curvature), standing(patient));
    }
    return say(patient, "the gradient grows %.1f decades, the signal %.1f, by forecast%s", forecast->slope,
               forecast->signal_slope, standing(patient));
}

bool judge_exploding_gradient(Patient *patient, PlumbFinding *finding) {
    int64_t nonfinite = nonfinite_values(patient->about);
    if (patient->layers < 2 || !is_unsolved(patient) || (is_early(patient) && !nonfinite) ||
        !is_exploding(patient, nonfinite)) {
        return false;
    }
    finding->severity = PLUMB_SEVERE;
    finding->evidence = exploding_evidence(patient, nonfinite);
    finding->cause = cause_of(patient);
    tell_roots(patient, RULE_BIT(LEARNING_RATE_TOO_HIGH));
    take_remedy(patient, finding, "clip = by_norm(1)");
    return take_layers(patient, finding, is_strong) || take_layers(patient, finding, is_below_last);
}
