/* The program's allocator: glibc's, with every call counted, and bytes. */
#include "bench.h"
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>

#ifndef __has_feature /* clang's way of asking */
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) ||               \
    __has_feature(thread_sanitizer)
Counts counts_now(void) {
    return (Counts){0};
}

void counts_reset_peak(void) {
}
#else
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

extern char __executable_start, etext; /* ld's */
static atomic_long own, libraries;
static atomic_size_t live, peak;

static void add(size_t bytes) {
    size_t now = atomic_fetch_add(&live, bytes) + bytes, most = peak;
    while (now > most && !atomic_compare_exchange_weak(&peak, &most, now)) {
    }
}

static void *counted(void *memory, const char *caller) {
    *(caller >= &__executable_start && caller < &etext ? &own : &libraries) += 1;
    add(malloc_usable_size(memory));
    return memory;
}

void *malloc(size_t size) {
    return counted(__libc_malloc(size), __builtin_return_address(0));
}

void *calloc(size_t members, size_t size) {
    return counted(__libc_calloc(members, size), __builtin_return_address(0));
}

void *realloc(void *memory, size_t size) {
    size_t before = malloc_usable_size(memory);
    void *moved = __libc_realloc(memory, size);
    if (moved || !size) {
        live -= before;
    }
    return counted(moved, __builtin_return_address(0));
}

void *aligned_alloc(size_t alignment, size_t size) {
    return counted(__libc_memalign(alignment, size), __builtin_return_address(0));
}

void *memalign(size_t alignment, size_t size) {
    return counted(__libc_memalign(alignment, size), __builtin_return_address(0));
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    *memory = counted(__libc_memalign(alignment, size), __builtin_return_address(0));
    return *memory ? 0 : ENOMEM;
}

void free(void *memory) {
    live -= malloc_usable_size(memory);
    __libc_free(memory);
}

Counts counts_now(void) {
    return (Counts){own, libraries, live, peak};
}

void counts_reset_peak(void) {
    peak = live;
}
#endif
