#include "../grammar/text.h"
#include "candidates.h"
#include "fields.h"
#include "names.h"
#include "verb.h"
#include "verbs/plot_parts.h"
#include <stdlib.h>
#include <string.h>

enum { STAGES = PLUMB_LAYER | PLUMB_ACTIVATION | PLUMB_COMBINATOR };

/* ---- arguments ---------------------------------------------------------------------------------------------- */

typedef struct Argument { /* of a call, or a setting: the text that belongs to it so far */
    size_t start;
    int index;    /* how many came before */
    char bracket; /* that encloses it, '\0' for none */
} Argument;

static size_t skip_string_back(const char *text, size_t at) {
    while (at > 0 && text[--at] != '"') {
    }
    return at;
}

/* Back to the bracket that encloses the word, or to the start of its statement. */
static Argument find_argument(const Site *site) {
    Argument argument = {site->begin, 0, '\0'};
    bool is_bounded = false;
    int depth = 0;
    for (size_t at = site->begin; at-- > 0;) {
        char byte = site->text[at];
        if (byte == '"') {
            at = skip_string_back(site->text, at);
        } else if (strchr(")]}", byte)) {
            depth++;
        } else if (strchr("([{", byte) && depth-- == 0) {
            argument.bracket = byte;
            argument.start = is_bounded ? argument.start : at + 1;
            return argument;
        } else if (depth == 0 && strchr(",;\n", byte)) {
            argument.start = is_bounded ? argument.start : at + 1;
            argument.index += byte == ',';
            is_bounded = true;
        }
    }
    argument.start = is_bounded ? argument.start : 0;
    return argument;
}

/* "name =" and nothing more: a copy of the name. "": nothing at all. NULL: something else. */
static char *name_assigned(const Site *site, size_t start) {
    const char *at = site->text + start, *end = site->text + site->begin;
    while (at < end && isspace((unsigned char)*at)) {
        at++;
    }
    const char *name = at;
    while (at < end && is_word(*at)) {
        at++;
    }
    char *copy = strndup(name, (size_t)(at - name));
    while (at < end && isspace((unsigned char)*at)) {
        at++;
    }
    bool is_nothing = at == end && copy && !*copy;
    bool is_name = at < end && *at == '=' && copy && *copy;
    for (at++; is_name && at < end; at++) {
        is_name = isspace((unsigned char)*at);
    }
    if (is_nothing || is_name) {
        return copy;
    }
    free(copy);
    return NULL;
}

static void offer_words(const Site *site, const char *words) {
    while (words && *words) {
        size_t length = strcspn(words, " ");
        char *word = strndup(words, length);
        if (word) {
            offer(site, word, "", CANDIDATE_WORD);
        }
        free(word);
        words += length + strspn(words + length, " ");
    }
}

static void offer_values(const Site *site, const PlumbArg *arg) {
    offer_words(site, arg->accepts & PLUMB_A_WORD ? arg->words : NULL);
    if (arg->accepts & PLUMB_A_BOOL) {
        offer_words(site, "true false");
    }
    offer_names(site, arg->accepts & PLUMB_A_CALL ? arg->kinds : 0);
    offer_words(site, arg->accepts & PLUMB_A_NONE ? "none" : NULL);
    offer_names(site, arg->accepts & PLUMB_A_REF ? NAME_DATA | NAME_VALUE : NAME_VALUE);
}

static const PlumbArg *arg_named(const PlumbEntry *entry, const char *name) {
    for (const PlumbArg *arg = entry->args; arg && arg->name; arg++) {
        if (strcmp(arg->name, name) == 0) {
            return arg;
        }
    }
    return NULL;
}

/* Is `name=` already among the arguments written? */
static bool is_given(const Site *site, const char *name) {
    size_t length = strlen(name);
    for (size_t at = site->begin; at >= length + 1; at--) {
        const char *here = site->text + at - length - 1;
        if (*here == '(') {
            return false;
        }
        if (strncmp(here, name, length) == 0 && here[length] == '=' && (here == site->text || !is_word(here[-1]))) {
            return true;
        }
    }
    return false;
}

/* Of a net that is called: parameters take values of any kind, mostly layers. */
static void offer_parameters(const Site *site, const NetValue *net, const char *assigned) {
    for (int i = 0; !*assigned && i < net->declaration->count; i++) {
        const Tree *parameter = net->declaration->child[i];
        if (parameter->kind == TREE_PARAM && !is_given(site, parameter->text)) {
            offer(site, parameter->text, "=", CANDIDATE_ARGUMENT);
        }
    }
    if (*assigned) {
        offer_names(site, STAGES | PLUMB_INIT | PLUMB_WORD | NAME_VALUE);
        offer_words(site, "none true false");
    }
}

static void offer_arguments(const Site *site, const PlumbEntry *entry, const char *assigned, int index) {
    const PlumbArg *named = arg_named(entry, assigned);
    if (named) {
        offer_values(site, named);
        return;
    }
    for (int i = 0; !*assigned && entry->args && entry->args[i].name; i++) {
        if (i == index && !(entry->args[i].accepts & PLUMB_A_REF)) {
            offer_values(site, &entry->args[i]);
        }
        if (!is_given(site, entry->args[i].name)) {
            offer(site, entry->args[i].name, "=", CANDIDATE_ARGUMENT);
        }
    }
}

/* False: the word is no argument of a call. */
static bool complete_argument(const Site *site) {
    const char *callee = site->expected.callee;
    Argument argument = find_argument(site);
    char *assigned = callee && argument.bracket == '(' ? name_assigned(site, argument.start) : NULL;
    if (!assigned) {
        return false;
    }
    const Value *value = session_lookup(site->session, callee);
    const PlumbEntry *entry = name_entry(callee);
    bool is_net = value && value->type == VALUE_NET;
    if (is_net) {
        offer_parameters(site, value->net, assigned);
    } else if (entry && entry->kind != PLUMB_FUNCTION) {
        offer_arguments(site, entry, assigned, argument.index);
    } else {
        offer_names(site, BOUND | PLUMB_FUNCTION);
    }
    free(assigned);
    return true;
}

/* ---- settings ----------------------------------------------------------------------------------------------- */

/* A default of a body may be any layer's argument: the first of that name tells what it takes. */
static const PlumbArg *any_layer_arg(const char *name) {
    const PlumbEntry *entry;
    const PlumbArg *arg = NULL;
    for (int i = 0; !arg && (entry = name_entry_at(i)); i++) {
        arg = entry->kind & STAGES ? arg_named(entry, name) : NULL;
    }
    return arg;
}

/* What the settings of a block are of: a recipe, or the verb that it belongs to. */
static const PlumbEntry *entry_of_settings(const Site *site) {
    const Verb *verb = site->expected.with ? verb_find(site->expected.with) : NULL;
    return verb && verb->entry.args ? &verb->entry : plumb_entry_find("recipe");
}

/* NAME = ..., as a setting of a recipe, a default in a net, a binding. False: it is none of these. */
static bool complete_setting(const Site *site) {
    char *name = name_assigned(site, find_argument(site).start);
    bool is_setting = name && *name;
    const char *body = site->expected.body;
    if (is_setting && body) {
        const PlumbArg *arg = strcmp(body, "recipe") ? any_layer_arg(name) : arg_named(entry_of_settings(site), name);
        if (arg) {
            offer_values(site, arg);
        }
    } else if (is_setting) {
        offer_names(site, PLUMB_DATA | PLUMB_FUNCTION | BOUND);
    }
    free(name);
    return is_setting;
}

/* ---- statements --------------------------------------------------------------------------------------------- */

static void complete_statement(const Site *site) {
    const char *body = site->expected.body;
    if (!body) {
        offer_verbs(site);
        offer_names(site, BOUND);
    } else if (strcmp(body, "recipe") == 0) {
        for (const PlumbArg *arg = entry_of_settings(site)->args; arg->name; arg++) {
            offer(site, arg->name, " = ", CANDIDATE_ARGUMENT);
        }
    } else {
        offer_names(site, STAGES | NAME_NET);
    }
}

static unsigned names_taken(unsigned takes) {
    static const struct {
        unsigned takes, names;
    } rows[] = {{TAKES_NET, NAME_NET},
                {TAKES_DATA, NAME_DATA | PLUMB_DATA},
                {TAKES_RECIPE, NAME_RECIPE},
                {TAKES_ANY, BOUND | PLUMB_FUNCTION},
                {TAKES_CONDITION, BOUND | PLUMB_FUNCTION}};
    unsigned names = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        names |= takes & rows[i].takes ? rows[i].names : 0;
    }
    return names;
}

static void complete_operand(const Site *site, const Verb *verb) {
    if (strcmp(verb->entry.name, "set") == 0) {
        offer_named(site, PLUMB_SETTING, CANDIDATE_ARGUMENT);
    } else if (verb == verb_find("plot")) {
        for (int i = 0; theme_at(i); i++) {
            offer(site, theme_at(i)->name, "(", CANDIDATE_WORD);
        }
    } else if (verb->operands & TAKES_NAME) {
        offer_verbs(site);
        offer_names(site, ~0u);
        for (int i = 0; field_help_at(i).name; i++) {
            offer(site, field_help_at(i).name, "", CANDIDATE_WORD);
        }
    } else {
        offer_names(site, names_taken(verb->operands));
    }
}

static void complete_clause(const Site *site, const Verb *verb) {
    const char *clause = site->expected.clause;
    if (strcmp(clause, "with") == 0) {
        offer_names(site, verb && verb->entry.args ? 0 : NAME_RECIPE);
    } else if (strcmp(clause, "on") == 0) {
        offer_names(site, verb ? names_taken(verb->on_takes) : NAME_DATA);
    } else if (strcmp(clause, "from") == 0 && verb) {
        offer_names(site, names_taken(verb->from_takes));
    }
}

/* The last token before the word, if it is a word too, else its last character. */
static bool last_token_is(const Site *site, const char *token) {
    size_t end = site->begin, length = strlen(token);
    while (end > 0 && isspace((unsigned char)site->text[end - 1])) {
        end--;
    }
    return end >= length && strncmp(site->text + end - length, token, length) == 0 &&
           (!is_word(*token) || end == length || !is_word(site->text[end - length - 1]));
}

static void complete_expression(const Site *site, const Verb *verb) {
    if (verb && (last_token_is(site, verb->entry.name) || last_token_is(site, ","))) {
        complete_operand(site, verb);
    } else if (last_token_is(site, "->") || (site->expected.body && !verb)) {
        offer_names(site, STAGES | NAME_NET);
    } else {
        offer_names(site, BOUND | PLUMB_FUNCTION);
    }
}

static const struct ClauseWord {
    const char *word;
    unsigned clause;
} clause_words[] = {
    {"on", CLAUSE_ON}, {"with", CLAUSE_WITH}, {"to", CLAUSE_TO}, {"from", CLAUSE_FROM}, {"as", CLAUSE_AS}};

static unsigned clause_of(const char *word) {
    for (size_t i = 0; i < sizeof clause_words / sizeof *clause_words; i++) {
        if (strcmp(word, clause_words[i].word) == 0) {
            return clause_words[i].clause;
        }
    }
    return 0;
}

static bool is_one_of(const char *word, const char *const *words, size_t count) {
    while (count > 0 && strcmp(word, words[count - 1]) != 0) {
        count--;
    }
    return count > 0;
}

/* Clauses that the verb has not; declarations where they cannot stand; `true` and the like only once they are begun. */
static bool is_useful(const Site *site, const Verb *verb, const char *keyword) {
    static const char *const later[] = {"true", "false", "none", "not"};
    static const char *const of_conditions[] = {"and", "or"};
    static const char *const of_scripts[] = {"net", "recipe"};
    unsigned clause = clause_of(keyword);
    if (clause) {
        bool needs_operand = verb && verb->operands_min > 0 && last_token_is(site, verb->entry.name);
        return verb && (verb->clauses & clause) && !needs_operand;
    }
    if (is_one_of(keyword, of_conditions, sizeof of_conditions / sizeof *of_conditions)) {
        return site->end > site->begin && (!verb || verb->operands & (TAKES_ANY | TAKES_CONDITION));
    }
    if (is_one_of(keyword, later, sizeof later / sizeof *later)) {
        return site->end > site->begin;
    }
    if (is_one_of(keyword, of_scripts, sizeof of_scripts / sizeof *of_scripts)) {
        return !site->expected.body;
    }
    return true;
}

static void offer_keywords(const Site *site, const Verb *verb) {
    for (int i = 0; site->expected.keywords[i]; i++) {
        if (is_useful(site, verb, site->expected.keywords[i])) {
            offer(site, site->expected.keywords[i], "", CANDIDATE_KEYWORD);
        }
    }
}

static void complete_code(const Site *site) {
    const Expected *expected = &site->expected;
    const Verb *verb = expected->verb ? verb_find(expected->verb) : NULL;
    if (complete_field(site) || !(expected->name || expected->keywords[0])) {
        return;
    }
    if (expected->name && complete_argument(site)) {
        return;
    }
    bool names_something_new = last_token_is(site, "net") || last_token_is(site, "recipe") || last_token_is(site, "as");
    if (expected->name && !names_something_new) {
        if (expected->clause) {
            complete_clause(site, verb);
        } else if (expected->statement) {
            complete_statement(site);
        } else if (verb || !complete_setting(site)) {
            complete_expression(site, verb);
        }
    }
    offer_keywords(site, verb);
}

/* ---- the whole ---------------------------------------------------------------------------------------------- */

static bool expect_at(const Site *site, const char *more, Expected *expected) {
    Text text = {0};
    text_printf(&text, "%.*s%s", (int)site->begin, site->text, more);
    Source *source = text.failed ? NULL : source_new("prompt", text.at, text.length);
    text_clear(&text);
    if (!source) {
        return false;
    }
    parse_expected(source, session_words(site->session), expected);
    source_free(source);
    return true;
}

/* A quote opens a string anywhere but in a comment. */
static bool is_in_comment(const Site *site) {
    Expected expected = {0};
    bool is = expect_at(site, "\"", &expected) && !expected.string;
    expected_clear(&expected);
    return is;
}

Completion complete(Session *session, const char *text, size_t length) {
    Completion completion = {0};
    Site site = {.session = session, .text = text, .begin = length, .end = length, .completion = &completion};
    while (site.begin > 0 && is_word(text[site.begin - 1])) {
        site.begin--;
    }
    completion.begin = site.begin;
    if (!expect_at(&site, "", &site.expected)) {
        return completion;
    }
    if (site.expected.string) {
        complete_file(&site);
    } else if (!is_in_comment(&site)) {
        complete_code(&site);
    }
    expected_clear(&site.expected);
    return completion;
}

void completion_clear(Completion *completion) {
    for (int i = 0; i < completion->count; i++) {
        free(completion->item[i].text);
    }
    free(completion->item);
    *completion = (Completion){0};
}
