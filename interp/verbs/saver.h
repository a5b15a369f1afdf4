/* The observer that writes the checkpoints which a recipe asks for. */
#ifndef PLUMB_SAVER_H
#define PLUMB_SAVER_H
#include "common.h"

typedef struct Saver {
    PlumbTrainer *trainer;
    const char *path; /* NULL: the recipe asks for none; lives as long as the recipe */
    int64_t every;    /* steps */
    const PlumbFiles *files;
    PlumbError error; /* of a file that could not be written: the training stops */
    bool failed;
} Saver;
Saver saver_of(const Session *session, PlumbTrainer *trainer, const PlumbCall *recipe);
bool saver_can_write(const Saver *saver, PlumbError *error); /* so that it is not found after hours */
bool saver_observe(Saver *saver);                            /* false: there are too many observers */
bool saver_end(Saver *saver, PlumbError *error);             /* no longer; false: a checkpoint was not written */
#endif
