/*
 * The judge: what a history lets it know, what is context, what nobody can see.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "judged.h"

static struct migration up(const char *path, const char *sql)
{
    return (struct migration){.path = path, .up = judged_text(path, sql, true)};
}

static struct assessment *assess(TALLOC_CTX *mem, struct migration *migrations, size_t n)
{
    struct error err;
    struct assessment *assessment = NULL;
    const struct change change = {.migrations = migrations, .n_migrations = n};
    const struct assessment_options options = {.dialect = DIALECT_POSTGRES};
    if (!assessment_make(mem, &change, &options, &assessment, &err))
        fail_msg("%s", err.message);
    return assessment;
}

static void test_judge__a_whole_history_knows_what_is_missing(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct migration migrations[] = {
        up("1", "CREATE TABLE a (id int);"),
        up("2", "CREATE TABLE b (id int);"),
        up("3", "ALTER TABLE a ADD COLUMN n int;"),
        up("4", "ALTER TABLE c ADD COLUMN n int;"),
        up("5", "ALTER TABLE d ADD COLUMN n int;"),
    };
    struct assessment *assessment = assess(tmp, migrations, COUNT_OF(migrations));
    const struct finding *finding = judged_find(assessment, "object-missing-or-exists");
    assert_non_null(finding);
    assert_string_equal(finding->path, "4");
    assert_int_equal(finding->severity, SEVERITY_WARN);
    // After a hole in the history nothing is sure: the fifth is not told.
    for (size_t i = 0; i < assessment->findings.n; i++) {
        if (strcmp(assessment->findings.list[i].rule, "object-missing-or-exists") == 0)
            assert_string_equal(assessment->findings.list[i].path, "4");
    }
}

static void test_judge__a_history_from_the_middle_does_not(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct migration migrations[] = {
        up("1", "ALTER TABLE a ADD COLUMN n int;"), up("2", "CREATE TABLE b (id int);"),
        up("3", "CREATE TABLE c (id int);"),        up("4", "CREATE TABLE d (id int);"),
        up("5", "ALTER TABLE e ADD COLUMN n int;"),
    };
    assert_null(judged_find(assess(tmp, migrations, COUNT_OF(migrations)),
                            "object-missing-or-exists"));
}

static void test_judge__context_is_replayed_and_not_judged(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct migration migrations[] = {
        up("1", "CREATE TABLE a (id int); DROP TABLE b;"),
        up("2", "ALTER TABLE a DROP COLUMN id;"),
    };
    migrations[0].is_context = true;
    struct assessment *assessment = assess(tmp, migrations, COUNT_OF(migrations));
    assert_int_equal(assessment->n_scripts, 1);
    assert_null(judged_find(assessment, "drop-table"));
    assert_non_null(judged_find(assessment, "drop-column"));
    assert_int_equal(assessment->n_statements, 1);
}

static void test_judge__what_nobody_sees_holds(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct migration migrations[] = {up("1.py", "")};
    migrations[0].up.unseen = "a Python operation";
    migrations[0].up.unseen_line = 7;
    struct assessment *assessment = assess(tmp, migrations, 1);
    assert_int_equal(assessment->verdict, VERDICT_HOLD);
    assert_int_equal(assessment->risk, RISK_UNKNOWN);
    assert_int_equal(assessment->n_understood, 0);
    assert_int_equal(assessment->n_statements, 1);
    assert_int_equal(assessment->not_understood[0].line, 7);
    assert_int_equal(judged_find(assessment, "dynamic-ddl")->line, 7);
}

static void test_judge__stop_wins_over_hold(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct migration migrations[] = {up("1", "DO $$ BEGIN END $$; DROP TABLE a;")};
    assert_int_equal(assess(tmp, migrations, 1)->verdict, VERDICT_NO_GO);
}

static void test_judge__a_down_does_not_change_the_next_up(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct migration migrations[] = {
        up("1.up", "CREATE TABLE a (id int);"),
        up("2.up", "CREATE INDEX i ON a (id);"),
    };
    migrations[0].down = judged_text("1.down", "DROP TABLE a;", true);
    migrations[1].down = judged_text("2.down", "DROP INDEX i;", true);
    struct assessment *assessment = assess(tmp, migrations, COUNT_OF(migrations));
    assert_int_equal(assessment->n_scripts, 4);
    assert_true(assessment->scripts[1].is_down);
    assert_non_null(schema_find(assessment->schema, (struct name){.name = "a"}));
    assert_non_null(judged_find(assessment, "index-create-blocking"));
    assert_null(judged_find(assessment, "down-does-not-restore"));
}

static void test_judge__a_missing_down_is_told_where_others_have_one(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct migration migrations[] = {
        up("1.up", "CREATE TABLE a (id int);"),
        up("2.up", "DROP TABLE a;"),
    };
    assert_null(judged_find(assess(tmp, migrations, 2), "missing-down"));
    migrations[0].down = judged_text("1.down", "DROP TABLE a;", true);
    const struct finding *finding = judged_find(assess(tmp, migrations, 2), "missing-down");
    assert_non_null(finding);
    assert_string_equal(finding->path, "2.up");
    assert_int_equal(finding->line, 0); // of the whole file, not where another rule looked last
}

static void test_judge__risk(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        enum risk risk;
    } cases[] = {
        {"", RISK_NONE},
        {"SET lock_timeout = '1s';", RISK_NONE},
        {"CREATE TABLE a (id int);", RISK_LOW},
        {"CREATE TABLE a (id int); INSERT INTO a VALUES (1);", RISK_HIGH},
        {"DROP TABLE a;", RISK_HIGH},
        {"SELEC 1;", RISK_UNKNOWN},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        struct migration migrations[] = {up("1", cases[i].sql)};
        assert_int_equal(assess(tmp, migrations, 1)->risk, cases[i].risk);
    }
}

// A history whose last but one up is `sql`; then a column and a table that no up made are named.
static struct assessment *after_gap(TALLOC_CTX *mem, const char *sql, bool is_context)
{
    struct migration migrations[] = {
        up("1", "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);"),
        up("2", "ALTER TABLE a ADD COLUMN k int;"),
        up("3", "ALTER TABLE b ADD COLUMN k int;"),
        up("4", sql),
        up("5", "ALTER TABLE a DROP COLUMN x; ALTER TABLE b DROP COLUMN y;"),
    };
    for (size_t i = 0; i < 4; i++)
        migrations[i].is_context = is_context;
    return assess(mem, migrations, COUNT_OF(migrations));
}

static size_t n_missing(const struct assessment *assessment)
{
    size_t n = 0;
    for (size_t i = 0; i < assessment->findings.n; i++)
        n += strcmp(assessment->findings.list[i].rule, "object-missing-or-exists") == 0;
    return n;
}

static void test_judge__what_is_not_understood_leaves_a_doubt(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        size_t n_missing; // of the two columns
        size_t n_doubts;
    } cases[] = {
        {"SELECT 1;", 2, 0},
        {"ALTER TABLE a ADD CLUMN q int;", 1, 1}, // about a only
        {"ALTER TABLE \"B\" ADD CLUMN q int;", 2, 1},
        {"DROP TABEL a CASCADE;", 0, 1},
        {"ADD x;", 0, 1},
        {"CALL p();", 0, 1},
        {"DO $$ BEGIN EXECUTE 'ALTER TABLE ' || t; END $$;", 0, 1},
        {"DO $$ BEGIN ALTER TABLE a ADD COLUMN z int; END $$;", 2, 0},
        {"CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'; SELECT f();", 2,
         0}, // its body is read
        {"CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'BEGIN EXECUTE x; RETURN 1; END'; "
         "SELECT f();",
         0, 1},
        {"SELECT now();", 2, 0},
    };
    for (size_t i = 0; i < 2 * COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        const struct assessment *assessment =
            after_gap(tmp, cases[i / 2].sql, i % 2 == 1); // judged, and read as context only
        const struct schema_doubt *doubt = schema_doubts(assessment->schema);
        size_t n_doubts = doubt == NULL ? 0 : doubt->number;
        if (n_missing(assessment) != cases[i / 2].n_missing || n_doubts != cases[i / 2].n_doubts)
            fail_msg("%s: %zu missing, %zu doubts", cases[i / 2].sql, n_missing(assessment),
                     n_doubts);
        if (doubt != NULL)
            assert_string_equal(doubt->path, "4");
    }
}

static void test_judge__a_doubt_keeps_absence_unsaid(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        bool is_told;
    } cases[] = {
        {"%s", true},
        {"CREATE INDXE i ON c (r); %s", true}, // c was made after it
        {"%s CREATE INDXE i ON c (r);", false},
        {"%s CREATE INDXE i ON a (id);", true},
        {"%s CALL p();", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        SCRATCH(tmp);
        const char *made = "CREATE TABLE c (r int REFERENCES a);";
        const char *at = strstr(cases[i].sql, "%s");
        struct migration migrations[] = {
            up("1", "CREATE TABLE a (id int PRIMARY KEY);"),
            up("2", mem_printf(tmp, "%.*s%s%s", (int)(at - cases[i].sql), cases[i].sql, made, at + 2)),
        };
        const struct assessment *assessment = assess(tmp, migrations, 2);
        assert_int_equal(judged_find(assessment, "fk-without-index") != NULL, cases[i].is_told);
        assert_int_equal(judged_find(assessment, "no-primary-key") != NULL, cases[i].is_told);
    }
}

static void test_judge__a_down_with_unread_code_may_restore(void **state)
{
    (void)state;
    static const char *const downs[] = {"SELECT 1;", "SELECT 1; CALL p();"};
    for (size_t i = 0; i < COUNT_OF(downs); i++) {
        SCRATCH(tmp);
        struct migration migrations[] = {up("1", "CREATE TABLE a (id int PRIMARY KEY);")};
        migrations[0].down = judged_text("1.down", downs[i], true);
        const struct assessment *assessment = assess(tmp, migrations, 1);
        assert_int_equal(judged_find(assessment, "down-does-not-restore") != NULL, i == 0);
        assert_null(schema_doubts(assessment->schema)); // the down was tried on a copy
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge__a_whole_history_knows_what_is_missing),
        cmocka_unit_test(test_judge__a_history_from_the_middle_does_not),
        cmocka_unit_test(test_judge__context_is_replayed_and_not_judged),
        cmocka_unit_test(test_judge__what_nobody_sees_holds),
        cmocka_unit_test(test_judge__stop_wins_over_hold),
        cmocka_unit_test(test_judge__a_down_does_not_change_the_next_up),
        cmocka_unit_test(test_judge__a_missing_down_is_told_where_others_have_one),
        cmocka_unit_test(test_judge__risk),
        cmocka_unit_test(test_judge__what_is_not_understood_leaves_a_doubt),
        cmocka_unit_test(test_judge__a_doubt_keeps_absence_unsaid),
        cmocka_unit_test(test_judge__a_down_with_unread_code_may_restore),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
