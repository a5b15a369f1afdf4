/* Values: does one fit an argument, and what is said when it does not. */
#include "value.h"
#include "number.h"
#include <limits.h>
#include <math.h>
#include <string.h>

/* `words` are separated by spaces, as in PlumbArg.words. */
bool plumb_words_contain(const char *words, const char *word) {
    size_t length = strlen(word);
    while (words && *words) {
        size_t span = strcspn(words, " ");
        if (span == length && !memcmp(words, word, length)) {
            return true;
        }
        words += span + strspn(words + span, " ");
    }
    return false;
}

/* ---- copies ------------------------------------------------------------------------------------------- */

static const char *copy_string(PlumbArena *arena, const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = plumb_arena_alloc(arena, size);
    return copy ? memcpy(copy, text, size) : NULL;
}

/* A list of its own, with copies of all that its items point to. */
static bool copy_items(PlumbArena *arena, const PlumbValue *from, PlumbValue *to, PlumbError *error) {
    PlumbValue *item = plumb_arena_alloc(arena, (size_t)from->count * sizeof *item);
    if (!item) {
        return error_memory(error);
    }
    for (int i = 0; i < from->count; i++) {
        if (!plumb_value_copy(arena, &from->item[i], &item[i], error)) {
            return false;
        }
    }
    to->item = item;
    return true;
}

bool plumb_value_copy(PlumbArena *arena, const PlumbValue *from, PlumbValue *to, PlumbError *error) {
    PlumbValue source = *from; /* `to` may be `from` */
    *to = source;
    switch (source.type) {
    case PLUMB_V_STRING:
    case PLUMB_V_WORD:
        to->string = copy_string(arena, source.string);
        return to->string || error_memory(error);
    case PLUMB_V_LIST:
        return copy_items(arena, &source, to, error);
    case PLUMB_V_CALL:
        to->call = plumb_call_copy(arena, source.call);
        return to->call || error_memory(error);
    default:
        return true;
    }
}

/* ---- what an argument takes, in words ------------------------------------------------------------------- */

typedef struct Phrase { /* "a, b or c" */
    char *text;
    size_t size, last; /* last: where the last part begins */
} Phrase;

static void phrase_add(Phrase *phrase, const char *part) {
    size_t used = strlen(phrase->text);
    snprintf(phrase->text + used, phrase->size - used, "%s%s", used ? ", " : "", part);
    phrase->last = used;
}

/* Turns the comma before the last part into "or". */
static void phrase_end(Phrase *phrase) {
    char part[128];
    if (phrase->last && strlen(phrase->text) > phrase->last) {
        snprintf(part, sizeof part, "%s", phrase->text + phrase->last + 2);
        snprintf(phrase->text + phrase->last, phrase->size - phrase->last, " or %s", part);
    }
}

static const char *article(const char *noun) {
    return strchr("aeiou", noun[0]) ? "an" : "a";
}

/* A table may leave the upper end open with a maximum below the minimum, INT_MAX or infinity. */
static bool open_above(const PlumbArg *arg) {
    return arg->max < arg->min || arg->max >= INT_MAX;
}

static bool any_number(const PlumbArg *arg) {
    return arg->min == 0 && arg->max == 0;
}

/* With its range, where it has one: "a whole number of at least 1". */
static void phrase_number(Phrase *phrase, const PlumbArg *arg) {
    const char *noun = arg->accepts & PLUMB_A_NUMBER ? "a number" : "a whole number";
    char part[128], low[32], high[32];
    number_text(arg->min, low);
    number_text(arg->max, high);
    if (any_number(arg) || arg->min < -1e300) {
        snprintf(part, sizeof part, "%s", noun);
    } else if (open_above(arg)) {
        snprintf(part, sizeof part, "%s of at least %s", noun, low);
    } else {
        snprintf(part, sizeof part, "%s from %s to %s", noun, low, high);
    }
    phrase_add(phrase, part);
}

static void phrase_words(Phrase *phrase, const char *words) {
    char word[64];
    while (words && *words) {
        size_t span = strcspn(words, " ");
        snprintf(word, sizeof word, "%.*s", (int)span, words);
        phrase_add(phrase, word);
        words += span + strspn(words + span, " ");
    }
}

static void phrase_kinds(Phrase *phrase, unsigned kinds) {
    char part[64];
    for (unsigned kind = 1; kind && kind <= kinds; kind <<= 1) {
        if (kinds & kind) {
            const char *name = plumb_kind_name((PlumbKind)kind);
            snprintf(part, sizeof part, "%s %s", article(name), name);
            phrase_add(phrase, part);
        }
    }
}

static const struct {
    unsigned accepts;
    const char *text;
} plain_parts[] = {{PLUMB_A_BOOL, "true or false"},
                   {PLUMB_A_STRING, "a string"},
                   {PLUMB_A_LIST, "a list"},
                   {PLUMB_A_REF, "a data set"},
                   {PLUMB_A_NONE, "none"}};

/* In the order in which people think of them: numbers, names, calls, the rest. */
char *plumb_arg_text(const PlumbArg *arg, char *text, size_t size) {
    Phrase phrase = {.text = text, .size = size};
    text[0] = '\0';
    if (arg->accepts & (PLUMB_A_INT | PLUMB_A_NUMBER)) {
        phrase_number(&phrase, arg);
    }
    if (arg->accepts & PLUMB_A_WORD) {
        phrase_words(&phrase, arg->words);
    }
    if (arg->accepts & PLUMB_A_CALL) {
        phrase_kinds(&phrase, arg->kinds);
    }
    for (size_t i = 0; i < sizeof plain_parts / sizeof *plain_parts; i++) {
        if (arg->accepts & plain_parts[i].accepts) {
            phrase_add(&phrase, plain_parts[i].text);
        }
    }
    phrase_end(&phrase);
    return text;
}

/* ---- does it fit? --------------------------------------------------------------------------------------- */

/* "a number", "an initialiser": what was found instead. */
static const char *type_text(const PlumbValue *value, char text[64]) {
    static const char *const names[] = {"none",   "a number", "true or false", "a string",
                                        "a name", "a list",   "a call",        "a data set"};
    const char *kind = value->type == PLUMB_V_CALL ? plumb_kind_name(value->call->entry->kind) : NULL;
    snprintf(text, 64, "%s%s%s", kind ? article(kind) : names[value->type], kind ? " " : "", kind ? kind : "");
    return text;
}

/* The words that the argument takes, then the registry's names of the right kind. */
static bool word_at(const void *self, int index, char name[ERROR_WORD]) {
    const PlumbArg *arg = self;
    const char *words = arg->accepts & PLUMB_A_WORD ? arg->words : NULL;
    for (; words && *words; index--) {
        size_t span = strcspn(words, " ");
        if (index == 0) {
            snprintf(name, ERROR_WORD, "%.*s", (int)span, words);
            return true;
        }
        words += span + strspn(words + span, " ");
    }
    const PlumbEntry *entry;
    for (int i = 0; arg->accepts & PLUMB_A_CALL && (entry = plumb_entry_at(i)); i++) {
        if (entry->kind & arg->kinds && index-- == 0) {
            snprintf(name, ERROR_WORD, "%s", entry->name);
            return true;
        }
    }
    return false;
}

/* Writes the value as a person would see it, cut where it is long. */
static void value_brief(const PlumbValue *value, char *text, size_t size) {
    FILE *out = fmemopen(text, size, "w");
    text[0] = '\0';
    if (out) {
        plumb_value_write(out, value);
        fclose(out);
    }
    text[size - 1] = '\0';
}

/* Says what was given, what it is, and what fits; for a name that is nearly right, which one was meant. */
static bool misfit(const PlumbEntry *entry, const PlumbArg *arg, const PlumbValue *value, PlumbError *error) {
    char brief[96], type[64], nearest[ERROR_WORD], expected[sizeof error->expected];
    value_brief(value, brief, sizeof brief);
    plumb_fail(error, PLUMB_ARGUMENT_ERROR, "%s of %s cannot be %s", arg->name, entry->name, brief);
    bool number = value->type == PLUMB_V_NUMBER && arg->accepts & (PLUMB_A_INT | PLUMB_A_NUMBER);
    error_found(error, "%s", number ? brief : type_text(value, type));
    error_expected(error, "%s", plumb_arg_text(arg, expected, sizeof expected));
    bool quoted = value->type == PLUMB_V_STRING;
    bool named = (quoted || value->type == PLUMB_V_WORD) && error_nearest(value->string, word_at, arg, nearest);
    if (named && quoted && !strcmp(nearest, value->string)) {
        error_hint(error, "write %s without quotes", nearest);
    } else if (named) {
        error_hint(error, "did you mean \"%s\"?", nearest);
    }
    return false;
}

/* NaN and infinity never fit: no argument has a use for them. */
static bool number_fits(const PlumbArg *arg, double number) {
    if (!isfinite(number) || !(arg->accepts & (PLUMB_A_INT | PLUMB_A_NUMBER))) {
        return false;
    }
    if (!any_number(arg) && (number < arg->min || (!open_above(arg) && number > arg->max))) {
        return false;
    }
    if (arg->accepts & PLUMB_A_NUMBER) {
        return true;
    }
    double most = arg->max > INT_MAX && isfinite(arg->max) ? arg->max : INT_MAX; /* code reads it as an int */
    return number == floor(number) && number >= INT_MIN && number <= most;
}

/* A name stands for one of the words, or for the entry of that name called with its defaults. */
static bool word_fits(PlumbArena *arena, const PlumbArg *arg, PlumbValue *value) {
    if (arg->accepts & PLUMB_A_WORD && plumb_words_contain(arg->words, value->string)) {
        return true;
    }
    const PlumbEntry *entry = arg->accepts & PLUMB_A_CALL ? plumb_entry_find(value->string) : NULL;
    const PlumbCall *call = entry && entry->kind & arg->kinds ? plumb_call(arena, entry, NULL, 0, NULL) : NULL;
    if (call) {
        *value = (PlumbValue){.type = PLUMB_V_CALL, .call = call};
    }
    return call;
}

/* Was any argument written out? A bare name has none. */
static bool any_given(const PlumbCall *call) {
    for (int i = 0; i < call->count; i++) {
        if (call->given[i]) {
            return true;
        }
    }
    return false;
}

/* A call of a fitting kind; or a bare name that is one of the words too, as `linear` may be. */
static bool call_fits(const PlumbArg *arg, PlumbValue *value) {
    const PlumbEntry *entry = value->call->entry;
    if (arg->accepts & PLUMB_A_CALL && entry->kind & arg->kinds) {
        return true;
    }
    if (arg->accepts & PLUMB_A_WORD && plumb_words_contain(arg->words, entry->name) && !any_given(value->call)) {
        *value = (PlumbValue){.type = PLUMB_V_WORD, .string = entry->name};
        return true;
    }
    return false;
}

/* The items of a list are of the other types that the argument takes; where it takes lists only, of any. */
static bool list_fits(PlumbArena *arena, const PlumbEntry *entry, const PlumbArg *arg, PlumbValue *value,
                      PlumbError *error) {
    PlumbArg item = *arg;
    item.accepts &= ~(unsigned)(PLUMB_A_LIST | PLUMB_A_REST | PLUMB_A_NONE);
    for (int i = 0; item.accepts && i < value->count; i++) {
        if (!plumb_value_fit(arena, entry, &item, (PlumbValue *)&value->item[i], error)) {
            return false;
        }
    }
    return true;
}

/* The one place that decides whether a value may stand for an argument. */
bool plumb_value_fit(PlumbArena *arena, const PlumbEntry *entry, const PlumbArg *arg, PlumbValue *value,
                     PlumbError *error) {
    bool fits = false;
    switch (value->type) {
    case PLUMB_V_NONE:
        fits = arg->accepts & PLUMB_A_NONE;
        break;
    case PLUMB_V_NUMBER:
        fits = number_fits(arg, value->number);
        break;
    case PLUMB_V_BOOL:
        fits = arg->accepts & PLUMB_A_BOOL;
        break;
    case PLUMB_V_STRING:
        fits = arg->accepts & PLUMB_A_STRING;
        break;
    case PLUMB_V_WORD:
        fits = word_fits(arena, arg, value);
        break;
    case PLUMB_V_LIST:
        if (arg->accepts & (PLUMB_A_LIST | PLUMB_A_REST)) {
            return plumb_value_copy(arena, value, value, error) && list_fits(arena, entry, arg, value, error);
        }
        break;
    case PLUMB_V_CALL:
        fits = call_fits(arg, value);
        break;
    case PLUMB_V_REF:
        fits = arg->accepts & PLUMB_A_REF;
        break;
    }
    return fits ? plumb_value_copy(arena, value, value, error) : misfit(entry, arg, value, error);
}
