/* safetensors: the header's length in 8 bytes, a JSON object {name: {dtype, shape, data_offsets}}, the values.
 * https://github.com/huggingface/safetensors#format */
#include "safetensors.h"
#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_MOST = 100000000 /* as in the reference implementation */, PREFIX = 8, SEAL = 4 };
static const char seal_name[] = "checksum", metadata_name[] = "__metadata__";

typedef struct Reader {
    const char *path;
    const unsigned char *values; /* behind the header */
    size_t size;                 /* of the values */
    PlumbError *error;
} Reader;

typedef struct Extent { /* one tensor's place among the values */
    const char *name;
    json_t *entry;
    int64_t begin, end;
} Extent;

static bool wrong(const Reader *reader, const char *what) {
    size_t length = strlen(reader->path);
    bool checkpoint = length > 5 && !strcmp(reader->path + length - 5, ".ckpt"); /* the same format */
    return plumb_fail(reader->error, PLUMB_FORMAT_ERROR, "\"%.120s\" is no %s: %s", reader->path,
                      checkpoint ? "checkpoint" : "safetensors file", what);
}

static bool wrong_tensor(const Reader *reader, const char *name, const char *what) {
    return plumb_fail(reader->error, PLUMB_FORMAT_ERROR, "\"%.100s\": tensor \"%.60s\" %s", reader->path, name, what);
}

/* The length is checked against the file before anything is parsed; duplicate names are refused. */
static json_t *read_header(Reader *reader, const unsigned char *bytes, size_t size) {
    uint64_t length;
    if (size < PREFIX) {
        wrong(reader, "it is too short");
        return NULL;
    }
    memcpy(&length, bytes, sizeof length);
    length = le64toh(length);
    if (length > HEADER_MOST || length > size - PREFIX) {
        wrong(reader, "its header is longer than the file, which may be cut short");
        return NULL;
    }
    json_error_t reason;
    json_t *header = json_loadb((const char *)bytes + PREFIX, length, JSON_REJECT_DUPLICATES, &reason);
    if (!header && json_error_code(&reason) == json_error_out_of_memory) {
        error_memory(reader->error);
        return NULL;
    }
    if (!json_is_object(header)) {
        wrong(reader, "its header is no JSON object");
        error_found(reader->error, "%s", header ? "another value" : reason.text);
        json_decref(header);
        return NULL;
    }
    reader->values = bytes + PREFIX + length;
    reader->size = size - PREFIX - length;
    return header;
}

/* data_offsets: [begin, end) counted from the end of the header. */
static bool read_extent(const Reader *reader, Extent *extent) {
    json_t *offsets = json_object_get(extent->entry, "data_offsets");
    json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end)) {
        return wrong_tensor(reader, extent->name, "has no data_offsets");
    }
    extent->begin = json_integer_value(begin);
    extent->end = json_integer_value(end);
    if (extent->begin < 0 || extent->end < extent->begin || (uint64_t)extent->end > reader->size) {
        return wrong_tensor(reader, extent->name, "lies outside the file, which may be cut short");
    }
    return true;
}

/* By begin; empty tensors before the one that starts at the same place. */
static int compare_extents(const void *left, const void *right) {
    const Extent *a = left, *b = right;
    int order = (a->begin > b->begin) - (a->begin < b->begin);
    return order ? order : (a->end > b->end) - (a->end < b->end);
}

/* The tensors must fill the file without holes and without sharing a byte. */
static bool check_extents(const Reader *reader, const Extent *extent, int count) {
    int64_t end = 0;
    for (int i = 0; i < count; i++) {
        if (extent[i].begin != end) {
            return wrong_tensor(reader, extent[i].name,
                                extent[i].begin < end ? "overlaps another" : "has a gap before it");
        }
        end = extent[i].end;
    }
    return (uint64_t)end == reader->size || wrong(reader, "bytes are left behind its last tensor");
}

/* All tensors in the order of their places; NULL on error. */
static Extent *list_extents(const Reader *reader, json_t *header, int *count) {
    Extent *extent = calloc(json_object_size(header) + 1, sizeof *extent);
    const char *name;
    json_t *entry;
    *count = 0;
    if (!extent) {
        error_memory(reader->error);
        return NULL;
    }
    json_object_foreach(header, name, entry) {
        if (!strcmp(name, metadata_name)) {
            continue;
        }
        extent[*count] = (Extent){.name = name, .entry = entry};
        if (!read_extent(reader, &extent[(*count)++])) {
            free(extent);
            return NULL;
        }
    }
    qsort(extent, (size_t)*count, sizeof *extent, compare_extents);
    if (!check_extents(reader, extent, *count)) {
        free(extent);
        return NULL;
    }
    return extent;
}

/* [] is a single value. */
static bool read_shape(const Reader *reader, const Extent *extent, Array *array) {
    json_t *shape = json_object_get(extent->entry, "shape"), *dim;
    size_t axis;
    if (!json_is_array(shape) || json_array_size(shape) > ARRAY_RANK_MAX) {
        return wrong_tensor(reader, extent->name, "has no shape, or one of too many axes");
    }
    json_array_foreach(shape, axis, dim) {
        if (!json_is_integer(dim) || json_integer_value(dim) < 0) {
            return wrong_tensor(reader, extent->name, "has a size in its shape that is no whole number");
        }
        array->dim[array->rank++] = json_integer_value(dim);
    }
    return true;
}

/* dtype x shape must give exactly the bytes between the offsets. */
static bool read_tensor(const Reader *reader, const Extent *extent, Array *array) {
    const char *type = json_string_value(json_object_get(extent->entry, "dtype"));
    array->type = type ? element_type_safetensors(type) : NULL;
    if (!array->type) {
        wrong_tensor(reader, extent->name, "has a type that cannot be read");
        return error_found(reader->error, "%.60s", type ? type : "none");
    }
    if (!read_shape(reader, extent, array)) {
        return false;
    }
    size_t length = (size_t)(extent->end - extent->begin);
    if (!array_count(array) || (uint64_t)array->count * array->type->size != length) {
        return wrong_tensor(reader, extent->name, "has a shape that does not fit its bytes");
    }
    array->name = strdup(extent->name);
    array->bytes = malloc(length + 1);
    if (!array->name || !array->bytes) {
        return error_memory(reader->error);
    }
    memcpy(array->bytes, reader->values + extent->begin, length);
    return true;
}

/* Reads the tensors called `name`, or all of them where it is NULL. */
static bool read_tensors(const Reader *reader, json_t *header, const char *name, Array **arrays, int *count) {
    int total;
    Extent *extent = list_extents(reader, header, &total);
    Array *list = extent ? calloc((size_t)total + 1, sizeof *list) : NULL;
    bool done = list || (extent && error_memory(reader->error));
    *count = 0;
    for (int i = 0; done && i < total; i++) {
        if (!name || !strcmp(name, extent[i].name)) {
            done = read_tensor(reader, &extent[i], &list[(*count)++]);
        }
    }
    free(extent);
    if (!done) {
        arrays_free(list, *count);
        return false;
    }
    *arrays = list;
    return true;
}

/* "dense1.bias, dense1.weight" */
static void no_tensor(const Reader *reader, json_t *header, const char *wanted) {
    char names[sizeof reader->error->expected] = "";
    const char *name;
    json_t *entry;
    size_t used = 0;
    json_object_foreach(header, name, entry) {
        used += used < sizeof names
                    ? (size_t)snprintf(names + used, sizeof names - used, "%s%s", used ? ", " : "", name)
                    : 0;
    }
    plumb_fail(reader->error, PLUMB_FORMAT_ERROR, "\"%.120s\" has no tensor \"%.60s\"", reader->path, wanted);
    error_expected(reader->error, "%s", names);
}

/* The tensor called `name`, or all of them where it is NULL. */
static bool read_file(Array **arrays, int *count, const char *path, const char *name, const PlumbFiles *files,
                      PlumbError *error) {
    Reader reader = {.path = path, .error = error};
    size_t size = 0;
    unsigned char *bytes = plumb_file_read(path, files, &size, error);
    json_t *header = bytes ? read_header(&reader, bytes, size) : NULL;
    bool done = header && read_tensors(&reader, header, name, arrays, count);
    if (done && name && *count == 0) {
        no_tensor(&reader, header, name);
        free(*arrays);
        done = false;
    }
    json_decref(header);
    free(bytes);
    return done;
}

bool safetensors_read_all(Array **arrays, int *count, const char *path, const PlumbFiles *files, PlumbError *error) {
    return read_file(arrays, count, path, NULL, files, error);
}

bool safetensors_read(Array *array, const char *path, const char *name, const PlumbFiles *files, PlumbError *error) {
    Array *list;
    int count;
    if (!read_file(&list, &count, path, name, files, error)) {
        return false;
    }
    *array = list[0]; /* names are unique */
    free(list);
    return true;
}

/* ---- sealed files ----------------------------------------------------------------------------------------- */

/* The seal is the last array, so its bytes are the last of the file. */
static bool sealed(const Reader *reader, const unsigned char *bytes, size_t size, const Array *arrays, int count) {
    const Array *last = count ? &arrays[count - 1] : NULL;
    uint32_t sum;
    if (!last || strcmp(last->name, seal_name) != 0 || last->type->size * (size_t)last->count != SEAL) {
        return wrong(reader, "it has no checksum");
    }
    memcpy(&sum, bytes + size - SEAL, SEAL);
    if (le32toh(sum) != (uint32_t)crc32_z(0, bytes, size - SEAL)) {
        return plumb_fail(reader->error, PLUMB_FORMAT_ERROR, "\"%.120s\" is damaged: its checksum does not fit",
                          reader->path);
    }
    return true;
}

static bool take_metadata(const Reader *reader, json_t *header, json_t **metadata) {
    const char *key;
    json_t *value, *object = json_object_get(header, metadata_name);
    if (!json_is_object(object)) {
        return wrong(reader, "it has no metadata");
    }
    json_object_foreach(object, key, value) {
        if (!json_is_string(value)) {
            return wrong(reader, "its metadata are no strings");
        }
    }
    *metadata = json_incref(object);
    return true;
}

bool safetensors_read_sealed(Array **arrays, int *count, json_t **metadata, const char *path, const PlumbFiles *files,
                             PlumbError *error) {
    Reader reader = {.path = path, .error = error};
    Array *list = NULL;
    int total = 0;
    size_t size = 0;
    unsigned char *bytes = plumb_file_read(path, files, &size, error);
    json_t *header = bytes ? read_header(&reader, bytes, size) : NULL;
    bool done = header && read_tensors(&reader, header, NULL, &list, &total) &&
                sealed(&reader, bytes, size, list, total) && take_metadata(&reader, header, metadata);
    if (done) {
        array_free(&list[--total]);
        *arrays = list;
        *count = total;
    } else {
        arrays_free(list, total);
    }
    json_decref(header);
    free(bytes);
    return done;
}

/* ---- writing ---------------------------------------------------------------------------------------------- */

static size_t type_size(const Stored *stored) {
    return element_type_safetensors(stored->type)->size;
}

int64_t stored_count(const Stored *stored) {
    int64_t count = 1;
    for (int i = 0; i < stored->rank; i++) {
        count *= stored->dim[i];
    }
    return count;
}

/* As the reference implementation orders them: larger types first, then by name; so all values are aligned. */
static int compare_stored(const void *left, const void *right) {
    const Stored *a = left, *b = right;
    size_t one = type_size(a), other = type_size(b);
    return one != other ? (one < other) - (one > other) : strcmp(a->name, b->name);
}

/* Adds one array's line to the header; its values begin at `*offset`. */
static bool describe(json_t *header, const Stored *stored, int64_t *offset) {
    int64_t begin = *offset;
    *offset += (int64_t)type_size(stored) * stored_count(stored);
    json_t *shape = json_array();
    bool done = shape;
    for (int i = 0; done && i < stored->rank; i++) {
        done = json_array_append_new(shape, json_integer(stored->dim[i])) == 0;
    }
    json_t *entry = json_pack("{s:s, s:o, s:[I, I]}", "dtype", stored->type, "shape", shape, "data_offsets",
                              (json_int_t)begin, (json_int_t)*offset);
    return json_object_set_new(header, stored->name, entry) == 0 && done; /* takes a NULL entry for an error */
}

/* malloc'd, padded with spaces so that the values are aligned; NULL: no memory. */
static char *header_text(json_t *metadata, const Stored *stored, int count, size_t *length) {
    json_t *header = json_object();
    int64_t offset = 0;
    bool done = header && (!metadata || json_object_set(header, metadata_name, metadata) == 0);
    for (int i = 0; done && i < count; i++) {
        done = describe(header, &stored[i], &offset);
    }
    done = done && (!metadata || describe(header, &(Stored){seal_name, "U8", 1, {SEAL}, NULL}, &offset));
    char *text = done ? json_dumps(header, JSON_COMPACT) : NULL;
    json_decref(header);
    size_t used = text ? strlen(text) : 0;
    *length = (used + PREFIX - 1) / PREFIX * PREFIX;
    char *padded = text ? realloc(text, *length + 1) : NULL;
    if (!padded) {
        free(text);
        return NULL;
    }
    memset(padded + used, ' ', *length - used);
    return padded;
}

static void write_values(OutFile *file, const Stored *stored) {
    int64_t count = stored_count(stored);
    switch (type_size(stored)) {
    case sizeof(double):
        outfile_doubles(file, stored->value, count);
        break;
    case sizeof(float):
        outfile_reals(file, stored->value, count);
        break;
    default:
        outfile_bytes(file, stored->value, (size_t)count);
        break;
    }
}

static void write_file(OutFile *file, bool seal, const Stored *stored, int count, const char *header, size_t length) {
    uint64_t prefix = htole64(length);
    outfile_bytes(file, &prefix, sizeof prefix);
    outfile_bytes(file, header, length);
    for (int i = 0; i < count; i++) {
        write_values(file, &stored[i]);
    }
    if (seal) {
        uint32_t sum = htole32(file->checksum);
        outfile_bytes(file, &sum, sizeof sum);
    }
}

bool safetensors_write(const char *path, json_t *metadata, const Stored *stored, int count, const PlumbFiles *files,
                       PlumbError *error) {
    size_t length = 0;
    Stored *sorted = malloc(((size_t)count + 1) * sizeof *sorted);
    if (sorted) { /* the caller's list stays as it is */
        memcpy(sorted, stored, (size_t)count * sizeof *sorted);
        qsort(sorted, (size_t)count, sizeof *sorted, compare_stored);
    }
    char *header = sorted ? header_text(metadata, sorted, count, &length) : NULL;
    OutFile file;
    bool done = header ? outfile_open(&file, path, files, error) : error_memory(error);
    if (done) { /* an error of the stream is found by commit */
        write_file(&file, metadata, sorted, count, header, length);
        done = outfile_commit(&file, error);
    }
    free(header);
    free(sorted);
    return done;
}

bool plumb_safetensors_save(const char *path, const PlumbTensor *tensor, int count, const PlumbFiles *files,
                            PlumbError *error) {
    Stored *stored = calloc((size_t)count + 1, sizeof *stored);
    if (!stored) {
        return error_memory(error);
    }
    for (int i = 0; i < count; i++) {
        stored[i] =
            (Stored){.name = tensor[i].name, .type = "F32", .rank = tensor[i].shape.rank, .value = tensor[i].value};
        for (int axis = 0; axis < stored[i].rank; axis++) {
            stored[i].dim[axis] = tensor[i].shape.dim[axis];
        }
    }
    bool done = safetensors_write(path, NULL, stored, count, files, error);
    free(stored);
    return done;
}
