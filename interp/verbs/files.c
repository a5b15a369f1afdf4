/* save NET to FILE, save NET.history to FILE, save gradients(NET) on DATA to FILE, load NET from FILE. */
#include "../render/number.h"
#include "common.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int64_t learned_numbers(const PlumbNet *net) {
    int64_t count = 0;
    for (int i = 0; i < plumb_net_size(net); i++) {
        count += plumb_net_node(net, i)->parameters;
    }
    return count;
}

static void report_file(Session *session, const VerbCall *call, const NetValue *net, const char *what,
                        const char *path) {
    Canvas canvas = session_canvas(session);
    char count[32];
    canvas_wrap(&canvas, STATE_PLAIN, 4, "%s: %s %s %s", net->name, number_grouped(learned_numbers(net->net), count),
                what, path);
    json_t *object = json_object();
    json_object_set_new(object, "file", json_text(path));
    session_json(session, call, net->name, object);
}

static void report_training(Session *session, const VerbCall *call, const NetValue *net, const char *what,
                            const char *path) {
    Canvas canvas = session_canvas(session);
    int64_t step = net_value_steps(net);
    canvas_wrap(&canvas, STATE_PLAIN, 4, "%s: its training at step %" PRId64 " %s %s", net->name, step, what, path);
    session_json(session, call, net->name, json_pack("{s:o, s:I}", "file", json_text(path), "step", (json_int_t)step));
}

/* ---- save -------------------------------------------------------------------------------------------------------- */

/* NET of `gradients(NET)`, or NULL: the operand is something else. */
static const Tree *net_of_gradients(const Tree *tree) {
    bool is = tree->kind == TREE_CALL && tree->count == 2 && tree->bodies == 0 && tree->child[0]->kind == TREE_NAME &&
              !strcmp(tree->child[0]->text, "gradients") && tree->child[1]->kind != TREE_ARGUMENT;
    return is ? tree->child[1] : NULL;
}

typedef enum Content { CONTENT_WEIGHTS, CONTENT_TRAINING, CONTENT_HISTORY } Content;

static const struct {
    const char *extension;
    Content content;
    ValueType of;
    const char *takes;
} kinds[] = {
    {".safetensors", CONTENT_WEIGHTS, VALUE_NET, "the weights of a net, or gradients(NET)"},
    {".ckpt", CONTENT_TRAINING, VALUE_NET, "the training of a net"},
    {".csv", CONTENT_HISTORY, VALUE_HISTORY, "NET.history"},
    {".json", CONTENT_HISTORY, VALUE_HISTORY, "NET.history"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static int kind_of(const char *path) {
    int i = 0;
    while (i < KINDS && !has_extension(path, kinds[i].extension)) {
        i++;
    }
    return i;
}

static bool can_be_written(Session *session, const VerbCall *call, const char *path) {
    return kind_of(path) < KINDS ||
           unknown_file(session, call, path,
                        ".safetensors (weights, gradients), .ckpt (the whole training), .csv or .json (NET.history)");
}

static bool clauses_fit(Session *session, const VerbCall *call, bool gradients) {
    if (gradients && !call->on_tree) {
        return session_error(session, call->tree->span, "gradients need data: save gradients(NET) on DATA to FILE");
    }
    if (!gradients && (call->on_tree || call->with_tree)) {
        const Tree *clause = call->on_tree ? call->on_tree : call->with_tree;
        return session_error(session, clause->span, "only gradients(NET) are saved with data or recipe");
    }
    return true;
}

/* `path` NULL: not known while checking. */
static bool fits_file(Session *session, const Tree *tree, const Value *value, const char *path, bool gradients) {
    if (value->type == VALUE_UNKNOWN) {
        return true;
    }
    if (value->type != VALUE_NET && value->type != VALUE_HISTORY) {
        return session_error(session, tree->span, "save takes a net, NET.history or gradients(NET); this is %s",
                             value_type_name(value));
    }
    if (!path ||
        (value->type == kinds[kind_of(path)].of && !(gradients && kinds[kind_of(path)].content == CONTENT_TRAINING))) {
        return true;
    }
    return session_error(session, tree->span, "a %s file holds %s; this is %s", kinds[kind_of(path)].extension,
                         kinds[kind_of(path)].takes, gradients ? "its gradients" : value_type_name(value));
}

/* What is to be saved, evaluated. NULL after an error; VALUE_UNKNOWN while checking. */
static Value *value_to_save(Session *session, const VerbCall *call, const char *path, bool *gradients) {
    const Tree *inside = net_of_gradients(call->tree_of[0]), *tree = inside ? inside : call->tree_of[0];
    *gradients = inside;
    if (!clauses_fit(session, call, inside)) {
        return NULL;
    }
    Value *value = session_evaluate(session, tree);
    if (value && !fits_file(session, tree, value, path, inside)) {
        value_drop(value);
        return NULL;
    }
    return value;
}

/* One batch, backward: its gradients are then in the net. */
static bool measure(Session *session, const VerbCall *call, Value *value, PlumbNet *net) {
    const PlumbCall *recipe = session_recipe(session, call->with, value);
    PlumbConfig config = session_config(session);
    PlumbProbe *probe = calloc((size_t)plumb_net_size(net), sizeof *probe);
    PlumbError error = {.argument = -1};
    double loss;
    bool done = recipe && probe && plumb_measure(net, data_of(call->on), recipe, &config, probe, &loss, &error);
    if (!recipe || !probe) {
        report_no_memory(session, call->tree->span);
    } else if (!done) {
        session_fail(session, call->on_tree->span, &error);
    }
    free(probe);
    return done;
}

static bool save_weights(Session *session, const VerbCall *call, Value *value, bool gradients) {
    PlumbNet *net = session_net(session, value, call->tree_of[0]->span);
    const char *path = call->to->string;
    PlumbError error = {.argument = -1};
    if (!net || (gradients && !measure(session, call, value, net))) {
        return false;
    }
    bool (*save)(const PlumbNet *, const char *, const PlumbFiles *, PlumbError *) =
        gradients ? plumb_gradients_save : plumb_net_save;
    if (!save(net, path, session_files(session), &error)) {
        return session_fail(session, call->to_tree->span, &error);
    }
    report_file(session, call, value->net, gradients ? "gradients written to" : "weights written to", path);
    return true;
}

static bool not_trained(Session *session, const VerbCall *call, const NetValue *net, const char *what) {
    PlumbError error = {.argument = -1};
    plumb_fail(&error, PLUMB_ARGUMENT_ERROR, "%.100s has not been trained: there is no %s", net->name, what);
    snprintf(error.hint, sizeof error.hint, "`train %.100s on DATA`", net->name);
    return session_fail(session, call->tree_of[0]->span, &error);
}

static bool save_training(Session *session, const VerbCall *call, const NetValue *net) {
    PlumbError error = {.argument = -1};
    if (!net->trainer) {
        return not_trained(session, call, net, "state of a training");
    }
    if (!plumb_trainer_save(net->trainer, call->to->string, session_files(session), &error)) {
        return session_fail(session, call->to_tree->span, &error);
    }
    report_training(session, call, net, "written to", call->to->string);
    return true;
}

static bool save_history(Session *session, const VerbCall *call, const NetValue *net) {
    const PlumbEpoch *epochs;
    int count = net_value_history(net, &epochs);
    const char *path = call->to->string;
    PlumbError error = {.argument = -1};
    if (!net->trainer && !net->checkpoint) {
        return not_trained(session, call, net, "history");
    }
    if (!plumb_history_save(epochs, count, path, session_files(session), &error)) {
        return session_fail(session, call->to_tree->span, &error);
    }
    Canvas canvas = session_canvas(session);
    canvas_wrap(&canvas, STATE_PLAIN, 4, "%s: %d epochs written to %s", net->name, count, path);
    session_json(session, call, net->name, json_pack("{s:o}", "file", json_text(path)));
    return true;
}

static bool save_value(Session *session, const VerbCall *call, Value *value, bool gradients) {
    switch (kinds[kind_of(call->to->string)].content) {
    case CONTENT_TRAINING:
        return save_training(session, call, value->net);
    case CONTENT_HISTORY:
        return save_history(session, call, value->history.net->net);
    default:
        return save_weights(session, call, value, gradients);
    }
}

static bool run_save(Session *session, const VerbCall *call) {
    bool gradients;
    if (!can_be_written(session, call, call->to->string)) {
        return false;
    }
    Value *value = value_to_save(session, call, call->to->string, &gradients);
    bool done = value && save_value(session, call, value, gradients);
    value_drop(value);
    if (done) {
        session_wrote(session);
    }
    return done;
}

static void check_save(Session *session, const VerbCall *call) {
    bool gradients;
    const char *path = call->to && call->to->type == VALUE_STRING ? call->to->string : NULL;
    if (path && !can_be_written(session, call, path)) {
        return;
    }
    Value *value = value_to_save(session, call, path, &gradients);
    if (value && value->type == VALUE_NET) {
        VerbCall inner = *call;
        inner.operand = &value;
        check_fits(session, &inner);
    }
    value_drop(value);
}

const Verb verb_save = {
    .entry = {.name = "save",
              .kind = PLUMB_VERB,
              .family = "files",
              .summary =
                  "writes a net's weights, the gradients of one batch (both .safetensors, under PyTorch's names), its "
                  "whole training (.ckpt), or its history (.csv, .json)",
              .formula =
                  "save NET to FILE | save NET.history to FILE | save gradients(NET) on DATA [with RECIPE] to FILE",
              .source = "https://github.com/huggingface/safetensors",
              .example = "save plain to \"plain.safetensors\""},
    .operands_min = 1,
    .operands_max = 1,
    .operands = TAKES_NAME,
    .clauses = CLAUSE_ON | CLAUSE_WITH | CLAUSE_TO,
    .required = CLAUSE_TO,
    .on_takes = TAKES_DATA,
    .to_takes = TAKES_STRING,
    .run = run_save,
    .check = check_save,
};

/* ---- load -------------------------------------------------------------------------------------------------------- */

/* What was measured and learned belongs to the weights that were there before. */
static bool load_training(Session *session, const VerbCall *call, NetValue *net) {
    PlumbError error = {.argument = -1};
    PlumbCheckpoint *checkpoint = plumb_checkpoint_load(net->net, call->from->string, session_files(session), &error);
    if (!checkpoint) {
        return session_fail(session, call->from_tree->span, &error);
    }
    net_value_forget(net);
    net->checkpoint = checkpoint;
    report_training(session, call, net, "read from", call->from->string);
    return true;
}

static bool load_weights(Session *session, const VerbCall *call, NetValue *net) {
    PlumbError error = {.argument = -1};
    if (!plumb_net_load(net->net, call->from->string, session_files(session), &error)) {
        return session_fail(session, call->from_tree->span, &error);
    }
    net_value_forget(net);
    report_file(session, call, net, "weights read from", call->from->string);
    return true;
}

static bool can_be_loaded(Session *session, const VerbCall *call) {
    const char *path = call->from->string;
    return has_extension(path, ".ckpt") || has_extension(path, ".safetensors") ||
           unknown_file(session, call, path, ".safetensors or .ckpt");
}

static void check_load(Session *session, const VerbCall *call) {
    if (call->from && call->from->type == VALUE_STRING) {
        can_be_loaded(session, call);
    }
}

static bool run_load(Session *session, const VerbCall *call) {
    NetValue *net = call->operand[0]->net;
    if (!can_be_loaded(session, call) || !session_net(session, call->operand[0], call->tree_of[0]->span)) {
        return false;
    }
    return has_extension(call->from->string, ".ckpt") ? load_training(session, call, net)
                                                      : load_weights(session, call, net);
}

const Verb verb_load = {
    .entry =
        {.name = "load",
         .kind = PLUMB_VERB,
         .family = "files",
         .summary =
             "reads all weights of a net, by name and shape; from a .ckpt also where its training stood, which `train` "
             "with the same recipe and data then goes on with; nothing changes unless everything fits",
         .formula = "load NET from FILE",
         .source = "https://github.com/huggingface/safetensors",
         .example = "load plain from \"plain.safetensors\""},
    .operands_min = 1,
    .operands_max = 1,
    .operands = TAKES_NET,
    .clauses = CLAUSE_FROM,
    .required = CLAUSE_FROM,
    .from_takes = TAKES_STRING,
    .run = run_load,
    .check = check_load,
};
