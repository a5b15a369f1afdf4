/* Philox 4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"), from Random123. */
#include "random.h"
#include <Random123/philox.h>
#include <math.h>

void draw4(Draw draw, uint64_t index, uint32_t out[4]) {
    philox4x32_ctr_t counter = {{(uint32_t)index, (uint32_t)(index >> 32), draw.stream, draw.purpose}};
    philox4x32_key_t key = {{(uint32_t)draw.seed, (uint32_t)(draw.seed >> 32)}};
    philox4x32_ctr_t block = philox4x32(counter, key);
    for (int i = 0; i < 4; i++) {
        out[i] = block.v[i];
    }
}

/* 52 bits to the middle of their interval: never 0, never 1. */
static double unit(uint32_t high, uint32_t low) {
    uint64_t bits = ((uint64_t)high << 32 | low) >> 12;
    return ((double)bits + 0.5) * 0x1p-52;
}

double draw_uniform(Draw draw, uint64_t index) {
    uint32_t word[4];
    draw4(draw, index >> 1, word);
    return index & 1 ? unit(word[2], word[3]) : unit(word[0], word[1]);
}

double draw_normal(Draw draw, uint64_t index) {
    uint32_t word[4];
    draw4(draw, index >> 1, word);
    double radius = sqrt(-2 * log(unit(word[0], word[1])));
    double angle = 2 * M_PI * unit(word[2], word[3]);
    return radius * (index & 1 ? sin(angle) : cos(angle));
}

uint64_t draw_below(Draw draw, uint64_t index, uint64_t bound) {
    uint32_t word[4];
    draw4(draw, index, word);
    uint64_t bits = (uint64_t)word[0] << 32 | word[1];
    return (uint64_t)(((unsigned __int128)bits * bound) >> 64); /* Lemire 2019, without the rejection */
}

void draw_shuffle(Draw draw, uint32_t *item, uint32_t count) {
    for (uint32_t i = count; i > 1; i--) {
        uint32_t j = (uint32_t)draw_below(draw, i, i);
        uint32_t last = item[i - 1];
        item[i - 1] = item[j];
        item[j] = last;
    }
}
