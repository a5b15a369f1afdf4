/* Findings while a net is trained. */
#include "../render/pictures.h"
#include "alerts.h"
#include "common.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const PlumbCall *recipe_of(const Alerts *alerts) {
    return session_recipe(alerts->session, alerts->net->net->trained_with, alerts->net);
}

/* From the list of alerts, which lives as long as the training. */
static uint32_t told_before(const NetValue *net) {
    uint32_t told = 0;
    size_t index;
    json_t *alert;
    json_array_foreach(net->alerts, index, alert) {
        const char *rule = json_string_value(json_object_get(alert, "rule"));
        for (int i = 0; rule && plumb_rule_name(i); i++) {
            told |= strcmp(plumb_rule_name(i), rule) ? 0 : (uint32_t)1 << i;
        }
    }
    return told;
}

void rule_alerts_open(Alerts *alerts) {
    const NetValue *net = alerts->net->net;
    const PlumbData *data = data_of(net->trained_on);
    const PlumbCall *recipe = recipe_of(alerts);
    double chance = plumb_loss_at_chance(net->net, data, recipe);
    alerts->rules = (RuleAlerts){.forecast = plumb_forecast(net->net, data, recipe, NULL),
                                 .chance = chance > 0 ? chance : 0,
                                 .told = told_before(net)};
}

void rule_alerts_close(RuleAlerts *rules) {
    plumb_forecast_free(rules->forecast);
}

static json_t *names_json(const PlumbNet *net, const PlumbFinding *finding) {
    json_t *layers = json_array();
    for (int i = 0; i < finding->layers; i++) {
        json_array_append_new(layers, json_text(plumb_net_node(net, finding->layer[i])->name));
    }
    return layers;
}

static void tell(Alerts *alerts, const PlumbEpoch *epoch, const PlumbFinding *finding) {
    NetValue *net = alerts->net->net;
    Canvas canvas = session_canvas(alerts->session);
    char *text = finding_text(net->net, finding);
    if (text) {
        alerts->clear(alerts->self);
        canvas_wrap(&canvas, finding->severity == PLUMB_SEVERE ? STATE_BROKEN : STATE_DOUBTFUL, 4,
                    "  ! epoch %d: %s. `diagnose %s`", epoch->epoch, text, net->name);
        fflush(canvas.out);
    }
    json_t *object = json_object();
    json_object_set_new(object, "rule", json_string(plumb_rule_name(finding->rule)));
    json_object_set_new(object, "layers", names_json(net->net, finding));
    json_object_set_new(object, "message", text ? json_text(text) : json_null());
    alerts_keep(net, epoch->step, epoch->epoch, object);
    free(text);
}

void rule_alerts_epoch(Alerts *alerts, const PlumbEpoch *epoch) {
    const NetValue *net = alerts->net->net;
    RuleAlerts *rules = &alerts->rules;
    const PlumbCall *recipe = recipe_of(alerts);
    PlumbCase about = {.net = net->net,
                       .data = data_of(net->trained_on),
                       .recipe = recipe,
                       .forecast = rules->forecast,
                       .loss = NAN,
                       .chance = rules->chance,
                       .training = true,
                       .told = rules->told};
    about.epochs = plumb_trainer_history(net->trainer, &about.epoch);
    about.probe = plumb_call_call(recipe, "diagnostics") ? plumb_trainer_probes(net->trainer) : NULL;
    PlumbDiagnosis *diagnosis = plumb_diagnose(&about, NULL);
    for (int i = 0; diagnosis && i < plumb_diagnosis_size(diagnosis); i++) {
        const PlumbFinding *finding = plumb_diagnosis_at(diagnosis, i);
        if (finding->follows < 0) {
            rules->told |= (uint32_t)1 << finding->rule;
            tell(alerts, epoch, finding);
        }
    }
    plumb_diagnosis_free(diagnosis);
}
