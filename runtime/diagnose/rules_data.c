/* Rows that cannot be learnt from, and outputs that do not fit what is asked of them. */
#include "../train/parts.h"
#include "rules.h"
#include "walk.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- the rows ---------------------------------------------------------------------------------------------------- */

enum { ROWS_MOST = 10000 };

typedef struct Columns { /* of the inputs of the train part */
    int64_t nonfinite;
    int constant, count;
    double rms, least, most; /* of all values; of the standard deviations of columns that are not constant */
} Columns;

static Columns columns_of(const PlumbData *data) {
    int n = (int)plumb_shape_size(data->x_shape);
    int64_t rows = data->train.rows < ROWS_MOST ? data->train.rows : ROWS_MOST;
    Columns columns = {.count = n, .least = INFINITY};
    double squares = 0, values = 0;
    for (int c = 0; c < n; c++) {
        double sum = 0, square = 0, count = 0;
        for (int64_t r = 0; r < rows; r++) {
            double x = (double)data->train.x[r * n + c];
            columns.nonfinite += !isfinite(x);
            sum += isfinite(x) ? x : 0;
            square += isfinite(x) ? x * x : 0;
            count += isfinite(x);
        }
        double variance = square / count - (sum / count) * (sum / count), std = sqrt(fmax(variance, 0));
        bool is_constant = !(variance > 1e-10 * square / count);
        columns.constant += is_constant;
        columns.least = is_constant ? columns.least : fmin(columns.least, std);
        columns.most = is_constant ? columns.most : fmax(columns.most, std);
        squares += square;
        values += count;
    }
    columns.rms = sqrt(squares / values);
    return columns;
}

double input_rms(const PlumbData *data) {
    return data ? columns_of(data).rms : NAN;
}

static bool labels_are_wrong(Patient *patient, PlumbFinding *finding) {
    const PlumbData *data = patient->about->data;
    int64_t outside = 0, other = 0;
    for (int64_t i = 0; data->classify && i < data->train.rows * data->label_count; i++) {
        outside += data->train.label[i] < 0 || data->train.label[i] >= data->classes;
        other += data->train.label[i] != data->train.label[0];
    }
    if (outside) {
        finding->evidence = say(patient, "%lld labels are not among the %d classes", (long long)outside, data->classes);
        finding->cause = "labels count from 0";
        return true;
    }
    if (data->classify && !other && data->train.rows > 1) {
        finding->evidence = say(patient, "all %lld rows of the train part have one label", (long long)data->train.rows);
        finding->cause = "there is nothing to tell apart";
        return true;
    }
    return false;
}

static int64_t nonfinite_targets(const PlumbData *data) {
    int64_t count = 0, values = data->train.y ? data->train.rows * plumb_shape_size(data->y_shape) : 0;
    for (int64_t i = 0; i < values; i++) {
        count += !isfinite(data->train.y[i]);
    }
    return count;
}

bool judge_bad_data(Patient *patient, PlumbFinding *finding) {
    const PlumbData *data = patient->about->data;
    if (!data || data->train.rows < 1) {
        return false;
    }
    Columns columns = columns_of(data);
    int64_t nonfinite = columns.nonfinite + nonfinite_targets(data);
    finding->severity = PLUMB_SEVERE;
    if (nonfinite) {
        finding->evidence = say(patient, "%lld values of the train part are not finite", (long long)nonfinite);
        finding->cause = "the file has them";
        return true;
    }
    if (labels_are_wrong(patient, finding)) {
        return true;
    }
    finding->remedy = "scale=standard";
    finding->severity = patient->trained ? PLUMB_SEVERE : PLUMB_MILD;
    if (columns.constant == columns.count) {
        finding->evidence = say(patient, "all %d features are the same in every row", columns.count);
        finding->cause = "they tell nothing";
        finding->remedy = "";
        return true;
    }
    bool large = columns.rms > 10 || columns.rms<0.01, uneven = columns.most> 1e3 * columns.least;
    if (!(large || uneven) || !is_unsolved(patient) || reads_any_scale(patient->about->net)) {
        return false;
    }
    finding->evidence = say(patient, "inputs of rms %.3g; their standard deviations go from %.2g to %.2g", columns.rms,
                            columns.least, columns.most);
    finding->cause = "the first layer's weights are drawn for inputs of about 1";
    return true;
}

/* ---- the output -------------------------------------------------------------------------------------------------- */

typedef struct Range {
    double low, high;
} Range;

static Range targets_of(const PlumbData *data) {
    Range range = {INFINITY, -INFINITY};
    int64_t values = data->train.rows * plumb_shape_size(data->y_shape);
    for (int64_t i = 0; i < values; i++) {
        range.low = fmin(range.low, (double)data->train.y[i]);
        range.high = fmax(range.high, (double)data->train.y[i]);
    }
    return range;
}

/* What the activation can say. Open ends: infinite. */
static Range outputs_of(const PlumbCall *call) {
    switch (layer_of(call)->act) {
    case ACT_SIGMOID:
    case ACT_HARD_SIGMOID:
        return (Range){0, 1};
    case ACT_TANH:
    case ACT_SOFTSIGN:
    case ACT_HARD_TANH:
        return (Range){-1, 1};
    case ACT_RELU:
    case ACT_SOFTPLUS:
        return (Range){0, INFINITY};
    case ACT_RELU6:
        return (Range){0, 6};
    default:
        return (Range){-INFINITY, INFINITY};
    }
}

/* The loss takes any number and turns it into probabilities itself. log_softmax leaves them as they are. */
static bool squeezes_logits(Patient *patient, PlumbFinding *finding, const PlumbCall *last, const char *loss) {
    const char *name = last->entry->name;
    bool softmax = !strcmp(name, "softmax");
    Range range = last->entry->kind == PLUMB_ACTIVATION ? outputs_of(last) : (Range){-INFINITY, INFINITY};
    if (!softmax && isinf(range.low) && isinf(range.high)) {
        return false;
    }
    const char *inside = !strcmp(loss, "cross_entropy") ? "softmax" : "sigmoid";
    finding->evidence = say(patient, "the last layer is %s, and %s takes the %s of it", name, loss, inside);
    finding->cause = !strcmp(name, inside) ? say(patient, "%s twice", inside)
                                           : say(patient, "%s leaves %s too little room", name, loss);
    return true;
}

static bool misses_targets(Patient *patient, PlumbFinding *finding, const PlumbCall *last) {
    Range can = last->entry->kind == PLUMB_ACTIVATION ? outputs_of(last) : (Range){-INFINITY, INFINITY};
    can = layer_of(last)->probabilities ? (Range){0, 1} : can;
    Range wanted = targets_of(patient->about->data);
    if (wanted.low >= can.low - 0.01 && wanted.high <= can.high + 0.01) {
        return false;
    }
    finding->evidence = say(patient, "targets go from %.3g to %.3g, the last layer %s from %.3g to %.3g", wanted.low,
                            wanted.high, last->entry->name, can.low, can.high);
    finding->cause = say(patient, "%s cannot say what is asked", last->entry->name);
    return true;
}

/* The layer before the last, which is then the output. */
static const char *without_last(Patient *patient, int last) {
    const PlumbNet *net = patient->about->net;
    char *text = plumb_call_text(plumb_net_node(net, plumb_net_node(net, last)->input[0])->call);
    const char *remedy = text ? say(patient, "%s as the last layer", text) : "";
    patient->failed = patient->failed || !text;
    free(text);
    return remedy;
}

bool judge_wrong_output(Patient *patient, PlumbFinding *finding) {
    const PlumbCase *about = patient->about;
    int last = plumb_net_size(about->net) - 1;
    int *layer = plumb_arena_alloc(patient->arena, sizeof *layer);
    if (!layer || !about->data || about->data->train.rows < 1 || !about->recipe) {
        patient->failed = patient->failed || !layer;
        return false;
    }
    const PlumbCall *call = plumb_net_node(about->net, last)->call, *chosen = plumb_call_call(about->recipe, "loss");
    const char *loss = chosen ? chosen->entry->name : about->data->classify ? "cross_entropy" : "mse";
    bool logits = !strcmp(loss, "cross_entropy") || !strcmp(loss, "binary_cross_entropy");
    *layer = last;
    finding->layer = layer;
    finding->layers = 1;
    finding->severity = PLUMB_SEVERE;
    finding->remedy = without_last(patient, last);
    return logits                 ? squeezes_logits(patient, finding, call, loss)
           : about->data->train.y ? misses_targets(patient, finding, call)
                                  : false;
}
