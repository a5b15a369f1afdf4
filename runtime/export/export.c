/* Nets for other programs: which format a file name asks for, and the file written whole or not at all. */
#include "export.h"
#include <string.h>

static const struct Format {
    const char *extension;
    ExportWrite write;
} formats[] = {{".onnx", export_onnx}, {".py", export_torch}, {".dot", export_dot}};

static const struct Format *format_of(const char *path) {
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        size_t size = strlen(formats[i].extension);
        if (length > size && !strcmp(path + length - size, formats[i].extension)) {
            return &formats[i];
        }
    }
    return NULL;
}

const char *plumb_export_format(const char *path) {
    const struct Format *format = format_of(path);
    return format ? format->extension + 1 : NULL;
}

bool export_fail(const NetNode *node, const char *format, const char *why, PlumbError *error) {
    plumb_fail(error, PLUMB_UNSUPPORTED, "%s has no way to say %.80s (%s)%s%s", format, node->about.name,
               node->about.call->entry->name, *why ? ": " : "", why);
    return false;
}

bool plumb_net_export(const PlumbNet *net, const char *path, const PlumbFiles *files, int *node, PlumbError *error) {
    const struct Format *format = format_of(path);
    OutFile file;
    *node = -1;
    if (!format) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "nothing is exported to this kind of file");
        error_found(error, "\"%.100s\"", path);
        return error_expected(error, "a name that ends in .onnx, .py or .dot");
    }
    if (net->unknown || net->node_count == 0 || net->node[0].about.input_count) {
        return plumb_fail(error, PLUMB_SHAPE_ERROR, "net %.60s has no input: it is a block for other nets", net->name);
    }
    if (!outfile_open(&file, path, files, error)) {
        return false;
    }
    if (!format->write(net, file.stream, node, error)) {
        outfile_discard(&file);
        return false;
    }
    return outfile_commit(&file, error);
}
