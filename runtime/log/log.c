/* Opening a log, and what all formats log. */
#include "log.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LAYERS_LOGGED = 1000, NAMES_TRIED = 1000 };

/* ---- the key's values -------------------------------------------------------------------------------------------- */

static const PlumbArg tensorboard_args[] = {
    {.name = "dir", .accepts = PLUMB_A_STRING, .help = "folder of the event files; made where it is missing"}, {0}};
const PlumbEntry log_to_tensorboard = {.name = "tensorboard",
                                       .kind = PLUMB_LOG,
                                       .family = "logs",
                                       .args = tensorboard_args,
                                       .summary = "event files with the scalars of steps, epochs and layers",
                                       .formula = "records of length, crc32c(length), Event, crc32c(Event)",
                                       .source = "tensorflow/core/lib/io/record_writer.h, util/event.proto",
                                       .example = "recipe r { log = tensorboard(\"runs/plain\") }"};

static const LogFormat *const file_formats[] = {&log_csv, &log_jsonl, NULL};

static bool ends_in(const char *path, const char *ending) {
    size_t length = strlen(path), size = strlen(ending);
    return length > size && !strcmp(path + length - size, ending);
}

static const LogFormat *format_of(const PlumbValue *value, PlumbError *error) {
    if (value->type == PLUMB_V_CALL) {
        return &log_tensorboard;
    }
    for (const LogFormat *const *format = file_formats; *format; format++) {
        if (ends_in(value->string, (*format)->ending)) {
            return *format;
        }
    }
    plumb_fail(error, PLUMB_ARGUMENT_ERROR, "log cannot be \"%.100s\": its ending tells no format", value->string);
    error_hint(error, "\"run.csv\", \"run.jsonl\" or tensorboard(\"runs\")");
    return NULL;
}

bool plumb_log_check(const PlumbCall *recipe, PlumbError *error) {
    const PlumbValue *value = plumb_call_value(recipe, "log");
    return value->type == PLUMB_V_NONE || format_of(value, error);
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

enum { OF_ALL = 1, OF_WEIGHTS = 2, OF_ACTIVATIONS = 4 };
#define FIGURE(name, bearers)                                                                                          \
    { #name, offsetof(PlumbProbe, name), bearers }
static const LogFigure figures[] = {
    FIGURE(grad_norm, OF_WEIGHTS),
    FIGURE(weight_norm, OF_WEIGHTS),
    FIGURE(update_ratio, OF_WEIGHTS),
    FIGURE(output_grad, OF_ALL),
    FIGURE(signal, OF_ALL),
    FIGURE(mean, OF_ALL),
    FIGURE(std, OF_ALL),
    FIGURE(saturated, OF_ACTIVATIONS),
    FIGURE(dead, OF_ACTIVATIONS),
};
enum { FIGURES = sizeof figures / sizeof *figures };

const LogFigure *log_figure_at(int index) {
    return index < FIGURES ? &figures[index] : NULL;
}

bool log_bears(const PlumbNode *node, const LogFigure *figure) {
    return node->input_count > 0 && (figure->bearers == OF_ALL       ? true
                                     : figure->bearers == OF_WEIGHTS ? node->parameters > 0
                                                                     : node->call->entry->kind == PLUMB_ACTIVATION);
}

static double number_at(const void *from, size_t offset) {
    double value;
    memcpy(&value, (const char *)from + offset, sizeof value);
    return value;
}

double log_figure_of(const PlumbProbe *probe, const LogFigure *figure) {
    return number_at(probe, figure->offset);
}

double log_column_of(const void *from, const LogColumn *column) {
    return number_at(from, column->offset);
}

const LogColumn log_step_columns[] = {{"loss", offsetof(PlumbStep, loss)},
                                      {"grad_norm", offsetof(PlumbStep, grad_norm)},
                                      {"clip_factor", offsetof(PlumbStep, clip_factor)},
                                      {0}};
const LogColumn log_epoch_columns[] = {{"epoch_loss", offsetof(PlumbEpoch, loss)},
                                       {"test_loss", offsetof(PlumbEpoch, test_loss)},
                                       {"metric", offsetof(PlumbEpoch, metric)},
                                       {"test_metric", offsetof(PlumbEpoch, test_metric)},
                                       {"grad_first", offsetof(PlumbEpoch, grad_first)},
                                       {"grad_last", offsetof(PlumbEpoch, grad_last)},
                                       {"update_ratio", offsetof(PlumbEpoch, update_ratio)},
                                       {"seconds", offsetof(PlumbEpoch, seconds)},
                                       {0}};

/* ---- opening ----------------------------------------------------------------------------------------------------- */

/* "run.csv" and "plain": "run.plain.csv"; a folder "runs" and "plain": "runs/plain". What a net's name may not be in a
 * file's is written as _. malloc'd. */
static char *path_for(const char *path, const char *who, bool folder) {
    size_t length = strlen(path), size = length + (who ? strlen(who) : 0) + 2;
    const char *dot = folder || !who ? NULL : strrchr(path, '.');
    int before = dot ? (int)(dot - path) : (int)length;
    char *text = malloc(size);
    if (!text) {
        return NULL;
    }
    if (!who) {
        return strcpy(text, path);
    }
    snprintf(text, size, "%.*s%c%s%s", before, path, folder ? '/' : '.', who, path + before);
    for (char *at = text + before + 1; at < text + before + 1 + strlen(who); at++) {
        *at = isalnum((unsigned char)*at) || strchr("._-=", *at) ? *at : '_';
    }
    return text;
}

/* An event file of a name that is not taken: a folder may hold several, as TensorBoard reads them all. */
static int open_events(PlumbLog *log, const char *folder, const PlumbFiles *files, PlumbError *error) {
    size_t size = strlen(folder) + 80;
    int descriptor = -1;
    char *path = malloc(size);
    if (!path) {
        error_memory(error);
    }
    for (int i = 0; path && i < NAMES_TRIED; i++) {
        snprintf(path, size, "%s/events.out.tfevents.%010lld.plumb.%d.%d", folder, (long long)time(NULL), (int)getpid(),
                 i);
        char *real = files_resolve(path, true, files, error);
        descriptor = real ? open(real, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666) : -1;
        log->reason = errno;
        free(real);
        if (!real || descriptor >= 0 || log->reason != EEXIST) {
            break;
        }
    }
    free(path);
    return descriptor;
}

static int open_file(PlumbLog *log, const PlumbFiles *files, PlumbError *error) {
    char *real = files_resolve(log->path, true, files, error);
    struct stat status;
    int descriptor = real ? open(real, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666) : -1;
    log->reason = errno;
    free(real);
    if (descriptor >= 0 && (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) || ftruncate(descriptor, 0))) {
        log->reason = EINVAL;
        close(descriptor);
        return -1;
    }
    return descriptor;
}

static bool open_stream(PlumbLog *log, const PlumbFiles *files, PlumbError *error) {
    bool folder = log->format == &log_tensorboard;
    if (folder && !files_make_folder(log->path, files, error)) {
        return false;
    }
    int descriptor = folder ? open_events(log, log->path, files, error) : open_file(log, files, error);
    log->stream = descriptor >= 0 ? fdopen(descriptor, "wb") : NULL;
    if (log->stream) {
        log->reason = 0;
        return true;
    }
    if (descriptor >= 0) {
        close(descriptor);
    }
    if (error->status == PLUMB_OK) {
        plumb_fail(error, PLUMB_FILE_ERROR, "cannot write \"%.160s\": %s", log->path, strerror(log->reason));
    }
    return false;
}

PlumbLog *plumb_log_open(const PlumbCall *recipe, const PlumbNet *net, const char *who, const PlumbFiles *files,
                         PlumbError *error) {
    const PlumbValue *value = plumb_call_value(recipe, "log");
    *error = (PlumbError){.argument = -1};
    const LogFormat *format = value->type == PLUMB_V_NONE ? NULL : format_of(value, error);
    if (!format) {
        return NULL;
    }
    bool folder = value->type == PLUMB_V_CALL;
    PlumbLog *log = calloc(1, sizeof *log);
    if (log) {
        *log = (PlumbLog){.format = format, .net = net};
        log->path = path_for(folder ? plumb_call_string(value->call, "dir") : value->string, who, folder);
    }
    if (!log || !log->path) {
        error_memory(error);
    } else if (open_stream(log, files, error)) {
        format->open(log);
        return log;
    }
    plumb_log_close(log, NULL);
    return NULL;
}

/* ---- the observer ------------------------------------------------------------------------------------------------ */

static void keep_reason(PlumbLog *log) {
    if (ferror(log->stream) && !log->reason) {
        log->reason = errno ? errno : EIO;
    }
}

/* Layers take room: long trainings log them about a thousand times, evenly. */
static bool logs_layers(const PlumbStep *step) {
    int64_t every = (step->steps + LAYERS_LOGGED - 1) / LAYERS_LOGGED;
    return step->step == 1 || step->step == step->steps || step->step % every == 0;
}

static bool on_step(void *self, const PlumbStep *step) {
    PlumbLog *log = self;
    if (step->held) {
        return true;
    }
    errno = 0;
    log->format->step(log, step, logs_layers(step) ? step->probe : NULL);
    keep_reason(log);
    return true;
}

/* What an epoch has brought can be read while the next one runs. */
static void on_epoch(void *self, const PlumbEpoch *epoch) {
    PlumbLog *log = self;
    errno = 0;
    log->format->epoch(log, epoch);
    fflush(log->stream);
    keep_reason(log);
}

PlumbObserver plumb_log_observer(PlumbLog *log) {
    return (PlumbObserver){.self = log, .step = on_step, .epoch = on_epoch};
}

bool plumb_log_close(PlumbLog *log, PlumbError *error) {
    if (!log) {
        return true;
    }
    if (log->stream) {
        errno = 0;
        log->format->end(log);
        keep_reason(log);
        bool closed = fclose(log->stream) == 0;
        log->reason = log->reason || closed ? log->reason : errno ? errno : EIO;
        if (log->reason) {
            plumb_fail(error, PLUMB_FILE_ERROR, "cannot write \"%.160s\": %s", log->path, strerror(log->reason));
        }
    }
    bool done = !log->reason;
    free(log->path);
    free(log);
    return done;
}
