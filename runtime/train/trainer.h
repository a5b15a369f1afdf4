/* What a trainer holds: trainer.c runs it, checkpoint.c writes its state to a file and takes it back. */
#ifndef PLUMB_TRAINER_H
#define PLUMB_TRAINER_H
#include "evaluate.h"
#include "meter.h"
#include "record.h"
#include "team.h"
#include <stdatomic.h>

enum { OBSERVERS_MAX = 16 };

struct PlumbTrainer {
    PlumbNet *net;
    const PlumbData *data;
    PlumbArena *arena; /* the recipe */
    const PlumbCall *recipe, *loss, *schedule, *stop;
    PlumbConfig config;
    Pool *pool;
    Stepper stepper;
    Team team;
    Evaluation *evaluation; /* of the test part; NULL before the first epoch's end */
    Meter meter;
    uint64_t seed;
    uint32_t *order; /* of the rows in this epoch */
    int batch, accumulate, epochs, measure_every;
    int64_t step, steps, steps_an_epoch;
    int64_t window; /* rows since the flags of dead units were cleared */
    double lr;      /* before the schedule */
    bool averaged;  /* the net holds the running mean of the weights, the stepper the weights themselves */
    double seconds;
    PlumbObserver observer[OBSERVERS_MAX];
    int observer_count;
    PlumbRecord record;
    PlumbProbe *probe; /* one per node */
    double *dead;      /* of the last full window, one per node */
    PlumbEpoch *history;
    int history_count, history_space;
    struct {
        double loss, total, score, first, last, ratio; /* total: what the mean of the losses is over */
        int64_t rows, measured;
    } sum;                     /* of the epoch under way */
    int first_node, last_node; /* with weights */
    char data_sum[9];          /* checksum of the data, once a checkpoint asked for it; else "" */
    real *buffers;             /* hold: the net's buffers before the step under way */
    atomic_bool pause;
};

/* The order of the rows in the epoch under way, a function of (seed, epoch): a resumed run makes it again. */
void trainer_shuffle(PlumbTrainer *trainer);
#endif
