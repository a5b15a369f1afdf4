/* Variants of a net: the call is made again with one item in place of each list. */
#include "variants.h"
#include "../grammar/text.h"
#include "interpreter.h"
#include <stdlib.h>
#include <string.h>

/* What is called: mlp of mlp(depth=5), and of mlp. */
static Tree *called(const Tree *call) {
    return call->kind == TREE_CALL ? call->child[0] : (Tree *)call;
}

static const Tree *value_tree(const Tree *argument) {
    return argument->kind == TREE_ARGUMENT ? argument->child[0] : argument;
}

/* What the parameter in this place is called; NULL: there is none, which the call will say. */
static const char *parameter_name(const NetValue *net, const Tree *argument, int place) {
    return argument->kind == TREE_ARGUMENT ? argument->text
           : place < net->argument_count   ? net->declaration->child[place]->text
                                           : NULL;
}

static bool add_dimension(Session *session, Variants *variants, int place) {
    const Tree *argument = variants->call->child[place + 1];
    Value *list = variants->argument[place];
    const char *name = parameter_name(variants->net->net, argument, place);
    if (list->list.count == 0) {
        return session_error(session, argument->span, "an empty list leaves nothing to train");
    }
    variants->dimension[variants->dimensions++] = (Dimension){name ? name : "?", list};
    variants->count = variants->count > VARIANTS_MOST ? variants->count : variants->count * list->list.count;
    return true;
}

static bool read_arguments(Session *session, Variants *variants) {
    bool done = true;
    for (int i = 0; i < variants->arguments; i++) {
        Value *value = evaluate(session, value_tree(variants->call->child[i + 1]), session->scope);
        variants->argument[i] = value;
        variants->unknown = variants->unknown || (value && value->type == VALUE_UNKNOWN);
        done = value && (value->type != VALUE_LIST || add_dimension(session, variants, i)) && done;
    }
    return done;
}

static bool fits_a_sweep(Session *session, const Variants *variants) {
    return variants->count <= VARIANTS_MOST ||
           session_error(session, variants->call->span, "these are more than %d nets", VARIANTS_MOST);
}

bool variants_open(Session *session, const Tree *call, Variants *variants) {
    *variants = (Variants){.call = call, .count = 1};
    bool is_call = call->kind == TREE_CALL && !call->bodies, is_named = is_call || call->kind == TREE_NAME;
    variants->net = is_named ? evaluate(session, called(call), session->scope) : NULL;
    if (is_named && !variants->net) {
        return false;
    }
    if (variants->net && variants->net->type == VALUE_UNKNOWN) {
        variants->unknown = true;
        return true;
    }
    if (!variants->net || variants->net->type != VALUE_NET) {
        Diag *diag = report(session, call->span, "a net with lists for arguments is expected");
        diag_label(diag, "as in  mlp(depth=[5, 10])");
        return false;
    }
    size_t count = is_call ? (size_t)call->count : 1; /* itself, and its arguments */
    variants->argument = calloc(count, sizeof(Value *));
    variants->dimension = calloc(count, sizeof *variants->dimension);
    if (!variants->argument || !variants->dimension) {
        report_memory(session, call->span);
        return false;
    }
    variants->arguments = (int)count - 1;
    return read_arguments(session, variants) && fits_a_sweep(session, variants);
}

void variants_close(Variants *variants) {
    for (int i = 0; i < variants->arguments; i++) {
        value_drop(variants->argument[i]);
    }
    value_drop(variants->net);
    free(variants->argument);
    free(variants->dimension);
    *variants = (Variants){0};
}

Value *dimensions_item(const Dimension *dimension, int dimensions, int index, int which) {
    for (int i = dimensions - 1; i > which; i--) {
        index /= dimension[i].list->list.count;
    }
    const Value *list = dimension[which].list;
    return list->list.item[index % list->list.count];
}

Value *variants_item(const Variants *variants, int index, int dimension) {
    return dimensions_item(variants->dimension, variants->dimensions, index, dimension);
}

/* ---- one of them ------------------------------------------------------------------------------------------------- */

typedef struct Site { /* of a call that is written anew: its arguments are names in a frame of their own */
    Arena *arena;
    Scope *frame;
    Tree *call;
} Site;

static void site_close(Site *site) {
    if (site->frame) {
        scope_clear(site->frame);
    }
    scope_drop(site->frame);
    arena_free(site->arena);
}

static Tree *new_tree(Arena *arena, TreeKind kind, const Tree *like, const char *text, int children) {
    Tree *tree = arena_alloc(arena, sizeof *tree);
    if (!tree) {
        return NULL;
    }
    *tree = (Tree){.kind = kind, .span = like->span, .text_span = like->text_span, .text = text, .count = children};
    tree->child = arena_alloc(arena, ((size_t)children + 1) * sizeof(Tree *));
    tree->had_parentheses = kind == TREE_CALL;
    tree->height = like->height;
    return tree->child ? tree : NULL;
}

/* NAME=(name in the frame), or the name alone. No script can write such a name. */
static bool add_argument(Site *site, const Variants *variants, int place, Value *value) {
    const Tree *written = variants->call->child[place + 1];
    char hidden[16];
    snprintf(hidden, sizeof hidden, "(%d)", place);
    char *name = arena_text(site->arena, hidden, strlen(hidden));
    Tree *leaf = name ? new_tree(site->arena, TREE_NAME, value_tree(written), name, 0) : NULL, *node = leaf;
    if (leaf && written->kind == TREE_ARGUMENT) {
        node = new_tree(site->arena, TREE_ARGUMENT, written, written->text, 1);
        if (node) {
            node->child[0] = leaf;
        }
    }
    site->call->child[place + 1] = node;
    return node && scope_bind(site->frame, name, value);
}

/* What a variant takes for each argument, list or not. */
static Value *argument_of(const Variants *variants, int index, int place) {
    int dimension = 0;
    for (int i = 0; i < place; i++) {
        dimension += variants->argument[i]->type == VALUE_LIST;
    }
    return variants->argument[place]->type == VALUE_LIST ? variants_item(variants, index, dimension)
                                                         : variants->argument[place];
}

static bool write_call(Site *site, const Variants *variants, int index, Scope *scope) {
    site->arena = arena_new();
    site->frame = scope_new(scope);
    site->call = site->arena ? new_tree(site->arena, TREE_CALL, variants->call, NULL, variants->arguments + 1) : NULL;
    if (!site->frame || !site->call) {
        return false;
    }
    site->call->child[0] = called(variants->call);
    for (int i = 0; i < variants->arguments; i++) {
        if (!add_argument(site, variants, i, argument_of(variants, index, i))) {
            return false;
        }
    }
    return true;
}

char *variants_name(const Variants *variants, int index) {
    Text name = {0};
    text_printf(&name, "%s", variants->net->net->name);
    for (int i = 0; i < variants->arguments; i++) {
        const Tree *written = variants->call->child[i + 1];
        bool named = written->kind == TREE_ARGUMENT;
        char *text = value_text(argument_of(variants, index, i));
        text_printf(&name, "%s%s%s%s", i ? ", " : "(", named ? written->text : "", named ? "=" : "", text ? text : "?");
        free(text);
    }
    text_printf(&name, "%s", variants->arguments ? ")" : "");
    return text_take(&name);
}

Value *variants_net(Session *session, const Variants *variants, int index, const char *suffix) {
    Site site = {0};
    Text text = {0};
    char *name = variants_name(variants, index);
    text_printf(&text, "%s%s", name ? name : "", suffix);
    free(name);
    name = name ? text_take(&text) : NULL;
    Value *value = NULL;
    if (name && write_call(&site, variants, index, session->scope)) {
        value = instantiate(session, variants->net->net, site.call, site.frame);
    } else {
        report_memory(session, variants->call->span);
    }
    if (value) {
        free(value->net->name);
        value->net->name = name;
    } else {
        free(name);
    }
    site_close(&site);
    return value;
}
