/* Initialisers: how the first weights are drawn. */
#ifndef PLUMB_INITS_H
#define PLUMB_INITS_H
#include "parts.h"

extern const Init init_lsuv;
/* What init=auto stands for before the activation `next_act` (NULL: none): he for the relu family, lecun for selu, else xavier. */
const PlumbCall *init_auto(const char *next_act);
/* Fills a weight by its spec: its initialiser, or its constant. */
bool init_fill(const WeightSpec *spec, Draw draw, real *value, PlumbError *error);
/* Variance of one weight as drawn, for the forecast and `show`. */
double init_variance(const WeightSpec *spec);
/* Its mean; not 0 where all weights are alike, or placed (eye). */
double init_mean(const WeightSpec *spec);
#endif
