/* The registry: every name of the runtime, from registry.inc. A new layer is one file and one line there. */
#include "../layers/recurrent.h"
#include "../train/parts.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PLUMB_VERSION "0.1.0"

#define ROW(type, identifier) extern const type identifier;
#include "../registry.inc"
#undef ROW

/* Each descriptor begins with its PlumbEntry. */
#define ROW(type, identifier) (const PlumbEntry *)&identifier,
static const PlumbEntry *const entries[] = {
#include "../registry.inc"
    NULL};
#undef ROW

enum { ENTRY_COUNT = sizeof entries / sizeof *entries - 1, NAMES_MAX = 4 * ENTRY_COUNT + 1 /* with aliases */ };

typedef struct Name {
    const char *text; /* ends at a NUL or, among aliases, at a space */
    size_t length;
    const PlumbEntry *entry;
} Name;

static int compare_names(const void *left, const void *right) {
    const Name *a = left, *b = right;
    size_t shorter = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->text, b->text, shorter);
    return order ? order : (a->length > b->length) - (a->length < b->length);
}

/* All names in order: made once from the constant table above, the same ever after. */
static struct Index {
    pthread_once_t once;
    Name name[NAMES_MAX];
    size_t count;
} names = {.once = PTHREAD_ONCE_INIT};

/* `words`: one name, or several with spaces between them. */
static void index_words(const char *words, const PlumbEntry *entry) {
    while (words && *words && names.count < NAMES_MAX) {
        size_t length = strcspn(words, " ");
        if (length) {
            names.name[names.count++] = (Name){words, length, entry};
        }
        words += length + strspn(words + length, " ");
    }
}

static void index_all(void) {
    for (const PlumbEntry *const *entry = entries; *entry; entry++) {
        index_words((*entry)->name, *entry);
        index_words((*entry)->aliases, *entry);
    }
    qsort(names.name, names.count, sizeof *names.name, compare_names);
}

/* O(log n) in the number of names. */
const PlumbEntry *plumb_entry_find(const char *name) {
    pthread_once(&names.once, index_all);
    Name key = {.text = name, .length = strlen(name)};
    const Name *found = bsearch(&key, names.name, names.count, sizeof *names.name, compare_names);
    return found ? found->entry : NULL;
}

const PlumbEntry *plumb_entry_at(int index) {
    return index >= 0 && index < ENTRY_COUNT ? entries[index] : NULL;
}

static const struct {
    PlumbKind kind;
    const char *name;
} kinds[] = {{PLUMB_LAYER, "layer"},   {PLUMB_ACTIVATION, "activation"}, {PLUMB_INIT, "initialiser"},
             {PLUMB_LOSS, "loss"},     {PLUMB_OPTIMIZER, "optimizer"},   {PLUMB_SCHEDULE, "schedule"},
             {PLUMB_CLIP, "clipping"}, {PLUMB_STOP, "stopping rule"},    {PLUMB_DATA, "data source"},
             {PLUMB_RECIPE, "recipe"}, {PLUMB_COMBINATOR, "combinator"}, {PLUMB_FUNCTION, "function"},
             {PLUMB_VERB, "verb"},     {PLUMB_SETTING, "setting"},       {PLUMB_CADENCE, "cadence"},
             {PLUMB_LOG, "log"},       {PLUMB_AUGMENT, "augmentation"},  {PLUMB_WORD, "word"}};

const char *plumb_kind_name(PlumbKind kind) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].kind == kind) {
            return kinds[i].name;
        }
    }
    return "name";
}

const char *plumb_version(void) {
    return PLUMB_VERSION;
}
