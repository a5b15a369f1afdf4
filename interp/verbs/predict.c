/* predict NET on VALUE|DATA [to FILE]: the outputs, row by row. */
#include "../render/number.h"
#include "../render/pictures.h"
#include "common.h"
#include <stdlib.h>
#include <string.h>

enum { ROWS_SHOWN = 20, OUTPUTS_SHOWN = 12 };

typedef struct Prediction {
    const PlumbData *data; /* names the classes; NULL: none */
    const PlumbPart *part; /* the rows' labels and targets; NULL: not known */
    plumb_real *own;       /* the rows of a VALUE; NULL: those of `part` */
    const plumb_real *x;
    int64_t rows, in, size; /* values of a row: in, and out */
    PlumbShape shape;       /* of the output */
    plumb_real *out;
} Prediction;

/* ---- the rows of a value ----------------------------------------------------------------------------------------- */

/* Numbers in a value, nested as they may be. -1: there is something else, or (unknown) only running tells. */
static int64_t count_numbers(const Value *value, const Value **odd) {
    if (value->type == VALUE_NUMBER) {
        return 1;
    }
    if (value->type == VALUE_TENSOR) {
        return plumb_shape_size(value->tensor.shape);
    }
    if (value->type != VALUE_LIST) {
        *odd = value;
        return -1;
    }
    int64_t total = 0;
    for (int i = 0; i < value->list.count; i++) {
        int64_t count = count_numbers(value->list.item[i], odd);
        if (count < 0) {
            return -1;
        }
        total += count;
    }
    return total;
}

static plumb_real *copy_numbers(const Value *value, plumb_real *to) {
    if (value->type == VALUE_NUMBER) {
        *to++ = (plumb_real)value->number;
    } else if (value->type == VALUE_TENSOR) {
        int64_t size = plumb_shape_size(value->tensor.shape);
        memcpy(to, value->tensor.value, (size_t)size * sizeof *to);
        to += size;
    } else {
        for (int i = 0; i < value->list.count; i++) {
            to = copy_numbers(value->list.item[i], to);
        }
    }
    return to;
}

/* A list of lists holds a row each; else the whole is as many rows as the input takes. */
static bool rows_fit(Session *session, const VerbCall *call, PlumbShape shape, int64_t count, int64_t *rows) {
    const Value *on = call->on, *odd;
    int64_t in = plumb_shape_size(shape), found = count;
    bool nested = on->type == VALUE_LIST && on->list.count && on->list.item[0]->type == VALUE_LIST, fits = count > 0;
    for (int i = 0; nested && fits && i < on->list.count; i++) {
        found = count_numbers(on->list.item[i], &odd);
        fits = found == in;
    }
    fits = fits && (on->type == VALUE_LIST && !nested ? count == in : count % in == 0);
    *rows = count / in;
    if (fits) {
        return true;
    }
    char text[64];
    PlumbError error = {.argument = -1};
    plumb_fail(&error, PLUMB_SHAPE_ERROR, "the values do not fill a row of the input of %s",
               call->operand[0]->net->name);
    snprintf(error.found, sizeof error.found, "%lld numbers", (long long)found);
    snprintf(error.expected, sizeof error.expected, "%s", plumb_shape_text(shape, text));
    return session_fail(session, call->on_tree->span, &error);
}

static bool value_fits(Session *session, const VerbCall *call, PlumbShape shape, int64_t *rows) {
    const Value *odd = NULL;
    int64_t count = count_numbers(call->on, &odd);
    if (count >= 0) {
        return rows_fit(session, call, shape, count, rows);
    }
    return session_error(session, call->on_tree->span,
                         "predict takes numbers, a list, a tensor or a data set; this holds %s", value_type_name(odd));
}

static bool data_fits(Session *session, const VerbCall *call, PlumbShape shape, const PlumbData *data) {
    if (plumb_shape_size(shape) == plumb_shape_size(data->x_shape)) {
        return true;
    }
    char text[64];
    PlumbError error = {.argument = -1};
    plumb_fail(&error, PLUMB_SHAPE_ERROR, "the rows of the data do not fit the input of %s",
               call->operand[0]->net->name);
    snprintf(error.found, sizeof error.found, "rows of %s", plumb_shape_text(data->x_shape, text));
    snprintf(error.expected, sizeof error.expected, "%s", plumb_shape_text(shape, text));
    return session_fail(session, call->on_tree->span, &error);
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

/* Classes are named by the data, or by that of the last training. */
static const PlumbData *data_that_names(const VerbCall *call, int64_t size) {
    const PlumbData *data = data_of(call->on) ? data_of(call->on) : data_of(call->operand[0]->net->trained_on);
    bool names = data && data->classify && data->label_count == 1 && (size == data->classes || size == 1);
    return names ? data : NULL;
}

static bool take_rows(Session *session, const VerbCall *call, PlumbShape shape, Prediction *made) {
    const PlumbData *data = data_of(call->on);
    if (data) {
        made->part = data->test.rows ? &data->test : &data->train;
        made->rows = made->part->rows;
        made->x = made->part->x;
        return data_fits(session, call, shape, data);
    }
    if (!value_fits(session, call, shape, &made->rows)) {
        return false;
    }
    made->own = malloc((size_t)(made->rows * made->in) * sizeof *made->own);
    if (!made->own) {
        return report_no_memory(session, call->on_tree->span);
    }
    copy_numbers(call->on, made->own);
    made->x = made->own;
    return true;
}

static bool predict(Session *session, const VerbCall *call, PlumbNet *net, Prediction *made) {
    PlumbShape shape = plumb_net_node(net, 0)->shape;
    PlumbConfig config = session_config(session);
    PlumbError error = {.argument = -1};
    made->shape = plumb_net_node(net, plumb_net_size(net) - 1)->shape;
    made->in = plumb_shape_size(shape);
    made->size = plumb_shape_size(made->shape);
    made->data = data_that_names(call, made->size);
    if (!take_rows(session, call, shape, made)) {
        return false;
    }
    made->out = malloc((size_t)(made->rows * made->size) * sizeof *made->out);
    if (!made->out) {
        return report_no_memory(session, call->tree->span);
    }
    return plumb_predict(net, made->x, made->rows, made->out, &config, &error) ||
           session_fail(session, call->tree_of[0]->span, &error);
}

/* ---- showing ----------------------------------------------------------------------------------------------------- */

/* The class of the largest output; with a single output, whether it is above 0. */
static const char *class_of(const Prediction *made, int64_t row) {
    const plumb_real *out = made->out + row * made->size;
    int best = 0;
    for (int i = 1; i < made->size; i++) {
        best = out[i] > out[best] ? i : best;
    }
    best = made->size == 1 ? out[0] > 0 : best;
    return best < made->data->classes ? made->data->class_name[best] : "?";
}

static bool has_labels(const Prediction *made) {
    return made->part && made->data && made->part->label;
}

static bool has_target(const Prediction *made) {
    return made->part && made->part->y && made->size == 1;
}

/* row, what it is, what it is taken for, then the outputs; the last outputs go first where the width is short. */
static int fill_columns(const Prediction *made, Column column[4 + OUTPUTS_SHOWN], char title[OUTPUTS_SHOWN][32]) {
    int count = 0, outputs = made->size < OUTPUTS_SHOWN ? (int)made->size : OUTPUTS_SHOWN;
    column[count++] = (Column){.title = "row", .align = ALIGN_RIGHT};
    if (has_labels(made)) {
        column[count++] = (Column){.title = "is", .align = ALIGN_LEFT};
    } else if (has_target(made)) {
        column[count++] = (Column){.title = "is", .align = ALIGN_DECIMAL};
    }
    if (made->data) {
        column[count++] = (Column){.title = "taken for", .align = ALIGN_LEFT};
    }
    for (int i = 0; i < outputs; i++) {
        snprintf(title[i], sizeof title[i], "output %d", i + 1);
        bool named = made->data && made->size == made->data->classes;
        column[count++] =
            (Column){.title = named ? class_shown(made->data, i) : title[i], .align = ALIGN_DECIMAL, .rank = i};
    }
    return count;
}

static void add_row(Grid *grid, const Prediction *made, int64_t row) {
    char text[32];
    const char *is = has_labels(made) ? class_shown(made->data, made->part->label[row]) : NULL;
    grid_row(grid);
    grid_cell(grid, STATE_PLAIN, "%lld", (long long)row + 1);
    if (is) {
        grid_cell(grid, STATE_PLAIN, "%s", is);
    } else if (has_target(made)) {
        grid_cell(grid, STATE_PLAIN, "%s", number_figure((double)made->part->y[row], text));
    }
    if (made->data) {
        const char *taken = class_of(made, row);
        grid_cell(grid, is && strcmp(is, taken) != 0 ? STATE_DOUBTFUL : STATE_PLAIN, "%s", taken);
    }
    for (int64_t i = 0; i < made->size && i < OUTPUTS_SHOWN; i++) {
        grid_cell(grid, STATE_PLAIN, "%s", number_figure((double)made->out[row * made->size + i], text));
    }
}

static void print_rows(const Canvas *canvas, const Prediction *made) {
    Column column[4 + OUTPUTS_SHOWN];
    char title[OUTPUTS_SHOWN][32], rest[32];
    Grid *grid = grid_new(column, fill_columns(made, column, title));
    for (int64_t row = 0; grid && row < made->rows && row < ROWS_SHOWN; row++) {
        add_row(grid, made, row);
    }
    if (grid) {
        grid_print(grid, canvas);
    }
    if (made->size > OUTPUTS_SHOWN) {
        canvas_wrap(canvas, STATE_PLAIN, 2, " the first %d of %lld outputs are shown", OUTPUTS_SHOWN,
                    (long long)made->size);
    }
    if (made->rows > ROWS_SHOWN) {
        canvas_wrap(canvas, STATE_PLAIN, 2, " %s more rows: to \"outputs.npy\" writes all of them",
                    number_grouped(made->rows - ROWS_SHOWN, rest));
    }
    grid_free(grid);
}

static json_t *prediction_json(const Prediction *made) {
    json_t *object = json_object(), *rows = json_array(), *classes = json_array();
    for (int64_t row = 0; row < made->rows; row++) {
        json_t *outputs = json_array();
        for (int64_t i = 0; i < made->size; i++) {
            json_array_append_new(outputs, json_figure((double)made->out[row * made->size + i]));
        }
        json_array_append_new(rows, outputs);
        if (made->data) {
            json_array_append_new(classes, json_text(class_of(made, row)));
        }
    }
    json_object_set_new(object, "outputs", rows);
    json_object_set_new(object, "classes", classes);
    return object;
}

/* ---- the verb ---------------------------------------------------------------------------------------------------- */

static bool can_be_written(Session *session, const VerbCall *call) {
    if (!call->to || call->to->type != VALUE_STRING || has_extension(call->to->string, ".npy")) {
        return true;
    }
    return session_error(session, call->to_tree->span, "predict writes outputs as .npy: to \"outputs.npy\"");
}

static bool write_outputs(Session *session, const VerbCall *call, const Prediction *made) {
    PlumbError error = {.argument = -1};
    Canvas canvas = session_canvas(session);
    char text[64], rows[32];
    if (!plumb_npy_save(call->to->string, made->shape, made->rows, made->out, session_files(session), &error)) {
        return session_fail(session, call->to_tree->span, &error);
    }
    session_wrote(session);
    canvas_wrap(&canvas, STATE_PLAIN, 4, "%s: %s rows of %s written to %s", call->operand[0]->net->name,
                number_grouped(made->rows, rows), plumb_shape_text(made->shape, text), call->to->string);
    return true;
}

static bool show_outputs(Session *session, const VerbCall *call, const Prediction *made) {
    Canvas canvas = session_canvas(session);
    if (call->to) {
        return write_outputs(session, call, made);
    }
    print_rows(&canvas, made);
    fputc('\n', canvas.out);
    return true;
}

static bool run(Session *session, const VerbCall *call) {
    Value *value = call->operand[0];
    PlumbNet *net = session_net(session, value, call->tree_of[0]->span);
    Prediction made = {0};
    bool done = net && can_be_written(session, call) && predict(session, call, net, &made) &&
                show_outputs(session, call, &made);
    if (done) {
        json_t *object = session_json_wanted(session) ? prediction_json(&made) : json_object();
        if (call->to) {
            json_object_set_new(object, "file", json_text(call->to->string));
        }
        session_json(session, call, value->net->name, object);
    }
    free(made.own);
    free(made.out);
    return done;
}

/* Is all of the value known while checking? */
static bool known(const Value *value) {
    const Value *odd = NULL;
    return count_numbers(value, &odd) >= 0 || odd->type != VALUE_UNKNOWN;
}

static void check(Session *session, const VerbCall *call) {
    can_be_written(session, call);
    const PlumbNet *net =
        call->operand[0]->type == VALUE_NET ? session_net(session, call->operand[0], call->tree_of[0]->span) : NULL;
    int64_t rows;
    if (!net || !net_known(net) || !call->on || call->on->type == VALUE_UNKNOWN) {
        return;
    }
    PlumbShape shape = plumb_net_node(net, 0)->shape;
    if (call->on->type != VALUE_DATA) {
        if (known(call->on)) {
            value_fits(session, call, shape, &rows);
        }
    } else if (data_of(call->on)) {
        data_fits(session, call, shape, data_of(call->on));
    }
}

const Verb verb_predict = {
    .entry = {.name = "predict",
              .kind = PLUMB_VERB,
              .family = "training",
              .summary = "the outputs of a net for numbers, or for the test part of a data set",
              .formula = "predict NET on VALUE|DATA [to FILE]",
              .source = "plumb",
              .example = "predict tiny on [5.1, 3.5, 1.4, 0.2]"},
    .operands_min = 1,
    .operands_max = 1,
    .operands = TAKES_NET,
    .clauses = CLAUSE_ON | CLAUSE_TO,
    .required = CLAUSE_ON,
    .on_takes = TAKES_ANY,
    .to_takes = TAKES_STRING,
    .run = run,
    .check = check,
};
