/* add, concat, multiply: of branches, of links to labels, or both. */
#include "parts.h"
#include <stdio.h>
#include <string.h>

typedef struct Inputs {
    int node[64], count;
} Inputs;

static bool add_input(Builder *builder, const Site *site, Inputs *inputs, int node) {
    if (inputs->count == (int)(sizeof inputs->node / sizeof *inputs->node)) {
        report_in_net(builder, site->tree->span, "%s joins at most %d inputs", site->call->entry->name, inputs->count);
        return false;
    }
    inputs->node[inputs->count++] = node;
    return true;
}

static const char *label_at(void *self, int index) {
    const Label *label = ((Builder *)self)->level->labels;
    while (label && index-- > 0) {
        label = label->next;
    }
    return label ? label->name : NULL;
}

static const Label *find_link(Builder *builder, const Tree *tree) {
    const Label *label = tree->kind == TREE_NAME ? label_find(builder, tree->text) : NULL;
    if (label) {
        return label;
    }
    Diag *diag = report_in_net(builder, tree->span, "no stage before this one has that label");
    const char *near = tree->kind == TREE_NAME ? nearest_name(tree->text, label_at, builder) : NULL;
    if (near) {
        diag_label(diag, "did you mean `%s`?", near);
    } else {
        diag_note(diag, "a stage is labelled by `name: stage`");
    }
    return NULL;
}

/* What arrives has the shape that counts; a link is projected to it where asked for. */
static bool add_link(Builder *builder, const Site *site, Inputs *inputs, const Tree *tree, int main) {
    const Label *label = find_link(builder, tree);
    if (!label) {
        return false;
    }
    bool same = strcmp(site->call->entry->name, "concat");
    int node = label->node;
    if (same && shapes_differ(builder, node, main)) {
        if (!plumb_call_bool(site->call, "project")) {
            char fix[96];
            snprintf(fix, sizeof fix, "%s(%.32s, project=true)", site->call->entry->name, tree->text);
            report_skip(builder, site->tree, node, main, fix);
            return false;
        }
        builder->at = node;
        if (!place_projection(builder, site, shape_at(builder, main))) {
            return false;
        }
        node = builder->at;
    }
    return add_input(builder, site, inputs, node);
}

static bool add_links(Builder *builder, const Site *site, Inputs *inputs, int main) {
    const PlumbValue *links = plumb_call_value(site->call, "links");
    bool done = true;
    for (int i = 0; i < links->count; i++) {
        done = add_link(builder, site, inputs, links->item[i].ref, main) && done;
    }
    return done;
}

static bool place_branches(Builder *builder, const Site *site, Inputs *inputs) {
    int from = builder->at;
    for (int i = 0; i < site->bodies; i++) {
        builder->at = from;
        if (!place_block(builder, site->body[i], site->scope, NULL)) {
            return false;
        }
        if (!add_input(builder, site, inputs, builder->at)) {
            break;
        }
    }
    return true;
}

bool place_joined(Builder *builder, const Site *site) {
    const char *name = site->call->entry->name;
    Inputs inputs = {.count = 0};
    if (!combinator_open(builder, site)) {
        return false;
    }
    if (!site->bodies) {
        inputs.node[inputs.count++] = builder->at;
    } else if (!place_branches(builder, site, &inputs)) {
        return false;
    }
    bool linked = add_links(builder, site, &inputs, inputs.node[0]);
    if (builder->failed) {
        return false;
    }
    if (linked && inputs.count < 2) {
        Diag *diag = report_in_net(builder, site->tree->span, "%s joins two or more inputs", name);
        diag_label(diag, "%s(label), or %s { } { }", name, name);
        linked = false;
    }
    return linked ? combinator_join(builder, site, name, inputs.node, inputs.count)
                  : place_unknown(builder, site->tree);
}
