/* Arrays of a file as the weights of a net, by name and shape. */
#ifndef PLUMB_WEIGHTS_H
#define PLUMB_WEIGHTS_H
#include "array.h"

const Array *array_find(const Array *arrays, int count, const char *name); /* NULL: it is not there */
/* Every weight is among the arrays, of its shape and of a floating type, and nothing else. */
bool weights_fit(const PlumbNet *net, const Array *arrays, int count, const char *path, PlumbError *error);
/* Copies the values; they must fit. */
bool weights_take(PlumbNet *net, const Array *arrays, int count, PlumbError *error);
#endif
