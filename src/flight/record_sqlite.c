/*
 * Record formats on SQLite: one row a tool, with the SQL that the tool itself runs.
 *
 * Sources: golang-migrate database/sqlite3/sqlite3.go; pressly/goose internal/dialect/dialectquery/
 * sqlite3.go; amacneil/dbmate pkg/driver/sqlite/sqlite.go; diesel_migrations setup.rs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/record_format.h"

#define GOLANG_SET(version, dirty)                                                                 \
    "DELETE FROM schema_migrations; "                                                              \
    "INSERT INTO schema_migrations (version, dirty) VALUES (" version ", " dirty ");"

const struct record_format record_formats_sqlite[] = {
    {
        .layout = "plain",
        .table = "tminus_migration",
        .columns = "version,name,sha256,state,applied_at",
        .create =
            "CREATE TABLE tminus_migration (version TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL, "
            "sha256 TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('begun', 'applied')), "
            "applied_at TEXT NOT NULL);",
        .read = "SELECT version, state <> 'applied', sha256 FROM tminus_migration ORDER BY version",
        // A row that somebody else applied meanwhile must still be a conflict.
        .up = "DELETE FROM tminus_migration WHERE version = %v AND state = 'begun'; "
              "INSERT INTO tminus_migration VALUES (%v, %n, %s, 'applied', %t);",
        .down = "DELETE FROM tminus_migration WHERE version = %v;",
        .begun = "INSERT INTO tminus_migration VALUES (%v, %n, %s, 'begun', %t);",
        .begun_undo = "UPDATE tminus_migration SET state = 'begun' WHERE version = %v;",
        .unbegun = "DELETE FROM tminus_migration WHERE version = %v;",
        .unbegun_undo = "UPDATE tminus_migration SET state = 'applied' WHERE version = %v;",
    },
    {
        .layout = "golang-migrate",
        .table = "schema_migrations",
        .columns = "version,dirty",
        .create = "CREATE TABLE schema_migrations (version uint64,dirty bool); "
                  "CREATE UNIQUE INDEX version_unique ON schema_migrations (version);",
        .read = "SELECT version, dirty, NULL FROM schema_migrations LIMIT 1",
        .up = GOLANG_SET("%v", "0"),
        .down = GOLANG_SET("%p", "0"),
        .down_to_none = "DELETE FROM schema_migrations;",
        .begun = GOLANG_SET("%v", "1"),
        .begun_undo = GOLANG_SET("%v", "1"),
        .unbegun = GOLANG_SET("%p", "0"),
        .unbegun_undo = GOLANG_SET("%v", "0"),
        .versions = VERSIONS_NUMBER,
        .is_last_only = true,
    },
    {
        .layout = "goose",
        .table = "goose_db_version",
        .columns = "id,version_id,is_applied,tstamp",
        .create = "CREATE TABLE goose_db_version (id INTEGER PRIMARY KEY AUTOINCREMENT, "
                  "version_id INTEGER NOT NULL, is_applied INTEGER NOT NULL, "
                  "tstamp TIMESTAMP DEFAULT (datetime('now'))); "
                  "INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, 1);",
        // Older versions of goose wrote a row with is_applied 0 for a down.
        .read = "SELECT version_id, 0, NULL FROM goose_db_version AS g WHERE is_applied AND "
                "version_id > 0 "
                "AND id = (SELECT max(id) FROM goose_db_version WHERE version_id = g.version_id) "
                "ORDER BY version_id",
        .up = "INSERT INTO goose_db_version (version_id, is_applied) VALUES (%v, 1);",
        .down = "DELETE FROM goose_db_version WHERE version_id = %v;",
        .versions = VERSIONS_NUMBER,
        .refuses_gaps = true,
    },
    {
        .layout = "dbmate",
        .table = "schema_migrations",
        .columns = "version",
        .create =
            "CREATE TABLE IF NOT EXISTS \"schema_migrations\" (version varchar(128) primary key);",
        .read = "SELECT version, 0, NULL FROM schema_migrations ORDER BY version",
        .up = "INSERT INTO schema_migrations (version) VALUES (%v);",
        .down = "DELETE FROM schema_migrations WHERE version = %v;",
    },
    {
        .layout = "diesel",
        .table = "__diesel_schema_migrations",
        .columns = "version,run_on",
        .create =
            "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, "
            "run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP);",
        .read = "SELECT version, 0, NULL FROM __diesel_schema_migrations ORDER BY version",
        .up = "INSERT INTO __diesel_schema_migrations (version) VALUES (%v);",
        .down = "DELETE FROM __diesel_schema_migrations WHERE version = %v;",
        .versions = VERSIONS_DIGITS,
    },
};

const size_t record_formats_sqlite_count = COUNT_OF(record_formats_sqlite);

struct text_list {
    TALLOC_CTX *mem;
    char *text; // first values joined by ','
};

static bool join_first(void *context, const char *const *names, const struct engine_value *values,
                       size_t n)
{
    struct text_list *list = context;
    (void)names;
    (void)n;
    list->text =
        mem_printf(list->mem, "%s%s%s", list->text, *list->text ? "," : "", values[0].text);
    return true;
}

static bool read_list(TALLOC_CTX *mem, const struct record_reading *reading, const char *sql,
                      const char **out, struct error *err)
{
    struct text_list list = {.mem = mem, .text = mem_strdup(mem, "")};
    TRY(reading->session->query(reading->engine, sql, join_first, &list, err));
    *out = list.text;
    return true;
}

bool record_find_sqlite(TALLOC_CTX *mem, const struct record_reading *reading,
                        struct record_place *out, struct error *err)
{
    SCRATCH(tmp);
    const char *table = reading->format->table;
    const char *identity;
    struct record_place place = {.table = table, .may_write = true};
    TRY(read_list(
        mem, reading,
        mem_printf(tmp,
                   "SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN (" RECORD_TABLES
                   ") AND name <> '%s'",
                   table),
        &place.others, err));
    TRY(read_list(mem, reading, mem_printf(tmp, "SELECT name FROM pragma_table_info('%s')", table),
                  &place.columns, err));
    TRY(read_list(
        tmp, reading,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'tminus_identity'",
        &identity, err));
    place.has_identity = *identity != '\0';
    *out = place;
    return true;
}
