/* The data source text: the characters of a file, each to be told from those before it. */
#include "table.h"
#include <stdlib.h>
#include <string.h>

enum { CODES = 0x110000 /* of Unicode */, MARK = 0xFEFF /* byte order */ };

typedef struct Characters {
    int32_t *code; /* of each character, later its class */
    int64_t count;
} Characters;

/* ---- UTF-8 (RFC 3629) ------------------------------------------------------------------------------------------ */

/* Reads one character at bytes[0..left); its length, or 0 where the bytes are none. */
static int decode(const unsigned char *bytes, size_t left, int32_t *code) {
    static const int32_t least[] = {0, 0, 0x80, 0x800, 0x10000}; /* shorter forms exist below */
    int length = bytes[0] < 0x80 ? 1 : bytes[0] < 0xC2 ? 0 : bytes[0] < 0xE0 ? 2 : bytes[0] < 0xF0 ? 3 : 4;
    if (length == 0 || (size_t)length > left || bytes[0] > 0xF4) {
        return 0;
    }
    *code = length == 1 ? bytes[0] : bytes[0] & (0xFF >> (length + 1));
    for (int i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80) {
            return 0;
        }
        *code = *code << 6 | (bytes[i] & 0x3F);
    }
    bool surrogate = *code >= 0xD800 && *code <= 0xDFFF;
    return *code >= least[length] && *code < CODES && !surrogate ? length : 0;
}

static char *encode(int32_t code, char text[5]) {
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    int length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (int i = length - 1; i > 0; i--, code >>= 6) {
        text[i] = (char)(0x80 | (code & 0x3F));
    }
    text[0] = (char)(lead[length] | code);
    text[length] = '\0';
    return text;
}

static bool no_text(const char *path, size_t at, unsigned byte, PlumbError *error) {
    plumb_fail(error, PLUMB_FORMAT_ERROR, "\"%.120s\" is no text in UTF-8", path);
    error_found(error, "byte %u at offset %zu", byte, at);
    return error_hint(error, "save it as UTF-8 text");
}

/* A byte order mark at the beginning is no character; a zero byte tells binary files. */
static bool read_characters(const char *path, const unsigned char *bytes, size_t size, Characters *text,
                            PlumbError *error) {
    text->code = malloc((size + 1) * sizeof *text->code);
    if (!text->code) {
        return error_memory(error);
    }
    for (size_t at = 0, length; at < size; at += length) {
        int32_t code = 0;
        length = (size_t)decode(bytes + at, size - at, &code);
        if (length == 0 || code == 0) {
            return no_text(path, at, bytes[at], error);
        }
        if (code != MARK || at > 0) {
            text->code[text->count++] = code;
        }
    }
    return true;
}

/* ---- classes: the different characters, in the order of their codes -------------------------------------------- */

static bool number_classes(Characters *text, Table *table, int32_t *class_of) {
    for (int64_t i = 0; i < text->count; i++) {
        class_of[text->code[i]] = 1;
    }
    for (int32_t code = 0; code < CODES; code++) {
        table->classes += class_of[code];
    }
    table->class_name = calloc((size_t)table->classes + 1, sizeof *table->class_name);
    char name[5];
    int next = 0;
    for (int32_t code = 0; table->class_name && code < CODES; code++) {
        if (class_of[code]) {
            class_of[code] = next;
            table->class_name[next] = strdup(encode(code, name));
            if (!table->class_name[next++]) {
                return false;
            }
        }
    }
    for (int64_t i = 0; table->class_name && i < text->count; i++) {
        text->code[i] = class_of[text->code[i]];
    }
    return table->class_name;
}

static bool find_classes(Characters *text, Table *table, PlumbError *error) {
    int32_t *class_of = calloc(CODES, sizeof *class_of);
    bool done = class_of && number_classes(text, table, class_of);
    free(class_of);
    return done || error_memory(error);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

/* Row r: characters r length ... of the text; wanted: the same, one further. */
static bool cut_rows(const Characters *text, int length, Table *table, PlumbError *error) {
    int64_t rows = (text->count - 1) / length;
    table->x_shape = table->y_shape = (PlumbShape){1, {length}};
    if (!table_grow(table, rows, error)) {
        return false;
    }
    for (int64_t i = 0; i < rows * length; i++) {
        table->x[i] = (plumb_real)text->code[i];
        table->y[i] = text->code[i + 1];
    }
    table->rows = rows;
    return true;
}

static bool long_enough(const char *path, int64_t count, int length, PlumbError *error) {
    if (count > length) {
        return true;
    }
    plumb_fail(error, PLUMB_FORMAT_ERROR, "\"%.120s\" is too short", path);
    error_found(error, "%lld characters", (long long)count);
    return error_expected(error, "at least %d, one more than a row has", length + 1);
}

static PlumbData *load(const PlumbCall *call, const PlumbFiles *files, uint64_t seed, PlumbError *error) {
    Table table = {0};
    Characters text = {0};
    const char *path = plumb_call_string(call, "path");
    int length = (int)plumb_call_number(call, "length");
    size_t size = 0;
    unsigned char *bytes = plumb_file_read(path, files, &size, error);
    bool done = bytes && read_characters(path, bytes, size, &text, error) &&
                long_enough(path, text.count, length, error) && find_classes(&text, &table, error) &&
                cut_rows(&text, length, &table, error);
    free(bytes);
    free(text.code);
    if (!done) {
        table_free(&table);
        return NULL;
    }
    return table_finish(&table, call, seed, error);
}

static const PlumbArg args[] = {
    {.name = "path", .accepts = PLUMB_A_STRING, .help = "a text in UTF-8; .gz is unpacked on the way"},
    {.name = "length", .accepts = PLUMB_A_INT, .fallback = "64", .min = 1, .max = 1e6, .help = "characters of a row"},
    {.name = "level", .accepts = PLUMB_A_WORD, .words = "char", .fallback = "char", .help = "what a step is"},
    TABLE_ARGS};

const Source source_texts = {
    .entry = {.name = "text",
              .kind = PLUMB_DATA,
              .family = "files",
              .args = args,
              .summary = "next-character prediction: rows of character numbers, for embedding; one label a step",
              .formula = "x[t] = character t, label[t] = character t + 1; numbered by Unicode among those of the text",
              .source = "Sutskever, Martens & Hinton 2011",
              .example = "d = text(\"book.txt\", length=64)"},
    .load = load,
};
