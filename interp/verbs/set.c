/* set: one setting of the session. */
#include "../settings.h"
#include "../verb.h"
#include <string.h>

static const PlumbEntry *find_setting(const char *name) {
    const PlumbEntry *entry;
    for (int i = 0; (entry = setting_entry_at(i)) && strcmp(entry->name, name) != 0; i++) {
    }
    return entry;
}

/* A bare word stands for itself where the setting takes words: set backend = portable. NULL after an error. */
static Value *value_of(Session *session, const Tree *argument) {
    const PlumbEntry *setting = find_setting(argument->text);
    const Tree *tree = argument->child[0];
    bool word = tree->kind == TREE_NAME && setting && setting->args[0].accepts & PLUMB_A_WORD &&
                !session_lookup(session, tree->text);
    return word ? value_word(tree->text) : session_evaluate(session, tree);
}

/* `set key = value` is the one form. False: reported. */
static bool is_assignment(Session *session, const Tree *tree) {
    if (tree->kind == TREE_ARGUMENT) {
        return true;
    }
    Diag *diag = diags_add(session_diags(session), DIAG_ERROR, tree->span, "set takes a setting and its value");
    if (tree->kind == TREE_NAME) {
        diag_label(diag, "set %s = ...", tree->text);
    } else {
        diag_label(diag, "set seed = 7");
    }
    return false;
}

static bool is_setting(Session *session, const Tree *argument) {
    PlumbError error = {.argument = -1};
    Options scratch = *session_options(session);
    const Value none = {.owners = 1, .type = VALUE_NONE};
    if (find_setting(argument->text)) {
        return true;
    }
    setting_set(&scratch, argument->text, &none, &error);
    return session_fail(session, argument->text_span, &error);
}

static bool run(Session *session, const VerbCall *call) {
    const Tree *argument = call->tree_of[0];
    if (!is_assignment(session, argument) || !is_setting(session, argument)) {
        return false;
    }
    Value *value = value_of(session, argument);
    bool unknown = value && value->type == VALUE_UNKNOWN; /* only while checking */
    bool done = value && (unknown || session_set(session, argument->text, value, argument->child[0]->span));
    value_drop(value);
    return done;
}

/* Settings of a check are thrown away with it. */
static void check(Session *session, const VerbCall *call) {
    run(session, call);
}

const Verb verb_set = {
    .entry = {.name = "set",
              .kind = PLUMB_VERB,
              .family = "session",
              .summary = "changes a setting: seed, threads, shards, backend, color, precision, width, quiet",
              .formula = "set KEY = VALUE",
              .source = "plumb",
              .example = "set seed = 7"},
    .operands_min = 1,
    .operands_max = 1,
    .operands = TAKES_NAME,
    .run = run,
    .check = check};
