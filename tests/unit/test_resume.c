/* continue and step: a training that was interrupted goes on, the same bits as if it never was. */
#include "given.h"
#include "interp/session.h"
#include <stdio.h>
#include <stdlib.h>

static const char setup[] = "d = xor(samples=80, test=0.25)\n"
                            "net n { input(2) -> dense(4) -> tanh -> dense(2) }\n";
static const char train[] = "train n on d with { epochs = 3; batch = 10 }";

typedef struct Screen { /* what a session prints; the first table row or title of a training interrupts it */
    Session *session;
    char text[8192];
    size_t used;
    bool interrupts;
} Screen;

static ssize_t take(void *self, const char *text, size_t size) {
    Screen *screen = self;
    size_t room = sizeof screen->text - 1 - screen->used, taken = size < room ? size : room;
    memcpy(screen->text + screen->used, text, taken);
    screen->used += taken;
    screen->text[screen->used] = '\0';
    if (screen->interrupts && strstr(screen->text, "training rows")) {
        screen->interrupts = false;
        session_interrupt(screen->session);
    }
    return (ssize_t)size;
}

static FILE *open_screen(Screen *screen) {
    FILE *out = fopencookie(screen, "w", (cookie_io_functions_t){.write = take});
    assert_non_null(out);
    setvbuf(out, NULL, _IONBF, 0);
    return out;
}

static int enter(Session *session, const char *text) {
    return session_run(session, "prompt", text, strlen(text));
}

static void begin(Screen *screen, FILE **out, bool interrupts) {
    const Options options = {.interactive = true, .seed = 1, .threads = 1, .shards = 1, .width = 80};
    *screen = (Screen){.interrupts = interrupts};
    *out = open_screen(screen);
    screen->session = session_new(&options, *out, *out);
    assert_non_null(screen->session);
    assert_int_equal(enter(screen->session, setup), 0);
}

static void end(Screen *screen, FILE *out) {
    session_free(screen->session);
    fclose(out);
}

/* What `print text` shows. */
static const char *shown(Screen *screen, const char *text) {
    char statement[256];
    screen->used = 0;
    snprintf(statement, sizeof statement, "print %s", text);
    assert_int_equal(enter(screen->session, statement), 0);
    return screen->text;
}

static void interrupted_training_goes_on_bit_for_bit(void **state) {
    (void)state;
    Screen whole, parts;
    FILE *whole_out, *parts_out;
    begin(&whole, &whole_out, false);
    begin(&parts, &parts_out, true);
    assert_int_equal(enter(whole.session, train), 0);
    assert_int_equal(enter(parts.session, train), 130);
    assert_string_not_equal(shown(&parts, "n.steps"), "18\n");
    assert_int_equal(enter(parts.session, "continue"), 0);
    assert_string_equal(shown(&parts, "n.steps"), "18\n");
    const char *figures = "n.history.loss, n.dense1.weight[0], n.dense2.weight[1], n.dense1.weight.sum";
    char expected[sizeof whole.text];
    strcpy(expected, shown(&whole, figures));
    assert_string_equal(shown(&parts, figures), expected);
    end(&whole, whole_out);
    end(&parts, parts_out);
}

static void step_takes_so_many_steps(void **state) {
    (void)state;
    Screen screen;
    FILE *out;
    begin(&screen, &out, true);
    assert_int_equal(enter(screen.session, train), 130);
    int before = atoi(shown(&screen, "n.steps"));
    enter(screen.session, "step");
    assert_int_equal(atoi(shown(&screen, "n.steps")), before + 1);
    enter(screen.session, "step 4");
    assert_int_equal(atoi(shown(&screen, "n.steps")), before + 5);
    assert_int_equal(enter(screen.session, "continue"), 0);
    assert_int_equal(atoi(shown(&screen, "n.steps")), 18);
    assert_int_equal(enter(screen.session, "continue"), 1); /* nothing is left */
    end(&screen, out);
}

static void reset_ends_what_was_paused(void **state) {
    (void)state;
    Screen screen;
    FILE *out;
    begin(&screen, &out, true);
    assert_int_equal(enter(screen.session, train), 130);
    assert_int_equal(enter(screen.session, "reset n"), 0);
    assert_string_equal(shown(&screen, "n.steps"), "0\n");
    screen.used = 0;
    assert_int_equal(enter(screen.session, "continue"), 1);
    assert_non_null(strstr(screen.text, "nothing is left of this training"));
    end(&screen, out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interrupted_training_goes_on_bit_for_bit),
        cmocka_unit_test(step_takes_so_many_steps),
        cmocka_unit_test(reset_ends_what_was_paused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
