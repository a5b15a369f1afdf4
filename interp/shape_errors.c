/* Errors inside a net: where a shape came from, where it does not fit, how the builder came there, and the ways to fix
 * it. */
#include "../grammar/text.h"
#include "builder.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHAIN_MAX = 6, TRAIL_MAX = 6 };

PlumbShape shape_at(const Builder *builder, int node) {
    return plumb_net_node(builder->net, node)->shape;
}

Span span_of_node(const Builder *builder, int node) {
    PlumbPlace place = plumb_net_node(builder->net, node)->place;
    return (Span){place.source, place.begin, place.end};
}

char *shape_words(PlumbShape shape, char text[96]) {
    char plain[64];
    plumb_shape_text(shape, plain);
    snprintf(text, 96, shape.rank == 1 ? "%s features" : "%s", plain);
    return text;
}

/* ---- the way here ------------------------------------------------------------------------------------------------ */

void add_trail(const Builder *builder, Diag *diag) {
    if (!builder->trail) {
        return;
    }
    Text text = {0};
    int count = 0;
    for (const Trail *trail = builder->trail; trail; trail = trail->up) {
        if (count++ >= TRAIL_MAX) {
            continue;
        }
        text_printf(&text, "%s", text.length ? ", in " : "in ");
        if (trail->turn) {
            text_printf(&text, "repetition %d of repeat(%d)", trail->turn, trail->turns);
        } else {
            text_printf(&text, "%s", trail->what);
        }
        text_printf(&text, " at %d:%d", span_line(trail->span), span_column(trail->span));
    }
    if (count > TRAIL_MAX) {
        text_printf(&text, ", and %d more", count - TRAIL_MAX);
    }
    char *line = text_take(&text);
    if (line) {
        diag_note(diag, "%s", line);
    }
    free(line);
}

Diag *report_in_net(const Builder *builder, Span span, const char *format, ...) {
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    Diag *diag = report(builder->session, span, "%s", message);
    add_trail(builder, diag);
    return diag;
}

/* "shapes: input 64 -> dense1 32 -> relu1 32", the last few of them. */
static void add_chain(const Builder *builder, Diag *diag, int node) {
    int chain[CHAIN_MAX], count = 0;
    for (; node >= 0 && count < CHAIN_MAX; count++) {
        const PlumbNode *about = plumb_net_node(builder->net, node);
        if (about->shape.rank < 0) {
            break;
        }
        chain[count] = node;
        node = about->input_count ? about->input[0] : -1;
    }
    Text text = {0};
    char shape[64];
    text_printf(&text, node >= 0 ? "shapes: ... " : "shapes: ");
    for (int i = count - 1; i >= 0; i--) {
        const PlumbNode *about = plumb_net_node(builder->net, chain[i]);
        text_printf(&text, "%s %s%s", about->name, plumb_shape_text(about->shape, shape), i ? " -> " : "");
    }
    char *line = text_take(&text);
    if (line && count) {
        diag_note(diag, "%s", line);
    }
    free(line);
}

/* ---- a layer that does not take what arrives --------------------------------------------------------------------- */

static bool same_span(Span a, Span b) {
    return a.source == b.source && a.begin == b.begin && a.end == b.end;
}

Diag *report_shape(Builder *builder, const Tree *tree, const int *input, int count, const PlumbError *error) {
    Diag *diag = report_error(builder->session, tree->span, error);
    char words[96];
    if (error->status == PLUMB_SHAPE_ERROR && count) {
        for (int i = 0; i < count; i++) {
            Span span = span_of_node(builder, input[i]);
            if (shape_at(builder, input[i]).rank >= 0 && !same_span(span, tree->span)) {
                diag_place(diag, span, "from here: %s", shape_words(shape_at(builder, input[i]), words));
            }
        }
        add_chain(builder, diag, input[0]);
    }
    add_trail(builder, diag);
    return diag;
}

/* ---- links that join what differs -------------------------------------------------------------------------------- */

/* The last layer on the way to `node` that says its number of outputs itself: dense(32). -1: none. */
static int find_width(const Builder *builder, int node) {
    while (node >= 0) {
        const PlumbNode *about = plumb_net_node(builder->net, node);
        if (about->shape.rank < 0) {
            return -1;
        }
        if (about->call->entry->args && !strcmp(about->call->entry->args[0].name, "units")) {
            return node;
        }
        node = about->input_count == 1 ? about->input[0] : -1;
    }
    return -1;
}

/* The source line of a dense layer with its number of units changed; false where that is no plain number. */
static bool line_with_width(const Builder *builder, int node, int width, Text *text, int *number) {
    Span span = span_of_node(builder, node);
    size_t length, from = 0;
    *number = span_line(span);
    const char *line = source_line(span.source, *number, &length);
    const char *at = source_text(span.source) + span.begin, *open = memchr(at, '(', span.end - span.begin);
    if (!open || !isdigit((unsigned char)open[1])) {
        return false;
    }
    size_t digits = strspn(open + 1, "0123456789_"), before = (size_t)(open + 1 - line);
    if (open[1 + digits] != ')' && open[1 + digits] != ',') {
        return false;
    }
    from = strspn(line, " \t");
    text_add(text, line + from, before - from);
    text_printf(text, "%d", width);
    text_add(text, open + 1 + digits, length - before - digits);
    return true;
}

static void add_width_fix(const Builder *builder, Diag *diag, int from, int to) {
    PlumbShape wanted = shape_at(builder, from), ends = shape_at(builder, to);
    int node = find_width(builder, to), line = 0;
    char words[96];
    Text text = {0};
    bool quoted = wanted.rank == ends.rank && wanted.rank > 0 && node >= 0 &&
                  line_with_width(builder, node, wanted.dim[wanted.rank - 1], &text, &line);
    char *fix = text_take(&text);
    if (quoted && fix) {
        diag_note(diag, "either make both the same:      %d | %s", line, fix);
    } else {
        diag_note(diag, "either make both the same: end with %s", shape_words(wanted, words));
    }
    free(fix);
}

void report_skip(Builder *builder, const Tree *tree, int from, int to, const char *projected) {
    PlumbShape tapped = shape_at(builder, from), joined = shape_at(builder, to);
    bool widths = tapped.rank == 1 && joined.rank == 1;
    char words[96];
    Diag *diag = report(builder->session, tree->span, "this skip joins two different %s", widths ? "widths" : "shapes");
    diag_label(diag, "joined here: %s arrive", shape_words(joined, words));
    diag_place(diag, span_of_node(builder, from), "tapped here: %s", shape_words(tapped, words));
    add_trail(builder, diag);
    add_chain(builder, diag, to);
    add_width_fix(builder, diag, from, to);
    if (projected) {
        diag_note(diag, "or project the skip:            %d | %s", span_line(tree->span), projected);
    }
}
