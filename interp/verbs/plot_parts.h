/* What can be plotted of nets: one maker each. */
#ifndef PLUMB_VERBS_PLOT_PARTS_H
#define PLUMB_VERBS_PLOT_PARTS_H
#include "../plot/plot.h"
#include "common.h"

typedef struct Subject { /* of a picture */
    const char *name;
    const NetValue *value;
    PlumbNet *net;
} Subject;

typedef enum { NEEDS_NOTHING, NEEDS_TRAINING, NEEDS_PROBES } Need;
typedef struct Theme {
    const char *name;
    Need need;
    int most;                                       /* nets in one picture */
    Plot *(*make)(const Subject *subject, int count); /* NULL: memory is short */
    const char *nothing;                            /* what is said where there is nothing to draw */
} Theme;
const Theme *theme_find(const char *name);
const Theme *theme_at(int index); /* NULL ends */
#endif
