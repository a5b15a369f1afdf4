/* sweep NET(arg=[...], ...), key=[...] on DATA: every combination is trained with the same batches, then shown as a
 * table. */
#include "sweep.h"
#include "../../grammar/text.h"
#include "../interpreter.h"
#include "../render/number.h"
#include "../render/pictures.h"
#include "training.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHECKED_MOST = 50 };

/* ---- what is asked for ------------------------------------------------------------------------------------------- */

typedef struct Asked { /* operands behind the net */
    const Tree *seeds; /* NULL: one */
    const Tree **key;  /* of the recipe */
    int keys;
} Asked;

static bool sort_operands(Session *session, const VerbCall *call, Asked *asked) {
    *asked = (Asked){.key = calloc((size_t)call->count, sizeof *asked->key)};
    if (!asked->key) {
        return report_no_memory(session, call->tree->span);
    }
    for (int i = 1; i < call->count; i++) {
        const Tree *tree = call->tree_of[i];
        bool seeds = tree->kind == TREE_ARGUMENT && !strcmp(tree->text, "seeds");
        if (tree->kind != TREE_ARGUMENT || (seeds && asked->seeds)) {
            return session_error(session, tree->span,
                                 "sweep takes one net, then `seeds=` a number, `lr=` or a key of the recipe a list");
        }
        asked->seeds = seeds ? tree : asked->seeds;
        asked->key[asked->keys] = tree;
        asked->keys += !seeds;
    }
    return true;
}

/* `seeds=5`. False: reported. */
static bool read_seeds(Session *session, const Tree *tree, int *seeds) {
    *seeds = 1;
    if (!tree) {
        return true;
    }
    Value *value = session_evaluate(session, tree->child[0]);
    bool fits = value &&
                (value->type == VALUE_UNKNOWN || (value->type == VALUE_NUMBER && value->number == rint(value->number) &&
                                                  value->number >= 1 && value->number <= SEEDS_MOST));
    if (value && !fits) {
        session_error(session, tree->span, "`seeds=` takes a whole number from 1 to %d", SEEDS_MOST);
    }
    *seeds = fits && value->type == VALUE_NUMBER ? (int)value->number : 1;
    value_drop(value);
    return fits;
}

static void sweep_close(Sweep *sweep) {
    for (int i = 0; i < sweep->call.count; i++) {
        value_drop(sweep->call.operand[i]);
    }
    free(sweep->call.operand);
    free(sweep->call.tree_of);
    variants_close(&sweep->variants);
    recipe_variants_close(&sweep->recipes);
}

int sweep_combinations(const Sweep *sweep) {
    return sweep->variants.count * sweep->recipes.count;
}
int sweep_dimensions(const Sweep *sweep) {
    return sweep->variants.dimensions + sweep->recipes.dimensions;
}
const Dimension *sweep_dimension(const Sweep *sweep, int at) {
    int own = sweep->variants.dimensions;
    return at < own ? &sweep->variants.dimension[at] : &sweep->recipes.dimension[at - own];
}
Value *sweep_item(const Sweep *sweep, int index, int at) {
    const RecipeVariants *recipes = &sweep->recipes;
    int own = sweep->variants.dimensions;
    return at < own ? variants_item(&sweep->variants, index / recipes->count, at)
                    : dimensions_item(recipes->dimension, recipes->dimensions, index % recipes->count, at - own);
}

char *sweep_settings(const Sweep *sweep, int index) {
    Text text = {0};
    for (int i = sweep->variants.dimensions; i < sweep_dimensions(sweep); i++) {
        char *item = value_text(sweep_item(sweep, index, i));
        text_printf(&text, ", %s=%s", sweep_dimension(sweep, i)->name, item ? item : "?");
        free(item);
    }
    return text_take(&text);
}

static bool add_net(Session *session, Sweep *sweep, int index) {
    char seed[32] = "", *settings = sweep_settings(sweep, index / sweep->seeds), *suffix = NULL;
    VerbCall *call = &sweep->call;
    if (sweep->seeds > 1) {
        snprintf(seed, sizeof seed, " seed %d", index % sweep->seeds + 1);
    }
    if (!settings || asprintf(&suffix, "%s%s", settings, seed) < 0) {
        free(settings);
        return report_no_memory(session, call->tree->span);
    }
    call->tree_of[index] = sweep->variants.call;
    call->operand[index] = variants_net(session, &sweep->variants, index / sweep->seeds / sweep->recipes.count, suffix);
    call->count += call->operand[index] != NULL;
    free(settings);
    free(suffix);
    return call->operand[index];
}

static bool something_varies(Session *session, const Sweep *sweep) {
    if (sweep->variants.unknown || sweep_dimensions(sweep)) {
        return true;
    }
    const NetValue *net = sweep->variants.net->net;
    Diag *diag = report(session, sweep->variants.call->span, "nothing varies: no argument has a list");
    diag_label(diag, "as in  %s(%s=[..., ...]), or  %s, lr=[..., ...]", net->name,
               net->argument_count ? net->declaration->child[0]->text : "depth", net->name);
    return false;
}

/* What varies, and how often. */
static bool open_dimensions(Session *session, const VerbCall *call, Sweep *sweep) {
    Asked asked;
    bool done = sort_operands(session, call, &asked) && read_seeds(session, asked.seeds, &sweep->seeds) &&
                variants_open(session, call->tree_of[0], &sweep->variants) &&
                recipe_variants_open(session, asked.key, asked.keys, call->with, &sweep->recipes) &&
                something_varies(session, sweep);
    free(asked.key);
    return done;
}

static int trainings(const Sweep *sweep) {
    int known = !sweep->variants.unknown && (!sweep->recipes.dimensions || sweep->recipes.recipe);
    return known ? sweep_combinations(sweep) * sweep->seeds : 0;
}

/* `most` nets at most; the nets of one combination, one a seed, stand side by side. */
static bool sweep_open(Session *session, const VerbCall *call, Sweep *sweep, int most) {
    *sweep = (Sweep){.call = *call};
    sweep->call.count = 0;
    sweep->call.tree_of = NULL;
    sweep->call.operand = NULL;
    if (!open_dimensions(session, call, sweep)) {
        return false;
    }
    int count = trainings(sweep);
    if (count > VARIANTS_MOST) {
        return session_error(session, call->tree->span, "these are %d trainings, and %d are the most", count,
                             VARIANTS_MOST);
    }
    count = count < most ? count : most;
    sweep->call.tree_of = calloc((size_t)count + 1, sizeof *sweep->call.tree_of);
    sweep->call.operand = calloc((size_t)count + 1, sizeof *sweep->call.operand);
    if (!sweep->call.tree_of || !sweep->call.operand) {
        return report_no_memory(session, call->tree->span);
    }
    for (int i = 0; i < count; i++) {
        if (!add_net(session, sweep, i)) {
            return false;
        }
    }
    return true;
}

/* ---- training ---------------------------------------------------------------------------------------------------- */

/* Weights, shuffles and dropout by this seed: a net's number among those of its combination is added. */
static bool set_seed(Session *session, double seed) {
    Value *value = value_number(seed);
    bool done = value && session_set(session, "seed", value, (Span){0});
    value_drop(value);
    return done;
}

/* What is the same for all. */
static void print_title(Session *session, const VerbCall *call, const Sweep *sweep) {
    Canvas canvas = session_canvas(session);
    char who[64];
    snprintf(who, sizeof who, "%d nets", sweep->call.count);
    training_title(session, call, who);
    Text text = {0};
    for (int i = sweep->variants.dimensions; i < sweep_dimensions(sweep); i++) {
        text_printf(&text, "%s%s", i > sweep->variants.dimensions ? ", " : "", sweep_dimension(sweep, i)->name);
    }
    char *varying = text_take(&text);
    if (varying && *varying) {
        canvas_wrap(&canvas, STATE_PLAIN, 4, "    but for what varies: %s", varying);
    }
    free(varying);
}

static bool begin_one(Session *session, const Sweep *sweep, int index) {
    double seed = (double)session_config(session).seed;
    Training training;
    VerbCall call = sweep->call;
    if (sweep->recipes.recipe) {
        call.with = sweep->recipes.recipe[index / sweep->seeds % sweep->recipes.count];
    }
    bool done =
        set_seed(session, seed + index % sweep->seeds) && training_make(session, &call, index, false, &training);
    done = set_seed(session, seed) && done;
    if (!done) {
        return false;
    }
    training_begin(&call, index, &training);
    if (index == 0) {
        print_title(session, &call, sweep);
    }
    return true;
}

/* The net goes, its results stay. */
static bool keep_results(Session *session, const Sweep *sweep, int index) {
    Value *net = sweep->call.operand[index], *results = sweep_results(net->net, data_of(sweep->call.on));
    if (!results) {
        return report_no_memory(session, sweep->call.tree->span);
    }
    sweep->call.operand[index] = results;
    value_drop(net);
    return true;
}

static PlumbOutcome train_all(Session *session, const Sweep *sweep) {
    for (int i = 0; i < sweep->call.count; i++) {
        const Value *net = sweep->call.operand[i];
        if (net->type != VALUE_NET) {
            continue; /* done before a pause */
        }
        if (!net->net->trainer && !begin_one(session, sweep, i)) {
            return PLUMB_FAILED;
        }
        PlumbOutcome outcome = training_run(session, &sweep->call, i, false);
        if (outcome == PLUMB_PAUSED || outcome == PLUMB_FAILED) {
            return outcome;
        }
        if (!keep_results(session, sweep, i)) {
            return PLUMB_FAILED;
        }
    }
    return PLUMB_DONE;
}

/* After a pause the nets are there as operands. */
static bool reopen(Session *session, const VerbCall *call, Sweep *sweep) {
    *sweep = (Sweep){.call = *call};
    VerbCall written = *call;
    written.tree_of = (const Tree **)call->tree->child;
    for (written.count = 0; written.count < call->tree->count; written.count++) {
        if (call->tree->child[written.count]->kind == TREE_CLAUSE) {
            break;
        }
    }
    return open_dimensions(session, &written, sweep);
}

static bool run(Session *session, const VerbCall *call) {
    Sweep sweep;
    bool resumes = session_resuming(session);
    bool done = resumes ? reopen(session, call, &sweep)
                        : sweep_open(session, call, &sweep, VARIANTS_MOST) &&
                              training_takes_no_checkpoint(session, &sweep.call);
    if (done) {
        PlumbOutcome outcome = train_all(session, &sweep);
        done = outcome == PLUMB_PAUSED   ? session_pause(session, &sweep.call)
               : outcome == PLUMB_FAILED ? false
                                         : sweep_show(session, &sweep);
    }
    if (resumes) {
        variants_close(&sweep.variants);
        recipe_variants_close(&sweep.recipes);
    } else {
        sweep_close(&sweep);
    }
    return done;
}

static void check(Session *session, const VerbCall *call) {
    Sweep sweep;
    if (sweep_open(session, call, &sweep, CHECKED_MOST)) {
        sweep.call.with = sweep.recipes.recipe ? sweep.recipes.recipe[0] : call->with;
        check_fits(session, &sweep.call);
    }
    sweep_close(&sweep);
}

const Verb verb_sweep = {
    .entry = {.name = "sweep",
              .kind = PLUMB_VERB,
              .family = "training",
              .summary =
                  "trains every combination of the items of lists, with the same seed and batches: of the net's "
                  "arguments, of `lr=`, the learning rate, and of keys of the recipe; with `seeds=5` each with five "
                  "seeds, and shows medians and the range",
              .formula = "sweep NET(ARG=[...], ...) [, lr=[...]] [, KEY=[...]] [, seeds=N] on DATA [with RECIPE]",
              .source = "Bouthillier et al. 2021, for the several seeds",
              .example = "sweep mlp(act=[relu, tanh]), lr=[0.1, 0.01], seeds=3 on digits with quick"},
    .operands_min = 1,
    .operands_max = -1,
    .operands = TAKES_CONDITION,
    .clauses = CLAUSE_ON | CLAUSE_WITH,
    .required = CLAUSE_ON,
    .on_takes = TAKES_DATA,
    .run = run,
    .check = check,
};
