#include "text.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `more` bytes and the terminator. */
static bool text_reserve(Text *text, size_t more) {
    if (text->failed || more > SIZE_MAX / 4 || text->length > SIZE_MAX / 4) {
        text->failed = true;
        return false;
    }
    size_t need = text->length + more + 1;
    if (need <= text->capacity)
        return true;
    size_t capacity = need < 64 ? 64 : need * 2;
    char *at = realloc(text->at, capacity);
    if (!at) {
        text->failed = true;
        return false;
    }
    text->at = at;
    text->capacity = capacity;
    return true;
}

void text_add(Text *text, const char *bytes, size_t length) {
    if (!text_reserve(text, length))
        return;
    if (length)
        memcpy(text->at + text->length, bytes, length);
    text->length += length;
    text->at[text->length] = '\0';
}

void text_char(Text *text, char byte) {
    text_add(text, &byte, 1);
}

void text_repeat(Text *text, char byte, int times) {
    while (times-- > 0)
        text_char(text, byte);
}

void text_vprintf(Text *text, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    if (length < 0)
        text->failed = true;
    else if (text_reserve(text, (size_t)length)) {
        vsnprintf(text->at + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

void text_printf(Text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    text_vprintf(text, format, arguments);
    va_end(arguments);
}

char *text_take(Text *text) {
    text_add(text, "", 0);
    if (text->failed)
        text_clear(text);
    char *at = text->at;
    *text = (Text){0};
    return at;
}

void text_clear(Text *text) {
    free(text->at);
    *text = (Text){0};
}

/* Lengths, and the range of the second byte, by the first (the Unicode standard, table 3-7). */
static const struct Form {
    unsigned char first, last, low, high;
    int length;
} forms[] = {
    {0x00, 0x7f, 0x00, 0x00, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
    {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
    {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static bool form_fits(const struct Form *form, const unsigned char *at, size_t left) {
    if ((size_t)form->length > left || (form->length > 1 && (at[1] < form->low || at[1] > form->high)))
        return false;
    for (int i = 2; i < form->length; i++)
        if (at[i] < 0x80 || at[i] > 0xbf)
            return false;
    return true;
}

int utf8_length(const char *at, size_t left) {
    const unsigned char *bytes = (const unsigned char *)at;
    if (!left)
        return 0;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (bytes[0] >= forms[i].first && bytes[0] <= forms[i].last)
            return form_fits(&forms[i], bytes, left) ? forms[i].length : 0;
    return 0;
}

int utf8_write(char *to, unsigned long code) {
    static const unsigned char mark[] = {0, 0x00, 0xc0, 0xe0, 0xf0};
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        return 0;
    int length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (int i = length - 1; i > 0; i--, code >>= 6)
        to[i] = (char)(0x80 | (code & 0x3f));
    to[0] = (char)(mark[length] | code);
    return length;
}

size_t utf8_count(const char *text, size_t length) {
    size_t count = 0;
    for (size_t i = 0; i < length; count++) {
        int bytes = utf8_length(text + i, length - i);
        i += bytes ? (size_t)bytes : 1;
    }
    return count;
}

size_t utf8_offset(const char *text, int characters) {
    size_t at = 0;
    for (; text[at] && characters > 0; characters--) {
        int bytes = utf8_length(text + at, strlen(text + at));
        at += bytes ? (size_t)bytes : 1;
    }
    return at;
}
