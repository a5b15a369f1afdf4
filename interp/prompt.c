#include "prompt.h"
#include "../grammar/text.h"
#include "history.h"
#include "reader.h"
#include "textfile.h"
#include "verb.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Prompt {
    Session *session;
    Reader reader;
    Text statement; /* its lines so far */
    int line;       /* number of its first one */
    int width;      /* of the terminal, as the session knows it */
} Prompt;

static ParseState state_of(const Prompt *prompt) {
    Source *source = source_new("prompt", prompt->statement.at, prompt->statement.length);
    ParseState state = source ? parse_state(source, session_words(prompt->session)) : PARSE_WRONG;
    source_free(source);
    return state;
}

static bool is_blank(const char *text) {
    return text[strspn(text, " \t\r\n")] == '\0';
}

static int count_newlines(const char *text) {
    int count = 0;
    for (; (text = strchr(text, '\n')); text++) {
        count++;
    }
    return count;
}

/* Only when it changes, so that `set width` holds. */
static void follow_width(Prompt *prompt) {
    int width = terminal_width();
    Value *value = width != prompt->width ? value_number(width) : NULL;
    if (value && session_set(prompt->session, "width", value, (Span){0})) {
        prompt->width = width;
    }
    value_drop(value);
}

/* Lines are numbered through the session: the text begins with as many ends of lines as were read before. */
static void run_statement(Prompt *prompt) {
    const Text *statement = &prompt->statement;
    Text text = {0};
    text_repeat(&text, '\n', prompt->line - 1);
    text_printf(&text, "%s", statement->at);
    prompt->line += count_newlines(statement->at) + 1;
    prompt->reader.remember(&prompt->reader, statement->at);
    follow_width(prompt);
    if (text.failed) {
        fputs("error: out of memory\n", session_err(prompt->session));
    } else {
        session_run(prompt->session, "prompt", text.at, text.length);
    }
    text_clear(&text);
}

static void add_line(Prompt *prompt, const char *line) {
    size_t length = strlen(line);
    while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r')) { /* as pasted */
        length--;
    }
    text_printf(&prompt->statement, "%s%.*s", prompt->statement.at ? "\n" : "", (int)length, line);
}

/* One statement, or one line that is none. False at the end. */
static bool turn(Prompt *prompt) {
    char *line = NULL;
    Reader *reader = &prompt->reader;
    ReadOutcome outcome = reader->read(reader, prompt->statement.at ? "   ...> " : "plumb> ", &line);
    bool goes_on = false;
    if (outcome == READ_LINE) {
        add_line(prompt, line);
        bool is_empty = prompt->statement.failed || is_blank(prompt->statement.at);
        goes_on = !is_empty && state_of(prompt) == PARSE_INCOMPLETE;
        if (!is_empty && !goes_on) {
            run_statement(prompt);
        }
    }
    free(line);
    bool ends = outcome == READ_END && !prompt->statement.at; /* in a statement, ctrl-D only drops it */
    if (!goes_on) {
        text_clear(&prompt->statement);
    }
    return !ends && !session_has_quit(prompt->session);
}

void prompt_startup(Session *session) {
    const char *home = getenv("HOME");
    Text path = {0};
    text_printf(&path, "%s/.plumbrc", home ? home : "");
    size_t length = 0;
    Diags *diags = diags_new();
    if (home && diags && !path.failed && access(path.at, F_OK) == 0) {
        char *text = textfile_read(path.at, &length, diags);
        diags_print(diags, session_err(session), session_options(session)->color);
        if (text) {
            session_run(session, path.at, text, length);
        }
        free(text);
    }
    diags_free(diags);
    text_clear(&path);
}

static void open_reader(Prompt *prompt) {
    prompt->reader = (Reader){.session = prompt->session, .before = &prompt->statement};
    reader_open_plain(&prompt->reader);
#ifndef PLUMB_NO_READLINE
    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
        prompt->reader.history = history_path();
        reader_open_readline(&prompt->reader);
    }
#endif
}

void prompt_run(Session *session, const CommandLine *line) {
    Prompt prompt = {.session = session, .line = 1, .width = line->options.width};
    if (!line->options.quiet) {
        fprintf(session_text(session), "plumb %s.  help lists the language, ctrl-D leaves.\n", plumb_version());
    }
    open_reader(&prompt);
    session_prompting(session);
    while (turn(&prompt)) {
    }
    free(prompt.reader.history);
    text_clear(&prompt.statement);
}
