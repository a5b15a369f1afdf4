/* What a session prints: diagnostics for a person or as JSON, and one JSON object a result. */
#include "../grammar/text.h"
#include "interpreter.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

FILE *session_out(const Session *session) {
    return session->out;
}
FILE *session_text(const Session *session) {
    bool quiet = (session->options.quiet || session->options.muted) && session->nowhere;
    return quiet ? session->nowhere : session->options.json ? session->err : session->out;
}
FILE *session_err(const Session *session) {
    return session->err;
}
bool session_live(const Session *session) {
    FILE *text = session_text(session);
    return text != session->nowhere && isatty(fileno(text));
}
bool session_json_wanted(const Session *session) {
    return session->options.json;
}

/* ---- reports ----------------------------------------------------------------------------------------------------- */

static Diag *report_text(Session *session, Span span, const char *format, va_list arguments) {
    Text text = {0};
    text_vprintf(&text, format, arguments);
    char *message = text_take(&text);
    Diag *diag = diags_add(session->diags, DIAG_ERROR, span, "%s", message ? message : "out of memory");
    free(message);
    return diag;
}

Diag *report(Session *session, Span span, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    Diag *diag = report_text(session, span, format, arguments);
    va_end(arguments);
    return diag;
}

/* "what: found this, expected that"; a question is put beside the caret, advice below. What is said already is not
 * found again. */
static Diag *report_as(Session *session, DiagSeverity severity, Span span, const PlumbError *error) {
    const char *found = strstr(error->what, error->found) ? "" : error->found;
    const char *expected = !error->expected[0] ? "" : *found ? ", expected " : ": expected ";
    Diag *diag = diags_add(session->diags, severity, span, "%s%s%s%s%s", error->what, *found ? ": found " : "", found,
                           expected, error->expected);
    if (error->hint[0]) {
        bool question = error->hint[strlen(error->hint) - 1] == '?';
        (question ? diag_label : diag_note)(diag, "%s", error->hint);
    }
    return diag;
}

Diag *report_error(Session *session, Span span, const PlumbError *error) {
    return report_as(session, DIAG_ERROR, span, error);
}

Diag *report_doubt(Session *session, Span span, const PlumbError *error) {
    return report_as(session, DIAG_WARNING, span, error);
}

void report_memory(Session *session, Span span) {
    report(session, span, "not enough memory");
}

bool session_fail(Session *session, Span span, const PlumbError *error) {
    report_error(session, span, error);
    return false;
}

bool session_error(Session *session, Span span, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    report_text(session, span, format, arguments);
    va_end(arguments);
    return false;
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static void print_object(Session *session, json_t *object) {
    if (object) {
        json_dumpf(object, session->out, JSON_COMPACT | JSON_REAL_PRECISION(9) | JSON_ENSURE_ASCII);
        fputc('\n', session->out);
        fflush(session->out);
    }
    json_decref(object);
}

/* Text that is not UTF-8 is not JSON: it is left out. */
static json_t *text_or_null(const char *text) {
    json_t *string = text ? json_string(text) : NULL;
    return string ? string : json_null();
}

static json_t *diag_object(const Diag *diag) {
    const char *hint = diag->label ? diag->label : diag->note_count ? diag->notes[diag->note_count - 1] : NULL;
    bool placed = diag->span.source;
    return json_pack("{s:{s:o,s:i,s:i,s:o,s:o}}", diag->severity == DIAG_ERROR ? "error" : "warning", "file",
                     text_or_null(placed ? source_name(diag->span.source) : NULL), "line",
                     placed ? span_line(diag->span) : 0, "column", placed ? span_column(diag->span) : 0, "message",
                     text_or_null(diag->message), "hint", text_or_null(hint));
}

void session_show_diags(Session *session) {
    fflush(session_text(session));
    fflush(session->out);
    for (int i = 0; session->options.json && i < diags_total(session->diags); i++) {
        print_object(session, diag_object(diags_at(session->diags, i)));
    }
    diags_print(session->diags, session->err, session->options.color);
    diags_clear(session->diags);
}

void session_json(Session *session, const VerbCall *call, const char *net, json_t *object) {
    if (!session->options.json || !object) {
        json_decref(object);
        return;
    }
    const char *verb = call->tree->kind == TREE_VERB ? call->tree->text : "print";
    json_t *stamped = json_pack("{s:s}", "verb", verb);
    if (stamped && net) {
        json_object_set_new(stamped, "net", text_or_null(net));
    }
    if (stamped) {
        json_object_set_new(stamped, "line", json_integer(span_line(call->tree->span)));
        json_object_update(stamped, object);
    }
    json_decref(object);
    print_object(session, stamped);
}
