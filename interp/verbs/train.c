/* train NET on DATA [with RECIPE] */
#include "../render/pictures.h"
#include "saver.h"
#include "training.h"
#include <inttypes.h>

static bool finish(Session *session, const VerbCall *call) {
    const NetValue *net = call->operand[0]->net;
    json_t *object = json_object();
    say_clipping(session, call->operand[0]);
    fputc('\n', session_text(session));
    json_object_set_new(object, "epochs", training_epochs(net, data_of(net->trained_on)));
    json_object_set_new(object, "steps", json_integer(net_value_steps(net)));
    json_object_set_new(object, "seconds", json_figure(net->seconds));
    json_object_set_new(object, "alerts", json_incref(net->alerts));
    json_object_set_new(object, "clip", training_clipping(net));
    session_json(session, call, net->name, object);
    return true;
}

static void say_resumed(const Session *session, const PlumbTrainer *trainer) {
    int64_t of, step = plumb_trainer_steps(trainer, &of);
    Canvas canvas = session_canvas(session);
    canvas_wrap(&canvas, STATE_PLAIN, 4, "it goes on from its checkpoint, taken at step %" PRId64 " of %" PRId64, step,
                of);
}

static bool can_checkpoint(Session *session, const VerbCall *call) {
    const Saver saver = saver_of(session, NULL, session_recipe(session, call->with, call->operand[0]));
    PlumbError error = {.argument = -1};
    const Tree *at = call->with_tree ? call->with_tree : call->tree_of[0];
    return saver_can_write(&saver, &error) || session_fail(session, at->span, &error);
}

static bool begin(Session *session, const VerbCall *call) {
    NetValue *net = call->operand[0]->net;
    bool resumes = net->checkpoint;
    Training training;
    if (!can_checkpoint(session, call) || !training_make(session, call, 0, true, &training)) {
        return false;
    }
    training_begin(call, 0, &training);
    training_title(session, call, net->name);
    if (resumes) {
        say_resumed(session, net->trainer);
    }
    return true;
}

static bool run(Session *session, const VerbCall *call) {
    if (session_resuming(session)) {
        if (!call->operand[0]->net->unfinished) {
            return session_error(session, call->tree->span, "nothing is left of this training to go on with");
        }
    } else if (!begin(session, call)) {
        return false;
    }
    switch (training_run(session, call, 0, true)) {
    case PLUMB_PAUSED:
        return session_pause(session, call);
    case PLUMB_FAILED:
        return false;
    default:
        return finish(session, call);
    }
}

const Verb verb_train = {
    .entry = {.name = "train",
              .kind = PLUMB_VERB,
              .family = "training",
              .summary = "trains a net from its present weights; ctrl-C pauses, continue goes on; a net loaded from a "
                         "checkpoint goes on where that was taken, with the same recipe and data",
              .formula = "train NET on DATA [with RECIPE]",
              .source = "LeCun, Bottou, Orr & Mueller 1998, Efficient BackProp",
              .example = "train plain on digits with quick { epochs = 5 }"},
    .operands_min = 1,
    .operands_max = 1,
    .operands = TAKES_NET,
    .clauses = CLAUSE_ON | CLAUSE_WITH,
    .required = CLAUSE_ON,
    .on_takes = TAKES_DATA,
    .run = run,
    .check = check_fits,
};
