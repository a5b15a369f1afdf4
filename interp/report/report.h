/* A report: one page on nets, what they were trained with and what came of it. A section is one row of the table in report.c. */
#ifndef PLUMB_REPORT_H
#define PLUMB_REPORT_H
#include "../value.h"
#include "page.h"

typedef struct About { /* a net; all borrowed */
    const NetValue *value;
    PlumbNet *net;
    const PlumbCall *recipe;       /* of its training, or the one that it would be trained with */
    const PlumbData *data;         /* that it was trained on; NULL: on none, or it was loaded */
    PlumbForecast *forecast;
    PlumbDiagnosis *diagnosis;
    const PlumbEpoch *epoch;
    int epochs;
} About;

typedef struct Section {
    const char *id, *heading;
    bool (*applies)(const About *about); /* NULL: to every net */
    void (*write)(Page *page, const About *about);
} Section;

extern const Section section_findings, section_repair, section_training, section_curves, section_profile, section_moments, section_time,
    section_layers;

/* All nets at a glance, and side by side; for more than one. */
void overview_write(Page *page, const About *about, int count);
/* The whole page. out->failed: memory was short. */
void report_write(Text *out, const About *about, int count);

bool was_trained(const About *about); /* an epoch has ended */
/* A picture that `plot` draws, of one net or of several. */
Plot *picture_of(const char *theme, const About *about, int count);
#endif
