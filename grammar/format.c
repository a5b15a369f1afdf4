/* Lines, comments and blank lines of the canonical layout; what stands on a line is the printer's. */
#include "format.h"
#include "printer.h"
#include <stdlib.h>
#include <string.h>

enum { ALIGNED_MAX = 32 }; /* columns; longer names are not lined up */

/* ---- comments ------------------------------------------------------------------------------------------------ */

/* Index of the first comment at `offset` or behind it. */
static int comment_from(const Printer *printer, size_t offset) {
    int low = 0, high = printer->comment_count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (printer->comments[middle].span.begin < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int count_comments(const Printer *printer, Span span) {
    if (span.source != printer->source || !printer->comment_count)
        return 0;
    return comment_from(printer, span.end) - comment_from(printer, span.begin);
}

static void put_comment(Printer *printer, int index) {
    const Span span = printer->comments[index].span;
    text_add(&printer->out, source_text(span.source) + span.begin, span.end - span.begin);
    printer->is_placed[index] = true;
}

void put_trailing_comments(Printer *printer, Span span) {
    if (!count_comments(printer, span))
        return;
    for (int i = comment_from(printer, span.begin); i < comment_from(printer, span.end); i++)
        if (!printer->comments[i].own_line && !printer->is_placed[i]) {
            put(printer, "  ");
            put_comment(printer, i);
        }
}

/* ---- blank lines --------------------------------------------------------------------------------------------- */

/* Were there blank lines between two offsets? Only line ends and `;` stand there. */
static bool has_blank_line(const Source *source, size_t from, size_t to) {
    int newlines = 0;
    for (size_t i = from; i < to; i++)
        newlines += source_text(source)[i] == '\n';
    return newlines > 1;
}

/* One blank line, if there was one between what was put last, which ended at `from`, and what comes at `to`. */
static void keep_blank_line(Printer *printer, size_t from, size_t to) {
    if (printer->source && from < to && printer->out.length && has_blank_line(printer->source, from, to))
        text_char(&printer->out, '\n');
}

/* ---- sequences ----------------------------------------------------------------------------------------------- */

/* Comments of `span` that were not put yet, a line each. `last` is where what was put last ended in the source, 0 if
 * nothing was; returns the new one. */
static size_t put_comment_lines(Printer *printer, Span span, size_t last, bool keeps_blank_lines) {
    if (!count_comments(printer, span))
        return last;
    for (int i = comment_from(printer, span.begin); i < comment_from(printer, span.end); i++) {
        if (printer->is_placed[i])
            continue;
        if (last && keeps_blank_lines)
            keep_blank_line(printer, last, printer->comments[i].span.begin);
        put_line(printer);
        put_comment(printer, i);
        last = printer->comments[i].span.end;
    }
    return last;
}

void put_own_line_comments(Printer *printer, Span span) {
    put_comment_lines(printer, span, 0, false);
}

/* Comments inside an item that found no place there go before it. */
static void hoist_comments(Printer *printer, Span item, size_t begin) {
    if (!count_comments(printer, item))
        return;
    Text tail = {0};
    text_add(&tail, printer->out.at + begin, printer->out.length - begin);
    size_t line = printer->line - begin;
    printer->out.length = begin;
    put_own_line_comments(printer, item);
    bool is_first = begin == 0 && printer->out.length;
    printer->line = printer->out.length + line + is_first;
    text_add(&printer->out, is_first ? "\n" : "", is_first);
    text_add(&printer->out, tail.at, tail.length);
    printer->out.failed = printer->out.failed || tail.failed;
    text_clear(&tail);
}

/* Bindings one line below the other, with nothing between them. */
static bool are_neighbours(const Printer *printer, const Tree *first, const Tree *second) {
    if (first->kind != TREE_BIND || second->kind != TREE_BIND || count_comments(printer, second->span))
        return false;
    return !printer->source || !has_blank_line(printer->source, first->span.end, second->span.begin);
}

/* The longest name of the row of bindings that begins at `index`; `end` is behind its last. */
static int name_width_from(const Printer *printer, Sequence sequence, int index, int *end) {
    int width = 0;
    for (*end = index; *end < sequence.count; ++*end) {
        const Tree *item = sequence.item[*end];
        if (item->kind != TREE_BIND || (*end > index && !are_neighbours(printer, sequence.item[*end - 1], item)))
            break;
        int length = (int)strlen(item->text);
        width = length > width ? length : width;
    }
    return width <= ALIGNED_MAX ? width : 0;
}

static void print_item(Printer *printer, Sequence sequence, int index) {
    const Tree *item = sequence.item[index];
    bool is_last = index == sequence.count - 1;
    size_t begin = printer->out.length;
    printer->guard = NULL;
    bool in_parentheses = sequence.is_statements && guard_statement(printer, item);
    put_line(printer);
    print_unit(printer, item, in_parentheses, (int)strlen(sequence.separator));
    hoist_comments(printer, item->span, begin);
    put(printer, is_last ? "" : sequence.separator);
    size_t next = is_last ? sequence.span.end : sequence.item[index + 1]->span.begin;
    put_trailing_comments(printer, (Span){sequence.span.source, item->span.end, next});
}

void print_sequence(Printer *printer, Sequence sequence) {
    Mode mode = printer->mode;
    size_t from = sequence.span.begin, last = 0;
    int row_end = 0, name_width = 0;
    printer->mode = ITEMS; /* comments and line ends are never too long */
    printer->indent += INDENT;
    if (sequence.count)
        put_trailing_comments(printer, (Span){sequence.span.source, from, sequence.item[0]->span.begin});
    for (int i = 0; i < sequence.count; i++) {
        const Span span = sequence.item[i]->span;
        last = put_comment_lines(printer, (Span){sequence.span.source, from, span.begin}, last, sequence.is_statements);
        if (last && sequence.is_statements)
            keep_blank_line(printer, last, span.begin);
        if (i >= row_end)
            name_width = name_width_from(printer, sequence, i, &row_end);
        printer->name_width = printer->indent && sequence.is_statements && i < row_end ? name_width : 0;
        print_item(printer, sequence, i);
        last = from = span.end;
    }
    put_comment_lines(printer, (Span){sequence.span.source, from, sequence.span.end}, last, sequence.is_statements);
    printer->indent -= INDENT;
    printer->mode = mode;
}

/* ---- the two doors ------------------------------------------------------------------------------------------- */

char *format_program(const Program *program) {
    Printer printer = {.mode = ITEMS, .indent = -INDENT, .source = program->source};
    printer.comments = program->comments;
    printer.comment_count = program->comment_count;
    printer.is_placed = calloc((size_t)program->comment_count + 1, sizeof *printer.is_placed);
    if (!printer.is_placed)
        return NULL;
    const Tree *root = program->root;
    Span all = {program->source, 0, source_length(program->source)};
    print_sequence(&printer, (Sequence){root->child, root->count, all, "", true});
    if (printer.out.length)
        text_char(&printer.out, '\n');
    free(printer.is_placed);
    return text_take(&printer.out);
}

char *format_tree(const Tree *tree) {
    Printer printer = {.mode = ITEMS};
    print_unit(&printer, tree, false, 0);
    return text_take(&printer.out);
}
