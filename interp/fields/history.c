/* The history of a training: each column a list with one number an epoch. */
#include "parts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *history_field_at(int index) {
    return plumb_epoch_column(index);
}

static const char *column_at(void *self, int index) {
    (void)self;
    return history_field_at(index);
}

static Value *column_list(const NetValue *net, int column) {
    const PlumbEpoch *epoch = NULL;
    int count = net_value_history(net, &epoch);
    double *figure = calloc((size_t)count + 1, sizeof *figure);
    for (int i = 0; figure && i < count; i++) {
        figure[i] = plumb_epoch_figure(&epoch[i], column);
    }
    Value *list = figure ? value_numbers(figure, count) : NULL;
    free(figure);
    return list;
}

Found field_of_history(const Path *path, Value *history) {
    const NetValue *net = history->history.net->net;
    int column = 0;
    PlumbError error = {.argument = -1};
    const char *name = column_at(NULL, 0);
    while (name && strcmp(name, path->node[0]->text) != 0) {
        name = column_at(NULL, ++column);
    }
    if (!name) {
        return found_nothing(path, 0, "a history", column_at, NULL);
    }
    if (session_checking(path->session)) {
        return found_later(path, VALUE_LIST, 1);
    }
    if (!net->trainer && !net->checkpoint) {
        plumb_fail(&error, PLUMB_ARGUMENT_ERROR, "%.100s has not been trained: there is no history", net->name);
        snprintf(error.hint, sizeof error.hint, "`train %.100s on DATA`", net->name);
        return found_error(path, 1, &error);
    }
    return found(path, column_list(net, column), VALUE_LIST, 1);
}
