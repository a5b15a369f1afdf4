/* Initial weights that wait for data. */
#ifndef PLUMB_LSUV_H
#define PLUMB_LSUV_H
#include "../core/net.h"

/* Weights drawn with init=lsuv are scaled, layer by layer, on the first `batch` rows of the train part; once, and before the
 * first step. What has no such weights, or has them from a file, is left as it is. The net's weights must be made. */
bool lsuv_scale(PlumbNet *net, const PlumbData *data, int batch, const PlumbConfig *config, PlumbError *error);
#endif
