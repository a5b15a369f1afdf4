/* A net as a Graphviz graph: its layers and links, a used net as a cluster. */
#include "export.h"
#include <stdlib.h>
#include <string.h>

/* Within a quoted string. */
static void write_quoted(FILE *out, const char *text) {
    for (; *text; text++) {
        fputs(*text == '"' || *text == '\\' ? "\\" : "", out);
        fputc(*text, out);
    }
}

static void indent(FILE *out, int depth) {
    fprintf(out, "%*s", 4 * (depth + 1), "");
}

/* Length of "res3.inner.": the path of a layer's name. */
static size_t path_length(const char *name) {
    const char *dot = strrchr(name, '.');
    return dot ? (size_t)(dot - name) + 1 : 0;
}

static int depth_of(const char *name, size_t length) {
    int depth = 0;
    for (size_t i = 0; i < length; i++) {
        depth += name[i] == '.';
    }
    return depth;
}

/* How much of both paths is the same, in whole parts. */
static size_t shared_path(const char *a, const char *b) {
    size_t shared = 0, most = path_length(a) < path_length(b) ? path_length(a) : path_length(b);
    for (size_t i = 0; i < most && a[i] == b[i]; i++) {
        shared = a[i] == '.' ? i + 1 : shared;
    }
    return shared;
}

/* Closes the clusters of the layer before and opens those of this one. */
static void change_cluster(FILE *out, const char *before, const char *name) {
    size_t shared = shared_path(before, name), length = path_length(name);
    for (int depth = depth_of(before, path_length(before)); depth > depth_of(name, shared); depth--) {
        indent(out, depth - 1);
        fputs("}\n", out);
    }
    for (size_t at = shared; at < length;) {
        size_t part = strcspn(name + at, ".");
        indent(out, depth_of(name, at));
        fprintf(out, "subgraph \"cluster_%.*s\" { label=\"%.*s\"; color=gray;\n", (int)(at + part), name, (int)part,
                name + at);
        at += part + 1;
    }
}

static bool write_node(FILE *out, const PlumbNode *node, int index) {
    char shape[64], *call = plumb_call_text(node->call);
    if (!call) {
        return false;
    }
    indent(out, depth_of(node->name, path_length(node->name)));
    fprintf(out, "n%d [label=\"%s\\n", index, node->name + path_length(node->name));
    write_quoted(out, call);
    fprintf(out, "\\n%s", plumb_shape_text(node->shape, shape));
    if (node->parameters) {
        fprintf(out, "\\n%lld parameters", (long long)node->parameters);
    }
    fputs("\"];\n", out);
    free(call);
    return true;
}

/* What does not come from the layer before is a link of its own. */
static void write_edges(FILE *out, const PlumbNode *node, int index) {
    for (int i = 0; i < node->input_count; i++) {
        bool far = node->input[i] != index - 1;
        fprintf(out, "    n%d -> n%d%s;\n", node->input[i], index, far ? " [style=dashed]" : "");
    }
}

bool export_dot(const PlumbNet *net, FILE *out, int *node, PlumbError *error) {
    const char *before = "";
    (void)node;
    fputs("digraph \"", out);
    write_quoted(out, net->name);
    fputs("\" {\n    node [shape=box, style=rounded, fontname=\"monospace\"];\n", out);
    for (int i = 0; i < net->node_count; i++) {
        change_cluster(out, before, net->node[i].about.name);
        before = net->node[i].about.name;
        if (!write_node(out, &net->node[i].about, i)) {
            return error_memory(error);
        }
    }
    change_cluster(out, before, "");
    for (int i = 0; i < net->node_count; i++) {
        write_edges(out, &net->node[i].about, i);
    }
    fputs("}\n", out);
    return true;
}
