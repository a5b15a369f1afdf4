/* What the verbs of nets share. */
#ifndef PLUMB_VERBS_COMMON_H
#define PLUMB_VERBS_COMMON_H
#include "../render/canvas.h"
#include "../verb.h"

Canvas session_canvas(const Session *session);
json_t *json_figure(double value); /* null for NaN and infinity */
json_t *json_text(const char *text); /* null for what is not UTF-8 */
json_t *json_shape(PlumbShape shape);
/* The data behind a value; NULL: unknown, or not loaded while checking. */
const PlumbData *data_of(const Value *value);
/* As written: "digits", "mlp(act=tanh)". malloc'd; never NULL where memory is not short. */
char *written(const Tree *tree);
/* Before anything runs: every net among the operands fits `on` and the loss. */
void check_fits(Session *session, const VerbCall *call);
/* Is the net built without unknown parts? */
bool net_known(const PlumbNet *net);
/* To the file that `to` names, whole or not at all. False: reported. */
bool write_file(Session *session, const VerbCall *call, const void *bytes, size_t size);
/* `path` names no kind of file that the verb writes or reads; false. */
bool unknown_file(Session *session, const VerbCall *call, const char *path, const char *expected);
/* Does the path end in `extension` (".npy")? */
bool has_extension(const char *path, const char *extension);
bool report_no_memory(Session *session, Span span); /* false */
#endif
