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

static const char *net_of_pair(Corpus *corpus, const Pair *pair) {
    return pair->end ? text_of(corpus, "net n {\n    input(%s)\n    %s\n    dense(%d) -> %s\n}", pair->task->input,
                               pair->body, pair->task->outputs, pair->end)
                     : net_of_body(corpus, pair->task, pair->body);
}

void add_pair(Corpus *corpus, int family, Pair pair) {
    const Task *twin_task = pair.twin_task ? pair.twin_task : pair.task;
    const char *twin_body = pair.twin_body ? pair.twin_body : pair.body;
    const Specimen own = {net_of_pair(corpus, &pair), pair.task->data, pair.settings};
    const Specimen twin = {net_of_body(corpus, twin_task, twin_body), twin_task->data,
                           pair.twin_settings ? pair.twin_settings : pair.settings};
    add_case(corpus, (Case){.family = family,
                            .name = pair.name ? pair.name : text_of(corpus, "%s; %s", pair.body, pair.settings),
                            .own = own,
                            .twin = twin,
                            .trouble = pair.trouble,
                            .causes = pair.causes,
                            .layer = pair.layer,
                            .target = twin_task->target});
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

static const char *with_layer(Corpus *corpus, const char *layer, const char *good, const Place *place) {
    int below = place->k - 1, above = place->of - place->k;
    const char *lower = below ? text_of(corpus, "repeat(%d) { %s }\n    ", below, good) : "";
    const char *upper = above ? text_of(corpus, "\n    repeat(%d) { %s }", above, good) : "";
    return lower && upper ? text_of(corpus, "%s%s%s%s%s", place->stem, lower, layer, upper, place->end) : NULL;
}

void add_bad(Corpus *corpus, int family, const Bad *bad, const Place *place, const Task *task, const char *settings) {
    add_pair(corpus, family,
             (Pair){.name = text_of(corpus, "layer %d of %d is %s; %s", place->k, place->of, bad->layer, settings),
                    .task = task,
                    .body = with_layer(corpus, bad->layer, bad->good, place),
                    .twin_body = with_layer(corpus, bad->good, bad->good, place),
                    .settings = settings,
                    .trouble = BY_WEIGHTS,
                    .causes = bad->causes,
                    .layer = place->k + (*place->stem != '\0')});
}

void add_cell(Corpus *corpus, int family, const Part *cell, const Sequence *sequence) {
    add_pair(corpus, family,
             (Pair){.name = text_of(corpus, "%s on %s", cell->text, sequence->what),
                    .task = sequence->task,
                    .body = text_of(corpus, "%s%s", sequence->stem, cell->text),
                    .twin_body = text_of(corpus, "%s%s", sequence->stem, sequence->best),
                    .settings = sequence->settings,
                    .trouble = BY_WEIGHTS,
                    .causes = cell->causes,
                    .layer = LAYER_LOWER});
}

const char *layers_alike(Corpus *corpus, int depth, int units, const char *act) {
    return text_of(corpus, "repeat(%d) { dense(%d) -> %s }", depth, units, act);
}

void add_step(Corpus *corpus, int family, const Step *step, int units, const char *best, uint32_t causes) {
    add_pair(corpus, family,
             (Pair){.name = text_of(corpus, "%d %s, %s", step->depth, step->act, step->settings),
                    .task = step->task,
                    .body = layers_alike(corpus, step->depth, units, step->act),
                    .settings = text_of(corpus, "epochs = 30; %s", step->settings),
                    .twin_settings = best,
                    .trouble = BY_STEPS,
                    .causes = causes,
                    .layer = LAYER_NONE});
}

void add_usual(Corpus *corpus, int family, const Usual *list, int count, Trouble trouble) {
    for (int i = 0; i < count; i++) {
        add_pair(corpus, family,
                 (Pair){.task = list[i].task,
                        .body = list[i].body,
                        .settings = list[i].settings,
                        .twin_body = list[i].twin_body,
                        .twin_settings = list[i].twin_settings,
                        .trouble = trouble,
                        .causes = list[i].causes,
                        .layer = trouble == BY_WEIGHTS ? LAYER_LOWER : LAYER_NONE});
    }
}

void add_choices(Corpus *corpus, int family, const Choice *list, int count, const char *body, const char *settings) {
    for (int i = 0; i < count; i++) {
        add_pair(corpus, family,
                 (Pair){.name = text_of(corpus, "%s: %s", list[i].what, list[i].body),
                        .task = list[i].task,
                        .body = list[i].body,
                        .end = list[i].end,
                        .settings = list[i].settings ? list[i].settings : settings,
                        .twin_task = list[i].right,
                        .twin_body = body,
                        .twin_settings = settings,
                        .trouble = BY_OTHER,
                        .causes = list[i].causes,
                        .layer = LAYER_NONE});
    }
}

void add_lookalikes(Corpus *corpus, int family, const Lookalike *list, int count) {
    for (int i = 0; i < count; i++) {
        add_pair(corpus, family,
                 (Pair){.name = text_of(corpus, "%s: %s", list[i].what, list[i].body),
                        .task = list[i].task,
                        .body = list[i].body,
                        .settings = list[i].settings,
                        .trouble = BY_NOTHING,
                        .layer = LAYER_NONE});
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
             {unseen_step_families, UNSEEN_STEP_FAMILIES},
             {common_weight_families, COMMON_WEIGHT_FAMILIES},
             {common_link_families, COMMON_LINK_FAMILIES},
             {common_step_families, COMMON_STEP_FAMILIES},
             {common_other_families, COMMON_OTHER_FAMILIES}};

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
