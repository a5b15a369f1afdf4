/* What can be plotted of nets, and of lists of numbers: one maker each. */
#ifndef PLUMB_VERBS_PLOT_PARTS_H
#define PLUMB_VERBS_PLOT_PARTS_H
#include "../plot/plot.h"
#include "common.h"

typedef struct Subject { /* of a picture: a net, or where the theme needs lists a list of numbers or the title, a string */
    const char *name;
    const NetValue *value;
    PlumbNet *net;
    const Value *list;
} Subject;

typedef enum { NEEDS_NOTHING, NEEDS_TRAINING, NEEDS_PROBES, NEEDS_LISTS } Need;
typedef struct Theme {
    const char *name;
    Need need;
    int most;                                       /* nets, or lists, in one picture */
    Plot *(*make)(const Subject *subject, int count); /* NULL: memory is short */
    const char *nothing;                            /* what is said where there is nothing to draw */
} Theme;
const Theme *theme_find(const char *name);
const Theme *theme_at(int index); /* NULL ends */
#endif
