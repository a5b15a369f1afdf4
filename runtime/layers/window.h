/* Reading kernel, stride, padding and dilation of a call for the shape that arrives: convolution and pooling. */
#ifndef PLUMB_WINDOW_H
#define PLUMB_WINDOW_H
#include "../export/onnx.h"
#include "../export/torch.h"
#include "common.h"

/* Arguments of the call: "kernel", "stride" (none: the kernel's), "pad", and "dilation" where it has one. False: the input is
 * neither an image nor a sequence, a list has the wrong length, or the kernel does not fit. */
bool window_read(const LayerSite *site, Window *window, PlumbError *error);
/* The shape of an output with `channels` channels. */
PlumbShape window_shape(const Window *window, int channels);
/* Pairs of an output and an input that it reads, of one channel: what lies in the padding does not count. */
double window_reads(const Window *window);
/* An image or a sequence? "NAME takes an image or a sequence". */
bool takes_space(const LayerSite *site, PlumbError *error);
/* The values of an argument along height and width: a number or a list of two (of one for a sequence). */
bool read_pair(const LayerSite *site, const char *name, int pair[2], PlumbError *error);
/* For other programs: kernel, stride, padding (and dilation) as arguments of the module, and its value; attributes of the last operator.
 * `fill`: as of torch_channels_first. */
void window_torch(Torch *t, const Window *window, const char *fill);
void window_onnx(Onnx *o, const Window *window);
#endif
