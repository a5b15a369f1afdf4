/* Statements outside nets: bindings, declarations, loops, choices. The same code checks them and runs them. */
#include "interpreter.h"
#include <stdlib.h>
#include <string.h>

/* While checking, a loop's first turns stand for all. */
enum { CHECKED_TURNS = 3 };

/* ---- bindings ---------------------------------------------------------------------------------------------------- */

/* A name means one thing: what the language has cannot be bound anew, save where only verbs and settings have it. */
static bool is_free_name(Session *session, const Tree *tree) {
    const PlumbEntry *entry = name_entry(tree->text);
    if (!entry || entry->kind & (PLUMB_VERB | PLUMB_SETTING)) {
        return true;
    }
    Diag *diag = report(session, tree->text_span, "`%s` is %s of the language and cannot be bound", tree->text,
                        name_kind_text(entry->kind));
    diag_label(diag, "another name, as in my_%s", tree->text);
    return false;
}

/* While checking a name that is not free is bound as unknown: whether what follows means the language's or this one, it
 * does not fail again. */
bool bind_name(Session *session, const Tree *tree, Scope *scope, Value *value) {
    bool is_free = is_free_name(session, tree);
    if (!is_free && !session->checking) {
        return false;
    }
    Value *bound = is_free ? value_keep(value) : value_unknown();
    bool done = bound && scope_bind(scope, tree->text, bound);
    value_drop(bound);
    if (!done) {
        report_memory(session, tree->span);
    }
    return done && is_free;
}

/* -D name=value, in place of what the script says. NULL: none for this name. */
static const char *find_define(Session *session, const char *name) {
    const char *const *define = session->options.define;
    size_t length = strlen(name);
    for (int i = 0; define && define[i]; i++) {
        if (!strncmp(define[i], name, length) && define[i][length] == '=') {
            session->define_used[i] = true;
            return define[i] + length + 1;
        }
    }
    return NULL;
}

static Value *evaluate_define(Session *session, const char *text) {
    int before = diags_count(session->diags, DIAG_ERROR);
    Script *script = script_read(session, "-D", text, strlen(text), session->folder);
    bool is_read = script && diags_count(session->diags, DIAG_ERROR) == before;
    if (!is_read || script->program->root->count != 1) {
        if (is_read) {
            session_error(session, script->program->root->span, "-D takes name=value, with one value");
        }
        return NULL;
    }
    return evaluate(session, script->program->root->child[0], session->scope);
}

static Value *bound_expression(Session *session, const Tree *tree) {
    const char *define = find_define(session, tree->text);
    return define ? evaluate_define(session, define) : evaluate(session, tree->child[0], session->scope);
}

/* While checking a failed value is bound as unknown, so that its name does not fail again. */
static bool bind_result(Session *session, const Tree *tree, Value *value) {
    bool failed = !value;
    if (failed && session->checking) {
        value = value_unknown();
    }
    bool done = value && bind_name(session, tree, session->scope, value);
    value_drop(value);
    return done && !failed;
}

static Value *declare_recipe(Session *session, const Tree *tree) {
    const Tree *body = tree->child[0];
    if (body->kind == TREE_BLOCK) {
        return recipe_of_block(session, body, NULL, session->scope);
    }
    Value *value = evaluate(session, body, session->scope);
    if (value && value->type != VALUE_RECIPE && value->type != VALUE_UNKNOWN) {
        session_error(session, body->span, "a recipe is expected, and this is %s", value_type_name(value));
        value_drop(value);
        value = NULL;
    }
    return value;
}

/* ---- loops and choices ------------------------------------------------------------------------------------------- */

static bool run_item(Session *session, const Tree *tree, Scope *scope, Value *item, EachItem body, void *self) {
    if (!scope_bind(scope, tree->text, item)) {
        report_memory(session, tree->span);
        return false;
    }
    return body(self, tree->child[1], scope);
}

bool run_for(Session *session, const Tree *tree, Scope *scope, EachItem body, void *self) {
    Value *list = evaluate(session, tree->child[0], scope);
    bool done = list;
    if (list && list->type == VALUE_UNKNOWN) {
        done = run_item(session, tree, scope, list, body, self);
    } else if (list && list->type != VALUE_LIST) {
        done = session_error(session, tree->child[0]->span, "`for` goes through a list, and this is %s",
                             value_type_name(list));
    } else {
        int turns = list ? list->list.count : 0;
        for (int i = 0; i < turns && (done || session->checking) && !session->interrupted; i++) {
            done = run_item(session, tree, scope, list->list.item[i], body, self) && done;
        }
    }
    value_drop(list);
    return done;
}

bool choose_block(Session *session, const Tree *tree, Scope *scope, const Tree **taken, bool *both) {
    int condition = evaluate_condition(session, tree->child[0], scope);
    *both = condition == -1;
    *taken = condition == 1 ? tree->child[1] : tree->count > 2 ? tree->child[2] : NULL;
    return condition != -2;
}

typedef struct Turns {
    Session *session;
    int count;
} Turns;

static bool run_turn(void *self, const Tree *block, Scope *scope) {
    Turns *turns = self;
    (void)scope;
    if (turns->session->checking && turns->count++ >= CHECKED_TURNS) {
        return true;
    }
    return run_block(turns->session, block);
}

/* The variable of a loop is bound where the loop stands, as any other. */
static bool run_loop(Session *session, const Tree *tree) {
    Turns turns = {session, 0};
    return is_free_name(session, tree) && run_for(session, tree, session->scope, run_turn, &turns);
}

static bool run_choice(Session *session, const Tree *tree) {
    const Tree *taken;
    bool both;
    if (!choose_block(session, tree, session->scope, &taken, &both)) {
        return false;
    }
    if (!both) {
        return !taken || run_block(session, taken);
    }
    bool done = run_block(session, tree->child[1]);
    return (tree->count < 3 || run_block(session, tree->child[2])) && done;
}

/* ---- statements -------------------------------------------------------------------------------------------------- */

/* An expression by itself shows its value, as `print` does. */
static bool run_expression(Session *session, const Tree *tree) {
    Value *value = evaluate(session, tree, session->scope);
    if (value && !session->checking) {
        Value *operand[] = {value};
        const Tree *tree_of[] = {tree};
        VerbCall call = {.tree = tree, .count = 1, .tree_of = tree_of, .operand = operand, .scope = session->scope};
        bool done = verb_find("print")->run(session, &call);
        value_drop(value);
        return done;
    }
    bool done = value;
    value_drop(value);
    return done;
}

static bool outside_a_net(Session *session, const Tree *tree) {
    Diag *diag = report(session, tree->text_span, "a label stands in a net: `%s: ...` has no stage here", tree->text);
    diag_label(diag, "%s = ... binds a name", tree->text);
    return false;
}

bool run_statement(Session *session, const Tree *tree) {
    switch (tree->kind) {
    case TREE_BIND:
        return bind_result(session, tree, bound_expression(session, tree));
    case TREE_NET:
        return bind_result(session, tree, declare_net(session, tree, session->scope));
    case TREE_RECIPE:
        return bind_result(session, tree, declare_recipe(session, tree));
    case TREE_LABEL:
        return outside_a_net(session, tree);
    case TREE_FOR:
        return run_loop(session, tree);
    case TREE_IF:
        return run_choice(session, tree);
    case TREE_VERB:
        return run_verb(session, tree);
    case TREE_ERROR:
        return false;
    default:
        return run_expression(session, tree);
    }
}

bool run_block(Session *session, const Tree *block) {
    bool done = true;
    for (int i = 0; i < block->count && (done || session->checking) && !session->quit; i++) {
        if (session->interrupted) {
            return false;
        }
        done = run_statement(session, block->child[i]) && done;
    }
    return done;
}
