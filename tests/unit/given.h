/* Calls for tests: arguments written as C literals. */
#ifndef TEST_GIVEN_H
#define TEST_GIVEN_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "runtime/plumb.h"
#include <cmocka.h>
#include <string.h>

#define NUMBER(named, value)                                                                                           \
    {                                                                                                                  \
        named, {                                                                                                       \
            .type = PLUMB_V_NUMBER, .number = value                                                                    \
        }                                                                                                              \
    }
#define TEXT(named, value)                                                                                             \
    {                                                                                                                  \
        named, {                                                                                                       \
            .type = PLUMB_V_STRING, .string = value                                                                    \
        }                                                                                                              \
    }
#define WORD(named, value)                                                                                             \
    {                                                                                                                  \
        named, {                                                                                                       \
            .type = PLUMB_V_WORD, .string = value                                                                      \
        }                                                                                                              \
    }
#define BOOL(named, value)                                                                                             \
    {                                                                                                                  \
        named, {                                                                                                       \
            .type = PLUMB_V_BOOL, .boolean = value                                                                     \
        }                                                                                                              \
    }
#define GIVEN(...)                                                                                                     \
    (const PlumbGiven[]){__VA_ARGS__}, (int)(sizeof(const PlumbGiven[]){__VA_ARGS__} / sizeof(PlumbGiven))

/* Is `part` somewhere in the error's text? */
static inline void assert_says(const PlumbError *error, const char *part) {
    const char *fields[] = {error->what, error->found, error->expected, error->hint};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (strstr(fields[i], part)) {
            return;
        }
    }
    fail_msg("\"%s\" is not in: %s | found %s | expected %s | %s", part, error->what, error->found, error->expected,
             error->hint);
}
#endif
