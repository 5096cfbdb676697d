/*
 * Journal: everything that happened, as a hash-chained list of events outside the target database.
 *
 * An event is canonical JSON: {seq, ts, run, actor, host, event, data, prev, hash}; `hash` is the
 * SHA-256 of the line without it. A changed, missing or swapped event breaks the chain at a place
 * that `journal_verify` names. A cut tail cannot be seen from inside: the head (seq and hash) is
 * printed by every verb that writes, so that it stands elsewhere too.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef JOURNAL_JOURNAL_H
#define JOURNAL_JOURNAL_H

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "driver/store.h"
#include <stdint.h>

struct journal;

struct journal_head {
    int64_t sequence;
    char hash[65];
};

#define JOURNAL_EVENT_MAX ((size_t)1024 * 1024) // bytes of one event; samples are bounded far below

// A name for this run of tminus, for journal_open: start time and process.
char *journal_run_name(TALLOC_CTX *mem);

struct journal_place {
    const struct store_driver *driver;
    const struct secret *location; // a path, an address
    const char *name;              // where one place keeps several journals
    const char *target;            // as struct store_open_options has it
    bool must_exist;               // else it is made
    bool is_only_read;             // as struct store_open_options has it
    struct wait *wait; // whose tick may cancel what is waited for; NULL: only signals do
};

// `run` names this run of tminus, or the flight; "actor" is $TMINUS_ACTOR, else user@host.
MUST_CHECK bool journal_open(TALLOC_CTX *mem, const struct journal_place *place, const char *run,
                             struct journal **out, struct error *err);
// `data` is stolen (also on failure). `event`: a name of journal/events.h.
MUST_CHECK bool journal_append(struct journal *journal, const char *event, json_t *data,
                               struct error *err);
// Who appends.
const char *journal_actor(const struct journal *journal);
// The machine that it appends from.
const char *journal_host(const struct journal *journal);
MUST_CHECK bool journal_head(struct journal *journal, struct journal_head *out, struct error *err);

struct journal_verdict {
    bool is_intact;
    int64_t events;
    int64_t broken_at; // sequence, 0 when intact
    char reason[256];
    struct journal_head head;
};
// `expected`: a head noted elsewhere; the journal must contain it. NULL: the one that the store
// itself notes, where it does.
MUST_CHECK bool journal_verify(struct journal *journal, const struct journal_head *expected,
                               struct journal_verdict *out, struct error *err);
// A record that was tampered with vouches for nothing, and nothing is added to it: ERROR_INPUT.
MUST_CHECK bool journal_check(struct journal *journal, struct error *err);

// "SEQ:HASH", as `--head` takes it and every verb that writes prints it.
char *journal_head_text(TALLOC_CTX *mem, const struct journal_head *head);
MUST_CHECK bool journal_head_read(const char *text, struct journal_head *out, struct error *err);

// `event` has all members, `hash` too. It fails at an event that is no JSON (ERROR_INPUT).
typedef bool journal_each(void *context, const json_t *event); // false stops
MUST_CHECK bool journal_read(struct journal *journal, int64_t first, journal_each *each,
                             void *context, struct error *err);

// The same of a journal that was imported (journal/import.h), named by the hash of its last event;
// of one that was not, nothing.
MUST_CHECK bool journal_read_imported(struct journal *journal, const char *head, journal_each *each,
                                      void *context, struct error *err);

// The last event called `event` whose data has `member` equal to `value` (member NULL: any), as a
// new reference; NULL when there is none.
MUST_CHECK bool journal_last(struct journal *journal, const char *event, const char *member,
                             const char *value, json_t **out, struct error *err);

#endif
