/* Numbers as text for people. */
#include "number.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static char *not_finite(double value, char text[32]) {
    snprintf(text, 32, "%s", isnan(value) ? "nan" : value > 0 ? "inf" : "-inf");
    return text;
}

char *number_figure(double value, char text[32]) {
    double size = fabs(value);
    if (!isfinite(value)) {
        return not_finite(value, text);
    }
    if (size != 0 && (size < 1e-3 || size >= 1e5)) {
        snprintf(text, 32, "%.1e", value);
    } else if (size >= 100 || size == 0) {
        snprintf(text, 32, "%.0f", value);
    } else {
        snprintf(text, 32, "%.*f", size >= 10 ? 1 : size >= 1 ? 2 : 3, value);
    }
    return text;
}

char *number_or_na(double value, char text[32]) {
    return isnan(value) ? strcpy(text, "n/a") : number_figure(value, text);
}

char *number_exponent(double value, char text[32]) {
    if (!isfinite(value)) {
        return not_finite(value, text);
    }
    if (value == 0) {
        return strcpy(text, "0");
    }
    snprintf(text, 32, "%.1e", value);
    return text;
}

char *number_seconds(double seconds, char text[32]) {
    if (isnan(seconds)) {
        return strcpy(text, "n/a");
    }
    if (seconds < 1000) {
        snprintf(text, 32, "%.*f s", seconds < 100, seconds);
    } else if (seconds < 6000) {
        snprintf(text, 32, "%.0f min", seconds / 60);
    } else {
        snprintf(text, 32, "%.1f h", seconds / 3600);
    }
    return text;
}

char *number_show(double value, char text[32]) {
    if (!isfinite(value)) {
        return not_finite(value, text);
    }
    snprintf(text, 32, value == rint(value) && fabs(value) < 1e15 ? "%.0f" : "%.6g", value);
    return text;
}

char *number_grouped(int64_t value, char text[32]) {
    char plain[32];
    int length = snprintf(plain, sizeof plain, "%" PRId64, value), at = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && plain[i - 1] != '-' && (length - i) % 3 == 0) {
            text[at++] = ',';
        }
        text[at++] = plain[i];
    }
    text[at] = '\0';
    return text;
}

char *number_percent(double share, char text[32]) {
    if (isnan(share)) {
        return strcpy(text, "n/a");
    }
    snprintf(text, 32, "%.1f %%", 100 * share);
    return text;
}
