/* Bars and curves of one line. */
#include "bar.h"
#include <math.h>
#include <string.h>

static int within(int value, int low, int high) {
    return value < low ? low : value > high ? high : value;
}

char *bar_log(double value, double low, double high, int width, char text[BAR_MAX + 1]) {
    width = within(width, 0, BAR_MAX);
    int length = 0;
    if (value > 0 && isfinite(value) && width) {
        double share = high > low ? (log10(value) - low) / (high - low) : 1;
        length = (int)fmax(1, fmin(rint(share * width), width));
    }
    memset(text, '#', (size_t)length);
    text[length] = '\0';
    return text;
}

/* The column, from 1 on, in which a value ends. */
static int column_of(double value, double from, double to, int width) {
    double share = to > from ? (value - from) / (to - from) : 1;
    return share > 0 ? within((int)rint(fmin(share, 1) * width), 1, width) : 1;
}

char *bar_band(double value, double low, double high, double from, double to, int width, char text[BAR_MAX + 1]) {
    width = within(width, 0, BAR_MAX);
    text[0] = '\0';
    if (isnan(value) || !width) {
        return text;
    }
    int at = column_of(value, from, to, width), begin = column_of(low, from, to, width);
    int end = column_of(high, from, to, width);
    memset(text, '#', (size_t)at);
    if (end > begin) {
        memset(text + begin, '-', (size_t)(end - begin));
        text[end - 1] = '|';
        text[at - 1] = '+';
    }
    text[end] = '\0';
    return text;
}

char *bar_progress(double share, int width, char text[BAR_MAX + 1]) {
    int inside = within(width, 2, BAR_MAX) - 2, done = within((int)(share * inside), 0, inside);
    text[0] = '[';
    memset(text + 1, '#', (size_t)done);
    memset(text + 1 + done, '.', (size_t)(inside - done));
    memcpy(text + 1 + inside, "]", 2);
    return text;
}

char *bar_curve(const double *value, int count, double low, double high, int width, bool unicode,
                char text[CURVE_BYTES]) {
    width = within(within(width, 0, BAR_MAX), 0, count);
    char *at = text;
    for (int i = 0; i < width; i++) {
        int begin = (int)((long long)count * i / width), end = (int)((long long)count * (i + 1) / width);
        double mean = 0;
        for (int j = begin; j < end; j++) {
            mean += value[j] / (end - begin);
        }
        if (isfinite(mean)) {
            int level = high > low ? within((int)((mean - low) / (high - low) * 8), 0, 7) : 0;
            const char block[] = {(char)0xE2, (char)0x96, (char)(0x81 + level)};
            size_t bytes = unicode ? sizeof block : 1;
            memcpy(at, unicode ? block : &".:-=+*#@"[level], bytes);
            at += bytes;
        } else {
            *at++ = '!';
        }
    }
    *at = '\0';
    return text;
}
