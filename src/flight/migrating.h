/*
 * The inside of a run of migrations, for the files that fly it and that journal it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_MIGRATING_H
#define FLIGHT_MIGRATING_H

#include "base/json.h"
#include "flight/migrate.h"

struct migrating {
    TALLOC_CTX *mem;
    const struct migrate_request *request;
    const struct engine_session_table *session;
    const struct engine_catalog_table *catalog;
    struct engine *reader; // what happened is read back by it
    struct engine *writer;
    struct record_target target; // the record, by the reader
    struct record record;
    struct migrate_report *report;
    bool is_standby;
};

// What is run of a step, without SQL of ours.
struct engine_run_request migrating_request(const struct migrating *migrating,
                                            const struct migrate_step *step);

// --- migrate_journal.c
MUST_CHECK bool migrating_journal_started(const struct migrating *migrating,
                                          const struct migrate_step *step, struct error *err);
// `cause` NULL: it was done, and `changed` the schema so.
MUST_CHECK bool migrating_journal_result(const struct migrating *migrating,
                                         const struct migrate_step *step, const struct error *cause,
                                         const struct schema_differences *changed,
                                         struct error *err);
// The event of the step's up on this database, to be freed; NULL when the journal did not see it.
MUST_CHECK bool migrating_journaled_up(const struct migrating *migrating,
                                       const struct migrate_step *step, json_t **event,
                                       struct error *err);
// A migration without transaction that was begun and has no result: the process died in it, and
// only a record with a mark of its own would tell. ERROR_PARTIAL.
MUST_CHECK bool migrating_check_unfinished(const struct migrating *migrating,
                                           const struct migrate_step *step, struct error *err);

// --- migrate_others.c
// Who else migrates this database now, into the report.
MUST_CHECK bool migrating_note_others(const struct migrating *migrating, struct error *err);

// --- migrate_schema.c
void migrating_put_objects(json_t *data, const struct schema_differences *changed);
// After a down that ran from `before` to `after`: ERROR_PARTIAL when what its up changed is not as
// before that, or the down changed more. What others changed in between is theirs.
MUST_CHECK bool migrating_check_restored(struct migrating *migrating, struct migrate_step *step,
                                         const struct schema_objects *before,
                                         const struct schema_objects *after, struct error *err);

// --- migrate_traffic.c
MUST_CHECK bool migrating_note_traffic(const struct migrating *migrating, struct error *err);

#endif
