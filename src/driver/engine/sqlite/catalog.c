/*
 * The catalog of SQLite: the schema as known facts, from PRAGMA and sqlite_schema.
 *
 * Rows are those of the last ANALYZE where there was one, bytes those of dbstat where the database
 * is small enough that asking every page costs little; else both stay unknown. Our own tables are
 * left out, and SQLite's.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "driver/engine/sqlite/catalog.h"
#include "base/text.h"

#define BYTES_ASKED_MAX "1073741824" // of the whole database: dbstat reads every page

bool catalog_scan(struct catalog *catalog, const char *sql, const char *name, catalog_row *each,
                  void *context, struct error *err)
{
    SCRATCH(tmp);
    struct cursor *cursor;
    TRY(cursor_make(tmp, catalog->engine, sql, &cursor, err));
    if (name != NULL)
        sqlite3_bind_text(cursor->statement, 1, name, -1, SQLITE_TRANSIENT);
    for (;;) {
        bool has_row;
        TRY(cursor_step(catalog->engine, cursor, &has_row, err));
        if (!has_row)
            return true;
        TRY(each(catalog, cursor, context, err));
    }
}

static struct name main_name(const char *name)
{
    return (struct name){.schema = "main", .name = name};
}

// "varchar(20)" is name "varchar", one modifier.
static struct type_name read_type(TALLOC_CTX *mem, const char *text)
{
    size_t stem = strcspn(text, "(");
    while (stem > 0 && text[stem - 1] == ' ')
        stem--;
    struct type_name type = {.name = *text ? mem_strndup(mem, text, stem) : NULL,
                             .text = mem_strdup(mem, text)};
    const char *at = strchr(text, '(');
    while (at != NULL && type.n_mods < 2) {
        char *end;
        long mod = strtol(at + 1, &end, 10);
        if (end == at + 1)
            break;
        type.mods[type.n_mods++] = (int)mod;
        end += strspn(end, " ");
        at = *end == ',' ? end : NULL;
    }
    return type;
}

static const char *read_collation(TALLOC_CTX *mem, struct engine *engine, const char *table,
                                  const char *column)
{
    const char *collation = NULL;
    int rc = sqlite3_table_column_metadata(engine->handle, "main", table, column, NULL, &collation,
                                           NULL, NULL, NULL);
    bool is_plain = rc != SQLITE_OK || collation == NULL || strcmp(collation, "BINARY") == 0;
    return is_plain ? NULL : mem_strdup(mem, collation);
}

// name, type, notnull, dflt_value, hidden
static bool add_column(struct catalog *catalog, struct cursor *row, void *context,
                       struct error *err)
{
    struct schema_relation *table = context;
    (void)err;
    struct schema_column *column = mem_append(table, table->columns, table->n_columns);
    column->name = mem_strdup(table, cursor_text(row, 0));
    column->type = read_type(table, cursor_text(row, 1));
    column->is_not_null = sqlite3_column_int(row->statement, 2) != 0;
    column->has_default = sqlite3_column_type(row->statement, 3) != SQLITE_NULL;
    if (column->has_default)
        column->default_text = mem_strdup(table, cursor_text(row, 3));
    column->is_generated = sqlite3_column_int(row->statement, 4) > 1;
    column->distinct_values = -1;
    column->collation = read_collation(table, catalog->engine, table->name.name, column->name);
    return true;
}

static bool add_trigger(struct catalog *catalog, struct cursor *row, void *context,
                        struct error *err)
{
    struct schema_relation *table = context;
    (void)catalog;
    (void)err;
    struct schema_trigger *trigger = mem_append(table, table->triggers, table->n_triggers);
    trigger->name = mem_strdup(table, cursor_text(row, 0));
    return true;
}

static bool read_table(struct catalog *catalog, struct schema_relation *table, const char *sql,
                       struct error *err)
{
    TRY(catalog_scan(catalog,
                     "SELECT name, type, \"notnull\", dflt_value, hidden "
                     "FROM pragma_table_xinfo(?1, 'main') WHERE hidden <> 1 ORDER BY cid",
                     table->name.name, add_column, table, err));
    TRY(catalog_scan(catalog,
                     "SELECT name FROM main.sqlite_schema WHERE type = 'trigger' "
                     "AND tbl_name = ?1 COLLATE NOCASE ORDER BY name",
                     table->name.name, add_trigger, table, err));
    if (table->kind == RELATION_VIEW)
        return true;
    TRY(catalog_read_keys(catalog, table, err));
    catalog_read_checks(table, sql);
    return true;
}

// type, name, sql, rootpage
static bool add_relation(struct catalog *catalog, struct cursor *row, void *context,
                         struct error *err)
{
    (void)context;
    bool is_view = strcmp(cursor_text(row, 0), "view") == 0;
    bool is_virtual = !is_view && sqlite3_column_int(row->statement, 3) == 0;
    struct schema_relation *relation = schema_add(catalog->schema, main_name(cursor_text(row, 1)),
                                                  is_view      ? RELATION_VIEW
                                                  : is_virtual ? RELATION_FOREIGN_TABLE
                                                               : RELATION_TABLE);
    struct error cause;
    if (read_table(catalog, relation, cursor_text(row, 2), &cause))
        return true;
    // A view of a table that is gone, a virtual table whose module is not here: it exists, and its
    // columns cannot be known.
    bool may_be_broken = (is_view || is_virtual) && cause.code == ERROR_UNKNOWN;
    if (!may_be_broken)
        *err = cause;
    return may_be_broken;
}

static bool set_rows(struct catalog *catalog, struct cursor *row, void *context, struct error *err)
{
    (void)context;
    (void)err;
    struct schema_relation *table = schema_find(catalog->schema, main_name(cursor_text(row, 0)));
    if (table != NULL)
        table->rows = sqlite3_column_int64(row->statement, 1);
    return true;
}

static bool set_bytes(struct catalog *catalog, struct cursor *row, void *context, struct error *err)
{
    (void)context;
    (void)err;
    struct schema_relation *table = schema_find(catalog->schema, main_name(cursor_text(row, 0)));
    if (table != NULL)
        table->bytes = sqlite3_column_int64(row->statement, 1);
    return true;
}

static bool found(struct catalog *catalog, struct cursor *row, void *context, struct error *err)
{
    (void)catalog;
    (void)row;
    (void)err;
    *(bool *)context = true;
    return true;
}

static bool read_sizes(struct catalog *catalog, struct error *err)
{
    bool is_analyzed = false;
    bool is_small = false;
    TRY(catalog_scan(catalog, "SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_stat1'", NULL,
                     found, &is_analyzed, err));
    if (is_analyzed)
        TRY(catalog_scan(
            catalog, "SELECT tbl, max(CAST(stat AS INTEGER)) FROM main.sqlite_stat1 GROUP BY tbl",
            NULL, set_rows, NULL, err));
    TRY(catalog_scan(catalog,
                     "SELECT 1 FROM pragma_page_count, pragma_page_size, pragma_module_list AS m "
                     "WHERE page_count * page_size <= " BYTES_ASKED_MAX " AND m.name = 'dbstat'",
                     NULL, found, &is_small, err));
    if (is_small)
        TRY(catalog_scan(catalog, "SELECT name, pgsize FROM dbstat WHERE aggregate = 1", NULL,
                         set_bytes, NULL, err));
    return true;
}

bool sqlite_catalog_read(TALLOC_CTX *mem, struct engine *engine, struct schema **out,
                         struct error *err)
{
    SCRATCH(tmp);
    deadline_set(engine, engine->timeout_ms);
    struct catalog catalog = {.engine = engine, .schema = schema_make(tmp, DIALECT_SQLITE)};
    TRY(catalog_scan(&catalog,
                     "SELECT type, name, sql, rootpage FROM main.sqlite_schema "
                     "WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
                     "AND name NOT IN " OUR_TABLES " AND name NOT IN " INDEX_TABLES
                     " AND name NOT GLOB '" UNDO_TABLES "' ORDER BY rowid",
                     NULL, add_relation, NULL, err));
    TRY(read_sizes(&catalog, err));
    engine->deadline_ms = 0;
    schema_set_complete(catalog.schema, true);
    *out = talloc_steal(mem, catalog.schema);
    return true;
}
