/* How fields.c and the families of fields work together. */
#ifndef PLUMB_FIELDS_PARTS_H
#define PLUMB_FIELDS_PARTS_H
#include "../fields.h"
#include "../verb.h"

typedef struct Path {        /* what is left of the chain */
    Session *session;
    const Tree *const *node; /* TREE_FIELD */
    int count;
} Path;

typedef struct Found {
    Value *value;            /* NULL: an error was added */
    ValueType type;          /* that it has, or will have when it is VALUE_UNKNOWN; VALUE_UNKNOWN: nobody knows */
    int used;                /* nodes of the path */
} Found;

Found found(const Path *path, Value *value, ValueType type, int used); /* value NULL: reports that memory is short */
Found found_later(const Path *path, ValueType type, int used);         /* only running tells */
Found found_error(const Path *path, int used, const PlumbError *error); /* an error at the first `used` nodes */
/* node[at] names nothing: "OWNER has no field `x`", with the nearest of the names, or all of them. */
Found found_nothing(const Path *path, int at, const char *owner, NameAt names, void *self);

Found field_of_net(const Path *path, Value *net);         /* net.c: layers, and figures of the training */
Found field_of_history(const Path *path, Value *history); /* history.c: columns, one number an epoch */
Found field_of_layer(const Path *path, Value *layer);     /* layer.c */

/* Their names in turn, without those of layers and weights; NULL ends. */
const char *net_field_at(int index);
const char *layer_field_at(int index);
const char *net_field_help(int index); /* what they are */
const char *layer_field_help(int index);
const char *history_field_at(int index);

Value *shape_value(PlumbShape shape); /* as a list; NULL when memory is short */

/* "plain has not been trained or measured", with the statements that would. */
void not_measured(const NetValue *net, const char *done, const char *verb, PlumbError *error);
#endif
