/*
 * Rules: one row and one small function each.
 *
 * A rule looks at one statement in its migration (or, with `check_migration`, at the whole
 * migration) and reports findings. It is pure. Adding one is a row and a function in the file of
 * its family, its name in rules/rules.h and rules/table.c, a page docs/rules/ID.md, and two tests:
 * it fires, it does not.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef ANALYSIS_RULE_H
#define ANALYSIS_RULE_H

#include "analysis/effects.h"
#include "analysis/finding.h"
#include "analysis/lock_order.h"
#include "analysis/timeline.h"
#include "analysis/touched.h"
#include "change/change.h"

struct config_budget;

// What a rule may look at.
struct rule_place {
    TALLOC_CTX *mem; // for messages
    const struct migration *migration;
    bool is_down;                           // the statement belongs to the down
    bool in_transaction;                    // its tool wraps it, or an explicit BEGIN is open
    const struct script *script;            // all statements of this direction
    const struct script *other;             // the other direction's, NULL: none
    const struct effects *const *effects;   // of each statement of `script`
    const struct timeline *timeline;        // locks, work and transactions up to this statement
    struct lock_orders *orders;             // of the transactions of the ups so far
    const struct session_timeouts *session; // timeouts as this script has set them so far
    size_t index;                           // this statement; check_migration: 0
    const struct statement *statement;      // NULL in check_migration
    const char *mismatch;          // what it names and `before` does not have (or already has)
    const struct schema *before;   // before this statement (check_migration: before the migration)
    const struct schema *start;    // before the change: what a database knows that is asked now
    const struct touched *touched; // what the change altered before this statement
    const struct schema *after;    // check_migration: after it; else NULL
    // check_migration of a down: the schema before the up, after the up, after the down.
    const struct schema
        *down_target;       // what the down should restore (before the up); NULL: not known
    bool is_history_known;  // every relation named so far was created before us, or the
                            // schema is complete: a missing one is missing
    bool others_have_downs; // some migration of the change has a down
    unsigned pg_version;    // 15
    const struct config_budget *budget; // how long a lock may be held; NULL: none is set
    const struct calibration *calibration; // what a rehearsal measured; NULL
    struct estimate *estimate; // of what was weighed last (place_weigh): the next finding's
    struct findings *findings;
    const struct rule *rule;
};

#define RULE_KINDS_MAX 8

struct rule {
    const char *id;
    enum severity severity; // default
    unsigned dialects;      // 1 << DIALECT_…
    bool in_downs;          // also judged in down scripts
    bool is_optional;       // style: off unless a team asks for it
    bool is_final;          // no comment can allow it: what it reports was not read
    const char *summary;    // what it fires on, one line
    const char *why;        // what goes wrong
    const char *safe_form;  // what to write instead
    const char *source;     // "postgres-ddl 3.1, measured" …: where the fact comes from
    // Kinds of action that it looks at; none: any. Called only where the statement
    // (check_migration: the script) has one of them, so what is left out here is never seen.
    enum action_kind kinds[RULE_KINDS_MAX];
    void (*check)(struct rule_place *place);           // each statement; NULL
    void (*check_migration)(struct rule_place *place); // each script; NULL
};

extern const struct rule *const rule_table[];
extern const size_t rule_count;
const struct rule *rule_find(const char *id); // NULL: unknown

// Report at the statement of `place`, with the rule's severity and safe form.
void rule_report(struct rule_place *place, const char *format, ...) PRINTF_LIKE(2, 3);
void rule_report_as(struct rule_place *place, enum severity severity, const char *hint,
                    const char *format, ...) PRINTF_LIKE(4, 5);
// With what is to be asked first; NULL: nothing can be.
void rule_report_asking(struct rule_place *place, enum severity severity, const char *hint,
                        const struct data_question *question, const char *message);

#endif
