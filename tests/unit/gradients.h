/* Gradients against central finite differences, in double precision.
 *
 * With h = 2^-16 and D(h) = (L(w+h) - L(w-h)) / 2h, Richardson's (4 D(h/2) - D(h)) / 3 is off by O(h^4), about 1e-19 of the
 * fifth derivative, and by rounding of some eps |L| / h, about 1e-11 |L|. Where the slope jumps within h of w no difference is
 * right: there D(h) and D(h/2) differ by more than O(h^2), or the second differences by more than O(h^4). Such places, if a
 * smaller h does not help, are counted, not compared. */
#ifndef TEST_GRADIENTS_H
#define TEST_GRADIENTS_H
#include "nets.h"
#include "runtime/train/step.h"
#include <float.h>
#include <math.h>

#define RELATIVE 1e-6

typedef struct Trial {
    const char *net; /* as in nets.h */
    const char *loss;
    Target target;
    int rows, shards, threads; /* 0: 7 rows, 3 shards, 1 thread */
    int every;                 /* compares one weight in so many; 0: all */
    bool evaluating;           /* without dropout, by the running statistics */
    uint64_t seed;
} Trial;

typedef struct Compared { /* of all weights of all trials */
    int64_t weights, kinks;
} Compared;

typedef struct Probing {
    Stepper stepper;
    PlumbNet *net;
    Trial trial;
} Probing;

/* Forward and loss of this thread's shards; the batch was gathered by the step before. */
static inline void forward_thread(void *arg, int thread) {
    Stepper *stepper = arg;
    plan_forward(stepper->plan, thread);
    for (int s = thread; s < stepper->plan->shards; s += pool_threads(stepper->pool)) {
        stepper->loss_of[s] =
            loss_of_shard(stepper->k, &stepper->rows, stepper->plan, s, NULL, &stepper->score_of[s]);
    }
}

static inline double loss_now(Probing *probing) {
    Stepper *stepper = &probing->stepper;
    double sum = 0;
    pool_run(stepper->pool, forward_thread, stepper);
    for (int s = 0; s < stepper->plan->shards; s++) {
        sum += stepper->loss_of[s] / stepper->rows.total;
    }
    return sum;
}

static inline double loss_at(Probing *probing, NetWeight *weight, int64_t j, double value) {
    real *place = &weight->about.value[j], before = *place;
    *place = (real)value;
    if (weight->transposed) {
        net_transpose(probing->stepper.k, weight, 0, weight->spec.shape.dim[0]);
    }
    double loss = loss_now(probing);
    *place = before;
    return loss;
}

typedef struct Difference {
    double slope, rounding; /* rounding: of the slope, at most */
    bool kink;
} Difference;

static inline Difference difference_at(Probing *probing, NetWeight *weight, int64_t j, double middle, double allowed,
                                       double h) {
    double w = (double)weight->about.value[j];
    double up = loss_at(probing, weight, j, w + h), down = loss_at(probing, weight, j, w - h);
    double up2 = loss_at(probing, weight, j, w + h / 2), down2 = loss_at(probing, weight, j, w - h / 2);
    double whole = (up - down) / (2 * h), half = (up2 - down2) / h;
    double bend = (up - 2 * middle + down) / h, bend2 = (up2 - 2 * middle + down2) / h;
    double rounding = 64 * DBL_EPSILON / h * (1 + fabs(middle)), near = allowed / 4 + rounding;
    return (Difference){.slope = (4 * half - whole) / 3,
                        .rounding = rounding,
                        .kink = fabs(whole - half) > near || fabs(bend - 4 * bend2) > near};
}

/* Where the first h finds a kink, or a curve too sharp for it, a smaller one may not. */
static inline Difference difference(Probing *probing, NetWeight *weight, int64_t j, double middle, double allowed) {
    Difference d = difference_at(probing, weight, j, middle, allowed, 0x1p-16);
    return d.kink ? difference_at(probing, weight, j, middle, allowed, 0x1p-19) : d;
}

static inline double norm_of(const double *value, int64_t count) {
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += value[i] * value[i];
    }
    return sqrt(sum);
}

/* Each element, and the norm of the differences: relative to the weight's own gradient, but for a thousandth of the whole
 * net's (a bias before a batchnorm has none) and for rounding. */
static inline void compare_weight(Probing *probing, NetWeight *weight, const double *grad, double whole, double middle,
                                  Compared *compared) {
    double rms = norm_of(grad, weight->size) / sqrt((double)weight->size), off = 0, rounding = 0;
    double scale = rms + 1e-3 * whole;
    for (int64_t j = 0; j < weight->size; j += probing->trial.every ? probing->trial.every : 1) {
        double allowed = RELATIVE * (fabs(grad[j]) + scale);
        Difference d = difference(probing, weight, j, middle, allowed);
        compared->weights++;
        compared->kinks += d.kink;
        double wrong = d.kink ? 0 : fabs(d.slope - grad[j]);
        off += wrong * wrong;
        rounding = fmax(rounding, d.rounding);
        if (!(wrong <= allowed + d.rounding)) {
            fail_msg("%s, loss %s, %d shards: d loss / d %s[%lld] is %.12g by differences, %.12g by backward",
                     probing->trial.net, probing->trial.loss, probing->stepper.plan->shards, weight->about.name,
                     (long long)j, d.slope, grad[j]);
        }
    }
    net_refresh(probing->net, probing->stepper.k);
    double bound = sqrt((double)weight->size) * (RELATIVE * scale + rounding);
    if (!(sqrt(off) <= bound)) {
        fail_msg("%s: the gradient of %s is off by %g, allowed %g", probing->trial.net, weight->about.name, sqrt(off),
                 bound);
    }
}

/* A copy of all gradients, and their root mean square. */
static inline double *copy_gradients(Kit *kit, const PlumbNet *net, double *rms) {
    double *copy = kit_alloc(kit, (size_t)(net->parameter_count + 1) * sizeof *copy);
    for (int64_t i = 0; i < net->parameter_count; i++) {
        copy[i] = (double)net->gradients[i];
    }
    *rms = norm_of(copy, net->parameter_count) / sqrt((double)net->parameter_count);
    return copy;
}

/* Compares every gradient of a net whose weights are made. False: its loss is not finite, or so large that differences drown. */
static inline bool compare_net(Kit *kit, PlumbNet *net, Trial trial, Compared *compared) {
    Probing probing = {.net = net, .trial = trial};
    int rows = trial.rows ? trial.rows : 7;
    const PlumbData *data = data_for(kit, net, trial.target, rows, trial.seed + 100);
    Pool *pool = pool_new(trial.threads ? trial.threads : 1);
    assert_non_null(pool);
    if (!stepper_init(&probing.stepper, net, data, kernels_portable(), pool, rows, trial.shards ? trial.shards : 3,
                      call_of(kit, trial.loss), NULL, NULL, &kit->error)) {
        fail_msg("%s, %s: %s", trial.net, trial.loss, kit->error.what);
    }
    stepper_run(&probing.stepper, rows, trial.seed, 3, !trial.evaluating, true);
    double middle = probing.stepper.loss, whole;
    const double *grad = copy_gradients(kit, net, &whole);
    bool fit = fabs(middle) < 1e3 && whole < 1e3;
    for (int i = 0; fit && i < net->weight_count; i++) {
        if (net->weight[i].spec.learned) {
            compare_weight(&probing, &net->weight[i], grad + net->weight[i].offset, whole, middle, compared);
        }
    }
    stepper_clear(&probing.stepper);
    pool_free(pool);
    return fit;
}

/* Builds the trial's net, stirs its weights and compares. */
static inline void assert_gradients(Kit *kit, Trial trial, Compared *compared) {
    PlumbNet *net = net_of(kit, trial.net);
    assert_true(plumb_net_make(net, trial.seed, &kit->error));
    stir(net, 0.3, trial.seed);
    net_refresh(net, kernels_portable());
    if (!compare_net(kit, net, trial, compared)) {
        fail_msg("%s: its loss is too large to compare", trial.net);
    }
    plumb_net_free(net);
}
#endif
