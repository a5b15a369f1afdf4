/* Every parser state that can find a syntax error has an example and a message in grammar/messages.inc. The states
 * are read off Bison's own tables, so this file holds a copy of the parser. */
#define yypush_parse copy_push_parse
#define yypstate_new copy_pstate_new
#define yypstate_delete copy_pstate_delete
#define stack_expected copy_stack_expected
#define stack_state copy_stack_state
#define stack_is_full copy_stack_is_full
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wsign-compare"
#include "plumb.tab.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct Automaton {
    bool above[YYNSTATES][YYNSTATES]; /* may the second stand right above the first on the stack? */
    bool has_changed;
} Automaton;

typedef bool StateSet[YYNSTATES];

static void add_edge(Automaton *automaton, int below, int above) {
    if (automaton->above[below][above])
        return;
    automaton->above[below][above] = true;
    automaton->has_changed = true;
}

/* The entry of a state and a token: > 0 a shift to that state, < 0 a reduction by that rule, 0 neither. */
static int action_of(int state, int token) {
    int index = yypact[state] + token;
    if (yypact_value_is_default(yypact[state]) || index < 0 || index > YYLAST || yycheck[index] != token)
        return 0;
    return yytable_value_is_error(yytable[index]) ? 0 : yytable[index];
}

static int goto_of(int state, int rule) {
    int symbol = yyr1[rule] - YYNTOKENS;
    int index = yypgoto[symbol] + state;
    bool is_listed = index >= 0 && index <= YYLAST && yycheck[index] == state;
    return is_listed ? yytable[index] : yydefgoto[symbol];
}

/* The states that may be on top once `length` symbols above them are popped from `state`. */
static void pop(const Automaton *automaton, int state, int length, StateSet under) {
    memset(under, 0, sizeof(StateSet));
    under[state] = true;
    while (length-- > 0) {
        StateSet next = {false};
        for (int below = 0; below < YYNSTATES; below++)
            for (int above = 0; above < YYNSTATES; above++)
                next[below] |= under[above] && automaton->above[below][above];
        memcpy(under, next, sizeof next);
    }
}

static void reduce(Automaton *automaton, int state, int rule) {
    StateSet under;
    pop(automaton, state, yyr2[rule], under);
    for (int i = 0; i < YYNSTATES; i++)
        if (under[i] && rule > 1) /* rule 1 accepts */
            add_edge(automaton, i, goto_of(i, rule));
}

static bool is_reached(const Automaton *automaton, int state) {
    bool is_reached = state == 0;
    for (int below = 0; below < YYNSTATES; below++)
        is_reached = is_reached || automaton->above[below][state];
    return is_reached;
}

static void build(Automaton *automaton) {
    do {
        automaton->has_changed = false;
        for (int state = 0; state < YYNSTATES; state++) {
            if (!is_reached(automaton, state))
                continue;
            if (yydefact[state])
                reduce(automaton, state, yydefact[state]);
            for (int token = 0; token < YYNTOKENS; token++) {
                int action = action_of(state, token);
                if (action > 0)
                    add_edge(automaton, state, action);
                else if (action < 0)
                    reduce(automaton, state, -action);
            }
        }
    } while (automaton->has_changed);
}

/* A state that looks at a token that was not checked yet: the one that a token leads to, or, where the parser reduces
 * without looking, what that leads to. Anywhere else LAC has checked the token before. */
static void add_looking(const Automaton *automaton, int state, StateSet seen, StateSet looking) {
    if (seen[state])
        return;
    seen[state] = true;
    looking[state] = !yypact_value_is_default(yypact[state]);
    StateSet under;
    pop(automaton, state, yyr2[yydefact[state]], under);
    for (int i = 0; i < YYNSTATES && !looking[state] && yydefact[state] > 1; i++)
        if (under[i])
            add_looking(automaton, goto_of(i, yydefact[state]), seen, looking);
}

static void find_error_states(const Automaton *automaton, StateSet looking) {
    StateSet seen = {false};
    add_looking(automaton, 0, seen, looking);
    for (int state = 0; state < YYNSTATES; state++)
        for (int token = 0; token < YYNTOKENS && is_reached(automaton, state); token++)
            if (token != YYSYMBOL_YYEOF && token != YYSYMBOL_YYerror && action_of(state, token) > 0)
                add_looking(automaton, action_of(state, token), seen, looking);
}

static void every_state_that_can_find_an_error_has_one_example(void **unused) {
    (void)unused;
    Automaton *automaton = calloc(1, sizeof *automaton);
    StateSet looking = {false};
    build(automaton);
    find_error_states(automaton, looking);
    free(automaton);
    int wrong = 0;
    const char *example;
    for (int i = 0; (example = syntax_error_example(i)); i++) {
        int state = syntax_error_state(example);
        if (state < 0 || !looking[state]) {
            print_error("the example \"%s\" has no syntax error, or one in a state that has an example\n", example);
            wrong++;
        }
        if (state >= 0)
            looking[state] = false;
    }
    for (int state = 0; state < YYNSTATES; state++)
        if (looking[state]) {
            print_error("no example leads to state %d (entered by %s)\n", state, yysymbol_name(yystos[state]));
            wrong++;
        }
    assert_int_equal(wrong, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_state_that_can_find_an_error_has_one_example)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
