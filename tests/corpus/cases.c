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

void add_stack(Corpus *corpus, int family, const Stack *stack) {
    for (int p = 0; p < stack->count; p++) {
        for (int d = 0; d < 2; d++) {
            const Part *part = &stack->parts[p];
            const Steps *steps = &stack->steps[(p + d) % 2];
            add_pair(corpus, family,
                     (Pair){.name = text_of(corpus, "%d x %s, %s", stack->depths[d], part->text, steps->name),
                            .task = stack->tasks[p % 2],
                            .body = text_of(corpus, stack->form, stack->depths[d], part->text),
                            .twin_body = text_of(corpus, stack->form, stack->depths[d], stack->good),
                            .settings = steps->settings,
                            .twin_settings = stack->steps[1].settings,
                            .trouble = BY_WEIGHTS,
                            .causes = part->causes,
                            .layer = LAYER_LOWER});
        }
    }
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static const struct {
    const Family *families;
    int count;
} parts[] = {{first_families, FIRST_FAMILIES},
             {more_weight_families, MORE_WEIGHT_FAMILIES},
             {more_link_families, MORE_LINK_FAMILIES},
             {more_step_families, MORE_STEP_FAMILIES},
             {unseen_weight_families, UNSEEN_WEIGHT_FAMILIES},
             {unseen_link_families, UNSEEN_LINK_FAMILIES},
             {unseen_step_families, UNSEEN_STEP_FAMILIES}};

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
