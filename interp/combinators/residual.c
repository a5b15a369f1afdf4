/* Links around a body: residual and highway. */
#include "parts.h"

static const Tree *tree_argument(const Site *site, const char *name) {
    const PlumbValue *value = plumb_call_value(site->call, name);
    return value && value->type == PLUMB_V_REF ? value->ref : NULL;
}

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
    const PlumbCall *call = combinator_call(builder, site, "scale", given, 2);
    return call ? place_call(builder, call, site->tree, NULL) : place_unknown(builder, site->tree);
}

/* Huang et al. 2016: the branch of a row is left out with this probability. */
static bool place_drop(Builder *builder, const Site *site) {
    double p = plumb_call_number(site->call, "drop");
    if (p == 0) {
        return true;
    }
    PlumbGiven given[] = {{"p", {.type = PLUMB_V_NUMBER, .number = p}}};
    const PlumbCall *call = combinator_call(builder, site, "stochastic_depth", given, 1);
    return call ? place_call(builder, call, site->tree, NULL) : place_unknown(builder, site->tree);
}

/* The link's end of a join: `from` itself, or led through a shortcut or a projection. */
static bool place_shortcut(Builder *builder, const Site *site, int from, int branch, int *link) {
    const Tree *shortcut = tree_argument(site, "shortcut");
    builder->at = from;
    bool done = true;
    if (shortcut) {
        done = place(builder, shortcut, site->scope, NULL);
    } else if (plumb_call_bool(site->call, "project") && shapes_differ(builder, from, branch)) {
        done = place_projection(builder, site, shape_at(builder, branch));
    }
    *link = builder->at;
    return done;
}

bool place_residual(Builder *builder, const Site *site) {
    if (!combinator_open(builder, site)) {
        return false;
    }
    int from = builder->at, link;
    if (!place_block(builder, site->body[0], site->scope, NULL) || !place_scale(builder, site) ||
        !place_drop(builder, site)) {
        return false;
    }
    int branch = builder->at;
    if (!place_shortcut(builder, site, from, branch, &link)) {
        return false;
    }
    if (shapes_differ(builder, link, branch)) {
        report_skip(builder, site->tree, link, branch, "residual(project=true) { ... }");
        return place_unknown(builder, site->tree);
    }
    int input[] = {branch, link};
    return combinator_join(builder, site, "add", input, 2);
}

/* ---- highway: y = T body(x) + (1 - T) x = x + T (body(x) - x) ---------------------------------------------------- */

/* T(x): as wide as x, its bias below zero, so that at first most of x is carried. */
static bool place_gate(Builder *builder, const Site *site, int from) {
    PlumbShape shape = shape_at(builder, from);
    bool image = shape.rank == 3;
    int size = shape.rank < 1 ? 1 : image ? shape.dim[0] : shape.dim[shape.rank - 1];
    PlumbGiven start[] = {{NULL, {.type = PLUMB_V_NUMBER, .number = plumb_call_number(site->call, "bias")}}};
    const PlumbCall *bias = combinator_call(builder, site, "constant", start, 1);
    PlumbGiven given[] = {{NULL, {.type = PLUMB_V_NUMBER, .number = size}},
                          {"bias_init", {.type = PLUMB_V_CALL, .call = bias}},
                          {"kernel", {.type = PLUMB_V_NUMBER, .number = 1}}};
    const PlumbCall *gate =
        bias ? combinator_call(builder, site, image ? "conv" : "dense", given, image ? 3 : 2) : NULL;
    const PlumbCall *sigmoid = gate ? combinator_call(builder, site, "sigmoid", NULL, 0) : NULL;
    const char *name = counted_name(builder, "gate");
    builder->at = from;
    if (!sigmoid || !name) {
        return name ? place_unknown(builder, site->tree) : builder_memory(builder, site->tree->span);
    }
    int repeats = builder->repeats;
    builder->repeats = 0; /* the name is numbered already */
    bool done = place_call(builder, gate, site->tree, name) && place_call(builder, sigmoid, site->tree, NULL);
    builder->repeats = repeats;
    return done;
}

/* body(x) - x behind the body. */
static bool place_difference(Builder *builder, const Site *site, int from, int body) {
    PlumbGiven given[] = {{"init", {.type = PLUMB_V_NUMBER, .number = -1}},
                          {"learned", {.type = PLUMB_V_BOOL, .boolean = false}}};
    const PlumbCall *minus = combinator_call(builder, site, "scale", given, 2);
    const PlumbCall *sum = combinator_call(builder, site, "add", NULL, 0);
    builder->at = from;
    if (!minus || !sum || !place_call(builder, minus, site->tree, NULL)) {
        return place_unknown(builder, site->tree);
    }
    int input[] = {body, builder->at};
    return place_join(builder, sum, input, 2, site->tree, NULL);
}

static bool place_carried(Builder *builder, const Site *site, int from, int difference, int gate) {
    const PlumbCall *product = combinator_call(builder, site, "multiply", NULL, 0);
    int factor[] = {difference, gate};
    if (!product || !place_join(builder, product, factor, 2, site->tree, NULL)) {
        return place_unknown(builder, site->tree);
    }
    int input[] = {builder->at, from};
    return combinator_join(builder, site, "add", input, 2);
}

bool place_highway(Builder *builder, const Site *site) {
    if (!combinator_open(builder, site)) {
        return false;
    }
    int from = builder->at;
    if (!place_block(builder, site->body[0], site->scope, NULL)) {
        return false;
    }
    int body = builder->at;
    if (shapes_differ(builder, from, body)) {
        report_skip(builder, site->tree, from, body, NULL);
        return place_unknown(builder, site->tree);
    }
    if (!place_gate(builder, site, from)) {
        return false;
    }
    int gate = builder->at;
    return place_difference(builder, site, from, body) && place_carried(builder, site, from, builder->at, gate);
}
