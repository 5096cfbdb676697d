/*
 * A plan with a line of each kind and status, and with texts that break careless reports.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_PLAN_EXAMPLE_H
#define TEST_PLAN_EXAMPLE_H

#include "plan/plan.h"

#define EXAMPLE_SQL "SELECT count(*)\nFROM emails\nWHERE category = 'it''s <b>' OR note = '```'"
#define EXAMPLE_AT "2026-11-22T02:19:59.182Z"
#define EXAMPLE_READS "none: it only reads"

static struct plan_step example_pre[] = {
    {.kind = STEP_CHECK, .name = "pre.assess", .title = "Nothing must stop the change",
     .command = "tminus assess --env production", .proof = "rules", .expected = "no stop",
     .observed = "2 stop", .status = STATUS_FAIL, .is_required = true,
     .detail = "0007_x.sql:3 drop-column: `status` & <script>alert('x')</script>\n  indented",
     .undo = EXAMPLE_READS, .owner = "reviewer", .at = EXAMPLE_AT, .took_ms = 12},
    {.kind = STEP_CHECK, .name = "pre.I1/emails.category", .title = "every email has a category",
     .command = "psql \"$DATABASE_URL\" -Xc '" EXAMPLE_SQL "'", .sql = EXAMPLE_SQL,
     .proof = "derived from 0007_x.sql:3", .expected = "0", .observed = "7",
     .status = STATUS_WARN, .is_required = true, .is_invariant = true, .undo = EXAMPLE_READS,
     .owner = "database owner", .at = EXAMPLE_AT, .took_ms = 1234},
    {.kind = STEP_CHECK, .name = "pre.baseline", .title = "Save the expected values",
     .command = "tminus baseline save", .proof = "the journal", .expected = "GO",
     .observed = "GO", .status = STATUS_PASS, .is_required = true, .undo = EXAMPLE_READS,
     .owner = "database owner", .at = EXAMPLE_AT, .took_ms = 3},
    {.kind = STEP_CHECK, .name = "pre.lag", .title = "Replicas follow", .proof = "the server",
     .expected = "under 10 s", .status = STATUS_UNKNOWN, .undo = EXAMPLE_READS,
     .owner = "database owner", .detail = "no replica was reached"},
    {.kind = STEP_MANUAL, .name = "pre.staging", .title = "The same passed on staging | größer",
     .proof = "its journal", .expected = "GO", .status = STATUS_MANUAL, .is_required = true,
     .undo = EXAMPLE_READS, .owner = "deployer"},
    {.kind = STEP_CHECK, .name = "pre.waived", .title = "Nobody holds a lock",
     .proof = "pg_stat_activity", .expected = "nobody", .observed = "one",
     .status = STATUS_WAIVED, .is_required = true, .undo = EXAMPLE_READS, .owner = "on-call",
     .at = EXAMPLE_AT, .took_ms = 1},
};

static struct plan_step example_deploy[] = {
    {.kind = STEP_ACTION, .name = "deploy.0007", .title = "Run migration 0007 classify",
     .command = "tminus migrate --to 0007 |\ntee run.log", .proof = "the record has it",
     .expected = "ends with 0", .status = STATUS_UNKNOWN, .is_required = true,
     .detail = "public.emails (30.0 GB): ACCESS EXCLUSIVE lock",
     .estimate = {.is_known = true, .low = 61, .high = 600, .layer = LAYER_PREDICTED,
                  .basis = "30.0 GB at 50 to 500 MB/s"},
     .batching = "5,000 rows by id", .undo = "tminus migrate --undo --steps 1",
     .owner = "database owner"},
    {.kind = STEP_ACTION, .name = "deploy.release", .title = "Deploy commit 0123456789ab",
     .command = "./deploy 0123456789ab", .proof = "each instance answers",
     .expected = "0123456789ab", .status = STATUS_UNKNOWN, .is_required = true,
     .estimate = {.basis = "it was never measured"}, .batching = "none: nothing is written",
     .undo = "./deploy ba9876543210", .owner = "deployer"},
    {.kind = STEP_MANUAL, .name = "deploy.flag", .title = "Enable the feature flag",
     .proof = "its value is read back", .expected = "on", .status = STATUS_MANUAL,
     .undo = "rollback.flag", .owner = "deployer"},
};

static struct plan_step example_post[] = {
    {.kind = STEP_CHECK, .name = "post.I1/emails.category", .title = "every email has a category",
     .command = "psql -Xc 'SELECT 1'", .sql = "SELECT 1", .proof = "derived", .expected = "0",
     .status = STATUS_UNKNOWN, .is_required = true, .is_invariant = true,
     .undo = EXAMPLE_READS, .owner = "database owner"},
};

static struct plan_step example_monitoring[] = {
    {.kind = STEP_MANUAL, .name = "monitor.error_rate", .title = "Alert on the error rate",
     .proof = "a test of the rule fires", .expected = "alerts when above 1% for 5m",
     .status = STATUS_MANUAL, .is_required = true, .undo = "remove the rule", .owner = "on-call"},
};

static struct plan_step example_rollback[] = {
    {.kind = STEP_ACTION, .name = "rollback.migrations", .title = "Undo 1 migration",
     .command = "tminus migrate --undo --steps 1", .proof = "the schema is compared",
     .expected = "ends with 0", .status = STATUS_UNKNOWN, .is_required = true,
     .estimate = {.is_known = true, .low = 0, .high = 0.5, .basis = "the catalog alone"},
     .batching = "none: as it is written", .undo = "tminus migrate", .owner = "database owner"},
};

static const char *example_notes[] = {"no metrics: in tminus.yaml"};

static struct plan example_plan(void)
{
    struct plan plan = {
        .title = "Classify *emails* <script>alert(1)</script> & `more` [x](y)",
        .version = "0123456789abcdef0123456789abcdef01234567",
        .previous = "ba9876543210ba9876543210ba9876543210ba98",
        .service = "mail", .environment = "production",
        .target = {.engine = "postgres", .text = "mail on db1, PostgreSQL 15.14, \"primary\""},
        .verdict = VERDICT_NO_GO, .reason = "1 required line failed",
        .digest = {"07019866d2ba1e06b8946b4905e59df897d60a3b037c44edf526649b9aec4779"},
        .made_at = EXAMPLE_AT,
        .strategy = {"maintenance", "nobody can write while 30.0 GB are rewritten"},
        .rollback = {ROLLBACK_PARTIAL, LAYER_PREDICTED, "two columns are filled again by hand", 7},
        .notes = example_notes, .n_notes = 1,
    };
    plan.sections[PLAN_PRE_DEPLOY] = (struct plan_section){PLAN_PRE_DEPLOY, example_pre, 6};
    plan.sections[PLAN_DEPLOY] = (struct plan_section){PLAN_DEPLOY, example_deploy, 3};
    plan.sections[PLAN_POST_DEPLOY] = (struct plan_section){PLAN_POST_DEPLOY, example_post, 1};
    plan.sections[PLAN_MONITORING] =
        (struct plan_section){PLAN_MONITORING, example_monitoring, 1};
    plan.sections[PLAN_ROLLBACK] = (struct plan_section){PLAN_ROLLBACK, example_rollback, 1};
    return plan;
}

#endif
