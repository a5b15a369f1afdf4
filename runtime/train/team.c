/* Trying one thread against all, see team.h. A stretch of steps runs on the choice that was faster, then a short one
 * tries the other. */
#include "team.h"
#include <math.h>

enum { TRIAL = 4 /* steps */, TRUST_LEAST = 8, TRUST_MOST = 1024 };
static const double LONG = 2e-3; /* seconds: from here on all are faster, and a trial would be felt */

static void begin(Team *team, Pool *pool, bool alone) {
    team->alone = alone;
    team->steps = 0;
    team->least[alone] = INFINITY;
    pool_use(pool, alone ? 1 : pool_size(pool));
}

void team_init(Team *team, Pool *pool) {
    *team = (Team){.trust = TRUST_LEAST};
    begin(team, pool, false);
}

/* A choice that is confirmed is trusted for longer. */
static void choose(Team *team, Pool *pool) {
    bool faster = team->least[true] < team->least[false];
    int longer = team->trust < TRUST_MOST ? 2 * team->trust : TRUST_MOST;
    team->trust = faster == team->chosen ? longer : TRUST_LEAST;
    team->chosen = faster;
    begin(team, pool, faster);
}

void team_note(Team *team, Pool *pool, double seconds) {
    bool tries = team->alone != team->chosen;
    if (team->steps++ > 0 && seconds < team->least[team->alone]) { /* the first one fills the caches */
        team->least[team->alone] = seconds;
    }
    if (pool_size(pool) == 1 || team->steps < (tries ? TRIAL : team->trust)) {
        return;
    }
    if (tries) {
        choose(team, pool);
    } else {
        begin(team, pool, !team->alone && team->least[false] < LONG);
    }
}
