/* A repair without looking: single edits of the list that fix chooses from, drawn, each proved by a twin as fix proves
 * its own. What fix is to be better than. */
#include "interp/repair/edits.h"
#include "interp/verbs/common.h"
#include "private.h"
#include "runtime/core/random.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Every edit by its name, and a tenth or ten times the learning rate, where fix sets what a finding names. */
enum { CHOICES = EDITS_ALL + 1 };

typedef struct Gamble {
    const Bench *bench;
    Draw draw;
    Draft *draft; /* the best net, as source, and its recipe */
    Value *net, *recipe;
    PlumbEpoch last; /* of its training */
    char *made[TWINS_MOST];
    int twins;
} Gamble;

static bool begin(Gamble *gamble, const Bench *bench, const Case *about) {
    *gamble = (Gamble){.bench = bench,
                       .draw = {.seed = outcome_key(&about->own, FIRST_SEED), .purpose = DRAW_SAMPLE},
                       .draft = draft_of(bench->session, bench->value->net),
                       .net = value_keep(bench->value),
                       .recipe = draft_recipe(bench->session, "log = none", bench->recipe)};
    return gamble->draft && gamble->recipe && bench_train(bench, bench->net, bench->recipe, FIRST_SEED, &gamble->last);
}

static void end(Gamble *gamble) {
    draft_free(gamble->draft);
    value_drop(gamble->net);
    value_drop(gamble->recipe);
    for (int i = 0; i < gamble->twins; i++) {
        free(gamble->made[i]);
    }
}

/* ---- drawing ----------------------------------------------------------------------------------------------------- */

static bool make(const Gamble *gamble, uint32_t choice, Candidate *candidate) {
    const Sickness sickness = {.session = gamble->bench->session,
                               .name = "m",
                               .draft = gamble->draft,
                               .net = gamble->net,
                               .base = gamble->recipe,
                               .recipe = gamble->recipe,
                               .data = gamble->bench->data};
    const PlumbCall *recipe = gamble->recipe->call.call;
    double lr = plumb_call_number(plumb_call_call(recipe, "optimizer"), "lr");
    bool more = choice == EDITS_ALL;
    bool of_rate = more || choice == EDIT_SETTING;
    if (choice == EDIT_RATE) { /* of what other edits make */
        return false;
    }
    char *other = of_rate ? optimizer_with(recipe, "lr", more ? 10 * lr : lr / 10) : NULL;
    Plan plan = {0};
    if (of_rate) {
        plan_add_setting(&plan, other, NULL);
    } else {
        plan_add(&plan, (int)choice, NULL);
    }
    bool made = (!of_rate || other) && candidate_make(&sickness, &plan, candidate);
    free(other);
    return made;
}

/* Is it new? Then it is kept in mind. */
static bool is_new(Gamble *gamble, const Candidate *candidate) {
    char *recipe = value_text(candidate->recipe), *made = NULL;
    if (!recipe || asprintf(&made, "%s\n%s", candidate->source, recipe) < 0) {
        made = NULL;
    }
    bool known = !made;
    for (int i = 0; !known && i < gamble->twins; i++) {
        known = !strcmp(gamble->made[i], made);
    }
    if (known) {
        free(made);
    } else {
        gamble->made[gamble->twins++] = made;
    }
    free(recipe);
    return !known;
}

/* Among the edits that change something and were not tried, one as likely as the other. False: there is none. */
static bool draw(Gamble *gamble, Candidate *candidate) {
    uint32_t order[CHOICES];
    for (uint32_t i = 0; i < CHOICES; i++) {
        order[i] = i;
    }
    gamble->draw.stream = (uint32_t)gamble->twins;
    draw_shuffle(gamble->draw, order, CHOICES);
    for (int i = 0; i < CHOICES; i++) {
        if (!make(gamble, order[i], candidate)) {
            continue;
        }
        if (is_new(gamble, candidate)) {
            return true;
        }
        candidate_clear(candidate);
    }
    return false;
}

/* ---- proving ----------------------------------------------------------------------------------------------------- */

static Repaired state_of(const Gamble *gamble, const PlumbEpoch *last) {
    return (Repaired){
        .loss = last->loss, .test_loss = last->test_loss, .metric = epoch_metric(last, gamble->bench->data)};
}

static void prove(Gamble *gamble, Candidate *candidate) {
    PlumbEpoch last;
    PlumbNet *net = candidate->net->net->net;
    bool trained = bench_train(gamble->bench, net, candidate->recipe->call.call, FIRST_SEED, &last);
    Repaired before = state_of(gamble, &gamble->last);
    if (trained) {
        Repaired after = state_of(gamble, &last);
        trained = wins(gamble->bench->data, &before, &after);
    }
    if (trained) {
        draft_free(gamble->draft);
        value_drop(gamble->net);
        value_drop(gamble->recipe);
        gamble->draft = candidate->draft;
        gamble->net = candidate->net;
        gamble->recipe = candidate->recipe;
        gamble->last = last;
        candidate->draft = NULL;
        candidate->net = candidate->recipe = NULL;
    }
    candidate_clear(candidate);
}

/* As fix: until a kept edit has solved the task, or as many twins are trained. */
void repair_by_chance(Bench *bench, const Case *about, Result *result) {
    Gamble gamble;
    Candidate candidate;
    bool begun = begin(&gamble, bench, about), solved = false;
    while (begun && !solved && gamble.twins < TWINS_MOST && draw(&gamble, &candidate)) {
        prove(&gamble, &candidate);
        solved =
            gamble.net != bench->value && !is_far_off(bench->data, gamble.net, gamble.recipe->call.call, &gamble.last);
    }
    result->chance_twins = gamble.twins;
    result->by_chance = begun && bench_score(bench, gamble.net->net->net, &gamble.last) >= about->target;
    end(&gamble);
}
