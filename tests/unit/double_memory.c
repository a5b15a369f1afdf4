/* Training, with every allocation failing once: in double precision, whose library has no kernels that allocate by
 * themselves. */
#include "failing.h"
#include <jansson.h>
#include <math.h>
#include <unistd.h>

static bool append(PlumbNet *net, PlumbArena *arena, const char *name, const PlumbGiven *given, int count,
                   PlumbError *error) {
    int last = plumb_net_size(net) - 1;
    PlumbCall *call = plumb_call(arena, plumb_entry_find(name), given, count, error);
    return call && plumb_net_add(net, call, &last, last >= 0, "", NULL, -1, (PlumbPlace){0}, error) >= 0;
}

static bool build(PlumbNet *net, PlumbArena *arena, PlumbError *error) {
    PlumbCall *lsuv = plumb_call_default(arena, "lsuv", error);
    PlumbGiven init = {"init", {.type = PLUMB_V_CALL, .call = lsuv}};
    return lsuv && append(net, arena, "input", GIVEN(NUMBER(NULL, 4)), error) &&
           append(net, arena, "embedding", GIVEN(NUMBER(NULL, 14), NUMBER(NULL, 4)), error) &&
           append(net, arena, "positional", NULL, 0, error) &&
           append(net, arena, "attention", GIVEN(NUMBER(NULL, 2)), error) &&
           append(net, arena, "dense", GIVEN(NUMBER(NULL, 14), WORD("weight", "weightnorm"), init), error);
}

/* The state to a file, and a trainer that goes on from there. */
static bool save_and_resume(PlumbTrainer *trainer, PlumbNet *net, const PlumbData *data, const PlumbCall *recipe,
                            const PlumbConfig *config, PlumbError *error) {
    PlumbCheckpoint *checkpoint =
        plumb_trainer_save(trainer, "m.ckpt", NULL, error) ? plumb_checkpoint_load(net, "m.ckpt", NULL, error) : NULL;
    PlumbTrainer *again = checkpoint ? plumb_trainer_resume(net, data, recipe, config, checkpoint, error) : NULL;
    bool done = again;
    plumb_trainer_free(again);
    plumb_checkpoint_free(checkpoint);
    return done;
}

/* Two steps with all that keeps arrays of its own: limits of units, trust ratios, a running mean, batches summed up. */
static bool run(PlumbNet *net, PlumbArena *arena, const PlumbData *data, PlumbError *error) {
    PlumbCall *lars = plumb_call_default(arena, "lars", error), *clip = plumb_call_default(arena, "adaptive", error);
    PlumbGiven given[] = {NUMBER("steps", 2),
                          NUMBER("batch", 1),
                          NUMBER("accumulate", 2),
                          NUMBER("ema", 0.5),
                          {"optimizer", {.type = PLUMB_V_CALL, .call = lars}},
                          {"clip", {.type = PLUMB_V_CALL, .call = clip}}};
    PlumbCall *recipe = lars && clip ? plumb_call(arena, plumb_entry_find("recipe"), given, 6, error) : NULL;
    PlumbConfig config = {.threads = 1, .shards = 2};
    PlumbTrainer *trainer = recipe ? plumb_trainer_new(net, data, recipe, &config, error) : NULL;
    bool done = trainer && plumb_trainer_run(trainer, 0, error) == PLUMB_DONE &&
                save_and_resume(trainer, net, data, recipe, &config, error);
    plumb_trainer_free(trainer);
    return done;
}

/* With a net that is still empty. */
static bool with_net(bool (*use)(PlumbNet *net, PlumbArena *arena, PlumbError *error), PlumbError *error) {
    PlumbArena *arena = plumb_arena_new();
    PlumbNet *net = arena ? plumb_net_new("n", error) : NULL;
    bool done = net && use(net, arena, error);
    if (!arena) {
        plumb_fail(error, PLUMB_MEMORY_ERROR, "no arena");
    }
    plumb_net_free(net);
    plumb_arena_free(arena);
    return done;
}

static PlumbData *data_of(PlumbArena *arena, const char *source, const PlumbGiven *given, int count,
                          PlumbError *error) {
    PlumbCall *call = plumb_call(arena, plumb_entry_find(source), given, count, error);
    return call ? plumb_data_load(call, NULL, 1, error) : NULL;
}

static bool learn_text(PlumbNet *net, PlumbArena *arena, PlumbError *error) {
    PlumbData *data = data_of(arena, "text", GIVEN(TEXT(NULL, "m.txt"), NUMBER("length", 4)), error);
    bool done = data && build(net, arena, error) && run(net, arena, data, error);
    plumb_data_free(data);
    return done;
}

static bool train_on_text(PlumbError *error) {
    return with_net(learn_text, error);
}

static void training_survives_every_failing_allocation(void **state) {
    (void)state;
    char folder[] = "/tmp/plumb-memory-XXXXXX";
    assert_true(mkdtemp(folder) && chdir(folder) == 0);
    FILE *file = fopen("m.txt", "w");
    assert_non_null(file);
    fputs("all of this text is learned", file);
    fclose(file);
    json_set_alloc_funcs(__wrap_malloc, free);
    assert_survives(train_on_text);
    assert_int_equal(unlink("m.txt") || unlink("m.ckpt") || chdir("/") || rmdir(folder), 0);
}

/* What an edit would do, without weights. */
static bool edit_and_forecast(const PlumbNet *net, PlumbError *error) {
    PlumbEdit edit = {.act = "relu", .norm = "layernorm", .bias = "zeros"};
    PlumbNet *variant = plumb_net_variant(net, &edit, error);
    PlumbForecast *forecast = variant ? plumb_forecast(variant, NULL, NULL, error) : NULL;
    bool done = forecast;
    plumb_forecast_free(forecast);
    plumb_net_free(variant);
    return done;
}

static bool forecast_time(PlumbNet *net, PlumbArena *arena, PlumbError *error) {
    return append(net, arena, "input", GIVEN(NUMBER(NULL, 5), NUMBER(NULL, 2)), error) &&
           append(net, arena, "dense", GIVEN(NUMBER(NULL, 8)), error) && append(net, arena, "tanh", NULL, 0, error) &&
           append(net, arena, "gru", GIVEN(NUMBER(NULL, 4)), error) && edit_and_forecast(net, error);
}

static bool forecast_of_time(PlumbError *error) {
    return with_net(forecast_time, error);
}

static void a_forecast_survives_every_failing_allocation(void **state) {
    (void)state;
    assert_survives(forecast_of_time);
}

static bool diagnose(const PlumbNet *net, const PlumbData *data, const PlumbCall *recipe, PlumbError *error) {
    PlumbForecast *forecast = plumb_forecast(net, data, recipe, error);
    PlumbCase about = {.net = net, .data = data, .recipe = recipe, .forecast = forecast, .loss = NAN};
    PlumbDiagnosis *diagnosis = forecast ? plumb_diagnose(&about, error) : NULL;
    bool done = diagnosis;
    plumb_diagnosis_free(diagnosis);
    plumb_forecast_free(forecast);
    return done;
}

static bool add_deep(PlumbNet *net, PlumbArena *arena, PlumbError *error) {
    bool done = append(net, arena, "input", GIVEN(NUMBER(NULL, 2)), error);
    for (int i = 0; done && i < 12; i++) {
        done = append(net, arena, "dense", GIVEN(NUMBER(NULL, 16)), error) &&
               append(net, arena, "sigmoid", NULL, 0, error);
    }
    return done && append(net, arena, "dense", GIVEN(NUMBER(NULL, 2)), error);
}

static bool diagnose_deep(PlumbNet *net, PlumbArena *arena, PlumbError *error) {
    PlumbData *data = data_of(arena, "blobs", GIVEN(NUMBER("samples", 20)), error);
    const PlumbCall *recipe = plumb_call_default(arena, "recipe", error);
    bool done = data && recipe && add_deep(net, arena, error) && diagnose(net, data, recipe, error);
    plumb_data_free(data);
    return done;
}

static bool diagnose_vanishing(PlumbError *error) {
    return with_net(diagnose_deep, error);
}

static void a_diagnosis_survives_every_failing_allocation(void **state) {
    (void)state;
    assert_survives(diagnose_vanishing);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(training_survives_every_failing_allocation),
                                       cmocka_unit_test(a_forecast_survives_every_failing_allocation),
                                       cmocka_unit_test(a_diagnosis_survives_every_failing_allocation)};
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
