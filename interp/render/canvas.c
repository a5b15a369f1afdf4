/* Colours of states, and paragraphs. */
#include "canvas.h"
#include "../../grammar/text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

void canvas_text(const Canvas *canvas, State state, const char *text, int bytes) {
    static const char *const code[] = {
        [STATE_HEALTHY] = "\033[2m", [STATE_DOUBTFUL] = "\033[33m", [STATE_BROKEN] = "\033[31m"};
    bool colored = canvas->color && state != STATE_PLAIN;
    fprintf(canvas->out, "%s%.*s%s", colored ? code[state] : "", bytes, text, colored ? "\033[0m" : "");
}

/* Bytes of `text` that fit into `room` columns: whole words, or as much of one word as fits. */
static int line_length(const char *text, int room) {
    int columns = 0, fits = 0, at = 0;
    for (; text[at] && columns < room; columns++) {
        int length = utf8_length(text + at, strlen(text + at));
        at += length ? length : 1;
        fits = text[at] == ' ' || !text[at] ? at : fits;
    }
    return fits ? fits : at;
}

void canvas_wrap(const Canvas *canvas, State state, int indent, const char *format, ...) {
    Text text = {0};
    va_list arguments;
    va_start(arguments, format);
    text_vprintf(&text, format, arguments);
    va_end(arguments);
    char *whole = text_take(&text);
    for (const char *at = whole; at && *at;) {
        int before = at == whole || indent > canvas->width / 4 ? 0 : indent, room = canvas->width - before;
        int length = line_length(at, room > 1 ? room : 1);
        fprintf(canvas->out, "%*s", before, "");
        canvas_text(canvas, state, at, length);
        fputc('\n', canvas->out);
        at += length;
        at += strspn(at, " ");
    }
    free(whole);
}

State state_of_update(double ratio) {
    if (isnan(ratio)) {
        return STATE_PLAIN;
    }
    return ratio > 1 || ratio == 0 ? STATE_BROKEN
           : ratio > 1e-1          ? STATE_DOUBTFUL
           : ratio < 1e-5          ? STATE_PLAIN
                                   : STATE_HEALTHY;
}

State state_of_share(double share) {
    if (isnan(share)) {
        return STATE_PLAIN;
    }
    return share > 0.9 ? STATE_BROKEN : share > 0.5 ? STATE_DOUBTFUL : STATE_HEALTHY;
}

State state_of_decades(double decades) {
    if (isnan(decades)) {
        return STATE_PLAIN;
    }
    double size = decades < 0 ? -decades / 3 : decades / 1.5;
    return size >= 2 ? STATE_BROKEN : size >= 1 ? STATE_DOUBTFUL : STATE_HEALTHY;
}
