/* What the verbs of nets share. */
#include "common.h"
#include "../../grammar/format.h"
#include "../watch.h"
#include <math.h>
#include <string.h>

/* What the locale says that a terminal shows; the interpreter itself keeps to the C locale. */
static bool shows_unicode(void) {
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value) {
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
        }
    }
    return false;
}

Canvas session_canvas(const Session *session) {
    const Options *options = session_options(session);
    return (Canvas){session_text(session), options->width > 0 ? options->width : 80, options->color, shows_unicode()};
}

json_t *json_figure(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *json_text(const char *text) {
    json_t *string = json_string(text);
    return string ? string : json_null();
}

json_t *json_shape(PlumbShape shape) {
    json_t *list = json_array();
    for (int i = 0; i < shape.rank; i++) {
        json_array_append_new(list, json_integer(shape.dim[i]));
    }
    return list;
}

const PlumbData *data_of(const Value *value) {
    return value && value->type == VALUE_DATA ? value->data.data : NULL;
}

char *written(const Tree *tree) {
    return format_tree(tree);
}

bool net_known(const PlumbNet *net) {
    for (int i = 0; i < plumb_net_size(net); i++) {
        if (plumb_net_node(net, i)->shape.rank < 0) {
            return false;
        }
    }
    return true;
}

/* The recipe is not known while checking where it holds what only running tells. */
static bool recipe_known(const Value *with) {
    return !with || with->type == VALUE_RECIPE;
}

/* What the `watch` lines of a recipe name is known where it is used. */
static void check_watches(Session *session, const Value *recipe) {
    for (int i = 0; recipe && recipe->type == VALUE_RECIPE && i < recipe->call.watches; i++) {
        watch_check(session, recipe->call.watch[i]);
    }
}

void check_fits(Session *session, const VerbCall *call) {
    const PlumbData *data = data_of(call->on);
    check_watches(session, call->with);
    for (int i = 0; i < call->count; i++) {
        Value *operand = call->operand[i];
        if (!operand || operand->type != VALUE_NET) {
            continue;
        }
        const PlumbNet *net = session_net(session, operand, call->tree_of[i]->span);
        const PlumbCall *recipe = recipe_known(call->with) ? session_recipe(session, call->with, operand) : NULL;
        PlumbError error = {.argument = -1};
        if (recipe && call->with_tree && !plumb_log_check(recipe, &error)) {
            session_fail(session, call->with_tree->span, &error);
        } else if (net && data && recipe && net_known(net) &&
                   !plumb_net_fits(net, data, plumb_call_call(recipe, "loss"), &error)) {
            session_fail(session, call->on_tree->span, &error);
        }
        if (net && recipe && net_known(net)) {
            doubt_net(session, operand->net, net, data, recipe);
        }
    }
}

bool has_extension(const char *path, const char *extension) {
    size_t length = strlen(path), size = strlen(extension);
    return length > size && !strcmp(path + length - size, extension);
}

bool write_file(Session *session, const VerbCall *call, const void *bytes, size_t size) {
    PlumbError error = {.argument = -1};
    if (!plumb_file_save(call->to->string, bytes, size, session_files(session), &error)) {
        return session_fail(session, call->to_tree->span, &error);
    }
    session_wrote(session);
    return true;
}

bool unknown_file(Session *session, const VerbCall *call, const char *path, const char *expected) {
    PlumbError error = {.argument = -1};
    plumb_fail(&error, PLUMB_ARGUMENT_ERROR, "%s does not know this kind of file", call->tree->text);
    snprintf(error.found, sizeof error.found, "\"%.100s\"", path);
    snprintf(error.expected, sizeof error.expected, "a name that ends in %s", expected);
    return session_fail(session, (call->to_tree ? call->to_tree : call->from_tree)->span, &error);
}

bool report_no_memory(Session *session, Span span) {
    return session_error(session, span, "out of memory");
}
