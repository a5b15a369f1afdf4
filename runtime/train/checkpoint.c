/* Checkpoints: the whole state of a training in a file, so that a run that was killed goes on to the same bits.
 *
 * The file is a safetensors container, which PyTorch's users read with safetensors.torch.load_file: weights and buffers
 * under their names, all else under names with a slash, which no layer has; numbers and the recipe are strings of the
 * metadata:
 *
 *     dense1.weight             F32 [out, in]            weights and buffers as in a file of weights
 *     optimizer/first/...       F32 as the weight        the optimizer's arrays: momentum, or Adam's first and second
 * moments average/...               F32 as the weight        ema's running mean, or the weights where `averaged` is 1
 *     training/alive/0          U8  [bytes]              of each shard: units that gave output in the window
 *     training/dead, probes     F64 [nodes], [nodes, 10] figures of the last window and of the last measured step
 *     training/history          F64 [epochs, columns]    as plumb_epoch_column names them
 *     checksum                  U8  [4]                  CRC-32 of all bytes before it
 *
 * state.c lists what there is. */
#include "../core/error.h"
#include "../files/weights.h"
#include "epochs.h"
#include "fingerprint.h"
#include "state.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHARDS_MOST = 1024, TEXT_MOST = 120 };
static const char format_name[] = "plumb checkpoint", format_version[] = "1", history_name[] = "training/history";

struct PlumbCheckpoint {
    char *path; /* for messages */
    Array *array;
    int count, weights; /* weights: how many of the arrays, they come first */
    json_t *metadata;
    PlumbEpoch *history;
    int epochs, shards;
    int64_t step;
    uint64_t seed;
};

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* What is not UTF-8 is for people only. */
static bool put(void *metadata, const char *key, const char *text) {
    json_t *string = json_string(text);
    return json_object_set_new(metadata, key, string ? string : json_string("?")) == 0;
}

/* NULL: no memory. */
static json_t *make_metadata(PlumbTrainer *trainer) {
    char text[32];
    json_t *metadata = json_object();
    if (!*trainer->data_sum) {
        data_checksum(trainer->data, trainer->data_sum);
    }
    bool done = metadata && put(metadata, "format", format_name) && put(metadata, "version", format_version) &&
                put(metadata, "plumb", plumb_version()) && put(metadata, "net", trainer->net->name) &&
                put(metadata, "data", trainer->data->name ? trainer->data->name : "?") &&
                put(metadata, "data.checksum", trainer->data_sum) && recipe_each_key(trainer->recipe, put, metadata);
    snprintf(text, sizeof text, "%" PRIu64, trainer->seed);
    done = done && put(metadata, "seed", text);
    snprintf(text, sizeof text, "%d", trainer->stepper.plan->shards);
    done = done && put(metadata, "shards", text);
    for (int i = 0; done && state_figure(i); i++) {
        state_figure_text(trainer, i, text);
        done = put(metadata, state_figure(i), text);
    }
    if (!done) {
        json_decref(metadata);
        return NULL;
    }
    return metadata;
}

/* EPOCH_COLUMNS figures an epoch. NULL: no memory. */
static double *history_table(const PlumbTrainer *trainer) {
    double *table = calloc((size_t)trainer->history_count * EPOCH_COLUMNS + 1, sizeof *table);
    for (int i = 0; table && i < trainer->history_count * EPOCH_COLUMNS; i++) {
        table[i] = plumb_epoch_figure(&trainer->history[i / EPOCH_COLUMNS], i % EPOCH_COLUMNS);
    }
    return table;
}

bool plumb_trainer_save(PlumbTrainer *trainer, const char *path, const PlumbFiles *files, PlumbError *error) {
    State state;
    json_t *metadata = make_metadata(trainer);
    double *history = history_table(trainer);
    bool done = state_open(&state, trainer, error);
    if (done) {
        state_add(&state, "F64", 2, (const int64_t[]){trainer->history_count, EPOCH_COLUMNS}, history, "%s",
                  history_name);
        state_put_probes(&state, trainer);
        done = (metadata && history && !state.failed) || error_memory(error);
    }
    done = done && safetensors_write(path, metadata, state.stored, state.count, files, error);
    state_close(&state);
    json_decref(metadata);
    free(history);
    return done;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static const char *text_of(const PlumbCheckpoint *checkpoint, const char *key) {
    return json_string_value(json_object_get(checkpoint->metadata, key));
}

/* The file is whole, for its checksum fits: it was not written by this program. */
static bool wrong(const PlumbCheckpoint *checkpoint, const char *what, PlumbError *error) {
    plumb_fail(error, PLUMB_FORMAT_ERROR, "\"%.100s\" is no checkpoint: %s is missing or cannot be", checkpoint->path,
               what);
    return false;
}

static bool known_format(const PlumbCheckpoint *checkpoint, PlumbError *error) {
    const char *name = text_of(checkpoint, "format"), *version = text_of(checkpoint, "version");
    if (!name || strcmp(name, format_name) != 0) {
        return wrong(checkpoint, "its format", error);
    }
    if (!version || strcmp(version, format_version) != 0) {
        plumb_fail(error, PLUMB_FORMAT_ERROR, "\"%.100s\" is a checkpoint of another version", checkpoint->path);
        error_found(error, "%.60s", version ? version : "none");
        return error_expected(error, "%s", format_version);
    }
    return true;
}

/* Weights to the front, in the order they have. */
static void weights_first(PlumbCheckpoint *checkpoint) {
    for (int i = 0; i < checkpoint->count; i++) {
        if (!strchr(checkpoint->array[i].name, '/')) {
            Array weight = checkpoint->array[i];
            checkpoint->array[i] = checkpoint->array[checkpoint->weights];
            checkpoint->array[checkpoint->weights++] = weight;
        }
    }
}

static const Array *state_array(const PlumbCheckpoint *checkpoint, const char *name) {
    return array_find(checkpoint->array + checkpoint->weights, checkpoint->count - checkpoint->weights, name);
}

static bool read_epoch(const PlumbCheckpoint *checkpoint, const Array *table, int i) {
    double figure[EPOCH_COLUMNS];
    PlumbEpoch *epoch = &checkpoint->history[i];
    array_numbers(table, (int64_t)i * EPOCH_COLUMNS, EPOCH_COLUMNS, figure);
    for (int column = 0; column < EPOCH_COLUMNS; column++) {
        if (!epoch_take(epoch, column, figure[column])) {
            return false;
        }
    }
    return epoch->step <= checkpoint->step && epoch->step > (i ? epoch[-1].step : 0);
}

static bool read_history(PlumbCheckpoint *checkpoint, PlumbError *error) {
    const Array *table = state_array(checkpoint, history_name);
    if (!table || strcmp(table->type->safetensors, "F64") != 0 || table->rank != 2 || table->dim[1] != EPOCH_COLUMNS ||
        table->dim[0] > INT32_MAX / EPOCH_COLUMNS) {
        return wrong(checkpoint, history_name, error);
    }
    checkpoint->epochs = (int)table->dim[0];
    checkpoint->history = calloc((size_t)checkpoint->epochs + 1, sizeof *checkpoint->history);
    if (!checkpoint->history) {
        return error_memory(error);
    }
    for (int i = 0; i < checkpoint->epochs; i++) {
        if (!read_epoch(checkpoint, table, i)) {
            return wrong(checkpoint, history_name, error);
        }
    }
    return true;
}

static bool read_checkpoint(PlumbCheckpoint *checkpoint, const PlumbFiles *files, PlumbError *error) {
    int64_t seed, shards;
    if (!safetensors_read_sealed(&checkpoint->array, &checkpoint->count, &checkpoint->metadata, checkpoint->path, files,
                                 error) ||
        !known_format(checkpoint, error)) {
        return false;
    }
    weights_first(checkpoint);
    if (!state_count(text_of(checkpoint, "seed"), &seed)) {
        return wrong(checkpoint, "the seed", error);
    }
    if (!state_count(text_of(checkpoint, "shards"), &shards) || shards < 1 || shards > SHARDS_MOST) {
        return wrong(checkpoint, "the number of shards", error);
    }
    if (!state_count(text_of(checkpoint, "step"), &checkpoint->step)) {
        return wrong(checkpoint, "the step", error);
    }
    checkpoint->seed = (uint64_t)seed;
    checkpoint->shards = (int)shards;
    return read_history(checkpoint, error);
}

PlumbCheckpoint *plumb_checkpoint_load(PlumbNet *net, const char *path, const PlumbFiles *files, PlumbError *error) {
    PlumbCheckpoint *checkpoint = calloc(1, sizeof *checkpoint);
    bool done = checkpoint && (checkpoint->path = strdup(path));
    done = done ? read_checkpoint(checkpoint, files, error) : error_memory(error);
    if (!done || !weights_fit(net, checkpoint->array, checkpoint->weights, path, error) ||
        !weights_take(net, checkpoint->array, checkpoint->weights, error)) {
        plumb_checkpoint_free(checkpoint);
        return NULL;
    }
    return checkpoint;
}

void plumb_checkpoint_free(PlumbCheckpoint *checkpoint) {
    if (checkpoint) {
        arrays_free(checkpoint->array, checkpoint->count);
        json_decref(checkpoint->metadata);
        free(checkpoint->history);
        free(checkpoint->path);
        free(checkpoint);
    }
}

int64_t plumb_checkpoint_steps(const PlumbCheckpoint *checkpoint) {
    return checkpoint->step;
}

int plumb_checkpoint_history(const PlumbCheckpoint *checkpoint, const PlumbEpoch **epochs) {
    *epochs = checkpoint->history;
    return checkpoint->epochs;
}

/* ---- going on ---------------------------------------------------------------------------------------------------- */

typedef struct Comparison {
    const PlumbCheckpoint *checkpoint;
    PlumbError *error;
    int keys; /* that agree */
} Comparison;

static bool same_key(void *self, const char *key, const char *text) {
    Comparison *comparison = self;
    const char *then = text_of(comparison->checkpoint, key);
    if (then && !strcmp(then, text)) {
        comparison->keys++;
        return true;
    }
    const char *name = strchr(key, '.') + 1;
    plumb_fail(comparison->error, PLUMB_ARGUMENT_ERROR, "\"%.100s\" comes from a training with another recipe",
               comparison->checkpoint->path);
    error_found(comparison->error, "%s = %.90s", name, text);
    error_expected(comparison->error, "%s = %.*s", name, TEXT_MOST, then ? then : "?");
    return error_hint(comparison->error, "to begin anew from its weights, save them as .safetensors and load that");
}

static int recipe_keys_of(const PlumbCheckpoint *checkpoint) {
    const char *key;
    json_t *value;
    int count = 0;
    json_object_foreach(checkpoint->metadata, key, value) {
        count += !strncmp(key, "recipe.", strlen("recipe."));
    }
    return count;
}

static bool same_recipe(const PlumbCheckpoint *checkpoint, const PlumbCall *recipe, PlumbError *error) {
    Comparison comparison = {checkpoint, error, 0};
    PlumbError none = {.status = PLUMB_OK};
    if (error) {
        *error = none;
    }
    if (!recipe_each_key(recipe, same_key, &comparison)) {
        return error && error->status != PLUMB_OK ? false : error_memory(error);
    }
    return comparison.keys == recipe_keys_of(checkpoint) || wrong(checkpoint, "a key of the recipe", error);
}

static bool same_data(const PlumbCheckpoint *checkpoint, const PlumbData *data, PlumbError *error) {
    char now[9];
    const char *then = text_of(checkpoint, "data.checksum"), *name = text_of(checkpoint, "data");
    if (then && !strcmp(then, data_checksum(data, now))) {
        return true;
    }
    plumb_fail(error, PLUMB_ARGUMENT_ERROR, "\"%.100s\" comes from a training on other data", checkpoint->path);
    error_found(error, "%.80s, checksum %s", data->name ? data->name : "?", now);
    return error_expected(error, "%.80s, checksum %.8s", name ? name : "?", then ? then : "none");
}

static bool same_array(const PlumbCheckpoint *checkpoint, const Array *array, const Stored *stored, PlumbError *error) {
    if (!array) {
        return wrong(checkpoint, stored->name, error);
    }
    bool same = !strcmp(array->type->safetensors, stored->type) && array->rank == stored->rank;
    for (int i = 0; same && i < array->rank; i++) {
        same = array->dim[i] == stored->dim[i];
    }
    if (!same) {
        char dims[128];
        plumb_fail(error, PLUMB_SHAPE_ERROR, "%.100s in \"%.100s\" has another shape or type", stored->name,
                   checkpoint->path);
        error_found(error, "%s of %s", array_shape_text(array, dims), array->type->safetensors);
        error_expected(
            error, "%s of %s",
            array_shape_text(
                &(Array){.rank = stored->rank, .dim = {stored->dim[0], stored->dim[1], stored->dim[2], stored->dim[3]}},
                dims),
            stored->type);
    }
    return same;
}

static void take_array(const Array *array, const Stored *stored) {
    if (array->type->size == sizeof(double)) {
        array_numbers(array, 0, array->count, stored->value);
    } else if (array->type->size == sizeof(float)) {
        array_reals(array, stored->value);
    } else if (array->count) {
        memcpy(stored->value, array->bytes, (size_t)array->count);
    }
}

static const Array *array_of(const PlumbCheckpoint *checkpoint, const State *state, int i) {
    return i < state->weights ? array_find(checkpoint->array, checkpoint->weights, state->stored[i].name)
                              : state_array(checkpoint, state->stored[i].name);
}

/* Values are copied only after all have been checked; the history is one more. */
static bool take_state(const PlumbCheckpoint *checkpoint, PlumbTrainer *trainer, State *state, PlumbError *error) {
    for (int i = 0; i < state->count; i++) {
        if (!same_array(checkpoint, array_of(checkpoint, state, i), &state->stored[i], error)) {
            return false;
        }
    }
    if (checkpoint->count != state->count + 1) {
        return wrong(checkpoint, "an array that is no part of this training", error);
    }
    for (int i = 0; i < state->count; i++) {
        take_array(array_of(checkpoint, state, i), &state->stored[i]);
    }
    state_take_probes(state, trainer);
    return true;
}

static bool take_figures(const PlumbCheckpoint *checkpoint, PlumbTrainer *trainer, PlumbError *error) {
    for (int i = 0; state_figure(i); i++) {
        if (!state_take_figure(trainer, i, text_of(checkpoint, state_figure(i)))) {
            return wrong(checkpoint, state_figure(i), error);
        }
    }
    if (!isfinite(trainer->seconds) || (trainer->averaged && !trainer->stepper.average)) {
        return wrong(checkpoint, "a figure of the training", error);
    }
    if (trainer->step > trainer->steps) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "\"%.100s\" is further than this recipe goes", checkpoint->path);
        error_found(error, "step %" PRId64, trainer->step);
        return error_expected(error, "at most %" PRId64, trainer->steps);
    }
    return true;
}

static bool take_history(const PlumbCheckpoint *checkpoint, PlumbTrainer *trainer, PlumbError *error) {
    size_t bytes = (size_t)checkpoint->epochs * sizeof *trainer->history;
    trainer->history = malloc(bytes + sizeof *trainer->history);
    if (!trainer->history) {
        return error_memory(error);
    }
    memcpy(trainer->history, checkpoint->history, bytes);
    trainer->history_count = checkpoint->epochs;
    trainer->history_space = checkpoint->epochs + 1;
    return true;
}

static bool take_all(const PlumbCheckpoint *checkpoint, PlumbTrainer *trainer, PlumbError *error) {
    State state;
    bool done = take_figures(checkpoint, trainer, error) && take_history(checkpoint, trainer, error);
    if (!done) {
        return false;
    }
    done = state_open(&state, trainer, error) && take_state(checkpoint, trainer, &state, error);
    state_close(&state);
    if (done) {
        trainer_shuffle(trainer);
        net_refresh(trainer->net, trainer->stepper.k);
    }
    return done;
}

PlumbTrainer *plumb_trainer_resume(PlumbNet *net, const PlumbData *data, const PlumbCall *recipe,
                                   const PlumbConfig *config, const PlumbCheckpoint *checkpoint, PlumbError *error) {
    PlumbConfig same = *config;
    same.seed = checkpoint->seed;
    same.shards = checkpoint->shards;
    if (!same_recipe(checkpoint, recipe, error) || !same_data(checkpoint, data, error)) {
        return NULL;
    }
    PlumbTrainer *trainer = plumb_trainer_new(net, data, recipe, &same, error);
    if (trainer && !take_all(checkpoint, trainer, error)) {
        plumb_trainer_free(trainer);
        return NULL;
    }
    return trainer;
}
