/* What the files of families share: how a case is put together, and their tables. */
#ifndef TEST_CORPUS_CASES_H
#define TEST_CORPUS_CASES_H
#include "corpus.h"

#define BIT RULE_BIT
#define COUNT(table) (sizeof(table) / sizeof *(table))
#define SMALL_WEIGHTS (BIT(VANISHING_GRADIENT) | BIT(POOR_INITIALIZATION))
#define LARGE_WEIGHTS (BIT(EXPLODING_GRADIENT) | BIT(POOR_INITIALIZATION))

typedef struct Task {
    const char *data;
    const char *input;       /* shape of a row: "2" */
    int outputs;
    double target;           /* above what a linear net reaches where that can be, below what a net does that learns at all */
} Task;

typedef struct Family {
    char letter;
    const char *name;
    void (*make)(Corpus *corpus, int family);
} Family;

typedef struct Pair {        /* a case on one task: bodies of nets, and settings */
    char *name;
    const Task *task;
    const char *body, *settings;
    const char *twin_body, *twin_settings; /* NULL: as its own */
    Trouble trouble;
    uint32_t causes;
    int layer;               /* as a Case's */
} Pair;

enum { WEIGHT_FAMILIES = 10, LINK_FAMILIES = 4, STEP_FAMILIES = 6 };
extern const Family tuned_families[TUNED_FAMILIES];
extern const Family unseen_weight_families[WEIGHT_FAMILIES], unseen_link_families[LINK_FAMILIES],
    unseen_step_families[STEP_FAMILIES];

/* Those of examples/data: programs of the corpus run in the root of the tree. */
#define DIGITS(more) "csv(\"examples/data/digits.csv\", label=\"digit\", limit=400, test=0.25, " more ")"
#define WINE(more) "csv(\"examples/data/wine.csv\", label=\"class\", test=0.25" more ")"
#define IRIS(more) "csv(\"examples/data/iris.csv\", label=\"species\", test=0.25" more ")"
#define SUNSPOTS(more) "series(\"examples/data/sunspots.csv\", column=\"sunactivity\", test=0.25, " more ")"

/* In the corpus's arena; NULL, and the corpus failed, when memory is short. */
char *text_of(Corpus *corpus, const char *format, ...) __attribute__((format(printf, 2, 3)));
void add_case(Corpus *corpus, Case one);
void add_pair(Corpus *corpus, int family, Pair pair);
/* The task's input, the body, a dense layer of the task's outputs. NULL where the body is. */
const char *net_of_body(Corpus *corpus, const Task *task, const char *body);
#endif
