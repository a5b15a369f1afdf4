/* Blocks of settings, bound to the keys of a recipe, over those of the recipe that it extends; or to the arguments of a
 * verb. */
#include "interpreter.h"
#include <stdlib.h>
#include <string.h>

typedef struct Settings {    /* what is given so far, a later one in place of an earlier */
    const PlumbEntry *entry; /* the recipe, or a verb */
    PlumbGiven *given;
    const Tree **tree; /* of each; NULL: from the recipe that is extended */
    int count;
    const Tree **watch; /* conditions */
    int watches;
    bool unknown;
} Settings;

static int setting_index(const Settings *settings, const char *key) {
    for (int i = 0; i < settings->count; i++) {
        if (!strcmp(settings->given[i].name, key)) {
            return i;
        }
    }
    return -1;
}

static void put_setting(Settings *settings, const char *key, PlumbValue value, const Tree *tree) {
    int at = setting_index(settings, key);
    at = at < 0 ? settings->count++ : at;
    settings->given[at] = (PlumbGiven){key, value};
    settings->tree[at] = tree;
}

static void remove_setting(Settings *settings, int at) {
    settings->count--;
    settings->given[at] = settings->given[settings->count];
    settings->tree[at] = settings->tree[settings->count];
}

/* How long to train is said by one of them. */
static bool one_of_epochs_and_steps(Session *session, Settings *settings) {
    int epochs = setting_index(settings, "epochs"), steps = setting_index(settings, "steps");
    if (epochs < 0 || steps < 0) {
        return true;
    }
    const Tree *first = settings->tree[epochs], *second = settings->tree[steps];
    if (first && second) {
        Diag *diag = report(session, second->text_span, "a recipe says epochs or steps, not both");
        diag_place(diag, first->text_span, "and here");
        return false;
    }
    remove_setting(settings, first ? steps : epochs);
    return true;
}

static bool is_recipe(const PlumbEntry *entry) {
    return entry->kind == PLUMB_RECIPE;
}

static const PlumbArg *find_key(const PlumbEntry *entry, const char *name) {
    for (const PlumbArg *arg = entry->args; arg->name; arg++) {
        if (!strcmp(arg->name, name)) {
            return arg;
        }
    }
    return NULL;
}

static const char *key_at(void *self, int index) {
    const PlumbEntry *entry = self;
    return entry->args[index].name;
}

/* `lr = 0.1` is meant for the optimizer. */
static bool is_of_optimizers(const char *key) {
    const PlumbEntry *entry;
    for (int i = 0; (entry = plumb_entry_at(i)); i++) {
        for (const PlumbArg *arg = entry->args; entry->kind == PLUMB_OPTIMIZER && arg && arg->name; arg++) {
            if (!strcmp(arg->name, key)) {
                return true;
            }
        }
    }
    return false;
}

static bool unknown_key(Session *session, const PlumbEntry *entry, const Tree *tree) {
    const char *name = entry->name;
    Diag *diag =
        report(session, tree->text_span, "%s has no `%.64s`", is_recipe(entry) ? "a recipe" : name, tree->text);
    const char *near = nearest_name(tree->text, key_at, (void *)entry);
    if (is_recipe(entry) && is_of_optimizers(tree->text)) {
        diag_label(diag, "it belongs to the optimizer: optimizer = adam(%s=...)", tree->text);
    } else if (near) {
        diag_label(diag, "did you mean `%s`?", near);
    } else {
        diag_note(diag, "`help %s` lists the keys", name);
    }
    return false;
}

static bool is_word_of(const PlumbArg *arg, const Tree *tree, const Scope *scope) {
    return tree->kind == TREE_NAME && arg->accepts & PLUMB_A_WORD && !scope_find(scope, tree->text) &&
           !name_entry(tree->text);
}

/* Alone, so that one wrong setting does not hide another. */
static bool setting_fits(Session *session, const PlumbEntry *entry, const Tree *tree, PlumbArena *arena,
                         PlumbGiven given) {
    PlumbError error = {.argument = -1};
    const PlumbCall *call = plumb_call(arena, entry, &given, 1, &error);
    return (call && (!is_recipe(entry) || plumb_recipe_check(call, &error))) ||
           session_fail(session, tree->child[0]->span, &error);
}

/* The value lives in the frame, so that later settings can use it and the call can be bound. */
static bool add_setting(Session *session, const Tree *tree, Scope *frame, PlumbArena *arena, Settings *settings) {
    const PlumbArg *arg = find_key(settings->entry, tree->text);
    if (!arg) {
        return unknown_key(session, settings->entry, tree);
    }
    const Tree *written = tree->child[0];
    Value *value = is_word_of(arg, written, frame)
                       ? value_word(written->text)
                       : evaluate_as(session, written, frame, arg->kinds ? arg->kinds : PLUMB_FUNCTION);
    PlumbValue to = {0};
    bool done = value && scope_bind(frame, tree->text, value);
    if (done && value->type == VALUE_UNKNOWN) {
        settings->unknown = true;
    } else if (done && !(done = value_to_plumb(arena, value, &to))) {
        session_error(session, written->span, "%s takes no %s", tree->text, strchr(value_type_name(value), ' ') + 1);
    } else if (done && setting_index(settings, tree->text) >= 0 &&
               settings->tree[setting_index(settings, tree->text)]) {
        Diag *diag = report(session, tree->text_span, "`%s` is set twice", tree->text);
        diag_place(diag, settings->tree[setting_index(settings, tree->text)]->text_span, "first here");
        done = false;
    } else if (done && (done = setting_fits(session, settings->entry, tree, arena, (PlumbGiven){arg->name, to}))) {
        put_setting(settings, arg->name, to, tree);
    }
    value_drop(value);
    return done;
}

/* What it names may be declared later: it is checked where a net is trained with the recipe. */
static bool add_watch(Session *session, const Tree *tree, Settings *settings) {
    if (tree->count != 1 || tree->child[0]->kind == TREE_CLAUSE) {
        Diag *diag = report(session, tree->span, "in a recipe `watch` takes one condition");
        diag_label(diag, "watch isnan(plain.loss)");
        return false;
    }
    settings->watch[settings->watches++] = tree->child[0];
    return true;
}

static bool add_settings(Session *session, const Tree *block, Scope *frame, PlumbArena *arena, Settings *settings) {
    bool done = true;
    for (int i = 0; i < block->count; i++) {
        const Tree *tree = block->child[i];
        if (tree->kind == TREE_BIND) {
            done = add_setting(session, tree, frame, arena, settings) && done;
        } else if (is_recipe(settings->entry) && tree->kind == TREE_VERB && !strcmp(tree->text, "watch")) {
            done = add_watch(session, tree, settings) && done;
        } else {
            Diag *diag = report(session, tree->span, "%s only",
                                is_recipe(settings->entry) ? "a recipe holds settings and `watch` lines"
                                                           : "this block holds settings");
            diag_label(diag, "key = value");
            done = false;
        }
    }
    return done && one_of_epochs_and_steps(session, settings);
}

static bool settings_open(Settings *settings, PlumbArena *arena, const Value *from, int more) {
    const PlumbCall *base = from ? from->call.call : NULL;
    size_t most = (size_t)((base ? base->count : 0) + more + 1), watches = (size_t)(from ? from->call.watches : 0);
    settings->watch = plumb_arena_alloc(arena, (watches + (size_t)more + 1) * sizeof *settings->watch);
    for (size_t i = 0; settings->watch && i < watches; i++) {
        settings->watch[settings->watches++] = from->call.watch[i];
    }
    settings->given = plumb_arena_alloc(arena, most * sizeof *settings->given);
    settings->tree = plumb_arena_alloc(arena, most * sizeof *settings->tree);
    for (int i = 0; settings->tree && settings->given && base && i < base->count; i++) {
        if (base->given[i]) {
            put_setting(settings, base->entry->args[i].name, base->arg[i], NULL);
        }
    }
    return settings->given && settings->tree && settings->watch;
}

static Value *recipe_value(const PlumbCall *call, const Tree *const *watch, int watches) {
    Value *value = value_call(call);
    size_t bytes = (size_t)watches * sizeof *watch;
    const Tree **kept = value && watches ? plumb_arena_alloc(value->call.arena, bytes) : NULL;
    if (value && watches && !kept) {
        value_drop(value);
        return NULL;
    }
    if (kept) {
        memcpy(kept, watch, bytes);
        value->call.watch = kept;
        value->call.watches = watches;
    }
    return value;
}

static Value *bind_settings(Session *session, const Tree *block, PlumbArena *arena, const Settings *settings) {
    PlumbError error = {.argument = -1};
    PlumbCall *call = plumb_call(arena, settings->entry, settings->given, settings->count, &error);
    if (!call) {
        const Tree *wrong = error.argument >= 0 ? settings->tree[error.argument] : NULL;
        report_error(session, wrong ? wrong->child[0]->span : block->span, &error);
        return NULL;
    }
    return recipe_value(call, settings->watch, settings->watches);
}

Value *settings_of_block(Session *session, const PlumbEntry *entry, const Tree *block, const Value *base,
                         Scope *scope) {
    PlumbArena *arena = plumb_arena_new();
    Scope *frame = scope_new(scope);
    Settings settings = {.entry = entry};
    Value *recipe = NULL;
    if (!arena || !frame || !settings_open(&settings, arena, base, block->count)) {
        report_memory(session, block->span);
    } else if (add_settings(session, block, frame, arena, &settings)) {
        recipe = settings.unknown ? value_unknown() : bind_settings(session, block, arena, &settings);
    }
    if (frame) {
        scope_clear(frame);
    }
    scope_drop(frame);
    plumb_arena_free(arena);
    return recipe;
}

Value *recipe_of_block(Session *session, const Tree *block, const Value *base, Scope *scope) {
    return settings_of_block(session, plumb_entry_find("recipe"), block, base, scope);
}
