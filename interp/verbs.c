/* The table of verbs. A new verb is one file of verbs/ and one line here. */
#include "verb.h"
#include <string.h>

#define VERBS(ROW)                                                                                                     \
    ROW(train)                                                                                                         \
    ROW(evaluate)                                                                                                      \
    ROW(predict)                                                                                                       \
    ROW(show)                                                                                                          \
    ROW(gradients)                                                                                                     \
    ROW(compare)                                                                                                       \
    ROW(save)                                                                                                          \
    ROW(load)                                                                                                          \
    ROW(expect)                                                                                                        \
    ROW(print)                                                                                                         \
    ROW(help)                                                                                                          \
    ROW(use)                                                                                                           \
    ROW(set)                                                                                                           \
    ROW(reset)                                                                                                         \
    ROW(continue)                                                                                                      \
    ROW(step)                                                                                                          \
    ROW(history)                                                                                                       \
    ROW(quit)                                                                                                          \
    ROW(forecast)                                                                                                      \
    ROW(diagnose)                                                                                                      \
    ROW(fix)                                                                                                           \
    ROW(sweep)                                                                                                         \
    ROW(watch)                                                                                                         \
    ROW(plot)                                                                                                          \
    ROW(report)                                                                                                        \
    ROW(export)                                                                                                        \
    ROW(generate)

#define DECLARE(name) extern const Verb verb_##name;
#define POINTER(name) &verb_##name,
VERBS(DECLARE)
static const Verb *const verbs[] = {VERBS(POINTER) NULL};

const Verb *verb_at(int index) {
    return index >= 0 && index < (int)(sizeof verbs / sizeof *verbs) - 1 ? verbs[index] : NULL;
}

const Verb *verb_find(const char *name) {
    for (const Verb *const *verb = verbs; *verb; verb++) {
        if (!strcmp((*verb)->entry.name, name)) {
            return *verb;
        }
    }
    return NULL;
}
