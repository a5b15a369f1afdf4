/* A training of a script's net, one step at a time. */
#include "bench.h"
#include "runtime/core/random.h"
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 100, WARM_STEPS = 3, SEED = 1 };

/* ---- the script ------------------------------------------------------------------------------------------------- */

static bool run_text(Timed *timed, const char *name, const char *text, size_t length) {
    return session_run(timed->session, name, text, length) == 0;
}

static bool run_script(Timed *timed, const char *path) {
    PlumbError error = {.argument = -1};
    size_t length;
    unsigned char *text = plumb_file_read(path, NULL, &length, &error);
    if (!text) {
        fprintf(stderr, "%s: %s\n", path, error.what);
        return false;
    }
    bool done = run_text(timed, path, (const char *)text, length);
    free(text);
    return done;
}

/* The recipe without an end. */
static bool run_recipe(Timed *timed, bool diagnostics) {
    char text[120];
    int length =
        snprintf(text, sizeof text, "recipe timed = r { steps = 1e9%s }", diagnostics ? "" : "; diagnostics = off");
    return run_text(timed, "bench", text, (size_t)length);
}

static bool find_parts(Timed *timed) {
    Value *net = session_lookup(timed->session, "n"), *recipe = session_lookup(timed->session, "timed");
    bool bound = net && recipe && net->type == VALUE_NET && recipe->type == VALUE_RECIPE;
    timed->net = bound ? session_net(timed->session, net, net->net->span) : NULL;
    timed->recipe = bound ? session_recipe(timed->session, recipe, NULL) : NULL;
    session_show_diags(timed->session);
    return timed->net;
}

bool timed_open(Timed *timed, const Setting *setting) {
    Options options = {.quiet = true, .seed = SEED, .width = WIDTH, .define = timed->define};
    counts_reset_peak();
    *timed = (Timed){.peak = counts_now().live, .nowhere = fopen("/dev/null", "w"), .define = {setting->define}};
    timed->session = timed->nowhere ? session_new(&options, timed->nowhere, stderr) : NULL;
    if (!timed->session || !run_script(timed, setting->path) || !run_recipe(timed, setting->diagnostics) ||
        !find_parts(timed)) {
        timed_close(timed);
        return false;
    }
    return true;
}

void timed_close(Timed *timed) {
    plumb_trainer_free(timed->trainer);
    session_free(timed->session);
    if (timed->nowhere) {
        fclose(timed->nowhere);
    }
    *timed = (Timed){0};
}

int timed_batch(const Timed *timed) {
    return (int)plumb_call_number(timed->recipe, "batch");
}

/* ---- rows ------------------------------------------------------------------------------------------------------- */

static void fill_inputs(PlumbData *data, const PlumbCall *first) {
    int64_t count = data->train.rows * plumb_shape_size(data->x_shape);
    bool indices = !strcmp(first->entry->name, "embedding");
    double vocabulary = plumb_call_number(first, "vocab");
    for (int64_t i = 0; i < count; i++) {
        data->train.x[i] = indices
                               ? (plumb_real)draw_below((Draw){SEED, DRAW_DATA, 0}, (uint64_t)i, (uint64_t)vocabulary)
                               : (plumb_real)draw_normal((Draw){SEED, DRAW_DATA, 0}, (uint64_t)i);
    }
}

static void fill_targets(PlumbData *data) {
    for (int64_t i = 0; i < data->train.rows && !data->classify; i++) {
        data->train.y[i] = (plumb_real)draw_normal((Draw){SEED, DRAW_DATA, 1}, (uint64_t)i);
    }
    for (int64_t i = 0; i < data->train.rows * data->label_count; i++) {
        data->train.label[i] = (int32_t)draw_below((Draw){SEED, DRAW_DATA, 1}, (uint64_t)i, (uint64_t)data->classes);
    }
}

PlumbData *rows_for(const PlumbNet *net, int64_t rows) {
    PlumbData *data = calloc(1, sizeof *data);
    PlumbShape in = plumb_net_node(net, 0)->shape, out = plumb_net_node(net, plumb_net_size(net) - 1)->shape;
    int width = out.dim[out.rank - 1];
    if (!data) {
        return NULL;
    }
    *data = (PlumbData){.x_shape = in, .y_shape = out, .classify = width > 1, .train = {.rows = rows}};
    data->train.x = malloc((size_t)(rows * plumb_shape_size(in)) * sizeof *data->train.x);
    if (data->classify) {
        data->classes = width;
        data->label_count = (int)plumb_shape_size(out) / width;
        data->train.label = malloc((size_t)(rows * data->label_count) * sizeof *data->train.label);
    } else {
        data->train.y = malloc((size_t)rows * sizeof *data->train.y);
    }
    if (!data->train.x || (!data->train.label && !data->train.y)) {
        plumb_data_free(data);
        return NULL;
    }
    fill_inputs(data, plumb_net_node(net, 1)->call);
    fill_targets(data);
    return data;
}

/* ---- steps ------------------------------------------------------------------------------------------------------ */

static bool run_steps(Timed *timed, int count) {
    PlumbError error = {.argument = -1};
    bool done = plumb_trainer_run(timed->trainer, count, &error) == PLUMB_PAUSED;
    if (!done) {
        fprintf(stderr, "%s\n", error.what);
    }
    return done;
}

bool timed_begin(Timed *timed, const PlumbData *data, const Setting *setting) {
    PlumbConfig config = {.threads = setting->threads, .shards = setting->threads, .seed = SEED};
    PlumbError error = {.argument = -1};
    timed->trainer = plumb_trainer_new(timed->net, data, timed->recipe, &config, &error);
    if (!timed->trainer) {
        fprintf(stderr, "%s: %s %s\n", setting->path, error.what, error.found);
        return false;
    }
    bool done = run_steps(timed, WARM_STEPS);
    timed->peak = counts_now().peak - timed->peak;
    return done;
}

static bool ends_epoch(const Timed *timed, int epochs) {
    const PlumbEpoch *epoch;
    return plumb_trainer_history(timed->trainer, &epoch) != epochs;
}

bool timed_steps(Timed *timed, double ms, int least, Samples *samples) {
    const PlumbEpoch *epoch;
    double end = clock_ms() + ms, now;
    for (int done = 0; (now = clock_ms()) < end || done < least;) {
        int epochs = plumb_trainer_history(timed->trainer, &epoch);
        Counts before = counts_now();
        if (!run_steps(timed, 1)) {
            return false;
        }
        double took = clock_ms() - now;
        Counts after = counts_now();
        if (samples->count < SAMPLES_MAX && !ends_epoch(timed, epochs)) {
            samples->ms[samples->count++] = took;
            samples->own += after.own - before.own;
            samples->libraries += after.libraries - before.libraries;
            done++;
        }
    }
    return true;
}
