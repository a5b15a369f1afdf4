/* Arrays as files hold them: any shape, any of the usual number types, turned into numbers on demand. */
#ifndef PLUMB_ARRAY_H
#define PLUMB_ARRAY_H
#include "files.h"

enum { ARRAY_RANK_MAX = 8 };

typedef struct ElementType {
    const char *npy;         /* "f4" */
    const char *safetensors; /* "F32"; NULL: that format has none such */
    size_t size;
    bool floating;
    void (*numbers)(const unsigned char *bytes, int64_t count, double *out); /* from little-endian */
} ElementType;
const ElementType *element_type_npy(const char *name); /* NULL: unknown */
const ElementType *element_type_safetensors(const char *name);

typedef struct Array {
    char *name;
    int rank;
    int64_t dim[ARRAY_RANK_MAX], count; /* count: values */
    const ElementType *type;
    unsigned char *bytes; /* row-major, little-endian; owned */
} Array;
/* Counts the values of rank and dim; false where the bytes would not fit 63 bits. */
bool array_count(Array *array);
void array_swap(Array *array); /* big-endian values to little-endian, in place */
void array_free(Array *array);
void arrays_free(Array *arrays, int count); /* a list and all that is in it; NULL is allowed */
const char *array_shape_text(const Array *array, char text[128]); /* "64 x 32"; returns text */
/* The values from `first` on. */
void array_numbers(const Array *array, int64_t first, int64_t count, double *out);
void array_reals(const Array *array, plumb_real *out);

/* One array of a file; `name`: which, in a file that holds several. */
bool npy_read(Array *array, const char *path, const PlumbFiles *files, PlumbError *error);
bool npz_read(Array *array, const char *path, const char *name, const PlumbFiles *files, PlumbError *error);
bool safetensors_read(Array *array, const char *path, const char *name, const PlumbFiles *files, PlumbError *error);
bool idx_read(Array *array, const char *path, const PlumbFiles *files, PlumbError *error);
/* All arrays of a file, in the order of their places. */
bool safetensors_read_all(Array **arrays, int *count, const char *path, const PlumbFiles *files, PlumbError *error);

/* Reads an .npy held in memory; `path` is for messages. */
bool npy_decode(Array *array, const char *path, const unsigned char *bytes, size_t size, PlumbError *error);
#endif
