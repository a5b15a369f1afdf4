/* expect: a script's own test. */
#include "../../grammar/format.h"
#include "../verb.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SEEN_MAX = 200 }; /* bytes of a value's text */

/* ---- what was seen --------------------------------------------------------------------------------------------- */

static bool is_one_of(const Tree *tree, TreeKind kind, const char *const *text) {
    while (tree->kind == kind && *text && strcmp(tree->text, *text) != 0) {
        text++;
    }
    return tree->kind == kind && *text;
}

static bool is_comparison(const Tree *tree) {
    return is_one_of(tree, TREE_BINARY, (const char *const[]){"<", ">", "<=", ">=", "==", "!=", NULL});
}
static bool is_logical(const Tree *tree) {
    return is_one_of(tree, TREE_BINARY, (const char *const[]){"and", "or", NULL});
}
static bool is_not(const Tree *tree) {
    return is_one_of(tree, TREE_UNARY, (const char *const[]){"not", NULL});
}

/* A literal says by itself what it is. */
static bool is_literal(const Tree *tree) {
    return tree->kind <= TREE_NONE ? tree->kind != TREE_NAME
                                   : tree->kind == TREE_UNARY && tree->child[0]->kind == TREE_NUMBER;
}

/* "plain.loss is 2.3". `exact`: with all digits, where fewer would hide the difference. */
static void write_side(FILE *out, const Tree *tree, const Value *value, bool exact, const char *before) {
    char *source = format_tree(tree), *text = value_text(value);
    if (exact) {
        fprintf(out, "%s%s is %.17g", before, source ? source : "it", value->number);
    } else {
        int length = text ? (int)strlen(text) : 0;
        fprintf(out, "%s%s is %.*s%s", before, source ? source : "it", length > SEEN_MAX ? SEEN_MAX : length,
                text ? text : "", length > SEEN_MAX ? "..." : "");
    }
    free(source);
    free(text);
}

static bool looks_equal(const Value *left, const Value *right) {
    char *a = value_text(left), *b = value_text(right);
    bool equal = a && b && !strcmp(a, b);
    free(a);
    free(b);
    return equal && left->type == VALUE_NUMBER && right->type == VALUE_NUMBER && left->number != right->number;
}

static bool write_comparison(FILE *out, Session *session, const Tree *tree) {
    Value *left = session_evaluate(session, tree->child[0]);
    Value *right = left ? session_evaluate(session, tree->child[1]) : NULL;
    bool done = left && right;
    if (done) {
        bool exact = looks_equal(left, right), both = exact || is_literal(tree->child[0]) == is_literal(tree->child[1]);
        if (both || is_literal(tree->child[1])) {
            write_side(out, tree->child[0], left, exact, "");
        }
        if (both || is_literal(tree->child[0])) {
            write_side(out, tree->child[1], right, exact, both ? ", " : "");
        }
    }
    value_drop(left);
    value_drop(right);
    return done;
}

/* Of a condition that came out as `value`: the part that decided. False: it could not be evaluated again. */
static bool write_seen(FILE *out, Session *session, const Tree *tree, bool value);

/* `and` is false, `or` true, by the first part that is; else all parts are to be told. */
static bool write_logical(FILE *out, Session *session, const Tree *tree, bool value) {
    bool is_or = !strcmp(tree->text, "or");
    Value *left = session_evaluate(session, tree->child[0]);
    bool first = left && left->type == VALUE_BOOL && left->boolean == value, done = left;
    value_drop(left);
    if (done && is_or == value) {
        return write_seen(out, session, tree->child[first ? 0 : 1], value);
    }
    done = done && write_seen(out, session, tree->child[0], value);
    fputs("; ", out);
    return done && write_seen(out, session, tree->child[1], value);
}

static bool write_seen(FILE *out, Session *session, const Tree *tree, bool value) {
    if (is_comparison(tree)) {
        return write_comparison(out, session, tree);
    }
    if (is_logical(tree)) {
        return write_logical(out, session, tree, value);
    }
    if (is_not(tree)) {
        return write_seen(out, session, tree->child[0], !value);
    }
    Value seen = {.owners = 1, .type = VALUE_BOOL, .boolean = value};
    write_side(out, tree, &seen, false, "");
    return true;
}

/* malloc'd; NULL without memory or after an error */
static char *seen_text(Session *session, const Tree *tree, bool value) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        return NULL;
    }
    bool done = write_seen(out, session, tree, value);
    if (fclose(out) != 0 || !done) {
        free(text);
        return NULL;
    }
    return text;
}

/* ---- the verb -------------------------------------------------------------------------------------------------- */

/* The script's own words for it, where it has some. NULL after an error. */
static Value *message_of(Session *session, const VerbCall *call) {
    Value *message = call->count > 1 ? session_evaluate(session, call->tree_of[1]) : value_none();
    bool fits = message && (call->count < 2 || message->type == VALUE_STRING || message->type == VALUE_UNKNOWN);
    if (message && !fits) {
        session_error(session, call->tree_of[1]->span, "the message of expect is a string, and this is %s",
                      value_type_name(message));
    }
    if (!fits) {
        value_drop(message);
        return NULL;
    }
    return message;
}

static void report_failure(Session *session, const Tree *condition, const char *seen, const Value *message) {
    char *source = format_tree(condition);
    bool has_message = message->type == VALUE_STRING;
    Diag *diag = diags_add(session_diags(session), DIAG_ERROR, condition->span, "expected %s%s%s",
                           source ? source : "this", has_message ? ": " : "", has_message ? message->string : "");
    diag_label(diag, "%s", seen ? seen : "it is false");
    free(source);
}

static bool settle(Session *session, const VerbCall *call, bool holds, const Value *message) {
    char *seen = seen_text(session, call->tree_of[0], holds);
    if (!holds) {
        report_failure(session, call->tree_of[0], seen, message);
    }
    json_t *result = json_pack("{s:b, s:s}", "ok", holds, "seen", seen ? seen : "");
    free(seen);
    session_json(session, call, NULL, result);
    return holds;
}

/* The condition's value, true, false or unknown. NULL after an error. */
static Value *condition_of(Session *session, const Tree *tree) {
    Value *value = session_evaluate(session, tree);
    if (value && value->type != VALUE_BOOL && value->type != VALUE_UNKNOWN) {
        session_error(session, tree->span, "a condition is true or false, and this is %s", value_type_name(value));
        value_drop(value);
        return NULL;
    }
    return value;
}

static bool run(Session *session, const VerbCall *call) {
    Value *value = condition_of(session, call->tree_of[0]);
    Value *message = value ? message_of(session, call) : NULL;
    bool holds = message && settle(session, call, value->boolean, message);
    value_drop(value);
    value_drop(message);
    return holds;
}

static void check(Session *session, const VerbCall *call) {
    value_drop(condition_of(session, call->tree_of[0]));
    value_drop(message_of(session, call));
}

const Verb verb_expect = {.entry = {.name = "expect",
                                    .kind = PLUMB_VERB,
                                    .family = "scripts",
                                    .summary = "a script's own test: where it fails, what was seen, and exit status 1",
                                    .formula = "expect CONDITION [, \"message\"]",
                                    .source = "plumb",
                                    .example = "expect norm([3, 4]) == 5, \"Pythagoras\""},
                          .operands_min = 1,
                          .operands_max = 2,
                          .operands = TAKES_CONDITION,
                          .run = run,
                          .check = check};
