/* What a layer writes of itself as ONNX, operator set 17. A value is known by its name.
 *
 *     static const char *onnx(Onnx *o) {
 *         const char *y = onnx_op(o, "Elu", o->in[0]);
 *         onnx_float(o, "alpha", plumb_call_number(o->site->call, "alpha"));
 *         return y;
 *     }
 *
 * Where memory is short every call goes on with names that mean nothing, and the writer fails at the end. */
#ifndef PLUMB_ONNX_H
#define PLUMB_ONNX_H
#include "../core/layer.h"

typedef struct OnnxGraph OnnxGraph;
struct Onnx {
    const LayerSite *site;   /* the layer that writes itself */
    const char *const *in;   /* its inputs, [N, ...] */
    OnnxGraph *graph;
};

/* One operator with one output, whose name is returned. Inputs that are NULL at the end are left out; "" is an omitted one. */
#define onnx_op(o, kind, ...)                                                                                          \
    onnx_operator(o, kind, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))
const char *onnx_operator(Onnx *o, const char *kind, const char *const *input, size_t count);
/* The last operator gets `more` outputs before its first: returned is the name of the one that counts. */
const char *onnx_behind(Onnx *o, int more);

enum { ONNX_INT64 = 7 }; /* for Cast */

/* Attributes of the last operator. */
void onnx_int(Onnx *o, const char *name, int64_t value);
void onnx_ints(Onnx *o, const char *name, int count, const int64_t *value);
void onnx_float(Onnx *o, const char *name, double value);
void onnx_text(Onnx *o, const char *name, const char *value);
void onnx_texts(Onnx *o, const char *name, int count, const char *const *value);

/* Constants. A weight goes by its name in the layer ("weight"); NULL: the layer has none of that name. */
const char *onnx_weight(Onnx *o, const char *name);
const real *onnx_weight_values(Onnx *o, const char *name);
const char *onnx_reals(Onnx *o, PlumbShape shape, const real *value); /* copied */
const char *onnx_number(Onnx *o, double value);                     /* a scalar */
const char *onnx_filled(Onnx *o, int count, double value);          /* [count] */
const char *onnx_list(Onnx *o, int count, const int64_t *value);    /* [count] of int64 */
void *onnx_memory(Onnx *o, size_t size);                            /* until the file is written; NULL: short */

/* Often used. Channels come second in ONNX: a sequence (time, features) is turned; anything else is passed. */
const char *onnx_channels_first(Onnx *o, const char *x);
const char *onnx_channels_last(Onnx *o, const char *y);
const char *onnx_turned(Onnx *o, const char *x, int rank, const int64_t *order); /* Transpose */
const char *onnx_shaped(Onnx *o, const char *x, PlumbShape shape);               /* to [N, shape] */
const char *onnx_mean(Onnx *o, const char *x, int count, const int64_t *axes);   /* over these, which go */
const char *onnx_sliced(Onnx *o, const char *x, int axis, int begin, int end);
/* Another layer that stands within this one: an activation. */
const char *onnx_inner(Onnx *o, const PlumbCall *call, const char *x);

/* The body of a Scan: inputs are named, [...]; operators go to it until its end. */
void onnx_body(Onnx *o, int count, const char **input);
/* Ends it; the last operator outside is the Scan over x: states first, [T, ...] behind. Returns the last output. */
const char *onnx_scan(Onnx *o, int outputs, const char *const *output, int inputs, const char *const *input);

/* Layer.onnx of what does nothing but while training. */
const char *onnx_unchanged(Onnx *o);
/* This layer, or this use of it, cannot be said: why. */
const char *onnx_cannot(Onnx *o, const char *why);
#endif
