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

typedef struct Part {        /* a layer, or some: what a net repeats */
    const char *text;
    uint32_t causes;
} Part;

typedef struct Steps {
    const char *name, *settings;
} Steps;

typedef struct Stack {       /* each part at two depths, on two tasks in turn, with two sorts of steps in turn */
    const char *form;        /* of the body: takes a depth and a part */
    const char *good;        /* the twin's part; it takes the second sort of steps */
    const Part *parts;
    int count, depths[2];
    const Task *tasks[2];
    Steps steps[2];
} Stack;

enum { FIRST_FAMILIES = 20, MORE_WEIGHT_FAMILIES = 10, MORE_LINK_FAMILIES = 4, MORE_STEP_FAMILIES = 6 };
enum { UNSEEN_WEIGHT_FAMILIES = 8, UNSEEN_LINK_FAMILIES = 4, UNSEEN_STEP_FAMILIES = 4 };
extern const Family first_families[FIRST_FAMILIES], more_weight_families[MORE_WEIGHT_FAMILIES],
    more_link_families[MORE_LINK_FAMILIES], more_step_families[MORE_STEP_FAMILIES];
extern const Family unseen_weight_families[UNSEEN_WEIGHT_FAMILIES], unseen_link_families[UNSEEN_LINK_FAMILIES],
    unseen_step_families[UNSEEN_STEP_FAMILIES];

/* Those of examples/data: programs of the corpus run in the root of the tree. */
#define DIGITS(more) "csv(\"examples/data/digits.csv\", label=\"digit\", limit=400, test=0.25, " more ")"
#define WINE(more) "csv(\"examples/data/wine.csv\", label=\"class\", test=0.25" more ")"
#define IRIS(more) "csv(\"examples/data/iris.csv\", label=\"species\", test=0.25" more ")"
#define IRIS_WIDTH(more)                                                                                               \
    "csv(\"examples/data/iris.csv\", label=\"petal_width\", features=[0, 1, 2], task=regress, test=0.25" more ")"
#define SAWYER(more) "text(\"examples/data/sawyer.txt\", test=0.25, " more ")"
#define SUNSPOTS(more) "series(\"examples/data/sunspots.csv\", column=\"sunactivity\", test=0.25, " more ")"

/* In the corpus's arena; NULL, and the corpus failed, when memory is short. */
char *text_of(Corpus *corpus, const char *format, ...) __attribute__((format(printf, 2, 3)));
void add_case(Corpus *corpus, Case one);
void add_pair(Corpus *corpus, int family, Pair pair);
void add_stack(Corpus *corpus, int family, const Stack *stack);
/* The task's input, the body, a dense layer of the task's outputs. NULL where the body is. */
const char *net_of_body(Corpus *corpus, const Task *task, const char *body);
#endif
