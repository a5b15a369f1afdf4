/* report NET, NET... to "FILE.html" */
#include "../report/report.h"
#include "measure.h"
#include <stdlib.h>

static bool can_be_written(Session *session, const VerbCall *call) {
    PlumbError error = {.argument = -1};
    if (!has_extension(call->to->string, ".html")) {
        return session_error(session, call->to_tree->span, "a report is a page: its file ends in .html");
    }
    return plumb_file_writable(call->to->string, session_files(session), &error) ||
           session_fail(session, call->to_tree->span, &error);
}

/* What is known of a net. False: reported. */
static bool gather(Session *session, const VerbCall *call, int index, About *about) {
    Value *value = call->operand[index];
    Span span = call->tree_of[index]->span;
    PlumbError error = {.argument = -1};
    *about = (About){.value = value->net, .net = session_net(session, value, span)};
    if (!about->net) {
        return false;
    }
    about->data = data_of(value->net->trained_on);
    about->epochs = net_value_history(value->net, &about->epoch);
    about->recipe = session_recipe(session, NULL, value);
    if (!about->recipe) {
        return report_no_memory(session, span);
    }
    about->diagnosis = diagnose_net(session, value, value->net->trained_on, NULL, span);
    if (!about->diagnosis) {
        return false;
    }
    about->forecast = plumb_forecast(about->net, about->data, about->recipe, &error);
    return about->forecast || session_fail(session, span, &error);
}

static void tell(Session *session, const VerbCall *call) {
    Canvas canvas = session_canvas(session);
    json_t *object = json_object(), *names = json_array();
    for (int i = 0; i < call->count; i++) {
        json_array_append_new(names, json_text(call->operand[i]->net->name));
    }
    canvas_wrap(&canvas, STATE_PLAIN, 4, "report on %d net%s: written to %s", call->count, call->count == 1 ? "" : "s",
                call->to->string);
    json_object_set_new(object, "nets", names);
    json_object_set_new(object, "file", json_text(call->to->string));
    session_json(session, call, NULL, object);
}

static bool write_page(Session *session, const VerbCall *call, const About *about) {
    Text page = {0};
    report_write(&page, about, call->count);
    bool done = !page.failed || report_no_memory(session, call->tree->span);
    done = done && write_file(session, call, page.at, page.length);
    text_clear(&page);
    return done;
}

static bool run(Session *session, const VerbCall *call) {
    About *about = calloc((size_t)call->count, sizeof *about);
    bool done = (about || report_no_memory(session, call->tree->span)) && can_be_written(session, call);
    for (int i = 0; done && i < call->count; i++) {
        done = gather(session, call, i, &about[i]);
    }
    done = done && write_page(session, call, about);
    for (int i = 0; about && i < call->count; i++) {
        plumb_forecast_free(about[i].forecast);
        plumb_diagnosis_free(about[i].diagnosis);
    }
    free(about);
    if (done) {
        tell(session, call);
    }
    return done;
}

static void check(Session *session, const VerbCall *call) {
    check_fits(session, call);
    if (call->to && call->to->type == VALUE_STRING) {
        can_be_written(session, call);
    }
}

const Verb verb_report = {
    .entry = {.name = "report",
              .kind = PLUMB_VERB,
              .family = "looking",
              .summary =
                  "one page that stands alone, on all that is known of nets: findings, repairs, data and recipe, "
                  "curves, signal and gradient over the depth, layers",
              .formula = "report NET, NET... to FILE",
              .source = "plumb",
              .example = "report plain, fixed to \"nets.html\""},
    .operands_min = 1,
    .operands_max = -1,
    .operands = TAKES_NET,
    .clauses = CLAUSE_TO,
    .required = CLAUSE_TO,
    .to_takes = TAKES_STRING,
    .run = run,
    .check = check,
};
