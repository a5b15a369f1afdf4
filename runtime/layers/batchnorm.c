/* Batch normalisation over features, or over the channels of an image. Statistics are those of the whole batch: each
 * shard leaves its count, mean and sum of squared deviations, all meet, and combine them in the order of the shards. */
#include "../core/number.h"
#include "../export/onnx.h"
#include "../export/torch.h"
#include "common.h"
#include <math.h>

static const PlumbArg args[] = {{.name = "momentum",
                                 .accepts = PLUMB_A_NUMBER,
                                 .fallback = "0.1",
                                 .min = 0,
                                 .max = 1,
                                 .help = "weight of the new batch in the running statistics"},
                                {.name = "eps",
                                 .accepts = PLUMB_A_NUMBER,
                                 .fallback = "1e-5",
                                 .min = 1e-12,
                                 .max = 1,
                                 .help = "added to the variance"},
                                {.name = NULL}};

enum { WEIGHT, BIAS, RUNNING_MEAN, RUNNING_VAR };

static Grid grid_of(const Pass *pass) {
    PlumbShape shape = pass->site->shape;
    int channels = channels_of(shape), inner = shape.rank == 3 ? shape.dim[1] * shape.dim[2] : 1;
    return (Grid){values(pass) / ((int64_t)channels * inner), channels, inner, pass->blocked};
}

static int weights(const LayerSite *site, WeightSpec spec[LAYER_WEIGHTS_MAX]) {
    static const char *const name[] = {"weight", "bias", "running_mean", "running_var"};
    int channels = channels_of(site->input[0]);
    for (int i = 0; i < 4; i++) {
        spec[i] = (WeightSpec){.name = name[i],
                               .shape = {1, {channels}},
                               .fan_in = channels,
                               .fan_out = channels,
                               .fill = i == WEIGHT || i == RUNNING_VAR,
                               .learned = i <= BIAS};
    }
    return 4;
}

/* ---- what shards tell each other, and what forward leaves for backward ------------------------------------------- */

/* joint: double count, then `channels` of each of two sums. */
static size_t joint_bytes(const LayerSite *site) {
    return (1 + 2 * (size_t)channels_of(site->shape)) * sizeof(double);
}
static double *joint_sum(void *joint, int which, int channels) {
    return (double *)joint + 1 + (size_t)which * (size_t)channels;
}
/* save: real mean[channels], inverse standard deviation[channels] */
static size_t save_bytes(const LayerSite *site, int rows) {
    (void)rows;
    return 2 * (size_t)channels_of(site->shape) * sizeof(real);
}
/* scratch: three numbers a channel, the factors of one pass over the array; two in double, of the whole batch */
static size_t scratch_bytes(const LayerSite *site, int rows) {
    (void)rows;
    return (size_t)channels_of(site->shape) * (3 * sizeof(real) + 2 * sizeof(double));
}

/* ---- forward ---------------------------------------------------------------------------------------------------- */

static void tell_statistics(const Pass *pass) {
    Grid g = grid_of(pass);
    void *mine = pass->joint[pass->shard];
    *(double *)mine = (double)(g.rows * g.inner);
    pass->k->moments(g, pass->in[0], joint_sum(mine, 0, g.channels), joint_sum(mine, 1, g.channels));
}

/* As PyTorch: the biased variance normalises, the unbiased one runs. */
static void run_statistics(const Pass *pass, int channels, double count, const double *mean, const double *deviations) {
    real momentum = (real)plumb_call_number(pass->site->call, "momentum");
    for (int c = 0; c < channels; c++) {
        double unbiased = count > 1 ? deviations[c] / (count - 1) : 0;
        pass->w[RUNNING_MEAN][c] += momentum * ((real)mean[c] - pass->w[RUNNING_MEAN][c]);
        pass->w[RUNNING_VAR][c] += momentum * ((real)unbiased - pass->w[RUNNING_VAR][c]);
    }
}

/* Those of the whole batch. While training nobody but the first shard touches what runs: it is writing. */
static void batch_statistics(const Pass *pass, int channels, double eps, real *mean, real *inverse) {
    double *means = pass->scratch, *deviations = means + channels;
    double count = pass->k->moments_join(pass->shards, channels, (const double *const *)pass->joint, means, deviations);
    if (pass->shard == 0 && !pass->still) {
        run_statistics(pass, channels, count, means, deviations);
    }
    for (int c = 0; c < channels; c++) {
        mean[c] = (real)means[c];
        inverse[c] = (real)(1 / sqrt(deviations[c] / count + eps));
    }
}

/* y = weight inverse x + (bias - weight inverse mean) */
static void normalise(const Pass *pass, Grid g) {
    const real *mean = pass->save, *inverse = mean + g.channels;
    real *factor = (real *)((double *)pass->scratch + 2 * g.channels), *offset = factor + g.channels;
    for (int c = 0; c < g.channels; c++) {
        factor[c] = pass->w[WEIGHT][c] * inverse[c];
        offset[c] = pass->w[BIAS][c] - mean[c] * factor[c];
    }
    pass->k->affine(g, pass->in[0], factor, offset, pass->out, pass->tally_out);
}

static void kept_statistics(const Pass *pass, int channels, double eps, real *mean, real *inverse) {
    for (int c = 0; c < channels; c++) {
        mean[c] = pass->w[RUNNING_MEAN][c];
        inverse[c] = (real)(1 / sqrt((double)pass->w[RUNNING_VAR][c] + eps));
    }
}

static void forward(const Pass *pass) {
    Grid g = grid_of(pass);
    if (pass->training && pass->phase == 0) {
        tell_statistics(pass);
        return;
    }
    if (pass->phase == 0) {
        return;
    }
    double eps = plumb_call_number(pass->site->call, "eps");
    real *mean = pass->save, *inverse = mean + g.channels;
    (pass->training ? batch_statistics : kept_statistics)(pass, g.channels, eps, mean, inverse);
    normalise(pass, g);
}

/* ---- backward: Ioffe & Szegedy 2015, the chain rule of algorithm 1 ----------------------------------------------- */

/* This shard's sums of dy and of dy xhat: its gradients of bias and weight. */
static void tell_gradients(const Pass *pass, Grid g) {
    const real *mean = pass->save, *inverse = mean + g.channels;
    void *mine = pass->joint[pass->shard];
    double *sum = joint_sum(mine, 0, g.channels), *product = joint_sum(mine, 1, g.channels);
    *(double *)mine = (double)(g.rows * g.inner);
    pass->k->moments_back(g, pass->in[0], mean, inverse, pass->d_out, sum, product, pass->tally_d_out);
    for (int c = 0; c < g.channels; c++) {
        pass->dw[WEIGHT][c] = (pass->adds ? pass->dw[WEIGHT][c] : 0) + (real)product[c];
        pass->dw[BIAS][c] = (pass->adds ? pass->dw[BIAS][c] : 0) + (real)sum[c];
    }
}

/* Means over the batch of dy and dy xhat; both 0 where the statistics are fixed. */
static void gradient_means(const Pass *pass, int channels, double *mean, double *product) {
    double count = 0;
    memset(mean, 0, 2 * (size_t)channels * sizeof *mean); /* product lies behind */
    for (int s = 0; pass->training && s < pass->shards; s++) {
        const double *sums = joint_sum(pass->joint[s], 0, channels);
        count += *(double *)pass->joint[s];
        for (int c = 0; c < 2 * channels; c++) {
            mean[c] += sums[c];
        }
    }
    for (int c = 0; count > 0 && c < channels; c++) {
        mean[c] /= count;
        product[c] /= count;
    }
}

/* dx = weight inverse (dy - mean(dy) - xhat mean(dy xhat)), as a dy + b x + c */
static void input_gradient(const Pass *pass, Grid g) {
    const real *mean = pass->save, *inverse = mean + g.channels;
    double *means = pass->scratch, *products = means + g.channels;
    real *a = (real *)(products + g.channels), *b = a + g.channels, *offset = b + g.channels;
    gradient_means(pass, g.channels, means, products);
    for (int c = 0; c < g.channels; c++) {
        a[c] = pass->w[WEIGHT][c] * inverse[c];
        b[c] = -a[c] * inverse[c] * (real)products[c];
        offset[c] = -a[c] * (real)means[c] - b[c] * mean[c];
    }
    pass->k->affine_back(g, pass->in[0], pass->d_out, a, b, offset, pass->d_in[0]);
}

static void backward(const Pass *pass) {
    Grid g = grid_of(pass);
    if (pass->phase == 0) {
        tell_gradients(pass, g);
    } else if (pass->d_in[0]) {
        input_gradient(pass, g);
    }
}

/* ---- for other programs ----------------------------------------------------------------------------------------- */

static void torch(Torch *t) {
    static const int none[2] = {0, 0};
    char eps[32], momentum[32];
    number_text(plumb_call_number(t->site->call, "eps"), eps);
    number_text(plumb_call_number(t->site->call, "momentum"), momentum);
    fprintf(t->module, "nn.BatchNorm%dd(%d, eps=%s, momentum=%s)", t->site->shape.rank == 3 ? 2 : 1,
            channels_of(t->site->shape), eps, momentum);
    torch_channels_first(t, none, none, "");
}

/* With the statistics that ran along. */
static const char *onnx(Onnx *o) {
    const char *y = onnx_op(o, "BatchNormalization", onnx_channels_first(o, o->in[0]), onnx_weight(o, "weight"),
                            onnx_weight(o, "bias"), onnx_weight(o, "running_mean"), onnx_weight(o, "running_var"));
    onnx_float(o, "epsilon", plumb_call_number(o->site->call, "eps"));
    return onnx_channels_last(o, y);
}

/* Rows times places: what one channel's statistics are taken over. */
static void moments(Moments *m) {
    PlumbShape shape = m->site->shape;
    double places = (double)plumb_shape_size(shape) / channels_of(shape);
    moments_batch_norm(m, m->batch * places, places, plumb_call_number(m->site->call, "eps"));
}

const Layer layer_batchnorm = {
    .entry = {.name = "batchnorm",
              .aliases = "batch_norm",
              .kind = PLUMB_LAYER,
              .family = "norms",
              .args = args,
              .summary = "each feature (or channel) to mean 0 and variance 1 over the batch, then scaled and shifted",
              .formula = "y = weight (x - mean) / sqrt(var + eps) + bias",
              .source = "Ioffe & Szegedy 2015, algorithm 1",
              .example = "dense(64) -> batchnorm -> relu"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = same_shape,
    .weights = weights,
    .forward_phases = 2,
    .backward_phases = 2,
    .save_bytes = save_bytes,
    .scratch_bytes = scratch_bytes,
    .joint_bytes = joint_bytes,
    .blocked = BLOCKS_ALIKE,
    .forward = forward,
    .backward = backward,
    .moments = moments,
    .needs_input = true,
    .tallies_out = true,
    .tallies_d_out = true,
    .torch = torch,
    .onnx = onnx,
};
