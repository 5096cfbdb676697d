/*
 * Parts of a fixed migration: pieces that may share a transaction, written as one text.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/fixed_pieces.h"

// The first keeps the name that people know.
static const char *label_of(const struct fixed_pieces *pieces, size_t first, size_t part)
{
    static const char *const labels[] = {[PIECE_CHANGE] = "then",
                                         [PIECE_ROWS] = "rows",
                                         [PIECE_VALIDATION] = "validate",
                                         [PIECE_OUTSIDE] = "concurrently"};
    return part == 0 ? NULL : labels[pieces->list[first].kind];
}

static bool locks_strongly(const struct fixed_pieces *pieces, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        if (pieces->list[i].locks_strongly)
            return true;
    }
    return false;
}

static char *with_semicolons(TALLOC_CTX *mem, const struct fixed_pieces *pieces, size_t first,
                             size_t end)
{
    char *text = mem_strdup(mem, "");
    for (size_t i = first; i < end; i++)
        text = mem_printf(mem, "%s%s;\n", text, pieces->list[i].sql);
    return text;
}

static const char *part_text(const struct fixed_pieces *pieces, size_t first, size_t end)
{
    TALLOC_CTX *mem = pieces->mem;
    const char *statements = with_semicolons(mem, pieces, first, end);
    if (pieces->list[first].kind == PIECE_OUTSIDE)
        return statements; // alone: tools send a file as one string
    bool is_timed = !pieces->sets_lock_timeout && locks_strongly(pieces, first, end);
    return mem_printf(mem, "%s%s%s%s%s", pieces->has_transaction ? "BEGIN;\n" : "",
                      is_timed ? "SET LOCAL lock_timeout = '" FIX_LOCK_TIMEOUT "';\n" : "",
                      pieces->settings, statements, pieces->has_transaction ? "COMMIT;\n" : "");
}

void parts_make(struct fixed_migration *fixed, struct fixed_pieces *pieces)
{
    TALLOC_CTX *mem = pieces->mem;
    for (size_t first = 0, end; first < pieces->n; first = end) {
        enum piece_kind kind = pieces->list[first].kind;
        end = first + 1;
        while (kind != PIECE_OUTSIDE && end < pieces->n && pieces->list[end].kind == kind)
            end++;
        for (size_t i = first; i < end; i++)
            pieces->list[i].part = fixed->n_parts;
        struct fixed_part part = {
            .label = label_of(pieces, first, fixed->n_parts),
            .up = part_text(pieces, first, end),
            .in_transaction = kind != PIECE_OUTSIDE,
            .down_in_transaction = kind != PIECE_OUTSIDE,
        };
        *mem_append(mem, fixed->parts, fixed->n_parts) = part;
    }
}
