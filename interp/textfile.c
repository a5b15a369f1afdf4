#include "textfile.h"
#include "../grammar/text.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 1 << 16 };

static char *cannot_read(const char *path, const char *reason, Diags *diags) {
    diags_add(diags, DIAG_ERROR, (Span){0}, "cannot read `%s`: %s", textfile_name(path), reason);
    return NULL;
}

/* Pipes are read as well as files. What is longer than any text the parser takes is not read to its end: the parser
 * refuses it. */
static int read_all(int descriptor, Text *text) {
    static const size_t most = INT_MAX;
    char block[BLOCK];
    while (text->length <= most) {
        ssize_t got = read(descriptor, block, sizeof block);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got < 0 ? errno : 0;
        }
        text_add(text, block, (size_t)got);
        if (text->failed) {
            return ENOMEM;
        }
    }
    return 0;
}

char *textfile_read(const char *path, size_t *length, Diags *diags) {
    bool is_input = strcmp(path, "-") == 0;
    int descriptor = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return cannot_read(path, strerror(errno), diags);
    }
    Text text = {0};
    int reason = read_all(descriptor, &text);
    if (!is_input) {
        close(descriptor);
    }
    *length = text.length;
    char *all = reason ? NULL : text_take(&text);
    text_clear(&text);
    return all ? all
               : cannot_read(path, reason == EISDIR ? "it is a folder" : strerror(reason ? reason : ENOMEM), diags);
}

const char *textfile_name(const char *path) {
    return strcmp(path, "-") == 0 ? "stdin" : path;
}
