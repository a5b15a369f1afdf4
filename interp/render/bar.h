/* Bars and curves of one line. All write at most `width` characters and a terminator, and return `text`. */
#ifndef PLUMB_RENDER_BAR_H
#define PLUMB_RENDER_BAR_H
#include <stdbool.h>

enum { BAR_MAX = 80, CURVE_BYTES = 3 * BAR_MAX + 1 };
/* '#' up to `value` on a logarithmic scale from 10^low to 10^high; at least one for what is above 0. "" for 0, NaN, infinity. */
char *bar_log(double value, double low, double high, int width, char text[BAR_MAX + 1]);
/* '#' up to a value on a linear scale from `from` to `to`, its band of low to high around it: ####-+--|. The value stands at
 * the +. "" for NaN. */
char *bar_band(double value, double low, double high, double from, double to, int width, char text[BAR_MAX + 1]);
/* "[####....]", brackets included. */
char *bar_progress(double share, int width, char text[BAR_MAX + 1]);
/* A curve in eighths of a line (U+2581 to U+2588, or in ASCII) over the range low to high; each character is the mean of its
 * stretch of the values, '!' where one is not finite. */
char *bar_curve(const double *value, int count, double low, double high, int width, bool unicode, char text[CURVE_BYTES]);
#endif
