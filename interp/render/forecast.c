/* What theory says of a net before any training: signal and gradient over the depth, the verdict, its causes. */
#include "bar.h"
#include "number.h"
#include "pictures.h"
#include <math.h>
#include <string.h>

enum { BAR_LEAST = 14, BAR_MOST = 48, ROWS_MOST = 24 };

/* ---- the table --------------------------------------------------------------------------------------------------- */

/* How near to the limit of its direction: 1 is ill. */
static double share_of_limit(const PlumbForecast *forecast, double decades) {
    return decades / (decades < 0 ? forecast->limits.vanishing : forecast->limits.exploding);
}

static bool is_ill(const PlumbForecast *forecast, double decades) {
    return share_of_limit(forecast, decades) > 1;
}

static State state_of_forecast(const PlumbForecast *forecast, double decades) {
    double share = share_of_limit(forecast, decades);
    return isnan(decades) ? STATE_PLAIN : share > 1 ? STATE_BROKEN : share >= 0.5 ? STATE_DOUBTFUL : STATE_HEALTHY;
}

/* Layers with drawn weights, and where theory ends. */
static bool has_row(const PlumbNet *net, const PlumbForecast *forecast, int at) {
    return *plumb_net_node(net, at)->init || forecast->node[at].refused;
}

/* Every how many rows one is shown: long nets are thinned, but for their first and last layer. */
static int stride_of(const PlumbNet *net, const PlumbForecast *forecast) {
    int rows = 0;
    for (int i = 0; i < forecast->count; i++) {
        rows += has_row(net, forecast, i);
    }
    return 1 + (rows - 1) / ROWS_MOST;
}

char *decades_text(double decades, char text[32]) {
    snprintf(text, 32, fabs(decades) < 0.05 ? "%.1f" : "%+.1f", fabs(decades) < 0.05 ? 0 : decades);
    return text;
}

static void figure_cell(Grid *grid, double value) {
    char text[32];
    grid_cell(grid, STATE_PLAIN, "%s", number_or_na(value, text));
}

static void add_layer(Grid *grid, const PlumbNet *net, const PlumbForecast *forecast, int at, const double range[2],
                      int width) {
    const PlumbForecastNode *node = &forecast->node[at];
    State state = state_of_forecast(forecast, node->decades);
    char bar[BAR_MAX + 1], decades[32];
    grid_row(grid);
    grid_cell(grid, STATE_PLAIN, "%s", plumb_net_node(net, at)->name);
    figure_cell(grid, sqrt(node->q));
    figure_cell(grid, node->gain);
    grid_cell(grid, state, "%s", bar_band(node->decades, node->low, node->high, range[0], range[1], width, bar));
    if (isnan(node->decades)) {
        grid_cell(grid, STATE_PLAIN, "n/a");
    } else if (isinf(node->decades)) {
        grid_cell(grid, STATE_BROKEN, "0");
    } else {
        grid_cell(grid, state, "%s", decades_text(node->decades, decades));
        grid_cell(grid, STATE_PLAIN, "+-%.1f", 0.5 * (node->high - node->low));
    }
}

/* Whole decades that hold all bars, and the output's 0. */
static void range_of(const PlumbForecast *forecast, double range[2]) {
    range[0] = range[1] = 0;
    for (int i = 0; i < forecast->count; i++) {
        if (isfinite(forecast->node[i].decades)) {
            range[0] = fmin(range[0], floor(forecast->node[i].low));
            range[1] = fmax(range[1], ceil(forecast->node[i].high));
        }
    }
    range[0] -= range[0] == range[1];
}

static Grid *make_table(const PlumbNet *net, const PlumbForecast *forecast, int width) {
    double range[2];
    char scale[BAR_MAX + 1], low[16];
    range_of(forecast, range);
    snprintf(low, sizeof low, "%.0f", range[0]);
    snprintf(scale, sizeof scale, "%s%*.0f", low, width - (int)strlen(low), range[1]);
    const Column column[] = {
        {.title = "layer", .align = ALIGN_LEFT},
        {.title = "signal", .align = ALIGN_DECIMAL, .rank = 2},
        {.title = "gain", .align = ALIGN_DECIMAL, .rank = 3},
        {.over = "gradient, decades to the output's",
         .span = 2,
         .title = scale,
         .align = ALIGN_LEFT,
         .rank = 1,
         .before = width},
        {.title = "", .align = ALIGN_RIGHT},
        {.title = "", .align = ALIGN_LEFT, .rank = 4},
    };
    Grid *grid = grid_new(column, sizeof column / sizeof *column);
    int stride = stride_of(net, forecast), row = 0, last = -1;
    for (int i = 0; i < forecast->count; i++) {
        last = has_row(net, forecast, i) ? i : last;
    }
    for (int i = 0; grid && i < forecast->count; i++) {
        if (has_row(net, forecast, i) && (row++ % stride == 0 || i == last)) {
            add_layer(grid, net, forecast, i, range, width);
        }
    }
    return grid;
}

/* The bar takes what the other columns leave. */
static void print_table(const Canvas *canvas, const PlumbNet *net, const PlumbForecast *forecast) {
    Grid *grid = make_table(net, forecast, BAR_LEAST);
    int stride = stride_of(net, forecast);
    if (grid) {
        grid_layout(grid, canvas->width);
        int room = BAR_LEAST + canvas->width - grid_width(grid);
        grid_free(grid);
        grid = make_table(net, forecast, room < BAR_MOST ? room : BAR_MOST);
    }
    if (grid) {
        grid_print(grid, canvas);
    }
    grid_free(grid);
    if (stride > 1) {
        canvas_wrap(canvas, STATE_PLAIN, 2, "  one layer in %d is shown", stride);
    }
}

/* ---- in words ---------------------------------------------------------------------------------------------------- */

enum { TEXT_BYTES = 192 };

static void slope_text(const PlumbForecast *forecast, const char *first, const char *last, char text[TEXT_BYTES]) {
    char decades[32];
    if (isinf(forecast->slope)) {
        snprintf(text, TEXT_BYTES, "nothing of the gradient arrives at %.50s: it is exactly 0", first);
    } else if (forecast->first == forecast->last) {
        snprintf(text, TEXT_BYTES, "%.50s is the only layer with drawn weights", first);
    } else if (fabs(forecast->slope) < 0.5) {
        snprintf(text, TEXT_BYTES, "the gradient keeps its size from %.50s back to %.50s: %s decades", last, first,
                 decades_text(forecast->slope, decades));
    } else {
        snprintf(text, TEXT_BYTES, "the gradient %s %.1f decades from %.50s back to %.50s",
                 forecast->slope < 0 ? "shrinks" : "grows", fabs(forecast->slope), last, first);
    }
}

/* The reason of the verdict. */
char *forecast_text(const PlumbNet *net, const PlumbForecast *forecast, char text[TEXT_BYTES]) {
    if (forecast->verdict == PLUMB_UNFORESEEN) {
        snprintf(text, TEXT_BYTES, "theory does not reach all layers");
        return text;
    }
    if (forecast->reason == PLUMB_OF_UNITS) {
        snprintf(text, TEXT_BYTES, "all units of %.50s begin with the same weights, and stay alike",
                 plumb_net_node(net, forecast->alike)->name);
        return text;
    }
    const char *first = plumb_net_node(net, forecast->first)->name, *last = plumb_net_node(net, forecast->last)->name;
    char left[32];
    switch (forecast->reason) {
    case PLUMB_OF_TIME:
        snprintf(text, TEXT_BYTES, "the gradient %s %.1f decades from the last time step back to the first",
                 forecast->time_slope < 0 ? "shrinks" : "grows", fabs(forecast->time_slope));
        break;
    case PLUMB_OF_DIFFERENCES:
        snprintf(text, TEXT_BYTES, "what two rows differ by is %s of the signal at %.50s",
                 number_figure(forecast->difference, left), last);
        break;
    case PLUMB_OF_DRAWS:
        snprintf(text, TEXT_BYTES,
                 "between draws of the weights the gradient differs by +-%.1f decades: %d layers are too many "
                 "for their width",
                 forecast->spread, forecast->depth + 1);
        break;
    case PLUMB_OF_STEPS:
        snprintf(text, TEXT_BYTES, "steps of this learning rate are %s times too large for %d layers that move at once",
                 number_figure(forecast->stride / forecast->limits.stride, left), forecast->depth + 1);
        break;
    case PLUMB_OF_REACH:
        snprintf(text, TEXT_BYTES,
                 "all steps of this training together move what tells rows apart by %s of what is asked",
                 number_figure(pow(10, forecast->reach), left));
        break;
    case PLUMB_OF_CURVATURE:
        snprintf(text, TEXT_BYTES,
                 forecast->adaptive ? "a step of this learning rate moves the outputs by %s times what targets vary by"
                                    : "steps of this learning rate are %s times what the curvature of the loss stands",
                 number_figure(pow(10, forecast->curvature), left));
        break;
    default:
        slope_text(forecast, first, last, text);
    }
    return text;
}

static void say_differences(const Canvas *canvas, const PlumbForecast *f) {
    char scale[32], decade[32], left[32];
    if (isfinite(f->depth_scale)) {
        canvas_wrap(canvas, STATE_PLAIN, 2,
                    "  depth scale %s layers: a small difference between two rows shrinks tenfold, against the signal, "
                    "every %s layers",
                    number_figure(f->depth_scale, scale), number_figure(2 * M_LN10 * f->depth_scale, decade));
    } else if (!isnan(f->depth_scale) && f->depth > 0) {
        canvas_wrap(canvas, STATE_PLAIN, 2, "  depth scale: none, small differences between rows do not shrink");
    }
    if (f->difference < 1e-2) {
        canvas_wrap(canvas, log10(f->difference) < f->limits.difference ? STATE_BROKEN : STATE_DOUBTFUL, 2,
                    "  what two rows differ by is %s of the signal at the last layer",
                    number_figure(f->difference, left));
    }
    if (fabs(f->signal_slope) >= 0.5) {
        canvas_wrap(canvas, state_of_forecast(f, f->signal_slope), 2, "  the signal %s %.1f decades over the depth",
                    f->signal_slope < 0 ? "shrinks" : "grows", fabs(f->signal_slope));
    }
    if (f->slope < 0 && is_ill(f, f->slope) && isfinite(f->underflow_depth)) {
        canvas_wrap(canvas, STATE_PLAIN, 2, "  a net of %.0f such layers would fall below what float32 holds",
                    f->underflow_depth);
    }
}

int forecast_cause(const PlumbForecast *forecast) {
    int most = 0;
    if (!is_ill(forecast, forecast->slope) || !isfinite(forecast->slope)) {
        return -1;
    }
    double sign = forecast->slope < 0 ? -1 : 1;
    for (int i = 1; i < PLUMB_CAUSES; i++) {
        most = sign * forecast->cause[i] > sign * forecast->cause[most] ? i : most;
    }
    return most;
}

static void say_causes(const Canvas *canvas, const PlumbForecast *forecast) {
    static const char *const about[PLUMB_CAUSES] = {
        [PLUMB_BY_ACTIVATION] = "slopes, against what their initialiser takes",
        [PLUMB_BY_INIT] = "inputs x Var(weight), against the same",
        [PLUMB_BY_NORM] = "what norms divide by",
        [PLUMB_BY_SKIP] = "links, and factors on branches",
        [PLUMB_BY_WIDTH] = "other widths, and what finite width loses",
        [PLUMB_BY_DROPOUT] = "what is kept grows by 1 / (1 - p)",
        [PLUMB_BY_GATES] = "factors on the way",
    };
    int most = forecast_cause(forecast);
    fprintf(canvas->out, "  what makes it %s, in decades over the depth:\n", forecast->slope < 0 ? "shrink" : "grow");
    for (int i = 0; i < PLUMB_CAUSES; i++) {
        char text[32];
        if (fabs(forecast->cause[i]) >= 0.05) {
            canvas_wrap(canvas, i == most ? STATE_DOUBTFUL : STATE_PLAIN, 20, "    %-10s %6s  %s%s",
                        plumb_cause_name(i), decades_text(forecast->cause[i], text), about[i],
                        i == most ? "  <- cause" : "");
        }
    }
}

static void say_verdict(const Canvas *canvas, const PlumbNet *net, const PlumbForecast *forecast,
                        const char *optimizer) {
    static const char *const name[] = {"HEALTHY", "VANISHES", "EXPLODES", "NO VERDICT"};
    char text[TEXT_BYTES];
    State state =
        forecast->verdict == PLUMB_HEALTHY || forecast->verdict == PLUMB_UNFORESEEN ? STATE_PLAIN : STATE_BROKEN;
    canvas_wrap(canvas, state, 2, "  %s (judged for %s): %s", name[forecast->verdict], optimizer,
                forecast_text(net, forecast, text));
}

/* Recurrent layers: what each step back in time takes of the gradient. */
static void say_time(const Canvas *canvas, const PlumbNet *net, const PlumbForecast *forecast) {
    for (int i = 0; i < forecast->count; i++) {
        double each = log10(forecast->node[i].time_gain);
        char steps[32], decades[32];
        if (isnan(each)) {
            continue;
        }
        if (fabs(each) < 0.002) {
            canvas_wrap(canvas, STATE_PLAIN, 2, "  %s: back in time the gradient keeps its size",
                        plumb_net_node(net, i)->name);
        } else {
            canvas_wrap(
                canvas, STATE_PLAIN, 2, "  %s: at each time step back the gradient %s by %s decades, %s every %s steps",
                plumb_net_node(net, i)->name, each < 0 ? "shrinks" : "grows", number_figure(fabs(each), decades),
                each < 0 ? "halved" : "doubled", number_figure(log10(2) / fabs(each), steps));
        }
    }
}

/* Where theory ends, and each approximation once. */
static void say_limits(const Canvas *canvas, const PlumbNet *net, const PlumbForecast *forecast) {
    for (int i = 0; i < forecast->count; i++) {
        const PlumbForecastNode *node = &forecast->node[i];
        if (node->refused) {
            canvas_wrap(canvas, STATE_DOUBTFUL, 2, "  theory ends at %s: %s", plumb_net_node(net, i)->name,
                        node->refused);
            break;
        }
    }
    for (int i = 0; i < forecast->count; i++) {
        const char *caution = forecast->node[i].caution;
        int same = 0, first = i;
        for (int j = 0; caution && j < forecast->count; j++) {
            bool equal = forecast->node[j].caution && !strcmp(forecast->node[j].caution, caution);
            same += equal;
            first = equal && j < first ? j : first;
        }
        if (caution && first == i) {
            char more[32] = "";
            snprintf(more, sizeof more, same > 1 ? " and %d more" : "%.0d", same - 1);
            canvas_wrap(canvas, STATE_PLAIN, 2, "  approximate at %s%s: %s", plumb_net_node(net, i)->name, more,
                        caution);
        }
    }
}

void picture_forecast(const Canvas *canvas, const PlumbNet *net, const PlumbForecast *forecast, const char *optimizer,
                      const PlumbRemedy *remedy, int remedies) {
    print_table(canvas, net, forecast);
    say_differences(canvas, forecast);
    say_time(canvas, net, forecast);
    say_limits(canvas, net, forecast);
    say_verdict(canvas, net, forecast, optimizer);
    if (forecast_cause(forecast) >= 0) {
        say_causes(canvas, forecast);
    }
    if (remedies) {
        fprintf(canvas->out, "  what changes it, by forecast:\n");
    }
    int width = 24;
    for (int i = 0; i < remedies; i++) {
        int length = (int)strlen(remedy[i].text);
        width = length > width ? length : width;
    }
    for (int i = 0; i < remedies; i++) {
        char slope[32];
        canvas_wrap(canvas, STATE_PLAIN, 6, "    %-*s %6s decades", width, remedy[i].text,
                    decades_text(remedy[i].slope, slope));
    }
}
