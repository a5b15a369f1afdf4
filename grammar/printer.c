#include "printer.h"
#include <string.h>

/* ---- text ---------------------------------------------------------------------------------------------------- */

static int column(const Printer *printer) {
    return (int)utf8_count(printer->out.at + printer->line, printer->out.length - printer->line);
}

static bool is_bounded(const Printer *printer) {
    return printer->mode == FLAT || printer->is_measuring;
}

void put(Printer *printer, const char *text) {
    if (is_bounded(printer) && printer->has_overflow)
        return; /* the attempt has failed: no more work for it */
    text_add(&printer->out, text, strlen(text));
    if (is_bounded(printer) && column(printer) + printer->reserve > PAGE_WIDTH)
        printer->has_overflow = true;
}

void put_line(Printer *printer) {
    if (printer->out.length)
        text_char(&printer->out, '\n');
    printer->line = printer->out.length;
    text_repeat(&printer->out, ' ', printer->indent);
}

static void put_string(Printer *printer, const char *text) {
    static const struct {
        char byte;
        const char *escape;
    } escapes[] = {{'"', "\\\""}, {'\\', "\\\\"}, {'\n', "\\n"}, {'\t', "\\t"}};
    Text quoted = {0};
    text_char(&quoted, '"');
    for (; *text; text++) {
        const char *escape = NULL;
        for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
            if (escapes[i].byte == *text)
                escape = escapes[i].escape;
        if (escape)
            text_printf(&quoted, "%s", escape);
        else
            text_printf(&quoted, (unsigned char)*text < ' ' || *text == 0x7f ? "\\x%02x" : "%c", (unsigned char)*text);
    }
    text_char(&quoted, '"');
    if (quoted.failed)
        printer->out.failed = true;
    else
        put(printer, quoted.at);
    text_clear(&quoted);
}

/* With parentheses where they are needed, or guard the first word of a statement. */
static void print_operand(Printer *printer, const Tree *tree, bool in_parentheses) {
    in_parentheses = in_parentheses || tree == printer->guard;
    put(printer, in_parentheses ? "(" : "");
    print_tree(printer, tree);
    put(printer, in_parentheses ? ")" : "");
}

/* ---- ways to print a unit ------------------------------------------------------------------------------------ */

typedef struct State { /* of the printer, to come back to after an attempt */
    size_t length, line;
    Mode mode;
    int indent, reserve, name_width, in_bodies;
    bool is_measuring, has_overflow;
} State;

static State save(const Printer *p) {
    return (State){p->out.length, p->line,      p->mode,         p->indent,      p->reserve,
                   p->name_width, p->in_bodies, p->is_measuring, p->has_overflow};
}

static void restore(Printer *printer, State state) {
    printer->mode = state.mode;
    printer->indent = state.indent;
    printer->reserve = state.reserve;
    printer->name_width = state.name_width;
    printer->in_bodies = state.in_bodies;
    printer->is_measuring = state.is_measuring;
    printer->has_overflow = state.has_overflow;
}

static void drop_text(Printer *printer, State state) {
    printer->line = state.line;
    printer->out.length = state.length;
    if (printer->out.at)
        printer->out.at[state.length] = '\0';
}

typedef struct Unit {
    const Tree *tree;
    bool in_parentheses;
} Unit;

static void print_in(Printer *printer, Mode mode, Unit unit) {
    printer->mode = mode;
    print_operand(printer, unit.tree, unit.in_parentheses);
}

static bool try_flat(Printer *printer, Unit unit) {
    State state = save(printer);
    printer->has_overflow = count_comments(printer, unit.tree->span) > 0;
    print_in(printer, FLAT, unit);
    bool fits = !printer->has_overflow;
    restore(printer, state);
    if (!fits)
        drop_text(printer, state);
    return fits;
}

/* Would the unit fit with its bodies on lines of their own? A comment in brackets has no place then. */
static bool fits_with_bodies(Printer *printer, Unit unit) {
    State state = save(printer);
    printer->is_measuring = true;
    printer->has_overflow = false;
    print_in(printer, BODIES, unit);
    bool fits = !printer->has_overflow;
    restore(printer, state);
    drop_text(printer, state);
    return fits;
}

/* The expression that a statement ends with, the place to break it. */
static const Tree *value_of(const Tree *tree) {
    bool has_value = tree->kind == TREE_BIND || tree->kind == TREE_LABEL || tree->kind == TREE_ARGUMENT ||
                     tree->kind == TREE_PARAM || (tree->kind == TREE_VERB && tree->count == 1);
    return has_value && tree->count ? tree->child[0] : tree;
}

static Span between(Span outer, size_t begin, size_t end) {
    return (Span){outer.source, begin, end > begin ? end : begin};
}

/* Comments beside the operators of a chain, which CHAIN has a place for. */
static bool has_comments_between(const Printer *printer, const Tree *tree) {
    if (tree->kind != TREE_BINARY)
        return false;
    const Tree *left = tree->child[0], *right = tree->child[1];
    return count_comments(printer, between(tree->span, left->span.end, right->span.begin)) ||
           has_comments_between(printer, left) || has_comments_between(printer, right);
}

void print_unit(Printer *printer, const Tree *tree, bool in_parentheses, int reserve) {
    Unit unit = {tree, in_parentheses};
    State state = save(printer);
    printer->reserve = reserve;
    if (!try_flat(printer, unit)) {
        const Tree *value = value_of(tree);
        bool has_chain = value->kind == TREE_BINARY;
        bool fits = !(has_chain && has_comments_between(printer, value)) && fits_with_bodies(printer, unit);
        print_in(printer, fits ? BODIES : has_chain ? CHAIN : ITEMS, unit);
    }
    restore(printer, state);
}

/* ---- brackets ------------------------------------------------------------------------------------------------ */

/* The statements of a body, without its braces. */
static Span inside(const Tree *tree) {
    return between(tree->span, tree->span.begin + 1, tree->span.end - 1);
}

static bool is_over_lines(const Tree *block) {
    const Span span = block->span;
    return span.source ? memchr(source_text(span.source) + span.begin, '\n', span.end - span.begin) != NULL
                       : block->count > 1;
}

static void print_flat_body(Printer *printer, const Tree *block) {
    if (is_over_lines(block))
        printer->has_overflow = true;
    put(printer, "{ ");
    for (int i = 0; i < block->count && !printer->has_overflow; i++) {
        put(printer, i ? "; " : "");
        print_operand(printer, block->child[i], guard_statement(printer, block->child[i]));
    }
    put(printer, " }");
}

static void print_body(Printer *printer, const Tree *block) {
    if (!block->count && !count_comments(printer, block->span)) {
        put(printer, "{ }");
    } else if (printer->mode == FLAT) {
        print_flat_body(printer, block);
    } else {
        put(printer, "{");
        printer->in_bodies += count_comments(printer, block->span);
        if (!printer->is_measuring)
            print_sequence(printer, (Sequence){block->child, block->count, inside(block), "", true});
        put_line(printer);
        put(printer, "}");
    }
}

static void print_items(Printer *printer, Tree *const *item, int count) {
    for (int i = 0; i < count && !(is_bounded(printer) && printer->has_overflow); i++) {
        put(printer, i ? ", " : "");
        print_tree(printer, item[i]);
    }
}

static bool are_atoms(Tree *const *item, int count) {
    for (int i = 0; i < count; i++)
        if (item[i]->height > 1 && !(item[i]->kind == TREE_UNARY && item[i]->height == 2))
            return false;
    return true;
}

static void print_atom(Printer *printer, const Tree *tree, bool is_last) {
    print_tree(printer, tree);
    put(printer, is_last ? "" : ",");
}

/* Numbers and names that need more than one line: as many on each as it holds. */
static void print_filled(Printer *printer, Tree *const *item, int count) {
    printer->indent += INDENT;
    put_line(printer);
    for (int i = 0; i < count; i++) {
        State state = save(printer);
        put(printer, i ? " " : "");
        print_atom(printer, item[i], i == count - 1);
        if (i && column(printer) > PAGE_WIDTH) {
            drop_text(printer, state);
            put_line(printer);
            print_atom(printer, item[i], i == count - 1);
        }
    }
    printer->indent -= INDENT;
}

static void print_inline(Printer *printer, const char *brackets, Tree *const *item, int count, Span span) {
    const char opener[] = {brackets[0], '\0'};
    int comments = printer->in_bodies + count_comments(printer, span);
    put(printer, opener);
    print_items(printer, item, count);
    put(printer, brackets + 1);
    if (printer->is_measuring && printer->in_bodies < comments)
        printer->has_overflow = true;
}

static bool try_inline(Printer *printer, const char *brackets, Tree *const *item, int count, Span span) {
    State state = save(printer);
    printer->mode = FLAT;
    printer->has_overflow = count_comments(printer, span) > 0;
    print_inline(printer, brackets, item, count, span);
    bool fits = !printer->has_overflow;
    restore(printer, state);
    if (!fits)
        drop_text(printer, state);
    return fits;
}

/* Items in brackets (`span` is with them): on one line if they fit, else a line each, or filled lines of atoms. */
static void print_brackets(Printer *printer, const char *brackets, Tree *const *item, int count, Span span) {
    const char opener[] = {brackets[0], '\0'};
    if (printer->mode != ITEMS || !count) {
        print_inline(printer, brackets, item, count, span);
        return;
    }
    if (try_inline(printer, brackets, item, count, span))
        return;
    put(printer, opener);
    if (are_atoms(item, count) && !count_comments(printer, span))
        print_filled(printer, item, count);
    else
        print_sequence(printer, (Sequence){item, count, between(span, span.begin + 1, span.end - 1), ",", false});
    put_line(printer);
    put(printer, brackets + 1);
}

/* ---- operators ----------------------------------------------------------------------------------------------- */

/* As in plumb.y: how tightly, from 1, and whether to the right. */
static const struct Operator {
    const char *text;
    int precedence;
    bool is_right;
} operators[] = {
    {"->", 1, true},  {"or", 2, false}, {"and", 3, false}, {"<", 5, false},  {">", 5, false},
    {"<=", 5, false}, {">=", 5, false}, {"==", 5, false},  {"!=", 5, false}, {"+", 6, false},
    {"-", 6, false},  {"*", 7, false},  {"/", 7, false},   {"%", 7, false},  {"^", 9, true},
};
enum { PREFIX_NOT = 4, COMPARISON = 5, PREFIX_MINUS = 8, POWER = 9, POSTFIX = 10 };

static const struct Operator *operator_of(const Tree *tree) {
    const struct Operator *operator= operators;
    while (strcmp(operator->text, tree->text) != 0)
        operator++;
    return operator;
}

static int precedence_of(const Tree *tree) {
    if (tree->kind == TREE_BINARY)
        return operator_of(tree)->precedence;
    if (tree->kind == TREE_UNARY)
        return strcmp(tree->text, "not") == 0 ? PREFIX_NOT : PREFIX_MINUS;
    return POSTFIX;
}

/* An operand on the operator's open side may bind as tightly, on the other it must bind tighter. `a ^ -b` needs none;
 * comparisons do not chain. */
static bool needs_parentheses(const Tree *parent, const Tree *child, bool is_right_child) {
    const struct Operator *operator= operator_of(parent);
    int precedence = precedence_of(child);
    if (child->kind == TREE_UNARY && is_right_child)
        return precedence == PREFIX_NOT && operator->precedence> PREFIX_NOT;
    bool may_be_equal = operator->is_right == is_right_child && operator->precedence != COMPARISON;
    return may_be_equal ? precedence < operator->precedence : precedence <= operator->precedence;
}

static void print_link(Printer *printer, const Tree *tree, const Tree *child, bool is_right_child);

/* A line an operand; the operators end the lines. */
static void print_chain(Printer *printer, const Tree *tree) {
    const Tree *left = tree->child[0], *right = tree->child[1];
    print_link(printer, tree, left, false);
    put(printer, " ");
    put(printer, tree->text);
    Span gap = between(tree->span, left->span.end, right->span.begin);
    put_trailing_comments(printer, gap);
    put_own_line_comments(printer, gap);
    put_line(printer);
    print_link(printer, tree, right, true);
}

static void print_link(Printer *printer, const Tree *tree, const Tree *child, bool is_right_child) {
    bool in_parentheses = needs_parentheses(tree, child, is_right_child);
    if (!in_parentheses && child->kind == TREE_BINARY && precedence_of(child) == precedence_of(tree))
        print_chain(printer, child);
    else
        print_unit(printer, child, in_parentheses, 1 + (int)strlen(tree->text));
}

static void print_binary(Printer *printer, const Tree *tree) {
    if (printer->mode == CHAIN) {
        printer->indent += INDENT;
        print_chain(printer, tree);
        printer->indent -= INDENT;
        return;
    }
    print_operand(printer, tree->child[0], needs_parentheses(tree, tree->child[0], false));
    put(printer, " ");
    put(printer, tree->text);
    put(printer, " ");
    print_operand(printer, tree->child[1], needs_parentheses(tree, tree->child[1], true));
}

static void print_unary(Printer *printer, const Tree *tree) {
    put(printer, tree->text);
    put(printer, precedence_of(tree) == PREFIX_NOT ? " " : "");
    print_operand(printer, tree->child[0], precedence_of(tree->child[0]) < precedence_of(tree));
}

/* ---- calls, fields ------------------------------------------------------------------------------------------- */

/* What stands before `(`, `{`, `.` or `[`. `3.x` would be a number; `f(1) { }` is one call, `(f(1)) { }` two. */
static void print_head(Printer *printer, const Tree *tree, const Tree *head) {
    bool is_number = tree->kind == TREE_FIELD && head->kind == TREE_NUMBER;
    bool would_join = tree->kind == TREE_CALL && !tree->had_parentheses && head->kind == TREE_CALL;
    print_operand(printer, head, precedence_of(head) < POSTFIX || is_number || would_join);
}

static void print_call(Printer *printer, const Tree *tree) {
    const Tree *callee = tree->child[0];
    const int arguments = tree->count - 1 - tree->bodies;
    print_head(printer, tree, callee);
    if (tree->had_parentheses) {
        size_t end = tree->bodies ? tree->child[1 + arguments]->span.begin : tree->span.end;
        print_brackets(printer, "()", tree->child + 1, arguments, between(tree->span, callee->span.end, end));
    }
    for (int i = 1 + arguments; i < tree->count; i++) {
        put(printer, " ");
        print_body(printer, tree->child[i]);
    }
}

static void print_field(Printer *printer, const Tree *tree) {
    print_head(printer, tree, tree->child[0]);
    put(printer, ".");
    put(printer, tree->text);
}

static void print_index(Printer *printer, const Tree *tree) {
    print_head(printer, tree, tree->child[0]);
    Span brackets = between(tree->span, tree->child[0]->span.end, tree->span.end);
    if (are_atoms(tree->child + 1, 1) && !count_comments(printer, brackets))
        print_inline(printer, "[]", tree->child + 1, 1, brackets); /* rather too long a line than x[ 3 ] over three */
    else
        print_brackets(printer, "[]", tree->child + 1, 1, brackets);
}

static void print_list(Printer *printer, const Tree *tree) {
    print_brackets(printer, "[]", tree->child, tree->count, tree->span);
}

/* ---- statements ---------------------------------------------------------------------------------------------- */

/* The parts in turn: of each but the last what joins it to the next. */
static void put_all(Printer *printer, const char *const *texts) {
    for (; *texts; texts++)
        put(printer, *texts);
}

static void print_named(Printer *printer, const char *name, const char *joint, const Tree *value) {
    put_all(printer, (const char *[]){name, joint, NULL});
    print_tree(printer, value);
}

static void print_bind(Printer *printer, const Tree *tree) {
    int width = printer->name_width;
    printer->name_width = 0;
    put(printer, tree->text);
    for (int i = (int)strlen(tree->text); i < width; i++)
        put(printer, " ");
    print_named(printer, "", " = ", tree->child[0]);
}

static void print_label(Printer *printer, const Tree *tree) {
    print_named(printer, tree->text, ": ", tree->child[0]);
}

/* name=value in a call or a parameter list. */
static void print_argument(Printer *printer, const Tree *tree) {
    if (tree->count)
        print_named(printer, tree->text, "=", tree->child[0]);
    else
        put(printer, tree->text);
}

/* `{ ... }`, or `= expression`, of a net or a recipe. */
static void print_definition(Printer *printer, const Tree *body) {
    bool is_body = body->kind == TREE_BLOCK && !body->in_parentheses;
    put(printer, is_body ? " " : " = ");
    print_tree(printer, body);
}

static void print_net(Printer *printer, const Tree *tree) {
    const Tree *body = tree->child[tree->count - 1];
    put_all(printer, (const char *[]){"net ", tree->text, NULL});
    if (tree->count > 1)
        print_brackets(printer, "()", tree->child, tree->count - 1,
                       between(tree->span, tree->text_span.end, body->span.begin));
    print_definition(printer, body);
}

static void print_recipe(Printer *printer, const Tree *tree) {
    put_all(printer, (const char *[]){"recipe ", tree->text, NULL});
    print_definition(printer, tree->child[0]);
}

static void print_for(Printer *printer, const Tree *tree) {
    put_all(printer, (const char *[]){"for (", tree->text, " in ", NULL});
    print_tree(printer, tree->child[0]);
    put(printer, ") ");
    print_body(printer, tree->child[1]);
}

static void print_if(Printer *printer, const Tree *tree) {
    put(printer, "if (");
    print_tree(printer, tree->child[0]);
    put(printer, ") ");
    print_body(printer, tree->child[1]);
    if (tree->count > 2) {
        put(printer, " else ");
        print_body(printer, tree->child[2]);
    }
}

static void print_verb(Printer *printer, const Tree *tree) {
    put(printer, tree->text);
    for (int i = 0; i < tree->count; i++) {
        const Tree *child = tree->child[i];
        put(printer, i && child->kind != TREE_CLAUSE ? ", " : " ");
        if (child->kind == TREE_ARGUMENT)
            print_bind(printer, child); /* set key = value */
        else
            print_tree(printer, child);
    }
}

static void print_clause(Printer *printer, const Tree *tree) {
    print_named(printer, tree->text, " ", tree->child[0]);
}

static void print_text(Printer *printer, const Tree *tree) {
    put(printer, tree->text);
}

static void print_string(Printer *printer, const Tree *tree) {
    put_string(printer, tree->text);
}

static void print_word(Printer *printer, const Tree *tree) {
    put(printer, tree_kind_name(tree->kind));
}

/* A program with errors is not for printing; where one stands nothing is put. */
static void print_nothing(Printer *printer, const Tree *tree) {
    (void)printer, (void)tree;
}

void print_tree(Printer *printer, const Tree *tree) {
    static void (*const print[])(Printer *, const Tree *) = {
        [TREE_NUMBER] = print_text,   [TREE_STRING] = print_string, [TREE_NAME] = print_text,
        [TREE_TRUE] = print_word,     [TREE_FALSE] = print_word,    [TREE_NONE] = print_word,
        [TREE_LIST] = print_list,     [TREE_CALL] = print_call,     [TREE_ARGUMENT] = print_argument,
        [TREE_FIELD] = print_field,   [TREE_INDEX] = print_index,   [TREE_UNARY] = print_unary,
        [TREE_BINARY] = print_binary, [TREE_BLOCK] = print_body,    [TREE_BIND] = print_bind,
        [TREE_LABEL] = print_label,   [TREE_NET] = print_net,       [TREE_PARAM] = print_argument,
        [TREE_RECIPE] = print_recipe, [TREE_FOR] = print_for,       [TREE_IF] = print_if,
        [TREE_VERB] = print_verb,     [TREE_CLAUSE] = print_clause, [TREE_ERROR] = print_nothing,
    };
    print[tree->kind](printer, tree);
}

bool guard_statement(Printer *printer, const Tree *tree) {
    const Tree *first = tree, *guard = NULL;
    for (;;) {
        if (first->in_parentheses && !guard)
            guard = first;
        bool goes_left = first->kind == TREE_BINARY || first->kind == TREE_CALL || first->kind == TREE_FIELD ||
                         first->kind == TREE_INDEX;
        if (!goes_left)
            break;
        first = first->child[0];
    }
    printer->guard = first->kind == TREE_NAME ? guard : NULL;
    return printer->guard == tree;
}
