/*
 * Rules that are reported where their facts are: of code and of other tools. No check looks at a
 * statement.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/rules/rules.h"

const struct rule rule_code_writes_table = {
    .id = "code-writes-table",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "changed code that writes a table",
    .why = "A change of code alone can discard or duplicate records as well as a migration.",
    .safe_form = "take a baseline of the table, and write the invariant that must hold "
                 "after the release",
    .source = "paths: map, SQL strings, models and task files of the range",
};

const struct rule rule_code_path_unmapped = {
    .id = "code-path-unmapped",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "changed code of which nothing says what it writes",
    .why = "What nobody knows is never pass.",
    .safe_form = "add the path to the paths: map of tminus.yaml, with the tables that it "
                 "writes, or none",
    .source = "paths: map of tminus.yaml",
    .is_final = true,
};

const struct rule rule_released_migration_edited = {
    .id = "released-migration-edited",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "a range edits, renames or removes a migration that its base already had",
    .why = "Who applied the old text never gets the new one: databases that count as equal "
           "differ, and tools that keep checksums refuse to go on.",
    .safe_form = "restore the file as the base has it, and write what is to change into a new "
                 "migration",
    .source = "the git range of --base",
};

const struct rule rule_findings_malformed = {
    .id = "findings-malformed",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "the findings of another tool could not be read",
    .why = "What that tool found is unknown, so the verdict is HOLD.",
    .safe_form = "give a SARIF 2.1.0 file as the tool wrote it",
    .source = "SARIF 2.1.0",
    .is_final = true,
};

const struct rule rule_constraint_left_not_valid = {
    .id = "constraint-left-not-valid",
    .severity = SEVERITY_NOTE,
    .dialects = POSTGRES,
    .summary = "a constraint that the change adds NOT VALID and never validates",
    .why =
        "Old rows may still break it, the planner does not use it, and a dump cannot be restored "
        "with it unnoticed.",
    .safe_form = "VALIDATE CONSTRAINT in a later migration of the change",
    .source = "PostgreSQL 15 manual, ALTER TABLE, NOT VALID",
};

const struct rule rule_suppression_expired = {
    .id = "suppression-expired",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "a comment allowed a finding until a day that is over",
    .why = "What was allowed for a time counts again.",
    .safe_form = "settle what it allowed, or give a new day with a new reason",
    .source = "docs/suppressions.md",
    .is_final = true,
};

const struct rule rule_suppression_unused = {
    .id = "suppression-unused",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "a comment allows what is not found where it stands",
    .why = "It hides the next finding of that rule, which nobody looked at.",
    .safe_form = "remove it, or put it at the statement that it is about",
    .source = "docs/suppressions.md",
    .is_final = true,
};

const struct rule rule_suppression_malformed = {
    .id = "suppression-malformed",
    .severity = SEVERITY_WARN,
    .dialects = POSTGRES | SQLITE,
    .summary = "a comment that begins with tminus: and allows nothing",
    .why = "Who wrote it believes that a finding is allowed, and it is not.",
    .safe_form = "-- tminus: allow RULE until 2027-01-31: reason",
    .source = "docs/suppressions.md",
    .is_final = true,
};
