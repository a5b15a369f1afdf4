/* Arithmetic, comparison and equality. Numbers are IEEE doubles: 1/0 is inf, 0/0 is nan. */
#include "operators.h"
#include "numbers.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Operator {
    const char *sign;
    double (*number)(double left, double right); /* NULL: no arithmetic */
    bool (*holds)(double left, double right);    /* of a comparison */
    const char *verb, *join;                     /* "cannot add A and B" */
    bool swapped;                                /* "cannot subtract B from A" */
} Operator;

static double add(double a, double b) {
    return a + b;
}
static double subtract(double a, double b) {
    return a - b;
}
static double multiply(double a, double b) {
    return a * b;
}
static double divide(double a, double b) {
    return a / b;
}

/* The remainder has the divisor's sign, as in Python; of a division by 0 it is nan. */
static double modulo(double a, double b) {
    double rest = fmod(a, b);
    if (rest == 0) {
        return copysign(0, b);
    }
    return (rest < 0) != (b < 0) ? rest + b : rest;
}

static bool less(double a, double b) {
    return a < b;
}
static bool greater(double a, double b) {
    return a > b;
}
static bool at_most(double a, double b) {
    return a <= b;
}
static bool at_least(double a, double b) {
    return a >= b;
}

static const Operator operators[] = {
    {"+", add, NULL, "add", "and", false},           {"-", subtract, NULL, "subtract", "from", true},
    {"*", multiply, NULL, "multiply", "by", false},  {"/", divide, NULL, "divide", "by", false},
    {"%", modulo, NULL, "divide", "by", false},      {"^", pow, NULL, "raise", "to the power of", false},
    {"<", NULL, less, "compare", "with", false},     {">", NULL, greater, "compare", "with", false},
    {"<=", NULL, at_most, "compare", "with", false}, {">=", NULL, at_least, "compare", "with", false},
};

static const Operator *find(const char *sign) {
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (!strcmp(operators[i].sign, sign)) {
            return &operators[i];
        }
    }
    return NULL;
}

/* ---- what does not go ------------------------------------------------------------------------------------------ */

char *value_described(const Value *value, char text[64]) {
    if (value->type == VALUE_CALL) {
        const PlumbEntry *entry = value->call.call->entry;
        snprintf(text, 64, "the %s %s", plumb_kind_name(entry->kind), entry->name);
    } else {
        snprintf(text, 64, "%s", value_type_name(value));
    }
    return text;
}

static Value *hint(PlumbError *error, const char *text) {
    if (error) {
        snprintf(error->hint, sizeof error->hint, "%s", text);
    }
    return NULL;
}

static bool either(const Value *left, const Value *right, ValueType type) {
    return left->type == type || right->type == type;
}

static Value *refuse_shapes(const Operator *op, const PlumbTensor *first, const PlumbTensor *second,
                            PlumbError *error) {
    char a[64], b[64];
    plumb_fail(error, PLUMB_SHAPE_ERROR, "cannot %s a tensor of shape %s %s one of shape %s", op->verb,
               plumb_shape_text(first->shape, a), op->join, plumb_shape_text(second->shape, b));
    return NULL;
}

static Value *refuse(const Operator *op, const Value *left, const Value *right, PlumbError *error) {
    char a[64], b[64];
    const Value *first = op->swapped ? right : left, *second = op->swapped ? left : right;
    if (op->number && left->type == VALUE_TENSOR && right->type == VALUE_TENSOR) {
        return refuse_shapes(op, &first->tensor, &second->tensor, error);
    }
    plumb_fail(error, PLUMB_ARGUMENT_ERROR, "cannot %s %s %s %s", op->verb, value_described(first, a), op->join,
               value_described(second, b));
    if (op->holds && either(left, right, VALUE_TENSOR)) {
        return hint(error, "a tensor's .norm, .mean, .min and .max are numbers");
    }
    if (op->number && either(left, right, VALUE_STRING) && either(left, right, VALUE_NUMBER)) {
        return hint(error, "print takes several values: print \"x is\", x");
    }
    return NULL;
}

/* ---- equality -------------------------------------------------------------------------------------------------- */

static bool equal_lists(const Value *a, const Value *b) {
    if (a->list.count != b->list.count) {
        return false;
    }
    for (int i = 0; i < a->list.count; i++) {
        if (!value_equal(a->list.item[i], b->list.item[i])) {
            return false;
        }
    }
    return true;
}

static bool equal_tensors(const PlumbTensor *a, const PlumbTensor *b) {
    if (!plumb_shape_equal(a->shape, b->shape)) {
        return false;
    }
    int64_t size = plumb_shape_size(a->shape);
    for (int64_t i = 0; i < size; i++) {
        if (a->value[i] != b->value[i]) { /* not memcmp: nan differs from itself, -0 equals 0 */
            return false;
        }
    }
    return true;
}

static bool equal_calls(const PlumbCall *a, const PlumbCall *b) {
    char *left = plumb_call_text(a), *right = plumb_call_text(b);
    bool equal = a->entry == b->entry && left && right && !strcmp(left, right);
    free(left);
    free(right);
    return equal;
}

/* A word and a string of the same letters are equal: `pad == "same"`. */
static bool is_text(const Value *value) {
    return value->type == VALUE_STRING || value->type == VALUE_WORD;
}

bool value_equal(const Value *a, const Value *b) {
    if (is_text(a) && is_text(b)) {
        return !strcmp(a->string, b->string);
    }
    if (a->type != b->type) {
        return false;
    }
    switch (a->type) {
    case VALUE_NONE:
        return true;
    case VALUE_NUMBER:
        return a->number == b->number;
    case VALUE_BOOL:
        return a->boolean == b->boolean;
    case VALUE_LIST:
        return equal_lists(a, b);
    case VALUE_CALL:
    case VALUE_RECIPE:
        return equal_calls(a->call.call, b->call.call);
    case VALUE_BODY:
        return a->body.scope == b->body.scope && tree_equal(a->body.tree, b->body.tree);
    case VALUE_NET:
        return a->net == b->net;
    case VALUE_DATA:
        return a->data.data == b->data.data;
    case VALUE_TENSOR:
        return equal_tensors(&a->tensor, &b->tensor);
    case VALUE_HISTORY:
        return a->history.net->net == b->history.net->net;
    case VALUE_LAYER:
        return a->layer.net->net == b->layer.net->net && a->layer.node == b->layer.node;
    default:
        return false;
    }
}

/* ---- arithmetic ------------------------------------------------------------------------------------------------ */

/* Element by element; the number is the same for all. */
static Value *on_tensors(const Operator *op, const Value *left, const Value *right, PlumbError *error) {
    const Value *like = left->type == VALUE_TENSOR ? left : right;
    Value *result = value_or_memory(value_tensor("tensor", like->tensor.shape, like->tensor.value), error);
    int64_t size = result ? plumb_shape_size(like->tensor.shape) : 0;
    for (int64_t i = 0; i < size; i++) {
        double a = left->type == VALUE_TENSOR ? (double)left->tensor.value[i] : left->number;
        double b = right->type == VALUE_TENSOR ? (double)right->tensor.value[i] : right->number;
        result->tensor.value[i] = (plumb_real)op->number(a, b);
    }
    return result;
}

static bool go_together(const Value *left, const Value *right) {
    if (left->type == VALUE_TENSOR && right->type == VALUE_TENSOR) {
        return plumb_shape_equal(left->tensor.shape, right->tensor.shape);
    }
    return (left->type == VALUE_TENSOR && right->type == VALUE_NUMBER) ||
           (left->type == VALUE_NUMBER && right->type == VALUE_TENSOR);
}

static Value *join_strings(const char *left, const char *right) {
    size_t length = strlen(left);
    char *text = malloc(length + strlen(right) + 1);
    if (!text) {
        return NULL;
    }
    strcpy(strcpy(text, left) + length, right);
    Value *joined = value_string(text);
    free(text);
    return joined;
}

static Value *join_lists(const Value *left, const Value *right) {
    int count = left->list.count + right->list.count;
    Value **item = calloc((size_t)count + 1, sizeof *item);
    if (!item) {
        return NULL;
    }
    for (int i = 0; i < count; i++) {
        item[i] = i < left->list.count ? left->list.item[i] : right->list.item[i - left->list.count];
    }
    Value *joined = value_list(item, count);
    free(item);
    return joined;
}

static Value *binary(const Operator *op, const Value *left, const Value *right, PlumbError *error) {
    if (left->type == VALUE_NUMBER && right->type == VALUE_NUMBER) {
        return value_or_memory(op->number ? value_number(op->number(left->number, right->number))
                                          : value_bool(op->holds(left->number, right->number)),
                               error);
    }
    if (op->number && go_together(left, right)) {
        return on_tensors(op, left, right, error);
    }
    if (op->number == add && left->type == VALUE_STRING && right->type == VALUE_STRING) {
        return value_or_memory(join_strings(left->string, right->string), error);
    }
    if (op->number == add && left->type == VALUE_LIST && right->type == VALUE_LIST) {
        return value_or_memory(join_lists(left, right), error);
    }
    return refuse(op, left, right, error);
}

static Value *unary(const char *op, const Value *value, PlumbError *error) {
    char text[64];
    bool negation = !strcmp(op, "not");
    if (negation && value->type == VALUE_BOOL) {
        return value_or_memory(value_bool(!value->boolean), error);
    }
    if (!negation && value->type == VALUE_NUMBER) {
        return value_or_memory(value_number(-value->number), error);
    }
    if (!negation && value->type == VALUE_TENSOR) {
        const Value minus = {.type = VALUE_NUMBER, .number = -1};
        return on_tensors(find("*"), &minus, value, error);
    }
    plumb_fail(error, PLUMB_ARGUMENT_ERROR, negation ? "`not` takes true or false, not %s" : "%s has no negative",
               value_described(value, text));
    return NULL;
}

bool value_known(const Value *value) {
    bool known = value->type != VALUE_UNKNOWN;
    for (int i = 0; known && value->type == VALUE_LIST && i < value->list.count; i++) {
        known = value_known(value->list.item[i]);
    }
    return known;
}

Value *operate(const char *op, const Value *left, const Value *right, PlumbError *error) {
    if (!value_known(left) || (right && !value_known(right))) {
        return value_or_memory(value_unknown(), error);
    }
    if (!right) {
        return unary(op, left, error);
    }
    if (op[1] == '=' && (op[0] == '=' || op[0] == '!')) {
        return value_or_memory(value_bool(value_equal(left, right) == (op[0] == '=')), error);
    }
    return binary(find(op), left, right, error);
}
