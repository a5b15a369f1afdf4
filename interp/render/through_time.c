/* The gradient by time step in recurrent layers. */
#include "bar.h"
#include "number.h"
#include "pictures.h"
#include <math.h>

enum { STEPS_SHOWN = 16, BAR_WIDTH = 40 };

/* Of the last step's gradient, how many decades the first step's lies above or below it, in words. */
State through_time_text(const char *name, const double *norms, int steps, char text[PROFILE_BYTES]) {
    double decades = log10(norms[0]) - log10(norms[steps - 1]);
    char each[32];
    text[0] = '\0';
    if (norms[0] == 0) {
        snprintf(text, PROFILE_BYTES, "nothing of the gradient reaches the first step of %.80s: it is exactly 0", name);
        return STATE_BROKEN;
    }
    if (!isfinite(decades)) {
        snprintf(text, PROFILE_BYTES, "how the gradient changes through time in %.80s cannot be said", name);
        return STATE_BROKEN;
    }
    if (steps > 1) {
        int length = snprintf(
            text, PROFILE_BYTES, "in %.80s the gradient %s %.1f decades from step %d back to step 1, %s a step", name,
            decades < 0 ? "falls" : "grows", fabs(decades), steps, number_figure(fabs(decades) / (steps - 1), each));
        double half_life = plumb_half_life(norms, steps);
        if (isfinite(half_life)) {
            snprintf(text + length, PROFILE_BYTES - (size_t)length, ": half-life %s steps",
                     number_figure(half_life, each));
        }
    }
    return state_of_decades(decades);
}

static void say_fall(const Canvas *canvas, const char *name, const double *norms, int steps) {
    char text[PROFILE_BYTES];
    State state = through_time_text(name, norms, steps, text);
    if (*text) {
        canvas_wrap(canvas, state, 2, "%s", text);
    }
}

static void range_of(const double *norms, int steps, double *low, double *high) {
    *low = INFINITY;
    *high = -INFINITY;
    for (int i = 0; i < steps; i++) {
        if (norms[i] > 0 && isfinite(norms[i])) {
            *low = fmin(*low, floor(log10(norms[i])));
            *high = fmax(*high, ceil(log10(norms[i])));
        }
    }
}

/* Steps evenly apart, the first and the last among them. */
static void print_steps(const Canvas *canvas, const char *name, const double *norms, int steps) {
    const Column column[] = {
        {.title = "step", .align = ALIGN_RIGHT},
        {.title = name, .align = ALIGN_LEFT, .rank = 1, .before = 8},
        {.title = "rms", .align = ALIGN_RIGHT},
    };
    Grid *grid = grid_new(column, sizeof column / sizeof *column);
    int rows = steps < STEPS_SHOWN ? steps : STEPS_SHOWN;
    double low, high;
    range_of(norms, steps, &low, &high);
    for (int row = 0; grid && row < rows; row++) {
        int step = rows > 1 ? (int)((int64_t)row * (steps - 1) / (rows - 1)) : 0;
        State state = state_of_decades(log10(norms[step] / norms[steps - 1]));
        char text[32], bar[BAR_MAX + 1];
        grid_row(grid);
        grid_cell(grid, STATE_PLAIN, "%d", step + 1);
        grid_cell(grid, state, "%s", bar_log(norms[step], low, high, BAR_WIDTH, bar));
        grid_cell(grid, state, "%s", number_exponent(norms[step], text));
    }
    if (grid) {
        grid_print(grid, canvas);
    }
    grid_free(grid);
}

void picture_through_time(const Canvas *canvas, const PlumbNet *net) {
    for (int i = 0; i < plumb_net_size(net); i++) {
        const double *norms;
        int steps = plumb_net_through_time(net, i, &norms);
        if (steps > 0) {
            const char *name = plumb_net_node(net, i)->name;
            fputc('\n', canvas->out);
            print_steps(canvas, name, norms, steps);
            say_fall(canvas, name, norms, steps);
        }
    }
}
