/* Fields of values: plain.dense1.weight.grad.norm, digits.rows, relu.slope. */
#ifndef PLUMB_FIELDS_H
#define PLUMB_FIELDS_H
#include "session.h"
#include "value.h"

/* The chain of TREE_FIELD nodes above an expression, innermost first, resolved together: the names of layers have dots in
 * them. A new value, or NULL after an error was added. While checking all names are checked; what only running tells is
 * VALUE_UNKNOWN. */
Value *field_of(Session *session, Value *object, const Tree *const *path, int count);
/* For completion, evaluating nothing: the fields of a bound value, or with a path ("dense1", "history") of what it leads to, in turn,
 * without the names of layers and weights. NULL ends. */
const char *field_name_at(const Value *value, const char *path, int index);
/* For help: what they are. */
typedef struct FieldHelp {
    const char *name, *owner, *help; /* owner: "plain", "plain.LAYER" */
} FieldHelp;
FieldHelp field_help_at(int index); /* of nets, then of layers; a NULL name ends */
#endif
