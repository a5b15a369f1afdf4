/* What the files of families share: how a case is put together, and their tables. */
#ifndef TEST_CORPUS_CASES_H
#define TEST_CORPUS_CASES_H
#include "corpus.h"

#define BIT RULE_BIT
#define COUNT(table) (sizeof(table) / sizeof *(table))
#define SMALL_WEIGHTS (BIT(VANISHING_GRADIENT) | BIT(POOR_INITIALIZATION))
#define LARGE_WEIGHTS (BIT(EXPLODING_GRADIENT) | BIT(POOR_INITIALIZATION))
#define GROWTH (LARGE_WEIGHTS | BIT(LEARNING_RATE_TOO_HIGH))
#define FADING BIT(VANISHING_THROUGH_TIME)
#define GROWING BIT(EXPLODING_THROUGH_TIME)

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
    const char *name;        /* NULL: its body and settings */
    const Task *task;
    const char *body, *end, *settings; /* end: behind the last layer */
    const char *twin_body, *twin_settings; /* NULL: as its own; the twin has no end */
    const Task *twin_task;
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

typedef struct Bad {         /* a layer, and what it should be */
    const char *layer, *good;
    uint32_t causes;
} Bad;
typedef struct Place {       /* of the bad layer among good ones, from 1 */
    int k, of;
    const char *stem, *end;  /* around them; a stem has one layer with weights */
} Place;

typedef struct Usual {       /* a net as people write it, and the nearest that learns; NULL: as its own */
    const Task *task;
    const char *body, *settings, *twin_body, *twin_settings;
    uint32_t causes;
} Usual;

typedef struct Choice {      /* trouble that is not the gradient's */
    const char *what;
    const Task *task, *right; /* right: the twin's; NULL: as task */
    const char *body, *end, *settings; /* end: behind the last layer; settings: NULL: the twin's */
    uint32_t causes;         /* none: any alarm is false */
} Choice;

typedef struct Sequence {    /* a task, what makes a sequence of its input, and a cell that learns it */
    const char *what;
    const Task *task;
    const char *stem, *best, *settings;
} Sequence;

typedef struct Step {        /* layers alike, trained so */
    const char *settings, *act;
    int depth;
    const Task *task;
} Step;

typedef struct Lookalike {   /* healthy, and looks ill */
    const char *what;
    const Task *task;
    const char *body, *settings;
} Lookalike;

enum { FIRST_FAMILIES = 20, MORE_WEIGHT_FAMILIES = 10, MORE_LINK_FAMILIES = 4, MORE_STEP_FAMILIES = 6 };
enum { UNSEEN_WEIGHT_FAMILIES = 8, UNSEEN_LINK_FAMILIES = 4, UNSEEN_STEP_FAMILIES = 4 };
enum { COMMON_WEIGHT_FAMILIES = 6, COMMON_LINK_FAMILIES = 4, COMMON_STEP_FAMILIES = 2, COMMON_OTHER_FAMILIES = 4 };
extern const Family first_families[FIRST_FAMILIES], more_weight_families[MORE_WEIGHT_FAMILIES],
    more_link_families[MORE_LINK_FAMILIES], more_step_families[MORE_STEP_FAMILIES];
extern const Family unseen_weight_families[UNSEEN_WEIGHT_FAMILIES], unseen_link_families[UNSEEN_LINK_FAMILIES],
    unseen_step_families[UNSEEN_STEP_FAMILIES];
extern const Family common_weight_families[COMMON_WEIGHT_FAMILIES], common_link_families[COMMON_LINK_FAMILIES],
    common_step_families[COMMON_STEP_FAMILIES], common_other_families[COMMON_OTHER_FAMILIES];

/* Those of examples/data: programs of the corpus run in the root of the tree. */
#define DIGITS(more) "csv(\"examples/data/digits.csv\", label=\"digit\", limit=400, test=0.25, " more ")"
#define MANY_DIGITS(more)                                                                                              \
    "csv(\"examples/data/digits.csv\", label=\"digit\", limit=600, test=0.2, " more ")"
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
void add_bad(Corpus *corpus, int family, const Bad *bad, const Place *place, const Task *task, const char *settings);
void add_cell(Corpus *corpus, int family, const Part *cell, const Sequence *sequence);
/* Layers of so many units; its twin is trained by `best`. */
void add_step(Corpus *corpus, int family, const Step *step, int units, const char *best, uint32_t causes);
void add_usual(Corpus *corpus, int family, const Usual *list, int count, Trouble trouble);
/* Twins have the body and settings; NULL: as its own. */
void add_choices(Corpus *corpus, int family, const Choice *list, int count, const char *body, const char *settings);
void add_lookalikes(Corpus *corpus, int family, const Lookalike *list, int count);
/* The task's input, the body, a dense layer of the task's outputs. NULL where the body is. */
const char *net_of_body(Corpus *corpus, const Task *task, const char *body);
const char *layers_alike(Corpus *corpus, int depth, int units, const char *act);
#endif
