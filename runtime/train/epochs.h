/* The figures of an epoch by number: checkpoints keep them as a table. */
#ifndef PLUMB_EPOCHS_H
#define PLUMB_EPOCHS_H
#include "../plumb.h"

enum { EPOCH_COLUMNS = 10 };
/* False: not a number that this figure can be. */
bool epoch_take(PlumbEpoch *epoch, int column, double figure);
#endif
