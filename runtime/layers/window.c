/* Windows over images and sequences, see window.h. */
#include "window.h"

enum { SIZE_MAX_SUM = 1 << 30 }; /* padded sizes and kernel extents stay below: their sums are ints */

bool takes_space(const LayerSite *site, PlumbError *error) {
    int rank = site->input[0].rank;
    if (rank == 2 || rank == 3) {
        return true;
    }
    char text[64];
    plumb_fail(error, PLUMB_SHAPE_ERROR, "%s takes an image or a sequence", site->call->entry->name);
    error_found(error, "%s", plumb_shape_text(site->input[0], text));
    error_expected(error, "channels x height x width, or time x features");
    return error_hint(error, "reshape(channels, height, width) or reshape(time, features) before it");
}

/* Along axes 0 (height) and 1 (width); a sequence has only the second. */
bool read_pair(const LayerSite *site, const char *name, int pair[2], PlumbError *error) {
    const PlumbValue *value = plumb_call_value(site->call, name);
    int axes = site->input[0].rank - 1;
    if (value->type == PLUMB_V_NUMBER) {
        pair[0] = pair[1] = (int)value->number;
    } else if (value->count != axes) {
        plumb_fail(error, PLUMB_SHAPE_ERROR, "%s of %s has the wrong number of sizes", name, site->call->entry->name);
        error_found(error, "%d", value->count);
        return error_expected(error, axes == 2 ? "a number, or [height, width]" : "a number: the input is a sequence");
    }
    for (int i = 0; value->type == PLUMB_V_LIST && i < axes; i++) {
        if (value->item[i].type != PLUMB_V_NUMBER) {
            return plumb_fail(error, PLUMB_ARGUMENT_ERROR, "%s of %s is a list of numbers", name,
                              site->call->entry->name);
        }
        pair[2 - axes + i] = (int)value->item[i].number;
    }
    return true;
}

static int extent(const Window *w, int axis) {
    return (w->kernel[axis] - 1) * w->dilation[axis] + 1;
}

/* same: outputs = inputs / stride, rounded up, what is odd behind (PyTorch's padding="same" for stride 1; TensorFlow's
 * for any). */
static void pad_same(Window *w, int axis) {
    int outputs = (w->in[axis] + w->stride[axis] - 1) / w->stride[axis];
    int64_t needed = (int64_t)(outputs - 1) * w->stride[axis] + extent(w, axis) - w->in[axis];
    int pad = needed > 0 ? (int)needed : 0;
    w->before[axis] = pad / 2;
    w->after[axis] = pad - pad / 2;
}

static bool read_pad(const LayerSite *site, Window *w, PlumbError *error) {
    const char *word = plumb_call_string(site->call, "pad");
    if (!word) {
        bool done = read_pair(site, "pad", w->before, error);
        memcpy(w->after, w->before, sizeof w->after);
        return done;
    }
    for (int i = 0; i < 2 && !strcmp(word, "same"); i++) {
        pad_same(w, i);
    }
    return true;
}

/* Sizes whose sums could leave an int are refused: no memory holds them anyway. */
static bool is_small(const Window *w, int axis) {
    return (int64_t)(w->kernel[axis] - 1) * w->dilation[axis] < SIZE_MAX_SUM && w->in[axis] < SIZE_MAX_SUM &&
           w->before[axis] < SIZE_MAX_SUM / 4 && w->stride[axis] < SIZE_MAX_SUM;
}

static bool fit_kernel(const LayerSite *site, Window *w, PlumbError *error) {
    bool image = !w->last;
    for (int i = image ? 0 : 1; i < 2; i++) {
        int padded = w->in[i] + w->before[i] + w->after[i];
        if (padded < extent(w, i)) {
            const char *axis = !image ? "sequence" : i == 0 ? "image's height" : "image's width";
            plumb_fail(error, PLUMB_SHAPE_ERROR, "the kernel of %s is longer than the %s", site->call->entry->name,
                       axis);
            error_found(error, "a kernel over %d, %d with padding", extent(w, i), padded);
            error_expected(error, "a kernel over at most %d", padded);
            return error_hint(error, "a smaller kernel, or pad=%d", (extent(w, i) - w->in[i] + 1) / 2);
        }
        w->out[i] = (padded - extent(w, i)) / w->stride[i] + 1;
    }
    return true;
}

static void one_row(Window *w) { /* what the height of a sequence is */
    w->in[0] = w->out[0] = w->kernel[0] = w->stride[0] = w->dilation[0] = 1;
    w->before[0] = w->after[0] = 0;
}

bool window_read(const LayerSite *site, Window *window, PlumbError *error) {
    PlumbShape in = site->input[0];
    if (!takes_space(site, error)) {
        return false;
    }
    bool last = in.rank == 2;
    *window =
        (Window){.channels = channels_of(in), .last = last, .in = {last ? 1 : in.dim[1], last ? in.dim[0] : in.dim[2]}};
    Window *w = window;
    const PlumbValue *stride = plumb_call_value(site->call, "stride");
    bool own_stride = stride->type != PLUMB_V_NONE, dilated = plumb_call_value(site->call, "dilation");
    w->dilation[0] = w->dilation[1] = 1;
    if (!read_pair(site, "kernel", w->kernel, error) ||
        !read_pair(site, own_stride ? "stride" : "kernel", w->stride, error) ||
        (dilated && !read_pair(site, "dilation", w->dilation, error))) {
        return false;
    }
    if (last) {
        one_row(w);
    }
    if (!is_small(w, 0) || !is_small(w, 1)) {
        return plumb_fail(error, PLUMB_SHAPE_ERROR, "the kernel of %s is too large", site->call->entry->name);
    }
    if (!read_pad(site, w, error)) {
        return false;
    }
    if (last) {
        one_row(w);
    }
    if (!is_small(w, 0) || !is_small(w, 1)) {
        return plumb_fail(error, PLUMB_SHAPE_ERROR, "the padding of %s is too large", site->call->entry->name);
    }
    return fit_kernel(site, w, error);
}

PlumbShape window_shape(const Window *window, int channels) {
    return window->last ? (PlumbShape){2, {window->out[1], channels}}
                        : (PlumbShape){3, {channels, window->out[0], window->out[1]}};
}

/* Outputs whose tap lies at 0 ... in - 1: those from `first` up to `last`. */
static double reads_along(const Window *w, int axis) {
    double reads = 0;
    for (int tap = 0; tap < w->kernel[axis]; tap++) {
        int64_t at = (int64_t)tap * w->dilation[axis] - w->before[axis], stride = w->stride[axis];
        int64_t first = at < 0 ? (-at + stride - 1) / stride : 0, end = w->in[axis] - at;
        int64_t last = end > 0 ? (end - 1) / stride : -1;
        last = last < w->out[axis] ? last : w->out[axis] - 1;
        reads += last >= first ? (double)(last - first + 1) : 0;
    }
    return reads;
}

double window_reads(const Window *window) {
    return reads_along(window, 0) * reads_along(window, 1);
}

/* ---- for other programs ----------------------------------------------------------------------------------------- */

static void torch_pair(Torch *t, const Window *w, const char *name, const int pair[2]) {
    if (w->last) {
        fprintf(t->module, "%s%d", name, pair[1]);
    } else {
        fprintf(t->module, "%s(%d, %d)", name, pair[0], pair[1]);
    }
}

/* PyTorch pads both ends alike; what is uneven is padded before. */
void window_torch(Torch *t, const Window *w, const char *fill) {
    static const int none[2] = {0, 0};
    bool even = w->before[0] == w->after[0] && w->before[1] == w->after[1];
    torch_pair(t, w, "", w->kernel);
    torch_pair(t, w, ", stride=", w->stride);
    torch_pair(t, w, ", padding=", even ? w->before : none);
    if (w->dilation[0] > 1 || w->dilation[1] > 1) {
        torch_pair(t, w, ", dilation=", w->dilation);
    }
    torch_channels_first(t, even ? none : w->before, even ? none : w->after, fill);
}

void window_onnx(Onnx *o, const Window *w) {
    int first = w->last ? 1 : 0, axes = 2 - first;
    int64_t kernel[2], stride[2], dilation[2], pads[4];
    for (int i = 0; i < axes; i++) {
        kernel[i] = w->kernel[first + i];
        stride[i] = w->stride[first + i];
        dilation[i] = w->dilation[first + i];
        pads[i] = w->before[first + i];
        pads[axes + i] = w->after[first + i];
    }
    onnx_ints(o, "kernel_shape", axes, kernel);
    onnx_ints(o, "strides", axes, stride);
    onnx_ints(o, "pads", 2 * axes, pads);
    if (w->dilation[0] > 1 || w->dilation[1] > 1) {
        onnx_ints(o, "dilations", axes, dilation);
    }
}
