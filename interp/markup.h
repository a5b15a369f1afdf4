/* Text in HTML and SVG. */
#ifndef PLUMB_MARKUP_H
#define PLUMB_MARKUP_H
#include "../grammar/text.h"

/* Whatever the text is (a name, source, a word out of a file), it is shown as that text: < > & " ' are written otherwise, control
 * characters but newlines are left out, and what is not UTF-8 becomes U+FFFD. */
void markup_text(Text *out, const char *text);
#endif
