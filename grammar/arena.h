/* Memory that is released all at once: a tree lives in the arena of its program. */
#ifndef PLUMB_ARENA_H
#define PLUMB_ARENA_H
#include <stddef.h>

typedef struct Arena Arena;
Arena *arena_new(void);                       /* NULL when memory is short */
void arena_free(Arena *arena);                /* NULL is allowed */
void *arena_alloc(Arena *arena, size_t size); /* zeroed, aligned for any type; NULL when memory is short */
char *arena_text(Arena *arena, const char *text, size_t length); /* a terminated copy */
#endif
