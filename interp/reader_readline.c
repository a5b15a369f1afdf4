/* The prompt by GNU readline: the only file that knows it. Nothing here with READLINE=no. */
#ifndef PLUMB_NO_READLINE
#include "complete.h"
#include "interrupts.h"
#include "reader.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* after stdio.h */
#include <readline/history.h>
#include <readline/readline.h>

enum { HISTORY_MOST = 2000 };

/* Readline hands nothing to its callbacks, so that this has to be outside of any function; it has one prompt anyway. */
static struct {
    const Reader *reader;
    char *line;
    bool is_done;
} now;

static void take_line(char *line) {
    rl_callback_handler_remove();
    now.line = line;
    now.is_done = true;
}

/* ---- completion --------------------------------------------------------------------------------------------- */

/* What stands before the cursor, from the first line of the statement on. */
static Completion complete_here(void) {
    Text text = {0};
    const Text *before = now.reader->before;
    text_printf(&text, "%s%s%.*s", before->at ? before->at : "", before->at ? "\n" : "", rl_point, rl_line_buffer);
    Completion completion = {0};
    if (!text.failed) {
        completion = complete(now.reader->session, text.at, text.length);
    }
    text_clear(&text);
    return completion;
}

/* What stands behind a completed word tells what may come next. */
static int character_after(CandidateKind kind) {
    switch (kind) {
    case CANDIDATE_FILE:
        return '"';
    case CANDIDATE_VERB:
    case CANDIDATE_KEYWORD:
        return ' ';
    default:
        return '\0';
    }
}

static size_t common_length(const Completion *completion) {
    const char *first = completion->item[0].text;
    size_t length = strlen(first);
    for (int i = 1; i < completion->count; i++) {
        size_t same = 0;
        while (same < length && first[same] == completion->item[i].text[same]) {
            same++;
        }
        length = same;
    }
    return length;
}

/* Readline wants what all share, then all, each malloc'd. */
static char **as_matches(const Completion *completion) {
    bool is_single = completion->count == 1;
    char **matches = calloc((size_t)completion->count + 2, sizeof *matches);
    if (!matches || !(matches[0] = strndup(completion->item[0].text, common_length(completion)))) {
        free(matches);
        return NULL;
    }
    for (int i = 0; i < completion->count && !is_single; i++) {
        if (!(matches[i + 1] = strdup(completion->item[i].text))) {
            break;
        }
    }
    return matches;
}

/* Readline cuts the line into words before it asks: in a string at its quote, else at what no name holds. */
static char *find_word_breaks(void) {
    static char in_string[] = "\"", in_code[] = " \t\n()[]{}=,.;:+-*/%^<>!\"#";
    Completion completion = complete_here();
    char *breaks = completion.is_file ? in_string : in_code;
    completion_clear(&completion);
    return breaks;
}

static char **find_matches(const char *word, int start, int end) {
    (void)word, (void)start, (void)end;
    rl_attempted_completion_over = 1; /* never file names of readline's own */
    Completion completion = complete_here();
    char **matches = completion.count ? as_matches(&completion) : NULL;
    if (completion.count) {
        bool is_open = completion.is_file && completion.item[0].text[strlen(completion.item[0].text) - 1] == '/';
        rl_completion_append_character = is_open ? '\0' : character_after(completion.item[0].kind);
    }
    rl_sort_completion_matches = 0; /* they come in order of use */
    completion_clear(&completion);
    return matches;
}

/* ---- lines -------------------------------------------------------------------------------------------------- */

static ReadOutcome clear_line(void) {
    rl_callback_sigcleanup();
    rl_point = rl_end;
    rl_redisplay();
    rl_echo_signal_char(SIGINT);
    rl_crlf();
    rl_callback_handler_remove();
    return READ_CLEARED;
}

/* True: ctrl-C. */
static bool follow_signals(void) {
    for (int number; (number = interrupts_next());) {
        if (number == SIGINT) {
            return true;
        }
        if (number == SIGWINCH) {
            rl_resize_terminal();
        } else { /* SIGCONT: the shell had the terminal */
            rl_deprep_terminal();
            rl_prep_terminal(1);
            rl_forced_update_display();
        }
    }
    return false;
}

static ReadOutcome read_edited(Reader *reader, const char *prompt, char **line) {
    fflush(stdout);
    now.reader = reader;
    now.is_done = false;
    while (interrupts_next()) { /* what came while a statement ran has had its effect */
    }
    rl_reset_screen_size();
    rl_callback_handler_install(prompt, take_line);
    struct pollfd from[] = {{STDIN_FILENO, POLLIN, 0}, {interrupts_descriptor(), POLLIN, 0}};
    while (!now.is_done) {
        if (poll(from, 2, -1) < 0 && errno != EINTR) {
            rl_callback_handler_remove();
            return READ_END;
        }
        if (follow_signals()) {
            return clear_line();
        }
        if (from[0].revents) {
            rl_callback_read_char();
        }
        from[0].revents = 0;
    }
    *line = now.line;
    if (!*line) {
        fputc('\n', stdout);
    }
    return *line ? READ_LINE : READ_END;
}

/* ---- history ------------------------------------------------------------------------------------------------ */

/* Appended at once: two sessions may share the file, and none loses what it has when it is killed. */
static void remember(Reader *reader, const char *statement) {
    const HIST_ENTRY *last = history_length ? history_get(history_base + history_length - 1) : NULL;
    if (last && strcmp(last->line, statement) == 0) {
        return;
    }
    add_history(statement);
    if (reader->history && append_history(1, reader->history) == ENOENT) {
        write_history(reader->history); /* the first ever */
    }
}

/* Entries of several lines need a mark before each; a comment of a statement must not look like one. */
static void open_history(const char *path) {
    history_comment_char = '\x01';
    history_write_timestamps = 1;
    using_history();
    stifle_history(HISTORY_MOST);
    if (path) {
        history_truncate_file(path, HISTORY_MOST);
        read_history(path);
    }
}

void reader_open_readline(Reader *reader) {
    reader->read = read_edited;
    reader->remember = remember;
    rl_readline_name = "plumb";
    rl_catch_signals = 0; /* interrupts.c does */
    rl_catch_sigwinch = 0;
    rl_change_environment = 0;
    rl_initialize();
    rl_completion_query_items = -1; /* a question would wait where ctrl-C is not seen */
    rl_variable_bind("page-completions", "off");
    rl_variable_bind("show-all-if-ambiguous", "on");
    rl_completer_quote_characters = NULL;
    rl_completion_word_break_hook = find_word_breaks;
    rl_attempted_completion_function = find_matches;
    open_history(reader->history);
}
#else
typedef int no_readline; /* ISO C wants a declaration in every file */
#endif
