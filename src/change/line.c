/*
 * Lines: walk over the lines of a text, with their byte offsets.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "change/line.h"

bool line_next(struct line *line, size_t len)
{
    if (line->next >= len)
        return false;
    line->start = line->next;
    const char *newline = memchr(line->text + line->start, '\n', len - line->start);
    line->end = newline == NULL ? len : (size_t)(newline - line->text);
    line->next = newline == NULL ? len : line->end + 1;
    if (line->end > line->start && line->text[line->end - 1] == '\r')
        line->end--;
    line->number++;
    return true;
}

static size_t skip_blanks(const struct line *line)
{
    size_t at = line->start;
    while (at < line->end && (line->text[at] == ' ' || line->text[at] == '\t'))
        at++;
    return at;
}

bool line_is_blank(const struct line *line)
{
    return skip_blanks(line) == line->end;
}

bool line_starts_with(const struct line *line, const char *prefix)
{
    size_t at = skip_blanks(line);
    size_t len = strlen(prefix);
    return line->end - at >= len && memcmp(line->text + at, prefix, len) == 0;
}

char *line_copy(TALLOC_CTX *mem, const struct line *line)
{
    return mem_strndup(mem, line->text + line->start, line->end - line->start);
}
