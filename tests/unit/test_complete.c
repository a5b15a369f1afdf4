/* What the prompt offers at the end of a text: by the grammar, the registry and what is bound, evaluating nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "grammar/text.h"
#include "interp/complete.h"
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char script[] = "points = xor(samples=64)\n"
                             "net mlp(act=relu, width=8) { input(2); dense(width) -> act; dense(2) }\n"
                             "net plain = mlp\n"
                             "recipe quick { epochs = 1 }\n"
                             "depth = 3\n"
                             "show plain\n";

typedef struct Fixture {
    Session *session;
    FILE *nowhere;
} Fixture;

static int open_session(void **state) {
    static Fixture fixture;
    const Options options = {.seed = 1, .threads = 1, .shards = 1, .width = 80, .quiet = true};
    fixture.nowhere = fopen("/dev/null", "w");
    fixture.session = fixture.nowhere ? session_new(&options, fixture.nowhere, fixture.nowhere) : NULL;
    *state = &fixture;
    return fixture.session && session_run(fixture.session, "t", script, strlen(script)) == 0 ? 0 : -1;
}

static int close_session(void **state) {
    Fixture *fixture = *state;
    session_free(fixture->session);
    fclose(fixture->nowhere);
    return 0;
}

static Session *session_of(void **state) {
    return ((Fixture *)*state)->session;
}

/* All candidates, a blank between them. */
static char *offered(Session *session, const char *text) {
    Completion completion = complete(session, text, strlen(text));
    Text line = {0};
    for (int i = 0; i < completion.count; i++) {
        text_printf(&line, "%s%s", i ? " " : "", completion.item[i].text);
    }
    completion_clear(&completion);
    return text_take(&line);
}

static void assert_offered(void **state, const char *text, const char *expected) {
    char *seen = offered(session_of(state), text);
    if (strcmp(seen, expected) != 0) {
        fail_msg("`%s` is completed by `%s`, not by `%s`", text, seen, expected);
    }
    free(seen);
}

static bool offers(void **state, const char *text, const char *word) {
    Completion completion = complete(session_of(state), text, strlen(text));
    bool found = false;
    for (int i = 0; i < completion.count; i++) {
        found = found || strcmp(completion.item[i].text, word) == 0;
    }
    completion_clear(&completion);
    return found;
}

static void assert_offers(void **state, const char *text, const char *word) {
    if (!offers(state, text, word)) {
        char *seen = offered(session_of(state), text);
        fail_msg("`%s` is not completed by `%s`, only by `%s`", text, word, seen);
    }
}

static void assert_offers_not(void **state, const char *text, const char *word) {
    if (offers(state, text, word)) {
        fail_msg("`%s` is completed by `%s`", text, word);
    }
}

static void a_statement_starts_with_a_verb_a_keyword_or_a_name(void **state) {
    assert_offered(state, "tra", "train");
    assert_offered(state, "x = 1\neva", "evaluate");
    assert_offered(state, "rec", "recipe");
    assert_offers(state, "", "train");
    assert_offers(state, "", "net");
    assert_offers(state, "pl", "plain");
    assert_offers_not(state, "de", "dense");
    assert_offers_not(state, "x ", "train");
}

static void a_verb_takes_names_of_its_kinds(void **state) {
    assert_offered(state, "train ", "mlp plain");
    assert_offered(state, "compare mlp, pl", "plain");
    assert_offered(state, "train plain on po", "points");
    assert_offers(state, "train plain on ", "csv");
    assert_offers_not(state, "train plain on ", "plain");
    assert_offered(state, "train plain on points with ", "quick");
    assert_offered(state, "help softm", "softmax");
    assert_offered(state, "help half", "half_life");
    assert_offered(state, "plot delta", "delta( delta_through_time(");
    assert_offered(state, "plot delta(pl", "plain");
}

static void a_verb_takes_the_clauses_that_it_has(void **state) {
    assert_offered(state, "train plain ", "on with");
    assert_offered(state, "load plain ", "from");
    assert_offered(state, "reset plain ", "");
    assert_offered(state, "save plain as", "");
}

static void an_argument_is_completed_with_its_sign(void **state) {
    assert_offered(state, "net n { dense(64, in", "init=");
    assert_offered(state, "net n { dense(uni", "units=");
    assert_offered(state, "net n { dense(64, init=he, in", "");
    assert_offered(state, "d = csv(\"a.csv\", lab", "label=");
    assert_offered(state, "net n = mlp(", "act= width=");
    assert_offered(state, "net n = mlp(act=tanh, ", "width=");
}

static void a_value_is_one_that_the_argument_takes(void **state) {
    assert_offered(state, "net n { dense(64, bias=t", "true");
    assert_offered(state, "net n { dense(64, init=xav", "xavier xavier_normal");
    assert_offered(state, "net n { dense(64, init=aut", "auto");
    assert_offered(state, "train mlp(act=aut", "auto");
    assert_offered(state, "recipe r { optimizer = ada", "adam adamw adagrad");
    assert_offered(state, "d = csv(\"a\", task=", "auto classify regress depth");
    assert_offers(state, "net n = mlp(act=", "tanh");
    assert_offers_not(state, "net n { dense(64, init=", "adam");
    assert_offers(state, "net n { init = ", "he");
}

static void a_body_holds_layers_and_a_recipe_keys(void **state) {
    assert_offered(state, "net n {\n  input(2)\n  batch", "batchnorm");
    assert_offered(state, "net n { input(2); repeat(3) { dense(4) -> leak", "leaky_relu");
    assert_offered(state, "recipe r { ep", "epochs = ");
    assert_offered(state, "train plain on points with quick { st", "steps =  stop = ");
    assert_offers_not(state, "net n { ", "train");
    assert_offers_not(state, "recipe r { ", "dense");
    assert_offered(state, "generate plain from \"a\" with { te", "temperature = ");
    assert_offers_not(state, "generate plain from \"a\" with { ", "epochs");
    assert_offered(state, "set thr", "threads = ");
}

static void fields_are_known_without_evaluation(void **state) {
    assert_offers(state, "print plain.", "dense1");
    assert_offers(state, "print plain.", "loss");
    assert_offered(state, "print plain.dense1.wei", "weight weight_norm");
    assert_offers(state, "print plain.dense1.", "grad");
    assert_offers(state, "watch plain.dense1.half", "half_life");
    assert_offered(state, "print plain.dense1.weight.no", "norm");
    assert_offered(state, "print points.ro", "rows");
    assert_offered(state, "print nothing.", "");
    assert_offered(state, "print 0.", "");
}

static void a_string_is_completed_by_files(void **state) {
    char folder[] = "/tmp/plumb_complete_XXXXXX", text[128], expected[128];
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(mkdir("data", 0700), 0);
    fclose(fopen("data/my digits.csv", "w"));
    fclose(fopen("data/my-iris.csv", "w"));
    fclose(fopen("data/.hidden", "w"));
    assert_offered(state, "d = csv(\"da", "data/");
    assert_offered(state, "d = csv(\"data/my ", "data/my digits.csv");
    assert_offered(state, "d = csv(\"data/", "data/my digits.csv data/my-iris.csv");
    assert_offered(state, "d = csv(\"data/.h", "data/.hidden");
    snprintf(text, sizeof text, "save plain to \"%s/d", folder);
    snprintf(expected, sizeof expected, "%s/data/", folder);
    assert_offered(state, text, expected);
    Completion completion = complete(session_of(state), "d = csv(\"da", 11);
    assert_int_equal(completion.begin, 9);
    assert_true(completion.is_file);
    completion_clear(&completion);
    unlink("data/my digits.csv"), unlink("data/my-iris.csv"), unlink("data/.hidden"), rmdir("data");
    assert_int_equal(chdir("/"), 0);
    rmdir(folder);
}

static void nothing_is_offered_where_nothing_is_known(void **state) {
    static const char *const texts[] = {"# tra", "net ",         "net n",        "fix plain as ",
                                        "x = )", "print 3 # pl", "x = \"a\" tra"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_offered(state, texts[i], "");
    }
}

/* A bracket, a quote, a name before the cursor in every combination: no crash, and the session is as before. */
static void any_text_may_stand_before_the_cursor(void **state) {
    static const char *const parts[] = {
        "(", "{", "\"", "]", "plain.", "x = ", "train ", ",", "\n", "dense(", "#", "on "};
    enum { PARTS = sizeof parts / sizeof *parts };
    for (int i = 0; i < PARTS * PARTS * PARTS; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s%s%s", parts[i % PARTS], parts[i / PARTS % PARTS], parts[i / PARTS / PARTS]);
        free(offered(session_of(state), text));
    }
    assert_offered(state, "train pl", "plain");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_statement_starts_with_a_verb_a_keyword_or_a_name),
        cmocka_unit_test(a_verb_takes_names_of_its_kinds),
        cmocka_unit_test(a_verb_takes_the_clauses_that_it_has),
        cmocka_unit_test(an_argument_is_completed_with_its_sign),
        cmocka_unit_test(a_value_is_one_that_the_argument_takes),
        cmocka_unit_test(a_body_holds_layers_and_a_recipe_keys),
        cmocka_unit_test(fields_are_known_without_evaluation),
        cmocka_unit_test(a_string_is_completed_by_files),
        cmocka_unit_test(nothing_is_offered_where_nothing_is_known),
        cmocka_unit_test(any_text_may_stand_before_the_cursor),
    };
    return cmocka_run_group_tests(tests, open_session, close_session);
}
