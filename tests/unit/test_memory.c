/* Every allocation fails once, one after another: what ran must end with an error, crash nowhere and leak nothing (the
 * address sanitizer's build looks for leaks). The linker sends the allocations of all our objects here (--wrap). */
#include "failing.h"
#include "runtime/files/array.h"
#include <jansson.h>
#include <png.h>
#include <unistd.h>

/* ---- what is tried ---------------------------------------------------------------------------------------- */

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

static bool load_copying(PlumbError *error) {
    return load("copying", GIVEN(NUMBER("samples", 4)), error);
}

static bool load_text(PlumbError *error) {
    return load("text", GIVEN(TEXT(NULL, "m.csv"), NUMBER("length", 4)), error);
}

static bool load_series(PlumbError *error) {
    return load("series", GIVEN(TEXT(NULL, "m.csv"), TEXT("column", "a"), NUMBER("window", 1)), error);
}

static bool load_images(PlumbError *error) {
    return load("images", GIVEN(TEXT(NULL, "img")), error);
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
    static const Deed deeds[] = {save_npy,   save_safetensors, load_npy,  load_safetensors, load_csv,
                                 load_moons, load_copying,     load_text, load_series,      load_images};
    char folder[] = "/tmp/plumb-memory-XXXXXX";
    assert_true(mkdtemp(folder) && chdir(folder) == 0);
    FILE *file = fopen("m.csv", "w");
    assert_non_null(file);
    fputs("a,b\n1,2\n3,x\n5,2\n4,x\n", file);
    fclose(file);
    assert_int_equal(system("mkdir -p img/a img/b"), 0);
    png_image image = {.version = PNG_IMAGE_VERSION, .width = 2, .height = 1, .format = PNG_FORMAT_GRAY};
    assert_true(png_image_write_to_file(&image, "img/a/1.png", 0, "ab", 0, NULL));
    assert_true(png_image_write_to_file(&image, "img/b/1.png", 0, "cd", 0, NULL));
    json_set_alloc_funcs(__wrap_malloc, free);
    for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++) {
        assert_survives(deeds[i]);
    }
    assert_int_equal(system("rm -rf img m.csv m.npy m.safetensors") || chdir("/") || rmdir(folder), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(data_and_files_survive_every_failing_allocation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
