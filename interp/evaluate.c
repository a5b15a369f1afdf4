/* Expressions to values. */
#include "fields.h"
#include "interpreter.h"
#include "operators.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ALL_KINDS = ~(PLUMB_VERB | PLUMB_SETTING) };

static Value *checked(Session *session, const Tree *tree, Value *value) {
    if (!value) {
        report_memory(session, tree->span);
    }
    return value;
}

static Value *unknown_when_checking(Session *session, const Tree *tree) {
    return session->checking ? checked(session, tree, value_unknown()) : NULL;
}

/* ---- names ------------------------------------------------------------------------------------------------------ */

/* The statement of the same text that binds the name, at its top level. NULL: none. */
static const Tree *find_binding(const Session *session, const Tree *name) {
    const Script *script = script_of(session, name->span.source);
    for (int i = 0; script && script->program && i < script->program->root->count; i++) {
        const Tree *tree = script->program->root->child[i];
        bool binds = tree->kind == TREE_NET || tree->kind == TREE_BIND || tree->kind == TREE_RECIPE;
        if (binds && !strcmp(tree->text, name->text)) {
            return tree;
        }
    }
    return NULL;
}

static void report_no_name(Session *session, const Tree *tree, const Scope *scope, unsigned kinds) {
    Diag *diag = report(session, tree->span, "there is no `%.64s`", tree->text);
    const Tree *later = find_binding(session, tree);
    if (later && later->kind == TREE_NET && later->span.begin < tree->span.begin &&
        later->span.end > tree->span.begin) {
        diag_label(diag, "a net does not use itself");
        return;
    }
    if (later && later->span.end > tree->span.begin) {
        diag_label(diag, "not yet");
        diag_place(diag, later->text_span, "it is bound only here");
        return;
    }
    const char *near = name_nearest(tree->text, kinds & ALL_KINDS, scope);
    if (near) {
        diag_label(diag, "did you mean `%s`?", near);
    }
}

static Value *evaluate_name(Session *session, const Tree *tree, Scope *scope, unsigned kinds) {
    Value *bound = scope_find(scope, tree->text);
    if (bound) {
        return value_keep(bound);
    }
    const PlumbEntry *entry = name_entry(tree->text);
    if (!entry) {
        report_no_name(session, tree, scope, kinds);
        return NULL;
    }
    return call_entry(session, entry, tree, scope);
}

/* ---- lists ------------------------------------------------------------------------------------------------------ */

static void drop_all(Value **item, int count) {
    for (int i = 0; i < count; i++) {
        value_drop(item[i]);
    }
    free(item);
}

static Value *not_too_high(Session *session, const Tree *tree, Value *list) {
    if (list && list->list.height > LIST_HEIGHT_MAX) {
        session_error(session, tree->span, "lists lie more than %d deep in one another", LIST_HEIGHT_MAX);
        value_drop(list);
        return NULL;
    }
    return list;
}

/* All items are evaluated, so that one error does not hide another. */
static Value *evaluate_list(Session *session, const Tree *tree, Scope *scope) {
    Value **item = calloc((size_t)tree->count + 1, sizeof(Value *));
    bool done = item;
    for (int i = 0; item && i < tree->count; i++) {
        item[i] = evaluate(session, tree->child[i], scope);
        done = done && item[i];
    }
    Value *list = done ? not_too_high(session, tree, checked(session, tree, value_list(item, tree->count))) : NULL;
    if (item) {
        drop_all(item, tree->count);
    } else {
        report_memory(session, tree->span);
    }
    return list;
}

/* ---- fields: a.b.c is resolved at once, since names of layers hold dots ------------------------------------------ */

static int chain_length(const Tree *tree) {
    int length = 0;
    for (; tree->kind == TREE_FIELD && !tree->in_parentheses; tree = tree->child[0]) {
        length++;
    }
    return length;
}

static Value *evaluate_field(Session *session, const Tree *tree, Scope *scope) {
    int count = tree->in_parentheses ? 1 + chain_length(tree->child[0]) : chain_length(tree);
    const Tree **path = calloc((size_t)count, sizeof *path), *object = tree;
    if (!path) {
        report_memory(session, tree->span);
        return NULL;
    }
    for (int i = count - 1; i >= 0; i--) {
        path[i] = object;
        object = object->child[0];
    }
    Value *from = evaluate(session, object, scope);
    Value *value = from ? field_of(session, from, path, count) : NULL;
    value_drop(from);
    free(path);
    return value;
}

/* ---- items and slices -------------------------------------------------------------------------------------------- */

/* From the end where negative, as in Python. False: reported. */
static bool find_index(Session *session, const Tree *tree, const Value *index, int64_t length, int64_t *found) {
    if (index->type != VALUE_NUMBER || index->number != rint(index->number)) {
        char *text = value_text(index);
        session_error(session, tree->span, "an index is a whole number, not %s", text ? text : "this");
        free(text);
        return false;
    }
    double at = index->number < 0 ? index->number + (double)length : index->number;
    if (at < 0 || at >= (double)length) {
        Diag *diag = report(session, tree->span, "index %.0f is out of range", index->number);
        diag_label(diag, length ? "there are %lld items, the first is 0" : "there are no items", (long long)length);
        return false;
    }
    *found = (int64_t)at;
    return true;
}

static Value *slice_tensor(const PlumbTensor *tensor, int64_t index) {
    PlumbShape shape = {.rank = tensor->shape.rank - 1};
    for (int i = 0; i < shape.rank; i++) {
        shape.dim[i] = tensor->shape.dim[i + 1];
    }
    int64_t size = shape.rank ? plumb_shape_size(shape) : 1;
    const plumb_real *at = tensor->value + index * size;
    return shape.rank ? value_tensor(tensor->name, shape, at) : value_number((double)*at);
}

static Value *item_of(Session *session, const Tree *tree, const Value *object, const Value *index) {
    bool is_list = object->type == VALUE_LIST;
    int64_t at;
    if (!is_list && (object->type != VALUE_TENSOR || object->tensor.shape.rank < 1)) {
        session_error(session, tree->child[0]->span, "%s has no items", value_type_name(object));
        return NULL;
    }
    int64_t length = is_list ? object->list.count : object->tensor.shape.dim[0];
    if (!find_index(session, tree->child[1], index, length, &at)) {
        return NULL;
    }
    return is_list ? value_keep(object->list.item[at]) : checked(session, tree, slice_tensor(&object->tensor, at));
}

static Value *evaluate_index(Session *session, const Tree *tree, Scope *scope) {
    Value *object = evaluate(session, tree->child[0], scope), *index = evaluate(session, tree->child[1], scope);
    Value *value = NULL;
    if (object && index) {
        bool unknown = object->type == VALUE_UNKNOWN || index->type == VALUE_UNKNOWN;
        value = unknown ? unknown_when_checking(session, tree) : item_of(session, tree, object, index);
    }
    value_drop(object);
    value_drop(index);
    return value;
}

/* ---- operators --------------------------------------------------------------------------------------------------- */

static bool is_logical(const Tree *tree) {
    return !strcmp(tree->text, "and") || !strcmp(tree->text, "or");
}

static int truth(Session *session, const Tree *tree, const Value *value) {
    if (value->type == VALUE_UNKNOWN) {
        return -1;
    }
    if (value->type != VALUE_BOOL) {
        session_error(session, tree->span, "a condition is true or false, and this is %s", value_type_name(value));
        return -2;
    }
    return value->boolean;
}

int evaluate_condition(Session *session, const Tree *tree, Scope *scope) {
    Value *value = evaluate(session, tree, scope);
    int result = value ? truth(session, tree, value) : -2;
    value_drop(value);
    return result;
}

/* The right side is evaluated where the left does not decide; while checking always. */
static Value *evaluate_logical(Session *session, const Tree *tree, Scope *scope) {
    bool is_or = !strcmp(tree->text, "or");
    int left = evaluate_condition(session, tree->child[0], scope);
    if (left == -2 && !session->checking) {
        return NULL;
    }
    if (left == is_or && !session->checking) {
        return checked(session, tree, value_bool(is_or));
    }
    int right = evaluate_condition(session, tree->child[1], scope);
    if (left == -2 || right == -2) {
        return NULL;
    }
    if (left == is_or || right == is_or) {
        return checked(session, tree, value_bool(is_or));
    }
    return left < 0 || right < 0 ? unknown_when_checking(session, tree) : checked(session, tree, value_bool(!is_or));
}

static Value *evaluate_operator(Session *session, const Tree *tree, Scope *scope) {
    Value *left = evaluate(session, tree->child[0], scope);
    Value *right = tree->count > 1 ? evaluate(session, tree->child[1], scope) : NULL;
    Value *value = NULL;
    if (left && (right || tree->count == 1)) {
        PlumbError error = {.argument = -1};
        value = operate(tree->text, left, right, &error);
        if (!value) {
            report_error(session, tree->span, &error);
        }
    }
    value_drop(left);
    value_drop(right);
    return value;
}

static Value *evaluate_binary(Session *session, const Tree *tree, Scope *scope) {
    if (!strcmp(tree->text, "->")) {
        return checked(session, tree, value_body(tree, scope));
    }
    return is_logical(tree) ? evaluate_logical(session, tree, scope) : evaluate_operator(session, tree, scope);
}

/* ---- all of them ------------------------------------------------------------------------------------------------- */

Value *evaluate_as(Session *session, const Tree *tree, Scope *scope, unsigned kinds) {
    switch (tree->kind) {
    case TREE_NUMBER:
        return checked(session, tree, value_number(tree->number));
    case TREE_STRING:
        return checked(session, tree, value_string(tree->text));
    case TREE_TRUE:
    case TREE_FALSE:
        return checked(session, tree, value_bool(tree->kind == TREE_TRUE));
    case TREE_NONE:
        return checked(session, tree, value_none());
    case TREE_NAME:
        return evaluate_name(session, tree, scope, kinds);
    case TREE_LIST:
        return evaluate_list(session, tree, scope);
    case TREE_CALL:
        return evaluate_call(session, tree, scope);
    case TREE_FIELD:
        return evaluate_field(session, tree, scope);
    case TREE_INDEX:
        return evaluate_index(session, tree, scope);
    case TREE_UNARY:
        return evaluate_operator(session, tree, scope);
    case TREE_BINARY:
        return evaluate_binary(session, tree, scope);
    case TREE_BLOCK:
        return checked(session, tree, value_body(tree, scope));
    case TREE_ARGUMENT:
        session_error(session, tree->text_span, "`%s=` belongs inside the parentheses of a call", tree->text);
        return NULL;
    default:
        session_error(session, tree->span, "%s is not a value", tree_kind_name(tree->kind));
        return NULL;
    }
}

Value *evaluate(Session *session, const Tree *tree, Scope *scope) {
    return evaluate_as(session, tree, scope, ALL_KINDS);
}
