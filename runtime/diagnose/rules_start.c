/* What is wrong before the first step: first weights, norms without links. */
#include "rules.h"
#include "walk.h"
#include <math.h>
#include <string.h>

/* ---- weights that are alike ------------------------------------------------------------------------------------- */

/* The matrix of a layer, [out, in ...]; NULL: it has none, or none was made. */
static const PlumbWeight *matrix_of(const PlumbNet *net, int node) {
    const PlumbNode *about = plumb_net_node(net, node);
    const PlumbWeight *weight = about->weight_count ? plumb_net_weight(net, about->first_weight) : NULL;
    return weight && weight->value && weight->shape.rank >= 2 ? weight : NULL;
}

/* Do all outputs read the same? */
static bool rows_alike(const PlumbWeight *weight) {
    int64_t rows = weight->shape.dim[0], n = plumb_shape_size(weight->shape) / rows;
    for (int64_t i = n; i < rows * n; i++) {
        if (weight->value[i] != weight->value[i % n]) {
            return false;
        }
    }
    return rows > 1;
}

/* Are all inputs read alike? */
static bool columns_alike(const PlumbWeight *weight) {
    int64_t rows = weight->shape.dim[0], n = plumb_shape_size(weight->shape) / rows;
    for (int64_t i = 0; i < rows * n; i++) {
        if (weight->value[i] != weight->value[i / n * n]) {
            return false;
        }
    }
    return n > 1;
}

/* Units with the same weights in front of and behind them get the same gradient for ever. Goodfellow et al. 2016,
 * section 8.4. */
static bool is_symmetric(const Patient *patient, int node) {
    for (int i = 0; i + 1 < patient->layers; i++) {
        const PlumbWeight *here = matrix_of(patient->about->net, patient->layer[i]);
        const PlumbWeight *next = matrix_of(patient->about->net, patient->layer[i + 1]);
        if (patient->layer[i] == node) {
            return here && next && next->shape.dim[1] == here->shape.dim[0] && rows_alike(here) && columns_alike(next);
        }
    }
    return false;
}

static bool is_drawn(const Patient *patient, int node) {
    return *plumb_net_node(patient->about->net, node)->init && node != patient->layer[patient->layers - 1];
}

/* Decades by which the drawn weights of a layer scale what it reads, beyond xavier's. */
static double drawn_gain(const Patient *patient, int node) {
    const PlumbWeight *matrix = matrix_of(patient->about->net, node);
    return matrix ? log10(drawn_std(patient->about->net, node)) +
                        0.5 * log10((double)plumb_shape_size(matrix->shape) / matrix->shape.dim[0])
                  : 0;
}

/* The layer whose draws are most off to the side of the slope. */
static int oddest(const Patient *patient) {
    double sign = patient->about->forecast->slope < 0 ? -1 : 1, most = 0;
    int odd = -1;
    for (int i = 0; i < patient->layers; i++) {
        double off = is_drawn(patient, patient->layer[i]) ? sign * drawn_gain(patient, patient->layer[i]) : 0;
        odd = off > most ? patient->layer[i] : odd;
        most = fmax(most, off);
    }
    return odd;
}

/* About as far off as that, or drawn alike. */
static bool is_odd(const Patient *patient, int node) {
    int odd = oddest(patient);
    if (odd < 0 || !is_drawn(patient, node)) {
        return false;
    }
    const PlumbNet *net = patient->about->net;
    bool alike = !strcmp(plumb_net_node(net, node)->init, plumb_net_node(net, odd)->init) &&
                 drawn_std(net, node) == drawn_std(net, odd);
    double sign = patient->about->forecast->slope < 0 ? -1 : 1;
    return alike || sign * drawn_gain(patient, node) > 0.5 * sign * drawn_gain(patient, odd);
}

/* The initialiser carries most of an ill slope. */
static bool init_is_cause(const Patient *patient) {
    const PlumbForecast *forecast = patient->about->forecast;
    PlumbVerdict verdict = foreseen(patient);
    if ((verdict != PLUMB_VANISHING && verdict != PLUMB_EXPLODING) || forecast->reason == PLUMB_OF_DRAWS ||
        !isfinite(forecast->slope)) {
        return false;
    }
    double sign = forecast->slope < 0 ? -1 : 1, init = sign * forecast->cause[PLUMB_BY_INIT];
    for (int i = 0; i < PLUMB_CAUSES; i++) {
        if (i != PLUMB_BY_INIT && sign * forecast->cause[i] >= init) {
            return false;
        }
    }
    return init > 0.5 * fabs(forecast->slope);
}

bool judge_poor_initialization(Patient *patient, PlumbFinding *finding) {
    finding->severity = PLUMB_SEVERE;
    if (patient->layers > 1 && take_layers(patient, finding, is_symmetric)) {
        finding->evidence = say(patient, "all units of %s have the same weights, in front of them and behind them",
                                name_of(patient, finding->layer[0]));
        finding->cause = say(patient, "init %s draws nothing that tells them apart",
                             plumb_net_node(patient->about->net, finding->layer[0])->init);
        finding->remedy = "init=auto";
        return true;
    }
    if (!is_unsolved(patient) || (patient->trained && !is_stuck(patient) && !diverges(patient)) ||
        !init_is_cause(patient)) {
        return false;
    }
    const PlumbForecast *forecast = patient->about->forecast;
    finding->evidence =
        say(patient, "%+.1f of the %+.1f decades that the gradient is forecast to change come from the first weights%s",
            forecast->cause[PLUMB_BY_INIT], forecast->slope, standing(patient));
    finding->cause =
        say(patient, "init %s draws them too %s for these layers",
            plumb_net_node(patient->about->net, forecast->first)->init, forecast->slope < 0 ? "small" : "large");
    take_remedy(patient, finding, "norm=layernorm");
    return (take_layers(patient, finding, is_odd) && 2 * finding->layers < patient->layers) ||
           take_layers(patient, finding, is_drawn);
}

/* ---- norms ------------------------------------------------------------------------------------------------------ */

static bool has_link(const PlumbNet *net) {
    for (int i = 0; i < plumb_net_size(net); i++) {
        if (plumb_net_node(net, i)->skip) {
            return true;
        }
    }
    return false;
}

static bool is_batchnorm(const Patient *patient, int node) {
    return layer_of(plumb_net_node(patient->about->net, node)->call) == (const Layer *)plumb_entry_find("batchnorm");
}

/* Yang et al. 2019: a batch norm in front of every relu multiplies the gradient by at least sqrt(pi / (pi - 1)) a
 * layer. */
bool judge_norm_explosion(Patient *patient, PlumbFinding *finding) {
    const PlumbForecast *forecast = patient->about->forecast;
    bool fails = !patient->trained || is_stuck(patient) || diverges(patient);
    if (!forecast || forecast->verdict == PLUMB_UNFORESEEN ||
        !(forecast->slope - forecast->cause[PLUMB_BY_WIDTH] > 3) || !is_unsolved(patient) || !fails ||
        has_link(patient->about->net) || !take_layers(patient, finding, is_batchnorm)) {
        return false;
    }
    int norms = finding->layers;
    finding->severity = PLUMB_SEVERE;
    finding->evidence = say(patient, "%d batch norms, and the gradient grows %.1f decades by forecast (%.2f a layer)%s",
                            norms, forecast->slope, forecast->slope / norms, standing(patient));
    finding->cause = "a batch norm in front of each activation and no link around them";
    finding->remedy = say(patient, "residual(scale=%.2g)", 1 / sqrt(norms));
    return true;
}
