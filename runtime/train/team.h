/* How many threads a short step is best run on, found by trying: all of the team, or the caller alone. What is faster depends on
 * the net, on other processes and on how far apart the cores are; bits do not depend on it. */
#ifndef PLUMB_TEAM_H
#define PLUMB_TEAM_H
#include "../core/pool.h"
#include <stdbool.h>

typedef struct Team {
    double least[2]; /* seconds of the fastest step in the last stretch with all, and alone */
    int steps;       /* taken of the stretch under way */
    int trust;       /* how many steps a choice is kept before the other is tried again */
    bool alone;      /* the choice under way */
    bool chosen;     /* the one that was faster */
} Team;
void team_init(Team *team, Pool *pool);
/* Behind each step: how long it took. May change how many threads the next one runs on. */
void team_note(Team *team, Pool *pool, double seconds);
#endif
