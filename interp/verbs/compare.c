/* compare NET, NET... on DATA [with RECIPE]: trained one after the other, same seed, same batches, then side by side.
 */
#include "../render/number.h"
#include "../render/pictures.h"
#include "training.h"
#include <math.h>
#include <stdlib.h>

static bool all_different(Session *session, const VerbCall *call) {
    for (int i = 0; i < call->count; i++) {
        for (int j = 0; j < i; j++) {
            if (call->operand[i]->type == VALUE_NET && call->operand[j]->type == VALUE_NET &&
                call->operand[i]->net == call->operand[j]->net) {
                return session_error(session, call->tree_of[i]->span, "%s is given twice", call->operand[i]->net->name);
            }
        }
    }
    return true;
}

/* Weights stay from one statement to the next: a net that was trained before has a start of so many steps. */
static void say_head_starts(Session *session, const VerbCall *call) {
    Canvas canvas = session_canvas(session);
    int64_t first = net_value_steps(call->operand[0]->net);
    bool uneven = false;
    for (int i = 1; i < call->count; i++) {
        uneven = uneven || net_value_steps(call->operand[i]->net) != first;
    }
    for (int i = 0; uneven && i < call->count; i++) {
        const NetValue *net = call->operand[i]->net;
        char steps[32];
        if (net_value_steps(net) > 0) {
            canvas_wrap(&canvas, STATE_DOUBTFUL, 4,
                        "%s goes on from the %s steps it was trained before: `reset %s` for an even start", net->name,
                        number_grouped(net_value_steps(net), steps), net->name);
        }
    }
}

/* All trainers are made before the first runs, so that an error comes before an hour of training. */
static bool begin(Session *session, const VerbCall *call) {
    Training *training = calloc((size_t)call->count, sizeof *training);
    int made = 0;
    if (!training_takes_no_checkpoint(session, call)) {
        free(training);
        return false;
    }
    if (!training) {
        return report_no_memory(session, call->tree->span);
    }
    while (made < call->count && training_make(session, call, made, false, &training[made])) {
        made++;
    }
    if (made == call->count) {
        say_head_starts(session, call);
    }
    for (int i = 0; i < made; i++) {
        if (made == call->count) {
            training_begin(call, i, &training[i]);
        } else {
            training_drop(&training[i]);
        }
    }
    free(training);
    if (made < call->count) {
        return false;
    }
    char who[32];
    snprintf(who, sizeof who, "%d nets", call->count);
    training_title(session, call, who);
    return true;
}

/* ---- side by side ------------------------------------------------------------------------------------------------ */

static json_t *run_json(const Run *run, const NetValue *net, const PlumbData *data) {
    json_t *object = json_object();
    const PlumbEpoch *last = run->epochs ? &run->epoch[run->epochs - 1] : NULL;
    json_object_set_new(object, "name", json_text(run->name));
    json_object_set_new(object, "loss", json_figure(last ? last->loss : NAN));
    json_object_set_new(object, "test_loss", json_figure(last ? last->test_loss : NAN));
    json_object_set_new(object, "metric", json_figure(last ? epoch_metric(last, data) : NAN));
    json_object_set_new(object, "grad_first", json_figure(last ? last->grad_first : NAN));
    json_object_set_new(object, "grad_last", json_figure(last ? last->grad_last : NAN));
    json_object_set_new(object, "update_ratio", json_figure(last ? last->update_ratio : NAN));
    json_object_set_new(object, "steps", json_integer(net_value_steps(net)));
    json_object_set_new(object, "seconds", json_figure(run->seconds));
    json_object_set_new(object, "clip", training_clipping(net));
    json_object_set_new(object, "alerts", json_incref(net->alerts));
    return object;
}

static bool finish(Session *session, const VerbCall *call) {
    Run *run = calloc((size_t)call->count, sizeof *run);
    const PlumbData *data = data_of(call->on);
    json_t *object = json_object(), *runs = json_array();
    Canvas canvas = session_canvas(session);
    if (!run) {
        json_decref(object);
        json_decref(runs);
        return report_no_memory(session, call->tree->span);
    }
    for (int i = 0; i < call->count; i++) {
        const NetValue *net = call->operand[i]->net;
        run[i] = (Run){.name = net->name, .net = net->net, .probe = net->probe, .seconds = net->seconds};
        run[i].epochs = plumb_trainer_history(net->trainer, &run[i].epoch);
        json_array_append_new(runs, run_json(&run[i], net, data));
    }
    picture_comparison(&canvas, data, run, call->count);
    fputc('\n', canvas.out);
    json_object_set_new(object, "runs", runs);
    session_json(session, call, NULL, object);
    free(run);
    return true;
}

static bool run(Session *session, const VerbCall *call) {
    if (!session_resuming(session) && (!all_different(session, call) || !begin(session, call))) {
        return false;
    }
    for (int i = 0; i < call->count; i++) {
        if (!call->operand[i]->net->unfinished) {
            continue; /* done before a pause */
        }
        PlumbOutcome outcome = training_run(session, call, i, false);
        if (outcome == PLUMB_PAUSED) {
            return session_pause(session, call);
        }
        if (outcome == PLUMB_FAILED) {
            return false;
        }
    }
    return finish(session, call);
}

static void check(Session *session, const VerbCall *call) {
    all_different(session, call);
    check_fits(session, call);
}

const Verb verb_compare = {
    .entry = {.name = "compare",
              .kind = PLUMB_VERB,
              .family = "training",
              .summary = "trains nets with the same seed and batches and shows them side by side",
              .formula = "compare NET, NET... on DATA [with RECIPE]",
              .source = "Bouthillier et al. 2021, for the common seed",
              .example = "compare plain, fixed on digits with quick"},
    .operands_min = 2,
    .operands_max = -1,
    .operands = TAKES_NET,
    .clauses = CLAUSE_ON | CLAUSE_WITH,
    .required = CLAUSE_ON,
    .on_takes = TAKES_DATA,
    .run = run,
    .check = check,
};
