/*
 * Assessment: does this change need verification, and why.
 *
 * Reads the change's scripts in order, replays the schema, predicts effects, runs the rules, and
 * adds it all up to a verdict. Pure: text in, plain data out.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_ASSESSMENT_H
#define ANALYSIS_ASSESSMENT_H

#include "analysis/effects.h"
#include "analysis/finding.h"
#include "analysis/size.h"
#include "analysis/timeline.h"
#include "change/change.h"
#include "change/code.h"
#include "statement/reader.h"

enum verdict { VERDICT_GO, VERDICT_NO_GO, VERDICT_HOLD };
const char *verdict_name(enum verdict verdict);  // "GO" "NO_GO" "HOLD", for programs
const char *verdict_words(enum verdict verdict); // "GO" "NO-GO" "HOLD", for people
enum risk { RISK_NONE, RISK_LOW, RISK_HIGH, RISK_UNKNOWN };
const char *risk_name(enum risk risk);

struct assessed_script {
    const struct migration *migration;
    bool is_down;
    bool in_transaction; // by the tool's rule
    struct script *script;
    struct effects **effects; // one for each statement
    struct timeline *timeline;
};

// The database whose schema was read; nothing of it is judged, only told.
struct assessed_database {
    const char *name; // of several in tminus.yaml; NULL: the only one
    const char *text; // "PostgreSQL 15.20, database shop at …"
    const char *read_at;
    size_t n_relations; // tables and views
    size_t n_pending;
    int64_t n_applied;           // left out by the database's record; -1: it could not be told
    const char *record;          // that, in words
    const struct schema *schema; // before the first migration; its gaps
};

struct assessment {
    enum verdict verdict;
    enum risk risk;
    const char *reason; // one sentence for people: why this verdict
    enum dialect dialect;
    unsigned pg_version;
    struct assessed_script *scripts; // in order: up 1, down 1, up 2, …
    size_t n_scripts;
    struct findings findings;
    struct findings suppressed; // allowed by comments in the SQL: told, and left out of the verdict
    size_t n_statements, n_understood;
    struct not_understood *not_understood;
    size_t n_not_understood;
    struct schema *schema;               // after every up
    struct assessed_database *databases; // none: offline
    size_t n_databases;
    bool others_malformed; // the findings of another tool could not be read
    struct schema *before; // before the first up that is judged
};

struct rule_settings;
struct config_budget;

struct assessment_options {
    const struct assessed_database *database; // that `known` or `schemas` was read from, or NULL
    enum dialect dialect;
    unsigned pg_version;                 // 0: 15
    const struct script_source *schemas; // --schema files, read before the first migration
    size_t n_schemas;
    const struct schema *known;            // from a live catalog, or NULL
    const struct sizes *sizes;             // --sizes, or NULL
    const struct code_report *code;        // what the range's changed code writes, or NULL
    const struct findings *others;         // findings of other tools, or NULL
    bool others_malformed;                 // --findings could not be read: UNKNOWN
    const char *others_path;               // its file
    const char *others_reason;             // why
    const struct config_budget *budget;    // of tminus.yaml, or NULL
    const struct calibration *calibration; // what rehearsals measured, or NULL
    const struct rule_settings *rules;     // of tminus.yaml; NULL: as they come
    const char *today; // "2026-11-22": what comments allow ends by it; NULL: they allow nothing
};

// ERROR_INPUT for a script past a limit or not UTF-8. What does not parse is no failure.
MUST_CHECK bool assessment_make(TALLOC_CTX *mem, const struct change *change,
                                const struct assessment_options *options, struct assessment **out,
                                struct error *err);
// The verdict over the findings as they are, and why.
void assessment_decide(struct assessment *assessment);
// Add what was found for another database of the same release.
void assessment_join(struct assessment *assessment, const struct assessment *other);

#endif
