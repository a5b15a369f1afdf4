/* Rows of argument tables, as optimizers, schedules, clipping and recipes have them. */
#ifndef PLUMB_ARGS_H
#define PLUMB_ARGS_H
#include "parts.h"

#define ARG_NUMBER(title, standard, low, high, text)                                                                           \
    { .name = title, .accepts = PLUMB_A_NUMBER, .fallback = standard, .min = low, .max = high, .help = text }
#define ARG_INT(title, standard, low, high, text)                                                                              \
    { .name = title, .accepts = PLUMB_A_INT, .fallback = standard, .min = low, .max = high, .help = text }
#define ARG_BOOL(title, standard, text)                                                                                        \
    { .name = title, .accepts = PLUMB_A_BOOL, .fallback = standard, .help = text }
#define ARG_END                                                                                                                \
    { .name = NULL }
#endif
