/*
 * Derivation: for each row of docs/invariants.md data that satisfies what is derived, and data that
 * does not, on real SQLite files.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "proof_rig.h"

#define TABLES                                                                                     \
    "CREATE TABLE kinds (id INTEGER PRIMARY KEY, name TEXT, rank INTEGER);"                        \
    "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, kind TEXT, age INTEGER);"              \
    "CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users (id) ON DELETE CASCADE,"  \
    " title TEXT);"                                                                                \
    "INSERT INTO kinds VALUES (1, 'a', 10), (2, 'b', 20);"                                         \
    "INSERT INTO users VALUES (1, 'Ann', 'a', 30), (2, 'Bob', 'b', 40), (3, 'Cid', 'a', 50);"      \
    "INSERT INTO posts VALUES (1, 1, 'x'), (2, 2, 'y');"

struct row {
    const char *label;
    const char *migration;
    const char *bad_data;  // run before the baseline (BEFORE) or after the migration (AFTER)
    const char *invariant;
    enum invariant_moment moment;
    enum status bad_status;
    const char *bad_detail; // part of the detail, or NULL
};

static const struct row rows[] = {
    {"ADD COLUMN DEFAULT", "ALTER TABLE users ADD COLUMN level INTEGER NOT NULL DEFAULT 7;",
     "UPDATE users SET level = 8 WHERE id = 2;", "I5/users.level", MOMENT_AFTER, STATUS_FAIL, "id=2"},
    {"backfill complete", "ALTER TABLE users ADD COLUMN kind_id INTEGER;"
     "UPDATE users SET kind_id = (SELECT k.id FROM kinds k WHERE k.name = users.kind);",
     "UPDATE users SET kind_id = NULL WHERE id = 3;", "I1/users.kind_id", MOMENT_AFTER, STATUS_FAIL, "id=3"},
    {"NULL in both", "ALTER TABLE users ADD COLUMN kind_id INTEGER;"
     "UPDATE users SET kind_id = (SELECT k.id FROM kinds k WHERE k.name = users.kind);",
     "UPDATE users SET kind = NULL, kind_id = NULL WHERE id = 3;", "I2/users.kind_id", MOMENT_AFTER, STATUS_FAIL, NULL},
    {"mapping is a function", "ALTER TABLE users ADD COLUMN kind_id INTEGER;"
     "UPDATE users SET kind_id = (SELECT k.id FROM kinds k WHERE k.name = users.kind);",
     "UPDATE users SET kind_id = 2 WHERE id = 3;", "I3/users.kind_id", MOMENT_AFTER, STATUS_FAIL, "'a' (2)"},
    // count(DISTINCT) would not see that one of two is NULL.
    {"mapping is a function, NULL included", "ALTER TABLE users ADD COLUMN kind_id INTEGER;"
     "UPDATE users SET kind_id = (SELECT k.id FROM kinds k WHERE k.name = users.kind);",
     "UPDATE users SET kind_id = NULL WHERE id = 3;", "I3/users.kind_id", MOMENT_AFTER, STATUS_FAIL, "'a' (2)"},
    {"new equals f(old)", "ALTER TABLE users ADD COLUMN kind_id INTEGER;"
     "UPDATE users SET kind_id = (SELECT k.id FROM kinds k WHERE k.name = users.kind);",
     "UPDATE users SET kind_id = 9 WHERE id = 2;", "I5/users.kind_id", MOMENT_AFTER, STATUS_FAIL, "id=2"},
    {"mapping domain, lookup", "ALTER TABLE users ADD COLUMN kind_id INTEGER;"
     "UPDATE users SET kind_id = (SELECT k.id FROM kinds k WHERE k.name = users.kind);",
     "UPDATE users SET kind = 'task' WHERE id = 2;", "I6/users.kind", MOMENT_BEFORE, STATUS_FAIL, "'task' (1): id=2"},
    {"mapping domain, CASE without ELSE", "ALTER TABLE users ADD COLUMN kind_id INTEGER;"
     "UPDATE users SET kind_id = CASE kind WHEN 'a' THEN 1 WHEN 'b' THEN 2 END;",
     "UPDATE users SET kind = 'task' WHERE id = 2;", "I6/users.kind", MOMENT_BEFORE, STATUS_FAIL, "'task' (1)"},
    {"mapping domain, UPDATE FROM", "ALTER TABLE users ADD COLUMN kind_id INTEGER;"
     "UPDATE users SET kind_id = k.id FROM kinds k WHERE k.name = users.kind;",
     "UPDATE users SET kind = 'task' WHERE id = 2;", "I6/users.kind", MOMENT_BEFORE, STATUS_FAIL, "'task' (1): id=2"},
    {"backfill complete, UPDATE FROM", "ALTER TABLE users ADD COLUMN kind_id INTEGER;"
     "UPDATE users SET kind_id = k.id FROM kinds AS k WHERE users.kind = k.name AND kind_id IS NULL;",
     "UPDATE users SET kind_id = NULL WHERE id = 3;", "I1/users.kind_id", MOMENT_AFTER, STATUS_FAIL, "id=3"},
    {"mapping is a function, UPDATE FROM", "ALTER TABLE users ADD COLUMN kind_id INTEGER;"
     "UPDATE users SET kind_id = k.id FROM kinds AS k WHERE users.kind = k.name;",
     "UPDATE users SET kind_id = 2 WHERE id = 3;", "I3/users.kind_id", MOMENT_AFTER, STATUS_FAIL, "'a' (2)"},
    {"lookup has one row a key", "ALTER TABLE users ADD COLUMN kind_id INTEGER;"
     "UPDATE users SET kind_id = (SELECT k.id FROM kinds k WHERE k.name = users.kind);",
     "INSERT INTO kinds VALUES (3, 'a', 30);", "I9/kinds", MOMENT_BEFORE, STATUS_WARN, "'a' (2)"},
    {"change in place collapses", "UPDATE users SET kind = lower(kind);",
     "UPDATE users SET kind = 'A' WHERE id = 3;", "I4/users.kind", MOMENT_BEFORE, STATUS_WARN, NULL},
    {"NULLs of a written column", "UPDATE users SET age = CASE WHEN age < 45 THEN age + 1 ELSE age END;",
     "UPDATE users SET age = NULL WHERE id = 1;", "I24/users.age", MOMENT_AFTER, STATUS_FAIL, NULL},
    {"DELETE leaves none", "DELETE FROM posts WHERE title = 'y';",
     "INSERT INTO posts VALUES (7, 1, 'y');", "I20/posts.removed", MOMENT_AFTER, STATUS_FAIL, NULL},
    {"DELETE with cascade", "DELETE FROM users WHERE age > 45;",
     "INSERT INTO posts VALUES (7, 3, 'z');", "I8/posts.user_id cascade", MOMENT_BEFORE, STATUS_WARN, NULL},
    {"orphans", "ALTER TABLE users ADD COLUMN note TEXT;",
     "DELETE FROM users WHERE id = 2;", "I8/posts.user_id orphans", MOMENT_AFTER, STATUS_FAIL, NULL},
    {"copy: rows", "CREATE TABLE people (id INTEGER, name TEXT); INSERT INTO people SELECT id, name FROM users;",
     "DELETE FROM people WHERE id = 2;", "I19/users.copied", MOMENT_AFTER, STATUS_FAIL, NULL},
    {"split: rows", "CREATE TABLE old (id INTEGER, name TEXT);"
     "INSERT INTO old SELECT id, name FROM users WHERE age > 35; DELETE FROM users WHERE age > 35;",
     "INSERT INTO old VALUES (9, 'Eve');", "I19/old.part", MOMENT_AFTER, STATUS_FAIL, NULL},
    {"split: keys", "CREATE TABLE old (id INTEGER, name TEXT);"
     "INSERT INTO old SELECT id, name FROM users WHERE age > 35; DELETE FROM users WHERE age > 35;",
     "UPDATE old SET id = 7 WHERE id = 2;", "I20/old.id", MOMENT_AFTER, STATUS_FAIL, "2"},
    {"copy: two sources", "CREATE TABLE party (name TEXT); INSERT INTO party SELECT name FROM users;"
     "INSERT INTO party SELECT title FROM posts;",
     "DELETE FROM party WHERE rowid = 2;", "I19/users.copied", MOMENT_AFTER, STATUS_FAIL, NULL},
    {"copy: keys", "CREATE TABLE people (id INTEGER, name TEXT); INSERT INTO people SELECT id, name FROM users;",
     "UPDATE people SET id = 9 WHERE id = 2;", "I20/people.id", MOMENT_AFTER, STATUS_FAIL, "id=2"},
    {"copy: none twice", "CREATE TABLE people (id INTEGER, name TEXT); INSERT INTO people SELECT id, name FROM users;",
     "UPDATE people SET id = 1 WHERE id = 2;", "I9/users.id", MOMENT_AFTER, STATUS_FAIL, "id=1"},
    {"copy: partners", "CREATE TABLE people (id INTEGER, kind_id INTEGER);"
     "INSERT INTO people SELECT u.id, k.id FROM users u JOIN kinds k ON k.name = u.kind;",
     "UPDATE users SET kind = NULL WHERE id = 2;", "I6/users.kind", MOMENT_BEFORE, STATUS_FAIL, "NULL (1)"},
    {"copy: one partner", "CREATE TABLE people (id INTEGER, kind_id INTEGER);"
     "INSERT INTO people SELECT u.id, k.id FROM users u JOIN kinds k ON k.name = u.kind;",
     "INSERT INTO kinds VALUES (3, 'b', 30);", "I9/kinds.name", MOMENT_BEFORE, STATUS_FAIL, "'b' (2)"},
    {"copy: keys before", "CREATE TABLE people (id INTEGER, kind_id INTEGER);"
     "INSERT INTO people SELECT u.id, k.id FROM users u JOIN kinds k ON k.name = u.kind;",
     "UPDATE users SET kind = NULL WHERE id = 2;", "I20/users.before", MOMENT_BEFORE, STATUS_FAIL, "id=2"},
    {"copy: none twice before", "CREATE TABLE people (id INTEGER, kind_id INTEGER);"
     "INSERT INTO people SELECT u.id, k.id FROM users u JOIN kinds k ON k.name = u.kind;",
     "INSERT INTO kinds VALUES (3, 'b', 30);", "I9/users.before", MOMENT_BEFORE, STATUS_FAIL, "id=2"},
    {"unique index", "CREATE UNIQUE INDEX users_name ON users (name);",
     "UPDATE users SET name = 'Ann' WHERE id = 2;", "I9/users.name", MOMENT_BEFORE, STATUS_FAIL, "'Ann' (1)"},
    {"reference of a new column", "ALTER TABLE posts ADD COLUMN kind_id INTEGER REFERENCES kinds (id);",
     "UPDATE posts SET kind_id = 9 WHERE id = 2;", "I8/posts.kind_id", MOMENT_AFTER, STATUS_FAIL, "id=2"},
    {"DROP COLUMN", "CREATE TABLE log (id INTEGER); ALTER TABLE kinds DROP COLUMN rank;",
     "UPDATE kinds SET rank = 5;", "I18/kinds.rank", MOMENT_BEFORE, STATUS_WARN, NULL},
    // A change that leaves all rows alone: what it makes is looked for.
    {"an index is there", "CREATE INDEX users_kind ON users (kind);", "DROP INDEX users_kind;",
     "I15/users_kind is there", MOMENT_AFTER, STATUS_FAIL, NULL},
    {"a table is there", "CREATE TABLE marks (id INTEGER);", "DROP TABLE marks;", "I15/marks is there",
     MOMENT_AFTER, STATUS_FAIL, NULL},
    {"a view is there", "CREATE VIEW first AS SELECT 1; DROP VIEW first; CREATE VIEW names AS SELECT name FROM users;",
     "DROP VIEW names;", "I15/names is there", MOMENT_AFTER, STATUS_FAIL, NULL},
    {"groups of an unwritten column", "ALTER TABLE users ADD COLUMN note TEXT;",
     "UPDATE users SET kind = 'b' WHERE id = 1;", "I16/users.kind", MOMENT_AFTER, STATUS_FAIL, "'a': 2 → 1"},
};

// Rows whose good case needs other data than TABLES has.
static const char *good_data(const struct row *row)
{
    if (strcmp(row->invariant, "I18/kinds.rank") == 0)
        return "UPDATE kinds SET rank = NULL;";
    return "";
}

static enum status run_row(const struct row *row, bool is_bad, char *detail, size_t size)
{
    SCRATCH(tmp);
    struct proof_rig *rig = proof_rig_make(tmp, TABLES);
    const struct result *result;

    proof_rig_run(rig, good_data(row));
    if (is_bad && row->moment == MOMENT_BEFORE)
        proof_rig_run(rig, row->bad_data);
    proof_rig_baseline(rig, row->migration);
    if (row->moment == MOMENT_AFTER) {
        proof_rig_run(rig, row->migration);
        if (is_bad)
            proof_rig_run(rig, row->bad_data);
        proof_rig_verify(rig, EXPECT_APPLIED);
        result = proof_rig_after(rig, row->invariant);
    } else {
        result = proof_rig_before(rig, row->invariant);
    }
    if (result == NULL)
        fail_msg("%s: %s is not derived", row->label, row->invariant);
    snprintf(detail, size, "%s", result->detail == NULL ? "" : result->detail);
    enum status status = result->status;
    proof_rig_clean(rig);
    return status;
}

static void test_rows(void **state)
{
    (void)state;
    char detail[1024];

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (run_row(&rows[i], false, detail, sizeof(detail)) != STATUS_PASS)
            fail_msg("%s: good data does not pass: %s", rows[i].label, detail);
        if (run_row(&rows[i], true, detail, sizeof(detail)) != rows[i].bad_status)
            fail_msg("%s: bad data is not found", rows[i].label);
        if (rows[i].bad_detail != NULL && strstr(detail, rows[i].bad_detail) == NULL)
            fail_msg("%s: '%s' is not in '%s'", rows[i].label, rows[i].bad_detail, detail);
    }
}

// --- what must not be asked, or not pass

// A condition beside the partner may leave rows out on purpose, and so may a lookup that is mended.
static void test_update_from__with_another_condition__is_not_counted(void **state)
{
    (void)state;
    static const char *const updates[] = {
        "UPDATE users SET kind_id = k.id FROM kinds k WHERE k.name = users.kind AND users.age > 40;",
        "UPDATE users SET kind_id = k.id FROM kinds k WHERE k.name = users.kind OR users.kind IS NULL;",
        "INSERT INTO kinds VALUES (3, 'c', 30);"
        "UPDATE users SET kind_id = k.id FROM kinds k WHERE k.name = users.kind;",
    };
    for (size_t i = 0; i < COUNT_OF(updates); i++) {
        SCRATCH(tmp);
        struct proof_rig *rig = proof_rig_make(tmp, TABLES);
        proof_rig_baseline(rig, mem_printf(tmp, "ALTER TABLE users ADD COLUMN kind_id INTEGER; %s", updates[i]));
        assert_null(proof_rig_before(rig, "I6/users.kind"));
        proof_rig_clean(rig);
    }
}

// A lookup that the change itself mends cannot be judged before it.
static void test_copy__with_rows_of_its_own__is_not_counted(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct proof_rig *rig = proof_rig_make(tmp, TABLES);

    proof_rig_baseline(rig, "CREATE TABLE people (name TEXT); INSERT INTO people VALUES ('nobody');"
                            "INSERT INTO people SELECT name FROM users;");
    assert_null(proof_rig_before(rig, "I19/users.copied"));
    proof_rig_clean(rig);
}

static void test_mended_lookup__is_not_judged_before(void **state)
{
    (void)state;
    SCRATCH(tmp);
    struct proof_rig *rig = proof_rig_make(tmp, TABLES "UPDATE users SET kind = 'c' WHERE id = 2;");

    proof_rig_baseline(rig, "INSERT INTO kinds VALUES (3, 'c', 30);"
                            "CREATE TABLE people (id INTEGER, kind_id INTEGER);"
                            "INSERT INTO people SELECT u.id, k.id FROM users u JOIN kinds k ON k.name = u.kind;");
    assert_null(proof_rig_before(rig, "I6/users.kind"));
    assert_null(proof_rig_before(rig, "I20/users.before"));
    proof_rig_clean(rig);
}

static void add_user(struct proof_rig *rig, struct config_invariant invariant)
{
    struct config_invariant *list = mem_new(rig, struct config_invariant);
    *list = invariant;
    rig->config->invariants = list;
    rig->config->n_invariants = 1;
}

static enum status user_status(struct config_invariant invariant, const char *after, enum status *before)
{
    SCRATCH(tmp);
    struct proof_rig *rig = proof_rig_make(tmp, TABLES);

    invariant.name = "mine";
    add_user(rig, invariant);
    proof_rig_baseline(rig, "ALTER TABLE users ADD COLUMN note TEXT;");
    if (before != NULL)
        *before = proof_rig_before(rig, "mine")->status;
    proof_rig_run(rig, "ALTER TABLE users ADD COLUMN note TEXT;");
    proof_rig_run(rig, after);
    proof_rig_verify(rig, EXPECT_APPLIED);
    enum status status = proof_rig_after(rig, "mine")->status;
    proof_rig_clean(rig);
    return status;
}

static void test_user__zero(void **state)
{
    (void)state;
    struct config_invariant zero = {.kind = INVARIANT_ZERO, .sql = "SELECT count(*) FROM users WHERE age < 18"};
    assert_int_equal(user_status(zero, "", NULL), STATUS_PASS);
    assert_int_equal(user_status(zero, "UPDATE users SET age = 5 WHERE id = 1;", NULL), STATUS_FAIL);
}

static void test_user__same_with_tolerance(void **state)
{
    (void)state;
    struct config_invariant same = {.kind = INVARIANT_SAME, .sql = "SELECT kind, count(*) FROM users GROUP BY kind"};
    const char *one_more = "INSERT INTO users VALUES (9, 'Dot', 'a', 20, NULL);";

    assert_int_equal(user_status(same, "", NULL), STATUS_PASS);
    assert_int_equal(user_status(same, one_more, NULL), STATUS_FAIL);
    same.tolerance = (struct tolerance){TOLERANCE_ABSOLUTE, 1};
    assert_int_equal(user_status(same, one_more, NULL), STATUS_PASS);
    same.tolerance = (struct tolerance){TOLERANCE_SHARE, 0.4};
    assert_int_equal(user_status(same, one_more, NULL), STATUS_FAIL);
    same.tolerance = (struct tolerance){TOLERANCE_SHARE, 0.5};
    assert_int_equal(user_status(same, one_more, NULL), STATUS_PASS);
    same.tolerance = (struct tolerance){TOLERANCE_LEARNED, 0}; // one baseline alone: exact
    assert_int_equal(user_status(same, one_more, NULL), STATUS_FAIL);
}

// One key gone and another there: the count is equal.
static void test_user__keys_kept(void **state)
{
    (void)state;
    struct config_invariant kept = {.kind = INVARIANT_KEYS_KEPT, .sql = "SELECT id FROM users WHERE kind = 'a'"};
    assert_int_equal(user_status(kept, "", NULL), STATUS_PASS);
    assert_int_equal(user_status(kept, "UPDATE users SET kind = CASE id WHEN 1 THEN 'b' WHEN 2 THEN 'a' ELSE kind END;", NULL),
                     STATUS_FAIL);
}

static void test_user__value(void **state)
{
    (void)state;
    struct config_invariant value = {.kind = INVARIANT_VALUE, .sql = "SELECT max(age) FROM users",
                                     .expect = {.has_below = true, .below = 60}};
    assert_int_equal(user_status(value, "", NULL), STATUS_PASS);
    assert_int_equal(user_status(value, "UPDATE users SET age = 60 WHERE id = 1;", NULL), STATUS_FAIL);
    value.expect = (struct config_expectation){.has_equals = true, .equals = "50"};
    assert_int_equal(user_status(value, "", NULL), STATUS_PASS);
    assert_int_equal(user_status(value, "UPDATE users SET age = 51 WHERE id = 3;", NULL), STATUS_FAIL);
}

// Unknown is never pass: refused, failing, empty.
static void test_user__unknown(void **state)
{
    (void)state;
    enum status before;
    struct config_invariant asked = {.kind = INVARIANT_ZERO, .sql = "DELETE FROM users"};
    assert_int_equal(user_status(asked, "", &before), STATUS_UNKNOWN);
    assert_int_equal(before, STATUS_UNKNOWN);
    asked.sql = "SELECT count(*) FROM no_such_table";
    assert_int_equal(user_status(asked, "", NULL), STATUS_UNKNOWN);
    asked.sql = "SELECT NULL";
    assert_int_equal(user_status(asked, "", NULL), STATUS_UNKNOWN);
    asked = (struct config_invariant){.kind = INVARIANT_KEYS_KEPT, .sql = "SELECT id FROM users WHERE age > 99"};
    assert_int_equal(user_status(asked, "", NULL), STATUS_UNKNOWN);
    asked = (struct config_invariant){.kind = INVARIANT_SAME, .sql = "SELECT kind, count(*) FROM users WHERE age > 99 GROUP BY kind"};
    assert_int_equal(user_status(asked, "", NULL), STATUS_UNKNOWN);
    asked = (struct config_invariant){.kind = INVARIANT_VALUE, .sql = "SELECT name FROM users WHERE id = 1",
                                      .expect = {.has_below = true, .below = 1}};
    assert_int_equal(user_status(asked, "", NULL), STATUS_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_update_from__with_another_condition__is_not_counted),
        cmocka_unit_test(test_mended_lookup__is_not_judged_before),
        cmocka_unit_test(test_copy__with_rows_of_its_own__is_not_counted),
        cmocka_unit_test(test_user__zero),
        cmocka_unit_test(test_user__same_with_tolerance),
        cmocka_unit_test(test_user__keys_kept),
        cmocka_unit_test(test_user__value),
        cmocka_unit_test(test_user__unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
