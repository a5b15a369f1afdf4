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
    [EDIT_CARRY] = {"highway(bias=-3)", {.carry = true}, NULL},
    [EDIT_DROPOUT] = {"dropout(0.1)", {.dropout = 0.1}, NULL},
    [EDIT_FORGET] = {"lstm(forget_bias=3)", {.open = "lstm"}, NULL},
    [EDIT_UPDATE] = {"gru(update_bias=3)", {.open = "gru"}, NULL},
    [EDIT_LSTM] = {"cell -> lstm(forget_bias=3)", {.cell = "lstm"}, NULL},
    [EDIT_GRU] = {"cell -> gru(update_bias=3)", {.cell = "gru"}, NULL},
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
    if (plan->count < EDITS_ALL) {
        plan->edit[plan->count++] = edit;
    }
}

void candidate_clear(Candidate *candidate) {
    draft_free(candidate->draft);
    free(candidate->text);
    free(candidate->reason);
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

char *optimizer_with(const PlumbCall *recipe, const char *name, double number) {
    PlumbArena *arena = plumb_arena_new();
    const PlumbCall *given = plumb_call_call(recipe, "optimizer");
    PlumbCall *optimizer = arena ? plumb_call_copy(arena, given) : NULL;
    char *text = NULL, *setting = NULL;
    for (int i = 0; optimizer && i < optimizer->count; i++) {
        if (!strcmp(optimizer->entry->args[i].name, name)) {
            optimizer->arg[i] = (PlumbValue){.type = PLUMB_V_NUMBER, .number = number};
            optimizer->given[i] = true;
            text = plumb_call_text(optimizer);
        }
    }
    if (text && asprintf(&setting, "optimizer = %s", text) < 0) {
        setting = NULL;
    }
    free(text);
    plumb_arena_free(arena);
    return setting;
}

/* One digit, to half of what the depth stands: a law of averages. NULL: steps are no trouble, or nothing is known. */
static char *by_stride(const Sickness *sickness, const PlumbCall *recipe) {
    PlumbForecast *told = plumb_forecast(sickness->net->net->net, sickness->data, recipe, NULL);
    bool far = told && told->stride > told->limits.stride;
    double lr = plumb_call_number(plumb_call_call(recipe, "optimizer"), "lr");
    double most = far ? 0.5 * lr * told->limits.stride / told->stride : lr;
    plumb_forecast_free(told);
    double unit = pow(10, floor(log10(most)));
    return far && most > 0 ? optimizer_with(recipe, "lr", floor(most / unit) * unit) : NULL;
}

/* Of the recipe, as it is now. malloc'd; NULL: the edit is none of the recipe, or has nothing to change. */
static char *setting_of(const Sickness *sickness, const Plan *plan, EditName edit, const Candidate *candidate) {
    const PlumbCall *recipe = candidate->recipe->call.call;
    switch (edit) {
    case EDIT_NO_DECAY:
        return optimizer_with(recipe, "decay", 0);
    case EDIT_STRIDE:
        return by_stride(sickness, recipe);
    case EDIT_REMEDY:
        return strdup(plan->remedy);
    default:
        return edits[edit].setting ? strdup(edits[edit].setting) : NULL;
    }
}

static bool apply(const Sickness *sickness, const Plan *plan, Candidate *candidate) {
    Text text = {0};
    for (int i = 0; i < plan->count; i++) {
        const Edit *edit = plan->edit[i] < EDITS ? &edits[plan->edit[i]] : NULL;
        char *setting = setting_of(sickness, plan, plan->edit[i], candidate);
        bool changed = setting ? apply_setting(sickness, setting, candidate)
                               : edit && !edit->setting && draft_rewrite(candidate->draft, &edit->to);
        if (changed) {
            text_printf(&text, "%s%s", text.length ? ", " : "", setting ? setting : edit->text);
        }
        free(setting);
    }
    candidate->text = text.length ? text_take(&text) : NULL;
    candidate->reason = candidate->text ? strdup(plan->rule ? plan->rule : "any trouble") : NULL;
    for (char *at = candidate->reason; at && (at = strchr(at, '_'));) {
        *at = ' ';
    }
    return candidate->reason;
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
