/* Group and instance normalisation: the channels of one row, in groups, by their own statistics over all places. */
#include "../core/number.h"
#include "../export/onnx.h"
#include "../export/torch.h"
#include "common.h"
#include <math.h>

#define EPS                                                                                                            \
    {                                                                                                                  \
        .name = "eps", .accepts = PLUMB_A_NUMBER, .fallback = "1e-5", .min = 1e-12, .max = 1,                          \
        .help = "added to the variance"                                                                                \
    }

static const PlumbArg group_args[] = {{.name = "groups",
                                       .accepts = PLUMB_A_INT,
                                       .min = 1,
                                       .max = 1e9,
                                       .help = "parts of the channels, each normalised by itself"},
                                      EPS,
                                      {.name = NULL}};
static const PlumbArg instance_args[] = {EPS,
                                         {.name = "affine",
                                          .accepts = PLUMB_A_BOOL,
                                          .fallback = "false",
                                          .help = "each channel is scaled and shifted after it"},
                                         {.name = NULL}};

enum { WEIGHT, BIAS };

/* One row as a grid: places of a sequence are its rows, those of an image lie inside a channel. */
static Grid row_grid(const Pass *pass) {
    PlumbShape shape = pass->site->shape;
    int channels = channels_of(shape), places = (int)(plumb_shape_size(shape) / channels);
    return shape.rank == 3 ? (Grid){1, channels, places, pass->blocked} : (Grid){places, channels, 1, false};
}

static int groups_of(const LayerSite *site) {
    const PlumbValue *groups = plumb_call_value(site->call, "groups");
    return groups ? (int)groups->number : channels_of(site->input[0]);
}

static bool is_affine(const LayerSite *site) {
    const PlumbValue *affine = plumb_call_value(site->call, "affine");
    return !affine || affine->boolean;
}

static bool group_shape(const LayerSite *site, PlumbShape *out, PlumbError *error) {
    int channels = channels_of(site->input[0]), groups = groups_of(site);
    *out = site->input[0];
    if (channels % groups) {
        plumb_fail(error, PLUMB_SHAPE_ERROR, "the groups of groupnorm do not divide the channels");
        error_found(error, "%d groups of %d channels", groups, channels);
        return error_expected(error, "a divisor of %d", channels);
    }
    return true;
}

static bool instance_shape(const LayerSite *site, PlumbShape *out, PlumbError *error) {
    *out = site->input[0];
    if (plumb_shape_size(*out) > channels_of(*out)) {
        return true;
    }
    char text[64];
    plumb_fail(error, PLUMB_SHAPE_ERROR, "instancenorm needs more than one place a channel");
    error_found(error, "%s", plumb_shape_text(*out, text));
    error_expected(error, "channels x height x width, or time x features");
    return error_hint(error, "layernorm");
}

static int weights(const LayerSite *site, WeightSpec spec[LAYER_WEIGHTS_MAX]) {
    static const char *const name[] = {"weight", "bias"};
    int channels = channels_of(site->input[0]);
    for (int i = 0; i < 2; i++) {
        spec[i] = (WeightSpec){.name = name[i],
                               .shape = {1, {channels}},
                               .fan_in = channels,
                               .fan_out = channels,
                               .fill = i == WEIGHT,
                               .learned = true};
    }
    return is_affine(site) ? 2 : 0;
}

/* save: for each row and group its mean and 1 / sqrt(variance + eps) */
static size_t save_bytes(const LayerSite *site, int rows) {
    return (size_t)rows * 2 * (size_t)groups_of(site) * sizeof(real);
}

typedef struct Scratch { /* of `channels` each: two sums, and the factors of one pass over the row */
    double *first, *second;
    real *a, *b, *c, *mean, *inverse;
    const real *weight, *bias; /* NULL: there are none */
} Scratch;

static size_t scratch_bytes(const LayerSite *site, int rows) {
    (void)rows;
    return (size_t)channels_of(site->shape) * (2 * sizeof(double) + 5 * sizeof(real));
}

static Scratch scratch_of(const Pass *pass, int channels) {
    double *sums = pass->scratch;
    real *a = (real *)(sums + 2 * (size_t)channels);
    bool affine = is_affine(pass->site);
    return (Scratch){sums,
                     sums + channels,
                     a,
                     a + channels,
                     a + 2 * channels,
                     a + 3 * channels,
                     a + 4 * channels,
                     affine ? pass->w[WEIGHT] : NULL,
                     affine ? pass->w[BIAS] : NULL};
}

static real weight_of(const Scratch *s, int channel) {
    return s->weight ? s->weight[channel] : 1;
}

static real bias_of(const Scratch *s, int channel) {
    return s->bias ? s->bias[channel] : 0;
}

/* ---- forward ---------------------------------------------------------------------------------------------------- */

/* Mean and inverse deviation of `size` channels from their own means and deviations over `places` each. */
static void combine(const double *mean, const double *deviations, int size, double places, double eps, real save[2]) {
    double all = 0, sum = 0;
    for (int c = 0; c < size; c++) {
        all += mean[c] / size;
    }
    for (int c = 0; c < size; c++) {
        sum += deviations[c] + places * (mean[c] - all) * (mean[c] - all);
    }
    save[0] = (real)all;
    save[1] = (real)(1 / sqrt(sum / (places * size) + eps));
}

/* y = weight inverse x + (bias - weight inverse mean) */
static void forward(const Pass *pass) {
    Grid g = row_grid(pass);
    Scratch s = scratch_of(pass, g.channels);
    int groups = groups_of(pass->site), size = g.channels / groups;
    double eps = plumb_call_number(pass->site->call, "eps"), places = (double)(g.rows * g.inner);
    int64_t row = plumb_shape_size(pass->site->shape);
    for (int r = 0; r < pass->rows; r++) {
        real *save = (real *)pass->save + (size_t)r * 2 * (size_t)groups;
        pass->k->moments(g, pass->in[0] + r * row, s.first, s.second);
        for (int i = 0; i < groups; i++) {
            combine(s.first + i * size, s.second + i * size, size, places, eps, save + 2 * i);
        }
        for (int c = 0; c < g.channels; c++) {
            const real *of = save + 2 * (c / size);
            s.a[c] = weight_of(&s, c) * of[1];
            s.b[c] = bias_of(&s, c) - of[0] * s.a[c];
        }
        pass->k->affine(g, pass->in[0] + r * row, s.a, s.b, pass->out + r * row, pass->tally_out);
    }
}

/* ---- backward ---------------------------------------------------------------------------------------------------- */

static void add_weights(const Pass *pass, const Scratch *s, int channels) {
    for (int c = 0; s->weight && c < channels; c++) {
        pass->dw[WEIGHT][c] += (real)s->second[c];
        pass->dw[BIAS][c] += (real)s->first[c];
    }
}

/* dx = inverse (g - mean(g) - xhat mean(g xhat)) with g = weight dy, means over the group: a dy + b x + c */
static void factors(const Scratch *s, int begin, int size, double places, const real save[2]) {
    double sum = 0, product = 0, count = places * size;
    for (int c = begin; c < begin + size; c++) {
        sum += (double)weight_of(s, c) * s->first[c];
        product += (double)weight_of(s, c) * s->second[c];
    }
    real mean = save[0], inverse = save[1], b = -inverse * inverse * (real)(product / count);
    for (int c = begin; c < begin + size; c++) {
        s->a[c] = weight_of(s, c) * inverse;
        s->b[c] = b;
        s->c[c] = -inverse * (real)(sum / count) - b * mean;
    }
}

static void backward(const Pass *pass) {
    Grid g = row_grid(pass);
    Scratch s = scratch_of(pass, g.channels);
    int groups = groups_of(pass->site), size = g.channels / groups;
    int64_t row = plumb_shape_size(pass->site->shape);
    for (int i = 0; s.weight && !pass->adds && i <= BIAS; i++) {
        memset(pass->dw[i], 0, (size_t)g.channels * sizeof(real));
    }
    for (int r = 0; r < pass->rows; r++) {
        const real *save = (const real *)pass->save + (size_t)r * 2 * (size_t)groups;
        for (int c = 0; c < g.channels; c++) {
            s.mean[c] = save[2 * (c / size)];
            s.inverse[c] = save[2 * (c / size) + 1];
        }
        pass->k->moments_back(g, pass->in[0] + r * row, s.mean, s.inverse, pass->d_out + r * row, s.first, s.second,
                              pass->tally_d_out);
        add_weights(pass, &s, g.channels);
        for (int i = 0; i < groups; i++) {
            factors(&s, i * size, size, (double)(g.rows * g.inner), save + 2 * i);
        }
        if (pass->d_in[0]) {
            pass->k->affine_back(g, pass->in[0] + r * row, pass->d_out + r * row, s.a, s.b, s.c,
                                 pass->d_in[0] + r * row);
        }
    }
}

static void moments(Moments *m) {
    int channels = channels_of(m->site->shape);
    moments_row_norm(m, channels / groups_of(m->site), (double)plumb_shape_size(m->site->shape) / channels,
                     plumb_call_number(m->site->call, "eps"), true);
    m->caution = "the values of a group are taken as independent";
}

/* ---- for other programs ----------------------------------------------------------------------------------------- */

static void group_torch(Torch *t) {
    static const int none[2] = {0, 0};
    char eps[32];
    number_text(plumb_call_number(t->site->call, "eps"), eps);
    fprintf(t->module, "nn.GroupNorm(%d, %d, eps=%s)", groups_of(t->site), channels_of(t->site->shape), eps);
    torch_channels_first(t, none, none, "");
}

static void instance_torch(Torch *t) {
    static const int none[2] = {0, 0};
    char eps[32];
    number_text(plumb_call_number(t->site->call, "eps"), eps);
    fprintf(t->module, "nn.InstanceNorm%dd(%d, eps=%s, affine=%s)", t->site->shape.rank == 3 ? 2 : 1,
            channels_of(t->site->shape), eps, torch_bool(is_affine(t->site)));
    torch_channels_first(t, none, none, "");
}

/* One number a channel, along the axis that comes second. */
static const char *along_channels(Onnx *o, const char *weight) {
    PlumbShape shape = o->site->shape;
    int64_t size[] = {channels_of(shape), 1, 1};
    return onnx_op(o, "Reshape", weight, onnx_list(o, shape.rank, size));
}

/* A group becomes one channel of an instance norm, [N, groups, values]. */
static const char *onnx(Onnx *o) {
    PlumbShape in = o->site->input[0];
    int groups = groups_of(o->site), channels = channels_of(in), size = (int)(plumb_shape_size(in) / groups);
    PlumbShape first = in.rank == 2 ? (PlumbShape){2, {channels, in.dim[0]}} : in;
    const char *x = onnx_shaped(o, onnx_channels_first(o, o->in[0]), (PlumbShape){2, {groups, size}});
    const char *y = onnx_op(o, "InstanceNormalization", x, onnx_filled(o, groups, 1), onnx_filled(o, groups, 0));
    onnx_float(o, "epsilon", plumb_call_number(o->site->call, "eps"));
    y = onnx_shaped(o, y, first);
    if (is_affine(o->site)) {
        y = onnx_op(o, "Mul", y, along_channels(o, onnx_weight(o, "weight")));
        y = onnx_op(o, "Add", y, along_channels(o, onnx_weight(o, "bias")));
    }
    return onnx_channels_last(o, y);
}

const Layer layer_groupnorm = {
    .entry = {.name = "groupnorm",
              .aliases = "group_norm",
              .kind = PLUMB_LAYER,
              .family = "norms",
              .args = group_args,
              .summary =
                  "each group of channels of a row to mean 0 and variance 1 over its places, then scaled and shifted",
              .formula = "y = weight (x - mean) / sqrt(var + eps) + bias",
              .source = "Wu & He 2018, eqs. 1, 2, 7",
              .example = "conv(16, 3) -> groupnorm(4) -> relu"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = group_shape,
    .weights = weights,
    .save_bytes = save_bytes,
    .scratch_bytes = scratch_bytes,
    .blocked = BLOCKS_ALIKE,
    .forward = forward,
    .backward = backward,
    .moments = moments,
    .needs_input = true,
    .tallies_out = true,
    .tallies_d_out = true,
    .torch = group_torch,
    .onnx = onnx,
};

const Layer layer_instancenorm = {
    .entry = {.name = "instancenorm",
              .aliases = "instance_norm",
              .kind = PLUMB_LAYER,
              .family = "norms",
              .args = instance_args,
              .summary = "each channel of a row to mean 0 and variance 1 over its places",
              .formula = "y = (x - mean) / sqrt(var + eps)",
              .source = "Ulyanov, Vedaldi & Lempitsky 2016, eq. 2",
              .example = "conv(16, 3) -> instancenorm -> relu"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = instance_shape,
    .weights = weights,
    .save_bytes = save_bytes,
    .scratch_bytes = scratch_bytes,
    .blocked = BLOCKS_ALIKE,
    .forward = forward,
    .backward = backward,
    .moments = moments,
    .needs_input = true,
    .tallies_out = true,
    .tallies_d_out = true,
    .torch = instance_torch,
    .onnx = onnx,
};
