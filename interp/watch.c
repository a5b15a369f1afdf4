/* Watchpoints: kept by the session, evaluated by name, so that a net that is declared anew is still watched. */
#include "watch.h"
#include "../grammar/format.h"
#include "../grammar/text.h"
#include "interpreter.h"
#include "operators.h"
#include "render/number.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is told of a condition --------------------------------------------------------------------------------- */

static bool is_one_of(const Tree *tree, const char *const *text) {
    while (*text && strcmp(tree->text, *text) != 0) {
        text++;
    }
    return *text;
}

static void add_figure(Watch *watch, const Tree *tree) {
    bool told_already = /* literals tell themselves */ tree->kind == TREE_NUMBER || tree->kind == TREE_STRING ||
                        tree->kind == TREE_TRUE || tree->kind == TREE_FALSE || tree->kind == TREE_NONE;
    for (int i = 0; i < watch->figures; i++) {
        told_already = told_already || tree_equal(watch->figure[i], tree);
    }
    if (!told_already && watch->figures < WATCH_FIGURES) {
        watch->figure[watch->figures++] = tree;
    }
}

/* The sides of comparisons, and what functions such as isnan are given. */
static void find_figures(Watch *watch, const Tree *tree) {
    static const char *const comparisons[] = {"<", ">", "<=", ">=", "==", "!=", NULL};
    static const char *const logical[] = {"and", "or", "not", NULL};
    bool is_operator = tree->kind == TREE_BINARY || tree->kind == TREE_UNARY;
    if (is_operator && is_one_of(tree, logical)) {
        for (int i = 0; i < tree->count; i++) {
            find_figures(watch, tree->child[i]);
        }
    } else if (tree->kind == TREE_CALL || (is_operator && is_one_of(tree, comparisons))) {
        for (int i = tree->kind == TREE_CALL; i < tree->count; i++) {
            add_figure(watch, tree->child[i]);
        }
    } else {
        add_figure(watch, tree);
    }
}

/* Counts of steps as such. */
static char *shown_number(double value, char text[32]) {
    return fabs(value) < 1e9 && value == rint(value) ? number_show(value, text) : number_figure(value, text);
}

char *watch_text(const Watch *watch, const Look *look) {
    Text text = {0};
    char number[32];
    for (int i = 0; i < watch->figures; i++) {
        const Value *value = look->figure[i];
        char *source = watch->figures > 1 ? format_tree(watch->figure[i]) : NULL;
        bool is_number = value && value->type == VALUE_NUMBER;
        char *other = value && !is_number ? value_text(value) : NULL;
        text_printf(&text, "%s%s%s%s", i ? ", " : "", source ? source : "", source ? " = " : "",
                    is_number ? shown_number(value->number, number)
                    : other   ? other
                              : "n/a");
        free(source);
        free(other);
    }
    return text_take(&text);
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static void forget(Look *look) {
    for (int i = 0; i < WATCH_FIGURES; i++) {
        value_drop(look->figure[i]);
    }
    *look = (Look){.step = -1};
}

static void watch_free(Watch *watch) {
    forget(&watch->before);
    forget(&watch->now);
    free(watch->trouble);
    free(watch);
}

Watch *watch_at(Session *session, int index) {
    return index < session->watch_count ? session->watch[index] : NULL;
}

Watch *watch_add(Session *session, const Tree *condition) {
    for (int i = 0; i < session->watch_count; i++) {
        if (session->watch[i]->condition == condition) {
            return session->watch[i];
        }
    }
    Watch **grown = realloc(session->watch, (size_t)(session->watch_count + 1) * sizeof *grown);
    session->watch = grown ? grown : session->watch;
    Watch *watch = grown ? calloc(1, sizeof *watch) : NULL;
    if (watch) {
        watch->number = ++session->watch_number;
        watch->condition = condition;
        find_figures(watch, condition);
        watch_begin(watch);
        session->watch[session->watch_count++] = watch;
    }
    return watch;
}

bool watch_remove(Session *session, int number) {
    int kept = 0, before = session->watch_count;
    for (int i = 0; i < before; i++) {
        if (number && session->watch[i]->number != number) {
            session->watch[kept++] = session->watch[i];
        } else {
            watch_free(session->watch[i]);
        }
    }
    session->watch_count = kept;
    return !number || kept < before;
}

bool watch_reads(Session *session, const Tree *condition, const NetValue *net) {
    const Value *value = condition->kind == TREE_NAME ? scope_find(session->scope, condition->text) : NULL;
    if (value && (value->type == VALUE_NET ? !net || value->net == net : value->type == VALUE_UNKNOWN)) {
        return true;
    }
    for (int i = 0; i < condition->count; i++) {
        if (watch_reads(session, condition->child[i], net)) {
            return true;
        }
    }
    return false;
}

bool watch_check(Session *session, const Tree *condition) {
    if (session->checking && evaluate_condition(session, condition, session->scope) == -2) {
        return false;
    }
    if (!watch_reads(session, condition, NULL)) {
        Diag *diag = report(session, condition->span, "this condition names no net: it would never change");
        diag_label(diag, "as in  isnan(plain.loss)");
        return false;
    }
    return true;
}

/* ---- looking ----------------------------------------------------------------------------------------------------- */

void watch_begin(Watch *watch) {
    forget(&watch->before);
    forget(&watch->now);
    watch->is_true = false;
    watch->hits_here = 0;
    free(watch->trouble);
    watch->trouble = NULL;
}

/* Before the first epoch has ended there is no test loss: this is no error, but where it stays so it is to be told. */
static void keep_trouble(Watch *watch, const Diags *diags) {
    free(watch->trouble);
    watch->trouble = diags_total(diags) ? strdup(diags_at(diags, 0)->message) : NULL;
}

/* A second look at the same step, at the end of an epoch, replaces the first. */
static void remember(Session *session, Watch *watch, int64_t step) {
    if (watch->now.step != step) {
        forget(&watch->before);
        watch->before = watch->now;
        watch->now = (Look){0};
    } else {
        forget(&watch->now);
    }
    watch->now.step = step;
    for (int i = 0; i < watch->figures; i++) {
        watch->now.figure[i] = evaluate(session, watch->figure[i], session->scope);
    }
}

bool watch_look(Session *session, Watch *watch, int64_t step) {
    Diags *outer = session->diags, *quiet = diags_new();
    if (!quiet) {
        return false;
    }
    session->diags = quiet;
    int result = evaluate_condition(session, watch->condition, session->scope);
    if (result >= 0) {
        remember(session, watch, step);
    }
    session->diags = outer;
    keep_trouble(watch, quiet);
    diags_free(quiet);
    bool becomes = result == 1 && !watch->is_true;
    watch->is_true = result == 1;
    watch->hits += becomes;
    watch->hits_here += becomes;
    return becomes;
}
