/* Random numbers: Philox by its authors' known answers, uniform and normal draws by their distribution, shuffles. */
#include "given.h"
#include "runtime/core/random.h"
#include <math.h>

/* Random123's kat_vectors, philox4x32 with 10 rounds: counter, key, answer. draw4 lays the counter out as index (low,
 * high), stream, purpose, and the key as seed (low, high). */
static const struct {
    uint32_t counter[4], key[2], answer[4];
} known[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

static void philox_gives_its_known_answers(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const uint32_t *counter = known[i].counter, *key = known[i].key;
        uint32_t out[4];
        Draw draw = {(uint64_t)key[1] << 32 | key[0], counter[3], counter[2]};
        draw4(draw, (uint64_t)counter[1] << 32 | counter[0], out);
        for (int j = 0; j < 4; j++) {
            assert_int_equal(out[j], known[i].answer[j]);
        }
    }
}

/* Seed, purpose, stream and index each decide: no two of these draws are equal. */
static void every_coordinate_matters(void **state) {
    (void)state;
    const Draw draws[] = {{1, 0, 0}, {2, 0, 0}, {1ull << 40, 0, 0}, {1, 1, 0}, {1, 0, 1}, {1, 7, 9}};
    enum { DRAWS = sizeof draws / sizeof *draws, INDICES = 3 };
    static const uint64_t index[INDICES] = {0, 2, 1ull << 40};
    double seen[DRAWS * INDICES];
    int count = 0;
    for (int i = 0; i < DRAWS; i++) {
        for (int j = 0; j < INDICES; j++) {
            double drawn = draw_uniform(draws[i], index[j]);
            for (int k = 0; k < count; k++) {
                assert_true(drawn != seen[k]);
            }
            seen[count++] = drawn;
            assert_true(drawn == draw_uniform(draws[i], index[j]));
        }
    }
}

enum { DRAWN = 200000, BINS = 64 };

/* Pearson's statistic over equal bins has mean BINS - 1 and standard deviation sqrt(2 (BINS - 1)): six of them allowed.
 */
static void assert_even(const int64_t *bin) {
    double expected = (double)DRAWN / BINS, statistic = 0;
    for (int i = 0; i < BINS; i++) {
        statistic += ((double)bin[i] - expected) * ((double)bin[i] - expected) / expected;
    }
    if (!(statistic < BINS - 1 + 6 * sqrt(2.0 * (BINS - 1)))) {
        fail_msg("chi square of %d bins is %g", BINS, statistic);
    }
}

static void uniform_draws_fill_the_open_unit_interval_evenly(void **state) {
    (void)state;
    int64_t bin[BINS] = {0};
    Draw draw = {42, DRAW_DATA, 3};
    double mean = 0, lag = 0, last = 0.5;
    for (int i = 0; i < DRAWN; i++) {
        double u = draw_uniform(draw, (uint64_t)i);
        assert_true(u > 0 && u < 1);
        bin[(int)(u * BINS)]++;
        mean += u / DRAWN;
        lag += (u - 0.5) * (last - 0.5) / DRAWN;
        last = u;
    }
    assert_even(bin);
    assert_true(fabs(mean - 0.5) < 5 * sqrt(1 / 12.0 / DRAWN));
    assert_true(fabs(lag) < 5 / 12.0 / sqrt(DRAWN)); /* neighbours are independent */
}

/* Moments of N(0,1) within five standard errors; the distribution by its own function, in even bins. */
static void normal_draws_are_normal(void **state) {
    (void)state;
    int64_t bin[BINS] = {0};
    Draw draw = {42, DRAW_DATA, 4};
    double sum[5] = {0}, pair = 0;
    for (int i = 0; i < DRAWN; i++) {
        double z = draw_normal(draw, (uint64_t)i), power = z;
        for (int k = 1; k < 5; k++, power *= z) {
            sum[k] += power / DRAWN;
        }
        pair += z * draw_normal(draw, (uint64_t)i ^ 1) / DRAWN; /* sine and cosine of one block */
        double u = 0.5 * erfc(-z * M_SQRT1_2) * BINS;
        bin[u < BINS ? (int)u : BINS - 1]++;
    }
    const double expected[5] = {0, 0, 1, 0, 3}, variance[5] = {0, 1, 2, 15, 96};
    for (int k = 1; k < 5; k++) {
        if (!(fabs(sum[k] - expected[k]) < 5 * sqrt(variance[k] / DRAWN))) {
            fail_msg("moment %d is %g, expected %g", k, sum[k], expected[k]);
        }
    }
    assert_true(fabs(pair) < 5 * sqrt(2.0 / DRAWN));
    assert_even(bin);
}

static void draws_below_a_bound_are_even_and_below(void **state) {
    (void)state;
    int64_t bin[BINS] = {0};
    Draw draw = {9, DRAW_SAMPLE, 0};
    for (int i = 0; i < DRAWN; i++) {
        bin[draw_below(draw, (uint64_t)i, BINS)]++; /* a larger number would be seen by the sanitizer */
        assert_int_equal(draw_below(draw, (uint64_t)i, 1), 0);
        assert_true(draw_below(draw, (uint64_t)i, 7) < 7);
    }
    assert_even(bin);
    assert_true(draw_below(draw, 0, UINT64_MAX) != draw_below(draw, 1, UINT64_MAX));
}

static void shuffled(uint64_t seed, uint32_t epoch, uint32_t *item, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        item[i] = i;
    }
    draw_shuffle((Draw){seed, DRAW_SHUFFLE, epoch}, item, count);
}

static void a_shuffle_is_a_permutation_of_seed_and_epoch(void **state) {
    (void)state;
    enum { COUNT = 1000 };
    uint32_t item[COUNT], again[COUNT];
    for (uint32_t count = 0; count <= COUNT; count += count < 10 ? 1 : 330) {
        bool seen[COUNT] = {false};
        shuffled(1, 2, item, count);
        for (uint32_t i = 0; i < count; i++) {
            assert_true(item[i] < count && !seen[item[i]]);
            seen[item[i]] = true;
        }
    }
    shuffled(1, 2, item, COUNT);
    shuffled(1, 2, again, COUNT);
    assert_memory_equal(item, again, sizeof item);
    shuffled(1, 3, again, COUNT);
    assert_memory_not_equal(item, again, sizeof item);
    shuffled(2, 2, again, COUNT);
    assert_memory_not_equal(item, again, sizeof item);
}

/* All 24 orders of four, equally often: Pearson with 23 degrees of freedom. */
static void every_order_is_as_likely(void **state) {
    (void)state;
    enum { EPOCHS = 24000, ORDERS = 256 };
    int64_t seen[ORDERS] = {0};
    int orders = 0;
    double statistic = 0;
    for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
        uint32_t item[4];
        shuffled(5, epoch, item, 4);
        seen[item[0] | item[1] << 2 | item[2] << 4 | item[3] << 6]++;
    }
    for (int i = 0; i < ORDERS; i++) {
        orders += seen[i] > 0;
        statistic += seen[i] ? ((double)seen[i] - 1000) * ((double)seen[i] - 1000) / 1000 : 0;
    }
    assert_int_equal(orders, 24);
    assert_true(statistic < 23 + 6 * sqrt(46));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_its_known_answers),
        cmocka_unit_test(every_coordinate_matters),
        cmocka_unit_test(uniform_draws_fill_the_open_unit_interval_evenly),
        cmocka_unit_test(normal_draws_are_normal),
        cmocka_unit_test(draws_below_a_bound_are_even_and_below),
        cmocka_unit_test(a_shuffle_is_a_permutation_of_seed_and_epoch),
        cmocka_unit_test(every_order_is_as_likely),
    };
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
