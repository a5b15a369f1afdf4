/* Reading and writing numbers with a point, whatever the locale. Nearly all numbers in data files have few digits and
 * take the exact fast path of Clinger 1990 ("How to read floating point numbers accurately"). */
#include "number.h"
#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { DIGITS_MAX = 19 /* fit 64 bits */, EXPONENT_MAX = 100000, SLOW_MAX = 400, POWER_MAX = 22 };

typedef struct Decimal { /* digits * 10^exponent */
    uint64_t digits;
    int count, exponent;
    bool negative, exact; /* exact: no digit was left out */
    size_t length;        /* characters read */
} Decimal;

/* Takes one digit; those past the 19th significant one only move the point. */
static inline void take_digit(Decimal *decimal, int digit, bool fraction) {
    if (decimal->count < DIGITS_MAX) {
        decimal->digits = decimal->digits * 10 + (uint64_t)digit;
        decimal->count += decimal->digits != 0;
        decimal->exponent -= fraction;
    } else {
        decimal->exact = decimal->exact && digit == 0;
        decimal->exponent += !fraction;
    }
}

/* Reads digits before (or behind: `fraction`) the point; returns where they end. */
static size_t take_digits(Decimal *decimal, const char *text, size_t length, size_t at, bool fraction) {
    Decimal taken = *decimal; /* a copy stays in registers: the text cannot alias it */
    for (unsigned digit; at < length && (digit = (unsigned)text[at] - '0') <= 9; at++) {
        take_digit(&taken, (int)digit, fraction);
    }
    *decimal = taken;
    return at;
}

/* Reads "e-12" at `at`; what is no exponent is left alone. */
static size_t take_exponent(Decimal *decimal, const char *text, size_t length, size_t at) {
    size_t next = at + 1;
    if (at >= length || (text[at] | 32) != 'e') {
        return at;
    }
    bool negative = next < length && text[next] == '-';
    next += next < length && (text[next] == '-' || text[next] == '+');
    if (next >= length || text[next] < '0' || text[next] > '9') {
        return at;
    }
    int exponent = 0;
    for (; next < length && text[next] >= '0' && text[next] <= '9'; next++) {
        exponent = exponent < EXPONENT_MAX ? exponent * 10 + (text[next] - '0') : exponent;
    }
    decimal->exponent += negative ? -exponent : exponent;
    return next;
}

/* Splits the text into sign, digits and power of ten. False where not a single digit stands. */
static bool scan(const char *text, size_t length, Decimal *decimal) {
    size_t at = length && (text[0] == '-' || text[0] == '+'), start = at;
    *decimal = (Decimal){.negative = at && text[0] == '-', .exact = true};
    at = take_digits(decimal, text, length, at, false);
    size_t digits = at - start;
    if (at < length && text[at] == '.') {
        size_t end = take_digits(decimal, text, length, at + 1, true);
        digits += end - at - 1;
        at = end;
    }
    if (!digits) {
        return false;
    }
    decimal->length = take_exponent(decimal, text, length, at);
    return true;
}

/* "nan", "inf" and "infinity" in any case, with a sign. */
static size_t parse_word(const char *text, size_t length, double *value) {
    static const struct {
        const char *word;
        double value;
    } words[] = {{"infinity", INFINITY}, {"inf", INFINITY}, {"nan", NAN}};
    size_t sign = length && (text[0] == '-' || text[0] == '+');
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = strlen(words[i].word);
        if (length - sign >= size && !strncasecmp(text + sign, words[i].word, size)) {
            *value = sign && text[0] == '-' ? -words[i].value : words[i].value;
            return sign + size;
        }
    }
    return 0;
}

/* The C library rounds correctly, but wants the locale's point. */
static double parse_slow(const char *text, const Decimal *decimal) {
    char copy[SLOW_MAX + 8];
    if (decimal->length > SLOW_MAX) { /* hundreds of digits: the first 19 decide to the last bit but one */
        double value = (double)((long double)decimal->digits * powl(10, decimal->exponent));
        return decimal->negative ? -value : value;
    }
    memcpy(copy, text, decimal->length);
    copy[decimal->length] = '\0';
    char *point = strchr(copy, '.');
    if (point) {
        *point = *localeconv()->decimal_point;
    }
    return strtod(copy, NULL);
}

/* Up to 2^53 the digits are exact, and so are powers of ten up to 22: one rounding, the right one (Clinger 1990). */
size_t number_parse(const char *text, size_t length, double *value) {
    static const double power[POWER_MAX + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    Decimal decimal;
    if (!scan(text, length, &decimal)) {
        return parse_word(text, length, value);
    }
    bool fast = decimal.exact && decimal.digits <= 1ULL << 53 && abs(decimal.exponent) <= POWER_MAX;
    if (!fast) {
        *value = parse_slow(text, &decimal);
        return decimal.length;
    }
    double digits = (double)decimal.digits, scale = power[abs(decimal.exponent)];
    double result = decimal.exponent < 0 ? digits / scale : digits * scale;
    *value = decimal.negative ? -result : result;
    return decimal.length;
}

/* Tries ever more digits, at most the 17 that tell any two doubles apart. */
char *number_text(double value, char text[32]) {
    if (fabs(value) < 1e15 && value == floor(value)) {
        snprintf(text, 32, "%.0f", value); /* 1000000, not 1e+06 */
        return text;
    }
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, 32, "%.*g", digits, value);
        for (char *c = text; *c; c++) { /* the locale's point */
            *c = *c == ',' ? '.' : *c;
        }
        double back = NAN;
        if (number_parse(text, strlen(text), &back) && (back == value || isnan(value))) {
            break;
        }
    }
    return text;
}
