/*
 * The replayed schema against SQLite's own: after each history both say the same of every table's
 * columns, keys, indexes and foreign keys.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "analysis/schema.h"
#include "base/text.h"
#include "statement/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

static struct schema *replay(TALLOC_CTX *mem, const char *sql)
{
    struct error err = {0};
    struct reader *reader = NULL;
    struct script *script = NULL;
    struct script_source source = {
        .path = "m.sql", .text = sql, .len = strlen(sql), .end = strlen(sql)};
    struct schema *schema = schema_make(mem, DIALECT_SQLITE);

    assert_true(reader_open(mem, DIALECT_SQLITE, &reader, &err));
    assert_true(reader_read(mem, reader, &source, &script, &err));
    assert_int_equal(script->n_not_understood, 0);
    schema_begin_migration(schema, "m");
    for (size_t i = 0; i < script->n_statements; i++)
        schema_apply(schema, &script->statements[i]);
    return schema;
}

static const char *lines_of(TALLOC_CTX *mem, sqlite3 *db, const char *sql, const char *argument)
{
    char *text = mem_strdup(mem, "");
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    if (argument)
        sqlite3_bind_text(statement, 1, argument, -1, SQLITE_STATIC);
    while (sqlite3_step(statement) == SQLITE_ROW)
        text = mem_printf(mem, "%s%s\n", text, (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return text;
}

// SQLite's words for a table; ours are made alike below.
static const char columns_sql[] =
    "SELECT printf('%s %s%s', name, type, iif(dflt_value IS NULL OR dflt_value = 'NULL', '', ' default'))"
    " FROM pragma_table_xinfo(?1) WHERE hidden <> 1 ORDER BY cid";
static const char indexes_sql[] =
    "SELECT printf('%s%s%s %s', l.name, iif(l.\"unique\", ' unique', ''), iif(l.partial, ' partial', ''),"
    " (SELECT group_concat(coalesce(name, '?'), ',') FROM pragma_index_info(l.name)))"
    " FROM pragma_index_list(?1) l ORDER BY l.name";
static const char keys_sql[] =
    "SELECT printf('%s -> %s %s', group_concat(\"from\", ','), \"table\", on_delete)"
    " FROM pragma_foreign_key_list(?1) GROUP BY id ORDER BY 1";

static const char *columns_of(TALLOC_CTX *mem, const struct schema_relation *relation)
{
    char *text = mem_strdup(mem, "");
    for (size_t i = 0; i < relation->n_columns; i++) {
        const struct schema_column *column = &relation->columns[i];
        text = mem_printf(mem, "%s%s %s%s\n", text, column->name,
                          column->type.text ? column->type.text : "",
                          column->has_default ? " default" : "");
    }
    return text;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *sorted(TALLOC_CTX *mem, const char **lines, size_t n)
{
    char *text = mem_strdup(mem, "");
    if (n > 0)
        qsort(lines, n, sizeof *lines, by_text);
    for (size_t i = 0; i < n; i++)
        text = mem_printf(mem, "%s%s\n", text, lines[i]);
    return text;
}

static const char *indexes_of(TALLOC_CTX *mem, const struct schema_relation *relation)
{
    const char **lines = NULL;
    size_t n = 0;
    for (size_t i = 0; i < relation->n_indexes; i++) {
        const struct schema_index *index = &relation->indexes[i];
        char *line = mem_printf(mem, "%s%s%s ", index->name, index->is_unique ? " unique" : "",
                                index->predicate_text ? " partial" : "");
        for (size_t c = 0; c < index->n_columns; c++)
            line = mem_printf(mem, "%s%s%s", line, c ? "," : "",
                              index->columns[c].column ? index->columns[c].column : "?");
        *mem_append(mem, lines, n) = line;
    }
    return sorted(mem, lines, n);
}

static const char *keys_of(TALLOC_CTX *mem, const struct schema_relation *relation)
{
    const char **lines = NULL;
    size_t n = 0;
    for (size_t i = 0; i < relation->n_constraints; i++) {
        const struct schema_constraint *key = &relation->constraints[i];
        if (key->kind != CONSTRAINT_FOREIGN_KEY)
            continue;
        char *line = mem_strdup(mem, "");
        for (size_t c = 0; c < key->n_columns; c++)
            line = mem_printf(mem, "%s%s%s", line, c ? "," : "", key->columns[c]);
        *mem_append(mem, lines, n) = mem_printf(mem, "%s -> %s %s", line, key->references.name,
                                                key->on_delete ? key->on_delete : "NO ACTION");
    }
    return sorted(mem, lines, n);
}

static void compare(TALLOC_CTX *mem, sqlite3 *db, const struct schema *schema, const char *table)
{
    const struct schema_relation *relation = schema_find(schema, (struct name){.name = table});
    if (!relation)
        fail_msg("%s is missing", table);
    assert_string_equal(columns_of(mem, relation), lines_of(mem, db, columns_sql, table));
    if (relation->kind == RELATION_VIEW)
        return;
    assert_string_equal(indexes_of(mem, relation), lines_of(mem, db, indexes_sql, table));
    assert_string_equal(keys_of(mem, relation), lines_of(mem, db, keys_sql, table));
    // NOT NULL: also where SQLite enforces it without saying so, so only one way.
    const char *required = lines_of(mem, db, "SELECT name FROM pragma_table_info(?1) WHERE \"notnull\"", table);
    for (size_t i = 0; i < relation->n_columns; i++) {
        const char *line = mem_printf(mem, "%s\n", relation->columns[i].name);
        if (strstr(required, line) && !relation->columns[i].is_not_null)
            fail_msg("%s.%s is not NOT NULL", table, relation->columns[i].name);
    }
}

static const char *const histories[] = {
    "CREATE TABLE p (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, n numeric(10,2) DEFAULT 1);"
    "CREATE TABLE c (a TEXT, b INT UNIQUE, pid INTEGER REFERENCES p ON DELETE CASCADE,"
    " x DEFAULT NULL, UNIQUE (b, a), PRIMARY KEY (a), UNIQUE (b), CONSTRAINT named UNIQUE (a, pid));",
    "CREATE TABLE w (id INTEGER PRIMARY KEY, v TEXT UNIQUE) WITHOUT ROWID;"
    "CREATE TABLE s (k INT PRIMARY KEY, v TEXT) STRICT;",
    // renames are followed by foreign keys, views, automatic indexes
    "CREATE TABLE p (id INT PRIMARY KEY, v); CREATE TABLE c (pid REFERENCES p (id) ON DELETE SET NULL);"
    "CREATE INDEX i ON p (v); CREATE VIEW q AS SELECT id, v AS w FROM p; ALTER TABLE p RENAME TO parent;"
    "ALTER TABLE parent RENAME v TO value; ALTER TABLE c ADD COLUMN d TEXT NOT NULL DEFAULT 'x';"
    "ALTER TABLE c ADD e INT REFERENCES parent ON DELETE CASCADE;",
    // the table rebuild: the children's keys wait for the name
    "CREATE TABLE p (id INTEGER PRIMARY KEY, a, b UNIQUE); CREATE TABLE c (pid REFERENCES p);"
    "CREATE UNIQUE INDEX i ON p (lower(a)) WHERE b > 1;"
    "CREATE TABLE p_new (id INTEGER PRIMARY KEY, a TEXT UNIQUE, self REFERENCES p_new);"
    "INSERT INTO p_new (id, a) SELECT id, a FROM p; DROP TABLE p; ALTER TABLE p_new RENAME TO p;"
    "CREATE INDEX i ON p (a, self);",
    "CREATE TABLE a (x INT, y TEXT, z INT); CREATE INDEX i ON a (y); DROP INDEX i;"
    "ALTER TABLE a DROP COLUMN z; CREATE TABLE b AS SELECT x, y || 'a' AS t, * FROM a;"
    "CREATE VIEW v (one) AS SELECT count(*) FROM a, b; CREATE TABLE IF NOT EXISTS a (other);"
    "CREATE TABLE gone (q); DROP TABLE gone;",
    "CREATE TABLE g (a INT, b GENERATED ALWAYS AS (a + 1), c TEXT AS (a) STORED);"
    "CREATE VIRTUAL TABLE f USING fts5(title, body);",
};

static void test_schema__is_that_of_sqlite(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(histories); i++) {
        SCRATCH(tmp);
        sqlite3 *db;
        char *message = NULL;
        assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
        if (sqlite3_exec(db, histories[i], NULL, NULL, &message) != SQLITE_OK)
            fail_msg("%s", message);
        const struct schema *schema = replay(tmp, histories[i]);
        char *names = mem_strdup(tmp, lines_of(tmp, db, "SELECT name FROM sqlite_schema WHERE type IN"
                                               " ('table', 'view') AND name NOT LIKE 'sqlite_%'"
                                               " AND name NOT LIKE 'f\\__%' ESCAPE '\\'", NULL));
        size_t n = 0;
        for (char *name = strsep(&names, "\n"); name && name[0]; name = strsep(&names, "\n"), n++)
            compare(tmp, db, schema, name);
        for (const struct schema_relation *r = schema_next(schema, NULL); r; r = schema_next(schema, r))
            n -= r->kind == RELATION_TABLE || r->kind == RELATION_VIEW;
        assert_int_equal(n, 0); // and none that SQLite does not have
        sqlite3_close(db);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema__is_that_of_sqlite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
