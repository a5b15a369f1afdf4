#include "source.h"
#include "text.h"
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct Source {
    char *name, *text;
    size_t length;
    size_t *line_start; /* of each line, found once so that a place costs a binary search */
    int line_count;
};

static int count_lines(const char *text, size_t length) {
    size_t count = 1;
    for (const char *at = text; (at = memchr(at, '\n', (size_t)(text + length - at))); at++)
        count++;
    return count < INT_MAX ? (int)count : INT_MAX;
}

/* A byte order mark is no part of the first line. */
static size_t start_of_text(const Source *source) {
    return source->length >= 3 && memcmp(source->text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

static void find_lines(Source *source) {
    source->line_start[0] = start_of_text(source);
    const char *at = source->text, *end = source->text + source->length;
    for (int i = 1; i < source->line_count; i++) {
        at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
        source->line_start[i] = (size_t)(at - source->text);
    }
}

Source *source_new(const char *name, const char *text, size_t length) {
    Source *source = calloc(1, sizeof *source);
    if (!source || length == SIZE_MAX) {
        free(source);
        return NULL;
    }
    source->length = length;
    source->line_count = count_lines(text, length);
    source->name = strdup(name);
    source->text = malloc(length + 1);
    source->line_start = calloc((size_t)source->line_count, sizeof *source->line_start);
    if (!source->name || !source->text || !source->line_start) {
        source_free(source);
        return NULL;
    }
    if (length)
        memcpy(source->text, text, length);
    source->text[length] = '\0';
    find_lines(source);
    return source;
}

void source_free(Source *source) {
    if (!source)
        return;
    free(source->name);
    free(source->text);
    free(source->line_start);
    free(source);
}

const char *source_name(const Source *source) {
    return source->name;
}

const char *source_text(const Source *source) {
    return source->text;
}

size_t source_length(const Source *source) {
    return source->length;
}

int source_line_count(const Source *source) {
    return source->line_count;
}

int span_line(Span span) {
    int low = 0, high = span.source->line_count; /* the line is in [low, high) */
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        if (span.source->line_start[middle] <= span.begin)
            low = middle;
        else
            high = middle;
    }
    return low + 1;
}

int span_column(Span span) {
    size_t start = span.source->line_start[span_line(span) - 1];
    return span.begin < start ? 1 : (int)utf8_count(span.source->text + start, span.begin - start) + 1;
}

const char *source_line(const Source *source, int line, size_t *length) {
    size_t start = source->line_start[line - 1];
    size_t end = line < source->line_count ? source->line_start[line] - 1 : source->length;
    if (end > start && source->text[end - 1] == '\r')
        end--;
    *length = end - start;
    return source->text + start;
}

Span span_join(Span first, Span last) {
    if (!first.source)
        return last;
    return (Span){first.source, first.begin, last.end > first.begin ? last.end : first.end};
}
