/* A training step allocates nothing: not one call to the allocator from our code, measured and clipped, with batch
 * statistics and dropout, on both backends. The first step is apart: there the native products are compiled for their
 * shapes. oneDNN allocates within its own calls (argument lists, packed operands); where it does not run, nobody may.
 */
#include "nets.h"
#include <errno.h>
#include <stdatomic.h>

static atomic_long allocations, foreign; /* from this program; from a shared library */

/* ---- who counts: our allocator before glibc's own, or the sanitizer's hook --------------------------------------- */

#ifndef __has_feature /* clang's way of asking */
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) ||               \
    __has_feature(thread_sanitizer)
int __sanitizer_install_malloc_and_free_hooks(void (*allocated)(const volatile void *memory, size_t size),
                                              void (*freed)(const volatile void *memory));

static void allocated(const volatile void *memory, size_t size) {
    (void)memory, (void)size;
    allocations++;
}

static void freed(const volatile void *memory) {
    (void)memory;
}

enum { TELLS_WHO = false };

static void start_counting(void) {
    assert_true(__sanitizer_install_malloc_and_free_hooks(allocated, freed) > 0);
}
#else
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

enum { TELLS_WHO = true };
extern char __executable_start, etext; /* ld's */

static void count(const char *caller) {
    *(caller >= &__executable_start && caller < &etext ? &allocations : &foreign) += 1;
}

void *malloc(size_t size) {
    count(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t members, size_t size) {
    count(__builtin_return_address(0));
    return __libc_calloc(members, size);
}

void *realloc(void *memory, size_t size) {
    count(__builtin_return_address(0));
    return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}

static void start_counting(void) {
}
#endif

/* ---- nets and recipes -------------------------------------------------------------------------------------------- */

enum { STEPS = 50, BATCH = 16 };

static const struct Case {
    const char *net;
    bool onednn; /* runs on the native backend */
    bool large;  /* beyond libxsmm's kernels; too slow without a library */
} cases[] = {
    {"input(10) -> dense(16) -> batchnorm -> a: tanh -> dense(16) -> dropout(0.2) -> gelu -> add & a -> layernorm"
     " -> dense(16) -> relu -> prelu -> rmsnorm -> concat & a -> scale -> dense(4)",
     false, false},
    {"input(6, 5) -> w: dense(5) -> tanh -> dense(5) = w -> selu -> a: softmax -> multiply & a -> flatten -> dense(4)",
     false, false},
    {"input(200) -> dense(800) -> relu -> dense(800) -> batchnorm -> relu -> dense(4)", true, true},
    {"input(7, 3) -> instancenorm -> lstm(8, layers=2, dropout=0.2) -> gru(8, norm=layernorm) -> rnn(8, return=last)"
     " -> dense(4)",
     false, false},
    {"input(2, 8, 8) -> conv(6, 3) -> batchnorm -> relu -> maxpool(2) -> conv(8, 3, stride=2, bias=false)"
     " -> groupnorm(2) -> upsample(2) -> avgpool(2) -> globalavgpool -> dense(4)",
     true, false},
};

static const char *const recipes[] = {
    "recipe(steps=60, batch=16, optimizer=adam, clip=by_norm(1), schedule=cosine(warmup=5), diagnostics=every(1))",
    ("recipe(steps=60, batch=16, optimizer=sgd(lr=0.01, momentum=0.9, nesterov=true), clip=by_value(0.1),"
     " schedule=step_decay(1), diagnostics=every(3))"),
    "recipe(steps=60, batch=16, optimizer=rmsprop(momentum=0.5))",
    "recipe(steps=60, batch=16, optimizer=adamw)",
};

typedef struct Seen {
    int steps, measured;
} Seen;

static bool look(void *self, const PlumbStep *step) {
    Seen *seen = self;
    seen->steps++;
    seen->measured += step->probe != NULL;
    return true;
}

static void assert_still(Kit *kit, const struct Case *row, const char *recipe, const char *backend, int threads) {
    PlumbNet *net = net_of(kit, row->net);
    PlumbData *data = data_for(kit, net, TARGET_CLASSES, (STEPS + 10) * BATCH, 1); /* the epoch does not end */
    PlumbConfig config = {.threads = threads, .shards = 3, .backend = backend};
    Seen seen = {0};
    PlumbTrainer *trainer = plumb_trainer_new(net, data, call_of(kit, recipe), &config, &kit->error);
    if (!trainer) {
        fail_msg("%s: %s %s", recipe, kit->error.what, kit->error.found);
    }
    assert_true(plumb_trainer_observe(trainer, (PlumbObserver){.self = &seen, .step = look}));
    assert_int_equal(plumb_trainer_run(trainer, 1, &kit->error), PLUMB_PAUSED);
    long before = allocations, others = foreign;
    assert_int_equal(plumb_trainer_run(trainer, STEPS, &kit->error), PLUMB_PAUSED);
    long ours = allocations - before, theirs = row->onednn ? 0 : foreign - others;
    if (ours || theirs) {
        fail_msg("%ld allocations, %ld in libraries, in %d steps of %s with %s, %s, %d threads", ours, theirs, STEPS,
                 row->net, recipe, backend, threads);
    }
    assert_int_equal(seen.steps, 1 + STEPS);
    assert_true(seen.measured > STEPS / 4);
    plumb_trainer_free(trainer);
    plumb_net_free(net);
}

static void a_step_allocates_nothing(void **state) {
    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        for (size_t r = 0; r < sizeof recipes / sizeof *recipes; r++) {
            int threads = 1 + (int)((n + r) % 2);
            if (!cases[n].large) {
                assert_still(*state, &cases[n], recipes[r], "portable", threads);
            }
            if (kernels_native() && (TELLS_WHO || !cases[n].onednn)) {
                assert_still(*state, &cases[n], recipes[r], "native", threads);
            }
        }
    }
}

/* The counter counts: what is made before the first step is seen. */
static void making_a_net_is_counted(void **state) {
    long before = allocations;
    plumb_net_free(net_of(*state, "input(3) -> dense(2)"));
    assert_true(allocations > before);
}

int main(void) {
    start_counting();
    const struct CMUnitTest tests[] = {
        kit_test(making_a_net_is_counted),
        kit_test(a_step_allocates_nothing),
    };
    return cmocka_run_group_tests_name("step memory", tests, NULL, NULL);
}
