/* Edits as a table, tried by forecast of the net that they would make. */
#include "edits.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH "vanishing_gradient exploding_gradient poor_initialization saturated_activation"
#define TIME "vanishing_through_time exploding_through_time"
#define STEPS                                                                                                          \
    "learning_rate_too_high learning_rate_too_low stagnant_update oscillating_loss slow_convergence diverging "        \
    "exploding_gradient exploding_through_time clip_too_tight overfit"

typedef struct Edit {
    const char *text;  /* as it is told; NULL: the finding's own remedy, a setting of the recipe */
    const char *rules; /* that it is for */
    Rewriting to;
    const char *setting; /* of the recipe */
} Edit;

/* Where the forecast sees no difference, the first one counts as the simplest. */
static const Edit edits[] = {
    {"the last layer left out", "wrong_output", {.output = true}, NULL},
    {"batchnorm behind the input", "bad_data saturated_activation", {.inputs = true}, NULL},
    {NULL, STEPS, {0}, NULL},
    {"init=auto", "poor_initialization", {.init = "auto"}, NULL},
    {"act=leaky_relu, init=he", "dead_units", {.act = "leaky_relu", .init = "he"}, NULL},
    {"init=he", DEPTH, {.init = "he"}, NULL},
    {"init=xavier", DEPTH, {.init = "xavier"}, NULL},
    {"init=orthogonal", DEPTH, {.init = "orthogonal"}, NULL},
    {"act=relu, init=he", DEPTH, {.act = "relu", .init = "he"}, NULL},
    {"act=tanh, init=xavier", DEPTH, {.act = "tanh", .init = "xavier"}, NULL},
    {"act=selu, init=lecun", DEPTH, {.act = "selu", .init = "lecun"}, NULL},
    {"act=prelu, init=he", DEPTH " dead_units", {.act = "prelu", .init = "he"}, NULL},
    {"norm=batchnorm", DEPTH " dead_units plateau", {.norm = "batchnorm"}, NULL},
    {"norm=layernorm", DEPTH " norm_explosion plateau", {.norm = "layernorm"}, NULL},
    {"residual(scale=1 / sqrt(n))", DEPTH " norm_explosion", {.link = true}, NULL},
    {"rnn -> gru", TIME, {.cell = "gru"}, NULL},
    {"rnn, gru -> lstm", TIME, {.cell = "lstm"}, NULL},
    {"lstm(forget_bias=3)", TIME, {.forget = "3"}, NULL},
    {"clip = by_norm(1)",
     "exploding_through_time exploding_gradient diverging oscillating_loss",
     {0},
     "clip = by_norm(1)"},
    {"schedule = cosine(warmup=100)",
     "learning_rate_too_high diverging oscillating_loss exploding_gradient",
     {0},
     "schedule = cosine(warmup=100)"},
    {"optimizer = adam(lr=0.003)",
     "plateau slow_convergence learning_rate_too_low stagnant_update learning_rate_too_high",
     {0},
     "optimizer = adam(lr=0.003)"},
};
enum { EDITS = sizeof edits / sizeof *edits };

void candidate_clear(Candidate *candidate) {
    draft_free(candidate->draft);
    free(candidate->source);
    value_drop(candidate->net);
    value_drop(candidate->recipe);
    *candidate = (Candidate){0};
}

/* Is `word` one of the words of `text`? */
static bool has_word(const char *text, const char *word) {
    size_t length = strlen(word);
    for (const char *at = strstr(text, word); at; at = strstr(at + 1, word)) {
        if ((at == text || at[-1] == ' ') && (at[length] == ' ' || !at[length])) {
            return true;
        }
    }
    return false;
}

/* A remedy that is a setting of the recipe: key = value. */
static const char *setting_of(const Edit *edit, const PlumbFinding *finding) {
    return edit->text ? edit->setting : strstr(finding->remedy, " = ") ? finding->remedy : NULL;
}

static bool apply(const Sickness *sickness, const Edit *edit, const char *setting, Candidate *candidate) {
    candidate->draft = draft_copy(sickness->draft);
    if (!candidate->draft) {
        return false;
    }
    if (!setting) {
        candidate->recipe = value_keep(sickness->recipe);
        return draft_rewrite(candidate->draft, &edit->to);
    }
    candidate->recipe = draft_recipe(sickness->session, setting, sickness->recipe->call.call);
    return candidate->recipe && draft_set(candidate->draft, setting);
}

/* The net is built, and is one that can be trained on these data. */
static bool build(const Sickness *sickness, Candidate *candidate) {
    const PlumbCall *recipe = candidate->recipe->call.call;
    candidate->source = draft_text(candidate->draft, sickness->name, false);
    candidate->net = candidate->source ? draft_build(sickness->session, candidate->source) : NULL;
    return candidate->net &&
           plumb_net_fits(candidate->net->net->net, sickness->data, plumb_call_call(recipe, "loss"), NULL);
}

/* The largest slope that is forecast, over depth or time; NaN: theory does not reach. */
static double slope_of(const Sickness *sickness, const Value *net, const Value *recipe, bool *ill) {
    PlumbForecast *told = plumb_forecast(net->net->net, sickness->data, recipe->call.call, NULL);
    double slope = told && told->verdict != PLUMB_UNFORESEEN ? fmax(fabs(told->slope), fabs(told->time_slope)) : NAN;
    *ill = told && (told->verdict == PLUMB_VANISHING || told->verdict == PLUMB_EXPLODING);
    plumb_forecast_free(told);
    return slope;
}

/* What stays ill has to be better by decades at least, and comes after all that is healthy. Gates learn to open: what
 * is forecast of their first weights says nothing against them. */
static bool forecast(const Sickness *sickness, const Edit *edit, Candidate *candidate) {
    bool was_ill;
    if (edit->to.cell) {
        candidate->slope = NAN;
        return true;
    }
    double before = slope_of(sickness, sickness->net, sickness->recipe, &was_ill);
    candidate->slope = slope_of(sickness, candidate->net, candidate->recipe, &candidate->ill);
    return !candidate->ill || candidate->slope < before - 1;
}

/* Whole decades: what lies between is within the bands of the forecast. Where theory is silent the edit is no better
 * than its place. */
static double steepness(const Candidate *candidate) {
    double slope = isnan(candidate->slope) ? 0 : floor(candidate->slope);
    return candidate->ill ? 1e6 + slope : slope;
}

static bool make(const Sickness *sickness, const Edit *edit, int index, Candidate *candidate) {
    const PlumbFinding *finding = plumb_diagnosis_at(sickness->diagnosis, index);
    const char *setting = setting_of(edit, finding);
    *candidate = (Candidate){.text = edit->text ? edit->text : setting, .finding = index};
    if (!candidate->text || !has_word(edit->rules, plumb_rule_name(finding->rule)) ||
        sickness->tried(sickness->self, candidate->text)) {
        return false;
    }
    if (apply(sickness, edit, setting, candidate) && build(sickness, candidate) &&
        forecast(sickness, edit, candidate)) {
        return true;
    }
    candidate_clear(candidate);
    return false;
}

static bool best_for(const Sickness *sickness, int finding, Candidate *best) {
    *best = (Candidate){0};
    for (int i = 0; i < EDITS; i++) {
        Candidate candidate;
        if (!make(sickness, &edits[i], finding, &candidate)) {
            continue;
        }
        if (!best->net || steepness(&candidate) < steepness(best)) {
            candidate_clear(best);
            *best = candidate;
        } else {
            candidate_clear(&candidate);
        }
    }
    return best->net;
}

/* What is severe first; what follows from another finding last. */
bool best_edit(const Sickness *sickness, Candidate *best) {
    for (int turn = 0; turn < 3; turn++) {
        for (int i = 0; i < plumb_diagnosis_size(sickness->diagnosis); i++) {
            const PlumbFinding *finding = plumb_diagnosis_at(sickness->diagnosis, i);
            int due = finding->follows >= 0 ? 2 : finding->severity == PLUMB_SEVERE ? 0 : 1;
            if (due == turn && best_for(sickness, i, best)) {
                return true;
            }
        }
    }
    return false;
}
