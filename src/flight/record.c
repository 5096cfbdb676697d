/*
 * Record formats on SQLite: one row a tool, with the SQL that the tool itself runs.
 *
 * Sources: golang-migrate database/sqlite3/sqlite3.go; pressly/goose internal/dialect/dialectquery/
 * sqlite3.go; amacneil/dbmate pkg/driver/sqlite/sqlite.go; diesel_migrations setup.rs. In the SQL
 * here %v is the version, %p the previous one, %s the SHA-256, %n the name, %t the time; texts come
 * in quotes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "flight/record.h"
#include "base/clock.h"
#include "base/text.h"
#include "change/layout.h"

struct record_format {
    const char *layout;
    const char *table;
    const char *columns; // as PRAGMA table_info names them, joined by ','
    const char *create;
    const char *read; // version, is_dirty, sha256
    const char *up;   // done
    const char *down; // done, another one is the last then
    const char *down_to_none;
    const char *begun; // NULL: the record has no mark for it
    const char *begun_undo;
    const char *unbegun; // takes the mark away; a dirty undo goes back to applied
    const char *unbegun_undo;
    bool is_number;    // versions are numbers: 0042 is 42
    bool drops_dashes; // 2024-01-31-000000 is 20240131000000
    bool is_last_only; // one row: everything up to it was applied
    bool refuses_gaps;
};

#define GOLANG_SET(version, dirty)                                                                 \
    "DELETE FROM schema_migrations; "                                                              \
    "INSERT INTO schema_migrations (version, dirty) VALUES (" version ", " dirty ");"

static const struct record_format formats[] = {
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
        .is_number = true,
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
        .is_number = true,
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
        .drops_dashes = true,
    },
};

// Record tables of tools: a database that holds one is that tool's.
static const char *const known_tables =
    "'tminus_migration', 'schema_migrations', 'goose_db_version', '__diesel_schema_migrations', "
    "'flyway_schema_history', '_prisma_migrations', 'alembic_version', 'django_migrations', "
    "'_sqlx_migrations', 'knex_migrations', 'SequelizeMeta', 'DATABASECHANGELOG', "
    "'__drizzle_migrations'";

bool record_format_for(const struct migration_layout *layout, const struct record_format **out,
                       struct error *err)
{
    for (size_t i = 0; i < COUNT_OF(formats); i++) {
        if (strcmp(formats[i].layout, layout->name) == 0) {
            *out = &formats[i];
            return true;
        }
    }
    error_set(err, ERROR_CONFIG, "the record of %s (%s) cannot be written on SQLite", layout->name,
              layout->record_table ? layout->record_table : "no table of its own");
    return error_hint(err,
                      "run these migrations with %s itself, between tminus baseline and tminus "
                      "verify",
                      layout->name);
}

const char *record_table(const struct record_format *format)
{
    return format->table;
}

bool record_refuses_gaps(const struct record_format *format)
{
    return format->refuses_gaps;
}

const char *record_version(TALLOC_CTX *mem, const struct record_format *format,
                           const struct migration *migration)
{
    const char *from = migration->version;
    while (format->is_number && from[0] == '0' && from[1] != '\0')
        from++;
    char *version = mem_strdup(mem, from);
    size_t n = 0;
    for (const char *c = version; *c != '\0'; c++) {
        if (*c != '-' || !format->drops_dashes)
            version[n++] = *c;
    }
    version[n] = '\0';
    return version;
}

const struct record_entry *record_find(const struct record *record, const char *version)
{
    for (size_t i = 0; i < record->n; i++) {
        if (strcmp(record->entries[i].version, version) == 0)
            return &record->entries[i];
    }
    return NULL;
}

// --- reading

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

static bool read_list(TALLOC_CTX *mem, const struct engine_session_table *session,
                      struct engine *engine, const char *sql, char **out, struct error *err)
{
    struct text_list list = {.mem = mem, .text = mem_strdup(mem, "")};
    TRY(session->query(engine, sql, join_first, &list, err));
    *out = list.text;
    return true;
}

struct entry_list {
    TALLOC_CTX *mem;
    struct record *record;
};

static bool add_entry(void *context, const char *const *names, const struct engine_value *values,
                      size_t n)
{
    struct entry_list *list = context;
    (void)names;
    (void)n;
    struct record_entry *entry = mem_append(list->mem, list->record->entries, list->record->n);
    entry->version = mem_strdup(list->mem, values[0].text);
    entry->is_dirty = strcmp(values[1].text, "0") != 0;
    entry->sha256 = values[2].is_null ? NULL : mem_strdup(list->mem, values[2].text);
    return true;
}

// One row stands for everything up to it.
static bool add_earlier(TALLOC_CTX *mem, const struct change *change, struct record *record,
                        struct error *err)
{
    SCRATCH(tmp);
    if (record->n == 0)
        return true;
    const char *last = mem_strdup(tmp, record->entries[0].version);
    for (size_t i = 0; i < change->n_migrations; i++) {
        const char *version = record_version(mem, record->format, &change->migrations[i]);
        if (strcmp(version, last) == 0)
            return true;
        mem_append(mem, record->entries, record->n)->version = version;
    }
    error_set(err, ERROR_INPUT, "'%s' is at version %s, which these migrations do not have",
              record->format->table, last);
    return error_hint(err, "give the folder that holds all applied migrations");
}

static bool check_columns(const struct record_format *format, const char *columns,
                          struct error *err)
{
    if (text_equal_nocase(columns, format->columns))
        return true;
    error_set(err, ERROR_INPUT, "table '%s' has the columns (%s), and %s writes (%s)",
              format->table, columns, format->layout, format->columns);
    return error_hint(err, "say which tool keeps this database with `layout:` in tminus.yaml");
}

static bool check_others(const struct record_format *format, const char *others, struct error *err)
{
    if (*others == '\0')
        return true;
    error_set(err, ERROR_INPUT,
              "another tool keeps this database (table '%s'), and the migrations "
              "were read as those of %s (table '%s')",
              others, format->layout, format->table);
    return error_hint(err, "say which tool it is with `layout:` in tminus.yaml");
}

bool record_read(TALLOC_CTX *mem, const struct engine_session_table *session, struct engine *engine,
                 const struct record_format *format, const struct change *change,
                 struct record *out, struct error *err)
{
    SCRATCH(tmp);
    char *tables;
    char *columns;
    char *identity;
    struct record record = {.format = format};
    TRY(read_list(tmp, session, engine,
                  mem_printf(tmp,
                             "SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN (%s) "
                             "AND name <> '%s'",
                             known_tables, format->table),
                  &tables, err));
    TRY(read_list(tmp, session, engine,
                  mem_printf(tmp, "SELECT name FROM pragma_table_info('%s')", format->table),
                  &columns, err));
    TRY(read_list(
        tmp, session, engine,
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'tminus_identity'",
        &identity, err));
    record.has_identity = *identity != '\0';
    record.is_there = *columns != '\0';
    if (!record.is_there) {
        *out = record;
        return check_others(format, tables, err);
    }
    struct entry_list list = {.mem = mem, .record = &record};
    TRY(check_columns(format, columns, err));
    TRY(session->query(engine, format->read, add_entry, &list, err));
    if (format->is_last_only)
        TRY(add_earlier(mem, change, &record, err));
    *out = record;
    return true;
}

// --- SQL

static void write_quoted(FILE *out, const char *text)
{
    fputc('\'', out);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\'')
            fputc('\'', out);
        fputc(*c, out);
    }
    fputc('\'', out);
}

static void write_version(FILE *out, const struct record_format *format,
                          const struct migration *migration)
{
    SCRATCH(tmp);
    const char *version = record_version(tmp, format, migration);
    if (format->is_number)
        fputs(version, out);
    else
        write_quoted(out, version);
}

static const char *fill(TALLOC_CTX *mem, const struct record_format *format, const char *template,
                        const struct record_step *step)
{
    if (template == NULL)
        return NULL;
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    for (const char *c = template; *c != '\0'; c++) {
        if (*c != '%') {
            fputc(*c, out);
            continue;
        }
        switch (*++c) {
        case 'v': write_version(out, format, step->migration); break;
        case 'p': write_version(out, format, step->previous); break;
        case 's': write_quoted(out, step->sha256); break;
        case 'n': write_quoted(out, step->migration->name ? step->migration->name : ""); break;
        case 't': write_quoted(out, clock_format(clock_wall_ms()).text); break;
        default: bug("record: unknown mark '%%%c'", *c);
        }
    }
    fclose(out);
    char *sql = mem_strdup(mem, text);
    free(text);
    return sql;
}

const char *record_sql_prepare(TALLOC_CTX *mem, const struct record *record)
{
    if (record->is_there && record->has_identity)
        return NULL;
    return mem_printf(mem, "%s%s", record->is_there ? "" : record->format->create,
                      record->has_identity
                          ? ""
                          : "CREATE TABLE tminus_identity (id TEXT NOT NULL); "
                            "INSERT INTO tminus_identity VALUES (lower(hex(randomblob(16))));");
}

// Where nothing is left before it, a record of the last version alone becomes empty.
static const char *pick(const struct record_format *format, const char *sql,
                        const struct record_step *step)
{
    return step->previous == NULL && format->down_to_none != NULL ? format->down_to_none : sql;
}

const char *record_sql_done(TALLOC_CTX *mem, const struct record_format *format,
                            const struct record_step *step)
{
    return fill(mem, format, step->is_undo ? pick(format, format->down, step) : format->up, step);
}

const char *record_sql_begun(TALLOC_CTX *mem, const struct record_format *format,
                             const struct record_step *step)
{
    return fill(mem, format, step->is_undo ? format->begun_undo : format->begun, step);
}

const char *record_sql_unbegun(TALLOC_CTX *mem, const struct record_format *format,
                               const struct record_step *step)
{
    return fill(mem, format,
                step->is_undo ? format->unbegun_undo : pick(format, format->unbegun, step), step);
}
