/* Losses: the sum over rows, and the gradient of the batch's mean. */
#include "../core/error.h"
#include "parts.h"
#include <math.h>

/* ---- labels --------------------------------------------------------------------------------------------------- */

static bool fits_classes(int n, int classes, PlumbError *error) {
    if (n == classes) {
        return true;
    }
    plumb_fail(error, PLUMB_SHAPE_ERROR, "the net's outputs do not match the classes of the data");
    error_found(error, "%d outputs", n);
    error_expected(error, "%d, one a class", classes);
    return error_hint(error, "dense(%d) as the last layer", classes);
}

/* -ln softmax(out)[label]; its gradient is softmax(out) - onehot(label). Goodfellow et al. 2016, eq. 6.31. */
static double cross_entropy(const Kernels *k, const LossRows *rows, real *d_out) {
    double sum = 0;
    real scale = (real)(1 / ((double)rows->batch * rows->labels));
    for (int64_t i = 0; i < (int64_t)rows->rows * rows->labels; i++) {
        const real *out = rows->out + i * rows->classes;
        int32_t label = rows->label[i];
        double largest = (double)out[0], total = 0;
        for (int c = 1; c < rows->classes; c++) {
            largest = (double)out[c] > largest || isnan(out[c]) ? (double)out[c] : largest;
        }
        for (int c = 0; c < rows->classes; c++) {
            total += exp((double)out[c] - largest);
        }
        sum += log(total) + largest - (double)out[label];
        if (d_out) {
            real *d = d_out + i * rows->classes;
            k->softmax(1, rows->classes, out, d, false);
            d[label] -= 1;
            k->scale(rows->classes, scale, d, d);
        }
    }
    return sum / rows->labels;
}

/* One logit for two classes, or one for each of several yes-or-no values. */
static bool fits_binary(int n, int classes, PlumbError *error) {
    if (n == 1 && classes == 2) {
        return true;
    }
    plumb_fail(error, PLUMB_SHAPE_ERROR, "binary_cross_entropy on labels takes one output and two classes");
    error_found(error, "%d outputs, %d classes", n, classes);
    return error_hint(error, "loss = cross_entropy");
}

/* max(z, 0) - z t + ln(1 + exp(-|z|)), which no z overflows. */
static double binary_cross_entropy(const Kernels *k, const LossRows *rows, real *d_out) {
    (void)k;
    double sum = 0;
    int64_t count = (int64_t)rows->rows * rows->n;
    for (int64_t i = 0; i < count; i++) {
        double z = (double)rows->out[i], t = rows->label ? rows->label[i] : (double)rows->y[i];
        sum += fmax(z, 0) - z * t + log1p(exp(-fabs(z))) + (isnan(z) ? z : 0);
        if (d_out) {
            d_out[i] = (real)((1 / (1 + exp(-z)) - t) / ((double)rows->batch * rows->n));
        }
    }
    return sum / rows->n;
}

/* ---- values ---------------------------------------------------------------------------------------------------- */

static bool fits_values(int n, int target, PlumbError *error) {
    if (n == target) {
        return true;
    }
    plumb_fail(error, PLUMB_SHAPE_ERROR, "the net's outputs do not match the targets of the data");
    error_found(error, "%d outputs", n);
    error_expected(error, "%d, one a target", target);
    return error_hint(error, "dense(%d) as the last layer", target);
}

/* A pointwise loss: its value and slope at the error e = out - y. */
typedef struct Point {
    double value, slope;
} Point;
typedef Point PointLoss(double e, double delta);

static double pointwise(PointLoss *loss, double delta, const LossRows *rows, real *d_out) {
    double sum = 0;
    for (int64_t i = 0, count = (int64_t)rows->rows * rows->n; i < count; i++) {
        Point p = loss((double)rows->out[i] - (double)rows->y[i], delta);
        sum += p.value;
        if (d_out) {
            d_out[i] = (real)(p.slope / ((double)rows->batch * rows->n));
        }
    }
    return sum / rows->n;
}

static Point square(double e, double delta) {
    (void)delta;
    return (Point){e * e, 2 * e};
}
static Point absolute(double e, double delta) {
    (void)delta;
    return (Point){fabs(e), (e > 0) - (e < 0)};
}
/* Huber 1964: a parabola within delta, straight lines outside. */
static Point huber_point(double e, double delta) {
    double size = fabs(e);
    return size <= delta ? (Point){0.5 * e * e, e} : (Point){delta * (size - 0.5 * delta), e > 0 ? delta : -delta};
}

static double mse(const Kernels *k, const LossRows *rows, real *d_out) {
    (void)k;
    return pointwise(square, 0, rows, d_out);
}
static double mae(const Kernels *k, const LossRows *rows, real *d_out) {
    (void)k;
    return pointwise(absolute, 0, rows, d_out);
}
static double huber(const Kernels *k, const LossRows *rows, real *d_out) {
    (void)k;
    return pointwise(huber_point, plumb_call_number(rows->call, "delta"), rows, d_out);
}

/* ---- descriptors ------------------------------------------------------------------------------------------------ */

static const PlumbArg huber_args[] = {{.name = "delta",
                                       .accepts = PLUMB_A_NUMBER,
                                       .fallback = "1",
                                       .min = 1e-9,
                                       .max = 1e9,
                                       .help = "where the parabola ends"},
                                      {.name = NULL}};

#define LOSS(identifier, other, table, on_labels, on_values, labels_fit, text, expression, paper)                      \
    const Loss loss_##identifier = {.entry = {.name = #identifier,                                                     \
                                              .aliases = other,                                                        \
                                              .kind = PLUMB_LOSS,                                                      \
                                              .family = "losses",                                                      \
                                              .args = table,                                                           \
                                              .summary = text,                                                         \
                                              .formula = expression,                                                   \
                                              .source = paper,                                                         \
                                              .example = "recipe r { loss = " #identifier " }"},                       \
                                    .takes_labels = on_labels,                                                         \
                                    .takes_values = on_values,                                                         \
                                    .fits_labels = labels_fit,                                                         \
                                    .fits_values = fits_values,                                                        \
                                    .run = identifier};
LOSS(cross_entropy, NULL, NULL, true, false, fits_classes, "classes, from logits: softmax is inside",
     "L = -ln softmax(out)[label]", "Goodfellow, Bengio & Courville 2016, eq. 6.31")
LOSS(binary_cross_entropy, "bce", NULL, true, true, fits_binary, "yes or no, from one logit: sigmoid is inside",
     "L = -t ln s(out) - (1 - t) ln(1 - s(out))", "Goodfellow, Bengio & Courville 2016, eq. 6.26")
LOSS(mse, "l2", NULL, false, true, NULL, "mean squared error", "L = (out - y)^2",
     "Goodfellow, Bengio & Courville 2016, eq. 5.4")
LOSS(mae, "l1", NULL, false, true, NULL, "mean absolute error", "L = |out - y|",
     "Laplace 1774; Bishop 2006, section 1.5.5")
LOSS(huber, "smooth_l1", huber_args, false, true, NULL, "squared within delta, absolute beyond",
     "L = e^2 / 2 if |e| <= delta else delta (|e| - delta / 2), e = out - y", "Huber 1964")
