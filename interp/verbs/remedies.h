/* Edits of a net that the forecast calls healthy. */
#ifndef PLUMB_VERBS_REMEDIES_H
#define PLUMB_VERBS_REMEDIES_H
#include "../render/pictures.h"

enum { REMEDIES_MAX = 3 };
/* At most REMEDIES_MAX, the smallest edits first. Returns how many; errors (no memory) leave some out. */
int remedies_of(const PlumbNet *net, const PlumbData *data, const PlumbCall *recipe, Remedy remedy[REMEDIES_MAX]);
#endif
