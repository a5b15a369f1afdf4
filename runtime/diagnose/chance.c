/* The loss of the best constant output: where a net stands that has learnt nothing of its inputs. */
#include "../core/error.h"
#include "../train/step.h"
#include <math.h>
#include <stdlib.h>

enum { VALUES_MOST = 200000 }; /* of so many outputs the first rows stand for all */

/* Logits of the labels' frequencies at every place of the row; for one output a class, or one for two classes. */
static bool frequencies(const PlumbData *data, int64_t rows, int n, real *out) {
    double *count = calloc((size_t)data->classes + 1, sizeof *count);
    int64_t labels = rows * data->label_count;
    for (int64_t i = 0; count && i < labels; i++) {
        int32_t label = data->train.label[i];
        if (label >= 0 && label < data->classes) {
            count[label]++;
        }
    }
    int outputs = n / data->label_count;
    for (int i = 0; count && i < n; i++) {
        double own = count[outputs == 1 ? 1 : i % outputs], other = outputs == 1 ? count[0] : (double)labels;
        out[i] = (real)(log(fmax(own, 1e-9)) - log(fmax(other, 1e-9)));
    }
    free(count);
    return count;
}

static void means(const PlumbData *data, int64_t rows, int n, real *out) {
    for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t row = 0; row < rows; row++) {
            sum += (double)data->train.y[row * n + i];
        }
        out[i] = (real)(sum / (double)rows);
    }
}

static bool labels_fit(const PlumbData *data, int64_t rows) {
    for (int64_t i = 0; data->train.label && i < rows * data->label_count; i++) {
        if (data->train.label[i] < 0 || data->train.label[i] >= data->classes) {
            return false;
        }
    }
    return true;
}

/* Row after row: `row` says the rest. */
static double loss_of_constant(const PlumbData *data, LossRows row, int64_t rows, const real *out) {
    const Loss *loss = (const Loss *)row.call->entry;
    double sum = 0, total = loss_total(&row, data->train.label, NULL, rows);
    row.rows = 1;
    row.total = 1;
    row.out = out;
    for (int64_t i = 0; i < rows; i++) {
        row.label = data->train.label ? data->train.label + i * row.labels : NULL;
        row.y = data->train.y ? data->train.y + i * row.n : NULL;
        sum += loss->run(NULL, &row, NULL);
    }
    return sum / total;
}

static double chance_of(const PlumbNet *net, const PlumbData *data, const PlumbCall *call, real *out, int n) {
    int64_t most = 1 + VALUES_MOST / n, rows = data->train.rows < most ? data->train.rows : most;
    LossRows row;
    if (!loss_rows(net, data, call, &row, NULL) || !labels_fit(data, rows)) {
        return NAN;
    }
    if (data->train.y) {
        means(data, rows, n, out);
    } else if (!frequencies(data, rows, n, out)) {
        return NAN;
    }
    return loss_of_constant(data, row, rows, out);
}

double plumb_loss_at_chance(const PlumbNet *net, const PlumbData *data, const PlumbCall *recipe) {
    const PlumbCall *loss = recipe ? plumb_call_call(recipe, "loss") : NULL;
    if (!data || !recipe || data->train.rows < 1 || !plumb_net_fits(net, data, loss, NULL)) {
        return NAN;
    }
    int n = (int)plumb_shape_size(plumb_net_node(net, plumb_net_size(net) - 1)->shape);
    PlumbArena *arena = plumb_arena_new();
    const PlumbCall *call = arena ? loss_of(data, loss, arena, NULL) : NULL;
    real *out = call ? calloc((size_t)n, sizeof *out) : NULL;
    double chance = out ? chance_of(net, data, call, out, n) : NAN;
    free(out);
    plumb_arena_free(arena);
    return chance;
}
