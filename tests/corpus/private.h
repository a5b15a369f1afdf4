/* Shared by the corpus's own files. */
#ifndef TEST_CORPUS_PRIVATE_H
#define TEST_CORPUS_PRIVATE_H
#include "corpus.h"
#include "interp/interpreter.h"

uint64_t outcome_key(const Specimen *specimen, int seed);
bool outcome_find(const Outcomes *outcomes, uint64_t key, double *score);
void outcome_add(Outcomes *outcomes, uint64_t key, double score);

typedef struct Bench {       /* a session with a specimen in it: net n, data d, recipe r */
    Session *session;
    FILE *out;
    char *text;              /* what the session printed: JSON lines */
    size_t size;
    Value *value;            /* the net's */
    PlumbNet *net;
    const PlumbData *data;
    const PlumbCall *recipe;
} Bench;
enum { FIRST_SEED = 1 };
bool bench_open(Bench *bench, const Specimen *specimen);
void bench_close(Bench *bench);
PlumbConfig bench_config(int seed);
/* Of the epochs that a trainer has behind it; NaN: none, or not finite. */
double bench_score(const Bench *bench, const PlumbNet *net, const PlumbEpoch *last);
void judge(const Bench *bench, const Case *about, PlumbTrainer *trainer, Judged *judged);
/* Trained anew from that seed. False: not to an end, and there is no last epoch. */
bool bench_train(const Bench *bench, PlumbNet *net, const PlumbCall *recipe, int seed, PlumbEpoch *last);
/* The repairs: of fix; relu, he and adam whatever the net is; single edits of fix's list, drawn and not chosen. */
void repair_by_fix(Bench *bench, const Case *about, bool telling, Result *result);
bool repair_by_recipe(Bench *bench, const Case *about);
void repair_by_chance(Bench *bench, const Case *about, Result *result);
#endif
