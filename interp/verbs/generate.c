/* generate NET [on DATA] from TEXT [with { length = ...; temperature = ...; seed = ... }] */
#include "common.h"
#include <stdlib.h>
#include <string.h>

enum { CHARACTER_MOST = 4 /* bytes of UTF-8 */ };

typedef struct Sequence {
    const PlumbData *data; /* names the classes: one character each */
    int32_t *class;        /* of the prompt, then of what was drawn */
    int prompt, count;
} Sequence;

/* The data that numbered the characters: those given, or those of the training. */
static const PlumbData *data_that_names(Session *session, const VerbCall *call) {
    const NetValue *net = call->operand[0]->net;
    const PlumbData *data = data_of(call->on ? call->on : net->trained_on);
    if (data && data->classify && data->label_count > 1) {
        return data;
    }
    PlumbError error = {.argument = -1};
    plumb_fail(&error, PLUMB_ARGUMENT_ERROR, "%.100s needs the text whose characters it has learned", net->name);
    snprintf(error.hint, sizeof error.hint, "`generate %.60s on DATA from \"...\"`, DATA as text(...) has read it",
             net->name);
    session_fail(session, call->on_tree ? call->on_tree->span : call->tree_of[0]->span, &error);
    return NULL;
}

/* Its number, and how many bytes of `text` it takes; -1: there is no such character. */
static int32_t class_at(const PlumbData *data, const char *text, size_t *length) {
    for (int c = 0; c < data->classes; c++) {
        *length = strlen(data->class_name[c]);
        if (*length && !strncmp(text, data->class_name[c], *length)) {
            return c;
        }
    }
    return -1;
}

static bool unknown_character(Session *session, const VerbCall *call, const char *at) {
    int length = 1;
    while (length < CHARACTER_MOST && ((unsigned char)at[length] & 0xC0) == 0x80) {
        length++;
    }
    PlumbError error = {.argument = -1};
    plumb_fail(&error, PLUMB_ARGUMENT_ERROR, "the text that %.100s has learned has no `%.*s`",
               call->operand[0]->net->name, length, at);
    return session_fail(session, call->from_tree->span, &error);
}

static bool read_prompt(Session *session, const VerbCall *call, Sequence *sequence, int more) {
    const char *text = call->from->string;
    if (!*text) {
        return session_error(session, call->from_tree->span, "generate needs a character to begin with");
    }
    sequence->class = malloc((strlen(text) + (size_t)more) * sizeof *sequence->class);
    if (!sequence->class) {
        return report_no_memory(session, call->from_tree->span);
    }
    for (size_t length; *text; text += length) {
        int32_t class = class_at(sequence->data, text, &length);
        if (class < 0) {
            return unknown_character(session, call, text);
        }
        sequence->class[sequence->count++] = class;
    }
    sequence->prompt = sequence->count;
    return true;
}

/* malloc'd; NULL: no memory. */
static char *text_of(const Sequence *sequence) {
    char *text = malloc((size_t)sequence->count * CHARACTER_MOST + 1), *end = text;
    for (int i = 0; text && i < sequence->count; i++) {
        end = stpncpy(end, sequence->data->class_name[sequence->class[i]], CHARACTER_MOST);
    }
    if (text) {
        *end = '\0';
    }
    return text;
}

static bool show(Session *session, const VerbCall *call, const Sequence *sequence) {
    char *text = text_of(sequence);
    if (!text) {
        return report_no_memory(session, call->tree->span);
    }
    fprintf(session_text(session), "%s\n", text);
    session_json(session, call, call->operand[0]->net->name, json_pack("{s:o}", "text", json_text(text)));
    free(text);
    return true;
}

static bool run(Session *session, const VerbCall *call) {
    const PlumbCall *settings = call->with->call.call;
    PlumbNet *net = session_net(session, call->operand[0], call->tree_of[0]->span);
    Sequence sequence = {.data = net ? data_that_names(session, call) : NULL};
    PlumbConfig config = session_config(session);
    const PlumbValue *seed = plumb_call_value(settings, "seed");
    PlumbSampling how = {.length = (int)plumb_call_number(settings, "length"),
                         .temperature = plumb_call_number(settings, "temperature"),
                         .seed = seed->type == PLUMB_V_NUMBER ? (uint64_t)seed->number : config.seed};
    PlumbError error = {.argument = -1};
    bool done = sequence.data && read_prompt(session, call, &sequence, how.length);
    if (done && !plumb_generate(net, sequence.data->classes, sequence.class, sequence.prompt, &how,
                                sequence.class + sequence.prompt, &config, &error)) {
        done = session_fail(session, call->tree_of[0]->span, &error);
    }
    sequence.count += how.length;
    done = done && show(session, call, &sequence);
    free(sequence.class);
    return done;
}

static const PlumbArg settings[] = {
    {.name = "length",
     .accepts = PLUMB_A_INT,
     .fallback = "200",
     .min = 1,
     .max = 1e6,
     .help = "characters to add to the text"},
    {.name = "temperature",
     .accepts = PLUMB_A_NUMBER,
     .fallback = "1",
     .min = 0,
     .max = 100,
     .help = "below 1 it keeps to what is likely, above it dares more; 0 always takes the likeliest"},
    {.name = "seed",
     .accepts = PLUMB_A_INT | PLUMB_A_NONE,
     .fallback = "none",
     .max = 9e15,
     .help = "of the draws; none: the session's"},
    {.name = NULL}};

const Verb verb_generate = {
    .entry = {.name = "generate",
              .kind = PLUMB_VERB,
              .family = "training",
              .args = settings,
              .summary = "goes on with a text, one character after the other, as a net that was trained on text(...) "
                         "predicts them",
              .formula = "generate NET [on DATA] from TEXT [with { length = 200; temperature = 1 }]",
              .source = "Graves 2013, section 2; p ~ exp(output / temperature)",
              .example = "generate writer from \"Once\" with { length = 80; temperature = 0.5 }"},
    .operands_min = 1,
    .operands_max = 1,
    .operands = TAKES_NET,
    .clauses = CLAUSE_ON | CLAUSE_WITH | CLAUSE_FROM,
    .required = CLAUSE_FROM,
    .on_takes = TAKES_DATA,
    .from_takes = TAKES_STRING,
    .run = run,
};
