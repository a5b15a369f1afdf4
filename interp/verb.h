/* A verb is one row of the table in verbs.c: its name, operands, clauses, help and handler, one file a verb or a family. */
#ifndef PLUMB_VERB_H
#define PLUMB_VERB_H
#include "session.h"
#include "value.h"

enum { CLAUSE_ON = 1, CLAUSE_WITH = 2, CLAUSE_TO = 4, CLAUSE_FROM = 8, CLAUSE_AS = 16 };
enum { /* what an operand or a clause takes; handlers get it evaluated */
    TAKES_NOTHING = 0, TAKES_ANY = 1, TAKES_NET = 2, TAKES_DATA = 4, TAKES_RECIPE = 8, TAKES_STRING = 16, TAKES_CONDITION = 32,
    TAKES_NAME = 64 /* unevaluated */, TAKES_NUMBER = 128, TAKES_SETTINGS = 256 /* a block of the verb's own arguments */
};

typedef struct VerbCall {       /* operands and clauses, evaluated; the trees say where each stands */
    const Tree *tree;
    int count;
    const Tree **tree_of;       /* of each operand */
    Value **operand;            /* NULL for TAKES_NAME and TAKES_CONDITION: the handler evaluates */
    Value *on, *with, *to, *from;
    const Tree *on_tree, *with_tree, *to_tree, *from_tree, *as_tree;
    Scope *scope;               /* in which it stands */
} VerbCall;

typedef struct Verb {
    PlumbEntry entry;           /* kind PLUMB_VERB; summary, formula = the synopsis, example: for help; args: what its `with` sets */
    int operands_min, operands_max; /* max -1: any number */
    unsigned operands;          /* TAKES_... */
    unsigned clauses, required; /* CLAUSE_... */
    unsigned on_takes, to_takes, from_takes; /* `with`: a recipe, or a call of `entry` where that has args */
    bool (*run)(Session *session, const VerbCall *call); /* false: failed, diagnostic added */
    /* Before anything runs, with what could be evaluated without running (else VALUE_UNKNOWN): adds diagnostics. NULL: no more
     * than kinds, counts and clauses, which are checked for every verb. */
    void (*check)(Session *session, const VerbCall *call);
} Verb;

const Verb *verb_find(const char *name); /* NULL: no such verb */
const Verb *verb_at(int index);          /* NULL ends */

/* ---- what handlers use --------------------------------------------------------------------------------- */
const Options *session_options(const Session *session);
FILE *session_out(const Session *session);  /* what was asked for by `print`: standard output */
/* Tables and messages for a person: standard output; standard error under --json; nowhere while quiet. Never NULL. */
FILE *session_text(const Session *session);
bool session_live(const Session *session);  /* session_text is a terminal: progress may be shown and erased again */
FILE *session_err(const Session *session);  /* diagnostics */
bool session_checking(const Session *session);
/* Where `plumb check` asks for doubts: a warning where the net was made if the forecast calls it ill, as `built` from it, complete.
 * data may be NULL; a NULL recipe is the default one. */
void doubt_net(Session *session, const NetValue *net, const PlumbNet *built, const PlumbData *data, const PlumbCall *recipe);
/* The same of a file that cannot be read as it is now, unless the script writes files itself. */
void doubt_file(Session *session, Span span, const PlumbError *error);
PlumbConfig session_config(const Session *session);
const PlumbFiles *session_files(const Session *session);
/* Adds a runtime error at a place of the script, with found, expected and hint. Returns false. */
bool session_fail(Session *session, Span span, const PlumbError *error);
bool session_error(Session *session, Span span, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The instance's PlumbNet, built and checked; NULL after an error. Its weights are made unless this is a check. */
PlumbNet *session_net(Session *session, Value *net, Span span);
/* The same without weights being made: for what reads the declaration alone. */
PlumbNet *session_declared_net(Session *session, Value *net, Span span);
/* The recipe to use: `with`, or the one it was trained with, or the default. Borrowed; NULL: no memory. */
const PlumbCall *session_recipe(Session *session, Value *with, Value *net);
/* Evaluates an expression of the script in the session's scope. NULL after an error. */
Value *session_evaluate(Session *session, const Tree *tree);
bool session_bind(Session *session, const char *name, Value *value); /* keeps the value; false: no memory */
Value *session_lookup(Session *session, const char *name);  /* borrowed; NULL: not bound */
void session_set_quit(Session *session);
/* --json: stamps verb, net (may be NULL) and line on `object` and prints it; takes ownership. Without --json it only lets go. */
void session_json(Session *session, const VerbCall *call, const char *net, json_t *object);
bool session_json_wanted(const Session *session);
bool session_set(Session *session, const char *key, const Value *value, Span span); /* `set key = value` */
/* Runs a file as `use` does. */
bool session_use(Session *session, const char *path, Span span);
/* A file was or may be written: data that was read before is read again. */
void session_wrote(Session *session);
/* Runs a trainer so that ctrl-C pauses it. PLUMB_PAUSED by ctrl-C: the handler returns session_pause(session, call), and
 * `continue` calls it again with session_resuming true; it then goes on with the trainers it finds unfinished. */
PlumbOutcome session_train(Session *session, PlumbTrainer *trainer, PlumbError *error);
bool session_pause(Session *session, const VerbCall *call); /* keeps the operands; returns true */
bool session_resuming(const Session *session);
bool session_stepping(const Session *session);  /* by `step n` */
bool session_at_prompt(const Session *session); /* somebody can look at a paused training and go on with it */
/* `continue`, `step n`: runs the paused statement on, for `most` steps (0: to its end). */
bool session_resume(Session *session, int64_t most, Span span);
#endif
