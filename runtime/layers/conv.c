/* Convolution (cross-correlation) over an image (channels, height, width) or a sequence (time, features). */
#include "../export/onnx.h"
#include "../export/torch.h"
#include "../train/inits.h"
#include "window.h"

static const PlumbArg args[] = {
    {.name = "channels",
     .accepts = PLUMB_A_INT,
     .min = 1,
     .max = 1e9,
     .help = "output channels (features of a sequence)"},
    {.name = "kernel",
     .accepts = PLUMB_A_INT | PLUMB_A_LIST,
     .min = 1,
     .max = 1e6,
     .help = "size of the kernel: a number, or [height, width]"},
    {.name = "stride",
     .accepts = PLUMB_A_INT | PLUMB_A_LIST,
     .min = 1,
     .max = 1e6,
     .fallback = "1",
     .help = "step from one output to the next: a number, or [height, width]"},
    {.name = "pad",
     .accepts = PLUMB_A_INT | PLUMB_A_LIST | PLUMB_A_WORD,
     .words = "same valid",
     .max = 1e6,
     .fallback = "same",
     .help = "zeros on each side; same: outputs = inputs / stride, rounded up, an odd zero behind; valid: none"},
    {.name = "dilation",
     .accepts = PLUMB_A_INT | PLUMB_A_LIST,
     .min = 1,
     .max = 1e6,
     .fallback = "1",
     .help = "distance between the kernel's taps: a number, or [height, width]"},
    {.name = "groups",
     .accepts = PLUMB_A_INT,
     .min = 1,
     .max = 1e9,
     .fallback = "1",
     .help = "parts of the channels that do not see each other; as many as channels: depthwise"},
    {.name = "bias", .accepts = PLUMB_A_BOOL, .fallback = "true", .help = "adds a learned bias to each channel"},
    {.name = "init",
     .accepts = PLUMB_A_CALL | PLUMB_A_WORD,
     .kinds = PLUMB_INIT,
     .words = "auto",
     .fallback = "auto",
     .help = "initial weights; auto: he before the relu family, lecun before selu, else xavier"},
    {.name = "bias_init", .accepts = PLUMB_A_CALL, .kinds = PLUMB_INIT, .fallback = "zeros", .help = "initial bias"},
    {.name = NULL}};

static bool divides(const LayerSite *site, int channels, const char *which, int groups, PlumbError *error) {
    if (channels % groups == 0) {
        return true;
    }
    plumb_fail(error, PLUMB_SHAPE_ERROR, "the groups of %s do not divide its %s channels", site->call->entry->name,
               which);
    error_found(error, "%d groups of %d channels", groups, channels);
    error_expected(error, "a divisor of %d", channels);
    int near = groups < channels ? groups : channels;
    while (channels % near) {
        near--;
    }
    return error_hint(error, "groups=%d", near);
}

static bool conv_of(const LayerSite *site, ConvShape *conv, PlumbError *error) {
    *conv = (ConvShape){.out = (int)plumb_call_number(site->call, "channels"),
                        .groups = (int)plumb_call_number(site->call, "groups")};
    if (!window_read(site, &conv->window, error) ||
        !divides(site, conv->window.channels, "input", conv->groups, error) ||
        !divides(site, conv->out, "output", conv->groups, error)) {
        return false;
    }
    double taps = (double)(conv->window.channels / conv->groups) * conv->window.kernel[0] * conv->window.kernel[1];
    return taps <= INT32_MAX / 2 ||
           plumb_fail(error, PLUMB_SHAPE_ERROR, "the kernel of conv holds more than %d numbers", INT32_MAX / 2);
}

static bool shape(const LayerSite *site, PlumbShape *out, PlumbError *error) {
    ConvShape conv;
    if (!conv_of(site, &conv, error)) {
        return false;
    }
    *out = window_shape(&conv.window, conv.out);
    return true;
}

/* Weights that one output sees. */
static int taps_of(const ConvShape *conv) {
    return conv->window.channels / conv->groups * conv->window.kernel[0] * conv->window.kernel[1];
}

/* weight: [channels, inputs/groups, kh, kw], or [channels, inputs/groups, k] for a sequence */
static int weights(const LayerSite *site, WeightSpec spec[LAYER_WEIGHTS_MAX]) {
    ConvShape conv;
    conv_of(site, &conv, NULL);
    const Window *w = &conv.window;
    int in = w->channels / conv.groups, taps = taps_of(&conv);
    double fan_out = (double)(conv.out / conv.groups) * w->kernel[0] * w->kernel[1];
    const PlumbCall *init = plumb_call_call(site->call, "init");
    PlumbShape image = {4, {conv.out, in, w->kernel[0], w->kernel[1]}}, sequence = {3, {conv.out, in, w->kernel[1]}};
    spec[0] = (WeightSpec){.name = "weight",
                           .shape = w->last ? sequence : image,
                           .fan_in = taps,
                           .fan_out = fan_out < INT32_MAX ? (int)fan_out : INT32_MAX,
                           .init = init ? init : init_auto(site->next_act),
                           .learned = true};
    if (!plumb_call_bool(site->call, "bias")) {
        return 1;
    }
    spec[1] = (WeightSpec){.name = "bias",
                           .shape = {1, {conv.out}},
                           .fan_in = taps,
                           .fan_out = conv.out,
                           .init = plumb_call_call(site->call, "bias_init"),
                           .learned = true};
    return 2;
}

static Prepared *prepare(const LayerSite *site, const Kernels *k, const Use *use) {
    ConvShape shape;
    conv_of(site, &shape, NULL);
    shape.blocked_in = use->blocked_in;
    shape.blocked_out = use->blocked_out;
    Conv *conv = k->conv(k, &shape, use->rows, use->training, use->d_in);
    return conv ? &conv->base : NULL;
}

static bool blocks(const LayerSite *site, const Kernels *k, const Use *use) {
    ConvShape shape;
    conv_of(site, &shape, NULL);
    return k->conv_blocks(k, &shape, use->rows, use->training, use->d_in);
}

/* y[o] = bias[o] + sum over the group's inputs i and taps t of w[o, i, t] x[i, stride p + dilation t - pad] */
static void forward(const Pass *pass) {
    Conv *conv = (Conv *)pass->plan;
    bool bias = plumb_call_bool(pass->site->call, "bias");
    conv->forward(conv, pass->rows, pass->in[0], pass->w[0], bias ? pass->w[1] : NULL, pass->out, pass->scratch,
                  pass->tally_out);
}

static void backward(const Pass *pass) {
    Conv *conv = (Conv *)pass->plan;
    bool bias = plumb_call_bool(pass->site->call, "bias");
    conv->back_weights(conv, pass->rows, pass->in[0], pass->d_out, pass->adds ? 1 : 0, pass->dw[0],
                       bias ? pass->dw[1] : NULL, pass->scratch, pass->tally_d_out);
    if (pass->d_in[0]) {
        conv->back_input(conv, pass->rows, pass->w[0], pass->d_out, pass->d_in[0], pass->scratch);
    }
}

static double flops(const LayerSite *site) {
    ConvShape conv;
    conv_of(site, &conv, NULL);
    return 2.0 * (double)plumb_shape_size(site->shape) * taps_of(&conv);
}

/* Padding is 0: at the edge an output sums fewer inputs, and an input is read by fewer outputs. */
static void moments(Moments *m) {
    ConvShape conv;
    conv_of(m->site, &conv, NULL);
    const Window *w = &conv.window;
    double reads = window_reads(w), outputs = (double)w->out[0] * w->out[1], inputs = (double)w->in[0] * w->in[1];
    moments_linear(m, &m->weight[0], m->weights > 1 ? &m->weight[1] : NULL, w->channels / conv.groups * reads / outputs,
                   conv.out / conv.groups * reads / inputs, w->channels);
    m->back[0].parted =
        1 - 1.0 / (w->stride[0] * w->stride[1]); /* places that are read by the same weights stay alike */
}

/* ---- for other programs ----------------------------------------------------------------------------------------- */

static void torch(Torch *t) {
    ConvShape conv;
    conv_of(t->site, &conv, NULL);
    const Window *w = &conv.window;
    fprintf(t->module, "nn.Conv%dd(%d, %d, ", w->last ? 1 : 2, w->channels, conv.out);
    window_torch(t, w, "");
    fprintf(t->module, ", groups=%d, bias=%s)", conv.groups, torch_bool(plumb_call_bool(t->site->call, "bias")));
}

static const char *onnx(Onnx *o) {
    ConvShape conv;
    conv_of(o->site, &conv, NULL);
    const char *y =
        onnx_op(o, "Conv", onnx_channels_first(o, o->in[0]), onnx_weight(o, "weight"), onnx_weight(o, "bias"));
    window_onnx(o, &conv.window);
    onnx_int(o, "group", conv.groups);
    return onnx_channels_last(o, y);
}

const Layer layer_conv = {
    .entry = {.name = "conv",
              .aliases = "conv1d conv2d",
              .kind = PLUMB_LAYER,
              .family = "convolution",
              .args = args,
              .summary = "every output is a weighted sum of a small window, the same weights everywhere",
              .formula = "y[o, p] = b[o] + sum_i,t W[o, i, t] x[i, stride p + dilation t - pad]",
              .source = "LeCun et al. 1989; Goodfellow, Bengio & Courville 2016, section 9.1",
              .example = "input(1, 28, 28) -> conv(16, 3) -> relu -> maxpool(2)"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = shape,
    .weights = weights,
    .prepare = prepare,
    .blocked = BLOCKS_EACH,
    .blocks = blocks,
    .forward = forward,
    .backward = backward,
    .moments = moments,
    .needs_input = true,
    .tallies_out = true,
    .tallies_d_out = true,
    .flops = flops,
    .torch = torch,
    .onnx = onnx,
};
