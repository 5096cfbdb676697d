/*
 * Verification end to end on SQLite: rows lost, doubled, changed; tables rebuilt, renamed; taken back.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof_rig.h"

// 1,000 emails: 1–20 without category, 21–50 of one that the map does not know, 51–90 of one that
// stands in it twice.
#define MAIL                                                                                       \
    "CREATE TABLE emails (id INTEGER PRIMARY KEY, subject TEXT NOT NULL, status TEXT NOT NULL,"    \
    " category TEXT);"                                                                             \
    "CREATE TABLE category_map (old_name TEXT NOT NULL, category_id INTEGER NOT NULL);"            \
    "INSERT INTO category_map VALUES ('brief', 1), ('news', 2), ('news', 2);"                      \
    "WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 1000)"    \
    "INSERT INTO emails SELECT n, 'Message ' || n, CASE n % 3 WHEN 0 THEN 'read' ELSE 'new' END,"  \
    " CASE WHEN n <= 20 THEN NULL WHEN n <= 50 THEN 'task' WHEN n <= 90 THEN 'news' ELSE 'brief' END" \
    " FROM number;"

#define FLAWED                                                                                     \
    "CREATE TABLE emails_new (id INTEGER NOT NULL, subject TEXT NOT NULL, status TEXT NOT NULL,"   \
    " category_id INTEGER NOT NULL);"                                                              \
    "INSERT INTO emails_new (id, subject, status, category_id)"                                    \
    " SELECT e.id, e.subject, e.status, m.category_id FROM emails e"                               \
    " JOIN category_map m ON m.old_name = e.category;"

#define TAKE_PLACE "DROP TABLE emails; ALTER TABLE emails_new RENAME TO emails;"
#define STEP_ASIDE "ALTER TABLE emails RENAME TO emails_old; ALTER TABLE emails_new RENAME TO emails;"

static struct proof_rig *change(TALLOC_CTX *mem, const char *data, const char *migration)
{
    struct proof_rig *rig = proof_rig_make(mem, data);
    proof_rig_baseline(rig, migration);
    proof_rig_run(rig, migration);
    proof_rig_verify(rig, EXPECT_APPLIED);
    return rig;
}

static void expect_lost_and_doubled(const struct proof_rig *rig)
{
    const struct comparison *emails = &rig->after.tables[0];

    assert_int_equal(rig->after.verdict, VERDICT_NO_GO);
    assert_string_equal(emails->before->name.name, "emails");
    assert_int_equal(emails->missing.keys, 50);
    assert_int_equal(emails->missing.rest.answer.unattributed, 50);
    assert_string_equal(emails->missing.samples[0], "id=1");
    assert_string_equal(emails->missing.trait, "category is NULL or 'task'");
    assert_true(emails->missing.is_exact_trait);
    assert_int_equal(emails->doubled.keys, 40);
    assert_int_equal(emails->doubled.rows, 40);
    assert_string_equal(emails->doubled.samples[0], "id=51");
    assert_string_equal(emails->doubled.trait, "category is 'news'");
    assert_int_equal(proof_rig_after(rig, "I18/emails")->status, STATUS_FAIL);
    assert_int_equal(proof_rig_after(rig, "I9/emails.id")->status, STATUS_FAIL);
    assert_int_equal(proof_rig_after(rig, "I19/emails.copied")->status, STATUS_FAIL);
    // What contradicts the change is there already before it.
    assert_int_equal(proof_rig_before(rig, "I6/emails.category")->status, STATUS_FAIL);
    assert_string_equal(proof_rig_before(rig, "I6/emails.category")->detail, "'task' (30), NULL (20)");
    assert_int_equal(proof_rig_before(rig, "I9/category_map.old_name")->status, STATUS_FAIL);
    assert_string_equal(proof_rig_before(rig, "I9/category_map.old_name")->detail, "'news' (2)");
    assert_true(proof_rig_before(rig, "I20/emails.before")->value == 50);
    assert_true(proof_rig_before(rig, "I9/emails.before")->value == 40);
}

static void test_rebuild__loses_and_doubles(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct proof_rig *rig = change(tmp, MAIL, FLAWED TAKE_PLACE);
    expect_lost_and_doubled(rig);
    proof_rig_clean(rig);
}

// The old table steps aside under another name: what is called emails is what counts.
static void test_rebuild__old_table_stays(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct proof_rig *rig = change(tmp, MAIL, FLAWED STEP_ASIDE);
    expect_lost_and_doubled(rig);
    proof_rig_clean(rig);
}

#define MENDED                                                                                     \
    "CREATE TABLE emails_new (id INTEGER NOT NULL, subject TEXT NOT NULL, status TEXT NOT NULL,"   \
    " category_id INTEGER NOT NULL);"                                                              \
    "INSERT INTO emails_new (id, subject, status, category_id) SELECT e.id, e.subject, e.status,"  \
    " coalesce((SELECT min(m.category_id) FROM category_map m WHERE m.old_name = e.category), 5)"  \
    " FROM emails e;"

static void test_rebuild__whole(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct proof_rig *rig = change(tmp, MAIL, MENDED TAKE_PLACE);
    const struct comparison *emails = &rig->after.tables[0];

    assert_int_equal(rig->after.verdict, VERDICT_GO);
    assert_true(emails->is_equal);
    assert_int_equal(emails->n_compared, 3);
    assert_string_equal(emails->gone[0], "category");
    assert_string_equal(emails->added[0], "category_id");
    proof_rig_clean(rig);
}

// As many rows are lost as are doubled: every count is equal.
static void test_rebuild__equal_counts(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct proof_rig *rig = change(
        tmp, MAIL "DELETE FROM emails WHERE id BETWEEN 1 AND 10;", FLAWED TAKE_PLACE);
    const struct comparison *emails = &rig->after.tables[0];

    assert_int_equal(emails->before->rows, emails->rows_after);
    assert_int_equal(emails->missing.keys, 40);
    assert_int_equal(emails->doubled.keys, 40);
    assert_int_equal(rig->after.verdict, VERDICT_NO_GO);
    assert_int_equal(proof_rig_after(rig, "I19/emails.copied")->status, STATUS_PASS);
    proof_rig_clean(rig);
}

static void test_taken_back__as_before(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct proof_rig *rig = change(tmp, MAIL, FLAWED STEP_ASIDE);
    enum expectation expectation;

    // sqlite_schema keeps the quotes that ALTER TABLE RENAME writes; the digest must not mind.
    proof_rig_run(rig, "DROP TABLE emails; ALTER TABLE emails_old RENAME TO emails;");
    assert_true(verification_expect(&rig->target, rig->after.baseline, -1, &expectation, &rig->err));
    assert_int_equal(expectation, EXPECT_AS_BEFORE);
    proof_rig_verify(rig, EXPECT_AS_BEFORE);
    assert_int_equal(rig->after.verdict, VERDICT_GO);
    assert_true(rig->after.tables[0].is_equal);

    proof_rig_run(rig, "UPDATE emails SET status = 'spam' WHERE id IN (7, 8); DELETE FROM emails WHERE id = 9;");
    proof_rig_verify(rig, EXPECT_AS_BEFORE);
    assert_int_equal(rig->after.verdict, VERDICT_NO_GO);
    assert_int_equal(rig->after.tables[0].columns[0].rows, 2);
    assert_int_equal(rig->after.tables[0].columns[0].rest.answer.unattributed, 2);
    assert_string_equal(rig->after.tables[0].missing.samples[0], "id=9");
    proof_rig_clean(rig);
}

static void test_expect__applied_by_schema(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct proof_rig *rig = change(tmp, MAIL, MENDED TAKE_PLACE);
    enum expectation expectation;

    assert_true(verification_expect(&rig->target, rig->after.baseline, -1, &expectation, &rig->err));
    assert_int_equal(expectation, EXPECT_APPLIED);
    proof_rig_clean(rig);
}

// Data alone: the schema cannot tell, the journal can.
static void test_expect__data_alone(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct proof_rig *rig = change(tmp, MAIL, "UPDATE emails SET status = 'old' WHERE status = 'read';");
    enum expectation expectation;

    assert_true(verification_expect(&rig->target, rig->after.baseline, 0, &expectation, &rig->err));
    assert_int_equal(expectation, EXPECT_AS_BEFORE);
    assert_true(verification_expect(&rig->target, rig->after.baseline, -1, &expectation, &rig->err));
    assert_int_equal(expectation, EXPECT_APPLIED);
    proof_rig_clean(rig);
}

static void test_update__expected_rows(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct proof_rig *rig = change(tmp, MAIL, "UPDATE emails SET status = 'old' WHERE status = 'read';");
    const struct comparison *emails = &rig->after.tables[0];

    assert_int_equal(rig->after.verdict, VERDICT_GO);
    assert_int_equal(emails->n_columns, 1);
    assert_int_equal(emails->columns[0].rows, 333);
    assert_int_equal(emails->columns[0].by_migration, 333);
    assert_int_equal(emails->columns[0].rest.answer.unattributed, 0);
    assert_string_equal(emails->columns[0].cause, "0003_change.up.sql:1 UPDATE");
    proof_rig_clean(rig);
}

// More rows of the column changed than the WHERE names.
static void test_update__more_than_it_names(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct proof_rig *rig = proof_rig_make(tmp, MAIL);
    proof_rig_baseline(rig, "UPDATE emails SET status = 'old' WHERE status = 'read';");
    proof_rig_run(rig, "UPDATE emails SET status = 'old';");
    proof_rig_verify(rig, EXPECT_APPLIED);
    const struct comparison *emails = &rig->after.tables[0];

    assert_int_equal(rig->after.verdict, VERDICT_NO_GO);
    assert_int_equal(emails->columns[0].rows, 1000);
    assert_int_equal(emails->columns[0].by_migration, 333);
    assert_int_equal(emails->columns[0].rest.answer.unattributed, 667);
    proof_rig_clean(rig);
}

// Another column, which the migration does not write.
static void test_update__other_column(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct proof_rig *rig = proof_rig_make(tmp, MAIL);
    proof_rig_baseline(rig, "UPDATE emails SET status = 'old' WHERE status = 'read';");
    proof_rig_run(rig, "UPDATE emails SET status = 'old' WHERE status = 'read';"
                       "UPDATE emails SET subject = '' WHERE id = 77;");
    proof_rig_verify(rig, EXPECT_APPLIED);
    const struct comparison *emails = &rig->after.tables[0];

    assert_int_equal(rig->after.verdict, VERDICT_NO_GO);
    assert_string_equal(emails->columns[0].column, "subject");
    assert_int_equal(emails->columns[0].rest.answer.unattributed, 1);
    assert_string_equal(emails->columns[0].rest.samples[0], "id=77");
    assert_non_null(strstr(proof_rig_after(rig, "I18/emails")->detail, "subject differs in 1 row: id=77"));
    proof_rig_clean(rig);
}

// Two rows that swapped a value: sums and counts are equal.
static void test_swapped_values(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct proof_rig *rig = proof_rig_make(tmp, MAIL);
    proof_rig_baseline(rig, "ALTER TABLE emails ADD COLUMN note TEXT;");
    proof_rig_run(rig, "ALTER TABLE emails ADD COLUMN note TEXT;"
                       "UPDATE emails SET subject = 'Message ' || (201 - id) WHERE id IN (100, 101);");
    proof_rig_verify(rig, EXPECT_APPLIED);

    assert_int_equal(rig->after.verdict, VERDICT_NO_GO);
    assert_int_equal(rig->after.tables[0].columns[0].rows, 2);
    proof_rig_clean(rig);
}

static void test_delete__expected_rows(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct proof_rig *rig = change(tmp, MAIL, "DELETE FROM emails WHERE category = 'task';");

    assert_int_equal(rig->after.verdict, VERDICT_GO);
    assert_int_equal(rig->after.tables[0].missing.keys, 30);
    assert_int_equal(rig->after.tables[0].missing.rest.answer.unattributed, 0);
    assert_true(proof_rig_before(rig, "I19/emails.removed")->value == 30);
    assert_int_equal(proof_rig_after(rig, "I20/emails.removed")->status, STATUS_PASS);
    proof_rig_clean(rig);
}

static void test_delete__others_than_it_names(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct proof_rig *rig = proof_rig_make(tmp, MAIL);
    proof_rig_baseline(rig, "DELETE FROM emails WHERE category = 'task';");
    proof_rig_run(rig, "DELETE FROM emails WHERE category = 'news';");
    proof_rig_verify(rig, EXPECT_APPLIED);

    assert_int_equal(rig->after.verdict, VERDICT_NO_GO);
    assert_int_equal(rig->after.tables[0].missing.keys, 40);
    assert_int_equal(rig->after.tables[0].missing.rest.answer.unattributed, 40);
    assert_int_equal(rig->after.tables[0].kept.keys, 30);
    assert_int_equal(proof_rig_after(rig, "I20/emails.removed")->status, STATUS_FAIL);
    proof_rig_clean(rig);
}

static void test_rename__is_followed(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct proof_rig *rig = change(tmp, MAIL, "ALTER TABLE emails RENAME TO mails;"
                                              "ALTER TABLE mails RENAME COLUMN subject TO title;");
    const struct comparison *emails = &rig->after.tables[0];

    assert_int_equal(rig->after.verdict, VERDICT_GO);
    assert_string_equal(emails->after.name, "mails");
    assert_true(emails->is_equal);
    assert_int_equal(emails->n_compared, 4);
    proof_rig_clean(rig);
}

static void test_rename__and_changed(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct proof_rig *rig = proof_rig_make(tmp, MAIL);
    proof_rig_baseline(rig, "ALTER TABLE emails RENAME COLUMN subject TO title;");
    proof_rig_run(rig, "ALTER TABLE emails RENAME COLUMN subject TO title;"
                       "UPDATE emails SET title = upper(title) WHERE id = 5;");
    proof_rig_verify(rig, EXPECT_APPLIED);

    assert_int_equal(rig->after.verdict, VERDICT_NO_GO);
    assert_string_equal(rig->after.tables[0].columns[0].column, "title");
    proof_rig_clean(rig);
}

#define LOG "CREATE TABLE log (line TEXT); INSERT INTO log VALUES ('a'), ('b'), ('b'), ('c'); DELETE FROM log WHERE line = 'a';"
#define LOG_REBUILT                                                                                \
    "CREATE TABLE log_new (line TEXT); INSERT INTO log_new (line) SELECT line FROM log;"           \
    "DROP TABLE log; ALTER TABLE log_new RENAME TO log;"

// The rows have other numbers than before; what they hold is the same.
static void test_no_key__rebuilt(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct proof_rig *rig = change(tmp, LOG, LOG_REBUILT);

    assert_int_equal(rig->after.verdict, VERDICT_GO);
    assert_true(rig->after.tables[0].is_equal);
    proof_rig_clean(rig);
}

static void test_no_key__rebuilt_and_changed(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct proof_rig *rig = proof_rig_make(tmp, LOG);
    proof_rig_baseline(rig, LOG_REBUILT);
    proof_rig_run(rig, LOG_REBUILT "UPDATE log SET line = 'c' WHERE rowid = 1;");
    proof_rig_verify(rig, EXPECT_APPLIED);

    // Which row cannot be said; that there are other values can.
    assert_int_equal(rig->after.verdict, VERDICT_NO_GO);
    assert_int_equal(proof_rig_after(rig, "I16/log.line")->status, STATUS_FAIL);
    assert_int_equal(proof_rig_after(rig, "I18/log")->status, STATUS_UNKNOWN);
    assert_non_null(strstr(proof_rig_after(rig, "I18/log")->detail, "name one in tminus.yaml"));
    proof_rig_clean(rig);
}

static void test_dropped__is_said(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct proof_rig *rig = change(tmp, MAIL, "DROP TABLE category_map;");

    assert_int_equal(proof_rig_before(rig, "I18/category_map")->status, STATUS_WARN);
    assert_true(proof_rig_before(rig, "I18/category_map")->value == 3);
    assert_int_equal(proof_rig_after(rig, "I18/category_map")->status, STATUS_WARN);
    proof_rig_clean(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rebuild__loses_and_doubles),
        cmocka_unit_test(test_rebuild__old_table_stays),
        cmocka_unit_test(test_rebuild__whole),
        cmocka_unit_test(test_rebuild__equal_counts),
        cmocka_unit_test(test_taken_back__as_before),
        cmocka_unit_test(test_expect__applied_by_schema),
        cmocka_unit_test(test_expect__data_alone),
        cmocka_unit_test(test_update__expected_rows),
        cmocka_unit_test(test_update__more_than_it_names),
        cmocka_unit_test(test_update__other_column),
        cmocka_unit_test(test_swapped_values),
        cmocka_unit_test(test_delete__expected_rows),
        cmocka_unit_test(test_delete__others_than_it_names),
        cmocka_unit_test(test_rename__is_followed),
        cmocka_unit_test(test_rename__and_changed),
        cmocka_unit_test(test_no_key__rebuilt),
        cmocka_unit_test(test_no_key__rebuilt_and_changed),
        cmocka_unit_test(test_dropped__is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
