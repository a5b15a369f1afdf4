/* Clipping: limits on the gradient, over the whole net, a layer, a unit or a number. */
#include "args.h"
#include <math.h>

static const PlumbArg max_args[] = {ARG_NUMBER("max", NULL, 1e-30, 1e30, "the limit"), ARG_END};
static const PlumbArg adaptive_args[] = {
    ARG_NUMBER("share", "0.01", 1e-12, 1e12, "largest gradient, relative to the weights"),
    ARG_NUMBER("eps", "0.001", 1e-12, 1e12, "weights count as at least this long"),
    ARG_BOOL("last", "false", "clips the last layer with weights too"), ARG_END};

/* As torch.nn.utils.clip_grad_norm_: max / (norm + 1e-6), never above 1. */
static void by_norm(const PlumbCall *call, double grad_norm, double weight_norm, Update *update) {
    (void)weight_norm;
    double factor = plumb_call_number(call, "max") / (grad_norm + 1e-6);
    update->scale = factor < 1 ? factor : 1;
}

static void by_value(const PlumbCall *call, double grad_norm, double weight_norm, Update *update) {
    (void)grad_norm, (void)weight_norm;
    update->value_limit = plumb_call_number(call, "max");
}

static void adaptive(const PlumbCall *call, double grad_norm, double weight_norm, Update *update) {
    double limit = plumb_call_number(call, "share") * fmax(weight_norm, plumb_call_number(call, "eps"));
    update->scale = grad_norm > limit ? limit / grad_norm : 1;
}

#define CLIP(identifier, over, table, function, text, expression, paper, sample)                                       \
    const Clip clip_##identifier = {.entry = {.name = #identifier,                                                     \
                                              .kind = PLUMB_CLIP,                                                      \
                                              .family = "clipping",                                                    \
                                              .args = table,                                                           \
                                              .summary = text,                                                         \
                                              .formula = expression,                                                   \
                                              .source = paper,                                                         \
                                              .example = "recipe r { clip = " sample " }"},                            \
                                    .scope = over,                                                                     \
                                    .apply = function};
CLIP(by_norm, CLIP_NET, max_args, by_norm, "scales the whole gradient so that its norm stays within the limit",
     "g = g min(1, max / |g|)", "Pascanu, Mikolov & Bengio 2013, algorithm 1", "by_norm(1)")
CLIP(by_layer, CLIP_LAYER, max_args, by_norm, "scales each layer's gradient so that its norm stays within the limit",
     "g_l = g_l min(1, max / |g_l|), l a layer with all its weights", "Pascanu, Mikolov & Bengio 2013, algorithm 1",
     "by_layer(1)")
CLIP(by_value, CLIP_NUMBER, max_args, by_value, "cuts every number of the gradient off at the limit",
     "g_i = min(max(g_i, -limit), limit)", "Mikolov 2012, section 3.2.2", "by_value(0.5)")
CLIP(adaptive, CLIP_UNIT, adaptive_args, adaptive,
     "keeps each unit's gradient within a share of its own weights; the last layer is left alone",
     "g_u = g_u min(1, share max(|w_u|, eps) / |g_u|), u a row of a weight, or a whole bias",
     "Brock et al. 2021, eq. 3", "adaptive(0.01)")
