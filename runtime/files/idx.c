/* IDX, the format of MNIST: two zeros, a type, the number of axes, their sizes, the values; all big-endian.
 * http://yann.lecun.com/exdb/mnist/ */
#include "array.h"
#include <endian.h>
#include <stdlib.h>
#include <string.h>

static bool wrong(const InFile *file, const char *what, PlumbError *error) {
    return plumb_fail(error, PLUMB_FORMAT_ERROR, "\"%.120s\" is no IDX file: %s", file->path, what);
}

/* The types by their number in the file. */
static const ElementType *type_of(unsigned char code) {
    static const struct {
        unsigned char code;
        const char *npy;
    } types[] = {{0x08, "u1"}, {0x09, "i1"}, {0x0B, "i2"}, {0x0C, "i4"}, {0x0D, "f4"}, {0x0E, "f8"}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].code == code) {
            return element_type_npy(types[i].npy);
        }
    }
    return NULL;
}

/* Four bytes, then one 32-bit size an axis. */
static bool read_header(InFile *file, Array *array, PlumbError *error) {
    unsigned char magic[4];
    uint32_t dim[ARRAY_RANK_MAX];
    int64_t count = infile_read(file, magic, sizeof magic, error);
    if (count < 0) {
        return false;
    }
    array->type = count == sizeof magic && !magic[0] && !magic[1] ? type_of(magic[2]) : NULL;
    if (!array->type || magic[3] < 1 || magic[3] > ARRAY_RANK_MAX) {
        return wrong(file, "it does not start with 00 00, a type and the number of axes", error);
    }
    array->rank = magic[3];
    int64_t size = array->rank * (int64_t)sizeof *dim;
    count = infile_read(file, dim, (size_t)size, error);
    if (count != size) {
        return count < 0 ? false : wrong(file, "its header is cut short", error);
    }
    for (int i = 0; i < array->rank; i++) {
        array->dim[i] = be32toh(dim[i]);
    }
    return true;
}

/* Nothing is allocated for a size that the file cannot hold. */
static bool read_values(InFile *file, Array *array, PlumbError *error) {
    if (!array_count(array) || (uint64_t)array->count * array->type->size > file->most) {
        wrong(file, "it declares more values than it can hold", error);
        return error_found(error, "a file of at most %llu bytes, unpacked", (unsigned long long)file->most);
    }
    size_t length = (size_t)array->count * array->type->size;
    array->bytes = malloc(length + 1);
    int64_t count = array->bytes ? infile_read(file, array->bytes, length + 1, error) : -1;
    if (count == (int64_t)length) {
        array_swap(array);
        return true;
    }
    if (!array->bytes) {
        return error_memory(error);
    }
    if (count >= 0) {
        wrong(file, count < (int64_t)length ? "it is cut short" : "it is longer than its header says", error);
        error_found(error, "%lld bytes of values", (long long)count);
        error_expected(error, "%zu", length);
    }
    return false;
}

/* The values of image files are bytes; the other types are read as well. */
bool idx_read(Array *array, const char *path, const PlumbFiles *files, PlumbError *error) {
    InFile file;
    *array = (Array){0};
    if (!infile_open(&file, path, files, error)) {
        return false;
    }
    bool done = read_header(&file, array, error) && read_values(&file, array, error);
    infile_close(&file);
    if (!done) {
        array_free(array);
    }
    return done;
}
