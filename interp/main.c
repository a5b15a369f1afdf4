/* plumb: the program. Only here a result becomes an exit status: 0 done; 1 a run-time error or a failed `expect`; 2 a
 * syntax, checking or usage error; 130 interrupted. */
#include "interrupts.h"
#include "options.h"
#include "prompt.h"
#include "reformat.h"
#include "textfile.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DONE = 0, FAILED = 1, REFUSED = 2 };

typedef int (*Treat)(Session *session, const char *name, const char *text, size_t length);

static int run_file(Session *session, const char *path, Treat treat) {
    size_t length;
    char *text = textfile_read(path, &length, session_diags(session));
    if (!text) {
        session_show_diags(session);
        return REFUSED;
    }
    int status = treat(session, textfile_name(path), text, length);
    free(text);
    return status;
}

static bool wants_prompt(const CommandLine *line) {
    return line->prompts || (!line->code && !line->files[0]);
}

/* A prompt is for a terminal: what else stands at standard input is one program. */
static int run_prompt(Session *session, const CommandLine *line) {
    if (!isatty(STDIN_FILENO)) {
        return run_file(session, "-", session_run);
    }
    prompt_run(session, line);
    return DONE;
}

/* -e first, then the file, then the prompt; what fails ends the rest, but for the prompt. */
static int run_all(Session *session, const CommandLine *line) {
    bool prompts = wants_prompt(line);
    int status = DONE;
    if (prompts && isatty(STDIN_FILENO) && !line->skips_startup) {
        prompt_startup(session);
    }
    if (line->code) {
        status = session_run(session, "-e", line->code, strlen(line->code));
    }
    if (status == DONE && line->files[0] && !session_has_quit(session)) {
        status = run_file(session, line->files[0], session_run);
    }
    return prompts && !session_has_quit(session) ? run_prompt(session, line) : status;
}

static int out_of_memory(void) {
    fputs("error: out of memory\n", stderr);
    return FAILED;
}

static int run(CommandLine *line) {
    line->options.interactive = wants_prompt(line) && isatty(STDIN_FILENO);
    if (line->files[0] && !command_line_enter(line, line->files[0])) {
        return out_of_memory();
    }
    Session *session = session_new(&line->options, stdout, stderr);
    if (!session) {
        return out_of_memory();
    }
    interrupts_begin(session, line->options.interactive);
    int status = run_all(session, line);
    interrupts_end();
    session_free(session);
    return status;
}

/* Each file in a session of its own. */
static int check_file(CommandLine *line, const char *path) {
    Session *session = command_line_enter(line, path) ? session_new(&line->options, stdout, stderr) : NULL;
    if (!session) {
        return out_of_memory();
    }
    interrupts_begin(session, false);
    int status = run_file(session, path, session_check);
    interrupts_end();
    session_free(session);
    return status;
}

static int format_file(CommandLine *line, const char *path) {
    static const int statuses[] = {
        [REFORMAT_DONE] = DONE, [REFORMAT_DIFFERS] = FAILED, [REFORMAT_FAILED] = FAILED, [REFORMAT_REFUSED] = REFUSED};
    return statuses[reformat(line, path, session_words(NULL), stdout, stderr)];
}

/* The worst of all files. */
static int each_file(CommandLine *line, int (*treat)(CommandLine *line, const char *path)) {
    int worst = DONE;
    for (const char *const *path = line->files; *path; path++) {
        int status = treat(line, *path);
        worst = status > worst ? status : worst;
    }
    return worst;
}

static int dispatch(CommandLine *line) {
    switch (line->mode) {
    case MODE_HELP:
        command_line_help(stdout);
        return DONE;
    case MODE_VERSION:
        printf("plumb %s\n", plumb_version());
        return DONE;
    case MODE_CHECK:
        return each_file(line, check_file);
    case MODE_FORMAT:
        return each_file(line, format_file);
    default:
        return run(line);
    }
}

/* A file that is opened must not become standard output because that was closed. */
static void keep_standard_files(void) {
    int descriptor;
    while ((descriptor = open("/dev/null", O_RDWR)) >= 0 && descriptor <= STDERR_FILENO) {
    }
    if (descriptor >= 0) {
        close(descriptor);
    }
}

static bool has_lost_its_reader(void) {
    struct pollfd output = {STDOUT_FILENO, POLLOUT, 0};
    return poll(&output, 1, 0) > 0 && output.revents & POLLERR;
}

/* A full disk is an error; a reader that has gone is nobody's business. */
static int close_output(int status) {
    bool has_reader = !has_lost_its_reader();
    errno = 0;
    bool is_lost = ferror(stdout) | (fclose(stdout) != 0);
    if (is_lost && has_reader) {
        fprintf(stderr, "error: cannot write all of standard output%s%s\n", errno ? ": " : "",
                errno ? strerror(errno) : "");
    }
    return is_lost && status == DONE ? FAILED : status;
}

int main(int argc, char **argv) {
    CommandLine line = {0};
    Diags *diags = diags_new();
    keep_standard_files();
    int status = REFUSED;
    if (diags && command_line_read(&line, argc, argv, diags)) {
        status = dispatch(&line);
    } else if (diags) {
        diags_print(diags, stderr, line.options.color);
    }
    command_line_free(&line);
    diags_free(diags);
    return close_output(status);
}
