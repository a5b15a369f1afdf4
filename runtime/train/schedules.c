/* Schedules: the factor on the learning rate. */
#include "args.h"
#include <math.h>

#define PI 3.14159265358979323846
#define WARMUP ARG_INT("warmup", "0", 0, 1e12, "steps of linear growth first")

static const PlumbArg warmup_args[] = {WARMUP, ARG_END};
static const PlumbArg step_decay_args[] = {ARG_INT("every", NULL, 1, 1e9, "epochs between the decays"),
                                           ARG_NUMBER("factor", "0.1", 0, 1, "what the rate is multiplied by"),
                                           ARG_END};
static const PlumbArg exponential_args[] = {
    ARG_NUMBER("rate", NULL, 0, 10, "what the rate is multiplied by each epoch"), ARG_END};
static const PlumbArg onecycle_args[] = {ARG_NUMBER("grow", "0.3", 0, 1, "share of the steps in which the rate grows"),
                                         ARG_NUMBER("div", "25", 1, 1e12, "the first rate is lr / div"),
                                         ARG_NUMBER("final", "1e4", 1, 1e12, "the last rate is the first / final"),
                                         ARG_END};
static const PlumbArg plateau_args[] = {
    ARG_INT("patience", "10", 0, 1e9, "epochs without a better loss that are borne"),
    ARG_NUMBER("factor", "0.1", 0, 1, "what the rate is multiplied by"),
    ARG_NUMBER("threshold", "1e-4", 0, 1, "share by which better must be better"), ARG_END};

/* Grows in `warmup` steps; behind them 1, and *done goes from 0 to 1. */
static double warm_up(const PlumbCall *call, const Progress *at, double *done) {
    int64_t warmup = (int64_t)plumb_call_number(call, "warmup");
    if (at->step < warmup) {
        *done = 0;
        return (double)(at->step + 1) / (double)(warmup + 1);
    }
    *done = at->steps > warmup ? fmin((double)(at->step - warmup) / (double)(at->steps - warmup), 1) : 1;
    return 1;
}

/* Half a cosine from `from` to `to`. */
static double anneal(double from, double to, double done) {
    return to + (from - to) * 0.5 * (1 + cos(PI * done));
}

static double cosine_factor(const PlumbCall *call, const Progress *at) {
    double done, grown = warm_up(call, at, &done);
    return grown * anneal(1, 0, done);
}

static double linear_decay_factor(const PlumbCall *call, const Progress *at) {
    double done, grown = warm_up(call, at, &done);
    return grown * (1 - done);
}

static int64_t epoch_of(const Progress *at) {
    return at->steps_an_epoch ? at->step / at->steps_an_epoch : 0;
}

static double step_decay_factor(const PlumbCall *call, const Progress *at) {
    return pow(plumb_call_number(call, "factor"), (double)(epoch_of(at) / (int64_t)plumb_call_number(call, "every")));
}

static double exponential_factor(const PlumbCall *call, const Progress *at) {
    return pow(plumb_call_number(call, "rate"), (double)epoch_of(at));
}

/* As torch.optim.lr_scheduler.OneCycleLR: both phases end on a whole step. */
static double onecycle_factor(const PlumbCall *call, const Progress *at) {
    double first = 1 / plumb_call_number(call, "div"), last = first / plumb_call_number(call, "final");
    double step = (double)at->step, end = (double)(at->steps - 1);
    double top = plumb_call_number(call, "grow") * (double)at->steps - 1;
    if (step <= top) {
        return top > 0 ? anneal(first, 1, step / top) : 1;
    }
    return end > fmax(top, 0) ? anneal(1, last, fmin((step - fmax(top, 0)) / (end - fmax(top, 0)), 1)) : last;
}

/* As torch.optim.lr_scheduler.ReduceLROnPlateau, from the epochs alone, so that a resumed run finds the same. */
static double plateau_factor(const PlumbCall *call, const Progress *at) {
    double factor = 1, best = INFINITY, better = 1 - plumb_call_number(call, "threshold");
    int patience = (int)plumb_call_number(call, "patience"), bad = 0;
    for (int i = 0; i < at->epochs; i++) {
        const PlumbEpoch *epoch = &at->history[i];
        double loss = isnan(epoch->test_loss) ? epoch->loss : epoch->test_loss;
        bad = loss < best * better ? 0 : bad + 1;
        best = loss < best * better ? loss : best;
        if (bad > patience) {
            factor *= plumb_call_number(call, "factor");
            bad = 0;
        }
    }
    return factor;
}

#define SCHEDULE(identifier, table, text, expression, paper, sample)                                                   \
    const Schedule schedule_##identifier = {.entry = {.name = #identifier,                                             \
                                                      .kind = PLUMB_SCHEDULE,                                          \
                                                      .family = "schedules",                                           \
                                                      .args = table,                                                   \
                                                      .summary = text,                                                 \
                                                      .formula = expression,                                           \
                                                      .source = paper,                                                 \
                                                      .example = "recipe r { schedule = " sample " }"},                \
                                            .factor = identifier##_factor};
SCHEDULE(cosine, warmup_args, "falls to 0 along half a cosine", "lr (1 + cos(pi step / steps)) / 2",
         "Loshchilov & Hutter 2017, eq. 5", "cosine(warmup=100)")
SCHEDULE(linear_decay, warmup_args, "falls to 0 along a straight line", "lr (1 - step / steps)",
         "Devlin et al. 2019, section A.2", "linear_decay(warmup=100)")
SCHEDULE(step_decay, step_decay_args, "falls by a factor every so many epochs", "lr factor^floor(epoch / every)",
         "He et al. 2016, section 3.4", "step_decay(10, factor=0.1)")
SCHEDULE(exponential, exponential_args, "falls by the same factor every epoch", "lr rate^epoch",
         "PyTorch, ExponentialLR", "exponential(0.95)")
SCHEDULE(onecycle, onecycle_args, "grows to lr, then falls to almost 0, both along half a cosine",
         "lr / div up to lr, then down to lr / (div final)", "Smith & Topin 2019; PyTorch, OneCycleLR", "onecycle")
SCHEDULE(plateau, plateau_args, "falls by a factor whenever the test loss has stopped falling",
         "lr factor^k, k how often more than `patience` epochs in turn had no loss below best (1 - threshold)",
         "PyTorch, ReduceLROnPlateau", "plateau(5)")
