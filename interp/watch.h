/* Watchpoints: conditions that are looked at after every step of a training, see `help watch`. */
#ifndef PLUMB_WATCH_H
#define PLUMB_WATCH_H
#include "session.h"
#include "value.h"

enum { WATCH_FIGURES = 4 };
typedef struct Look {              /* what a watchpoint saw */
    int64_t step;                  /* -1: nothing yet */
    Value *figure[WATCH_FIGURES];  /* of its figures */
} Look;

typedef struct Watch {
    int number;
    const Tree *condition;         /* of a script: scripts are kept */
    const Tree *figure[WATCH_FIGURES]; /* the parts of the condition that change: what is told of it */
    int figures;
    bool of_recipe;                /* holds only while a net is trained with a recipe that states it */
    int64_t hits, hits_here;       /* how often it has become true; in the last training */
    bool is_true;                  /* at the last look */
    Look before, now;
    char *trouble;                 /* why it could not be evaluated; NULL: it was */
} Watch;

/* Can it be watched? Evaluates it where that is possible; false: an error was added. */
bool watch_check(Session *session, const Tree *condition);
/* Adds one, or finds the one of the same tree. NULL: no memory. */
Watch *watch_add(Session *session, const Tree *condition);
Watch *watch_at(Session *session, int index);          /* NULL ends */
bool watch_remove(Session *session, int number);       /* 0: all. False: there is no such */
/* Does the condition read this net, by a name that is bound to it? NULL: any net. */
bool watch_reads(Session *session, const Tree *condition, const NetValue *net);
/* Forgets what was seen of another training. */
void watch_begin(Watch *watch);
/* Evaluates the condition. True: it has become true. What cannot be evaluated yet is not true. */
bool watch_look(Session *session, Watch *watch, int64_t step);
/* "2.4e-06"; more than one figure are named: "plain.loss = 2.3, ...". malloc'd; NULL: no memory. */
char *watch_text(const Watch *watch, const Look *look);
#endif
