/* Fields of nets: their layers by name, the figures of training and evaluation, and the history of the epochs. */
#include "parts.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what was measured ----------------------------------------------------------------------------------------- */

void not_measured(const NetValue *net, const char *done, const char *verb, PlumbError *error) {
    plumb_fail(error, PLUMB_ARGUMENT_ERROR, "%.100s has not been trained or %s", net->name, done);
    snprintf(error->hint, sizeof error->hint, "`train %.60s on DATA` or `%s %.60s on DATA`", net->name, verb,
             net->name);
}

static const PlumbEpoch *last_epoch(const NetValue *net) {
    const PlumbEpoch *epochs;
    int count = net_value_history(net, &epochs);
    return count > 0 ? &epochs[count - 1] : NULL;
}

static const PlumbData *data_of(const NetValue *net) {
    return net->trained_on && net->trained_on->type == VALUE_DATA ? net->trained_on->data.data : NULL;
}

/* Why a figure of evaluation is missing. */
static bool not_evaluated(const NetValue *net, PlumbError *error) {
    if (net->trainer && !last_epoch(net)) {
        return plumb_fail(error, PLUMB_ARGUMENT_ERROR, "no epoch of the training of %.100s has ended yet", net->name);
    }
    not_measured(net, "evaluated", "evaluate", error);
    return false;
}

typedef bool Figure(const NetValue *net, double *value, PlumbError *error);

static bool loss(const NetValue *net, double *value, PlumbError *error) {
    const PlumbEpoch *last = last_epoch(net);
    if (!net->has_loss && !last) {
        not_measured(net, "measured", "gradients", error);
        return false;
    }
    *value = net->has_loss ? net->loss : last->loss;
    return true;
}

static bool test_loss(const NetValue *net, double *value, PlumbError *error) {
    const PlumbEpoch *last = last_epoch(net);
    const PlumbData *data = data_of(net);
    if (net->has_score) {
        *value = net->score.loss;
        return true;
    }
    if (!last) {
        return not_evaluated(net, error);
    }
    if (data && data->test.rows == 0) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "%.100s was trained on data that has no test part", net->name);
        snprintf(error->hint, sizeof error->hint, "give the data set one: test=0.2");
        return false;
    }
    *value = last->test_loss;
    return true;
}

static bool tells_classes(const NetValue *net) {
    const PlumbData *data = data_of(net);
    return net->has_score ? !isnan(net->score.accuracy) : data && data->classify;
}

/* What a checkpoint tells before its net has seen data is taken for what the script asks for. */
static bool task_unknown(const NetValue *net) {
    return !net->has_score && !data_of(net);
}

static bool other_task(const NetValue *net, const char *name, PlumbError *error) {
    return plumb_fail(error, PLUMB_ARGUMENT_ERROR, "%.100s has no `%s`: it %s", net->name, name,
                      tells_classes(net) ? "tells classes apart, by `accuracy`" : "predicts numbers, by `mae`");
}

/* Of the last evaluation; else of the last epoch: of its test part, or of its train part where there is none. */
static bool metric(const NetValue *net, double *value, PlumbError *error) {
    const PlumbEpoch *last = last_epoch(net);
    if (net->has_score) {
        *value = tells_classes(net) ? net->score.accuracy : net->score.mae;
    } else if (last) {
        *value = isnan(last->test_metric) ? last->metric : last->test_metric;
    }
    return net->has_score || last || not_evaluated(net, error);
}

static bool accuracy(const NetValue *net, double *value, PlumbError *error) {
    return metric(net, value, error) && (task_unknown(net) || tells_classes(net) || other_task(net, "accuracy", error));
}
static bool mae(const NetValue *net, double *value, PlumbError *error) {
    return metric(net, value, error) && (task_unknown(net) || !tells_classes(net) || other_task(net, "mae", error));
}

/* Only an evaluation tells these. */
static bool evaluated(const NetValue *net, const char *name, double scored, double *value, PlumbError *error) {
    *value = scored;
    if (!net->has_score) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "%.100s has not been evaluated", net->name);
        snprintf(error->hint, sizeof error->hint, "`evaluate %.100s on DATA`", net->name);
        return false;
    }
    return !tells_classes(net) || other_task(net, name, error);
}
static bool rmse(const NetValue *net, double *value, PlumbError *error) {
    return evaluated(net, "rmse", net->score.rmse, value, error);
}
static bool r2(const NetValue *net, double *value, PlumbError *error) {
    return evaluated(net, "r2", net->score.r2, value, error);
}

static bool steps(const NetValue *net, double *value, PlumbError *error) {
    (void)error;
    *value = (double)net_value_steps(net);
    return true;
}

static bool seconds(const NetValue *net, double *value, PlumbError *error) {
    (void)error;
    *value = net->seconds;
    return true;
}

/* Of the last training. */
static bool alerts(const NetValue *net, double *value, PlumbError *error) {
    *value = (double)json_array_size(net->alerts);
    if (!net->trainer) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "%.100s has not been trained", net->name);
        snprintf(error->hint, sizeof error->hint, "`train %.100s on DATA`", net->name);
    }
    return net->trainer;
}

static const struct {
    const char *name;
    Figure *figure;
    const char *help;
} figures[] = {
    {"loss", loss, "of the last epoch, of the last step while it is paused, or of the last measurement"},
    {"test_loss", test_loss, "of the last evaluation or epoch, on the test part"},
    {"accuracy", accuracy, "share of labels told right, on the test part where there is one"},
    {"metric", metric, "accuracy, or of a regression mae"},
    {"mae", mae, "mean absolute error, on the test part where there is one"},
    {"rmse", rmse, "root of the mean squared error, of the last evaluation"},
    {"r2", r2, "share of the variance that is explained, of the last evaluation"},
    {"steps", steps, "how many its training has taken"},
    {"seconds", seconds, "that its training took"},
    {"alerts", alerts, "how many the last training had"},
};
enum { FIGURES = sizeof figures / sizeof *figures };

/* ---- what is known without running ----------------------------------------------------------------------------- */

static Value *history(Value *value, const PlumbNet *net) {
    (void)net;
    return value_history(value);
}
static Value *name(Value *value, const PlumbNet *net) {
    (void)net;
    return value_string(value->net->name);
}

static Value *parameters(Value *value, const PlumbNet *net) {
    double total = 0;
    (void)value;
    for (int i = 0; i < plumb_net_weight_total(net); i++) {
        const PlumbWeight *weight = plumb_net_weight(net, i);
        total += weight->learned ? (double)plumb_shape_size(weight->shape) : 0;
    }
    return value_number(total);
}

static const struct {
    const char *name;
    ValueType type;
    Value *(*get)(Value *value, const PlumbNet *net);
    const char *help;
} facts[] = {
    {"history", VALUE_HISTORY, history, "a column of figures for each epoch: plain.history.loss[3]"},
    {"parameters", VALUE_NUMBER, parameters, "how many numbers it learns"},
    {"name", VALUE_STRING, name, "its name"},
};
enum { FACTS = sizeof facts / sizeof *facts };

/* ---- names ----------------------------------------------------------------------------------------------------- */

typedef struct Names { /* what may stand next: parts of layers' names behind `prefix`, then fields of the net */
    const PlumbNet *net;
    const char *prefix; /* "res3.", or "" */
} Names;

const char *net_field_at(int index) {
    return index < FIGURES ? figures[index].name : index < FIGURES + FACTS ? facts[index - FIGURES].name : NULL;
}

const char *net_field_help(int index) {
    return index < FIGURES ? figures[index].help : index < FIGURES + FACTS ? facts[index - FIGURES].help : NULL;
}

/* Fields first: a note that lists them begins with what all nets have. */
static const char *net_name_at(void *self, int index) {
    const Names *names = self;
    size_t length = strlen(names->prefix);
    int node = index;
    if (length == 0) {
        const char *field = net_field_at(index);
        if (field) {
            return field;
        }
        node -= FIGURES + FACTS;
    }
    for (int i = 0; i < plumb_net_size(names->net); i++) {
        const char *name = plumb_net_node(names->net, i)->name;
        if (name && !strncmp(name, names->prefix, length) && node-- == 0) {
            return name + length;
        }
    }
    return NULL;
}

/* "res3.dense1" of the first `count` names; false: longer than any layer's name may be. */
static bool join_path(const Path *path, int count, char *text, size_t size) {
    size_t used = 0;
    for (int i = 0; i < count && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? "." : "", path->node[i]->text);
    }
    return used < size;
}

/* The longest name wins: res3.dense1 before res3. */
static int longest_layer(const Path *path, const PlumbNet *net, int *used) {
    char name[256];
    for (*used = path->count; *used > 0; --*used) {
        int node = join_path(path, *used, name, sizeof name) ? plumb_net_find(net, name) : -1;
        if (node >= 0) {
            return node;
        }
    }
    return -1;
}

static bool begins_a_name(const PlumbNet *net, const char *prefix) {
    for (int i = 0; i < plumb_net_size(net); i++) {
        const char *name = plumb_net_node(net, i)->name;
        if (name && !strncmp(name, prefix, strlen(prefix))) {
            return true;
        }
    }
    return false;
}

/* Nets with a layer that an error has left out may lack any name. */
static bool has_gaps(const PlumbNet *net) {
    for (int i = 0; i < plumb_net_size(net); i++) {
        if (plumb_net_node(net, i)->shape.rank < 0) {
            return true;
        }
    }
    return false;
}

static Found is_a_block(const Path *path, const NetValue *value, const PlumbNet *net, const char *prefix) {
    PlumbError error = {.argument = -1};
    Names names = {net, prefix};
    plumb_fail(&error, PLUMB_ARGUMENT_ERROR, "`%.100s` is a block of %.100s, not a layer",
               path->node[path->count - 1]->text, value->name);
    snprintf(error.hint, sizeof error.hint, "its layers are %.80s%.80s, ...", prefix, net_name_at(&names, 0));
    return found_error(path, path->count, &error);
}

/* Blames the first name behind the longest path that leads to a layer. */
static Found no_such_name(const Path *path, const NetValue *value, const PlumbNet *net) {
    char prefix[256] = "", longer[256], owner[400];
    int at = 0;
    if (has_gaps(net)) {
        return found_later(path, VALUE_UNKNOWN, path->count);
    }
    while (at < path->count && join_path(path, at + 1, longer, sizeof longer - 1) &&
           begins_a_name(net, strcat(longer, "."))) {
        strcpy(prefix, longer);
        at++;
    }
    if (at == path->count) {
        return is_a_block(path, value, net, prefix);
    }
    snprintf(owner, sizeof owner, "%.100s%s%.*s", value->name, at ? "." : "", at ? (int)strlen(prefix) - 1 : 0, prefix);
    return found_nothing(path, at, owner, net_name_at, &(Names){net, prefix});
}

/* ---- one step -------------------------------------------------------------------------------------------------- */

static Found number_field(const Path *path, const NetValue *net, Figure *figure) {
    double value = 0;
    PlumbError error = {.argument = -1};
    if (session_checking(path->session)) {
        return found_later(path, VALUE_NUMBER, 1);
    }
    return figure(net, &value, &error) ? found(path, value_number(value), VALUE_NUMBER, 1)
                                       : found_error(path, 1, &error);
}

static Found own_field(const Path *path, Value *value, const PlumbNet *net) {
    const char *field = path->node[0]->text;
    for (int i = 0; i < FIGURES; i++) {
        if (!strcmp(figures[i].name, field)) {
            return number_field(path, value->net, figures[i].figure);
        }
    }
    for (int i = 0; i < FACTS; i++) {
        if (!strcmp(facts[i].name, field)) {
            return found(path, facts[i].get(value, net), facts[i].type, 1);
        }
    }
    return no_such_name(path, value->net, net);
}

Found field_of_net(const Path *path, Value *value) {
    int used;
    const PlumbNet *net = session_net(path->session, value, path->node[0]->span);
    if (!net) {
        return session_checking(path->session) ? found_later(path, VALUE_UNKNOWN, path->count)
                                               : (Found){NULL, VALUE_UNKNOWN, 1};
    }
    int node = longest_layer(path, net, &used);
    return node >= 0 ? found(path, value_layer(value, node), VALUE_LAYER, used) : own_field(path, value, net);
}
