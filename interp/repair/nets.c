/* Nets that a net uses. An edited one is declared again inside the body that uses it, under the same name: paths stay,
 * and so does the net itself, which others may use. */
#include "draft.h"
#include <stdlib.h>
#include <string.h>

/* ---- what a name means ----------------------------------------------------------------------------------------- */

/* The body's own declaration of the name; NULL: it has none. */
static const Tree *declared(const Draft *draft, const char *name) {
    for (int i = 0; draft->body->kind == TREE_BLOCK && i < draft->body->count; i++) {
        const Tree *tree = draft->body->child[i];
        if (tree->kind == TREE_NET && !strcmp(tree->text, name)) {
            return tree;
        }
    }
    return NULL;
}

static bool is_label(const Tree *tree, const char *name) {
    bool found = tree->kind == TREE_LABEL && !strcmp(tree->text, name);
    for (int i = 0; !found && i < tree->count; i++) {
        found = is_label(tree->child[i], name);
    }
    return found;
}

/* Parameters and labels hide the names of nets. */
static bool is_hidden(const Draft *draft, const char *name) {
    Tree tree = {.kind = TREE_NAME, .text = name};
    return draft_parameter(draft, &tree) >= 0 || is_label(draft->body, name);
}

typedef struct Meaning {
    Value *net;   /* NULL: the name means none, or no memory */
    Scope *frame; /* of the body's declarations; NULL: it is not among them */
} Meaning;

/* Nets hold the frame that they were declared in, and it holds them. */
static void meaning_clear(Meaning *meaning) {
    value_drop(meaning->net);
    if (meaning->frame) {
        scope_clear(meaning->frame);
    }
    scope_drop(meaning->frame);
}

/* What is declared in a body may use what was declared above it. */
static Meaning declare(const Draft *draft, const Tree *tree) {
    Meaning meaning = {.frame = scope_new_body(draft->scope)};
    bool done = meaning.frame;
    for (int i = 0; done && i < draft->body->count && draft->body->child[i] != tree; i++) {
        const Tree *above = draft->body->child[i];
        Value *value = above->kind == TREE_NET ? draft_declare(draft->session, above, meaning.frame) : NULL;
        done = !value || scope_bind(meaning.frame, above->text, value);
        value_drop(value);
    }
    meaning.net = done ? draft_declare(draft->session, tree, meaning.frame) : NULL;
    return meaning;
}

enum { DEPTH_MOST = 8 };

static Meaning meaning_of(const Draft *draft, const char *name) {
    const Tree *own = declared(draft, name);
    Value *bound = own || is_hidden(draft, name) ? NULL : scope_find(draft->scope, name);
    if (draft->depth >= DEPTH_MOST) {
        return (Meaning){0};
    }
    return own                                 ? declare(draft, own)
           : bound && bound->type == VALUE_NET ? (Meaning){.net = value_keep(bound)}
                                               : (Meaning){0};
}

static Draft *draft_used(const Draft *by, const Value *net) {
    Draft *draft = net ? draft_of(by->session, net->net) : NULL;
    if (draft) {
        draft->depth = by->depth + 1;
    }
    return draft;
}

bool draft_net(const Draft *draft, const Tree *tree) {
    const Value *bound =
        tree->kind == TREE_NAME && !is_hidden(draft, tree->text) ? scope_find(draft->scope, tree->text) : NULL;
    return tree->kind == TREE_NAME && (declared(draft, tree->text) || (bound && bound->type == VALUE_NET));
}

/* A net's own nets are those of its body, and of where it was declared. */
bool draft_mentions(const Draft *draft, const Tree *tree, const char *name) {
    bool found = tree->kind == TREE_NAME && !strcmp(tree->text, name);
    Meaning meaning = !found && tree->kind == TREE_NAME ? meaning_of(draft, tree->text) : (Meaning){0};
    Draft *used = draft_used(draft, meaning.net);
    found = found || (used && draft_mentions(used, used->body, name));
    draft_free(used);
    meaning_clear(&meaning);
    for (int i = 0; !found && i < tree->count; i++) {
        found = draft_mentions(draft, tree->child[i], name);
    }
    return found;
}

/* ---- edits ------------------------------------------------------------------------------------------------------- */

/* The declaration of a net after the edit; NULL: it changes nothing. */
static Tree *rewritten(Draft *draft, const Value *net, const char *name, const PlumbEdit *to, const Tree *times) {
    Draft *used = draft_used(draft, net);
    char *text = used && draft_rewrite_used(used, to, times) ? draft_text(used, name, true) : NULL;
    Tree *tree = text ? draft_parse(draft, "%s", text) : NULL;
    free(text);
    draft_free(used);
    return tree;
}

static bool rewrite_declared(Draft *draft, const Tree *own, Tree *tree) {
    for (int i = 0; i < draft->body->count; i++) {
        if (draft->body->child[i] == own) {
            draft->body->child[i] = tree;
        }
    }
    return true;
}

typedef struct Used { /* names that were met, so that each net is edited once */
    const char *name[64];
    int count;
} Used;

static bool was_met(Used *used, const char *name) {
    for (int i = 0; i < used->count; i++) {
        if (!strcmp(used->name[i], name)) {
            return true;
        }
    }
    if (used->count < (int)(sizeof used->name / sizeof *used->name)) {
        used->name[used->count++] = name;
        return false;
    }
    return true;
}

static bool rewrite_used(Draft *draft, const char *name, const PlumbEdit *to, const Tree *times, Used *used) {
    Meaning meaning = was_met(used, name) ? (Meaning){0} : meaning_of(draft, name);
    Tree *tree = meaning.net ? rewritten(draft, meaning.net, name, to, times) : NULL;
    const Tree *own = tree ? declared(draft, name) : NULL;
    bool changed = tree && (own ? rewrite_declared(draft, own, tree) : draft_insert(draft, 0, tree));
    meaning_clear(&meaning);
    return changed;
}

static void replace_all(Tree *tree, const char *name, const Tree *value) {
    if (tree->kind == TREE_NAME && !strcmp(tree->text, name)) {
        *tree = *value;
        return;
    }
    for (int i = 0; i < tree->count; i++) {
        replace_all(tree->child[i], name, value);
    }
}

/* A net that a parameter stands for, by its name or a call of it, is used by its own name from now on: the parameter
 * has nothing left to say. */
static bool rewrite_given(Draft *draft, const Tree *name, const PlumbEdit *to, const Tree *times, Used *used) {
    const char *parameter = name->text;
    const Tree *value = draft->value[draft_parameter(draft, name)];
    const Tree *net = value && value->kind == TREE_CALL && !value->bodies ? value->child[0] : value;
    if (!net || net->kind != TREE_NAME || !rewrite_used(draft, net->text, to, times, used)) {
        return false;
    }
    replace_all(draft->body, parameter, value);
    return true;
}

/* `times`: how often what is walked stands in the net. */
static bool walk(Draft *draft, const Tree *tree, const PlumbEdit *to, const Tree *times, Used *used) {
    bool name = tree->kind == TREE_NAME, given = name && draft_parameter(draft, tree) >= 0;
    bool changed =
        given ? rewrite_given(draft, tree, to, times, used) : name && rewrite_used(draft, tree->text, to, times, used);
    const PlumbEntry *entry = tree->kind == TREE_CALL ? draft_entry(draft, tree) : NULL;
    if (entry && !strcmp(entry->name, "multiply")) { /* gates */
        return false;
    }
    if (entry && !strcmp(entry->name, "repeat") && tree->count > 2) {
        times = tree->child[1]->kind == TREE_ARGUMENT ? tree->child[1]->child[0] : tree->child[1];
    }
    for (int i = 0; tree->kind != TREE_NET && i < tree->count; i++) {
        changed = walk(draft, tree->child[i], to, times, used) || changed;
    }
    return changed;
}

bool draft_rewrite_nets(Draft *draft, const PlumbEdit *to, const Tree *times) {
    Used used = {.count = 0};
    const Tree before = *draft->body; /* declarations go in front of what is walked */
    return walk(draft, &before, to, times, &used);
}
