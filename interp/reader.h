/* Reads the lines of the prompt: by readline where both ends are a terminal, else plainly. */
#ifndef PLUMB_READER_H
#define PLUMB_READER_H
#include "../grammar/text.h"
#include "session.h"

typedef enum { READ_LINE, READ_CLEARED /* ctrl-C */, READ_END /* ctrl-D */ } ReadOutcome;

typedef struct Reader Reader;
struct Reader {
    Session *session;
    const Text *before; /* the lines of the statement so far: completion needs them */
    char *history;      /* the file that is kept, or NULL; owned */
    /* A line without its end, malloc'd. */
    ReadOutcome (*read)(Reader *reader, const char *prompt, char **line);
    /* A whole statement, perhaps of several lines, for the history. */
    void (*remember)(Reader *reader, const char *statement);
};
void reader_open_plain(Reader *reader);
void reader_open_readline(Reader *reader); /* not in a build with READLINE=no */
#endif
