#include "candidates.h"
#include "../grammar/text.h"
#include "fields.h"
#include "verb.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- the list ----------------------------------------------------------------------------------------------- */

static bool is_listed(const Completion *completion, const char *text) {
    for (int i = 0; i < completion->count; i++) {
        if (strcmp(completion->item[i].text, text) == 0) {
            return true;
        }
    }
    return false;
}

/* Takes the text over. */
static void list(Completion *completion, char *text, CandidateKind kind) {
    enum { STEP = 32 };
    if (!text || is_listed(completion, text)) {
        free(text);
        return;
    }
    if (completion->count % STEP == 0) {
        Candidate *more = realloc(completion->item, (size_t)(completion->count + STEP) * sizeof *more);
        if (!more) {
            free(text);
            return;
        }
        completion->item = more;
    }
    completion->item[completion->count++] = (Candidate){text, kind};
}

void offer(const Site *site, const char *word, const char *behind, CandidateKind kind) {
    size_t typed = site->end - site->begin;
    if (strncmp(word, site->text + site->begin, typed) == 0) {
        Text text = {0};
        text_printf(&text, "%s%s", word, behind);
        list(site->completion, text_take(&text), kind);
    }
}

void offer_named(const Site *site, unsigned kinds, CandidateKind kind) {
    const char *name;
    for (int i = 0; kinds && (name = session_name_at(site->session, i, kinds)); i++) {
        offer(site, name, kind == CANDIDATE_ARGUMENT ? " = " : "", kind);
    }
}

void offer_names(const Site *site, unsigned kinds) {
    offer_named(site, kinds & BOUND, CANDIDATE_NAME);
    offer_named(site, kinds & ~(unsigned)BOUND, CANDIDATE_ENTRY);
}

void offer_verbs(const Site *site) {
    for (int i = 0; verb_at(i); i++) {
        offer(site, verb_at(i)->entry.name, "", CANDIDATE_VERB);
    }
}

/* ---- files -------------------------------------------------------------------------------------------------- */

static bool is_folder(const char *folder, size_t length, const char *name) {
    Text path = {0};
    text_printf(&path, "%.*s%s", (int)length, folder, name);
    struct stat status;
    bool is = !path.failed && stat(path.at, &status) == 0 && S_ISDIR(status.st_mode);
    text_clear(&path);
    return is;
}

static int by_text(const void *a, const void *b) {
    return strcmp(((const Candidate *)a)->text, ((const Candidate *)b)->text);
}

/* `typed`: the string so far, to the end of the text. Hidden files only when a dot was typed. */
static void offer_files(const Site *site, const char *typed) {
    const char *slash = strrchr(typed, '/'), *name = slash ? slash + 1 : typed;
    size_t length = (size_t)(name - typed);
    char *folder = length ? strndup(typed, length) : strdup(".");
    DIR *stream = folder ? opendir(folder) : NULL;
    for (struct dirent *entry; stream && (entry = readdir(stream));) {
        bool is_hidden = entry->d_name[0] == '.' && name[0] != '.';
        if (!is_hidden && strncmp(entry->d_name, name, strlen(name)) == 0 &&
            strcspn(entry->d_name, "\"\\\n") == strlen(entry->d_name)) {
            Text text = {0};
            text_printf(&text, "%.*s%s%s", (int)length, typed, entry->d_name,
                        is_folder(typed, length, entry->d_name) ? "/" : "");
            list(site->completion, text_take(&text), CANDIDATE_FILE);
        }
    }
    if (stream) {
        closedir(stream);
    }
    free(folder);
    if (site->completion->count) {
        qsort(site->completion->item, (size_t)site->completion->count, sizeof *site->completion->item, by_text);
    }
}

void complete_file(const Site *site) {
    size_t quote = site->begin;
    while (site->text[quote - 1] != '"') { /* there is one: the text ends in a string */
        quote--;
    }
    site->completion->begin = quote;
    site->completion->is_file = true;
    offer_files(site, site->text + quote);
}

/* ---- fields: plain.dense1.weight ----------------------------------------------------------------------------- */

/* The first part of each node's name behind `path`: a used block's, or a layer's own. True if `path` names a node. */
static bool offer_nodes(const Site *site, const PlumbNet *net, const char *path) {
    size_t length = strlen(path);
    bool is_node = false;
    for (int i = 0; i < plumb_net_size(net); i++) {
        const char *name = plumb_net_node(net, i)->name;
        is_node = is_node || strcmp(name, path) == 0;
        bool is_behind = length == 0 || (strncmp(name, path, length) == 0 && name[length] == '.');
        if (is_behind) {
            const char *part = name + length + (length > 0);
            char *copy = strndup(part, strcspn(part, "."));
            if (copy) {
                offer(site, copy, "", CANDIDATE_FIELD);
            }
            free(copy);
        }
    }
    return is_node;
}

static void offer_weights(const Site *site, const PlumbNet *net, const char *node_name) {
    const PlumbNode *node = plumb_net_node(net, plumb_net_find(net, node_name));
    for (int i = 0; i < node->weight_count; i++) {
        const char *name = plumb_net_weight(net, node->first_weight + i)->name;
        offer(site, strrchr(name, '.') ? strrchr(name, '.') + 1 : name, "", CANDIDATE_FIELD);
    }
}

/* `root`.`path`. */
static void offer_fields(const Site *site, const char *root, const char *path) {
    const Value *value = session_lookup(site->session, root);
    const PlumbNet *net = value && value->type == VALUE_NET ? value->net->net : NULL;
    if (net && offer_nodes(site, net, path)) {
        offer_weights(site, net, path);
    }
    for (int i = 0; value && field_name_at(value, path, i); i++) {
        offer(site, field_name_at(value, path, i), "", CANDIDATE_FIELD);
    }
}

bool complete_field(const Site *site) {
    size_t start = site->begin;
    while (start > 0 && (is_word(site->text[start - 1]) || site->text[start - 1] == '.')) {
        start--;
    }
    if (start == site->begin || site->text[site->begin - 1] != '.' || isdigit((unsigned char)site->text[start])) {
        return false;
    }
    char *names = strndup(site->text + start, site->begin - start - 1);
    char *dot = names ? strchr(names, '.') : NULL;
    if (dot) {
        *dot = '\0';
    }
    if (names) {
        offer_fields(site, names, dot ? dot + 1 : "");
    }
    free(names);
    return true;
}
