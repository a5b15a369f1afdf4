/* Augmentation: what it does to an image, that it depends on seed, epoch and row alone, and that only training sees it.
 */
#include "loading.h"
#include "runtime/data/augment.h"
#include <math.h>
#include <png.h>

enum { CHANNELS = 2, HEIGHT = 3, WIDTH = 4, SIZE = CHANNELS * HEIGHT * WIDTH, EPOCHS = 200 };

/* A data set without rows that goes through what `given` asks for. */
static PlumbData *data_with(const PlumbGiven *given, int count, PlumbError *error) {
    PlumbArena *arena = plumb_arena_new();
    PlumbData *data = calloc(1, sizeof *data);
    data->x_shape = (PlumbShape){3, {CHANNELS, HEIGHT, WIDTH}};
    PlumbCall *call = plumb_call(arena, plumb_entry_find("moons"), given, count, error);
    if (!call || !augment_read(data, call, error)) {
        plumb_data_free(data);
        data = NULL;
    }
    plumb_arena_free(arena);
    return data;
}

static PlumbGiven one(PlumbArena *arena, const char *name, double by) {
    PlumbGiven given = NUMBER("by", by);
    PlumbCall *call = plumb_call(arena, plumb_entry_find(name), &given, by > 0, NULL);
    return (PlumbGiven){"augment", {.type = PLUMB_V_CALL, .call = call}};
}

static void fill(plumb_real *x) {
    for (int i = 0; i < SIZE; i++) {
        x[i] = (plumb_real)(i + 1);
    }
}

/* The picture moved and perhaps mirrored as told; 0 outside. */
static bool shows(const plumb_real *seen, const plumb_real *x, int down, int right, bool mirrored) {
    for (int c = 0; c < CHANNELS; c++) {
        for (int i = 0; i < HEIGHT; i++) {
            for (int j = 0; j < WIDTH; j++) {
                int y = i - down, at = j - right;
                bool inside = y >= 0 && y < HEIGHT && at >= 0 && at < WIDTH;
                plumb_real wanted = inside ? x[(c * HEIGHT + y) * WIDTH + (mirrored ? WIDTH - 1 - at : at)] : 0;
                if (seen[(c * HEIGHT + i) * WIDTH + j] != wanted) {
                    return false;
                }
            }
        }
    }
    return true;
}

static void flip_mirrors_every_second_image(void **state) {
    (void)state;
    PlumbArena *arena = plumb_arena_new();
    PlumbGiven given = one(arena, "flip", 0);
    PlumbData *data = data_with(&given, 1, NULL);
    plumb_real x[SIZE], seen[SIZE];
    int mirrored = 0;
    fill(x);
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        augment_row(data, 1, epoch, 3, x, seen);
        assert_true(shows(seen, x, 0, 0, false) || shows(seen, x, 0, 0, true));
        mirrored += shows(seen, x, 0, 0, true);
    }
    assert_true(mirrored > EPOCHS / 3 && mirrored < EPOCHS * 2 / 3);
    plumb_data_free(data);
    plumb_arena_free(arena);
}

/* Each of the 25 places comes up, and no other. */
static void shift_moves_each_way(void **state) {
    (void)state;
    PlumbArena *arena = plumb_arena_new();
    PlumbGiven given = one(arena, "crop", 2);
    PlumbData *data = data_with(&given, 1, NULL);
    plumb_real x[SIZE], seen[SIZE];
    int count[5][5] = {{0}};
    fill(x);
    for (uint32_t row = 0; row < 10 * EPOCHS; row++) {
        int found = 0;
        augment_row(data, 1, 0, row, x, seen);
        for (int place = 0; place < 25; place++) {
            bool here = shows(seen, x, place / 5 - 2, place % 5 - 2, false);
            count[place / 5][place % 5] += here;
            found += here;
        }
        assert_int_equal(found, 1);
    }
    for (int place = 0; place < 25; place++) {
        assert_true(count[place / 5][place % 5] > 40 && count[place / 5][place % 5] < 130); /* 80 expected */
    }
    plumb_data_free(data);
    plumb_arena_free(arena);
}

/* In the order of the list: shift then flip is a mirrored picture that moves the other way. */
static void a_list_is_taken_in_turn(void **state) {
    (void)state;
    PlumbArena *arena = plumb_arena_new();
    PlumbGiven parts[] = {one(arena, "shift", 1), one(arena, "flip", 0)};
    PlumbValue item[] = {parts[0].value, parts[1].value};
    PlumbGiven both = {"augment", {.type = PLUMB_V_LIST, .count = 2, .item = item}};
    PlumbData *data = data_with(&both, 1, NULL), *first = data_with(parts, 1, NULL);
    plumb_real x[SIZE], seen[SIZE], moved[SIZE];
    int mirrored = 0;
    fill(x);
    for (uint32_t row = 0; row < EPOCHS; row++) {
        augment_row(data, 1, 0, row, x, seen);
        augment_row(first, 1, 0, row, x, moved); /* the first draw of both is the same */
        bool plain = !memcmp(seen, moved, sizeof seen), turned = shows(seen, moved, 0, 0, true);
        assert_true(plain || turned);
        mirrored += turned;
    }
    assert_true(mirrored > EPOCHS / 3);
    plumb_data_free(data);
    plumb_data_free(first);
    plumb_arena_free(arena);
}

static void seed_epoch_and_row_decide_alone(void **state) {
    (void)state;
    PlumbArena *arena = plumb_arena_new();
    PlumbGiven given = one(arena, "shift", 2);
    PlumbData *data = data_with(&given, 1, NULL);
    plumb_real x[SIZE], seen[SIZE], other[SIZE];
    int differs[3] = {0};
    fill(x);
    for (uint32_t i = 0; i < 50; i++) {
        augment_row(data, 1, i, i, x, seen);
        augment_row(data, 1, i, i, x, other);
        assert_memory_equal(seen, other, sizeof seen);
        augment_row(data, 2, i, i, x, other);
        differs[0] += memcmp(seen, other, sizeof seen) != 0;
        augment_row(data, 1, i + 1, i, x, other);
        differs[1] += memcmp(seen, other, sizeof seen) != 0;
        augment_row(data, 1, i, i + 1, x, other);
        differs[2] += memcmp(seen, other, sizeof seen) != 0;
    }
    assert_true(differs[0] > 40 && differs[1] > 40 && differs[2] > 40);
    plumb_data_free(data);
    plumb_arena_free(arena);
}

static void what_does_not_fit_is_refused(void **state) {
    (void)state;
    PlumbArena *arena = plumb_arena_new();
    PlumbError error = {0};
    PlumbGiven far = one(arena, "shift", 3), flip = one(arena, "flip", 0), word = WORD("augment", "flop");
    assert_null(data_with(&far, 1, &error));
    assert_says(&error, "out of sight");
    assert_null(load_seeded("moons", &flip, 1, 1, &error));
    assert_says(&error, "flip takes images");
    assert_null(load_seeded("moons", &word, 1, 1, &error));
    assert_says(&error, "did you mean \"flip\"?");
    plumb_arena_free(arena);
}

/* ---- training ---------------------------------------------------------------------------------------------------- */

/* Two classes of 4 x 4 pictures, eight of each. */
static void put_pictures(void) {
    assert_int_equal(system("rm -rf img && mkdir -p img/a img/b"), 0);
    for (int i = 0; i < 16; i++) {
        png_image image = {.version = PNG_IMAGE_VERSION, .width = 4, .height = 4, .format = PNG_FORMAT_GRAY};
        unsigned char pixel[16];
        char path[32];
        for (int p = 0; p < 16; p++) {
            pixel[p] = (unsigned char)(i * 31 + p * 17 + (i % 2) * p * 5);
        }
        snprintf(path, sizeof path, "img/%c/%d.png", "ab"[i % 2], i);
        assert_true(png_image_write_to_file(&image, path, 0, pixel, 0, NULL));
    }
}

/* Trains for three epochs, `most` steps at a time, and returns the loss of the last one. */
static double last_loss(bool augmented, int threads, int64_t most) {
    PlumbArena *arena = plumb_arena_new();
    PlumbError error = {0};
    PlumbGiven source[] = {TEXT(NULL, "img"), NUMBER("test", 0), one(arena, "shift", 1)};
    PlumbData *data = load("images", source, augmented ? 3 : 2);
    PlumbNet *net = plumb_net_new("n", &error);
    PlumbGiven shape[] = {NUMBER(NULL, 1), NUMBER(NULL, 4), NUMBER(NULL, 4)}, two = NUMBER(NULL, 2);
    plumb_net_add(net, plumb_call(arena, plumb_entry_find("input"), shape, 3, &error), NULL, 0, "", NULL, -1,
                  (PlumbPlace){0}, &error);
    for (int last = 0; last < 2; last++) {
        PlumbCall *call = plumb_call(arena, plumb_entry_find(last ? "dense" : "flatten"), &two, last, &error);
        assert_int_equal(plumb_net_add(net, call, &last, 1, "", NULL, -1, (PlumbPlace){0}, &error), last + 1);
    }
    PlumbGiven keys[] = {NUMBER("epochs", 3), NUMBER("batch", 5)};
    PlumbConfig config = {.threads = threads, .shards = 2, .seed = 4};
    PlumbTrainer *trainer =
        plumb_trainer_new(net, data, plumb_call(arena, plumb_entry_find("recipe"), keys, 2, &error), &config, &error);
    assert_non_null(trainer);
    while (plumb_trainer_run(trainer, most, &error) == PLUMB_PAUSED) {
    }
    const PlumbEpoch *epochs;
    assert_int_equal(plumb_trainer_history(trainer, &epochs), 3);
    double loss = epochs[2].loss;
    plumb_trainer_free(trainer);
    plumb_net_free(net);
    plumb_data_free(data);
    plumb_arena_free(arena);
    return loss;
}

static void training_sees_it_and_stays_the_same(void **state) {
    (void)state;
    put_pictures();
    double loss = last_loss(true, 1, 0);
    assert_true(isfinite(loss) && loss != last_loss(false, 1, 0));
    assert_true(loss == last_loss(true, 3, 0)); /* whatever the threads */
    assert_true(loss == last_loss(true, 1, 2)); /* and the pauses */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flip_mirrors_every_second_image), cmocka_unit_test(shift_moves_each_way),
        cmocka_unit_test(a_list_is_taken_in_turn),         cmocka_unit_test(seed_epoch_and_row_decide_alone),
        cmocka_unit_test(what_does_not_fit_is_refused),    cmocka_unit_test(training_sees_it_and_stays_the_same),
    };
    return cmocka_run_group_tests_name("augment", tests, enter_folder, leave_folder);
}
