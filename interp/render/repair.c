/* A repair: what was tried, what the source became, what it did. */
#include "../../grammar/text.h"
#include "number.h"
#include "pictures.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EDIT_COLUMNS = 31 };

void picture_attempt(const Canvas *canvas, int number, const Tried *tried, const PlumbData *data) {
    char was[32], is[32], head[16];
    const char *verdict = tried->kept ? "kept" : tried->less ? "worse, all of it stays" : "not better, left out";
    const char *edit = tried->edit;
    State state = tried->kept ? STATE_PLAIN : STATE_HEALTHY;
    snprintf(head, sizeof head, "%2d", number);
    if (utf8_count(edit, strlen(edit)) > EDIT_COLUMNS) { /* a line of its own */
        canvas_wrap(canvas, state, 4, "%s  %s", head, edit);
        *head = '\0';
        edit = "";
    }
    canvas_wrap(canvas, state, 4, "%2s  %-*s %s %s -> %s   %s", head, EDIT_COLUMNS, edit, metric_name(data),
                metric_text(tried->before, data, was), metric_text(tried->after, data, is), verdict);
    canvas_wrap(canvas, STATE_HEALTHY, 6, "    for %s", tried->reason);
}

/* ---- the lines that differ ------------------------------------------------------------------------------------- */

typedef struct Lines {
    const char **line; /* not terminated: up to the newline or the end */
    int count;
} Lines;

static Lines lines_of(const char *text) {
    Lines lines = {.line = calloc(strlen(text) + 1, sizeof(char *))};
    for (const char *at = text; lines.line && *at;) {
        lines.line[lines.count++] = at;
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    return lines;
}

static bool same_line(const char *a, const char *b) {
    size_t length = strcspn(a, "\n");
    return length == strcspn(b, "\n") && !strncmp(a, b, length);
}

/* Longest common subsequence: length[i][j] is that of a from line i on and b from line j on. */
static void fill(const Lines *a, const Lines *b, int *length) {
    int width = b->count + 1;
    for (int i = a->count - 1; i >= 0; i--) {
        for (int j = b->count - 1; j >= 0; j--) {
            int down = length[(i + 1) * width + j], right = length[i * width + j + 1];
            length[i * width + j] = same_line(a->line[i], b->line[j]) ? 1 + length[(i + 1) * width + j + 1]
                                    : down >= right                   ? down
                                                                      : right;
        }
    }
}

static void tell_line(DifferenceLine *each, void *self, char sign, const char *line) {
    each(self, sign, line, (int)strcspn(line, "\n"));
}

static void tell_lines(const Lines *a, const Lines *b, const int *length, DifferenceLine *each, void *self) {
    int width = b->count + 1, i = 0, j = 0;
    while (i < a->count || j < b->count) {
        if (i < a->count && j < b->count && same_line(a->line[i], b->line[j])) {
            tell_line(each, self, ' ', a->line[i++]);
            j++;
        } else if (i < a->count && (j == b->count || length[(i + 1) * width + j] >= length[i * width + j + 1])) {
            tell_line(each, self, '-', a->line[i++]);
        } else {
            tell_line(each, self, '+', b->line[j++]);
        }
    }
}

bool difference_lines(const char *before, const char *after, DifferenceLine *each, void *self) {
    Lines a = lines_of(before), b = lines_of(after);
    int *length = calloc(((size_t)a.count + 1) * ((size_t)b.count + 1), sizeof *length);
    bool done = a.line && b.line && length;
    if (done) {
        fill(&a, &b, length);
        tell_lines(&a, &b, length, each, self);
    }
    free(length);
    free(a.line);
    free(b.line);
    return done;
}

static void print_side(void *self, char sign, const char *line, int length) {
    const Canvas *canvas = self;
    State state = sign == '-' ? STATE_BROKEN : sign == '+' ? STATE_DOUBTFUL : STATE_PLAIN;
    char text[512];
    snprintf(text, sizeof text, "  %c %.*s", sign, length, line);
    canvas_text(canvas, state, text, (int)strlen(text));
    fputc('\n', canvas->out);
}

void picture_difference(const Canvas *canvas, const char *before, const char *after) {
    Canvas on = *canvas;
    difference_lines(before, after, print_side, &on);
}

/* ---- before and after ------------------------------------------------------------------------------------------- */

/* "gradient falls 0.4 decades over 20 layers (fell 12.5); " */
static void slope_text(const Repaired *before, const Repaired *after, char *text, size_t size) {
    char was[48] = "";
    if (!isfinite(after->decades)) {
        snprintf(text, size, "%s", isnan(after->decades) ? "" : "no gradient arrives at the first layer; ");
        return;
    }
    if (isinf(before->decades)) {
        snprintf(was, sizeof was, " (none arrived)");
    } else if (!isnan(before->decades)) {
        snprintf(was, sizeof was, " (%s %.1f)", before->decades < 0 ? "fell" : "grew", fabs(before->decades));
    }
    char how[48] = "keeps its size";
    if (fabs(after->decades) >= 0.05) {
        snprintf(how, sizeof how, "%s %.1f decades", after->decades < 0 ? "falls" : "grows", fabs(after->decades));
    }
    snprintf(text, size, "gradient %s over %d layer%s%s; ", how, after->layers, after->layers == 1 ? "" : "s", was);
}

void picture_repaired(const Canvas *canvas, const char *name, const PlumbData *data, const Repaired *before,
                      const Repaired *after) {
    char slope[128], was[32], is[32];
    slope_text(before, after, slope, sizeof slope);
    canvas_wrap(canvas, STATE_PLAIN, 4, "%s: %s%s %s (was %s), same seed, same batches", name, slope, metric_name(data),
                metric_text(after->metric, data, is), metric_text(before->metric, data, was));
    if (after->findings) {
        canvas_wrap(canvas, STATE_DOUBTFUL, 4, "%d finding%s left: `diagnose %s`", after->findings,
                    after->findings == 1 ? " is" : "s are", name);
    }
}
