/* Threads that spin some microseconds for their next region, then sleep: spinning without limit takes whole time slices
 * from others, sleeping at once costs 10 us a region. */
#include "pool.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#ifndef PLUMB_NO_NATIVE
void omp_set_num_threads(int count); /* libgomp, under oneDNN */
#endif

enum { SPINS = 4000 }; /* some 200 us: a pause takes 40 to 60 ns, a sleeper 50 us and more to wake */

struct Pool {
    int threads, size; /* in use, and all of them */
    int started;       /* the caller included; while they start, the others read `size` */
    pthread_t *thread; /* started - 1 of them */
    atomic_int *core;  /* where each thread was last seen */
    void (*task)(void *arg, int thread);
    void *arg;
    atomic_uint region; /* counts regions: a new number wakes the team */
    atomic_int arrived; /* at the barrier */
    atomic_uint phase;  /* counts barriers passed */
    atomic_int sleepers;
    bool leaving;
    pthread_mutex_t lock;
    pthread_cond_t wake;
};

typedef struct Member {
    Pool *pool;
    int index;
} Member;

static void relax(void) {
#ifdef __x86_64__
    _mm_pause();
#endif
}

/* Flushes denormals; returns the state to restore. */
static unsigned flush_denormals(void) {
#ifdef __x86_64__
    unsigned state = _mm_getcsr();
    _mm_setcsr(state | 0x8040);
    return state;
#else
    return 0;
#endif
}

static void restore_denormals(unsigned state) {
#ifdef __x86_64__
    _mm_setcsr(state);
#else
    (void)state;
#endif
}

/* -1: the system does not say. */
static int core_now(void) {
#ifdef __linux__
    return sched_getcpu();
#else
    return -1;
#endif
}

/* Written where it changed only: all read this line at every meeting. */
static void note_core(Pool *pool, int thread) {
    int core = core_now();
    if (atomic_load_explicit(&pool->core[thread], memory_order_relaxed) != core) {
        atomic_store_explicit(&pool->core[thread], core, memory_order_relaxed);
    }
}

/* Where a third process takes the other core, two threads of the team may share one: who spins then keeps the other
 * from coming. */
static bool shares_core(const Pool *pool, int thread) {
    int mine = atomic_load_explicit(&pool->core[thread], memory_order_relaxed);
    for (int i = 0; i < pool->size && mine >= 0; i++) {
        if (i != thread && atomic_load_explicit(&pool->core[i], memory_order_relaxed) == mine) {
            return true;
        }
    }
    return false;
}

/* Waits until `word` is no longer `old`: spins, then sleeps on the condition. Who is about to sleep says so before the
 * last look, who announces looks for sleepers after: one of them sees the other. */
static void await(Pool *pool, int thread, atomic_uint *word, unsigned old) {
    for (int i = 0, spins = shares_core(pool, thread) ? 0 : SPINS; i < spins; i++) {
        if (atomic_load_explicit(word, memory_order_acquire) != old) {
            return;
        }
        relax();
    }
    pthread_mutex_lock(&pool->lock);
    atomic_fetch_add(&pool->sleepers, 1);
    while (atomic_load(word) == old) {
        pthread_cond_wait(&pool->wake, &pool->lock);
    }
    atomic_fetch_sub(&pool->sleepers, 1);
    pthread_mutex_unlock(&pool->lock);
}

static void announce(Pool *pool, atomic_uint *word) {
    atomic_fetch_add(word, 1);
    if (atomic_load(&pool->sleepers)) {
        pthread_mutex_lock(&pool->lock);
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->lock);
    }
}

void pool_barrier(Pool *pool, int thread) {
    int threads = pool->threads; /* behind its arrival a thread must not look: the caller may go on and change it */
    if (threads == 1) {
        return;
    }
    note_core(pool, thread);
    unsigned phase = atomic_load_explicit(&pool->phase, memory_order_acquire);
    if (atomic_fetch_add_explicit(&pool->arrived, 1, memory_order_acq_rel) == threads - 1) {
        atomic_store_explicit(&pool->arrived, 0, memory_order_relaxed);
        announce(pool, &pool->phase);
    } else {
        await(pool, thread, &pool->phase, phase);
    }
}

static void *serve(void *arg) {
    Member member = *(Member *)arg;
    Pool *pool = member.pool;
    free(arg);
    flush_denormals();
#ifndef PLUMB_NO_NATIVE
    omp_set_num_threads(1); /* oneDNN called here would start a team of its own */
#endif
    for (unsigned region = 0;; region++) {
        await(pool, member.index, &pool->region, region);
        if (pool->leaving) {
            return NULL;
        }
        note_core(pool, member.index);
        pool->task(pool->arg, member.index);
        pool_barrier(pool, member.index);
    }
}

void pool_run(Pool *pool, void (*task)(void *arg, int thread), void *arg) {
    unsigned state = flush_denormals();
#ifndef PLUMB_NO_NATIVE
    omp_set_num_threads(1);
#endif
    pool->task = task;
    pool->arg = arg;
    if (pool->threads > 1) {
        announce(pool, &pool->region);
    }
    task(arg, 0);
    pool_barrier(pool, 0);
    restore_denormals(state);
}

static bool start(Pool *pool, int index) {
    Member *member = malloc(sizeof *member);
    if (!member) {
        return false;
    }
    *member = (Member){pool, index};
    if (pthread_create(&pool->thread[index - 1], NULL, serve, member)) {
        free(member);
        return false;
    }
    return true;
}

Pool *pool_new(int threads) {
    Pool *pool = calloc(1, sizeof *pool);
    pthread_t *thread = calloc((size_t)threads, sizeof *thread);
    atomic_int *core = calloc((size_t)threads, sizeof *core);
    if (!pool || !thread || !core) {
        free(pool);
        free(thread);
        free(core);
        return NULL;
    }
    pool->thread = thread;
    pool->core = core;
    for (int i = 0; i < threads; i++) {
        core[i] = -1 - i; /* nowhere yet */
    }
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pool->size = threads;
    for (pool->started = 1; pool->started < threads; pool->started++) {
        if (!start(pool, pool->started)) {
            pool_free(pool);
            return NULL;
        }
    }
    pool->threads = pool->size;
    return pool;
}

void pool_free(Pool *pool) {
    if (!pool) {
        return;
    }
    pool->leaving = true;
    announce(pool, &pool->region);
    for (int i = 0; i < pool->started - 1; i++) {
        pthread_join(pool->thread[i], NULL);
    }
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool->thread);
    free(pool->core);
    free(pool);
}

int pool_threads(const Pool *pool) {
    return pool->threads;
}

int pool_size(const Pool *pool) {
    return pool->size;
}

void pool_use(Pool *pool, int threads) {
    pool->threads = threads;
}
