/* Which edits to try next: for all severe findings at once, then what is known to train nearly any net, then for one
 * finding after the other. Each twin costs a training, so the first is to be the one that most likely repairs. */
#include "edits.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef enum Aim { AIM_OUTPUT, AIM_INPUT, AIM_DEPTH, AIM_TIME, AIM_STEPS, AIMS } Aim; /* what an edit works on */

#define DEPTH "vanishing_gradient exploding_gradient poor_initialization saturated_activation"
#define TIME "vanishing_through_time exploding_through_time"
#define STEPS                                                                                                          \
    "learning_rate_too_high learning_rate_too_low stagnant_update oscillating_loss slow_convergence diverging "        \
    "exploding_gradient exploding_through_time clip_too_tight overfit"

/* Where the forecast sees no difference, the first one counts as the simplest. */
static const struct {
    Aim aim;
    EditName edit;
    const char *rules; /* that it is for */
    bool scaled;       /* only where norms, links or very many layers leave first weights little to decide */
} treatments[] = {
    {AIM_OUTPUT, EDIT_OUTPUT, "wrong_output", false},
    {AIM_INPUT, EDIT_INPUTS, "bad_data", false},
    {AIM_DEPTH, EDIT_BIAS, "dead_units saturated_activation vanishing_gradient", false},
    {AIM_DEPTH, EDIT_DROPOUT, DEPTH " plateau slow_convergence", false},
    {AIM_DEPTH, EDIT_LINK, DEPTH " norm_explosion dead_units plateau", true},
    {AIM_DEPTH, EDIT_CARRY, DEPTH " plateau", false},
    {AIM_DEPTH, EDIT_INIT_AUTO, DEPTH, false},
    {AIM_DEPTH, EDIT_LEAKY, "dead_units", false},
    {AIM_DEPTH, EDIT_INIT_HE, DEPTH, false},
    {AIM_DEPTH, EDIT_INIT_XAVIER, DEPTH, false},
    {AIM_DEPTH, EDIT_INIT_ORTHOGONAL, DEPTH, false},
    {AIM_DEPTH, EDIT_RELU, DEPTH, false},
    {AIM_DEPTH, EDIT_TANH, DEPTH, false},
    {AIM_DEPTH, EDIT_SELU, DEPTH, false},
    {AIM_DEPTH, EDIT_PRELU, DEPTH " dead_units", false},
    {AIM_DEPTH, EDIT_LINK, DEPTH " norm_explosion dead_units plateau", false},
    {AIM_DEPTH, EDIT_BATCHNORM, DEPTH " dead_units plateau", false},
    {AIM_DEPTH, EDIT_LAYERNORM, DEPTH " norm_explosion plateau", false},
    {AIM_DEPTH, EDIT_INPUTS, "saturated_activation", false},
    {AIM_TIME, EDIT_FORGET, TIME, false},
    {AIM_TIME, EDIT_UPDATE, TIME, false},
    {AIM_TIME, EDIT_GRU, TIME, false},
    {AIM_TIME, EDIT_LSTM, TIME, false},
    {AIM_STEPS, EDIT_NO_DECAY, "stagnant_update weight_decay", false},
    {AIM_STEPS, EDIT_STRIDE, "learning_rate_too_high", false},
    {AIM_STEPS, EDIT_REMEDY, STEPS, false},
    {AIM_STEPS, EDIT_CLIP, "exploding_through_time exploding_gradient diverging oscillating_loss", false},
    {AIM_STEPS, EDIT_NO_CLIP, "clip_too_tight", false},
    {AIM_STEPS, EDIT_ADAM, "plateau slow_convergence learning_rate_too_low stagnant_update learning_rate_too_high",
     false},
    {AIM_STEPS, EDIT_WARMUP, "learning_rate_too_high diverging oscillating_loss exploding_gradient", false},
};
enum { TREATMENTS = sizeof treatments / sizeof *treatments };

/* ---- what is wrong ----------------------------------------------------------------------------------------------- */

enum { URGENT, LATER, LAST, TURNS };
enum { TROUBLES_MOST = 64 };

typedef struct Trouble {
    const char *rule, *remedy;
    int turn;
} Trouble;

typedef struct Troubles {
    Trouble trouble[TROUBLES_MOST];
    int count, urgent;
} Troubles;

static void add_trouble(Troubles *troubles, const char *rule, const char *remedy, int turn) {
    if (troubles->count < TROUBLES_MOST) {
        troubles->trouble[troubles->count++] = (Trouble){rule, remedy, turn};
        troubles->urgent += turn == URGENT;
    }
}

/* Where the rules are silent and the loss is not where it should be, what was foreseen counts. */
static void add_foreseen(const Sickness *sickness, Troubles *troubles) {
    PlumbForecast *told = plumb_forecast(sickness->net->net->net, sickness->data, sickness->recipe->call.call, NULL);
    bool ill = told && (told->verdict == PLUMB_VANISHING || told->verdict == PLUMB_EXPLODING);
    bool by_rate = ill && told->reason == PLUMB_OF_CURVATURE && told->curvature < told->curvature_usual;
    if (ill && (told->reason == PLUMB_OF_STEPS || by_rate)) {
        add_trouble(troubles, "learning_rate_too_high", "", URGENT);
    } else if (ill && told->time_slope && fabs(told->time_slope) >= fabs(told->slope)) {
        add_trouble(troubles, told->time_slope < 0 ? "vanishing_through_time" : "exploding_through_time", "", URGENT);
    } else if (ill) {
        add_trouble(troubles, told->verdict == PLUMB_VANISHING ? "vanishing_gradient" : "exploding_gradient", "",
                    URGENT);
    }
    plumb_forecast_free(told);
}

static const char no_decay[] = "decay=0"; /* as the rule says it */

/* What is certain is put right along with the rest, however mild: a limit below the usual gradient, which makes any
 * learning rate look too low, a wrong output, bad data, weights that decay alone moves. */
static int turn_of(const Sickness *sickness, const PlumbFinding *finding) {
    bool certain = is_listed("clip_too_tight wrong_output bad_data", plumb_rule_name(finding->rule)) ||
                   !strcmp(finding->remedy, no_decay);
    bool urgent = finding->severity == PLUMB_SEVERE || (certain && sickness->unsolved);
    return finding->follows >= 0 ? LAST : urgent ? URGENT : LATER;
}

/* Does decay alone take the weights to a third within a hundred steps? Then it looks like nearly any other trouble. */
static bool is_withered(const Sickness *sickness) {
    const PlumbCall *optimizer = plumb_call_call(sickness->recipe->call.call, "optimizer");
    double decay = plumb_call_number(optimizer, "decay");
    double rate = plumb_call_number(optimizer, "lr") / (1 - plumb_call_number(optimizer, "momentum"));
    return sickness->unsolved && decay > 0.1 && rate * decay > 0.01; /* at most 0.1 is usual */
}

static void find_troubles(const Sickness *sickness, Troubles *troubles) {
    *troubles = (Troubles){0};
    if (is_withered(sickness)) {
        add_trouble(troubles, "weight_decay", no_decay, URGENT);
    }
    for (int i = 0; i < plumb_diagnosis_size(sickness->diagnosis); i++) {
        const PlumbFinding *finding = plumb_diagnosis_at(sickness->diagnosis, i);
        add_trouble(troubles, plumb_rule_name(finding->rule), finding->remedy, turn_of(sickness, finding));
    }
    if (!troubles->urgent && sickness->unsolved) {
        add_foreseen(sickness, troubles);
    }
    if (!troubles->urgent && sickness->unsolved && sickness->falling) {
        add_trouble(troubles, "slow_convergence", "", URGENT);
    }
}

/* ---- what is trained --------------------------------------------------------------------------------------------- */

enum { DEEP = 8, VERY_DEEP = 24 }; /* layers with drawn weights */

static int layers_of(const PlumbNet *net) {
    int count = 0;
    for (int i = 0; i < plumb_net_size(net); i++) {
        count += *plumb_net_node(net, i)->init != '\0';
    }
    return count;
}

static bool is_scaled(const PlumbNet *net) {
    bool scaled = layers_of(net) >= VERY_DEEP;
    for (int i = 0; !scaled && i < plumb_net_size(net); i++) {
        const PlumbNode *node = plumb_net_node(net, i);
        scaled = node->skip || !strcmp(node->call->entry->family, "norms");
    }
    return scaled;
}

static bool is_set(const Sickness *sickness, const char *key) {
    return plumb_call_value(sickness->recipe->call.call, key)->type == PLUMB_V_CALL;
}

/* Of the longest sequence that a recurrent layer reads; 0: there is none. */
static int steps_of(const PlumbNet *net) {
    int steps = 0;
    for (int i = 0; i < plumb_net_size(net); i++) {
        const PlumbNode *node = plumb_net_node(net, i);
        if (!strcmp(node->call->entry->family, "recurrent") && *node->init && node->input_count) {
            int here = plumb_net_node(net, node->input[0])->shape.dim[0];
            steps = here > steps ? here : steps;
        }
    }
    return steps;
}

/* Does the optimizer rescale gradients, and take (to the end, unlike adagrad) steps of the usual size? Weights that act
 * at each of T time steps stand smaller ones. */
static bool is_robust(const Sickness *sickness) {
    const PlumbNet *net = sickness->net->net->net;
    PlumbForecast *told = plumb_forecast(net, sickness->data, sickness->recipe->call.call, NULL);
    double lr = plumb_call_number(plumb_call_call(sickness->recipe->call.call, "optimizer"), "lr");
    double most = fmin(0.02, 0.5 / fmax(1, steps_of(net)));
    bool fades = !strcmp(plumb_call_call(sickness->recipe->call.call, "optimizer")->entry->name, "adagrad");
    bool robust = told && told->adaptive && !fades && lr >= 3e-4 && lr <= most;
    plumb_forecast_free(told);
    return robust;
}

/* ---- one edit for one trouble ------------------------------------------------------------------------------------ */

/* Where a link's ends differ it goes through a layer of its own. */
static bool make(const Sickness *sickness, const Plan *plan, Candidate *candidate) {
    Plan projected = *plan;
    for (int i = 0; i < plan->count; i++) {
        projected.edit[i] = plan->edit[i] == EDIT_LINK ? EDIT_LINK_PROJECT : plan->edit[i];
    }
    return candidate_make(sickness, plan, candidate) || candidate_make(sickness, &projected, candidate);
}

/* Whole decades: what lies between is within the bands of the forecast. Where theory is silent the edit is no better
 * than its place; what stays ill comes after all that is healthy. */
static double steepness(const Candidate *candidate) {
    double slope = isnan(candidate->slope) ? 0 : floor(candidate->slope);
    return candidate->ill ? 1e6 + slope : slope;
}

/* What goes along. Plain descent takes a step of its own for each of many layers; a gradient that comes through all
 * time steps may be large at some. */
static void add_companions(const Sickness *sickness, Aim aim, Plan *plan) {
    int layers = layers_of(sickness->net->net->net);
    if (aim == AIM_DEPTH) {
        plan_add(plan, EDIT_CARRY);
    }
    if (aim == AIM_DEPTH && layers >= VERY_DEEP) {
        plan_add(plan, EDIT_LINK);
    }
    if (aim == AIM_DEPTH && layers >= DEEP && !is_robust(sickness)) {
        plan_add(plan, EDIT_ADAM);
    }
    if (aim == AIM_TIME && !is_set(sickness, "clip")) {
        plan_add(plan, EDIT_CLIP);
    }
    if (aim == AIM_TIME && !is_robust(sickness)) {
        plan_add(plan, EDIT_ADAM);
    }
}

/* Another optimizer in place of one that is good for nearly any net is what is left to try, and nothing to begin
 * with. */
static bool is_for(const Sickness *sickness, int index, const Trouble *trouble, bool alone) {
    EditName edit = treatments[index].edit;
    return is_listed(treatments[index].rules, trouble->rule) &&
           !(treatments[index].scaled && !is_scaled(sickness->net->net->net)) &&
           !(edit == EDIT_REMEDY && !strstr(trouble->remedy, " = ")) &&
           !(edit == EDIT_STRIDE && *trouble->remedy) && /* a step that was measured tells more */
           !(edit == EDIT_NO_DECAY && strcmp(trouble->remedy, no_decay) != 0) &&
           !(edit == EDIT_ADAM && !alone && is_robust(sickness));
}

/* Gates learn to open: what is forecast of their first weights says nothing against them. Nor does the forecast know of
 * outputs, or rows. */
static bool try_treatment(const Sickness *sickness, int index, const Trouble *trouble, bool alone,
                          Candidate *candidate) {
    Plan bare = {.remedy = trouble->remedy, .rule = trouble->rule}, plan;
    if (!is_for(sickness, index, trouble, alone)) {
        return false;
    }
    plan_add(&bare, treatments[index].edit);
    plan = bare;
    add_companions(sickness, treatments[index].aim, &plan);
    if (!make(sickness, &bare, candidate)) {
        return false;
    }
    if (plan.count > bare.count) {
        Candidate together;
        if (make(sickness, &plan, &together)) {
            candidate_clear(candidate);
            *candidate = together;
        }
    }
    bool asked = treatments[index].aim == AIM_DEPTH || treatments[index].aim == AIM_STEPS;
    if ((!asked || candidate_forecast(sickness, candidate)) && !(alone && sickness->tried(sickness->self, candidate))) {
        return true;
    }
    candidate_clear(candidate);
    return false;
}

static bool best_for(const Sickness *sickness, const Trouble *trouble, int aim, Candidate *best) {
    *best = (Candidate){0};
    for (int i = 0; i < TREATMENTS; i++) {
        Candidate candidate;
        if ((aim < AIMS && (int)treatments[i].aim != aim) ||
            !try_treatment(sickness, i, trouble, aim == AIMS, &candidate)) {
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

/* ---- for all that is urgent -------------------------------------------------------------------------------------- */

/* All that was made so far goes in front, each part with what it is for. */
static bool join(const Candidate *whole, Candidate *more) {
    char *text = NULL, *reason = NULL;
    if (!whole->text) {
        return true;
    }
    bool joined = asprintf(&text, "%s, %s", whole->text, more->text) >= 0;
    bool same = !strcmp(whole->reason, more->reason);
    bool told = same ? (reason = strdup(whole->reason)) != NULL
                : strchr(whole->reason, ':')
                    ? asprintf(&reason, "%s; %s: %s", whole->reason, more->text, more->reason) >= 0
                    : asprintf(&reason, "%s: %s; %s: %s", whole->text, whole->reason, more->text, more->reason) >= 0;
    if (!joined || !told) {
        free(joined ? text : NULL);
        free(told ? reason : NULL);
        return false;
    }
    free(more->text);
    free(more->reason);
    more->text = text;
    more->reason = reason;
    return true;
}

static bool add_aim(Sickness *now, const Troubles *troubles, int aim, Candidate *whole) {
    for (int i = 0; i < troubles->count; i++) {
        Candidate more;
        if (troubles->trouble[i].turn != URGENT || !best_for(now, &troubles->trouble[i], aim, &more)) {
            continue;
        }
        if (!join(whole, &more)) {
            candidate_clear(&more);
            return false;
        }
        candidate_clear(whole);
        *whole = more;
        now->draft = whole->draft;
        now->net = whole->net;
        now->recipe = whole->recipe;
        return true;
    }
    return false;
}

/* With another optimizer, or of other cells where the optimizer is a robust one: what was seen of the steps of the old
 * net says nothing of the new one. */
static bool settles_steps(const Sickness *sickness, const char *text) {
    return strstr(text, "optimizer = ") || (strstr(text, "cell -> ") && is_robust(sickness));
}

/* Of each aim the best edit for the first urgent trouble that has any. */
static bool combine(const Sickness *sickness, const Troubles *troubles, Candidate *whole) {
    Sickness now = *sickness;
    *whole = (Candidate){0};
    for (int aim = 0; aim < AIMS; aim++) {
        bool settled = whole->text && settles_steps(sickness, whole->text);
        if (aim != AIM_STEPS || !settled) {
            add_aim(&now, troubles, aim, whole);
        }
    }
    if (whole->net && !sickness->tried(sickness->self, whole)) {
        return true;
    }
    candidate_clear(whole);
    return false;
}

/* ---- what trains nearly any net ---------------------------------------------------------------------------------- */

/* He et al. 2015 and 2016, Kingma & Ba 2015; of recurrent nets Gers et al. 2000, Cho et al. 2014 (of two gates, over
 * long sequences) and Pascanu et al. 2013. `second`: links, or the other cell. */
static bool classic(const Sickness *sickness, bool second, Candidate *candidate) {
    Plan plan = {0};
    if (steps_of(sickness->net->net->net)) {
        plan_add(&plan, second ? EDIT_LSTM : EDIT_GRU);
        plan_add(&plan, second ? EDIT_FORGET : EDIT_UPDATE);
        plan_add(&plan, EDIT_CLIP);
    } else {
        plan_add(&plan, EDIT_RELU);
        plan_add(&plan, EDIT_BIAS);
        plan_add(&plan, EDIT_CARRY);
        if (second) {
            plan_add(&plan, EDIT_LINK);
        }
    }
    plan_add(&plan, EDIT_DROPOUT);
    if (!is_robust(sickness)) {
        plan_add(&plan, EDIT_ADAM);
    }
    if (is_set(sickness, "schedule")) {
        plan_add(&plan, EDIT_NO_SCHEDULE);
    }
    if (make(sickness, &plan, candidate)) {
        if (!sickness->tried(sickness->self, candidate)) {
            return true;
        }
        candidate_clear(candidate);
    }
    return false;
}

/* ---- one after the other ----------------------------------------------------------------------------------------- */

static bool single(const Sickness *sickness, const Troubles *troubles, int turn, Candidate *best) {
    for (int i = 0; i < troubles->count; i++) {
        if (troubles->trouble[i].turn == turn && best_for(sickness, &troubles->trouble[i], AIMS, best)) {
            return true;
        }
    }
    return false;
}

bool best_edit(const Sickness *sickness, Candidate *best) {
    Troubles troubles;
    find_troubles(sickness, &troubles);
    if (combine(sickness, &troubles, best)) {
        return true;
    }
    bool deep = layers_of(sickness->net->net->net) >= VERY_DEEP;
    if (sickness->unsolved && (classic(sickness, deep, best) || classic(sickness, !deep, best))) {
        return true;
    }
    for (int turn = 0; turn < TURNS; turn++) {
        if (single(sickness, &troubles, turn, best)) {
            return true;
        }
    }
    return false;
}
