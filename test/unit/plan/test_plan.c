/*
 * The plan: verdict, way back, way of deploying, order, estimates and batches.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "planned.h"

#define EMAILS                                                                                     \
    "CREATE TABLE emails (id bigint PRIMARY KEY, category text, size int, status text);"
#define SMALL "{public.emails: {rows: 500, bytes: 64KB}}"
#define HUGE "{public.emails: {rows: 300000000, bytes: 30GB}}"

// --- the way back

static const struct {
    const char *label;
    struct planned_case change;
    enum rollback_class class;
    const char *reason; // its beginning
} ways_back[] = {
    {"adds and takes away again",
     {.before = EMAILS, .up = "ALTER TABLE emails ADD COLUMN note text;",
      .down = "ALTER TABLE emails DROP COLUMN note;"},
     ROLLBACK_ROUND_TRIP, "every migration has a down that restores the schema"},
    {"no migration", {.before = EMAILS}, ROLLBACK_ROUND_TRIP, "nothing in the database changes"},
    {"drops values", {.before = EMAILS, .up = "ALTER TABLE emails DROP COLUMN size;",
                      .down = "ALTER TABLE emails ADD COLUMN size int;", .sizes = SMALL},
     ROLLBACK_BACKUP, "the change overwrites or removes public.emails.size of 500 rows; only the "
                      "copy that pre.copy makes"},
    {"overwrites values", {.before = EMAILS, .up = "UPDATE emails SET status = lower(status);"},
     ROLLBACK_BACKUP, "the change overwrites or removes public.emails.status; only"},
    {"a backup is configured",
     {.before = EMAILS, .up = "DROP TABLE emails;",
      .yaml = "environments: {production: {backup: {kind: pg_dump}}}"},
     ROLLBACK_BACKUP, "the change overwrites or removes public.emails; only the backup"},
    {"drops a schema", {.before = EMAILS "CREATE SCHEMA old;", .up = "DROP SCHEMA old CASCADE;"},
     ROLLBACK_IRREVERSIBLE, "schema old is gone, and no copy is known"},
    {"no down", {.before = EMAILS, .up = "ALTER TABLE emails ADD COLUMN note text;"},
     ROLLBACK_PARTIAL, "the previous commit can be deployed; 1 of 1 migrations have no down"},
    {"a down that leaves something behind",
     {.before = EMAILS,
      .up = "ALTER TABLE emails ADD COLUMN note text; ALTER TABLE emails ADD COLUMN more text;",
      .down = "ALTER TABLE emails DROP COLUMN note;"},
     ROLLBACK_PARTIAL, "the down leaves another schema than before the up"},
    {"not understood", {.before = EMAILS, .up = "ALTER TABLE emails FROB;"}, ROLLBACK_UNKNOWN,
     "not everything that the migrations do is understood"},
};

static void test_plan__way_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ways_back); i++) {
        SCRATCH(tmp);
        const struct plan_rollback rollback = planned(tmp, &ways_back[i].change)->rollback;
        const char *wanted = ways_back[i].reason;
        if (rollback.class != ways_back[i].class ||
            strncmp(rollback.reason, wanted, strlen(wanted)) != 0)
            fail_msg("%s: %s: %s", ways_back[i].label, rollback_class_name(rollback.class),
                     rollback.reason);
        assert_int_equal(rollback.layer, LAYER_PREDICTED);
        assert_int_equal(rollback.rows_lost, -1);
    }
}

// --- the way of deploying

static const struct {
    const char *label;
    struct planned_case change;
    const char *strategy;
    const char *reason; // part of it
} ways[] = {
    {"additive", {.before = EMAILS, .up = "ALTER TABLE emails ADD COLUMN note text;"}, "rolling",
     "can live with the new schema"},
    {"traffic is steered", {.before = EMAILS, .up = "ALTER TABLE emails ADD COLUMN note text;",
                            .yaml = "environments: {production: {traffic: {kind: haproxy}}}"},
     "canary", "while traffic moves"},
    {"a strategy is asked for", {.before = EMAILS, .up = "ALTER TABLE emails ADD COLUMN note text;",
                                 .yaml = "environments: {production: {release: {strategy: blue_green}}}"},
     "blue-green", "tminus.yaml asks for it"},
    {"takes away what is used", {.before = EMAILS, .up = "ALTER TABLE emails DROP COLUMN status;"},
     "expand-contract", "drop-column (0002_emails.up.sql:1)"},
    {"replaces a table by one without the column",
     {.before = EMAILS, .up = "CREATE TABLE new (id bigint PRIMARY KEY, size int, status text);"
                              "ALTER TABLE emails RENAME TO old; ALTER TABLE new RENAME TO emails;"},
     "expand-contract", "cannot live with"},
    {"requires what the old release does not write",
     {.before = EMAILS, .up = "ALTER TABLE emails ADD COLUMN note text;"
                              "UPDATE emails SET note = ''; ALTER TABLE emails ALTER note SET NOT NULL;",
      .sizes = SMALL},
     "expand-contract", "emails.note, which every row must have"},
    {"requires what the old release knows",
     {.before = EMAILS, .up = "ALTER TABLE emails ALTER status SET NOT NULL;", .sizes = SMALL},
     "rolling", "can live with the new schema"},
    {"takes away and locks long",
     {.before = EMAILS, .up = "ALTER TABLE emails DROP COLUMN status; UPDATE emails SET size = 0;",
      .sizes = HUGE},
     "expand-contract", "; public.emails (300,000,000 rows, 30.0 GB) takes no writes"},
    {"locks a large table long",
     {.before = EMAILS, .up = "ALTER TABLE emails ALTER COLUMN size TYPE bigint;", .sizes = HUGE},
     "maintenance", "public.emails (300,000,000 rows, 30.0 GB) takes no writes"},
    {"replaces a view while a table is worked on",
     {.before = EMAILS "CREATE VIEW briefs AS SELECT id FROM emails;",
      .up = "ALTER TABLE emails ADD COLUMN note text; UPDATE emails SET note = category;"
            "DROP VIEW briefs; CREATE VIEW briefs AS SELECT id FROM emails;",
      .sizes = HUGE},
     "maintenance", "public.emails (300,000,000 rows, 30.0 GB) takes no writes"},
    {"locks a table long of which nobody told the size",
     {.before = EMAILS, .up = "CREATE INDEX emails_size ON emails (size);"}, "maintenance",
     "public.emails (size not known) takes no writes"},
    {"locks a small one", {.before = EMAILS, .up = "CREATE INDEX emails_size ON emails (size);",
                           .sizes = SMALL}, "rolling", "no lock is held long"},
    {"not understood", {.before = EMAILS, .up = "ALTER TABLE emails FROB;"}, "maintenance",
     "not every statement is understood"},
};

static void test_plan__strategy(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(ways); i++) {
        SCRATCH(tmp);
        const struct plan_strategy strategy = planned(tmp, &ways[i].change)->strategy;
        if (strcmp(strategy.name, ways[i].strategy) != 0 ||
            strstr(strategy.reason, ways[i].reason) == NULL)
            fail_msg("%s: %s: %s", ways[i].label, strategy.name, strategy.reason);
    }
}

static size_t place_of(const struct plan *plan, const char *name)
{
    const struct plan_section *section = &plan->sections[PLAN_DEPLOY];

    for (size_t i = 0; i < section->n_steps; i++)
        if (strcmp(section->steps[i].name, name) == 0)
            return i;
    fail_msg("no step '%s'", name);
    return 0;
}

// What adds stands before the release that needs it, what only takes away behind it.
static void test_plan__order(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct planned_case adds = {.before = EMAILS,
                                      .up = "ALTER TABLE emails ADD COLUMN note text;"};
    const struct planned_case takes = {.before = EMAILS,
                                       .up = "ALTER TABLE emails DROP COLUMN status;"};
    const struct planned_case both = {.before = EMAILS,
                                      .up = "ALTER TABLE emails ADD COLUMN note text;"
                                            "ALTER TABLE emails DROP COLUMN status;"};
    struct plan *plan = planned(tmp, &adds);

    assert_true(place_of(plan, "deploy.0002") < place_of(plan, "deploy.release"));
    assert_true(place_of(plan, "deploy.release") < place_of(plan, "deploy.flag"));
    plan = planned(tmp, &takes);
    assert_true(place_of(plan, "deploy.0002") > place_of(plan, "deploy.release"));
    assert_non_null(strstr(planned_step(plan, "deploy.0002")->detail, "after the release: "));
    plan = planned(tmp, &both);
    assert_true(place_of(plan, "deploy.0002") < place_of(plan, "deploy.release"));
    assert_non_null(strstr(planned_step(plan, "deploy.0002")->detail, "until that is everywhere"));
}

// --- estimates. Rates: docs/plan.md

static const struct {
    const char *label;
    struct planned_case change;
    bool is_known;
    double low, high; // seconds, within 2 %
    const char *batching;
} works[] = {
    {"the catalog alone", {.before = EMAILS, .up = "ALTER TABLE emails ADD COLUMN note text;"}, true,
     0, 1, "none: no rows are changed"},
    // 30 GB: 30720 MB at 200 MB/s, at 30 MB/s; and a second.
    {"a rewrite of 30 GB", {.before = EMAILS, .up = "ALTER TABLE emails ALTER size TYPE bigint;",
                            .sizes = HUGE}, true, 153.6, 1025, "none: no rows are changed"},
    {"a scan of 30 GB", {.before = EMAILS, .up = "ALTER TABLE emails ALTER status SET NOT NULL;",
                         .sizes = HUGE}, true, 30.72, 308.2, "none: no rows are changed"},
    {"an index over 30 GB", {.before = EMAILS, .up = "CREATE INDEX ON emails (size);",
                             .sizes = HUGE}, true, 153.6, 1025, "none: no rows are changed"},
    // 300 million rows at 200,000 a second, at 20,000, and once read.
    {"every row", {.before = EMAILS, .up = "UPDATE emails SET size = 1;", .sizes = HUGE}, true,
     1530.7, 15308, "none as written: one statement over public.emails (300,000,000 rows, 30.0 GB); "
                    "5,000 rows by id at a time hold no lock long"},
    // Perhaps none: then they are only looked for, at 5 million a second.
    {"some rows", {.before = EMAILS, .up = "DELETE FROM emails WHERE size = 0;", .sizes = HUGE},
     true, 60, 15001, "none as written: one statement over public.emails (300,000,000 rows, 30.0 "
                      "GB); 5,000 rows by id at a time hold no lock long"},
    {"few rows", {.before = EMAILS, .up = "DELETE FROM emails WHERE size = 0;", .sizes = SMALL},
     true, 0.0001, 1.025, "none: few rows"},
    {"nobody told the size", {.before = EMAILS, .up = "ALTER TABLE emails ALTER size TYPE bigint;"},
     false, 0, 0, "none: no rows are changed"},
    {"not understood", {.before = EMAILS, .up = "ALTER TABLE emails FROB;", .sizes = HUGE}, false, 0,
     0, "none: no rows are changed"},
};

static bool is_near(double value, double wanted)
{
    return value >= wanted * 0.98 && value <= wanted * 1.02;
}

static void test_plan__estimates(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(works); i++) {
        SCRATCH(tmp);
        const struct plan_step *step =
            planned_step(planned(tmp, &works[i].change), "deploy.0002");
        if (step->estimate.is_known != works[i].is_known ||
            (works[i].is_known && (!is_near(step->estimate.low, works[i].low) ||
                                   !is_near(step->estimate.high, works[i].high))))
            fail_msg("%s: %g to %g: %s", works[i].label, step->estimate.low, step->estimate.high,
                     step->estimate.basis);
        assert_non_null(step->estimate.basis);
        assert_string_equal(step->batching, works[i].batching);
    }
}

static void test_plan__says_what_is_locked(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct planned_case c = {
        .before = EMAILS, .up = "ALTER TABLE emails ALTER size TYPE bigint;", .sizes = HUGE};

    assert_string_equal(planned_step(planned(tmp, &c), "deploy.0002")->detail,
                        "public.emails (300,000,000 rows, 30.0 GB): written anew with its indexes; "
                        "ACCESS EXCLUSIVE lock: nobody reads or writes it for the whole time");
}

// --- the verdict

static void test_plan_decide__needs_every_required_line(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct planned_case c = {.before = EMAILS, .up = "ALTER TABLE emails ADD COLUMN note text;"};
    const struct planned_case stopped = {.before = EMAILS, .up = "DROP TABLE emails;"};
    struct plan *plan = planned(tmp, &c);
    struct plan_section *section = &plan->sections[PLAN_PRE_DEPLOY];

    // Nobody was asked.
    assert_int_equal(plan->verdict, VERDICT_HOLD);
    for (size_t i = 0; i < section->n_steps; i++)
        if (section->steps[i].kind == STEP_CHECK)
            section->steps[i].status = STATUS_PASS;
    plan_decide(tmp, plan, PLAN_PRE_DEPLOY);
    assert_int_equal(plan->verdict, VERDICT_GO);
    assert_string_equal(plan->reason,
                        "every line that can be asked passes; 2 lines wait for a person to sign");
    planned_step(plan, "pre.baseline")->status = STATUS_FAIL;
    planned_step(plan, "pre.baseline")->observed = "saved 2 h 0 min ago: too old";
    plan_decide(tmp, plan, PLAN_PRE_DEPLOY);
    assert_int_equal(plan->verdict, VERDICT_NO_GO);
    assert_string_equal(plan->reason, "Save the expected values: saved 2 h 0 min ago: too old");
    planned_step(plan, "pre.baseline")->is_required = false;
    plan_decide(tmp, plan, PLAN_PRE_DEPLOY);
    assert_int_equal(plan->verdict, VERDICT_GO);
    assert_int_equal(planned(tmp, &stopped)->verdict, VERDICT_NO_GO);
}

// --- commands

static void test_plan__commands_of_the_release(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct planned_case c = {
        .before = EMAILS,
        .up = "ALTER TABLE emails ADD COLUMN note text;",
        .version = "1111111111111111111111111111111111111111",
        .previous = "2222222222222222222222222222222222222222",
        .yaml = "environments: {production: {release: {deploy: [./deploy.sh, --version, "
                "'{version}', --note, it's here]}}}",
    };
    struct plan *plan = planned(tmp, &c);

    assert_string_equal(planned_step(plan, "deploy.release")->command,
                        "./deploy.sh --version 1111111111111111111111111111111111111111 --note "
                        "'it'\\''s here'");
    assert_string_equal(planned_step(plan, "rollback.release")->argv[2], c.previous);
    // What cannot be filled in is no command: a person does it.
    c.version = NULL;
    plan = planned(tmp, &c);
    assert_null(planned_step(plan, "deploy.release")->command);
    assert_int_equal(planned_step(plan, "deploy.release")->kind, STEP_MANUAL);
}

// Source: the manuals of the tools.
static const struct {
    const char *layout, *apply, *undo;
} tools[] = {
    {"rails", "bin/rails db:migrate VERSION=0002", "bin/rails db:rollback STEP=1"},
    {"alembic", "alembic upgrade 0002", "alembic downgrade -1"},
    {"flyway", "flyway -target=0002 migrate", "none: this tool runs no downs; see rollback.restore"},
    {"golang-migrate", "migrate -path db -database \"$DATABASE_URL\" goto 0002",
     "migrate -path db -database \"$DATABASE_URL\" down 1"},
    {"goose", "goose -dir db postgres \"$DATABASE_URL\" up-to 0002",
     "goose -dir db postgres \"$DATABASE_URL\" down"},
    {"sqitch", "sqitch deploy --to-change emails", "sqitch revert --to @HEAD^1"},
    // No tool of its own: tminus says itself that it cannot write the record.
    {"plain", "tminus migrate --to 0002 --env production",
     "tminus migrate --undo --steps 1 --env production"},
};

static void test_plan__commands_of_other_tools(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(tools); i++) {
        SCRATCH(tmp);
        const struct planned_case c = {.before = EMAILS,
                                       .up = "ALTER TABLE emails ADD COLUMN note text;",
                                       .down = "ALTER TABLE emails DROP COLUMN note;",
                                       .layout = tools[i].layout,
                                       .has_own_tool = true};
        struct plan_step *step = planned_step(planned(tmp, &c), "deploy.0002");
        assert_string_equal(step->command, tools[i].apply);
        assert_string_equal(step->undo, tools[i].undo);
    }
}

static void test_plan__migrations_after_the_release(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct planned_case c = {.before = EMAILS,
                                   .up = "ALTER TABLE emails ADD COLUMN note text;",
                                   .phase = PHASE_AFTER_RELEASE};
    struct plan *plan = planned(tmp, &c);

    assert_string_equal(planned_step(plan, "deploy.0002")->command,
                        "tminus migrate --to 0002 --env production --after-release");
    assert_true(place_of(plan, "deploy.0002") > place_of(plan, "deploy.release"));
}

// The console check is a line that a shell takes, with the quotes of both languages.
static void test_plan__console(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct planned_case c = {
        .before = EMAILS,
        .up = "ALTER TABLE emails ADD COLUMN note text; UPDATE emails SET note = category;",
        .console = CONSOLE_RAILS,
    };

    assert_string_equal(planned_step(planned(tmp, &c), "monitor.1h")->command,
                        "bin/rails runner 'puts ActiveRecord::Base.connection.select_rows(\"SELECT "
                        "count(*) FROM \\\"public\\\".\\\"emails\\\" WHERE \\\"category\\\" IS NOT "
                        "NULL AND \\\"note\\\" IS NULL\").inspect'");
    c.console = CONSOLE_DJANGO;
    assert_string_equal(planned_step(planned(tmp, &c), "monitor.24h")->command,
                        "python3 manage.py shell -c 'from django.db import connection; c = "
                        "connection.cursor(); c.execute(\"SELECT count(*) FROM "
                        "\\\"public\\\".\\\"emails\\\" WHERE \\\"category\\\" IS NOT NULL AND "
                        "\\\"note\\\" IS NULL\"); print(c.fetchall())'");
    c.console = CONSOLE_CLIENT;
    assert_string_equal(planned_step(planned(tmp, &c), "monitor.4h")->command,
                        "psql \"$DATABASE_URL\" -Xc 'SELECT count(*) FROM \"public\".\"emails\" WHERE "
                        "\"category\" IS NOT NULL AND \"note\" IS NULL'");
}

static void test_plan__no_way_back_is_accepted_by_name(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct planned_case gone = {.before = EMAILS "CREATE SCHEMA old;",
                                      .up = "DROP SCHEMA old CASCADE;"};
    const struct planned_case kept = {.before = EMAILS,
                                      .up = "ALTER TABLE emails ADD COLUMN note text;"};

    assert_int_equal(planned_step(planned(tmp, &gone), "pre.irreversible")->status, STATUS_MANUAL);
    assert_null(plan_find(planned(tmp, &kept), "pre.irreversible"));
}

static void test_plan__sections_of_the_document(void **state)
{
    (void)state;
    SCRATCH(tmp);
    const struct planned_case c = {
        .before = EMAILS "CREATE TABLE kinds (id int PRIMARY KEY, name text UNIQUE);",
        .up = "ALTER TABLE emails ADD COLUMN kind_id int; UPDATE emails SET kind_id = "
              "(SELECT k.id FROM kinds k WHERE k.name = emails.category);",
        .down = "ALTER TABLE emails DROP COLUMN kind_id;",
    };
    static const char *const names[] = {
        "pre.assess",      "pre.mapping/kinds",    "pre.I6/emails.category", "pre.baseline",
        "pre.activity",    "pre.staging",          "pre.rollback_plan",      "deploy.0002",
        "deploy.release",  "deploy.flag",          "post.record",            "post.I1/emails.kind_id",
        "post.compare",    "post.errors",          "post.spot_check",        "monitor.error_rate",
        "monitor.missing_data", "monitor.user_reports", "monitor.1h", "monitor.4h", "monitor.24h",
        "monitor.close",   "rollback.flag",        "rollback.release",       "rollback.migrations",
        "rollback.restore", "rollback.verify",
    };
    struct plan *plan = planned(tmp, &c);
    struct error err = {0};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        planned_step(plan, names[i]);
    if (!plan_lint(plan, &err))
        fail_msg("%s", err.message);
    assert_string_equal(planned_step(plan, "monitor.error_rate")->expected,
                        "alerts when above 1% for 5m");
    assert_string_equal(planned_step(plan, "monitor.missing_data")->sql,
                        planned_step(plan, "post.I1/emails.kind_id")->sql);
    assert_string_equal(planned_step(plan, "rollback.migrations")->command,
                        "tminus migrate --undo --steps 1 --env production");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan__way_back),
        cmocka_unit_test(test_plan__strategy),
        cmocka_unit_test(test_plan__order),
        cmocka_unit_test(test_plan__estimates),
        cmocka_unit_test(test_plan__says_what_is_locked),
        cmocka_unit_test(test_plan_decide__needs_every_required_line),
        cmocka_unit_test(test_plan__commands_of_the_release),
        cmocka_unit_test(test_plan__commands_of_other_tools),
        cmocka_unit_test(test_plan__migrations_after_the_release),
        cmocka_unit_test(test_plan__console),
        cmocka_unit_test(test_plan__no_way_back_is_accepted_by_name),
        cmocka_unit_test(test_plan__sections_of_the_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
