/* The list of candidates, and what goes into it by itself: files and fields. Internal to completion. */
#ifndef PLUMB_CANDIDATES_H
#define PLUMB_CANDIDATES_H
#include "complete.h"
#include <ctype.h>

enum { BOUND = NAME_NET | NAME_DATA | NAME_RECIPE | NAME_VALUE };

typedef struct Site { /* where something is to be completed */
    Session *session;
    const char *text;
    size_t begin, end; /* of the word so far */
    Expected expected;
    Completion *completion;
} Site;

/* Lists a word, and what stands behind it, if it begins with what was typed. */
void offer(const Site *site, const char *word, const char *behind, CandidateKind kind);
void offer_named(const Site *site, unsigned kinds, CandidateKind kind);
void offer_names(const Site *site, unsigned kinds); /* PLUMB_LAYER, NAME_NET, ... */
void offer_verbs(const Site *site);
void complete_file(const Site *site); /* the text ends in a string */
/* False: no name and a dot stand before the word. */
bool complete_field(const Site *site);

static inline bool is_word(char byte) {
    return isalnum((unsigned char)byte) || byte == '_';
}
#endif
