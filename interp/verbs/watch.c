/* watch CONDITION: a watchpoint; `watch` lists them, `watch none` takes them away. */
#include "../watch.h"
#include "../render/grid.h"
#include "common.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* ---- the list ---------------------------------------------------------------------------------------------------- */

static void print_list(Session *session) {
    static const Column column[] = {
        {.title = "watch", .align = ALIGN_RIGHT},
        {.title = "condition", .align = ALIGN_LEFT, .most = 60},
        {.title = "became true", .align = ALIGN_RIGHT},
    };
    Grid *grid = grid_new(column, sizeof column / sizeof *column);
    Canvas canvas = session_canvas(session);
    const Watch *watch;
    for (int i = 0; grid && (watch = watch_at(session, i)); i++) {
        char *condition = written(watch->condition);
        grid_row(grid);
        grid_cell(grid, STATE_PLAIN, "%d", watch->number);
        grid_cell(grid, STATE_PLAIN, "%s", condition ? condition : "?");
        grid_cell(grid, STATE_PLAIN, "%" PRId64 " x", watch->hits);
        free(condition);
    }
    if (grid && grid_rows(grid)) {
        grid_print(grid, &canvas);
    } else {
        canvas_wrap(&canvas, STATE_PLAIN, 0, "nothing is watched");
    }
    grid_free(grid);
}

static json_t *list_json(Session *session) {
    json_t *list = json_array();
    const Watch *watch;
    for (int i = 0; (watch = watch_at(session, i)); i++) {
        char *condition = written(watch->condition);
        json_t *object = json_object();
        json_object_set_new(object, "number", json_integer(watch->number));
        json_object_set_new(object, "condition", condition ? json_text(condition) : json_null());
        json_object_set_new(object, "hits", json_integer(watch->hits));
        json_array_append_new(list, object);
        free(condition);
    }
    return list;
}

/* ---- taking away ------------------------------------------------------------------------------------------------- */

static bool takes_away(const VerbCall *call) {
    return call->count > 0 && call->tree_of[0]->kind == TREE_NONE;
}

/* False: reported. 0 where no number stands. */
static bool number_of(Session *session, const VerbCall *call, int *number) {
    const Tree *tree = call->count > 1 ? call->tree_of[1] : NULL;
    *number = 0;
    if (!tree) {
        return true;
    }
    if (tree->kind == TREE_NUMBER && tree->number >= 1 && tree->number <= 1e9 && tree->number == rint(tree->number)) {
        *number = (int)tree->number;
        return true;
    }
    return session_error(session, tree->span, "`watch none, N` takes the number of a watchpoint away");
}

static bool take_away(Session *session, const VerbCall *call) {
    int number;
    if (!number_of(session, call, &number)) {
        return false;
    }
    return watch_remove(session, number) ||
           session_error(session, call->tree_of[1]->span, "there is no watchpoint %d", number);
}

/* ---- the verb ---------------------------------------------------------------------------------------------------- */

static bool add(Session *session, const VerbCall *call) {
    Watch *watch = watch_check(session, call->tree_of[0]) ? watch_add(session, call->tree_of[0]) : NULL;
    return watch || diags_total(session_diags(session)) || report_no_memory(session, call->tree->span);
}

static bool one_condition(Session *session, const VerbCall *call) {
    return call->count < 2 || takes_away(call) ||
           session_error(session, call->tree_of[1]->span, "`watch` takes one condition");
}

static bool run(Session *session, const VerbCall *call) {
    if (takes_away(call) ? !take_away(session, call) : call->count && !add(session, call)) {
        return false;
    }
    json_t *object = json_object();
    json_object_set_new(object, "watchpoints", list_json(session));
    if (!call->count) {
        print_list(session);
    }
    session_json(session, call, NULL, object);
    return true;
}

static void check(Session *session, const VerbCall *call) {
    int number;
    if (takes_away(call)) {
        number_of(session, call, &number);
    } else if (call->count && one_condition(session, call)) {
        watch_check(session, call->tree_of[0]);
    }
}

const Verb verb_watch = {
    .entry = {.name = "watch",
              .kind = PLUMB_VERB,
              .family = "training",
              .summary = "looks at a condition after each step of a training and tells when it becomes true: at the "
                         "prompt the training pauses there, in a script it goes on (`expect plain.alerts == 0` makes "
                         "that an error). Also a line of a recipe. `watch` alone lists them, `watch none` takes all "
                         "away, `watch none, 2` the second",
              .formula = "watch [CONDITION]",
              .source = "the watchpoints of gdb",
              .example = "watch plain.dense1.grad.norm < 1e-7 or isnan(plain.loss)"},
    .operands_max = 2,
    .operands = TAKES_CONDITION,
    .run = run,
    .check = check};
