/* Edits as a table; a plan of several is made in turn, and the net that comes of it is built and forecast. */
#include "edits.h"
#include "../../grammar/text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Edit {
    const char *text; /* as it is told */
    Rewriting to;
    const char *setting; /* of the recipe */
} Edit;

static const Edit edits[EDITS] = {
    [EDIT_OUTPUT] = {"the last layer left out", {.output = true}, NULL},
    [EDIT_INPUTS] = {"batchnorm behind the input", {.inputs = true}, NULL},
    [EDIT_BIAS] = {"bias_init=zeros", {.bias = "zeros"}, NULL},
    [EDIT_INIT_AUTO] = {"init=auto", {.init = "auto"}, NULL},
    [EDIT_INIT_HE] = {"init=he", {.init = "he"}, NULL},
    [EDIT_INIT_XAVIER] = {"init=xavier", {.init = "xavier"}, NULL},
    [EDIT_INIT_ORTHOGONAL] = {"init=orthogonal", {.init = "orthogonal"}, NULL},
    [EDIT_RELU] = {"act=relu, init=he", {.act = "relu", .init = "he"}, NULL},
    [EDIT_LEAKY] = {"act=leaky_relu, init=he", {.act = "leaky_relu", .init = "he"}, NULL},
    [EDIT_TANH] = {"act=tanh, init=xavier", {.act = "tanh", .init = "xavier"}, NULL},
    [EDIT_SELU] = {"act=selu, init=lecun", {.act = "selu", .init = "lecun"}, NULL},
    [EDIT_PRELU] = {"act=prelu, init=he", {.act = "prelu", .init = "he"}, NULL},
    [EDIT_BATCHNORM] = {"norm=batchnorm", {.norm = "batchnorm"}, NULL},
    [EDIT_LAYERNORM] = {"norm=layernorm", {.norm = "layernorm"}, NULL},
    [EDIT_LINK] = {"residual(scale=1 / sqrt(n))", {.link = true}, NULL},
    [EDIT_LINK_PROJECT] = {"residual(scale=1 / sqrt(n), project=true)", {.link = true, .project = true}, NULL},
    [EDIT_DROPOUT] = {"dropout(0.1)", {.dropout = 0.1}, NULL},
    [EDIT_FORGET] = {"lstm(forget_bias=3)", {.open = "lstm"}, NULL},
    [EDIT_UPDATE] = {"gru(update_bias=3)", {.open = "gru"}, NULL},
    [EDIT_LSTM] = {"rnn, gru -> lstm(forget_bias=3)", {.cell = "lstm"}, NULL},
    [EDIT_GRU] = {"rnn -> gru(update_bias=3)", {.cell = "gru"}, NULL},
    [EDIT_CLIP] = {"clip = by_norm(1)", {0}, "clip = by_norm(1)"},
    [EDIT_NO_CLIP] = {"clip = none", {0}, "clip = none"},
    [EDIT_WARMUP] = {"schedule = cosine(warmup=100)", {0}, "schedule = cosine(warmup=100)"},
    [EDIT_NO_SCHEDULE] = {"schedule = none", {0}, "schedule = none"},
    [EDIT_ADAM] = {"optimizer = adam(lr=0.003)", {0}, "optimizer = adam(lr=0.003)"},
};

void plan_add(Plan *plan, EditName edit) {
    for (int i = 0; i < plan->count; i++) {
        if (plan->edit[i] == edit) {
            return;
        }
    }
    if (plan->count < EDITS) {
        plan->edit[plan->count++] = edit;
    }
}

void candidate_clear(Candidate *candidate) {
    draft_free(candidate->draft);
    free(candidate->text);
    free(candidate->source);
    value_drop(candidate->net);
    value_drop(candidate->recipe);
    *candidate = (Candidate){0};
}

/* ---- the edits of a plan --------------------------------------------------------------------------------------- */

/* False: the recipe says so already, or takes no such setting. */
static bool apply_setting(const Sickness *sickness, const char *setting, Candidate *candidate) {
    Value *recipe = draft_recipe(sickness->session, setting, candidate->recipe->call.call);
    char *was = value_text(candidate->recipe), *is = recipe ? value_text(recipe) : NULL;
    bool changed = was && is && strcmp(was, is) != 0 && draft_set(candidate->draft, setting);
    free(was);
    free(is);
    if (!changed) {
        value_drop(recipe);
        return false;
    }
    value_drop(candidate->recipe);
    candidate->recipe = recipe;
    return true;
}

static bool apply(const Sickness *sickness, const Plan *plan, Candidate *candidate) {
    Text text = {0};
    for (int i = 0; i < plan->count; i++) {
        const Edit *edit = plan->edit[i] == EDIT_REMEDY ? NULL : &edits[plan->edit[i]];
        const char *setting = edit ? edit->setting : plan->remedy;
        bool changed =
            setting ? apply_setting(sickness, setting, candidate) : edit && draft_rewrite(candidate->draft, &edit->to);
        if (changed) {
            text_printf(&text, "%s%s", text.length ? ", " : "", edit ? edit->text : setting);
        }
    }
    candidate->text = text.length ? text_take(&text) : NULL;
    return candidate->text;
}

/* The net is built, and is one that can be trained on these data. */
static bool build(const Sickness *sickness, Candidate *candidate) {
    const PlumbCall *recipe = candidate->recipe->call.call;
    candidate->source = draft_text(candidate->draft, sickness->name, false);
    candidate->net = candidate->source ? draft_build(sickness->session, candidate->source) : NULL;
    return candidate->net &&
           plumb_net_fits(candidate->net->net->net, sickness->data, plumb_call_call(recipe, "loss"), NULL);
}

bool candidate_make(const Sickness *sickness, const Plan *plan, Candidate *candidate) {
    *candidate =
        (Candidate){.draft = draft_copy(sickness->draft), .recipe = value_keep(sickness->recipe), .slope = NAN};
    if (candidate->draft && apply(sickness, plan, candidate) && build(sickness, candidate)) {
        return true;
    }
    candidate_clear(candidate);
    return false;
}

/* ---- its forecast ------------------------------------------------------------------------------------------------ */

/* The largest slope that is forecast, over depth or time; NaN: theory does not reach. */
static double slope_of(const Sickness *sickness, const Value *net, const Value *recipe, bool *ill) {
    PlumbForecast *told = plumb_forecast(net->net->net, sickness->data, recipe->call.call, NULL);
    double slope = told && told->verdict != PLUMB_UNFORESEEN ? fmax(fabs(told->slope), fabs(told->time_slope)) : NAN;
    *ill = told && (told->verdict == PLUMB_VANISHING || told->verdict == PLUMB_EXPLODING);
    plumb_forecast_free(told);
    return slope;
}

bool candidate_forecast(const Sickness *sickness, Candidate *candidate) {
    bool was_ill;
    double before = slope_of(sickness, sickness->net, sickness->recipe, &was_ill);
    candidate->slope = slope_of(sickness, candidate->net, candidate->recipe, &candidate->ill);
    return !candidate->ill || candidate->slope < before - 1;
}
