/* The combinators, one row each: how a call with bodies is laid out. */
#include "combinators.h"
#include <stdio.h>
#include <string.h>

/* A call of the runtime, for what a combinator adds itself. NULL: reported. */
static const PlumbCall *make_call(Builder *builder, const Site *site, const char *name, const PlumbGiven *given,
                                  int count) {
    PlumbError error = {.argument = -1};
    const PlumbEntry *entry = plumb_entry_find(name);
    const PlumbCall *call = entry ? plumb_call(builder->arena, entry, given, count, &error) : NULL;
    if (!call) {
        report_in_net(builder, site->tree->span, "%s", entry ? error.what : "this needs a layer that is not there");
    }
    return call;
}

static const Tree *tree_argument(const Site *site, const char *name) {
    const PlumbValue *value = plumb_call_value(site->call, name);
    return value && value->type == PLUMB_V_REF ? value->ref : NULL;
}

static int last_size(PlumbShape shape) {
    return shape.rank > 0 ? shape.dim[shape.rank - 1] : 0;
}

/* What has to arrive; a combinator without a layer before it stands in a block. */
static bool open_stage(Builder *builder, const Site *site) {
    return builder->at >= 0 || place_unknown(builder, site->tree);
}

/* ---- repeat -------------------------------------------------------------------------------------------------------
 */

static bool place_turn(Builder *builder, const Site *site, int turn) {
    Scope *frame = scope_new(site->scope);
    Value *number = value_number(turn);
    bool done = frame && number && scope_bind(frame, "i", number);
    value_drop(number);
    done = done ? place_block(builder, site->body[0], frame, NULL) : builder_memory(builder, site->tree->span);
    scope_drop(frame);
    return done;
}

static bool place_repeat(Builder *builder, const Site *site) {
    int turns = (int)plumb_call_number(site->call, "n");
    Trail trail = {"repeat", 0, turns, site->tree->span, builder->trail};
    bool done = true;
    builder->trail = &trail;
    builder->repeats++;
    for (trail.turn = 1; done && trail.turn <= turns; trail.turn++) {
        done = place_turn(builder, site, trail.turn);
    }
    builder->repeats--;
    builder->trail = trail.up;
    return done;
}

/* ---- residual -----------------------------------------------------------------------------------------------------
 */

/* scale=0.1 is fixed, scale=learned(0) is a weight. */
static bool place_scale(Builder *builder, const Site *site) {
    const PlumbValue *scale = plumb_call_value(site->call, "scale");
    if (scale->type == PLUMB_V_NONE) {
        return true;
    }
    bool learned = scale->type == PLUMB_V_CALL;
    double factor = learned ? plumb_call_number(scale->call, "value") : scale->number;
    PlumbGiven given[] = {{"init", {.type = PLUMB_V_NUMBER, .number = factor}},
                          {"learned", {.type = PLUMB_V_BOOL, .boolean = learned}}};
    const PlumbCall *call = make_call(builder, site, "scale", given, 2);
    return call ? place_call(builder, call, site->tree, NULL) : place_unknown(builder, site->tree);
}

/* He 2016, eq. 2: W_s x, without a bias; over an image a 1 x 1 convolution. */
static bool place_projection(Builder *builder, const Site *site, PlumbShape to) {
    bool image = to.rank == 3;
    PlumbGiven given[] = {{NULL, {.type = PLUMB_V_NUMBER, .number = image ? to.dim[0] : last_size(to)}},
                          {"bias", {.type = PLUMB_V_BOOL, .boolean = false}},
                          {"kernel", {.type = PLUMB_V_NUMBER, .number = 1}}};
    const PlumbCall *call = make_call(builder, site, image ? "conv" : "dense", given, image ? 3 : 2);
    return call ? place_call(builder, call, site->tree, NULL) : place_unknown(builder, site->tree);
}

static bool is_known(PlumbShape shape) {
    return shape.rank >= 0;
}

static bool differ(const Builder *builder, int a, int b) {
    PlumbShape one = shape_at(builder, a), other = shape_at(builder, b);
    return is_known(one) && is_known(other) && !plumb_shape_equal(one, other);
}

/* The link's end of a join: `from` itself, or led through a shortcut or a projection. */
static bool place_shortcut(Builder *builder, const Site *site, int from, int branch, int *link) {
    const Tree *shortcut = tree_argument(site, "shortcut");
    builder->at = from;
    bool done = true;
    if (shortcut) {
        done = place(builder, shortcut, site->scope, NULL);
    } else if (plumb_call_bool(site->call, "project") && differ(builder, from, branch)) {
        done = place_projection(builder, site, shape_at(builder, branch));
    }
    *link = builder->at;
    return done;
}

static bool join(Builder *builder, const Site *site, const char *layer, const int *input, int count) {
    const PlumbCall *call = make_call(builder, site, layer, NULL, 0);
    return call ? place_join(builder, call, input, count, site->tree, site->name) : place_unknown(builder, site->tree);
}

static bool place_residual(Builder *builder, const Site *site) {
    if (!open_stage(builder, site)) {
        return false;
    }
    int from = builder->at, link;
    if (!place_block(builder, site->body[0], site->scope, NULL) || !place_scale(builder, site)) {
        return false;
    }
    int branch = builder->at;
    if (!place_shortcut(builder, site, from, branch, &link)) {
        return false;
    }
    if (differ(builder, link, branch)) {
        report_skip(builder, site->tree, link, branch, "residual(project=true) { ... }");
        return place_unknown(builder, site->tree);
    }
    int input[] = {branch, link};
    return join(builder, site, "add", input, 2);
}

/* ---- add, concat, multiply: of branches, of links to labels, or both
 * ------------------------------------------------- */

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
    if (same && differ(builder, node, main)) {
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

static bool place_joined(Builder *builder, const Site *site) {
    const char *name = site->call->entry->name;
    Inputs inputs = {.count = 0};
    if (!open_stage(builder, site)) {
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
    return linked ? join(builder, site, name, inputs.node, inputs.count) : place_unknown(builder, site->tree);
}

/* ---- when ---------------------------------------------------------------------------------------------------------
 */

static bool place_when(Builder *builder, const Site *site) {
    return !plumb_call_bool(site->call, "condition") || place_block(builder, site->body[0], site->scope, site->name);
}

/* ---- the table ----------------------------------------------------------------------------------------------------
 */

#define ARG(title, takes, standard, text)                                                                              \
    { .name = title, .accepts = takes, .fallback = standard, .help = text }
#define END                                                                                                            \
    { .name = NULL }

static const PlumbArg repeat_args[] = {{.name = "n", .accepts = PLUMB_A_INT, .min = 1, .max = 1e9, .help = "how often"},
                                       END};
static const PlumbArg residual_args[] = {
    ARG("project", PLUMB_A_BOOL, "false", "leads the link through dense (1 x 1 conv) where the shapes differ"),
    ARG("shortcut", PLUMB_A_REF | PLUMB_A_NONE, "none", "a pipeline for the link in place of x itself"),
    {.name = "scale",
     .accepts = PLUMB_A_NUMBER | PLUMB_A_CALL | PLUMB_A_NONE,
     .kinds = PLUMB_COMBINATOR,
     .fallback = "none",
     .help = "factor on the body: a number, or learned(0) as in ReZero"},
    END};
static const PlumbArg join_args[] = {
    ARG("links", PLUMB_A_REF | PLUMB_A_REST | PLUMB_A_LIST, "[]", "labels of earlier stages"),
    ARG("project", PLUMB_A_BOOL, "false", "leads a link through dense (1 x 1 conv) where the shapes differ"), END};
static const PlumbArg concat_args[] = {
    ARG("links", PLUMB_A_REF | PLUMB_A_REST | PLUMB_A_LIST, "[]", "labels of earlier stages"), END};
static const PlumbArg when_args[] = {ARG("condition", PLUMB_A_BOOL, NULL, "true: the body is placed; false: nothing"),
                                     END};
static const PlumbArg learned_args[] = {ARG("value", PLUMB_A_NUMBER, "0", "its first value"), END};

#define COMBINATOR(title, table, least, most, function, text, synopsis, paper, instance)                               \
    {                                                                                                                  \
        {.name = title,                                                                                                \
         .kind = PLUMB_COMBINATOR,                                                                                     \
         .family = "combinators",                                                                                      \
         .args = table,                                                                                                \
         .summary = text,                                                                                              \
         .formula = synopsis,                                                                                          \
         .source = paper,                                                                                              \
         .example = instance},                                                                                         \
            least, most, function                                                                                      \
    }
static const Combinator table[] = {
    COMBINATOR("repeat", repeat_args, 1, 1, place_repeat,
               "the body n times, each with weights of its own; i counts from 1", "repeat(n) { body }", "plumb",
               "repeat(20) { dense(64) -> relu }"),
    COMBINATOR("residual", residual_args, 1, 1, place_residual, "a link around the body", "y = body(x) + x",
               "He et al. 2016, eq. 1", "residual { dense(64) -> relu }"),
    COMBINATOR("add", join_args, 0, 64, place_joined, "sum of branches, or of what arrives and a labelled stage",
               "y = x1 + x2 + ...", "He et al. 2016, eq. 1", "h: dense(64)\nrelu -> dense(64)\nadd(h)"),
    COMBINATOR("concat", concat_args, 0, 64, place_joined,
               "branches or links side by side on the feature (channel) axis", "y = [x1, x2, ...]",
               "Huang et al. 2017, eq. 2", "concat { dense(8) } { dense(8) -> relu }"),
    COMBINATOR("multiply", join_args, 0, 64, place_joined, "product of branches or links, value by value: a gate",
               "y = x1 x2 ...", "Hochreiter & Schmidhuber 1997", "multiply { dense(8) } { dense(8) -> sigmoid }"),
    COMBINATOR("when", when_args, 1, 1, place_when, "the body if the condition holds, else nothing",
               "when(condition) { body }", "plumb", "when(deep) { dense(64) -> relu }"),
    COMBINATOR("learned", learned_args, 0, 0, NULL, "a number that is learned: a scale",
               "a, learned from its first value", "Bachlechner et al. 2021 (ReZero)",
               "residual(scale=learned(0)) { dense(64) -> relu }"),
};

const Combinator *combinator_at(int index) {
    return index >= 0 && index < (int)(sizeof table / sizeof *table) ? &table[index] : NULL;
}

const Combinator *combinator_find(const char *name) {
    const Combinator *row;
    for (int i = 0; (row = combinator_at(i)); i++) {
        if (!strcmp(row->entry.name, name)) {
            return row;
        }
    }
    return NULL;
}
