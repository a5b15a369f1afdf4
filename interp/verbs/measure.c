/* One batch measured, and what is known of the training before it. */
#include "measure.h"
#include <math.h>
#include <stdlib.h>

/* ---- measuring --------------------------------------------------------------------------------------------------- */

static bool was_trained_on(const NetValue *net, const Value *on) {
    return on && data_of(net->trained_on) && data_of(net->trained_on) == data_of(on);
}

/* No step is taken while measuring: how far the weights move is known from the last training, if there was one. So is
 * which units are dead, where it was on these data: a batch is too few rows to tell. */
static void take_of_training(const NetValue *net, const Value *on, PlumbProbe *probe) {
    for (int i = 0; net->trainer && net->probe && i < plumb_net_size(net->net); i++) {
        probe[i].update_ratio = net->probe[i].update_ratio;
        probe[i].dead = was_trained_on(net, on) ? net->probe[i].dead : probe[i].dead;
    }
}

bool measure_net(Session *session, const VerbCall *call, PlumbNet *net) {
    Value *value = call->operand[0];
    const PlumbCall *recipe = session_recipe(session, call->with, value);
    PlumbConfig config = session_config(session);
    PlumbProbe *probe = calloc((size_t)plumb_net_size(net), sizeof *probe);
    PlumbError error = {.argument = -1};
    double loss;
    if (!recipe || !probe) {
        free(probe);
        return report_no_memory(session, call->tree->span);
    }
    if (!plumb_measure(net, data_of(call->on), recipe, &config, probe, &loss, &error)) {
        free(probe);
        return session_fail(session, call->on_tree->span, &error);
    }
    take_of_training(value->net, call->on, probe);
    free(value->net->probe);
    value->net->probe = probe;
    value->net->loss = loss;
    value->net->has_loss = true;
    return true;
}

/* ---- diagnosing -------------------------------------------------------------------------------------------------- */

/* Two gradients of a fresh copy of the net, as the training began. False: there is none to make. */
static bool probe_curvature(Session *session, const NetValue *net, const PlumbData *data, const PlumbCall *recipe,
                            PlumbCurvature *curvature) {
    PlumbConfig config = session_config(session);
    config.seed = net->trainer ? plumb_trainer_seed(net->trainer) : config.seed;
    return data && recipe && plumb_curvature_at_start(net->net, data, recipe, &config, curvature, NULL);
}

PlumbDiagnosis *diagnose_net(Session *session, Value *value, Value *on, Value *with, Span span) {
    const NetValue *net = value->net;
    const PlumbData *data = data_of(on);
    const PlumbCall *recipe = session_recipe(session, with, value);
    PlumbForecast *forecast = recipe ? plumb_forecast(net->net, data, recipe, NULL) : NULL;
    PlumbCase about = {.net = net->net,
                       .data = data,
                       .recipe = recipe,
                       .forecast = forecast,
                       .probe = net->probe,
                       .loss = net->has_loss ? net->loss : NAN};
    PlumbClipping clipping;
    if (was_trained_on(net, on)) {
        about.epochs = net_value_history(net, &about.epoch);
    }
    if (about.epochs && net->trainer) {
        clipping = plumb_trainer_clipping(net->trainer);
        about.clipping = &clipping;
    }
    PlumbCurvature curvature;
    if (about.epochs && probe_curvature(session, net, data, recipe, &curvature)) {
        about.curvature = &curvature;
    }
    PlumbError error = {.argument = -1};
    PlumbDiagnosis *diagnosis = recipe ? plumb_diagnose(&about, &error) : NULL;
    plumb_forecast_free(forecast);
    if (!diagnosis) {
        report_no_memory(session, span);
    }
    return diagnosis;
}

bool is_healthy(const PlumbDiagnosis *diagnosis) {
    for (int i = 0; i < plumb_diagnosis_size(diagnosis); i++) {
        if (plumb_diagnosis_at(diagnosis, i)->severity == PLUMB_SEVERE) {
            return false;
        }
    }
    return true;
}

static json_t *finding_json(const PlumbNet *net, const PlumbFinding *finding) {
    json_t *object = json_object(), *layers = json_array();
    for (int i = 0; i < finding->layers; i++) {
        json_array_append_new(layers, json_text(plumb_net_node(net, finding->layer[i])->name));
    }
    json_object_set_new(object, "rule", json_text(plumb_rule_name(finding->rule)));
    json_object_set_new(object, "severity", json_string(finding->severity == PLUMB_SEVERE ? "severe" : "mild"));
    json_object_set_new(object, "layers", layers);
    if (finding->last_step) {
        json_object_set_new(object, "steps", json_pack("[ii]", finding->first_step, finding->last_step));
    }
    json_object_set_new(object, "evidence", json_text(finding->evidence));
    json_object_set_new(object, "cause", json_text(finding->cause));
    json_object_set_new(object, "remedy", *finding->remedy ? json_text(finding->remedy) : json_null());
    json_object_set_new(object, "forecast", json_figure(finding->promise));
    json_object_set_new(object, "follows", finding->follows < 0 ? json_null() : json_integer(finding->follows));
    return object;
}

json_t *findings_json(const PlumbNet *net, const PlumbDiagnosis *diagnosis) {
    json_t *list = json_array();
    for (int i = 0; i < plumb_diagnosis_size(diagnosis); i++) {
        json_array_append_new(list, finding_json(net, plumb_diagnosis_at(diagnosis, i)));
    }
    return list;
}
