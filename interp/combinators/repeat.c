/* Bodies placed several times, or perhaps: repeat, share, bidirectional, when. */
#include "parts.h"

static bool place_turn(Builder *builder, const Site *site, int turn) {
    Scope *frame = scope_new(site->scope);
    Value *number = value_number(turn);
    bool done = frame && number && scope_bind(frame, "i", number);
    value_drop(number);
    done = done ? place_block(builder, site->body[0], frame, NULL) : builder_memory(builder, site->tree->span);
    scope_drop(frame);
    return done;
}

bool place_repeat(Builder *builder, const Site *site) {
    int turns = (int)plumb_call_number(site->call, "n");
    Trail trail = {"repeat", 0, turns, site->tree->span, builder->trail};
    Turns shares = {NULL, builder->turns};
    bool done = true;
    builder->trail = &trail;
    builder->turns = &shares;
    builder->repeats++;
    for (trail.turn = 1; done && trail.turn <= turns; trail.turn++) {
        done = place_turn(builder, site, trail.turn);
    }
    builder->repeats--;
    builder->trail = trail.up;
    builder->turns = shares.up;
    return done;
}

/* ---- share ------------------------------------------------------------------------------------------------------- */

static Shared *find_shared(const Builder *builder, const Tree *tree) {
    Shared *shared = builder->turns->shared;
    while (shared && shared->tree != tree) {
        shared = shared->next;
    }
    return shared;
}

/* The first turn's nodes have the weights. */
static bool place_first(Builder *builder, const Site *site) {
    Shared *shared = plumb_arena_alloc(builder->arena, sizeof *shared);
    if (!shared) {
        return builder_memory(builder, site->tree->span);
    }
    *shared = (Shared){site->tree, plumb_net_size(builder->net), 0, builder->turns->shared};
    builder->turns->shared = shared;
    bool done = place_block(builder, site->body[0], site->scope, site->name);
    shared->count = plumb_net_size(builder->net) - shared->first;
    return done;
}

bool place_share(Builder *builder, const Site *site) {
    if (!builder->turns) {
        Diag *diag =
            report_in_net(builder, site->tree->span, "share stands in a repeat, which places it several times");
        diag_label(diag, "repeat(3) { share { dense(64) -> tanh } }");
        return place_unknown(builder, site->tree);
    }
    const Shared *shared = find_shared(builder, site->tree);
    if (!shared) {
        return place_first(builder, site);
    }
    int from = builder->share_from, to = builder->share_to;
    builder->share_from = shared->first;
    builder->share_to = shared->first + shared->count;
    bool done = place_block(builder, site->body[0], site->scope, site->name);
    builder->share_from = from;
    builder->share_to = to;
    return done;
}

/* ---- bidirectional: Schuster & Paliwal 1997 ---------------------------------------------------------------------- */

bool place_bidirectional(Builder *builder, const Site *site) {
    if (!combinator_open(builder, site)) {
        return false;
    }
    int from = builder->at, before = builder->reversed;
    if (!place_block(builder, site->body[0], site->scope, NULL)) {
        return false;
    }
    int forward = builder->at;
    builder->at = from;
    builder->reversing = !builder->reversing;
    bool done = place_block(builder, site->body[0], site->scope, NULL);
    builder->reversing = !builder->reversing;
    if (done && builder->reversed == before && shape_at(builder, builder->at).rank >= 0) {
        Diag *diag = report_in_net(builder, site->tree->span, "bidirectional needs a recurrent layer in its body");
        diag_label(diag, "bidirectional { lstm(64) }");
    }
    int input[] = {forward, builder->at};
    return done && combinator_join(builder, site, "concat", input, 2);
}

/* ---- when -------------------------------------------------------------------------------------------------------- */

bool place_when(Builder *builder, const Site *site) {
    return !plumb_call_bool(site->call, "condition") || place_block(builder, site->body[0], site->scope, site->name);
}
