/* Generating a sequence: the classes that a net predicts are drawn, one after the other, and read by it again. */
#include "../core/error.h"
#include "../core/random.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Window {  /* what the net reads: `steps` classes, the later ones not yet known */
    plumb_real *x, *out; /* steps, steps x classes */
    int steps, used;
} Window;

static bool net_continues(const PlumbNet *net, int classes, int *steps, PlumbError *error) {
    PlumbShape in = plumb_net_node(net, 0)->shape, out = plumb_net_node(net, plumb_net_size(net) - 1)->shape;
    char found[64];
    *steps = in.dim[0];
    if (in.rank == 1 && out.rank == 2 && out.dim[0] == in.dim[0] && out.dim[1] == classes) {
        return true;
    }
    plumb_fail(error, PLUMB_SHAPE_ERROR, "%.100s does not continue sequences of %d classes", plumb_net_name(net),
               classes);
    error_found(error, "outputs of %s", plumb_shape_text(out, found));
    return error_expected(error, "an input of n classes and n x %d outputs: one row of outputs a step", classes);
}

/* Behind the last one; when the window is full the first one goes. */
static void append(Window *window, int32_t class) {
    if (window->used == window->steps) {
        memmove(window->x, window->x + 1, (size_t)(window->steps - 1) * sizeof *window->x);
        window->used--;
    }
    window->x[window->used++] = (plumb_real) class;
}

static int largest(const plumb_real *out, int classes) {
    int best = 0;
    for (int c = 1; c < classes; c++) {
        best = out[c] > out[best] ? c : best;
    }
    return best;
}

/* p[c] ~ exp(out[c] / temperature), by the inverse of the distribution; temperature 0 is the limit. */
static int32_t sample(const plumb_real *out, int classes, double temperature, double uniform) {
    int best = largest(out, classes), last = best;
    double total = 0, sum = 0;
    if (temperature <= 0) {
        return best;
    }
    for (int c = 0; c < classes; c++) {
        total += exp(((double)out[c] - (double)out[best]) / temperature);
    }
    for (int c = 0; c < classes; c++) {
        double p = exp(((double)out[c] - (double)out[best]) / temperature);
        sum += p;
        last = p > 0 ? c : last;
        if (uniform * total < sum) {
            return c;
        }
    }
    return last; /* rounding */
}

static bool all_finite(const plumb_real *out, int classes, PlumbError *error) {
    for (int c = 0; c < classes; c++) {
        if (!isfinite(out[c])) {
            return plumb_fail(error, PLUMB_NUMBER_ERROR, "an output of the net is not finite");
        }
    }
    return true;
}

static bool extend(PlumbNet *net, Window *window, int classes, const PlumbSampling *how, int32_t *out,
                   const PlumbConfig *config, PlumbError *error) {
    for (int i = 0; i < how->length; i++) {
        if (!plumb_predict(net, window->x, 1, window->out, config, error)) {
            return false;
        }
        const plumb_real *row = window->out + (int64_t)(window->used - 1) * classes;
        if (!all_finite(row, classes, error)) {
            return false;
        }
        double uniform = draw_uniform((Draw){how->seed, DRAW_SAMPLE, 0}, (uint64_t)i);
        out[i] = sample(row, classes, how->temperature, uniform);
        append(window, out[i]);
    }
    return true;
}

bool plumb_generate(PlumbNet *net, int classes, const int32_t *prompt, int count, const PlumbSampling *how,
                    int32_t *out, const PlumbConfig *config, PlumbError *error) {
    Window window = {0};
    if (!net_continues(net, classes, &window.steps, error)) {
        return false;
    }
    window.x = calloc((size_t)window.steps, sizeof *window.x);
    window.out = calloc((size_t)window.steps * (size_t)classes, sizeof *window.out);
    bool done = (window.x && window.out) || error_memory(error);
    for (int i = 0; done && i < count; i++) {
        append(&window, prompt[i]);
    }
    done = done && extend(net, &window, classes, how, out, config, error);
    free(window.x);
    free(window.out);
    return done;
}
