/* What a layer writes of itself as PyTorch: the module that holds its weights, and the expression of its output.
 *
 *     static void torch(Torch *t) {
 *         fprintf(t->module, "nn.Conv1d(...)");
 *         fprintf(t->value, "%s(%s.transpose(1, 2)).transpose(1, 2)", t->self, t->in[0]);
 *     }
 *
 * becomes `self.conv1 = nn.Conv1d(...)` and `x = self.conv1(x.transpose(1, 2)).transpose(1, 2)`. Where no value is written it is the
 * module's, of the first input. A layer without weights needs no module. Names of parameters are the layer's own. */
#ifndef PLUMB_TORCH_H
#define PLUMB_TORCH_H
#include "../core/layer.h"
#include <stdio.h>

struct Torch {
    const LayerSite *site;   /* the layer that writes itself */
    const char *self;        /* its module: "self.res3.dense1" */
    const char *const *in;   /* its inputs: expressions without spaces */
    FILE *module, *value;
    const char *why;         /* this layer cannot be said: a constant text; NULL: it can */
    struct Needs *needs;
};

/* A class of the file's own, once; `text` is a constant. */
void torch_needs(Torch *t, const char *text);
/* Writes the value: the module of the input, channels first as PyTorch takes them: a sequence is turned, and turned back. With
 * padding before and after it along height and width; `fill`: "" for zeros, or a further argument of F.pad. */
void torch_channels_first(Torch *t, const int before[2], const int after[2], const char *fill);
/* The expression of an activation of `x`. */
void torch_inner(Torch *t, const PlumbCall *call, const char *x);
const char *torch_bool(bool value);
#endif
