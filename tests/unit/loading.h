/* Data sources for tests: files in a folder of their own, and loading with literal arguments. */
#ifndef TEST_LOADING_H
#define TEST_LOADING_H
#include "given.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* In memory where the system has such a folder: on a disk every file that is written whole waits for it. */
static inline int enter_folder(void **state) {
    char *folder = strdup(access("/dev/shm", W_OK) == 0 ? "/dev/shm/plumb-data-XXXXXX" : "/tmp/plumb-data-XXXXXX");
    *state = folder;
    return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static inline int leave_folder(void **state) {
    char command[96];
    snprintf(command, sizeof command, "rm -rf %s", (char *)*state);
    free(*state);
    return chdir("/") == 0 ? system(command) : -1;
}

static inline void put(const char *path, const void *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static inline void put_text(const char *path, const char *text) {
    put(path, text, strlen(text));
}

static inline PlumbData *load_seeded(const char *source, const PlumbGiven *given, int count, uint64_t seed,
                              PlumbError *error) {
    PlumbArena *arena = plumb_arena_new();
    PlumbCall *call = plumb_call(arena, plumb_entry_find(source), given, count, error);
    PlumbData *data = call ? plumb_data_load(call, NULL, seed, error) : NULL;
    plumb_arena_free(arena);
    return data;
}

static inline PlumbData *load(const char *source, const PlumbGiven *given, int count) {
    PlumbError error = {0};
    PlumbData *data = load_seeded(source, given, count, 1, &error);
    if (!data) {
        fail_msg("%s | found %s", error.what, error.found);
    }
    return data;
}
#endif
