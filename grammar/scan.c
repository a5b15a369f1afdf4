#include "scan.h"
#include "text.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *text_at(const Parser *parser, size_t offset) {
    return source_text(parser->source) + offset;
}

Span scan_advance(Parser *parser, int length) {
    Span span = {parser->source, parser->offset, parser->offset + (size_t)length};
    parser->offset = span.end;
    return span;
}

/* A copy of a token's text; without memory the parse ends behind this token. */
static int token_with_text(Parser *parser, YYSTYPE *value, int token, const char *text, size_t length) {
    value->text = arena_text(parser->arena, text, length);
    if (!value->text)
        parser->has_failed = true;
    return token;
}

static int token_as_written(Parser *parser, YYSTYPE *value, int token, Span span) {
    return token_with_text(parser, value, token, text_at(parser, span.begin), span.end - span.begin);
}

/* ---- words ------------------------------------------------------------------------------------------------- */

/* A verb's name is a name like any other before `=`, `:` and `.`; but `==` and `.5` belong to an operand. */
static bool is_used_as_name(const Parser *parser, size_t end) {
    const char *next = text_at(parser, end);
    next += strspn(next, " \t");
    if (*next == '=')
        return next[1] != '=';
    return *next == ':' || (*next == '.' && !isdigit((unsigned char)next[1]));
}

int scan_name(Parser *parser, YYSTYPE *value, Span span) {
    int token = token_as_written(parser, value, T_NAME, span);
    bool may_be_verb = parser->at_start && value->text && parser->words;
    if (may_be_verb && parser->words->is_verb(parser->words->self, value->text) && !is_used_as_name(parser, span.end))
        return T_VERB;
    return token;
}

int scan_keyword(Parser *parser, YYSTYPE *value, int token, Span span) {
    bool is_operand = parser->last.token == T_VERB || (parser->last.token == T_COMMA && parser->verb);
    return is_operand ? token_as_written(parser, value, T_NAME, span) : token;
}

/* ---- numbers ----------------------------------------------------------------------------------------------- */

int scan_number(Parser *parser, YYSTYPE *value, Span span) {
    return token_as_written(parser, value, T_NUMBER, span);
}

/* The parse goes on with a number, so that this is said once. */
int scan_wrong_number(Parser *parser, YYSTYPE *value, Span span) {
    int shown = span.end - span.begin < 40 ? (int)(span.end - span.begin) : 40;
    Diag *diag = parser_error(parser, span, "`%.*s` is not a number", shown, text_at(parser, span.begin));
    diag_label(diag, "numbers are written 64, 0.5, 1e-3 or 1_000");
    return token_with_text(parser, value, T_NUMBER, "0", 1);
}

/* ---- strings ----------------------------------------------------------------------------------------------- */

static const struct Escape { char letter, byte; } escapes[] = {{'"', '"'}, {'\\', '\\'}, {'n', '\n'}, {'t', '\t'}};

static int count_hex(const char *at, int most) {
    int count = 0;
    while (count < most && isxdigit((unsigned char)at[count]))
        count++;
    return count;
}

static unsigned long read_hex(const char *at, int count) {
    unsigned long code = 0;
    for (int i = 0; i < count; i++)
        code = code * 16 + (unsigned long)(isdigit((unsigned char)at[i]) ? at[i] - '0' : (at[i] | 32) - 'a' + 10);
    return code;
}

/* \xHH or \u{...} at `at`: its code point and length; length 0 if it is not well formed. */
static int read_code_point(const char *at, unsigned long *code) {
    bool is_long = at[1] == 'u';
    int digits = count_hex(at + 2 + is_long, is_long ? 6 : 2);
    bool is_well_formed = is_long ? at[2] == '{' && digits > 0 && at[3 + digits] == '}' : digits == 2;
    *code = read_hex(at + 2 + is_long, digits);
    return !is_well_formed ? 0 : is_long ? 4 + digits : 4;
}

static size_t wrong_escape(Parser *parser, size_t offset, size_t length) {
    Diag *diag = parser_error(parser, (Span){parser->source, offset, offset + length},
                              "wrong escape `%.*s` in a string", (int)length, text_at(parser, offset));
    diag_label(diag, "known are \\\" \\\\ \\n \\t \\xHH \\u{...}");
    return length;
}

/* Adds what the escape at `offset` stands for; returns its length in the source. */
static size_t unescape(Parser *parser, size_t offset, Text *to) {
    const char *at = text_at(parser, offset);
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
        if (at[1] == escapes[i].letter) {
            text_char(to, escapes[i].byte);
            return 2;
        }
    unsigned long code;
    char bytes[4];
    int length = at[1] == 'x' || at[1] == 'u' ? read_code_point(at, &code) : 0;
    if (!length) {
        int letter = utf8_length(at + 1, 4);
        return wrong_escape(parser, offset, 1 + (size_t)(letter ? letter : 1));
    }
    int count = code ? utf8_write(bytes, code) : 0; /* a string can not hold a NUL */
    if (!count)
        return wrong_escape(parser, offset, (size_t)length);
    text_add(to, bytes, (size_t)count);
    return (size_t)length;
}

/* The text between `begin` and `end`, escapes replaced. */
static int string_token(Parser *parser, YYSTYPE *value, size_t begin, size_t end) {
    if (!memchr(text_at(parser, begin), '\\', end - begin))
        return token_with_text(parser, value, T_STRING, text_at(parser, begin), end - begin);
    Text text = {0};
    while (begin < end) {
        if (*text_at(parser, begin) == '\\')
            begin += unescape(parser, begin, &text);
        else
            text_char(&text, *text_at(parser, begin++));
    }
    text_add(&text, "", 0);
    if (text.failed)
        parser->has_failed = true;
    else
        token_with_text(parser, value, T_STRING, text.at, text.length);
    text_clear(&text);
    return T_STRING;
}

int scan_string(Parser *parser, YYSTYPE *value, Span span) {
    return string_token(parser, value, span.begin + 1, span.end - 1);
}

int scan_open_string(Parser *parser, YYSTYPE *value, Span span) {
    parser->ends_in_string = span.end == source_length(parser->source);
    diag_label(parser_error(parser, span, "this string is not closed on its line"), "a `\"` is missing");
    return token_with_text(parser, value, T_STRING, "", 0);
}

/* ---- brackets and ends of lines ---------------------------------------------------------------------------- */

static char innermost(const Parser *parser) {
    return parser->depth ? parser->open[parser->depth - 1].kind : '\0';
}

int scan_open(Parser *parser, int token, Span span) {
    char kind = *text_at(parser, span.begin);
    if (parser->depth == NESTING_MAX) {
        parser_too_deep(parser, span);
        return T_YYerror;
    }
    if (kind != '{' && brackets_is_unclosed(&parser->brackets, span.begin))
        return token; /* it must not hide the ends of the lines that follow */
    const char *callee = kind == '(' && parser->last.token == T_NAME ? parser->last.text : NULL;
    parser->open[parser->depth++] = (Opening){span, kind, callee, parser->verb, parser->statement};
    return token;
}

int scan_close(Parser *parser, int token) {
    char kind = token == T_RPAREN ? '(' : token == T_RBRACKET ? '[' : '{';
    parser->closes_nothing = innermost(parser) != kind;
    if (parser->closes_nothing)
        return token;
    const Opening *opening = &parser->open[--parser->depth];
    parser->verb = opening->verb;
    parser->statement = opening->statement;
    return token;
}

int scan_semicolon(Parser *parser, Span span) {
    if (innermost(parser) == '\0' || innermost(parser) == '{')
        return T_SEMICOLON;
    Diag *diag = parser->is_recovering ? NULL : parser_error(parser, span, "found `;` inside brackets");
    diag_place(diag, parser->open[parser->depth - 1].span, "opened here");
    return T_YYerror;
}

bool scan_goes_on_after(int token) {
    switch (token) {
    case T_COMMA:
    case T_COLON:
    case T_ASSIGN:
    case T_ARROW:
    case T_LESS:
    case T_GREATER:
    case T_LESS_EQUAL:
    case T_GREATER_EQUAL:
    case T_EQUAL:
    case T_UNEQUAL:
    case T_PLUS:
    case T_MINUS:
    case T_TIMES:
    case T_DIVIDE:
    case T_MODULO:
    case T_POWER:
    case T_AND:
    case T_OR:
    case T_NOT:
    case T_ON:
    case T_WITH:
    case T_TO:
    case T_FROM:
    case T_AS:
    case T_IN:
        return true;
    default:
        return false;
    }
}

size_t scan_skip_blank(const Parser *parser, size_t offset) {
    for (;;) {
        offset += strspn(text_at(parser, offset), " \t\r\n\f\v");
        if (*text_at(parser, offset) != '#')
            return offset;
        offset += strcspn(text_at(parser, offset), "\n");
    }
}

static bool is_else(const char *at) {
    return strncmp(at, "else", 4) == 0 && !isalnum((unsigned char)at[4]) && at[4] != '_';
}

bool scan_newline_counts(const Parser *parser) {
    char inside = innermost(parser);
    if (inside == '(' || inside == '[' || parser->at_start || scan_goes_on_after(parser->last.token))
        return false;
    size_t next = 0;
    if (parser->last.token == T_RBRACE || parser->drops_last_newline)
        next = scan_skip_blank(parser, parser->offset);
    if (parser->last.token == T_RBRACE && is_else(text_at(parser, next)))
        return false;
    return !parser->drops_last_newline || next < source_length(parser->source);
}

/* ---- what is no token -------------------------------------------------------------------------------------- */

void scan_comment(Parser *parser, Span span) {
    if (parser->comment_count == parser->comment_capacity) {
        int capacity = parser->comment_capacity ? parser->comment_capacity * 2 : 16;
        Comment *comments = realloc(parser->comments, (size_t)capacity * sizeof *comments);
        if (!comments)
            longjmp(parser->out_of_memory, 1);
        parser->comments = comments;
        parser->comment_capacity = capacity;
    }
    while (span.end > span.begin && strchr(" \t\r", *text_at(parser, span.end - 1)))
        span.end--;
    size_t before = span.begin;
    while (before > 0 && strchr(" \t", *text_at(parser, before - 1)))
        before--;
    size_t length;
    bool own_line = text_at(parser, before) == source_line(parser->source, span_line(span), &length);
    parser->comments[parser->comment_count++] = (Comment){span, own_line};
}

static const struct LookAlike { /* what other languages and word processors write */
    const char *found, *instead;
} look_alikes[] = {
    {"&&", "write `and`"},
    {"||", "write `or`"},
    {"!", "write `not`"},
    {"**", "a power is written `^`"},
    {"//", "a comment starts with `#`"},
    {"/*", "a comment starts with `#`"},
    {"=>", "write `->`"},
    {"→", "write `->`"},
    {"−", "write `-`"},
    {"–", "write `-`"},
    {"×", "write `*`"},
    {"·", "write `*`"},
    {"÷", "write `/`"},
    {"≤", "write `<=`"},
    {"≥", "write `>=`"},
    {"≠", "write `!=`"},
    {"“", "write `\"`"},
    {"”", "write `\"`"},
    {"'", "write `\"...\"`"},
    {"‘", "write `\"`"},
    {"’", "write `\"`"},
    {"\\", "a line goes on after `->`, `,`, `=` and operators"},
};

static const char *find_instead(const char *at) {
    for (size_t i = 0; i < sizeof look_alikes / sizeof *look_alikes; i++)
        if (strncmp(at, look_alikes[i].found, strlen(look_alikes[i].found)) == 0)
            return look_alikes[i].instead;
    return NULL;
}

int scan_wrong(Parser *parser, Span span) {
    const char *at = text_at(parser, span.begin);
    size_t length = span.end - span.begin;
    if (parser->is_recovering || !utf8_length(at, length)) /* what is not UTF-8 was reported before */
        return T_YYerror;
    bool is_visible = isgraph((unsigned char)*at) || (unsigned char)*at >= 0x80;
    Diag *diag = is_visible ? parser_error(parser, span, "found `%.*s`, which means nothing here",
                                           length < 40 ? (int)length : 1, at)
                            : parser_error(parser, span, "found a control character, byte 0x%02x", (unsigned char)*at);
    const char *instead = find_instead(at);
    if (instead)
        diag_label(diag, "%s", instead);
    return T_YYerror;
}

void scan_check_encoding(Parser *parser) {
    const char *text = text_at(parser, 0);
    size_t length = source_length(parser->source);
    for (size_t i = 0; i < length && !parser->has_ended; i++) {
        Span span = {parser->source, i, i + 1};
        int bytes = text[i] ? utf8_length(text + i, length - i) : 0;
        if (bytes) {
            i += (size_t)bytes - 1;
        } else if (text[i] == '\0') {
            parser_error(parser, span, "this is not a text: it holds a NUL byte");
            parser->has_ended = true;
        } else {
            parser_error(parser, span, "byte 0x%02x is not UTF-8", (unsigned char)text[i]);
            i += strcspn(text + i, "\n"); /* once a line */
        }
    }
}

void scan_note(Parser *parser, int token, const YYSTYPE *value, Span span) {
    parser->previous = parser->last;
    parser->last = (Lexeme){token, span, value->text};
    if (parser->at_start && token != T_RBRACE)
        parser->statement = span.begin;
    parser->at_start = token == T_NEWLINE || token == T_SEMICOLON || token == T_LBRACE;
    if (parser->at_start)
        parser->verb = NULL;
    else if (token == T_VERB)
        parser->verb = value->text;
    if (token != T_RPAREN && token != T_RBRACKET && token != T_RBRACE)
        parser->closes_nothing = false;
}
