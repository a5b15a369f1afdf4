/* The settings of a session. */
#include "settings.h"
#include "interpreter.h"
#include <stdio.h>
#include <string.h>

typedef struct Setting {
    PlumbEntry entry; /* kind PLUMB_SETTING; its one argument says what it takes */
    void (*apply)(Options *options, const PlumbValue *value);
} Setting;

static void set_seed(Options *options, const PlumbValue *value) {
    options->seed = (uint64_t)value->number;
}
static void set_threads(Options *options, const PlumbValue *value) {
    options->threads = (int)value->number;
}
static void set_shards(Options *options, const PlumbValue *value) {
    options->shards = (int)value->number;
}
static void set_color(Options *options, const PlumbValue *value) {
    options->color = value->boolean;
}
static void set_width(Options *options, const PlumbValue *value) {
    options->width = (int)value->number;
}
static void set_quiet(Options *options, const PlumbValue *value) {
    options->muted = value->boolean;
}

/* The options outlive the value: they keep one of these. */
static void set_backend(Options *options, const PlumbValue *value) {
    options->backend = !strcmp(value->string, "portable") ? "portable" : "native";
}

/* There is one precision; the setting states it. */
static void set_precision(Options *options, const PlumbValue *value) {
    (void)options, (void)value;
}

#define SETTING(title, text, meaning, like, sample, change, ...)                                                       \
    {                                                                                                                  \
        {.name = #title,                                                                                               \
         .kind = PLUMB_SETTING,                                                                                        \
         .family = "settings",                                                                                         \
         .args = (const PlumbArg[]){{.name = "value", .help = text, __VA_ARGS__}, {.name = NULL}},                     \
         .summary = text,                                                                                              \
         .formula = meaning,                                                                                           \
         .source = like,                                                                                               \
         .example = sample},                                                                                           \
            change                                                                                                     \
    }
static const Setting settings[] = {
    SETTING(seed, "where all random numbers start: weights, splits, order, dropout",
            "a draw is a function of (seed, purpose, index)", "Salmon et al. 2011, Random123", "set seed = 7", set_seed,
            .accepts = PLUMB_A_INT, .min = 0, .max = 9007199254740991.0),
    SETTING(threads, "how many threads compute; 0: one a core", "no effect on any result", "plumb", "set threads = 4",
            set_threads, .accepts = PLUMB_A_INT, .min = 0, .max = 1024),
    SETTING(shards, "into how many parts a batch is split; 0: one a core",
            "the order in which sums over a batch are formed, so the last bits of results", "plumb", "set shards = 2",
            set_shards, .accepts = PLUMB_A_INT, .min = 0, .max = 1024),
    SETTING(backend, "which kernels compute", "native: the processor's vector units; portable: plain C", "plumb",
            "set backend = portable", set_backend, .accepts = PLUMB_A_WORD, .words = "native portable"),
    SETTING(color, "colour in tables and messages", "on a terminal, unless NO_COLOR is set", "no-color.org",
            "set color = false", set_color, .accepts = PLUMB_A_BOOL),
    SETTING(precision, "the numbers that nets compute with", "float32: 24 bits, 1.2e-38 to 3.4e38",
            "IEEE 754, binary32", "set precision = float32", set_precision, .accepts = PLUMB_A_WORD,
            .words = "float32"),
    SETTING(width, "columns of text that tables may take", "characters a line", "plumb", "set width = 100", set_width,
            .accepts = PLUMB_A_INT, .min = 20, .max = 1000),
    SETTING(quiet, "no tables and no messages of what is done, as with -q: only what `print` and `expect` say",
            "for loops that train or measure in many small pieces", "plumb", "set quiet = true", set_quiet,
            .accepts = PLUMB_A_BOOL),
};
enum { SETTINGS = sizeof settings / sizeof *settings };

const PlumbEntry *setting_entry_at(int index) {
    return index < SETTINGS ? &settings[index].entry : NULL;
}

static const char *setting_name_at(void *self, int index) {
    (void)self;
    const PlumbEntry *entry = setting_entry_at(index);
    return entry ? entry->name : NULL;
}

static bool no_setting(const char *key, PlumbError *error) {
    const char *nearest = nearest_name(key, setting_name_at, NULL);
    plumb_fail(error, PLUMB_ARGUMENT_ERROR, "there is no setting `%.64s`", key);
    if (error && nearest) {
        snprintf(error->hint, sizeof error->hint, "did you mean `%s`?", nearest);
    } else if (error) {
        snprintf(error->hint, sizeof error->hint, "seed, threads, shards, backend, color, precision, width, quiet");
    }
    return false;
}

static bool apply(const Setting *setting, PlumbArena *arena, Options *options, const Value *value, PlumbError *error) {
    PlumbGiven given = {.name = NULL};
    if (!value_to_plumb(arena, value, &given.value)) {
        return plumb_fail(error, PLUMB_ARGUMENT_ERROR, "%s cannot be %s", setting->entry.name, value_type_name(value));
    }
    const PlumbCall *call = plumb_call(arena, &setting->entry, &given, 1, error);
    if (call) {
        setting->apply(options, &call->arg[0]);
    }
    return call;
}

bool setting_set(Options *options, const char *key, const Value *value, PlumbError *error) {
    int i = 0;
    while (i < SETTINGS && strcmp(settings[i].entry.name, key) != 0) {
        i++;
    }
    if (i == SETTINGS) {
        return no_setting(key, error);
    }
    PlumbArena *arena = plumb_arena_new();
    bool done = arena ? apply(&settings[i], arena, options, value, error)
                      : plumb_fail(error, PLUMB_MEMORY_ERROR, "not enough memory");
    plumb_arena_free(arena);
    return done;
}
