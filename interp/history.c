#include "history.h"
#include "../grammar/text.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Folders of what is one person's are made as the XDG Base Directory Specification says, mode 0700. */
static bool make_folders(char *path) {
    for (char *slash = path; (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        bool made = mkdir(path, 0700) == 0 || errno == EEXIST || errno == EROFS;
        *slash = '/';
        if (!made) {
            return false;
        }
    }
    return true;
}

char *history_path(void) {
    const char *file = getenv("PLUMB_HISTORY"), *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    Text path = {0};
    if (file) {
        text_printf(&path, "%s", file);
    } else if (state && *state == '/') {
        text_printf(&path, "%s/plumb/history", state);
    } else if (home && *home == '/') {
        text_printf(&path, "%s/.local/state/plumb/history", home);
    }
    char *text = text_take(&path);
    if (text && *text && make_folders(text)) {
        return text;
    }
    free(text);
    return NULL;
}
