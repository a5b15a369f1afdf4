/* A plan of several edits is made in turn, and the net that comes of it is built and forecast. */
#include "edits.h"
#include "../../grammar/text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void add_part(Plan *plan, Part part) {
    for (int i = 0; i < plan->count; i++) {
        const Part *there = &plan->part[i];
        if (there->edit == part.edit && (!part.setting || !strcmp(there->setting, part.setting))) {
            return;
        }
    }
    if (plan->count < EDITS_ALL) {
        plan->part[plan->count++] = part;
    }
}

void plan_add(Plan *plan, int edit, const char *rule) {
    add_part(plan, (Part){.edit = edit, .rule = rule});
}

void plan_add_setting(Plan *plan, const char *setting, const char *rule) {
    add_part(plan, (Part){EDIT_SETTING, rule, setting});
}

void candidate_clear(Candidate *candidate) {
    for (int i = 0; i < candidate->count; i++) {
        free(candidate->made[i].text);
    }
    draft_free(candidate->draft);
    free(candidate->text);
    free(candidate->reason);
    free(candidate->source);
    value_drop(candidate->net);
    value_drop(candidate->recipe);
    *candidate = (Candidate){0};
}

static bool is_setting(const Made *made) {
    return made->edit >= EDIT_SETTING || plumb_edit((PlumbEditName)made->edit)->setting;
}

Plan candidate_plan(const Candidate *candidate, uint64_t without) {
    Plan plan = {0};
    for (int i = 0; i < candidate->count; i++) {
        const Made *made = &candidate->made[i];
        if (!(without >> i & 1)) {
            add_part(&plan, is_setting(made) ? (Part){EDIT_SETTING, made->rule, made->text}
                                             : (Part){.edit = made->edit, .rule = made->rule});
        }
    }
    return plan;
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

/* One digit of the number, rounded down, as it is written. */
static double one_digit(double number) {
    char text[32];
    double unit = pow(10, floor(log10(number)));
    snprintf(text, sizeof text, "%.0e", floor(number / unit + 1e-9) * unit);
    return strtod(text, NULL);
}

/* To half of what the depth stands: a law of averages. NULL: steps are no trouble, or nothing is known. */
static char *by_stride(const Sickness *sickness, const PlumbCall *recipe) {
    PlumbForecast *told = plumb_forecast(sickness->net->net->net, sickness->data, recipe, NULL);
    bool far = told && told->stride > told->limits.stride;
    double lr = plumb_call_number(plumb_call_call(recipe, "optimizer"), "lr");
    double most = far ? 0.5 * lr * told->limits.stride / told->stride : lr;
    plumb_forecast_free(told);
    return far && most > 0 ? optimizer_with(recipe, "lr", one_digit(most)) : NULL;
}

static bool is_adaptive(const Sickness *sickness, const PlumbCall *recipe) {
    PlumbForecast *told = plumb_forecast(sickness->net->net->net, sickness->data, recipe, NULL);
    bool adaptive = told && told->adaptive;
    plumb_forecast_free(told);
    return adaptive;
}

/* Nets that train well may begin at twice the limit, by steps that are rescaled, and shrink as gradients add up, at ten
 * times that, and at usual rates at any (measured); adagrad's shrink to the end. */
static bool is_thrown(const PlumbCall *optimizer, bool adaptive, double ratio) {
    bool usual = adaptive && plumb_call_number(optimizer, "lr") <= 3e-3;
    return ratio > (adaptive ? 20 : 2.2) && isfinite(ratio) && !usual && strcmp(optimizer->entry->name, "adagrad") != 0;
}

bool candidate_is_thrown(const Sickness *sickness, const Candidate *candidate, double *ratio) {
    const PlumbCall *recipe = candidate->recipe->call.call;
    PlumbConfig config = session_config(sickness->session);
    PlumbCurvature curvature;
    bool known = plumb_curvature_at_start(candidate->net->net->net, sickness->data, recipe, &config, &curvature, NULL);
    *ratio = known ? curvature.ratio : NAN;
    return known && is_thrown(plumb_call_call(recipe, "optimizer"), is_adaptive(sickness, recipe), curvature.ratio);
}

/* A fifth of the limit, as the rules propose: curvature grows in training. NULL: the rate is no trouble. */
static char *by_curvature(const Sickness *sickness, const Candidate *candidate) {
    const PlumbCall *recipe = candidate->recipe->call.call;
    double ratio, lr = plumb_call_number(plumb_call_call(recipe, "optimizer"), "lr");
    double least = is_adaptive(sickness, recipe) ? 3e-4 : 0;
    return candidate_is_thrown(sickness, candidate, &ratio)
               ? optimizer_with(recipe, "lr", one_digit(fmax(0.2 * lr / ratio, least)))
               : NULL;
}

/* Of the recipe, as it is now. malloc'd; NULL: the edit is none of the recipe, or has nothing to change. */
static char *setting_of(const Sickness *sickness, const Part *part, const Candidate *candidate) {
    const PlumbCall *recipe = candidate->recipe->call.call;
    const char *setting;
    switch (part->edit) {
    case EDIT_NO_DECAY:
        return optimizer_with(recipe, "decay", 0);
    case EDIT_STRIDE:
        return by_stride(sickness, recipe);
    case EDIT_RATE:
        return by_curvature(sickness, candidate);
    case EDIT_SETTING:
        return strdup(part->setting);
    default:
        setting = plumb_edit((PlumbEditName)part->edit)->setting;
        return setting ? strdup(setting) : NULL;
    }
}

/* ---- what was made ----------------------------------------------------------------------------------------------- */

static bool sets_key(const Made *made, const char *setting) {
    size_t length = strcspn(setting, " ");
    return is_setting(made) && !strncmp(made->text, setting, length + 1);
}

/* One more; a setting takes the place of an earlier one of the same key. */
static bool keep_made(Candidate *candidate, Made made, bool setting) {
    for (int i = 0; setting && i < candidate->count; i++) {
        if (sets_key(&candidate->made[i], made.text)) {
            free(candidate->made[i].text);
            candidate->made[i].text = made.text;
            candidate->made[i].edit = made.edit;
            return true;
        }
    }
    if (candidate->count == EDITS_ALL) {
        free(made.text);
        return false;
    }
    candidate->made[candidate->count++] = made;
    return true;
}

static bool for_same(const Made *a, const Made *b) {
    return a->rule == b->rule || (a->rule && b->rule && !strcmp(a->rule, b->rule));
}

static void add_reason(Text *text, const Made *made) {
    for (const char *at = made->rule ? made->rule : "any trouble"; *at; at++) {
        text_printf(text, "%c", *at == '_' ? ' ' : *at);
    }
}

/* "vanishing gradient", where all are for that; else "act=relu, init=he: vanishing gradient; clip = none: ...". */
static char *reason_of(const Candidate *candidate) {
    Text text = {0};
    bool several = false;
    for (int i = 1; i < candidate->count; i++) {
        several = several || !for_same(&candidate->made[i], &candidate->made[0]);
    }
    for (int i = 0; i < candidate->count; i++) {
        const Made *made = &candidate->made[i];
        bool first = !i || !for_same(made, made - 1), last = i == candidate->count - 1 || !for_same(made, made + 1);
        if (several) {
            text_printf(&text, "%s%s%s", !i ? "" : first ? "; " : ", ", made->text, last ? ": " : "");
        }
        if (several ? last : !i) {
            add_reason(&text, made);
        }
    }
    return text_take(&text);
}

static bool describe(Candidate *candidate) {
    Text text = {0};
    for (int i = 0; i < candidate->count; i++) {
        text_printf(&text, "%s%s", i ? ", " : "", candidate->made[i].text);
    }
    free(candidate->text);
    free(candidate->reason);
    candidate->text = text_take(&text);
    candidate->reason = reason_of(candidate);
    return candidate->text && candidate->reason;
}

/* False: it changes nothing, or there is no memory. */
static bool apply_part(const Sickness *sickness, const Part *part, Candidate *candidate) {
    const PlumbEdit *edit = part->edit < EDIT_SETTING ? plumb_edit((PlumbEditName)part->edit) : NULL;
    char *setting = setting_of(sickness, part, candidate);
    bool changed = setting ? apply_setting(sickness, setting, candidate)
                           : edit && !edit->setting && draft_rewrite(candidate->draft, edit);
    char *text = !changed ? NULL : setting ? strdup(setting) : strdup(edit->text);
    bool kept = text && keep_made(candidate, (Made){part->edit, text, part->rule}, setting);
    free(setting);
    return kept;
}

/* False: none of the plan's changes anything. */
static bool apply(const Sickness *sickness, const Plan *plan, Candidate *candidate) {
    bool changed = false;
    for (int i = 0; i < sickness->decided.count; i++) {
        apply_part(sickness, &sickness->decided.part[i], candidate);
    }
    for (int i = 0; i < plan->count; i++) {
        changed = apply_part(sickness, &plan->part[i], candidate) || changed;
    }
    return changed && describe(candidate);
}

/* The net is built, and is one that can be trained on these data. */
static bool build(const Sickness *sickness, Candidate *candidate) {
    const PlumbCall *recipe = candidate->recipe->call.call;
    candidate->source = draft_text(candidate->draft, sickness->name, false);
    candidate->net = candidate->source ? draft_build(sickness->session, candidate->source) : NULL;
    return candidate->net &&
           plumb_net_fits(candidate->net->net->net, sickness->data, plumb_call_call(recipe, "loss"), NULL);
}

static bool make(const Sickness *sickness, const Plan *plan, Candidate *candidate) {
    *candidate = (Candidate){.draft = draft_copy(sickness->draft), .recipe = value_keep(sickness->base), .slope = NAN};
    if (candidate->draft && apply(sickness, plan, candidate) && build(sickness, candidate)) {
        return true;
    }
    candidate_clear(candidate);
    return false;
}

/* Where a link's ends differ it goes through a layer of its own. */
bool candidate_make(const Sickness *sickness, const Plan *plan, Candidate *candidate) {
    Plan projected = *plan;
    for (int i = 0; i < plan->count; i++) {
        int *edit = &projected.part[i].edit;
        *edit = *edit == PLUMB_EDIT_LINK        ? PLUMB_EDIT_LINK_PROJECT
                : *edit == PLUMB_EDIT_LINK_ZERO ? PLUMB_EDIT_ZERO_PROJECT
                                                : *edit;
    }
    return make(sickness, plan, candidate) || make(sickness, &projected, candidate);
}

/* ---- its rate ---------------------------------------------------------------------------------------------------- */

bool candidate_is_new(const Sickness *sickness, Candidate *candidate) {
    Part rate = {.edit = EDIT_RATE, .rule = candidate->made[candidate->count - 1].rule};
    if (apply_part(sickness, &rate, candidate) && !describe(candidate)) {
        return false;
    }
    return !sickness->tried(sickness->self, candidate);
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
