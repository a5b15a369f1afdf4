/* Values: making, keeping, dropping, and their text on one line. */
#include "value.h"
#include "../grammar/format.h"
#include "names.h"
#include "render/number.h"
#include "scope.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Value *make(ValueType type) {
    Value *value = calloc(1, sizeof *value);
    if (value) {
        value->owners = 1;
        value->type = type;
    }
    return value;
}

Value *value_none(void) {
    return make(VALUE_NONE);
}
Value *value_unknown(void) {
    return make(VALUE_UNKNOWN);
}

Value *value_number(double number) {
    Value *value = make(VALUE_NUMBER);
    if (value) {
        value->number = number;
    }
    return value;
}

Value *value_bool(bool boolean) {
    Value *value = make(VALUE_BOOL);
    if (value) {
        value->boolean = boolean;
    }
    return value;
}

static Value *made_or_dropped(Value *value, bool done) {
    if (!done) {
        value_drop(value);
        return NULL;
    }
    return value;
}

static Value *text_value(ValueType type, const char *text) {
    Value *value = make(type);
    return value ? made_or_dropped(value, (value->string = strdup(text))) : NULL;
}
Value *value_string(const char *text) {
    return text_value(VALUE_STRING, text);
}
Value *value_word(const char *text) {
    return text_value(VALUE_WORD, text);
}

Value *value_list(Value **item, int count) {
    Value *value = make(VALUE_LIST);
    if (!value || !(value->list.item = calloc((size_t)count + 1, sizeof *item))) {
        return made_or_dropped(value, false);
    }
    value->list.height = 1;
    for (int i = 0; i < count; i++) {
        value->list.item[value->list.count++] = value_keep(item[i]);
        if (item[i]->type == VALUE_LIST && item[i]->list.height >= value->list.height) {
            value->list.height = item[i]->list.height + 1;
        }
    }
    return value;
}

Value *value_numbers(const double *number, int count) {
    Value **item = calloc((size_t)count + 1, sizeof *item), *list = NULL;
    int made = 0;
    while (item && made < count && (item[made] = value_number(number[made]))) {
        made++;
    }
    if (item && made == count) {
        list = value_list(item, count);
    }
    while (made > 0) {
        value_drop(item[--made]);
    }
    free(item);
    return list;
}

Value *value_call(const PlumbCall *call) {
    Value *value = make(call->entry->kind == PLUMB_RECIPE ? VALUE_RECIPE : VALUE_CALL);
    if (value) {
        value->call.arena = plumb_arena_new();
        value->call.call = value->call.arena ? plumb_call_copy(value->call.arena, call) : NULL;
    }
    return made_or_dropped(value, value && value->call.call);
}

Value *value_body(const Tree *tree, Scope *scope) {
    Value *value = make(VALUE_BODY);
    if (value) {
        value->body.tree = tree;
        value->body.scope = scope_keep(scope);
    }
    return value;
}

Value *value_net(NetValue *net) {
    Value *value = make(VALUE_NET);
    if (value) {
        value->net = net;
    } else {
        net_value_free(net);
    }
    return value;
}

Value *value_data(PlumbData *data, Value *call) {
    Value *value = make(VALUE_DATA);
    if (!value) {
        plumb_data_free(data);
        return NULL;
    }
    value->data.data = data;
    value->data.call = value_keep(call);
    return value;
}

Value *value_tensor(const char *name, PlumbShape shape, const plumb_real *from) {
    Value *value = make(VALUE_TENSOR);
    size_t bytes = (size_t)plumb_shape_size(shape) * sizeof *from;
    if (value) {
        value->tensor = (PlumbTensor){strdup(name), shape, malloc(bytes + 1)};
    }
    bool done = value && value->tensor.name && value->tensor.value;
    if (done) {
        memcpy(value->tensor.value, from, bytes);
    }
    return made_or_dropped(value, done);
}

Value *value_layer(Value *net, int node) {
    Value *value = make(VALUE_LAYER);
    if (value) {
        value->layer.net = value_keep(net);
        value->layer.node = node;
    }
    return value;
}

Value *value_history(Value *net) {
    Value *value = make(VALUE_HISTORY);
    if (value) {
        value->history.net = value_keep(net);
    }
    return value;
}

/* ---- owners ------------------------------------------------------------------------------------------------- */

Value *value_keep(Value *value) {
    value->owners++;
    return value;
}

void net_value_forget(NetValue *net) {
    plumb_log_close(net->log, NULL);
    net->log = NULL;
    plumb_trainer_free(net->trainer);
    plumb_checkpoint_free(net->checkpoint);
    net->trainer = NULL;
    net->checkpoint = NULL;
    free(net->probe);
    net->probe = NULL;
    free(net->score.confusion);
    net->score = (PlumbScore){0};
    net->has_score = net->has_loss = net->unfinished = net->held = false;
    net->loss = net->seconds = 0;
}

int net_value_history(const NetValue *net, const PlumbEpoch **epochs) {
    *epochs = NULL;
    return net->trainer      ? plumb_trainer_history(net->trainer, epochs)
           : net->checkpoint ? plumb_checkpoint_history(net->checkpoint, epochs)
                             : 0;
}

int64_t net_value_steps(const NetValue *net) {
    int64_t of;
    return net->trainer      ? plumb_trainer_steps(net->trainer, &of)
           : net->checkpoint ? plumb_checkpoint_steps(net->checkpoint)
                             : 0;
}

void net_value_free(NetValue *net) {
    if (!net) {
        return;
    }
    net_value_forget(net);
    plumb_net_free(net->net);
    for (int i = 0; i < net->argument_count; i++) {
        value_drop(net->argument[i]);
    }
    free(net->argument);
    value_drop(net->trained_on);
    value_drop(net->trained_with);
    json_decref(net->alerts);
    json_decref(net->repair);
    scope_drop(net->scope);
    free(net->name);
    free(net);
}

static void release(Value *value) {
    switch (value->type) {
    case VALUE_STRING:
    case VALUE_WORD:
        free(value->string);
        break;
    case VALUE_LIST:
        for (int i = 0; i < value->list.count; i++) {
            value_drop(value->list.item[i]);
        }
        free(value->list.item);
        break;
    case VALUE_CALL:
    case VALUE_RECIPE:
        plumb_arena_free(value->call.arena);
        break;
    case VALUE_BODY:
        scope_drop(value->body.scope);
        break;
    case VALUE_NET:
        net_value_free(value->net);
        break;
    case VALUE_DATA:
        plumb_data_free(value->data.data);
        value_drop(value->data.call);
        break;
    case VALUE_TENSOR:
        free(value->tensor.name);
        free(value->tensor.value);
        break;
    case VALUE_HISTORY:
        value_drop(value->history.net);
        break;
    case VALUE_LAYER:
        value_drop(value->layer.net);
        break;
    default:
        break;
    }
}

void value_drop(Value *value) {
    if (value && --value->owners == 0) {
        release(value);
        free(value);
    }
}

/* ---- for a person --------------------------------------------------------------------------------------------- */

const char *value_type_name(const Value *value) {
    static const char *const name[] = {
        [VALUE_NONE] = "none",
        [VALUE_NUMBER] = "a number",
        [VALUE_BOOL] = "true or false",
        [VALUE_STRING] = "a string",
        [VALUE_LIST] = "a list",
        [VALUE_CALL] = "a call",
        [VALUE_BODY] = "a pipeline",
        [VALUE_NET] = "a net",
        [VALUE_DATA] = "a data set",
        [VALUE_RECIPE] = "a recipe",
        [VALUE_TENSOR] = "a tensor",
        [VALUE_HISTORY] = "a history",
        [VALUE_LAYER] = "a layer of a net",
        [VALUE_WORD] = "a word",
        [VALUE_UNKNOWN] = "unknown",
    };
    return value->type == VALUE_CALL ? name_kind_text(value->call.call->entry->kind) : name[value->type];
}

static void write_value(FILE *out, const Value *value);

static void write_list(FILE *out, const Value *value) {
    fputc('[', out);
    for (int i = 0; i < value->list.count; i++) {
        fputs(i ? ", " : "", out);
        write_value(out, value->list.item[i]);
    }
    fputc(']', out);
}

static void write_tensor(FILE *out, const PlumbTensor *tensor) {
    char shape[64], mean_text[32], std_text[32];
    double mean = 0, squares = 0;
    int64_t size = plumb_shape_size(tensor->shape);
    for (int64_t i = 0; i < size; i++) {
        mean += (double)tensor->value[i] / (double)size;
    }
    for (int64_t i = 0; i < size; i++) {
        squares += ((double)tensor->value[i] - mean) * ((double)tensor->value[i] - mean) / (double)size;
    }
    fprintf(out, "%s: %s, mean %s, std %s [", tensor->name, plumb_shape_text(tensor->shape, shape),
            number_show(mean, mean_text), number_show(sqrt(squares), std_text));
    for (int64_t i = 0; i < size && i < 4; i++) {
        fprintf(out, "%s%s", i ? ", " : "", number_show((double)tensor->value[i], mean_text));
    }
    fputs(size > 4 ? ", ...]" : "]", out);
}

static void write_text(FILE *out, char *text) {
    fputs(text ? text : "?", out);
    free(text);
}

static void write_value(FILE *out, const Value *value) {
    char text[32];
    switch (value->type) {
    case VALUE_NUMBER:
        fputs(number_show(value->number, text), out);
        break;
    case VALUE_BOOL:
        fputs(value->boolean ? "true" : "false", out);
        break;
    case VALUE_STRING:
    case VALUE_WORD:
        fputs(value->string, out);
        break;
    case VALUE_LIST:
        write_list(out, value);
        break;
    case VALUE_CALL:
    case VALUE_RECIPE:
        write_text(out, plumb_call_text(value->call.call));
        break;
    case VALUE_BODY:
        write_text(out, format_tree(value->body.tree));
        break;
    case VALUE_NET:
        fprintf(out, "net %s", value->net->name);
        break;
    case VALUE_DATA:
        fputs(value->data.data->name, out);
        break;
    case VALUE_TENSOR:
        write_tensor(out, &value->tensor);
        break;
    case VALUE_HISTORY:
        fprintf(out, "history of %s", value->history.net->net->name);
        break;
    case VALUE_LAYER:
        fprintf(out, "%s.%s", value->layer.net->net->name,
                plumb_net_node(value->layer.net->net->net, value->layer.node)->name);
        break;
    case VALUE_NONE:
    case VALUE_UNKNOWN:
        fputs(value->type == VALUE_NONE ? "none" : "unknown", out);
        break;
    }
}

char *value_text(const Value *value) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        return NULL;
    }
    write_value(out, value);
    return fclose(out) ? (free(text), NULL) : text;
}
