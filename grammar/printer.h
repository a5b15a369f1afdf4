/* Trees to text, shared by the printer of one statement (printer.c) and the layout of lines and comments (format.c).
 * Internal to grammar/.
 *
 * A unit (a statement, or an item of a list that does not fit) is printed in the first way that fits its line:
 *     FLAT     on one line, if its bodies were on one line and it holds no comment
 *     BODIES   every body over lines of its own, the rest as before
 *     CHAIN    a long row of operators, a line an operand
 *     ITEMS    parentheses that do not fit, a line an item
 * A choice depends on the tree and on which bodies were on one line, which printing keeps: so it is idempotent. */
#ifndef PLUMB_PRINTER_H
#define PLUMB_PRINTER_H
#include "text.h"
#include "tree.h"

enum { PAGE_WIDTH = 100, INDENT = 4 };
typedef enum Mode { FLAT, BODIES, CHAIN, ITEMS } Mode;

typedef struct Printer {
    Text out;
    size_t line; /* offset in `out` of the line being written */
    Mode mode;
    int indent;
    int reserve;       /* columns that follow the unit on its last line */
    bool is_measuring; /* bodies are left out, nothing is kept */
    bool has_overflow; /* FLAT, or measuring: it does not fit */
    const Source *source;
    const Comment *comments;
    int comment_count;
    bool *is_placed;   /* of each comment */
    int name_width;    /* of the binding to be printed: in a body, the `=` of neighbours are aligned */
    int in_bodies;     /* comments inside bodies that were left out */
    const Tree *guard; /* keeps the parentheses that a statement begins with: without them a name might be a verb */
} Printer;

/* ---- printer.c ---- */
void put(Printer *printer, const char *text);
void put_line(Printer *printer); /* a new line at the indentation */
void print_tree(Printer *printer, const Tree *tree);
void print_unit(Printer *printer, const Tree *tree, bool in_parentheses, int reserve);
/* Sets the guard; are they around the statement itself? */
bool guard_statement(Printer *printer, const Tree *tree);

/* ---- format.c ---- */
typedef struct Sequence { /* what stands in brackets: statements or items */
    Tree *const *item;
    int count;
    Span span; /* between the brackets */
    const char *separator;
    bool is_statements; /* blank lines are kept, and first words guarded */
} Sequence;
/* Every item on a line of its own, with its comments. */
void print_sequence(Printer *printer, Sequence sequence);
int count_comments(const Printer *printer, Span span);
/* Comments of `span` that share a line with what was just put. */
void put_trailing_comments(Printer *printer, Span span);
void put_own_line_comments(Printer *printer, Span span);
#endif
