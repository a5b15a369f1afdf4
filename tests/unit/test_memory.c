/* Every allocation fails once, one after another: what ran must end with an error, crash nowhere and leak nothing (the
 * address sanitizer's build looks for leaks). The linker sends the allocations of all our objects here (--wrap). */
#include "given.h"
#include "runtime/files/array.h"
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static long countdown = -1; /* allocations until one fails; negative: none does */

static bool fails(void) {
    if (countdown < 0 || --countdown >= 0) {
        return false;
    }
    errno = ENOMEM;
    return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
FILE *__real_open_memstream(char **text, size_t *size);

void *__wrap_malloc(size_t size) {
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
    return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size) {
    return fails() ? NULL : __real_realloc(memory, size);
}

char *__wrap_strdup(const char *text) {
    return fails() ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t size) {
    return fails() ? NULL : __real_strndup(text, size);
}

FILE *__wrap_open_memstream(char **text, size_t *size) {
    return fails() ? NULL : __real_open_memstream(text, size);
}

/* ---- what is tried ---------------------------------------------------------------------------------------- */

typedef bool (*Deed)(PlumbError *error);

/* Fails the first allocation, then the second ... until the deed no longer meets the failing one. */
static void assert_survives(Deed deed) {
    for (long failing = 0; failing < 10000; failing++) {
        PlumbError error = {0};
        countdown = failing;
        bool done = deed(&error);
        bool reached = countdown < 0;
        countdown = -1;
        if (!reached) {
            assert_true(done);
            return;
        }
        if (!done && error.what[0] == '\0') {
            fail_msg("allocation %ld failed without a word", failing);
        }
    }
    fail_msg("it never ends");
}

static bool load(const char *source, const PlumbGiven *given, int count, PlumbError *error) {
    PlumbArena *arena = plumb_arena_new();
    if (!arena) {
        return plumb_fail(error, PLUMB_MEMORY_ERROR, "no arena");
    }
    PlumbCall *call = plumb_call(arena, plumb_entry_find(source), given, count, error);
    PlumbData *data = call ? plumb_data_load(call, NULL, 1, error) : NULL;
    bool done = data;
    plumb_data_free(data);
    plumb_arena_free(arena);
    return done;
}

static bool load_csv(PlumbError *error) {
    return load("csv", GIVEN(TEXT(NULL, "m.csv"), WORD("scale", "standard")), error);
}

static bool load_moons(PlumbError *error) {
    return load("moons", GIVEN(NUMBER("samples", 10)), error);
}

static bool load_npy(PlumbError *error) {
    return load("npy", GIVEN(TEXT("x", "m.npy"), TEXT("y", "m.npy"), WORD("task", "regress")), error);
}

static bool load_safetensors(PlumbError *error) {
    return load("safetensors", GIVEN(TEXT(NULL, "m.safetensors")), error);
}

static plumb_real numbers[6] = {0, 1, 1, 0, 1, 0};

static bool save_npy(PlumbError *error) {
    return plumb_npy_save("m.npy", (PlumbShape){1, {2}}, 3, numbers, NULL, error);
}

static bool save_safetensors(PlumbError *error) {
    PlumbTensor tensor[] = {{"x", {2, {6, 1}}, numbers}, {"y", {1, {6}}, numbers}};
    return plumb_safetensors_save("m.safetensors", tensor, 2, NULL, error);
}

static void data_and_files_survive_every_failing_allocation(void **state) {
    (void)state;
    static const Deed deeds[] = {save_npy, save_safetensors, load_npy, load_safetensors, load_csv, load_moons};
    char folder[] = "/tmp/plumb-memory-XXXXXX";
    assert_true(mkdtemp(folder) && chdir(folder) == 0);
    FILE *file = fopen("m.csv", "w");
    assert_non_null(file);
    fputs("a,b\n1,2\n3,x\n5,2\n4,x\n", file);
    fclose(file);
    json_set_alloc_funcs(__wrap_malloc, free);
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
        assert_survives(deeds[i]);
    }
    assert_int_equal(system("rm -f m.csv m.npy m.safetensors") || chdir("/") || rmdir(folder), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(data_and_files_survive_every_failing_allocation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
