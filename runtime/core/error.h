/* Filling a PlumbError piece by piece. All of these take a NULL error and return false, as plumb_fail does. */
#ifndef PLUMB_ERROR_H
#define PLUMB_ERROR_H
#include "../plumb.h"

bool error_found(PlumbError *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool error_expected(PlumbError *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool error_hint(PlumbError *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool error_memory(PlumbError *error); /* "not enough memory" */

/* The name nearest to `word` by edit distance: at most 2 and at most a third of the word; false: none is near. */
enum { ERROR_WORD = 64 };                                                        /* longer names are not compared */
typedef bool (*ErrorNameAt)(const void *self, int index, char name[ERROR_WORD]); /* false ends the list */
bool error_nearest(const char *word, ErrorNameAt at, const void *self, char nearest[ERROR_WORD]);
#endif
