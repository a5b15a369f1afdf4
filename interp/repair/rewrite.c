/* An edit of a net's source, made wherever it applies: pieces are written as text and parsed, so that all of the
 * grammar holds. */
#include "../../grammar/format.h"
#include "../../grammar/text.h"
#include "draft.h"
#include <stdlib.h>
#include <string.h>

typedef struct Rewrite {
    Draft *draft;
    const PlumbEdit *to;
    const Tree *times;        /* of the innermost repetition around; NULL: none */
    const Tree *used;         /* how often another net repeats this one; NULL: not */
    const PlumbEntry *before; /* of the stage in front; NULL: none, or unknown */
    bool changed;             /* something */
    bool in_body;             /* in the body itself, not in a parameter's value */
    bool bound, given;        /* init: a default is bound in the body; a layer is given one */
    bool drawn;               /* there are layers that take one */
} Rewrite;

static void put(Rewrite *rewrite, Tree **at, Tree *tree) {
    if (tree && !tree_equal(tree, *at)) {
        *at = tree;
        rewrite->changed = true;
        rewrite->in_body = true;
    }
}

/* A parameter's value in place of its name: what stands there is then changed by argument. */
static void put_value(Rewrite *rewrite, Tree **at, const char *text) {
    Tree *tree = draft_parse(rewrite->draft, "%s", text);
    int parameter = draft_parameter(rewrite->draft, *at);
    if (parameter < 0) {
        put(rewrite, at, tree);
    } else if (tree && !tree_equal(tree, rewrite->draft->value[parameter])) {
        rewrite->draft->value[parameter] = tree;
        rewrite->changed = true;
    }
}

/* What stands here, through a parameter. NULL: a parameter without a value. */
static const Tree *look(const Draft *draft, const Tree *tree) {
    int parameter = draft_parameter(draft, tree);
    return parameter < 0 ? tree : draft->value[parameter];
}

static const PlumbEntry *entry_at(const Draft *draft, const Tree *tree) {
    const Tree *there = look(draft, tree);
    return there ? draft_entry(draft, there) : NULL;
}

static bool is_hidden_activation(const PlumbEntry *entry) {
    return entry && entry->kind == PLUMB_ACTIVATION && strcmp(entry->name, "identity") != 0;
}

static bool is_norm(const PlumbEntry *entry) {
    return entry && entry->family && !strcmp(entry->family, "norms");
}

/* ---- layers with weights ----------------------------------------------------------------------------------------- */

static bool takes_init(const PlumbEntry *entry) {
    for (const PlumbArg *arg = entry ? entry->args : NULL; arg && arg->name; arg++) {
        if (!strcmp(arg->name, "init") && arg->kinds & PLUMB_INIT) {
            return true;
        }
    }
    return false;
}

static Tree *argument_of(const Tree *call, const char *name) {
    for (int i = 1; call->kind == TREE_CALL && i < call->count; i++) {
        if (call->child[i]->kind == TREE_ARGUMENT && !strcmp(call->child[i]->text, name)) {
            return call->child[i];
        }
    }
    return NULL;
}

static void set_argument(Rewrite *rewrite, const Tree *call, const char *name, const char *value) {
    Tree *argument = value ? argument_of(call, name) : NULL;
    if (argument) {
        put_value(rewrite, &argument->child[0], value);
    }
}

static void set_weights(Rewrite *rewrite, const Tree *call) {
    const PlumbEdit *to = rewrite->to;
    rewrite->drawn = true;
    rewrite->given = rewrite->given || (to->init && argument_of(call, "init"));
    set_argument(rewrite, call, "init", to->init);
    set_argument(rewrite, call, "bias_init", to->bias);
}

static void add_argument(Text *text, const char *name, const Tree *value) {
    char *written = format_tree(value);
    text_printf(text, "%s%s%s%s", text->at[text->length - 1] == '(' ? "" : ", ", name, *name ? "=" : "",
                written ? written : "");
    text->failed = text->failed || !written;
    free(written);
}

/* The call of `entry` under another name, without the arguments that are listed, and with `more`. Behind the first,
 * arguments are given by name: another layer may have others in these places. */
static void set_call(Rewrite *rewrite, Tree **at, const PlumbEntry *entry, const char *name, const char *without,
                     const char *more) {
    Text text = {0};
    const Tree *call = *at;
    text_printf(&text, "%s(", name);
    for (int i = 1; i < call->count - call->bodies; i++) {
        const Tree *argument = call->child[i];
        bool named = argument->kind == TREE_ARGUMENT;
        const char *known = named ? argument->text : entry->args[i - 1].name;
        if (!is_listed(without, known)) {
            add_argument(&text, named || i > 1 ? known : "", named ? argument->child[0] : argument);
        }
    }
    text_printf(&text, "%s%s)", *more && text.at[text.length - 1] != '(' ? ", " : "", more);
    for (int i = call->count - call->bodies; i < call->count; i++) {
        char *body = format_tree(call->child[i]);
        text_printf(&text, " %s", body ? body : "");
        free(body);
    }
    char *whole = text_take(&text);
    put(rewrite, at, whole ? draft_parse(rewrite->draft, "%s", whole) : NULL);
    free(whole);
}

/* ---- recurrent layers -------------------------------------------------------------------------------------------- */

#define QUOTED(text) #text
#define WRITTEN(number) QUOTED(number)

/* How cells begin that are to keep what they read: gates open, by their bias; units that pass it on as it is, their
 * recurrent weights orthogonal (Le, Jaitly & Hinton 2015). */
static const struct {
    const char *cell, *start;
} starts[] = {{"lstm", "forget_bias=" WRITTEN(PLUMB_OPEN_GATE)},
              {"gru", "update_bias=" WRITTEN(PLUMB_OPEN_GATE)},
              {"rnn", "act=relu"}};

static const char *start_of(const char *cell) {
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (!strcmp(cell, starts[i].cell)) {
            return starts[i].start;
        }
    }
    return "";
}

/* Weights and activation that were chosen for the old cell do not go along. */
static void edit_call(Rewrite *rewrite, Tree **call, const PlumbEntry *entry) {
    const PlumbEdit *to = rewrite->to;
    bool cell = is_listed("rnn gru lstm", entry->name);
    if (to->cell && cell) {
        bool other = strcmp(to->cell, entry->name) != 0 || !strcmp(to->cell, "rnn");
        if (other) {
            set_call(rewrite, call, entry, to->cell, "act recurrent_init forget_bias update_bias", start_of(to->cell));
        }
    } else if (to->open && !strcmp(to->open, entry->name)) {
        set_call(rewrite, call, entry, entry->name, "forget_bias update_bias", start_of(entry->name));
    } else if (to->single && cell) {
        set_call(rewrite, call, entry, entry->name, "layers", "");
    }
}

/* A parameter's value is edited where it is kept. */
static void edit_cell(Rewrite *rewrite, Tree **at, const PlumbEntry *entry) {
    int parameter = draft_parameter(rewrite->draft, *at);
    Tree **call = parameter < 0 ? at : &rewrite->draft->value[parameter];
    bool in_body = rewrite->in_body;
    if (!entry || !*call || (*call)->kind != TREE_CALL) {
        return;
    }
    edit_call(rewrite, call, entry);
    rewrite->in_body = parameter < 0 ? rewrite->in_body : in_body;
}

/* ---- links ------------------------------------------------------------------------------------------------------- */

static const Tree *times_of(const Tree *repeat) {
    return repeat->child[1]->kind == TREE_ARGUMENT ? repeat->child[1]->child[0] : repeat->child[1];
}

static int count_calls(const Tree *tree, const char *name) {
    bool is = tree->kind == TREE_CALL && tree->child[0]->kind == TREE_NAME && !strcmp(tree->child[0]->text, name);
    int count = is;
    for (int i = 0; i < tree->count; i++) {
        count += count_calls(tree->child[i], name);
    }
    return count;
}

/* Do all calls of the name stand with bodies, branches next to each other? Those with a label link back. */
static bool are_branches(const Tree *tree, const char *name) {
    bool is = tree->kind == TREE_CALL && tree->child[0]->kind == TREE_NAME && !strcmp(tree->child[0]->text, name);
    bool all = !is || tree->bodies;
    for (int i = 0; all && i < tree->count; i++) {
        all = are_branches(tree->child[i], name);
    }
    return all;
}

static bool is_linked(const Draft *draft, const Tree *body) {
    static const char *const joined[] = {"residual", "highway", "add", "concat"};
    for (size_t i = 0; i < sizeof joined / sizeof *joined; i++) {
        bool branches = i > 1 && count_calls(body, joined[i]) && are_branches(body, joined[i]);
        if (draft_mentions(draft, body, joined[i]) && !branches) {
            return true;
        }
    }
    return false;
}

/* Branches are scaled so that the sum of n of them keeps its size, or as the edit says. `times`: NULL, n is `count`.
 * malloc'd. */
static char *scale_of(const PlumbEdit *to, const Tree *times, int count) {
    char *n = times ? format_tree(times) : NULL, *text = NULL;
    int length = to->scale ? asprintf(&text, "scale=%s", to->scale)
                 : n       ? asprintf(&text, "scale=1 / sqrt(%s)", n)
                           : asprintf(&text, "scale=1 / sqrt(%d)", count);
    free(n);
    return length < 0 ? NULL : text;
}

/* A body that is repeated, with a link around it. Gates are no link (Dauphin et al. 2017 put one around each gated
 * layer). */
static void link_repeat(Rewrite *rewrite, Tree *call) {
    Tree **body = &call->child[call->count - 1];
    if (is_linked(rewrite->draft, *body)) {
        return;
    }
    char *inner = format_tree(*body), *scale = scale_of(rewrite->to, times_of(call), 0);
    if (inner && scale) {
        put(rewrite, body,
            draft_parse(rewrite->draft, "{ residual(%s%s) %s }", scale, rewrite->to->project ? ", project=true" : "",
                        inner));
    }
    free(inner);
    free(scale);
}

/* A link that is there: its branch is scaled by how many there are, as those that are made. */
static void scale_link(Rewrite *rewrite, Tree **at, const PlumbEntry *entry) {
    const Tree *around = rewrite->times ? rewrite->times : rewrite->used;
    int links = count_calls(rewrite->draft->body, "residual");
    char *scale = around || links > 1 || rewrite->to->scale ? scale_of(rewrite->to, around, links) : NULL;
    if (scale) {
        set_call(rewrite, at, entry, "residual", "scale", scale);
    }
    free(scale);
}

/* Srivastava et al. 2015, section 2.2: the deeper, the further below zero the first bias; at -3 a gate lets through a
 * twentieth. */
static void carry(Rewrite *rewrite, Tree **at, const PlumbEntry *entry) {
    const Tree *call = *at, *named = argument_of(call, "bias");
    const Tree *bias = named                            ? look(rewrite->draft, named->child[0])
                       : call->count - call->bodies > 1 ? look(rewrite->draft, call->child[1])
                                                        : NULL;
    char *text = bias ? format_tree(bias) : NULL, *end = text;
    bool far = text && strtod(text, &end) <= -3 && !*end;
    if (!far) {
        set_call(rewrite, at, entry, "highway", "bias", "bias=-3");
    }
    free(text);
}

/* ---- the walk ---------------------------------------------------------------------------------------------------- */

static void walk_block(Rewrite *rewrite, Tree *block, bool output);

/* Bodies of a combinator; those of a product are gates, and stay. */
static void walk_bodies(Rewrite *rewrite, Tree **at, const PlumbEntry *entry) {
    Tree *call = *at;
    const PlumbEntry *before = rewrite->before;
    const Tree *times = rewrite->times;
    bool repeat = entry && !strcmp(entry->name, "repeat") && call->count > 2;
    if (entry && !strcmp(entry->name, "multiply")) {
        return;
    }
    rewrite->times = repeat ? times_of(call) : times;
    for (int i = call->count - call->bodies; i < call->count; i++) {
        rewrite->before = before;
        walk_block(rewrite, call->child[i], false);
    }
    rewrite->times = times;
    if (rewrite->to->link && repeat) {
        link_repeat(rewrite, call);
    } else if (rewrite->to->link && entry && !strcmp(entry->name, "residual")) {
        scale_link(rewrite, at, entry);
    } else if (rewrite->to->carry && entry && !strcmp(entry->name, "highway")) {
        carry(rewrite, at, entry);
    }
}

/* More than half: what is left of the signal hardly tells one row from another. */
static void edit_dropout(Rewrite *rewrite, const Tree *call) {
    Tree **p = call->count > 1 ? &call->child[1] : NULL;
    p = p && (*p)->kind == TREE_ARGUMENT ? &(*p)->child[0] : p;
    const Tree *value = p ? look(rewrite->draft, *p) : NULL;
    char text[32];
    if (value && value->kind == TREE_NUMBER && value->number > 0.5) {
        snprintf(text, sizeof text, "%g", rewrite->to->dropout);
        put_value(rewrite, p, text);
    }
}

/* What a net that is used is given, where it is of the kind that is edited. */
static void edit_arguments(Rewrite *rewrite, const Tree *call) {
    const PlumbEdit *to = rewrite->to;
    for (int i = 1; i < call->count; i++) {
        bool named = call->child[i]->kind == TREE_ARGUMENT;
        Tree **value = named ? &call->child[i]->child[0] : &call->child[i];
        const PlumbEntry *entry = entry_at(rewrite->draft, *value);
        bool slot = is_norm(entry) || (named && (*value)->kind == TREE_NONE && strstr(call->child[i]->text, "norm"));
        const char *text = is_hidden_activation(entry)          ? to->act
                           : entry && entry->kind == PLUMB_INIT ? to->init
                           : slot                               ? to->norm
                                                                : NULL;
        if (text) {
            put_value(rewrite, value, text);
        }
    }
}

/* A call of a net; a parameter's value is edited where it is kept. */
static void edit_net(Rewrite *rewrite, const Tree *stage) {
    int parameter = draft_parameter(rewrite->draft, stage);
    const Tree *call = parameter < 0 ? stage : rewrite->draft->value[parameter];
    bool in_body = rewrite->in_body;
    if (call && call->kind == TREE_CALL && draft_net(rewrite->draft, call->child[0])) {
        edit_arguments(rewrite, call);
        rewrite->in_body = parameter < 0 ? rewrite->in_body : in_body;
    }
}

/* Changes one stage. Returns true where a norm belongs in front of it. */
static bool edit_stage(Rewrite *rewrite, Tree **at, bool output) {
    const PlumbEdit *to = rewrite->to;
    const PlumbEntry *entry = entry_at(rewrite->draft, *at), *before = rewrite->before;
    bool hidden = is_hidden_activation(entry) && !output;
    rewrite->before = entry;
    if ((*at)->kind == TREE_CALL && (*at)->bodies) {
        rewrite->before = before;
        walk_bodies(rewrite, at, entry);
        return false;
    }
    if (hidden && to->act) {
        put_value(rewrite, at, to->act);
    }
    if (takes_init(entry)) {
        set_weights(rewrite, *at);
    }
    edit_cell(rewrite, at, entry);
    if (to->dropout > 0 && (*at)->kind == TREE_CALL && entry && !strcmp(entry->name, "dropout")) {
        edit_dropout(rewrite, *at);
    }
    edit_net(rewrite, *at);
    int parameter = draft_parameter(rewrite->draft, *at);
    const Tree *value = parameter < 0 ? NULL : rewrite->draft->value[parameter];
    bool slot = value && (value->kind == TREE_NONE || is_norm(entry)) && strstr((*at)->text, "norm");
    if (slot && to->norm) {
        put_value(rewrite, at, to->norm);
        rewrite->before = entry_at(rewrite->draft, *at);
    }
    return hidden && to->norm && !is_norm(before);
}

/* `a -> b -> c` is one tree to the right: a norm in front of its left stage goes in front of the whole. */
static void walk_stages(Rewrite *rewrite, Tree **at, bool output) {
    Tree *tree = *at;
    bool chain = tree->kind == TREE_BINARY && !strcmp(tree->text, "->");
    bool norm = edit_stage(rewrite, chain ? &tree->child[0] : at, output && !chain);
    if (chain) {
        walk_stages(rewrite, &tree->child[1], output);
    }
    if (norm) {
        char *rest = format_tree(*at);
        put(rewrite, at, rest ? draft_parse(rewrite->draft, "%s -> %s", rewrite->to->norm, rest) : NULL);
        free(rest);
    }
}

static void walk_statement(Rewrite *rewrite, Tree **at, bool output) {
    Tree *tree = *at;
    switch (tree->kind) {
    case TREE_NET: /* draft_rewrite_nets */
        break;
    case TREE_BIND:
        if (rewrite->to->init && !strcmp(tree->text, "init")) {
            put_value(rewrite, &tree->child[0], rewrite->to->init);
            rewrite->bound = true;
        } else if (rewrite->to->bias && !strcmp(tree->text, "bias_init")) {
            put_value(rewrite, &tree->child[0], rewrite->to->bias);
        }
        break;
    case TREE_LABEL:
        walk_stages(rewrite, &tree->child[0], output);
        break;
    case TREE_FOR:
    case TREE_IF:
        for (int i = 1; i < tree->count; i++) {
            walk_block(rewrite, tree->child[i], false);
        }
        break;
    default:
        walk_stages(rewrite, at, output);
    }
}

/* `auto` is a word for a layer's argument, no value: a default goes with its statement. */
static bool frees_init(const PlumbEdit *to, const Tree *statement) {
    return to->init && !strcmp(to->init, "auto") && statement->kind == TREE_BIND && !strcmp(statement->text, "init");
}

static void walk_block(Rewrite *rewrite, Tree *block, bool output) {
    int kept = 0;
    for (int i = 0; i < block->count; i++) {
        if (!frees_init(rewrite->to, block->child[i])) {
            walk_statement(rewrite, &block->child[i], output && i == block->count - 1);
            block->child[kept++] = block->child[i];
        }
    }
    rewrite->changed = rewrite->changed || kept < block->count;
    rewrite->in_body = rewrite->in_body || kept < block->count;
    block->count = kept;
}

/* ---- statements of the body -------------------------------------------------------------------------------------- */

static bool is_input(const Draft *draft, const Tree *tree) {
    const PlumbEntry *entry = tree->kind == TREE_CALL ? draft_entry(draft, tree) : NULL;
    return entry && !strcmp(entry->name, "input");
}

static void insert(Rewrite *rewrite, int place, Tree *statement) {
    if (draft_insert(rewrite->draft, place, statement)) {
        rewrite->changed = rewrite->in_body = true;
    }
}

/* Behind declarations and defaults; the body's end where there is none. */
static int first_stage(const Tree *body) {
    int at = 0;
    while (at < body->count && (body->child[at]->kind == TREE_NET || body->child[at]->kind == TREE_BIND)) {
        at++;
    }
    return at;
}

static void bind_init(Rewrite *rewrite) {
    Tree *body = draft_block(rewrite->draft);
    if (body) {
        int first = first_stage(body);
        bool bare = first < body->count && is_input(rewrite->draft, body->child[first]);
        insert(rewrite, first + bare, draft_parse(rewrite->draft, "init = %s", rewrite->to->init));
    }
}

/* input(13) -> batchnorm -> ...: the rows come to mean 0 and variance 1 inside the net. */
static void norm_inputs(Rewrite *rewrite) {
    Tree *body = draft_block(rewrite->draft);
    int place = body ? first_stage(body) : 0;
    Tree *first = body && place < body->count ? body->child[place] : NULL;
    if (first && is_input(rewrite->draft, first)) {
        insert(rewrite, place + 1, draft_parse(rewrite->draft, "batchnorm"));
    } else if (first && first->kind == TREE_BINARY && is_input(rewrite->draft, first->child[0])) {
        char *rest = format_tree(first->child[1]);
        put(rewrite, &first->child[1], rest ? draft_parse(rewrite->draft, "batchnorm -> %s", rest) : NULL);
        free(rest);
    }
}

/* The last stage is left out: of a chain, or as a statement of its own. */
static void drop_output(Rewrite *rewrite) {
    Tree *body = draft_block(rewrite->draft), **at = NULL, *above = NULL;
    if (body && body->count) {
        at = &body->child[body->count - 1];
    }
    while (at && (*at)->kind == TREE_BINARY && !strcmp((*at)->text, "->")) {
        above = *at;
        at = &above->child[1];
    }
    if (!at || (*at)->kind == TREE_LABEL || (*at)->kind == TREE_BIND) {
        return;
    }
    if (draft_parameter(rewrite->draft, *at) >= 0) {
        put_value(rewrite, at, "none");
    } else if (above) {
        Tree **whole = &body->child[body->count - 1];
        while (*whole != above) {
            whole = &(*whole)->child[1];
        }
        put(rewrite, whole, above->child[0]);
    } else if (body->count > 1) {
        body->count--;
        rewrite->changed = rewrite->in_body = true;
    }
}

static bool rewrite_draft(Draft *draft, const PlumbEdit *to, bool inner, const Tree *times) {
    Rewrite rewrite = {.draft = draft, .to = to, .used = times};
    if (to->inputs) {
        norm_inputs(&rewrite);
    } else if (to->output) {
        drop_output(&rewrite);
    } else if (draft->body->kind == TREE_BLOCK) {
        walk_block(&rewrite, draft->body, !inner);
    } else {
        walk_stages(&rewrite, &draft->body, !inner);
    }
    /* What nothing is said of draws by the activation behind it, so follows a new one. */
    if (to->init && strcmp(to->init, "auto") != 0 && !to->act && rewrite.drawn && !rewrite.bound && !rewrite.given) {
        bind_init(&rewrite);
    }
    if (!to->inputs && !to->output && draft_rewrite_nets(draft, to, times)) {
        rewrite.changed = rewrite.in_body = true;
    }
    draft->rewritten = draft->rewritten || rewrite.in_body;
    return rewrite.changed && !draft->failed;
}

bool draft_rewrite(Draft *draft, const PlumbEdit *to) {
    return rewrite_draft(draft, to, false, NULL);
}

bool draft_rewrite_used(Draft *draft, const PlumbEdit *to, const Tree *times) {
    return rewrite_draft(draft, to, true, times);
}
