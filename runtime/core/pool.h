/* A fixed team of threads for one parallel region after another. The caller is thread 0; a team of one costs nothing.
 * While a region runs, denormal numbers are flushed to zero in every thread. */
#ifndef PLUMB_POOL_H
#define PLUMB_POOL_H

typedef struct Pool Pool;
Pool *pool_new(int threads); /* at least 1; NULL when threads or memory are short */
void pool_free(Pool *pool);  /* NULL is allowed */
int pool_threads(const Pool *pool); /* in use */
int pool_size(const Pool *pool);    /* all of them */
void pool_use(Pool *pool, int threads); /* between regions: 1, or all; the others sleep */
/* Runs task(arg, thread) on every thread and returns when all are done. One region at a time. */
void pool_run(Pool *pool, void (*task)(void *arg, int thread), void *arg);
/* Inside a region: waits until all threads are here. What was written before is seen after. */
void pool_barrier(Pool *pool, int thread);
#endif
