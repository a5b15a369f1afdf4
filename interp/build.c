/* Laying a net's tree out as layers: the net itself, its statements, and the stages that they place. */
#include "builder.h"
#include "combinators.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STAGES = PLUMB_LAYER | PLUMB_ACTIVATION | PLUMB_COMBINATOR };

bool builder_memory(Builder *builder, Span span) {
    report_memory(builder->session, span);
    builder->failed = true;
    return false;
}

static PlumbPlace place_of(const Tree *tree) {
    return (PlumbPlace){tree->span.source, tree->span.begin, tree->span.end};
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

/* The node of the first turn whose weights this one uses; -1: its own. */
static int take_share(Builder *builder) {
    return builder->share_from < builder->share_to ? builder->share_from++ : -1;
}

bool place_unknown(Builder *builder, const Tree *tree) {
    int node = plumb_net_add_unknown(builder->net, place_of(tree), NULL);
    (void)take_share(builder);
    if (node < 0) {
        return builder_memory(builder, tree->span);
    }
    builder->at = node;
    return true;
}

static bool too_many(Builder *builder, const Tree *tree) {
    if (plumb_net_size(builder->net) < NODES_MAX) {
        return false;
    }
    report_in_net(builder, tree->span, "this net has more than %d layers", NODES_MAX);
    builder->failed = true;
    return true;
}

const char *counted_name(Builder *builder, const char *name) {
    Counter *counter = builder->level->labelled;
    while (counter && strcmp(counter->name, name)) {
        counter = counter->next;
    }
    if (!counter && (counter = plumb_arena_alloc(builder->arena, sizeof *counter))) {
        *counter = (Counter){name, 0, builder->level->labelled};
        builder->level->labelled = counter;
    }
    size_t size = strlen(name) + 16;
    char *text = counter ? plumb_arena_alloc(builder->arena, size) : NULL;
    if (text) {
        snprintf(text, size, "%s%d", name, ++counter->count);
    }
    return text;
}

/* A label in a repetition is numbered, as kinds are: h1, h2. */
static const char *numbered_label(Builder *builder, const char *name) {
    if (name == builder->label) {
        builder->label = NULL;
    }
    return name && builder->repeats ? counted_name(builder, name) : name;
}

/* Inside the second half of `bidirectional`: reverse=true becomes false, and the other way round. NULL: no memory. */
static const PlumbCall *turned(Builder *builder, const PlumbCall *call) {
    const PlumbValue *reverse = builder->reversing ? plumb_call_value(call, "reverse") : NULL;
    if (!reverse) {
        return call;
    }
    PlumbCall *copy = plumb_call_copy(builder->arena, call);
    for (int i = 0; copy && i < copy->count; i++) {
        if (!strcmp(copy->entry->args[i].name, "reverse")) {
            copy->arg[i].boolean = !reverse->boolean;
            copy->given[i] = true;
        }
    }
    builder->reversed++;
    return copy;
}

bool place_join(Builder *builder, const PlumbCall *call, const int *input, int count, const Tree *tree,
                const char *name) {
    PlumbError error = {.argument = -1};
    const char *label = numbered_label(builder, name);
    if (too_many(builder, tree)) {
        return false;
    }
    if (name && !label) {
        return builder_memory(builder, tree->span);
    }
    call = turned(builder, call);
    if (!call) {
        return builder_memory(builder, tree->span);
    }
    int node = plumb_net_add(builder->net, call, input, count, builder->level->prefix, label, take_share(builder),
                             place_of(tree), &error);
    if (node >= 0) {
        builder->at = node;
        return true;
    }
    Diag *diag = report_shape(builder, tree, input, count, &error);
    const Label *first = label && error.status == PLUMB_ARGUMENT_ERROR ? label_find(builder, label) : NULL;
    if (first) {
        diag_place(diag, first->span, "the first");
    }
    return place_unknown(builder, tree);
}

bool place_call(Builder *builder, const PlumbCall *call, const Tree *tree, const char *name) {
    if (!strcmp(call->entry->name, "input")) {
        if (builder->at >= 0) {
            Diag *diag = report_in_net(builder, tree->span, "input opens a net: it cannot follow another layer");
            diag_place(diag, span_of_node(builder, 0), "the net begins here");
            return true;
        }
        return place_join(builder, call, NULL, 0, tree, name);
    }
    if (builder->at < 0 && !place_unknown(builder, tree)) { /* a block: what arrives is not known */
        return false;
    }
    return place_join(builder, call, &builder->at, 1, tree, name);
}

/* ---- nets used in nets ------------------------------------------------------------------------------------------- */

static int count_use(Builder *builder, const char *name) {
    Counter *counter = builder->level->used;
    while (counter && strcmp(counter->name, name)) {
        counter = counter->next;
    }
    if (!counter && (counter = plumb_arena_alloc(builder->arena, sizeof *counter))) {
        *counter = (Counter){name, 0, builder->level->used};
        builder->level->used = counter;
    }
    return counter ? ++counter->count : 0;
}

/* "res3.", under the path so far; a label in place of kind and order. */
static const char *path_of(Builder *builder, const NetValue *net, const char *name) {
    const char *label = numbered_label(builder, name);
    int order = label ? 0 : count_use(builder, net->base);
    size_t size = strlen(builder->level->prefix) + strlen(label ? label : net->base) + 16;
    char *path = plumb_arena_alloc(builder->arena, size);
    if (path && label) {
        snprintf(path, size, "%s%s.", builder->level->prefix, label);
    } else if (path) {
        snprintf(path, size, "%s%s%d.", builder->level->prefix, net->base, order);
    }
    return path;
}

static bool place_statements(Builder *builder, const Tree *block, Scope *scope, const char *name);

/* A net declared by an expression that is a net lays that one out, on the same level. */
static bool place_expression_body(Builder *builder, const Tree *body, Scope *frame, const char *name) {
    bool may_be_net = body->kind == TREE_NAME || body->kind == TREE_CALL;
    Value *value = may_be_net ? evaluate_as(builder->session, body, frame, STAGES) : NULL;
    if (may_be_net && !value) {
        return place_unknown(builder, body);
    }
    bool done = value && value->type == VALUE_NET && builder->level->depth < NETS_DEPTH_MAX
                    ? (builder->level->depth++, place_net_body(builder, value->net, body, name))
                    : place(builder, body, frame, name);
    value_drop(value);
    return done;
}

bool place_net_body(Builder *builder, const NetValue *net, const Tree *tree, const char *name) {
    const Tree *body = net->declaration->child[net->declaration->count - 1];
    Scope *parameters = parameter_frame(net), *frame = parameters ? scope_new_body(parameters) : NULL;
    bool done = frame;
    if (!frame) {
        builder_memory(builder, tree->span);
    } else {
        done = body->kind == TREE_BLOCK ? place_statements(builder, body, frame, name)
                                        : place_expression_body(builder, body, frame, name);
        scope_clear(frame); /* what was declared in it may hold it */
    }
    scope_drop(frame);
    scope_drop(parameters);
    return done;
}

/* The same with other arguments may stand inside: twice(body=twice(body=dense(3))). */
static bool is_inside(const Builder *builder, const NetValue *net) {
    const Level *level = builder->level;
    while (level && level->net != net) {
        level = level->up;
    }
    return level;
}

static bool place_net(Builder *builder, const NetValue *net, const Tree *tree, const char *name) {
    const Tree *missing = missing_parameter(net);
    if (missing) {
        Diag *diag = report_in_net(builder, tree->span, "net %s needs a value for `%s`", net->base, missing->text);
        diag_label(diag, "%s(%s=...)", net->base, missing->text);
        return place_unknown(builder, tree);
    }
    if (is_inside(builder, net)) {
        report_in_net(builder, tree->span, "net %s uses itself", net->base);
        return place_unknown(builder, tree);
    }
    if (builder->level->depth >= NETS_DEPTH_MAX) {
        report_in_net(builder, tree->span, "nets are used within nets more than %d deep: does %s use itself?",
                      NETS_DEPTH_MAX, net->base);
        builder->failed = true;
        return false;
    }
    const char *path = path_of(builder, net, name);
    if (!path) {
        return builder_memory(builder, tree->span);
    }
    Level level = {.prefix = path, .net = net, .up = builder->level, .depth = builder->level->depth + 1};
    Trail trail = {.what = net->base, .span = tree->span, .up = builder->trail};
    builder->level = &level;
    builder->trail = &trail;
    int repeats = builder->repeats;
    builder->repeats = 0;
    bool done = place_net_body(builder, net, tree, NULL);
    builder->repeats = repeats;
    builder->level = level.up;
    builder->trail = trail.up;
    return done;
}

/* ---- stages ------------------------------------------------------------------------------------------------------ */

static bool not_a_stage(Builder *builder, const Value *value, const Tree *tree) {
    const char *is = value_type_name(value);
    Diag *diag = report_in_net(builder, tree->span, "a layer is expected here, and this is %s", is);
    if (value->type == VALUE_NUMBER) {
        diag_label(diag, "dense(%.0f)?", value->number);
    }
    return place_unknown(builder, tree);
}

static bool place_value(Builder *builder, Value *value, const Tree *tree, const char *name) {
    switch (value->type) {
    case VALUE_NONE:
        return true;
    case VALUE_UNKNOWN:
        return place_unknown(builder, tree);
    case VALUE_BODY:
        return place(builder, value->body.tree, value->body.scope, name);
    case VALUE_NET:
        return place_net(builder, value->net, tree, name);
    case VALUE_CALL:
        if (value->call.call->entry->kind & (PLUMB_LAYER | PLUMB_ACTIVATION)) {
            return place_call(builder, value->call.call, tree, name);
        }
        return not_a_stage(builder, value, tree);
    default:
        return not_a_stage(builder, value, tree);
    }
}

static const Combinator *combinator_of(const Tree *tree, const Scope *scope) {
    const Tree *name = tree->kind == TREE_CALL ? tree->child[0] : tree;
    if (name->kind != TREE_NAME || scope_find(scope, name->text)) {
        return NULL;
    }
    const Combinator *combinator = combinator_find(name->text);
    return combinator && combinator->place ? combinator : NULL;
}

static bool bodies_fit(Builder *builder, const Combinator *combinator, const Tree *tree, int bodies) {
    if (bodies >= combinator->bodies_min && bodies <= combinator->bodies_max) {
        return true;
    }
    const char *name = combinator->entry.name;
    int takes = bodies < combinator->bodies_min ? combinator->bodies_min : combinator->bodies_max;
    Diag *diag = bodies ? report_in_net(builder, tree->span, "%s takes %d bod%s, and here are %d", name, takes,
                                        takes == 1 ? "y" : "ies", bodies)
                        : report_in_net(builder, tree->span, "%s needs a body", name);
    diag_label(diag, "%s", combinator->entry.formula);
    return false;
}

static bool place_combinator(Builder *builder, const Combinator *combinator, const Tree *tree, Scope *scope,
                             const char *name) {
    int bodies = tree->kind == TREE_CALL ? tree->bodies : 0;
    PlumbArena *arena = plumb_arena_new();
    bool unknown = false, done;
    if (!arena) {
        return builder_memory(builder, tree->span);
    }
    const PlumbCall *call = bind_call(builder->session, &combinator->entry, tree, scope, arena, &unknown);
    if (!call || !bodies_fit(builder, combinator, tree, bodies)) {
        done = place_unknown(builder, tree);
    } else {
        Site site = {tree, call, bodies ? tree->child + tree->count - bodies : NULL, bodies, scope, name};
        done = combinator->place(builder, &site);
    }
    plumb_arena_free(arena);
    return done;
}

static bool place_evaluated(Builder *builder, const Tree *tree, Scope *scope, const char *name) {
    Value *value = evaluate_as(builder->session, tree, scope, STAGES);
    if (!value) {
        return place_unknown(builder, tree);
    }
    bool done = place_value(builder, value, tree, name);
    value_drop(value);
    return done;
}

static bool place_inner(Builder *builder, const Tree *tree, Scope *scope, const char *name) {
    if (tree->kind == TREE_BINARY && !strcmp(tree->text, "->")) {
        return place(builder, tree->child[0], scope, NULL) && place(builder, tree->child[1], scope, name);
    }
    if (tree->kind == TREE_BLOCK) {
        return place_block(builder, tree, scope, name);
    }
    const Combinator *combinator = combinator_of(tree, scope);
    return combinator ? place_combinator(builder, combinator, tree, scope, name)
                      : place_evaluated(builder, tree, scope, name);
}

bool place(Builder *builder, const Tree *tree, Scope *scope, const char *name) {
    if (builder->depth >= PLACE_DEPTH_MAX) {
        report_in_net(builder, tree->span, "this net is nested more than %d levels deep", PLACE_DEPTH_MAX);
        builder->failed = true;
    }
    if (builder->session->interrupted || builder->failed) {
        builder->failed = true;
        return false;
    }
    builder->depth++;
    bool done = place_inner(builder, tree, scope, name);
    builder->depth--;
    return done;
}

/* ---- statements of a body ---------------------------------------------------------------------------------------- */

const Label *label_find(const Builder *builder, const char *name) {
    const Label *label = builder->level->labels;
    while (label && strcmp(label->name, name)) {
        label = label->next;
    }
    return label;
}

static bool add_label(Builder *builder, const Tree *tree) {
    Label *label = plumb_arena_alloc(builder->arena, sizeof *label);
    if (!label) {
        return builder_memory(builder, tree->span);
    }
    *label = (Label){tree->text, builder->at, tree->child[0]->span, builder->level->labels};
    builder->level->labels = label;
    return true;
}

/* What was labelled ended in no layer: norm=none, a repetition. */
static bool place_identity(Builder *builder, const Tree *tree) {
    PlumbError error = {.argument = -1};
    const PlumbCall *call = plumb_call(builder->arena, plumb_entry_find("identity"), NULL, 0, &error);
    return call ? place_call(builder, call, tree->child[0], tree->text) : builder_memory(builder, tree->span);
}

/* The label names the place in the net, whether a layer stands there or not. */
static bool place_label(Builder *builder, const Tree *tree, Scope *scope) {
    const char *outer = builder->label;
    builder->label = tree->text;
    bool done = place(builder, tree->child[0], scope, tree->text);
    bool is_placed = builder->label != tree->text;
    builder->label = outer;
    return done && (is_placed || place_identity(builder, tree)) && add_label(builder, tree);
}

typedef struct Body { /* what a `for` of a body runs */
    Builder *builder;
} Body;

static bool place_item(void *self, const Tree *block, Scope *scope) {
    Builder *builder = ((Body *)self)->builder;
    builder->repeats++;
    bool done = place_block(builder, block, scope, NULL);
    builder->repeats--;
    return done;
}

static bool place_for(Builder *builder, const Tree *tree, Scope *scope) {
    Body body = {builder};
    Scope *frame = scope_new(scope);
    if (!frame) {
        return builder_memory(builder, tree->span);
    }
    (void)run_for(builder->session, tree, frame, place_item, &body);
    scope_clear(frame);
    scope_drop(frame);
    return !builder->failed;
}

static bool place_if(Builder *builder, const Tree *tree, Scope *scope) {
    const Tree *taken;
    bool both;
    if (!choose_block(builder->session, tree, scope, &taken, &both) || both) {
        return place_unknown(builder, tree);
    }
    return !taken || place_block(builder, taken, scope, NULL);
}

static bool place_bind(Builder *builder, const Tree *tree, Scope *scope) {
    Value *value = evaluate(builder->session, tree->child[0], scope);
    if (!value && builder->session->checking) {
        value = value_unknown();
    }
    bool done = !value || scope_bind(scope, tree->text, value);
    value_drop(value);
    return done || builder_memory(builder, tree->span);
}

static bool place_declaration(Builder *builder, const Tree *tree, Scope *scope) {
    Value *value = declare_net(builder->session, tree, scope);
    bool done = !value || scope_bind(scope, tree->text, value);
    value_drop(value);
    return done || builder_memory(builder, tree->span);
}

static bool not_in_a_net(Builder *builder, const Tree *tree) {
    Diag *diag = report_in_net(builder, tree->text_span, "`%s` does not stand in a net",
                               tree->kind == TREE_RECIPE ? "recipe" : tree->text);
    diag_label(diag, "it is a statement of its own, outside");
    return true;
}

static bool place_statement(Builder *builder, const Tree *tree, Scope *scope, const char *name) {
    switch (tree->kind) {
    case TREE_BIND:
        return place_bind(builder, tree, scope);
    case TREE_LABEL:
        return place_label(builder, tree, scope);
    case TREE_FOR:
        return place_for(builder, tree, scope);
    case TREE_IF:
        return place_if(builder, tree, scope);
    case TREE_NET:
        return place_declaration(builder, tree, scope);
    case TREE_RECIPE:
    case TREE_VERB:
        return not_in_a_net(builder, tree);
    default:
        return place(builder, tree, scope, name);
    }
}

static bool is_stage(const Tree *tree) {
    return tree->kind != TREE_BIND && tree->kind != TREE_NET;
}

static bool is_argument_of_a_layer(const char *name) {
    const PlumbEntry *entry;
    for (int i = 0; (entry = plumb_entry_at(i)); i++) {
        for (const PlumbArg *arg = entry->args; arg && arg->name && entry->kind & (PLUMB_LAYER | PLUMB_ACTIVATION);
             arg++) {
            if (!strcmp(arg->name, name)) {
                return true;
            }
        }
    }
    return false;
}

/* A binding is the default of a layer argument, or something in the body uses it. */
static void check_bindings(Builder *builder, const Tree *block) {
    for (int i = 0; i < block->count; i++) {
        const Tree *tree = block->child[i];
        bool used = tree->kind != TREE_BIND || is_argument_of_a_layer(tree->text);
        for (int j = 0; j < block->count && !used; j++) {
            used = tree_mentions(block->child[j], tree->text);
        }
        if (!used) {
            Diag *diag = report_in_net(builder, tree->text_span, "nothing uses `%s`", tree->text);
            diag_label(diag, "no layer has such an argument");
        }
    }
}

/* A label of the whole block is one of its last stage. */
static bool place_statements(Builder *builder, const Tree *block, Scope *scope, const char *name) {
    int last = block->count - 1;
    if (builder->session->checking) {
        check_bindings(builder, block);
    }
    while (last >= 0 && !is_stage(block->child[last])) {
        last--;
    }
    for (int i = 0; i < block->count; i++) {
        if (!place_statement(builder, block->child[i], scope, i == last ? name : NULL)) {
            return false;
        }
    }
    return true;
}

bool place_block(Builder *builder, const Tree *block, Scope *scope, const char *name) {
    Scope *frame = scope_new_body(scope);
    if (!frame) {
        return builder_memory(builder, block->span);
    }
    bool done = place_statements(builder, block, frame, name);
    scope_clear(frame);
    scope_drop(frame);
    return done;
}

/* ---- the whole net ----------------------------------------------------------------------------------------------- */

PlumbNet *build_net(Session *session, const NetValue *net, Span span) {
    PlumbError error = {.argument = -1};
    Level level = {.prefix = "", .net = net};
    Builder builder = {.session = session, .at = -1, .level = &level, .arena = plumb_arena_new()};
    builder.net = builder.arena ? plumb_net_new(net->name, &error) : NULL;
    int errors = diags_count(session->diags, DIAG_ERROR);
    if (!builder.net) {
        report_memory(session, span);
    } else {
        Tree at = {.span = span};
        place_net_body(&builder, net, &at, NULL);
    }
    plumb_arena_free(builder.arena);
    bool wrong = builder.failed || (!session->checking && diags_count(session->diags, DIAG_ERROR) > errors);
    if (wrong) {
        plumb_net_free(builder.net);
        return NULL;
    }
    return builder.net;
}
