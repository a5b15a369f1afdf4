/* Values of the language. Reference-counted: value_keep adds an owner, value_drop takes one away. */
#ifndef PLUMB_VALUE_H
#define PLUMB_VALUE_H
#include "../grammar/tree.h"
#include "../runtime/plumb.h"
#include <jansson.h>

typedef struct Scope Scope;   /* scope.h: names in reach of a tree */
typedef struct Session Session;

typedef enum {
    VALUE_NONE, VALUE_NUMBER, VALUE_BOOL, VALUE_STRING, VALUE_LIST,
    VALUE_CALL,   /* a layer, initialiser, optimizer ... : a checked call */
    VALUE_BODY,   /* a pipeline not yet placed: `{ dense(64) -> relu }`, an argument that is a combinator */
    VALUE_NET, VALUE_DATA, VALUE_RECIPE, VALUE_TENSOR, VALUE_HISTORY, VALUE_LAYER /* plain.dense1 */,
    VALUE_WORD,   /* a bare word that an argument takes: same, auto */
    VALUE_UNKNOWN /* while checking: only running will tell; or an error was reported */
} ValueType;

enum { LIST_HEIGHT_MAX = 1000 };
typedef struct Value Value;

typedef struct NetValue {       /* a net as declared, perhaps with arguments; an instance when all of them have values */
    char *name;                 /* "plain", or the source text of an anonymous one */
    const char *base;           /* what it is called where another net uses it: "mlp" of mlp(act=tanh); borrowed */
    const Tree *declaration;    /* TREE_NET whose block is the body */
    Span span;                  /* where the instance was made */
    Scope *scope;               /* where it was declared */
    Value **argument;           /* one per parameter; NULL: not given and no default */
    int argument_count;
    PlumbNet *net;              /* built when first needed; NULL before, and for a net without input */
    PlumbTrainer *trainer;      /* the last training, kept for `continue`, history and probes */
    PlumbCheckpoint *checkpoint; /* loaded, and not yet trained on from; NULL: none */
    bool unfinished;            /* the training was paused and can go on */
    bool held;                  /* before a step that was tried and not taken: its values would not be finite */
    Value *trained_on, *trained_with;
    PlumbProbe *probe;          /* one per node, of the last training or measurement */
    PlumbScore score;           /* of the last evaluation on the test part */
    bool has_score, has_loss;
    double loss;                /* of the last epoch, of the last step while paused, or of a measurement since */
    double seconds;
    PlumbLog *log;              /* of a training that may go on; NULL: none */
    json_t *alerts;             /* of the last training: a list of objects, as --json shows them */
    json_t *repair;             /* of a net that `fix` has made: as --json shows it, with `net` and its source before, `was`; or NULL */
} NetValue;

struct Value {
    int owners;
    ValueType type;
    union {
        double number;
        bool boolean;
        char *string;
        struct { Value **item; int count, height; } list; /* height: of lists in lists, from 1; they are walked by recursion */
        struct {
            PlumbArena *arena;
            PlumbCall *call;
            const Tree **watch; /* the conditions of a recipe's `watch` lines, in the arena */
            int watches;
        } call;                 /* also VALUE_RECIPE */
        struct { const Tree *tree; Scope *scope; } body;
        NetValue *net;
        struct { PlumbData *data; Value *call; } data;
        PlumbTensor tensor;
        struct { Value *net; } history;
        struct { Value *net; int node; } layer;
    };
};

Value *value_none(void);
Value *value_number(double number); /* these return NULL when memory is short */
Value *value_bool(bool boolean);
Value *value_string(const char *text);
Value *value_word(const char *text);
Value *value_unknown(void);
Value *value_list(Value **item, int count); /* keeps the items */
Value *value_numbers(const double *number, int count); /* a list of them */
Value *value_call(const PlumbCall *call);   /* a copy; kind PLUMB_RECIPE makes a VALUE_RECIPE */
Value *value_body(const Tree *tree, Scope *scope);
Value *value_net(NetValue *net);            /* takes it over, also when it fails */
Value *value_data(PlumbData *data, Value *call); /* takes the data over; keeps the call */
Value *value_tensor(const char *name, PlumbShape shape, const plumb_real *value); /* copies */
Value *value_layer(Value *net, int node);
Value *value_history(Value *net);
void net_value_free(NetValue *net);
void net_value_forget(NetValue *net);       /* what was trained, loaded and measured; not its weights, data and recipe */
int net_value_history(const NetValue *net, const PlumbEpoch **epochs); /* of its training or checkpoint; the count */
int64_t net_value_steps(const NetValue *net);
Value *value_keep(Value *value);
void value_drop(Value *value); /* NULL is allowed */
const char *value_type_name(const Value *value); /* "a number", "a net", "an optimizer" */
/* As source or summary text, one line: 3.5, "text", [1, 2], relu, net plain, tensor 64 x 64 ... malloc'd */
char *value_text(const Value *value);
#endif
