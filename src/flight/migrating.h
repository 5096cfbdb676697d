/*
 * The inside of a run of migrations, for the files that fly it and that journal it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_MIGRATING_H
#define FLIGHT_MIGRATING_H

#include "base/json.h"
#include "flight/migrate.h"
#include "flight/undo_log.h"

struct migrating {
    TALLOC_CTX *mem;
    const struct migrate_request *request;
    const struct engine_session_table *session;
    const struct engine_catalog_table *catalog;
    struct engine *reader; // what happened is read back by it
    struct engine *writer;
    struct record_target target; // the record, by the reader
    struct record record;
    struct undo_logs logs; // that are in the target
    struct migrate_step *going_back;
    struct migrate_report *report;
    bool is_standby;
};

// What is run of a step, without SQL of ours.
struct engine_run_request migrating_request(const struct migrating *migrating,
                                            const struct migrate_step *step);
void migrating_keep_result(const struct migrating *migrating, struct migrate_step *step,
                           const struct engine_run *result);
// The down alone, with its record. After one that ran and left another schema behind, `step` is
// done all the same.
MUST_CHECK bool migrating_run_down(struct migrating *migrating, struct migrate_step *step,
                                   struct error *err);

// For people: "public.t"; SQLite: "t".
char *migrating_table_text(const struct migrating *migrating, struct name table);

// --- migrate_keep.c
MUST_CHECK bool migrating_read_logs(struct migrating *migrating, struct error *err);
// Before the first up: no log of an earlier run is open, and one may be kept where it is asked for.
MUST_CHECK bool migrating_check_keeping(struct migrating *migrating, struct error *err);
// The SQL around an up; empty: nothing is kept.
MUST_CHECK bool migrating_plan_log(struct migrating *migrating, struct migrate_step *step,
                                   struct engine_undo_plan *out, struct error *err);
MUST_CHECK bool migrating_read_back_log(struct migrating *migrating, struct migrate_step *step,
                                        struct error *err);
// Of an up without a transaction of which nothing stays.
MUST_CHECK bool migrating_drop_log(const struct migrating *migrating,
                                   const struct migrate_step *step, struct error *err);

// --- migrate_back.c
// What the logs say of each migration of the change.
MUST_CHECK bool migrating_read_undo(struct migrating *migrating, struct migrate_undo **out,
                                    struct error *err);
MUST_CHECK bool migrating_check_undo(const struct migrating *migrating, struct error *err);
// Data and down of one migration, as far as an earlier run has not done it.
MUST_CHECK bool migrating_go_back(struct migrating *migrating, struct migrate_step *step,
                                  struct error *err);

// --- migrate_journal.c
MUST_CHECK bool migrating_journal_started(const struct migrating *migrating,
                                          const struct migrate_step *step, struct error *err);
// `cause` NULL: it was done, and `changed` the schema so.
MUST_CHECK bool migrating_journal_result(const struct migrating *migrating,
                                         const struct migrate_step *step, const struct error *cause,
                                         const struct schema_differences *changed,
                                         struct error *err);
// Of `migrating->going_back`: `run` NULL: there is none; `cause` NULL: it did not fail.
MUST_CHECK bool migrating_journal_data(const struct migrating *migrating, const char *event,
                                       const struct engine_run *run, const struct error *cause,
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
