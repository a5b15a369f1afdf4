/* The page: head, links, a part for each net, of sections. */
#include "report.h"
#include "../render/pictures.h"
#include "../verbs/plot_parts.h"
#include <stdlib.h>

static const Section *const sections[] = {&section_findings, &section_repair,  &section_training, &section_curves,
                                          &section_profile,  &section_moments, &section_time,     &section_layers};
enum { SECTIONS = sizeof sections / sizeof *sections };

bool was_trained(const About *about) {
    return about->epochs > 0;
}

Plot *picture_of(const char *name, const About *about, int count) {
    const Theme *theme = theme_find(name);
    Subject subject[PLOT_SERIES_MOST];
    for (int i = 0; i < count; i++) {
        subject[i] = (Subject){.name = about[i].value->name, .value = about[i].value, .net = about[i].net};
    }
    return theme_make(theme, subject, count);
}

static bool applies(const Section *section, const About *about) {
    return !section->applies || section->applies(about);
}

/* ---- a net ------------------------------------------------------------------------------------------------------- */

static void add_verdict(Page *page, const About *about) {
    static const char *const forecasts[] = {"healthy", "the gradient vanishes", "the gradient explodes", "no verdict"};
    int findings = plumb_diagnosis_size(about->diagnosis);
    const char *word = diagnosis_word(about->diagnosis);
    page_markup(page, "<p><span class=\"%s\">", findings ? word : "good");
    page_text(page, "%s", word);
    page_markup(page, "</span>");
    page_text(page, ": %s", findings ? "" : "no rule fires");
    page_text(page, findings ? "%d finding%s" : "%.0d%.0s", findings, findings == 1 ? "" : "s");
    page_text(page, ". Forecast for first weights: %s.", forecasts[about->forecast->verdict]);
    page_markup(page, "</p>\n");
}

static void add_section(Page *page, const Section *section, const About *about, int number) {
    page_markup(page, "<section aria-labelledby=\"net%d-%s\">\n<h3 id=\"net%d-%s\">", number, section->id, number,
                section->id);
    page_text(page, "%s", section->heading);
    page_markup(page, "<span class=\"said\">");
    page_text(page, " of %s", about->value->name);
    page_markup(page, "</span></h3>\n");
    section->write(page, about);
    page_markup(page, "</section>\n");
}

static void add_net(Page *page, const About *about, int number) {
    page_markup(page, "<article aria-labelledby=\"net%d\">\n<h2 id=\"net%d\">", number, number);
    page_text(page, "%s", about->value->name);
    page_markup(page, "</h2>\n");
    add_verdict(page, about);
    for (int i = 0; i < SECTIONS; i++) {
        if (applies(sections[i], about)) {
            add_section(page, sections[i], about, number);
        }
    }
    page_markup(page, "</article>\n");
}

/* ---- the page ---------------------------------------------------------------------------------------------------- */

static void add_link(Page *page, int number, const char *id, const char *text) {
    page_markup(page, "<li><a href=\"#net%d%s%s\">", number, id ? "-" : "", id ? id : "");
    page_text(page, "%s", text);
    page_markup(page, "</a></li>\n");
}

/* To the sections of one net, or to several nets. */
static void add_links(Page *page, const About *about, int count) {
    page_markup(page, "<nav aria-label=\"%s\">\n<ul>\n", count > 1 ? "nets" : "sections");
    for (int i = 0; count > 1 && i < count; i++) {
        add_link(page, i + 1, NULL, about[i].value->name);
    }
    for (int i = 0; count == 1 && i < SECTIONS; i++) {
        if (applies(sections[i], about)) {
            add_link(page, 1, sections[i]->id, sections[i]->heading);
        }
    }
    page_markup(page, "</ul>\n</nav>\n");
}

/* "plain, fixed" of all nets. */
static void add_names(Text *text, const About *about, int count) {
    for (int i = 0; i < count; i++) {
        text_printf(text, "%s%s", i ? ", " : "", about[i].value->name);
    }
}

void report_write(Text *out, const About *about, int count) {
    Page page = {.out = out};
    Text names = {0};
    add_names(&names, about, count);
    page_begin(&page, names.at ? names.at : "");
    page_markup(&page, "<header>\n<h1>");
    page_text(&page, "%s", names.at ? names.at : "");
    page_markup(&page, "</h1>\n</header>\n");
    add_links(&page, about, count);
    page_markup(&page, "<main id=\"main\">\n");
    if (count > 1) {
        overview_write(&page, about, count);
    }
    for (int i = 0; i < count; i++) {
        add_net(&page, &about[i], i + 1);
    }
    page_markup(&page, "</main>\n<footer><p>plumb %s</p></footer>\n", plumb_version());
    page_end(&page);
    out->failed = out->failed || names.failed;
    text_clear(&names);
}
