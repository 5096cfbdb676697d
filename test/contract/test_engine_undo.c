/*
 * The undo log of every engine: what a migration overwrote comes back, exactly, and what others
 * wrote since stays. One suite, run on each row of `places`.
 *
 * Expected values are the tables' own contents before the migration.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "../support/postgres_server.h"
#include "base/clock.h"

#define LITE 1
#define SERVER 2
#define BOTH (LITE | SERVER)

static const struct engine_place {
    int bit;
    const struct engine_driver *driver;
    struct database *(*make)(const char *sql);
    void (*execute)(const char *path, const char *sql);
} places[] = {
    {LITE, &engine_sqlite, database_make, database_execute},
    {SERVER, &engine_postgres, postgres_database_make, postgres_execute},
};

struct rig {
    const struct engine_place *place;
    struct database *database;
    struct engine *engine;
    struct error err;
};

static void rig_make(struct rig *rig, const struct engine_place *place, const char *sql)
{
    *rig = (struct rig){.place = place, .database = place->make(sql)};
    const struct engine_open_options options = {
        .url = secret_make(rig->database, rig->database->path), .timeout_ms = 60000};
    if (!place->driver->session->open(rig->database, &options, &rig->engine, &rig->err))
        fail_msg("%s", rig->err.message);
}

static void rig_end(struct rig *rig)
{
    talloc_free(rig->engine);
    talloc_free(rig->database);
}

// --- what a table holds

static bool append_row(void *context, const char *const *names, const struct engine_value *values, size_t n)
{
    FILE *out = context;
    (void)names;
    for (size_t i = 0; i < n; i++)
        fprintf(out, "%s%s", i ? "|" : "", values[i].is_null ? "NULL" : values[i].text);
    fputc('\n', out);
    return true;
}

// "t, u": all rows of each, sorted.
static char *contents(struct rig *rig, TALLOC_CTX *mem, const char *tables)
{
    char *written;
    size_t len;
    FILE *out = open_memstream(&written, &len);
    char *list = talloc_strdup(mem, tables);
    for (char *save = NULL, *table = strtok_r(list, ", ", &save); table != NULL; table = strtok_r(NULL, ", ", &save)) {
        const char *sql = talloc_asprintf(mem, rig->place->bit == LITE ? "SELECT * FROM %s ORDER BY 1"
                                                                       : "SELECT * FROM %s x ORDER BY x::text COLLATE \"C\"", table);
        fprintf(out, "%s:\n", table);
        if (!rig->place->driver->session->query(rig->engine, sql, append_row, out, &rig->err))
            fail_msg("%s: %s", sql, rig->err.message);
    }
    fclose(out);
    char *text = talloc_strdup(mem, written);
    free(written);
    return text;
}

// --- a migration with its log

#define SUBJECTS_MAX 4

#define UPDATED_MAX 4

static size_t read_subjects(TALLOC_CTX *mem, const char *tables, const char *only, struct engine_undo_subject *out)
{
    size_t n = 0;
    size_t n_updated = 0;
    const char **updated = talloc_array(mem, const char *, UPDATED_MAX);
    char *columns = talloc_strdup(mem, only == NULL ? "" : only);
    for (char *save = NULL, *column = strtok_r(columns, ", ", &save); column != NULL; column = strtok_r(NULL, ", ", &save))
        updated[n_updated++] = column;
    char *list = talloc_strdup(mem, tables);
    for (char *save = NULL, *table = strtok_r(list, ", ", &save); table != NULL; table = strtok_r(NULL, ", ", &save)) {
        out[n] = (struct engine_undo_subject){.table.name = table + (*table == '!'), .is_rewritten = *table == '!',
                                              .updated = updated, .n_updated = n_updated, .is_updated_only = only != NULL};
        n++;
    }
    return n;
}

static bool migrate_only(struct rig *rig, const char *id, const char *tables, const char *only, const char *sql, bool in_transaction)
{
    SCRATCH(tmp);
    struct engine_undo_subject subjects[SUBJECTS_MAX];
    const struct engine_undo_request request = {
        .id = id, .subjects = subjects, .n_subjects = read_subjects(tmp, tables, only, subjects), .in_transaction = in_transaction};
    struct engine_undo_plan plan;
    if (!rig->place->driver->undo->plan(tmp, rig->engine, &request, &plan, &rig->err))
        fail_msg("%s", rig->err.message);
    const struct engine_run_request run = {.path = "1.sql", .text = sql, .end = strlen(sql),
                                           .in_transaction = in_transaction, .first = plan.first, .last = plan.last};
    struct engine_run result;
    return rig->place->driver->session->run(rig->database, rig->engine, &run, &result, &rig->err);
}

static bool migrate_as(struct rig *rig, const char *id, const char *tables, const char *sql, bool in_transaction)
{
    return migrate_only(rig, id, tables, NULL, sql, in_transaction);
}

static void migrate(struct rig *rig, const char *id, const char *tables, const char *sql)
{
    if (!migrate_as(rig, id, tables, sql, true))
        fail_msg("%s: %s", sql, rig->err.message);
}

static void note_conflict(void *context, struct name table, const char *key_text, const char *why)
{
    char **text = context;
    *text = talloc_asprintf_append(*text, "%s %s %s\n", table.name, key_text, why);
}

// What is in the way, a line each; "" when nothing is.
static char *roll_back(struct rig *rig, TALLOC_CTX *mem, const char *id, int64_t *rows)
{
    char *text = talloc_strdup(mem, "");
    struct engine_undo_result result;
    const struct engine_undo_back request = {.id = id, .each = note_conflict, .context = &text};
    if (!rig->place->driver->undo->roll_back(mem, rig->engine, &request, &result, &rig->err))
        fail_msg("%s", rig->err.message);
    if (rows != NULL)
        *rows = result.rows;
    return text;
}

// --- cases: after the migration and its log, the tables hold what they held

struct undo_case {
    const char *name;
    int engines;
    const char *schema;    // and rows
    const char *tables;    // of the request; '!': rewritten
    const char *migration;
    const char *since;     // by others, or the down; NULL: nothing
    const char *conflicts;
    const char *differs;   // rows then, when they are not those before; NULL: they are
    const char *compared;  // tables; NULL: people
    const char *only;      // UPDATEs of these columns are all that writes the tables; NULL: not so
};

#define PEOPLE                                                                                     \
    "CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(20), age INTEGER);"                 \
    "INSERT INTO people VALUES (1, 'ann', 30), (2, 'bob', NULL), (3, 'cid', 50), (4, NULL, 60);"

static const struct undo_case cases[] = {
    {"update", BOTH, PEOPLE, "people", "UPDATE people SET name = upper(name), age = age + 1", NULL, "", NULL},
    {"update that changes nothing", BOTH, PEOPLE, "people", "UPDATE people SET name = name", NULL, "", NULL},
    {"values become NULL and back", BOTH, PEOPLE, "people", "UPDATE people SET name = CASE WHEN name IS NULL THEN 'x' END", NULL, "", NULL},
    {"delete", BOTH, PEOPLE, "people", "DELETE FROM people WHERE id > 2", NULL, "", NULL},
    {"twice", BOTH, PEOPLE, "people", "UPDATE people SET age = 1; UPDATE people SET age = age + 1 WHERE id < 3", NULL, "", NULL},
    {"update and delete", BOTH, PEOPLE, "people", "UPDATE people SET age = 1; DELETE FROM people WHERE id < 3", NULL, "", NULL},
    {"deleted and made again", BOTH, PEOPLE, "people", "DELETE FROM people WHERE id = 1; INSERT INTO people VALUES (1, 'new', 1); "
     "UPDATE people SET age = 2 WHERE id = 1", NULL, "", NULL},
    {"made and deleted", BOTH, PEOPLE, "people", "INSERT INTO people VALUES (9, 'new', 1); UPDATE people SET age = 2 WHERE id = 9; "
     "DELETE FROM people WHERE id = 9", NULL, "", NULL},
    {"inserted rows stay", BOTH, "CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(20)); INSERT INTO people VALUES (1, 'ann')", "people",
     "INSERT INTO people VALUES (9, 'new'); UPDATE people SET name = 'x'", NULL, "", "people:\n1|ann\n9|x\n"},
    {"savepoint taken back", BOTH, PEOPLE, "people", "UPDATE people SET age = 1 WHERE id = 1; SAVEPOINT s; DELETE FROM people; ROLLBACK TO s; RELEASE s", NULL, "", NULL},
    {"composite key, quoted names", BOTH,
     "CREATE TABLE \"a\"\"b\" (\"k 1\" INTEGER NOT NULL, k2 VARCHAR(9) NOT NULL, \"select\" INTEGER, PRIMARY KEY (k2, \"k 1\"));"
     "INSERT INTO \"a\"\"b\" VALUES (1, 'x', 1), (1, 'y', 2), (2, 'x', 3); CREATE VIEW seen AS SELECT * FROM \"a\"\"b\"", "a\"b",
     "UPDATE \"a\"\"b\" SET \"select\" = 0; DELETE FROM \"a\"\"b\" WHERE k2 = 'y'", NULL, "", NULL, "seen"},
    {"no key", BOTH, "CREATE TABLE people (name VARCHAR(9), n INTEGER); INSERT INTO people VALUES ('a', 1), ('a', 1), ('b', 2), (NULL, 3)", "people",
     "UPDATE people SET n = n + 1 WHERE name = 'a'; DELETE FROM people WHERE name IS NULL", NULL, "", NULL},
    {"upsert", BOTH, PEOPLE, "people", "INSERT INTO people VALUES (1, 'x', 1), (2, 'y', 2) ON CONFLICT (id) DO UPDATE SET name = excluded.name, age = 0", NULL, "", NULL},
    {"column added and dropped", BOTH, PEOPLE, "people", "ALTER TABLE people ADD COLUMN more INTEGER; UPDATE people SET more = 1, age = 2",
     "ALTER TABLE people DROP COLUMN more", "", NULL},
    // --- traffic
    {"changed since", BOTH, PEOPLE, "people", "UPDATE people SET age = 1", "UPDATE people SET age = 7 WHERE id = 2", "people id=2 changed since\n",
     "people:\n1|ann|30\n2|bob|7\n3|cid|50\n4|NULL|60\n"},
    {"another column since", BOTH, PEOPLE, "people", "UPDATE people SET age = 1", "UPDATE people SET name = 'new' WHERE id = 2", "",
     "people:\n1|ann|30\n2|new|NULL\n3|cid|50\n4|NULL|60\n"},
    {"is gone", BOTH, PEOPLE, "people", "UPDATE people SET age = 1", "DELETE FROM people WHERE id = 3", "people id=3 is gone\n",
     "people:\n1|ann|30\n2|bob|NULL\n4|NULL|60\n"},
    {"is there again", BOTH, PEOPLE, "people", "DELETE FROM people WHERE id < 3", "INSERT INTO people VALUES (2, 'x', 1)", "people id=2 is there again\n",
     "people:\n1|ann|30\n2|x|1\n3|cid|50\n4|NULL|60\n"},
    {"back already", BOTH, PEOPLE, "people", "UPDATE people SET age = 1; DELETE FROM people WHERE id = 1",
     "UPDATE people SET age = 50 WHERE id = 3; INSERT INTO people VALUES (1, 'ann', 30)", "", NULL},
    {"back already, updated twice", BOTH, PEOPLE, "people", "UPDATE people SET age = 1; UPDATE people SET age = 2", "UPDATE people SET age = 30 WHERE id = 1",
     "", NULL},
    {"changed since, updated twice", BOTH, PEOPLE, "people", "UPDATE people SET age = 1; UPDATE people SET age = 2", "UPDATE people SET age = 1 WHERE id = 2",
     "people id=2 changed since\n", "people:\n1|ann|30\n2|bob|1\n3|cid|50\n4|NULL|60\n"},
    {"no key, changed since", SERVER, "CREATE TABLE people (n INTEGER); INSERT INTO people VALUES (1), (1)", "people", "UPDATE people SET n = 2",
     "UPDATE people SET n = 3 WHERE ctid = (SELECT min(ctid) FROM people)", "people (2) changed since\n", "people:\n1\n3\n"},
    // --- rewritten
    {"column dropped and more updated", LITE, PEOPLE, "!people", "UPDATE people SET age = 1 WHERE id = 1; ALTER TABLE people DROP COLUMN name",
     "ALTER TABLE people ADD COLUMN name VARCHAR(20)", "", "people:\n1|30|ann\n2|NULL|bob\n3|50|cid\n4|60|NULL\n"},
    {"column dropped and others changed since", LITE, PEOPLE, "!people", "ALTER TABLE people DROP COLUMN age",
     "ALTER TABLE people ADD COLUMN age INTEGER; UPDATE people SET name = 'dan' WHERE id = 3; UPDATE people SET age = 7 WHERE id = 1",
     "people id=1 differs from the copy\n",
     "people:\n1|ann|7\n2|bob|NULL\n3|dan|50\n4|NULL|60\n", NULL},
    {"column with a default dropped", BOTH, PEOPLE, "!people", "ALTER TABLE people DROP COLUMN age",
     "ALTER TABLE people ADD COLUMN age INTEGER DEFAULT 0", "", NULL, NULL},
    {"column dropped, more updated, and traffic", LITE, PEOPLE, "!people", "UPDATE people SET age = 1 WHERE id = 1; ALTER TABLE people DROP COLUMN name",
     "ALTER TABLE people ADD COLUMN name VARCHAR(20); UPDATE people SET age = 2 WHERE id = 1", "people id=1 differs from the copy beside what comes back\n",
     "people:\n1|2|ann\n2|NULL|bob\n3|50|cid\n4|60|NULL\n"},
    {"column dropped, and traffic", LITE, PEOPLE, "!people", "DELETE FROM people WHERE id = 4; ALTER TABLE people DROP COLUMN name",
     "DELETE FROM people WHERE id = 1; UPDATE people SET age = NULL WHERE id = 3; UPDATE people SET age = 7 WHERE id = 2; ALTER TABLE people ADD COLUMN name VARCHAR(20)",
     "people id=1 is gone\n", "people:\n2|7|bob\n3|NULL|cid\n4|60|NULL\n"},
    {"column dropped, and traffic", SERVER, PEOPLE, "!people", "DELETE FROM people WHERE id = 4; ALTER TABLE people DROP COLUMN name",
     "DELETE FROM people WHERE id = 1; UPDATE people SET age = NULL WHERE id = 3; UPDATE people SET age = 7 WHERE id = 2; ALTER TABLE people ADD COLUMN name VARCHAR(20)",
     "people id=1 is gone\npeople id=2 differs from the copy\npeople id=3 differs from the copy\n", "people:\n2|7|bob\n3|NULL|cid\n4|60|NULL\n"},
    {"column dropped and added with a default", LITE, PEOPLE, "!people", "ALTER TABLE people DROP COLUMN name",
     "ALTER TABLE people ADD COLUMN name VARCHAR(20) NOT NULL DEFAULT '-'; UPDATE people SET name = 'x' WHERE id = 3; DELETE FROM people WHERE id = 4",
     "people id=3 differs from the copy\npeople id=4 is gone\n", "people:\n1|30|ann\n2|NULL|bob\n3|50|x\n"},
    {"table made anew with another type, and traffic", LITE, PEOPLE, "!people", "CREATE TABLE p (id INTEGER PRIMARY KEY, name VARCHAR(20), age TEXT); "
     "INSERT INTO p SELECT * FROM people WHERE id < 4; DROP TABLE people; ALTER TABLE p RENAME TO people",
     "DELETE FROM people WHERE id = 1; UPDATE people SET age = '51' WHERE id = 3; CREATE TABLE p (id INTEGER PRIMARY KEY, name VARCHAR(20), age INTEGER); "
     "INSERT INTO p SELECT * FROM people; DROP TABLE people; ALTER TABLE p RENAME TO people",
     "people id=1 is gone\npeople id=3 differs from the copy\n", "people:\n2|bob|NULL\n3|cid|51\n4|NULL|60\n"},
    {"column dropped, no key", LITE, "CREATE TABLE people (name VARCHAR(9), n INTEGER); INSERT INTO people VALUES ('a', 1), ('b', 2), ('c', 3)", "!people",
     "UPDATE people SET n = 9 WHERE n = 3; ALTER TABLE people DROP COLUMN name", "DELETE FROM people WHERE n = 2; ALTER TABLE people ADD COLUMN name VARCHAR(9)",
     "people rowid=2 is gone\npeople rowid=3 differs from the copy\n", "people:\n1|a\n9|NULL\n"},
    {"a trigger writes another table", LITE, PEOPLE "CREATE TABLE total (n INT); CREATE TABLE log (m TEXT); INSERT INTO total VALUES (0); INSERT INTO log VALUES ('x'); "
     "CREATE TRIGGER sum_up AFTER UPDATE ON people BEGIN UPDATE total SET n = n + 1; END; CREATE TRIGGER clear AFTER UPDATE ON total BEGIN DELETE FROM log; END", "people",
     "UPDATE people SET age = 1", NULL, "", NULL, "people, total", .only = "age"},
    {"column dropped", LITE, PEOPLE, "!people", "ALTER TABLE people DROP COLUMN name", "ALTER TABLE people ADD COLUMN name VARCHAR(20)", "",
     "people:\n1|30|ann\n2|NULL|bob\n3|50|cid\n4|60|NULL\n"},
    {"column dropped", SERVER, PEOPLE, "!people", "UPDATE people SET age = 1; ALTER TABLE people DROP COLUMN name", "ALTER TABLE people ADD COLUMN name VARCHAR(20)", "",
     "people:\n1|30|ann\n2|NULL|bob\n3|50|cid\n4|60|NULL\n"},
    {"table dropped", BOTH, PEOPLE, "!people", "DROP TABLE people",
     "CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(20), age INTEGER)", "", NULL},
    {"table renamed and back", SERVER, PEOPLE, "people", "UPDATE people SET age = 1; ALTER TABLE people RENAME TO folk; UPDATE folk SET name = 'x'; "
     "ALTER TABLE folk RENAME COLUMN name TO called; DELETE FROM folk WHERE id = 1",
     "ALTER TABLE folk RENAME TO people; ALTER TABLE people RENAME COLUMN called TO name", "", NULL},
    {"column dropped, not foreseen", SERVER, PEOPLE, "people", "UPDATE people SET age = 1; ALTER TABLE people DROP COLUMN name; DELETE FROM people WHERE id = 1",
     "ALTER TABLE people ADD COLUMN name VARCHAR(20)", "people  dropped or of another type, with values that are not kept: name\n",
     "people:\n1|30|NULL\n2|NULL|NULL\n3|50|NULL\n4|60|NULL\n"},
    {"key updated", LITE, PEOPLE, "people", "UPDATE people SET id = 9 WHERE id = 1", NULL, "people id=1 its key was updated\n",
     "people:\n2|bob|NULL\n3|cid|50\n4|NULL|60\n9|ann|30\n"},
    {"key updated", SERVER, PEOPLE, "people", "UPDATE people SET id = id + 100, age = 0 WHERE id < 3; UPDATE people SET name = 'x' WHERE id = 101", NULL, "", NULL},
    {"values of any type", LITE, "CREATE TABLE people (id INTEGER PRIMARY KEY, a, b REAL, c GENERATED ALWAYS AS (a || 'x')); "
     "INSERT INTO people (id, a, b) VALUES (1, x'00ff', 1.5), (2, 1, 2), (3, '1', NULL), (4, 1.0, -0.0)", "people",
     "UPDATE people SET a = CASE id WHEN 2 THEN '1' WHEN 3 THEN 1 WHEN 4 THEN 1 ELSE NULL END, b = 7; DELETE FROM people WHERE id = 1", NULL, "", NULL},
    {"key without order", LITE, "CREATE TABLE people (id TEXT PRIMARY KEY, n); INSERT INTO people VALUES (NULL, 1), (NULL, 2), ('a', 3)", "people",
     "UPDATE people SET n = n + 10; DELETE FROM people WHERE id = 'a'", NULL, "", NULL},
    {"WITHOUT ROWID", LITE, "CREATE TABLE people (id TEXT PRIMARY KEY, n) WITHOUT ROWID; INSERT INTO people VALUES ('a', 1), ('b', 2)", "people",
     "UPDATE people SET n = 0; DELETE FROM people WHERE id = 'a'", NULL, "", NULL},
    {"triggers do not fire again", LITE, PEOPLE "CREATE TRIGGER count_up AFTER UPDATE ON people BEGIN UPDATE people SET age = 99 WHERE id = 4; END", "people",
     "UPDATE people SET age = 1 WHERE id = 1", NULL, "", NULL},
    // --- UPDATEs of named columns, and nothing else
    {"only named columns", BOTH, PEOPLE, "people", "UPDATE people SET age = age + 1; UPDATE people SET age = 7, name = 'x' WHERE id > 2", NULL, "", NULL, .only = "age, name"},
    {"only named columns, savepoint taken back", BOTH, PEOPLE, "people", "UPDATE people SET age = 1 WHERE id = 1; SAVEPOINT s; UPDATE people SET age = 2; ROLLBACK TO s; "
     "RELEASE s", NULL, "", NULL, .only = "age"},
    {"only named columns, changed since", BOTH, PEOPLE, "people", "UPDATE people SET age = 1", "UPDATE people SET age = 7 WHERE id = 2; UPDATE people SET name = 'new' WHERE id = 1; "
     "DELETE FROM people WHERE id = 4; INSERT INTO people VALUES (9, 'nine', 9)", "people id=2 changed since\npeople id=4 is gone\n",
     "people:\n1|new|30\n2|bob|7\n3|cid|50\n9|nine|9\n", .only = "age"},
    {"only named columns, back already", BOTH, PEOPLE, "people", "UPDATE people SET age = 1", "UPDATE people SET age = 50 WHERE id = 3", "", NULL, .only = "age"},
    {"only named columns, values of any type", LITE, "CREATE TABLE people (id INTEGER PRIMARY KEY, a, b REAL, c GENERATED ALWAYS AS (a || 'x')); "
     "INSERT INTO people (id, a, b) VALUES (-9223372036854775807, x'00ff', 1.5), (-2, 9223372036854775807, 2), (3, '1', NULL), (4, 1.0, -0.0), (5, x'', 1e300), (6, '', 1), "
     "(9223372036854775807, 'é' || char(0) || 'x', 0)", "people", "UPDATE people SET a = CASE id WHEN 3 THEN 1 WHEN 4 THEN 1 ELSE NULL END, b = 7", NULL, "", NULL, .only = "a, b"},
    {"only named columns, no key", LITE, "CREATE TABLE people (name VARCHAR(9), n INTEGER); INSERT INTO people VALUES ('a', 1), ('a', 1), ('b', 2), (NULL, 3)", "people",
     "UPDATE people SET n = n + 1 WHERE name = 'a'", NULL, "", NULL, .only = "n"},
    {"only named columns, a key that is no rowid", LITE, "CREATE TABLE people (id INTEGER PRIMARY KEY DESC, n); INSERT INTO people VALUES (2, 1), (1, 2), (3, 3)", "people",
     "UPDATE people SET n = n + 1", NULL, "", NULL, .only = "n"},
    {"only named columns, and the key", LITE, PEOPLE, "people", "UPDATE people SET id = 9, age = 1 WHERE id = 1", NULL, "people id=1 its key was updated\n",
     "people:\n2|bob|NULL\n3|cid|50\n4|NULL|60\n9|ann|1\n", .only = "id, age"},
    {"only named columns, rows replaced", LITE, "CREATE TABLE people (id INTEGER PRIMARY KEY, n INTEGER UNIQUE); INSERT INTO people VALUES (1, 1), (2, 2), (3, 3)", "people",
     "UPDATE OR REPLACE people SET n = 3 WHERE id = 1", NULL, "", NULL, .only = "n"},
    {"only named columns, rows replaced by a constraint", LITE, "CREATE TABLE people (id INTEGER PRIMARY KEY, n INTEGER, name TEXT, UNIQUE (n) ON CONFLICT REPLACE); "
     "INSERT INTO people VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c')", "people", "UPDATE people SET n = n - 1; UPDATE people SET n = 0 WHERE id = 2", NULL, "", NULL, .only = "n"},
    // --- PostgreSQL
    {"truncate", SERVER, PEOPLE "CREATE TABLE pets (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES people); INSERT INTO pets VALUES (1, 1)", "people, pets",
     "TRUNCATE people CASCADE", NULL, "", NULL, "people, pets"},
    {"cascades", SERVER, PEOPLE "CREATE TABLE pets (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES people ON DELETE CASCADE ON UPDATE CASCADE, n INT);"
     "CREATE TABLE toys (id INTEGER GENERATED ALWAYS AS IDENTITY PRIMARY KEY, pet INTEGER DEFAULT NULL REFERENCES pets ON DELETE SET NULL);"
     "INSERT INTO pets VALUES (1, 1, 1), (2, 2, 2), (3, 2, 3); INSERT INTO toys (pet) VALUES (1), (2), (3)", "people",
     "DELETE FROM people WHERE id = 1; UPDATE people SET id = 22 WHERE id = 2; DELETE FROM people WHERE id = 22", NULL, "", NULL, "people, pets, toys"},
    {"partitions", SERVER, "CREATE TABLE people (id INTEGER, name VARCHAR(20), PRIMARY KEY (id)) PARTITION BY RANGE (id);"
     "CREATE TABLE low (name VARCHAR(20), id INTEGER NOT NULL); ALTER TABLE people ATTACH PARTITION low FOR VALUES FROM (0) TO (10);"
     "CREATE TABLE high PARTITION OF people FOR VALUES FROM (10) TO (99) PARTITION BY LIST (id); CREATE TABLE rest PARTITION OF high DEFAULT;"
     "INSERT INTO people VALUES (1, 'a'), (2, 'b'), (11, 'c'), (12, 'd')", "people",
     "UPDATE people SET name = 'x'; UPDATE low SET name = 'y'; DELETE FROM rest WHERE id = 11; UPDATE people SET id = 15 WHERE id = 2; TRUNCATE low", NULL, "", NULL},
    {"merge", SERVER, PEOPLE, "people", "MERGE INTO people p USING (VALUES (1), (2), (7)) v(id) ON p.id = v.id WHEN MATCHED AND p.id = 1 THEN DELETE "
     "WHEN MATCHED THEN UPDATE SET age = 0 WHEN NOT MATCHED THEN INSERT VALUES (v.id, 'm', 1); DELETE FROM people WHERE id = 7", NULL, "", NULL},
    {"two updates in one statement", SERVER, PEOPLE, "people", "WITH a AS (UPDATE people SET age = 0 WHERE id = 1), b AS (DELETE FROM people WHERE id = 2) "
     "UPDATE people SET age = 9 WHERE id = 3", NULL, "", NULL},
    {"DO block", SERVER, PEOPLE, "people", "DO $$ BEGIN FOR i IN 1..4 LOOP BEGIN UPDATE people SET age = i WHERE id = i; IF i = 2 THEN RAISE 'no'; END IF; "
     "EXCEPTION WHEN raise_exception THEN NULL; END; END LOOP; END $$", NULL, "", NULL},
    {"triggers do not fire again", SERVER, PEOPLE "CREATE TABLE audit (n INT); CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS "
     "$$ BEGIN INSERT INTO audit VALUES (1); NEW.age = NEW.age + 1; RETURN NEW; END $$; CREATE TRIGGER audit BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION audit();"
     "ALTER TABLE people ENABLE ALWAYS TRIGGER audit", "people", "UPDATE people SET age = 1", "TRUNCATE audit", "", NULL},
    {"a trigger writes another table", SERVER, PEOPLE "CREATE TABLE total (n INT); INSERT INTO total VALUES (0); CREATE FUNCTION sum_up() RETURNS trigger LANGUAGE plpgsql AS "
     "$$ BEGIN UPDATE total SET n = n + 1; RETURN NULL; END $$; CREATE TRIGGER sum_up AFTER UPDATE ON people FOR EACH ROW EXECUTE FUNCTION sum_up()", "people",
     "UPDATE people SET age = 1", NULL, "total  4 rows of it were updated or deleted, and are not kept\n", "people:\n1|ann|30\n2|bob|NULL\n3|cid|50\n4|NULL|60\n"},
    {"a trigger writes another table that is kept", SERVER, PEOPLE "CREATE TABLE total (id INT PRIMARY KEY, n INT); INSERT INTO total VALUES (1, 0);"
     "CREATE FUNCTION sum_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE total SET n = n + 1; RETURN NULL; END $$;"
     "CREATE TRIGGER sum_up AFTER UPDATE ON people FOR EACH ROW EXECUTE FUNCTION sum_up()", "people, total", "UPDATE people SET age = 1", NULL, "", NULL},
    // --- rows that the migration made
    {"made, its key updated, deleted", BOTH, PEOPLE, "people", "INSERT INTO people VALUES (98, 'new', 1), (99, 'new', 1); UPDATE people SET id = id + 10 WHERE id > 90; "
     "DELETE FROM people WHERE id > 90", NULL, "", NULL},
    {"made, and its key taken by another row", SERVER, PEOPLE, "people", "INSERT INTO people VALUES (99, 'new', 1); UPDATE people SET id = 100 WHERE id = 99; "
     "UPDATE people SET id = 99 WHERE id = 1; DELETE FROM people WHERE id >= 99", NULL, "", NULL},
    {"made where one was deleted, twice", SERVER, PEOPLE, "people", "DELETE FROM people WHERE id = 1; INSERT INTO people VALUES (1, 'new', 1); DELETE FROM people WHERE id = 1; "
     "INSERT INTO people VALUES (1, 'newer', 2)", NULL, "", NULL},
    {"no key, made, updated and deleted", BOTH, "CREATE TABLE people (name VARCHAR(9), n INTEGER); INSERT INTO people VALUES ('a', 1), ('b', 2), ('b', 2)", "people",
     "INSERT INTO people VALUES ('x', 1), ('y', 1), ('b', 2); UPDATE people SET n = 2 WHERE name IN ('x', 'a'); DELETE FROM people WHERE n = 2 OR name = 'y'", NULL, "", NULL},
    {"no key, made rows stay", SERVER, "CREATE TABLE people (name VARCHAR(9), n INTEGER); INSERT INTO people VALUES ('a', 1)", "people",
     "INSERT INTO people VALUES ('x', 1); DELETE FROM people WHERE name = 'a'", NULL, "", "people:\na|1\nx|1\n"},
    // --- values in each other's way
    {"unique values moved on", BOTH, "CREATE TABLE people (id INTEGER PRIMARY KEY, n INTEGER NOT NULL CHECK (n > 0), name VARCHAR(9)); CREATE UNIQUE INDEX by_n ON people (n);"
     "INSERT INTO people VALUES (6, 6, 'f'), (3, 3, 'c'), (2, 2, 'b'), (1, 1, 'a')", "people", "UPDATE people SET n = n + 100; UPDATE people SET n = 9 - (n - 100) % 7 WHERE id > 1; "
     "UPDATE people SET n = n - 1 WHERE id = 1", "UPDATE people SET name = 'new' WHERE id = 3", "", "people:\n1|1|a\n2|2|b\n3|3|new\n6|6|f\n"},
    {"keys moved on", SERVER, PEOPLE, "people", "UPDATE people SET id = id + 50; UPDATE people SET id = id - 49", NULL, "", NULL},
    {"unique texts swapped, no key", SERVER, "CREATE TABLE people (name VARCHAR(9) UNIQUE DEFERRABLE, n INTEGER); CREATE UNIQUE INDEX lower_name ON people (lower(name));"
     "INSERT INTO people VALUES ('a', 1), ('b', 2)", "people", "UPDATE people SET name = 'x' WHERE n = 1; UPDATE people SET name = 'a' WHERE n = 2; UPDATE people SET name = 'b' WHERE n = 1",
     NULL, "", NULL},
    {"unique values of any type", SERVER, "CREATE TABLE people (id INT PRIMARY KEY, u uuid NOT NULL UNIQUE, t timestamptz NOT NULL UNIQUE, d date NOT NULL UNIQUE, s text NOT NULL UNIQUE);"
     "INSERT INTO people SELECT g, lpad(g::text, 32, '0')::uuid, '2020-01-01'::timestamptz + g * interval '1 day', '2020-01-01'::date + g, 's' || g FROM generate_series(9, 1, -1) g",
     "people", "UPDATE people SET u = 'ffffffff-0000-0000-0000-000000000000'::uuid WHERE id = 1; ALTER TABLE people DROP CONSTRAINT people_u_key, DROP CONSTRAINT people_t_key, "
     "DROP CONSTRAINT people_d_key, DROP CONSTRAINT people_s_key; UPDATE people SET u = lpad((id + 1)::text, 32, '0')::uuid, t = t + interval '1 day', d = d + 1, s = 's' || id + 1; "
     "ALTER TABLE people ADD UNIQUE (u), ADD UNIQUE (t), ADD UNIQUE (d), ADD UNIQUE (s)", NULL, "", NULL},
    {"identity that is always generated", SERVER, "CREATE TABLE people (n INT GENERATED ALWAYS AS IDENTITY, name TEXT); INSERT INTO people (name) VALUES ('a'), ('b')", "people",
     "UPDATE people SET name = upper(name)", NULL, "", NULL},
    {"identity that is always generated, updated", SERVER, "CREATE TABLE people (n INT GENERATED ALWAYS AS IDENTITY, name TEXT); INSERT INTO people (name) VALUES ('a'), ('b')", "people",
     "UPDATE people SET n = DEFAULT", NULL, "", NULL},
    {"identity of a row that was made again", SERVER, "CREATE TABLE people (id INT PRIMARY KEY, n INT GENERATED ALWAYS AS IDENTITY); INSERT INTO people (id) VALUES (1), (2)", "people",
     "DELETE FROM people WHERE id = 1; INSERT INTO people (id) VALUES (1)", NULL, "", NULL},
    {"another time zone since", SERVER, "CREATE DOMAIN moment AS timestamptz; CREATE TABLE people (id INT PRIMARY KEY, m moment); INSERT INTO people VALUES (1, '2020-01-01 12:00+00')", "people",
     "SET timezone = 'Asia/Tokyo'; UPDATE people SET m = m + interval '1 day'; SET timezone = 'UTC'", NULL, "", NULL},
    {"replica role", SERVER, PEOPLE, "people", "UPDATE people SET age = 1", NULL, "", NULL},
    {"values of any type", SERVER,
     "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN short AS varchar(5); CREATE TYPE pair AS (a int, b text);"
     "CREATE TABLE people (id uuid PRIMARY KEY, n numeric, f float8, j json, b jsonb, m mood, ms mood[], d short, p pair, x bytea, c char(4), t timestamptz, i interval, "
     " tags text[], r int4range, g text GENERATED ALWAYS AS (upper(d)) STORED, k int GENERATED ALWAYS AS IDENTITY);"
     "INSERT INTO people (id, n, f, j, b, m, ms, d, p, x, c, t, i, tags, r) VALUES "
     "('00000000-0000-0000-0000-000000000001', 1.00, '-0', '{\"a\" : 1}', '{\"a\":1.0}', 'sad', '{ok,sad}', 'a', ROW(1,'x'), '\\x00ff', 'a', '2020-01-01 12:00+02', "
     " '1 mon', '[0:1]={a,NULL}', '[1,5)'), "
     "('00000000-0000-0000-0000-000000000002', 'NaN', 'Infinity', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'infinity', '30 days', '{}', 'empty')", "people",
     "UPDATE people SET n = 1.0, f = 0, j = '{\"a\":1}', b = '{\"a\":1.00}', m = 'ok', ms = NULL, d = 'b', p = ROW(NULL,''), x = '', c = 'b', t = now(), i = '30 days', "
     "tags = '{a,NULL}', r = NULL; DELETE FROM people WHERE f = 0 AND d = 'b' AND id::text LIKE '%2'", NULL, "", NULL},
    {"enum swapped", SERVER, "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE people (id INT PRIMARY KEY, m mood); INSERT INTO people VALUES (1, 'sad'), (2, 'ok')", "!people",
     "UPDATE people SET m = 'ok'; ALTER TYPE mood RENAME TO mood_old; CREATE TYPE mood AS ENUM ('ok'); ALTER TABLE people ALTER m TYPE mood USING m::text::mood; DROP TYPE mood_old",
     "ALTER TABLE people ALTER m TYPE text; DROP TYPE mood; CREATE TYPE mood AS ENUM ('sad', 'ok'); ALTER TABLE people ALTER m TYPE mood USING m::mood", "", NULL},
};

// The tables that are compared.
static const char *tables_of(const struct undo_case *one)
{
    return one->compared != NULL ? one->compared : "people";
}

static bool is_expected(const struct engine_place *place, const struct undo_case *one, const char *what, const char *seen,
                        const char *expected)
{
    if (strcmp(seen, expected) == 0)
        return true;
    print_error("%s on %s: %s:\n%sinstead of\n%s", one->name, place->driver->name, what, seen, expected);
    return false;
}

static bool check_case(const struct engine_place *place, const struct undo_case *one)
{
    SCRATCH(tmp);
    struct rig rig;
    rig_make(&rig, place, one->schema);
    char *before = contents(&rig, tmp, tables_of(one));
    if (!migrate_only(&rig, "log_1", one->tables, one->only, one->migration, true))
        fail_msg("%s: %s", one->name, rig.err.message);
    if (one->since != NULL)
        place->execute(rig.database->path, one->since);
    char *conflicts = roll_back(&rig, tmp, "log_1", NULL);
    char *after = contents(&rig, tmp, tables_of(one));
    bool is_right = is_expected(place, one, "conflicts", conflicts, one->conflicts);
    is_right &= is_expected(place, one, "rows", after, one->differs ? one->differs : before);
    rig_end(&rig);
    return is_right;
}

static void test_roll_back__brings_everything_back(void **state)
{
    size_t wrong = 0;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++)
        for (size_t j = 0; j < COUNT_OF(cases); j++)
            if (cases[j].engines & places[i].bit)
                wrong += !check_case(&places[i], &cases[j]);
    assert_int_equal(wrong, 0);
}

// --- what a log is

#define ON_EACH(test, schema)                                                                      \
    static void test##_on_each(void **state)                                                       \
    {                                                                                              \
        (void)state;                                                                               \
        for (size_t i = 0; i < COUNT_OF(places); i++) {                                            \
            struct rig rig;                                                                        \
            rig_make(&rig, &places[i], schema);                                                    \
            test(&rig);                                                                            \
            rig_end(&rig);                                                                         \
        }                                                                                          \
    }

static size_t count_logs(struct rig *rig, struct engine_undo_log **logs)
{
    size_t n;
    if (!rig->place->driver->undo->list(rig->database, rig->engine, true, logs, &n, &rig->err))
        fail_msg("%s", rig->err.message);
    return n;
}

static void test_list__names_logs_and_drop_removes_them(struct rig *rig)
{
    struct engine_undo_log *logs;
    assert_int_equal(count_logs(rig, &logs), 0);
    migrate(rig, "one", "people", "UPDATE people SET age = 1");
    migrate(rig, "two", "people", "DELETE FROM people WHERE id = 1");
    assert_int_equal(count_logs(rig, &logs), 2);
    assert_string_equal(logs[0].id, "one");
    assert_int_equal(logs[0].rows, 4);
    assert_true(logs[0].bytes > 0);
    assert_int_equal(logs[1].rows, 1);
    assert_true(rig->place->driver->undo->drop(rig->engine, "one", &rig->err));
    assert_int_equal(count_logs(rig, &logs), 1);
    assert_string_equal(logs[0].id, "two");
    assert_false(rig->place->driver->undo->drop(rig->engine, "one", &rig->err));
    assert_int_equal(rig->err.code, ERROR_INPUT);
}

static void test_roll_back__of_two_logs(struct rig *rig)
{
    SCRATCH(tmp);
    int64_t rows;
    char *before = contents(rig, tmp, "people");
    migrate(rig, "one", "people", "UPDATE people SET age = 1");
    char *between = contents(rig, tmp, "people");
    migrate(rig, "two", "people", "UPDATE people SET age = 2 WHERE id < 3; DELETE FROM people WHERE id = 4");
    assert_string_equal(roll_back(rig, tmp, "two", &rows), "");
    assert_int_equal(rows, 3);
    assert_string_equal(contents(rig, tmp, "people"), between);
    assert_string_equal(roll_back(rig, tmp, "one", &rows), "");
    assert_int_equal(rows, 4);
    assert_string_equal(contents(rig, tmp, "people"), before);
}

static void expect_refused(struct rig *rig, const char *id, const char *message)
{
    struct engine_undo_result result;
    const struct engine_undo_back request = {.id = id};
    assert_false(rig->place->driver->undo->roll_back(rig->database, rig->engine, &request, &result, &rig->err));
    assert_int_equal(rig->err.code, ERROR_INPUT);
    if (strstr(rig->err.message, message) == NULL)
        fail_msg("%s: %s", rig->place->driver->name, rig->err.message);
}

static void test_roll_back__once(struct rig *rig)
{
    SCRATCH(tmp);
    expect_refused(rig, "one", "there is no undo log 'one'");
    migrate(rig, "one", "people", "UPDATE people SET age = 1");
    roll_back(rig, tmp, "one", NULL);
    expect_refused(rig, "one", "undo log 'one' was rolled back already");
    expect_refused(rig, "two", "there is no undo log 'two'");
    expect_refused(rig, "x'; --", "'x'; --' cannot name an undo log");
    expect_refused(rig, "", "'' cannot name an undo log");
}

static struct engine_undo_state look(struct rig *rig, const char *id)
{
    struct engine_undo_state state;
    if (!rig->place->driver->undo->look(rig->database, rig->engine, id, &state, &rig->err))
        fail_msg("%s", rig->err.message);
    return state;
}

static void test_look__says_what_became_of_a_log(struct rig *rig)
{
    SCRATCH(tmp);
    struct engine_undo_log *logs;
    assert_false(look(rig, "one").is_there);
    migrate(rig, "one", "people", "UPDATE people SET age = 1");
    struct engine_undo_state state = look(rig, "one");
    assert_true(state.is_there && state.is_ended && !state.is_rolled_back);
    assert_null(state.missing);
    assert_false(look(rig, "two").is_there);
    rig->place->execute(rig->database->path, "ALTER TABLE people RENAME COLUMN age TO years");
    assert_non_null(strstr(look(rig, "one").missing, "column age of "));
    rig->place->execute(rig->database->path, "ALTER TABLE people RENAME COLUMN years TO age");
    assert_null(look(rig, "one").missing);
    roll_back(rig, tmp, "one", NULL);
    assert_true(look(rig, "one").is_rolled_back);
    assert_int_equal(count_logs(rig, &logs), 1);
    assert_true(logs[0].is_ended && logs[0].is_rolled_back);
    assert_true(llabs(logs[0].made_ms - clock_wall_ms()) < 600000);
    assert_false(rig->place->driver->undo->look(rig->database, rig->engine, "x'; --", &state, &rig->err));
}

// A constraint that the migration made: only its down makes room for what was there.
static void test_roll_back__that_a_constraint_refuses(struct rig *rig)
{
    SCRATCH(tmp);
    rig->place->execute(rig->database->path, "UPDATE people SET age = 7");
    migrate(rig, "one", "people", "UPDATE people SET age = id");
    char *before = contents(rig, tmp, "people");
    rig->place->execute(rig->database->path, "CREATE UNIQUE INDEX ages ON people (age)");
    const struct engine_undo_back request = {.id = "one"};
    struct engine_undo_result result;
    assert_false(rig->place->driver->undo->roll_back(tmp, rig->engine, &request, &result, &rig->err));
    assert_int_equal(rig->err.code, ERROR_DATABASE);
    assert_string_equal(contents(rig, tmp, "people"), before);
    assert_false(look(rig, "one").is_rolled_back);
    rig->place->execute(rig->database->path, "DROP INDEX ages");
    assert_string_equal(roll_back(rig, tmp, "one", NULL), "");
}

static void test_roll_back__refuses_another_schema(struct rig *rig)
{
    SCRATCH(tmp);
    migrate(rig, "one", "people", "UPDATE people SET age = 1");
    char *before = contents(rig, tmp, "people");
    rig->place->execute(rig->database->path, "ALTER TABLE people RENAME COLUMN age TO years");
    expect_refused(rig, "one", "written under another schema: column age of ");
    rig->place->execute(rig->database->path, "ALTER TABLE people RENAME TO folk");
    expect_refused(rig, "one", "written under another schema: table ");
    rig->place->execute(rig->database->path, "ALTER TABLE folk RENAME TO people");
    assert_string_equal(contents(rig, tmp, "people"), before);
}

static void test_run__that_fails_leaves_no_log(struct rig *rig)
{
    struct engine_undo_log *logs;
    assert_false(migrate_as(rig, "one", "people", "UPDATE people SET age = 1; UPDATE people SET nothing = 1", true));
    assert_int_equal(rig->err.code, ERROR_TAKEN_BACK);
    assert_int_equal(count_logs(rig, &logs), 0);
}

static void test_run__leaves_the_schema_as_it_was(struct rig *rig)
{
    char before[65], after[65];
    assert_true(rig->place->driver->catalog->digest(rig->engine, before, &rig->err));
    migrate(rig, "one", "people", "UPDATE people SET age = 1");
    assert_true(rig->place->driver->catalog->digest(rig->engine, after, &rig->err));
    assert_string_equal(before, after);
}

static void test_run__outside_a_transaction(struct rig *rig)
{
    SCRATCH(tmp);
    char *before = contents(rig, tmp, "people");
    assert_true(migrate_as(rig, "one", "people", "UPDATE people SET age = 1; DELETE FROM people WHERE id = 2;", false));
    assert_string_equal(roll_back(rig, tmp, "one", NULL), "");
    assert_string_equal(contents(rig, tmp, "people"), before);
}

// More rows than a block has, some of which change.
static void test_roll_back__of_many_rows(struct rig *rig)
{
    SCRATCH(tmp);
    int64_t rows;
    struct engine_undo_log *logs;
    rig->place->execute(rig->database->path,
                        "INSERT INTO people SELECT i * 3, 'a longer name', i FROM (WITH RECURSIVE s(i) AS (SELECT 2 UNION ALL "
                        "SELECT i + 1 FROM s WHERE i < 20000) SELECT i FROM s) AS numbers");
    char *before = contents(rig, tmp, "people");
    assert_true(migrate_only(rig, "one", "people", "age, name", "UPDATE people SET age = age + 1, name = 'x' WHERE id % 2 = 0", true));
    assert_int_equal(count_logs(rig, &logs), 1);
    assert_int_equal(logs[0].rows, 10002);
    assert_string_equal(roll_back(rig, tmp, "one", &rows), "");
    assert_int_equal(rows, 10002);
    assert_string_equal(contents(rig, tmp, "people"), before);
}

static enum engine_undo_how plan_of(struct rig *rig, const char *table, const char **why)
{
    struct engine_undo_plan plan;
    const struct engine_undo_subject subject = {.table.name = table};
    const struct engine_undo_request request = {.id = "one", .subjects = &subject, .n_subjects = 1};
    if (!rig->place->driver->undo->plan(rig->database, rig->engine, &request, &plan, &rig->err))
        fail_msg("%s", rig->err.message);
    assert_int_equal(plan.n_tables, 1);
    *why = plan.tables[0].why ? plan.tables[0].why : "";
    return plan.tables[0].how;
}

static void test_plan__says_what_cannot_be_kept(struct rig *rig)
{
    const char *why;
    assert_int_equal(plan_of(rig, "people", &why), UNDO_TRIGGER);
    assert_string_equal(why, "");
    assert_int_equal(plan_of(rig, "nowhere", &why), UNDO_NONE);
    assert_string_equal(why, "there is no such table before the migration");
    rig->place->execute(rig->database->path, "CREATE VIEW seen AS SELECT * FROM people; CREATE TABLE loose (n INTEGER)");
    assert_int_equal(plan_of(rig, "seen", &why), UNDO_NONE);
    assert_int_equal(plan_of(rig, "loose", &why), UNDO_TRIGGER);
    assert_non_null(strstr(why, "it has no key: "));
}

ON_EACH(test_list__names_logs_and_drop_removes_them, PEOPLE)
ON_EACH(test_roll_back__of_two_logs, PEOPLE)
ON_EACH(test_roll_back__once, PEOPLE)
ON_EACH(test_roll_back__of_many_rows, PEOPLE)
ON_EACH(test_look__says_what_became_of_a_log, PEOPLE)
ON_EACH(test_roll_back__that_a_constraint_refuses, PEOPLE)
ON_EACH(test_roll_back__refuses_another_schema, PEOPLE)
ON_EACH(test_run__that_fails_leaves_no_log, PEOPLE)
ON_EACH(test_run__leaves_the_schema_as_it_was, PEOPLE)
ON_EACH(test_run__outside_a_transaction, PEOPLE)
ON_EACH(test_plan__says_what_cannot_be_kept, PEOPLE)

// --- PostgreSQL alone

static void expect_gap(const char *migration, const char *message)
{
    struct rig rig;
    rig_make(&rig, &places[1], PEOPLE);
    assert_false(migrate_as(&rig, "one", "people", migration, true));
    assert_int_equal(rig.err.code, ERROR_TAKEN_BACK);
    if (strstr(rig.err.message, message) == NULL)
        fail_msg("%s", rig.err.message);
    rig_end(&rig);
}

static void test_run__refuses_gaps_in_the_log(void **state)
{
    (void)state;
    expect_gap("UPDATE people SET age = 1; RESET ALL; UPDATE people SET age = 2", "the settings of the session were reset within the migration");
    expect_gap("ALTER TABLE people DISABLE TRIGGER USER; UPDATE people SET age = 1; ALTER TABLE people ENABLE TRIGGER USER",
               "were disabled or dropped within the migration");
}

// Whoever waits for the table would wait behind us.
static void test_roll_back__waits_for_a_lock_so_long(void **state)
{
    SCRATCH(tmp);
    struct rig rig;
    struct engine_undo_result result;
    const struct engine_undo_back request = {.id = "one", .lock_timeout_ms = 50};
    (void)state;
    rig_make(&rig, &places[1], PEOPLE);
    migrate(&rig, "one", "people", "UPDATE people SET age = 1");
    char *before = contents(&rig, tmp, "people");
    PGconn *other = PQconnectdb(rig.database->path);
    PQclear(PQexec(other, "BEGIN; LOCK TABLE people IN ROW EXCLUSIVE MODE"));
    assert_false(rig.place->driver->undo->roll_back(tmp, rig.engine, &request, &result, &rig.err));
    assert_int_equal(rig.err.code, ERROR_UNREACHABLE);
    PQfinish(other);
    assert_string_equal(contents(&rig, tmp, "people"), before);
    assert_true(rig.place->driver->undo->roll_back(tmp, rig.engine, &request, &result, &rig.err));
    assert_int_equal(result.rows, 4);
    assert_true(result.run.transaction != 0 && result.run.transaction_end > result.run.transaction);
    assert_int_equal(result.run.n_written, 1);
    assert_int_equal(result.run.written[0].updated, 4);
    rig_end(&rig);
}

static void test_plan__wants_the_owner(void **state)
{
    SCRATCH(tmp);
    struct rig rig;
    const char *why;
    (void)state;
    rig_make(&rig, &places[1], PEOPLE);
    postgres_execute(postgres_url(tmp, "postgres", rig.database->folder), "ALTER TABLE people OWNER TO postgres; GRANT ALL ON people TO deployer");
    assert_int_equal(plan_of(&rig, "people", &why), UNDO_NONE);
    assert_string_equal(why, "only its owner 'postgres' can have its rows kept: run the migration as that role, or as a member of it");
    postgres_execute(postgres_url(tmp, "postgres", rig.database->folder),
                     "ALTER TABLE people OWNER TO deployer; CREATE TABLE heirs () INHERITS (people)");
    assert_int_equal(plan_of(&rig, "people", &why), UNDO_NONE);
    assert_string_equal(why, "tables inherit from it or it inherits, so a row does not say which of them it is in");
    rig_end(&rig);
}

static void expect_no_plan(struct rig *rig, const char *message)
{
    struct engine_undo_plan plan;
    const struct engine_undo_request request = {.id = "one"};
    assert_false(rig->place->driver->undo->plan(rig->database, rig->engine, &request, &plan, &rig->err));
    assert_int_equal(rig->err.code, ERROR_UNKNOWN);
    assert_string_equal(rig->err.message, message);
}

static void test_plan__wants_its_own_schema(void **state)
{
    SCRATCH(tmp);
    struct rig rig;
    (void)state;
    rig_make(&rig, &places[1], PEOPLE);
    const char *url = postgres_url(tmp, "postgres", rig.database->folder);
    postgres_execute(url, "CREATE SCHEMA tminus");
    expect_no_plan(&rig, "no undo log can be kept: role 'deployer' may not create in the schema 'tminus'");
    assert_string_equal(rig.err.hint, "GRANT CREATE ON SCHEMA tminus TO \"deployer\"");
    postgres_execute(url, "GRANT ALL ON SCHEMA tminus TO deployer; CREATE FUNCTION tminus.f() RETURNS int LANGUAGE sql RETURN 1");
    expect_no_plan(&rig, "no undo log can be kept: what is in the schema 'tminus' is of role 'postgres', and role 'deployer' may not replace it");
    rig_end(&rig);
}

// What ran before the failure comes back, or it is said that it does not.
static void test_run__that_stops_half_way(struct rig *rig)
{
    SCRATCH(tmp);
    char *before = contents(rig, tmp, "people");
    assert_false(migrate_as(rig, "one", "people", "UPDATE people SET age = 1; UPDATE people SET nothing = 1;", false));
    assert_int_equal(rig->err.code, ERROR_PARTIAL);
    if (rig->place->bit == LITE) {
        expect_refused(rig, "one", "undo log 'one' was not ended, because its migration stopped half-way");
        assert_true(rig->place->driver->undo->drop(rig->engine, "one", &rig->err));
        return;
    }
    assert_string_equal(roll_back(rig, tmp, "one", NULL), "");
    assert_string_equal(contents(rig, tmp, "people"), before);
}

ON_EACH(test_run__that_stops_half_way, PEOPLE)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roll_back__brings_everything_back),
        cmocka_unit_test(test_list__names_logs_and_drop_removes_them_on_each),
        cmocka_unit_test(test_roll_back__of_two_logs_on_each),
        cmocka_unit_test(test_roll_back__once_on_each),
        cmocka_unit_test(test_roll_back__of_many_rows_on_each),
        cmocka_unit_test(test_look__says_what_became_of_a_log_on_each),
        cmocka_unit_test(test_roll_back__that_a_constraint_refuses_on_each),
        cmocka_unit_test(test_roll_back__refuses_another_schema_on_each),
        cmocka_unit_test(test_roll_back__waits_for_a_lock_so_long),
        cmocka_unit_test(test_run__that_fails_leaves_no_log_on_each),
        cmocka_unit_test(test_run__leaves_the_schema_as_it_was_on_each),
        cmocka_unit_test(test_run__outside_a_transaction_on_each),
        cmocka_unit_test(test_plan__says_what_cannot_be_kept_on_each),
        cmocka_unit_test(test_run__refuses_gaps_in_the_log),
        cmocka_unit_test(test_plan__wants_the_owner),
        cmocka_unit_test(test_plan__wants_its_own_schema),
        cmocka_unit_test(test_run__that_stops_half_way_on_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
