/* A small part of the corpus (`make corpus` runs all of it): bounds that hold with a margin. */
#include "given.h"
#include "tests/corpus/private.h"
#include <math.h>
#include <stdlib.h>

typedef struct Pick {
    int family, cases; /* so many of the family, spread evenly */
} Pick;

/* Broken and healthy, of families that rules are tuned on: those held out are for the whole corpus to judge by. */
static const Pick picks[] = {{1, 3}, {3, 3}, {7, 2}, {8, 3}, {15, 2}, {19, 2}, {21, 2}, {26, 2}, {35, 1}, {39, 1}};

typedef struct Sample {
    Corpus corpus;
    Result *results;
    bool *tried;
    Table table;
} Sample;

static int of_family(const Corpus *corpus, int family, int *first) {
    int count = 0;
    for (int i = 0; i < corpus->count; i++) {
        *first = corpus->cases[i].family == family && !count ? i : *first;
        count += corpus->cases[i].family == family;
    }
    return count;
}

static bool try_pick(Trials *trials, Sample *sample, const Pick *pick) {
    int first = 0, count = of_family(&sample->corpus, pick->family, &first);
    for (int i = 0; i < pick->cases; i++) {
        int at = first + i * count / pick->cases;
        sample->tried[at] = try_case(trials, &sample->corpus.cases[at], &sample->results[at]);
        if (!sample->tried[at]) {
            return false;
        }
    }
    return true;
}

static int try_sample(void **state) {
    Sample *sample = calloc(1, sizeof *sample);
    Trials trials = {.seeds = 1, .repair = true};
    *state = sample;
    bool done = sample && corpus_make(&sample->corpus);
    if (done) {
        sample->results = calloc((size_t)sample->corpus.count, sizeof *sample->results);
        sample->tried = calloc((size_t)sample->corpus.count, sizeof *sample->tried);
    }
    done = done && sample->results && sample->tried;
    for (size_t i = 0; done && i < sizeof picks / sizeof *picks; i++) {
        done = try_pick(&trials, sample, &picks[i]);
    }
    if (done) {
        table_fill(&sample->table, &sample->corpus, sample->results, sample->tried, false);
    }
    outcomes_free(&trials.outcomes);
    return done ? 0 : -1;
}

static int drop_sample(void **state) {
    Sample *sample = *state;
    corpus_free(&sample->corpus);
    free(sample->results);
    free(sample->tried);
    free(sample);
    return 0;
}

static void assert_at_least(const char *what, Share share, double bound) {
    if (!(share_of(share) >= bound)) {
        fail_msg("%s: %d of %d, expected a share of at least %g", what, share.hit, share.of, bound);
    }
}

static void assert_at_most(const char *what, Share share, double bound) {
    if (!(share_of(share) <= bound)) {
        fail_msg("%s: %d of %d, expected a share of at most %g", what, share.hit, share.of, bound);
    }
}

static void outcomes_say_which_nets_are_broken(void **state) {
    const Table *table = &((Sample *)*state)->table;
    assert_in_range(table->cases, 21, 21);
    assert_int_equal(table->undecided, 0);
    assert_in_range(table->broken, 8, 20);
    assert_in_range(table->healthy, 4, 16);
}

static void the_forecast_finds_most_before_training(void **state) {
    const Table *table = &((Sample *)*state)->table;
    const Detection *detection = &table->forecast;
    assert_at_least("precision", detection->precision, 0.75);
    assert_at_least("recall", detection->recall, 0.5);
    assert_at_most("false alarms", detection->false_alarms, 0.2);
}

static void the_rules_find_most_early_in_training(void **state) {
    const Table *table = &((Sample *)*state)->table;
    const Detection *detection = &table->early;
    assert_at_least("precision", detection->precision, 0.75);
    assert_at_least("recall", detection->recall, 0.6);
    assert_at_most("false alarms", detection->false_alarms, 0.25);
    assert_at_least("right cause", table->cause, 0.75);
    assert_at_least("right layer", table->layer, 0.75);
}

static void the_rules_find_more_than_published_thresholds(void **state) {
    const Table *table = &((Sample *)*state)->table;
    Share early = table->early.recall;
    const Detection *published[] = {&table->below_1e7, &table->below_1e6, &table->ratio};
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        assert_in_range(published[i]->recall.hit, 0, early.hit - 2);
    }
}

static void fix_repairs_most_and_makes_none_worse(void **state) {
    const Table *table = &((Sample *)*state)->table;
    assert_at_least("repaired", table->repaired, 0.9);
    assert_int_equal(table->worse, 0);
}

static void edits_at_random_repair_some_and_need_more_twins(void **state) {
    const Table *table = &((Sample *)*state)->table;
    assert_int_equal(table->by_chance.of, table->repaired.of);
    assert_at_least("repaired at random", table->by_chance, 0.2);
    assert_in_range(table->by_chance.hit, 1, table->repaired.hit);
    assert_in_range(table->chance_twins.most, table->twins.median, 5);
}

static void what_is_drawn_is_the_same_each_time(void **state) {
    const Sample *sample = *state;
    int first = 0;
    of_family(&sample->corpus, 8, &first);
    const Case *about = &sample->corpus.cases[first];
    Result results[2] = {0};
    for (int i = 0; i < 2; i++) {
        Bench bench;
        assert_true(bench_open(&bench, &about->own));
        repair_by_chance(&bench, about, &results[i]);
        bench_close(&bench);
    }
    assert_in_range(results[0].chance_twins, 1, 5);
    assert_int_equal(results[0].chance_twins, results[1].chance_twins);
    assert_int_equal(results[0].by_chance, results[1].by_chance);
}

/* Brown, Cai & DasGupta 2001, eq. 4; the ends by hand. */
static void shares_have_their_intervals(void **state) {
    (void)state;
    static const struct {
        Share share;
        Interval expected;
    } rows[] = {{{10, 10}, {0.72247, 1}}, {{20, 0}, {0, 0.16113}}, {{100, 50}, {0.40383, 0.59617}}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Interval seen = interval_of(rows[i].share), expected = rows[i].expected;
        if (!(fabs(seen.from - expected.from) < 1e-4 && fabs(seen.to - expected.to) < 1e-4)) {
            fail_msg("%d of %d: %g to %g, expected %g to %g", rows[i].share.hit, rows[i].share.of, seen.from, seen.to,
                     expected.from, expected.to);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(outcomes_say_which_nets_are_broken),
                                       cmocka_unit_test(the_forecast_finds_most_before_training),
                                       cmocka_unit_test(the_rules_find_most_early_in_training),
                                       cmocka_unit_test(the_rules_find_more_than_published_thresholds),
                                       cmocka_unit_test(fix_repairs_most_and_makes_none_worse),
                                       cmocka_unit_test(edits_at_random_repair_some_and_need_more_twins),
                                       cmocka_unit_test(what_is_drawn_is_the_same_each_time),
                                       cmocka_unit_test(shares_have_their_intervals)};
    return cmocka_run_group_tests(tests, try_sample, drop_sample);
}
