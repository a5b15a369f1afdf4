/* Which brackets of a text are never closed, found before it is parsed. The scanner then does not let such a
 * parenthesis hide the ends of all lines behind it, so that one missing `)` is one error. */
#ifndef PLUMB_BRACKETS_H
#define PLUMB_BRACKETS_H
#include <stdbool.h>
#include <stddef.h>

enum { NESTING_MAX = 1000 }; /* brackets open at once; deeper text is refused */

typedef struct Brackets {
    size_t *unclosed; /* offsets of ( and [ that are never closed, ascending */
    int count, capacity;
    bool has_suspect;
    size_t suspect; /* a { whose } does not stand where its line's indentation says */
} Brackets;

/* With `goes_on` more text may follow (the prompt): what is open at the end counts as closed.
 * False when memory is short. Strings and comments are skipped as the scanner reads them. */
bool brackets_find(Brackets *brackets, const char *text, size_t length, bool goes_on);
bool brackets_is_unclosed(const Brackets *brackets, size_t offset);
/* The last of them before `offset`; false when there is none. */
bool brackets_last_unclosed(const Brackets *brackets, size_t offset, size_t *found);
void brackets_clear(Brackets *brackets);
#endif
