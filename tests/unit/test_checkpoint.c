/* Checkpoints: what goes on from one ends with the same bits; a file that is wrong in any way changes nothing. */
#include "runtime/files/safetensors.h"
#include "training.h"
#include <math.h>

static const Case cases[] = {
    {"input(2) -> dense(8) -> batchnorm -> relu -> dropout(0.2) -> dense(8) -> relu -> dense(2)",
     "moons(samples=130, test=0.25)",
     "recipe(epochs=3, batch=30, optimizer=adam(lr=0.01), schedule=cosine(warmup=3), ema=0.8)"},
    {"input(2) -> dense(6) -> prelu -> dense(3)", "blobs(samples=90)",
     "recipe(steps=10, batch=20, accumulate=2, optimizer=sgd(lr=0.1, momentum=0.9, nesterov=true), "
     "clip=by_norm(0.5), diagnostics=every(3))"},
    {"input(8, 2) -> gru(5) -> last -> dense(1)", "adding(length=8, samples=60, test=0.2)",
     "recipe(epochs=4, batch=16, optimizer=rmsprop(lr=0.01, momentum=0.5), schedule=plateau(1), "
     "stop=patience(2), seed=9)"},
};
enum { CASES = sizeof cases / sizeof *cases };

/* ---- going on ---------------------------------------------------------------------------------------------------- */

static bool save_each(void *self, const PlumbStep *step) {
    char path[32];
    PlumbError error = {0};
    snprintf(path, sizeof path, "%d.ckpt", (int)step->step);
    if (!plumb_trainer_save(self, path, NULL, &error)) {
        fail_msg("%s", error.what);
    }
    return true;
}

/* Returns how many steps it took. */
static int64_t run_and_save(Training *whole, PlumbError *error) {
    int64_t of;
    assert_true(plumb_trainer_observe(whole->trainer, (PlumbObserver){whole->trainer, save_each, NULL, NULL}));
    assert_true(plumb_trainer_run(whole->trainer, 0, error) <= PLUMB_STOPPED);
    assert_true(plumb_trainer_save(whole->trainer, "end.ckpt", NULL, error));
    return plumb_trainer_steps(whole->trainer, &of);
}

static void assert_goes_on(Kit *kit, const Case *one, const PlumbData *data, const Training *whole, const char *path) {
    Training rest = training_reopen(kit, one, data, path);
    assert_int_equal(plumb_trainer_seed(rest.trainer), plumb_trainer_seed(whole->trainer));
    assert_int_equal(plumb_trainer_shards(rest.trainer), 2);
    PlumbOutcome outcome = plumb_trainer_run(rest.trainer, 0, &kit->error);
    assert_true(outcome == PLUMB_DONE || outcome == PLUMB_STOPPED);
    assert_same_weights(whole->net, rest.net);
    assert_same_history(whole->trainer, rest.trainer);
    const PlumbProbe *a = plumb_trainer_probes(whole->trainer), *b = plumb_trainer_probes(rest.trainer);
    assert_memory_equal(a, b, (size_t)plumb_net_size(whole->net) * sizeof *a);
    training_close(&rest);
}

static void goes_on_from_any_step_to_the_same_bits(void **state) {
    Kit *kit = *state;
    for (int i = 0; i < CASES; i++) {
        PlumbData *data = data_of_case(kit, &cases[i]);
        Training whole = training_open(kit, &cases[i], data);
        int64_t steps = run_and_save(&whole, &kit->error);
        assert_true(steps > 5);
        for (int64_t step = 1; step <= steps; step++) {
            char path[32];
            snprintf(path, sizeof path, "%d.ckpt", (int)step);
            assert_goes_on(kit, &cases[i], data, &whole, path);
        }
        assert_goes_on(kit, &cases[i], data, &whole, "end.ckpt");
        training_close(&whole);
        plumb_data_free(data);
    }
}

static void a_longer_recipe_trains_on_from_the_end(void **state) {
    Kit *kit = *state;
    Case once = {"input(2) -> dense(4) -> tanh -> dense(3)", "blobs(samples=60)", "recipe(epochs=2, batch=16)"},
         longer = once;
    longer.recipe = "recipe(epochs=5, batch=16, optimizer=adam(lr=0.001))"; /* the default, written out */
    PlumbData *data = data_of_case(kit, &once);
    Training first = training_open(kit, &once, data), whole = training_open(kit, &longer, data);
    run_and_save(&first, &kit->error);
    assert_int_equal(plumb_trainer_run(whole.trainer, 0, &kit->error), PLUMB_DONE);
    Training rest = training_reopen(kit, &longer, data, "end.ckpt");
    assert_int_equal(plumb_trainer_run(rest.trainer, 0, &kit->error), PLUMB_DONE);
    assert_same_weights(whole.net, rest.net);
    assert_same_history(whole.trainer, rest.trainer);
    training_close(&first);
    training_close(&whole);
    training_close(&rest);
    plumb_data_free(data);
}

/* ---- what does not fit ------------------------------------------------------------------------------------------- */

/* A file of a few hundred bytes, "small.ckpt". */
static const Case small = {"input(2) -> dense(2)", "blobs(samples=12, classes=2)",
                           "recipe(steps=3, batch=4, optimizer=sgd(momentum=0.9))"};

static PlumbData *make_small(Kit *kit) {
    PlumbData *data = data_of_case(kit, &small);
    Training training = training_open(kit, &small, data);
    assert_int_equal(plumb_trainer_run(training.trainer, 0, &kit->error), PLUMB_DONE);
    assert_true(plumb_trainer_save(training.trainer, "small.ckpt", NULL, &kit->error));
    training_close(&training);
    return data;
}

/* Loads and resumes; false with the error filled. */
static bool resumes(Kit *kit, const char *net_text, const PlumbData *data, const char *recipe, const char *path) {
    PlumbConfig config = {.threads = 1, .seed = 1};
    PlumbNet *net = net_of(kit, net_text);
    PlumbCheckpoint *checkpoint = plumb_checkpoint_load(net, path, NULL, &kit->error);
    PlumbTrainer *trainer =
        checkpoint ? plumb_trainer_resume(net, data, call_of(kit, recipe), &config, checkpoint, &kit->error) : NULL;
    bool done = trainer;
    assert_true(!done || plumb_trainer_run(trainer, 0, &kit->error) <= PLUMB_STOPPED);
    plumb_checkpoint_free(checkpoint);
    plumb_trainer_free(trainer);
    plumb_net_free(net);
    return done;
}

static void says_what_is_different(void **state) {
    Kit *kit = *state;
    PlumbData *data = make_small(kit), *other = plumb_data_load(call_of(kit, small.data), NULL, 2, &kit->error);
    assert_true(resumes(kit, small.net, data, small.recipe, "small.ckpt"));
    assert_true(resumes(kit, small.net, data,
                        "recipe(epochs=2, batch=4, optimizer=sgd(lr=0.01, momentum=0.9), "
                        "stop=patience(3), diagnostics=off)",
                        "small.ckpt"));
    assert_false(resumes(kit, small.net, data, "recipe(steps=3, batch=4)", "small.ckpt"));
    assert_says(&kit->error, "another recipe");
    assert_says(&kit->error, "optimizer = adam");
    assert_says(&kit->error, "optimizer = sgd(momentum=0.9)");
    assert_false(resumes(kit, small.net, data, "recipe(steps=3, batch=5, optimizer=sgd(momentum=0.9))", "small.ckpt"));
    assert_says(&kit->error, "batch = 5");
    assert_false(resumes(kit, small.net, data, "recipe(steps=2, batch=4, optimizer=sgd(momentum=0.9))", "small.ckpt"));
    assert_says(&kit->error, "further than this recipe goes");
    assert_false(resumes(kit, small.net, other, small.recipe, "small.ckpt"));
    assert_says(&kit->error, "other data");
    assert_false(resumes(kit, "input(2) -> dense(3) -> dense(2)", data, small.recipe, "small.ckpt"));
    assert_says(&kit->error, "dense1.weight in \"small.ckpt\" has another shape");
    assert_false(resumes(kit, "input(2) -> dense(2, bias=false)", data, small.recipe, "small.ckpt"));
    assert_says(&kit->error, "holds \"dense1.bias\"");
    plumb_data_free(data);
    plumb_data_free(other);
}

/* ---- damage ------------------------------------------------------------------------------------------------------ */

static unsigned char *whole_file(const char *path, size_t *size) {
    unsigned char *bytes = plumb_file_read(path, NULL, size, NULL);
    assert_non_null(bytes);
    return bytes;
}

static void assert_refused(Kit *kit, PlumbNet *net, const plumb_real before[6], const char *what, size_t at) {
    PlumbCheckpoint *checkpoint = plumb_checkpoint_load(net, "bad.ckpt", NULL, &kit->error);
    if (checkpoint) {
        fail_msg("%s byte %zu: it was taken", what, at);
    }
    assert_true(kit->error.what[0]);
    assert_memory_equal(plumb_net_weight(net, 0)->value, before, 4 * sizeof *before);
    assert_memory_equal(plumb_net_weight(net, 1)->value, before + 4, 2 * sizeof *before);
}

static void a_byte_less_or_another_is_noticed_and_changes_nothing(void **state) {
    Kit *kit = *state;
    size_t size;
    plumb_data_free(make_small(kit));
    unsigned char *bytes = whole_file("small.ckpt", &size);
    PlumbNet *net = net_of(kit, small.net);
    assert_true(plumb_net_make(net, 3, NULL));
    plumb_real before[6];
    memcpy(before, plumb_net_weight(net, 0)->value, 4 * sizeof *before);
    memcpy(before + 4, plumb_net_weight(net, 1)->value, 2 * sizeof *before);
    for (size_t i = 0; i < size; i++) {
        put("bad.ckpt", (char *)bytes, i);
        assert_refused(kit, net, before, "cut off at", i);
        bytes[i] ^= (unsigned char)(1 << i % 8);
        put("bad.ckpt", (char *)bytes, size);
        assert_refused(kit, net, before, "another", i);
        bytes[i] ^= (unsigned char)(1 << i % 8);
    }
    free(bytes);
    plumb_net_free(net);
}

/* ---- hostile files: their checksum fits -------------------------------------------------------------------------- */

typedef struct Opened { /* a checkpoint taken apart */
    Array *array;
    int count;
    json_t *metadata;
    Stored stored[64];
    void *value[64];
} Opened;

static void open_file(Opened *opened, const char *path) {
    assert_true(safetensors_read_sealed(&opened->array, &opened->count, &opened->metadata, path, NULL, NULL));
    assert_in_range(opened->count, 1, 63);
    for (int i = 0; i < opened->count; i++) {
        const Array *array = &opened->array[i];
        opened->value[i] = calloc((size_t)array->count + 1, sizeof(double)); /* enough for any type that is tried */
        assert_non_null(opened->value[i]);
        if (array->type->size == sizeof(double)) {
            array_numbers(array, 0, array->count, opened->value[i]);
        } else if (array->type->size == sizeof(float)) {
            array_reals(array, opened->value[i]);
        }
        opened->stored[i] = (Stored){array->name, array->type->safetensors, array->rank, {0}, opened->value[i]};
        memcpy(opened->stored[i].dim, array->dim, sizeof array->dim);
    }
}

static void write_opened(const Opened *opened) {
    assert_true(safetensors_write("bad.ckpt", opened->metadata, opened->stored, opened->count, NULL, NULL));
}

static void close_file(Opened *opened) {
    for (int i = 0; i < opened->count; i++) {
        free(opened->value[i]);
    }
    arrays_free(opened->array, opened->count);
    json_decref(opened->metadata);
}

static bool is_for_people(const char *key) {
    return !strcmp(key, "plumb") || !strcmp(key, "net") || !strcmp(key, "data");
}

static void hostile_metadata_is_refused(void **state) {
    static const char *const values[] = {
        "", "x", "-1", "1e3", "99999999999999999999999999", "9223372036854775807", "0x10", " 1", "1 ", "[[[[[["};
    Kit *kit = *state;
    PlumbData *data = make_small(kit);
    Opened opened;
    open_file(&opened, "small.ckpt");
    json_t *good = json_deep_copy(opened.metadata), *value;
    const char *key;
    json_object_foreach(good, key, value) {
        for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
            json_object_set_new(opened.metadata, key, json_string(values[i]));
            write_opened(&opened);
            bool number =
                !strncmp(key, "epoch.", 6) || !strcmp(key, "seconds") || !strcmp(key, "seed") || !strcmp(key, "window");
            bool done = resumes(kit, small.net, data, small.recipe, "bad.ckpt");
            if (done && !number && !is_for_people(key)) {
                fail_msg("%s = \"%s\" was taken", key, values[i]);
            }
        }
        json_object_del(opened.metadata, key);
        write_opened(&opened);
        if (resumes(kit, small.net, data, small.recipe, "bad.ckpt") && !is_for_people(key)) {
            fail_msg("without %s it was taken", key);
        }
        json_object_set(opened.metadata, key, value);
    }
    json_object_set_new(opened.metadata, "recipe.wat", json_string("1"));
    write_opened(&opened);
    assert_false(resumes(kit, small.net, data, small.recipe, "bad.ckpt"));
    json_object_set_new(opened.metadata, "recipe.wat", json_integer(1));
    write_opened(&opened);
    assert_false(resumes(kit, small.net, data, small.recipe, "bad.ckpt"));
    assert_says(&kit->error, "no strings");
    json_decref(good);
    close_file(&opened);
    plumb_data_free(data);
}

static void assert_bad(Kit *kit, const PlumbData *data, const Opened *opened, const char *name, const char *what) {
    write_opened(opened);
    if (resumes(kit, small.net, data, small.recipe, "bad.ckpt")) {
        fail_msg("%s with %s was taken", name, what);
    }
    assert_true(kit->error.what[0]);
}

static void hostile_arrays_are_refused(void **state) {
    Kit *kit = *state;
    PlumbData *data = make_small(kit);
    Opened opened;
    open_file(&opened, "small.ckpt");
    for (int i = 0; i < opened.count; i++) {
        Stored good = opened.stored[i], last = opened.stored[opened.count - 1];
        const char *name = good.name;
        opened.stored[i].name = "training/else";
        assert_bad(kit, data, &opened, name, "another name");
        opened.stored[i].name = name;
        opened.stored[i].type = !strcmp(good.type, "F64") ? "F32" : !strcmp(good.type, "F32") ? "U8" : "F32";
        assert_bad(kit, data, &opened, name, "another type");
        opened.stored[i].type = good.type;
        opened.stored[i].dim[0]++;
        opened.stored[i].value = calloc(64, 64);
        assert_bad(kit, data, &opened, name, "a longer first axis");
        free(opened.stored[i].value);
        opened.stored[i] = good;
        opened.stored[i].dim[opened.stored[i].rank++] = 1;
        assert_bad(kit, data, &opened, name, "one more axis");
        opened.stored[i] = last;
        opened.count--;
        assert_bad(kit, data, &opened, name, "nothing in its place");
        opened.count++;
        opened.stored[i] = good;
    }
    opened.stored[opened.count++] = (Stored){"training/else", "U8", 1, {0}, NULL};
    assert_bad(kit, data, &opened, "training/else", "all others");
    opened.count--;
    close_file(&opened);
    plumb_data_free(data);
}

/* Rows of the history: of steps that never were, out of order, no numbers. */
static void hostile_history_is_refused(void **state) {
    Kit *kit = *state;
    PlumbData *data = make_small(kit);
    Opened opened;
    open_file(&opened, "small.ckpt");
    for (int i = 0; i < opened.count; i++) {
        if (strcmp(opened.stored[i].name, "training/history") != 0) {
            continue;
        }
        double *row = opened.value[i], step = row[1], bad[] = {NAN, -1, 0, 0.5, 1e300, step + 1, INFINITY};
        for (size_t j = 0; j < sizeof bad / sizeof *bad; j++) {
            row[1] = bad[j];
            assert_bad(kit, data, &opened, "step", "a wrong number");
        }
        row[1] = step;
        row[0] = 1e10;
        assert_bad(kit, data, &opened, "epoch", "a wrong number");
        row[0] = 1;
    }
    close_file(&opened);
    plumb_data_free(data);
}

static void a_file_of_weights_is_no_checkpoint(void **state) {
    Kit *kit = *state;
    PlumbData *data = make_small(kit);
    PlumbNet *net = net_of(kit, small.net);
    assert_true(plumb_net_make(net, 1, NULL) && plumb_net_save(net, "bad.ckpt", NULL, NULL));
    assert_false(resumes(kit, small.net, data, small.recipe, "bad.ckpt"));
    assert_says(&kit->error, "it has no checksum");
    plumb_net_free(net);
    plumb_data_free(data);
}

/* ---- histories --------------------------------------------------------------------------------------------------- */

static void histories_are_written_as_tables(void **state) {
    (void)state;
    const PlumbEpoch epochs[] = {{.epoch = 1, .step = 10, .loss = 0.5, .test_loss = NAN, .metric = 0.1, .seconds = 2},
                                 {.epoch = 2, .step = 20, .loss = INFINITY, .test_loss = 1e-9, .seconds = 4}};
    size_t size;
    assert_true(plumb_history_save(epochs, 2, "h.csv", NULL, NULL) &&
                plumb_history_save(epochs, 2, "h.json", NULL, NULL));
    char *csv = (char *)whole_file("h.csv", &size);
    assert_string_equal(csv,
                        "epoch,step,loss,test_loss,metric,test_metric,grad_first,grad_last,update_ratio,seconds\r\n"
                        "1,10,0.5,,0.1,0,0,0,0,2\r\n2,20,,1e-09,0,0,0,0,0,4\r\n");
    free(csv);
    json_t *list = json_load_file("h.json", 0, NULL);
    assert_int_equal(json_array_size(list), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 1), "step")), 20);
    assert_true(json_is_null(json_object_get(json_array_get(list, 0), "test_loss")));
    assert_true(json_real_value(json_object_get(json_array_get(list, 0), "metric")) == 0.1);
    json_decref(list);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(goes_on_from_any_step_to_the_same_bits),
        kit_test(a_longer_recipe_trains_on_from_the_end),
        kit_test(says_what_is_different),
        kit_test(a_byte_less_or_another_is_noticed_and_changes_nothing),
        kit_test(hostile_metadata_is_refused),
        kit_test(hostile_arrays_are_refused),
        kit_test(hostile_history_is_refused),
        kit_test(a_file_of_weights_is_no_checkpoint),
        kit_test(histories_are_written_as_tables),
    };
    return cmocka_run_group_tests_name("checkpoint", tests, enter_folder, leave_folder);
}
