/* Allocations that fail on demand. The linker sends those of all our objects here (--wrap, see the Makefile). */
#ifndef TEST_FAILING_H
#define TEST_FAILING_H
#include "given.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static long countdown = -1; /* allocations until one fails; negative: none does */

static inline bool fails(void) {
    if (countdown < 0 || --countdown >= 0) {
        return false;
    }
    errno = ENOMEM;
    return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
FILE *__real_open_memstream(char **text, size_t *size);

void *__wrap_malloc(size_t size) {
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size) {
    return fails() ? NULL : __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text) {
    return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size) {
    return fails() ? NULL : __real_strndup(text, size);
}

FILE *__wrap_open_memstream(char **text, size_t *size) {
    return fails() ? NULL : __real_open_memstream(text, size);
}

typedef bool (*Deed)(PlumbError *error);

/* Fails the first allocation, then the second ... until the deed no longer meets the failing one. */
static inline void assert_survives(Deed deed) {
    for (long failing = 0; failing < 10000; failing++) {
        PlumbError error = {0};
        countdown = failing;
        bool done = deed(&error);
        bool reached = countdown < 0;
        countdown = -1;
        if (!reached) {
            assert_true(done);
            return;
        }
        if (!done && error.what[0] == '\0') {
            fail_msg("allocation %ld failed without a word", failing);
        }
    }
    fail_msg("it never ends");
}
#endif
