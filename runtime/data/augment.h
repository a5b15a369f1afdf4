/* Augmentation: train images seen a little otherwise in every epoch. */
#ifndef PLUMB_AUGMENT_H
#define PLUMB_AUGMENT_H
#include "../train/parts.h"

/* Takes over what the argument `augment` of a source asks for. False: it does not fit the data. */
bool augment_read(PlumbData *data, const PlumbCall *call, PlumbError *error);
/* Row `row` of the train part as it is seen in `epoch`; from, to: of the data's x_shape, apart. */
void augment_row(const PlumbData *data, uint64_t seed, uint32_t epoch, uint32_t row, const real *from, real *to);
#endif
