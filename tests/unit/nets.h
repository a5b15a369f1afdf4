/* Nets for tests, written as text, and data for them.
 *
 *     input(7) -> a: dense(6) -> tanh -> b: dense(6) = a -> add & a -> prelu < b -> dense(3)
 *
 * A stage reads the one before it, or the one named behind `<`; `&` links further inputs; `=` takes another's weights;
 * `a:` names a stage. Calls are written as in a script. */
#ifndef TEST_NETS_H
#define TEST_NETS_H
#include "given.h"
#include "runtime/core/net.h"
#include "runtime/core/value.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct Kit { /* what a test builds with */
    PlumbArena *arena;
    PlumbError error;
} Kit;

static inline int kit_setup(void **state) {
    Kit *kit = calloc(1, sizeof *kit);
    *state = kit;
    return kit && (kit->arena = plumb_arena_new()) ? 0 : -1;
}

static inline int kit_teardown(void **state) {
    plumb_arena_free(((Kit *)*state)->arena);
    free(*state);
    return 0;
}

#define kit_test(test) cmocka_unit_test_setup_teardown(test, kit_setup, kit_teardown)

static inline void *kit_alloc(Kit *kit, size_t size) {
    void *memory = plumb_arena_alloc(kit->arena, size);
    assert_non_null(memory);
    return memory;
}

/* ---- calls -------------------------------------------------------------------------------------------------------- */

/* NULL: the error is filled. */
static inline const PlumbCall *try_call(Kit *kit, const char *source) {
    static const PlumbArg any = {.name = "call", .accepts = PLUMB_A_CALL | PLUMB_A_WORD, .words = "auto off same valid weightnorm learned"};
    PlumbValue value;
    bool read = plumb_value_parse(kit->arena, &any, source, &value, &kit->error);
    return read && value.type == PLUMB_V_CALL ? value.call : NULL;
}

static inline const PlumbCall *call_of(Kit *kit, const char *source) {
    const PlumbCall *call = try_call(kit, source);
    if (!call) {
        fail_msg("%s: %s %s", source, kit->error.what, kit->error.hint);
    }
    return call;
}

/* ---- nets --------------------------------------------------------------------------------------------------------- */

enum { STAGE_WORD_MAX = 128, STAGE_LINKS_MAX = 8 };

typedef struct Stage {
    char label[STAGE_WORD_MAX], call[STAGE_WORD_MAX], share[STAGE_WORD_MAX], from[STAGE_WORD_MAX];
    char link[STAGE_LINKS_MAX][STAGE_WORD_MAX];
    int links;
} Stage;

/* Copies up to any of `ends`, without the spaces around; returns what follows. */
static inline const char *take_word(const char *at, const char *ends, char word[STAGE_WORD_MAX]) {
    at += strspn(at, " ");
    size_t length = strcspn(at, ends), kept = length;
    while (kept && at[kept - 1] == ' ') {
        kept--;
    }
    assert_true(kept < STAGE_WORD_MAX);
    memcpy(word, at, kept);
    word[kept] = '\0';
    return at + length;
}

/* The call itself ends behind its last bracket, so that "=" and ">" may stand inside. */
static inline const char *take_call(const char *at, char word[STAGE_WORD_MAX]) {
    at += strspn(at, " ");
    size_t name = strcspn(at, " (-&<="), length = name;
    for (int depth = 0; at[length] && (at[length] == '(' || depth);) {
        depth += (at[length] == '(') - (at[length] == ')');
        length++;
    }
    assert_true(length < STAGE_WORD_MAX);
    memcpy(word, at, length);
    word[length] = '\0';
    return at + length;
}

/* Reads one stage; returns what follows its arrow, or the end. */
static inline const char *read_stage(const char *at, Stage *stage) {
    memset(stage, 0, sizeof *stage);
    at += strspn(at, " ");
    size_t label = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (at[label] == ':') {
        at = take_word(at, ":", stage->label) + 1;
    }
    at = take_call(at, stage->call);
    for (at += strspn(at, " "); *at && *at != '-'; at += strspn(at, " ")) {
        char sign = *at++;
        assert_true(sign == '&' || sign == '<' || sign == '=');
        assert_true(sign != '&' || stage->links < STAGE_LINKS_MAX);
        at = take_word(at, " -&<=",
                       sign == '&'   ? stage->link[stage->links++]
                       : sign == '<' ? stage->from
                                     : stage->share);
    }
    return *at ? at + strlen("->") : at;
}

static inline int stage_find(const PlumbNet *net, const char *label) {
    int found = plumb_net_find(net, label);
    if (found < 0) {
        fail_msg("no stage %s", label);
    }
    return found;
}

/* Returns the new node, or -1 with the error filled: the net is as it was. */
static inline int add_stage(Kit *kit, PlumbNet *net, const Stage *stage) {
    int input[1 + STAGE_LINKS_MAX], count = 0;
    if (plumb_net_size(net)) {
        input[count++] = *stage->from ? stage_find(net, stage->from) : plumb_net_size(net) - 1;
    }
    for (int i = 0; i < stage->links; i++) {
        input[count++] = stage_find(net, stage->link[i]);
    }
    int share = *stage->share ? stage_find(net, stage->share) : -1;
    const PlumbCall *call = call_of(kit, stage->call);
    return plumb_net_add(net, call, input, count, "", *stage->label ? stage->label : NULL, share, (PlumbPlace){0},
                         &kit->error);
}

static inline PlumbNet *net_of(Kit *kit, const char *text) {
    PlumbNet *net = plumb_net_new("n", &kit->error);
    assert_non_null(net);
    for (const char *at = text; *at;) {
        Stage stage;
        at = read_stage(at, &stage);
        if (add_stage(kit, net, &stage) < 0) {
            fail_msg("%s: %s: %s %s", text, stage.call, kit->error.what, kit->error.found);
        }
    }
    return net;
}

/* ---- data --------------------------------------------------------------------------------------------------------- */

typedef enum { TARGET_VALUES, TARGET_SHARES /* in (0, 1) */, TARGET_CLASSES, TARGET_YES_NO } Target;

static inline plumb_real *random_values(Kit *kit, int64_t count, uint64_t seed, uint32_t stream) {
    plumb_real *value = kit_alloc(kit, (size_t)count * sizeof *value);
    for (int64_t i = 0; i < count; i++) {
        value[i] = (plumb_real)draw_normal((Draw){seed, DRAW_DATA, stream}, (uint64_t)i);
    }
    return value;
}

/* Random rows for the input of `net`, with targets for its output. Lives in the kit. */
static inline PlumbData *data_for(Kit *kit, const PlumbNet *net, Target target, int64_t rows, uint64_t seed) {
    PlumbData *data = kit_alloc(kit, sizeof *data);
    int n = (int)plumb_shape_size(plumb_net_node(net, plumb_net_size(net) - 1)->shape);
    *data = (PlumbData){.x_shape = plumb_net_node(net, 0)->shape, .y_shape = {1, {n}}, .train = {.rows = rows}};
    data->train.x = random_values(kit, rows * plumb_shape_size(data->x_shape), seed, 0);
    data->classify = target == TARGET_CLASSES || target == TARGET_YES_NO;
    if (data->classify) {
        data->classes = target == TARGET_YES_NO ? 2 : n;
        data->label_count = 1;
        data->train.label = kit_alloc(kit, (size_t)rows * sizeof *data->train.label);
        for (int64_t i = 0; i < rows; i++) {
            data->train.label[i] =
                (int32_t)draw_below((Draw){seed, DRAW_DATA, 1}, (uint64_t)i, (uint64_t)data->classes);
        }
        return data;
    }
    data->train.y = random_values(kit, rows * n, seed, 1);
    for (int64_t i = 0; target == TARGET_SHARES && i < rows * n; i++) {
        data->train.y[i] = (plumb_real)draw_uniform((Draw){seed, DRAW_DATA, 2}, (uint64_t)i);
    }
    return data;
}

/* Moves every learned weight a little, so that none stands at a special value such as 0 or 1. */
static inline void stir(PlumbNet *net, double spread, uint64_t seed) {
    for (int i = 0; i < plumb_net_weight_total(net); i++) {
        const PlumbWeight *weight = plumb_net_weight(net, i);
        for (int64_t j = 0; weight->learned && j < plumb_shape_size(weight->shape); j++) {
            weight->value[j] +=
                (plumb_real)(spread * draw_normal((Draw){seed, DRAW_NOISE, (uint32_t)i}, (uint64_t)j));
        }
    }
}
#endif
