/* Results of a sweep: a table, a map where two lists vary, JSON. */
#include "../render/number.h"
#include "../render/pictures.h"
#include "sweep.h"
#include "training.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- results ----------------------------------------------------------------------------------------------------- */

typedef enum { LOSS, TEST_LOSS, METRIC, GRAD_FIRST, GRAD_LAST, SECONDS, ALERTS, RESULTS } Result;
static const char *const result_names[RESULTS] = {"loss",      "test_loss", "metric",     "grad_first",
                                                  "grad_last", "seconds",   "alert_count"};

/* By Result. */
Value *sweep_results(const NetValue *net, const PlumbData *data) {
    const PlumbEpoch *epoch, none = {.loss = NAN, .test_loss = NAN, .metric = NAN, .test_metric = NAN};
    int epochs = net_value_history(net, &epoch);
    const PlumbEpoch *last = epochs ? &epoch[epochs - 1] : &none;
    const double number[RESULTS] = {last->loss,
                                    last->test_loss,
                                    epoch_metric(last, data),
                                    last->grad_first,
                                    last->grad_last,
                                    last->seconds,
                                    (double)json_array_size(net->alerts)};
    return value_numbers(number, RESULTS);
}

typedef struct Outcome { /* of one combination: medians over the seeds */
    double of[RESULTS];
    double low, high; /* of the metric */
} Outcome;

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return isnan(x) ? !isnan(y) : isnan(y) ? -1 : (x > y) - (x < y);
}

/* What is not a number is worse than any: it stands last. */
static double median(double *value, int count) {
    qsort(value, (size_t)count, sizeof *value, ascending);
    return count % 2 ? value[count / 2] : (value[count / 2 - 1] + value[count / 2]) / 2;
}

static Outcome outcome_of(const Sweep *sweep, int index) {
    Outcome outcome;
    double value[SEEDS_MOST];
    for (int r = 0; r < RESULTS; r++) {
        for (int i = 0; i < sweep->seeds; i++) {
            value[i] = sweep->call.operand[index * sweep->seeds + i]->list.item[r]->number;
        }
        outcome.of[r] = median(value, sweep->seeds);
        if (r == METRIC) {
            outcome.low = value[0];
            outcome.high = value[sweep->seeds - 1];
        }
    }
    return outcome;
}

/* Accuracy is better high, an error low; of equal ones the lower loss. */
static bool is_better(const Outcome *one, const Outcome *other, bool high_is_good) {
    double a = one->of[METRIC], b = other->of[METRIC];
    Result loss = isnan(one->of[TEST_LOSS]) ? LOSS : TEST_LOSS;
    return a == b ? one->of[loss] < other->of[loss] : isnan(b) || (high_is_good ? a > b : a < b);
}

static int best_of(const Outcome *outcome, int count, bool high_is_good) {
    int best = -1;
    for (int i = 0; i < count; i++) {
        if (!isnan(outcome[i].of[METRIC]) && (best < 0 || is_better(&outcome[i], &outcome[best], high_is_good))) {
            best = i;
        }
    }
    return best;
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static Grid *new_table(const Sweep *sweep, const PlumbData *data) {
    int count = 0;
    Column *column = calloc((size_t)sweep_dimensions(sweep) + 8, sizeof *column);
    for (; column && count < sweep_dimensions(sweep); count++) {
        column[count] = (Column){.title = sweep_dimension(sweep, count)->name, .align = ALIGN_LEFT, .most = 20};
    }
    const Column figures[] = {
        {.title = "loss", .align = ALIGN_DECIMAL, .rank = 2},
        {.title = data->test.rows ? "test" : "", .align = ALIGN_DECIMAL, .rank = 3},
        {.title = metric_name(data), .align = ALIGN_DECIMAL},
        {.title = sweep->seeds > 1 ? "from .. to" : "", .align = ALIGN_LEFT, .rank = 1},
        {.over = "gradient", .span = 2, .title = "first", .align = ALIGN_RIGHT, .before = 8, .rank = 4},
        {.title = ".. last", .align = ALIGN_RIGHT, .rank = 5},
        {.title = "time", .align = ALIGN_RIGHT, .rank = 6},
        {.title = "", .align = ALIGN_LEFT},
    };
    enum { FIGURES = sizeof figures / sizeof *figures };
    if (column) {
        memcpy(column + count, figures, sizeof figures);
    }
    Grid *grid = column ? grid_new(column, sweep_dimensions(sweep) + FIGURES) : NULL;
    free(column);
    return grid;
}

static void add_row(Grid *grid, const Sweep *sweep, const PlumbData *data, int index, const Outcome *outcome,
                    bool best) {
    char text[32], other[32];
    double decades = log10(outcome->of[GRAD_FIRST] / outcome->of[GRAD_LAST]);
    State state = outcome->of[GRAD_LAST] > 0 ? state_of_decades(decades) : STATE_PLAIN;
    grid_row(grid);
    for (int i = 0; i < sweep_dimensions(sweep); i++) {
        char *item = value_text(sweep_item(sweep, index, i));
        grid_cell(grid, STATE_PLAIN, "%s", item ? item : "?");
        free(item);
    }
    grid_cell(grid, isfinite(outcome->of[LOSS]) ? STATE_PLAIN : STATE_BROKEN, "%s",
              number_figure(outcome->of[LOSS], text));
    grid_cell(grid, STATE_PLAIN, "%s", data->test.rows ? number_figure(outcome->of[TEST_LOSS], text) : "");
    grid_cell(grid, STATE_PLAIN, "%s", metric_text(outcome->of[METRIC], data, text));
    bool ranges = sweep->seeds > 1;
    grid_cell(grid, STATE_PLAIN, "%s%s%s", ranges ? metric_text(outcome->low, data, text) : "", ranges ? " .. " : "",
              ranges ? metric_text(outcome->high, data, other) : "");
    grid_cell(grid, state, "%s", number_exponent(outcome->of[GRAD_FIRST], text));
    grid_cell(grid, STATE_PLAIN, "%s", number_exponent(outcome->of[GRAD_LAST], text));
    grid_cell(grid, STATE_PLAIN, "%s", number_seconds(outcome->of[SECONDS], text));
    grid_cell(grid, STATE_PLAIN, "%s", best ? "best" : "");
}

static void print_table(const Canvas *canvas, const Sweep *sweep, const PlumbData *data, const Outcome *outcome) {
    Grid *grid = new_table(sweep, data);
    int best = best_of(outcome, sweep_combinations(sweep), data->classify);
    for (int i = 0; grid && i < sweep_combinations(sweep); i++) {
        add_row(grid, sweep, data, i, &outcome[i], i == best);
    }
    if (grid) {
        grid_print(grid, canvas);
    }
    grid_free(grid);
}

/* ---- the heat map ------------------------------------------------------------------------------------------------ */

/* How good a metric is among all, 0 to 1; NaN: it is none. */
static double goodness(const Outcome *outcome, int count, double metric, bool high_is_good) {
    double low = INFINITY, high = -INFINITY;
    for (int i = 0; i < count; i++) {
        low = fmin(low, outcome[i].of[METRIC]);
        high = fmax(high, outcome[i].of[METRIC]);
    }
    double share = high > low ? (metric - low) / (high - low) : 1;
    return high_is_good ? share : 1 - share;
}

static Grid *new_map(const Sweep *sweep, char **title) {
    const Value *list = sweep_dimension(sweep, 1)->list;
    Column *column = calloc((size_t)list->list.count + 1, sizeof *column);
    if (!column) {
        return NULL;
    }
    column[0] = (Column){.title = sweep_dimension(sweep, 0)->name, .align = ALIGN_LEFT, .most = 20};
    for (int i = 0; i < list->list.count; i++) {
        title[i] = value_text(list->list.item[i]);
        column[i + 1] = (Column){.title = title[i] ? title[i] : "?", .align = ALIGN_LEFT};
    }
    column[1].over = sweep_dimension(sweep, 1)->name;
    column[1].span = list->list.count;
    Grid *grid = grid_new(column, list->list.count + 1);
    free(column);
    return grid;
}

/* The longer the bar in a cell, the better. */
static void fill_map(Grid *grid, const Sweep *sweep, const PlumbData *data, const Outcome *outcome) {
    int across = sweep_dimension(sweep, 1)->list->list.count;
    for (int i = 0; i < sweep_combinations(sweep); i++) {
        char text[32], bar[5] = "";
        double share = goodness(outcome, sweep_combinations(sweep), outcome[i].of[METRIC], data->classify);
        if (i % across == 0) {
            char *item = value_text(sweep_item(sweep, i, 0));
            grid_row(grid);
            grid_cell(grid, STATE_PLAIN, "%s", item ? item : "?");
            free(item);
        }
        for (int j = 0; j < 4 && isfinite(share); j++) {
            bar[j] = j <= share * 3.999 ? '#' : '.';
        }
        grid_cell(grid, STATE_PLAIN, "%s %s", bar, metric_text(outcome[i].of[METRIC], data, text));
    }
}

static bool is_a_plane(const Sweep *sweep) {
    return sweep_dimensions(sweep) == 2 && sweep_dimension(sweep, 0)->list->list.count > 1 &&
           sweep_dimension(sweep, 1)->list->list.count > 1;
}

static void print_map(const Canvas *canvas, const Sweep *sweep, const PlumbData *data, const Outcome *outcome) {
    int across = sweep_dimension(sweep, 1)->list->list.count;
    char **title = calloc((size_t)across + 1, sizeof *title);
    Grid *grid = title ? new_map(sweep, title) : NULL;
    if (grid) {
        fill_map(grid, sweep, data, outcome);
        fprintf(canvas->out, "\n %s\n", metric_name(data));
        grid_print(grid, canvas);
    }
    grid_free(grid);
    for (int i = 0; title && i < across; i++) {
        free(title[i]);
    }
    free(title);
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static json_t *item_json(const Value *value) {
    char *text = value->type == VALUE_NUMBER || value->type == VALUE_BOOL ? NULL : value_text(value);
    json_t *json = value->type == VALUE_NUMBER ? json_figure(value->number)
                   : value->type == VALUE_BOOL ? json_boolean(value->boolean)
                   : text                      ? json_text(text)
                                               : json_null();
    free(text);
    return json;
}

static json_t *outcome_json(const Sweep *sweep, int index, const Outcome *outcome) {
    json_t *object = json_object(), *arguments = json_object();
    char *net = variants_name(&sweep->variants, index / sweep->recipes.count), *settings = sweep_settings(sweep, index);
    char *name = NULL;
    for (int i = 0; i < sweep_dimensions(sweep); i++) {
        json_object_set_new(arguments, sweep_dimension(sweep, i)->name, item_json(sweep_item(sweep, index, i)));
    }
    if (!net || !settings || asprintf(&name, "%s%s", net, settings) < 0) {
        name = NULL;
    }
    json_object_set_new(object, "name", name ? json_text(name) : json_null());
    json_object_set_new(object, "arguments", arguments);
    for (int r = 0; r < RESULTS; r++) {
        json_object_set_new(object, result_names[r], json_figure(outcome->of[r]));
    }
    json_object_set_new(object, "metric_low", json_figure(outcome->low));
    json_object_set_new(object, "metric_high", json_figure(outcome->high));
    free(net);
    free(settings);
    free(name);
    return object;
}

bool sweep_show(Session *session, const Sweep *sweep) {
    int count = sweep_combinations(sweep);
    const PlumbData *data = data_of(sweep->call.on);
    Outcome *outcome = calloc((size_t)count, sizeof *outcome);
    Canvas canvas = session_canvas(session);
    json_t *object = json_object(), *runs = json_array();
    for (int i = 0; outcome && i < count; i++) {
        outcome[i] = outcome_of(sweep, i);
        json_array_append_new(runs, outcome_json(sweep, i, &outcome[i]));
    }
    json_object_set_new(object, "seeds", json_integer(sweep->seeds));
    json_object_set_new(object, "runs", runs);
    if (!outcome) {
        json_decref(object);
        return report_no_memory(session, sweep->call.tree->span);
    }
    print_table(&canvas, sweep, data, outcome);
    if (is_a_plane(sweep)) {
        print_map(&canvas, sweep, data, outcome);
    }
    fputc('\n', canvas.out);
    session_json(session, &sweep->call, NULL, object);
    free(outcome);
    return true;
}
