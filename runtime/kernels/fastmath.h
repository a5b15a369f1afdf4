/* Branch-free exp, tanh, sigmoid, erf and log1p for `real`, written so that a loop over them becomes vector code.
 * float: polynomials and rationals, errors in ulp below against the exact value; double: the C library.
 * NaN goes through; test_activations holds the errors. */
#ifndef PLUMB_FASTMATH_H
#define PLUMB_FASTMATH_H
#include "kernels.h"
#include <math.h>
#include <string.h>

#ifdef PLUMB_DOUBLE
static inline real fast_exp(real x) {
    return exp(x);
}
static inline real fast_expm1(real x) {
    return expm1(x);
}
static inline real fast_tanh(real x) {
    return tanh(x);
}
static inline real fast_sigmoid(real x) {
    return 1 / (1 + exp(-x));
}
static inline real fast_erf(real x) {
    return erf(x);
}
static inline real fast_log1p(real x) {
    return log1p(x);
}
#else
/* 2^n for the whole number n in [-126, 127], held in a float. */
static inline float fast_exp2_whole(float n) {
    float shifted = n + 12583039.0f; /* 1.5 * 2^23 + 127: the low bits of the sum are n + 127 */
    uint32_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    bits <<= 23;
    memcpy(&n, &bits, sizeof n);
    return n;
}

/* exp(x) = (1 + y) 2^n, n whole, for x in [-87.3, 88.7]: Cody and Waite's reduction, then exp(r) - 1 for |r| <= ln(2) / 2
 * as the polynomial of degree 6 that r leads, of least relative error: 1.3e-8. Returns y. */
static inline float fast_expm1_parts(float x, float *n) {
    *n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;
    float r = x - *n * 0.693359375f;
    r += *n * 2.12194440e-4f;
    float p = 1.38824949e-3f;
    p = p * r + 8.36664694e-3f;
    p = p * r + 4.16672040e-2f;
    p = p * r + 1.66665427e-1f;
    p = p * r + 4.99999981e-1f;
    return p * r * r + r;
}

/* 2 ulp; 0 below -87.3, infinite above 88.7. */
static inline float fast_exp(float x) {
    float clamped = x < -87.3f ? -87.3f : x > 88.7f ? 88.7f : x, n;
    float part = 1 + fast_expm1_parts(clamped, &n);
    float half = (n * 0.5f + 12582912.0f) - 12582912.0f; /* 2^n in two factors: n = 128 overflows one */
    float y = part * fast_exp2_whole(half) * fast_exp2_whole(n - half);
    y = x < -87.3f ? 0 : y;
    return x > 88.7228f ? INFINITY : y;
}

/* exp for x of at most 87, cheaper: what lies below -87 is taken as that. */
static inline float fast_exp_bounded(float x) {
    float n, part = 1 + fast_expm1_parts(x < -87 ? -87 : x, &n);
    return part * fast_exp2_whole(n);
}

/* exp(x) - 1, exact near 0 where the difference of exp(x) and 1 is not: 3 ulp for x in [-87, 88]. */
static inline float fast_expm1(float x) {
    float n, part = fast_expm1_parts(x < -87 ? -87 : x, &n), scale = fast_exp2_whole(n);
    return scale * part + (scale - 1);
}

/* tanh |x| = m / (m + 2) with m = exp(2 |x|) - 1, 1 from 9.02 on: 3 ulp. */
static inline float fast_tanh(float x) {
    float size = fabsf(x), m = fast_expm1(2 * (size > 9.02f ? 9.02f : size));
    return copysignf(m / (m + 2), x);
}

/* 5 ulp; 0 below -87. */
static inline float fast_sigmoid(float x) {
    float y = 1 / (1 + fast_exp_bounded(-x));
    return x < -87 ? 0 : y;
}

/* erf as a rational of degree 13 over 8 (Eigen's coefficients): 7 ulp. */
static inline float fast_erf(float x) {
    float c = x < -4 ? -4 : x > 4 ? 4 : x, z = c * c;
    float p = -2.72614225801306e-10f;
    p = p * z + 2.77068142495902e-08f;
    p = p * z - 2.10102402082508e-06f;
    p = p * z - 5.69250639462346e-05f;
    p = p * z - 7.34990630326855e-04f;
    p = p * z - 2.95459980854025e-03f;
    p = p * z - 1.60960333262415e-02f;
    float q = -1.45660718464996e-05f;
    q = q * z - 2.13374055278905e-04f;
    q = q * z - 1.68282697438203e-03f;
    q = q * z - 7.37332916720468e-03f;
    q = q * z - 1.42647390514189e-02f;
    return c * p / q;
}

/* log(1 + t) for t in [0, 1] as 2 atanh(t / (2 + t)): 3 ulp. */
static inline float fast_log1p(float t) {
    float s = t / (2 + t), z = s * s;
    float p = 1 / 15.0f;
    p = p * z + 1 / 13.0f;
    p = p * z + 1 / 11.0f;
    p = p * z + 1 / 9.0f;
    p = p * z + 1 / 7.0f;
    p = p * z + 1 / 5.0f;
    p = p * z + 1 / 3.0f;
    return 2 * (s + s * z * p);
}
#endif

/* float: 5 ulp */
static inline real fast_softplus(real x) {
    return (x > 0 ? x : x <= 0 ? 0 : x) + fast_log1p(fast_exp(x < 0 ? x : -x));
}
/* tanh(softplus(x)) = e (e + 2) / (e (e + 2) + 2) with e = exp(x) */
static inline real fast_tanh_softplus(real x) {
    real e = fast_exp(x > 20 ? 20 : x), t = e * (e + 2);
    return t / (t + 2);
}
#endif
