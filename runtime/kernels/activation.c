/* The activations as functions of one number, in double: the reference of the kernels, and what theory integrates.
 * Formulas and constants as PyTorch's. */
#include "kernels.h"
#include <math.h>
#include <string.h>

/* Klambauer et al. 2017, equation 14. */
#define SELU_ALPHA 1.6732632423543772848170429916717
#define SELU_SCALE 1.0507009873554804934193349852946

static double logistic(double x) {
    return 1 / (1 + exp(-x));
}
static double normal_cdf(double x) {
    return 0.5 * erfc(-x * M_SQRT1_2);
}
static double normal_density(double x) {
    return exp(-0.5 * x * x) * 0.5 * M_2_SQRTPI * M_SQRT1_2;
}
static double log1p_exp(double x) {
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}
static double clamp(double x, double low, double high) {
    return x < low ? low : x > high ? high : x;
}

double act_value(Act act, double a, double x) {
    switch (act) {
    case ACT_SIGMOID:
        return logistic(x);
    case ACT_TANH:
        return tanh(x);
    case ACT_RELU:
        return x < 0 ? 0 : x;
    case ACT_LEAKY_RELU:
        return x < 0 ? a * x : x;
    case ACT_ELU:
        return x < 0 ? a * expm1(x) : x;
    case ACT_SELU:
        return SELU_SCALE * (x < 0 ? SELU_ALPHA * expm1(x) : x);
    case ACT_GELU:
        return x * normal_cdf(x);
    case ACT_SILU:
        return x * logistic(x);
    case ACT_MISH:
        return x * tanh(log1p_exp(x));
    case ACT_SOFTPLUS:
        return log1p_exp(x);
    case ACT_SOFTSIGN:
        return x / (1 + fabs(x));
    case ACT_HARD_SIGMOID:
        return clamp(x + 3, 0, 6) / 6;
    case ACT_HARD_TANH:
        return clamp(x, -1, 1);
    case ACT_RELU6:
        return clamp(x, 0, 6);
    case ACT_IDENTITY:
    case ACT_COUNT:
        break;
    }
    return x;
}

static double mish_slope(double x) {
    double t = tanh(log1p_exp(x));
    return t + x * (1 - t * t) * logistic(x);
}

double act_slope(Act act, double a, double x) {
    double y = act_value(act, a, x);
    switch (act) {
    case ACT_SIGMOID:
        return y * (1 - y);
    case ACT_TANH:
        return 1 - y * y;
    case ACT_RELU:
        return x > 0;
    case ACT_LEAKY_RELU:
        return x > 0 ? 1 : a;
    case ACT_ELU:
        return x > 0 ? 1 : y + a;
    case ACT_SELU:
        return x > 0 ? SELU_SCALE : y + SELU_SCALE * SELU_ALPHA;
    case ACT_GELU:
        return normal_cdf(x) + x * normal_density(x);
    case ACT_SILU:
        return logistic(x) * (1 + x * (1 - logistic(x)));
    case ACT_MISH:
        return mish_slope(x);
    case ACT_SOFTPLUS:
        return logistic(x);
    case ACT_SOFTSIGN:
        return 1 / ((1 + fabs(x)) * (1 + fabs(x)));
    case ACT_HARD_SIGMOID:
        return x > -3 && x < 3 ? 1 / 6.0 : 0;
    case ACT_HARD_TANH:
        return x > -1 && x < 1;
    case ACT_RELU6:
        return x > 0 && x < 6;
    case ACT_IDENTITY:
    case ACT_COUNT:
        break;
    }
    return 1;
}

bool act_from_output(Act act) {
    return act != ACT_GELU && act != ACT_SILU && act != ACT_MISH;
}

double act_saturation(Act act, double a) {
    static const double share = 0.05;
    switch (act) {
    case ACT_SIGMOID:
        return share / 4;
    case ACT_SELU:
        return share * fmax(SELU_SCALE, SELU_SCALE * SELU_ALPHA);
    case ACT_GELU:
        return share * 1.1289; /* the slope's maximum, at x = sqrt 2 */
    case ACT_SILU:
        return share * 1.0998;
    case ACT_MISH:
        return share * 1.0885;
    case ACT_HARD_SIGMOID:
        return share / 6;
    case ACT_ELU:
        return share * fmax(1, a);
    case ACT_LEAKY_RELU:
        return share * fmax(1, fabs(a));
    default:
        return share;
    }
}
