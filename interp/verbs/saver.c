/* Checkpoints while a net trains: every so many steps, and the end. */
#include "saver.h"

Saver saver_of(const Session *session, PlumbTrainer *trainer, const PlumbCall *recipe) {
    const PlumbCall *every = recipe ? plumb_call_call(recipe, "checkpoint") : NULL;
    return (Saver){.trainer = trainer,
                   .path = every ? plumb_call_string(every, "file") : NULL,
                   .every = every ? (int64_t)plumb_call_number(every, "n") : 0,
                   .files = session_files(session)};
}

static bool save(Saver *saver) {
    saver->failed = !plumb_trainer_save(saver->trainer, saver->path, saver->files, &saver->error);
    return !saver->failed;
}

static bool on_step(void *self, const PlumbStep *step) {
    Saver *saver = self;
    return step->held || step->step % saver->every != 0 || save(saver);
}

static void on_end(void *self, const PlumbEpoch *last) {
    (void)last;
    save(self);
}

bool saver_can_write(const Saver *saver, PlumbError *error) {
    return !saver->path || plumb_file_writable(saver->path, saver->files, error);
}

bool saver_observe(Saver *saver) {
    return !saver->path || plumb_trainer_observe(saver->trainer, (PlumbObserver){saver, on_step, NULL, on_end});
}

bool saver_end(Saver *saver, PlumbError *error) {
    plumb_trainer_unobserve(saver->trainer, saver);
    if (saver->failed) {
        *error = saver->error;
    }
    return !saver->failed;
}
