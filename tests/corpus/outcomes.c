/* Scores of trainings by what was trained, so that the same twin is trained once, and rules can be tuned without
 * training anew. */
#include "corpus.h"
#include "private.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

uint64_t outcome_key(const Specimen *specimen, int seed) { /* FNV-1a */
    const char *const parts[] = {specimen->net, specimen->data, specimen->settings};
    uint64_t key = 0xcbf29ce484222325u ^ (uint64_t)seed;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        for (const char *at = parts[i]; *at; at++) {
            key = (key ^ (unsigned char)*at) * 0x100000001b3u;
        }
        key = (key ^ '|') * 0x100000001b3u;
    }
    return key;
}

bool outcome_find(const Outcomes *outcomes, uint64_t key, double *score) {
    for (int i = 0; i < outcomes->count; i++) {
        if (outcomes->known[i].key == key) {
            *score = outcomes->known[i].score;
            return true;
        }
    }
    return false;
}

static void keep(Outcomes *outcomes, uint64_t key, double score) {
    if (outcomes->count == outcomes->room) {
        int room = outcomes->room ? 2 * outcomes->room : 256;
        Outcome *known = realloc(outcomes->known, (size_t)room * sizeof *known);
        if (!known) {
            return; /* it is found anew */
        }
        outcomes->known = known;
        outcomes->room = room;
    }
    outcomes->known[outcomes->count++] = (Outcome){key, score};
}

void outcome_add(Outcomes *outcomes, uint64_t key, double score) {
    FILE *file = outcomes->path ? fopen(outcomes->path, "a") : NULL;
    if (file) {
        fprintf(file, "%016" PRIx64 " %.6f\n", key, score);
        fclose(file);
    }
    keep(outcomes, key, score);
}

void outcomes_read(Outcomes *outcomes) {
    FILE *file = outcomes->path ? fopen(outcomes->path, "r") : NULL;
    uint64_t key;
    double score;
    while (file && fscanf(file, "%" SCNx64 " %lf", &key, &score) == 2) {
        keep(outcomes, key, score);
    }
    if (file) {
        fclose(file);
    }
}

void outcomes_free(Outcomes *outcomes) {
    free(outcomes->known);
}
