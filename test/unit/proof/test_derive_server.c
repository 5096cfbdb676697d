/*
 * Derivation on PostgreSQL: for each row of docs/invariants.md data that satisfies what is derived, and
 * data that does not, on a real server. Bad data after the change is the migration's own: it is written
 * in its transaction, whose number stands in a journal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "postgres_server.h"
#include "proof_rig.h"
#include "journal/events.h"
#include "journal/journal.h"

#define TABLES                                                                                     \
    "CREATE TYPE mood AS ENUM ('sad', 'it''s');"                                                   \
    "CREATE TABLE kinds (id int PRIMARY KEY, name text, rank int);"                                \
    "CREATE TABLE users (id int PRIMARY KEY, name varchar(20), kind text, age bigint, note json,"  \
    " mood text, at timestamptz, share numeric);"                                                  \
    "CREATE TABLE posts (id int PRIMARY KEY, user_id int, title text);"                            \
    "INSERT INTO kinds VALUES (1, 'a', 10), (2, 'b', 20), (3, NULL, 1), (4, NULL, 1);"             \
    "INSERT INTO users VALUES (1, 'Ann', 'a', 30, '{\"a\": 1}', 'sad', '2026-01-01 10:00Z', 1.5),"  \
    " (2, 'Bob', 'b', 40, '[]', 'it''s', '2026-01-02 10:00Z', 2.25), (3, 'Cid', 'a', 50, NULL, NULL, NULL, NULL);"  \
    "INSERT INTO posts VALUES (1, 1, 'x'), (2, 2, 'y');"

#define LOOKUP                                                                                     \
    "ALTER TABLE users ADD COLUMN kind_id int;"                                                    \
    "UPDATE users SET kind_id = (SELECT k.id FROM kinds k WHERE k.name = users.kind);"
#define COPY "CREATE TABLE people (id int, name text); INSERT INTO people SELECT id, name FROM users;"
#define JOINED                                                                                     \
    "CREATE TABLE people (id int, kind_id int);"                                                   \
    "INSERT INTO people SELECT u.id, k.id FROM users u JOIN kinds k ON k.name = u.kind;"
#define SPLIT                                                                                      \
    "CREATE TABLE old (id int, name text);"                                                        \
    "INSERT INTO old SELECT id, name FROM users WHERE age > 35; DELETE FROM users WHERE age > 35;"

struct row {
    const char *label;
    const char *migration;
    const char *bad_data; // before the baseline (BEFORE), or in the migration's transaction (AFTER)
    const char *invariant;
    enum invariant_moment moment;
    enum status bad_status;
    const char *bad_detail; // part of the detail, or NULL
};

static const struct row rows[] = {
    {"an index is there", "CREATE INDEX users_kind ON users (kind); COMMENT ON TABLE users IS 'people';",
     "DROP INDEX users_kind;", "I15/users_kind is there", MOMENT_AFTER, STATUS_FAIL, NULL},
    {"an index is valid", "CREATE INDEX users_kind ON users (kind);",
     // One of a partitioned table alone is not valid.
     "DROP INDEX users_kind; CREATE TABLE parts (kind text) PARTITION BY LIST (kind);"
     "CREATE TABLE part PARTITION OF parts DEFAULT; CREATE INDEX users_kind ON ONLY parts (kind);",
     "I15/users_kind is there", MOMENT_AFTER, STATUS_FAIL, NULL},
    {"a materialized view is there", "CREATE MATERIALIZED VIEW names AS SELECT name FROM users;",
     "DROP MATERIALIZED VIEW names;", "I15/names is there", MOMENT_AFTER, STATUS_FAIL, NULL},
    {"ADD COLUMN DEFAULT", "ALTER TABLE users ADD COLUMN level int NOT NULL DEFAULT 7;",
     "UPDATE users SET level = 8 WHERE id = 2;", "I5/users.level", MOMENT_AFTER, STATUS_FAIL, "id=2"},
    {"ADD COLUMN DEFAULT of a type without equality", "ALTER TABLE users ADD COLUMN extra json DEFAULT '{}';",
     "UPDATE users SET extra = '[]' WHERE id = 2;", "I5/users.extra", MOMENT_AFTER, STATUS_FAIL, "id=2"},
    {"backfill complete", LOOKUP, "UPDATE users SET kind_id = NULL WHERE id = 3;", "I1/users.kind_id", MOMENT_AFTER,
     STATUS_FAIL, "1 row written by the migration: id=3"},
    {"NULL in both", LOOKUP, "UPDATE users SET kind = NULL, kind_id = NULL WHERE id = 3;", "I2/users.kind_id",
     MOMENT_AFTER, STATUS_FAIL, "id=3"},
    {"mapping is a function", LOOKUP, "UPDATE users SET kind_id = 2 WHERE id = 3;", "I3/users.kind_id", MOMENT_AFTER,
     STATUS_FAIL, "'a' (2)"},
    {"mapping is a function, NULL included", LOOKUP, "UPDATE users SET kind_id = NULL WHERE id = 3;", "I3/users.kind_id",
     MOMENT_AFTER, STATUS_FAIL, "'a' (2)"},
    {"new equals f(old)", LOOKUP, "UPDATE users SET kind_id = 9 WHERE id = 2;", "I5/users.kind_id", MOMENT_AFTER,
     STATUS_FAIL, "id=2"},
    // An assignment casts: 2.25 stored as an integer is 2, a moment stored as a date is its day.
    {"new equals f(old), stored as its type",
     "ALTER TABLE users ADD COLUMN whole int; UPDATE users SET whole = share * 2;",
     "UPDATE users SET whole = 4 WHERE id = 2;", "I5/users.whole", MOMENT_AFTER, STATUS_FAIL, "id=2"},
    {"new equals f(old), numeric with a scale",
     "ALTER TABLE users ADD COLUMN part numeric(10,1); UPDATE users SET part = share;",
     "UPDATE users SET part = 2.2 WHERE id = 2;", "I5/users.part", MOMENT_AFTER, STATUS_FAIL, "id=2"},
    {"new equals f(old), json", "ALTER TABLE users ADD COLUMN copied json; UPDATE users SET copied = note;",
     "UPDATE users SET copied = '{}' WHERE id = 2;", "I5/users.copied", MOMENT_AFTER, STATUS_FAIL, "id=2"},
    {"mapping domain, lookup", LOOKUP, "UPDATE users SET kind = 'task' WHERE id = 2;", "I6/users.kind", MOMENT_BEFORE,
     STATUS_FAIL, "'task' (1): id=2"},
    {"mapping domain, CASE without ELSE",
     "ALTER TABLE users ADD COLUMN kind_id int; UPDATE users SET kind_id = CASE kind WHEN 'a' THEN 1 WHEN 'b' THEN 2 END;",
     "UPDATE users SET kind = 'task' WHERE id = 2;", "I6/users.kind", MOMENT_BEFORE, STATUS_FAIL, "'task' (1)"},
    // Two rows of the lookup have no name at all: they are nobody's partner.
    {"lookup has one row a key", LOOKUP, "INSERT INTO kinds VALUES (5, 'a', 30);", "I9/kinds", MOMENT_BEFORE, STATUS_FAIL,
     "'a' (2)"},
    {"change in place collapses", "UPDATE users SET kind = lower(kind);", "UPDATE users SET kind = 'A' WHERE id = 3;",
     "I4/users.kind", MOMENT_BEFORE, STATUS_WARN, NULL},
    {"change of a json in place collapses", "UPDATE users SET note = (note::jsonb)::json;",
     "UPDATE users SET note = '{\"a\":1}' WHERE id = 3;", "I4/users.note", MOMENT_BEFORE, STATUS_WARN, NULL},
    {"NULLs of a written column", "UPDATE users SET age = CASE WHEN age < 45 THEN age + 1 ELSE age END;",
     "UPDATE users SET age = NULL WHERE id = 1;", "I24/users.age", MOMENT_AFTER, STATUS_FAIL, "id=1"},
    {"DELETE leaves none", "DELETE FROM posts WHERE title = 'y';", "INSERT INTO posts VALUES (7, 1, 'y');",
     "I20/posts.removed", MOMENT_AFTER, STATUS_FAIL, "id=7"},
    {"copy: rows", COPY, "DELETE FROM people WHERE id = 2;", "I19/users.copied", MOMENT_AFTER, STATUS_FAIL, NULL},
    {"split: rows", SPLIT, "INSERT INTO old VALUES (9, 'Eve');", "I19/old.part", MOMENT_AFTER, STATUS_FAIL, NULL},
    {"split: keys", SPLIT, "UPDATE old SET id = 7 WHERE id = 2;", "I20/old.id", MOMENT_AFTER, STATUS_FAIL, "2"},
    {"copy: keys", COPY, "UPDATE people SET id = 9 WHERE id = 2;", "I20/people.id", MOMENT_AFTER, STATUS_FAIL, "id=2"},
    {"copy: none twice", COPY, "UPDATE people SET id = 1 WHERE id = 2;", "I9/users.id", MOMENT_AFTER, STATUS_FAIL, "id=1"},
    {"copy: partners", JOINED, "UPDATE users SET kind = NULL WHERE id = 2;", "I6/users.kind", MOMENT_BEFORE, STATUS_FAIL,
     "NULL (1)"},
    {"copy: one partner", JOINED, "INSERT INTO kinds VALUES (5, 'b', 30);", "I9/kinds.name", MOMENT_BEFORE, STATUS_FAIL,
     "'b' (2)"},
    {"copy: keys before", JOINED, "UPDATE users SET kind = NULL WHERE id = 2;", "I20/users.before", MOMENT_BEFORE,
     STATUS_FAIL, "id=2"},
    {"copy: none twice before", JOINED, "INSERT INTO kinds VALUES (5, 'b', 30);", "I9/users.before", MOMENT_BEFORE,
     STATUS_FAIL, "id=2"},
    {"unique index", "CREATE UNIQUE INDEX users_name ON users (name);", "UPDATE users SET name = 'Ann' WHERE id = 2;",
     "I9/users.name", MOMENT_BEFORE, STATUS_FAIL, "'Ann' (1)"},
    {"UNIQUE", "ALTER TABLE users ADD CONSTRAINT users_kind UNIQUE (name, mood);",
     "UPDATE users SET name = 'Ann', mood = 'sad' WHERE id = 2;", "I9/users.name, mood", MOMENT_BEFORE, STATUS_FAIL,
     "'Ann', 'sad' (1)"},
    {"SET NOT NULL", "ALTER TABLE users ALTER COLUMN kind SET NOT NULL;", "UPDATE users SET kind = NULL WHERE id = 2;",
     "I23/users.kind", MOMENT_BEFORE, STATUS_FAIL, "id=2"},
    {"CHECK", "ALTER TABLE users ADD CONSTRAINT adult CHECK (age > 17 -- years\n);",
     "UPDATE users SET age = 5 WHERE id = 2;", "I23/users.adult", MOMENT_BEFORE, STATUS_FAIL, "id=2"},
    {"CHECK NOT VALID", "ALTER TABLE users ADD CONSTRAINT adult CHECK (age > 17) NOT VALID;",
     "ALTER TABLE users DROP CONSTRAINT adult; UPDATE users SET age = 5 WHERE id = 2;", "I23/users.adult", MOMENT_AFTER,
     STATUS_FAIL, "id=2"},
    {"FOREIGN KEY", "ALTER TABLE posts ADD CONSTRAINT posts_user FOREIGN KEY (user_id) REFERENCES users (id);",
     "UPDATE posts SET user_id = 9 WHERE id = 2;", "I8/posts.user_id", MOMENT_BEFORE, STATUS_FAIL, "id=2"},
    {"ALTER TYPE: range", "ALTER TABLE users ALTER COLUMN age TYPE int;",
     "UPDATE users SET age = 4294967296 WHERE id = 2;", "I14/users.age", MOMENT_BEFORE, STATUS_FAIL, "id=2"},
    // Blanks that are too many are cut off, as PostgreSQL does it.
    {"ALTER TYPE: length", "ALTER TABLE users ALTER COLUMN name TYPE varchar(3);",
     "UPDATE users SET name = 'Anna' WHERE id = 2; UPDATE users SET name = 'Cid  ' WHERE id = 3;", "I14/users.name",
     MOMENT_BEFORE, STATUS_FAIL, "id=2"},
    {"ALTER TYPE: enum labels with quotes", "ALTER TABLE users ALTER COLUMN mood TYPE mood;",
     "UPDATE users SET mood = 'glad' WHERE id = 2;", "I14/users.mood", MOMENT_BEFORE, STATUS_FAIL, "id=2"},
    {"DROP COLUMN", "ALTER TABLE kinds DROP COLUMN rank;", "", "I18/kinds.rank", MOMENT_BEFORE, STATUS_WARN, NULL},
    {"groups of an unwritten column", "ALTER TABLE users ADD COLUMN extra text;",
     "UPDATE users SET kind = 'b' WHERE id = 1;", "I16/users.kind", MOMENT_AFTER, STATUS_FAIL, "'a': 2 → 1"},
    {"ALTER TYPE keeps every value", "ALTER TABLE users ALTER COLUMN age TYPE int;",
     "UPDATE users SET age = 41 WHERE id = 2;", "I18/users", MOMENT_AFTER, STATUS_FAIL, "age is not what"},
    {"ALTER TYPE USING gives every value",
     "ALTER TABLE users ALTER COLUMN share TYPE numeric(6,1) USING share * 2;",
     "UPDATE users SET share = share + 1 WHERE id = 1;", "I18/users", MOMENT_AFTER, STATUS_FAIL, "id=1"},
};

// Rows whose good case needs other data than TABLES has.
static const char *good_data(const struct row *row, bool is_bad)
{
    return strcmp(row->invariant, "I18/kinds.rank") == 0 && !is_bad ? "UPDATE kinds SET rank = NULL;" : "";
}

static struct proof_rig *make_rig(TALLOC_CTX *mem, const struct database *database)
{
    struct proof_rig *rig = mem_new(mem, struct proof_rig);
    char folder[] = "/tmp/tminus-proof-XXXXXX";

    assert_non_null(mkdtemp(folder));
    rig->driver = &engine_postgres;
    rig->execute = postgres_execute;
    rig->folder = mem_strdup(rig, folder);
    rig->database = database->path;
    rig->baseline = mem_printf(rig, "%s/baseline.db", folder);
    rig->config = mem_new(rig, struct config);
    const struct journal_place place = {
        .driver = &store_sqlite,
        .location = secret_make(rig, mem_printf(rig, "%s/journal.db", folder))};
    CHECK(rig, journal_open(rig, &place, "test", &rig->journal,
                            &rig->err));
    return rig;
}

// As one transaction, whose number is journaled as `migrate` does it.
static void apply(struct proof_rig *rig, const char *migration, const char *more)
{
    SCRATCH(tmp);
    PGconn *connection = PQconnectdb(rig->database);
    PGresult *result = PQexec(
        connection, mem_printf(tmp,
                               "BEGIN; %s %s; SELECT pg_current_xact_id(), schemaname || '.' || relname, n_tup_ins,"
                               " n_tup_upd, n_tup_del FROM pg_stat_xact_user_tables",
                               migration, more));
    json_t *data = json_object();

    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s %s: %s", migration, more, PQerrorMessage(connection));
    json_put_text(data, "migration", "migrations/0003_change.up.sql");
    json_put_text(data, "direction", "up");
    json_put_text(data, "database", rig->target.identity.database);
    json_put_text(data, "system", rig->target.identity.system);
    json_put_text(data, "state", "applied");
    int64_t number = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    json_put_integer(data, "transaction", number);
    json_put_integer(data, "transaction_end", number + 1);
    json_t *written = json_put_array(data, "written");
    for (int i = 0; i < PQntuples(result); i++) {
        static const char *const names[] = {"inserted", "updated", "deleted"};
        json_t *table = json_object();
        json_put_text(table, "table", PQgetvalue(result, i, 1));
        for (size_t n = 0; n < COUNT_OF(names); n++)
            json_put_integer(table, names[n], strtoll(PQgetvalue(result, i, 2 + (int)n), NULL, 10));
        json_array_append_new(written, table);
    }
    PQclear(result);
    PQclear(PQexec(connection, "COMMIT"));
    PQfinish(connection);
    CHECK(rig, journal_append(rig->journal, EVENT_MIGRATION_APPLIED, data, &rig->err));
}

static void clean(struct proof_rig *rig)
{
    static const char *const names[] = {"baseline.db", "journal.db", "journal.db-wal", "journal.db-shm"};

    TALLOC_FREE(rig->journal);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        SCRATCH(tmp);
        unlink(mem_printf(tmp, "%s/%s", rig->folder, names[i]));
    }
    rmdir(rig->folder);
}

static enum status run_row(const struct database *database, const struct row *row, bool is_bad,
                           char *detail, size_t size)
{
    SCRATCH(tmp);
    postgres_execute(database->path, "DROP SCHEMA public CASCADE; CREATE SCHEMA public;" TABLES);
    struct proof_rig *rig = make_rig(tmp, database);
    const struct result *result;

    if (good_data(row, is_bad)[0] != '\0')
        proof_rig_run(rig, good_data(row, is_bad));
    if (is_bad && row->moment == MOMENT_BEFORE && row->bad_data[0] != '\0')
        proof_rig_run(rig, row->bad_data);
    proof_rig_baseline(rig, row->migration);
    if (row->moment == MOMENT_AFTER) {
        apply(rig, row->migration, is_bad ? row->bad_data : "");
        proof_rig_verify(rig, EXPECT_APPLIED);
        result = proof_rig_after(rig, row->invariant);
    } else {
        result = proof_rig_before(rig, row->invariant);
    }
    if (result == NULL)
        fail_msg("%s: %s is not derived", row->label, row->invariant);
    snprintf(detail, size, "%s", result->detail == NULL ? "" : result->detail);
    enum status status = result->status;
    clean(rig);
    TALLOC_FREE(rig);
    return status;
}

static void test_rows(void **state)
{
    (void)state;
    char detail[1024];
    struct database *database = postgres_database_make(NULL);

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        if (run_row(database, &rows[i], false, detail, sizeof(detail)) != STATUS_PASS)
            fail_msg("%s: good data does not pass: %s", rows[i].label, detail);
        if (run_row(database, &rows[i], true, detail, sizeof(detail)) != rows[i].bad_status)
            fail_msg("%s: bad data is not found: %s", rows[i].label, detail);
        if (rows[i].bad_detail != NULL && strstr(detail, rows[i].bad_detail) == NULL)
            fail_msg("%s: '%s' is not in '%s'", rows[i].label, rows[i].bad_detail, detail);
    }
    talloc_free(database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
