/* Lines as the terminal gives them. The prompt goes to standard error, which may be the only terminal. */
#include "reader.h"
#include <errno.h>
#include <stdlib.h>

static ReadOutcome read_plain(Reader *reader, const char *prompt, char **line) {
    (void)reader;
    size_t capacity = 0;
    *line = NULL;
    fflush(stdout);
    fputs(prompt, stderr);
    errno = 0;
    ssize_t length = getline(line, &capacity, stdin);
    if (length > 0) {
        (*line)[length - ((*line)[length - 1] == '\n')] = '\0';
        return READ_LINE;
    }
    bool interrupted = errno == EINTR;
    free(*line);
    *line = NULL;
    clearerr(stdin);
    fputc('\n', stderr);
    return interrupted ? READ_CLEARED : READ_END;
}

static void forget(Reader *reader, const char *statement) {
    (void)reader, (void)statement;
}

void reader_open_plain(Reader *reader) {
    reader->read = read_plain;
    reader->remember = forget;
}
