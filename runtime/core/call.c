/* Calls: arguments bound to an entry's table, copies, reading them, and their text. */
#include "number.h"
#include "value.h"
#include <stdlib.h>
#include <string.h>

/* ---- binding -------------------------------------------------------------------------------------------- */

typedef struct Binding {
    PlumbArena *arena;
    const PlumbEntry *entry;
    PlumbCall *call;
    const PlumbGiven *given;
    int count, next; /* the argument that the next positional value goes to */
    PlumbError *error;
} Binding;

static int arg_count(const PlumbEntry *entry) {
    int count = 0;
    while (entry->args && entry->args[count].name) {
        count++;
    }
    return count;
}

/* -1: no argument of that name. */
static int arg_index(const PlumbEntry *entry, const char *name) {
    for (int i = 0, count = arg_count(entry); i < count; i++) {
        if (!strcmp(entry->args[i].name, name)) {
            return i;
        }
    }
    return -1;
}

static bool arg_name_at(const void *self, int index, char name[ERROR_WORD]) {
    const PlumbArg *args = ((const PlumbEntry *)self)->args;
    return args && args[index].name && snprintf(name, ERROR_WORD, "%s", args[index].name) > 0;
}

/* "units, bias, init" */
static void list_args(const PlumbEntry *entry, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0, count = arg_count(entry); i < count && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", entry->args[i].name);
    }
}

/* The names that it has, and the nearest of them. */
static bool unknown_arg(const Binding *bind, const char *name) {
    char names[sizeof bind->error->expected], nearest[ERROR_WORD];
    list_args(bind->entry, names, sizeof names);
    plumb_fail(bind->error, PLUMB_ARGUMENT_ERROR, "%s has no argument \"%.64s\"", bind->entry->name, name);
    error_expected(bind->error, "%s", names[0] ? names : "no arguments");
    if (error_nearest(name, arg_name_at, bind->entry, nearest)) {
        error_hint(bind->error, "did you mean \"%s\"?", nearest);
    }
    return false;
}

static bool too_many(const Binding *bind) {
    int most = arg_count(bind->entry);
    plumb_fail(bind->error, PLUMB_ARGUMENT_ERROR, "%s takes %s", bind->entry->name,
               most == 0   ? "no arguments"
               : most == 1 ? "one argument"
                           : "fewer arguments");
    error_found(bind->error, "%d", bind->count);
    error_expected(bind->error, "at most %d", most);
    return false;
}

/* Appends to the list of an argument that takes all further positional values. */
static bool collect(const Binding *bind, const PlumbArg *arg, PlumbValue *list, const PlumbValue *value) {
    PlumbArg one = *arg;
    one.accepts &= ~(unsigned)PLUMB_A_REST;
    PlumbValue *item = (PlumbValue *)list->item;
    if (!item) {
        item = plumb_arena_alloc(bind->arena, (size_t)bind->count * sizeof *item); /* never more than were given */
        *list = (PlumbValue){.type = PLUMB_V_LIST, .item = item};
    }
    if (!item) {
        return error_memory(bind->error);
    }
    item[list->count] = *value;
    return plumb_value_fit(bind->arena, bind->entry, &one, &item[list->count++], bind->error);
}

/* Puts a value into its place. An argument may be given once, save the one that collects. */
static bool bind_to(const Binding *bind, int index, const PlumbGiven *given) {
    const PlumbArg *arg = &bind->entry->args[index];
    PlumbValue *value = &bind->call->arg[index];
    if (arg->accepts & PLUMB_A_REST && given->value.type != PLUMB_V_LIST) {
        bind->call->given[index] = true;
        return collect(bind, arg, value, &given->value);
    }
    if (bind->call->given[index]) {
        return plumb_fail(bind->error, PLUMB_ARGUMENT_ERROR, "%s is given \"%s\" twice", bind->entry->name, arg->name);
    }
    bind->call->given[index] = true;
    *value = given->value;
    return plumb_value_fit(bind->arena, bind->entry, arg, value, bind->error);
}

/* An argument that takes the rest stays the next one. */
static bool bind_positional(Binding *bind, const PlumbGiven *given) {
    if (bind->next >= bind->call->count) {
        return too_many(bind);
    }
    bool rest = bind->entry->args[bind->next].accepts & PLUMB_A_REST;
    return bind_to(bind, rest ? bind->next : bind->next++, given);
}

/* Positional values first, by place; named ones after them, in any order. */
static bool bind_given(Binding *bind) {
    bool named = false;
    for (int i = 0; i < bind->count; i++) {
        const PlumbGiven *given = &bind->given[i];
        int index = given->name ? arg_index(bind->entry, given->name) : -1;
        bool bound;
        if (given->name) {
            bound = index < 0 ? unknown_arg(bind, given->name) : bind_to(bind, index, given);
        } else if (named) {
            bound = plumb_fail(bind->error, PLUMB_ARGUMENT_ERROR, "an unnamed argument of %s follows a named one",
                               bind->entry->name);
        } else {
            bound = bind_positional(bind, given);
        }
        if (!bound) {
            if (bind->error) {
                bind->error->argument = i;
            }
            return false;
        }
        named = given->name != NULL;
    }
    return true;
}

/* What was not given takes the default as a script would write it, or is missed. */
static bool bind_default(const Binding *bind, int index) {
    const PlumbArg *arg = &bind->entry->args[index];
    if (!arg->fallback) {
        char expected[sizeof bind->error->expected];
        plumb_fail(bind->error, PLUMB_ARGUMENT_ERROR, "%s needs \"%s\"", bind->entry->name, arg->name);
        error_expected(bind->error, "%s", plumb_arg_text(arg, expected, sizeof expected));
        return error_hint(bind->error, "%s: %s", arg->name, arg->help ? arg->help : "required");
    }
    return plumb_value_parse(bind->arena, arg, arg->fallback, &bind->call->arg[index], bind->error);
}

/* With places for all arguments, none filled. */
static PlumbCall *call_new(PlumbArena *arena, const PlumbEntry *entry, int count) {
    PlumbCall *call = plumb_arena_alloc(arena, sizeof *call);
    PlumbValue *arg = plumb_arena_alloc(arena, (size_t)count * sizeof *arg);
    bool *given = plumb_arena_alloc(arena, (size_t)count * sizeof *given);
    if (!call || !arg || !given) {
        return NULL;
    }
    *call = (PlumbCall){.entry = entry, .count = count, .arg = arg, .given = given};
    return call;
}

/* Copies everything: the call outlives what was handed over. */
PlumbCall *plumb_call(PlumbArena *arena, const PlumbEntry *entry, const PlumbGiven *given, int count,
                      PlumbError *error) {
    Binding bind = {arena, entry, call_new(arena, entry, arg_count(entry)), given, count, 0, error};
    if (!bind.call) {
        error_memory(error);
        return NULL;
    }
    if (!bind_given(&bind)) {
        return NULL;
    }
    for (int i = 0; i < bind.call->count; i++) {
        if (!bind.call->given[i] && !bind_default(&bind, i)) {
            return NULL;
        }
    }
    return bind.call;
}

PlumbCall *plumb_call_default(PlumbArena *arena, const char *name, PlumbError *error) {
    const PlumbEntry *entry = plumb_entry_find(name);
    if (!entry) {
        plumb_fail(error, PLUMB_ARGUMENT_ERROR, "there is no \"%.64s\"", name);
        return NULL;
    }
    return plumb_call(arena, entry, NULL, 0, error);
}

PlumbCall *plumb_call_copy(PlumbArena *arena, const PlumbCall *call) {
    PlumbCall *copy = call_new(arena, call->entry, call->count);
    for (int i = 0; copy && i < call->count; i++) {
        copy->given[i] = call->given[i];
        if (!plumb_value_copy(arena, &call->arg[i], &copy->arg[i], NULL)) {
            return NULL;
        }
    }
    return copy;
}

/* ---- reading -------------------------------------------------------------------------------------------- */

const PlumbValue *plumb_call_value(const PlumbCall *call, const char *arg) {
    int index = arg_index(call->entry, arg);
    return index < 0 ? NULL : &call->arg[index];
}

/* NULL if the argument does not exist or holds another type. */
static const PlumbValue *value_of_type(const PlumbCall *call, const char *arg, PlumbValueType type) {
    const PlumbValue *value = plumb_call_value(call, arg);
    return value && value->type == type ? value : NULL;
}

double plumb_call_number(const PlumbCall *call, const char *arg) {
    const PlumbValue *value = value_of_type(call, arg, PLUMB_V_NUMBER);
    return value ? value->number : 0;
}

bool plumb_call_bool(const PlumbCall *call, const char *arg) {
    const PlumbValue *value = value_of_type(call, arg, PLUMB_V_BOOL);
    return value && value->boolean;
}

const char *plumb_call_string(const PlumbCall *call, const char *arg) {
    const PlumbValue *value = value_of_type(call, arg, PLUMB_V_STRING);
    value = value ? value : value_of_type(call, arg, PLUMB_V_WORD);
    return value ? value->string : NULL;
}

const PlumbCall *plumb_call_call(const PlumbCall *call, const char *arg) {
    const PlumbValue *value = value_of_type(call, arg, PLUMB_V_CALL);
    return value ? value->call : NULL;
}

/* ---- text ----------------------------------------------------------------------------------------------- */

/* Escapes are those of the language: \" \\ \n \t \xHH. */
static void write_string(FILE *out, const char *text) {
    fputc('"', out);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            fprintf(out, "\\%c", c);
        } else if (c == '\n' || c == '\t') {
            fputs(c == '\n' ? "\\n" : "\\t", out);
        } else if (c < 32 || c == 127) {
            fprintf(out, "\\x%02x", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}

static void write_items(FILE *out, const PlumbValue *list) {
    for (int i = 0; i < list->count; i++) {
        fputs(i ? ", " : "", out);
        plumb_value_write(out, &list->item[i]);
    }
}

/* As it would be written in a script. */
void plumb_value_write(FILE *out, const PlumbValue *value) {
    char number[32];
    switch (value->type) {
    case PLUMB_V_NONE:
        fputs("none", out);
        break;
    case PLUMB_V_NUMBER:
        fputs(number_text(value->number, number), out);
        break;
    case PLUMB_V_BOOL:
        fputs(value->boolean ? "true" : "false", out);
        break;
    case PLUMB_V_STRING:
        write_string(out, value->string);
        break;
    case PLUMB_V_WORD:
        fputs(value->string, out);
        break;
    case PLUMB_V_LIST:
        fputc('[', out);
        write_items(out, value);
        fputc(']', out);
        break;
    case PLUMB_V_CALL:
        plumb_call_write(out, value->call);
        break;
    case PLUMB_V_REF:
        fputs(value->ref && ((const PlumbData *)value->ref)->name ? ((const PlumbData *)value->ref)->name : "data",
              out);
        break;
    }
}

/* Positional up to the first argument left out, by name after it. */
void plumb_call_write(FILE *out, const PlumbCall *call) {
    const PlumbArg *args = call->entry->args;
    bool positional = true, any = false;
    fputs(call->entry->name, out);
    for (int i = 0; i < call->count; i++) {
        if (!call->given[i]) {
            positional = positional && args[i].accepts & PLUMB_A_REST;
            continue;
        }
        fputs(any ? ", " : "(", out);
        any = true;
        bool rest = args[i].accepts & PLUMB_A_REST && positional;
        if (!positional || (!rest && args[i].fallback)) { /* what has a default reads better named */
            fprintf(out, "%s=", args[i].name);
            positional = false;
        }
        if (rest && call->arg[i].type == PLUMB_V_LIST) {
            write_items(out, &call->arg[i]);
        } else {
            plumb_value_write(out, &call->arg[i]);
        }
    }
    fputs(any ? ")" : "", out);
}

char *plumb_call_text(const PlumbCall *call) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        return NULL;
    }
    plumb_call_write(out, call);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}
