/* Verbs that the language has and this version does not: they parse, and say so where they are run. */
#include "../verb.h"

static bool run(Session *session, const VerbCall *call) {
    return session_error(session, call->tree->text_span, "`%s` is not available in this version", call->tree->text);
}

/* What the statement would bind may be used behind it. */
static void check(Session *session, const VerbCall *call) {
    Value *unknown = call->as_tree ? value_unknown() : NULL;
    if (unknown) {
        session_bind(session, call->as_tree->text, unknown);
    }
    value_drop(unknown);
}

#define LATER(title, text, synopsis, sample)                                                                           \
    const Verb verb_##title = {.entry = {.name = #title,                                                               \
                                         .kind = PLUMB_VERB,                                                           \
                                         .family = "not available in this version",                                    \
                                         .summary = text,                                                              \
                                         .formula = synopsis,                                                          \
                                         .source = "plumb",                                                            \
                                         .example = sample},                                                           \
                               .operands_max = -1,                                                                     \
                               .operands = TAKES_CONDITION,                                                            \
                               .clauses = CLAUSE_ON | CLAUSE_WITH | CLAUSE_TO | CLAUSE_FROM | CLAUSE_AS,               \
                               .on_takes = TAKES_ANY,                                                                  \
                               .to_takes = TAKES_ANY,                                                                  \
                               .from_takes = TAKES_ANY,                                                                \
                               .run = run,                                                                             \
                               .check = check};
LATER(report, "one page with all that is known of a net", "report NET to \"FILE.html\"",
      "report plain to \"plain.html\"")
