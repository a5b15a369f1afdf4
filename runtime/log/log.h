/* Logs of a training: one writer a format, fed by an observer. */
#ifndef PLUMB_LOG_H
#define PLUMB_LOG_H
#include "../core/layer.h"
#include "../core/net.h"
#include "../files/files.h"

typedef struct LogFormat {
    const char *ending;  /* of the file's name; NULL: not a file that the script names */
    void (*open)(PlumbLog *log); /* writes what stands first */
    /* `probe`: one per node, or NULL where layers are not logged at this step. */
    void (*step)(PlumbLog *log, const PlumbStep *step, const PlumbProbe *probe);
    void (*epoch)(PlumbLog *log, const PlumbEpoch *epoch);
    void (*end)(PlumbLog *log);
} LogFormat;

struct PlumbLog {
    const LogFormat *format;
    const PlumbNet *net;
    FILE *stream;
    char *path;        /* as it is called in messages */
    int reason;        /* errno of the first failure; 0: none */
    bool row_is_open;  /* csv: the last row waits for the figures of its epoch */
};

extern const LogFormat log_csv, log_jsonl, log_tensorboard;

/* The figures of layers that are logged: the node has it, or the next one is asked for. NULL ends. */
typedef struct LogFigure {
    const char *name;
    size_t offset; /* of a double in PlumbProbe */
    unsigned bearers;
} LogFigure;
const LogFigure *log_figure_at(int index);
bool log_bears(const PlumbNode *node, const LogFigure *figure);
double log_figure_of(const PlumbProbe *probe, const LogFigure *figure);

/* Columns of steps and of epochs, in PlumbStep and PlumbEpoch. NULL names end. */
typedef struct LogColumn {
    const char *name;
    size_t offset; /* of a double */
} LogColumn;
extern const LogColumn log_step_columns[], log_epoch_columns[];
double log_column_of(const void *from, const LogColumn *column);
#endif
