/* What clipping did during a training, and which limit the norms of its gradients suggest. */
#ifndef PLUMB_METER_H
#define PLUMB_METER_H
#include "../plumb.h"

/* Norms are counted on a log scale, so that a step allocates nothing: bins of 1/100 decade, 2.3 %. */
enum { METER_DECADES = 40 /* below and above 1 */, METER_BINS_A_DECADE = 100, METER_BINS = 2 * METER_DECADES * METER_BINS_A_DECADE };

typedef struct Meter {
    int64_t steps, engaged;
    double factors; /* sum over the engaged steps */
    uint32_t bin[METER_BINS];
} Meter;

/* `norm`: of the whole gradient before clipping; `factor`: what clipping took, 1 where nothing. */
void meter_add(Meter *meter, double norm, double factor);
/* The norm that a share of the steps stayed below; NaN without any finite norm. */
double meter_quantile(const Meter *meter, double share);
#endif
