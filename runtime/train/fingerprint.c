/* What of a recipe and of data decides about the steps, as text; see fingerprint.h. */
#include "fingerprint.h"
#include "../core/value.h"
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { KEY_MOST = 128 };

/* Keys of the recipe that leave the steps as they are. */
static const char free_keys[] = "epochs steps stop diagnostics checkpoint log";

typedef struct Writer {
    PlumbArena *arena; /* defaults */
    bool failed;       /* memory was short: the text is not to be trusted */
} Writer;

static void write_whole(Writer *writer, FILE *out, const PlumbValue *value);

/* malloc'd; NULL: no memory. */
static char *whole_text(Writer *writer, const PlumbValue *value) {
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    if (out) {
        write_whole(writer, out, value);
    }
    if (!out || fclose(out) != 0 || writer->failed) {
        free(text);
        writer->failed = true;
        return NULL;
    }
    return text;
}

static bool is_default(Writer *writer, const PlumbArg *arg, const PlumbValue *value) {
    PlumbValue standard;
    if (!arg->fallback) {
        return false;
    }
    if (!plumb_value_parse(writer->arena, arg, arg->fallback, &standard, NULL)) {
        writer->failed = true; /* defaults are correct: only memory can be short */
        return false;
    }
    char *one = whole_text(writer, value), *other = whole_text(writer, &standard);
    bool same = one && other && !strcmp(one, other);
    free(one);
    free(other);
    return same;
}

/* The same text for the same meaning: arguments by name, those left out that have their default. */
static void write_whole(Writer *writer, FILE *out, const PlumbValue *value) {
    if (value->type != PLUMB_V_CALL) {
        plumb_value_write(out, value);
        return;
    }
    const PlumbArg *args = value->call->entry->args;
    const char *before = "(";
    fputs(value->call->entry->name, out);
    for (int i = 0; i < value->call->count; i++) {
        if (!is_default(writer, &args[i], &value->call->arg[i])) {
            fprintf(out, "%s%s=", before, args[i].name);
            write_whole(writer, out, &value->call->arg[i]);
            before = ", ";
        }
    }
    fputs(*before == ',' ? ")" : "", out);
}

bool recipe_each_key(const PlumbCall *recipe, EachKey each, void *self) {
    Writer writer = {.arena = plumb_arena_new()};
    bool done = writer.arena;
    for (int i = 0; done && i < recipe->count; i++) {
        const char *name = recipe->entry->args[i].name;
        char key[KEY_MOST], *text = whole_text(&writer, &recipe->arg[i]);
        snprintf(key, sizeof key, "recipe.%s", name);
        done = text && (plumb_words_contain(free_keys, name) || each(self, key, text));
        free(text);
    }
    plumb_arena_free(writer.arena);
    return done;
}

static uLong add_part(uLong sum, const PlumbData *data, const PlumbPart *part) {
    uint64_t rows = (uint64_t)part->rows;
    if (rows) {
        sum = crc32_z(sum, (const Bytef *)part->x, rows * (uint64_t)plumb_shape_size(data->x_shape) * sizeof *part->x);
    }
    if (rows && part->label) {
        sum = crc32_z(sum, (const Bytef *)part->label, rows * (uint64_t)data->label_count * sizeof *part->label);
    }
    if (rows && part->y) {
        sum = crc32_z(sum, (const Bytef *)part->y, rows * (uint64_t)plumb_shape_size(data->y_shape) * sizeof *part->y);
    }
    return sum;
}

/* The test part too: a schedule or patience may listen to its loss. */
const char *data_checksum(const PlumbData *data, char text[9]) {
    uLong sum = add_part(add_part(0, data, &data->train), data, &data->test);
    snprintf(text, 9, "%08lx", sum & 0xffffffff);
    return text;
}
