/* Looking a name up in all tables of the language. */
#include "names.h"
#include "combinators.h"
#include "functions.h"
#include "scope.h"
#include "settings.h"
#include "verb.h"
#include <string.h>

static const PlumbEntry *combinator_entry(int index) {
    const Combinator *row = combinator_at(index);
    return row ? &row->entry : NULL;
}

static const PlumbEntry *function_entry(int index) {
    const Function *row = function_at(index);
    return row ? &row->entry : NULL;
}

static const PlumbEntry *verb_entry(int index) {
    const Verb *row = verb_at(index);
    return row ? &row->entry : NULL;
}

/* A word that arguments take is the argument's own (PlumbArg.words); this one is a value, too, so that it can be handed
 * on to `init` by a parameter. */
static const PlumbEntry words[] = {
    {.name = "auto",
     .kind = PLUMB_WORD,
     .family = "words",
     .summary =
         "what suits is taken: an `init` by the activation that follows the layer, a `task`, `header` or `sep` by "
         "what the file holds",
     .source = "plumb",
     .example = "net mlp(init=auto) { input(64) -> dense(32, init=init) -> relu -> dense(10) }"}};

static const PlumbEntry *word_entry(int index) {
    return index >= 0 && index < (int)(sizeof words / sizeof *words) ? &words[index] : NULL;
}

/* The interpreter's own come first: its add joins bodies and links into the layer add. */
static const PlumbEntry *(*const tables[])(int index) = {combinator_entry, plumb_entry_at,   function_entry,
                                                         verb_entry,       setting_entry_at, word_entry};
enum { TABLES = sizeof tables / sizeof *tables };

const PlumbEntry *name_entry(const char *name) {
    const Combinator *combinator = combinator_find(name);
    if (combinator) {
        return &combinator->entry;
    }
    const PlumbEntry *found = plumb_entry_find(name);
    if (found && found->kind != PLUMB_RECIPE) {
        return found;
    }
    for (int i = 2; i < TABLES; i++) {
        const PlumbEntry *entry;
        for (int j = 0; (entry = tables[i](j)); j++) {
            if (!strcmp(entry->name, name)) {
                return entry;
            }
        }
    }
    return NULL;
}

/* A name that two tables have is the first one's. */
static bool is_shadowed(const PlumbEntry *entry) {
    return entry->kind == PLUMB_RECIPE ||
           (entry->kind & (PLUMB_LAYER | PLUMB_ACTIVATION) && combinator_find(entry->name));
}

typedef struct Walk { /* through all tables */
    int table, row;
} Walk;

static const PlumbEntry *walk_on(Walk *walk) {
    while (walk->table < TABLES) {
        const PlumbEntry *entry = tables[walk->table](walk->row++);
        if (!entry) {
            *walk = (Walk){walk->table + 1, 0};
        } else if (!is_shadowed(entry)) {
            return entry;
        }
    }
    return NULL;
}

const PlumbEntry *name_entry_at(int index) {
    Walk walk = {0};
    const PlumbEntry *entry;
    while ((entry = walk_on(&walk)) && index-- > 0) {
    }
    return entry;
}

/* ---- the nearest name ------------------------------------------------------------------------------------------- */

typedef struct Candidates { /* asked for in turn, from the first to the last */
    unsigned kinds;
    const Scope *scope;
    Walk walk;
    int bound;
} Candidates;

static const char *candidate_at(void *self, int index) {
    Candidates *names = self;
    const PlumbEntry *entry;
    (void)index;
    while (names->kinds && (entry = walk_on(&names->walk))) {
        if (entry->kind & names->kinds) {
            return entry->name;
        }
    }
    Value *value;
    return scope_name_at(names->scope, names->bound++, &value);
}

const char *name_nearest(const char *word, unsigned kinds, const Scope *scope) {
    Candidates names = {.kinds = kinds, .scope = scope};
    return nearest_name(word, candidate_at, &names);
}

const char *name_kind_text(PlumbKind kind) {
    static const struct {
        PlumbKind kind;
        const char *text;
    } texts[] = {{PLUMB_LAYER, "a layer"},           {PLUMB_ACTIVATION, "an activation"},
                 {PLUMB_INIT, "an initialiser"},     {PLUMB_LOSS, "a loss"},
                 {PLUMB_OPTIMIZER, "an optimizer"},  {PLUMB_SCHEDULE, "a schedule"},
                 {PLUMB_CLIP, "a way of clipping"},  {PLUMB_STOP, "a stopping rule"},
                 {PLUMB_DATA, "a data source"},      {PLUMB_RECIPE, "a recipe"},
                 {PLUMB_CADENCE, "a cadence"},       {PLUMB_LOG, "a log"},
                 {PLUMB_AUGMENT, "an augmentation"}, {PLUMB_COMBINATOR, "a combinator"},
                 {PLUMB_FUNCTION, "a function"},     {PLUMB_VERB, "a verb"},
                 {PLUMB_SETTING, "a setting"},       {PLUMB_WORD, "a word"}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (texts[i].kind == kind) {
            return texts[i].text;
        }
    }
    return "a name";
}
