/* The driver: takes tokens from the scanner, pushes them into the grammar, and after an error skips the rest of the
 * statement, so that one run shows all errors and each of them once. */
#include "parse.h"
#include "scan.h"
#include "text.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- errors ------------------------------------------------------------------------------------------------- */

Diag *parser_error(Parser *parser, Span span, const char *format, ...) {
    if (parser->has_ended)
        return NULL;
    parser->has_ended = ++parser->errors > ERRORS_MAX;
    if (!parser->diags)
        return NULL;
    va_list arguments;
    va_start(arguments, format);
    Text text = {0};
    text_vprintf(&text, parser->has_ended ? "too many errors; what follows is not read" : format, arguments);
    va_end(arguments);
    char *message = text_take(&text);
    Diag *diag = diags_add(parser->diags, DIAG_ERROR, span, "%s", message ? message : "out of memory");
    free(message);
    return parser->has_ended ? NULL : diag;
}

Diag *parser_too_deep(Parser *parser, Span span) {
    Diag *diag = parser_error(parser, span, "nested too deeply (more than %d levels)", TREE_HEIGHT_MAX);
    parser->has_ended = true;
    return diag;
}

/* A } that stands under the indentation of an outer { tells better than the end of the text which one is missing. */
static void report_open_brace(Parser *parser) {
    Span opener = parser->open[parser->depth - 1].span;
    if (parser->brackets.has_suspect)
        opener = (Span){parser->source, parser->brackets.suspect, parser->brackets.suspect + 1};
    Diag *diag = parser_error(parser, opener, "a `}` is missing: found end of input, expected the end of this block");
    diag_label(diag, "opened here");
    diag_place(diag, parser->last.span, "the text ends here");
}

/* ---- tokens into the grammar -------------------------------------------------------------------------------- */

static void start_recovery(Parser *parser, int depth) {
    parser->is_recovering = true;
    while (depth > 0 && parser->open[depth - 1].kind != '{')
        depth--;
    parser->recover_depth = depth;
}

/* The grammar itself goes on with a token that ends the statement; anything else is skipped up to one. */
void parser_recover(Parser *parser) {
    int token = parser->last.token;
    bool ends_statement =
        token == T_NEWLINE || token == T_SEMICOLON || token == T_END || (token == T_RBRACE && !parser->closes_nothing);
    bool opens = parser->depth && parser->open[parser->depth - 1].span.begin == parser->last.span.begin;
    if (!ends_statement)
        start_recovery(parser, parser->depth - opens);
}

static bool is_skipped(Parser *parser, int token) {
    if (!parser->is_recovering)
        return false;
    bool ends_statement = (token == T_NEWLINE || token == T_SEMICOLON) && parser->depth == parser->recover_depth;
    if (ends_statement || parser->depth < parser->recover_depth)
        parser->is_recovering = false;
    return parser->is_recovering;
}

static int push(Parser *parser, ParserStack *stack, int token, const YYSTYPE *value, Span span) {
    if (token == T_YYerror)
        start_recovery(parser, parser->depth);
    int status = yypush_parse(stack, token, value, &span, parser);
    if (status == 2 && !stack_is_full(stack))
        parser->has_failed = true;
    else if (status == 2)
        parser_too_deep(parser, span);
    return status;
}

/* Blocks that the text leaves open are closed, so that what they hold is in the tree. */
static int push_end(Parser *parser, ParserStack *stack, Span span) {
    int status = YYPUSH_MORE;
    int depth = parser->is_recovering ? parser->recover_depth : parser->depth;
    while (depth-- > 0 && status == YYPUSH_MORE)
        if (parser->open[depth].kind == '{')
            status = push(parser, stack, T_RBRACE, &(YYSTYPE){0}, span);
    return status == YYPUSH_MORE ? push(parser, stack, T_END, &(YYSTYPE){0}, span) : status;
}

static bool has_open_brace(const Parser *parser) {
    for (int i = 0; i < parser->depth; i++)
        if (parser->open[i].kind == '{')
            return true;
    return false;
}

static void read_tokens(Parser *parser, ParserStack *stack, AtEnd at_end, void *self) {
    int status = YYPUSH_MORE;
    YYSTYPE value;
    Span span = {parser->source, 0, 0};
    while (status == YYPUSH_MORE && !parser->has_ended && !parser->has_failed) {
        int token = yylex(&value, &span, parser->scanner);
        if (token == T_END)
            break;
        if (!is_skipped(parser, token))
            status = push(parser, stack, token, &value, span);
    }
    if (status != YYPUSH_MORE)
        return;
    if (at_end)
        at_end(self, parser, stack);
    scan_note(parser, T_END, &(YYSTYPE){0}, span);
    if (!at_end && !parser->has_ended && !parser->has_failed && has_open_brace(parser))
        report_open_brace(parser);
    push_end(parser, stack, span); /* always: it lets go of what is on the stack */
}

bool parser_run(Parser *parser, AtEnd at_end, void *self) {
    const char *text = source_text(parser->source);
    size_t length = source_length(parser->source);
    if (length > INT_MAX - 2) {
        parser_error(parser, (Span){parser->source, 0, 0}, "this text is too long (over 2 GB)");
        return true;
    }
    ParserStack *stack = yypstate_new();
    if (!stack || setjmp(parser->out_of_memory) != 0 || !scanner_open(parser) ||
        !brackets_find(&parser->brackets, text, length, parser->goes_on)) {
        parser->has_failed = true;
        if (stack)
            push_end(parser, stack, (Span){parser->source, 0, 0});
    } else {
        scan_check_encoding(parser);
        read_tokens(parser, stack, at_end, self);
    }
    yypstate_delete(stack);
    return !parser->has_failed;
}

/* ---- a parse ------------------------------------------------------------------------------------------------ */

Parser *parser_new(const Source *source, const Words *words, Diags *diags) {
    Parser *parser = calloc(1, sizeof *parser);
    Arena *arena = arena_new();
    if (!parser || !arena) {
        free(parser);
        arena_free(arena);
        return NULL;
    }
    parser->source = source;
    parser->words = words;
    parser->diags = diags;
    parser->arena = arena;
    parser->at_start = true;
    parser->error_state = -1;
    return parser;
}

void parser_free(Parser *parser) {
    if (!parser)
        return;
    scanner_close(parser);
    brackets_clear(&parser->brackets);
    arena_free(parser->arena);
    free(parser->comments);
    free(parser->state_of_message);
    free(parser);
}

/* Hands the tree and the comments over. */
static Program *take_program(Parser *parser) {
    Program *program = calloc(1, sizeof *program);
    if (!parser->root) /* the grammar gave up */
        program_set_root(parser, (Span){parser->source, 0, source_length(parser->source)}, list_none(), NULL);
    if (!program || !parser->root) {
        free(program);
        return NULL;
    }
    *program = (Program){parser->arena, parser->source, parser->root, parser->comments, parser->comment_count};
    parser->arena = NULL;
    parser->comments = NULL;
    return program;
}

Program *parse(const Source *source, const Words *words, Diags *diags) {
    Parser *parser = parser_new(source, words, diags);
    bool is_complete = parser && parser_run(parser, NULL, NULL);
    Program *program = is_complete ? take_program(parser) : NULL;
    parser_free(parser);
    return program;
}
