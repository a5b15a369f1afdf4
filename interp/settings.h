/* Settings of a session: `set key = value`, one row of a table each. */
#ifndef PLUMB_SETTINGS_H
#define PLUMB_SETTINGS_H
#include "session.h"
#include "value.h"

const PlumbEntry *setting_entry_at(int index); /* NULL ends */
/* False: no such setting, or not such a value; nothing is changed. */
bool setting_set(Options *options, const char *key, const Value *value, PlumbError *error);
#endif
