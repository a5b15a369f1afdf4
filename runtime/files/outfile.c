/* Writing a file whole or not at all: a temporary file in the same folder, fsync, rename. */
#include "files.h"
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES_TRIED = 100, BLOCK = 1024 };

/* The temporary file goes, whatever happened. */
static bool failed(OutFile *file, int reason, PlumbError *error) {
    plumb_fail(error, PLUMB_FILE_ERROR, "cannot write \"%.160s\": %s", file->name, strerror(reason));
    outfile_discard(file);
    return false;
}

/* ---- the temporary file ------------------------------------------------------------------------------------------ */

/* "PATH.N.tmp", locked by flock() while it is written: the kernel lets go of the lock when the process ends, however it
 * does, so that a file that can be locked is what a killed process has left, and the next one that writes PATH takes it
 * away. (O_TMPFILE with linkat() leaves nothing, but not all file systems have it, and it replaces no file.) Where
 * there are no locks a leftover stays, and the next N is taken. */

/* Nobody has taken the name away, or given it to another file, before the lock was there. */
static bool is_named(int descriptor, const char *name) {
    struct stat open_one, named;
    return fstat(descriptor, &open_one) == 0 && lstat(name, &named) == 0 && open_one.st_dev == named.st_dev &&
           open_one.st_ino == named.st_ino;
}

/* One in use stays. False: there is no such file. */
static bool remove_leftover(const char *name) {
    int descriptor = open(name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) {
        return errno != ENOENT;
    }
    if (flock(descriptor, LOCK_EX | LOCK_NB) == 0 && is_named(descriptor, name)) {
        unlink(name);
    }
    close(descriptor);
    return true;
}

/* Another process may take a new file for a leftover before it is locked: then it is that one's to remove. */
static int create_locked(const char *name, mode_t mode) {
    int descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (descriptor < 0) {
        return -1;
    }
    bool taken = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (taken || !is_named(descriptor, name)) {
        close(descriptor);
        errno = EEXIST;
        return -1;
    }
    return descriptor;
}

static char *temporary_name(const OutFile *file, int n) {
    size_t size = strlen(file->path) + 32;
    char *name = malloc(size);
    if (name) {
        snprintf(name, size, "%s.%d.tmp", file->path, n);
    }
    return name;
}

static void remove_leftovers(const OutFile *file) {
    bool more = true;
    for (int i = 0; more && i < NAMES_TRIED; i++) {
        char *name = temporary_name(file, i);
        more = name && remove_leftover(name);
        free(name);
    }
}

/* The process's umask decides about its permissions, as for any new file. */
static int open_temporary(OutFile *file, mode_t mode) {
    int descriptor = -1;
    remove_leftovers(file);
    errno = EEXIST;
    for (int i = 0; descriptor < 0 && errno == EEXIST && i < NAMES_TRIED; i++) {
        free(file->temporary);
        file->temporary = temporary_name(file, i);
        errno = ENOMEM;
        descriptor = file->temporary ? create_locked(file->temporary, mode) : -1;
    }
    if (descriptor < 0) { /* not ours to remove */
        int reason = errno;
        free(file->temporary);
        file->temporary = NULL;
        errno = reason;
    }
    return descriptor;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* An existing file's permissions are kept; what is no regular file is left alone. */
bool outfile_open(OutFile *file, const char *path, const PlumbFiles *files, PlumbError *error) {
    *file = (OutFile){.name = path, .path = files_resolve(path, true, files, error)};
    if (!file->path) {
        return false;
    }
    struct stat old;
    bool exists = stat(file->path, &old) == 0;
    if (exists && !S_ISREG(old.st_mode)) {
        return failed(file, S_ISDIR(old.st_mode) ? EISDIR : EINVAL, error);
    }
    int descriptor = open_temporary(file, 0666);
    if (descriptor < 0) {
        return failed(file, errno, error);
    }
    file->stream = fdopen(descriptor, "wb");
    if (!file->stream) {
        failed(file, ENOMEM, error);
        close(descriptor);
        return false;
    }
    return !exists || fchmod(descriptor, old.st_mode & 07777) == 0 || failed(file, errno, error);
}

/* Also frees; may be called twice. Without its lock the name may be another process's. */
void outfile_discard(OutFile *file) {
    if (file->temporary) {
        unlink(file->temporary);
    }
    if (file->stream) {
        fclose(file->stream);
    }
    free(file->temporary);
    free(file->path);
    *file = (OutFile){0};
}

/* The new name is on the disk only when its folder is. */
static void sync_folder(char *path) {
    *strrchr(path, '/') = '\0';
    int folder = open(*path ? path : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder >= 0) {
        fsync(folder);
        close(folder);
    }
}

/* Only after fsync is the rename worth anything: a full disk shows at the latest there. Closing ends the lock: it
 * is renamed before. */
bool outfile_commit(OutFile *file, PlumbError *error) {
    errno = 0;
    bool written = fflush(file->stream) == 0 && !ferror(file->stream) && fsync(fileno(file->stream)) == 0 &&
                   rename(file->temporary, file->path) == 0;
    if (!written) {
        return failed(file, file->reason ? file->reason : errno ? errno : EIO, error);
    }
    free(file->temporary);
    file->temporary = NULL;
    sync_folder(file->path);
    outfile_discard(file);
    return true;
}

void outfile_bytes(OutFile *file, const void *bytes, size_t size) {
    if (size) {
        bool written = fwrite(bytes, 1, size, file->stream) == size;
        file->reason = file->reason || written ? file->reason : errno;
        file->checksum = (uint32_t)crc32_z(file->checksum, bytes, size);
    }
}

/* In blocks: each value's bits, little-endian, through BITS. */
#define WRITER(name, VALUE, NUMBER, BITS, swap)                                                                        \
    void name(OutFile *file, const VALUE *value, int64_t count) {                                                      \
        BITS bits[BLOCK];                                                                                              \
        for (int64_t done = 0, some; done < count; done += some) {                                                     \
            some = count - done < BLOCK ? count - done : BLOCK;                                                        \
            for (int64_t i = 0; i < some; i++) {                                                                       \
                NUMBER number = (NUMBER)value[done + i];                                                               \
                memcpy(&bits[i], &number, sizeof number);                                                              \
                bits[i] = swap(bits[i]);                                                                               \
            }                                                                                                          \
            outfile_bytes(file, bits, (size_t)some * sizeof *bits);                                                    \
        }                                                                                                              \
    }
WRITER(outfile_reals, plumb_real, float, uint32_t, htole32)
WRITER(outfile_doubles, double, double, uint64_t, htole64)

bool plumb_file_writable(const char *path, const PlumbFiles *files, PlumbError *error) {
    OutFile file;
    bool done = outfile_open(&file, path, files, error);
    if (done) {
        outfile_discard(&file);
    }
    return done;
}

bool plumb_file_save(const char *path, const void *bytes, size_t size, const PlumbFiles *files, PlumbError *error) {
    OutFile file;
    if (!outfile_open(&file, path, files, error)) {
        return false;
    }
    outfile_bytes(&file, bytes, size);
    return outfile_commit(&file, error);
}
