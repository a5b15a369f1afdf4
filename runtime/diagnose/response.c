/* Expectations of an activation and its slope under a normal distribution, for one argument and for a correlated pair.
 * Pairs by Mehler's formula: for f, g with Hermite coefficients f_k, g_k and correlation c, E f(u1) g(u2) = sum f_k g_k
 * c^k. */
#include "moments.h"
#include "quadrature.h"
#include <math.h>

/* sum over k of f_k^2 (1 - c^k) for f of E f^2 = square. What the coefficients beyond HERMITE_MAX hold (kinks: they
 * fall like k^-2.5) is taken as one of an order such that the slope at c = 1, sum of k f_k^2 = `slope`, is met. */
static double pair_difference(const double f[HERMITE_MAX], double square, double slope, double gap) {
    double log_c = gap < 1 ? log1p(-gap) : 0, difference = 0, rest = square - f[0] * f[0];
    double slope_rest = slope;
    for (int k = 1; k < HERMITE_MAX; k++) {
        double power = f[k] * f[k];
        double part = gap < 1 ? -expm1(k * log_c) : 1 - pow(1 - gap, k);
        difference += power * part;
        rest -= power;
        slope_rest -= k * power;
    }
    if (rest > 1e-13 * square && slope_rest > 0) {
        difference += rest * (gap < 1 ? -expm1(slope_rest / rest * log_c) : 1);
    }
    return difference;
}

/* sum over k of f_k^2 c^k; the rest beyond HERMITE_MAX counts as of that order. */
static double pair_product(const double f[HERMITE_MAX], double square, double gap) {
    double product = 0, power = 1, rest = square;
    for (int k = 0; k < HERMITE_MAX; k++) {
        product += f[k] * f[k] * power;
        rest -= f[k] * f[k];
        power *= 1 - gap;
    }
    return product + rest * power;
}

Response response_of(Act act, double a, double mean, double variance, double gap) {
    Rule rule;
    double value[RULE_MAX], slope[RULE_MAX], lever[RULE_MAX], square[RULE_MAX];
    double f[HERMITE_FUNCTIONS][HERMITE_MAX];
    double deviation = sqrt(fmax(variance, 0));
    rule_make(&rule, mean, deviation);
    for (int i = 0; i < rule.count; i++) {
        value[i] = act_value(act, a, rule.u[i]);
        slope[i] = act_slope(act, a, rule.u[i]);
        lever[i] = rule.u[i] * slope[i];
        square[i] = slope[i] * slope[i];
    }
    Response r = {.mean = rule_mean(&rule, value),
                  .square = rule_product(&rule, value, value),
                  .slope = rule_mean(&rule, slope),
                  .slope_square = rule_mean(&rule, square),
                  .slope_fourth = rule_product(&rule, square, square),
                  .aligned = rule_product(&rule, lever, lever)};
    rule_hermite(&rule, (const double *const[]){value, slope, lever}, f);
    r.difference = pair_difference(f[0], r.square, variance * r.slope_square, gap);
    r.slope_cross = pair_product(f[1], r.slope_square, gap);
    r.aligned_cross = pair_product(f[2], r.aligned, gap);
    return r;
}
