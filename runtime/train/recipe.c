/* The recipe: its keys, when it stops, how often things happen. */
#include "../core/error.h"
#include "args.h"
#include <string.h>

static const PlumbArg patience_args[] = {ARG_INT("n", NULL, 1, 1e9, "epochs without a better test loss"), ARG_END};
const PlumbEntry stop_patience = {.name = "patience",
                                  .kind = PLUMB_STOP,
                                  .family = "stopping",
                                  .args = patience_args,
                                  .summary = "stops when the test loss has not improved for n epochs",
                                  .formula = "stop if min(loss[e-n+1..e]) >= min(loss[..e-n])",
                                  .source = "Prechelt 1998",
                                  .example = "recipe r { stop = patience(5) }"};

static const PlumbArg every_args[] = {ARG_INT("n", NULL, 1, 1e9, "steps between two"),
                                      {.name = "file",
                                       .accepts = PLUMB_A_STRING | PLUMB_A_NONE,
                                       .fallback = "none",
                                       .help = "what is written then: only, and always, for `checkpoint`"},
                                      ARG_END};
const PlumbEntry cadence_every = {.name = "every",
                                  .kind = PLUMB_CADENCE,
                                  .family = "cadence",
                                  .args = every_args,
                                  .summary = "once in so many steps",
                                  .formula = "step mod n = 0",
                                  .source = "plumb",
                                  .example =
                                      "recipe r { diagnostics = every(10); checkpoint = every(500, \"run.ckpt\") }"};

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
    PART(
        "checkpoint", PLUMB_CADENCE, "none",
        "every(n, \"run.ckpt\"): how often, and at the end, the whole training is written to a file that `load` reads"),
    ARG_END};
const PlumbEntry recipe_keys = {.name = "recipe",
                                .kind = PLUMB_RECIPE,
                                .family = "recipe",
                                .args = recipe_args,
                                .summary = "how a net is trained",
                                .formula = "w = w - step(dL/dw), for each batch of each epoch",
                                .source = "Goodfellow, Bengio & Courville 2016, algorithm 8.1",
                                .example = "recipe quick { epochs = 20; batch = 64; optimizer = adam(lr=1e-3) }"};

/* ---- what no argument's own table says --------------------------------------------------------------------------- */

static bool has_file(const PlumbCall *recipe, const char *key, PlumbError *error) {
    const PlumbCall *every = plumb_call_call(recipe, key);
    const char *path = every ? plumb_call_string(every, "file") : NULL;
    size_t length = path ? strlen(path) : 0;
    if (!every || (length > 5 && !strcmp(path + length - 5, ".ckpt"))) {
        return true;
    }
    plumb_fail(error, PLUMB_ARGUMENT_ERROR, "%s needs the name of a file that ends in .ckpt", key);
    return error_hint(error, "%s = every(%.0f, \"run.ckpt\")", key, plumb_call_number(every, "n"));
}

static bool has_no_file(const PlumbCall *recipe, const char *key, PlumbError *error) {
    const PlumbCall *every = plumb_call_call(recipe, key);
    if (!every || !plumb_call_string(every, "file")) {
        return true;
    }
    plumb_fail(error, PLUMB_ARGUMENT_ERROR, "%s writes no file", key);
    return error_hint(error, "%s = every(%.0f)", key, plumb_call_number(every, "n"));
}

bool plumb_recipe_check(const PlumbCall *recipe, PlumbError *error) {
    return has_file(recipe, "checkpoint", error) && has_no_file(recipe, "diagnostics", error);
}
