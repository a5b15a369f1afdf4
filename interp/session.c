/* A session: its bindings and scripts, and the way of a text through parser, checker and run. */
#include "../grammar/text.h"
#include "interpreter.h"
#include "settings.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { USE_DEPTH_MAX = 16, FAILED = 1, REFUSED = 2, INTERRUPTED = 130 };

static const char *const current_folder[] = {".", NULL};

/* ---- making ------------------------------------------------------------------------------------------------------ */

static int count_defines(const Options *options) {
    int count = 0;
    while (options->define && options->define[count]) {
        count++;
    }
    return count;
}

Session *session_new(const Options *options, FILE *out, FILE *err) {
    Session *session = calloc(1, sizeof *session);
    if (!session) {
        return NULL;
    }
    session->options = *options;
    session->out = out;
    session->err = err;
    session->nowhere = fopen("/dev/null", "w");
    session->files = (PlumbFiles){options->read_roots ? options->read_roots : current_folder,
                                  options->write_roots ? options->write_roots : current_folder, NULL};
    session->diags = diags_new();
    session->scope = session->global = scope_new(NULL);
    session->define_used = calloc((size_t)count_defines(options) + 1, sizeof *session->define_used);
    if (!session->diags || !session->global || !session->define_used) {
        session_free(session);
        return NULL;
    }
    return session;
}

static void script_free(Script *script) {
    if (script) {
        program_free(script->program);
        source_free(script->source);
        free(script->folder);
        free(script);
    }
}

void session_forget_loaded(Session *session) {
    while (session->loaded) {
        Loaded *loaded = session->loaded;
        session->loaded = loaded->next;
        value_drop(loaded->value);
        free(loaded->key);
        free(loaded);
    }
}

/* Values before the trees that they point to. */
void session_free(Session *session) {
    if (!session) {
        return;
    }
    paused_clear(session);
    watch_remove(session, 0);
    free(session->watch);
    session_forget_loaded(session);
    if (session->global) {
        scope_clear(session->global);
    }
    scope_drop(session->global);
    while (session->scripts) {
        Script *script = session->scripts;
        session->scripts = script->next;
        script_free(script);
    }
    diags_free(session->diags);
    free(session->define_used);
    if (session->nowhere) {
        fclose(session->nowhere);
    }
    free(session);
}

/* ---- texts ------------------------------------------------------------------------------------------------------- */

static bool is_verb(void *self, const char *word) {
    (void)self;
    return verb_find(word);
}

static const char *verb_name_at(void *self, int index) {
    (void)self;
    const Verb *verb = verb_at(index);
    return verb ? verb->entry.name : NULL;
}

const Words *session_words(const Session *session) {
    static const Words words = {is_verb, verb_name_at, NULL};
    (void)session;
    return &words;
}

/* Kept until the session ends: nets point to their trees. */
Script *script_read(Session *session, const char *name, const char *text, size_t length, const char *folder) {
    Script *script = calloc(1, sizeof *script);
    Span nowhere = {0};
    if (!script) {
        report_memory(session, nowhere);
        return NULL;
    }
    script->source = source_new(name, text, length);
    script->folder = folder ? strdup(folder) : NULL;
    script->program = script->source ? parse(script->source, session_words(session), session->diags) : NULL;
    if (!script->program || (folder && !script->folder)) {
        script_free(script);
        report_memory(session, nowhere);
        return NULL;
    }
    script->next = session->scripts;
    session->scripts = script;
    return script;
}

const Script *script_of(const Session *session, const Source *source) {
    const Script *script = session->scripts;
    while (script && script->source != source) {
        script = script->next;
    }
    return script;
}

/* The folder part of a path; NULL where it has none. malloc'd. */
static char *folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : NULL;
}

static const char *enter_folder(Session *session, const char *folder) {
    const char *before = session->folder;
    session->folder = session->files.base = folder;
    return before;
}

/* ---- checking ---------------------------------------------------------------------------------------------------- */

/* In a frame that is thrown away, settings too. */
static void check_script(Session *session, const Script *script) {
    Scope *frame = scope_new(session->global);
    Options options = session->options;
    if (!frame) {
        report_memory(session, script->program->root->span);
        return;
    }
    session->scope = frame;
    session->checking = true;
    run_block(session, script->program->root);
    session->checking = false;
    session->quit = false;
    session->scope = session->global;
    session->options = options;
    scope_clear(frame);
    scope_drop(frame);
}

/* A -D that no binding takes is a slip. */
static void check_defines(Session *session) {
    for (int i = 0; i < count_defines(&session->options); i++) {
        const char *define = session->options.define[i];
        if (!session->define_used[i] && !session->options.interactive) {
            report(session, (Span){0}, "-D %s: the script binds no `%.*s`", define, (int)strcspn(define, "="), define);
        }
    }
}

static int errors(const Session *session) {
    return diags_count(session->diags, DIAG_ERROR) + diags_out_of_memory(session->diags);
}

/* ---- running ----------------------------------------------------------------------------------------------------- */

static bool read_and_check(Session *session, Script **script, const char *name, const char *text, size_t length) {
    char *folder = folder_of(name);
    *script = script_read(session, name, text, length, folder);
    free(folder);
    if (*script && !errors(session)) {
        enter_folder(session, (*script)->folder);
        check_script(session, *script);
        check_defines(session);
    }
    return !errors(session);
}

static int run_script(Session *session, const Script *script) {
    bool done = run_block(session, script->program->root);
    return session->interrupted ? INTERRUPTED : done && !errors(session) ? 0 : FAILED;
}

static int finish(Session *session, int status) {
    session_show_diags(session);
    session_forget_loaded(session);
    enter_folder(session, NULL);
    session->interrupted = 0;
    fflush(session_text(session));
    fflush(session->out);
    return status;
}

int session_check(Session *session, const char *name, const char *text, size_t length) {
    Script *script;
    session->interrupted = 0;
    session->doubting = true;
    bool correct = read_and_check(session, &script, name, text, length);
    session->doubting = false;
    return finish(session, session->interrupted ? INTERRUPTED : correct ? 0 : REFUSED);
}

int session_run(Session *session, const char *name, const char *text, size_t length) {
    Script *script;
    session->interrupted = 0;
    bool correct = read_and_check(session, &script, name, text, length);
    if (!correct || session->interrupted) {
        return finish(session, correct ? INTERRUPTED : REFUSED);
    }
    session_show_diags(session); /* warnings */
    return finish(session, run_script(session, script));
}

/* ---- use --------------------------------------------------------------------------------------------------------- */

/* Beside the script that uses it, or in the current folder: the path that was found. malloc'd. */
static char *used_path(const Session *session, const char *path) {
    char *joined = NULL;
    bool beside = session->folder && *path != '/' && asprintf(&joined, "%s/%s", session->folder, path) > 0;
    if (beside && access(joined, F_OK) == 0) {
        return joined;
    }
    free(joined);
    return strdup(path);
}

static bool run_used(Session *session, const Script *script, int before) {
    const char *outer = enter_folder(session, script->folder);
    bool done = errors(session) == before && run_block(session, script->program->root);
    enter_folder(session, outer);
    return done;
}

bool session_use(Session *session, const char *path, Span span) {
    PlumbError error = {.argument = -1};
    size_t length = 0;
    if (session->use_depth >= USE_DEPTH_MAX) {
        return session_error(session, span, "files use each other more than %d deep: does one use itself?",
                             USE_DEPTH_MAX);
    }
    char *found = used_path(session, path);
    unsigned char *text = found ? plumb_file_read(found, &session->files, &length, &error) : NULL;
    if (!text) {
        free(found);
        doubt_file(session, span, &error);
        return session->checking || session_fail(session, span, &error); /* a statement before may write it */
    }
    char *folder = folder_of(found);
    int before = errors(session);
    Script *script = script_read(session, found, (const char *)text, length, folder);
    free(folder);
    free(text);
    free(found);
    session->use_depth++;
    bool done = script && run_used(session, script, before);
    session->use_depth--;
    return done;
}

/* ---- training and interruption ----------------------------------------------------------------------------------- */

void session_interrupt(Session *session) {
    session->interrupted = 1;
    PlumbTrainer *trainer = session->trainer;
    if (trainer) {
        plumb_trainer_pause(trainer);
    }
}

bool session_training(const Session *session) {
    return session->trainer;
}

void session_prompting(Session *session) {
    session->prompting = true;
}

bool session_at_prompt(const Session *session) {
    return session->prompting;
}

PlumbOutcome session_train(Session *session, PlumbTrainer *trainer, PlumbError *error) {
    fflush(session->out); /* it may take long: what was printed is to be seen */
    session->trainer = trainer;
    if (session->interrupted) {
        plumb_trainer_pause(trainer);
    }
    PlumbOutcome outcome = plumb_trainer_run(trainer, session->most_steps, error);
    session->trainer = NULL;
    return outcome;
}

/* ---- what verbs ask for ------------------------------------------------------------------------------------------ */

const Options *session_options(const Session *session) {
    return &session->options;
}
Diags *session_diags(Session *session) {
    return session->diags;
}
bool session_checking(const Session *session) {
    return session->checking;
}
const PlumbFiles *session_files(const Session *session) {
    return &session->files;
}
void session_set_quit(Session *session) {
    session->quit = true;
}
bool session_has_quit(const Session *session) {
    return session->quit;
}
void session_wrote(Session *session) {
    session_forget_loaded(session);
}

PlumbConfig session_config(const Session *session) {
    const Options *options = &session->options;
    return (PlumbConfig){options->threads, options->shards, options->backend, options->seed};
}

Value *session_evaluate(Session *session, const Tree *tree) {
    return evaluate(session, tree, session->scope);
}

bool session_bind(Session *session, const char *name, Value *value) {
    return scope_bind(session->scope, name, value);
}

Value *session_lookup(Session *session, const char *name) {
    return scope_find(session->scope, name);
}

static bool is_complete(Session *session, const NetValue *net, Span span) {
    const Tree *missing = missing_parameter(net);
    if (missing) {
        Diag *diag = report(session, span, "net %s needs a value for `%s`", net->base, missing->text);
        diag_label(diag, "%s(%s=...)", net->base, missing->text);
        diag_place(diag, missing->span, "it has no default");
    }
    return !missing;
}

PlumbNet *session_declared_net(Session *session, Value *value, Span span) {
    NetValue *net = value->net;
    if (!is_complete(session, net, span)) {
        return NULL;
    }
    if (!net->net) {
        net->net = build_net(session, net, span);
    }
    bool block =
        net->net && !session->checking && plumb_net_size(net->net) && plumb_net_node(net->net, 0)->shape.rank < 0;
    if (block) { /* no error was found, so nothing but the input is unknown */
        Diag *diag = report(session, span, "net %s has no input: it is a block for other nets", net->name);
        diag_place(diag, net->declaration->text_span, "begin it with input(...)");
        return NULL;
    }
    return net->net;
}

PlumbNet *session_net(Session *session, Value *value, Span span) {
    PlumbNet *net = session_declared_net(session, value, span);
    PlumbError error = {.argument = -1};
    if (net && !session->checking && !plumb_net_make(net, session->options.seed, &error)) {
        session_fail(session, span, &error);
        return NULL;
    }
    return net;
}

/* The default is made once, in the session's own binding of a name that no script can write. */
const PlumbCall *session_recipe(Session *session, Value *with, Value *net) {
    Value *recipe = with ? with : net ? net->net->trained_with : NULL;
    if (recipe && recipe->type == VALUE_RECIPE) {
        return recipe->call.call;
    }
    Value *standard = scope_find(session->global, "(recipe)");
    if (!standard) {
        PlumbArena *arena = plumb_arena_new();
        PlumbCall *call = arena ? plumb_call_default(arena, "recipe", NULL) : NULL;
        Value *made = call ? value_call(call) : NULL;
        standard = made && scope_bind(session->global, "(recipe)", made) ? made : NULL;
        value_drop(made);
        plumb_arena_free(arena);
    }
    return standard ? standard->call.call : NULL;
}

bool session_set(Session *session, const char *key, const Value *value, Span span) {
    PlumbError error = {.argument = -1};
    return setting_set(&session->options, key, value, &error) || session_fail(session, span, &error);
}

/* ---- names for completion ---------------------------------------------------------------------------------------- */

static unsigned bound_kind(const Value *value) {
    return value->type == VALUE_NET      ? NAME_NET
           : value->type == VALUE_DATA   ? NAME_DATA
           : value->type == VALUE_RECIPE ? NAME_RECIPE
                                         : NAME_VALUE;
}

const char *session_name_at(Session *session, int index, unsigned wanted) {
    Value *value;
    const char *name;
    for (int i = 0; (name = scope_name_at(session->global, i, &value)); i++) {
        if (*name != '(' && bound_kind(value) & wanted && index-- == 0) {
            return name;
        }
    }
    const PlumbEntry *entry;
    for (int i = 0; (entry = name_entry_at(i)); i++) {
        if (entry->kind & wanted && index-- == 0) {
            return entry->name;
        }
    }
    return NULL;
}
