/* Values as JSON, for --json. */
#ifndef PLUMB_JSON_VALUE_H
#define PLUMB_JSON_VALUE_H
#include "value.h"
#include <jansson.h>

json_t *json_of_number(double number); /* whole numbers without a point; null for what JSON has no number: nan, inf */
/* Lists as arrays; tensors as {name, shape, values}; what has no form of its own as its text. NULL: no memory. */
json_t *json_of_value(const Value *value);
#endif
