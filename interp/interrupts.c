#include "interrupts.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/* A handler is given nothing but the signal's number, so that this has to be outside of any function. A signal may come
 * to any thread, which is why the prompt is woken through a pipe. */
static struct {
    Session *volatile session;
    int pipe[2]; /* read end, write end; -1: none */
} interrupts = {NULL, {-1, -1}};

static void on_signal(int number) {
    int before = errno;
    if (number == SIGINT && interrupts.session) {
        session_interrupt(interrupts.session);
    }
    if (interrupts.pipe[1] >= 0) {
        unsigned char byte = (unsigned char)number;
        ssize_t written = write(interrupts.pipe[1], &byte, 1); /* full: the prompt will wake anyway */
        (void)written;
    }
    errno = before;
}

/* What was ignored from the start stays so: a job in the background, under nohup. */
static void handle(int number, int flags) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = flags}, before;
    sigemptyset(&action.sa_mask);
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
        sigaction(number, &action, NULL);
    }
}

/* No SA_RESTART for ctrl-C: a read from the terminal has to return. */
void interrupts_begin(Session *session, bool at_prompt) {
    interrupts.session = session;
    handle(SIGINT, at_prompt ? 0 : SA_RESETHAND);
    if (at_prompt && pipe2(interrupts.pipe, O_CLOEXEC | O_NONBLOCK) == 0) {
        handle(SIGWINCH, SA_RESTART);
        handle(SIGCONT, SA_RESTART);
    }
}

void interrupts_end(void) {
    interrupts.session = NULL; /* on_signal does nothing now */
    for (int i = 0; i < 2; i++) {
        if (interrupts.pipe[i] >= 0) {
            close(interrupts.pipe[i]);
        }
        interrupts.pipe[i] = -1;
    }
}

int interrupts_descriptor(void) {
    return interrupts.pipe[0];
}

int interrupts_next(void) {
    unsigned char byte;
    return interrupts.pipe[0] >= 0 && read(interrupts.pipe[0], &byte, 1) == 1 ? byte : 0;
}
