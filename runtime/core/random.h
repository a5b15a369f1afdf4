/* Counter-based random numbers (Philox 4x32-10, Salmon 2011, from Random123): a draw is a function of
 * (seed, purpose, stream, index), whatever the thread or the order. */
#ifndef PLUMB_RANDOM_H
#define PLUMB_RANDOM_H
#include <stdint.h>

typedef enum { DRAW_INIT, DRAW_SHUFFLE, DRAW_DROPOUT, DRAW_DATA, DRAW_SPLIT, DRAW_NOISE, DRAW_AUGMENT, DRAW_SAMPLE } DrawPurpose;
typedef struct Draw {
    uint64_t seed;
    uint32_t purpose, stream; /* stream: a layer, an epoch, a step ... */
} Draw;
void draw4(Draw draw, uint64_t index, uint32_t out[4]);
double draw_uniform(Draw draw, uint64_t index); /* in (0,1) */
double draw_normal(Draw draw, uint64_t index);  /* Box-Muller; two calls with 2i and 2i+1 share one block */
uint64_t draw_below(Draw draw, uint64_t index, uint64_t bound); /* in [0,bound), without bias worth naming */
void draw_shuffle(Draw draw, uint32_t *item, uint32_t count);   /* Fisher-Yates */
#endif
