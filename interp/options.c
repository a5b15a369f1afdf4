#include "options.h"
#include "../grammar/text.h"
#include "settings.h"
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { /* options without a letter */
       SEED = 256,
       THREADS,
       SHARDS,
       BACKEND,
       JSON,
       NO_COLOR,
       CHECK,
       ALLOW_READ,
       ALLOW_WRITE,
       VERSION
};

static const struct Row {
    int id; /* its letter, or one of the above */
    const char *name, *value, *help;
} rows[] = {
    {'e', NULL, "CODE", "run CODE; may be repeated, then the next line"},
    {'i', NULL, NULL, "the prompt after the file"},
    {'D', NULL, "NAME=VALUE", "overrides what the script binds NAME to"},
    {'q', NULL, NULL, "only what is printed, and errors"},
    {'n', NULL, NULL, "do not run ~/.plumbrc at the prompt"},
    {JSON, "json", NULL, "one JSON object a result, a line each, on standard output"},
    {SEED, "seed", "N", "of weights, shuffles and generated data"},
    {THREADS, "threads", "N", "threads to use; the results do not depend on it"},
    {SHARDS, "shards", "N", "parts of a batch; the last bits of the results depend on it"},
    {BACKEND, "backend", "NAME", "native or portable"},
    {NO_COLOR, "no-color", NULL, "no colour (as NO_COLOR in the environment)"},
    {ALLOW_READ, "allow-read", "DIR", "let the script read below DIR, too; may be repeated"},
    {ALLOW_WRITE, "allow-write", "DIR", "let the script write below DIR, too; may be repeated"},
    {'w', NULL, NULL, "fmt: write the canonical layout back into the files"},
    {CHECK, "check", NULL, "fmt: only name the files that are laid out otherwise"},
    {VERSION, "version", NULL, "print the version"},
    {'h', "help", NULL, "print this"},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* ---- values of options ------------------------------------------------------------------------------------- */

static bool wrong(Diags *diags, const char *hint, const char *format, ...) __attribute__((format(printf, 3, 4)));
static bool wrong(Diags *diags, const char *hint, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    Text text = {0};
    text_vprintf(&text, format, arguments);
    va_end(arguments);
    char *message = text_take(&text);
    Diag *diag = diags_add(diags, DIAG_ERROR, (Span){0}, "%s", message ? message : "out of memory");
    if (hint) {
        diag_label(diag, "%s", hint);
    }
    free(message);
    return false;
}

static bool out_of_memory(Diags *diags) {
    return wrong(diags, NULL, "out of memory");
}

/* As `set` takes it. */
static bool read_setting(CommandLine *line, const char *key, const char *text, Diags *diags) {
    char *end;
    double number = strtod(text, &end);
    PlumbError error = {.argument = -1};
    Value *value = *text && !*end ? value_number(number) : value_word(text);
    bool is_set = value && setting_set(&line->options, key, value, &error);
    value_drop(value);
    return is_set || wrong(diags, NULL, "--%s takes %s, found `%.60s`", key,
                           error.expected[0] ? error.expected : "another value", text);
}

static void append(const char **list, const char *text) {
    while (*list) {
        list++;
    }
    *list = text; /* room for all arguments was made, see make_room */
}

static bool read_folder(const char *option, const char **roots, const char *text, Diags *diags) {
    struct stat status;
    if (stat(text, &status) != 0) {
        return wrong(diags, NULL, "--%s `%.200s`: %s", option, text, strerror(errno));
    }
    if (!S_ISDIR(status.st_mode)) {
        return wrong(diags, NULL, "--%s takes a folder, `%.200s` is none", option, text);
    }
    append(roots, text);
    return true;
}

static size_t name_length(const char *text) {
    size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");
    return text[0] >= '0' && text[0] <= '9' ? 0 : length;
}

static bool read_define(CommandLine *line, const char *text, Diags *diags) {
    size_t length = name_length(text);
    if (length == 0 || text[length] != '=' || !text[length + 1]) {
        return wrong(diags, NULL, "-D takes NAME=VALUE, as in  -D epochs=5, found `%.60s`", text);
    }
    append(line->define, text);
    return true;
}

static bool add_code(CommandLine *line, const char *text, Diags *diags) {
    Text code = {0};
    text_printf(&code, "%s%s%s", line->code ? line->code : "", line->code ? "\n" : "", text);
    free(line->code);
    line->code = text_take(&code);
    return line->code || out_of_memory(diags);
}

static bool set_flag(bool *flag) {
    *flag = true;
    return true;
}

static bool apply(CommandLine *line, int id, const char *value, Diags *diags) {
    Options *options = &line->options;
    switch (id) {
    case 'e':
        return add_code(line, value, diags);
    case 'i':
        return set_flag(&line->prompts);
    case 'D':
        return read_define(line, value, diags);
    case 'q':
        return set_flag(&options->quiet);
    case 'n':
        return set_flag(&line->skips_startup);
    case 'w':
        return set_flag(&line->writes);
    case CHECK:
        return set_flag(&line->only_checks);
    case JSON:
        return set_flag(&options->json);
    case SEED:
        return read_setting(line, "seed", value, diags);
    case THREADS:
        return read_setting(line, "threads", value, diags);
    case SHARDS:
        return read_setting(line, "shards", value, diags);
    case BACKEND:
        return read_setting(line, "backend", value, diags);
    case ALLOW_READ:
        return read_folder("allow-read", line->read_roots, value, diags);
    case ALLOW_WRITE:
        return read_folder("allow-write", line->write_roots, value, diags);
    case VERSION:
        line->mode = MODE_VERSION;
        return true;
    case 'h':
        line->mode = MODE_HELP;
        return true;
    default: /* NO_COLOR */
        options->color = false;
        return true;
    }
}

/* ---- the words between the options -------------------------------------------------------------------------- */

static const char *command_at(void *self, int index) {
    static const char *const commands[] = {"check", "fmt", NULL};
    (void)self;
    return commands[index];
}

static const char *option_at(void *self, int index) {
    (void)self;
    int named = 0;
    for (int i = 0; i < ROWS; i++) {
        if (rows[i].name && named++ == index) {
            return rows[i].name;
        }
    }
    return NULL;
}

static bool too_many_files(const char *const *files, Diags *diags) {
    const char *nearest = nearest_name(files[0], command_at, NULL);
    char hint[64];
    snprintf(hint, sizeof hint, "did you mean `plumb %s`?", nearest ? nearest : "");
    return wrong(diags, nearest ? hint : NULL, "one script at a time: found `%.200s` and `%.200s`", files[0], files[1]);
}

static bool read_files(CommandLine *line, char **words, Diags *diags) {
    line->files = (const char *const *)words;
    const char *first = words[0];
    if (line->mode == MODE_RUN && first && (strcmp(first, "check") == 0 || strcmp(first, "fmt") == 0)) {
        line->mode = *first == 'c' ? MODE_CHECK : MODE_FORMAT;
        line->files++;
    }
    bool formats = line->mode == MODE_FORMAT;
    if (!formats && (line->writes || line->only_checks)) {
        return wrong(diags, line->only_checks ? "or did you mean `plumb check FILE`?" : NULL,
                     "%s goes with `plumb fmt FILE`", line->writes ? "-w" : "--check");
    }
    if (formats && line->writes && line->only_checks) {
        return wrong(diags, NULL, "-w writes and --check does not: take one of them");
    }
    if ((formats || line->mode == MODE_CHECK) && (line->code || line->prompts)) {
        return wrong(diags, NULL, "-%c does not go with `plumb %s`", line->code ? 'e' : 'i', first);
    }
    if ((formats || line->mode == MODE_CHECK) && !line->files[0]) {
        return wrong(diags, NULL, "`plumb %s` needs a FILE, or - for standard input", first);
    }
    return line->mode != MODE_RUN || !line->files[0] || !line->files[1] || too_many_files(line->files, diags);
}

/* ---- getopt ------------------------------------------------------------------------------------------------- */

static void list_letters(char letters[2 * ROWS + 2]) {
    *letters++ = ':';
    for (int i = 0; i < ROWS; i++) {
        if (rows[i].id < SEED) {
            *letters++ = (char)rows[i].id;
            *letters = ':';
            letters += rows[i].value != NULL;
        }
    }
    *letters = '\0';
}

static void list_names(struct option names[ROWS + 1]) {
    for (int i = 0; i < ROWS; i++) {
        if (rows[i].name) {
            *names++ = (struct option){rows[i].name, rows[i].value ? required_argument : no_argument, NULL, rows[i].id};
        }
    }
    *names = (struct option){0};
}

static bool unknown_option(const char *word, int letter, Diags *diags) {
    if (letter && letter < SEED) {
        return wrong(diags, "plumb --help lists all options", "unknown option `-%c`", letter);
    }
    char name[40];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    const char *nearest = nearest_name(name, option_at, NULL);
    char hint[80];
    snprintf(hint, sizeof hint, nearest ? "did you mean `--%s`?" : "plumb --help lists all options", nearest);
    if (letter) {
        return wrong(diags, NULL, "`--%s` takes no value", name);
    }
    return wrong(diags, hint, "unknown option `%.200s`", word);
}

static bool missing_value(int id, Diags *diags) {
    for (int i = 0; i < ROWS; i++) {
        if (rows[i].id == id) {
            char letter[2] = {(char)id, '\0'};
            return wrong(diags, NULL, "%s%s needs a value: %s", rows[i].name ? "--" : "-",
                         rows[i].name ? rows[i].name : letter, rows[i].value);
        }
    }
    return false;
}

static bool read_options(CommandLine *line, int argc, char **argv, Diags *diags) {
    char letters[2 * ROWS + 2];
    struct option names[ROWS + 1];
    list_letters(letters);
    list_names(names);
    opterr = 0;
    for (int id; (id = getopt_long(argc, argv, letters, names, NULL)) != -1;) {
        bool understood = id == '?'   ? unknown_option(argv[optind - 1], optopt, diags)
                          : id == ':' ? missing_value(optopt, diags)
                                      : apply(line, id, optarg, diags);
        if (!understood) {
            return false;
        }
    }
    return true;
}

/* ---- the whole ---------------------------------------------------------------------------------------------- */

int terminal_width(void) {
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    int width = columns ? atoi(columns) : 0;
    if (width <= 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
        width = size.ws_col;
    }
    return width <= 0 ? 80 : width < 40 ? 40 : width > 1000 ? 1000 : width;
}

static bool wants_color(void) {
    const char *refused = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && isatty(STDERR_FILENO) && !(refused && *refused) &&
           !(terminal && strcmp(terminal, "dumb") == 0);
}

/* Each list has room for all arguments, the current folder, the script's, and the end. */
static bool make_room(CommandLine *line, int argc) {
    size_t most = (size_t)argc + 3;
    line->read_roots = calloc(most, sizeof *line->read_roots);
    line->write_roots = calloc(most, sizeof *line->write_roots);
    line->define = calloc(most, sizeof *line->define);
    if (!line->read_roots || !line->write_roots || !line->define) {
        return false;
    }
    append(line->read_roots, ".");
    append(line->write_roots, ".");
    line->options.read_roots = line->read_roots;
    line->options.write_roots = line->write_roots;
    line->options.define = line->define;
    return true;
}

bool command_line_read(CommandLine *line, int argc, char **argv, Diags *diags) {
    *line = (CommandLine){.options = {.color = wants_color(), .width = terminal_width(), .seed = 1}};
    if (!make_room(line, argc)) {
        return out_of_memory(diags);
    }
    bool understood = read_options(line, argc, argv, diags) && read_files(line, argv + optind, diags);
    line->options.color = line->options.color && !line->options.json;
    return understood;
}

bool command_line_enter(CommandLine *line, const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash) {
        return true;
    }
    char *folder = strndup(path, slash == path ? 1 : (size_t)(slash - path));
    if (!folder) {
        return false;
    }
    const char **slot = line->read_roots;
    while (*slot && *slot != line->folder) {
        slot++;
    }
    free(line->folder);
    *slot = line->folder = folder;
    return true;
}

void command_line_free(CommandLine *line) {
    free(line->read_roots);
    free(line->write_roots);
    free(line->define);
    free(line->folder);
    free(line->code);
}

static void print_row(FILE *out, const struct Row *row) {
    char text[40];
    int length = row->id < SEED ? snprintf(text, sizeof text, "-%c", row->id) : 0;
    if (row->name) {
        length += snprintf(text + length, sizeof text - (size_t)length, "%s--%s", length ? ", " : "", row->name);
    }
    snprintf(text + length, sizeof text - (size_t)length, "%s%s", row->value ? " " : "", row->value ? row->value : "");
    fprintf(out, "  %-18s %s\n", text, row->help);
}

void command_line_help(FILE *out) {
    fputs("plumb shows where the gradient of a deep net goes.\n\n"
          "  plumb                  the prompt, or the program on standard input\n"
          "  plumb FILE             run a script; - is standard input\n"
          "  plumb -e CODE          run CODE\n"
          "  plumb check FILE...    names, arguments and shapes, without running anything\n"
          "  plumb fmt FILE...      print the canonical layout\n\n",
          out);
    for (int i = 0; i < ROWS; i++) {
        print_row(out, &rows[i]);
    }
    fputs("\nplumb -e help lists the language, plumb -e \"help dense\" one name of it.\n"
          "Exit status: 0 done; 1 a run-time error or a failed `expect`; 2 a syntax,\n"
          "checking or usage error; 130 interrupted.\n",
          out);
}
