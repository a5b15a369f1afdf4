/* Text in HTML and SVG. */
#include "markup.h"
#include <string.h>

static const char *entity_of(char byte) {
    switch (byte) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void markup_text(Text *out, const char *text) {
    for (size_t left = strlen(text); left;) {
        int bytes = utf8_length(text, left);
        const char *entity = entity_of(*text);
        if (entity) {
            text_printf(out, "%s", entity);
        } else if (!bytes) {
            text_printf(out, "\xef\xbf\xbd");
        } else if ((unsigned char)*text >= ' ' || *text == '\n') {
            text_add(out, text, (size_t)bytes);
        }
        text += bytes ? bytes : 1;
        left -= bytes ? (size_t)bytes : 1;
    }
}
