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
    int edit;
    const char *rules; /* that it is for */
    bool scaled;       /* only where norms, links or very many layers leave first weights little to decide */
} treatments[] = {
    {AIM_OUTPUT, PLUMB_EDIT_OUTPUT, "wrong_output", false},
    {AIM_INPUT, PLUMB_EDIT_INPUTS, "bad_data", false},
    {AIM_DEPTH, PLUMB_EDIT_BIAS, "dead_units saturated_activation vanishing_gradient", false},
    {AIM_DEPTH, PLUMB_EDIT_DROPOUT, DEPTH " plateau slow_convergence", false},
    {AIM_DEPTH, PLUMB_EDIT_LINK, DEPTH " norm_explosion dead_units plateau", true},
    {AIM_DEPTH, PLUMB_EDIT_CARRY, DEPTH " plateau", false},
    {AIM_DEPTH, PLUMB_EDIT_INIT_AUTO, DEPTH, false},
    {AIM_DEPTH, PLUMB_EDIT_LEAKY, "dead_units", false},
    {AIM_DEPTH, PLUMB_EDIT_INIT_HE, DEPTH, false},
    {AIM_DEPTH, PLUMB_EDIT_INIT_XAVIER, DEPTH, false},
    {AIM_DEPTH, PLUMB_EDIT_INIT_ORTHOGONAL, DEPTH, false},
    {AIM_DEPTH, PLUMB_EDIT_RELU, DEPTH, false},
    {AIM_DEPTH, PLUMB_EDIT_TANH, DEPTH, false},
    {AIM_DEPTH, PLUMB_EDIT_SELU, DEPTH, false},
    {AIM_DEPTH, PLUMB_EDIT_PRELU, DEPTH " dead_units", false},
    {AIM_DEPTH, PLUMB_EDIT_LINK, DEPTH " norm_explosion dead_units plateau", false},
    {AIM_DEPTH, PLUMB_EDIT_BATCHNORM, DEPTH " dead_units plateau", false},
    {AIM_DEPTH, PLUMB_EDIT_LAYERNORM, DEPTH " norm_explosion plateau", false},
    {AIM_DEPTH, PLUMB_EDIT_INPUTS, "saturated_activation", false},
    {AIM_TIME, PLUMB_EDIT_FORGET, TIME, false},
    {AIM_TIME, PLUMB_EDIT_UPDATE, TIME, false},
    {AIM_TIME, PLUMB_EDIT_GRU, TIME, false},
    {AIM_TIME, PLUMB_EDIT_LSTM, TIME, false},
    {AIM_STEPS, EDIT_NO_DECAY, "stagnant_update weight_decay", false},
    {AIM_STEPS, EDIT_STRIDE, "learning_rate_too_high", false},
    {AIM_STEPS, EDIT_SETTING, STEPS, false},
    {AIM_STEPS, PLUMB_EDIT_CLIP, "exploding_through_time exploding_gradient diverging oscillating_loss", false},
    {AIM_STEPS, PLUMB_EDIT_NO_CLIP, "clip_too_tight", false},
    {AIM_STEPS, PLUMB_EDIT_ADAM,
     "plateau slow_convergence learning_rate_too_low stagnant_update learning_rate_too_high", false},
    {AIM_STEPS, PLUMB_EDIT_WARMUP, "learning_rate_too_high diverging oscillating_loss exploding_gradient", false},
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

int layers_of(const PlumbNet *net) {
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

bool is_set(const Sickness *sickness, const char *key) {
    return plumb_call_value(sickness->recipe->call.call, key)->type == PLUMB_V_CALL;
}

int steps_of(const PlumbNet *net) {
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

bool is_robust(const Sickness *sickness) {
    const PlumbNet *net = sickness->net->net->net;
    PlumbForecast *told = plumb_forecast(net, sickness->data, sickness->recipe->call.call, NULL);
    double lr = plumb_call_number(plumb_call_call(sickness->recipe->call.call, "optimizer"), "lr");
    double most = fmin(0.02, fmax(0.5 / fmax(1, steps_of(net)), 0.01));
    bool fades = !strcmp(plumb_call_call(sickness->recipe->call.call, "optimizer")->entry->name, "adagrad");
    bool robust = told && told->adaptive && !fades && lr >= 3e-4 && lr <= most;
    plumb_forecast_free(told);
    return robust;
}

/* Small recurrent nets want larger steps (measured on the tasks of Hochreiter & Schmidhuber 1997). */
int adam_for(const PlumbNet *net) {
    return steps_of(net) ? PLUMB_EDIT_ADAM_TIME : PLUMB_EDIT_ADAM;
}

/* ---- one edit for one trouble ------------------------------------------------------------------------------------ */

/* Whole decades: what lies between is within the bands of the forecast. Where theory is silent the edit is no better
 * than its place; what stays ill comes after all that is healthy. */
static double steepness(const Candidate *candidate) {
    double slope = isnan(candidate->slope) ? 0 : floor(candidate->slope);
    return candidate->ill ? 1e6 + slope : slope;
}

/* What goes along. Plain descent takes a step of its own for each of many layers; a gradient that comes through all
 * time steps may be large at some. */
static void add_companions(const Sickness *sickness, Aim aim, const char *rule, Plan *plan) {
    int layers = layers_of(sickness->net->net->net);
    if (aim == AIM_DEPTH) {
        plan_add(plan, PLUMB_EDIT_CARRY, rule);
    }
    if (aim == AIM_DEPTH && layers >= VERY_DEEP) {
        plan_add(plan, PLUMB_EDIT_LINK, rule);
    }
    if (aim == AIM_DEPTH && layers >= DEEP && !is_robust(sickness)) {
        plan_add(plan, adam_for(sickness->net->net->net), rule);
    }
    if (aim == AIM_TIME && !strcmp(rule, "exploding_through_time") && !is_set(sickness, "clip")) {
        plan_add(plan, PLUMB_EDIT_CLIP, rule);
    }
    if (aim == AIM_TIME && !is_robust(sickness)) {
        plan_add(plan, PLUMB_EDIT_ADAM_TIME, rule);
    }
}

/* Another optimizer in place of one that is good for nearly any net is what is left to try, and nothing to begin
 * with. */
static bool is_for(const Sickness *sickness, int index, const Trouble *trouble, bool alone) {
    int edit = treatments[index].edit;
    return is_listed(treatments[index].rules, trouble->rule) &&
           !(treatments[index].scaled && !is_scaled(sickness->net->net->net)) &&
           !(edit == EDIT_SETTING && !strstr(trouble->remedy, " = ")) &&
           !(edit == EDIT_STRIDE && *trouble->remedy) && /* a step that was measured tells more */
           !(edit == EDIT_NO_DECAY && strcmp(trouble->remedy, no_decay) != 0) &&
           !(edit == PLUMB_EDIT_ADAM && !alone && is_robust(sickness));
}

/* Gates learn to open: what is forecast of their first weights says nothing against them. Nor does the forecast know of
 * outputs, or rows. */
static bool try_treatment(const Sickness *sickness, int index, const Trouble *trouble, bool alone,
                          Candidate *candidate) {
    Plan bare = {0}, plan;
    if (!is_for(sickness, index, trouble, alone)) {
        return false;
    }
    if (treatments[index].edit == EDIT_SETTING) {
        plan_add_setting(&bare, trouble->remedy, trouble->rule);
    } else {
        bool adam = treatments[index].edit == PLUMB_EDIT_ADAM;
        plan_add(&bare, adam ? adam_for(sickness->net->net->net) : treatments[index].edit, trouble->rule);
    }
    plan = bare;
    add_companions(sickness, treatments[index].aim, trouble->rule, &plan);
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
    bool asked = treatments[index].aim == AIM_DEPTH || treatments[index].aim == AIM_STEPS;
    if ((!asked || candidate_forecast(sickness, candidate)) && !(alone && !candidate_is_new(sickness, candidate))) {
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

static void add_aim(Sickness *now, const Troubles *troubles, int aim, Candidate *whole) {
    for (int i = 0; i < troubles->count; i++) {
        Candidate more;
        if (troubles->trouble[i].turn == URGENT && best_for(now, &troubles->trouble[i], aim, &more)) {
            candidate_clear(whole);
            *whole = more;
            now->decided = candidate_plan(whole, 0);
            now->net = whole->net;
            now->recipe = whole->recipe;
            return;
        }
    }
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
    if (whole->net && candidate_is_new(sickness, whole)) {
        return true;
    }
    candidate_clear(whole);
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
    if (sickness->unsolved && classic_edits(sickness, best)) {
        return true;
    }
    for (int turn = 0; turn < TURNS; turn++) {
        if (single(sickness, &troubles, turn, best)) {
            return true;
        }
    }
    return false;
}
