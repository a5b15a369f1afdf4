/* What the scanner's rules call: the parts of lexical analysis that are more than a pattern. Each returns the token. */
#ifndef PLUMB_SCAN_H
#define PLUMB_SCAN_H
#include "parser.h"
#include "plumb.tab.h"

/* The place of the next `length` bytes. */
Span scan_advance(Parser *parser, int length);
int scan_name(Parser *parser, YYSTYPE *value, Span span);
/* A reserved word that cannot begin a verb's operand is an ordinary name there: `help net, recipe`. */
int scan_keyword(Parser *parser, YYSTYPE *value, int token, Span span);
int scan_number(Parser *parser, YYSTYPE *value, Span span);
int scan_wrong_number(Parser *parser, YYSTYPE *value, Span span);
int scan_string(Parser *parser, YYSTYPE *value, Span span);
int scan_open_string(Parser *parser, YYSTYPE *value, Span span); /* not closed on its line */
int scan_open(Parser *parser, int token, Span span);
int scan_close(Parser *parser, int token);
int scan_semicolon(Parser *parser, Span span);
int scan_wrong(Parser *parser, Span span); /* characters that start no token */
void scan_comment(Parser *parser, Span span);
bool scan_goes_on_after(int token);             /* can a statement not end with it, so that the line goes on? */
bool scan_newline_counts(const Parser *parser); /* does the end of this line end the statement? */
/* Notes what was read, for the newline rule, completion and messages. */
void scan_note(Parser *parser, int token, const YYSTYPE *value, Span span);
/* Reports what is not UTF-8; nothing is scanned of what is no text at all. */
void scan_check_encoding(Parser *parser);
/* Offset of the next byte that is neither blank nor in a comment. */
size_t scan_skip_blank(const Parser *parser, size_t offset);

bool scanner_open(Parser *parser); /* plumb.l; makes parser->scanner, false when memory is short */
int yylex(YYSTYPE *value, YYLTYPE *place, void *scanner);
void scanner_close(Parser *parser);
#endif
