/* fix NET as NAME [on DATA] [with RECIPE]: edits of the source, each proved by a twin with the same seed and batches.
 */
#include "../../grammar/format.h"
#include "../../grammar/text.h"
#include "../render/pictures.h"
#include "../repair/edits.h"
#include "measure.h"
#include "training.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Stage { /* a net of the repair, trained */
    Draft *draft;
    char *source;
    Value *net, *recipe;
    PlumbDiagnosis *diagnosis;
    Repaired state;
    bool unsolved, lost, falling;
} Stage;

typedef struct Attempt {
    char *text, *reason; /* of the edits */
    char *made;          /* the source with them, and the settings over the recipe: what is not to be tried twice */
    json_t *parts;       /* of several edits that were kept: what the net would be without each */
    double metric;
    bool kept;
} Attempt;

typedef struct Repair {
    Session *session;
    const VerbCall *call;
    const char *name;
    Value *on;
    Stage first, best; /* best.net NULL: the first is */
    Attempt attempt[TWINS_MOST];
    int attempts;
    Value *trained[1 + TWINS_MOST]; /* in order: what a pause keeps */
    int trainings;
    bool paused;
} Repair;

static void stage_clear(Stage *stage) {
    draft_free(stage->draft);
    free(stage->source);
    value_drop(stage->net);
    value_drop(stage->recipe);
    plumb_diagnosis_free(stage->diagnosis);
    *stage = (Stage){0};
}

static void repair_clear(Repair *repair) {
    stage_clear(&repair->first);
    stage_clear(&repair->best);
    for (int i = 0; i < repair->attempts; i++) {
        free(repair->attempt[i].text);
        free(repair->attempt[i].reason);
        free(repair->attempt[i].made);
        json_decref(repair->attempt[i].parts);
    }
    for (int i = 0; i < 1 + TWINS_MOST; i++) {
        value_drop(repair->trained[i]);
    }
}

static Stage *best_of(Repair *repair) {
    return repair->best.net ? &repair->best : &repair->first;
}

/* ---- a training ------------------------------------------------------------------------------------------------- */

static int drawn_layers(const PlumbNet *net) {
    int count = 0;
    for (int i = 0; i < plumb_net_size(net); i++) {
        count += *plumb_net_node(net, i)->init != '\0';
    }
    return count;
}

static void read_state(const Repair *repair, Stage *stage) {
    const NetValue *net = stage->net->net;
    const PlumbEpoch *epoch;
    int epochs = net_value_history(net, &epoch);
    Profile profile = net->probe ? profile_of(net->net, net->probe) : (Profile){.decades = NAN};
    const PlumbEpoch *last = epochs ? &epoch[epochs - 1] : NULL;
    stage->state = (Repaired){.loss = last ? last->loss : NAN,
                              .test_loss = last ? last->test_loss : NAN,
                              .metric = last ? epoch_metric(last, data_of(repair->on)) : NAN,
                              .decades = profile.decades,
                              .layers = drawn_layers(net->net) - 1,
                              .findings = plumb_diagnosis_size(stage->diagnosis)};
    stage->falling = keeps_falling(epoch, epochs);
    stage->unsolved = last && is_far_off(data_of(repair->on), stage->net, stage->recipe->call.call, last);
    stage->lost = last && is_lost(data_of(repair->on), stage->net, stage->recipe->call.call, last);
}

/* Decisions follow from what was trained: after a pause they are made again, and only what is left is trained. */
static void replay(Repair *repair, Stage *stage) {
    Value **trained = &repair->trained[repair->trainings++];
    if (*trained) {
        value_drop(stage->net);
        stage->net = value_keep(*trained);
    } else {
        *trained = value_keep(stage->net);
    }
}

static bool begin_training(Repair *repair, const Stage *stage, const VerbCall *call) {
    Training training;
    if (!training_make(repair->session, call, 0, false, &training)) {
        return false;
    }
    training_begin(call, 0, &training);
    if (stage == &repair->first && repair->call->on_tree) {
        training_title(repair->session, call, repair->call->operand[0]->net->name);
    }
    return true;
}

/* Trains the stage's net, and asks the rules. False: an error, or a pause. */
static bool train_stage(Repair *repair, Stage *stage) {
    Session *session = repair->session;
    VerbCall call = *repair->call;
    replay(repair, stage);
    call.operand = (Value *[]){stage->net};
    call.count = 1;
    call.on = repair->on;
    call.with = stage->recipe;
    call.on_tree = call.on_tree ? call.on_tree : call.tree_of[0]; /* where an error is to point */
    const NetValue *net = stage->net->net;
    if (!net->trainer && !begin_training(repair, stage, &call)) {
        return false;
    }
    PlumbOutcome outcome = net->unfinished ? training_run(session, &call, 0, false) : PLUMB_DONE;
    repair->paused = outcome == PLUMB_PAUSED;
    if (outcome == PLUMB_PAUSED || outcome == PLUMB_FAILED) {
        return false;
    }
    stage->diagnosis = diagnose_net(session, stage->net, repair->on, NULL, call.tree->span);
    if (stage->diagnosis) {
        read_state(repair, stage);
    }
    return stage->diagnosis;
}

/* The net as it is, under the new name: what all twins are compared with. */
static bool begin(Repair *repair) {
    Session *session = repair->session;
    Value *value = repair->call->operand[0];
    Span span = repair->call->tree_of[0]->span;
    Stage *first = &repair->first;
    if (!session_declared_net(session, value, span)) {
        return false;
    }
    const PlumbCall *recipe = session_recipe(session, repair->call->with, value);
    first->draft = draft_of(session, value->net);
    first->source = first->draft ? draft_text(first->draft, repair->name, false) : NULL;
    first->net = first->source ? draft_build(session, first->source) : NULL;
    first->recipe = recipe ? draft_recipe(session, "log = none", recipe) : NULL; /* twins would all write to one file */
    if (!first->net || !first->recipe) {
        return session_error(session, span, "net %s cannot be written as source by itself", value->net->name);
    }
    return train_stage(repair, first);
}

/* ---- one edit after the other ------------------------------------------------------------------------------------ */

/* malloc'd; NULL: no memory. */
static char *what_was_made(const Candidate *candidate) {
    char *made;
    const char *settings = candidate->draft->recipe;
    return asprintf(&made, "%s\n%s", candidate->source, settings ? settings : "") < 0 ? NULL : made;
}

static bool was_tried(void *self, const Candidate *candidate) {
    const Repair *repair = self;
    char *made = what_was_made(candidate);
    bool tried = !made;
    for (int i = 0; made && i < repair->attempts; i++) {
        tried = tried || !strcmp(repair->attempt[i].made, made);
    }
    free(made);
    return tried;
}

/* Of two nets that both know nothing neither is better: hits on a small test part are luck. */
static bool is_better(const PlumbData *data, const Stage *before, const Stage *after) {
    bool lost = before->lost && after->lost && after->state.loss > 0.9 * before->state.loss;
    return !lost && wins(data, &before->state, &after->state);
}

/* The candidate's net as a stage, trained, and what it came to. False: the repair is over; the candidate is cleared. */
static bool train_twin(Repair *repair, Candidate *candidate, Stage *twin) {
    char *made = what_was_made(candidate);
    *twin = (Stage){.draft = draft_copy(candidate->draft),
                    .source = strdup(candidate->source),
                    .net = value_keep(candidate->net),
                    .recipe = value_keep(candidate->recipe)};
    if (!made || !twin->draft || !twin->source || !train_stage(repair, twin)) {
        free(made);
        stage_clear(twin);
        return false;
    }
    repair->attempt[repair->attempts++] = (Attempt){.made = made, .metric = twin->state.metric};
    return true;
}

static void tell_attempt(Repair *repair, Tried tried) {
    Canvas canvas = session_canvas(repair->session);
    Attempt *last = &repair->attempt[repair->attempts - 1];
    last->text = strdup(tried.edit);
    last->reason = strdup(tried.reason);
    last->kept = tried.kept;
    picture_attempt(&canvas, repair->attempts, &tried, data_of(repair->on));
    fflush(canvas.out);
}

/* What speaks for each part. */
static void tell_shares(Repair *repair, const Candidate *whole, const Shares *shares) {
    Canvas canvas = session_canvas(repair->session);
    Attempt *last = &repair->attempt[repair->attempts - 1];
    last->parts = json_array();
    for (int i = 0; i < whole->count; i++) {
        json_t *part = json_object();
        json_object_set_new(part, "edit", json_text(whole->made[i].text));
        json_object_set_new(part, "without", shares->without[i] ? json_text(shares->without[i]) : json_null());
        json_array_append_new(last->parts, part);
        if (shares->without[i]) {
            canvas_wrap(&canvas, STATE_HEALTHY, 8, "    without %s: %s", whole->made[i].text, shares->without[i]);
        }
    }
}

/* No worse by more than what seeds differ by. */
static bool is_as_good(const PlumbData *data, const Stage *whole, const Stage *less) {
    double slack =
        data->classify ? whole->state.metric - less->state.metric : less->state.metric / whole->state.metric - 1;
    return !less->unsolved && slack <= (data->classify ? 0.005 : 0.05);
}

/* "without clip = by_norm(1)": malloc'd, or NULL. */
static char *text_without(const Candidate *whole, uint64_t spare) {
    Text text = {0};
    for (int i = 0; i < whole->count; i++) {
        if (spare >> i & 1) {
            text_printf(&text, "%s%s", text.length ? ", " : "without ", whole->made[i].text);
        }
    }
    return text_take(&text);
}

/* The twin that solved the task at once, again without what nothing speaks for: the smaller edit is kept if it is as
 * good. False: the repair is over. */
static bool try_less(Repair *repair, const Sickness *before, const Candidate *whole, uint64_t spare, Stage *twin) {
    Plan plan = candidate_plan(whole, spare);
    Candidate candidate;
    Stage less;
    if (repair->attempts > 1 || twin->unsolved || !spare || !candidate_make(before, &plan, &candidate)) {
        return true;
    }
    bool trained = train_twin(repair, &candidate, &less);
    candidate_clear(&candidate);
    if (!trained) {
        return false;
    }
    bool good = is_as_good(data_of(repair->on), twin, &less);
    char *text = text_without(whole, spare);
    tell_attempt(repair, (Tried){text ? text : "", "the smallest edit that does it", twin->state.metric,
                                 less.state.metric, good, true});
    free(text);
    if (good) {
        stage_clear(twin);
        *twin = less;
    } else {
        stage_clear(&less);
    }
    return true;
}

/* False: the repair is over. */
static bool try_edit(Repair *repair, const Sickness *before, Candidate *candidate) {
    Stage *best = best_of(repair), twin;
    if (!train_twin(repair, candidate, &twin)) {
        return false;
    }
    bool kept = is_better(data_of(repair->on), best, &twin), goes_on = true;
    tell_attempt(repair,
                 (Tried){candidate->text, candidate->reason, best->state.metric, twin.state.metric, kept, false});
    if (!kept) {
        stage_clear(&twin);
        return true;
    }
    if (candidate->count > 1) {
        Shares shares;
        shares_find(before, candidate, &shares);
        tell_shares(repair, candidate, &shares);
        goes_on = try_less(repair, before, candidate, shares.spare, &twin);
        shares_clear(&shares);
    }
    stage_clear(&repair->best);
    repair->best = twin;
    return goes_on;
}

/* What is found in a net that has solved its task is worth a twin, but not one more behind a repair. */
static bool goes_on(Repair *repair) {
    return repair->attempts < (best_of(repair)->lost ? TWINS_MOST : TWINS_USUAL) &&
           (!repair->best.net || repair->best.unsolved);
}

static bool improve(Repair *repair) {
    while (goes_on(repair)) {
        Stage *best = best_of(repair);
        Sickness sickness = {.session = repair->session,
                             .name = repair->name,
                             .draft = best->draft,
                             .net = best->net,
                             .base = best->recipe,
                             .recipe = best->recipe,
                             .data = data_of(repair->on),
                             .diagnosis = best->diagnosis,
                             .unsolved = best->unsolved,
                             .falling = best->falling,
                             .tried = was_tried,
                             .self = repair};
        Candidate candidate;
        if (!best_edit(&sickness, &candidate)) {
            return true;
        }
        bool tried = try_edit(repair, &sickness, &candidate);
        candidate_clear(&candidate);
        if (!tried) {
            return false;
        }
    }
    return true;
}

/* ---- what came of it --------------------------------------------------------------------------------------------- */

/* Is the setting's key set by the edits too? */
static bool is_overridden(const Draft *draft, const Tree *setting) {
    size_t length = strlen(setting->text);
    for (const char *at = draft->recipe; at; at = strstr(at, "; ") ? strstr(at, "; ") + strlen("; ") : NULL) {
        if (!strncmp(at, setting->text, length) && at[length] == ' ') {
            return true;
        }
    }
    return false;
}

/* `quick { epochs = 3 }` with one more setting in its braces; a recipe by name gets braces. */
static void add_recipe(Text *text, const Tree *with, const Draft *draft) {
    bool extended = with && with->kind == TREE_CALL && with->bodies;
    const Tree *block = extended ? with->child[with->count - 1] : with && with->kind == TREE_BLOCK ? with : NULL;
    const Tree *base = extended ? with->child[0] : block ? NULL : with;
    char *name = base ? format_tree(base) : NULL;
    text_printf(text, "%s%s{ ", name ? name : "", name ? " " : "");
    for (int i = 0; block && i < block->count; i++) {
        char *setting = is_overridden(draft, block->child[i]) ? NULL : format_tree(block->child[i]);
        text_printf(text, "%s%s", setting ? setting : "", setting ? "; " : "");
        free(setting);
    }
    text_printf(text, "%s }", draft->recipe);
    free(name);
}

/* "train fixed on digits with quick { clip = by_norm(1) }": where the recipe was edited too. NULL: it was not.
 * malloc'd. */
static char *training_source(const Repair *repair, const Draft *draft) {
    const VerbCall *call = repair->call;
    Text text = {0};
    if (!draft->recipe) {
        return NULL;
    }
    char *on = call->on_tree ? format_tree(call->on_tree) : NULL;
    text_printf(&text, "train %s on %s with ", repair->name, on ? on : "DATA");
    add_recipe(&text, call->with_tree, draft);
    free(on);
    return text_take(&text);
}

static char *whole_source(const Repair *repair, const Stage *stage) {
    char *training = training_source(repair, stage->draft), *text = NULL;
    bool done =
        training ? asprintf(&text, "%s\n%s", stage->source, training) >= 0 : (text = strdup(stage->source)) != NULL;
    free(training);
    return done ? text : NULL;
}

/* The net before under its own name, written in the same way as the net behind it; what calls the net itself by
 * arguments has nothing before it. malloc'd, or NULL. */
static char *source_before(const Repair *repair, const Stage *best) {
    const NetValue *net = repair->call->operand[0]->net;
    bool called = !best->draft->rewritten && !strcmp(net->name, net->declaration->text);
    if (!strcmp(repair->first.source, best->source)) {
        return strdup(best->source);
    }
    return called ? strdup("") : draft_text(repair->first.draft, net->name, best->draft->rewritten);
}

static void say_difference(const Canvas *canvas, const char *before, const char *source) {
    if (before && strcmp(before, source) != 0) {
        fputc('\n', canvas->out);
        picture_difference(canvas, before, source);
        fputc('\n', canvas->out);
    }
}

static json_t *state_json(const Repaired *state) {
    json_t *object = json_object();
    json_object_set_new(object, "loss", json_figure(state->loss));
    json_object_set_new(object, "test_loss", json_figure(state->test_loss));
    json_object_set_new(object, "metric", json_figure(state->metric));
    json_object_set_new(object, "slope", json_figure(state->decades));
    json_object_set_new(object, "findings", json_integer(state->findings));
    return object;
}

static json_t *attempts_json(const Repair *repair, bool kept) {
    json_t *list = json_array();
    for (int i = 0; i < repair->attempts; i++) {
        if (repair->attempt[i].kept == kept) {
            json_t *object = json_object();
            json_object_set_new(object, "edit", json_text(repair->attempt[i].text));
            json_object_set_new(object, "for", json_text(repair->attempt[i].reason));
            json_object_set_new(object, "metric", json_figure(repair->attempt[i].metric));
            if (repair->attempt[i].parts) {
                json_object_set(object, "parts", repair->attempt[i].parts);
            }
            json_array_append_new(list, object);
        }
    }
    return list;
}

/* What `report` shows of the net later. */
static void keep_repair(const Repair *repair, NetValue *net, const json_t *told, const char *before) {
    json_decref(net->repair);
    net->repair = json_copy((json_t *)told);
    json_object_set_new(net->repair, "net", json_text(repair->call->operand[0]->net->name));
    json_object_set_new(net->repair, "was", before ? json_text(before) : json_null());
}

static void tell(const Repair *repair, const Stage *best, const char *source) {
    Canvas canvas = session_canvas(repair->session);
    char *before = source_before(repair, best);
    json_t *object = json_object();
    bool silent = !plumb_diagnosis_size(repair->first.diagnosis);
    if (silent && !repair->attempts && repair->first.unsolved) {
        canvas_wrap(&canvas, STATE_DOUBTFUL, 4,
                    "no rule fires, and no edit is known to help: the data, or the size of the net?");
    } else if (silent && !repair->attempts) {
        canvas_wrap(&canvas, STATE_PLAIN, 4, "nothing to fix: no rule fires");
    } else if (best == &repair->first) {
        canvas_wrap(&canvas, STATE_PLAIN, 4, "no edit made it better");
    }
    say_difference(&canvas, before, source);
    picture_repaired(&canvas, repair->name, data_of(repair->on), &repair->first.state, &best->state);
    fputc('\n', canvas.out);
    json_object_set_new(object, "source", json_text(source));
    json_object_set_new(object, "before", state_json(&repair->first.state));
    json_object_set_new(object, "after", state_json(&best->state));
    json_object_set_new(object, "applied", attempts_json(repair, true));
    json_object_set_new(object, "rejected", attempts_json(repair, false));
    keep_repair(repair, best->net->net, object, before);
    free(before);
    session_json(repair->session, repair->call, repair->call->operand[0]->net->name, object);
}

static bool finish(Repair *repair) {
    Stage *best = best_of(repair);
    char *source = whole_source(repair, best);
    if (!source) {
        return report_no_memory(repair->session, repair->call->tree->span);
    }
    tell(repair, best, source);
    free(source);
    return bind_name(repair->session, repair->call->as_tree, repair->session->scope, best->net);
}

/* ---- the verb ---------------------------------------------------------------------------------------------------- */

static bool has_data(Session *session, const VerbCall *call) {
    if (call->on || call->operand[0]->net->trained_on) {
        return true;
    }
    PlumbError error = {.argument = -1};
    plumb_fail(&error, PLUMB_ARGUMENT_ERROR, "%s was not trained yet: on which data is it to be proved?",
               call->operand[0]->net->name);
    snprintf(error.hint, sizeof error.hint, "fix %.60s as %.60s on DATA", call->operand[0]->net->name,
             call->as_tree->text);
    return session_fail(session, call->tree_of[0]->span, &error);
}

/* The paused statement has what was trained so far behind its operand. */
static bool pause_repair(Repair *repair) {
    const VerbCall *call = repair->call;
    VerbCall paused = *call;
    Value *operand[2 + TWINS_MOST] = {call->operand[0]};
    const Tree *tree_of[2 + TWINS_MOST] = {call->tree_of[0]};
    for (paused.count = 1; paused.count <= repair->trainings; paused.count++) {
        operand[paused.count] = repair->trained[paused.count - 1];
        tree_of[paused.count] = call->tree_of[0];
    }
    paused.operand = operand;
    paused.tree_of = tree_of;
    return session_pause(repair->session, &paused);
}

static bool run(Session *session, const VerbCall *call) {
    Repair repair = {.session = session, .call = call, .name = call->as_tree->text};
    if (!has_data(session, call) || !training_takes_no_checkpoint(session, call)) {
        return false;
    }
    repair.on = call->on ? call->on : call->operand[0]->net->trained_on;
    for (int i = 1; i < call->count; i++) {
        repair.trained[i - 1] = value_keep(call->operand[i]);
    }
    bool done = begin(&repair) && improve(&repair);
    done = done ? finish(&repair) : repair.paused && pause_repair(&repair);
    repair_clear(&repair);
    return done;
}

static void check(Session *session, const VerbCall *call) {
    Value *unknown = value_unknown();
    check_fits(session, call);
    if (unknown) {
        bind_name(session, call->as_tree, session->scope, unknown);
    }
    value_drop(unknown);
}

const Verb verb_fix = {
    .entry =
        {.name = "fix",
         .kind = PLUMB_VERB,
         .family = "training",
         .summary =
             "edits the source of a net by its findings, and by what trains nearly any net where none is left and the "
             "task is not solved: first all at once that is urgent, then one edit after the other; each try is proved "
             "by training a twin from the same seed on the same batches, and kept only if the twin is better; of "
             "several edits "
             "that solve the task at once, what nothing speaks for is left out again if the net is as good without. "
             "NET "
             "and the nets that it uses stay as they are; the twins write no logs",
         .formula = "fix NET as NAME [on DATA] [with RECIPE]",
         .source = "plumb; Zhang et al. 2021, AutoTrainer, for repair in a loop",
         .example = "fix plain as fixed on digits with quick"},
    .operands_min = 1,
    .operands_max = 1,
    .operands = TAKES_NET,
    .clauses = CLAUSE_ON | CLAUSE_WITH | CLAUSE_AS,
    .required = CLAUSE_AS,
    .on_takes = TAKES_DATA,
    .run = run,
    .check = check,
};
