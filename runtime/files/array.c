/* The number types of array files and their conversion. */
#include "array.h"
#include <endian.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1024 };

/* One reader a type: TYPE from the integer BITS that holds it, little-endian in the file. */
#define READER(name, TYPE, BITS, swap)                                                                                 \
    static void name(const unsigned char *bytes, int64_t count, double *out) {                                         \
        _Pragma("omp simd") for (int64_t i = 0; i < count; i++) {                                                      \
            BITS bits;                                                                                                 \
            TYPE value;                                                                                                \
            memcpy(&bits, bytes + (size_t)i * sizeof bits, sizeof bits);                                               \
            bits = swap(bits);                                                                                         \
            memcpy(&value, &bits, sizeof value);                                                                       \
            out[i] = (double)value;                                                                                    \
        }                                                                                                              \
    }
READER(read_f64, double, uint64_t, le64toh)
READER(read_f32, float, uint32_t, le32toh)
READER(read_i64, int64_t, uint64_t, le64toh)
READER(read_u64, uint64_t, uint64_t, le64toh)
READER(read_i32, int32_t, uint32_t, le32toh)
READER(read_u32, uint32_t, uint32_t, le32toh)
READER(read_i16, int16_t, uint16_t, le16toh)
READER(read_u16, uint16_t, uint16_t, le16toh)
READER(read_i8, int8_t, uint8_t, )
READER(read_u8, uint8_t, uint8_t, )

static unsigned u16_at(const unsigned char *bytes) {
    return bytes[0] | (unsigned)bytes[1] << 8;
}

/* IEEE 754 half precision: 1 sign, 5 exponent, 10 fraction bits. */
static double half(unsigned bits) {
    unsigned exponent = bits >> 10 & 31, fraction = bits & 1023;
    double value = exponent == 31  ? (fraction ? NAN : INFINITY)
                   : exponent == 0 ? ldexp(fraction, -24)
                                   : ldexp(1024 + fraction, (int)exponent - 25);
    return bits & 0x8000 ? -value : value;
}

static void read_f16(const unsigned char *bytes, int64_t count, double *out) {
    for (int64_t i = 0; i < count; i++) {
        out[i] = half(u16_at(bytes + 2 * i));
    }
}

/* bfloat16 is the upper half of a float32. */
static void read_bf16(const unsigned char *bytes, int64_t count, double *out) {
    for (int64_t i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)u16_at(bytes + 2 * i) << 16;
        float value;
        memcpy(&value, &bits, sizeof value);
        out[i] = value;
    }
}

static const ElementType types[] = {
    {"f4", "F32", 4, true, read_f32},   {"f8", "F64", 8, true, read_f64},  {"f2", "F16", 2, true, read_f16},
    {NULL, "BF16", 2, true, read_bf16}, {"i8", "I64", 8, false, read_i64}, {"i4", "I32", 4, false, read_i32},
    {"i2", "I16", 2, false, read_i16},  {"i1", "I8", 1, false, read_i8},   {"u8", "U64", 8, false, read_u64},
    {"u4", "U32", 4, false, read_u32},  {"u2", "U16", 2, false, read_u16}, {"u1", "U8", 1, false, read_u8},
    {"b1", "BOOL", 1, false, read_u8},
};

const ElementType *element_type_npy(const char *name) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].npy && !strcmp(types[i].npy, name)) {
            return &types[i];
        }
    }
    return NULL;
}

const ElementType *element_type_safetensors(const char *name) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (!strcmp(types[i].safetensors, name)) {
            return &types[i];
        }
    }
    return NULL;
}

/* Sizes are multiplied with care: a file may declare any. */
bool array_count(Array *array) {
    int64_t bytes = (int64_t)array->type->size;
    array->count = 1;
    for (int i = 0; i < array->rank; i++) {
        if (array->dim[i] < 0 || __builtin_mul_overflow(array->count, array->dim[i], &array->count)) {
            return false;
        }
    }
    return !__builtin_mul_overflow(bytes, array->count, &bytes);
}

/* Reverses the bytes of each value. */
void array_swap(Array *array) {
    size_t size = array->type->size;
    for (int64_t i = 0; size > 1 && i < array->count; i++) {
        unsigned char *value = array->bytes + (size_t)i * size;
        for (size_t a = 0, b = size - 1; a < b; a++, b--) {
            unsigned char kept = value[a];
            value[a] = value[b];
            value[b] = kept;
        }
    }
}

void array_free(Array *array) {
    free(array->name);
    free(array->bytes);
    *array = (Array){0};
}

void arrays_free(Array *arrays, int count) {
    for (int i = 0; arrays && i < count; i++) {
        array_free(&arrays[i]);
    }
    free(arrays);
}

const char *array_shape_text(const Array *array, char text[128]) {
    snprintf(text, 128, "a single value");
    for (int i = 0, used = 0; i < array->rank && used < 128; i++) {
        used += snprintf(text + used, 128 - (size_t)used, "%s%lld", i ? " x " : "", (long long)array->dim[i]);
    }
    return text;
}

void array_numbers(const Array *array, int64_t first, int64_t count, double *out) {
    array->type->numbers(array->bytes + (size_t)first * array->type->size, count, out);
}

/* By way of double, in blocks that stay in the first-level cache. */
void array_reals(const Array *array, plumb_real *out) {
    double block[BLOCK];
    for (int64_t first = 0; first < array->count; first += BLOCK) {
        int64_t count = array->count - first < BLOCK ? array->count - first : BLOCK;
        array_numbers(array, first, count, block);
#pragma omp simd
        for (int64_t i = 0; i < count; i++) {
            out[first + i] = (plumb_real)block[i];
        }
    }
}
