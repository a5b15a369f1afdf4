/* The table of what was right and what was wrong. */
#include "corpus.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

double share_of(Share share) {
    return share.of ? (double)share.hit / share.of : NAN;
}

static void count(Share *share, bool hit) {
    share->of++;
    share->hit += hit;
}

/* ---- filling ----------------------------------------------------------------------------------------------------- */

static void count_alarm(Detection *detection, bool alarm, bool ill, bool healthy) {
    if (alarm) {
        count(&detection->precision, ill);
    }
    if (ill) {
        count(&detection->recall, alarm);
    }
    if (healthy) {
        count(&detection->false_alarms, alarm);
    }
}

static void count_case(Table *table, const Case *about, const Result *result) {
    bool broken = is_broken(result), ill = broken && about->trouble != BY_OTHER, healthy = !broken;
    table->mixed += result->hits > 0 && result->hits < result->seeds;
    table->broken += broken;
    table->healthy += healthy;
    /* What steps break no forecast of the first weights can know: it is not asked. */
    if (!(ill && about->trouble == BY_STEPS)) {
        count_alarm(&table->forecast, result->forecast, ill, healthy);
    }
    count_alarm(&table->early, result->early.alarm, ill, healthy);
    count_alarm(&table->end, result->end.alarm, ill, healthy);
    count_alarm(&table->below_1e7, result->below_1e7, ill, healthy);
    count_alarm(&table->below_1e6, result->below_1e6, ill, healthy);
    count_alarm(&table->ratio, result->ratio, ill, healthy);
    if (ill && result->early.alarm) {
        count(&table->cause, result->early.cause);
        if (about->layer != LAYER_NONE) {
            count(&table->layer, result->early.layer);
        }
    }
    if (broken && about->trouble == BY_OTHER) {
        count(&table->other_cause, about->causes ? result->early.cause : !result->early.alarm);
    }
    if (ill) {
        count(&table->repaired, result->repaired);
        count(&table->simple, result->simple);
        table->worse += result->worse;
    }
}

enum { TWINS_KINDS = 16 };

/* The number of twins that a share of the repaired nets needed at most. */
static int twins_at(const int *needed, double share) {
    int total = 0, seen = 0;
    for (int i = 0; i < TWINS_KINDS; i++) {
        total += needed[i];
    }
    for (int i = 0; i < TWINS_KINDS; i++) {
        seen += needed[i];
        if (total && seen >= share * total) {
            return i;
        }
    }
    return 0;
}

void table_fill(Table *table, const Corpus *corpus, const Result *results, const bool *tried, bool held_out) {
    int needed[TWINS_KINDS] = {0};
    *table = (Table){0};
    for (int i = 0; i < corpus->count; i++) {
        if (!tried[i] || is_held_out(corpus->cases[i].family) != held_out) {
            continue;
        }
        table->cases++;
        if (is_undecided(&results[i])) {
            table->undecided++;
            continue;
        }
        count_case(table, &corpus->cases[i], &results[i]);
        if (results[i].repaired && results[i].twins < TWINS_KINDS) {
            needed[results[i].twins]++;
        }
    }
    table->twins_median = twins_at(needed, 0.5);
    table->twins_most = twins_at(needed, 0.9);
}

/* ---- printing ---------------------------------------------------------------------------------------------------- */

static void print_share(Share share) {
    if (share.of) {
        printf("  %.3f (%3d of %3d)", share_of(share), share.hit, share.of);
    } else {
        printf("  %20s", "-");
    }
}

static void print_row(const char *name, const char *wanted, Share tuned, Share reported) {
    printf("%-46s %8s", name, wanted);
    print_share(tuned);
    print_share(reported);
    printf("\n");
}

static void print_detection(const char *name, const char *const wanted[3], const Detection *tuned,
                            const Detection *reported) {
    char row[64];
    snprintf(row, sizeof row, "%s: precision", name);
    print_row(row, wanted[0], tuned->precision, reported->precision);
    print_row("    recall", wanted[1], tuned->recall, reported->recall);
    print_row("    false alarms on healthy nets", wanted[2], tuned->false_alarms, reported->false_alarms);
}

static void print_head(const Table *tuned, const Table *reported) {
    const Table *tables[] = {tuned, reported};
    static const char *const names[] = {"tuned on", "held out"};
    for (int i = 0; i < 2; i++) {
        printf("%s: %d cases, %d broken, %d healthy; %d with seeds on both sides; %d whose twin misses the target "
               "left out\n",
               names[i], tables[i]->cases, tables[i]->broken, tables[i]->healthy, tables[i]->mixed,
               tables[i]->undecided);
    }
    char tuned_on[32], held_out[32];
    snprintf(tuned_on, sizeof tuned_on, "tuned on (1-%d)", TUNED_FAMILIES);
    snprintf(held_out, sizeof held_out, "held out (%d-%d)", TUNED_FAMILIES + 1, FAMILIES);
    printf("\n%-46s %8s  %-20s  %s\n", "", "wanted", tuned_on, TUNED_FAMILIES < FAMILIES ? held_out : "held out");
}

void table_print(const Table *tuned, const Table *reported) {
    static const char *const before[] = {">= .95", ">= .85", "<= .02"}, *const early[] = {">= .97", ">= .95", "<= .02"};
    static const char *const none[] = {"", "", ""};
    print_head(tuned, reported);
    print_detection("forecast, before training", before, &tuned->forecast, &reported->forecast);
    print_detection("diagnose, first 5 % of training", early, &tuned->early, &reported->early);
    print_detection("diagnose, after training", none, &tuned->end, &reported->end);
    print_detection("published: mean |g| < 1e-7", none, &tuned->below_1e7, &reported->below_1e7);
    print_detection("published: mean |g| < 1e-6", none, &tuned->below_1e6, &reported->below_1e6);
    print_detection("published: first/last <= 1e-3", none, &tuned->ratio, &reported->ratio);
    print_row("right cause, of what is detected early", ">= .85", tuned->cause, reported->cause);
    print_row("right layer or time step", ">= .90", tuned->layer, reported->layer);
    print_row("not the gradient: right cause, or no alarm", "", tuned->other_cause, reported->other_cause);
    print_row("repair by fix reaches the target", ">= .98", tuned->repaired, reported->repaired);
    print_row("repair by relu + he + adam", "", tuned->simple, reported->simple);
    printf("%-46s %8s  %-20d  %d\n", "made worse by fix", "0", tuned->worse, reported->worse);
    printf("%-46s %8s  %d, %-17d  %d, %d\n", "twins trained for a repair: median, 90 %", "1, 3", tuned->twins_median,
           tuned->twins_most, reported->twins_median, reported->twins_most);
}

void families_print(const Corpus *corpus, const Result *results, const bool *tried) {
    printf("\n%-34s %6s %7s %9s %7s %7s %7s %7s %7s\n", "family", "broken", "healthy", "undecided", "missed", "alarms",
           "causes", "fixed", "simple");
    for (int family = 1; family <= FAMILIES; family++) {
        int broken = 0, healthy = 0, undecided = 0, missed = 0, alarms = 0, causes = 0, fixed = 0, simple = 0;
        for (int i = 0; i < corpus->count; i++) {
            const Result *result = &results[i];
            if (!tried[i] || corpus->cases[i].family != family) {
                continue;
            }
            bool out = is_undecided(result), ill = !out && is_broken(result), well = !out && !ill;
            undecided += out;
            broken += ill;
            healthy += well;
            missed += ill && !result->early.alarm;
            alarms += well && result->early.alarm;
            causes += ill && result->early.cause;
            fixed += ill && result->repaired;
            simple += ill && result->simple;
        }
        printf("%c %2d %-29s %6d %7d %9d %7d %7d %7d %7d %7d\n", family_letter(family), family, family_name(family),
               broken, healthy, undecided, missed, alarms, causes, fixed, simple);
    }
}

static const char *rule_of(const Judged *judged) {
    return judged->rule < 0 ? "nothing" : plumb_rule_name(judged->rule);
}

void errors_print(const Corpus *corpus, const Result *results, const bool *tried) {
    static const char *const verdicts[] = {"healthy", "vanishing", "exploding", "unforeseen"};
    for (int i = 0; i < corpus->count; i++) {
        const Case *about = &corpus->cases[i];
        const Result *result = &results[i];
        bool broken = is_broken(result), ill = broken && about->trouble != BY_OTHER;
        bool wrong = broken && (!result->early.cause || (about->layer != LAYER_NONE && !result->early.layer));
        bool unfixed = ill && !result->repaired, unforeseen = ill && about->trouble == BY_WEIGHTS && !result->forecast;
        if (!tried[i] || (!is_undecided(result) && result->early.alarm == ill && !wrong && !unfixed && !unforeseen &&
                          !(result->forecast && !ill))) {
            continue;
        }
        printf("%c%d %s: %d of %d (twin %d), score %.2f, fixed %.2f by %d; forecast %s; early %s%s%s%s (slope %.1f, "
               "loss %.2f of chance, update %.1e); end %s | %s\n",
               family_letter(about->family), about->family, about->name, result->hits, result->seeds, result->twin_hits,
               result->score, result->fixed, result->twins, verdicts[result->verdict], rule_of(&result->early),
               result->early.alarm ? ", alarm" : "", broken && !result->early.cause ? ", wrong cause" : "",
               broken && !result->early.layer && about->layer != LAYER_NONE ? ", wrong layer" : "", result->early.slope,
               result->early.level, result->early.update, rule_of(&result->end), result->early.evidence);
    }
}
