/* print: values on one line. */
#include "common.h"
#include <math.h>
#include <stdlib.h>

/* ---- as JSON --------------------------------------------------------------------------------------------------- */

enum { EXACT_MAX = 53 }; /* bits of a double's whole numbers */

static json_t *of_value(const Value *value);

static json_t *of_number(double number) {
    bool whole = number == rint(number) && fabs(number) < ldexp(1, EXACT_MAX);
    return whole ? json_integer((json_int_t)number) : json_figure(number);
}

static json_t *of_list(const Value *value) {
    json_t *array = json_array();
    for (int i = 0; i < value->list.count; i++) {
        json_array_append_new(array, of_value(value->list.item[i]));
    }
    return array;
}

/* Its whole content, last index fastest. */
static json_t *of_tensor(const PlumbTensor *tensor) {
    json_t *values = json_array();
    int64_t size = plumb_shape_size(tensor->shape);
    for (int64_t i = 0; i < size; i++) {
        json_array_append_new(values, of_number((double)tensor->value[i]));
    }
    return json_pack("{s:s, s:o, s:o}", "name", tensor->name, "shape", json_shape(tensor->shape), "values", values);
}

static json_t *of_text(const Value *value) {
    char *text = value_text(value);
    json_t *string = text ? json_string(text) : NULL; /* NULL for what is not UTF-8 too */
    free(text);
    return string ? string : json_null();
}

static json_t *of_value(const Value *value) {
    switch (value->type) {
    case VALUE_NONE:
    case VALUE_UNKNOWN:
        return json_null();
    case VALUE_NUMBER:
        return of_number(value->number);
    case VALUE_BOOL:
        return json_boolean(value->boolean);
    case VALUE_LIST:
        return of_list(value);
    case VALUE_TENSOR:
        return of_tensor(&value->tensor);
    default:
        return of_text(value);
    }
}

/* ---- as text --------------------------------------------------------------------------------------------------- */

static bool print_text(Session *session, const VerbCall *call) {
    FILE *out = session_out(session);
    for (int i = 0; i < call->count; i++) {
        char *text = value_text(call->operand[i]);
        if (!text) {
            return session_error(session, call->tree_of[i]->span, "not enough memory");
        }
        fprintf(out, "%s%s", i ? " " : "", text);
        free(text);
    }
    fputc('\n', out);
    return true;
}

static bool run(Session *session, const VerbCall *call) {
    if (!session_json_wanted(session)) {
        return print_text(session, call);
    }
    json_t *values = json_array();
    for (int i = 0; i < call->count; i++) {
        json_array_append_new(values, of_value(call->operand[i]));
    }
    session_json(session, call, NULL, json_pack("{s:o}", "values", values));
    return true;
}

const Verb verb_print = {.entry = {.name = "print",
                                   .kind = PLUMB_VERB,
                                   .family = "scripts",
                                   .summary = "prints values on one line, blanks between them",
                                   .formula = "print VALUE, VALUE, ...",
                                   .source = "plumb",
                                   .example = "print \"two thirds\", 2 / 3"},
                         .operands_max = -1,
                         .operands = TAKES_ANY,
                         .run = run};
