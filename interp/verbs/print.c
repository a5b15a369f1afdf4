/* print: values on one line. */
#include "../json_value.h"
#include "../verb.h"
#include <stdlib.h>

static bool print_text(Session *session, const VerbCall *call) {
    FILE *out = session_out(session);
    for (int i = 0; i < call->count; i++) {
        char *text = value_text(call->operand[i]);
        if (!text) {
            return session_error(session, call->tree_of[i]->span, "not enough memory");
        }
        fprintf(out, "%s%s", i ? " " : "", text);
        free(text);
    }
    fputc('\n', out);
    return true;
}

static bool run(Session *session, const VerbCall *call) {
    if (!session_json_wanted(session)) {
        return print_text(session, call);
    }
    json_t *values = json_array();
    for (int i = 0; i < call->count; i++) {
        json_array_append_new(values, json_of_value(call->operand[i]));
    }
    session_json(session, call, NULL, json_pack("{s:o}", "values", values));
    return true;
}

const Verb verb_print = {.entry = {.name = "print",
                                   .kind = PLUMB_VERB,
                                   .family = "scripts",
                                   .summary = "prints values on one line, blanks between them",
                                   .formula = "print VALUE, VALUE, ...",
                                   .source = "plumb",
                                   .example = "print \"two thirds\", 2 / 3"},
                         .operands_max = -1,
                         .operands = TAKES_ANY,
                         .run = run};
