/* The weights' part of a step: in blocks, which threads share out. Each is taken through all that is done to it
 * while it is in the cache: its gradient from all shards, the update, the transposed copy. */
#ifndef PLUMB_BLOCKS_H
#define PLUMB_BLOCKS_H
#include "step.h"

/* Net and plan must be there. False: no memory. */
bool blocks_make(Stepper *stepper);
/* On every thread: those whose turn is behind a stage of the backward pass; and, behind the last one, the updates that wait for the whole
 * gradient. */
void blocks_run(Stepper *stepper, int thread, int stage);
void blocks_end(Stepper *stepper, int thread);
/* Of the whole gradient before clipping; NaN where it is not finite. */
double blocks_squared_norm(const Stepper *stepper);
#endif
