/* gradients NET [on DATA]: the gradient over the depth, of one batch measured now or of the last training. */
#include "../render/number.h"
#include "../render/pictures.h"
#include "measure.h"
#include "plot_parts.h"
#include "training.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAP_ROWS = 12 };

static bool has_probes(Session *session, const VerbCall *call) {
    const NetValue *net = call->operand[0]->net;
    if (net->probe) {
        return true;
    }
    PlumbError error = {.argument = -1};
    plumb_fail(&error, PLUMB_ARGUMENT_ERROR, "nothing has been measured of %s yet", net->name);
    snprintf(error.hint, sizeof error.hint, "gradients %.100s on DATA", net->name);
    return session_fail(session, call->tree_of[0]->span, &error);
}

/* Only recurrent layers have one. */
static void add_through_time(json_t *layer, const PlumbNet *net, int node) {
    const double *norms;
    int steps = plumb_net_through_time(net, node, &norms);
    json_t *list = steps ? json_array() : NULL;
    for (int i = 0; i < steps; i++) {
        json_array_append_new(list, json_figure(norms[i]));
    }
    if (list) {
        json_object_set_new(layer, "through_time", list);
        json_object_set_new(layer, "half_life", json_figure(plumb_half_life(norms, steps)));
    }
}

static json_t *layer_json(const PlumbNet *net, int index, const PlumbProbe *probe, const PlumbForecast *forecast) {
    const PlumbNode *node = plumb_net_node(net, index);
    json_t *layer = json_object();
    bool weights = node->parameters > 0;
    json_object_set_new(layer, "name", json_text(node->name));
    json_object_set_new(layer, "kind", json_text(node->call->entry->name));
    json_object_set_new(layer, "grad_norm", weights ? json_figure(probe->grad_norm) : json_null());
    json_object_set_new(layer, "output_grad", json_figure(probe->output_grad));
    json_object_set_new(layer, "weight_norm", weights ? json_figure(probe->weight_norm) : json_null());
    json_object_set_new(layer, "update_ratio", weights ? json_figure(probe->update_ratio) : json_null());
    json_object_set_new(layer, "signal", json_figure(probe->signal));
    json_object_set_new(layer, "mean", json_figure(probe->mean));
    json_object_set_new(layer, "std", json_figure(probe->std));
    json_object_set_new(layer, "saturated", json_figure(probe->saturated));
    json_object_set_new(layer, "dead", json_figure(probe->dead));
    json_object_set_new(layer, "forecast", forecast ? json_figure(forecast->node[index].output_grad) : json_null());
    json_object_set_new(layer, "nonfinite", json_integer(probe->nonfinite));
    add_through_time(layer, net, index);
    return layer;
}

static json_t *gradients_json(const NetValue *net, const PlumbForecast *forecast) {
    json_t *object = json_object(), *layers = json_array();
    for (int i = 0; i < plumb_net_size(net->net); i++) {
        if (plumb_net_node(net->net, i)->input_count > 0) {
            json_array_append_new(layers, layer_json(net->net, i, &net->probe[i], forecast));
        }
    }
    json_object_set_new(object, "loss", net->has_loss ? json_figure(net->loss) : json_null());
    json_object_set_new(object, "layers", layers);
    if (net->trainer) {
        json_object_set_new(object, "clip", training_clipping(net));
    }
    return object;
}

/* What theory says of the first weights, for the same rows. NULL: nothing, which is no failure. */
static PlumbForecast *forecast_beside(Session *session, const VerbCall *call, const PlumbNet *net) {
    Value *about = call->operand[0];
    const PlumbData *data = data_of(call->on ? call->on : about->net->trained_on);
    return plumb_forecast(net, data, session_recipe(session, call->with, about), NULL);
}

/* By time step over the training, of recurrent layers. */
static void print_maps(const Canvas *canvas, const NetValue *about, PlumbNet *net) {
    Subject subject = {.name = about->name, .value = about, .net = net};
    for (int i = next_recurrent(net, 0); i >= 0 && record_of(about); i = next_recurrent(net, i + 1)) {
        Plot *plot = map_of_time(&subject, i, MAP_ROWS);
        fputc('\n', canvas->out);
        if (plot) {
            plot_print(plot, canvas);
        }
        plot_free(plot);
    }
}

static bool run(Session *session, const VerbCall *call) {
    NetValue *about = call->operand[0]->net;
    PlumbNet *net = session_net(session, call->operand[0], call->tree_of[0]->span);
    if (!net || !(call->on ? measure_net(session, call, net) : has_probes(session, call))) {
        return false;
    }
    Canvas canvas = session_canvas(session);
    char loss[32], *on = call->on ? written(call->on_tree) : NULL;
    if (on) {
        canvas_wrap(&canvas, STATE_PLAIN, 4, "%s on %s: one batch, loss %s", about->name, on,
                    number_figure(about->loss, loss));
    } else {
        canvas_wrap(&canvas, STATE_PLAIN, 4, "%s as last measured", about->name);
    }
    free(on);
    PlumbForecast *forecast = forecast_beside(session, call, net);
    picture_gradients(&canvas, net, about->probe, forecast);
    picture_through_time(&canvas, net);
    print_maps(&canvas, about, net);
    if (about->trainer) {
        say_clipping(session, call->operand[0]);
    }
    fputc('\n', canvas.out);
    session_json(session, call, about->name, gradients_json(about, forecast));
    plumb_forecast_free(forecast);
    return true;
}

const Verb verb_gradients = {
    .entry = {.name = "gradients",
              .kind = PLUMB_VERB,
              .family = "looking",
              .summary = "signal, gradient, weights and updates layer by layer, measured on one batch; of recurrent "
                         "layers by time step too, with the half-life and, after a training, a map over its steps",
              .formula = "gradients NET [on DATA] [with RECIPE]",
              .source = "Glorot & Bengio 2010, figures 6 and 7",
              .example = "gradients plain on digits"},
    .operands_min = 1,
    .operands_max = 1,
    .operands = TAKES_NET,
    .clauses = CLAUSE_ON | CLAUSE_WITH,
    .on_takes = TAKES_DATA,
    .run = run,
    .check = check_fits,
};
