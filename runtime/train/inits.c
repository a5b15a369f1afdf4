/* Initialisers: how the first weights are drawn. Each weight is one draw, named by its index. */
#include "inits.h"
#include "../core/error.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double gain_of(const PlumbCall *call) {
    const PlumbValue *gain = plumb_call_value(call, "gain");
    return gain ? gain->number : 1;
}

static void fill_uniform(const WeightSpec *spec, Draw draw, double limit, real *value) {
    for (int64_t i = 0, n = plumb_shape_size(spec->shape); i < n; i++) {
        value[i] = (real)(limit * (2 * draw_uniform(draw, (uint64_t)i) - 1));
    }
}

static void fill_normal(const WeightSpec *spec, Draw draw, double std, real *value) {
    for (int64_t i = 0, n = plumb_shape_size(spec->shape); i < n; i++) {
        value[i] = (real)(std * draw_normal(draw, (uint64_t)i));
    }
}

static void fill_constant(const WeightSpec *spec, double constant, real *value) {
    for (int64_t i = 0, n = plumb_shape_size(spec->shape); i < n; i++) {
        value[i] = (real)constant;
    }
}

/* ---- variance-scaling initialisers: one rule, uniform or normal ------------------------------------------------- */

static double xavier_variance(const PlumbCall *call, const WeightSpec *spec) {
    double gain = gain_of(call);
    return gain * gain * 2 / ((double)spec->fan_in + spec->fan_out);
}
static double he_variance(const PlumbCall *call, const WeightSpec *spec) {
    double gain = gain_of(call);
    return gain * gain * 2 / spec->fan_in;
}
static double lecun_variance(const PlumbCall *call, const WeightSpec *spec) {
    double gain = gain_of(call);
    return gain * gain / spec->fan_in;
}

static const Init *init_of(const PlumbCall *call) {
    return (const Init *)call->entry;
}

/* A uniform number of variance v lies within sqrt(3 v). */
static bool scaled_uniform(const PlumbCall *call, const WeightSpec *spec, Draw draw, real *value, PlumbError *error) {
    (void)error;
    fill_uniform(spec, draw, sqrt(3 * init_of(call)->variance(call, spec)), value);
    return true;
}
static bool scaled_normal(const PlumbCall *call, const WeightSpec *spec, Draw draw, real *value, PlumbError *error) {
    (void)error;
    fill_normal(spec, draw, sqrt(init_of(call)->variance(call, spec)), value);
    return true;
}

/* ---- plain ones ---------------------------------------------------------------------------------------------- */

static double one(const PlumbCall *call) {
    (void)call;
    return 1;
}
static double given_value(const PlumbCall *call) {
    return plumb_call_number(call, "value");
}
static bool constant_fill(const PlumbCall *call, const WeightSpec *spec, Draw draw, real *value, PlumbError *error) {
    (void)draw, (void)error;
    fill_constant(spec, init_of(call)->mean ? init_of(call)->mean(call) : 0, value);
    return true;
}
static double no_variance(const PlumbCall *call, const WeightSpec *spec) {
    (void)call, (void)spec;
    return 0;
}

static double normal_variance(const PlumbCall *call, const WeightSpec *spec) {
    (void)spec;
    double std = plumb_call_number(call, "std") * gain_of(call);
    return std * std;
}
static double uniform_variance(const PlumbCall *call, const WeightSpec *spec) {
    (void)spec;
    double limit = plumb_call_number(call, "a") * gain_of(call);
    return limit * limit / 3;
}

/* ---- matrices: rows = first axis, columns = all others ----------------------------------------------------------- */

static void matrix_size(const WeightSpec *spec, int *rows, int *columns) {
    *rows = spec->shape.dim[0];
    *columns = (int)(plumb_shape_size(spec->shape) / *rows);
}

static bool eye_fill(const PlumbCall *call, const WeightSpec *spec, Draw draw, real *value, PlumbError *error) {
    (void)draw, (void)error;
    int rows, columns;
    matrix_size(spec, &rows, &columns);
    fill_constant(spec, 0, value);
    for (int i = 0; i < rows && i < columns; i++) {
        value[(size_t)i * (size_t)columns + (size_t)i] = (real)gain_of(call);
    }
    return true;
}
static double eye_variance(const PlumbCall *call, const WeightSpec *spec) {
    int rows, columns;
    matrix_size(spec, &rows, &columns);
    double gain = gain_of(call), share = 1.0 / (rows > columns ? rows : columns);
    return gain * gain * share; /* mean square */
}

/* Makes the `count` vectors of length `n` orthonormal: modified Gram-Schmidt, twice, in double. */
static void orthonormalise(double *vector, int count, int n) {
    for (int i = 0; i < count; i++) {
        double *v = vector + (size_t)i * (size_t)n;
        for (int pass = 0; pass < 2; pass++) {
            for (int j = 0; j < i; j++) {
                const double *u = vector + (size_t)j * (size_t)n;
                double dot = 0;
                for (int k = 0; k < n; k++) {
                    dot += u[k] * v[k];
                }
                for (int k = 0; k < n; k++) {
                    v[k] -= dot * u[k];
                }
            }
        }
        double square = 0;
        for (int k = 0; k < n; k++) {
            square += v[k] * v[k];
        }
        for (int k = 0; k < n; k++) {
            v[k] /= sqrt(square);
        }
    }
}

/* Saxe, McClelland & Ganguli 2014: the shorter side's vectors, from Gaussian ones. */
static bool orthogonal_fill(const PlumbCall *call, const WeightSpec *spec, Draw draw, real *value, PlumbError *error) {
    int rows, columns;
    matrix_size(spec, &rows, &columns);
    int count = rows < columns ? rows : columns, n = rows < columns ? columns : rows;
    double *vector = calloc((size_t)count * (size_t)n, sizeof *vector);
    if (!vector) {
        return error_memory(error);
    }
    for (size_t i = 0; i < (size_t)count * (size_t)n; i++) {
        vector[i] = draw_normal(draw, i);
    }
    orthonormalise(vector, count, n);
    for (int r = 0; r < rows; r++) {
        for (int c = 0; c < columns; c++) {
            size_t at = rows < columns ? (size_t)r * (size_t)n + (size_t)c : (size_t)c * (size_t)n + (size_t)r;
            value[(size_t)r * (size_t)columns + (size_t)c] = (real)(gain_of(call) * vector[at]);
        }
    }
    free(vector);
    return true;
}

/* ---- descriptors ----------------------------------------------------------------------------------------------- */

#define GAIN                                                                                                           \
    { .name = "gain", .accepts = PLUMB_A_NUMBER, .fallback = "1", .help = "factor on the standard deviation" }
static const PlumbArg gain_args[] = {GAIN, {.name = NULL}};
static const PlumbArg constant_args[] = {{.name = "value", .accepts = PLUMB_A_NUMBER, .help = "the constant"},
                                         {.name = NULL}};
static const PlumbArg normal_args[] = {
    {.name = "std", .accepts = PLUMB_A_NUMBER, .min = 0, .max = 1e9, .fallback = "1", .help = "standard deviation"},
    GAIN,
    {.name = NULL}};
static const PlumbArg uniform_args[] = {
    {.name = "a", .accepts = PLUMB_A_NUMBER, .min = 0, .max = 1e9, .fallback = "1", .help = "drawn from [-a, a]"},
    GAIN,
    {.name = NULL}};

#define INIT(identifier, title, other, table, fill_by, variance_by, mean_by, turns, text, expression, paper)           \
    const Init init_##identifier = {.entry = {.name = title,                                                           \
                                              .aliases = other,                                                        \
                                              .kind = PLUMB_INIT,                                                      \
                                              .family = "initialisers",                                                \
                                              .args = table,                                                           \
                                              .summary = text,                                                         \
                                              .formula = expression,                                                   \
                                              .source = paper,                                                         \
                                              .example = "dense(64, init=" title ")"},                                 \
                                    .fill = fill_by,                                                                   \
                                    .variance = variance_by,                                                           \
                                    .mean = mean_by,                                                                   \
                                    .rotates = turns};
INIT(zeros, "zeros", NULL, NULL, constant_fill, no_variance, NULL, false, "all 0", "w = 0",
     "Goodfellow, Bengio & Courville 2016, section 8.4")
INIT(ones, "ones", NULL, NULL, constant_fill, no_variance, one, false, "all 1", "w = 1",
     "Goodfellow, Bengio & Courville 2016, section 8.4")
INIT(constant, "constant", NULL, constant_args, constant_fill, no_variance, given_value, false, "all one value",
     "w = value", "Goodfellow, Bengio & Courville 2016, section 8.4")
INIT(normal, "normal", "gaussian", normal_args, scaled_normal, normal_variance, NULL, false,
     "Gaussian of a given width", "w ~ N(0, std^2)", "Krizhevsky, Sutskever & Hinton 2012")
INIT(uniform, "uniform", NULL, uniform_args, scaled_uniform, uniform_variance, NULL, false, "uniform within a limit",
     "w ~ U(-a, a)", "LeCun et al. 1998")
INIT(xavier, "xavier", "glorot xavier_uniform glorot_uniform", gain_args, scaled_uniform, xavier_variance, NULL, false,
     "keeps variance both ways where the slope is 1", "w ~ U(-a, a), a = gain sqrt(6 / (fan_in + fan_out))",
     "Glorot & Bengio 2010, eq. 16")
INIT(xavier_normal, "xavier_normal", "glorot_normal", gain_args, scaled_normal, xavier_variance, NULL, false,
     "xavier, drawn from a Gaussian", "w ~ N(0, gain^2 2 / (fan_in + fan_out))", "Glorot & Bengio 2010, eq. 12")
INIT(he, "he", "kaiming he_uniform kaiming_uniform", gain_args, scaled_uniform, he_variance, NULL, false,
     "keeps variance through relu, which halves it", "w ~ U(-a, a), a = gain sqrt(6 / fan_in)",
     "He et al. 2015, eq. 10")
INIT(he_normal, "he_normal", "kaiming_normal", gain_args, scaled_normal, he_variance, NULL, false,
     "he, drawn from a Gaussian", "w ~ N(0, gain^2 2 / fan_in)", "He et al. 2015, eq. 10")
INIT(lecun, "lecun", "lecun_normal", gain_args, scaled_normal, lecun_variance, NULL, false,
     "keeps the variance of the signal; what selu assumes", "w ~ N(0, gain^2 / fan_in)",
     "LeCun et al. 1998, eq. 16; Klambauer et al. 2017")
INIT(orthogonal, "orthogonal", NULL, gain_args, orthogonal_fill, eye_variance, NULL, true,
     "keeps lengths: a random rotation", "W W^T = gain^2 I (or W^T W)", "Saxe, McClelland & Ganguli 2014")
INIT(eye, "eye", NULL, gain_args, eye_fill, eye_variance, one, false, "the identity matrix", "W = gain I",
     "Le, Jaitly & Hinton 2015 (IRNN)")

INIT(lsuv, "lsuv", NULL, gain_args, orthogonal_fill, eye_variance, NULL, true,
     "orthogonal, then scaled on the first batch until every layer's output has variance gain^2",
     "W = W gain / sqrt(var(y)) until |var(y) / gain^2 - 1| < 0.1, layer by layer, before the first step",
     "Mishkin & Matas 2016, algorithm 1")

/* ---- init=auto, and filling a weight ----------------------------------------------------------------------------- */

static PlumbValue gain_one = {.type = PLUMB_V_NUMBER, .number = 1};
static bool not_given[1] = {false};
static const PlumbCall auto_he = {&init_he.entry, 1, &gain_one, not_given};
static const PlumbCall auto_lecun = {&init_lecun.entry, 1, &gain_one, not_given};
static const PlumbCall auto_xavier = {&init_xavier.entry, 1, &gain_one, not_given};

const PlumbCall *init_auto(const char *next_act) {
    static const char *const relu_family[] = {"relu", "leaky_relu", "prelu",    "elu",  "gelu",
                                              "silu", "mish",       "softplus", "relu6"};
    for (size_t i = 0; next_act && i < sizeof relu_family / sizeof *relu_family; i++) {
        if (!strcmp(next_act, relu_family[i])) {
            return &auto_he;
        }
    }
    return next_act && !strcmp(next_act, "selu") ? &auto_lecun : &auto_xavier;
}

bool init_fill(const WeightSpec *spec, Draw draw, real *value, PlumbError *error) {
    if (spec->init) {
        return init_of(spec->init)->fill(spec->init, spec, draw, value, error);
    }
    fill_constant(spec, spec->fill, value);
    for (int i = spec->stretch.begin; i < spec->stretch.end; i++) {
        value[i] = (real)spec->stretch.fill;
    }
    return true;
}

double init_variance(const WeightSpec *spec) {
    return spec->init ? init_of(spec->init)->variance(spec->init, spec) : 0;
}

double init_mean(const WeightSpec *spec) {
    const Init *init = spec->init ? init_of(spec->init) : NULL;
    return !init ? spec->fill : init->mean ? init->mean(spec->init) : 0;
}
