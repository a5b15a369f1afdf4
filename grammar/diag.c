#include "diag.h"
#include "text.h"
#include <stdlib.h>
#include <string.h>

struct Diags {
    Diag *item;
    int count, capacity;
    bool out_of_memory;
    Diag spare; /* takes what is added to a diagnostic that was dropped */
};

Diags *diags_new(void) {
    return calloc(1, sizeof(Diags));
}

static void diag_clear(Diag *diag) {
    free(diag->message);
    free(diag->label);
    for (int i = 0; i < diag->place_count; i++)
        free(diag->places[i].label);
    free(diag->places);
    for (int i = 0; i < diag->note_count; i++)
        free(diag->notes[i]);
    free(diag->notes);
    *diag = (Diag){0};
}

void diags_clear(Diags *diags) {
    for (int i = 0; i < diags->count; i++)
        diag_clear(&diags->item[i]);
    diag_clear(&diags->spare);
    diags->count = 0;
    diags->out_of_memory = false;
}

void diags_free(Diags *diags) {
    if (!diags)
        return;
    diags_clear(diags);
    free(diags->item);
    free(diags);
}

static char *format_text(const char *format, va_list arguments) {
    Text text = {0};
    text_vprintf(&text, format, arguments);
    return text_take(&text);
}

static bool same_place(Span a, Span b) {
    return a.source == b.source && a.begin == b.begin && a.end == b.end;
}

static bool is_known(const Diags *diags, Span span, const char *message) {
    for (int i = diags->count - 1; i >= 0; i--)
        if (same_place(diags->item[i].span, span) && strcmp(diags->item[i].message, message) == 0)
            return true;
    return false;
}

static Diag *diags_extend(Diags *diags) {
    if (diags->count == diags->capacity) {
        int capacity = diags->capacity ? diags->capacity * 2 : 8;
        Diag *item = realloc(diags->item, (size_t)capacity * sizeof *item);
        if (!item)
            return NULL;
        diags->item = item;
        diags->capacity = capacity;
    }
    return &diags->item[diags->count++];
}

Diag *diags_add(Diags *diags, DiagSeverity severity, Span span, const char *format, ...) {
    diag_clear(&diags->spare);
    va_list arguments;
    va_start(arguments, format);
    char *message = format_text(format, arguments);
    va_end(arguments);
    if (message && is_known(diags, span, message)) {
        free(message);
        return &diags->spare;
    }
    Diag *diag = message ? diags_extend(diags) : NULL;
    if (!diag) {
        free(message);
        diags->out_of_memory = true;
        return &diags->spare;
    }
    *diag = (Diag){.severity = severity, .span = span, .message = message};
    return diag;
}

void diag_label(Diag *diag, const char *format, ...) {
    if (!diag)
        return;
    va_list arguments;
    va_start(arguments, format);
    free(diag->label);
    diag->label = format_text(format, arguments);
    va_end(arguments);
}

/* A place or a note that memory is too short for is left out: the message itself stands. */
void diag_place(Diag *diag, Span span, const char *format, ...) {
    if (!diag)
        return;
    DiagPlace *places = realloc(diag->places, (size_t)(diag->place_count + 1) * sizeof *places);
    if (!places)
        return;
    diag->places = places;
    va_list arguments;
    va_start(arguments, format);
    places[diag->place_count++] = (DiagPlace){span, format_text(format, arguments)};
    va_end(arguments);
}

void diag_note(Diag *diag, const char *format, ...) {
    if (!diag)
        return;
    char **notes = realloc(diag->notes, (size_t)(diag->note_count + 1) * sizeof *notes);
    if (!notes)
        return;
    diag->notes = notes;
    va_list arguments;
    va_start(arguments, format);
    char *note = format_text(format, arguments);
    va_end(arguments);
    if (note)
        notes[diag->note_count++] = note;
}

int diags_count(const Diags *diags, DiagSeverity severity) {
    int count = 0;
    for (int i = 0; i < diags->count; i++)
        count += diags->item[i].severity == severity;
    return count;
}

int diags_total(const Diags *diags) {
    return diags->count;
}

const Diag *diags_at(const Diags *diags, int index) {
    return &diags->item[index];
}

bool diags_out_of_memory(const Diags *diags) {
    return diags->out_of_memory;
}
