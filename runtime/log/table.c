/* Logs of lines: a table of one row a step (csv), and one JSON object a step and an epoch (jsonl). */
#include "log.h"
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

/* ---- csv ---------------------------------------------------------------------------------------------------------
 * step,epoch,loss,...,dense1.grad_norm,...,epoch_loss,test_loss,...: the last ones stand in the row of an epoch's last
 * step, those of layers in rows that log them; else the cells are empty. */

static void csv_open(PlumbLog *log) {
    fputs("step,epoch", log->stream);
    for (const LogColumn *column = log_step_columns; column->name; column++) {
        fprintf(log->stream, ",%s", column->name);
    }
    const LogFigure *figure;
    for (int i = 0; i < plumb_net_size(log->net); i++) {
        const PlumbNode *node = plumb_net_node(log->net, i);
        for (int j = 0; (figure = log_figure_at(j)); j++) {
            if (log_bears(node, figure)) {
                fprintf(log->stream, ",%s.%s", node->name, figure->name);
            }
        }
    }
    for (const LogColumn *column = log_epoch_columns; column->name; column++) {
        fprintf(log->stream, ",%s", column->name);
    }
    fputc('\n', log->stream);
}

/* NaN and infinity as pandas reads them. */
static void csv_number(FILE *out, double value) {
    if (isfinite(value)) {
        fprintf(out, ",%.9g", value);
    } else {
        fprintf(out, ",%s", isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
    }
}

static void csv_finish_row(PlumbLog *log, const PlumbEpoch *epoch) {
    for (const LogColumn *column = log_epoch_columns; log->row_is_open && column->name; column++) {
        if (epoch) {
            csv_number(log->stream, log_column_of(epoch, column));
        } else {
            fputc(',', log->stream);
        }
    }
    if (log->row_is_open) {
        fputc('\n', log->stream);
    }
    log->row_is_open = false;
}

static void csv_step(PlumbLog *log, const PlumbStep *step, const PlumbProbe *probe) {
    csv_finish_row(log, NULL);
    fprintf(log->stream, "%" PRId64 ",%d", step->step, step->epoch);
    for (const LogColumn *column = log_step_columns; column->name; column++) {
        csv_number(log->stream, log_column_of(step, column));
    }
    const LogFigure *figure;
    for (int i = 0; i < plumb_net_size(log->net); i++) {
        const PlumbNode *node = plumb_net_node(log->net, i);
        for (int j = 0; (figure = log_figure_at(j)); j++) {
            if (log_bears(node, figure) && probe) {
                csv_number(log->stream, log_figure_of(&probe[i], figure));
            } else if (log_bears(node, figure)) {
                fputc(',', log->stream);
            }
        }
    }
    log->row_is_open = true;
}

static void csv_epoch(PlumbLog *log, const PlumbEpoch *epoch) {
    csv_finish_row(log, epoch);
}

static void csv_end(PlumbLog *log) {
    csv_finish_row(log, NULL);
}

const LogFormat log_csv = {.ending = ".csv", .open = csv_open, .step = csv_step, .epoch = csv_epoch, .end = csv_end};

/* ---- jsonl ------------------------------------------------------------------------------------------------------- */

static void jsonl_nothing(PlumbLog *log) {
    (void)log;
}

/* JSON has no NaN. */
static json_t *number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static void add_columns(json_t *object, const void *from, const LogColumn *column) {
    for (; column->name; column++) {
        json_object_set_new(object, column->name, number(log_column_of(from, column)));
    }
}

static void print_line(PlumbLog *log, json_t *object) {
    json_dumpf(object, log->stream, JSON_COMPACT | JSON_REAL_PRECISION(9) | JSON_ENSURE_ASCII);
    fputc('\n', log->stream);
    json_decref(object);
}

static json_t *layers_json(const PlumbNet *net, const PlumbProbe *probe) {
    json_t *layers = json_object();
    const LogFigure *figure;
    for (int i = 0; i < plumb_net_size(net); i++) {
        const PlumbNode *node = plumb_net_node(net, i);
        json_t *layer = node->input_count ? json_object() : NULL;
        for (int j = 0; layer && (figure = log_figure_at(j)); j++) {
            if (log_bears(node, figure)) {
                json_object_set_new(layer, figure->name, number(log_figure_of(&probe[i], figure)));
            }
        }
        if (layer) {
            json_object_set_new(layers, node->name, layer);
        }
    }
    return layers;
}

static void jsonl_step(PlumbLog *log, const PlumbStep *step, const PlumbProbe *probe) {
    json_t *object = json_object();
    json_object_set_new(object, "step", json_integer(step->step));
    json_object_set_new(object, "epoch", json_integer(step->epoch));
    add_columns(object, step, log_step_columns);
    if (probe) {
        json_object_set_new(object, "layers", layers_json(log->net, probe));
    }
    print_line(log, object);
}

static void jsonl_epoch(PlumbLog *log, const PlumbEpoch *epoch) {
    json_t *object = json_object();
    json_object_set_new(object, "step", json_integer(epoch->step));
    json_object_set_new(object, "epoch", json_integer(epoch->epoch));
    add_columns(object, epoch, log_epoch_columns);
    print_line(log, object);
}

const LogFormat log_jsonl = {
    .ending = ".jsonl", .open = jsonl_nothing, .step = jsonl_step, .epoch = jsonl_epoch, .end = jsonl_nothing};
