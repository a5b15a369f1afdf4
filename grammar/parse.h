/* Text to tree. Re-entrant: any number of parses at once. The grammar knows no verb by name: the caller says
 * which words are verbs. */
#ifndef PLUMB_PARSE_H
#define PLUMB_PARSE_H
#include "diag.h"
#include "tree.h"

typedef struct Words {
    bool (*is_verb)(void *self, const char *word);
    NameAt verb_at; /* lists the verbs, for suggestions */
    void *self;
} Words;

/* Parses all of `source`. Errors go to `diags` and parsing goes on behind them; the statements that were
 * understood are in the program. NULL only when memory is short. */
Program *parse(const Source *source, const Words *words, Diags *diags);

typedef enum { PARSE_COMPLETE, PARSE_INCOMPLETE, PARSE_WRONG } ParseState;
/* For the prompt: may the text end here (end of input is among the expected tokens), must it go on, or is it wrong? */
ParseState parse_state(const Source *source, const Words *words);

/* For completion: the tokens that may stand at the end of the text, evaluated by nothing (LAC, throw-away arena). */
typedef struct Expected {
    bool name;                /* an expression or a name may start here */
    bool statement;           /* a statement may start here: verbs, net, recipe, for, if */
    bool string;              /* the text ends inside a string */
    const char *keywords[16]; /* "on", "with", ... that may stand here, NULL-terminated */
    const char *clause;       /* the clause word just before ("on", "with", "from", "to", "as"), or NULL */
    const char *verb;         /* the verb of the statement under the cursor, or NULL (valid until expected_clear) */
    const char *callee;       /* the name called by the innermost open parenthesis, or NULL */
    const char *body;         /* what the innermost block is: "net" (or a pipeline), "recipe"; NULL: statements of a script */
    const char *with;         /* the verb whose `with` block the innermost one is, or NULL */
    char *held;               /* owns the strings above */
} Expected;
void parse_expected(const Source *source, const Words *words, Expected *expected);
void expected_clear(Expected *expected);
#endif
