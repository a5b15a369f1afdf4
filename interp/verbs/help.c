/* help: what a name is. `help` alone lists all. */
#include "../render/help.h"
#include "../names.h"
#include <stdlib.h>
#include <string.h>

typedef struct Topic { /* one of these is set */
    const Keyword *keyword;
    const PlumbEntry *entry;
    const Value *value; /* of a bound name */
    FieldHelp field;    /* .name NULL: none */
} Topic;

static const Keyword *find_keyword(const char *name) {
    const Keyword *keyword;
    for (int i = 0; (keyword = keyword_at(i)) && strcmp(keyword->name, name) != 0; i++) {
    }
    return keyword;
}

/* The last of that name: of a layer rather than of a net. */
static FieldHelp find_field(const char *name) {
    FieldHelp field, found = {0};
    for (int i = 0; (field = field_help_at(i)).name; i++) {
        found = strcmp(field.name, name) ? found : field;
    }
    return found;
}

/* What the user has bound comes first: it is what the name means here. */
static Topic find_topic(Session *session, const char *name) {
    Topic topic = {.value = session_lookup(session, name)};
    topic.keyword = topic.value ? NULL : find_keyword(name);
    topic.entry = topic.value || topic.keyword ? NULL : name_entry(name);
    topic.field = topic.value || topic.keyword || topic.entry ? (FieldHelp){0} : find_field(name);
    return topic;
}

/* The word that the operand asks for: dense, "dense", dense(64), none. NULL: it is no such thing. */
static const char *word_of(const Tree *tree) {
    switch (tree->kind) {
    case TREE_NAME:
    case TREE_STRING:
        return tree->text;
    case TREE_TRUE:
        return "true";
    case TREE_FALSE:
        return "false";
    case TREE_NONE:
        return "none";
    case TREE_CALL:
        return word_of(tree->child[0]);
    default:
        return NULL;
    }
}

static const char *keyword_name_at(void *self, int index) {
    (void)self;
    const Keyword *keyword = keyword_at(index);
    return keyword ? keyword->name : NULL;
}

/* False with a diagnostic. */
static bool read_topic(Session *session, const VerbCall *call, int index, Topic *topic) {
    const Tree *tree = call->tree_of[index];
    const char *word = word_of(tree);
    if (!word) {
        return session_error(session, tree->span, "help takes a name, as in  help dense");
    }
    *topic = find_topic(session, word);
    if (topic->keyword || topic->entry || topic->value || topic->field.name) {
        return true;
    }
    Diag *diag = diags_add(session_diags(session), DIAG_ERROR, tree->span, "there is no `%.64s`", word);
    const char *nearest = name_nearest(word, ~0u, call->scope);
    nearest = nearest ? nearest : nearest_name(word, keyword_name_at, NULL);
    if (nearest) {
        diag_label(diag, "did you mean `%s`?", nearest);
    } else {
        diag_note(diag, "`help` lists all names");
    }
    return false;
}

/* ---- for people ---------------------------------------------------------------------------------------------- */

static void print_topic(FILE *out, int width, const char *name, Topic topic) {
    char *about = topic.value ? value_text(topic.value) : NULL;
    if (topic.value) {
        help_bound(out, width, name, about ? about : "", topic.value);
    } else if (topic.keyword) {
        help_keyword(out, width, topic.keyword);
    } else if (topic.field.name) {
        help_field(out, width, topic.field);
    } else if (topic.entry->kind == PLUMB_VERB) {
        help_verb(out, width, verb_find(topic.entry->name));
    } else {
        help_entry(out, width, topic.entry);
    }
    free(about);
}

/* ---- as JSON ------------------------------------------------------------------------------------------------- */

static json_t *argument_object(const PlumbArg *arg) {
    char *takes = help_takes(arg);
    json_t *object = json_pack("{s:s,s:s,s:s?,s:s?}", "name", arg->name, "takes", takes ? takes : "", "default",
                               arg->fallback, "help", arg->help);
    free(takes);
    return object;
}

static json_t *arguments_of(const PlumbEntry *entry) {
    json_t *list = json_array();
    for (const PlumbArg *arg = entry->args; list && arg && arg->name; arg++) {
        json_array_append_new(list, argument_object(arg));
    }
    return list;
}

static json_t *topic_object(const char *name, Topic topic) {
    if (topic.value) {
        char *about = value_text(topic.value);
        json_t *object = json_pack("{s:s,s:s,s:s}", "name", name, "kind", value_type_name(topic.value), "summary",
                                   about ? about : "");
        free(about);
        return object;
    }
    if (topic.keyword) {
        return json_pack("{s:s,s:s,s:s,s:s,s:s}", "name", name, "kind", "keyword", "summary", topic.keyword->summary,
                         "form", topic.keyword->form, "example", topic.keyword->example);
    }
    if (topic.field.name) {
        return json_pack("{s:s,s:s,s:s,s:s}", "name", name, "kind", "field", "summary", topic.field.help, "of",
                         topic.field.owner);
    }
    const PlumbEntry *entry = topic.entry;
    return json_pack("{s:s,s:s,s:s,s:s,s:s?,s:s?,s:s?,s:s?,s:o}", "name", entry->name, "kind",
                     plumb_kind_name(entry->kind), "family", entry->family, "summary", entry->summary, "aliases",
                     entry->aliases, entry->kind == PLUMB_VERB ? "form" : "formula", entry->formula, "source",
                     entry->source, "example", entry->example, "arguments", arguments_of(entry));
}

static json_t *overview_object(void) {
    json_t *names = json_array();
    const PlumbEntry *entry;
    for (int i = 0; names && (entry = name_entry_at(i)); i++) {
        json_array_append_new(names, json_pack("{s:s,s:s,s:s}", "name", entry->name, "kind",
                                               plumb_kind_name(entry->kind), "summary", entry->summary));
    }
    return json_pack("{s:o}", "names", names);
}

/* ---- the verb ------------------------------------------------------------------------------------------------ */

static bool run_one(Session *session, const VerbCall *call, int index) {
    Topic topic;
    if (!read_topic(session, call, index, &topic)) {
        return false;
    }
    const char *name = word_of(call->tree_of[index]);
    if (session_json_wanted(session)) {
        session_json(session, call, NULL, topic_object(name, topic));
        return true;
    }
    if (index) {
        fputc('\n', session_out(session));
    }
    print_topic(session_out(session), session_options(session)->width, name, topic);
    return true;
}

static bool run(Session *session, const VerbCall *call) {
    bool done = true;
    if (!call->count && session_json_wanted(session)) {
        session_json(session, call, NULL, overview_object());
    } else if (!call->count) {
        help_overview(session_out(session), session_options(session)->width);
    }
    for (int i = 0; i < call->count && done; i++) {
        done = run_one(session, call, i);
    }
    return done;
}

static void check(Session *session, const VerbCall *call) {
    Topic topic;
    for (int i = 0; i < call->count; i++) {
        read_topic(session, call, i, &topic);
    }
}

const Verb verb_help = {.entry = {.name = "help",
                                  .kind = PLUMB_VERB,
                                  .family = "looking",
                                  .summary = "what a name is: arguments, formula, source, example; alone, all names",
                                  .formula = "help [NAME, ...]",
                                  .source = "plumb",
                                  .example = "help dense"},
                        .operands_min = 0,
                        .operands_max = -1,
                        .operands = TAKES_NAME,
                        .run = run,
                        .check = check};
