/* One step after the other along a chain of fields; tensors, lists, calls and data sets. */
#include "fields.h"
#include "fields/parts.h"
#include "functions.h"
#include "interpreter.h"
#include "operators.h"
#include <stdio.h>
#include <string.h>

/* ---- results --------------------------------------------------------------------------------------------------- */

Found found(const Path *path, Value *value, ValueType type, int used) {
    if (!value) {
        session_error(path->session, path->node[used - 1]->span, "not enough memory");
    }
    return (Found){value, type, used};
}

Found found_later(const Path *path, ValueType type, int used) {
    return found(path, value_unknown(), type, used);
}

Found found_error(const Path *path, int used, const PlumbError *error) {
    session_fail(path->session, path->node[used - 1]->span, error);
    return (Found){NULL, VALUE_UNKNOWN, used};
}

/* "loss, test_loss, ...", as many as go into `text` */
static void list_names(NameAt names, void *self, char *text, size_t size) {
    size_t used = 0;
    const char *name = names(self, 0);
    text[0] = '\0';
    for (int i = 0; name && used < size; name = names(self, ++i)) {
        bool fits = used + strlen(name) + sizeof ", ..." < size;
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", fits ? name : "...");
        if (!fits) {
            return;
        }
    }
}

Found found_nothing(const Path *path, int at, const char *owner, NameAt names, void *self) {
    const Tree *node = path->node[at];
    char text[300];
    Diag *diag =
        diags_add(session_diags(path->session), DIAG_ERROR, node->text_span, "%s has no field `%s`", owner, node->text);
    const char *nearest = nearest_name(node->text, names, self);
    if (nearest) {
        diag_label(diag, "did you mean `%s`?", nearest);
    } else if (names(self, 0)) {
        list_names(names, self, text, sizeof text);
        diag_note(diag, "it has %s", text);
    }
    return (Found){NULL, VALUE_UNKNOWN, at + 1};
}

/* ---- tensors, lists, strings: functions as fields -------------------------------------------------------------- */

static const char *function_field_at(void *self, int index) {
    (void)self;
    const Function *function;
    for (int i = 0; (function = function_at(i)); i++) {
        if (function_as_field(function->entry.name) && index-- == 0) {
            return function->entry.name;
        }
    }
    return NULL;
}

static Found field_by_function(const Path *path, Value *object, ValueType type, const char *owner) {
    const Function *function = function_as_field(path->node[0]->text);
    PlumbError error = {.argument = -1};
    if (!function) {
        return found_nothing(path, 0, owner, function_field_at, NULL);
    }
    ValueType result = !strcmp(function->entry.name, "shape") ? VALUE_LIST : VALUE_NUMBER;
    if (object->type != type || !value_known(object)) {
        return found_later(path, result, 1);
    }
    Value *value = function->run(function, &object, 1, &error);
    return value ? found(path, value, result, 1) : found_error(path, 1, &error);
}

/* ---- calls and recipes: their arguments ------------------------------------------------------------------------ */

static const char *argument_at(void *self, int index) {
    const PlumbArg *args = ((const PlumbEntry *)self)->args;
    return args ? args[index].name : NULL;
}

static Found field_of_call(const Path *path, const Value *object) {
    const PlumbCall *call = object->call.call;
    const PlumbValue *argument = plumb_call_value(call, path->node[0]->text);
    if (!argument) {
        return found_nothing(path, 0, call->entry->name, argument_at, (void *)call->entry);
    }
    Value *value = value_of_plumb(argument);
    return found(path, value, value ? value->type : VALUE_UNKNOWN, 1);
}

Value *shape_value(PlumbShape shape) {
    double size[PLUMB_RANK_MAX] = {0};
    for (int i = 0; i < shape.rank; i++) {
        size[i] = shape.dim[i];
    }
    return value_numbers(size, shape.rank > 0 ? shape.rank : 0);
}

/* ---- data sets ------------------------------------------------------------------------------------------------- */

static Value *data_rows(const PlumbData *data) {
    return value_number((double)data->train.rows);
}
static Value *data_test_rows(const PlumbData *data) {
    return value_number((double)data->test.rows);
}
static Value *data_classes(const PlumbData *data) {
    return value_number(data->classes);
}
static Value *data_name(const PlumbData *data) {
    return value_string(data->name);
}
static Value *data_shape(const PlumbData *data) {
    return shape_value(data->x_shape);
}

static const struct {
    const char *name;
    ValueType type;
    Value *(*get)(const PlumbData *data);
} data_fields[] = {
    {"rows", VALUE_NUMBER, data_rows}, {"test_rows", VALUE_NUMBER, data_test_rows},
    {"shape", VALUE_LIST, data_shape}, {"classes", VALUE_NUMBER, data_classes},
    {"name", VALUE_STRING, data_name},
};
enum { DATA_FIELDS = sizeof data_fields / sizeof *data_fields };

static const char *data_field_at(void *self, int index) {
    (void)self;
    return index < DATA_FIELDS ? data_fields[index].name : NULL;
}

static Found field_of_data(const Path *path, const Value *object) {
    for (int i = 0; i < DATA_FIELDS; i++) {
        if (!strcmp(data_fields[i].name, path->node[0]->text)) {
            return found(path, data_fields[i].get(object->data.data), data_fields[i].type, 1);
        }
    }
    return found_nothing(path, 0, "a data set", data_field_at, NULL);
}

/* ---- the chain ------------------------------------------------------------------------------------------------- */

static const char *no_names(void *self, int index) {
    (void)self, (void)index;
    return NULL;
}

/* `type`: what the object is, or will be where it is not yet known. */
static Found step(const Path *path, Value *object, ValueType type) {
    char text[64];
    switch (type) {
    case VALUE_UNKNOWN:
        return found_later(path, VALUE_UNKNOWN, path->count);
    case VALUE_LIST:
        return field_by_function(path, object, type, "a list");
    case VALUE_TENSOR:
        return field_by_function(path, object, type, "a tensor");
    case VALUE_STRING:
        return field_by_function(path, object, type, "a string");
    case VALUE_NET:
        return field_of_net(path, object);
    case VALUE_LAYER:
        return field_of_layer(path, object);
    case VALUE_HISTORY:
        return field_of_history(path, object);
    case VALUE_CALL:
    case VALUE_RECIPE:
        return field_of_call(path, object);
    case VALUE_DATA:
        return field_of_data(path, object);
    default:
        return found_nothing(path, 0, object->type == type ? value_described(object, text) : "a number", no_names,
                             NULL);
    }
}

Value *field_of(Session *session, Value *object, const Tree *const *path, int count) {
    Found at = {value_keep(object), object->type, 0};
    while (at.value && count > 0) {
        Value *before = at.value;
        at = step(&(Path){session, path, count}, before, at.type);
        value_drop(before);
        path += at.used;
        count -= at.used;
    }
    return at.value;
}

FieldHelp field_help_at(int index) {
    int nets = 0;
    while (net_field_at(nets)) {
        nets++;
    }
    return index < nets ? (FieldHelp){net_field_at(index), "plain", net_field_help(index)}
                        : (FieldHelp){layer_field_at(index - nets), "plain.LAYER", layer_field_help(index - nets)};
}

/* ---- names for completion ---------------------------------------------------------------------------------------- */

/* Is it a layer's weight, such as dense1.bias? */
static bool is_weight(const PlumbNet *net, const char *path) {
    int count = net ? plumb_net_weight_total(net) : 0;
    while (count > 0 && strcmp(plumb_net_weight(net, count - 1)->name, path) != 0) {
        count--;
    }
    return count > 0;
}

static const char *name_in_net(const PlumbNet *net, const char *path, int index) {
    if (!*path) {
        return net_field_at(index);
    }
    if (!strcmp(path, "history")) {
        return history_field_at(index);
    }
    if (is_weight(net, path)) {
        return index == 0 ? "grad" : function_field_at(NULL, index - 1);
    }
    return net && plumb_net_find(net, path) >= 0 ? layer_field_at(index) : NULL;
}

const char *field_name_at(const Value *value, const char *path, int index) {
    if (value->type == VALUE_NET) {
        return name_in_net(value->net->net, path, index);
    }
    bool lists = value->type == VALUE_LIST || value->type == VALUE_TENSOR || value->type == VALUE_STRING;
    bool calls = value->type == VALUE_CALL || value->type == VALUE_RECIPE;
    return *path                       ? NULL
           : lists                     ? function_field_at(NULL, index)
           : calls                     ? argument_at((void *)value->call.call->entry, index)
           : value->type == VALUE_DATA ? data_field_at(NULL, index)
                                       : NULL;
}
