/* evaluate NET on DATA: loss and metrics of the test part, and which classes are taken for which. */
#include "../render/number.h"
#include "../render/pictures.h"
#include "common.h"
#include <math.h>
#include <stdlib.h>

static const PlumbPart *part_of(const PlumbData *data) {
    return data->test.rows ? &data->test : &data->train;
}

static void print_score(Session *session, const VerbCall *call, const PlumbData *data, const PlumbScore *score) {
    Canvas canvas = session_canvas(session);
    char rows[32], text[32], share[32], mae[32], rmse[32], r2[32], *on = written(call->on_tree);
    bool test = data->test.rows;
    canvas_wrap(&canvas, STATE_PLAIN, 4, "%s on %s: %s %s rows%s", call->operand[0]->net->name, on ? on : "?",
                number_grouped(part_of(data)->rows, rows), test ? "test" : "training",
                test ? "" : ", since there is no test part");
    number_figure(score->loss, text);
    if (data->classify) {
        bool has_top5 = !isnan(score->top5);
        canvas_wrap(&canvas, STATE_PLAIN, 2, " loss %s, accuracy %s%s%s", text, number_percent(score->accuracy, share),
                    has_top5 ? ", among the top 5 " : "", has_top5 ? number_percent(score->top5, mae) : "");
        picture_confusion(&canvas, data, score);
    } else {
        canvas_wrap(&canvas, STATE_PLAIN, 2, " loss %s, mae %s, rmse %s, r2 %s", text, number_figure(score->mae, mae),
                    number_figure(score->rmse, rmse), number_or_na(score->r2, r2));
    }
    fputc('\n', canvas.out);
    free(on);
}

static json_t *confusion_json(const PlumbScore *score) {
    json_t *matrix = json_array();
    for (int is = 0; is < score->classes; is++) {
        json_t *row = json_array();
        for (int taken = 0; taken < score->classes; taken++) {
            json_array_append_new(row, json_integer(score->confusion[(int64_t)is * score->classes + taken]));
        }
        json_array_append_new(matrix, row);
    }
    return matrix;
}

static json_t *classes_json(const PlumbData *data, const PlumbScore *score) {
    json_t *list = json_array();
    for (int i = 0; i < score->classes; i++) {
        PlumbClassScore of;
        plumb_class_score(score, i, &of);
        json_array_append_new(list, json_pack("{s:o,s:o,s:o,s:o,s:I}", "class", json_text(data->class_name[i]),
                                              "precision", json_figure(of.precision), "recall", json_figure(of.recall),
                                              "f1", json_figure(of.f1), "rows", (json_int_t)of.rows));
    }
    return list;
}

static json_t *score_json(const PlumbData *data, const PlumbScore *score) {
    json_t *object = json_object();
    json_object_set_new(object, "part", json_text(data->test.rows ? "test" : "train"));
    json_object_set_new(object, "loss", json_figure(score->loss));
    if (data->classify) {
        json_object_set_new(object, "accuracy", json_figure(score->accuracy));
        json_object_set_new(object, "top5", json_figure(score->top5));
        json_object_set_new(object, "confusion", confusion_json(score));
        json_object_set_new(object, "classes", classes_json(data, score));
    } else {
        json_object_set_new(object, "mae", json_figure(score->mae));
        json_object_set_new(object, "rmse", json_figure(score->rmse));
        json_object_set_new(object, "r2", json_figure(score->r2));
    }
    return object;
}

static bool run(Session *session, const VerbCall *call) {
    Value *value = call->operand[0];
    PlumbNet *net = session_net(session, value, call->tree_of[0]->span);
    const PlumbCall *recipe = net ? session_recipe(session, call->with, value) : NULL;
    const PlumbData *data = data_of(call->on);
    PlumbConfig config = session_config(session);
    PlumbScore score;
    PlumbError error = {.argument = -1};
    if (!recipe) {
        return net ? report_no_memory(session, call->tree->span) : false;
    }
    if (!plumb_evaluate(net, part_of(data), data, plumb_call_call(recipe, "loss"), &config, &score, &error)) {
        return session_fail(session, call->on_tree->span, &error);
    }
    free(value->net->score.confusion);
    value->net->score = score;
    value->net->has_score = true;
    print_score(session, call, data, &score);
    session_json(session, call, value->net->name, score_json(data, &score));
    return true;
}

const Verb verb_evaluate = {
    .entry = {.name = "evaluate",
              .kind = PLUMB_VERB,
              .family = "training",
              .summary = "loss and metrics of a net on the test part, with the confusion matrix of classes",
              .formula = "evaluate NET on DATA",
              .source = "Stehman 1997, for the confusion matrix",
              .example = "evaluate plain on digits"},
    .operands_min = 1,
    .operands_max = 1,
    .operands = TAKES_NET,
    .clauses = CLAUSE_ON | CLAUSE_WITH,
    .required = CLAUSE_ON,
    .on_takes = TAKES_DATA,
    .run = run,
    .check = check_fits,
};
