/* Nets for other programs. One writer a format; what a layer becomes is told by its own descriptor (Layer.torch, Layer.onnx), so a
 * writer knows no layer by name. */
#ifndef PLUMB_EXPORT_H
#define PLUMB_EXPORT_H
#include "../core/net.h"
#include "../files/files.h"

/* Writes the net to an open stream. False: error filled; *node is the layer that the format has no way to say, or -1. */
typedef bool (*ExportWrite)(const PlumbNet *net, FILE *out, int *node, PlumbError *error);
bool export_dot(const PlumbNet *net, FILE *out, int *node, PlumbError *error);
bool export_torch(const PlumbNet *net, FILE *out, int *node, PlumbError *error);
bool export_onnx(const PlumbNet *net, FILE *out, int *node, PlumbError *error);

/* What every writer says of a layer that it cannot write: which, and why. */
bool export_fail(const NetNode *node, const char *format, const char *why, PlumbError *error);
#endif
