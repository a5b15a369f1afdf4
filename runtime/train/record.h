/* What a training leaves behind of its layers: their figures at moments evenly apart, see PlumbRecord in plumb.h.
 *
 * A moment is every `stride`-th measured step, the first one among them. When all PLUMB_MOMENTS_MAX are taken every second is dropped
 * and the stride doubles: from then on between half of them and all are there, whatever the length of the training. Everything is
 * allocated by record_init: PLUMB_MOMENTS_MAX x 8 bytes a figure, which is 3 KiB a layer and 512 bytes a time step of a recurrent one.
 * A checkpoint does not hold it: a training that is resumed from a file begins a new one. */
#ifndef PLUMB_TRAIN_RECORD_H
#define PLUMB_TRAIN_RECORD_H
#include "../core/net.h"

struct PlumbRecord {
    const PlumbNet *net;
    int count;                       /* moments */
    int64_t measured, stride;        /* steps so far; so many a moment */
    int64_t step[PLUMB_MOMENTS_MAX]; /* as PlumbStep.step */
    int *first_time;                 /* of each node, into a moment's time steps; one past the last */
    double *figure;                  /* [moment, node, figure] */
    double *through;                 /* [moment, time step] */
};

bool record_init(PlumbRecord *record, const PlumbNet *net); /* false: memory is short */
void record_clear(PlumbRecord *record);
/* To be called for every measured step: takes the probes, one a node, and what the net tells through time, if it is their turn. */
void record_take(PlumbRecord *record, int64_t step, const PlumbProbe *probe);
#endif
