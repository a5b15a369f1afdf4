/* The gradient over the time steps of recurrent layers. Bengio, Simard & Frasconi 1994; Pascanu, Mikolov & Bengio 2013.
 */
#include "rules.h"
#include "walk.h"
#include <float.h>
#include <math.h>
#include <string.h>

typedef struct Decay { /* of the recurrent layer that loses, or gains, most */
    int node, steps;
    double decades; /* from the last time step back to the first */
} Decay;

/* A norm below what a float holds is as if it were the smallest. */
static double decades_of(const double *norms, int steps) {
    double first = fmax(norms[0], FLT_TRUE_MIN), last = fmax(norms[steps - 1], FLT_TRUE_MIN);
    return log10(first) - log10(last);
}

static Decay measured(const PlumbNet *net, double sign) {
    Decay worst = {.node = -1};
    for (int i = 0; i < plumb_net_size(net); i++) {
        const double *norms;
        int steps = plumb_net_through_time(net, i, &norms);
        double decades = steps > 1 ? decades_of(norms, steps) : 0;
        if (steps > 1 && sign * decades > sign * worst.decades) {
            worst = (Decay){i, steps, decades};
        }
    }
    return worst;
}

/* The layer that the forecast's slope is of. */
static Decay foretold(const PlumbCase *about, double sign) {
    Decay worst = {.node = -1};
    for (int i = 0; about->forecast && i < about->forecast->count; i++) {
        const PlumbNode *node = plumb_net_node(about->net, i);
        double gain = about->forecast->node[i].time_gain;
        int steps = gain > 0 ? plumb_net_node(about->net, node->input[0])->shape.dim[0] : 0;
        double decades = steps > 1 ? log10(gain) * (steps - 1) : 0;
        if (sign * decades > sign * worst.decades && sign * decades <= sign * about->forecast->time_slope + 1e-9) {
            worst = (Decay){i, steps, decades};
        }
    }
    return worst;
}

static Decay worst(const PlumbCase *about, double sign) {
    return about->probe ? measured(about->net, sign) : foretold(about, sign);
}

/* What the weights were, they are while nothing was learnt: then growth that a bounded state does not share counts,
 * too. */
static Decay grown(const Patient *patient) {
    Decay decay = worst(patient->about, 1);
    const PlumbForecast *forecast = patient->about->forecast;
    bool untaught = !patient->trained || (is_fresh(patient) && is_stuck(patient));
    bool told = forecast && (forecast->time_slope > patient->limits.time ||
                             forecast->time_sensitivity > patient->limits.time_sensitivity);
    return decay.decades > patient->limits.time ? decay
           : untaught && told                   ? foretold(patient->about, 1)
                                                : (Decay){.node = -1};
}

static bool is_truncated(const PlumbCase *about) {
    return about->recipe && plumb_call_value(about->recipe, "truncate")->type == PLUMB_V_NUMBER;
}

/* What keeps a gradient alive over time: the gates of lstm and gru, and how they begin. Gers 2000; Jozefowicz 2015. */
static const char *remedy_of(const char *kind) {
    return !strcmp(kind, "lstm") ? "lstm(forget_bias=3)" : !strcmp(kind, "gru") ? "lstm(forget_bias=3)" : "gru";
}

static bool find(Patient *patient, PlumbFinding *finding, const Decay *decay) {
    int *layer = plumb_arena_alloc(patient->arena, sizeof *layer);
    patient->failed = patient->failed || !layer;
    if (layer) {
        *layer = decay->node;
        finding->layer = layer;
        finding->layers = 1;
    }
    finding->severity = PLUMB_SEVERE;
    return layer;
}

/* The first time step whose gradient is within a decade of the last one's. */
static int first_alive(const PlumbNet *net, const Decay *decay) {
    const double *norms;
    int steps = plumb_net_through_time(net, decay->node, &norms), t = 0;
    if (!steps) { /* by forecast */
        return decay->steps - (int)((decay->steps - 1) / -decay->decades);
    }
    while (t < steps - 1 && norms[t] < 0.1 * norms[steps - 1]) {
        t++;
    }
    return t + 1;
}

/* Half-life under a quarter of the steps: less than 1/16 arrives. In the first epochs that is usual, and the limits of
 * first weights count. */
bool judge_vanishing_through_time(Patient *patient, PlumbFinding *finding) {
    const PlumbNet *net = patient->about->net;
    Decay decay = worst(patient->about, -1);
    double limit = is_fresh(patient) ? patient->limits.forgetting : 4 * log10(0.5);
    if (decay.node < 0 || decay.decades > limit || !is_unsolved(patient) || is_truncated(patient->about) ||
        is_early(patient) || (patient->trained && patient->about->epochs < 2)) {
        return false;
    }
    const char *kind = plumb_net_node(net, decay.node)->call->entry->name;
    bool learns = patient->trained && !is_stuck(patient), opens = gates_may_open(kind, decay.decades);
    if (is_fresh(patient) ? opens || learns : opens && learns) {
        return false;
    }
    double half_life = -log10(2) * (decay.steps - 1) / decay.decades;
    finding->first_step = 1;
    finding->last_step = first_alive(net, &decay) - 1;
    finding->evidence = say(patient, "the gradient falls %.1f decades over %d time steps, by half every %.2g%s",
                            -decay.decades, decay.steps, half_life, standing(patient));
    finding->cause = strcmp(kind, "rnn") ? say(patient, "the gates of %s let too little through", kind)
                                         : "the recurrent weights and the activation's slope shrink it at every step";
    finding->remedy = remedy_of(kind);
    return find(patient, finding, &decay);
}

bool judge_exploding_through_time(Patient *patient, PlumbFinding *finding) {
    Decay decay = grown(patient);
    bool fails = !patient->trained || is_stuck(patient) || diverges(patient) || oscillates(patient);
    if (decay.node < 0 || !fails || is_early(patient) || is_truncated(patient->about)) {
        return false;
    }
    finding->first_step = 1;
    finding->last_step = decay.steps;
    finding->evidence = say(patient, "the gradient grows %.1f decades over %d time steps, by %.3g at each%s",
                            decay.decades, decay.steps, pow(10, decay.decades / (decay.steps - 1)), standing(patient));
    finding->cause = "the recurrent weights stretch it at every step";
    finding->remedy = "clip = by_norm(1)";
    return find(patient, finding, &decay);
}
