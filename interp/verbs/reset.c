/* reset: a net as it was declared. */
#include "../verb.h"

static void forget(NetValue *net) {
    net_value_forget(net);
    value_drop(net->trained_on);
    value_drop(net->trained_with);
    net->trained_on = net->trained_with = NULL;
    if (net->net) {
        plumb_net_reset(net->net);
    }
}

static bool run(Session *session, const VerbCall *call) {
    for (int i = 0; i < call->count; i++) {
        forget(call->operand[i]->net);
        session_json(session, call, call->operand[i]->net->name, json_object());
    }
    return true;
}

const Verb verb_reset = {
    .entry = {.name = "reset",
              .kind = PLUMB_VERB,
              .family = "session",
              .summary =
                  "drops a net's weights, training and figures; its weights are made anew from the seed at next use",
              .formula = "reset NET, NET, ...",
              .source = "plumb",
              .example = "net n { input(2) -> dense(1) }\nreset n"},
    .operands_min = 1,
    .operands_max = -1,
    .operands = TAKES_NET,
    .run = run};
