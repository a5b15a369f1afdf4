/* The grammar of plumb. Actions only build the tree (tree_build.h): no layer, no verb, no evaluation, so that the
 * prompt and completion can parse as often as they like. Parsing is pushed token by token (parse.c); LAC makes the
 * expected tokens exact; what is said about an error is in syntax_error.c and messages.inc. */
%require "3.8"
%define api.pure full
%define api.push-pull push
%define api.location.type {Span}
%define api.token.prefix {T_}
%define parse.lac full
%define parse.error custom
%locations
%expect 0
%parse-param {Parser *parser}

%code requires {
#include "grammar/parser.h"
#include "grammar/tree_build.h"
}

%union {
    const char *text;
    Tree *tree;
    TreeList list;
}
%destructor { list_clear(&$$); } <list>

%code {
/* Deeper stacks than this come from texts that nest without brackets, as 10,000 minus signs do. */
#define YYMAXDEPTH 20000
#define YYLLOC_DEFAULT(place, parts, count)                                                                            \
    ((place) = (count) ? span_join(YYRHSLOC(parts, 1), YYRHSLOC(parts, count))                                         \
                       : (Span){parser->source, YYRHSLOC(parts, 0).end, YYRHSLOC(parts, 0).end})

static void yyerror(const Span *span, Parser *parser, const char *message);
}

%token END 0 "end of input"
%token NEWLINE "end of line" SEMICOLON ";"
%token <text> NUMBER "number" STRING "string" NAME "name" VERB "verb"
%token NET "net" RECIPE "recipe" FOR "for" IN "in" IF "if" ELSE "else"
%token ON "on" WITH "with" TO "to" FROM "from" AS "as"
%token TRUE "true" FALSE "false" NONE "none" AND "and" OR "or" NOT "not"
%token LPAREN "(" RPAREN ")" LBRACKET "[" RBRACKET "]" LBRACE "{" RBRACE "}"
%token COMMA "," COLON ":" DOT "." ASSIGN "=" ARROW "->"
%token LESS "<" GREATER ">" LESS_EQUAL "<=" GREATER_EQUAL ">=" EQUAL "==" UNEQUAL "!="
%token PLUS "+" MINUS "-" TIMES "*" DIVIDE "/" MODULO "%" POWER "^"

%right "->"
%left "or"
%left "and"
%precedence "not"
%nonassoc "<" ">" "<=" ">=" "==" "!="
%left "+" "-"
%left "*" "/" "%"
%precedence NEGATIVE
%right "^"

%type <list> statements params param_list clauses args arg_list items item_list blocks
%type <tree> line statement body block param clause expr postfix head primary arg

%%

program: statements line                     { program_set_root(parser, @$, $1, $2); }

/* The list stands on the stack before a statement begins, so that an error costs no statement but its own. */
statements: %empty                           { $$ = list_none(); }
| statements line separator                  { $$ = list_add_statement(parser, $1, $2); }

separator: "end of line"                     { yyerrok; }
| ";"                                        { yyerrok; }

line: %empty                                 { $$ = NULL; }
| statement

statement:
  NAME "=" expr                              { $$ = tree_one(parser, TREE_BIND, @$, $1, @1, $3); }
| NAME ":" expr                              { $$ = tree_one(parser, TREE_LABEL, @$, $1, @1, $3); }
| "net" NAME params body                     { $$ = tree_net(parser, @$, $2, @2, $3, $4); }
| "recipe" NAME body                         { $$ = tree_one(parser, TREE_RECIPE, @$, $2, @2, $3); }
| "for" "(" NAME "in" expr ")" block         { $$ = tree_two(parser, TREE_FOR, @$, $3, @3, $5, $7); }
| "if" "(" expr ")" block                    { $$ = tree_if(parser, @$, $3, $5, NULL); }
| "if" "(" expr ")" block "else" block       { $$ = tree_if(parser, @$, $3, $5, $7); }
| VERB args clauses                          { $$ = tree_verb(parser, @$, $1, @1, $2, $3); }
| expr
| error                                      { $$ = tree_leaf(parser, TREE_ERROR, @$, NULL); }

body: block
| "=" expr                                   { $$ = $2; }

block: "{" statements line "}"               { yyerrok; $$ = tree_block(parser, @$, @1, $2, $3); }

params: %empty                               { $$ = list_none(); }
| "(" ")"                                    { $$ = list_none(); }
| "(" param_list ")"                         { $$ = $2; }

param_list: param                            { $$ = list_one(parser, $1); }
| param_list "," param                       { $$ = list_add(parser, $1, $3); }

param: NAME                                  { $$ = tree_leaf(parser, TREE_PARAM, @$, $1); }
| NAME "=" expr                              { $$ = tree_one(parser, TREE_PARAM, @$, $1, @1, $3); }

clauses: %empty                              { $$ = list_none(); }
| clauses clause                             { $$ = list_add(parser, $1, $2); }

clause: "on" expr                            { $$ = tree_one(parser, TREE_CLAUSE, @$, "on", @1, $2); }
| "with" expr                                { $$ = tree_one(parser, TREE_CLAUSE, @$, "with", @1, $2); }
| "to" expr                                  { $$ = tree_one(parser, TREE_CLAUSE, @$, "to", @1, $2); }
| "from" expr                                { $$ = tree_one(parser, TREE_CLAUSE, @$, "from", @1, $2); }
| "as" NAME { $$ = tree_one(parser, TREE_CLAUSE, @$, "as", @1, tree_leaf(parser, TREE_NAME, @2, $2)); }

expr: postfix
| expr "->" expr                             { $$ = tree_two(parser, TREE_BINARY, @$, "->", @2, $1, $3); }
| expr "or" expr                             { $$ = tree_two(parser, TREE_BINARY, @$, "or", @2, $1, $3); }
| expr "and" expr                            { $$ = tree_two(parser, TREE_BINARY, @$, "and", @2, $1, $3); }
| "not" expr                                 { $$ = tree_one(parser, TREE_UNARY, @$, "not", @1, $2); }
| expr "<" expr                              { $$ = tree_two(parser, TREE_BINARY, @$, "<", @2, $1, $3); }
| expr ">" expr                              { $$ = tree_two(parser, TREE_BINARY, @$, ">", @2, $1, $3); }
| expr "<=" expr                             { $$ = tree_two(parser, TREE_BINARY, @$, "<=", @2, $1, $3); }
| expr ">=" expr                             { $$ = tree_two(parser, TREE_BINARY, @$, ">=", @2, $1, $3); }
| expr "==" expr                             { $$ = tree_two(parser, TREE_BINARY, @$, "==", @2, $1, $3); }
| expr "!=" expr                             { $$ = tree_two(parser, TREE_BINARY, @$, "!=", @2, $1, $3); }
| expr "+" expr                              { $$ = tree_two(parser, TREE_BINARY, @$, "+", @2, $1, $3); }
| expr "-" expr                              { $$ = tree_two(parser, TREE_BINARY, @$, "-", @2, $1, $3); }
| expr "*" expr                              { $$ = tree_two(parser, TREE_BINARY, @$, "*", @2, $1, $3); }
| expr "/" expr                              { $$ = tree_two(parser, TREE_BINARY, @$, "/", @2, $1, $3); }
| expr "%" expr                              { $$ = tree_two(parser, TREE_BINARY, @$, "%", @2, $1, $3); }
| "-" expr %prec NEGATIVE                    { $$ = tree_one(parser, TREE_UNARY, @$, "-", @1, $2); }
| expr "^" expr                              { $$ = tree_two(parser, TREE_BINARY, @$, "^", @2, $1, $3); }

postfix: head
| head blocks                                { $$ = tree_bodies(parser, @$, $1, $2); }

head: primary
| postfix "(" args ")"                       { $$ = tree_call(parser, @$, $1, $3); }
| postfix "." NAME                           { $$ = tree_one(parser, TREE_FIELD, @$, $3, @3, $1); }
| postfix "[" expr "]"                       { $$ = tree_two(parser, TREE_INDEX, @$, NULL, @2, $1, $3); }

blocks: block                                { $$ = list_one(parser, $1); }
| blocks block                               { $$ = list_add(parser, $1, $2); }

args: %empty                                 { $$ = list_none(); }
| arg_list

arg_list: arg                                { $$ = list_one(parser, $1); }
| arg_list "," arg                           { $$ = list_add(parser, $1, $3); }

arg: expr
| NAME "=" expr                              { $$ = tree_one(parser, TREE_ARGUMENT, @$, $1, @1, $3); }

primary: NUMBER                              { $$ = tree_number(parser, @$, $1); }
| STRING                                     { $$ = tree_leaf(parser, TREE_STRING, @$, $1); }
| NAME                                       { $$ = tree_leaf(parser, TREE_NAME, @$, $1); }
| "true"                                     { $$ = tree_leaf(parser, TREE_TRUE, @$, NULL); }
| "false"                                    { $$ = tree_leaf(parser, TREE_FALSE, @$, NULL); }
| "none"                                     { $$ = tree_leaf(parser, TREE_NONE, @$, NULL); }
| "(" expr ")"                               { $$ = tree_parentheses(@$, $2); }
| "[" items "]"                              { $$ = tree_many(parser, TREE_LIST, @$, NULL, @1, $2); }
| block

items: %empty                                { $$ = list_none(); }
| item_list

item_list: expr                              { $$ = list_one(parser, $1); }
| item_list "," expr                         { $$ = list_add(parser, $1, $3); }

%%

/* Called for one thing only with custom errors, a full stack; the driver tells of it (stack_is_full). */
static void yyerror(const Span *span, Parser *parser, const char *message) {
    (void)span, (void)parser, (void)message;
}

static int name_symbols(const yysymbol_kind_t *symbols, int count, const char **names) {
    for (int i = 0; i < count; i++)
        names[i] = yysymbol_name(symbols[i]);
    return count > 0 ? count : 0;
}

static int yyreport_syntax_error(const yypcontext_t *context, Parser *parser) {
    yysymbol_kind_t symbols[YYNTOKENS];
    const char *names[YYNTOKENS];
    int count = yypcontext_expected_tokens(context, symbols, YYNTOKENS);
    report_syntax_error(parser, stack_state(context->yyps), names, name_symbols(symbols, count, names));
    return count == YYENOMEM ? YYENOMEM : 0;
}

int stack_expected(ParserStack *stack, const char **names) {
    yysymbol_kind_t symbols[YYNTOKENS];
    return name_symbols(symbols, yypstate_expected_tokens(stack, symbols, YYNTOKENS), names);
}

int stack_state(const ParserStack *stack) {
    return *stack->yyssp;
}

bool stack_is_full(const ParserStack *stack) {
    return stack->yystacksize >= YYMAXDEPTH;
}

_Static_assert(YYNTOKENS <= EXPECTED_MAX, "room for the names of all tokens");
