/* Every layer and activation of the registry with every argument that changes its mathematics. The tests walk the
 * registry and fail for a layer without a row here. */
#ifndef TEST_LAYER_CASES_H
#define TEST_LAYER_CASES_H

enum { ON_ROWS = 1, ON_TIME = 2, ON_IMAGES = 4, ANYWHERE = ON_ROWS | ON_TIME | ON_IMAGES };

typedef struct LayerCase {
    const char *stage; /* as in nets.h; `a` and `b` are earlier stages of the same shape */
    int where;         /* shapes of input that it takes */
    bool kinks;        /* its slope jumps somewhere, or turns within a step: a norm of few values */
} LayerCase;

static const LayerCase layer_cases[] = {
    {"input(7)", 0, false},
    {"dense(6)", ON_ROWS | ON_TIME, false},
    {"dense(6, bias=false)", ON_ROWS | ON_TIME, false},
    {"sigmoid", ANYWHERE, false},
    {"tanh", ANYWHERE, false},
    {"relu", ANYWHERE, true},
    {"leaky_relu", ANYWHERE, true},
    {"leaky_relu(slope=0.3)", ANYWHERE, true},
    {"prelu", ANYWHERE, true},
    {"prelu(init=-0.5)", ANYWHERE, true},
    {"elu", ANYWHERE, false},
    {"elu(alpha=0.4)", ANYWHERE, true},
    {"selu", ANYWHERE, true},
    {"gelu", ANYWHERE, false},
    {"silu", ANYWHERE, false},
    {"mish", ANYWHERE, false},
    {"softplus", ANYWHERE, false},
    {"softsign", ANYWHERE, false},
    {"hard_sigmoid", ANYWHERE, true},
    {"hard_tanh", ANYWHERE, true},
    {"relu6", ANYWHERE, true},
    {"identity", ANYWHERE, false},
    {"softmax", ANYWHERE, false},
    {"log_softmax", ANYWHERE, false},
    {"batchnorm", ANYWHERE, false},
    {"batchnorm(momentum=0.5, eps=0.3)", ANYWHERE, false},
    {"layernorm", ANYWHERE, false},
    {"layernorm(eps=0.3)", ANYWHERE, false},
    {"rmsnorm", ANYWHERE, false},
    {"rmsnorm(eps=0.3)", ANYWHERE, false},
    {"groupnorm(1)", ANYWHERE, false},
    {"groupnorm(2, eps=0.3)", ON_ROWS | ON_IMAGES, false},
    {"instancenorm", ON_TIME | ON_IMAGES, false},
    {"instancenorm(eps=0.3, affine=true)", ON_TIME | ON_IMAGES, false},
    {"conv(4, 2)", ON_TIME | ON_IMAGES, false},
    {"conv(4, 3, stride=2, pad=2, dilation=2, bias=false)", ON_TIME | ON_IMAGES, false},
    {"conv(4, [3, 1], pad=valid, groups=2)", ON_IMAGES, false},
    {"maxpool(2)", ON_TIME | ON_IMAGES, true},
    {"maxpool(2, stride=1, pad=1)", ON_TIME | ON_IMAGES, true},
    {"avgpool(2)", ON_TIME | ON_IMAGES, false},
    {"avgpool(2, stride=1, pad=same)", ON_TIME | ON_IMAGES, false},
    {"globalavgpool", ON_TIME | ON_IMAGES, false},
    {"upsample(2)", ON_TIME | ON_IMAGES, false},
    {"reshape(-1)", ANYWHERE, false},
    {"rnn(6)", ON_TIME, false},
    {"rnn(4, act=relu, return=last)", ON_TIME, true},
    {"rnn(6, layers=2, norm=layernorm, dropout=0.3, reverse=true)", ON_TIME, false},
    {"lstm(6)", ON_TIME, false},
    {"lstm(4, forget_bias=2, return=last)", ON_TIME, false},
    {"lstm(6, layers=2, norm=layernorm, dropout=0.3, reverse=true)", ON_TIME, false},
    {"gru(6)", ON_TIME, false},
    {"gru(4, update_bias=-1, return=last)", ON_TIME, false},
    {"gru(6, layers=2, norm=layernorm, dropout=0.3, reverse=true)", ON_TIME, false},
    {"last", ON_TIME, false},
    {"mean_over_time", ON_TIME, false},
    {"dropout", ANYWHERE, false},
    {"dropout(0.2)", ANYWHERE, false},
    {"dropout(0)", ANYWHERE, false},
    {"stochastic_depth(0.3)", ANYWHERE, false},
    {"flatten", ANYWHERE, false},
    {"reshape(2, 3)", ON_ROWS, false},
    {"add & a", ANYWHERE, false},
    {"add & a & b & a", ANYWHERE, false},
    {"concat & a", ANYWHERE, false},
    {"concat & b & a & b", ANYWHERE, false},
    {"multiply & a", ANYWHERE, false},
    {"multiply & b & a", ANYWHERE, false},
    {"scale", ANYWHERE, false},
    {"scale(0.3)", ANYWHERE, false},
    {"scale(-1.5, learned=false)", ANYWHERE, false},
};
enum { LAYER_CASES = sizeof layer_cases / sizeof *layer_cases };
#endif
