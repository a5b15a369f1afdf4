/* The corpus: broken nets of fifty-six families, each with a twin that differs in what breaks it, and nets that only look
 * broken. Truth is the outcome of training, never what the family's name says. */
#ifndef TEST_CORPUS_H
#define TEST_CORPUS_H
#include "runtime/diagnose/rules.h"
#include "runtime/plumb.h"

typedef struct Specimen {    /* what a script says: a net called n, and what follows `d =` and stands in recipe r's braces */
    const char *net, *data, *settings;
} Specimen;

typedef enum {
    BY_NOTHING,              /* a net that looks broken and learns */
    BY_WEIGHTS,              /* the first weights, activations, norms, links: a forecast can know */
    BY_STEPS,                /* learning rate or clipping: only training shows it */
    BY_OTHER,                /* not the gradient: labels, loss, data, epochs */
} Trouble;

enum { LAYER_NONE = -1, LAYER_LOWER = 0 };
typedef struct Case {
    int family;              /* from 1 */
    char *name;
    Specimen own, twin;
    Trouble trouble;         /* where it is broken */
    uint32_t causes;         /* the rules that name it: sum of RULE_BIT; 0: none does */
    int layer;               /* at fault: the k-th layer with weights, from 1; or LAYER_LOWER, LAYER_NONE */
    double target;           /* accuracy, or explained variance, on the test part */
} Case;

typedef struct Corpus {
    PlumbArena *arena;
    Case *cases;
    int count, room;
    bool failed;             /* memory was short */
} Corpus;
enum { TUNED_FAMILIES = 56, FAMILIES = 56 }; /* rules are tuned on the first; the others are held out */
bool is_held_out(int family);
const char *family_name(int family);
char family_letter(int family);
bool corpus_make(Corpus *corpus);
void corpus_free(Corpus *corpus);

/* ---- outcomes: a training's score by what was trained; kept in a file where one is given ------------------------ */
typedef struct Outcome {
    uint64_t key;
    double score;
} Outcome;
typedef struct Outcomes {
    Outcome *known;
    int count, room;
    const char *path;        /* NULL: none */
} Outcomes;
void outcomes_read(Outcomes *outcomes);
void outcomes_free(Outcomes *outcomes);

/* ---- trials ------------------------------------------------------------------------------------------------------ */
typedef struct Judged {      /* what was said of a net at one moment */
    bool alarm;              /* a severe finding about gradient, units or steps */
    int rule;                /* of the first severe finding; -1: none */
    bool cause, layer;       /* is it right? A cause is also right where its own edit alone reaches the target */
    double slope, level, update; /* decades of the gradient from last to first; loss over chance; largest update ratio of an epoch */
    char evidence[120];
} Judged;

typedef struct Result {
    int hits, twin_hits, seeds; /* trainings that reach the target */
    bool forecast;           /* alarm before training */
    PlumbVerdict verdict;
    Judged early, end;       /* after 5 % of the training, one epoch at least; after all of it */
    bool below_1e7, below_1e6, ratio; /* published threshold rules, where `early` was judged */
    bool repaired, worse, simple; /* by fix; by relu, he and adam */
    int twins;               /* that fix trained */
    double score, fixed;
} Result;

typedef struct Trials {
    int seeds;
    bool repair, telling;    /* telling: prints each repair */
    Outcomes outcomes;
} Trials;
/* False: the case could not be run; what the interpreter says of it is on stderr. */
bool try_case(Trials *trials, const Case *about, Result *result);
/* By the outcome. A case whose twin misses the target tells nothing. */
bool is_broken(const Result *result);
bool is_undecided(const Result *result);

/* ---- report ------------------------------------------------------------------------------------------------------ */
typedef struct Share { int of, hit; } Share;
typedef struct Detection { Share precision, recall, false_alarms; } Detection;
typedef struct Table {       /* of the families that rules are tuned on, or of those held out */
    int cases, undecided, mixed, broken, healthy;
    Detection forecast, early, end, below_1e7, below_1e6, ratio;
    Share cause, layer, other_cause; /* of what is detected early; of what is broken by other things */
    Share repaired, simple;
    int worse, twins_median, twins_most; /* twins trained: median, and 90 % quantile, of those repaired */
} Table;
void table_fill(Table *table, const Corpus *corpus, const Result *results, const bool *tried, bool held_out);
void table_print(const Table *tuned, const Table *reported);
void families_print(const Corpus *corpus, const Result *results, const bool *tried);
void errors_print(const Corpus *corpus, const Result *results, const bool *tried);
double share_of(Share share); /* NaN of nothing */
#endif
