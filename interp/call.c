/* Calls: arguments of the tree bound to an entry's table, and what a call's value is. */
#include "combinators.h"
#include "functions.h"
#include "interpreter.h"
#include "operators.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- values across the border to the runtime --------------------------------------------------------------------- */

static bool list_to_plumb(PlumbArena *arena, const Value *value, PlumbValue *to) {
    PlumbValue *item = plumb_arena_alloc(arena, (size_t)(value->list.count + 1) * sizeof *item);
    for (int i = 0; item && i < value->list.count; i++) {
        if (!value_to_plumb(arena, value->list.item[i], &item[i])) {
            return false;
        }
    }
    *to = (PlumbValue){.type = PLUMB_V_LIST, .count = value->list.count, .item = item};
    return item;
}

bool value_to_plumb(PlumbArena *arena, const Value *value, PlumbValue *to) {
    switch (value->type) {
    case VALUE_NONE:
        *to = (PlumbValue){.type = PLUMB_V_NONE};
        return true;
    case VALUE_NUMBER:
        *to = (PlumbValue){.type = PLUMB_V_NUMBER, .number = value->number};
        return true;
    case VALUE_BOOL:
        *to = (PlumbValue){.type = PLUMB_V_BOOL, .boolean = value->boolean};
        return true;
    case VALUE_STRING:
    case VALUE_WORD:
        *to = (PlumbValue){.type = value->type == VALUE_WORD ? PLUMB_V_WORD : PLUMB_V_STRING, .string = value->string};
        return true;
    case VALUE_LIST:
        return list_to_plumb(arena, value, to);
    case VALUE_CALL:
        *to = (PlumbValue){.type = PLUMB_V_CALL, .call = value->call.call};
        return true;
    case VALUE_DATA:
        *to = (PlumbValue){.type = PLUMB_V_REF, .ref = value->data.data};
        return true;
    default:
        return false;
    }
}

static Value *list_of_plumb(const PlumbValue *from) {
    Value **item = calloc((size_t)from->count + 1, sizeof(Value *));
    bool done = item;
    for (int i = 0; done && i < from->count; i++) {
        done = (item[i] = value_of_plumb(&from->item[i]));
    }
    Value *list = done ? value_list(item, from->count) : NULL;
    for (int i = 0; item && i < from->count; i++) {
        value_drop(item[i]);
    }
    free(item);
    return list;
}

Value *value_of_plumb(const PlumbValue *from) {
    switch (from->type) {
    case PLUMB_V_NUMBER:
        return value_number(from->number);
    case PLUMB_V_BOOL:
        return value_bool(from->boolean);
    case PLUMB_V_STRING:
        return value_string(from->string);
    case PLUMB_V_WORD:
        return value_word(from->string);
    case PLUMB_V_LIST:
        return list_of_plumb(from);
    case PLUMB_V_CALL:
        return value_call(from->call);
    default:
        return value_none();
    }
}

/* ---- arguments --------------------------------------------------------------------------------------------------- */

typedef struct Binder { /* of one call */
    Session *session;
    const PlumbEntry *entry;
    const Tree *tree;
    Scope *scope;
    PlumbArena *arena;
    PlumbGiven *given;
    Span *span; /* of each given argument */
    Value **value;
    int count;
    bool unknown, failed;
} Binder;

static const PlumbArg *named_arg(const PlumbEntry *entry, const char *name) {
    for (const PlumbArg *arg = entry->args; arg && arg->name; arg++) {
        if (!strcmp(arg->name, name)) {
            return arg;
        }
    }
    return NULL;
}

/* An argument that takes the rest stays the next one. NULL: there is none so far behind. */
static const PlumbArg *positional_arg(const PlumbEntry *entry, int place) {
    const PlumbArg *arg = entry->args;
    while (arg && arg->name && place-- > 0 && !(arg->accepts & PLUMB_A_REST)) {
        arg++;
    }
    return arg && arg->name ? arg : NULL;
}

static bool has_word(const PlumbArg *arg, const char *word) {
    size_t length = strlen(word);
    for (const char *at = arg && arg->accepts & PLUMB_A_WORD ? arg->words : NULL; at && *at;) {
        size_t size = strcspn(at, " ");
        if (size == length && !strncmp(at, word, size)) {
            return true;
        }
        at += size + strspn(at + size, " ");
    }
    return false;
}

/* A bare word that the argument takes, unless something in reach has that name. */
static Value *evaluate_argument(const Binder *binder, const PlumbArg *arg, const Tree *tree) {
    if (tree->kind == TREE_NAME && has_word(arg, tree->text) && !scope_find(binder->scope, tree->text)) {
        return value_word(tree->text);
    }
    unsigned kinds = arg && arg->kinds ? arg->kinds : PLUMB_FUNCTION;
    return evaluate_as(binder->session, tree, binder->scope, kinds);
}

static void add_given(Binder *binder, const char *name, Value *value, Span span) {
    int i = binder->count;
    binder->value[i] = value;
    binder->span[i] = span;
    binder->given[i].name = name;
    if (value->type == VALUE_UNKNOWN) {
        binder->unknown = true;
    } else if (!value_to_plumb(binder->arena, value, &binder->given[i].value)) {
        session_error(binder->session, span, "%s takes no %s", binder->entry->name,
                      value->type == VALUE_BODY ? "pipeline here" : strchr(value_type_name(value), ' ') + 1);
        binder->failed = true;
    }
    binder->count++;
}

/* A combinator's pipelines and labels stay trees. */
static bool takes_tree(const Binder *binder, const PlumbArg *arg) {
    return binder->entry->kind == PLUMB_COMBINATOR && arg && arg->accepts & PLUMB_A_REF;
}

static void bind_argument(Binder *binder, const Tree *child, int place) {
    bool is_named = child->kind == TREE_ARGUMENT;
    const Tree *tree = is_named ? child->child[0] : child;
    const PlumbArg *arg = is_named ? named_arg(binder->entry, child->text) : positional_arg(binder->entry, place);
    const char *name = is_named ? child->text : NULL;
    if (takes_tree(binder, arg)) {
        binder->span[binder->count] = child->span;
        binder->given[binder->count++] = (PlumbGiven){name, {.type = PLUMB_V_REF, .ref = tree}};
        return;
    }
    Value *value = evaluate_argument(binder, arg, tree);
    if (value) {
        add_given(binder, name, value, child->span);
    } else {
        binder->failed = true;
    }
}

static bool is_given(const Binder *binder, int written, const PlumbArg *arg) {
    for (int i = 0; i < written; i++) {
        const Tree *child = binder->tree->child[1 + i];
        bool is_named = child->kind == TREE_ARGUMENT;
        if (is_named ? !strcmp(child->text, arg->name) : positional_arg(binder->entry, i) == arg) {
            return true;
        }
    }
    return false;
}

/* What the bodies around bind by the name of an argument is its default there. */
static void bind_defaults(Binder *binder, int written) {
    for (const PlumbArg *arg = binder->entry->args; arg && arg->name; arg++) {
        Value *value = is_given(binder, written, arg) ? NULL : scope_find_default(binder->scope, arg->name);
        if (value) {
            add_given(binder, arg->name, value_keep(value), binder->tree->span);
        }
    }
}

static int count_args(const PlumbEntry *entry) {
    int count = 0;
    while (entry->args && entry->args[count].name) {
        count++;
    }
    return count;
}

static bool binder_open(Binder *binder, int written) {
    size_t most = (size_t)(written + count_args(binder->entry) + 1);
    binder->given = plumb_arena_alloc(binder->arena, most * sizeof *binder->given);
    binder->span = plumb_arena_alloc(binder->arena, most * sizeof *binder->span);
    binder->value = plumb_arena_alloc(binder->arena, most * sizeof(Value *));
    if (binder->given && binder->span && binder->value) {
        return true;
    }
    report_memory(binder->session, binder->tree->span);
    return false;
}

/* Users of Keras write dense(10, activation=relu). */
static void advise_activation(const Binder *binder, const PlumbGiven *given, Diag *diag) {
    bool activation = given->value.type == PLUMB_V_CALL && given->value.call->entry->kind == PLUMB_ACTIVATION;
    if (!activation || !given->name || binder->entry->kind != PLUMB_LAYER || named_arg(binder->entry, given->name)) {
        return;
    }
    Span span = binder->tree->span;
    size_t length = strcspn(source_text(span.source) + span.begin, ",)");
    diag_label(diag, "did you mean to write  %.*s) -> %s ?", (int)length, source_text(span.source) + span.begin,
               given->value.call->entry->name);
}

/* Names, types and ranges; the runtime copies the values. */
static PlumbCall *bind(Binder *binder) {
    PlumbError error = {.argument = -1};
    PlumbCall *call = plumb_call(binder->arena, binder->entry, binder->given, binder->count, &error);
    if (!call) {
        bool located = error.argument >= 0 && error.argument < binder->count;
        Diag *diag = report_error(binder->session, located ? binder->span[error.argument] : binder->tree->span, &error);
        if (located) {
            advise_activation(binder, &binder->given[error.argument], diag);
        }
    }
    return call;
}

PlumbCall *bind_call(Session *session, const PlumbEntry *entry, const Tree *tree, Scope *scope, PlumbArena *arena,
                     bool *unknown) {
    Binder binder = {.session = session, .entry = entry, .tree = tree, .scope = scope, .arena = arena};
    int written = tree->kind == TREE_CALL ? tree->count - 1 - tree->bodies : 0;
    *unknown = false;
    if (!binder_open(&binder, written)) {
        return NULL;
    }
    for (int i = 0; i < written; i++) {
        bind_argument(&binder, tree->child[1 + i], i);
    }
    if (entry->kind & (PLUMB_LAYER | PLUMB_ACTIVATION)) {
        bind_defaults(&binder, written);
    }
    *unknown = binder.unknown && !binder.failed;
    PlumbCall *call = binder.failed || binder.unknown ? NULL : bind(&binder);
    for (int i = 0; i < binder.count; i++) {
        value_drop(binder.value[i]);
    }
    return call;
}

/* ---- functions --------------------------------------------------------------------------------------------------- */

static bool count_fits(Session *session, const Function *function, const Tree *tree, int count) {
    if (count >= function->arguments_min && count <= function->arguments_max) {
        return true;
    }
    Diag *diag =
        report(session, tree->span, "%s takes another number of arguments: found %d", function->entry.name, count);
    diag_label(diag, function->arguments_min == function->arguments_max ? "it takes %d" : "it takes %d to %d",
               function->arguments_min, function->arguments_max);
    return false;
}

static Value *run_function(Session *session, const Function *function, const Tree *tree, Value *const *value,
                           int count) {
    PlumbError error = {.argument = -1};
    for (int i = 0; i < count; i++) {
        if (!value_known(value[i])) {
            return value_unknown();
        }
    }
    Value *result = function->run(function, value, count, &error);
    if (!result) {
        bool located = error.argument >= 0 && error.argument < count;
        report_error(session, located ? tree->child[1 + error.argument]->span : tree->span, &error);
    }
    return result;
}

/* `bins=4` of a function is the argument in that place. */
static const Tree *function_argument(Session *session, const Function *function, const Tree *tree, int i) {
    const Tree *child = tree->child[1 + i];
    if (child->kind != TREE_ARGUMENT) {
        return child;
    }
    const PlumbArg *arg = named_arg(&function->entry, child->text);
    if (!arg || arg - function->entry.args != i) {
        Diag *diag = report(session, child->text_span, "%s has no argument `%.64s` in this place", function->entry.name,
                            child->text);
        diag_label(diag, "%s", function->entry.formula);
        return NULL;
    }
    return child->child[0];
}

static Value *call_function(Session *session, const Function *function, const Tree *tree, Scope *scope) {
    if (tree->kind != TREE_CALL) {
        Diag *diag = report(session, tree->span, "%s is a function: it is called with ( )", tree->text);
        diag_label(diag, "%s", function->entry.example);
        return NULL;
    }
    int count = tree->count - 1;
    Value **value = calloc((size_t)count + 1, sizeof(Value *));
    bool done = value && count_fits(session, function, tree, count);
    for (int i = 0; value && i < count; i++) {
        const Tree *argument = function_argument(session, function, tree, i);
        value[i] = argument ? evaluate(session, argument, scope) : NULL;
        done = done && value[i];
    }
    Value *result = done ? run_function(session, function, tree, value, count) : NULL;
    for (int i = 0; value && i < count; i++) {
        value_drop(value[i]);
    }
    free(value);
    return result;
}

/* ---- data: what the check could read is not read again ----------------------------------------------------------- */

static char *loaded_key(const Session *session, const PlumbCall *call) {
    char *text = plumb_call_text(call), *key = NULL;
    if (!text || asprintf(&key, "%llu %s %s", (unsigned long long)session->options.seed,
                          session->folder ? session->folder : "", text) < 0) {
        key = NULL;
    }
    free(text);
    return key;
}

static Value *find_loaded(const Session *session, const char *key) {
    for (const Loaded *loaded = session->loaded; loaded; loaded = loaded->next) {
        if (!strcmp(loaded->key, key)) {
            return value_keep(loaded->value);
        }
    }
    return NULL;
}

static void keep_loaded(Session *session, const char *key, Value *value) {
    Loaded *loaded = calloc(1, sizeof *loaded);
    if (loaded && (loaded->key = strdup(key))) {
        loaded->value = value_keep(value);
        loaded->next = session->loaded;
        session->loaded = loaded;
    } else {
        free(loaded);
    }
}

/* While checking a file that cannot be read is no error yet: a statement before may write it. */
static Value *read_data(Session *session, const PlumbCall *call, const Tree *tree) {
    PlumbError error = {.argument = -1};
    PlumbData *data = plumb_data_load(call, &session->files, session->options.seed, &error);
    if (!data) {
        doubt_file(session, tree->span, &error);
        return session->checking ? value_unknown() : (report_error(session, tree->span, &error), NULL);
    }
    Value *source = value_call(call), *value = source ? value_data(data, source) : NULL;
    if (!source) {
        plumb_data_free(data);
    }
    value_drop(source);
    if (!value) {
        report_memory(session, tree->span);
    }
    return value;
}

static Value *load_data(Session *session, const PlumbCall *call, const Tree *tree) {
    char *key = loaded_key(session, call);
    if (!key) {
        report_memory(session, tree->span);
        return NULL;
    }
    Value *value = find_loaded(session, key);
    if (!value) {
        value = read_data(session, call, tree);
        if (value && session->checking && value->type == VALUE_DATA) {
            keep_loaded(session, key, value);
        }
    }
    free(key);
    return value;
}

/* ---- what a call is ---------------------------------------------------------------------------------------------- */

static bool no_bodies(Session *session, const Tree *tree, const char *what) {
    if (tree->kind != TREE_CALL || !tree->bodies) {
        return true;
    }
    return session_error(session, tree->child[tree->count - tree->bodies]->span, "%s takes no body", what);
}

static Value *bound_value(Session *session, const PlumbEntry *entry, const Tree *tree, Scope *scope) {
    PlumbArena *arena = plumb_arena_new();
    bool unknown = false;
    PlumbCall *call = arena ? bind_call(session, entry, tree, scope, arena, &unknown) : NULL;
    Value *value = unknown                     ? value_unknown()
                   : !call                     ? NULL
                   : entry->kind == PLUMB_DATA ? load_data(session, call, tree)
                                               : value_call(call);
    plumb_arena_free(arena);
    return value;
}

static Value *word_value(Session *session, const PlumbEntry *entry, const Tree *tree) {
    if (tree->kind == TREE_CALL) {
        session_error(session, tree->span, "`%s` is a word: it is not called", entry->name);
        return NULL;
    }
    Value *value = value_word(entry->name);
    if (!value) {
        report_memory(session, tree->span);
    }
    return value;
}

Value *call_entry(Session *session, const PlumbEntry *entry, const Tree *tree, Scope *scope) {
    const Combinator *combinator = entry->kind == PLUMB_COMBINATOR ? combinator_find(entry->name) : NULL;
    if (combinator && combinator->place) {
        return value_body(tree, scope);
    }
    if (entry->kind & (PLUMB_VERB | PLUMB_SETTING)) {
        Diag *diag = report(session, tree->span, "%s is %s, not a value", entry->name, name_kind_text(entry->kind));
        diag_label(diag, entry->kind == PLUMB_VERB ? "it begins a statement" : "set %s = ...", entry->name);
        return NULL;
    }
    if (!no_bodies(session, tree, entry->name)) {
        return NULL;
    }
    if (entry->kind == PLUMB_WORD) {
        return word_value(session, entry, tree);
    }
    return entry->kind == PLUMB_FUNCTION ? call_function(session, function_find(entry->name), tree, scope)
                                         : bound_value(session, entry, tree, scope);
}

/* ---- calls of values: nets with arguments, recipes with further settings ----------------------------------------- */

static Value *extend_recipe(Session *session, const Value *recipe, const Tree *tree, Scope *scope) {
    if (tree->bodies != 1 || tree->count != 2) {
        Diag *diag = report(session, tree->span, "a recipe is extended by one block");
        diag_label(diag, "quick { epochs = 5 }");
        return NULL;
    }
    return recipe_of_block(session, tree->child[1], recipe, scope);
}

static Value *call_value(Session *session, Value *callee, const Tree *tree, Scope *scope) {
    switch (callee->type) {
    case VALUE_NET:
        return no_bodies(session, tree, "a net") ? instantiate(session, callee->net, tree, scope) : NULL;
    case VALUE_RECIPE:
        return extend_recipe(session, callee, tree, scope);
    case VALUE_CALL:
        return call_entry(session, callee->call.call->entry, tree, scope);
    case VALUE_UNKNOWN:
        return value_keep(callee);
    default:
        session_error(session, tree->child[0]->span, "%s cannot be called", value_type_name(callee));
        return NULL;
    }
}

Value *evaluate_call(Session *session, const Tree *tree, Scope *scope) {
    const Tree *name = tree->child[0];
    const PlumbEntry *entry = NULL;
    if (name->kind == TREE_NAME && !scope_find(scope, name->text)) {
        entry = name_entry(name->text);
    }
    if (entry) {
        return call_entry(session, entry, tree, scope);
    }
    Value *callee = evaluate_as(session, name, scope, ~0u);
    Value *value = callee ? call_value(session, callee, tree, scope) : NULL;
    value_drop(callee);
    return value;
}
