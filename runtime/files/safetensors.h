/* The safetensors container with what a checkpoint needs beyond weights: metadata, other types, a checksum. */
#ifndef PLUMB_SAFETENSORS_H
#define PLUMB_SAFETENSORS_H
#include "array.h"
#include <jansson.h>

typedef struct Stored { /* an array to write, or to read into */
    const char *name;
    const char *type;   /* as the format names it: F32 for plumb_real, F64 for double, U8 for bytes */
    int rank;
    int64_t dim[ARRAY_RANK_MAX];
    void *value;
} Stored;
int64_t stored_count(const Stored *stored); /* of its values */

/* metadata (borrowed; NULL: none): an object of strings. A file with metadata is sealed: its last four bytes, an array of its
 * own, are the CRC-32 of all bytes before them, little-endian. */
bool safetensors_write(const char *path, json_t *metadata, const Stored *stored, int count, const PlumbFiles *files,
                       PlumbError *error);
/* All arrays but the seal, and the metadata: free each, the list, and let the object go. False where the seal is missing or does
 * not fit the bytes: the file is cut short or damaged. */
bool safetensors_read_sealed(Array **arrays, int *count, json_t **metadata, const char *path, const PlumbFiles *files,
                             PlumbError *error);
#endif
