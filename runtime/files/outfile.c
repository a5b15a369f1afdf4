/* Writing a file whole or not at all: a temporary file in the same folder, fsync, rename. */
#include "files.h"
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES_TRIED = 100, BLOCK = 1024 };

/* The temporary file goes, whatever happened. */
static bool failed(OutFile *file, int reason, PlumbError *error) {
    plumb_fail(error, PLUMB_FILE_ERROR, "cannot write \"%.160s\": %s", file->name, strerror(reason));
    outfile_discard(file);
    return false;
}

/* Opens "PATH.PID.N.tmp"; the process's umask decides about its permissions, as for any new file. */
static int open_temporary(OutFile *file, mode_t mode) {
    size_t size = strlen(file->path) + 48;
    file->temporary = malloc(size);
    int descriptor = -1;
    errno = ENOMEM;
    for (int i = 0; file->temporary && descriptor < 0 && i < NAMES_TRIED; i++) {
        snprintf(file->temporary, size, "%s.%ld.%d.tmp", file->path, (long)getpid(), i);
        descriptor = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (descriptor < 0 && errno != EEXIST) {
            break;
        }
    }
    if (descriptor < 0) { /* not ours to remove */
        int reason = errno;
        free(file->temporary);
        file->temporary = NULL;
        errno = reason;
    }
    return descriptor;
}

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
    if (exists && fchmod(descriptor, old.st_mode & 07777) != 0) {
        int reason = errno;
        close(descriptor);
        return failed(file, reason, error);
    }
    file->stream = fdopen(descriptor, "wb");
    if (!file->stream) {
        close(descriptor);
        return failed(file, ENOMEM, error);
    }
    return true;
}

/* Also frees; may be called twice. */
void outfile_discard(OutFile *file) {
    if (file->stream) {
        fclose(file->stream);
    }
    if (file->temporary) {
        unlink(file->temporary);
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

/* Only after fsync is the rename worth anything: a full disk shows at the latest there. */
bool outfile_commit(OutFile *file, PlumbError *error) {
    errno = 0;
    bool written = fflush(file->stream) == 0 && !ferror(file->stream) && fsync(fileno(file->stream)) == 0;
    int reason = file->reason ? file->reason : errno ? errno : EIO;
    written = fclose(file->stream) == 0 && written;
    file->stream = NULL;
    if (written && rename(file->temporary, file->path) != 0) {
        reason = errno;
        written = false;
    }
    if (!written) {
        return failed(file, reason, error);
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
