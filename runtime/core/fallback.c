/* The defaults of arguments, written in the descriptors as they would be in a script. */
#include "number.h"
#include "value.h"
#include <ctype.h>
#include <string.h>

enum { ITEMS_MAX = 16 };

typedef struct Reader {
    PlumbArena *arena;
    const PlumbArg *arg;
    const char *at;
    PlumbError *error;
} Reader;

static bool read_value(Reader *reader, PlumbValue *value);

/* Spaces, then `wanted`; true if it stood there. */
static bool skip(Reader *reader, char wanted) {
    reader->at += strspn(reader->at, " ");
    if (*reader->at != wanted) {
        return false;
    }
    reader->at++;
    return true;
}

/* The next `length` characters as a string in the arena. */
static char *take(Reader *reader, size_t length) {
    char *text = plumb_arena_alloc(reader->arena, length + 1);
    if (text) {
        memcpy(text, reader->at, length);
        reader->at += length;
    }
    return text;
}

/* Behind the opening quote. Defaults hold no escapes. */
static bool read_string(Reader *reader, PlumbValue *value) {
    char *text = take(reader, strcspn(reader->at, "\""));
    if (!text || !skip(reader, '"')) {
        return plumb_fail(reader->error, PLUMB_ARGUMENT_ERROR, "a default's string does not end");
    }
    *value = (PlumbValue){.type = PLUMB_V_STRING, .string = text};
    return true;
}

/* "1, factor=2)" up to the closing bracket; names only where `names` is not NULL. Returns the count, -1 on error. */
static int read_items(Reader *reader, char close, PlumbGiven item[ITEMS_MAX]) {
    int count = 0;
    while (!skip(reader, close)) {
        if ((count && !skip(reader, ',')) || count == ITEMS_MAX) {
            plumb_fail(reader->error, PLUMB_ARGUMENT_ERROR, "a default's list does not end");
            return -1;
        }
        reader->at += strspn(reader->at, " ");
        size_t name = strcspn(reader->at, "=,()[]\" ");
        item[count].name = NULL;
        if (reader->at[name] == '=') {
            item[count].name = take(reader, name);
            reader->at++;
        }
        if (!read_value(reader, &item[count++].value)) {
            return -1;
        }
    }
    return count;
}

/* Behind the opening bracket. */
static bool read_list(Reader *reader, PlumbValue *value) {
    PlumbGiven item[ITEMS_MAX];
    int count = read_items(reader, ']', item);
    if (count < 0) {
        return false;
    }
    PlumbValue *items = plumb_arena_alloc(reader->arena, (size_t)count * sizeof *items);
    if (!items) {
        return error_memory(reader->error);
    }
    for (int i = 0; i < count; i++) {
        items[i] = item[i].value;
    }
    *value = (PlumbValue){.type = PLUMB_V_LIST, .count = count, .item = items};
    return true;
}

/* A name with arguments, or a bare one that is no word of the argument. */
static bool read_call(Reader *reader, const char *name, PlumbValue *value) {
    PlumbGiven item[ITEMS_MAX];
    const PlumbEntry *entry = plumb_entry_find(name);
    if (!entry) {
        return plumb_fail(reader->error, PLUMB_ARGUMENT_ERROR, "there is no \"%s\" in this version", name);
    }
    int count = skip(reader, '(') ? read_items(reader, ')', item) : 0;
    const PlumbCall *call = count < 0 ? NULL : plumb_call(reader->arena, entry, item, count, reader->error);
    *value = (PlumbValue){.type = PLUMB_V_CALL, .call = call};
    return call;
}

/* true, false, none, one of the argument's words, or the name of an entry, in this order. */
static bool read_name(Reader *reader, PlumbValue *value) {
    size_t length = 0;
    while (isalnum((unsigned char)reader->at[length]) || reader->at[length] == '_') {
        length++;
    }
    char *name = take(reader, length);
    if (!name) {
        return error_memory(reader->error);
    }
    if (plumb_words_contain("true false", name)) {
        *value = (PlumbValue){.type = PLUMB_V_BOOL, .boolean = name[0] == 't'};
    } else if (!strcmp(name, "none")) {
        *value = (PlumbValue){.type = PLUMB_V_NONE};
    } else if (reader->arg->accepts & PLUMB_A_WORD && plumb_words_contain(reader->arg->words, name)) {
        *value = (PlumbValue){.type = PLUMB_V_WORD, .string = name};
    } else {
        return read_call(reader, name, value);
    }
    return true;
}

/* Any value; recursion ends where the descriptor's text does. */
static bool read_value(Reader *reader, PlumbValue *value) {
    double number = 0;
    if (skip(reader, '"')) {
        return read_string(reader, value);
    }
    if (skip(reader, '[')) {
        return read_list(reader, value);
    }
    size_t length = isalpha((unsigned char)*reader->at) ? 0 : number_parse(reader->at, strlen(reader->at), &number);
    if (!length) {
        return read_name(reader, value);
    }
    reader->at += length;
    *value = (PlumbValue){.type = PLUMB_V_NUMBER, .number = number};
    return true;
}

bool plumb_value_parse(PlumbArena *arena, const PlumbArg *arg, const char *text, PlumbValue *value, PlumbError *error) {
    Reader reader = {arena, arg, text, error};
    return read_value(&reader, value);
}
