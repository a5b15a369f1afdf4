#include "help.h"
#include "../../grammar/text.h"
#include "../names.h"
#include "number.h"
#include <stdlib.h>
#include <string.h>

enum { GAP = 2, FACTS = 15, TITLES = 16 /* columns of the left side of the overview */, NAMES_MAX = 24 };

/* ---- paragraphs --------------------------------------------------------------------------------------------- */

typedef struct Paragraph { /* words behind each other, lines broken before `width` */
    FILE *out;
    int width, indent, column;
    bool has_words; /* on this line */
} Paragraph;

/* Starts with `title` at column `from`; the words stand from `indent` on. */
static Paragraph paragraph(FILE *out, int width, int from, int indent, const char *title) {
    int length = (int)utf8_count(title, strlen(title));
    fprintf(out, "%*s%s", from, "", title);
    Paragraph words = {out, width, indent, from + length, false};
    if (*title && words.column + GAP > indent) {
        fputc('\n', out);
        words.column = 0;
    }
    fprintf(out, "%*s", indent - words.column, "");
    words.column = indent;
    return words;
}

static void put_word(Paragraph *to, const char *word, size_t length) {
    int columns = (int)utf8_count(word, length);
    if (to->has_words && to->column + 1 + columns > to->width) {
        fprintf(to->out, "\n%*s", to->indent, "");
        to->column = to->indent;
        to->has_words = false;
    }
    fprintf(to->out, "%s%.*s", to->has_words ? " " : "", (int)length, word);
    to->column += columns + to->has_words;
    to->has_words = true;
}

static void put_words(Paragraph *to, const char *text) {
    while (*text) {
        size_t length = strcspn(text, " ");
        if (length) {
            put_word(to, text, length);
        }
        text += length + strspn(text + length, " ");
    }
}

static void end_paragraph(Paragraph *words) {
    fputc('\n', words->out);
}

static void put_paragraph(FILE *out, int width, int from, int indent, const char *title, const char *text) {
    if (text && *text) {
        Paragraph words = paragraph(out, width, from, indent, title);
        put_words(&words, text);
        end_paragraph(&words);
    }
}

/* A name, and at the right what kind of name it is. */
static void put_head(FILE *out, int width, const char *signature, const char *kind) {
    Paragraph words = paragraph(out, width, 0, 0, "");
    words.indent = 4;
    put_words(&words, signature);
    int gap = width - words.column - (int)strlen(kind);
    fprintf(out, gap < GAP ? "\n%*s%s\n" : "%*s%s\n", gap < GAP ? width - (int)strlen(kind) : gap, "", kind);
}

/* Formula, source and example under each other. */
static void put_facts(FILE *out, int width, const PlumbEntry *entry) {
    put_paragraph(out, width, 2, FACTS, "formula", entry->kind == PLUMB_VERB ? NULL : entry->formula);
    put_paragraph(out, width, 2, FACTS, "source",
                  entry->source && strcmp(entry->source, "plumb") ? entry->source : NULL);
    put_paragraph(out, width, 2, FACTS, "also called", entry->aliases);
    put_paragraph(out, width, 2, FACTS, "example", entry->example);
}

/* ---- what an argument takes ---------------------------------------------------------------------------------- */

/* Choices stand behind each other with a bar between them, until all are known. */
static void add_choice(Text *text, const char *choice) {
    text_printf(text, "%s%s", text->at ? "|" : "", choice);
}

/* "a|b|c" as "a, b or c". */
static char *join_choices(Text *choices) {
    Text text = {0};
    const char *last = choices->at ? strrchr(choices->at, '|') : NULL;
    for (const char *at = choices->at; at && *at; at++) {
        text_printf(&text, *at != '|' ? "%c" : at == last ? " or " : ", ", *at);
    }
    text_clear(choices);
    return text_take(&text);
}

static void add_range(Text *text, const PlumbArg *arg) {
    enum { VAST = 1000000 }; /* an upper limit that only keeps memory from running out */
    char least[32], most[32];
    bool is_any = arg->min == 0 && arg->max == 0;
    if (is_any) {
        return;
    }
    number_show(arg->min, least);
    number_show(arg->max, most);
    if (arg->max >= VAST) {
        text_printf(text, " of at least %s", least);
    } else {
        text_printf(text, " from %s to %s", least, most);
    }
}

static void add_words(Text *text, const char *words) {
    while (words && *words) {
        size_t length = strcspn(words, " ");
        char *word = strndup(words, length);
        add_choice(text, word ? word : "");
        free(word);
        words += length + strspn(words + length, " ");
    }
}

static void add_kinds(Text *text, unsigned kinds) {
    for (unsigned kind = 1; kind && kind <= kinds; kind <<= 1) {
        if (kinds & kind) {
            add_choice(text, name_kind_text((PlumbKind)kind));
        }
    }
}

char *help_takes(const PlumbArg *arg) {
    static const struct {
        unsigned accepts;
        const char *text;
    } rows[] = {{PLUMB_A_INT, "a whole number"}, {PLUMB_A_NUMBER, "a number"},
                {PLUMB_A_BOOL, "true|false"},    {PLUMB_A_STRING, "a string"},
                {PLUMB_A_LIST, "a list"},        {PLUMB_A_REF, "a data set|a label|a pipeline"}};
    Text text = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (arg->accepts & rows[i].accepts) {
            add_choice(&text, rows[i].text);
            if (rows[i].accepts & (PLUMB_A_INT | PLUMB_A_NUMBER)) {
                add_range(&text, arg);
            }
        }
    }
    add_words(&text, arg->accepts & PLUMB_A_WORD ? arg->words : NULL);
    add_kinds(&text, arg->accepts & PLUMB_A_CALL ? arg->kinds : 0);
    add_words(&text, arg->accepts & PLUMB_A_NONE ? "none" : NULL);
    return join_choices(&text);
}

char *help_signature(const PlumbEntry *entry) {
    Text text = {0};
    text_printf(&text, "%s", entry->name);
    for (const PlumbArg *arg = entry->args; arg && arg->name; arg++) {
        text_printf(&text, "%s%s%s%s%s", arg == entry->args ? "(" : ", ", arg->name, arg->fallback ? "=" : "",
                    arg->fallback ? arg->fallback : "", arg->accepts & PLUMB_A_REST ? "..." : "");
    }
    text_printf(&text, "%s", entry->args && entry->args[0].name ? ")" : "");
    return text_take(&text);
}

/* The parameters of a function have no more than a name. */
static bool says_nothing(const PlumbArg *arg) {
    return !arg->help && !arg->accepts;
}

static void put_argument(FILE *out, int width, int indent, const PlumbArg *arg) {
    char *takes = help_takes(arg);
    Paragraph words = paragraph(out, width, 2, indent, arg->name);
    put_words(&words, arg->help ? arg->help : "");
    Text text = {0};
    text_printf(&text, "(%s%s%s)", takes ? takes : "", takes && *takes ? "; " : "",
                arg->fallback                 ? ""
                : arg->accepts & PLUMB_A_REST ? "one or more"
                                              : "required");
    if (arg->fallback) {
        text.length = text.length ? text.length - 1 : 0;
        text_printf(&text, "default %s)", arg->fallback);
    }
    put_words(&words, text.at ? text.at : "");
    end_paragraph(&words);
    text_clear(&text);
    free(takes);
}

static void put_arguments(FILE *out, int width, const PlumbArg *args) {
    int longest = FACTS - 2 - GAP;
    for (const PlumbArg *arg = args; arg && arg->name; arg++) {
        int length = (int)strlen(arg->name);
        longest = length > longest ? length : longest;
    }
    for (const PlumbArg *arg = args; arg && arg->name; arg++) {
        if (!says_nothing(arg)) {
            put_argument(out, width, longest + 2 + GAP, arg);
        }
    }
}

/* ---- pages -------------------------------------------------------------------------------------------------- */

void help_entry(FILE *out, int width, const PlumbEntry *entry) {
    Text form = {0};
    char *signature = help_signature(entry);
    text_printf(&form, entry->kind == PLUMB_SETTING ? "set %s = VALUE" : "%s",
                entry->kind == PLUMB_SETTING || !signature ? entry->name : signature);
    put_head(out, width, form.at ? form.at : entry->name, plumb_kind_name(entry->kind));
    put_paragraph(out, width, 2, 2, "", entry->summary);
    if (entry->kind == PLUMB_SETTING) {
        char *takes = help_takes(entry->args);
        put_paragraph(out, width, 2, FACTS, "takes", takes);
        free(takes);
    } else {
        put_arguments(out, width, entry->args);
    }
    put_facts(out, width, entry);
    text_clear(&form);
    free(signature);
}

static const char *taken(unsigned takes, char text[120]) {
    static const struct {
        unsigned takes;
        const char *text;
    } rows[] = {{TAKES_NET, "a net"},
                {TAKES_DATA, "a data set"},
                {TAKES_RECIPE, "a recipe"},
                {TAKES_STRING, "a string"},
                {TAKES_NUMBER, "a number"},
                {TAKES_ANY, "any value"},
                {TAKES_SETTINGS, "{ settings }:"}};
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (takes & rows[i].takes && used < 100) {
            used += (size_t)snprintf(text + used, 120 - used, "%s%s", used ? " or " : "", rows[i].text);
        }
    }
    return text;
}

void help_verb(FILE *out, int width, const Verb *verb) {
    const struct {
        unsigned clause;
        const char *word;
        unsigned takes;
    } rows[] = {{CLAUSE_ON, "on", verb->on_takes},
                {CLAUSE_WITH, "with", verb->entry.args ? TAKES_SETTINGS : TAKES_RECIPE},
                {CLAUSE_TO, "to", verb->to_takes},
                {CLAUSE_FROM, "from", verb->from_takes},
                {CLAUSE_AS, "as", 0}};
    put_head(out, width, verb->entry.formula, "verb");
    put_paragraph(out, width, 2, 2, "", verb->entry.summary);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[120], line[160];
        if (verb->clauses & rows[i].clause) {
            snprintf(line, sizeof line, "%s%s", rows[i].takes ? taken(rows[i].takes, text) : "a new name",
                     verb->required & rows[i].clause ? " (required)" : "");
            put_paragraph(out, width, 2, FACTS, rows[i].word, line);
        }
    }
    put_arguments(out, width, verb->entry.args);
    put_facts(out, width, &verb->entry);
}

void help_keyword(FILE *out, int width, const Keyword *keyword) {
    put_head(out, width, keyword->form, "keyword");
    put_paragraph(out, width, 2, 2, "", keyword->summary);
    const PlumbEntry *keys = strcmp(keyword->name, "recipe") ? NULL : plumb_entry_find("recipe");
    if (keys) {
        put_arguments(out, width, keys->args);
    }
    put_paragraph(out, width, 2, FACTS, "example", keyword->example);
}

void help_field(FILE *out, int width, FieldHelp field) {
    Text form = {0}, example = {0};
    text_printf(&form, "%s.%s", field.owner, field.name);
    text_printf(&example, "print %s.%s", field.owner, field.name);
    put_head(out, width, form.at ? form.at : field.name, "field");
    put_paragraph(out, width, 2, 2, "", field.help);
    put_paragraph(out, width, 2, FACTS, "example", example.at);
    text_clear(&form);
    text_clear(&example);
}

/* Of a net, its parameters too. */
void help_bound(FILE *out, int width, const char *name, const char *about, const Value *value) {
    put_head(out, width, name, value_type_name(value));
    put_paragraph(out, width, 2, 2, "", about);
    const Tree *declaration = value->type == VALUE_NET ? value->net->declaration : NULL;
    Text text = {0};
    for (int i = 0; declaration && i < declaration->count; i++) {
        if (declaration->child[i]->kind == TREE_PARAM) {
            text_printf(&text, "%s%s", text.at ? ", " : "", declaration->child[i]->text);
        }
    }
    put_paragraph(out, width, 2, FACTS, "parameters", text.at);
    text_clear(&text);
    Text example = {0};
    bool shows = value->type == VALUE_NET || value->type == VALUE_DATA || value->type == VALUE_RECIPE;
    text_printf(&example, "%s %s", shows ? "show" : "print", name);
    put_paragraph(out, width, 2, FACTS, "more", example.at);
    text_clear(&example);
}

/* ---- the overview ------------------------------------------------------------------------------------------- */

static const Keyword keywords[] = {
    {"net", "net NAME(PARAMETER=DEFAULT, ...) { LAYERS }",
     "declares a net: its statements run top to bottom, each feeding the next. `net NAME = NET(...)` is a variant.",
     "net small(act=relu) { input(4); dense(16) -> act; dense(3) }"},
    {"recipe", "recipe NAME { KEY = VALUE }",
     "how a net is trained. The keys:", "recipe quick { epochs = 20; optimizer = adam(lr=0.01) }"},
    {"for", "for (NAME in LIST) { STATEMENTS }", "the statements once for each item, in a script or in a net",
     "for (depth in [5, 10, 20]) { print depth }"},
    {"in", "for (NAME in LIST) { STATEMENTS }", "stands between the name and the list of a `for`",
     "for (act in [tanh, relu]) { print act }"},
    {"if", "if (CONDITION) { STATEMENTS } else { STATEMENTS }",
     "the first block if the condition is true, else the other",
     "if (depth > 10) { print \"deep\" } else { print \"shallow\" }"},
    {"else", "if (CONDITION) { STATEMENTS } else { STATEMENTS }", "begins what is done when the condition is false",
     "if (depth > 10) { print \"deep\" } else { print \"shallow\" }"},
    {"on", "VERB ... on DATA", "the data set that a verb uses", "evaluate plain on digits"},
    {"with", "VERB ... with RECIPE", "the recipe that a verb uses: a name, a block, or both",
     "train plain on digits with quick { epochs = 5 }"},
    {"to", "VERB ... to FILE", "where a verb writes", "save plain to \"plain.safetensors\""},
    {"from", "VERB ... from FILE", "what a verb reads", "load plain from \"plain.safetensors\""},
    {"as", "VERB ... as NAME", "the new name that a verb binds", "fix plain as fixed on digits"},
    {"true", "true", "the condition that holds", "dense(64, bias=true)"},
    {"false", "false", "the condition that does not hold", "dense(64, bias=false)"},
    {"none", "none", "no value; as a layer, the identity", "net plain = mlp(norm=none)"},
    {"and", "CONDITION and CONDITION", "true if both are", "expect plain.loss < 1 and plain.accuracy > 0.9"},
    {"or", "CONDITION or CONDITION", "true if one of both is", "expect depth < 5 or width > 64"},
    {"not", "not CONDITION", "true if the condition is false", "expect not isnan(plain.loss)"},
};

const Keyword *keyword_at(int index) {
    return index >= 0 && index < (int)(sizeof keywords / sizeof *keywords) ? &keywords[index] : NULL;
}

/* All names of some kinds and a family (NULL: any) in one paragraph; the verbs of plumb's tables keep their order.
 */
static void put_names(FILE *out, int width, const char *title, unsigned kinds, const char *family) {
    Paragraph words = paragraph(out, width, 2, TITLES + GAP, title);
    const PlumbEntry *entry;
    for (int i = 0; (entry = name_entry_at(i)); i++) {
        if (entry->kind & kinds && (!family || strcmp(entry->family, family) == 0)) {
            put_word(&words, entry->name, strlen(entry->name));
        }
    }
    end_paragraph(&words);
}

/* One paragraph a family, in the order of the tables. */
static void put_families(FILE *out, int width, unsigned kinds) {
    const char *seen[NAMES_MAX];
    int count = 0;
    const PlumbEntry *entry;
    for (int i = 0; (entry = name_entry_at(i)) && count < NAMES_MAX; i++) {
        bool is_new = entry->kind & kinds;
        for (int j = 0; j < count && is_new; j++) {
            is_new = strcmp(seen[j], entry->family) != 0;
        }
        if (is_new) {
            seen[count++] = entry->family;
            put_names(out, width, entry->family, kinds, entry->family);
        }
    }
}

static void put_keywords(FILE *out, int width) {
    Paragraph words = paragraph(out, width, 2, TITLES + GAP, "keywords");
    for (int i = 0; keyword_at(i); i++) {
        put_word(&words, keyword_at(i)->name, strlen(keyword_at(i)->name));
    }
    end_paragraph(&words);
}

static void put_fields(FILE *out, int width, const char *title, const char *owner) {
    Paragraph words = paragraph(out, width, 2, TITLES + GAP, title);
    FieldHelp field;
    for (int i = 0; (field = field_help_at(i)).name; i++) {
        if (!strcmp(field.owner, owner)) {
            put_word(&words, field.name, strlen(field.name));
        }
    }
    end_paragraph(&words);
}

void help_overview(FILE *out, int width) {
    fputs("Verbs: what is done\n", out);
    put_families(out, width, PLUMB_VERB);
    fputs("\nNets\n", out);
    put_families(out, width, PLUMB_LAYER | PLUMB_ACTIVATION);
    put_names(out, width, "combinators", PLUMB_COMBINATOR, NULL);
    put_names(out, width, "initialisers", PLUMB_INIT, NULL);
    fputs("\nData\n", out);
    put_families(out, width, PLUMB_DATA);
    put_names(out, width, "augmentation", PLUMB_AUGMENT, NULL);
    fputs("\nRecipes\n", out);
    put_names(out, width, "optimizers", PLUMB_OPTIMIZER, NULL);
    put_names(out, width, "schedules", PLUMB_SCHEDULE, NULL);
    put_names(out, width, "losses", PLUMB_LOSS, NULL);
    put_names(out, width, "clipping", PLUMB_CLIP, NULL);
    put_names(out, width, "stopping", PLUMB_STOP, NULL);
    put_names(out, width, "cadence", PLUMB_CADENCE, NULL);
    put_names(out, width, "logs", PLUMB_LOG, NULL);
    fputs("\nThe language\n", out);
    put_keywords(out, width);
    put_names(out, width, "functions", PLUMB_FUNCTION, NULL);
    put_names(out, width, "settings", PLUMB_SETTING, NULL);
    put_names(out, width, "words", PLUMB_WORD, NULL);
    put_fields(out, width, "net fields", "plain");
    put_fields(out, width, "layer fields", "plain.LAYER");
    put_paragraph(out, width, 0, 0, "",
                  "\nhelp NAME tells more: its arguments, formula, source and an example. `help train`, `help dense`, "
                  "`help recipe`, `help csv`.");
}
