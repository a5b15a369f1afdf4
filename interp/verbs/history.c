/* history [NET]: the epochs of a net's training, or all nets that were trained. */
#include "../render/number.h"
#include "../render/pictures.h"
#include "../scope.h"
#include "training.h"
#include <math.h>
#include <stdlib.h>

/* ---- one net --------------------------------------------------------------------------------------------------- */

static bool print_epochs(Session *session, const VerbCall *call, const NetValue *net) {
    const PlumbData *data = data_of(net->trained_on);
    Canvas canvas = session_canvas(session);
    const PlumbEpoch *epochs;
    int count = net_value_history(net, &epochs);
    Grid *grid = picture_epochs(data, canvas.width);
    if (!grid) {
        return report_no_memory(session, call->tree->span);
    }
    grid_print_head(grid, &canvas);
    for (int i = 0; i < count; i++) {
        picture_epoch(grid, &epochs[i], data);
        grid_print_row(grid, &canvas, i);
    }
    grid_free(grid);
    return true;
}

static bool one_net(Session *session, const VerbCall *call, const NetValue *net) {
    if (!net->trainer || !data_of(net->trained_on)) {
        PlumbError error = {.argument = -1};
        plumb_fail(&error, PLUMB_ARGUMENT_ERROR, "%.100s has not been trained: there is no history", net->name);
        snprintf(error.hint, sizeof error.hint, "`train %.100s on DATA`", net->name);
        return session_fail(session, call->tree_of[0]->span, &error);
    }
    if (!print_epochs(session, call, net)) {
        return false;
    }
    session_json(session, call, net->name,
                 json_pack("{s:o}", "epochs", training_epochs(net, data_of(net->trained_on))));
    return true;
}

/* ---- all nets -------------------------------------------------------------------------------------------------- */

/* The name that the script gave the data, else how it was made. */
static const char *data_name(const Scope *scope, const PlumbData *data) {
    Value *value;
    const char *name;
    for (int i = 0; (name = scope_name_at(scope, i, &value)); i++) {
        if (data_of(value) == data) {
            return name;
        }
    }
    return data->name;
}

static void add_net(Grid *grid, json_t *runs, const VerbCall *call, const NetValue *net) {
    const PlumbData *data = data_of(net->trained_on);
    const PlumbEpoch *epochs;
    char text[32];
    int count = net_value_history(net, &epochs);
    double loss = count ? epochs[count - 1].loss : NAN, metric = count ? epoch_metric(&epochs[count - 1], data) : NAN;
    grid_row(grid);
    grid_cell(grid, STATE_PLAIN, "%s", net->name);
    grid_cell(grid, STATE_PLAIN, "%s", data_name(call->scope, data));
    grid_cell(grid, STATE_PLAIN, "%d", count);
    grid_cell(grid, STATE_PLAIN, "%s", number_or_na(loss, text));
    grid_cell(grid, STATE_PLAIN, "%s", metric_text(metric, data, text));
    json_array_append_new(runs, json_pack("{s:s, s:s, s:i, s:o, s:o}", "name", net->name, "data",
                                          data_name(call->scope, data), "epochs", count, "loss", json_figure(loss),
                                          "metric", json_figure(metric)));
}

static void add_nets(Grid *grid, json_t *runs, const VerbCall *call) {
    Value *value;
    for (int i = 0; scope_name_at(call->scope, i, &value); i++) {
        if (value->type == VALUE_NET && value->net->trainer && data_of(value->net->trained_on)) {
            add_net(grid, runs, call, value->net);
        }
    }
}

static bool all_nets(Session *session, const VerbCall *call) {
    static const Column columns[] = {
        {.title = "net", .align = ALIGN_LEFT},       {.title = "data", .align = ALIGN_LEFT, .rank = 1},
        {.title = "epochs", .align = ALIGN_RIGHT},   {.title = "loss", .align = ALIGN_DECIMAL},
        {.title = "metric", .align = ALIGN_DECIMAL},
    };
    Grid *grid = grid_new(columns, sizeof columns / sizeof *columns);
    json_t *runs = json_array();
    Canvas canvas = session_canvas(session);
    if (!grid) {
        json_decref(runs);
        return report_no_memory(session, call->tree->span);
    }
    add_nets(grid, runs, call);
    if (grid_rows(grid)) {
        grid_print(grid, &canvas);
    } else {
        fputs("no net has been trained yet\n", session_text(session));
    }
    grid_free(grid);
    session_json(session, call, NULL, json_pack("{s:o}", "runs", runs));
    return true;
}

static bool run(Session *session, const VerbCall *call) {
    return call->count ? one_net(session, call, call->operand[0]->net) : all_nets(session, call);
}

const Verb verb_history = {.entry = {.name = "history",
                                     .kind = PLUMB_VERB,
                                     .family = "looking",
                                     .summary = "the epochs of a net's training, or the last training of every net",
                                     .formula = "history [NET]",
                                     .source = "plumb",
                                     .example = "history plain"},
                           .operands_max = 1,
                           .operands = TAKES_NET,
                           .run = run};
