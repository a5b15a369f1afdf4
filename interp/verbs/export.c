/* export NET to FILE: for other programs, or as source that stands alone. */
#include "../source.h"
#include "common.h"
#include <stdlib.h>
#include <string.h>

/* "plumb", or what the runtime writes; NULL: neither. */
static const char *format_of(const char *path) {
    return has_extension(path, ".plumb") ? "plumb" : plumb_export_format(path);
}

static bool can_be_written(Session *session, const VerbCall *call, const char *path) {
    return format_of(path) || unknown_file(session, call, path, ".onnx, .py, .dot or .plumb");
}

static bool write_source(Session *session, const VerbCall *call, const NetValue *net) {
    char *text = net_source(session, net, call->tree_of[0]->span);
    bool done = text && write_file(session, call, text, strlen(text));
    free(text);
    return done;
}

/* An error of a layer shows where that layer was written. */
static bool write_net(Session *session, const VerbCall *call, const PlumbNet *net) {
    PlumbError error = {.argument = -1};
    int node;
    if (plumb_net_export(net, call->to->string, session_files(session), &node, &error)) {
        session_wrote(session);
        return true;
    }
    Diag *diag = report_error(session, call->to_tree->span, &error);
    if (node >= 0) {
        PlumbPlace place = plumb_net_node(net, node)->place;
        diag_place(diag, (Span){place.source, place.begin, place.end}, "this layer");
    }
    return false;
}

static bool run(Session *session, const VerbCall *call) {
    const char *path = call->to->string, *format = format_of(path);
    if (!can_be_written(session, call, path)) {
        return false;
    }
    const PlumbNet *net = session_net(session, call->operand[0], call->tree_of[0]->span);
    const NetValue *value = call->operand[0]->net;
    bool source = !strcmp(format, "plumb");
    if (!net || !(source ? write_source(session, call, value) : write_net(session, call, net))) {
        return false;
    }
    Canvas canvas = session_canvas(session);
    canvas_wrap(&canvas, STATE_PLAIN, 4, "%s: written to %s", value->name, path);
    json_t *object = json_object();
    json_object_set_new(object, "file", json_text(path));
    json_object_set_new(object, "format", json_text(format));
    session_json(session, call, value->name, object);
    return true;
}

static void check(Session *session, const VerbCall *call) {
    if (call->to && call->to->type == VALUE_STRING) {
        can_be_written(session, call, call->to->string);
    }
}

const Verb verb_export = {
    .entry = {.name = "export",
              .kind = PLUMB_VERB,
              .family = "files",
              .summary = "a net for ONNX Runtime (.onnx), PyTorch (.py), Graphviz (.dot), or as source that stands "
                         "alone (.plumb)",
              .formula = "export NET to FILE",
              .source = "https://onnx.ai/onnx/operators, operator set 17",
              .example = "export plain to \"plain.onnx\""},
    .operands_min = 1,
    .operands_max = 1,
    .operands = TAKES_NET,
    .clauses = CLAUSE_TO,
    .required = CLAUSE_TO,
    .to_takes = TAKES_STRING,
    .run = run,
    .check = check,
};
