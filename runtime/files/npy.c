/* NumPy's .npy: the magic, a version, the header's length, a Python dictionary, the values.
 * https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
#include "array.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef struct Header {
    const char *path, *text; /* the dictionary, ending with a NUL */
    size_t start;            /* of the values */
    PlumbError *error;
} Header;

static bool wrong(const Header *header, const char *what) {
    return plumb_fail(header->error, PLUMB_FORMAT_ERROR, "\"%.120s\" is no .npy array: %s", header->path, what);
}

/* The text behind 'key': in the dictionary, or NULL. */
static const char *value_of(const Header *header, const char *key) {
    const char *at = strstr(header->text, key);
    if (!at) {
        return NULL;
    }
    at += strlen(key);
    at += strspn(at, "'\" ");
    return *at == ':' ? at + 1 + strspn(at + 1, " ") : NULL;
}

/* '<f4', '>i2', '|u1': byte order, kind, bytes. A list instead is a record type. */
static bool read_type(const Header *header, Array *array, bool *swapped) {
    const char *at = value_of(header, "descr");
    char name[8] = "";
    if (!at || (*at != '\'' && *at != '"')) {
        return wrong(header, at ? "records of several fields cannot be read" : "no descr");
    }
    at++;
    *swapped = *at == '>';
    at += strspn(at, "<>|=");
    size_t length = strcspn(at, "'\"");
    snprintf(name, sizeof name, "%.*s", (int)(length < 7 ? length : 7), at);
    array->type = element_type_npy(name);
    if (!array->type) {
        wrong(header, "its type cannot be read");
        error_found(header->error, "%s", name);
        return error_expected(header->error, "f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 u8 or b1");
    }
    return true;
}

/* "(3, 4)", "(3,)" or "()". */
static bool read_shape(const Header *header, Array *array) {
    const char *at = value_of(header, "shape");
    if (!at || *at != '(') {
        return wrong(header, "no shape");
    }
    for (at += 1 + strspn(at + 1, " ,"); isdigit((unsigned char)*at); at += strspn(at, " ,L")) {
        int64_t dim = 0;
        for (; isdigit((unsigned char)*at); at++) {
            if (__builtin_mul_overflow(dim, (int64_t)10, &dim) || __builtin_add_overflow(dim, *at - '0', &dim)) {
                return wrong(header, "its shape is too large");
            }
        }
        if (array->rank == ARRAY_RANK_MAX) {
            return wrong(header, "it has too many axes");
        }
        array->dim[array->rank++] = dim;
    }
    if (*at != ')') {
        return wrong(header, "its shape cannot be read");
    }
    return array_count(array) || wrong(header, "its shape is too large");
}

/* Finds the dictionary behind magic, version and length, and cuts it out into `copy`. */
static bool find_header(Header *header, const unsigned char *bytes, size_t size, char **copy) {
    if (size < 10 || memcmp(bytes, "\x93NUMPY", 6) != 0) {
        return wrong(header, "it does not start with the magic \\x93NUMPY");
    }
    size_t start = bytes[6] == 1 ? 10 : 12, length = bytes[8] | (size_t)bytes[9] << 8;
    if (bytes[6] < 1 || bytes[6] > 3) {
        return wrong(header, "its version is unknown");
    }
    if (start == 12) {
        length |= size < 12 ? SIZE_MAX / 2 : (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
    }
    if (length > size - start) {
        return wrong(header, "its header is cut short");
    }
    *copy = strndup((const char *)bytes + start, length);
    header->text = *copy;
    header->start = start + length;
    return *copy || error_memory(header->error);
}

/* Copies column-major values into row-major order: `place` walks the source as the index counts up. */
static void transpose_values(const Array *array, const unsigned char *from) {
    size_t size = array->type->size;
    int64_t index[ARRAY_RANK_MAX] = {0}, stride[ARRAY_RANK_MAX], place = 0, step = 1;
    for (int axis = 0; axis < array->rank; axis++) {
        stride[axis] = step;
        step *= array->dim[axis];
    }
    for (int64_t i = 0; i < array->count; i++) {
        memcpy(array->bytes + (size_t)i * size, from + (size_t)place * size, size);
        int axis = array->rank - 1;
        for (; axis >= 0 && ++index[axis] == array->dim[axis]; axis--) {
            place -= (array->dim[axis] - 1) * stride[axis];
            index[axis] = 0;
        }
        place += axis >= 0 ? stride[axis] : 0;
    }
}

/* Checks that all declared values are there before room for them is made. */
static bool read_values(const Header *header, Array *array, const unsigned char *bytes, size_t size, bool swapped) {
    const char *order = value_of(header, "fortran_order");
    size_t length = (size_t)array->count * array->type->size;
    if (size - header->start < length) {
        plumb_fail(header->error, PLUMB_FORMAT_ERROR, "\"%.120s\" is cut short", header->path);
        error_found(header->error, "%zu bytes of values", size - header->start);
        return error_expected(header->error, "%zu", length);
    }
    array->bytes = malloc(length + 1);
    if (!array->bytes) {
        return error_memory(header->error);
    }
    if (order && *order == 'T' && array->rank > 1) {
        transpose_values(array, bytes + header->start);
    } else {
        memcpy(array->bytes, bytes + header->start, length);
    }
    if (swapped) {
        array_swap(array);
    }
    return true;
}

/* On failure nothing is left to free. */
bool npy_decode(Array *array, const char *path, const unsigned char *bytes, size_t size, PlumbError *error) {
    Header header = {.path = path, .error = error};
    char *copy = NULL;
    bool swapped = false;
    *array = (Array){0};
    bool done = find_header(&header, bytes, size, &copy) && read_type(&header, array, &swapped) &&
                read_shape(&header, array) && read_values(&header, array, bytes, size, swapped);
    free(copy);
    if (!done) {
        array_free(array);
    }
    return done;
}

bool npy_read(Array *array, const char *path, const PlumbFiles *files, PlumbError *error) {
    size_t size;
    unsigned char *bytes = plumb_file_read(path, files, &size, error);
    bool done = bytes && npy_decode(array, path, bytes, size, error);
    free(bytes);
    return done;
}

/* ---- writing ---------------------------------------------------------------------------------------------- */

/* Version 1.0; the dictionary is padded so that the values start at a multiple of 64 bytes. */
static bool write_header(OutFile *file, PlumbShape shape, int64_t rows) {
    char dims[128], text[192];
    int used = snprintf(dims, sizeof dims, "%lld,", (long long)rows);
    for (int i = 0; i < shape.rank; i++) {
        used += snprintf(dims + used, sizeof dims - (size_t)used, " %d,", shape.dim[i]);
    }
    int length = snprintf(text, sizeof text, "{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }", dims);
    int padded = (10 + length + 1 + 63) / 64 * 64 - 10;
    unsigned char start[10] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (unsigned char)padded, (unsigned char)(padded >> 8)};
    fwrite(start, 1, sizeof start, file->stream);
    return fprintf(file->stream, "%-*s\n", padded - 1, text) == padded;
}

/* shape is that of one row: rows x shape. */
bool plumb_npy_save(const char *path, PlumbShape shape, int64_t rows, const plumb_real *value, const PlumbFiles *files,
                    PlumbError *error) {
    OutFile file;
    if (!outfile_open(&file, path, files, error)) {
        return false;
    }
    if (write_header(&file, shape, rows)) { /* an error of the stream is found by commit */
        outfile_reals(&file, value, rows * plumb_shape_size(shape));
    }
    return outfile_commit(&file, error);
}
