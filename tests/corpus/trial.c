/* A case is trained, with its twin, from several seeds; what the forecast and the rules said is set beside what came of
 * it. */
#include "interp/repair/draft.h"
#include "private.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the bench --------------------------------------------------------------------------------------------------- */

static Value *value_named(const Bench *bench, const char *name, ValueType type) {
    Value *value = scope_find(bench->session->global, name);
    return value && value->type == type ? value : NULL;
}

static bool find_parts(Bench *bench) {
    Value *data = value_named(bench, "d", VALUE_DATA), *recipe = value_named(bench, "r", VALUE_RECIPE);
    bench->value = value_named(bench, "n", VALUE_NET);
    bench->net = bench->value ? session_net(bench->session, bench->value, (Span){0}) : NULL;
    bench->data = data ? data->data.data : NULL;
    bench->recipe = recipe ? recipe->call.call : NULL;
    return bench->net && bench->data && bench->recipe;
}

bool bench_open(Bench *bench, const Specimen *specimen) {
    static const Options options = {
        .json = true, .quiet = true, .seed = FIRST_SEED, .threads = 1, .shards = 1, .width = 80};
    char *script = NULL;
    *bench = (Bench){.out = open_memstream(&bench->text, &bench->size)};
    bench->session = bench->out ? session_new(&options, bench->out, stderr) : NULL;
    int length = bench->session ? asprintf(&script, "d = %s\n%s\nrecipe r { %s }\n", specimen->data, specimen->net,
                                           specimen->settings)
                                : -1;
    bool done = length >= 0 && session_run(bench->session, "case", script, (size_t)length) == 0 && find_parts(bench);
    if (length >= 0) {
        free(script);
    }
    return done;
}

void bench_close(Bench *bench) {
    session_free(bench->session);
    if (bench->out) {
        fclose(bench->out);
    }
    free(bench->text);
}

PlumbConfig bench_config(int seed) {
    return (PlumbConfig){.threads = 1, .shards = 1, .seed = (uint64_t)seed};
}

double bench_score(const Bench *bench, const PlumbNet *net, const PlumbEpoch *last) {
    if (!isfinite(last->test_loss)) {
        return NAN;
    }
    return bench->data->classify ? last->test_metric
                                 : 1 - last->test_loss / plumb_loss_at_chance(net, bench->data, bench->recipe);
}

/* ---- what the rules say ------------------------------------------------------------------------------------------ */

#define GRADIENT_RULES                                                                                                 \
    (RULE_BIT(POOR_INITIALIZATION) | RULE_BIT(NORM_EXPLOSION) | RULE_BIT(LEARNING_RATE_TOO_HIGH) |                     \
     RULE_BIT(DEAD_UNITS) | RULE_BIT(SATURATED_ACTIVATION) | RULE_BIT(EXPLODING_GRADIENT) |                            \
     RULE_BIT(VANISHING_GRADIENT) | RULE_BIT(EXPLODING_THROUGH_TIME) | RULE_BIT(VANISHING_THROUGH_TIME) |              \
     RULE_BIT(CLIP_TOO_TIGHT) | RULE_BIT(DIVERGING) | RULE_BIT(LEARNING_RATE_TOO_LOW) | RULE_BIT(STAGNANT_UPDATE))

/* The k-th layer with weights, from 1; -1: there are fewer. */
static int layer_with_weights(const PlumbNet *net, int k) {
    for (int i = 0; i < plumb_net_size(net); i++) {
        const PlumbNode *node = plumb_net_node(net, i);
        k -= *node->init && node->parameters > 0;
        if (k == 0) {
            return i;
        }
    }
    return -1;
}

static bool names_node(const PlumbFinding *finding, int node) {
    for (int i = 0; i < finding->layers; i++) {
        if (finding->layer[i] == node) {
            return true;
        }
    }
    return false;
}

/* One bad layer: the lowest that is named is it, or its activation. A whole net: the gradient's way to the first layer,
 * from the first time step on; of units any layer that has them. */
static bool names_layer(const PlumbNet *net, const Case *about, const PlumbFinding *finding) {
    if (about->layer > 0) {
        int bad = layer_with_weights(net, about->layer);
        return finding->layers && (finding->layer[0] == bad || finding->layer[0] == bad + 1);
    }
    if (finding->rule == DEAD_UNITS || finding->rule == SATURATED_ACTIVATION || finding->rule == NORM_EXPLOSION) {
        return finding->layers;
    }
    return names_node(finding, layer_with_weights(net, 1)) && finding->first_step <= 1;
}

static void take_findings(const Bench *bench, const Case *about, const PlumbDiagnosis *diagnosis, Judged *judged) {
    for (int i = 0; i < plumb_diagnosis_size(diagnosis); i++) {
        const PlumbFinding *finding = plumb_diagnosis_at(diagnosis, i);
        if (finding->severity != PLUMB_SEVERE) {
            continue;
        }
        judged->alarm = judged->alarm || RULE_BIT(finding->rule) & GRADIENT_RULES;
        if (judged->rule < 0) {
            judged->rule = finding->rule;
            judged->cause = RULE_BIT(finding->rule) & about->causes;
            judged->layer = names_layer(bench->net, about, finding);
            snprintf(judged->evidence, sizeof judged->evidence, "%s", finding->evidence);
        }
    }
}

static void take_figures(const PlumbCase *patient, Judged *judged) {
    int first = layer_with_weights(patient->net, 1), last = first;
    for (int k = 1, node; (node = layer_with_weights(patient->net, k)) >= 0; k++) {
        last = node;
    }
    judged->slope = log10(patient->probe[first].output_grad / patient->probe[last].output_grad);
    judged->level = judged->update = NAN;
    for (int i = 0; i < patient->epochs; i++) {
        judged->update = fmax(judged->update, patient->epoch[i].update_ratio);
        judged->level = patient->epoch[i].loss / plumb_loss_at_chance(patient->net, patient->data, patient->recipe);
    }
}

void judge(const Bench *bench, const Case *about, PlumbTrainer *trainer, Judged *judged) {
    PlumbForecast *forecast = plumb_forecast(bench->net, bench->data, bench->recipe, NULL);
    PlumbCase patient = {.net = bench->net,
                         .data = bench->data,
                         .recipe = bench->recipe,
                         .forecast = forecast,
                         .probe = plumb_trainer_probes(trainer),
                         .loss = NAN};
    patient.epochs = plumb_trainer_history(trainer, &patient.epoch);
    PlumbDiagnosis *diagnosis = plumb_diagnose(&patient, NULL);
    *judged = (Judged){.rule = -1};
    take_figures(&patient, judged);
    if (diagnosis) {
        take_findings(bench, about, diagnosis, judged);
    }
    plumb_diagnosis_free(diagnosis);
    plumb_forecast_free(forecast);
}

/* ---- the published threshold rules ------------------------------------------------------------------------------- */

/* Of the last step's gradient: the mean of |dL/dW| over a layer's matrix. */
static double mean_size(const PlumbNet *net, int node) {
    const PlumbWeight *weight = plumb_net_weight(net, plumb_net_node(net, node)->first_weight);
    int64_t values = plumb_shape_size(weight->shape);
    double sum = 0;
    for (int64_t i = 0; weight->grad && i < values; i++) {
        sum += fabs((double)weight->grad[i]);
    }
    return sum / (double)values;
}

static void apply_thresholds(const PlumbNet *net, Result *result) {
    double first = NAN, last = NAN, least = INFINITY;
    for (int k = 1, node; (node = layer_with_weights(net, k)) >= 0; k++) {
        last = mean_size(net, node);
        first = k == 1 ? last : first;
        least = fmin(least, last);
    }
    result->below_1e7 = least < 1e-7;
    result->below_1e6 = least < 1e-6;
    result->ratio = first <= 1e-3 * last && first <= 1e-4;
}

/* ---- trainings --------------------------------------------------------------------------------------------------- */

/* A twentieth of the training, in whole epochs. */
static int64_t early_steps(const Bench *bench, const PlumbTrainer *trainer) {
    int64_t steps;
    plumb_trainer_steps(trainer, &steps);
    double epochs = plumb_call_number(bench->recipe, "epochs");
    return (int64_t)(fmax(1, round(epochs / 20)) * (double)steps / epochs);
}

static double final_score(const Bench *bench, const PlumbNet *net, PlumbTrainer *trainer) {
    const PlumbEpoch *epoch;
    int epochs = plumb_trainer_history(trainer, &epoch);
    return epochs ? bench_score(bench, net, &epoch[epochs - 1]) : NAN;
}

/* The training that is watched. Its score is also that of the first seed. */
static bool watch_training(const Bench *bench, const Case *about, Result *result) {
    PlumbConfig config = bench_config(FIRST_SEED);
    PlumbError error = {0};
    PlumbForecast *forecast = plumb_forecast(bench->net, bench->data, bench->recipe, &error);
    PlumbTrainer *trainer =
        forecast ? plumb_trainer_new(bench->net, bench->data, bench->recipe, &config, &error) : NULL;
    if (trainer) {
        result->verdict = forecast->verdict;
        result->forecast = forecast->verdict == PLUMB_VANISHING || forecast->verdict == PLUMB_EXPLODING;
        plumb_trainer_run(trainer, early_steps(bench, trainer), &error);
        judge(bench, about, trainer, &result->early);
        apply_thresholds(bench->net, result);
        plumb_trainer_run(trainer, 0, &error);
        judge(bench, about, trainer, &result->end);
        result->score = final_score(bench, bench->net, trainer);
    }
    if (!trainer) {
        fprintf(stderr, "%s: %s\n", about->name, error.what);
    }
    plumb_trainer_free(trainer);
    plumb_forecast_free(forecast);
    return trainer;
}

bool bench_train(const Bench *bench, PlumbNet *net, const PlumbCall *recipe, int seed, PlumbEpoch *last) {
    PlumbConfig config = bench_config(seed);
    Value *unwatched = draft_recipe(bench->session, "diagnostics = off", recipe);
    plumb_net_reset(net);
    PlumbTrainer *trainer = unwatched ? plumb_trainer_new(net, bench->data, unwatched->call.call, &config, NULL) : NULL;
    const PlumbEpoch *epoch;
    int epochs = 0;
    if (trainer) {
        plumb_trainer_run(trainer, 0, NULL);
        epochs = plumb_trainer_history(trainer, &epoch);
        *last = epochs ? epoch[epochs - 1] : (PlumbEpoch){.test_loss = NAN};
    }
    plumb_trainer_free(trainer);
    value_drop(unwatched);
    return epochs;
}

static double trained_score(const Bench *bench, int seed) {
    PlumbEpoch last;
    bool trained = bench_train(bench, bench->net, bench->recipe, seed, &last);
    return trained ? bench_score(bench, bench->net, &last) : NAN;
}

static int count_hits(Trials *trials, const Bench *bench, const Specimen *specimen, double target) {
    int hits = 0;
    for (int seed = FIRST_SEED; seed < FIRST_SEED + trials->seeds; seed++) {
        uint64_t key = outcome_key(specimen, seed);
        double score;
        if (!outcome_find(&trials->outcomes, key, &score)) {
            score = trained_score(bench, seed);
            outcome_add(&trials->outcomes, key, score);
        }
        hits += score >= target;
    }
    return hits;
}

bool is_broken(const Result *result) {
    return 2 * result->hits < result->seeds;
}

bool is_undecided(const Result *result) {
    return 2 * result->twin_hits <= result->seeds;
}

bool try_case(Trials *trials, const Case *about, Result *result) {
    Bench own, twin;
    *result = (Result){.seeds = trials->seeds, .fixed = NAN};
    bool opened = bench_open(&own, &about->own), twin_opened = bench_open(&twin, &about->twin);
    bool done = opened && twin_opened && (trials->blind || watch_training(&own, about, result));
    if (done) {
        result->hits = count_hits(trials, &own, &about->own, about->target);
        result->twin_hits = count_hits(trials, &twin, &about->twin, about->target);
        if (trials->repair && !trials->blind && is_broken(result) && !is_undecided(result) &&
            about->trouble != BY_OTHER) {
            repair_by_fix(&own, about, trials->telling, result);
            result->simple = repair_by_recipe(&own, about);
            repair_by_chance(&own, about, result);
            bool by_itself = result->repaired && result->twins == 1 && result->early.rule == result->end.rule;
            result->early.cause = result->early.cause || (result->early.rule >= 0 && by_itself);
        }
    }
    bench_close(&own);
    bench_close(&twin);
    return done;
}
