/* corpus [--tuned | --held-out] [--seeds N] [--every N] [--family N] [--no-repair] [--repairs] [--errors]
 * [--outcomes] [--cache FILE]: what plumb says of broken nets and healthy ones, against what becomes of them. --every
 * N: each N-th case only. --outcomes: what becomes of them alone, so that new cases can be chosen by it. --cache keeps
 * outcomes of trainings, for tuning rules: a file of outcomes is stale when anything but the rules changes. */
#include "corpus.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct Wish {
    int every, family; /* 0: all */
    bool errors, no_tuned, no_held_out;
} Wish;

static bool read_arguments(int argc, char **argv, Trials *trials, Wish *wish) {
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (!strcmp(argv[i], "--no-repair")) {
            trials->repair = false;
        } else if (!strcmp(argv[i], "--repairs")) {
            trials->telling = true;
        } else if (!strcmp(argv[i], "--outcomes")) {
            trials->blind = true;
        } else if (!strcmp(argv[i], "--errors")) {
            wish->errors = true;
        } else if (!strcmp(argv[i], "--tuned")) {
            wish->no_held_out = true;
        } else if (!strcmp(argv[i], "--held-out")) {
            wish->no_tuned = true;
        } else if (!strcmp(argv[i], "--cache") && more) {
            trials->outcomes.path = argv[++i];
        } else if (!strcmp(argv[i], "--seeds") && more) {
            trials->seeds = atoi(argv[++i]);
        } else if (!strcmp(argv[i], "--every") && more) {
            wish->every = atoi(argv[++i]);
        } else if (!strcmp(argv[i], "--family") && more) {
            wish->family = atoi(argv[++i]);
        } else {
            return false;
        }
    }
    return trials->seeds > 0 && wish->every > 0;
}

static bool is_wanted(const Wish *wish, int family) {
    return (!wish->family || family == wish->family) && !(is_held_out(family) ? wish->no_held_out : wish->no_tuned);
}

static bool try_all(Trials *trials, const Wish *wish, const Corpus *corpus, Result *results, bool *tried) {
    bool done = true;
    for (int i = 0; done && i < corpus->count; i += wish->every) {
        if (is_wanted(wish, corpus->cases[i].family)) {
            done = tried[i] = try_case(trials, &corpus->cases[i], &results[i]);
            if (done && trials->blind) {
                outcomes_print(trials, &corpus->cases[i], &results[i]);
            }
        }
    }
    return done;
}

static void print_all(const Wish *wish, const Corpus *corpus, const Result *results, const bool *tried) {
    Table tuned, reported;
    table_fill(&tuned, corpus, results, tried, false);
    table_fill(&reported, corpus, results, tried, true);
    if (wish->errors) {
        errors_print(corpus, results, tried);
    }
    table_print(&tuned, &reported);
    families_print(corpus, results, tried);
}

int main(int argc, char **argv) {
    Trials trials = {.seeds = 5, .repair = true};
    Wish wish = {.every = 1};
    Corpus corpus = {0};
    if (!read_arguments(argc, argv, &trials, &wish)) {
        fprintf(stderr, "corpus [--tuned | --held-out] [--seeds N] [--every N] [--family N] [--no-repair] [--repairs] "
                        "[--errors] [--outcomes] [--cache FILE]\n");
        return 2;
    }
    outcomes_read(&trials.outcomes);
    bool done = corpus_make(&corpus);
    Result *results = done ? calloc((size_t)corpus.count, sizeof *results) : NULL;
    bool *tried = done ? calloc((size_t)corpus.count, sizeof *tried) : NULL;
    done = results && tried && try_all(&trials, &wish, &corpus, results, tried);
    if (done && !trials.blind) {
        print_all(&wish, &corpus, results, tried);
    }
    free(results);
    free(tried);
    corpus_free(&corpus);
    outcomes_free(&trials.outcomes);
    return done ? 0 : 1;
}
