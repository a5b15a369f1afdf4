/* What one parse holds, shared by the scanner (plumb.l, scan.c), the grammar (plumb.y, tree_build.c) and the driver
 * (parse.c). Internal to grammar/. Nothing here is global: any number of parses may run at once. */
#ifndef PLUMB_PARSER_H
#define PLUMB_PARSER_H
#include "brackets.h"
#include "parse.h"
#include <setjmp.h>

typedef struct Opening { /* a bracket that is open */
    Span span;
    char kind;
    const char *callee; /* the name just before a parenthesis, or NULL */
    const char *verb;   /* of the statement that the bracket interrupts */
    size_t statement;   /* where that begins */
} Opening;

typedef struct Lexeme { /* a token that was read */
    int token;
    Span span;
    const char *text; /* in the arena for names, verbs and strings; else NULL */
} Lexeme;

typedef struct Parser {
    const Source *source;
    const Words *words;
    Diags *diags; /* NULL: silent (the prompt asks, nothing is reported) */
    Arena *arena;
    jmp_buf out_of_memory; /* from inside flex, which knows no other way to fail */

    /* scanner */
    void *scanner; /* flex's state */
    Brackets brackets;
    size_t offset;           /* of the next byte */
    bool goes_on;            /* more text may follow (the prompt) */
    bool drops_last_newline; /* an end of line behind which nothing stands does not count */
    bool at_start;           /* a statement may start here */
    bool ends_in_string;
    bool closes_nothing; /* the last token is a bracket without its opening one */
    Opening open[NESTING_MAX];
    int depth;
    Lexeme last, previous; /* the newest token and the one before */
    const char *verb;      /* of the statement being read, or NULL */
    size_t statement;      /* where it begins */
    Comment *comments;
    int comment_count, comment_capacity;

    /* errors */
    int errors;         /* found so far, by scanner, grammar and builder */
    int error_state;    /* parser state of the first syntax error, -1 before */
    bool is_recovering; /* the rest of the statement is skipped down to `recover_depth` open brackets */
    int recover_depth;
    bool has_failed;       /* no memory: the parse is over */
    bool has_ended;        /* too many errors or too deep: what follows is not read */
    int *state_of_message; /* of each row of messages.inc, found at the first syntax error */
    Tree *root;
} Parser;

/* ---- parse.c ---------------------------------------------------------------------------------------------- */

enum { ERRORS_MAX = 100 };

/* An error at a place; it is only counted, and NULL returned, when the parse is silent. */
Diag *parser_error(Parser *parser, Span span, const char *format, ...) __attribute__((format(printf, 3, 4)));
Diag *parser_too_deep(Parser *parser, Span span); /* NULL: nobody wants to know */
void parser_recover(Parser *parser); /* after a syntax error at the newest token */

typedef struct yypstate ParserStack;
/* Called with the stack of tokens after the last one, before the end of the text is told to the grammar. */
typedef void (*AtEnd)(void *self, Parser *parser, ParserStack *stack);
Parser *parser_new(const Source *source, const Words *words, Diags *diags); /* NULL when memory is short */
/* Reads all of the source; false when memory was short. `at_end` may be NULL: else the parse is only asked, and what
 * comes after it is silent. */
bool parser_run(Parser *parser, AtEnd at_end, void *self);
void parser_free(Parser *parser); /* the arena and the comments too, unless they were taken */

/* ---- syntax_error.c --------------------------------------------------------------------------------------- */

enum { EXPECTED_MAX = 64 }; /* more than the grammar has tokens */
/* Reports the newest token, which the grammar in `state` did not expect. */
void report_syntax_error(Parser *parser, int state, const char *const *expected, int count);
/* For the tests: the parser state that an example fails in (-1: in none), and the examples in turn, ended by NULL. */
int syntax_error_state(const char *example);
const char *syntax_error_example(int index);

/* ---- plumb.y ---------------------------------------------------------------------------------------------- */

/* Names of the tokens that may follow, by LAC: as many as there are, at most EXPECTED_MAX. */
int stack_expected(ParserStack *stack, const char **names);
int stack_state(const ParserStack *stack);
bool stack_is_full(const ParserStack *stack); /* as deep as it may get, rather than short of memory */
#endif
