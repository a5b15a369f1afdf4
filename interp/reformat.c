#include "reformat.h"
#include "../grammar/format.h"
#include "textfile.h"
#include <stdlib.h>
#include <string.h>

/* A layout is only taken when it was made of a text without errors. malloc'd; NULL with a diagnostic. */
static char *layout(const Source *source, const Words *words, Diags *diags) {
    Program *program = parse(source, words, diags);
    bool is_correct = program && !diags_count(diags, DIAG_ERROR) && !diags_out_of_memory(diags);
    char *text = is_correct ? format_program(program) : NULL;
    if (!text && !diags_count(diags, DIAG_ERROR)) {
        diags_add(diags, DIAG_ERROR, (Span){0}, "out of memory");
    }
    program_free(program);
    return text;
}

static Reformatted write_back(const char *path, const char *text, Diags *diags) {
    PlumbError error = {0};
    if (plumb_file_save(path, text, strlen(text), NULL, &error)) {
        return REFORMAT_DONE;
    }
    diags_add(diags, DIAG_ERROR, (Span){0}, "%s", error.what);
    return REFORMAT_FAILED;
}

static Reformatted deliver(const CommandLine *line, const char *path, const Source *source, const char *text, FILE *out,
                           Diags *diags) {
    bool is_same = strlen(text) == source_length(source) && strcmp(text, source_text(source)) == 0;
    if (line->only_checks) {
        return is_same ? REFORMAT_DONE : (fprintf(out, "%s\n", textfile_name(path)), REFORMAT_DIFFERS);
    }
    if (line->writes && strcmp(path, "-") != 0) {
        return is_same ? REFORMAT_DONE : write_back(path, text, diags);
    }
    fputs(text, out);
    return REFORMAT_DONE;
}

static Reformatted reformat_text(const CommandLine *line, const char *path, const Words *words, FILE *out, FILE *err,
                                 Diags *diags) {
    size_t length = 0;
    char *content = textfile_read(path, &length, diags);
    Source *source = content ? source_new(textfile_name(path), content, length) : NULL;
    char *text = source ? layout(source, words, diags) : NULL;
    if (content && !source) {
        diags_add(diags, DIAG_ERROR, (Span){0}, "out of memory");
    }
    Reformatted outcome = text ? deliver(line, path, source, text, out, diags) : REFORMAT_REFUSED;
    if (diags_count(diags, DIAG_ERROR)) {
        diags_print(diags, err, line->options.color);
    }
    free(text);
    source_free(source);
    free(content);
    return outcome;
}

Reformatted reformat(const CommandLine *line, const char *path, const Words *words, FILE *out, FILE *err) {
    Diags *diags = diags_new();
    if (!diags) {
        fputs("error: out of memory\n", err);
        return REFORMAT_REFUSED;
    }
    Reformatted outcome = reformat_text(line, path, words, out, err, diags);
    diags_free(diags);
    return outcome;
}
