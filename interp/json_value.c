/* Values as JSON. */
#include "json_value.h"
#include <math.h>
#include <stdlib.h>

enum { EXACT_MAX = 53 }; /* bits of a double's whole numbers */

json_t *json_of_number(double number) {
    if (!isfinite(number)) {
        return json_null();
    }
    return number == rint(number) && fabs(number) < ldexp(1, EXACT_MAX) ? json_integer((json_int_t)number)
                                                                        : json_real(number);
}

static json_t *of_list(const Value *value) {
    json_t *array = json_array();
    for (int i = 0; i < value->list.count; i++) {
        json_array_append_new(array, json_of_value(value->list.item[i]));
    }
    return array;
}

static json_t *of_tensor(const PlumbTensor *tensor) {
    json_t *shape = json_array(), *values = json_array();
    int64_t size = plumb_shape_size(tensor->shape);
    for (int i = 0; i < tensor->shape.rank; i++) {
        json_array_append_new(shape, json_integer(tensor->shape.dim[i]));
    }
    for (int64_t i = 0; i < size; i++) {
        json_array_append_new(values, json_of_number((double)tensor->value[i]));
    }
    return json_pack("{s:s, s:o, s:o}", "name", tensor->name, "shape", shape, "values", values);
}

/* Strings may hold any byte (\xff); JSON takes UTF-8 only, so the others become "?". */
static json_t *of_bytes(char *text) {
    json_t *string = json_string(text);
    if (!string) {
        for (char *at = text; *at; at++) {
            *at = (unsigned char)*at < 0x80 ? *at : '?';
        }
        string = json_string(text);
    }
    return string;
}

static json_t *of_text(const Value *value) {
    char *text = value_text(value);
    json_t *string = text ? of_bytes(text) : NULL;
    free(text);
    return string;
}

json_t *json_of_value(const Value *value) {
    switch (value->type) {
    case VALUE_NONE:
    case VALUE_UNKNOWN:
        return json_null();
    case VALUE_NUMBER:
        return json_of_number(value->number);
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
