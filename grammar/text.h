/* Text that grows, and the little of UTF-8 that a scanner and a printer need.
 * A Text starts as {0}; when memory runs short it keeps what it has and `failed` turns true, so that a writer checks
 * once, at the end. */
#ifndef PLUMB_TEXT_H
#define PLUMB_TEXT_H
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct Text {
    char *at; /* terminated, malloc'd; NULL while nothing was added */
    size_t length, capacity;
    bool failed;
} Text;

void text_add(Text *text, const char *bytes, size_t length);
void text_char(Text *text, char byte);
void text_repeat(Text *text, char byte, int times);
void text_printf(Text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vprintf(Text *text, const char *format, va_list arguments);
char *text_take(Text *text); /* the text, to be freed by the caller, "" if empty; NULL when memory was short */
void text_clear(Text *text);

/* Bytes of the character at `at`, of which `left` may be read: 1 to 4, or 0 where it is not UTF-8 (RFC 3629: no
 * overlong forms, no surrogates). */
int utf8_length(const char *at, size_t left);
/* Writes one code point, at most 4 bytes; returns their number, 0 for one that does not exist. */
int utf8_write(char *to, unsigned long code);
size_t utf8_count(const char *text, size_t length); /* characters; a byte that is not UTF-8 counts as one */
size_t utf8_offset(const char *text, int characters); /* bytes of the first ones, or of all there are */
#endif
