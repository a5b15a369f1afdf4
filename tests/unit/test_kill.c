/* A training that is killed at any moment, in the middle of writing a checkpoint too, goes on from the file it left to
 * the same bits, and the next checkpoint takes away what was left of that one. The linker sends the calls that touch
 * the file here (--wrap, see the Makefile): each is the last one once. */
#include "training.h"
#include <glob.h>
#include <signal.h>
#include <sys/wait.h>

static long countdown = -1; /* calls until the process is killed; negative: it lives */

static void one_more(void) {
    if (countdown >= 0 && countdown-- == 0) {
        raise(SIGKILL);
    }
}

size_t __real_fwrite(const void *bytes, size_t size, size_t count, FILE *stream);
int __real_fflush(FILE *stream);
int __real_fsync(int descriptor);
int __real_rename(const char *from, const char *to);

/* Half of what was to be written may be in the file. */
size_t __wrap_fwrite(const void *bytes, size_t size, size_t count, FILE *stream) {
    if (countdown == 0) {
        __real_fwrite(bytes, 1, size * count / 2, stream);
        __real_fflush(stream);
    }
    one_more();
    return __real_fwrite(bytes, size, count, stream);
}

int __wrap_fflush(FILE *stream) {
    one_more();
    return __real_fflush(stream);
}

int __wrap_fsync(int descriptor) {
    one_more();
    return __real_fsync(descriptor);
}

/* Before it, and behind it. */
int __wrap_rename(const char *from, const char *to) {
    one_more();
    int result = __real_rename(from, to);
    one_more();
    return result;
}

static const Case one = {"input(2) -> dense(3) -> batchnorm -> relu -> dropout(0.1) -> dense(2)",
                         "moons(samples=60, test=0.3)", "recipe(epochs=2, batch=10, ema=0.5)"};

static bool save_or_die(void *self, const PlumbStep *step) {
    one_more(); /* between two steps, too */
    return step->step % 2 != 0 || plumb_trainer_save(self, "run.ckpt", NULL, NULL);
}

static PlumbOutcome train_and_save(Training *training) {
    plumb_trainer_observe(training->trainer, (PlumbObserver){training->trainer, save_or_die, NULL, NULL});
    return plumb_trainer_run(training->trainer, 0, NULL);
}

/* In a process of its own; true: it was killed at its call number `call`. */
static bool killed_at(Kit *kit, const PlumbData *data, long call) {
    int status;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        Training training = training_open(kit, &one, data);
        countdown = call;
        _exit(train_and_save(&training) == PLUMB_DONE ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

static size_t leftovers(void) {
    glob_t found;
    size_t count = glob("*.tmp", 0, NULL, &found) == 0 ? found.gl_pathc : 0;
    globfree(&found);
    return count;
}

static void killed_at_any_moment_it_goes_on_to_the_same_bits(void **state) {
    Kit *kit = *state;
    PlumbData *data = data_of_case(kit, &one);
    Training whole = training_open(kit, &one, data);
    assert_int_equal(plumb_trainer_run(whole.trainer, 0, NULL), PLUMB_DONE);
    long call = 0, from_file = 0, left_behind = 0;
    for (; killed_at(kit, data, call); call++) {
        bool left = access("run.ckpt", R_OK) == 0;
        Training rest = left ? training_reopen(kit, &one, data, "run.ckpt") : training_open(kit, &one, data);
        assert_int_equal(plumb_trainer_run(rest.trainer, 0, NULL), PLUMB_DONE);
        assert_same_weights(whole.net, rest.net);
        assert_same_history(whole.trainer, rest.trainer);
        left_behind += leftovers() > 0;
        assert_true(plumb_trainer_save(rest.trainer, "run.ckpt", NULL, NULL));
        assert_int_equal(leftovers(), 0);
        training_close(&rest);
        from_file += left;
        unlink("run.ckpt");
    }
    print_message("# killed at %ld moments, %ld of them with a checkpoint, %ld with half a one\n", call, from_file,
                  left_behind);
    assert_true(call > 80 && from_file > 50 && from_file < call && left_behind > 50);
    training_close(&whole);
    plumb_data_free(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {kit_test(killed_at_any_moment_it_goes_on_to_the_same_bits)};
    return cmocka_run_group_tests_name("kill", tests, enter_folder, leave_folder);
}
