/* Internal to the core of the interpreter: what a session holds, and how its parts call each other.
 *
 * A text is parsed, then checked, then run. Checking evaluates the same statements by the same code in a frame that is thrown away
 * (session->checking): nets are built, arguments bound, data read where that is possible, but no verb runs; what only running tells is
 * VALUE_UNKNOWN. So an error of any kind is found before anything runs. */
#ifndef PLUMB_INTERPRETER_H
#define PLUMB_INTERPRETER_H
#include "names.h"
#include "scope.h"
#include "verb.h"
#include "watch.h"
#include <signal.h>

typedef struct Script {      /* a text that was run: nets keep pointing to its tree */
    Source *source;
    Program *program;
    char *folder;            /* where its relative paths begin; NULL: the current folder */
    struct Script *next;
} Script;

typedef struct Loaded {      /* data that the check has read: the run takes it */
    char *key;
    Value *value;
    struct Loaded *next;
} Loaded;

typedef struct Paused {      /* the statement that ctrl-C or `step` has stopped */
    const Verb *verb;        /* NULL: none */
    VerbCall call;           /* its own copies, values kept */
} Paused;

struct Session {
    Options options;
    FILE *out, *err, *nowhere;
    Diags *diags;
    Scope *global;
    Scope *scope;            /* where statements bind: the global one, or a frame while checking */
    Script *scripts;
    Loaded *loaded;
    const char *folder;      /* of the script that runs */
    PlumbFiles files;
    bool checking;
    bool doubting;           /* plumb check: warnings of what may run but will not train */
    bool quit;
    int use_depth;
    bool *define_used;       /* of each of options.define */
    PlumbTrainer *volatile trainer; /* what runs now */
    volatile sig_atomic_t interrupted;
    Watch **watch;
    int watch_count, watch_number; /* the number of the last that was made */
    bool prompting;          /* statements come from the prompt: a watchpoint pauses */
    Paused paused;
    bool resuming;
    int64_t most_steps;      /* of `step n`; 0: no limit */
};

/* ---- session.c ---------------------------------------------------------------------------------------------- */
/* An error (or warning) at a place; takes labels, places and notes. Never NULL. */
Diag *report(Session *session, Span span, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same for a PlumbError: what, found, expected, hint. */
Diag *report_error(Session *session, Span span, const PlumbError *error);
Diag *report_doubt(Session *session, Span span, const PlumbError *error); /* the same, as a warning */
void report_memory(Session *session, Span span);
/* Parses, checks and runs what `session_run` was given, or runs `program` of a used file. */
Script *script_read(Session *session, const char *name, const char *text, size_t length, const char *folder);
const Script *script_of(const Session *session, const Source *source); /* NULL: it is no script's */
void session_forget_loaded(Session *session);

/* Prints what was reported, and as JSON where that is wanted. */

/* ---- statements.c ------------------------------------------------------------------------------------------- */
/* Runs, or checks, the statements of a block in the session's scope. False: one has failed (when running: the rest is not run). */
bool run_block(Session *session, const Tree *block);
bool run_statement(Session *session, const Tree *tree);
/* Calls body(self, item) for each item of a `for`; the items are those of the list. False: it failed. */
typedef bool (*EachItem)(void *self, const Tree *block, Scope *scope);
bool run_for(Session *session, const Tree *tree, Scope *scope, EachItem body, void *self);
/* The block that an `if` takes, NULL for none. False: the condition failed. While checking, an unknown condition: *both. */
bool choose_block(Session *session, const Tree *tree, Scope *scope, const Tree **taken, bool *both);
/* A net's declaration as a value. NULL after an error. */
Value *declare_net(Session *session, const Tree *tree, Scope *scope);
bool bind_name(Session *session, const Tree *tree, Scope *scope, Value *value);

/* ---- run_verb.c --------------------------------------------------------------------------------------------- */
bool run_verb(Session *session, const Tree *tree);
void paused_clear(Session *session);

/* ---- evaluate.c --------------------------------------------------------------------------------------------- */
/* A new reference, or NULL after an error was added. `kinds`: which entries' names to suggest for a misspelt one. */
Value *evaluate(Session *session, const Tree *tree, Scope *scope);
Value *evaluate_as(Session *session, const Tree *tree, Scope *scope, unsigned kinds);
/* 1 true, 0 false, -1 unknown while checking, -2 after an error. */
int evaluate_condition(Session *session, const Tree *tree, Scope *scope);

/* ---- call.c ------------------------------------------------------------------------------------------------- */
Value *evaluate_call(Session *session, const Tree *tree, Scope *scope);
/* An entry's name or call, arguments bound, checked and completed by the body's defaults. `tree`: a TREE_NAME or TREE_CALL.
 * *unknown: an argument is not known while checking; then NULL is no error. Lives in `arena`. */
PlumbCall *bind_call(Session *session, const PlumbEntry *entry, const Tree *tree, Scope *scope, PlumbArena *arena, bool *unknown);
/* The value of an entry's call: a call, a data set, the result of a function. */
Value *call_entry(Session *session, const PlumbEntry *entry, const Tree *tree, Scope *scope);
/* As an argument of the runtime. False: it is not one (a net, a history ...). */
bool value_to_plumb(PlumbArena *arena, const Value *value, PlumbValue *to);
Value *value_of_plumb(const PlumbValue *from);

/* ---- recipes.c ---------------------------------------------------------------------------------------------- */
/* The call of `entry` (the recipe, or a verb with arguments of its own) whose arguments a block sets, over `base` (NULL: the
 * defaults). */
Value *settings_of_block(Session *session, const PlumbEntry *entry, const Tree *block, const Value *base, Scope *scope);
/* The same for the recipe. */
Value *recipe_of_block(Session *session, const Tree *block, const Value *base, Scope *scope);

/* ---- instance.c --------------------------------------------------------------------------------------------- */
/* The net of a declaration with arguments (a TREE_CALL, or NULL for none). `like`: the net that was called, or NULL. */
Value *instantiate(Session *session, const NetValue *like, const Tree *call, Scope *scope);
NetValue *net_value_new(const char *name, const Tree *declaration, Scope *scope, Span span);
NetValue *net_value_like(const NetValue *like, const char *name, Span span); /* same declaration and arguments, own weights */
/* A frame with the parameters bound; unknown where one has no value. NULL: no memory. */
Scope *parameter_frame(const NetValue *net);
bool tree_mentions(const Tree *tree, const char *name); /* is the name used in it? */
const Tree *missing_parameter(const NetValue *net); /* NULL: all have values */

/* ---- build.c ------------------------------------------------------------------------------------------------ */
/* Lays the declaration out as layers; errors are added. NULL only without memory, or when running after an error. */
PlumbNet *build_net(Session *session, const NetValue *net, Span span);
#endif
