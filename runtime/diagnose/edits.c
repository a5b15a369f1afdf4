/* The edits that forecast, diagnose and fix know of. */
#include "../plumb.h"

static const PlumbEdit edits[PLUMB_EDITS] = {
    [PLUMB_EDIT_OUTPUT] = {.text = "the last layer left out", .output = true},
    [PLUMB_EDIT_INPUTS] = {.text = "batchnorm behind the input", .inputs = true},
    [PLUMB_EDIT_BIAS] = {.text = "bias_init=zeros", .bias = "zeros"},
    [PLUMB_EDIT_INIT_HE] = {.text = "init=he", .init = "he"},
    [PLUMB_EDIT_INIT_XAVIER] = {.text = "init=xavier", .init = "xavier"},
    [PLUMB_EDIT_INIT_ORTHOGONAL] = {.text = "init=orthogonal", .init = "orthogonal"},
    [PLUMB_EDIT_INIT_AUTO] = {.text = "init=auto", .init = "auto"},
    [PLUMB_EDIT_RELU] = {.text = "act=relu, init=he", .act = "relu", .init = "he"},
    [PLUMB_EDIT_LEAKY] = {.text = "act=leaky_relu, init=he", .act = "leaky_relu", .init = "he"},
    [PLUMB_EDIT_TANH] = {.text = "act=tanh, init=xavier", .act = "tanh", .init = "xavier"},
    [PLUMB_EDIT_SELU] = {.text = "act=selu, init=lecun", .act = "selu", .init = "lecun"},
    [PLUMB_EDIT_PRELU] = {.text = "act=prelu, init=he", .act = "prelu", .init = "he"},
    [PLUMB_EDIT_BATCHNORM] = {.text = "norm=batchnorm", .norm = "batchnorm"},
    [PLUMB_EDIT_LAYERNORM] = {.text = "norm=layernorm", .norm = "layernorm"},
    [PLUMB_EDIT_LINK] = {.text = "residual(scale=1 / sqrt(n))", .link = true},
    [PLUMB_EDIT_LINK_PROJECT] = {.text = "residual(scale=1 / sqrt(n), project=true)", .link = true, .project = true},
    [PLUMB_EDIT_LINK_ZERO] = {.text = "residual(scale=learned(0))", .link = true, .scale = "learned(0)"},
    [PLUMB_EDIT_ZERO_PROJECT] = {.text = "residual(scale=learned(0), project=true)",
                                 .link = true,
                                 .scale = "learned(0)",
                                 .project = true},
    [PLUMB_EDIT_CARRY] = {.text = "highway(bias=-3)", .carry = true},
    [PLUMB_EDIT_DROPOUT] = {.text = "dropout(0.1)", .dropout = 0.1},
    [PLUMB_EDIT_FORGET] = {.text = "lstm(forget_bias=3)", .open = "lstm"},
    [PLUMB_EDIT_UPDATE] = {.text = "gru(update_bias=3)", .open = "gru"},
    [PLUMB_EDIT_LSTM] = {.text = "cell -> lstm(forget_bias=3)", .cell = "lstm"},
    [PLUMB_EDIT_GRU] = {.text = "cell -> gru(update_bias=3)", .cell = "gru"},
    [PLUMB_EDIT_RECTIFIED] = {.text = "cell -> rnn(act=relu)", .cell = "rnn"},
    [PLUMB_EDIT_SINGLE] = {.text = "layers=1", .single = true},
    [PLUMB_EDIT_CLIP] = {.text = "clip = by_norm(1)", .setting = "clip = by_norm(1)"},
    [PLUMB_EDIT_NO_CLIP] = {.text = "clip = none", .setting = "clip = none"},
    [PLUMB_EDIT_WARMUP] = {.text = "schedule = cosine(warmup=100)", .setting = "schedule = cosine(warmup=100)"},
    [PLUMB_EDIT_NO_SCHEDULE] = {.text = "schedule = none", .setting = "schedule = none"},
    [PLUMB_EDIT_ADAM] = {.text = "optimizer = adam(lr=0.003)", .setting = "optimizer = adam(lr=0.003)"},
    [PLUMB_EDIT_ADAM_TIME] = {.text = "optimizer = adam(lr=0.01)", .setting = "optimizer = adam(lr=0.01)"},
};

const PlumbEdit *plumb_edit(PlumbEditName name) {
    return &edits[name];
}
