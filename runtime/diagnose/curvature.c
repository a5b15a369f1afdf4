/* How sharp the loss is in the direction of a step, from two gradients of one batch.
 *
 * With d the direction of a step (w = w - lr d) and H the Hessian of the loss, a step changes the loss by
 * -lr g.d + lr^2 d.Hd / 2. Plain descent has d = g, and d.Hd / g.d is the Rayleigh quotient of H at the gradient. What
 * rescales gradients has d = g / p, p the size of each: g.d = d.Pd, and it is the quotient of the preconditioned
 * Hessian (Cohen et al. 2022, eq. 3), p taken as that of the first step, |g|. |Hd| / |d|, in the same metric, is one
 * step of the power method on the way to the largest eigenvalue (LeCun, Simard & Pearlmutter 1993): at least the
 * quotient, at most the eigenvalue, and known also where the loss curves down along the gradient. Hd is (g(w + eps d) -
 * g(w)) / eps. */
#include "../core/error.h"
#include "../core/net.h"
#include "../train/parts.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double size_of(const real *value, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += (double)value[i] * (double)value[i];
    }
    return sqrt(sum);
}

/* Of the first step, without the learning rate: what momentum adds later is in `steps_stood`. */
static void direction_of(const PlumbNet *net, const PlumbCall *call, real *d) {
    const Optimizer *optimizer = (const Optimizer *)call->entry;
    double eps = plumb_call_number(call, "eps");
    eps = eps > 0 ? eps : DBL_MIN;
    for (int i = 0; i < net->weight_count; i++) {
        const NetWeight *weight = &net->weight[i];
        const real *g = net->gradients + weight->offset, *w = weight->about.value;
        int64_t count = weight->about.learned ? weight->size : 0;
        double trust = optimizer->trust && count ? optimizer->trust(call, size_of(g, count), size_of(w, count)) : 1;
        for (int64_t j = 0; j < count; j++) {
            double by = optimizer->kind == UPDATE_SGD ? trust : 1 / (fabs((double)g[j]) + eps);
            d[weight->offset + j] = (real)(by * (double)g[j]);
        }
    }
}

/* The largest lr x curvature at which a quadratic does not swing up: 2 (1 + b) with momentum, (1 + 2 b) times less
 * where it looks ahead (Cohen et al. 2021, appendix B). Adam's memory is a mean, which would stand (1 + b) / (1 - b)
 * times more (2022, section 2) were p fixed; its first steps are without memory, and nets fail by them: 2, as measured.
 */
static double steps_stood(const PlumbCall *optimizer) {
    double beta = fmax(plumb_call_number(optimizer, "momentum"), 0);
    return 2 * (1 + beta) / (plumb_call_bool(optimizer, "nesterov") ? 1 + 2 * beta : 1);
}

typedef struct Finding { /* arrays of the net's parameters */
    real *w, *g, *d;
    PlumbProbe *probe;
} Finding;

static bool make(const PlumbNet *net, Finding *of) {
    size_t count = (size_t)net->parameter_count + 1;
    *of = (Finding){calloc(count, sizeof(real)), calloc(count, sizeof(real)), calloc(count, sizeof(real)),
                    calloc((size_t)net->node_count + 1, sizeof(PlumbProbe))};
    return of->w && of->g && of->d && of->probe;
}

static void clear(Finding *of) {
    free(of->w);
    free(of->g);
    free(of->d);
    free(of->probe);
}

/* The step from w in the direction of d, `far` times as long as w: short enough that H is nearly that at w, long enough
 * that the difference of the gradients is more than their rounding. */
static double difference_step(const Finding *of, int64_t count) {
    static const double far = sizeof(real) == sizeof(float) ? 1e-3 : 1e-6;
    double w = size_of(of->w, count), d = size_of(of->d, count);
    return far * (w > 0 ? w : 1) / d;
}

/* p = g / d turns the norm of Hd into that of the metric: of plain descent 1. */
static void read_curvature(const PlumbNet *net, const Finding *of, double eps, PlumbCurvature *curvature) {
    double bent = 0, fall = 0, turned = 0;
    for (int64_t i = 0; i < net->parameter_count; i++) {
        double g = (double)of->g[i], d = (double)of->d[i], hd = ((double)net->gradients[i] - g) / eps;
        bent += d * hd;
        fall += d * g;
        turned += g != 0 ? hd * hd * d / g : 0;
    }
    curvature->along = bent / fall;
    curvature->sharpness = sqrt(turned / fall);
}

typedef struct Trial { /* what a gradient is taken of */
    PlumbNet *net;
    const PlumbData *data;
    const PlumbCall *recipe;
    const PlumbConfig *config;
} Trial;

static bool gradient(const Trial *trial, Finding *of, PlumbError *error) {
    double loss;
    return plumb_measure(trial->net, trial->data, trial->recipe, trial->config, of->probe, &loss, error);
}

/* Weights and buffers are put back as they were, to the bit. */
static bool find(const Trial *trial, Finding *of, PlumbCurvature *curvature, PlumbError *error) {
    PlumbNet *net = trial->net;
    size_t bytes = (size_t)net->parameter_count * sizeof(real), kept = (size_t)net->buffer_count * sizeof(real);
    real *buffers = malloc(kept + 1);
    if (!buffers) {
        return error_memory(error);
    }
    memcpy(buffers, net->buffers, kept);
    bool done = gradient(trial, of, error);
    memcpy(of->w, net->parameters, bytes); /* behind it: what waits for data to be scaled was */
    if (done) {
        memcpy(of->g, net->gradients, bytes);
        direction_of(net, plumb_call_call(trial->recipe, "optimizer"), of->d);
        double eps = difference_step(of, net->parameter_count);
        for (int64_t i = 0; i < net->parameter_count; i++) {
            net->parameters[i] += (real)(eps * (double)of->d[i]);
        }
        done = gradient(trial, of, error);
        read_curvature(net, of, eps, curvature);
    }
    memcpy(net->parameters, of->w, bytes);
    memcpy(net->buffers, buffers, kept);
    net_refresh(net, kernels_portable());
    free(buffers);
    return done;
}

bool plumb_curvature(PlumbNet *net, const PlumbData *data, const PlumbCall *recipe, const PlumbConfig *config,
                     PlumbCurvature *curvature, PlumbError *error) {
    Trial trial = {net, data, recipe, config};
    const PlumbCall *optimizer = plumb_call_call(recipe, "optimizer");
    Finding of = {0};
    *curvature = (PlumbCurvature){NAN, NAN, NAN, NAN};
    bool done = plumb_net_make(net, config->seed, error) && (make(net, &of) || error_memory(error)) &&
                find(&trial, &of, curvature, error);
    clear(&of);
    curvature->limit = steps_stood(optimizer) / curvature->sharpness;
    curvature->ratio = plumb_call_number(optimizer, "lr") / curvature->limit;
    return done;
}

bool plumb_curvature_at_start(const PlumbNet *net, const PlumbData *data, const PlumbCall *recipe,
                              const PlumbConfig *config, PlumbCurvature *curvature, PlumbError *error) {
    PlumbNet *fresh = plumb_net_variant(net, &(PlumbEdit){0}, error);
    bool done = fresh && plumb_curvature(fresh, data, recipe, config, curvature, error);
    plumb_net_free(fresh);
    return done;
}
