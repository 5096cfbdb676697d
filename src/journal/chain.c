/*
 * Chain: following events by their numbers and hashes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "journal/chain.h"

void chain_begin(struct chain *chain, const struct journal_head *expected)
{
    *chain = (struct chain){.expected = expected, .verdict = {.is_intact = true}};
}

static bool break_at(struct chain *chain, int64_t sequence, const char *format, ...)
    PRINTF_LIKE(3, 4);
static bool break_at(struct chain *chain, int64_t sequence, const char *format, ...)
{
    va_list arguments;

    chain->verdict.is_intact = false;
    chain->verdict.broken_at = sequence;
    va_start(arguments, format);
    vsnprintf(chain->verdict.reason, sizeof(chain->verdict.reason), format, arguments);
    va_end(arguments);
    return false;
}

static bool check_order(struct chain *chain, const struct store_row *row)
{
    int64_t next = chain->verdict.events + 1;

    if (row->sequence == next)
        return true;
    if (row->sequence < next)
        return break_at(chain, row->sequence, "event %lld was inserted: numbers start at 1",
                        (long long)row->sequence);
    if (row->sequence == next + 1)
        return break_at(chain, next, "event %lld is missing", (long long)next);
    return break_at(chain, next, "events %lld to %lld are missing", (long long)next,
                    (long long)row->sequence - 1);
}

// Does the line say what the chain needs: its own number, and the hash of the event before?
static bool check_links(struct chain *chain, const struct store_row *row)
{
    struct error ignored;
    json_t *event = NULL;

    if (!json_read("journal", row->line, strlen(row->line), &event, &ignored))
        return break_at(chain, row->sequence, "event %lld is no JSON", (long long)row->sequence);
    int64_t written = json_get_integer(event, "seq", 0);
    const char *prev = json_get_text(event, "prev");
    bool is_linked = prev != NULL && strcmp(prev, chain->prev) == 0;
    json_decref(event);
    if (written != row->sequence)
        return break_at(chain, row->sequence, "event %lld stands in the place of event %lld",
                        (long long)written, (long long)row->sequence);
    if (!is_linked)
        return break_at(chain, row->sequence,
                        "event %lld does not follow the event before it: that one was changed, or "
                        "this one was inserted",
                        (long long)row->sequence);
    return true;
}

bool chain_follow(struct chain *chain, const struct store_row *row)
{
    struct digest_text digest = digest_of(row->line, strlen(row->line));

    if (!check_order(chain, row))
        return false;
    if (strcmp(digest.hex, row->hash) != 0)
        return break_at(chain, row->sequence, "event %lld was changed: its hash does not fit",
                        (long long)row->sequence);
    if (!check_links(chain, row))
        return false;
    memcpy(chain->prev, digest.hex, sizeof(chain->prev));
    chain->verdict.events = row->sequence;
    chain->verdict.head.sequence = row->sequence;
    memcpy(chain->verdict.head.hash, digest.hex, sizeof(chain->prev));
    if (chain->expected == NULL || chain->expected->sequence != row->sequence)
        return true;
    chain->has_expected = true;
    if (strcmp(chain->expected->hash, digest.hex) != 0)
        return break_at(chain, row->sequence,
                        "event %lld is not the one of the head that was noted: the journal was "
                        "written anew",
                        (long long)row->sequence);
    return true;
}

void chain_end(struct chain *chain)
{
    if (chain->verdict.is_intact && chain->expected != NULL && !chain->has_expected)
        break_at(chain, chain->verdict.events + 1,
                 "the journal ends at event %lld, but event %lld was noted: its tail was cut",
                 (long long)chain->verdict.events, (long long)chain->expected->sequence);
}
