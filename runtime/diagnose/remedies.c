/* Edits tried by forecast. */
#include "../core/net.h"
#include "walk.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What can be made of a built net, the smallest first. Of each kind the first that helps is enough. */
enum { KIND_INIT, KIND_ACT, KIND_NORM, KIND_START, KINDS };
static const struct {
    PlumbEditName edit;
    int kind;
} tries[] = {{PLUMB_EDIT_BIAS, KIND_START},       {PLUMB_EDIT_INIT_HE, KIND_INIT},
             {PLUMB_EDIT_INIT_XAVIER, KIND_INIT}, {PLUMB_EDIT_INIT_ORTHOGONAL, KIND_INIT},
             {PLUMB_EDIT_INIT_AUTO, KIND_INIT},   {PLUMB_EDIT_RELU, KIND_ACT},
             {PLUMB_EDIT_TANH, KIND_ACT},         {PLUMB_EDIT_SELU, KIND_ACT},
             {PLUMB_EDIT_BATCHNORM, KIND_NORM},   {PLUMB_EDIT_LAYERNORM, KIND_NORM},
             {PLUMB_EDIT_FORGET, KIND_START},     {PLUMB_EDIT_UPDATE, KIND_START},
             {PLUMB_EDIT_SINGLE, KIND_START},     {PLUMB_EDIT_DROPOUT, KIND_START},
             {PLUMB_EDIT_INPUTS, KIND_START}};
enum { TRIES = sizeof tries / sizeof *tries };

static bool same_text(const PlumbCall *a, const PlumbCall *b) {
    char *left = plumb_call_text(a), *right = plumb_call_text(b);
    bool same = left && right && !strcmp(left, right);
    free(left);
    free(right);
    return same;
}

/* What changes nothing is no remedy, even where the forecast is healthy. */
static bool differs(const PlumbNet *net, const PlumbNet *variant) {
    bool same = net->node_count == variant->node_count;
    for (int i = 0; same && i < net->node_count; i++) {
        same = same_text(net->node[i].about.call, variant->node[i].about.call);
    }
    return !same;
}

/* Steps that fail with any net are no fault of the edit's. */
static bool is_sound(const PlumbForecast *forecast) {
    bool of_steps = (forecast->reason == PLUMB_OF_REACH && falls_short_with_any(forecast)) ||
                    (forecast->reason == PLUMB_OF_CURVATURE && leaps_with_any(forecast));
    return forecast->verdict == PLUMB_HEALTHY || of_steps;
}

/* Is the edited net healthy? An edit that does not fit the net (a norm of an image's rows) is none. */
static bool is_healthy(const PlumbNet *net, const PlumbNet *variant, const PlumbData *data, const PlumbCall *recipe,
                       double *slope) {
    PlumbForecast *forecast = variant && differs(net, variant) ? plumb_forecast(variant, data, recipe, NULL) : NULL;
    bool healthy = forecast && is_sound(forecast);
    *slope = forecast ? forecast->slope : 0;
    plumb_forecast_free(forecast);
    return healthy;
}

typedef struct Search {
    const PlumbNet *net;
    const PlumbData *data;
    const PlumbCall *recipe;
    PlumbRemedy *remedy;
    int count;
} Search;

static bool keep(Search *search, const char *first, const char *second, double slope) {
    PlumbRemedy *remedy = &search->remedy[search->count++];
    remedy->slope = slope;
    snprintf(remedy->text, sizeof remedy->text, "%s%s%s", first, second ? ", " : "", second ? second : "");
    return true;
}

static bool helps(Search *search, const PlumbEdit *edit) {
    double slope;
    PlumbNet *variant = plumb_net_variant(search->net, edit, NULL);
    bool healthy = is_healthy(search->net, variant, search->data, search->recipe, &slope);
    plumb_net_free(variant);
    return healthy && keep(search, edit->text, NULL, slope);
}

static bool help_together(Search *search, const PlumbEdit *first, const PlumbEdit *second) {
    double slope;
    PlumbNet *half = plumb_net_variant(search->net, first, NULL);
    PlumbNet *variant = half ? plumb_net_variant(half, second, NULL) : NULL;
    bool both = half && variant && differs(search->net, half) && differs(half, variant);
    bool healthy = both && is_healthy(half, variant, search->data, search->recipe, &slope);
    plumb_net_free(variant);
    plumb_net_free(half);
    return healthy && keep(search, first->text, second->text, slope);
}

/* The first pair, of two kinds. */
static void find_pair(Search *search) {
    for (int i = 0; i < TRIES; i++) {
        for (int j = i + 1; j < TRIES; j++) {
            if (tries[i].kind != tries[j].kind &&
                help_together(search, plumb_edit(tries[i].edit), plumb_edit(tries[j].edit))) {
                return;
            }
        }
    }
}

int plumb_remedies(const PlumbNet *net, const PlumbData *data, const PlumbCall *recipe,
                   PlumbRemedy remedy[PLUMB_REMEDIES_MAX]) {
    Search search = {net, data, recipe, remedy, 0};
    bool found[KINDS] = {false};
    for (int i = 0; i < TRIES && search.count < PLUMB_REMEDIES_MAX; i++) {
        found[tries[i].kind] = found[tries[i].kind] || helps(&search, plumb_edit(tries[i].edit));
    }
    if (!search.count) {
        find_pair(&search);
    }
    return search.count;
}
