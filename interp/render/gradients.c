/* The gradient over the depth: a row a layer. */
#include "bar.h"
#include "number.h"
#include "pictures.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BAR_WIDTH_LEAST = 14, BAR_WIDTH_MOST = 48, ROWS_MOST = 50 };

Profile profile_of(const PlumbNet *net, const PlumbProbe *probe) {
    Profile profile = {.first = -1, .last = -1, .decades = NAN, .low = INFINITY, .high = -INFINITY};
    for (int i = 0; i < plumb_net_size(net); i++) {
        double gradient = probe[i].output_grad;
        profile.nonfinite += probe[i].nonfinite;
        if (gradient > 0 && isfinite(gradient)) {
            profile.low = fmin(profile.low, log10(gradient));
            profile.high = fmax(profile.high, log10(gradient));
        }
        if (plumb_net_node(net, i)->parameters > 0) {
            profile.first = profile.first < 0 ? i : profile.first;
            profile.last = i;
            profile.layers++;
        }
    }
    if (profile.first >= 0 && probe[profile.last].output_grad > 0) {
        profile.decades = log10(probe[profile.first].output_grad) - log10(probe[profile.last].output_grad);
    }
    return profile;
}

/* ---- the table ----------------------------------------------------------------------------------------------- */

/* Figures that a layer does not have are "-". */
static void figure_cell(Grid *grid, State state, double value, char *(*text_of)(double, char *)) {
    char text[32];
    grid_cell(grid, state, "%s", isnan(value) ? "-" : text_of(value, text));
}

/* Of a layer's values: those that are not finite have none. */
static void value_cell(Grid *grid, const PlumbProbe *probe, State state, double value,
                       char *(*text_of)(double, char *)) {
    if (isnan(value) && probe->nonfinite) {
        grid_cell(grid, STATE_BROKEN, "nan");
    } else {
        figure_cell(grid, state, value, text_of);
    }
}

static char *exponent(double value, char *text) {
    return number_exponent(value, text);
}
static char *figure(double value, char *text) {
    return number_figure(value, text);
}
static char *percent(double value, char *text) {
    snprintf(text, 32, "%.0f %%", 100 * value);
    return text;
}

/* "64>10", or the shape where there is no single input. */
static void shape_cell(Grid *grid, const PlumbNet *net, const PlumbNode *node) {
    char in[64], out[64];
    if (node->input_count == 1 && node->parameters > 0) {
        plumb_shape_text(plumb_net_node(net, node->input[0])->shape, in);
        grid_cell(grid, STATE_PLAIN, "%s > %s", in, plumb_shape_text(node->shape, out));
    } else {
        grid_cell(grid, STATE_PLAIN, "%s", plumb_shape_text(node->shape, out));
    }
}

static State worse(State a, State b) {
    return a > b ? a : b;
}

/* Of the gradient that arrives, against the one at the last layer with weights. */
static State state_of_gradient(const PlumbProbe *probe, const PlumbProbe *last) {
    if (probe->nonfinite || (probe->output_grad == 0 && last->output_grad > 0)) {
        return STATE_BROKEN;
    }
    return last->output_grad > 0 ? state_of_decades(log10(probe->output_grad / last->output_grad)) : STATE_PLAIN;
}

/* The forecast is relative to its start: so it is shown as what it gives for the gradient measured there. */
double gradient_forecast(const PlumbForecast *forecast, const PlumbProbe *probe, int at) {
    return forecast ? forecast->node[at].output_grad * probe[forecast->start].output_grad : NAN;
}

static void add_layer(Grid *grid, const PlumbNet *net, const PlumbProbe *probes, const Profile *profile, int at,
                      int bar_width) {
    const PlumbNode *node = plumb_net_node(net, at);
    const PlumbProbe *probe = &probes[at];
    State state = profile->last < 0 ? STATE_PLAIN : state_of_gradient(probe, &probes[profile->last]);
    char bar[BAR_MAX + 1];
    bool weights = node->parameters > 0;
    grid_row(grid);
    grid_cell(grid, worse(state, STATE_PLAIN), "%s", node->name);
    shape_cell(grid, net, node);
    value_cell(grid, probe, STATE_PLAIN, probe->signal, figure);
    grid_cell(grid, state, "%s", bar_log(probe->output_grad, floor(profile->low), ceil(profile->high), bar_width, bar));
    value_cell(grid, probe, state, probe->output_grad, exponent);
    figure_cell(grid, STATE_PLAIN, gradient_forecast(profile->forecast, probes, at), exponent);
    figure_cell(grid, STATE_PLAIN, weights ? probe->grad_norm : NAN, exponent);
    figure_cell(grid, STATE_PLAIN, weights ? probe->weight_norm : NAN, figure);
    figure_cell(grid, state_of_update(probe->update_ratio), probe->update_ratio, exponent);
    value_cell(grid, probe, STATE_PLAIN, probe->mean, figure);
    value_cell(grid, probe, STATE_PLAIN, probe->std, figure);
    /* Half of a relu's outputs lie where its slope is 0: that is its work, and no saturation. */
    figure_cell(grid, isnan(probe->dead) ? state_of_share(probe->saturated) : STATE_PLAIN, probe->saturated, percent);
    figure_cell(grid, state_of_share(probe->dead), probe->dead, percent);
}

/* "1e-14     1e-7          1": the ends of the bars' scale. */
static void scale_text(const Profile *profile, int width, char text[BAR_MAX + 1]) {
    char low[16], high[16];
    int ends = snprintf(low, sizeof low, "1e%+03.0f", profile->low > profile->high ? 0 : floor(profile->low) + 0.0);
    ends += snprintf(high, sizeof high, "1e%+03.0f",
                     profile->low > profile->high ? 0 : ceil(profile->high) + 0.0); /* no -0 */
    snprintf(text, BAR_MAX + 1, "%s%*s%s", low, width > ends ? width - ends : 1, "", high);
}

/* 0: all layers are shown; else every so many of those with weights, so that no table scrolls away. */
static int rows_every(const PlumbNet *net) {
    int weighted = 0;
    for (int i = 0; i < plumb_net_size(net); i++) {
        weighted += plumb_net_node(net, i)->parameters > 0;
    }
    return plumb_net_size(net) <= ROWS_MOST ? 0 : (weighted + ROWS_MOST - 1) / ROWS_MOST;
}

/* The input has neither weights nor a gradient that is used. What is not finite is never left out, nor are the ends. */
static bool is_shown(const PlumbNet *net, const PlumbProbe *probe, const Profile *profile, int at, int every) {
    const PlumbNode *node = plumb_net_node(net, at);
    if (node->input_count == 0 || !every) {
        return node->input_count > 0;
    }
    int before = 0;
    for (int i = 0; i < at; i++) {
        before += plumb_net_node(net, i)->parameters > 0;
    }
    bool turn = node->parameters > 0 && before % every == 0;
    return turn || at == profile->last || (probe[at].nonfinite && !probe[at - 1].nonfinite);
}

static Grid *make_table(const PlumbNet *net, const PlumbProbe *probe, const Profile *profile, int bar_width) {
    char scale[BAR_MAX + 1];
    scale_text(profile, bar_width, scale);
    const Column column[] = {
        {.title = "layer", .align = ALIGN_LEFT},
        {.title = "shape", .align = ALIGN_LEFT, .rank = 6},
        {.over = "output", .title = "signal", .align = ALIGN_DECIMAL, .rank = 1},
        {.over = "gradient, log scale", .span = 2, .title = scale, .align = ALIGN_LEFT, .rank = 2, .before = bar_width},
        {.title = "rms", .align = ALIGN_RIGHT},
        {.title = "forecast", .align = ALIGN_RIGHT, .rank = 3},
        {.over = "weights'", .title = "gradient", .align = ALIGN_RIGHT, .rank = 7},
        {.over = "weight", .title = "norm", .align = ALIGN_DECIMAL, .rank = 4},
        {.over = "update", .title = "/ norm", .align = ALIGN_RIGHT, .rank = 3},
        {.over = "output", .title = "mean", .align = ALIGN_DECIMAL, .rank = 8},
        {.over = "output", .title = "std", .align = ALIGN_DECIMAL, .rank = 9},
        {.title = "saturated", .align = ALIGN_RIGHT, .rank = 5},
        {.title = "dead", .align = ALIGN_RIGHT, .rank = 5},
    };
    Grid *grid = grid_new(column, sizeof column / sizeof *column);
    int every = rows_every(net);
    for (int i = 0; grid && i < plumb_net_size(net); i++) {
        if (is_shown(net, probe, profile, i, every)) {
            add_layer(grid, net, probe, profile, i, bar_width);
        }
    }
    return grid;
}

/* ---- in words --------------------------------------------------------------------------------------------------- */

static void say_nonfinite(const Canvas *canvas, const PlumbNet *net, const PlumbProbe *probe) {
    int first = -1;
    int64_t total = 0;
    char count[32];
    for (int i = 0; i < plumb_net_size(net); i++) {
        first = probe[i].nonfinite && first < 0 ? i : first;
        total += probe[i].nonfinite;
    }
    if (total) {
        canvas_wrap(canvas, STATE_BROKEN, 2, "%s values are nan or inf, from %s on", number_grouped(total, count),
                    plumb_net_node(net, first)->name);
    }
}

State profile_text(const PlumbNet *net, const PlumbProbe *probe, const Profile *profile, char text[PROFILE_BYTES]) {
    text[0] = '\0';
    if (profile->first < 0 || profile->first == profile->last) {
        return STATE_PLAIN;
    }
    const char *first = plumb_net_node(net, profile->first)->name, *last = plumb_net_node(net, profile->last)->name;
    double decades = profile->decades;
    char each[32];
    if (probe[profile->first].output_grad == 0) {
        snprintf(text, PROFILE_BYTES, "nothing of the gradient arrives at %.80s: it is exactly 0", first);
        return STATE_BROKEN;
    }
    if (!isfinite(decades)) {
        snprintf(text, PROFILE_BYTES, "how the gradient changes from %.80s back to %.80s cannot be said", last, first);
        return STATE_BROKEN;
    }
    if (fabs(decades) < 0.5) {
        snprintf(text, PROFILE_BYTES, "the gradient keeps its size from %.80s back to %.80s: %+.1f decades", last,
                 first, decades);
        return STATE_PLAIN;
    }
    snprintf(text, PROFILE_BYTES, "the gradient %s %.1f decades from %.80s back to %.80s, %s a layer",
             decades < 0 ? "falls" : "grows", fabs(decades), last, first,
             number_figure(fabs(decades) / (profile->layers - 1), each));
    return state_of_decades(decades);
}

static void say_fall(const Canvas *canvas, const PlumbNet *net, const PlumbProbe *probe, const Profile *profile) {
    char text[PROFILE_BYTES];
    State state = profile_text(net, probe, profile, text);
    if (*text) {
        canvas_wrap(canvas, state, 2, "%s", text);
    }
}

static int ascending(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* Half of the layers are nearer to the forecast than this, in decades; NaN: nothing to compare. */
static double median_distance(const PlumbNet *net, const PlumbProbe *probe, const PlumbForecast *forecast) {
    double *distance = calloc((size_t)forecast->count, sizeof *distance), median = NAN;
    int count = 0;
    for (int i = 0; distance && i < forecast->count; i++) {
        double off = fabs(log10(probe[i].output_grad / gradient_forecast(forecast, probe, i)));
        if (isfinite(off) && i != forecast->start && plumb_net_node(net, i)->input_count > 0) {
            distance[count++] = off;
        }
    }
    if (count) {
        qsort(distance, (size_t)count, sizeof *distance, ascending);
        median = distance[count / 2];
    }
    free(distance);
    return median;
}

static void say_forecast(const Canvas *canvas, const PlumbNet *net, const PlumbProbe *probe,
                         const PlumbForecast *forecast) {
    double distance = forecast ? median_distance(net, probe, forecast) : NAN;
    if (!isnan(distance)) {
        canvas_wrap(canvas, STATE_PLAIN, 2,
                    "half of the layers are within %.2f decades of the forecast for first weights",
                    ceil(100 * distance) / 100);
    }
}

/* The bar takes what the other columns leave. */
void picture_gradients(const Canvas *canvas, const PlumbNet *net, const PlumbProbe *probe,
                       const PlumbForecast *forecast) {
    Profile profile = profile_of(net, probe);
    profile.forecast = forecast;
    Grid *grid = make_table(net, probe, &profile, BAR_WIDTH_LEAST);
    if (grid) {
        grid_layout(grid, canvas->width);
        int room = BAR_WIDTH_LEAST + canvas->width - grid_width(grid);
        grid_free(grid);
        grid = make_table(net, probe, &profile, room < BAR_WIDTH_MOST ? room : BAR_WIDTH_MOST);
    }
    say_nonfinite(canvas, net, probe);
    if (grid) {
        grid_print(grid, canvas);
    }
    grid_free(grid);
    if (rows_every(net) > 1) {
        canvas_wrap(canvas, STATE_PLAIN, 2, "one of %d layers with weights is shown; --json lists all",
                    rows_every(net));
    } else if (rows_every(net)) {
        canvas_wrap(canvas, STATE_PLAIN, 2, "only layers with weights are shown; --json lists all");
    }
    say_fall(canvas, net, probe, &profile);
    say_forecast(canvas, net, probe, forecast);
}
