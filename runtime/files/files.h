/* Files below the allowed folders: reading, packed by gzip or not, and writing whole or not at all. */
#ifndef PLUMB_FILES_H
#define PLUMB_FILES_H
#include "../core/error.h"
#include <stdio.h>
#include <zlib.h>

/* The real path of a file to read or write, malloc'd; NULL where that is not allowed or cannot be. */
char *files_resolve(const char *path, bool write, const PlumbFiles *files, PlumbError *error);
/* Opens a regular file for reading; returns its descriptor, or -1. */
int files_open(const char *path, const PlumbFiles *files, PlumbError *error);

/* Makes the folder and those above it, where they are missing and may be written. */
bool files_make_folder(const char *path, const PlumbFiles *files, PlumbError *error);

typedef struct InFile {
    gzFile stream;    /* zlib reads plain files as they are */
    const char *path; /* as the script wrote it: the caller keeps it */
    uint64_t most;    /* it cannot hold more bytes than this, unpacked */
} InFile;
bool infile_open(InFile *file, const char *path, const PlumbFiles *files, PlumbError *error);
/* Reads up to `size` bytes; fewer only at the end; -1 on error. */
int64_t infile_read(InFile *file, void *bytes, size_t size, PlumbError *error);
void infile_close(InFile *file);

typedef struct OutFile { /* written beside its target, then renamed over it */
    FILE *stream;
    const char *name; /* as the script wrote it */
    char *path, *temporary;
    uint32_t checksum; /* CRC-32 of what outfile_bytes has written */
    int reason;        /* errno of the first of them that could not be written; 0: all were */
} OutFile;
bool outfile_open(OutFile *file, const char *path, const PlumbFiles *files, PlumbError *error);
bool outfile_commit(OutFile *file, PlumbError *error); /* on failure the target is as it was */
void outfile_discard(OutFile *file);
/* What the stream does not take is found by commit. */
void outfile_bytes(OutFile *file, const void *bytes, size_t size);
/* Little-endian: float32 whatever plumb_real is, and float64. */
void outfile_reals(OutFile *file, const plumb_real *value, int64_t count);
void outfile_doubles(OutFile *file, const double *value, int64_t count);
#endif
