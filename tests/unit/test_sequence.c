/* Sequence layers and losses against PyTorch: outputs within 1e-5, gradients within 1e-4 of the largest; what is
 * refused. */
#include "sequence.h"

/* ---- layers ------------------------------------------------------------------------------------------------- */

static void embedding_and_positions_agree(void **state) {
    Bench *bench = *state;
    begin(bench, "index");
    add(bench, "embedding", GIVEN(NUMBER(NULL, 7), NUMBER(NULL, 4)));
    check_values(bench, "embedding");
    begin(bench, "index");
    add(bench, "embedding", GIVEN(NUMBER(NULL, 7), NUMBER(NULL, 5)));
    add(bench, "positional", NULL, 0);
    check_values(bench, "waves");
    begin(bench, "steps");
    add(bench, "positional", GIVEN(WORD(NULL, "learned")));
    check_values(bench, "places");
}

static void attention_agrees(void **state) {
    Bench *bench = *state;
    begin(bench, "steps");
    add(bench, "attention", GIVEN(NUMBER(NULL, 2)));
    check_values(bench, "attention");
    begin(bench, "steps");
    add(bench, "attention", GIVEN(NUMBER(NULL, 3), BOOL("causal", true)));
    check_values(bench, "causal");
    begin(bench, "steps");
    add(bench, "attention", GIVEN(NUMBER(NULL, 1), BOOL("bias", false)));
    check_values(bench, "unbiased");
}

static void glu_and_weightnorm_agree(void **state) {
    Bench *bench = *state;
    begin(bench, "flat");
    add(bench, "dense", GIVEN(NUMBER(NULL, 8)));
    add(bench, "glu", NULL, 0);
    check_values(bench, "glu");
    begin(bench, "image");
    add(bench, "scale", NULL, 0);
    add(bench, "glu", NULL, 0);
    check_values(bench, "glu_image");
    begin(bench, "flat");
    add(bench, "dense", GIVEN(NUMBER(NULL, 4), WORD("weight", "weightnorm")));
    add(bench, "tanh", NULL, 0);
    check_values(bench, "weightnorm");
}

/* Next-symbol prediction: embedding, waves, a residual causal attention, one label a step. */
static void a_language_model_agrees(void **state) {
    Bench *bench = *state;
    begin(bench, "index");
    add(bench, "embedding", GIVEN(NUMBER(NULL, 7), NUMBER(NULL, 6)));
    int tap = add(bench, "positional", NULL, 0);
    int both[] = {add(bench, "attention", GIVEN(NUMBER(NULL, 2), BOOL("causal", true))), tap};
    assert_true(plumb_net_add(bench->net, call(bench, "add", NULL, 0), both, 2, "", NULL, -1, (PlumbPlace){0},
                              &bench->error) > 0);
    add(bench, "dense", GIVEN(NUMBER(NULL, 7)));
    aim(bench, "next", 7);
    check(bench, "language", NULL);
}

/* ---- losses ------------------------------------------------------------------------------------------------- */

static void losses_agree(void **state) {
    Bench *bench = *state;
    static const PlumbValue item[] = {{.type = PLUMB_V_NUMBER, .number = 0.5},
                                      {.type = PLUMB_V_NUMBER, .number = 2},
                                      {.type = PLUMB_V_NUMBER, .number = 1},
                                      {.type = PLUMB_V_NUMBER, .number = 0.25}};
    PlumbGiven weights = {"weights", {.type = PLUMB_V_LIST, .count = 4, .item = item}};
    const struct {
        const char *name, *y;
        int outputs, classes;
        const PlumbCall *loss;
    } cases[] = {
        {"smoothing", "classes", 4, 4, call(bench, "cross_entropy", GIVEN(NUMBER("smoothing", 0.1)))},
        {"weights", "classes", 4, 4, call(bench, "cross_entropy", GIVEN(weights))},
        {"both", "classes", 4, 4, call(bench, "cross_entropy", GIVEN(NUMBER("smoothing", 0.2), weights))},
        {"hinge", "classes", 4, 4, call(bench, "hinge", NULL, 0)},
        {"hinge_margin", "classes", 4, 4, call(bench, "hinge", GIVEN(NUMBER("margin", 0.5)))},
        {"hinge_binary", "binary", 1, 2, call(bench, "hinge", NULL, 0)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(bench, "flat");
        add(bench, "dense", GIVEN(NUMBER(NULL, cases[i].outputs)));
        aim(bench, cases[i].y, cases[i].classes);
        check(bench, cases[i].name, cases[i].loss);
        PlumbScore score;
        assert_true(plumb_evaluate(bench->net, &bench->data.train, &bench->data, cases[i].loss, &config, &score,
                                   &bench->error));
        agrees(cases[i].name, "evaluated loss", &(plumb_real){(plumb_real)score.loss},
               find(bench, "%s.%s", cases[i].name, "loss"), 1e-5);
        free(score.confusion);
    }
}

static void bad_class_weights_are_refused(void **state) {
    Bench *bench = *state;
    static const PlumbValue few[] = {{.type = PLUMB_V_NUMBER, .number = 1}, {.type = PLUMB_V_NUMBER, .number = 1}};
    static const PlumbValue odd[] = {{.type = PLUMB_V_NUMBER, .number = 1},
                                     {.type = PLUMB_V_NUMBER, .number = -1},
                                     {.type = PLUMB_V_NUMBER, .number = 1},
                                     {.type = PLUMB_V_NUMBER, .number = 1}};
    PlumbGiven two = {"weights", {.type = PLUMB_V_LIST, .count = 2, .item = few}};
    PlumbGiven minus = {"weights", {.type = PLUMB_V_LIST, .count = 4, .item = odd}};
    begin(bench, "flat");
    add(bench, "dense", GIVEN(NUMBER(NULL, 4)));
    aim(bench, "classes", 4);
    assert_false(plumb_net_fits(bench->net, &bench->data, call(bench, "cross_entropy", GIVEN(two)), &bench->error));
    assert_says(&bench->error, "one a class");
    assert_false(plumb_net_fits(bench->net, &bench->data, call(bench, "cross_entropy", GIVEN(minus)), &bench->error));
    assert_says(&bench->error, "at least 0");
}

/* ---- what is refused ---------------------------------------------------------------------------------------- */

static void refuse(Bench *bench, PlumbShape in, const char *layer, const PlumbGiven *given, int count,
                   const char *says) {
    int input = 0;
    clear(bench);
    bench->net = plumb_net_new("n", &bench->error);
    add_input(bench, in);
    assert_true(plumb_net_add(bench->net, call(bench, layer, given, count), &input, 1, "", NULL, -1, (PlumbPlace){0},
                              &bench->error) < 0);
    assert_says(&bench->error, says);
}

static void wrong_shapes_are_refused(void **state) {
    Bench *bench = *state;
    PlumbShape flat = {1, {6}}, steps = {2, {5, 6}}, image = {3, {3, 2, 2}};
    refuse(bench, steps, "embedding", GIVEN(NUMBER(NULL, 7), NUMBER(NULL, 4)), "one number a step");
    refuse(bench, flat, "positional", NULL, 0, "(time, features)");
    refuse(bench, flat, "attention", GIVEN(NUMBER(NULL, 2)), "(time, features)");
    refuse(bench, steps, "attention", GIVEN(NUMBER(NULL, 4)), "6 features cannot be shared out evenly to 4 heads");
    refuse(bench, steps, "attention", GIVEN(NUMBER(NULL, 4)), "attention(3), or dense(8) before it");
    refuse(bench, steps, "attention", GIVEN(NUMBER(NULL, 100)), "attention(6), or dense(100)");
    refuse(bench, (PlumbShape){2, {100000, 6}}, "attention", GIVEN(NUMBER(NULL, 1)), "too much memory");
    refuse(bench, image, "glu", NULL, 0, "halves the channels");
    refuse(bench, (PlumbShape){1, {5}}, "glu", NULL, 0, "an even number");
}

/* An index too large is found before training, behind a view too. */
static void a_wild_index_is_refused(void **state) {
    Bench *bench = *state;
    begin(bench, "index");
    add(bench, "flatten", NULL, 0);
    add(bench, "embedding", GIVEN(NUMBER(NULL, 7), NUMBER(NULL, 4)));
    aim(bench, NULL, 0);
    assert_true(plumb_net_fits(bench->net, &bench->data, NULL, &bench->error));
    bench->data.train.x[7] = 7;
    PlumbTrainer *trainer = plumb_trainer_new(bench->net, &bench->data, recipe(bench, NULL), &config, &bench->error);
    assert_null(trainer);
    assert_says(&bench->error, "value 3 of row 2 is no index for embedding");
}

/* ---- shards ------------------------------------------------------------------------------------------------- */

/* Two uses of one matrix: its gradient is the sum of both, whatever the order. */
static void shared_weights_have_the_sum_of_gradients(void **state) {
    Bench *bench = *state;
    PlumbProbe probe[8];
    double loss, moved[2];
    begin(bench, "flat");
    int first = add(bench, "dense", GIVEN(NUMBER(NULL, 6)));
    int act = add(bench, "tanh", NULL, 0);
    assert_true(plumb_net_add(bench->net, call(bench, "dense", GIVEN(NUMBER(NULL, 6))), &act, 1, "", NULL, first,
                              (PlumbPlace){0}, &bench->error) > 0);
    aim(bench, NULL, 0);
    assert_true(plumb_measure(bench->net, &bench->data, recipe(bench, NULL), &config, probe, &loss, &bench->error));
    const PlumbWeight *weight = plumb_net_weight(bench->net, 0);
    for (int i = 0; i < 36; i += 5) {
        plumb_real kept = weight->value[i];
        double gradient = (double)weight->grad[i];
        for (int side = 0; side < 2; side++) {
            weight->value[i] = kept + (side ? 0.01F : -0.01F);
            assert_true(
                plumb_measure(bench->net, &bench->data, recipe(bench, NULL), &config, probe, &moved[side], NULL));
        }
        weight->value[i] = kept;
        plumb_measure(bench->net, &bench->data, recipe(bench, NULL), &config, probe, &loss, NULL);
        if (fabs((moved[1] - moved[0]) / 0.02 - gradient) > 1e-3) {
            fail_msg("weight %d: gradient %g, by differences %g", i, gradient, (moved[1] - moved[0]) / 0.02);
        }
    }
}

/* More shards than rows: some have none, and give no gradient. */
static void shards_without_rows_change_nothing(void **state) {
    Bench *bench = *state;
    PlumbProbe probe[8];
    double loss[2];
    plumb_real grad[2][400];
    for (int i = 0; i < 2; i++) {
        PlumbConfig shards = {.threads = 1, .shards = i ? 5 : 1, .seed = 1};
        begin(bench, "steps");
        add(bench, "attention", GIVEN(NUMBER(NULL, 2)));
        add(bench, "dense", GIVEN(NUMBER(NULL, 4), WORD("weight", "weightnorm")));
        aim(bench, NULL, 0);
        bench->data.train.rows = 2;
        assert_true(
            plumb_measure(bench->net, &bench->data, recipe(bench, NULL), &shards, probe, &loss[i], &bench->error));
        int at = 0;
        for (int w = 0; w < plumb_net_weight_total(bench->net); w++) {
            const PlumbWeight *weight = plumb_net_weight(bench->net, w);
            for (int64_t j = 0; j < plumb_shape_size(weight->shape); j++) {
                grad[i][at++] = weight->grad[j];
            }
        }
        for (int j = 0; i && j < at; j++) {
            assert_true(fabs((double)grad[0][j] - (double)grad[1][j]) < 1e-5);
        }
    }
    assert_true(fabs(loss[0] - loss[1]) < 1e-6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(embedding_and_positions_agree),
        cmocka_unit_test(attention_agrees),
        cmocka_unit_test(glu_and_weightnorm_agree),
        cmocka_unit_test(a_language_model_agrees),
        cmocka_unit_test(losses_agree),
        cmocka_unit_test(bad_class_weights_are_refused),
        cmocka_unit_test(wrong_shapes_are_refused),
        cmocka_unit_test(a_wild_index_is_refused),
        cmocka_unit_test(shared_weights_have_the_sum_of_gradients),
        cmocka_unit_test(shards_without_rows_change_nothing),
    };
    return cmocka_run_group_tests_name("sequence", tests, setup, teardown);
}
