/* The recipe: its keys, when it stops, how often things happen. */
#include "args.h"

static const PlumbArg patience_args[] = {ARG_INT("n", NULL, 1, 1e9, "epochs without a better test loss"), ARG_END};
const PlumbEntry stop_patience = {.name = "patience",
                                  .kind = PLUMB_STOP,
                                  .family = "stopping",
                                  .args = patience_args,
                                  .summary = "stops when the test loss has not improved for n epochs",
                                  .formula = "stop if min(loss[e-n+1..e]) >= min(loss[..e-n])",
                                  .source = "Prechelt 1998",
                                  .example = "recipe r { stop = patience(5) }"};

static const PlumbArg every_args[] = {ARG_INT("n", NULL, 1, 1e9, "steps between two"), ARG_END};
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
    ARG_INT("batch", "32", 1, 1e9, "rows that run at a time: of a step, unless it accumulates"),
    ARG_INT("accumulate", "1", 1, 1e9, "batches whose gradients make one step: as one of so many times the rows"),
    {.name = "optimizer",
     .accepts = PLUMB_A_CALL,
     .kinds = PLUMB_OPTIMIZER,
     .fallback = "adam",
     .help = "how weights move"},
    PART("schedule", PLUMB_SCHEDULE, "none", "how the learning rate changes"),
    PART("loss", PLUMB_LOSS, "none", "what is made small; none: cross_entropy for classes, else mse"),
    PART("clip", PLUMB_CLIP, "none", "limit on the gradient"),
    {.name = "ema",
     .accepts = PLUMB_A_NUMBER | PLUMB_A_NONE,
     .fallback = "none",
     .min = 0,
     .max = 0.999999999,
     .help = "a running mean of the weights, w_ema = ema w_ema + (1 - ema) w, is what is tested after each epoch and "
             "what the net has when training ends"},
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
    ARG_END};
const PlumbEntry recipe_keys = {.name = "recipe",
                                .kind = PLUMB_RECIPE,
                                .family = "recipe",
                                .args = recipe_args,
                                .summary = "how a net is trained",
                                .formula = "w = w - step(dL/dw), for each batch of each epoch",
                                .source = "Goodfellow, Bengio & Courville 2016, algorithm 8.1",
                                .example = "recipe quick { epochs = 20; batch = 64; optimizer = adam(lr=1e-3) }"};
