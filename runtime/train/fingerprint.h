/* Is it the same training? What of its recipe and of its data decides about the steps. */
#ifndef PLUMB_FINGERPRINT_H
#define PLUMB_FINGERPRINT_H
#include "../plumb.h"

/* Calls each(self, "recipe.batch", "32") for every key of the recipe that the steps depend on; the same text for the same
 * meaning. False: one call was, or memory is short. */
typedef bool (*EachKey)(void *self, const char *key, const char *text);
bool recipe_each_key(const PlumbCall *recipe, EachKey each, void *self);
/* CRC-32 of both parts, as eight hexadecimal digits; returns text. */
const char *data_checksum(const PlumbData *data, char text[9]);
#endif
