/* A net as source: taken from a value, written as text, built again. */
#include "draft.h"
#include "../../grammar/format.h"
#include "../../grammar/text.h"
#include "../names.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* ---- pieces of text ---------------------------------------------------------------------------------------------- */

bool is_listed(const char *list, const char *word) {
    size_t length = strlen(word);
    for (const char *at = length ? strstr(list, word) : NULL; at; at = strstr(at + 1, word)) {
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || !at[length])) {
            return true;
        }
    }
    return false;
}

/* What is tried in vain reports nothing. */
static Diags *mute(Session *session) {
    Diags *heard = session->diags, *silent = diags_new();
    session->diags = silent ? silent : heard;
    return heard;
}

/* False: something was reported. */
static bool unmute(Session *session, Diags *heard) {
    bool clean = session->diags != heard && !diags_count(session->diags, DIAG_ERROR);
    if (session->diags != heard) {
        diags_free(session->diags);
    }
    session->diags = heard;
    return clean;
}

static const Tree *parse_one(Session *session, const char *text) {
    Diags *heard = mute(session);
    Script *script = script_read(session, "fix", text, strlen(text), session->folder);
    bool clean = unmute(session, heard);
    return clean && script && script->program->root->count == 1 ? script->program->root->child[0] : NULL;
}

Tree *draft_parse(Draft *draft, const char *format, ...) {
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    const Tree *tree = length < 0 ? NULL : parse_one(draft->session, text);
    Tree *copy = tree ? tree_copy(draft->arena, tree) : NULL;
    if (length >= 0) {
        free(text);
    }
    draft->failed = draft->failed || !copy;
    return copy;
}

/* ---- from a value ------------------------------------------------------------------------------------------------ */

static Tree *tree_of_value(Draft *draft, const Value *value) {
    if (value->type == VALUE_BODY) {
        return tree_copy(draft->arena, value->body.tree);
    }
    if (value->type == VALUE_NET) {
        return draft_parse(draft, "%s", value->net->name);
    }
    char *text = value_text(value);
    Tree *tree = text ? draft_parse(draft, "%s", text) : NULL;
    free(text);
    return tree;
}

static Draft *draft_new(Session *session, const Tree *declaration, Scope *scope, int parameters) {
    Draft *draft = calloc(1, sizeof *draft);
    if (!draft) {
        return NULL;
    }
    *draft = (Draft){.session = session,
                     .declaration = declaration,
                     .scope = scope_keep(scope),
                     .parameters = parameters,
                     .arena = arena_new()};
    draft->value = draft->arena ? arena_alloc(draft->arena, ((size_t)parameters + 1) * sizeof(Tree *)) : NULL;
    if (!draft->value) {
        draft_free(draft);
        return NULL;
    }
    return draft;
}

Draft *draft_of(Session *session, const NetValue *net) {
    Draft *draft = draft_new(session, net->declaration, net->scope, net->argument_count);
    if (!draft) {
        return NULL;
    }
    draft->body = tree_copy(draft->arena, net->declaration->child[net->declaration->count - 1]);
    draft->failed = !draft->body;
    for (int i = 0; i < net->argument_count; i++) {
        draft->value[i] = net->argument[i] ? tree_of_value(draft, net->argument[i]) : NULL;
    }
    return draft;
}

Draft *draft_copy(const Draft *from) {
    Draft *draft = draft_new(from->session, from->declaration, from->scope, from->parameters);
    if (!draft) {
        return NULL;
    }
    draft->body = tree_copy(draft->arena, from->body);
    draft->recipe = from->recipe ? strdup(from->recipe) : NULL;
    draft->rewritten = from->rewritten;
    draft->depth = from->depth;
    draft->failed = from->failed || !draft->body || (from->recipe && !draft->recipe);
    for (int i = 0; i < from->parameters; i++) {
        draft->value[i] = from->value[i] ? tree_copy(draft->arena, from->value[i]) : NULL;
    }
    return draft;
}

void draft_free(Draft *draft) {
    if (draft) {
        arena_free(draft->arena);
        scope_drop(draft->scope);
        free(draft->recipe);
        free(draft);
    }
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

int draft_parameter(const Draft *draft, const Tree *tree) {
    for (int i = 0; tree->kind == TREE_NAME && i < draft->parameters; i++) {
        if (!strcmp(draft->declaration->child[i]->text, tree->text)) {
            return i;
        }
    }
    return -1;
}

const PlumbEntry *draft_entry(const Draft *draft, const Tree *tree) {
    const Tree *name = tree->kind == TREE_CALL ? tree->child[0] : tree;
    if (name->kind != TREE_NAME || draft_parameter(draft, name) >= 0) {
        return NULL;
    }
    const Value *bound = scope_find(draft->scope, name->text);
    if (bound) {
        return bound->type == VALUE_CALL ? bound->call.call->entry : NULL;
    }
    return name_entry(name->text);
}

/* ---- statements of the body -------------------------------------------------------------------------------------- */

Tree *draft_block(Draft *draft) {
    char *text = draft->body->kind == TREE_BLOCK ? NULL : format_tree(draft->body);
    Tree *block = text ? draft_parse(draft, "{\n%s\n}", text) : NULL;
    free(text);
    draft->body = block ? block : draft->body;
    return draft->body->kind == TREE_BLOCK ? draft->body : NULL;
}

bool draft_insert(Draft *draft, int place, Tree *statement) {
    Tree *body = draft_block(draft);
    Tree **child = body ? arena_alloc(draft->arena, ((size_t)body->count + 1) * sizeof(Tree *)) : NULL;
    if (!child || !statement) {
        draft->failed = true;
        return false;
    }
    for (int i = 0; i <= body->count; i++) {
        child[i] = i < place ? body->child[i] : i == place ? statement : body->child[i - 1];
    }
    body->child = child;
    body->count++;
    return true;
}

/* ---- to text ----------------------------------------------------------------------------------------------------- */

static void add_tree(Text *text, const Tree *tree) {
    char *written = format_tree(tree);
    text_printf(text, "%s", written ? written : "");
    text->failed = text->failed || !written;
    free(written);
}

static bool is_usual(const Draft *draft, int parameter) {
    const Tree *declared = draft->declaration->child[parameter];
    return declared->count && tree_equal(declared->child[0], draft->value[parameter]);
}

/* Can the declaration be called by its name where the new one will stand? */
static bool is_in_reach(const Draft *draft) {
    const Value *bound = scope_find(draft->session->scope, draft->declaration->text);
    return bound && bound->type == VALUE_NET && bound->net->declaration == draft->declaration;
}

static void add_call(const Draft *draft, Text *text) {
    const char *separator = "(";
    text_printf(text, " = %s", draft->declaration->text);
    for (int i = 0; i < draft->parameters; i++) {
        if (draft->value[i] && !is_usual(draft, i)) {
            text_printf(text, "%s%s=", separator, draft->declaration->child[i]->text);
            add_tree(text, draft->value[i]);
            separator = ", ";
        }
    }
    text_printf(text, "%s", *separator == ',' ? ")" : "");
}

/* Parameters that the body no longer uses are left out. */
static void add_declaration(const Draft *draft, Text *text) {
    const char *separator = "(";
    for (int i = 0; i < draft->parameters; i++) {
        const char *name = draft->declaration->child[i]->text;
        if (tree_mentions(draft->body, name)) {
            text_printf(text, "%s%s%s", separator, name, draft->value[i] ? "=" : "");
            if (draft->value[i]) {
                add_tree(text, draft->value[i]);
            }
            separator = ", ";
        }
    }
    text_printf(text, "%s%s", *separator == ',' ? ")" : "", draft->body->kind == TREE_BLOCK ? " " : " = ");
    add_tree(text, draft->body);
}

char *draft_text(const Draft *draft, const char *name, bool whole) {
    Text text = {0};
    text_printf(&text, "net %s", name);
    if (!whole && !draft->rewritten && is_in_reach(draft)) {
        add_call(draft, &text);
    } else {
        add_declaration(draft, &text);
    }
    char *raw = text_take(&text);
    const Tree *tree = raw && !draft->failed ? parse_one(draft->session, raw) : NULL;
    free(raw);
    return tree ? format_tree(tree) : NULL;
}

/* ---- the recipe -------------------------------------------------------------------------------------------------- */

static bool sets(const char *setting, const char *other) {
    size_t length = strcspn(setting, " =");
    return length == strcspn(other, " =") && !strncmp(setting, other, length);
}

bool draft_set(Draft *draft, const char *setting) {
    Text text = {0};
    for (char *at = draft->recipe, *next; at; at = next) {
        next = strstr(at, "; ");
        size_t length = next ? (size_t)(next - at) : strlen(at);
        if (!sets(at, setting)) {
            text_add(&text, at, length);
            text_printf(&text, "; ");
        }
        next = next ? next + strlen("; ") : NULL;
    }
    text_printf(&text, "%s", setting);
    char *recipe = text_take(&text);
    if (recipe) {
        free(draft->recipe);
        draft->recipe = recipe;
    }
    draft->failed = draft->failed || !recipe;
    return recipe;
}

Value *draft_recipe(Session *session, const char *settings, const PlumbCall *base) {
    char *block = NULL;
    Diags *heard = mute(session);
    const Tree *tree = asprintf(&block, "{ %s }", settings) < 0 ? NULL : parse_one(session, block);
    Value *from = tree && base ? value_call(base) : NULL;
    Value *recipe = tree && (from || !base) ? recipe_of_block(session, tree, from, session->scope) : NULL;
    value_drop(from);
    bool clean = unmute(session, heard);
    if (tree || block) {
        free(block);
    }
    if (!clean) {
        value_drop(recipe);
    }
    return clean ? recipe : NULL;
}

Value *draft_declare(Session *session, const Tree *tree, Scope *scope) {
    Diags *heard = mute(session);
    Value *value = tree && tree->kind == TREE_NET ? declare_net(session, tree, scope) : NULL;
    if (!unmute(session, heard)) {
        value_drop(value);
        return NULL;
    }
    return value;
}

Value *draft_build(Session *session, const char *text) {
    Value *value = draft_declare(session, parse_one(session, text), session->scope);
    Diags *heard = mute(session);
    bool built = value && session_net(session, value, value->net->span);
    if (!unmute(session, heard) || !built) {
        value_drop(value);
        return NULL;
    }
    return value;
}
