/* Sequences drawn from a net: in the window it reads, by its outputs, the same for the same seed. */
#include "nets.h"
#include <math.h>

enum { CLASSES = 3 };

/* Its output for a step depends on the class read there alone: row c of `logits`. */
static PlumbNet *table_net(Kit *kit, const plumb_real logits[CLASSES * CLASSES]) {
    PlumbNet *net = net_of(kit, "input(4) -> embedding(3, 3)");
    assert_true(plumb_net_make(net, 1, NULL));
    memcpy(plumb_net_weight(net, 0)->value, logits, CLASSES * CLASSES * sizeof *logits);
    return net;
}

static void draw_classes(Kit *kit, PlumbNet *net, int length, double temperature, uint64_t seed, int32_t *out) {
    const int32_t prompt[] = {0};
    const PlumbConfig config = {.threads = 1, .shards = 1};
    const PlumbSampling how = {length, temperature, seed};
    if (!plumb_generate(net, CLASSES, prompt, 1, &how, out, &config, &kit->error)) {
        fail_msg("%s", kit->error.what);
    }
}

static void without_temperature_the_likeliest_class_follows(void **state) {
    Kit *kit = *state;
    const plumb_real next[] = {0, 5, 1, 1, 0, 5, 5, 1, 0}; /* 0 > 1 > 2 > 0 */
    PlumbNet *net = table_net(kit, next);
    int32_t out[20]; /* longer than the window of 4 */
    draw_classes(kit, net, 20, 0, 1, out);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(out[i], (i + 1) % CLASSES);
    }
    plumb_net_free(net);
}

static void a_long_prompt_is_read_from_its_end(void **state) {
    Kit *kit = *state;
    const plumb_real next[] = {0, 5, 1, 1, 0, 5, 5, 1, 0};
    PlumbNet *net = table_net(kit, next);
    const int32_t prompt[] = {0, 0, 0, 0, 0, 0, 2, 1};
    const PlumbConfig config = {.threads = 1, .shards = 1};
    int32_t out[2];
    assert_true(plumb_generate(net, CLASSES, prompt, 8, &(PlumbSampling){2, 0, 1}, out, &config, &kit->error));
    assert_int_equal(out[0], 2);
    assert_int_equal(out[1], 0);
    plumb_net_free(net);
}

/* Shares of 3000 draws from log(1, 2, 5), and from their square roots at temperature 2: five standard errors are 0.046.
 */
static void classes_come_as_often_as_their_outputs_say(void **state) {
    Kit *kit = *state;
    plumb_real same[CLASSES * CLASSES];
    for (int i = 0; i < CLASSES * CLASSES; i++) {
        same[i] = (plumb_real)log((double[]){1, 2, 5}[i % CLASSES]);
    }
    PlumbNet *net = table_net(kit, same);
    static int32_t out[3000], again[3000];
    for (int temperature = 1; temperature <= 2; temperature++) {
        double count[CLASSES] = {0}, total = temperature == 1 ? 8 : 1 + sqrt(2) + sqrt(5);
        draw_classes(kit, net, 3000, temperature, 7, out);
        for (int i = 0; i < 3000; i++) {
            count[out[i]]++;
        }
        for (int c = 0; c < CLASSES; c++) {
            double expected = pow((double[]){1, 2, 5}[c], 1.0 / temperature) / total;
            if (fabs(count[c] / 3000 - expected) > 0.046) {
                fail_msg("class %d: %.3f, expected %.3f", c, count[c] / 3000, expected);
            }
        }
    }
    draw_classes(kit, net, 3000, 2, 7, again);
    assert_memory_equal(out, again, sizeof out);
    draw_classes(kit, net, 3000, 2, 8, again);
    assert_memory_not_equal(out, again, sizeof out);
    plumb_net_free(net);
}

static void a_net_that_cannot_go_on_is_refused(void **state) {
    Kit *kit = *state;
    static const char *const nets[] = {"input(4) -> embedding(3, 4)", "input(4) -> embedding(3, 3) -> last",
                                       "input(4) -> dense(3)", "input(4, 3) -> gru(3)"};
    const int32_t prompt[] = {0};
    int32_t out[1];
    const PlumbConfig config = {.threads = 1};
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        PlumbNet *net = net_of(kit, nets[i]);
        assert_false(plumb_generate(net, CLASSES, prompt, 1, &(PlumbSampling){1, 1, 1}, out, &config, &kit->error));
        assert_says(&kit->error, "does not continue sequences of 3 classes");
        plumb_net_free(net);
    }
    const plumb_real broken[] = {NAN, 0, 0, 0, 0, 0, 0, 0, 0};
    PlumbNet *net = table_net(kit, broken);
    assert_false(plumb_generate(net, CLASSES, prompt, 1, &(PlumbSampling){1, 1, 1}, out, &config, &kit->error));
    assert_says(&kit->error, "not finite");
    plumb_net_free(net);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(without_temperature_the_likeliest_class_follows),
        kit_test(a_long_prompt_is_read_from_its_end),
        kit_test(classes_come_as_often_as_their_outputs_say),
        kit_test(a_net_that_cannot_go_on_is_refused),
    };
    return cmocka_run_group_tests_name("generate", tests, NULL, NULL);
}
