/* TensorBoard's event files: TFRecords of Event messages. One record is
 *     length (64 bits), masked crc32c of those 8 bytes, the message, masked crc32c of the message
 * all little-endian (tensorflow/core/lib/io/record_writer.h). */
#include "events.pb-c.h"
#include "log.h"
#include <endian.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- records ----------------------------------------------------------------------------------------------------- */

/* CRC-32C (Castagnoli), four bits at a time; reflected polynomial 0x82F63B78. */
static uint32_t crc32c(const unsigned char *bytes, size_t size) {
    static const uint32_t table[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
                                       0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                       0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    uint32_t crc = ~UINT32_C(0);
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        crc = table[crc & 15] ^ (crc >> 4);
        crc = table[crc & 15] ^ (crc >> 4);
    }
    return ~crc;
}

/* So that a crc of data that holds crcs is not a trivial one. */
static uint32_t masked(uint32_t crc) {
    return ((crc >> 15) | (crc << 17)) + UINT32_C(0xa282ead8);
}

static void write_crc(FILE *out, const void *bytes, size_t size) {
    uint32_t crc = htole32(masked(crc32c(bytes, size)));
    fwrite(&crc, sizeof crc, 1, out);
}

static void write_event(PlumbLog *log, Events__Event *event) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    event->wall_time = (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
    size_t size = events__event__get_packed_size(event);
    unsigned char *bytes = malloc(size + 1);
    if (!bytes) {
        log->reason = log->reason ? log->reason : ENOMEM;
        return;
    }
    events__event__pack(event, bytes);
    uint64_t length = htole64(size);
    fwrite(&length, sizeof length, 1, log->stream);
    write_crc(log->stream, &length, sizeof length);
    fwrite(bytes, 1, size, log->stream);
    write_crc(log->stream, bytes, size);
    free(bytes);
}

/* ---- summaries --------------------------------------------------------------------------------------------------- */

typedef struct Scalars { /* the values of one event */
    Events__Summary__Value *value;
    Events__Summary__Value **pointer;
    char *tags; /* one after the other */
    size_t count, space, used, room;
} Scalars;

static size_t tag_room(const PlumbNet *net) {
    size_t longest = 0;
    for (int i = 0; i < plumb_net_size(net); i++) {
        size_t length = strlen(plumb_net_node(net, i)->name);
        longest = length > longest ? length : longest;
    }
    return longest + sizeof "update_ratio/";
}

/* For `space` scalars. */
static bool scalars_open(Scalars *scalars, const PlumbNet *net, size_t space) {
    *scalars = (Scalars){.space = space, .room = space * (tag_room(net) + 32)};
    scalars->value = calloc(space, sizeof *scalars->value);
    scalars->pointer = calloc(space, sizeof(Events__Summary__Value *));
    scalars->tags = malloc(scalars->room);
    return scalars->value && scalars->pointer && scalars->tags;
}

static void scalars_close(Scalars *scalars) {
    free(scalars->value);
    free(scalars->pointer);
    free(scalars->tags);
}

/* Tags of one group share a page: "grad_norm/dense1". */
static void add_scalar(Scalars *scalars, const char *group, const char *name, double value) {
    if (scalars->count == scalars->space) {
        return;
    }
    char *tag = scalars->tags + scalars->used;
    int length = snprintf(tag, scalars->room - scalars->used, "%s/%s", group, name);
    scalars->used += (size_t)length + 1;
    Events__Summary__Value *at = &scalars->value[scalars->count];
    events__summary__value__init(at);
    at->tag = tag;
    at->value_case = EVENTS__SUMMARY__VALUE__VALUE_SIMPLE_VALUE;
    at->simple_value = (float)value;
    scalars->pointer[scalars->count++] = at;
}

static void write_scalars(PlumbLog *log, const Scalars *scalars, int64_t step) {
    Events__Summary summary;
    Events__Event event;
    events__summary__init(&summary);
    summary.n_value = scalars->count;
    summary.value = scalars->pointer;
    events__event__init(&event);
    event.step = step;
    event.what_case = EVENTS__EVENT__WHAT_SUMMARY;
    event.summary = &summary;
    write_event(log, &event);
}

static void add_columns(Scalars *scalars, const char *group, const void *from, const LogColumn *column) {
    for (; column->name; column++) {
        add_scalar(scalars, group, column->name, log_column_of(from, column));
    }
}

static void add_layers(Scalars *scalars, const PlumbNet *net, const PlumbProbe *probe) {
    const LogFigure *figure;
    for (int j = 0; (figure = log_figure_at(j)); j++) {
        for (int i = 0; i < plumb_net_size(net); i++) {
            const PlumbNode *node = plumb_net_node(net, i);
            double value = log_figure_of(&probe[i], figure);
            if (log_bears(node, figure) && !isnan(value)) {
                add_scalar(scalars, figure->name, node->name, value);
            }
        }
    }
}

/* ---- the format -------------------------------------------------------------------------------------------------- */

enum { COLUMNS_MOST = 16, FIGURES_MOST = 16 };

static void open_log(PlumbLog *log) {
    Events__Event event;
    char version[] = "brain.Event:2";
    events__event__init(&event);
    event.what_case = EVENTS__EVENT__WHAT_FILE_VERSION;
    event.file_version = version;
    write_event(log, &event);
}

static void write_step(PlumbLog *log, const PlumbStep *step, const PlumbProbe *probe) {
    Scalars scalars;
    size_t layers = probe ? (size_t)plumb_net_size(log->net) * FIGURES_MOST : 0;
    if (scalars_open(&scalars, log->net, COLUMNS_MOST + layers)) {
        add_columns(&scalars, "step", step, log_step_columns);
        if (probe) {
            add_layers(&scalars, log->net, probe);
        }
        write_scalars(log, &scalars, step->step);
    } else {
        log->reason = ENOMEM;
    }
    scalars_close(&scalars);
}

static void write_epoch(PlumbLog *log, const PlumbEpoch *epoch) {
    Scalars scalars;
    if (scalars_open(&scalars, log->net, COLUMNS_MOST)) {
        add_columns(&scalars, "epoch", epoch, log_epoch_columns);
        write_scalars(log, &scalars, epoch->step);
    } else {
        log->reason = ENOMEM;
    }
    scalars_close(&scalars);
}

static void end_log(PlumbLog *log) {
    (void)log;
}

const LogFormat log_tensorboard = {.open = open_log, .step = write_step, .epoch = write_epoch, .end = end_log};
