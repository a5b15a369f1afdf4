/* use: the statements of another file. */
#include "../verb.h"

static bool run(Session *session, const VerbCall *call) {
    return session_use(session, call->operand[0]->string, call->tree_of[0]->span);
}

static void check(Session *session, const VerbCall *call) {
    if (call->operand[0]->type == VALUE_STRING) {
        run(session, call);
    }
}

const Verb verb_use = {.entry = {.name = "use",
                                 .kind = PLUMB_VERB,
                                 .family = "scripts",
                                 .summary = "runs another file here: its nets, recipes and names are then known",
                                 .formula = "use \"FILE.plumb\"",
                                 .source = "plumb",
                                 .example = "use \"nets.plumb\""},
                       .operands_min = 1,
                       .operands_max = 1,
                       .operands = TAKES_STRING,
                       .run = run,
                       .check = check};
