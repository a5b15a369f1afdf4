/* What a recipe is made of: its keys, optimizers, schedules, clipping, stopping. */
#include "parts.h"
#include <math.h>
#include <string.h>

#define NUMBER(title, standard, low, high, text)                                                                       \
    { .name = title, .accepts = PLUMB_A_NUMBER, .fallback = standard, .min = low, .max = high, .help = text }
#define LR(standard) NUMBER("lr", standard, 0, 1e9, "learning rate")
#define DECAY(standard, text) NUMBER("decay", standard, 0, 1e9, text)
#define END                                                                                                            \
    { .name = NULL }

/* ---- optimizers -------------------------------------------------------------------------------------------------- */

static const PlumbArg sgd_args[] = {
    LR("0.01"),
    NUMBER("momentum", "0", 0, 1, "share of the last step that goes on"),
    {.name = "nesterov", .accepts = PLUMB_A_BOOL, .fallback = "false", .help = "looks ahead along the momentum"},
    DECAY("0", "weight decay, added to the gradient"),
    END};
static const PlumbArg adam_args[] = {LR("0.001"),
                                     NUMBER("beta1", "0.9", 0, 0.999999999, "memory of the gradient"),
                                     NUMBER("beta2", "0.999", 0, 0.999999999, "memory of its square"),
                                     NUMBER("eps", "1e-8", 0, 1, "added to the root"),
                                     DECAY("0", "weight decay, added to the gradient"),
                                     END};
static const PlumbArg adamw_args[] = {LR("0.001"),
                                      NUMBER("beta1", "0.9", 0, 0.999999999, "memory of the gradient"),
                                      NUMBER("beta2", "0.999", 0, 0.999999999, "memory of its square"),
                                      NUMBER("eps", "1e-8", 0, 1, "added to the root"),
                                      DECAY("0.01", "weight decay, apart from the gradient"),
                                      END};
static const PlumbArg rmsprop_args[] = {LR("0.01"),
                                        NUMBER("alpha", "0.99", 0, 1, "memory of the squared gradient"),
                                        NUMBER("eps", "1e-8", 0, 1, "added to the root"),
                                        NUMBER("momentum", "0", 0, 1, "share of the last step that goes on"),
                                        DECAY("0", "weight decay, added to the gradient"),
                                        END};

static int sgd_states(const PlumbCall *call) {
    return plumb_call_number(call, "momentum") != 0;
}
static int rmsprop_states(const PlumbCall *call) {
    return 1 + (plumb_call_number(call, "momentum") != 0);
}
static int adam_states(const PlumbCall *call) {
    (void)call;
    return 2;
}

#define OPTIMIZER(identifier, which, state_count, text, expression, paper)                                             \
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
        .states = state_count};
OPTIMIZER(sgd, UPDATE_SGD, sgd_states, "gradient descent, with momentum where asked",
          "v = momentum v + g; w = w - lr v", "Sutskever et al. 2013, eq. 1-4")
OPTIMIZER(adam, UPDATE_ADAM, adam_states, "each weight's step scaled by its own gradients",
          "w = w - lr m / (sqrt(v) + eps), m and v running means of g and g^2", "Kingma & Ba 2015, algorithm 1")
OPTIMIZER(adamw, UPDATE_ADAMW, adam_states, "adam with weight decay apart from the gradient",
          "w = w - lr (m / (sqrt(v) + eps) + decay w)", "Loshchilov & Hutter 2019, algorithm 2")
OPTIMIZER(rmsprop, UPDATE_RMSPROP, rmsprop_states, "steps scaled by the root mean square of recent gradients",
          "w = w - lr g / (sqrt(v) + eps), v the running mean of g^2", "Tieleman & Hinton 2012")

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
                       .scale = 1};
}

/* ---- schedules: the factor on the learning rate
 * ---------------------------------------------------------------------- */

static const PlumbArg cosine_args[] = {{.name = "warmup",
                                        .accepts = PLUMB_A_INT,
                                        .fallback = "0",
                                        .min = 0,
                                        .max = 1e12,
                                        .help = "steps of linear growth first"},
                                       END};
static const PlumbArg step_decay_args[] = {
    {.name = "every", .accepts = PLUMB_A_INT, .min = 1, .max = 1e9, .help = "epochs between the decays"},
    NUMBER("factor", "0.1", 0, 1, "what the rate is multiplied by"),
    END};

static double cosine_factor(const PlumbCall *call, int64_t step, int64_t steps, int64_t steps_an_epoch) {
    (void)steps_an_epoch;
    int64_t warmup = (int64_t)plumb_call_number(call, "warmup");
    if (step < warmup) {
        return (double)(step + 1) / (double)(warmup + 1);
    }
    double done = steps > warmup ? (double)(step - warmup) / (double)(steps - warmup) : 1;
    return 0.5 * (1 + cos(3.14159265358979323846 * fmin(done, 1)));
}

static double step_decay_factor(const PlumbCall *call, int64_t step, int64_t steps, int64_t steps_an_epoch) {
    (void)steps;
    int64_t every = (int64_t)plumb_call_number(call, "every") * steps_an_epoch;
    return pow(plumb_call_number(call, "factor"), (double)(every ? step / every : 0));
}

const Schedule schedule_cosine = {.entry = {.name = "cosine",
                                            .kind = PLUMB_SCHEDULE,
                                            .family = "schedules",
                                            .args = cosine_args,
                                            .summary = "falls to 0 along half a cosine",
                                            .formula = "lr (1 + cos(pi step / steps)) / 2",
                                            .source = "Loshchilov & Hutter 2017, eq. 5",
                                            .example = "recipe r { schedule = cosine(warmup=100) }"},
                                  .factor = cosine_factor};
const Schedule schedule_step_decay = {.entry = {.name = "step_decay",
                                                .kind = PLUMB_SCHEDULE,
                                                .family = "schedules",
                                                .args = step_decay_args,
                                                .summary = "falls by a factor every so many epochs",
                                                .formula = "lr factor^floor(epoch / every)",
                                                .source = "He et al. 2016, section 3.4",
                                                .example = "recipe r { schedule = step_decay(10, factor=0.1) }"},
                                      .factor = step_decay_factor};

/* ---- clipping ------------------------------------------------------------------------------------------------------
 */

static const PlumbArg clip_args[] = {NUMBER("max", NULL, 1e-30, 1e30, "the limit"), END};

/* As torch.nn.utils.clip_grad_norm_: max / (norm + 1e-6), never above 1. */
static void by_norm(const PlumbCall *call, double norm, Update *update) {
    double factor = plumb_call_number(call, "max") / (norm + 1e-6);
    update->scale = factor < 1 ? factor : 1;
}

static void by_value(const PlumbCall *call, double norm, Update *update) {
    (void)norm;
    update->value_limit = plumb_call_number(call, "max");
}

const Clip clip_by_norm = {.entry = {.name = "by_norm",
                                     .kind = PLUMB_CLIP,
                                     .family = "clipping",
                                     .args = clip_args,
                                     .summary = "scales the whole gradient so that its norm stays within the limit",
                                     .formula = "g = g min(1, max / |g|)",
                                     .source = "Pascanu, Mikolov & Bengio 2013, algorithm 1",
                                     .example = "recipe r { clip = by_norm(1) }"},
                           .needs_norm = true,
                           .apply = by_norm};
const Clip clip_by_value = {.entry = {.name = "by_value",
                                      .kind = PLUMB_CLIP,
                                      .family = "clipping",
                                      .args = clip_args,
                                      .summary = "cuts every number of the gradient off at the limit",
                                      .formula = "g_i = min(max(g_i, -limit), limit)",
                                      .source = "Mikolov 2012, section 3.2.2",
                                      .example = "recipe r { clip = by_value(0.5) }"},
                            .apply = by_value};

/* ---- stopping, cadence, and the recipe itself
 * -------------------------------------------------------------------------- */

static const PlumbArg patience_args[] = {
    {.name = "n", .accepts = PLUMB_A_INT, .min = 1, .max = 1e9, .help = "epochs without a better test loss"}, END};
const PlumbEntry stop_patience = {.name = "patience",
                                  .kind = PLUMB_STOP,
                                  .family = "stopping",
                                  .args = patience_args,
                                  .summary = "stops when the test loss has not improved for n epochs",
                                  .formula = "stop if min(loss[e-n+1..e]) >= min(loss[..e-n])",
                                  .source = "Prechelt 1998",
                                  .example = "recipe r { stop = patience(5) }"};

static const PlumbArg every_args[] = {
    {.name = "n", .accepts = PLUMB_A_INT, .min = 1, .max = 1e9, .help = "steps between two"}, END};
const PlumbEntry cadence_every = {.name = "every",
                                  .kind = PLUMB_CADENCE,
                                  .family = "cadence",
                                  .args = every_args,
                                  .summary = "once in so many steps",
                                  .formula = "step mod n = 0",
                                  .source = "plumb",
                                  .example = "recipe r { diagnostics = every(10) }"};

#define COUNT(title, standard, text)                                                                                   \
    { .name = title, .accepts = PLUMB_A_INT | PLUMB_A_NONE, .fallback = standard, .min = 1, .max = 1e12, .help = text }
#define PART(title, kind, standard, text)                                                                              \
    { .name = title, .accepts = PLUMB_A_CALL | PLUMB_A_NONE, .kinds = kind, .fallback = standard, .help = text }
static const PlumbArg recipe_args[] = {
    COUNT("epochs", "10", "passes over the train part"),
    COUNT("steps", "none", "optimizer steps, instead of epochs"),
    {.name = "batch", .accepts = PLUMB_A_INT, .fallback = "32", .min = 1, .max = 1e9, .help = "rows a step"},
    {.name = "optimizer",
     .accepts = PLUMB_A_CALL,
     .kinds = PLUMB_OPTIMIZER,
     .fallback = "adam",
     .help = "how weights move"},
    PART("schedule", PLUMB_SCHEDULE, "none", "how the learning rate changes"),
    PART("loss", PLUMB_LOSS, "none", "what is made small; none: cross_entropy for classes, else mse"),
    PART("clip", PLUMB_CLIP, "none", "limit on the gradient"),
    {.name = "seed",
     .accepts = PLUMB_A_INT | PLUMB_A_NONE,
     .fallback = "none",
     .max = 9e15,
     .help = "of shuffles and dropout; none: the session's"},
    PART("stop", PLUMB_STOP, "none", "when to end early"),
    COUNT("truncate", "none", "time steps that the gradient goes back through a recurrent layer; none: all"),
    {.name = "diagnostics",
     .accepts = PLUMB_A_CALL | PLUMB_A_WORD,
     .kinds = PLUMB_CADENCE,
     .words = "off",
     .fallback = "every(1)",
     .help = "how often layers are measured"},
    {.name = "log",
     .accepts = PLUMB_A_STRING | PLUMB_A_CALL | PLUMB_A_NONE,
     .kinds = PLUMB_LOG,
     .fallback = "none",
     .help =
         "\"run.csv\", \"run.jsonl\" or tensorboard(\"dir\"): steps, epochs, layers; of several nets with their names"},
    END};
const PlumbEntry recipe_keys = {.name = "recipe",
                                .kind = PLUMB_RECIPE,
                                .family = "recipe",
                                .args = recipe_args,
                                .summary = "how a net is trained",
                                .formula = "w = w - step(dL/dw), for each batch of each epoch",
                                .source = "Goodfellow, Bengio & Courville 2016, algorithm 8.1",
                                .example = "recipe quick { epochs = 20; batch = 64; optimizer = adam(lr=1e-3) }"};
