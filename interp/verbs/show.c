/* show NET|DATA|RECIPE|VALUE */
#include "../../grammar/format.h"
#include "../render/number.h"
#include "../render/pictures.h"
#include "common.h"
#include <math.h>
#include <stdlib.h>

/* ---- nets -------------------------------------------------------------------------------------------------------- */

static json_t *net_json(const PlumbNet *net) {
    json_t *object = json_object(), *layers = json_array();
    int64_t parameters = 0;
    for (int i = 0; i < plumb_net_size(net); i++) {
        const PlumbNode *node = plumb_net_node(net, i);
        json_t *layer = json_object();
        json_object_set_new(layer, "name", json_text(node->name));
        json_object_set_new(layer, "kind", json_text(node->call->entry->name));
        json_object_set_new(layer, "shape", json_shape(node->shape));
        json_object_set_new(layer, "parameters", json_integer(node->parameters));
        json_object_set_new(layer, "flops", json_figure(node->flops));
        json_object_set_new(layer, "init", *node->init ? json_text(node->init) : json_null());
        json_array_append_new(layers, layer);
        parameters += node->parameters;
    }
    json_object_set_new(object, "layers", layers);
    json_object_set_new(object, "parameters", json_integer(parameters));
    return object;
}

static bool show_net(Session *session, const VerbCall *call, int index) {
    Canvas canvas = session_canvas(session);
    const NetValue *about = call->operand[index]->net;
    const PlumbNet *net = session_net(session, call->operand[index], call->tree_of[index]->span);
    if (!net) {
        return false;
    }
    canvas_wrap(&canvas, STATE_PLAIN, 4, "net %s", about->name);
    picture_net(&canvas, net);
    fputc('\n', canvas.out);
    session_json(session, call, about->name, net_json(net));
    return true;
}

/* ---- data -------------------------------------------------------------------------------------------------------- */

static json_t *classes_json(const PlumbData *data) {
    json_t *list = json_array();
    for (int i = 0; i < data->classes; i++) {
        json_t *class = json_object();
        json_object_set_new(class, "name", json_text(data->class_name[i]));
        json_object_set_new(class, "train", json_integer(data_class_rows(&data->train, i, data->label_count)));
        json_object_set_new(class, "test", json_integer(data_class_rows(&data->test, i, data->label_count)));
        json_array_append_new(list, class);
    }
    return list;
}

static json_t *data_json(const PlumbData *data) {
    json_t *object = json_object();
    DataRange x = data_range(data->train.x, data->train.rows * plumb_shape_size(data->x_shape));
    json_object_set_new(object, "source", json_text(data->name));
    json_object_set_new(object, "shape", json_shape(data->x_shape));
    json_object_set_new(object, "task", json_text(data->classify ? "classify" : "regress"));
    if (data->classify) {
        json_object_set_new(object, "classes", classes_json(data));
    } else {
        json_object_set_new(object, "target", json_shape(data->y_shape));
    }
    json_object_set_new(object, "train", json_integer(data->train.rows));
    json_object_set_new(object, "test", json_integer(data->test.rows));
    json_object_set_new(object, "min", json_figure(x.min));
    json_object_set_new(object, "max", json_figure(x.max));
    json_object_set_new(object, "mean", json_figure(x.mean));
    json_object_set_new(object, "std", json_figure(x.std));
    json_object_set_new(object, "nonfinite", json_integer(x.nonfinite));
    return object;
}

static bool show_data(Session *session, const VerbCall *call, int index) {
    Canvas canvas = session_canvas(session);
    const PlumbData *data = data_of(call->operand[index]);
    picture_data(&canvas, data);
    fputc('\n', canvas.out);
    session_json(session, call, NULL, data_json(data));
    return true;
}

/* ---- recipes and other values ------------------------------------------------------------------------------------ */

static json_t *json_setting(const PlumbValue *value, const char *text) {
    bool whole = value->type == PLUMB_V_NUMBER && value->number == rint(value->number) && fabs(value->number) < 1e15;
    switch (value->type) {
    case PLUMB_V_NUMBER:
        return whole ? json_integer((json_int_t)value->number) : json_figure(value->number);
    case PLUMB_V_NONE:
        return json_null();
    default:
        return json_text(text ? text : "");
    }
}

static json_t *recipe_json(const PlumbCall *recipe) {
    json_t *object = json_object(), *keys = json_object(), *given = json_array();
    for (int i = 0; i < recipe->count; i++) {
        char *text = recipe_value_text(&recipe->arg[i]);
        const PlumbValue *value = &recipe->arg[i];
        json_object_set_new(keys, recipe->entry->args[i].name, json_setting(value, text));
        if (recipe->given[i]) {
            json_array_append_new(given, json_text(recipe->entry->args[i].name));
        }
        free(text);
    }
    json_object_set_new(object, "recipe", keys);
    json_object_set_new(object, "given", given);
    return object;
}

static bool show_recipe(Session *session, const VerbCall *call, int index) {
    Canvas canvas = session_canvas(session);
    const PlumbCall *recipe = call->operand[index]->call.call;
    char *name = written(call->tree_of[index]);
    picture_recipe(&canvas, name ? name : "", recipe);
    fputc('\n', canvas.out);
    free(name);
    session_json(session, call, NULL, recipe_json(recipe));
    return true;
}

static bool show_value(Session *session, const VerbCall *call, int index) {
    char *text = value_text(call->operand[index]);
    json_t *object = json_object();
    if (!text) {
        json_decref(object);
        return report_no_memory(session, call->tree_of[index]->span);
    }
    fprintf(session_text(session), "%s\n", text);
    json_object_set_new(object, "value", json_text(text));
    session_json(session, call, NULL, object);
    free(text);
    return true;
}

static bool run(Session *session, const VerbCall *call) {
    bool done = true;
    for (int i = 0; done && i < call->count; i++) {
        switch (call->operand[i]->type) {
        case VALUE_NET:
            done = show_net(session, call, i);
            break;
        case VALUE_DATA:
            done = show_data(session, call, i);
            break;
        case VALUE_RECIPE:
            done = show_recipe(session, call, i);
            break;
        default:
            done = show_value(session, call, i);
        }
    }
    return done;
}

const Verb verb_show = {
    .entry = {.name = "show",
              .kind = PLUMB_VERB,
              .family = "looking",
              .summary = "the layers of a net, what a data set holds, every key of a recipe, or a value",
              .formula = "show NET|DATA|RECIPE|VALUE, ...",
              .source = "plumb",
              .example = "show plain, digits"},
    .operands_min = 1,
    .operands_max = -1,
    .operands = TAKES_ANY,
    .run = run,
    .check = check_fits,
};
