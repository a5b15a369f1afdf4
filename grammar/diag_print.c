/* The one printer of diagnostics:
 *
 *     deep.plumb:7:5: error: this skip joins two different widths
 *       5 |     h: dense(64)
 *         |        ^^^^^^^^^ tapped here: 64 features
 *       6 |     dense(32) -> relu
 *       7 |     add(h)
 *         |     ^^^^^^ joined here: 32 features arrive
 *         = in repetition 1 of repeat(20) at 4:5
 */
#include "diag.h"
#include "text.h"
#include <stdlib.h>
#include <string.h>

enum {
    WIDEST = 120,   /* characters of a source line that are shown; longer ones are cut around the span */
    CONTEXT = 40,   /* of them before the span */
    SMALL_GAP = 2,  /* lines between two marks that are shown rather than skipped */
    MOST_NOTES = 99 /* further places that are shown */
};

typedef struct Style { /* escape sequences, all empty without colour */
    const char *place, *error, *warning, *gutter, *main, *other, *end;
} Style;

static const Style plain = {"", "", "", "", "", "", ""};
static const Style colored = {"\033[1m", "\033[1;31m", "\033[1;33m", "\033[2m", "\033[31m", "\033[36m", "\033[0m"};

typedef struct Mark { /* a span to underline, and what to say beside it */
    Span span;
    const char *label;
    bool is_main;
    int line;
} Mark;

typedef struct Page {
    FILE *out;
    const Style *style;
    int gutter; /* width of the line numbers */
} Page;

/* ---- one source line: what part of it is shown, and the carets under it --------------------------------- */

typedef struct Excerpt {
    const char *at;
    size_t begin, end; /* bytes of the line that are shown */
} Excerpt;

static size_t character_length(const char *at, size_t left) {
    int length = utf8_length(at, left);
    return length ? (size_t)length : 1;
}

/* Byte offset `count` characters behind `from`. */
static size_t advance(const char *line, size_t length, size_t from, size_t count) {
    while (count-- > 0 && from < length)
        from += character_length(line + from, length - from);
    return from;
}

static Excerpt excerpt_around(const char *line, size_t length, size_t mark) {
    Excerpt excerpt = {line, 0, length};
    if (mark > length)
        mark = length;
    size_t before = utf8_count(line, mark);
    if (advance(line, length, 0, WIDEST) == length)
        return excerpt;
    if (before > WIDEST / 2)
        excerpt.begin = advance(line, length, 0, before - CONTEXT);
    excerpt.end = advance(line, length, excerpt.begin, WIDEST);
    return excerpt;
}

/* Control characters and bytes that are not UTF-8 show as `?`: a script must not steer the terminal. */
static void print_characters(FILE *out, const char *at, size_t begin, size_t end) {
    while (begin < end) {
        int length = utf8_length(at + begin, end - begin);
        unsigned char first = (unsigned char)at[begin];
        bool is_control = (first < ' ' && first != '\t') || first == 0x7f ||
                          (first == 0xc2 && length == 2 && (unsigned char)at[begin + 1] < 0xa0);
        if (length && !is_control)
            fwrite(at + begin, 1, (size_t)length, out);
        else
            fputc('?', out);
        begin += length ? (size_t)length : 1;
    }
}

static void print_blanks(FILE *out, const char *at, size_t begin, size_t end) {
    while (begin < end) {
        fputc(at[begin] == '\t' ? '\t' : ' ', out);
        begin += character_length(at + begin, end - begin);
    }
}

static void print_source_line(const Page *page, int line, Excerpt excerpt, size_t length) {
    fprintf(page->out, "%s%*d |%s ", page->style->gutter, page->gutter, line, page->style->end);
    fputs(excerpt.begin ? "..." : "", page->out);
    print_characters(page->out, excerpt.at, excerpt.begin, excerpt.end);
    fputs(excerpt.end < length ? "...\n" : "\n", page->out);
}

/* The carets stand under the part of the span that lies in this line and is shown; at least one. */
static void print_carets(const Page *page, const Mark *mark, Excerpt excerpt, size_t begin, size_t end) {
    const Style *style = page->style;
    if (begin > excerpt.end)
        begin = excerpt.end;
    if (end > excerpt.end)
        end = excerpt.end;
    fprintf(page->out, "%s%*s |%s ", style->gutter, page->gutter, "", style->end);
    fputs(excerpt.begin ? "   " : "", page->out);
    print_blanks(page->out, excerpt.at, excerpt.begin, begin);
    size_t count = end > begin ? utf8_count(excerpt.at + begin, end - begin) : 1;
    fputs(mark->is_main ? style->main : style->other, page->out);
    while (count-- > 0)
        fputc('^', page->out);
    if (mark->label && *mark->label)
        fprintf(page->out, " %s", mark->label);
    fprintf(page->out, "%s\n", style->end);
}

static void print_mark(const Page *page, const Mark *mark, bool with_line) {
    size_t length;
    const Span span = mark->span;
    const char *line = source_line(span.source, mark->line, &length);
    size_t start = (size_t)(line - source_text(span.source));
    Excerpt excerpt = excerpt_around(line, length, span.begin - start);
    if (with_line)
        print_source_line(page, mark->line, excerpt, length);
    print_carets(page, mark, excerpt, span.begin - start, span.end - start < length ? span.end - start : length);
}

/* ---- the marks of one source, in order of line ----------------------------------------------------------- */

static void print_between(const Page *page, const Source *source, int from, int to) {
    if (to - from > SMALL_GAP) {
        fprintf(page->out, "%s%*s%s\n", page->style->gutter, page->gutter + 1, "...", page->style->end);
        return;
    }
    for (int line = from; line < to; line++) {
        size_t length;
        const char *at = source_line(source, line, &length);
        print_source_line(page, line, excerpt_around(at, length, 0), length);
    }
}

static int by_place(const void *a, const void *b) {
    const Mark *one = a, *other = b;
    if (one->span.begin != other->span.begin)
        return one->span.begin < other->span.begin ? -1 : 1;
    return other->is_main - one->is_main;
}

static int number_width(int number) {
    int width = 1;
    while (number /= 10)
        width++;
    return width;
}

static void print_marks(Page *page, Mark *marks, int count) {
    qsort(marks, (size_t)count, sizeof *marks, by_place);
    int width = number_width(marks[count - 1].line);
    page->gutter = width > 3 ? width : 3;
    for (int i = 0; i < count; i++) {
        bool new_line = i == 0 || marks[i].line != marks[i - 1].line;
        if (i && new_line)
            print_between(page, marks[i].span.source, marks[i - 1].line + 1, marks[i].line);
        print_mark(page, &marks[i], new_line);
    }
}

static int gather_marks(const Diag *diag, const Source *source, Mark *marks) {
    int count = 0;
    if (diag->span.source == source)
        marks[count++] = (Mark){diag->span, diag->label, true, span_line(diag->span)};
    for (int i = 0; i < diag->place_count && count < MOST_NOTES; i++)
        if (diag->places[i].span.source == source)
            marks[count++] =
                (Mark){diag->places[i].span, diag->places[i].label, false, span_line(diag->places[i].span)};
    return count;
}

/* Places in another file follow under a line that names it. */
static void print_other_sources(Page *page, const Diag *diag) {
    Mark marks[MOST_NOTES + 1];
    for (int i = 0; i < diag->place_count; i++) {
        const Span span = diag->places[i].span;
        bool is_first = span.source && span.source != diag->span.source;
        for (int j = 0; j < i; j++)
            is_first = is_first && diag->places[j].span.source != span.source;
        if (!is_first)
            continue;
        fprintf(page->out, "%s:%d:%d:\n", source_name(span.source), span_line(span), span_column(span));
        print_marks(page, marks, gather_marks(diag, span.source, marks));
    }
}

static void print_header(const Page *page, const Diag *diag) {
    const Style *style = page->style;
    bool is_error = diag->severity == DIAG_ERROR;
    if (diag->span.source)
        fprintf(page->out, "%s%s:%d:%d:%s ", style->place, source_name(diag->span.source), span_line(diag->span),
                span_column(diag->span), style->end);
    fprintf(page->out, "%s%s:%s %s%s%s\n", is_error ? style->error : style->warning, is_error ? "error" : "warning",
            style->end, style->place, diag->message, style->end);
}

static void print_diag(FILE *out, const Style *style, const Diag *diag) {
    Page page = {out, style, 3};
    Mark marks[MOST_NOTES + 1];
    print_header(&page, diag);
    if (diag->span.source)
        print_marks(&page, marks, gather_marks(diag, diag->span.source, marks));
    print_other_sources(&page, diag);
    if (!diag->span.source && diag->label)
        fprintf(out, "%*s = %s\n", page.gutter, "", diag->label);
    for (int i = 0; i < diag->note_count; i++)
        fprintf(out, "%s%*s =%s %s\n", style->gutter, page.gutter, "", style->end, diag->notes[i]);
}

void diags_print(const Diags *diags, FILE *out, bool color) {
    const Style *style = color ? &colored : &plain;
    for (int i = 0; i < diags_total(diags); i++)
        print_diag(out, style, diags_at(diags, i));
    if (diags_out_of_memory(diags))
        fputs("error: out of memory\n", out);
    int errors = diags_count(diags, DIAG_ERROR);
    if (errors > 1)
        fprintf(out, "%d errors\n", errors);
}
