/* sweep NET(arg=[...], ...) on DATA: every combination is trained with the same batches, then shown as a table. */
#include "../render/bar.h"
#include "../render/number.h"
#include "../render/pictures.h"
#include "../variants.h"
#include "training.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BAR_WIDTH = 16, SEEDS_MOST = 100, CHECKED_MOST = 50 };

/* ---- what is asked for ------------------------------------------------------------------------------------------- */

/* `seeds=5`. False: reported. */
static bool read_seeds(Session *session, const VerbCall *call, int *seeds) {
    const Tree *tree = call->count > 1 ? call->tree_of[1] : NULL;
    *seeds = 1;
    if (!tree) {
        return true;
    }
    bool known = tree->kind == TREE_ARGUMENT && !strcmp(tree->text, "seeds");
    Value *value = known ? session_evaluate(session, tree->child[0]) : NULL;
    bool fits = value &&
                (value->type == VALUE_UNKNOWN || (value->type == VALUE_NUMBER && value->number == rint(value->number) &&
                                                  value->number >= 1 && value->number <= SEEDS_MOST));
    if (!known || (value && !fits)) {
        session_error(session, tree->span, "sweep takes one net, and `seeds=` a whole number from 1 to %d", SEEDS_MOST);
    }
    *seeds = fits && value->type == VALUE_NUMBER ? (int)value->number : 1;
    value_drop(value);
    return fits;
}

/* The call of the trainings. Its operands are the nets; each that is done makes room for the list of its results, so
 * that a thousand of them need little memory, and a pause keeps all. */
typedef struct Sweep {
    Variants variants;
    VerbCall call;
    int seeds;
} Sweep;

static void sweep_close(Sweep *sweep) {
    for (int i = 0; i < sweep->call.count; i++) {
        value_drop(sweep->call.operand[i]);
    }
    free(sweep->call.operand);
    free(sweep->call.tree_of);
    variants_close(&sweep->variants);
}

static bool add_net(Session *session, Sweep *sweep, int index) {
    char suffix[32] = "";
    VerbCall *call = &sweep->call;
    if (sweep->seeds > 1) {
        snprintf(suffix, sizeof suffix, " seed %d", index % sweep->seeds + 1);
    }
    call->tree_of[index] = sweep->variants.call;
    call->operand[index] = variants_net(session, &sweep->variants, index / sweep->seeds, suffix);
    call->count += call->operand[index] != NULL;
    return call->operand[index];
}

/* `most` nets at most; the nets of one combination, one a seed, stand side by side. */
static bool sweep_open(Session *session, const VerbCall *call, Sweep *sweep, int most) {
    *sweep = (Sweep){.call = *call};
    sweep->call.count = 0;
    sweep->call.tree_of = NULL;
    sweep->call.operand = NULL;
    if (!read_seeds(session, call, &sweep->seeds) || !variants_open(session, call->tree_of[0], &sweep->variants)) {
        return false;
    }
    int count = sweep->variants.unknown ? 0 : sweep->variants.count * sweep->seeds;
    if (count > VARIANTS_MOST) {
        return session_error(session, call->tree->span, "these are %d trainings, and %d are the most", count,
                             VARIANTS_MOST);
    }
    count = count < most ? count : most;
    sweep->call.tree_of = calloc((size_t)count + 1, sizeof *sweep->call.tree_of);
    sweep->call.operand = calloc((size_t)count + 1, sizeof *sweep->call.operand);
    if (!sweep->call.tree_of || !sweep->call.operand) {
        return report_no_memory(session, call->tree->span);
    }
    for (int i = 0; i < count; i++) {
        if (!add_net(session, sweep, i)) {
            return false;
        }
    }
    return true;
}

/* ---- results ----------------------------------------------------------------------------------------------------- */

typedef enum { LOSS, TEST_LOSS, METRIC, GRAD_FIRST, GRAD_LAST, SECONDS, ALERTS, RESULTS } Result;
static const char *const result_names[RESULTS] = {"loss",      "test_loss", "metric",     "grad_first",
                                                  "grad_last", "seconds",   "alert_count"};

/* A list of numbers, by Result. NULL: no memory. */
static Value *results_of(const NetValue *net, const PlumbData *data) {
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
    const Variants *variants = &sweep->variants;
    int dimensions = variants->dimensions, count = 0;
    Column *column = calloc((size_t)dimensions + 8, sizeof *column);
    for (; column && count < dimensions; count++) {
        column[count] = (Column){.title = variants->dimension[count].name, .align = ALIGN_LEFT, .most = 20};
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
    Grid *grid = column ? grid_new(column, dimensions + FIGURES) : NULL;
    free(column);
    return grid;
}

static void add_row(Grid *grid, const Sweep *sweep, const PlumbData *data, int index, const Outcome *outcome,
                    bool best) {
    char text[32], other[32];
    double decades = log10(outcome->of[GRAD_FIRST] / outcome->of[GRAD_LAST]);
    State state = outcome->of[GRAD_LAST] > 0 ? state_of_decades(decades) : STATE_PLAIN;
    grid_row(grid);
    for (int i = 0; i < sweep->variants.dimensions; i++) {
        char *item = value_text(variants_item(&sweep->variants, index, i));
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
    int best = best_of(outcome, sweep->variants.count, data->classify);
    for (int i = 0; grid && i < sweep->variants.count; i++) {
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

static Grid *new_map(const Variants *variants, char **title) {
    const Value *list = variants->dimension[1].list;
    Column *column = calloc((size_t)list->list.count + 1, sizeof *column);
    if (!column) {
        return NULL;
    }
    column[0] = (Column){.title = variants->dimension[0].name, .align = ALIGN_LEFT, .most = 20};
    for (int i = 0; i < list->list.count; i++) {
        title[i] = value_text(list->list.item[i]);
        column[i + 1] = (Column){.title = title[i] ? title[i] : "?", .align = ALIGN_LEFT};
    }
    column[1].over = variants->dimension[1].name;
    column[1].span = list->list.count;
    Grid *grid = grid_new(column, list->list.count + 1);
    free(column);
    return grid;
}

/* The longer the bar in a cell, the better. */
static void fill_map(Grid *grid, const Sweep *sweep, const PlumbData *data, const Outcome *outcome) {
    const Variants *variants = &sweep->variants;
    int across = variants->dimension[1].list->list.count;
    for (int i = 0; i < variants->count; i++) {
        char text[32], bar[5] = "";
        double share = goodness(outcome, variants->count, outcome[i].of[METRIC], data->classify);
        if (i % across == 0) {
            char *item = value_text(variants_item(variants, i, 0));
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

static bool is_a_plane(const Variants *variants) {
    const Dimension *dimension = variants->dimension;
    return variants->dimensions == 2 && dimension[0].list->list.count > 1 && dimension[1].list->list.count > 1;
}

static void print_map(const Canvas *canvas, const Sweep *sweep, const PlumbData *data, const Outcome *outcome) {
    int across = sweep->variants.dimension[1].list->list.count;
    char **title = calloc((size_t)across + 1, sizeof *title);
    Grid *grid = title ? new_map(&sweep->variants, title) : NULL;
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
    char *name = variants_name(&sweep->variants, index);
    for (int i = 0; i < sweep->variants.dimensions; i++) {
        json_object_set_new(arguments, sweep->variants.dimension[i].name,
                            item_json(variants_item(&sweep->variants, index, i)));
    }
    json_object_set_new(object, "name", name ? json_text(name) : json_null());
    json_object_set_new(object, "arguments", arguments);
    for (int r = 0; r < RESULTS; r++) {
        json_object_set_new(object, result_names[r], json_figure(outcome->of[r]));
    }
    json_object_set_new(object, "metric_low", json_figure(outcome->low));
    json_object_set_new(object, "metric_high", json_figure(outcome->high));
    free(name);
    return object;
}

static bool finish(Session *session, const Sweep *sweep) {
    int count = sweep->variants.count;
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
    if (is_a_plane(&sweep->variants)) {
        print_map(&canvas, sweep, data, outcome);
    }
    fputc('\n', canvas.out);
    session_json(session, &sweep->call, NULL, object);
    free(outcome);
    return true;
}

/* ---- training ---------------------------------------------------------------------------------------------------- */

/* Weights, shuffles and dropout by this seed: a net's number among those of its combination is added. */
static bool set_seed(Session *session, double seed) {
    Value *value = value_number(seed);
    bool done = value && session_set(session, "seed", value, (Span){0});
    value_drop(value);
    return done;
}

static bool begin_one(Session *session, const Sweep *sweep, int index) {
    double seed = (double)session_config(session).seed;
    Training training;
    bool done =
        set_seed(session, seed + index % sweep->seeds) && training_make(session, &sweep->call, index, false, &training);
    done = set_seed(session, seed) && done;
    if (!done) {
        return false;
    }
    training_begin(&sweep->call, index, &training);
    if (index == 0) {
        char who[64];
        snprintf(who, sizeof who, "%d nets", sweep->call.count);
        training_title(session, &sweep->call, who);
    }
    return true;
}

/* The net goes, its results stay. */
static bool keep_results(Session *session, const Sweep *sweep, int index) {
    Value *net = sweep->call.operand[index], *results = results_of(net->net, data_of(sweep->call.on));
    if (!results) {
        return report_no_memory(session, sweep->call.tree->span);
    }
    sweep->call.operand[index] = results;
    value_drop(net);
    return true;
}

static PlumbOutcome train_all(Session *session, const Sweep *sweep) {
    for (int i = 0; i < sweep->call.count; i++) {
        const Value *net = sweep->call.operand[i];
        if (net->type != VALUE_NET) {
            continue; /* done before a pause */
        }
        if (!net->net->trainer && !begin_one(session, sweep, i)) {
            return PLUMB_FAILED;
        }
        PlumbOutcome outcome = training_run(session, &sweep->call, i, false);
        if (outcome == PLUMB_PAUSED || outcome == PLUMB_FAILED) {
            return outcome;
        }
        if (!keep_results(session, sweep, i)) {
            return PLUMB_FAILED;
        }
    }
    return PLUMB_DONE;
}

/* After a pause the nets are there as operands. */
static bool reopen(Session *session, const VerbCall *call, Sweep *sweep) {
    *sweep = (Sweep){.call = *call};
    VerbCall written = *call;
    written.tree_of = (const Tree *[]){call->tree->child[0], call->tree->child[1]};
    written.count = call->tree->child[1]->kind == TREE_CLAUSE ? 1 : 2;
    return read_seeds(session, &written, &sweep->seeds) &&
           variants_open(session, call->tree->child[0], &sweep->variants);
}

static bool run(Session *session, const VerbCall *call) {
    Sweep sweep;
    bool resumes = session_resuming(session);
    bool done = resumes ? reopen(session, call, &sweep)
                        : sweep_open(session, call, &sweep, VARIANTS_MOST) &&
                              training_takes_no_checkpoint(session, &sweep.call);
    if (done) {
        PlumbOutcome outcome = train_all(session, &sweep);
        done = outcome == PLUMB_PAUSED   ? session_pause(session, &sweep.call)
               : outcome == PLUMB_FAILED ? false
                                         : finish(session, &sweep);
    }
    if (resumes) {
        variants_close(&sweep.variants);
    } else {
        sweep_close(&sweep);
    }
    return done;
}

static void check(Session *session, const VerbCall *call) {
    Sweep sweep;
    if (sweep_open(session, call, &sweep, CHECKED_MOST)) {
        check_fits(session, &sweep.call);
    }
    sweep_close(&sweep);
}

const Verb verb_sweep = {
    .entry = {.name = "sweep",
              .kind = PLUMB_VERB,
              .family = "training",
              .summary =
                  "trains every combination of the items of the arguments' lists, with the same seed and batches; "
                  "with `seeds=5` each with five seeds, and shows medians and the range",
              .formula = "sweep NET(ARG=[...], ...) [, seeds=N] on DATA [with RECIPE]",
              .source = "Bouthillier et al. 2021, for the several seeds",
              .example = "sweep mlp(depth=[5, 10, 20], act=[relu, tanh]), seeds=3 on digits with quick"},
    .operands_min = 1,
    .operands_max = 2,
    .operands = TAKES_CONDITION,
    .clauses = CLAUSE_ON | CLAUSE_WITH,
    .required = CLAUSE_ON,
    .on_takes = TAKES_DATA,
    .run = run,
    .check = check,
};
