/* An arena: memory given out in order and freed at once. */
#include "../plumb.h"
#include <stdalign.h>
#include <stdlib.h>

enum { CHUNK = 4096 };

typedef struct Chunk {
    struct Chunk *next;
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
} Chunk;

struct PlumbArena {
    Chunk *chunk; /* the newest first */
};

PlumbArena *plumb_arena_new(void) {
    return calloc(1, sizeof(PlumbArena));
}

void plumb_arena_free(PlumbArena *arena) {
    for (Chunk *chunk = arena ? arena->chunk : NULL; chunk;) {
        Chunk *next = chunk->next;
        free(chunk);
        chunk = next;
    }
    free(arena);
}

/* A request larger than a chunk gets one of its own size; the rest of the chunk before stays unused. */
static Chunk *chunk_add(PlumbArena *arena, size_t least) {
    size_t size = least > CHUNK ? least : CHUNK;
    Chunk *chunk = calloc(1, sizeof *chunk + size);
    if (chunk) {
        *chunk = (Chunk){.next = arena->chunk, .size = size};
        arena->chunk = chunk;
    }
    return chunk;
}

/* Sizes are rounded up so that whatever type comes next is aligned. */
void *plumb_arena_alloc(PlumbArena *arena, size_t size) {
    const size_t step = alignof(max_align_t);
    if (size > SIZE_MAX / 2) {
        return NULL;
    }
    size = (size + step - 1) / step * step;
    Chunk *chunk = arena->chunk;
    if (!chunk || chunk->size - chunk->used < size) {
        chunk = chunk_add(arena, size);
    }
    if (!chunk) {
        return NULL;
    }
    void *memory = chunk->bytes + chunk->used;
    chunk->used += size;
    return memory;
}
