/* How each combinator is laid out, and what they share. Internal to combinators.c and combinators/. */
#ifndef PLUMB_COMBINATOR_PARTS_H
#define PLUMB_COMBINATOR_PARTS_H
#include "../combinators.h"

bool place_repeat(Builder *builder, const Site *site);
bool place_share(Builder *builder, const Site *site);
bool place_bidirectional(Builder *builder, const Site *site);
bool place_when(Builder *builder, const Site *site);
bool place_residual(Builder *builder, const Site *site);
bool place_highway(Builder *builder, const Site *site);
bool place_joined(Builder *builder, const Site *site); /* add, concat, multiply */

/* ---- common.c ---- */
/* A call of the runtime, for what a combinator adds itself. NULL: reported. */
const PlumbCall *combinator_call(Builder *builder, const Site *site, const char *name, const PlumbGiven *given, int count);
/* A combinator without a layer before it stands in a block: what arrives is not known. */
bool combinator_open(Builder *builder, const Site *site);
/* Leads what flows to the shape `to`: He 2016, eq. 2, W_s x without a bias; over an image a 1 x 1 convolution. */
bool place_projection(Builder *builder, const Site *site, PlumbShape to);
bool shapes_differ(const Builder *builder, int a, int b); /* false where one is not known */
/* A joining layer, under the combinator's own label. */
bool combinator_join(Builder *builder, const Site *site, const char *layer, const int *input, int count);
#endif
