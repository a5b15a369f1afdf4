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

typedef enum { NEEDS_NOTHING, NEEDS_TRAINING, NEEDS_PROBES, NEEDS_RECORD, NEEDS_LISTS } Need;
typedef struct Theme {
    const char *name;
    Need need;
    int most;                                       /* nets, or lists, in one picture */
    Plot *(*make)(const Subject *subject, int count); /* returns NULL: memory is short. NULL: it is one of map_of */
    const char *nothing;                            /* what is said where there is nothing to draw */
} Theme;
Plot *theme_make(const Theme *theme, const Subject *subject, int count);
const Theme *theme_find(const char *name);
const Theme *theme_at(int index); /* NULL ends */

/* ---- over a training: plot_maps.c ---------------------------------------------------------------------------------- */
const PlumbRecord *record_of(const NetValue *net); /* NULL: nothing was kept */
/* A figure by layer and moment: "delta", "signal", "grad_norm", "update_ratio", "saturated", "dead". Needs a record. */
Plot *map_of(const char *theme, const Subject *subject);
/* The gradient by time step and moment, of a recurrent node or of all (-1); at most `most` time steps of each, evenly apart. */
Plot *map_of_time(const Subject *subject, int node, int most);
int next_recurrent(const PlumbNet *net, int from); /* -1: there is none from there on */
bool has_weights(const PlumbNode *node);

#endif
