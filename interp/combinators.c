/* The combinators, one row each. A new one is a function of combinators/ and a row here. */
#include "combinators.h"
#include "combinators/parts.h"
#include <string.h>

#define ARG(title, takes, standard, text)                                                                              \
    { .name = title, .accepts = takes, .fallback = standard, .help = text }
#define END                                                                                                            \
    { .name = NULL }

static const PlumbArg repeat_args[] = {{.name = "n", .accepts = PLUMB_A_INT, .min = 1, .max = 1e9, .help = "how often"},
                                       END};
static const PlumbArg residual_args[] = {
    ARG("project", PLUMB_A_BOOL, "false", "leads the link through dense (1 x 1 conv) where the shapes differ"),
    ARG("shortcut", PLUMB_A_REF | PLUMB_A_NONE, "none", "a pipeline for the link in place of x itself"),
    {.name = "scale",
     .accepts = PLUMB_A_NUMBER | PLUMB_A_CALL | PLUMB_A_NONE,
     .kinds = PLUMB_COMBINATOR,
     .fallback = "none",
     .help = "factor on the body: a number, or learned(0) as in ReZero"},
    {.name = "drop",
     .accepts = PLUMB_A_NUMBER,
     .fallback = "0",
     .min = 0,
     .max = 0.999,
     .help = "probability that a row's body is left out while training: stochastic depth"},
    END};
static const PlumbArg highway_args[] = {
    ARG("bias", PLUMB_A_NUMBER, "-1", "first bias of the gate: below zero most is carried"), END};
static const PlumbArg join_args[] = {
    ARG("links", PLUMB_A_REF | PLUMB_A_REST | PLUMB_A_LIST, "[]", "labels of earlier stages"),
    ARG("project", PLUMB_A_BOOL, "false", "leads a link through dense (1 x 1 conv) where the shapes differ"), END};
static const PlumbArg concat_args[] = {
    ARG("links", PLUMB_A_REF | PLUMB_A_REST | PLUMB_A_LIST, "[]", "labels of earlier stages"), END};
static const PlumbArg when_args[] = {ARG("condition", PLUMB_A_BOOL, NULL, "true: the body is placed; false: nothing"),
                                     END};
static const PlumbArg learned_args[] = {ARG("value", PLUMB_A_NUMBER, "0", "its first value"), END};

#define COMBINATOR(title, table, least, most, function, text, synopsis, paper, instance)                               \
    {                                                                                                                  \
        {.name = title,                                                                                                \
         .kind = PLUMB_COMBINATOR,                                                                                     \
         .family = "combinators",                                                                                      \
         .args = table,                                                                                                \
         .summary = text,                                                                                              \
         .formula = synopsis,                                                                                          \
         .source = paper,                                                                                              \
         .example = instance},                                                                                         \
            least, most, function                                                                                      \
    }
static const Combinator table[] = {
    COMBINATOR("repeat", repeat_args, 1, 1, place_repeat,
               "the body n times, each with weights of its own; i counts from 1", "repeat(n) { body }", "plumb",
               "repeat(20) { dense(64) -> relu }"),
    COMBINATOR("residual", residual_args, 1, 1, place_residual, "a link around the body", "y = body(x) + x",
               "He et al. 2016, eq. 1", "residual { dense(64) -> relu }"),
    COMBINATOR("highway", highway_args, 1, 1, place_highway, "a gate between the body and what arrives",
               "y = T(x) body(x) + (1 - T(x)) x", "Srivastava, Greff & Schmidhuber 2015, eq. 3",
               "highway { dense(64) -> relu }"),
    COMBINATOR("share", NULL, 1, 1, place_share, "inside repeat: one set of weights for all repetitions",
               "repeat(n) { share { body } }", "Lan et al. 2020 (ALBERT), section 3.1",
               "repeat(6) { share { dense(64) -> tanh } }"),
    COMBINATOR("bidirectional", NULL, 1, 1, place_bidirectional,
               "a recurrent body run both ways, the outputs joined on the features",
               "y = [body(x), body run from the last time step to the first]", "Schuster & Paliwal 1997",
               "bidirectional { lstm(64) }"),
    COMBINATOR("add", join_args, 0, 64, place_joined, "sum of branches, or of what arrives and a labelled stage",
               "y = x1 + x2 + ...", "He et al. 2016, eq. 1", "h: dense(64)\nrelu -> dense(64)\nadd(h)"),
    COMBINATOR("concat", concat_args, 0, 64, place_joined,
               "branches or links side by side on the feature (channel) axis", "y = [x1, x2, ...]",
               "Huang et al. 2017, eq. 2", "concat { dense(8) } { dense(8) -> relu }"),
    COMBINATOR("multiply", join_args, 0, 64, place_joined, "product of branches or links, value by value: a gate",
               "y = x1 x2 ...", "Hochreiter & Schmidhuber 1997", "multiply { dense(8) } { dense(8) -> sigmoid }"),
    COMBINATOR("when", when_args, 1, 1, place_when, "the body if the condition holds, else nothing",
               "when(condition) { body }", "plumb", "when(deep) { dense(64) -> relu }"),
    COMBINATOR("learned", learned_args, 0, 0, NULL, "a number that is learned: a scale",
               "a, learned from its first value", "Bachlechner et al. 2021 (ReZero)",
               "residual(scale=learned(0)) { dense(64) -> relu }"),
};

const Combinator *combinator_at(int index) {
    return index >= 0 && index < (int)(sizeof table / sizeof *table) ? &table[index] : NULL;
}

const Combinator *combinator_find(const char *name) {
    const Combinator *row;
    for (int i = 0; (row = combinator_at(i)); i++) {
        if (!strcmp(row->entry.name, name)) {
            return row;
        }
    }
    return NULL;
}
