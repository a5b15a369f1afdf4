/* What the combinators share: calls of their own, projections, joins. */
#include "parts.h"

const PlumbCall *combinator_call(Builder *builder, const Site *site, const char *name, const PlumbGiven *given,
                                 int count) {
    PlumbError error = {.argument = -1};
    const PlumbEntry *entry = plumb_entry_find(name);
    const PlumbCall *call = entry ? plumb_call(builder->arena, entry, given, count, &error) : NULL;
    if (!call) {
        report_in_net(builder, site->tree->span, "%s", entry ? error.what : "this needs a layer that is not there");
    }
    return call;
}

bool combinator_open(Builder *builder, const Site *site) {
    return builder->at >= 0 || place_unknown(builder, site->tree);
}

static int last_size(PlumbShape shape) {
    return shape.rank > 0 ? shape.dim[shape.rank - 1] : 0;
}

/* How much smaller an image becomes: the stride that leads from one side to the other. */
static int stride_between(int from, int to) {
    return to > 0 && from > to ? (from + to - 1) / to : 1;
}

bool place_projection(Builder *builder, const Site *site, PlumbShape to) {
    PlumbShape from = shape_at(builder, builder->at);
    bool image = to.rank == 3;
    int stride = image && from.rank == 3 ? stride_between(from.dim[1], to.dim[1]) : 1;
    PlumbGiven given[] = {{NULL, {.type = PLUMB_V_NUMBER, .number = image ? to.dim[0] : last_size(to)}},
                          {"bias", {.type = PLUMB_V_BOOL, .boolean = false}},
                          {"kernel", {.type = PLUMB_V_NUMBER, .number = 1}},
                          {"stride", {.type = PLUMB_V_NUMBER, .number = stride}}};
    const PlumbCall *call = combinator_call(builder, site, image ? "conv" : "dense", given, image ? 4 : 2);
    return call ? place_call(builder, call, site->tree, NULL) : place_unknown(builder, site->tree);
}

static bool is_known(PlumbShape shape) {
    return shape.rank >= 0;
}

bool shapes_differ(const Builder *builder, int a, int b) {
    PlumbShape one = shape_at(builder, a), other = shape_at(builder, b);
    return is_known(one) && is_known(other) && !plumb_shape_equal(one, other);
}

bool combinator_join(Builder *builder, const Site *site, const char *layer, const int *input, int count) {
    const PlumbCall *call = combinator_call(builder, site, layer, NULL, 0);
    return call ? place_join(builder, call, input, count, site->tree, site->name) : place_unknown(builder, site->tree);
}
