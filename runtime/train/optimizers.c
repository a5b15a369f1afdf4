/* Optimizers: what each asks for, and what it hands to the update kernel. */
#include "args.h"
#include <math.h>

#define LR(standard) ARG_NUMBER("lr", standard, 0, 1e9, "learning rate")
#define DECAY(standard, text) ARG_NUMBER("decay", standard, 0, 1e9, text)

static const PlumbArg sgd_args[] = {LR("0.01"),
                                    ARG_NUMBER("momentum", "0", 0, 1, "share of the last step that goes on"),
                                    ARG_BOOL("nesterov", "false", "looks ahead along the momentum"),
                                    DECAY("0", "weight decay, added to the gradient"), ARG_END};
static const PlumbArg adam_args[] = {LR("0.001"),
                                     ARG_NUMBER("beta1", "0.9", 0, 0.999999999, "memory of the gradient"),
                                     ARG_NUMBER("beta2", "0.999", 0, 0.999999999, "memory of its square"),
                                     ARG_NUMBER("eps", "1e-8", 0, 1, "added to the root"),
                                     DECAY("0", "weight decay, added to the gradient"),
                                     ARG_END};
static const PlumbArg adamw_args[] = {LR("0.001"),
                                      ARG_NUMBER("beta1", "0.9", 0, 0.999999999, "memory of the gradient"),
                                      ARG_NUMBER("beta2", "0.999", 0, 0.999999999, "memory of its square"),
                                      ARG_NUMBER("eps", "1e-8", 0, 1, "added to the root"),
                                      DECAY("0.01", "weight decay, apart from the gradient"),
                                      ARG_END};
static const PlumbArg rmsprop_args[] = {LR("0.01"),
                                        ARG_NUMBER("alpha", "0.99", 0, 1, "memory of the squared gradient"),
                                        ARG_NUMBER("eps", "1e-8", 0, 1, "added to the root"),
                                        ARG_NUMBER("momentum", "0", 0, 1, "share of the last step that goes on"),
                                        DECAY("0", "weight decay, added to the gradient"),
                                        ARG_END};

static const PlumbArg adagrad_args[] = {LR("0.01"), ARG_NUMBER("eps", "1e-10", 0, 1, "added to the root"),
                                        DECAY("0", "weight decay, added to the gradient"), ARG_END};
static const PlumbArg lion_args[] = {LR("0.0001"),
                                     ARG_NUMBER("beta1", "0.9", 0, 1, "share of the memory in the step's direction"),
                                     ARG_NUMBER("beta2", "0.99", 0, 1, "memory of the gradient"),
                                     DECAY("0", "weight decay, apart from the gradient"), ARG_END};
static const PlumbArg lars_args[] = {
    LR("1"), ARG_NUMBER("momentum", "0.9", 0, 1, "share of the last step that goes on"),
    ARG_NUMBER("trust", "0.001", 1e-12, 1e9, "length of a step, relative to the weight's"),
    DECAY("0", "weight decay, added to the gradient"), ARG_END};

static int sgd_states(const PlumbCall *call) {
    return plumb_call_number(call, "momentum") != 0;
}
static int rmsprop_states(const PlumbCall *call) {
    return 1 + (plumb_call_number(call, "momentum") != 0);
}
static int one_state(const PlumbCall *call) {
    (void)call;
    return 1;
}
static int adam_states(const PlumbCall *call) {
    (void)call;
    return 2;
}

/* You, Gitman & Ginsburg 2017, eq. 6; where one norm is 0 the plain step. */
static double lars_trust(const PlumbCall *call, double grad_norm, double weight_norm) {
    double along = grad_norm + plumb_call_number(call, "decay") * weight_norm;
    return grad_norm > 0 && weight_norm > 0 ? plumb_call_number(call, "trust") * weight_norm / along : 1;
}

#define OPTIMIZER(identifier, which, state_count, trust_by, text, expression, paper)                                   \
    const Optimizer optimizer_##identifier = {                                                                         \
        .entry = {.name = #identifier,                                                                                 \
                  .kind = PLUMB_OPTIMIZER,                                                                             \
                  .family = "optimizers",                                                                              \
                  .args = identifier##_args,                                                                           \
                  .summary = text,                                                                                     \
                  .formula = expression,                                                                               \
                  .source = paper,                                                                                     \
                  .example = "recipe r { optimizer = " #identifier "(lr=1e-3) }"},                                     \
        .kind = which,                                                                                                 \
        .states = state_count,                                                                                         \
        .trust = trust_by};
OPTIMIZER(sgd, UPDATE_SGD, sgd_states, NULL, "gradient descent, with momentum where asked",
          "v = momentum v + g; w = w - lr v", "Sutskever et al. 2013, eq. 1-4")
OPTIMIZER(adam, UPDATE_ADAM, adam_states, NULL, "each weight's step scaled by its own gradients",
          "w = w - lr m / (sqrt(v) + eps), m and v running means of g and g^2", "Kingma & Ba 2015, algorithm 1")
OPTIMIZER(adamw, UPDATE_ADAMW, adam_states, NULL, "adam with weight decay apart from the gradient",
          "w = w - lr (m / (sqrt(v) + eps) + decay w)", "Loshchilov & Hutter 2019, algorithm 2")
OPTIMIZER(rmsprop, UPDATE_RMSPROP, rmsprop_states, NULL, "steps scaled by the root mean square of recent gradients",
          "w = w - lr g / (sqrt(v) + eps), v the running mean of g^2", "Tieleman & Hinton 2012")

OPTIMIZER(adagrad, UPDATE_ADAGRAD, one_state, NULL, "steps scaled by all gradients so far",
          "w = w - lr g / (sqrt(v) + eps), v = v + g^2", "Duchi, Hazan & Singer 2011, figure 1")
OPTIMIZER(lion, UPDATE_LION, one_state, NULL, "steps of one size, only their signs are learned",
          "w = w - lr (sign(beta1 m + (1 - beta1) g) + decay w); m = beta2 m + (1 - beta2) g",
          "Chen et al. 2023, algorithm 2")
OPTIMIZER(lars, UPDATE_SGD, sgd_states, lars_trust, "momentum whose step is a share of each weight's own length",
          "v = momentum v + r (g + decay w); w = w - lr v, r = trust |w| / (|g| + decay |w|) for each weight",
          "You, Gitman & Ginsburg 2017, algorithm 1")

void optimizer_setup(const PlumbCall *call, Update *update) {
    *update = (Update){.kind = ((const Optimizer *)call->entry)->kind,
                       .lr = plumb_call_number(call, "lr"),
                       .momentum = plumb_call_number(call, "momentum"),
                       .beta1 = plumb_call_number(call, "beta1"),
                       .beta2 = plumb_call_number(call, "beta2"),
                       .eps = plumb_call_number(call, "eps"),
                       .decay = plumb_call_number(call, "decay"),
                       .alpha = plumb_call_number(call, "alpha"),
                       .nesterov = plumb_call_bool(call, "nesterov"),
                       .scale = 1,
                       .trust = 1};
}

void optimizer_at(Update *update, int64_t step) {
    update->step = step;
    update->correction1 = 1 - pow(update->beta1, (double)step);
    update->correction2 = 1 - pow(update->beta2, (double)step);
}
