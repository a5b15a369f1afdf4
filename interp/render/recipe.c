/* A recipe: every key, its value, and whether that is the default. */
#include "../../grammar/text.h"
#include "number.h"
#include "pictures.h"
#include <stdlib.h>
#include <string.h>

static void add_value(Text *text, const PlumbValue *value) {
    char number[32], *call;
    switch (value->type) {
    case PLUMB_V_NUMBER:
        text_printf(text, "%s", number_show(value->number, number));
        break;
    case PLUMB_V_BOOL:
        text_printf(text, "%s", value->boolean ? "true" : "false");
        break;
    case PLUMB_V_STRING:
    case PLUMB_V_WORD:
        text_printf(text, value->type == PLUMB_V_WORD ? "%s" : "\"%s\"", value->string);
        break;
    case PLUMB_V_CALL:
        call = plumb_call_text(value->call);
        text_printf(text, "%s", call ? call : value->call->entry->name);
        free(call);
        break;
    default:
        text_printf(text, "none");
    }
}

char *recipe_value_text(const PlumbValue *value) {
    Text text = {0};
    if (value->type == PLUMB_V_LIST) {
        for (int i = 0; i < value->count; i++) {
            text_printf(&text, i ? ", " : "[");
            add_value(&text, &value->item[i]);
        }
        text_printf(&text, value->count ? "]" : "[]");
    } else {
        add_value(&text, value);
    }
    return text_take(&text);
}

/* Of epochs and steps one counts. */
static bool is_replaced(const PlumbCall *recipe, const PlumbArg *arg) {
    return !strcmp(arg->name, "epochs") && plumb_call_value(recipe, "steps")->type == PLUMB_V_NUMBER;
}

Grid *grid_of_recipe(const PlumbCall *recipe) {
    static const Column column[] = {
        {.title = "key", .align = ALIGN_LEFT},
        {.title = "value", .align = ALIGN_LEFT},
        {.title = "", .align = ALIGN_LEFT, .rank = 1},
        {.title = "what it is", .align = ALIGN_LEFT, .rank = 2},
    };
    Grid *grid = grid_new(column, sizeof column / sizeof *column);
    for (int i = 0; grid && i < recipe->count; i++) {
        const PlumbArg *arg = &recipe->entry->args[i];
        char *value = recipe_value_text(&recipe->arg[i]);
        State state = recipe->given[i] ? STATE_PLAIN : STATE_HEALTHY;
        grid_row(grid);
        grid_cell(grid, state, "%s", arg->name);
        grid_cell(grid, state, "%s", is_replaced(recipe, arg) ? "-" : value ? value : "?");
        grid_cell(grid, state, "%s", is_replaced(recipe, arg) ? "steps" : recipe->given[i] ? "" : "default");
        grid_cell(grid, state, "%s", arg->help ? arg->help : "");
        free(value);
    }
    return grid;
}

void picture_recipe(const Canvas *canvas, const char *name, const PlumbCall *recipe) {
    Grid *grid = grid_of_recipe(recipe);
    if (grid) {
        canvas_wrap(canvas, STATE_PLAIN, 4, "recipe %s", name);
        grid_print(grid, canvas);
    }
    grid_free(grid);
}
