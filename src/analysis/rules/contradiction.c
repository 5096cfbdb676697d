/*
 * Rules of rehearsals: where prediction and measurement disagree. They are reported by whoever
 * compares them; no check looks at a statement.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"

const struct rule rule_contradiction_lock = {
    .id = "contradiction-lock",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "a statement took a lock on the copy that was not predicted, or did not take "
               "one that was",
    .why = "Whoever plans the release by the prediction plans for the wrong lock: others "
           "wait where nobody expected it.",
    .safe_form = "plan with the lock that was measured; where it blocks, give the statement its "
                 "safe form",
    .source = "the rehearsal's measured run",
};

const struct rule rule_contradiction_rewrite = {
    .id = "contradiction-rewrite",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "a statement wrote a table anew on the copy and that was not predicted, or the "
               "other way round",
    .why = "A rewrite decides between a moment and hours: what was measured on the copy "
           "happens on the target too.",
    .safe_form = "plan with what was measured, at the target's size",
    .source = "the rehearsal's measured run",
};

const struct rule rule_contradiction_scan = {
    .id = "contradiction-scan",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "a definition read every row of a table on the copy and that was not predicted, "
               "or the other way round",
    .why = "Rows are read while the lock is held, so its length depends on it.",
    .safe_form = "plan with what was measured, at the target's size",
    .source = "the rehearsal's measured run",
};

const struct rule rule_contradiction_index_build = {
    .id = "contradiction-index-build",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "a statement built an index on the copy and that was not predicted, or the "
               "other way round",
    .why = "An index is built while the lock is held, so its length depends on it.",
    .safe_form = "plan with what was measured, at the target's size",
    .source = "the rehearsal's measured run",
};

const struct rule rule_contradiction_written_table = {
    .id = "contradiction-written-table",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "a statement wrote rows of a table on the copy that its text does not name",
    .why = "A trigger, a rule or a foreign key's action changed data that nobody reviewed, "
           "and the rollback must bring it back too.",
    .safe_form = "find what writes it (a trigger of the table, ON DELETE, ON UPDATE), and say in "
                 "the migration that it is meant",
    .source = "the rehearsal's measured run",
};

const struct rule rule_contradiction_seconds = {
    .id = "contradiction-seconds",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "a statement took another time on the copy than its work was estimated to take",
    .why = "An estimate that is wrong on the copy is wrong on the target.",
    .safe_form = "plan with the rates that were measured; see what the time went to in the "
                 "server's remarks",
    .source = "the rehearsal's measured run",
};

const struct rule rule_unknown_measured = {
    .id = "unknown-measured",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES | SQLITE,
    .summary = "what a statement did on the copy whose effects nobody could predict",
    .why = "Code that makes its SQL at run time, or is not known, does in production what "
           "it did on the copy, if the data is alike.",
    .safe_form = "read what it did, and rehearse it again whenever it or the data changes",
    .source = "the rehearsal's measured run",
};
