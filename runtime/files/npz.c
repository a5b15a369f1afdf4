/* NumPy's .npz: a zip archive of .npy files. */
#include "array.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

#define UNPACKED_MOST ((zip_uint64_t)1 << 34)
enum { PACKING_MOST = 1032 /* deflate packs no tighter */, SLACK = 1 << 16 };

static bool wrong(const char *path, const char *what, PlumbError *error) {
    return plumb_fail(error, PLUMB_FORMAT_ERROR, "\"%.120s\" is no .npz archive: %s", path, what);
}

/* Through our own descriptor, so that the folder rules hold here too. */
static zip_t *archive_open(const char *path, const PlumbFiles *files, PlumbError *error) {
    int descriptor = files_open(path, files, error), code = 0;
    if (descriptor < 0) {
        return NULL;
    }
    zip_t *archive = zip_fdopen(descriptor, 0, &code); /* owns the descriptor from here on */
    if (!archive) {
        zip_error_t reason;
        zip_error_init_with_code(&reason, code);
        wrong(path, zip_error_strerror(&reason), error);
        zip_error_fini(&reason);
        close(descriptor);
    }
    return archive;
}

/* "x, y, labels" */
static void list_names(zip_t *archive, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (zip_int64_t i = 0, count = zip_get_num_entries(archive, 0); i < count && used < size; i++) {
        const char *name = zip_get_name(archive, (zip_uint64_t)i, 0);
        int length = name ? (int)strcspn(name, ".") : 0;
        used += (size_t)snprintf(text + used, size - used, "%s%.*s", i ? ", " : "", length, name ? name : "");
    }
}

/* NumPy stores array x as x.npy; a declared size that deflate cannot reach is a lie. */
static bool find_entry(zip_t *archive, const char *path, const char *name, zip_stat_t *entry, PlumbError *error) {
    char full[256], names[sizeof error->expected];
    snprintf(full, sizeof full, "%s.npy", name);
    if (zip_stat(archive, full, 0, entry) != 0 && zip_stat(archive, name, 0, entry) != 0) {
        plumb_fail(error, PLUMB_FORMAT_ERROR, "\"%.120s\" has no array \"%.60s\"", path, name);
        list_names(archive, names, sizeof names);
        return error_expected(error, "one of %.150s", names);
    }
    if (entry->size > UNPACKED_MOST || entry->size / PACKING_MOST > entry->comp_size + SLACK) {
        return wrong(path, "an array's declared size cannot be true", error);
    }
    return true;
}

/* Unpacks into memory; libzip compares the checksum at the entry's end. */
static bool read_entry(zip_t *archive, const char *path, const zip_stat_t *entry, Array *array, PlumbError *error) {
    zip_file_t *file = zip_fopen_index(archive, entry->index, 0);
    if (!file) {
        return wrong(path, zip_strerror(archive), error);
    }
    unsigned char *bytes = malloc(entry->size + 1);
    zip_int64_t count = bytes ? zip_fread(file, bytes, entry->size) : 0;
    bool done = false;
    if (!bytes) {
        error_memory(error);
    } else if (count != (zip_int64_t)entry->size ||
               zip_fread(file, bytes + count, 1) != 0) { /* the end checks the CRC */
        wrong(path, "an array is damaged", error);
    } else {
        done = npy_decode(array, path, bytes, (size_t)count, error);
    }
    free(bytes);
    zip_fclose(file);
    return done;
}

bool npz_read(Array *array, const char *path, const char *name, const PlumbFiles *files, PlumbError *error) {
    zip_stat_t entry;
    *array = (Array){0};
    zip_t *archive = archive_open(path, files, error);
    bool done =
        archive && find_entry(archive, path, name, &entry, error) && read_entry(archive, path, &entry, array, error);
    if (archive) {
        zip_discard(archive);
    }
    return done;
}
