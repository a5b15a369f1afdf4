/* The size of the steps: learning rate, updates, clipping. */
#include "../train/parts.h"
#include "rules.h"
#include "walk.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- update ratios of the epochs ------------------------------------------------------------------------------- */

double epoch_largest_update(const Patient *patient) {
    double most = NAN;
    for (int i = 0; i < patient->about->epochs; i++) {
        most = fmax(most, patient->about->epoch[i].update_ratio);
    }
    return most;
}

/* The value that half of the epochs exceed. */
double epoch_median_update(const Patient *patient) {
    int epochs = patient->about->epochs;
    for (int i = 0; i < epochs; i++) {
        double ratio = patient->about->epoch[i].update_ratio;
        int below = 0, same = 0;
        for (int j = 0; j < epochs; j++) {
            below += patient->about->epoch[j].update_ratio < ratio;
            same += patient->about->epoch[j].update_ratio == ratio;
        }
        if (2 * below <= epochs && 2 * (below + same) >= epochs) {
            return ratio;
        }
    }
    return NAN;
}

/* ---- the learning rate ----------------------------------------------------------------------------------------- */

/* Adagrad's steps shrink with the root of their number: ten times within a hundred. */
static bool shrinks(const Patient *patient) {
    return !strcmp(plumb_call_call(patient->about->recipe, "optimizer")->entry->name, "adagrad");
}

/* A fifth of what the curvature at the start stands: it grows until steps swing (Cohen et al. 2021). What rescales
 * gradients stands 3e-4 in nearly any net. NaN: not probed. */
static double stood(const Patient *patient) {
    const PlumbCurvature *curvature = patient->about->curvature;
    bool known = curvature && curvature->limit > 0 && isfinite(curvature->limit);
    return known ? fmax((shrinks(patient) ? 2 : 0.2) * curvature->limit, patient->adaptive ? 3e-4 : 0) : NAN;
}

/* The end of a sentence; "" where it was not probed. */
static const char *curved(Patient *patient) {
    const PlumbCurvature *curvature = patient->about->curvature;
    return isnan(stood(patient))
               ? ""
               : say(patient, "; curvature at the start: steps settle up to lr=%.2g, this is %.2g times that",
                     curvature->limit, curvature->ratio);
}

/* Steps of a hundredth of the weights; of an optimizer that rescales gradients, whose rate is the step of each weight,
 * at most what weights of usual size stand. */
static double shrunk(const Patient *patient) {
    double ratio = epoch_largest_update(patient), lr = patient->lr * (ratio > 0.1 ? 0.01 / ratio : 0.1);
    const PlumbCurvature *curvature = patient->about->curvature;
    lr = curvature && curvature->ratio > 1 && stood(patient) < patient->lr ? stood(patient) : lr;
    return patient->adaptive ? fmin(lr, shrinks(patient) ? 0.03 : 0.003) : lr;
}

/* Has a step thrown the net far above what guessing gives? No net of usual weights begins there. */
static bool was_thrown(const Patient *patient) {
    for (int i = 0; i < patient->about->epochs; i++) {
        if (patient->about->epoch[i].loss > 3 * patient->chance) {
            return true;
        }
    }
    return false;
}

/* Steps of all layers of a plain net at once, which together go too far: not yet, where the gradient fades already, nor
 * where the forecast of the first ones, which knows of the width, says that they stay well within. */
static bool outruns_depth(const Patient *patient) {
    const PlumbForecast *forecast = patient->about->forecast;
    bool fades = is_stuck(patient) && patient->slope < patient->limits.vanishing;
    bool faint = foreseen(patient) == PLUMB_VANISHING && forecast->reason != PLUMB_OF_STEPS;
    bool known = forecast && isfinite(forecast->stride),
         spared = known && 2 * forecast->stride < forecast->limits.stride;
    return !patient->adaptive && patient->layers > 1 && !fades && !faint && !spared && is_plain(patient->about->net) &&
           epoch_largest_update(patient) * depth_factor(patient->layers) > (known ? 0.4 : 0.8);
}

static bool has_weights(const Patient *patient, int node) {
    return *plumb_net_node(patient->about->net, node)->init;
}

static const char *too_high_evidence(Patient *patient, bool wild, bool swings, bool deep) {
    double most = epoch_largest_update(patient);
    const char *step = most > 0 ? say(patient, "a step changes the weights by up to %.2g of their size", most) : "";
    const char *then = wild                ? "the loss runs away"
                       : swings            ? "the loss swings"
                       : deep              ? say(patient, "%d layers move at once", patient->layers)
                       : is_stuck(patient) ? "the loss stays"
                                           : "more than they stand";
    return say(patient, "%s%s%s%s%s", step, *step ? "; " : "", then, curved(patient), standing(patient));
}

bool judge_learning_rate_too_high(Patient *patient, PlumbFinding *finding) {
    double update = epoch_median_update(patient), most = epoch_largest_update(patient);
    bool wild = diverges(patient), swings = oscillates(patient), deep = outruns_depth(patient);
    bool large = patient->about->epochs > 1 && !patient->adaptive && (update > 0.1 || most > 0.5);
    bool thrown = most > 0.1 && was_thrown(patient);
    bool hurts =
        (patient->adaptive && patient->level > 0.6) || (is_stuck(patient) && !(most < 0.2 && recovers(patient)));
    bool by_nature = foreseen(patient) == PLUMB_EXPLODING && !(most > 0.5);
    if (!patient->trained || isnan(patient->lr) || by_nature || (!is_unsolved(patient) && !wild) ||
        !(wild || swings || ((thrown || large) && hurts) || (deep && !is_early(patient)))) {
        return false;
    }
    finding->severity = wild || large || thrown || deep ? PLUMB_SEVERE : PLUMB_MILD;
    finding->evidence = too_high_evidence(patient, wild, swings, deep);
    finding->cause = say(patient, "lr=%g", patient->lr);
    finding->remedy = with_lr(patient, shrunk(patient));
    return take_layers(patient, finding, has_weights);
}

/* One layer of huge weights makes the whole net's ratio small: do most of them move? */
static bool most_layers_rest(const Patient *patient) {
    int moving = 0;
    for (int i = 0; patient->about->probe && i < patient->layers; i++) {
        moving += patient->about->probe[patient->layer[i]].update_ratio > 1e-3;
    }
    return 2 * moving <= patient->layers;
}

/* Learning rate that the schedule has yet to give, over what it has given; NaN: there is none, or nothing is to come.
 */
static double left_of_schedule(const Patient *patient) {
    const PlumbCase *about = patient->about;
    const PlumbCall *call = about->recipe ? plumb_call_call(about->recipe, "schedule") : NULL;
    double epochs = about->recipe ? plumb_call_number(about->recipe, "epochs") : 0;
    if (!call || about->epochs < 1 || about->epochs >= epochs) {
        return NAN;
    }
    int64_t done = about->epoch[about->epochs - 1].step, each = done / about->epochs;
    double past = 0, ahead = 0;
    Progress at = {
        .steps = (int64_t)(each * epochs), .steps_an_epoch = each, .history = about->epoch, .epochs = about->epochs};
    for (at.step = 0; at.step < at.steps; at.step++) {
        double factor = ((const Schedule *)call->entry)->factor(call, &at);
        *(at.step < done ? &past : &ahead) += factor;
    }
    return ahead / past;
}

/* The steps to come add up to less than those done, which were not enough. */
static bool judge_dying_schedule(Patient *patient, PlumbFinding *finding) {
    double left = left_of_schedule(patient);
    if (!(left < 1) || is_early(patient) || !(patient->level > 0.5) || recovers(patient)) {
        return false;
    }
    char *schedule = plumb_call_text(plumb_call_call(patient->about->recipe, "schedule"));
    finding->severity = PLUMB_SEVERE;
    finding->evidence = say(patient, "all steps to come add up to %.2g of those of the first %d epochs%s", left,
                            patient->about->epochs, standing(patient));
    finding->cause = say(patient, "schedule = %s", schedule ? schedule : "");
    finding->remedy = "schedule = cosine";
    patient->failed = patient->failed || !schedule;
    free(schedule);
    return true;
}

/* Where the rate itself is near enough to what the curvature stands, what the recipe sets that holds steps back: its
 * key; NULL: nothing. */
static const char *held_back_by(const Patient *patient) {
    static const char *const keys[] = {"clip", "schedule"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (patient->lr > 0.02 * stood(patient) && plumb_call_call(patient->about->recipe, keys[i])) {
            return keys[i];
        }
    }
    return NULL;
}

/* The weights hardly move, though a gradient is there for them, and the loss goes down or nowhere. */
bool judge_learning_rate_too_low(Patient *patient, PlumbFinding *finding) {
    double most = epoch_largest_update(patient);
    PlumbVerdict verdict = foreseen(patient);
    int last = patient->about->epochs - 1;
    if (judge_dying_schedule(patient, finding)) {
        return true;
    }
    if (last < 1 || is_early(patient) || isnan(patient->lr) || verdict == PLUMB_VANISHING ||
        verdict == PLUMB_EXPLODING || !(most < 3e-4) || most == 0 || !most_layers_rest(patient) || recovers(patient) ||
        !(patient->level > 0.5) || patient->about->epoch[last].loss > 1.01 * patient->about->epoch[0].loss) {
        return false;
    }
    finding->severity = PLUMB_SEVERE;
    finding->evidence = say(patient, "no step changes the weights by more than %.1e of their size%s%s", most,
                            curved(patient), standing(patient));
    const char *key = held_back_by(patient);
    double fair = isnan(stood(patient)) ? NAN : fmax(stood(patient), patient->adaptive ? 1e-3 : 0);
    double lr = fair > patient->lr ? fair : patient->lr * fmin(1e4, 3e-3 / most);
    finding->cause = key ? key : say(patient, "lr=%g", patient->lr);
    finding->remedy = key ? say(patient, "%s = none", key) : with_lr(patient, lr);
    return true;
}

/* ---- updates ---------------------------------------------------------------------------------------------------- */

static bool hardly_moves(const Patient *patient, int node) {
    return *plumb_net_node(patient->about->net, node)->init && patient->about->probe[node].update_ratio < 1e-5;
}

static bool is_torn(const Patient *patient, int node) {
    return *plumb_net_node(patient->about->net, node)->init && patient->about->probe[node].update_ratio > 0.1;
}

/* Of plain descent and decoupled decay alike: w decay, against dL/dw. He et al. 2015, footnote 2. */
static bool only_decay_moves(const Patient *patient, int node) {
    const PlumbProbe *probe = &patient->about->probe[node];
    double decay = plumb_call_number(plumb_call_call(patient->about->recipe, "optimizer"), "decay");
    return *plumb_net_node(patient->about->net, node)->init && probe->grad_norm < 0.1 * decay * probe->weight_norm;
}

bool judge_stagnant_update(Patient *patient, PlumbFinding *finding) {
    double most = epoch_largest_update(patient), median = epoch_median_update(patient);
    if (patient->about->epochs < 3 || is_early(patient) || !patient->about->probe || !patient->about->recipe ||
        !is_unsolved(patient)) {
        return false;
    }
    finding->severity = PLUMB_MILD;
    if (most < 1e-5) {
        finding->evidence = say(patient, "no step changes the weights by more than %.1e of their size", most);
        finding->cause = "the gradient is too small for this learning rate";
        finding->remedy = with_lr(patient, patient->lr * 100);
        return take_layers(patient, finding, hardly_moves);
    }
    if (median > 0.1) {
        finding->evidence = say(patient, "a step changes the weights by %.2g of their size", median);
        finding->cause = say(patient, "lr=%g", patient->lr);
        finding->remedy = with_lr(patient, shrunk(patient));
        return take_layers(patient, finding, is_torn);
    }
    if (!is_stuck(patient) || !take_layers(patient, finding, only_decay_moves)) {
        return false;
    }
    finding->evidence = say(patient, "the gradient of %s is under a tenth of what weight decay asks of it",
                            name_of(patient, finding->layer[0]));
    finding->cause = "weight decay alone moves the weights";
    finding->remedy = "decay=0";
    return true;
}

/* ---- clipping --------------------------------------------------------------------------------------------------- */

/* The limit that one step in ten would exceed. */
static const char *suggested(Patient *patient, const PlumbClipping *clipping) {
    return clipping->suggested > 0 ? say(patient, "clip = by_norm(%.2g)", clipping->suggested) : "";
}

bool judge_clip_too_tight(Patient *patient, PlumbFinding *finding) {
    const PlumbClipping *clipping = patient->about->clipping;
    if (!clipping || !(clipping->share > 0.5) || !is_unsolved(patient)) {
        return false;
    }
    finding->severity = PLUMB_MILD;
    finding->evidence = say(patient, "clipping engaged at %.0f %% of the steps, by a factor of %.2g%s",
                            100 * clipping->share, clipping->factor, standing(patient));
    finding->cause = "its limit is below the usual gradient: it works as a smaller learning rate";
    finding->remedy = suggested(patient, clipping);
    return true;
}

/* What never engages protects from nothing that was seen. */
bool judge_clip_idle(Patient *patient, PlumbFinding *finding) {
    const PlumbClipping *clipping = patient->about->clipping;
    if (!clipping || clipping->share != 0) {
        return false;
    }
    finding->severity = PLUMB_MILD;
    finding->evidence = "clipping never engaged";
    finding->cause = say(patient, "nine steps in ten have a gradient below %.2g", clipping->suggested);
    finding->remedy = suggested(patient, clipping);
    return true;
}
