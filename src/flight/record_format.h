/*
 * Record formats: the rows that say how each tool keeps its record, one table an engine.
 *
 * In the SQL %T is the table, %v the version, %p the previous one, %s the SHA-256, %n the name, %t
 * the time; texts come in quotes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FLIGHT_RECORD_FORMAT_H
#define FLIGHT_RECORD_FORMAT_H

#include "flight/record.h"

// How the versions of the files are those of the record.
enum record_versions {
    VERSIONS_AS_WRITTEN,
    VERSIONS_NUMBER, // 0042 is 42
    VERSIONS_DIGITS, // 2024-01-31-000000 is 20240131000000
    VERSIONS_NAME,   // 0042_name
    VERSIONS_COUNTED // NAME@TAG is an earlier NAME: as many as there are
};

struct record_format {
    const char *layout;
    const char *schema; // that the tool always uses; NULL: as the connection has it
    const char *table;
    const char *columns; // in the order of the table, joined by ','
    const char *create;
    const char *read; // version, is_dirty, sha256
    const char
        *state;     // PostgreSQL: text of a row, to see whether the record is still as it was read
    const char *up; // done; NULL: it is only read here
    const char *down; // done, another one is the last then
    const char *down_to_none;
    const char *begun; // NULL: the record has no mark for it
    const char *begun_undo;
    const char *unbegun; // takes the mark away; a dirty undo goes back to applied
    const char *unbegun_undo;
    const char *takes; // PostgreSQL: the privilege that its SQL needs beside INSERT
    const char *lock;  // PostgreSQL: numbers of the advisory locks that the tool takes
    enum record_versions versions;
    bool is_last_only; // one row: everything up to it was applied
    bool refuses_gaps;
    bool locks_by_name;       // golang-migrate: a number made of the database and the table
    bool is_searched_by_path; // unqualified in the tool: any schema of the search path
    bool has_more_columns;    // later versions of the tool add some
};

struct record_reading {
    const struct engine_session_table *session;
    struct engine *engine;
    const struct record_format *format;
    const char *database;
};

// Where the record is, or is to be.
struct record_place {
    const char *table;   // as SQL writes it
    const char *title;   // as people do; NULL: the same
    const char *columns; // "": there is no such table
    const char *others;  // tables of other tools, joined by ','
    const char *lock;    // SQL of ours that keeps everybody else out, in a transaction; NULL: none
    const char *lock_session;
    bool has_identity;
    bool may_write;
};

// Record tables of tools: a database that holds one is that tool's. Liquibase's name is folded by
// PostgreSQL only.
#define RECORD_TABLES                                                                              \
    "'tminus_migration', 'schema_migrations', 'goose_db_version', '__diesel_schema_migrations', "  \
    "'flyway_schema_history', '_prisma_migrations', 'alembic_version', 'django_migrations', "      \
    "'_sqlx_migrations', 'knex_migrations', 'SequelizeMeta', 'DATABASECHANGELOG', "                \
    "'databasechangelog', '__drizzle_migrations'"

extern const struct record_format record_formats_sqlite[];
extern const size_t record_formats_sqlite_count;
MUST_CHECK bool record_find_sqlite(TALLOC_CTX *mem, const struct record_reading *reading,
                                   struct record_place *out, struct error *err);

extern const struct record_format record_formats_postgres[];
extern const size_t record_formats_postgres_count;
MUST_CHECK bool record_find_postgres(TALLOC_CTX *mem, const struct record_reading *reading,
                                     struct record_place *out, struct error *err);
// SQL of ours that fails when the record is no longer as it was read; NULL: not needed.
MUST_CHECK bool record_guard_postgres(TALLOC_CTX *mem, const struct record_reading *reading,
                                      const struct record_place *place, const char **out,
                                      struct error *err);

#endif
