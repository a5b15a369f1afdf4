/* Reading files, plain or packed by gzip. */
#include "files.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER = 1 << 18, GZIP_MOST = 1032 /* deflate packs no tighter than 1032 : 1 */ };
#define WHOLE_MOST ((size_t)1 << 34) /* bytes of a file read in one go */

/* gzip is recognised by its content, not by the file's name. */
bool infile_open(InFile *file, const char *path, const PlumbFiles *files, PlumbError *error) {
    int descriptor = files_open(path, files, error);
    if (descriptor < 0) {
        return false;
    }
    struct stat status;
    gzFile stream = fstat(descriptor, &status) == 0 ? gzdopen(descriptor, "rb") : NULL;
    if (!stream) {
        close(descriptor);
        return error_memory(error);
    }
    gzbuffer(stream, BUFFER);
    uint64_t size = (uint64_t)status.st_size;
    *file = (InFile){stream, path, gzdirect(stream) ? size : size * GZIP_MOST};
    return true;
}

/* zlib counts in int: large reads go in pieces. */
int64_t infile_read(InFile *file, void *bytes, size_t size, PlumbError *error) {
    size_t done = 0;
    while (done < size) {
        size_t left = size - done;
        int count = gzread(file->stream, (char *)bytes + done, left < INT_MAX / 2 ? (unsigned)left : INT_MAX / 2);
        if (count <= 0) {
            break;
        }
        done += (size_t)count;
    }
    int code = Z_OK;
    const char *message = gzerror(file->stream, &code);
    if (code != Z_OK && code != Z_STREAM_END) {
        plumb_fail(error, PLUMB_FORMAT_ERROR, "\"%.120s\" cannot be unpacked", file->path);
        error_found(error, "%s", code == Z_BUF_ERROR ? "a file cut short" : message);
        return -1;
    }
    return (int64_t)done;
}

void infile_close(InFile *file) {
    if (file->stream) {
        gzclose(file->stream);
    }
    file->stream = NULL;
}

/* Reads on until the end, doubling the room: packed files do not say how long they are. */
static unsigned char *read_all(InFile *file, size_t room, size_t *size, PlumbError *error) {
    unsigned char *bytes = NULL;
    for (size_t used = 0;; room *= 2) {
        unsigned char *more = room < WHOLE_MOST ? realloc(bytes, room + 1) : NULL;
        if (!more) {
            error_memory(error);
            break;
        }
        bytes = more;
        int64_t count = infile_read(file, bytes + used, room - used, error);
        if (count < 0) {
            break;
        }
        used += (size_t)count;
        if (used < room) {
            bytes[used] = '\0';
            *size = used;
            return bytes;
        }
    }
    free(bytes);
    return NULL;
}

/* Plain files get their room at once, one byte more to see the end. */
unsigned char *plumb_file_read(const char *path, const PlumbFiles *files, size_t *size, PlumbError *error) {
    InFile file;
    if (!infile_open(&file, path, files, error)) {
        return NULL;
    }
    size_t room = gzdirect(file.stream) ? (size_t)file.most + 1 : BUFFER;
    unsigned char *bytes = read_all(&file, room, size, error);
    infile_close(&file);
    return bytes;
}
