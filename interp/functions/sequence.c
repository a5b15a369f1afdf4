/* Lists and their sizes: len, shape, range. */
#include "parts.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of a string: its characters; bytes 10xxxxxx go on a character of UTF-8. */
static int64_t characters(const char *text) {
    int64_t count = 0;
    for (; *text; text++) {
        count += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return count;
}

static Value *run_len(const Function *self, Value *const *argument, int count, PlumbError *error) {
    (void)self, (void)count;
    const Value *value = argument[0];
    int64_t length = -1;
    if (value->type == VALUE_LIST) {
        length = value->list.count;
    } else if (value->type == VALUE_STRING) {
        length = characters(value->string);
    } else if (value->type == VALUE_TENSOR && value->tensor.shape.rank > 0) {
        length = value->tensor.shape.dim[0];
    }
    if (length >= 0) {
        return value_or_memory(value_number((double)length), error);
    }
    plumb_fail(error, PLUMB_ARGUMENT_ERROR, "%s has no length", value_type_name(value));
    numbers_expected(error, "a list, a string or a tensor");
    return function_wrong(error, 0);
}

/* ---- shape ----------------------------------------------------------------------------------------------------- */

enum { DIMENSIONS_MAX = 64 };

typedef struct Dimensions {
    int count;
    double size[DIMENSIONS_MAX];
} Dimensions;

static bool same_dimensions(const Dimensions *a, const Dimensions *b) {
    return a->count == b->count && !memcmp(a->size, b->size, (size_t)a->count * sizeof *a->size);
}

static bool add_dimension(Dimensions *to, double size) {
    if (to->count == DIMENSIONS_MAX) {
        return false;
    }
    to->size[to->count++] = size;
    return true;
}

static bool find_dimensions(const Value *value, Dimensions *found);

/* All items have to have one shape. */
static bool list_dimensions(const Value *list, Dimensions *found) {
    Dimensions first = {0};
    for (int i = 0; i < list->list.count; i++) {
        Dimensions item = {0};
        if (!find_dimensions(list->list.item[i], &item) || (i > 0 && !same_dimensions(&item, &first))) {
            return false;
        }
        first = item;
    }
    bool fits = add_dimension(found, list->list.count);
    for (int i = 0; fits && i < first.count; i++) {
        fits = add_dimension(found, first.size[i]);
    }
    return fits;
}

static bool find_dimensions(const Value *value, Dimensions *found) {
    bool fits = value->type == VALUE_NUMBER || value->type == VALUE_TENSOR;
    if (value->type == VALUE_LIST) {
        return list_dimensions(value, found);
    }
    for (int i = 0; fits && value->type == VALUE_TENSOR && i < value->tensor.shape.rank; i++) {
        fits = add_dimension(found, value->tensor.shape.dim[i]);
    }
    return fits;
}

static Value *run_shape(const Function *self, Value *const *argument, int count, PlumbError *error) {
    (void)self, (void)count;
    Dimensions found = {0};
    if (!find_dimensions(argument[0], &found)) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "%s has no shape",
                   argument[0]->type == VALUE_LIST ? "this list" : value_type_name(argument[0]));
        numbers_expected(error, "a tensor, a number, or a list whose items all have one shape");
        return function_wrong(error, 0);
    }
    return value_or_memory(value_numbers(found.size, found.count), error);
}

/* ---- range ----------------------------------------------------------------------------------------------------- */

static Value *range(double from, double step, int count, PlumbError *error) {
    double *number = calloc((size_t)count + 1, sizeof *number);
    for (int i = 0; number && i < count; i++) {
        number[i] = from + i * step;
    }
    Value *list = number ? value_numbers(number, count) : NULL;
    free(number);
    return value_or_memory(list, error);
}

/* range(to), range(from, to), range(from, to, step): `to` is left out. */
static Value *run_range(const Function *self, Value *const *argument, int count, PlumbError *error) {
    static const char *const name[] = {"the start", "the end", "the step"};
    double part[3] = {0, 0, 1};
    for (int i = 0; i < count; i++) {
        int at = count == 1 ? 1 : i;
        if (!function_whole(argument[i], name[at], -1e15, 1e15, &part[at], error)) {
            return function_wrong(error, i);
        }
    }
    if (part[2] == 0) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "the step of %s cannot be 0", self->entry.name);
        return function_wrong(error, 2);
    }
    double items = fmax(0, ceil((part[1] - part[0]) / part[2]));
    if (items > FUNCTION_ITEMS_MAX) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "this range has %.0f items", items);
        numbers_expected(error, "at most 1,000,000");
        return function_wrong(error, count == 1 ? 0 : 1);
    }
    return range(part[0], part[2], (int)items, error);
}

static const PlumbArg one_arg[] = {
    {.name = "x", .accepts = PLUMB_A_LIST | PLUMB_A_STRING, .help = "a list, a string or a tensor"}, {.name = NULL}};
static const PlumbArg shape_args[] = {
    {.name = "x", .accepts = PLUMB_A_NUMBER | PLUMB_A_LIST, .help = "a tensor, a number or a list"}, {.name = NULL}};
static const PlumbArg range_args[] = {
    {.name = "from", .accepts = PLUMB_A_INT, .fallback = "0", .help = "the first number; may be left out"},
    {.name = "to", .accepts = PLUMB_A_INT, .help = "the end, itself left out"},
    {.name = "step", .accepts = PLUMB_A_INT, .fallback = "1", .help = "from one to the next; may be negative"},
    {.name = NULL}};

const Function function_len = {
    .entry = {.name = "len",
              .kind = PLUMB_FUNCTION,
              .family = "functions",
              .args = one_arg,
              .summary = "the items of a list, the characters of a string, the first size of a tensor",
              .formula = "n",
              .source = "as len in Python",
              .example = "print len([1, 2, 3])"},
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run_len};
const Function function_shape = {.entry = {.name = "shape",
                                           .kind = PLUMB_FUNCTION,
                                           .family = "functions",
                                           .args = shape_args,
                                           .summary = "the sizes of a tensor or of nested lists, outermost first",
                                           .formula = "[n_1, n_2, ...]",
                                           .source = "as numpy.shape",
                                           .example = "print shape([[1, 2], [3, 4]])"},
                                 .arguments_min = 1,
                                 .arguments_max = 1,
                                 .run = run_shape};
const Function function_range = {
    .entry = {.name = "range",
              .kind = PLUMB_FUNCTION,
              .family = "functions",
              .args = range_args,
              .summary = "a list of whole numbers: range(to), range(from, to) or range(from, to, step)",
              .formula = "from, from + step, ... before to; at most 1,000,000",
              .source = "as range in Python",
              .example = "for (k in range(3)) { print k }"},
    .arguments_min = 1,
    .arguments_max = 3,
    .run = run_range};
