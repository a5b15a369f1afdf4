/* What fix makes of a broken net, and what "relu, he, adam" makes of it without looking. */
#include "interp/repair/draft.h"
#include "private.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- fix --------------------------------------------------------------------------------------------------------- */

/* Of a state in the report: {"loss": ..., "test_loss": ..., "metric": ...}. */
static double score_of(const Bench *bench, const json_t *state) {
    PlumbEpoch last = {.test_loss = NAN, .test_metric = NAN};
    const json_t *loss = json_object_get(state, "test_loss"), *metric = json_object_get(state, "metric");
    last.test_loss = json_is_number(loss) ? json_number_value(loss) : NAN;
    last.test_metric = json_is_number(metric) ? json_number_value(metric) : NAN;
    return bench_score(bench, bench->net, &last);
}

static void print_edits(const json_t *list, const char *word) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *edit = json_array_get(list, i);
        printf("    %s %s: %.2f\n", word, json_string_value(json_object_get(edit, "edit")),
               json_number_value(json_object_get(edit, "metric")));
    }
}

static void print_repair(const Case *about, const Result *result, double before, const json_t *told) {
    printf("%c%d %s: %.2f -> %.2f, target %.2f%s\n", family_letter(about->family), about->family, about->name, before,
           result->fixed, about->target, result->repaired ? "" : ", missed");
    print_edits(json_object_get(told, "applied"), "kept");
    print_edits(json_object_get(told, "rejected"), "left");
}

void repair_by_fix(Bench *bench, const Case *about, bool telling, Result *result) {
    static const char statement[] = "fix n as m on d with r";
    fflush(bench->out);
    size_t from = bench->size;
    int status = session_run(bench->session, "case", statement, strlen(statement));
    fflush(bench->out);
    json_t *told = status == 0 ? json_loads(bench->text + from, JSON_DISABLE_EOF_CHECK, NULL) : NULL;
    double before = score_of(bench, json_object_get(told, "before"));
    result->fixed = score_of(bench, json_object_get(told, "after"));
    result->twins =
        (int)(json_array_size(json_object_get(told, "applied")) + json_array_size(json_object_get(told, "rejected")));
    result->repaired = result->fixed >= about->target;
    result->worse = result->fixed < before;
    if (telling) {
        print_repair(about, result, before, told);
    }
    json_decref(told);
}

/* ---- relu, he, adam ---------------------------------------------------------------------------------------------- */

bool repair_by_recipe(Bench *bench, const Case *about) {
    PlumbNet *net = plumb_net_variant(bench->net, plumb_edit(PLUMB_EDIT_RELU), NULL);
    Value *recipe = draft_recipe(bench->session, "optimizer = adam(lr=0.003)", bench->recipe);
    PlumbEpoch last;
    bool trained = net && recipe && bench_train(bench, net, recipe->call.call, FIRST_SEED, &last);
    double score = trained ? bench_score(bench, net, &last) : NAN;
    value_drop(recipe);
    plumb_net_free(net);
    return score >= about->target;
}
