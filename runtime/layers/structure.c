/* Layers that hold the net together: input, flatten, reshape, add, concat, multiply, scale. */
#include "../export/onnx.h"
#include "../export/torch.h"
#include "common.h"

/* ---- input ------------------------------------------------------------------------------------------------ */

static const PlumbArg input_args[] = {{.name = "shape",
                                       .accepts = PLUMB_A_INT | PLUMB_A_REF | PLUMB_A_REST,
                                       .min = 1,
                                       .max = 1e9,
                                       .help = "features; time, features; channels, height, width; or a data set"},
                                      {.name = NULL}};

static bool input_shape(const LayerSite *site, PlumbShape *out, PlumbError *error) {
    const PlumbValue *list = &site->call->arg[0];
    if (list->count == 1 && list->item[0].type == PLUMB_V_REF) {
        *out = ((const PlumbData *)list->item[0].ref)->x_shape;
        return true;
    }
    if (list->count < 1 || list->count > PLUMB_RANK_MAX) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "input takes 1 to %d sizes", PLUMB_RANK_MAX);
        return error_found(error, "%d", list->count);
    }
    out->rank = list->count;
    for (int i = 0; i < list->count; i++) {
        if (list->item[i].type != PLUMB_V_NUMBER) {
            return plumb_fail(error, PLUMB_ARGUMENT_ERROR, "input takes sizes or one data set");
        }
        out->dim[i] = (int)list->item[i].number;
    }
    return true;
}

static void nothing(const Pass *pass) {
    (void)pass;
}

/* What has another shape is the same array, unless the input lies in blocks of channels: (blocks, places, 16) becomes
 * (blocks, 16, places). */
static void reshape_forward(const Pass *pass) {
    int places = pass->site->input[0].dim[1] * pass->site->input[0].dim[2], size = CHANNEL_BLOCK * places;
    for (int64_t at = 0; at < values(pass); at += size) {
        pass->k->transpose(places, CHANNEL_BLOCK, pass->in[0] + at, pass->out + at, places);
    }
}

static void reshape_backward(const Pass *pass) {
    int places = pass->site->input[0].dim[1] * pass->site->input[0].dim[2], size = CHANNEL_BLOCK * places;
    for (int64_t at = 0; pass->d_in[0] && at < values(pass); at += size) {
        pass->k->transpose(CHANNEL_BLOCK, places, pass->d_out + at, pass->d_in[0] + at, CHANNEL_BLOCK);
    }
}

const Layer layer_input = {
    .entry = {.name = "input",
              .kind = PLUMB_LAYER,
              .family = "linear",
              .args = input_args,
              .summary = "opens a net: the shape of one row of data",
              .formula = "y = x",
              .source = "Goodfellow, Bengio & Courville 2016, section 6.5.1",
              .example = "input(1, 28, 28)"},
    .shape = input_shape,
    .forward = nothing,
    .backward = nothing,
};

/* ---- flatten ---------------------------------------------------------------------------------------------- */

static bool flatten_shape(const LayerSite *site, PlumbShape *out, PlumbError *error) {
    int64_t size = plumb_shape_size(site->input[0]);
    *out = (PlumbShape){.rank = 1, .dim = {(int)size}};
    return size <= INT32_MAX || plumb_fail(error, PLUMB_SHAPE_ERROR, "too many features to flatten");
}

static void flatten_torch(Torch *t) {
    fprintf(t->value, "%s.flatten(1)", t->in[0]);
}

static const char *shaped_onnx(Onnx *o) {
    return onnx_shaped(o, o->in[0], o->site->shape);
}

const Layer layer_flatten = {
    .entry = {.name = "flatten",
              .kind = PLUMB_LAYER,
              .family = "linear",
              .summary = "all axes as one",
              .formula = "y[i] = x[i], one axis",
              .source = "NumPy, ndarray.flatten",
              .example = "input(1, 8, 8) -> flatten -> dense(10)"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = flatten_shape,
    .blocked = BLOCKS_END,
    .forward = reshape_forward,
    .backward = reshape_backward,
    .view = true,
    .torch = flatten_torch,
    .onnx = shaped_onnx,
    .moments = moments_keep,
};

/* ---- reshape ---------------------------------------------------------------------------------------------- */

static const PlumbArg reshape_args[] = {{.name = "shape",
                                         .accepts = PLUMB_A_INT | PLUMB_A_REST,
                                         .min = -1,
                                         .max = 1e9,
                                         .help = "sizes of the axes; one may be -1: what is left"},
                                        {.name = NULL}};

static bool reshape_misfit(const LayerSite *site, PlumbError *error) {
    char text[64];
    plumb_fail(error, PLUMB_SHAPE_ERROR, "reshape changes the number of values");
    error_found(error, "%s", plumb_shape_text(site->input[0], text));
    error_expected(error, "axes whose product is %lld", (long long)plumb_shape_size(site->input[0]));
    return error_hint(error, "one size may be -1: what is left");
}

/* The product of all sizes but a -1, whose place is told; -1: there is none. */
static bool reshape_sizes(const LayerSite *site, PlumbShape *out, int *open, PlumbError *error) {
    const PlumbValue *list = &site->call->arg[0];
    if (list->count < 1 || list->count > 3) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "reshape takes 1 to 3 sizes");
        return error_found(error, "%d", list->count);
    }
    out->rank = list->count;
    for (int i = 0; i < list->count; i++) {
        out->dim[i] = (int)list->item[i].number;
        if (out->dim[i] == 0 || (out->dim[i] < 0 && *open >= 0)) {
            plumb_fail(error, PLUMB_ARGUMENT_ERROR, "reshape takes sizes of at least 1, one of them -1 at most");
            return error_found(error, "%d as size %d", out->dim[i], i + 1);
        }
        *open = out->dim[i] < 0 ? i : *open;
    }
    return true;
}

static bool reshape_shape(const LayerSite *site, PlumbShape *out, PlumbError *error) {
    int open = -1;
    int64_t size = plumb_shape_size(site->input[0]);
    if (!reshape_sizes(site, out, &open, error)) {
        return false;
    }
    if (open >= 0) {
        out->dim[open] = 1;
        int64_t rest = plumb_shape_size(*out);
        if (size % rest || size / rest > INT32_MAX) {
            return reshape_misfit(site, error);
        }
        out->dim[open] = (int)(size / rest);
    }
    return plumb_shape_size(*out) == size || reshape_misfit(site, error);
}

static void reshape_torch(Torch *t) {
    PlumbShape shape = t->site->shape;
    fprintf(t->value, "%s.reshape(-1", t->in[0]);
    for (int i = 0; i < shape.rank; i++) {
        fprintf(t->value, ", %d", shape.dim[i]);
    }
    fputs(")", t->value);
}

const Layer layer_reshape = {
    .entry = {.name = "reshape",
              .kind = PLUMB_LAYER,
              .family = "linear",
              .args = reshape_args,
              .summary = "the same values on other axes, in their order",
              .formula = "y[i] = x[i], other axes",
              .source = "NumPy, ndarray.reshape",
              .example = "input(64) -> reshape(1, 8, 8) -> conv(16, 3)"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = reshape_shape,
    .blocked = BLOCKS_END,
    .forward = reshape_forward,
    .backward = reshape_backward,
    .view = true,
    .torch = reshape_torch,
    .onnx = shaped_onnx,
    .moments = moments_keep,
};

/* ---- add, multiply: all inputs of one shape -------------------------------------------------------------------- */

static bool joined_shape(const LayerSite *site, PlumbShape *out, PlumbError *error) {
    *out = site->input[0];
    for (int i = 1; i < site->input_count; i++) {
        if (!plumb_shape_equal(site->input[i], *out)) {
            char first[64], other[64];
            plumb_fail(error, PLUMB_SHAPE_ERROR, "%s joins different shapes", site->call->entry->name);
            error_found(error, "%s and %s", plumb_shape_text(*out, first), plumb_shape_text(site->input[i], other));
            return error_expected(error, "one shape");
        }
    }
    return true;
}

static void copy(const Pass *pass, const real *from, real *to) {
    memcpy(to, from, (size_t)values(pass) * sizeof *to);
}

/* A piece at a time, so that what was copied is still in the cache. */
static void add_forward(const Pass *pass) {
    enum { PIECE = 2048 };
    for (int64_t begin = 0, all = values(pass); begin < all; begin += PIECE) {
        int64_t length = all - begin < PIECE ? all - begin : PIECE;
        memcpy(pass->out + begin, pass->in[0] + begin, (size_t)length * sizeof(real));
        for (int i = 1; i < pass->site->input_count; i++) {
            pass->k->add(length, pass->in[i] + begin, pass->out + begin);
        }
        if (pass->tally_out) {
            pass->k->tally(length, pass->out + begin, pass->tally_out);
        }
    }
}

static void add_backward(const Pass *pass) {
    for (int i = 0; i < pass->site->input_count; i++) {
        if (pass->d_in[i]) {
            copy(pass, pass->d_out, pass->d_in[i]);
        }
    }
}

/* All inputs, with `sign` between them. */
static void joined_torch(Torch *t, const char *sign) {
    for (int i = 0; i < t->site->input_count; i++) {
        fprintf(t->value, "%s%s", i ? sign : "", t->in[i]);
    }
}

static void add_torch(Torch *t) {
    joined_torch(t, " + ");
}

static const char *add_onnx(Onnx *o) {
    return onnx_operator(o, "Sum", o->in, (size_t)o->site->input_count);
}

const Layer layer_add = {
    .entry = {.name = "add",
              .kind = PLUMB_LAYER,
              .family = "joins",
              .summary = "sum of its inputs: a skip link",
              .formula = "y = x1 + x2 + ...",
              .source = "He et al. 2016, eq. 1",
              .example = "h: dense(64)\nrelu -> dense(64)\nadd(h)"},
    .inputs_min = 2,
    .inputs_max = LAYER_INPUTS_MAX,
    .shape = joined_shape,
    .blocked = BLOCKS_ALIKE,
    .forward = add_forward,
    .backward = add_backward,
    .tallies_out = true,
    .torch = add_torch,
    .onnx = add_onnx,
    .moments = moments_add,
};

static void multiply_forward(const Pass *pass) {
    copy(pass, pass->in[0], pass->out);
    for (int i = 1; i < pass->site->input_count; i++) {
        pass->k->multiply(values(pass), pass->in[i], pass->out, 0, pass->out);
    }
}

/* dL/dx_i = dL/dy times all the others: not y / x_i, which fails at 0. */
static void multiply_backward(const Pass *pass) {
    for (int i = 0; i < pass->site->input_count; i++) {
        if (pass->d_in[i]) {
            copy(pass, pass->d_out, pass->d_in[i]);
            for (int j = 0; j < pass->site->input_count; j++) {
                if (j != i) {
                    pass->k->multiply(values(pass), pass->in[j], pass->d_in[i], 0, pass->d_in[i]);
                }
            }
        }
    }
}

static void multiply_torch(Torch *t) {
    joined_torch(t, " * ");
}

static const char *multiply_onnx(Onnx *o) {
    const char *y = o->in[0];
    for (int i = 1; i < o->site->input_count; i++) {
        y = onnx_op(o, "Mul", y, o->in[i]);
    }
    return y;
}

const Layer layer_multiply = {
    .entry = {.name = "multiply",
              .kind = PLUMB_LAYER,
              .family = "joins",
              .summary = "product of its inputs, value by value: a gate",
              .formula = "y = x1 x2 ...",
              .source = "Hochreiter & Schmidhuber 1997",
              .example = "h: dense(64)\nsigmoid\nmultiply(h)"},
    .inputs_min = 2,
    .inputs_max = LAYER_INPUTS_MAX,
    .shape = joined_shape,
    .blocked = BLOCKS_ALIKE,
    .forward = multiply_forward,
    .backward = multiply_backward,
    .moments = moments_multiply,
    .needs_input = true,
    .torch = multiply_torch,
    .onnx = multiply_onnx,
};

/* ---- concat: on the feature axis, or the channels of an image -------------------------------------------------- */

static int joined_axis(PlumbShape shape) {
    return shape.rank == 3 ? 0 : shape.rank - 1;
}

static bool concat_shape(const LayerSite *site, PlumbShape *out, PlumbError *error) {
    *out = site->input[0];
    int axis = joined_axis(*out);
    for (int i = 1; i < site->input_count; i++) {
        PlumbShape other = site->input[i];
        int size = other.rank == out->rank ? other.dim[axis] : 0;
        other.dim[axis] = out->dim[axis];
        if (!plumb_shape_equal(other, *out)) {
            char first[64], second[64];
            plumb_fail(error, PLUMB_SHAPE_ERROR, "concat joins shapes that differ in more than features");
            error_found(error, "%s and %s", plumb_shape_text(site->input[0], first),
                        plumb_shape_text(site->input[i], second));
            return error_expected(error, "the same sizes but for the %s", axis ? "last" : "first");
        }
        if (out->dim[axis] > INT32_MAX - size) {
            return plumb_fail(error, PLUMB_SHAPE_ERROR, "too many features to join");
        }
        out->dim[axis] += size;
    }
    return true;
}

/* Values that lie together in input i, and how many such runs a row has. */
static int64_t run_length(PlumbShape shape) {
    return joined_axis(shape) == 0 ? plumb_shape_size(shape) : last_axis(shape);
}

static void concat_copy(const Pass *pass, bool back) {
    int64_t whole = run_length(pass->site->shape), runs = values(pass) / whole, offset = 0;
    for (int i = 0; i < pass->site->input_count; i++) {
        int64_t part = run_length(pass->site->input[i]);
        for (int64_t r = 0; r < runs && !(back && !pass->d_in[i]); r++) {
            if (back) {
                memcpy(pass->d_in[i] + r * part, pass->d_out + r * whole + offset, (size_t)part * sizeof(real));
            } else {
                memcpy(pass->out + r * whole + offset, pass->in[i] + r * part, (size_t)part * sizeof(real));
            }
        }
        offset += part;
    }
}

static void concat_forward(const Pass *pass) {
    concat_copy(pass, false);
}

static void concat_backward(const Pass *pass) {
    concat_copy(pass, true);
}

static void concat_torch(Torch *t) {
    fputs("torch.cat((", t->value);
    joined_torch(t, ", ");
    fprintf(t->value, "), %d)", 1 + joined_axis(t->site->shape));
}

static const char *concat_onnx(Onnx *o) {
    const char *y = onnx_operator(o, "Concat", o->in, (size_t)o->site->input_count);
    onnx_int(o, "axis", 1 + joined_axis(o->site->shape));
    return y;
}

const Layer layer_concat = {
    .entry = {.name = "concat",
              .kind = PLUMB_LAYER,
              .family = "joins",
              .summary = "its inputs side by side: features, or channels of an image",
              .formula = "y = [x1, x2, ...]",
              .source = "Huang et al. 2017, eq. 2",
              .example = "h: dense(64)\nrelu\nconcat(h)"},
    .inputs_min = 2,
    .inputs_max = LAYER_INPUTS_MAX,
    .shape = concat_shape,
    .blocked = BLOCKS_ALIKE,
    .forward = concat_forward,
    .backward = concat_backward,
    .torch = concat_torch,
    .onnx = concat_onnx,
    .moments = moments_concat,
};

/* ---- scale: one number for the whole input ---------------------------------------------------------------------- */

static const PlumbArg scale_args[] = {
    {.name = "init", .accepts = PLUMB_A_NUMBER, .fallback = "1", .help = "the factor, or its first value"},
    {.name = "learned", .accepts = PLUMB_A_BOOL, .fallback = "true", .help = "the factor is learned"},
    {.name = NULL}};

static int scale_weights(const LayerSite *site, WeightSpec spec[LAYER_WEIGHTS_MAX]) {
    spec[0] = (WeightSpec){.name = "scale",
                           .shape = {1, {1}},
                           .fan_in = 1,
                           .fan_out = 1,
                           .fill = plumb_call_number(site->call, "init"),
                           .learned = plumb_call_bool(site->call, "learned")};
    return 1;
}

static void scale_forward(const Pass *pass) {
    pass->k->scale(values(pass), pass->w[0][0], pass->in[0], pass->out);
}

static void scale_backward(const Pass *pass) {
    if (pass->dw[0]) {
        real d = (real)pass->k->dot(values(pass), pass->d_out, pass->in[0]);
        pass->dw[0][0] = pass->adds ? pass->dw[0][0] + d : d;
    }
    if (pass->d_in[0]) {
        pass->k->scale(values(pass), pass->w[0][0], pass->d_out, pass->d_in[0]);
    }
}

static void scale_torch(Torch *t) {
    torch_needs(t, "class Scale(nn.Module):\n"
                   "    def __init__(self, learned):\n"
                   "        super().__init__()\n"
                   "        self.scale = nn.Parameter(torch.ones(1), requires_grad=learned)\n"
                   "\n"
                   "    def forward(self, x):\n"
                   "        return self.scale * x\n");
    fprintf(t->module, "Scale(learned=%s)", torch_bool(plumb_call_bool(t->site->call, "learned")));
}

static const char *scale_onnx(Onnx *o) {
    return onnx_op(o, "Mul", o->in[0], onnx_weight(o, "scale"));
}

static void scale_moments(Moments *m) {
    moments_scale(m, plumb_call_number(m->site->call, "init"), PLUMB_BY_SKIP);
}

const Layer layer_scale = {
    .entry = {.name = "scale",
              .kind = PLUMB_LAYER,
              .family = "joins",
              .args = scale_args,
              .summary = "times one number, learned or fixed: the branch of a residual block",
              .formula = "y = a x",
              .source = "Bachlechner et al. 2021 (ReZero)",
              .example = "residual(scale=learned(0)) { dense(64) -> relu }"},
    .inputs_min = 1,
    .inputs_max = 1,
    .shape = same_shape,
    .weights = scale_weights,
    .blocked = BLOCKS_ALIKE,
    .forward = scale_forward,
    .backward = scale_backward,
    .moments = scale_moments,
    .needs_input = true,
    .torch = scale_torch,
    .onnx = scale_onnx,
};
