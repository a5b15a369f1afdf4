/* Convolution by products, an image at a time: its patches become the columns of a matrix (im2col, Chellapilla, Puri &
 * Simard 2006). Works for every shape; in double precision it is the reference. */
#include "kernels.h"
#include <stdlib.h>
#include <string.h>

typedef struct Products {
    Conv conv;
    const Kernels *k;
    ConvShape shape;
    int inputs, outputs; /* channels of a group */
    int taps;            /* numbers in one patch of a group: inputs x kernel */
    int places;          /* of the kernel: output pixels */
    bool pointwise;      /* the image is its own matrix of patches */
} Products;

/* ---- patches ------------------------------------------------------------------------------------------------
 *
 * Images: columns [taps, places], so that [outputs, taps] x columns is the output as it is stored. Sequences have their
 * channels last: columns [places, taps], and the output [places, outputs] is columns x W^T. */

typedef struct Steps { /* from one number to the next, in the columns and in the image */
    int64_t tap, place, channel, pixel;
} Steps;

static Steps steps_of(const Products *p) {
    const Window *w = &p->shape.window;
    return w->last ? (Steps){1, p->taps, 1, w->channels} : (Steps){p->places, 1, (int64_t)w->in[0] * w->in[1], 1};
}

/* A row of outputs at one place of the kernel: copies the image into the columns, or adds the columns to the image. */
static void move_row(const Window *w, Steps s, int kw, real *column, real *row, bool back) {
    for (int o = 0; o < w->out[1]; o++, column += s.place) {
        int i = o * w->stride[1] + kw * w->dilation[1] - w->before[1];
        bool inside = i >= 0 && i < w->in[1];
        if (!back) {
            *column = inside ? row[i * s.pixel] : 0;
        } else if (inside) {
            row[i * s.pixel] += *column;
        }
    }
}

/* image: this group's channels; columns: see above. */
static void move_patches(const Products *p, real *columns, real *image, bool back) {
    const Window *w = &p->shape.window;
    Steps s = steps_of(p);
    for (int tap = 0; tap < p->taps; tap++) {
        int kw = tap % w->kernel[1], kh = tap / w->kernel[1] % w->kernel[0],
            channel = tap / w->kernel[1] / w->kernel[0];
        real *column = columns + tap * s.tap;
        for (int o = 0; o < w->out[0]; o++, column += w->out[1] * s.place) {
            int i = o * w->stride[0] + kh * w->dilation[0] - w->before[0];
            if (i >= 0 && i < w->in[0]) {
                move_row(w, s, kw, column, image + channel * s.channel + (int64_t)i * w->in[1] * s.pixel, back);
                continue;
            }
            for (int j = 0; !back && j < w->out[1]; j++) {
                column[j * s.place] = 0;
            }
        }
    }
}

/* The patches of a group's image and the distance between their rows. */
static const real *patches(const Products *p, const real *image, void *scratch, int *ld) {
    *ld = p->shape.window.last ? p->taps : p->places;
    if (!p->pointwise) {
        move_patches(p, scratch, (real *)image, false);
        return scratch;
    }
    *ld = p->shape.window.last ? p->shape.window.channels : p->places;
    return image;
}

/* ---- one group of one image ------------------------------------------------------------------------------------- */

static void multiply_group(const Products *p, const real *x, const real *w, real *y, void *scratch) {
    int ld;
    const real *columns = patches(p, x, scratch, &ld);
    if (p->shape.window.last) {
        p->k->gemm(false, true, p->places, p->outputs, p->taps, columns, ld, w, p->taps, 0, y, p->shape.out);
    } else {
        p->k->gemm(false, false, p->outputs, p->places, p->taps, w, p->taps, columns, ld, 0, y, p->places);
    }
}

static void input_group(const Products *p, const real *w, const real *dy, real *dx, void *scratch) {
    bool last = p->shape.window.last;
    int ld = p->pointwise && last ? p->shape.window.channels : last ? p->taps : p->places;
    real *columns = p->pointwise ? dx : scratch;
    if (last) {
        p->k->gemm(false, false, p->places, p->taps, p->outputs, dy, p->shape.out, w, p->taps, 0, columns, ld);
    } else {
        p->k->gemm(true, false, p->taps, p->places, p->outputs, w, p->taps, dy, p->places, 0, columns, ld);
    }
    if (!p->pointwise) {
        move_patches(p, columns, dx, true);
    }
}

static void weight_group(const Products *p, const real *x, const real *dy, real beta, real *dw, void *scratch) {
    int ld;
    const real *columns = patches(p, x, scratch, &ld);
    if (p->shape.window.last) {
        p->k->gemm(true, false, p->outputs, p->taps, p->places, dy, p->shape.out, columns, ld, beta, dw, p->taps);
    } else {
        p->k->gemm(false, true, p->outputs, p->taps, p->places, dy, p->places, columns, ld, beta, dw, p->taps);
    }
}

/* ---- all images -------------------------------------------------------------------------------------------------- */

typedef struct At { /* where group g of row r begins */
    int64_t x, w, y;
} At;

static At at(const Products *p, int r, int g) {
    const Window *w = &p->shape.window;
    int64_t pixels = (int64_t)w->in[0] * w->in[1];
    return (At){r * w->channels * pixels + g * p->inputs * (w->last ? 1 : pixels), (int64_t)g * p->outputs * p->taps,
                (int64_t)r * p->shape.out * p->places + (int64_t)g * p->outputs * (w->last ? 1 : p->places)};
}

static void add_bias(const Products *p, const real *bias, real *y) {
    int runs = p->shape.window.last ? p->places : p->shape.out,
        length = p->shape.window.last ? p->shape.out : p->places;
    for (int i = 0; i < runs; i++, y += length) {
        for (int j = 0; j < length; j++) {
            y[j] += bias[p->shape.window.last ? j : i];
        }
    }
}

static void forward(Conv *self, int rows, const real *x, const real *w, const real *bias, real *y, void *scratch,
                    Tally *tally) {
    const Products *p = (const Products *)self;
    int64_t size = (int64_t)p->shape.out * p->places;
    for (int r = 0; r < rows; r++) {
        for (int g = 0; g < p->shape.groups; g++) {
            At a = at(p, r, g);
            multiply_group(p, x + a.x, w + a.w, y + a.y, scratch);
        }
        if (bias) {
            add_bias(p, bias, y + r * size);
        }
        if (tally) {
            p->k->tally(size, y + r * size, tally);
        }
    }
}

static void back_input(Conv *self, int rows, const real *w, const real *dy, real *dx, void *scratch) {
    const Products *p = (const Products *)self;
    const Window *window = &p->shape.window;
    if (!p->pointwise) {
        size_t size = (size_t)window->channels * (size_t)window->in[0] * (size_t)window->in[1];
        memset(dx, 0, (size_t)rows * size * sizeof *dx);
    }
    for (int r = 0; r < rows; r++) {
        for (int g = 0; g < p->shape.groups; g++) {
            At a = at(p, r, g);
            input_group(p, w + a.w, dy + a.y, dx + a.x, scratch);
        }
    }
}

/* db of one row. */
static void bias_row(const Products *p, const real *dy, real *db) {
    if (p->shape.window.last) {
        p->k->column_sum(p->places, p->shape.out, dy, 1, db);
        return;
    }
    for (int c = 0; c < p->shape.out; c++, dy += p->places) {
        real sum = 0;
        for (int i = 0; i < p->places; i++) {
            sum += dy[i];
        }
        db[c] += sum;
    }
}

static void back_weights(Conv *self, int rows, const real *x, const real *dy, real beta, real *dw, real *db,
                         void *scratch, Tally *tally) {
    const Products *p = (const Products *)self;
    if (beta == 0) {
        memset(dw, 0, (size_t)p->shape.out * (size_t)p->taps * sizeof *dw);
    }
    if (db && beta == 0) {
        memset(db, 0, (size_t)p->shape.out * sizeof *db);
    }
    int64_t size = (int64_t)p->shape.out * p->places;
    for (int r = 0; r < rows; r++) {
        if (tally) {
            p->k->tally(size, dy + r * size, tally);
        }
        for (int g = 0; g < p->shape.groups; g++) {
            At a = at(p, r, g);
            weight_group(p, x + a.x, dy + a.y, 1, dw + a.w, scratch);
        }
        if (db) {
            bias_row(p, dy + r * size, db);
        }
    }
}

/* ---- making ------------------------------------------------------------------------------------------------------ */

static void release(Prepared *self) {
    free(self);
}

static bool is_pointwise(const Window *w) {
    for (int i = 0; i < 2; i++) {
        if (w->kernel[i] != 1 || w->stride[i] != 1 || w->before[i] || w->after[i]) {
            return false;
        }
    }
    return true;
}

bool products_conv_blocks(const Kernels *k, const ConvShape *shape, int rows, bool training, bool d_in) {
    (void)k, (void)shape, (void)rows, (void)training, (void)d_in;
    return false;
}

Conv *products_conv(const Kernels *k, const ConvShape *shape, int rows, bool training, bool d_in) {
    (void)rows, (void)training, (void)d_in;
    const Window *w = &shape->window;
    Products *p = calloc(1, sizeof *p);
    if (!p) {
        return NULL;
    }
    p->k = k;
    p->shape = *shape;
    p->inputs = w->channels / shape->groups;
    p->outputs = shape->out / shape->groups;
    p->taps = p->inputs * w->kernel[0] * w->kernel[1];
    p->places = w->out[0] * w->out[1];
    p->pointwise = is_pointwise(w);
    size_t columns = (size_t)p->taps * (size_t)p->places;
    p->conv = (Conv){{p->pointwise ? 0 : columns * sizeof(real), release}, forward, back_input, back_weights};
    return &p->conv;
}
