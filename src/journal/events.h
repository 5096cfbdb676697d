/*
 * Events: the names of what the journal records, and what the data of each holds.
 *
 * Names are documented and never change: exports, reports and other programs look for them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef JOURNAL_EVENTS_H
#define JOURNAL_EVENTS_H

// {path, sha256, database, environment, at, tables, rows, invariants, verdict, failed}
#define EVENT_BASELINE_SAVED "baseline-saved"
// Which rows traffic wrote between a baseline and the migrations:
// {baseline (its SHA-256), path, sha256, database, system, tables, rows}
#define EVENT_TRAFFIC_NOTED "traffic-noted"
// Two databases' tables beside each other: {database, system, against, verdict, equal, differing,
// unknown}, the last three numbers of tables
#define EVENT_TABLES_COMPARED "tables-compared"
// {a, b, database, equal, differences}
#define EVENT_BASELINE_COMPARED "baseline-compared"
// {baseline, sha256, database, environment, verdict, expectation, passed, failed, unknown, tables,
//  differing_rows, missing_keys, extra_keys, unattributable (a NO-GO that rests on rows alone of
//  which nobody can tell who wrote them)}
#define EVENT_VERIFIED "verified"

// A migration's intent, and its result; {migration, version, direction, database, system, sha256,
// schema_before}; the results also {seconds, schema_after, state}, a failure {error}.
//
// An engine that numbers its transactions, and a migration that ran in one: {transaction}, its
// number, and {transaction_end}, the first number that was not given when it ended: rows that it
// wrote within savepoints and exception blocks have numbers between the two (and so may rows of
// others). {written: [{table, inserted, updated, deleted}]}, table as "schema.name": all that the
// transaction wrote, with what it took back to a savepoint; nothing of TRUNCATE and of rewrites.
// None of these members: it cannot be told which rows are the migration's.
// An up whose before-images were kept: {undo_log: {id, whole (all that it overwrote and deleted is
// in it), not_kept: [{table, why}]}}.
#define EVENT_MIGRATION_STARTED "migration-started"
#define EVENT_MIGRATION_APPLIED "migration-applied"
#define EVENT_MIGRATION_UNDONE "migration-undone"
#define EVENT_MIGRATION_FAILED "migration-failed"

// Data that goes back from the undo log of a migration: its intent, {migration, version, direction:
// "data", database, system, sha256, log}, and its result, {seconds, rows, conflicts (rows that were
// left alone), left_alone: [{table, key, why}] (the first), transaction, transaction_end, written},
// the last three as a migration's; a failure {error}: nothing went back.
#define EVENT_DATA_UNDO_STARTED "data-undo-started"
#define EVENT_DATA_UNDONE "data-undone"
#define EVENT_DATA_UNDO_FAILED "data-undo-failed"

// {database, environment, source, migrations: [{version, path, sha256}], verdict, why, class,
// class_why, rows_lost, schema_restored, data_restored, old_release_survives, seconds_up,
// seconds_down, effects};
// `undo_log`, of class undo_log: {rows (that came back), bytes (of the logs, on the copy)};
// `effects`, when the effects files were compared or written: [{sha256 (of the file), different}]
#define EVENT_REHEARSED "rehearsed"

// {backup (its id), kind, path, database, system, taken_at, bytes, took_ms, sha256, fingerprints
// (a path), tables, rows, unknown (tables)}
#define EVENT_BACKUP_TAKEN "backup-taken"
// A restored backup beside what was recorded of it: {backup, kind, taken_at, database, system,
// table (null: all), verdict, why, equal, differing, unknown, rows, took_ms}
#define EVENT_RESTORE_PROVEN "restore-proven"

// A person signed a plan: {digest, database, environment, reason (null: none)}
#define EVENT_APPROVED "approved"
// A person signed an act that loses or overwrites something, for another who does it: {act:
// "rollback", digest, what, environment, reason}
#define EVENT_ACT_APPROVED "act-approved"
// A person announced a plan: {digest, database, environment, reason (where; null: not said)}
#define EVENT_ANNOUNCED "announced"
// A person waived a gate: {gate, database, environment, reason, until}
#define EVENT_WAIVED "waived"
// {digest, database, environment, verdict, why, results: [{name, status, required, observed}]}
#define EVENT_POLLED "polled"

// A flight's start: {flight, at_ms (the flight's clock, since 1970; in all of these but what people
// ask), service, environment, version, digest, start_at, after_release (it flies the migrations
// that run after the release), after_release_pending (how many wait for a flight of their own),
// can_go_back, way_back (where it was
// rehearsed: {class, reason, rows_lost, old_release_survives}), steps: [{name, phase, kind, argv,
// undoes, timeout_ms, settings}], points: [{name, after_ms}], state}
#define EVENT_FLIGHT_STARTED "flight-started"
// What happened to it: {flight, occurrence, state (after it), why}; of a poll and a verification
// also {detail: of a verification {unattributed (kinds of differences that nobody can attribute),
// accepted_by (who said go to them)}}; of an answer to a person {request (the sequence number of
// the asking)}, and where that is not possible now {refused (why)} and no occurrence
#define EVENT_FLIGHT_MOVED "flight-moved"
// What a person asked for: {flight, asks: "hold"|"go"|"abort"|"rollback"|"watch", reason, step:
// "done"| "again" (of a go: what became of the step that nobody knew of)}; a rollback also
// {methods:
// ["version", "migration"], to (a version; left out: that of the plan), allowed_by (the evidence,
// or who else signed what is lost; left out: the plan's), now (the step that runs is ended)}
#define EVENT_FLIGHT_ASKED "flight-asked"
// A step's intent, {flight, step, attempt}, and its result: {flight, step, outcome:
// "done"|"failed"| "unknown"|"pending" (it was read back: nothing of it was done), said (of the
// step), took_ms, was_read_back, left_nothing, evidence, occurrence, state (after it), why (of the
// flight)}
#define EVENT_STEP_STARTED "step-started"
#define EVENT_STEP_ENDED "step-ended"

// Nobody checked a point in time, which is an alarm: {flight, at_ms, point, due (when, since 1970),
// late_ms}. It is checked late; the result of that, a flight-moved, has {detail: {late_ms}}, as has
// that of a verification later than five minutes after the end of the deploy.
#define EVENT_POINT_MISSED "point-missed"
// Nobody flies it in a state that nobody but its tminus moves, which is an alarm: {flight, at_ms,
// state, actor, host (of who flew it last), heard (of that one last, since 1970)}. Raised once
// until somebody flies on.
#define EVENT_PILOT_LOST "pilot-lost"
// People are called: the intent {flight, at_ms, about (the sequence number of the event), state,
// text}, and what the channels said {flight, at_ms, about, why, answers: [{channel, delivered,
// text, attempts}]}; failed: nobody took it. One event is called for once: what has an intent is
// not sent again.
#define EVENT_CALL_STARTED "call-started"
#define EVENT_CALLED "called"
#define EVENT_CALL_FAILED "call-failed"

// Another machine's journal, kept beside this one: {head ("SEQ:HASH"), events (their number),
// sha256 (of the file), from (its name), signed_by (key id of a bundle; null: JSON lines, signed by
// nobody)}
#define EVENT_JOURNAL_IMPORTED "journal-imported"

// Acts of verbs: each intent has {process} too: which one it was (base/process_mark.h).
//
// A release: its intent {environment, version, sha256 (of what was built; null: not known), slots,
// command}; a result also {state, why, took_ms, evidence: {answers: [{check,
// slot, address, status, observed, text, …}], commands: [{slot, status, took_ms, output}]}}
#define EVENT_RELEASE_STARTED "release-started"
#define EVENT_RELEASED "released"
#define EVENT_RELEASE_FAILED "release-failed"
// A tag: its intent {tag, commit, remote, message}; a result also {state, why, took_ms, evidence:
// {here, remote}}
#define EVENT_TAG_STARTED "tag-started"
#define EVENT_TAGGED "tagged"
#define EVENT_TAG_FAILED "tag-failed"
// A build: its intent {environment, version, verified_in, command}; a result also {state, why,
// took_ms, evidence: {sha256, verified, output, provenance: {type, builder}}}
#define EVENT_BUILD_STARTED "build-started"
#define EVENT_BUILT "built"
#define EVENT_BUILD_FAILED "build-failed"
// A flag: its intent {environment, flag, kind, set, only_when_zero}; a result also {state, why,
// took_ms, evidence: {value, text}}
#define EVENT_FLAG_SET_STARTED "flag-set-started"
#define EVENT_FLAG_SET "flag-set"
#define EVENT_FLAG_SET_FAILED "flag-set-failed"
// A step of tminus.yaml: its intent {environment, step, undo, command | path, sha256, database,
// system | wait_ms}; a result also {state, why, took_ms, output, evidence: {answers}}. Steps that
// set a flag, make a tag or notify have those events, with {step, undo}.
#define EVENT_STEP_ACT_STARTED "step-act-started"
#define EVENT_STEP_ACTED "step-acted"
#define EVENT_STEP_ACT_FAILED "step-act-failed"
// A notification: its intent {environment, text, flight and step of a flight's}; a result also
// {state, why, took_ms, evidence: {answers: [{channel, delivered, text, attempts}]}}. An intent
// without result: nobody knows whether it came.
#define EVENT_NOTIFY_STARTED "notify-started"
#define EVENT_NOTIFIED "notified"
#define EVENT_NOTIFY_FAILED "notify-failed"

// Maintenance: its intent {environment, set: "on"|"off", until (when it is to end; of on),
// command}; a result also {state, why, took_ms, evidence: {answers, command: {status, took_ms,
// output}}}. One that is on after its time: {environment, until, late_ms}, which is an alarm.
#define EVENT_MAINTENANCE_STARTED "maintenance-started"
#define EVENT_MAINTENANCE_SET "maintenance-set"
#define EVENT_MAINTENANCE_FAILED "maintenance-failed"
#define EVENT_MAINTENANCE_OVERDUE "maintenance-overdue"

#endif
