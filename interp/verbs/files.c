/* save NET to FILE, save gradients(NET) on DATA to FILE, load NET from FILE. */
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

/* ---- save ---------------------------------------------------------------------------------------------------------
 */

/* NET of `gradients(NET)`, or NULL: the operand is something else. */
static const Tree *net_of_gradients(const Tree *tree) {
    bool is = tree->kind == TREE_CALL && tree->count == 2 && tree->bodies == 0 && tree->child[0]->kind == TREE_NAME &&
              !strcmp(tree->child[0]->text, "gradients") && tree->child[1]->kind != TREE_ARGUMENT;
    return is ? tree->child[1] : NULL;
}

static bool can_be_written(Session *session, const VerbCall *call, const char *path) {
    if (has_extension(path, ".safetensors")) {
        return true;
    }
    PlumbError error = {.argument = -1};
    plumb_fail(&error, PLUMB_ARGUMENT_ERROR, "save does not know this kind of file");
    snprintf(error.found, sizeof error.found, "\"%.100s\"", path);
    snprintf(error.expected, sizeof error.expected,
             "a name that ends in .safetensors, for the weights of a net or gradients(NET)");
    return session_fail(session, call->to_tree->span, &error);
}

static bool clauses_fit(Session *session, const VerbCall *call, bool gradients) {
    if (gradients && !call->on_tree) {
        return session_error(session, call->tree->span, "gradients need data: save gradients(NET) on DATA to FILE");
    }
    if (!gradients && (call->on_tree || call->with_tree)) {
        const Tree *clause = call->on_tree ? call->on_tree : call->with_tree;
        return session_error(session, clause->span, "the weights of a net are saved without data or recipe");
    }
    return true;
}

/* The net among the operand, evaluated. NULL after an error; VALUE_UNKNOWN while checking. */
static Value *net_to_save(Session *session, const VerbCall *call, bool *gradients) {
    const Tree *inside = net_of_gradients(call->tree_of[0]), *tree = inside ? inside : call->tree_of[0];
    *gradients = inside;
    if (!clauses_fit(session, call, inside)) {
        return NULL;
    }
    Value *value = session_evaluate(session, tree);
    if (value && value->type != VALUE_NET && value->type != VALUE_UNKNOWN) {
        session_error(session, tree->span, "save takes a net or gradients(NET); this is %s", value_type_name(value));
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

static bool save_net(Session *session, const VerbCall *call, Value *value, bool gradients) {
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
    session_wrote(session);
    report_file(session, call, value->net, gradients ? "gradients written to" : "weights written to", path);
    return true;
}

static bool run_save(Session *session, const VerbCall *call) {
    bool gradients;
    if (!can_be_written(session, call, call->to->string)) {
        return false;
    }
    Value *value = net_to_save(session, call, &gradients);
    bool done = value && save_net(session, call, value, gradients);
    value_drop(value);
    return done;
}

static void check_save(Session *session, const VerbCall *call) {
    bool gradients;
    if (call->to && call->to->type == VALUE_STRING && !can_be_written(session, call, call->to->string)) {
        return;
    }
    Value *value = net_to_save(session, call, &gradients);
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
              .summary = "writes weights, or the gradients of one batch, under PyTorch's names",
              .formula = "save NET to FILE | save gradients(NET) on DATA [with RECIPE] to FILE",
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

/* ---- load ----------------------------------------------------------------------------------------------------------
 */

/* What was measured and learned belongs to the weights that were there before. */
static void forget_training(NetValue *net) {
    plumb_log_close(net->log, NULL);
    plumb_trainer_free(net->trainer);
    free(net->probe);
    net->log = NULL;
    net->trainer = NULL;
    net->probe = NULL;
    net->unfinished = net->has_score = net->has_loss = false;
    net->seconds = 0;
}

static bool run_load(Session *session, const VerbCall *call) {
    PlumbNet *net = session_net(session, call->operand[0], call->tree_of[0]->span);
    PlumbError error = {.argument = -1};
    if (!net) {
        return false;
    }
    if (!plumb_net_load(net, call->from->string, session_files(session), &error)) {
        return session_fail(session, call->from_tree->span, &error);
    }
    forget_training(call->operand[0]->net);
    report_file(session, call, call->operand[0]->net, "weights read from", call->from->string);
    return true;
}

const Verb verb_load = {
    .entry = {.name = "load",
              .kind = PLUMB_VERB,
              .family = "files",
              .summary = "reads all weights of a net, by name and shape; nothing changes unless everything fits",
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
};
