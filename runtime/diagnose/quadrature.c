/* Gauss-Legendre panels for expectations under a normal distribution. */
#include "quadrature.h"
#include <math.h>
#include <stdlib.h>

enum { HALF = 8, PANEL = 2 * HALF };
static const double legendre[HALF][2] = {
    /* the positive nodes of order 16 on [-1, 1], and their weights (Abramowitz & Stegun, table 25.4) */
    {0.0950125098376374402, 0.1894506104550684963}, {0.2816035507792589132, 0.1826034150449235889},
    {0.4580167776572273863, 0.1691565193950025382}, {0.6178762444026437484, 0.1495959888165767321},
    {0.7554044083550030339, 0.1246289712555338721}, {0.8656312023878317439, 0.0951585116824927848},
    {0.9445750230732325761, 0.0622535239386478929}, {0.9894009349916499326, 0.0271524594117540949}};

/* Where the integrand may have a kink (0, 1, 3, 6: all of the activations') or bends most. Beyond, every activation is
 * a straight line or flat to 14 digits, except softsign, which is smooth there on any scale. */
static const double bends[] = {-30, -20, -14, -9, -6, -4.5, -3, -2, -1, -0.5, 0, 0.5, 1, 2, 3, 4.5, 6, 9, 14, 20, 30};
enum { BENDS = sizeof bends / sizeof *bends, TAIL = 10 /* deviations: what lies beyond weighs 1e-23 */, STEP = 2 };

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void add_panel(Rule *rule, double from, double to, double mean, double deviation) {
    double centre = 0.5 * (from + to), half = 0.5 * (to - from);
    for (int i = 0; i < PANEL; i++) {
        double z = centre + (i < HALF ? -half : half) * legendre[i % HALF][0];
        rule->z[rule->count] = z;
        rule->u[rule->count] = mean + deviation * z;
        rule->weight[rule->count++] = half * legendre[i % HALF][1] * exp(-0.5 * z * z) / sqrt(2 * M_PI);
    }
}

void rule_make(Rule *rule, double mean, double deviation) {
    double end[BENDS + 2 * TAIL / STEP + 1];
    int ends = 0;
    if (!(deviation > 0)) {
        *rule = (Rule){.count = 1, .u = {mean}, .weight = {1}};
        return;
    }
    rule->count = 0;
    for (int z = -TAIL; z <= TAIL; z += STEP) {
        end[ends++] = z;
    }
    for (int i = 0; i < BENDS; i++) {
        double z = (bends[i] - mean) / deviation;
        if (fabs(z) < TAIL) {
            end[ends++] = z;
        }
    }
    qsort(end, (size_t)ends, sizeof *end, ascending);
    for (int i = 1; i < ends; i++) {
        if (end[i] > end[i - 1]) {
            add_panel(rule, end[i - 1], end[i], mean, deviation);
        }
    }
}

double rule_mean(const Rule *rule, const double *value) {
    double sum = 0;
    for (int i = 0; i < rule->count; i++) {
        sum += rule->weight[i] * value[i];
    }
    return sum;
}

double rule_product(const Rule *rule, const double *a, const double *b) {
    double sum = 0;
    for (int i = 0; i < rule->count; i++) {
        sum += rule->weight[i] * a[i] * b[i];
    }
    return sum;
}

/* h_0 = 1, h_1 = z, h_k+1 = (z h_k - sqrt(k) h_k-1) / sqrt(k + 1), for LANES nodes at a time: rules have a multiple of
 * them, or a single node. */
enum { LANES = 8 };
typedef struct Block {
    double z[LANES], weighted[HERMITE_FUNCTIONS][LANES];
} Block;
typedef double Sums[HERMITE_MAX][HERMITE_FUNCTIONS][LANES];

static Block block_at(const Rule *rule, const double *const value[HERMITE_FUNCTIONS], int from) {
    Block block = {{0}, {{0}}};
    for (int i = from; i < from + LANES && i < rule->count; i++) {
        block.z[i - from] = rule->z[i];
        for (int f = 0; f < HERMITE_FUNCTIONS; f++) {
            block.weighted[f][i - from] = rule->weight[i] * value[f][i];
        }
    }
    return block;
}

static void add_block(const Block *block, const double root[HERMITE_MAX + 1], const double inverse[HERMITE_MAX + 1],
                      Sums sum) {
    double before[LANES] = {0}, h[LANES];
    for (int i = 0; i < LANES; i++) {
        h[i] = 1;
    }
    for (int k = 0; k < HERMITE_MAX; k++) {
        for (int f = 0; f < HERMITE_FUNCTIONS; f++) {
            for (int i = 0; i < LANES; i++) {
                sum[k][f][i] += block->weighted[f][i] * h[i];
            }
        }
        for (int i = 0; i < LANES; i++) {
            double next = (block->z[i] * h[i] - root[k] * before[i]) * inverse[k + 1];
            before[i] = h[i];
            h[i] = next;
        }
    }
}

void rule_hermite(const Rule *rule, const double *const value[HERMITE_FUNCTIONS],
                  double coefficient[HERMITE_FUNCTIONS][HERMITE_MAX]) {
    double root[HERMITE_MAX + 1], inverse[HERMITE_MAX + 1];
    Sums sum = {{{0}}};
    for (int k = 0; k <= HERMITE_MAX; k++) {
        root[k] = sqrt(k);
        inverse[k] = 1 / root[k];
    }
    for (int i = 0; i < rule->count; i += LANES) {
        Block block = block_at(rule, value, i);
        add_block(&block, root, inverse, sum);
    }
    for (int k = 0; k < HERMITE_MAX; k++) {
        for (int f = 0; f < HERMITE_FUNCTIONS; f++) {
            coefficient[f][k] = 0;
            for (int i = 0; i < LANES; i++) {
                coefficient[f][k] += sum[k][f][i];
            }
        }
    }
}
