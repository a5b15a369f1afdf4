/* Cases put together, of all families: those that rules are tuned on, then those that are held out. */
#include "cases.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- building ---------------------------------------------------------------------------------------------------- */

char *text_of(Corpus *corpus, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    char *kept = length >= 0 ? plumb_arena_alloc(corpus->arena, (size_t)length + 1) : NULL;
    if (kept) {
        memcpy(kept, text, (size_t)length + 1);
    }
    if (length >= 0) {
        free(text);
    }
    corpus->failed = corpus->failed || !kept;
    return kept;
}

void add_case(Corpus *corpus, Case one) {
    if (corpus->count == corpus->room) {
        int room = corpus->room ? 2 * corpus->room : 64;
        Case *cases = realloc(corpus->cases, (size_t)room * sizeof *cases);
        if (!cases) {
            corpus->failed = true;
            return;
        }
        corpus->cases = cases;
        corpus->room = room;
    }
    corpus->cases[corpus->count++] = one;
}

const char *net_of_body(Corpus *corpus, const Task *task, const char *body) {
    return body ? text_of(corpus, "net n {\n    input(%s)\n    %s\n    dense(%d)\n}", task->input, body, task->outputs)
                : NULL;
}

void add_pair(Corpus *corpus, int family, Pair pair) {
    const Task *task = pair.task;
    const char *twin_body = pair.twin_body ? pair.twin_body : pair.body;
    const Specimen own = {net_of_body(corpus, task, pair.body), task->data, pair.settings};
    const Specimen twin = {net_of_body(corpus, task, twin_body), task->data,
                           pair.twin_settings ? pair.twin_settings : pair.settings};
    add_case(corpus, (Case){.family = family,
                            .name = pair.name,
                            .own = own,
                            .twin = twin,
                            .trouble = pair.trouble,
                            .causes = pair.causes,
                            .layer = pair.layer,
                            .target = task->target});
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static const struct {
    const Family *families;
    int count;
} parts[] = {{tuned_families, TUNED_FAMILIES},
             {unseen_weight_families, WEIGHT_FAMILIES},
             {unseen_link_families, LINK_FAMILIES},
             {unseen_step_families, STEP_FAMILIES}};

static const Family *family_of(int family) {
    int at = family - 1;
    size_t part = 0;
    for (; at >= parts[part].count; part++) {
        at -= parts[part].count;
    }
    return &parts[part].families[at];
}

const char *family_name(int family) {
    return family_of(family)->name;
}

char family_letter(int family) {
    return family_of(family)->letter;
}

bool is_held_out(int family) {
    return family > TUNED_FAMILIES;
}

bool corpus_make(Corpus *corpus) {
    *corpus = (Corpus){.arena = plumb_arena_new()};
    corpus->failed = !corpus->arena;
    for (int i = 1; !corpus->failed && i <= FAMILIES; i++) {
        family_of(i)->make(corpus, i);
    }
    return !corpus->failed;
}

void corpus_free(Corpus *corpus) {
    plumb_arena_free(corpus->arena);
    free(corpus->cases);
}
