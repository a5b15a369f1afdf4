/* What a net was trained with: data, recipe, seed. */
#include "../render/number.h"
#include "../render/pictures.h"
#include "report.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static void add_data(Page *page, const PlumbData *data) {
    char shape[64], train[32], test[32];
    page_term(page, "data", "%s", data->name);
    page_term(page, "rows", "%s train, %s test", number_grouped(data->train.rows, train),
              number_grouped(data->test.rows, test));
    page_term(page, "input", "%s", plumb_shape_text(data->x_shape, shape));
    if (data->classify) {
        page_term(page, "task", "classify, %d classes", data->classes);
    } else {
        page_term(page, "task", "regress, target %s", plumb_shape_text(data->y_shape, shape));
    }
}

/* "epochs = 6; batch = 10": what the recipe says otherwise than the defaults. */
static void add_recipe(Page *page, const PlumbCall *recipe) {
    Text text = {0};
    for (int i = 0; i < recipe->count; i++) {
        if (recipe->given[i]) {
            char *value = recipe_value_text(&recipe->arg[i]);
            text_printf(&text, "%s%s = %s", text.length ? "; " : "", recipe->entry->args[i].name, value ? value : "?");
            free(value);
        }
    }
    page_term(page, "recipe", "%s", text.length ? text.at : "all defaults");
    page->out->failed = page->out->failed || text.failed;
    text_clear(&text);
}

static void add_run(Page *page, const About *about) {
    const PlumbTrainer *trainer = about->value->trainer;
    char steps[32], seconds[32];
    page_term(page, "steps", "%s in %d epoch%s%s", number_grouped(net_value_steps(about->value), steps), about->epochs,
              about->epochs == 1 ? "" : "s", about->value->unfinished ? ", paused" : "");
    if (trainer) {
        page_term(page, "seed", "%" PRIu64 ", %d shard%s", plumb_trainer_seed(trainer), plumb_trainer_shards(trainer),
                  plumb_trainer_shards(trainer) == 1 ? "" : "s");
        page_term(page, "time", "%s", number_seconds(about->value->seconds, seconds));
    }
}

static void add_clipping(Page *page, const About *about) {
    PlumbClipping clipping =
        about->value->trainer ? plumb_trainer_clipping(about->value->trainer) : (PlumbClipping){.share = NAN};
    char share[32], factor[32], limit[32];
    if (!isnan(clipping.share)) {
        page_term(page, "clipping", "at %s of the steps%s%s; 90 %% of the gradients' norms are below %s",
                  number_percent(clipping.share, share), isnan(clipping.factor) ? "" : ", mean factor ",
                  isnan(clipping.factor) ? "" : number_figure(clipping.factor, factor),
                  number_figure(clipping.suggested, limit));
    }
}

static void write(Page *page, const About *about) {
    bool known = about->value->trainer || about->value->checkpoint;
    if (!known) {
        page_paragraph(page, STATE_PLAIN, "It has not been trained. The recipe is what it would be trained with.");
    } else if (!about->data) {
        page_paragraph(page, STATE_PLAIN, "It was loaded from a checkpoint: its data are not known here.");
    }
    page_terms_begin(page);
    if (about->data) {
        add_data(page, about->data);
    }
    add_recipe(page, about->recipe);
    if (known) {
        add_run(page, about);
        add_clipping(page, about);
    }
    page_terms_end(page);
    page_fold_begin(page, false, "All keys of the recipe");
    page_table(page, grid_of_recipe(about->recipe), "Recipe: every key, and whether it is the default");
    page_fold_end(page);
    if (about->data) {
        page_fold_begin(page, false, "What the data hold");
        page_table(page, grid_of_ranges(about->data), "Range of the values in the train part");
        if (about->data->classify && about->data->label_count == 1) {
            page_table(page, grid_of_classes(about->data), "Rows by class");
        }
        page_fold_end(page);
    }
}

const Section section_training = {.id = "training", .heading = "Training", .write = write};
