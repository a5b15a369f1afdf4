/* continue, step: training that was paused goes on. */
#include "../verb.h"
#include <math.h>

static bool run_continue(Session *session, const VerbCall *call) {
    return session_resume(session, 0, call->tree->span);
}

/* False: reported. */
static bool whole_steps(Session *session, const VerbCall *call, double *steps) {
    const Value *value = call->count ? call->operand[0] : NULL;
    *steps = value && value->type == VALUE_NUMBER ? value->number : 1;
    if (*steps >= 1 && *steps == rint(*steps) && *steps <= 1e15) {
        return true;
    }
    return session_error(session, call->tree_of[0]->span, "step takes a whole number of at least 1, not %.15g", *steps);
}

static bool run_step(Session *session, const VerbCall *call) {
    double steps;
    return whole_steps(session, call, &steps) && session_resume(session, (int64_t)steps, call->tree->span);
}

static void check_step(Session *session, const VerbCall *call) {
    double steps;
    whole_steps(session, call, &steps);
}

const Verb verb_continue = {
    .entry = {.name = "continue",
              .kind = PLUMB_VERB,
              .family = "session",
              .summary = "goes on with the training that was paused, bit for bit; where it is paused before a step "
                         "whose values are not finite, that step is taken all the same",
              .formula = "continue",
              .source = "plumb",
              .example = "continue"},
    .run = run_continue};
const Verb verb_step = {
    .entry =
        {.name = "step",
         .kind = PLUMB_VERB,
         .family = "session",
         .summary =
             "goes on with the training that was paused for n steps (1), then pauses again; where it is paused before "
             "a step whose values are not finite, tries that very step again, from the values before it",
         .formula = "step [n]",
         .source = "plumb",
         .example = "step 10"},
    .operands_max = 1,
    .operands = TAKES_NUMBER,
    .run = run_step,
    .check = check_step};
