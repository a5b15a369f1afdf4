/* Completion: what may stand at the end of a text, by the grammar's state, the registry and the names that are bound.
 * Nothing is evaluated and nothing is changed. */
#ifndef PLUMB_COMPLETE_H
#define PLUMB_COMPLETE_H
#include "session.h"

typedef enum {
    CANDIDATE_VERB, CANDIDATE_KEYWORD, /* words of the language */
    CANDIDATE_NAME,                    /* bound by the user */
    CANDIDATE_ENTRY,                   /* of the registry: dense, adam */
    CANDIDATE_ARGUMENT,                /* with what follows it: "units=", in recipes and after `set` "epochs = " */
    CANDIDATE_WORD,                    /* a value that an argument takes: same, true */
    CANDIDATE_FIELD,                   /* after a dot */
    CANDIDATE_FILE,                    /* the whole string so far; a folder ends in / */
} CandidateKind;

typedef struct Candidate {
    char *text;
    CandidateKind kind;
} Candidate;

typedef struct Completion {
    size_t begin; /* where the word begins that the candidates would replace */
    bool is_file; /* the text ends in a string */
    Candidate *item;
    int count;
} Completion;

/* Candidates for the word that the text ends with, the likeliest first; none where nothing is known, or without memory. */
Completion complete(Session *session, const char *text, size_t length);
void completion_clear(Completion *completion);
#endif
