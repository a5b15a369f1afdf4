/* Numbers as text, whatever the locale. */
#ifndef PLUMB_NUMBER_H
#define PLUMB_NUMBER_H
#include <stddef.h>

/* Reads one number from the start of text[0..length): digits, a point, an exponent, a sign; "nan" and "inf" too.
 * Returns how many characters it took, 0 if there is no number. Rounds correctly. */
size_t number_parse(const char *text, size_t length, double *value);
/* A short text that reads back as the same double; returns text. */
char *number_text(double value, char text[32]);
#endif
