/* One figure style everywhere: three significant digits, 1.2e-09, n/a where there is none. */
#ifndef PLUMB_RENDER_NUMBER_H
#define PLUMB_RENDER_NUMBER_H
#include <stdint.h>

/* A figure in a table: 0.236, 12.5, 1.2e-09; nan and inf as such. Returns text. */
char *number_figure(double value, char text[32]);
/* The same, but "n/a" for NaN: where NaN means that there is none. */
char *number_or_na(double value, char text[32]);
/* Always with an exponent, so that columns of gradients align: 2.2e-01. 0 is 0, NaN "nan". */
char *number_exponent(double value, char text[32]);
/* Time: 0.1 s, 12.3 s, 250 s, 12 min, 3.4 h. "n/a" for NaN. */
char *number_seconds(double seconds, char text[32]);
/* A value that a user printed: up to six digits, whole numbers whole. */
char *number_show(double value, char text[32]);
/* 1437 as 1,437 */
char *number_grouped(int64_t value, char text[32]);
/* 0.969 as 96.9 % */
char *number_percent(double share, char text[32]);
#endif
