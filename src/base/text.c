/*
 * Text: places in it, encoding, names that are nearly right.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/text.h"
#include "base/utf8.h"
#include <ctype.h>

#define WORD_SIZE_MAX 64 // longer words are not compared letter by letter

struct text_place text_place(const char *text, size_t len, size_t offset)
{
    struct text_place place = {.line = 1, .column = 1};
    const char *end = text + (offset < len ? offset : len);
    const char *start = text; // of the line
    const char *newline;
    while ((newline = memchr(start, '\n', (size_t)(end - start))) != NULL) {
        place.line++;
        start = newline + 1;
    }
    for (; start < end; start++)
        place.column += ((unsigned char)*start & 0xC0) != 0x80;
    return place;
}

bool text_is_utf8(const char *text, size_t len, size_t *bad_offset)
{
    for (size_t at = 0; at < len;) {
        uint32_t code_point;
        at += utf8_ascii_run(text + at, len - at);
        size_t bytes = at < len ? utf8_next(text + at, len - at, &code_point) : 0;
        if (at < len && bytes == 0) {
            *bad_offset = at;
            return false;
        }
        at += bytes;
    }
    return true;
}

// Mend `text` into `out` (NULL: only count); gives the bytes of the mended text.
static size_t mend(char *out, const char *text, size_t len)
{
    const size_t mark_len = sizeof(UTF8_REPLACEMENT) - 1;
    size_t n = 0;
    for (size_t at = 0; at < len;) {
        uint32_t code_point;
        size_t bytes = utf8_ascii_run(text + at, len - at);
        if (bytes == 0)
            bytes = utf8_next(text + at, len - at, &code_point);
        bool is_bad = bytes == 0 || text[at] == '\0';
        size_t n_new = is_bad ? mark_len : bytes;
        if (out != NULL)
            memcpy(out + n, is_bad ? UTF8_REPLACEMENT : text + at, n_new);
        n += n_new;
        at += is_bad ? 1 : bytes;
    }
    return n;
}

char *text_to_utf8(TALLOC_CTX *mem, const char *text, size_t len)
{
    size_t mended_len = mend(NULL, text, len);
    char *mended = mem_checked(talloc_size(mem, mended_len + 1));
    mend(mended, text, len);
    mended[mended_len] = '\0';
    talloc_set_name_const(mended, "char");
    return mended;
}

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

// Letters to add, remove, change or swap with the neighbour; both are shorter than WORD_SIZE_MAX.
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][WORD_SIZE_MAX + 1]; // of the letters of `a`, in turn
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        const size_t *before = rows[(i - 1) % 3];
        size_t *now = rows[i % 3];
        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            bool is_equal = lower(a[i - 1]) == lower(b[j - 1]);
            now[j] = smaller(before[j - 1] + !is_equal, smaller(before[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]))
                now[j] = smaller(now[j], rows[(i - 2) % 3][j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

const char *text_nearest(const char *word, const char *const *candidates, size_t n)
{
    size_t len = strlen(word);
    if (len > WORD_SIZE_MAX)
        return NULL;
    const char *nearest = NULL;
    size_t best = len / 3 + 1; // first distance that is too far
    for (size_t i = 0; i < n; i++) {
        size_t candidate_len = strlen(candidates[i]);
        if (candidate_len > WORD_SIZE_MAX)
            continue;
        size_t distance = edit_distance(word, len, candidates[i], candidate_len);
        if (distance < best) {
            best = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}

bool text_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends_with(const char *text, const char *suffix)
{
    size_t len = strlen(text);
    size_t suffix_len = strlen(suffix);
    return len >= suffix_len && memcmp(text + len - suffix_len, suffix, suffix_len) == 0;
}

bool text_equal_nocase(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

static bool is_word_character(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool has_word(const char *text, const char *word, char *(*find)(const char *, const char *))
{
    size_t len = strlen(word);
    for (const char *at = find(text, word); at != NULL; at = find(at + 1, word)) {
        if ((at == text || !is_word_character(at[-1])) && !is_word_character(at[len]))
            return true;
    }
    return false;
}

bool text_has_word(const char *text, const char *word)
{
    return has_word(text, word, strstr);
}

bool text_has_word_nocase(const char *text, const char *word)
{
    return has_word(text, word, strcasestr);
}

bool word_in(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; word != NULL && i < n; i++) {
        if (strcmp(word, words[i]) == 0)
            return true;
    }
    return false;
}

bool words_are_same(const char *const *a, size_t n_a, const char *const *b, size_t n_b)
{
    for (size_t i = 0; n_a == n_b && i < n_a; i++) {
        if (!word_in(a[i], b, n_b))
            return false;
    }
    return n_a == n_b;
}

char *text_lower(TALLOC_CTX *mem, const char *text)
{
    char *lowered = mem_strdup(mem, text);
    for (char *at = lowered; at != NULL && *at != '\0'; at++)
        *at = lower(*at);
    return lowered;
}

static bool is_blank(char letter)
{
    return letter == ' ' || (letter >= '\t' && letter <= '\r');
}

// The next character of `text` as it is shown: a run of blanks is one, bytes that are no UTF-8 are
// U+FFFD. Gives the bytes that were taken.
static size_t next_shown(const char *text, size_t len, const char **shown, size_t *shown_len)
{
    uint32_t code_point;
    if (is_blank(*text)) {
        size_t n = 1;
        while (n < len && is_blank(text[n]))
            n++;
        *shown = " ";
        *shown_len = 1;
        return n;
    }
    size_t n = utf8_next(text, len, &code_point);
    bool is_shown = n > 0 && code_point >= 0x20 && code_point != 0x7F;
    *shown = is_shown ? text : UTF8_REPLACEMENT;
    *shown_len = is_shown ? n : sizeof(UTF8_REPLACEMENT) - 1;
    return n > 0 ? n : 1;
}

char *text_shorten(TALLOC_CTX *mem, const char *text, size_t len, size_t width)
{
    while (len > 0 && is_blank(text[len - 1]))
        len--;
    while (len > 0 && is_blank(*text)) {
        text++;
        len--;
    }
    // Only what is shown is read, so a line of 100 MB costs nothing.
    char *line = mem_array(mem, char, UTF8_SIZE_MAX *width + sizeof("…"));
    size_t n = 0;
    size_t n_before_last = 0;
    for (size_t columns = 0; len > 0 && columns < width; columns++) {
        const char *shown;
        size_t shown_len;
        size_t taken = next_shown(text, len, &shown, &shown_len);
        n_before_last = n;
        memcpy(line + n, shown, shown_len);
        n += shown_len;
        text += taken;
        len -= taken;
    }
    if (len > 0 && width > 0)
        memcpy(line + n_before_last, "…", sizeof("…"));
    return line;
}

size_t text_width(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}
