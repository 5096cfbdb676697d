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
};
