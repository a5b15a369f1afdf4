/* Trainings for tests of checkpoints: a net, its data and recipe, run to the end, and what came of it. */
#ifndef TEST_TRAINING_H
#define TEST_TRAINING_H
#include "loading.h"
#include "nets.h"

typedef struct Case { /* one of each kind of state */
    const char *net, *data, *recipe;
} Case;

typedef struct Training {
    PlumbNet *net;
    PlumbTrainer *trainer;
} Training;

static inline PlumbData *data_of_case(Kit *kit, const Case *one) {
    PlumbData *data = plumb_data_load(call_of(kit, one->data), NULL, 1, &kit->error);
    assert_non_null(data);
    return data;
}

static inline Training training_open(Kit *kit, const Case *one, const PlumbData *data) {
    PlumbConfig config = {.threads = 1, .shards = 2, .seed = 5};
    Training made = {.net = net_of(kit, one->net)};
    made.trainer = plumb_trainer_new(made.net, data, call_of(kit, one->recipe), &config, &kit->error);
    if (!made.trainer) {
        fail_msg("%s %s", kit->error.what, kit->error.found);
    }
    return made;
}

/* From a file, in a net and on a machine that know nothing of the first run. */
static inline Training training_reopen(Kit *kit, const Case *one, const PlumbData *data, const char *path) {
    PlumbConfig config = {.threads = 2, .shards = 3, .seed = 77};
    Training made = {.net = net_of(kit, one->net)};
    PlumbCheckpoint *checkpoint = plumb_checkpoint_load(made.net, path, NULL, &kit->error);
    made.trainer = checkpoint ? plumb_trainer_resume(made.net, data, call_of(kit, one->recipe), &config, checkpoint,
                                                     &kit->error)
                              : NULL;
    if (!made.trainer) {
        fail_msg("%s: %s %s, expected %s", path, kit->error.what, kit->error.found, kit->error.expected);
    }
    plumb_checkpoint_free(checkpoint);
    return made;
}

static inline void training_close(Training *training) {
    plumb_trainer_free(training->trainer);
    plumb_net_free(training->net);
}

static inline void assert_same_weights(const PlumbNet *one, const PlumbNet *other) {
    for (int i = 0; i < plumb_net_weight_total(one); i++) {
        const PlumbWeight *a = plumb_net_weight(one, i), *b = plumb_net_weight(other, i);
        if (memcmp(a->value, b->value, (size_t)plumb_shape_size(a->shape) * sizeof *a->value) != 0) {
            fail_msg("%s has other bits", a->name);
        }
    }
}

/* Every figure but the seconds. */
static inline void assert_same_history(const PlumbTrainer *one, const PlumbTrainer *other) {
    const PlumbEpoch *a, *b;
    int count = plumb_trainer_history(one, &a);
    assert_int_equal(count, plumb_trainer_history(other, &b));
    for (int i = 0; i < count; i++) {
        for (int c = 0; plumb_epoch_column(c); c++) {
            double x = plumb_epoch_figure(&a[i], c), y = plumb_epoch_figure(&b[i], c);
            if (strcmp(plumb_epoch_column(c), "seconds") != 0 && memcmp(&x, &y, sizeof x) != 0) {
                fail_msg("epoch %d: %s is %.17g, not %.17g", i + 1, plumb_epoch_column(c), y, x);
            }
        }
    }
}
#endif
