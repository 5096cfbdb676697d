/*
 * Plan: the Go/No-Go checklist of one change, with everything that is known of it.
 *
 * Five sections in the order of a deployment. Every line says what is typed, what must come out,
 * who does it and what takes it back; where there was a database to ask, what came out is beside
 * it. Pure: what was read elsewhere is handed over as facts (plan/facts.h), and nothing here is
 * guessed. What is not known stays empty and prints as unknown.
 *
 * The digest is what people approve: it covers migrations, commands, expectations, gates and the
 * target, and never what was observed, how large a table is, or when.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "analysis/assessment.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "proof/invariant.h"
#include "proof/result.h"

// Source: the deployment runbook, "database backed up less than 1 hour ago".
#define PLAN_BASELINE_MAX_AGE_MS ((int64_t)3600 * 1000)
#define PLAN_TRANSACTION_MAX_AGE_MS ((int64_t)5 * 60 * 1000) // one that is older is in the way

enum plan_section_kind {
    PLAN_PRE_DEPLOY,
    PLAN_DEPLOY,
    PLAN_POST_DEPLOY,
    PLAN_MONITORING,
    PLAN_ROLLBACK,
    PLAN_SECTION_COUNT
};

// Seconds. Of a step of which nothing is known there is no estimate, not a wide one.
struct plan_estimate {
    bool is_known;
    double low, high;
    enum layer layer;  // predicted: from sizes and rates; measured: from a run
    const char *basis; // "30.0 GB read and written at 30 to 200 MB/s"; not known: why not
};

enum plan_step_kind {
    STEP_CHECK,  // reads only: `plan --check` runs it again
    STEP_ACTION, // changes something
    STEP_MANUAL  // a person looks and signs; a query of it shows what is looked at
};

struct plan_step {
    enum plan_step_kind kind;
    const char *name;    // stable id: "pre.baseline", "deploy.0007", "post.I1/emails.category_id"
    const char *title;   // one line
    const char *command; // what is typed; may have lines; NULL: a person looks
    const char *const *argv;    // what is run of it without a shell, NULL-terminated; NULL: by hand
    const char *sql;            // of a check: the one query that it asks, guarded; NULL
    const char *decision;       // the same answer, 0 or not, at less cost: asked first; NULL
    const char *samples;        // a query of a few keys of offenders, asked when it fails; NULL
    enum invariant_kind answer; // what the answer of `sql` must be; SAME and KEYS_KEPT: there
                                // must be one, to be compared after the deploy
    struct config_expectation expect; // of INVARIANT_VALUE
    const char *proof;    // how it is known that it worked: "record has 0007; schema is read back"
    const char *expected; // text for people
    const char *observed; // NULL: nothing was asked
    enum status status;   // UNKNOWN while nothing was asked; MANUAL: a person signs
    bool has_value;       // `observed` is or counts this
    double value;
    bool is_required;
    bool is_invariant;  // the query is that of an invariant
    bool is_given;      // a person wrote the query
    const char *detail; // keys, reason of UNKNOWN, what it locks; may have lines; NULL
    struct plan_estimate estimate;
    const char *batching; // "none: one statement", "5,000 rows by id"
    const char *undo;     // command, or "none: reason"
    const char *owner;    // who does it
    enum layer layer;     // of the observation
    int64_t took_ms;      // of the observation
    const char *at;       // of the observation, RFC 3339; NULL: none
};

struct plan_section {
    enum plan_section_kind kind;
    struct plan_step *steps;
    size_t n_steps;
};

// The checklist's four answers, and two that are better than all.
enum rollback_class {
    ROLLBACK_UNKNOWN,
    ROLLBACK_ROUND_TRIP,
    ROLLBACK_UNDO_LOG,
    ROLLBACK_DUAL_WRITE,
    ROLLBACK_BACKUP,
    ROLLBACK_PARTIAL,
    ROLLBACK_IRREVERSIBLE
};
const char *rollback_class_name(enum rollback_class class);   // "round_trip" … for programs
const char *rollback_class_answer(enum rollback_class class); // "Yes", "Partial", "No", "Not known"
// Brings it back whole all that was there, by itself?
bool rollback_class_is_whole(enum rollback_class class);

struct plan_rollback {
    enum rollback_class class;
    enum layer layer;                 // predicted until a rehearsal measured it
    const char *reason;               // one or two sentences with numbers where they are known
    int64_t rows_lost;                // by taking it back now; -1: not known
    const char *old_release_survives; // on the new schema, as rehearsed: "PASS" …; NULL: not known
};

// Which way of deploying fits this change, and why the others do not.
struct plan_strategy {
    const char *name;   // "blue-green" "canary" "rolling" "maintenance" "expand-contract"
    const char *reason; // one or two sentences
};

// What is applied, byte for byte.
struct plan_migration {
    const char *version, *path;
    const char *sha256;         // of the up
    const char *down_sha256;    // NULL: there is none
    const char *effects_sha256; // of the effects file beside it; NULL: there is none
};

struct plan_target {
    const char *engine;            // "postgres"
    const char *system, *database; // as in engine_identity; NULL: none was asked
    const char *text;              // one line about it; NULL: none was asked
};

struct plan {
    const char *title;                 // of the pull request or commit, not escaped
    const char *version;               // release commit, full object name; NULL
    const char *previous;              // what runs before it, full object name; NULL
    const char *service, *environment; // environment NULL: none is configured
    struct plan_target target;
    enum verdict verdict;
    const char *reason;             // one sentence for people: why this verdict
    enum plan_section_kind decided; // the section that the verdict is about: before the change
                                    // Pre-Deploy, once it is applied Post-Deploy
    struct digest_text digest;
    const char *made_at; // RFC 3339
    struct plan_strategy strategy;
    struct plan_section sections[PLAN_SECTION_COUNT];
    struct plan_rollback rollback;
    struct plan_migration *migrations;
    size_t n_migrations;
    int64_t baseline_max_age_ms;         // the gate of pre.baseline
    const json_t *gates, *commands;      // as tminus.yaml has them; NULL: none are configured
    const struct assessment *assessment; // NULL: the plan was read from a file
    const char **notes;                  // what could not be known, and what would make it known
    size_t n_notes;
};

const char *plan_section_name(enum plan_section_kind kind); // "pre_deploy" … for programs
const char *plan_section_title(enum plan_section_kind kind); // "Pre-Deploy (Required)" … for people
const char *plan_step_kind_name(enum plan_step_kind kind);   // "check" "action" "manual"
struct plan_step *plan_find(struct plan *plan, const char *name); // NULL: no such step
// Is `migrations`, a list [{sha256}], of just the plan's migrations, in their order?
bool plan_is_of(const struct plan *plan, const json_t *migrations);
void plan_note(TALLOC_CTX *mem, struct plan *plan, const char *text);

// Verdict and reason from what was found and observed: a finding of severity stop or a required
// line that failed → NO_GO; a required line of `section` that nobody could answer → HOLD; else GO.
// Lines that a person signs hold nothing up: they are counted in the reason.
void plan_decide(TALLOC_CTX *mem, struct plan *plan, enum plan_section_kind section);

// Fills `digest`.
void plan_seal(struct plan *plan);

// What makes a checklist one that nobody can execute: a placeholder, a step without proof, expected
// value, owner or undo. ERROR_INPUT naming the step and what is missing: such a plan is refused.
MUST_CHECK bool plan_lint(const struct plan *plan, struct error *err);

// A plan that was written as JSON, with nothing observed. ERROR_INPUT: no plan, or one whose digest
// is not that of its content.
MUST_CHECK bool plan_read(TALLOC_CTX *mem, const char *path, const json_t *document,
                          struct plan **out, struct error *err);
// The members of a step that the digest covers; a document's step has more.
json_t *plan_step_json(const struct plan_step *step);

#endif
