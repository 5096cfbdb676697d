/*
 * Plan: the Go/No-Go checklist of one change, with everything that is known of it.
 *
 * Five sections in the order of a deployment. Every line says what is typed, what must come out, who
 * does it and what takes it back; where there was a database to ask, what came out is beside it.
 * Pure: what was read elsewhere is handed over as facts, and nothing here is guessed. What is not
 * known stays empty and prints as unknown.
 *
 * The digest is what people approve: it covers migrations, commands, expectations and the target, and
 * never what was observed or when.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "analysis/assessment.h"
#include "base/error.h"
#include "base/json.h"
#include "base/memory.h"
#include "proof/invariant.h"
#include "proof/result.h"

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
    const char *basis; // "30.0 GB read and written at 30 to 200 MB/s"
};

enum plan_step_kind {
    STEP_CHECK,  // reads only: `plan --check` runs it again
    STEP_ACTION, // changes something
    STEP_MANUAL  // a person looks and signs
};

struct plan_step {
    enum plan_step_kind kind;
    const char *name;    // stable id: "pre.baseline", "deploy.0007", "post.I1/emails.category_id"
    const char *title;   // one line
    const char *command; // what is typed; may have lines; never with a placeholder
    const char *const *argv; // what is run of it without a shell, NULL-terminated; NULL: by hand
    const char *sql;         // of a check: the one query that it asks, guarded; NULL
    const char *proof;       // how it is known that it worked: "record has 0007; schema is read back"
    const char *expected;    // text for people
    const char *observed;    // NULL: nothing was asked
    enum status status;      // UNKNOWN while nothing was asked; MANUAL: a person signs
    bool is_required;
    const char *detail;      // keys, reason of UNKNOWN, what it locks; may have lines; NULL
    struct plan_estimate estimate;
    const char *batching; // "none: one statement", "5,000 rows by id"
    const char *undo;     // command, or "none: reason"
    const char *owner;    // who does it
    enum layer layer;     // of the observation
    int64_t at_ms;        // of the observation; 0: none
};

struct plan_section {
    enum plan_section_kind kind;
    struct plan_step *steps;
    size_t n_steps;
};

// The checklist's four answers, and the one that is better than all.
enum rollback_class {
    ROLLBACK_UNKNOWN,
    ROLLBACK_ROUND_TRIP,
    ROLLBACK_DUAL_WRITE,
    ROLLBACK_BACKUP,
    ROLLBACK_PARTIAL,
    ROLLBACK_IRREVERSIBLE
};
const char *rollback_class_name(enum rollback_class class); // "round_trip" … for programs

struct plan_rollback {
    enum rollback_class class;
    enum layer layer;   // predicted until a rehearsal measured it
    const char *reason; // one or two sentences with numbers where they are known
    int64_t rows_lost;  // by taking it back now; -1: not known
};

// Which way of deploying fits this change, and why the others do not.
struct plan_strategy {
    const char *name;   // "blue-green" "canary" "rolling" "maintenance" "expand-contract"
    const char *reason; // one or two sentences
};

struct plan {
    const char *title;   // of the pull request or commit, not escaped
    const char *version; // release commit, full object name; NULL
    const char *service, *environment;
    const char *target; // one line about the database; NULL: none was asked
    enum verdict verdict;
    const char *reason; // one sentence for people: why this verdict
    char digest[65];
    int64_t made_ms;
    struct plan_strategy strategy;
    struct plan_section sections[PLAN_SECTION_COUNT];
    struct plan_rollback rollback;
    struct results invariants; // each with its value of now where there was a database
    const struct assessment *assessment;
    const char **notes; // what could not be known, and what would make it known
    size_t n_notes;
};

const char *plan_section_name(enum plan_section_kind kind); // "pre_deploy" … for programs

// What makes a checklist one that nobody can execute: a placeholder, a step without proof, expected
// value, owner or undo. ERROR_INPUT naming the step and what is missing: such a plan is refused.
MUST_CHECK bool plan_lint(const struct plan *plan, struct error *err);

#endif
