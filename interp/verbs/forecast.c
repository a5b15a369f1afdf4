/* forecast NET [on DATA] [with RECIPE]: what theory says of signal and gradient before any training. */
#include "../render/pictures.h"
#include "../repair/edits.h"
#include "common.h"
#include <math.h>
#include <stdlib.h>

static const char *verdict_name(PlumbVerdict verdict) {
    static const char *const name[] = {"healthy", "vanishing", "exploding", NULL};
    return name[verdict];
}

static json_t *layer_json(const PlumbNode *node, const PlumbForecastNode *told) {
    json_t *layer = json_object();
    json_object_set_new(layer, "name", json_text(node->name));
    json_object_set_new(layer, "kind", json_text(node->call->entry->name));
    json_object_set_new(layer, "q", json_figure(told->q));
    json_object_set_new(layer, "mean", json_figure(told->mean));
    json_object_set_new(layer, "correlation", json_figure(told->correlation));
    json_object_set_new(layer, "gain", json_figure(told->gain));
    json_object_set_new(layer, "output_grad", json_figure(told->output_grad));
    json_object_set_new(layer, "decades", json_figure(told->decades));
    json_object_set_new(layer, "low", json_figure(told->low));
    json_object_set_new(layer, "high", json_figure(told->high));
    if (!isnan(told->time_gain)) {
        json_object_set_new(layer, "time_gain", json_figure(told->time_gain));
    }
    if (told->refused) {
        json_object_set_new(layer, "refused", json_text(told->refused));
    }
    if (told->caution) {
        json_object_set_new(layer, "caution", json_text(told->caution));
    }
    return layer;
}

static json_t *layers_json(const PlumbNet *net, const PlumbForecast *forecast) {
    json_t *layers = json_array();
    for (int i = 0; i < forecast->count; i++) {
        const PlumbNode *node = plumb_net_node(net, i);
        if (node->input_count > 0) {
            json_array_append_new(layers, layer_json(node, &forecast->node[i]));
        }
    }
    return layers;
}

static json_t *causes_json(const PlumbForecast *forecast) {
    json_t *causes = json_object();
    for (int i = 0; i < PLUMB_CAUSES; i++) {
        json_object_set_new(causes, plumb_cause_name(i), json_figure(forecast->cause[i]));
    }
    return causes;
}

static json_t *remedies_json(const PlumbRemedy *remedy, int count) {
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        json_t *object = json_object();
        json_object_set_new(object, "edit", json_text(remedy[i].text));
        json_object_set_new(object, "slope", json_figure(remedy[i].slope));
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *forecast_json(const PlumbNet *net, const PlumbForecast *forecast, const PlumbRemedy *remedy,
                             int remedies) {
    json_t *object = json_object();
    static const char *const reasons[] = {[PLUMB_OF_NOTHING] = "",           [PLUMB_OF_GRADIENT] = "gradient",
                                          [PLUMB_OF_TIME] = "time",          [PLUMB_OF_DIFFERENCES] = "differences",
                                          [PLUMB_OF_UNITS] = "units",        [PLUMB_OF_STEPS] = "steps",
                                          [PLUMB_OF_DRAWS] = "draws",        [PLUMB_OF_REACH] = "reach",
                                          [PLUMB_OF_CURVATURE] = "curvature"};
    const char *verdict = verdict_name(forecast->verdict), *reason = reasons[forecast->reason];
    json_object_set_new(object, "verdict", verdict ? json_text(verdict) : json_null());
    json_object_set_new(object, "reason", *reason ? json_text(reason) : json_null());
    json_object_set_new(object, "slope", json_figure(forecast->slope));
    json_object_set_new(object, "low", json_figure(forecast->low));
    json_object_set_new(object, "high", json_figure(forecast->high));
    json_object_set_new(object, "causes", causes_json(forecast));
    json_object_set_new(object, "signal_slope", json_figure(forecast->signal_slope));
    json_object_set_new(object, "time_slope", json_figure(forecast->time_slope));
    json_object_set_new(object, "difference", json_figure(forecast->difference));
    json_object_set_new(object, "stride", json_figure(forecast->stride));
    json_object_set_new(object, "reach", json_figure(forecast->reach));
    json_object_set_new(object, "curvature", json_figure(forecast->curvature));
    json_object_set_new(object, "depth_scale", json_figure(forecast->depth_scale));
    json_object_set_new(object, "underflow_depth", json_figure(forecast->underflow_depth));
    json_object_set_new(object, "layers", layers_json(net, forecast));
    json_object_set_new(object, "remedies", remedies_json(remedy, remedies));
    return object;
}

static const char *optimizer_of(const PlumbCall *recipe) {
    const PlumbCall *optimizer = plumb_call_call(recipe, "optimizer");
    return optimizer ? optimizer->entry->name : "sgd";
}

static void title(Session *session, const VerbCall *call) {
    Canvas canvas = session_canvas(session);
    const char *name = call->operand[0]->net->name;
    char *on = call->on ? written(call->on_tree) : NULL;
    if (on) {
        canvas_wrap(&canvas, STATE_PLAIN, 4, "%s before any training, by theory: wide layers, rows like those of %s",
                    name, on);
    } else {
        canvas_wrap(&canvas, STATE_PLAIN, 4,
                    "%s before any training, by theory: wide layers, inputs of mean 0, variance 1", name);
    }
    free(on);
}

static bool run(Session *session, const VerbCall *call) {
    Value *value = call->operand[0];
    PlumbNet *net = session_declared_net(session, value, call->tree_of[0]->span);
    const PlumbCall *recipe = net ? session_recipe(session, call->with, value) : NULL;
    if (!recipe) {
        return net && report_no_memory(session, call->tree->span);
    }
    PlumbError error = {.argument = -1};
    const PlumbData *data = data_of(call->on);
    PlumbForecast *forecast = plumb_forecast(net, data, recipe, &error);
    if (!forecast) {
        return session_fail(session, call->tree_of[0]->span, &error);
    }
    PlumbRemedy remedy[PLUMB_REMEDIES_MAX];
    bool ill = forecast->verdict == PLUMB_VANISHING || forecast->verdict == PLUMB_EXPLODING;
    int remedies = ill ? foresee_remedies(session, value, data, recipe, forecast, remedy) : 0;
    Canvas canvas = session_canvas(session);
    title(session, call);
    picture_forecast(&canvas, net, forecast, optimizer_of(recipe), remedy, remedies);
    if (ill && !remedies) {
        canvas_wrap(&canvas, STATE_PLAIN, 2, "  `diagnose %s` tells what changes it", value->net->name);
    }
    fputc('\n', canvas.out);
    session_json(session, call, value->net->name, forecast_json(net, forecast, remedy, remedies));
    plumb_forecast_free(forecast);
    return true;
}

const Verb verb_forecast = {
    .entry = {.name = "forecast",
              .kind = PLUMB_VERB,
              .family = "looking",
              .summary = "what theory says of signal and gradient, layer by layer, before any training",
              .formula = "forecast NET [on DATA] [with RECIPE]",
              .source = "Poole et al. 2016; Schoenholz et al. 2017; Yang et al. 2019; Hanin & Nica 2020",
              .example = "forecast plain with quick"},
    .operands_min = 1,
    .operands_max = 1,
    .operands = TAKES_NET,
    .clauses = CLAUSE_ON | CLAUSE_WITH,
    .on_takes = TAKES_DATA,
    .run = run,
    .check = check_fits,
};
