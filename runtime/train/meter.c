/* The clip meter, see meter.h. */
#include "meter.h"
#include <math.h>

/* A norm of 0 counts in the lowest bin; one that is not finite says nothing of a limit. */
void meter_add(Meter *meter, double norm, double factor) {
    meter->steps++;
    if (factor < 1) {
        meter->engaged++;
        meter->factors += factor;
    }
    if (isfinite(norm)) {
        double at = floor((log10(norm) + METER_DECADES) * METER_BINS_A_DECADE);
        meter->bin[(int)fmin(fmax(at, 0), METER_BINS - 1)]++;
    }
}

/* The middle of its bin. */
double meter_quantile(const Meter *meter, double share) {
    double total = 0, below = 0;
    int at = 0;
    for (int i = 0; i < METER_BINS; i++) {
        total += meter->bin[i];
    }
    while (at < METER_BINS - 1 && (below += meter->bin[at]) < share * total) {
        at++;
    }
    return total > 0 ? pow(10, (at + 0.5) / METER_BINS_A_DECADE - METER_DECADES) : NAN;
}
