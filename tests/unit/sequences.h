/* For tests of recurrent layers: nets written as a list of calls, and one batch of random sequences measured. */
#ifndef TEST_SEQUENCES_H
#define TEST_SEQUENCES_H
#include "nets.h"
#include <math.h>

/* -1: the error is filled. */
static inline int kit_add(Kit *kit, PlumbNet *net, const char *source) {
    int last = plumb_net_size(net) - 1;
    return plumb_net_add(net, call_of(kit, source), &last, last >= 0, "", NULL, -1, (PlumbPlace){0}, &kit->error);
}

/* A pipeline; `source` ends with NULL. */
static inline PlumbNet *kit_net(Kit *kit, const char *const *source) {
    PlumbNet *net = plumb_net_new("n", &kit->error);
    for (; *source; source++) {
        if (kit_add(kit, net, *source) < 0) {
            fail_msg("%s: %s, found %s", *source, kit->error.what, kit->error.found);
        }
    }
    return net;
}

static inline double kit_measure(Kit *kit, PlumbNet *net, const PlumbData *data, const char *recipe, PlumbConfig config) {
    PlumbProbe *probe = calloc((size_t)plumb_net_size(net), sizeof *probe);
    double loss = NAN;
    if (!plumb_measure(net, data, call_of(kit, recipe), &config, probe, &loss, &kit->error)) {
        fail_msg("%s: %s", recipe, kit->error.what);
    }
    free(probe);
    return loss;
}
#endif
