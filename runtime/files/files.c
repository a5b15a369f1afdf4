/* Which files a script may touch, and opening them. */
#include "files.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Both paths are real: no links, no "..", so that comparing them letter by letter decides. */
static bool below(const char *path, const char *root) {
    char real[PATH_MAX];
    if (!realpath(root, real)) {
        return false; /* a folder that is not there allows nothing */
    }
    size_t length = strlen(real);
    if (length == 1) {
        return true; /* the root of all */
    }
    return !strncmp(path, real, length) && (path[length] == '/' || path[length] == '\0');
}

static bool allowed(const char *real, const char *const *roots) {
    for (; roots && *roots; roots++) {
        if (below(real, *roots)) {
            return true;
        }
    }
    return false;
}

/* Says what would allow it. */
static bool refuse(const char *path, bool write, PlumbError *error) {
    const char *deed = write ? "write" : "read";
    plumb_fail(error, PLUMB_FILE_ERROR, "\"%.160s\" is outside the folders this script may %s", path, deed);
    return error_hint(error, "allow it with --allow-%s DIR", deed);
}

static bool cannot(const char *path, bool write, int reason, PlumbError *error) {
    return plumb_fail(error, PLUMB_FILE_ERROR, "cannot %s \"%.160s\": %s", write ? "write" : "read", path,
                      strerror(reason));
}

/* A file yet to be made: its folder must exist, and a link that leads nowhere is not followed. */
static bool resolve_new(const char *path, char real[PATH_MAX]) {
    struct stat status;
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    char folder[PATH_MAX];
    if (strlen(path) >= sizeof folder || !*base) {
        errno = *base ? ENAMETOOLONG : EISDIR;
        return false;
    }
    if (lstat(path, &status) == 0) {
        errno = ELOOP;
        return false;
    }
    size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    snprintf(folder, sizeof folder, "%.*s", length ? (int)length : 1, length ? path : ".");
    if (!realpath(folder, real)) {
        return false;
    }
    size_t used = strlen(real);
    if (used + strlen(base) + 2 > PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    snprintf(real + used, PATH_MAX - used, "%s%s", used > 1 ? "/" : "", base);
    return true;
}

/* Where the way is barred, whether the file is there is not told. */
static bool folder_allowed(const char *path, const char *const *roots) {
    char copy[PATH_MAX], real[PATH_MAX];
    if (strlen(path) >= sizeof copy) {
        return true;
    }
    strcpy(copy, path);
    for (char *slash; (slash = strrchr(copy, '/')); *slash = '\0') { /* the longest part that exists */
        slash[slash == copy] = '\0';
        if (realpath(copy, real)) {
            return allowed(real, roots);
        }
        if (slash == copy) {
            return false;
        }
    }
    return realpath(".", real) && allowed(real, roots);
}

/* Below the base folder, if there is such a file. */
static bool resolve_from_base(const char *path, const PlumbFiles *files, char real[PATH_MAX]) {
    char joined[PATH_MAX];
    if (!files || !files->base || *path == '/') {
        return false;
    }
    int length = snprintf(joined, sizeof joined, "%s/%s", files->base, path);
    return length > 0 && length < (int)sizeof joined && realpath(joined, real);
}

/* Links are followed first and judged by where they lead. */
char *files_resolve(const char *path, bool write, const PlumbFiles *files, PlumbError *error) {
    const char *const *roots = !files ? NULL : write ? files->write_roots : files->read_roots;
    char real[PATH_MAX];
    bool found = (!write && resolve_from_base(path, files, real)) || realpath(path, real) ||
                 (write && errno == ENOENT && resolve_new(path, real));
    if (!found) {
        int reason = errno;
        (void)(files && !folder_allowed(path, roots) ? refuse(path, write, error) : cannot(path, write, reason, error));
        return NULL;
    }
    if (files && !allowed(real, roots)) {
        refuse(path, write, error);
        return NULL;
    }
    char *copy = strdup(real);
    if (!copy) {
        error_memory(error);
    }
    return copy;
}

static bool make_one(const char *path, const PlumbFiles *files, PlumbError *error) {
    struct stat status;
    if (stat(path, &status) == 0) {
        return S_ISDIR(status.st_mode) || cannot(path, true, ENOTDIR, error);
    }
    char *real = files_resolve(path, true, files, error);
    bool done = real && (mkdir(real, 0777) == 0 || errno == EEXIST || cannot(path, true, errno, error));
    free(real);
    return done;
}

/* From the first part of the path to the last. */
bool files_make_folder(const char *path, const PlumbFiles *files, PlumbError *error) {
    char part[PATH_MAX];
    size_t length = strlen(path);
    if (!length || length >= sizeof part) {
        return cannot(path, true, length ? ENAMETOOLONG : ENOENT, error);
    }
    for (size_t i = 1; i <= length; i++) {
        if ((path[i] == '/' || !path[i]) && path[i - 1] != '/') {
            snprintf(part, sizeof part, "%.*s", (int)i, path);
            if (!make_one(part, files, error)) {
                return false;
            }
        }
    }
    return true;
}

/* The type is checked on the open file, not on its name: nobody can change it in between. */
int files_open(const char *path, const PlumbFiles *files, PlumbError *error) {
    char *real = files_resolve(path, false, files, error);
    if (!real) {
        return -1;
    }
    /* Not to hang on a pipe that nobody writes to; what is no regular file is refused below. */
    int descriptor = open(real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    int reason = errno;
    free(real);
    struct stat status;
    if (descriptor < 0 || fstat(descriptor, &status) != 0) {
        cannot(path, false, reason, error);
    } else if (S_ISREG(status.st_mode)) {
        return descriptor;
    } else {
        plumb_fail(error, PLUMB_FILE_ERROR, "\"%.160s\" is %s", path,
                   S_ISDIR(status.st_mode) ? "a folder" : "not a regular file");
    }
    if (descriptor >= 0) {
        close(descriptor);
    }
    return -1;
}
