/* Logs of a training: what is read back is what an observer saw. TensorBoard's records are taken apart here, checksums
 * and protocol buffers included, by code that shares nothing with what wrote them. */
#include "loading.h"
#include "nets.h"
#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>

static const char *const here[] = {".", NULL};
static const PlumbFiles only_here = {here, here, NULL};

/* ---- a training that is logged and observed ---------------------------------------------------------------------- */

enum { STEPS = 6, EPOCHS = 2, NODES = 4 }; /* 20 rows, 7 a batch: 3 steps an epoch */

typedef struct Seen {
    PlumbStep step[STEPS];
    PlumbProbe probe[STEPS][NODES];
    PlumbEpoch epoch[EPOCHS];
    int steps, epochs;
} Seen;

static bool see_step(void *self, const PlumbStep *step) {
    Seen *seen = self;
    memcpy(seen->probe[seen->steps], step->probe, sizeof seen->probe[0]);
    seen->step[seen->steps++] = *step;
    return true;
}

static void see_epoch(void *self, const PlumbEpoch *epoch) {
    Seen *seen = self;
    seen->epoch[seen->epochs++] = *epoch;
}

/* False: the log could not be written, kit->error says why. */
static bool train_logged(Kit *kit, const char *log_to, const char *who, Seen *seen) {
    char source[160];
    snprintf(source, sizeof source, "recipe(epochs=2, batch=7, log=%s)", log_to);
    PlumbNet *net = net_of(kit, "input(2) -> dense(3) -> tanh -> dense(2)");
    assert_int_equal(plumb_net_size(net), NODES);
    PlumbData *data = plumb_data_load(call_of(kit, "moons(samples=20, test=0)"), NULL, 1, &kit->error);
    PlumbConfig config = {.threads = 1, .shards = 2, .seed = 7};
    const PlumbCall *recipe = call_of(kit, source);
    PlumbTrainer *trainer = plumb_trainer_new(net, data, recipe, &config, &kit->error);
    assert_non_null(trainer);
    PlumbLog *log = plumb_log_open(recipe, net, who, &only_here, &kit->error);
    bool done = log;
    if (log) {
        *seen = (Seen){0};
        assert_true(plumb_trainer_observe(trainer, plumb_log_observer(log)));
        assert_true(plumb_trainer_observe(trainer, (PlumbObserver){seen, see_step, see_epoch, NULL}));
        assert_int_equal(plumb_trainer_run(trainer, 0, &kit->error), PLUMB_DONE);
        assert_int_equal(seen->steps, STEPS);
        done = plumb_log_close(log, &kit->error);
    }
    plumb_trainer_free(trainer);
    plumb_data_free(data);
    plumb_net_free(net);
    return done;
}

static char *read_all(const char *path, size_t *size) {
    PlumbError error = {.argument = -1};
    char *bytes = (char *)plumb_file_read(path, &only_here, size, &error);
    if (!bytes) {
        fail_msg("%s: %s", path, error.what);
    }
    return bytes;
}

static void assert_near(double seen, double expected, const char *what) {
    if (!(isnan(expected) ? isnan(seen) : fabs(seen - expected) <= 1e-6 * fabs(expected))) {
        fail_msg("%s: %.9g in the log, %.9g observed", what, seen, expected);
    }
}

/* ---- csv --------------------------------------------------------------------------------------------------------- */

/* The cell of column `name` in row `row` (0: the head), or NULL. Returns text. */
static const char *cell(const char *table, int row, const char *name, char text[64]) {
    const char *head = table, *line = table;
    int column = 0;
    size_t length = strlen(name);
    while (strncmp(head, name, length) != 0 || (head[length] != ',' && head[length] != '\n')) {
        head += strcspn(head, ",\n");
        if (*head++ == '\n') {
            return NULL;
        }
        column++;
    }
    for (; row > 0; row--) {
        line = strchr(line, '\n') + 1;
    }
    for (; column > 0; column--) {
        line += strcspn(line, ",\n") + 1;
    }
    snprintf(text, 64, "%.*s", (int)strcspn(line, ",\n"), line);
    return text;
}

static double number(const char *table, int row, const char *name) {
    char text[64];
    const char *at = cell(table, row, name, text);
    if (!at || !*at) {
        fail_msg("row %d has no %s", row, name);
    }
    return strtod(at, NULL);
}

static void a_table_has_a_row_for_every_step(void **state) {
    Seen seen;
    size_t size;
    char text[64];
    assert_true(train_logged(*state, "\"run.csv\"", NULL, &seen));
    char *table = read_all("run.csv", &size);
    for (int i = 0; i < STEPS; i++) {
        assert_true(number(table, i + 1, "step") == i + 1);
        assert_true(number(table, i + 1, "epoch") == i / 3 + 1);
        assert_near(number(table, i + 1, "loss"), seen.step[i].loss, "loss");
        assert_near(number(table, i + 1, "grad_norm"), seen.step[i].grad_norm, "grad_norm");
        assert_near(number(table, i + 1, "dense1.grad_norm"), seen.probe[i][1].grad_norm, "dense1.grad_norm");
        assert_near(number(table, i + 1, "tanh1.saturated"), seen.probe[i][2].saturated, "tanh1.saturated");
        assert_near(number(table, i + 1, "dense2.output_grad"), seen.probe[i][3].output_grad, "dense2.output_grad");
        assert_non_null(cell(table, i + 1, "epoch_loss", text));
        assert_true((*text != '\0') == (i % 3 == 2));
    }
    assert_near(number(table, 3, "epoch_loss"), seen.epoch[0].loss, "epoch_loss");
    assert_near(number(table, 6, "metric"), seen.epoch[1].metric, "metric");
    assert_null(cell(table, 0, "tanh1.grad_norm", text));
    assert_null(cell(table, 0, "input1.signal", text));
    int commas = 0, lines = 0, in_first = 0;
    for (size_t i = 0; i < size; i++) {
        commas += table[i] == ',';
        lines += table[i] == '\n';
        in_first = lines ? in_first : commas;
    }
    assert_int_equal(lines, STEPS + 1);
    assert_int_equal(commas, lines * in_first);
    free(table);
}

static void logs_of_several_nets_bear_their_names(void **state) {
    Seen seen;
    assert_true(train_logged(*state, "\"run.csv\"", "mlp(act=tanh/../x)", &seen));
    assert_int_equal(access("run.mlp_act=tanh_.._x_.csv", R_OK), 0);
    assert_true(train_logged(*state, "tensorboard(\"several\")", "plain", &seen));
    assert_int_equal(access("several/plain", R_OK), 0);
}

/* ---- json lines -------------------------------------------------------------------------------------------------- */

static double member(const json_t *object, const char *name) {
    const json_t *value = json_object_get(object, name);
    if (!json_is_number(value)) {
        fail_msg("no number %s", name);
    }
    return json_number_value(value);
}

static void each_line_is_an_object(void **state) {
    Seen seen;
    size_t size;
    assert_true(train_logged(*state, "\"run.jsonl\"", NULL, &seen));
    char *text = read_all("run.jsonl", &size);
    int steps = 0, epochs = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        json_t *object = json_loads(line, 0, NULL), *layers = json_object_get(object, "layers");
        assert_non_null(object);
        if (layers) {
            assert_near(member(object, "loss"), seen.step[steps].loss, "loss");
            assert_near(member(json_object_get(layers, "dense2"), "update_ratio"), seen.probe[steps][3].update_ratio,
                        "update_ratio");
            assert_int_equal(json_object_size(layers), NODES - 1);
            assert_true(member(object, "step") == ++steps);
        } else {
            assert_near(member(object, "epoch_loss"), seen.epoch[epochs].loss, "epoch_loss");
            assert_true(json_is_null(json_object_get(object, "test_loss"))); /* there is no test part */
            assert_true(member(object, "epoch") == ++epochs);
        }
        json_decref(object);
    }
    assert_int_equal(steps, STEPS);
    assert_int_equal(epochs, EPOCHS);
    free(text);
}

/* ---- TensorBoard ------------------------------------------------------------------------------------------------- */

/* CRC-32C bit by bit (RFC 3720, appendix B.4), masked as in tensorflow/core/lib/hash/crc32c.h. */
static uint32_t masked_crc(const unsigned char *bytes, size_t size) {
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc & 1 ? (crc >> 1) ^ 0x82f63b78 : crc >> 1;
        }
    }
    crc = ~crc;
    return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

static void checksums_are_those_of_the_standard(void **state) {
    (void)state;
    uint32_t crc = masked_crc((const unsigned char *)"123456789", 9) - 0xa282ead8u;
    assert_int_equal((crc >> 17) | (crc << 15), 0xe3069283); /* the check value of CRC-32C */
}

typedef struct Bytes { /* what is left of a message */
    const unsigned char *at, *end;
} Bytes;

static uint64_t little_endian(Bytes *from, int size) {
    uint64_t value = 0;
    assert_true(from->end - from->at >= size);
    for (int i = 0; i < size; i++) {
        value |= (uint64_t)*from->at++ << (8 * i);
    }
    return value;
}

static uint64_t varint(Bytes *from) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        uint64_t byte = little_endian(from, 1);
        value |= (byte & 127) << shift;
        if (!(byte & 128)) {
            return value;
        }
    }
    fail_msg("a number does not end");
    return 0;
}

typedef struct Field { /* of any message: its number and what it holds */
    int number;
    uint64_t bits; /* of a number */
    Bytes bytes;   /* of text or a message */
} Field;

static bool next_field(Bytes *from, Field *field) {
    static const int size[] = {0, 8, 0, 0, 0, 4};
    if (from->at == from->end) {
        return false;
    }
    uint64_t key = varint(from);
    *field = (Field){.number = (int)(key >> 3)};
    switch (key & 7) {
    case 0:
        field->bits = varint(from);
        break;
    case 1:
    case 5:
        field->bits = little_endian(from, size[key & 7]);
        break;
    case 2: {
        uint64_t length = varint(from);
        assert_true(length <= (uint64_t)(from->end - from->at));
        field->bytes = (Bytes){from->at, from->at + length};
        from->at += length;
        break;
    }
    default:
        fail_msg("wire type %d", (int)(key & 7));
    }
    return true;
}

enum { SCALARS_MOST = 400 };
typedef struct Scalar {
    int64_t step;
    char tag[64];
    float value;
} Scalar;
typedef struct Events {
    char version[32];
    Scalar scalar[SCALARS_MOST];
    int scalars, records;
} Events;

static void read_value(Events *events, Bytes message, int64_t step) {
    Scalar *scalar = &events->scalar[events->scalars++];
    Field field;
    assert_true(events->scalars < SCALARS_MOST);
    scalar->step = step;
    while (next_field(&message, &field)) {
        if (field.number == 1) {
            snprintf(scalar->tag, sizeof scalar->tag, "%.*s", (int)(field.bytes.end - field.bytes.at),
                     (const char *)field.bytes.at);
        } else {
            uint32_t bits = (uint32_t)field.bits;
            assert_int_equal(field.number, 2);
            memcpy(&scalar->value, &bits, sizeof bits);
        }
    }
}

static void read_event(Events *events, Bytes message) {
    Field field, value;
    int64_t step = 0;
    while (next_field(&message, &field)) {
        if (field.number == 1) {
            double seconds;
            memcpy(&seconds, &field.bits, sizeof seconds);
            assert_true(seconds > 1.5e9);
        } else if (field.number == 2) {
            step = (int64_t)field.bits;
        } else if (field.number == 3) {
            snprintf(events->version, sizeof events->version, "%.*s", (int)(field.bytes.end - field.bytes.at),
                     (const char *)field.bytes.at);
        } else {
            assert_int_equal(field.number, 5);
            while (next_field(&field.bytes, &value)) {
                assert_int_equal(value.number, 1);
                read_value(events, value.bytes, step);
            }
        }
    }
}

static void read_records(Events *events, Bytes file) {
    while (file.at < file.end) {
        const unsigned char *begin = file.at;
        uint64_t length = little_endian(&file, 8);
        assert_int_equal(little_endian(&file, 4), masked_crc(begin, 8));
        assert_true(length <= (uint64_t)(file.end - file.at));
        Bytes message = {file.at, file.at + length};
        file.at += length;
        assert_int_equal(little_endian(&file, 4), masked_crc(message.at, length));
        read_event(events, message);
        events->records++;
    }
}

/* The only file of a folder. */
static void read_events(Events *events, const char *of) {
    DIR *entries = opendir(of);
    assert_non_null(entries);
    char path[400] = "";
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (entry->d_name[0] != '.') {
            assert_non_null(strstr(entry->d_name, "tfevents"));
            assert_int_equal(path[0], '\0');
            snprintf(path, sizeof path, "%s/%s", of, entry->d_name);
        }
    }
    closedir(entries);
    size_t size;
    unsigned char *bytes = (unsigned char *)read_all(path, &size);
    *events = (Events){0};
    read_records(events, (Bytes){bytes, bytes + size});
    free(bytes);
}

static void assert_logged(const Events *events, int64_t step, const char *tag, double expected) {
    for (int i = 0; i < events->scalars; i++) {
        const Scalar *scalar = &events->scalar[i];
        if (scalar->step == step && !strcmp(scalar->tag, tag)) {
            assert_near((double)scalar->value, expected, tag);
            return;
        }
    }
    fail_msg("step %d has no %s", (int)step, tag);
}

static void event_files_hold_what_was_seen(void **state) {
    Seen seen;
    Events *events = test_malloc(sizeof *events);
    assert_true(train_logged(*state, "tensorboard(\"runs/plain/\")", NULL, &seen));
    read_events(events, "runs/plain");
    assert_string_equal(events->version, "brain.Event:2");
    assert_int_equal(events->records, 1 + STEPS + EPOCHS);
    for (int i = 0; i < STEPS; i++) {
        assert_logged(events, i + 1, "step/loss", seen.step[i].loss);
        assert_logged(events, i + 1, "step/clip_factor", 1);
        assert_logged(events, i + 1, "grad_norm/dense1", seen.probe[i][1].grad_norm);
        assert_logged(events, i + 1, "update_ratio/dense2", seen.probe[i][3].update_ratio);
        assert_logged(events, i + 1, "saturated/tanh1", seen.probe[i][2].saturated); /* 0 is written too */
    }
    assert_logged(events, 3, "epoch/epoch_loss", seen.epoch[0].loss);
    assert_logged(events, 6, "epoch/metric", seen.epoch[1].metric);
    assert_logged(events, 6, "epoch/test_loss", NAN);
    test_free(events);
}

/* ---- what cannot be logged --------------------------------------------------------------------------------------- */

static void wrong_places_are_refused_before_the_training(void **state) {
    Kit *kit = *state;
    Seen seen;
    static const char *const wrong[][2] = {{"\"run.txt\"", "its ending tells no format"},
                                           {"\"../run.csv\"", "outside the folders"},
                                           {"tensorboard(\"/tmp/plumb-elsewhere\")", "outside the folders"},
                                           {"\"none/run.csv\"", "No such file"},
                                           {"tensorboard(\"file/a\")", "Not a directory"}};
    fclose(fopen("file", "w"));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(train_logged(kit, wrong[i][0], NULL, &seen));
        assert_says(&kit->error, wrong[i][1]);
    }
}

static void a_full_disk_is_told_at_the_end(void **state) {
    Kit *kit = *state;
    Seen seen;
    struct rlimit old, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){200, old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    bool done = train_logged(kit, "\"full.csv\"", NULL, &seen);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_false(done);
    assert_says(&kit->error, "cannot write \"full.csv\": File too large");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        kit_test(a_table_has_a_row_for_every_step), kit_test(logs_of_several_nets_bear_their_names),
        kit_test(each_line_is_an_object),           cmocka_unit_test(checksums_are_those_of_the_standard),
        kit_test(event_files_hold_what_was_seen),   kit_test(wrong_places_are_refused_before_the_training),
        kit_test(a_full_disk_is_told_at_the_end),
    };
    return cmocka_run_group_tests_name("logs", tests, enter_folder, leave_folder);
}
