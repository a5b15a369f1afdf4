/* What is to be known of a training, and what `fix` would try first on a net that is not trained again. */
#include "../verbs/common.h"
#include "edits.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The loss is far from solved, whatever the rules say of it, and so are the hits, where there are classes: of the test
 * part, where there is one. A net that learns its rows by heart has not found what was to be learnt. */
bool is_far_off(const PlumbData *data, const Value *net, const PlumbCall *recipe, const PlumbEpoch *last) {
    double loss = data->test.rows ? last->test_loss : last->loss;
    double chance = plumb_loss_at_chance(net->net->net, data, recipe);
    double missed = data->classify ? (1 - epoch_metric(last, data)) / (1 - 1. / data->classes) : INFINITY;
    return !(loss < 0.2 * chance) && !(missed < 0.1);
}

bool is_lost(const PlumbData *data, const Value *net, const PlumbCall *recipe, const PlumbEpoch *last) {
    double least = 0.9 * plumb_loss_at_chance(net->net->net, data, recipe);
    return !(last->loss < least) || (!data->classify && data->test.rows && !(last->test_loss < least));
}

/* By a fiftieth at least over the last quarter of the epochs. */
bool keeps_falling(const PlumbEpoch *epoch, int epochs) {
    return epochs >= 4 && epoch[epochs - 1].loss < 0.98 * epoch[epochs - 1 - epochs / 4].loss;
}

/* By what counts, and no worse by the other; finite whatever was before. */
bool wins(const PlumbData *data, const Repaired *before, const Repaired *after) {
    bool test = data->test.rows > 0;
    double was = test ? before->test_loss : before->loss, is = test ? after->test_loss : after->loss;
    if (!isfinite(is) || !isfinite(after->metric)) {
        return false;
    }
    if (!isfinite(was) || !isfinite(before->metric)) {
        return true;
    }
    double gain = data->classify ? after->metric - before->metric : 1 - after->metric / before->metric;
    return gain > 0.005 || (gain >= 0 && is < 0.9 * was);
}

static bool nothing_was_tried(void *self, const Candidate *candidate) {
    (void)self;
    (void)candidate;
    return false;
}

static bool is_foreseen(const Value *net, const PlumbData *data, const PlumbCall *recipe) {
    PlumbForecast *told = plumb_forecast(net->net->net, data, recipe, NULL);
    bool ill = told && (told->verdict == PLUMB_VANISHING || told->verdict == PLUMB_EXPLODING);
    plumb_forecast_free(told);
    return ill;
}

bool propose(Session *session, Value *net, const PlumbData *data, const PlumbCall *recipe,
             const PlumbDiagnosis *diagnosis, Candidate *first) {
    const PlumbEpoch *epoch;
    int epochs = data_of(net->net->trained_on) == data ? net_value_history(net->net, &epoch) : 0;
    bool silent = !plumb_diagnosis_size(diagnosis), foreseen = silent && !epochs && is_foreseen(net, data, recipe);
    if (silent && !foreseen) {
        return false;
    }
    Draft *draft = draft_of(session, net->net);
    Value *settings = draft_recipe(session, "log = none", recipe); /* as the twins of `fix` have it */
    Sickness sickness = {.session = session,
                         .name = net->net->name,
                         .draft = draft,
                         .net = net,
                         .base = settings,
                         .recipe = settings,
                         .data = data,
                         .diagnosis = diagnosis,
                         .unsolved = foreseen || (epochs && is_far_off(data, net, recipe, &epoch[epochs - 1])),
                         .falling = epochs && keeps_falling(epoch, epochs),
                         .tried = nothing_was_tried};
    bool found = draft && settings && best_edit(&sickness, first);
    value_drop(settings);
    draft_free(draft);
    return found;
}

/* ---- before any training ----------------------------------------------------------------------------------------- */

static bool is_healthy_with(const Candidate *first, const PlumbData *data, double *slope) {
    PlumbForecast *told = plumb_forecast(first->net->net->net, data, first->recipe->call.call, NULL);
    bool healthy = told && told->verdict == PLUMB_HEALTHY;
    *slope = told ? told->slope : NAN;
    plumb_forecast_free(told);
    return healthy;
}

/* What `fix` would try first, of what is foreseen alone. */
static bool first_remedy(Session *session, Value *net, const PlumbData *data, const PlumbCall *recipe,
                         const PlumbForecast *forecast, PlumbRemedy *remedy) {
    PlumbCase about = {.net = net->net->net, .data = data, .recipe = recipe, .forecast = forecast, .loss = NAN};
    PlumbDiagnosis *diagnosis = data && net->net->declaration ? plumb_diagnose(&about, NULL) : NULL;
    Candidate first;
    if (!diagnosis || !propose(session, net, data, recipe, diagnosis, &first)) {
        plumb_diagnosis_free(diagnosis);
        return false;
    }
    bool helps = is_healthy_with(&first, data, &remedy->slope) && strlen(first.text) < sizeof remedy->text;
    snprintf(remedy->text, sizeof remedy->text, "%s", first.text);
    candidate_clear(&first);
    plumb_diagnosis_free(diagnosis);
    return helps;
}

int foresee_remedies(Session *session, Value *net, const PlumbData *data, const PlumbCall *recipe,
                     const PlumbForecast *forecast, PlumbRemedy remedy[PLUMB_REMEDIES_MAX]) {
    PlumbRemedy more[PLUMB_REMEDIES_MAX];
    int count = first_remedy(session, net, data, recipe, forecast, &remedy[0]);
    int known = plumb_remedies(net->net->net, data, recipe, more);
    for (int i = 0; i < known && count < PLUMB_REMEDIES_MAX; i++) {
        if (!count || strcmp(more[i].text, remedy[0].text) != 0) {
            remedy[count++] = more[i];
        }
    }
    return count;
}
