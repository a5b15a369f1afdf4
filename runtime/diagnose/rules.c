/* The table of rules, and what all of them go by. */
#include "rules.h"
#include "../core/error.h"
#include "../core/number.h"
#include "../train/parts.h"
#include "walk.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START (RULE_BIT(BAD_DATA) | RULE_BIT(WRONG_OUTPUT) | RULE_BIT(POOR_INITIALIZATION) | RULE_BIT(NORM_EXPLOSION))
#define GRADIENT                                                                                                       \
    (RULE_BIT(EXPLODING_GRADIENT) | RULE_BIT(VANISHING_GRADIENT) | RULE_BIT(EXPLODING_THROUGH_TIME) |                  \
     RULE_BIT(VANISHING_THROUGH_TIME))
#define UNITS (RULE_BIT(DEAD_UNITS) | RULE_BIT(SATURATED_ACTIVATION))
#define TOO_HIGH RULE_BIT(LEARNING_RATE_TOO_HIGH)
#define TOO_LOW RULE_BIT(LEARNING_RATE_TOO_LOW)

typedef struct Rule {
    const char *name;
    Judge *judge;
    uint32_t after; /* rules that it may follow from */
    bool training;  /* can be judged while a training goes on: from probes and epochs */
} Rule;

static const Rule rules[RULES] = {
    [BAD_DATA] = {"bad_data", judge_bad_data, 0, false},
    [WRONG_OUTPUT] = {"wrong_output", judge_wrong_output, 0, false},
    [POOR_INITIALIZATION] = {"poor_initialization", judge_poor_initialization, 0, false},
    [NORM_EXPLOSION] = {"norm_explosion", judge_norm_explosion, 0, false},
    [LEARNING_RATE_TOO_HIGH] = {"learning_rate_too_high", judge_learning_rate_too_high, RULE_BIT(BAD_DATA), true},
    [DEAD_UNITS] = {"dead_units", judge_dead_units, START | TOO_HIGH, true},
    [SATURATED_ACTIVATION] = {"saturated_activation", judge_saturated_activation, START | TOO_HIGH, true},
    [EXPLODING_GRADIENT] = {"exploding_gradient", judge_exploding_gradient, START, true},
    [VANISHING_GRADIENT] = {"vanishing_gradient", judge_vanishing_gradient, START, true},
    [EXPLODING_THROUGH_TIME] = {"exploding_through_time", judge_exploding_through_time, START, true},
    [VANISHING_THROUGH_TIME] = {"vanishing_through_time", judge_vanishing_through_time, START, true},
    [CLIP_TOO_TIGHT] = {"clip_too_tight", judge_clip_too_tight, START | GRADIENT, false},
    [CLIP_IDLE] = {"clip_idle", judge_clip_idle, 0, false},
    [DIVERGING] = {"diverging", judge_diverging, START | TOO_HIGH | GRADIENT, true},
    [OSCILLATING_LOSS] = {"oscillating_loss", judge_oscillating_loss, START | TOO_HIGH | GRADIENT, true},
    [LEARNING_RATE_TOO_LOW] = {"learning_rate_too_low", judge_learning_rate_too_low,
                               START | GRADIENT | RULE_BIT(DEAD_UNITS), true},
    [STAGNANT_UPDATE] = {"stagnant_update", judge_stagnant_update, START | GRADIENT | UNITS | TOO_HIGH | TOO_LOW, true},
    [PLATEAU] = {"plateau", judge_plateau,
                 START | GRADIENT | UNITS | TOO_HIGH | TOO_LOW | RULE_BIT(STAGNANT_UPDATE) | RULE_BIT(CLIP_TOO_TIGHT),
                 true},
    [SLOW_CONVERGENCE] = {"slow_convergence", judge_slow_convergence,
                          START | GRADIENT | UNITS | TOO_LOW | RULE_BIT(STAGNANT_UPDATE) | RULE_BIT(CLIP_TOO_TIGHT),
                          false},
    [OVERFIT] = {"overfit", judge_overfit, 0, true},
};

const char *plumb_rule_name(int rule) {
    return rule >= 0 && rule < RULES ? rules[rule].name : NULL;
}

/* ---- what judges use --------------------------------------------------------------------------------------------- */

const char *say(Patient *patient, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *text = length < 0 ? NULL : plumb_arena_alloc(patient->arena, (size_t)length + 1);
    if (text) {
        vsnprintf(text, (size_t)length + 1, format, again);
    }
    va_end(again);
    va_end(arguments);
    patient->failed = patient->failed || !text;
    return text ? text : "";
}

bool is_stuck(const Patient *patient) {
    return !(patient->level < 0.95);
}

bool is_unsolved(const Patient *patient) {
    return !(patient->level < 0.3) && !(patient->wrong < 0.1);
}

enum { EARLY_EPOCHS = 2, EARLY_STEPS = 50 };

bool is_early(const Patient *patient) {
    const PlumbCase *about = patient->about;
    return about->training && (about->epochs < EARLY_EPOCHS || about->epoch[about->epochs - 1].step < EARLY_STEPS);
}

enum { FRESH_EPOCHS = 5 };

bool is_fresh(const Patient *patient) {
    return patient->about->epochs < FRESH_EPOCHS;
}

bool recovers(const Patient *patient) {
    const PlumbCase *about = patient->about;
    return about->epochs > 1 && 5 * about->epoch[about->epochs - 1].loss < 4 * about->epoch[about->epochs - 2].loss;
}

PlumbVerdict foreseen(const Patient *patient) {
    if (!patient->about->forecast) {
        return PLUMB_UNFORESEEN;
    }
    PlumbForecast depth = *patient->about->forecast;
    depth.time_slope = depth.time_sensitivity = 0;
    depth.alike = -1;
    depth.stride = NAN;
    depth.reach = falls_short_with_any(&depth) ? INFINITY : depth.reach;
    depth.curvature = leaps_with_any(&depth) ? NAN : depth.curvature;
    return forecast_verdict(&depth, &depth.reason);
}

const char *name_of(const Patient *patient, int node) {
    return plumb_net_node(patient->about->net, node)->name;
}

bool take_layers(Patient *patient, PlumbFinding *finding, Wanted *wanted) {
    int size = plumb_net_size(patient->about->net), count = 0;
    int *layer = plumb_arena_alloc(patient->arena, (size_t)size * sizeof *layer);
    patient->failed = patient->failed || !layer;
    for (int i = 0; layer && i < size; i++) {
        if (wanted(patient, i)) {
            layer[count++] = i;
        }
    }
    finding->layer = layer;
    finding->layers = count;
    return count;
}

void take_remedy(Patient *patient, PlumbFinding *finding, const char *otherwise) {
    const PlumbCase *about = patient->about;
    PlumbRemedy remedy[PLUMB_REMEDIES_MAX];
    bool found = !about->training && plumb_remedies(about->net, about->data, about->recipe, remedy);
    finding->remedy = found ? say(patient, "%s", remedy[0].text) : otherwise;
    finding->promise = found ? remedy[0].slope : NAN;
}

const char *with_lr(Patient *patient, double lr) {
    PlumbCall *optimizer = plumb_call_copy(patient->arena, plumb_call_call(patient->about->recipe, "optimizer"));
    for (int i = 0; optimizer && i < optimizer->count; i++) {
        if (!strcmp(optimizer->entry->args[i].name, "lr")) {
            char digits[32];
            snprintf(digits, sizeof digits, "%.0e", lr);
            number_parse(digits, strlen(digits), &optimizer->arg[i].number);
            optimizer->given[i] = true;
        }
    }
    char *text = optimizer ? plumb_call_text(optimizer) : NULL;
    const char *setting = text ? say(patient, "optimizer = %s", text) : "";
    patient->failed = patient->failed || !text;
    free(text);
    return setting;
}

const char *standing(Patient *patient) {
    return isfinite(patient->level)
               ? say(patient, "; loss %.3g, chance %.3g", patient->level * patient->chance, patient->chance)
               : "";
}

/* ---- the patient ---------------------------------------------------------------------------------------------- */

static bool find_layers(Patient *patient) {
    const PlumbNet *net = patient->about->net;
    patient->layer = plumb_arena_alloc(patient->arena, (size_t)plumb_net_size(net) * sizeof *patient->layer);
    for (int i = 0; patient->layer && i < plumb_net_size(net); i++) {
        const PlumbNode *node = plumb_net_node(net, i);
        if (*node->init && node->parameters > 0 && node->input_count > 0) {
            patient->layer[patient->layers++] = i;
        }
    }
    return patient->layer;
}

/* Decades from a to b, also where b has fallen to exactly 0. Of what begins with nothing there is no slope. */
static double decades_between(double a, double b) {
    return a > 0 ? log10(b) - log10(a) : NAN;
}

static void find_slopes(Patient *patient) {
    const PlumbProbe *probe = patient->about->probe;
    patient->slope = patient->signal_slope = NAN;
    if (probe && patient->layers > 1) {
        const PlumbProbe *first = &probe[patient->layer[0]], *last = &probe[patient->layer[patient->layers - 1]];
        patient->slope = decades_between(last->output_grad, first->output_grad);
        patient->signal_slope = decades_between(first->signal, last->signal);
    }
}

static void find_optimizer(Patient *patient) {
    const PlumbCall *recipe = patient->about->recipe;
    const PlumbCall *optimizer = recipe ? plumb_call_call(recipe, "optimizer") : NULL;
    patient->lr = optimizer ? plumb_call_number(optimizer, "lr") : NAN;
    patient->adaptive = is_adaptive(recipe);
    patient->limits = *forecast_limits(patient->adaptive);
}

static bool examine(Patient *patient, const PlumbCase *about) {
    *patient = (Patient){.about = about, .arena = plumb_arena_new(), .trained = about->epochs > 0};
    if (!patient->arena || !find_layers(patient)) {
        return false;
    }
    double loss = patient->trained ? about->epoch[about->epochs - 1].loss : about->loss;
    patient->chance = about->chance > 0 ? about->chance : plumb_loss_at_chance(about->net, about->data, about->recipe);
    patient->level = patient->chance > 0 ? loss / patient->chance : NAN;
    patient->wrong = NAN;
    if (patient->trained && about->data && about->data->classify) {
        const PlumbEpoch *last = &about->epoch[about->epochs - 1];
        double hits = about->data->test.rows ? fmax(last->metric, last->test_metric) : last->metric;
        patient->wrong = (1 - hits) / (1 - 1. / about->data->classes);
    }
    find_slopes(patient);
    find_optimizer(patient);
    return true;
}

/* ---- the diagnosis ---------------------------------------------------------------------------------------------- */

struct PlumbDiagnosis {
    PlumbArena *arena;
    int count;
    PlumbFinding finding[RULES];
};

/* While training: does it come from what was told before? */
static bool is_known(const PlumbCase *about, uint32_t after) {
    return about->training && about->told & after;
}

static int find_root(const PlumbDiagnosis *diagnosis, uint32_t after) {
    for (int i = 0; i < diagnosis->count; i++) {
        if (RULE_BIT(diagnosis->finding[i].rule) & after) {
            return i;
        }
    }
    return -1;
}

static void ask(Patient *patient, int rule, PlumbDiagnosis *diagnosis) {
    const PlumbCase *about = patient->about;
    PlumbFinding finding = {.rule = rule, .evidence = "", .cause = "", .remedy = "", .promise = NAN};
    if (about->training && (!rules[rule].training || about->told & RULE_BIT(rule))) {
        return;
    }
    patient->after = rules[rule].after;
    if (rules[rule].judge(patient, &finding) && !is_known(about, patient->after)) {
        finding.follows = find_root(diagnosis, patient->after);
        bool of_data = finding.follows >= 0 && diagnosis->finding[finding.follows].rule == BAD_DATA;
        finding.severity = of_data ? PLUMB_MILD : finding.severity; /* no fault of the net's */
        diagnosis->finding[diagnosis->count++] = finding;
    }
}

PlumbDiagnosis *plumb_diagnose(const PlumbCase *about, PlumbError *error) {
    PlumbDiagnosis *diagnosis = calloc(1, sizeof *diagnosis);
    Patient patient = {0};
    bool done = diagnosis && examine(&patient, about);
    for (int i = 0; done && i < RULES; i++) {
        ask(&patient, i, diagnosis);
    }
    if (!done || patient.failed) {
        error_memory(error);
        plumb_arena_free(patient.arena);
        free(diagnosis);
        return NULL;
    }
    diagnosis->arena = patient.arena;
    return diagnosis;
}

void plumb_diagnosis_free(PlumbDiagnosis *diagnosis) {
    if (diagnosis) {
        plumb_arena_free(diagnosis->arena);
        free(diagnosis);
    }
}

int plumb_diagnosis_size(const PlumbDiagnosis *diagnosis) {
    return diagnosis->count;
}

const PlumbFinding *plumb_diagnosis_at(const PlumbDiagnosis *diagnosis, int index) {
    return &diagnosis->finding[index];
}
