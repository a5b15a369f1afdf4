/* A net's declaration as a program that stands alone.
 *
 * The tree is copied. A name in it that the tree itself does not bind is looked up where the net was declared: another
 * net and a bound value are declared before, under their own names; what only running tells (a field, an item) becomes
 * its value. */
#include "source.h"
#include "../grammar/format.h"
#include "../grammar/text.h"
#include "combinators.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Known { /* names that the tree binds itself, the last first */
    const char *name;
    const struct Known *up;
} Known;

typedef struct Needed { /* what the net uses; `tree` is its declaration, NULL while that is being written */
    const char *name;
    const void *what; /* the Value, or the NetValue */
    Tree *tree;
    struct Needed *next;
} Needed;

typedef struct Copier {
    Session *session;
    Span span; /* to report at */
    Arena *arena;
    Needed *needed;
    Tree **declaration; /* those that are done, in order */
    int count, space;
    int depth;   /* of copies within copies */
    bool failed; /* reported */
} Copier;

typedef struct Place { /* where a tree stands */
    Scope *scope;
    const Known *known;
    bool apart; /* not in its own scope: bound values are written out */
} Place;

static Tree *copy(Copier *c, const Tree *tree, Place place);
static Tree *tree_of_value(Copier *c, const Value *value, const char *name);

static Tree *no_memory(Copier *c) {
    report_memory(c->session, c->span);
    c->failed = true;
    return NULL;
}

/* ---- trees ----------------------------------------------------------------------------------------------------- */

static Tree *leaf(Copier *c, TreeKind kind, const char *text) {
    Tree *tree = arena_alloc(c->arena, sizeof *tree);
    if (!tree || (text && !(tree->text = arena_text(c->arena, text, strlen(text))))) {
        return no_memory(c);
    }
    tree->kind = kind;
    tree->height = 1;
    return tree;
}

static Tree *with_children(Copier *c, Tree *tree, int count) {
    if (tree && !(tree->child = arena_alloc(c->arena, (size_t)(count + 1) * sizeof *tree->child))) {
        return no_memory(c);
    }
    if (tree) {
        tree->count = count;
    }
    return tree;
}

static Tree *node(Copier *c, TreeKind kind, const char *text, int count) {
    return with_children(c, leaf(c, kind, text), count);
}

/* A copy of the node alone, its children still to be copied. */
static Tree *shallow(Copier *c, const Tree *tree) {
    Tree *made = arena_alloc(c->arena, sizeof *made);
    if (!made) {
        return no_memory(c);
    }
    *made = *tree;
    return with_children(c, made, tree->count);
}

static bool is_known(Place place, const char *name) {
    const Known *known = place.known;
    while (known && strcmp(known->name, name)) {
        known = known->up;
    }
    return known;
}

/* One more name that the tree binds itself. */
static void learn(Copier *c, Place *place, const char *name) {
    Known *known = arena_alloc(c->arena, sizeof *known);
    if (!known) {
        no_memory(c);
        return;
    }
    *known = (Known){name, place->known};
    place->known = known;
}

/* The value that a name has outside of the tree; NULL: it is bound inside, or a name of the language. */
static Value *outside(Place place, const Tree *tree) {
    return tree->kind == TREE_NAME && !is_known(place, tree->text) ? scope_find(place.scope, tree->text) : NULL;
}

/* ---- what is declared before ----------------------------------------------------------------------------------- */

static Needed *find_needed(Copier *c, const char *name) {
    Needed *needed = c->needed;
    while (needed && strcmp(needed->name, name)) {
        needed = needed->next;
    }
    return needed;
}

static Needed *add_needed(Copier *c, const char *name, const void *what) {
    Needed *needed = arena_alloc(c->arena, sizeof *needed);
    if (!needed) {
        no_memory(c);
        return NULL;
    }
    *needed = (Needed){.name = name, .what = what, .next = c->needed};
    c->needed = needed;
    return needed;
}

static void declare(Copier *c, Tree *tree) {
    if (c->count == c->space) {
        int space = c->space ? 2 * c->space : 8;
        Tree **grown = realloc(c->declaration, (size_t)space * sizeof(Tree *));
        if (!grown) {
            no_memory(c);
            return;
        }
        c->declaration = grown;
        c->space = space;
    }
    c->declaration[c->count++] = tree;
}

static Tree *two_of_a_name(Copier *c, const char *name) {
    session_error(c->session, c->span, "two different things are called `%s` in this net: one file cannot hold both",
                  name);
    c->failed = true;
    return NULL;
}

static bool is_data(const Value *value) {
    return value && value->type == VALUE_DATA;
}

/* Its value; behind a parameter without one a default still waits for it, and is copied as it is written. */
static Tree *copy_parameter(Copier *c, const NetValue *net, int index, Place place) {
    const Tree *written = net->declaration->child[index];
    const Value *value = net->argument[index];
    Tree *parameter = node(c, TREE_PARAM, written->text, value ? 1 : written->count);
    if (parameter && parameter->count) {
        parameter->child[0] = value ? tree_of_value(c, value, written->text) : copy(c, written->child[0], place);
    }
    return parameter;
}

/* Parameters, then the body. A parameter that is a data set goes: what the net takes from it is written out. */
static void copy_declaration(Copier *c, const NetValue *net, Tree *tree) {
    Place place = {parameter_frame(net), NULL, false};
    tree->count = 0;
    if (!place.scope) {
        no_memory(c);
        return;
    }
    for (int i = 0; i < net->argument_count && !c->failed; i++) {
        if (!is_data(net->argument[i])) {
            tree->child[tree->count++] = copy_parameter(c, net, i, place);
            learn(c, &place, net->declaration->child[i]->text);
        }
    }
    if (!c->failed) {
        tree->child[tree->count++] = copy(c, net->declaration->child[net->argument_count], place);
    }
    scope_drop(place.scope);
}

/* Declares the net under its base name, once. */
static bool declare_net_value(Copier *c, const NetValue *net) {
    Needed *needed = find_needed(c, net->base);
    if (needed) {
        return needed->what == net || two_of_a_name(c, net->base);
    }
    needed = add_needed(c, net->base, net);
    Tree *tree = needed ? node(c, TREE_NET, net->base, net->argument_count + 1) : NULL;
    if (!tree) {
        return false;
    }
    copy_declaration(c, net, tree);
    if (!c->failed) {
        declare(c, tree);
    }
    return !c->failed;
}

/* A bound value is declared under its name; what is written out in place is no name. */
static Tree *declare_bound(Copier *c, const char *name, const Value *value) {
    Needed *needed = find_needed(c, name);
    if (needed && needed->what != value) {
        return two_of_a_name(c, name);
    }
    if (!needed) {
        Tree *tree = node(c, TREE_BIND, name, 1);
        if (!tree || !add_needed(c, tree->text, value) || !(tree->child[0] = tree_of_value(c, value, name))) {
            return NULL;
        }
        declare(c, tree);
    }
    return c->failed ? NULL : leaf(c, TREE_NAME, name);
}

/* ---- values ---------------------------------------------------------------------------------------------------- */

static Tree *tree_of_number(Copier *c, double value) {
    char text[32];
    double positive = value < 0 ? -value : value;
    for (int digits = 6; digits <= 17; digits++) { /* the shortest that reads back the same */
        snprintf(text, sizeof text, "%.*g", digits, positive);
        if (strtod(text, NULL) == positive) {
            break;
        }
    }
    Tree *number = leaf(c, TREE_NUMBER, text);
    Tree *minus = value < 0 ? node(c, TREE_UNARY, "-", 1) : number;
    if (minus && minus != number) {
        minus->child[0] = number;
    }
    return minus;
}

static Tree *tree_of_list(Copier *c, const Value *value, const char *name) {
    Tree *list = node(c, TREE_LIST, NULL, value->list.count);
    for (int i = 0; list && i < value->list.count && !c->failed; i++) {
        list->child[i] = tree_of_value(c, value->list.item[i], name);
    }
    return c->failed ? NULL : list;
}

/* "leaky_relu(0.2)": a call is its text, which stands wherever a name does. */
static Tree *tree_of_call(Copier *c, const PlumbCall *call) {
    char *text = plumb_call_text(call);
    Tree *tree = text ? leaf(c, TREE_NAME, text) : no_memory(c);
    free(text);
    return tree;
}

/* The call that made this net of a declared one: res(8, act=relu). */
static Tree *tree_of_instance(Copier *c, const NetValue *net) {
    Tree *call = node(c, TREE_CALL, NULL, 1);
    if (!call || !with_children(c, call, net->argument_count + 1)) {
        return NULL;
    }
    call->had_parentheses = true;
    call->count = 1;
    call->child[0] = leaf(c, TREE_NAME, net->base);
    for (int i = 0; i < net->argument_count && !c->failed; i++) {
        if (net->argument[i]) {
            Tree *argument = node(c, TREE_ARGUMENT, net->declaration->child[i]->text, 1);
            if (argument && (argument->child[0] = tree_of_value(c, net->argument[i], argument->text))) {
                call->child[call->count++] = argument;
            }
        }
    }
    return c->failed ? NULL : call;
}

static Tree *tree_of_net(Copier *c, const NetValue *net) {
    const Value *declared = scope_find(net->scope, net->base);
    bool instance = declared && declared->type == VALUE_NET && declared->net != net &&
                    declared->net->declaration == net->declaration;
    if (!declare_net_value(c, instance ? declared->net : net)) {
        return NULL;
    }
    return instance ? tree_of_instance(c, net) : leaf(c, TREE_NAME, net->base);
}

static Tree *tree_of_body(Copier *c, const Value *value) {
    Tree *tree = copy(c, value->body.tree, (Place){value->body.scope, NULL, true});
    if (tree && tree->kind == TREE_BINARY) {
        tree->in_parentheses = true;
    }
    return tree;
}

static Tree *tree_of_value(Copier *c, const Value *value, const char *name) {
    switch (value->type) {
    case VALUE_NONE:
        return leaf(c, TREE_NONE, NULL);
    case VALUE_NUMBER:
        return tree_of_number(c, value->number);
    case VALUE_BOOL:
        return leaf(c, value->boolean ? TREE_TRUE : TREE_FALSE, NULL);
    case VALUE_STRING:
        return leaf(c, TREE_STRING, value->string);
    case VALUE_WORD:
        return leaf(c, TREE_NAME, value->string);
    case VALUE_LIST:
        return tree_of_list(c, value, name);
    case VALUE_CALL:
        return tree_of_call(c, value->call.call);
    case VALUE_BODY:
        return tree_of_body(c, value);
    case VALUE_NET:
        return tree_of_net(c, value->net);
    default:
        session_error(c->session, c->span, "`%s` is %s: it cannot stand in the net's source", name,
                      value_type_name(value));
        c->failed = true;
        return NULL;
    }
}

/* ---- names, fields --------------------------------------------------------------------------------------------- */

static Tree *copy_name(Copier *c, const Tree *tree, Place place) {
    const Value *value = outside(place, tree);
    if (!value) {
        return shallow(c, tree);
    }
    bool plain = value->type != VALUE_NET && !place.apart;
    return plain ? declare_bound(c, tree->text, value) : tree_of_value(c, value, tree->text);
}

/* digits.classes, sizes[2]: known now, and nowhere else. */
static Tree *copy_evaluated(Copier *c, const Tree *tree, Place place) {
    Value *value = evaluate(c->session, tree, place.scope);
    Tree *made = value ? tree_of_value(c, value, tree->text ? tree->text : "this") : NULL;
    c->failed = c->failed || !made;
    value_drop(value);
    return made;
}

static const Tree *root_of(const Tree *tree) {
    while (tree->kind == TREE_FIELD || tree->kind == TREE_INDEX) {
        tree = tree->child[0];
    }
    return tree;
}

/* ---- calls ----------------------------------------------------------------------------------------------------- */

/* input(digits) becomes the sizes of its rows. */
static Tree *copy_input(Copier *c, const Tree *tree, const PlumbData *data) {
    Tree *call = shallow(c, tree);
    if (!call || !with_children(c, call, 1 + data->x_shape.rank)) {
        return NULL;
    }
    call->child[0] = leaf(c, TREE_NAME, "input");
    for (int i = 0; i < data->x_shape.rank; i++) {
        call->child[1 + i] = tree_of_number(c, data->x_shape.dim[i]);
    }
    return call;
}

/* The labels that a join links to are names of their own. */
static bool is_label(const Combinator *combinator, const Tree *argument) {
    const PlumbArg *first = combinator ? combinator->entry.args : NULL;
    return first && first->name && first->accepts & PLUMB_A_REF && first->accepts & PLUMB_A_REST &&
           (argument->kind == TREE_NAME || argument->kind == TREE_LIST);
}

/* A name that is called: a net or a call in its place by its own name. */
static Tree *copy_callee(Copier *c, const Tree *callee, Place place) {
    const Value *value = outside(place, callee);
    return value && value->type == VALUE_CALL ? leaf(c, TREE_NAME, value->call.call->entry->name)
                                              : copy(c, callee, place);
}

/* Child i of a call: what is called, an argument, or a body, where repeat binds its counter. */
static Tree *copy_part(Copier *c, const Tree *tree, int i, const Combinator *combinator, Place place) {
    const Tree *part = tree->child[i];
    bool body = i >= tree->count - tree->bodies;
    if (i == 0) {
        return copy_callee(c, part, place);
    }
    if (!body && is_label(combinator, part)) {
        return tree_copy(c->arena, part);
    }
    if (body && combinator && !strcmp(combinator->entry.name, "repeat")) {
        learn(c, &place, "i");
    }
    return copy(c, part, place);
}

static Tree *copy_call(Copier *c, const Tree *tree, Place place) {
    const Tree *callee = tree->child[0];
    bool own_name = callee->kind == TREE_NAME && !is_known(place, callee->text) && !outside(place, callee);
    const Combinator *combinator = own_name ? combinator_find(callee->text) : NULL;
    bool is_input = own_name && !strcmp(callee->text, "input") && tree->count == 2;
    const Value *data = is_input ? outside(place, tree->child[1]) : NULL;
    if (is_data(data)) {
        return copy_input(c, tree, data->data.data);
    }
    Tree *call = shallow(c, tree);
    for (int i = 0; call && i < tree->count && !c->failed; i++) {
        call->child[i] = copy_part(c, tree, i, combinator, place);
    }
    return call;
}

/* ---- statements ------------------------------------------------------------------------------------------------ */

/* What a statement binds is known behind it. */
static Tree *copy_statements(Copier *c, const Tree *block, Place place) {
    Tree *made = shallow(c, block);
    for (int i = 0; made && i < block->count && !c->failed; i++) {
        const Tree *statement = block->child[i];
        made->child[i] = copy(c, statement, place);
        if (statement->kind == TREE_BIND || statement->kind == TREE_NET) {
            learn(c, &place, statement->text);
        }
    }
    return made;
}

/* The children of a `for` and of a net within the net see one another's names from left to right. */
static Tree *copy_binding(Copier *c, const Tree *tree, Place place) {
    Tree *made = shallow(c, tree);
    for (int i = 0; made && i < tree->count && !c->failed; i++) {
        const Tree *child = tree->child[i];
        made->child[i] = copy(c, child, place);
        const char *name = tree->kind == TREE_FOR && i == 0 ? tree->text
                           : child->kind == TREE_PARAM      ? child->text
                                                            : NULL;
        if (name) {
            learn(c, &place, name);
        }
    }
    return made;
}

static Tree *copy_children(Copier *c, const Tree *tree, Place place) {
    Tree *made = shallow(c, tree);
    for (int i = 0; made && i < tree->count && !c->failed; i++) {
        made->child[i] = copy(c, tree->child[i], place);
    }
    return made;
}

static Tree *copy_kind(Copier *c, const Tree *tree, Place place) {
    switch (tree->kind) {
    case TREE_NAME:
        return copy_name(c, tree, place);
    case TREE_FIELD:
    case TREE_INDEX:
        return outside(place, root_of(tree)) ? copy_evaluated(c, tree, place) : copy_children(c, tree, place);
    case TREE_CALL:
        return copy_call(c, tree, place);
    case TREE_BLOCK:
        return copy_statements(c, tree, place);
    case TREE_FOR:
    case TREE_NET:
        return copy_binding(c, tree, place);
    default:
        return copy_children(c, tree, place);
    }
}

/* A pipeline that names itself would never end; the text could not be read again either. */
static Tree *copy(Copier *c, const Tree *tree, Place place) {
    if (c->depth >= TREE_HEIGHT_MAX) {
        session_error(c->session, c->span, "what this net uses is nested more than %d levels deep", TREE_HEIGHT_MAX);
        c->failed = true;
    }
    if (c->failed) {
        return NULL;
    }
    c->depth++;
    Tree *made = copy_kind(c, tree, place);
    c->depth--;
    return made;
}

/* ---- the text -------------------------------------------------------------------------------------------------- */

static char *text_of(Copier *c) {
    Text text = {0};
    for (int i = 0; i < c->count; i++) {
        char *declaration = format_tree(c->declaration[i]);
        bool apart = i && (c->declaration[i]->kind == TREE_NET || c->declaration[i - 1]->kind == TREE_NET);
        text_printf(&text, "%s%s\n", apart ? "\n" : "", declaration ? declaration : "");
        text.failed = text.failed || !declaration;
        free(declaration);
    }
    char *taken = text_take(&text);
    if (!taken) {
        no_memory(c);
    }
    return taken;
}

char *net_source(Session *session, const NetValue *net, Span span) {
    Copier copier = {.session = session, .span = span, .arena = arena_new()};
    char *text = NULL;
    if (!copier.arena) {
        report_memory(session, span);
    } else if (declare_net_value(&copier, net)) {
        text = text_of(&copier);
    }
    free(copier.declaration);
    arena_free(copier.arena);
    return text;
}
