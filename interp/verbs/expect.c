/* expect: a script's own test. */
#include "../../grammar/format.h"
#include "../verb.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SEEN_MAX = 100 }; /* bytes of a value's text */

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

/* All digits that tell the number from its neighbours. */
static void write_exact(FILE *out, double number) {
    char text[32];
    int digits = 15;
    do {
        snprintf(text, sizeof text, "%.*g", digits++, number);
    } while (digits <= 17 && strtod(text, NULL) != number);
    fputs(text, out);
}

/* As long as the text may be, cut between characters of UTF-8. */
static int shown_length(const char *text) {
    size_t length = strlen(text), most = length < SEEN_MAX ? length : SEEN_MAX;
    while (most > 0 && ((unsigned char)text[most] & 0xc0) == 0x80) {
        most--;
    }
    return (int)most;
}

/* "plain.loss is 2.3"; nothing of what says by itself what it is: 3, "text", relu. `exact`: with all digits. */
static bool write_side(FILE *out, const Tree *tree, const Value *value, bool exact, const char *before) {
    char *source = format_tree(tree), *text = value_text(value);
    bool told = source && text && tree->kind != TREE_STRING && strcmp(source, text) != 0;
    if (told) {
        fprintf(out, "%s%s is ", before, source);
    }
    if (told && exact) {
        write_exact(out, value->number);
    } else if (told) {
        int length = shown_length(text);
        fprintf(out, "%.*s%s", length, text, text[length] ? "..." : "");
    }
    free(source);
    free(text);
    return told;
}

/* Unequal numbers of the same six digits. */
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
        bool exact = looks_equal(left, right), told = write_side(out, tree->child[0], left, exact, "");
        write_side(out, tree->child[1], right, exact, told ? ", " : "");
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
    if (fclose(out) == 0 && done && size == 0) { /* literals only */
        free(text);
        return strdup(value ? "it is true" : "it is false");
    }
    if (!done) {
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
    bool wanted = !holds || session_json_wanted(session);
    char *seen = wanted ? seen_text(session, call->tree_of[0], holds) : NULL;
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
