/* A net as a Python file: a torch.nn.Module whose parameters have the names in the weights' file, and its loader. */
#include "torch.h"
#include "../layers/common.h"
#include "export.h"
#include <stdlib.h>
#include <string.h>
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(entry) ((entry)->lost = true)
#include <uthash.h>

enum { NEEDS_MAX = 16 };

struct Needs {
    const char *text[NEEDS_MAX];
    int count;
};

typedef struct Path { /* of a used net, "res3.": its container is made already */
    const char *text;
    bool lost;
    UT_hash_handle hh;
} Path;

typedef struct Writer {
    const PlumbNet *net;
    PlumbArena *arena;
    Path *paths;
    struct Needs needs;
    bool *kept;            /* of each node: another than the next one reads it */
    FILE *modules, *steps; /* bodies of __init__ and forward */
} Writer;

/* ---- what layers use ------------------------------------------------------------------------------------------- */

void torch_needs(Torch *t, const char *text) {
    for (int i = 0; i < t->needs->count; i++) {
        if (!strcmp(t->needs->text[i], text)) {
            return;
        }
    }
    if (t->needs->count < NEEDS_MAX) {
        t->needs->text[t->needs->count++] = text;
    }
}

const char *torch_bool(bool value) {
    return value ? "True" : "False";
}

void torch_inner(Torch *t, const PlumbCall *call, const char *x) {
    LayerSite site = *t->site;
    site.call = call;
    Torch inner = *t;
    inner.site = &site;
    inner.in = &x;
    const Layer *layer = layer_of(call);
    if (layer->torch) {
        layer->torch(&inner);
    } else {
        t->why = "its activation has no form there";
    }
}

/* F.pad counts from the last axis. */
void torch_channels_first(Torch *t, const int before[2], const int after[2], const char *fill) {
    bool turned = t->site->input[0].rank == 2, padded = before[0] + before[1] + after[0] + after[1] > 0;
    fprintf(t->value, "%s(%s%s%s", t->self, padded ? "F.pad(" : "", t->in[0], turned ? ".transpose(1, 2)" : "");
    if (padded && turned) {
        fprintf(t->value, ", (%d, %d)%s)", before[1], after[1], fill);
    } else if (padded) {
        fprintf(t->value, ", (%d, %d, %d, %d)%s)", before[1], after[1], before[0], after[0], fill);
    }
    fprintf(t->value, ")%s", turned ? ".transpose(1, 2)" : "");
}

/* ---- names ----------------------------------------------------------------------------------------------------- */

/* What cannot be an attribute of a module under its own name: Python's words, a module's own attributes (of
 * torch 1.13), and what would be mistaken for an altered name. */
static bool is_taken(const char *name, size_t length) {
    static const char taken[] =
        "and as assert async await break class continue def del elif else except finally for from "
        "global if import in is lambda nonlocal not or pass raise return try while with yield None True "
        "False add_module apply buffers call_super_init children compile cpu cuda double dump_patches "
        "eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu "
        "load_state_dict modules named_buffers named_children named_modules named_parameters parameters "
        "register_backward_hook register_buffer register_forward_hook register_forward_pre_hook "
        "register_full_backward_hook register_load_state_dict_post_hook register_module "
        "register_parameter requires_grad_ set_extra_state share_memory state_dict to to_empty train "
        "training type xpu zero_grad T_destination ";
    if (*name == '_' || !strncmp(name, "layer_", 6)) {
        return true;
    }
    for (const char *word = taken; *word; word += strcspn(word, " ") + 1) {
        if (strcspn(word, " ") == length && !strncmp(word, name, length)) {
            return true;
        }
    }
    return false;
}

/* "res3.dense1" as attributes: a part that is taken begins with layer_, which the loader takes off again. */
static void write_path(FILE *out, const char *name, size_t length) {
    for (size_t at = 0; at < length;) {
        size_t part = strcspn(name + at, ".");
        fprintf(out, ".%s%.*s", is_taken(name + at, part) ? "layer_" : "", (int)part, name + at);
        at += part + 1;
    }
}

static char *self_of(Writer *w, const char *name) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        return NULL;
    }
    fputs("self", out);
    write_path(out, name, strlen(name));
    char *copy = fclose(out) == 0 ? plumb_arena_alloc(w->arena, size + 1) : NULL;
    if (copy) {
        memcpy(copy, text, size + 1);
    }
    free(text);
    return copy;
}

/* The layer whose weights these are: it has its own module. */
static const char *owner_of(Writer *w, const NetNode *node) {
    if (!node->about.weight_count) {
        return node->about.name;
    }
    const NetWeight *weight = &w->net->weight[node->about.first_weight];
    size_t length = strlen(weight->about.name) - strlen(weight->spec.name) - 1;
    char *name = plumb_arena_alloc(w->arena, length + 1);
    return name ? memcpy(name, weight->about.name, length) : NULL;
}

/* Containers for "res3." and "res3.inner.", each once. */
static bool write_containers(Writer *w, const char *name) {
    for (const char *dot = strchr(name, '.'); dot; dot = strchr(dot + 1, '.')) {
        size_t length = (size_t)(dot - name);
        Path *path;
        HASH_FIND(hh, w->paths, name, length, path);
        if (path) {
            continue;
        }
        path = plumb_arena_alloc(w->arena, sizeof *path);
        if (!path) {
            return false;
        }
        path->text = name;
        HASH_ADD_KEYPTR(hh, w->paths, path->text, length, path);
        if (path->lost) {
            return false;
        }
        fputs("        self", w->modules);
        write_path(w->modules, name, length);
        fputs(" = nn.Module()\n", w->modules);
    }
    return true;
}

/* ---- layers ---------------------------------------------------------------------------------------------------- */

/* The layer before is x; one further back has a name of its own. */
static const char *input_name(Writer *w, int node, int input) {
    char *name = input == node - 1 ? "x" : plumb_arena_alloc(w->arena, 16);
    if (name && input != node - 1) {
        snprintf(name, 16, "h%d", input);
    }
    return name;
}

static bool name_inputs(Writer *w, int index, const char **in) {
    const PlumbNode *about = &w->net->node[index].about;
    for (int i = 0; i < about->input_count; i++) {
        in[i] = input_name(w, index, about->input[i]);
        if (!in[i]) {
            return false;
        }
    }
    return true;
}

static void write_step(Writer *w, int index, const Torch *t, const char *value) {
    char text[64], kept[24] = "";
    const PlumbNode *about = &w->net->node[index].about;
    if (w->kept[index]) {
        snprintf(kept, sizeof kept, "h%d = ", index);
    }
    fprintf(w->steps, "        %sx = ", kept);
    if (*value) {
        fputs(value, w->steps);
    } else {
        fprintf(w->steps, "%s(%s)", t->self, t->in[0]);
    }
    fprintf(w->steps, "  # %s\n", plumb_shape_text(about->shape, text));
}

/* `module` and `value` are what the layer wrote. */
static bool write_texts(Writer *w, int index, const Torch *t, const char *owner, const char *module,
                        const char *value) {
    const PlumbNode *about = &w->net->node[index].about;
    if (*module && !strcmp(owner, about->name)) {
        if (!write_containers(w, about->name)) {
            return false;
        }
        fprintf(w->modules, "        %s = %s\n", t->self, module);
    }
    write_step(w, index, t, value);
    return true;
}

static bool layer_texts(Writer *w, int index, Torch *t, const char *owner) {
    char *module = NULL, *value = NULL;
    size_t size;
    t->module = open_memstream(&module, &size);
    t->value = open_memstream(&value, &size);
    if (t->module && t->value) {
        w->net->node[index].layer->torch(t);
    }
    bool done = t->module && fclose(t->module) == 0;
    done = t->value && fclose(t->value) == 0 && done;
    done = done && (t->why || write_texts(w, index, t, owner, module, value));
    free(module);
    free(value);
    return done;
}

static bool write_layer(Writer *w, int index, int *at, PlumbError *error) {
    const NetNode *node = &w->net->node[index];
    const char *in[LAYER_INPUTS_MAX], *owner = owner_of(w, node);
    Torch t = {.site = &node->site, .in = in, .needs = &w->needs};
    t.self = owner ? self_of(w, owner) : NULL;
    if (!t.self || !name_inputs(w, index, in)) {
        return error_memory(error);
    }
    if (!node->layer->torch) {
        t.why = "";
    } else if (!layer_texts(w, index, &t, owner)) {
        return error_memory(error);
    }
    if (t.why) {
        *at = index;
        return export_fail(node, "PyTorch", t.why, error);
    }
    return true;
}

/* ---- the file -------------------------------------------------------------------------------------------------- */

static const char loader[] =
    "def load(net, path):\n"
    "    \"\"\"Fills the net with the weights that plumb's `save NET to \"FILE.safetensors\"` has written.\"\"\"\n"
    "    with open(path, \"rb\") as file:\n"
    "        header = json.loads(file.read(int.from_bytes(file.read(8), \"little\")))\n"
    "        data = bytearray(file.read())\n"
    "    header.pop(\"__metadata__\", None)\n"
    "    state = net.state_dict()\n"
    "    for name in state:\n"
    "        if name.endswith(\"num_batches_tracked\"):\n"
    "            continue\n"
    "        # the file has no _l0, and no layer_ before names that are taken in Python\n"
    "        tensor = header.pop(re.sub(r\"_l0$\", \"\", re.sub(r\"(^|\\.)layer_\", r\"\\1\", name)))\n"
    "        begin, end = tensor[\"data_offsets\"]\n"
    "        values = torch.frombuffer(data, dtype=torch.float32, count=(end - begin) // 4, offset=begin)\n"
    "        state[name] = values.reshape(tensor[\"shape\"])\n"
    "    if header:\n"
    "        raise KeyError(f\"the net has no {', '.join(header)}\")\n"
    "    net.load_state_dict(state)\n"
    "    return net.eval()\n";

static void write_comment(FILE *out, const char *name) {
    fputs("# ", out);
    for (; *name; name++) {
        fputc(*name == '\n' || *name == '\r' ? ' ' : *name, out);
    }
    fprintf(out, ", a net exported by plumb %s. As a program: python3 THIS.py WEIGHTS.safetensors\n", plumb_version());
}

static void write_main(FILE *out, PlumbShape shape) {
    fputs("\n\nif __name__ == \"__main__\":\n    net = load(Net(), sys.argv[1])\n    print(net)\n", out);
    fputs("    print(net(torch.zeros(1", out);
    for (int i = 0; i < shape.rank; i++) {
        fprintf(out, ", %d", shape.dim[i]);
    }
    fputs(")))\n", out);
}

static void write_file(FILE *out, const Writer *w, const char *modules, const char *steps) {
    write_comment(out, w->net->name);
    fputs("import json\nimport re\nimport sys\n\nimport torch\nimport torch.nn.functional as F\nfrom torch import nn\n",
          out);
    for (int i = 0; i < w->needs.count; i++) {
        fprintf(out, "\n\n%s", w->needs.text[i]);
    }
    fprintf(out, "\n\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n%s", modules);
    fprintf(out, "\n    def forward(self, x):\n%s        return x\n\n\n%s", steps, loader);
    write_main(out, w->net->node[0].about.shape);
}

static void mark_kept(Writer *w) {
    for (int i = 0; i < w->net->node_count; i++) {
        const PlumbNode *about = &w->net->node[i].about;
        for (int j = 0; j < about->input_count; j++) {
            w->kept[about->input[j]] = w->kept[about->input[j]] || about->input[j] != i - 1;
        }
    }
}

static bool write_layers(Writer *w, int *node, PlumbError *error) {
    w->kept = plumb_arena_alloc(w->arena, (size_t)w->net->node_count * sizeof *w->kept);
    if (!w->kept) {
        return error_memory(error);
    }
    mark_kept(w);
    if (w->kept[0]) {
        fputs("        h0 = x\n", w->steps);
    }
    for (int i = 1; i < w->net->node_count; i++) {
        if (!write_layer(w, i, node, error)) {
            return false;
        }
    }
    return true;
}

bool export_torch(const PlumbNet *net, FILE *out, int *node, PlumbError *error) {
    Writer w = {.net = net, .arena = plumb_arena_new()};
    char *modules = NULL, *steps = NULL;
    size_t size;
    w.modules = open_memstream(&modules, &size);
    w.steps = open_memstream(&steps, &size);
    bool ready = w.arena && w.modules && w.steps;
    bool done = ready ? write_layers(&w, node, error) : error_memory(error);
    bool closed = w.modules && fclose(w.modules) == 0;
    closed = w.steps && fclose(w.steps) == 0 && closed;
    if (done && !closed) {
        done = error_memory(error);
    } else if (done) {
        write_file(out, &w, modules, steps);
    }
    HASH_CLEAR(hh, w.paths);
    plumb_arena_free(w.arena);
    free(modules);
    free(steps);
    return done;
}
