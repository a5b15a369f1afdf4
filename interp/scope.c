/* Frames of names, hashed. */
#include "scope.h"
#include <stdlib.h>
#include <string.h>
#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(entry) ((entry)->lost = true)
#include <uthash.h>

typedef struct Binding {
    char *name;
    Value *value;
    bool lost; /* could not be added */
    UT_hash_handle hh;
} Binding;

struct Scope {
    int owners;
    bool is_body;
    Scope *parent;
    Binding *bindings;
};

Scope *scope_new(Scope *parent) {
    Scope *scope = calloc(1, sizeof *scope);
    if (scope) {
        scope->owners = 1;
        scope->parent = parent ? scope_keep(parent) : NULL;
    }
    return scope;
}

Scope *scope_new_body(Scope *parent) {
    Scope *scope = scope_new(parent);
    if (scope) {
        scope->is_body = true;
    }
    return scope;
}

Scope *scope_keep(Scope *scope) {
    scope->owners++;
    return scope;
}

static void binding_free(Scope *scope, Binding *binding) {
    HASH_DEL(scope->bindings, binding);
    value_drop(binding->value);
    free(binding->name);
    free(binding);
}

/* A binding is out of the table before its value goes: that may drop the scope again. */
void scope_clear(Scope *scope) {
    while (scope->bindings) {
        binding_free(scope, scope->bindings);
    }
}

void scope_drop(Scope *scope) {
    if (!scope || --scope->owners > 0) {
        return;
    }
    scope_clear(scope);
    scope_drop(scope->parent);
    free(scope);
}

static Binding *find_here(const Scope *scope, const char *name) {
    Binding *found;
    HASH_FIND_STR(scope->bindings, name, found);
    return found;
}

bool scope_bind(Scope *scope, const char *name, Value *value) {
    Binding *binding = find_here(scope, name);
    if (binding) {
        Value *old = binding->value;
        binding->value = value_keep(value);
        value_drop(old);
        return true;
    }
    binding = calloc(1, sizeof *binding);
    char *copy = strdup(name);
    if (!binding || !copy) {
        free(binding);
        free(copy);
        return false;
    }
    binding->name = copy;
    binding->value = value_keep(value);
    HASH_ADD_KEYPTR(hh, scope->bindings, binding->name, strlen(binding->name), binding);
    if (binding->lost) {
        value_drop(value);
        free(copy);
        free(binding);
        return false;
    }
    return true;
}

Value *scope_find(const Scope *scope, const char *name) {
    for (; scope; scope = scope->parent) {
        const Binding *binding = find_here(scope, name);
        if (binding) {
            return binding->value;
        }
    }
    return NULL;
}

Value *scope_find_default(const Scope *scope, const char *name) {
    for (; scope; scope = scope->parent) {
        const Binding *binding = scope->is_body ? find_here(scope, name) : NULL;
        if (binding) {
            return binding->value;
        }
    }
    return NULL;
}

const char *scope_name_at(const Scope *scope, int index, Value **value) {
    for (; scope; scope = scope->parent) {
        for (const Binding *binding = scope->bindings; binding; binding = binding->hh.next) {
            if (index-- == 0) {
                *value = binding->value;
                return binding->name;
            }
        }
    }
    return NULL;
}

bool scope_merge(Scope *to, Scope *from) {
    for (const Binding *binding = from->bindings; binding; binding = binding->hh.next) {
        if (!scope_bind(to, binding->name, binding->value)) {
            return false;
        }
    }
    return true;
}
