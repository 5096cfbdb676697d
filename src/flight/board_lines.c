/*
 * Lines of a board: see board_lines.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/board_lines.h"
#include "base/text.h"
#include <ctype.h>
#include <string.h>

#define CLOCK_WIDTH 11 // "  T+30 min " before the lines of one moment

static const char *const colors[] = {[BOARD_PLAIN] = "",
                                     [BOARD_FAINT] = "\033[2m",
                                     [BOARD_GOOD] = "\033[32m",
                                     [BOARD_WARN] = "\033[33m",
                                     [BOARD_BAD] = "\033[1;31m"};
_Static_assert(COUNT_OF(colors) == BOARD_COLOR_COUNT, "one each");

void board_lines_add(struct board_lines *lines, const struct board_line *line)
{
    struct board_line *added = mem_append(lines->mem, lines->list, lines->n);

    *added = *line;
    char *text = mem_strdup(lines->mem, line->text);
    // Names and messages from outside steer no terminal, and a line is one line.
    for (char *at = text; *at != '\0'; at++)
        if (iscntrl((unsigned char)*at))
            *at = ' ';
    added->text = text;
}

// --- room

static void take_out(struct board_lines *lines, size_t i)
{
    memmove(&lines->list[i], &lines->list[i + 1], (lines->n - i - 1) * sizeof *lines->list);
    lines->n--;
}

// The last of the highest rank; `n`: there is none that may go.
static size_t find_least(const struct board_lines *lines)
{
    size_t least = lines->n;

    for (size_t i = 0; i < lines->n; i++)
        if (lines->list[i].rank > 0 &&
            (least == lines->n || lines->list[i].rank >= lines->list[least].rank))
            least = i;
    return least;
}

// Blank lines go without a word; of others it is said how many.
static void fit(struct board_lines *lines, size_t height)
{
    size_t n_hidden = 0, hidden_at = 0;

    while (lines->n + (n_hidden > 0) > height) {
        size_t i = find_least(lines);
        if (i == lines->n) {
            lines->n = height;
            return;
        }
        bool is_blank = *lines->list[i].text == '\0';
        if (!is_blank && (n_hidden++ == 0 || i < hidden_at))
            hidden_at = i;
        else if (is_blank && n_hidden > 0 && i < hidden_at)
            hidden_at--;
        take_out(lines, i);
    }
    if (n_hidden == 0)
        return;
    SCRATCH(tmp);
    board_lines_add(lines, &(struct board_line){
                               .text = mem_printf(tmp, "  … %zu more", n_hidden),
                               .color = BOARD_FAINT,
                           });
    struct board_line said = lines->list[lines->n - 1];
    memmove(&lines->list[hidden_at + 1], &lines->list[hidden_at],
            (lines->n - 1 - hidden_at) * sizeof *lines->list);
    lines->list[hidden_at] = said;
}

// --- writing

static void write_shown(FILE *out, const char *text, const struct board_size *size)
{
    if (size->is_ascii)
        text_write_ascii(out, text);
    else
        fputs(text, out);
}

static bool is_first_byte(char byte) // of a character of UTF-8
{
    return ((unsigned char)byte & 0xC0) != 0x80;
}

// At most `width` characters; blanks stay as they are: these are columns.
static const char *shortened(TALLOC_CTX *mem, const char *text, size_t width)
{
    size_t len = 0;

    if (text_width(text) <= width)
        return text;
    for (size_t n = 0; text[len] != '\0'; len++) {
        n += is_first_byte(text[len]);
        if (n == width)
            break;
    }
    return mem_printf(mem, "%.*s…", (int)len, text);
}

static void write_line(FILE *out, const struct board_line *line, const char *clock,
                       const struct board_size *size)
{
    SCRATCH(tmp);
    const char *text = line->text;
    bool is_colored = size->is_colored && line->color != BOARD_PLAIN;

    if (line->clock != NULL)
        text = mem_printf(tmp, "  %-*s%s", CLOCK_WIDTH - 2, clock, text);
    // A sign of ASCII's may be wider: "..." for "…".
    if (size->width > 0)
        text =
            shortened(tmp, text, size->is_ascii && size->width > 3 ? size->width - 2 : size->width);
    fputs(is_colored ? colors[line->color] : "", out);
    write_shown(out, text, size);
    fputs(is_colored ? "\033[0m" : "", out);
}

void board_lines_write(FILE *out, struct board_lines *lines, const struct board_size *size,
                       const char *end)
{
    const char *clock = "";

    if (size->height > 0)
        fit(lines, size->height);
    for (size_t i = 0; i < lines->n; i++) {
        const struct board_line *line = &lines->list[i];
        bool is_same = line->clock != NULL && strcmp(line->clock, clock) == 0;
        write_line(out, line, is_same ? "" : line->clock, size);
        fputs(end, out);
        clock = line->clock == NULL ? "" : line->clock;
    }
}
