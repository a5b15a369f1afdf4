/* Verbs: their operands and clauses counted, evaluated and checked, then the handler; and the statement that was
 * paused. */
#include "interpreter.h"
#include <stdlib.h>
#include <string.h>

/* ---- what an operand may be -------------------------------------------------------------------------------------- */

static const struct {
    unsigned takes;
    ValueType type;
    const char *text;
    unsigned names; /* for suggestions */
} kinds[] = {
    {TAKES_NET, VALUE_NET, "a net", NAME_NET},
    {TAKES_DATA, VALUE_DATA, "a data set", NAME_DATA},
    {TAKES_RECIPE, VALUE_RECIPE, "a recipe", NAME_RECIPE},
    {TAKES_STRING, VALUE_STRING, "a string", 0},
    {TAKES_NUMBER, VALUE_NUMBER, "a number", 0},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static bool fits(unsigned takes, const Value *value) {
    if (takes & TAKES_ANY || value->type == VALUE_UNKNOWN) {
        return true;
    }
    for (int i = 0; i < KINDS; i++) {
        if (takes & kinds[i].takes && value->type == kinds[i].type) {
            return true;
        }
    }
    return false;
}

/* The first name in reach of the kind that is wanted; the session's own have a bracket before them. */
static const char *fitting_name(Session *session, unsigned takes) {
    unsigned wanted = 0;
    for (int i = 0; i < KINDS; i++) {
        wanted |= takes & kinds[i].takes ? kinds[i].names : 0;
    }
    Value *value;
    const char *name;
    for (int i = 0; wanted && (name = scope_name_at(session->scope, i, &value)); i++) {
        if (*name != '(' && value->type != VALUE_UNKNOWN && fits(takes, value)) { /* the session's own are no names */
            return name;
        }
    }
    return NULL;
}

/* `on`: "on", "with" ... or NULL for an operand. */
static bool wrong_kind(Session *session, const Verb *verb, const char *clause, unsigned takes, const Tree *tree,
                       const Value *value) {
    const char *expected = "another value", *fitting = fitting_name(session, takes);
    for (int i = KINDS - 1; i >= 0; i--) {
        expected = takes & kinds[i].takes ? kinds[i].text : expected;
    }
    Diag *diag = report(session, tree->span, "`%s%s%s` takes %s, and this is %s", verb->entry.name,
                        clause ? " ... " : "", clause ? clause : "", expected, value_type_name(value));
    if (fitting) {
        diag_label(diag, "%s?", fitting);
    }
    return false;
}

/* ---- evaluation -------------------------------------------------------------------------------------------------- */

static Value *evaluate_operand(Session *session, const Verb *verb, const char *clause, unsigned takes,
                               const Tree *tree) {
    bool is_block = tree->kind == TREE_BLOCK;
    if (takes & TAKES_SETTINGS && !is_block) {
        session_error(session, tree->span, "`%s ... with` takes its settings: { %s = ... }", verb->entry.name,
                      verb->entry.args->name);
        return NULL;
    }
    if (takes & TAKES_SETTINGS) {
        return settings_of_block(session, &verb->entry, tree, NULL, session->scope);
    }
    Value *value = takes & TAKES_RECIPE && is_block ? recipe_of_block(session, tree, NULL, session->scope)
                                                    : evaluate(session, tree, session->scope);
    if (value && !fits(takes, value)) {
        wrong_kind(session, verb, clause, takes, tree, value);
        value_drop(value);
        return NULL;
    }
    return value;
}

typedef struct ClauseKind { /* where a clause's value goes */
    const char *name;
    unsigned bit;
    size_t value, tree;
} ClauseKind;

static const ClauseKind clauses[] = {
    {"on", CLAUSE_ON, offsetof(VerbCall, on), offsetof(VerbCall, on_tree)},
    {"with", CLAUSE_WITH, offsetof(VerbCall, with), offsetof(VerbCall, with_tree)},
    {"to", CLAUSE_TO, offsetof(VerbCall, to), offsetof(VerbCall, to_tree)},
    {"from", CLAUSE_FROM, offsetof(VerbCall, from), offsetof(VerbCall, from_tree)},
    {"as", CLAUSE_AS, 0, offsetof(VerbCall, as_tree)},
};
enum { CLAUSES = sizeof clauses / sizeof *clauses };

static Value **clause_value(VerbCall *call, const ClauseKind *kind) {
    return kind->bit == CLAUSE_AS ? NULL : (Value **)((char *)call + kind->value);
}

static const Tree **clause_tree(VerbCall *call, const ClauseKind *kind) {
    return (const Tree **)((char *)call + kind->tree);
}

static unsigned clause_takes(const Verb *verb, unsigned bit) {
    return bit == CLAUSE_ON     ? verb->on_takes
           : bit == CLAUSE_TO   ? verb->to_takes
           : bit == CLAUSE_FROM ? verb->from_takes
           : verb->entry.args   ? TAKES_SETTINGS
                                : TAKES_RECIPE;
}

static const ClauseKind *find_clause(const char *name) {
    for (int i = 0; i < CLAUSES; i++) {
        if (!strcmp(clauses[i].name, name)) {
            return &clauses[i];
        }
    }
    return NULL;
}

static bool read_clause(Session *session, const Verb *verb, const Tree *tree, VerbCall *call) {
    const ClauseKind *kind = find_clause(tree->text);
    if (!(verb->clauses & kind->bit)) {
        Diag *diag = report(session, tree->text_span, "`%s` has no `%s`", verb->entry.name, tree->text);
        diag_label(diag, "%s", verb->entry.formula);
        return false;
    }
    *clause_tree(call, kind) = tree->child[0];
    Value **value = clause_value(call, kind);
    if (!value) {
        return true;
    }
    *value = evaluate_operand(session, verb, kind->name, clause_takes(verb, kind->bit), tree->child[0]);
    return *value;
}

/* A verb with arguments of its own always gets them, all defaults where there is no `with`. */
static bool complete_settings(Session *session, const Verb *verb, VerbCall *call) {
    if (!verb->entry.args || call->with_tree) {
        return true;
    }
    PlumbArena *arena = plumb_arena_new();
    const PlumbCall *settings = arena ? plumb_call(arena, &verb->entry, NULL, 0, NULL) : NULL;
    call->with = settings ? value_call(settings) : NULL;
    plumb_arena_free(arena);
    if (!call->with) {
        report_memory(session, call->tree->span);
    }
    return call->with;
}

static bool has_required(Session *session, const Verb *verb, const VerbCall *call) {
    bool done = true;
    for (int i = 0; i < CLAUSES; i++) {
        if (verb->required & clauses[i].bit && !*clause_tree((VerbCall *)call, &clauses[i])) {
            Diag *diag = report(session, call->tree->span, "`%s` needs `%s`", verb->entry.name, clauses[i].name);
            diag_label(diag, "%s", verb->entry.formula);
            done = false;
        }
    }
    return done;
}

static bool count_operands(Session *session, const Verb *verb, const VerbCall *call) {
    if (call->count >= verb->operands_min && (verb->operands_max < 0 || call->count <= verb->operands_max)) {
        return true;
    }
    bool few = call->count < verb->operands_min;
    Span span = few || !call->count ? call->tree->text_span : call->tree_of[verb->operands_max]->span;
    Diag *diag =
        report(session, span, few ? "`%s` needs more than this" : "`%s` does not take so many", verb->entry.name);
    diag_label(diag, "%s", verb->entry.formula);
    return false;
}

static bool is_evaluated(const Verb *verb) {
    return verb->operands && !(verb->operands & (TAKES_NAME | TAKES_CONDITION));
}

/* Everything is evaluated, so that one error does not hide another. */
static bool read_call(Session *session, const Verb *verb, VerbCall *call) {
    const Tree *tree = call->tree;
    bool done = true;
    for (int i = 0; i < tree->count; i++) {
        const Tree *child = tree->child[i];
        if (child->kind == TREE_CLAUSE) {
            done = read_clause(session, verb, child, call) && done;
            continue;
        }
        call->tree_of[call->count] = child;
        if (is_evaluated(verb)) {
            call->operand[call->count] = evaluate_operand(session, verb, NULL, verb->operands, child);
            done = done && call->operand[call->count];
        }
        call->count++;
    }
    bool counted = count_operands(session, verb, call);
    return has_required(session, verb, call) && complete_settings(session, verb, call) && counted && done;
}

/* With room for `operands`, which may be more than stand there. */
static bool call_open(VerbCall *call, const Tree *tree, Scope *scope, int operands) {
    *call = (VerbCall){.tree = tree, .scope = scope};
    call->tree_of = calloc((size_t)operands + 1, sizeof *call->tree_of);
    call->operand = calloc((size_t)operands + 1, sizeof *call->operand);
    return call->tree_of && call->operand;
}

static void call_close(VerbCall *call) {
    for (int i = 0; call->operand && i < call->count; i++) {
        value_drop(call->operand[i]);
    }
    for (int i = 0; i < CLAUSES; i++) {
        Value **value = clause_value(call, &clauses[i]);
        value_drop(value ? *value : NULL);
    }
    free(call->tree_of);
    free(call->operand);
    *call = (VerbCall){0};
}

bool run_verb(Session *session, const Tree *tree) {
    const Verb *verb = verb_find(tree->text);
    VerbCall call;
    bool done = call_open(&call, tree, session->scope, tree->count);
    if (!done) {
        report_memory(session, tree->span);
    } else if ((done = read_call(session, verb, &call))) {
        if (!session->checking) {
            done = verb->run(session, &call);
        } else if (verb->check) {
            verb->check(session, &call);
        }
    }
    call_close(&call);
    return done;
}

/* ---- pause and resume -------------------------------------------------------------------------------------------- */

void paused_clear(Session *session) {
    call_close(&session->paused.call);
    session->paused.verb = NULL;
}

static Value *kept(Value *value) {
    return value ? value_keep(value) : NULL;
}

bool session_pause(Session *session, const VerbCall *call) {
    VerbCall copy;
    if (!call_open(&copy, call->tree, session->global, call->count)) {
        call_close(&copy);
        report_memory(session, call->tree->span);
        return false;
    }
    for (; copy.count < call->count; copy.count++) {
        copy.tree_of[copy.count] = call->tree_of[copy.count];
        copy.operand[copy.count] = kept(call->operand[copy.count]);
    }
    for (int i = 0; i < CLAUSES; i++) {
        Value **to = clause_value(&copy, &clauses[i]);
        *clause_tree(&copy, &clauses[i]) = *clause_tree((VerbCall *)call, &clauses[i]);
        if (to) {
            *to = kept(*clause_value((VerbCall *)call, &clauses[i]));
        }
    }
    paused_clear(session);
    session->paused = (Paused){verb_find(call->tree->text), copy};
    return true;
}

bool session_resume(Session *session, int64_t most, Span span) {
    Paused paused = session->paused;
    if (!paused.verb) {
        Diag *diag = report(session, span, "nothing is paused");
        diag_note(diag, "training is paused by ctrl-C, by `step`, by a watchpoint");
        return false;
    }
    session->paused = (Paused){0};
    session->resuming = true;
    session->most_steps = most;
    bool done = paused.verb->run(session, &paused.call);
    session->resuming = false;
    session->most_steps = 0;
    call_close(&paused.call);
    return done;
}

bool session_resuming(const Session *session) {
    return session->resuming;
}

bool session_stepping(const Session *session) {
    return session->most_steps > 0;
}
