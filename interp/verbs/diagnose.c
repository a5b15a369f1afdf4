/* diagnose NET [on DATA]: what is wrong, the evidence, the cause, the remedy. */
#include "../render/pictures.h"
#include "../repair/edits.h"
#include "measure.h"
#include <math.h>
#include <stdlib.h>

/* By what it was judged. */
static char *basis_of(const VerbCall *call, const NetValue *net) {
    char *on = call->on ? written(call->on_tree) : NULL, *text = NULL;
    bool done = on           ? asprintf(&text, "%s on %s", net->name, on) >= 0
                : net->probe ? asprintf(&text, "%s, as last measured,", net->name) >= 0
                             : asprintf(&text, "%s, by forecast alone,", net->name) >= 0;
    free(on);
    return done ? text : NULL;
}

/* What `fix` would try first, where something was found, or foreseen, in a net that has source and data. */
static json_t *propose_edit(Session *session, const VerbCall *call, Value *on, const PlumbDiagnosis *diagnosis) {
    Value *value = call->operand[0];
    const PlumbCall *recipe = session_recipe(session, call->with, value);
    Candidate first;
    if (!on || !recipe || !value->net->declaration ||
        !propose(session, value, data_of(on), recipe, diagnosis, &first)) {
        return json_null();
    }
    Canvas canvas = session_canvas(session);
    picture_proposal(&canvas, first.text, first.reason, !plumb_diagnosis_size(diagnosis));
    json_t *object = json_object();
    json_object_set_new(object, "edit", json_text(first.text));
    json_object_set_new(object, "for", json_text(first.reason));
    candidate_clear(&first);
    return object;
}

static bool run(Session *session, const VerbCall *call) {
    Value *value = call->operand[0];
    PlumbNet *net = session_net(session, value, call->tree_of[0]->span);
    if (!net || (call->on && !measure_net(session, call, net))) {
        return false;
    }
    Value *on = call->on ? call->on : value->net->trained_on;
    PlumbDiagnosis *diagnosis = diagnose_net(session, value, on, call->with, call->tree->span);
    char *basis = diagnosis ? basis_of(call, value->net) : NULL;
    if (basis) {
        Canvas canvas = session_canvas(session);
        picture_diagnosis(&canvas, basis, net, diagnosis);
        json_t *object = json_object();
        json_object_set_new(object, "healthy", json_boolean(is_healthy(diagnosis)));
        json_object_set_new(object, "findings", findings_json(net, diagnosis));
        json_object_set_new(object, "fix", propose_edit(session, call, on, diagnosis));
        session_json(session, call, value->net->name, object);
    }
    free(basis);
    plumb_diagnosis_free(diagnosis);
    return basis;
}

const Verb verb_diagnose = {
    .entry = {.name = "diagnose",
              .kind = PLUMB_VERB,
              .family = "looking",
              .summary =
                  "what is wrong with a net, the evidence, the cause, the remedy; of its last training, of a batch "
                  "measured now, or by forecast alone where there is neither; with data, also what fix would try first",
              .formula = "diagnose NET [on DATA] [with RECIPE]",
              .source = "plumb; Zhang et al. 2021, for rules on a training's history",
              .example = "diagnose plain on digits"},
    .operands_min = 1,
    .operands_max = 1,
    .operands = TAKES_NET,
    .clauses = CLAUSE_ON | CLAUSE_WITH,
    .on_takes = TAKES_DATA,
    .run = run,
    .check = check_fits,
};
