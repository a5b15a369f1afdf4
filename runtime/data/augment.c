/* Augmentations of images (channels, height, width). What is drawn depends on seed, epoch and row alone. */
#include "augment.h"
#include "../core/error.h"
#include <stdlib.h>
#include <string.h>

enum { AUGMENTS_MAX = 16 };

/* ---- what each does to the view ---------------------------------------------------------------------------------- */

/* Uniform in [0, bound). */
static int below(uint32_t word, int bound) {
    return (int)(((uint64_t)word * (uint64_t)bound) >> 32);
}

static void flip(int by, const uint32_t word[4], View *view) {
    (void)by;
    if (word[0] >> 31) {
        view->mirrored = !view->mirrored;
        view->right = -view->right;
    }
}

static void shift(int by, const uint32_t word[4], View *view) {
    view->down += below(word[0], 2 * by + 1) - by;
    view->right += below(word[1], 2 * by + 1) - by;
}

static const PlumbArg shift_args[] = {
    {.name = "by", .accepts = PLUMB_A_INT, .fallback = "2", .min = 1, .max = 1e4, .help = "pixels, at most, each way"},
    {.name = NULL}};

const Augment augment_flip = {
    .entry = {.name = "flip",
              .kind = PLUMB_AUGMENT,
              .family = "augmentation",
              .summary = "every second image is mirrored, left for right",
              .formula = "y[c, i, j] = x[c, i, width - 1 - j] with probability 1/2",
              .source = "Krizhevsky, Sutskever & Hinton 2012, section 4.1",
              .example = "d = images(\"faces\", augment=flip)"},
    .apply = flip,
};

const Augment augment_shift = {
    .entry = {.name = "shift",
              .aliases = "crop",
              .kind = PLUMB_AUGMENT,
              .family = "augmentation",
              .args = shift_args,
              .summary = "images move by some pixels, 0 comes in: a random crop of the image padded by as many",
              .formula = "y[c, i, j] = x[c, i - a, j - b], a and b whole numbers uniform in [-by, by]",
              .source = "He et al. 2016, section 4.2",
              .example = "d = images(\"faces\", augment=[flip, shift(2)])"},
    .apply = shift,
};

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static bool fits(const PlumbData *data, const PlumbCall *call, PlumbError *error) {
    PlumbShape in = data->x_shape;
    char text[64];
    if (in.rank != 3) {
        plumb_fail(error, PLUMB_SHAPE_ERROR, "%s takes images", call->entry->name);
        error_found(error, "%s", plumb_shape_text(in, text));
        return error_expected(error, "(channels, height, width)");
    }
    double by = plumb_call_number(call, "by");
    if (by >= in.dim[1] || by >= in.dim[2]) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "%s moves images out of sight", call->entry->name);
        error_found(error, "%.0f pixels, images of %s", by, plumb_shape_text(in, text));
        return error_expected(error, "less than the height and the width");
    }
    return true;
}

static bool add(PlumbData *data, const PlumbValue *value, PlumbError *error) {
    if (!fits(data, value->call, error)) {
        return false;
    }
    data->augment[data->augment_count++] =
        (PlumbAugment){.entry = value->call->entry, .by = (int)plumb_call_number(value->call, "by")};
    return true;
}

bool augment_read(PlumbData *data, const PlumbCall *call, PlumbError *error) {
    const PlumbValue *value = plumb_call_value(call, "augment");
    bool list = value && value->type == PLUMB_V_LIST;
    int count = list ? value->count : value && value->type == PLUMB_V_CALL;
    if (count > AUGMENTS_MAX) {
        return plumb_fail(error, PLUMB_ARGUMENT_ERROR, "more than %d augmentations", AUGMENTS_MAX);
    }
    data->augment = count ? calloc((size_t)count, sizeof *data->augment) : NULL;
    if (count && !data->augment) {
        return error_memory(error);
    }
    for (int i = 0; i < count; i++) {
        if (!add(data, list ? &value->item[i] : value, error)) {
            return false;
        }
    }
    return true;
}

/* ---- one row ----------------------------------------------------------------------------------------------------- */

/* to[j] = from[j - right], or from the other end where mirrored; 0 where there is none. */
static void move_line(const View *view, int width, const real *from, real *to) {
    for (int j = 0; j < width; j++) {
        int at = j - view->right;
        to[j] = at < 0 || at >= width ? 0 : from[view->mirrored ? width - 1 - at : at];
    }
}

void augment_row(const PlumbData *data, uint64_t seed, uint32_t epoch, uint32_t row, const real *from, real *to) {
    int channels = data->x_shape.dim[0], height = data->x_shape.dim[1], width = data->x_shape.dim[2];
    View view = {0};
    for (int i = 0; i < data->augment_count; i++) {
        uint32_t word[4];
        draw4((Draw){seed, DRAW_AUGMENT, epoch}, (uint64_t)row * AUGMENTS_MAX + (uint64_t)i, word);
        ((const Augment *)data->augment[i].entry)->apply(data->augment[i].by, word, &view);
    }
    for (int c = 0; c < channels; c++, from += (size_t)height * (size_t)width) {
        for (int i = 0; i < height; i++, to += width) {
            int at = i - view.down;
            if (at < 0 || at >= height) {
                memset(to, 0, (size_t)width * sizeof *to);
            } else {
                move_line(&view, width, from + (size_t)at * (size_t)width, to);
            }
        }
    }
}
