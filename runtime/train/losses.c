/* Losses: the sum over rows, and the gradient of the batch's mean. */
#include "../core/error.h"
#include "args.h"
#include <math.h>

/* ---- labels --------------------------------------------------------------------------------------------------- */

/* One output a class. */
static bool outputs_fit(int n, int classes, PlumbError *error) {
    if (n == classes) {
        return true;
    }
    plumb_fail(error, PLUMB_SHAPE_ERROR, "the net's outputs do not match the classes of the data");
    error_found(error, "%d outputs", n);
    error_expected(error, "%d, one a class", classes);
    return error_hint(error, "dense(%d) as the last layer", classes);
}

/* ---- cross entropy ---------------------------------------------------------------------------------------------- */

static bool fits_classes(const PlumbCall *call, int n, int classes, PlumbError *error) {
    const PlumbValue *weights = plumb_call_value(call, "weights");
    bool listed = weights->type == PLUMB_V_LIST;
    if (listed && weights->count != classes) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "weights of cross_entropy must be one a class");
        error_found(error, "%d", weights->count);
        return error_expected(error, "%d", classes);
    }
    for (int i = 0; listed && i < classes; i++) {
        if (weights->item[i].type != PLUMB_V_NUMBER || !(weights->item[i].number >= 0)) {
            plumb_fail(error, PLUMB_ARGUMENT_ERROR, "weight %d of cross_entropy is none", i + 1);
            return error_expected(error, "numbers of at least 0");
        }
    }
    return outputs_fit(n, classes, error);
}

/* weights: a list with one number a class, or none: all are 1. */
static double weight_in(const PlumbValue *weights, int32_t label) {
    return weights->type == PLUMB_V_LIST ? weights->item[label].number : 1;
}

static double class_weight(const PlumbCall *call, int32_t label) {
    return weight_in(plumb_call_value(call, "weights"), label);
}

/* ln sum exp(out), over the largest, which no exponential overflows. */
static double log_total(const real *out, int classes) {
    double largest = (double)out[0], total = 0;
    for (int c = 1; c < classes; c++) {
        largest = (double)out[c] > largest || isnan(out[c]) ? (double)out[c] : largest;
    }
    for (int c = 0; c < classes; c++) {
        total += exp((double)out[c] - largest);
    }
    return log(total) + largest;
}

typedef struct Targets { /* what the classes of one label should have */
    const PlumbValue *weights;
    double own, spread; /* the label's own, and what every class has by its weight: smoothing / classes */
} Targets;

/* -sum_c t_c ln softmax(out)_c for one label, and, where wanted, its gradient (sum t softmax(out) - t) scale.
 * Goodfellow et al. 2016, eq. 6.31; smoothing: Szegedy et al. 2016, section 7, with class weights as PyTorch has them.
 */
static double label_loss(const Kernels *k, const Targets *t, int classes, const real *out, int32_t label, double scale,
                         real *d) {
    double log_sum = log_total(out, classes), mass = t->own, loss = t->own * (log_sum - (double)out[label]);
    for (int c = 0; t->spread > 0 && c < classes; c++) {
        double target = t->spread * weight_in(t->weights, c);
        loss += target * (log_sum - (double)out[c]);
        mass += target;
    }
    if (!d) {
        return loss;
    }
    k->softmax(1, classes, out, d, false);
    k->scale(classes, (real)(mass * scale), d, d);
    d[label] -= (real)(t->own * scale);
    for (int c = 0; t->spread > 0 && c < classes; c++) {
        d[c] -= (real)(t->spread * weight_in(t->weights, c) * scale);
    }
    return loss;
}

/* The mean is over the labels' weights; where all of them are 0 there is nothing to learn. */
static double cross_entropy(const Kernels *k, const LossRows *rows, real *d_out) {
    double sum = 0, smoothing = plumb_call_number(rows->call, "smoothing");
    double scale = rows->total > 0 ? 1 / (rows->total * rows->labels) : 0;
    Targets targets = {plumb_call_value(rows->call, "weights"), 0, smoothing / rows->classes};
    for (int64_t i = 0; i < (int64_t)rows->rows * rows->labels; i++) {
        int64_t at = i * rows->classes;
        targets.own = (1 - smoothing) * weight_in(targets.weights, rows->label[i]);
        sum += label_loss(k, &targets, rows->classes, rows->out + at, rows->label[i], scale, d_out ? d_out + at : NULL);
    }
    return sum / rows->labels;
}

/* One logit for two classes, or one for each of several yes-or-no values. */
static bool fits_binary(const PlumbCall *call, int n, int classes, PlumbError *error) {
    (void)call;
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
            d_out[i] = (real)((1 / (1 + exp(-z)) - t) / (rows->total * rows->n));
        }
    }
    return sum / rows->n;
}

/* ---- hinge ------------------------------------------------------------------------------------------------------ */

static bool fits_hinge(const PlumbCall *call, int n, int classes, PlumbError *error) {
    (void)call;
    return (n == 1 && classes == 2) || outputs_fit(n, classes, error);
}

/* One output: max(0, margin - t z), t = -1 or 1. Cortes & Vapnik 1995. */
static double binary_hinge(double margin, real z, int32_t label, double scale, real *d) {
    double side = label ? 1 : -1, short_by = margin - side * (double)z;
    if (d) {
        *d = (real)(short_by > 0 ? -side * scale : 0);
    }
    return short_by > 0 || isnan(short_by) ? short_by : 0;
}

/* Every other class must stay below the label's by the margin. Over the classes, as PyTorch's multi_margin_loss. */
static double label_hinge(double margin, int classes, const real *out, int32_t label, double scale, real *d) {
    double sum = 0, own = 0;
    for (int c = 0; c < classes; c++) {
        double over = c == label ? 0 : margin - (double)out[label] + (double)out[c];
        sum += over > 0 || isnan(over) ? over / classes : 0;
        own += over > 0;
        if (d) {
            d[c] = (real)(over > 0 ? scale / classes : 0);
        }
    }
    if (d) {
        d[label] = (real)(-own * scale / classes);
    }
    return sum;
}

static double hinge(const Kernels *k, const LossRows *rows, real *d_out) {
    (void)k;
    double sum = 0, margin = plumb_call_number(rows->call, "margin"), scale = 1 / (rows->total * rows->labels);
    int outputs = rows->n / rows->labels;
    for (int64_t i = 0; i < (int64_t)rows->rows * rows->labels; i++) {
        const real *out = rows->out + i * outputs;
        real *d = d_out ? d_out + i * outputs : NULL;
        sum += outputs == 1 ? binary_hinge(margin, *out, rows->label[i], scale, d)
                            : label_hinge(margin, outputs, out, rows->label[i], scale, d);
    }
    return sum / rows->labels;
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
            d_out[i] = (real)(p.slope / (rows->total * rows->n));
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

static const PlumbArg cross_entropy_args[] = {
    ARG_NUMBER("smoothing", "0", 0, 1, "share of every target that goes to all classes alike"),
    {.name = "weights",
     .accepts = PLUMB_A_LIST | PLUMB_A_NONE,
     .fallback = "none",
     .help = "one number a class, how much it counts; the mean is over them"},
    ARG_END};
static const PlumbArg hinge_args[] = {ARG_NUMBER("margin", "1", 0, 1e9, "how far apart is far enough"), ARG_END};
static const PlumbArg huber_args[] = {ARG_NUMBER("delta", "1", 1e-9, 1e9, "where the parabola ends"), ARG_END};

#define LOSS(identifier, other, table, on_labels, on_values, labels_fit, weighs, text, expression, paper)              \
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
                                    .run = identifier,                                                                 \
                                    .weight = weighs};
LOSS(cross_entropy, NULL, cross_entropy_args, true, false, fits_classes, class_weight,
     "classes, from logits: softmax is inside",
     "L = -sum_c t_c ln softmax(out)_c, t = (1 - smoothing) onehot(label) + smoothing / classes",
     "Goodfellow, Bengio & Courville 2016, eq. 6.31")
LOSS(binary_cross_entropy, "bce", NULL, true, true, fits_binary, NULL, "yes or no, from one logit: sigmoid is inside",
     "L = -t ln s(out) - (1 - t) ln(1 - s(out))", "Goodfellow, Bengio & Courville 2016, eq. 6.26")
LOSS(hinge, NULL, hinge_args, true, false, fits_hinge, NULL,
     "classes, kept a margin apart: multi-class, or binary with one output",
     "L = sum_{c != label} max(0, margin - out[label] + out[c]) / classes; max(0, margin - t out) for one output",
     "Weston & Watkins 1999, eq. 2; Cortes & Vapnik 1995")
LOSS(mse, "l2", NULL, false, true, NULL, NULL, "mean squared error", "L = (out - y)^2",
     "Goodfellow, Bengio & Courville 2016, eq. 5.4")
LOSS(mae, "l1", NULL, false, true, NULL, NULL, "mean absolute error", "L = |out - y|",
     "Laplace 1774; Bishop 2006, section 1.5.5")
LOSS(huber, "smooth_l1", huber_args, false, true, NULL, NULL, "squared within delta, absolute beyond",
     "L = e^2 / 2 if |e| <= delta else delta (|e| - delta / 2), e = out - y", "Huber 1964")
