/* First fit among the buffers alive, which are kept in the order of their offsets. */
#include "layout.h"
#include <stdlib.h>
#include <string.h>

typedef struct Active {
    const Life **life; /* by offset */
    int count;
} Active;

static void expire(Active *active, int now) {
    int kept = 0;
    for (int i = 0; i < active->count; i++) {
        if (active->life[i]->last >= now) {
            active->life[kept++] = active->life[i];
        }
    }
    active->count = kept;
}

static void place(Active *active, Life *life) {
    int at = 0;
    int64_t offset = 0;
    while (at < active->count && active->life[at]->offset - offset < life->size) {
        offset = active->life[at]->offset + active->life[at]->size;
        at++;
    }
    life->offset = offset;
    memmove(&active->life[at + 1], &active->life[at], (size_t)(active->count - at) * sizeof *active->life);
    active->life[at] = life;
    active->count++;
}

int64_t layout(Life *life, int count) {
    Active active = {.life = calloc((size_t)count + 1, sizeof *active.life)};
    if (!active.life) {
        return -1;
    }
    int64_t total = 0;
    for (int i = 0; i < count; i++) {
        expire(&active, life[i].first);
        place(&active, &life[i]);
        total = life[i].offset + life[i].size > total ? life[i].offset + life[i].size : total;
    }
    free(active.life);
    return total;
}
