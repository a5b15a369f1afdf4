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
} treatments[] = {
    {AIM_OUTPUT, EDIT_OUTPUT, "wrong_output"},
    {AIM_INPUT, EDIT_INPUTS, "bad_data"},
    {AIM_DEPTH, EDIT_BIAS, "dead_units saturated_activation vanishing_gradient"},
    {AIM_DEPTH, EDIT_LINK, DEPTH " norm_explosion dead_units plateau"},
    {AIM_DEPTH, EDIT_INIT_AUTO, DEPTH},
    {AIM_DEPTH, EDIT_LEAKY, "dead_units"},
    {AIM_DEPTH, EDIT_INIT_HE, DEPTH},
    {AIM_DEPTH, EDIT_INIT_XAVIER, DEPTH},
    {AIM_DEPTH, EDIT_INIT_ORTHOGONAL, DEPTH},
    {AIM_DEPTH, EDIT_RELU, DEPTH},
    {AIM_DEPTH, EDIT_TANH, DEPTH},
    {AIM_DEPTH, EDIT_SELU, DEPTH},
    {AIM_DEPTH, EDIT_PRELU, DEPTH " dead_units"},
    {AIM_DEPTH, EDIT_LINK_PROJECT, DEPTH " norm_explosion dead_units plateau"},
    {AIM_DEPTH, EDIT_BATCHNORM, DEPTH " dead_units plateau"},
    {AIM_DEPTH, EDIT_LAYERNORM, DEPTH " norm_explosion plateau"},
    {AIM_DEPTH, EDIT_INPUTS, "saturated_activation"},
    {AIM_TIME, EDIT_FORGET, TIME},
    {AIM_TIME, EDIT_UPDATE, TIME},
    {AIM_TIME, EDIT_LSTM, TIME},
    {AIM_TIME, EDIT_GRU, TIME},
    {AIM_STEPS, EDIT_REMEDY, STEPS},
    {AIM_STEPS, EDIT_CLIP, "exploding_through_time exploding_gradient diverging oscillating_loss"},
    {AIM_STEPS, EDIT_NO_CLIP, "clip_too_tight"},
    {AIM_STEPS, EDIT_ADAM, "plateau slow_convergence learning_rate_too_low stagnant_update learning_rate_too_high"},
    {AIM_STEPS, EDIT_WARMUP, "learning_rate_too_high diverging oscillating_loss exploding_gradient"},
};
enum { TREATMENTS = sizeof treatments / sizeof *treatments };

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
    if (ill && told->time_slope && fabs(told->time_slope) >= fabs(told->slope)) {
        add_trouble(troubles, told->time_slope < 0 ? "vanishing_through_time" : "exploding_through_time", "", URGENT);
    } else if (ill) {
        add_trouble(troubles, told->verdict == PLUMB_VANISHING ? "vanishing_gradient" : "exploding_gradient", "",
                    URGENT);
    }
    plumb_forecast_free(told);
}

/* A limit below the usual gradient makes any learning rate look too low: it comes first. */
static int turn_of(const Sickness *sickness, const PlumbFinding *finding) {
    bool tight = !strcmp(plumb_rule_name(finding->rule), "clip_too_tight");
    return finding->follows >= 0                                                ? LAST
           : finding->severity == PLUMB_SEVERE || (tight && sickness->unsolved) ? URGENT
                                                                                : LATER;
}

static void find_troubles(const Sickness *sickness, Troubles *troubles) {
    *troubles = (Troubles){0};
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

/* ---- what is trained ----------------------------------------------------------------------------------------------
 */

enum { DEEP = 8, VERY_DEEP = 24 }; /* layers with drawn weights */

static int layers_of(const PlumbNet *net, bool recurrent) {
    int count = 0;
    for (int i = 0; i < plumb_net_size(net); i++) {
        const PlumbNode *node = plumb_net_node(net, i);
        count += recurrent ? !strcmp(node->call->entry->family, "recurrent") : *node->init != '\0';
    }
    return count;
}

static bool is_set(const Sickness *sickness, const char *key) {
    return plumb_call_value(sickness->recipe->call.call, key)->type == PLUMB_V_CALL;
}

/* Does the optimizer rescale gradients, and take steps of the usual size? Weights that act at every time step stand
 * smaller ones. */
static bool is_robust(const Sickness *sickness) {
    const PlumbNet *net = sickness->net->net->net;
    PlumbForecast *told = plumb_forecast(net, sickness->data, sickness->recipe->call.call, NULL);
    double lr = plumb_call_number(plumb_call_call(sickness->recipe->call.call, "optimizer"), "lr");
    bool robust = told && told->adaptive && lr >= 3e-4 && lr <= (layers_of(net, true) ? 0.005 : 0.02);
    plumb_forecast_free(told);
    return robust;
}

/* ---- one edit for one trouble --------------------------------------------------------------------------------------
 */

/* Whole decades: what lies between is within the bands of the forecast. Where theory is silent the edit is no better
 * than its place; what stays ill comes after all that is healthy. */
static double steepness(const Candidate *candidate) {
    double slope = isnan(candidate->slope) ? 0 : floor(candidate->slope);
    return candidate->ill ? 1e6 + slope : slope;
}

/* What goes along. Plain descent takes a step of its own for each of many layers; a gradient that comes through all
 * time steps may be large at some. */
static void add_companions(const Sickness *sickness, Aim aim, Plan *plan) {
    int layers = layers_of(sickness->net->net->net, false);
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

/* Gates learn to open: what is forecast of their first weights says nothing against them. */
static bool try_treatment(const Sickness *sickness, int index, const Trouble *trouble, bool alone,
                          Candidate *candidate) {
    EditName edit = treatments[index].edit;
    Plan bare = {.remedy = trouble->remedy}, plan;
    if (!has_word(treatments[index].rules, trouble->rule) || (edit == EDIT_REMEDY && !strstr(trouble->remedy, " = "))) {
        return false;
    }
    plan_add(&bare, edit);
    plan = bare;
    add_companions(sickness, treatments[index].aim, &plan);
    if (!candidate_make(sickness, &bare, candidate)) {
        return false;
    }
    if (plan.count > bare.count) {
        Candidate together;
        if (candidate_make(sickness, &plan, &together)) {
            candidate_clear(candidate);
            *candidate = together;
        }
    }
    bool asked = edit != EDIT_LSTM && edit != EDIT_GRU;
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

/* ---- for all that is urgent ----------------------------------------------------------------------------------------
 */

static bool add_aim(Sickness *now, const Troubles *troubles, int aim, Candidate *whole) {
    for (int i = 0; i < troubles->count; i++) {
        Candidate more;
        char *text = NULL;
        if (troubles->trouble[i].turn != URGENT || !best_for(now, &troubles->trouble[i], aim, &more)) {
            continue;
        }
        if (whole->text && asprintf(&text, "%s, %s", whole->text, more.text) >= 0) {
            free(more.text);
            more.text = text;
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

/* Of each aim the best edit for the first urgent trouble that has any. Where another optimizer goes along, the size of
 * the steps is settled. */
static bool combine(const Sickness *sickness, const Troubles *troubles, Candidate *whole) {
    Sickness now = *sickness;
    *whole = (Candidate){0};
    for (int aim = 0; aim < AIMS; aim++) {
        bool settled = whole->text && strstr(whole->text, "optimizer = ");
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

/* ---- what trains nearly any net -------------------------------------------------------------------------------------
 */

/* He et al. 2015 and 2016, Kingma & Ba 2015; of recurrent nets Gers et al. 2000 and Pascanu et al. 2013. */
static bool classic(const Sickness *sickness, bool linked, Candidate *candidate) {
    Plan plan = {0};
    if (layers_of(sickness->net->net->net, true)) {
        plan_add(&plan, EDIT_LSTM);
        plan_add(&plan, EDIT_FORGET);
        plan_add(&plan, EDIT_CLIP);
    } else {
        plan_add(&plan, EDIT_RELU);
        plan_add(&plan, EDIT_BIAS);
        if (linked) {
            plan_add(&plan, EDIT_LINK);
        }
    }
    if (!is_robust(sickness)) {
        plan_add(&plan, EDIT_ADAM);
    }
    if (is_set(sickness, "schedule")) {
        plan_add(&plan, EDIT_NO_SCHEDULE);
    }
    if (candidate_make(sickness, &plan, candidate)) {
        if (!sickness->tried(sickness->self, candidate)) {
            return true;
        }
        candidate_clear(candidate);
    }
    return false;
}

/* ---- one after the other
 * --------------------------------------------------------------------------------------------- */

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
    bool deep = layers_of(sickness->net->net->net, false) >= VERY_DEEP;
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
