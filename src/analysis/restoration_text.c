/*
 * Restoration: texts that say the same, and how a difference is told.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/printed_sql.h"
#include "analysis/restoration_comparison.h"
#include <ctype.h>
#include <stdarg.h>

void differs(struct comparison *comparison, const char *format, ...)
{
    struct restoration *out = comparison->out;
    va_list arguments;
    va_start(arguments, format);
    *mem_append(out, out->differences, out->n) = talloc_vasprintf(out, format, arguments);
    va_end(arguments);
}

bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static const char *skip_blanks(const char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    return text;
}

// Equal but for blanks and the case of letters outside of quotes.
static bool same_sql_span(const char *a, size_t n_a, const char *b, size_t n_b)
{
    const char *end_a = a + n_a, *end_b = b + n_b;
    bool is_quoted = false;
    for (;;) {
        if (!is_quoted) {
            a = skip_blanks(a);
            b = skip_blanks(b);
        }
        if (a >= end_a || b >= end_b)
            return a >= end_a && b >= end_b;
        bool same = is_quoted ? *a == *b : tolower((unsigned char)*a) == tolower((unsigned char)*b);
        if (!same)
            return false;
        if (*a == '\'')
            is_quoted = !is_quoted;
        a++;
        b++;
    }
}

// What a live catalog has was printed by the server.
bool same_sql(const struct comparison *comparison, const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return same_sql_span(a, strlen(a), b, strlen(b)) ||
           (schema_is_live(comparison->target) && printed_sql_same(a, b));
}

// The literal of "'x'::text" without its cast; everything else whole.
static size_t uncast_length(const char *text)
{
    size_t len = strlen(text);
    const char *quote = strrchr(text, '\'');
    bool is_cast = text[0] == '\'' && quote > text && strncmp(quote + 1, "::", 2) == 0;
    return is_cast ? (size_t)(quote + 1 - text) : len;
}

bool same_default(const struct comparison *comparison, const char *a, const char *b)
{
    return same_sql_span(a, uncast_length(a), b, uncast_length(b)) || same_sql(comparison, a, b);
}

bool same_words(const char *const *a, size_t n_a, const char *const *b, size_t n_b)
{
    bool same = n_a == n_b;
    for (size_t i = 0; same && i < n_a; i++)
        same = strcmp(a[i], b[i]) == 0;
    return same;
}
