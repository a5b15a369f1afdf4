/* Expectations under a normal distribution, for functions with kinks. Internal to the forecast. */
#ifndef PLUMB_QUADRATURE_H
#define PLUMB_QUADRATURE_H

enum { RULE_MAX = 48 * 16 };
typedef struct Rule {        /* E f(u) = sum of weight[i] f(u[i]), u = mean + deviation z */
    int count;
    double z[RULE_MAX], u[RULE_MAX], weight[RULE_MAX];
} Rule;
/* Gauss-Legendre on panels that end at every kink of every activation. deviation 0: one node. */
void rule_make(Rule *rule, double mean, double deviation);
double rule_mean(const Rule *rule, const double *value);
/* E a b */
double rule_product(const Rule *rule, const double *a, const double *b);

enum { HERMITE_MAX = 96, HERMITE_FUNCTIONS = 3 };
/* The coefficients of each f in normalised Hermite polynomials of z: f = sum of c[k] He_k(z) / sqrt(k!). */
void rule_hermite(const Rule *rule, const double *const value[HERMITE_FUNCTIONS], double coefficient[HERMITE_FUNCTIONS][HERMITE_MAX]);
#endif
