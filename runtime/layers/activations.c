/* Elementwise activations: y = phi(x), one row each. */
#include "../core/number.h"
#include "../export/onnx.h"
#include "../export/torch.h"
#include "common.h"

const Layer *layer_of(const PlumbCall *call) {
    return (const Layer *)call->entry;
}

bool same_shape(const LayerSite *site, PlumbShape *out, PlumbError *error) {
    (void)error;
    *out = site->input[0];
    return true;
}

static real parameter(const LayerSite *site) {
    return site->call->count ? (real)site->call->arg[0].number : 0;
}

/* out, in: (rows, ...) */
static void act_forward(const Pass *pass) {
    int n = (int)plumb_shape_size(pass->site->shape);
    real *z = (real *)pass->in[0]; /* not written: no bias */
    pass->k->bias_act(layer_of(pass->site->call)->act, parameter(pass->site), pass->rows, n, z, NULL, pass->out, NULL,
                      pass->tally_out);
}

static void act_backward(const Pass *pass) {
    int n = (int)plumb_shape_size(pass->site->shape);
    if (pass->d_in[0]) {
        pass->k->act_back(layer_of(pass->site->call)->act, parameter(pass->site), pass->rows, n, pass->in[0], pass->out,
                          pass->d_out, pass->d_in[0], NULL, pass->tally_d_out, NULL);
    } else if (pass->tally_d_out) {
        pass->k->tally(values(pass), pass->d_out, pass->tally_d_out);
    }
}

/* Not below 0: the slope is had from the output's sign. */
static void act_moments(Moments *m) {
    moments_activation(m, layer_of(m->site->call)->act, (double)parameter(m->site));
}

static const PlumbArg leaky_args[] = {
    {.name = "slope", .accepts = PLUMB_A_NUMBER, .fallback = "0.01", .min = 0, .max = 1e9, .help = "slope below zero"},
    {.name = NULL}};
static const PlumbArg elu_args[] = {{.name = "alpha",
                                     .accepts = PLUMB_A_NUMBER,
                                     .fallback = "1",
                                     .min = 0,
                                     .max = 1e9,
                                     .help = "the limit below zero is -alpha"},
                                    {.name = NULL}};

/* ---- for other programs ----------------------------------------------------------------------------------------- */

/* `format` holds x, and the argument where there is one. */
#define TORCH(identifier, format)                                                                                      \
    static void identifier##_torch(Torch *t) {                                                                         \
        char a[32] = "";                                                                                               \
        if (t->site->call->count) {                                                                                    \
            number_text(t->site->call->arg[0].number, a);                                                              \
        }                                                                                                              \
        fprintf(t->value, format, t->in[0], a);                                                                        \
    }
TORCH(sigmoid, "torch.sigmoid(%s)%s")
TORCH(tanh, "torch.tanh(%s)%s")
TORCH(relu, "F.relu(%s)%s")
TORCH(leaky_relu, "F.leaky_relu(%s, %s)")
TORCH(elu, "F.elu(%s, %s)")
TORCH(selu, "F.selu(%s)%s")
TORCH(gelu, "F.gelu(%s)%s")
TORCH(silu, "F.silu(%s)%s")
TORCH(mish, "F.mish(%s)%s")
TORCH(softplus, "F.softplus(%s)%s")
TORCH(softsign, "F.softsign(%s)%s")
TORCH(hard_sigmoid, "F.hardsigmoid(%s)%s")
TORCH(hard_tanh, "F.hardtanh(%s)%s")
TORCH(relu6, "F.relu6(%s)%s")
TORCH(identity, "%s%s")

#define ONNX(identifier, kind)                                                                                         \
    static const char *identifier##_onnx(Onnx *o) {                                                                    \
        return onnx_op(o, kind, o->in[0]);                                                                             \
    }
ONNX(sigmoid, "Sigmoid")
ONNX(tanh, "Tanh")
ONNX(relu, "Relu")
ONNX(selu, "Selu")
ONNX(softplus, "Softplus")
ONNX(softsign, "Softsign")

#define identity_onnx onnx_unchanged

static const char *leaky_relu_onnx(Onnx *o) {
    const char *y = onnx_op(o, "LeakyRelu", o->in[0]);
    onnx_float(o, "alpha", parameter(o->site));
    return y;
}

static const char *elu_onnx(Onnx *o) {
    const char *y = onnx_op(o, "Elu", o->in[0]);
    onnx_float(o, "alpha", parameter(o->site));
    return y;
}

static const char *hard_sigmoid_onnx(Onnx *o) {
    const char *y = onnx_op(o, "HardSigmoid", o->in[0]);
    onnx_float(o, "alpha", 1.0 / 6);
    onnx_float(o, "beta", 0.5);
    return y;
}

static const char *hard_tanh_onnx(Onnx *o) {
    return onnx_op(o, "Clip", o->in[0], onnx_number(o, -1), onnx_number(o, 1));
}

static const char *relu6_onnx(Onnx *o) {
    return onnx_op(o, "Clip", o->in[0], onnx_number(o, 0), onnx_number(o, 6));
}

/* Phi(x) = (1 + erf(x / sqrt(2))) / 2 */
static const char *gelu_onnx(Onnx *o) {
    const char *erf = onnx_op(o, "Erf", onnx_op(o, "Mul", o->in[0], onnx_number(o, 0.70710678118654752)));
    const char *half = onnx_op(o, "Mul", o->in[0], onnx_number(o, 0.5));
    return onnx_op(o, "Mul", half, onnx_op(o, "Add", erf, onnx_number(o, 1)));
}

static const char *silu_onnx(Onnx *o) {
    return onnx_op(o, "Mul", o->in[0], onnx_op(o, "Sigmoid", o->in[0]));
}

static const char *mish_onnx(Onnx *o) {
    return onnx_op(o, "Mul", o->in[0], onnx_op(o, "Tanh", onnx_op(o, "Softplus", o->in[0])));
}

/* ---- the layers ------------------------------------------------------------------------------------------------- */

#define ACTIVATION(identifier, title, other, table, which, text, expression, paper)                                    \
    const Layer layer_##identifier = {                                                                                 \
        .entry = {.name = title,                                                                                       \
                  .aliases = other,                                                                                    \
                  .kind = PLUMB_ACTIVATION,                                                                            \
                  .family = "activations",                                                                             \
                  .args = table,                                                                                       \
                  .summary = text,                                                                                     \
                  .formula = expression,                                                                               \
                  .source = paper,                                                                                     \
                  .example = "dense(64) -> " title},                                                                   \
        .inputs_min = 1,                                                                                               \
        .inputs_max = 1,                                                                                               \
        .shape = same_shape,                                                                                           \
        .blocked = BLOCKS_ALIKE,                                                                                       \
        .forward = act_forward,                                                                                        \
        .backward = act_backward,                                                                                      \
        .needs_input = which == ACT_GELU || which == ACT_SILU || which == ACT_MISH,                                    \
        .needs_output = true,                                                                                          \
        .tallies_out = true,                                                                                           \
        .tallies_d_out = true,                                                                                         \
        .torch = identifier##_torch,                                                                                   \
        .onnx = identifier##_onnx,                                                                                     \
        .act = which,                                                                                                  \
        .moments = act_moments,                                                                                        \
    };
ACTIVATION(sigmoid, "sigmoid", "logistic", NULL, ACT_SIGMOID, "squashes to (0, 1); its slope is at most 1/4",
           "y = 1 / (1 + exp(-x))", "Rumelhart, Hinton & Williams 1986")
ACTIVATION(tanh, "tanh", NULL, NULL, ACT_TANH, "squashes to (-1, 1); slope 1 at zero", "y = tanh(x)",
           "LeCun et al. 1998")
ACTIVATION(relu, "relu", NULL, NULL, ACT_RELU, "passes what is above zero", "y = max(x, 0)", "Nair & Hinton 2010")
ACTIVATION(leaky_relu, "leaky_relu", NULL, leaky_args, ACT_LEAKY_RELU, "relu with a small slope below zero",
           "y = x if x > 0 else slope x", "Maas, Hannun & Ng 2013")
ACTIVATION(elu, "elu", NULL, elu_args, ACT_ELU, "relu that saturates smoothly below zero",
           "y = x if x > 0 else alpha (exp(x) - 1)", "Clevert, Unterthiner & Hochreiter 2016")
ACTIVATION(selu, "selu", NULL, NULL, ACT_SELU, "elu scaled so that mean 0 and variance 1 are kept",
           "y = 1.0507 (x if x > 0 else 1.6733 (exp(x) - 1))", "Klambauer et al. 2017, eq. 2")
ACTIVATION(gelu, "gelu", NULL, NULL, ACT_GELU, "x weighted by the normal distribution", "y = x Phi(x)",
           "Hendrycks & Gimpel 2016")
ACTIVATION(silu, "silu", "swish", NULL, ACT_SILU, "x weighted by its sigmoid", "y = x sigmoid(x)",
           "Elfwing, Uchibe & Doya 2018; Ramachandran et al. 2017")
ACTIVATION(mish, "mish", NULL, NULL, ACT_MISH, "smooth, not monotone", "y = x tanh(ln(1 + exp(x)))", "Misra 2019")
ACTIVATION(softplus, "softplus", NULL, NULL, ACT_SOFTPLUS, "smooth relu", "y = ln(1 + exp(x))", "Dugas et al. 2001")
ACTIVATION(softsign, "softsign", NULL, NULL, ACT_SOFTSIGN, "squashes to (-1, 1) with slow tails", "y = x / (1 + |x|)",
           "Glorot & Bengio 2010")
ACTIVATION(hard_sigmoid, "hard_sigmoid", NULL, NULL, ACT_HARD_SIGMOID, "sigmoid in three straight pieces",
           "y = min(max(x + 3, 0), 6) / 6", "Howard et al. 2019")
ACTIVATION(hard_tanh, "hard_tanh", NULL, NULL, ACT_HARD_TANH, "tanh in three straight pieces", "y = min(max(x, -1), 1)",
           "Collobert 2004")
ACTIVATION(relu6, "relu6", NULL, NULL, ACT_RELU6, "relu cut off at 6", "y = min(max(x, 0), 6)", "Krizhevsky 2010")
ACTIVATION(identity, "identity", NULL, NULL, ACT_IDENTITY, "passes everything; what none stands for", "y = x",
           "Goodfellow, Bengio & Courville 2016, section 6.2.2")
