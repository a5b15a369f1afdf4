/* Instances of nets: a declaration with a value for each parameter. */
#include "../grammar/format.h"
#include "interpreter.h"
#include <stdlib.h>
#include <string.h>

static int parameter_count(const Tree *declaration) {
    int count = 0;
    while (count < declaration->count && declaration->child[count]->kind == TREE_PARAM) {
        count++;
    }
    return count;
}

NetValue *net_value_new(const char *name, const Tree *declaration, Scope *scope, Span span) {
    NetValue *net = calloc(1, sizeof *net);
    int count = parameter_count(declaration);
    if (net) {
        net->name = strdup(name);
        net->base = declaration->text;
        net->declaration = declaration;
        net->span = span;
        net->scope = scope_keep(scope);
        net->argument = calloc((size_t)count + 1, sizeof(Value *));
        net->argument_count = count;
        net->alerts = json_array();
    }
    if (net && (!net->name || !net->argument || !net->alerts)) {
        net_value_free(net);
        return NULL;
    }
    return net;
}

NetValue *net_value_like(const NetValue *like, const char *name, Span span) {
    NetValue *net = net_value_new(name, like->declaration, like->scope, span);
    for (int i = 0; net && i < like->argument_count; i++) {
        net->argument[i] = like->argument[i] ? value_keep(like->argument[i]) : NULL;
    }
    return net;
}

const Tree *missing_parameter(const NetValue *net) {
    for (int i = 0; i < net->argument_count; i++) {
        if (!net->argument[i]) {
            return net->declaration->child[i];
        }
    }
    return NULL;
}

Scope *parameter_frame(const NetValue *net) {
    Scope *frame = scope_new(net->scope);
    Value *unknown = value_unknown();
    bool done = frame && unknown;
    for (int i = 0; done && i < net->argument_count; i++) {
        done = scope_bind(frame, net->declaration->child[i]->text, net->argument[i] ? net->argument[i] : unknown);
    }
    value_drop(unknown);
    if (!done) {
        scope_drop(frame);
        return NULL;
    }
    return frame;
}

/* ---- arguments of a call ----------------------------------------------------------------------------------------- */

static const char *parameter_at(void *self, int index) {
    const Tree *declaration = self;
    return index < parameter_count(declaration) ? declaration->child[index]->text : NULL;
}

static int parameter_index(const Tree *declaration, const char *name) {
    for (int i = 0, count = parameter_count(declaration); i < count; i++) {
        if (!strcmp(declaration->child[i]->text, name)) {
            return i;
        }
    }
    return -1;
}

static int wrong_argument(Session *session, const NetValue *net, const Tree *argument) {
    const Tree *declaration = net->declaration;
    if (argument->kind != TREE_ARGUMENT) {
        Diag *diag = report(session, argument->span, "net %s has no parameter in this place", net->base);
        diag_label(diag, "it has %d", net->argument_count);
        return -1;
    }
    Diag *diag = report(session, argument->text_span, "net %s has no parameter `%.64s`", net->base, argument->text);
    const char *near = nearest_name(argument->text, parameter_at, (void *)declaration);
    if (near) {
        diag_label(diag, "did you mean `%s`?", near);
    }
    diag_place(diag, declaration->text_span, "declared here");
    return -1;
}

/* Which parameter an argument is for; -1 after an error. */
static int argument_place(Session *session, const NetValue *net, const Tree *argument, int place) {
    bool is_named = argument->kind == TREE_ARGUMENT;
    int index = is_named ? parameter_index(net->declaration, argument->text) : place;
    return index < 0 || index >= net->argument_count ? wrong_argument(session, net, argument) : index;
}

/* given[i]: the tree of parameter i's argument, or NULL. */
static bool sort_arguments(Session *session, const NetValue *net, const Tree *call, const Tree **given) {
    bool done = true, named = false;
    for (int i = 1; call && i < call->count - call->bodies; i++) {
        const Tree *argument = call->child[i];
        int index = argument_place(session, net, argument, i - 1);
        if (index >= 0 && given[index]) {
            Diag *diag = report(session, argument->span, "`%s` is given twice", net->declaration->child[index]->text);
            diag_place(diag, given[index]->span, "first here");
            index = -1;
        } else if (argument->kind != TREE_ARGUMENT && named) {
            session_error(session, argument->span, "an unnamed argument follows a named one");
            index = -1;
        }
        named = named || argument->kind == TREE_ARGUMENT;
        done = done && index >= 0;
        if (index >= 0) {
            given[index] = argument;
        }
    }
    return done;
}

/* The scope behind one more parameter: a default that is a pipeline keeps those before it, never itself. */
static Scope *behind_parameter(Scope *scope, const char *name, Value *value) {
    Scope *next = scope_new(scope);
    Value *bound = value ? value_keep(value) : value_unknown();
    if (next && (!bound || !scope_bind(next, name, bound))) {
        scope_drop(next);
        next = NULL;
    }
    value_drop(bound);
    scope_drop(scope);
    return next;
}

/* Defaults see the parameters before them; behind one without a value they wait for it. */
static bool fill_arguments(Session *session, NetValue *net, const Tree **given, Scope *caller) {
    Scope *scope = scope_keep(net->scope);
    bool done = true, missing = false;
    for (int i = 0; scope && i < net->argument_count; i++) {
        const Tree *parameter = net->declaration->child[i], *written = given[i];
        bool wanted = written || (parameter->count && (!missing || session->checking));
        if (written) {
            net->argument[i] = evaluate(session, written->kind == TREE_ARGUMENT ? written->child[0] : written, caller);
        } else if (wanted) {
            net->argument[i] = evaluate(session, parameter->child[0], scope);
        }
        if (wanted && !net->argument[i]) { /* reported; the check goes on with what it does not know */
            net->argument[i] = session->checking ? value_unknown() : NULL;
            done = done && net->argument[i];
        }
        missing = missing || !net->argument[i];
        scope = behind_parameter(scope, parameter->text, net->argument[i]);
    }
    if (!scope) {
        report_memory(session, net->span);
    }
    done = done && scope;
    scope_drop(scope);
    return done;
}

Value *instantiate(Session *session, const NetValue *like, const Tree *call, Scope *scope) {
    char *name = format_tree(call);
    NetValue *net = name ? net_value_new(name, like->declaration, like->scope, call->span) : NULL;
    const Tree **given = net ? calloc((size_t)net->argument_count + 1, sizeof *given) : NULL;
    free(name);
    if (!given) {
        report_memory(session, call->span);
        net_value_free(net);
        return NULL;
    }
    net->base = like->base;
    bool done = sort_arguments(session, net, call, given);
    done = fill_arguments(session, net, given, scope) && done;
    free(given);
    if (!done) {
        net_value_free(net);
        return NULL;
    }
    Value *value = value_net(net);
    if (!value) {
        report_memory(session, call->span);
    }
    return value;
}

/* ---- declarations ------------------------------------------------------------------------------------------------ */

bool tree_mentions(const Tree *tree, const char *name) {
    if (tree->kind == TREE_NAME && !strcmp(tree->text, name)) {
        return true;
    }
    for (int i = 0; i < tree->count; i++) {
        if (tree_mentions(tree->child[i], name)) {
            return true;
        }
    }
    return false;
}

/* A parameter that nothing uses is a slip: of its name, or of what was meant to use it. */
static void check_parameters(Session *session, const Tree *tree) {
    for (int i = 0, count = parameter_count(tree); i < count; i++) {
        const Tree *parameter = tree->child[i];
        bool used = false;
        for (int j = i + 1; j < tree->count; j++) {
            used = used || tree_mentions(tree->child[j], parameter->text);
        }
        if (!used) {
            session_error(session, parameter->span, "nothing uses the parameter `%s`", parameter->text);
        }
        if (parameter_index(tree, parameter->text) < i) {
            session_error(session, parameter->text_span, "net %s has two parameters `%s`", tree->text, parameter->text);
        }
    }
}

/* `net plain = mlp`: the same declaration under a name of its own, with weights of its own. */
static NetValue *declare_like(const Tree *tree, const Value *value, Scope *scope) {
    if (value->type != VALUE_NET) {
        return net_value_new(tree->text, tree, scope, tree->span);
    }
    NetValue *net = net_value_like(value->net, tree->text, tree->span);
    if (net) {
        net->base = tree->text;
    }
    return net;
}

static bool is_pipeline(const Value *value) {
    return value->type == VALUE_NET || value->type == VALUE_BODY || value->type == VALUE_UNKNOWN ||
           value->type == VALUE_NONE ||
           (value->type == VALUE_CALL && value->call.call->entry->kind & (PLUMB_LAYER | PLUMB_ACTIVATION));
}

static NetValue *declare_by_value(Session *session, const Tree *tree, Scope *scope) {
    const Tree *body = tree->child[tree->count - 1];
    Value *value = evaluate_as(session, body, scope, PLUMB_LAYER | PLUMB_ACTIVATION | PLUMB_COMBINATOR);
    NetValue *net = NULL;
    if (value && !is_pipeline(value)) {
        session_error(session, body->span, "a net is made of layers, and this is %s", value_type_name(value));
    } else if (value && !(net = declare_like(tree, value, scope))) {
        report_memory(session, tree->span);
    }
    value_drop(value);
    return net;
}

Value *declare_net(Session *session, const Tree *tree, Scope *scope) {
    const Tree *body = tree->child[tree->count - 1];
    NetValue *net = NULL;
    if (session->checking) {
        check_parameters(session, tree);
    }
    if (body->kind != TREE_BLOCK && tree->count == 1) {
        net = declare_by_value(session, tree, scope);
    } else if (!(net = net_value_new(tree->text, tree, scope, tree->span))) {
        report_memory(session, tree->span);
    } else {
        const Tree **none = calloc((size_t)net->argument_count + 1, sizeof *none);
        if (!none || !fill_arguments(session, net, none, scope)) {
            net_value_free(net);
            net = NULL;
        }
        free(none);
    }
    if (net && session->checking) {
        PlumbNet *built = build_net(session, net, tree->span);
        if (built && !missing_parameter(net)) {
            doubt_net(session, net, built, NULL, NULL);
        }
        plumb_net_free(built);
    }
    Value *value = net ? value_net(net) : NULL;
    return value;
}
