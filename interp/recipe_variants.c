/* Variants of a recipe: its settings are made again with one item in place of each list. */
#include "interpreter.h"
#include "variants.h"
#include <stdlib.h>
#include <string.h>

/* ---- what varies ------------------------------------------------------------------------------------------------- */

static bool is_rate(const char *key) {
    return !strcmp(key, "lr");
}

static bool is_a_rate(const Value *item) {
    return item->type == VALUE_NUMBER && item->number >= 0 && item->number <= 1e9;
}

static bool add_dimension(Session *session, const Tree *operand, RecipeVariants *variants) {
    Value *list = evaluate(session, operand->child[0], session->scope);
    bool rates = is_rate(operand->text);
    if (!list) {
        return false;
    }
    variants->dimension[variants->dimensions++] = (Dimension){operand->text, list}; /* which lets go of it */
    if (list->type == VALUE_UNKNOWN) {
        return true;
    }
    if (list->type != VALUE_LIST || list->list.count == 0) {
        return session_error(session, operand->span, "sweep takes a list of what `%s` is to be", operand->text);
    }
    for (int i = 0; i < list->list.count && rates; i++) {
        rates = is_a_rate(list->list.item[i]);
    }
    variants->count = variants->count > VARIANTS_MOST ? variants->count : variants->count * list->list.count;
    return rates == is_rate(operand->text) ||
           session_error(session, operand->span, "learning rates are numbers from 0 to 1000000000");
}

static bool is_known(const RecipeVariants *variants) {
    for (int i = 0; i < variants->dimensions; i++) {
        if (variants->dimension[i].list->type == VALUE_UNKNOWN) {
            return false;
        }
    }
    return true;
}

/* ---- one of them ------------------------------------------------------------------------------------------------- */

/* key = (name in the frame). No script can write such a name. */
static Value *with_setting(Session *session, const Tree *operand, const char *key, Value *item, const Value *base) {
    static const char hidden[] = "(item)";
    Scope *frame = scope_new(session->scope);
    Tree name = {.kind = TREE_NAME, .span = operand->span, .text_span = operand->text_span, .text = hidden};
    Tree *held = &name;
    Tree setting = {.kind = TREE_BIND,
                    .span = operand->span,
                    .text_span = operand->text_span,
                    .text = key,
                    .child = &held,
                    .count = 1,
                    .height = 1};
    Tree *line = &setting;
    Tree block = {.kind = TREE_BLOCK, .span = operand->span, .child = &line, .count = 1, .height = 2};
    Value *recipe = NULL;
    if (!frame || !scope_bind(frame, hidden, item)) {
        report_memory(session, operand->span);
    } else {
        recipe = recipe_of_block(session, &block, base, frame);
    }
    if (frame) {
        scope_clear(frame);
    }
    scope_drop(frame);
    return recipe;
}

/* The recipe's optimizer with this learning rate. NULL: no memory. */
static Value *optimizer_at(Session *session, Value *recipe, double rate) {
    const PlumbCall *call = session_recipe(session, recipe, NULL);
    Value *optimizer = call ? value_call(plumb_call_call(call, "optimizer")) : NULL;
    const PlumbArg *arg = optimizer ? optimizer->call.call->entry->args : NULL;
    for (int i = 0; arg && arg[i].name; i++) {
        if (is_rate(arg[i].name)) {
            optimizer->call.call->arg[i] = (PlumbValue){.type = PLUMB_V_NUMBER, .number = rate};
            optimizer->call.call->given[i] = true;
        }
    }
    return optimizer;
}

static Value *set_item(Session *session, const Tree *operand, Value *item, Value *base) {
    if (!is_rate(operand->text)) {
        return with_setting(session, operand, operand->text, item, base);
    }
    Value *optimizer = optimizer_at(session, base, item->number);
    Value *recipe = optimizer ? with_setting(session, operand, "optimizer", optimizer, base) : NULL;
    if (!optimizer) {
        report_memory(session, operand->span);
    }
    value_drop(optimizer);
    return recipe;
}

static bool set_items(Session *session, const Tree *const *operand, const RecipeVariants *variants, int index,
                      bool rates, Value **recipe) {
    for (int i = 0; i < variants->dimensions; i++) {
        if (is_rate(operand[i]->text) == rates) {
            Value *base = *recipe;
            *recipe = set_item(session, operand[i],
                               dimensions_item(variants->dimension, variants->dimensions, index, i), base);
            value_drop(base);
            if (!*recipe) {
                return false;
            }
        }
    }
    return true;
}

/* Learning rates come last: they are those of the optimizer that the others choose. */
static bool make_recipes(Session *session, const Tree *const *operand, Value *base, RecipeVariants *variants) {
    variants->recipe = calloc((size_t)variants->count, sizeof(Value *));
    if (!variants->recipe) {
        report_memory(session, operand[0]->span);
        return false;
    }
    for (int i = 0; i < variants->count; i++) {
        Value **recipe = &variants->recipe[i];
        *recipe = base ? value_keep(base) : NULL;
        if (!set_items(session, operand, variants, i, false, recipe) ||
            !set_items(session, operand, variants, i, true, recipe)) {
            return false;
        }
    }
    return true;
}

bool recipe_variants_open(Session *session, const Tree *const *operand, int operands, Value *base,
                          RecipeVariants *variants) {
    *variants = (RecipeVariants){.count = 1};
    variants->dimension = calloc((size_t)operands + 1, sizeof *variants->dimension);
    if (!variants->dimension) {
        report_memory(session, operand[0]->span);
        return false;
    }
    for (int i = 0; i < operands; i++) {
        if (!add_dimension(session, operand[i], variants)) {
            return false;
        }
    }
    if (variants->count > VARIANTS_MOST) {
        return session_error(session, operand[0]->span, "these are more than %d recipes", VARIANTS_MOST);
    }
    bool known = is_known(variants) && !(base && base->type == VALUE_UNKNOWN);
    return !operands || !known || make_recipes(session, operand, base, variants);
}

void recipe_variants_close(RecipeVariants *variants) {
    for (int i = 0; variants->recipe && i < variants->count; i++) {
        value_drop(variants->recipe[i]);
    }
    for (int i = 0; i < variants->dimensions; i++) {
        value_drop(variants->dimension[i].list);
    }
    free(variants->recipe);
    free(variants->dimension);
    *variants = (RecipeVariants){0};
}
